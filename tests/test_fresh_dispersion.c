/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fresh_cases.h"

static feature_case cases[] = {
    {"variance: by hand", "variance", {{0}}, 4, {1, 1, 5, 5}, 4},
    {"variance: one value", "variance", {{0}}, 1, {3}, 0},
    {"standard_deviation: by hand", "standard_deviation", {{0}}, 4, {1, 1, 5, 5}, 2},
    {"variation_coefficient: by hand", "variation_coefficient", {{0}}, 4, {1, 1, 5, 5}, 2 / 3.},
    {"variation_coefficient: mean 0", "variation_coefficient", {{0}}, 2, {-1, 1}, NAN},
    {"variance_larger: 4 > 2", "variance_larger_than_standard_deviation", {{0}}, 2, {1, 5}, 1},
    {"variance_larger: 1 = 1", "variance_larger_than_standard_deviation", {{0}}, 2, {1, 3}, 0},
    {"large_standard_deviation: 2 > .4 4", "large_standard_deviation", {{.4}}, 2, {1, 5}, 1},
    {"large_standard_deviation: 2 = .5 4", "large_standard_deviation", {{.5}}, 2, {1, 5}, 0},
    {"large_standard_deviation: constant", "large_standard_deviation", {{.1}}, 3, {2, 2, 2}, 0},
    /* mean 3, median 2, range 8 */
    {"symmetry_looking: 1 < .2 8", "symmetry_looking", {{.2}}, 5, {0, 1, 2, 4, 8}, 1},
    {"symmetry_looking: 1 = .125 8", "symmetry_looking", {{.125}}, 5, {0, 1, 2, 4, 8}, 0},
    {"symmetry_looking: r 0 is never", "symmetry_looking", {{0}}, 2, {0, 1}, 0},
    {"symmetry_looking: constant", "symmetry_looking", {{.9}}, 2, {5, 5}, 0},
    /* mean 2, standard deviation 4 */
    {"ratio_beyond_r_sigma: 1 of 5", "ratio_beyond_r_sigma", {{1.5}}, 5, {0, 0, 0, 0, 10}, .2},
    {"ratio_beyond_r_sigma: 2 = 2 sigma", "ratio_beyond_r_sigma", {{2}}, 5, {0, 0, 0, 0, 10}, 0},
    {"ratio_beyond_r_sigma: all", "ratio_beyond_r_sigma", {{.25}}, 5, {0, 0, 0, 0, 10}, 1},
    /* d = -1 -1 2: M2 = 6, M3 = 6 */
    {"skewness: by hand",
     "skewness",
     {{0}},
     3,
     {0, 0, 3},
     4.2426406871192851 * 6 / 14.696938456699069},
    {"skewness: symmetric", "skewness", {{0}}, 4, {1, 2, 3, 4}, 0},
    {"skewness: powers that overflow", "skewness", {{0}}, 3, {0, 0, 1e110}, NAN},
    {"large_standard_deviation: below 0 everything is large",
     "large_standard_deviation",
     {{-1}},
     2,
     {0, 1},
     1},
    {"ratio_beyond_r_sigma: below 0 everything is beyond",
     "ratio_beyond_r_sigma",
     {{-1}},
     2,
     {0, 1},
     1},
    {"skewness: constant", "skewness", {{0}}, 3, {4, 4, 4}, 0},
    {"skewness: two values", "skewness", {{0}}, 2, {4, 5}, NAN},
    {"skewness: data too small count as constant", "skewness", {{0}}, 3, {0, 0, 3e-8}, 0},
    /* d = -2 -1 1 2: M2 = 10, M4 = 34; 4 5 3 34 / (2 1 100) - 3 9 / (2 1) */
    {"kurtosis: by hand", "kurtosis", {{0}}, 4, {0, 1, 3, 4}, 10.2 - 13.5},
    {"kurtosis: NaN is passed over", "kurtosis", {{0}}, 5, {0, 1, NAN, 3, 4}, 10.2 - 13.5},
    {"kurtosis: too few without NaN", "kurtosis", {{0}}, 4, {0, 1, NAN, 3}, NAN},
    {"kurtosis: constant", "kurtosis", {{0}}, 4, {3, 3, 3, 3}, 0},
    {"kurtosis: three values", "kurtosis", {{0}}, 3, {0, 1, 3}, NAN},
    {"benford: all zero", "benford_correlation", {{0}}, 3, {0, 0, 0}, NAN},
    {"benford: each digit once", "benford_correlation", {{0}}, 9, {1, 2, 3, 4, 5, 6, 7, 8, 9}, NAN},
    {"benford: whatever the decade and sign",
     "benford_correlation",
     {{0}},
     9,
     {-1e-300, 2e15, 0.3, 4e-5, 5e300, 600, 7e-12, -8e11, 9e12},
     NAN},
    /* The doubles 0.3 and 1e23 are a little below these decimals. */
    {"benford: digits of the shortest decimal",
     "benford_correlation",
     {{0}},
     9,
     {1e23, 2.9999999999999996, 0.3, 4, 5, 6, 7, 8, 9},
     NAN},
};

/* Digits against printing: the definition to the letter. */
static void digits_are_those_that_print(void **state) {
  (void)state;
  uint64_t seed = 7;
  for (int round = 0; round < 20000; round++) {
    /* Near a one-digit decimal, in every decade, so that a step of one ulp matters. */
    char text[64];
    snprintf(text, sizeof text, "%de%d", (int)(next_random(&seed) % 9) + 1,
             (int)(next_random(&seed) % 620) - 312);
    double x[9], near = strtod(text, NULL);
    int steps = (int)(next_random(&seed) % 5) - 2;
    for (; steps > 0; steps--) near = nextafter(near, INFINITY);
    for (; steps < 0; steps++) near = nextafter(near, 0);
    if (near == 0 || isinf(near)) continue;
    ml_number_repr(near, text);
    int digit = text[strspn(text, "0.")] - '0';
    /* The other eight digits once each make the shares equal if and only if x has this digit. */
    for (int d = 1, j = 0; d <= 9; d++) x[j++] = d == digit ? near : d;
    if (!isnan(feature_value("benford_correlation", NULL, x, 9)))
      fail_msg("%s does not begin with %d", text, digit);
  }
}

/* Nine equal shares have no correlation, unless their mean is rounded away from them: numpy was
 * asked for which n that happens, and gives some 4e-17 then. */
static void equal_shares_have_none(void **state) {
  (void)state;
  double x[60] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  for (size_t n = 9; n <= 60; n++) {
    double value = feature_value("benford_correlation", NULL, x, n);
    bool is_rounded = n == 33 || n == 35;
    if (is_rounded ? !(fabs(value) < 1e-15) : !isnan(value)) fail_msg("%zu values: %g", n, value);
  }
}

static void correlation_by_hand(void **state) {
  (void)state;
  /* Only digit 1: p = (1, 0, ...). The correlation is (l_1 - m) / sqrt(8/9 sum (l_d - m)^2) with
   * l the law; its mean is 1/9, since the nine sum to log10(10). */
  double spread = 0, x[3] = {1, 10, 1.9};
  for (int d = 1; d <= 9; d++) spread += pow(log10(1 + 1. / d) - 1 / 9., 2);
  double want = (log10(2) - 1 / 9.) / sqrt(8 / 9. * spread);
  expect_close("digit 1", feature_value("benford_correlation", NULL, x, 3), want, 1e-12, 0);
  x[2] = INFINITY; /* begins with 1, as the largest double does */
  expect_close("infinity", feature_value("benford_correlation", NULL, x, 3), want, 1e-12, 0);
}

/* The reference's new rule: zero is what rounding may have made of values of that size. */
static void tiny_data_in_newer_releases(void **state) {
  (void)state;
  static const double tiny[] = {0, 0, 3e-8, 0}, tinier[] = {0, 0, 0, 4e-60};
  static const double rounded[] = {1, 1 + DBL_EPSILON, 1, 1 + DBL_EPSILON};
  /* d = -1 -1 3 -1 in either: M2 = 12, M3 = 24, M4 = 84 */
  double skewness = 4 * sqrt(3) / 2 * 24 / (12 * sqrt(12));
  double kurtosis = 4. * 5 * 3 * 84 / (2 * 1 * 144) - 3. * 9 / 2;
  expect_close("tiny", feature_by_json("{\"skewness\": null}", true, tiny, 4), skewness, 1e-13, 0);
  expect_close("tiny", feature_by_json("{\"kurtosis\": null}", true, tiny, 4), kurtosis, 1e-13, 0);
  expect_close("1e-60", feature_by_json("{\"skewness\": null}", true, tinier, 4), skewness, 1e-13,
               0);
  expect_same("legacy", feature_by_json("{\"skewness\": null}", false, tiny, 4), 0);
  expect_same("legacy", feature_by_json("{\"kurtosis\": null}", false, tiny, 4), 0);
  /* M2 = 4 (eps/2)^2 < 4 (eps (1 + eps))^2 */
  expect_same("rounding", feature_by_json("{\"skewness\": null}", true, rounded, 4), 0);
  expect_same("rounding", feature_by_json("{\"kurtosis\": null}", true, rounded, 4), 0);
  static const double gap[] = {0, 0, NAN, 3e-8, 0};
  expect_close("gap", feature_by_json("{\"kurtosis\": null}", true, gap, 5), kurtosis, 1e-13, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(digits_are_those_that_print), cmocka_unit_test(equal_shares_have_none),
      cmocka_unit_test(correlation_by_hand), cmocka_unit_test(tiny_data_in_newer_releases)};
  int failed = cmocka_run_group_tests_name("fresh/benford", tests, NULL, NULL);
  return failed + run_feature_cases("fresh/dispersion", cases, sizeof cases / sizeof *cases);
}
