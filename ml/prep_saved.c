/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What preprocessing has learnt, kept and read again: columns, and for each what is done to its
 * values, and by name the functions that made some of them. Categories are kept by their labels,
 * for codes are those of one dataset alone. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/saved.h>

#include "prep_internal.h"

/* All but NaN: the width of huge numbers overflows, and a category may be infinite. */
static const ml_saved_range any_number = {-HUGE_VAL, HUGE_VAL};

static void use(const prep_column *columns, size_t n, bool *used) {
  for (size_t j = 0; j < n; j++)
    if (columns[j].function == 0) used[columns[j].feature] = true;
}

void ml_prepared_uses(const ml_prepared *p, bool *used) {
  for (size_t j = 0; j < p->n_features; j++) used[j] = false;
  use(p->columns, p->n, used);
  for (size_t k = 0; k < p->n_functions; k++) use(p->functions[k].in, p->functions[k].n_in, used);
}

/* ---- saving --------------------------------------------------------------------------------- */

static ml_value copy_text(ml_saver *saver, const char *text) {
  const size_t size = strlen(text) + 1;
  char *copy = ml_arena_alloc(saver->arena, size);
  if (copy) return ml_value_string(memcpy(copy, text, size));
  ml_saver_no_memory(saver);
  return ml_value_null();
}

static void put_text(ml_saver *saver, const char *name, const char *text) {
  ml_saver_put(saver, name, copy_text(saver, text));
}

static ml_status save_op(const prep_op *op, ml_arena *arena, ml_value *out, ml_error *err) {
  ml_saver saver = ml_saver_begin(arena, err);
  const double numbers[] = {op->a, op->b, op->c};
  switch (op->kind) {
    case PREP_FILL:
      ml_saver_reals(&saver, "fill", numbers, 3, ml_saved_finite);
      break;
    case PREP_ZERO:
      *out = ml_value_string("zero");
      return ML_OK;
    case PREP_SCALE:
      ml_saver_reals(&saver, "scale", numbers, 2, any_number);
      break;
    case PREP_IS:
      if (op->label)
        put_text(&saver, "is", op->label);
      else
        ml_saver_real(&saver, "is", op->a, any_number);
      break;
  }
  return ml_saver_end(&saver, out);
}

static ml_status save_column(const prep_column *c, const size_t *place, ml_arena *arena,
                             ml_value *out, ml_error *err) {
  assert(!c->has_texts && (c->function > 0 || place[c->feature] <= INT64_MAX));
  ml_value list;
  ml_value *ops = ml_value_new_list(arena, c->n_ops, &list);
  ml_status status = ops ? ML_OK : ml_error_memory(err);
  for (size_t k = 0; k < c->n_ops && status == ML_OK; k++)
    status = save_op(&c->ops[k], arena, &ops[k], err);
  if (status != ML_OK) return status;
  ml_saver saver = ml_saver_begin(arena, err);
  if (c->function > 0) {
    ml_saver_put(&saver, "function", ml_value_int((int64_t)c->function - 1));
    ml_saver_put(&saver, "column", ml_value_int((int64_t)c->feature));
  } else {
    ml_saver_put(&saver, "feature", ml_value_int((int64_t)place[c->feature]));
  }
  put_text(&saver, "name", c->name);
  ml_saver_put(&saver, "ops", list);
  return ml_saver_end(&saver, out);
}

static ml_status save_columns(const prep_column *columns, size_t n, const size_t *place,
                              ml_arena *arena, ml_value *out, ml_error *err) {
  ml_value *list = ml_value_new_list(arena, n, out);
  ml_status status = list ? ML_OK : ml_error_memory(err);
  for (size_t j = 0; j < n && status == ML_OK; j++)
    status = save_column(&columns[j], place, arena, &list[j], err);
  return status;
}

static ml_status save_function(const prep_function *function, const size_t *place, ml_arena *arena,
                               ml_value *out, ml_error *err) {
  ml_value takes, gives;
  ml_status status = save_columns(function->in, function->n_in, place, arena, &takes, err);
  ml_value *names = ml_value_new_list(arena, function->n, &gives);
  if (status == ML_OK && !names) status = ml_error_memory(err);
  if (status != ML_OK) return status;
  ml_saver saver = ml_saver_begin(arena, err);
  put_text(&saver, "function", function->name);
  put_text(&saver, "sha256", function->digest);
  ml_saver_put(&saver, "takes", takes);
  for (size_t j = 0; j < function->n; j++) names[j] = copy_text(&saver, function->names[j]);
  ml_saver_put(&saver, "gives", gives);
  return ml_saver_end(&saver, out);
}

ml_status ml_prepared_save(const ml_prepared *p, const size_t *place, ml_arena *arena,
                           ml_value *out, ml_error *err) {
  assert(p && place && arena && out);
  ml_value columns, functions;
  ml_status status = save_columns(p->columns, p->n, place, arena, &columns, err);
  ml_value *each = ml_value_new_list(arena, p->n_functions, &functions);
  if (status == ML_OK && !each) status = ml_error_memory(err);
  for (size_t k = 0; k < p->n_functions && status == ML_OK; k++)
    status = save_function(&p->functions[k], place, arena, &each[k], err);
  if (status != ML_OK) return status;
  ml_saver saver = ml_saver_begin(arena, err);
  if (p->n_functions > 0) ml_saver_put(&saver, "functions", functions);
  ml_saver_put(&saver, "columns", columns);
  return ml_saver_end(&saver, out);
}

/* ---- loading -------------------------------------------------------------------------------- */

/* A name that nobody reads may be one that is misspelt. */
static void expect_entries(ml_loader *dict, size_t n) {
  if (dict->status == ML_OK && dict->dict->as.l.n != n)
    ml_loader_fail(dict, NULL, "has %zu entries, where %zu belong%s", dict->dict->as.l.n, n,
                   n == 1 ? "s" : "");
}

static prep_op load_fill(ml_loader *op) {
  const double *x = ml_loader_reals(op, "fill", 3, ml_saved_finite);
  if (!x) return (prep_op){.kind = PREP_FILL};
  if (x[1] > x[2])
    ml_loader_fail(op, "fill", "has a least value %g above the greatest, %g", x[1], x[2]);
  return (prep_op){PREP_FILL, .a = x[0], .b = x[1], .c = x[2]};
}

static prep_op load_scale(ml_loader *op) {
  const double *x = ml_loader_reals(op, "scale", 2, any_number);
  if (!x) return (prep_op){.kind = PREP_SCALE};
  if (!(x[1] > 0)) ml_loader_fail(op, "scale", "has a width of %g, which is not above 0", x[1]);
  return (prep_op){PREP_SCALE, .a = x[0], .b = x[1]};
}

/* @param is_text  the values are texts: this has to make numbers of them */
static prep_op load_is(ml_loader *op, bool is_text) {
  prep_op out = {.kind = PREP_IS};
  if (is_text)
    out.label = (char *)(uintptr_t)ml_loader_text(op, "is"); /* prep__add_op() copies it */
  else
    out.a = ml_loader_real(op, "is", any_number);
  return out;
}

static bool is_zero(const ml_value *op) {
  return op->type == ML_TYPE_STRING && strcmp(op->as.s.text, "zero") == 0;
}

static prep_op load_op(ml_loader *column, size_t k, bool is_text) {
  const ml_value *ops = ml_loader_find(column, "ops");
  if (!is_text && ops && ops->type == ML_TYPE_LIST && is_zero(&ops->as.l.values[k]))
    return (prep_op){.kind = PREP_ZERO};
  ml_loader op = ml_loader_nth(column, "ops", k);
  expect_entries(&op, 1);
  if (is_text || ml_loader_has(&op, "is")) return load_is(&op, is_text);
  if (ml_loader_has(&op, "scale")) return load_scale(&op);
  if (ml_loader_has(&op, "fill")) return load_fill(&op);
  ml_loader_fail(&op, NULL, "is none of fill, zero, scale and is");
  return (prep_op){.kind = PREP_ZERO};
}

/* The first thing that is done to texts tells one category from the others; what follows is done to
 * numbers, as in all other columns. */
static void load_ops(ml_loader *column, bool is_text, prep_column *out) {
  const size_t n = ml_loader_length(column, "ops");
  if (n == 0 && is_text)
    ml_loader_fail(column, "ops", "is empty, but texts have to become numbers");
  for (size_t k = 0; k < n && column->status == ML_OK; k++) {
    const prep_op op = load_op(column, k, is_text && k == 0);
    if (column->status == ML_OK && !prep__add_op(out, op)) ml_loader_no_memory(column);
  }
}

/* Where the category was when it was learnt: it is looked for there first. */
static void set_code(ml_prepared *p) {
  const prep_column *last = p->n > 1 ? &p->columns[p->n - 2] : NULL;
  prep_column *c = &p->columns[p->n - 1];
  if (last && last->function == 0 && last->feature == c->feature) c->ops[0].a = last->ops[0].a + 1;
}

/* Which values a column has: of a feature, or of a function in front of it. */
static prep_column load_source(ml_loader *column, const ml_prepared *p) {
  prep_column c = {0};
  const bool is_made = ml_loader_has(column, "function");
  expect_entries(column, is_made ? 4 : 3);
  if (!is_made) {
    c.feature = (size_t)ml_loader_int(column, "feature", 0, (int64_t)p->n_features - 1);
    return c;
  }
  if (p->n_functions == 0) ml_loader_fail(column, "function", "has no function in front of it");
  const size_t k = (size_t)ml_loader_int(column, "function", 0, (int64_t)p->n_functions - 1);
  if (column->status != ML_OK) return c;
  c.function = k + 1;
  c.feature = (size_t)ml_loader_int(column, "column", 0, (int64_t)p->functions[k].n - 1);
  return c;
}

static void load_column(ml_loader *top, const char *list, size_t j, const bool *is_text,
                        ml_prepared *p) {
  ml_loader column = ml_loader_nth(top, list, j);
  const prep_column from = load_source(&column, p);
  const char *name = ml_loader_text(&column, "name");
  if (column.status != ML_OK) return;
  const bool has_texts = from.function == 0 && is_text[from.feature];
  prep_column *c = prep__add(p, from.feature, name, NULL);
  if (!c) {
    ml_loader_no_memory(&column);
    return;
  }
  c->function = from.function;
  load_ops(&column, has_texts, c);
  if (column.status == ML_OK && has_texts) set_code(p);
}

static void load_columns(ml_loader *top, const char *list, const bool *is_text, ml_prepared *p) {
  const size_t n = ml_loader_length(top, list);
  for (size_t j = 0; j < n && top->status == ML_OK; j++) load_column(top, list, j, is_text, p);
}

static bool is_digest(const char *text) {
  const size_t n = strlen(text);
  return strspn(text, "0123456789abcdef") == n && (n == 0 || n == PREP_DIGEST - 1);
}

static void load_names(ml_loader *saved, prep_function *function) {
  const size_t n = ml_loader_length(saved, "gives");
  const ml_value *list = ml_loader_find(saved, "gives");
  if (saved->status != ML_OK) return;
  function->names = calloc(n + 1, sizeof *function->names);
  if (!function->names) ml_loader_no_memory(saved);
  if (n == 0) ml_loader_fail(saved, "gives", "has no column");
  for (size_t j = 0; j < n && saved->status == ML_OK; j++) {
    const ml_value *name = list->type == ML_TYPE_LIST ? &list->as.l.values[j] : list;
    if (name->type != ML_TYPE_STRING)
      ml_loader_fail(saved, "gives", "has something else than a name in place %zu", j + 1);
    else if (!(function->names[function->n++] = strdup(name->as.s.text)))
      ml_loader_no_memory(saved);
  }
}

/* Nothing of it is looked for, or run: ml_prepared_trust() does that. */
static void load_function(ml_loader *top, size_t k, const bool *is_text, ml_prepared *p) {
  ml_loader saved = ml_loader_nth(top, "functions", k);
  expect_entries(&saved, 4);
  const char *name = ml_loader_text(&saved, "function"), *digest = ml_loader_text(&saved, "sha256");
  load_columns(&saved, "takes", is_text, p);
  if (saved.status == ML_OK && p->n == 0) ml_loader_fail(&saved, "takes", "has no column");
  if (saved.status == ML_OK && !is_digest(digest))
    ml_loader_fail(&saved, "sha256", "is no digest in hexadecimal digits");
  if (saved.status != ML_OK) return;
  prep_function *function = prep__add_function(p, name);
  if (!function) {
    ml_loader_no_memory(&saved);
    return;
  }
  memcpy(function->digest, digest, strlen(digest) + 1);
  load_names(&saved, function);
}

ml_status ml_prepared_load(const ml_value *saved, size_t n_features, const bool *is_text,
                           ml_prepared **out, ml_error *err) {
  assert(saved && is_text && out && n_features <= INT64_MAX);
  ml_prepared *p = calloc(1, sizeof *p);
  if (!p) return ml_error_memory(err);
  p->n_features = n_features;
  ml_loader loader = ml_loader_begin(saved, err);
  const bool has_functions = ml_loader_has(&loader, "functions");
  expect_entries(&loader, has_functions ? 2 : 1);
  const size_t n = has_functions ? ml_loader_length(&loader, "functions") : 0;
  for (size_t k = 0; k < n && loader.status == ML_OK; k++) load_function(&loader, k, is_text, p);
  load_columns(&loader, "columns", is_text, p);
  const ml_status status = ml_loader_end(&loader);
  if (status == ML_OK)
    *out = p;
  else
    ml_prepared_free(p);
  return status;
}
