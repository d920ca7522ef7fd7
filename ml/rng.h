/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pseudo-random numbers that are the same on every machine: xoshiro256** (Blackman and Vigna 2018),
 * seeded by SplitMix64 (Steele, Lea and Flood 2014). Not for secrets. */
#ifndef ML_RNG_H
#define ML_RNG_H

#include <ml/base.h>

typedef struct ml_rng {
  uint64_t s[4];
} ml_rng;

/** One step of SplitMix64. It is a bijection of 64 bits, and serves as a hash of them. */
static inline uint64_t ml_rng_mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/** The seed of number i (a repeat, a fold, a tree) of what has this seed. */
static inline uint64_t ml_rng_derive(uint64_t seed, uint64_t i) {
  return ml_rng_mix(ml_rng_mix(seed) ^ i);
}

/** A generator by its seed; any seed will do. */
static inline ml_rng ml_rng_seeded(uint64_t seed) {
  ml_rng rng;
  for (size_t i = 0; i < 4; i++) rng.s[i] = ml_rng_mix(seed + i * 0x9e3779b97f4a7c15u);
  return rng;
}

/** 64 random bits. */
static inline uint64_t ml_rng_next(ml_rng *rng) {
  uint64_t *s = rng->s, five = s[1] * 5, result = ((five << 7) | (five >> 57)) * 9, t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = (s[3] << 45) | (s[3] >> 19);
  return result;
}

/** Uniform in [0, 1), a multiple of 2^-53. */
static inline double ml_rng_real(ml_rng *rng) {
  return (double)(ml_rng_next(rng) >> 11) * 0x1p-53;
}

/** Uniform in 0, 1, ..., n - 1; n > 0. Each is exactly as likely as any other. */
static inline uint64_t ml_rng_below(ml_rng *rng, uint64_t n) {
  uint64_t skip = -n % n, x; /* 2^64 mod n: the lowest are left out, so that n divides the rest */
  do x = ml_rng_next(rng);
  while (x < skip);
  return x % n;
}

/** Put n numbers in a random order (Fisher and Yates); each order is equally likely. */
static inline void ml_rng_shuffle(ml_rng *rng, uint32_t *x, size_t n) {
  for (size_t i = n; i > 1; i--) {
    size_t j = (size_t)ml_rng_below(rng, i);
    uint32_t t = x[i - 1];
    x[i - 1] = x[j];
    x[j] = t;
  }
}

#endif
