/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growing decision trees: CART (Breiman, Friedman, Olshen and Stone 1984). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/exec.h>
#include <ml/rng.h>
#include <ml/vector.h>

#include "tree_grower.h"

/* Entries that are looked at between two looks at whether to go on. */
enum { PATIENCE = 1 << 20, LANES = 8 };

/* What a node of a tree is like, beside its value. */
typedef struct node_sums {
  double weight, risk;
  bool is_pure;
} node_sums;

typedef struct split {
  uint32_t column;
  size_t n_left;
  double threshold;
} split;

/* ---- what a node is like --------------------------------------------------------------------- */

static double weight_of(const tree_grower *g, size_t row) {
  return g->weights ? g->weights[row] : g->counts[row];
}

/* Two passes: about the mean that the first one finds, nothing is lost by cancellation. */
static node_sums sum_values(const tree_grower *g, const uint32_t *entries, size_t n,
                            double *value) {
  const double *y = g->sample->y;
  double weight = 0, sum = 0, rest = 0, squares = 0, y0 = y[entries[0] & TREE_ROW];
  double least = y0, most = y0;
  for (size_t i = 0; i < n; i++) {
    uint32_t row = entries[i] & TREE_ROW;
    double w = weight_of(g, row);
    weight += w;
    sum += w * (y[row] - y0);
    least = y[row] < least ? y[row] : least;
    most = y[row] > most ? y[row] : most;
  }
  double mean = y0 + sum / weight;
  for (size_t i = 0; i < n; i++) {
    uint32_t row = entries[i] & TREE_ROW;
    double w = weight_of(g, row), d = y[row] - mean;
    rest += w * d;
    squares += w * d * d;
  }
  *value = mean + rest / weight;
  return (node_sums){weight, squares, least == most};
}

static node_sums sum_classes(const tree_grower *g, const uint32_t *entries, size_t n,
                             double *totals) {
  size_t n_classes = g->sample->n_classes, n_present = 0;
  double weight = 0;
  memset(totals, 0, n_classes * sizeof *totals);
  if (g->pairs) {
    uint64_t pair = 0;
    for (size_t i = 0; i < n; i++) pair += g->pairs[entries[i] & TREE_ROW];
    totals[1] = (double)(pair >> 32);
    totals[0] = (double)(uint32_t)pair - totals[1];
  } else {
    for (size_t i = 0; i < n; i++) {
      uint32_t row = entries[i] & TREE_ROW;
      totals[g->sample->classes[row]] += weight_of(g, row);
    }
  }
  for (size_t c = 0; c < n_classes; c++) {
    weight += totals[c];
    n_present += totals[c] > 0;
  }
  double risk = tree__class_risk(g->limits.criterion, totals, n_classes, weight);
  return (node_sums){weight, risk, n_present == 1};
}

static node_sums sum_up(const tree_grower *g, const uint32_t *entries, size_t n, double *value) {
  return g->sample->y ? sum_values(g, entries, n, value) : sum_classes(g, entries, n, value);
}

static bool may_divide(const tree_grower *g, const node_sums *sums, size_t n, size_t depth) {
  const tree_limits *limits = &g->limits;
  return !sums->is_pure && depth < limits->max_depth && n >= limits->min_split &&
         n / 2 >= limits->min_leaf && sums->weight >= 2 * g->scorer.min_weight;
}

/* ---- splits ---------------------------------------------------------------------------------- */

ML_VECTOR_PATHS static double greatest(const double *x, size_t n) {
  double lanes[LANES], most = -INFINITY;
  for (size_t l = 0; l < LANES; l++) lanes[l] = -INFINITY;
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t l = 0; l < LANES; l++) lanes[l] = x[i + l] > lanes[l] ? x[i + l] : lanes[l];
  for (; i < n; i++) most = x[i] > most ? x[i] : most;
  for (size_t l = 0; l < LANES; l++) most = lanes[l] > most ? lanes[l] : most;
  return most;
}

/* Look along a column. @param bound  for *n_left: the first split that is as good as this
 * @return the best score; or, with n_left, the score of that split */
static double look(tree_grower *g, const uint32_t *entries, size_t n, double bound,
                   size_t *n_left) {
  double scores[TREE_BLOCK], best = -INFINITY;
  size_t from = g->limits.min_leaf - 1, to = n - g->limits.min_leaf; /* splits behind [from, to) */
  tree__score_begin(&g->scorer);
  for (size_t i = 0; i < to; i += TREE_BLOCK) {
    size_t m = to - i < TREE_BLOCK ? to - i : TREE_BLOCK, skip = i < from ? from - i : 0;
    tree__score(&g->scorer, entries + i, m, scores);
    if (skip >= m) continue;
    double most = greatest(scores + skip, m - skip);
    best = most > best ? most : best;
    if (!n_left || most < bound) continue;
    while (scores[skip] < bound) skip++;
    *n_left = i + skip + 1;
    return scores[skip];
  }
  return best;
}

static bool is_constant(const uint32_t *entries, size_t n) {
  for (size_t i = 1; i < n; i++)
    if (entries[i] & TREE_STEP) return false;
  return true;
}

/* Columns are drawn until there are n_drawn of them, one of which is not constant.
 * @return how many: they are the first of g->drawn */
static size_t look_at_drawn(tree_grower *g, const open_node *at, double *best) {
  size_t p = g->sample->n_columns, k = 0;
  bool has_any = false, draws = g->limits.n_drawn < p || g->limits.shuffles;
  ml_rng rng = ml_rng_seeded(at->seed);
  *best = -INFINITY;
  for (; k < p && (k < g->limits.n_drawn || !has_any); k++) {
    size_t with = draws ? k + (size_t)ml_rng_below(&rng, p - k) : k;
    uint32_t column = g->drawn[with];
    g->drawn[with] = g->drawn[k];
    g->drawn[k] = column;
    g->swaps[k] = (uint32_t)with;
    const uint32_t *entries = tree__columns_entries(&g->columns, column, at->first, at->n);
    g->best[k] = look(g, entries, at->n, 0, NULL);
    has_any = has_any || g->best[k] > -INFINITY || !is_constant(entries, at->n);
    if (g->best[k] > *best) {
      *best = g->best[k];
      tree__columns_keep(&g->columns);
    }
    g->work += at->n;
  }
  return k;
}

/* The next node draws from all columns in their order again. */
static void undo_drawing(tree_grower *g, size_t k) {
  while (k-- > 0) {
    uint32_t column = g->drawn[k];
    g->drawn[k] = g->drawn[g->swaps[k]];
    g->drawn[g->swaps[k]] = column;
  }
}

/* Half-way, unless that is rounded to the upper value, or is none. */
static double threshold_between(double low, double high) {
  double t = low / 2 + high / 2;
  return t >= low && t < high ? t : low;
}

/* The first of the best splits, in the order of the columns, then by threshold. */
static bool find_split(tree_grower *g, const open_node *at, split *out) {
  double best;
  size_t k = look_at_drawn(g, at, &best);
  bool is_found = best > -INFINITY;
  if (is_found) {
    double bound = best - tree__score_slack(&g->scorer, best);
    size_t first = 0;
    while (g->best[first] < bound) first++;
    uint32_t column = g->drawn[first];
    const uint32_t *entries = tree__columns_entries(&g->columns, column, at->first, at->n);
    out->column = column;
    look(g, entries, at->n, bound, &out->n_left);
    const double *x = g->sample->x + column * g->sample->stride;
    const uint32_t *rows = g->sample->rows;
    out->threshold = threshold_between(x[rows[entries[out->n_left - 1] & TREE_ROW]],
                                       x[rows[entries[out->n_left] & TREE_ROW]]);
  }
  undo_drawing(g, k);
  return is_found;
}

static void begin_node(tree_grower *g, const tree *t, uint32_t node) {
  tree_scorer *s = &g->scorer;
  const double *value = t->values + node * t->n_values;
  s->weight = t->nodes[node].weight;
  s->totals = value;
  s->mean = value[0];
  s->sum = g->sample->n_classes == 2 ? value[1] : 0;
}

/* ---- dividing -------------------------------------------------------------------------------- */

static ml_status divide(tree_grower *g, tree *t, const open_node *at, const split *by,
                        ml_error *err) {
  if (!tree__make_room(t, 2)) return ml_error_memory(err);
  uint32_t left = (uint32_t)t->n_nodes;
  const uint32_t *entries = tree__columns_entries(&g->columns, by->column, at->first, at->n);
  size_t n[2] = {by->n_left, at->n - by->n_left}, first[2] = {at->first, at->first + by->n_left};
  node_sums sums[2];
  bool goes_on[2];
  for (uint32_t i = 0; i < 2; i++) {
    sums[i] = sum_up(g, entries + i * n[0], n[i], t->values + (left + i) * t->n_values);
    t->nodes[left + i] = (tree_node){.weight = sums[i].weight, .risk = sums[i].risk};
    goes_on[i] = may_divide(g, &sums[i], n[i], at->depth + 1u);
  }
  tree_node *node = &t->nodes[at->node];
  double decrease = (node->risk - sums[0].risk - sums[1].risk) / t->nodes[0].weight;
  if (decrease + 0x1p-52 < ldexp(g->limits.min_decrease, -2 * t->exponent)) return ML_OK;
  node->column = by->column;
  node->threshold = by->threshold;
  node->left = left;
  t->n_nodes += 2;
  if (goes_on[0] || goes_on[1]) {
    tree__columns_divide(&g->columns, by->column, at->first, at->n, by->n_left);
    g->work += at->n * (g->columns.are_divided ? g->sample->n_columns : 1);
  }
  for (uint32_t i = 2; i-- > 0;) { /* the left one is the next */
    const open_node child = {left + i, at->depth + 1, first[i], n[i], ml_rng_derive(at->seed, i)};
    if (goes_on[i] && !tree__push(g, child)) return ml_error_memory(err);
  }
  return ML_OK;
}

/* ---- a tree ---------------------------------------------------------------------------------- */

/* Rows that the tree has. @param[out] rows  room for all. @return how many */
static size_t take_rows(tree_grower *g, const uint32_t *times, uint32_t *rows) {
  const tree_sample *s = g->sample;
  size_t n = 0;
  for (size_t i = 0; i < s->n; i++) {
    uint32_t n_times = times ? times[i] : 1;
    if (g->counts) g->counts[i] = s->counts[i] * n_times;
    if (g->weights) g->weights[i] = (s->weights ? s->weights[i] : s->counts[i]) * n_times;
    if (g->pairs) g->pairs[i] = g->counts[i] * (1 + ((uint64_t)(s->classes[i] == 1) << 32));
    if (n_times) rows[n++] = (uint32_t)i;
  }
  return n;
}

static ml_status begin_tree(tree_grower *g, const uint32_t *times, uint64_t seed, tree *t,
                            ml_error *err) {
  t->n_values = g->sample->n_classes ? g->sample->n_classes : 1;
  t->exponent = g->sample->y ? g->sample->exponent : 0;
  t->n_nodes = 0;
  g->n_open = 0;
  uint32_t *rows = malloc(g->sample->n * sizeof *rows);
  if (!rows || !tree__make_room(t, 1)) {
    free(rows);
    return ml_error_memory(err);
  }
  size_t n = take_rows(g, times, rows);
  tree__columns_begin(&g->columns, times);
  node_sums sums = sum_up(g, rows, n, t->values);
  free(rows);
  t->nodes[0] = (tree_node){.weight = sums.weight, .risk = sums.risk};
  t->n_nodes = 1;
  g->scorer.min_weight = g->limits.min_weight * sums.weight;
  const open_node root = {.n = n, .seed = seed};
  if (may_divide(g, &sums, n, 0) && !tree__push(g, root)) return ml_error_memory(err);
  return ML_OK;
}

/* Sums of classes become shares, means those of the data. */
static void finish_values(tree *t, bool are_classes) {
  for (size_t i = 0; i < t->n_nodes; i++)
    for (size_t c = 0; c < t->n_values; c++) {
      double *value = &t->values[i * t->n_values + c];
      *value = are_classes ? *value / t->nodes[i].weight : ldexp(*value, t->exponent);
    }
}

ml_status tree__grow(tree_grower *g, const uint32_t *times, uint64_t seed, const void *cancel,
                     tree *t, ml_error *err) {
  ml_status status = begin_tree(g, times, seed, t, err);
  while (status == ML_OK && g->n_open) {
    open_node at = g->open[--g->n_open];
    split by;
    if (g->work > PATIENCE) {
      g->work = 0;
      if (ml_item_cancelled(cancel)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
    }
    begin_node(g, t, at.node);
    if (find_split(g, &at, &by)) status = divide(g, t, &at, &by, err);
  }
  if (status == ML_OK) finish_values(t, g->sample->n_classes > 0);
  return status;
}
