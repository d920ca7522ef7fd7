/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the ways to write and read a matrix share; never installed. */
#ifndef ML_MATRIX_INTERNAL_H
#define ML_MATRIX_INTERNAL_H

#include <ml/matrix.h>

/* ml_matrix_new() over a block that has the values, which it takes, also on failure. */
ml_status matrix__of_block(ml_block *block, size_t n_rows, size_t n_columns, ml_matrix **out,
                           ml_error *err);

/* Names of rows one after the other, for a matrix that is never all there. */
typedef struct matrix_ids {
  /* @param[out] id  borrowed until the next call; NULL behind the last */
  ml_status (*next)(void *ctx, const char **id, ml_error *err);
  void *ctx;
} matrix_ids;

/* ml_matrix_write_open() for rows that come some at a time, each with its name.
 *
 * @param head  columns, row_label, rows_are_numbers, and n_rows: SIZE_MAX when that is not known,
 *              for formats without it (CSV, JSON lines); its rows and values are not looked at
 * @param ids   of all rows, for formats that have them before the values; called while this runs */
ml_status matrix__write_open(const ml_matrix *head, const matrix_ids *ids, const char *path,
                             ml_format format, bool safe_names, const ml_watch *watch,
                             ml_matrix_writer **out, ml_error *err);

/* Rows one after the other, some at a time. */
typedef struct matrix_source {
  /* @param[in,out] n  as many as are wanted at most; as many as there are then, 0 at the end
   * @param[out] names, values  row-major; borrowed until the next call */
  ml_status (*next)(void *ctx, size_t *n, char *const **names, const double **values,
                    ml_error *err);
  void *ctx;
} matrix_source;

/* matrix__write_open(), all rows, and the end. @param head  n_rows is known */
ml_status matrix__write_from(const ml_matrix *head, const matrix_ids *ids,
                             const matrix_source *rows, const char *path, ml_format format,
                             bool safe_names, const ml_watch *watch, ml_error *err);

/* The next n rows, row-major. */
ml_status matrix__write_rows(ml_matrix_writer *writer, char *const *names, const double *values,
                             size_t n, ml_error *err);

/* Let readers have all rows that were written. */
ml_status matrix__write_flush(ml_matrix_writer *writer, ml_error *err);

/* Does a format want the number of rows, or all names, before them? */
bool matrix__needs_all_names(ml_format format);

/* Some columns of a matrix, row by row, whatever its layout. */
typedef struct matrix_rows {
  const ml_matrix *matrix;
  const size_t *columns; /* n of them; NULL: all */
  size_t n;
  double *tile;       /* rows that had to be put together, as many as fit a cache */
  size_t tile_height; /* what it has room for */
} matrix_rows;

/* Rows from `first` on, row-major; at most n_rows of them, which are then as many as could be had
 * at once. @return NULL when memory ran out; valid until the next call */
const double *matrix__rows(matrix_rows *rows, size_t first, size_t *n_rows);

void matrix__rows_release(matrix_rows *rows);

/* Some columns of row-major values, each into a run of its own.
 *
 * @param rows     n_rows of them, `stride` values apart
 * @param columns  n of them; NULL: the first
 * @param height   from one run of out to the next, at least n_rows */
void matrix__columns(const double *rows, size_t n_rows, size_t stride, const size_t *columns,
                     size_t n, double *out, size_t height);

/* By the end of the path. */
ml_format matrix__format_of(const char *path);

/* As JSON has it: no plus, no leading zeros, digits on both sides of the point. n bytes. */
bool matrix__is_json_number(const char *text, size_t n);

#endif
