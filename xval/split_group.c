/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folds that rows do not choose: groups stay together, or the fold of each row is given. */
#include <stdlib.h>
#include <string.h>

#include <ml/number.h>
#include "split_internal.h"

/* Rows of each level among those that are split. @return how many levels have any */
static size_t count_levels(const split *s, const ml_levels *levels, size_t *n_rows) {
  size_t n = 0;
  memset(n_rows, 0, levels->n * sizeof *n_rows);
  for (size_t i = 0; i < s->n; i++) n += n_rows[levels->codes[split__row(s, i)]]++ == 0;
  return n;
}

ml_status split__deal_levels(split *s, const ml_levels *levels, const uint32_t *fold_of_level,
                             size_t k, ml_error *err) {
  uint32_t *fold_of = malloc(s->n * sizeof *fold_of);
  if (!fold_of) return ml_error_memory(err);
  for (size_t i = 0; i < s->n; i++) fold_of[i] = fold_of_level[levels->codes[split__row(s, i)]];
  ml_status status = split__deal(s, fold_of, k, false, err);
  free(fold_of);
  return status;
}

ml_status split__check_groups(const split *s, size_t n_groups, ml_error *err) {
  ml_status status = split__check_k(s, err);
  if (status != ML_OK || n_groups >= s->args.k) return status;
  return ml_error_set(err, ML_ERR_USAGE, "%s: %zu group%s cannot make %zu folds", s->text, n_groups,
                      n_groups == 1 ? "" : "s", s->args.k);
}

/* ---- whole groups, evenly ------------------------------------------------------------------ */

typedef struct ranked {
  size_t n_rows;
  uint32_t group;
} ranked;

/* Sizes descend; equal ones by descending label, which is what scikit-learn gives for up to 16
 * groups and leaves open for more. */
static int by_size(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  if (x->n_rows != y->n_rows) return x->n_rows > y->n_rows ? -1 : 1;
  return x->group > y->group ? -1 : 1;
}

/* Folds as a heap: the lightest is at the top, of equals the lowest number. */
typedef struct load {
  size_t n_rows;
  uint32_t fold;
} load;

static bool is_lighter(load a, load b) {
  return a.n_rows != b.n_rows ? a.n_rows < b.n_rows : a.fold < b.fold;
}

/* The top has become heavier: move it down. */
static void settle(load *heap, size_t k) {
  load top = heap[0];
  size_t at = 0, child;
  while ((child = 2 * at + 1) < k) {
    if (child + 1 < k && is_lighter(heap[child + 1], heap[child])) child++;
    if (is_lighter(top, heap[child])) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = top;
}

static void place_groups(const size_t *n_rows, size_t n_levels, size_t k, ranked *order, load *heap,
                         uint32_t *fold_of) {
  size_t n = 0;
  for (size_t g = 0; g < n_levels; g++)
    if (n_rows[g]) order[n++] = (ranked){n_rows[g], (uint32_t)g};
  qsort(order, n, sizeof *order, by_size);
  for (size_t f = 0; f < k; f++) heap[f] = (load){0, (uint32_t)f};
  for (size_t i = 0; i < n; i++) {
    fold_of[order[i].group] = heap[0].fold;
    heap[0].n_rows += order[i].n_rows;
    settle(heap, k);
  }
}

ml_status split__group(split *s, ml_error *err) {
  const ml_levels *groups = &s->data->groups;
  ml_status status = split__check_k(s, err);
  if (status != ML_OK) return status;
  size_t *n_rows = malloc(groups->n * sizeof *n_rows);
  uint32_t *fold_of = malloc(groups->n * sizeof *fold_of);
  ranked *order = malloc(groups->n * sizeof *order);
  load *heap = malloc(s->args.k * sizeof *heap);
  if (!n_rows || !fold_of || !order || !heap) status = ml_error_memory(err);
  if (status == ML_OK) status = split__check_groups(s, count_levels(s, groups, n_rows), err);
  if (status == ML_OK) {
    place_groups(n_rows, groups->n, s->args.k, order, heap, fold_of);
    status = split__deal_levels(s, groups, fold_of, s->args.k, err);
  }
  free(n_rows);
  free(fold_of);
  free(order);
  free(heap);
  return status;
}

ml_status split__logo(split *s, ml_error *err) {
  const ml_levels *groups = &s->data->groups;
  size_t *n_rows = malloc(groups->n * sizeof *n_rows);
  uint32_t *fold_of = malloc(groups->n * sizeof *fold_of), n = 0;
  ml_status status = n_rows && fold_of ? ML_OK : ml_error_memory(err);
  if (status == ML_OK && count_levels(s, groups, n_rows) < 2)
    status =
        ml_error_set(err, ML_ERR_USAGE,
                     "%s: there is only one group, and without it no rows to train on", s->text);
  if (status == ML_OK) {
    for (size_t g = 0; g < groups->n; g++)
      if (n_rows[g]) fold_of[g] = n++;
    status = split__deal_levels(s, groups, fold_of, n, err);
  }
  free(n_rows);
  free(fold_of);
  return status;
}

/* ---- given --------------------------------------------------------------------------------- */

static bool is_never(const char *label) {
  const char *end = label + strlen(label);
  double v;
  return ml_number_parse(label, end, &v) == end && v == -1;
}

/* Folds of the levels that rows have, in the order of levels. @return how many */
static uint32_t number_folds(const ml_levels *levels, const size_t *n_rows, uint32_t *fold_of) {
  uint32_t n = 0;
  for (size_t level = 0; level < levels->n; level++)
    fold_of[level] = !n_rows[level] || is_never(levels->labels[level]) ? SPLIT_NEVER : n++;
  return n;
}

ml_status split__predefined(split *s, ml_error *err) {
  const ml_levels *levels = &s->data->predefined;
  size_t *n_rows = malloc(levels->n * sizeof *n_rows);
  uint32_t *fold_of = malloc(levels->n * sizeof *fold_of), k;
  ml_status status = n_rows && fold_of ? ML_OK : ml_error_memory(err);
  if (status == ML_OK) {
    size_t n_used = count_levels(s, levels, n_rows);
    k = number_folds(levels, n_rows, fold_of);
    if (k == 0)
      status = ml_error_set(err, ML_ERR_USAGE, "%s: no row is ever tested: all have -1", s->text);
    else if (n_used == 1)
      status = ml_error_set(err, ML_ERR_USAGE,
                            "%s: all rows are tested in one fold, and none is left to train on",
                            s->text);
    else
      status = split__deal_levels(s, levels, fold_of, k, err);
  }
  free(n_rows);
  free(fold_of);
  return status;
}
