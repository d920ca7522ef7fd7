/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps that learn from the rows which a fold trains on; the model sees what they make of them. The
 * last fold is kept, for the groups of candidates come one behind another. */
#include <stdlib.h>
#include <string.h>

#include <ml/prep_takes.h>

#include "task.h"

void prepared__release(prepared *p) {
  free(p->x);
  free(p->y);
  free(p->weights);
  free(p->classes);
  free(p->rows);
  free(p->shared);
  *p = (prepared){0};
}

/* Values of the target and weights, in the order of the rows. */
static void gather(prepared *p, const ml_view *all, const double *weights, size_t n) {
  const ml_view view = {
      .n = n, .rows = p->rows, .y = all->y, .classes = all->classes, .weights = weights};
  if (all->y) ml_view_gather_y(&view, p->y);
  if (all->classes) ml_view_gather_classes(&view, p->classes);
  ml_view_gather_weights(&view, p->weights);
}

static ml_status make_room(prepared *p, size_t n, size_t n_columns, ml_error *err) {
  size_t bytes;
  if (__builtin_mul_overflow(n, n_columns, &bytes) ||
      __builtin_mul_overflow(bytes, sizeof *p->x, &bytes))
    return ml_error_memory(err);
  p->x = malloc(bytes + 1);
  p->y = malloc((n + 1) * sizeof *p->y);
  p->weights = malloc((n + 1) * sizeof *p->weights);
  p->classes = malloc((n + 1) * sizeof *p->classes);
  return p->x && p->y && p->weights && p->classes ? ML_OK : ml_error_memory(err);
}

/* One fold, of which the rows are those of the buffer. */
static void make_cv(prepared *p, const ml_cv *from, size_t fold, size_t n_train, size_t n_test) {
  size_t n = n_train + n_test;
  for (size_t i = 0; i < n; i++) p->rows[i] = (uint32_t)i;
  p->one = (ml_fold){.train = {{0, n_train}}, .test = {n_train, n_test}};
  p->folds = (ml_folds){
      .n_rows = n, .n = 1, .n_repeats = 1, .folds = &p->one, .rows = p->rows, .n_listed = n};
  p->cv = *from;
  p->cv.folds = &p->folds;
  p->cv.seed = plan__seed_of_one(from->seed, fold);
  p->cv.all = (ml_view){.n = n,
                        .n_columns = p->n_columns,
                        .x = p->x,
                        .stride = n,
                        .y = from->all.y ? p->y : NULL,
                        .classes = from->all.classes ? p->classes : NULL,
                        .n_classes = from->all.n_classes,
                        .weights = from->all.weights ? p->weights : NULL};
}

static ml_status share(prepared *p, const ml_model *model, ml_error *err) {
  size_t n_parts = 0, part_bytes = 0, stride, size;
  if (!model->share) return ML_OK;
  ml_status status = model->share_size(&p->cv, &n_parts, &part_bytes, err);
  if (status != ML_OK || n_parts == 0) return status;
  if (__builtin_add_overflow(part_bytes, 63, &stride)) return ml_error_memory(err);
  stride = stride / 64 * 64;
  if (__builtin_mul_overflow(stride, n_parts, &size)) return ml_error_memory(err);
  p->shared = aligned_alloc(64, size ? size : 64);
  if (!p->shared) return ml_error_memory(err);
  memset(p->shared, 0, size);
  for (size_t i = 0; i < n_parts && status == ML_OK; i++)
    status = model->share(&p->cv, i, p->shared + i * stride, err);
  return status;
}

/* Rows that are tested by themselves: a function that looks at other rows does not see them when it
 * is called for those that are trained on. */
static ml_status apply(prepared *p, const xval_plan *plan, const ml_prepared *steps, size_t n_train,
                       size_t n_test, ml_error *err) {
  const size_t n = n_train + n_test;
  ml_status status = ml_prepared_apply(steps, &plan->data, p->rows, n_train, p->x, n, err);
  if (status == ML_OK)
    status =
        ml_prepared_apply(steps, &plan->data, p->rows + n_train, n_test, p->x + n_train, n, err);
  return status == ML_OK ? prep__check_made(steps, plan->model, p->x, n, n, err) : status;
}

static ml_status learn(prepared *p, const xval_plan *plan, const ml_cv *cv, size_t fold,
                       ml_prepared **steps, ml_error *err) {
  size_t n_train = ml_folds_n_train(cv->folds, fold), n_test;
  const uint32_t *test = ml_folds_test(cv->folds, fold, &n_test);
  size_t n = n_train + n_test;
  p->rows = calloc(n + 1, sizeof *p->rows);
  if (!p->rows) return ml_error_memory(err);
  ml_folds_train(cv->folds, fold, p->rows);
  if (n_test) memcpy(p->rows + n_train, test, n_test * sizeof *test);
  ml_status status = ml_prep_fit(plan->prep, &plan->data, p->rows, n_train, steps, err);
  if (status != ML_OK) return status;
  p->is_irrelevant = ml_prepared_warning(*steps) != NULL;
  p->n_columns = ml_prepared_n_columns(*steps);
  if (p->n_columns == 0 && !(plan->model->traits & ML_MODEL_FEATURELESS))
    return ml_error_set(err, ML_ERR_NUMERIC, "no column is left by the steps");
  status = make_room(p, n, p->n_columns, err);
  if (status != ML_OK) return status;
  gather(p, &cv->all, plan->data.weights, n);
  status = apply(p, plan, *steps, n_train, n_test, err);
  if (status != ML_OK) return status;
  make_cv(p, cv, fold, n_train, n_test);
  return share(p, plan->model, err);
}

/* What a step says is kept: all groups of the fold have it. */
static void prepare(fold_run *run) {
  xval_state *s = run->s;
  prepared *p = &s->prepared;
  ml_prepared *steps = NULL;
  const ml_cv cv = plan__cv(&s->plan, run->scene, run->cancel);
  prepared__release(p);
  p->scene = run->scene;
  p->fold = run->fold;
  p->is_there = true;
  ml_status status = learn(p, &s->plan, &cv, run->fold, &steps, &p->error);
  if (status != ML_OK && p->error.status == ML_OK) p->error.status = status;
  ml_prepared_free(steps);
}

/* What the model has to say of the columns that it gets now. */
static void check(fold_run *run, const prepared *p) {
  xval_state *s = run->s;
  const ml_model *model = s->plan.model;
  size_t n = 0;
  for (size_t i = 0; i < run->n; i++) {
    ml_error error = {0};
    ml_status status = ML_OK;
    fold_slot *slot = &s->slots[i];
    if (model->check)
      status =
          model->check(p->cv.candidates + slot->candidate * model->n_params, &p->cv.all, &error);
    if (error.status == ML_OK) error.status = status;
    if (status == ML_OK)
      s->candidates[n++] = slot->candidate;
    else
      task__fail(run, slot, &error);
  }
  run->n_asked = n;
}

ml_status prepared__run(fold_run *run, ml_error *err) {
  prepared *p = &run->s->prepared;
  if (!p->is_there || p->scene != run->scene || p->fold != run->fold) prepare(run);
  if (ml_item_cancelled(run->cancel)) {
    p->is_there = false;
    return ML_OK;
  }
  if (p->error.status == ML_ERR_MEMORY) {
    if (err) *err = p->error;
    p->is_there = false;
    return ML_ERR_MEMORY;
  }
  if (p->error.status != ML_OK) {
    task__fail_all(run, &p->error);
    return ML_OK;
  }
  check(run, p);
  if (run->n_asked == 0) return ML_OK;
  ml_cv cv = p->cv;
  cv.cancel = run->cancel;
  run->cv_fold = 0;
  run->weights = run->s->plan.data.weights ? p->weights : NULL; /* a median of weights is another */
  return task__run_cv(run, &cv, p->shared, err);
}
