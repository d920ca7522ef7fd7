/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What models learn from: a table of features, a target, and weights, groups and times of rows. */
#ifndef ML_DATASET_H
#define ML_DATASET_H

#include <ml/exec.h>
#include <ml/matrix.h>
#include <ml/problem.h>
#include <ml/select.h>
#include <ml/status.h>
#include <ml/watch.h>

ML_BEGIN_DECLS

/* Distinct labels and which of them each row has: classes, groups, categories. Labels ascend: as
 * numbers if all of them are numbers, else byte by byte. */
typedef struct ml_levels {
  char **labels;   /* n texts, as the file has them */
  size_t n;        /* 0: there are none */
  uint32_t *codes; /* one for each row, below n; UINT32_MAX: missing (categories only) */
} ml_levels;

/* What ml_dataset_read() makes is read-only. A caller may also make one by hand: zero-initialise it
 * and fill in what is known, with memory that outlives its use; ml_dataset_free() is not for it. */
typedef struct ml_dataset {
  size_t n_rows, n_features;
  /* n_rows x n_features, column-major; NaN: missing. In a column of texts a value is the number of
   * its category. */
  const double *x;
  ml_block *block;       /* shared memory that x lies in; NULL: x is memory of the caller */
  char **names;          /* n_features; NULL: x0, x1, ... */
  ml_levels *categories; /* n_features: the categories of columns of texts; n is 0 for columns of
                            numbers. codes are NULL: x has them. NULL: all columns are numbers */
  ml_problem problem;    /* ML_CLASSIFICATION or ML_REGRESSION; ML_PROBLEM_AUTO: no target */
  char *target;          /* name of the target; NULL: "y" */
  double *y;             /* regression: n_rows finite numbers */
  ml_levels classes;     /* classification: the classes, and the class of each row */
  double *weights;       /* n_rows, finite and not negative; NULL: all are 1 */
  ml_levels groups;
  ml_levels predefined; /* the fold that tests a row; rows with the label "-1" are never tested */
  double *start, *end; /* n_rows: span of time that the label of a row depends on, for purged folds;
                          numbers, or seconds since 1970 */
  bool are_times;      /* start and end are seconds since 1970 */
  char **ids;          /* n_rows names of rows; NULL: rows have numbers only */
  char *id;            /* name of the column of ids; NULL: there is none */
  char *source;        /* name of the file, for messages; may be NULL */
  size_t n_unused;     /* ids of target_file that no row has */
} ml_dataset;

/* Names of columns; NULL: there is none. */
typedef struct ml_dataset_opts {
  const char *id;          /* NULL: "id", if there is one; "": none */
  const char *target;      /* NULL: no target; with target_file: the only column beside the id */
  const char *target_file; /* file that has the target, joined by id as ml_target_read() does; ids
                              that no row has are counted in n_unused, unless no row is found */
  const char *weights, *groups, *predefined, *start, *end; /* columns that are not features */
  const char *exclude; /* more columns that are not features, separated by commas */
  bool no_features; /* read the columns above alone: splits need no features, and a file without any
                       is no error then */
  bool may_lack_features; /* a file without any feature is no error; those there are are read */
  ml_problem problem;  /* ML_PROBLEM_AUTO: classification if the target is texts, booleans or up to
                          ML_CLASSES_MAX different integers; else regression */
  bool takes_infinite; /* accept infinite values of features: a step will impute them. Else they are
                          an error */
  char delimiter;      /* 0: detected */
  const ml_watch *watch; /* may be NULL */
} ml_dataset_opts;

#define ML_CLASSES_MAX 20

/**
 * Read a dataset from CSV, plain or compressed, or from .npy with its .columns.json beside it. A
 * feature with a cell that is neither a number nor missing is a column of texts. A file that cannot
 * be read twice, such as a pipe, is kept in memory while it is read.
 *
 * The values are read into the block where they stay: 8 bytes for each cell, whatever the number
 * of columns.
 *
 * @param path      "-" is standard input
 * @param opts      NULL for the defaults: no target
 * @param exec      the executor that will work on the data; NULL: none
 * @param[out] out  free it with ml_dataset_free(). Not written on failure.
 *
 * @retval ML_ERR_USAGE  a column that is not there (the message names the nearest), or that is
 * named for two purposes
 * @retval ML_ERR_PARSE  a target, weight, group, fold, start or end that is missing, infinite, no
 *                       number where it must be one, or negative (weights); start after end; one
 *                       class only; no feature, unless there need not be any; no row; an id that is
 * there twice
 * @retval ML_ERR_IO, ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_dataset_read(const char *path, const ml_dataset_opts *opts,
                                               const ml_exec *exec, ml_dataset **out,
                                               ml_error *err);

/**
 * Make a dataset of a matrix, such as ml_fresh_extract() gives, and a target of the same rows.
 *
 * @param target    NULL: none. Classes become those of ml_levels, ascending
 * @param exec      who will use it; NULL for serial use
 * @param[out] out  of copies: matrix and target may be freed. Free it with ml_dataset_free(). Not
 *                  written on failure.
 * @retval ML_ERR_USAGE  matrix and target have not as many rows
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_dataset_of_matrix(const ml_matrix *matrix,
                                                    const ml_target *target, const ml_exec *exec,
                                                    ml_dataset **out, ml_error *err);

/**
 * Make a dataset of series, a row for each id or window, that has no features yet.
 *
 * @param opts      target, weights, groups, predefined: columns that the set was read with, as
 *                  ml_series_opts.target and attributes, or else of target_file, which is joined by
 *                  the ids of the series. Without groups, windows have those of their series. What
 *                  else there is for tables is not looked at.
 * @param[out] out  give it features with ml_dataset_add_features(); free it with ml_dataset_free().
 *                  Not written on failure.
 * @return as ml_dataset_read()
 */
ML_API ML_MUST_CHECK ml_status ml_dataset_of_series(const ml_series_set *set,
                                                    const ml_dataset_opts *opts, ml_dataset **out,
                                                    ml_error *err);

/**
 * Give features to a dataset of ml_dataset_of_series().
 *
 * @param matrix  as ml_fresh_extract() gives it; copied
 * @param exec    who will use it; NULL for serial use
 * @retval ML_ERR_USAGE  it has features already, or not as many rows
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_dataset_add_features(ml_dataset *data, const ml_matrix *matrix,
                                                       const ml_exec *exec, ml_error *err);

/** NULL is allowed. */
ML_API void ml_dataset_free(ml_dataset *data);

/**
 * Make levels of texts: each distinct text is a label, in the order that ml_levels has.
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
