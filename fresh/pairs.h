/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many templates (runs of m values) of a series are close to each of them. */
#ifndef FRESH_PAIRS_H
#define FRESH_PAIRS_H

#include "feature.h"

enum { PAIRS_MOST_RADII = 8 };

/* Two counts in one number, since they are always added together: the templates of m values in the
 * low half, those of m + 1 in the high half. */
static inline uint64_t fresh__short_pairs(uint64_t counts) {
  return counts & UINT32_MAX;
}

static inline uint64_t fresh__long_pairs(uint64_t counts) {
  return counts >> 32;
}

/* Doubles of work that fresh__count_pairs() takes, counts included. */
size_t fresh__pairs_size(size_t n, size_t m, size_t n_radii);

/* For each radius r and each start i the number of starts j, i among them, with |x[i + k] - x[j +
 * k]| <= r for k < m, and the same for k <= m. The differences are rounded, as the definition has
 * it. Needs FRESH_ORDER; n > m >= 1, n_radii <= PAIRS_MOST_RADII.
 * @return n + 1 counts a radius, in work; those of a start that is too late are 0 */
const uint64_t *fresh__count_pairs(const fresh_series *s, size_t m, const double *radii,
                                   size_t n_radii, double *work);

/* ---- pairs_rows.c: the innermost loop ---- */

/* A tile of columns: PAIRS_COLUMNS bits and m more in strides, so that the neighbour of a column
 * is the same bit of the next word. Row k of `sets` has the k lowest values of the tile. */
enum { PAIRS_WORDS = 8, PAIRS_COLUMNS = 64 * PAIRS_WORDS };

/* Templates this long and shorter are counted by sets of bits. */
enum { PAIRS_MOST_VALUES = 8 };

typedef struct pairs_tile {
  const uint64_t *sets; /* rows of PAIRS_WORDS + m words */
  const uint16_t *rank; /* n + 1: how many of the first k values in order are in the tile */
} pairs_tile;

/* Add to counts[i], for i < n_rows, what the columns of a tile add. What is close to value i are
 * the values low[i] to high[i] - 1 in order; both have n_rows + m entries. */
void fresh__add_rows(const pairs_tile *tile, size_t m, const uint32_t *low, const uint32_t *high,
                     size_t n_rows, uint64_t *counts);

#endif
