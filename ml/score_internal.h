/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of reading truth and predictions; never installed. */
#ifndef ML_SCORE_INTERNAL_H
#define ML_SCORE_INTERNAL_H

#include <ml/csv_internal.h>
#include <ml/score.h>

#include "features_internal.h"

typedef enum score_role {
  SCORE_ID,
  SCORE_TRUTH,
  SCORE_PREDICTION,
  SCORE_WEIGHT,
  SCORE_N_ROLES
} score_role;

/* A file, and what its columns are. */
typedef struct score_file {
  ml_csv *csv;
  features_names names;
  ml_csv_want *want; /* n_want of the columns, which are those of the table */
  size_t n_want;
  size_t of[SCORE_N_ROLES];     /* column of the table; SIZE_MAX: none */
  const char *share;            /* what the names of columns of probabilities begin with; NULL */
  size_t first_share, n_shares; /* columns of the table: probabilities of classes */
  ml_table *table;
} score_file;

#define SCORE_MARGINS "score_" /* such columns are no probabilities */

static inline const ml_column *score__column(const score_file *file, score_role role) {
  return file->of[role] == SIZE_MAX ? NULL : &file->table->columns[file->of[role]];
}

/* The line of a row, for errors. */
static inline size_t score__line(const score_file *file, size_t row) {
  return csv__line_of_row(file->csv, row);
}

/* Open one file or two and decide what their columns are. @param truth  the same as predictions
 * where the path is NULL */
ml_status score__open(const char *truth_path, const char *path, const ml_score_opts *opts,
                      score_file *truth, score_file *predictions, ml_error *err);

ml_status score__read(score_file *file, ml_error *err);
void score__close(score_file *file);

/* Row of the truth for each row of the predictions; NULL: the same. free() it. */
ml_status score__join(const score_file *truth, const score_file *predictions, size_t **rows,
                      ml_error *err);

#endif
