/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The law of Mann-Whitney's U: by all ways to label few values, by the recursion of its counts, by
 * closed forms. */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#include <ml/hypothesis.h>

enum { MOST_VALUES = 16, MOST_U = 8 * 60 };

#define RTOL 1e-15

/* How many of the labellings of n values, n1 of them chosen, have which U. */
static void count_labellings(size_t n1, size_t n2, uint64_t counts[]) {
  size_t n = n1 + n2;
  for (size_t u = 0; u <= n1 * n2; u++) counts[u] = 0;
  for (uint32_t chosen = 0; chosen < UINT32_C(1) << n; chosen++) {
    if ((size_t)__builtin_popcount(chosen) != n1) continue;
    size_t u = 0, below = 0;
    for (size_t i = 0; i < n; i++) {
      if (chosen >> i & 1)
        u += below;
      else
        below++;
    }
    counts[u]++;
  }
}

/* min(1, 2 P(U >= max(u, n1 n2 - u))) */
static double p_from_counts(const uint64_t *counts, size_t n_pairs, size_t u) {
  uint64_t all = 0, above = 0;
  size_t most = u > n_pairs - u ? u : n_pairs - u;
  for (size_t k = 0; k <= n_pairs; k++) {
    all += counts[k];
    above += k >= most ? counts[k] : 0;
  }
  return fmin(1, 2 * (double)above / (double)all);
}

static void check_all(size_t n1, size_t n2, const uint64_t *counts) {
  mann_law law;
  assert_int_equal(mann__init(&law, n1, n2, NULL), ML_OK);
  for (size_t u = 0; u <= n1 * n2; u++) {
    bool is_exact = false;
    double want = p_from_counts(counts, n1 * n2, u);
    expect_close("p", mann__p(&law, 2 * u, 0, &is_exact), want, RTOL, 0);
    assert_true(is_exact);
  }
  mann__release(&law);
}

static void small_samples_are_as_by_all_labellings(void **state) {
  (void)state;
  for (size_t n1 = 1; n1 < MOST_VALUES; n1++)
    for (size_t n2 = 1; n1 + n2 <= MOST_VALUES; n2++) {
      uint64_t counts[MOST_VALUES * MOST_VALUES / 4 + 1];
      if (n1 > 8 && n2 > 8) continue;
      count_labellings(n1, n2, counts);
      check_all(n1, n2, counts);
    }
}

/* f(m, n, k) = f(m - 1, n, k - n) + f(m, n - 1, k) of Mann and Whitney, for the n of the whole row.
 */
static void longer_samples_are_as_by_the_recursion(void **state) {
  (void)state;
  enum { LONGEST = 60 };
  static uint64_t f[9][LONGEST + 1][MOST_U + 1];
  for (size_t n = 0; n <= LONGEST; n++)
    for (size_t m = 0; m <= 8; m++)
      for (size_t k = 0; k <= m * n; k++) {
        if (m == 0 || n == 0) {
          f[m][n][k] = k == 0;
          continue;
        }
        f[m][n][k] = (k >= n ? f[m - 1][n][k - n] : 0) + (k <= m * (n - 1) ? f[m][n - 1][k] : 0);
      }
  for (size_t m = 1; m <= 8; m++)
    for (size_t n = m; n <= LONGEST; n += 7) {
      check_all(m, n, f[m][n]);
      check_all(n, m, f[m][n]);
    }
}

/* 1 value among n others has every U equally often; of 2 values, floor(k / 2) + 1 ways sum to k <=
 * n; no U but 0 has one way of C(n + 8, 8). */
static void huge_samples_are_as_in_closed_form(void **state) {
  (void)state;
  bool is_exact;
  mann_law law;
  const uint64_t n = 1000000;
  assert_int_equal(mann__init(&law, n, 1, NULL), ML_OK);
  for (uint64_t u = 0; u < n / 2; u += 99991)
    expect_close("1", mann__p(&law, 2 * u, 0, &is_exact), 2 * (double)(u + 1) / (double)(n + 1),
                 RTOL, 0);
  mann__release(&law);
  assert_int_equal(mann__init(&law, 2, n, NULL), ML_OK);
  double ways = 0, all = (double)(n + 1) * (double)(n + 2) / 2;
  for (uint64_t u = 0; u <= n; u++) {
    ways += (double)(u / 2 + 1);
    if (u % 99991 == 0)
      expect_close("2", mann__p(&law, 2 * u, 0, &is_exact), fmin(1, 2 * ways / all), RTOL, 0);
  }
  mann__release(&law);
  assert_int_equal(mann__init(&law, 8, n, NULL), ML_OK);
  double least = 2;
  for (uint64_t i = 1; i <= 8; i++) least *= (double)i / (double)(n + i);
  expect_close("8", mann__p(&law, 0, 0, &is_exact), least, 1e-14, 0);
  expect_close("8, most", mann__p(&law, 16 * n, 0, &is_exact), least, 1e-14, 0);
  expect_close("8, next", mann__p(&law, 2, 0, &is_exact), 2 * least, 1e-14, 0);
  expect_same("8, middle", mann__p(&law, 8 * n, 0, &is_exact), 1);
  mann__release(&law);
}

/* Counts of U of 8 and 100 000 values in 128 bits: multiply by (1 - q^(n+i)), divide by (1 - q^i).
 */
static void exact_integers_agree(void **state) {
  (void)state;
  enum { N = 100000, MOST_K = 4 * N };
  typedef unsigned __int128 wide;
  wide *counts = calloc(MOST_K + 1, sizeof *counts);
  assert_non_null(counts);
  counts[0] = 1;
  for (size_t i = 1; i <= 8; i++) { /* what passes 2^128 on the way cancels modulo it */
    for (size_t k = MOST_K; k >= N + i; k--) counts[k] -= counts[k - N - i];
    for (size_t k = i; k <= MOST_K; k++) counts[k] += counts[k - i];
  }
  wide all = 1, sum = 0;
  for (size_t i = 1; i <= 8; i++) all = all * (N + i) / i;
  mann_law law;
  assert_int_equal(mann__init(&law, N, 8, NULL), ML_OK);
  for (size_t k = 0; k <= MOST_K; k++) {
    bool is_exact;
    sum += counts[k];
    if (k % 1999 > 1 && k < MOST_K) continue;
    double want = fmin(1, 2 * (double)sum / (double)all);
    expect_close("p", mann__p(&law, 2 * k, 0, &is_exact), want, RTOL, 0);
  }
  mann__release(&law);
  free(counts);
}

/* Ties, or more than 8 values in both samples. */
static void others_are_normal(void **state) {
  (void)state;
  bool is_exact = true;
  mann_law law;
  assert_int_equal(mann__init(&law, 9, 9, NULL), ML_OK);
  /* z = (60 - 40.5 - 0.5) / sqrt(81 * 19 / 12) */
  double want = erfc(19 / sqrt(128.25) / sqrt(2));
  expect_close("9 and 9", mann__p(&law, 120, 0, &is_exact), want, 1e-14, 0);
  assert_false(is_exact);
  expect_same("the other way", mann__p(&law, 42, 0, &is_exact), mann__p(&law, 120, 0, &is_exact));
  expect_same("in the middle", mann__p(&law, 81, 0, &is_exact), 1);
  expect_same("half beside it", mann__p(&law, 82, 0, &is_exact), 1);
  mann__release(&law);
  assert_int_equal(mann__init(&law, 3, 3, NULL), ML_OK);
  /* one pair of equal values: s^2 = 9 / 12 (7 - 6 / 30) */
  want = erfc((8.5 - 5) / sqrt(5.1) / sqrt(2));
  expect_close("a tie", mann__p(&law, 17, 6, &is_exact), want, 1e-14, 0);
  assert_false(is_exact);
  expect_same("all equal", mann__p(&law, 9, 210, &is_exact), 1);
  mann__release(&law);
  assert_int_equal(mann__init(&law, 1, 1, NULL), ML_OK);
  expect_same("two equal", mann__p(&law, 1, 6, &is_exact), 1);
  expect_same("two", mann__p(&law, 2, 0, &is_exact), 1);
  mann__release(&law);
}

/* Far out, erfc(z / sqrt 2) by its continued fraction, in long double. */
static void tails_are_right_far_out(void **state) {
  (void)state;
  bool is_exact;
  mann_law law;
  const uint64_t n = 1000; /* s^2 = n^2 (2 n + 1) / 12 */
  long double s = sqrtl((long double)(n * n) * (2 * n + 1) / 12);
  assert_int_equal(mann__init(&law, n, n, NULL), ML_OK);
  for (uint64_t u = 600000; u <= n * n; u += 10000) {
    long double z = ((long double)u - n * n / 2 - 0.5L) / s, fraction = z;
    for (int k = 2000; k > 0; k--) fraction = z + k / fraction;
    long double p = 2 * expl(-z * z / 2) / (sqrtl(2 * acosl(-1)) * fraction);
    expect_close("p", mann__p(&law, 2 * u, 0, &is_exact), (double)p, 1e-12, 0);
  }
  mann__release(&law);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(small_samples_are_as_by_all_labellings),
      cmocka_unit_test(longer_samples_are_as_by_the_recursion),
      cmocka_unit_test(huge_samples_are_as_in_closed_form),
      cmocka_unit_test(exact_integers_agree),
      cmocka_unit_test(others_are_normal),
      cmocka_unit_test(tails_are_right_far_out),
  };
  return cmocka_run_group_tests_name("mann_whitney", tests, NULL, NULL);
}
