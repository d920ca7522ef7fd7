/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What spectra and autocovariances need and may fail to get, kept from series to series. */
#ifndef FRESH_TRANSFORMS_H
#define FRESH_TRANSFORMS_H

#include "feature.h"
#include "fft.h"

enum { FRESH_WELCH_LENGTH = 256, FRESH_TRANSFORMS_KEPT = 16 };

/* A window of Hann over the segments of Welch's method. */
typedef struct fresh_window {
  size_t length; /* 0: not made yet */
  double values[FRESH_WELCH_LENGTH];
  double energy; /* sum of the squares */
} fresh_window;

/* All 0 at first. */
typedef struct fresh_transforms {
  struct {
    fresh_fft *fft; /* NULL: free */
    size_t last_use;
  } kept[FRESH_TRANSFORMS_KEPT];
  size_t clock, series; /* series: the time at which the last one has come */
  fresh_window window;
} fresh_transforms;

void fresh__transforms_release(fresh_transforms *transforms);

/* Set s->transform, welch_transform, window, lag_transform as far as these needs and s->n and
 * n_lags ask for them. They hold until the next call.
 * @retval ML_ERR_MEMORY */
ml_status fresh__transforms_open(fresh_transforms *transforms, unsigned all_needs, fresh_series *s,
                                 ml_error *err);

/* Doubles that transforms of series of up to n values take at most, those that are kept with them.
 */
size_t fresh__transforms_size(unsigned all_needs, size_t n, size_t n_lags);

#endif
