/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hyper-parameters of trees: what they mean for a table of rows. */
#include "tree_params.h"

/* Choices of criterion, by their index. */
enum { CRITERION_AUTO, CRITERION_GINI, CRITERION_ENTROPY, CRITERION_LOG_LOSS, CRITERION_SQUARED };

ml_status tree__check(const double *params, const ml_view *all, ml_error *err) {
  int criterion = (int)params[TREE_CRITERION];
  double features = params[TREE_MAX_FEATURES];
  if (criterion != CRITERION_AUTO && (criterion == CRITERION_SQUARED) != !all->n_classes)
    return ml_error_set(err, ML_ERR_USAGE, "'criterion' for %s is %s",
                        all->n_classes ? "classes" : "numbers",
                        all->n_classes ? "gini, entropy or log_loss" : "squared_error");
  if (features <= 1 || isinf(features)) return ML_OK;
  if (features != floor(features))
    return ml_error_set(err, ML_ERR_USAGE, "'max_features' is a share of at most 1, or an integer");
  if (features > (double)all->n_columns)
    return ml_error_set(err, ML_ERR_USAGE, "'max_features' is %.0f, of %zu features", features,
                        all->n_columns);
  return ML_OK;
}

static tree_criterion criterion_of(double choice, bool are_classes) {
  if (!are_classes) return TREE_SQUARED_ERROR;
  return choice == CRITERION_ENTROPY || choice == CRITERION_LOG_LOSS ? TREE_ENTROPY : TREE_GINI;
}

/* Rounded down, but one at least. */
static size_t n_drawn(double features, const ml_view *train) {
  double p = (double)train->n_columns, n = p;
  if (features == TREE_FEATURES_SQRT || (features == TREE_FEATURES_AUTO && train->n_classes))
    n = floor(sqrt(p));
  else if (features == TREE_FEATURES_LOG2)
    n = p > 0 ? floor(log2(p)) : 0;
  else if (features > 0 && features <= 1)
    n = floor(features * p);
  else if (features > 1)
    n = fmin(features, p);
  return n < 1 ? 1 : (size_t)n;
}

size_t tree__depth(const double *params) {
  double depth = params[TREE_MAX_DEPTH];
  return isinf(depth) ? SIZE_MAX : (size_t)depth;
}

tree_limits tree__limits(const double *params, const ml_view *train) {
  return (tree_limits){.criterion = criterion_of(params[TREE_CRITERION], train->n_classes > 0),
                       .max_depth = tree__depth(params),
                       .min_split = (size_t)params[TREE_MIN_SPLIT],
                       .min_leaf = (size_t)params[TREE_MIN_LEAF],
                       .min_weight = params[TREE_MIN_WEIGHT],
                       .min_decrease = params[TREE_MIN_DECREASE],
                       .n_drawn = n_drawn(params[TREE_MAX_FEATURES], train)};
}

ml_status tree__fail(const ml_error *why, const size_t *candidates, size_t n, ml_take *take,
                     void *ctx, ml_error *err) {
  ml_status status = ML_OK;
  if (why->status != ML_ERR_NUMERIC) {
    if (err) *err = *why;
    return why->status;
  }
  for (size_t c = 0; c < n && status == ML_OK; c++)
    status = take(ctx, candidates[c], NULL, why, err);
  return status;
}
