/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entropies of runs of values: by hand, and against the definition counted out. */
#include <math.h>
#include <stdlib.h>

#include "fresh_cases.h"

static feature_case cases[] = {
    /* Only equal values are close: runs (0 1), (1 0), (0 1), (1 0) have 4 ordered pairs, runs (0 1
     * 0), (1 0 1), (0 1 0) have 2. */
    {"sample: alternating", "sample_entropy", {{0}}, 5, {0, 1, 0, 1, 0}, 0.6931471805599453094},
    {"sample: constant, 6 of 12 pairs",
     "sample_entropy",
     {{0}},
     5,
     {3, 3, 3, 3, 3},
     0.6931471805599453094},
    {"sample: no run comes back", "sample_entropy", {{0}}, 4, {0, 10, 25, 60}, NAN},
    {"sample: runs of 2 alone", "sample_entropy", {{0}}, 5, {0, 1, 5, 0, 1}, INFINITY},
    {"sample: two values", "sample_entropy", {{0}}, 2, {1, 2}, NAN},
    {"sample: a NaN", "sample_entropy", {{0}}, 5, {1, 2, NAN, 1, 2}, NAN},
    /* Nothing is close to anything: -log((0 - 3) / (0 - 4)), as the reference subtracts. */
    {"sample: an infinity",
     "sample_entropy",
     {{0}},
     5,
     {1, 2, INFINITY, 1, 2},
     0.28768207245178092744},
    {"approximate: too short", "approximate_entropy", {{2, 0.5}}, 3, {1, 2, 9}, 0},
    {"approximate: constant", "approximate_entropy", {{2, 0.5}}, 6, {7, 7, 7, 7, 7, 7}, 0},
    /* m = 1: shares 2/4 each; m = 2: runs (0 1), (1 0), (0 1) with shares 2/3, 1/3, 2/3. */
    {"approximate: alternating",
     "approximate_entropy",
     {{1, 0.5}},
     4,
     {0, 1, 0, 1},
     0.056633012265132489},
    {"approximate: everything is close", "approximate_entropy", {{2, 100}}, 5, {1, 5, 2, 8, 3}, 0},
    {"approximate: negative r", "approximate_entropy", {{2, -1}}, 5, {1, 5, 2, 8, 3}, NAN},
    {"approximate: a NaN", "approximate_entropy", {{2, 0.5}}, 5, {1, NAN, 2, 8, 3}, NAN},
    {"approximate: a NaN, too short", "approximate_entropy", {{2, 0.5}}, 1, {NAN}, 0},
    {"approximate: an infinity", "approximate_entropy", {{2, 0.5}}, 5, {1, INFINITY, 2, 8, 3}, NAN},
};

/* ---- twins ---- */

enum { MOST = 1200 };

static uint64_t seed = 7;

/* Noise, many ties, or a walk; short ones are frequent. */
static size_t random_series(double *x, int round) {
  size_t n = 1 + next_random(&seed) % (round % 10 == 0 ? MOST : 40);
  double walk = 0;
  for (size_t i = 0; i < n; i++) {
    double noise = (double)(int64_t)next_random(&seed) * 0x1p-62;
    walk += noise;
    x[i] = round % 3 == 0 ? noise : round % 3 == 1 ? floor(4 * noise) : walk;
  }
  return n;
}

static double deviation_of(const double *x, size_t n) {
  double mean = feature_value("mean", NULL, x, n), sum = 0;
  for (size_t i = 0; i < n; i++) sum += (x[i] - mean) * (x[i] - mean);
  return sqrt(sum / (double)n);
}

static bool is_close(const double *x, size_t i, size_t j, size_t m, double r) {
  for (size_t k = 0; k < m; k++)
    if (!(fabs(x[i + k] - x[j + k]) <= r)) return false;
  return true;
}

static long double phi(const double *x, size_t n, size_t m, double r) {
  long double sum = 0;
  for (size_t i = 0; i + m <= n; i++) {
    size_t count = 0;
    for (size_t j = 0; j + m <= n; j++) count += is_close(x, i, j, m, r);
    sum += logl((long double)count / (long double)(n - m + 1));
  }
  return sum / (long double)(n - m + 1);
}

/* The radius in the twin comes from a variance summed in another order: a comparison that an ulp
 * decides would differ, but for ties, whose differences are far from it. */
static void approximate(void **state) {
  (void)state;
  double x[MOST];
  for (int round = 0; round < 250; round++) {
    size_t n = random_series(x, round), m = 1 + next_random(&seed) % (round % 2 ? 4 : 12);
    double r = (double)(next_random(&seed) % 1000) / 499.7, deviation = deviation_of(x, n);
    double want =
        n <= m + 1 ? 0
                   : (double)fabsl(phi(x, n, m, r * deviation) - phi(x, n, m + 1, r * deviation));
    const double args[] = {(double)m, r};
    expect_close("approximate_entropy", feature_value("approximate_entropy", args, x, n), want,
                 1e-12, 1e-14);
  }
}

static void sample(void **state) {
  (void)state;
  double x[MOST];
  for (int round = 0; round < 100; round++) {
    size_t n = random_series(x, round), counts[2] = {0};
    double r = 0.2 * deviation_of(x, n);
    for (size_t m = 2; m <= 3; m++)
      for (size_t i = 0; i + m <= n; i++)
        for (size_t j = 0; j + m <= n; j++) counts[m - 2] += i != j && is_close(x, i, j, m, r);
    double want = -log((double)counts[1] / (double)counts[0]);
    if (n < 3) want = NAN;
    expect_close("sample_entropy", feature_value("sample_entropy", NULL, x, n), want, 1e-13, 0);
  }
}

/* Sets of one m share a pass, in portions: each is what it is alone. */
static void many_sets(void **state) {
  (void)state;
  enum { SETS = 23 };
  double x[MOST], out[SETS];
  size_t n = random_series(x, 0);
  ml_param_value values[2 * SETS] = {{0}};
  for (size_t k = 0; k < SETS; k++) {
    values[2 * k].v = (double)(k % 5 == 4 ? 1 : 2);
    values[2 * k + 1].v = 0.1 * (double)k;
  }
  feature_values("approximate_entropy", values, SETS, x, n, out);
  for (size_t k = 0; k < SETS; k++) {
    const double args[] = {values[2 * k].v, values[2 * k + 1].v};
    expect_same("a set", out[k], feature_value("approximate_entropy", args, x, n));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(approximate),
      cmocka_unit_test(sample),
      cmocka_unit_test(many_sets),
  };
  int failed = run_feature_cases("fresh/entropy", cases, sizeof cases / sizeof *cases);
  return failed + cmocka_run_group_tests_name("fresh/entropy twins", tests, NULL, NULL);
}
