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

/* H += X' diag(d) X; d is not negative. */
static void add_gram(const double *x, int q, const double *d, double *scaled, double *hessian) {
  double root[LOGIT_BLOCK];
  for (size_t i = 0; i < LOGIT_BLOCK; i++) root[i] = sqrt(d[i]);
  for (size_t j = 0; j < (size_t)q; j++)
    for (size_t i = 0; i < LOGIT_BLOCK; i++)
      scaled[j * LOGIT_BLOCK + i] = x[j * LOGIT_BLOCK + i] * root[i];
  cblas_dsyrk(CblasColMajor, CblasLower, CblasTrans, q, LOGIT_BLOCK, 1, scaled, LOGIT_BLOCK, 1,
              hessian, q);
}

/* The blocks of the lower triangle: X' diag(w p_k ((k == l) - p_l)) X. */
static void add_grams(const double *x, int q, const double *w, const double *p, size_t n_classes,
                      double *scaled, double *hessian) {
  int n = (int)n_classes * q;
  for (size_t l = 0; l < n_classes; l++)
    for (size_t k = l; k < n_classes; k++) {
      double d[LOGIT_BLOCK];
      for (size_t i = 0; i < LOGIT_BLOCK; i++)
        d[i] = w[i] * p[k * LOGIT_BLOCK + i] * ((k == l) - p[l * LOGIT_BLOCK + i]);
      for (size_t j = 0; j < (size_t)q; j++)
        for (size_t i = 0; i < LOGIT_BLOCK; i++)
          scaled[j * LOGIT_BLOCK + i] = x[j * LOGIT_BLOCK + i] * d[i];
      cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, q, q, LOGIT_BLOCK, 1, scaled,
                  LOGIT_BLOCK, x, LOGIT_BLOCK, 1,
                  hessian + l * (size_t)q * (size_t)n + k * (size_t)q, n);
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

ml_status logit__evaluate(const logit_problem *problem, const double *b, logit_point *point,
                          double *hessian, ml_error *err) {
  size_t q = problem->rows->n_columns, m = problem->n_logits, n = logit__n_params(problem);
  double *r = malloc((m + (hessian ? q : 0)) * LOGIT_BLOCK * sizeof *r);
  if (!r) return ml_error_memory(err);
  memset(point->g, 0, n * sizeof *point->g);
  if (hessian) memset(hessian, 0, n * n * sizeof *hessian);
  for (size_t block = 0; block < problem->rows->n_blocks; block++) {
    const double *x = logit__block(problem->rows, block), *y = problem->y + block * LOGIT_BLOCK;
    const double *w = problem->w + block * LOGIT_BLOCK;
    double *z = point->z + block * m * LOGIT_BLOCK, *d = point->d + block * m * LOGIT_BLOCK;
    logit__products(x, q, b, m, z);
    if (m == 1)
      logit__binary(z, y, w, r, d);
    else
      logit__softmax(z, y, w, m, r, d);
    logit__add_sums(x, q, r, m, point->g);
    if (hessian && m == 1) add_gram(x, (int)q, d, r + m * LOGIT_BLOCK, hessian);
    if (hessian && m > 1) add_grams(x, (int)q, w, d, m, r + m * LOGIT_BLOCK, hessian);
  }
  free(r);
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
