/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The functions of the module fresh: features of one series, and their names. */
#include "functions.h"

#include <stdlib.h>
#include <string.h>

#include "plan.h"

/* What is to be computed of one series. */
typedef struct features {
  ml_fresh_settings *settings;
  fresh_plan plan;
  const char **names; /* plan.n_columns, in the arena */
} features;

static void release(features *f) {
  fresh__plan_release(&f->plan);
  ml_fresh_settings_free(f->settings);
}

/* @param params  NULL or null: everything; a name; an object in tsfresh's shape */
static ml_status read_settings(const ml_value *params, ml_arena *arena, ml_fresh_settings **out,
                               ml_error *err) {
  ml_buf json = {0};
  if (!params || params->type == ML_TYPE_NULL)
    return ml_fresh_settings_named("comprehensive", out, err);
  if (params->type == ML_TYPE_STRING) return ml_fresh_settings_named(params->as.s.text, out, err);
  if (params->type != ML_TYPE_DICT)
    return ml_error_set(err, ML_ERR_USAGE, "'params' must be a name or an object of features");
  ml_status status = fresh__params_json(params, arena, &json, err);
  if (status == ML_OK) status = ml_fresh_settings_parse(json.data, json.n, "params", out, err);
  if (status == ML_ERR_PARSE && err) err->line = err->column = 0; /* nobody sees that text */
  ml_buf_release(&json);
  return status;
}

/* Column names without the kind that there is none of. */
static ml_status name_columns(features *f, ml_arena *arena, ml_error *err) {
  size_t i = 0;
  ml_buf name = {0};
  f->names = ml_arena_alloc(arena, f->plan.n_columns * sizeof *f->names);
  bool failed = f->names == NULL;
  for (size_t g = 0; g < f->plan.n_groups && !failed; g++) {
    const fresh_setting *setting = f->plan.groups[g].setting;
    for (size_t k = 0; k < setting->n_args && !failed; k++) {
      const ml_param_value *values =
          setting->args ? setting->args + k * setting->feature->info.n_params : NULL;
      ml_buf_clear(&name);
      ml_fresh_name(&setting->feature->info, values, &name);
      char *copy = name.failed ? NULL : ml_arena_alloc(arena, name.n + 1);
      failed = copy == NULL;
      if (copy) f->names[i++] = memcpy(copy, name.data, name.n);
    }
  }
  ml_buf_release(&name);
  return failed ? ml_error_memory(err) : ML_OK;
}

static ml_status prepare(const ml_value *params, ml_compat compat, ml_arena *arena, features *f,
                         ml_error *err) {
  ml_status status = read_settings(params, arena, &f->settings, err);
  if (status == ML_OK) ml_fresh_settings_set_compat(f->settings, compat);
  if (status == ML_OK)
    status = fresh__plan_init(&f->plan, fresh__list_of(f->settings, ""), f->settings->is_modern,
                              false, err);
  if (status == ML_OK) f->plan.is_by_name = f->settings->order.n > 0;
  if (status == ML_OK) status = name_columns(f, arena, err);
  return status;
}

/* ---- fresh.features -------------------------------------------------------------------------- */

typedef struct argument {
  const ml_value *x, *params; /* params: NULL when there are none */
  ml_compat compat;
} argument;

static ml_status read_compat(const ml_value *value, ml_compat *out, ml_error *err) {
  static const char *const names[] = {
      [ML_COMPAT_REFERENCE] = "reference", [ML_COMPAT_MODERN] = "modern"};
  *out = ML_COMPAT_REFERENCE;
  if (!value) return ML_OK;
  for (size_t i = 0; value->type == ML_TYPE_STRING && i < sizeof names / sizeof *names; i++) {
    *out = (ml_compat)i;
    if (strcmp(value->as.s.text, names[i]) == 0) return ML_OK;
  }
  return ml_error_set(err, ML_ERR_USAGE, "'compat' must be \"reference\" or \"modern\"");
}

/* {"x": [...], "params": ..., "compat": "modern"}, or x alone. */
static ml_status read_argument(const ml_value *arg, argument *out, ml_error *err) {
  *out = (argument){.x = arg, .compat = ML_COMPAT_REFERENCE};
  if (arg->type != ML_TYPE_DICT) return ML_OK;
  const ml_value *compat = ml_value_find(arg, "compat");
  out->x = ml_value_find(arg, "x");
  out->params = ml_value_find(arg, "params");
  if (!out->x) return ml_error_set(err, ML_ERR_USAGE, "'x' is missing");
  if (arg->as.l.n > 1u + (out->params != NULL) + (compat != NULL))
    return ml_error_set(err, ML_ERR_USAGE, "takes 'x', 'params' and 'compat' only");
  return read_compat(compat, &out->compat, err);
}

static ml_status compute(const features *f, const double *x, size_t n, ml_arena *arena,
                         ml_value *out, ml_error *err) {
  size_t n_columns = f->plan.n_columns;
  ml_value *values = ml_value_new_dict(arena, f->names, n_columns, out);
  double *row = values ? ml_arena_alloc(arena, n_columns * sizeof *row) : NULL;
  if (!row) return ml_error_memory(err);
  fresh_scratch scratch = {0};
  ml_status status = fresh__plan_run(&f->plan, &(fresh_input){.x = x, .n = n}, &scratch, row, err);
  fresh__scratch_release(&scratch);
  for (size_t i = 0; i < n_columns && status == ML_OK; i++) values[i] = ml_value_real(row[i]);
  return status;
}

ml_status fresh__call_features(ml_call *call, const ml_value *arg, ml_value *out, ml_error *err) {
  features f = {0};
  argument given;
  size_t n;
  ml_status status = read_argument(arg, &given, err);
  if (status != ML_OK) return status;
  const double *x = ml_value_as_reals(given.x, call->arena, &n, err);
  if (!x) return ML_ERR_USAGE;
  status = prepare(given.params, given.compat, call->arena, &f, err);
  if (status == ML_OK) status = compute(&f, x, n, call->arena, out, err);
  release(&f);
  return status;
}

/* ---- fresh.names ----------------------------------------------------------------------------- */

ml_status fresh__call_names(ml_call *call, const ml_value *params, ml_value *out, ml_error *err) {
  features f = {0};
  ml_status status = prepare(params, ML_COMPAT_REFERENCE, call->arena, &f, err);
  if (status == ML_OK) {
    ml_value *names = ml_value_new_list(call->arena, f.plan.n_columns, out);
    if (!names) status = ml_error_memory(err);
    for (size_t i = 0; names && i < f.plan.n_columns; i++) names[i] = ml_value_string(f.names[i]);
  }
  release(&f);
  return status;
}
