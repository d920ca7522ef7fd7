/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of reading a dataset; never installed. */
#ifndef ML_DATASET_INTERNAL_H
#define ML_DATASET_INTERNAL_H

#include <ml/csv.h>
#include <ml/dataset.h>

#include "features_internal.h"
#include "target_internal.h"

/* Columns that are no features, beside id and target: places in features_roles.more. */
enum {
  DATASET_WEIGHTS,
  DATASET_GROUPS,
  DATASET_PREDEFINED,
  DATASET_START,
  DATASET_END,
  DATASET_N_MORE
};

/* The features that are to be read, and nothing else but the columns that the options name. */
typedef struct dataset_some {
  const char *const *names; /* n, in this order */
  const bool *are_texts;    /* n: its cells are texts, even if all of them look like numbers */
  size_t n;
  const char *id; /* column of the ids, where the options name none and it is there; NULL: "id" */
} dataset_some;

/* ml_dataset_read() of some columns: other columns may be anything.
 * @retval ML_ERR_PARSE  columns are not there: all of them are named, up to some */
ml_status dataset__read(const char *path, const ml_dataset_opts *opts, const dataset_some *some,
                        const ml_exec *exec, ml_dataset **out, ml_error *err);

/* The same from the bytes of CSV. */
ml_status dataset__parse(const char *bytes, size_t n, const char *source,
                         const ml_dataset_opts *opts, const dataset_some *some, const ml_exec *exec,
                         ml_dataset **out, ml_error *err);

/* What is asked of the columns of the file. @param some  NULL: all */
features_ask dataset__ask(const ml_dataset_opts *opts, const dataset_some *some);

/* A column that is no feature: as read, and where its rows are. */
typedef struct dataset_column {
  target_column column;
  const ml_csv *csv; /* rows are named by their lines in it; NULL: by column.ids, or counted */
} dataset_column;

/* The error of a row, such as `weight "w" is negative` and where that is. */
ml_status dataset__fail_row(const dataset_column *c, size_t row, ml_error *err, const char *format,
                            ...) ML_PRINTF(4, 5);

/* ---- what becomes of columns ---- */

/* Classes, or numbers: fills in problem, y, classes. */
ml_status dataset__take_target(const dataset_column *c, ml_problem problem, ml_dataset *data,
                               ml_error *err);

/* The rest takes its parts of a dataset out of columns that have texts or numbers. */
ml_status dataset__take_weights(const dataset_column *c, ml_dataset *data, ml_error *err);
ml_status dataset__take_levels(const dataset_column *c, ml_levels *out, ml_error *err);

/* Start and end: numbers (seconds), of which none is missing. */
ml_status dataset__check_times(const dataset_column *start, const ml_dataset *data, ml_error *err);

/* The ids, which must be distinct. Copies them. */
ml_status dataset__take_ids(const dataset_column *c, const char *name, ml_dataset *data,
                            ml_error *err);

/* The target from a file of its own. */
ml_status dataset__join_target(const ml_dataset_opts *opts, ml_dataset *data, ml_error *err);

/* ---- levels ---- */

/* Levels of rows that have codes of distinct texts, of which some may be equal as numbers.
 * @param codes  n_rows, below n_texts, or UINT32_MAX: missing */
ml_status levels__make(char *const *texts, size_t n_texts, const uint32_t *codes, size_t n_rows,
                       ml_levels *out, ml_error *err);

/* n texts in one piece of memory, for free(). @return NULL when memory ran out */
char **dataset__copy_texts(const char *const *texts, size_t n);

/* ---- the formats ---- */

typedef ml_status dataset_reader(const char *path, const ml_dataset_opts *opts,
                                 const dataset_some *some, const ml_exec *exec, ml_dataset *data,
                                 ml_error *err);

dataset_reader dataset__read_csv, dataset__read_npy;

/* dataset__read_csv() of bytes in memory. @param bytes  NULL: source is a path */
ml_status dataset__parse_csv(const char *bytes, size_t n, const char *source,
                             const ml_dataset_opts *opts, const dataset_some *some,
                             const ml_exec *exec, ml_dataset *data, ml_error *err);

#endif
