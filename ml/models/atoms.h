/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Atoms of folds: rows that the same folds train on, equally often; what is summed over rows is
 * summed once for each of them. */
#ifndef ML_MODELS_ATOMS_H
#define ML_MODELS_ATOMS_H

#include <ml/folds.h>

enum { ATOMS_FEW = 64 }; /* for sums that take more time to be put together than to be made */

typedef struct atoms {
  const ml_folds *folds; /* borrowed */
  size_t n;              /* 0: there are more than the caller wants */
  uint32_t *of;          /* atom of each row; ATOMS_NONE: no fold trains on it. NULL: atoms are the
                            tests of the folds, and each fold trains on all others */
  uint32_t *first;       /* n: the first row of each; NULL when `of` is */
} atoms;

#define ATOMS_NONE UINT32_MAX

/** Atoms in the order of their first rows, or of the folds that test them; some may have no row.
 * The same in every process. @param[out] out  release it with atoms__release(), also when it has
 * none */
ML_MUST_CHECK ml_status atoms__find(const ml_folds *folds, size_t most, atoms *out, ml_error *err);
void atoms__release(atoms *set);

/** Rows of an atom, ascending. @param[out] rows  room for all rows @return how many */
size_t atoms__rows(const atoms *set, size_t atom, uint32_t *rows);

/** How often a fold trains on each atom. @param[out] uses  set->n */
void atoms__uses(const atoms *set, size_t fold, uint32_t *uses);

#endif
