/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of a task, and an item of it; for task.c and prepared.c. */
#ifndef XVAL_TASK_H
#define XVAL_TASK_H

#include "xval_internal.h"

/* A candidate of an item. */
typedef struct fold_slot {
  size_t candidate;
  uint64_t place;
  bool is_taken;
  ml_fold_state state;
  double *scores;
  size_t text_at, n_text; /* in xval_state.why */
  double fit_seconds, score_seconds;
} fold_slot;

/* The rows of a fold after the steps of --prep: the training rows, then the test rows. */
typedef struct prepared {
  bool is_there;
  size_t scene, fold;
  ml_error error; /* of a step that failed */
  bool is_irrelevant;
  size_t n_columns;
  double *x, *y, *weights;
  uint32_t *classes, *rows;
  ml_fold one;
  ml_folds folds;
  ml_cv cv;
  char *shared; /* parts, at a multiple of 64; NULL: none */
} prepared;

typedef struct xval_state {
  xval_plan plan;
  score_rows rows;
  prepared prepared;
  ml_buf why; /* texts of the slots */
  uint32_t *train;
  double *out, *scores, *params;
  fold_slot *slots;
  size_t *candidates; /* of the item, that are still to be computed */
  size_t n_train, n_out, n_scores, n_slots, n_candidates, n_params; /* room */
} xval_state;

/* An item that runs. */
typedef struct fold_run {
  xval_state *s;
  size_t scene, fold, n;
  size_t n_asked; /* candidates that are still to be computed */
  size_t cv_fold; /* its number in the ml_cv that it is run with */
  ml_span result;
  const void *shared;
  const double *weights; /* of the rows that are scored; NULL: all are 1 */
  const void *cancel;
  bool wants_squares; /* in place of predictions */
  double score_seconds;
  ml_status failed; /* an error that ends the item, and not just a candidate */
} fold_run;

ml_status task__malformed(ml_error *err);

/* A candidate has failed. */
void task__fail(fold_run *run, fold_slot *slot, const ml_error *error);

/* Every candidate that has no outcome yet has failed. */
void task__fail_all(fold_run *run, const ml_error *error);
ml_status task__run_cv(fold_run *run, ml_cv *cv, const void *shared, ml_error *err);

/* ---- prepared.c ---- */

/* Run an item on rows that the steps have changed. */
ml_status prepared__run(fold_run *run, ml_error *err);
void prepared__release(prepared *p);

#endif
