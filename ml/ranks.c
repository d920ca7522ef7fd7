/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Orders of rows: by counting when few, else by the bytes of what tells the numbers apart. */
#include <string.h>

#include <ml/order_key.h>
#include <ml/ranks_internal.h>

/* VERY_FEW: up to it, insertion alone. FEW: up to it, by counting; as many as the low bits of a key
 * can number. MANY: from it on, the digits of the radix sort are wide. All measured. */
enum { VERY_FEW = 8, FEW = 128, MANY = 4096, NARROW = 8, WIDE = 11, LANES = 8 };

size_t ranks__n_spare(size_t n) {
  return 3 * n * sizeof(uint64_t); /* for ranks__pairs(); ranks__order() needs 2 n words */
}

/* Put each word where it belongs by its leading bits, which has no branch to be mistaken; insertion
 * mends the rest. Equal leading bits stay in order. */
static void count_and_insert(const uint64_t *words, uint64_t *sorted, size_t n) {
  int32_t keys[FEW];
  for (size_t i = 0; i < n; i++) {
    uint32_t lead = (uint32_t)(words[i] >> 32) ^ (UINT32_C(1) << 31); /* as signed numbers order */
    keys[i] = (int32_t)((lead & ~(FEW - 1U)) | i);
  }
  for (size_t i = n; i % LANES > 0; i++) keys[i] = INT32_MAX;
  for (size_t i = 0; i < n; i += LANES) {
    int32_t below[LANES] = {0};
    for (size_t j = 0; j < n; j++)
      for (size_t k = 0; k < LANES; k++) below[k] += keys[j] < keys[i + k];
    for (size_t k = 0; k < LANES && i + k < n; k++) sorted[below[k]] = words[i + k];
  }
  order_keys_insert(sorted, n);
}

/* Least significant digit of the upper halves first; digits that all words share are passed over.
 * @return the sorted one of the two arrays */
static uint64_t *sort_digits(uint64_t *words, uint64_t *other, size_t n) {
  uint32_t counts[3 << WIDE];
  int width = n < MANY ? NARROW : WIDE, n_digits = n < MANY ? 4 : 3;
  uint32_t mask = (UINT32_C(1) << width) - 1;
  memset(counts, 0, sizeof *counts * (size_t)n_digits << width);
  for (size_t i = 0; i < n; i++) {
    uint32_t lead = (uint32_t)(words[i] >> 32);
    for (int d = 0; d < n_digits; d++) counts[(d << width) + (int)(lead >> d * width & mask)]++;
  }
  for (int d = 0; d < n_digits; d++) {
    uint32_t *count = counts + (d << width), start = 0;
    int shift = 32 + d * width;
    if (count[words[0] >> shift & mask] == n) continue;
    for (size_t b = 0; b <= mask; b++) {
      uint32_t here = count[b];
      count[b] = start;
      start += here;
    }
    for (size_t i = 0; i < n; i++) other[count[words[i] >> shift & mask]++] = words[i];
    uint64_t *swap = words;
    words = other;
    other = swap;
  }
  return words;
}

/* Sort words whose lower halves ascend. @return the sorted one of the two arrays */
static uint64_t *sort_words(uint64_t *words, uint64_t *other, size_t n) {
  if (n > FEW) return sort_digits(words, other, n);
  if (n <= VERY_FEW) {
    order_keys_insert(words, n);
    return words;
  }
  count_and_insert(words, other, n);
  return other;
}

/* The key of -0 is that of 0. */
static inline uint64_t key_of(double x) {
  return order_key(x + 0.0);
}

/* A number's place in the range of its column, which begins at min: no leading bit is wasted. */
typedef struct key_range {
  uint64_t min;
  int shift;
} key_range;

static inline uint64_t place(const key_range *range, double x) {
  return (key_of(x) - range->min) << range->shift;
}

static key_range range_of(const double *x, size_t n) {
  double min = x[0], max = x[0];
  for (size_t i = 1; i < n; i++) {
    min = x[i] < min ? x[i] : min;
    max = x[i] > max ? x[i] : max;
  }
  uint64_t span = key_of(max) - key_of(min);
  return (key_range){.min = key_of(min), .shift = span > 0 ? __builtin_clzll(span) : 0};
}

/* The same for words with one upper half, which is the upper half of their places: by the lower. */
static void sort_run(const double *x, const key_range *range, uint64_t *words, uint64_t *unused,
                     size_t n) {
  uint64_t upper = words[0] & ~(uint64_t)UINT32_MAX, differ = 0,
           first = place(range, x[(uint32_t)words[0]]);
  for (size_t i = 0; i < n; i++) {
    uint64_t key = place(range, x[(uint32_t)words[i]]);
    differ |= key ^ first;
    unused[i] = key << 32 | (uint32_t)words[i];
  }
  if (differ == 0) return;
  uint64_t *sorted = sort_words(unused, words, n);
  for (size_t i = 0; i < n; i++) words[i] = upper | (uint32_t)sorted[i];
}

ranks_words ranks__sort(const double *x, size_t n, uint64_t *memory) {
  uint64_t lower = 0;
  if (n == 0) return (ranks_words){.words = memory, .unused = memory, .is_exact = true};
  key_range range = range_of(x, n);
  for (size_t i = 0; i < n; i++) {
    uint64_t key = place(&range, x[i]);
    lower |= key;
    memory[i] = (key & ~(uint64_t)UINT32_MAX) | i;
  }
  uint64_t *words = sort_words(memory, memory + n, n);
  uint64_t *unused = words == memory ? memory + n : memory;
  bool is_exact = (uint32_t)lower == 0;
  for (size_t i = 0, end; !is_exact && i < n; i = end) {
    for (end = i + 1; end < n && words[end] >> 32 == words[i] >> 32;) end++;
    if (end - i > 1) sort_run(x, &range, words + i, unused + i, end - i);
  }
  return (ranks_words){.words = words, .unused = unused, .is_exact = is_exact};
}

void ranks__order(const double *x, size_t n, uint32_t *order, void *spare) {
  ranks_words sorted = ranks__sort(x, n, spare);
  for (size_t i = 0; i < n; i++) order[i] = (uint32_t)sorted.words[i];
}
