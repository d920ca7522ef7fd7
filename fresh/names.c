/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of columns as tsfresh writes them, and hints for misspelt ones. */
#include "names.h"

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

void fresh__value_text(const ml_fresh_param *param, ml_param_value value, bool json, ml_buf *out) {
  char text[ML_NUMBER_MAX];
  size_t n = 0;
  if (param->kind == ML_PARAM_ENUM) {
    const char *choice = fresh__choice(param->choices, (size_t)value.v, &n);
    ml_buf_printf(out, "\"%.*s\"", (int)n, choice);
  } else if (value.form == ML_FORM_INT) {
    ml_buf_printf(out, "%.0f", value.v);
  } else if (param->kind == ML_PARAM_BOOL) {
    ml_buf_puts(out, value.v != 0 ? (json ? "true" : "True") : (json ? "false" : "False"));
  } else {
    n = ml_number_repr(value.v, text);
    ml_buf_put(out, text, n);
  }
}

void ml_fresh_name(const ml_fresh_feature *feature, const ml_param_value *values, ml_buf *out) {
  ml_buf_puts(out, feature->name);
  for (size_t k = 0; k < feature->n_params; k++) {
    ml_buf_printf(out, "__%s_", feature->params[k].name);
    fresh__value_text(&feature->params[k], values[k], false, out);
  }
}
