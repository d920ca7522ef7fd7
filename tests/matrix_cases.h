/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matrices that are written, and what is expected of the files. */
#ifndef TESTS_MATRIX_CASES_H
#define TESTS_MATRIX_CASES_H

#include "support.h"

/* A path in the temporary folder; borrowed until the next call. */
const char *in_dir(const char *name);

/* Of these names and values, row by row. */
ml_matrix *new_matrix(size_t n_rows, size_t n_columns, const char *const *rows,
                      const char *const *columns, const double *values);

/* 3 x 2 of what is hard to write. */
ml_matrix *nasty(void);

/* A matrix that takes several buffers in every format. */
ml_matrix *large(void);

void write_ok(const ml_matrix *m, const char *path, ml_format format);

/* The whole file. */
void expect_content(const char *path, const char *want);

#endif
