/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pipeline as JSON: members in one order, a line each. docs/pipelines.md has the schema. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include <ml/literal.h>
#include <ml/model_internal.h>
#include <ml/output.h>

#include "beside.h"

/* While it is written. */
typedef struct saving {
  const ml_pipeline *p;
  ml_arena *arena;
  ml_buf *out;
  const char *path; /* NULL: there is no file */
  beside *pickle;
  ml_error *err;
} saving;

static ml_value text_value(const char *text) {
  return text ? ml_value_string(text) : ml_value_null();
}

static ml_status put(const saving *s, const ml_value *value) {
  return ml_value_to_json(value, s->out, s->err);
}

/* An object of the arena. */
static ml_value *make(const saving *s, const char *const *names, size_t n, ml_value *out) {
  ml_value *values = ml_value_new_dict(s->arena, names, n, out);
  if (!values) ml_error_memory(s->err);
  return values;
}

static ml_status make_texts(const saving *s, const char *const *texts, size_t n, ml_value *out) {
  ml_value *values = ml_value_new_list(s->arena, n, out);
  if (!values) return ml_error_memory(s->err);
  for (size_t i = 0; i < n; i++) values[i] = ml_value_string(texts[i]);
  return ML_OK;
}

/* ---- input ------------------------------------------------------------------------------------
 */

static ml_status make_window(const saving *s, const ml_window *window, ml_value *out) {
  static const char *const names[] = {"rows", "span", "min_rows", "stride", "stride_span"};
  ml_value *values = make(s, names, 5, out);
  if (!values) return ML_ERR_MEMORY;
  values[0] = ml_value_int((int64_t)window->rows);
  values[1] = ml_value_int(window->span);
  values[2] = ml_value_int((int64_t)window->min_rows);
  values[3] = ml_value_int((int64_t)window->stride);
  values[4] = ml_value_int(window->stride_span);
  return ML_OK;
}

static ml_status put_input(const saving *s) {
  static const char *const names[] = {"kind", "id"};
  static const char *const series_names[] = {"kind",  "id",      "sort",     "kind_column",
                                             "value", "missing", "infinite", "window"};
  const ml_pipeline *p = s->p;
  const ml_series_opts *o = &p->columns;
  ml_value input,
      *values = p->is_series ? make(s, series_names, 8, &input) : make(s, names, 2, &input);
  if (!values) return ML_ERR_MEMORY;
  values[0] = ml_value_string(p->is_series ? "series" : "table");
  values[1] = text_value(p->is_series ? o->id : p->id);
  if (!p->is_series) return put(s, &input);
  values[2] = text_value(o->sort);
  values[3] = text_value(o->kind);
  values[4] = text_value(o->value);
  values[5] = ml_value_string(pipeline__missing[o->missing]);
  values[6] = ml_value_string(pipeline__missing[o->infinite]);
  ml_status status = o->window ? make_window(s, o->window, &values[7]) : ML_OK;
  return status == ML_OK ? put(s, &input) : status;
}

/* ---- features ---------------------------------------------------------------------------------
 */

static ml_status put_feature(const saving *s, const pipeline_feature *f) {
  static const char *const number_names[] = {"name", "type", "deciles", "counts", "missing"};
  static const char *const text_names[] = {"name", "type", "categories", "counts", "missing"};
  ml_value feature, *values = make(s, f->is_text ? text_names : number_names, 5, &feature);
  ml_status status = ML_OK;
  if (!values) return ML_ERR_MEMORY;
  values[0] = ml_value_string(f->name);
  values[1] = ml_value_string(f->is_text ? "text" : "number");
  if (f->is_text)
    status = make_texts(s, f->labels, f->n_bins, &values[2]);
  else
    values[2] = ml_value_vector(ML_DTYPE_F64, f->edges, f->edges ? PIPELINE_BINS + 1 : 0);
  values[3] = ml_value_vector(ML_DTYPE_I64, f->counts, f->n_bins);
  values[4] = ml_value_int(f->n_missing);
  return status == ML_OK ? put(s, &feature) : status;
}

static ml_status put_features(const saving *s) {
  ml_status status = ML_OK;
  ml_buf_puts(s->out, "[");
  for (size_t j = 0; j < s->p->n_features && status == ML_OK; j++) {
    ml_buf_puts(s->out, j ? ",\n" : "\n");
    status = put_feature(s, &s->p->features[j]);
  }
  ml_buf_puts(s->out, "\n]");
  return status;
}

/* ---- steps and model --------------------------------------------------------------------------
 */

static ml_status put_prep(const saving *s) {
  static const char *const names[] = {"steps", "learnt"};
  ml_value prep, *values;
  if (!s->p->prepared) {
    ml_buf_puts(s->out, "null");
    return ML_OK;
  }
  if (!(values = make(s, names, 2, &prep))) return ML_ERR_MEMORY;
  values[0] = ml_value_string(s->p->steps);
  values[1] = s->p->learnt;
  return put(s, &prep);
}

/* As it would be typed where that is no number. */
static ml_status make_param(const saving *s, const ml_model_param *param, double value,
                            ml_value *out) {
  ml_buf text = {0};
  *out = param->kind == ML_MODEL_BOOL ? ml_value_bool(value != 0) : ml_value_real(value);
  if (param->kind == ML_MODEL_BOOL) return ML_OK;
  ml_model_param_format(param, value, &text);
  const char first = text.n ? text.data[0] : 0;
  /* A word: of a choice, or none. */
  const bool is_word = param->kind == ML_MODEL_CHOICE ||
                       (param->kind == ML_MODEL_LITERAL && literal__is(value)) ||
                       !(first == '-' || (first >= '0' && first <= '9'));
  char *copy = ml_arena_alloc(s->arena, text.n + 1);
  if (copy && text.n) memcpy(copy, text.data, text.n);
  const bool failed = !copy || text.failed;
  ml_buf_release(&text);
  if (failed) return ml_error_memory(s->err);
  if (is_word) *out = ml_value_string(copy);
  return ML_OK;
}

static ml_status make_params(const saving *s, ml_value *out) {
  const ml_model *model = s->p->model;
  const char **names = ml_arena_alloc(s->arena, model->n_params * sizeof *names);
  ml_value *values = names ? make(s, names, model->n_params, out) : NULL;
  ml_status status = values ? ML_OK : ml_error_memory(s->err);
  for (size_t i = 0; i < model->n_params && status == ML_OK; i++) {
    names[i] = model->params[i].name;
    status = make_param(s, &model->params[i], s->p->params[i], &values[i]);
  }
  return status;
}

/* The name of its shared object; null: it is found by its own. */
static ml_status make_file(const saving *s, ml_value *out) {
  const ml_model *model = s->p->model, *named;
  const unsigned char *digest;
  const ml_status status = ml_model_find(model->name, NULL, &named, NULL);
  *out = ml_value_null();
  if (status == ML_ERR_MEMORY) return ml_error_memory(s->err);
  if (status == ML_OK && named == model) return ML_OK;
  const char *path = model__file(model, &digest), *slash = path ? strrchr(path, '/') : NULL;
  *out = text_value(slash ? slash + 1 : path);
  return ML_OK;
}

static ml_status put_model(const saving *s) {
  static const char *const names[] = {"name",    "file",   "problem", "target",
                                      "classes", "params", "learnt"};
  const ml_pipeline *p = s->p;
  ml_value model, *values = make(s, names, 7, &model);
  if (!values) return ML_ERR_MEMORY;
  values[0] = ml_value_string(p->model->name);
  values[2] = ml_value_string(p->problem == ML_REGRESSION ? "regression" : "classification");
  values[3] = ml_value_string(p->target);
  ml_status status = make_file(s, &values[1]);
  if (status == ML_OK) status = make_texts(s, p->classes, p->n_classes, &values[4]);
  if (status == ML_OK) status = make_params(s, &values[5]);
  if (status == ML_OK) status = p->model->save(p->fitted, s->arena, &values[6], s->err);
  if (status == ML_OK && p->model->traits & ML_MODEL_PICKLES)
    status = beside__take(s->path, s->arena, &values[6], s->pickle, s->err);
  return status == ML_OK ? put(s, &model) : status;
}

/* ---- the whole --------------------------------------------------------------------------------
 */

static ml_status put_schema(const saving *s) {
  ml_buf_printf(s->out, "%d", PIPELINE_SCHEMA);
  return ML_OK;
}

static ml_status put_about(const saving *s) {
  return put(s, &s->p->about);
}

static ml_status put_recipe(const saving *s) {
  return recipe__put(s->p, s->out, s->err);
}

static ml_status put_all(const saving *s) {
  static ml_status (*const putters[])(const saving *) = {
      put_schema, put_about, put_input, put_recipe, put_features, put_prep, put_model};
  ml_status status = ML_OK;
  for (size_t k = 0; pipeline__sections[k] && status == ML_OK; k++) {
    ml_buf_printf(s->out, "%s\"%s\": ", k ? ",\n" : "{\n", pipeline__sections[k]);
    status = putters[k](s);
  }
  ml_buf_puts(s->out, "\n}\n");
  return status == ML_OK && s->out->failed ? ml_error_memory(s->err) : status;
}

ml_status ml_pipeline_json(const ml_pipeline *pipeline, ml_buf *out, ml_error *err) {
  assert(pipeline && out);
  beside pickle = {0};
  const saving s = {
      .p = pipeline, .arena = ml_arena_new(), .out = out, .pickle = &pickle, .err = err};
  ml_status status = s.arena ? put_all(&s) : ml_error_memory(err);
  ml_arena_free(s.arena);
  return status;
}

static ml_status write_json(const char *path, const ml_buf *text, ml_error *err) {
  ml_output *file;
  ml_status status = ml_output_open(path, &file, err);
  if (status != ML_OK) return status;
  status = ml_output_write(file, text->data, text->n, err);
  if (status == ML_OK) return ml_output_commit(file, err);
  ml_output_abort(file);
  return status;
}

ml_status ml_pipeline_json_at(const ml_pipeline *pipeline, const char *path, ml_buf *out,
                              ml_error *err) {
  assert(pipeline && path && out);
  beside pickle = {0};
  const saving s = {.p = pipeline,
                    .arena = ml_arena_new(),
                    .out = out,
                    .path = path,
                    .pickle = &pickle,
                    .err = err};
  ml_status status = s.arena ? put_all(&s) : ml_error_memory(err);
  if (status == ML_OK && pickle.name) status = beside__write(&pickle, err);
  ml_arena_free(s.arena);
  return status;
}

ml_status ml_pipeline_save(const ml_pipeline *pipeline, const char *path, ml_error *err) {
  ml_buf text = {0};
  ml_status status = ml_pipeline_json_at(pipeline, path, &text, err);
  if (status == ML_OK) status = write_json(path, &text, err);
  ml_pipeline_tidy(path);
  ml_buf_release(&text);
  return status;
}
