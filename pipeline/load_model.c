/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features, steps and model of a file. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <ml/model_internal.h>

#include "beside.h"
#include "load.h"

/* ---- features ---------------------------------------------------------------------------------
 */

static ml_status load_counts(loading *l, const member_of *m, pipeline_feature *f) {
  const ml_value *list;
  int64_t *counts = pipeline__alloc(l->p, f->n_bins, sizeof *counts);
  if (!counts) return ml_error_memory(l->err);
  f->counts = counts;
  ml_status status = member__list(m, "counts", f->n_bins, &list);
  for (size_t k = 0; k < f->n_bins && status == ML_OK; k++)
    if (!ml_value_as_int(&list->as.l.values[k], &counts[k]) || counts[k] < 0 ||
        counts[k] > UINT32_MAX)
      status = member__fail(m, "counts", "entry %zu is no number of rows", k + 1);
  return status == ML_OK ? member__int(m, "missing", 0, UINT32_MAX, &f->n_missing) : status;
}

/* Infinities are words. */
static bool read_edge(const ml_value *v, double *out) {
  if (v->type != ML_TYPE_STRING) return v->type != ML_TYPE_BOOL && ml_value_as_real(v, out);
  *out = strcmp(v->as.s.text, "inf") == 0 ? INFINITY : -INFINITY;
  return *out > 0 || strcmp(v->as.s.text, "-inf") == 0;
}

static ml_status load_edges(loading *l, const member_of *m, pipeline_feature *f) {
  const ml_value *list;
  ml_status status = member__list(m, "deciles", SIZE_MAX, &list);
  f->n_bins = PIPELINE_BINS;
  if (status != ML_OK || list->as.l.n == 0) return status; /* there was no value */
  status = member__list(m, "deciles", PIPELINE_BINS + 1, &list);
  if (status != ML_OK) return status;
  double *edges = pipeline__alloc(l->p, PIPELINE_BINS + 1, sizeof *edges);
  if (!edges) return ml_error_memory(l->err);
  f->edges = edges;
  for (size_t k = 0; k <= PIPELINE_BINS; k++)
    if (!read_edge(&list->as.l.values[k], &edges[k]) || (k > 0 && edges[k] < edges[k - 1]))
      return member__fail(m, "deciles", "entry %zu is no number, or less than the one before it",
                          k + 1);
  return ML_OK;
}

static ml_status load_labels(loading *l, const member_of *m, pipeline_feature *f) {
  const char **labels;
  ml_status status = member__texts(m, "categories", l->p, 1, &labels, &f->n_bins);
  f->labels = labels;
  return status;
}

static ml_status load_feature(loading *l, const ml_value *value, size_t j) {
  static const char *const types[] = {"number", "text", NULL};
  static const char *const names[][6] = {{"name", "type", "deciles", "counts", "missing", NULL},
                                         {"name", "type", "categories", "counts", "missing", NULL}};
  ml_pipeline *p = l->p;
  pipeline_feature *f = &p->features[j];
  const ml_value *type = ml_value_find(value, "type");
  const char *name;
  char where[32];
  size_t word;
  member_of m;
  f->is_text = type && type->type == ML_TYPE_STRING && strcmp(type->as.s.text, "text") == 0;
  snprintf(where, sizeof where, "features[%zu]", j);
  ml_status status = member__open(&m, l->source, where, value, names[f->is_text], l->err);
  if (status == ML_OK) status = member__word(&m, "type", types, &word);
  if (status == ML_OK) status = member__text(&m, "name", false, &name);
  if (status != ML_OK) return status;
  if (!(f->name = pipeline__text(p, name))) return ml_error_memory(l->err);
  p->names[j] = f->name;
  p->are_texts[j] = f->is_text;
  status = f->is_text ? load_labels(l, &m, f) : load_edges(l, &m, f);
  return status == ML_OK ? load_counts(l, &m, f) : status;
}

ml_status load__features(loading *l) {
  ml_pipeline *p = l->p;
  const ml_value *list;
  ml_status status = member__list(&l->root, "features", SIZE_MAX, &list);
  if (status != ML_OK) return status;
  const size_t n = list->as.l.n;
  if (n == 0) return member__fail(&l->root, "features", "there is none");
  p->features = pipeline__alloc(p, n, sizeof *p->features);
  p->names = pipeline__alloc(p, n, sizeof *p->names);
  p->are_texts = pipeline__alloc(p, n, sizeof *p->are_texts);
  if (!p->features || !p->names || !p->are_texts) return ml_error_memory(l->err);
  p->n_features = n;
  for (size_t j = 0; j < n && status == ML_OK; j++)
    status = load_feature(l, &list->as.l.values[j], j);
  return status == ML_OK ? member__check_distinct(&l->root, "features", p->names, n) : status;
}

/* ---- steps ------------------------------------------------------------------------------------
 */

/* What steps and models say has no place yet. */
static ml_status put_place(const member_of *m, const char *name, ml_status status,
                           const ml_error *why) {
  if (status == ML_OK) return ML_OK;
  if (status == ML_ERR_MEMORY) return ml_error_memory(m->err);
  return member__fail(m, name, "%s", why->message);
}

/* Texts are no numbers until a step makes them such. */
static ml_status check_no_texts(const loading *l) {
  const ml_pipeline *p = l->p;
  for (size_t j = 0; j < p->n_features; j++)
    if (p->are_texts[j])
      return member__fail(&l->root, "prep", "no step takes the texts of feature '%.100s'",
                          p->names[j]);
  return ML_OK;
}

/* To import a module runs its code. */
static ml_status trust_functions(const loading *l) {
  ml_prepared *prepared = l->p->prepared;
  const char *name = ml_prepared_function(prepared);
  ml_error why = {0};
  if (!name) return ML_OK;
  if (!l->trusted)
    return ml_error_at(
        l->err, ML_ERR_USAGE, l->source, 0, 0,
        "its step 'py:%.80s' is a function of Python, and its module runs when it is "
        "imported: --trust does it, if you know who made both",
        name);
  ml_status status = ml_prepared_trust(prepared, &why);
  if (status == ML_ERR_MEMORY) return ml_error_memory(l->err);
  return status == ML_OK ? ML_OK : ml_error_at(l->err, status, l->source, 0, 0, "%s", why.message);
}

ml_status load__steps(loading *l) {
  static const char *const names[] = {"steps", "learnt", NULL};
  ml_pipeline *p = l->p;
  member_of m;
  const char *text;
  ml_prep *prep = NULL;
  ml_error why = {0};
  if (member__is_null(&l->root, "prep")) return check_no_texts(l);
  ml_status status = member__object(&l->root, "prep", names, &m);
  if (status == ML_OK) status = member__text(&m, "steps", false, &text);
  if (status != ML_OK) return status;
  status = put_place(&m, "steps", ml_prep_parse(text, &prep, &why), &why);
  ml_prep_free(prep);
  if (status != ML_OK) return status;
  p->steps = pipeline__text(p, text);
  if (!p->steps || !ml_value_copy(member__value(&m, "learnt"), p->arena, &p->learnt))
    return ml_error_memory(l->err);
  status = ml_prepared_load(&p->learnt, p->n_features, p->are_texts, &p->prepared, &why);
  status = put_place(&m, "learnt", status, &why);
  if (status == ML_OK && ml_prepared_n_columns(p->prepared) == 0)
    status = member__fail(&m, "learnt", "no column is left by the steps");
  return status == ML_OK ? trust_functions(l) : status;
}

/* ---- the model --------------------------------------------------------------------------------
 */

static ml_status fail_untrusted(const loading *l, const char *name) {
  return ml_error_at(l->err, ML_ERR_USAGE, l->source, 0, 0,
                     "its model '%.80s' is in a pickle beside it, and a pickle runs any code that "
                     "was put into it: --trust loads it, if you know who made it",
                     name);
}

/* A name of no model at all is no model that is not there. */
static bool is_known(const char *name) {
  const ml_model *model;
  const char *other;
  for (size_t i = 0; (model = ml_model_at(i)); i++)
    if (strcmp(model->name, name) == 0) return true;
  for (size_t i = 0; (other = ml_model_name_at(i)); i++)
    if (strcmp(other, name) == 0) return true;
  return false;
}

/* Nothing is opened because a file says so, but for the libraries that are known by name. */
static ml_status find_model(loading *l, const member_of *m) {
  const char *name, *file;
  ml_status status = member__text(m, "name", false, &name);
  if (status == ML_OK) status = member__text(m, "file", true, &file);
  if (status != ML_OK) return status;
  const bool is_python = model__is_python(name);
  if (is_python && !l->trusted) return fail_untrusted(l, name);
  if (!file && (is_python || (!strchr(name, '/') && !strstr(name, ".so")))) {
    ml_error why = {0};
    status = ml_model_find(name, NULL, &l->p->model, &why);
    if (status == ML_ERR_MEMORY) return ml_error_memory(l->err);
    if (status != ML_OK && !is_python && !is_known(name))
      return member__fail(m, "name", "%s", why.message);
    return status == ML_OK ? ML_OK
                           : ml_error_at(l->err, status, l->source, 0, 0, "%s", why.message);
  }
  l->p->model = file ? model__find_opened(file, name) : NULL;
  if (l->p->model && l->p->model->traits & ML_MODEL_PICKLES && !l->trusted)
    return fail_untrusted(l, name);
  if (l->p->model) return ML_OK;
  if (!file) return member__fail(m, "name", "'%.80s' is the name of a file", name);
  return ml_error_at(l->err, ML_ERR_USAGE, l->source, 0, 0,
                     "its model '%.80s' is one of '%.80s', which is opened only when you name it "
                     "(--model ./%.80s)",
                     name, file, file);
}

static ml_status load_param(const member_of *params, const ml_model_param *param, double *out) {
  const ml_value *v = member__value(params, param->name);
  ml_error why = {0};
  ml_status status;
  if (v->type == ML_TYPE_STRING)
    status = param->kind == ML_MODEL_BOOL
                 ? ml_error_set(&why, ML_ERR_PARSE, "expected true or false")
                 : ml_model_param_parse(param, v->as.s.text, out, &why);
  else if ((v->type == ML_TYPE_BOOL) != (param->kind == ML_MODEL_BOOL) ||
           param->kind == ML_MODEL_CHOICE || !ml_value_as_real(v, out))
    status = ml_error_set(&why, ML_ERR_PARSE, "it is no value of this parameter");
  else
    status = ml_model_param_check(param, *out, &why);
  return put_place(params, param->name, status, &why);
}

static ml_status load_params(loading *l, const member_of *m) {
  ml_pipeline *p = l->p;
  const ml_model *model = p->model;
  member_of params;
  const char **names = pipeline__alloc(p, model->n_params + 1, sizeof *names);
  p->params = pipeline__alloc(p, model->n_params, sizeof *p->params);
  if (!names || !p->params) return ml_error_memory(l->err);
  for (size_t i = 0; i < model->n_params; i++) names[i] = model->params[i].name;
  ml_status status = member__object(m, "params", names, &params);
  for (size_t i = 0; i < model->n_params && status == ML_OK; i++)
    status = load_param(&params, &model->params[i], &p->params[i]);
  return status;
}

static ml_status load_target(loading *l, const member_of *m) {
  static const char *const problems[] = {"classification", "regression", NULL};
  ml_pipeline *p = l->p;
  const char *text;
  size_t word = 0;
  ml_error why = {0};
  ml_problem unused;
  ml_status status = member__word(m, "problem", problems, &word);
  p->problem = word ? ML_REGRESSION : ML_CLASSIFICATION;
  if (status == ML_OK)
    status = put_place(m, "problem",
                       ml_model_problem(p->model, p->problem, p->problem, &unused, &why), &why);
  if (status == ML_OK) status = member__text(m, "target", false, &text);
  if (status != ML_OK) return status;
  if (!(p->target = pipeline__text(p, text))) return ml_error_memory(l->err);
  const size_t least = p->problem == ML_CLASSIFICATION;
  status = member__texts(m, "classes", p, least, &p->classes, &p->n_classes);
  if (status == ML_OK && p->problem == ML_REGRESSION && p->n_classes > 0)
    status = member__fail(m, "classes", "a regression has none");
  return status;
}

static ml_status load_fitted(loading *l, const member_of *m) {
  ml_pipeline *p = l->p;
  const bool has_pickle = p->model->traits & ML_MODEL_PICKLES;
  const ml_value *saved = member__value(m, "learnt");
  ml_value with_pickle = ml_value_null();
  ml_buf bytes = {0};
  ml_error why = {0};
  ml_status status = has_pickle ? beside__read(m, l->trusted, &with_pickle, &bytes) : ML_OK;
  if (status == ML_OK) {
    status = p->model->load(p->params, has_pickle ? &with_pickle : saved, pipeline__n_columns(p),
                            p->n_classes, &p->fitted, &why);
    if (status != ML_OK) p->fitted = NULL;
    status = put_place(m, "learnt", status, &why);
  }
  beside__release(&with_pickle, &bytes);
  return status;
}

ml_status load__model(loading *l) {
  static const char *const names[] = {"name",    "file",   "problem", "target",
                                      "classes", "params", "learnt",  NULL};
  member_of m;
  ml_status status = member__object(&l->root, "model", names, &m);
  if (status == ML_OK) status = find_model(l, &m);
  if (status == ML_OK && !l->p->model->load)
    status = ml_error_at(l->err, ML_ERR_USAGE, l->source, 0, 0, "model '%s' cannot be loaded",
                         l->p->model->name);
  if (status == ML_OK) status = load_target(l, &m);
  if (status == ML_OK) status = load_params(l, &m);
  return status == ML_OK ? load_fitted(l, &m) : status;
}
