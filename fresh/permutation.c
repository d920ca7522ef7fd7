/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Entropy of the orders that neighbouring values come in. */
#include <math.h>
#include <string.h>

#include <ml/stats_internal.h>
#include <ml/vector.h>

#include "feature.h"

enum { DIMENSION, TAU };

/* The order of a window is a number in the factorial system: digit k, whose weight is k!, says how
 * many of the k values before value k are larger. Windows of one more value have one more digit, so
 * one pass over the series serves all dimensions.
 *
 * A number is exact in a double up to 2^53; when it would become larger, the orders that there are
 * take its place. */
#define EXACT 0x1p53

/* Orders that have a counter each; more are sorted. */
enum { MOST_COUNTERS = 5040 };

typedef struct orders {
  const double *x; /* without NaN */
  size_t n;
  double *larger; /* of the k values before value i */
  double *code;   /* of the window that starts at value i */
  double *spare, *sorted;
  double n_codes; /* all are below */
} orders;

/* larger[i] takes value i - k into account, and codes their digit k. Windows that reach over the
 * end have any code. */
ML_VECTOR_PATHS
static void add_digit(const orders *o, size_t k) {
  for (size_t i = k; i < o->n; i++) o->larger[i] += o->x[i - k] > o->x[i] ? 1 : 0;
  for (size_t i = 0; i + k < o->n; i++) o->code[i] += o->n_codes * o->larger[i + k];
}

static void renumber(orders *o, size_t n_windows) {
  size_t n_distinct = 0;
  memcpy(o->sorted, o->code, n_windows * sizeof *o->code);
  stats__sort(o->sorted, n_windows, o->spare);
  for (size_t i = 0; i < n_windows; i++)
    if (i == 0 || o->sorted[i] != o->sorted[n_distinct - 1]) o->sorted[n_distinct++] = o->sorted[i];
  for (size_t i = 0; i < n_windows; i++)
    o->code[i] = (double)fresh__place_of(o->sorted, n_distinct, o->code[i]);
  o->n_codes = (double)n_distinct;
}

/* From windows of k values to those of k + 1. */
static void grow(orders *o, size_t k) {
  double n_codes = o->n_codes * ((double)k + 1);
  if (n_codes > EXACT) {
    renumber(o, o->n - k + 1);
    n_codes = o->n_codes * ((double)k + 1);
  }
  add_digit(o, k);
  o->n_codes = n_codes;
}

/* ---- entropy of counts ---- */

/* Sum of p log p over orders; most are seen a few times, and those share a logarithm. */
typedef struct tally {
  double n_windows;
  size_t seen[64]; /* orders that were seen that often */
  double sum;
} tally;

static void add_share(tally *t, double count, double times) {
  double p = count / t->n_windows;
  t->sum += times * (p * log(p));
}

static inline void add_count(tally *t, size_t count) {
  if (count == 0) return;
  if (count < sizeof t->seen / sizeof *t->seen)
    t->seen[count]++;
  else
    add_share(t, (double)count, 1);
}

static double entropy_of(tally *t) {
  for (size_t count = 1; count < sizeof t->seen / sizeof *t->seen; count++)
    if (t->seen[count]) add_share(t, (double)count, (double)t->seen[count]);
  return -t->sum;
}

/* Counters of orders that are not there are not looked at where most are not: the windows lead to
 * the others. */
static void count_orders(const orders *o, size_t n_starts, size_t tau, tally *t) {
  uint32_t *counters = (uint32_t *)o->spare;
  size_t n_counters = (size_t)o->n_codes;
  memset(counters, 0, n_counters * sizeof *counters);
  for (size_t i = 0; i < n_starts; i += tau) counters[(size_t)o->code[i]]++;
  if (n_counters <= n_starts / tau) {
    for (size_t c = 0; c < n_counters; c++) add_count(t, counters[c]);
    return;
  }
  for (size_t i = 0; i < n_starts; i += tau) {
    uint32_t *counter = &counters[(size_t)o->code[i]];
    add_count(t, *counter);
    *counter = 0;
  }
}

static void sort_orders(const orders *o, size_t n_starts, size_t tau, tally *t) {
  size_t n = 0, start = 0;
  for (size_t i = 0; i < n_starts; i += tau) o->sorted[n++] = o->code[i];
  stats__sort(o->sorted, n, o->spare);
  for (size_t i = 1; i <= n; i++) {
    if (i < n && o->sorted[i] == o->sorted[start]) continue;
    add_count(t, i - start);
    start = i;
  }
}

static double permutation(const orders *o, size_t dimension, double tau) {
  size_t n_starts = o->n - dimension + 1, stride = tau < (double)n_starts ? (size_t)tau : n_starts;
  tally t = {.n_windows = (double)((n_starts - 1) / stride + 1)};
  if (o->n_codes <= MOST_COUNTERS)
    count_orders(o, n_starts, stride, &t);
  else
    sort_orders(o, n_starts, stride, &t);
  return entropy_of(&t);
}

/* ---- the calculator ---- */

static size_t permutation_size(size_t n, const fresh_args *args, size_t n_args) {
  (void)args;
  (void)n_args;
  return 4 * n + (n > MOST_COUNTERS / 2 ? n : MOST_COUNTERS / 2);
}

/* Places in order instead of values, for NaN compares with nothing; it is the largest. */
static void replace_by_places(const fresh_series *s, double *places) {
  for (size_t i = 0; i < s->n; i++)
    places[i] = (double)fresh__place_of(s->sorted, s->n - s->n_nan, s->x[i]);
}

static void permutation_entropy(const fresh_series *s, const fresh_args *args, size_t n_args,
                                double *out) {
  size_t n = s->n, most = 0;
  double *work = s->work;
  orders o = {.x = s->x, .n = n, .larger = work, .code = work + n, .n_codes = 1};
  o.sorted = work + 3 * n;
  o.spare = work + 4 * n;
  if (s->n_nan) {
    replace_by_places(s, work + 2 * n);
    o.x = work + 2 * n;
  }
  memset(work, 0, 2 * n * sizeof *work);
  for (size_t k = 0; k < n_args; k++) {
    out[k] = NAN;
    double dimension = args[k].v[DIMENSION];
    if (dimension <= (double)n && dimension > (double)most) most = (size_t)dimension;
  }
  for (size_t dimension = 1; dimension <= most; dimension++) {
    if (dimension > 1) grow(&o, dimension - 1);
    for (size_t k = 0; k < n_args; k++)
      if (args[k].v[DIMENSION] == (double)dimension)
        out[k] = permutation(&o, dimension, args[k].v[TAU]);
  }
}

static const ml_fresh_param params[] = {
    {.name = "dimension",
     .kind = ML_PARAM_INT,
     .lo = 1,
     .hi = 1e9,
     .doc = "number of neighbouring values in a window"},
    {.name = "tau",
     .kind = ML_PARAM_INT,
     .lo = 1,
     .hi = 1e9,
     .doc = "step from the start of a window to that of the next"}};
static const ml_param_value grid[] = {FRESH_INT(3), FRESH_INT(1), FRESH_INT(4), FRESH_INT(1),
                                      FRESH_INT(5), FRESH_INT(1), FRESH_INT(6), FRESH_INT(1),
                                      FRESH_INT(7), FRESH_INT(1)};

const fresh_feature fresh__permutation_entropy = {
    .info = {.name = "permutation_entropy",
             .summary = "how evenly the orders of neighbouring values occur",
             .formula =
                 "-sum p log p, p: share of each order among the windows x[i..i+dimension-1], "
                 "i = 0, tau, 2 tau, ...; equal values are ordered by place",
             .nan_rule = "n < dimension",
             .cost = "n dimension",
             .source = "Bandt and Pompe (2002), Phys. Rev. Lett. 88, 174102",
             FRESH_PARAMS(params, grid),
             .assumes_step = true},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_SORTED,
    .work_size = permutation_size,
    .values = permutation_entropy};
