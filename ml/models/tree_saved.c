/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trees in files: flat lists, in which tree follows tree and in each level follows level. The
 * children of the first node that is no leaf are the next two nodes, and so on: so a list of the
 * columns says all of the shape, and there is no other one that it could say. */
#include <math.h>
#include <stdlib.h>

#include "tree_params.h"

enum { LEAF = -1 };

static const ml_saved_range any_number = {-HUGE_VAL, HUGE_VAL};

/* ---- saving ---------------------------------------------------------------------------------- */

/* Numbers of the nodes that can be reached, level by level. @return how many */
static size_t walk(const tree *t, uint32_t *order) {
  size_t n = 1;
  order[0] = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t left = t->nodes[order[i]].left;
    if (!left) continue;
    order[n++] = left;
    order[n++] = left + 1;
  }
  return n;
}

typedef struct lists {
  int64_t *columns;
  double *thresholds, *values;
} lists;

static void put_tree(const tree *t, const uint32_t *order, size_t n, lists *to) {
  for (size_t i = 0; i < n; i++) {
    const tree_node *node = &t->nodes[order[i]];
    *to->columns++ = node->left ? (int64_t)node->column : LEAF;
    if (node->left) *to->thresholds++ = node->threshold;
    for (size_t c = 0; !node->left && c < t->n_values; c++)
      *to->values++ = t->values[order[i] * t->n_values + c];
  }
}

void tree__save(const tree *trees, size_t n, ml_saver *saver) {
  size_t n_nodes = 0, most = 0;
  for (size_t t = 0; t < n; t++) most = trees[t].n_nodes > most ? trees[t].n_nodes : most;
  uint32_t *order = malloc((most + 1) * sizeof *order);
  for (size_t t = 0; order && t < n; t++) n_nodes += walk(&trees[t], order);
  if (order) {
    size_t n_leaves = (n_nodes + n) / 2;
    lists to = {.columns = ml_saver_new_ints(saver, "columns", n_nodes),
                .thresholds = ml_saver_new_reals(saver, "thresholds", n_nodes - n_leaves),
                .values = ml_saver_new_reals(saver, "values", n_leaves * trees[0].n_values)};
    for (size_t t = 0; to.values && t < n; t++)
      put_tree(&trees[t], order, walk(&trees[t], order), &to);
  } else {
    ml_saver_no_memory(saver);
  }
  free(order);
}

/* ---- loading --------------------------------------------------------------------------------- */

/* What is left to be read. */
typedef struct saved_lists {
  const int64_t *columns;
  const double *thresholds, *values;
} saved_lists;

/* @return how many of n nodes the first tree has; 0: they end within it */
static size_t count_nodes(const int64_t *columns, size_t n) {
  size_t n_known = 1;
  for (size_t i = 0; i < n_known; i++) {
    if (i == n) return 0;
    if (columns[i] != LEAF) n_known += 2;
  }
  return n_known;
}

static bool read_tree(const saved_lists *from, size_t n, size_t n_values, tree *out) {
  const double *thresholds = from->thresholds, *values = from->values;
  size_t n_known = 1;
  *out = (tree){.nodes = calloc(n, sizeof *out->nodes),
                .values = calloc(n * n_values, sizeof *out->values),
                .n_nodes = n,
                .n_values = n_values,
                .room = n};
  if (!out->nodes || !out->values) return false;
  for (size_t i = 0; i < n; i++) {
    if (from->columns[i] == LEAF) {
      for (size_t c = 0; c < n_values; c++) out->values[i * n_values + c] = *values++;
      continue;
    }
    out->nodes[i] = (tree_node){.threshold = *thresholds++,
                                .column = (uint32_t)from->columns[i],
                                .left = (uint32_t)n_known};
    n_known += 2;
  }
  return true;
}

/* All trees, whose lists are as long as they say. */
static void read_trees(ml_loader *loader, saved_lists from, size_t n_nodes, size_t n_values,
                       tree *out, size_t n) {
  for (size_t t = 0; t < n; t++) {
    size_t some = count_nodes(from.columns, n_nodes), n_leaves = (some + 1) / 2;
    if (!read_tree(&from, some, n_values, &out[t])) {
      ml_loader_no_memory(loader);
      return;
    }
    n_nodes -= some;
    from.columns += some;
    from.thresholds += some - n_leaves;
    from.values += n_leaves * n_values;
  }
}

static size_t count_trees(ml_loader *loader, const int64_t *columns, size_t n_nodes) {
  size_t n = 0;
  for (size_t at = 0, some; at < n_nodes; at += some, n++) {
    some = count_nodes(columns + at, n_nodes - at);
    if (some == 0 || some > UINT32_MAX) {
      ml_loader_fail(loader, "columns", "ends within tree %zu", n + 1);
      return 0;
    }
  }
  return n;
}

tree *tree__load(ml_loader *loader, size_t n, size_t n_columns, size_t n_values, bool are_shares) {
  /* Real weights are summed up with rounding. */
  const ml_saved_range share = {0, 1 + 1e-6}, of_values = are_shares ? share : ml_saved_finite;
  size_t n_nodes = ml_loader_length(loader, "columns");
  const int64_t *columns = ml_loader_ints(loader, "columns", n_nodes, LEAF, (int64_t)n_columns - 1);
  size_t n_there = columns ? count_trees(loader, columns, n_nodes) : 0;
  if (n_there != n)
    ml_loader_fail(loader, "columns", "has %zu trees, where %zu belong", n_there, n);
  size_t n_leaves = (n_nodes + n) / 2, n_numbers = 0;
  if (__builtin_mul_overflow(n_leaves, n_values, &n_numbers))
    ml_loader_fail(loader, "columns", "has more leaves than there is memory for");
  const double *thresholds = ml_loader_reals(loader, "thresholds", n_nodes - n_leaves, any_number);
  const double *values = ml_loader_reals(loader, "values", n_numbers, of_values);
  tree *trees = loader->status == ML_OK ? calloc(n + 1, sizeof *trees) : NULL;
  if (!trees) ml_loader_no_memory(loader);
  if (trees)
    read_trees(loader, (saved_lists){columns, thresholds, values}, n_nodes, n_values, trees, n);
  if (loader->status == ML_OK) return trees;
  for (size_t t = 0; trees && t < n; t++) tree__release(&trees[t]);
  free(trees);
  return NULL;
}
