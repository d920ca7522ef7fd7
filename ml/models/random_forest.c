/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A random forest. The trees of a small one are the first of a greater one, and the upper parts of
 * its trees are those of a shallower one: one forest serves a whole search. Of equal splits that of
 * the feature which is drawn first is taken, so that small nodes do not all take the same one. */
#include <stdlib.h>
#include <string.h>

#include <ml/exec.h>
#include <ml/rng.h>

#include "models.h"
#include "tree_params.h"

enum { N_ESTIMATORS = TREE_N_PARAMS, BOOTSTRAP, MAX_SAMPLES, N_PARAMS };

/* The two children of the root have the seeds 0 and 1 of a tree. */
enum { SEED_OF_ROWS = 2 };

static const ml_model_param params_of_forest[N_PARAMS] = {
    TREE_PARAMS(TREE_FEATURES_AUTO,
                "features that are drawn for each split: a share of at most 1, an integer, or sqrt "
                "or log2 of all; auto: sqrt for classes, else all; none: all"),
    [N_ESTIMATORS] = {.name = "n_estimators",
                      .kind = ML_MODEL_INT,
                      .lo = 1,
                      .hi = 1000000,
                      .fallback = 100,
                      .is_shared = true,
                      .simpler = -1,
                      .help = "number of trees"},
    [BOOTSTRAP] = {.name = "bootstrap",
                   .kind = ML_MODEL_BOOL,
                   .fallback = 1,
                   .help = "each tree has rows that are drawn with replacement, else all"},
    [MAX_SAMPLES] = {.name = "max_samples",
                     .kind = ML_MODEL_REAL,
                     .lo = 0,
                     .above_lo = true,
                     .hi = INT32_MAX,
                     .fallback = INFINITY,
                     .none = "none",
                     .help = "rows that are drawn for each tree: a share of at most 1, or an "
                             "integer; none: as many as there are"}};

static ml_status check(const double *params, const ml_view *all, ml_error *err) {
  double samples = params[MAX_SAMPLES];
  if (samples > 1 && !isinf(samples) && samples != floor(samples))
    return ml_error_set(err, ML_ERR_USAGE, "'max_samples' is a share of at most 1, or an integer");
  if (!isinf(samples) && params[BOOTSTRAP] == 0)
    return ml_error_set(err, ML_ERR_USAGE, "'max_samples' needs 'bootstrap=true'");
  return tree__check(params, all, err);
}

/* ---- one tree after another ------------------------------------------------------------------ */

typedef struct planter {
  tree_grower *grower;
  uint32_t *times;  /* NULL: each row once */
  size_t n, n_draw; /* rows; how many are drawn */
  uint64_t seed;
  const void *cancel;
} planter;

static size_t n_drawn_rows(const double *params, size_t n) {
  double samples = params[MAX_SAMPLES], some = samples <= 1 ? round(samples * (double)n) : samples;
  return some >= (double)n ? n : some < 1 ? 1 : (size_t)some;
}

static void end_planting(planter *p) {
  tree__grower_free(p->grower);
  free(p->times);
}

static ml_status begin_planting(tree_sample *sample, const double *params,
                                const tree_limits *limits, uint64_t seed, const void *cancel,
                                planter *p, ml_error *err) {
  tree_limits shuffled = *limits;
  shuffled.shuffles = true;
  *p = (planter){.n = sample->n, .n_draw = n_drawn_rows(params, sample->n)};
  p->seed = seed;
  p->cancel = cancel;
  if (params[BOOTSTRAP] != 0) p->times = malloc(sample->n * sizeof *p->times);
  if (params[BOOTSTRAP] != 0 && !p->times) return ml_error_memory(err);
  ml_status status = tree__grower_new(sample, &shuffled, false, &p->grower, err);
  if (status) end_planting(p);
  return status;
}

/* Tree number t, whoever grows it. */
static ml_status plant(planter *p, size_t t, tree *out, ml_error *err) {
  uint64_t seed = ml_rng_derive(p->seed, t);
  if (ml_item_cancelled(p->cancel)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
  if (p->times) {
    ml_rng rng = ml_rng_seeded(ml_rng_derive(seed, SEED_OF_ROWS));
    memset(p->times, 0, p->n * sizeof *p->times);
    for (size_t i = 0; i < p->n_draw; i++) p->times[ml_rng_below(&rng, p->n)]++;
  }
  return tree__grow(p->grower, p->times, seed, p->cancel, out, err);
}

/* Add what a tree says of rows. */
static void add(const tree *grown, const uint8_t *is_leaf, const ml_view *rows, double *sums) {
  for (size_t i = 0; i < rows->n; i++) {
    const double *value = tree__find(grown, is_leaf, rows, ml_view_row(rows, i));
    for (size_t c = 0; c < grown->n_values; c++) sums[i * grown->n_values + c] += value[c];
  }
}

/* ---- fit and predict ------------------------------------------------------------------------- */

typedef struct forest {
  tree *trees;
  size_t n, n_values;
} forest;

static void free_forest(void *fitted) {
  forest *f = fitted;
  if (!f) return;
  for (size_t t = 0; t < f->n; t++) tree__release(&f->trees[t]);
  free(f->trees);
  free(f);
}

/* @param trees  which it takes over in any case; NULL: no memory */
static ml_status new_forest(tree *trees, size_t n, size_t n_values, forest **out, ml_error *err) {
  forest *f = trees ? calloc(1, sizeof *f) : NULL;
  if (!f) {
    for (size_t t = 0; trees && t < n; t++) tree__release(&trees[t]);
    free(trees);
    return ml_error_memory(err);
  }
  f->trees = trees;
  f->n = n;
  f->n_values = n_values;
  *out = f;
  return ML_OK;
}

static ml_status fit(const double *params, const ml_view *train, uint64_t seed, const void *cancel,
                     void **fitted, ml_error *err) {
  tree_sample sample;
  planter p = {0};
  forest *f = NULL;
  const tree_limits limits = tree__limits(params, train);
  ml_status status = tree__sample(train, &sample, err);
  if (status) return status;
  status = begin_planting(&sample, params, &limits, seed, cancel, &p, err);
  if (status == ML_OK) {
    size_t n = (size_t)params[N_ESTIMATORS], n_values = train->n_classes ? train->n_classes : 1;
    status = new_forest(calloc(n, sizeof(tree)), n, n_values, &f, err);
    for (size_t t = 0; status == ML_OK && t < f->n; t++) {
      status = plant(&p, t, &f->trees[t], err);
      if (status == ML_OK) tree__shrink(&f->trees[t]);
    }
    end_planting(&p);
  }
  tree__sample_release(&sample);
  if (status) {
    free_forest(f);
    return status;
  }
  *fitted = f;
  return ML_OK;
}

static void divide(const double *sums, size_t n, size_t n_trees, double *out) {
  for (size_t i = 0; i < n; i++) out[i] = sums[i] / (double)n_trees;
}

static ml_status predict(const void *fitted, const ml_view *rows, double *out, ml_error *err) {
  (void)err;
  const forest *f = fitted;
  size_t n = rows->n * f->n_values;
  if (n) memset(out, 0, n * sizeof *out);
  for (size_t t = 0; t < f->n; t++) add(&f->trees[t], NULL, rows, out);
  divide(out, n, f->n, out);
  return ML_OK;
}

/* ---- files ------------------------------------------------------------------------------------
 */

static ml_status save(const void *fitted, ml_arena *arena, ml_value *out, ml_error *err) {
  const forest *f = fitted;
  ml_saver saver = ml_saver_begin(arena, err);
  tree__save(f->trees, f->n, &saver);
  return ml_saver_end(&saver, out);
}

static ml_status load(const double *params, const ml_value *saved, size_t n_columns,
                      size_t n_classes, void **fitted, ml_error *err) {
  size_t n = (size_t)params[N_ESTIMATORS], n_values = n_classes ? n_classes : 1;
  ml_loader loader = ml_loader_begin(saved, err);
  tree *trees = tree__load(&loader, n, n_columns, n_values, n_classes > 0);
  ml_status status = ml_loader_end(&loader);
  forest *f = NULL;
  if (status == ML_OK) status = new_forest(trees, n, n_values, &f, err);
  if (status == ML_OK) *fitted = f;
  return status;
}

/* ---- folds ------------------------------------------------------------------------------------
 */

/* Candidates of one greatest depth. */
typedef struct group {
  size_t depth, n_trees; /* of the greatest forest */
  double *sums;          /* n_test x n_values */
} group;

typedef struct run {
  const ml_cv *cv;
  const size_t *candidates;
  size_t n;
  ml_take *take;
  void *ctx;
  ml_view test;
  group *groups; /* of n, at most */
  size_t n_groups, n_values;
  double *out;
  planter planter;
} run;

static const double *params_of(const run *r, size_t c) {
  return r->cv->candidates + r->candidates[c] * N_PARAMS;
}

static group *find_group(run *r, size_t depth) {
  for (size_t g = 0; g < r->n_groups; g++)
    if (r->groups[g].depth == depth) return &r->groups[g];
  r->groups[r->n_groups] = (group){.depth = depth};
  return &r->groups[r->n_groups++];
}

static void end_run(run *r) {
  for (size_t g = 0; g < r->n_groups; g++) free(r->groups[g].sums);
  free(r->groups);
  free(r->out);
}

static ml_status begin_run(run *r, ml_error *err) {
  size_t n_out;
  r->n_values = r->cv->all.n_classes ? r->cv->all.n_classes : 1;
  if (__builtin_mul_overflow(r->test.n, r->n_values, &n_out)) return ml_error_memory(err);
  r->groups = calloc(r->n, sizeof *r->groups);
  r->out = calloc(n_out ? n_out : 1, sizeof *r->out);
  bool ok = r->groups && r->out;
  for (size_t c = 0; c < r->n && ok; c++) {
    const double *params = params_of(r, c);
    group *g = find_group(r, tree__depth(params));
    size_t n_trees = (size_t)params[N_ESTIMATORS];
    g->n_trees = n_trees > g->n_trees ? n_trees : g->n_trees;
  }
  for (size_t g = 0; g < r->n_groups && ok; g++) {
    r->groups[g].sums = calloc(n_out ? n_out : 1, sizeof *r->out);
    ok = r->groups[g].sums != NULL;
  }
  return ok ? ML_OK : ml_error_memory(err);
}

/* The depth that tree t has to have; *n_trees: of the greatest forest. */
static size_t depth_of(const run *r, size_t t, size_t *n_trees) {
  size_t depth = 0;
  for (size_t g = 0; g < r->n_groups; g++) {
    if (r->groups[g].n_trees > *n_trees) *n_trees = r->groups[g].n_trees;
    if (r->groups[g].n_trees > t && r->groups[g].depth > depth) depth = r->groups[g].depth;
  }
  return depth;
}

static ml_status add_to_groups(run *r, const tree *grown, size_t t, size_t depth, ml_error *err) {
  uint8_t *is_leaf = malloc(grown->n_nodes);
  ml_status status = is_leaf ? ML_OK : ml_error_memory(err);
  for (size_t g = 0; g < r->n_groups && status == ML_OK; g++) {
    const group *to = &r->groups[g];
    if (to->n_trees <= t) continue;
    bool is_cut = to->depth < depth;
    if (is_cut) status = tree__cut(grown, to->depth, 0, is_leaf, err);
    if (status == ML_OK) add(grown, is_cut ? is_leaf : NULL, &r->test, to->sums);
  }
  free(is_leaf);
  return status;
}

/* Those whose last tree has been grown. */
static ml_status hand_over(run *r, size_t n_trees, ml_error *err) {
  ml_status status = ML_OK;
  for (size_t c = 0; c < r->n && status == ML_OK; c++) {
    const double *params = params_of(r, c);
    if ((size_t)params[N_ESTIMATORS] != n_trees) continue;
    divide(find_group(r, tree__depth(params))->sums, r->test.n * r->n_values, n_trees, r->out);
    status = r->take(r->ctx, r->candidates[c], r->out, NULL, err);
  }
  return status;
}

/* @param why  for errors that are not those of take() */
static ml_status grow_all(run *r, ml_error *why, ml_error *err) {
  tree grown = {0};
  size_t n_trees = 0;
  ml_status status = ML_OK;
  depth_of(r, 0, &n_trees);
  for (size_t t = 0; t < n_trees && status == ML_OK; t++) {
    size_t depth = depth_of(r, t, &n_trees);
    tree__grower_set_depth(r->planter.grower, depth);
    status = plant(&r->planter, t, &grown, why);
    if (status == ML_OK) status = add_to_groups(r, &grown, t, depth, why);
    if (status == ML_OK) status = hand_over(r, t + 1, err);
  }
  tree__release(&grown);
  return status;
}

static ml_status run_fold(const ml_cv *cv, const void *shared, size_t fold,
                          const size_t *candidates, size_t n, ml_take *take, void *ctx,
                          ml_error *err) {
  run r = {cv, candidates, n, take, ctx, .test = ml_cv_test(cv, fold)};
  tree_sample sample;
  ml_error why = {0};
  const double *params = params_of(&r, 0);
  const tree_limits limits = tree__limits(params, &cv->all);
  if (tree__sample_fold(cv, shared, fold, &sample, &why))
    return tree__fail(&why, candidates, n, take, ctx, err);
  ml_status status = begin_run(&r, &why);
  if (status == ML_OK) {
    status = begin_planting(&sample, params, &limits, ml_cv_seed(cv, fold), cv->cancel, &r.planter,
                            &why);
    if (status == ML_OK) {
      status = grow_all(&r, &why, err);
      end_planting(&r.planter);
    }
  }
  if (why.status && err) *err = why;
  end_run(&r);
  tree__sample_release(&sample);
  return status;
}

/* The mean of the trees. */
static ml_status importance(const void *fitted, const ml_view *train, double *out, ml_error *err) {
  const forest *f = fitted;
  double *room = calloc(train->n_columns + 1, sizeof *room);
  if (!room) return ml_error_memory(err);
  memset(out, 0, train->n_columns * sizeof *out);
  for (size_t t = 0; t < f->n; t++) tree__add_importance(&f->trees[t], train->n_columns, room, out);
  for (size_t j = 0; j < train->n_columns; j++) out[j] /= (double)f->n;
  free(room);
  return ML_OK;
}

const ml_model models__random_forest = {
    .abi = ML_MODEL_ABI,
    .name = "random_forest",
    .summary = "the mean of many trees, each of rows and features that are drawn",
    .source = "Breiman (2001), Machine Learning 45, 5-32",
    .traits = ML_MODEL_CLASSIFIES | ML_MODEL_REGRESSES | ML_MODEL_WEIGHTS | ML_MODEL_RANDOM,
    .params = params_of_forest,
    .n_params = N_PARAMS,
    .check = check,
    .fit = fit,
    .predict = predict,
    .free = free_forest,
    .share_size = tree__share_size,
    .share = tree__share,
    .fold = run_fold,
    .save = save,
    .load = load,
    .importance_is = TREE_IMPORTANCE ", mean of the trees",
    .importance = importance,
};
