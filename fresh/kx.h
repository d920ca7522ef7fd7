/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The calculators of the KX toolkit, by its names and definitions. */
#ifndef FRESH_KX_H
#define FRESH_KX_H

#include "feature.h"

/* In KX's order: by number of parameters. Those that exist TWICE differ between the settings kx,
 * where mistakes of KX are mended, and kx-strict, where they are kept. */
#define FRESH_KX_MAP(SAME, TWICE) \
  SAME(absEnergy)                 \
  SAME(absSumChange)              \
  SAME(aggAutoCorr)               \
  SAME(augFuller)                 \
  SAME(count)                     \
  SAME(countAboveMean)            \
  SAME(countBelowMean)            \
  TWICE(fftAggreg)                \
  SAME(firstMax)                  \
  SAME(firstMin)                  \
  SAME(hasDup)                    \
  SAME(hasDupMax)                 \
  SAME(hasDupMin)                 \
  SAME(kurtosis)                  \
  SAME(lastMax)                   \
  SAME(lastMin)                   \
  SAME(linTrend)                  \
  SAME(longStrikeAboveMean)       \
  SAME(longStrikeBelowMean)       \
  SAME(max)                       \
  SAME(mean)                      \
  SAME(meanAbsChange)             \
  SAME(meanChange)                \
  SAME(mean2DerCentral)           \
  SAME(med)                       \
  SAME(min)                       \
  SAME(perRecurToAllData)         \
  SAME(perRecurToAllVal)          \
  SAME(ratioValNumToSeriesLength) \
  SAME(skewness)                  \
  SAME(stdDev)                    \
  SAME(sumRecurringDataPoint)     \
  SAME(sumRecurringVal)           \
  SAME(sumVal)                    \
  SAME(var)                       \
  SAME(varAboveStdDev)            \
  SAME(aggLinTrend)               \
  SAME(autoCorr)                  \
  SAME(binnedEntropy)             \
  SAME(c3)                        \
  SAME(cidCe)                     \
  TWICE(eRatioByChunk)            \
  SAME(fftCoeff)                  \
  TWICE(indexMassQuantile)        \
  SAME(largestDev)                \
  SAME(numCrossing)               \
  SAME(numCwtPeaks)               \
  SAME(numPeaks)                  \
  SAME(partAutoCorrelation)       \
  SAME(quantile)                  \
  SAME(ratioBeyondRSigma)         \
  SAME(spktWelch)                 \
  SAME(symmetricLooking)          \
  SAME(treverseAsymStat)          \
  SAME(valCount)                  \
  SAME(rangeCount)                \
  TWICE(changeQuant)

#define FRESH_DECLARE_KX(name) extern const fresh_feature fresh__kx_##name;
#define FRESH_DECLARE_KX_TWICE(name) \
  FRESH_DECLARE_KX(name)             \
  extern const fresh_feature fresh__kx_strict_##name;
FRESH_KX_MAP(FRESH_DECLARE_KX, FRESH_DECLARE_KX_TWICE)
#undef FRESH_DECLARE_KX
#undef FRESH_DECLARE_KX_TWICE

/* ---- parts of the tables ---- */

#define KX_BOTH (FRESH_IN_KX | FRESH_IN_KX_STRICT)

/* Texts of an entry; `set` is kx or kx-strict. */
#define KX_TEXTS(set, function, text, expression, nan, cost_class)                    \
  .name = set "." #function, .summary = text, .formula = expression, .nan_rule = nan, \
  .cost = cost_class,                                                                 \
  .source =                                                                           \
      "KX machine learning toolkit, after Christ et al. (2018), "                     \
      "Neurocomputing 307, 72"

/* ---- what several functions have in common ---- */

/* As choices of fresh__aggregate(). */
enum { KX_MEAN, KX_VARIANCE, KX_STDEV, KX_MEDIAN, KX_MAX, KX_MIN };

/* A straight line through y over 0, 1, ..., n - 1, n > 0. Where one of the three is not defined it
 * is 0. */
typedef struct kx_line {
  double rval, intercept, slope;
} kx_line;

kx_line fresh__kx_line(const double *y, size_t n, double *spare);

/* Compute a function of KX where values are missing. @return false: it is computed as elsewhere */
bool fresh__kx_of_nulls(const fresh_feature *feature, const fresh_series *s, const fresh_args *args,
                        size_t n_args, double *out);

#endif
