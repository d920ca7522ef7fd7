/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings that are put together column by column. */
#include "settings_build.h"

#include <stdlib.h>
#include <string.h>

#include <ml/series_internal.h>

bool fresh__build_begin(fresh_builder *b) {
  *b = (fresh_builder){.settings = calloc(1, sizeof *b->settings)};
  return b->settings != NULL;
}

static fresh_list *list_of(fresh_builder *b, const fresh_column *c) {
  ml_fresh_settings *settings = b->settings;
  uint32_t code = labels__put(&b->kinds, c->kind, c->n_kind);
  if (code == LABELS_FULL) return NULL;
  if (code < settings->n_kinds) return &settings->kinds[code].list;
  if ((code & (code - 1)) == 0) { /* full: 0, 1, 2, 4, 8, ... */
    fresh_kind_list *grown =
        reallocarray(settings->kinds, code ? 2 * (size_t)code : 1, sizeof *grown);
    if (!grown) return NULL;
    settings->kinds = grown;
  }
  char *kind = strndup(c->kind, c->n_kind);
  if (!kind) return NULL;
  settings->kinds[settings->n_kinds] = (fresh_kind_list){.kind = kind};
  return &settings->kinds[settings->n_kinds++].list;
}

static fresh_setting *setting_of(fresh_list *list, const fresh_feature *feature) {
  for (size_t i = 0; i < list->n; i++)
    if (list->settings[i].feature == feature) return &list->settings[i];
  fresh_setting *setting = fresh__list_add(list, feature, 1);
  if (setting) setting->n_args = 0;
  return setting;
}

static bool add_set(fresh_list *list, const fresh_column *c) {
  fresh_setting *setting = setting_of(list, c->feature);
  if (!setting) return false;
  if (c->feature->info.n_params > 0) return fresh__setting_add(setting, c->values);
  setting->n_args = 1;
  return true;
}

/* Remember the column as it will be called. @return LABELS_FULL when out of memory; else its place,
 * which an earlier column may have */
static uint32_t remember(fresh_builder *b, const fresh_column *c) {
  ml_buf name = {0};
  char *kind = strndup(c->kind, c->n_kind);
  if (!kind) return LABELS_FULL;
  ml_fresh_column(kind, &c->feature->info, c->values, &name);
  free(kind);
  uint32_t code = name.failed ? LABELS_FULL : labels__put(&b->settings->order, name.data, name.n);
  ml_buf_release(&name);
  return code;
}

bool fresh__build_add(fresh_builder *b, const fresh_column *column) {
  size_t n_before = b->settings->order.n;
  uint32_t place = remember(b, column);
  if (place == LABELS_FULL) return false;
  if (place < n_before) return true;
  fresh_list *list = list_of(b, column);
  return list && add_set(list, column);
}

ml_status fresh__build_end(fresh_builder *b, ml_status status, ml_fresh_settings **out) {
  labels__release(&b->kinds);
  if (status == ML_OK) {
    fresh__sort_kinds(b->settings);
    fresh__sort_sets(b->settings);
    *out = b->settings;
  } else {
    ml_fresh_settings_free(b->settings);
  }
  return status;
}

/* ---- a part of other settings ---------------------------------------------------------------- */

/* What a column is. */
typedef struct origin {
  const char *kind;
  const fresh_setting *setting;
  size_t i_args;
} origin;

/* All columns of settings; codes of their names are places in the list. */
typedef struct columns {
  labels names;
  origin *origins;
  size_t n, capacity;
} columns;

static bool add_origin(columns *all, const origin *o) {
  const ml_fresh_feature *info = &o->setting->feature->info;
  ml_buf name = {0};
  ml_fresh_column(o->kind, info, o->setting->args + o->i_args * info->n_params, &name);
  uint32_t code = name.failed ? LABELS_FULL : labels__put(&all->names, name.data, name.n);
  ml_buf_release(&name);
  if (code != all->n) return code != LABELS_FULL; /* the first of a name has it */
  if (all->n == all->capacity) {
    size_t capacity = all->capacity ? 2 * all->capacity : 256;
    origin *grown = reallocarray(all->origins, capacity, sizeof *grown);
    if (!grown) return false;
    all->origins = grown;
    all->capacity = capacity;
  }
  all->origins[all->n++] = *o;
  return true;
}

static bool list_columns(const ml_fresh_settings *settings, const ml_series_set *set,
                         columns *all) {
  for (size_t k = 0; k < set->n_kinds; k++) {
    const fresh_list *list = fresh__list_of(settings, set->kinds[k]);
    for (size_t s = 0; s < list->n; s++)
      for (size_t i = 0; i < list->settings[s].n_args; i++)
        if (!add_origin(all, &(origin){set->kinds[k], &list->settings[s], i})) return false;
  }
  return true;
}

static ml_status take_column(fresh_builder *b, columns *all, const char *name, ml_error *err) {
  uint32_t code = labels__put(&all->names, name, strlen(name));
  if (code == LABELS_FULL) return ml_error_memory(err);
  if (code >= all->n)
    return ml_error_set(err, ML_ERR_PARSE, "column '%.160s' is none of these settings", name);
  const origin *o = &all->origins[code];
  size_t n_params = o->setting->feature->info.n_params;
  fresh_column column = {
      .kind = o->kind, .n_kind = strlen(o->kind), .feature = o->setting->feature};
  if (n_params > 0)
    memcpy(column.values, o->setting->args + o->i_args * n_params,
           n_params * sizeof *column.values);
  return fresh__build_add(b, &column) ? ML_OK : ml_error_memory(err);
}

ml_status fresh__settings_part(const ml_fresh_settings *settings, const ml_series_set *set,
                               const char *const *names, size_t n, ml_fresh_settings **out,
                               ml_error *err) {
  fresh_builder b;
  columns all = {0};
  ml_status status =
      fresh__build_begin(&b) && list_columns(settings, set, &all) ? ML_OK : ml_error_memory(err);
  for (size_t i = 0; i < n && status == ML_OK; i++) status = take_column(&b, &all, names[i], err);
  labels__release(&all.names);
  free(all.origins);
  return fresh__build_end(&b, status, out);
}
