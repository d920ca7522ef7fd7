/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transforms that are kept: the last used ones, as many as memory allows. */
#include "transforms.h"

#include <math.h>

#include <ml/stats_internal.h>

enum { MOST_DOUBLES = 1 << 20 /* of those that are kept, unless one series takes more */ };

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
    size_t doubles = fresh__fft_cost(n), oldest = FRESH_TRANSFORMS_KEPT, place = oldest;
    for (size_t i = 0; i < FRESH_TRANSFORMS_KEPT; i++) {
      if (!transforms->kept[i].fft) {
        place = i;
        continue;
      }
      const size_t last_use = transforms->kept[i].last_use;
      doubles += fresh__fft_cost(fresh__fft_length(transforms->kept[i].fft));
      if (last_use > transforms->series) continue;
      if (oldest == FRESH_TRANSFORMS_KEPT || last_use < transforms->kept[oldest].last_use)
        oldest = i;
    }
    const bool fits = doubles <= MOST_DOUBLES || oldest == FRESH_TRANSFORMS_KEPT;
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
  transforms->series = transforms->clock;
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

size_t fresh__transforms_size(unsigned all_needs, size_t n, size_t n_lags) {
  size_t most = 0, n_lengths = 0, longest = 0;
  const struct {
    bool is_there;
    size_t doubles;
  } uses[] = {{all_needs & FRESH_SPECTRUM, fresh__fft_most(n)},
              {all_needs & FRESH_WELCH, fresh__fft_most(FRESH_WELCH_LENGTH)},
              {all_needs & FRESH_LAGS && fresh__lags_by_transform(n, n_lags),
               fresh__fft_cost(fresh__fft_fast_length(2 * n))}};
  for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
    if (!uses[i].is_there) continue;
    most += uses[i].doubles;
    if (uses[i].doubles > longest) longest = uses[i].doubles;
    n_lengths++;
  }
  if (most >= MOST_DOUBLES || n_lengths == 0) return most;
  const size_t all = FRESH_TRANSFORMS_KEPT * longest; /* of other series, too */
  return all < MOST_DOUBLES ? all : MOST_DOUBLES;
}
