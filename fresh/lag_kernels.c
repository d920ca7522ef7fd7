/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loops over a series that regressions on its last values spend their time in. */
#include "lag_kernels.h"

#include <ml/vector.h>

/* A block stays in the nearest cache while the lags pass over it; and the sums of blocks, being
 * added up, lose less than one long sum. */
enum { LANES = 8, BLOCK = 1024, STEP = 4 };

typedef double lanes __attribute__((vector_size(LANES * sizeof(double)), aligned(8), may_alias));

static inline double sum_lanes(const double *s) {
  return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

/* Four lags together. */
ML_VECTOR_PATHS static void add_dots4(const double *v, const double *a, size_t n, double *out) {
  lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) {
    lanes x = *(const lanes *)(v + i);
    s0 += x * *(const lanes *)(a + i);
    s1 += x * *(const lanes *)(a + i - 1);
    s2 += x * *(const lanes *)(a + i - 2);
    s3 += x * *(const lanes *)(a + i - 3);
  }
  for (size_t k = 0; i < n; i++, k++) {
    s0[k] += v[i] * a[i];
    s1[k] += v[i] * a[i - 1];
    s2[k] += v[i] * a[i - 2];
    s3[k] += v[i] * a[i - 3];
  }
  out[0] += sum_lanes((const double *)&s0);
  out[1] += sum_lanes((const double *)&s1);
  out[2] += sum_lanes((const double *)&s2);
  out[3] += sum_lanes((const double *)&s3);
}

ML_VECTOR_PATHS static void add_dot(const double *v, const double *a, size_t n, double *out) {
  lanes s = {0};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES) s += *(const lanes *)(v + i) * *(const lanes *)(a + i);
  for (size_t k = 0; i < n; i++, k++) s[k] += v[i] * a[i];
  *out += sum_lanes((const double *)&s);
}

void lagged__dots(const double *v, const double *a, size_t n, size_t n_lags, double *out) {
  for (size_t j = 0; j < n_lags; j++) out[j] = 0;
  for (size_t i = 0; i < n; i += BLOCK) {
    size_t m = n - i < BLOCK ? n - i : BLOCK, j = 0;
    for (; j + STEP <= n_lags; j += STEP) add_dots4(v + i, a + i - j, m, out + j);
    for (; j < n_lags; j++) add_dot(v + i, a + i - j, m, out + j);
  }
}

ML_VECTOR_PATHS static void subtract4(double *restrict e, const double *restrict a, const double *b,
                                      size_t n) {
  double b0 = b[0], b1 = b[1], b2 = b[2], b3 = b[3];
  for (size_t i = 0; i < n; i++)
    e[i] = (((e[i] - b0 * a[i]) - b1 * a[i - 1]) - b2 * a[i - 2]) - b3 * a[i - 3];
}

ML_VECTOR_PATHS static void subtract(double *restrict e, const double *restrict a, double b,
                                     size_t n) {
  for (size_t i = 0; i < n; i++) e[i] -= b * a[i];
}

void lagged__residual(const double *v, const double *a, size_t n, const double *beta, size_t p,
                      double constant, double *residual) {
  for (size_t i = 0; i < n; i += BLOCK) {
    size_t m = n - i < BLOCK ? n - i : BLOCK, j = 0;
    double *e = residual + i;
    for (size_t t = 0; t < m; t++) e[t] = v[i + t] - constant;
    for (; j + STEP <= p; j += STEP) subtract4(e, a + i - 1 - j, beta + j, m);
    for (; j < p; j++) subtract(e, a + i - 1 - j, beta[j], m);
  }
}
