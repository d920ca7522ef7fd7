/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the linear models have in common: their rows, a factorization of them, predictions. */
#ifndef ML_MODELS_LINEAR_H
#define ML_MODELS_LINEAR_H

#include <ml/model.h>

/* ---- memory -------------------------------------------------------------------------------- */

/** n x m doubles, of zeros; NULL when there are too many. */
double *linear__new(size_t n, size_t m);

/** BLAS and LAPACK count in int. @retval ML_ERR_USAGE  more rows or features than they can */
ml_status linear__check_size(size_t n, size_t p, ml_error *err);

/* ---- rows ---------------------------------------------------------------------------------- */

/* Rows that are learnt from: those of a view with a weight above 0. Values are used minus `shift`,
 * a number close to the mean of the column: else sums of squares of columns far from zero lose
 * their digits. Without an intercept all shifts are 0, as the model is not free to shift. */
typedef struct linear_rows {
  ml_view view;
  size_t n, p;
  const uint32_t *rows; /* n row numbers; NULL: first, first + 1, ... */
  size_t first;
  uint32_t *kept; /* what rows points to, when it is our own */
  bool has_intercept;
  double *shift; /* p + 1: of the features and of y */
} linear_rows;

/** @retval ML_ERR_NUMERIC  no row has a weight above 0
 * @retval ML_ERR_USAGE    as linear__check_size() */
ml_status linear__rows_init(linear_rows *rows, const ml_view *view, bool has_intercept,
                            ml_error *err);
void linear__rows_release(linear_rows *rows);

/** Rows [from, from + n) times the roots of their weights: 1, the features and y, minus their
 * shifts. @param[out] out  n x (p + 2), column-major, columns `stride` apart */
void linear__rows_block(const linear_rows *rows, size_t from, size_t n, double *out, size_t stride);

/** All rows, centred when there is an intercept. @param[out] out  n x (p + 2): the features, y, and
 * room. @param[out] mean  p + 1: what was subtracted beside the shift */
void linear__centred(const linear_rows *rows, double sum_weights, double *out, double *mean);

double linear__sum_of_weights(const linear_rows *rows);

/** Rows [from, from + n) of a view, features minus their shifts.
 * @param columns  n_columns of them; NULL: all
 * @param[out] out  n x n_columns, column-major, columns `stride` apart */
void linear__shifted(const ml_view *view, size_t from, size_t n, const double *shift,
                     const size_t *columns, size_t n_columns, double *out, size_t stride);

/* ---- fitted models ------------------------------------------------------------------------- */

/* y = constant + (x - shift) . coef: never x . coef, which loses the digits of columns far from
 * zero. */
typedef struct linear_model {
  size_t p;
  double constant;
  double values[]; /* shift, coef: p each */
} linear_model;

linear_model *linear__model_new(size_t p);

/** constant + (x - shift) . coef of each row. */
void linear__predict_one(const ml_view *rows, const double *shift, const double *coef,
                         double constant, double *out);
ml_status linear__predict(const void *fitted, const ml_view *rows, double *out, ml_error *err);

/** As ml_model's. */
/** What coefficients are as importance. */
#define LINEAR_IMPORTANCE \
  "size of the coefficient times the standard deviation of the column in the training rows"
ml_status linear__importance(const void *fitted, const ml_view *train, double *out, ml_error *err);

ml_status linear__save(const void *fitted, ml_arena *arena, ml_value *out, ml_error *err);
ml_status linear__load(const double *params, const ml_value *saved, size_t n_columns,
                       size_t n_classes, void **fitted, ml_error *err);

/* ---- factorization ------------------------------------------------------------------------- */

/* The centred features, times the roots of the weights, as U S V': coefficients for a penalty alpha
 * are V (t / (d + alpha)) with d = S^2, t = S U'y. */
typedef struct linear_factor {
  size_t n, p, rank, stride; /* rank: the directions kept */
  double sum_weights;
  double *shift; /* p + 1: of the rows */
  double *mean;  /* p + 1: of the features and y minus shift; 0 without an intercept */
  double *d, *t; /* rank */
  double *vt;    /* rank x p, column-major, columns `stride` apart */
  double rss;    /* what is left of |y|^2 in no direction */
} linear_factor;

/**
 * Factorize rows: by a QR decomposition in blocks of rows, or, when there are fewer rows than
 * features, as they are; then by singular values. Directions whose singular value is rounding
 * error are left out, so that coefficients have the smallest norm among equally good ones.
 *
 * @param scales  features are brought to the same length first, unless the rank is not full: for
 *                models without a penalty
 * @retval ML_ERR_NUMERIC  a value is not finite, or the squares are not
 */
ml_status linear__factorize(const linear_rows *rows, bool scales, linear_factor *out,
                            ml_error *err);
void linear__factor_release(linear_factor *factor);

/** The model for a penalty. @retval ML_ERR_MEMORY */
ml_status linear__factor_solve(const linear_factor *factor, double alpha, linear_model **out,
                               ml_error *err);

/** Fit with a penalty: all of the above. */
ml_status linear__fit_ridge(const ml_view *train, double alpha, bool has_intercept, void **fitted,
                            ml_error *err);

#endif
