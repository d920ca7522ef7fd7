/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fresh/settings.h"
#include "support.h"

static ml_fresh_settings *parse(const char *text) {
  ml_error err = {0};
  ml_fresh_settings *settings = NULL;
  if (ml_fresh_settings_parse(text, strlen(text), "p.json", &settings, &err) != ML_OK)
    fail_msg("%s: %s", err.message, text);
  return settings;
}

static char *json(const ml_fresh_settings *settings) {
  ml_buf out = {0};
  ml_fresh_settings_json(settings, &out);
  ml_buf_put(&out, "", 1);
  assert_false(out.failed);
  return out.data;
}

static void the_order_of_the_document_stays(void **state) {
  (void)state;
  ml_fresh_settings *settings = parse(
      "{\"quantile\": [{\"q\": 0.9}, {\"q\": 0.1}], \"mean\": null, \"c3\": [{\"lag\": 2}],"
      " \"length\": [], \"median\": [{}]}");
  const fresh_list *list = fresh__list_of(settings, "any");
  const char *names[] = {"quantile", "mean", "c3", "length", "median"};
  assert_int_equal(list->n, 5);
  for (size_t i = 0; i < 5; i++)
    assert_string_equal(list->settings[i].feature->info.name, names[i]);
  assert_int_equal(list->settings[0].n_args, 2);
  expect_same("q", list->settings[0].args[0].v, 0.9);
  expect_same("q", list->settings[0].args[1].v, 0.1);
  assert_int_equal(list->settings[1].n_args, 1);
  assert_int_equal(list->settings[3].n_args, 1);
  ml_fresh_settings_free(settings);
}

static void numbers_keep_their_form_and_every_bit(void **state) {
  (void)state;
  ml_fresh_settings *settings = parse(
      "{\"quantile\": [{\"q\": 1}, {\"q\": 1.0}, {\"q\": 0.15000000000000002},"
      " {\"q\": 2.2250738585072011e-308}, {\"q\": 0.1e0}, {\"q\": 0.1}],"
      " \"c3\": [{\"lag\": 2.0}]}");
  const fresh_setting *quantile = &settings->defaults.settings[0];
  assert_int_equal(quantile->n_args, 5); /* the last is there twice */
  assert_int_equal(quantile->args[0].form, ML_FORM_INT);
  assert_int_equal(quantile->args[1].form, ML_FORM_REAL);
  expect_same("q", quantile->args[2].v, 0.15000000000000002);
  expect_same("q", quantile->args[3].v, 2.2250738585072011e-308);
  ml_buf name = {0};
  ml_fresh_name(&settings->defaults.settings[1].feature->info, settings->defaults.settings[1].args,
                &name);
  assert_memory_equal(name.data, "c3__lag_2.0", name.n);
  ml_buf_release(&name);
  ml_fresh_settings_free(settings);
}

static void truth_may_be_a_number(void **state) {
  (void)state;
  ml_fresh_settings *settings =
      parse("{\"cid_ce\": [{\"normalize\": 1}, {\"normalize\": true}, {\"normalize\": 0}]}");
  const fresh_setting *cid_ce = &settings->defaults.settings[0];
  const char *names[] = {"cid_ce__normalize_1", "cid_ce__normalize_True", "cid_ce__normalize_0"};
  assert_int_equal(cid_ce->n_args, 3);
  for (size_t i = 0; i < 3; i++) {
    ml_buf name = {0};
    expect_same("normalize", cid_ce->args[i].v, i < 2);
    ml_fresh_name(&cid_ce->feature->info, &cid_ce->args[i], &name);
    ml_buf_put(&name, "", 1);
    assert_string_equal(name.data, names[i]);
    ml_buf_release(&name);
  }
  char *text = json(settings);
  assert_non_null(strstr(text, "[{\"normalize\": 1}, {\"normalize\": true}, {\"normalize\": 0}]"));
  free(text);
  ml_fresh_settings_free(settings);
}

/* A column is there once; 0.0 and -0.0 are equal, but their columns are two. */
static void columns_are_there_once(void **state) {
  (void)state;
  ml_fresh_settings *settings = parse(
      "\xEF\xBB\xBF{\"value_count\": [{\"value\": 0.0}, {\"value\": -0.0}, {\"value\": 0}, "
      "{\"value\": -0.0}, {\"value\": 0e5}, {\"value\": -3}]}");
  const fresh_setting *count = &settings->defaults.settings[0];
  assert_int_equal(count->n_args, 4);
  expect_same("value", count->args[3].v, -3);
  ml_fresh_settings_free(settings);
}

static void a_kind_of_its_own_replaces_the_default(void **state) {
  (void)state;
  ml_fresh_settings *settings = parse(
      "{\"kind_to_fc_parameters\": {\"temp\": {\"mean\": null}, \"no\": {}},"
      " \"default_fc_parameters\": {\"maximum\": null, \"minimum\": null}}");
  assert_int_equal(fresh__list_of(settings, "temp")->n, 1);
  assert_int_equal(fresh__list_of(settings, "no")->n, 0);
  assert_int_equal(fresh__list_of(settings, "other")->n, 2);
  ml_fresh_settings_free(settings);
  settings = parse("{\"kind_to_fc_parameters\": {\"temp\": {\"mean\": null}}}");
  assert_int_equal(fresh__list_of(settings, "other")->n, 0);
  ml_fresh_settings_free(settings);
}

static void each_of_many_kinds_is_found(void **state) {
  (void)state;
  ml_buf text = {0};
  char kind[8];
  ml_buf_puts(&text, "{\"kind_to_fc_parameters\": {");
  for (int i = 0; i < 100; i++)
    ml_buf_printf(&text, "%s\"k%d\": {\"quantile\": [{\"q\": 0.%02d}]}", i ? ", " : "", i * 7 % 100,
                  i * 7 % 100);
  ml_buf_put(&text, "}}", 3);
  ml_fresh_settings *settings = parse(text.data);
  for (int i = 0; i < 100; i++) {
    snprintf(kind, sizeof kind, "k%d", i);
    const fresh_list *list = fresh__list_of(settings, kind);
    assert_int_equal(list->n, 1);
    expect_same(kind, list->settings[0].args[0].v, i / 100.0);
  }
  assert_int_equal(fresh__list_of(settings, "k100")->n, 0);
  ml_fresh_settings_free(settings);
  ml_buf_release(&text);
}

static void json_reads_back_to_itself(void **state) {
  (void)state;
  ml_error err = {0};
  ml_fresh_settings *settings[3] = {NULL};
  assert_int_equal(ml_fresh_settings_named("comprehensive", &settings[0], &err), ML_OK);
  settings[1] = parse(
      "{\"default_fc_parameters\": {\"quantile\": [{\"q\": 1}, {\"q\": 1.0}],"
      " \"cid_ce\": [{\"normalize\": true}], \"range_count\": [{\"max\": 1e300,"
      " \"min\": -1e-7}]}, \"kind_to_fc_parameters\": {\"a \\\"b\\\"\":"
      " {\"change_quantiles\": [{\"f_agg\": \"std\", \"isabs\": false, \"qh\": 1,"
      " \"ql\": 0.5}]}, \"c\": {}}}");
  settings[2] = parse("{}");
  for (size_t i = 0; i < 3; i++) {
    char *first = json(settings[i]);
    ml_fresh_settings *again = parse(first);
    char *second = json(again);
    assert_string_equal(first, second);
    ml_fresh_settings_free(again);
    ml_fresh_settings_free(settings[i]);
    free(first);
    free(second);
  }
}

static void minimal_is_tsfresh_s(void **state) {
  (void)state;
  const char *want[] = {
      "sum_values", "median",           "mean",    "length",           "standard_deviation",
      "variance",   "root_mean_square", "maximum", "absolute_maximum", "minimum"};
  ml_error err = {0};
  ml_fresh_settings *settings = NULL;
  assert_int_equal(ml_fresh_settings_named("minimal", &settings, &err), ML_OK);
  assert_int_equal(settings->defaults.n, 10);
  for (size_t i = 0; i < 10; i++)
    assert_string_equal(settings->defaults.settings[i].feature->info.name, want[i]);
  ml_fresh_settings_free(settings);
  assert_int_equal(ml_fresh_settings_named("minimla", &settings, &err), ML_ERR_USAGE);
  assert_string_equal(
      err.message,
      "unknown settings 'minimla' (did you mean 'minimal'?); there are comprehensive, efficient, "
      "minimal, index, time, kx and kx-strict, or name a JSON file");
  assert_int_equal(ml_fresh_settings_named("tiny", &settings, &err), ML_ERR_USAGE);
  assert_string_equal(
      err.message,
      "unknown settings 'tiny'; there are comprehensive, efficient, minimal, index, time, kx and "
      "kx-strict, or name a JSON file");
}

static void expect_features(const char *settings_name, const char *const *want, size_t n) {
  ml_error err = {0};
  ml_fresh_settings *settings = NULL;
  assert_int_equal(ml_fresh_settings_named(settings_name, &settings, &err), ML_OK);
  assert_int_equal(settings->defaults.n, n);
  for (size_t i = 0; i < n; i++)
    assert_string_equal(settings->defaults.settings[i].feature->info.name, want[i]);
  ml_fresh_settings_free(settings);
}

static bool has(const fresh_list *list, const char *name) {
  for (size_t i = 0; i < list->n; i++)
    if (strcmp(list->settings[i].feature->info.name, name) == 0) return true;
  return false;
}

static void the_other_settings_are_tsfresh_s(void **state) {
  (void)state;
  static const char *const index[] = {"skewness", "kurtosis",
                                      "percentage_of_reoccurring_datapoints_to_all_datapoints",
                                      "linear_trend_timewise"};
  expect_features("index", index, 4);
  expect_features("time", index + 3, 1);
  ml_error err = {0};
  ml_fresh_settings *all = NULL, *efficient = NULL;
  assert_int_equal(ml_fresh_settings_named("comprehensive", &all, &err), ML_OK);
  assert_int_equal(ml_fresh_settings_named("efficient", &efficient, &err), ML_OK);
  for (size_t i = 0; i < all->defaults.n; i++) {
    const char *name = all->defaults.settings[i].feature->info.name;
    bool is_slow = strcmp(name, "sample_entropy") == 0 || strcmp(name, "approximate_entropy") == 0;
    if (has(&efficient->defaults, name) == is_slow) fail_msg("%s in efficient: %d", name, !is_slow);
  }
  ml_fresh_settings_free(all);
  ml_fresh_settings_free(efficient);
}

static void calculators_by_name(void **state) {
  (void)state;
  ml_error err = {0};
  ml_fresh_settings *settings = NULL;
  assert_int_equal(ml_fresh_settings_features("c3, mean,c3", &settings, &err), ML_OK);
  assert_int_equal(settings->defaults.n, 2); /* in the order of the catalogue, each once */
  assert_string_equal(settings->defaults.settings[0].feature->info.name, "mean");
  assert_int_equal(settings->defaults.settings[1].n_args, 3);
  ml_fresh_settings_free(settings);
  assert_int_equal(ml_fresh_settings_features("mean,medain", &settings, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "unknown feature 'medain' (did you mean 'median'?)");
  assert_int_equal(ml_fresh_settings_features("mean,,c3", &settings, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "a name in the list of features is empty");
}

static const struct {
  const char *text, *message;
  size_t line, column;
} wrong[] = {
    {"{\"mean\": null", "not JSON: '}' expected near end of file", 1, 13},
    {"{\"mean\": null,\n \"mean\": null}", "not JSON: duplicate object key near '\"mean\"'", 2, 7},
    {"", "not JSON: '[' or '{' expected near end of file", 1, 0},
    {"[]", "expected an object of features", 1, 1},
    {"{\"medain\": null}", "unknown feature 'medain' (did you mean 'median'?)", 1, 2},
    {"{\"mean\": 3}", "mean: expected null or a list of parameters", 1, 10},
    {"{\"mean\": [{\"q\": 1}]}", "mean[0]: takes no parameters, found 'q'", 1, 12},
    {"{\"quantile\": null}", "quantile: needs parameters, as in [{\"q\": ...}]", 1, 14},
    {"{\"quantile\": [0.5]}", "quantile[0]: expected an object of parameters", 1, 15},
    {"{\"quantile\": [{\"q\": 0.5}, {}]}", "quantile[1]: parameter 'q' is missing", 1, 27},
    {"{\"quantile\": [{\"q\": 1.5}]}", "quantile[0].q: 1.5 is not between 0 and 1", 1, 21},
    {"{\"quantile\": [{\"q\": \"x\"}]}", "quantile[0].q: expected a number", 1, 21},
    {"{\"value_count\": [{\"value\": 9007199254740993}]}",
     "value_count[0].value: the integer is too large to be exact", 1, 28},
    {"{\"c3\": [{\"lag\": 1.5}]}", "c3[0].lag: expected an integer, found 1.5", 1, 17},
    {"{\"c3\": [{\"lag\": -1}]}", "c3[0].lag: -1 is not between 0 and 1000000000", 1, 17},
    {"{\"number_peaks\": [{\"n\": 0}]}", "number_peaks[0].n: 0 is not between 1 and 1000000000", 1,
     25},
    {"{\"value_count\": [{\"value\": 1e400}]}", "not JSON: real number overflow near '1e400'", 1,
     32},
    {"{\"c3\": [{\"lag\": 1, \"lagg\": 2}]}",
     "c3[0]: unknown parameter 'lagg' (did you mean 'lag'?)", 1, 20},
    {"{\"cid_ce\": [{\"normalize\": 2}]}", "cid_ce[0].normalize: expected true or false", 1, 27},
    {"{\"cid_ce\": [{\"normalize\": 1.0}]}", "cid_ce[0].normalize: expected true or false", 1, 27},
    {"{\"cid_ce\": [{\"normalize\": \"1\"}]}", "cid_ce[0].normalize: expected true or false", 1,
     27},
    {"{\"change_quantiles\": [{\"f_agg\": \"mode\", \"isabs\": true, \"qh\": 1, \"ql\": 0}]}",
     "change_quantiles[0].f_agg: unknown 'mode'; expected one of "
     "mean|var|std|median|max|min|sum|prod|ptp",
     1, 33},
    {"\xEF\xBB\xBF[]", "expected an object of features", 1, 1},
    {"{\"change_quantiles\": [{\"f_agg\": \"maen\", \"isabs\": true, \"qh\": 1, \"ql\": 0}]}",
     "change_quantiles[0].f_agg: unknown 'maen' (did you mean 'mean'?)", 1, 33},
    {"{\"energy_ratio_by_chunks\": [{\"num_segments\": 3, \"segment_focus\": 3}]}",
     "energy_ratio_by_chunks[0]: segment_focus must be less than num_segments", 1, 29},
    {"{\"default_fc_parameters\": {}, \"mean\": null}",
     "'mean' is not allowed beside default_fc_parameters and kind_to_fc_parameters", 1, 31},
    {"{\"default_fc_parameters\": []}", "default_fc_parameters: expected an object of features", 1,
     27},
    {"{\"kind_to_fc_parameters\": 1}", "kind_to_fc_parameters: expected an object of kinds", 1, 27},
    {"{\"kind_to_fc_parameters\": {\"a\": null}}", "a: expected an object of features", 1, 33},
    {"{\"kind_to_fc_parameters\": {\"a\": {\"quantile\": [{\"q\": -1}]}}}",
     "a.quantile[0].q: -1 is not between 0 and 1", 1, 53},
    {"{\"kind_to_fc_parameters\": {\"a\": {\"men\": null}}}",
     "a: unknown feature 'men' (did you mean 'mean'?)", 1, 34},
    {"{\"mean\": null,\n \"quantile\": [{\"q\": NaN},\n  {\"q\": NaN}]}",
     "quantile[0].q: NaN is not allowed", 2, 21},
    {"{\"value_count\": [{\"value\": NaN}, {\"value\": -Infinity},\n {\"value\": None}]}",
     "not JSON: invalid token near 'None'", 2, 15},
    {"{NaN: null}", "not JSON: string or '}' expected near 'NaN'", 1, 4},
    {"{\"c3\": [{\"l\\u0061g\": 1},\n\n {\"l\\u0061g\": \"]\"}]}", "c3[1].lag: expected a number",
     3, 15},
    {"{\"a\\\"b\": null}", "unknown feature 'a\"b'", 1, 2},
    {"{\"mean\": [{\"NaN\": 1}]}", "mean[0]: takes no parameters, found 'NaN'", 1, 12},
};

static void mistakes_are_named(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    ml_error err = {0};
    ml_fresh_settings *settings = NULL;
    const char *text = wrong[i].text;
    if (ml_fresh_settings_parse(text, strlen(text), "p.json", &settings, &err) != ML_ERR_PARSE)
      fail_msg("%s: is not refused", text);
    assert_string_equal(err.message, wrong[i].message);
    assert_string_equal(err.source, "p.json");
    if (err.line != wrong[i].line || err.column != wrong[i].column)
      fail_msg("%s: line %zu, column %zu", text, err.line, err.column);
    assert_null(settings);
  }
}

static void numbers_that_json_does_not_have(void **state) {
  (void)state;
  ml_fresh_settings *settings =
      parse("{\"value_count\": [{\"value\": NaN}, {\"value\":Infinity }, {\"value\": -Infinity}]}");
  const fresh_setting *count = &settings->defaults.settings[0];
  assert_int_equal(count->n_args, 3);
  expect_same("value", count->args[0].v, NAN);
  expect_same("value", count->args[1].v, INFINITY);
  expect_same("value", count->args[2].v, -INFINITY);
  char *text = json(settings);
  assert_string_equal(text,
                      "{\n  \"value_count\": [{\"value\": NaN}, {\"value\": Infinity}, {\"value\": "
                      "-Infinity}]\n}\n");
  ml_fresh_settings *again = parse(text);
  assert_int_equal(again->defaults.settings[0].n_args, 3);
  free(text);
  ml_fresh_settings_free(settings);
  ml_fresh_settings_free(again);
}

static void files_are_read(void **state) {
  (void)state;
  ml_error err = {0};
  ml_fresh_settings *settings = NULL;
  char path[256];
  snprintf(path, sizeof path, "%s/settings.json", temp_dir());
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs("{\"mean\": null}\n", file);
  fclose(file);
  assert_int_equal(ml_fresh_settings_read(path, &settings, &err), ML_OK);
  assert_int_equal(settings->defaults.n, 1);
  ml_fresh_settings_free(settings);
  assert_int_equal(ml_fresh_settings_read(temp_dir(), &settings, &err), ML_ERR_IO);
  snprintf(path, sizeof path, "%s/none.json", temp_dir());
  assert_int_equal(ml_fresh_settings_read(path, &settings, &err), ML_ERR_IO);
  assert_string_equal(err.message, "cannot open: No such file or directory");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_order_of_the_document_stays),
      cmocka_unit_test(numbers_keep_their_form_and_every_bit),
      cmocka_unit_test(truth_may_be_a_number),
      cmocka_unit_test(columns_are_there_once),
      cmocka_unit_test(a_kind_of_its_own_replaces_the_default),
      cmocka_unit_test(each_of_many_kinds_is_found),
      cmocka_unit_test(json_reads_back_to_itself),
      cmocka_unit_test(minimal_is_tsfresh_s),
      cmocka_unit_test(the_other_settings_are_tsfresh_s),
      cmocka_unit_test(calculators_by_name),
      cmocka_unit_test(mistakes_are_named),
      cmocka_unit_test(numbers_that_json_does_not_have),
      cmocka_unit_test(files_are_read),
  };
  return cmocka_run_group_tests_name("fresh/settings", tests, NULL, NULL);
}
