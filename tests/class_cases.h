/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data, folds and comparisons for the tests of classifiers and of nearest neighbours. */
#ifndef TESTS_CLASS_CASES_H
#define TESTS_CLASS_CASES_H

#include "support.h"

typedef struct class_data {
  size_t n, p, k; /* k: classes; 0: regression */
  double *x, *y, *weights;
  uint32_t *classes;
} class_data;

/* Normal features, of which the first ones tell the class (or y), with a seed. */
class_data class_random(size_t n, size_t p, size_t k, uint64_t seed);
/* Weights 0, 1, 2, 3. */
void class_weigh(class_data *data, uint64_t seed);
/* Rows as often as their weight says, without weights. */
class_data class_repeat(const class_data *data);
void class_release(class_data *data);
ml_view class_view(const class_data *data);

/* Uniform in [0, 1), and about normal. */
double class_uniform(uint64_t *state);
double class_normal(uint64_t *state);

/* Folds of any scheme. @param some  every fifth row is in none */
ml_folds *class_folds(const class_data *data, const char *scheme, size_t repeats, bool some);

/* The outputs of a fit on all rows, for rows of other data: n x max(k, 1); free() them. The message
 * of a fit that fails is put into err, and the result is NULL. */
double *class_fit(const ml_model *model, const double *params, const class_data *train,
                  const class_data *test, ml_error *err);

/* Fails unless share() and fold() give what fit() and predict() do, to 1e-9 relative, or the same
 * message. @return how many predictions were compared */
size_t class_compare(const char *label, const ml_model *model, const class_data *data,
                     const ml_folds *folds, const double *candidates, size_t n_candidates);

/* The same for folds of every kind. */
void class_compare_all(const ml_model *model, const class_data *data, const double *candidates,
                       size_t n_candidates);

/* A built-in model. */
const ml_model *class_model(const char *name);

#endif
