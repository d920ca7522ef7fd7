/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spectra, entropies of histograms and autocorrelations against slow, obvious twins. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fresh/transforms.h"
#include "fresh_cases.h"

enum { MOST = 900, ROUNDS = 60 };

static uint64_t seed = 2025;

/* Noise, ties or a walk. */
static size_t random_series(double *x, int round) {
  size_t n = 1 + next_random(&seed) % (round % 4 ? 150 : MOST);
  double walk = 0;
  for (size_t i = 0; i < n; i++) {
    double noise = (double)(int64_t)next_random(&seed) * 0x1p-62;
    walk += noise;
    x[i] = round % 3 == 0 ? noise : round % 3 == 1 ? floor(4 * noise) : walk;
  }
  return n;
}

static void transform(const double *x, size_t n, size_t k, double *re, double *im) {
  long double sum_re = 0, sum_im = 0;
  for (size_t j = 0; j < n; j++) {
    long double angle = 2 * acosl(-1) * (long double)(j * k % n) / (long double)n;
    sum_re += x[j] * cosl(angle);
    sum_im -= x[j] * sinl(angle);
  }
  *re = (double)sum_re;
  *im = (double)sum_im;
}

static double norm(const double *x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
  return sqrt(sum);
}

static void coefficients(void **state) {
  (void)state;
  double x[MOST];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(x, round), k = next_random(&seed) % (n / 2 + 1);
    double want[4], atol = 1e-14 * norm(x, n);
    transform(x, n, k, &want[0], &want[1]);
    want[2] = hypot(want[0], want[1]);
    want[3] = atan2(want[1], want[0]) * 180 / M_PI;
    for (int attr = 0; attr < 3; attr++)
      expect_close("part", feature_value("fft_coefficient", (double[]){attr, (double)k}, x, n),
                   want[attr], 0, atol);
    if (want[2] < 1e-6 || fabs(want[1]) < atol) continue; /* the angle is noise, or may turn */
    expect_close("angle", feature_value("fft_coefficient", (double[]){3, (double)k}, x, n), want[3],
                 1e-12, 1e3 * atol / want[2]);
  }
}

static void aggregates(void **state) {
  (void)state;
  double x[MOST];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(x, round);
    long double m[5] = {0};
    for (size_t k = 0; k <= n / 2; k++) {
      double re, im;
      transform(x, n, k, &re, &im);
      for (int p = 0; p < 5; p++) m[p] += powl((long double)k, p) * hypot(re, im);
    }
    for (int p = 1; p < 5; p++) m[p] /= m[0];
    long double c = m[1], v = m[2] - c * c;
    const long double want[] = {c, v, (m[3] - 3 * c * v - c * c * c) / powl(v, 1.5L),
                                (m[4] - 4 * c * m[3] + 6 * m[2] * c * c - 3 * c) / (v * v)};
    for (int type = 0; type < (v > 0.6L ? 4 : v > 0 ? 2 : 0); type++)
      expect_close("aggregate", feature_value("fft_aggregated", (double[]){type}, x, n),
                   (double)want[type], 1e-10, 1e-12);
  }
}

/* @return how many densities */
static size_t welch(const double *x, size_t n, double *density) {
  size_t l = n < 256 ? n : 256, segments = 0;
  double y[256], energy = 0;
  for (size_t k = 0; k <= l / 2; k++) density[k] = 0;
  for (size_t at = 0; at + l <= n; at += l - l / 2, segments++) {
    double mean = 0;
    energy = 0;
    for (size_t i = 0; i < l; i++) mean += x[at + i] / (double)l;
    for (size_t i = 0; i < l; i++) {
      double w = l == 1 ? 1 : pow(sin(M_PI * (double)i / (double)l), 2);
      y[i] = w * (x[at + i] - mean);
      energy += w * w;
    }
    for (size_t k = 0; k <= l / 2; k++) {
      double re, im;
      transform(y, l, k, &re, &im);
      density[k] += (re * re + im * im) * (k == 0 || 2 * k == l ? 1 : 2);
    }
  }
  for (size_t k = 0; k <= l / 2; k++) density[k] /= energy * (double)segments;
  return l / 2 + 1;
}

static double entropy_of(const double *x, size_t n, size_t bins) {
  double low = x[0], high = x[0], sum = 0;
  for (size_t i = 0; i < n; i++) low = fmin(low, x[i]), high = fmax(high, x[i]);
  if (low == high) low -= 0.5, high += 0.5;
  for (size_t j = 0; j < bins; j++) {
    double from = low + (double)j * ((high - low) / (double)bins), count = 0;
    double to = j + 1 == bins ? high : low + (double)(j + 1) * ((high - low) / (double)bins);
    for (size_t i = 0; i < n; i++)
      count += x[i] >= from && (x[i] < to || (j + 1 == bins && x[i] == to));
    if (count > 0) sum -= count / (double)n * log(count / (double)n);
  }
  return sum;
}

static void densities(void **state) {
  (void)state;
  double x[MOST], density[129];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(x, round), m = welch(x, n, density);
    double most = 0;
    for (size_t k = 0; k < m; k++) most = fmax(most, density[k]);
    for (size_t k = 0; k < m + 2; k += 3)
      expect_close("density", feature_value("spkt_welch_density", (double[]){(double)k}, x, n),
                   k < m ? density[k] : NAN, 1e-10, 1e-14 * most);
    if (round % 3 == 1 || n < 20) continue; /* noise may lie on either side of an edge */
    for (size_t k = 0; k < m; k++) density[k] /= most;
    double bins = (double)(2 + next_random(&seed) % 20);
    expect_close("fourier_entropy", feature_value("fourier_entropy", &bins, x, n),
                 entropy_of(density, m, (size_t)bins), 1e-12, 1e-14);
  }
}

static void histograms(void **state) {
  (void)state;
  double x[MOST];
  for (int round = 0; round < 5 * ROUNDS; round++) {
    size_t n = random_series(x, round);
    double bins = (double)(1 + next_random(&seed) % 40);
    expect_close("binned_entropy", feature_value("binned_entropy", &bins, x, n),
                 entropy_of(x, n, (size_t)bins), 1e-12, 1e-14);
  }
}

/* ---- autocorrelations ---- */

static double lag_sum(const double *x, size_t n, size_t lag) {
  long double mean = 0, sum = 0;
  for (size_t i = 0; i < n; i++) mean += x[i];
  mean /= (long double)n;
  for (size_t i = 0; i + lag < n; i++) sum += (x[i] - mean) * (x[i + lag] - mean);
  return (double)sum;
}

static void autocorrelations(void **state) {
  (void)state;
  double x[MOST];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(x, round);
    if (n < 12) continue;
    double lag = (double)(next_random(&seed) % n), maxlag = 1 + (double)(next_random(&seed) % n);
    double rest = (double)n - lag, whole = lag_sum(x, n, 0), sum = 0;
    expect_close("autocorrelation", feature_value("autocorrelation", &lag, x, n),
                 lag_sum(x, n, (size_t)lag) / rest * (double)n / whole, 1e-11, 1e-13);
    maxlag = fmin(maxlag, (double)(n - 1));
    for (size_t l = 1; l <= (size_t)maxlag; l++)
      sum += lag_sum(x, n, l) / (double)(n - l) * (double)n / whole;
    expect_close("mean", feature_value("agg_autocorrelation", (double[]){0, maxlag}, x, n),
                 sum / maxlag, 1e-10, 1e-12);
  }
}

/* Many lags of a long series come from a transform. */
static void far_lags(void **state) {
  (void)state;
  enum { N = 2003 };
  static double x[N];
  double whole, most = -INFINITY;
  for (size_t i = 0; i < N; i++) x[i] = 5 + (double)(int64_t)next_random(&seed) * 0x1p-62;
  whole = lag_sum(x, N, 0) / N;
  for (size_t l = 1; l < N; l++) most = fmax(most, lag_sum(x, N, l) / (double)(N - l) / whole);
  expect_close("all", feature_value("agg_autocorrelation", (double[]){4, 5000}, x, N), most, 1e-11,
               0);
  most = -INFINITY;
  for (size_t l = 1; l <= 700; l++) most = fmax(most, lag_sum(x, N, l) / (double)(N - l) / whole);
  expect_close("700", feature_value("agg_autocorrelation", (double[]){4, 700}, x, N), most, 1e-11,
               0);
}

/* Transforms are used again, with what a run has left in their buffers. */
static void steps_repeat(void **state) {
  (void)state;
  enum { N = 1300, LAGS = 600 };
  static double x[N], arena[8 * N], first[LAGS], density[129];
  const unsigned needs = fresh__all_needs(FRESH_LAGS | FRESH_WELCH | FRESH_SPECTRUM);
  fresh_transforms transforms = {0};
  fresh_series s = {.x = x, .n = N, .n_lags = LAGS};
  for (size_t i = 0; i < N; i++) x[i] = (double)(int64_t)next_random(&seed) * 0x1p-62;
  assert_true(fresh__arena_size(needs, N, N) <= sizeof arena / sizeof *arena);
  for (int round = 0; round < 2; round++) {
    assert_int_equal(fresh__transforms_open(&transforms, needs, &s, NULL), ML_OK);
    fresh__prepare(&s, needs, arena);
    if (round == 0) {
      memcpy(first, s.lag_sums, sizeof first);
      memcpy(density, s.density, sizeof density);
    }
    assert_memory_equal(first, s.lag_sums, sizeof first);
    assert_memory_equal(density, s.density, sizeof density);
  }
  fresh__transforms_release(&transforms);
}

/* A column has the same bits whatever else is computed. */
static void columns_are_independent(void **state) {
  (void)state;
  enum { N = 1500 };
  static double x[N];
  for (size_t i = 0; i < N; i++) x[i] = (double)(int64_t)next_random(&seed) * 0x1p-62;
#define FIRST(first, more) feature_by_json("{" first more "}", false, x, N)
#define NEAR               "\"agg_autocorrelation\": [{\"f_agg\": \"mean\", \"maxlag\": 40}"
#define LAG                "\"autocorrelation\": [{\"lag\": 300}]"
  double alone = FIRST(NEAR, "]");
  expect_same("near", FIRST(NEAR, ", {\"f_agg\": \"mean\", \"maxlag\": 1400}]"), alone);
  expect_same("near", FIRST(NEAR, "], " LAG), alone);
  alone = FIRST(LAG, "");
  expect_same("far", FIRST(LAG, ", " NEAR ", {\"f_agg\": \"mean\", \"maxlag\": 1400}]"), alone);
#undef LAG
#undef NEAR
#undef FIRST
}

/* The last coefficient of the Yule-Walker equations, by elimination. */
static double partial_of(const double *r, size_t order) {
  long double a[16][17];
  for (size_t i = 0; i < order; i++) {
    for (size_t j = 0; j < order; j++) a[i][j] = r[i > j ? i - j : j - i];
    a[i][order] = r[i + 1];
  }
  for (size_t i = 0; i < order; i++)
    for (size_t k = i + 1; k < order; k++) {
      long double factor = a[k][i] / a[i][i];
      for (size_t j = i; j <= order; j++) a[k][j] -= factor * a[i][j];
    }
  return (double)(a[order - 1][order] / a[order - 1][order - 1]);
}

static void partials(void **state) {
  (void)state;
  double x[MOST], r[16];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(x, round);
    if (n < 50) continue;
    for (size_t l = 0; l < 16; l++) r[l] = lag_sum(x, n, l) / (double)(n - l);
    for (size_t l = 1; l < 16; l += 3)
      expect_close("partial", feature_value("partial_autocorrelation", (double[]){(double)l}, x, n),
                   partial_of(r, l), 1e-8, 1e-10);
  }
}

/* ---- what must not change ---- */

static void invariants(void **state) {
  (void)state;
  double x[MOST], y[MOST];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(x, round);
    const double at[] = {2, (double)(next_random(&seed) % (n / 2 + 1))}, five = 5;
    double size = feature_value("fft_coefficient", at, x, n), atol = 1e-13 * norm(x, n);
    for (size_t i = 0; i < n; i++) y[i] = x[n - 1 - i];
    expect_close("reversal", feature_value("fft_coefficient", at, y, n), size, 0, atol);
    for (size_t i = 0; i < n; i++) y[i] = x[(i + 3) % n];
    expect_close("rotation", feature_value("fft_coefficient", at, y, n), size, 0, atol);
    for (size_t i = 0; i < n; i++) y[i] = 4 * x[i];
    expect_same("scale", feature_value("fft_coefficient", at, y, n), 4 * size);
    expect_same("entropy", feature_value("binned_entropy", &five, y, n),
                feature_value("binned_entropy", &five, x, n));
    expect_same("spectrum", feature_value("fourier_entropy", &five, y, n),
                feature_value("fourier_entropy", &five, x, n));
  }
}

/* Of many lengths the last ones are kept, and none that is in use is dropped. */
static void transforms_are_kept(void **state) {
  (void)state;
  fresh_transforms kept = {0};
  ml_error err = {0};
  fresh_series s = {.n = 400};
  assert_int_equal(fresh__transforms_open(&kept, FRESH_SPECTRUM, &s, &err), ML_OK);
  fresh_fft *first = s.transform;
  for (size_t n = 1; n < 100; n++) {
    fresh_series other = {.n = n};
    assert_int_equal(fresh__transforms_open(&kept, FRESH_SPECTRUM | FRESH_WELCH, &other, &err),
                     ML_OK);
    assert_int_equal(fresh__fft_length(other.transform), n);
    assert_ptr_equal(other.transform, other.welch_transform);
    if (n % 10) continue;
    assert_int_equal(fresh__transforms_open(&kept, FRESH_SPECTRUM, &s, &err), ML_OK);
    assert_ptr_equal(s.transform, first);
  }
  for (size_t n = 300000; n < 300003; n++) { /* each takes all that may be kept */
    fresh_series large = {.n = n, .n_lags = n};
    assert_int_equal(
        fresh__transforms_open(&kept, FRESH_SPECTRUM | FRESH_WELCH | FRESH_LAGS, &large, &err),
        ML_OK);
    assert_int_equal(fresh__fft_length(large.transform), n);
    assert_int_equal(fresh__fft_length(large.welch_transform), 256);
    assert_true(fresh__fft_length(large.lag_transform) >= 2 * n - 1);
    size_t count = 0;
    for (size_t i = 0; i < FRESH_TRANSFORMS_KEPT; i++) count += kept.kept[i].fft != NULL;
    assert_true(count <= 3);
  }
  fresh__transforms_release(&kept);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(coefficients),
      cmocka_unit_test(aggregates),
      cmocka_unit_test(densities),
      cmocka_unit_test(histograms),
      cmocka_unit_test(autocorrelations),
      cmocka_unit_test(far_lags),
      cmocka_unit_test(steps_repeat),
      cmocka_unit_test(columns_are_independent),
      cmocka_unit_test(partials),
      cmocka_unit_test(invariants),
      cmocka_unit_test(transforms_are_kept),
  };
  return cmocka_run_group_tests_name("fresh/spectral twins", tests, NULL, NULL);
}
