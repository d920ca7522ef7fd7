/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Permutation importance: how much worse rows that were not trained on are predicted when the
 * values of a feature are mixed among them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/exec_internal.h>
#include <ml/prep_takes.h>
#include <ml/rng.h>

#include "run.h"

/* What models ask whether to end. */
typedef struct asking {
  exec_cancel cancel; /* first */
  const ml_watch *watch;
} asking;

static bool asks(const exec_cancel *cancel) {
  return ml_watch_cancelled(((const asking *)(const void *)cancel)->watch);
}

/* A fold that is computed. */
typedef struct importance_fold {
  size_t n_train, n_test, n_columns; /* columns that the model sees */
  const uint32_t *test;
  uint32_t *train;
  ml_prepared *prepared; /* NULL: no steps */
  void *fitted;
  double *x, *y, *weights; /* of the rows that are trained on */
  uint32_t *classes;
  ml_dataset tested;     /* its rows alone */
  double *values, *seen; /* of tested; as the model sees them */
} importance_fold;

typedef struct importance {
  const ml_xval_result *result;
  const ml_xval_opts *opts;
  xval_run run; /* of which the columns and the plan are used */
  ml_xval_result warned;
  asking cancel;
  size_t n; /* tested rows */
  size_t width, *feature, n_features;
  uint32_t *rows; /* tested ones, of all folds */
  uint32_t *from; /* of each feature n: places in rows whose values they get */
  double *out; /* n_features + 1 times n x width: predictions, first those of values as they are */
  ml_error *err;
} importance;

static double *new_numbers(size_t n, size_t m) {
  size_t size;
  if (__builtin_mul_overflow(n, m, &size) || __builtin_mul_overflow(size, sizeof(double), &size))
    return NULL;
  return malloc(size + 1);
}

/* ---- one fold ------------------------------------------------------------------------------- */

static void release_fold(const importance *im, importance_fold *f) {
  if (f->fitted) im->result->model->free(f->fitted);
  ml_prepared_free(f->prepared);
  free(f->train);
  free(f->x);
  free(f->y);
  free(f->weights);
  free(f->classes);
  free(f->values);
  free(f->seen);
}

/* What the model sees of rows of a dataset. @param rows  NULL: its first n */
static ml_status see(const importance *im, const importance_fold *f, const ml_dataset *data,
                     const uint32_t *rows, size_t n, double *out) {
  if (f->prepared) {
    ml_status status = ml_prepared_apply(f->prepared, data, rows, n, out, n, im->err);
    return status == ML_OK ? prep__check_made(f->prepared, im->result->model, out, n, n, im->err)
                           : status;
  }
  const ml_view view = {
      .n = n, .n_columns = data->n_features, .x = data->x, .stride = data->n_rows, .rows = rows};
  ml_view_gather(&view, out, n);
  return ML_OK;
}

static ml_status make_room(const importance *im, importance_fold *f) {
  const ml_dataset *data = &im->run.plan.data;
  f->x = new_numbers(f->n_train, f->n_columns);
  f->y = new_numbers(f->n_train, 1);
  f->weights = new_numbers(f->n_train, 1);
  f->classes = malloc(f->n_train * sizeof *f->classes + 1);
  f->values = new_numbers(f->n_test, data->n_features);
  f->seen = new_numbers(f->n_test, f->n_columns);
  return f->x && f->y && f->weights && f->classes && f->values && f->seen
             ? ML_OK
             : ml_error_memory(im->err);
}

static ml_status fit(const importance *im, size_t fold, importance_fold *f) {
  const ml_xval_result *r = im->result;
  const ml_dataset *data = &im->run.plan.data;
  ml_view rows = ml_dataset_view(data), view = rows;
  rows.rows = f->train;
  rows.n = f->n_train;
  if (im->opts->fit_unweighted) rows.weights = NULL;
  ml_status status = see(im, f, data, f->train, f->n_train, f->x);
  if (status != ML_OK) return status;
  if (rows.y) ml_view_gather_y(&rows, f->y);
  if (rows.classes) ml_view_gather_classes(&rows, f->classes);
  ml_view_gather_weights(&rows, f->weights);
  view = (ml_view){.n = f->n_train,
                   .n_columns = f->n_columns,
                   .x = f->x,
                   .stride = f->n_train,
                   .y = rows.y ? f->y : NULL,
                   .classes = rows.classes ? f->classes : NULL,
                   .n_classes = rows.n_classes,
                   .weights = rows.weights ? f->weights : NULL};
  return r->model->fit(r->candidates[r->best].params, &view, ml_rng_derive(r->seed, fold),
                       &im->cancel.cancel, &f->fitted, im->err);
}

static ml_status open_fold(const importance *im, size_t fold, importance_fold *f) {
  const ml_folds *folds = im->result->folds;
  const ml_dataset *data = &im->run.plan.data;
  ml_status status = ML_OK;
  f->n_train = ml_folds_n_train(folds, fold);
  f->test = ml_folds_test(folds, fold, &f->n_test);
  f->train = malloc(f->n_train * sizeof *f->train + 1);
  if (!f->train) return ml_error_memory(im->err);
  ml_folds_train(folds, fold, f->train);
  f->n_columns = data->n_features;
  if (im->opts->prep && *ml_prep_text(im->opts->prep)) {
    status = ml_prep_fit(im->opts->prep, data, f->train, f->n_train, &f->prepared, im->err);
    if (status != ML_OK) return status;
    f->n_columns = ml_prepared_n_columns(f->prepared);
  }
  status = make_room(im, f);
  if (status == ML_OK) status = fit(im, fold, f);
  if (status != ML_OK) return status;
  const ml_view tested = {.n = f->n_test,
                          .n_columns = data->n_features,
                          .x = data->x,
                          .stride = data->n_rows,
                          .rows = f->test};
  ml_view_gather(&tested, f->values, f->n_test);
  f->tested = *data;
  f->tested.n_rows = f->n_test;
  f->tested.x = f->values;
  return ML_OK;
}

/* @param[out] out  n_test x width */
static ml_status predict(const importance *im, const importance_fold *f, double *out) {
  if (ml_watch_cancelled(im->cancel.watch))
    return ml_error_set(im->err, ML_ERR_CANCELLED, "interrupted");
  ml_status status = see(im, f, &f->tested, NULL, f->n_test, f->seen);
  const ml_view view = {.n = f->n_test,
                        .n_columns = f->n_columns,
                        .x = f->seen,
                        .stride = f->n_test,
                        .n_classes = im->run.plan.data.classes.n};
  return status == ML_OK ? im->result->model->predict(f->fitted, &view, out, im->err) : status;
}

/* Predictions of a fold, with each feature mixed in its turn. @param at  place of its first row */
static ml_status run_fold(const importance *im, const importance_fold *f, size_t at) {
  const ml_dataset *data = &im->run.plan.data;
  const size_t stride = im->n * im->width;
  ml_status status = predict(im, f, im->out + at * im->width);
  for (size_t k = 0; k < im->n_features && status == ML_OK; k++) {
    const double *x = data->x + im->feature[k] * data->n_rows;
    double *column = f->values + im->feature[k] * f->n_test;
    const uint32_t *from = im->from + k * im->n + at;
    for (size_t i = 0; i < f->n_test; i++) column[i] = x[im->rows[from[i]]];
    status = predict(im, f, im->out + (k + 1) * stride + at * im->width);
    for (size_t i = 0; i < f->n_test; i++) column[i] = x[f->test[i]];
  }
  return status;
}

/* ---- all folds of the first repeat ----------------------------------------------------------- */

static ml_status collect_rows(importance *im) {
  const ml_folds *folds = im->result->folds;
  size_t n = 0;
  for (size_t k = 0; k < folds->n; k++)
    n += folds->folds[k].repeat == 0 ? folds->folds[k].test.n : 0;
  im->rows = malloc(n * sizeof *im->rows + 1);
  if (!im->rows) return ml_error_memory(im->err);
  for (size_t k = 0; k < folds->n; k++) {
    size_t n_test;
    if (folds->folds[k].repeat != 0) continue;
    const uint32_t *test = ml_folds_test(folds, k, &n_test);
    if (n_test > 0) memcpy(im->rows + im->n, test, n_test * sizeof *test);
    im->n += n_test;
  }
  return ML_OK;
}

/* Each feature has an order of its own. */
static ml_status draw(importance *im) {
  size_t size;
  if (__builtin_mul_overflow(im->n_features, im->n, &size) ||
      __builtin_mul_overflow(size, sizeof *im->from, &size))
    return ml_error_memory(im->err);
  im->from = malloc(size + 1);
  if (__builtin_mul_overflow(im->n_features + 1, im->n, &size)) return ml_error_memory(im->err);
  im->out = new_numbers(size, im->width);
  if (!im->from || !im->out) return ml_error_memory(im->err);
  for (size_t k = 0; k < im->n_features; k++) {
    uint32_t *from = im->from + k * im->n;
    ml_rng rng = ml_rng_seeded(ml_rng_derive(ml_rng_derive(im->result->seed, 1), im->feature[k]));
    for (size_t i = 0; i < im->n; i++) from[i] = (uint32_t)i;
    ml_rng_shuffle(&rng, from, im->n);
  }
  return ML_OK;
}

static ml_status run_folds(importance *im) {
  const ml_folds *folds = im->result->folds;
  ml_status status = ML_OK;
  size_t at = 0;
  for (size_t k = 0; k < folds->n && status == ML_OK; k++) {
    importance_fold f = {0};
    if (folds->folds[k].repeat != 0) continue;
    status = open_fold(im, k, &f);
    if (status == ML_OK) status = run_fold(im, &f, at);
    at += f.n_test;
    release_fold(im, &f);
  }
  return status;
}

/* How good all predictions together are; NaN: that is undefined. */
static ml_status score(const importance *im, const score_rows *rows, size_t k, double *out) {
  const ml_metric_info *info = im->run.plan.metrics[0].info;
  ml_buf why = {0};
  double value = NAN;
  ml_status status = score__compute(rows, &im->run.plan, im->out + k * im->n * im->width, false,
                                    &value, &why, im->err);
  ml_buf_release(&why);
  *out = isnan(value) ? NAN : ml_metric_goodness(info, value);
  return status;
}

static ml_status compare(importance *im, const size_t *place, double *out) {
  const ml_dataset *data = &im->run.plan.data;
  score_rows rows = {0};
  ml_view view = ml_dataset_view(data);
  double as_is, mixed;
  view.rows = im->rows;
  view.n = im->n;
  ml_status status = score__rows(&rows, &im->run.plan, &view, data->weights, im->err);
  if (status == ML_OK) status = score(im, &rows, 0, &as_is);
  for (size_t k = 0; k < im->n_features && status == ML_OK; k++) {
    status = score(im, &rows, k + 1, &mixed);
    if (status == ML_OK) out[place[im->feature[k]]] = as_is - mixed;
  }
  score__release(&rows);
  return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Columns of texts that no step takes are no features. @param[out] place  of those that are used
 * among those given */
static void find_places(const importance *im, size_t *place) {
  const ml_dataset *given = im->result->data, *used = &im->run.plan.data;
  size_t n = 0;
  for (size_t j = 0; j < given->n_features; j++) {
    char room[32];
    snprintf(room, sizeof room, "x%zu", j);
    const char *name = given->names ? given->names[j] : room;
    bool is_text = given->categories && given->categories[j].n > 0;
    if (used->n_features == given->n_features || !is_text ||
        ml_prep_has(im->opts->prep, "one-hot", name))
      place[n++] = j;
  }
}

static ml_status prepare(importance *im, const bool *wanted, size_t *place) {
  const ml_xval_result *r = im->result;
  xval_plan *plan = &im->run.plan;
  im->run.given = r->data;
  im->run.opts = im->opts;
  im->run.result = &im->warned;
  plan->model = r->model;
  plan->problem = r->problem;
  plan->metrics = r->metrics;
  plan->n_metrics = 1;
  plan->score_unweighted = im->opts->score_unweighted;
  plan->zero_division = im->opts->zero_division;
  ml_status status = columns__use(&im->run, im->err);
  if (status != ML_OK) return status;
  im->width = plan__width(plan);
  find_places(im, place);
  im->feature = calloc(plan->data.n_features + 1, sizeof *im->feature);
  if (!im->feature) return ml_error_memory(im->err);
  for (size_t j = 0; j < plan->data.n_features; j++)
    if (!wanted || wanted[place[j]]) im->feature[im->n_features++] = j;
  return collect_rows(im);
}

static void release(importance *im) {
  free(im->run.x);
  free(im->run.names);
  free(im->run.categories);
  for (size_t i = 0; i < im->warned.n_warnings; i++) free(im->warned.warnings[i]);
  free(im->warned.warnings);
  free(im->feature);
  free(im->rows);
  free(im->from);
  free(im->out);
}

ml_status ml_xv_importance(const ml_xval_result *result, const ml_xval_opts *opts,
                           const bool *wanted, const ml_watch *watch, double *out, ml_error *err) {
  static const ml_xval_opts none;
  importance im = {
      .result = result, .opts = opts ? opts : &none, .cancel = {{asks}, watch}, .err = err};
  size_t n = result->data->n_features;
  if (result->n_outer > 0 || !result->folds || result->n_folds == 0 ||
      result->best >= result->n_candidates)
    return ml_error_set(err, ML_ERR_USAGE, "there is no winner that was tested in folds");
  size_t *place = calloc(n + 1, sizeof *place);
  if (!place) return ml_error_memory(err);
  for (size_t j = 0; j < n; j++) out[j] = NAN;
  ml_status status = prepare(&im, wanted, place);
  if (status == ML_OK && im.n == 0)
    status = ml_error_set(err, ML_ERR_USAGE, "the folds test no rows");
  if (status == ML_OK) status = draw(&im);
  if (status == ML_OK) status = run_folds(&im);
  if (status == ML_OK) status = compare(&im, place, out);
  release(&im);
  free(place);
  return status;
}
