/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Least squares from the rows themselves: QR in blocks of rows, then singular values. The sound
 * way, whatever the condition of the features. */
#include <cblas.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lapack.h"
#include "linear.h"

#define BLOCK_ROWS 1024

/* What is factorized: m x p features, and y. */
typedef struct equations {
  size_t m, p, stride;
  double *x, *y;
} equations;

static bool are_finite(const double *x, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!isfinite(x[i])) return false;
  return true;
}

static ml_status not_finite(ml_error *err) {
  return ml_error_set(err, ML_ERR_NUMERIC,
                      "values of the features or the target that are not finite, or too great");
}

/* ---- QR of many rows ------------------------------------------------------------------------- */

/* R of the rows from column `skip` of their blocks on: q x q, on top of `work`, which has q +
 * BLOCK_ROWS rows. */
static ml_status accumulate_qr(const linear_rows *rows, size_t skip, size_t q, double *work,
                               double *block, ml_error *err) {
  const int stride = (int)(q + BLOCK_ROWS), n_columns = (int)q;
  double query, *tau = NULL, *scratch = NULL;
  int ask = -1, info = 0, m = stride;
  dgeqrf_(&m, &n_columns, work, &stride, &query, &query, &ask, &info);
  int n_scratch = (int)query;
  tau = linear__new(q, 1);
  scratch = linear__new((size_t)n_scratch, 1);
  bool ok = tau && scratch;
  for (size_t from = 0; from < rows->n && ok; from += BLOCK_ROWS) {
    size_t n = rows->n - from < BLOCK_ROWS ? rows->n - from : BLOCK_ROWS;
    linear__rows_block(rows, from, n, block, BLOCK_ROWS);
    for (size_t j = 0; j < q; j++)
      memcpy(work + j * (size_t)stride + q, block + (skip + j) * BLOCK_ROWS, n * sizeof *block);
    m = (int)(q + n);
    dgeqrf_(&m, &n_columns, work, &stride, tau, scratch, &n_scratch, &info);
    for (size_t j = 0; j < q; j++)
      memset(work + j * (size_t)stride + j + 1, 0, (q - j - 1) * sizeof *work);
  }
  free(tau);
  free(scratch);
  return ok ? ML_OK : ml_error_memory(err);
}

/* With a first column of ones, the rest of R is that of the centred columns. */
static ml_status reduce_many(const linear_rows *rows, linear_factor *f, equations *s,
                             ml_error *err) {
  const size_t skip = rows->has_intercept ? 0 : 1, q = rows->p + 2 - skip, p = rows->p;
  const size_t stride = q + BLOCK_ROWS, at = 1 - skip;
  double *work = linear__new(stride, q), *block = linear__new(BLOCK_ROWS, p + 2);
  ml_status status = work && block ? ML_OK : ml_error_memory(err);
  if (status == ML_OK) status = accumulate_qr(rows, skip, q, work, block, err);
  *s = (equations){
      .m = p, .p = p, .stride = p ? p : 1, .x = linear__new(p, p), .y = linear__new(p, 1)};
  if (status == ML_OK && (!s->x || !s->y)) status = ml_error_memory(err);
  if (status == ML_OK) {
    for (size_t j = 0; j < p; j++)
      memcpy(s->x + j * p, work + (at + j) * stride + at, p * sizeof *work);
    if (p) memcpy(s->y, work + (at + p) * stride + at, p * sizeof *work);
    f->rss = work[(at + p) * stride + at + p] * work[(at + p) * stride + at + p];
    for (size_t j = 0; at && j <= p; j++) f->mean[j] = work[(1 + j) * stride] / work[0];
    if (!are_finite(f->mean, p + 1) || !isfinite(f->rss)) status = not_finite(err);
  }
  free(work);
  free(block);
  return status;
}

/* ---- few rows -------------------------------------------------------------------------------- */

static ml_status reduce_few(const linear_rows *rows, linear_factor *f, equations *s,
                            ml_error *err) {
  const size_t n = rows->n, p = rows->p;
  *s = (equations){.m = n, .p = p, .stride = n, .x = linear__new(n, p + 2), .y = linear__new(n, 1)};
  if (!s->x || !s->y) return ml_error_memory(err);
  linear__centred(rows, f->sum_weights, s->x, f->mean);
  memcpy(s->y, s->x + n * p, n * sizeof *s->y);
  f->rss = 0;
  return ML_OK;
}

/* ---- singular values ------------------------------------------------------------------------- */

/* Lengths of the columns; 1 for those of zeros. */
static void lengths_of(const equations *s, double *length) {
  for (size_t j = 0; j < s->p; j++) {
    length[j] = cblas_dnrm2((int)s->m, s->x + j * s->stride, 1);
    if (!(length[j] > 0)) length[j] = 1;
  }
}

typedef struct svd {
  size_t k; /* min(m, p) */
  double *a, *values, *u, *vt;
} svd;

static void release_svd(svd *d) {
  free(d->a);
  free(d->values);
  free(d->u);
  free(d->vt);
}

/* @param length  what the columns are divided by; NULL: 1 */
static ml_status decompose(const equations *s, const double *length, svd *d, ml_error *err) {
  const int m = (int)s->m, p = (int)s->p, k = m < p ? m : p;
  int info = 0, ask = -1, *numbers = calloc((size_t)k * 8, sizeof *numbers);
  double query = 0, *scratch = NULL;
  ml_status status = ML_OK;
  *d = (svd){.k = (size_t)k,
             .a = linear__new(s->m, s->p),
             .values = linear__new((size_t)k, 1),
             .u = linear__new(s->m, (size_t)k),
             .vt = linear__new((size_t)k, s->p)};
  if (!numbers || !d->a || !d->values || !d->u || !d->vt) {
    status = ml_error_memory(err);
  } else {
    for (size_t j = 0; j < s->p; j++)
      for (size_t i = 0; i < s->m; i++)
        d->a[j * s->m + i] = s->x[j * s->stride + i] / (length ? length[j] : 1);
    dgesdd_("S", &m, &p, d->a, &m, d->values, d->u, &m, d->vt, &k, &query, &ask, numbers, &info, 1);
    ask = query < INT_MAX ? (int)query : INT_MAX;
    scratch = linear__new((size_t)ask, 1);
    if (!scratch)
      status = ml_error_memory(err);
    else
      dgesdd_("S", &m, &p, d->a, &m, d->values, d->u, &m, d->vt, &k, scratch, &ask, numbers, &info,
              1);
    if (info) status = ml_error_set(err, ML_ERR_NUMERIC, "singular values did not converge");
  }
  free(numbers);
  free(scratch);
  return status;
}

/* Singular values above rounding error. */
static size_t rank_of(const svd *d, size_t m, size_t p) {
  double least = d->k ? 10.0 * (double)(m + p) * DBL_EPSILON * d->values[0] : 0;
  size_t rank = 0;
  while (rank < d->k && d->values[rank] > least) rank++;
  return rank;
}

/* Leaves in y what no direction explains. */
static ml_status keep_directions(const equations *s, const svd *d, const double *length,
                                 linear_factor *f, ml_error *err) {
  f->stride = d->k ? d->k : 1;
  f->vt = linear__new(f->stride, s->p);
  f->d = linear__new(f->stride, 1);
  f->t = linear__new(f->stride, 1);
  if (!f->vt || !f->d || !f->t) return ml_error_memory(err);
  for (size_t k = 0; k < f->rank; k++) {
    double c = cblas_ddot((int)s->m, d->u + k * s->m, 1, s->y, 1);
    f->d[k] = d->values[k] * d->values[k];
    f->t[k] = d->values[k] * c;
    cblas_daxpy((int)s->m, -c, d->u + k * s->m, 1, s->y, 1);
  }
  f->rss += cblas_ddot((int)s->m, s->y, 1, s->y, 1);
  for (size_t j = 0; j < s->p; j++)
    for (size_t k = 0; k < f->rank; k++)
      f->vt[j * f->stride + k] = d->vt[j * d->k + k] / (length ? length[j] : 1);
  return ML_OK;
}

static ml_status find_directions(const equations *s, bool scales, linear_factor *f, ml_error *err) {
  double *length = linear__new(s->p, 1);
  svd d = {0};
  if (!length) return ml_error_memory(err);
  lengths_of(s, length);
  if (s->m < s->p) scales = false;
  ml_status status = decompose(s, scales ? length : NULL, &d, err);
  if (status == ML_OK) f->rank = rank_of(&d, s->m, s->p);
  if (status == ML_OK && scales && f->rank < s->p) {
    scales = false;
    release_svd(&d);
    status = decompose(s, NULL, &d, err);
    if (status == ML_OK) f->rank = rank_of(&d, s->m, s->p);
  }
  if (status == ML_OK) status = keep_directions(s, &d, scales ? length : NULL, f, err);
  release_svd(&d);
  free(length);
  return status;
}

ml_status linear__factorize(const linear_rows *rows, bool scales, linear_factor *out,
                            ml_error *err) {
  linear_factor f = {.n = rows->n,
                     .p = rows->p,
                     .sum_weights = linear__sum_of_weights(rows),
                     .shift = linear__new(rows->p + 1, 1),
                     .mean = linear__new(rows->p + 1, 1)};
  equations s = {0};
  ml_status status = f.shift && f.mean ? ML_OK : ml_error_memory(err);
  if (status == ML_OK) {
    memcpy(f.shift, rows->shift, (rows->p + 1) * sizeof *f.shift);
    status = rows->n < rows->p ? reduce_few(rows, &f, &s, err) : reduce_many(rows, &f, &s, err);
  }
  if (status == ML_OK && !(are_finite(s.x, s.m * s.p) && are_finite(s.y, s.m)))
    status = not_finite(err);
  if (status == ML_OK && s.p) status = find_directions(&s, scales, &f, err);
  free(s.x);
  free(s.y);
  if (status == ML_OK)
    *out = f;
  else
    linear__factor_release(&f);
  return status;
}

void linear__factor_release(linear_factor *factor) {
  free(factor->shift);
  free(factor->mean);
  free(factor->d);
  free(factor->t);
  free(factor->vt);
  *factor = (linear_factor){0};
}

/* ---- models ---------------------------------------------------------------------------------- */

ml_status linear__factor_solve(const linear_factor *f, double alpha, linear_model **out,
                               ml_error *err) {
  linear_model *model = linear__model_new(f->p);
  double *along = linear__new(f->rank, 1);
  if (!model || !along) {
    free(model);
    free(along);
    return ml_error_memory(err);
  }
  double *coef = model->values + f->p;
  for (size_t k = 0; k < f->rank; k++) along[k] = f->t[k] / (f->d[k] + alpha);
  if (f->rank)
    cblas_dgemv(CblasColMajor, CblasTrans, (int)f->rank, (int)f->p, 1, f->vt, (int)f->stride, along,
                1, 0, coef, 1);
  memcpy(model->values, f->shift, f->p * sizeof *coef);
  model->constant = f->shift[f->p] + f->mean[f->p];
  for (size_t j = 0; j < f->p; j++) model->constant -= f->mean[j] * coef[j];
  free(along);
  *out = model;
  return ML_OK;
}

ml_status linear__fit_ridge(const ml_view *train, double alpha, bool has_intercept, void **fitted,
                            ml_error *err) {
  linear_rows rows;
  linear_factor factor = {0};
  linear_model *model = NULL;
  ml_status status = linear__rows_init(&rows, train, has_intercept, err);
  if (status != ML_OK) return status;
  status = linear__factorize(&rows, alpha == 0, &factor, err);
  if (status == ML_OK) status = linear__factor_solve(&factor, alpha, &model, err);
  linear__factor_release(&factor);
  linear__rows_release(&rows);
  if (status == ML_OK) *fitted = model;
  return status;
}
