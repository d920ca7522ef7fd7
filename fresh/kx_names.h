/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of columns in KX's way, read back. Parameters and kinds both have the same underscore in
 * them, so names are known or not: those of the settings kx. */
#ifndef FRESH_KX_NAMES_H
#define FRESH_KX_NAMES_H

#include "feature.h"

typedef struct fresh_kx_column {
  const fresh_feature *feature;
  const ml_param_value *values; /* feature->info.n_params */
  size_t start, n;              /* of its name in the text, with a NUL behind it */
} fresh_kx_column;

/* Zero-initialise it; it costs nothing until the first search. */
typedef struct fresh_kx_names {
  ml_buf text;
  fresh_kx_column *columns;
  size_t n;
} fresh_kx_names;

/* Make the list, unless it is there. @return false when memory ran out */
bool fresh__kx_names_ensure(fresh_kx_names *names);

/* The column that a name ends in, behind a kind and an underscore; NULL: none.
 * @param[out] n_kind  bytes of the kind */
const fresh_kx_column *fresh__kx_names_find(const fresh_kx_names *names, const char *name,
                                            size_t *n_kind);

/* The name that is nearest to a text; NULL: none is close. */
const char *fresh__kx_names_nearest(const fresh_kx_names *names, const char *text);

void fresh__kx_names_release(fresh_kx_names *names);

#endif
