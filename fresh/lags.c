/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared step: products of the centered series with itself, lag by lag. */
#include <string.h>

#include "transforms.h"

/* A lag is summed up directly or comes from the power spectrum by a rule of its own, so that its
 * bits do not depend on the other lags that a plan asks for. Short series and near lags are faster
 * and more exact directly. */
enum { DIRECT_LENGTH = 1250 };

bool fresh__lags_by_transform(size_t n, size_t n_lags) {
  return n > DIRECT_LENGTH && n_lags > FRESH_DIRECT_LAGS;
}

enum { LANES = 8 };

static double fold(const double *lane) {
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

double fresh__lag_sum(const double *d, size_t n, size_t lag) {
  double lane[LANES] = {0}, rest = 0;
  const double *later = d + lag;
  size_t m = n - lag, i = 0;
  for (; i + LANES <= m; i += LANES)
    for (size_t k = 0; k < LANES; k++) lane[k] += d[i + k] * later[i + k];
  for (; i < m; i++) rest += d[i] * later[i];
  return fold(lane) + rest;
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
  for (size_t lag = 0; lag < n_direct; lag++)
    s->lag_sums[lag] = fresh__lag_sum(s->centered, s->n, lag);
  if (by_transform) sum_by_transform(s, n_direct);
}
