/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values, ranges and defaults of parameters in words. */
#include "features.h"

#include <math.h>
#include <string.h>

#define VALUES_SHOWN 12

/* The i-th of "mean|var|std". */
static void put_choice(ml_buf *out, const char *choices, size_t i) {
  for (; i > 0 && strchr(choices, '|'); i--) choices = strchr(choices, '|') + 1;
  ml_buf_put(out, choices, strcspn(choices, "|"));
}

static void put_number(ml_buf *out, ml_param_value value, bool is_json) {
  char text[ML_NUMBER_MAX];
  const char *quote = is_json && !isfinite(value.v) ? "\"" : "";
  if (value.form == ML_FORM_INT || !isfinite(value.v)) {
    ml_number_format(value.v, text);
  } else {
    ml_number_repr(value.v, text);
  }
  ml_buf_printf(out, "%s%s%s", quote, text, quote);
}

static void put_items(ml_buf *out, ml_param_value value, bool is_json) {
  bool is_tuple = value.form == ML_FORM_TUPLE && !is_json;
  ml_buf_puts(out, is_tuple ? "(" : "[");
  for (size_t i = 0; i < value.n_items; i++) {
    ml_buf_puts(out, i > 0 ? ", " : "");
    put_number(out, value.items[i], is_json);
  }
  ml_buf_puts(out, is_tuple ? (value.n_items == 1 ? ",)" : ")") : "]");
}

void cli__put_value(ml_buf *out, const ml_fresh_param *param, ml_param_value value, bool is_json) {
  if (value.form == ML_FORM_ABSENT) return;
  if (value.form == ML_FORM_NONE) {
    ml_buf_puts(out, is_json ? "null" : "none");
  } else if (value.n_items > 0) {
    put_items(out, value, is_json);
  } else if (param->kind == ML_PARAM_ENUM) {
    ml_buf_puts(out, is_json ? "\"" : "");
    put_choice(out, param->choices, (size_t)value.v);
    ml_buf_puts(out, is_json ? "\"" : "");
  } else if (param->kind == ML_PARAM_BOOL) {
    ml_buf_puts(out, value.v != 0 ? "true" : "false");
  } else {
    put_number(out, value, is_json);
  }
}

static void put_limits(ml_buf *out, const ml_fresh_param *param) {
  if (isfinite(param->lo)) {
    ml_buf_puts(out, " from ");
    ml_buf_number(out, param->lo);
  }
  if (isfinite(param->hi)) {
    ml_buf_puts(out, isfinite(param->lo) ? " to " : " up to ");
    ml_buf_number(out, param->hi);
  }
}

void cli__put_range(ml_buf *out, const ml_fresh_param *param) {
  static const char *const kinds[] = {[ML_PARAM_INT] = "integer",
                                      [ML_PARAM_REAL] = "number",
                                      [ML_PARAM_BOOL] = "true or false",
                                      [ML_PARAM_INTS] = "list of integers",
                                      [ML_PARAM_REALS] = "list of numbers"};
  if (param->kind == ML_PARAM_ENUM) {
    ml_buf_puts(out, "one of ");
    for (const char *c = param->choices; *c; c++)
      ml_buf_put(out, *c == '|' ? ", " : c, *c == '|' ? 2 : 1);
  } else {
    ml_buf_puts(out, kinds[param->kind]);
    if (param->kind != ML_PARAM_BOOL) put_limits(out, param);
  }
  if (param->takes_nan) ml_buf_puts(out, ", or NaN");
  if (param->takes_none) ml_buf_puts(out, ", or none");
}

static bool is_same(ml_param_value a, ml_param_value b) {
  bool is_equal = a.form == b.form && a.items == b.items;
  return is_equal && (a.v == b.v || (isnan(a.v) && isnan(b.v)));
}

static bool is_first(const ml_fresh_feature *f, size_t k, size_t i) {
  for (size_t before = 0; before < i; before++)
    if (is_same(f->grid[before * f->n_params + k], f->grid[i * f->n_params + k])) return false;
  return true;
}

void cli__put_defaults(ml_buf *out, const ml_fresh_feature *f, size_t k) {
  const ml_fresh_param *param = &f->params[k];
  size_t n = 0;
  for (size_t i = 0; i < f->n_grid; i++) {
    ml_param_value value = f->grid[i * f->n_params + k];
    if (value.form == ML_FORM_ABSENT || !is_first(f, k, i) || n++ >= VALUES_SHOWN) continue;
    ml_buf_puts(out, n > 1 ? ", " : "default: ");
    cli__put_value(out, param, value, false);
  }
  if (n > VALUES_SHOWN) ml_buf_printf(out, ", ... (%zu values)", n);
  if (!param->is_optional && !param->is_implied) return;
  ml_buf_puts(out, n > 0 ? "; when left out: " : "when left out: ");
  cli__put_value(out, param, param->fallback, false);
}

const char *cli__feature_time(const ml_fresh_feature *f) {
  if (f->needs_time) return "needs dates and times";
  return f->assumes_step ? "assumes a constant step from value to value" : NULL;
}
