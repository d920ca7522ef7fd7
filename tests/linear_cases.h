/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data, folds and comparisons for the tests of the linear models. */
#ifndef TESTS_LINEAR_CASES_H
#define TESTS_LINEAR_CASES_H

#include "golden.h"

/* ---- data ---------------------------------------------------------------------------------- */

typedef struct linear_data {
  size_t n, p;
  double *x, *y, *weights; /* weights may be NULL */
  ml_table *table;         /* of the reference */
} linear_data;

/* A dataset of the reference: the weights are its column w, when with_weights. */
linear_data linear_read(const char *name, bool with_weights);

/* n x p numbers of a seed; y depends on some of them. */
linear_data linear_random(size_t n, size_t p, uint64_t seed);
double linear_next_normal(uint64_t *state);
void linear_release(linear_data *data);
ml_view linear_view(const linear_data *data);

/* ---- folds --------------------------------------------------------------------------------- */

/* k runs of rows as KFold makes them, or as kfSplit does: then the rows that are trained on are
 * listed, those behind the test first. ml_folds_free() */
ml_folds *linear_kfold(size_t n, size_t k, bool lists);

/* n_folds random sets of rows that are tested and trained on, overlapping; with members, some rows
 * are in none. */
ml_folds *linear_random_folds(size_t n, size_t n_folds, bool with_members, uint64_t seed);

/* Those of a case of the reference; NULL when its scheme is another. */
ml_folds *linear_folds_of(const json_t *cv, size_t n);

/* ---- predictions --------------------------------------------------------------------------- */

/* Predictions of every fold, candidate by candidate: for each fold n_candidates x n_test. */
typedef struct linear_predictions {
  double **folds;
  size_t n;
} linear_predictions;

/* By fit() and predict(), or by share() and fold(). */
linear_predictions linear_by_fits(const ml_model *model, const ml_cv *cv);
linear_predictions linear_by_folds(const ml_model *model, const ml_cv *cv);
void linear_predictions_release(linear_predictions *predictions);

/* Both must be equal to rtol, of the deviation of the predictions or of y where that is greater. */
void linear_expect_equal(const char *label, const ml_cv *cv, const linear_predictions *a,
                         const linear_predictions *b, double rtol);

#endif
