/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regressions on the last values of a series, by sums of products. */
#include "lagged.h"

#include <math.h>
#include <string.h>

#include "lag_kernels.h"

size_t lagged__sums_size(size_t k) {
  return (k + 2) * (k + 2) + k + 2;
}

size_t lagged__factor_size(size_t q) {
  return (q + 1) * (q + 1) + q * q;
}

static double *cross(const lag_sums *s, size_t i, size_t j) {
  return &s->cross[i * (s->k + 2) + j];
}

/* Sums of a[w] a[w - lag] over w = k - i, ..., m - 1 - i for every i, from the one over the w that
 * all of them have: the ends are added, and nothing is subtracted, so a large value near an end
 * does no harm. */
static void spread_products(lag_sums *s, size_t lag, double common) {
  const double *a = s->a;
  double head = 0, tail = 0;
  for (size_t i = 0; i + lag <= s->k; i++) {
    *cross(s, i, i + lag) = common + head;
    if (i + lag < s->k) head += a[s->k - 1 - i] * a[s->k - 1 - i - lag];
  }
  for (size_t i = s->k; i > 0; i--) {
    if (i + lag <= s->k) *cross(s, i, i + lag) += tail;
    tail += a[s->m - i] * a[s->m - i - lag];
  }
  *cross(s, 0, lag) += tail;
}

static void spread_sums(lag_sums *s, double common) {
  double head = 0, tail = 0;
  for (size_t i = 0; i <= s->k; i++) {
    s->sums[i] = common + head;
    if (i < s->k) head += s->a[s->k - 1 - i];
  }
  for (size_t i = s->k; i > 0; i--) {
    s->sums[i] += tail;
    tail += s->a[s->m - i];
  }
  s->sums[0] += tail;
}

static double total(const double *x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i];
  return sum;
}

void lagged__sum(lag_sums *s, double *memory) {
  size_t k = s->k, n_common = s->m - 2 * k;
  s->cross = memory;
  s->sums = memory + (k + 2) * (k + 2);
  s->first = k;
  /* sums[] is free until the products are there */
  lagged__dots(s->a + k, s->a + k, n_common, k + 1, s->sums);
  for (size_t lag = 0; lag <= k; lag++) spread_products(s, lag, s->sums[lag]);
  if (s->other) {
    lagged__dots(s->other + k, s->a + k, s->m - k, k + 1, s->sums);
    for (size_t i = 0; i <= k; i++) *cross(s, i, k + 1) = s->sums[i];
    lagged__dots(s->other + k, s->other + k, s->m - k, 1, cross(s, k + 1, k + 1));
    s->sums[k + 1] = total(s->other + k, s->m - k);
  }
  spread_sums(s, total(s->a + k, n_common));
}

void lagged__add_rows(lag_sums *s, size_t first) {
  for (size_t t = s->first; t-- > first;) { /* so that sums are the same in any number of steps */
    for (size_t i = 0; i <= first; i++) {
      for (size_t j = i; j <= first; j++) *cross(s, i, j) += s->a[t - i] * s->a[t - j];
      if (s->other) *cross(s, i, s->k + 1) += s->a[t - i] * s->other[t];
      s->sums[i] += s->a[t - i];
    }
    if (!s->other) continue;
    *cross(s, s->k + 1, s->k + 1) += s->other[t] * s->other[t];
    s->sums[s->k + 1] += s->other[t];
  }
  s->first = first;
}

/* ---- the factor ---- */

/* Column of the sums that row r of a factor belongs to. */
static size_t column(const lag_sums *s, const lag_factor *f, size_t r) {
  return r < f->p ? r + 1 : r < f->q ? s->k + 1 : 0;
}

static double covariance(const lag_sums *s, const lag_factor *f, size_t r, size_t c) {
  size_t i = column(s, f, r), j = column(s, f, c);
  return *cross(s, i < j ? i : j, i < j ? j : i) - s->sums[i] * s->sums[j] / f->n;
}

static double dot(const double *u, const double *v, size_t n) {
  double sum[4] = {0};
  size_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (size_t k = 0; k < 4; k++) sum[k] += u[i + k] * v[i + k];
  for (; i < n; i++) sum[0] += u[i] * v[i];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static bool cholesky(const lag_sums *s, lag_factor *f) {
  size_t ld = f->q + 1;
  for (size_t r = 0; r <= f->q; r++) {
    double *row = f->l + r * ld;
    for (size_t c = 0; c < r; c++)
      row[c] = (covariance(s, f, r, c) - dot(row, f->l + c * ld, c)) / f->l[c * ld + c];
    double pivot = covariance(s, f, r, r) - dot(row, row, r);
    if (!(pivot > 0)) return false;
    row[r] = sqrt(pivot);
  }
  return true;
}

static void invert(lag_factor *f) {
  for (size_t r = 0; r < f->q; r++) {
    const double *l = f->l + r * (f->q + 1);
    double *restrict row = f->inverse + r * f->q;
    for (size_t c = 0; c < f->q; c++) row[c] = c == r;
    for (size_t i = 0; i < r; i++) {
      const double *restrict above = f->inverse + i * f->q;
      for (size_t c = 0; c <= i; c++) row[c] -= l[i] * above[c];
    }
    for (size_t c = 0; c <= r; c++) row[c] /= l[r];
  }
}

/* Trace of the inverse of the regressors' correlations, but with lengths from before the means were
 * taken out of them, since rounding is relative to those. */
static double amplification(const lag_sums *s, const lag_factor *f) {
  double tau = 0;
  for (size_t r = 0; r < f->q; r++)
    for (size_t c = 0; c <= r; c++) {
      double element = f->inverse[r * f->q + c];
      tau += element * element * *cross(s, column(s, f, c), column(s, f, c));
    }
  return tau;
}

/* The largest singular value is at most the norm of the design. The smallest is at least one over
 * that of the inverse of its triangular factor, which is that of the centred design times a matrix
 * that differs from 1 in the row of the means. */
static double condition(const lag_sums *s, const lag_factor *f, double mean_a, double mean_other) {
  double design = f->n, inverse = 1 / f->n;
  for (size_t r = 0; r < f->q; r++) {
    double through = 0;
    for (size_t c = 0; c <= r; c++) {
      double mean = (c < f->p ? mean_a : mean_other) + s->sums[column(s, f, c)] / f->n;
      double element = f->inverse[r * f->q + c];
      through += element * mean;
      inverse += element * element;
      if (c == r) design += covariance(s, f, c, c) + f->n * mean * mean;
    }
    inverse += through * through;
  }
  return sqrt(design) * sqrt(inverse);
}

bool lagged__factor(const lag_sums *s, size_t p, double mean_a, double mean_other, double *memory,
                    lag_factor *f) {
  *f = (lag_factor){.p = p, .q = p + (s->other != NULL), .n = (double)(s->m - s->first)};
  f->l = memory;
  f->inverse = memory + (f->q + 1) * (f->q + 1);
  if (!cholesky(s, f)) return false;
  invert(f);
  f->tau = amplification(s, f);
  f->condition = condition(s, f, mean_a, mean_other);
  return f->tau < 1e10 && f->condition < 1e13;
}

/* ---- fits ---- */

/* beta += inverse' z */
static void add_solution(const lag_factor *f, const double *z, double *beta) {
  for (size_t r = 0; r < f->p; r++)
    for (size_t c = 0; c <= r; c++) beta[c] += f->inverse[r * f->q + c] * z[r];
}

static double constant_of(const lag_sums *s, const lag_factor *f, size_t row, const double *beta) {
  double rest = s->sums[column(s, f, row)];
  for (size_t c = 0; c < f->p; c++) rest -= beta[c] * s->sums[c + 1];
  return rest / f->n;
}

void lagged__fit(const lag_sums *s, const lag_factor *f, const double *target, size_t row,
                 lag_fit *fit) {
  size_t n = s->m - s->first, p = f->p;
  const double *l = f->l + row * (f->q + 1);
  for (size_t c = 0; c < p; c++) fit->beta[c] = 0;
  add_solution(f, l, fit->beta);
  fit->constant = constant_of(s, f, row, fit->beta);
  lagged__residual(target + s->first, s->a + s->first, n, fit->beta, p, fit->constant,
                   fit->residual);
  fit->sum = total(fit->residual, n);
  /* Products with lags 1, ..., p, whitened from the last row up, each needing those above it. */
  double *left = fit->left;
  lagged__dots(fit->residual, s->a + s->first - (p > 0), n, p, left);
  for (size_t c = 0; c < p; c++) left[c] -= fit->sum * s->sums[c + 1] / f->n;
  for (size_t r = p; r-- > 0;) left[r] = dot(f->inverse + r * f->q, left, r + 1);
}

void lagged__refine(const lag_sums *s, const lag_factor *f, size_t row, lag_fit *fit) {
  add_solution(f, fit->left, fit->beta);
  fit->constant = constant_of(s, f, row, fit->beta);
}
