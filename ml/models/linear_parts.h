/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the folds of a search share: sums of squares and products of sets of rows. */
#ifndef ML_MODELS_LINEAR_PARTS_H
#define ML_MODELS_LINEAR_PARTS_H

#include "linear.h"

/* Where the parameters of a model are among its candidates' numbers; SIZE_MAX: it has none. */
typedef struct linear_names {
  size_t n_params, alpha, l1_ratio, fit_intercept;
} linear_names;

/** Value of a parameter of a candidate, or the fallback. */
static inline double linear__param(const ml_cv *cv, const linear_names *names, size_t candidate,
                                   size_t param, double fallback) {
  return param == SIZE_MAX ? fallback : cv->candidates[candidate * names->n_params + param];
}

/* Sums of squares and products of [1, features, y], upper triangle: (p + 2) x (p + 2). */
void linear__add_gram(const linear_rows *rows, double *block, double *gram);

enum { LINEAR_BLOCK_ROWS = 256 }; /* of linear__add_gram(): block has as many rows, p + 2 columns */

/* ---- parts --------------------------------------------------------------------------------- */

/* A part is the Gram matrix of an atom (atoms.h), with or without an intercept, that is, shifted or
 * not. A fold adds those it needs: what is only added keeps its digits. There are none where folds
 * are as many as rows: what is shared then is leave one out. */
ml_status linear__parts_size(const ml_cv *cv, const linear_names *names, size_t *n_parts,
                             size_t *part_bytes, ml_error *err);
ml_status linear__part(const ml_cv *cv, const linear_names *names, size_t part, void *out,
                       ml_error *err);

/** The part that has the rows that a fold tests, and no others. @param[out] at  shift (p + 1) and
 * then the Gram matrix; NULL: there is none */
ml_status linear__part_of_test(const ml_cv *cv, const linear_names *names, const void *shared,
                               size_t fold, bool has_intercept, const double **at, ml_error *err);

/** Add the Gram matrices of the atoms a fold trains on. @param[out] shift  p + 1 */
ml_status linear__add_parts(const ml_cv *cv, const linear_names *names, const void *shared,
                            size_t fold, bool has_intercept, double *shift, double *sum,
                            ml_error *err);

/* ---- normal equations ---------------------------------------------------------------------- */

/* Of the rows that a fold trains on, centred when there is an intercept. */
typedef struct linear_normal {
  size_t p;
  double sum_weights;
  double *gram; /* p x p, both triangles */
  double *xy;   /* p */
  double yy;
  double *shift; /* p + 1 */
  double *mean;  /* p + 1: minus shift; 0 without an intercept */
  bool is_sound; /* no column lost its digits when it was centred */
} linear_normal;

/** The rows that a fold trains on. @param[out] numbers  of them; free() them after rows */
ml_status linear__rows_of_fold(const ml_cv *cv, size_t fold, bool has_intercept, uint32_t **numbers,
                               linear_rows *rows, ml_error *err);

/** From the parts, or, when they are NULL, from the rows. */
ml_status linear__normal_of_fold(const ml_cv *cv, const linear_names *names, const void *shared,
                                 size_t fold, bool has_intercept, linear_normal *out,
                                 ml_error *err);
ml_status linear__normal_of_rows(const linear_rows *rows, linear_normal *out, ml_error *err);
void linear__normal_release(linear_normal *normal);

/** The constant that belongs to coefficients, for features minus shift. */
double linear__normal_constant(const linear_normal *normal, const double *coef);

/* ---- squared errors ------------------------------------------------------------------------- */

/* Sums of squared errors, where they are wanted in place of predictions. */
typedef struct linear_squares {
  ml_take *take; /* gets them */
  void *ctx;
  const ml_view *test;
  const double *shift, *gram; /* sums of squares and products of the rows that are tested, minus
                                 shift, when they are a part; NULL: they are not */
} linear_squares;

/** @param shared  the parts; NULL: there are none */
ml_status linear__squares_init(const ml_cv *cv, const linear_names *names, const void *shared,
                               size_t fold, bool has_intercept, const ml_view *test, ml_take *take,
                               void *ctx, linear_squares *out, ml_error *err);

/** An ml_take that makes a sum of predictions. @param ctx  linear_squares */
ml_status linear__take_squares(void *ctx, size_t candidate, const double *predictions,
                               const ml_error *error, ml_error *err);

/** The sum that follows from the products. @param coef  p + 1, for features minus shift
 * @return false: too many digits would be lost */
bool linear__squares_known(const linear_squares *s, size_t p, const double *coef, double *squares);

/* ---- predictions --------------------------------------------------------------------------- */

/* Coefficients of several candidates for the rows that a fold tests. */
typedef struct linear_batch {
  size_t n, p;
  const double *shift;
  const double *coef;       /* n x (p + 1): those of a candidate side by side, then its constant */
  const size_t *candidates; /* n */
  const linear_squares *squares; /* NULL: predictions are wanted */
} linear_batch;

/** How many candidates are worth predicting together. */
size_t linear__batch_size(const ml_view *test, size_t n);

/** Predict, and hand over. */
ml_status linear__batch_take(const ml_view *test, const linear_batch *batch, ml_take *take,
                             void *ctx, ml_error *err);

/* ---- searches of least squares with a quadratic penalty -------------------------------------- */

ml_status linear__ridge_share_size(const ml_cv *cv, const linear_names *names, size_t *n_parts,
                                   size_t *part_bytes, ml_error *err);
ml_status linear__ridge_share(const ml_cv *cv, const linear_names *names, size_t part, void *out,
                              ml_error *err);
ml_status linear__ridge_fold(const ml_cv *cv, const linear_names *names, const void *shared,
                             size_t fold, const size_t *candidates, size_t n, ml_take *take,
                             void *ctx, ml_error *err);
ml_status linear__ridge_gcv(const ml_cv *cv, const linear_names *names, double *out, ml_error *err);

/* ---- leave one out ------------------------------------------------------------------------- */

/** As many folds as members, in one repeat. */
bool linear__are_as_many(const ml_cv *cv);

/** Folds that test each member once, alone, and train on all others. */
bool linear__leaves_one_out(const ml_cv *cv);

/* A part is the factorization of all rows: a prediction without a row follows from its residual and
 * its leverage. */
size_t linear__loo_bytes(const ml_cv *cv);
ml_status linear__loo_part(const ml_cv *cv, bool has_intercept, bool scales, void *out,
                           ml_error *err);

/** @param[out] is_known  false: the leverage is too close to 1 to tell, or the part is none */
ml_status linear__loo_predict(const ml_cv *cv, const void *part, bool has_intercept, double alpha,
                              size_t fold, double *out, bool *is_known, ml_error *err);

#endif
