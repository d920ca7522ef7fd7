/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps of the real Fourier transform. */
#ifndef FRESH_FFT_STEPS_H
#define FRESH_FFT_STEPS_H

#include <ml/base.h>

/* A step of radix p makes one transform of length p m out of p transforms of length m, everywhere
 * in the packed form of fft.h; count transforms are made at once:
 *   in:  value i of part j of transform k at in[i + m (k + count j)]
 *   out: value i of row j of transform k at out[i + m (j + p k)]
 * so row 2q holds the frequencies q m + i, and row 2q - 1 those of q m - i backwards.
 * w: p - 1 rows of m - 1 numbers, cos and sin of 2 pi i j / (p m) for i = 1, 2, ...
 * An odd radix takes an odd m. */
void fresh__fft_radix2(size_t m, size_t count, const double *in, double *out, const double *w);
void fresh__fft_radix3(size_t m, size_t count, const double *in, double *out, const double *w);
void fresh__fft_radix4(size_t m, size_t count, const double *in, double *out, const double *w);
void fresh__fft_radix5(size_t m, size_t count, const double *in, double *out, const double *w);

enum { FRESH_FFT_MOST_RADIX = 401 };

/* Odd p from 7 to that. t: p cosines and p sines of 2 pi j / p. */
void fresh__fft_radix_any(size_t p, size_t m, size_t count, const double *in, double *out,
                          const double *w, const double *t);

#endif
