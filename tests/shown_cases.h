/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Results of cross-validation to show, made by hand: usual ones, and those that are odd in some
 * way. */
#ifndef TESTS_SHOWN_CASES_H
#define TESTS_SHOWN_CASES_H

#include <ml/cli/xval.h>

typedef struct shown_case {
  const char *name, *model;
  size_t n_rows, n_classes; /* 0: regression */
  size_t n_folds, n_repeats;
  const char *specs[3]; /* of --grid; none: no search */
  const char *holdout, *metrics;
  size_t n_outer;
  bool has_failures, all_fail, is_undefined, is_hostile, picks_1se, has_ids, has_times;
  double scale; /* of scores; 0: 1 */
} shown_case;

extern const shown_case shown_cases[]; /* ends with a name of NULL */

/* Everything that a case is made of. */
typedef struct shown_made {
  cli_xval given;
  xval_asked asked;
  ml_dataset data;
  ml_candidates candidates;
  ml_xval_result result;
  xval_shown shown;
  void *memory; /* all that it points to */
} shown_made;

/* The case of that name; fails the program when there is none. Release it. */
shown_made *shown_case_make(const char *name);
void shown_case_release(shown_made *made);

/* The score of metric m of candidate c in fold f: what the case put there. */
double shown_case_score(const shown_case *c, size_t candidate, size_t fold, size_t metric);

#endif
