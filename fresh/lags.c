/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared step: products of the centered series with itself, lag by lag. */
#include <string.h>

#include <ml/vector.h>

#include "transforms.h"

/* A lag is summed up directly or comes from the power spectrum by a rule of its own, so that its
 * bits do not depend on the other lags that a plan asks for. Short series and near lags are faster
 * and more exact directly. */
enum { DIRECT_LENGTH = 1250 };

bool fresh__lags_by_transform(size_t n, size_t n_lags) {
  return n > DIRECT_LENGTH && n_lags > FRESH_DIRECT_LAGS;
}

enum { LANES = 8, TOGETHER = 4 };

/* A sum in lanes; from memory it may be taken at any place. */
typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef double lanes_anywhere
    __attribute__((vector_size(LANES * sizeof(double)), aligned(sizeof(double)), may_alias));
#define AT(x) (*(const lanes_anywhere *)(x))

/* The rest of a sum of m terms, whose lanes hold the terms below i. */
static inline double finish(const double *d, const double *later, size_t m, size_t i,
                            const lanes *start) {
  lanes sum = *start;
  double rest = 0;
  for (; i + LANES <= m; i += LANES) sum += AT(d + i) * AT(later + i);
  for (; i < m; i++) rest += d[i] * later[i];
  return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7])) + rest;
}

ML_VECTOR_PATHS
static double lag_sum(const double *d, size_t n, size_t lag) {
  return finish(d, d + lag, n - lag, 0, &(lanes){0});
}

double fresh__lag_sum(const double *d, size_t n, size_t lag) {
  return lag_sum(d, n, lag);
}

/* TOGETHER neighbouring lags, each with the bits that it has alone: one sum waits for its
 * additions, and several fill the time. */
ML_VECTOR_PATHS
static void lag_sums(const double *d, size_t n, size_t lag, double *sums) {
  lanes a = {0}, b = {0}, c = {0}, e = {0};
  size_t m = n - lag, i = 0;
  const double *later = d + lag;
  for (; i + LANES + TOGETHER - 1 <= m; i += LANES) {
    lanes x = AT(d + i);
    a += x * AT(later + i);
    b += x * AT(later + i + 1);
    c += x * AT(later + i + 2);
    e += x * AT(later + i + 3);
  }
  sums[0] = finish(d, later, m, i, &a);
  sums[1] = finish(d, later + 1, m - 1, i, &b);
  sums[2] = finish(d, later + 2, m - 2, i, &c);
  sums[3] = finish(d, later + 3, m - 3, i, &e);
}

/* Autocorrelation theorem, with so many zeros behind the values that nothing wraps around. The
 * power spectrum is real and even, and so is its transform. */
static void sum_by_transform(fresh_series *s, size_t first) {
  fresh_fft *fft = s->lag_transform;
  size_t length = fresh__fft_length(fft), k = 1;
  double *input = fresh__fft_input(fft);
  memcpy(input, s->centered, s->n * sizeof *input);
  memset(input + s->n, 0, (length - s->n) * sizeof *input);
  const double *f = fresh__fft_run(fft, input);
  input[0] = f[0] * f[0];
  for (; 2 * k < length; k++)
    input[k] = input[length - k] = f[2 * k - 1] * f[2 * k - 1] + f[2 * k] * f[2 * k];
  if (2 * k == length) input[k] = f[length - 1] * f[length - 1];
  f = fresh__fft_run(fft, input);
  for (size_t lag = first; lag < s->n_lags; lag++)
    s->lag_sums[lag] = f[2 * lag - 1] / (double)length;
}

void fresh__lags(fresh_series *s, double *arena) {
  bool by_transform = fresh__lags_by_transform(s->n, s->n_lags);
  size_t n_direct = by_transform ? FRESH_DIRECT_LAGS : s->n_lags;
  s->lag_sums = arena;
  size_t lag = 0;
  for (; lag + TOGETHER <= n_direct; lag += TOGETHER)
    lag_sums(s->centered, s->n, lag, s->lag_sums + lag);
  for (; lag < n_direct; lag++) s->lag_sums[lag] = lag_sum(s->centered, s->n, lag);
  if (by_transform) sum_by_transform(s, n_direct);
}
