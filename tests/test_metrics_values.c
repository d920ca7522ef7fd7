/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics of numbers that are hard to sum, of rows by hand, of many classes. */
#include <math.h>
#include <stdlib.h>

#include "metrics_cases.h"

/* ---- numbers that are hard ----------------------------------------------------------------- */

static void test_offsets(void **state) {
  (void)state;
  static double y[10007], p[10007], w[10007];
  uint64_t seed = 7;
  double errors = 0, spread = 0;
  for (size_t i = 0; i < 10007; i++) {
    y[i] = (double)(next_random(&seed) % 16);
    p[i] = y[i] + ((double)(next_random(&seed) % 5) - 2) / 8;
    w[i] = 1;
    errors += (p[i] - y[i]) * (p[i] - y[i]); /* exact */
  }
  double mean = 0;
  for (size_t i = 0; i < 10007; i++) mean += y[i];
  mean /= 10007;
  for (size_t i = 0; i < 10007; i++) spread += (y[i] - mean) * (y[i] - mean);
  for (size_t i = 0; i < 10007; i++) {
    y[i] += 0x1p40;
    p[i] += 0x1p40;
  }
  ml_scored s = {.problem = ML_REGRESSION, .n = 10007, .y = y, .y_pred = p};
  expect_close("r2", compute("r2", &s), 1 - errors / spread, 1e-12, 0);
  expect_same("sse", compute("sse", &s), errors);
  s.weights = w;
  expect_close("weighted r2", compute("r2", &s), 1 - errors / spread, 1e-12, 0);
}

/* No rounding makes equal values differ from their mean. */
static void test_constants(void **state) {
  (void)state;
  double y[1000], p[1000];
  for (size_t i = 0; i < 1000; i++) y[i] = p[i] = 0.1;
  ml_scored s = {.problem = ML_REGRESSION, .n = 1000, .y = y, .y_pred = p};
  expect_same("all right", compute("r2", &s), 1);
  expect_same("all right", compute("explained_variance", &s), 1);
  expect_same("all right", compute("d2_absolute_error", &s), 1);
  assert_true(isnan(compute("pearson", &s)));
  assert_true(isnan(compute("spearman", &s)));
  for (size_t i = 0; i < 1000; i++) y[i] = (double)i, p[i] = i % 3 ? 0.3 : 0.1 + 0.2;
  assert_true(p[0] != p[1]); /* equal but for rounding */
  assert_true(isnan(compute("pearson", &s)));
  assert_true(isnan(compute("spearman", &s)));
  for (size_t i = 0; i < 1000; i++) p[i] = 1e8 + 1e-3 * (double)i;
  expect_close("far from 0", compute("pearson", &s), 1, 1e-9, 0);
  for (size_t i = 0; i < 1000; i++) y[i] = p[i] = 0.1;
  assert_true(isnan(compute("pearson", &s)));
  assert_true(isnan(compute("spearman", &s)));
  p[0] = 7;
  expect_same("one wrong", compute("r2", &s), 0);
  expect_same("one wrong", compute("d2_absolute_error", &s), 0);
  y[0] = p[0] = 1e300;
  p[1] = -1e300;
  assert_true(isnan(compute("mse", &s)));
}

/* A deviance of numbers that are large and near is not lost in their difference: for small d,
 * d^2 / mu^power. */
static void test_deviances(void **state) {
  (void)state;
  const double y[] = {1e12}, p[] = {1e12 + 1};
  const ml_scored s = {.problem = ML_REGRESSION, .n = 1, .y = y, .y_pred = p};
  expect_close("Poisson", compute("poisson_deviance", &s), 1e-12, 1e-3, 0);
  expect_close("gamma", compute("gamma_deviance", &s), 1e-24, 1e-3, 0);
  expect_close("1.5", compute("tweedie_deviance=1.5", &s), 1e-18, 1e-3, 0);
  expect_same("0", compute("tweedie_deviance=0", &s), 1);
  const double zero[] = {0}, two[] = {2};
  const ml_scored none = {.problem = ML_REGRESSION, .n = 1, .y = zero, .y_pred = two};
  expect_close("Poisson of 0", compute("poisson_deviance", &none), 4, 1e-15, 0);
  expect_close("1.5 of 0", compute("tweedie_deviance=1.5", &none), 2 * sqrt(2) / 0.5, 1e-15, 0);
}

static void test_no_numbers(void **state) {
  (void)state;
  const double y[] = {1, 2, 3}, p[] = {1, NAN, INFINITY}, scores[] = {0.5, 0.5, 0.5, NAN};
  const uint32_t classes[] = {0, 1};
  ml_scored s = {.problem = ML_REGRESSION, .n = 3, .y = y, .y_pred = p};
  ml_metric metric;
  double value;
  ml_error err = {0};
  assert_int_equal(ml_metric_parse("mae", &metric, &err), ML_OK);
  assert_int_equal(ml_metric_compute(&metric, &s, &value, NULL, &err), ML_ERR_NUMERIC);
  assert_string_equal(err.message, "the prediction of row 1 is NaN");
  s = (ml_scored){.problem = ML_CLASSIFICATION,
                  .n = 2,
                  .classes = classes,
                  .predicted = classes,
                  .scores = scores,
                  .are_probabilities = true,
                  .n_classes = 2};
  assert_int_equal(ml_metric_parse("log_loss", &metric, &err), ML_OK);
  assert_int_equal(ml_metric_compute(&metric, &s, &value, NULL, &err), ML_ERR_NUMERIC);
  assert_string_equal(err.message, "a score of row 1 is NaN");
  assert_int_equal(ml_metric_parse("accuracy", &metric, &err), ML_OK);
  assert_int_equal(ml_metric_compute(&metric, &s, &value, NULL, &err), ML_OK);
}

/* ---- calibration, the k best, by hand ------------------------------------------------------- */

static void test_by_hand(void **state) {
  (void)state;
  const double scores[] = {0.75, 0.25, 0.25, 0.75, 0.625, 0.375, 0.5, 0.5};
  const uint32_t classes[] = {0, 1, 1, 1}, predicted[] = {0, 1, 0, 0};
  ml_scored s = {.problem = ML_CLASSIFICATION,
                 .n = 4,
                 .classes = classes,
                 .predicted = predicted,
                 .scores = scores,
                 .are_probabilities = true,
                 .n_classes = 2};
  /* (0.4, 0.5]: 0 - 0.5; (0.6, 0.7]: 0 - 0.625; (0.7, 0.8]: 2 - 1.5 */
  expect_close("ece", compute("ece", &s), (0.5 + 0.625 + 0.5) / 4, 1e-15, 0);
  expect_close("ece=1", compute("ece=1", &s), fabs(2 - 2.625) / 4, 1e-15, 0);
  /* Of two equal classes the first is ahead. */
  expect_same("top 1", compute("top_k_accuracy=1", &s), compute("accuracy", &s));
  expect_same("top 2", compute("top_k_accuracy", &s), 1);
  const double three[] = {0.5, 0.5, 0}, sums[] = {0, 0.5};
  s = (ml_scored){.problem = ML_CLASSIFICATION,
                  .n = 1,
                  .classes = classes,
                  .predicted = predicted,
                  .scores = three,
                  .are_probabilities = true,
                  .n_classes = 3};
  expect_same("of more the last", compute("top_k_accuracy=1", &s), 0);
  s.n_classes = 2;
  s.scores = sums; /* that of the true class is 0 */
  expect_close("log_loss", compute("log_loss", &s), log((0.5 + 0x1p-52) / 0x1p-52), 1e-14, 0);
  expect_close("cross_entropy", compute("cross_entropy", &s), 52 * log(2), 1e-14, 0);
}

/* Both are 0: such rows are left out, as nulls are from q's means. */
static void test_kx(void **state) {
  (void)state;
  const double y[] = {0, 1, 2}, p[] = {0, 3, 2};
  ml_scored s = {.problem = ML_REGRESSION, .n = 3, .y = y, .y_pred = p};
  expect_close("smape", compute("smape", &s), 25, 1e-15, 0);
  s.n = 1;
  assert_true(isnan(compute("smape", &s)));
  const double t[] = {2, 4}, q[] = {1, 6};
  s = (ml_scored){.problem = ML_REGRESSION, .n = 2, .y = t, .y_pred = q};
  expect_same("mape_kx", compute("mape_kx", &s), 50);
  expect_same("mape", compute("mape", &s), 0.5);
  expect_close("rse", compute("rse=2", &s), sqrt(2.5), 1e-15, 0);
}

/* ---- tables of classes --------------------------------------------------------------------- */

/* More classes than are counted at once. */
static void test_many_classes(void **state) {
  (void)state;
  enum { N = 100 };
  uint32_t classes[2 * N], predicted[2 * N];
  double precision[N], recall[N], f1[N], support[N], *table = calloc(N * N, sizeof *table);
  for (uint32_t i = 0; i < 2 * N; i++) {
    classes[i] = i % N;
    predicted[i] = i < N ? i : (i + 1) % N;
  }
  ml_scored s = {.problem = ML_CLASSIFICATION,
                 .n = 2 * N,
                 .classes = classes,
                 .predicted = predicted,
                 .n_classes = N};
  ml_class_scores(&s, precision, recall, f1, support);
  ml_class_scores(&s, NULL, NULL, NULL, NULL);
  ml_confusion_matrix(&s, table);
  for (size_t c = 0; c < N; c++) {
    expect_same("precision", precision[c], 0.5);
    expect_same("recall", recall[c], 0.5);
    expect_same("f1", f1[c], 0.5);
    expect_same("support", support[c], 2);
    expect_same("right", table[c * N + c], 1);
    expect_same("wrong", table[c * N + (c + 1) % N], 1);
  }
  expect_same("macro", compute("f1_macro", &s), 0.5);
  expect_close("mcc", compute("mcc", &s), (0.5 - 1.0 / N) / (1 - 1.0 / N), 1e-14, 0);
  free(table);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_offsets),      cmocka_unit_test(test_constants),
      cmocka_unit_test(test_deviances),    cmocka_unit_test(test_no_numbers),
      cmocka_unit_test(test_by_hand),      cmocka_unit_test(test_kx),
      cmocka_unit_test(test_many_classes),
  };
  return cmocka_run_group_tests_name("metrics/values", tests, NULL, NULL);
}
