/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Least squares in folds, by what folds share and by single fits, against a twin in quadruple
 * precision; leave one out and generalised cross-validation. */
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linear_cases.h"
#include "ml/models/linear.h"
#include "ml/models/models.h"

#if defined(__x86_64__) || defined(__i386__)
typedef __float128 quad;
#else
typedef long double quad;
#endif

#define RTOL 1e-9

/* ---- the twin: normal equations, a column of ones for the constant --------------------------- */

static quad value_of(const ml_view *view, size_t i, size_t j, bool has_intercept) {
  size_t row = ml_view_row(view, i);
  if (j == view->n_columns) return has_intercept;
  return (quad)view->x[j * view->stride + row];
}

/* Gauss and Jordan, in place; a pivot of zero leaves its unknown at 0. */
static void eliminate(quad *a, size_t q) {
  for (size_t k = 0; k < q; k++) {
    quad pivot = a[k * (q + 1) + k];
    if (pivot == 0) continue;
    for (size_t j = 0; j <= q; j++) a[k * (q + 1) + j] /= pivot;
    for (size_t i = 0; i < q; i++) {
      quad f = a[i * (q + 1) + k];
      for (size_t j = 0; i != k && f != 0 && j <= q; j++)
        a[i * (q + 1) + j] -= f * a[k * (q + 1) + j];
    }
  }
}

static void twin(const ml_view *train, const ml_view *test, double alpha, bool has_intercept,
                 double *out) {
  const size_t q = train->n_columns + 1;
  quad *a = calloc(q * (q + 1), sizeof *a);
  for (size_t i = 0; i < train->n; i++) {
    size_t row = ml_view_row(train, i);
    quad w = train->weights ? (quad)train->weights[row] : 1;
    for (size_t j = 0; j < q; j++) {
      quad x = w * value_of(train, i, j, has_intercept);
      for (size_t k = 0; k < q; k++) a[j * (q + 1) + k] += x * value_of(train, i, k, has_intercept);
      a[j * (q + 1) + q] += x * (quad)train->y[row];
    }
  }
  for (size_t j = 0; j + 1 < q; j++) a[j * (q + 1) + j] += (quad)alpha;
  eliminate(a, q);
  for (size_t i = 0; i < test->n; i++) {
    quad sum = 0;
    for (size_t j = 0; j < q; j++) sum += a[j * (q + 1) + q] * value_of(test, i, j, has_intercept);
    out[i] = (double)sum;
  }
  free(a);
}

static linear_predictions by_twin(const ml_cv *cv, bool has_alpha) {
  const size_t n_params = has_alpha ? 2 : 1;
  linear_predictions p = {.n = cv->folds->n, .folds = calloc(cv->folds->n, sizeof *p.folds)};
  uint32_t *rows = calloc(cv->folds->n_rows * 2, sizeof *rows);
  for (size_t k = 0; k < p.n; k++) {
    ml_view train = ml_cv_train(cv, k, rows), test = ml_cv_test(cv, k);
    p.folds[k] = calloc(test.n * cv->n_candidates + 1, sizeof(double));
    for (size_t c = 0; c < cv->n_candidates; c++) {
      const double *params = cv->candidates + c * n_params;
      twin(&train, &test, has_alpha ? params[0] : 0, params[n_params - 1] != 0,
           p.folds[k] + c * test.n);
    }
  }
  free(rows);
  return p;
}

/* ---- all three must agree -------------------------------------------------------------------- */

static ml_view members_view(const linear_data *data, const ml_folds *folds) {
  ml_view view = linear_view(data);
  if (folds->members) {
    view.rows = folds->members;
    view.n = folds->n_members;
  }
  return view;
}

static void expect_agreement(const char *label, const linear_data *data, ml_folds *folds,
                             bool has_intercept) {
  double ridge[12], ols[] = {has_intercept};
  const double alphas[] = {1, 1e-3, 100, 1e-8, 0, 3e4};
  for (size_t c = 0; c < 6; c++) {
    ridge[2 * c] = alphas[c];
    ridge[2 * c + 1] = has_intercept;
  }
  for (int is_ridge = 0; is_ridge < 2; is_ridge++) {
    const ml_model *model = is_ridge ? &models__ridge : &models__ols;
    ml_cv cv = {.all = members_view(data, folds),
                .folds = folds,
                .candidates = is_ridge ? ridge : ols,
                .n_candidates = is_ridge ? 6 : 1};
    linear_predictions want = by_twin(&cv, is_ridge), fits = linear_by_fits(model, &cv);
    linear_predictions shared = linear_by_folds(model, &cv);
    char name[200];
    snprintf(name, sizeof name, "%s, %s, fits", label, model->name);
    linear_expect_equal(name, &cv, &fits, &want, RTOL);
    snprintf(name, sizeof name, "%s, %s, shared", label, model->name);
    linear_expect_equal(name, &cv, &shared, &want, RTOL);
    linear_predictions_release(&want);
    linear_predictions_release(&fits);
    linear_predictions_release(&shared);
  }
  ml_folds_free(folds);
}

static void expect_everywhere(const char *label, const linear_data *data) {
  for (int has_intercept = 0; has_intercept < 2; has_intercept++) {
    expect_agreement(label, data, linear_kfold(data->n, 5, false), has_intercept);
    expect_agreement(label, data, linear_kfold(data->n, 4, true), has_intercept);
    expect_agreement(label, data, linear_random_folds(data->n, 3, false, 5), has_intercept);
    expect_agreement(label, data, linear_random_folds(data->n, 4, true, 9), has_intercept);
  }
}

static void give_weights(linear_data *data) {
  uint64_t state = 3;
  data->weights = calloc(data->n, sizeof *data->weights);
  for (size_t i = 0; i < data->n; i++)
    data->weights[i] = (double)(next_random(&state) % 4) / 2; /* a quarter of them 0 */
}

static void random_data(void **state) {
  (void)state;
  const size_t sizes[][2] = {{40, 1}, {90, 7}, {1300, 3}, {60, 12}};
  for (size_t s = 0; s < 4; s++) {
    linear_data data = linear_random(sizes[s][0], sizes[s][1], s + 1);
    expect_everywhere("random", &data);
    give_weights(&data);
    expect_everywhere("weights", &data);
    linear_release(&data);
  }
}

static void scales_and_offsets(void **state) {
  (void)state;
  linear_data data = linear_random(120, 5, 11);
  for (size_t i = 0; i < data.n; i++) {
    data.x[i] += 1e7;
    data.x[data.n + i] = 1e4 * data.x[data.n + i] - 3e9;
    data.x[2 * data.n + i] *= 1e-3;
    data.y[i] += 1e6;
  }
  for (size_t k = 3; k <= 5; k++)
    expect_agreement("offsets", &data, linear_kfold(data.n, k, k % 2), true);
  give_weights(&data);
  expect_agreement("offsets, weights", &data, linear_random_folds(data.n, 4, true, 2), true);
  linear_release(&data);
}

/* Condition 1e6: far too much for normal equations in double precision. */
static void badly_conditioned(void **state) {
  (void)state;
  linear_data data = linear_random(150, 4, 21);
  for (size_t i = 0; i < data.n; i++) data.x[data.n + i] = data.x[i] + 1e-6 * data.x[data.n + i];
  expect_everywhere("condition 1e6", &data);
  linear_release(&data);
}

/* Of equal columns each gets half, and predictions are those of one of them. */
static void collinear(void **state) {
  (void)state;
  linear_data data = linear_random(80, 3, 31), one = linear_random(80, 3, 31);
  const double ols[] = {1};
  memcpy(data.x + data.n, data.x, data.n * sizeof *data.x);
  one.p = 2;
  memcpy(one.x + one.n, one.x + 2 * one.n, one.n * sizeof *one.x);
  ml_folds *folds = linear_kfold(data.n, 4, false);
  ml_cv cv = {.all = linear_view(&data), .folds = folds, .candidates = ols, .n_candidates = 1};
  ml_cv cv_one = cv;
  cv_one.all = linear_view(&one);
  linear_predictions want = by_twin(&cv_one, false), fits = linear_by_fits(&models__ols, &cv);
  linear_predictions shared = linear_by_folds(&models__ols, &cv);
  linear_expect_equal("fits", &cv, &fits, &want, RTOL);
  linear_expect_equal("shared", &cv, &shared, &want, RTOL);
  ml_error err = {0};
  void *fitted = NULL;
  ml_view all = linear_view(&data);
  assert_int_equal(models__ols.fit(ols, &all, 0, NULL, &fitted, &err), ML_OK);
  const linear_model *model = fitted;
  expect_close("halves", model->values[3], model->values[4], 1e-9, 0);
  free(fitted);
  linear_predictions_release(&want);
  linear_predictions_release(&fits);
  linear_predictions_release(&shared);
  ml_folds_free(folds);
  linear_release(&data);
  linear_release(&one);
}

/* Fewer rows than features. A penalty of a millionth of the smallest singular value makes the twin
 * of the solution of smallest norm. */
static void wide(void **state) {
  (void)state;
  linear_data data = linear_random(24, 40, 41);
  const double ridge[] = {1, 1, 1e-3, 1, 50, 1}, ols[] = {1}, tiny[] = {1e-12, 1};
  ml_folds *folds = linear_kfold(data.n, 4, false);
  ml_cv cv = {.all = linear_view(&data), .folds = folds, .candidates = ridge, .n_candidates = 3};
  linear_predictions want = by_twin(&cv, true), fits = linear_by_fits(&models__ridge, &cv);
  linear_predictions shared = linear_by_folds(&models__ridge, &cv);
  linear_expect_equal("ridge", &cv, &fits, &want, RTOL);
  linear_expect_equal("ridge", &cv, &shared, &want, RTOL);
  linear_predictions_release(&want);
  linear_predictions_release(&fits);
  linear_predictions_release(&shared);
  cv.candidates = tiny;
  cv.n_candidates = 1;
  want = by_twin(&cv, true);
  cv.candidates = ols;
  shared = linear_by_folds(&models__ols, &cv);
  linear_expect_equal("ols", &cv, &shared, &want, RTOL);
  linear_predictions_release(&want);
  linear_predictions_release(&shared);
  ml_folds_free(folds);
  linear_release(&data);
}

/* A constant column, and one that is constant but for a row that is tested. */
static void constant_columns(void **state) {
  (void)state;
  linear_data data = linear_random(60, 4, 51);
  for (size_t i = 0; i < data.n; i++) {
    data.x[i] = 0.1;
    data.x[data.n + i] = i == 7;
  }
  for (int has_intercept = 0; has_intercept < 2; has_intercept++) {
    const double ridge[] = {1, has_intercept, 1e-3, has_intercept};
    ml_folds *folds = linear_kfold(data.n, 6, false);
    ml_cv cv = {.all = linear_view(&data), .folds = folds, .candidates = ridge, .n_candidates = 2};
    linear_predictions want = by_twin(&cv, true), fits = linear_by_fits(&models__ridge, &cv);
    linear_predictions shared = linear_by_folds(&models__ridge, &cv);
    linear_expect_equal("fits", &cv, &fits, &want, RTOL);
    linear_expect_equal("shared", &cv, &shared, &want, RTOL);
    linear_predictions_release(&want);
    linear_predictions_release(&fits);
    linear_predictions_release(&shared);
    ml_folds_free(folds);
  }
  linear_release(&data);
}

typedef struct one_taken {
  size_t n;
  double out[16];
} one_taken;

static ml_status take_one(void *ctx, size_t candidate, const double *predictions,
                          const ml_error *error, ml_error *err) {
  one_taken *taken = ctx;
  (void)candidate, (void)err;
  if (!predictions) fail_msg("%s", error->message);
  memcpy(taken->out, predictions, taken->n * sizeof *predictions);
  return ML_OK;
}

/* Candidates with and without an intercept have parts of their own. */
static void both_intercepts(void **state) {
  (void)state;
  linear_data data = linear_random(50, 3, 61);
  const double ridge[] = {1, 0, 1, 1};
  for (int is_loo = 0; is_loo < 2; is_loo++) {
    ml_folds *folds = linear_kfold(data.n, is_loo ? data.n : 5, false);
    ml_cv cv = {.all = linear_view(&data), .folds = folds, .candidates = ridge, .n_candidates = 2};
    linear_predictions want = by_twin(&cv, true);
    for (size_t c = 0; c < 2; c++) {
      size_t n_parts, part_bytes;
      ml_error err = {0};
      one_taken row = {.n = folds->folds[1].test.n};
      assert_int_equal(models__ridge.share_size(&cv, &n_parts, &part_bytes, &err), ML_OK);
      assert_int_equal(n_parts, is_loo ? 2 : 10);
      size_t stride = (part_bytes + 63) / 64 * 64;
      char *shared = aligned_alloc(64, n_parts * stride);
      for (size_t i = 0; i < n_parts; i++)
        assert_int_equal(models__ridge.share(&cv, i, shared + i * stride, &err), ML_OK);
      assert_int_equal(models__ridge.fold(&cv, shared, 1, &c, 1, take_one, &row, &err), ML_OK);
      for (size_t i = 0; i < row.n; i++)
        expect_close("prediction", row.out[i], want.folds[1][c * row.n + i], 1e-9, 1e-9);
      free(shared);
    }
    linear_predictions_release(&want);
    ml_folds_free(folds);
  }
  linear_release(&data);
}

/* ---- leave one out, generalised cross-validation --------------------------------------------- */

static void leave_one_out(void **state) {
  (void)state;
  for (int what = 0; what < 4; what++) {
    linear_data data = linear_random(what == 3 ? 12 : 40, what == 3 ? 20 : 4, (uint64_t)what + 71);
    const double ridge[] = {1, 1, 1e-3, 1, 10, 1};
    if (what == 1) give_weights(&data);
    if (what == 2) /* one row alone has this feature: its leverage is 1 without a penalty */
      for (size_t i = 0; i < data.n; i++) data.x[i] = i == 3 ? 1e4 : 0;
    ml_folds *folds = linear_kfold(data.n, data.n, false);
    ml_cv cv = {.all = linear_view(&data), .folds = folds, .candidates = ridge, .n_candidates = 3};
    linear_predictions want = by_twin(&cv, true), got = linear_by_folds(&models__ridge, &cv);
    linear_expect_equal("leave one out", &cv, &got, &want, RTOL);
    linear_predictions_release(&want);
    linear_predictions_release(&got);
    ml_folds_free(folds);
    linear_release(&data);
  }
}

static void reference_leaves_one_out(void **state) {
  (void)state;
  json_t *json = golden_json("xval/grid/ridge_loo.json"), *one;
  size_t at, n = 0;
  json_array_foreach(json_object_get(json, "cases"), at, one) {
    linear_data data = linear_read(json_string_value(json_object_get(one, "dataset")), false);
    const json_t *alphas = json_object_get(one, "alphas"), *errors;
    double candidates[64], gcv[32];
    double tol = json_number_value(json_object_get(one, "rel_tol"));
    size_t m = json_array_size(alphas);
    assert_true(m <= 32);
    for (size_t c = 0; c < m; c++) {
      candidates[2 * c] = json_number_value(json_array_get(alphas, c));
      candidates[2 * c + 1] = 1;
    }
    ml_folds *folds = linear_kfold(data.n, data.n, false);
    ml_cv cv = {
        .all = linear_view(&data), .folds = folds, .candidates = candidates, .n_candidates = m};
    ml_error err = {0};
    linear_predictions got = linear_by_folds(&models__ridge, &cv);
    assert_int_equal(models__ridge.gcv(&cv, gcv, &err), ML_OK);
    for (size_t c = 0; c < m; c++) {
      double mse = 0, want;
      for (size_t i = 0; i < data.n; i++)
        mse += pow(data.y[i] - got.folds[i][c], 2) / (double)data.n;
      want = json_number_value(json_array_get(json_object_get(one, "loo_mse"), c));
      expect_close("loo_mse", mse, want, 0, tol * (1 + want));
      want = json_number_value(json_array_get(json_object_get(one, "gcv"), c));
      expect_close("gcv", gcv[c], want, 0, tol * (1 + want));
    }
    errors = json_object_get(one, "first_errors_at_alpha0");
    for (size_t i = 0; i < json_array_size(errors); i++) {
      double want = json_number_value(json_array_get(errors, i));
      expect_close("error", data.y[i] - got.folds[i][0], want, 0, tol * (1 + fabs(want)));
    }
    linear_predictions_release(&got);
    ml_folds_free(folds);
    linear_release(&data);
    n++;
  }
  assert_true(n >= 2);
  json_decref(json);
}

/* n RSS / (n - p - 1)^2 for least squares, and nothing where no degree of freedom is left. */
static void gcv_of_least_squares(void **state) {
  (void)state;
  linear_data data = linear_random(30, 4, 81);
  const double ols[] = {1, 0};
  double got[2], fitted[30];
  ml_error err = {0};
  ml_cv cv = {.all = linear_view(&data), .candidates = ols, .n_candidates = 2};
  assert_int_equal(models__ols.gcv(&cv, got, &err), ML_OK);
  for (int c = 0; c < 2; c++) {
    double rss = 0, left = 30 - 4 - (c == 0);
    twin(&cv.all, &cv.all, 0, c == 0, fitted);
    for (size_t i = 0; i < 30; i++) rss += pow(data.y[i] - fitted[i], 2);
    expect_close("gcv", got[c], 30 * rss / (left * left), 1e-10, 0);
  }
  cv.all.n = 5;
  assert_int_equal(models__ols.gcv(&cv, got, &err), ML_OK);
  assert_true(isnan(got[0]));
  linear_release(&data);
}

/* ---- errors ---------------------------------------------------------------------------------- */

static void refusals(void **state) {
  (void)state;
  linear_data data = linear_random(20, 2, 91);
  ml_view view = linear_view(&data);
  ml_error err = {0};
  void *fitted = NULL;
  data.x[3] = NAN;
  assert_int_equal(models__ols.fit((double[]){1}, &view, 0, NULL, &fitted, &err), ML_ERR_NUMERIC);
  data.x[3] = 1;
  data.weights = calloc(data.n, sizeof *data.weights);
  view = linear_view(&data);
  assert_int_equal(models__ols.fit((double[]){1}, &view, 0, NULL, &fitted, &err), ML_ERR_NUMERIC);
  assert_string_equal(err.message, "no row with a weight above 0 to learn from");
  linear_release(&data);
}

/* BLAS counts in int: nothing is read of data that are greater. */
static void too_large(void **state) {
  (void)state;
  const size_t sizes[][2] = {{(size_t)INT_MAX + 1, 1}, {3, (size_t)INT_MAX / 2 + 1}};
  const ml_model *const models[] = {&models__ols, &models__ridge, &models__lasso,
                                    &models__elastic_net};
  for (size_t m = 0; m < 4; m++)
    for (size_t s = 0; s < 2; s++) {
      const ml_view view = {.n = sizes[s][0], .n_columns = sizes[s][1]};
      double params[8];
      ml_error err = {0};
      void *fitted = NULL;
      ml_model_defaults(models[m], params);
      assert_int_equal(models[m]->fit(params, &view, 0, NULL, &fitted, &err), ML_ERR_USAGE);
      assert_string_equal(err.message,
                          s ? "1073741824 features: a linear model takes 1073741823 at most"
                            : "2147483648 rows: a linear model takes 2147483647 at most");
    }
  assert_int_equal(linear__check_size(INT_MAX, INT_MAX / 2, NULL), ML_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_data),
      cmocka_unit_test(scales_and_offsets),
      cmocka_unit_test(badly_conditioned),
      cmocka_unit_test(collinear),
      cmocka_unit_test(wide),
      cmocka_unit_test(constant_columns),
      cmocka_unit_test(both_intercepts),
      cmocka_unit_test(leave_one_out),
      cmocka_unit_test(reference_leaves_one_out),
      cmocka_unit_test(gcv_of_least_squares),
      cmocka_unit_test(refusals),
      cmocka_unit_test(too_large),
  };
  return cmocka_run_group_tests_name("models: linear in folds", tests, NULL, NULL);
}
