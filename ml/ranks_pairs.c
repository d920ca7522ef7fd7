/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kendall's pairs: of rows in order of x, equal ones in that of y, those whose y do not ascend are
 * discordant (Knight 1966, A computer method for calculating Kendall's tau with ungrouped data). */
#include <string.h>

#include <ml/ranks_internal.h>

/* Sums over groups of equal values, exact. */
typedef struct tie_sums {
  uint64_t pairs;
  unsigned __int128 v0, v1;
} tie_sums;

static void add_tie(tie_sums *sums, uint64_t t) {
  if (t < 2) return;
  unsigned __int128 ordered = (unsigned __int128)t * (t - 1);
  sums->pairs += (uint64_t)(ordered / 2);
  sums->v0 += ordered * (t - 2);
  sums->v1 += ordered * (2 * t + 5);
}

static kendall_ties ties_of(const tie_sums *sums) {
  return (kendall_ties){.pairs = sums->pairs, .v0 = (double)sums->v0, .v1 = (double)sums->v1};
}

void ranks__target(const double *y, const uint32_t *order, size_t n, uint32_t *rank,
                   ranks_target *out) {
  tie_sums sums = {0};
  for (size_t i = 0, end; i < n; i = end) {
    end = ranks__group_end(y, order, n, i);
    for (size_t k = i; k < end; k++) rank[k] = (uint32_t)i;
    add_tie(&sums, end - i);
  }
  *out = (ranks_target){.order = order, .rank = rank, .n = n, .ties = ties_of(&sums)};
}

/* ---- exchanges ------------------------------------------------------------------------------ */

/* One count for each value of a digit. */
enum { DIGIT = 4, RADIX = 1 << DIGIT, MOST_COUNTED = UINT8_MAX };
typedef uint8_t digit_counts __attribute__((vector_size(RADIX)));

/* What a digit adds to the counts of those that would have to be exchanged with it. */
#define LESS_THAN(d)                                                                              \
  {                                                                                               \
    0 < d, 1 < d, 2 < d, 3 < d, 4 < d, 5 < d, 6 < d, 7 < d, 8 < d, 9 < d, 10 < d, 11 < d, 12 < d, \
        13 < d, 14 < d, 15 < d                                                                    \
  }
static const digit_counts less_than[RADIX] = {
    LESS_THAN(0),  LESS_THAN(1),  LESS_THAN(2),  LESS_THAN(3), LESS_THAN(4),  LESS_THAN(5),
    LESS_THAN(6),  LESS_THAN(7),  LESS_THAN(8),  LESS_THAN(9), LESS_THAN(10), LESS_THAN(11),
    LESS_THAN(12), LESS_THAN(13), LESS_THAN(14), LESS_THAN(15)};

/* Exchanges between values of a[at ... end) that differ in the digit at shift first; they go to b
 * by that digit. */
static uint64_t part(const uint32_t *a, uint32_t *b, size_t at, size_t end, int shift) {
  uint64_t sum = 0, larger[RADIX] = {0};
  uint32_t to[RADIX];
  for (size_t d = 0; d < RADIX; d++) to[d] = (uint32_t)(at + (d << shift));
  for (size_t i = at; i < end;) {
    size_t stop = end - i < MOST_COUNTED ? end : i + MOST_COUNTED;
    digit_counts counts = {0};
    uint8_t now[RADIX];
    for (; i < stop; i++) {
      uint32_t d = a[i] >> shift & (RADIX - 1);
      memcpy(now, &counts, sizeof now);
      sum += larger[d] + now[d];
      b[to[d]++] = a[i];
      counts += less_than[d];
    }
    for (size_t d = 0; d < RADIX; d++) larger[d] += counts[d];
  }
  return sum;
}

/* Exchanges of neighbours that sort a permutation of 0 ... n - 1, by its digits from the highest:
 * values with the same higher digits are together, and where they begin is known. */
static uint64_t exchanges(uint32_t *a, uint32_t *b, size_t n) {
  uint64_t sum = 0;
  int shift = 0;
  while (n > 0 && (n - 1) >> shift >= RADIX) shift += DIGIT;
  for (; shift >= 0; shift -= DIGIT) {
    size_t size = (size_t)RADIX << shift;
    for (size_t at = 0; at < n; at += size)
      sum += part(a, b, at, n - at < size ? n : at + size, shift);
    uint32_t *swap = a;
    a = b;
    b = swap;
  }
  return sum;
}

/* ---- pairs ---------------------------------------------------------------------------------- */

/* Groups of equal x from words in order; those of equal x and y within them. */
static void count_ties(const double *x, const ranks_words *sorted, const ranks_target *y,
                       tie_sums *of_x, tie_sums *both) {
  const uint64_t *words = sorted->words;
  for (size_t i = 0, end; i < y->n; i = end) {
    double here = x[(uint32_t)words[i]];
    for (end = i + 1; end < y->n && words[end] >> 32 == words[i] >> 32 &&
                      (sorted->is_exact || x[(uint32_t)words[end]] == here);)
      end++;
    if (end - i < 2) continue;
    add_tie(of_x, end - i);
    if (y->ties.pairs == 0) continue;
    for (size_t k = i, run; k < end; k = run) {
      uint32_t rank = y->rank[(uint32_t)words[k]];
      for (run = k + 1; run < end && y->rank[(uint32_t)words[run]] == rank;) run++;
      add_tie(both, run - k);
    }
  }
}

/* A permutation with the discordant pairs alone to be exchanged: positions in order of y, those of
 * equal y given away in order of x. */
static void number_rows(const ranks_words *sorted, const ranks_target *y, uint32_t *next,
                        uint32_t *out) {
  if (y->ties.pairs == 0) {
    for (size_t i = 0; i < y->n; i++) out[i] = (uint32_t)sorted->words[i];
    return;
  }
  for (size_t i = 0; i < y->n; i++) next[i] = (uint32_t)i;
  for (size_t i = 0; i < y->n; i++) out[i] = next[y->rank[(uint32_t)sorted->words[i]]]++;
}

void ranks__pairs(const double *x, const ranks_target *y, kendall_counts *out, void *spare) {
  size_t n = y->n;
  double *by_y = spare;
  for (size_t i = 0; i < n; i++) by_y[i] = x[y->order[i]];
  ranks_words sorted = ranks__sort(by_y, n, (uint64_t *)spare + n);
  uint32_t *numbers = (uint32_t *)sorted.unused, *other = numbers + n;
  tie_sums of_x = {0}, both = {0};
  count_ties(by_y, &sorted, y, &of_x, &both);
  number_rows(&sorted, y, other, numbers);
  *out = (kendall_counts){.n = n, .both = both.pairs, .x = ties_of(&of_x), .y = y->ties};
  out->discordant = exchanges(numbers, other, n);
}
