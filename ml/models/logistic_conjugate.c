/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression with many parameters: Newton's steps by conjugate gradients, which need
 * products with the Hessian only (Hestenes and Stiefel 1952). */
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

static double penalty_of(const logit_problem *problem, size_t i) {
  size_t q = problem->rows->n_columns;
  return problem->free_intercept && i % q == q - 1 ? 0 : problem->penalty;
}

/* Second derivatives times changes u of the logits of a block, in their place. */
static void curve(const double *d, const double *w, size_t m, double *u) {
  for (size_t i = 0; i < LOGIT_BLOCK && m == 1; i++) u[i] *= d[i];
  for (size_t i = 0; i < LOGIT_BLOCK && m > 1; i++) {
    double mean = 0;
    for (size_t k = 0; k < m; k++) mean += d[k * LOGIT_BLOCK + i] * u[k * LOGIT_BLOCK + i];
    for (size_t k = 0; k < m; k++)
      u[k * LOGIT_BLOCK + i] = w[i] * d[k * LOGIT_BLOCK + i] * (u[k * LOGIT_BLOCK + i] - mean);
  }
}

static void multiply(const logit_problem *problem, const logit_point *point, const double *v,
                     double *room, double *out) {
  size_t m = problem->n_logits, q = problem->rows->n_columns, n = logit__n_params(problem);
  double *sums = room + m * LOGIT_BLOCK;
  memset(sums, 0, n * LOGIT_LANES * sizeof *sums);
  for (size_t block = 0; block < problem->rows->n_blocks; block++) {
    const double *x = logit__block(problem->rows, block);
    logit__products(x, q, v, m, room);
    curve(point->d + block * m * LOGIT_BLOCK, problem->w + block * LOGIT_BLOCK, m, room);
    logit__add_sums(x, q, room, m, sums);
  }
  logit__end_sums(sums, n, out);
  for (size_t i = 0; i < n; i++) out[i] += penalty_of(problem, i) * v[i];
}

/* The diagonal of the Hessian. */
static void diagonal(const logit_problem *problem, const logit_point *point, double *out) {
  size_t m = problem->n_logits, q = problem->rows->n_columns, n = logit__n_params(problem);
  for (size_t i = 0; i < n; i++) out[i] = penalty_of(problem, i);
  for (size_t block = 0; block < problem->rows->n_blocks; block++) {
    const double *x = logit__block(problem->rows, block), *w = problem->w + block * LOGIT_BLOCK;
    for (size_t k = 0; k < m; k++) {
      const double *p = point->d + (block * m + k) * LOGIT_BLOCK;
      for (size_t j = 0; j < q; j++)
        for (size_t i = 0; i < LOGIT_BLOCK; i++) {
          double d = m == 1 ? p[i] : w[i] * p[i] * (1 - p[i]), value = x[j * LOGIT_BLOCK + i];
          out[k * q + j] += d * value * value;
        }
    }
  }
  for (size_t i = 0; i < n; i++)
    if (!(out[i] > 0)) out[i] = 1;
}

ml_status logit__conjugate(const logit_problem *problem, const logit_point *point, double accuracy,
                           const void *cancel, double *step, ml_error *err) {
  size_t n = logit__n_params(problem), n_room = problem->n_logits * LOGIT_BLOCK + n * LOGIT_LANES;
  double *diag = malloc((4 * n + n_room) * sizeof *diag);
  if (!diag) return ml_error_memory(err);
  double *rest = diag + n, *way = rest + n, *product = way + n, *room = product + n;
  ml_status status = ML_OK;
  diagonal(problem, point, diag);
  memset(step, 0, n * sizeof *step);
  for (size_t i = 0; i < n; i++) {
    rest[i] = -point->g[i];
    way[i] = rest[i] / diag[i];
  }
  double size = dot(rest, way, n), start = size;
  for (size_t k = 0; k < 10 * n && size > accuracy * accuracy * start && status == ML_OK; k++) {
    multiply(problem, point, way, room, product);
    double curvature = dot(way, product, n), far = size / curvature, before = size;
    if (!(curvature > 0) || !isfinite(far)) break;
    for (size_t i = 0; i < n; i++) {
      step[i] += far * way[i];
      rest[i] -= far * product[i];
    }
    size = 0;
    for (size_t i = 0; i < n; i++) size += rest[i] * rest[i] / diag[i];
    for (size_t i = 0; i < n; i++) way[i] = rest[i] / diag[i] + size / before * way[i];
    if (ml_item_cancelled(cancel)) status = ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
  }
  free(diag);
  return status;
}
