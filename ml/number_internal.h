/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What reading and writing numbers share. */
#ifndef ML_NUMBER_INTERNAL_H
#define ML_NUMBER_INTERNAL_H

#include <ml/base.h>

#define NUMBER__POWER_MIN (-342)
#define NUMBER__POWER_MAX 324

/* 10^e = (high * 2^64 + low + d) * 2^(floor(log2(10^e)) - 127) with 0 <= d < 1, and the top bit
 * of high set: the significand rounded down. */
typedef struct number__power {
  uint64_t high, low;
} number__power;

extern const number__power number__powers[NUMBER__POWER_MAX - NUMBER__POWER_MIN + 1];

static inline number__power number__power_at(int e) {
  return number__powers[e - NUMBER__POWER_MIN];
}

/* floor(log2(10^e)), exact for |e| <= 1000: 1741647 / 2^19 is log2(10) to 8 digits. */
static inline int number__log2_of_10_to(int e) {
  return (e * 1741647) >> 19;
}

/* The parts of a double's bits. */
#define NUMBER__FRACTION_BITS 52
#define NUMBER__BIAS          1023
#define NUMBER__INFINITY      (UINT64_C(0x7FF) << NUMBER__FRACTION_BITS)

/**
 * Round digits * 10^exponent correctly, given a double close to it.
 *
 * @param near        bits of a finite or infinite positive double, a few units off at most
 * @param digits,end  decimal digits with at most one point between them, which is skipped; the
 *                    first is not 0; of any length
 * @param exponent    of the last digit; the value lies in [1e-345, 1e+345]
 * @return bits of the double nearest to the value, ties to even
 */
uint64_t number__round(uint64_t near, const char *digits, const char *end, int64_t exponent);

#endif
