/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folds that a scheme makes: one block of memory, into which it lists rows. */
#include <stdlib.h>
#include <string.h>

#include "split_internal.h"

static ml_status fail_memory(const split *s, size_t n_folds, ml_error *err) {
  return ml_error_set(err, ML_ERR_MEMORY,
                      s->n_repeats > 1 ? "%s: out of memory for %zu folds of %zu rows, %zu times"
                                       : "%s: out of memory for %zu folds of %zu rows",
                      s->text, n_folds, s->n, s->n_repeats);
}

static bool multiply(size_t a, size_t b, size_t *out) {
  return !__builtin_mul_overflow(a, b, out);
}

ml_status split__reserve(split *s, size_t n_folds, size_t n_listed, bool is_random, ml_error *err) {
  ml_folds *made = s->made;
  size_t n_members = s->members ? s->n : 0, n_numbers, n_bytes, all_folds;
  if (made->memory) return ML_OK;
  if (!multiply(n_folds, s->n_repeats, &all_folds) ||
      !multiply(n_listed, is_random ? s->n_repeats : 1, &n_numbers) ||
      !multiply(all_folds, sizeof *s->folds, &n_bytes) ||
      n_numbers > (SIZE_MAX - n_bytes) / sizeof *s->rows - n_members)
    return fail_memory(s, n_folds, err);
  made->memory = malloc(n_bytes + (n_numbers + n_members) * sizeof *s->rows + 1);
  if (!made->memory) return fail_memory(s, n_folds, err);
  s->folds = made->memory;
  s->rows = (uint32_t *)(void *)(s->folds + all_folds) + n_members;
  if (n_members) memcpy(s->rows - n_members, s->members, n_members * sizeof *s->rows);
  made->folds = s->folds;
  made->rows = s->rows;
  made->members = n_members ? s->rows - n_members : NULL;
  made->n_members = n_members;
  return ML_OK;
}

size_t split__list_all(split *s) {
  size_t first = s->made->n_listed;
  for (size_t i = 0; i < s->n; i++) s->rows[first + i] = split__row(s, i);
  s->made->n_listed += s->n;
  return first;
}

size_t split__list_shuffled(split *s) {
  size_t first = split__list_all(s);
  ml_rng_shuffle(&s->rng, s->rows + first, s->n);
  return first;
}

void split__add(split *s, ml_run test, ml_run first, ml_run second) {
  s->folds[s->made->n++] =
      (ml_fold){.test = test, .train = {first, second}, .repeat = (uint32_t)s->repeat};
}

void split__add_others(split *s, ml_run test) {
  s->folds[s->made->n++] =
      (ml_fold){.test = test, .trains_others = 1, .repeat = (uint32_t)s->repeat};
}

ml_status split__deal(split *s, const uint32_t *fold_of, size_t k, bool is_random, ml_error *err) {
  ml_status status = split__reserve(s, k, s->n, is_random, err);
  size_t *at = status == ML_OK ? calloc(k, sizeof *at) : NULL;
  if (!at) return status == ML_OK ? ml_error_memory(err) : status;
  for (size_t i = 0; i < s->n; i++)
    if (fold_of[i] != SPLIT_NEVER) at[fold_of[i]]++;
  size_t first = s->made->n_listed;
  for (size_t f = 0; f < k; f++) {
    split__add_others(s, (ml_run){first, at[f]});
    first += at[f];
    at[f] = first - at[f];
  }
  s->made->n_listed = first;
  for (size_t i = 0; i < s->n; i++)
    if (fold_of[i] != SPLIT_NEVER) s->rows[at[fold_of[i]]++] = split__row(s, i);
  free(at);
  return ML_OK;
}

ml_status split__check_k(const split *s, ml_error *err) {
  if (s->args.k < 2)
    return ml_error_set(err, ML_ERR_USAGE,
                        "%s: one fold leaves no rows to train on; take 2 or more", s->text);
  if (s->args.k > s->n)
    return ml_error_set(err, ML_ERR_USAGE, "%s: there are more folds, %zu, than rows, %zu", s->text,
                        s->args.k, s->n);
  return ML_OK;
}

size_t split__number_levels(const split *s, const ml_levels *levels, uint32_t *number,
                            size_t *n_rows) {
  size_t n = 0;
  memset(number, 0xff, levels->n * sizeof *number);
  for (size_t i = 0; i < s->n; i++) {
    uint32_t level = levels->codes[split__row(s, i)];
    if (number[level] == SPLIT_NEVER) {
      n_rows[n] = 0;
      number[level] = (uint32_t)n++;
    }
    n_rows[number[level]]++;
  }
  return n;
}
