/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calculators of KX whose values are those of tsfresh's under another name. */
#include "kx.h"

#define ALONE(function, as, text, expression, nan, cost_class)                                   \
  const fresh_feature fresh__kx_##function = {                                                   \
      .info = {KX_TEXTS("kx", function, text, expression, nan, cost_class), .column = #function, \
               FRESH_NO_PARAMS},                                                                 \
      .presets = KX_BOTH,                                                                        \
      .same_as = &fresh__##as}

ALONE(absEnergy, abs_energy, "sum of the squares", "sum x[i]^2", "never", "n");
ALONE(absSumChange, absolute_sum_of_changes, "sum of absolute changes", "sum |x[i+1] - x[i]|",
      "never", "n");
ALONE(count, length, "number of values", "n", "never", "1");
ALONE(countAboveMean, count_above_mean, "number of values above the mean", "#{i : x[i] > mean}",
      "never", "n");
ALONE(countBelowMean, count_below_mean, "number of values below the mean", "#{i : x[i] < mean}",
      "never", "n");
ALONE(firstMax, first_location_of_maximum, "relative place of the first largest value",
      "argmax(x) / n", "never", "n");
ALONE(firstMin, first_location_of_minimum, "relative place of the first smallest value",
      "argmin(x) / n", "never", "n");
ALONE(hasDup, has_duplicate, "1 when any value is there more than once", "#distinct < n", "never",
      "n log n");
ALONE(hasDupMax, has_duplicate_max, "1 when the largest value is there more than once",
      "#{i : x[i] = max} > 1", "never", "n");
ALONE(hasDupMin, has_duplicate_min, "1 when the smallest value is there more than once",
      "#{i : x[i] = min} > 1", "never", "n");
ALONE(longStrikeAboveMean, longest_strike_above_mean, "longest run of values above the mean",
      "max length of i..j with x[i..j] > mean", "never", "n");
ALONE(longStrikeBelowMean, longest_strike_below_mean, "longest run of values below the mean",
      "max length of i..j with x[i..j] < mean", "never", "n");
ALONE(max, maximum, "largest value", "max x[i]", "never", "n");
ALONE(mean, mean, "arithmetic mean", "sum x[i] / n", "never", "n");
ALONE(meanAbsChange, mean_abs_change, "mean of absolute changes", "sum |x[i+1] - x[i]| / (n-1)",
      "n < 2", "n");
ALONE(meanChange, mean_change, "mean of the changes", "(x[n-1] - x[0]) / (n-1)", "n < 2", "1");
ALONE(mean2DerCentral, mean_second_derivative_central,
      "mean of the central differences of second order",
      "mean of (x[i] + x[i-2]) / 2 - x[i-1], i >= 2", "n < 3", "1");
ALONE(med, median, "middle value, or the mean of the two in the middle",
      "(s[(n-1) div 2] + s[n div 2]) / 2 of the sorted values s", "never", "n log n");
ALONE(min, minimum, "smallest value", "min x[i]", "never", "n");
ALONE(perRecurToAllData, percentage_of_reoccurring_values_to_all_values,
      "fraction of the distinct values that are there more than once",
      "#{distinct values with count > 1} / #distinct", "never", "n log n");
ALONE(perRecurToAllVal, percentage_of_reoccurring_datapoints_to_all_datapoints,
      "fraction of the points whose value is there more than once", "#{i : count of x[i] > 1} / n",
      "never", "n log n");
ALONE(ratioValNumToSeriesLength, ratio_value_number_to_time_series_length,
      "fraction of the values that are distinct", "#distinct / n", "never", "n log n");
ALONE(stdDev, standard_deviation, "population standard deviation", "sqrt(var)", "never", "n");
ALONE(sumRecurringDataPoint, sum_of_reoccurring_data_points,
      "sum of the points whose value is there more than once",
      "sum over the distinct values with count > 1 of count times value", "never", "n log n");
ALONE(sumRecurringVal, sum_of_reoccurring_values,
      "sum of the values that are there more than once, each taken once",
      "sum of the distinct values with count > 1", "never", "n log n");
ALONE(var, variance, "population variance", "sum (x[i] - mean)^2 / n", "never", "n");
ALONE(varAboveStdDev, variance_larger_than_standard_deviation,
      "1 when the variance is above 1, in effect", "var > stdDev", "never", "n");

/* ---- with a parameter ---- */

#define ONE(function, as, params, sets, text, expression, nan, cost_class)               \
  const fresh_feature fresh__kx_##function = {                                           \
      .info = {KX_TEXTS("kx", function, text, expression, nan, cost_class),              \
               .column = #function "_" params##_NAME "_%0", FRESH_PARAMS(params, sets)}, \
      .presets = KX_BOTH,                                                                \
      .same_as = &fresh__##as}

#define NUMBER(what)   .kind = ML_PARAM_REAL, FRESH_ANY, .doc = what
#define FRACTION(what) .kind = ML_PARAM_REAL, .lo = 0, .hi = 1, .doc = what
#define COUNT(what)    .kind = ML_PARAM_INT, .lo = 1, .hi = 1e9, .doc = what

#define isAbs_NAME "isAbs"
static const ml_fresh_param isAbs[] = {
    {.name = isAbs_NAME,
     .kind = ML_PARAM_BOOL,
     .hi = 1,
     .doc = "take (x - mean) / stdDev in place of x (KX's name for it is misleading)"}};
static const ml_param_value isAbs_grid[] = {FRESH_BOOL(false), FRESH_BOOL(true)};
ONE(cidCe, cid_ce, isAbs, isAbs_grid, "complexity estimate: length of the path of the values",
    "sqrt(sum (x[i+1] - x[i])^2)", "never", "n");

#define ratio_NAME "ratio"
static const ml_fresh_param ratio[] = {
    {.name = ratio_NAME, NUMBER("fraction of the range of the values")}};
#define TWENTIETHS                                                                       \
  FRESH_REAL(.05), FRESH_REAL(.1), FRESH_REAL(.15), FRESH_REAL(.2), FRESH_REAL(.25),     \
      FRESH_REAL(.3), FRESH_REAL(.35), FRESH_REAL(.4), FRESH_REAL(.45), FRESH_REAL(.5),  \
      FRESH_REAL(.55), FRESH_REAL(.6), FRESH_REAL(.65), FRESH_REAL(.7), FRESH_REAL(.75), \
      FRESH_REAL(.8), FRESH_REAL(.85), FRESH_REAL(.9), FRESH_REAL(.95)
static const ml_param_value twentieths_above_0[] = {TWENTIETHS};
static const ml_param_value twentieths[] = {FRESH_REAL(0), TWENTIETHS};
ONE(largestDev, large_standard_deviation, ratio, twentieths_above_0,
    "1 when the standard deviation is large compared with the range", "stdDev > ratio (max - min)",
    "never", "n");
ONE(symmetricLooking, symmetry_looking, ratio, twentieths,
    "1 when mean and median are close compared with the range", "|mean - med| < ratio (max - min)",
    "never", "n log n");

#define crossVal_NAME "crossVal"
static const ml_fresh_param crossVal[] = {
    {.name = crossVal_NAME, NUMBER("the level that is crossed")}};
static const ml_param_value crossVal_grid[] = {FRESH_INT(-1), FRESH_INT(0), FRESH_INT(1)};
ONE(numCrossing, number_crossing_m, crossVal, crossVal_grid,
    "how often the series goes above a level or back",
    "#{i : (x[i] > crossVal) is not (x[i+1] > crossVal)}", "never", "n");

#define width_NAME "width"
static const ml_fresh_param width[] = {{.name = width_NAME,
                                        .kind = ML_PARAM_INT,
                                        .lo = 1,
                                        .hi = 1000,
                                        .doc = "largest width of the wavelets"}};
static const ml_param_value width_grid[] = {FRESH_INT(1), FRESH_INT(5)};
ONE(numCwtPeaks, number_cwt_peaks, width, width_grid,
    "number of peaks that stay over widths of a wavelet",
    "number of ridges of the Ricker wavelet transform of widths 1..width that are long enough and "
    "stand out from the noise",
    "never", "n log n");

#define support_NAME "support"
static const ml_fresh_param support[] = {
    {.name = support_NAME, COUNT("neighbours on each side that are lower")}};
static const ml_param_value support_grid[] = {FRESH_INT(1), FRESH_INT(3)};
ONE(numPeaks, number_peaks, support, support_grid,
    "number of values higher than their neighbours on each side",
    "#{i : x[i] > x[i-j] and x[i] > x[i+j] for j = 1..support}", "never", "n log n");

#define quantile_NAME "quantile"
static const ml_fresh_param quantile[] = {
    {.name = quantile_NAME, FRACTION("fraction of the values at or below")}};
static const ml_param_value tenths[] = {FRESH_REAL(.1), FRESH_REAL(.2), FRESH_REAL(.3),
                                        FRESH_REAL(.4), FRESH_REAL(.5), FRESH_REAL(.6),
                                        FRESH_REAL(.7), FRESH_REAL(.8), FRESH_REAL(.9)};
ONE(quantile, quantile, quantile, tenths, "quantile, interpolated between the values",
    "the sorted values at position quantile (n-1), linear between them", "never", "n log n");

#define r_NAME "r"
static const ml_fresh_param r[] = {{.name = r_NAME, NUMBER("number of standard deviations")}};
static const ml_param_value r_grid[] = {
    FRESH_REAL(.5), FRESH_REAL(1), FRESH_REAL(1.5), FRESH_REAL(2), FRESH_REAL(2.5),
    FRESH_REAL(3),  FRESH_REAL(5), FRESH_REAL(6),   FRESH_REAL(7), FRESH_REAL(10)};
ONE(ratioBeyondRSigma, ratio_beyond_r_sigma, r, r_grid, "fraction of the values far from the mean",
    "#{i : |x[i] - mean| > r stdDev} / n", "never", "n");

#define lag_NAME "lag"
static const ml_fresh_param lag[] = {
    {.name = lag_NAME, COUNT("distance of the values that are multiplied")}};
static const ml_param_value lag_grid[] = {FRESH_INT(1), FRESH_INT(2), FRESH_INT(3)};
ONE(treverseAsymStat, time_reversal_asymmetry_statistic, lag, lag_grid,
    "how much the series differs from itself backwards",
    "mean of x[i-lag] (x[i]^2 - x[i-2 lag]^2), i >= 2 lag; 0 when there is none", "never", "n");

#define val_NAME "val"
static const ml_fresh_param val[] = {{.name = val_NAME,
                                      NUMBER("what is counted; null counts missing values"),
                                      .takes_nan = true,
                                      .takes_none = true}};
static const ml_param_value val_grid[] = {FRESH_INT(0), FRESH_INT(1), FRESH_NONE,
                                          FRESH_REAL(INFINITY), FRESH_REAL(-INFINITY)};
ONE(valCount, value_count, val, val_grid, "number of values equal to one", "#{i : x[i] = val}",
    "never", "n");

static const ml_fresh_param range[] = {{.name = "maxVal", NUMBER("end of the range, not in it")},
                                       {.name = "minVal", NUMBER("start of the range")}};
static const ml_param_value range_grid[] = {FRESH_INT(1), FRESH_INT(-1)};
const fresh_feature fresh__kx_rangeCount = {
    .info = {KX_TEXTS("kx", rangeCount, "number of values in a range",
                      "#{i : minVal <= x[i] < maxVal}", "never", "n"),
             .column = "rangeCount_minVal_%1_maxVal_%0", FRESH_PARAMS(range, range_grid)},
    .presets = KX_BOTH,
    .same_as = &fresh__range_count};
