/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What an extraction tells beside the features: what they cost, and why they are NaN. */
#include <stdio.h>
#include <string.h>

#include "fresh/feature.h"
#include "support.h"

/* Series of one kind, one a call, of n values each. */
static ml_series_set *make_set(const double *x, size_t n) {
  ml_error err = {0};
  ml_series_set *set = NULL;
  const ml_series_rows rows = {.n_rows = n,
                               .kinds = (const char *const[]){"v"},
                               .values = (const double *const[]){x},
                               .n_kinds = 1};
  assert_int_equal(ml_series_from_rows(&rows, &set, &err), ML_OK);
  return set;
}

static const ml_fresh_cost *find(const ml_fresh_costs *costs, const char *name, bool is_shared) {
  for (size_t i = 0; i < costs->n; i++)
    if (costs->list[i].is_shared == is_shared && strcmp(costs->list[i].name, name) == 0)
      return &costs->list[i];
  return NULL;
}

static void costs_of_what_was_called(void **state) {
  (void)state;
  static const double x[] = {1, 4, 2, 8, 5, 7};
  ml_error err = {0};
  ml_series_set *set = make_set(x, 6);
  ml_fresh_settings *settings = NULL;
  ml_matrix *timed = NULL, *plain = NULL;
  ml_fresh_costs costs;
  assert_int_equal(ml_fresh_settings_features("median,change_quantiles", &settings, &err), ML_OK);
  assert_int_equal(ml_fresh_extract_timed(set, settings, NULL, NULL, &costs, &timed, &err), ML_OK);
  assert_int_equal(ml_fresh_extract(set, settings, NULL, NULL, &plain, &err), ML_OK);

  double sum = 0;
  assert_int_equal(costs.n_series, 1);
  assert_int_equal(costs.n, 4);
  assert_non_null(find(&costs, "median", false));
  assert_non_null(find(&costs, "change_quantiles", false));
  assert_non_null(find(&costs, "sorted", true));
  assert_non_null(find(&costs, "changes", true));
  for (size_t i = 0; i < costs.n; i++) {
    sum += costs.list[i].seconds;
    assert_true(costs.list[i].seconds > 0);
    if (i > 0) assert_true(costs.list[i].seconds <= costs.list[i - 1].seconds);
  }
  expect_close("sum", costs.seconds, sum, 1e-12, 0);
  for (size_t j = 0; j < plain->n_columns; j++)
    expect_same(plain->columns[j], timed->values[j], plain->values[j]);
  ml_fresh_costs_release(&costs);
  assert_null(costs.list);
  ml_matrix_free(timed);
  ml_matrix_free(plain);
  ml_fresh_settings_free(settings);
  ml_series_free(set);
}

/* Counts of the only NaN of a column, in the order of the keys. */
static void expect_reason(const char *params, const double *x, size_t n, const char *why) {
  ml_error err = {0};
  ml_series_set *set = make_set(x, n);
  ml_fresh_settings *settings = NULL;
  ml_matrix *matrix = NULL;
  ml_buf text = {0};
  assert_int_equal(ml_fresh_settings_parse(params, strlen(params), "s", &settings, &err), ML_OK);
  assert_int_equal(ml_fresh_extract(set, settings, NULL, NULL, &matrix, &err), ML_OK);
  assert_int_equal(ml_fresh_nan_report(set, settings, matrix, &text, &err), ML_OK);
  ml_buf_put(&text, "", 1);
  if (why) {
    char want[64];
    snprintf(want, sizeof want, "\"%s\": 1", why);
    if (!strstr(text.data, "\"nan\": 1,") || !strstr(text.data, want))
      fail_msg("%s: expected %s, got %s", params, why, text.data);
  } else {
    assert_string_equal(text.data, "{\"rows\": 1, \"columns\": [\n]}\n");
  }
  ml_buf_release(&text);
  ml_matrix_free(matrix);
  ml_fresh_settings_free(settings);
  ml_series_free(set);
}

static void reasons(void **state) {
  (void)state;
  static const double ramp[] = {1, 2, 3, 4, 5, 6}, zeros[1200] = {0}, balanced[] = {-1, 1};
  expect_reason("{\"mean\": null}", ramp, 6, NULL);
  expect_reason("{\"kurtosis\": null}", ramp, 3, "short");
  expect_reason("{\"kurtosis\": null}", zeros, 3, "short");
  expect_reason("{\"variation_coefficient\": null}", balanced, 2, "rule");
  expect_reason("{\"variation_coefficient\": null}", zeros, 2, "constant");
  expect_reason("{\"variation_coefficient\": null}", zeros, 1200, "constant");
  /* Short by its parameter, which no minimum of the calculator says. */
  expect_reason("{\"mean_n_absolute_max\": [{\"number_of_maxima\": 6}]}", ramp, 6, "short");
  expect_reason("{\"mean_n_absolute_max\": [{\"number_of_maxima\": 6}]}", zeros, 6, "short");
  /* Longer than any series that is tried. */
  expect_reason("{\"mean_n_absolute_max\": [{\"number_of_maxima\": 5000}]}", ramp, 6, "rule");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(costs_of_what_was_called),
      cmocka_unit_test(reasons),
  };
  return cmocka_run_group_tests_name("fresh/reports", tests, NULL, NULL);
}
