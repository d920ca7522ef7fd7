/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of parameters: as Python writes them, as parameters take them, and as columns show them.
 */
#include "fresh/parameters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fresh/names.h"
#include "support.h"

/* ---- literals -------------------------------------------------------------------------------- */

static const struct {
  const char *text;
  fresh_literal_kind kind;
  double v;
  size_t n_items;
} literals[] = {
    {"None", FRESH_LITERAL_NONE, 0, 0},
    {"True", FRESH_LITERAL_BOOL, 1, 0},
    {"False", FRESH_LITERAL_BOOL, 0, 0},
    {"10", FRESH_LITERAL_INT, 10, 0},
    {"-3", FRESH_LITERAL_INT, -3, 0},
    {"0.15000000000000002", FRESH_LITERAL_REAL, 0.15000000000000002, 0},
    {"1e-07", FRESH_LITERAL_REAL, 1e-7, 0},
    {"nan", FRESH_LITERAL_REAL, NAN, 0},
    {"NaN", FRESH_LITERAL_REAL, NAN, 0},
    {"-inf", FRESH_LITERAL_REAL, -INFINITY, 0},
    {"\"mean\"", FRESH_LITERAL_TEXT, 0, 0},
    {"'mean'", FRESH_LITERAL_TEXT, 0, 0},
    {"\"a__b, c\"", FRESH_LITERAL_TEXT, 0, 0},
    {"(2, 5, 10, 20)", FRESH_LITERAL_TUPLE, 0, 4},
    {"(2,)", FRESH_LITERAL_TUPLE, 0, 1},
    {"()", FRESH_LITERAL_TUPLE, 0, 0},
    {"[1.0,2]", FRESH_LITERAL_LIST, 0, 2},
    {"[1.0]", FRESH_LITERAL_LIST, 0, 1},
    {"[ 1.0 , ]", FRESH_LITERAL_LIST, 0, 1},
    {"[nan, -inf, 1]", FRESH_LITERAL_LIST, 0, 3},
};

static void literals_of_python_are_read(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
    fresh_literal read;
    if (fresh__literal_parse(literals[i].text, strlen(literals[i].text), &read) != ML_OK)
      fail_msg("%s is not read", literals[i].text);
    if (read.kind != literals[i].kind) fail_msg("%s is of kind %d", literals[i].text, read.kind);
    expect_same(literals[i].text, read.v, literals[i].v);
    assert_int_equal(read.n_items, literals[i].n_items);
    fresh__literal_release(&read);
  }
}

static void what_is_no_literal(void **state) {
  (void)state;
  static const char *const wrong[] = {
      "",    "mean",      "\"",  "\"mean", "(2)",  "(,)",  "[,1]", "[1,,]", "[",     "(1, 2]",
      "1 2", "[1, (2,)]", "1_0", "true",   "0x10", "none", "+",    "1e",    "[1 2]", ","};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    fresh_literal read;
    if (fresh__literal_parse(wrong[i], strlen(wrong[i]), &read) != ML_ERR_PARSE)
      fail_msg("%s is read", wrong[i]);
    fresh__literal_release(&read);
  }
}

/* ---- what parameters take, and the text of it ------------------------------------------------ */

static const ml_fresh_param widths = {.name = "widths", .kind = ML_PARAM_INTS, .lo = 1, .hi = 99};
static const ml_fresh_param query = {
    .name = "query", .kind = ML_PARAM_REALS, FRESH_ANY, .takes_nan = true, .takes_none = true};
static const ml_fresh_param autolag = {.name = "autolag",
                                       .kind = ML_PARAM_ENUM,
                                       .hi = 2,
                                       .choices = "AIC|BIC|t-stat",
                                       .takes_none = true};
static const ml_fresh_param lag = {.name = "lag", .kind = ML_PARAM_INT, .lo = 0, .hi = 50};
static const ml_fresh_param truth = {.name = "truth", .kind = ML_PARAM_BOOL, .hi = 1};

static const struct {
  const ml_fresh_param *param;
  const char *written;
  const char *python, *json; /* NULL: it is refused for the reason that json gives */
} taken[] = {
    {&widths, "(2, 5)", "(2, 5)", "[2, 5]"},
    {&widths, "[2, 5]", "(2, 5)", "[2, 5]"},
    {&widths, "[2]", "(2,)", "[2]"},
    {&widths, "(2, 5.0)", "(2, 5.0)", "[2, 5.0]"},
    {&widths, "(2, 0)", NULL, "item 1: 0 is not between 1 and 99"},
    {&widths, "(2, 0.5)", NULL, "item 1: expected an integer, found 0.5"},
    {&widths, "(2, None)", NULL, "item 1: expected a number"},
    {&widths, "[]", NULL, "the list is empty"},
    {&widths, "None", NULL, "expected a list of integers"},
    {&widths, "5", NULL, "expected a list of integers"},
    {&query, "[1.0, 2.0]", "[1.0, 2.0]", "[1.0, 2.0]"},
    {&query, "(1, 2)", "(1, 2)", "[1, 2]"},
    {&query, "(1.5,)", "(1.5,)", "[1.5]"},
    {&query, "[nan, inf, -1]", "[nan, inf, -1]", "[NaN, Infinity, -1]"},
    {&query, "None", "None", "null"},
    {&query, "True", NULL, "expected a list of numbers or null"},
    {&autolag, "\"BIC\"", "\"BIC\"", "\"BIC\""},
    {&autolag, "\"None\"", "\"None\"", "null"},
    {&autolag, "None", "\"None\"", "null"},
    {&autolag, "\"t-stats\"", NULL, "unknown 't-stats' (did you mean 't-stat'?)"},
    {&autolag, "1", NULL, "expected one of AIC|BIC|t-stat as a string or null"},
    {&lag, "3", "3", "3"},
    {&lag, "3.0", "3.0", "3.0"},
    {&lag, "nan", NULL, "expected an integer, found NaN"},
    {&lag, "inf", NULL, "inf is not between 0 and 50"},
    {&lag, "None", NULL, "expected a number"},
    {&lag, "True", NULL, "expected a number"},
    {&truth, "True", "True", "true"},
    {&truth, "0", "0", "0"},
    {&truth, "0.0", NULL, "expected true or false"},
};

static void expect_text(const ml_fresh_param *param, ml_param_value value, bool json,
                        const char *want) {
  ml_buf text = {0};
  fresh__value_text(param, value, json, &text);
  ml_buf_put(&text, "", 1);
  assert_string_equal(text.data, want);
  ml_buf_release(&text);
}

static void values_are_taken_and_shown(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
    ml_fresh_settings *owner = calloc(1, sizeof *owner);
    fresh_literal literal;
    fresh_wrong wrong = {""};
    ml_param_value value;
    assert_non_null(owner);
    assert_int_equal(fresh__literal_parse(taken[i].written, strlen(taken[i].written), &literal),
                     ML_OK);
    ml_status status = fresh__take_value(taken[i].param, &literal, owner, &value, &wrong);
    if (!taken[i].python) {
      assert_int_equal(status, ML_ERR_PARSE);
      assert_string_equal(wrong.text, taken[i].json);
    } else {
      if (status != ML_OK) fail_msg("%s: %s", taken[i].written, wrong.text);
      expect_text(taken[i].param, value, false, taken[i].python);
      expect_text(taken[i].param, value, true, taken[i].json);
    }
    fresh__literal_release(&literal);
    ml_fresh_settings_free(owner);
  }
}

/* ---- sets ------------------------------------------------------------------------------------ */

static const char *check_sum(const ml_param_value *values) {
  return values[0].v + values[1].v + values[2].v == 7 ? "seven" : NULL;
}

static const ml_fresh_param three[] = {
    {.name = "a",
     .kind = ML_PARAM_INT,
     .hi = 9,
     .is_implied = true,
     .is_optional = true,
     .fallback = FRESH_INT(1)},
    {.name = "b", .kind = ML_PARAM_INT, .hi = 9, .is_optional = true, .fallback = FRESH_INT(2)},
    {.name = "c", .kind = ML_PARAM_INT, .hi = 9}};
static const fresh_feature some = {.info = {.name = "some", .params = three, .n_params = 3},
                                   .check = check_sum};

static void expect_name(const ml_param_value *values, const char *want) {
  ml_buf name = {0};
  ml_fresh_name(&some.info, values, &name);
  ml_buf_put(&name, "", 1);
  assert_string_equal(name.data, want);
  ml_buf_release(&name);
}

/* What is implied is in the name, what is merely optional is not; the check sees both. */
static void sets_are_completed(void **state) {
  (void)state;
  ml_param_value values[3];
  fresh_wrong wrong = {""};
  fresh__begin_set(&some.info, values);
  assert_int_equal(fresh__end_set(&some, values, &wrong), ML_ERR_PARSE);
  assert_string_equal(wrong.text, "parameter 'c' is missing");
  values[2] = (ml_param_value)FRESH_INT(3);
  assert_int_equal(fresh__end_set(&some, values, &wrong), ML_OK);
  expect_name(values, "some__a_1__c_3");
  assert_int_equal(values[1].form, ML_FORM_ABSENT);
  values[2] = (ml_param_value)FRESH_INT(4); /* 1 + 2 + 4 */
  assert_int_equal(fresh__end_set(&some, values, &wrong), ML_ERR_PARSE);
  assert_string_equal(wrong.text, "seven");
  values[1] = (ml_param_value)FRESH_INT(5);
  assert_int_equal(fresh__end_set(&some, values, &wrong), ML_OK);
  expect_name(values, "some__a_1__b_5__c_4");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(literals_of_python_are_read),
      cmocka_unit_test(what_is_no_literal),
      cmocka_unit_test(values_are_taken_and_shown),
      cmocka_unit_test(sets_are_completed),
  };
  return cmocka_run_group_tests_name("fresh/parameters", tests, NULL, NULL);
}
