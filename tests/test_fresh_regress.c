/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines through series, autoregressions, the Dickey-Fuller test: by hand, and against a twin that
 * orthogonalizes the regressors one after the other in long double. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fresh/lagged.h"
#include "fresh/pinv.h"
#include "fresh/plan.h"
#include "fresh_cases.h"

/* attr: pvalue, rvalue, intercept, slope, stderr, intercept_stderr */
static feature_case cases[] = {
    {"slope: exact line", "linear_trend", {{3}}, 4, {1, 3, 5, 7}, 2},
    {"intercept: exact line", "linear_trend", {{2}}, 4, {1, 3, 5, 7}, 1},
    {"rvalue: exact line", "linear_trend", {{1}}, 4, {1, 3, 5, 7}, 1},
    {"rvalue: falling line", "linear_trend", {{1}}, 4, {7, 5, 3, 1}, -1},
    {"stderr: exact line", "linear_trend", {{4}}, 4, {1, 3, 5, 7}, 0},
    {"pvalue: exact line", "linear_trend", {{0}}, 4, {1, 3, 5, 7}, 1e-20},
    /* 0 0 3: t - 1 = -1 0 1; Sxx 2/3, Sxy 1, Syy 2 */
    {"slope: by hand", "linear_trend", {{3}}, 3, {0, 0, 3}, 1.5},
    {"intercept: by hand", "linear_trend", {{2}}, 3, {0, 0, 3}, -.5},
    {"rvalue: by hand", "linear_trend", {{1}}, 3, {0, 0, 3}, 0.8660254037844386},
    {"stderr: by hand", "linear_trend", {{4}}, 3, {0, 0, 3}, 0.8660254037844386},
    {"intercept_stderr: by hand", "linear_trend", {{5}}, 3, {0, 0, 3}, 1.118033988749895},
    /* one degree of freedom: Cauchy, t = sqrt(3): 2 (1/2 - atan(t) / pi) */
    {"pvalue: Cauchy", "linear_trend", {{0}}, 3, {0, 0, 3}, 1 / 3.},
    {"pvalue: constant", "linear_trend", {{0}}, 3, {4, 4, 4}, 1},
    {"rvalue: constant", "linear_trend", {{1}}, 3, {4, 4, 4}, 0},
    {"stderr: constant", "linear_trend", {{4}}, 3, {4, 4, 4}, 0},
    {"pvalue: two values", "linear_trend", {{0}}, 2, {4, 5}, 0},
    {"pvalue: two equal values", "linear_trend", {{0}}, 2, {4, 4}, 1},
    {"stderr: two values", "linear_trend", {{4}}, 2, {4, 5}, 0},
    {"intercept_stderr: two values", "linear_trend", {{5}}, 2, {4, 5}, 0},
    {"rvalue: one value", "linear_trend", {{1}}, 1, {4}, 0},
    {"slope: one value", "linear_trend", {{3}}, 1, {4}, NAN},
    {"pvalue: one value", "linear_trend", {{0}}, 1, {4}, NAN},
    {"slope: NaN", "linear_trend", {{3}}, 3, {4, NAN, 5}, NAN},
    /* attr, chunk_len, f_agg: max min mean var std sum prod ptp; chunks 1 4, 2 8, 3 */
    {"chunks: slope of max", "agg_linear_trend", {{3, 2, 0}}, 5, {1, 4, 2, 8, 3}, -.5},
    {"chunks: slope of min", "agg_linear_trend", {{3, 2, 1}}, 5, {1, 4, 2, 8, 3}, 1},
    {"chunks: slope of mean", "agg_linear_trend", {{3, 2, 2}}, 5, {1, 4, 2, 8, 3}, .25},
    {"chunks: slope of var", "agg_linear_trend", {{3, 2, 3}}, 5, {1, 4, 2, 8, 3}, -1.125},
    {"chunks: slope of std", "agg_linear_trend", {{3, 2, 4}}, 5, {1, 4, 2, 8, 3}, -.75},
    {"chunks: slope of sum", "agg_linear_trend", {{3, 2, 5}}, 5, {1, 4, 2, 8, 3}, -1},
    {"chunks: slope of prod", "agg_linear_trend", {{3, 2, 6}}, 5, {1, 4, 2, 8, 3}, -.5},
    {"chunks: slope of ptp", "agg_linear_trend", {{3, 2, 7}}, 5, {1, 4, 2, 8, 3}, -1.5},
    {"chunks: intercept of max", "agg_linear_trend", {{2, 2, 0}}, 5, {1, 4, 2, 8, 3}, 5.5},
    {"chunks: as long as the series", "agg_linear_trend", {{3, 5, 0}}, 5, {1, 4, 2, 8, 3}, NAN},
    {"chunks: NaN is largest", "agg_linear_trend", {{3, 2, 0}}, 4, {1, NAN, 2, 8}, NAN},
    {"chunks: NaN is lowest", "agg_linear_trend", {{3, 2, 1}}, 4, {1, NAN, 2, 8}, NAN},
    {"chunks: two of them", "agg_linear_trend", {{0, 3, 0}}, 4, {1, 4, 2, 8}, 0},
    /* coeff, k: x[t] = 1 + 2 x[t-1] */
    {"ar: slope of an exact line", "ar_coefficient", {{1, 1}}, 5, {0, 1, 3, 7, 15}, 2},
    {"ar: constant of an exact line", "ar_coefficient", {{0, 1}}, 5, {0, 1, 3, 7, 15}, 1},
    {"ar: too short", "ar_coefficient", {{0, 1}}, 3, {0, 1, 3}, NAN},
    {"ar: too short, last coefficient", "ar_coefficient", {{1, 1}}, 3, {0, 1, 3}, 0},
    {"ar: too short, beyond", "ar_coefficient", {{2, 1}}, 3, {0, 1, 3}, NAN},
    {"ar: beyond k", "ar_coefficient", {{2, 1}}, 5, {0, 1, 3, 7, 15}, NAN},
    {"ar: no lag is the mean", "ar_coefficient", {{0, 0}}, 4, {1, 2, 3, 6}, 3},
    /* the shortest of 3 = b + 3 b': c / (1 + k c^2) (1, c) */
    {"ar: constant series", "ar_coefficient", {{0, 1}}, 5, {3, 3, 3, 3, 3}, .3},
    {"ar: constant series, lag", "ar_coefficient", {{1, 1}}, 5, {3, 3, 3, 3, 3}, .9},
    {"ar: zeros", "ar_coefficient", {{1, 1}}, 5, {0, 0, 0, 0, 0}, 0},
    {"ar: NaN", "ar_coefficient", {{1, 1}}, 5, {0, 1, NAN, 7, 15}, NAN},
    {"ar: infinity", "ar_coefficient", {{1, 1}}, 5, {0, 1, INFINITY, 7, 15}, NAN},
    {"ar: -infinity fails", "ar_coefficient", {{1, 1}}, 5, {0, 1, -INFINITY, 7, 15}, 0},
    /* attr: teststat pvalue usedlag; autolag: AIC BIC t-stat */
    {"adf: three values", "augmented_dickey_fuller", {{2, 0}}, 3, {1, 2, 1}, NAN},
    {"adf: constant, no lag", "augmented_dickey_fuller", {{2, 0}}, 9, {[0 ... 8] = 2}, 0},
    {"adf: constant", "augmented_dickey_fuller", {{0, 0}}, 9, {[0 ... 8] = 2}, NAN},
    {"adf: constant, p", "augmented_dickey_fuller", {{1, 0}}, 9, {[0 ... 8] = 2}, NAN},
    /* d = 2 -1 2 on 1 and x = 0 2 1: slope -3/2, residuals -1/2 -1/2 1, Sxx 2:
     * -1.5 / sqrt(1.5 / 1 / 2) */
    {"adf: by hand", "augmented_dickey_fuller", {{0, 0}}, 4, {0, 2, 1, 3}, -1.7320508075688772},
    {"adf: no lag fits", "augmented_dickey_fuller", {{2, 0}}, 4, {0, 2, 1, 3}, 0},
    {"adf: NaN", "augmented_dickey_fuller", {{2, 0}}, 5, {0, NAN, 1, 3, 4}, NAN},
    {"adf: NaN at the end", "augmented_dickey_fuller", {{2, 0}}, 5, {0, 3, 1, 3, NAN}, 0},
};

/* ---- the twin ---- */

enum { MOST = 400, COLUMNS = 32, ROUNDS = 120 };

static uint64_t seed = 77;

static double noise(void) {
  return (double)(int64_t)next_random(&seed) * 0x1p-62;
}

/* Noise, a walk, a walk with a drift far from 0, an autoregression, a wave with noise, and with so
 * little that sums of products alone are not enough. */
static size_t random_series(double *x, int round) {
  size_t n = 30 + next_random(&seed) % (MOST - 30);
  double walk = 0;
  for (size_t i = 0; i < n; i++) {
    double e = noise();
    walk = round % 6 == 3 ? 0.8 * walk + e : walk + e;
    const double values[] = {e,
                             walk,
                             1000 + (double)i + 3 * walk,
                             walk,
                             sin((double)i / 5) + e / 4,
                             sin((double)i / 5) + e / 2000};
    x[i] = values[round % 6];
  }
  return n;
}

typedef struct slow_fit {
  long double beta[COLUMNS], ssr, variance_of_last; /* element of the inverse of X'X */
} slow_fit;

/* Modified Gram-Schmidt, twice. */
static slow_fit fit_slowly(const long double (*columns)[MOST], size_t k, size_t n,
                           const long double *y) {
  static long double q[COLUMNS][MOST];
  static long double r[COLUMNS][COLUMNS];
  long double rest[MOST], z[COLUMNS];
  slow_fit fit = {.ssr = 0};
  memset(r, 0, sizeof r);
  for (size_t j = 0; j < k; j++) {
    memcpy(q[j], columns[j], n * sizeof **q);
    for (int pass = 0; pass < 2; pass++)
      for (size_t l = 0; l < j; l++) {
        long double sum = 0;
        for (size_t i = 0; i < n; i++) sum += q[l][i] * q[j][i];
        for (size_t i = 0; i < n; i++) q[j][i] -= sum * q[l][i];
        r[l][j] += sum;
      }
    long double norm = 0;
    for (size_t i = 0; i < n; i++) norm += q[j][i] * q[j][i];
    r[j][j] = sqrtl(norm);
    for (size_t i = 0; i < n; i++) q[j][i] /= r[j][j];
  }
  memcpy(rest, y, n * sizeof *rest);
  for (size_t j = 0; j < k; j++) {
    z[j] = 0;
    for (size_t i = 0; i < n; i++) z[j] += q[j][i] * rest[i];
    for (size_t i = 0; i < n; i++) rest[i] -= z[j] * q[j][i];
  }
  for (size_t i = 0; i < n; i++) fit.ssr += rest[i] * rest[i];
  for (size_t j = k; j-- > 0;) {
    fit.beta[j] = z[j];
    for (size_t l = j + 1; l < k; l++) fit.beta[j] -= r[j][l] * fit.beta[l];
    fit.beta[j] /= r[j][j];
  }
  fit.variance_of_last = 1 / (r[k - 1][k - 1] * r[k - 1][k - 1]);
  return fit;
}

static void autoregressions(void **state) {
  (void)state;
  static long double columns[COLUMNS][MOST];
  double x[MOST];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(x, round), k = 1 + next_random(&seed) % 10, rows = n - k;
    long double y[MOST];
    for (size_t i = 0; i < rows; i++) {
      columns[0][i] = 1;
      for (size_t j = 1; j <= k; j++) columns[j][i] = x[k + i - j];
      y[i] = x[k + i];
    }
    slow_fit fit = fit_slowly(columns, k + 1, rows, y);
    for (size_t j = 0; j <= k; j++) {
      const double args[] = {(double)j, (double)k};
      expect_close("ar_coefficient", feature_value("ar_coefficient", args, x, n),
                   (double)fit.beta[j], 1e-10, 1e-12);
    }
  }
}

/* Constant, lags, level; and the change. @return number of rows */
static size_t fill_design(const double *x, size_t n, size_t p, size_t first,
                          long double (*columns)[MOST], long double *y) {
  size_t rows = n - 1 - first;
  for (size_t i = 0; i < rows; i++) {
    size_t t = first + i;
    columns[0][i] = 1;
    for (size_t j = 1; j <= p; j++) columns[j][i] = x[t - j + 1] - x[t - j];
    columns[p + 1][i] = x[t];
    y[i] = x[t + 1] - x[t];
  }
  return rows;
}

static void unit_roots(void **state) {
  (void)state;
  static long double columns[COLUMNS][MOST];
  static const char *const methods[] = {"AIC", "BIC"};
  double x[MOST];
  long double y[MOST];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(x, round), best[2] = {0};
    size_t most = (size_t)fmin(ceil(12 * pow((double)n / 100, 0.25)), (double)(n / 2) - 2);
    double least[2] = {INFINITY, INFINITY};
    for (size_t p = 0; p <= most; p++) {
      size_t rows = fill_design(x, n, p, most, columns, y);
      slow_fit fit = fit_slowly(columns, p + 2, rows, y);
      for (int m = 0; m < 2; m++) {
        double value =
            (double)rows * (double)logl(fit.ssr) + (m ? log((double)rows) : 2) * (double)(p + 2);
        if (value < least[m]) least[m] = value, best[m] = p;
      }
    }
    for (int m = 0; m < 2; m++) {
      size_t p = best[m], rows = fill_design(x, n, p, p, columns, y);
      slow_fit fit = fit_slowly(columns, p + 2, rows, y);
      long double scale = fit.ssr / (long double)(rows - p - 2);
      double t = (double)(fit.beta[p + 1] / sqrtl(scale * fit.variance_of_last));
      const double lag[] = {2, m}, statistic[] = {0, m};
      expect_same(methods[m], feature_value("augmented_dickey_fuller", lag, x, n), (double)p);
      expect_close(methods[m], feature_value("augmented_dickey_fuller", statistic, x, n), t, 1e-10,
                   1e-12);
    }
  }
}

/* Beside a column of ones, columns of small values make the pseudo-inverse lose eight digits, the
 * same ones for the reference and for us. */
static void small_values_have_the_errors_of_the_pseudo_inverse(void **state) {
  (void)state;
  enum { N = 8, LAGS = 2, ROWS = N - 1 - LAGS };
  const double x[N] = {8e-8, 2e-8, 3e-8, 8e-8, 1e-8, 5e-8, 6e-8, -5e-8};
  double d[N - 1];
  for (size_t i = 0; i < N - 1; i++) d[i] = x[i + 1] - x[i];
  const fresh_design design = {.y = d + LAGS,
                               .lagged = d + LAGS,
                               .other = x + LAGS,
                               .has_constant = true,
                               .is_constant_last = true,
                               .n_lags = LAGS,
                               .n_rows = ROWS};
  double *work = malloc(fresh__pinv_size(LAGS + 3, ROWS) * sizeof *work);
  fresh_matrix matrix = fresh__pinv_matrix(&design, work);
  fresh_fit fit = fresh__pinv_fit(&matrix, LAGS + 2, 0);
  double t = matrix.beta[0] / sqrt(fit.ssr / (ROWS - (double)fit.rank) * fit.variance);
  const double args[] = {0, NAN}; /* teststat, None */
  expect_close("teststat", feature_value("augmented_dickey_fuller", args, x, N), t, 1e-13, 0);
  free(work);
}

/* Both ways of fitting give the same where both can. */
static void pseudo_inverse_agrees(void **state) {
  (void)state;
  double x[MOST];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(x, round), k = 1 + next_random(&seed) % 10;
    const fresh_design design = {
        .y = x + k, .lagged = x + k, .has_constant = true, .n_lags = k, .n_rows = n - k};
    double *work = malloc(fresh__pinv_size(k + 2, n - k) * sizeof *work);
    fresh_matrix matrix = fresh__pinv_matrix(&design, work);
    fresh_fit fit = fresh__pinv_fit(&matrix, k + 1, 0);
    assert_true(fit.is_solved);
    assert_int_equal(fit.rank, k + 1);
    for (size_t j = 0; j <= k; j++) {
      const double args[] = {(double)j, (double)k};
      expect_close("pinv", matrix.beta[j], feature_value("ar_coefficient", args, x, n), 1e-7, 1e-8);
    }
    free(work);
  }
}

/* Many rows become a triangle first; the fit is that of least squares: residuals have no product
 * with any regressor. */
static void many_rows(void **state) {
  (void)state;
  enum { N = 40000, K = 4 };
  static double x[N], work[1 << 18];
  for (size_t i = 0; i < N; i++) x[i] = noise() + (i > 1 ? x[i - 1] - 0.5 * x[i - 2] : 0);
  const fresh_design design = {
      .y = x + K, .lagged = x + K, .has_constant = true, .n_lags = K, .n_rows = N - K};
  assert_true(fresh__pinv_size(K + 2, N - K) <= sizeof work / sizeof *work);
  fresh_matrix matrix = fresh__pinv_matrix(&design, work);
  fresh_fit fit = fresh__pinv_fit(&matrix, K + 1, 0);
  double product[K + 1] = {0}, ssr = 0;
  for (size_t t = K; t < N; t++) {
    double left = x[t] - matrix.beta[0];
    for (size_t j = 1; j <= K; j++) left -= matrix.beta[j] * x[t - j];
    product[0] += left;
    for (size_t j = 1; j <= K; j++) product[j] += left * x[t - j];
    ssr += left * left;
  }
  for (size_t j = 0; j <= K; j++) expect_close("product", product[j], 0, 0, 1e-8);
  expect_close("ssr", fit.ssr, ssr, 1e-10, 0);
}

/* However many there are, c = b + b' c + ... + b' c has the shortest solution c / (1 + k c^2) (1,
 * c,
 * ..., c), and no rounding stands in for a second equation. */
static void many_equal_rows(void **state) {
  (void)state;
  enum { N = 40000, K = 10 };
  static double x[N];
  for (size_t i = 0; i < N; i++) x[i] = 0.1;
  for (size_t j = 0; j <= K; j++) {
    const double args[] = {(double)j, K};
    expect_close("coefficient", feature_value("ar_coefficient", args, x, N),
                 (j > 0 ? 0.01 : 0.1) / 1.1, 1e-10, 0);
  }
}

/* Sums of neighbouring lags against sums, with a value near each end that would drown the rest. */
static void sums_of_products(void **state) {
  (void)state;
  enum { M = 60, K = 7 };
  double a[M], other[M], memory[(K + 2) * (K + 3)];
  for (size_t i = 0; i < M; i++) a[i] = noise(), other[i] = noise();
  a[1] = a[M - 2] = 1e12;
  lag_sums sums = {.a = a, .other = other, .m = M, .k = K};
  lagged__sum(&sums, memory);
  for (size_t first = K; first + 1 > 3; first--) {
    if (first < K) lagged__add_rows(&sums, first);
    for (size_t i = 0; i <= first; i++)
      for (size_t j = i; j <= first; j++) {
        long double want = 0, with = 0, size = 0, size_with = 0;
        for (size_t t = first; t < M; t++) {
          want += (long double)a[t - i] * a[t - j], size += fabs(a[t - i] * a[t - j]);
          with += (long double)a[t - i] * other[t], size_with += fabs(a[t - i] * other[t]);
        }
        expect_close("cross", sums.cross[i * (K + 2) + j], (double)want, 0, 1e-15 * (double)size);
        expect_close("other", sums.cross[i * (K + 2) + K + 1], (double)with, 0,
                     1e-15 * (double)size_with);
      }
  }
}

/* ---- dates ---- */

static double timewise(size_t attr, const double *x, const int64_t *times, size_t n) {
  const fresh_feature *feature = (const fresh_feature *)ml_fresh_find("linear_trend_timewise");
  const fresh_args args = {.v = {(double)attr}};
  double work[3 * 8], value;
  fresh_series s = {.x = x, .n = n, .times = times, .work = work};
  fresh__compute(feature, &s, &args, 1, &value);
  return value;
}

static void hours_since_the_first(void **state) {
  (void)state;
  const int64_t hour = 3600000000000, start = -86400000000000;
  const int64_t times[] = {start, start + hour, start + 4 * hour}, same[] = {start, start};
  const double x[] = {1, 3, 9};
  expect_close("slope", timewise(3, x, times, 3), 2, 1e-14, 0);
  expect_close("intercept", timewise(2, x, times, 3), 1, 1e-14, 0);
  expect_close("rvalue", timewise(1, x, times, 3), 1, 1e-14, 0);
  expect_same("no time passes", timewise(3, x, same, 2), NAN);
  expect_same("one value", timewise(3, x, times, 1), NAN);
  /* The ends of what 64 bits hold are 2^64 - 1 ns apart. */
  const int64_t ends[] = {INT64_MIN, INT64_MAX};
  expect_close("far", timewise(3, x, ends, 2), 2 / (18446744073709551615e-9 / 3600), 1e-14, 0);
}

/* ---- what newer releases changed ---- */

static void modern_rules(void **state) {
  (void)state;
  static const struct {
    const char *json;
    double reference, modern;
    size_t n;
    double x[9];
  } rules[] = {
      {"{\"linear_trend\": [{\"attr\": \"rvalue\"}]}", 0, NAN, 3, {2, 2, 2}},
      {"{\"linear_trend\": [{\"attr\": \"pvalue\"}]}", 1, NAN, 3, {2, 2, 2}},
      {"{\"linear_trend\": [{\"attr\": \"stderr\"}]}", 0, NAN, 3, {2, 2, 2}},
      {"{\"linear_trend\": [{\"attr\": \"slope\"}]}", 0, 0, 3, {2, 2, 2}},
      {"{\"linear_trend\": [{\"attr\": \"pvalue\"}]}", 0, NAN, 2, {2, 3}},
      {"{\"linear_trend\": [{\"attr\": \"stderr\"}]}", 0, NAN, 2, {2, 3}},
      {"{\"linear_trend\": [{\"attr\": \"rvalue\"}]}", 0, NAN, 1, {2}},
      {"{\"augmented_dickey_fuller\": [{\"attr\": \"usedlag\", \"autolag\": \"AIC\"}]}",
       0,
       NAN,
       9,
       {[0 ... 8] = 2}},
  };
  for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
    expect_same(rules[i].json, feature_by_json(rules[i].json, false, rules[i].x, rules[i].n),
                rules[i].reference);
    expect_same(rules[i].json, feature_by_json(rules[i].json, true, rules[i].x, rules[i].n),
                rules[i].modern);
  }
}

/* ---- properties ---- */

/* Shifts and scales, by powers of two where bits are to stay, and reversal. */
static void properties(void **state) {
  (void)state;
  double x[MOST], y[MOST];
  for (int round = 0; round < 30; round++) {
    size_t n = random_series(x, round);
    const double slope[] = {3}, r[] = {1}, p[] = {0}, lag[] = {2, 0}, statistic[] = {0, 0};
    for (size_t i = 0; i < n; i++) y[i] = 4 * x[i];
    expect_same("slope", feature_value("linear_trend", slope, y, n),
                4 * feature_value("linear_trend", slope, x, n));
    expect_close("statistic", feature_value("augmented_dickey_fuller", statistic, y, n),
                 feature_value("augmented_dickey_fuller", statistic, x, n), 1e-12, 0);
    for (size_t i = 0; i < n; i++) y[i] = x[n - 1 - i];
    expect_close("rvalue", feature_value("linear_trend", r, y, n),
                 -feature_value("linear_trend", r, x, n), 1e-12, 1e-12);
    expect_close("pvalue", feature_value("linear_trend", p, y, n),
                 feature_value("linear_trend", p, x, n), 1e-9, 1e-12);
    for (size_t i = 0; i < n; i++) y[i] = x[i] + 64;
    expect_same("lag", feature_value("augmented_dickey_fuller", lag, y, n),
                feature_value("augmented_dickey_fuller", lag, x, n));
    for (size_t k = 1; k <= 3; k++) {
      const double args[] = {(double)k, 3};
      expect_close("ar", feature_value("ar_coefficient", args, y, n),
                   feature_value("ar_coefficient", args, x, n), 1e-9, 1e-10);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(autoregressions),
      cmocka_unit_test(unit_roots),
      cmocka_unit_test(small_values_have_the_errors_of_the_pseudo_inverse),
      cmocka_unit_test(pseudo_inverse_agrees),
      cmocka_unit_test(many_rows),
      cmocka_unit_test(many_equal_rows),
      cmocka_unit_test(sums_of_products),
      cmocka_unit_test(hours_since_the_first),
      cmocka_unit_test(modern_rules),
      cmocka_unit_test(properties),
  };
  int failed = cmocka_run_group_tests_name("fresh/regressions", tests, NULL, NULL);
  return failed + run_feature_cases("fresh/regress", cases, sizeof cases / sizeof *cases);
}
