/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pipelines: their memory, and what callers may know of them. */
#include "pipeline.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char *const pipeline__sections[] = {"mltool_pipeline", "about", "input", "recipe",
                                          "features",        "prep",  "model", NULL};

const char *const pipeline__missing[] = {
    [ML_MISSING_DEFAULT] = "default",         [ML_MISSING_ERROR] = "error",
    [ML_MISSING_PROPAGATE] = "propagate",     [ML_MISSING_DROP] = "drop",
    [ML_MISSING_INTERPOLATE] = "interpolate", NULL};

ml_pipeline *pipeline__new(void) {
  ml_pipeline *p = calloc(1, sizeof *p);
  if (p && !(p->arena = ml_arena_new())) {
    free(p);
    return NULL;
  }
  return p;
}

void ml_pipeline_free(ml_pipeline *p) {
  if (!p) return;
  if (p->fitted) p->model->free(p->fitted);
  ml_prepared_free(p->prepared);
  ml_fresh_settings_free(p->settings);
  ml_arena_free(p->arena);
  free(p);
}

void *pipeline__alloc(ml_pipeline *p, size_t n, size_t size) {
  size_t bytes;
  return __builtin_mul_overflow(n, size, &bytes) ? NULL : ml_arena_alloc(p->arena, bytes);
}

char *pipeline__text(ml_pipeline *p, const char *text) {
  const size_t n = strlen(text) + 1;
  char *copy = ml_arena_alloc(p->arena, n);
  return copy ? memcpy(copy, text, n) : NULL;
}

size_t pipeline__n_columns(const ml_pipeline *p) {
  return p->prepared ? ml_prepared_n_columns(p->prepared) : p->n_features;
}

const ml_model *ml_pipeline_model(const ml_pipeline *p) {
  return p->model;
}

const double *ml_pipeline_params(const ml_pipeline *p) {
  return p->params;
}

ml_problem ml_pipeline_problem(const ml_pipeline *p) {
  return p->problem;
}

const char *ml_pipeline_target(const ml_pipeline *p) {
  return p->target;
}

const char *const *ml_pipeline_classes(const ml_pipeline *p, size_t *n) {
  *n = p->n_classes;
  return p->classes;
}

const char *const *ml_pipeline_features(const ml_pipeline *p, size_t *n) {
  *n = p->n_features;
  return p->names;
}

const double *ml_pipeline_importance(const ml_pipeline *p, size_t *n) {
  *n = p->importance ? pipeline__n_columns(p) : 0;
  return p->importance;
}

const char *ml_pipeline_importance_is(const ml_pipeline *p) {
  return p->importance_is;
}

const char *const *ml_pipeline_categories(const ml_pipeline *p, size_t j, size_t *n) {
  const pipeline_feature *f = &p->features[j];
  assert(j < p->n_features);
  *n = f->is_text ? f->n_bins : 0;
  return f->is_text ? f->labels : NULL;
}

const char *ml_pipeline_steps(const ml_pipeline *p) {
  return p->steps;
}

const char *ml_pipeline_column(const ml_pipeline *p, size_t j) {
  if (j >= pipeline__n_columns(p)) return NULL;
  return p->prepared ? ml_prepared_name(p->prepared, j) : p->names[j];
}

ml_status ml_pipeline_learnt(const ml_pipeline *p, ml_arena *arena, ml_value *out, ml_error *err) {
  return p->model->save(p->fitted, arena, out, err);
}

const char *ml_pipeline_id(const ml_pipeline *p) {
  return p->is_series ? p->columns.id : p->id;
}

const ml_fresh_settings *ml_pipeline_settings(const ml_pipeline *p) {
  return p->settings;
}

const ml_series_opts *ml_pipeline_columns(const ml_pipeline *p) {
  return &p->columns;
}

const ml_value *ml_pipeline_about(const ml_pipeline *p) {
  return &p->about;
}
