/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trainings to show: data that are made here, fitted and cross-validated by the library. */
#ifndef TESTS_TRAIN_CASES_H
#define TESTS_TRAIN_CASES_H

#include <ml/cli/train.h>

typedef struct train_case {
  const char *name, *model;
  const char *prep, *grid;              /* NULL: none */
  size_t n_rows, n_features, n_classes; /* n_classes 0: regression */
  bool is_unscored, is_hostile, has_times, has_workers, has_texts, has_missing, by_hand;
  const char
      *series; /* CSV of raw series, with the target y; the other numbers are of no use then */
} train_case;

extern const train_case train_cases[]; /* ends with a name of NULL */

typedef struct train_made train_made;

/* The case of that name; fails the program when there is none. Release it. */
train_made *train_case_make(const char *name);
void train_case_release(train_made *made);

const trained *train_case_trained(const train_made *made);

/* The page of a case; free() it. */
char *train_case_page(const char *name);

#endif
