/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The definition of a decision tree, as slow as it is obvious. */
#ifndef TESTS_TREE_TWIN_H
#define TESTS_TREE_TWIN_H

#include <ml/model.h>

typedef struct twin_rules {
  bool is_entropy;
  size_t max_depth, min_split, min_leaf;
  double min_weight, min_decrease, alpha;
} twin_rules;

typedef struct twin twin;

/* Grow a tree on the rows of a view (at most 200), and prune it. */
twin *twin_grow(const ml_view *train, const twin_rules *rules);
void twin_free(twin *node);

/* @param[out] out  a number, or shares of the classes */
void twin_predict(const twin *root, const ml_view *view, size_t row, double *out);

#endif
