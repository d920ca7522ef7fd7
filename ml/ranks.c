/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Orders of rows, and what tests count in them. */
#include <string.h>

#include <ml/hypothesis.h>

/* FEW: below it, insertion. MANY: from it on, radix digits are wide. */
enum { FEW = 32, MANY = 4096, NARROW = 8, WIDE = 11, MAX_DIGITS = 4 };

#define SIGN (UINT64_C(1) << 63)

size_t ranks__n_spare(size_t n) {
  return 4 * n * sizeof(uint64_t); /* of ranks__pairs(); others need less */
}

/* ---- order ---------------------------------------------------------------------------------- */

/* Bits that order as the numbers do; those of -0 are those of 0. */
static inline uint64_t key_of(double x) {
  uint64_t bits;
  x += 0.0;
  memcpy(&bits, &x, sizeof bits);
  return bits & SIGN ? ~bits : bits | SIGN;
}

static void insert(uint64_t *words, size_t n) {
  for (size_t i = 1; i < n; i++) {
    uint64_t word = words[i];
    size_t j = i;
    for (; j > 0 && words[j - 1] > word; j--) words[j] = words[j - 1];
    words[j] = word;
  }
}

/* Sort words by their upper halves; equal ones stay in order, and have their lower halves ascend.
 * @return the sorted one of the two arrays */
static uint64_t *sort_words(uint64_t *words, uint64_t *other, size_t n) {
  if (n < FEW) {
    insert(words, n);
    return words;
  }
  uint32_t counts[MAX_DIGITS << NARROW > 3 << WIDE ? MAX_DIGITS << NARROW : 3 << WIDE];
  int width = n < MANY ? NARROW : WIDE, n_digits = n < MANY ? MAX_DIGITS : 3;
  uint32_t mask = (UINT32_C(1) << width) - 1;
  memset(counts, 0, sizeof *counts * (size_t)n_digits << width);
  for (size_t i = 0; i < n; i++) {
    uint32_t lead = (uint32_t)(words[i] >> 32);
    for (int d = 0; d < n_digits; d++) counts[(d << width) + (lead >> d * width & mask)]++;
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

/* How the numbers of a column become words: the leading 32 bits of where they are in the range. */
typedef struct key_range {
  uint64_t min;
  int shift;
} key_range;

static uint64_t place(const key_range *range, double x) {
  return (key_of(x) - range->min) << range->shift;
}

/* Rows with one leading half: by the other half. */
static void order_run(const double *x, const key_range *range, size_t n, uint32_t *order,
                      uint64_t *words, uint64_t *other) {
  uint64_t differ = 0, first = place(range, x[order[0]]);
  for (size_t i = 0; i < n; i++) {
    uint64_t key = place(range, x[order[i]]);
    differ |= key ^ first;
    words[i] = key << 32 | order[i];
  }
  if (differ == 0) return;
  words = sort_words(words, other, n);
  for (size_t i = 0; i < n; i++) order[i] = (uint32_t)words[i];
}

void ranks__order(const double *x, size_t n, uint32_t *order, void *spare) {
  uint64_t *words = spare, *other = words + n;
  if (n == 0) return;
  double min = x[0], max = x[0];
  for (size_t i = 1; i < n; i++) {
    min = x[i] < min ? x[i] : min;
    max = x[i] > max ? x[i] : max;
  }
  key_range range = {.min = key_of(min)};
  uint64_t span = key_of(max) - range.min, lower = 0;
  range.shift = span > 0 ? __builtin_clzll(span) : 0;
  for (size_t i = 0; i < n; i++) {
    uint64_t key = place(&range, x[i]);
    lower |= key;
    words[i] = (key & ~(uint64_t)UINT32_MAX) | i;
  }
  uint64_t *sorted = sort_words(words, other, n);
  for (size_t i = 0; i < n; i++) order[i] = (uint32_t)sorted[i];
  if ((uint32_t)lower == 0) return;
  uint64_t *free_words = sorted == words ? other : words;
  for (size_t i = 0, end; i < n; i = end) {
    for (end = i + 1; end < n && sorted[end] >> 32 == sorted[i] >> 32;) end++;
    if (end - i > 1) order_run(x, &range, end - i, order + i, free_words + i, sorted + i);
  }
}

/* ---- ties ----------------------------------------------------------------------------------- */

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

/* End of the group of equal values that begins at i. */
static size_t group_end(const double *x, const uint32_t *order, size_t n, size_t i) {
  double here = x[order[i]];
  size_t end = i + 1;
  while (end < n && x[order[end]] == here) end++;
  return end;
}

/* ---- classes -------------------------------------------------------------------------------- */

static void widen(uint64_t *gap, uint64_t n, uint64_t c, uint64_t n1, uint64_t e) {
  uint64_t a = n * c, b = n1 * e, off = a > b ? a - b : b - a;
  if (off > *gap) *gap = off;
}

/* With n1 of n rows in the class and c of the first e in order, n2 c1 - n1 c2 is n c - n1 e.
 * Between rows of the class it only falls, so it is looked at before and after them. While at work,
 * the upper half of n1 counts the rows so far. */
void ranks__classes(const double *x, const uint32_t *order, size_t n, const uint32_t *class_of,
                    size_t n_classes, ranks_counts *out, double *ties) {
  unsigned __int128 cubes = 0;
  memset(out, 0, n_classes * sizeof *out);
  for (size_t i = 0; i < n; i++) out[class_of[i]].n1++;
  for (size_t i = 0, end; i < n; i = end) {
    end = group_end(x, order, n, i);
    for (size_t k = i; k < end; k++) {
      ranks_counts *c = &out[class_of[order[k]]];
      widen(&c->gap, n, c->n1 >> 32, (uint32_t)c->n1, i);
    }
    for (size_t k = i; k < end; k++) {
      ranks_counts *c = &out[class_of[order[k]]];
      c->n1 += UINT64_C(1) << 32;
      c->twice_u += i + end + 1;
    }
    for (size_t k = i; k < end; k++) {
      ranks_counts *c = &out[class_of[order[k]]];
      widen(&c->gap, n, c->n1 >> 32, (uint32_t)c->n1, end);
    }
    uint64_t t = end - i;
    cubes += (unsigned __int128)t * (t - 1) * (t + 1);
  }
  for (size_t k = 0; k < n_classes; k++) {
    out[k].n1 = (uint32_t)out[k].n1;
    out[k].twice_u -= out[k].n1 * (out[k].n1 + 1);
  }
  *ties = (double)cubes;
}

/* ---- pairs ---------------------------------------------------------------------------------- */

void ranks__target(const double *y, const uint32_t *order, size_t n, uint32_t *rank,
                   ranks_target *out) {
  tie_sums sums = {0};
  uint32_t group = 0;
  for (size_t i = 0, end; i < n; i = end, group++) {
    end = group_end(y, order, n, i);
    for (size_t k = i; k < end; k++) rank[k] = group;
    add_tie(&sums, end - i);
  }
  *out = (ranks_target){.order = order, .rank = rank, .n = n, .ties = ties_of(&sums)};
}

/* Exchanges of neighbours that sort a, which is what merging passes over. */
static uint64_t exchanges(uint32_t *a, uint32_t *b, size_t n) {
  uint64_t sum = 0;
  for (size_t width = 1; width < n; width *= 2) {
    for (size_t at = 0; at < n; at += 2 * width) {
      size_t middle = at + width < n ? at + width : n,
             end = at + 2 * width < n ? at + 2 * width : n;
      size_t left = at, right = middle, to = at;
      while (left < middle && right < end) {
        bool takes_right = a[right] < a[left];
        b[to++] = takes_right ? a[right] : a[left];
        sum += takes_right ? middle - left : 0;
        right += takes_right;
        left += !takes_right;
      }
      memcpy(b + to, a + left, (middle - left) * sizeof *a);
      memcpy(b + to + (middle - left), a + right, (end - right) * sizeof *a);
    }
    uint32_t *swap = a;
    a = b;
    b = swap;
  }
  return sum;
}

/* Knight (1966), A computer method for calculating Kendall's tau with ungrouped data: of rows in
 * order of x, equal ones in that of y, the pairs whose y do not ascend are discordant. */
void ranks__pairs(const double *x, const ranks_target *y, kendall_counts *out, void *spare) {
  size_t n = y->n;
  double *by_y = spare;
  uint32_t *order = (uint32_t *)(by_y + n), *rank = (uint32_t *)(by_y + 2 * n);
  for (size_t i = 0; i < n; i++) by_y[i] = x[y->order[i]];
  ranks__order(by_y, n, order, by_y + 2 * n);
  tie_sums x_sums = {0}, both = {0};
  for (size_t i = 0, end; i < n; i = end) {
    end = group_end(by_y, order, n, i);
    add_tie(&x_sums, end - i);
    for (size_t k = i, run; k < end; k = run) {
      uint32_t here = y->rank[order[k]];
      for (run = k; run < end && y->rank[order[run]] == here; run++) rank[run] = here;
      add_tie(&both, run - k);
    }
  }
  *out = (kendall_counts){.n = n, .both = both.pairs, .x = ties_of(&x_sums), .y = y->ties};
  out->discordant = exchanges(rank, rank + n, n);
}
