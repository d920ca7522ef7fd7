/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run of ml_xval() in the central process. */
#ifndef XVAL_RUN_H
#define XVAL_RUN_H

#include "xval_internal.h"

typedef struct journal journal; /* checkpoint.c */

/* Candidates of one fold that are computed together: [first, first + n) of item_list.candidates. */
typedef struct xval_item {
  size_t scene, fold, first, n;
} xval_item;

typedef struct item_list {
  xval_item *items;
  size_t n, room;
  xval_fold_candidate *candidates;
  size_t n_candidates, candidates_room;
} item_list;

/* What only the central process knows of a scene. */
typedef struct run_scene {
  ml_folds *folds;      /* owns what plan.scenes[].folds refers to */
  ml_fold_result *fits; /* n_candidates x folds.n, by candidate */
  double *scores;       /* of the fits */
  size_t *tested_at;    /* folds.n + 1: how many rows the folds before each test */
} run_scene;

typedef struct xval_run {
  const ml_dataset *given;
  const ml_xval_opts *opts;
  ml_exec *exec;
  const ml_watch *watch;
  xval_plan plan;
  run_scene *scenes;    /* as plan.scenes */
  size_t main;          /* the scene whose folds are in the result; SIZE_MAX: none, it is nested */
  size_t final;         /* the scene of the holdout, or of outer folds; SIZE_MAX: none */
  const double *params; /* the candidates as given; plan.candidates has others for those refused */
  ml_error *checked;    /* n_candidates: why each is refused; status ML_OK: it is not */
  size_t *group;        /* n_candidates: candidates with the same number are computed together */

  /* The columns that are used, if not all are. */
  char **names;
  ml_levels *categories;
  double *x;

  ml_block *x_lent, *packed, *shared, *none; /* none: an empty block */
  ml_block *x_block;
  ml_buf bytes; /* of the plan */
  xval_args args;
  model_loan loan;
  model_place place;

  bool is_once;          /* no row of the main scene is tested twice */
  size_t rungs, n_rungs; /* first scene of halving, the smallest, and how many */
  ml_block *kept; /* predictions of the main scene of all candidates; NULL: they are not kept */
  journal *journal;
  double deadline; /* time of xval__seconds(); 0: none */
  double fits_done, fits_planned;
  ml_arena *arena; /* of the result */
  ml_xval_result *result;
  const char **no_why, **last_why;
  ml_buf aligned;
} xval_run;

static inline ml_fold_result *run__fit(const xval_run *run, size_t scene, size_t candidate,
                                       size_t fold) {
  return &run->scenes[scene].fits[candidate * run->plan.scenes[scene].folds.n + fold];
}

/* Memory of the result: zeros. */
void *run__alloc(xval_run *run, size_t n, size_t size);
char *run__text(xval_run *run, const char *text);

/* ---- columns.c: what is used of the dataset ---- */

ml_status columns__use(xval_run *run, ml_error *err);
ml_status columns__check(const xval_run *run, ml_error *err);

/* Warn of columns that steps have nothing to learn from in some folds, where impute makes 0 of
 * them.
 */
ml_status columns__warn_empty(xval_run *run, ml_error *err);

/* Say in how many folds select found nothing. @retval ML_ERR_MEMORY */
ml_status columns__warn_irrelevant(xval_run *run, ml_error *err);
ml_status run__warn(xval_run *run, const char *format, ...) ML_PRINTF(2, 3);

/* ---- scenes.c: folds ---- */

ml_status scenes__make(xval_run *run, ml_error *err);
void scenes__release(xval_run *run);

/* ---- items.c ---- */

ml_status items__group(xval_run *run, ml_error *err);

/* Sort candidates so that those that are computed together are neighbours. */
void items__sort(xval_run *run, size_t *candidates, size_t n);

/* Append the items of a fold for some candidates, which items__sort() has sorted. Refused
 * candidates are left out. @param place  of the predictions of candidate 0, those of each next
 * candidate begin `stride` later; XVAL_NO_PLACE: predictions are not kept */
ml_status items__add(xval_run *run, item_list *list, size_t scene, size_t fold,
                     const size_t *candidates, size_t n, uint64_t place, uint64_t stride,
                     ml_error *err);
void items__release(item_list *list);

/* ---- job.c: items over the executor ---- */

ml_status job__open(xval_run *run, ml_error *err);
ml_status job__share(xval_run *run, ml_error *err);

/* Compute the items that the checkpoint does not have. @param kept  takes predictions; may be NULL
 * @param counts  they are new fits of the result, and not repeated ones */
ml_status job__compute(xval_run *run, const item_list *list, ml_block *kept, bool counts,
                       ml_error *err);
void job__close(xval_run *run);

/* ---- search.c: which candidates in which folds ---- */

ml_status search__run(xval_run *run, ml_error *err);

/* ---- summary.c: means, ranks, the winner ---- */

/* Mean of a metric over the folds of a scene; NaN unless all are done and defined. */
double summary__mean(const xval_run *run, size_t scene, size_t candidate, size_t metric);

/* The winner by the option pick. @param key  n_candidates means (or pooled scores) of the first
 * metric; NaN: none. @param[out] best  the winner by the key alone, the first of equals
 * @return the winner; SIZE_MAX: there is none */
size_t summary__pick(const xval_run *run, size_t scene, const double *key, bool is_pooled,
                     size_t *best);

/* Scores of the predictions of a candidate for all tested rows of the main scene.
 * @param[out] pooled  n_metrics */
ml_status summary__pool(xval_run *run, const double *predictions, double *pooled, ml_error *err);

/* Means, ranks and the winner of the main scene. */
ml_status summary__make(xval_run *run, ml_error *err);

#endif
