/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Percentiles of latencies against those of all of them, sorted. */
#include <math.h>
#include <stdlib.h>

#include <ml/cli/predict.h>

#include "support.h"

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void quantiles(void **state) {
  (void)state;
  static const double shares[] = {0.01, 0.5, 0.9, 0.99, 1};
  uint64_t seed = 9;
  for (size_t n = 1; n <= 10000; n = n * 3 + 1) {
    double *x = calloc(n, sizeof *x);
    latencies l = {0};
    assert_non_null(x);
    for (size_t i = 0; i < n; i++) {
      x[i] = pow(10, -6 + 7 * ((double)(next_random(&seed) >> 11) * 0x1p-53));
      latency__add(&l, x[i]);
    }
    qsort(x, n, sizeof *x, compare);
    for (size_t k = 0; k < 5; k++) {
      const double want = x[(size_t)ceil(shares[k] * (double)n) - 1];
      const double got = latency__quantile(&l, shares[k]);
      if (!(got >= want * (1 - 1e-9) && got <= want * 1.02 * (1 + 1e-9)))
        fail_msg("%zu values, share %g: %g, and it is %g", n, shares[k], got, want);
    }
    assert_int_equal(l.n, n);
    expect_same("longest", l.longest, x[n - 1]);
    free(x);
  }
}

/* Shorter than the first bin, longer than the last. */
static void ends(void **state) {
  (void)state;
  latencies l = {0};
  latency__add(&l, 0);
  expect_same("none", latency__quantile(&l, 0.5), 0);
  latency__add(&l, 1e9);
  latency__add(&l, 1e9);
  assert_true(latency__quantile(&l, 0.99) > 1e3);
  expect_same("longest", l.longest, 1e9);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(quantiles), cmocka_unit_test(ends)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
