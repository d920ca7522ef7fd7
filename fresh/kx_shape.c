/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KX's statistics of shape and place, where they differ from tsfresh's. */
#include <math.h>

#include <ml/stats_internal.h>

#include "kx.h"

/* One after the other, as q does: of values that cancel, the last digits tell. */
static double sumVal(const fresh_series *s) {
  double sum = 0;
  for (size_t i = 0; i < s->n; i++) sum += s->x[i];
  return sum;
}

static bool is_constant(const fresh_series *s) {
  return s->min == s->max;
}

static double power_sum(const fresh_series *s, int power) {
  for (size_t i = 0; i < s->n; i++) {
    double d = s->centered[i], d2 = d * d;
    s->work[i] = power == 2 ? d2 : power == 3 ? d2 * d : d2 * d2;
  }
  return stats__sum(s->work, s->n);
}

static double skewness(const fresh_series *s) {
  double n = (double)s->n, variance = power_sum(s, 2) / (n - 1);
  if (is_constant(s)) return NAN;
  return n / ((n - 1) * (n - 2)) * (power_sum(s, 3) / (variance * sqrt(variance)));
}

static double kurtosis(const fresh_series *s) {
  double n = (double)s->n, m2 = power_sum(s, 2);
  if (is_constant(s)) return NAN;
  return (n - 1) / ((n - 2) * (n - 3)) *
         (n * (n + 1) * (power_sum(s, 4) / (m2 * m2)) - 3 * (n - 1));
}

static double lastMax(const fresh_series *s) {
  return (double)s->last_max / (double)s->n;
}

static double lastMin(const fresh_series *s) {
  return (double)s->last_min / (double)s->n;
}

static void c3(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  fresh__c3.values(s, args, n_args, out);
  for (size_t k = 0; k < n_args; k++)
    if (2 * args[k].v[0] >= (double)s->n) out[k] = NAN;
}

/* ---- entropy of a histogram ---- */

static double entropy(const fresh_series *s, size_t n_bins) {
  double *counts = s->work, range = s->max - s->min, sum = 0;
  if (isnan(range)) return NAN;
  if (range == 0) return 0;
  for (size_t b = 0; b < n_bins; b++) counts[b] = 0;
  for (size_t i = 0; i < s->n; i++) {
    double bin = (double)n_bins * ((s->x[i] - s->min) / range);
    counts[bin < (double)n_bins ? (size_t)bin : n_bins - 1]++;
  }
  for (size_t b = 0; b < n_bins; b++) {
    double p = counts[b] / (double)s->n;
    if (p > 0) sum += p * log(p);
  }
  return -sum;
}

static void binnedEntropy(const fresh_series *s, const fresh_args *args, size_t n_args,
                          double *out) {
  for (size_t k = 0; k < n_args; k++) out[k] = entropy(s, (size_t)args[k].v[0]);
}

static size_t bins(size_t n, const fresh_args *args, size_t n_args) {
  size_t most = 0;
  (void)n;
  for (size_t k = 0; k < n_args; k++)
    if (args[k].v[0] > (double)most) most = (size_t)args[k].v[0];
  return most;
}

/* ---- energy of pieces, mass in time ---- */

/* Piece i of m are the values from floor(i n / m) to floor((i + 1) n / m). */
static double energy(const fresh_series *s, const fresh_args *args) {
  size_t at = (size_t)args->v[0], m = (size_t)args->v[1];
  size_t start = at * s->n / m, end = (at + 1) * s->n / m;
  return stats__sum(s->squares + start, end - start);
}

static void eRatioByChunk(const fresh_series *s, const fresh_args *args, size_t n_args,
                          double *out) {
  for (size_t k = 0; k < n_args; k++) out[k] = energy(s, &args[k]) / s->energy;
}

/* Divided once too often. */
static void strict_eRatioByChunk(const fresh_series *s, const fresh_args *args, size_t n_args,
                                 double *out) {
  for (size_t k = 0; k < n_args; k++) out[k] = energy(s, &args[k]) / (s->energy * s->energy);
}

static const char *check_chunk(const ml_param_value *values) {
  return values[0].v < values[1].v ? NULL : "chunk must be less than numSeg";
}

/* Number of values before the running sum reaches a fraction q of the whole; n when it never does,
 * which it does but for sums that are 0 or not finite. */
static size_t count_below_mass(const fresh_series *s, double q) {
  double total = s->work[s->n - 1];
  size_t low = 0, high = s->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (s->work[middle] / total >= q)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

static void strict_indexMassQuantile(const fresh_series *s, const fresh_args *args, size_t n_args,
                                     double *out) {
  double running = 0;
  for (size_t i = 0; i < s->n; i++) s->work[i] = running += fabs(s->x[i]);
  for (size_t k = 0; k < n_args; k++)
    out[k] = (double)(count_below_mass(s, args[k].v[0]) + 1) / (double)s->n;
}

static void indexMassQuantile(const fresh_series *s, const fresh_args *args, size_t n_args,
                              double *out) {
  strict_indexMassQuantile(s, args, n_args, out);
  for (size_t k = 0; k < n_args; k++)
    if (out[k] > 1) out[k] = NAN;
}

/* ---- the table ---- */

#define LAST(function, text, expression)                                                      \
  const fresh_feature fresh__kx_##function = {                                                \
      .info = {KX_TEXTS("kx", function, text, expression, "never", "n"), .column = #function, \
               FRESH_NO_PARAMS},                                                              \
      .presets = KX_BOTH,                                                                     \
      .needs = FRESH_EXTREMES,                                                                \
      .value = function}

LAST(lastMax, "relative place of the last largest value", "last i with x[i] = max, over n");
LAST(lastMin, "relative place of the last smallest value", "last i with x[i] = min, over n");

const fresh_feature fresh__kx_sumVal = {
    .info = {KX_TEXTS("kx", sumVal, "sum of the values", "sum x[i]", "never", "n"),
             .column = "sumVal", FRESH_NO_PARAMS},
    .presets = KX_BOTH,
    .value = sumVal};

const fresh_feature fresh__kx_skewness = {
    .info = {KX_TEXTS("kx", skewness, "adjusted Fisher-Pearson coefficient of skewness",
                      "n / ((n-1) (n-2)) sum (x[i] - mean)^3 / s^3, s^2 = sum (x[i] - mean)^2 / "
                      "(n-1)",
                      "n < 3, or all values are equal", "n"),
             .column = "skewness", FRESH_NO_PARAMS},
    .presets = KX_BOTH,
    .needs = FRESH_SPREAD | FRESH_EXTREMES,
    .min_n = 3,
    .value = skewness};

const fresh_feature fresh__kx_kurtosis = {
    .info = {KX_TEXTS("kx", kurtosis, "adjusted Fisher-Pearson excess kurtosis",
                      "(n-1) / ((n-2) (n-3)) (n (n+1) S4 / S2^2 - 3 (n-1)), Sp = sum (x[i] - "
                      "mean)^p",
                      "n < 4, or all values are equal", "n"),
             .column = "kurtosis", FRESH_NO_PARAMS},
    .presets = KX_BOTH,
    .needs = FRESH_SPREAD | FRESH_EXTREMES,
    .min_n = 4,
    .value = kurtosis};

static const ml_fresh_param lag_params[] = {{.name = "lag",
                                             .kind = ML_PARAM_INT,
                                             .lo = 1,
                                             .hi = 1e9,
                                             .doc = "distance of the values that are multiplied"}};
static const ml_param_value lag_grid[] = {FRESH_INT(1), FRESH_INT(2), FRESH_INT(3)};

const fresh_feature fresh__kx_c3 = {
    .info = {KX_TEXTS("kx", c3, "third-order autocovariance, a measure of nonlinearity",
                      "mean of x[i] x[i+lag] x[i+2 lag]", "2 lag >= n", "n"),
             .column = "c3_lag_%0", FRESH_PARAMS(lag_params, lag_grid)},
    .presets = KX_BOTH,
    .values = c3};

static const ml_fresh_param bin_params[] = {{.name = "numBins",
                                             .kind = ML_PARAM_INT,
                                             .lo = 1,
                                             .hi = 1e6,
                                             .doc = "number of bins between min and max"}};
static const ml_param_value bin_grid[] = {FRESH_INT(2), FRESH_INT(5), FRESH_INT(10)};

const fresh_feature fresh__kx_binnedEntropy = {
    .info = {KX_TEXTS("kx", binnedEntropy, "entropy of the histogram of the values",
                      "-sum p log p, p the fraction of the values in bin min(numBins - 1, "
                      "floor(numBins (x[i] - min) / (max - min))); 0 when all are equal",
                      "never", "n"),
             .column = "binnedEntropy_numBins_%0", FRESH_PARAMS(bin_params, bin_grid)},
    .presets = KX_BOTH,
    .needs = FRESH_EXTREMES,
    .work_size = bins,
    .values = binnedEntropy};

static const ml_fresh_param chunk_params[] = {
    {.name = "chunk", .kind = ML_PARAM_INT, .lo = 0, .hi = 1e9, .doc = "which piece, from 0"},
    {.name = "numSeg", .kind = ML_PARAM_INT, .lo = 1, .hi = 1e9, .doc = "number of pieces"}};
static const ml_param_value chunk_grid[] = {FRESH_INT(0), FRESH_INT(3), FRESH_INT(1),
                                            FRESH_INT(3), FRESH_INT(2), FRESH_INT(3)};

#define CHUNKS(set, prefix, preset, expression)                                                 \
  const fresh_feature fresh__##prefix##eRatioByChunk = {                                        \
      .info = {KX_TEXTS(set, eRatioByChunk,                                                     \
                        "share of the energy that lies in one piece of the series", expression, \
                        "all squares are 0", "n"),                                              \
               .column = "eRatioByChunk_numSeg_%1_chunk_%0_%1",                                 \
               FRESH_PARAMS(chunk_params, chunk_grid)},                                         \
      .presets = preset,                                                                        \
      .needs = FRESH_SQUARES,                                                                   \
      .check = check_chunk,                                                                     \
      .is_expanded = true
CHUNKS("kx", kx_, FRESH_IN_KX,
       "sum of squares from floor(chunk n / numSeg) on, up to that of the next chunk, over the "
       "sum of all squares"),
    .values = eRatioByChunk
}
;
CHUNKS("kx-strict", kx_strict_, FRESH_IN_KX_STRICT,
       "sum of squares from floor(chunk n / numSeg) on, up to that of the next chunk, over the "
       "square of the sum of all squares"),
    .values = strict_eRatioByChunk
}
;

static const ml_fresh_param mass_params[] = {
    {.name = "quantile", .kind = ML_PARAM_REAL, .lo = 0, .hi = 1, .doc = "fraction of the mass"}};
static const ml_param_value tenths[] = {FRESH_REAL(.1), FRESH_REAL(.2), FRESH_REAL(.3),
                                        FRESH_REAL(.4), FRESH_REAL(.5), FRESH_REAL(.6),
                                        FRESH_REAL(.7), FRESH_REAL(.8), FRESH_REAL(.9)};

#define MASS(set, prefix, preset, nan)                                                            \
  const fresh_feature fresh__##prefix##indexMassQuantile = {                                      \
      .info = {KX_TEXTS(set, indexMassQuantile,                                                   \
                        "relative place up to which a fraction of the mass lies",                 \
                        "(i + 1) / n, i the first with sum |x[0..i]| / sum |x| >= quantile", nan, \
                        "n"),                                                                     \
               .column = "indexMassQuantile_quantile_%0", FRESH_PARAMS(mass_params, tenths)},     \
      .presets = preset
MASS("kx", kx_, FRESH_IN_KX, "all values are 0"), .values = indexMassQuantile
}
;
MASS("kx-strict", kx_strict_, FRESH_IN_KX_STRICT, "never; (n + 1) / n when all values are 0"),
    .values = strict_indexMassQuantile
}
;
