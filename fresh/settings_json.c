/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings from JSON: tsfresh's shape. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "settings_reader.h"

/* ---- sets of parameters ---------------------------------------------------------------------- */

static ml_status read_set(fresh_reader *r, const fresh_feature *feature, json_t *set,
                          ml_param_value *values) {
  const ml_fresh_feature *info = &feature->info;
  const char *key;
  json_t *json;
  fresh_wrong wrong;
  if (!json_is_object(set)) return fresh__fail(r, "expected an object of parameters");
  fresh__begin_set(info, values);
  json_object_foreach(set, key, json) {
    size_t k = fresh__find_param(info, key, strlen(key), &wrong);
    if (k == info->n_params) return fresh__fail_at(r, key, wrong.text);
    fresh__enter(r, info->params[k].name, 0);
    ml_status status = fresh__read_value(r, &info->params[k], json, &values[k]);
    fresh__leave(r);
    if (status != ML_OK) return status;
  }
  return fresh__end_set(feature, values, &wrong) == ML_OK ? ML_OK : fresh__fail(r, wrong.text);
}

static bool may_be_empty(const ml_fresh_feature *info) {
  for (size_t k = 0; k < info->n_params; k++)
    if (!info->params[k].is_optional && !info->params[k].is_implied) return false;
  return true;
}

static ml_status read_sets(fresh_reader *r, const fresh_feature *feature, json_t *sets,
                           fresh_list *list) {
  size_t n = json_array_size(sets), n_params = feature->info.n_params;
  if (!json_is_null(sets) && !json_is_array(sets))
    return fresh__fail(r, "expected null or a list of parameters");
  if (n == 0 && n_params > 0) {
    fresh_wrong wrong;
    snprintf(wrong.text, sizeof wrong.text, "needs parameters, as in [{\"%s\": ...}]",
             feature->info.params[0].name);
    return fresh__fail(
        r, may_be_empty(&feature->info) ? "needs parameters, if only [{}]" : wrong.text);
  }
  fresh_setting *setting = fresh__list_add(list, feature, 1);
  if (!setting) return ml_error_memory(r->err);
  labels columns = {0};
  ml_status status = ML_OK;
  setting->n_args = n_params ? 0 : 1;
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    ml_param_value values[ML_FRESH_MAX_PARAMS];
    fresh__enter(r, NULL, i);
    status = read_set(r, feature, json_array_get(sets, i), values);
    fresh__leave(r);
    if (status == ML_OK && n_params > 0) status = fresh__keep_set(r, values, setting, &columns);
  }
  labels__release(&columns);
  return status;
}

/* ---- the document ---------------------------------------------------------------------------- */

static ml_status read_list(fresh_reader *r, json_t *json, fresh_list *list) {
  const char *name;
  json_t *sets;
  if (fresh__is_kx_shape(json)) return fresh__read_kx(r, json, list);
  json_object_foreach(json, name, sets) {
    const fresh_feature *feature = (const fresh_feature *)ml_fresh_find(name);
    if (!feature) {
      fresh_wrong wrong;
      fresh_hint hint;
      snprintf(wrong.text, sizeof wrong.text, "unknown feature '%.200s'%s", name,
               fresh__feature_hint(name, &hint));
      return fresh__fail_at(r, name, wrong.text);
    }
    fresh__enter(r, name, 0);
    ml_status status = read_sets(r, feature, sets, list);
    fresh__leave(r);
    if (status != ML_OK) return status;
  }
  return ML_OK;
}

ml_status fresh__read_kinds(fresh_reader *r, json_t *json) {
  ml_fresh_settings *settings = r->settings;
  const char *kind;
  json_t *list;
  if (!json_is_object(json)) return fresh__fail(r, "expected an object of kinds");
  settings->kinds = calloc(json_object_size(json) + 1, sizeof *settings->kinds);
  if (!settings->kinds) return ml_error_memory(r->err);
  json_object_foreach(json, kind, list) {
    fresh_kind_list *entry = &settings->kinds[settings->n_kinds];
    fresh__enter(r, kind, 0);
    if (!json_is_object(list)) return fresh__fail(r, "expected an object of features");
    if (!(entry->kind = strdup(kind))) return ml_error_memory(r->err);
    settings->n_kinds++;
    ml_status status = read_list(r, list, &entry->list);
    fresh__leave(r);
    if (status != ML_OK) return status;
  }
  fresh__sort_kinds(settings);
  return ML_OK;
}

static ml_status read_wrapped(fresh_reader *r, json_t *defaults, json_t *kinds) {
  ml_status status = ML_OK;
  r->is_wrapped = true;
  fresh__enter(r, "default_fc_parameters", 0);
  if (defaults && !json_is_null(defaults)) {
    if (!json_is_object(defaults)) return fresh__fail(r, "expected an object of features");
    status = read_list(r, defaults, &r->settings->defaults);
  }
  fresh__leave(r);
  fresh__enter(r, "kind_to_fc_parameters", 0);
  if (status != ML_OK || !kinds || json_is_null(kinds)) return status;
  return fresh__read_kinds(r, kinds);
}

static ml_status read_document(fresh_reader *r, json_t *root) {
  json_t *defaults = json_object_get(root, "default_fc_parameters");
  json_t *kinds = json_object_get(root, "kind_to_fc_parameters"), *json;
  const char *key;
  if (!json_is_object(root)) return fresh__fail(r, "expected an object of features");
  if (fresh__is_recipe(root)) return fresh__read_recipe(r, root);
  if (!defaults && !kinds) return read_list(r, root, &r->settings->defaults);
  json_object_foreach(root, key, json) {
    if (json == defaults || json == kinds) continue;
    fresh_wrong wrong;
    snprintf(wrong.text, sizeof wrong.text,
             "'%.200s' is not allowed beside default_fc_parameters and kind_to_fc_parameters", key);
    return fresh__fail_at(r, key, wrong.text);
  }
  return read_wrapped(r, defaults, kinds);
}

static ml_status parse(fresh_reader *r, ml_fresh_settings **out) {
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
  fresh__mark_bare(copy, n);
  fresh_reader r = {.text = copy, .n = n, .source = source, .err = err};
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
