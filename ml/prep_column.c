/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns that preprocessing makes: each is a feature, and what is done to its values. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>

#include "prep_internal.h"

prep_column *prep__add(ml_prepared *p, size_t feature, const char *name, const char *label) {
  if (p->n == p->capacity) {
    const size_t capacity = p->capacity ? 2 * p->capacity : 16;
    prep_column *columns = reallocarray(p->columns, capacity, sizeof *columns);
    if (!columns) return NULL;
    p->columns = columns;
    p->capacity = capacity;
  }
  prep_column *c = &p->columns[p->n];
  *c = (prep_column){.feature = feature};
  if (label ? asprintf(&c->name, "%s=%s", name, label) < 0 : !(c->name = strdup(name))) return NULL;
  p->n++;
  return c;
}

bool prep__add_op(prep_column *column, prep_op op) {
  if (column->n_ops == column->capacity) {
    const size_t capacity = column->capacity ? 2 * column->capacity : 2;
    prep_op *ops = reallocarray(column->ops, capacity, sizeof *ops);
    if (!ops) return false;
    column->ops = ops;
    column->capacity = capacity;
  }
  if (op.label && !(op.label = strdup(op.label))) return false;
  column->ops[column->n_ops++] = op;
  return true;
}

static void release(prep_column *column) {
  for (size_t k = 0; k < column->n_ops; k++) free(column->ops[k].label);
  free(column->ops);
  free(column->name);
}

void prep__release_columns(prep_column *columns, size_t n) {
  for (size_t j = 0; j < n; j++) release(&columns[j]);
  free(columns);
}

void prep__keep(ml_prepared *p, const bool *kept) {
  size_t n = 0;
  for (size_t j = 0; j < p->n; j++) {
    if (kept[j])
      p->columns[n++] = p->columns[j];
    else
      release(&p->columns[j]);
  }
  p->n = n;
}

void ml_prepared_free(ml_prepared *p) {
  if (!p) return;
  prep__release_columns(p->columns, p->n);
  for (size_t k = 0; k < p->n_functions; k++) prep__release_function(&p->functions[k]);
  free(p->functions);
  free(p->warning);
  free(p);
}

/* What the values of a category are here: its code may be another one than where it was learnt. NaN
 * is none. */
static double code_of(const prep_column *column, const prep_op *op, const ml_dataset *data) {
  const ml_levels *levels = data->categories ? &data->categories[column->feature] : NULL;
  if (!levels || levels->n == 0) return NAN;
  if (op->a < (double)levels->n && strcmp(levels->labels[(size_t)op->a], op->label) == 0)
    return op->a;
  for (size_t k = 0; k < levels->n; k++)
    if (strcmp(levels->labels[k], op->label) == 0) return (double)k;
  return NAN;
}

static void apply(const prep_column *column, const prep_op *op, const ml_dataset *data, double *x,
                  size_t n) {
  const double a = op->label ? code_of(column, op, data) : op->a, b = op->b;
  switch (op->kind) {
    case PREP_FILL:
      for (size_t i = 0; i < n; i++)
        x[i] = isnan(x[i]) ? a : isinf(x[i]) ? (x[i] > 0 ? op->c : b) : x[i];
      break;
    case PREP_ZERO:
      for (size_t i = 0; i < n; i++) x[i] = 0;
      break;
    case PREP_SCALE:
      for (size_t i = 0; i < n; i++) x[i] = (x[i] - a) / b;
      break;
    case PREP_IS:
      for (size_t i = 0; i < n; i++) x[i] = x[i] == a;
      break;
  }
}

void prep__values(const prep_column *column, const ml_dataset *data, const uint32_t *rows, size_t n,
                  double *const *made, double *out) {
  if (n == 0) return;
  const bool is_made = column->function > 0;
  const double *x = is_made ? made[column->function - 1] + column->feature * n
                            : data->x + column->feature * data->n_rows;
  if (rows && !is_made)
    for (size_t i = 0; i < n; i++) out[i] = x[rows[i]];
  else
    memcpy(out, x, n * sizeof *out);
  for (size_t k = 0; k < column->n_ops; k++) apply(column, &column->ops[k], data, out, n);
}

size_t ml_prepared_n_columns(const ml_prepared *p) {
  return p->n;
}

const char *ml_prepared_name(const ml_prepared *p, size_t j) {
  return p->columns[j].name;
}

const char *ml_prepared_warning(const ml_prepared *p) {
  return p->warning;
}

/* A column without any value has no text either. */
static bool are_missing(const double *x, const uint32_t *rows, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!isnan(x[rows ? rows[i] : i])) return false;
  return true;
}

ml_status prep__check_type(const prep_column *c, const ml_dataset *data, const uint32_t *rows,
                           size_t n, ml_error *err) {
  char name[CSV_QUOTE_MAX], number[PREP_NUMBER_MAX];
  if (c->function > 0) return ML_OK;
  const bool was_text = c->has_texts || (c->n_ops > 0 && c->ops[0].label),
             is_text = data->categories && data->categories[c->feature].n > 0;
  if (was_text == is_text ||
      (was_text && are_missing(data->x + c->feature * data->n_rows, rows, n)))
    return ML_OK;
  const char *feature = prep__name(data, c->feature, number);
  return ml_error_at(err, ML_ERR_USAGE, data->source, 0, 0,
                     "feature \"%s\" has %s, but the steps have learnt from %s",
                     csv__quote(feature, strlen(feature), name), is_text ? "texts" : "numbers",
                     was_text ? "texts" : "numbers");
}

ml_status ml_prepared_apply(const ml_prepared *p, const ml_dataset *data, const uint32_t *rows,
                            size_t n, double *out, size_t stride, ml_error *err) {
  if (data->n_features != p->n_features)
    return ml_error_at(err, ML_ERR_USAGE, data->source, 0, 0,
                       "%zu features, but the steps have learnt from %zu", data->n_features,
                       p->n_features);
  double **made = NULL;
  ml_status status = prep__call_functions(p, data, rows, n, &made, err);
  for (size_t j = 0; j < p->n && status == ML_OK; j++) {
    status = prep__check_type(&p->columns[j], data, rows, n, err);
    if (status == ML_OK) prep__values(&p->columns[j], data, rows, n, made, out + j * stride);
  }
  prep__release_made(made, p->n_functions);
  return status;
}
