/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression inside: rows in blocks, kernels, the optimum. */
#ifndef ML_LOGISTIC_INTERNAL_H
#define ML_LOGISTIC_INTERNAL_H

#include <ml/model.h>

/* ---- rows ---------------------------------------------------------------------------------- */

enum { LOGIT_BLOCK = 256 };

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

/** g += X' r for each of n vectors. */
void logit__add_sums(const double *x, size_t n_columns, const double *r, size_t n, double *g);

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

/* Rows of weight 0 are left out, and classes that have no other. */
typedef struct logit_task {
  logit_rows rows;
  size_t n_classes, n_present;
  uint32_t *present; /* n_present classes that the rows have, ascending */
  size_t n_problems; /* one, or one of each class against the rest */
  size_t n_logits;   /* of each problem */
  double *y, *w;     /* of each problem: those of logit_problem */
  double *centre;    /* of each column but that of the intercept; NULL: 0 */
  bool has_intercept, free_intercept;
} logit_task;

/** @param centre  to be subtracted from the columns; NULL: their means, if that changes no optimum
 * @param[out] out  release it with logit__task_release(), also on failure
 * @retval ML_ERR_NUMERIC  the rows have less than two classes; a value that is not finite */
ML_MUST_CHECK ml_status logit__task(const double *params, const ml_view *train,
                                    const double *centre, logit_task *out, ml_error *err);
void logit__task_release(logit_task *task);

/** Number i of its problems. */
logit_problem logit__problem(const logit_task *task, size_t i, double c);

logit_limits logit__limits(const double *params, const void *cancel);

/** All parameters: of each problem one behind another. */
static inline size_t logit__n_all(const logit_task *task) {
  return task->n_problems * task->n_logits * task->rows.n_columns;
}

/** Probabilities of all classes.
 * @param rows  with the columns, centre and intercept of the task
 * @param b     of all problems
 * @param[out] out  rows->n x n_classes, row-major */
ML_MUST_CHECK ml_status logit__probabilities(const logit_task *task, const logit_rows *rows,
                                             const double *b, double *out, ml_error *err);

#endif
