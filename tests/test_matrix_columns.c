/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matrices that lie column by column, and files of some of their columns. */
#include "matrix_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The same values column-major. */
static void turn(ml_matrix *m) {
  size_t size = m->n_rows * m->n_columns * sizeof *m->values;
  double *rows = malloc(size);
  memcpy(rows, m->values, size);
  for (size_t i = 0; i < m->n_rows; i++)
    for (size_t j = 0; j < m->n_columns; j++)
      m->values[j * m->n_rows + i] = rows[i * m->n_columns + j];
  m->by_column = true;
  free(rows);
}

static void expect_same_files(const char *a, const char *b) {
  char path[512];
  size_t n, m;
  snprintf(path, sizeof path, "%s", in_dir(a));
  char *got = read_file(path, &n), *want = read_file(in_dir(b), &m);
  assert_int_equal(n, m);
  assert_memory_equal(got, want, n);
  free(got);
  free(want);
}

static void the_layout_does_not_show(void **state) {
  (void)state;
  static const char *names[][2] = {{"rows.csv", "turned.csv"},
                                   {"rows.json", "turned.json"},
                                   {"rows.npy", "turned.npy"},
                                   {"rows.columns.json", "turned.columns.json"}};
  ml_matrix *rows = large(), *turned = large();
  ml_error err = {0};
  turn(turned);
  for (size_t i = 0; i < 4; i++) {
    if (i < 3) {
      write_ok(rows, in_dir(names[i][0]), ML_FORMAT_AUTO);
      write_ok(turned, in_dir(names[i][1]), ML_FORMAT_AUTO);
    }
    expect_same_files(names[i][0], names[i][1]);
  }
  /* In steps, which begin anywhere in what is put together at once. */
  ml_matrix_writer *w = NULL;
  assert_int_equal(
      ml_matrix_write_open(turned, in_dir("turned.csv"), ML_FORMAT_AUTO, false, NULL, &w, &err),
      ML_OK);
  for (size_t n = 0; n <= 3000; n += 123) assert_int_equal(ml_matrix_write_rows(w, n, &err), ML_OK);
  assert_int_equal(ml_matrix_write_commit(w, &err), ML_OK);
  expect_same_files("turned.csv", "rows.csv");
  ml_matrix_free(rows);
  ml_matrix_free(turned);
}

/* A matrix of what is chosen, made by hand, is written to the same bytes. */
static void some_columns(void **state) {
  (void)state;
  static const char *ends[] = {"csv", "json", "npy"};
  enum { N = 37 };
  ml_matrix *all = large(), *few = NULL;
  size_t columns[N];
  assert_int_equal(ml_matrix_new(NULL, all->n_rows, N, &few, NULL), ML_OK);
  few->rows_are_numbers = true;
  for (size_t j = 0; j < N; j++) columns[j] = (j * 31 + 99) % all->n_columns;
  for (size_t i = 0; i < all->n_rows; i++) {
    few->rows[i] = strdup(all->rows[i]);
    for (size_t j = 0; j < N; j++)
      few->values[i * N + j] = all->values[i * all->n_columns + columns[j]];
  }
  for (size_t j = 0; j < N; j++) {
    all->columns[columns[j]][0] = '\xc3'; /* not safe, and equal to another but for the bytes */
    few->columns[j] = strdup(all->columns[columns[j]]);
  }
  for (size_t k = 0; k < 12; k++) {
    char a[64], b[64];
    bool is_safe = k % 2;
    ml_error err = {0};
    if (k == 6) turn(all);
    snprintf(a, sizeof a, "few.%s", ends[k / 2 % 3]);
    snprintf(b, sizeof b, "chosen.%s", ends[k / 2 % 3]);
    assert_int_equal((is_safe ? ml_matrix_write_safe : ml_matrix_write)(few, in_dir(a),
                                                                        ML_FORMAT_AUTO, NULL, &err),
                     ML_OK);
    assert_int_equal(
        ml_matrix_write_columns(all, columns, N, in_dir(b), ML_FORMAT_AUTO, is_safe, NULL, &err),
        ML_OK);
    expect_same_files(a, b);
    if (is_safe) expect_same_files("few.names.csv", "chosen.names.csv");
    if (k / 2 % 3 == 2) expect_same_files("few.columns.json", "chosen.columns.json");
  }
  ml_matrix_free(all);
  ml_matrix_free(few);
}

static void no_columns_at_all(void **state) {
  (void)state;
  ml_matrix *m = nasty();
  ml_error err = {0};
  assert_int_equal(
      ml_matrix_write_columns(m, NULL, 0, in_dir("no.csv"), ML_FORMAT_AUTO, false, NULL, &err),
      ML_OK);
  expect_content(in_dir("no.csv"), "id\n1\n\"a,b\"\n007\n");
  ml_matrix_free(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_layout_does_not_show),
      cmocka_unit_test(some_columns),
      cmocka_unit_test(no_columns_at_all),
  };
  return cmocka_run_group_tests_name("matrix/columns", tests, NULL, NULL);
}
