/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Close pairs by sets of bits: the rows of one tile, for the processor at hand. */
#include "pairs.h"

#if defined(ML_VECTOR) && defined(__x86_64__) /* as in vector.h; an own choice, for popcounts */
#define HAS_TARGETS
#include <immintrin.h>
#endif

/* The sets that begin and end what is close to each value of a template. */
typedef struct template_sets {
  const uint64_t *lower[PAIRS_MOST_VALUES + 1], *upper[PAIRS_MOST_VALUES + 1];
} template_sets;

/* What a row adds to the counts of both lengths. */
typedef uint64_t row_sum(const template_sets *sets, size_t m);

/* Sets of values between two ranks are the difference of two that start with the lowest value. */
static inline uint64_t close_word(const template_sets *sets, size_t k, size_t w) {
  return sets->lower[k][w + k] ^ sets->upper[k][w + k];
}

#define SUM_WORDS(count)                                                 \
  uint64_t sum = 0;                                                      \
  for (size_t w = 0; w < PAIRS_WORDS; w++) {                             \
    uint64_t close = close_word(sets, 0, w);                             \
    for (size_t k = 1; k < m; k++) close &= close_word(sets, k, w);      \
    sum += count(close) + (count(close & close_word(sets, m, w)) << 32); \
  }                                                                      \
  return sum

/* Without an instruction for it a count is a library call; this is short. */
static inline uint64_t count_bits(uint64_t bits) {
  bits -= bits >> 1 & 0x5555555555555555;
  bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
  bits = (bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0F;
  return bits * 0x0101010101010101 >> 56;
}

static inline uint64_t sum_plain(const template_sets *sets, size_t m) {
  SUM_WORDS(count_bits);
}

/* With m known where it is inlined, the sets of a template stay in registers. */
static inline __attribute__((always_inline)) void add_rows(row_sum *sum, const pairs_tile *tile,
                                                           size_t m, const uint32_t *low,
                                                           const uint32_t *high, size_t n_rows,
                                                           uint64_t *counts) {
  size_t stride = PAIRS_WORDS + m;
  template_sets sets;
  for (size_t k = 0; k < m; k++) {
    sets.lower[k + 1] = tile->sets + tile->rank[low[k]] * stride;
    sets.upper[k + 1] = tile->sets + tile->rank[high[k]] * stride;
  }
  for (size_t i = 0; i < n_rows; i++) {
    for (size_t k = 0; k < m; k++) {
      sets.lower[k] = sets.lower[k + 1];
      sets.upper[k] = sets.upper[k + 1];
    }
    sets.lower[m] = tile->sets + tile->rank[low[i + m]] * stride;
    sets.upper[m] = tile->sets + tile->rank[high[i + m]] * stride;
    counts[i] += sum(&sets, m);
  }
}

typedef void rows_added(const pairs_tile *tile, size_t m, const uint32_t *low, const uint32_t *high,
                        size_t n_rows, uint64_t *counts);

#define ADD_ROWS(name, target, sum)                                                \
  target static void name(const pairs_tile *tile, size_t m, const uint32_t *low,   \
                          const uint32_t *high, size_t n_rows, uint64_t *counts) { \
    if (m == 1)                                                                    \
      add_rows(sum, tile, 1, low, high, n_rows, counts);                           \
    else if (m == 2)                                                               \
      add_rows(sum, tile, 2, low, high, n_rows, counts);                           \
    else                                                                           \
      add_rows(sum, tile, m, low, high, n_rows, counts);                           \
  }

ADD_ROWS(rows_plain, , sum_plain)

#ifdef HAS_TARGETS
#define POPCNT __attribute__((target("popcnt")))
#define AVX512 __attribute__((target("avx512f,avx512vpopcntdq")))

POPCNT static inline uint64_t sum_popcnt(const template_sets *sets, size_t m) {
  SUM_WORDS((uint64_t)__builtin_popcountll);
}

AVX512 static inline __m512i close_vector(const template_sets *sets, size_t k) {
  return _mm512_xor_si512(_mm512_loadu_si512(sets->lower[k] + k),
                          _mm512_loadu_si512(sets->upper[k] + k));
}

AVX512 static inline uint64_t sum_avx512(const template_sets *sets, size_t m) {
  __m512i close = close_vector(sets, 0);
  for (size_t k = 1; k < m; k++) close = _mm512_and_si512(close, close_vector(sets, k));
  __m512i also = _mm512_and_si512(close, close_vector(sets, m));
  __m512i sums = _mm512_add_epi64(_mm512_popcnt_epi64(close),
                                  _mm512_slli_epi64(_mm512_popcnt_epi64(also), 32));
  return (uint64_t)_mm512_reduce_add_epi64(sums);
}

ADD_ROWS(rows_popcnt, POPCNT, sum_popcnt)
ADD_ROWS(rows_avx512, AVX512, sum_avx512)
#endif

static rows_added *best_rows(void) {
#ifdef HAS_TARGETS
  if (__builtin_cpu_supports("avx512vpopcntdq")) return rows_avx512;
  if (__builtin_cpu_supports("popcnt")) return rows_popcnt;
#endif
  return rows_plain;
}

void fresh__add_rows(const pairs_tile *tile, size_t m, const uint32_t *low, const uint32_t *high,
                     size_t n_rows, uint64_t *counts) {
  best_rows()(tile, m, low, high, n_rows, counts);
}
