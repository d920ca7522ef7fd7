/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Atoms of folds: rows that the same folds train on, equally often. */
#include "atoms.h"

#include <ml/rng.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t *rows_at(const ml_folds *folds, ml_run run) {
  return run.n ? folds->rows + run.first : NULL;
}

/* Each fold trains on the others, and all tests ascend one behind another, as those of KFold do:
 * when they have as many rows as there are members, each member is there once. */
static bool are_runs(const ml_folds *folds) {
  uint64_t next = 0;
  size_t n_tested = 0;
  for (size_t k = 0; k < folds->n; k++) {
    size_t n;
    const uint32_t *test = ml_folds_test(folds, k, &n);
    if (!folds->folds[k].trains_others) return false;
    n_tested += n;
    for (size_t i = 0; i < n; i++) {
      if (test[i] < next) return false;
      next = (uint64_t)test[i] + 1;
    }
  }
  return n_tested == ml_folds_n_members(folds);
}

static void add_to(const ml_folds *folds, ml_run run, uint64_t key, uint64_t *sums) {
  const uint32_t *rows = rows_at(folds, run);
  for (size_t i = 0; i < run.n; i++) sums[rows[i]] += key;
}

/* For each row the keys of the folds that train on it, times how often: equal sums are as good as
 * equal sets. */
static void sum_keys(const ml_folds *folds, uint64_t *sums) {
  uint64_t others = 0;
  for (size_t k = 0; k < folds->n; k++)
    if (folds->folds[k].trains_others) others += ml_rng_mix(k);
  for (size_t i = 0; i < ml_folds_n_members(folds); i++) sums[ml_folds_member(folds, i)] = others;
  for (size_t k = 0; k < folds->n; k++) {
    const ml_fold *fold = &folds->folds[k];
    const uint64_t key = ml_rng_mix(k);
    if (fold->trains_others) {
      add_to(folds, fold->test, -key, sums);
    } else {
      add_to(folds, fold->train[0], key, sums);
      add_to(folds, fold->train[1], key, sums);
    }
  }
}

/* Where sums are found again: open addressing, at most half full. */
typedef struct place {
  uint64_t sum; /* 0: it is empty */
  uint32_t atom;
} place;

static place *place_of(place *places, size_t mask, uint64_t sum) {
  size_t at = ml_rng_mix(sum) & mask;
  while (places[at].sum && places[at].sum != sum) at = (at + 1) & mask;
  return &places[at];
}

/* Number the sums in the order of their first rows. @return false: there are more than `most` */
static bool number(const uint64_t *sums, size_t most, place *places, size_t mask, atoms *set) {
  for (size_t i = 0; i < set->folds->n_rows; i++) {
    set->of[i] = ATOMS_NONE;
    if (!sums[i]) continue;
    if (i && sums[i] == sums[i - 1]) {
      set->of[i] = set->of[i - 1];
      continue;
    }
    place *at = place_of(places, mask, sums[i]);
    if (!at->sum) {
      if (set->n == most) return false;
      *at = (place){sums[i], (uint32_t)set->n};
      set->first[set->n++] = (uint32_t)i;
    }
    set->of[i] = at->atom;
  }
  return true;
}

ml_status atoms__find(const ml_folds *folds, size_t most, atoms *out, ml_error *err) {
  *out = (atoms){.folds = folds};
  if (most > folds->n_rows) most = folds->n_rows;
  if (are_runs(folds)) {
    out->n = folds->n <= most ? folds->n : 0;
    return ML_OK;
  }
  size_t n_places = 2;
  while (n_places < 2 * most) n_places *= 2;
  uint64_t *sums = calloc(folds->n_rows + 1, sizeof *sums);
  place *places = calloc(n_places, sizeof *places);
  out->of = reallocarray(NULL, folds->n_rows + 1, sizeof *out->of);
  out->first = calloc(most + 1, sizeof *out->first);
  ml_status status = sums && places && out->of && out->first ? ML_OK : ml_error_memory(err);
  if (status == ML_OK) {
    sum_keys(folds, sums);
    if (!number(sums, most, places, n_places - 1, out)) out->n = 0;
  }
  free(sums);
  free(places);
  return status;
}

void atoms__release(atoms *set) {
  free(set->of);
  free(set->first);
}

size_t atoms__rows(const atoms *set, size_t atom, uint32_t *rows) {
  size_t n = 0;
  if (!set->of) {
    const uint32_t *test = ml_folds_test(set->folds, atom, &n);
    if (n) memcpy(rows, test, n * sizeof *rows);
    return n;
  }
  for (size_t r = 0; r < set->folds->n_rows; r++)
    if (set->of[r] == atom) rows[n++] = (uint32_t)r;
  return n;
}

/* A fold trains on an atom as often as on its first row. */
static void count(const atoms *set, uint32_t row, uint32_t change, uint32_t *uses) {
  uint32_t atom = set->of[row];
  if (atom != ATOMS_NONE && set->first[atom] == row) uses[atom] += change;
}

static void count_run(const atoms *set, ml_run run, uint32_t change, uint32_t *uses) {
  const uint32_t *rows = rows_at(set->folds, run);
  for (size_t i = 0; i < run.n; i++) count(set, rows[i], change, uses);
}

void atoms__uses(const atoms *set, size_t fold, uint32_t *uses) {
  const ml_fold *at = &set->folds->folds[fold];
  if (!set->of) {
    for (size_t a = 0; a < set->n; a++) uses[a] = a != fold;
    return;
  }
  memset(uses, 0, set->n * sizeof *uses);
  if (at->trains_others) {
    for (size_t i = 0; i < ml_folds_n_members(set->folds); i++)
      count(set, ml_folds_member(set->folds, i), 1, uses);
    count_run(set, at->test, -1u, uses);
  } else {
    count_run(set, at->train[0], 1, uses);
    count_run(set, at->train[1], 1, uses);
  }
}
