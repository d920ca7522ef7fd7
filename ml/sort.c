/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorting doubles: by insertion when few, else by the bytes of their bits. */
#include <math.h>
#include <string.h>

#include <ml/stats_internal.h>

/* Below this many values the counts of the radix sort cost more than they save (measured). */
enum { FEW = 128, DIGITS = 8, RADIX = 256 };

#define SIGN (UINT64_C(1) << 63)

/* The keys are sorted in the memory of the numbers. */
typedef uint64_t __attribute__((may_alias)) sort_key;

/* Bits that order as the numbers do: -0 before 0, every NaN last. */
static uint64_t key_of(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  if (x != x) return UINT64_MAX;
  return bits & SIGN ? ~bits : bits | SIGN;
}

static double value_of(uint64_t key) {
  uint64_t bits = key & SIGN ? key & ~SIGN : ~key;
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static void sort_few(sort_key *keys, size_t n) {
  for (size_t i = 1; i < n; i++) {
    uint64_t key = keys[i];
    size_t j = i;
    for (; j > 0 && keys[j - 1] > key; j--) keys[j] = keys[j - 1];
    keys[j] = key;
  }
}

/* Least significant byte first; bytes that all keys share are passed over. @return the sorted one
 * of the two arrays */
static sort_key *sort_bytes(sort_key *keys, sort_key *spare, size_t n) {
  size_t counts[DIGITS][RADIX] = {{0}};
  for (size_t i = 0; i < n; i++)
    for (size_t d = 0; d < DIGITS; d++) counts[d][keys[i] >> 8 * d & 0xFF]++;
  for (size_t d = 0; d < DIGITS; d++) {
    size_t *count = counts[d], start = 0;
    if (count[keys[0] >> 8 * d & 0xFF] == n) continue;
    for (size_t b = 0; b < RADIX; b++) {
      size_t here = count[b];
      count[b] = start;
      start += here;
    }
    for (size_t i = 0; i < n; i++) spare[count[keys[i] >> 8 * d & 0xFF]++] = keys[i];
    sort_key *swap = keys;
    keys = spare;
    spare = swap;
  }
  return keys;
}

size_t stats__sort(double *x, size_t n, double *spare) {
  sort_key *keys = (sort_key *)spare, *other = (sort_key *)x;
  for (size_t i = 0; i < n; i++) keys[i] = key_of(x[i]);
  if (n < FEW)
    sort_few(keys, n);
  else
    keys = sort_bytes(keys, other, n);
  size_t n_nan = 0;
  while (n_nan < n && keys[n - 1 - n_nan] == UINT64_MAX) n_nan++;
  for (size_t i = 0; i < n; i++) x[i] = value_of(keys[i]);
  for (size_t i = n - n_nan; i < n; i++) x[i] = NAN;
  return n_nan;
}
