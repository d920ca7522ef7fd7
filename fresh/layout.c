/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From kinds and settings to columns. */
#include "layout.h"

#include <stdlib.h>
#include <string.h>

static ml_status name_columns(fresh_layout *l, char *const *kinds, ml_error *err) {
  char **names = l->names, **spare;
  for (size_t k = 0; k < l->n_kinds; k++) {
    ml_status status = fresh__plan_names(&l->plans[k], kinds[k], names, err);
    if (status != ML_OK) return status;
    names += l->plans[k].n_columns;
  }
  if (!(spare = malloc(l->n_columns * sizeof *spare))) return ml_error_memory(err);
  fresh__heads_first(l->plans, l->n_kinds, l->names, spare);
  free(spare);
  return ML_OK;
}

/* Why there is no column: the settings may have calculators that need dates, and nothing else. */
static ml_status fail_without_columns(const ml_fresh_settings *settings, char *const *kinds,
                                      size_t n_kinds, ml_error *err) {
  for (size_t k = 0; k < n_kinds; k++) {
    const fresh_list *list = fresh__list_of(settings, kinds[k]);
    if (list->n == 0) continue;
    return ml_error_set(err, ML_ERR_USAGE, "%s needs dates and times, and the series have none",
                        list->settings[0].feature->info.name);
  }
  if (settings->order.n > 0)
    return ml_error_set(err, ML_ERR_USAGE,
                        "column '%.200s' cannot be made: the series have no kind of that name",
                        labels__text(&settings->order, 0));
  return ml_error_set(err, ML_ERR_USAGE, "the settings have no feature for any kind");
}

static ml_status make_plans(fresh_layout *l, char *const *kinds, bool has_times, ml_error *err) {
  l->plans = calloc(l->n_kinds + 1, sizeof *l->plans);
  l->starts = calloc(l->n_kinds + 1, sizeof *l->starts);
  if (!l->plans || !l->starts) return ml_error_memory(err);
  for (size_t k = 0; k < l->n_kinds; k++) {
    ml_status status = fresh__plan_init(&l->plans[k], fresh__list_of(l->settings, kinds[k]),
                                        l->settings->is_modern, has_times, err);
    if (status != ML_OK) return status;
    l->starts[k + 1] = l->starts[k] + l->plans[k].n_columns;
    l->has_tails |= l->plans[k].n_head < l->plans[k].n_columns && l->n_kinds > 1;
  }
  l->n_columns = l->starts[l->n_kinds];
  return ML_OK;
}

static ml_status make_names(fresh_layout *l, char *const *kinds, ml_error *err) {
  if (l->n_columns == 0) return fail_without_columns(l->settings, kinds, l->n_kinds, err);
  l->names = calloc(l->n_columns, sizeof *l->names);
  l->spare = malloc(l->n_columns * sizeof *l->spare);
  if (!l->names || !l->spare) return ml_error_memory(err);
  ml_status status = name_columns(l, kinds, err);
  ml_matrix names = {.columns = l->names, .n_columns = l->n_columns};
  if (status == ML_OK) status = fresh__order_find(l->settings, &names, &l->order, err);
  return status == ML_OK ? fresh__order_names(&l->order, &names, err) : status;
}

ml_status fresh__layout_init(fresh_layout *l, const ml_fresh_settings *settings, char *const *kinds,
                             size_t n_kinds, bool has_times, ml_error *err) {
  *l = (fresh_layout){.settings = settings, .n_kinds = n_kinds};
  ml_status status = make_plans(l, kinds, has_times, err);
  if (status == ML_OK) status = make_names(l, kinds, err);
  if (status != ML_OK) fresh__layout_release(l);
  return status;
}

ml_status fresh__layout_widths(const ml_fresh_settings *settings, char *const *kinds,
                               size_t n_kinds, bool has_times, size_t *starts, ml_error *err) {
  fresh_layout l = {.settings = settings, .n_kinds = n_kinds};
  ml_status status = make_plans(&l, kinds, has_times, err);
  if (status == ML_OK) memcpy(starts, l.starts, (n_kinds + 1) * sizeof *starts);
  fresh__layout_release(&l);
  return status;
}

ml_status fresh__layout_rows(const fresh_layout *l, double *rows, size_t n, ml_error *err) {
  ml_matrix matrix = {.n_rows = n, .n_columns = l->n_columns, .values = rows};
  for (size_t i = 0; l->has_tails && i < n; i++)
    fresh__heads_first(l->plans, l->n_kinds, rows + i * l->n_columns, l->spare);
  ml_status status = fresh__order_rows(&l->order, &matrix, 0, n, err);
  if (status == ML_OK && l->settings->ranges) ml_impute(&matrix, l->settings->ranges);
  return status;
}

void fresh__layout_release(fresh_layout *l) {
  for (size_t k = 0; l->plans && k < l->n_kinds; k++) fresh__plan_release(&l->plans[k]);
  for (size_t j = 0; l->names && j < l->n_columns; j++) free(l->names[j]);
  free(l->plans);
  free(l->starts);
  free(l->names);
  free(l->spare);
  fresh__order_release(&l->order);
  *l = (fresh_layout){0};
}
