/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows a linear model learns from, and what it predicts for others. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/saved.h>
#include <ml/vector.h>

#include "linear_parts.h"

#define AHEAD      2   /* columns that are fetched early */
#define N_SAMPLED  64  /* rows whose mean is the shift: it need only be near */
#define RUN        8   /* of them one behind another */
#define BLOCK_ROWS 512 /* that are predicted at a time */

double *linear__new(size_t n, size_t m) {
  size_t cells;
  if (__builtin_mul_overflow(n, m, &cells)) return NULL;
  return calloc(cells ? cells : 1, sizeof(double));
}

/* Blocks of rows, ones and the target are added to the features. */
#define FEATURES_MAX ((size_t)INT_MAX / 2)

ml_status linear__check_size(size_t n, size_t p, ml_error *err) {
  if (n > INT_MAX)
    return ml_error_set(err, ML_ERR_USAGE, "%zu rows: a linear model takes %d at most", n, INT_MAX);
  if (p > FEATURES_MAX)
    return ml_error_set(err, ML_ERR_USAGE, "%zu features: a linear model takes %zu at most", p,
                        FEATURES_MAX);
  return ML_OK;
}

static size_t row_of(const linear_rows *rows, size_t i) {
  return rows->rows ? rows->rows[i] : rows->first + i;
}

/* The mean of differences from one value: exact for constants, whatever they are. Neighbours are
 * sampled together, as they come from memory together. */
static double shift_of(const linear_rows *rows, const double *column) {
  const size_t n = rows->n < N_SAMPLED ? rows->n : N_SAMPLED, n_runs = (n + RUN - 1) / RUN;
  double origin = column[row_of(rows, 0)], sum = 0;
  for (size_t i = 0; i < n; i++) {
    size_t first = (size_t)((double)(rows->n - n) / (double)n_runs * (double)(i / RUN));
    sum += column[row_of(rows, first + i)] - origin;
  }
  return origin + sum / (double)n;
}

static ml_status keep_weighted(linear_rows *rows, const ml_view *view, ml_error *err) {
  rows->kept = malloc(view->n ? view->n * sizeof *rows->kept : 1);
  if (!rows->kept) return ml_error_memory(err);
  rows->n = 0;
  for (size_t i = 0; i < view->n; i++) {
    size_t row = ml_view_row(view, i);
    if (view->weights[row] > 0) rows->kept[rows->n++] = (uint32_t)row;
  }
  rows->rows = rows->kept;
  return ML_OK;
}

ml_status linear__rows_init(linear_rows *rows, const ml_view *view, bool has_intercept,
                            ml_error *err) {
  *rows = (linear_rows){.view = *view,
                        .n = view->n,
                        .p = view->n_columns,
                        .rows = view->rows,
                        .has_intercept = has_intercept};
  ml_status status = linear__check_size(view->n, view->n_columns, err);
  if (status == ML_OK && view->weights) status = keep_weighted(rows, view, err);
  if (status == ML_OK && !rows->n)
    status = ml_error_set(err, ML_ERR_NUMERIC, "no row with a weight above 0 to learn from");
  if (status == ML_OK && !(rows->shift = linear__new(rows->p + 1, 1)))
    status = ml_error_memory(err);
  if (status != ML_OK) {
    linear__rows_release(rows);
    return status;
  }
  const ml_view kept = {.n = rows->n, .rows = rows->rows};
  size_t first;
  if (rows->rows && ml_view_is_run(&kept, &first)) {
    rows->rows = NULL;
    rows->first = first;
  }
  for (size_t j = 0; has_intercept && j < rows->p; j++)
    rows->shift[j] = shift_of(rows, view->x + j * view->stride);
  if (has_intercept) rows->shift[rows->p] = shift_of(rows, view->y);
  return ML_OK;
}

void linear__rows_release(linear_rows *rows) {
  free(rows->kept);
  free(rows->shift);
  *rows = (linear_rows){0};
}

ml_status linear__rows_of_fold(const ml_cv *cv, size_t fold, bool has_intercept, uint32_t **numbers,
                               linear_rows *rows, ml_error *err) {
  size_t n = ml_folds_n_train(cv->folds, fold);
  *numbers = calloc(n ? n : 1, sizeof **numbers);
  if (!*numbers) return ml_error_memory(err);
  ml_view train = ml_cv_train(cv, fold, *numbers);
  ml_status status = linear__rows_init(rows, &train, has_intercept, err);
  if (status != ML_OK) free(*numbers);
  return status;
}

/* ---- values ---------------------------------------------------------------------------------- */

ML_VECTOR_PATHS static void subtract_shift(const double *from, size_t n, double shift,
                                           double *restrict out) {
  for (size_t i = 0; i < n; i++) out[i] = from[i] - shift;
}

static void shift_column(const double *from, const uint32_t *rows, size_t n, double shift,
                         double *restrict out) {
  if (rows)
    for (size_t i = 0; i < n; i++) out[i] = from[rows[i]] - shift;
  else
    subtract_shift(from, n, shift, out);
}

/* The block of a column is too short for the processor to see that it is read in order: what comes
 * next is asked for early. */
static void fetch(const double *from, size_t n) {
  for (size_t i = 0; i < n; i += 64 / sizeof *from) __builtin_prefetch(from + i);
}

void linear__rows_block(const linear_rows *rows, size_t from, size_t n, double *out,
                        size_t stride) {
  const ml_view *view = &rows->view;
  const uint32_t *numbers = rows->rows ? rows->rows + from : NULL;
  size_t first = numbers ? 0 : rows->first + from;
  for (size_t i = 0; i < n; i++)
    out[i] = view->weights ? sqrt(view->weights[row_of(rows, from + i)]) : 1;
  for (size_t j = 0; j <= rows->p; j++) {
    const double *column = j < rows->p ? view->x + j * view->stride : view->y;
    double *to = out + (j + 1) * stride;
    if (!numbers && j + AHEAD < rows->p) fetch(column + AHEAD * view->stride + first, n);
    shift_column(column + first, numbers, n, rows->shift[j], to);
    for (size_t i = 0; view->weights && i < n; i++) to[i] *= out[i];
  }
}

/* The roots of the weights come first, and are moved out of the way when they are done with. */
void linear__centred(const linear_rows *rows, double sum_weights, double *out, double *mean) {
  const size_t n = rows->n, p = rows->p;
  linear__rows_block(rows, 0, n, out, n);
  for (size_t j = 0; rows->has_intercept && j <= p; j++) {
    double *column = out + (j + 1) * n, sum = 0;
    for (size_t i = 0; i < n; i++) sum += out[i] * column[i];
    mean[j] = sum / sum_weights;
    for (size_t i = 0; i < n; i++) column[i] -= out[i] * mean[j];
  }
  memmove(out, out + n, (p + 1) * n * sizeof *out);
}

double linear__sum_of_weights(const linear_rows *rows) {
  double sum = 0;
  if (!rows->view.weights) return (double)rows->n;
  for (size_t i = 0; i < rows->n; i++) sum += rows->view.weights[row_of(rows, i)];
  return sum;
}

void linear__shifted(const ml_view *view, size_t from, size_t n, const double *shift,
                     const size_t *columns, size_t n_columns, double *out, size_t stride) {
  const uint32_t *numbers = view->rows ? view->rows + from : NULL;
  const ml_view some = {.n = n, .rows = numbers};
  size_t first = from;
  if (numbers && ml_view_is_run(&some, &first)) numbers = NULL;
  if (numbers) first = 0;
  for (size_t k = 0; k < n_columns; k++) {
    size_t j = columns ? columns[k] : k;
    if (!numbers && k + AHEAD < n_columns)
      fetch(view->x + (columns ? columns[k + AHEAD] : k + AHEAD) * view->stride + first, n);
    shift_column(view->x + j * view->stride + first, numbers, n, shift[j], out + k * stride);
  }
}

/* ---- fitted models --------------------------------------------------------------------------- */

linear_model *linear__model_new(size_t p) {
  size_t size;
  if (__builtin_mul_overflow(p, 2 * sizeof(double), &size) ||
      __builtin_add_overflow(size, sizeof(linear_model), &size))
    return NULL;
  linear_model *model = calloc(1, size);
  if (model) model->p = p;
  return model;
}

ML_VECTOR_PATHS static void add_run(const double *from, size_t n, double shift, double coef,
                                    double *restrict out) {
  for (size_t i = 0; i < n; i++) out[i] += (from[i] - shift) * coef;
}

void linear__predict_one(const ml_view *rows, const double *shift, const double *coef,
                         double constant, double *out) {
  for (size_t from = 0; from < rows->n; from += BLOCK_ROWS) {
    size_t n = rows->n - from < BLOCK_ROWS ? rows->n - from : BLOCK_ROWS, first = from;
    const uint32_t *numbers = rows->rows ? rows->rows + from : NULL;
    const ml_view some = {.n = n, .rows = numbers};
    bool is_run = !numbers || ml_view_is_run(&some, &first);
    for (size_t i = 0; i < n; i++) out[from + i] = constant;
    for (size_t j = 0; j < rows->n_columns; j++) {
      const double *column = rows->x + j * rows->stride;
      if (coef[j] == 0) continue;
      if (is_run && j + AHEAD < rows->n_columns) fetch(column + AHEAD * rows->stride + first, n);
      if (is_run)
        add_run(column + first, n, shift[j], coef[j], out + from);
      else
        for (size_t i = 0; i < n; i++) out[from + i] += (column[numbers[i]] - shift[j]) * coef[j];
    }
  }
}

ml_status linear__predict(const void *fitted, const ml_view *rows, double *out, ml_error *err) {
  const linear_model *model = fitted;
  (void)err;
  linear__predict_one(rows, model->values, model->values + model->p, model->constant, out);
  return ML_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

ml_status linear__importance(const void *fitted, const ml_view *train, double *out, ml_error *err) {
  const linear_model *model = fitted;
  (void)err;
  ml_view_deviations(train, out);
  for (size_t j = 0; j < model->p; j++) out[j] *= fabs(model->values[model->p + j]);
  return ML_OK;
}

ml_status linear__save(const void *fitted, ml_arena *arena, ml_value *out, ml_error *err) {
  const linear_model *model = fitted;
  ml_saver saver = ml_saver_begin(arena, err);
  ml_saver_real(&saver, "constant", model->constant, ml_saved_finite);
  ml_saver_reals(&saver, "shift", model->values, model->p, ml_saved_finite);
  ml_saver_reals(&saver, "coef", model->values + model->p, model->p, ml_saved_finite);
  return ml_saver_end(&saver, out);
}

ml_status linear__load(const double *params, const ml_value *saved, size_t n_columns,
                       size_t n_classes, void **fitted, ml_error *err) {
  (void)params, (void)n_classes;
  ml_loader loader = ml_loader_begin(saved, err);
  double constant = ml_loader_real(&loader, "constant", ml_saved_finite);
  const double *shift = ml_loader_reals(&loader, "shift", n_columns, ml_saved_finite);
  const double *coef = ml_loader_reals(&loader, "coef", n_columns, ml_saved_finite);
  linear_model *model = loader.status == ML_OK ? linear__model_new(n_columns) : NULL;
  if (!model) ml_loader_no_memory(&loader);
  if (model) {
    model->constant = constant;
    memcpy(model->values, shift, n_columns * sizeof *shift);
    memcpy(model->values + n_columns, coef, n_columns * sizeof *coef);
    *fitted = model;
  }
  return ml_loader_end(&loader);
}
