/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings from names of columns: what would give exactly these. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/utf8.h>

#include "kx_names.h"
#include "names.h"
#include "parameters.h"
#include "settings_build.h"

typedef struct reader {
  const char *source;
  fresh_builder builder;
  fresh_kx_names kx;
  ml_error *err;
} reader;

/* A name that is taken apart. */
typedef struct column {
  const char *name;
  fresh_column is; /* its kind begins the name */
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
  const ml_fresh_feature *info = &c->is.feature->info;
  const char *value = value_start(part, end);
  if (!value) return fresh__refuse(wrong, "'%.*s' has no value", (int)(end - part), part);
  size_t k = fresh__find_param(info, part, (size_t)(value - part) - 1, wrong);
  if (k == info->n_params) return ML_ERR_PARSE;
  const ml_fresh_param *param = &info->params[k];
  if (c->is.values[k].form != ML_FORM_ABSENT)
    return fresh__refuse(wrong, "parameter '%s' is there twice", param->name);
  fresh_literal literal;
  ml_status status = fresh__literal_parse(value, (size_t)(end - value), &literal);
  if (status == ML_OK) {
    fresh_wrong why;
    status = fresh__take_value(param, &literal, r->builder.settings, &c->is.values[k], &why);
    if (status == ML_ERR_PARSE) fresh__refuse(wrong, "%s: %.300s", param->name, why.text);
  } else if (status == ML_ERR_PARSE) {
    fresh__refuse(wrong, "%s: '%.*s' is no value", param->name, (int)(end - value), value);
  }
  fresh__literal_release(&literal);
  return status;
}

static ml_status take_parts(const reader *r, column *c, const char *at, fresh_wrong *wrong) {
  fresh__begin_set(&c->is.feature->info, c->is.values);
  while (*at) {
    const char *part = at + 2, *end = part_end(part);
    ml_status status = take_part(r, c, part, end, wrong);
    if (status != ML_OK) return status;
    at = end;
  }
  return fresh__end_set(c->is.feature, c->is.values, wrong);
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
  const fresh_kx_column *found = fresh__kx_names_find(&r->kx, c->name, &c->is.n_kind);
  if (!found) return fail_unknown(r, c);
  c->is.feature = found->feature;
  size_t n_params = c->is.feature->info.n_params;
  if (n_params > 0) memcpy(c->is.values, found->values, n_params * sizeof *c->is.values);
  return ML_OK;
}

/* A kind of the long format may have `__` in it: the first place that makes sense of the rest is
 * where it ends. */
static ml_status take_apart(reader *r, column *c) {
  fresh_wrong first = {""};
  for (const char *at = strstr(c->name, "__"); at; at = strstr(at + 1, "__")) {
    const char *calculator = at + 2, *end = part_end(calculator);
    fresh_wrong wrong = {""};
    c->is.n_kind = (size_t)(at - c->name);
    if (!(c->is.feature = find_feature(calculator, end))) continue;
    ml_status status = take_parts(r, c, end, &wrong);
    if (status == ML_ERR_MEMORY) return ml_error_memory(r->err);
    if (status == ML_OK) return ML_OK;
    if (!first.text[0]) fresh__refuse(&first, "%s: %.320s", c->is.feature->info.name, wrong.text);
  }
  return first.text[0] ? fail(r, c, first.text) : take_kx(r, c);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static ml_status add_name(reader *r, const char *name) {
  column c = {.name = name, .is.kind = name};
  if (!utf8__is_text(name, strlen(name))) return fail(r, &c, "is not UTF-8");
  ml_status status = take_apart(r, &c);
  if (status != ML_OK) return status;
  return fresh__build_add(&r->builder, &c.is) ? ML_OK : ml_error_memory(r->err);
}

ml_status fresh__settings_from_names(const char *const *names, size_t n, const char *source,
                                     size_t *wrong, ml_fresh_settings **out, ml_error *err) {
  reader r = {.source = source, .err = err};
  if (!fresh__build_begin(&r.builder)) return ml_error_memory(err);
  ml_status status = ML_OK;
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    if (wrong) *wrong = i;
    status = add_name(&r, names[i]);
  }
  fresh__kx_names_release(&r.kx);
  return fresh__build_end(&r.builder, status, out);
}

ml_status ml_fresh_settings_from_names(const char *const *names, size_t n, const char *source,
                                       ml_fresh_settings **out, ml_error *err) {
  if (n == 0) return ml_error_at(err, ML_ERR_PARSE, source, 0, 0, "there are no names of features");
  return fresh__settings_from_names(names, n, source, NULL, out, err);
}
