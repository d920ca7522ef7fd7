/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Targets in files of their own, joined to features by id. */
#include "features_cases.h"

#include <stdlib.h>
#include <string.h>

static ml_matrix *rows_of(const char *const *ids, size_t n) {
  ml_matrix *m = NULL;
  assert_int_equal(ml_matrix_new(NULL, n, 0, &m, NULL), ML_OK);
  for (size_t i = 0; i < n; i++) m->rows[i] = strdup(ids[i]);
  return m;
}

static ml_target *join_ok(const char *text, const ml_target_opts *opts, const ml_matrix *m) {
  ml_target *t = NULL;
  ml_error err = {0};
  if (ml_target_read(put_bytes("y.csv", text, strlen(text)), opts, m, &t, &err) != ML_OK)
    fail_msg("%s", err.message);
  return t;
}

static void expect_join_error(const char *text, const ml_target_opts *opts, const ml_matrix *m,
                              ml_status status, const char *want) {
  ml_target *t = (ml_target *)1;
  ml_error err = {0};
  char got[1024];
  assert_int_equal(ml_target_read(put_bytes("y.csv", text, strlen(text)), opts, m, &t, &err),
                   status);
  show_error(&err, got, sizeof got);
  assert_string_equal(got, want);
  assert_ptr_equal(t, (ml_target *)1);
}

static void joined_by_id(void **state) {
  (void)state;
  ml_matrix *m = rows_of((const char *[]){"10", "9", "1"}, 3);
  ml_target *t = join_ok("id,y\n1.0,5.5\n10,6\n09,7\n", NULL, m);
  assert_memory_equal(t->values, ((double[]){6, 7, 5.5}), 3 * sizeof(double));
  assert_int_equal(t->problem, ML_REGRESSION);
  assert_string_equal(t->name, "y");
  ml_target_free(t);
  t = join_ok("y,id\nb,9\na,10\nc,1\n", NULL, m);
  assert_string_equal(t->labels[0], "c"); /* ascending by id */
  assert_string_equal(t->labels[1], "b");
  assert_memory_equal(t->classes, ((uint32_t[]){2, 1, 0}), 3 * sizeof(uint32_t));
  ml_target_free(t);
  const ml_target_opts opts = {.name = "z", .id = "n"};
  t = join_ok("id,z,n\n0,x,1\n0,x,10\n0,v,9\n", &opts, m);
  assert_memory_equal(t->classes, ((uint32_t[]){0, 1, 0}), 3 * sizeof(uint32_t));
  ml_target_free(t);
  free(m->row_label);
  m->row_label = strdup("storm");
  t = join_ok("id,storm\n1,9\n2,10\n2,1\n", NULL, m); /* the rows' label goes first */
  assert_string_equal(t->name, "id");
  ml_target_free(t);
  t = join_ok("what,y\n1,9\n9,10\n10,1\n", NULL, m); /* the first */
  assert_string_equal(t->name, "y");
  ml_target_free(t);
  ml_matrix_free(m);
  m = rows_of((const char *[]){"(a, 10)", "(a, 9)"}, 2);
  t = join_ok("id,y\n\"(a, 9)\",1\n\"(a, 10)\",2\n", NULL, m);
  assert_memory_equal(t->values, ((double[]){2, 1}), 2 * sizeof(double));
  assert_string_equal(t->labels[0], "1");
  ml_target_free(t);
  ml_matrix_free(m);
}

static void ids_that_do_not_match(void **state) {
  (void)state;
  ml_matrix *m = rows_of((const char *[]){"1", "2", "3"}, 3);
  expect_join_error("id,y\n1,0\n2,1\n1,1\n3,0\n", NULL, m, ML_ERR_PARSE,
                    "4: id \"1\" is in line 2 already");
  expect_join_error("id,y\n1,0\n\n01,1\n", NULL, m, ML_ERR_PARSE,
                    "4: id \"01\" is in line 2 already");
  expect_join_error("id,y\n1,0\n", NULL, m, ML_ERR_PARSE,
                    "2 ids (2, 3) of the features have no target");
  expect_join_error("id,y\n1,0\n2,0\n3,1\n4,1\n", NULL, m, ML_ERR_PARSE,
                    "1 id (4) of column \"id\" is not among the features");
  expect_join_error("id,y\na,0\nb,0\nc,1\nd,1\ne,0\nf,0\n1,1\n2,1\n", NULL, m, ML_ERR_PARSE,
                    "1 id (3) of the features has no target, and 6 ids (a, b, c, d, e, ...) of "
                    "column \"id\" are not among the features");
  ml_matrix_free(m);
}

static void columns_of_the_target_file(void **state) {
  (void)state;
  const ml_target_opts lost = {.name = "hurricanes"}, no_id = {.id = "storn"},
                       both = {.name = "id"};
  ml_matrix *m = rows_of((const char *[]){"1", "2"}, 2);
  expect_join_error("id,y,z\n1,0,0\n2,1,1\n", NULL, m, ML_ERR_USAGE,
                    "several columns beside \"id\" (the file has: id, y, z); --target names the "
                    "one to predict");
  expect_join_error("id\n1\n", NULL, m, ML_ERR_USAGE, "no column beside \"id\" (the file has: id)");
  expect_join_error("id,hurricane\n1,0\n", &lost, m, ML_ERR_USAGE,
                    "no column \"hurricanes\" (did you mean \"hurricane\"?)");
  expect_join_error("storm,y\n1,0\n", &no_id, m, ML_ERR_USAGE,
                    "no column \"storn\" (did you mean \"storm\"?)");
  expect_join_error("id,y\n1,0\n", &both, m, ML_ERR_USAGE,
                    "column \"id\" is both the id and the target");
  expect_join_error("id,y\n1,0\n2,\n", NULL, m, ML_ERR_PARSE, "3:3: column \"y\" is empty here");
  expect_join_error("id,y\n2,0\n1,NA\n", NULL, m, ML_ERR_PARSE,
                    "target \"y\" has no value for id \"1\"");
  expect_join_error("id,y\n2,inf\n1,0\n", NULL, m, ML_ERR_PARSE,
                    "target \"y\" has an infinite value for id \"2\"");
  expect_join_error("id,y\n2,0\n1,0\n", NULL, m, ML_ERR_PARSE,
                    "target \"y\" has only one value, \"0\"");
  ml_matrix_free(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(joined_by_id),
      cmocka_unit_test(ids_that_do_not_match),
      cmocka_unit_test(columns_of_the_target_file),
  };
  return cmocka_run_group_tests_name("target/read", tests, NULL, NULL);
}
