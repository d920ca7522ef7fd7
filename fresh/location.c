/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the values of a series lie: sums, means, quantiles, extremes. */
#include <math.h>

#include <ml/stats_internal.h>

#include "feature.h"

static double sum_values(const fresh_series *s) {
  return s->sum;
}

static double mean(const fresh_series *s) {
  return s->mean;
}

static double median(const fresh_series *s) {
  return s->n_nan ? NAN : stats__median(s->sorted, s->n);
}

static double length(const fresh_series *s) {
  return (double)s->n;
}

static double minimum(const fresh_series *s) {
  return s->min;
}

static double maximum(const fresh_series *s) {
  return s->max;
}

static double absolute_maximum(const fresh_series *s) {
  return fabs(s->max) > fabs(s->min) ? fabs(s->max) : fabs(s->min);
}

static double abs_energy(const fresh_series *s) {
  return s->energy;
}

static double root_mean_square(const fresh_series *s) {
  return sqrt(s->energy / (double)s->n);
}

static void quantile(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  for (size_t k = 0; k < n_args; k++)
    out[k] = s->n_nan ? NAN : stats__quantile(s->sorted, s->n, args[k].v[0]);
}

/* The largest absolute values are at the two ends of the sorted ones. They are summed in ascending
 * order, as the reference does; n == m gives NaN there, too. */
static double mean_of_largest(const fresh_series *s, size_t m) {
  const double *low = s->sorted, *high = s->sorted + s->n - 1;
  if (s->n <= m || s->n_nan) return NAN;
  for (size_t i = m; i-- > 0;) s->work[i] = fabs(*low) > fabs(*high) ? fabs(*low++) : fabs(*high--);
  return stats__sum(s->work, m) / (double)m;
}

static void mean_n_absolute_max(const fresh_series *s, const fresh_args *args, size_t n_args,
                                double *out) {
  for (size_t k = 0; k < n_args; k++) out[k] = mean_of_largest(s, (size_t)args[k].v[0]);
}

const fresh_feature fresh__sum_values = {
    .info = {.name = "sum_values",
             .summary = "sum of the values",
             .formula = "sum x[i]",
             .nan_rule = "never",
             .cost = "n",
             .source = "pairwise summation, Higham (1993), SIAM J. Sci. Comput. 14, 783",
             FRESH_NO_PARAMS},
    .needs = FRESH_MEAN,
    .presets = FRESH_IN_MOST | FRESH_IN_MINIMAL,
    .value = sum_values};

const fresh_feature fresh__mean = {.info = {.name = "mean",
                                            .summary = "arithmetic mean",
                                            .formula = "sum x[i] / n",
                                            .nan_rule = "never",
                                            .cost = "n",
                                            .source = "elementary",
                                            FRESH_NO_PARAMS},
                                   .needs = FRESH_MEAN,
                                   .presets = FRESH_IN_MOST | FRESH_IN_MINIMAL,
                                   .value = mean};

const fresh_feature fresh__median = {
    .info = {.name = "median",
             .summary = "middle value, or the mean of the two in the middle",
             .formula = "(s[(n-1) div 2] + s[n div 2]) / 2 of the sorted values s",
             .nan_rule = "never",
             .cost = "n log n",
             .source = "elementary",
             FRESH_NO_PARAMS},
    .needs = FRESH_SORTED,
    .presets = FRESH_IN_MOST | FRESH_IN_MINIMAL,
    .value = median};

const fresh_feature fresh__length = {.info = {.name = "length",
                                              .summary = "number of values",
                                              .formula = "n",
                                              .nan_rule = "never",
                                              .cost = "1",
                                              .source = "elementary",
                                              FRESH_NO_PARAMS},
                                     .presets = FRESH_IN_MOST | FRESH_IN_MINIMAL,
                                     .value = length};

const fresh_feature fresh__minimum = {.info = {.name = "minimum",
                                               .summary = "smallest value",
                                               .formula = "min x[i]",
                                               .nan_rule = "never",
                                               .cost = "n",
                                               .source = "elementary",
                                               FRESH_NO_PARAMS},
                                      .needs = FRESH_EXTREMES,
                                      .presets = FRESH_IN_MOST | FRESH_IN_MINIMAL,
                                      .value = minimum};

const fresh_feature fresh__maximum = {.info = {.name = "maximum",
                                               .summary = "largest value",
                                               .formula = "max x[i]",
                                               .nan_rule = "never",
                                               .cost = "n",
                                               .source = "elementary",
                                               FRESH_NO_PARAMS},
                                      .needs = FRESH_EXTREMES,
                                      .presets = FRESH_IN_MOST | FRESH_IN_MINIMAL,
                                      .value = maximum};

const fresh_feature fresh__absolute_maximum = {.info = {.name = "absolute_maximum",
                                                        .summary = "largest absolute value",
                                                        .formula = "max |x[i]|",
                                                        .nan_rule = "never",
                                                        .cost = "n",
                                                        .source = "elementary",
                                                        FRESH_NO_PARAMS},
                                               .needs = FRESH_EXTREMES,
                                               .presets = FRESH_IN_MOST | FRESH_IN_MINIMAL,
                                               .value = absolute_maximum};

const fresh_feature fresh__abs_energy = {.info = {.name = "abs_energy",
                                                  .summary = "sum of the squares",
                                                  .formula = "sum x[i]^2",
                                                  .nan_rule = "never",
                                                  .cost = "n",
                                                  .source = "elementary",
                                                  FRESH_NO_PARAMS},
                                         .presets = FRESH_IN_MOST,
                                         .needs = FRESH_SQUARES,
                                         .value = abs_energy};

const fresh_feature fresh__root_mean_square = {.info = {.name = "root_mean_square",
                                                        .summary = "root of the mean square",
                                                        .formula = "sqrt(sum x[i]^2 / n)",
                                                        .nan_rule = "never",
                                                        .cost = "n",
                                                        .source = "elementary",
                                                        FRESH_NO_PARAMS},
                                               .needs = FRESH_SQUARES,
                                               .presets = FRESH_IN_MOST | FRESH_IN_MINIMAL,
                                               .value = root_mean_square};

static const ml_fresh_param quantile_params[] = {
    {.name = "q", .kind = ML_PARAM_REAL, .lo = 0, .hi = 1, .doc = "which quantile"}};
static const ml_param_value quantile_grid[] = {FRESH_REAL(.1), FRESH_REAL(.2), FRESH_REAL(.3),
                                               FRESH_REAL(.4), FRESH_REAL(.6), FRESH_REAL(.7),
                                               FRESH_REAL(.8), FRESH_REAL(.9)};

const fresh_feature fresh__quantile = {
    .info = {.name = "quantile",
             .summary = "value that a fraction q of the values stays below",
             .formula = "linear interpolation of the sorted values at q (n-1)",
             .nan_rule = "never",
             .cost = "n log n",
             .source = "Hyndman and Fan (1996), Am. Stat. 50, 361, type 7",
             FRESH_PARAMS(quantile_params, quantile_grid)},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_SORTED,
    .values = quantile};

static const ml_fresh_param maxima_params[] = {{.name = "number_of_maxima",
                                                .kind = ML_PARAM_INT,
                                                .lo = 1,
                                                .hi = 1e9,
                                                .doc = "how many values are averaged"}};
static const ml_param_value maxima_grid[] = {FRESH_INT(7)};

const fresh_feature fresh__mean_n_absolute_max = {
    .info = {.name = "mean_n_absolute_max",
             .summary = "mean of the largest absolute values",
             .formula = "mean of the number_of_maxima largest |x[i]|",
             .nan_rule = "n <= number_of_maxima",
             .cost = "n log n",
             .source = "elementary",
             FRESH_PARAMS(maxima_params, maxima_grid)},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_SORTED,
    .n_work = 1,
    .values = mean_n_absolute_max};
