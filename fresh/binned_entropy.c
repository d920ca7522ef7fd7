/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entropy of the histogram of values, and of the power density. */
#include <ml/stats_internal.h>
#include <ml/vector.h>

#include "feature.h"

/* Values, and where between low and high they are. */
typedef struct histogram {
  const double *x;
  size_t n;
  double low, high;
  double *places; /* n, from 0 to 1 */
  double *counts; /* as many as there are bins, at most */
} histogram;

ML_VECTOR_PATHS
static void find_places(const double *x, size_t n, double low, double range, double *places) {
  for (size_t i = 0; i < n; i++) places[i] = (x[i] - low) / range;
}

/* Bins need a range: a single value gets one about it. */
static void open_range(histogram *h) {
  if (h->low == h->high) {
    h->low -= 0.5;
    h->high += 0.5;
  }
  find_places(h->x, h->n, h->low, h->high - h->low, h->places);
}

/* Bins of equal width; all but the last are open above. Their edges are those of numpy.linspace(),
 * whose last one is exact. The place of a value says in which bin it is, and the edges, which are
 * rounded in another way, have the last word. @return false when the range is too small or too
 * large for bins */
static bool count_values(const histogram *h, size_t n_bins) {
  double low = h->low, step = (h->high - low) / (double)n_bins;
  if (!isfinite(step) || step == 0) return false;
  for (size_t j = 0; j < n_bins; j++) h->counts[j] = 0;
  for (size_t i = 0; i < h->n; i++) {
    double x = h->x[i], place = h->places[i] * (double)n_bins;
    if (!(place >= 0 && place <= (double)n_bins)) return false;
    size_t j = (size_t)place;
    if (j == n_bins) j--;
    if (x < low + (double)j * step && j > 0)
      j--;
    else if (j + 1 != n_bins && x >= low + (double)(j + 1) * step)
      j++;
    h->counts[j]++;
  }
  return true;
}

/* -0 for a single bin, as in the reference. */
static double entropy(const histogram *h, size_t n_bins) {
  if (!count_values(h, n_bins)) return NAN;
  for (size_t j = 0; j < n_bins; j++) {
    double p = h->counts[j] / (double)h->n;
    h->counts[j] = p == 0 ? 0 : p * log(p);
  }
  return -stats__sum(h->counts, n_bins);
}

static void binned_entropy(const fresh_series *s, const fresh_args *args, size_t n_args,
                           double *out) {
  histogram h = {.x = s->x,
                 .n = s->n,
                 .low = s->min,
                 .high = s->max,
                 .places = s->work,
                 .counts = s->work + s->n};
  open_range(&h);
  for (size_t k = 0; k < n_args; k++) out[k] = entropy(&h, (size_t)args[k].v[0]);
}

static void fourier_entropy(const fresh_series *s, const fresh_args *args, size_t n_args,
                            double *out) {
  size_t n = s->n_density;
  double *relative = s->work, low = s->density[0], high = s->density[0];
  bool has_nan = false;
  for (size_t j = 0; j < n; j++) {
    has_nan |= isnan(s->density[j]);
    low = s->density[j] < low ? s->density[j] : low;
    high = s->density[j] > high ? s->density[j] : high;
  }
  has_nan |= high == 0;
  for (size_t j = 0; j < n; j++) relative[j] = s->density[j] / high;
  histogram h = {.x = relative,
                 .n = n,
                 .low = low / high,
                 .high = 1,
                 .places = relative + n,
                 .counts = relative + 2 * n};
  open_range(&h);
  for (size_t k = 0; k < n_args; k++) out[k] = has_nan ? NAN : entropy(&h, (size_t)args[k].v[0]);
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
    .n_work = 1,
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
    .n_work = 2,
    .work_size = one_array_of_bins,
    .values = fourier_entropy};
