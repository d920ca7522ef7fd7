/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entropies of what follows similar runs of values. */
#include <math.h>

#include "pairs.h"

/* ---- sample entropy ---- */

enum { SAMPLE_VALUES = 2 };

static size_t sample_size(size_t n, const fresh_args *args, size_t n_args) {
  (void)args;
  (void)n_args;
  return fresh__pairs_size(n, SAMPLE_VALUES, 1);
}

static double sample_entropy(const fresh_series *s) {
  if (s->n_nan) return NAN;
  size_t n = s->n;
  double radius = 0.2 * s->deviation;
  uint64_t n_short = 0, n_long = 0;
  if (n > SAMPLE_VALUES) {
    const uint64_t *counts = fresh__count_pairs(s, SAMPLE_VALUES, &radius, 1, s->work);
    for (size_t i = 0; i < n; i++) {
      n_short += fresh__short_pairs(counts[i]);
      n_long += fresh__long_pairs(counts[i]);
    }
  }
  /* Each template is taken off once, also where it is not close to itself: without a radius, for
   * there are infinities, all counts are 0, and the reference's differences negative. */
  return -log(((double)n_long - (double)(n - 2)) / ((double)n_short - (double)(n - 1)));
}

/* ---- approximate entropy ---- */

/* Logarithm of the product of n_counts counts, each divided by `whole`. The product of what they
 * are divided by is made alike, so that where all are whole it is exactly 0. */
static double log_product(const uint64_t *counts, size_t n_counts, bool is_long, double whole) {
  enum { LANES = 8 };
  double above[LANES], below[LANES];
  for (size_t k = 0; k < LANES; k++) above[k] = below[k] = 1;
  for (size_t i = 0; i < n_counts; i++) {
    uint64_t count = is_long ? fresh__long_pairs(counts[i]) : fresh__short_pairs(counts[i]);
    above[i % LANES] *= (double)(int64_t)count;
    below[i % LANES] *= whole;
  }
  for (size_t k = 1; k < LANES; k++) {
    above[0] *= above[k];
    below[0] *= below[k];
  }
  return log(above[0] / below[0]);
}

/* Mean logarithm of the share of templates that are close to a template; one logarithm for as many
 * as a double can take the product of. */
static double mean_log(const uint64_t *counts, size_t n_counts, bool is_long) {
  int digits = 0;
  double sum = 0;
  for (size_t left = n_counts; left > 0; left /= 2) digits++;
  size_t most = 1000 / (size_t)digits;
  for (size_t i = 0; i < n_counts; i += most)
    sum += log_product(counts + i, n_counts - i < most ? n_counts - i : most, is_long,
                       (double)n_counts);
  return sum / (double)n_counts;
}

static double approximate(const uint64_t *counts, size_t n, size_t m) {
  return fabs(mean_log(counts, n - m + 1, false) - mean_log(counts, n - m, true));
}

enum { M, R };

static size_t approximate_size(size_t n, const fresh_args *args, size_t n_args) {
  size_t most = 0, n_radii = n_args < PAIRS_MOST_RADII ? n_args : PAIRS_MOST_RADII;
  for (size_t k = 0; k < n_args; k++) {
    if ((double)n <= args[k].v[M] + 1) continue;
    size_t size = fresh__pairs_size(n, (size_t)args[k].v[M], n_radii);
    if (size > most) most = size;
  }
  return most;
}

/* Sets of the same m as the first one, at most PAIRS_MOST_RADII of them, from `from` on. @return
 * how many; *next is where to go on */
static size_t gather(const fresh_args *args, size_t n_args, size_t from, double m, size_t *sets,
                     size_t *next) {
  size_t n = 0, k = from;
  for (; k < n_args && n < PAIRS_MOST_RADII; k++)
    if (args[k].v[M] == m) sets[n++] = k;
  *next = k;
  return n;
}

static void approximate_all(const fresh_series *s, const fresh_args *args, size_t n_args,
                            size_t from, double *out) {
  size_t sets[PAIRS_MOST_RADII], n_sets;
  double m = args[from].v[M];
  while ((n_sets = gather(args, n_args, from, m, sets, &from)) > 0) {
    double radii[PAIRS_MOST_RADII];
    for (size_t k = 0; k < n_sets; k++) radii[k] = args[sets[k]].v[R] * s->deviation;
    const uint64_t *counts = fresh__count_pairs(s, (size_t)m, radii, n_sets, s->work);
    for (size_t k = 0; k < n_sets; k++)
      out[sets[k]] = approximate(counts + k * (s->n + 1), s->n, (size_t)m);
  }
}

static void approximate_entropy(const fresh_series *s, const fresh_args *args, size_t n_args,
                                double *out) {
  for (size_t k = 0; k < n_args; k++) {
    size_t first = 0;
    while (args[first].v[M] != args[k].v[M]) first++;
    if ((double)s->n <= args[k].v[M] + 1)
      out[k] = 0;
    else if (first == k)
      approximate_all(s, args, n_args, k, out);
  }
}

const fresh_feature fresh__sample_entropy = {
    .info = {.name = "sample_entropy",
             .summary = "how little runs of 2 close values say about the third",
             .formula = "-log(A/B), A: pairs of runs of 3 values that differ by at most 0.2 "
                        "sqrt(variance) everywhere, B: of 2 values",
             .nan_rule = "n < 3, a value is NaN, or no two runs of 2 are close",
             .cost = "n^2",
             .source =
                 "Richman and Moorman (2000), Am. J. Physiol. Heart Circ. Physiol. 278, H2039",
             FRESH_NO_PARAMS,
             .assumes_step = true},
    .presets = FRESH_IN_COMPREHENSIVE,
    .needs = FRESH_SPREAD | FRESH_ORDER | FRESH_SORTED,
    .min_n = 3,
    .work_size = sample_size,
    .value = sample_entropy};

static const ml_fresh_param approximate_params[] = {
    {.name = "m", .kind = ML_PARAM_INT, .lo = 1, .hi = 1e9, .doc = "number of values in a run"},
    {.name = "r",
     .kind = ML_PARAM_REAL,
     FRESH_ANY,
     .doc = "how much close values differ at most, in standard deviations"}};
static const ml_param_value approximate_grid[] = {
    FRESH_INT(2),   FRESH_REAL(.1), FRESH_INT(2),   FRESH_REAL(.3), FRESH_INT(2),
    FRESH_REAL(.5), FRESH_INT(2),   FRESH_REAL(.7), FRESH_INT(2),   FRESH_REAL(.9)};

const fresh_feature fresh__approximate_entropy = {
    .info = {.name = "approximate_entropy",
             .summary = "how little runs of m close values say about the next",
             .formula =
                 "|phi(m) - phi(m+1)|, phi(m) = mean over i of log of the share of runs of m "
                 "values that differ from run i by at most r sqrt(variance) everywhere; 0 "
                 "for n <= m + 1",
             .nan_rule = "a value is NaN or infinite, or r < 0; n > m + 1",
             .cost = "n^2",
             .source = "Pincus (1991), Proc. Natl. Acad. Sci. USA 88, 2297",
             FRESH_PARAMS(approximate_params, approximate_grid),
             .assumes_step = true},
    .presets = FRESH_IN_COMPREHENSIVE,
    .needs = FRESH_SPREAD | FRESH_ORDER | FRESH_SORTED,
    .work_size = approximate_size,
    .values = approximate_entropy};
