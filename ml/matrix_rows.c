/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows and columns of a matrix, put together from what its layout and a choice of columns leave
 * apart. */
#include <stdlib.h>
#include <string.h>

#include "matrix_internal.h"

/* Values that are put together at once, about half of what a core's second cache has; but columns
 * are read in runs of one cache line at least. */
enum { TILE_VALUES = 1 << 15, HEIGHT_MIN = 8 };

static bool make_tile(matrix_rows *r) {
  size_t n = r->n ? r->n : 1, height = TILE_VALUES / n;
  if (height < HEIGHT_MIN) height = HEIGHT_MIN;
  if (height > r->matrix->n_rows) height = r->matrix->n_rows ? r->matrix->n_rows : 1;
  r->tile = reallocarray(NULL, height, n * sizeof *r->tile);
  r->tile_height = height;
  return r->tile != NULL;
}

const double *matrix__rows(matrix_rows *r, size_t first, size_t *n_rows) {
  const ml_matrix *m = r->matrix;
  if (!m->by_column && !r->columns) return m->values + first * m->n_columns;
  if (!r->tile && !make_tile(r)) return NULL;
  if (*n_rows > r->tile_height) *n_rows = r->tile_height;
  const size_t down = m->by_column ? 1 : m->n_columns, across = m->by_column ? m->n_rows : 1;
  for (size_t j = 0; j < r->n; j++) {
    const double *from = m->values + first * down + (r->columns ? r->columns[j] : j) * across;
    for (size_t i = 0; i < *n_rows; i++) r->tile[i * r->n + j] = from[i * down];
  }
  return r->tile;
}

/* Some rows at a time, so that each line of the cache that is written is written whole. */
void matrix__columns(const double *rows, size_t n_rows, size_t stride, const size_t *columns,
                     size_t n, double *out, size_t height) {
  enum { ROWS = 8 };
  for (size_t from = 0; from < n_rows; from += ROWS) {
    const double *row = rows + from * stride;
    size_t n_some = n_rows - from < ROWS ? n_rows - from : ROWS;
    for (size_t j = 0; j < n; j++) {
      size_t column = columns ? columns[j] : j;
      for (size_t i = 0; i < n_some; i++) out[j * height + from + i] = row[i * stride + column];
    }
  }
}

void matrix__rows_release(matrix_rows *r) {
  free(r->tile);
  r->tile = NULL;
}
