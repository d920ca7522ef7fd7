/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transforms that are kept: the last used ones, as many as memory allows. */
#include "transforms.h"

#include <math.h>

#include <ml/stats_internal.h>

enum {
  MOST_DOUBLES = 1 << 22, /* that idle transforms hold */
  IN_USE = 3              /* by one series at most */
};

void fresh__transforms_release(fresh_transforms *transforms) {
  for (size_t i = 0; i < FRESH_TRANSFORMS_KEPT; i++) fresh__fft_free(transforms->kept[i].fft);
  *transforms = (fresh_transforms){0};
}

static size_t find_length(const fresh_transforms *transforms, size_t n) {
  size_t i = 0;
  while (i < FRESH_TRANSFORMS_KEPT &&
         !(transforms->kept[i].fft && fresh__fft_length(transforms->kept[i].fft) == n))
    i++;
  return i;
}

/* Drop the transforms that were used longest ago, until one of length n has room: a place and
 * memory. Those that the same series uses stay. @return a free place */
static size_t make_room(fresh_transforms *transforms, size_t n) {
  for (;;) {
    size_t count = 0, doubles = fresh__fft_cost(n), oldest = 0, place = FRESH_TRANSFORMS_KEPT;
    for (size_t i = 0; i < FRESH_TRANSFORMS_KEPT; i++) {
      if (!transforms->kept[i].fft) {
        place = i;
        continue;
      }
      doubles += fresh__fft_cost(fresh__fft_length(transforms->kept[i].fft));
      if (count++ == 0 || transforms->kept[i].last_use < transforms->kept[oldest].last_use)
        oldest = i;
    }
    bool fits = doubles <= MOST_DOUBLES || count < IN_USE;
    if (place < FRESH_TRANSFORMS_KEPT && fits) return place;
    fresh__fft_free(transforms->kept[oldest].fft);
    transforms->kept[oldest].fft = NULL;
  }
}

static ml_status get(fresh_transforms *transforms, size_t n, fresh_fft **out, ml_error *err) {
  size_t i = find_length(transforms, n);
  if (i == FRESH_TRANSFORMS_KEPT) {
    i = make_room(transforms, n);
    ml_status status = fresh__fft_new(n, &transforms->kept[i].fft, err);
    if (status != ML_OK) return status;
  }
  transforms->kept[i].last_use = ++transforms->clock;
  *out = transforms->kept[i].fft;
  return ML_OK;
}

/* Periodic, so that the first value alone is 0. The angle is rounded as scipy's hann() rounds it: a
 * square wave has densities on the edges of fourier_entropy's bins. */
static void make_window(fresh_window *window, size_t n) {
  double squares[FRESH_WELCH_LENGTH], step = 2 * M_PI / (double)n;
  window->length = n;
  for (size_t i = 0; i < n; i++) {
    double w = n == 1 ? 1 : 0.5 + 0.5 * cos((double)i * step - M_PI);
    window->values[i] = w;
    squares[i] = w * w;
  }
  window->energy = stats__sum(squares, n);
}

ml_status fresh__transforms_open(fresh_transforms *transforms, unsigned all_needs, fresh_series *s,
                                 ml_error *err) {
  ml_status status = ML_OK;
  if (all_needs & FRESH_SPECTRUM) status = get(transforms, s->n, &s->transform, err);
  if (status == ML_OK && all_needs & FRESH_WELCH) {
    size_t n = s->n < FRESH_WELCH_LENGTH ? s->n : FRESH_WELCH_LENGTH;
    status = get(transforms, n, &s->welch_transform, err);
    if (transforms->window.length != n) make_window(&transforms->window, n);
    s->window = &transforms->window;
  }
  if (status == ML_OK && all_needs & FRESH_LAGS && fresh__lags_by_transform(s->n, s->n_lags))
    status = get(transforms, fresh__fft_fast_length(2 * s->n), &s->lag_transform, err);
  return status;
}
