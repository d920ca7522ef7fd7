/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dot products with the bits of the reference. */
#include "blas_dot.h"

#include <math.h>

enum { LANES = 4, CHAINS = 16 };

double fresh__blas_dot(const double *x, const double *y, size_t n) {
  double r[CHAINS] = {0}, lane[LANES];
  size_t i = 0;
  for (; i + CHAINS <= n; i += CHAINS)
    for (size_t k = 0; k < CHAINS; k++) r[k] = fma(x[i + k], y[i + k], r[k]);
  for (size_t k = 0; k < LANES; k++)
    lane[k] = (r[k] + r[k + LANES]) + (r[k + 2 * LANES] + r[k + 3 * LANES]);
  double sum = (lane[0] + lane[2]) + (lane[1] + lane[3]);
  for (; i < n; i++) sum = fma(x[i], y[i], sum);
  return sum;
}
