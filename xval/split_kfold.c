/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scikit-learn's folds of rows and of classes: every row is tested once, after training on all
 * others. */
#include <stdlib.h>

#include "split_internal.h"

/* The first n mod k folds have one row more. */
static size_t even_bound(size_t n, size_t k, size_t f) {
  size_t rest = n % k;
  return f * (n / k) + (f < rest ? f : rest);
}

/* Rows are put in a random order, which is cut; then each fold has its rows in their own order. */
static ml_status deal_shuffled(split *s, ml_error *err) {
  size_t n = s->n, k = s->args.k;
  uint32_t *order = malloc(2 * n * sizeof *order);
  if (!order) return ml_error_memory(err);
  uint32_t *fold_of = order + n;
  for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
  ml_rng_shuffle(&s->rng, order, n);
  for (size_t f = 0; f < k; f++)
    for (size_t i = even_bound(n, k, f); i < even_bound(n, k, f + 1); i++)
      fold_of[order[i]] = (uint32_t)f;
  ml_status status = split__deal(s, fold_of, k, true, err);
  free(order);
  return status;
}

ml_status split__kfold(split *s, ml_error *err) {
  size_t n = s->n, k = s->args.k;
  ml_status status = split__check_k(s, err);
  if (status == ML_OK && s->args.shuffle) return deal_shuffled(s, err);
  if (status == ML_OK) status = split__reserve(s, k, n, false, err);
  if (status != ML_OK) return status;
  split__list_all(s);
  for (size_t f = 0; f < k; f++)
    split__add_others(s, split__run(even_bound(n, k, f), even_bound(n, k, f + 1)));
  return ML_OK;
}

ml_status split__shuffled(split *s, ml_error *err) {
  s->args.shuffle = true;
  return split__kfold(s, err);
}

ml_status split__loo(split *s, ml_error *err) {
  s->args.k = s->n;
  if (s->n < 2)
    return ml_error_set(err, ML_ERR_USAGE, "%s: one row leaves none to train on", s->text);
  return split__kfold(s, err);
}

/* ---- by class ------------------------------------------------------------------------------ */

ml_status split__check_classes(const split *s, size_t n_classes, const size_t *n_rows,
                               ml_error *err) {
  size_t most = 0;
  for (size_t c = 0; c < n_classes; c++)
    if (n_rows[c] > most) most = n_rows[c];
  if (most >= s->args.k) return ML_OK;
  return ml_error_set(err, ML_ERR_USAGE,
                      "%s: every class has fewer than %zu rows, the largest %zu; take fewer folds "
                      "or 'kfold'",
                      s->text, s->args.k, most);
}

/* Folds of the n rows of a class that stands from place `first` on in the list of all rows sorted
 * by class: fold f has one for each place that is f modulo k. */
static void deal_class(size_t first, size_t n, size_t k, uint32_t *fold_of) {
  size_t each = n / k, start = first % k, more = n % k, i = 0;
  size_t wrapped = start + more > k ? start + more - k : 0; /* folds from 0 on with one more */
  for (size_t f = 0; i < n; f++) {
    if (each == 0 && f == wrapped && f < start) f = start;
    size_t n_here = each + (f < wrapped || (f >= start && f < start + more));
    for (size_t j = 0; j < n_here; j++) fold_of[i++] = (uint32_t)f;
  }
}

/* @param[out] dealt  folds of the rows of each class, one class behind another
 * @param[out] at  where those of each class begin */
static void deal_classes(split *s, size_t n_classes, const size_t *n_rows, size_t *at,
                         uint32_t *dealt) {
  size_t first = 0;
  for (size_t c = 0; c < n_classes; c++) {
    at[c] = first;
    deal_class(first, n_rows[c], s->args.k, dealt + first);
    if (s->args.shuffle) ml_rng_shuffle(&s->rng, dealt + first, n_rows[c]);
    first += n_rows[c];
  }
}

ml_status split__stratified(split *s, ml_error *err) {
  const ml_levels *classes = &s->data->classes;
  ml_status status = split__check_k(s, err);
  if (status != ML_OK) return status;
  uint32_t *number = malloc((classes->n + 2 * s->n) * sizeof *number);
  size_t *n_rows = malloc(2 * classes->n * sizeof *n_rows);
  if (!number || !n_rows) status = ml_error_memory(err);
  if (status == ML_OK) {
    uint32_t *dealt = number + classes->n, *fold_of = dealt + s->n;
    size_t *at = n_rows + classes->n;
    size_t n_classes = split__number_levels(s, classes, number, n_rows);
    status = split__check_classes(s, n_classes, n_rows, err);
    if (status == ML_OK) {
      deal_classes(s, n_classes, n_rows, at, dealt);
      for (size_t i = 0; i < s->n; i++)
        fold_of[i] = dealt[at[number[classes->codes[split__row(s, i)]]]++];
      status = split__deal(s, fold_of, s->args.k, s->args.shuffle, err);
    }
  }
  free(number);
  free(n_rows);
  return status;
}
