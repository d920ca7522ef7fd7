/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dot products with the bits of the reference. */
#include "blas_dot.h"

#include <math.h>

enum { LANES = 4, CHAINS = 16, WIDE_CHAINS = 32 };

/* One round of fused operations for so many chains. */
static void add_round(const double *x, const double *y, ptrdiff_t step, size_t n_chains,
                      double *r) {
  for (size_t k = 0; k < n_chains; k++, x += step, y += step) r[k] = fma(*x, *y, r[k]);
}

double fresh__blas_dot(const double *x, const double *y, size_t n, bool is_backwards) {
  double wide[WIDE_CHAINS] = {0}, r[CHAINS], lane[LANES];
  ptrdiff_t step = is_backwards ? -1 : 1;
  if (is_backwards && n > 0) x += n - 1, y += n - 1;
  for (; n >= WIDE_CHAINS; n -= WIDE_CHAINS, x += WIDE_CHAINS * step, y += WIDE_CHAINS * step)
    add_round(x, y, step, WIDE_CHAINS, wide);
  /* Each vector of eight chains is folded into one of four. */
  for (size_t k = 0; k < CHAINS; k++) {
    size_t from = k / LANES * 2 * LANES + k % LANES;
    r[k] = wide[from] + wide[from + LANES];
  }
  if (n >= CHAINS) {
    add_round(x, y, step, CHAINS, r);
    n -= CHAINS, x += CHAINS * step, y += CHAINS * step;
  }
  for (size_t k = 0; k < LANES; k++)
    lane[k] = ((r[k] + r[k + LANES]) + r[k + 2 * LANES]) + r[k + 3 * LANES];
  double sum = (lane[0] + lane[2]) + (lane[1] + lane[3]);
  for (; n > 0; n--, x += step, y += step) sum = fma(*x, *y, sum);
  return sum;
}
