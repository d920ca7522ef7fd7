/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Roots of unity to the last bit, for tables. */
#ifndef FRESH_FFT_ROOTS_H
#define FRESH_FFT_ROOTS_H

#include <ml/status.h>

typedef struct fresh_root {
  double cos, sin;
} fresh_root;

typedef struct fresh_roots fresh_roots;

/* exp(2 pi i k / n) for all k; NULL when out of memory. */
fresh_roots *fresh__roots_new(size_t n);
void fresh__roots_free(fresh_roots *roots);

/* @param k  below n */
fresh_root fresh__root(const fresh_roots *roots, size_t k);

#endif
