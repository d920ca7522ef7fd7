/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns that are read into the block where they stay, while nobody knows how many rows come. */
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/exec_internal.h>

/* Memory between columns that the system need not keep is worth a call from here on. */
enum { LOOSE = 1 << 16 };

static double *column(const csv_block *b, size_t j, size_t stride) {
  return (double *)b->block->data + j * stride;
}

static void give_back(const csv_block *b, const double *from, const double *to) {
  const char *data = b->block->data;
  if (to > from && (size_t)(to - from) * sizeof *from >= LOOSE)
    block__give_back(b->block, (size_t)((const char *)from - data),
                     (size_t)((const char *)to - (const char *)from));
}

/* An odd number of cache lines: a row has a cell in each column, and columns that are a power of
 * two apart would fight for the same few lines of the caches. */
static size_t stride_for(size_t n_rows) {
  enum { LINE = 8 };
  const size_t n_lines = n_rows / LINE + (n_rows % LINE > 0);
  return (n_lines | 1) * LINE;
}

ml_status csv__block_resize(csv_block *b, size_t n_rows, size_t n_room, ml_error *err) {
  const size_t stride = stride_for(n_room);
  size_t size;
  if (n_room > SIZE_MAX / 2 || __builtin_mul_overflow(stride, b->n_columns, &size) ||
      __builtin_mul_overflow(size, sizeof(double), &size))
    return ml_error_memory(err);
  ml_status status = block__grow(b->exec, &b->block, size, err);
  if (status != ML_OK) return status;
  for (size_t j = b->n_columns; j-- > 0 && n_rows > 0;) {
    double *to = column(b, j, stride);
    memmove(to, column(b, j, b->stride), n_rows * sizeof *to);
    give_back(b, to + n_rows, to + stride);
  }
  b->stride = stride;
  return ML_OK;
}

ml_status csv__block_settle(csv_block *b, size_t n_rows, ml_error *err) {
  for (size_t j = 1; j < b->n_columns && b->stride > n_rows; j++) {
    double *from = column(b, j, b->stride), *to = column(b, j, n_rows);
    memmove(to, from, n_rows * sizeof *to);
    give_back(b, to + n_rows > from ? to + n_rows : from, from + n_rows);
  }
  b->stride = n_rows;
  return block__settle(b->block, n_rows * b->n_columns * sizeof(double), err);
}
