/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searches that drop candidates before all of their folds are computed. */
#ifndef XVAL_EARLY_H
#define XVAL_EARLY_H

#include "run.h"

enum {
  HALVING_FACTOR = 3, /* candidates of which one goes on, and as many times the rows that it gets */
  HALVING_LEAST = 1000, /* rows that are trained on: fewer would choose models for small samples */
  HALVING_LEAST_OF_CLASS = 20, /* for each class, on average */
  RUNGS_MOST = 64
};

/* Compute folds [first, first + n) of a scene for candidates in the order of items__sort(). */
ml_status search__folds(xval_run *run, size_t scene, size_t first, size_t n,
                        const size_t *candidates, size_t n_candidates, ml_error *err);

/* @param candidates  all, in the order of items__sort(); used up */
ml_status early__race(xval_run *run, size_t *candidates, ml_error *err);
ml_status early__halve(xval_run *run, size_t *candidates, ml_error *err);

#endif
