/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hyper-parameters that a tree and a forest have in common; never installed. */
#ifndef ML_TREE_PARAMS_H
#define ML_TREE_PARAMS_H

#include <math.h>

#include "tree.h"

/* They are the first of both tables, in this order. */
enum {
  TREE_CRITERION,
  TREE_MAX_DEPTH,
  TREE_MIN_SPLIT,
  TREE_MIN_LEAF,
  TREE_MIN_WEIGHT,
  TREE_MIN_DECREASE,
  TREE_MAX_FEATURES,
  TREE_N_PARAMS
};

/* Words of max_features, from -1 down. */
enum { TREE_FEATURES_AUTO = -1, TREE_FEATURES_SQRT = -2, TREE_FEATURES_LOG2 = -3 };

#define TREE_PARAMS(default_features, help_of_features)                                        \
  [TREE_CRITERION] = {.name = "criterion",                                                     \
                      .kind = ML_MODEL_CHOICE,                                                 \
                      .choices = "auto|gini|entropy|log_loss|squared_error",                   \
                      .help =                                                                  \
                          "what splits lessen: gini, or entropy (log_loss is the same), of "   \
                          "classes; squared_error of numbers; auto: gini or squared_error"},   \
  [TREE_MAX_DEPTH] = {.name = "max_depth",                                                     \
                      .kind = ML_MODEL_INT,                                                    \
                      .lo = 1,                                                                 \
                      .hi = INT32_MAX,                                                         \
                      .fallback = INFINITY,                                                    \
                      .none = "none",                                                          \
                      .is_shared = true,                                                       \
                      .simpler = -1,                                                           \
                      .help = "greatest number of splits above a leaf"},                       \
  [TREE_MIN_SPLIT] = {.name = "min_samples_split",                                             \
                      .kind = ML_MODEL_INT,                                                    \
                      .lo = 2,                                                                 \
                      .hi = INT32_MAX,                                                         \
                      .fallback = 2,                                                           \
                      .simpler = 1,                                                            \
                      .help = "nodes of fewer rows are leaves"},                               \
  [TREE_MIN_LEAF] = {.name = "min_samples_leaf",                                               \
                     .kind = ML_MODEL_INT,                                                     \
                     .lo = 1,                                                                  \
                     .hi = INT32_MAX,                                                          \
                     .fallback = 1,                                                            \
                     .simpler = 1,                                                             \
                     .help = "a leaf has no fewer rows"},                                      \
  [TREE_MIN_WEIGHT] = {.name = "min_weight_fraction_leaf",                                     \
                       .kind = ML_MODEL_REAL,                                                  \
                       .lo = 0,                                                                \
                       .hi = 0.5,                                                              \
                       .simpler = 1,                                                           \
                       .help = "a leaf has no smaller share of the weight of all rows"},       \
  [TREE_MIN_DECREASE] = {.name = "min_impurity_decrease",                                      \
                         .kind = ML_MODEL_REAL,                                                \
                         .lo = 0,                                                              \
                         .hi = INFINITY,                                                       \
                         .below_hi = true,                                                     \
                         .simpler = 1,                                                         \
                         .help = "a split lessens the impurity of the whole tree by no less"}, \
  [TREE_MAX_FEATURES] = {.name = "max_features",                                               \
                         .kind = ML_MODEL_REAL,                                                \
                         .lo = 0,                                                              \
                         .above_lo = true,                                                     \
                         .hi = INT32_MAX,                                                      \
                         .fallback = (default_features),                                       \
                         .none = "none",                                                       \
                         .choices = "auto|sqrt|log2",                                          \
                         .help = help_of_features}

/** @retval ML_ERR_USAGE  a criterion for the other problem; more features than there are, or a
 * number of them that is no integer */
ml_status tree__check(const double *params, const ml_view *all, ml_error *err);

/** Limits by parameters that are checked. */
tree_limits tree__limits(const double *params, const ml_view *train);

/** Greatest depth; SIZE_MAX: any. */
size_t tree__depth(const double *params);

/** Hand over candidates that failed for what their rows are; all other errors end the fold. */
ml_status tree__fail(const ml_error *why, const size_t *candidates, size_t n, ml_take *take,
                     void *ctx, ml_error *err);

#endif
