/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sorting doubles: by insertion when few, else by the bytes of their bits. */
#include <math.h>
#include <string.h>

#include <ml/order_key.h>
#include <ml/stats_internal.h>

/* Below this many values the counts of the radix sort cost more than they save (measured). */
enum { FEW = 128, DIGITS = 8, LEADING = 3, RADIX = 256 };

/* The keys are sorted in the memory of the numbers. */
typedef uint64_t __attribute__((may_alias)) sort_key;

/* Every NaN is last. */
static uint64_t key_of(double x) {
  return x != x ? UINT64_MAX : order_key(x);
}

/* Sort by insertion, with so many moves at most. @return whether they were enough */
static bool insert(sort_key *keys, size_t n, size_t n_moves) {
  for (size_t i = 1; i < n; i++) {
    uint64_t key = keys[i];
    size_t j = i;
    for (; j > 0 && keys[j - 1] > key; j--) keys[j] = keys[j - 1];
    keys[j] = key;
    if (i - j > n_moves) return false;
    n_moves -= i - j;
  }
  return true;
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

/* By the highest 24 bits of their range in three passes; then hardly anything is out of place, and
 * insertion mends it. @return false when there was too much of that: the keys are as good as
 * unsorted then, and in `keys` as before */
static bool sort_leading_bits(sort_key *keys, sort_key *spare, size_t n) {
  size_t counts[LEADING][RADIX] = {{0}};
  uint64_t min = keys[0], max = keys[0];
  for (size_t i = 1; i < n; i++) {
    min = keys[i] < min ? keys[i] : min;
    max = keys[i] > max ? keys[i] : max;
  }
  if (min == max) return true;
  int shift = 64 - 8 * LEADING - __builtin_clzll(max - min);
  if (shift < 0) shift = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t d = 0; d < LEADING; d++) counts[d][(keys[i] - min) >> shift >> 8 * d & 0xFF]++;
  for (size_t d = 0; d < LEADING; d++) {
    size_t *count = counts[d], start = 0;
    for (size_t b = 0; b < RADIX; b++) {
      size_t here = count[b];
      count[b] = start;
      start += here;
    }
    for (size_t i = 0; i < n; i++)
      spare[count[(keys[i] - min) >> shift >> 8 * d & 0xFF]++] = keys[i];
    sort_key *swap = keys;
    keys = spare;
    spare = swap;
  }
  memcpy(spare, keys, n * sizeof *keys); /* an odd number of passes */
  return insert(spare, n, 4 * n);
}

size_t stats__sort(double *x, size_t n, double *spare) {
  sort_key *keys = (sort_key *)spare, *other = (sort_key *)x;
  for (size_t i = 0; i < n; i++) keys[i] = key_of(x[i]);
  if (n < FEW)
    insert(keys, n, n * n);
  else if (!sort_leading_bits(keys, other, n))
    keys = sort_bytes(keys, other, n);
  size_t n_nan = 0;
  while (n_nan < n && keys[n - 1 - n_nan] == UINT64_MAX) n_nan++;
  for (size_t i = 0; i < n; i++) x[i] = order_key_value(keys[i]);
  for (size_t i = n - n_nan; i < n; i++) x[i] = NAN;
  return n_nan;
}
