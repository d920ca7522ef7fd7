/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a shift, a scale and a reversal do to KX's features, on random series of integers. */
#include <math.h>
#include <stdlib.h>

#include "fresh_cases.h"

/* What adding a constant does. */
typedef enum on_shift { ANY_SHIFT, KEEPS, MOVES } on_shift;

/* What reading the series backwards does. */
typedef enum on_reversal { ANY_REVERSAL = 0, SAME = 1, OPPOSITE = -1 } on_reversal;

typedef struct property {
  const char *settings;
  on_shift shift;
  int power; /* 4 x gives 4^power times the value */
  on_reversal reversal;
} property;

static property properties[] = {
    {"{\"kx.mean\": null}", MOVES, 1, SAME},
    {"{\"kx.med\": null}", MOVES, 1, SAME},
    {"{\"kx.max\": null}", MOVES, 1, SAME},
    {"{\"kx.min\": null}", MOVES, 1, SAME},
    {"{\"kx.sumVal\": null}", ANY_SHIFT, 1, SAME},
    {"{\"kx.absEnergy\": null}", ANY_SHIFT, 2, SAME},
    {"{\"kx.count\": null}", KEEPS, 0, SAME},
    {"{\"kx.var\": null}", KEEPS, 2, SAME},
    {"{\"kx.stdDev\": null}", KEEPS, 1, SAME},
    {"{\"kx.skewness\": null}", KEEPS, 0, SAME},
    {"{\"kx.kurtosis\": null}", KEEPS, 0, SAME},
    {"{\"kx.countAboveMean\": null}", KEEPS, 0, SAME},
    {"{\"kx.countBelowMean\": null}", KEEPS, 0, SAME},
    {"{\"kx.longStrikeAboveMean\": null}", KEEPS, 0, SAME},
    {"{\"kx.longStrikeBelowMean\": null}", KEEPS, 0, SAME},
    {"{\"kx.hasDup\": null}", KEEPS, 0, SAME},
    {"{\"kx.hasDupMax\": null}", KEEPS, 0, SAME},
    {"{\"kx.hasDupMin\": null}", KEEPS, 0, SAME},
    {"{\"kx.perRecurToAllData\": null}", KEEPS, 0, SAME},
    {"{\"kx.perRecurToAllVal\": null}", KEEPS, 0, SAME},
    {"{\"kx.ratioValNumToSeriesLength\": null}", KEEPS, 0, SAME},
    {"{\"kx.firstMax\": null}", KEEPS, 0, ANY_REVERSAL},
    {"{\"kx.firstMin\": null}", KEEPS, 0, ANY_REVERSAL},
    {"{\"kx.lastMax\": null}", KEEPS, 0, ANY_REVERSAL},
    {"{\"kx.lastMin\": null}", KEEPS, 0, ANY_REVERSAL},
    {"{\"kx.sumRecurringVal\": null}", ANY_SHIFT, 1, SAME},
    {"{\"kx.sumRecurringDataPoint\": null}", ANY_SHIFT, 1, SAME},
    {"{\"kx.meanAbsChange\": null}", KEEPS, 1, SAME},
    {"{\"kx.absSumChange\": null}", KEEPS, 1, SAME},
    {"{\"kx.meanChange\": null}", KEEPS, 1, OPPOSITE},
    {"{\"kx.mean2DerCentral\": null}", KEEPS, 1, SAME},
    {"{\"kx.aggAutoCorr\": [{\"key\": \"mean\"}]}", KEEPS, 0, SAME},
    {"{\"kx.aggAutoCorr\": [{\"key\": \"variance\"}]}", KEEPS, 0, SAME},
    {"{\"kx.aggAutoCorr\": [{\"key\": \"median\"}]}", KEEPS, 0, SAME},
    {"{\"kx.aggAutoCorr\": [{\"key\": \"dev\"}]}", KEEPS, 0, SAME},
    {"{\"kx.augFuller\": [{\"key\": \"teststat\"}]}", KEEPS, 0, ANY_REVERSAL},
    {"{\"kx.augFuller\": [{\"key\": \"pvalue\"}]}", KEEPS, 0, ANY_REVERSAL},
    {"{\"kx.augFuller\": [{\"key\": \"usedlag\"}]}", KEEPS, 0, ANY_REVERSAL},
    {"{\"kx.fftAggreg\": [{\"key\": \"centroid\"}]}", ANY_SHIFT, 0, SAME},
    {"{\"kx.fftAggreg\": [{\"key\": \"variance\"}]}", ANY_SHIFT, 0, SAME},
    {"{\"kx.fftAggreg\": [{\"key\": \"skew\"}]}", ANY_SHIFT, 0, SAME},
    {"{\"kx.fftAggreg\": [{\"key\": \"kurtosis\"}]}", ANY_SHIFT, 0, SAME},
    {"{\"kx.linTrend\": [{\"key\": \"rval\"}]}", KEEPS, 0, OPPOSITE},
    {"{\"kx.linTrend\": [{\"key\": \"slope\"}]}", KEEPS, 1, OPPOSITE},
    {"{\"kx.linTrend\": [{\"key\": \"intercept\"}]}", MOVES, 1, ANY_REVERSAL},
    {"{\"kx.aggLinTrend\": [{\"chunkLen\": 5, \"key\": \"rval_max\"}]}", KEEPS, 0, ANY_REVERSAL},
    {"{\"kx.aggLinTrend\": [{\"chunkLen\": 5, \"key\": \"intercept_avg\"}]}", MOVES, 1,
     ANY_REVERSAL},
    {"{\"kx.aggLinTrend\": [{\"chunkLen\": 5, \"key\": \"slope_var\"}]}", KEEPS, 2, ANY_REVERSAL},
    {"{\"kx.autoCorr\": [{\"lag\": 3}]}", KEEPS, 0, SAME},
    {"{\"kx.binnedEntropy\": [{\"numBins\": 7}]}", KEEPS, 0, SAME},
    {"{\"kx.c3\": [{\"lag\": 2}]}", ANY_SHIFT, 3, SAME},
    {"{\"kx.cidCe\": [{\"isAbs\": false}]}", KEEPS, 1, SAME},
    {"{\"kx.cidCe\": [{\"isAbs\": true}]}", KEEPS, 0, SAME},
    {"{\"kx.eRatioByChunk\": [{\"chunk\": 1, \"numSeg\": 3}]}", ANY_SHIFT, 0, ANY_REVERSAL},
    {"{\"kx.fftCoeff\": [{\"attr\": \"abs\", \"bin\": 2, \"coeff\": 10}]}", KEEPS, 1, SAME},
    {"{\"kx.fftCoeff\": [{\"attr\": \"angle\", \"bin\": 2, \"coeff\": 10}]}", KEEPS, 0,
     ANY_REVERSAL},
    {"{\"kx.indexMassQuantile\": [{\"quantile\": 0.3}]}", ANY_SHIFT, 0, ANY_REVERSAL},
    {"{\"kx.largestDev\": [{\"ratio\": 0.27}]}", KEEPS, 0, SAME},
    {"{\"kx.numCrossing\": [{\"crossVal\": 0}]}", ANY_SHIFT, 0, SAME},
    {"{\"kx.numCwtPeaks\": [{\"width\": 5}]}", ANY_SHIFT, 0, ANY_REVERSAL},
    {"{\"kx.numPeaks\": [{\"support\": 3}]}", KEEPS, 0, SAME},
    {"{\"kx.partAutoCorrelation\": [{\"index\": 3, \"lag\": 6}]}", KEEPS, 0, SAME},
    {"{\"kx.quantile\": [{\"quantile\": 0.3}]}", MOVES, 1, SAME},
    {"{\"kx.ratioBeyondRSigma\": [{\"r\": 1.37}]}", KEEPS, 0, SAME},
    {"{\"kx.spktWelch\": [{\"coeff\": 3}]}", KEEPS, 2, ANY_REVERSAL},
    {"{\"kx.symmetricLooking\": [{\"ratio\": 0.03}]}", KEEPS, 0, SAME},
    {"{\"kx.treverseAsymStat\": [{\"lag\": 2}]}", ANY_SHIFT, 3, OPPOSITE},
    {"{\"kx.valCount\": [{\"val\": 0}]}", ANY_SHIFT, 0, SAME},
    {"{\"kx.changeQuant\": [{\"isAbs\": false, \"key\": \"max\", \"lowerQuant\": 0.1, "
     "\"upperQuant\": 0.9}]}",
     KEEPS, 1, ANY_REVERSAL},
    {"{\"kx.changeQuant\": [{\"isAbs\": false, \"key\": \"min\", \"lowerQuant\": 0.1, "
     "\"upperQuant\": 0.9}]}",
     KEEPS, 1, ANY_REVERSAL},
    {"{\"kx.changeQuant\": [{\"isAbs\": false, \"key\": \"mean\", \"lowerQuant\": 0.1, "
     "\"upperQuant\": 0.9}]}",
     KEEPS, 1, OPPOSITE},
    {"{\"kx.changeQuant\": [{\"isAbs\": false, \"key\": \"variance\", \"lowerQuant\": 0.1, "
     "\"upperQuant\": 0.9}]}",
     KEEPS, 2, SAME},
    {"{\"kx.changeQuant\": [{\"isAbs\": false, \"key\": \"median\", \"lowerQuant\": 0.1, "
     "\"upperQuant\": 0.9}]}",
     KEEPS, 1, OPPOSITE},
    {"{\"kx.changeQuant\": [{\"isAbs\": false, \"key\": \"stdev\", \"lowerQuant\": 0.1, "
     "\"upperQuant\": 0.9}]}",
     KEEPS, 1, SAME},
    {"{\"kx.changeQuant\": [{\"isAbs\": true, \"key\": \"max\", \"lowerQuant\": 0.2, "
     "\"upperQuant\": 0.8}]}",
     KEEPS, 1, SAME},
};

enum { ROUNDS = 40, FEWEST = 24, MOST = 90, SHIFT = 64 };

/* Integers, so that a shift and a power of two change no digit. */
static size_t random_series(uint64_t *seed, double *x) {
  size_t n = FEWEST + next_random(seed) % (MOST - FEWEST);
  uint64_t spread = 3 + next_random(seed) % 200;
  for (size_t i = 0; i < n; i++) x[i] = (double)(next_random(seed) % spread) - (double)(spread / 2);
  return n;
}

static void expect(const property *p, double got, double want) {
  expect_close(p->settings, got, want, 1e-9, 1e-11);
}

static void holds(void **state) {
  const property *p = *state;
  uint64_t seed = 2024;
  double x[MOST], y[MOST];
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(&seed, x);
    double value = feature_by_json(p->settings, false, x, n);
    for (size_t i = 0; i < n; i++) y[i] = x[i] + SHIFT;
    if (p->shift != ANY_SHIFT)
      expect(p, feature_by_json(p->settings, false, y, n),
             p->shift == MOVES ? value + SHIFT : value);
    for (size_t i = 0; i < n; i++) y[i] = 4 * x[i];
    expect(p, feature_by_json(p->settings, false, y, n), value * pow(4, p->power));
    for (size_t i = 0; i < n; i++) y[i] = x[n - 1 - i];
    if (p->reversal != ANY_REVERSAL)
      expect(p, feature_by_json(p->settings, false, y, n), value * p->reversal);
  }
}

int main(void) {
  enum { N = sizeof properties / sizeof *properties };
  struct CMUnitTest tests[N];
  for (size_t i = 0; i < N; i++)
    tests[i] = (struct CMUnitTest){
        .name = properties[i].settings, .test_func = holds, .initial_state = &properties[i]};
  return cmocka_run_group_tests_name("fresh/kx: properties", tests, NULL, NULL);
}
