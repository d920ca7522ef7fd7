/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact one-sample law of Kolmogorov, against one walk in long arithmetic where p is above 1e-18,
 * and against twice the one-sided law where it is below: there no digit is lost to reaching both
 * sides. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#ifdef __SIZEOF_FLOAT128__
__extension__ typedef __float128 wide;
#else
typedef long double wide;
#endif

static void check(uint64_t n, double d, double want, double rtol) {
  char label[96];
  snprintf(label, sizeof label, "n %ju d %.17g", (uintmax_t)n, d);
  expect_close(label, ml_kolmogorov_sf(n, d), want, rtol, 0.0);
}

/* ---- twins ----------------------------------------------------------------------------------- */

static wide power(wide x, uint64_t n) {
  wide y = 1;
  for (; n > 0; n /= 2, x *= x)
    if (n % 2 == 1) y *= x;
  return y;
}

enum { MOST_BAND = 40, MOST_STATES = 2 * MOST_BAND };

/* 1 - n!/n^n (H^n)_kk, H of Marsaglia, Tsang and Wang (2003, J. Stat. Softw. 8(18)), row by row. */
static double by_walking(uint64_t n, double d) {
  static wide h[MOST_STATES][MOST_STATES], v[MOST_STATES], next[MOST_STATES];
  wide band = (wide)n * d, factorial[MOST_STATES + 1] = {1};
  int k = (int)band + ((wide)(int)band < band), m = 2 * k - 1;
  wide off = k - band;
  assert_true(k <= MOST_BAND);
  for (int i = 1; i <= m; i++) factorial[i] = factorial[i - 1] * i;
  for (int i = 0; i < m; i++) {
    for (int j = 0; j < m; j++) {
      wide w = 1;
      if (j == 0) w -= power(off, (uint64_t)(i + 1));
      if (i == m - 1) w -= power(off, (uint64_t)(m - j));
      if (j == 0 && i == m - 1 && 2 * off > 1) w += power(2 * off - 1, (uint64_t)m);
      h[i][j] = j > i + 1 ? 0 : w / factorial[i + 1 - j];
    }
  }
  memset(v, 0, sizeof v);
  v[k - 1] = 1;
  for (uint64_t step = 1; step <= n; step++) {
    for (int j = 0; j < m; j++) {
      next[j] = 0;
      for (int i = j > 0 ? j - 1 : 0; i < m; i++) next[j] += v[i] * h[i][j];
    }
    for (int j = 0; j < m; j++) v[j] = next[j] * step / (wide)n;
  }
  return (double)(1 - v[k - 1]);
}

/* 2 d sum C(n, j) (d + j/n)^(j-1) (1 - d - j/n)^(n-j): Birnbaum and Tingey 1951. */
static double by_one_side(uint64_t n, double d) {
  long double sum = 0.0L, log_choose = 0.0L;
  for (uint64_t j = 0; j <= n; j++) {
    long double x = d + (long double)j / n, rest = 1.0L - x;
    if (rest <= 0) break;
    sum += expl(log_choose + ((long double)j - 1) * logl(x) + (long double)(n - j) * logl(rest));
    log_choose += logl((long double)(n - j) / (j + 1));
  }
  return (double)(2.0L * d * sum);
}

static double twin(uint64_t n, double d) {
  bool is_far = d >= 0.5 || (double)n * d * d > 7.5;
  return is_far ? by_one_side(n, d) : by_walking(n, d);
}

/* ---- against them ---------------------------------------------------------------------------- */

static void test_small_samples(void **state) {
  (void)state;
  for (uint64_t n = 1; n <= 32; n++)
    for (double d = 0.003; d < 1.0; d += n < 12 ? 0.0071 : 0.029)
      if ((double)n * d > 0.5 && twin(n, d) >= 1e-300) check(n, d, twin(n, d), 5e-11);
}

static void test_middling_samples(void **state) {
  static const uint64_t sizes[] = {39, 40, 60, 99, 100, 101, 140, 200};
  static const double scaled[] = {0.18, 0.25, 0.4, 0.6, 0.9, 1.2, 1.5, 1.8, 2.1, 2.2,
                                  2.3,  2.5,  2.7, 3.0, 4.0, 5.5, 7.0, 9.0, 12.0};
  (void)state;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    for (size_t k = 0; k < sizeof scaled / sizeof scaled[0]; k++) {
      double d = scaled[k] / sqrt((double)sizes[i]);
      if (d < 1.0 && twin(sizes[i], d) >= 1e-300) check(sizes[i], d, twin(sizes[i], d), 5e-11);
    }
  }
}

/* Where one way of computing gives way to another. */
static void test_seams(void **state) {
  (void)state;
  for (int side = -1; side <= 1; side += 2) {
    double off = side * 1e-9;
    for (uint64_t n = 30; n <= 1000; n = n * 3 / 2) {
      check(n, 14.0 / (double)n + off, twin(n, 14.0 / (double)n + off), 5e-11);
      check(n, 0.5 + off, twin(n, 0.5 + off), 5e-11);
      if (n < 900) check(n, 0.6 + off, twin(n, 0.6 + off), 5e-11);
      if (n <= 101)
        check(n, sqrt(5.0 / (double)n) + off, twin(n, sqrt(5.0 / (double)n) + off), 5e-11);
    }
  }
}

static void test_large_samples(void **state) {
  (void)state;
  check(1000, 0.0085, twin(1000, 0.0085), 5e-11);
  check(1000, 0.0142, twin(1000, 0.0142), 5e-11);
  check(1000, 0.039, twin(1000, 0.039), 5e-11);
  check(1000, 0.1, twin(1000, 0.1), 5e-11);
  check(1000, 0.58, twin(1000, 0.58), 5e-11);
  check(5000, 0.0061, twin(5000, 0.0061), 5e-11);
  check(20000, 0.03, twin(20000, 0.03), 5e-11);
  check(20000, 0.13, twin(20000, 0.13), 5e-11);
  check(100000, 0.0095, twin(100000, 0.0095), 5e-11);
}

/* Kolmogorov's limit at s + 1/(6 sqrt n) is off by 1/n only. */
static void test_huge_samples(void **state) {
  (void)state;
  for (double s = 0.3; s < 2.25; s += 0.1) {
    double n = 1e9, limit = 0.0;
    for (int k = 12; k >= 1; k--) {
      double x = k * (s + 1.0 / (6.0 * sqrt(n)));
      limit += (k % 2 == 1 ? 2.0 : -2.0) * exp(-2.0 * x * x);
    }
    check(1000000000, s / sqrt(n), limit, 2e-8);
  }
  assert_true(ml_kolmogorov_sf(1000000000, 18.4 / sqrt(1e9)) > 1e-300);
  assert_true(ml_kolmogorov_sf(UINT64_MAX, 1e-9) > 0.0);
}

/* ---- by hand --------------------------------------------------------------------------------- */

/* n = 1: 2 (1 - d). n = 2: 1 - 2 (2d - 1/2)^2 up to d = 1/2, then 2 (1 - d)^2. Up to d = 1 / n:
 * 1 - n! (2d - 1/n)^n; from 1 - 1/n on: 2 (1 - d)^n. */
static void test_closed_forms(void **state) {
  (void)state;
  for (double d = 0.5; d < 1.0; d += 0.03) check(1, d, 2.0 * (1.0 - d), 1e-14);
  for (double d = 0.25; d < 0.5; d += 0.01) {
    double x = 2.0 * d - 0.5;
    check(2, d, 1.0 - 2.0 * x * x, 1e-13);
  }
  for (double d = 0.5; d < 1.0; d += 0.03) check(2, d, 2.0 * (1.0 - d) * (1.0 - d), 1e-14);
  check(10, 0.08, 1.0 - 3628800.0 * pow(0.06, 10), 1e-14);
  check(10, 0.1, 1.0 - 3628800.0 * pow(0.1, 10), 1e-14);
  check(7, 0.9, 2.0 * pow(1.0 - 0.9, 7), 1e-14);
  check(30, 0.99, 2.0 * pow(1.0 - 0.99, 30), 1e-13);
  check(100, 0.999, 2.0 * pow(1.0 - 0.999, 100), 1e-12);
}

static void test_ends(void **state) {
  (void)state;
  check(5, -1.0, 1.0, 0.0);
  check(5, 0.0, 1.0, 0.0);
  check(5, 0.1, 1.0, 0.0);
  check(5, 1.0, 0.0, 0.0);
  check(5, INFINITY, 0.0, 0.0);
  check(5, -INFINITY, 1.0, 0.0);
  check(5, NAN, NAN, 0.0);
  check(0, 0.5, 1.0, 0.0);
  check(1000000, 0.00001, 1.0, 0.0);
  check(1000000, 0.9, 0.0, 0.0);
  check(UINT64_MAX, 0.5, 0.0, 0.0);
}

static void test_monotone(void **state) {
  static const uint64_t sizes[] = {3, 17, 40, 95, 130, 1500, 70000, 3000000000};
  (void)state;
  for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
    double last = 1.0, unit = 1.0 / sqrt((double)sizes[k]);
    for (int i = 1; i < 2000; i++) {
      double p = ml_kolmogorov_sf(sizes[k], 0.0093 * i * unit);
      assert_true(p >= 0.0 && p <= last * (1.0 + 1e-10));
      last = p;
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_small_samples), cmocka_unit_test(test_middling_samples),
      cmocka_unit_test(test_seams),         cmocka_unit_test(test_large_samples),
      cmocka_unit_test(test_huge_samples),  cmocka_unit_test(test_closed_forms),
      cmocka_unit_test(test_ends),          cmocka_unit_test(test_monotone),
  };
  return cmocka_run_group_tests_name("kolmogorov_one", tests, NULL, NULL);
}
