/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wavelet coefficients and peaks against the definition, word for word. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fresh/cwt_peaks.h"
#include "fresh_cases.h"

enum { MOST = 130, ROUNDS = 60, MOST_RIDGES = 4 * MOST };

static uint64_t seed = 77;

static double uniform(void) {
  return (double)(next_random(&seed) >> 11) * 0x1p-53;
}

/* Noise, a walk or a wave with noise. */
static size_t random_series(double *x, int round) {
  size_t n = 1 + next_random(&seed) % MOST;
  double walk = 0;
  for (size_t i = 0; i < n; i++) {
    double e = uniform() - 0.5;
    walk += e;
    x[i] = round % 3 == 0 ? e : round % 3 == 1 ? walk : 3 * sin((double)i / 4) + e;
  }
  return n;
}

/* ---- coefficients ---- */

static double coefficient(const double *x, size_t n, size_t a, size_t t, size_t points) {
  static double integral[4096], g[16 * 64 + 1], c[MOST + 16 * 64];
  double h = 16. / (double)(points - 1), sum = 0;
  size_t m = 16 * a + 1, n_d = n + m - 2;
  if (t >= n) return NAN;
  for (size_t i = 0; i < points; i++) {
    double u = -8 + (double)i * h;
    sum += 2 / (sqrt(3) * pow(M_PI, 0.25)) * (1 - u * u) * exp(-u * u / 2);
    integral[i] = sum * h;
  }
  for (size_t k = 0; k < m; k++) g[m - 1 - k] = integral[k * (points - 1) / (16 * a)];
  memset(c, 0, sizeof c);
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < m; k++) c[i + k] += x[i] * g[k];
  size_t drop = (n_d - n) / 2;
  return -sqrt((double)a) * (c[drop + t + 1] - c[drop + t]);
}

static double coefficient_by_json(const double *x, size_t n, size_t a, size_t t, bool is_modern) {
  char json[128];
  snprintf(json, sizeof json,
           "{\"cwt_coefficients\": [{\"coeff\": %zu, \"w\": %zu, \"widths\": [%zu, 64]}]}", t, a,
           a);
  return feature_by_json(json, is_modern, x, n);
}

static void coefficients(void **state) {
  (void)state;
  double x[MOST];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(x, round), a = 1 + next_random(&seed) % 30;
    size_t t = next_random(&seed) % (n + 2);
    expect_close("legacy", coefficient_by_json(x, n, a, t, false), coefficient(x, n, a, t, 1024),
                 1e-10, 1e-13);
    expect_close("modern", coefficient_by_json(x, n, a, t, true), coefficient(x, n, a, t, 4096),
                 1e-10, 1e-13);
  }
}

/* Taps see what is near: a value that is not finite is seen by its neighbours alone. */
static void coefficients_of_what_is_not_finite(void **state) {
  (void)state;
  double x[60];
  for (size_t i = 0; i < 60; i++) x[i] = (double)(i % 7);
  double before = coefficient_by_json(x, 60, 2, 5, false);
  x[59] = NAN;
  assert_true(coefficient_by_json(x, 60, 2, 5, false) == before);
  x[59] = INFINITY;
  assert_true(coefficient_by_json(x, 60, 2, 5, false) == before);
  x[5] = NAN;
  assert_true(isnan(coefficient_by_json(x, 60, 2, 5, false)));
  x[5] = INFINITY; /* infinity less infinity, for the integral sees it twice */
  assert_true(isnan(coefficient_by_json(x, 60, 2, 5, false)));
}

static void widths_must_have_the_width(void **state) {
  (void)state;
  static const char json[] =
      "{\"cwt_coefficients\": [{\"coeff\": 0, \"w\": 3, \"widths\": [2, 5]}]}";
  ml_fresh_settings *settings = NULL;
  ml_error err = {0};
  assert_int_equal(ml_fresh_settings_parse(json, strlen(json), "it", &settings, &err),
                   ML_ERR_PARSE);
  assert_non_null(strstr(err.message, "w must be one of widths"));
}

/* ---- noise levels ---- */

static int by_value(const void *a, const void *b) {
  double u = *(const double *)a, v = *(const double *)b;
  return (u > v) - (u < v);
}

static double level_at(const double *row, size_t n, size_t i) {
  double s[MOST * 10];
  size_t size = (n + 19) / 20, half = size / 2, m = 0;
  for (size_t j = i > half ? i - half : 0; j < n && j < i + half + size % 2; j++) s[m++] = row[j];
  qsort(s, m, sizeof *s, by_value);
  double p = 0.1 * (double)(m - 1), t = p - floor(p);
  return t == 0 ? s[(size_t)p] : s[(size_t)p] * (1 - t) + s[(size_t)p + 1] * t;
}

static void levels(void **state) {
  (void)state;
  static double row[MOST * 10], got[MOST * 10];
  for (int round = 0; round < 40; round++) {
    size_t n = 1 + next_random(&seed) % (round < 20 ? MOST : MOST * 10);
    for (size_t i = 0; i < n; i++)
      row[i] = round % 4 == 0 ? floor(4 * uniform()) : round % 4 == 1 ? (double)i : uniform();
    for (size_t i = 0; round % 4 == 3 && i < n; i++) row[i] += i % 2 ? 100 : -100;
    double *work = malloc(fresh__noise_levels_size(n) * sizeof *work);
    fresh__noise_levels(row, n, work, got);
    for (size_t i = 0; i < n; i++) expect_close("level", got[i], level_at(row, n, i), 1e-13, 1e-13);
    free(work);
  }
}

/* NaN values are above all others. */
static void levels_of_what_is_not_finite(void **state) {
  (void)state;
  double row[60], got[60], work[60 * 4], with[60];
  for (size_t i = 0; i < 60; i++) row[i] = with[i] = uniform();
  for (size_t i = 0; i < 60; i += 5) row[i] = 1e300, with[i] = NAN;
  row[0] = with[0] = 0; /* a window with one value, where 1e300 shows */
  assert_true(fresh__noise_levels_size(60) <= sizeof work / sizeof *work);
  fresh__noise_levels(with, 60, work, got);
  for (size_t i = 1; i < 60; i++)
    if (i % 5 > 1) expect_close("level", got[i], level_at(row, 60, i), 1e-13, 0);
}

/* ---- peaks ---- */

typedef struct line {
  size_t rows[2 * MOST], columns[2 * MOST], n, gap;
  bool is_open;
} line;

static line lines[MOST_RIDGES];

static void wavelet_row(const double *x, size_t n, size_t a, double *row) {
  size_t points = 10 * a < n ? 10 * a : n;
  double width = (double)a, scale = 2 / (sqrt(3 * width) * pow(M_PI, 0.25));
  for (size_t i = 0; i < n; i++) {
    row[i] = 0;
    for (size_t k = 0; k < points; k++) {
      size_t at = i + (points - 1) / 2 - k; /* wraps around below 0 */
      double q = (double)k - ((double)points - 1) / 2;
      double w = scale * (1 - q * q / (width * width)) * exp(-q * q / (2 * width * width));
      if (at < n) row[i] += w * x[at];
    }
  }
}

/* The point that is held against the noise: from an inverted or a proper stable sort by rows. */
static size_t chosen(const line *l, bool is_modern) {
  for (size_t i = 0; i < l->n; i++) {
    size_t rank = 0; /* p[rank] = i */
    for (size_t j = 0; j < l->n; j++)
      rank += l->rows[j] < l->rows[i] || (l->rows[j] == l->rows[i] && j < i);
    if (is_modern && rank == 0) return i;
    if (!is_modern && i == 0) return rank; /* p[rank] = 0: sorted[0] = point `rank` */
  }
  return 0;
}

static double peaks(const double *x, size_t n, size_t widest, bool is_modern) {
  static double rows[40][MOST];
  size_t n_lines = 0, found = 0;
  for (size_t a = 1; a <= widest; a++) wavelet_row(x, n, a, rows[a]);
  for (size_t a = widest; a >= 1; a--) {
    size_t before = n_lines, ends[MOST_RIDGES];
    for (size_t k = 0; k < before; k++) {
      lines[k].gap++;
      ends[k] = lines[k].columns[lines[k].n - 1];
    }
    for (size_t i = 1; i + 1 < n; i++) {
      if (!(rows[a][i] > rows[a][i - 1] && rows[a][i] > rows[a][i + 1])) continue;
      size_t best = SIZE_MAX, closest = SIZE_MAX;
      for (size_t k = 0; k < before; k++) {
        size_t d = ends[k] > i ? ends[k] - i : i - ends[k];
        if (lines[k].is_open && d < closest) closest = d, best = k;
      }
      if (best == SIZE_MAX || (double)closest > (double)a / 4) {
        best = n_lines++;
        lines[best] = (line){.is_open = true};
      }
      line *l = &lines[best];
      l->rows[l->n] = a;
      l->columns[l->n++] = i;
      l->gap = 0;
    }
    for (size_t k = 0; k < n_lines; k++) lines[k].is_open &= lines[k].gap <= 1;
  }
  for (size_t k = 0; k < n_lines; k++) {
    size_t at = chosen(&lines[k], is_modern), column = lines[k].columns[at];
    double ratio = fabs(rows[lines[k].rows[at]][column] / level_at(rows[1], n, column));
    found += (double)lines[k].n >= ceil((double)widest / 4) && !(ratio < 1);
  }
  return (double)found;
}

static double peaks_by_json(const double *x, size_t n, size_t widest, bool is_modern) {
  char json[64];
  snprintf(json, sizeof json, "{\"number_cwt_peaks\": [{\"n\": %zu}]}", widest);
  return feature_by_json(json, is_modern, x, n);
}

static void ridges(void **state) {
  (void)state;
  double x[MOST];
  size_t n_different = 0;
  for (int round = 0; round < 4 * ROUNDS; round++) {
    size_t n = random_series(x, round), widest = 1 + next_random(&seed) % 39;
    double legacy = peaks(x, n, widest, false), modern = peaks(x, n, widest, true);
    expect_same("legacy", peaks_by_json(x, n, widest, false), legacy);
    expect_same("modern", peaks_by_json(x, n, widest, true), modern);
    n_different += legacy != modern;
  }
  assert_true(n_different > 0); /* so that the two rules are told apart */
}

static void several_widths_in_one_call(void **state) {
  (void)state;
  double x[MOST];
  size_t n = random_series(x, 2);
  static const char json[] = "{\"number_cwt_peaks\": [{\"n\": 9}, {\"n\": 2}]}";
  expect_same("first", feature_by_json(json, false, x, n), peaks(x, n, 9, false));
}

/* A tie by symmetry: places 8 and 9 see the same numbers in mirrored order, and rounding alone
 * makes a maximum of one of them. The reference has 2. */
static void ties_are_decided_by_rounding(void **state) {
  (void)state;
  static const double x[15] = {63, 61, 63, 64, 63, 63, 63, 63, 63, 63, 63, 63, 63, 64, 63};
  expect_same("tie", peaks_by_json(x, 15, 1, false), 2);
}

static void peaks_of_odd_series(void **state) {
  (void)state;
  double x[60] = {0};
  for (size_t n = 1; n < 60; n++) expect_same("zeros", peaks_by_json(x, n, 5, false), 0);
  x[30] = 1; /* an even number of points has two equal ones in the middle, */
  expect_same("one value", peaks_by_json(x, 60, 1, false), 0);
  x[31] = 1; /* and here the left one of the right wavelet meets the right one of the left */
  expect_same("two values", peaks_by_json(x, 60, 1, false), 1);
  for (size_t i = 0; i < 60; i++) x[i] = NAN;
  expect_same("NaN", peaks_by_json(x, 60, 5, false), 0);
  for (size_t i = 0; i < 60; i++) x[i] = i % 3 ? INFINITY : -INFINITY;
  assert_true(peaks_by_json(x, 60, 20, false) >= 0);
  for (size_t i = 0; i < 60; i++) x[i] = i % 3 ? 1e308 : -1e308;
  assert_true(peaks_by_json(x, 60, 20, false) >= 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(coefficients),
      cmocka_unit_test(coefficients_of_what_is_not_finite),
      cmocka_unit_test(widths_must_have_the_width),
      cmocka_unit_test(levels),
      cmocka_unit_test(levels_of_what_is_not_finite),
      cmocka_unit_test(ridges),
      cmocka_unit_test(several_widths_in_one_call),
      cmocka_unit_test(ties_are_decided_by_rounding),
      cmocka_unit_test(peaks_of_odd_series),
  };
  return cmocka_run_group_tests_name("fresh/wavelet", tests, NULL, NULL);
}
