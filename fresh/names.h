/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Texts of parameters, and the nearest of some names to a misspelt one. */
#ifndef FRESH_NAMES_H
#define FRESH_NAMES_H

#include <ml/fresh.h>

/* The nearest of the names that were tried so far. */
typedef struct fresh_nearest {
  const char *wanted;
  const char *name; /* NULL: none was close; borrowed from the names tried */
  size_t n;         /* its length */
  size_t distance;
} fresh_nearest;

fresh_nearest fresh__nearest_to(const char *wanted);
void fresh__nearest_try(fresh_nearest *nearest, const char *name, size_t n);

/* " (did you mean 'x'?)", or nothing. */
typedef struct fresh_hint {
  char text[128];
} fresh_hint;

const char *fresh__hint(const fresh_nearest *nearest, fresh_hint *hint);
const char *fresh__feature_hint(const char *wanted, fresh_hint *hint);

/* Choice number `index` of "mean|var|std". @return its start, or NULL; *n is its length */
const char *fresh__choice(const char *choices, size_t index, size_t *n);

/* A value as Python prints it: 1, 1.0, True, "mean"; or as JSON: true, else the same. */
void fresh__value_text(const ml_fresh_param *param, ml_param_value value, bool json, ml_buf *out);

#endif
