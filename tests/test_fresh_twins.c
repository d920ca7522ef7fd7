/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Slow and obvious versions of what is computed in a clever way, on random series. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fresh_cases.h"

enum { MOST = 150, ROUNDS = 300 };

static uint64_t seed = 2024;

/* Continuous values, many ties, or a walk. */
static size_t random_series(double *x, int round) {
  size_t n = 1 + next_random(&seed) % MOST;
  double walk = 0;
  for (size_t i = 0; i < n; i++) {
    double noise = (double)(int64_t)next_random(&seed) * 0x1p-62;
    walk += noise;
    x[i] = round % 3 == 0 ? noise : round % 3 == 1 ? floor(4 * noise) : walk;
  }
  return n;
}

static int by_value(const void *a, const void *b) {
  double u = *(const double *)a, v = *(const double *)b;
  return (u > v) - (u < v);
}

static double quantile_of(const double *x, size_t n, double q) {
  double s[MOST];
  memcpy(s, x, n * sizeof *x);
  qsort(s, n, sizeof *s, by_value);
  double p = q * (double)(n - 1), i = floor(p), g = p - i;
  double a = s[(size_t)i], b = s[(size_t)fmin(i + 1, (double)(n - 1))];
  return g < 0.5 ? a + (b - a) * g : b - (b - a) * (1 - g);
}

static double mean_of(const double *x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i];
  return sum / (double)n;
}

static double variance_of(const double *x, size_t n) {
  double mean = mean_of(x, n), sum = 0;
  for (size_t i = 0; i < n; i++) sum += (x[i] - mean) * (x[i] - mean);
  return sum / (double)n;
}

static double corridor(const double *x, size_t n, bool is_variance, bool is_absolute, double qh,
                       double ql) {
  double d[MOST], low = quantile_of(x, n, ql), high = quantile_of(x, n, qh);
  size_t m = 0;
  for (size_t i = 0; i + 1 < n; i++)
    if (low <= x[i] && x[i] <= high && low <= x[i + 1] && x[i + 1] <= high)
      d[m++] = is_absolute ? fabs(x[i + 1] - x[i]) : x[i + 1] - x[i];
  if (m == 0) return 0;
  return is_variance ? variance_of(d, m) : mean_of(d, m);
}

static void change_quantiles(void **state) {
  (void)state;
  double x[MOST];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(x, round);
    double ql = (double)(next_random(&seed) % 9) / 10, qh = ql + 0.1;
    for (int k = 0; k < 4; k++) {
      const double args[] = {k & 1, k >> 1, qh, ql};
      expect_close("change_quantiles", feature_value("change_quantiles", args, x, n),
                   corridor(x, n, k & 1, k >> 1, qh, ql), 1e-12, 1e-14);
    }
  }
}

/* The leading digit as it is printed, at powers of ten and their multiples, and close to them. */
static void leading_digits(void **state) {
  (void)state;
  for (int round = 0; round < 20000; round++) {
    double x[2], law[9], share[9] = {0};
    char text[ML_NUMBER_MAX];
    uint64_t r = next_random(&seed);
    snprintf(text, sizeof text, "%de%d", (int)(r % 9) + 1, (int)(r / 9 % 30) - 15);
    double at = strtod(text, NULL), side = r >> 40 & 1 ? INFINITY : 0;
    x[0] = round % 3 == 0 ? at : round % 3 == 1 ? nextafter(at, side) : at * (double)(r >> 44);
    if (x[0] == 0) continue;
    ml_number_repr(x[0], text);
    int digit = text[strspn(text, "0.")] - '0';
    x[1] = digit == 9 ? 1 : 9;
    share[digit - 1] = share[(int)x[1] - 1] = 0.5;
    double both = 0, law2 = 0, share2 = 0, mean = 0;
    for (int d = 0; d < 9; d++) mean += (law[d] = log10(1 + 1.0 / (d + 1))) / 9;
    for (int d = 0; d < 9; d++) {
      both += (law[d] - mean) * (share[d] - 1.0 / 9);
      law2 += (law[d] - mean) * (law[d] - mean);
      share2 += (share[d] - 1.0 / 9) * (share[d] - 1.0 / 9);
    }
    expect_close(text, feature_value("benford_correlation", NULL, x, 2), both / sqrt(law2 * share2),
                 1e-12, 0);
  }
}

/* Counted one by one, on series where deviations are equal to the limit, too. */
static void beyond_sigma(void **state) {
  (void)state;
  static const double odd[] = {NAN, INFINITY, -INFINITY};
  double x[MOST];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(x, round), beyond = 0;
    double r = (double)(next_random(&seed) % 13) / 4 - 0.5;
    if (round % 7 == 0) x[n / 2] = odd[round % 3];
    double mean = feature_value("mean", NULL, x, n);
    double limit = r * feature_value("standard_deviation", NULL, x, n);
    for (size_t i = 0; i < n; i++) beyond += fabs(x[i] - mean) > limit;
    expect_same("beyond", feature_value("ratio_beyond_r_sigma", &r, x, n),
                (double)beyond / (double)n);
  }
}

static void recurrence(void **state) {
  (void)state;
  double x[MOST];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(x, round), distinct = 0, repeated = 0, points = 0;
    double values = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
      size_t count = 0, earlier = 0;
      for (size_t j = 0; j < n; j++) count += x[j] == x[i];
      for (size_t j = 0; j < i; j++) earlier += x[j] == x[i];
      distinct += earlier == 0;
      repeated += earlier == 0 && count > 1;
      points += count > 1;
      values += earlier == 0 && count > 1 ? x[i] : 0;
      all += count > 1 ? x[i] : 0;
    }
#define VALUE(name) feature_value(name, NULL, x, n)
    expect_same("values", VALUE("percentage_of_reoccurring_values_to_all_values"),
                (double)repeated / (double)distinct);
    expect_same("points", VALUE("percentage_of_reoccurring_datapoints_to_all_datapoints"),
                (double)points / (double)n);
    expect_same("ratio", VALUE("ratio_value_number_to_time_series_length"),
                (double)distinct / (double)n);
    expect_same("any", VALUE("has_duplicate"), distinct != n);
    expect_close("sum of values", VALUE("sum_of_reoccurring_values"), values, 1e-12, 1e-12);
    expect_close("sum of points", VALUE("sum_of_reoccurring_data_points"), all, 1e-12, 1e-12);
#undef VALUE
  }
}

static void mass_and_largest(void **state) {
  (void)state;
  double x[MOST], size[MOST];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(x, round), first = 0;
    double total = 0, running = 0, q = 0.05 + 0.9 * (double)(next_random(&seed) % 1000) / 1000;
    for (size_t i = 0; i < n; i++) total += size[i] = fabs(x[i]);
    while (first < n && (running += size[first]) / total < q) first++;
    double want = total == 0 ? NAN : (double)((first < n ? first : 0) + 1) / (double)n;
    expect_same("mass", feature_value("index_mass_quantile", &q, x, n), want);

    double most = (double)(1 + next_random(&seed) % 10);
    qsort(size, n, sizeof *size, by_value);
    size_t m = (size_t)most;
    want = n > m ? mean_of(size + n - m, m) : NAN;
    expect_close("largest", feature_value("mean_n_absolute_max", &most, x, n), want, 1e-13, 0);
  }
}

/* 0 and -0 are equal: the first of them is the extreme, in every build. */
static void zeros_keep_the_sign_of_the_first(void **state) {
  (void)state;
  double x[MOST];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = 1 + next_random(&seed) % MOST, first = 0;
    for (size_t i = 0; i < n; i++)
      x[i] = (double[]){0., -0., 1}[i == 0 ? 2 : next_random(&seed) % 3];
    while (first + 1 < n && x[first] != 0) first++;
    expect_same("min", feature_value("minimum", NULL, x, n), x[first]);
    for (size_t i = 0; i < n; i++) x[i] = -x[i];
    expect_same("max", feature_value("maximum", NULL, x, n), x[first]);
  }
}

static void extremes(void **state) {
  (void)state;
  double x[MOST];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(x, round), first = 0, last = 0;
    for (size_t i = 0; i < n; i++) {
      if (x[i] > x[first]) first = i;
      if (x[i] <= x[last]) last = i;
    }
    expect_same("max", feature_value("maximum", NULL, x, n), x[first]);
    expect_same("min", feature_value("minimum", NULL, x, n), x[last]);
    expect_same("first max", feature_value("first_location_of_maximum", NULL, x, n),
                (double)first / (double)n);
    expect_same("last min", feature_value("last_location_of_minimum", NULL, x, n),
                1 - (double)(n - 1 - last) / (double)n);
  }
}

/* What a scale or a reversal must not change. A power of two keeps every bit. */
static void invariants(void **state) {
  (void)state;
  static const char *const of_scale[] = {"skewness",
                                         "kurtosis",
                                         "variation_coefficient",
                                         "count_above_mean",
                                         "longest_strike_below_mean",
                                         "last_location_of_maximum",
                                         "has_duplicate"};
  static const char *const of_reversal[] = {"median",
                                            "maximum",
                                            "abs_energy",
                                            "mean_abs_change",
                                            "sum_of_reoccurring_values",
                                            "benford_correlation"};
  double x[MOST], y[MOST];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(x, round);
    for (size_t i = 0; i < n; i++) y[i] = 4 * x[i];
    for (size_t k = 0; k < sizeof of_scale / sizeof *of_scale; k++)
      expect_same(of_scale[k], feature_value(of_scale[k], NULL, y, n),
                  feature_value(of_scale[k], NULL, x, n));
    for (size_t i = 0; i < n; i++) y[i] = x[n - 1 - i];
    for (size_t k = 0; k < sizeof of_reversal / sizeof *of_reversal; k++)
      expect_close(of_reversal[k], feature_value(of_reversal[k], NULL, y, n),
                   feature_value(of_reversal[k], NULL, x, n), 1e-12, 1e-12);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(change_quantiles),
      cmocka_unit_test(leading_digits),
      cmocka_unit_test(beyond_sigma),
      cmocka_unit_test(recurrence),
      cmocka_unit_test(mass_and_largest),
      cmocka_unit_test(extremes),
      cmocka_unit_test(zeros_keep_the_sign_of_the_first),
      cmocka_unit_test(invariants),
  };
  return cmocka_run_group_tests_name("fresh/twins", tests, NULL, NULL);
}
