/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Number of different words that a series of symbols falls into. */
#include <math.h>
#include <string.h>

#include <ml/vector.h>

#include "feature.h"

/* ---- symbols ---- */

/* Edge j = 1..n_bins - 1 of the bins, as numpy's linspace() has it; the last edge, the maximum, is
 * below nothing. */
typedef struct bins {
  double min, width, step, n_bins;
} bins;

static bins bins_of(const fresh_series *s, double n_bins) {
  bins b = {.min = s->min, .width = s->max - s->min, .n_bins = n_bins};
  b.step = b.width / n_bins;
  return b;
}

static double edge(const bins *b, double j) {
  return (b->step == 0 ? j / b->n_bins * b->width : j * b->step) + b->min;
}

/* How many edges are below x; edges that are NaN or infinite are below nothing. */
static double symbol_of(const bins *b, double x) {
  double low = 0, high = b->n_bins - 1;
  while (low < high) {
    double middle = floor((low + high) / 2);
    if (edge(b, middle + 1) < x)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Whether a division finds the bin up to one: rounding moves an edge by far less than a bin. */
static bool is_guessed(const bins *b) {
  double largest = fmax(fabs(b->min), fabs(b->min + b->width));
  return b->step > 1e-300 && b->step < 1e300 && b->n_bins + largest / b->step < 0x1p48;
}

/* The edges decide on the last one. No branch, for vector registers: bins -1 and n_bins are clamped
 * at the end, and the sums instead of conditions keep the compiler from making paths of them. */
ML_VECTOR_PATHS
static void guess_symbols(const bins *b, const double *x, size_t n, uint32_t *symbols) {
  double min = b->min, step = b->step, scale = 1 / b->step;
  int32_t last = (int32_t)b->n_bins - 1;
  for (size_t i = 0; i < n; i++) {
    double j = (double)(int32_t)((x[i] - min) * scale);
    double is_above = j * step + min < x[i] ? 1 : 0;
    j += is_above - 1;
    double is_beyond = (j + 1) * step + min < x[i] ? 1 : 0;
    int32_t symbol = (int32_t)(j + is_beyond);
    symbol = symbol > 0 ? symbol : 0;
    symbols[i] = (uint32_t)(symbol < last ? symbol : last);
  }
}

static void find_symbols(const bins *b, const double *x, size_t n, uint32_t *symbols) {
  if (is_guessed(b))
    guess_symbols(b, x, n, symbols);
  else
    for (size_t i = 0; i < n; i++) symbols[i] = (uint32_t)symbol_of(b, x[i]);
}

/* ---- words ---- */

/* Most words that n symbols can fall into: first all of one symbol, then all of two, ... */
static size_t most_words(size_t n, double n_bins) {
  double words = 0, left = (double)n, n_long = n_bins, length = 1;
  for (; left >= length * n_long; length++, n_long *= n_bins) {
    words += n_long;
    left -= length * n_long;
  }
  return (size_t)(words + left / length) + 1;
}

/* The words are a tree. When it fits, each node has a place for each symbol; otherwise the places
 * that are taken are in a hash table. */
typedef struct tree_size {
  bool is_hashed;
  size_t n_nodes, n_slots; /* n_slots: a power of two when hashed */
} tree_size;

static tree_size size_of_tree(size_t n, double n_bins) {
  tree_size size = {.n_nodes = most_words(n, n_bins) + 1};
  double n_places = (double)size.n_nodes * n_bins;
  size.is_hashed = n_places > fmin(128 * (double)n + 1024, UINT32_MAX);
  if (!size.is_hashed) {
    size.n_slots = (size_t)n_places;
    return size;
  }
  for (size.n_slots = 1; size.n_slots < 2 * size.n_nodes;) size.n_slots *= 2;
  return size;
}

/* A place has where the node below begins; 0, the root, is below none. Without a branch, for
 * whether a word ends is a toss. */
static size_t count_words(const uint32_t *symbols, size_t n, uint32_t n_bins, uint32_t *places) {
  uint32_t node = 0, newest = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t *place = &places[node + symbols[i]], next = *place, is_new = -(uint32_t)(next == 0);
    newest += n_bins & is_new;
    *place = next | (newest & is_new);
    node = next;
  }
  return newest / n_bins;
}

/* Keys are node * n_bins + symbol + 1; 0 is a free slot. */
static size_t count_words_hashed(const uint32_t *symbols, size_t n, uint64_t n_bins,
                                 const tree_size *size, uint64_t *keys) {
  uint32_t *nodes = (uint32_t *)(keys + size->n_slots), n_words = 0, node = 0;
  size_t mask = size->n_slots - 1;
  for (size_t i = 0; i < n; i++) {
    uint64_t key = node * n_bins + symbols[i] + 1;
    size_t slot = key * UINT64_C(0x9E3779B97F4A7C15) >> 32 & mask;
    while (keys[slot] != 0 && keys[slot] != key) slot = (slot + 1) & mask;
    node = keys[slot] ? nodes[slot] : 0;
    if (keys[slot]) continue;
    keys[slot] = key;
    nodes[slot] = ++n_words;
  }
  return n_words;
}

static size_t tree_doubles(const tree_size *size) {
  return size->is_hashed ? size->n_slots + size->n_slots / 2 + 1 : size->n_slots / 2 + 1;
}

static size_t lempel_ziv_size(size_t n, const fresh_args *args, size_t n_args) {
  size_t most = 0;
  for (size_t k = 0; k < n_args; k++) {
    tree_size size = size_of_tree(n, args[k].v[0]);
    if (tree_doubles(&size) > most) most = tree_doubles(&size);
  }
  return most + n / 2 + 1;
}

static void lempel_ziv_complexity(const fresh_series *s, const fresh_args *args, size_t n_args,
                                  double *out) {
  size_t n = s->n;
  uint32_t *symbols = (uint32_t *)s->work;
  double *tree = s->work + n / 2 + 1;
  for (size_t k = 0; k < n_args; k++) {
    const bins b = bins_of(s, args[k].v[0]);
    const tree_size size = size_of_tree(n, b.n_bins);
    find_symbols(&b, s->x, n, symbols);
    memset(tree, 0, tree_doubles(&size) * sizeof *tree);
    size_t n_words =
        size.is_hashed ? count_words_hashed(symbols, n, (uint64_t)b.n_bins, &size, (uint64_t *)tree)
                       : count_words(symbols, n, (uint32_t)b.n_bins, (uint32_t *)tree);
    out[k] = (double)n_words / (double)n;
  }
}

static const ml_fresh_param params[] = {
    {.name = "bins",
     .kind = ML_PARAM_INT,
     .lo = 1,
     .hi = 1e9,
     .doc = "number of symbols: bins of equal width, open below"}};
static const ml_param_value grid[] = {FRESH_INT(2), FRESH_INT(3), FRESH_INT(5), FRESH_INT(10),
                                      FRESH_INT(100)};

const fresh_feature fresh__lempel_ziv_complexity = {
    .info = {.name = "lempel_ziv_complexity",
             .summary = "how many different words the series falls into when its values are bins",
             .formula = "number of words / n; a word is the shortest run that is no word yet, from "
                        "where the last one ended",
             .nan_rule = "never",
             .cost = "n",
             .source = "Ziv and Lempel (1978), IEEE Trans. Inf. Theory 24, 530",
             FRESH_PARAMS(params, grid),
             .assumes_step = true},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_EXTREMES,
    .work_size = lempel_ziv_size,
    .values = lempel_ziv_complexity};
