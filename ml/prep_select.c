/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The step `select`: the columns that hypothesis tests find relevant for the target. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/number.h>

#include "prep_internal.h"

/* What is tested: the rows that are trained on, without the columns of texts. */
typedef struct relevance {
  const prep_fit *f;
  const ml_select_opts *opts;
  size_t *column; /* of each column of the matrix */
  ml_matrix matrix;
  double *values; /* its values; NULL: they are those of the dataset */
  ml_target target;
} relevance;

static const char *target_name(const ml_dataset *data) {
  return data->target ? data->target : "y";
}

static bool is_number(const char *label, double *value) {
  const char *end = label + strlen(label);
  return ml_number_parse(label, end, value) == end && isfinite(*value);
}

/* KX's rules take more than two classes for real numbers. */
static bool takes_values(const ml_select_opts *opts, size_t n_classes) {
  return opts->test == ML_SELECT_KX && n_classes > 2;
}

ml_status prep__check_relevance(const prep_step *step, const ml_dataset *data, prep_shape *shape,
                                ml_error *err) {
  const ml_levels *classes = &data->classes;
  double unused;
  shape->is_exact = false;
  ml_status status = prep__need_target(step, data, err);
  if (status != ML_OK || data->problem != ML_CLASSIFICATION ||
      !takes_values(&step->select, classes->n))
    return status;
  for (size_t k = 0; k < classes->n; k++) {
    char name[CSV_QUOTE_MAX], label[CSV_QUOTE_MAX];
    if (is_number(classes->labels[k], &unused)) continue;
    csv__quote(target_name(data), strlen(target_name(data)), name);
    return ml_error_at(err, ML_ERR_USAGE, data->source, 0, 0,
                       "select: test:kx takes a target of %zu classes for real numbers, and \"%s\" "
                       "has texts, such as \"%s\"",
                       classes->n, name,
                       csv__quote(classes->labels[k], strlen(classes->labels[k]), label));
  }
  return ML_OK;
}

/* ---- the target ---- */

static size_t row_of(const prep_fit *f, size_t i) {
  return f->rows ? f->rows[i] : i;
}

/* The classes that the rows have: one that they have not is no class to be told from others. */
static ml_status take_classes(relevance *r, const uint32_t *codes, size_t n_codes) {
  const prep_fit *f = r->f;
  ml_target *t = &r->target;
  uint32_t *class_of = calloc(n_codes + 1, sizeof *class_of);
  t->classes = reallocarray(NULL, f->n + 1, sizeof *t->classes);
  if (!class_of || !t->classes) {
    free(class_of);
    return ml_error_memory(f->err);
  }
  for (size_t i = 0; i < f->n; i++) class_of[codes[row_of(f, i)]] = 1;
  for (size_t k = 0; k < n_codes; k++)
    if (class_of[k]) class_of[k] = (uint32_t)t->n_classes++;
  for (size_t i = 0; i < f->n; i++) t->classes[i] = class_of[codes[row_of(f, i)]];
  free(class_of);
  return ML_OK;
}

static ml_status take_values(relevance *r) {
  const prep_fit *f = r->f;
  const ml_dataset *data = f->data;
  double *y = r->target.values = reallocarray(NULL, f->n + 1, sizeof *y);
  if (!y) return ml_error_memory(f->err);
  for (size_t i = 0; i < f->n; i++) {
    const size_t row = row_of(f, i);
    y[i] = 0;
    if (data->problem == ML_REGRESSION)
      y[i] = data->y[row];
    else if (!is_number(data->classes.labels[data->classes.codes[row]], &y[i]))
      return ml_error_set(f->err, ML_ERR_USAGE, "select: a class is no number");
  }
  return ML_OK;
}

/* Numbers are classes too where there are but two of them. @return how many there are, up to 3 */
static ml_status find_two(relevance *r, size_t *n_different) {
  const double *y = r->target.values;
  const size_t n = r->target.n;
  size_t first = 0, i = 1;
  while (i < n && y[i] == y[first]) i++;
  *n_different = n > 0;
  if (i >= n) return ML_OK;
  const double a = y[first], b = y[i];
  while (i < n && (y[i] == a || y[i] == b)) i++;
  *n_different = i < n ? 3 : 2;
  if (i < n) return ML_OK;
  uint32_t *classes = r->target.classes = reallocarray(NULL, n, sizeof *classes);
  if (!classes) return ml_error_memory(r->f->err);
  for (i = 0; i < n; i++) classes[i] = y[i] == fmax(a, b);
  r->target.n_classes = 2;
  return ML_OK;
}

static ml_status make_target(relevance *r) {
  const prep_fit *f = r->f;
  const ml_dataset *data = f->data;
  const bool is_real = data->problem == ML_REGRESSION;
  char name[CSV_QUOTE_MAX];
  size_t n_different = 0;
  r->target = (ml_target){.name = (char *)(uintptr_t)target_name(data),
                          .type = is_real ? ML_TARGET_REAL : ML_TARGET_TEXT,
                          .problem = data->problem,
                          .n = f->n};
  ml_status status =
      is_real ? take_values(r) : take_classes(r, data->classes.codes, data->classes.n);
  if (status == ML_OK && is_real) status = find_two(r, &n_different);
  if (status == ML_OK && !is_real) {
    n_different = r->target.n_classes;
    if (takes_values(r->opts, n_different)) status = take_values(r);
  }
  if (status != ML_OK || n_different > 1) return status;
  csv__quote(target_name(data), strlen(target_name(data)), name);
  return ml_error_at(f->err, ML_ERR_NUMERIC, data->source, 0, 0,
                     "select: the target \"%s\" has only one %s in the rows that are trained on",
                     name, is_real ? "value" : "class");
}

/* ---- the columns ---- */

static ml_status fail_missing(const prep_fit *f, const prep_column *c) {
  char name[CSV_QUOTE_MAX];
  return ml_error_at(f->err, ML_ERR_NUMERIC, f->data->source, 0, 0,
                     "select: column \"%s\" has missing values: impute them first, such as "
                     "impute=median,select",
                     csv__quote(c->name, strlen(c->name), name));
}

/* Are all rows and columns as they lie in the dataset? */
static bool are_untouched(const relevance *r) {
  const prep_fit *f = r->f;
  for (size_t k = 0; k < r->matrix.n_columns; k++) {
    const prep_column *c = &f->p->columns[r->column[k]];
    if (c->function > 0 || c->n_ops > 0 || c->feature != f->p->columns[r->column[0]].feature + k)
      return false;
  }
  return !f->rows && r->matrix.n_columns > 0;
}

static bool has_nan(const double *x, size_t n) {
  bool has = false;
  for (size_t i = 0; i < n; i++) has |= x[i] != x[i];
  return has;
}

static ml_status make_values(relevance *r) {
  const prep_fit *f = r->f;
  ml_matrix *m = &r->matrix;
  size_t n_values, bytes;
  if (are_untouched(r)) {
    m->values =
        (double *)(uintptr_t)f->data->x + f->p->columns[r->column[0]].feature * f->data->n_rows;
  } else {
    if (__builtin_mul_overflow(m->n_rows, m->n_columns, &n_values) ||
        __builtin_mul_overflow(n_values, sizeof *r->values, &bytes) ||
        !(r->values = malloc(bytes + 1)))
      return ml_error_memory(f->err);
    m->values = r->values;
  }
  for (size_t k = 0; k < m->n_columns; k++) {
    const prep_column *c = &f->p->columns[r->column[k]];
    double *x = m->values + k * m->n_rows;
    if (r->values) prep__values(c, f->data, f->rows, f->n, f->made, x);
    if (has_nan(x, m->n_rows)) return fail_missing(f, c);
  }
  return ML_OK;
}

static ml_status make_matrix(relevance *r) {
  const prep_fit *f = r->f;
  const size_t n = f->p->n;
  ml_matrix *m = &r->matrix;
  *m = (ml_matrix){.n_rows = f->n, .by_column = true};
  m->columns = calloc(n + 1, sizeof *m->columns);
  r->column = calloc(n + 1, sizeof *r->column);
  if (!m->columns || !r->column) return ml_error_memory(f->err);
  for (size_t j = 0; j < n; j++) {
    if (f->p->columns[j].has_texts) continue;
    m->columns[m->n_columns] = f->p->columns[j].name;
    r->column[m->n_columns++] = j;
  }
  return make_values(r);
}

/* ---- what is selected ---- */

/* As an error, which is one line whatever the target is called. */
static ml_status warn_irrelevant(const relevance *r, const ml_selection *s) {
  const prep_fit *f = r->f;
  char name[CSV_QUOTE_MAX];
  ml_error words = {0};
  if (f->p->warning) return ML_OK;
  csv__quote(target_name(f->data), strlen(target_name(f->data)), name);
  ml_error_set(
      &words, ML_ERR_NUMERIC,
      "select: none of %zu columns is relevant for the target \"%s\": the least p-value is "
      "%.2g, above %.2g; select=k:K takes the best K",
      s->n, name, s->features[0].p_value, s->threshold);
  f->p->warning = strdup(words.message);
  return f->p->warning ? ML_OK : ml_error_memory(f->err);
}

/* A fold of noise has a score, and it is that of chance, for the best column was chosen by the rows
 * that are trained on. Texts are something to learn from. */
static ml_status keep_best(const relevance *r, const ml_selection *s, bool *kept) {
  const prep_fit *f = r->f;
  if (s->n_selected > 0 || s->n < f->p->n) return ML_OK;
  if (s->n_constant == s->n)
    return ml_error_at(f->err, ML_ERR_NUMERIC, f->data->source, 0, 0,
                       "select: every column is constant in the rows that are trained on");
  kept[r->column[s->features[0].column]] = true;
  return warn_irrelevant(r, s);
}

/* Columns of texts are not in question: they stay. */
static ml_status keep_selected(const relevance *r, const ml_selection *s) {
  const prep_fit *f = r->f;
  const size_t n = f->p->n;
  bool *kept = calloc(n + 1, sizeof *kept);
  if (!kept) return ml_error_memory(f->err);
  for (size_t j = 0; j < n; j++) kept[j] = f->p->columns[j].has_texts;
  for (size_t k = 0; k < s->n_selected; k++) kept[r->column[s->selected[k]]] = true;
  const ml_status status = keep_best(r, s, kept);
  if (status == ML_OK) prep__keep(f->p, kept);
  free(kept);
  return status;
}

/* In this process alone: the folds are shared out among processes already. */
ml_status prep__fit_relevance(const prep_step *step, prep_fit *f) {
  relevance r = {.f = f, .opts = &step->select};
  ml_selection *selection = NULL;
  ml_status status = make_matrix(&r);
  if (status == ML_OK) status = make_target(&r);
  if (status == ML_OK)
    status = ml_select(&r.matrix, &r.target, r.opts, NULL, NULL, &selection, f->err);
  if (status == ML_OK) status = keep_selected(&r, selection);
  ml_selection_free(selection);
  free(r.matrix.columns);
  free(r.column);
  free(r.values);
  free(r.target.values);
  free(r.target.classes);
  return status;
}
