/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calculators of KX: every row of their table by hand. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fresh/kx.h"
#include "fresh_cases.h"

#define NONE \
  {          \
    { 0 }    \
  }
#define ARGS(...)   \
  {                 \
    { __VA_ARGS__ } \
  }
#define SERIES(n, ...) \
  n, {                 \
    __VA_ARGS__        \
  }

static feature_case cases[] = {
    {"absEnergy", "kx.absEnergy", NONE, SERIES(3, 1, -2, 3), 14},
    {"absSumChange", "kx.absSumChange", NONE, SERIES(3, 1, 3, 0), 5},
    {"absSumChange: one value", "kx.absSumChange", NONE, SERIES(1, 7), 0},
    {"count", "kx.count", NONE, SERIES(3, 1, 1, 1), 3},
    {"countAboveMean: strictly", "kx.countAboveMean", NONE, SERIES(4, 1, 3, 3, 5), 1},
    {"countBelowMean: strictly", "kx.countBelowMean", NONE, SERIES(3, 1, 2, 6), 2},
    {"firstMax: from 0", "kx.firstMax", NONE, SERIES(4, 1, 9, 9, 0), .25},
    {"firstMin: from 0", "kx.firstMin", NONE, SERIES(4, 3, 0, 0, 5), .25},
    {"lastMax: the index itself", "kx.lastMax", NONE, SERIES(4, 1, 9, 9, 0), .5},
    {"lastMin: the index itself", "kx.lastMin", NONE, SERIES(4, 3, 0, 0, 5), .5},
    {"lastMax: one value", "kx.lastMax", NONE, SERIES(1, 3), 0},
    {"hasDup", "kx.hasDup", NONE, SERIES(3, 1, 2, 1), 1},
    {"hasDup: none", "kx.hasDup", NONE, SERIES(3, 1, 2, 3), 0},
    {"hasDupMax", "kx.hasDupMax", NONE, SERIES(3, 2, 1, 2), 1},
    {"hasDupMin: none", "kx.hasDupMin", NONE, SERIES(3, 2, 1, 2), 0},
    /* deviations -3 -2 -1 6: S2 = 50, S4 = 1394 */
    {"kurtosis", "kx.kurtosis", NONE, SERIES(4, 1, 2, 3, 10), 1.5 * (20 * 1394 / 2500. - 9)},
    {"kurtosis: constant", "kx.kurtosis", NONE, SERIES(5, .1, .1, .1, .1, .1), NAN},
    {"kurtosis: three values", "kx.kurtosis", NONE, SERIES(3, 1, 2, 6), NAN},
    {"kurtosis: tiny values", "kx.kurtosis", NONE, SERIES(4, 1e-9, 2e-9, 3e-9, 1e-8),
     1.5 * (20 * 1394 / 2500. - 9)},
    /* deviations -2 -1 3: S3 = 18, S2 = 14 */
    {"skewness", "kx.skewness", NONE, SERIES(3, 1, 2, 6), 1.4578629673213048},
    {"skewness: constant", "kx.skewness", NONE, SERIES(4, .1, .1, .1, .1), NAN},
    {"skewness: two values", "kx.skewness", NONE, SERIES(2, 1, 2), NAN},
    {"linTrend: rval", "kx.linTrend", ARGS(0), SERIES(3, 5, 3, 1), -1},
    {"linTrend: intercept", "kx.linTrend", ARGS(1), SERIES(3, 5, 3, 1), 5},
    {"linTrend: slope", "kx.linTrend", ARGS(2), SERIES(3, 5, 3, 1), -2},
    {"linTrend: rval of a constant", "kx.linTrend", ARGS(0), SERIES(3, .1, .1, .1), 0},
    {"linTrend: intercept of a constant", "kx.linTrend", ARGS(1), SERIES(3, .1, .1, .1), .1},
    {"linTrend: one value", "kx.linTrend", ARGS(1), SERIES(1, 7), 0},
    {"longStrikeAboveMean", "kx.longStrikeAboveMean", NONE, SERIES(5, 0, 3, 3, 0, 3), 2},
    {"longStrikeBelowMean: none", "kx.longStrikeBelowMean", NONE, SERIES(2, 4, 4), 0},
    {"max", "kx.max", NONE, SERIES(3, 1, 5, 2), 5},
    {"min", "kx.min", NONE, SERIES(3, 1, -5, 2), -5},
    {"mean", "kx.mean", NONE, SERIES(4, 1, 2, 3, 4), 2.5},
    {"med: two in the middle", "kx.med", NONE, SERIES(4, 3, 1, 2, 10), 2.5},
    {"sumVal", "kx.sumVal", NONE, SERIES(3, 1, 2, 4), 7},
    /* from left to right 1 is lost beside 1e16; by pairs it would not be */
    {"sumVal: from left to right", "kx.sumVal", NONE, SERIES(9, 1e16, 1, 1, 1, 1, 1, 1, 1, -1e16),
     0},
    {"var: divided by n", "kx.var", NONE, SERIES(2, 1, 5), 4},
    {"stdDev", "kx.stdDev", NONE, SERIES(2, 1, 5), 2},
    {"varAboveStdDev: 4", "kx.varAboveStdDev", NONE, SERIES(2, 1, 5), 1},
    {"varAboveStdDev: 1", "kx.varAboveStdDev", NONE, SERIES(2, 0, 2), 0},
    {"meanAbsChange", "kx.meanAbsChange", NONE, SERIES(3, 1, 3, 0), 2.5},
    {"meanAbsChange: one value", "kx.meanAbsChange", NONE, SERIES(1, 3), NAN},
    {"meanChange", "kx.meanChange", NONE, SERIES(3, 1, 3, 0), -.5},
    {"meanChange: one value", "kx.meanChange", NONE, SERIES(1, 3), NAN},
    {"mean2DerCentral", "kx.mean2DerCentral", NONE, SERIES(3, 1, 2, 4), .5},
    {"mean2DerCentral: two values", "kx.mean2DerCentral", NONE, SERIES(2, 1, 2), NAN},
    {"perRecurToAllData: values", "kx.perRecurToAllData", NONE, SERIES(5, 1, 1, 2, 3, 3), 2 / 3.},
    {"perRecurToAllVal: points", "kx.perRecurToAllVal", NONE, SERIES(5, 1, 1, 2, 3, 3), .8},
    {"ratioValNumToSeriesLength", "kx.ratioValNumToSeriesLength", NONE, SERIES(5, 1, 1, 2, 3, 3),
     .6},
    {"sumRecurringDataPoint", "kx.sumRecurringDataPoint", NONE, SERIES(5, 1, 1, 2, 3, 3), 8},
    {"sumRecurringVal", "kx.sumRecurringVal", NONE, SERIES(5, 1, 1, 2, 3, 3), 4},

    /* lags 1 and 2 of 1 2 3 correlate by 0 and -1.5 */
    {"aggAutoCorr: mean", "kx.aggAutoCorr", ARGS(0), SERIES(3, 1, 2, 3), -.75},
    {"aggAutoCorr: variance", "kx.aggAutoCorr", ARGS(1), SERIES(3, 1, 2, 3), .5625},
    {"aggAutoCorr: median", "kx.aggAutoCorr", ARGS(2), SERIES(3, 1, 2, 3), -.75},
    {"aggAutoCorr: dev", "kx.aggAutoCorr", ARGS(3), SERIES(3, 1, 2, 3), .75},
    {"aggAutoCorr: constant", "kx.aggAutoCorr", ARGS(0), SERIES(3, 2, 2, 2), 0},
    {"aggAutoCorr: nearly constant", "kx.aggAutoCorr", ARGS(1), SERIES(3, 0, 1e-5, 2e-5), 0},
    {"aggAutoCorr: one value", "kx.aggAutoCorr", ARGS(2), SERIES(1, 2), 0},
    {"autoCorr: lag 0", "kx.autoCorr", ARGS(0), SERIES(3, 1, 2, 3), 1},
    {"autoCorr: lag 0 of a constant", "kx.autoCorr", ARGS(0), SERIES(3, 2, 2, 2), 1},
    {"autoCorr: lag 1 of a constant", "kx.autoCorr", ARGS(1), SERIES(3, .1, .1, .1), NAN},
    {"autoCorr: lag 2", "kx.autoCorr", ARGS(2), SERIES(3, 1, 2, 3), -1.5},
    {"autoCorr: tiny values", "kx.autoCorr", ARGS(2), SERIES(3, 1e-9, 2e-9, 3e-9), -1.5},
    {"autoCorr: lag n", "kx.autoCorr", ARGS(3), SERIES(3, 1, 2, 3), NAN},
    {"autoCorr: lag beyond n", "kx.autoCorr", ARGS(9), SERIES(3, 1, 2, 3), NAN},

    /* chunks 1 2 | 3 4 | 5: largest 2 4 5, means 1.5 3.5 5, variances .25 .25 0 */
    {"aggLinTrend: slope_max", "kx.aggLinTrend", ARGS(2, 8), SERIES(5, 1, 2, 3, 4, 5), 1.5},
    {"aggLinTrend: intercept_max", "kx.aggLinTrend", ARGS(2, 4), SERIES(5, 1, 2, 3, 4, 5),
     11 / 3. - 1.5},
    {"aggLinTrend: slope_avg", "kx.aggLinTrend", ARGS(2, 11), SERIES(5, 1, 2, 3, 4, 5), 1.75},
    {"aggLinTrend: slope_min", "kx.aggLinTrend", ARGS(2, 9), SERIES(5, 1, 2, 3, 4, 5), 2},
    {"aggLinTrend: slope_var", "kx.aggLinTrend", ARGS(2, 10), SERIES(5, 1, 2, 3, 4, 5), -.125},
    {"aggLinTrend: rval_min", "kx.aggLinTrend", ARGS(2, 1), SERIES(5, 1, 2, 3, 4, 5), 1},
    {"aggLinTrend: one chunk", "kx.aggLinTrend", ARGS(5, 4), SERIES(5, 1, 2, 3, 4, 5), 0},
    {"aggLinTrend: longer than the series", "kx.aggLinTrend", ARGS(50, 11),
     SERIES(5, 1, 2, 3, 4, 5), 0},

    {"augFuller: constant", "kx.augFuller", ARGS(2), SERIES(8, 3, 3, 3, 3, 3, 3, 3, 3), NAN},
    {"augFuller: too short", "kx.augFuller", ARGS(0), SERIES(3, 1, 2, 4), NAN},

    {"binnedEntropy", "kx.binnedEntropy", ARGS(2), SERIES(4, 0, 1, 2, 3), M_LN2},
    {"binnedEntropy: the largest is in the last bin", "kx.binnedEntropy", ARGS(3),
     SERIES(3, 0, 0, 1), 0.63651416829481278},
    {"binnedEntropy: constant", "kx.binnedEntropy", ARGS(10), SERIES(3, 5, 5, 5), 0},
    {"c3", "kx.c3", ARGS(1), SERIES(4, 1, 2, 3, 4), 15},
    {"c3: no term", "kx.c3", ARGS(2), SERIES(4, 1, 2, 3, 4), NAN},
    {"cidCe: as it is", "kx.cidCe", ARGS(0), SERIES(3, 1, 4, 0), 5},
    {"cidCe: normalised", "kx.cidCe", ARGS(1), SERIES(2, 3, -1), 2},
    {"cidCe: normalised constant", "kx.cidCe", ARGS(1), SERIES(3, 4, 4, 4), 0},

    {"eRatioByChunk", "kx.eRatioByChunk", ARGS(1, 3), SERIES(3, 1, 2, 3), 4 / 14.},
    {"eRatioByChunk: strict", "kx-strict.eRatioByChunk", ARGS(1, 3), SERIES(3, 1, 2, 3), 4 / 196.},
    {"eRatioByChunk: the first is short", "kx.eRatioByChunk", ARGS(0, 3), SERIES(4, 1, 1, 1, 1),
     .25},
    {"eRatioByChunk: the last is long", "kx.eRatioByChunk", ARGS(2, 3), SERIES(4, 1, 1, 1, 1), .5},
    {"eRatioByChunk: an empty one", "kx.eRatioByChunk", ARGS(0, 3), SERIES(2, 1, 1), 0},
    {"eRatioByChunk: zeros", "kx.eRatioByChunk", ARGS(0, 3), SERIES(3, 0, 0, 0), NAN},
    {"indexMassQuantile", "kx.indexMassQuantile", ARGS(.5), SERIES(4, 1, -1, 1, -1), .5},
    {"indexMassQuantile: all of it", "kx.indexMassQuantile", ARGS(1), SERIES(3, .1, .2, .3), 1},
    {"indexMassQuantile: zeros", "kx.indexMassQuantile", ARGS(.1), SERIES(4, 0, 0, 0, 0), NAN},
    {"indexMassQuantile: zeros, strict", "kx-strict.indexMassQuantile", ARGS(.1),
     SERIES(4, 0, 0, 0, 0), 1.25},
    {"largestDev", "kx.largestDev", ARGS(.45), SERIES(2, 0, 2), 1},
    {"largestDev: strictly", "kx.largestDev", ARGS(.5), SERIES(2, 0, 2), 0},
    {"numCrossing", "kx.numCrossing", ARGS(0), SERIES(4, -1, 1, 0, 1), 3},
    /* the middle alone is a maximum of every row, and nothing is noise */
    {"numCwtPeaks: one peak", "kx.numCwtPeaks", ARGS(1), SERIES(7, 0, 0, 0, 9, 0, 0, 0), 1},
    {"numCwtPeaks: constant", "kx.numCwtPeaks", ARGS(1), SERIES(3, 0, 0, 0), 0},
    {"numPeaks", "kx.numPeaks", ARGS(1), SERIES(5, 1, 3, 1, 2, 1), 2},
    {"numPeaks: too short", "kx.numPeaks", ARGS(3), SERIES(5, 1, 2, 3, 2, 1), 0},
    {"quantile", "kx.quantile", ARGS(.25), SERIES(4, 4, 3, 2, 1), 1.75},
    {"ratioBeyondRSigma: all", "kx.ratioBeyondRSigma", ARGS(.5), SERIES(4, 0, 0, 0, 4), 1},
    {"ratioBeyondRSigma: one", "kx.ratioBeyondRSigma", ARGS(1), SERIES(4, 0, 0, 0, 4), .25},
    {"symmetricLooking: strictly", "kx.symmetricLooking", ARGS(.25), SERIES(4, 0, 0, 0, 4), 0},
    {"symmetricLooking", "kx.symmetricLooking", ARGS(.3), SERIES(4, 0, 0, 0, 4), 1},
    {"treverseAsymStat", "kx.treverseAsymStat", ARGS(1), SERIES(3, 1, 2, 3), 16},
    {"treverseAsymStat: no term", "kx.treverseAsymStat", ARGS(2), SERIES(3, 1, 2, 3), 0},
    {"valCount", "kx.valCount", ARGS(1), SERIES(4, 0, 1, 1, 5), 2},
    {"valCount: nulls", "kx.valCount", ARGS(NAN), SERIES(4, 0, NAN, 1, NAN), 2},
    {"valCount: infinities", "kx.valCount", ARGS(-INFINITY), SERIES(2, INFINITY, -INFINITY), 1},
    {"rangeCount: without the end", "kx.rangeCount", ARGS(1, -1), SERIES(3, -1, 0, 1), 2},

    /* magnitudes 1 1 1: the moments of 0 1 2 are 1, 5/3, 3, 17/3, the spread is 2/3 */
    {"fftAggreg: centroid", "kx.fftAggreg", ARGS(0), SERIES(4, 1, 0, 0, 0), 1},
    {"fftAggreg: variance", "kx.fftAggreg", ARGS(1), SERIES(4, 1, 0, 0, 0), 2 / 3.},
    {"fftAggreg: skew", "kx.fftAggreg", ARGS(2), SERIES(4, 1, 0, 0, 0), 0},
    {"fftAggreg: kurtosis", "kx.fftAggreg", ARGS(3), SERIES(4, 1, 0, 0, 0), 1.5},
    {"fftAggreg: kurtosis, strict", "kx-strict.fftAggreg", ARGS(3), SERIES(4, 1, 0, 0, 0), 35.25},
    /* the moments of 0 1 2 3 are 1.5, 3.5, 9, 24.5 */
    {"fftAggreg: kurtosis of four", "kx.fftAggreg", ARGS(3), SERIES(6, 1, 0, 0, 0, 0, 0), 1.64},
    {"fftAggreg: kurtosis of four, strict", "kx-strict.fftAggreg", ARGS(3),
     SERIES(6, 1, 0, 0, 0, 0, 0), 28.64},
    {"fftAggreg: no spread, no skew", "kx.fftAggreg", ARGS(2), SERIES(4, 1, 1, 1, 1), NAN},
    {"fftAggreg: no spread, no kurtosis", "kx-strict.fftAggreg", ARGS(3), SERIES(4, 1, 1, 1, 1),
     NAN},
    {"fftCoeff: real", "kx.fftCoeff", ARGS(0, 1, 10), SERIES(4, 1, 0, -1, 0), 2},
    {"fftCoeff: imag", "kx.fftCoeff", ARGS(1, 1, 10), SERIES(4, 0, 1, 0, -1), -2},
    {"fftCoeff: angle in degrees", "kx.fftCoeff", ARGS(3, 1, 10), SERIES(4, 0, 1, 0, -1), -90},
    {"fftCoeff: beyond n / 2", "kx.fftCoeff", ARGS(2, 3, 10), SERIES(4, 0, 1, 0, -1), NAN},
    {"partAutoCorrelation: lag 2", "kx.partAutoCorrelation", ARGS(2, 6), SERIES(3, 1, 2, 3), -1.5},
    {"partAutoCorrelation: lag n", "kx.partAutoCorrelation", ARGS(3, 6), SERIES(3, 1, 2, 3), NAN},
    {"partAutoCorrelation: constant", "kx.partAutoCorrelation", ARGS(1, 6), SERIES(3, 2, 2, 2),
     NAN},
    {"partAutoCorrelation: one value", "kx.partAutoCorrelation", ARGS(1, 6), SERIES(1, 2), NAN},
    /* windowed: 0 -.5 1 -.5; the sum of the squared window is 1.5 */
    {"spktWelch: twice inside", "kx.spktWelch", ARGS(1), SERIES(4, 1, -1, 1, -1), 4 / 3.},
    {"spktWelch: once at the end", "kx.spktWelch", ARGS(2), SERIES(4, 1, -1, 1, -1), 8 / 3.},
    {"spktWelch: out of range", "kx.spktWelch", ARGS(7), SERIES(4, 1, -1, 1, -1), NAN},

    /* isAbs, key, lowerQuant, upperQuant; the corridor is 0..3 and has the changes 3 and -2 */
    {"changeQuant: max", "kx.changeQuant", ARGS(0, 0, 0, .75), SERIES(5, 0, 3, 1, 9, 0), 3},
    {"changeQuant: min", "kx.changeQuant", ARGS(0, 1, 0, .75), SERIES(5, 0, 3, 1, 9, 0), -2},
    {"changeQuant: mean", "kx.changeQuant", ARGS(0, 2, 0, .75), SERIES(5, 0, 3, 1, 9, 0), .5},
    {"changeQuant: variance", "kx.changeQuant", ARGS(0, 3, 0, .75), SERIES(5, 0, 3, 1, 9, 0), 6.25},
    {"changeQuant: median", "kx.changeQuant", ARGS(0, 4, 0, .75), SERIES(5, 0, 3, 1, 9, 0), .5},
    {"changeQuant: stdev", "kx.changeQuant", ARGS(0, 5, 0, .75), SERIES(5, 0, 3, 1, 9, 0), 2.5},
    {"changeQuant: absolute", "kx.changeQuant", ARGS(1, 2, 0, .75), SERIES(5, 0, 3, 1, 9, 0), 2.5},
    {"changeQuant: none, max", "kx.changeQuant", ARGS(0, 0, .4, .6), SERIES(4, 0, 9, 0, 9), NAN},
    {"changeQuant: none, min", "kx.changeQuant", ARGS(0, 1, .4, .6), SERIES(4, 0, 9, 0, 9), NAN},
    {"changeQuant: none, max, strict", "kx-strict.changeQuant", ARGS(0, 0, .4, .6),
     SERIES(4, 0, 9, 0, 9), -INFINITY},
    {"changeQuant: none, min, strict", "kx-strict.changeQuant", ARGS(0, 1, .4, .6),
     SERIES(4, 0, 9, 0, 9), INFINITY},
    {"changeQuant: none, mean, strict", "kx-strict.changeQuant", ARGS(0, 2, .4, .6),
     SERIES(4, 0, 9, 0, 9), NAN},
    {"changeQuant: equal quantiles count", "kx.changeQuant", ARGS(0, 2, .5, .5),
     SERIES(4, 5, 5, 5, 9), 0},

    /* missing values */
    {"mean passes over nulls", "kx.mean", NONE, SERIES(3, 1, NAN, 3), 2},
    {"mean of nulls", "kx.mean", NONE, SERIES(2, NAN, NAN), NAN},
    {"sumVal passes over nulls", "kx.sumVal", NONE, SERIES(3, 1, NAN, 3), 4},
    {"sumVal of nulls", "kx.sumVal", NONE, SERIES(2, NAN, NAN), 0},
    {"absEnergy passes over nulls", "kx.absEnergy", NONE, SERIES(3, 1, NAN, 3), 10},
    {"max passes over nulls", "kx.max", NONE, SERIES(3, 1, NAN, 3), 3},
    {"max of nulls", "kx.max", NONE, SERIES(2, NAN, NAN), -INFINITY},
    {"min passes over nulls", "kx.min", NONE, SERIES(3, 3, NAN, 1), 1},
    {"min of nulls", "kx.min", NONE, SERIES(1, NAN), INFINITY},
    {"var passes over nulls", "kx.var", NONE, SERIES(3, 1, NAN, 5), 4},
    {"stdDev passes over nulls", "kx.stdDev", NONE, SERIES(3, 1, NAN, 5), 2},
    {"varAboveStdDev passes over nulls", "kx.varAboveStdDev", NONE, SERIES(3, 1, NAN, 5), 1},
    {"med: nulls come first", "kx.med", NONE, SERIES(3, 3, NAN, 1), 1},
    {"med: one of the two is null", "kx.med", NONE, SERIES(4, 3, NAN, 1, NAN), 1},
    {"med: nulls in the middle", "kx.med", NONE, SERIES(3, 3, NAN, NAN), NAN},
    {"absSumChange passes over nulls", "kx.absSumChange", NONE, SERIES(4, 1, NAN, 3, 5), 2},
    {"meanAbsChange passes over nulls", "kx.meanAbsChange", NONE, SERIES(4, 1, NAN, 3, 5), 2},
    {"countBelowMean: null is below", "kx.countBelowMean", NONE, SERIES(3, 1, NAN, 3), 2},
    {"countAboveMean: null is not", "kx.countAboveMean", NONE, SERIES(3, 1, NAN, 3), 1},
    {"longStrikeBelowMean with a null", "kx.longStrikeBelowMean", NONE, SERIES(3, 1, NAN, 9), 2},
    {"longStrikeAboveMean with a null", "kx.longStrikeAboveMean", NONE, SERIES(4, 9, NAN, 9, 1), 1},
    {"hasDup: nulls are one value", "kx.hasDup", NONE, SERIES(3, NAN, 2, NAN), 1},
    {"count counts nulls", "kx.count", NONE, SERIES(2, NAN, 1), 2},
    {"cidCe: a null poisons the sum", "kx.cidCe", ARGS(0), SERIES(3, 1, NAN, 3), NAN},
    {"cidCe: equal values and a null", "kx.cidCe", ARGS(1), SERIES(3, 2, 2, NAN), 0},
    {"firstMax passes over nulls", "kx.firstMax", NONE, SERIES(3, NAN, 3, 1), 1 / 3.},
    {"firstMin passes over nulls", "kx.firstMin", NONE, SERIES(3, NAN, 3, 1), 2 / 3.},
    {"firstMax of nulls: not found", "kx.firstMax", NONE, SERIES(2, NAN, NAN), 1},
    {"lastMax passes over nulls", "kx.lastMax", NONE, SERIES(4, 3, NAN, 3, NAN), .5},
    {"lastMin passes over nulls", "kx.lastMin", NONE, SERIES(4, 1, NAN, 3, NAN), 0},
    {"lastMin of nulls", "kx.lastMin", NONE, SERIES(2, NAN, NAN), NAN},
    {"hasDupMax passes over nulls", "kx.hasDupMax", NONE, SERIES(4, 3, NAN, 3, 1), 1},
    {"hasDupMin of nulls", "kx.hasDupMin", NONE, SERIES(2, NAN, NAN), 0},
    {"perRecurToAllVal: nulls are one value", "kx.perRecurToAllVal", NONE,
     SERIES(4, NAN, 1, NAN, 2), .5},
    {"sumRecurringDataPoint: nulls add nothing", "kx.sumRecurringDataPoint", NONE,
     SERIES(5, NAN, NAN, 2, 2, 1), 4},
    {"sumRecurringVal: nulls add nothing", "kx.sumRecurringVal", NONE, SERIES(5, NAN, NAN, 2, 2, 1),
     2},
    {"mean2DerCentral passes over nulls", "kx.mean2DerCentral", NONE, SERIES(5, 1, 2, 4, NAN, 1),
     .5},
    /* deviations -2 -1 3: S2 = 14, S3 = 18, S4 = 98, and n is 4 */
    {"skewness with a null", "kx.skewness", NONE, SERIES(4, 1, 2, NAN, 6), 12 / 18.520259177452136},
    {"kurtosis with a null", "kx.kurtosis", NONE, SERIES(4, 1, NAN, 2, 6), 1.5},
    {"largestDev passes over nulls", "kx.largestDev", ARGS(.4), SERIES(3, 0, NAN, 2), 1},
    {"ratioBeyondRSigma: nulls are not far", "kx.ratioBeyondRSigma", ARGS(.5),
     SERIES(4, 0, NAN, 2, NAN), .5},
    {"symmetricLooking: a null is less", "kx.symmetricLooking", ARGS(.1), SERIES(3, NAN, NAN, 5),
     1},
    {"quantile: nulls come first", "kx.quantile", ARGS(.5), SERIES(3, 3, NAN, 1), 1},
    {"quantile: a null is 0", "kx.quantile", ARGS(.25), SERIES(3, 3, NAN, 1), 0},
    {"binnedEntropy: nulls have a bin", "kx.binnedEntropy", ARGS(2), SERIES(4, 0, NAN, 1, NAN),
     1.5 * M_LN2},
    {"binnedEntropy of nulls", "kx.binnedEntropy", ARGS(2), SERIES(2, NAN, NAN), 0},
    {"c3 passes over nulls", "kx.c3", ARGS(1), SERIES(5, 1, 2, 3, NAN, 9), 6},
    {"treverseAsymStat passes over nulls", "kx.treverseAsymStat", ARGS(1), SERIES(4, 1, 2, 3, NAN),
     16},
    {"treverseAsymStat of nulls", "kx.treverseAsymStat", ARGS(1), SERIES(3, NAN, NAN, NAN), 0},
    /* mean 2, variance 2/3, and one product: -1 */
    {"autoCorr passes over nulls", "kx.autoCorr", ARGS(1), SERIES(4, 1, 3, NAN, 2), -1.5},
    {"aggAutoCorr with a null", "kx.aggAutoCorr", ARGS(0), SERIES(4, 3, 1, NAN, 3), NAN},
    {"aggAutoCorr of nulls", "kx.aggAutoCorr", ARGS(0), SERIES(2, NAN, NAN), 0},
    {"numPeaks: nulls are lower", "kx.numPeaks", ARGS(1), SERIES(3, NAN, 1, NAN), 1},
    {"eRatioByChunk beside a null", "kx.eRatioByChunk", ARGS(0, 3), SERIES(3, 1, NAN, 3), .1},
    {"eRatioByChunk of a null", "kx.eRatioByChunk", ARGS(1, 3), SERIES(3, 1, NAN, 3), NAN},
    {"eRatioByChunk beside a null, strict", "kx-strict.eRatioByChunk", ARGS(2, 3),
     SERIES(3, 1, NAN, 3), .09},
    {"indexMassQuantile passes over nulls", "kx.indexMassQuantile", ARGS(.5),
     SERIES(4, NAN, 1, 1, NAN), .5},
    {"indexMassQuantile of nulls", "kx.indexMassQuantile", ARGS(.5), SERIES(2, NAN, NAN), NAN},
    {"indexMassQuantile of nulls, strict", "kx-strict.indexMassQuantile", ARGS(.5),
     SERIES(2, NAN, NAN), 1.5},
    {"aggLinTrend passes over nulls", "kx.aggLinTrend", ARGS(2, 8), SERIES(4, 1, NAN, NAN, 5), 4},
    {"aggLinTrend: a chunk of nulls", "kx.aggLinTrend", ARGS(2, 8), SERIES(4, 1, 2, NAN, NAN), 0},
    /* the lower end is a null, and so 0 */
    {"changeQuant: nulls are outside", "kx.changeQuant", ARGS(0, 2, 0, 1), SERIES(4, 0, 3, NAN, 9),
     3},
};

/* ---- the vector that is printed with the definitions ---- */

static const double vector[] = {1, 3, 2, 5, 4, 4, 0, 2, -1, 7, 6, 3, 3, 8, 2, 1, 5, 9, -2, 4};

static const struct {
  const char *feature;
  double args[ML_FRESH_MAX_PARAMS], want;
} printed[] = {
    {"kx.absEnergy", {0}, 374},
    {"kx.absSumChange", {0}, 65},
    {"kx.aggAutoCorr", {0}, -0.047498477616},
    {"kx.aggAutoCorr", {1}, 0.080546333435},
    {"kx.aggAutoCorr", {2}, -0.0178504180161},
    {"kx.aggAutoCorr", {3}, 0.283806859387},
    {"kx.kurtosis", {0}, -0.209050009658},
    {"kx.skewness", {0}, 0.185771283839},
    {"kx.var", {0}, 7.81},
    {"kx.firstMax", {0}, .85},
    {"kx.lastMax", {0}, .85},
    {"kx.perRecurToAllData", {0}, 0.416666666667},
    {"kx.perRecurToAllVal", {0}, .65},
    {"kx.binnedEntropy", {2}, 0.688138813714},
    {"kx.binnedEntropy", {5}, 1.56146942478},
    {"kx.binnedEntropy", {10}, 2.22409787143},
    {"kx.c3", {1}, 17.1666666667},
    {"kx.c3", {2}, 33.375},
    {"kx.c3", {3}, 43.6428571429},
    {"kx.cidCe", {0}, 19.2093727123},
    {"kx.cidCe", {1}, 6.87365398301},
    {"kx.eRatioByChunk", {0, 3}, 0.000507592439017 * 374},
    {"kx.eRatioByChunk", {2, 3}, 0.00139409190998 * 374},
    {"kx-strict.eRatioByChunk", {0, 3}, 0.000507592439017},
    {"kx-strict.eRatioByChunk", {1, 3}, 0.000772112442449},
    {"kx-strict.eRatioByChunk", {2, 3}, 0.00139409190998},
    {"kx.aggLinTrend", {5, 0}, 0.982707629824},
    {"kx.aggLinTrend", {5, 6}, 2.432},
    {"kx.aggLinTrend", {5, 11}, 0.32},
    {"kx.changeQuant", {0, 0, .1, .9}, 4},
    {"kx.changeQuant", {0, 1, .1, .9}, -4},
    {"kx.changeQuant", {0, 2, .1, .9}, 0},
    {"kx.changeQuant", {0, 3, .1, .9}, 5.16666666667},
    {"kx.changeQuant", {0, 4, .1, .9}, -.5},
    {"kx.changeQuant", {0, 5, .1, .9}, 2.27303028283},
    {"kx.autoCorr", {1}, -0.21018936586},
    {"kx.fftAggreg", {0}, 3.85694497638},
    {"kx.fftAggreg", {1}, 13.7915834122},
    {"kx.fftAggreg", {2}, 0.391536641083},
    {"kx-strict.fftAggreg", {3}, 6.12570890458},
    {"kx.partAutoCorrelation", {1, 6}, -0.21018936586},
    {"kx.partAutoCorrelation", {2, 6}, -0.319944989833},
    {"kx.partAutoCorrelation", {3, 6}, -0.183787645773},
    {"kx.partAutoCorrelation", {4, 6}, 0.203063571386},
    {"kx.partAutoCorrelation", {5, 6}, -0.514990011512},
    {"kx.partAutoCorrelation", {6, 6}, 0.180471135531},
    {"kx.spktWelch", {2}, 16.1261182047},
    {"kx.spktWelch", {5}, 33.5881160405},
    {"kx.spktWelch", {7}, 10.9096260579},
};

static void printed_vector(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof printed / sizeof *printed; i++)
    expect_close(printed[i].feature, feature_value(printed[i].feature, printed[i].args, vector, 20),
                 printed[i].want, 1e-11, 0);
}

/* The golden files of KX do not have the test: its values are tsfresh's. */
static void augFuller_is_that_of_tsfresh(void **state) {
  (void)state;
  uint64_t seed = 11;
  double x[100] = {0};
  for (size_t i = 1; i < 100; i++) x[i] = x[i - 1] + (double)(next_random(&seed) % 100) - 49.5;
  for (size_t n = 4; n <= 100; n += 16)
    for (size_t key = 0; key < 3; key++) {
      const double args[ML_FRESH_MAX_PARAMS] = {(double)key};
      double value = feature_value("kx.augFuller", args, x, n);
      expect_same("augFuller", value, feature_value("augmented_dickey_fuller", args, x, n));
      assert_true(isfinite(value) || n < 8);
    }
}

/* ---- names ---- */

static void expect_column(const char *kind, const char *feature, const ml_param_value *values,
                          const char *want) {
  ml_buf name = {0};
  ml_fresh_column(kind, ml_fresh_find(feature), values, &name);
  ml_buf_put(&name, "", 1);
  assert_string_equal(name.data, want);
  ml_buf_release(&name);
}

static void names_are_those_of_q(void **state) {
  (void)state;
  static const struct {
    const char *kind, *feature;
    ml_param_value values[ML_FRESH_MAX_PARAMS];
    const char *want;
  } columns[] = {
      {"feat11", "kx.absEnergy", {FRESH_INT(0)}, "feat11_absEnergy"},
      {"feat11", "kx.binnedEntropy", {FRESH_INT(10)}, "feat11_binnedEntropy_numBins_10"},
      {"col2", "kx.c3", {FRESH_INT(1)}, "col2_c3_lag_1"},
      {"a.b", "kx.ratioBeyondRSigma", {FRESH_REAL(.5)}, "aob_ratioBeyondRSigma_r_0o5"},
      {"x", "kx.ratioBeyondRSigma", {FRESH_REAL(1)}, "x_ratioBeyondRSigma_r_1"},
      {"x", "kx.symmetricLooking", {FRESH_REAL(3 * .05)}, "x_symmetricLooking_ratio_0o15"},
      {"x", "kx.quantile", {FRESH_REAL(1 / 3.)}, "x_quantile_quantile_0o3333333"},
      {"x", "kx.rangeCount", {FRESH_INT(1), FRESH_INT(-1)}, "x_rangeCount_minVal_-1_maxVal_1"},
      {"x", "kx.eRatioByChunk", {FRESH_INT(0), FRESH_INT(3)}, "x_eRatioByChunk_numSeg_3_chunk_0_3"},
      {"x", "kx.aggLinTrend", {FRESH_INT(5), FRESH_CHOICE(0)}, "x_aggLinTrend_chunkLen_5_rval_max"},
      {"x",
       "kx.changeQuant",
       {FRESH_BOOL(false), FRESH_CHOICE(0), FRESH_REAL(.1), FRESH_REAL(.9)},
       "x_changeQuant_lowerQuant_0o1_upperQuant_0o9_isAbs_0_max"},
      {"x", "kx.linTrend", {FRESH_CHOICE(2)}, "x_linTrend_slope"},
      {"open", "kx.fftAggreg", {FRESH_CHOICE(2)}, "open_fftAggreg_skew"},
      {"col2",
       "kx.fftCoeff",
       {FRESH_CHOICE(0), FRESH_INT(0), FRESH_INT(10)},
       "col2_fftCoeff_coeff_10_coeff_0_real"},
      {"x",
       "kx.partAutoCorrelation",
       {FRESH_INT(1), FRESH_INT(6)},
       "x_partAutoCorrelation_lag_6_lag_1"},
      {"x", "kx.cidCe", {FRESH_BOOL(true)}, "x_cidCe_isAbs_1"},
      {"x", "kx.valCount", {FRESH_NONE}, "x_valCount_val_"},
      {"x", "kx.valCount", {FRESH_REAL(INFINITY)}, "x_valCount_val_0W"},
      {"x", "kx.valCount", {FRESH_REAL(-INFINITY)}, "x_valCount_val_-0W"},
      {"x", "mean", {FRESH_INT(0)}, "x__mean"},
  };
  for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
    expect_column(columns[i].kind, columns[i].feature, columns[i].values, columns[i].want);
}

/* ---- several kinds ---- */

static ml_matrix *extract(const char *csv, const char *json) {
  ml_error err = {0};
  ml_series_set *set = NULL;
  ml_fresh_settings *settings = NULL;
  ml_matrix *matrix = NULL;
  assert_int_equal(ml_series_parse(csv, strlen(csv), "t.csv", NULL, &set, &err), ML_OK);
  if (ml_fresh_settings_parse(json, strlen(json), "s", &settings, &err) != ML_OK)
    fail_msg("%s", err.message);
  assert_int_equal(ml_fresh_extract(set, settings, NULL, NULL, &matrix, &err), ML_OK);
  ml_fresh_settings_free(settings);
  ml_series_free(set);
  return matrix;
}

/* Expanded functions stand behind the others, those of all kinds. */
static void expansions_come_last(void **state) {
  (void)state;
  static const char *const names[] = {"a_mean", "a_max", "boc_mean", "boc_max", "a_linTrend_slope"};
  ml_matrix *m = extract("id,time,a,b.c\n1,1,1,10\n1,2,3,50\n2,1,7,0\n2,2,7,-8\n",
                         "{\"kx.linTrend\": [{\"key\": \"slope\"}], \"kx.mean\": null, "
                         "\"kx.changeQuant\": [{\"isAbs\": true, \"key\": \"max\", "
                         "\"lowerQuant\": 0, \"upperQuant\": 1}], \"kx.max\": null}");
  static const double want[] = {2, 3, 30, 50, 2, 2, 40, 40, 7, 7, -4, 0, 0, 0, -8, 8};
  assert_int_equal(m->n_columns, 8);
  for (size_t j = 0; j < 5; j++) assert_string_equal(m->columns[j], names[j]);
  assert_string_equal(m->columns[5], "a_changeQuant_lowerQuant_0_upperQuant_1_isAbs_1_max");
  assert_string_equal(m->columns[6], "boc_linTrend_slope");
  assert_string_equal(m->columns[7], "boc_changeQuant_lowerQuant_0_upperQuant_1_isAbs_1_max");
  for (size_t i = 0; i < 16; i++) expect_close("cell", m->values[i], want[i], 1e-14, 0);
  ml_matrix_free(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(printed_vector),
      cmocka_unit_test(augFuller_is_that_of_tsfresh),
      cmocka_unit_test(names_are_those_of_q),
      cmocka_unit_test(expansions_come_last),
  };
  int failed = run_feature_cases("fresh/kx", cases, sizeof cases / sizeof *cases);
  return failed + cmocka_run_group_tests_name("fresh/kx: vector and names", tests, NULL, NULL);
}
