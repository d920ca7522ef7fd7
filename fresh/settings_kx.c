/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings from JSON: the shape of KX's hyperparameters.json. */
#include <stdio.h>
#include <string.h>

#include "names.h"
#include "settings_reader.h"

/* Columns of one function; more are a mistake. */
enum { SETS_MAX = 100000 };

/* What one function of KX is to be called with. */
typedef struct grid {
  const fresh_feature *feature;
  fresh_setting *setting;
  labels columns;
  struct {
    size_t param;              /* its index */
    json_t *values;            /* a list, or one value */
  } axes[ML_FRESH_MAX_PARAMS]; /* parameters as the document has them; the last varies fastest */
  size_t n_axes;
  ml_param_value values[ML_FRESH_MAX_PARAMS];
} grid;

bool fresh__is_kx_shape(json_t *json) {
  const char *name, *param;
  json_t *params, *entry;
  json_object_foreach(json, name, params)
      json_object_foreach(params, param, entry) if (json_is_object(entry)) return true;
  return false;
}

/* ---- names ---- */

/* Behind "kx." */
static const char *name_of(const ml_fresh_feature *info) {
  return strchr(info->name, '.') + 1;
}

/* Parameters of ours that say which of several values of a function is meant. */
static bool is_added(const ml_fresh_param *param) {
  static const char *const added[] = {"attr", "bin", "chunk", "index", "key"};
  for (size_t i = 0; i < sizeof added / sizeof *added; i++)
    if (strcmp(param->name, added[i]) == 0) return true;
  return false;
}

static size_t count_own(const ml_fresh_feature *info) {
  size_t n = 0;
  for (size_t k = 0; k < info->n_params; k++) n += !is_added(&info->params[k]);
  return n;
}

static ml_status fail_unknown(const fresh_reader *r, const char *what, const char *name,
                              const ml_nearest *nearest) {
  fresh_wrong wrong;
  fresh_hint hint;
  snprintf(wrong.text, sizeof wrong.text, "unknown %s '%.100s'%s", what, name,
           fresh__hint(nearest, &hint));
  return fresh__fail_at(r, name, wrong.text);
}

static ml_status check_function(const fresh_reader *r, const char *name) {
  size_t n;
  const ml_fresh_feature *const *features = ml_fresh_catalogue("kx", &n);
  ml_nearest nearest = ml_nearest_to(name);
  for (size_t i = 0; i < n; i++) {
    const char *known = name_of(features[i]);
    if (strcmp(name, known) == 0) return ML_OK;
    ml_nearest_try(&nearest, known, strlen(known));
  }
  return fail_unknown(r, "function of KX", name, &nearest);
}

static ml_status find_param(const fresh_reader *r, const ml_fresh_feature *info, const char *name,
                            size_t *out) {
  ml_nearest nearest = ml_nearest_to(name);
  for (*out = 0; *out < info->n_params; ++*out) {
    const ml_fresh_param *param = &info->params[*out];
    if (is_added(param)) continue;
    if (strcmp(name, param->name) == 0) return ML_OK;
    ml_nearest_try(&nearest, param->name, strlen(param->name));
  }
  return fail_unknown(r, "parameter", name, &nearest);
}

/* ---- one parameter ---- */

enum { TYPE_FLOAT, TYPE_BOOLEAN, TYPE_INT, TYPE_LONG, N_TYPES };

/* A parameter without a type is taken as it is. */
static ml_status read_type(fresh_reader *r, const json_t *type, size_t *out) {
  static const char *const types[N_TYPES] = {"float", "boolean", "int", "long"};
  *out = TYPE_FLOAT;
  if (!type) return ML_OK;
  fresh__enter(r, "type", 0);
  const char *text = json_string_value(type);
  ml_nearest nearest = ml_nearest_to(text ? text : "");
  for (; text && *out < N_TYPES; ++*out) {
    ml_nearest_try(&nearest, types[*out], strlen(types[*out]));
    if (strcmp(text, types[*out]) == 0) break;
  }
  fresh_wrong wrong;
  fresh_hint hint;
  snprintf(wrong.text, sizeof wrong.text, "expected one of long|float|int|boolean as a string%s",
           text ? fresh__hint(&nearest, &hint) : "");
  ml_status status = text && *out < N_TYPES ? ML_OK : fresh__fail(r, wrong.text);
  fresh__leave(r);
  return status;
}

/* The value we are at has the type. */
static ml_status check_type(const fresh_reader *r, const json_t *value, size_t type) {
  double v = json_real_value(value); /* 0 of all that is no real */
  if ((type == TYPE_INT || type == TYPE_LONG) && v != floor(v))
    return fresh__fail(r, "expected an integer, as the type says");
  if (type == TYPE_BOOLEAN && !json_is_boolean(value) &&
      (!json_is_integer(value) || json_integer_value(value) >> 1 != 0))
    return fresh__fail(r, "expected true or false, as the type says");
  return ML_OK;
}

/* @param index  in the list; the value itself where there is no list */
static ml_status take_value(fresh_reader *r, grid *g, size_t axis, size_t index, size_t type) {
  json_t *values = g->axes[axis].values;
  const ml_fresh_param *param = &g->feature->info.params[g->axes[axis].param];
  bool is_list = json_is_array(values);
  json_t *value = is_list ? json_array_get(values, index) : values;
  if (is_list) fresh__enter(r, NULL, index);
  ml_status status = check_type(r, value, type);
  if (status == ML_OK) status = fresh__read_value(r, param, value, &g->values[g->axes[axis].param]);
  if (is_list) fresh__leave(r);
  return status;
}

static size_t length_of(const json_t *values) {
  return json_is_array(values) ? json_array_size(values) : 1;
}

/* Every value is looked at where it stands, before they are combined. */
static ml_status check_values(fresh_reader *r, grid *g, size_t axis, size_t type) {
  size_t n = length_of(g->axes[axis].values);
  ml_status status = ML_OK;
  fresh__enter(r, "value", 0);
  if (n == 0) status = fresh__fail(r, "the list is empty");
  for (size_t i = 0; i < n && status == ML_OK; i++) status = take_value(r, g, axis, i, type);
  fresh__leave(r);
  return status;
}

static ml_status read_entry(fresh_reader *r, grid *g, json_t *entry) {
  const char *key;
  json_t *json;
  size_t type;
  if (!json_is_object(entry))
    return fresh__fail(r, "expected an object, as in {\"value\": [...], \"type\": \"long\"}");
  json_object_foreach(entry, key, json) {
    if (strcmp(key, "value") == 0 || strcmp(key, "type") == 0) continue;
    ml_nearest nearest = ml_nearest_to(key);
    ml_nearest_try(&nearest, "value", 5);
    ml_nearest_try(&nearest, "type", 4);
    return fail_unknown(r, "key", key, &nearest);
  }
  g->axes[g->n_axes].values = json_object_get(entry, "value");
  if (!g->axes[g->n_axes].values) return fresh__fail(r, "'value' is missing");
  ml_status status = read_type(r, json_object_get(entry, "type"), &type);
  if (status == ML_OK) status = check_values(r, g, g->n_axes, type);
  g->n_axes++;
  return status;
}

/* ---- all values of a function ---- */

static ml_status keep(const fresh_reader *r, grid *g) {
  if (g->setting->n_args == SETS_MAX) return fresh__fail(r, "more than 100000 columns");
  return fresh__keep_set(r, g->values, g->setting, &g->columns);
}

/* Numbers that say which value is meant go on as long as they fit the other parameters. */
static ml_status keep_numbers(const fresh_reader *r, grid *g) {
  const ml_fresh_feature *info = &g->feature->info;
  size_t k = 0;
  while (k < info->n_params &&
         !(is_added(&info->params[k]) && info->params[k].kind == ML_PARAM_INT))
    k++;
  if (k == info->n_params) return keep(r, g);
  ml_status status = ML_OK;
  for (double v = info->params[k].lo; status == ML_OK; v++) {
    g->values[k] = (ml_param_value)FRESH_INT(v);
    if (g->feature->check(g->values)) break;
    status = keep(r, g);
  }
  return status;
}

/* Choices that say which value is meant, in the order that they have by default. */
static ml_status keep_choices(const fresh_reader *r, grid *g) {
  const ml_fresh_feature *info = &g->feature->info;
  unsigned done = 0;
  size_t k = 0;
  while (k < info->n_params && info->params[k].kind != ML_PARAM_ENUM) k++;
  if (k == info->n_params) return keep_numbers(r, g);
  ml_status status = ML_OK;
  for (size_t i = 0; i < info->n_grid && status == ML_OK; i++) {
    const ml_param_value *choice = &info->grid[i * info->n_params + k];
    if (done >> (unsigned)choice->v & 1) continue;
    done |= 1u << (unsigned)choice->v;
    g->values[k] = *choice;
    status = keep_numbers(r, g);
  }
  return status;
}

static ml_status combine(fresh_reader *r, grid *g, size_t axis) {
  if (axis == g->n_axes) return keep_choices(r, g);
  ml_status status = ML_OK;
  size_t n = length_of(g->axes[axis].values);
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    status = take_value(r, g, axis, i, TYPE_FLOAT);
    if (status == ML_OK) status = combine(r, g, axis + 1);
  }
  return status;
}

static ml_status check_complete(const fresh_reader *r, const grid *g) {
  const ml_fresh_feature *info = &g->feature->info;
  fresh_wrong wrong;
  for (size_t k = 0; k < info->n_params; k++) {
    bool is_there = is_added(&info->params[k]);
    for (size_t i = 0; i < g->n_axes; i++) is_there |= g->axes[i].param == k;
    if (is_there) continue;
    snprintf(wrong.text, sizeof wrong.text, "parameter '%s' is missing", info->params[k].name);
    return fresh__fail(r, wrong.text);
  }
  return ML_OK;
}

/* Combinations that are the same column are one; the count of all bounds the work. */
static ml_status check_count(const fresh_reader *r, const grid *g) {
  size_t n = 1;
  for (size_t i = 0; i < g->n_axes; i++) {
    n *= length_of(g->axes[i].values);
    if (n > SETS_MAX) return fresh__fail(r, "more than 100000 combinations of values");
  }
  return ML_OK;
}

static ml_status read_function(fresh_reader *r, json_t *params, fresh_list *list,
                               const fresh_feature *feature) {
  grid g = {.feature = feature};
  const char *name;
  json_t *entry;
  ml_status status = ML_OK;
  if (!json_is_object(params)) return fresh__fail(r, "expected an object of parameters");
  json_object_foreach(params, name, entry) {
    status = find_param(r, &feature->info, name, &g.axes[g.n_axes].param);
    if (status != ML_OK) return status;
    fresh__enter(r, name, 0);
    status = read_entry(r, &g, entry);
    fresh__leave(r);
    if (status != ML_OK) return status;
  }
  status = check_complete(r, &g);
  if (status == ML_OK) status = check_count(r, &g);
  if (status != ML_OK) return status;
  if (!(g.setting = fresh__list_add(list, feature, 1))) return ml_error_memory(r->err);
  g.setting->n_args = 0;
  status = combine(r, &g, 0);
  labels__release(&g.columns);
  return status;
}

static ml_status read_bare_function(const fresh_reader *r, const json_t *params, fresh_list *list,
                                    const fresh_feature *feature) {
  bool is_empty =
      !params || json_is_null(params) || (json_is_object(params) && json_object_size(params) == 0);
  if (!is_empty) return fresh__fail(r, "the function takes no parameters");
  return fresh__list_add_grid(list, feature) ? ML_OK : ml_error_memory(r->err);
}

/* As in the toolkit, functions that take parameters are there when the document has them, and all
 * others always. */
ml_status fresh__read_kx(fresh_reader *r, json_t *json, fresh_list *list) {
  const char *name;
  json_t *params;
  ml_status status = ML_OK;
  size_t n;
  const ml_fresh_feature *const *features = ml_fresh_catalogue("kx", &n);
  json_object_foreach(json, name, params) {
    status = check_function(r, name);
    if (status != ML_OK) return status;
  }
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    const fresh_feature *feature = (const fresh_feature *)features[i];
    name = name_of(features[i]);
    params = json_object_get(json, name);
    fresh__enter(r, name, 0);
    if (count_own(features[i]) == 0)
      status = read_bare_function(r, params, list, feature);
    else if (params)
      status = read_function(r, params, list, feature);
    fresh__leave(r);
  }
  return status;
}
