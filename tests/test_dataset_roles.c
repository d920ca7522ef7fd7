/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datasets: targets, weights, groups, folds, times. */
#include "dataset_cases.h"

#include <stdio.h>

static const ml_dataset_opts target_y = {.target = "y"};

/* ---- targets ---- */

static void classes(void **state) {
  (void)state;
  ml_dataset *data = read_text("a,y\n1,b\n1,a\n1,B\n1,b\n", &target_y);
  assert_int_equal(data->problem, ML_CLASSIFICATION);
  expect_levels(&data->classes, 4, "B,a,b: 2 1 0 2");
  assert_null(data->y);
  ml_dataset_free(data);
  data = read_text("a,y\n1,10\n1,9\n1,-1\n1,9\n", &target_y);
  expect_levels(&data->classes, 4, "-1,9,10: 2 1 0 1");
  ml_dataset_free(data);
  data = read_text("a,y\n1,1.0\n1, 0\n1,1\n", &target_y); /* as the file has them, first */
  expect_levels(&data->classes, 3, "0,1.0: 1 0 1");
  ml_dataset_free(data);
  data = read_text("a,y\n1,True\n1,False\n", &target_y);
  expect_levels(&data->classes, 2, "False,True: 1 0");
  ml_dataset_free(data);
  data = read_text("a,y\n1,1\n1,none\n1,x\n", &target_y); /* a word as others */
  expect_levels(&data->classes, 3, "1,none,x: 0 1 2");
  ml_dataset_free(data);
}

/* Classes up to 20 different integers; more, or a fraction, is a number. */
static void which_problem(void **state) {
  (void)state;
  char text[512] = "a,y\n";
  size_t n = 4;
  for (int i = 0; i < 20; i++) n += (size_t)snprintf(text + n, sizeof text - n, "1,%d\n", i % 20);
  ml_dataset *data = read_text(text, &target_y);
  assert_int_equal(data->problem, ML_CLASSIFICATION);
  assert_int_equal(data->classes.n, 20);
  ml_dataset_free(data);
  snprintf(text + n, sizeof text - n, "1,20\n");
  data = read_text(text, &target_y);
  assert_int_equal(data->problem, ML_REGRESSION);
  ml_dataset_free(data);
  data = read_text("a,y\n1,1\n1,1.5\n1,1\n", &target_y);
  assert_int_equal(data->problem, ML_REGRESSION);
  ml_dataset_free(data);
  const ml_dataset_opts classes_ = {.target = "y", .problem = ML_CLASSIFICATION},
                        numbers = {.target = "y", .problem = ML_REGRESSION};
  data = read_text("a,y\n1,2.5\n1,1.5\n1,2.5\n", &classes_);
  expect_levels(&data->classes, 3, "1.5,2.5: 1 0 1");
  ml_dataset_free(data);
  data = read_text("a,y\n1,1\n1,0\n", &numbers);
  expect_same("y", data->y[0], 1);
  ml_dataset_free(data);
  data = read_text("a,y\n1,true\n1,False\n", &numbers);
  expect_same("y", data->y[0], 1);
  expect_same("y", data->y[1], 0);
  ml_dataset_free(data);
  expect_error("a,y\n1,1\n1,x\n", &numbers, ML_ERR_PARSE,
               "3: target \"y\" is to be numbers for a regression, but is \"x\"");
}

static void wrong_targets(void **state) {
  (void)state;
  expect_error("a,y\n1,1\n1,\n", &target_y, ML_ERR_PARSE, "3:3: column \"y\" is empty here");
  expect_error("a,y\n1,1\n1,NA\n", &target_y, ML_ERR_PARSE, "3:3: missing value (\"NA\")");
  expect_error("a,y\n1,1\n1, \n", &target_y, ML_ERR_PARSE, "3:3: missing value (empty)");
  expect_error("a,y\n1,1\n1,2\n1,none\n", &target_y, ML_ERR_PARSE, "4: target \"y\" has no value");
  expect_error("a,y\n1,x\n1,x\n", &target_y, ML_ERR_PARSE,
               " target \"y\" has one class only, \"x\"");
}

static void target_of_another_file(void **state) {
  (void)state;
  char path[512];
  snprintf(path, sizeof path, "%s", put_as("t.csv", "id,v\n3,c\n1.0,a\n2,b\n"));
  const ml_dataset_opts opts = {.target_file = path};
  ml_dataset *data = read_text("id,a\n1,5\n2,6\n3,7\n", &opts);
  assert_string_equal(data->target, "v");
  expect_levels(&data->classes, 3, "a,b,c: 0 1 2");
  assert_int_equal(data->n_unused, 0);
  ml_dataset_free(data);
  data = read_text("id,a\n1,5\n2,6\n", &opts);
  expect_levels(&data->classes, 2, "a,b: 0 1");
  assert_int_equal(data->n_unused, 1);
  ml_dataset_free(data);
  expect_error(
      "id,a\n4,5\n5,6\n", &opts, ML_ERR_PARSE,
      " 2 ids (4, 5) of the features have no target, and 3 ids (1.0, 2, 3) of column \"id\" "
      "are not among the features");
  expect_error("a\n5\n", &opts, ML_ERR_USAGE,
               " no column of ids, which a target of another file is joined by; --id names it");
  snprintf(path, sizeof path, "%s", put_as("t.csv", "id,v\n3,2.5\n1,none\n2,1\n"));
  expect_error("id,a\n1,5\n2,6\n3,7\n", &opts, ML_ERR_PARSE,
               " target \"v\" has no value for id \"1\"");
}

/* ---- weights, groups, folds, times ---- */

static void other_columns(void **state) {
  (void)state;
  const ml_dataset_opts opts = {.target = "y",
                                .weights = "w",
                                .groups = "g",
                                .predefined = "f",
                                .start = "s",
                                .end = "e",
                                .exclude = "b"};
  ml_dataset *data = read_text(
      "a,b,y,w,g,f,s,e\n1,2,3.5,0,g2,-1,1,2\n1,2,4.5,0.5,g10,1,1.5,1.5\n1,2,3,2,g2,0,0,9\n", &opts);
  assert_int_equal(data->n_features, 1);
  for (size_t i = 0; i < 3; i++) {
    expect_same("w", data->weights[i], (double[]){0, 0.5, 2}[i]);
    expect_same("s", data->start[i], (double[]){1, 1.5, 0}[i]);
    expect_same("e", data->end[i], (double[]){2, 1.5, 9}[i]);
  }
  assert_false(data->are_times);
  expect_levels(&data->groups, 3, "g10,g2: 1 0 1");
  expect_levels(&data->predefined, 3, "-1,0,1: 0 2 1");
  ml_dataset_free(data);
  const ml_dataset_opts times = {.target = "y", .start = "s", .end = "e"};
  data = read_text(
      "a,y,s,e\n1,1,1970-01-02,1970-01-02T00:00:01.5\n2,2,1969-12-31T23:59:59,"
      "1970-01-01\n",
      &times);
  assert_true(data->are_times);
  for (size_t i = 0; i < 2; i++) {
    expect_same("s", data->start[i], (double[]){86400, -1}[i]);
    expect_same("e", data->end[i], (double[]){86401.5, 0}[i]);
  }
  ml_dataset_free(data);
}

static void wrong_columns(void **state) {
  (void)state;
  const ml_dataset_opts opts = {.target = "y", .weights = "w"}, groups = {.groups = "g"},
                        times = {.start = "s", .end = "e"};
  expect_error("a,y,w\n1,1,1\n1,2,\n", &opts, ML_ERR_PARSE, "3:5: missing value (empty)");
  expect_error("a,y,w\n1,1,1\n1,2,-1\n", &opts, ML_ERR_PARSE, "3: weight \"w\" is negative");
  expect_error("a,y,w\n1,1,1\n1,2,inf\n", &opts, ML_ERR_PARSE, "3:5: infinite value \"inf\"");
  expect_error("a,y,w\n1,1,x\n", &opts, ML_ERR_PARSE, "2:5: expected a number, found \"x\"");
  expect_error("a,y,w\n1,1,0\n1,2,0\n", &opts, ML_ERR_PARSE, " all weights \"w\" are 0");
  expect_error("a,g\n1,x\n1,\n", &groups, ML_ERR_PARSE, "3:3: column \"g\" is empty here");
  expect_error("a,g\n1,x\n1,NaN\n", &groups, ML_ERR_PARSE, "3:3: missing value (\"NaN\")");
  expect_error("a,s,e\n1,1,2\n1,3,2\n", &times, ML_ERR_PARSE, "3: start \"s\" is after the end");
  expect_error("a,s,e\n1,1,2020-01-01\n", &times, ML_ERR_PARSE,
               " one of start \"s\" and end \"e\" has dates, the other numbers");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(classes),       cmocka_unit_test(which_problem),
      cmocka_unit_test(wrong_targets), cmocka_unit_test(target_of_another_file),
      cmocka_unit_test(other_columns), cmocka_unit_test(wrong_columns),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
