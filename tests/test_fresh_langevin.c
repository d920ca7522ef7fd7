/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drifts of series, and the least squares and roots below them. */
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_poly.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fresh/least_squares.h"
#include "fresh/polynomial.h"
#include "fresh_cases.h"

enum { MOST = 300, ROUNDS = 100 };

static uint64_t seed = 99;

static double uniform(void) {
  return (double)(next_random(&seed) >> 11) * 0x1p-53 - 0.5;
}

/* ---- least squares ---- */

/* GSL's singular values, of the matrix or, where it is wide, of its transpose. */
static void slow_least_squares(const double *a, const double *b, size_t n, size_t m, double rcond,
                               double *x) {
  bool is_wide = n < m;
  size_t tall = is_wide ? m : n, k = is_wide ? n : m;
  gsl_matrix *u = gsl_matrix_alloc(tall, k), *v = gsl_matrix_alloc(k, k);
  gsl_vector *s = gsl_vector_alloc(k);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < m; j++)
      gsl_matrix_set(u, is_wide ? j : i, is_wide ? i : j, a[j * n + i]);
  gsl_linalg_SV_decomp_jacobi(u, v, s);
  memset(x, 0, m * sizeof *x);
  for (size_t l = 0; l < k; l++) {
    if (!(gsl_vector_get(s, l) > rcond * gsl_vector_get(s, 0))) continue;
    double by = 0;
    for (size_t i = 0; i < n; i++)
      by += b[i] * (is_wide ? gsl_matrix_get(v, i, l) : gsl_matrix_get(u, i, l));
    for (size_t j = 0; j < m; j++)
      x[j] +=
          by / gsl_vector_get(s, l) * (is_wide ? gsl_matrix_get(u, j, l) : gsl_matrix_get(v, j, l));
  }
  gsl_matrix_free(u), gsl_matrix_free(v), gsl_vector_free(s);
}

static void least_squares(void **state) {
  (void)state;
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = 1 + next_random(&seed) % 12, m = 1 + next_random(&seed) % 6;
    double a[72], b[12], want[6], got[6];
    double *work = malloc(fresh__least_squares_size(n, m) * sizeof *work);
    for (size_t i = 0; i < n * m; i++) a[i] = uniform();
    for (size_t i = 0; i < n; i++) b[i] = uniform();
    if (round % 3 == 0 && m > 1) memcpy(a, a + n * (m - 1), n * sizeof *a); /* rank is short */
    if (round % 7 == 0) memset(a, 0, n * sizeof *a);
    slow_least_squares(a, b, n, m, 1e-14, want);
    fresh__least_squares(a, b, n, m, 1e-14, work, got);
    for (size_t j = 0; j < m; j++) expect_close("x", got[j], want[j], 1e-9, 1e-10);
    free(work);
  }
}

/* x + y = 2: the shortest solution is (1, 1); and the line through (0,1), (1,3), (2,5). */
static void least_squares_by_hand(void **state) {
  (void)state;
  double wide[] = {1, 1}, two = 2, work[64], x[2];
  fresh__least_squares(wide, &two, 1, 2, 1e-15, work, x);
  expect_close("x", x[0], 1, 1e-14, 0);
  expect_close("y", x[1], 1, 1e-14, 0);
  double line[] = {0, 1, 2, 1, 1, 1}, y[] = {1, 3, 5};
  fresh__least_squares(line, y, 3, 2, 1e-15, work, x);
  expect_close("slope", x[0], 2, 1e-14, 0);
  expect_close("intercept", x[1], 1, 1e-14, 0);
}

/* ---- roots ---- */

static void roots(void **state) {
  (void)state;
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = 2 + next_random(&seed) % 7;
    double a[8], reversed[8], z[16], want = -INFINITY;
    for (size_t i = 0; i < n; i++) a[i] = uniform() * pow(10, 4 * uniform());
    for (size_t i = 0; i < n; i++) reversed[i] = a[n - 1 - i];
    gsl_poly_complex_workspace *w = gsl_poly_complex_workspace_alloc(n);
    assert_int_equal(gsl_poly_complex_solve(reversed, n, w, z), 0);
    gsl_poly_complex_workspace_free(w);
    for (size_t i = 0; i + 1 < n; i++) want = fmax(want, z[2 * i]);
    expect_close("root", fresh__largest_root(a, n), want, 1e-9, 1e-12);
  }
}

static void roots_by_hand(void **state) {
  (void)state;
#define ROOT(...)                                    \
  fresh__largest_root((const double[]){__VA_ARGS__}, \
                      sizeof((const double[]){__VA_ARGS__}) / sizeof(double))
  expect_close("(u-1)(u-2)(u-3)", ROOT(1, -6, 11, -6), 3, 1e-14, 0);
  expect_close("u^2 + 2u + 5: -1 +- 2i", ROOT(1, 2, 5), -1, 1e-14, 0);
  expect_close("(u-4)(u^2 - 10u + 26): 5 +- i", ROOT(1, -14, 66, -104), 5, 1e-13, 0);
  expect_close("leading zeros are none", ROOT(0, 0, 2, -3), 1.5, 1e-15, 0);
  expect_same("u^2 (u + 3): zeros at the end are roots", ROOT(1, 3, 0, 0), 0);
  expect_close("u (u - 2)", ROOT(1, -2, 0), 2, 1e-15, 0);
  expect_same("4 u^2", ROOT(4, 0, 0), 0);
  assert_true(isnan(ROOT(0, 0, 5)));
  assert_true(isnan(ROOT(0, 0)));
  assert_true(isnan(ROOT(1, NAN, 1)));
  assert_true(isnan(ROOT(1, 2, INFINITY)));
  expect_close("far roots", ROOT(1e-200, -3e-100, 2), 2e100, 1e-13, 0);
  expect_close("near and far", ROOT(1, -1e9 - 1e-9, 1), 1e9, 1e-14, 0);
  expect_close("a double root", ROOT(1, -2, 1), 1, 1e-7, 0);
#undef ROOT
}

static void roots_of_a_high_degree(void **state) {
  (void)state;
  double a[FRESH_MOST_DEGREE + 1] = {1};
  a[FRESH_MOST_DEGREE] = -1; /* roots of unity */
  expect_close("u^32 = 1", fresh__largest_root(a, FRESH_MOST_DEGREE + 1), 1, 1e-14, 0);
}

/* ---- drifts ---- */

static int by_value(const void *a, const void *b) {
  double u = *(const double *)a, v = *(const double *)b;
  return (u > v) - (u < v);
}

/* @return false when there is no fit */
static bool drift(const double *x, size_t n, size_t m, size_t r, double *coefficients) {
  double s[MOST], edges[64], states[64] = {0}, steps[64] = {0}, counts[64] = {0};
  double powers[64 * 8], y[64], lengths[8];
  size_t points = 0;
  memcpy(s, x, (n - 1) * sizeof *x);
  qsort(s, n - 1, sizeof *s, by_value);
  for (size_t j = 0; j <= r; j++) {
    double q = j < r ? (double)j * (1 / (double)r) : 1, p = q * (double)(n - 2), t = p - floor(p);
    size_t i = (size_t)p, next = i + 1 < n - 1 ? i + 1 : i;
    edges[j] = t < 0.5 ? s[i] + (s[next] - s[i]) * t : s[next] - (s[next] - s[i]) * (1 - t);
    if (j > 0 && edges[j] == edges[j - 1]) return false;
  }
  for (size_t i = 0; i + 1 < n; i++) {
    size_t j = 0;
    while (j + 1 < r && x[i] > edges[j + 1]) j++;
    states[j] += x[i];
    steps[j] += x[i + 1] - x[i];
    counts[j]++;
  }
  for (size_t j = 0; j < r; j++) points += counts[j] > 0;
  for (size_t j = 0, i = 0; j < r; j++) {
    if (counts[j] == 0) continue;
    y[i] = steps[j] / counts[j];
    for (size_t k = 0; k <= m; k++)
      powers[k * points + i] = pow(states[j] / counts[j], (double)(m - k));
    i++;
  }
  for (size_t k = 0; k <= m; k++) {
    lengths[k] = 0;
    for (size_t i = 0; i < points; i++) lengths[k] += pow(powers[k * points + i], 2);
    lengths[k] = sqrt(lengths[k]);
    for (size_t i = 0; i < points; i++) powers[k * points + i] /= lengths[k];
  }
  slow_least_squares(powers, y, points, m + 1, (double)points * 2.220446049250313e-16,
                     coefficients);
  for (size_t k = 0; k <= m; k++) coefficients[k] /= lengths[k];
  return true;
}

static void drifts(void **state) {
  (void)state;
  double x[MOST], want[8];
  size_t n_fits = 0;
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = 3 + next_random(&seed) % (MOST - 3), m = next_random(&seed) % 5;
    size_t r = 1 + next_random(&seed) % 30;
    for (size_t i = 0; i < n; i++)
      x[i] = round % 4 == 0 ? floor(20 * uniform()) : (i ? 0.8 * x[i - 1] : 0) + uniform();
    bool fits = drift(x, n, m, r, want);
    n_fits += fits;
    for (size_t k = 0; k <= m + 1; k++) {
      const double args[] = {(double)k, (double)m, (double)r};
      double value = feature_value("friedrich_coefficients", args, x, n);
      expect_close("coefficient", value, fits && k <= m ? want[k] : NAN, 1e-8, 1e-10);
    }
    const double args[] = {(double)m, (double)r};
    double root = fits ? fresh__largest_root(want, m + 1) : NAN;
    double got = feature_value("max_langevin_fixed_point", args, x, n);
    if (isnan(root) || fabs(root) < 100) expect_close("root", got, root, 1e-6, 1e-9);
  }
  assert_true(n_fits > ROUNDS / 2);
}

/* States 0 1 2 3 4 3 2 1: in two bins of the median 2, {0 1 2 2} and {3 4 3} of s = 0 1 2 3 4 3 2;
 * steps 1 1 1 1 -1 -1 -1. Means (1.25, 0.5) and (10/3, -1/3), a line through both. */
static void by_hand(void **state) {
  (void)state;
  static const double x[] = {0, 1, 2, 3, 4, 3, 2, 1};
  double slope = (-1 / 3. - 0.5) / (10 / 3. - 1.25);
  expect_close("slope", feature_value("friedrich_coefficients", (double[]){0, 1, 2}, x, 8), slope,
               1e-13, 0);
  expect_close("intercept", feature_value("friedrich_coefficients", (double[]){1, 1, 2}, x, 8),
               0.5 - slope * 1.25, 1e-13, 0);
  expect_close("fixed point", feature_value("max_langevin_fixed_point", (double[]){1, 2}, x, 8),
               1.25 - 0.5 / slope, 1e-13, 0);
}

static void edges(void **state) {
  (void)state;
  double x[64];
  const double args[] = {0, 3, 30};
#define FIRST(n) feature_value("friedrich_coefficients", args, x, n)
#define POINT(n) feature_value("max_langevin_fixed_point", args + 1, x, n)
  for (size_t i = 0; i < 64; i++) x[i] = 5;
  for (size_t n = 1; n <= 64; n++) assert_true(isnan(FIRST(n)) && isnan(POINT(n)));
  for (size_t i = 0; i < 64; i++) x[i] = 1e150 * uniform(); /* cubes overflow */
  assert_true(isnan(FIRST(64)) && isnan(POINT(64)));
  for (size_t i = 0; i < 64; i++) x[i] = NAN;
  assert_true(isnan(FIRST(64)) && isnan(POINT(64)));
  for (size_t i = 0; i < 64; i++) x[i] = uniform();
  x[7] = INFINITY;
  assert_true(isnan(FIRST(64)) && isnan(POINT(64)));
  x[7] = NAN; /* is left out, with the step to it */
  assert_true(isfinite(FIRST(64)) && isfinite(POINT(64)));
  assert_true(isfinite(FIRST(4)) && isfinite(POINT(4))); /* fewer bins than coefficients */
#undef FIRST
#undef POINT
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(least_squares),
      cmocka_unit_test(least_squares_by_hand),
      cmocka_unit_test(roots),
      cmocka_unit_test(roots_by_hand),
      cmocka_unit_test(roots_of_a_high_degree),
      cmocka_unit_test(drifts),
      cmocka_unit_test(by_hand),
      cmocka_unit_test(edges),
  };
  return cmocka_run_group_tests_name("fresh/langevin", tests, NULL, NULL);
}
