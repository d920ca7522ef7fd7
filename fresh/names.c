/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of columns as tsfresh writes them, and hints for misspelt ones. */
#include "names.h"

#include <stdio.h>
#include <string.h>

#include <ml/number.h>

enum { NAME_MAX_LENGTH = 64 }; /* longer names get no hint */

/* Edits that turn a into b: insert, delete, replace, or swap two neighbours. Three rows of the
 * usual table are enough. */
static size_t distance(const char *a, size_t n_a, const char *b, size_t n_b) {
  size_t rows[3][NAME_MAX_LENGTH + 1], *before = rows[0], *last = rows[1], *row = rows[2];
  for (size_t j = 0; j <= n_b; j++) last[j] = before[j] = j;
  for (size_t i = 1; i <= n_a; i++) {
    row[0] = i;
    for (size_t j = 1; j <= n_b; j++) {
      size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
      if (last[j] + 1 < best) best = last[j] + 1;
      if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped && before[j - 2] + 1 < best) best = before[j - 2] + 1;
      row[j] = best;
    }
    size_t *oldest = before;
    before = last;
    last = row;
    row = oldest;
  }
  return last[n_b];
}

fresh_nearest fresh__nearest_to(const char *wanted) {
  /* A third of the letters may be wrong, but one always. */
  size_t n = strlen(wanted), most = n < 3 ? 1 : n / 3;
  return (fresh_nearest){.wanted = wanted, .distance = most + 1};
}

void fresh__nearest_try(fresh_nearest *nearest, const char *name, size_t n) {
  size_t n_wanted = strlen(nearest->wanted);
  if (n > NAME_MAX_LENGTH || n_wanted > NAME_MAX_LENGTH) return;
  size_t edits = distance(nearest->wanted, n_wanted, name, n);
  if (edits >= nearest->distance) return;
  nearest->distance = edits;
  nearest->name = name;
  nearest->n = n;
}

const char *fresh__hint(const fresh_nearest *nearest, fresh_hint *hint) {
  hint->text[0] = 0;
  if (nearest->name)
    snprintf(hint->text, sizeof hint->text, " (did you mean '%.*s'?)", (int)nearest->n,
             nearest->name);
  return hint->text;
}

const char *fresh__feature_hint(const char *wanted, fresh_hint *hint) {
  fresh_nearest nearest = fresh__nearest_to(wanted);
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
  } else if (value.is_integer) {
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
