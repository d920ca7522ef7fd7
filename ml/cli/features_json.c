/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The catalogue as JSON. */
#include "features.h"

static void json_text(ml_buf *out, const char *key, const char *text) {
  ml_buf_printf(out, ", \"%s\": ", key);
  ml_buf_json_string(out, text);
}

static void json_flag(ml_buf *out, const char *key, bool value) {
  ml_buf_printf(out, ", \"%s\": %s", key, value ? "true" : "false");
}

static void json_param(ml_buf *out, const ml_fresh_param *param) {
  static const char *const kinds[] = {
      [ML_PARAM_INT] = "integer", [ML_PARAM_REAL] = "number",   [ML_PARAM_BOOL] = "boolean",
      [ML_PARAM_ENUM] = "choice", [ML_PARAM_INTS] = "integers", [ML_PARAM_REALS] = "numbers"};
  ml_buf_puts(out, "{\"name\": ");
  ml_buf_json_string(out, param->name);
  json_text(out, "kind", kinds[param->kind]);
  if (param->kind == ML_PARAM_ENUM) {
    json_text(out, "choices", param->choices);
  } else if (param->kind != ML_PARAM_BOOL) {
    ml_buf_puts(out, ", \"from\": ");
    ml_buf_json_number(out, param->lo);
    ml_buf_puts(out, ", \"to\": ");
    ml_buf_json_number(out, param->hi);
  }
  json_flag(out, "takes_nan", param->takes_nan);
  json_flag(out, "takes_null", param->takes_none);
  bool may_be_absent = param->is_optional || param->is_implied;
  json_flag(out, "optional", may_be_absent);
  if (may_be_absent) {
    ml_buf_puts(out, ", \"when_left_out\": ");
    cli__put_value(out, param, param->fallback, true);
  }
  json_text(out, "doc", param->doc);
  ml_buf_puts(out, "}");
}

static void json_grid(ml_buf *out, const ml_fresh_feature *f) {
  ml_buf_puts(out, ", \"grid\": [");
  for (size_t i = 0; i < f->n_grid && f->n_params > 0; i++) {
    const char *comma = "";
    ml_buf_puts(out, i > 0 ? ", {" : "{");
    for (size_t k = 0; k < f->n_params; k++) {
      ml_param_value value = f->grid[i * f->n_params + k];
      if (value.form == ML_FORM_ABSENT) continue;
      ml_buf_printf(out, "%s\"%s\": ", comma, f->params[k].name);
      cli__put_value(out, &f->params[k], value, true);
      comma = ", ";
    }
    ml_buf_puts(out, "}");
  }
  ml_buf_puts(out, "]");
}

static void json_names(ml_buf *out, const ml_fresh_feature *f) {
  ml_buf_puts(out, ", \"columns\": [");
  for (size_t i = 0; i < f->n_grid; i++) {
    ml_buf name = {0};
    ml_fresh_name(f, f->grid + i * f->n_params, &name);
    ml_buf_put(&name, "", 1);
    ml_buf_puts(out, i > 0 ? ", " : "");
    if (name.failed) out->failed = true;
    if (!name.failed) ml_buf_json_string(out, name.data);
    ml_buf_release(&name);
  }
  ml_buf_puts(out, "]");
}

void cli__feature_json(ml_buf *out, const ml_fresh_feature *f) {
  ml_buf_puts(out, "{\"name\": ");
  ml_buf_json_string(out, f->name);
  json_text(out, "summary", f->summary);
  json_text(out, "formula", f->formula);
  json_text(out, "nan_rule", f->nan_rule);
  json_text(out, "cost", f->cost);
  json_text(out, "source", f->source);
  json_flag(out, "assumes_step", f->assumes_step);
  json_flag(out, "needs_time", f->needs_time);
  ml_buf_puts(out, ", \"parameters\": [");
  for (size_t k = 0; k < f->n_params; k++) {
    ml_buf_puts(out, k > 0 ? ", " : "");
    json_param(out, &f->params[k]);
  }
  ml_buf_puts(out, "]");
  json_grid(out, f);
  json_names(out, f);
  ml_buf_puts(out, "}");
}

void cli__features_json(ml_buf *out, const ml_fresh_feature *const *features, size_t n) {
  ml_buf_puts(out, "{\"features\": [");
  for (size_t i = 0; i < n; i++) {
    ml_buf_puts(out, i > 0 ? ",\n" : "\n");
    cli__feature_json(out, features[i]);
  }
  ml_buf_puts(out, "\n]}\n");
}
