/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KX's own file of parameters as settings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fresh/settings.h"
#include "support.h"

/* Names of the columns of a kind v, in order, a line each. */
static char *columns(const ml_fresh_settings *settings) {
  const fresh_list *list = fresh__list_of(settings, "v");
  ml_buf out = {0};
  for (size_t i = 0; i < list->n; i++) {
    const ml_fresh_feature *info = &list->settings[i].feature->info;
    for (size_t k = 0; k < list->settings[i].n_args; k++) {
      ml_fresh_column("v", info,
                      info->n_params ? list->settings[i].args + k * info->n_params : NULL, &out);
      ml_buf_puts(&out, "\n");
    }
  }
  ml_buf_put(&out, "", 1);
  assert_false(out.failed);
  return out.data;
}

static ml_fresh_settings *parse(const char *text) {
  ml_error err = {0};
  ml_fresh_settings *settings = NULL;
  if (ml_fresh_settings_parse(text, strlen(text), "p.json", &settings, &err) != ML_OK)
    fail_msg("%s: %s", err.message, text);
  return settings;
}

/* The columns of one function; those without parameters are always there. */
static void expect_columns(const char *text, const char *function, const char *want) {
  ml_fresh_settings *settings = parse(text);
  char *all = columns(settings), *save = NULL, found[4096] = "";
  size_t n = strlen(function);
  for (char *name = strtok_r(all, "\n", &save); name; name = strtok_r(NULL, "\n", &save))
    if (strncmp(name + 2, function, n) == 0 && name[2 + n] == '_')
      strcat(strcat(found, name + 3 + n), " ");
  assert_string_equal(found, want);
  free(all);
  ml_fresh_settings_free(settings);
}

/* All that the toolkit's file says gives what the settings kx give. */
static void the_toolkit_s_file_is_kx(void **state) {
  (void)state;
  ml_error err = {0};
  ml_fresh_settings *read = NULL, *named = NULL;
  if (ml_fresh_settings_read("tests/golden/kx_hyperparameters.json", &read, &err) != ML_OK)
    fail_msg("%s", err.message);
  assert_int_equal(ml_fresh_settings_named("kx", &named, &err), ML_OK);
  char *got = columns(read), *want = columns(named);
  size_t n = 0;
  for (const char *at = got; *at; at++) n += *at == '\n';
  assert_int_equal(n, 283);
  assert_string_equal(got, want);
  free(got);
  free(want);
  ml_fresh_settings_free(read);
  ml_fresh_settings_free(named);
}

static void the_last_parameter_varies_fastest(void **state) {
  (void)state;
  expect_columns(
      "{\"rangeCount\": {\"minVal\": {\"value\": [0, -0.5], \"type\": \"float\"},"
      " \"maxVal\": {\"value\": [1, 2.0], \"type\": \"float\"}}}",
      "rangeCount",
      "minVal_0_maxVal_1 minVal_0_maxVal_2 minVal_-0o5_maxVal_1 minVal_-0o5_maxVal_2 ");
  expect_columns(
      "{\"changeQuant\": {\"lowerQuant\": {\"value\": 0.25}, \"isAbs\": {\"value\": true},"
      " \"upperQuant\": {\"value\": [0.5]}}}",
      "changeQuant",
      "lowerQuant_0o25_upperQuant_0o5_isAbs_1_max lowerQuant_0o25_upperQuant_0o5_isAbs_1_min "
      "lowerQuant_0o25_upperQuant_0o5_isAbs_1_mean "
      "lowerQuant_0o25_upperQuant_0o5_isAbs_1_variance "
      "lowerQuant_0o25_upperQuant_0o5_isAbs_1_median "
      "lowerQuant_0o25_upperQuant_0o5_isAbs_1_stdev ");
}

static void several_values_are_told_apart(void **state) {
  (void)state;
  expect_columns("{\"partAutoCorrelation\": {\"lag\": {\"value\": [2, 1], \"type\": \"int\"}}}",
                 "partAutoCorrelation", "lag_2_lag_1 lag_2_lag_2 lag_1_lag_1 ");
  expect_columns("{\"eRatioByChunk\": {\"numSeg\": {\"value\": 2, \"type\": \"int\"}}}",
                 "eRatioByChunk", "numSeg_2_chunk_0_2 numSeg_2_chunk_1_2 ");
  expect_columns("{\"fftCoeff\": {\"coeff\": {\"value\": [2], \"type\": \"long\"}}}", "fftCoeff",
                 "coeff_2_coeff_0_angle coeff_2_coeff_1_angle coeff_2_coeff_0_real "
                 "coeff_2_coeff_1_real coeff_2_coeff_0_imag coeff_2_coeff_1_imag "
                 "coeff_2_coeff_0_abs coeff_2_coeff_1_abs ");
}

static void nulls_and_infinities(void **state) {
  (void)state;
  expect_columns(
      "{\"valCount\": {\"val\": {\"value\": [-inf,null,inf , 3,NaN], \"type\": \"int\"}}}",
      "valCount", "val_-0W val_ val_0W val_3 ");
}

static void functions_with_parameters_are_those_of_the_file(void **state) {
  (void)state;
  ml_fresh_settings *settings = parse(
      "{\"c3\": {\"lag\": {\"value\": [4, 4], \"type\": \"long\"}}, \"max\": null, \"min\": {}}");
  const fresh_list *list = fresh__list_of(settings, "any");
  assert_int_equal(list->n, 37); /* 36 take none */
  assert_string_equal(list->settings[0].feature->info.name, "kx.absEnergy");
  assert_string_equal(list->settings[36].feature->info.name, "kx.c3");
  assert_int_equal(list->settings[36].n_args, 1); /* a column is there once */
  ml_fresh_settings_free(settings);
}

static void a_kind_may_have_it(void **state) {
  (void)state;
  ml_fresh_settings *settings = parse(
      "{\"kind_to_fc_parameters\": {\"v\": {\"c3\": {\"lag\": {\"value\": 1}}}},"
      " \"default_fc_parameters\": {\"mean\": null}}");
  assert_int_equal(fresh__list_of(settings, "v")->n, 37);
  assert_int_equal(fresh__list_of(settings, "w")->n, 1);
  ml_fresh_settings_free(settings);
}

static const struct {
  const char *text, *message;
} mistakes[] = {
    {"{\"c3\": {\"lag\": {\"value\": 1}},\n \"c33\": {}}",
     "p.json:2:2: unknown function of KX 'c33' (did you mean 'c3'?)"},
    {"{\"abs_energy\": null, \"c3\": {\"lag\": {\"value\": 1}}}",
     "p.json:1:2: unknown function of KX 'abs_energy' (did you mean 'absEnergy'?)"},
    {"{\"c3\": {\"lagg\": {\"value\": 1}}}",
     "p.json:1:9: c3: unknown parameter 'lagg' (did you mean 'lag'?)"},
    {"{\"aggLinTrend\": {\"key\": {\"value\": 1}}}",
     "p.json:1:18: aggLinTrend: unknown parameter 'key'"},
    {"{\"c3\": {\"lag\": {\"valu\": 1}}}",
     "p.json:1:17: c3.lag: unknown key 'valu' (did you mean 'value'?)"},
    {"{\"c3\": {\"lag\": {\"type\": \"int\"}}}", "p.json:1:16: c3.lag: 'value' is missing"},
    {"{\"c3\": {\"lag\": {\"value\": 1, \"type\": \"lnog\"}}}",
     "p.json:1:37: c3.lag.type: expected one of long|float|int|boolean as a string (did you mean "
     "'long'?)"},
    {"{\"c3\": {\"lag\": {\"value\": 1, \"type\": 7}}}",
     "p.json:1:37: c3.lag.type: expected one of long|float|int|boolean as a string"},
    {"{\"c3\": {\"lag\": {\"value\": [1,\n  1.5], \"type\": \"float\"}}}",
     "p.json:2:3: c3.lag.value[1]: expected an integer, found 1.5"},
    {"{\"numCrossing\": {\"crossVal\": {\"value\": [0.5], \"type\": \"int\"}}}",
     "p.json:1:41: numCrossing.crossVal.value[0]: expected an integer, as the type says"},
    {"{\"numCrossing\": {\"crossVal\": {\"value\": 2, \"type\": \"boolean\"}}}",
     "p.json:1:40: numCrossing.crossVal.value: expected true or false, as the type says"},
    {"{\"c3\": {\"lag\": {\"value\": [null]}}}", "p.json:1:27: c3.lag.value[0]: expected a number"},
    {"{\"c3\": {\"lag\": {\"value\": [inf]}}}",
     "p.json:1:27: c3.lag.value[0]: inf is not between 1 and 1000000000"},
    {"{\"c3\": {\"lag\": {\"value\": []}}}", "p.json:1:26: c3.lag.value: the list is empty"},
    {"{\"c3\": {\"lag\": {\"value\": [[1]]}}}", "p.json:1:27: c3.lag.value[0]: expected a number"},
    {"{\"c3\": {\"lag\": {\"value\": 1}}, \"rangeCount\": {\"minVal\": {\"value\": 1}}}",
     "p.json:1:45: rangeCount: parameter 'maxVal' is missing"},
    {"{\"c3\": {\"lag\": {\"value\": 1}}, \"quantile\": [1]}",
     "p.json:1:43: quantile: expected an object of parameters"},
    {"{\"c3\": {\"lag\": {\"value\": 1}}, \"rangeCount\": {\"minVal\": 1}}",
     "p.json:1:56: rangeCount.minVal: expected an object, as in {\"value\": [...], \"type\": "
     "\"long\"}"},
    {"{\"mean\": {\"lag\": {\"value\": 1}}}",
     "p.json:1:10: mean: the function takes no parameters"},
    {"{\"fftCoeff\": {\"coeff\": {\"value\": 1000000000}}}",
     "p.json:1:14: fftCoeff: more than 100000 columns"},
    {"{\"kind_to_fc_parameters\": {\"v\": {\"c3\": {\"lag\": {\"value\": 1, \"tipe\": 1}}}}}",
     "p.json:1:61: v.c3.lag: unknown key 'tipe' (did you mean 'type'?)"},
};

static void expect_message(const ml_error *err, const char *want) {
  char text[1024];
  snprintf(text, sizeof text, "%s:%zu:%zu: %s", err->source, err->line, err->column, err->message);
  assert_string_equal(text, want);
}

static void mistakes_are_named(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
    ml_error err = {0};
    ml_fresh_settings *settings = NULL;
    const char *text = mistakes[i].text;
    assert_int_equal(ml_fresh_settings_parse(text, strlen(text), "p.json", &settings, &err),
                     ML_ERR_PARSE);
    expect_message(&err, mistakes[i].message);
  }
}

/* A product of many lists is refused before it is worked out. */
static void too_many_combinations(void **state) {
  (void)state;
  ml_buf text = {0};
  ml_error err = {0};
  ml_fresh_settings *settings = NULL;
  ml_buf_puts(&text, "{\"rangeCount\": {\"minVal\": {\"value\": [0");
  for (int i = 1; i < 317; i++) ml_buf_printf(&text, ",%d", i);
  ml_buf_puts(&text, "]}, \"maxVal\": {\"value\": [0");
  for (int i = 1; i < 317; i++) ml_buf_printf(&text, ",%d", i);
  ml_buf_puts(&text, "]}}}");
  assert_int_equal(ml_fresh_settings_parse(text.data, text.n, "p.json", &settings, &err),
                   ML_ERR_PARSE);
  expect_message(&err, "p.json:1:16: rangeCount: more than 100000 combinations of values");
  ml_buf_release(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_toolkit_s_file_is_kx),
      cmocka_unit_test(the_last_parameter_varies_fastest),
      cmocka_unit_test(several_values_are_told_apart),
      cmocka_unit_test(nulls_and_infinities),
      cmocka_unit_test(functions_with_parameters_are_those_of_the_file),
      cmocka_unit_test(a_kind_may_have_it),
      cmocka_unit_test(mistakes_are_named),
      cmocka_unit_test(too_many_combinations),
  };
  return cmocka_run_group_tests_name("fresh/kx: settings", tests, NULL, NULL);
}
