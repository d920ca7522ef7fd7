/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lasso and elastic net: conditions of the minimum, folds against single fits, order of candidates.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linear_cases.h"
#include "ml/models/linear_net.h"
#include "ml/models/models.h"

#define MAX_ITER 100000

/* ---- conditions of the minimum --------------------------------------------------------------- */

static double *fit(const ml_view *view, double alpha, double share, bool has_intercept) {
  const double params[] = {alpha, share, has_intercept, MAX_ITER};
  ml_error err = {0};
  void *fitted = NULL;
  if (models__elastic_net.fit(params, view, 0, NULL, &fitted, &err) != ML_OK)
    fail_msg("alpha %g, l1_ratio %g: %s", alpha, share, err.message);
  return fitted;
}

/* The gradient of the mean square is within alpha * share of that of the quadratic penalty, and on
 * its edge where a coefficient is not 0; residuals have mean 0 when there is a constant. */
static size_t expect_minimum(const ml_view *view, double alpha, double share, bool has_intercept) {
  void *fitted = fit(view, alpha, share, has_intercept);
  const double *coef = ((const linear_model *)fitted)->values + view->n_columns;
  double *residual = calloc(view->n, sizeof *residual), weights = 0, mean = 0, scale = 0;
  ml_error err = {0};
  size_t n_active = 0;
  assert_int_equal(models__elastic_net.predict(fitted, view, residual, &err), ML_OK);
  for (size_t i = 0; i < view->n; i++) {
    double w = view->weights ? view->weights[i] : 1;
    residual[i] = w * (view->y[i] - residual[i]);
    weights += w;
    mean += residual[i];
    scale += fabs(w * view->y[i]);
  }
  if (has_intercept) expect_close("mean residual", mean, 0, 0, 1e-11 * scale);
  for (size_t j = 0; j < view->n_columns; j++) {
    double slope = 0, size = 0;
    for (size_t i = 0; i < view->n; i++) {
      slope += view->x[j * view->stride + i] * residual[i] / weights;
      size += fabs(view->x[j * view->stride + i]) * scale / weights / (double)view->n;
    }
    slope -= alpha * (1 - share) * coef[j];
    n_active += coef[j] != 0;
    if (coef[j] != 0)
      expect_close("edge", slope, copysign(alpha * share, coef[j]), 1e-9, 1e-11 * size);
    else if (fabs(slope) > alpha * share * (1 + 1e-9) + 1e-11 * size)
      fail_msg("slope %zu is %.17g, beyond %g", j, slope, alpha * share);
  }
  free(residual);
  free(fitted);
  return n_active;
}

static void minima(void **state) {
  (void)state;
  const size_t sizes[][2] = {{30, 1}, {60, 6}, {200, 25}, {20, 50}, {35, 35}};
  const double alphas[] = {1e-3, 0.03, 0.4, 100}, shares[] = {0.05, 0.5, 1};
  for (size_t s = 0; s < 5; s++)
    for (int is_weighted = 0; is_weighted < 2; is_weighted++) {
      linear_data data = linear_random(sizes[s][0], sizes[s][1], s + 1);
      if (is_weighted) {
        data.weights = calloc(data.n, sizeof *data.weights);
        for (size_t i = 0; i < data.n; i++) data.weights[i] = (double)(i % 4);
      }
      ml_view view = linear_view(&data);
      for (size_t a = 0; a < 4; a++)
        for (size_t k = 0; k < 3; k++)
          for (int has_intercept = 0; has_intercept < 2; has_intercept++)
            expect_minimum(&view, alphas[a], shares[k], has_intercept);
      assert_int_equal(expect_minimum(&view, 100, 1, true), 0);
      linear_release(&data);
    }
}

/* Columns that are nearly and exactly the same: descent alone would take for ever. */
static void hard_minima(void **state) {
  (void)state;
  linear_data data = linear_random(100, 9, 11);
  for (size_t i = 0; i < data.n; i++) {
    double x = data.x[i] / 4;
    for (size_t j = 1; j < 6; j++) data.x[j * data.n + i] = data.x[(j - 1) * data.n + i] * x;
    data.x[6 * data.n + i] = data.x[5 * data.n + i];
    data.x[8 * data.n + i] = data.x[7 * data.n + i] + 1e-4 * data.x[8 * data.n + i];
  }
  ml_view view = linear_view(&data);
  for (double alpha = 1; alpha > 1e-7; alpha /= 3) {
    expect_minimum(&view, alpha, 1, true);
    expect_minimum(&view, alpha, 0.5, true);
  }
  linear_release(&data);
}

/* Upper triangles R: element (i, j) of R'R. */
static double squared(const double *r, size_t stride, size_t i, size_t j) {
  double sum = 0;
  for (size_t k = 0; k <= i && k <= j; k++) sum += r[i * stride + k] * r[j * stride + k];
  return sum;
}

/* A coefficient leaves the factor, then another: what is left is the factor of the matrix without
 * them, and its diagonal is above 0. */
static void coefficients_leave_the_factor(void **state) {
  (void)state;
  enum { N = 7 };
  uint64_t seed = 5;
  for (size_t first = 0; first < N; first++)
    for (size_t second = 0; second + 1 < N; second++) {
      double before[N * N] = {0}, after[N * N], rhs[N], cosines[N];
      size_t kept[N], n = N;
      for (size_t j = 0; j < N; j++) {
        kept[j] = j;
        for (size_t i = 0; i < j; i++) before[j * N + i] = linear_next_normal(&seed);
        before[j * N + j] = 0.5 + fabs(linear_next_normal(&seed));
      }
      memcpy(after, before, sizeof after);
      linear_net net = {.p = N, .matrix = after, .rhs = rhs, .cosines = cosines, .n_room = N};
      for (size_t leaves = first; n > N - 2; leaves = second) {
        linear__net_drop(&net, n--, N, leaves);
        memmove(kept + leaves, kept + leaves + 1, (n - leaves) * sizeof *kept);
        for (size_t j = 0; j < n; j++) {
          assert_true(after[j * N + j] > 0);
          for (size_t i = 0; i <= j; i++)
            expect_close("matrix", squared(after, N, i, j), squared(before, N, kept[i], kept[j]),
                         1e-12, 1e-13);
        }
      }
    }
}

/* One feature: the soft threshold. */
static void by_hand(void **state) {
  (void)state;
  const double x[] = {-1, 1, -1, 1}, y[] = {-3, 3, -1, 5};
  /* mean of xy: 3, of x^2: 1; of y: 1 */
  ml_view view = {.n = 4, .n_columns = 1, .x = x, .stride = 4, .y = y};
  linear_model *lasso = (void *)fit(&view, 0.5, 1, true), *net = (void *)fit(&view, 1, 0.5, true);
  expect_close("lasso", lasso->values[1], 2.5, 1e-15, 0);
  expect_close("elastic net", net->values[1], 2.5 / 1.5, 1e-15, 0);
  expect_close("constant", net->constant + net->values[1] * -net->values[0], 1, 1e-15, 0);
  free(lasso);
  free(net);
}

/* Without a share of sizes it is ridge regression with n times alpha. */
static void ridge_at_zero(void **state) {
  (void)state;
  linear_data data = linear_random(50, 4, 21);
  ml_view view = linear_view(&data);
  ml_error err = {0};
  void *ridge = NULL, *net = fit(&view, 0.1, 0, true);
  assert_int_equal(models__ridge.fit((double[]){5, 1}, &view, 0, NULL, &ridge, &err), ML_OK);
  for (size_t j = 0; j < 8; j++)
    expect_close("coefficient", ((linear_model *)net)->values[j],
                 ((linear_model *)ridge)->values[j], 1e-12, 0);
  free(ridge);
  free(net);
  linear_release(&data);
}

/* ---- folds ----------------------------------------------------------------------------------- */

static void expect_agreement(const linear_data *data, ml_folds *folds, bool has_intercept) {
  double params[15][4];
  for (size_t c = 0; c < 15; c++) {
    const double values[] = {pow(10, (double)(c * 7 % 5) - 3), (double)(c % 3) / 2, has_intercept,
                             MAX_ITER};
    memcpy(params[c], values, sizeof values);
  }
  ml_cv cv = {
      .all = linear_view(data), .folds = folds, .candidates = params[0], .n_candidates = 15};
  if (folds->members) {
    cv.all.rows = folds->members;
    cv.all.n = folds->n_members;
  }
  linear_predictions fits = linear_by_fits(&models__elastic_net, &cv);
  linear_predictions shared = linear_by_folds(&models__elastic_net, &cv);
  linear_expect_equal("folds", &cv, &shared, &fits, 1e-9);
  linear_predictions_release(&fits);
  linear_predictions_release(&shared);
  ml_folds_free(folds);
}

static void folds_and_fits(void **state) {
  (void)state;
  const size_t sizes[][2] = {{80, 6}, {40, 60}, {700, 12}};
  for (size_t s = 0; s < 3; s++)
    for (int has_intercept = 0; has_intercept < 2; has_intercept++) {
      linear_data data = linear_random(sizes[s][0], sizes[s][1], s + 31);
      for (size_t i = 0; i < data.n; i++) data.x[i] = i == 3; /* constant but for one row */
      expect_agreement(&data, linear_kfold(data.n, 4, false), has_intercept);
      expect_agreement(&data, linear_kfold(data.n, 5, true), has_intercept);
      expect_agreement(&data, linear_random_folds(data.n, 3, true, 7), has_intercept);
      linear_release(&data);
    }
}

/* ---- failures -------------------------------------------------------------------------------- */

static ml_status count_errors(void *ctx, size_t candidate, const double *predictions,
                              const ml_error *error, ml_error *err) {
  size_t *n = ctx;
  (void)err;
  assert_int_equal(candidate, 0);
  assert_null(predictions);
  assert_int_equal(error->status, ML_ERR_NUMERIC);
  assert_string_equal(error->message, "coordinate descent did not converge in 1 passes (max_iter)");
  ++*n;
  return ML_OK;
}

/* The candidate fails, not the fold. */
static void too_few_passes(void **state) {
  (void)state;
  linear_data data = linear_random(60, 90, 41);
  const double params[] = {1e-6, 1, 1, 1};
  const size_t candidate = 0;
  size_t n = 0;
  ml_folds *folds = linear_kfold(data.n, 2, false);
  ml_cv cv = {.all = linear_view(&data), .folds = folds, .candidates = params, .n_candidates = 1};
  ml_error err = {0};
  assert_int_equal(models__elastic_net.fold(&cv, NULL, 0, &candidate, 1, count_errors, &n, &err),
                   ML_OK);
  assert_int_equal(n, 1);
  ml_folds_free(folds);
  linear_release(&data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(minima),
      cmocka_unit_test(hard_minima),
      cmocka_unit_test(coefficients_leave_the_factor),
      cmocka_unit_test(by_hand),
      cmocka_unit_test(ridge_at_zero),
      cmocka_unit_test(folds_and_fits),
      cmocka_unit_test(too_few_passes),
  };
  return cmocka_run_group_tests_name("models: elastic net", tests, NULL, NULL);
}
