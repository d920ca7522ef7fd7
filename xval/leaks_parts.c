/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Risks of leakage: parts of rows of which some are trained on and others tested. */
#include <stdlib.h>

#include "leaks_internal.h"

static bool list_places(const findings *f, parts *p) {
  const ml_folds *folds = f->folds;
  p->members = calloc(p->n + 1, sizeof *p->members);
  p->tested = calloc(p->n + 1, sizeof *p->tested);
  p->starts = calloc(p->n + 2, sizeof *p->starts);
  p->places = reallocarray(NULL, folds->n_listed + 1, sizeof *p->places);
  if (!p->members || !p->tested || !p->starts || !p->places) return false;
  for (size_t i = 0; i < ml_folds_n_members(f->folds); i++)
    if (p->of[ml_folds_member(f->folds, i)] != LEAKS_NO_PART)
      p->members[p->of[ml_folds_member(f->folds, i)]]++;
  size_t *end_of = p->starts + 1; /* of a part, it is the start until the places are put there */
  for (size_t k = 0; k < folds->n_listed; k++)
    if (p->of[folds->rows[k]] != LEAKS_NO_PART) end_of[p->of[folds->rows[k]] + 1]++;
  for (size_t g = 0; g < p->n; g++) end_of[g + 1] += end_of[g];
  for (size_t k = 0; k < folds->n_listed; k++)
    if (p->of[folds->rows[k]] != LEAKS_NO_PART) p->places[end_of[p->of[folds->rows[k]]]++] = k;
  return true;
}

/* Has the part a place in this run? */
static bool is_in_run(const parts *p, uint32_t part, ml_run run) {
  size_t low = p->starts[part], high = p->starts[part + 1];
  const size_t end = high;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (p->places[middle] < run.first)
      low = middle + 1;
    else
      high = middle;
  }
  return low < end && p->places[low] - run.first < run.n;
}

static bool is_trained_on(const parts *p, uint32_t part, const ml_fold *fold) {
  if (fold->trains_others) return p->members[part] > p->tested[part];
  return is_in_run(p, part, fold->train[0]) || is_in_run(p, part, fold->train[1]);
}

/* Each part is looked at once in a fold that tests it. */
static void look_at_fold(const ml_folds *folds, const parts *p, size_t i, bool *is_counted,
                         split_parts *found) {
  const ml_fold *fold = &folds->folds[i];
  const uint32_t *rows = folds->rows + fold->test.first;
  bool any = false;
  for (size_t k = 0; k < fold->test.n; k++)
    if (p->of[rows[k]] != LEAKS_NO_PART) p->tested[p->of[rows[k]]]++;
  for (size_t k = 0, k_part = 0; k < fold->test.n; k = k_part) {
    const uint32_t part = p->of[rows[k]];
    k_part = k + 1;
    if (part == LEAKS_NO_PART || !is_trained_on(p, part, fold)) continue;
    /* Neighbours mostly belong together. */
    for (k_part = k; k_part < fold->test.n && p->of[rows[k_part]] == part; k_part++) {
      found->n_rows += !is_counted[rows[k_part]];
      is_counted[rows[k_part]] = true;
    }
    if (found->part == LEAKS_NO_PART) found->part = part;
    any = true;
  }
  found->n_folds += any;
  for (size_t k = 0; k < fold->test.n; k++)
    if (p->of[rows[k]] != LEAKS_NO_PART) p->tested[p->of[rows[k]]] = 0;
}

ml_status leaks__find_split_parts(const findings *f, parts *p, split_parts *found) {
  bool *is_counted = calloc(f->folds->n_rows + 1, sizeof *is_counted);
  *found = (split_parts){.part = LEAKS_NO_PART};
  ml_status status = is_counted && list_places(f, p) ? ML_OK : ml_error_memory(f->err);
  for (size_t i = 0; i < f->folds->n && status == ML_OK; i++)
    look_at_fold(f->folds, p, i, is_counted, found);
  free(is_counted);
  free(p->of);
  free(p->members);
  free(p->tested);
  free(p->starts);
  free(p->places);
  return status;
}
