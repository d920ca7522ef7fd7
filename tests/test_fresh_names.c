/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings from names of columns. */
#include <stdlib.h>
#include <string.h>

#include "fresh/settings.h"
#include "support.h"

enum { MOST = 2000 };

static ml_fresh_settings *from_names(const char *const *names, size_t n) {
  ml_error err = {0};
  ml_fresh_settings *settings = NULL;
  if (ml_fresh_settings_from_names(names, n, "f.csv", &settings, &err) != ML_OK)
    fail_msg("%s", err.message);
  return settings;
}

static char *json(const ml_fresh_settings *settings) {
  ml_buf out = {0};
  ml_fresh_settings_json(settings, &out);
  ml_buf_put(&out, "", 1);
  return out.data;
}

static void names_become_lists_for_kinds(void **state) {
  (void)state;
  const char *const names[] = {"temp__quantile__q_0.9",
                               "wind speed__mean",
                               "temp__change_quantiles__f_agg_\"var\"__isabs_False__qh_1.0__ql_0.0",
                               "temp__quantile__q_1",
                               "temp__range_count__max_0__min_-1000000000000.0",
                               "temp__value_count__value_nan",
                               "temp__value_count__value_-inf",
                               "temp__quantile__q_0.9"};
  ml_fresh_settings *settings = from_names(names, sizeof names / sizeof *names);
  char *text = json(settings);
  assert_string_equal(text,
                      "{\n  \"default_fc_parameters\": {},\n  \"kind_to_fc_parameters\": {\n"
                      "    \"temp\": {\n      \"quantile\": [{\"q\": 0.9}, {\"q\": 1}],\n"
                      "      \"change_quantiles\": [{\"f_agg\": \"var\", \"isabs\": false, \"qh\": "
                      "1.0, \"ql\": 0.0}],\n"
                      "      \"range_count\": [{\"max\": 0, \"min\": -1000000000000.0}],\n"
                      "      \"value_count\": [{\"value\": NaN}, {\"value\": -Infinity}]\n    },\n"
                      "    \"wind speed\": {\n      \"mean\": null\n    }\n  }\n}\n");
  free(text);
  ml_fresh_settings_free(settings);
}

/* Everything that any calculator is called by default is understood, and comes back. */
static void every_default_column_comes_back(void **state) {
  (void)state;
  static char *names[MOST];
  size_t n = 0, n_features;
  const ml_fresh_feature *const *features = ml_fresh_features(&n_features);
  for (size_t f = 0; f < n_features; f++)
    for (size_t i = 0; i < features[f]->n_grid; i++) {
      ml_buf name = {0};
      ml_buf_puts(&name, "a kind__");
      ml_fresh_name(features[f], features[f]->grid + i * features[f]->n_params, &name);
      ml_buf_put(&name, "", 1);
      assert_true(n < MOST);
      names[n++] = name.data;
    }
  ml_fresh_settings *settings = from_names((const char *const *)names, n);
  assert_int_equal(settings->order.n, n);
  for (size_t i = 0; i < n; i++) {
    assert_string_equal(labels__text(&settings->order, (uint32_t)i), names[i]);
    free(names[i]);
  }
  ml_fresh_settings_free(settings);
}

/* KX's columns, too. Of names that two features of KX have, those of kx and kx-strict, the mended
 * is meant. */
static void every_column_of_kx_comes_back(void **state) {
  (void)state;
  static char *names[MOST];
  size_t n = 0, n_features, n_found = 0;
  const ml_fresh_feature *const *features = ml_fresh_catalogue("kx", &n_features);
  for (size_t f = 0; f < n_features; f++)
    for (size_t i = 0; i < features[f]->n_grid; i++) {
      ml_buf name = {0};
      ml_fresh_column("a_b", features[f], features[f]->grid + i * features[f]->n_params, &name);
      ml_buf_put(&name, "", 1);
      assert_true(n < MOST);
      names[n++] = name.data;
    }
  assert_int_equal(n, 283);
  ml_fresh_settings *settings = from_names((const char *const *)names, n);
  assert_int_equal(settings->order.n, n);
  assert_int_equal(settings->n_kinds, 1);
  assert_string_equal(settings->kinds[0].kind, "a_b");
  for (size_t i = 0; i < settings->kinds[0].list.n; i++)
    n_found += settings->kinds[0].list.settings[i].n_args;
  assert_int_equal(n_found, n);
  for (size_t i = 0; i < n; i++) {
    assert_string_equal(labels__text(&settings->order, (uint32_t)i), names[i]);
    free(names[i]);
  }
  ml_fresh_settings_free(settings);
}

static void kinds_may_look_like_features(void **state) {
  (void)state;
  const char *const names[] = {"a__b__mean", "mean__mean", "a___mean", "__mean",
                               "mean__mean__quantile__q_0.5"};
  const char *const kinds[] = {"", "a_", "a__b", "mean", "mean__mean"};
  ml_fresh_settings *settings = from_names(names, 5);
  assert_int_equal(settings->n_kinds, 5);
  for (size_t i = 0; i < 5; i++) assert_string_equal(settings->kinds[i].kind, kinds[i]);
  ml_fresh_settings_free(settings);
}

static const struct {
  const char *name, *message;
} wrong[] = {
    {"target", "column 'target' is no feature: expected KIND__FEATURE__PARAMETER_VALUE"},
    {"", "column '' is no feature: expected KIND__FEATURE__PARAMETER_VALUE"},
    {"\xFF__mean", "column '\xFF__mean': is not UTF-8"},
    {"open_absEnergi",
     "column 'open_absEnergi': unknown feature 'absEnergi' (did you mean 'absEnergy'?)"},
    {"storm_class", "column 'storm_class' is no feature: expected KIND__FEATURE__PARAMETER_VALUE"},
    {"a__medain", "column 'a__medain': unknown feature 'medain' (did you mean 'median'?)"},
    {"a__xylophone__x_1", "column 'a__xylophone__x_1': unknown feature 'xylophone'"},
    {"a__quantile", "column 'a__quantile': quantile: parameter 'q' is missing"},
    {"a__quantile__p_0.1",
     "column 'a__quantile__p_0.1': quantile: unknown parameter 'p' (did you mean 'q'?)"},
    {"a__quantile__q_1.5", "column 'a__quantile__q_1.5': quantile: q: 1.5 is not between 0 and 1"},
    {"a__quantile__q_", "column 'a__quantile__q_': quantile: q: '' is no value"},
    {"a__quantile__q", "column 'a__quantile__q': quantile: 'q' has no value"},
    {"a__quantile__", "column 'a__quantile__': quantile: '' has no value"},
    {"a__quantile__q_0_1", "column 'a__quantile__q_0_1': quantile: unknown parameter 'q_0'"},
    {"a__quantile__q_0.1__q_0.2",
     "column 'a__quantile__q_0.1__q_0.2': quantile: parameter 'q' is there twice"},
    {"a__mean__q_1", "column 'a__mean__q_1': mean: takes no parameters, found 'q'"},
    {"a__change_quantiles__f_agg_\"maen\"__isabs_False__qh_1.0__ql_0.0",
     "column 'a__change_quantiles__f_agg_\"maen\"__isabs_False__qh_1.0__ql_0.0': "
     "change_quantiles: f_agg: unknown 'maen' (did you mean 'mean'?)"},
    {"a__change_quantiles__f_agg_\"x__y_2\"__isabs_False__qh_1.0__ql_0.0",
     "column 'a__change_quantiles__f_agg_\"x__y_2\"__isabs_False__qh_1.0__ql_0.0': "
     "change_quantiles: f_agg: unknown 'x__y_2'; expected one of mean|var|std|median|max|min|sum|"
     "prod|ptp"},
};

static void names_that_are_no_features(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    ml_error err = {0};
    ml_fresh_settings *settings = NULL;
    const char *const names[] = {"a__mean", wrong[i].name};
    assert_int_equal(ml_fresh_settings_from_names(names, 2, "f.csv", &settings, &err),
                     ML_ERR_PARSE);
    assert_string_equal(err.message, wrong[i].message);
    assert_string_equal(err.source, "f.csv");
    assert_null(settings);
  }
  ml_error err = {0};
  ml_fresh_settings *settings = NULL;
  assert_int_equal(ml_fresh_settings_from_names(NULL, 0, NULL, &settings, &err), ML_ERR_PARSE);
  assert_string_equal(err.message, "there are no names of features");
}

/* ---- extraction ------------------------------------------------------------------------------ */

static const char long_format[] =
    "id,time,kind,value\n1,1,a,3\n1,2,a,5\n1,1,b,7\n1,2,b,1\n2,1,a,4\n2,2,a,4\n";

static ml_series_set *read_set(void) {
  ml_series_set *set = NULL;
  ml_error err = {0};
  if (ml_series_parse(long_format, sizeof long_format - 1, "x.csv", NULL, &set, &err) != ML_OK)
    fail_msg("%s", err.message);
  return set;
}

static void columns_come_in_the_order_of_the_names(void **state) {
  (void)state;
  const char *const names[] = {"b__maximum", "a__quantile__q_1.0", "b__minimum", "a__minimum",
                               "a__quantile__q_0.5"};
  const double want[2][5] = {{7, 5, 1, 3, 4}, {NAN, 4, NAN, 4, 4}};
  ml_fresh_settings *settings = from_names(names, 5);
  ml_series_set *set = read_set();
  ml_matrix *matrix = NULL;
  ml_error err = {0};
  assert_int_equal(ml_fresh_extract(set, settings, NULL, NULL, &matrix, &err), ML_OK);
  assert_int_equal(matrix->n_columns, 5);
  assert_int_equal(matrix->n_rows, 2);
  for (size_t j = 0; j < 5; j++) {
    assert_string_equal(matrix->columns[j], names[j]);
    for (size_t i = 0; i < 2; i++) expect_same(names[j], matrix->values[i * 5 + j], want[i][j]);
  }
  ml_matrix_free(matrix);
  ml_series_free(set);
  ml_fresh_settings_free(settings);
}

static void columns_of_kx_come_in_the_order_of_the_names(void **state) {
  (void)state;
  const char *const names[] = {"b_max", "a__minimum", "a_linTrend_slope", "a_count"};
  ml_fresh_settings *settings = from_names(names, 4);
  ml_series_set *set = read_set();
  ml_matrix *matrix = NULL;
  ml_error err = {0};
  const double want[2][4] = {{7, 3, 2, 2}, {NAN, 4, 0, 2}};
  assert_int_equal(ml_fresh_extract(set, settings, NULL, NULL, &matrix, &err), ML_OK);
  for (size_t j = 0; j < 4; j++) {
    assert_string_equal(matrix->columns[j], names[j]);
    for (size_t i = 0; i < 2; i++) expect_same(names[j], matrix->values[i * 4 + j], want[i][j]);
  }
  ml_matrix_free(matrix);
  ml_fresh_settings_free(settings);
  settings = from_names((const char *const[]){"a_max", "c_max"}, 2);
  assert_int_equal(ml_fresh_extract(set, settings, NULL, NULL, &matrix, &err), ML_ERR_USAGE);
  assert_string_equal(err.message,
                      "column 'c_max' cannot be made: the series have no kind of that name (did "
                      "you mean 'a_max'?)");
  ml_series_free(set);
  ml_fresh_settings_free(settings);
}

static void a_column_that_cannot_be_there(void **state) {
  (void)state;
  const char *const names[] = {"a__mean", "bb__mean"};
  ml_fresh_settings *settings = from_names(names, 2);
  ml_series_set *set = read_set();
  ml_matrix *matrix = NULL;
  ml_error err = {0};
  assert_int_equal(ml_fresh_extract(set, settings, NULL, NULL, &matrix, &err), ML_ERR_USAGE);
  assert_string_equal(err.message,
                      "column 'bb__mean' cannot be made: the series have no kind of that name"
                      " (did you mean 'a__mean'?)");
  assert_null(matrix);
  ml_series_free(set);
  ml_fresh_settings_free(settings);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_become_lists_for_kinds),
      cmocka_unit_test(every_default_column_comes_back),
      cmocka_unit_test(every_column_of_kx_comes_back),
      cmocka_unit_test(kinds_may_look_like_features),
      cmocka_unit_test(names_that_are_no_features),
      cmocka_unit_test(columns_come_in_the_order_of_the_names),
      cmocka_unit_test(columns_of_kx_come_in_the_order_of_the_names),
      cmocka_unit_test(a_column_that_cannot_be_there),
  };
  return cmocka_run_group_tests_name("fresh/names", tests, NULL, NULL);
}
