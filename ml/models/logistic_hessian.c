/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression: what is known at a point, and Hessians. */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logistic_internal.h"

extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info,
                    size_t n_uplo);
extern void dpotrs_(const char *uplo, const int *n, const int *n_rhs, const double *a,
                    const int *lda, double *b, const int *ldb, int *info, size_t n_uplo);

/* Blocks that are multiplied together: products of greater matrices are faster. */
enum { TOGETHER = 8, LD = TOGETHER * LOGIT_BLOCK };

/* Each row of some blocks times its factor, in columns of LD. @param factor  NULL: 1 */
static void gather(const double *x, size_t q, size_t n_blocks, const double *factor, double *out) {
  for (size_t b = 0; b < n_blocks; b++)
    for (size_t j = 0; j < q; j++) {
      const double *from = x + (b * q + j) * LOGIT_BLOCK;
      double *to = out + j * LD + b * LOGIT_BLOCK;
      for (size_t i = 0; i < LOGIT_BLOCK; i++)
        to[i] = factor ? from[i] * factor[b * LOGIT_BLOCK + i] : from[i];
    }
}

/* H += X' diag(d) X; d is not negative. */
static void add_gram(const double *x, size_t q, size_t n_blocks, const double *d, double *room,
                     double *hessian) {
  double root[LD];
  int n = (int)q, k = (int)n_blocks * LOGIT_BLOCK;
  for (size_t i = 0; i < n_blocks * LOGIT_BLOCK; i++) root[i] = sqrt(d[i]);
  gather(x, q, n_blocks, root, room);
  cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, n, k, 1, room, LD, 1, hessian, n);
}

/* The blocks of the lower triangle: X' diag(w p_k ((k == l) - p_l)) X. */
static void add_grams(const double *x, size_t q, size_t n_blocks, const double *w, const double *p,
                      size_t n_classes, double *room, double *hessian) {
  double *scaled = room + q * LD, d[LD];
  int n = (int)(n_classes * q), n_columns = (int)q, depth = (int)n_blocks * LOGIT_BLOCK;
  gather(x, q, n_blocks, NULL, room);
  for (size_t l = 0; l < n_classes; l++)
    for (size_t k = l; k < n_classes; k++) {
      for (size_t i = 0; i < n_blocks * LOGIT_BLOCK; i++) {
        const double *own = p + i / LOGIT_BLOCK * n_classes * LOGIT_BLOCK + i % LOGIT_BLOCK;
        d[i] = w[i] * own[k * LOGIT_BLOCK] * ((k == l) - own[l * LOGIT_BLOCK]);
      }
      gather(x, q, n_blocks, d, scaled);
      cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, n_columns, n_columns, depth, 1, scaled,
                  LD, room, LD, 1, hessian + l * q * (size_t)n + k * q, n);
    }
}

/* Intercepts of all classes may be moved together when they are not penalised: the Hessian gets a
 * curvature in that direction, in which the gradient is 0. */
static void hold_intercepts(const logit_problem *problem, double *hessian) {
  size_t q = problem->rows->n_columns, n = logit__n_params(problem);
  double most = 0;
  if (problem->n_logits == 1 || !problem->free_intercept) return;
  for (size_t k = q - 1; k < n; k += q) most = fmax(most, hessian[k * n + k]);
  for (size_t l = q - 1; l < n; l += q)
    for (size_t k = l; k < n; k += q) hessian[l * n + k] += most > 0 ? most : 1;
}

void logit__penalise(const logit_problem *problem, const double *b, double *g, double *hessian) {
  size_t q = problem->rows->n_columns, n = logit__n_params(problem);
  for (size_t i = 0; i < n; i++) {
    if (problem->free_intercept && i % q == q - 1) continue;
    g[i] += problem->penalty * b[i];
    if (hessian) hessian[i * n + i] += problem->penalty;
  }
}

/* Logits and derivatives of a block, and its share of the gradient. */
static void add_block(const logit_problem *problem, size_t block, const double *b,
                      const logit_point *point, double *r, double *sums) {
  size_t q = problem->rows->n_columns, m = problem->n_logits, at = block * LOGIT_BLOCK;
  const double *x = logit__block(problem->rows, block), *y = problem->y + at, *w = problem->w + at;
  double *z = point->z + at * m, *d = point->d + at * m;
  logit__products(x, q, b, m, z);
  if (m == 1)
    logit__binary(z, y, w, r, d);
  else
    logit__softmax(z, y, w, m, r, d);
  logit__add_sums(x, q, r, m, sums);
}

/* The share of n blocks of the Hessian. @param room  2 q LD */
static void add_curvature(const logit_problem *problem, size_t block, size_t n,
                          const logit_point *point, double *room, double *hessian) {
  size_t q = problem->rows->n_columns, m = problem->n_logits;
  const double *x = logit__block(problem->rows, block), *d = point->d + block * m * LOGIT_BLOCK;
  if (m == 1)
    add_gram(x, q, n, d, room, hessian);
  else
    add_grams(x, q, n, problem->w + block * LOGIT_BLOCK, d, m, room, hessian);
}

ml_status logit__evaluate(const logit_problem *problem, const double *b, logit_point *point,
                          double *hessian, ml_error *err) {
  size_t q = problem->rows->n_columns, m = problem->n_logits, n = logit__n_params(problem);
  size_t n_sums = n * LOGIT_LANES, n_blocks = problem->rows->n_blocks;
  double *sums = calloc(n_sums + m * LOGIT_BLOCK + (hessian ? 2 * q * LD : 0), sizeof *sums);
  if (!sums) return ml_error_memory(err);
  double *r = sums + n_sums, *room = r + m * LOGIT_BLOCK;
  if (hessian) memset(hessian, 0, n * n * sizeof *hessian);
  for (size_t first = 0; first < n_blocks; first += TOGETHER) {
    size_t end = n_blocks - first < TOGETHER ? n_blocks : first + TOGETHER;
    for (size_t block = first; block < end; block++) add_block(problem, block, b, point, r, sums);
    if (hessian) add_curvature(problem, first, end - first, point, room, hessian);
  }
  logit__end_sums(sums, n, point->g);
  free(sums);
  logit__penalise(problem, b, point->g, hessian);
  if (hessian) hold_intercepts(problem, hessian);
  return ML_OK;
}

ml_status logit__factor(double *hessian, size_t n, ml_error *err) {
  double *kept = malloc(n * n * sizeof *kept), trace = 0;
  int size = (int)n, info = 1;
  if (!kept) return ml_error_memory(err);
  memcpy(kept, hessian, n * n * sizeof *kept);
  for (size_t i = 0; i < n; i++) trace += kept[i * n + i];
  for (double more = 0; info && isfinite(trace) && more <= 1;
       more = more > 0 ? more * 100 : 1e-15) {
    memcpy(hessian, kept, n * n * sizeof *kept);
    for (size_t i = 0; i < n; i++)
      hessian[i * n + i] += more * (kept[i * n + i] + trace / (double)n);
    dpotrf_("L", &size, hessian, &size, &info, 1);
  }
  free(kept);
  return info ? ml_error_set(err, ML_ERR_NUMERIC, "the values are too great for numbers") : ML_OK;
}

void logit__solve(const double *factor, size_t n, const double *g, double *step) {
  int size = (int)n, one = 1, info;
  for (size_t i = 0; i < n; i++) step[i] = -g[i];
  dpotrs_("L", &size, &one, factor, &size, step, &size, &info, 1);
}
