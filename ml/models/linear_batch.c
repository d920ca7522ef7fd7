/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions of many candidates for the rows that a fold tests. */
#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#include "linear_parts.h"

#define BLOCK_ROWS 256
#define CELLS_MAX  ((size_t)1 << 20) /* of the predictions that are held at a time */
#define GROUP      16                /* candidates that are predicted from the same features */

size_t linear__batch_size(const ml_view *test, size_t n) {
  size_t most = CELLS_MAX / (test->n + 1);
  if (most < 8) most = 8;
  return n < most ? n : most;
}

/* Features in the order of the first candidate that uses them: along a path of falling penalties
 * those that a candidate needs are the first ones. */
typedef struct batch_plan {
  size_t n_columns, *columns;
  size_t *needs; /* n + 1: how many of them candidates [0, c) need */
  double *coef;  /* n x (1 + n_columns): the constant first */
} batch_plan;

static void release_plan(batch_plan *plan) {
  free(plan->columns);
  free(plan->needs);
  free(plan->coef);
}

static ml_status make_plan(const linear_batch *batch, batch_plan *plan, ml_error *err) {
  const size_t p = batch->p, n = batch->n;
  char *is_used = calloc(p + 1, 1);
  plan->columns = calloc(p + 1, sizeof *plan->columns);
  plan->needs = calloc(n + 1, sizeof *plan->needs);
  plan->coef = linear__new(n, p + 1);
  plan->n_columns = 0;
  bool ok = is_used && plan->columns && plan->needs && plan->coef;
  for (size_t c = 0; c < n && ok; c++) {
    const double *coef = batch->coef + c * (p + 1);
    for (size_t j = 0; j < p; j++) {
      if (coef[j] == 0 || is_used[j]) continue;
      is_used[j] = 1;
      plan->columns[plan->n_columns++] = j;
    }
    plan->needs[c + 1] = plan->n_columns;
  }
  const size_t q = plan->n_columns + 1;
  for (size_t c = 0; c < n && ok; c++) {
    const double *coef = batch->coef + c * (p + 1);
    plan->coef[c * q] = coef[p];
    for (size_t k = 1; k < q; k++) plan->coef[c * q + k] = coef[plan->columns[k - 1]];
  }
  free(is_used);
  return ok ? ML_OK : ml_error_memory(err);
}

/* Rows of a block, which begins with a column of ones. */
static void predict_block(const batch_plan *plan, size_t n_candidates, size_t n,
                          const double *block, double *out, size_t stride) {
  const int q = (int)plan->n_columns + 1;
  for (size_t c = 0, end; c < n_candidates; c = end) {
    end = n_candidates - c < GROUP ? n_candidates : c + GROUP;
    while (end < n_candidates && plan->needs[end + 1] == plan->needs[end]) end++;
    cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, (int)n, (int)(end - c),
                (int)plan->needs[end] + 1, 1, block, BLOCK_ROWS, plan->coef + c * (size_t)q, q, 0,
                out + c * stride, (int)stride);
  }
}

static ml_status take_one(const ml_view *test, const linear_batch *batch, ml_take *take, void *ctx,
                          ml_error *err) {
  double *out = reallocarray(NULL, test->n + 1, sizeof *out);
  if (!out) return ml_error_memory(err);
  linear__predict_one(test, batch->shift, batch->coef, batch->coef[batch->p], out);
  ml_status status = take(ctx, batch->candidates[0], out, NULL, err);
  free(out);
  return status;
}

/* Those whose sums of squares follow from products are done; the others are left.
 * @param[out] left  candidates, and their coefficients, of the batch */
static ml_status take_known(const linear_batch *batch, size_t *candidates, double *coef,
                            linear_batch *left, ml_error *err) {
  const linear_squares *s = batch->squares;
  const size_t q = batch->p + 1;
  ml_status status = ML_OK;
  *left = *batch;
  left->n = 0;
  left->candidates = candidates;
  left->coef = coef;
  for (size_t c = 0; c < batch->n && status == ML_OK; c++) {
    double squares;
    if (linear__squares_known(s, batch->p, batch->coef + c * q, &squares)) {
      status = s->take(s->ctx, batch->candidates[c], &squares, NULL, err);
      continue;
    }
    memcpy(coef + left->n * q, batch->coef + c * q, q * sizeof *coef);
    candidates[left->n++] = batch->candidates[c];
  }
  return status;
}

static ml_status take_predicted(const ml_view *test, const linear_batch *batch, ml_take *take,
                                void *ctx, ml_error *err) {
  batch_plan plan = {0};
  if (batch->n == 0) return ML_OK;
  if (batch->n == 1) return take_one(test, batch, take, ctx, err);
  ml_status status = linear__check_size(test->n, batch->p, err);
  if (status != ML_OK) return status;
  double *block = linear__new(BLOCK_ROWS, batch->p + 1),
         *out = reallocarray(NULL, test->n + 1, batch->n * sizeof *out);
  status = block && out ? make_plan(batch, &plan, err) : ml_error_memory(err);
  for (size_t i = 0; i < BLOCK_ROWS && block; i++) block[i] = 1;
  for (size_t from = 0; from < test->n && status == ML_OK; from += BLOCK_ROWS) {
    size_t n = test->n - from < BLOCK_ROWS ? test->n - from : BLOCK_ROWS;
    linear__shifted(test, from, n, batch->shift, plan.columns, plan.n_columns, block + BLOCK_ROWS,
                    BLOCK_ROWS);
    predict_block(&plan, batch->n, n, block, out + from, test->n);
  }
  for (size_t c = 0; c < batch->n && status == ML_OK; c++)
    status = take(ctx, batch->candidates[c], out + c * test->n, NULL, err);
  release_plan(&plan);
  free(block);
  free(out);
  return status;
}

ml_status linear__batch_take(const ml_view *test, const linear_batch *batch, ml_take *take,
                             void *ctx, ml_error *err) {
  linear_batch left;
  if (!batch->squares || !batch->squares->gram) return take_predicted(test, batch, take, ctx, err);
  size_t *candidates = calloc(batch->n + 1, sizeof *candidates);
  double *coef = linear__new(batch->n + 1, batch->p + 1);
  ml_status status =
      candidates && coef ? take_known(batch, candidates, coef, &left, err) : ml_error_memory(err);
  if (status == ML_OK) status = take_predicted(test, &left, take, ctx, err);
  free(candidates);
  free(coef);
  return status;
}
