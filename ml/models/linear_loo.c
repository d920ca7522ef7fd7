/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leave one out in closed form: a residual divided by one minus its leverage (Allen 1974). */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linear_parts.h"

/* A prediction loses as many digits as one minus its leverage has zeros. */
#define LEFT_MIN 1e-5

bool linear__are_as_many(const ml_cv *cv) {
  const ml_folds *folds = cv->folds;
  return folds->n_repeats == 1 && folds->n == ml_folds_n_members(folds) && folds->n >= 2;
}

bool linear__leaves_one_out(const ml_cv *cv) {
  const ml_folds *folds = cv->folds;
  if (!linear__are_as_many(cv)) return false;
  for (size_t k = 0; k < folds->n; k++)
    if (folds->folds[k].test.n != 1 || !folds->folds[k].trains_others) return false;
  return true;
}

/* A part: rank, sum of weights; shift, mean (p + 1 each); d, t (k each); vt (k x p), where k is the
 * lesser of rows and features. */
static size_t most_directions(const ml_cv *cv) {
  return cv->all.n < cv->all.n_columns ? cv->all.n : cv->all.n_columns;
}

size_t linear__loo_bytes(const ml_cv *cv) {
  size_t p = cv->all.n_columns, k = most_directions(cv);
  return (2 + 2 * (p + 1) + 2 * k + k * p) * sizeof(double);
}

ml_status linear__loo_part(const ml_cv *cv, bool has_intercept, bool scales, void *out,
                           ml_error *err) {
  const size_t p = cv->all.n_columns, k = most_directions(cv);
  double *numbers = out, *shift = numbers + 2, *mean = shift + p + 1, *d = mean + p + 1;
  double *t = d + k, *vt = t + k;
  linear_rows rows;
  linear_factor f;
  ml_status status = linear__rows_init(&rows, &cv->all, has_intercept, err);
  if (status != ML_OK) return status;
  status = linear__factorize(&rows, scales, &f, err);
  linear__rows_release(&rows);
  if (status != ML_OK) return status;
  numbers[0] = (double)f.rank;
  numbers[1] = f.sum_weights;
  memcpy(shift, f.shift, (p + 1) * sizeof *shift);
  memcpy(mean, f.mean, (p + 1) * sizeof *mean);
  memset(d, 0, (2 * k + k * p) * sizeof *d);
  for (size_t i = 0; i < f.rank; i++) {
    d[i] = f.d[i];
    t[i] = f.t[i];
    for (size_t j = 0; j < p; j++) vt[j * k + i] = f.vt[j * f.stride + i];
  }
  linear__factor_release(&f);
  return ML_OK;
}

ml_status linear__loo_predict(const ml_cv *cv, const void *part, bool has_intercept, double alpha,
                              size_t fold, double *out, bool *is_known, ml_error *err) {
  const size_t p = cv->all.n_columns, k = most_directions(cv);
  const double *numbers = part, *shift = numbers + 2, *mean = shift + p + 1, *d = mean + p + 1;
  const double *t = d + k, *vt = t + k;
  *is_known = numbers[0] >= 0 && numbers[0] <= (double)k; /* the part comes from anywhere */
  if (!*is_known) return ML_OK;
  const size_t rank = (size_t)numbers[0];
  double *row = linear__new(p + k, 1), *along = row ? row + p : NULL;
  if (!row) return ml_error_memory(err);
  ml_view test = ml_cv_test(cv, fold);
  size_t number = ml_view_row(&test, 0);
  linear__shifted(&test, 0, 1, shift, NULL, p, row, 1);
  for (size_t j = 0; j < p; j++) row[j] -= mean[j];
  if (rank)
    cblas_dgemv(CblasColMajor, CblasNoTrans, (int)rank, (int)p, 1, vt, (int)k, row, 1, 0, along, 1);
  double weight = test.weights ? test.weights[number] : 1, fitted = 0;
  double leverage = has_intercept ? weight / numbers[1] : 0;
  for (size_t i = 0; i < rank; i++) {
    leverage += weight * along[i] * along[i] / (d[i] + alpha);
    fitted += along[i] * t[i] / (d[i] + alpha);
  }
  double y = test.y[number] - shift[p] - mean[p], left = 1 - leverage;
  *is_known = left > LEFT_MIN;
  *out = weight > 0 ? test.y[number] - (y - fitted) / left : shift[p] + mean[p] + fitted;
  free(row);
  return ML_OK;
}
