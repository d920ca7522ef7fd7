/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What preprocessing has learnt, kept and read again: columns, and for each what is done to its
 * values. Categories are kept by their labels, for codes are those of one dataset alone. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/saved.h>

#include "prep_internal.h"

/* All but NaN: the width of huge numbers overflows, and a category may be infinite. */
static const ml_saved_range any_number = {-HUGE_VAL, HUGE_VAL};

void ml_prepared_uses(const ml_prepared *p, bool *used) {
  for (size_t j = 0; j < p->n_features; j++) used[j] = false;
  for (size_t j = 0; j < p->n; j++) used[p->columns[j].feature] = true;
}

/* ---- saving --------------------------------------------------------------------------------- */

static void put_text(ml_saver *saver, const char *name, const char *text) {
  const size_t size = strlen(text) + 1;
  char *copy = ml_arena_alloc(saver->arena, size);
  if (copy)
    ml_saver_put(saver, name, ml_value_string(memcpy(copy, text, size)));
  else
    ml_saver_no_memory(saver);
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

static ml_status save_column(const prep_column *c, size_t place, ml_arena *arena, ml_value *out,
                             ml_error *err) {
  assert(!c->has_texts && place <= INT64_MAX);
  ml_value list;
  ml_value *ops = ml_value_new_list(arena, c->n_ops, &list);
  ml_status status = ops ? ML_OK : ml_error_memory(err);
  for (size_t k = 0; k < c->n_ops && status == ML_OK; k++)
    status = save_op(&c->ops[k], arena, &ops[k], err);
  if (status != ML_OK) return status;
  ml_saver saver = ml_saver_begin(arena, err);
  ml_saver_put(&saver, "feature", ml_value_int((int64_t)place));
  put_text(&saver, "name", c->name);
  ml_saver_put(&saver, "ops", list);
  return ml_saver_end(&saver, out);
}

ml_status ml_prepared_save(const ml_prepared *p, const size_t *place, ml_arena *arena,
                           ml_value *out, ml_error *err) {
  assert(p && place && arena && out);
  ml_value list;
  ml_value *columns = ml_value_new_list(arena, p->n, &list);
  ml_status status = columns ? ML_OK : ml_error_memory(err);
  for (size_t j = 0; j < p->n && status == ML_OK; j++)
    status = save_column(&p->columns[j], place[p->columns[j].feature], arena, &columns[j], err);
  if (status != ML_OK) return status;
  ml_saver saver = ml_saver_begin(arena, err);
  ml_saver_put(&saver, "columns", list);
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
  if (last && last->feature == c->feature) c->ops[0].a = last->ops[0].a + 1;
}

static void load_column(ml_loader *top, size_t j, const bool *is_text, ml_prepared *p) {
  ml_loader column = ml_loader_nth(top, "columns", j);
  expect_entries(&column, 3);
  const size_t feature = (size_t)ml_loader_int(&column, "feature", 0, (int64_t)p->n_features - 1);
  const char *name = ml_loader_text(&column, "name");
  if (column.status != ML_OK) return;
  prep_column *c = prep__add(p, feature, name, NULL);
  if (!c) {
    ml_loader_no_memory(&column);
    return;
  }
  load_ops(&column, is_text[feature], c);
  if (column.status == ML_OK && is_text[feature]) set_code(p);
}

ml_status ml_prepared_load(const ml_value *saved, size_t n_features, const bool *is_text,
                           ml_prepared **out, ml_error *err) {
  assert(saved && is_text && out && n_features <= INT64_MAX);
  ml_prepared *p = calloc(1, sizeof *p);
  if (!p) return ml_error_memory(err);
  p->n_features = n_features;
  ml_loader loader = ml_loader_begin(saved, err);
  expect_entries(&loader, 1);
  const size_t n = ml_loader_length(&loader, "columns");
  for (size_t j = 0; j < n && loader.status == ML_OK; j++) load_column(&loader, j, is_text, p);
  const ml_status status = ml_loader_end(&loader);
  if (status == ML_OK)
    *out = p;
  else
    ml_prepared_free(p);
  return status;
}
