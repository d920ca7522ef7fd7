/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a series changes from value to value. */
#include <math.h>

#include <ml/stats_internal.h>

#include "feature.h"

static double absolute_sum_of_changes(const fresh_series *s) {
  for (size_t i = 0; i + 1 < s->n; i++) s->work[i] = fabs(s->changes[i]);
  return stats__sum(s->work, s->n - 1);
}

static double mean_abs_change(const fresh_series *s) {
  return absolute_sum_of_changes(s) / (double)(s->n - 1);
}

static double mean_change(const fresh_series *s) {
  return (s->x[s->n - 1] - s->x[0]) / (double)(s->n - 1);
}

static double mean_second_derivative_central(const fresh_series *s) {
  const double *x = s->x;
  size_t n = s->n;
  return (x[n - 1] - x[n - 2] - x[1] + x[0]) / (2 * (double)(n - 2));
}

/* Root of the sum of squared changes of (x - mean) / scale, or of x when scale is 0. */
static double length_of_path(const fresh_series *s, double scale) {
  const double *z = s->centered;
  for (size_t i = 0; i + 1 < s->n; i++) {
    double change = scale == 0 ? s->changes[i] : z[i + 1] / scale - z[i] / scale;
    s->work[i] = change * change;
  }
  return sqrt(stats__sum(s->work, s->n - 1));
}

static void cid_ce(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  for (size_t k = 0; k < n_args; k++) {
    bool normalize = args[k].v[0] != 0;
    out[k] = normalize && s->deviation == 0 ? 0 : length_of_path(s, normalize ? s->deviation : 0);
  }
}

/* Terms x[i], x[i + lag], x[i + 2 lag]; a lag that has none gives 0, as in the reference. */
static size_t n_terms(const fresh_series *s, size_t lag) {
  return lag < s->n && s->n - lag > lag ? s->n - 2 * lag : 0;
}

static void time_reversal_asymmetry_statistic(const fresh_series *s, const fresh_args *args,
                                              size_t n_args, double *out) {
  for (size_t k = 0; k < n_args; k++) {
    size_t lag = (size_t)args[k].v[0], m = n_terms(s, lag);
    for (size_t i = 0; i < m; i++) {
      double a = s->x[i], b = s->x[i + lag], c = s->x[i + 2 * lag];
      s->work[i] = c * c * b - b * a * a;
    }
    out[k] = m ? stats__sum(s->work, m) / (double)m : 0;
  }
}

static void c3(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  for (size_t k = 0; k < n_args; k++) {
    size_t lag = (size_t)args[k].v[0], m = n_terms(s, lag);
    for (size_t i = 0; i < m; i++) s->work[i] = s->x[i + 2 * lag] * s->x[i + lag] * s->x[i];
    out[k] = m ? stats__sum(s->work, m) / (double)m : 0;
  }
}

const fresh_feature fresh__absolute_sum_of_changes = {.info = {.name = "absolute_sum_of_changes",
                                                               .summary = "sum of absolute changes",
                                                               .formula = "sum |x[i+1] - x[i]|",
                                                               .nan_rule = "never",
                                                               .cost = "n",
                                                               .source = "elementary",
                                                               FRESH_NO_PARAMS},
                                                      .presets = FRESH_IN_MOST,
                                                      .needs = FRESH_CHANGES,
                                                      .value = absolute_sum_of_changes};

const fresh_feature fresh__mean_abs_change = {.info = {.name = "mean_abs_change",
                                                       .summary = "mean of absolute changes",
                                                       .formula = "sum |x[i+1] - x[i]| / (n-1)",
                                                       .nan_rule = "n < 2",
                                                       .cost = "n",
                                                       .source = "elementary",
                                                       FRESH_NO_PARAMS},
                                              .presets = FRESH_IN_MOST,
                                              .needs = FRESH_CHANGES,
                                              .min_n = 2,
                                              .value = mean_abs_change};

const fresh_feature fresh__mean_change = {.info = {.name = "mean_change",
                                                   .summary = "mean of the changes",
                                                   .formula = "(x[n-1] - x[0]) / (n-1)",
                                                   .nan_rule = "n < 2",
                                                   .cost = "1",
                                                   .source = "elementary",
                                                   FRESH_NO_PARAMS},
                                          .presets = FRESH_IN_MOST,
                                          .min_n = 2,
                                          .value = mean_change};

const fresh_feature fresh__mean_second_derivative_central = {
    .info = {.name = "mean_second_derivative_central",
             .summary = "mean of the central differences of second order",
             .formula = "(x[n-1] - x[n-2] - x[1] + x[0]) / (2 (n-2))",
             .nan_rule = "n < 3",
             .cost = "1",
             .assumes_step = true,
             .source = "elementary",
             FRESH_NO_PARAMS},
    .presets = FRESH_IN_MOST,
    .min_n = 3,
    .value = mean_second_derivative_central};

static const ml_fresh_param normalize_params[] = {
    {.name = "normalize",
     .kind = ML_PARAM_BOOL,
     .hi = 1,
     .doc = "take (x - mean) / sqrt(variance) in place of x; a constant series gives 0 then"}};
static const ml_param_value normalize_grid[] = {FRESH_BOOL(true), FRESH_BOOL(false)};

const fresh_feature fresh__cid_ce = {
    .info = {.name = "cid_ce",
             .summary = "complexity estimate: length of the path of the values",
             .formula = "sqrt(sum (x[i+1] - x[i])^2)",
             .nan_rule = "never",
             .cost = "n",
             .assumes_step = true,
             .source = "Batista et al. (2014), Data Min. Knowl. Disc. 28, 634",
             FRESH_PARAMS(normalize_params, normalize_grid)},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_SPREAD | FRESH_CHANGES,
    .values = cid_ce};

static const ml_fresh_param lag_params[] = {{.name = "lag",
                                             .kind = ML_PARAM_INT,
                                             .lo = 0,
                                             .hi = 1e9,
                                             .doc = "distance of the values that are multiplied"}};
static const ml_param_value lag_grid[] = {FRESH_INT(1), FRESH_INT(2), FRESH_INT(3)};

const fresh_feature fresh__time_reversal_asymmetry_statistic = {
    .info = {.name = "time_reversal_asymmetry_statistic",
             .summary = "how much the series differs from itself backwards",
             .formula = "mean of x[i+2 lag]^2 x[i+lag] - x[i+lag] x[i]^2; 0 when 2 lag >= n",
             .nan_rule = "never",
             .cost = "n",
             .assumes_step = true,
             .source = "Fulcher and Jones (2014), IEEE Trans. Knowl. Data Eng. 26, 3026",
             FRESH_PARAMS(lag_params, lag_grid)},
    .presets = FRESH_IN_MOST,
    .values = time_reversal_asymmetry_statistic};

const fresh_feature fresh__c3 = {
    .info = {.name = "c3",
             .summary = "third-order autocovariance, a measure of nonlinearity",
             .formula = "mean of x[i+2 lag] x[i+lag] x[i]; 0 when 2 lag >= n",
             .nan_rule = "never",
             .cost = "n",
             .assumes_step = true,
             .source = "Schreiber and Schmitz (1997), Phys. Rev. E 55, 5443",
             FRESH_PARAMS(lag_params, lag_grid)},
    .presets = FRESH_IN_MOST,
    .values = c3};
