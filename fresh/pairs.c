/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Close pairs of templates: what is close to a value is a run of the sorted values, a run is the
 * difference of two sets of bits, and templates are the intersection of shifted sets. */
#include "pairs.h"

#include <string.h>

typedef struct pairs_work {
  uint64_t *counts;     /* n + 1 a radius */
  uint32_t *low, *high; /* n + 1 a radius */
  double *sorted;       /* n values and an infinity */
  uint64_t *sets;
  uint16_t *rank;
} pairs_work;

static size_t sets_size(size_t m) {
  return m > PAIRS_MOST_VALUES ? 0 : (PAIRS_COLUMNS + m + 1) * (PAIRS_WORDS + m);
}

size_t fresh__pairs_size(size_t n, size_t m, size_t n_radii) {
  return (2 * n_radii + 1) * (n + 1) + sets_size(m) + (n + 4) / 4;
}

static pairs_work lay_out(double *work, size_t n, size_t m, size_t n_radii) {
  pairs_work w = {.counts = (uint64_t *)work};
  w.low = (uint32_t *)(w.counts + n_radii * (n + 1));
  w.high = w.low + n_radii * (n + 1);
  w.sorted = (double *)(w.high + n_radii * (n + 1));
  w.sets = (uint64_t *)(w.sorted + n + 1);
  w.rank = (uint16_t *)(w.sets + sets_size(m));
  return w;
}

/* ---- which of the sorted values are close to a value ---- */

/* Where the walk of one radius is: what is close to value `at` in order ends before `end`. */
typedef struct walk {
  size_t at, end;
  double radius;
  uint32_t *low, *high; /* by place in order, n + 1 each */
} walk;

/* One comparison moves one of the two ends, so that 2 n steps do it, without a branch. The first
 * value that reaches `end` is its low one. */
static inline void step(walk *w, const double *sorted) {
  size_t is_close = sorted[w->end] - sorted[w->at] <= w->radius;
  w->low[w->end] = (uint32_t)w->at;
  w->high[w->at] = (uint32_t)w->end;
  w->end += is_close;
  w->at += 1 - is_close;
}

/* Steps of one radius wait for each other; those of several overlap, in registers of their own. */
static void walk_three(const walk *walks, const double *sorted, size_t n) {
  walk a = walks[0], b = walks[1], c = walks[2];
  for (size_t k = 0; k < 2 * n; k++) {
    step(&a, sorted);
    step(&b, sorted);
    step(&c, sorted);
  }
}

static void walk_two(const walk *walks, const double *sorted, size_t n) {
  walk a = walks[0], b = walks[1];
  for (size_t k = 0; k < 2 * n; k++) {
    step(&a, sorted);
    step(&b, sorted);
  }
}

static void walk_one(const walk *walks, const double *sorted, size_t n) {
  walk a = walks[0];
  for (size_t k = 0; k < 2 * n; k++) step(&a, sorted);
}

static void walk_all(const walk *walks, size_t n_walks, const double *sorted, size_t n) {
  for (; n_walks >= 3; n_walks -= 3, walks += 3) walk_three(walks, sorted, n);
  if (n_walks == 2) walk_two(walks, sorted, n);
  if (n_walks == 1) walk_one(walks, sorted, n);
}

/* Radii for which everything or nothing is close need no walk, and it would not end. */
static bool is_walked(double radius) {
  return radius >= 0 && !isinf(radius);
}

/* low and high by place in the series; the entry behind the last is empty. */
static void find_close(const fresh_series *s, const double *radii, size_t n_radii,
                       const pairs_work *w) {
  size_t n = s->n, n_walks = 0;
  walk walks[PAIRS_MOST_RADII];
  memcpy(w->sorted, s->sorted, n * sizeof *w->sorted);
  w->sorted[n] = INFINITY;
  for (size_t k = 0; k < n_radii; k++) {
    if (!is_walked(radii[k])) continue;
    uint32_t *by_order = (uint32_t *)(w->counts + k * (n + 1));
    walks[n_walks++] = (walk){.radius = radii[k], .low = by_order, .high = by_order + n + 1};
  }
  walk_all(walks, n_walks, w->sorted, n);
  for (size_t k = 0; k < n_radii; k++) {
    uint32_t *low = w->low + k * (n + 1), *high = w->high + k * (n + 1);
    const uint32_t *by_order = (const uint32_t *)(w->counts + k * (n + 1));
    uint32_t all = radii[k] > 0 ? (uint32_t)n : 0;
    for (size_t g = 0; g < n; g++) {
      low[s->order[g]] = is_walked(radii[k]) ? by_order[g] : 0;
      high[s->order[g]] = is_walked(radii[k]) ? by_order[n + 1 + g] : all;
    }
    low[n] = high[n] = 0;
  }
}

/* ---- sets of bits ---- */

/* A column is bit q / WORDS of word q % WORDS, and again one bit lower in a word behind the last,
 * where templates that start in the last words find their neighbours. */
static void add_column(uint64_t *set, size_t q, size_t m) {
  size_t bit = q / PAIRS_WORDS, word = q % PAIRS_WORDS;
  if (bit < 64) set[word] |= UINT64_C(1) << bit;
  if (bit > 0 && word < m) set[word + PAIRS_WORDS] |= UINT64_C(1) << (bit - 1);
}

/* The tile whose first column is `first`. */
static void fill_tile(const pairs_work *w, const uint32_t *order, size_t n, size_t m,
                      size_t first) {
  uint16_t columns[PAIRS_COLUMNS + PAIRS_MOST_VALUES + 1];
  size_t n_columns = 0, stride = PAIRS_WORDS + m;
  for (size_t g = 0; g < n; g++) {
    size_t q = order[g] - first; /* wraps for a column before */
    w->rank[g] = (uint16_t)n_columns;
    columns[n_columns] = (uint16_t)q;
    n_columns += q < PAIRS_COLUMNS + m;
  }
  w->rank[n] = (uint16_t)n_columns;
  uint64_t *set = w->sets;
  memset(set, 0, stride * sizeof *set);
  for (size_t c = 0; c < n_columns; c++, set += stride) {
    for (size_t k = 0; k < stride; k++) set[stride + k] = set[k];
    add_column(set + stride, columns[c], m);
  }
}

static void count_by_sets(const fresh_series *s, size_t m, size_t n_radii, const pairs_work *w) {
  size_t n = s->n, n_rows = n - m + 1;
  const pairs_tile tile = {.sets = w->sets, .rank = w->rank};
  for (size_t first = 0; first < n_rows; first += PAIRS_COLUMNS) {
    fill_tile(w, s->order, n, m, first);
    for (size_t k = 0; k < n_radii; k++)
      fresh__add_rows(&tile, m, w->low + k * (n + 1), w->high + k * (n + 1), n_rows,
                      w->counts + k * (n + 1));
  }
}

/* ---- long templates ---- */

/* How far pairs of a lag have been close without a break: takes as long for any m. */
static void count_by_lags(const fresh_series *s, size_t m, double radius, uint64_t *counts) {
  const uint64_t one_short = 1, one_long = UINT64_C(1) << 32;
  size_t n = s->n;
  for (size_t i = 0; i + m <= n && radius >= 0; i++)
    counts[i] += one_short + (i + m < n ? one_long : 0);
  for (size_t lag = 1; lag + m <= n; lag++) {
    size_t run = 0;
    for (size_t i = n - lag; i-- > 0;) {
      run = fabs(s->x[i] - s->x[i + lag]) <= radius ? run + 1 : 0;
      uint64_t add = (run >= m ? one_short : 0) + (run > m ? one_long : 0);
      counts[i] += add;
      counts[i + lag] += add;
    }
  }
}

const uint64_t *fresh__count_pairs(const fresh_series *s, size_t m, const double *radii,
                                   size_t n_radii, double *work) {
  const pairs_work w = lay_out(work, s->n, m, n_radii);
  bool is_short = m <= PAIRS_MOST_VALUES;
  if (is_short) find_close(s, radii, n_radii, &w);
  memset(w.counts, 0, n_radii * (s->n + 1) * sizeof *w.counts);
  if (is_short)
    count_by_sets(s, m, n_radii, &w);
  else
    for (size_t k = 0; k < n_radii; k++) count_by_lags(s, m, radii[k], w.counts + k * (s->n + 1));
  return w.counts;
}
