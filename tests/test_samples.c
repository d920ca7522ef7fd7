/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The public tests of samples: statistics by hand, and what they refuse. */
#include "support.h"

#include <math.h>
#include <string.h>

static void mann_whitney_counts_pairs(void **state) {
  (void)state;
  ml_test t;
  const double x[] = {3, 1, 4}, y[] = {2, 5};
  /* x above y: 3 > 2, 4 > 2; of 10 labellings U <= 2 has 4, U >= 4 as many: 2 * 4 / 10 */
  assert_int_equal(ml_test_mann_whitney(x, 3, y, 2, &t, NULL), ML_OK);
  expect_same("U", t.statistic, 2);
  expect_close("p", t.p_value, 0.8, 1e-15, 0);
  assert_true(t.is_exact);
  assert_int_equal(ml_test_mann_whitney(y, 2, x, 3, &t, NULL), ML_OK);
  expect_same("U of the other", t.statistic, 4);
  expect_close("p", t.p_value, 0.8, 1e-15, 0);
  const double tied[] = {2, 2, INFINITY}, other[] = {2, -INFINITY, 2};
  /* 3 above -inf, 2 times 2 equal pairs, inf above 2 twice */
  assert_int_equal(ml_test_mann_whitney(tied, 3, other, 3, &t, NULL), ML_OK);
  expect_same("U with ties", t.statistic, 3 + 2 + 2);
  assert_false(t.is_exact);
  const double zeros[] = {0., -0.};
  assert_int_equal(ml_test_mann_whitney(zeros, 1, zeros + 1, 1, &t, NULL), ML_OK);
  expect_same("0 is -0", t.statistic, 0.5);
  expect_same("all equal", t.p_value, 1);
}

static void kolmogorov_smirnov_has_the_largest_distance(void **state) {
  (void)state;
  ml_test t;
  const double x[] = {1, 2, 3, 4}, y[] = {2.5, 3, 9};
  /* behind 2: 2/4 and 0/3; behind 3: 3/4 and 2/3 */
  assert_int_equal(ml_test_kolmogorov_smirnov(x, 4, y, 3, ML_RULES_TSFRESH, &t, NULL), ML_OK);
  expect_same("D", t.statistic, 0.5);
  assert_true(t.is_exact);
  ml_test back;
  assert_int_equal(ml_test_kolmogorov_smirnov(y, 3, x, 4, ML_RULES_TSFRESH, &back, NULL), ML_OK);
  expect_same("the other way", back.p_value, t.p_value);
  const double low[] = {-INFINITY, 1}, high[] = {2, INFINITY};
  /* apart: 2 of C(4, 2) = 6 paths */
  assert_int_equal(ml_test_kolmogorov_smirnov(low, 2, high, 2, ML_RULES_TSFRESH, &t, NULL), ML_OK);
  expect_same("apart", t.statistic, 1);
  expect_close("p", t.p_value, 2. / 6, 1e-14, 0);
  /* 2 2 / 4 = 1 value of the one-sample law, which is never as far as 1 */
  assert_int_equal(ml_test_kolmogorov_smirnov(low, 2, high, 2, ML_RULES_KX, &t, NULL), ML_OK);
  expect_same("one value", t.p_value, 0);
  assert_false(t.is_exact);
  assert_int_equal(ml_test_kolmogorov_smirnov(low, 2, low, 2, ML_RULES_TSFRESH, &t, NULL), ML_OK);
  expect_same("same", t.statistic, 0);
  expect_same("same", t.p_value, 1);
}

static void kendall_has_tau_b(void **state) {
  (void)state;
  ml_test t;
  const double x[] = {1, 1, 2, INFINITY}, y[] = {-1, 2, 2, 3};
  assert_int_equal(ml_test_kendall(x, y, 4, ML_RULES_TSFRESH, &t, NULL), ML_OK);
  expect_close("tau", t.statistic, 0.8, 1e-15, 0);
  assert_false(t.is_exact);
  const double ramp[] = {1, 2, 3, 4}, mixed[] = {2, 1, 3, 4};
  /* 1 of 6 pairs discordant; 1 + 3 of 24 permutations have so few */
  assert_int_equal(ml_test_kendall(ramp, mixed, 4, ML_RULES_KX, &t, NULL), ML_OK);
  expect_close("tau", t.statistic, 4. / 6, 1e-15, 0);
  expect_close("p", t.p_value, 2 * 4. / 24, 1e-15, 0);
  assert_true(t.is_exact);
  assert_int_equal(ml_test_kendall(ramp, (double[]){7, 7, 7, 7}, 4, ML_RULES_KX, &t, NULL), ML_OK);
  assert_true(isnan(t.statistic) && isnan(t.p_value));
}

static void fisher_has_the_odds_ratio(void **state) {
  (void)state;
  ml_test t = ml_test_fisher(3, 1, 1, 3); /* (16 + 1) 2 / 70 */
  expect_same("odds", t.statistic, 9);
  expect_close("p", t.p_value, 34. / 70, 1e-14, 0);
  assert_true(t.is_exact);
  expect_same("infinite", ml_test_fisher(2, 0, 1, 3).statistic, INFINITY);
  t = ml_test_fisher(0, 0, 5, 3);
  assert_true(isnan(t.statistic));
  expect_same("a margin of 0", t.p_value, 1);
}

/* Message of a refusal. */
static void refuses(ml_status status, const ml_error *err, const char *words) {
  assert_int_equal(status, ML_ERR_USAGE);
  assert_int_equal(err->status, ML_ERR_USAGE);
  assert_string_equal(err->message, words);
}

static void odd_samples_are_refused(void **state) {
  (void)state;
  ml_error err = {0};
  ml_test t = {.p_value = 7};
  const double x[] = {1, 2, NAN}, y[] = {1, 2, 3};
  const char *too_many = "4294967296 values are too many to be ranked, at most 4294967295 are";
  const size_t most = (size_t)UINT32_MAX;
  refuses(ml_test_mann_whitney(x, 0, y, 3, &t, &err), &err, "x has no values");
  refuses(ml_test_mann_whitney(y, 3, x, 0, &t, &err), &err, "y has no values");
  refuses(ml_test_mann_whitney(x, 3, y, 3, &t, &err), &err, "x is NaN at 3 of 3");
  refuses(ml_test_mann_whitney(y, 3, x, 3, &t, &err), &err, "y is NaN at 3 of 3");
  refuses(ml_test_kolmogorov_smirnov(y, 3, x, 3, ML_RULES_KX, &t, &err), &err,
          "y is NaN at 3 of 3");
  refuses(ml_test_kolmogorov_smirnov(y, 3, x, 0, ML_RULES_KX, &t, &err), &err, "y has no values");
  refuses(ml_test_kendall(x, y, 0, ML_RULES_TSFRESH, &t, &err), &err, "x has no values");
  refuses(ml_test_kendall(y, x, 3, ML_RULES_TSFRESH, &t, &err), &err, "y is NaN at 3 of 3");
  refuses(ml_test_kendall(y, y, most + 1, ML_RULES_TSFRESH, &t, &err), &err, too_many);
  refuses(ml_test_mann_whitney(y, 3, y, most - 2, &t, &err), &err, too_many);
  expect_same("not written", t.p_value, 7);
  assert_int_equal(ml_test_mann_whitney(x, 3, y, 3, &t, NULL), ML_ERR_USAGE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mann_whitney_counts_pairs),
      cmocka_unit_test(kolmogorov_smirnov_has_the_largest_distance),
      cmocka_unit_test(kendall_has_tau_b),
      cmocka_unit_test(fisher_has_the_odds_ratio),
      cmocka_unit_test(odd_samples_are_refused),
  };
  return cmocka_run_group_tests_name("samples", tests, NULL, NULL);
}
