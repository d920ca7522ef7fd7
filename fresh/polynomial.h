/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Roots of polynomials. */
#ifndef FRESH_POLYNOMIAL_H
#define FRESH_POLYNOMIAL_H

#include <ml/base.h>

enum { FRESH_MOST_DEGREE = 32 };

/* The largest real part of a root, complex roots included, of a polynomial with n <=
 * FRESH_MOST_DEGREE + 1 coefficients, that of the highest power first. NaN when a coefficient is
 * not finite or there is no root. */
double fresh__largest_root(const double *coefficients, size_t n);

#endif
