/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of columns in KX's way, read back. */
#include "kx_names.h"

#include <stdlib.h>
#include <string.h>

#include <ml/nearest.h>

static bool add(fresh_kx_names *names, const ml_fresh_feature *info, size_t set) {
  const ml_param_value *values = info->n_params ? info->grid + set * info->n_params : NULL;
  fresh_kx_column *column = &names->columns[names->n];
  *column = (fresh_kx_column){
      .feature = (const fresh_feature *)info, .values = values, .start = names->text.n};
  ml_fresh_name(info, values, &names->text);
  ml_buf_put(&names->text, "", 1);
  if (names->text.failed) return false;
  column->n = names->text.n - column->start - 1;
  names->n++;
  return true;
}

bool fresh__kx_names_ensure(fresh_kx_names *names) {
  if (names->columns) return true;
  size_t n_features, n = 0;
  const ml_fresh_feature *const *features = ml_fresh_catalogue("kx", &n_features);
  for (size_t f = 0; f < n_features; f++) n += features[f]->n_grid;
  names->columns = calloc(n + 1, sizeof *names->columns);
  bool done = names->columns != NULL;
  for (size_t f = 0; f < n_features && done; f++)
    for (size_t i = 0; i < features[f]->n_grid && done; i++) done = add(names, features[f], i);
  if (!done) fresh__kx_names_release(names);
  return done;
}

/* The longest wins: a kind may end as a feature begins. */
const fresh_kx_column *fresh__kx_names_find(const fresh_kx_names *names, const char *name,
                                            size_t *n_kind) {
  const fresh_kx_column *found = NULL;
  size_t n = strlen(name);
  for (size_t i = 0; i < names->n; i++) {
    const fresh_kx_column *column = &names->columns[i];
    if (column->n + 1 > n || (found && column->n <= found->n)) continue;
    const char *end = name + n - column->n;
    if (end[-1] != '_' || memcmp(end, names->text.data + column->start, column->n) != 0) continue;
    *n_kind = n - column->n - 1;
    found = column;
  }
  return found;
}

const char *fresh__kx_names_nearest(const fresh_kx_names *names, const char *text) {
  ml_nearest nearest = ml_nearest_to(text);
  for (size_t i = 0; i < names->n; i++)
    ml_nearest_try(&nearest, names->text.data + names->columns[i].start, names->columns[i].n);
  return nearest.name;
}

void fresh__kx_names_release(fresh_kx_names *names) {
  ml_buf_release(&names->text);
  free(names->columns);
  *names = (fresh_kx_names){0};
}
