/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns in the order that settings want. Workers know nothing of it: they write rows in the order
 * of the calculators. */
#include "order.h"

#include <stdlib.h>
#include <string.h>

#include "names.h"

void fresh__order_release(fresh_order *order) {
  free(order->from);
  *order = (fresh_order){0};
}

/* A wanted column is not there: one of the same kind may be, then it is the calculator. */
static ml_status fail_missing(const ml_matrix *matrix, const char *name, ml_error *err) {
  const char *end = strstr(name, "__"); /* there is none in KX's names, which never need dates */
  size_t n_kind = end ? (size_t)(end - name) : 0;
  ml_nearest nearest = ml_nearest_to(name);
  fresh_hint hint;
  for (size_t j = 0; j < matrix->n_columns; j++) {
    const char *column = matrix->columns[j];
    if (end && strncmp(column, name, n_kind + 2) == 0)
      return ml_error_set(err, ML_ERR_USAGE,
                          "column '%.200s' needs dates and times, and the series have none", name);
    ml_nearest_try(&nearest, column, strlen(column));
  }
  return ml_error_set(err, ML_ERR_USAGE,
                      "column '%.200s' cannot be made: the series have no kind of that name%s",
                      name, fresh__hint(&nearest, &hint));
}

/* Settings that have an order have no column beside it, so these are all. */
static ml_status find(const labels *wanted, const ml_matrix *matrix, labels *there, size_t *from,
                      ml_error *err) {
  size_t n = 0;
  for (size_t j = 0; j < matrix->n_columns; j++)
    if (labels__put(there, matrix->columns[j], strlen(matrix->columns[j])) == LABELS_FULL)
      return ml_error_memory(err);
  for (size_t j = 0; j < wanted->n; j++) {
    const char *name = labels__text(wanted, (uint32_t)j);
    uint32_t place = labels__put(there, name, strlen(name));
    if (place == LABELS_FULL) return ml_error_memory(err);
    if (place >= matrix->n_columns) return fail_missing(matrix, name, err);
    from[n++] = place;
  }
  return ML_OK;
}

ml_status fresh__order_find(const ml_fresh_settings *settings, const ml_matrix *matrix,
                            fresh_order *order, ml_error *err) {
  *order = (fresh_order){0};
  if (settings->order.n == 0) return ML_OK;
  labels there = {0};
  size_t *from = calloc(settings->order.n, sizeof *from);
  ml_status status =
      from ? find(&settings->order, matrix, &there, from, err) : ml_error_memory(err);
  labels__release(&there);
  if (status == ML_OK)
    order->from = from;
  else
    free(from);
  return status;
}

ml_status fresh__order_names(const fresh_order *order, ml_matrix *matrix, ml_error *err) {
  size_t n = matrix->n_columns;
  if (!order->from) return ML_OK;
  char **names = malloc(n * sizeof *names);
  if (!names) return ml_error_memory(err);
  for (size_t j = 0; j < n; j++) names[j] = matrix->columns[order->from[j]];
  memcpy(matrix->columns, names, n * sizeof *names);
  free(names);
  return ML_OK;
}

ml_status fresh__order_rows(const fresh_order *order, ml_matrix *matrix, size_t from, size_t to,
                            ml_error *err) {
  size_t n = matrix->n_columns;
  if (!order->from) return ML_OK;
  double *row = malloc(n * sizeof *row);
  if (!row) return ml_error_memory(err);
  for (size_t i = from; i < to; i++) {
    double *values = matrix->values + i * n;
    for (size_t j = 0; j < n; j++) row[j] = values[order->from[j]];
    memcpy(values, row, n * sizeof *row);
  }
  free(row);
  return ML_OK;
}
