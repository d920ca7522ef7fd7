/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a matrix becomes the bytes of a file; never installed. */
#ifndef ML_MATRIX_FORM_H
#define ML_MATRIX_FORM_H

#include <ml/buffer.h>
#include <ml/output.h>

#include "matrix_internal.h"

/* One file that is being written. Text is appended to buf, and goes on to out in chunks. */
typedef struct matrix_file {
  const ml_matrix *matrix;
  const char *path;
  const matrix_ids *ids; /* all names of rows, where the matrix has those of some rows only; NULL:
                            it has all */
  char *const *names;    /* of the columns before they were made safe; NULL: they were not */
  const ml_watch *watch;
  ml_output *out;
  ml_buf buf;
  size_t n_rows; /* written, or in buf */
  size_t first;  /* row whose name is the first of the matrix */
  matrix_rows values;
  const matrix_source *source; /* of all rows, where they are not in memory; NULL: they are */
  int id_type;                 /* of Parquet's ids */
} matrix_file;

/* How a file is made of its parts; NULL: it has none of these. */
typedef struct matrix_form {
  ml_status (*head)(matrix_file *file, ml_error *err);
  /* The next n rows. */
  ml_status (*rows)(matrix_file *file, const double *values, size_t n, ml_error *err);
  void (*tail)(matrix_file *file);
  /* In place of rows and tail: all rows at the end. */
  ml_status (*whole)(matrix_file *file, ml_error *err);
} matrix_form;

extern const matrix_form matrix__names_form;   /* beside a .npy: the names, which it has no place
                                                  for */
extern const matrix_form matrix__mapping_form; /* beside an output with safe names */

/* @param format  not ML_FORMAT_AUTO */
const matrix_form *matrix__form(ml_format format);

/* Hand what is in buf on to out. */
ml_status matrix__flush(matrix_file *file, ml_error *err);

#endif
