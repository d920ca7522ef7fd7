/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Latencies of any number of predictions in constant memory: counts in bins that grow by 2%. */
#include <math.h>

#include "predict.h"

#define LEAST 1e-7 /* seconds: the upper end of the first bin */
#define STEP  1.02

void latency__add(latencies *l, double seconds) {
  const double bin = seconds > LEAST ? ceil(log(seconds / LEAST) / log(STEP)) : 0;
  l->bins[bin < LATENCY_BINS ? (size_t)bin : LATENCY_BINS - 1]++;
  l->n++;
  l->longest = fmax(l->longest, seconds);
}

double latency__quantile(const latencies *l, double share) {
  size_t bin = 0, n = l->bins[0];
  const double wanted = ceil(share * (double)l->n);
  while ((double)n < wanted && bin + 1 < LATENCY_BINS) n += l->bins[++bin];
  return fmin(LEAST * pow(STEP, (double)bin), l->longest);
}
