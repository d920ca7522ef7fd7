/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The functions of the module fresh. */
#include "functions_cases.h"

#include <math.h>
#include <string.h>

static ml_status call(const char *name, const char *arg, ml_value *out, ml_error *err) {
  return call_function(functions, arena, name, arg, out, err);
}

static void expect_json(const char *name, const char *arg, const char *want) {
  expect_result(functions, arena, name, arg, want);
}

static void features_of_a_series(void **state) {
  (void)state;
  load("fresh");
  expect_json("features", "{\"x\":[1,2,3,6],\"params\":{\"mean\":null,\"quantile\":[{\"q\":0.5}]}}",
              "{\"mean\":3,\"quantile__q_0.5\":2.5}");
  expect_json("fresh.features", "{\"x\":[1,2.5],\"params\":{\"sum_values\":null}}",
              "{\"sum_values\":3.5}");
  expect_json("fresh.features", "{\"x\":[],\"params\":{\"mean\":null}}", "{\"mean\":null}");
  expect_json("fresh.names", "{\"quantile\":[{\"q\":0.1},{\"q\":0.2}],\"mean\":null}",
              "[\"quantile__q_0.1\",\"quantile__q_0.2\",\"mean\"]");
}

static void features_are_those_of_the_extraction(void **state) {
  (void)state;
  static const char csv[] = "id,value\n1,1\n1,4\n1,-2\n1,4\n1,0.5\n";
  ml_value out, names;
  ml_error err = {0};
  ml_series_set *set;
  ml_matrix *matrix;
  load("fresh");
  assert_int_equal(call("fresh.features", "[1,4,-2,4,0.5]", &out, &err), ML_OK);
  assert_int_equal(call("fresh.names", "null", &names, &err), ML_OK);
  assert_int_equal(ml_series_parse(csv, strlen(csv), "csv", NULL, &set, &err), ML_OK);
  assert_int_equal(ml_fresh_extract(set, NULL, NULL, NULL, &matrix, &err), ML_OK);
  assert_int_equal(out.as.l.n, matrix->n_columns);
  assert_int_equal(names.as.l.n, matrix->n_columns);
  for (size_t i = 0; i < matrix->n_columns; i++) {
    assert_string_equal(out.as.l.names[i], matrix->columns[i] + strlen("value__"));
    assert_string_equal(names.as.l.values[i].as.s.text, out.as.l.names[i]);
    expect_same(matrix->columns[i], out.as.l.values[i].as.d, matrix->values[i]);
  }
  ml_matrix_free(matrix);
  ml_series_free(set);
}

/* 1 and 1.0 are two columns; NaN and infinities are values. */
static void numbers_in_params_keep_their_form(void **state) {
  (void)state;
  const double q[] = {1.0, 0.25}, odd[] = {NAN, -INFINITY};
  static const char *const want[] = {"quantile__q_1.0", "quantile__q_0.25", "quantile__q_1",
                                     "value_count__value_nan", "value_count__value_-inf"};
  static const char *const name_q[] = {"q"}, *const name_value[] = {"value"};
  static const char *const features[] = {"quantile", "value_count"};
  ml_value sets[3], odd_sets[2], params, out;
  ml_value values[5] = {ml_value_real(q[0]), ml_value_real(q[1]), ml_value_int(1),
                        ml_value_real(odd[0]), ml_value_real(odd[1])};
  for (size_t i = 0; i < 5; i++) {
    ml_value *set = i < 3 ? &sets[i] : &odd_sets[i - 3];
    ml_value *value = ml_value_new_dict(arena, i < 3 ? name_q : name_value, 1, set);
    assert_non_null(value);
    *value = values[i];
  }
  ml_value *lists = ml_value_new_dict(arena, features, 2, &params);
  assert_non_null(lists);
  memcpy(ml_value_new_list(arena, 3, &lists[0]), sets, sizeof sets);
  memcpy(ml_value_new_list(arena, 2, &lists[1]), odd_sets, sizeof odd_sets);
  ml_error err = {0};
  load("fresh");
  const ml_init command = {.kind = ML_INIT_CALL, .what = "fresh.names", .arg = params};
  assert_int_equal(ml_functions_init(functions, &command, arena, &out, NULL, &err), ML_OK);
  assert_int_equal(out.as.l.n, 5);
  for (size_t i = 0; i < 5; i++) assert_string_equal(out.as.l.values[i].as.s.text, want[i]);
}

static void wrong_arguments_of_features_are_told(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"1", "expected a vector or a list of numbers, found integer"},
      {"{\"y\":[1]}", "'x' is missing"},
      {"{\"x\":[1],\"parms\":1}", "takes 'x', 'params' and 'compat' only"},
      {"{\"x\":[1],\"compat\":\"modem\"}", "'compat' must be \"reference\" or \"modern\""},
      {"{\"x\":[1],\"compat\":1}", "'compat' must be \"reference\" or \"modern\""},
      {"{\"x\":[1],\"params\":1}", "'params' must be a name or an object of features"},
      {"{\"x\":[1,\"a\"]}", "expected numbers, found string in place 2 of the list"},
      {"{\"x\":[1],\"params\":{\"maen\":null}}", "unknown feature 'maen' (did you mean 'mean'?)"},
  };
  load("fresh");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ml_value out;
    ml_error err = {0};
    assert_int_equal(call("features", cases[i][0], &out, &err), ML_ERR_FUNCTION);
    assert_string_equal(err.message, cases[i][1]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(features_of_a_series),
      TEST(features_are_those_of_the_extraction),
      TEST(numbers_in_params_keep_their_form),
      TEST(wrong_arguments_of_features_are_told),
  };
  return cmocka_run_group_tests_name("fresh/functions", tests, NULL, NULL);
}
