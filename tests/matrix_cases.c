/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matrices that are written, and what is expected of the files. */
#include "matrix_cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *in_dir(const char *name) {
  static char path[512];
  snprintf(path, sizeof path, "%s/%s", temp_dir(), name);
  return path;
}

ml_matrix *new_matrix(size_t n_rows, size_t n_columns, const char *const *rows,
                      const char *const *columns, const double *values) {
  ml_matrix *m = NULL;
  assert_int_equal(ml_matrix_new(NULL, n_rows, n_columns, &m, NULL), ML_OK);
  for (size_t i = 0; i < n_rows; i++) m->rows[i] = strdup(rows[i]);
  for (size_t j = 0; j < n_columns; j++) m->columns[j] = strdup(columns[j]);
  for (size_t i = 0; i < n_rows * n_columns; i++) m->values[i] = values[i];
  return m;
}

ml_matrix *nasty(void) {
  return new_matrix(3, 2, (const char *[]){"1", "a,b", "007"},
                    (const char *[]){"x__q_0.1", "x__attr_\"real\""},
                    (double[]){0.1, NAN, INFINITY, -INFINITY, -0.0, 1e300});
}

void write_ok(const ml_matrix *m, const char *path, ml_format format) {
  ml_error err = {0};
  if (ml_matrix_write(m, path, format, NULL, &err) != ML_OK)
    fail_msg("%s: %s", err.source, err.message);
}

void expect_content(const char *path, const char *want) {
  size_t n;
  char *got = read_file(path, &n);
  assert_string_equal(got, want);
  assert_int_equal(n, strlen(want));
  free(got);
}

ml_matrix *large(void) {
  ml_matrix *m = NULL;
  uint64_t seed = 3;
  char name[32];
  assert_int_equal(ml_matrix_new(NULL, 3000, 100, &m, NULL), ML_OK);
  for (size_t i = 0; i < m->n_rows; i++) {
    snprintf(name, sizeof name, "%zu", i);
    m->rows[i] = strdup(name);
  }
  for (size_t j = 0; j < m->n_columns; j++) {
    snprintf(name, sizeof name, "f%zu", j);
    m->columns[j] = strdup(name);
  }
  for (size_t i = 0; i < m->n_rows * m->n_columns; i++)
    m->values[i] = (double)(next_random(&seed) >> 11) * 0x1p-53;
  m->rows_are_numbers = true;
  return m;
}
