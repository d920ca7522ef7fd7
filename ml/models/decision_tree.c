/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A decision tree, as scikit-learn grows it, but for what is left to chance or to rounding there:
 * of splits that are equal within rounding the first feature's is taken, and of these the one at
 * the least threshold; values are doubles, and differ when they do; a node is pure when its targets
 * are equal. One tree that is grown to the greatest depth has all others of a search in it. */
#include <stdlib.h>
#include <string.h>

#include "models.h"
#include "tree_params.h"

enum { CCP_ALPHA = TREE_N_PARAMS, N_PARAMS };

static const ml_model_param params_of_tree[N_PARAMS] = {
    TREE_PARAMS(INFINITY,
                "features that are drawn for each split: a share of at most 1, an integer, or sqrt "
                "or log2 of all; auto: sqrt for classes, else all; none: all"),
    [CCP_ALPHA] = {.name = "ccp_alpha",
                   .kind = ML_MODEL_REAL,
                   .lo = 0,
                   .hi = INFINITY,
                   .below_hi = true,
                   .is_shared = true,
                   .simpler = 1,
                   .help = "cost of a leaf by which the tree is pruned (minimal cost-complexity)"}};

/* ---- fit and predict ------------------------------------------------------------------------- */

static ml_status grow(tree_sample *sample, const tree_limits *limits, uint64_t seed,
                      const void *cancel, tree *out, ml_error *err) {
  tree_grower *grower;
  ml_status status = tree__grower_new(sample, limits, true, &grower, err);
  if (status) return status;
  status = tree__grow(grower, NULL, seed, cancel, out, err);
  tree__grower_free(grower);
  return status;
}

/* Nodes below the leaves stay where they are, and are not found any more. */
static ml_status prune(tree *grown, double alpha, ml_error *err) {
  uint8_t *is_leaf = malloc(grown->n_nodes);
  if (!is_leaf) return ml_error_memory(err);
  ml_status status = tree__cut(grown, SIZE_MAX, alpha, is_leaf, err);
  for (size_t i = 0; i < grown->n_nodes && status == ML_OK; i++)
    if (is_leaf[i]) grown->nodes[i].left = 0;
  free(is_leaf);
  return status;
}

static void free_tree(void *fitted) {
  if (!fitted) return;
  tree__release(fitted);
  free(fitted);
}

static ml_status fit(const double *params, const ml_view *train, uint64_t seed, const void *cancel,
                     void **fitted, ml_error *err) {
  tree_sample sample;
  const tree_limits limits = tree__limits(params, train);
  ml_status status = tree__sample(train, &sample, err);
  if (status) return status;
  tree *grown = calloc(1, sizeof *grown);
  status = grown ? grow(&sample, &limits, seed, cancel, grown, err) : ml_error_memory(err);
  tree__sample_release(&sample);
  if (status == ML_OK && params[CCP_ALPHA] > 0) status = prune(grown, params[CCP_ALPHA], err);
  if (status) {
    free_tree(grown);
    return status;
  }
  *fitted = grown;
  return ML_OK;
}

static void follow(const tree *grown, const uint8_t *is_leaf, const ml_view *rows, double *out) {
  for (size_t i = 0; i < rows->n; i++) {
    const double *value = tree__find(grown, is_leaf, rows, ml_view_row(rows, i));
    memcpy(out + i * grown->n_values, value, grown->n_values * sizeof *out);
  }
}

static ml_status predict(const void *fitted, const ml_view *rows, double *out, ml_error *err) {
  (void)err;
  follow(fitted, NULL, rows, out);
  return ML_OK;
}

static ml_status importance(const void *fitted, const ml_view *train, double *out, ml_error *err) {
  double *room = calloc(train->n_columns + 1, sizeof *room);
  if (!room) return ml_error_memory(err);
  memset(out, 0, train->n_columns * sizeof *out);
  tree__add_importance(fitted, train->n_columns, room, out);
  free(room);
  return ML_OK;
}

/* ---- files ------------------------------------------------------------------------------------
 */

static ml_status save(const void *fitted, ml_arena *arena, ml_value *out, ml_error *err) {
  ml_saver saver = ml_saver_begin(arena, err);
  tree__save(fitted, 1, &saver);
  return ml_saver_end(&saver, out);
}

static ml_status load(const double *params, const ml_value *saved, size_t n_columns,
                      size_t n_classes, void **fitted, ml_error *err) {
  (void)params;
  ml_loader loader = ml_loader_begin(saved, err);
  tree *loaded = tree__load(&loader, 1, n_columns, n_classes ? n_classes : 1, n_classes > 0);
  if (loaded) *fitted = loaded;
  return ml_loader_end(&loader);
}

/* ---- folds ------------------------------------------------------------------------------------
 */

static const double *params_at(const ml_cv *cv, size_t candidate) {
  return cv->candidates + candidate * N_PARAMS;
}

static ml_status hand_over(const ml_cv *cv, size_t fold, const tree *grown,
                           const size_t *candidates, size_t n, ml_take *take, void *ctx,
                           ml_error *err) {
  ml_view test = ml_cv_test(cv, fold);
  double *out = calloc(test.n ? test.n : 1, grown->n_values * sizeof *out);
  uint8_t *is_leaf = malloc(grown->n_nodes);
  ml_status status = out && is_leaf ? ML_OK : ml_error_memory(err);
  for (size_t c = 0; c < n && status == ML_OK; c++) {
    const double *params = params_at(cv, candidates[c]);
    status = tree__cut(grown, tree__depth(params), params[CCP_ALPHA], is_leaf, err);
    if (status) break;
    follow(grown, is_leaf, &test, out);
    status = take(ctx, candidates[c], out, NULL, err);
  }
  free(is_leaf);
  free(out);
  return status;
}

/* One tree for all candidates, as deep as the deepest of them. */
static ml_status grow_for(const ml_cv *cv, const void *shared, size_t fold,
                          const size_t *candidates, size_t n, tree *out, ml_error *err) {
  tree_sample sample;
  tree_limits limits = tree__limits(params_at(cv, candidates[0]), &cv->all);
  for (size_t c = 1; c < n; c++) {
    size_t depth = tree__depth(params_at(cv, candidates[c]));
    limits.max_depth = depth > limits.max_depth ? depth : limits.max_depth;
  }
  ml_status status = tree__sample_fold(cv, shared, fold, &sample, err);
  if (status) return status;
  status = grow(&sample, &limits, ml_cv_seed(cv, fold), cv->cancel, out, err);
  tree__sample_release(&sample);
  return status;
}

static ml_status run_fold(const ml_cv *cv, const void *shared, size_t fold,
                          const size_t *candidates, size_t n, ml_take *take, void *ctx,
                          ml_error *err) {
  tree grown = {0};
  ml_error why = {0};
  ml_status status = grow_for(cv, shared, fold, candidates, n, &grown, &why);
  if (status == ML_OK)
    status = hand_over(cv, fold, &grown, candidates, n, take, ctx, err);
  else
    status = tree__fail(&why, candidates, n, take, ctx, err);
  tree__release(&grown);
  return status;
}

const ml_model models__decision_tree = {
    .abi = ML_MODEL_ABI,
    .name = "decision_tree",
    .summary = "a tree of splits of one feature each (CART)",
    .source = "Breiman, Friedman, Olshen and Stone (1984), Classification and Regression Trees",
    .traits = ML_MODEL_CLASSIFIES | ML_MODEL_REGRESSES | ML_MODEL_WEIGHTS | ML_MODEL_RANDOM,
    .params = params_of_tree,
    .n_params = N_PARAMS,
    .check = tree__check,
    .fit = fit,
    .predict = predict,
    .free = free_tree,
    .share_size = tree__share_size,
    .share = tree__share,
    .fold = run_fold,
    .save = save,
    .load = load,
    .importance_is = TREE_IMPORTANCE,
    .importance = importance,
};
