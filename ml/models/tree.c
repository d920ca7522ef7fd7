/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decision trees that are grown: cut, pruned, followed to a leaf. */
#include "tree.h"

#include <math.h>
#include <stdlib.h>

/* From the last node to the first, so that children come before their parents: where a leaf is no
 * worse than the best of the subtree, it takes its place. */
static void prune(const tree *grown, double alpha, double *cost, uint8_t *is_leaf) {
  for (size_t i = grown->n_nodes; i-- > 0;) {
    const tree_node *node = &grown->nodes[i];
    double as_leaf = node->risk + alpha;
    cost[i] = is_leaf[i] ? as_leaf : cost[node->left] + cost[node->left + 1];
    if (as_leaf <= cost[i]) {
      cost[i] = as_leaf;
      is_leaf[i] = true;
    }
  }
}

ml_status tree__cut(const tree *grown, size_t max_depth, double alpha, uint8_t *is_leaf,
                    ml_error *err) {
  size_t n = grown->n_nodes;
  double *cost = NULL;
  uint32_t *depth = malloc(n * sizeof *depth);
  if (alpha > 0) cost = malloc(n * sizeof *cost);
  bool ok = depth && (cost || !(alpha > 0));
  if (ok) {
    depth[0] = 0;
    for (size_t i = 0; i < n; i++) {
      uint32_t left = grown->nodes[i].left;
      is_leaf[i] = !left || depth[i] >= max_depth;
      if (left) depth[left] = depth[left + 1] = depth[i] + 1;
    }
    /* alpha is a share of the weight of all */
    if (alpha > 0)
      prune(grown, ldexp(alpha, -2 * grown->exponent) * grown->nodes[0].weight, cost, is_leaf);
  }
  free(depth);
  free(cost);
  return ok ? ML_OK : ml_error_memory(err);
}

const double *tree__find(const tree *grown, const uint8_t *is_leaf, const ml_view *view,
                         size_t row) {
  uint32_t at = 0;
  const tree_node *node = grown->nodes;
  while (node->left && !(is_leaf && is_leaf[at])) {
    at = node->left + !(view->x[node->column * view->stride + row] <= node->threshold);
    node = &grown->nodes[at];
  }
  return grown->values + at * grown->n_values;
}

void tree__add_importance(const tree *grown, size_t n_columns, double *room, double *sums) {
  double all = 0;
  for (size_t j = 0; j < n_columns; j++) room[j] = 0;
  for (size_t i = 0; i < grown->n_nodes; i++) {
    const tree_node *node = &grown->nodes[i], *left = grown->nodes + node->left;
    if (!node->left) continue;
    double taken = fmax(node->risk - left[0].risk - left[1].risk, 0);
    room[node->column] += taken;
    all += taken;
  }
  for (size_t j = 0; j < n_columns && all > 0; j++) sums[j] += room[j] / all;
}

void tree__release(tree *grown) {
  free(grown->nodes);
  free(grown->values);
  *grown = (tree){0};
}

void tree__shrink(tree *t) {
  tree_node *nodes = realloc(t->nodes, t->n_nodes * sizeof *nodes);
  if (nodes) t->nodes = nodes;
  double *values = realloc(t->values, t->n_nodes * t->n_values * sizeof *values);
  if (values) t->values = values;
  t->room = t->n_nodes;
}
