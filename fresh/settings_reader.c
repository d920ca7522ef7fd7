/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings in JSON: places, mistakes and values, whatever the shape. */
#include "settings_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

void fresh__enter(fresh_reader *r, const char *key, size_t index) {
  r->steps[r->n_steps++] = (fresh_step){key, index};
}

void fresh__leave(fresh_reader *r) {
  r->n_steps--;
}

/* ---- mistakes -------------------------------------------------------------------------------- */

/* "temp.quantile[0].q: ". What wraps all features is not worth saying. */
static void put_path(const fresh_reader *r, char *path, size_t size) {
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
ml_status fresh__fail_at(const fresh_reader *r, const char *key, const char *what) {
  char path[512];
  fresh_reader at = *r;
  size_t line = 0, column = 0;
  put_path(r, path, sizeof path);
  if (r->is_wrapped && r->n_steps == 1 && key) path[0] = 0;
  if (key) fresh__enter(&at, key, 0);
  fresh__json_place(r->text, r->n, at.steps, at.n_steps, key != NULL, &line, &column);
  return ml_error_at(r->err, ML_ERR_PARSE, r->source, line, column, "%s%s", path, what);
}

ml_status fresh__fail(const fresh_reader *r, const char *what) {
  return fresh__fail_at(r, NULL, what);
}

/* ---- values ---------------------------------------------------------------------------------- */

/* The fill of a marked word is a byte that nobody writes, and another one where two words are as
 * long. */
static const struct {
  const char *word;
  char fill;
  double value;
} bare[] = {{"NaN", '\x7f', NAN},
            {"Infinity", '\x7f', INFINITY},
            {"-Infinity", '\x7f', -INFINITY},
            {"inf", '`', INFINITY},
            {"-inf", '`', -INFINITY}};

void fresh__mark_bare(char *text, size_t n) {
  bool in_string = false;
  char before = ':'; /* the last byte that is no blank */
  for (size_t i = 0; i < n; i++) {
    if (text[i] == '"') in_string = !in_string;
    if (in_string && text[i] == '\\') i++;
    bool is_value = !in_string && (before == ':' || before == '[' || before == ',');
    for (size_t k = 0; is_value && k < sizeof bare / sizeof *bare; k++) {
      size_t length = strlen(bare[k].word);
      if (n - i < length || memcmp(text + i, bare[k].word, length) != 0) continue;
      memset(text + i, bare[k].fill, length);
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
  for (size_t k = 0; k < sizeof bare / sizeof *bare; k++) {
    *value = bare[k].value;
    if (n == strlen(bare[k].word) - 2 && strspn(text, (char[]){bare[k].fill, 0}) == n) return true;
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

ml_status fresh__read_value(fresh_reader *r, const ml_fresh_param *param, const json_t *json,
                            ml_param_value *out) {
  fresh_literal literal;
  fresh_wrong wrong;
  if (!read_literal(json, &literal)) return ml_error_memory(r->err);
  ml_status status = fresh__take_value(param, &literal, r->settings, out, &wrong);
  if (status == ML_ERR_MEMORY) ml_error_memory(r->err);
  if (status == ML_ERR_PARSE) fresh__fail(r, wrong.text);
  fresh__literal_release(&literal);
  return status;
}

ml_status fresh__keep_set(const fresh_reader *r, const ml_param_value *values,
                          fresh_setting *setting, labels *columns) {
  ml_buf name = {0};
  size_t n_before = columns->n;
  ml_fresh_name(&setting->feature->info, values, &name);
  bool failed = name.failed || labels__put(columns, name.data, name.n) == LABELS_FULL;
  ml_buf_release(&name);
  if (!failed && columns->n > n_before) failed = !fresh__setting_add(setting, values);
  return failed ? ml_error_memory(r->err) : ML_OK;
}
