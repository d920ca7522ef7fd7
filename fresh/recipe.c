/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recipes: columns in their order, what replaces their odd values, and whose numbers they have. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/number.h>

#include "names.h"
#include "settings_build.h"
#include "settings_reader.h"

static const char *const keys[] = {"columns", "impute", "compat", "kind_to_fc_parameters"};
static const char *const range_keys[] = {"min", "max", "median"};
static const char *const compat_names[] = {
    [ML_COMPAT_REFERENCE] = "reference", [ML_COMPAT_MODERN] = "modern"};

enum { N_KEYS = sizeof keys / sizeof *keys, N_RANGE_KEYS = 3, N_COMPATS = 2 };

/* One number of a range. */
static double *range_part(ml_impute_range *range, size_t key) {
  return key == 0 ? &range->min : key == 1 ? &range->max : &range->median;
}

/* ---- reading: columns ------------------------------------------------------------------------ */

/* The columns of a document. */
typedef struct listing {
  fresh_reader *r;
  json_t *json;
  labels names; /* by code: their places */
  bool *seen;   /* the settings of the document compute them */
} listing;

static ml_status fail_column(const listing *l, size_t i, const char *what) {
  fresh__enter(l->r, "columns", 0);
  fresh__enter(l->r, NULL, i);
  ml_status status = fresh__fail(l->r, what);
  l->r->n_steps -= 2;
  return status;
}

static ml_status take_name(listing *l, size_t i) {
  const json_t *json = json_array_get(l->json, i);
  if (!json_is_string(json)) return fail_column(l, i, "expected the name of a column");
  uint32_t code = labels__put(&l->names, json_string_value(json), json_string_length(json));
  if (code == LABELS_FULL) return ml_error_memory(l->r->err);
  return code == i ? ML_OK : fail_column(l, i, "a column of this name is there already");
}

static ml_status take_names(listing *l) {
  size_t n = json_array_size(l->json);
  ml_status status = ML_OK;
  fresh__enter(l->r, "columns", 0);
  if (!json_is_array(l->json))
    status = fresh__fail(l->r, "expected a list of names");
  else if (n == 0)
    status = fresh__fail(l->r, "expected one name at least; a selection of nothing leaves none");
  fresh__leave(l->r);
  for (size_t i = 0; i < n && status == ML_OK; i++) status = take_name(l, i);
  return status;
}

/* What the names say is all that is known. The place of a mistake is that of the name. */
static ml_status read_by_names(listing *l) {
  size_t n = l->names.n, wrong = 0;
  ml_fresh_settings *settings = NULL;
  const char **names = calloc(n, sizeof *names);
  if (!names) return ml_error_memory(l->r->err);
  for (size_t i = 0; i < n; i++) names[i] = labels__text(&l->names, (uint32_t)i);
  ml_status status =
      fresh__settings_from_names(names, n, l->r->source, &wrong, &settings, l->r->err);
  free(names);
  if (status == ML_ERR_PARSE && l->r->err) {
    const fresh_step at[] = {{"columns", 0}, {NULL, wrong}};
    fresh__json_place(l->r->text, l->r->n, at, 2, false, &l->r->err->line, &l->r->err->column);
  }
  if (status != ML_OK) return status;
  ml_fresh_settings_free(l->r->settings);
  l->r->settings = settings;
  if (settings->order.n == n) return ML_OK;
  fresh__enter(l->r, "columns", 0);
  return fresh__fail(l->r, "a column is there twice, in two spellings");
}

/* ---- reading: columns and the settings that compute them ------------------------------------- */

/* The place of a column, by its name; l->names.n or more: it is none of them, or had already.
 * LABELS_FULL: memory ran out */
static uint32_t place_of(const listing *l, labels *there, const char *kind,
                         const ml_fresh_feature *info, const ml_param_value *values) {
  ml_buf name = {0};
  ml_fresh_column(kind, info, values, &name);
  uint32_t code = name.failed ? LABELS_FULL : labels__put(there, name.data, name.n);
  ml_buf_release(&name);
  return code < l->names.n && l->seen[code] ? (uint32_t)l->names.n : code;
}

/* JSON has no tuples: whether one was meant is to be seen from the name. */
static bool make_tuples(const ml_fresh_feature *info, ml_param_value *values) {
  bool has_list = false;
  for (size_t k = 0; k < info->n_params; k++) {
    if (values[k].form != ML_FORM_LIST) continue;
    values[k].form = ML_FORM_TUPLE;
    has_list = true;
  }
  return has_list;
}

static ml_status fail_set(const listing *l, const char *kind, const fresh_setting *setting,
                          size_t i) {
  fresh_reader *r = l->r;
  fresh__enter(r, "kind_to_fc_parameters", 0);
  fresh__enter(r, kind, 0);
  fresh__enter(r, setting->feature->info.name, 0);
  if (setting->feature->info.n_params > 0) fresh__enter(r, NULL, i);
  r->is_wrapped = true;
  return fresh__fail(r, "this is none of the columns");
}

static ml_status match_set(const listing *l, labels *there, const char *kind,
                           const fresh_setting *setting, size_t i) {
  const ml_fresh_feature *info = &setting->feature->info;
  /* A calculator without parameters has no values, and nothing is added to NULL. */
  ml_param_value *values = info->n_params > 0 ? setting->args + i * info->n_params : NULL;
  uint32_t place = place_of(l, there, kind, info, values);
  if (place >= l->names.n && place != LABELS_FULL && make_tuples(info, values))
    place = place_of(l, there, kind, info, values);
  if (place == LABELS_FULL) return ml_error_memory(l->r->err);
  if (place >= l->names.n) return fail_set(l, kind, setting, i);
  l->seen[place] = true;
  return ML_OK;
}

static ml_status match_list(const listing *l, labels *there, const fresh_kind_list *of) {
  ml_status status = ML_OK;
  for (size_t s = 0; s < of->list.n && status == ML_OK; s++)
    for (size_t i = 0; i < of->list.settings[s].n_args && status == ML_OK; i++)
      status = match_set(l, there, of->kind, &of->list.settings[s], i);
  return status;
}

static bool copy_names(const labels *from, labels *to) {
  for (size_t i = 0; i < from->n; i++)
    if (labels__put(to, labels__text(from, (uint32_t)i), from->entries[i].n) == LABELS_FULL)
      return false;
  return true;
}

/* Who edits a recipe by hand need not edit it twice. */
static ml_status fail_computed(const listing *l, size_t i) {
  fresh_wrong wrong;
  fresh__refuse(&wrong,
                "nothing in kind_to_fc_parameters computes '%.100s'; without it the names say "
                "what is meant",
                labels__text(&l->names, (uint32_t)i));
  return fail_column(l, i, wrong.text);
}

/* The settings must give the columns, and these only. */
static ml_status match(listing *l) {
  ml_fresh_settings *settings = l->r->settings;
  labels there = {0};
  l->seen = calloc(l->names.n, sizeof *l->seen);
  ml_status status = l->seen && copy_names(&l->names, &there) ? ML_OK : ml_error_memory(l->r->err);
  for (size_t k = 0; k < settings->n_kinds && status == ML_OK; k++)
    status = match_list(l, &there, &settings->kinds[k]);
  for (size_t i = 0; i < l->names.n && status == ML_OK; i++)
    if (!l->seen[i]) status = fail_computed(l, i);
  labels__release(&there);
  free(l->seen);
  if (status != ML_OK) return status;
  settings->order = l->names;
  l->names = (labels){0};
  fresh__sort_sets(settings);
  return ML_OK;
}

static ml_status read_columns(fresh_reader *r, json_t *root) {
  json_t *kinds = json_object_get(root, "kind_to_fc_parameters");
  listing l = {.r = r, .json = json_object_get(root, "columns")};
  ml_status status = take_names(&l);
  if (status == ML_OK && kinds && !json_is_null(kinds)) {
    fresh__enter(r, "kind_to_fc_parameters", 0);
    r->is_wrapped = true;
    status = fresh__read_kinds(r, kinds);
    if (status == ML_OK) {
      fresh__leave(r);
      r->is_wrapped = false;
      status = match(&l);
    }
  } else if (status == ML_OK) {
    status = read_by_names(&l);
  }
  labels__release(&l.names);
  return status;
}

/* ---- reading: the rest ----------------------------------------------------------------------- */

/* " (did you mean 'x'?)" */
static ml_status fail_key(const fresh_reader *r, const char *key, const char *what,
                          const char *const *known, size_t n, bool is_value) {
  ml_nearest nearest = ml_nearest_to(key);
  fresh_hint hint;
  fresh_wrong wrong;
  for (size_t i = 0; i < n; i++) ml_nearest_try(&nearest, known[i], strlen(known[i]));
  snprintf(wrong.text, sizeof wrong.text, "unknown %s '%.200s'%s", what, key,
           fresh__hint(&nearest, &hint));
  return is_value ? fresh__fail(r, wrong.text) : fresh__fail_at(r, key, wrong.text);
}

static bool is_among(const char *text, const char *const *known, size_t n) {
  size_t i = 0;
  while (i < n && strcmp(text, known[i]) != 0) i++;
  return i < n;
}

static ml_status check_keys(const fresh_reader *r, json_t *json, const char *what,
                            const char *const *known, size_t n) {
  const char *key;
  json_t *unused;
  json_object_foreach(json, key, unused) {
    if (!is_among(key, known, n)) return fail_key(r, key, what, known, n, false);
  }
  return ML_OK;
}

static ml_status read_range_part(fresh_reader *r, json_t *json, size_t key,
                                 ml_impute_range *ranges) {
  size_t n = r->settings->order.n;
  if (!json_is_array(json) || json_array_size(json) != n) {
    fresh_wrong wrong;
    snprintf(wrong.text, sizeof wrong.text, "expected a list of %zu number%s, as there are columns",
             n, n == 1 ? "" : "s");
    return fresh__fail(r, wrong.text);
  }
  for (size_t j = 0; j < n; j++) {
    const json_t *number = json_array_get(json, j);
    double v = json_number_value(number);
    fresh__enter(r, NULL, j);
    if (!json_is_number(number)) return fresh__fail(r, "expected a finite number");
    fresh__leave(r);
    *range_part(&ranges[j], key) = v;
  }
  return ML_OK;
}

static ml_status read_ranges(fresh_reader *r, json_t *json, ml_impute_range *ranges) {
  ml_status status = check_keys(r, json, "key", range_keys, N_RANGE_KEYS);
  for (size_t key = 0; key < N_RANGE_KEYS && status == ML_OK; key++) {
    json_t *list = json_object_get(json, range_keys[key]);
    if (!list) {
      fresh_wrong wrong;
      snprintf(wrong.text, sizeof wrong.text, "'%s' is missing", range_keys[key]);
      return fresh__fail(r, wrong.text);
    }
    fresh__enter(r, range_keys[key], 0);
    status = read_range_part(r, list, key, ranges);
    fresh__leave(r);
  }
  return status;
}

static ml_status read_impute(fresh_reader *r, json_t *json) {
  if (!json || json_is_null(json)) return ML_OK;
  fresh__enter(r, "impute", 0);
  if (!json_is_object(json)) return fresh__fail(r, "expected an object with min, max and median");
  size_t n = r->settings->order.n;
  ml_impute_range *ranges = calloc(n, sizeof *ranges);
  ml_status status = ranges ? read_ranges(r, json, ranges) : ml_error_memory(r->err);
  if (status == ML_OK) status = ml_fresh_settings_set_ranges(r->settings, ranges, n, r->err);
  free(ranges);
  fresh__leave(r);
  return status;
}

static ml_status read_compat(fresh_reader *r, json_t *json) {
  if (!json || json_is_null(json)) return ML_OK;
  fresh__enter(r, "compat", 0);
  if (!json_is_string(json)) return fresh__fail(r, "expected \"reference\" or \"modern\"");
  const char *text = json_string_value(json);
  for (size_t i = 0; i < N_COMPATS; i++) {
    if (strcmp(text, compat_names[i]) != 0) continue;
    ml_fresh_settings_set_compat(r->settings, (ml_compat)i);
    fresh__leave(r);
    return ML_OK;
  }
  return fail_key(r, text, "compatibility", compat_names, N_COMPATS, true);
}

bool fresh__is_recipe(json_t *root) {
  return json_object_get(root, "columns") != NULL;
}

ml_status fresh__read_recipe(fresh_reader *r, json_t *root) {
  ml_status status = check_keys(r, root, "key of a recipe", keys, N_KEYS);
  if (status == ML_OK) status = read_columns(r, root);
  if (status == ML_OK) status = read_impute(r, json_object_get(root, "impute"));
  if (status == ML_OK) status = read_compat(r, json_object_get(root, "compat"));
  return status;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void put_columns(const ml_fresh_settings *settings, ml_buf *out) {
  ml_buf_puts(out, "{\n  \"columns\": [");
  for (size_t j = 0; j < settings->order.n; j++) {
    ml_buf_puts(out, j ? ",\n    " : "\n    ");
    ml_buf_json_string(out, labels__text(&settings->order, (uint32_t)j));
  }
  ml_buf_puts(out, "\n  ],\n");
}

static void put_ranges(const ml_fresh_settings *settings, ml_buf *out) {
  if (!settings->ranges) return;
  ml_buf_puts(out, "  \"impute\": {");
  for (size_t key = 0; key < N_RANGE_KEYS; key++) {
    ml_buf_printf(out, "%s\n    \"%s\": [", key ? "," : "", range_keys[key]);
    for (size_t j = 0; j < settings->order.n; j++) {
      char number[ML_NUMBER_MAX]; /* with a point or an exponent: -0 would be an integer */
      ml_number_repr(*range_part(&settings->ranges[j], key), number);
      ml_buf_printf(out, "%s%s", j ? ", " : "", number);
    }
    ml_buf_puts(out, "]");
  }
  ml_buf_puts(out, "\n  },\n");
}

static void put_recipe(const ml_fresh_settings *settings, ml_buf *out) {
  put_columns(settings, out);
  put_ranges(settings, out);
  ml_buf_printf(out, "  \"compat\": \"%s\",\n  \"kind_to_fc_parameters\": ",
                compat_names[ml_fresh_settings_compat(settings)]);
  fresh__write_kinds(settings, out);
  ml_buf_puts(out, "\n}\n");
}

/* Takes the settings. */
static ml_status write_recipe(ml_fresh_settings *settings, size_t n, const ml_impute_range *ranges,
                              ml_compat compat, ml_buf *out, ml_error *err) {
  ml_status status = ML_OK;
  if (settings->order.n != n)
    status = ml_error_set(err, ML_ERR_PARSE, "a column is there twice among those of a recipe");
  if (status == ML_OK && n > 0) status = ml_fresh_settings_set_ranges(settings, ranges, n, err);
  ml_fresh_settings_set_compat(settings, compat);
  if (status == ML_OK) put_recipe(settings, out);
  ml_fresh_settings_free(settings);
  return status == ML_OK && out->failed ? ml_error_memory(err) : status;
}

ml_status ml_fresh_recipe(const char *const *names, size_t n, const ml_impute_range *ranges,
                          ml_compat compat, ml_buf *out, ml_error *err) {
  ml_fresh_settings *settings = NULL;
  ml_status status = fresh__settings_from_names(names, n, NULL, NULL, &settings, err);
  return status == ML_OK ? write_recipe(settings, n, ranges, compat, out, err) : status;
}

ml_status ml_fresh_recipe_of(const ml_series_set *set, const ml_fresh_settings *settings,
                             const char *const *names, size_t n, const ml_impute_range *ranges,
                             ml_buf *out, ml_error *err) {
  ml_fresh_settings *part = NULL, *own = NULL;
  ml_status status = ML_OK;
  if (!settings) status = ml_fresh_settings_named("comprehensive", &own, err);
  const ml_fresh_settings *whole = settings ? settings : own;
  if (status == ML_OK) status = fresh__settings_part(whole, set, names, n, &part, err);
  if (status == ML_OK)
    status = write_recipe(part, n, ranges, ml_fresh_settings_compat(whole), out, err);
  ml_fresh_settings_free(own);
  return status;
}
