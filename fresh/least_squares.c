/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Least squares of small systems: Householder's triangle, then Hestenes's one-sided Jacobi
 * rotations (1958), which find small singular values to all their digits. */
#include "least_squares.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST_SWEEPS = 40 };

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

size_t fresh__least_squares_size(size_t n_rows, size_t n_columns) {
  size_t k = smaller(n_rows, n_columns);
  return n_rows * n_columns + 2 * k * k + 3 * k;
}

static double dot(const double *x, const double *y, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i] * y[i];
  return sum;
}

/* y -= factor (v'y) v */
static void reflect(const double *v, double factor, double *y, size_t n) {
  double by = factor * dot(v, y, n);
  for (size_t i = 0; i < n; i++) y[i] -= by * v[i];
}

/* k columns of n >= k rows: the reflections are left on and below the diagonal, the triangle above
 * it, its diagonal in `diagonal`. */
static void triangulate(double *a, size_t n, size_t k, double *diagonal, double *factors) {
  for (size_t j = 0; j < k; j++) {
    double *v = a + j * n + j, norm = sqrt(dot(v, v, n - j));
    diagonal[j] = v[0] > 0 ? -norm : norm;
    v[0] -= diagonal[j];
    double size = dot(v, v, n - j);
    factors[j] = size > 0 ? 2 / size : 0;
    for (size_t i = j + 1; i < k; i++) reflect(v, factors[j], a + i * n + j, n - j);
  }
}

static void rotate(double *x, double *y, double c, double s, size_t n) {
  for (size_t i = 0; i < n; i++) {
    double t = c * x[i] - s * y[i];
    y[i] = s * x[i] + c * y[i];
    x[i] = t;
  }
}

/* Turn two columns until they are orthogonal. @return false when they are already */
static bool make_orthogonal(double *w, double *v, size_t k, size_t i, size_t j) {
  double *x = w + i * k, *y = w + j * k;
  double xx = dot(x, x, k), yy = dot(y, y, k), xy = dot(x, y, k);
  if (!(fabs(xy) > DBL_EPSILON * sqrt(xx) * sqrt(yy))) return false;
  double zeta = (yy - xx) / (2 * xy);
  double t = copysign(1 / (fabs(zeta) + hypot(1, zeta)), zeta), c = 1 / sqrt(1 + t * t);
  rotate(x, y, c, c * t, k);
  rotate(v + i * k, v + j * k, c, c * t, k);
  return true;
}

/* w = U S V': U S is left in w. */
static void decompose(double *w, double *v, size_t k) {
  memset(v, 0, k * k * sizeof *v);
  for (size_t i = 0; i < k; i++) v[i * k + i] = 1;
  bool turned = true;
  for (int sweep = 0; sweep < MOST_SWEEPS && turned; sweep++) {
    turned = false;
    for (size_t i = 0; i < k; i++)
      for (size_t j = i + 1; j < k; j++) turned |= make_orthogonal(w, v, k, i, j);
  }
}

/* Shortest x of the k x k system w x = b. */
static void solve_square(double *w, double *v, const double *b, size_t k, double rcond, double *x) {
  double largest = 0;
  decompose(w, v, k);
  for (size_t j = 0; j < k; j++) largest = fmax(largest, sqrt(dot(w + j * k, w + j * k, k)));
  memset(x, 0, k * sizeof *x);
  for (size_t j = 0; j < k; j++) {
    double *column = w + j * k, square = dot(column, column, k);
    if (!(sqrt(square) > rcond * largest)) continue;
    double by = dot(column, b, k) / square;
    for (size_t i = 0; i < k; i++) x[i] += by * v[j * k + i];
  }
}

void fresh__least_squares(double *a, double *b, size_t n_rows, size_t n_columns, double rcond,
                          double *work, double *x) {
  bool is_wide = n_rows < n_columns;
  size_t k = smaller(n_rows, n_columns), n = n_rows + n_columns - k;
  double *w = work, *v = w + k * k, *diagonal = v + k * k, *factors = diagonal + k;
  double *y = factors + k, *flipped = y + k;
  if (is_wide) { /* the triangle of A' */
    for (size_t j = 0; j < n_columns; j++)
      for (size_t i = 0; i < n_rows; i++) flipped[i * n + j] = a[j * n_rows + i];
    a = flipped;
  }
  triangulate(a, n, k, diagonal, factors);
  memset(w, 0, k * k * sizeof *w);
  for (size_t j = 0; j < k; j++) {
    w[j * k + j] = diagonal[j];
    for (size_t i = 0; i < j; i++) w[is_wide ? i * k + j : j * k + i] = a[j * n + i];
  }
  if (!is_wide)
    for (size_t j = 0; j < k; j++) reflect(a + j * n + j, factors[j], b + j, n - j);
  solve_square(w, v, b, k, rcond, y);
  memset(x, 0, n_columns * sizeof *x);
  memcpy(x, y, k * sizeof *x);
  if (is_wide)
    for (size_t j = k; j-- > 0;) reflect(a + j * n + j, factors[j], x + j, n - j);
}
