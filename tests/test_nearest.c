/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "support.h"

#include <string.h>

static const char *nearest_of(const char *wanted, const char *const *names) {
  ml_nearest nearest = ml_nearest_to(wanted);
  for (; *names; names++) ml_nearest_try(&nearest, *names, strlen(*names));
  return nearest.name;
}

static void one_edit_of_each_sort_is_near(void **state) {
  (void)state;
  static const char *const names[] = {"mean", "median", "quantile", NULL};
  static const char *const typed[] = {"mea", "meann", "meen", "maen", "me"};
  for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++)
    assert_string_equal(nearest_of(typed[i], names), "mean");
  assert_string_equal(nearest_of("quanitle", names), "quantile");
  assert_string_equal(nearest_of("qantil", names), "quantile"); /* two edits of six letters */
}

static void what_is_far_is_no_hint(void **state) {
  (void)state;
  static const char *const names[] = {"mean", "std", NULL};
  assert_null(nearest_of("naem", names)); /* two swaps of four letters */
  assert_null(nearest_of("ptp", names));
  assert_null(nearest_of("", names));
  char longest[100];
  memset(longest, 'a', sizeof longest);
  longest[65] = 0;
  const char *const itself[] = {longest, NULL};
  assert_null(nearest_of(longest, itself));
  longest[64] = 0;
  assert_non_null(nearest_of(longest, itself));
}

static void of_equals_the_first_stays(void **state) {
  (void)state;
  static const char *const names[] = {"count_above", "count_below", NULL};
  assert_string_equal(nearest_of("count_", names), "count_above");
}

static void letters_of_the_other_case_are_nearest(void **state) {
  (void)state;
  static const char *const names[] = {"a", "Yy", "y", "means", "MEAN", NULL};
  assert_string_equal(nearest_of("Y", names), "y");
  assert_string_equal(nearest_of("mean", names), "MEAN");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_edit_of_each_sort_is_near),
      cmocka_unit_test(what_is_far_is_no_hint),
      cmocka_unit_test(of_equals_the_first_stays),
      cmocka_unit_test(letters_of_the_other_case_are_nearest),
  };
  return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
