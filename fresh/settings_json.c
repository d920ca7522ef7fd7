/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings from JSON in tsfresh's shape. */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/labels.h>
#include <ml/number.h>

#include "names.h"
#include "settings.h"

/* Where in the document we are, for messages: "quantile[0].q". */
typedef struct reader {
  const char *source;
  const char *kind; /* NULL outside kind_to_fc_parameters */
  const ml_fresh_feature *info;
  size_t set; /* SIZE_MAX outside a set of parameters */
  ml_error *err;
} reader;

ML_PRINTF(3, 4) static ml_status fail(const reader *r, const char *param, const char *format, ...) {
  char what[256], set[32] = "";
  va_list args;
  va_start(args, format);
  vsnprintf(what, sizeof what, format, args);
  va_end(args);
  if (r->set != SIZE_MAX) snprintf(set, sizeof set, "[%zu]", r->set);
  const char *kind = r->kind ? r->kind : "", *calculator = r->info ? r->info->name : "";
  return ml_error_at(r->err, ML_ERR_PARSE, r->source, 0, 0, "%s%s%s%s%s%s%s%s", kind,
                     r->kind && r->info ? "." : "", calculator, set, param ? "." : "",
                     param ? param : "", r->kind || r->info ? ": " : "", what);
}

static ml_status unknown_param(const reader *r, const char *name) {
  fresh_hint text;
  ml_nearest nearest = ml_nearest_to(name);
  for (size_t k = 0; k < r->info->n_params; k++)
    ml_nearest_try(&nearest, r->info->params[k].name, strlen(r->info->params[k].name));
  if (r->info->n_params == 0) return fail(r, NULL, "takes no parameters, found '%s'", name);
  return fail(r, NULL, "unknown parameter '%s'%s", name, fresh__hint(&nearest, &text));
}

static ml_status read_choice(const reader *r, const ml_fresh_param *param, const json_t *json,
                             double *index) {
  if (!json_is_string(json))
    return fail(r, param->name, "expected one of %s as a string", param->choices);
  const char *wanted = json_string_value(json), *choice;
  ml_nearest nearest = ml_nearest_to(wanted);
  fresh_hint text;
  size_t n;
  for (size_t i = 0; (choice = fresh__choice(param->choices, i, &n)); i++) {
    *index = (double)i;
    if (n == strlen(wanted) && memcmp(choice, wanted, n) == 0) return ML_OK;
    ml_nearest_try(&nearest, choice, n);
  }
  if (nearest.name)
    return fail(r, param->name, "unknown '%s'%s", wanted, fresh__hint(&nearest, &text));
  return fail(r, param->name, "unknown '%s'; expected one of %s", wanted, param->choices);
}

/* Beyond this not every integer is a double. */
#define EXACT_INTEGERS (1LL << 53)

static ml_status read_number(const reader *r, const ml_fresh_param *param, const json_t *json,
                             ml_param_value *out) {
  if (!json_is_number(json)) return fail(r, param->name, "expected a number");
  json_int_t integer = json_integer_value(json);
  out->form = json_is_integer(json) ? ML_FORM_INT : ML_FORM_REAL;
  out->v = json_number_value(json);
  if (out->form == ML_FORM_INT && (integer > EXACT_INTEGERS || integer < -EXACT_INTEGERS))
    return fail(r, param->name, "%" JSON_INTEGER_FORMAT " is too large for an integer", integer);
  char value[ML_NUMBER_MAX], lo[ML_NUMBER_MAX], hi[ML_NUMBER_MAX];
  ml_number_format(out->v, value);
  ml_number_format(param->lo, lo);
  ml_number_format(param->hi, hi);
  if (param->kind == ML_PARAM_INT && out->v != floor(out->v))
    return fail(r, param->name, "expected an integer, found %s", value);
  if (!(out->v >= param->lo && out->v <= param->hi))
    return fail(r, param->name, "%s is not between %s and %s", value, lo, hi);
  return ML_OK;
}

static ml_status read_value(const reader *r, const ml_fresh_param *param, const json_t *json,
                            ml_param_value *out) {
  *out = (ml_param_value){.v = json_number_value(json), .form = ML_FORM_CHOICE};
  if (param->kind == ML_PARAM_ENUM) return read_choice(r, param, json, &out->v);
  if (param->kind != ML_PARAM_BOOL) return read_number(r, param, json, out);
  if (json_is_boolean(json))
    *out = (ml_param_value){.v = json_is_true(json), .form = ML_FORM_BOOL};
  else if (json_is_integer(json) && out->v >= 0 && out->v <= 1)
    out->form = ML_FORM_INT; /* as Python takes them: the column says 1 */
  else
    return fail(r, param->name, "expected true or false");
  return ML_OK;
}

static ml_status read_set(const reader *r, const fresh_feature *feature, json_t *set,
                          ml_param_value *values) {
  const char *key;
  json_t *json;
  if (!json_is_object(set)) return fail(r, NULL, "expected an object of parameters");
  for (size_t k = 0; k < r->info->n_params; k++) {
    const ml_fresh_param *param = &r->info->params[k];
    if (!(json = json_object_get(set, param->name)))
      return fail(r, NULL, "parameter '%s' is missing", param->name);
    ml_status status = read_value(r, param, json, &values[k]);
    if (status != ML_OK) return status;
  }
  json_object_foreach(set, key, json) {
    size_t k = 0;
    while (k < r->info->n_params && strcmp(key, r->info->params[k].name) != 0) k++;
    if (k == r->info->n_params) return unknown_param(r, key);
  }
  const char *wrong = feature->check ? feature->check(values) : NULL;
  return wrong ? fail(r, NULL, "%s", wrong) : ML_OK;
}

/* Keep a set of parameters, unless its column is there already. */
static ml_status keep_set(const reader *r, const ml_param_value *values, fresh_setting *setting,
                          labels *columns) {
  ml_buf name = {0};
  ml_fresh_name(r->info, values, &name);
  bool failed = name.failed || labels__put(columns, name.data, name.n) == LABELS_FULL;
  ml_buf_release(&name);
  if (failed) return ml_error_memory(r->err);
  setting->n_args = columns->n;
  return ML_OK;
}

static ml_status read_sets(reader *r, const fresh_feature *feature, json_t *sets,
                           fresh_list *list) {
  size_t n = json_array_size(sets), n_params = feature->info.n_params;
  if (!json_is_null(sets) && !json_is_array(sets))
    return fail(r, NULL, "expected null or a list of parameters");
  if (n == 0 && n_params > 0)
    return fail(r, NULL, "needs parameters, as in [{\"%s\": ...}]", r->info->params[0].name);
  fresh_setting *setting = fresh__list_add(list, feature, n ? n : 1);
  if (!setting) return ml_error_memory(r->err);
  labels columns = {0};
  ml_status status = ML_OK;
  setting->n_args = n_params ? 0 : 1;
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    ml_param_value *values = n_params ? setting->args + setting->n_args * n_params : NULL;
    r->set = i;
    status = read_set(r, feature, json_array_get(sets, i), values);
    if (status == ML_OK && n_params > 0) status = keep_set(r, values, setting, &columns);
  }
  labels__release(&columns);
  return status;
}

static ml_status read_list(reader *r, json_t *json, fresh_list *list) {
  const char *name;
  json_t *sets;
  json_object_foreach(json, name, sets) {
    const fresh_feature *feature = (const fresh_feature *)ml_fresh_find(name);
    if (!feature) {
      fresh_hint hint;
      r->info = NULL;
      r->set = SIZE_MAX;
      return fail(r, NULL, "unknown feature '%s'%s", name, fresh__feature_hint(name, &hint));
    }
    r->info = &feature->info;
    r->set = SIZE_MAX;
    ml_status status = read_sets(r, feature, sets, list);
    if (status != ML_OK) return status;
  }
  return ML_OK;
}

static ml_status read_kinds(reader *r, json_t *json, ml_fresh_settings *settings) {
  const char *kind;
  json_t *list;
  settings->kinds = calloc(json_object_size(json) + 1, sizeof *settings->kinds);
  if (!settings->kinds) return ml_error_memory(r->err);
  json_object_foreach(json, kind, list) {
    fresh_kind_list *entry = &settings->kinds[settings->n_kinds];
    if (!json_is_object(list)) return fail(r, NULL, "%s: expected an object of features", kind);
    if (!(entry->kind = strdup(kind))) return ml_error_memory(r->err);
    settings->n_kinds++;
    r->kind = kind;
    ml_status status = read_list(r, list, &entry->list);
    if (status != ML_OK) return status;
  }
  fresh__sort_kinds(settings);
  return ML_OK;
}

static ml_status read_document(reader *r, json_t *root, ml_fresh_settings *settings) {
  json_t *defaults = json_object_get(root, "default_fc_parameters");
  json_t *kinds = json_object_get(root, "kind_to_fc_parameters"), *json;
  const char *key;
  if (!json_is_object(root)) return fail(r, NULL, "expected an object of features");
  if (!defaults && !kinds) return read_list(r, root, &settings->defaults);
  json_object_foreach(root, key, json) if (json != defaults && json != kinds) return fail(
      r, NULL, "'%s' is not allowed beside default_fc_parameters and kind_to_fc_parameters", key);
  if (defaults && !json_is_null(defaults)) {
    if (!json_is_object(defaults))
      return fail(r, NULL, "default_fc_parameters: expected an object of features");
    ml_status status = read_list(r, defaults, &settings->defaults);
    if (status != ML_OK) return status;
  }
  r->info = NULL;
  r->set = SIZE_MAX;
  if (!kinds || json_is_null(kinds)) return ML_OK;
  if (!json_is_object(kinds))
    return fail(r, NULL, "kind_to_fc_parameters: expected an object of kinds");
  return read_kinds(r, kinds, settings);
}

ml_status ml_fresh_settings_parse(const char *text, size_t n, const char *source,
                                  ml_fresh_settings **out, ml_error *err) {
  json_error_t where;
  static const char mark[] = "\xEF\xBB\xBF"; /* of byte order: some editors begin UTF-8 with it */
  if (n >= 3 && memcmp(text, mark, 3) == 0) text += 3, n -= 3;
  json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &where);
  if (!root) {
    if (!where.text[0]) return ml_error_memory(err); /* the parser says nothing then */
    return ml_error_at(err, ML_ERR_PARSE, source, where.line > 0 ? (size_t)where.line : 0,
                       where.column > 0 ? (size_t)where.column : 0, "not JSON: %s", where.text);
  }
  ml_fresh_settings *settings = calloc(1, sizeof *settings);
  reader r = {.source = source, .set = SIZE_MAX, .err = err};
  ml_status status = settings ? read_document(&r, root, settings) : ml_error_memory(err);
  json_decref(root);
  if (status == ML_OK)
    *out = settings;
  else
    ml_fresh_settings_free(settings);
  return status;
}

/* Settings are small: what is larger than this is some other file. */
#define SETTINGS_MAX ((size_t)64 << 20)

ml_status ml_fresh_settings_read(const char *path, ml_fresh_settings **out, ml_error *err) {
  FILE *file = fopen(path, "rbe");
  if (!file) return ml_error_at(err, ML_ERR_IO, path, 0, 0, "cannot open: %s", strerror(errno));
  ml_buf text = {0};
  ml_status status = ML_OK;
  while (status == ML_OK && !feof(file)) {
    char *at = ml_buf_reserve(&text, 1 << 16);
    if (!at)
      status = ml_error_memory(err);
    else
      text.n += fread(at, 1, 1 << 16, file);
    if (ferror(file))
      status = ml_error_at(err, ML_ERR_IO, path, 0, 0, "cannot read: %s", strerror(errno));
    else if (text.n > SETTINGS_MAX)
      status = ml_error_at(err, ML_ERR_PARSE, path, 0, 0, "too large for settings");
  }
  fclose(file);
  if (status == ML_OK)
    status = ml_fresh_settings_parse(text.data ? text.data : "", text.n, path, out, err);
  ml_buf_release(&text);
  return status;
}
