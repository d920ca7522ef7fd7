/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression: rows in blocks. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logistic_internal.h"

/* One column of a block; false when a value is not finite. */
static bool gather(const ml_view *view, size_t first, size_t n, size_t j, double centre,
                   double *out) {
  const double *x = view->x + j * view->stride;
  double sum = 0;
  if (view->rows)
    for (size_t i = 0; i < n; i++) out[i] = x[view->rows[first + i]] - centre;
  else
    for (size_t i = 0; i < n; i++) out[i] = x[first + i] - centre;
  for (size_t i = 0; i < n; i++) sum += out[i] * 0; /* NaN when one of them is, or is infinite */
  return sum == 0;
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
    for (size_t j = 0; j < q; j++) {
      double *to = x + (b * q + j) * LOGIT_BLOCK;
      if (j < p && !gather(view, first, n, j, centre ? centre[j] : 0, to)) {
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
