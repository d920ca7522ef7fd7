/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sorted columns of the nodes of a tree. Where all columns are looked at they are divided in
 * place, so that no node sorts anything; where few are drawn, those are sorted in each node by what
 * is known of all rows, which costs about as much as dividing two columns. */
#include <stdlib.h>
#include <string.h>

#include "tree_columns.h"

enum { FEW = 12, WORD = 64 };

void tree__columns_release(tree_columns *c) {
  if (c->order != c->sample->order) free(c->order);
  free(c->spare);
  free(c->side);
  free(c->rows);
  free(c->place);
  free(c->has_ties);
  free(c->bits);
  free(c->words);
  for (size_t i = 0; i < 2; i++) free(c->sorted[i].entries);
}

static bool allocate_divided(tree_columns *c, size_t p) {
  size_t n = c->sample->n;
  c->spare = malloc(n * sizeof *c->spare);
  c->side = malloc(n);
  if (!c->order) c->order = malloc(n * p * sizeof *c->order);
  return c->spare && c->side && c->order;
}

static bool allocate_sorting(tree_columns *c, size_t p) {
  size_t n = c->sample->n;
  c->n_words = n / (WORD * WORD) + 1;
  c->rows = malloc(n * sizeof *c->rows);
  c->place = malloc(n * p * sizeof *c->place);
  c->has_ties = malloc(p);
  c->bits = calloc(c->n_words * WORD, sizeof *c->bits);
  c->words = calloc(c->n_words, sizeof *c->words);
  for (size_t i = 0; i < 2; i++) c->sorted[i].entries = malloc(n * sizeof(uint32_t));
  return c->rows && c->place && c->has_ties && c->bits && c->words && c->sorted[0].entries &&
         c->sorted[1].entries;
}

static void find_places(tree_columns *c) {
  const tree_sample *s = c->sample;
  for (size_t j = 0; j < s->n_columns; j++) {
    const uint32_t *order = s->order + j * s->n;
    uint32_t *place = c->place + j * s->n;
    c->has_ties[j] = false;
    for (size_t i = 0; i < s->n; i++) {
      place[order[i] & TREE_ROW] = (uint32_t)i;
      if (i && !(order[i] & TREE_STEP)) c->has_ties[j] = true;
    }
  }
}

ml_status tree__columns_init(tree_columns *c, tree_sample *sample, size_t n_drawn, bool may_consume,
                             ml_error *err) {
  size_t p = sample->n_columns ? sample->n_columns : 1;
  *c = (tree_columns){.sample = sample, .are_divided = n_drawn > p / 2};
  if (c->are_divided && may_consume) c->order = sample->order;
  if (c->are_divided ? !allocate_divided(c, p) : !allocate_sorting(c, p)) {
    tree__columns_release(c);
    return ml_error_memory(err);
  }
  if (!c->are_divided) find_places(c);
  return ML_OK;
}

/* Keep the entries of rows that are there. A step that is left out is one of the next entry. */
static void filter(const uint32_t *from, size_t n, const uint32_t *times, uint32_t *to) {
  uint32_t step = 0;
  for (size_t i = 0, k = 0; i < n; i++) {
    uint32_t row = from[i] & TREE_ROW, is_there = !times || times[row] > 0;
    step |= from[i] & TREE_STEP;
    if (is_there) to[k++] = row | step;
    step &= is_there - 1;
  }
}

void tree__columns_begin(tree_columns *c, const uint32_t *times) {
  const tree_sample *s = c->sample;
  if (c->are_divided) {
    for (size_t j = 0; j < s->n_columns && c->order != s->order; j++)
      filter(s->order + j * s->n, s->n, times, c->order + j * s->n);
    return;
  }
  size_t n = 0;
  for (uint32_t i = 0; i < s->n; i++)
    if (!times || times[i]) c->rows[n++] = i;
  for (size_t i = 0; i < 2; i++) c->sorted[i].n = 0;
}

/* ---- sorting in a node ----------------------------------------------------------------------- */

static void insert_few(const uint32_t *rows, size_t n, const uint32_t *place, const uint32_t *order,
                       uint32_t *out) {
  uint32_t places[FEW];
  for (size_t i = 0; i < n; i++) {
    uint32_t at = place[rows[i]];
    size_t j = i;
    for (; j > 0 && places[j - 1] > at; j--) places[j] = places[j - 1];
    places[j] = at;
  }
  for (size_t i = 0; i < n; i++) out[i] = order[places[i]];
}

/* A bit for each place that is taken, and one for each word that has such bits: reading them in
 * their order sorts. They are 0 before and behind. */
static void sort_by_bits(tree_columns *c, const uint32_t *rows, size_t n, const uint32_t *place,
                         const uint32_t *order, uint32_t *out) {
  uint64_t *bits = c->bits, *words = c->words;
  for (size_t i = 0; i < n; i++) {
    uint32_t at = place[rows[i]];
    bits[at / WORD] |= UINT64_C(1) << at % WORD;
    words[at / WORD / WORD] |= UINT64_C(1) << at / WORD % WORD;
  }
  for (size_t w = 0; w < c->n_words; w++) {
    for (uint64_t taken = words[w]; taken; taken &= taken - 1) {
      size_t word = w * WORD + (size_t)__builtin_ctzll(taken);
      for (uint64_t left = bits[word]; left; left &= left - 1)
        *out++ = order[word * WORD + (size_t)__builtin_ctzll(left)];
      bits[word] = 0;
    }
    words[w] = 0;
  }
}

/* The steps of all rows say nothing of some of them where there are equal values. */
static void find_steps(const tree_sample *s, size_t column, uint32_t *entries, size_t n) {
  const double *x = s->x + column * s->stride;
  double last = x[s->rows[entries[0] & TREE_ROW]];
  for (size_t i = 1; i < n; i++) {
    uint32_t row = entries[i] & TREE_ROW;
    double next = x[s->rows[row]];
    entries[i] = row | (next > last ? TREE_STEP : 0);
    last = next;
  }
}

static void sort_node(tree_columns *c, uint32_t column, size_t first, size_t n,
                      tree_sorted *sorted) {
  const tree_sample *s = c->sample;
  const uint32_t *rows = c->rows + first, *place = c->place + column * s->n;
  const uint32_t *order = s->order + column * s->n;
  if (n <= FEW)
    insert_few(rows, n, place, order, sorted->entries);
  else
    sort_by_bits(c, rows, n, place, order, sorted->entries);
  if (c->has_ties[column]) find_steps(s, column, sorted->entries, n);
  sorted->column = column;
  sorted->first = first;
  sorted->n = n;
}

const uint32_t *tree__columns_entries(tree_columns *c, uint32_t column, size_t first, size_t n) {
  if (c->are_divided) return c->order + column * c->sample->n + first;
  for (size_t i = 0; i < 2; i++) {
    const tree_sorted *known = &c->sorted[i];
    if (known->n == n && known->column == column && known->first == first) return known->entries;
  }
  sort_node(c, column, first, n, &c->sorted[0]);
  return c->sorted[0].entries;
}

void tree__columns_keep(tree_columns *c) {
  const tree_sorted kept = c->sorted[0];
  c->sorted[0] = c->sorted[1];
  c->sorted[1] = kept;
}

/* ---- dividing -------------------------------------------------------------------------------- */

/* Both parts keep their order. A step lasts until an entry of the same part takes it. */
static void divide_column(uint32_t *entries, size_t n, const uint8_t *side, uint32_t *spare) {
  size_t n_left = 0, n_right = 0;
  uint32_t left_step = 0, right_step = 0;
  for (size_t i = 0; i < n; i++) {
    uint32_t row = entries[i] & TREE_ROW, step = entries[i] & TREE_STEP, right = side[row];
    left_step |= step;
    right_step |= step;
    entries[n_left] = row | left_step;
    spare[n_right] = row | right_step;
    n_left += !right;
    n_right += right;
    left_step &= -right;
    right_step &= right - 1;
  }
  memcpy(entries + n_left, spare, n_right * sizeof *entries);
}

void tree__columns_divide(tree_columns *c, uint32_t column, size_t first, size_t n, size_t n_left) {
  const uint32_t *entries = tree__columns_entries(c, column, first, n);
  if (!c->are_divided) {
    for (size_t i = 0; i < n; i++) c->rows[first + i] = entries[i] & TREE_ROW;
    for (size_t i = 0; i < 2; i++) c->sorted[i].n = 0;
    return;
  }
  size_t stride = c->sample->n;
  for (size_t i = 0; i < n; i++) c->side[entries[i] & TREE_ROW] = i >= n_left;
  for (uint32_t j = 0; j < c->sample->n_columns; j++)
    if (j != column) divide_column(c->order + j * stride + first, n, c->side, c->spare);
}
