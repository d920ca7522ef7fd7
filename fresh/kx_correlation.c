/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KX's correlations of a series with itself. */
#include <math.h>

#include "aggregate.h"
#include "kx.h"

/* Mean product of deviations k steps apart, k < n. */
static double covariance(const fresh_series *s, size_t k) {
  double sum = k < s->n_lags ? s->lag_sums[k] : fresh__lag_sum(s->centered, s->n, k);
  return sum / (double)(s->n - k);
}

/* ---- autoCorr ---- */

static double correlation(const fresh_series *s, double lag) {
  if (lag == 0) return 1; /* of a constant series, too */
  if (lag >= (double)s->n || s->min == s->max) return NAN;
  return covariance(s, (size_t)lag) / s->variance;
}

static void autoCorr(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  for (size_t k = 0; k < n_args; k++) out[k] = correlation(s, args[k].v[0]);
}

static size_t lags_up_to_first(const fresh_args *args, size_t n_args) {
  double most = 0;
  for (size_t k = 0; k < n_args; k++) most = args[k].v[0] > most ? args[k].v[0] : most;
  return (size_t)most + 1;
}

static const ml_fresh_param lag_params[] = {
    {.name = "lag", .kind = ML_PARAM_INT, .lo = 0, .hi = 1e9, .doc = "distance of the values"}};
static const ml_param_value lag_grid[] = {FRESH_INT(0), FRESH_INT(1), FRESH_INT(2), FRESH_INT(3),
                                          FRESH_INT(4), FRESH_INT(5), FRESH_INT(6), FRESH_INT(7),
                                          FRESH_INT(8), FRESH_INT(9)};

const fresh_feature fresh__kx_autoCorr = {
    .info = {KX_TEXTS("kx", autoCorr, "autocorrelation",
                      "mean of (x[i] - mean) (x[i-lag] - mean), i >= lag, over var; 1 for lag 0",
                      "lag >= n, or all values are equal and lag > 0", "n"),
             .column = "autoCorr_lag_%0", .assumes_step = true, FRESH_PARAMS(lag_params, lag_grid)},
    .presets = KX_BOTH,
    .needs = FRESH_SPREAD | FRESH_EXTREMES | FRESH_LAGS,
    .n_lags = lags_up_to_first,
    .values = autoCorr};

/* ---- aggAutoCorr ---- */

/* Lags up to 10 log10 n are looked at, as statsmodels does when it is not told. */
static size_t n_lags(size_t n) {
  size_t most = (size_t)(10 * log10((double)n));
  return most < n - 1 ? most : n - 1;
}

static void aggAutoCorr(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  static const unsigned char aggregates[] = {KX_MEAN, KX_VARIANCE, KX_MEDIAN, KX_STDEV};
  size_t m = n_lags(s->n);
  double *r = s->work, *spare = s->work + m;
  bool is_flat = m == 0 || fabs(s->variance) < 1e-10;
  for (size_t k = 1; k <= m && !is_flat; k++) r[k - 1] = covariance(s, k) / s->variance;
  fresh_sample sample = {.values = r, .n = m, .spare = spare};
  for (size_t k = 0; k < n_args; k++)
    out[k] = is_flat ? 0 : fresh__aggregate(&sample, aggregates[(size_t)args[k].v[0]]);
}

static size_t lags_and_spare(size_t n, const fresh_args *args, size_t n_args) {
  (void)args, (void)n_args;
  return 3 * n_lags(n);
}

/* Those of a thousand values; of longer series the others are summed when they are needed. */
static size_t lags_of_aggAutoCorr(const fresh_args *args, size_t n_args) {
  (void)args, (void)n_args;
  return 31;
}

static const ml_fresh_param agg_params[] = {{.name = "key",
                                             .kind = ML_PARAM_ENUM,
                                             .hi = 3,
                                             .choices = "mean|variance|median|dev",
                                             .doc = "what is taken of the autocorrelations"}};
static const ml_param_value agg_grid[] = {FRESH_CHOICE(0), FRESH_CHOICE(1), FRESH_CHOICE(2),
                                          FRESH_CHOICE(3)};

const fresh_feature fresh__kx_aggAutoCorr = {
    .info = {KX_TEXTS("kx", aggAutoCorr, "aggregates of autocorrelations",
                      "key of the autocorrelations of lags 1..L, L = min(floor(10 log10 n), n-1); "
                      "0 when n = 1 or var < 1e-10",
                      "never", "n log n"),
             .column = "aggAutoCorr_%0", .assumes_step = true, FRESH_PARAMS(agg_params, agg_grid)},
    .presets = KX_BOTH,
    .needs = FRESH_SPREAD | FRESH_LAGS,
    .n_lags = lags_of_aggAutoCorr,
    .work_size = lags_and_spare,
    .is_expanded = true,
    .values = aggAutoCorr};

/* ---- partAutoCorrelation ---- */

/* Where the library that KX calls refuses lags beyond half of the series, they are there as well as
 * they are defined: so the settings of KX lose no column to a short series. */
static void partAutoCorrelation(const fresh_series *s, const fresh_args *args, size_t n_args,
                                double *out) {
  double last = 0, *phi = s->work, *reflection = s->work + s->n;
  for (size_t k = 0; k < n_args; k++)
    if (args[k].v[0] < (double)s->n) last = fmax(last, args[k].v[0]);
  fresh__reflect(s, (size_t)last, phi, reflection);
  for (size_t k = 0; k < n_args; k++)
    out[k] = args[k].v[0] <= last ? reflection[(size_t)args[k].v[0]] : NAN;
}

static const char *check_lag(const ml_param_value *values) {
  return values[0].v <= values[1].v ? NULL : "index must not be more than lag";
}

static const ml_fresh_param part_params[] = {
    {.name = "index", .kind = ML_PARAM_INT, .lo = 1, .hi = 1e9, .doc = "which lag, from 1"},
    {.name = "lag", .kind = ML_PARAM_INT, .lo = 1, .hi = 1e9, .doc = "greatest lag"}};
static const ml_param_value part_grid[] = {FRESH_INT(1), FRESH_INT(6), FRESH_INT(2), FRESH_INT(6),
                                           FRESH_INT(3), FRESH_INT(6), FRESH_INT(4), FRESH_INT(6),
                                           FRESH_INT(5), FRESH_INT(6), FRESH_INT(6), FRESH_INT(6)};

const fresh_feature fresh__kx_partAutoCorrelation = {
    .info = {KX_TEXTS(
                 "kx", partAutoCorrelation,
                 "correlation with the value some steps later, less what those between explain",
                 "recursion of Levinson and Durbin on the adjusted autocovariances",
                 "index >= n, or all values are equal", "n for each lag"),
             .column = "partAutoCorrelation_lag_%1_lag_%0", .assumes_step = true,
             FRESH_PARAMS(part_params, part_grid)},
    .presets = KX_BOTH,
    .needs = FRESH_LAGS,
    .n_lags = lags_up_to_first,
    .n_work = 2,
    .check = check_lag,
    .is_expanded = true,
    .values = partAutoCorrelation};
