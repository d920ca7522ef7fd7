/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the values of a series spread around their centre. */
#include <float.h>
#include <math.h>

#include <ml/stats_internal.h>

#include "feature.h"

static double standard_deviation(const fresh_series *s) {
  return s->deviation;
}

static double variance(const fresh_series *s) {
  return s->variance;
}

static double variation_coefficient(const fresh_series *s) {
  return s->mean == 0 ? NAN : s->deviation / s->mean;
}

static double variance_larger_than_standard_deviation(const fresh_series *s) {
  return s->variance > s->deviation;
}

static void large_standard_deviation(const fresh_series *s, const fresh_args *args, size_t n_args,
                                     double *out) {
  for (size_t k = 0; k < n_args; k++) out[k] = s->deviation > args[k].v[0] * (s->max - s->min);
}

static void symmetry_looking(const fresh_series *s, const fresh_args *args, size_t n_args,
                             double *out) {
  double median = s->n_nan ? NAN : stats__median(s->sorted, s->n);
  double skew = fabs(s->mean - median);
  for (size_t k = 0; k < n_args; k++) out[k] = skew < args[k].v[0] * (s->max - s->min);
}

static void ratio_beyond_r_sigma(const fresh_series *s, const fresh_args *args, size_t n_args,
                                 double *out) {
  for (size_t k = 0; k < n_args; k++) {
    double limit = args[k].v[0] * s->deviation;
    size_t beyond = 0;
    for (size_t i = 0; i < s->n; i++) beyond += fabs(s->centered[i]) > limit;
    out[k] = (double)beyond / (double)s->n;
  }
}

/* The reference takes sums of powers below this for zero, whatever the scale of the data. */
static double cut(double sum) {
  return fabs(sum) < 1e-14 ? 0 : sum;
}

/* Newer ones take a sum of n powers p of deviations for zero when it is below what rounding makes
 * of n values of that size. */
static double cut_by_size(double sum, double n, double rounding, int p) {
  double limit = 1;
  while (p-- > 0) limit *= rounding;
  return fabs(sum) < limit * n ? 0 : sum;
}

/* What one rounding of the largest value may be; NaN values do not count. */
static double rounding_of(const fresh_series *s) {
  double most = 0;
  for (size_t i = 0; i < s->n; i++) most = fmax(most, fabs(s->x[i]));
  return DBL_EPSILON * most;
}

static double skewness(const fresh_series *s) {
  double n = (double)s->n, *d2 = s->work, *d3 = s->work + s->n;
  for (size_t i = 0; i < s->n; i++) {
    double d = s->centered[i];
    d2[i] = d * d;
    d3[i] = d * d * d;
  }
  double m2 = stats__sum(d2, s->n), m3 = stats__sum(d3, s->n);
  if (s->is_modern) {
    double rounding = rounding_of(s);
    m2 = cut_by_size(m2, n, rounding, 2);
    m3 = cut_by_size(m3, n, rounding, 3);
  } else {
    m2 = cut(m2);
    m3 = cut(m3);
  }
  return m2 == 0 ? 0 : n * sqrt(n - 1) / (n - 2) * (m3 / (m2 * sqrt(m2)));
}

/* Deviations of the values that are not NaN from their mean, in work. @return how many */
static size_t center_numbers(const fresh_series *s) {
  size_t m = 0;
  for (size_t i = 0; i < s->n; i++)
    if (!isnan(s->x[i])) s->work[m++] = s->x[i];
  double mean = stats__sum(s->work, m) / (double)m;
  for (size_t i = 0; i < m; i++) s->work[i] -= mean;
  return m;
}

/* NaN values are passed over, unlike everywhere else: so does the reference. */
static double kurtosis(const fresh_series *s) {
  size_t m = s->n;
  const double *d = s->centered;
  if (isnan(s->mean)) {
    m = center_numbers(s);
    d = s->work;
  }
  if (m < 4) return NAN;
  double *d2 = s->work, *d4 = s->work + s->n, n = (double)m;
  for (size_t i = 0; i < m; i++) {
    d2[i] = d[i] * d[i];
    d4[i] = d2[i] * d2[i];
  }
  double m2 = stats__sum(d2, m), m4 = stats__sum(d4, m);
  if (s->is_modern) {
    double rounding = rounding_of(s);
    m2 = cut_by_size(m2, n, rounding, 2);
    m4 = cut_by_size(m4, n, rounding, 4);
  }
  double above = n * (n + 1) * (n - 1) * m4, below = (n - 2) * (n - 3) * (m2 * m2);
  if (!s->is_modern) {
    above = cut(above);
    below = cut(below);
  }
  return below == 0 ? 0 : above / below - 3 * (n - 1) * (n - 1) / ((n - 2) * (n - 3));
}

const fresh_feature fresh__standard_deviation = {
    .info = {.name = "standard_deviation",
             .summary = "population standard deviation",
             .formula = "sqrt(variance)",
             .nan_rule = "never",
             .cost = "n",
             .source = "elementary",
             FRESH_NO_PARAMS},
    .needs = FRESH_SPREAD,
    .presets = FRESH_IN_MOST | FRESH_IN_MINIMAL,
    .value = standard_deviation};

const fresh_feature fresh__variance = {.info = {.name = "variance",
                                                .summary = "population variance",
                                                .formula = "sum (x[i] - mean)^2 / n",
                                                .nan_rule = "never",
                                                .cost = "n",
                                                .source = "elementary",
                                                FRESH_NO_PARAMS},
                                       .needs = FRESH_SPREAD,
                                       .presets = FRESH_IN_MOST | FRESH_IN_MINIMAL,
                                       .value = variance};

const fresh_feature fresh__variation_coefficient = {
    .info = {.name = "variation_coefficient",
             .summary = "standard deviation relative to the mean",
             .formula = "sqrt(variance) / mean",
             .nan_rule = "mean is 0",
             .cost = "n",
             .source = "elementary",
             FRESH_NO_PARAMS},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_MEAN | FRESH_SPREAD,
    .value = variation_coefficient};

const fresh_feature fresh__variance_larger_than_standard_deviation = {
    .info = {.name = "variance_larger_than_standard_deviation",
             .summary = "1 when the variance is above 1, in effect",
             .formula = "variance > sqrt(variance)",
             .nan_rule = "never",
             .cost = "n",
             .source = "tsfresh",
             FRESH_NO_PARAMS},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_SPREAD,
    .value = variance_larger_than_standard_deviation};

static const ml_fresh_param fraction_params[] = {
    {.name = "r", .kind = ML_PARAM_REAL, FRESH_ANY, .doc = "fraction of the range of the values"}};
#define STEP(k) FRESH_REAL((k)*0.05)
static const ml_param_value twentieths[] = {STEP(0),  STEP(1),  STEP(2),  STEP(3),  STEP(4),
                                            STEP(5),  STEP(6),  STEP(7),  STEP(8),  STEP(9),
                                            STEP(10), STEP(11), STEP(12), STEP(13), STEP(14),
                                            STEP(15), STEP(16), STEP(17), STEP(18), STEP(19)};
static const ml_param_value twentieths_above_0[] = {
    STEP(1),  STEP(2),  STEP(3),  STEP(4),  STEP(5),  STEP(6),  STEP(7),
    STEP(8),  STEP(9),  STEP(10), STEP(11), STEP(12), STEP(13), STEP(14),
    STEP(15), STEP(16), STEP(17), STEP(18), STEP(19)};
#undef STEP

const fresh_feature fresh__symmetry_looking = {
    .info = {.name = "symmetry_looking",
             .summary = "1 when mean and median are close compared with the range",
             .formula = "|mean - median| < r (max - min)",
             .nan_rule = "never",
             .cost = "n log n",
             .source = "tsfresh",
             FRESH_PARAMS(fraction_params, twentieths)},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_MEAN | FRESH_SORTED | FRESH_EXTREMES,
    .values = symmetry_looking};

const fresh_feature fresh__large_standard_deviation = {
    .info = {.name = "large_standard_deviation",
             .summary = "1 when the standard deviation is large compared with the range",
             .formula = "sqrt(variance) > r (max - min)",
             .nan_rule = "never",
             .cost = "n",
             .source = "tsfresh",
             FRESH_PARAMS(fraction_params, twentieths_above_0)},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_SPREAD | FRESH_EXTREMES,
    .values = large_standard_deviation};

static const ml_fresh_param sigma_params[] = {
    {.name = "r", .kind = ML_PARAM_REAL, FRESH_ANY, .doc = "number of standard deviations"}};
static const ml_param_value sigma_grid[] = {
    FRESH_REAL(.5), FRESH_INT(1), FRESH_REAL(1.5), FRESH_INT(2), FRESH_REAL(2.5),
    FRESH_INT(3),   FRESH_INT(5), FRESH_INT(6),    FRESH_INT(7), FRESH_INT(10)};

const fresh_feature fresh__ratio_beyond_r_sigma = {
    .info = {.name = "ratio_beyond_r_sigma",
             .summary = "fraction of the values far from the mean",
             .formula = "#{i : |x[i] - mean| > r sqrt(variance)} / n",
             .nan_rule = "never",
             .cost = "n",
             .source = "elementary",
             FRESH_PARAMS(sigma_params, sigma_grid)},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_SPREAD,
    .values = ratio_beyond_r_sigma};

const fresh_feature fresh__skewness = {
    .info = {.name = "skewness",
             .summary = "adjusted Fisher-Pearson coefficient of skewness G1",
             .formula = "n sqrt(n-1) / (n-2) M3 / M2^1.5, Mp = sum (x[i] - mean)^p; 0 when M2 is 0",
             .nan_rule = "n < 3",
             .cost = "n",
             .source = "Joanes and Gill (1998), The Statistician 47, 183",
             FRESH_NO_PARAMS},
    .presets = FRESH_IN_MOST | FRESH_IN_INDEX,
    .needs = FRESH_SPREAD,
    .min_n = 3,
    .n_work = 2,
    .value = skewness};

const fresh_feature fresh__kurtosis = {
    .info = {.name = "kurtosis",
             .summary = "adjusted Fisher-Pearson excess kurtosis G2",
             .formula = "n (n+1) (n-1) M4 / ((n-2) (n-3) M2^2) - 3 (n-1)^2 / ((n-2) (n-3)), "
                        "Mp = sum (x[i] - mean)^p; 0 when M2 is 0",
             .nan_rule = "n < 4",
             .cost = "n",
             .source = "Joanes and Gill (1998), The Statistician 47, 183",
             FRESH_NO_PARAMS},
    .presets = FRESH_IN_MOST | FRESH_IN_INDEX,
    .needs = FRESH_MEAN | FRESH_SPREAD,
    .min_n = 4,
    .n_work = 2,
    .value = kurtosis};
