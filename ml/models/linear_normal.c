/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Normal equations of the rows that a fold trains on. */
#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#include "linear_parts.h"

void linear__add_gram(const linear_rows *rows, double *block, double *gram) {
  const size_t q = rows->p + 2;
  for (size_t from = 0; from < rows->n; from += LINEAR_BLOCK_ROWS) {
    size_t n = rows->n - from < LINEAR_BLOCK_ROWS ? rows->n - from : LINEAR_BLOCK_ROWS;
    linear__rows_block(rows, from, n, block, LINEAR_BLOCK_ROWS);
    cblas_dsyrk(CblasColMajor, CblasUpper, CblasTrans, (int)q, (int)n, 1, block, LINEAR_BLOCK_ROWS,
                1, gram, (int)q);
  }
}

static ml_status new_normal(size_t p, linear_normal *n, double **sum, ml_error *err) {
  *n = (linear_normal){.p = p,
                       .gram = linear__new(p, p),
                       .xy = linear__new(p, 1),
                       .shift = linear__new(p + 1, 1),
                       .mean = linear__new(p + 1, 1)};
  *sum = linear__new(p + 2, p + 2);
  if (*sum && n->gram && n->xy && n->shift && n->mean) return ML_OK;
  free(*sum);
  linear__normal_release(n);
  return ml_error_memory(err);
}

/* A column that loses this share of its squares when it is centred has lost as many digits. */
#define SHARE_LEFT 1e-6

static ml_status centre(const double *sum, bool has_intercept, linear_normal *n, ml_error *err) {
  const size_t p = n->p, q = p + 2;
  n->sum_weights = sum[0];
  n->is_sound = true;
  if (!(n->sum_weights > 0))
    return ml_error_set(err, ML_ERR_NUMERIC, "no row with a weight above 0 to learn from");
  for (size_t j = 0; has_intercept && j <= p; j++) n->mean[j] = sum[(j + 1) * q] / sum[0];
  for (size_t j = 0; j <= p; j++) {
    const double *column = sum + (j + 1) * q + 1;
    for (size_t i = 0; i <= j; i++) {
      double value = column[i] - n->mean[i] * sum[(j + 1) * q];
      if (i == j && value < SHARE_LEFT * column[i]) n->is_sound = false;
      if (j < p)
        n->gram[j * p + i] = n->gram[i * p + j] = value;
      else if (i < p)
        n->xy[i] = value;
      else
        n->yy = value;
    }
  }
  return ML_OK;
}

ml_status linear__normal_of_rows(const linear_rows *rows, linear_normal *out, ml_error *err) {
  double *sum, *block = linear__new(LINEAR_BLOCK_ROWS, rows->p + 2);
  if (!block) return ml_error_memory(err);
  ml_status status = new_normal(rows->p, out, &sum, err);
  if (status == ML_OK) {
    memcpy(out->shift, rows->shift, (rows->p + 1) * sizeof *out->shift);
    linear__add_gram(rows, block, sum);
    status = centre(sum, rows->has_intercept, out, err);
    free(sum);
    if (status != ML_OK) linear__normal_release(out);
  }
  free(block);
  return status;
}

ml_status linear__normal_of_fold(const ml_cv *cv, const linear_names *names, const void *shared,
                                 size_t fold, bool has_intercept, linear_normal *out,
                                 ml_error *err) {
  if (!shared) {
    linear_rows rows;
    uint32_t *numbers;
    ml_status status = linear__rows_of_fold(cv, fold, has_intercept, &numbers, &rows, err);
    if (status != ML_OK) return status;
    status = linear__normal_of_rows(&rows, out, err);
    linear__rows_release(&rows);
    free(numbers);
    return status;
  }
  double *sum;
  ml_status status = new_normal(cv->all.n_columns, out, &sum, err);
  if (status != ML_OK) return status;
  status = linear__add_parts(cv, names, shared, fold, has_intercept, out->shift, sum, err);
  if (status == ML_OK) status = centre(sum, has_intercept, out, err);
  free(sum);
  if (status != ML_OK) linear__normal_release(out);
  return status;
}

void linear__normal_release(linear_normal *n) {
  free(n->gram);
  free(n->xy);
  free(n->shift);
  free(n->mean);
  *n = (linear_normal){0};
}

double linear__normal_constant(const linear_normal *n, const double *coef) {
  return n->shift[n->p] + n->mean[n->p] - cblas_ddot((int)n->p, n->mean, 1, coef, 1);
}
