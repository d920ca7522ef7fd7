/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Doubles as integers that have their order; never installed. */
#ifndef ML_ORDER_KEY_H
#define ML_ORDER_KEY_H

#include <string.h>

#include <ml/base.h>

#define ORDER_KEY_SIGN (UINT64_C(1) << 63)

/* Bits that order as the numbers do, -0 before 0; those of a NaN mean nothing. */
static inline uint64_t order_key(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits ^ (bits & ORDER_KEY_SIGN ? UINT64_MAX : ORDER_KEY_SIGN);
}

static inline double order_key_value(uint64_t key) {
  uint64_t bits = key ^ (key & ORDER_KEY_SIGN ? ORDER_KEY_SIGN : UINT64_MAX);
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* Sort a few by insertion. */
static inline void order_keys_insert(uint64_t *keys, size_t n) {
  for (size_t i = 1; i < n; i++) {
    uint64_t key = keys[i];
    size_t j = i;
    for (; j > 0 && keys[j - 1] > key; j--) keys[j] = keys[j - 1];
    keys[j] = key;
  }
}

#endif
