/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact two-sample law of Kolmogorov and Smirnov: against all paths, and against the plain
 * recursion over all cells. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/hypothesis.h>
#include <ml/kolmogorov.h>

enum { MOST = 10000 };

static double spare[4 * MOST + 16];

/* Equal samples of the least D there is take a law by rules of their own. */
static bool is_least(uint64_t n1, uint64_t n2, uint64_t gap) {
  return n1 == n2 && gap == n1;
}

static double ours(uint64_t n1, uint64_t n2, uint64_t gap) {
  bool is_exact = false;
  assert_true(kolmogorov__n_spare(n1, n2, ML_RULES_TSFRESH) <= sizeof spare / sizeof spare[0]);
  for (size_t i = 0; i < kolmogorov__n_spare(n1, n2, ML_RULES_TSFRESH); i++) spare[i] = NAN;
  if (is_least(n1, n2, gap)) return kolmogorov__touches(n1, n2, gap, spare);
  double p = kolmogorov__p(n1, n2, gap, ML_RULES_TSFRESH, spare, &is_exact);
  assert_true(is_exact);
  return p;
}

static void check(uint64_t n1, uint64_t n2, uint64_t gap, double want, double rtol) {
  char label[96];
  snprintf(label, sizeof label, "%ju %ju gap %ju", (uintmax_t)n1, (uintmax_t)n2, (uintmax_t)gap);
  expect_close(label, ours(n1, n2, gap), want, rtol, 0.0);
}

/* ---- all paths ------------------------------------------------------------------------------- */

enum { SHORT = 8 };

/* How many paths get as far from the diagonal as each gap, and no farther. */
static void walk_all(int n1, int n2, int i, int j, int far, uint64_t *count) {
  int off = abs(i * n2 - j * n1);
  if (off > far) far = off;
  if (i == n1 && j == n2) count[far]++;
  if (i < n1) walk_all(n1, n2, i + 1, j, far, count);
  if (j < n2) walk_all(n1, n2, i, j + 1, far, count);
}

static void test_all_paths(void **state) {
  (void)state;
  for (int n1 = 1; n1 <= SHORT; n1++) {
    for (int n2 = 1; n2 <= SHORT; n2++) {
      uint64_t count[SHORT * SHORT + 1] = {0}, all = 0, far = 0;
      walk_all(n1, n2, 0, 0, 0, count);
      for (int gap = 0; gap <= n1 * n2; gap++) all += count[gap];
      for (int gap = n1 * n2; gap >= 0; gap--) {
        far += count[gap];
        check((uint64_t)n1, (uint64_t)n2, (uint64_t)gap, (double)far / (double)all, 1e-14);
      }
      check((uint64_t)n1, (uint64_t)n2, (uint64_t)(n1 * n2) + 1, 0.0, 0.0);
    }
  }
}

/* ---- all cells ------------------------------------------------------------------------------- */

/* The share of touching paths among those to each cell, from those to its neighbours. */
static double by_cells(int n1, int n2, uint64_t gap) {
  static long double f[MOST + 1];
  for (int j = 0; j <= n2; j++) {
    for (int i = 0; i <= n1; i++) {
      long double below = j > 0 ? f[i] : 0.0L, left = i > 0 ? f[i - 1] : 0.0L;
      bool is_out = (uint64_t)labs((long)i * n2 - (long)j * n1) >= gap;
      f[i] = is_out ? 1.0L : i + j == 0 ? 0.0L : (i * left + j * below) / (i + j);
    }
  }
  return (double)f[n1];
}

/* From the certain to 1e-300, on both sides of where the band is taken apart. */
static void check_range(int n1, int n2, double step, double rtol) {
  double unit = sqrt((double)n1 * n2 * (n1 + n2));
  for (double h = step; h * unit <= (double)n1 * n2; h += step) {
    uint64_t gap = (uint64_t)(h * unit);
    double want = by_cells(n1, n2, gap);
    if (want < 1e-300) break;
    check((uint64_t)n1, (uint64_t)n2, gap, want, rtol);
    check((uint64_t)n2, (uint64_t)n1, gap, want, rtol);
  }
}

static void test_all_cells(void **state) {
  static const int sizes[][2] = {{9, 30},    {31, 17},   {40, 40},   {64, 48},   {100, 101},
                                 {1, 500},   {2, 401},   {3, 700},   {12, 1200}, {150, 100},
                                 {300, 301}, {444, 555}, {250, 750}, {20, 999},  {512, 512}};
  (void)state;
  for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++)
    check_range(sizes[k][0], sizes[k][1], 0.43, 1e-12);
  check_range(1800, 1799, 4.1, 1e-12);
}

static void test_every_gap(void **state) {
  (void)state;
  for (int n1 = 9; n1 <= 26; n1 += 4)
    for (int n2 = 5; n2 <= 31; n2 += 3)
      for (int gap = 1; gap <= n1 * n2; gap++)
        check((uint64_t)n1, (uint64_t)n2, (uint64_t)gap, by_cells(n1, n2, (uint64_t)gap), 1e-13);
}

/* ---- known answers --------------------------------------------------------------------------- */

/* One value against n: its place k among them says all. */
static void test_one_value(void **state) {
  enum { N = 10000 };
  (void)state;
  for (uint64_t gap = N / 2 - 3; gap <= N; gap += gap < N / 2 + 3 || gap > N - 3 ? 1 : 617) {
    uint64_t far = 0;
    for (uint64_t k = 0; k <= N; k++) far += k >= gap || N - k >= gap;
    check(1, N, gap, (double)far / (N + 1), 1e-12);
    check(N, 1, gap, (double)far / (N + 1), 1e-12);
  }
}

/* All of one sample below all of the other: 2 of C(n1 + n2, n1) paths. */
static void test_farthest(void **state) {
  static const uint64_t sizes[][2] = {{1, 1},     {2, 1},      {10, 13}, {498, 497},
                                      {497, 497}, {90, 10000}, {3, 9999}};
  (void)state;
  for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
    uint64_t n1 = sizes[k][0], n2 = sizes[k][1];
    long double p = 2.0L;
    for (uint64_t i = 1; i <= n1; i++) p *= (long double)i / (long double)(n2 + i);
    check(n1, n2, n1 * n2, (double)p, 1e-12);
  }
}

/* Equal sizes: the reflection principle, in long arithmetic. */
static void test_largest(void **state) {
  enum { N = MOST };
  static const int steps[] = {1, 20, 60, 100, 200, 500, 1000, 1800};
  (void)state;
  for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
    long double sum = 0.0L, part = 1.0L;
    int h = steps[k];
    for (int i = 0; i < N; i++) {
      part *= (long double)(N - i) / (N + 1 + i);
      if ((i + 1) % h == 0) sum += (i + 1) / h % 2 == 1 ? 2 * part : -2 * part;
    }
    check(N, N, (uint64_t)h * N, (double)sum, 1e-12);
    check(N, N, (uint64_t)h * N - 1, (double)sum, 1e-12); /* no other gaps between */
  }
}

/* Next to equal sizes: by_cells() was left to run, for it takes seconds each. */
static void test_next_to_largest(void **state) {
  (void)state;
  check(9999, 10000, 700000, 0.96489966472777204, 1e-12);
  check(9999, 10000, 1500000, 0.20741010525300859, 1e-12);
  check(9999, 10000, 4000000, 2.1531934189506131e-07, 1e-12);
  check(9999, 10000, 4500000, 3.0481737929157833e-09, 1e-12);
  check(9999, 10000, 10000000, 5.6928945615554328e-44, 1e-12);
  check(9999, 10000, 26000000, 1.5917159480566034e-297, 1e-12);
  check(5000, 10000, 1200000, 0.042753929631130546, 1e-12);
  check(5000, 10000, 9000000, 8.9224779449488938e-95, 1e-12);
  check(5000, 10000, 16000000, 2.1409379399326936e-302, 1e-12);
  check(300, 10000, 60000, 0.99968952621766098, 1e-12);
  check(300, 10000, 600000, 1.1007964653386753e-10, 1e-12);
  check(300, 10000, 1800000, 1.8380339551977217e-100, 1e-12);
}

/* ---- what holds for all ---------------------------------------------------------------------- */

static void test_monotone(void **state) {
  static const uint64_t sizes[][2] = {{37, 41}, {90, 70}, {13, 140}, {60, 60}};
  (void)state;
  for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
    double last = ours(sizes[k][0], sizes[k][1], 0);
    assert_true(last == 1.0);
    for (uint64_t gap = 1; gap <= sizes[k][0] * sizes[k][1] + 1; gap++) {
      double p = ours(sizes[k][0], sizes[k][1], gap);
      assert_true(p <= last * (1.0 + 1e-13) && p >= 0.0 && p <= 1.0);
      last = p;
    }
    assert_true(last == 0.0);
  }
}

/* ---- which law ------------------------------------------------------------------------------- */

static void check_one_sample(uint64_t n1, uint64_t n2, ml_test_rules rules, uint64_t n) {
  uint64_t gap = n1 * n2 / 50;
  bool is_exact = true;
  assert_int_equal(kolmogorov__n_spare(n1, n2, rules), 0);
  double p = kolmogorov__p(n1, n2, gap, rules, NULL, &is_exact);
  assert_false(is_exact);
  expect_close("one-sample", p, ml_kolmogorov_sf(n, (double)gap / ((double)n1 * (double)n2)), 1e-12,
               0.0);
}

static void test_rules(void **state) {
  (void)state;
  check_one_sample(20001, 20001, ML_RULES_TSFRESH, 10000); /* 10000.5: to the even one */
  check_one_sample(20003, 20003, ML_RULES_TSFRESH, 10002); /* 10001.5 */
  check_one_sample(10001, 3, ML_RULES_TSFRESH, 3);         /* 2.9991 */
  check_one_sample(20001, 20001, ML_RULES_KX, 10001);
  check_one_sample(30, 60, ML_RULES_KX, 20);
  check_one_sample(3, 4, ML_RULES_KX, 2); /* 1.71 */
  check_one_sample(1, 1, ML_RULES_KX, 1);
  check_one_sample(4000000000, 4000000000, ML_RULES_TSFRESH, 2000000000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_paths),       cmocka_unit_test(test_all_cells),
      cmocka_unit_test(test_every_gap),       cmocka_unit_test(test_one_value),
      cmocka_unit_test(test_farthest),        cmocka_unit_test(test_largest),
      cmocka_unit_test(test_next_to_largest), cmocka_unit_test(test_monotone),
      cmocka_unit_test(test_rules),
  };
  return cmocka_run_group_tests_name("kolmogorov", tests, NULL, NULL);
}
