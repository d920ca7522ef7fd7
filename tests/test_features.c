/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features from CSV files. */
#include "features_cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *put(const char *text) {
  return put_bytes("f.csv", text, strlen(text));
}

static void expect_error(const char *text, const ml_features_opts *opts, ml_status status,
                         const char *want) {
  expect_error_of(put(text), opts, status, want);
}

/* ---- CSV ---- */

static void cells(void **state) {
  (void)state;
  ml_matrix *m = read_ok(
      put("id,a,b\n1,,True\n2,NaN,false\n\"x,\"\"y\",nan,inf\n3,-inf,Infinity\n"), NULL, NULL);
  assert_int_equal(m->n_rows, 4);
  assert_int_equal(m->n_columns, 2);
  assert_true(m->by_column);
  assert_false(m->rows_are_numbers);
  assert_string_equal(m->row_label, "id");
  assert_string_equal(m->rows[2], "x,\"y");
  assert_string_equal(m->columns[1], "b");
  static const double want[] = {NAN, NAN, NAN, -INFINITY, 1, 0, INFINITY, INFINITY};
  for (size_t i = 0; i < 8; i++) expect_same("cell", m->values[i], want[i]);
  ml_matrix_free(m);
  expect_error("id,a\n1,yes\n", NULL, ML_ERR_PARSE,
               "2:3: expected a number, found \"yes\"; --exclude a leaves the column out");
  expect_error("id,a,b\n1,2,3\n2,4\n", NULL, ML_ERR_PARSE, "3:4: expected 3 fields, found 2");
  expect_error("id,a\n", NULL, ML_ERR_PARSE, "no rows");
  expect_error("id,a\n,1\n", NULL, ML_ERR_PARSE, "2:1: column \"id\" is empty here");
}

static void which_column_is_the_id(void **state) {
  (void)state;
  const ml_features_opts none = {.id = ""}, named = {.id = "b"};
  expect_matrix(put("a,id,b\n1,x,2\n"), NULL, "id,a,b\nx,1,2\n");
  expect_matrix(put("storm,a,b\nx,1,2\n"), NULL, "storm,a,b\nx,1,2\n");
  expect_matrix(put(",a,b\nx,1,2\n"), NULL, "id,a,b\nx,1,2\n"); /* an index of pandas */
  expect_matrix(put("v__mean,v__max\n7,2\n8,9\n"), NULL, "id,v__mean,v__max\n0,7,2\n1,8,9\n");
  expect_matrix(put("storm,a\n1,2\n"), &none, "id,storm,a\n0,1,2\n");
  expect_matrix(put("id,a,b\n1,2,x\n"), &named, "b,id,a\nx,1,2\n");
  expect_matrix(put("id,a,\n1,2,\n"), NULL, "id,a\n1,2\n"); /* a delimiter too many */
  expect_matrix(put("id,a\n\"(b, 3)\",2\n"), NULL, "id,a\n\"(b, 3)\",2\n");
  const ml_features_opts first = {.target = "y"}, excluded = {.exclude = "storm"};
  expect_matrix(put("y,a\n1,2\n2,4\n"), &first, "id,a\n0,2\n1,4\n");
  expect_matrix(put("storm,a\nx,2\ny,4\n"), &excluded, "id,a\n0,2\n1,4\n");
}

static void columns(void **state) {
  (void)state;
  const ml_features_opts some = {.exclude = "b,\"c,d\""}, lost = {.exclude = "storn"},
                         far = {.id = "what"}, both = {.id = "a", .target = "a"},
                         target = {.target = "hurricanes"}, twice = {.exclude = "a"},
                         empty = {.exclude = " "}, all = {.exclude = "a,storm"},
                         lines = {.exclude = "a\nstorm"};
  expect_matrix(put("id,b,a,\"c,d\"\n1,x,2,y\n"), &some, "id,a\n1,2\n");
  expect_error("id,a,storm\n1,2,3\n", &lost, ML_ERR_USAGE,
               "no column \"storn\" (did you mean \"storm\"?)");
  expect_error("id,a,storm\n1,2,3\n", &far, ML_ERR_USAGE,
               "no column \"what\" (the file has: id, a, storm)");
  expect_error("id,a\n1,2\n", &both, ML_ERR_USAGE, "column \"a\" is given two parts");
  expect_error("id,hurricane\n1,2\n", &target, ML_ERR_USAGE,
               "no column \"hurricanes\" (did you mean \"hurricane\"?)");
  expect_error("id,a,a\n1,2,3\n", &twice, ML_ERR_USAGE, "more than one column \"a\"");
  expect_error("id,a,b,a\n1,2,3,4\n", NULL, ML_ERR_PARSE, "more than one column \"a\"");
  expect_error("id,a,id\n1,2,3\n", NULL, ML_ERR_USAGE, "more than one column \"id\"");
  expect_error("id,,b\n1,2,3\n", NULL, ML_ERR_PARSE,
               "column 2 has no name; --exclude '\"\"' leaves it out");
  expect_error("id,a\n1,2\n", &empty, ML_ERR_USAGE, "--exclude has no names");
  expect_error("id,a\n1,2\n", &lines, ML_ERR_USAGE,
               "--exclude has several lines; commas separate the names");
  expect_error("id,a,storm\n1,2,3\n", &all, ML_ERR_PARSE,
               "no column of a feature (the file has: id, a, storm)");
  expect_error("id\n1\n", NULL, ML_ERR_PARSE, "no column of a feature (the file has: id)");
}

static void ids_are_distinct(void **state) {
  (void)state;
  const ml_features_opts named = {.id = "a"};
  ml_matrix *m = read_ok(put("id,a\n10,1\n007,2\n1e1000,3\n"), NULL, NULL);
  assert_true(m->rows_are_numbers);
  assert_string_equal(m->rows[1], "007");
  ml_matrix_free(m);
  expect_error("id,a\n1,1\n2,2\n\n1,3\n", NULL, ML_ERR_PARSE,
               "5: id \"1\" is in line 2 already; features have one row for each id");
  expect_error("id,a\n3,0\n1,1\n2,2\n1.0,3\n", NULL, ML_ERR_PARSE,
               "5: id \"1.0\" is in line 3 already; features have one row for each id");
  expect_error("id,a\nx,1\nx,2\n", &named, ML_ERR_PARSE,
               "2:1: expected a number, found \"x\"; --exclude id leaves the column out");
  expect_error("b,a\n1,1\n1,2\n", NULL, ML_ERR_PARSE,
               "3: id \"1\" is in line 2 already; --id names the column of the ids, --id \"\" says "
               "that there is none");
}

static void a_column_is_the_target(void **state) {
  (void)state;
  const ml_features_opts opts = {.target = "y"};
  ml_target *t = NULL;
  ml_matrix *m = read_ok(put("id,a,y,b\n10,1,no,2\n9,3,yes,4\n2,5,yes,6\n"), &opts, &t);
  assert_int_equal(m->n_columns, 2);
  assert_string_equal(t->name, "y");
  assert_int_equal(t->type, ML_TARGET_TEXT);
  assert_string_equal(t->labels[0], "yes"); /* of id 2 */
  assert_string_equal(t->labels[1], "no");
  assert_memory_equal(t->classes, ((uint32_t[]){1, 0, 0}), 3 * sizeof(uint32_t));
  ml_matrix_free(m);
  ml_target_free(t);
  expect_error("id,a,y\n1,1,1\n2,2,\n", &opts, ML_ERR_PARSE, "3:5: column \"y\" is empty here");
  expect_error("id,a,y\n1,1,1\n2,2,NaN\n", &opts, ML_ERR_PARSE,
               "target \"y\" has no value for id \"2\"");
  expect_error("id,a,y\n1,1,1\n2,2,1\n", &opts, ML_ERR_PARSE,
               "target \"y\" has only one value, \"1\"");
  const ml_features_opts real = {.target = "y", .id = "", .problem = ML_REGRESSION};
  expect_error("a,y\n1,1\n2,x\n", &real, ML_ERR_PARSE,
               "target \"y\" is to be numbers for a regression, but is \"x\" in row 2");
}

/* ---- memory ---- */

/* Most bytes that this process has had resident, or has now. */
static double resident(const char *key) {
  char line[256];
  double kilobytes = 0;
  FILE *file = fopen("/proc/self/status", "r");
  assert_non_null(file);
  while (fgets(line, sizeof line, file))
    if (strncmp(line, key, strlen(key)) == 0) kilobytes = strtod(line + strlen(key), NULL);
  assert_int_equal(fclose(file), 0);
  return kilobytes * 1024;
}

/* Columns that grow, and that move into the matrix, leave nothing behind: also where the host has
 * freed a large block before, after which the C library keeps what is freed. */
static void a_matrix_is_in_memory_once(void **state) {
  (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  skip();
#endif
  enum { N_ROWS = 40000, N_COLUMNS = 300 };
  const char *path = in_dir("large.csv");
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  for (size_t j = 0; j <= N_COLUMNS; j++) fprintf(f, j < N_COLUMNS ? "c%zu," : "c%zu\n", j);
  for (size_t i = 0; i < N_ROWS; i++)
    for (size_t j = 0; j <= N_COLUMNS; j++)
      fprintf(f, j < N_COLUMNS ? "%zu," : "%zu\n", j ? i * j % 1000 : i);
  assert_int_equal(fclose(f), 0);
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    void *volatile large = malloc(8 << 20);
    free(large);
    double before = resident("VmRSS:");
    ml_matrix_free(read_ok(path, NULL, NULL));
    double most = resident("VmHWM:") - before;
    _exit(most < 1.3 * N_ROWS * N_COLUMNS * sizeof(double) ? 0 : 1);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cells),
      cmocka_unit_test(which_column_is_the_id),
      cmocka_unit_test(columns),
      cmocka_unit_test(ids_are_distinct),
      cmocka_unit_test(a_column_is_the_target),
      cmocka_unit_test(a_matrix_is_in_memory_once),
  };
  return cmocka_run_group_tests_name("features", tests, NULL, NULL);
}
