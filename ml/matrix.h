/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A matrix with named rows and columns: what extraction gives, and how it is written. */
#ifndef ML_MATRIX_H
#define ML_MATRIX_H

#include <ml/exec.h>
#include <ml/status.h>
#include <ml/watch.h>

ML_BEGIN_DECLS

/* Read-only for callers; free it with ml_matrix_free(). */
typedef struct ml_matrix {
  size_t n_rows, n_columns;
  double *values;        /* n_rows x n_columns, row-major unless by_column */
  bool by_column;        /* values are column-major: those of a column lie together */
  char **rows;           /* names of the rows: ids */
  char **columns;        /* names of the columns: features */
  char *row_label;       /* what the rows are, as the first cell of a CSV header: "id" */
  bool rows_are_numbers; /* all names of rows are numbers: JSON writes them as such where that is
                            exact */
  ml_block *block;       /* what values lie in */
} ml_matrix;

/**
 * Make a matrix of zeros without names.
 *
 * @param exec      who will write its values; NULL for serial use
 * @param[out] out  free it with ml_matrix_free(). rows and columns are arrays of NULLs, to be
 * filled with strings from malloc(), which the matrix then owns; row_label is "id".
 */
ML_API ML_MUST_CHECK ml_status ml_matrix_new(const ml_exec *exec, size_t n_rows, size_t n_columns,
                                             ml_matrix **out, ml_error *err);

/** NULL is allowed. */
ML_API void ml_matrix_free(ml_matrix *matrix);

typedef enum ml_format {
  ML_FORMAT_AUTO, /* by the end of the path: .csv, .csv.gz, .npy, .json, .json.gz, .jsonl,
                     .jsonl.gz, .parquet; CSV for anything else */
  ML_FORMAT_CSV, /* header with row_label and columns, then a line for each row; RFC 4180, line ends
                    "\n" */
  ML_FORMAT_NPY, /* NumPy's format 1.0 ("<f8", C order); names go to a file beside it */
  ML_FORMAT_JSON,   /* {"id": row_label, "ids": [...], "columns": [...], "data": [[...], ...]} */
  ML_FORMAT_JSONL,  /* a line for each row: {row_label: "ID", COLUMN: NUMBER, ...} */
  ML_FORMAT_PARQUET /* by DuckDB's library: ids are BIGINT or DOUBLE where their texts come back so,
                       else VARCHAR; values are DOUBLE, also NaN, which is no null */
} ml_format;

/**
 * Write a matrix. The file appears complete or not at all. "x.npy" comes with "x.columns.json"
 * beside it: {"id": row_label, "ids": [...], "columns": [...]}. That one is there before the .npy
 * is, and an older .npy goes before it changes: where both are, they belong together.
 *
 * @param path   "-" is standard output (not for ML_FORMAT_NPY and ML_FORMAT_PARQUET)
 * @param watch  may be NULL
 *
 * @retval ML_ERR_USAGE  as ml_matrix_beside()
 * @retval ML_ERR_IO, ML_ERR_CLOSED, ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_matrix_write(const ml_matrix *matrix, const char *path,
                                               ml_format format, const ml_watch *watch,
                                               ml_error *err);

/**
 * Names of letters, digits and underscores alone, for programs that take no others: any other byte
 * becomes an underscore. Equal ones are told apart by _2, _3, ... in their order; a name
 * that is safe already keeps itself. The result depends on the names and their order alone.
 *
 * @param names    n distinct names
 * @param[out] out  free it with ml_safe_names_free()
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_safe_names(const char *const *names, size_t n, char ***out,
                                             ml_error *err);

/** NULL is allowed. */
ML_API void ml_safe_names_free(char **names, size_t n);

/**
 * As ml_matrix_write(), but the columns have their ml_safe_names(), and a file beside says which is
 * which: "x.names.csv" beside "x.csv", with the columns safe and name. It is replaced as the
 * file beside a .npy is: where both are, they belong together.
 *
 * @retval ML_ERR_USAGE  as ml_matrix_beside(), or path is standard output
 */
ML_API ML_MUST_CHECK ml_status ml_matrix_write_safe(const ml_matrix *matrix, const char *path,
                                                    ml_format format, const ml_watch *watch,
                                                    ml_error *err);

/**
 * ml_matrix_write(), or ml_matrix_write_safe(), of some columns only.
 *
 * @param columns  n of them, each once, in the order they are written in
 * @return as ml_matrix_write(), ml_matrix_write_safe()
 */
ML_API ML_MUST_CHECK ml_status ml_matrix_write_columns(const ml_matrix *matrix,
                                                       const size_t *columns, size_t n,
                                                       const char *path, ml_format format,
                                                       bool safe_names, const ml_watch *watch,
                                                       ml_error *err);

/* A matrix that is written while it is made. */
typedef struct ml_matrix_writer ml_matrix_writer;

/**
 * ml_matrix_write() in steps, for a matrix whose rows come one after another. All of its names are
 * there already, and stay.
 *
 * @param matrix      borrowed, with the watch, until the writer is gone
 * @param safe_names  as ml_matrix_write_safe()
 * @param[out] out    end it with ml_matrix_write_commit() or ml_matrix_write_abort(). Not written
 *                    on failure.
 * @return as ml_matrix_write()
 */
ML_API ML_MUST_CHECK ml_status ml_matrix_write_open(const ml_matrix *matrix, const char *path,
                                                    ml_format format, bool safe_names,
                                                    const ml_watch *watch, ml_matrix_writer **out,
                                                    ml_error *err);

/** The first n_rows have their values: write those that are not written. @return as
 * ml_matrix_write(); then only ml_matrix_write_abort() is left to do */
ML_API ML_MUST_CHECK ml_status ml_matrix_write_rows(ml_matrix_writer *writer, size_t n_rows,
                                                    ml_error *err);

/** Write the rest, and put the files in their places. Frees the writer, whatever it returns. */
ML_API ML_MUST_CHECK ml_status ml_matrix_write_commit(ml_matrix_writer *writer, ml_error *err);

/** Remove what was written. NULL is allowed. */
ML_API void ml_matrix_write_abort(ml_matrix_writer *writer);

/**
 * The file of names that ml_matrix_write_safe() would write.
 *
 * @param[out] beside  from malloc()
 * @retval ML_ERR_USAGE  path is standard output
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_matrix_names_beside(const char *path, char **beside,
                                                      ml_error *err);

/**
 * The second file that ml_matrix_write() would write.
 *
 * @param[out] beside  from malloc(); NULL when there is none
 *
 * @retval ML_ERR_USAGE  path and format do not go together: .npy on standard output, .npy.gz; or
 *                       there is no library for .parquet
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_matrix_beside(const char *path, ml_format format, char **beside,
                                                ml_error *err);

ML_END_DECLS
#endif
