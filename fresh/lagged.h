/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regressions of a series on a constant, its last values and, if there is one, another series:
 *
 *   a[t] on 1, a[t - 1], ..., a[t - p] (and other[t]),   t = p, ..., m - 1
 *
 * by sums of products, of which most are those of the neighbouring lag and a few terms, and one
 * Cholesky factor for the nested models of all p. What rounding does to squares of condition
 * numbers is undone by a step of refinement with the residuals (Bjorck (1987), Linear Algebra Appl.
 * 88, 31); lag_factor.tau tells when that is enough. */
#ifndef FRESH_LAGGED_H
#define FRESH_LAGGED_H

#include "feature.h"

/* Sums over the rows of v_i[t] v_j[t] and of v_i[t], where v_i[t] is a[t - i] for i = 0, ..., k and
 * v_{k+1} is the other series. */
typedef struct lag_sums {
  const double *a, *other; /* m values, around 0 or precision is lost; other: NULL, there is none */
  size_t m, k;
  size_t first;  /* rows first, ..., m - 1 */
  double *cross; /* (k + 2) x (k + 2), element i (k + 2) + j for i <= j */
  double *sums;  /* k + 2 */
} lag_sums;

/* Factor of the covariances of regressors a[t - 1], ..., a[t - p], other, and a[t] in the last row;
 * the constant is out of them already. */
typedef struct lag_factor {
  size_t p, q;      /* lags; regressors */
  double n;         /* rows */
  double *l;        /* (q + 1) x (q + 1), lower triangle row by row */
  double *inverse;  /* q x q, of the leading part */
  double tau;       /* relative errors of the sums come out at most so many times larger */
  double condition; /* of the reference's design, at most */
} lag_factor;

/* Regression of a[t], or of other[t], on the lags alone. */
typedef struct lag_fit {
  double *beta; /* p */
  double constant;
  double *residual; /* of each row */
  double sum;       /* of the residuals */
  double *left;     /* p: whitened products of residual and lags, which rounding left */
} lag_fit;

/* Doubles that the sums of k lags take, and a factor of q regressors. */
size_t lagged__sums_size(size_t k);
size_t lagged__factor_size(size_t q);

/* Sum over rows k, ..., m - 1; m > 2 k. */
void lagged__sum(lag_sums *sums, double *memory);

/* Take in the rows from `first` on, before sums->first. Sums of lags above `first` are lost. */
void lagged__add_rows(lag_sums *sums, size_t first);

/* mean_a and mean_other are what was subtracted: the reference's design has the columns 1,
 * mean_a + a[t - i], mean_other + other[t].
 * @return false: the factor is not good enough for a fit and a step of refinement, or that design
 * near where its pseudo-inverse takes singular values for 0 */
bool lagged__factor(const lag_sums *sums, size_t p, double mean_a, double mean_other,
                    double *memory, lag_factor *factor);

/* @param row  of the factor that the target has: factor->q for a[t], factor->p for other[t] */
void lagged__fit(const lag_sums *sums, const lag_factor *factor, const double *target, size_t row,
                 lag_fit *fit);

/* Beta and constant without what rounding left. */
void lagged__refine(const lag_sums *sums, const lag_factor *factor, size_t row, lag_fit *fit);

#endif
