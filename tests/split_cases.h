/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random rows, and what a slow twin says of their folds. */
#ifndef TESTS_SPLIT_CASES_H
#define TESTS_SPLIT_CASES_H

#include "support.h"

enum { ROWS = 48, MOST = 9 };

/* Random rows, some of which take part; what schemes look at is by place among those. */
typedef struct split_rows {
  size_t n, k;
  uint32_t members[ROWS];
  int class[ROWS], group[ROWS], given[ROWS]; /* below 4, 12, k; given: or -1 */
  double start[ROWS], end[ROWS];             /* whole numbers; starts are below 30 */
  ml_dataset data;
} split_rows;

/* Folds as lists of places among the rows that take part. */
typedef struct split_expected {
  size_t n; /* 0: they cannot be */
  size_t n_train[ROWS], n_test[ROWS];
  size_t train[ROWS][ROWS], test[ROWS][ROWS];
} split_expected;

extern const split_expected split_none;

/* A random number from 0 to n - 1. */
int split_below(int n);

/* ml_split() must give these folds. */
void split_compare(const char *scheme, const split_rows *r, const split_expected *want);

/* The same for k folds that are trained on all that they do not test. */
void split_compare_dealt(const char *scheme, const split_rows *r, const int *fold_of, size_t k);

/* Run a twin on many random rows; some of its folds must be possible, and some not. */
void split_run_twin(void (*twin)(const split_rows *));

#endif
