/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Orders of neighbours and words of symbols: by hand, and against the definition. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fresh_cases.h"

static feature_case cases[] = {
    /* Windows 1 2 3, 2 3 1, 3 1 2: three orders. */
    {"permutation: all different",
     "permutation_entropy",
     {{3, 1}},
     5,
     {1, 2, 3, 1, 2},
     1.0986122886681097914},
    /* Windows start at 0 and 2: up, up. */
    {"permutation: tau is a step", "permutation_entropy", {{2, 2}}, 5, {1, 2, 1, 2, 1}, 0},
    {"permutation: two of three up",
     "permutation_entropy",
     {{2, 1}},
     4,
     {1, 2, 3, 1},
     0.63651416829481289057},
    {"permutation: ties are ordered by place", "permutation_entropy", {{3, 1}}, 4, {1, 1, 1, 2}, 0},
    {"permutation: one value", "permutation_entropy", {{1, 1}}, 3, {3, 1, 2}, 0},
    {"permutation: one window", "permutation_entropy", {{4, 1}}, 4, {3, 1, 2, 5}, 0},
    {"permutation: too short", "permutation_entropy", {{4, 1}}, 3, {3, 1, 2}, NAN},
    {"permutation: a step beyond the end", "permutation_entropy", {{2, 1e9}}, 3, {3, 1, 2}, 0},
    /* NaN is above infinity: down, up, down. */
    {"permutation: a NaN",
     "permutation_entropy",
     {{2, 1}},
     4,
     {NAN, 1, NAN, INFINITY},
     0.63651416829481289057},
    {"permutation: 0 and -0 are equal", "permutation_entropy", {{2, 1}}, 4, {0., -0., 0., -0.}, 0},
    /* Symbols 0 1 1 0 0 1: words 0, 1, 10, and 01 too is complete. */
    {"lempel_ziv: two symbols", "lempel_ziv_complexity", {{2}}, 6, {0, 1, 1, 0, 0, 1}, 4 / 6.0},
    /* Words 0, 00, 000, and 0 is not complete. */
    {"lempel_ziv: constant", "lempel_ziv_complexity", {{2}}, 7, {5, 5, 5, 5, 5, 5, 5}, 3 / 7.0},
    {"lempel_ziv: one bin", "lempel_ziv_complexity", {{1}}, 6, {5, 1, 2, 9, 3, 2}, 3 / 6.0},
    /* Edges 1, 2, 3, 4: 2 belongs to the bin below its edge, as the minimum to the first. */
    {"lempel_ziv: bins are open below",
     "lempel_ziv_complexity",
     {{4}},
     5,
     {0, 1, 2, 2, 4},
     4 / 5.0},
    {"lempel_ziv: far more bins than values", "lempel_ziv_complexity", {{1e9}}, 4, {1, 2, 3, 4}, 1},
    {"lempel_ziv: one value", "lempel_ziv_complexity", {{3}}, 1, {-2}, 1},
    {"lempel_ziv: a NaN makes all symbols one",
     "lempel_ziv_complexity",
     {{3}},
     3,
     {1, NAN, 5},
     2 / 3.0},
    {"lempel_ziv: infinities do, too",
     "lempel_ziv_complexity",
     {{3}},
     3,
     {-INFINITY, 1, INFINITY},
     2 / 3.0},
    {"lempel_ziv: so does a range that is too large",
     "lempel_ziv_complexity",
     {{2}},
     3,
     {-1.5e308, 1.5e308, 0},
     2 / 3.0},
};

/* ---- twins ---- */

enum { MOST = 1500 };

static uint64_t seed = 11;

/* Noise, many ties, a walk, or a little noise far from 0; short ones are frequent. */
static size_t random_series(double *x, int round) {
  size_t n = 1 + next_random(&seed) % (round % 8 == 0 ? MOST : 60);
  double walk = 0;
  for (size_t i = 0; i < n; i++) {
    double noise = (double)(int64_t)next_random(&seed) * 0x1p-62;
    walk += noise;
    x[i] = (double[]){noise, floor(4 * noise), walk, 1e13 + noise}[round % 4];
  }
  return n;
}

static int by_bytes(const void *a, const void *b) {
  return memcmp(a, b, 2 * MOST);
}

/* Rank of each value of a window among the others, two bytes each. */
static void write_ranks(const double *x, size_t d, unsigned char *ranks) {
  memset(ranks, 0, 2 * MOST);
  for (size_t j = 0; j < d; j++) {
    size_t rank = 0;
    for (size_t k = 0; k < d; k++) rank += x[k] < x[j] || (x[k] == x[j] && k < j);
    ranks[2 * j] = (unsigned char)(rank >> 8);
    ranks[2 * j + 1] = (unsigned char)rank;
  }
}

static double permutation_of(const double *x, size_t n, size_t d, size_t tau) {
  unsigned char *ranks = malloc(2 * MOST * n);
  size_t m = 0, start = 0;
  double sum = 0;
  for (size_t i = 0; i + d <= n; i += tau) write_ranks(x + i, d, ranks + 2 * MOST * m++);
  qsort(ranks, m, 2 * MOST, by_bytes);
  for (size_t i = 1; i <= m; i++) {
    if (i < m && by_bytes(ranks + 2 * MOST * i, ranks + 2 * MOST * start) == 0) continue;
    double p = (double)(i - start) / (double)m;
    sum -= p * log(p);
    start = i;
  }
  free(ranks);
  return m > 0 ? sum : NAN;
}

/* Dimensions of one call share their work: several at once, up and down. */
static void permutation(void **state) {
  (void)state;
  enum { SETS = 6 };
  double x[MOST], out[SETS];
  for (int round = 0; round < 120; round++) {
    size_t n = random_series(x, round);
    ml_param_value values[2 * SETS] = {{0}};
    for (size_t k = 0; k < SETS; k++) {
      values[2 * k].v = (double)(1 + next_random(&seed) % (k < 4 ? 9 : 40));
      values[2 * k + 1].v = (double)(1 + next_random(&seed) % 4);
    }
    feature_values("permutation_entropy", values, SETS, x, n, out);
    for (size_t k = 0; k < SETS; k++)
      expect_close("permutation_entropy", out[k],
                   permutation_of(x, n, (size_t)values[2 * k].v, (size_t)values[2 * k + 1].v),
                   1e-12, 1e-14);
  }
}

/* The first two values decide on the smallest digit of a number with 30 digits. */
static void large_dimensions_are_exact(void **state) {
  (void)state;
  enum { DIMENSION = 30 };
  double x[2 * DIMENSION];
  for (size_t i = 0; i < 2 * DIMENSION; i++) x[i] = -(double)(i % DIMENSION);
  x[DIMENSION] = -1;
  x[DIMENSION + 1] = 0;
  const double args[] = {DIMENSION, DIMENSION};
  expect_close("two orders", feature_value("permutation_entropy", args, x, 2 * DIMENSION),
               0.69314718055994530942, 1e-15, 0);
}

static double lempel_ziv_of(const double *x, size_t n, size_t n_bins) {
  static unsigned symbols[MOST];
  size_t starts[MOST], lengths[MOST], n_words = 0, start = 0, length = 1;
  double min = x[0], max = x[0];
  for (size_t i = 0; i < n; i++) {
    min = x[i] < min ? x[i] : min;
    max = x[i] > max ? x[i] : max;
  }
  double step = (max - min) / (double)n_bins;
  for (size_t i = 0; i < n; i++) {
    symbols[i] = 0;
    for (size_t j = 1; j < n_bins; j++) symbols[i] += (double)j * step + min < x[i];
  }
  while (start + length <= n) {
    size_t w = 0;
    while (w < n_words && (lengths[w] != length ||
                           memcmp(symbols + starts[w], symbols + start, length * sizeof *symbols)))
      w++;
    if (w < n_words) {
      length++;
      continue;
    }
    starts[n_words] = start;
    lengths[n_words++] = length;
    start += length;
    length = 1;
  }
  return (double)n_words / (double)n;
}

static void lempel_ziv(void **state) {
  (void)state;
  double x[MOST];
  for (int round = 0; round < 240; round++) {
    size_t n = random_series(x, round);
    double bins = (double)(1 + next_random(&seed) % (round % 3 == 0 ? 1000 : 12));
    expect_same("lempel_ziv_complexity", feature_value("lempel_ziv_complexity", &bins, x, n),
                lempel_ziv_of(x, n, (size_t)bins));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(permutation),
      cmocka_unit_test(large_dimensions_are_exact),
      cmocka_unit_test(lempel_ziv),
  };
  int failed = run_feature_cases("fresh/complexity", cases, sizeof cases / sizeof *cases);
  return failed + cmocka_run_group_tests_name("fresh/complexity twins", tests, NULL, NULL);
}
