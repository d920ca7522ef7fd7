/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <string.h>

static void position_is_printed_in_front(void **state) {
  (void)state;
  ml_error err = {0};
  char text[256];
  assert_int_equal(
      ml_error_at(&err, ML_ERR_PARSE, "a.csv", 3, 7, "expected a number, found \"%s\"", "x"),
      ML_ERR_PARSE);
  ml_error_format(&err, text, sizeof text);
  assert_string_equal(text, "a.csv:3:7: expected a number, found \"x\"");
  ml_error_at(&err, ML_ERR_PARSE, "a.csv", 0, 0, "empty file");
  ml_error_format(&err, text, sizeof text);
  assert_string_equal(text, "a.csv: empty file");
  ml_error_set(&err, ML_ERR_IO, "gone");
  ml_error_format(&err, text, sizeof text);
  assert_string_equal(text, "gone");
}

static void message_is_one_line_whatever_goes_in(void **state) {
  (void)state;
  ml_error err = {0};
  ml_error_set(&err, ML_ERR_PARSE, "found \"%s\"", "a\nb\033[31m");
  assert_string_equal(err.message, "found \"a?b?[31m\"");
}

static void long_source_keeps_its_end(void **state) {
  (void)state;
  ml_error err = {0};
  char path[400];
  memset(path, 'd', sizeof path);
  strcpy(path + sizeof path - 7, "/x.csv");
  ml_error_at(&err, ML_ERR_IO, path, 0, 0, "no");
  assert_int_equal(strlen(err.source), sizeof err.source - 1);
  assert_memory_equal(err.source, "...ddd", 6);
  assert_string_equal(err.source + strlen(err.source) - 6, "/x.csv");
}

static void statuses_have_names_and_exit_codes(void **state) {
  (void)state;
  assert_string_equal(ml_status_name(ML_OK), "ok");
  assert_string_equal(ml_status_name(ML_ERR_PARSE), "parse");
  assert_int_equal(ml_status_exit_code(ML_ERR_USAGE), 2);
  assert_int_equal(ml_status_exit_code(ML_ERR_PARSE), 3);
  assert_int_equal(ml_status_exit_code(ML_ERR_WORKER), 4);
  assert_int_equal(ml_status_exit_code(ML_ERR_IO), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(position_is_printed_in_front),
      cmocka_unit_test(message_is_one_line_whatever_goes_in),
      cmocka_unit_test(long_source_keeps_its_end),
      cmocka_unit_test(statuses_have_names_and_exit_codes),
  };
  return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
