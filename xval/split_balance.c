/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folds of whole groups that have much the same share of every class. */
#include <math.h>
#include <stdlib.h>

#include "split_internal.h"

#define TIE 1e-9 /* means of deviations that differ by less differ by rounding */

/* Counts of classes: rows of a group, of a fold, of all. */
typedef struct balance {
  size_t k, n_classes, n_groups;
  size_t *in_group;      /* n_groups x n_classes */
  size_t *in_fold;       /* k x n_classes */
  const size_t *in_all;  /* n_classes */
  size_t *sum, *squares; /* n_classes: of in_fold, over folds */
  size_t *fold_rows;     /* k */
  double *eval;          /* k */
} balance;

/* Deviation over k folds of the share of a class, of integers that are exact. */
static double deviation(size_t sum, size_t squares, size_t k, size_t all) {
  unsigned __int128 high = (unsigned __int128)squares * k, low = (unsigned __int128)sum * sum;
  return sqrt((double)(high - low)) / ((double)k * (double)all);
}

/* Mean over classes of the deviation, if the group went to fold f. */
static double evaluate(const balance *b, const size_t *group, size_t f) {
  double total = 0;
  for (size_t c = 0; c < b->n_classes; c++) {
    size_t had = b->in_fold[f * b->n_classes + c], gets = group[c];
    total += deviation(b->sum[c] + gets, b->squares[c] + 2 * had * gets + gets * gets, b->k,
                       b->in_all[c]);
  }
  return total / (double)b->n_classes;
}

/* The best fold; of those that tie with it the one with fewest rows, then the first. When there are
 * as many groups left as folds without rows, only those are asked, so that none stays empty. */
static size_t choose_fold(const balance *b, const size_t *group, bool empty_only) {
  double best = INFINITY;
  size_t chosen = SIZE_MAX;
  for (size_t f = 0; f < b->k; f++) {
    bool is_asked = !empty_only || b->fold_rows[f] == 0;
    b->eval[f] = is_asked ? evaluate(b, group, f) : INFINITY;
    if (b->eval[f] < best) best = b->eval[f];
  }
  for (size_t f = 0; f < b->k; f++)
    if (b->eval[f] <= best + TIE && (chosen == SIZE_MAX || b->fold_rows[f] < b->fold_rows[chosen]))
      chosen = f;
  return chosen;
}

static void put_group(balance *b, const size_t *group, size_t f) {
  for (size_t c = 0; c < b->n_classes; c++) {
    size_t *had = &b->in_fold[f * b->n_classes + c];
    b->sum[c] += group[c];
    b->squares[c] += 2 * *had * group[c] + group[c] * group[c];
    *had += group[c];
    b->fold_rows[f] += group[c];
  }
}

/* Square of the deviation of the counts, times the square of their number: an exact integer as long
 * as it is small enough for ties to matter. */
static double spread(const size_t *group, size_t n_classes) {
  size_t sum = 0, squares = 0;
  for (size_t c = 0; c < n_classes; c++) {
    sum += group[c];
    squares += group[c] * group[c];
  }
  return (double)((unsigned __int128)squares * n_classes - (unsigned __int128)sum * sum);
}

/* A group that is to be placed: the more uneven its classes the sooner, of equals the lower label.
 */
typedef struct ranked {
  double spread;
  uint32_t group;
} ranked;

static int by_spread(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  if (x->spread != y->spread) return x->spread > y->spread ? -1 : 1;
  return x->group < y->group ? -1 : 1;
}

static size_t rank_groups(const balance *b, ranked *order) {
  size_t n = 0;
  for (size_t g = 0; g < b->n_groups; g++) {
    const size_t *group = b->in_group + g * b->n_classes;
    size_t n_rows = 0;
    for (size_t c = 0; c < b->n_classes; c++) n_rows += group[c];
    if (n_rows) order[n++] = (ranked){spread(group, b->n_classes), (uint32_t)g};
  }
  qsort(order, n, sizeof *order, by_spread);
  return n;
}

static void place_groups(balance *b, const ranked *order, size_t n, uint32_t *fold_of) {
  size_t n_empty = b->k;
  for (size_t i = 0; i < n; i++) {
    const size_t *group = b->in_group + order[i].group * b->n_classes;
    size_t f = choose_fold(b, group, n - i <= n_empty);
    n_empty -= b->fold_rows[f] == 0;
    put_group(b, group, f);
    fold_of[order[i].group] = (uint32_t)f;
  }
}

/* All counts lie in one block. Only classes that rows of the split have are counted. */
static bool open_balance(const split *s, size_t n_classes, balance *b) {
  size_t k = s->args.k, n_groups = s->data->groups.n, n, more;
  if (__builtin_add_overflow(n_groups, k + 2, &n) || __builtin_mul_overflow(n, n_classes, &n) ||
      __builtin_add_overflow(n, k, &more))
    return false;
  size_t *counts = calloc(more, sizeof *counts);
  if (!counts) return false;
  b->k = k;
  b->n_classes = n_classes;
  b->n_groups = n_groups;
  b->in_group = counts;
  b->in_fold = b->in_group + n_groups * n_classes;
  b->sum = b->in_fold + k * n_classes;
  b->squares = b->sum + n_classes;
  b->fold_rows = b->squares + n_classes;
  return true;
}

static void count_rows(const split *s, const uint32_t *number, balance *b) {
  const uint32_t *classes = s->data->classes.codes, *groups = s->data->groups.codes;
  for (size_t i = 0; i < s->n; i++) {
    uint32_t row = split__row(s, i);
    b->in_group[groups[row] * b->n_classes + number[classes[row]]]++;
  }
}

/* @param number, n_rows  of the n_classes classes, as split__number_levels() gives them */
static ml_status split_balanced(split *s, const uint32_t *number, size_t *n_rows, size_t n_classes,
                                ml_error *err) {
  const ml_levels *groups = &s->data->groups;
  balance b = {.in_all = n_rows};
  ranked *order = malloc(groups->n * sizeof *order);
  uint32_t *fold_of = malloc(groups->n * sizeof *fold_of);
  b.eval = malloc(s->args.k * sizeof *b.eval);
  ml_status status = ML_OK;
  if (!order || !fold_of || !b.eval || !open_balance(s, n_classes, &b))
    status = ml_error_memory(err);
  if (status == ML_OK) {
    count_rows(s, number, &b);
    size_t n = rank_groups(&b, order);
    status = split__check_groups(s, n, err);
    if (status == ML_OK) place_groups(&b, order, n, fold_of);
    if (status == ML_OK) status = split__deal_levels(s, groups, fold_of, s->args.k, err);
  }
  free(order);
  free(fold_of);
  free(b.eval);
  free(b.in_group);
  return status;
}

ml_status split__stratified_group(split *s, ml_error *err) {
  const ml_levels *classes = &s->data->classes;
  ml_status status = split__check_k(s, err);
  if (status != ML_OK) return status;
  uint32_t *number = malloc(classes->n * sizeof *number);
  size_t *n_rows = malloc(classes->n * sizeof *n_rows);
  if (!number || !n_rows) status = ml_error_memory(err);
  if (status == ML_OK) {
    size_t n_classes = split__number_levels(s, classes, number, n_rows);
    status = split__check_classes(s, n_classes, n_rows, err);
    if (status == ML_OK) status = split_balanced(s, number, n_rows, n_classes, err);
  }
  free(number);
  free(n_rows);
  return status;
}
