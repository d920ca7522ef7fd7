/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression: rows in blocks. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logistic_internal.h"

/* Rows [first, first + n) of a view: where they begin, if they lie one behind another. */
static bool is_run(const ml_view *view, size_t first, size_t n, size_t *row) {
  *row = ml_view_row(view, first);
  for (size_t i = 1; view->rows && i < n; i++)
    if (view->rows[first + i] != *row + i) return false;
  return true;
}

/* One column of a block; false when a value is not finite. */
static bool gather(const double *x, const uint32_t *rows, size_t n, double centre, double *out) {
  bool is_bad = false;
  if (rows)
    for (size_t i = 0; i < n; i++) out[i] = x[rows[i]] - centre;
  else
    for (size_t i = 0; i < n; i++) out[i] = x[i] - centre;
  for (size_t i = 0; i < n; i++) is_bad |= !(fabs(out[i]) <= DBL_MAX);
  return !is_bad;
}

ml_status logit__rows(const ml_view *view, const double *centre, bool has_intercept,
                      logit_rows *out, ml_error *err) {
  size_t p = view->n_columns, q = p + has_intercept;
  size_t n_blocks = (view->n + LOGIT_BLOCK - 1) / LOGIT_BLOCK;
  double *x = malloc((n_blocks * q + 1) * LOGIT_BLOCK * sizeof *x);
  if (!x) return ml_error_memory(err);
  for (size_t b = 0; b < n_blocks; b++) {
    size_t first = b * LOGIT_BLOCK, left = view->n - first,
           n = left < LOGIT_BLOCK ? left : LOGIT_BLOCK;
    size_t row;
    bool runs = is_run(view, first, n, &row);
    for (size_t j = 0; j < q; j++) {
      double *to = x + (b * q + j) * LOGIT_BLOCK;
      const uint32_t *rows = runs ? NULL : view->rows + first;
      if (j < p && !gather(view->x + j * view->stride + (runs ? row : 0), rows, n,
                           centre ? centre[j] : 0, to)) {
        free(x);
        return ml_error_set(err, ML_ERR_NUMERIC,
                            "column %zu has a value that is missing or infinite", j + 1);
      }
      for (size_t i = 0; i < n && j == p; i++) to[i] = 1;
      memset(to + n, 0, (LOGIT_BLOCK - n) * sizeof *to);
    }
  }
  *out = (logit_rows){view->n, n_blocks, q, x};
  return ML_OK;
}
