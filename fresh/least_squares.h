/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Least squares of small systems, of minimum norm where the rank is short. */
#ifndef FRESH_LEAST_SQUARES_H
#define FRESH_LEAST_SQUARES_H

#include <ml/base.h>

/* Doubles of work for n_rows equations in n_columns unknowns. */
size_t fresh__least_squares_size(size_t n_rows, size_t n_columns);

/*
 * The shortest x that makes |A x - b| smallest; singular values up to rcond times the largest one
 * count as 0.
 *
 * @param a  n_columns columns of n_rows finite values, one behind the other; overwritten
 * @param b  n_rows finite values; overwritten
 */
void fresh__least_squares(double *a, double *b, size_t n_rows, size_t n_columns, double rcond,
                          double *work, double *x);

#endif
