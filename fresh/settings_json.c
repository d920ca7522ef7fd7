/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings from JSON in tsfresh's shape. */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/labels.h>

#include "json_place.h"
#include "names.h"
#include "parameters.h"

/* kind_to_fc_parameters, kind, calculator, set, parameter. */
enum { MAX_STEPS = 5 };

typedef struct reader {
  const char *text, *source;
  size_t n;
  fresh_step steps[MAX_STEPS]; /* where in the document we are */
  size_t n_steps;
  bool is_wrapped; /* the first step is kind_to_fc_parameters or its neighbour */
  ml_fresh_settings *settings;
  ml_error *err;
} reader;

static void enter(reader *r, const char *key, size_t index) {
  r->steps[r->n_steps++] = (fresh_step){key, index};
}

static void leave(reader *r) {
  r->n_steps--;
}

/* ---- mistakes -------------------------------------------------------------------------------- */

/* "temp.quantile[0].q: ". What wraps all features is not worth saying. */
static void put_path(const reader *r, char *path, size_t size) {
  size_t at = 0, first = r->is_wrapped && r->n_steps > 1;
  path[0] = 0;
  for (size_t i = first; i < r->n_steps && at < size; i++) {
    const char *key = r->steps[i].key, *dot = i > first ? "." : "";
    int n = key ? snprintf(path + at, size - at, "%s%.200s", dot, key)
                : snprintf(path + at, size - at, "[%zu]", r->steps[i].index);
    at += (size_t)n;
  }
  if (r->n_steps > 0 && at < size) snprintf(path + at, size - at, ": ");
}

/* @param key  of the object we are in, where the mistake is; NULL: the value we are at */
static ml_status fail_at(const reader *r, const char *key, const char *what) {
  char path[512];
  reader at = *r;
  size_t line = 0, column = 0;
  put_path(r, path, sizeof path);
  if (r->is_wrapped && r->n_steps == 1 && key) path[0] = 0;
  if (key) enter(&at, key, 0);
  fresh__json_place(r->text, r->n, at.steps, at.n_steps, key != NULL, &line, &column);
  return ml_error_at(r->err, ML_ERR_PARSE, r->source, line, column, "%s%s", path, what);
}

static ml_status fail(const reader *r, const char *what) {
  return fail_at(r, NULL, what);
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Bare NaN, Infinity and -Infinity are no JSON, but Python writes them. Before a text is parsed
 * they become strings of as many bytes, filled with a byte that nobody writes, so that every place
 * stays true. */
#define MARK '\x7f'

static const struct {
  const char *word;
  double value;
} bare[] = {{"NaN", NAN}, {"Infinity", INFINITY}, {"-Infinity", -INFINITY}};

static void mark_bare(char *text, size_t n) {
  bool in_string = false;
  char before = ':'; /* the last byte that is no blank */
  for (size_t i = 0; i < n; i++) {
    if (text[i] == '"') in_string = !in_string;
    if (in_string && text[i] == '\\') i++;
    bool is_value = !in_string && (before == ':' || before == '[' || before == ',');
    for (size_t k = 0; is_value && k < sizeof bare / sizeof *bare; k++) {
      size_t length = strlen(bare[k].word);
      if (n - i < length || memcmp(text + i, bare[k].word, length) != 0) continue;
      memset(text + i, MARK, length);
      text[i] = text[i + length - 1] = '"';
      i += length - 1;
      break;
    }
    if (i < n && !strchr(" \t\r\n", text[i])) before = text[i];
  }
}

/* Undo it. */
static bool is_bare(const json_t *json, double *value) {
  const char *text = json_string_value(json);
  size_t n = json_string_length(json);
  if (n == 0 || strspn(text, (char[]){MARK, 0}) != n) return false;
  for (size_t k = 0; k < sizeof bare / sizeof *bare; k++) {
    *value = bare[k].value;
    if (n == strlen(bare[k].word) - 2) return true;
  }
  return false;
}

static fresh_literal scalar(const json_t *json) {
  fresh_literal literal = {.kind = FRESH_LITERAL_OTHER, .v = json_number_value(json)};
  if (json_is_null(json)) literal.kind = FRESH_LITERAL_NONE;
  if (json_is_boolean(json))
    literal = (fresh_literal){.kind = FRESH_LITERAL_BOOL, .v = json_is_true(json)};
  if (json_is_integer(json)) literal.kind = FRESH_LITERAL_INT;
  if (json_is_real(json)) literal.kind = FRESH_LITERAL_REAL;
  if (!json_is_string(json)) return literal;
  literal.kind = is_bare(json, &literal.v) ? FRESH_LITERAL_REAL : FRESH_LITERAL_TEXT;
  literal.text = json_string_value(json);
  literal.n = json_string_length(json);
  return literal;
}

/* JSON has one kind of list: it is a list. */
static bool read_literal(const json_t *json, fresh_literal *out) {
  *out = scalar(json);
  if (!json_is_array(json)) return true;
  out->kind = FRESH_LITERAL_LIST;
  out->n_items = json_array_size(json);
  out->items = calloc(out->n_items + 1, sizeof *out->items);
  if (!out->items) return false;
  for (size_t i = 0; i < out->n_items; i++) out->items[i] = scalar(json_array_get(json, i));
  return true;
}

static ml_status read_value(reader *r, const ml_fresh_param *param, const json_t *json,
                            ml_param_value *out) {
  fresh_literal literal;
  fresh_wrong wrong;
  if (!read_literal(json, &literal)) return ml_error_memory(r->err);
  enter(r, param->name, 0);
  ml_status status = fresh__take_value(param, &literal, r->settings, out, &wrong);
  if (status == ML_ERR_MEMORY) ml_error_memory(r->err);
  if (status == ML_ERR_PARSE) fail(r, wrong.text);
  leave(r);
  fresh__literal_release(&literal);
  return status;
}

/* ---- sets of parameters ---------------------------------------------------------------------- */

static ml_status read_set(reader *r, const fresh_feature *feature, json_t *set,
                          ml_param_value *values) {
  const ml_fresh_feature *info = &feature->info;
  const char *key;
  json_t *json;
  fresh_wrong wrong;
  if (!json_is_object(set)) return fail(r, "expected an object of parameters");
  fresh__begin_set(info, values);
  json_object_foreach(set, key, json) {
    size_t k = fresh__find_param(info, key, strlen(key), &wrong);
    if (k == info->n_params) return fail_at(r, key, wrong.text);
    ml_status status = read_value(r, &info->params[k], json, &values[k]);
    if (status != ML_OK) return status;
  }
  return fresh__end_set(feature, values, &wrong) == ML_OK ? ML_OK : fail(r, wrong.text);
}

/* Keep a set of parameters, unless its column is there already. */
static ml_status keep_set(const reader *r, const ml_param_value *values, fresh_setting *setting,
                          labels *columns) {
  ml_buf name = {0};
  ml_fresh_name(&setting->feature->info, values, &name);
  bool failed = name.failed || labels__put(columns, name.data, name.n) == LABELS_FULL;
  ml_buf_release(&name);
  if (failed) return ml_error_memory(r->err);
  setting->n_args = columns->n;
  return ML_OK;
}

static bool may_be_empty(const ml_fresh_feature *info) {
  for (size_t k = 0; k < info->n_params; k++)
    if (!info->params[k].is_optional && !info->params[k].is_implied) return false;
  return true;
}

static ml_status read_sets(reader *r, const fresh_feature *feature, json_t *sets,
                           fresh_list *list) {
  size_t n = json_array_size(sets), n_params = feature->info.n_params;
  if (!json_is_null(sets) && !json_is_array(sets))
    return fail(r, "expected null or a list of parameters");
  if (n == 0 && n_params > 0) {
    fresh_wrong wrong;
    snprintf(wrong.text, sizeof wrong.text, "needs parameters, as in [{\"%s\": ...}]",
             feature->info.params[0].name);
    return fail(r, may_be_empty(&feature->info) ? "needs parameters, if only [{}]" : wrong.text);
  }
  fresh_setting *setting = fresh__list_add(list, feature, n ? n : 1);
  if (!setting) return ml_error_memory(r->err);
  labels columns = {0};
  ml_status status = ML_OK;
  setting->n_args = n_params ? 0 : 1;
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    ml_param_value *values = n_params ? setting->args + setting->n_args * n_params : NULL;
    enter(r, NULL, i);
    status = read_set(r, feature, json_array_get(sets, i), values);
    leave(r);
    if (status == ML_OK && n_params > 0) status = keep_set(r, values, setting, &columns);
  }
  labels__release(&columns);
  return status;
}

/* ---- the document ---------------------------------------------------------------------------- */

static ml_status read_list(reader *r, json_t *json, fresh_list *list) {
  const char *name;
  json_t *sets;
  json_object_foreach(json, name, sets) {
    const fresh_feature *feature = (const fresh_feature *)ml_fresh_find(name);
    if (!feature) {
      fresh_wrong wrong;
      fresh_hint hint;
      snprintf(wrong.text, sizeof wrong.text, "unknown feature '%.200s'%s", name,
               fresh__feature_hint(name, &hint));
      return fail_at(r, name, wrong.text);
    }
    enter(r, name, 0);
    ml_status status = read_sets(r, feature, sets, list);
    leave(r);
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
    enter(r, kind, 0);
    if (!json_is_object(list)) return fail(r, "expected an object of features");
    if (!(entry->kind = strdup(kind))) return ml_error_memory(r->err);
    settings->n_kinds++;
    ml_status status = read_list(r, list, &entry->list);
    leave(r);
    if (status != ML_OK) return status;
  }
  fresh__sort_kinds(settings);
  return ML_OK;
}

static ml_status read_wrapped(reader *r, json_t *defaults, json_t *kinds) {
  ml_status status = ML_OK;
  r->is_wrapped = true;
  enter(r, "default_fc_parameters", 0);
  if (defaults && !json_is_null(defaults)) {
    if (!json_is_object(defaults)) return fail(r, "expected an object of features");
    status = read_list(r, defaults, &r->settings->defaults);
  }
  leave(r);
  enter(r, "kind_to_fc_parameters", 0);
  if (status != ML_OK || !kinds || json_is_null(kinds)) return status;
  if (!json_is_object(kinds)) return fail(r, "expected an object of kinds");
  return read_kinds(r, kinds, r->settings);
}

static ml_status read_document(reader *r, json_t *root) {
  json_t *defaults = json_object_get(root, "default_fc_parameters");
  json_t *kinds = json_object_get(root, "kind_to_fc_parameters"), *json;
  const char *key;
  if (!json_is_object(root)) return fail(r, "expected an object of features");
  if (!defaults && !kinds) return read_list(r, root, &r->settings->defaults);
  json_object_foreach(root, key, json) {
    if (json == defaults || json == kinds) continue;
    fresh_wrong wrong;
    snprintf(wrong.text, sizeof wrong.text,
             "'%.200s' is not allowed beside default_fc_parameters and kind_to_fc_parameters", key);
    return fail_at(r, key, wrong.text);
  }
  return read_wrapped(r, defaults, kinds);
}

static ml_status parse(reader *r, ml_fresh_settings **out) {
  json_error_t where;
  json_t *root = json_loadb(r->text, r->n, JSON_REJECT_DUPLICATES, &where);
  if (!root) {
    if (!where.text[0]) return ml_error_memory(r->err); /* the parser says nothing then */
    return ml_error_at(r->err, ML_ERR_PARSE, r->source, where.line > 0 ? (size_t)where.line : 0,
                       where.column > 0 ? (size_t)where.column : 0, "not JSON: %s", where.text);
  }
  r->settings = calloc(1, sizeof *r->settings);
  ml_status status = r->settings ? read_document(r, root) : ml_error_memory(r->err);
  json_decref(root);
  if (status == ML_OK)
    *out = r->settings;
  else
    ml_fresh_settings_free(r->settings);
  return status;
}

ml_status ml_fresh_settings_parse(const char *text, size_t n, const char *source,
                                  ml_fresh_settings **out, ml_error *err) {
  static const char mark[] = "\xEF\xBB\xBF"; /* of byte order: some editors begin UTF-8 with it */
  if (n >= 3 && memcmp(text, mark, 3) == 0) text += 3, n -= 3;
  char *copy = malloc(n + 1);
  if (!copy) return ml_error_memory(err);
  if (n > 0) memcpy(copy, text, n);
  mark_bare(copy, n);
  reader r = {.text = copy, .n = n, .source = source, .err = err};
  ml_status status = parse(&r, out);
  free(copy);
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
