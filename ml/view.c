/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows as a model sees them. */
#include <math.h>
#include <ml/model.h>
#include <ml/rng.h>
#include <string.h>

bool ml_view_is_run(const ml_view *view, size_t *first) {
  *first = view->n ? ml_view_row(view, 0) : 0;
  for (size_t i = 1; view->rows && i < view->n; i++)
    if (view->rows[i] != view->rows[i - 1] + 1) return false;
  return true;
}

static void gather(const ml_view *view, const double *from, bool is_run, size_t first,
                   double *out) {
  if (is_run)
    memcpy(out, from + first, view->n * sizeof *out);
  else
    for (size_t i = 0; i < view->n; i++) out[i] = from[view->rows[i]];
}

void ml_view_gather(const ml_view *view, double *out, size_t stride) {
  size_t first;
  bool is_run = ml_view_is_run(view, &first);
  for (size_t j = 0; j < view->n_columns && view->n; j++)
    gather(view, view->x + j * view->stride, is_run, first, out + j * stride);
}

void ml_view_gather_y(const ml_view *view, double *out) {
  for (size_t i = 0; i < view->n; i++) out[i] = view->y[ml_view_row(view, i)];
}

void ml_view_gather_weights(const ml_view *view, double *out) {
  for (size_t i = 0; i < view->n; i++)
    out[i] = view->weights ? view->weights[ml_view_row(view, i)] : 1;
}

void ml_view_gather_classes(const ml_view *view, uint32_t *out) {
  for (size_t i = 0; i < view->n; i++) out[i] = view->classes[ml_view_row(view, i)];
}

/* ---- deviations ------------------------------------------------------------------------------ */

/* Squares of columns far from zero lose their digits, those of huge or tiny values are no numbers:
 * they are taken around the mean, in units of a power of two, by which no digit changes. */
static double deviation(const ml_view *view, const double *x) {
  double sum = 0, mean = 0, squares = 0, greatest = 0,
         shift = view->n ? x[ml_view_row(view, 0)] : 0;
  int exponent = 0;
  for (size_t i = 0; i < view->n; i++) {
    size_t row = ml_view_row(view, i);
    double w = view->weights ? view->weights[row] : 1;
    sum += w;
    mean += w * (x[row] - shift);
    greatest = fmax(greatest, fabs(x[row] - shift));
  }
  mean /= sum;
  if (isfinite(greatest)) (void)frexp(greatest, &exponent);
  const double unit = ldexp(1, exponent > -1000 ? exponent - 1 : -1000);
  for (size_t i = 0; i < view->n; i++) {
    size_t row = ml_view_row(view, i);
    double d = (x[row] - shift - mean) / unit;
    squares += (view->weights ? view->weights[row] : 1) * d * d;
  }
  return sum > 0 ? unit * sqrt(squares / sum) : 0;
}

void ml_view_deviations(const ml_view *view, double *out) {
  for (size_t j = 0; j < view->n_columns; j++) out[j] = deviation(view, view->x + j * view->stride);
}

/* ---- cross-validation ------------------------------------------------------------------------ */

ml_view ml_cv_train(const ml_cv *cv, size_t fold, uint32_t *rows) {
  ml_view view = cv->all;
  ml_folds_train(cv->folds, fold, rows);
  view.rows = rows;
  view.n = ml_folds_n_train(cv->folds, fold);
  return view;
}

ml_view ml_cv_test(const ml_cv *cv, size_t fold) {
  ml_view view = cv->all;
  view.rows = ml_folds_test(cv->folds, fold, &view.n);
  return view;
}

uint64_t ml_cv_seed(const ml_cv *cv, size_t fold) {
  return ml_rng_derive(cv->seed, fold);
}
