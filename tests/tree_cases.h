/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of trees and forests share: small tables of chance. */
#ifndef TESTS_TREE_CASES_H
#define TESTS_TREE_CASES_H

#include "support.h"

#include <ml/rng.h>

enum { MAX_ROWS = 64, MAX_COLUMNS = 4, MAX_CLASSES = 4, MAX_PARAMS = 16 };

/* A table of few different numbers, so that there are ties and equal rows. */
typedef struct table {
  double x[MAX_COLUMNS * MAX_ROWS], y[MAX_ROWS], weights[MAX_ROWS];
  uint32_t classes[MAX_ROWS];
  ml_view view;
} table;

/* Set a parameter. @return its value */
double param(const ml_model *model, double *params, const char *name, double value);

enum { UNWEIGHTED, WHOLE_WEIGHTS, REAL_WEIGHTS };

/* The first n of the rows are those of the view. */
void draw_table(ml_rng *rng, size_t n, size_t n_classes, int weights, table *t);
ml_view all_rows(const table *t);
void fit_predict(const ml_model *model, const double *params, const ml_view *train,
                 const ml_view *rows, uint64_t seed, double *out);

#endif
