/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression inside: rows in blocks, kernels, the optimum. */
#ifndef ML_LOGISTIC_INTERNAL_H
#define ML_LOGISTIC_INTERNAL_H

#include <ml/model.h>

/* ---- rows ---------------------------------------------------------------------------------- */

/* A block of 30 columns fits the nearest cache, for what is done with it one after another. */
enum { LOGIT_BLOCK = 32, LOGIT_LANES = 8 };

/* Rows in blocks of LOGIT_BLOCK, whose columns lie one behind another; the last block is filled up
 * with zeros. With an intercept the last column is 1. */
typedef struct logit_rows {
  size_t n, n_blocks, n_columns; /* with that of the intercept */
  double *x;
} logit_rows;

/** @param centre  of each column, subtracted; NULL: nothing is
 * @param[out] out  free() its x
 * @retval ML_ERR_NUMERIC  a value is missing or infinite */
ML_MUST_CHECK ml_status logit__rows(const ml_view *view, const double *centre, bool has_intercept,
                                    logit_rows *out, ml_error *err);

static inline const double *logit__block(const logit_rows *rows, size_t block) {
  return rows->x + block * LOGIT_BLOCK * rows->n_columns;
}

/* ---- kernels: one block -------------------------------------------------------------------- */

/** z = X b: for each of n vectors of n_columns, LOGIT_BLOCK numbers. */
void logit__products(const double *x, size_t n_columns, const double *b, size_t n, double *z);

/** Add X' r to sums for each of n vectors. @param sums  n x n_columns x LOGIT_LANES */
void logit__add_sums(const double *x, size_t n_columns, const double *r, size_t n, double *sums);

/** The totals of n sums. */
void logit__end_sums(const double *sums, size_t n, double *out);

/** Two classes. @param y  1 or -1 @param[out] r  derivatives of the weighted losses
 * @param[out] d  second derivatives */
void logit__binary(const double *z, const double *y, const double *w, double *r, double *d);

/** Probability of y = 1. */
void logit__sigmoid(const double *z, double *out);

/** More classes. @param z  n_classes x LOGIT_BLOCK @param y  number of the class
 * @param[out] r  derivatives @param[out] p  probabilities; both as z */
void logit__softmax(const double *z, const double *y, const double *w, size_t n_classes, double *r,
                    double *p);

/* ---- the optimum --------------------------------------------------------------------------- */

/* sum of w loss + |b|^2 penalty / 2 over b: n_logits x n_columns, row-major. */
typedef struct logit_problem {
  const logit_rows *rows;
  size_t n_logits;     /* 1: two classes; else the number of classes */
  const double *y, *w; /* n_blocks x LOGIT_BLOCK; those that fill up have w == 0 */
  double penalty;
  bool free_intercept; /* the last column is not penalised */
} logit_problem;

typedef struct logit_limits {
  double tol; /* the greatest error of a logit */
  size_t max_iter;
  const void *cancel;
} logit_limits;

/* What is known at a point. */
typedef struct logit_point {
  double *z; /* n_blocks x n_logits x LOGIT_BLOCK */
  double *d; /* n_logits == 1: second derivatives; else probabilities, as z */
  double *g; /* gradient, with the penalty */
} logit_point;

static inline size_t logit__n_params(const logit_problem *problem) {
  return problem->n_logits * problem->rows->n_columns;
}

/** More parameters than this, and Hessians are not stored. */
enum { LOGIT_DENSE = 600 };

/** Logits, derivatives and gradient at b.
 * @param hessian  n_params^2, of which the lower triangle (column-major) is set; NULL: not asked */
ML_MUST_CHECK ml_status logit__evaluate(const logit_problem *problem, const double *b,
                                        logit_point *point, double *hessian, ml_error *err);

/** Add the penalty to a gradient, and to a Hessian unless that is NULL. */
void logit__penalise(const logit_problem *problem, const double *b, double *g, double *hessian);

/** Solve H step = -gradient by conjugate gradients at a point. @param accuracy  relative */
ML_MUST_CHECK ml_status logit__conjugate(const logit_problem *problem, const logit_point *point,
                                         double accuracy, const void *cancel, double *step,
                                         ml_error *err);

/** Cholesky factor of a Hessian in its place. One that is not positive definite as it was rounded
 * gets a little more on its diagonal. @retval ML_ERR_NUMERIC  it is no number */
ML_MUST_CHECK ml_status logit__factor(double *hessian, size_t n, ml_error *err);

/** step = -H^-1 g. */
void logit__solve(const double *factor, size_t n, const double *g, double *step);

/** Find the optimum.
 * @param b  where to begin, and the optimum
 * @retval ML_ERR_NUMERIC  it is not reached in max_iter steps
 * @retval ML_ERR_MEMORY, ML_ERR_CANCELLED */
ML_MUST_CHECK ml_status logit__minimise(const logit_problem *problem, const logit_limits *limits,
                                        double *b, ml_error *err);

/* How far a sequence of steps still is from its end. */
typedef struct logit_steps {
  double last, least;
  size_t n_stalled;
} logit_steps;

/** True when steps of this size (in logits) are at the end: what is left is below tol, if steps go
 * on to shrink as they do, or rounding lets them shrink no more. Start with all 0. */
bool logit__ends(logit_steps *steps, double size, double tol);

/* ---- what is to be learnt from rows ---------------------------------------------------------- */

enum {
  LOGIT_C,
  LOGIT_FIT_INTERCEPT,
  LOGIT_PENALIZE_INTERCEPT,
  LOGIT_MULTI_CLASS,
  LOGIT_CLASS_WEIGHT,
  LOGIT_TOL,
  LOGIT_MAX_ITER,
  LOGIT_N_PARAMS
};

/* What a fit is like. */
typedef struct logit_shape {
  size_t n_classes, n_present;
  uint32_t *present; /* n_present classes that rows with a weight have, ascending */
  size_t n_problems; /* one, or one of each class against the rest */
  size_t n_logits;   /* of each problem */
  size_t n_columns;  /* with that of the intercept */
  bool has_intercept, free_intercept, is_balanced;
  double *centre; /* of each column but that of the intercept; NULL: 0 */
} logit_shape;

/** @param centre  to be subtracted from the columns if that changes no optimum; NULL: their means
 * @param[out] out  release it with logit__shape_release(), also on failure
 * @retval ML_ERR_NUMERIC  the rows have less than two classes */
ML_MUST_CHECK ml_status logit__shape(const double *params, const ml_view *train,
                                     const double *centre, logit_shape *out, ml_error *err);
/** That of rows which have all classes, whatever the rows of the view are. */
ML_MUST_CHECK ml_status logit__shape_whole(const double *params, const ml_view *view,
                                           const double *centre, logit_shape *out, ml_error *err);
/** That of a fit that was saved. @param present  n_present classes, ascending; at least two
 * @param centre  of each column; not needed unless the intercept is free */
ML_MUST_CHECK ml_status logit__shape_saved(const double *params, const ml_view *view,
                                           const int64_t *present, size_t n_present,
                                           const double *centre, logit_shape *out, ml_error *err);
void logit__shape_release(logit_shape *shape);

/** All parameters: of each problem one behind another. */
static inline size_t logit__n_all(const logit_shape *shape) {
  return shape->n_problems * shape->n_logits * shape->n_columns;
}

/* Rows with a weight, in the form in which they are learnt from. */
typedef struct logit_task {
  logit_rows rows;
  double *y, *w; /* of each problem: those of logit_problem */
} logit_task;

/** @param shape  of these rows, or of others that they are some of
 * @param[out] out  release it with logit__task_release(), also on failure
 * @retval ML_ERR_NUMERIC  a value is missing or infinite */
ML_MUST_CHECK ml_status logit__task(const ml_view *train, const logit_shape *shape, logit_task *out,
                                    ml_error *err);
void logit__task_release(logit_task *task);

/** Number i of its problems. */
logit_problem logit__problem(const logit_task *task, const logit_shape *shape, size_t i, double c);

logit_limits logit__limits(const double *params, const void *cancel);

/** Probabilities of all classes.
 * @param b     of all problems
 * @param[out] out  rows->n x n_classes, row-major */
ML_MUST_CHECK ml_status logit__probabilities(const logit_shape *shape, const ml_view *rows,
                                             const double *b, double *out, ml_error *err);

/** The same of rows in blocks. @retval ML_ERR_MEMORY */
ML_MUST_CHECK ml_status logit__probabilities_of(const logit_shape *shape, const logit_rows *rows,
                                                const double *b, double *out, ml_error *err);

/* ---- from one optimum to others near by ------------------------------------------------------ */

/* A problem whose optimum is near a point where gradient and Hessian are known. */
typedef struct logit_near {
  logit_problem problem;
  double *b;            /* the point, and then the optimum */
  const double *g;      /* gradient at the point */
  const double *factor; /* of the Hessian: logit__factor() */
  ml_status status;     /* of the search; error says why */
  ml_error error;
} logit_near;

/** Find the optima of problems over the same rows: all of them in each pass over the rows. The
 * result of each does not depend on the others.
 * @retval ML_ERR_MEMORY, ML_ERR_CANCELLED */
ML_MUST_CHECK ml_status logit__approach(logit_near *all, size_t n, const logit_limits *limits,
                                        ml_error *err);

/* ---- cross-validation: functions of ml_model ------------------------------------------------- */

ml_status logit__share_size(const ml_cv *cv, size_t *n_parts, size_t *part_bytes, ml_error *err);
ml_status logit__share(const ml_cv *cv, size_t part, void *out, ml_error *err);
ml_status logit__fold(const ml_cv *cv, const void *shared, size_t fold, const size_t *candidates,
                      size_t n, ml_take *take, void *ctx, ml_error *err);

#endif
