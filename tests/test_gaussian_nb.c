/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gaussian naive Bayes against the definition, and folds against fits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "class_cases.h"

static const ml_model *model;

static int find_model(void **state) {
  (void)state;
  model = class_model("gaussian_nb");
  return 0;
}

/* ---- the definition -------------------------------------------------------------------------- */

static long double weight_of(const class_data *d, size_t i) {
  return d->weights ? d->weights[i] : 1;
}

static long double weight_in(const class_data *d, size_t i, size_t c) {
  return c == d->k ? weight_of(d, i) > 0 : d->classes[i] == c ? weight_of(d, i) : 0;
}

/* Mean and variance of a column over the rows of a class; c == k: of all rows with a weight, each
 * counting 1. */
static void moments(const class_data *d, size_t j, size_t c, long double *mean,
                    long double *variance) {
  long double w = 0, sum = 0, squares = 0;
  for (size_t i = 0; i < d->n; i++) {
    w += weight_in(d, i, c);
    sum += weight_in(d, i, c) * d->x[j * d->n + i];
  }
  *mean = sum / w;
  for (size_t i = 0; i < d->n; i++)
    squares += weight_in(d, i, c) * powl(d->x[j * d->n + i] - *mean, 2);
  *variance = squares / w;
}

/* Probabilities of all rows: n x k. */
static double *solve_twin(const class_data *train, const class_data *test, double smoothing) {
  size_t k = train->k;
  long double most = 0, total = 0, mean, variance, *log_p = calloc(test->n * k, sizeof *log_p);
  double *out = calloc(test->n * k, sizeof *out);
  for (size_t j = 0; j < train->p; j++) {
    moments(train, j, k, &mean, &variance);
    if (variance > most) most = variance;
  }
  for (size_t i = 0; i < train->n; i++) total += weight_of(train, i);
  for (size_t c = 0; c < k; c++) {
    long double own = 0;
    for (size_t i = 0; i < train->n; i++)
      if (train->classes[i] == c) own += weight_of(train, i);
    for (size_t i = 0; i < test->n; i++) log_p[i * k + c] = logl(own / total);
    for (size_t j = 0; j < train->p && own > 0; j++) {
      moments(train, j, c, &mean, &variance);
      variance += smoothing * most;
      for (size_t i = 0; i < test->n; i++)
        log_p[i * k + c] -=
            (logl(2 * acosl(-1) * variance) + powl(test->x[j * test->n + i] - mean, 2) / variance) /
            2;
    }
  }
  for (size_t i = 0; i < test->n; i++)
    for (size_t c = 0; c < k; c++) {
      long double sum = 0;
      for (size_t o = 0; o < k; o++) sum += expl(log_p[i * k + o] - log_p[i * k + c]);
      out[i * k + c] = log_p[i * k + c] == -HUGE_VALL ? 0 : (double)(1 / sum);
    }
  free(log_p);
  return out;
}

static void expect_twin(const class_data *train, const class_data *test, double smoothing,
                        double rtol) {
  ml_error err = {0};
  double *got = class_fit(model, &smoothing, train, test, &err);
  if (!got) fail_msg("%s", err.message);
  double *want = solve_twin(train, test, smoothing);
  for (size_t i = 0; i < test->n * train->k; i++)
    expect_close("probability", got[i], want[i], rtol, 1e-300);
  free(want);
  free(got);
}

static void probabilities_are_those_of_the_twin(void **state) {
  (void)state;
  for (size_t k = 2; k <= 5; k++) {
    class_data train = class_random(70, 5, k, k), test = class_random(50, 5, k, 40 + k);
    expect_twin(&train, &test, 1e-9, 1e-11);
    expect_twin(&train, &test, 0.5, 1e-11);
    class_weigh(&train, k);
    expect_twin(&train, &test, 1e-9, 1e-11);
    expect_twin(&train, &test, 0.5, 1e-11);
    for (size_t i = 0; i < train.n; i++) train.x[i] = train.x[i] * 1e3 + 1e8;
    for (size_t i = 0; i < test.n; i++) test.x[i] = test.x[i] * 1e3 + 1e8;
    expect_twin(&train, &test, 0, 1e-10);
    class_release(&train);
    class_release(&test);
  }
}

static void rows_far_away_have_probabilities(void **state) {
  class_data train = class_random(40, 3, 2, 2), test = class_random(3, 3, 2, 2);
  ml_error err = {0};
  const double smoothing = 1e-9;
  (void)state;
  for (size_t i = 0; i < 9; i++) test.x[i] = 1e150 * (i % 3 ? 1 : -1);
  double *p = class_fit(model, &smoothing, &train, &test, &err);
  for (size_t i = 0; i < 3; i++) expect_close("sum", p[2 * i] + p[2 * i + 1], 1, 1e-15, 0);
  free(p);
  class_release(&train);
  class_release(&test);
}

static void weights_repeat_rows(void **state) {
  class_data data = class_random(60, 4, 3, 8);
  ml_error err = {0};
  const double smoothing = 0; /* which does not look at weights */
  (void)state;
  class_weigh(&data, 5);
  class_data repeated = class_repeat(&data);
  double *a = class_fit(model, &smoothing, &data, &data, &err);
  double *b = class_fit(model, &smoothing, &repeated, &data, &err);
  for (size_t i = 0; i < data.n * data.k; i++) expect_close("weights", a[i], b[i], 1e-11, 0);
  free(a);
  free(b);
  class_release(&repeated);
  class_release(&data);
}

static void constant_columns(void **state) {
  class_data data = class_random(30, 2, 3, 8);
  ml_error err = {0};
  const double none = 0, some = 1e-9;
  (void)state;
  for (size_t i = 0; i < data.n; i++) {
    data.classes[i] = (uint32_t)(i % 2); /* no row of the third class */
    data.x[i] = 1e7 / 3;
  }
  expect_twin(&data, &data, some, 1e-9);
  assert_null(class_fit(model, &none, &data, &data, &err));
  assert_string_equal(err.message,
                      "column 1 is constant within a class: var_smoothing must be greater");
  for (size_t i = 0; i < data.n; i++) data.x[data.n + i] = 0.1; /* the priors are all there is */
  data.classes[0] = 1;
  double *p = class_fit(model, &some, &data, &data, &err);
  for (size_t i = 0; i < data.n; i++) {
    expect_close("first", p[3 * i], 14 / 30.0, 1e-14, 0);
    expect_close("second", p[3 * i + 1], 16 / 30.0, 1e-14, 0);
    expect_same("third", p[3 * i + 2], 0);
  }
  free(p);
  class_release(&data);
}

static void what_cannot_be_fitted_is_said(void **state) {
  class_data data = class_random(10, 2, 2, 8);
  ml_error err = {0};
  const double smoothing = 1e-9;
  (void)state;
  data.x[3] = 1e200;
  assert_null(class_fit(model, &smoothing, &data, &data, &err));
  assert_string_equal(err.message, "variances of columns are too great for numbers");
  data.weights = calloc(data.n, sizeof(double));
  assert_null(class_fit(model, &smoothing, &data, &data, &err));
  assert_string_equal(err.message, "no training row has a weight");
  class_release(&data);
}

static void folds_equal_fits(void **state) {
  const double candidates[] = {1e-9, 1e-3, 0, 1};
  (void)state;
  for (size_t k = 2; k <= 4; k++) {
    class_data data = class_random(150, 4, k, k);
    for (size_t i = 0; i < data.n; i++) data.x[i] += 1e6;
    class_compare_all(model, &data, candidates, 4);
    class_weigh(&data, k);
    class_compare_all(model, &data, candidates, 4);
    class_release(&data);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(probabilities_are_those_of_the_twin),
      cmocka_unit_test(rows_far_away_have_probabilities),
      cmocka_unit_test(weights_repeat_rows),
      cmocka_unit_test(constant_columns),
      cmocka_unit_test(what_cannot_be_fitted_is_said),
      cmocka_unit_test(folds_equal_fits),
  };
  return cmocka_run_group_tests(tests, find_model, NULL);
}
