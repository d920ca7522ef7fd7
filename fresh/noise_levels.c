/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A low percentile of a window that slides: a set of ranks as bits, and a place in it that moves by
 * a few values with each step. */
#include <math.h>
#include <string.h>

#include <ml/stats_internal.h>

#include "cwt_peaks.h"

enum { WORD = 64, SEARCHES = 8 };

/* The ranks of the values in the window; a bit of `words` says that a word of `bits` is not 0. */
typedef struct window {
  uint64_t *bits, *words;
  size_t at, below; /* so many ranks of the window are below `at` */
  size_t n;
} window;

static size_t words_for(size_t n) {
  return n / WORD + 1;
}

size_t fresh__noise_levels_size(size_t n) {
  return 3 * n + words_for(n) + words_for(words_for(n));
}

static void put(window *w, size_t rank) {
  w->bits[rank / WORD] |= UINT64_C(1) << rank % WORD;
  w->words[rank / WORD / WORD] |= UINT64_C(1) << rank / WORD % WORD;
  w->below += rank < w->at;
  w->n++;
}

static void take(window *w, size_t rank) {
  w->bits[rank / WORD] &= ~(UINT64_C(1) << rank % WORD);
  if (w->bits[rank / WORD] == 0)
    w->words[rank / WORD / WORD] &= ~(UINT64_C(1) << rank / WORD % WORD);
  w->below -= rank < w->at;
  w->n--;
}

/* The first bit from i on; there is one. */
static size_t bit_from(const uint64_t *bits, size_t i) {
  uint64_t word = bits[i / WORD] >> i % WORD;
  if (word) return i + (size_t)__builtin_ctzll(word);
  size_t k = i / WORD + 1;
  while (!bits[k]) k++;
  return k * WORD + (size_t)__builtin_ctzll(bits[k]);
}

/* The last bit below i; there is one. */
static size_t bit_before(const uint64_t *bits, size_t i) {
  size_t k = i / WORD;
  uint64_t word = i % WORD ? bits[k] << (WORD - i % WORD) : 0;
  if (word) return i - 1 - (size_t)__builtin_clzll(word);
  while (!bits[--k]) continue;
  return k * WORD + (WORD - 1) - (size_t)__builtin_clzll(bits[k]);
}

static size_t rank_from(const window *w, size_t i) {
  uint64_t word = w->bits[i / WORD] >> i % WORD;
  if (word) return i + (size_t)__builtin_ctzll(word);
  size_t k = bit_from(w->words, i / WORD + 1);
  return k * WORD + (size_t)__builtin_ctzll(w->bits[k]);
}

static size_t rank_before(const window *w, size_t i) {
  uint64_t word = i % WORD ? w->bits[i / WORD] << (WORD - i % WORD) : 0;
  if (word) return i - 1 - (size_t)__builtin_clzll(word);
  size_t k = bit_before(w->words, i / WORD);
  return k * WORD + (WORD - 1) - (size_t)__builtin_clzll(w->bits[k]);
}

/* Go to the rank with k others below it. */
static void move_to(window *w, size_t k) {
  for (; w->below > k; w->below--) w->at = rank_before(w, w->at);
  w->at = rank_from(w, w->at);
  for (; w->below < k; w->below++) w->at = rank_from(w, w->at + 1);
}

/* 10th percentile of the window, in the very steps of the reference: a peak may equal its noise. */
static double percentile(window *w, const double *sorted) {
  double position = 10 / 100. * (double)(w->n - 1);
  size_t i = (size_t)position;
  move_to(w, i);
  double low = sorted[w->at];
  if ((double)i == position) return low;
  double high = sorted[rank_from(w, w->at + 1)];
  double of_low = (double)(i + 1) - position, of_high = position - (double)i;
  return (low * of_low + high * of_high) / (of_low + of_high);
}

/* How many of n ascending numbers are below each of some values; side by side, since every search
 * waits for memory with each step. NaN values have n below them. */
static void count_below(const double *sorted, size_t n, const double *values, size_t *counts) {
  for (size_t k = 0; k < SEARCHES; k++) counts[k] = 0;
  for (size_t half, left = n; left > 1; left -= half) {
    half = left / 2;
    for (size_t k = 0; k < SEARCHES; k++)
      counts[k] += half & -(size_t)(sorted[counts[k] + half - 1] < values[k]);
  }
  for (size_t k = 0; k < SEARCHES; k++) {
    if (n > 0) counts[k] += sorted[counts[k]] < values[k];
    if (isnan(values[k])) counts[k] = n;
  }
}

/* A rank of its own for every value, equal ones from left to right; the sorted values beside. */
static void find_ranks(const double *row, size_t n, double *sorted, size_t *ranks, size_t *used) {
  memcpy(sorted, row, n * sizeof *row);
  size_t n_numbers = n - stats__sort(sorted, n, (double *)ranks);
  memset(used, 0, n * sizeof *used);
  for (size_t i = 0; i < n; i += SEARCHES) {
    double values[SEARCHES] = {0};
    size_t counts[SEARCHES], m = n - i < SEARCHES ? n - i : SEARCHES;
    memcpy(values, row + i, m * sizeof *values);
    count_below(sorted, n_numbers, values, counts);
    for (size_t k = 0; k < m; k++) ranks[i + k] = counts[k] + used[counts[k]]++;
  }
}

void fresh__noise_levels(const double *row, size_t n, double *work, double *levels) {
  size_t size = (n + 19) / 20, before = size / 2, behind = before + size % 2;
  double *sorted = work;
  size_t *ranks = (size_t *)(sorted + n), *used = ranks + n;
  window w = {.bits = (uint64_t *)(used + n)};
  w.words = w.bits + words_for(n);
  memset(w.bits, 0, (words_for(n) + words_for(words_for(n))) * sizeof *w.bits);
  find_ranks(row, n, sorted, ranks, used);
  for (size_t j = 0; j < behind && j < n; j++) put(&w, ranks[j]);
  for (size_t i = 0; i < n; i++) {
    if (i > 0 && i + behind <= n) put(&w, ranks[i + behind - 1]);
    if (i > before) take(&w, ranks[i - before - 1]);
    levels[i] = percentile(&w, sorted);
  }
}
