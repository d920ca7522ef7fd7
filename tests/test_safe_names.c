/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of letters, digits and underscores, and the file that says which is which. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

static void names_become_safe_and_stay_distinct(void **state) {
  (void)state;
  static const char *const names[] = {"value__mean",
                                      "value__quantile__q_0.1",
                                      "value__x__r_-0.5",
                                      "value__x__r_0.5",
                                      "value__x__r__0_5",
                                      "w (2,)",
                                      "w [2,]",
                                      "w__2___2",
                                      "w {2,}",
                                      "",
                                      "_",
                                      "\xC3\xA9",
                                      "Az09_"};
  static const char *const want[] = {"value__mean",
                                     "value__quantile__q_0_1",
                                     "value__x__r__0_5_2", /* that name is taken, further down */
                                     "value__x__r_0_5",
                                     "value__x__r__0_5",
                                     "w__2__",
                                     "w__2___3", /* _2 is taken */
                                     "w__2___2",
                                     "w__2___4",
                                     "__2",
                                     "_",
                                     "__",
                                     "Az09_"};
  enum { N = sizeof names / sizeof *names };
  char **safe = NULL;
  assert_int_equal(ml_safe_names(names, N, &safe, NULL), ML_OK);
  for (size_t i = 0; i < N; i++) assert_string_equal(safe[i], want[i]);
  ml_safe_names_free(safe, N);
  assert_int_equal(ml_safe_names(NULL, 0, &safe, NULL), ML_OK);
  ml_safe_names_free(safe, 0);
}

static void the_file_beside_has_its_place(void **state) {
  (void)state;
  static const char *const paths[][2] = {{"x.csv", "x.names.csv"},
                                         {"a.b/x.csv.gz", "a.b/x.names.csv"},
                                         {"x.npy", "x.names.csv"},
                                         {"x.json", "x.names.csv"},
                                         {"x.json.gz", "x.names.csv"},
                                         {"features", "features.names.csv"},
                                         {"features.txt", "features.txt.names.csv"}};
  ml_error err = {0};
  char *beside;
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    assert_int_equal(ml_matrix_names_beside(paths[i][0], &beside, &err), ML_OK);
    assert_string_equal(beside, paths[i][1]);
    free(beside);
  }
  assert_int_equal(ml_matrix_names_beside("-", &beside, &err), ML_ERR_USAGE);
  assert_null(beside);
  assert_string_equal(err.message,
                      "safe names need a file to lie beside: they cannot go to standard output");
}

static ml_matrix *new_matrix(void) {
  ml_matrix *m = NULL;
  assert_int_equal(ml_matrix_new(NULL, 1, 2, &m, NULL), ML_OK);
  m->rows[0] = strdup("7");
  m->columns[0] = strdup("v__a__f_\"x\"");
  m->columns[1] = strdup("v__a__f_(1, 2)");
  m->values[0] = 1;
  m->values[1] = 2.5;
  return m;
}

static void expect_file(const char *name, const char *want) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", temp_dir(), name);
  size_t n;
  char *bytes = read_file(path, &n);
  assert_string_equal(bytes, want);
  free(bytes);
}

static ml_status write_to(const ml_matrix *m, const char *name) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", temp_dir(), name);
  return ml_matrix_write_safe(m, path, ML_FORMAT_AUTO, NULL, NULL);
}

static void both_files_are_written(void **state) {
  (void)state;
  static const char mapping[] =
      "safe,name\nv__a__f__x_,\"v__a__f_\"\"x\"\"\"\nv__a__f__1__2_,\"v__a__f_(1, 2)\"\n";
  ml_matrix *m = new_matrix();
  assert_int_equal(write_to(m, "x.csv"), ML_OK);
  expect_file("x.csv", "id,v__a__f__x_,v__a__f__1__2_\n7,1,2.5\n");
  expect_file("x.names.csv", mapping);
  assert_string_equal(m->columns[0], "v__a__f_\"x\""); /* the matrix keeps its names */
  assert_int_equal(write_to(m, "y.npy"), ML_OK);
  expect_file("y.names.csv", mapping);
  size_t n;
  char path[512];
  snprintf(path, sizeof path, "%s/y.columns.json", temp_dir());
  char *json = read_file(path, &n);
  assert_non_null(strstr(json, "\"v__a__f__x_\", \"v__a__f__1__2_\""));
  free(json);
  ml_matrix_free(m);
}

/* Names that cannot be written leave the old pair alone, and values that cannot leave no names. */
static void a_pair_is_never_torn(void **state) {
  (void)state;
  char path[512];
  ml_matrix *m = new_matrix();
  snprintf(path, sizeof path, "%s/z.names.csv", temp_dir());
  mkdir(path, 0777);
  assert_int_equal(write_to(m, "z.csv"), ML_ERR_IO);
  snprintf(path, sizeof path, "%s/z.csv", temp_dir());
  assert_int_not_equal(access(path, F_OK), 0);
  mkdir(path, 0777);
  snprintf(path, sizeof path, "%s/z.names.csv", temp_dir());
  assert_int_equal(rmdir(path), 0);
  assert_int_equal(write_to(m, "z.csv"), ML_ERR_IO);
  assert_int_not_equal(access(path, F_OK), 0);
  ml_matrix_free(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_become_safe_and_stay_distinct),
      cmocka_unit_test(the_file_beside_has_its_place),
      cmocka_unit_test(both_files_are_written),
      cmocka_unit_test(a_pair_is_never_torn),
  };
  return cmocka_run_group_tests_name("safe_names", tests, NULL, NULL);
}
