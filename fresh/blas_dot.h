/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dot products with the bits of the reference, for results that are made of rounding. */
#ifndef FRESH_BLAS_DOT_H
#define FRESH_BLAS_DOT_H

#include <ml/base.h>

/* The sum of x[i] y[i] as OpenBLAS adds it up where it has fused operations for vectors of eight:
 * rounds of thirty-two chains, at most one of sixteen, then what is left. Slow; for the few values
 * that are decided by their last bit. Backwards begins with the last term. */
double fresh__blas_dot(const double *x, const double *y, size_t n, bool is_backwards);

#endif
