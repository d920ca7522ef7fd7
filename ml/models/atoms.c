/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Atoms of folds: rows that the same folds train on. */
#include "atoms.h"

#include <stdlib.h>
#include <string.h>

/* Which folds train on each row. False when one trains twice on a row: that is no set. */
static bool mark(const ml_folds *folds, uint32_t *rows, uint64_t *marks) {
  for (size_t f = 0; f < folds->n; f++) {
    size_t n = ml_folds_n_train(folds, f);
    ml_folds_train(folds, f, rows);
    for (size_t i = 0; i < n; i++) {
      if (marks[rows[i]] >> f & 1) return false;
      marks[rows[i]] |= (uint64_t)1 << f;
    }
  }
  return true;
}

static bool number(const uint64_t *marks, size_t n_rows, atoms *set) {
  for (size_t r = 0; r < n_rows; r++) {
    size_t a = 0;
    while (a < set->n && set->folds[a] != marks[r]) a++;
    if (!marks[r]) a = ATOMS_MAX;
    if (marks[r] && a == set->n) {
      if (a == ATOMS_MAX) return false;
      set->folds[set->n++] = marks[r];
    }
    set->of[r] = (uint8_t)a;
  }
  return true;
}

static size_t most_trained_on(const ml_folds *folds) {
  size_t most = 0;
  for (size_t f = 0; f < folds->n; f++) {
    size_t n = ml_folds_n_train(folds, f);
    if (n > most) most = n;
  }
  return most;
}

ml_status atoms__find(const ml_folds *folds, atoms *out, ml_error *err) {
  *out = (atoms){0};
  if (folds->n > 64 || !folds->n_rows) return ML_OK;
  uint32_t *rows = calloc(most_trained_on(folds) + 1, sizeof *rows);
  uint64_t *marks = calloc(folds->n_rows, sizeof *marks);
  out->of = malloc(folds->n_rows);
  ml_status status = rows && marks && out->of ? ML_OK : ml_error_memory(err);
  if (status == ML_OK && !(mark(folds, rows, marks) && number(marks, folds->n_rows, out)))
    out->n = 0;
  free(marks);
  free(rows);
  return status;
}

void atoms__release(atoms *set) {
  free(set->of);
}

size_t atoms__rows(const atoms *set, size_t n_rows, size_t atom, uint32_t *rows) {
  size_t n = 0;
  for (size_t r = 0; r < n_rows; r++)
    if (set->of[r] == atom) rows[n++] = (uint32_t)r;
  return n;
}
