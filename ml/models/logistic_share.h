/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression: what all folds have in common. */
#ifndef ML_LOGISTIC_SHARE_H
#define ML_LOGISTIC_SHARE_H

#include "atoms.h"
#include "logistic_internal.h"

/* The shared part: for each candidate whether it is there (0 or 1), the centre of the columns, a
 * point near the optimum over all rows, and for each atom the gradient and the Hessians of its
 * losses there: of each problem its lower triangle, column by column. With few candidates also the
 * optimum of each fold: an own fold would read its rows for little work. */
typedef struct logit_shared {
  double *is_there, *centre, *b;
  double *gradients; /* n_atoms x n_all */
  double *hessians;  /* n_atoms x n_triangles */
  double *optima;    /* n_folds x (1 + n_all): whether it is known, and the optimum; NULL: none */
  size_t n_all, n_triangle, n_triangles;
} logit_shared;

/** With few candidates all folds are fitted together: they read the rows once for all. */
bool logit__are_together(const ml_cv *cv);

/** Numbers of one candidate; 0: its Hessians are not shared. */
size_t logit__shared_size(const ml_cv *cv, size_t n_atoms);

/** Where they are. @param shape  of all rows */
logit_shared logit__shared_at(const ml_cv *cv, const logit_shape *shape, size_t n_atoms,
                              size_t candidate, const void *shared);

/** Where a fold begins, that trains on atoms as often as `uses` says: all n_all parameters, their
 * gradients, and the factors of the Hessians, one behind another. */
ML_MUST_CHECK ml_status logit__shared_start(const logit_shape *shape, const logit_shared *shared,
                                            size_t n_atoms, const uint32_t *uses, double c,
                                            double *b, double *g, double *factors, ml_error *err);

#endif
