/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KX's functions with parameters, of series with missing values: averages pass over nulls, which
 * are less than every number and come first when values are sorted. */
#include <math.h>

#include "kx_nulls.h"

/* What is not null of several numbers. */
typedef struct average {
  double sum;
  size_t n;
} average;

static void add(average *a, double value) {
  if (isnan(value)) return;
  a->sum += value;
  a->n++;
}

static double result(const average *a) {
  return a->sum / (double)a->n;
}

/* ---- spread and place of the values ---- */

static void largestDev(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  kx_numbers m = fresh__kx_numbers(s);
  for (size_t k = 0; k < n_args; k++)
    out[k] = kx_less(args[k].v[0] * (m.max - m.min), sqrt(m.variance));
}

static void ratioBeyondRSigma(const fresh_series *s, const fresh_args *args, size_t n_args,
                              double *out) {
  kx_numbers m = fresh__kx_numbers(s);
  for (size_t k = 0; k < n_args; k++) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) n += fabs(s->x[i] - m.mean) > args[k].v[0] * sqrt(m.variance);
    out[k] = (double)n / (double)s->n;
  }
}

static void symmetricLooking(const fresh_series *s, const fresh_args *args, size_t n_args,
                             double *out) {
  kx_numbers m = fresh__kx_numbers(s);
  double median;
  fresh__kx_of_nulls(&fresh__kx_med, s, NULL, 1, &median);
  for (size_t k = 0; k < n_args; k++)
    out[k] = kx_less(fabs(m.mean - median), args[k].v[0] * (m.max - m.min));
}

double fresh__kx_quantile_of_nulls(const fresh_series *s, double q) {
  double place = q * (double)(s->n - 1);
  size_t i = (size_t)place, low = i - s->n_nan;
  if (i < s->n_nan) return 0;
  double step = i + 1 < s->n ? s->sorted[low + 1] - s->sorted[low] : 0;
  return s->sorted[low] + (place - (double)i) * step;
}

static void quantile(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  for (size_t k = 0; k < n_args; k++) out[k] = fresh__kx_quantile_of_nulls(s, args[k].v[0]);
}

/* Nulls have a bin of their own. */
static double entropy(const fresh_series *s, const kx_numbers *m, size_t n_bins) {
  double *counts = s->work, range = m->max - m->min, sum = 0, missing = (double)(s->n - m->n);
  if (!(range > 0)) return 0;
  for (size_t b = 0; b < n_bins; b++) counts[b] = 0;
  for (size_t i = 0; i < s->n; i++) {
    double bin = (double)n_bins * ((s->x[i] - m->min) / range);
    if (!isnan(bin)) counts[bin < (double)n_bins ? (size_t)bin : n_bins - 1]++;
  }
  for (size_t b = 0; b <= n_bins; b++) {
    double p = (b < n_bins ? counts[b] : missing) / (double)s->n;
    if (p > 0) sum += p * log(p);
  }
  return -sum;
}

static void binnedEntropy(const fresh_series *s, const fresh_args *args, size_t n_args,
                          double *out) {
  kx_numbers m = fresh__kx_numbers(s);
  for (size_t k = 0; k < n_args; k++) out[k] = entropy(s, &m, (size_t)args[k].v[0]);
}

/* ---- products of neighbours ---- */

static void c3(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  for (size_t k = 0; k < n_args; k++) {
    size_t lag = (size_t)args[k].v[0];
    average a = {0};
    for (size_t i = 0; i + 2 * lag < s->n; i++)
      add(&a, s->x[i] * s->x[i + lag] * s->x[i + 2 * lag]);
    out[k] = result(&a);
  }
}

static void treverseAsymStat(const fresh_series *s, const fresh_args *args, size_t n_args,
                             double *out) {
  for (size_t k = 0; k < n_args; k++) {
    size_t lag = (size_t)args[k].v[0];
    average a = {0};
    for (size_t i = 2 * lag; i < s->n; i++) {
      double before = s->x[i - 2 * lag];
      add(&a, s->x[i - lag] * (s->x[i] * s->x[i] - before * before));
    }
    out[k] = a.n ? result(&a) : 0;
  }
}

static void autoCorr(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  kx_numbers m = fresh__kx_numbers(s);
  for (size_t k = 0; k < n_args; k++) {
    size_t lag = (size_t)args[k].v[0];
    average a = {0};
    for (size_t i = lag; i < s->n; i++) add(&a, (s->x[i] - m.mean) * (s->x[i - lag] - m.mean));
    out[k] = lag == 0 ? 1 : m.min == m.max ? NAN : result(&a) / m.variance;
  }
}

/* Of nothing all are 0; a null makes all of them null. */
static void aggAutoCorr(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  (void)args;
  kx_numbers m = fresh__kx_numbers(s);
  bool is_flat = m.n == 0 || s->n == 1 || m.variance < 1e-10;
  for (size_t k = 0; k < n_args; k++) out[k] = is_flat ? 0 : NAN;
}

/* A null poisons the sum; deviations of equal values are not looked at. */
static void cidCe(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  double variance = fresh__kx_numbers(s).variance;
  for (size_t k = 0; k < n_args; k++)
    out[k] = s->n == 1 || (args[k].v[0] != 0 && variance == 0) ? 0 : NAN;
}

/* ---- higher than the neighbours ---- */

static bool is_peak(const fresh_series *s, size_t i, size_t support) {
  for (size_t j = 1; j <= support; j++)
    if (!kx_less(s->x[i - j], s->x[i]) || !kx_less(s->x[i + j], s->x[i])) return false;
  return true;
}

static void numPeaks(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  for (size_t k = 0; k < n_args; k++) {
    size_t support = (size_t)args[k].v[0];
    out[k] = 0;
    for (size_t i = support; i + support < s->n; i++) out[k] += is_peak(s, i, support);
  }
}

/* ---- energy and mass ---- */

/* A null poisons the energy of its own chunk alone. */
static void chunk_energies(const fresh_series *s, const fresh_args *args, size_t n_args,
                           double divisor, double *out) {
  for (size_t k = 0; k < n_args; k++) {
    size_t at = (size_t)args[k].v[0], m = (size_t)args[k].v[1];
    out[k] = 0;
    for (size_t i = at * s->n / m; i < (at + 1) * s->n / m; i++) out[k] += s->x[i] * s->x[i];
    out[k] /= divisor;
  }
}

static void eRatioByChunk(const fresh_series *s, const fresh_args *args, size_t n_args,
                          double *out) {
  chunk_energies(s, args, n_args, fresh__kx_numbers(s).energy, out);
}

static void strict_eRatioByChunk(const fresh_series *s, const fresh_args *args, size_t n_args,
                                 double *out) {
  double energy = fresh__kx_numbers(s).energy;
  chunk_energies(s, args, n_args, energy * energy, out);
}

/* (n + 1) / n when the fraction is never reached. */
static void strict_indexMassQuantile(const fresh_series *s, const fresh_args *args, size_t n_args,
                                     double *out) {
  double total = 0;
  for (size_t i = 0; i < s->n; i++) total += isnan(s->x[i]) ? 0 : fabs(s->x[i]);
  for (size_t k = 0; k < n_args; k++) {
    double running = 0;
    size_t i = 0;
    for (; i < s->n; i++) {
      running += isnan(s->x[i]) ? 0 : fabs(s->x[i]);
      if (running / total >= args[k].v[0]) break;
    }
    out[k] = (double)(i + 1) / (double)s->n;
  }
}

static void indexMassQuantile(const fresh_series *s, const fresh_args *args, size_t n_args,
                              double *out) {
  strict_indexMassQuantile(s, args, n_args, out);
  for (size_t k = 0; k < n_args; k++)
    if (out[k] > 1) out[k] = NAN;
}

static const struct {
  const fresh_feature *feature;
  fresh_values *values;
} table[] = {
#define ROW(function) \
  { &fresh__kx_##function, function }
    ROW(aggAutoCorr),
    ROW(autoCorr),
    ROW(binnedEntropy),
    ROW(c3),
    ROW(cidCe),
    ROW(eRatioByChunk),
    {&fresh__kx_strict_eRatioByChunk, strict_eRatioByChunk},
    ROW(indexMassQuantile),
    {&fresh__kx_strict_indexMassQuantile, strict_indexMassQuantile},
    ROW(largestDev),
    ROW(numPeaks),
    ROW(quantile),
    ROW(ratioBeyondRSigma),
    ROW(symmetricLooking),
    ROW(treverseAsymStat),
#undef ROW
};

fresh_values *fresh__kx_values_of_nulls(const fresh_feature *feature) {
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (table[i].feature == feature) return table[i].values;
  return NULL;
}
