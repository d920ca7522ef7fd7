/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Atoms of folds: rows that the same folds train on; what is summed over rows is summed once for
 * each of them. */
#ifndef ML_MODELS_ATOMS_H
#define ML_MODELS_ATOMS_H

#include <ml/folds.h>

enum { ATOMS_MAX = 64 };

typedef struct atoms {
  size_t n;                  /* 0: there are too many, or too many folds */
  uint64_t folds[ATOMS_MAX]; /* bit f: fold f trains on its rows */
  uint8_t *of;               /* atom of each row of x; ATOMS_MAX: none trains on it */
} atoms;

/** @param[out] out  release it with atoms__release(), also when it has none */
ML_MUST_CHECK ml_status atoms__find(const ml_folds *folds, atoms *out, ml_error *err);
void atoms__release(atoms *set);

/** Rows of an atom, ascending. @param[out] rows  room for all rows @return how many */
size_t atoms__rows(const atoms *set, size_t n_rows, size_t atom, uint32_t *rows);

#endif
