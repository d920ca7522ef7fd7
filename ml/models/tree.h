/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decision trees (CART) as one tree or a forest grows them; never installed. */
#ifndef ML_TREE_H
#define ML_TREE_H

#include <ml/model.h>
#include <ml/saved.h>

/* An entry of a sorted column: a row of the sample, and whether its value is greater than that of
 * the entry before it. */
#define TREE_STEP     (UINT32_C(1) << 31)
#define TREE_ROW      (TREE_STEP - 1)
#define TREE_MAX_ROWS ((size_t)TREE_ROW)

/* What trees are grown on: rows of weight above 0, in the order of their numbers in the data, so
 * that the sums are the same however the rows were handed over. */
typedef struct tree_sample {
  size_t n, n_columns, n_classes; /* n_classes 0: regression */
  const double *x;                /* as ml_view's */
  size_t stride;
  uint32_t *rows;    /* n: numbers in the data, ascending */
  uint32_t *order;   /* n_columns x n entries: each column sorted by value, then row */
  uint32_t *classes; /* n; NULL: regression */
  double *y;         /* n, within [-1, 1]: y of the data is 2^exponent of it; NULL: classes */
  double *weights;   /* n; NULL: all are whole, and are counts */
  uint32_t *counts;  /* n: whole weights, whose sum is below 2^31 */
  int exponent;
} tree_sample;

/** @retval ML_ERR_NUMERIC  no row of weight above 0; or too many rows */
ml_status tree__sample(const ml_view *train, tree_sample *out, ml_error *err);

/** What a fold trains on, from the parts of tree__share(). */
ml_status tree__sample_fold(const ml_cv *cv, const void *shared, size_t fold, tree_sample *out,
                            ml_error *err);
void tree__sample_release(tree_sample *sample);

/** As ml_model's: each column of the members, sorted. */
ml_status tree__share_size(const ml_cv *cv, size_t *n_parts, size_t *part_bytes, ml_error *err);
ml_status tree__share(const ml_cv *cv, size_t part, void *out, ml_error *err);

/* ---- growing ------------------------------------------------------------------------------- */

typedef enum tree_criterion { TREE_GINI, TREE_ENTROPY, TREE_SQUARED_ERROR } tree_criterion;

typedef struct tree_limits {
  tree_criterion criterion;
  size_t max_depth; /* SIZE_MAX: none */
  size_t min_split, min_leaf;
  double min_weight; /* of a leaf, as share of all */
  double min_decrease;
  size_t n_drawn; /* columns that are looked at in each node; n_columns: all */
  bool
      shuffles; /* all are looked at in an order that is drawn, too: of equals the first is taken */
} tree_limits;

typedef struct tree_node {
  double threshold; /* to the left when the value is not above it */
  double weight;
  double risk; /* weight times impurity, in the units of the sample */
  uint32_t column;
  uint32_t left; /* the right child follows it; 0: a leaf. Children come behind their parents */
} tree_node;

typedef struct tree {
  tree_node *nodes;
  double *values; /* n_nodes x n_values: mean, or shares of the classes */
  size_t n_nodes, n_values, room;
  int exponent; /* of the sample: risk is in units of 2^(2 exponent) */
} tree;

typedef struct tree_grower tree_grower; /* memory of growing, for one tree after another */

/**
 * @param may_consume  the only tree: the order of the sample is used up
 * @param[out] out     free it with tree__grower_free()
 */
ml_status tree__grower_new(tree_sample *sample, const tree_limits *limits, bool may_consume,
                           tree_grower **out, ml_error *err);
void tree__grower_free(tree_grower *grower);

/** Change how deep the trees to come are. */
void tree__grower_set_depth(tree_grower *grower, size_t max_depth);

/**
 * Grow a tree.
 *
 * @param times    how often each row of the sample is there; NULL: once
 * @param seed     of the columns that are drawn: what a node draws depends on its place alone, so
 *                 that a tree of less depth is the upper part of a deeper one
 * @param[in,out] out  zero, or a tree whose memory is used again; release it with tree__release()
 * @retval ML_ERR_CANCELLED, ML_ERR_MEMORY
 */
ml_status tree__grow(tree_grower *grower, const uint32_t *times, uint64_t seed, const void *cancel,
                     tree *out, ml_error *err);
void tree__release(tree *grown);

/** Give back memory that a tree which is kept does not need. */
void tree__shrink(tree *grown);

/* ---- using --------------------------------------------------------------------------------- */

/** Which nodes are leaves once the tree is cut at a depth and then pruned by minimal
 * cost-complexity (Breiman et al. 1984, 3.3): the smallest subtree with the least risk + alpha *
 * leaves.
 * @param[out] is_leaf  n_nodes
 * @retval ML_ERR_MEMORY */
ml_status tree__cut(const tree *grown, size_t max_depth, double alpha, uint8_t *is_leaf,
                    ml_error *err);

/** Value of a row: n_values numbers, borrowed.
 * @param is_leaf  as tree__cut() says; NULL: as grown */
const double *tree__find(const tree *grown, const uint8_t *is_leaf, const ml_view *view,
                         size_t row);

/** Add how much of the impurity splits of each column have taken, as shares whose sum is 1, or 0 of
 * a tree without splits (Breiman et al. 1984, 5.3). Of trees that were grown, not loaded.
 * @param[in,out] sums  n_columns */
void tree__add_importance(const tree *grown, size_t n_columns, double *room, double *sums);

#define TREE_IMPORTANCE "share of the impurity that splits of the column have taken"

/* ---- files --------------------------------------------------------------------------------- */

/** Put n trees of the same n_values, at least one: what is needed for tree__find(). */
void tree__save(const tree *trees, size_t n, ml_saver *saver);

/** @param n  trees, which there have to be
 * @param are_shares  values are those of classes
 * @return them, in their order: tree__release() each and free() them; NULL: loader says why */
tree *tree__load(ml_loader *loader, size_t n, size_t n_columns, size_t n_values, bool are_shares);

/* ---- score of splits, for tree_grow.c ------------------------------------------------------- */

enum { TREE_BLOCK = 256 };

/* How the splits of a node are scored: the greater the better. */
typedef struct tree_scorer {
  tree_criterion criterion;
  size_t n_classes;
  const uint32_t *classes;
  const uint64_t *pairs;  /* two classes, whole weights: weight, and above it that of class 1 */
  const uint32_t *counts; /* whole weights, when weights is NULL */
  const double *weights;
  const double *y;
  const double *terms; /* tree__entropy_terms(); NULL: they are computed */
  /* Of the node: */
  double weight, sum; /* sum: of class 1, when there are two; 0 in regression */
  double mean;        /* regression */
  double min_weight;
  const double *totals; /* n_classes */
  /* Of the part of a column that lies to the left: */
  uint64_t pair;
  double left_weight, left_sum;
  uint64_t left_squares, right_squares;
  double *left;        /* n_classes */
  uint64_t *left_sums; /* n_classes */
} tree_scorer;

/** Begin with a column. */
void tree__score_begin(tree_scorer *scorer);

/** Scores of splits behind each of n <= TREE_BLOCK entries, which another one follows; -INFINITY
 * where there is none. */
void tree__score(tree_scorer *scorer, const uint32_t *entries, size_t n, double *out);

/** How much two scores may differ that would be equal without rounding. */
double tree__score_slack(const tree_scorer *scorer, double score);

/** k log2 k for k = 0, 1, ..., n, which entropies of whole weights are sums of. NULL: no memory.
 * free() it. */
double *tree__entropy_terms(size_t n);

/** Risk of a node: weight times impurity of weights of classes. */
double tree__class_risk(tree_criterion criterion, const double *totals, size_t n_classes,
                        double weight);

#endif
