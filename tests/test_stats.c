/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums to the bit, quantiles and sorting. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/stats_internal.h>

enum { MOST = 70001 };

static double x[MOST], y[MOST], spare[MOST];

/* Values of very different size, so that every other order of summation gives other bits. */
static void fill(size_t n, uint64_t seed) {
  for (size_t i = 0; i < n; i++) {
    double whole = (double)(int64_t)next_random(&seed);
    x[i] = ldexp(whole, -(int)(next_random(&seed) % 20));
  }
}

/* The definition, step by step. */
static double by_halves(const double *v, size_t n) {
  if (n < 8) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += v[i];
    return sum;
  }
  if (n <= 128) {
    volatile double r0 = v[0], r1 = v[1], r2 = v[2], r3 = v[3];
    volatile double r4 = v[4], r5 = v[5], r6 = v[6], r7 = v[7];
    size_t i = 8;
    for (; i < n - n % 8; i += 8) {
      r0 += v[i], r1 += v[i + 1], r2 += v[i + 2], r3 += v[i + 3];
      r4 += v[i + 4], r5 += v[i + 5], r6 += v[i + 6], r7 += v[i + 7];
    }
    double sum = ((r0 + r1) + (r2 + r3)) + ((r4 + r5) + (r6 + r7));
    for (; i < n; i++) sum += v[i];
    return sum;
  }
  size_t half = n / 2;
  while (half % 8) half--;
  return by_halves(v, half) + by_halves(v + half, n - half);
}

static void sums_have_the_bits_of_the_definition(void **state) {
  (void)state;
  const size_t sizes[] = {0,     1,     7,     8,     9,     127,   128,   129,
                          1000,  8191,  8192,  8193,  9000,  12000, 16384, 16400,
                          20000, 30000, 40000, 50000, 60000, 65536, 70000, MOST};
  bool order_matters = false, blocks_matter = false; /* else the test sees nothing */
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
    size_t n = sizes[k];
    fill(n, 17 + k);
    double blocks = 0;
    for (size_t at = 0; at < n; at += 8192)
      blocks += by_halves(x + at, n - at < 8192 ? n - at : 8192);
    expect_same("sum", stats__sum(x, n), blocks);
    double plain = 0;
    for (size_t i = 0; i < n; i++) plain += x[i];
    order_matters |= plain != blocks;
    blocks_matter |= by_halves(x, n) != blocks;
  }
  assert_true(order_matters && blocks_matter);
}

static void variance_is_the_mean_square(void **state) {
  (void)state;
  const double v[] = {1, 1, 5, 5};
  double room[4];
  expect_same("variance", stats__variance(v, 4, 3, room), 4);
  fill(1000, 5);
  double mean = stats__sum(x, 1000) / 1000;
  for (size_t i = 0; i < 1000; i++) y[i] = (x[i] - mean) * (x[i] - mean);
  expect_same("of 1000", stats__variance(x, 1000, mean, spare), by_halves(y, 1000) / 1000);
}

static void quantiles_interpolate(void **state) {
  (void)state;
  const double v[] = {10, 20, 40};
  expect_same("0", stats__quantile(v, 3, 0), 10);
  expect_same("1", stats__quantile(v, 3, 1), 40);
  expect_same("1/2", stats__quantile(v, 3, .5), 20);
  expect_same("1/4", stats__quantile(v, 3, .25), 15);
  expect_same("7/8", stats__quantile(v, 3, .875), 35);
  expect_same("one value", stats__quantile(v, 1, .3), 10);
  expect_same("median", stats__median(v, 3), 20);
  expect_same("median of two", stats__median(v, 2), 15);
  /* Below and above the middle the two forms round differently. */
  uint64_t seed = 4;
  size_t n_differing = 0;
  for (int i = 0; i < 200; i++) {
    double t = (double)(next_random(&seed) % 1000) / 1000;
    double a = (double)(next_random(&seed) % 1000) / 999, b = a + t / 7 + 0.1;
    double from_a = a + (b - a) * t, from_b = b - (b - a) * (1 - t);
    expect_same("between", stats__quantile((double[]){a, b}, 2, t), t < 0.5 ? from_a : from_b);
    n_differing += from_a != from_b;
  }
  assert_true(n_differing > 20);
}

static int by_value(const void *a, const void *b) {
  double u = *(const double *)a, v = *(const double *)b;
  return (u > v) - (u < v);
}

static double odd_value(uint64_t *seed) {
  static const double odd[] = {0, -0., INFINITY, -INFINITY, 5e-324, -5e-324, 1e308, -1e308, 1, -1};
  uint64_t r = next_random(seed);
  if (r % 4 == 0) return odd[r / 4 % 10];
  if (r % 4 == 1) return (double)(int64_t)(r >> 60);
  uint64_t bits = next_random(seed);
  double value;
  memcpy(&value, &bits, sizeof value);
  return isnan(value) ? 3 : value;
}

static void sorting_is_that_of_qsort(void **state) {
  (void)state;
  uint64_t seed = 99;
  for (size_t n = 0; n < 400; n += n < 110 ? 1 : 29) {
    for (size_t i = 0; i < n; i++) x[i] = y[i] = odd_value(&seed);
    qsort(y, n, sizeof *y, by_value);
    assert_int_equal(stats__sort(x, n, spare), 0);
    for (size_t i = 0; i < n; i++) assert_true(x[i] == y[i]);
  }
}

/* Far from one another and close together at once: the leading bits tell hardly any apart. */
static void clusters_are_sorted(void **state) {
  (void)state;
  uint64_t seed = 5;
  for (int kind = 0; kind < 4; kind++) {
    for (size_t n = 128; n < 400; n += 67) {
      for (size_t i = 0; i < n; i++) {
        double tiny = (double)(next_random(&seed) % 100000) * 1e-17;
        x[i] = y[i] = kind == 0   ? tiny
                      : kind == 1 ? 1e6 + tiny * 1e8
                      : kind == 2 ? (i % 2 ? -1e300 : 1e-3) * (1 + tiny * 1e2)
                                  : (i == 7 ? INFINITY : 1 + tiny * 1e2);
      }
      qsort(y, n, sizeof *y, by_value);
      assert_int_equal(stats__sort(x, n, spare), 0);
      for (size_t i = 0; i < n; i++) assert_true(x[i] == y[i]);
    }
  }
}

static void nan_is_sorted_last_and_counted(void **state) {
  (void)state;
  double minus_nan = -NAN;
  for (size_t n = 3; n < 300; n += 148) {
    for (size_t i = 0; i < n; i++) x[i] = (double)(n - i);
    x[0] = NAN;
    x[2] = minus_nan;
    x[1] = INFINITY;
    assert_int_equal(stats__sort(x, n, spare), 2);
    assert_true(isnan(x[n - 1]) && isnan(x[n - 2]) && x[n - 3] == INFINITY);
    for (size_t i = 1; i + 2 < n; i++) assert_true(x[i - 1] < x[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sums_have_the_bits_of_the_definition),
      cmocka_unit_test(variance_is_the_mean_square),
      cmocka_unit_test(quantiles_interpolate),
      cmocka_unit_test(sorting_is_that_of_qsort),
      cmocka_unit_test(clusters_are_sorted),
      cmocka_unit_test(nan_is_sorted_last_and_counted),
  };
  return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
