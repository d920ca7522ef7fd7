/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exponential function for vectorised loops: the same bits on every path, below 2 ulp. */
#ifndef ML_MODELS_EXP_H
#define ML_MODELS_EXP_H

#include <stdint.h>
#include <string.h>

/** exp(x) for x in [-708, 0]; what is below counts as -708, NaN stays. */
static inline double exp__below_0(double x) {
  /* x = k ln 2 + r, |r| <= ln 2 / 2; ln 2 in two parts, of which k times the first is exact. The
   * sum with 1.5 2^52 is rounded to an integer, whose low bits are then those of k. */
  const double round = 0x1.8p52, high = 0x1.62e42fefa0000p-1, low = 0x1.cf79abc9e3b39p-40;
  x = x < -708 ? -708 : x;
  double shifted = x * 0x1.71547652b82fep0 + round, k = shifted - round;
  double r = (x - k * high) - k * low;
  double sum = 1.0 / 6227020800; /* Taylor's to r^13: the rest is below 5e-18 */
  sum = sum * r + 1.0 / 479001600;
  sum = sum * r + 1.0 / 39916800;
  sum = sum * r + 1.0 / 3628800;
  sum = sum * r + 1.0 / 362880;
  sum = sum * r + 1.0 / 40320;
  sum = sum * r + 1.0 / 5040;
  sum = sum * r + 1.0 / 720;
  sum = sum * r + 1.0 / 120;
  sum = sum * r + 1.0 / 24;
  sum = sum * r + 1.0 / 6;
  sum = sum * r + 0.5;
  sum = sum * r * r + r;
  uint64_t bits;
  double scale;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits + 1023) << 52;
  memcpy(&scale, &bits, sizeof scale);
  return scale + scale * sum;
}

#endif
