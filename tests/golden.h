/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the reference computed, as files, and the strict rule of comparing with it. */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "support.h"

#include <jansson.h>

/* Path of a file of the reference or of the copy beside the tests; NULL when it is in neither.
 * Borrowed until the next call. */
const char *golden_path(const char *name);

/* Columns of such a CSV file: the first n_labels of them as texts, the others as numbers; NULL when
 * it is not there. */
ml_table *golden_table(const char *name, size_t n_labels);

/* Such a JSON file; fails the test when it is not there. Release it with json_decref(). */
json_t *golden_json(const char *name);

/* The text of row i in column j. */
const char *golden_label(const ml_table *table, size_t i, size_t j);

typedef struct golden_miss {
  double score, expected, got;
  char id[64], column[200];
} golden_miss;

/* A comparison of many cells; start with all 0 but what is known. */
typedef struct golden_comparison {
  const ml_table *tolerance;         /* id, feature, atol; NULL: none */
  const ml_table *wavelet_tolerance; /* of cwt_coefficients alone; NULL: the same as of all */
  double rtol;                       /* with 1 for 1e-6; 0: 1e-9 */
  size_t n_compared, n_wrong, n_worst;
  golden_miss worst[10];
} golden_comparison;

/* A cell passes when |got - expected| <= max(rtol max(1e-6, |expected|), atol); 1 instead of 1e-6
 * where rtol is given. */
void golden_compare(golden_comparison *c, const char *id, const char *column, double expected,
                    double got);

/* Fail the test when a cell was wrong, with the worst of them, or when there was none. */
void golden_conclude(const char *name, const golden_comparison *c);

#endif
