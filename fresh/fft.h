/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fourier transform of real series of any length. */
#ifndef FRESH_FFT_H
#define FRESH_FFT_H

#include <ml/status.h>

/* Tables and buffers for one length; one thread at a time. */
typedef struct fresh_fft fresh_fft;

/* @param n  at least 1
 * @retval ML_ERR_MEMORY */
ml_status fresh__fft_new(size_t n, fresh_fft **out, ml_error *err);

/* NULL is allowed. */
void fresh__fft_free(fresh_fft *fft);

/* Length of the series. */
size_t fresh__fft_length(const fresh_fft *fft);

/* Doubles that a transform of length n holds, about. */
size_t fresh__fft_cost(size_t n);

/* Doubles that a transform of any length up to n holds at most, about. */
size_t fresh__fft_most(size_t n);

/* A buffer of n doubles in which a caller may put the series. */
double *fresh__fft_input(fresh_fft *fft);

/**
 * X[k] = sum x[j] exp(-2 pi i j k / n), k = 0..n/2, as n doubles:
 * re X[0], re X[1], im X[1], re X[2], ...; for an even n the last one is re X[n/2].
 *
 * @param x  n values; may be fresh__fft_input(), which is left as it was
 * @return borrowed until the next call
 */
const double *fresh__fft_run(fresh_fft *fft, const double *x);

/* Lengths that are fast: the least 2^a 3^b 5^c that is at least n. */
size_t fresh__fft_fast_length(size_t n);

#endif
