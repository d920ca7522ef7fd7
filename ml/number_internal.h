/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What reading and writing numbers share. */
#ifndef ML_NUMBER_INTERNAL_H
#define ML_NUMBER_INTERNAL_H

#include <endian.h>
#include <string.h>

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

/* ---- eight characters at a time, each in its byte, the first in the lowest ---- */

#define NUMBER__EACH_BYTE(x) (UINT64_C(0x0101010101010101) * (x))

/* Eight characters as the digits they are, when they are. */
static inline uint64_t number__eight(const char *p) {
  uint64_t bytes;
  memcpy(&bytes, p, sizeof bytes);
  return le64toh(bytes) ^ NUMBER__EACH_BYTE('0');
}

/* How many of the eight are digits before the first that is none. */
static inline size_t number__n_digits(uint64_t eight) {
  /* The top bit of each byte that is above 9; a carry can only disturb bytes behind such one. */
  uint64_t others = ((eight + NUMBER__EACH_BYTE(0x7F - 9)) | eight) & NUMBER__EACH_BYTE(0x80);
  return others ? (size_t)__builtin_ctzll(others) / 8 : 8;
}

/* The number that eight digits make. */
static inline uint64_t number__join(uint64_t eight) {
  eight = (eight * (1 + (10 << 8))) >> 8 & 0x00FF00FF00FF00FF;
  eight = (eight * (1 + (100 << 16))) >> 16 & 0x0000FFFF0000FFFF;
  return (eight * (1 + (UINT64_C(10000) << 32))) >> 32;
}

/* ---- doubles ---- */

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
