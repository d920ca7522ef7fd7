/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How new series are read: the columns have the parts that they had where it was learnt, and of the
 * wide shape only those of the kinds that are needed are looked at. */
#include <string.h>

#include <ml/series_internal.h>

#include "pipeline.h"

bool input__is_long(const ml_pipeline *p) {
  return p->columns.value != NULL;
}

/* A name for lists: an empty one has to be quoted. */
static void put_name(ml_buf *list, const char *name) {
  if (list->n > 0) ml_buf_puts(list, ",");
  if (*name)
    ml_buf_csv_cell(list, name);
  else
    ml_buf_puts(list, "\"\"");
}

ml_status input__list_kinds(ml_pipeline *p, ml_error *err) {
  ml_buf list = {0};
  const char *kind;
  for (size_t i = 0; (kind = ml_fresh_settings_kind(p->settings, i)); i++) put_name(&list, kind);
  ml_buf_put(&list, "", 1);
  p->columns.columns = list.failed ? NULL : pipeline__text(p, list.data);
  ml_buf_release(&list);
  return p->columns.columns ? ML_OK : ml_error_memory(err);
}

static ml_status copy(ml_pipeline *p, const char *name, const char **out, ml_error *err) {
  *out = name ? pipeline__text(p, name) : NULL;
  return name && !*out ? ml_error_memory(err) : ML_OK;
}

/* Parts that were found by their usual names, or in their absence, are those of every other file,
 * too: one that has a column more must not be read otherwise. */
static ml_status name_parts(ml_pipeline *p, const ml_series_set *set, const ml_series_opts *asked,
                            ml_error *err) {
  ml_series_opts *o = &p->columns;
  ml_status status = copy(p, set->is_single ? "" : ml_series_id_name(set), &o->id, err);
  if (!set->is_file) return status == ML_OK ? copy(p, asked->sort, &o->sort, err) : status;
  if (status == ML_OK) status = copy(p, set->sort_name ? set->sort_name : "", &o->sort, err);
  if (status == ML_OK) status = copy(p, set->kind_name, &o->kind, err);
  return status == ML_OK ? copy(p, set->value_name, &o->value, err) : status;
}

ml_status input__of_set(ml_pipeline *p, const ml_series_set *set, const ml_series_opts *asked,
                        ml_error *err) {
  static const ml_series_opts none;
  if (!asked) asked = &none;
  ml_series_opts *o = &p->columns;
  o->missing = asked->missing;
  o->infinite = asked->infinite;
  if (asked->window) {
    p->window = *asked->window;
    o->window = &p->window;
  }
  ml_status status = name_parts(p, set, asked, err);
  return status == ML_OK && !input__is_long(p) ? input__list_kinds(p, err) : status;
}
