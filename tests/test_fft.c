/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Fourier transform against its definition in extended precision. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fresh/fft.h"
#include "fresh/fft_roots.h"
#include "support.h"

static const long double PI = 3.14159265358979323846264338327950288L;

static fresh_fft *new_fft(size_t n) {
  fresh_fft *fft = NULL;
  ml_error err = {0};
  assert_int_equal(fresh__fft_new(n, &fft, &err), ML_OK);
  assert_int_equal(fresh__fft_length(fft), n);
  return fft;
}

static void fill(double *x, size_t n, uint64_t seed) {
  for (size_t i = 0; i < n; i++) x[i] = (double)(int64_t)next_random(&seed) * 0x1p-62;
}

static double norm(const double *x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
  return sqrt(sum);
}

/* Values of the packed form at frequency k. */
static double re_of(const double *f, size_t k) {
  return k == 0 ? f[0] : f[2 * k - 1];
}
static double im_of(const double *f, size_t n, size_t k) {
  return k == 0 || 2 * k == n ? 0 : f[2 * k];
}

static void check_frequency(const double *x, size_t n, const double *f, size_t k) {
  long double re = 0, im = 0;
  for (size_t j = 0; j < n; j++) {
    long double angle = 2 * PI * (long double)(j * k % n) / (long double)n;
    re += x[j] * cosl(angle);
    im -= x[j] * sinl(angle);
  }
  double atol = 2e-15 * norm(x, n);
  char label[64];
  snprintf(label, sizeof label, "n %zu, k %zu", n, k);
  expect_close(label, re_of(f, k), (double)re, 0, atol);
  expect_close(label, im_of(f, n, k), (double)im, 0, atol);
}

static void check_length(size_t n, size_t stride) {
  double *x = malloc(n * sizeof *x);
  fresh_fft *fft = new_fft(n);
  fill(x, n, n + 1);
  const double *f = fresh__fft_run(fft, x);
  for (size_t k = 0; k <= n / 2; k += stride) check_frequency(x, n, f, k);
  check_frequency(x, n, f, n / 2);
  fresh__fft_free(fft);
  free(x);
}

static void every_short_length(void **state) {
  (void)state;
  for (size_t n = 1; n <= 130; n++) check_length(n, 1);
}

/* Every radix with another before and behind it, primes on both sides of the convolution's limit,
 * squares of primes, twice a prime. */
static void chosen_lengths(void **state) {
  (void)state;
  const size_t lengths[] = {256,  343,  482,  789,  625,  729,  1000, 1001, 1024, 2187, 2310,
                            2521, 4096, 5000, 5041, 6859, 7919, 8192, 9409, 9998, 10007};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) check_length(lengths[i], 97);
  check_length(99991, 9973);
}

static void by_hand(void **state) {
  (void)state;
  fresh_fft *fft = new_fft(4);
  const double *f = fresh__fft_run(fft, (double[]){1, 2, 4, 8});
  const double want[] = {15, -3, 6, -5};
  for (size_t i = 0; i < 4; i++) expect_same("1 2 4 8", f[i], want[i]);
  fresh__fft_free(fft);
  fft = new_fft(1);
  expect_same("one value", fresh__fft_run(fft, (double[]){7})[0], 7);
  fresh__fft_free(fft);
}

/* The spectrum of a constant and of what alternates has zeros, not noise, where the length is made
 * of twos and threes. */
static void symmetries_give_zeros(void **state) {
  (void)state;
  const size_t lengths[] = {2, 3, 4, 6, 8, 9, 12, 16, 24, 64, 96, 256, 768};
  double x[768];
  for (size_t at = 0; at < sizeof lengths / sizeof *lengths; at++) {
    size_t n = lengths[at];
    fresh_fft *fft = new_fft(n);
    for (size_t i = 0; i < n; i++) x[i] = 0.1;
    const double *f = fresh__fft_run(fft, x);
    for (size_t i = 1; i < n; i++) expect_same("constant", f[i] + 0.0, 0);
    fresh__fft_free(fft);
  }
}

/* Of an even series (x[n - j] = x[j]) every imaginary part is 0, exactly for primes that are a
 * step. */
static void even_series_are_real(void **state) {
  (void)state;
  const size_t lengths[] = {7, 30, 49, 60, 101, 105, 143, 227, 482, 789, 1001};
  double x[1001];
  for (size_t at = 0; at < sizeof lengths / sizeof *lengths; at++) {
    size_t n = lengths[at];
    fresh_fft *fft = new_fft(n);
    fill(x, n, 6);
    for (size_t j = 1; j < n; j++) x[n - j] = x[j];
    const double *f = fresh__fft_run(fft, x);
    double most = 0;
    for (size_t k = 1; 2 * k < n; k++) most = fmax(most, fabs(im_of(f, n, k)));
    expect_close("imaginary", most, 0, 0, n == 7 || n == 101 || n == 227 ? 0 : 1e-15 * norm(x, n));
    fresh__fft_free(fft);
  }
}

/* Plans share nothing, and a run leaves its input and its plan as they were. */
static void runs_repeat(void **state) {
  (void)state;
  const size_t lengths[] = {60, 1009, 2048};
  double x[2048], first[2048];
  for (size_t i = 0; i < 3; i++) {
    size_t n = lengths[i];
    fresh_fft *fft = new_fft(n), *other = new_fft(n);
    fill(x, n, 3);
    memcpy(fresh__fft_input(fft), x, n * sizeof *x);
    memcpy(first, fresh__fft_run(fft, fresh__fft_input(fft)), n * sizeof *x);
    assert_memory_equal(fresh__fft_input(fft), x, n * sizeof *x);
    assert_memory_equal(fresh__fft_run(fft, x), first, n * sizeof *x);
    assert_memory_equal(fresh__fft_run(other, x), first, n * sizeof *x);
    fresh__fft_free(fft);
    fresh__fft_free(other);
  }
}

static void nonfinite_values_do_no_harm(void **state) {
  (void)state;
  const size_t lengths[] = {1, 2, 7, 60, 1009};
  double x[1009];
  for (size_t i = 0; i < 5; i++) {
    fresh_fft *fft = new_fft(lengths[i]);
    fill(x, lengths[i], 4);
    x[lengths[i] / 2] = i % 2 ? NAN : INFINITY;
    assert_false(isfinite(fresh__fft_run(fft, x)[0]));
    fresh__fft_free(fft);
  }
}

static void fast_lengths(void **state) {
  (void)state;
  const size_t pairs[][2] = {{1, 1},   {2, 2},    {7, 8},       {11, 12},        {13, 15},
                             {49, 50}, {97, 100}, {1025, 1080}, {149986, 150000}};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
    assert_int_equal(fresh__fft_fast_length(pairs[i][0]), pairs[i][1]);
}

static void roots(void **state) {
  (void)state;
  const size_t orders[] = {1, 2, 3, 4, 8, 12, 17, 1000, 4099};
  for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
    size_t n = orders[i];
    fresh_roots *made = fresh__roots_new(n);
    for (size_t k = 0; k < n; k++) {
      long double angle = 2 * PI * (long double)k / (long double)n;
      fresh_root root = fresh__root(made, k);
      expect_close("cos", root.cos, (double)cosl(angle), 0, 1.2e-16);
      expect_close("sin", root.sin, (double)sinl(angle), 0, 1.2e-16);
      if (4 * k == n || 4 * k == 3 * n) expect_same("cos", root.cos + 0.0, 0);
      if (2 * k == n) expect_same("sin", root.sin + 0.0, 0);
    }
    fresh__roots_free(made);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(roots),
      cmocka_unit_test(by_hand),
      cmocka_unit_test(every_short_length),
      cmocka_unit_test(chosen_lengths),
      cmocka_unit_test(symmetries_give_zeros),
      cmocka_unit_test(even_series_are_real),
      cmocka_unit_test(runs_repeat),
      cmocka_unit_test(nonfinite_values_do_no_harm),
      cmocka_unit_test(fast_lengths),
  };
  return cmocka_run_group_tests_name("fresh/fft", tests, NULL, NULL);
}
