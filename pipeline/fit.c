/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fitting: steps and model learn from all rows, and what they need of the features is kept. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/exec_internal.h>
#include <ml/model_internal.h>
#include <ml/prep_takes.h>
#include <ml/utf8.h>

#include "pipeline.h"

/* What is there while it is fitted. */
typedef struct fitting {
  const ml_pipeline_opts *opts;
  ml_dataset data; /* without the columns of texts that no step takes */
  size_t *place;   /* of its columns among those given */
  double *x;       /* NULL: all of the columns given */
  char **names;
  ml_levels *categories;
  ml_prepared *whole; /* steps, of all columns of data; NULL: none */
  double *prepared;   /* what the steps make */
  ml_view view;       /* what the model sees */
  bool *used;         /* columns of data that are needed */
  double *spare;
  ml_pipeline *p;
  ml_error *err;
} fitting;

/* ---- the columns ------------------------------------------------------------------------------
 */

static const char *name_of(const ml_dataset *data, size_t j, char room[32]) {
  if (data->names) return data->names[j];
  snprintf(room, 32, "x%zu", j);
  return room;
}

static bool is_text(const ml_dataset *data, size_t j) {
  return data->categories && data->categories[j].n > 0;
}

static ml_status make_room(fitting *f, size_t n, size_t n_columns) {
  size_t size;
  if (__builtin_mul_overflow(n, n_columns, &size) ||
      __builtin_mul_overflow(size, sizeof(double), &size))
    return ml_error_memory(f->err);
  f->x = malloc(size + 1);
  f->names = calloc(n_columns + 1, sizeof *f->names);
  f->categories = calloc(n_columns + 1, sizeof *f->categories);
  return f->x && f->names && f->categories ? ML_OK : ml_error_memory(f->err);
}

static ml_status leave_texts(fitting *f, const ml_dataset *given, size_t n_kept) {
  const size_t n = given->n_rows;
  ml_status status = make_room(f, n, n_kept);
  if (status != ML_OK) return status;
  for (size_t k = 0; k < n_kept; k++) {
    const size_t j = f->place[k];
    if (n > 0) memcpy(f->x + k * n, given->x + j * n, n * sizeof *f->x);
    if (given->names) f->names[k] = given->names[j];
    f->categories[k] = given->categories[j];
  }
  f->data.x = f->x;
  f->data.n_features = n_kept;
  f->data.names = given->names ? f->names : NULL;
  f->data.categories = f->categories;
  return ML_OK;
}

/* As in cross-validation: texts that no step takes are no features. */
static ml_status choose_columns(fitting *f, const ml_dataset *given) {
  size_t n = 0;
  f->data = *given;
  f->place = calloc(given->n_features + 1, sizeof *f->place);
  if (!f->place) return ml_error_memory(f->err);
  for (size_t j = 0; j < given->n_features; j++) {
    char room[32];
    if (!is_text(given, j) || ml_prep_has(f->opts->prep, "one-hot", name_of(given, j, room)))
      f->place[n++] = j;
  }
  if (n == 0)
    return ml_error_set(f->err, ML_ERR_USAGE,
                        given->n_features ? "every feature is text: --prep one-hot takes them"
                                          : "there is no feature");
  return n < given->n_features ? leave_texts(f, given, n) : ML_OK;
}

/* ---- what is asked ----------------------------------------------------------------------------
 */

static ml_status check_model(const fitting *f, const ml_dataset *given) {
  const ml_model *model = f->opts->model;
  ml_problem unused;
  if (given->problem == ML_PROBLEM_AUTO)
    return ml_error_set(f->err, ML_ERR_USAGE, "a model learns from data with a target");
  if (given->n_rows == 0 || given->n_rows > UINT32_MAX)
    return ml_error_set(f->err, ML_ERR_USAGE, "a model cannot learn from %zu rows", given->n_rows);
  if (!model->save || !model->load)
    return ml_error_set(f->err, ML_ERR_USAGE, "model '%s' cannot be saved", model->name);
  if (given->weights && !f->opts->fit_unweighted && !(model->traits & ML_MODEL_WEIGHTS))
    return ml_error_set(f->err, ML_ERR_USAGE, "model '%s' does not know weights of rows",
                        model->name);
  return ml_model_problem(model, given->problem, given->problem, &unused, f->err);
}

static ml_status take_params(fitting *f) {
  const ml_model *model = f->opts->model;
  ml_pipeline *p = f->p;
  ml_status status = ML_OK;
  p->params = pipeline__alloc(p, model->n_params, sizeof *p->params);
  if (!p->params) return ml_error_memory(f->err);
  ml_model_defaults(model, p->params);
  for (size_t i = 0; f->opts->params && i < model->n_params && status == ML_OK; i++) {
    p->params[i] = f->opts->params[i];
    status = ml_model_param_check(&model->params[i], p->params[i], f->err);
  }
  return status;
}

/* JSON is UTF-8: another name would not be the same when it is read again. */
static ml_status check_text(const char *text, ml_error *err) {
  if (utf8__is_text(text, strlen(text))) return ML_OK;
  return ml_error_set(err, ML_ERR_PARSE, "'%.100s' is not UTF-8, and cannot be kept in a file",
                      text);
}

/* ---- the model --------------------------------------------------------------------------------
 */

/* What models ask whether to end. */
typedef struct asking {
  exec_cancel cancel; /* first */
  const ml_watch *watch;
} asking;

static bool asks(const exec_cancel *cancel) {
  return ml_watch_cancelled(((const asking *)(const void *)cancel)->watch);
}

static ml_status apply_steps(fitting *f) {
  ml_view *view = &f->view;
  const ml_dataset *data = &f->data;
  size_t size;
  ml_status status = ml_prep_check(f->opts->prep, data, f->err);
  if (status == ML_OK) status = ml_prep_fit(f->opts->prep, data, NULL, 0, &f->whole, f->err);
  if (status != ML_OK) return status;
  if (ml_prepared_warning(f->whole))
    return ml_error_at(f->err, ML_ERR_NUMERIC, data->source, 0, 0, "%s",
                       ml_prepared_warning(f->whole));
  view->n_columns = ml_prepared_n_columns(f->whole);
  if (view->n_columns == 0)
    return ml_error_set(f->err, ML_ERR_NUMERIC, "no column is left by the steps");
  if (__builtin_mul_overflow(data->n_rows, view->n_columns, &size) ||
      __builtin_mul_overflow(size, sizeof *f->prepared, &size))
    return ml_error_memory(f->err);
  view->x = f->prepared = malloc(size + 1);
  if (!f->prepared) return ml_error_memory(f->err);
  ml_prepared_uses(f->whole, f->used);
  status = ml_prepared_apply(f->whole, data, NULL, data->n_rows, f->prepared, data->n_rows, f->err);
  return status == ML_OK ? prep__check_made(f->whole, f->opts->model, f->prepared, data->n_rows,
                                            data->n_rows, f->err)
                         : status;
}

static bool has_steps(const ml_prep *prep) {
  return prep && *ml_prep_text(prep);
}

static ml_status fit_model(fitting *f) {
  const ml_model *model = f->opts->model;
  ml_pipeline *p = f->p;
  const asking cancel = {{asks}, f->opts->watch};
  ml_view *view = &f->view;
  *view = ml_dataset_view(&f->data);
  if (f->opts->fit_unweighted) view->weights = NULL;
  memset(f->used, true, f->data.n_features * sizeof *f->used);
  ml_status status = prep__check_values(f->opts->prep, model, &f->data, f->err);
  if (status == ML_OK && has_steps(f->opts->prep)) status = apply_steps(f);
  if (status == ML_OK && model->check) status = model->check(p->params, view, f->err);
  if (status == ML_OK && ml_watch_cancelled(f->opts->watch))
    status = ml_error_set(f->err, ML_ERR_CANCELLED, "interrupted");
  if (status == ML_OK)
    status = model->fit(p->params, view, f->opts->seed, &cancel.cancel, &p->fitted, f->err);
  return status == ML_OK ? importance__ask(p, view, f->err) : status;
}

/* ---- what is kept -----------------------------------------------------------------------------
 */

static ml_status take_features(fitting *f) {
  ml_pipeline *p = f->p;
  const ml_dataset *data = &f->data;
  size_t n = 0;
  for (size_t j = 0; j < data->n_features; j++) n += f->used[j];
  p->features = pipeline__alloc(p, n, sizeof *p->features);
  p->names = pipeline__alloc(p, n, sizeof *p->names);
  p->are_texts = pipeline__alloc(p, n, sizeof *p->are_texts);
  f->spare = reallocarray(NULL, data->n_rows, 2 * sizeof *f->spare);
  if (!p->features || !p->names || !p->are_texts || !f->spare) return ml_error_memory(f->err);
  ml_status status = ML_OK;
  for (size_t j = 0; j < data->n_features && status == ML_OK; j++) {
    char room[32];
    pipeline_feature *feature = &p->features[p->n_features];
    if (!f->used[j]) continue;
    status = check_text(name_of(data, j, room), f->err);
    if (status != ML_OK) return status;
    if (!(feature->name = pipeline__text(p, name_of(data, j, room))))
      return ml_error_memory(f->err);
    status = feature__learn(p, data, j, f->spare, feature, f->err);
    p->names[p->n_features] = feature->name;
    p->are_texts[p->n_features++] = feature->is_text;
  }
  return status;
}

/* The steps as a file gives them back: with the features that are needed alone. */
static ml_status take_steps(fitting *f) {
  ml_pipeline *p = f->p;
  ml_value saved;
  ml_buf json = {0};
  size_t n = 0, *place = calloc(f->data.n_features + 1, sizeof *place);
  for (size_t j = 0; place && j < f->data.n_features; j++) {
    place[j] = f->used[j] ? n : SIZE_MAX;
    n += f->used[j];
  }
  p->steps = pipeline__text(p, ml_prep_text(f->opts->prep));
  ml_status status = place && p->steps ? ML_OK : ml_error_memory(f->err);
  if (status == ML_OK) status = ml_prepared_save(f->whole, place, p->arena, &saved, f->err);
  if (status == ML_OK) status = ml_value_to_json(&saved, &json, f->err);
  if (status == ML_OK)
    status = ml_value_from_json(json.data, json.n, NULL, p->arena, &p->learnt, f->err);
  if (status == ML_OK)
    status = ml_prepared_load(&p->learnt, p->n_features, p->are_texts, &p->prepared, f->err);
  if (status == ML_OK) status = ml_prepared_trust(p->prepared, f->err); /* they have run here */
  ml_buf_release(&json);
  free(place);
  return status;
}

static ml_status take_target(fitting *f) {
  ml_pipeline *p = f->p;
  const ml_dataset *data = &f->data;
  p->problem = data->problem;
  if (!(p->target = pipeline__text(p, data->target ? data->target : "y")))
    return ml_error_memory(f->err);
  ml_status status = check_text(p->target, f->err);
  if (status != ML_OK || p->problem != ML_CLASSIFICATION) return status;
  p->n_classes = data->classes.n;
  p->classes = pipeline__alloc(p, p->n_classes, sizeof *p->classes);
  if (!p->classes) return ml_error_memory(f->err);
  for (size_t k = 0; k < p->n_classes && status == ML_OK; k++) {
    if (!(p->classes[k] = pipeline__text(p, data->classes.labels[k])))
      return ml_error_memory(f->err);
    status = check_text(p->classes[k], f->err);
  }
  return status;
}

/* What replaced values at once when features were extracted does so again. */
static ml_status take_recipe(fitting *f) {
  ml_pipeline *p = f->p;
  size_t n = 0, at = 0;
  const ml_impute_range *ranges =
      f->opts->settings ? ml_fresh_settings_ranges(f->opts->settings, &n) : NULL;
  ml_impute_range *some = calloc(p->n_features + 1, sizeof *some);
  if (!some) return ml_error_memory(f->err);
  for (size_t k = 0; ranges && k < f->data.n_features; k++)
    if (f->used[k] && f->place[k] < n) some[at++] = ranges[f->place[k]];
  ml_status status =
      recipe__of_set(p, f->opts, ranges && at == p->n_features ? some : NULL, f->err);
  free(some);
  return status;
}

static ml_status take_input(fitting *f) {
  ml_pipeline *p = f->p;
  p->is_series = f->opts->set != NULL;
  if (!p->is_series) {
    if (f->data.ids && !(p->id = pipeline__text(p, f->data.id ? f->data.id : "id")))
      return ml_error_memory(f->err);
    return ML_OK;
  }
  ml_status status = take_recipe(f);
  return status == ML_OK ? input__of_set(p, f->opts->set, f->opts->columns, f->err) : status;
}

/* ---- the whole --------------------------------------------------------------------------------
 */

static ml_status fit(fitting *f, const ml_dataset *given) {
  ml_pipeline *p = f->p;
  p->model = f->opts->model;
  ml_status status = check_model(f, given);
  if (status == ML_OK) status = take_params(f);
  if (status == ML_OK) status = choose_columns(f, given);
  if (status != ML_OK) return status;
  f->used = calloc(f->data.n_features + 1, sizeof *f->used);
  if (!f->used) return ml_error_memory(f->err);
  status = take_target(f);
  if (status == ML_OK) status = fit_model(f);
  if (status == ML_OK) status = take_features(f);
  if (status == ML_OK && f->whole) status = take_steps(f);
  if (status == ML_OK) status = take_input(f);
  return status == ML_OK ? about__make(p, given, f->opts, f->err) : status;
}

ml_status ml_pipeline_fit(const ml_dataset *data, const ml_pipeline_opts *opts, ml_pipeline **out,
                          ml_error *err) {
  assert(data && opts && opts->model && out);
  fitting f = {.opts = opts, .p = pipeline__new(), .err = err};
  ml_status status = f.p ? fit(&f, data) : ml_error_memory(err);
  ml_prepared_free(f.whole);
  free(f.place);
  free(f.x);
  free(f.names);
  free(f.categories);
  free(f.prepared);
  free(f.used);
  free(f.spare);
  if (status == ML_OK)
    *out = f.p;
  else
    ml_pipeline_free(f.p);
  return status;
}
