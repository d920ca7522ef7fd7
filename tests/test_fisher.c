/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fisher's exact test: against whole numbers for small tables, against long sums for large ones. */
#include "support.h"

#include <math.h>
#include <stdio.h>

#include <ml/binomial.h>
#include <ml/hypothesis.h>

static void check(uint64_t a, uint64_t b, uint64_t c, uint64_t d, double want, double rtol) {
  char label[128];
  snprintf(label, sizeof label, "%ju %ju %ju %ju", (uintmax_t)a, (uintmax_t)b, (uintmax_t)c,
           (uintmax_t)d);
  expect_close(label, fisher__p(a, b, c, d), want, rtol, 0.0);
}

/* ---- all tables of up to 30, by counting ----------------------------------------------------- */

enum { SMALL = 30 };

static uint64_t choose[SMALL + 1][SMALL + 1];

static void pascal(void) {
  for (int n = 0; n <= SMALL; n++)
    for (int k = 0; k <= n; k++)
      choose[n][k] = k == 0 || k == n ? 1 : choose[n - 1][k - 1] + choose[n - 1][k];
}

static void test_small_tables(void **state) {
  (void)state;
  pascal();
  for (int n = 1; n <= SMALL; n++) {
    for (int row = 0; row <= n; row++) {
      for (int column = 0; column <= n; column++) {
        int least = row + column > n ? row + column - n : 0, most = row < column ? row : column;
        for (int a = least; a <= most; a++) {
          uint64_t here = choose[row][a] * choose[n - row][column - a], sum = 0;
          for (int k = least; k <= most; k++) {
            uint64_t there = choose[row][k] * choose[n - row][column - k];
            if (there <= here) sum += there;
          }
          check((uint64_t)a, (uint64_t)(row - a), (uint64_t)(column - a),
                (uint64_t)(n - row - column + a), (double)sum / (double)choose[n][column], 1e-13);
        }
      }
    }
  }
}

/* ---- large tables, by adding up the whole law ------------------------------------------------ */

enum { MOST = 4000000 };

static long double law[MOST];

/* P of all tables with these margins whose probability is not below 1e-4000 or so of the largest,
 * and the sum of those that are as unlikely as a. */
static double by_the_law(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
  uint64_t row = a + b, column = a + c, n = row + c + d;
  int64_t low = row + column > n ? (int64_t)(row + column - n) : 0;
  int64_t high = (int64_t)(row < column ? row : column), at = (int64_t)a, span = MOST / 2;
  int64_t mode =
      (int64_t)((long double)(row + 1) * (long double)(column + 1) / (long double)(n + 2));
  low = low > mode - span + 1 ? low : mode - span + 1;
  high = high < mode + span - 1 ? high : mode + span - 1;
  long double all = 1.0L, sum = 0.0L, *p = law + (span - mode);
  p[mode] = 1.0L;
  for (int64_t k = mode; k < high; k++) {
    p[k + 1] = p[k] * ((long double)row - k) * ((long double)column - k) /
               (((long double)k + 1) * ((long double)n - row - column + k + 1));
    all += p[k + 1];
  }
  for (int64_t k = mode; k > low; k--) {
    p[k - 1] = p[k] * k * ((long double)n - row - column + k) /
               (((long double)row - k + 1) * ((long double)column - k + 1));
    all += p[k - 1];
  }
  for (int64_t k = low; k <= high; k++)
    if (p[k] <= p[at] * (1.0L + 1e-13L)) sum += p[k];
  return (double)(sum / all);
}

static void test_large_tables(void **state) {
  static const uint64_t tables[][4] = {
      {10, 990, 40, 960},
      {500, 500, 430, 570},
      {0, 5000, 30, 95000},
      {100, 200, 300, 1000},
      {1, 99999, 20, 79999},
      {300, 1, 1, 300},
      {430, 0, 0, 570},
      {40000, 60000, 41500, 58500},
      {123456, 654321, 120000, 660000},
      {40, 1000000, 10, 2000000},
      {7000, 3000, 3000, 7000},
      {1000, 1000, 1000, 1000},
      {250000, 250000, 250400, 249600},
  };
  (void)state;
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
    const uint64_t *t = tables[i];
    double want = by_the_law(t[0], t[1], t[2], t[3]);
    if (want < 1e-300) continue;
    check(t[0], t[1], t[2], t[3], want, 2e-12);
  }
}

static void test_random_tables(void **state) {
  (void)state;
  uint64_t seed = 5;
  for (int i = 0; i < 3000; i++) {
    uint64_t most = 2 + next_random(&seed) % (i % 3 == 0 ? 40 : 700), t[4];
    for (int k = 0; k < 4; k++) t[k] = next_random(&seed) % most;
    if (t[0] + t[1] == 0 || t[2] + t[3] == 0 || t[0] + t[2] == 0 || t[1] + t[3] == 0) continue;
    double want = by_the_law(t[0], t[1], t[2], t[3]);
    if (want >= 1e-300) check(t[0], t[1], t[2], t[3], want, 1e-12);
  }
}

/* A thousand million each. The law is 22361 wide; what differs by a few widths is far out. */
static void test_huge_counts(void **state) {
  const uint64_t base = 1000000007; /* products of such are no doubles */
  static const uint64_t off[] = {1, 1000, 20000, 100000, 421337};
  (void)state;
  for (size_t i = 0; i < sizeof off / sizeof off[0]; i++) {
    uint64_t a = base + off[i], b = base + 2, c = base - off[i], d = base + 5 - 3 * off[i];
    check(a, b, c, d, by_the_law(a, b, c, d), 1e-11);
  }
}

/* ---- factorials ------------------------------------------------------------------------------ */

static void test_factorials(void **state) {
  (void)state;
  long double sum = 0.0L;
  for (int n = 1; n <= 100; n++) {
    sum += logl(n);
    double want = (double)(sum - n * logl(n) + n);
    expect_close("ln n!", binomial__log_stirling(n), want, 8e-16, 0.0);
  }
}

/* ---- what holds for all tables --------------------------------------------------------------- */

static void test_symmetry(void **state) {
  (void)state;
  uint64_t seed = 7;
  for (int i = 0; i < 2000; i++) {
    uint64_t t[4];
    for (int k = 0; k < 4; k++) t[k] = next_random(&seed) % 300;
    double p = fisher__p(t[0], t[1], t[2], t[3]);
    expect_close("rows swapped", fisher__p(t[2], t[3], t[0], t[1]), p, 1e-12, 0.0);
    expect_close("columns swapped", fisher__p(t[1], t[0], t[3], t[2]), p, 1e-12, 0.0);
    expect_close("turned", fisher__p(t[0], t[2], t[1], t[3]), p, 1e-12, 0.0);
  }
}

/* Margins of 0, one value, and the least p-values: 2 / C(2n, n) and 1 / C(n, k). */
static void test_edges(void **state) {
  (void)state;
  check(0, 0, 0, 0, 1.0, 0.0);
  check(0, 0, 3, 4, 1.0, 0.0);
  check(5, 0, 7, 0, 1.0, 0.0);
  check(0, 5, 0, 7, 1.0, 0.0);
  check(1, 0, 0, 1, 1.0, 0.0);
  check(3, 3, 3, 3, 1.0, 0.0);
  check(2, 0, 0, 2, 2.0 / 6, 1e-15);
  check(0, 3, 2, 0, 0.1, 1e-14);
  check(1, 0, 0, 1000000000, 1.0 / 1000000001, 1e-13);
  long double p = 2.0L;
  for (int i = 1; i <= 498; i++) p *= (long double)i / (498 + i);
  check(498, 0, 0, 498, (double)p, 1e-12); /* 1.5e-298 */
  check(100000, 0, 0, 100000, 0.0, 0.0);
}

/* Fewer and fewer in common than expected: p falls until none are. */
static void test_monotone(void **state) {
  (void)state;
  for (uint64_t a = 0; a < 99; a++) {
    double p = fisher__p(a, 200 - a, 300 - a, 100 + a),
           next = fisher__p(a + 1, 199 - a, 299 - a, 101 + a);
    assert_true(p <= next);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_small_tables),  cmocka_unit_test(test_large_tables),
      cmocka_unit_test(test_random_tables), cmocka_unit_test(test_huge_counts),
      cmocka_unit_test(test_factorials),    cmocka_unit_test(test_symmetry),
      cmocka_unit_test(test_edges),         cmocka_unit_test(test_monotone),
  };
  return cmocka_run_group_tests_name("fisher", tests, NULL, NULL);
}
