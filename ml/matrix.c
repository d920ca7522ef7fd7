/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matrices with named rows and columns: making and freeing them. */
#include <stdlib.h>
#include <string.h>

#include "matrix_internal.h"

static char **new_names(size_t n) {
  if (n > PTRDIFF_MAX / sizeof(char *)) return NULL;
  return calloc(n ? n : 1, sizeof(char *)); /* calloc(0) may be NULL */
}

static void free_names(char **names, size_t n) {
  for (size_t i = 0; names && i < n; i++) free(names[i]);
  free(names);
}

ml_status matrix__of_block(ml_block *block, size_t n_rows, size_t n_columns, ml_matrix **out,
                           ml_error *err) {
  ml_matrix *matrix = calloc(1, sizeof *matrix);
  if (!matrix) {
    ml_block_free(block);
    return ml_error_memory(err);
  }
  *matrix = (ml_matrix){.n_rows = n_rows,
                        .n_columns = n_columns,
                        .values = block->data,
                        .block = block,
                        .rows = new_names(n_rows),
                        .columns = new_names(n_columns),
                        .row_label = strdup("id")};
  if (matrix->rows && matrix->columns && matrix->row_label) {
    *out = matrix;
    return ML_OK;
  }
  ml_matrix_free(matrix);
  return ml_error_memory(err);
}

ml_status ml_matrix_new(const ml_exec *exec, size_t n_rows, size_t n_columns, ml_matrix **out,
                        ml_error *err) {
  size_t size;
  ml_block *block;
  if (__builtin_mul_overflow(n_rows, n_columns, &size) ||
      __builtin_mul_overflow(size, sizeof(double), &size))
    return ml_error_memory(err);
  ml_status status = ml_block_new(exec, size, &block, err);
  return status == ML_OK ? matrix__of_block(block, n_rows, n_columns, out, err) : status;
}

void ml_matrix_free(ml_matrix *matrix) {
  if (!matrix) return;
  free_names(matrix->rows, matrix->n_rows);
  free_names(matrix->columns, matrix->n_columns);
  free(matrix->row_label);
  ml_block_free(matrix->block);
  free(matrix);
}

static size_t skip_digits(const char *text, size_t n, size_t at) {
  while (at < n && text[at] >= '0' && text[at] <= '9') at++;
  return at;
}

bool matrix__is_json_number(const char *text, size_t n) {
  size_t at = n > 0 && *text == '-', end = skip_digits(text, n, at);
  if (end == at || (text[at] == '0' && end > at + 1)) return false;
  if (end < n && text[end] == '.') {
    at = end + 1;
    end = skip_digits(text, n, at);
    if (end == at) return false;
  }
  if (end < n && (text[end] == 'e' || text[end] == 'E')) {
    at = end + 1;
    if (at < n && (text[at] == '-' || text[at] == '+')) at++;
    end = skip_digits(text, n, at);
    if (end == at) return false;
  }
  return end == n;
}
