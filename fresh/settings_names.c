/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings from names of columns: what would give exactly these. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/utf8.h>

#include "kx_names.h"
#include "names.h"
#include "parameters.h"

typedef struct reader {
  const char *source;
  ml_fresh_settings *settings;
  labels kinds; /* by code: the index in settings->kinds, until they are sorted */
  fresh_kx_names kx;
  ml_error *err;
} reader;

/* A name that is taken apart. */
typedef struct column {
  const char *name;
  size_t n_kind; /* bytes of the kind */
  const fresh_feature *feature;
  ml_param_value values[ML_FRESH_MAX_PARAMS];
} column;

/* ---- one name -------------------------------------------------------------------------------- */

/* The next `__` that is not inside quotes, or the end. */
static const char *part_end(const char *at) {
  bool is_quoted = false;
  for (; *at; at++) {
    if (*at == '"') is_quoted = !is_quoted;
    if (!is_quoted && at[0] == '_' && at[1] == '_') break;
  }
  return at;
}

/* Where the value of `chunk_len_5` or `attr_"intercept_stderr"` starts; NULL: there is none. */
static const char *value_start(const char *part, const char *end) {
  for (const char *at = part; at + 1 < end; at++)
    if (at[0] == '_' && at[1] == '"') return at + 1;
  for (const char *at = end; at > part; at--)
    if (at[-1] == '_') return at;
  return NULL;
}

static ml_status take_part(const reader *r, column *c, const char *part, const char *end,
                           fresh_wrong *wrong) {
  const ml_fresh_feature *info = &c->feature->info;
  const char *value = value_start(part, end);
  if (!value) return fresh__refuse(wrong, "'%.*s' has no value", (int)(end - part), part);
  size_t k = fresh__find_param(info, part, (size_t)(value - part) - 1, wrong);
  if (k == info->n_params) return ML_ERR_PARSE;
  const ml_fresh_param *param = &info->params[k];
  if (c->values[k].form != ML_FORM_ABSENT)
    return fresh__refuse(wrong, "parameter '%s' is there twice", param->name);
  fresh_literal literal;
  ml_status status = fresh__literal_parse(value, (size_t)(end - value), &literal);
  if (status == ML_OK) {
    fresh_wrong why;
    status = fresh__take_value(param, &literal, r->settings, &c->values[k], &why);
    if (status == ML_ERR_PARSE) fresh__refuse(wrong, "%s: %.300s", param->name, why.text);
  } else if (status == ML_ERR_PARSE) {
    fresh__refuse(wrong, "%s: '%.*s' is no value", param->name, (int)(end - value), value);
  }
  fresh__literal_release(&literal);
  return status;
}

static ml_status take_parts(const reader *r, column *c, const char *at, fresh_wrong *wrong) {
  fresh__begin_set(&c->feature->info, c->values);
  while (*at) {
    const char *part = at + 2, *end = part_end(part);
    ml_status status = take_part(r, c, part, end, wrong);
    if (status != ML_OK) return status;
    at = end;
  }
  return fresh__end_set(c->feature, c->values, wrong);
}

static const fresh_feature *find_feature(const char *name, const char *end) {
  char text[128];
  size_t n = (size_t)(end - name);
  if (n >= sizeof text) return NULL;
  memcpy(text, name, n);
  text[n] = 0;
  return (const fresh_feature *)ml_fresh_find(text);
}

static ml_status fail(const reader *r, const column *c, const char *why) {
  return ml_error_at(r->err, ML_ERR_PARSE, r->source, 0, 0, "column '%.160s': %s", c->name, why);
}

static ml_status fail_feature(const reader *r, const column *c, const char *feature,
                              const char *hint) {
  fresh_wrong wrong;
  fresh__refuse(&wrong, "unknown feature '%.128s'%s", feature, hint);
  return fail(r, c, wrong.text);
}

/* No calculator of the catalogue is in the name: what stands behind the kind, if there is a kind,
 * must be meant. */
static ml_status fail_unknown(const reader *r, const column *c) {
  const char *calculator = strstr(c->name, "__"), *kx = strchr(c->name, '_');
  fresh_hint hint = {""};
  if (calculator) {
    char text[128];
    calculator += 2;
    snprintf(text, sizeof text, "%.*s", (int)(part_end(calculator) - calculator), calculator);
    return fail_feature(r, c, text, fresh__feature_hint(text, &hint));
  }
  ml_nearest nearest = {.name = kx ? fresh__kx_names_nearest(&r->kx, kx + 1) : NULL};
  if (nearest.name) {
    nearest.n = strlen(nearest.name);
    return fail_feature(r, c, kx + 1, fresh__hint(&nearest, &hint));
  }
  return ml_error_at(r->err, ML_ERR_PARSE, r->source, 0, 0,
                     "column '%.160s' is no feature: expected KIND__FEATURE__PARAMETER_VALUE",
                     c->name);
}

static ml_status take_kx(reader *r, column *c) {
  if (!fresh__kx_names_ensure(&r->kx)) return ml_error_memory(r->err);
  const fresh_kx_column *found = fresh__kx_names_find(&r->kx, c->name, &c->n_kind);
  if (!found) return fail_unknown(r, c);
  c->feature = found->feature;
  size_t n_params = c->feature->info.n_params;
  if (n_params > 0) memcpy(c->values, found->values, n_params * sizeof *c->values);
  return ML_OK;
}

/* A kind of the long format may have `__` in it: the first place that makes sense of the rest is
 * where it ends. */
static ml_status take_apart(reader *r, column *c) {
  fresh_wrong first = {""};
  for (const char *at = strstr(c->name, "__"); at; at = strstr(at + 1, "__")) {
    const char *calculator = at + 2, *end = part_end(calculator);
    fresh_wrong wrong = {""};
    c->n_kind = (size_t)(at - c->name);
    if (!(c->feature = find_feature(calculator, end))) continue;
    ml_status status = take_parts(r, c, end, &wrong);
    if (status == ML_ERR_MEMORY) return ml_error_memory(r->err);
    if (status == ML_OK) return ML_OK;
    if (!first.text[0]) fresh__refuse(&first, "%s: %.320s", c->feature->info.name, wrong.text);
  }
  return first.text[0] ? fail(r, c, first.text) : take_kx(r, c);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static fresh_list *list_of(reader *r, const column *c) {
  ml_fresh_settings *settings = r->settings;
  uint32_t code = labels__put(&r->kinds, c->name, c->n_kind);
  if (code == LABELS_FULL) return NULL;
  if (code < settings->n_kinds) return &settings->kinds[code].list;
  if ((code & (code - 1)) == 0) { /* full: 0, 1, 2, 4, 8, ... */
    fresh_kind_list *grown =
        reallocarray(settings->kinds, code ? 2 * (size_t)code : 1, sizeof *grown);
    if (!grown) return NULL;
    settings->kinds = grown;
  }
  char *kind = strndup(c->name, c->n_kind);
  if (!kind) return NULL;
  settings->kinds[settings->n_kinds] = (fresh_kind_list){.kind = kind};
  return &settings->kinds[settings->n_kinds++].list;
}

static fresh_setting *setting_of(fresh_list *list, const fresh_feature *feature) {
  for (size_t i = 0; i < list->n; i++)
    if (list->settings[i].feature == feature) return &list->settings[i];
  fresh_setting *setting = fresh__list_add(list, feature, 1);
  if (setting) setting->n_args = 0;
  return setting;
}

static bool add_set(fresh_list *list, const column *c) {
  fresh_setting *setting = setting_of(list, c->feature);
  if (!setting) return false;
  if (c->feature->info.n_params > 0) return fresh__setting_add(setting, c->values);
  setting->n_args = 1;
  return true;
}

/* Remember the column as it will be called. @return LABELS_FULL when out of memory; else its place,
 * which an earlier column may have */
static uint32_t remember(reader *r, const column *c) {
  ml_buf name = {0};
  char *kind = strndup(c->name, c->n_kind);
  if (!kind) return LABELS_FULL;
  ml_fresh_column(kind, &c->feature->info, c->values, &name);
  free(kind);
  uint32_t code = name.failed ? LABELS_FULL : labels__put(&r->settings->order, name.data, name.n);
  ml_buf_release(&name);
  return code;
}

static ml_status add_name(reader *r, const char *name) {
  column c = {.name = name};
  if (!utf8__is_text(name, strlen(name))) return fail(r, &c, "is not UTF-8");
  ml_status status = take_apart(r, &c);
  if (status != ML_OK) return status;
  size_t n_before = r->settings->order.n;
  uint32_t place = remember(r, &c);
  if (place == LABELS_FULL) return ml_error_memory(r->err);
  if (place < n_before) return ML_OK;
  fresh_list *list = list_of(r, &c);
  return list && add_set(list, &c) ? ML_OK : ml_error_memory(r->err);
}

ml_status ml_fresh_settings_from_names(const char *const *names, size_t n, const char *source,
                                       ml_fresh_settings **out, ml_error *err) {
  reader r = {.source = source, .err = err};
  if (n == 0) return ml_error_at(err, ML_ERR_PARSE, source, 0, 0, "there are no names of features");
  if (!(r.settings = calloc(1, sizeof *r.settings))) return ml_error_memory(err);
  ml_status status = ML_OK;
  for (size_t i = 0; i < n && status == ML_OK; i++) status = add_name(&r, names[i]);
  labels__release(&r.kinds);
  fresh__kx_names_release(&r.kx);
  if (status != ML_OK) {
    ml_fresh_settings_free(r.settings);
    return status;
  }
  fresh__sort_kinds(r.settings);
  *out = r.settings;
  return ML_OK;
}
