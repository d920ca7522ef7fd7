/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Least squares on lagged values by the pseudo-inverse. */
#include "pinv.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include <ml/stats_internal.h>

#include "lapack.h"

/* Up to so many rows are decomposed as they are, so that the steps are those of the reference; more
 * become a triangle first, so many at a time, in memory that does not grow with them. */
enum { MOST_ROWS = 16384, PANEL = 32 /* columns that dgeqrf takes together */ };

static bool is_whole(size_t n_rows) {
  return n_rows <= MOST_ROWS;
}

/* A block of rows beneath a triangle; tau and the workspace of dgeqrf. */
static size_t qr_size(size_t q) {
  return (q + MOST_ROWS) * q + (1 + PANEL) * q;
}

/* Left and right vectors, values, y; then the matrix, integers and workspace of dgesdd, and in
 * their place the pseudo-inverse. */
static size_t svd_size(size_t n_rows, size_t k) {
  return n_rows * k + k * k + k + n_rows + (n_rows * k + 8 * k + (4 * k * k + 7 * k));
}

size_t fresh__pinv_size(size_t n_columns, size_t n_rows) {
  size_t q = n_columns, kept = is_whole(n_rows) ? n_rows : q;
  size_t qr = is_whole(n_rows) ? 0 : qr_size(q), svd = svd_size(kept, q);
  return kept * q + q + (qr > svd ? qr : svd);
}

/* Column j of q of the design, from its first row on; NULL: ones. */
static const double *column(const fresh_design *d, size_t j, size_t q) {
  if (j == q - 1) return d->y;
  if (d->has_constant && j == (d->is_constant_last ? q - 2 : 0)) return NULL;
  j -= d->has_constant && !d->is_constant_last;
  if (d->other && j == 0) return d->other;
  return d->lagged - (d->other ? j : j + 1);
}

/* Rows first, ..., first + n - 1 of q columns into a; from row to row it is `row` doubles, from
 * column to column `step`. */
static void fill_rows(const fresh_design *d, size_t q, size_t first, size_t n, double *a,
                      size_t row, size_t step) {
  for (size_t j = 0; j < q; j++) {
    const double *from = column(d, j, q);
    for (size_t i = 0; i < n; i++) a[i * row + j * step] = from ? from[first + i] : 1;
  }
}

/* The triangle of the first rows, then again and again of the triangle and more rows below. */
static void fill_triangle(const fresh_design *d, size_t q, double *r, double *a) {
  double *tau = a + (q + MOST_ROWS) * q;
  for (size_t first = 0, above = 0; first < d->n_rows; above = q) {
    size_t left = d->n_rows - first, n = left < MOST_ROWS ? left : MOST_ROWS, lda = above + n;
    for (size_t j = 0; j < q; j++)
      for (size_t i = 0; i < above; i++) a[j * lda + i] = r[i * q + j];
    fill_rows(d, q, first, n, a + above, 1, lda);
    int info, m = (int)lda, columns = (int)q, lwork = (int)(PANEL * q);
    dgeqrf_(&m, &columns, a, &m, tau, tau + q, &lwork, &info);
    for (size_t j = 0; j < q; j++)
      for (size_t i = 0; i < q; i++) r[i * q + j] = i <= j ? a[j * lda + i] : 0;
    first += n;
  }
}

fresh_matrix fresh__pinv_matrix(const fresh_design *design, double *work) {
  size_t q = design->has_constant + (design->other != NULL) + design->n_lags + 1;
  fresh_matrix m = {.n_columns = q, .values = work};
  m.n_rows = is_whole(design->n_rows) ? design->n_rows : q;
  m.is_triangle = !is_whole(design->n_rows);
  m.beta = work + m.n_rows * q;
  m.work = m.beta + q;
  if (is_whole(design->n_rows))
    fill_rows(design, q, 0, m.n_rows, m.values, q, 1);
  else
    fill_triangle(design, q, m.values, m.work);
  return m;
}

/* Singular vectors and values of the first k columns. @return false: no convergence */
static bool decompose(const fresh_matrix *m, size_t k, double *u, double *vt, double *s,
                      double *work) {
  double *a = work, *iwork = a + m->n_rows * k, *rest = iwork + 8 * k;
  int n_rows = (int)m->n_rows, n = (int)k, lwork = (int)(4 * k * k + 7 * k), info = 0;
  for (size_t i = 0; i < m->n_rows; i++)
    for (size_t j = 0; j < k; j++) a[j * m->n_rows + i] = m->values[i * m->n_columns + j];
  dgesdd_("S", &n_rows, &n, a, &n_rows, s, u, &n_rows, vt, &n, rest, &lwork, (int *)iwork, &info,
          1);
  return info == 0;
}

/* The pseudo-inverse as a matrix and then its product with y, by the BLAS: less exact than to apply
 * its factors one by one, where the design is nearly singular, and what the reference does. There,
 * and where the fit is perfect and rounding is all that it leaves, the choice among fits depends on
 * the order of every sum. */
fresh_fit fresh__pinv_fit(fresh_matrix *m, size_t k, size_t of) {
  int rows = (int)m->n_rows, q = (int)m->n_columns, n = (int)k;
  fresh_fit fit = {.is_solved = false};
  double *u = m->work, *vt = u + m->n_rows * k, *s = vt + k * k, *y = s + k;
  double *inverse = y + m->n_rows;
  if (!decompose(m, k, u, vt, s, inverse)) return fit;
  fit.is_solved = true;
  /* What is below the cut-off counts as 0; the rank has a limit of its own. A triangle of many rows
   * has more rounding in it than the cut-off would tell from a value. */
  double cutoff = m->is_triangle ? 2e-14 : 1e-15;
  double limit = fmax((double)k * DBL_EPSILON, m->is_triangle ? cutoff : 0);
  for (size_t l = 0; l < k; l++) {
    double factor = s[l] > cutoff * s[0] ? 1 / s[l] : 0;
    for (size_t i = 0; i < m->n_rows; i++) u[l * m->n_rows + i] *= factor;
    fit.rank += s[l] > limit * s[0];
  }
  for (size_t i = 0; i < m->n_rows; i++) y[i] = m->values[(i + 1) * m->n_columns - 1];
  /* k x n_rows, row by row */
  cblas_dgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, rows, n, n, 1, u, rows, vt, n, 0, inverse,
              rows);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, n, rows, 1, inverse, rows, y, 1, 0, m->beta, 1);
  const double *row = inverse + of * m->n_rows;
  fit.variance = cblas_ddot(rows, row, 1, row, 1);
  cblas_dgemv(CblasRowMajor, CblasNoTrans, rows, n, 1, m->values, q, m->beta, 1, 0, u, 1);
  for (size_t i = 0; i < m->n_rows; i++) u[i] = (y[i] - u[i]) * (y[i] - u[i]);
  fit.ssr = stats__sum(u, m->n_rows);
  return fit;
}
