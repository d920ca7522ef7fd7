/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of the search for peaks in wavelet rows. */
#ifndef FRESH_CWT_PEAKS_H
#define FRESH_CWT_PEAKS_H

#include <ml/base.h>

/* Doubles of work for fresh__noise_levels(). */
size_t fresh__noise_levels_size(size_t n);

/* The 10th percentile (linear) of the row in a window of ceil(n / 20) values around each place,
 * NaN values above all others; O(n log n). */
void fresh__noise_levels(const double *row, size_t n, double *work, double *levels);

#endif
