/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What models learn from: a table of features, the target, and what is known of each row. */
#ifndef ML_DATASET_H
#define ML_DATASET_H

#include <ml/exec.h>
#include <ml/problem.h>
#include <ml/status.h>
#include <ml/watch.h>

ML_BEGIN_DECLS

/* Distinct texts, and which of them each row has: classes, groups, categories. They ascend: as
 * numbers where all of them are numbers, else byte by byte. */
typedef struct ml_levels {
  char **labels;   /* n, as the file has them */
  size_t n;        /* 0: there are none */
  uint32_t *codes; /* one for each row, below n; UINT32_MAX: missing (categories only) */
} ml_levels;

/* One may also be made by hand, zero-initialised and filled in, of memory that outlives its use:
 * then it is not freed. A dataset that ml_dataset_read() made is read-only. */
typedef struct ml_dataset {
  size_t n_rows, n_features;
  /* n_rows x n_features, column-major; NaN: missing. Of a column of texts: the code of its level,
   * as a number. */
  const double *x;
  ml_block *block;       /* what x lies in; NULL: memory of the caller */
  char **names;          /* n_features; NULL: x0, x1, ... */
  ml_levels *categories; /* n_features: of the columns of texts; all have n == 0 for those of
                            numbers, and codes are NULL: they are in x. NULL: all are numbers */
  ml_problem problem;    /* ML_CLASSIFICATION or ML_REGRESSION; ML_PROBLEM_AUTO: no target */
  char *target;          /* its name; NULL: "y" */
  double *y;             /* regression: n_rows finite numbers */
  ml_levels classes;     /* classification */
  double *weights;       /* n_rows, finite and not negative; NULL: all are 1 */
  ml_levels groups;
  ml_levels predefined; /* fold in which a row is tested; the label "-1" is never */
  double *start, *end; /* when the label of a row begins and ends: numbers, or seconds since 1970 */
  bool are_times;      /* start and end are the latter */
  char **ids;          /* names of the rows; NULL: they are numbered from 0 */
  char *id;            /* name of the column of the ids */
  char *source;        /* name of the file, for messages; may be NULL */
} ml_dataset;

/* Names of columns; NULL: there is none. */
typedef struct ml_dataset_opts {
  const char *id;     /* NULL: "id", if there is one; "": none */
  const char *target; /* NULL: no target, unless target_file is given, which has then one column
                         beside the id */
  const char *target_file; /* has the target, joined by id as ml_target_read() does; all its ids
                              are those of the rows */
  const char *weights, *groups, *predefined, *start, *end; /* are no features */
  const char *exclude; /* more that are no features, separated by commas */
  bool no_features;    /* none is read, and there need not be any: who splits rows wants the columns
                          above alone */
  bool may_lack_features; /* there need not be any, but those there are are read */
  ml_problem problem;     /* ML_PROBLEM_AUTO: texts, booleans and up to ML_CLASSES_MAX different
                             integers are classes, all else are numbers */
  bool takes_infinite;    /* infinite values of features are read as they are: who imputes them */
  char delimiter;         /* 0: detected */
  const ml_watch *watch;  /* may be NULL */
} ml_dataset_opts;

#define ML_CLASSES_MAX 20

/**
 * Read a dataset: CSV (also packed), or .npy with its .columns.json beside it. A feature with a
 * cell that is neither a number nor missing is a column of texts. Files that cannot be read twice,
 * such as pipes, are kept in memory meanwhile.
 *
 * The values are read into the block where they stay: 8 bytes for each cell, whatever the number
 * of columns.
 *
 * @param exec      who will use it; NULL for serial use
 * @param[out] out  free it with ml_dataset_free(). Not written on failure.
 *
 * @retval ML_ERR_USAGE  no such column (the message has the nearest), or one that is named twice
 * @retval ML_ERR_PARSE  a target, weight, group, fold, start or end that is missing, infinite, no
 *                       number where it must be one, or negative (weights); start after end; one
 *                       class only; no feature, unless there need not be any; no row; an id that is
 * there twice
 * @retval ML_ERR_IO, ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_dataset_read(const char *path, const ml_dataset_opts *opts,
                                               const ml_exec *exec, ml_dataset **out,
                                               ml_error *err);

/** NULL is allowed. */
ML_API void ml_dataset_free(ml_dataset *data);

/**
 * Number texts in their order: ascending as numbers where all of them are, else byte by byte.
 *
 * @param cells    n_rows texts
 * @param[out] out  release it with ml_levels_release(). Not written on failure.
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_levels_make(const char *const *cells, size_t n_rows,
                                              ml_levels *out, ml_error *err);
ML_API void ml_levels_release(ml_levels *levels);

ML_END_DECLS
#endif
