/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression: rows in blocks. */
#include <float.h>
#include <math.h>
#include <ml/vector.h>
#include <stdlib.h>
#include <string.h>

#include "logistic_internal.h"

/* Blocks that are filled side by side: of each column as much is read at a time. */
enum { SIDE_BY_SIDE = 8 };

/* The rows of a block. */
typedef struct block_rows {
  const uint32_t *rows; /* NULL: they lie one behind another, */
  size_t first, n;      /* from this on */
} block_rows;

static block_rows rows_of(const ml_view *view, size_t block) {
  size_t first = block * LOGIT_BLOCK, left = view->n - first;
  size_t n = left < LOGIT_BLOCK ? left : LOGIT_BLOCK, row = ml_view_row(view, first);
  for (size_t i = 1; view->rows && i < n; i++)
    if (view->rows[first + i] != row + i) return (block_rows){view->rows + first, 0, n};
  return (block_rows){NULL, row, n};
}

/* One column of a block, filled up with zeros. @return false: a value is not finite */
ML_VECTOR_PATHS
static bool fill_column(const double *x, const block_rows *at, double centre, double *out) {
  double lost = 0;
  if (at->rows)
    for (size_t i = 0; i < at->n; i++) out[i] = x[at->rows[i]] - centre;
  else
    for (size_t i = 0; i < at->n; i++) out[i] = x[at->first + i] - centre;
  for (size_t i = at->n; i < LOGIT_BLOCK; i++) out[i] = 0;
  for (size_t i = 0; i < LOGIT_BLOCK; i++) lost = fabs(out[i]) <= DBL_MAX ? lost : 1;
  return lost == 0;
}

/* Blocks [first, first + n). @return the first column with a value that is not finite, or
 * view->n_columns */
static size_t fill_blocks(const ml_view *view, const double *centre, size_t first, size_t n,
                          const logit_rows *out) {
  block_rows at[SIDE_BY_SIDE];
  double *x = out->x + first * out->n_columns * LOGIT_BLOCK;
  size_t p = view->n_columns, n_block = out->n_columns * LOGIT_BLOCK, bad = p;
  for (size_t b = 0; b < n; b++) at[b] = rows_of(view, first + b);
  for (size_t j = 0; j < p; j++)
    for (size_t b = 0; b < n; b++)
      if (!fill_column(view->x + j * view->stride, &at[b], centre ? centre[j] : 0,
                       x + b * n_block + j * LOGIT_BLOCK) &&
          j < bad)
        bad = j;
  for (size_t b = 0; b < n && p < out->n_columns; b++)
    for (size_t i = 0; i < LOGIT_BLOCK; i++) x[b * n_block + p * LOGIT_BLOCK + i] = i < at[b].n;
  return bad;
}

ml_status logit__rows(const ml_view *view, const double *centre, bool has_intercept,
                      logit_rows *out, ml_error *err) {
  size_t n_blocks = (view->n + LOGIT_BLOCK - 1) / LOGIT_BLOCK, bad = view->n_columns;
  *out = (logit_rows){view->n, n_blocks, view->n_columns + has_intercept, NULL};
  out->x = malloc((n_blocks * out->n_columns + 1) * LOGIT_BLOCK * sizeof *out->x);
  if (!out->x) return ml_error_memory(err);
  for (size_t b = 0; b < n_blocks && bad == view->n_columns; b += SIDE_BY_SIDE)
    bad = fill_blocks(view, centre, b, n_blocks - b < SIDE_BY_SIDE ? n_blocks - b : SIDE_BY_SIDE,
                      out);
  if (bad == view->n_columns) return ML_OK;
  free(out->x);
  out->x = NULL;
  return ml_error_set(err, ML_ERR_NUMERIC, "column %zu has a value that is missing or infinite",
                      bad + 1);
}
