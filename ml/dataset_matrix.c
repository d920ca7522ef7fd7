/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datasets from what is in memory: a matrix, and a target of the same rows. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dataset_internal.h"

/* Rows into columns, some of each at a time: as many as fit a cache. */
static void transpose(const ml_matrix *matrix, double *to) {
  enum { SIDE = 32 };
  const size_t n = matrix->n_rows, width = matrix->n_columns;
  for (size_t first = 0; first < n; first += SIDE)
    for (size_t left = 0; left < width; left += SIDE) {
      const size_t end = first + SIDE < n ? first + SIDE : n,
                   right = left + SIDE < width ? left + SIDE : width;
      for (size_t j = left; j < right; j++)
        for (size_t i = first; i < end; i++) to[j * n + i] = matrix->values[i * width + j];
    }
}

static ml_status copy_values(const ml_matrix *matrix, const ml_exec *exec, ml_dataset *data,
                             ml_error *err) {
  size_t size;
  if (__builtin_mul_overflow(matrix->n_rows, matrix->n_columns, &size) ||
      __builtin_mul_overflow(size, sizeof *matrix->values, &size))
    return ml_error_memory(err);
  ml_status status = matrix->by_column
                         ? ml_block_copy(exec, matrix->values, size, &data->block, err)
                         : ml_block_new(exec, size, &data->block, err);
  if (status != ML_OK) return status;
  if (!matrix->by_column) transpose(matrix, data->block->data);
  data->x = data->block->data;
  data->n_rows = matrix->n_rows;
  data->n_features = matrix->n_columns;
  return ML_OK;
}

static ml_status copy_names(const ml_matrix *matrix, ml_dataset *data, ml_error *err) {
  data->names = dataset__copy_texts((const char *const *)matrix->columns, matrix->n_columns);
  data->ids = dataset__copy_texts((const char *const *)matrix->rows, matrix->n_rows);
  data->id = strdup(matrix->row_label ? matrix->row_label : "id");
  return data->names && data->ids && data->id ? ML_OK : ml_error_memory(err);
}

static ml_status copy_classes(const ml_target *target, ml_dataset *data, ml_error *err) {
  return levels__make(target->labels, target->n_classes, target->classes, target->n, &data->classes,
                      err);
}

static ml_status copy_target(const ml_target *target, ml_dataset *data, ml_error *err) {
  data->problem = target->problem;
  data->target = strdup(target->name ? target->name : "y");
  if (!data->target) return ml_error_memory(err);
  if (target->problem == ML_CLASSIFICATION) return copy_classes(target, data, err);
  data->y = reallocarray(NULL, target->n ? target->n : 1, sizeof *data->y);
  if (!data->y) return ml_error_memory(err);
  memcpy(data->y, target->values, target->n * sizeof *data->y);
  return ML_OK;
}

ml_status ml_dataset_of_matrix(const ml_matrix *matrix, const ml_target *target,
                               const ml_exec *exec, ml_dataset **out, ml_error *err) {
  assert(matrix && out);
  if (target && target->n != matrix->n_rows)
    return ml_error_set(err, ML_ERR_USAGE, "%zu rows, but the target has %zu", matrix->n_rows,
                        target->n);
  ml_dataset *data = calloc(1, sizeof *data);
  if (!data) return ml_error_memory(err);
  ml_status status = copy_values(matrix, exec, data, err);
  if (status == ML_OK) status = copy_names(matrix, data, err);
  if (status == ML_OK && target) status = copy_target(target, data, err);
  if (status == ML_OK)
    *out = data;
  else
    ml_dataset_free(data);
  return status;
}
