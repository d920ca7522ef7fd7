/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entropy of the histogram of values, and of the power density. */
#include <ml/stats_internal.h>

#include "feature.h"

/* Bins of equal width; all but the last are open above. */
typedef struct histogram {
  double low, high, step;
  size_t n_bins;
  double *counts;
} histogram;

/* As numpy.linspace() has it, whose last edge is exact. */
static double edge(const histogram *h, size_t j) {
  return j == h->n_bins ? h->high : h->low + (double)j * h->step;
}

/* A quotient says in which bin a value is, and the edges, which are rounded in another way, have
 * the last word. @return false when the range is too small or too large for bins */
static bool count_values(histogram *h, const double *x, size_t n) {
  double bins = (double)h->n_bins, range = h->high - h->low;
  for (size_t j = 0; j < h->n_bins; j++) h->counts[j] = 0;
  for (size_t i = 0; i < n; i++) {
    double place = (x[i] - h->low) / range * bins;
    if (!(place >= 0 && place <= bins)) return false;
    size_t j = (size_t)place;
    if (j == h->n_bins) j--;
    if (x[i] < edge(h, j) && j > 0)
      j--;
    else if (x[i] >= edge(h, j + 1) && j != h->n_bins - 1)
      j++;
    h->counts[j]++;
  }
  return true;
}

/* -0 for a single bin, as in the reference. */
static double entropy(histogram *h, const double *x, size_t n) {
  if (h->low == h->high) {
    h->low -= 0.5;
    h->high += 0.5;
  }
  double range = h->high - h->low;
  h->step = range / (double)h->n_bins;
  if (!isfinite(range) || h->step == 0 || !count_values(h, x, n)) return NAN;
  for (size_t j = 0; j < h->n_bins; j++) {
    double p = h->counts[j] / (double)n;
    h->counts[j] = p == 0 ? 0 : p * log(p);
  }
  return -stats__sum(h->counts, h->n_bins);
}

static void binned_entropy(const fresh_series *s, const fresh_args *args, size_t n_args,
                           double *out) {
  for (size_t k = 0; k < n_args; k++) {
    histogram h = {
        .low = s->min, .high = s->max, .n_bins = (size_t)args[k].v[0], .counts = s->work};
    out[k] = entropy(&h, s->x, s->n);
  }
}

static void fourier_entropy(const fresh_series *s, const fresh_args *args, size_t n_args,
                            double *out) {
  double *relative = s->work, low = s->density[0], high = s->density[0];
  bool has_nan = false;
  for (size_t j = 0; j < s->n_density; j++) {
    has_nan |= isnan(s->density[j]);
    low = fmin(low, s->density[j]);
    high = fmax(high, s->density[j]);
  }
  has_nan |= high == 0;
  for (size_t j = 0; j < s->n_density; j++) relative[j] = s->density[j] / high;
  for (size_t k = 0; k < n_args; k++) {
    histogram h = {.low = low / high,
                   .high = 1,
                   .n_bins = (size_t)args[k].v[0],
                   .counts = relative + s->n_density};
    out[k] = has_nan ? NAN : entropy(&h, relative, s->n_density);
  }
}

static size_t bins_of(const fresh_args *args, size_t n_args) {
  double most = 0;
  for (size_t k = 0; k < n_args; k++) most = fmax(most, args[k].v[0]);
  return (size_t)most;
}

static size_t one_array_of_bins(size_t n, const fresh_args *args, size_t n_args) {
  (void)n;
  return bins_of(args, n_args);
}

#define MOST_BINS 1e6
static const ml_fresh_param max_bins_params[] = {{.name = "max_bins",
                                                  .kind = ML_PARAM_INT,
                                                  .lo = 1,
                                                  .hi = MOST_BINS,
                                                  .doc = "number of bins of equal width"}};
static const ml_param_value max_bins_grid[] = {FRESH_INT(10)};

const fresh_feature fresh__binned_entropy = {
    .info = {.name = "binned_entropy",
             .summary = "entropy of the histogram of the values",
             .formula = "-sum p[j] log p[j], p[j] the fraction of the values in bin j of max_bins "
                        "between min and max",
             .nan_rule = "the range of the values is too small or too large for bins",
             .cost = "n",
             .source = "Shannon (1948), Bell System Technical Journal 27, 379",
             FRESH_PARAMS(max_bins_params, max_bins_grid)},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_EXTREMES,
    .work_size = one_array_of_bins,
    .values = binned_entropy};

static const ml_fresh_param bins_params[] = {{.name = "bins",
                                              .kind = ML_PARAM_INT,
                                              .lo = 1,
                                              .hi = MOST_BINS,
                                              .doc = "number of bins of equal width"}};
static const ml_param_value bins_grid[] = {FRESH_INT(2), FRESH_INT(3), FRESH_INT(5), FRESH_INT(10),
                                           FRESH_INT(100)};

const fresh_feature fresh__fourier_entropy = {
    .info = {.name = "fourier_entropy",
             .summary = "entropy of the histogram of the power density",
             .formula = "binned entropy of P / max P, P the density of spkt_welch_density",
             .nan_rule = "the power is 0 everywhere: a constant series",
             .cost = "n",
             .source = "Shannon (1948), Bell System Technical Journal 27, 379; tsfresh",
             FRESH_PARAMS(bins_params, bins_grid),
             .assumes_step = true},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_WELCH,
    .n_work = 1,
    .work_size = one_array_of_bins,
    .values = fourier_entropy};
