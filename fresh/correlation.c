/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a series resembles itself some steps later. */
#include "aggregate.h"
#include "feature.h"

/* As many lags as the greatest of an integer parameter, and lag 0. */
static size_t lags_up_to_first(const fresh_args *args, size_t n_args) {
  double most = 0;
  for (size_t k = 0; k < n_args; k++) most = fmax(most, args[k].v[0]);
  return (size_t)most + 1;
}

/* Far lags are not taken from the transform that other calculators may need: one alone is summed up
 * faster, and more exactly where few terms are left. */
static size_t near_lags(const fresh_args *args, size_t n_args) {
  double most = 0;
  for (size_t k = 0; k < n_args; k++)
    if (args[k].v[0] < FRESH_DIRECT_LAGS) most = fmax(most, args[k].v[0]);
  return (size_t)most + 1;
}

static void autocorrelation(const fresh_series *s, const fresh_args *args, size_t n_args,
                            double *out) {
  bool is_constant = fabs(s->variance) <= 1e-8;
  for (size_t k = 0; k < n_args; k++) {
    double lag = args[k].v[0];
    if (is_constant || lag >= (double)s->n) {
      out[k] = NAN;
      continue;
    }
    size_t l = (size_t)lag;
    double sum = l < FRESH_DIRECT_LAGS ? s->lag_sums[l] : fresh__lag_sum(s->centered, s->n, l);
    out[k] = sum / ((double)(s->n - l) * s->variance);
  }
}

/* Autocovariance whose divisor is the number of terms; further lags are noise, and may exceed 1. */
static double adjusted(const fresh_series *s, size_t lag) {
  return s->lag_sums[lag] / (double)(s->n - lag);
}

enum { F_AGG, MAXLAG };

static size_t lags_up_to_maxlag(const fresh_args *args, size_t n_args) {
  double most = 0;
  for (size_t k = 0; k < n_args; k++) most = fmax(most, args[k].v[MAXLAG]);
  return (size_t)most + 1;
}

/* A series without spread has autocorrelations of 0 here. */
static void agg_autocorrelation(const fresh_series *s, const fresh_args *args, size_t n_args,
                                double *out) {
  bool is_constant = fabs(s->variance) < 1e-10 || s->n == 1;
  double *values = s->work;
  for (size_t lag = 1; !is_constant && lag < s->n_lags; lag++)
    values[lag - 1] = adjusted(s, lag) / adjusted(s, 0);
  for (size_t k = 0; k < n_args; k++) {
    double maxlag = fmin(args[k].v[MAXLAG], (double)(s->n - 1));
    fresh_sample sample = {.values = values, .n = (size_t)maxlag, .spare = s->work + s->n};
    out[k] = is_constant ? 0 : fresh__aggregate(&sample, (size_t)args[k].v[F_AGG]);
  }
}

void fresh__reflect(const fresh_series *s, size_t last, double *phi, double *reflection) {
  double error = adjusted(s, 0);
  reflection[0] = 1;
  for (size_t k = 1; k <= last; k++) {
    double sum = 0;
    for (size_t j = 1; j < k; j++) sum += phi[j] * adjusted(s, k - j);
    double r = (adjusted(s, k) - sum) / error;
    for (size_t j = 1, i = k - 1; j <= i; j++, i--) {
      double left = phi[j], right = phi[i];
      phi[j] = left - r * right;
      phi[i] = right - r * left;
    }
    phi[k] = reflection[k] = r;
    error = k == 1 ? error - r * adjusted(s, 1) : error * (1 - r * r);
  }
}

/* Lag 0 alone is NaN in the reference, and 1 beside any other. */
static void partial_autocorrelation(const fresh_series *s, const fresh_args *args, size_t n_args,
                                    double *out) {
  double most = (double)(s->n / 2), last = 0;
  for (size_t k = 0; k < n_args; k++) last = fmax(last, args[k].v[0]);
  if (last >= most) last = most - 1;
  double *phi = s->work, *reflection = s->work + s->n;
  if (last > 0) fresh__reflect(s, (size_t)last, phi, reflection);
  for (size_t k = 0; k < n_args; k++)
    out[k] = last > 0 && args[k].v[0] <= last ? reflection[(size_t)args[k].v[0]] : NAN;
  if (s->is_by_name && n_args == 1 && args[0].v[0] == 0 && most > 1) out[0] = 1;
}

#define MOST_LAG 1e9
static const ml_fresh_param lag_params[] = {
    {.name = "lag", .kind = ML_PARAM_INT, .lo = 0, .hi = MOST_LAG, .doc = "steps between values"}};
static const ml_param_value ten_lags[] = {FRESH_INT(0), FRESH_INT(1), FRESH_INT(2), FRESH_INT(3),
                                          FRESH_INT(4), FRESH_INT(5), FRESH_INT(6), FRESH_INT(7),
                                          FRESH_INT(8), FRESH_INT(9)};

const fresh_feature fresh__autocorrelation = {
    .info = {.name = "autocorrelation",
             .summary = "correlation of the series with itself some steps later",
             .formula = "sum (x[i] - mean)(x[i+lag] - mean) / ((n - lag) variance)",
             .nan_rule = "n <= lag, or the variance is at most 1e-8",
             .cost = "n for each lag",
             .source = "Box and Jenkins (1970), Time Series Analysis, 2.1.4",
             FRESH_PARAMS(lag_params, ten_lags),
             .assumes_step = true},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_SPREAD | FRESH_LAGS,
    .n_lags = near_lags,
    .values = autocorrelation};

static const ml_fresh_param agg_params[] = {
    {.name = "f_agg",
     .kind = ML_PARAM_ENUM,
     .hi = FRESH_LAST_AGGREGATE,
     .choices = FRESH_AGGREGATES,
     .doc = "what is taken of the autocorrelations"},
    {.name = "maxlag", .kind = ML_PARAM_INT, .lo = 1, .hi = MOST_LAG, .doc = "greatest lag"}};
static const ml_param_value agg_grid[] = {FRESH_CHOICE(0), FRESH_INT(40),   FRESH_CHOICE(3),
                                          FRESH_INT(40),   FRESH_CHOICE(1), FRESH_INT(40)};

const fresh_feature fresh__agg_autocorrelation = {
    .info = {.name = "agg_autocorrelation",
             .summary = "mean, median, ... of the autocorrelations up to a lag",
             .formula = "f_agg of {R(l) / R(0) : l = 1..min(maxlag, n - 1)}, R(l) = sum (x[i] - "
                        "mean)(x[i+l] - mean) / (n - l); 0 when the variance is below 1e-10",
             .nan_rule = "never",
             .cost = "n for each lag, at most n log n beyond the first 256",
             .source = "tsfresh",
             FRESH_PARAMS(agg_params, agg_grid),
             .assumes_step = true},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_SPREAD | FRESH_LAGS,
    .n_work = 3,
    .n_lags = lags_up_to_maxlag,
    .values = agg_autocorrelation};

const fresh_feature fresh__partial_autocorrelation = {
    .info = {.name = "partial_autocorrelation",
             .summary = "correlation with the value some steps later, less what those between "
                        "explain",
             .formula = "last coefficient of the autoregression of order lag that the "
                        "autocovariances sum (x[i] - mean)(x[i+l] - mean) / (n - l) give",
             .nan_rule = "lag >= n / 2, or the greatest lag asked for is 0; beyond lag 0 when the "
                         "series is constant",
             .cost = "n for each lag, and the square of the lags",
             .source = "Durbin (1960), Review of the International Statistical Institute 28, 233",
             FRESH_PARAMS(lag_params, ten_lags),
             .assumes_step = true},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_LAGS,
    .n_work = 2,
    .n_lags = lags_up_to_first,
    .values = partial_autocorrelation};
