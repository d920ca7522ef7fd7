/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One number of several, as numpy computes it. */
#include "aggregate.h"

#include <math.h>
#include <string.h>

#include <ml/stats_internal.h>

static double mean(fresh_sample *a) {
  if (!a->has_mean) a->mean = stats__sum(a->values, a->n) / (double)a->n;
  a->has_mean = true;
  return a->mean;
}

static double var(fresh_sample *a) {
  return stats__variance(a->values, a->n, mean(a), a->spare);
}

static double std(fresh_sample *a) {
  return sqrt(var(a));
}

static double median(fresh_sample *a) {
  memcpy(a->spare, a->values, a->n * sizeof *a->spare);
  size_t n_nan = stats__sort(a->spare, a->n, a->spare + a->n);
  return n_nan ? NAN : stats__median(a->spare, a->n);
}

static double max(fresh_sample *a) {
  double most = a->values[0];
  for (size_t i = 0; i < a->n; i++) {
    if (isnan(a->values[i])) return NAN;
    most = a->values[i] > most ? a->values[i] : most;
  }
  return most;
}

static double min(fresh_sample *a) {
  double least = a->values[0];
  for (size_t i = 0; i < a->n; i++) {
    if (isnan(a->values[i])) return NAN;
    least = a->values[i] < least ? a->values[i] : least;
  }
  return least;
}

static double sum(fresh_sample *a) {
  return stats__sum(a->values, a->n);
}

static double prod(fresh_sample *a) {
  double product = 1;
  for (size_t i = 0; i < a->n; i++) product *= a->values[i];
  return product;
}

static double ptp(fresh_sample *a) {
  return max(a) - min(a);
}

/* In the order of the choices. */
static double (*const aggregates[])(fresh_sample *) = {mean, var, std,  median, max,
                                                       min,  sum, prod, ptp};

double fresh__aggregate(fresh_sample *sample, size_t choice) {
  return aggregates[choice](sample);
}
