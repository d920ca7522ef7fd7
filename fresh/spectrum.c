/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared steps: the spectrum of a series and its power density. */
#include <math.h>

#include <ml/stats_internal.h>

#include "transforms.h"

/* Without the squares running over or under, where they would. */
static void magnitudes(fresh_series *s) {
  const double least = 1e-280, most = 1e300;
  for (size_t k = 0; k < s->n_bins; k++)
    s->magnitude[k] = s->re[k] * s->re[k] + s->im[k] * s->im[k];
  for (size_t k = 0; k < s->n_bins; k++) {
    double square = s->magnitude[k];
    bool is_safe = square > least && square < most;
    s->magnitude[k] = is_safe ? sqrt(square) : hypot(s->re[k], s->im[k]);
  }
}

static bool is_constant(const double *x, size_t n) {
  size_t i = 1;
  while (i < n && x[i] == x[0]) i++;
  return i == n;
}

/* All but the sum is zero in truth, and would be noise or not according to the length. */
static void clear(fresh_series *s) {
  for (size_t k = 1; k < s->n_bins; k++) s->re[k] = s->im[k] = 0;
}

void fresh__spectrum(fresh_series *s, double *arena) {
  const double *f = fresh__fft_run(s->transform, s->x);
  size_t n = s->n, k = 1;
  s->n_bins = n / 2 + 1;
  s->re = arena;
  s->im = s->re + n;
  s->magnitude = s->im + n;
  s->re[0] = f[0];
  for (; 2 * k < n; k++) {
    s->re[k] = f[2 * k - 1];
    s->im[k] = f[2 * k];
  }
  if (2 * k == n) {
    s->re[k] = f[n - 1];
    s->im[k] = 0;
  }
  s->im[0] = 0;
  if (isfinite(s->x[0]) && is_constant(s->x, n)) clear(s);
  magnitudes(s);
}

/* Add the power of one segment to the density. */
static void add_segment(fresh_series *s, const double *x) {
  const fresh_window *window = s->window;
  size_t n = window->length, k = 1;
  double mean = stats__sum(x, n) / (double)n, scale = 1 / window->energy;
  double *input = fresh__fft_input(s->welch_transform), *density = s->density;
  for (size_t i = 0; i < n; i++) input[i] = (x[i] - mean) * window->values[i];
  const double *f = fresh__fft_run(s->welch_transform, input);
  density[0] += f[0] * f[0] * scale;
  for (; 2 * k < n; k++)
    density[k] += 2 * ((f[2 * k - 1] * f[2 * k - 1] + f[2 * k] * f[2 * k]) * scale);
  if (2 * k == n) density[k] += f[n - 1] * f[n - 1] * scale;
}

/* Welch (1967): segments that overlap by half; what does not fill one at the end is left out. */
void fresh__welch(fresh_series *s, double *arena) {
  size_t length = s->window->length, step = length - length / 2, n_segments = 0;
  s->density = arena;
  s->n_density = length / 2 + 1;
  for (size_t k = 0; k < s->n_density; k++) s->density[k] = 0;
  for (size_t at = 0; at + length <= s->n; at += step, n_segments++) add_segment(s, s->x + at);
  for (size_t k = 0; k < s->n_density; k++) s->density[k] /= (double)n_segments;
}
