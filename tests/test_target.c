/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Targets: what their cells are, and what the classes are called. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_OF(...) (sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *))
/* CELLS("1", "2"): the array and how long it is */
#define CELLS(...) (const char *[]){__VA_ARGS__}, N_OF(__VA_ARGS__)

static ml_target *make(const char *const *cells, size_t n, ml_problem problem) {
  ml_target *t = NULL;
  ml_error err = {0};
  if (ml_target_from_texts("y", cells, n, NULL, problem, NULL, &t, &err) != ML_OK)
    fail_msg("%s", err.message);
  assert_string_equal(t->name, "y");
  assert_int_equal(t->n, n);
  return t;
}

/* @param labels  of the classes, separated by bars; NULL: there are none */
static void expect_target(const char *const *cells, size_t n, ml_problem asked, ml_target_type type,
                          ml_problem problem, const char *labels) {
  ml_target *t = make(cells, n, asked);
  char got[200] = "";
  assert_int_equal(t->type, type);
  assert_int_equal(t->problem, problem);
  assert_true((t->values == NULL) == (type == ML_TARGET_TEXT));
  assert_true((t->classes == NULL) == (labels == NULL));
  assert_true((t->n_classes == 0) == (labels == NULL));
  for (size_t c = 0; c < t->n_classes; c++) {
    strcat(got, c ? "|" : "");
    strcat(got, t->labels[c]);
  }
  assert_string_equal(got, labels ? labels : "");
  for (size_t i = 0; i < n && t->classes; i++) assert_true(t->classes[i] < t->n_classes);
  ml_target_free(t);
}

static void types_are_those_of_pandas(void **state) {
  (void)state;
  const ml_problem automatic = ML_PROBLEM_AUTO, class = ML_CLASSIFICATION, real = ML_REGRESSION;
  expect_target(CELLS("1", "0", "1"), automatic, ML_TARGET_INTEGER, class, "1|0");
  expect_target(CELLS("+1", "01", " 1 ", "-0", "0", "-01"), automatic, ML_TARGET_INTEGER, class,
                "1|0|-1");
  expect_target(CELLS("1.0", "0.0", "1"), class, ML_TARGET_REAL, class, "1.0|0.0");
  expect_target(CELLS("1.0", "0.0", "1"), automatic, ML_TARGET_REAL, real, "1.0|0.0");
  expect_target(CELLS("1.5", "2", "3e5"), automatic, ML_TARGET_REAL, real, NULL);
  expect_target(CELLS("1e5", ".5", "-1.", "1e-5"), class, ML_TARGET_REAL, class,
                "100000.0|0.5|-1.0|1e-05");
  expect_target(CELLS("-0.0", "0", "1.5"), class, ML_TARGET_REAL, class, "0.0|1.5");
  expect_target(CELLS("True", "False", "TRUE", "false"), automatic, ML_TARGET_BOOLEAN, class,
                "True|False");
  expect_target(CELLS("True", " True", "True ", "tRuE"), automatic, ML_TARGET_TEXT, class,
                "True| True|True |tRuE");
  expect_target(CELLS("tRuE", "FALSe"), automatic, ML_TARGET_BOOLEAN, class, "True|False");
  expect_target(CELLS("True", "1"), automatic, ML_TARGET_TEXT, class, "True|1");
  expect_target(CELLS("a", "b", "a", " a"), automatic, ML_TARGET_TEXT, class, "a|b| a");
  expect_target(CELLS("01", "1", "x"), automatic, ML_TARGET_TEXT, class, "01|1|x");
  /* 63 bits, 64 bits, with a negative one, more */
  expect_target(CELLS("9223372036854775807", "-9223372036854775808"), automatic, ML_TARGET_INTEGER,
                class, "9223372036854775807|-9223372036854775808");
  expect_target(CELLS("9223372036854775808", "18446744073709551615", "0"), automatic,
                ML_TARGET_REAL, real, NULL);
  expect_target(CELLS("9223372036854775808", "18446744073709551615", "0"), class, ML_TARGET_REAL,
                class, "9223372036854775808|18446744073709551615|0");
  expect_target(CELLS("9223372036854775808", "-1"), automatic, ML_TARGET_TEXT, class,
                "9223372036854775808|-1");
  expect_target(CELLS("18446744073709551616", "1"), automatic, ML_TARGET_TEXT, class,
                "18446744073709551616|1");
  expect_target(CELLS("-9223372036854775809", "1"), automatic, ML_TARGET_TEXT, class,
                "-9223372036854775809|1");
  /* Integers that are one double stay two classes. */
  expect_target(CELLS("9007199254740993", "9007199254740992"), automatic, ML_TARGET_INTEGER, class,
                "9007199254740993|9007199254740992");
  /* What is missing among numbers is a text among texts, unless pandas has it. */
  expect_target(CELLS("none", "mild", "severe"), automatic, ML_TARGET_TEXT, class,
                "none|mild|severe");
  expect_target(CELLS("inf", "mild"), automatic, ML_TARGET_TEXT, class, "inf|mild");
  expect_target(CELLS("1", "2", "3"), real, ML_TARGET_INTEGER, real, NULL);
  expect_target(CELLS("True", "False"), real, ML_TARGET_BOOLEAN, real, "True|False");
}

static void values_and_classes(void **state) {
  (void)state;
  ml_target *t = make(CELLS("-0.0", "2.5", "0", "1e3"), ML_REGRESSION);
  static const double want[] = {0, 2.5, 0, 1000};
  for (size_t i = 0; i < 4; i++) expect_same("value", t->values[i], want[i]);
  assert_false(signbit(t->values[0]));
  ml_target_free(t);
  t = make(CELLS("no", "yes", "yes", "no"), ML_PROBLEM_AUTO);
  assert_memory_equal(t->classes, ((uint32_t[]){0, 1, 1, 0}), 4 * sizeof(uint32_t));
  ml_target_free(t);
  t = make(CELLS("False", "true"), ML_PROBLEM_AUTO);
  assert_memory_equal(t->values, ((double[]){0, 1}), 2 * sizeof(double));
  ml_target_free(t);
  ml_target_free(NULL);
}

static void classes_are_numbered_by_id(void **state) {
  (void)state;
  ml_target *t = NULL;
  assert_int_equal(ml_target_from_texts("y", (const char *[]){"c", "a", "b", "a"}, 4,
                                        (uint32_t[]){2, 3, 1, 0}, ML_PROBLEM_AUTO, NULL, &t, NULL),
                   ML_OK);
  assert_int_equal(t->n_classes, 3);
  assert_string_equal(t->labels[0], "b");
  assert_string_equal(t->labels[1], "a");
  assert_string_equal(t->labels[2], "c");
  assert_memory_equal(t->classes, ((uint32_t[]){2, 1, 0, 1}), 4 * sizeof(uint32_t));
  ml_target_free(t);
}

static void numbers(void **state) {
  (void)state;
  ml_target *t = NULL;
  double x[] = {1, 2, 3};
  assert_int_equal(ml_target_from_numbers("y", x, 3, ML_PROBLEM_AUTO, &t, NULL), ML_OK);
  assert_int_equal(t->type, ML_TARGET_REAL);
  assert_int_equal(t->problem, ML_REGRESSION);
  assert_null(t->classes);
  assert_memory_equal(t->values, x, sizeof x);
  ml_target_free(t);
  assert_int_equal(ml_target_from_numbers("y", x, 3, ML_CLASSIFICATION, &t, NULL), ML_OK);
  assert_int_equal(t->n_classes, 3);
  assert_string_equal(t->labels[2], "3.0");
  ml_target_free(t);
  x[2] = 1;
  assert_int_equal(ml_target_from_numbers("y", x, 3, ML_PROBLEM_AUTO, &t, NULL), ML_OK);
  assert_memory_equal(t->classes, ((uint32_t[]){0, 1, 0}), 3 * sizeof(uint32_t));
  ml_target_free(t);
  ml_error err = {0};
  x[1] = NAN;
  assert_int_equal(ml_target_from_numbers("y", x, 3, ML_PROBLEM_AUTO, &t, &err), ML_ERR_PARSE);
  assert_string_equal(err.message, "target \"y\" has no value in row 2");
}

static void expect_error(const char *const *cells, size_t n, ml_problem problem,
                         const char *message) {
  ml_target *t = (ml_target *)1;
  ml_error err = {0};
  assert_int_equal(ml_target_from_texts("y", cells, n, NULL, problem, "y.csv", &t, &err),
                   ML_ERR_PARSE);
  assert_string_equal(err.message, message);
  assert_string_equal(err.source, "y.csv");
  assert_ptr_equal(t, (ml_target *)1);
}

static void errors(void **state) {
  (void)state;
  expect_error(NULL, 0, ML_PROBLEM_AUTO, "target \"y\" has fewer than two rows");
  expect_error(CELLS("1"), ML_PROBLEM_AUTO, "target \"y\" has fewer than two rows");
  expect_error(CELLS("1", "01", "+1"), ML_PROBLEM_AUTO, "target \"y\" has only one value, \"1\"");
  expect_error(CELLS("1", "1.0"), ML_PROBLEM_AUTO, "target \"y\" has only one value, \"1.0\"");
  expect_error(CELLS("a", "a"), ML_CLASSIFICATION, "target \"y\" has only one value, \"a\"");
  expect_error(CELLS("1", "", "2"), ML_PROBLEM_AUTO, "target \"y\" has no value in row 2");
  expect_error(CELLS("", ""), ML_PROBLEM_AUTO, "target \"y\" has no value in row 1");
  expect_error(CELLS("1", "2", "nil"), ML_PROBLEM_AUTO, "target \"y\" has no value in row 3");
  expect_error(CELLS("a", "NaN"), ML_PROBLEM_AUTO, "target \"y\" has no value in row 2");
  expect_error(CELLS("True", "NA"), ML_PROBLEM_AUTO, "target \"y\" has no value in row 2");
  expect_error(CELLS("1", "-inf"), ML_PROBLEM_AUTO, "target \"y\" has an infinite value in row 2");
  expect_error(CELLS("1e999", "2"), ML_PROBLEM_AUTO, "target \"y\" has an infinite value in row 1");
  expect_error(CELLS("1", "2", "many"), ML_REGRESSION,
               "target \"y\" is to be numbers for a regression, but is \"many\" in row 3");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(types_are_those_of_pandas),
      cmocka_unit_test(values_and_classes),
      cmocka_unit_test(classes_are_numbered_by_id),
      cmocka_unit_test(numbers),
      cmocka_unit_test(errors),
  };
  return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
