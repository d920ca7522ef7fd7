/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Targets: cells into numbers and classes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/labels.h>

#include "target_internal.h"

/* A target with what its labels point into. */
typedef struct owned_target {
  ml_target target;
  char *label_text;
} owned_target;

/* A target while it is made. */
typedef struct maker {
  const target_column *column;
  target_cell *cells; /* of the texts */
  target_form form;
  ml_target *target;
  labels labels;
  ml_error *err;
} maker;

static const char *quote(const char *text, char buf[CSV_QUOTE_MAX]) {
  return csv__quote(text, strlen(text), buf);
}

static ml_status fail(const maker *m, const char *words) {
  char name[CSV_QUOTE_MAX];
  return ml_error_at(m->err, ML_ERR_PARSE, m->column->source, 0, 0, "target \"%s\" %s",
                     quote(m->column->name, name), words);
}

/* The error of a row, which is named by its id if that is known. */
static ml_status fail_row(const maker *m, size_t row, const char *words) {
  char name[CSV_QUOTE_MAX], id[CSV_QUOTE_MAX];
  const target_column *c = m->column;
  quote(c->name, name);
  if (!c->ids)
    return ml_error_at(m->err, ML_ERR_PARSE, c->source, 0, 0, "target \"%s\" %s in row %zu", name,
                       words, row + 1);
  return ml_error_at(m->err, ML_ERR_PARSE, c->source, 0, 0, "target \"%s\" %s for id \"%s\"", name,
                     words, quote(c->ids[row], id));
}

static size_t first_row_of(const target_column *c, size_t text) {
  size_t row = 0;
  while (row + 1 < c->n && c->codes[row] != text) row++;
  return row;
}

/* ---- what the cells are ---- */

static ml_status read_cells(maker *m) {
  const target_column *c = m->column;
  size_t counts[TARGET_N_KINDS] = {0};
  bool has_negative = false;
  m->cells = malloc((c->n_texts ? c->n_texts : 1) * sizeof *m->cells);
  if (!m->cells) return ml_error_memory(m->err);
  for (size_t t = 0; t < c->n_texts; t++) {
    m->cells[t] = target__read_cell(c->texts[t]);
    counts[m->cells[t].kind]++;
    has_negative |= m->cells[t].is_negative;
  }
  m->form = target__form(counts, has_negative);
  return ML_OK;
}

static ml_status check_cells(const maker *m) {
  const target_column *c = m->column;
  bool is_text = m->form.type == ML_TARGET_TEXT;
  for (size_t t = 0; t < c->n_texts; t++) {
    target_kind kind = m->cells[t].kind;
    if (is_text ? csv__is_missing_text(c->texts[t], strlen(c->texts[t])) : kind == TARGET_MISSING)
      return fail_row(m, first_row_of(c, t), "has no value");
    if (!is_text && kind == TARGET_INFINITE)
      return fail_row(m, first_row_of(c, t), "has an infinite value");
  }
  return ML_OK;
}

static ml_status check_numbers(const maker *m) {
  const target_column *c = m->column;
  for (size_t i = 0; i < c->n; i++)
    if (!isfinite(c->numbers[i]))
      return fail_row(m, i, isnan(c->numbers[i]) ? "has no value" : "has an infinite value");
  return ML_OK;
}

static ml_status find_type(maker *m) {
  if (m->column->n < 2) return fail(m, "has fewer than two rows");
  m->form = (target_form){ML_TARGET_REAL, false};
  ml_status status = ML_OK;
  if (!m->column->numbers) status = read_cells(m);
  if (status == ML_OK) status = m->column->numbers ? check_numbers(m) : check_cells(m);
  return status;
}

/* The first text that is no number at all; a number that is too large for one, if there is none. */
static ml_status fail_text(const maker *m) {
  char shown[CSV_QUOTE_MAX], words[CSV_QUOTE_MAX + 64];
  size_t t = 0;
  while (t + 1 < m->column->n_texts && m->cells[t].kind != TARGET_TEXT) t++;
  snprintf(words, sizeof words, "is to be numbers for a regression, but is \"%s\"",
           quote(m->column->texts[t], shown));
  return fail_row(m, first_row_of(m->column, t), words);
}

static ml_status find_problem(const maker *m, ml_problem problem) {
  bool is_real = m->form.type == ML_TARGET_REAL;
  if (problem == ML_PROBLEM_AUTO) problem = is_real ? ML_REGRESSION : ML_CLASSIFICATION;
  m->target->type = m->form.type;
  m->target->problem = problem;
  return problem == ML_REGRESSION && m->form.type == ML_TARGET_TEXT ? fail_text(m) : ML_OK;
}

/* ---- values and classes ---- */

static ml_status take_values(maker *m) {
  const target_column *c = m->column;
  if (m->form.type == ML_TARGET_TEXT) return ML_OK;
  double *values = m->target->values = malloc(c->n * sizeof *values);
  if (!values) return ml_error_memory(m->err);
  for (size_t i = 0; i < c->n; i++) {
    double value = c->numbers ? c->numbers[i] : m->cells[c->codes[i]].value;
    values[i] = value == 0 ? 0 : value;
  }
  return ML_OK;
}

static uint32_t class_of(maker *m, size_t row) {
  const target_column *c = m->column;
  char buf[TARGET_LABEL_MAX];
  target_cell number = {.value = m->target->values ? m->target->values[row] : 0};
  uint32_t text = c->numbers ? 0 : c->codes[row];
  const char *label = target__label(m->form, c->numbers ? NULL : c->texts[text],
                                    c->numbers ? &number : &m->cells[text], buf);
  return labels__put(&m->labels, label, strlen(label));
}

/* A regression needs no classes when there are more than two: then the search for them ends. */
static ml_status find_classes(maker *m) {
  const target_column *c = m->column;
  const bool needs_all = m->target->problem == ML_CLASSIFICATION;
  uint32_t *classes = m->target->classes = malloc(c->n * sizeof *classes);
  if (!classes) return ml_error_memory(m->err);
  for (size_t i = 0; i < c->n; i++) {
    size_t row = c->by_id ? c->by_id[i] : i;
    classes[row] = class_of(m, row);
    if (classes[row] == LABELS_FULL) return ml_error_memory(m->err);
    if (m->labels.n < 3 || needs_all) continue;
    free(classes);
    m->target->classes = NULL;
    return ML_OK;
  }
  return ML_OK;
}

static ml_status fail_constant(const maker *m) {
  char shown[CSV_QUOTE_MAX], words[CSV_QUOTE_MAX + 32];
  snprintf(words, sizeof words, "has only one value, \"%s\"",
           quote(labels__text(&m->labels, 0), shown));
  return fail(m, words);
}

static ml_status take_labels(maker *m, owned_target *owned) {
  if (m->labels.n < 2) return fail_constant(m);
  if (!owned->target.classes) return ML_OK;
  owned->target.n_classes = m->labels.n;
  return labels__take(&m->labels, &owned->target.labels, &owned->label_text)
             ? ML_OK
             : ml_error_memory(m->err);
}

ml_status target__make(const target_column *column, ml_problem problem, ml_target **out,
                       ml_error *err) {
  owned_target *owned = calloc(1, sizeof *owned);
  if (!owned) return ml_error_memory(err);
  maker m = {.column = column, .target = &owned->target, .err = err};
  owned->target.n = column->n;
  owned->target.name = strdup(column->name);
  ml_status status = owned->target.name ? find_type(&m) : ml_error_memory(err);
  if (status == ML_OK) status = find_problem(&m, problem);
  if (status == ML_OK) status = take_values(&m);
  if (status == ML_OK) status = find_classes(&m);
  if (status == ML_OK) status = take_labels(&m, owned);
  free(m.cells);
  labels__release(&m.labels);
  if (status == ML_OK)
    *out = &owned->target;
  else
    ml_target_free(&owned->target);
  return status;
}

/* ---- public ---- */

/* Keep each text once. */
static bool collect(const char *const *cells, size_t n, labels *texts, uint32_t *codes) {
  for (size_t i = 0; i < n; i++) {
    codes[i] = labels__put(texts, cells[i], strlen(cells[i]));
    if (codes[i] == LABELS_FULL) return false;
  }
  return true;
}

ml_status ml_target_from_texts(const char *name, const char *const *cells, size_t n,
                               const uint32_t *by_id, ml_problem problem, const char *source,
                               ml_target **out, ml_error *err) {
  target_column column = {.name = name, .source = source, .n = n, .by_id = by_id};
  labels all = {0};
  char **texts = NULL, *storage = NULL;
  uint32_t *codes = malloc((n ? n : 1) * sizeof *codes);
  bool ok = codes && collect(cells, n, &all, codes);
  column.n_texts = all.n;
  ok = ok && labels__take(&all, &texts, &storage);
  column.texts = (const char *const *)texts;
  column.codes = codes;
  ml_status status = ok ? target__make(&column, problem, out, err) : ml_error_memory(err);
  labels__release(&all);
  free(texts);
  free(storage);
  free(codes);
  return status;
}

ml_status ml_target_from_numbers(const char *name, const double *values, size_t n,
                                 ml_problem problem, ml_target **out, ml_error *err) {
  return target__make(&(target_column){.name = name, .n = n, .numbers = values}, problem, out, err);
}

void ml_target_free(ml_target *target) {
  if (!target) return;
  free(target->name);
  free(target->values);
  free(target->classes);
  free(target->labels);
  free(((owned_target *)target)->label_text);
  free(target);
}
