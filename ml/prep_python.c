/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The step py:MODULE.FUNCTION: a function of Python makes other columns of the columns of numbers.
 * It learns nothing; what is kept is its name, and which file it was in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/functions_internal.h>

#include "prep_internal.h"

_Static_assert((int)PREP_DIGEST == (int)ML_PLUGIN_DIGEST, "it is copied");

/* ---- the step ---- */

ml_status prep__parse_python(const char *argument, prep_step *step, ml_error *err) {
  const char *point = strrchr(argument, '.');
  step->function = argument;
  if (point && point > argument && point[1] && !strpbrk(argument, " \t/=:()")) return ML_OK;
  return ml_error_set(err, ML_ERR_USAGE,
                      "py:%.100s names no function: a function of Python is named with its module, "
                      "as in py:mymodule.logs",
                      argument);
}

static ml_status find(const char *name, const ml_plugin **plugin, char digest[PREP_DIGEST],
                      ml_error *err) {
  ml_status status = functions__plugin("functions of Python", plugin, err);
  return status == ML_OK ? (*plugin)->step(name, digest, err) : status;
}

/* How many columns there will be is known when it has been called. */
ml_status prep__check_python(const prep_step *step, const ml_dataset *data, prep_shape *shape,
                             ml_error *err) {
  const ml_plugin *plugin;
  char digest[PREP_DIGEST];
  (void)data;
  shape->n_numeric = SIZE_MAX;
  shape->is_exact = false;
  shape->are_made = true;
  return find(step->function, &plugin, digest, err);
}

/* ---- functions ---- */

/* Columns of texts stay. */
static void take_columns(ml_prepared *p, prep_function *function) {
  size_t n_texts = 0;
  for (size_t j = 0; j < p->n; j++) {
    const prep_column c = p->columns[j];
    if (c.has_texts)
      p->columns[n_texts++] = c;
    else
      function->in[function->n_in++] = c;
  }
  p->n = n_texts;
}

prep_function *prep__add_function(ml_prepared *p, const char *name) {
  prep_function *functions = reallocarray(p->functions, p->n_functions + 1, sizeof *functions);
  if (!functions) return NULL;
  p->functions = functions;
  prep_function *function = &functions[p->n_functions];
  *function = (prep_function){.name = strdup(name), .in = calloc(p->n + 1, sizeof *function->in)};
  p->n_functions++; /* whatever it has so far is freed with the others */
  if (!function->name || !function->in) return NULL;
  take_columns(p, function);
  return function;
}

void prep__release_function(prep_function *function) {
  prep__release_columns(function->in, function->n_in);
  for (size_t j = 0; function->names && j < function->n; j++) free(function->names[j]);
  free(function->names);
  free(function->name);
}

/* ---- calls ---- */

/* The columns that it takes, one behind another. @param[out] x  free() it, and names, whatever is
 * returned */
static ml_status gather(const prep_function *function, const ml_dataset *data, const uint32_t *rows,
                        size_t n, double *const *made, double **x, const char ***names,
                        ml_error *err) {
  size_t size;
  *x = NULL;
  *names = calloc(function->n_in + 1, sizeof **names);
  if (!*names || __builtin_mul_overflow(n, function->n_in, &size) ||
      __builtin_mul_overflow(size, sizeof **x, &size) || !(*x = malloc(size + 1)))
    return ml_error_memory(err);
  ml_status status = ML_OK;
  for (size_t j = 0; j < function->n_in && status == ML_OK; j++) {
    const prep_column *c = &function->in[j];
    (*names)[j] = c->name;
    status = prep__check_type(c, data, rows, n, err);
    if (status == ML_OK) prep__values(c, data, rows, n, made, *x + j * n);
  }
  return status;
}

/* @param[out] out  free() its parts. Not written on failure. */
static ml_status call(const prep_function *function, const ml_dataset *data, const uint32_t *rows,
                      size_t n, double *const *made, ml_plugin_columns *out, ml_error *err) {
  const ml_plugin *plugin;
  const char **names;
  double *x;
  ml_status status = functions__plugin("functions of Python", &plugin, err);
  if (status != ML_OK) return status;
  status = gather(function, data, rows, n, made, &x, &names, err);
  const ml_view view = {.n = n, .n_columns = function->n_in, .x = x, .stride = n};
  if (status == ML_OK) status = plugin->transform(function->name, &view, names, out, err);
  free(names);
  free(x);
  return status;
}

static ml_status fail_columns(const prep_function *function, const ml_plugin_columns *made,
                              ml_error *err) {
  return ml_error_set(err, ML_ERR_FUNCTION,
                      "py:%.100s gave %zu column%s, and %zu for the rows that were trained on",
                      function->name, made->n, made->n == 1 ? "" : "s", function->n);
}

/* Are these the columns that were learnt from? */
static ml_status check_columns(const prep_function *function, const ml_plugin_columns *made,
                               ml_error *err) {
  if (made->n != function->n) return fail_columns(function, made, err);
  const char *name = made->names;
  for (size_t j = 0; j < made->n; j++, name += strlen(name) + 1)
    if (strcmp(name, function->names[j]) != 0)
      return ml_error_set(err, ML_ERR_FUNCTION,
                          "py:%.100s called column %zu '%.60s', and '%.60s' for the rows that were "
                          "trained on",
                          function->name, j + 1, name, function->names[j]);
  return ML_OK;
}

static ml_status fail_untrusted(const prep_function *function, ml_error *err) {
  return ml_error_set(err, ML_ERR_USAGE,
                      "py:%.100s is a function of Python, whose module was not imported: "
                      "ml_prepared_trust() does it",
                      function->name);
}

ml_status prep__call_functions(const ml_prepared *p, const ml_dataset *data, const uint32_t *rows,
                               size_t n, double ***made, ml_error *err) {
  ml_status status = ML_OK;
  *made = NULL;
  if (p->n_functions == 0 || n == 0) return ML_OK;
  if (!(*made = calloc(p->n_functions, sizeof **made))) return ml_error_memory(err);
  for (size_t k = 0; k < p->n_functions && status == ML_OK; k++) {
    const prep_function *function = &p->functions[k];
    ml_plugin_columns out = {0};
    status = function->is_trusted ? call(function, data, rows, n, *made, &out, err)
                                  : fail_untrusted(function, err);
    if (status == ML_OK) status = check_columns(function, &out, err);
    (*made)[k] = out.x;
    free(out.names);
  }
  return status;
}

void prep__release_made(double **made, size_t n) {
  for (size_t k = 0; made && k < n; k++) free(made[k]);
  free(made);
}

/* ---- learning ---- */

/* The names that it gave, for itself and for the new columns. */
static ml_status add_columns(ml_prepared *p, prep_function *function, const ml_plugin_columns *made,
                             ml_error *err) {
  const char *name = made->names;
  function->names = calloc(made->n + 1, sizeof *function->names);
  if (!function->names) return ml_error_memory(err);
  for (size_t j = 0; j < made->n; j++, name += strlen(name) + 1) {
    function->names[j] = strdup(name);
    function->n = j + 1;
    prep_column *c = prep__add(p, j, name, NULL);
    if (!function->names[j] || !c) return ml_error_memory(err);
    c->function = p->n_functions;
  }
  return ML_OK;
}

ml_status prep__fit_python(const prep_step *step, prep_fit *f) {
  const ml_plugin *plugin;
  ml_plugin_columns out = {0};
  double **made = reallocarray(f->made, f->p->n_functions + 1, sizeof *made);
  if (!made) return ml_error_memory(f->err);
  f->made = made;
  made[f->p->n_functions] = NULL;
  prep_function *function = prep__add_function(f->p, step->function);
  if (!function) return ml_error_memory(f->err);
  if (function->n_in == 0 || f->n == 0)
    return ml_error_set(f->err, ML_ERR_NUMERIC, "py:%.100s: there is no %s", function->name,
                        f->n == 0 ? "row to learn from" : "column of numbers");
  ml_status status = find(function->name, &plugin, function->digest, f->err);
  if (status != ML_OK) return status;
  function->is_trusted = true;
  status = call(function, f->data, f->rows, f->n, made, &out, f->err);
  if (status == ML_OK) status = add_columns(f->p, function, &out, f->err);
  made[f->p->n_functions - 1] = out.x;
  free(out.names);
  return status;
}

/* ---- trust ---- */

const char *ml_prepared_function(const ml_prepared *p) {
  return p->n_functions > 0 ? p->functions[0].name : NULL;
}

static const char *shown_digest(const char *digest, char room[13]) {
  snprintf(room, 13, "%.12s", digest);
  return *room ? room : "none";
}

static ml_status trust(prep_function *function, ml_error *err) {
  const ml_plugin *plugin;
  char digest[PREP_DIGEST], now[13], then[13];
  ml_status status = find(function->name, &plugin, digest, err);
  if (status != ML_OK) return status;
  function->is_trusted = strcmp(digest, function->digest) == 0;
  if (function->is_trusted) return ML_OK;
  return ml_error_set(err, ML_ERR_USAGE,
                      "the file of py:%.100s has changed since the steps have learnt (its SHA-256 "
                      "begins with %s, and did with %s): what was learnt belongs to that file",
                      function->name, shown_digest(digest, now),
                      shown_digest(function->digest, then));
}

ml_status ml_prepared_trust(ml_prepared *p, ml_error *err) {
  ml_status status = ML_OK;
  for (size_t k = 0; k < p->n_functions && status == ML_OK; k++)
    status = trust(&p->functions[k], err);
  return status;
}
