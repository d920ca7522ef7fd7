/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of columns as tsfresh and KX write them, and hints for misspelt ones. */
#include "names.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <ml/number.h>

const char *fresh__hint(const ml_nearest *nearest, fresh_hint *hint) {
  hint->text[0] = 0;
  if (nearest->name)
    snprintf(hint->text, sizeof hint->text, " (did you mean '%.*s'?)", (int)nearest->n,
             nearest->name);
  return hint->text;
}

const char *fresh__feature_hint(const char *wanted, fresh_hint *hint) {
  ml_nearest nearest = ml_nearest_to(wanted);
  nearest.name = ml_fresh_nearest(wanted);
  if (nearest.name) nearest.n = strlen(nearest.name);
  return fresh__hint(&nearest, hint);
}

const char *fresh__choice(const char *choices, size_t index, size_t *n) {
  while (index-- > 0) {
    choices = strchr(choices, '|');
    if (!choices) return NULL;
    choices++;
  }
  *n = strcspn(choices, "|");
  return choices;
}

static void number_text(ml_param_value value, bool json, ml_buf *out) {
  char text[ML_NUMBER_MAX];
  if (value.form == ML_FORM_INT)
    ml_buf_printf(out, "%.0f", value.v);
  else if (json && !isfinite(value.v)) /* as Python's json writes and reads them */
    ml_buf_puts(out, isnan(value.v) ? "NaN" : value.v > 0 ? "Infinity" : "-Infinity");
  else
    ml_buf_put(out, text, ml_number_repr(value.v, text));
}

static void items_text(ml_param_value value, bool json, ml_buf *out) {
  bool is_tuple = value.form == ML_FORM_TUPLE && !json;
  ml_buf_puts(out, is_tuple ? "(" : "[");
  for (size_t i = 0; i < value.n_items; i++) {
    ml_buf_puts(out, i ? ", " : "");
    number_text(value.items[i], json, out);
  }
  if (is_tuple) ml_buf_puts(out, value.n_items == 1 ? ",)" : ")");
  if (!is_tuple) ml_buf_puts(out, "]");
}

void fresh__value_text(const ml_fresh_param *param, ml_param_value value, bool json, ml_buf *out) {
  const char *choice;
  size_t n = 0;
  bool is_given = value.form != ML_FORM_NONE && value.form != ML_FORM_ABSENT;
  switch (is_given && param->kind == ML_PARAM_ENUM ? ML_FORM_CHOICE : value.form) {
    case ML_FORM_NONE: /* the reference quotes it where a choice is expected */
      ml_buf_puts(out, json ? "null" : param->kind == ML_PARAM_ENUM ? "\"None\"" : "None");
      break;
    case ML_FORM_CHOICE:
      choice = fresh__choice(param->choices, (size_t)value.v, &n);
      ml_buf_printf(out, "\"%.*s\"", (int)n, choice);
      break;
    case ML_FORM_BOOL:
      ml_buf_puts(out, value.v != 0 ? (json ? "true" : "True") : (json ? "false" : "False"));
      break;
    case ML_FORM_TUPLE:
    case ML_FORM_LIST:
      items_text(value, json, out);
      break;
    case ML_FORM_ABSENT:
      break;
    default:
      number_text(value, json, out);
  }
}

/* q prints seven digits, and a point has no place in a name: 0.05 is 0o05. */
static void put_kx_number(double v, ml_buf *out) {
  char text[ML_NUMBER_MAX];
  if (isnan(v)) return; /* a null prints as nothing */
  if (isinf(v)) {
    ml_buf_puts(out, v > 0 ? "0W" : "-0W");
    return;
  }
  snprintf(text, sizeof text, "%.7g", v);
  for (const char *at = text; *at;) {
    size_t n = strspn(at, "+-0123456789e");
    ml_buf_put(out, at, n);
    at += n;
    if (!*at) return;
    ml_buf_puts(out, "o"); /* the point, whatever it is in this locale */
    at += strcspn(at, "0123456789");
  }
}

static void put_without_points(const char *text, ml_buf *out) {
  for (; *text; text++) ml_buf_put(out, *text == '.' ? "o" : text, 1);
}

static void put_kx_value(const ml_fresh_param *param, const ml_param_value *value, ml_buf *out) {
  size_t n = 0;
  if (param->kind != ML_PARAM_ENUM) {
    put_kx_number(value->v, out);
    return;
  }
  const char *choice = fresh__choice(param->choices, (size_t)value->v, &n);
  ml_buf_put(out, choice, n);
}

static void put_kx_name(const ml_fresh_feature *feature, const ml_param_value *values,
                        ml_buf *out) {
  for (const char *at = feature->column; *at;) {
    size_t n = strcspn(at, "%");
    ml_buf_put(out, at, n);
    at += n;
    if (!*at) return;
    size_t k = (size_t)(at[1] - '0');
    put_kx_value(&feature->params[k], &values[k], out);
    at += 2;
  }
}

void ml_fresh_column(const char *kind, const ml_fresh_feature *feature,
                     const ml_param_value *values, ml_buf *out) {
  if (feature->column) {
    put_without_points(kind, out);
    ml_buf_puts(out, "_");
  } else {
    ml_buf_puts(out, kind);
    ml_buf_puts(out, "__");
  }
  ml_fresh_name(feature, values, out);
}

void ml_fresh_name(const ml_fresh_feature *feature, const ml_param_value *values, ml_buf *out) {
  if (feature->column) {
    put_kx_name(feature, values, out);
    return;
  }
  ml_buf_puts(out, feature->name);
  for (size_t k = 0; k < feature->n_params; k++) {
    if (values[k].form == ML_FORM_ABSENT) continue;
    ml_buf_printf(out, "__%s_", feature->params[k].name);
    fresh__value_text(&feature->params[k], values[k], false, out);
  }
}
