/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression: conditions of the optimum, folds against fits, edges. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "class_cases.h"
#include "ml/models/exp.h"
#include "ml/models/logistic_internal.h"

static const ml_model *model;

static int find_model(void **state) {
  (void)state;
  model = class_model("logistic");
  return 0;
}

/* C, fit_intercept, penalize_intercept, multi_class, class_weight, tol, max_iter */
#define PARAMS(c, intercept, penalize, multi, balanced) \
  { c, intercept, penalize, multi, balanced, 1e-11, 200 }

/* ---- the exponential function ---------------------------------------------------------------- */

static void exp_is_within_2_ulp(void **state) {
  uint64_t seed = 3;
  double worst = 0;
  (void)state;
  for (size_t i = 0; i < 300000; i++) {
    double x = i < 100 ? -(double)i * 7.07 : -exp(-25 + 31.5 * class_uniform(&seed));
    long double want = expl(x);
    double got = exp__below_0(x), ulp = nextafter((double)want, 1) - (double)want;
    double error = (double)(fabsl((long double)got - want) / (long double)ulp);
    if (error > worst) worst = error;
  }
  if (!(worst < 2)) fail_msg("%g ulp", worst);
  expect_same("0", exp__below_0(0), 1);
  expect_same("-1000", exp__below_0(-1000), exp__below_0(-708));
  assert_true(isnan(exp__below_0(NAN)));
}

/* ---- the definition -------------------------------------------------------------------------- */

/* The objective with its slow and obvious derivatives. */
typedef struct twin {
  const class_data *data;
  const double *params;
  size_t n_logits, n_params;
  long double *b; /* n_logits x (p + 1): the last is the intercept */
} twin;

static size_t number_of(const twin *t, size_t logit, size_t i) {
  return logit * (t->data->p + 1) + i;
}

static long double column_of(const twin *t, size_t row, size_t i) {
  return i < t->data->p ? (long double)t->data->x[i * t->data->n + row] : t->params[1] != 0;
}

/* Probabilities of all logits of a row; of two classes, that of the last. */
static void probabilities(const twin *t, size_t row, long double *p) {
  long double most = 0, sum = 0;
  for (size_t k = 0; k < t->n_logits; k++) {
    p[k] = 0;
    for (size_t i = 0; i <= t->data->p; i++)
      p[k] += t->b[number_of(t, k, i)] * column_of(t, row, i);
    if (k == 0 || p[k] > most) most = p[k];
  }
  if (t->n_logits == 1) {
    p[0] = 1 / (1 + expl(-p[0]));
    return;
  }
  for (size_t k = 0; k < t->n_logits; k++) sum += p[k] = expl(p[k] - most);
  for (size_t k = 0; k < t->n_logits; k++) p[k] /= sum;
}

/* Gradient and Hessian. */
static void derive(const twin *t, long double *g, long double *h) {
  size_t q = t->data->p + 1, m = t->n_logits, n = m * q;
  long double p[16];
  for (size_t i = 0; i < n; i++) {
    bool is_free = i % q == q - 1 && t->params[1] != 0 && t->params[2] == 0;
    g[i] = is_free ? 0 : t->b[i];
    for (size_t j = 0; j < n; j++) h[i * n + j] = i == j && !is_free;
    if (is_free && m > 1) /* of the intercepts only differences matter */
      for (size_t k = 0; k < m; k++) h[i * n + k * q + q - 1] = 1;
  }
  for (size_t row = 0; row < t->data->n; row++) {
    long double w = t->params[0] * (t->data->weights ? t->data->weights[row] : 1);
    probabilities(t, row, p);
    for (size_t k = 0; k < m; k++)
      for (size_t i = 0; i < q; i++) {
        long double x = column_of(t, row, i);
        g[k * q + i] += w * x * (p[k] - (t->data->classes[row] == (m == 1 ? 1 : k)));
        for (size_t l = 0; l < m; l++)
          for (size_t j = 0; j < q; j++)
            h[(k * q + i) * n + l * q + j] +=
                w * x * column_of(t, row, j) * p[k] * ((k == l) - p[l]);
      }
  }
}

/* Solve h x = g by Gauss's elimination, in place of g. */
static void eliminate(long double *h, long double *g, size_t n) {
  for (size_t i = 0; i < n; i++) {
    size_t pivot = i;
    for (size_t r = i + 1; r < n; r++)
      if (fabsl(h[r * n + i]) > fabsl(h[pivot * n + i])) pivot = r;
    for (size_t c = 0; c < n; c++) {
      long double other = h[i * n + c];
      h[i * n + c] = h[pivot * n + c];
      h[pivot * n + c] = other;
    }
    long double other = g[i];
    g[i] = g[pivot];
    g[pivot] = other;
    for (size_t r = 0; r < n; r++) {
      long double times = h[r * n + i] / h[i * n + i];
      if (r == i) continue;
      for (size_t c = i; c < n; c++) h[r * n + c] -= times * h[i * n + c];
      g[r] -= times * g[i];
    }
  }
  for (size_t i = 0; i < n; i++) g[i] /= h[i * n + i];
}

/* Probabilities at the optimum, n x k, by Newton's method in long double with short steps at
 * first. */
static double *solve_twin(const class_data *data, const double *params) {
  size_t m = data->k == 2 ? 1 : data->k, n = m * (data->p + 1);
  twin t = {data, params, m, n, calloc(n, sizeof *t.b)};
  long double *g = calloc(n, sizeof *g), *h = calloc(n * n, sizeof *h), p[16];
  for (size_t round = 0; round < 60; round++) {
    long double most = 0;
    derive(&t, g, h);
    eliminate(h, g, n);
    for (size_t row = 0; row < data->n; row++)
      for (size_t k = 0; k < m; k++) {
        long double z = 0;
        for (size_t i = 0; i <= data->p; i++) z += g[k * (data->p + 1) + i] * column_of(&t, row, i);
        if (fabsl(z) > most) most = fabsl(z);
      }
    for (size_t i = 0; i < n; i++) t.b[i] -= most > 1 ? g[i] / most : g[i];
  }
  double *out = calloc(data->n * data->k, sizeof *out);
  for (size_t row = 0; row < data->n; row++) {
    probabilities(&t, row, p);
    if (m == 1) p[1] = p[0], p[0] = 1 - p[1];
    for (size_t k = 0; k < data->k; k++) out[row * data->k + k] = (double)p[k];
  }
  free(t.b);
  free(g);
  free(h);
  return out;
}

static void expect_twin(const char *label, const class_data *data, const double *params,
                        double rtol) {
  ml_error err = {0};
  double *got = class_fit(model, params, data, data, &err), *want = solve_twin(data, params);
  if (!got) fail_msg("%s: %s", label, err.message);
  for (size_t i = 0; i < data->n * data->k; i++) expect_close(label, got[i], want[i], rtol, 1e-14);
  free(got);
  free(want);
}

static void optima_are_those_of_the_twin(void **state) {
  static const double params[][7] = {PARAMS(1, 1, 0, 0, 0), PARAMS(0.01, 1, 0, 0, 0),
                                     PARAMS(100, 1, 1, 0, 0), PARAMS(10, 0, 0, 0, 0)};
  (void)state;
  for (size_t k = 2; k <= 4; k++) {
    class_data data = class_random(90, 4, k, k);
    for (size_t i = 0; i < 4; i++) expect_twin("plain", &data, params[i], 1e-10);
    class_weigh(&data, 1);
    for (size_t i = 0; i < 4; i++) expect_twin("weights", &data, params[i], 1e-10);
    class_release(&data);
  }
}

/* Where a plane separates the classes the coefficients are long, and only the penalty ends them. */
static void separable_rows_have_an_optimum(void **state) {
  (void)state;
  for (size_t k = 2; k <= 3; k++) {
    class_data data = class_random(60, 3, k, 9);
    for (size_t i = 0; i < data.n; i++) {
      data.classes[i] = (uint32_t)(i % k);
      data.x[i] = (double)(i % k) * 20 + 0.1 * data.x[i];
    }
    for (double c = 1; c <= 1e8; c *= 100) {
      const double params[] = PARAMS(c, 1, 0, 0, 0);
      expect_twin("separable", &data, params, 1e-8);
    }
    class_release(&data);
  }
}

static void badly_scaled_columns_do_no_harm(void **state) {
  const double params[] = PARAMS(1, 1, 0, 0, 0);
  class_data data = class_random(80, 4, 2, 4);
  (void)state;
  for (size_t i = 0; i < data.n; i++) {
    data.x[i] = data.x[i] * 1e6 + 1e9;
    data.x[data.n + i] = data.x[data.n + i] * 1e-3 + 5;
  }
  expect_twin("scales", &data, params, 1e-7);
  class_release(&data);
}

/* ---- rows, weights, classes ------------------------------------------------------------------ */

static void weights_repeat_rows(void **state) {
  static const double params[][7] = {PARAMS(2, 1, 0, 0, 0), PARAMS(2, 1, 0, 2, 0),
                                     PARAMS(2, 1, 0, 0, 1), PARAMS(2, 1, 0, 2, 1)};
  ml_error err = {0};
  (void)state;
  for (size_t i = 0; i < 4; i++) {
    class_data data = class_random(100, 5, 2 + i % 3, i);
    class_weigh(&data, i);
    class_data repeated = class_repeat(&data);
    double *a = class_fit(model, params[i], &data, &data, &err);
    double *b = class_fit(model, params[i], &repeated, &data, &err);
    for (size_t j = 0; j < data.n * data.k; j++) expect_close("weights", a[j], b[j], 1e-10, 1e-14);
    free(a);
    free(b);
    class_release(&repeated);
    class_release(&data);
  }
}

static void one_against_the_rest_is_many_pairs(void **state) {
  const double ovr[] = PARAMS(3, 1, 0, 2, 0), one[] = PARAMS(3, 1, 0, 0, 0);
  class_data data = class_random(90, 4, 3, 6), pair = class_random(90, 4, 2, 6);
  ml_error err = {0};
  double *all = class_fit(model, ovr, &data, &data, &err), *each[3];
  (void)state;
  for (size_t c = 0; c < 3; c++) {
    for (size_t i = 0; i < data.n; i++) pair.classes[i] = data.classes[i] == c;
    each[c] = class_fit(model, one, &pair, &pair, &err);
  }
  for (size_t i = 0; i < data.n; i++) {
    double sum = each[0][2 * i + 1] + each[1][2 * i + 1] + each[2][2 * i + 1];
    for (size_t c = 0; c < 3; c++)
      expect_close("ovr", all[3 * i + c], each[c][2 * i + 1] / sum, 1e-12, 0);
  }
  for (size_t c = 0; c < 3; c++) free(each[c]);
  free(all);
  class_release(&pair);
  class_release(&data);
}

static void classes_without_rows_have_no_probability(void **state) {
  const double params[] = PARAMS(1, 1, 0, 0, 0);
  class_data data = class_random(60, 3, 2, 2);
  ml_error err = {0};
  (void)state;
  double *two = class_fit(model, params, &data, &data, &err);
  for (size_t i = 0; i < data.n; i++) data.classes[i] = data.classes[i] ? 3 : 1;
  data.k = 5;
  double *five = class_fit(model, params, &data, &data, &err);
  for (size_t i = 0; i < data.n; i++) {
    expect_same("one that is there", five[5 * i + 1], two[2 * i]);
    expect_same("the other", five[5 * i + 3], two[2 * i + 1]);
    expect_same("one that is not", five[5 * i] + five[5 * i + 2] + five[5 * i + 4], 0);
  }
  free(two);
  free(five);
  class_release(&data);
}

static void what_cannot_be_fitted_is_said(void **state) {
  const double params[] = PARAMS(1, 1, 0, 0, 0), few[] = {1e6, 1, 0, 0, 0, 1e-11, 1};
  class_data data = class_random(20, 2, 2, 3);
  ml_error err = {0};
  (void)state;
  assert_null(class_fit(model, few, &data, &data, &err));
  assert_string_equal(err.message, "the optimum is not reached in 1 steps (max_iter)");
  data.x[30] = NAN;
  assert_null(class_fit(model, params, &data, &data, &err));
  assert_string_equal(err.message, "column 2 has a value that is missing or infinite");
  memset(data.classes, 0, data.n * sizeof *data.classes);
  assert_null(class_fit(model, params, &data, &data, &err));
  assert_int_equal(err.status, ML_ERR_NUMERIC);
  assert_string_equal(err.message, "all training rows are of one class");
  data.weights = calloc(data.n, sizeof(double));
  assert_null(class_fit(model, params, &data, &data, &err));
  assert_string_equal(err.message, "no training row has a weight");
  class_release(&data);
}

/* ---- many parameters ------------------------------------------------------------------------- */

/* The gradient of the softmax objective at the fitted probabilities must be what the penalty
 * balances: with more columns than rows, sum over rows of x x' (p - y) gives the logits. */
static void many_columns_need_no_hessian(void **state) {
  const double params[] = PARAMS(0.5, 0, 0, 0, 0);
  class_data data = class_random(40, 700, 3, 8);
  ml_error err = {0};
  (void)state;
  double *p = class_fit(model, params, &data, &data, &err);
  if (!p) fail_msg("%s", err.message);
  for (size_t r = 0; r < data.n; r++) {
    double z[3] = {0};
    for (size_t i = 0; i < data.n; i++) {
      double product = 0;
      for (size_t j = 0; j < data.p; j++)
        product += data.x[j * data.n + r] * data.x[j * data.n + i];
      for (size_t c = 0; c < 3; c++)
        z[c] -= 0.5 * product * (p[3 * i + c] - (data.classes[i] == c));
    }
    for (size_t c = 0; c < 3; c++)
      expect_close("logits", log(p[3 * r + c] / p[3 * r]), z[c] - z[0], 1e-8, 1e-8);
  }
  free(p);
  class_release(&data);
}

static void both_ways_have_one_optimum(void **state) {
  const double params[] = PARAMS(1, 1, 0, 0, 0);
  class_data wide = class_random(60, LOGIT_DENSE + 1, 2, 12);
  ml_error err = {0};
  (void)state;
  for (size_t j = 5; j <= LOGIT_DENSE; j++) /* columns that change nothing */
    memset(wide.x + j * wide.n, 0, wide.n * sizeof *wide.x);
  double *a = class_fit(model, params, &wide, &wide, &err);
  wide.p = 5;
  double *b = class_fit(model, params, &wide, &wide, &err);
  for (size_t i = 0; i < 2 * wide.n; i++) expect_close("both", a[i], b[i], 1e-10, 0);
  free(a);
  free(b);
  class_release(&wide);
}

/* ---- folds ----------------------------------------------------------------------------------- */

static void folds_equal_fits(void **state) {
  (void)state;
  for (size_t k = 2; k <= 4; k++) {
    class_data data = class_random(110, 4, k, 20 + k);
    for (size_t multi = 0; multi <= 2; multi += 2)
      for (size_t intercept = 0; intercept < 3; intercept++) {
        double candidates[4][7];
        static const double c[] = {10, 0.01, 1e4, 1};
        for (size_t i = 0; i < 4; i++) {
          const double own[] =
              PARAMS(c[i], intercept > 0, intercept > 1, (double)multi, i == 2 && k == 4);
          memcpy(candidates[i], own, sizeof own);
        }
        class_compare_all(model, &data, candidates[0], 4);
      }
    class_weigh(&data, k);
    const double two[][7] = {PARAMS(1, 1, 0, 0, 0), PARAMS(1e3, 1, 0, 2, 0)};
    class_compare_all(model, &data, two[0], 1);
    class_compare_all(model, &data, two[1], 1);
    class_release(&data);
  }
}

/* Enough rows for a sample of them to begin with, and for the same factor to serve all steps. */
static void many_rows_in_folds(void **state) {
  const double candidates[][7] = {PARAMS(100, 1, 0, 0, 0), PARAMS(1e-3, 1, 0, 0, 0),
                                  PARAMS(1, 1, 0, 0, 0)};
  class_data data = class_random(11000, 4, 2, 31);
  ml_folds *folds = class_folds(&data, "stratified:5", 1, false);
  (void)state;
  assert_true(class_compare("many", model, &data, folds, candidates[0], 3) > 0);
  assert_true(class_compare("many, two candidates", model, &data, folds, candidates[0], 2) > 0);
  ml_folds_free(folds);
  class_release(&data);
}

static void folds_without_a_class_stand_alone(void **state) {
  const double candidates[][7] = {PARAMS(1, 1, 0, 0, 0), PARAMS(5, 1, 0, 0, 0)};
  class_data data = class_random(60, 3, 3, 2);
  (void)state;
  for (size_t i = 0; i < data.n; i++) /* the first fold trains on no row of class 2 */
    data.classes[i] = i < 12 ? 2 : (uint32_t)(i % 2);
  ml_folds *folds = class_folds(&data, "kfold:5", 1, false);
  assert_true(class_compare("no class 2", model, &data, folds, candidates[0], 2) > 0);
  ml_folds_free(folds);
  for (size_t i = 0; i < data.n; i++) data.classes[i] = i < 12; /* now it has one class alone */
  data.k = 2;
  folds = class_folds(&data, "kfold:5", 1, false);
  assert_true(class_compare("one class", model, &data, folds, candidates[0], 2) > 0);
  ml_folds_free(folds);
  class_release(&data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exp_is_within_2_ulp),
      cmocka_unit_test(optima_are_those_of_the_twin),
      cmocka_unit_test(separable_rows_have_an_optimum),
      cmocka_unit_test(badly_scaled_columns_do_no_harm),
      cmocka_unit_test(weights_repeat_rows),
      cmocka_unit_test(one_against_the_rest_is_many_pairs),
      cmocka_unit_test(classes_without_rows_have_no_probability),
      cmocka_unit_test(what_cannot_be_fitted_is_said),
      cmocka_unit_test(many_columns_need_no_hessian),
      cmocka_unit_test(both_ways_have_one_optimum),
      cmocka_unit_test(folds_equal_fits),
      cmocka_unit_test(many_rows_in_folds),
      cmocka_unit_test(folds_without_a_class_stand_alone),
  };
  return cmocka_run_group_tests(tests, find_model, NULL);
}
