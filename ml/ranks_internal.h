/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of ranks share. */
#ifndef ML_RANKS_INTERNAL_H
#define ML_RANKS_INTERNAL_H

#include <ml/hypothesis.h>

/* Rows in order as the lower halves of words. The upper halves ascend, too: where two differ the
 * values do, and if is_exact the reverse. */
typedef struct ranks_words {
  uint64_t *words, *unused; /* n each, in the memory that was given */
  bool is_exact;
} ranks_words;

/* @param memory  2 n words */
ranks_words ranks__sort(const double *x, size_t n, uint64_t *memory);

/* End of the group of equal values that begins at position i. */
static inline size_t ranks__group_end(const double *x, const uint32_t *order, size_t n, size_t i) {
  double here = x[order[i]];
  size_t end = i + 1;
  while (end < n && x[order[end]] == here) end++;
  return end;
}

#endif
