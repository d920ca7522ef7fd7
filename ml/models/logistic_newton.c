/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression: Newton's method, its line search, and where it ends. */
#include <math.h>
#include <ml/exec.h>
#include <stdlib.h>
#include <string.h>

#include "logistic_internal.h"

static double dot(const double *a, const double *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

/* Steps of Newton's method shrink ever faster, and those of a chord evenly: what is left is at most
 * the rest of a geometric series. */
bool logit__ends(logit_steps *steps, double size, double tol) {
  double ratio = steps->last > 0 ? size / steps->last : 1;
  bool is_less = !steps->last || size < steps->least / 2;
  steps->n_stalled = is_less ? 0 : steps->n_stalled + 1;
  if (is_less) steps->least = size;
  steps->last = size;
  return size <= tol || (ratio < 0.5 && size * ratio / (1 - ratio) <= tol) ||
         (steps->least < 1e-7 && steps->n_stalled >= 3);
}

/* ---- along a line ---------------------------------------------------------------------------- */

/* Changes of all logits by a step. @return the greatest */
static double change(const logit_problem *problem, const double *step, double *dz) {
  size_t m = problem->n_logits, q = problem->rows->n_columns;
  double most = 0;
  for (size_t block = 0; block < problem->rows->n_blocks; block++) {
    double *to = dz + block * m * LOGIT_BLOCK;
    const double *w = problem->w + block * LOGIT_BLOCK;
    logit__products(logit__block(problem->rows, block), q, step, m, to);
    for (size_t i = 0; i < m * LOGIT_BLOCK; i++)
      if (w[i % LOGIT_BLOCK] > 0 && !(fabs(to[i]) <= most)) most = fabs(to[i]);
  }
  return most;
}

/* The derivative of the objective at b + t step. */
static double slope(const logit_problem *problem, const double *b, const double *step,
                    const logit_point *point, const double *dz, double t, double *room) {
  size_t m = problem->n_logits, q = problem->rows->n_columns, n = logit__n_params(problem);
  double sum = 0, *z = room, *r = z + m * LOGIT_BLOCK, *d = r + m * LOGIT_BLOCK;
  for (size_t block = 0; block < problem->rows->n_blocks; block++) {
    size_t at = block * LOGIT_BLOCK;
    for (size_t i = 0; i < m * LOGIT_BLOCK; i++) z[i] = point->z[at * m + i] + t * dz[at * m + i];
    if (m == 1)
      logit__binary(z, problem->y + at, problem->w + at, r, d);
    else
      logit__softmax(z, problem->y + at, problem->w + at, m, r, d);
    sum += dot(r, dz + at * m, m * LOGIT_BLOCK);
  }
  for (size_t i = 0; i < n; i++)
    if (!problem->free_intercept || i % q != q - 1)
      sum += problem->penalty * (b[i] + t * step[i]) * step[i];
  return sum;
}

/* How far to go: all the way when the slope is then about flat, else to where it is. The objective
 * is convex and is not needed: where it still descends it is lower than at the start. */
static double line_search(const logit_problem *problem, const double *b, const double *step,
                          const logit_point *point, const double *dz, double *room) {
  double start = dot(point->g, step, logit__n_params(problem));
  double low = 0, at_low = start, high = 1;
  double at_high = slope(problem, b, step, point, dz, high, room);
  if (at_high <= -0.1 * start) return 1;
  for (size_t i = 0; i < 60; i++) {
    double t = low + (high - low) * fmin(fmax(at_low / (at_low - at_high), 0.1), 0.9);
    double at_t = slope(problem, b, step, point, dz, t, room);
    if (at_t <= 0 && at_t >= 0.5 * start) return t;
    if (at_t <= 0)
      low = t, at_low = at_t;
    else
      high = t, at_high = at_t;
  }
  return low > 0 ? low : high;
}

/* ---- Newton's method ------------------------------------------------------------------------- */

typedef struct newton {
  const logit_problem *problem;
  logit_point point;
  double *step, *dz, *room;
  double *hessian; /* NULL: there are too many parameters */
} newton;

static ml_status find_step(newton *at, const double *b, double accuracy, const void *cancel,
                           ml_error *err) {
  size_t n = logit__n_params(at->problem);
  ml_status status = logit__evaluate(at->problem, b, &at->point, at->hessian, err);
  if (status == ML_OK && !at->hessian)
    return logit__conjugate(at->problem, &at->point, accuracy, cancel, at->step, err);
  if (status == ML_OK) status = logit__factor(at->hessian, n, err);
  if (status == ML_OK) logit__solve(at->hessian, n, at->point.g, at->step);
  return status;
}

static ml_status iterate(newton *at, const logit_limits *limits, double *b, ml_error *err) {
  size_t n = logit__n_params(at->problem);
  logit_steps steps = {0};
  double size = 1;
  for (size_t i = 0; i < limits->max_iter; i++) {
    if (ml_item_cancelled(limits->cancel))
      return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
    double accuracy = fmax(fmin(0.1, size), 1e-9);
    ml_status status = find_step(at, b, accuracy, limits->cancel, err);
    if (status != ML_OK) return status;
    size = change(at->problem, at->step, at->dz);
    if (!isfinite(size)) break;
    double t = size > 0.5 ? line_search(at->problem, b, at->step, &at->point, at->dz, at->room) : 1;
    for (size_t j = 0; j < n; j++) b[j] += t * at->step[j];
    if (t == 1 && logit__ends(&steps, size, limits->tol)) return ML_OK;
  }
  if (!isfinite(size))
    return ml_error_set(err, ML_ERR_NUMERIC, "the values are too great for numbers");
  return ml_error_set(err, ML_ERR_NUMERIC, "the optimum is not reached in %zu steps (max_iter)",
                      limits->max_iter);
}

ml_status logit__minimise(const logit_problem *problem, const logit_limits *limits, double *b,
                          ml_error *err) {
  size_t m = problem->n_logits, n = logit__n_params(problem);
  size_t n_cells = problem->rows->n_blocks * LOGIT_BLOCK * m;
  newton at = {.problem = problem};
  double *memory = malloc((3 * n_cells + 2 * n + 3 * m * LOGIT_BLOCK) * sizeof *memory);
  if (n <= LOGIT_DENSE) at.hessian = malloc(n * n * sizeof *at.hessian);
  ml_status status = memory && (at.hessian || n > LOGIT_DENSE) ? ML_OK : ml_error_memory(err);
  if (status == ML_OK) {
    at.point = (logit_point){memory, memory + n_cells, memory + 3 * n_cells};
    at.dz = memory + 2 * n_cells;
    at.step = at.point.g + n;
    at.room = at.step + n;
    status = iterate(&at, limits, b, err);
  }
  free(at.hessian);
  free(memory);
  return status;
}
