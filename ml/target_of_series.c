/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The target of series: a row for each id, or for each window. */
#include <assert.h>
#include <stdlib.h>

#include <ml/series_internal.h>

#include "target_internal.h"

ml_status ml_target_of_series(const ml_series_set *set, ml_problem problem, ml_target **out,
                              ml_error *err) {
  const series_attribute *target = &set->target;
  if (!target->of)
    return ml_error_at(err, ML_ERR_USAGE, set->source, 0, 0,
                       "the series were read without a target");
  uint32_t *codes = malloc(set->n_ids * sizeof *codes);
  if (!codes) return ml_error_memory(err);
  for (size_t i = 0; i < set->n_ids; i++) codes[i] = target->of[set->parents ? set->parent[i] : i];
  const target_column column = {.name = target->name,
                                .source = set->source,
                                .n = set->n_ids,
                                .texts = (const char *const *)target->texts,
                                .n_texts = target->n_texts,
                                .codes = codes,
                                .ids = set->ids};
  ml_status status = target__make(&column, problem, out, err);
  free(codes);
  return status;
}

ml_status ml_target_read_series(const char *path, const ml_target_opts *opts,
                                const ml_series_set *set, ml_target **out, ml_error *err) {
  assert(path && set && out);
  const target_over windows = {set->n_ids, set->parent, set->ids};
  const ml_matrix ids = {.n_rows = set->parents ? set->n_parents : set->n_ids,
                         .rows = set->parents ? set->parents : set->ids,
                         .row_label = set->id_name};
  const target_join ask = {
      .path = path, .opts = opts, .rows = &ids, .over = set->parents ? &windows : NULL};
  return target__read(&ask, out, err);
}
