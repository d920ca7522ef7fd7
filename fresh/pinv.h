/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Least squares on lagged values by the pseudo-inverse, as the reference does it: slow, and right
 * whatever the rank. */
#ifndef FRESH_PINV_H
#define FRESH_PINV_H

#include "feature.h"

/* y on: a constant, other, lagged[-1], ..., lagged[-n_lags], in this order, or with the constant
 * last; arrays start at the first row. */
typedef struct fresh_design {
  const double *y, *lagged;
  const double *other; /* NULL: there is none */
  bool has_constant, is_constant_last;
  size_t n_lags, n_rows; /* n_rows >= regressors + 1 */
} fresh_design;

/* A design and y as a matrix, or when there are many rows its triangle, which has the same fits. */
typedef struct fresh_matrix {
  size_t n_rows, n_columns; /* y is the last column */
  bool is_triangle;         /* of more rows */
  double *values;           /* row-major */
  double *beta;             /* coefficients of the last fit */
  double *work;
} fresh_matrix;

typedef struct fresh_fit {
  bool is_solved; /* false: the decomposition failed */
  size_t rank;
  double ssr;      /* sum of squared residuals */
  double variance; /* element `of` of the diagonal of (X'X)^+ */
} fresh_fit;

/* Doubles of work for a design of up to n_columns columns, y included. */
size_t fresh__pinv_size(size_t n_columns, size_t n_rows);

fresh_matrix fresh__pinv_matrix(const fresh_design *design, double *work);

/* y on the first k columns. */
fresh_fit fresh__pinv_fit(fresh_matrix *matrix, size_t k, size_t of);

#endif
