/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loops over a series that regressions on its last values spend their time in. */
#ifndef FRESH_LAG_KERNELS_H
#define FRESH_LAG_KERNELS_H

#include <stddef.h>

/* out[j] = sum over i < n of v[i] a[i - j], j = 0, ..., n_lags - 1. */
void lagged__dots(const double *v, const double *a, size_t n, size_t n_lags, double *out);

/* residual[i] = v[i] - constant - sum over j = 1, ..., p of beta[j - 1] a[i - j], i < n. */
void lagged__residual(const double *v, const double *a, size_t n, const double *beta, size_t p,
                      double constant, double *residual);

#endif
