/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts of parameters, and hints for misspelt names. */
#ifndef FRESH_NAMES_H
#define FRESH_NAMES_H

#include <ml/fresh.h>
#include <ml/nearest.h>

/* " (did you mean 'x'?)", or nothing. */
typedef struct fresh_hint {
  char text[128];
} fresh_hint;

const char *fresh__hint(const ml_nearest *nearest, fresh_hint *hint);
const char *fresh__feature_hint(const char *wanted, fresh_hint *hint);

/* Choice number `index` of "mean|var|std". @return its start, or NULL; *n is its length */
const char *fresh__choice(const char *choices, size_t index, size_t *n);

/* A value as Python prints it: 1, 1.0, True, "mean"; or as JSON: true, else the same. */
void fresh__value_text(const ml_fresh_param *param, ml_param_value value, bool json, ml_buf *out);

#endif
