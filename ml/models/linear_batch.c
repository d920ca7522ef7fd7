/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions of many candidates for the rows that a fold tests. */
#include <cblas.h>
#include <stdlib.h>

#include "linear_parts.h"

#define BLOCK_ROWS 512
#define CELLS_MAX  ((size_t)1 << 20) /* of the predictions that are held at a time */

size_t linear__batch_size(const ml_view *test, size_t n) {
  size_t most = CELLS_MAX / (test->n + 1);
  if (most < 8) most = 8;
  return n < most ? n : most;
}

ml_status linear__batch_take(const ml_view *test, const linear_batch *batch, ml_take *take,
                             void *ctx, ml_error *err) {
  const size_t q = batch->p + 1;
  double *block = linear__new(BLOCK_ROWS, q), *out = linear__new(test->n, batch->n);
  ml_status status = block && out ? ML_OK : ml_error_memory(err);
  for (size_t i = 0; i < BLOCK_ROWS && block; i++) block[batch->p * BLOCK_ROWS + i] = 1;
  for (size_t from = 0; from < test->n && status == ML_OK; from += BLOCK_ROWS) {
    size_t n = test->n - from < BLOCK_ROWS ? test->n - from : BLOCK_ROWS;
    linear__shifted(test, from, n, batch->shift, block, BLOCK_ROWS);
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, (int)n, (int)batch->n, (int)q, 1, block,
                BLOCK_ROWS, batch->coef, (int)q, 0, out + from, (int)test->n);
  }
  for (size_t c = 0; c < batch->n && status == ML_OK; c++)
    status = take(ctx, batch->candidates[c], out + c * test->n, NULL, err);
  free(block);
  free(out);
  return status;
}
