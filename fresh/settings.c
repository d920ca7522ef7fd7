/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings by name, by calculators, and written as JSON. */
#include "settings.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

static int compare_kinds(const void *a, const void *b) {
  return strcmp(((const fresh_kind_list *)a)->kind, ((const fresh_kind_list *)b)->kind);
}

void fresh__sort_kinds(ml_fresh_settings *settings) {
  if (settings->n_kinds > 1)
    qsort(settings->kinds, settings->n_kinds, sizeof *settings->kinds, compare_kinds);
}

static int compare_sets(const void *a, const void *b) {
  const ml_param_value *left = a, *right = b;
  return (left->v > right->v) - (left->v < right->v);
}

void fresh__sort_sets(ml_fresh_settings *settings) {
  for (size_t k = 0; k < settings->n_kinds; k++) {
    const fresh_list *list = &settings->kinds[k].list;
    for (size_t i = 0; i < list->n; i++) {
      const fresh_setting *s = &list->settings[i];
      if (s->feature->wants_ascending) qsort(s->args, s->n_args, sizeof *s->args, compare_sets);
    }
  }
}

const fresh_list *fresh__list_of(const ml_fresh_settings *settings, const char *kind) {
  const fresh_kind_list key = {.kind = (char *)(uintptr_t)kind};
  const fresh_kind_list *found = NULL;
  if (settings->n_kinds > 0)
    found = bsearch(&key, settings->kinds, settings->n_kinds, sizeof key, compare_kinds);
  return found ? &found->list : &settings->defaults;
}

fresh_setting *fresh__list_add(fresh_list *list, const fresh_feature *feature, size_t n_args) {
  if (list->n == list->capacity) {
    size_t capacity = list->capacity ? 2 * list->capacity : 16;
    fresh_setting *grown = reallocarray(list->settings, capacity, sizeof *grown);
    if (!grown) return NULL;
    list->settings = grown;
    list->capacity = capacity;
  }
  fresh_setting setting = {.feature = feature, .n_args = n_args};
  if (feature->info.n_params > 0) {
    setting.args = calloc(n_args * feature->info.n_params, sizeof *setting.args);
    if (!setting.args) return NULL;
  }
  list->settings[list->n] = setting;
  return &list->settings[list->n++];
}

bool fresh__setting_add(fresh_setting *setting, const ml_param_value *values) {
  size_t n = setting->n_args, n_params = setting->feature->info.n_params;
  if (n > 0 && (n & (n - 1)) == 0) { /* full: 1, 2, 4, ... */
    ml_param_value *grown = reallocarray(setting->args, 2 * n, n_params * sizeof *grown);
    if (!grown) return false;
    setting->args = grown;
  }
  memcpy(setting->args + n * n_params, values, n_params * sizeof *values);
  setting->n_args++;
  return true;
}

ml_param_value *fresh__settings_items(ml_fresh_settings *settings, size_t n) {
  fresh_items *items = malloc(sizeof *items + n * sizeof *items->values);
  if (!items) return NULL;
  items->next = settings->items;
  settings->items = items;
  return items->values;
}

static void release_list(fresh_list *list) {
  for (size_t i = 0; i < list->n; i++) free(list->settings[i].args);
  free(list->settings);
}

void ml_fresh_settings_free(ml_fresh_settings *settings) {
  if (!settings) return;
  release_list(&settings->defaults);
  for (size_t i = 0; i < settings->n_kinds; i++) {
    free(settings->kinds[i].kind);
    release_list(&settings->kinds[i].list);
  }
  free(settings->kinds);
  labels__release(&settings->order);
  free(settings->ranges);
  for (fresh_items *items = settings->items, *next; items; items = next) {
    next = items->next;
    free(items);
  }
  free(settings);
}

void ml_fresh_settings_set_compat(ml_fresh_settings *settings, ml_compat compat) {
  settings->is_modern = compat == ML_COMPAT_MODERN;
}

ml_compat ml_fresh_settings_compat(const ml_fresh_settings *settings) {
  return settings->is_modern ? ML_COMPAT_MODERN : ML_COMPAT_REFERENCE;
}

/* ---- what is replaced ---- */

const ml_impute_range *ml_fresh_settings_ranges(const ml_fresh_settings *settings, size_t *n) {
  *n = settings->ranges ? settings->order.n : 0;
  return settings->ranges;
}

static ml_status check_ranges(const ml_fresh_settings *settings, const ml_impute_range *ranges,
                              size_t n, ml_error *err) {
  if (n != settings->order.n || n == 0)
    return ml_error_set(err, ML_ERR_USAGE, "%zu ranges for %zu columns that have an order", n,
                        settings->order.n);
  for (size_t j = 0; j < n; j++) {
    const ml_impute_range *r = &ranges[j];
    if (!isfinite(r->min) || !isfinite(r->max) || !isfinite(r->median))
      return ml_error_set(err, ML_ERR_USAGE, "the range of column '%.160s' is not finite",
                          labels__text(&settings->order, (uint32_t)j));
  }
  return ML_OK;
}

ml_status ml_fresh_settings_set_ranges(ml_fresh_settings *settings, const ml_impute_range *ranges,
                                       size_t n, ml_error *err) {
  ml_impute_range *copy = NULL;
  if (ranges) {
    ml_status status = check_ranges(settings, ranges, n, err);
    if (status != ML_OK) return status;
    if (!(copy = reallocarray(NULL, n, sizeof *copy))) return ml_error_memory(err);
    memcpy(copy, ranges, n * sizeof *copy);
  }
  free(settings->ranges);
  settings->ranges = copy;
  return ML_OK;
}

/* ---- calculators with their default grids ---- */

bool fresh__list_add_grid(fresh_list *list, const fresh_feature *feature) {
  const ml_fresh_feature *info = &feature->info;
  fresh_setting *setting = fresh__list_add(list, feature, info->n_grid);
  if (!setting) return false;
  if (info->n_params > 0)
    memcpy(setting->args, info->grid, info->n_grid * info->n_params * sizeof *info->grid);
  return true;
}

/* Every calculator that `wanted` holds for. */
static ml_status new_settings(bool (*wanted)(const fresh_feature *, const void *), const void *ctx,
                              ml_fresh_settings **out, ml_error *err) {
  ml_fresh_settings *settings = calloc(1, sizeof *settings);
  if (!settings) return ml_error_memory(err);
  for (size_t i = 0; i < fresh__n_features; i++) {
    if (!wanted(fresh__features[i], ctx) ||
        fresh__list_add_grid(&settings->defaults, fresh__features[i]))
      continue;
    ml_fresh_settings_free(settings);
    return ml_error_memory(err);
  }
  *out = settings;
  return ML_OK;
}

static bool is_in_preset(const fresh_feature *feature, const void *preset) {
  return (feature->presets & *(const unsigned *)preset) != 0;
}

static const struct {
  const char *name;
  unsigned preset;
} named[] = {{"comprehensive", FRESH_IN_COMPREHENSIVE},
             {"efficient", FRESH_IN_EFFICIENT},
             {"minimal", FRESH_IN_MINIMAL},
             {"index", FRESH_IN_INDEX},
             {"time", FRESH_IN_TIME},
             {"kx", FRESH_IN_KX},
             {"kx-strict", FRESH_IN_KX_STRICT}};

/* "a, b and c" */
static void list_named(char *text, size_t size) {
  size_t at = 0, n = sizeof named / sizeof *named;
  for (size_t i = 0; i < n && at < size; i++)
    at += (size_t)snprintf(text + at, size - at, "%s%s",
                           i == 0       ? ""
                           : i + 1 == n ? " and "
                                        : ", ",
                           named[i].name);
}

ml_status ml_fresh_settings_named(const char *name, ml_fresh_settings **out, ml_error *err) {
  ml_nearest nearest = ml_nearest_to(name);
  fresh_hint hint;
  for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
    if (strcmp(name, named[i].name) == 0)
      return new_settings(is_in_preset, &named[i].preset, out, err);
    ml_nearest_try(&nearest, named[i].name, strlen(named[i].name));
  }
  char all[256];
  list_named(all, sizeof all);
  return ml_error_set(err, ML_ERR_USAGE,
                      "unknown settings '%s'%s; there are %s, or name a JSON file", name,
                      fresh__hint(&nearest, &hint), all);
}

/* ---- calculators by name ---- */

/* The next of the names separated by commas; NULL at the end. *n is its length. */
static const char *next_name(const char **at, size_t *n) {
  if (!*at) return NULL;
  const char *name = *at + strspn(*at, " "), *comma = strchr(name, ',');
  *n = comma ? (size_t)(comma - name) : strlen(name);
  *at = comma ? comma + 1 : NULL;
  while (*n > 0 && name[*n - 1] == ' ') --*n;
  return name;
}

static bool is_named(const fresh_feature *feature, const void *ctx) {
  const char *name, *at = ctx;
  size_t n;
  while ((name = next_name(&at, &n)))
    if (n == strlen(feature->info.name) && memcmp(name, feature->info.name, n) == 0) return true;
  return false;
}

static ml_status check_name(const char *name, size_t n, ml_error *err) {
  char *copy = strndup(name, n);
  if (!copy) return ml_error_memory(err);
  ml_status status = ML_OK;
  if (n == 0) {
    status = ml_error_set(err, ML_ERR_USAGE, "a name in the list of features is empty");
  } else if (!ml_fresh_find(copy)) {
    fresh_hint hint;
    status = ml_error_set(err, ML_ERR_USAGE, "unknown feature '%s'%s", copy,
                          fresh__feature_hint(copy, &hint));
  }
  free(copy);
  return status;
}

ml_status ml_fresh_settings_features(const char *names, ml_fresh_settings **out, ml_error *err) {
  const char *name, *at = names;
  size_t n;
  while ((name = next_name(&at, &n))) {
    ml_status status = check_name(name, n, err);
    if (status != ML_OK) return status;
  }
  return new_settings(is_named, names, out, err);
}

/* ---- as JSON ---- */

static void write_set(const ml_fresh_feature *info, const ml_param_value *values, ml_buf *out) {
  const char *comma = "";
  ml_buf_puts(out, "{");
  for (size_t k = 0; k < info->n_params; k++) {
    if (values[k].form == ML_FORM_ABSENT) continue;
    ml_buf_printf(out, "%s\"%s\": ", comma, info->params[k].name);
    comma = ", ";
    fresh__value_text(&info->params[k], values[k], true, out);
  }
  ml_buf_puts(out, "}");
}

static void write_list(const fresh_list *list, const char *indent, ml_buf *out) {
  ml_buf_puts(out, "{");
  for (size_t i = 0; i < list->n; i++) {
    const fresh_setting *setting = &list->settings[i];
    const ml_fresh_feature *info = &setting->feature->info;
    ml_buf_printf(out, "%s\n%s  \"%s\": ", i ? "," : "", indent, info->name);
    if (info->n_params == 0) {
      ml_buf_puts(out, "null");
      continue;
    }
    ml_buf_puts(out, "[");
    for (size_t k = 0; k < setting->n_args; k++) {
      ml_buf_puts(out, k ? ", " : "");
      write_set(info, setting->args + k * info->n_params, out);
    }
    ml_buf_puts(out, "]");
  }
  ml_buf_printf(out, "%s%s}", list->n ? "\n" : "", list->n ? indent : "");
}

void fresh__write_kinds(const ml_fresh_settings *settings, ml_buf *out) {
  ml_buf_puts(out, "{");
  for (size_t i = 0; i < settings->n_kinds; i++) {
    ml_buf_puts(out, i ? ",\n    " : "\n    ");
    ml_buf_json_string(out, settings->kinds[i].kind);
    ml_buf_puts(out, ": ");
    write_list(&settings->kinds[i].list, "    ", out);
  }
  ml_buf_puts(out, "\n  }");
}

void ml_fresh_settings_json(const ml_fresh_settings *settings, ml_buf *out) {
  if (settings->n_kinds == 0) {
    write_list(&settings->defaults, "", out);
    ml_buf_puts(out, "\n");
    return;
  }
  ml_buf_puts(out, "{\n  \"default_fc_parameters\": ");
  write_list(&settings->defaults, "  ", out);
  ml_buf_puts(out, ",\n  \"kind_to_fc_parameters\": ");
  fresh__write_kinds(settings, out);
  ml_buf_puts(out, "\n}\n");
}
