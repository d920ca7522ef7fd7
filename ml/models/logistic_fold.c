/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression: one fold, from what all folds have in common. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logistic_share.h"
#include "models.h"

/* A fold on its way: candidates that were shared, in front, and then the others. */
typedef struct folding {
  const ml_cv *cv;
  const void *shared;
  size_t fold, n_atoms;
  uint32_t uses[ATOMS_FEW]; /* how often it trains on each atom */
  uint32_t *rows;           /* room for those of train, */
  ml_view train, test;      /* which is gathered when it is asked for */
  logit_shape shape;
  logit_task task;
  logit_rows tested; /* the rows of test, when several candidates ask */
  double *out;
  ml_take *take;
  void *ctx;
} folding;

static const double *params_of(const folding *f, size_t candidate) {
  return f->cv->candidates + candidate * LOGIT_N_PARAMS;
}

/* By fit() and predict(). */
static ml_status fit_alone(const folding *f, size_t candidate, ml_error *err) {
  void *fitted = NULL;
  ml_error why = {0};
  ml_status status =
      models__logistic.fit(params_of(f, candidate), &f->train, 0, f->cv->cancel, &fitted, &why);
  if (status == ML_OK) status = models__logistic.predict(fitted, &f->test, f->out, &why);
  models__logistic.free(fitted);
  if (status == ML_ERR_CANCELLED || status == ML_ERR_MEMORY) {
    if (err) *err = why;
    return status;
  }
  return f->take(f->ctx, candidate, status == ML_OK ? f->out : NULL, status == ML_OK ? NULL : &why,
                 err);
}

/* ---- candidates that were shared ------------------------------------------------------------- */

static logit_shared shared_of(const folding *f, size_t candidate) {
  return logit__shared_at(f->cv, &f->shape, f->n_atoms, candidate, f->shared);
}

static ml_status hand_over_at(const folding *f, const double *b, size_t candidate, ml_error *err) {
  ml_status status = f->tested.x ? logit__probabilities_of(&f->shape, &f->tested, b, f->out, err)
                                 : logit__probabilities(&f->shape, &f->test, b, f->out, err);
  return status == ML_OK ? f->take(f->ctx, candidate, f->out, NULL, err) : status;
}

static ml_status hand_over(const folding *f, const logit_near *near, size_t candidate,
                           ml_error *err) {
  const logit_near *failed = NULL;
  for (size_t i = 0; i < f->shape.n_problems && !failed; i++)
    if (near[i].status != ML_OK) failed = &near[i];
  if (failed && (failed->status == ML_ERR_MEMORY || failed->status == ML_ERR_CANCELLED)) {
    if (err) *err = failed->error;
    return failed->status;
  }
  if (failed) return f->take(f->ctx, candidate, NULL, &failed->error, err);
  return hand_over_at(f, near->b, candidate, err);
}

/* All candidates in each pass over the rows. */
static ml_status fit_together(const folding *f, const size_t *candidates, size_t n, ml_error *err) {
  size_t n_problems = f->shape.n_problems, size = f->shape.n_logits * f->shape.n_columns;
  size_t n_all = logit__n_all(&f->shape), n_own = 2 * n_all + n_all * size;
  double *memory = malloc(n * n_own * sizeof *memory);
  logit_near *near = calloc(n * n_problems, sizeof *near);
  ml_status status = memory && near ? ML_OK : ml_error_memory(err);
  for (size_t c = 0; c < n && status == ML_OK; c++) {
    double *b = memory + c * n_own, *g = b + n_all, *factors = g + n_all;
    const logit_shared shared = shared_of(f, candidates[c]);
    status = logit__shared_start(&f->shape, &shared, f->n_atoms, f->uses,
                                 params_of(f, candidates[c])[LOGIT_C], b, g, factors, err);
    for (size_t i = 0; i < n_problems; i++) {
      double weight = params_of(f, candidates[c])[LOGIT_C];
      near[c * n_problems + i] = (logit_near){
          .problem = logit__problem(&f->task, &f->shape, i, weight),
          .b = b + i * size,
          .g = g + i * size,
          .factor = factors + i * size * size,
      };
    }
  }
  const logit_limits limits = logit__limits(params_of(f, candidates[0]), f->cv->cancel);
  if (status == ML_OK) status = logit__approach(near, n * n_problems, &limits, err);
  for (size_t c = 0; c < n && status == ML_OK; c++)
    status = hand_over(f, near + c * n_problems, candidates[c], err);
  free(near);
  free(memory);
  return status;
}

/* Candidates whose optimum in this fold is in the shared part are done. @return how many are left
 */
static ml_status take_known(const folding *f, size_t *candidates, size_t *n, ml_error *err) {
  size_t left = 0;
  ml_status status = ML_OK;
  for (size_t c = 0; c < *n && status == ML_OK; c++) {
    const logit_shared shared = shared_of(f, candidates[c]);
    const double *known = shared.optima ? shared.optima + f->fold * (1 + shared.n_all) : NULL;
    if (!known || *known != 1) {
      candidates[left++] = candidates[c];
      continue;
    }
    status = hand_over_at(f, known + 1, candidates[c], err);
  }
  *n = left;
  return status;
}

/* ---- a fold ---------------------------------------------------------------------------------- */

/* Candidates that were shared go to the front. @return how many */
static size_t divide(const folding *f, const size_t *candidates, size_t n, size_t *order) {
  size_t n_shared = 0, n_others = 0;
  for (size_t i = 0; i < n; i++) {
    bool is_there =
        f->shared &&
        *logit__shared_at(f->cv, &f->shape, f->n_atoms, candidates[i], f->shared).is_there == 1;
    if (is_there)
      order[n_shared++] = candidates[i];
    else
      order[n - 1 - n_others++] = candidates[i];
  }
  return n_shared;
}

static ml_status find_atoms(folding *f, ml_error *err) {
  atoms set;
  ml_status status = atoms__find(f->cv->folds, ATOMS_FEW, &set, err);
  f->n_atoms = set.n;
  if (status == ML_OK) atoms__uses(&set, f->fold, f->uses);
  atoms__release(&set);
  return status;
}

/* The shape that shared parts have: that of all classes. */
static ml_status expect_whole(folding *f, size_t candidate, ml_error *err) {
  logit_shape any = {.n_columns = f->test.n_columns, .n_problems = 1, .n_logits = 1};
  const double *centre = logit__shared_at(f->cv, &any, f->n_atoms, candidate, f->shared).centre;
  return logit__shape_whole(params_of(f, candidate), &f->test, centre, &f->shape, err);
}

/* Candidates that were shared, `n` of them. Their point is of no use where a class is missing.
 * @return how many are left */
static ml_status take_shared(folding *f, size_t *candidates, size_t *n, ml_error *err) {
  logit_shape own = {0};
  ml_status status = take_known(f, candidates, n, err);
  if (status != ML_OK || !*n) return status;
  f->train = ml_cv_train(f->cv, f->fold, f->rows);
  status = logit__shape(params_of(f, *candidates), &f->train, f->shape.centre, &own, err);
  bool is_whole = status == ML_OK && own.n_present == own.n_classes;
  logit__shape_release(&own);
  if (!is_whole) return status == ML_ERR_NUMERIC ? ML_OK : status;
  status = logit__task(&f->train, &f->shape, &f->task, err);
  if (status == ML_OK)
    status = logit__rows(&f->test, f->shape.centre, f->shape.has_intercept, &f->tested, err);
  if (status == ML_OK) status = fit_together(f, candidates, *n, err);
  *n = 0;
  return status;
}

ml_status logit__fold(const ml_cv *cv, const void *shared, size_t fold, const size_t *candidates,
                      size_t n, ml_take *take, void *ctx, ml_error *err) {
  size_t *order = calloc(n + 1, sizeof *order), n_shared = 0, n_left = 0;
  folding f = {cv, shared, fold, .test = ml_cv_test(cv, fold), .take = take, .ctx = ctx};
  f.rows = calloc(ml_folds_n_train(cv->folds, fold) + 1, sizeof *f.rows);
  f.out = calloc(f.test.n * f.test.n_classes + 1, sizeof *f.out);
  ml_status status = order && f.rows && f.out ? find_atoms(&f, err) : ml_error_memory(err);
  if (status == ML_OK && f.shared) status = expect_whole(&f, candidates[0], err);
  if (status == ML_OK) n_left = n_shared = divide(&f, candidates, n, order);
  if (n_shared) status = take_shared(&f, order, &n_left, err);
  if (status == ML_OK && n_left + n - n_shared) f.train = ml_cv_train(cv, fold, f.rows);
  for (size_t i = 0; i < n && status == ML_OK; i++)
    if (i < n_left || i >= n_shared) status = fit_alone(&f, order[i], err);
  logit__task_release(&f.task);
  logit__shape_release(&f.shape);
  free(f.tested.x);
  free(f.out);
  free(f.rows);
  free(order);
  return status;
}
