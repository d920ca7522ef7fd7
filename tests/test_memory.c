/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that runs out in settings, extraction, values and functions. */
#include "memory.h"

#include <jansson.h>
#include <stdio.h>

/* One kind, which is enough where every calculator takes part. */
static const char short_rows[] = "id,time,value\n1,1,1\n1,2,5\n1,3,2\n1,4,4\n1,5,4\n2,1,3\n";

static const char settings_text[] =
    "{\"default_fc_parameters\": {\"mean\": null, \"quantile\": [{\"q\": 0.1}, {\"q\": 0.1}],"
    " \"value_count\": [{\"value\": NaN}],"
    " \"change_quantiles\": [{\"f_agg\": \"var\", \"isabs\": true, \"qh\": 0.8, \"ql\": 0.1}]},"
    " \"kind_to_fc_parameters\": {\"t\": {\"c3\": [{\"lag\": 1}], \"sum_values\": null}}}";

static ml_status read_settings(ml_error *err) {
  ml_fresh_settings *settings = NULL;
  ml_buf text = {0};
  ml_status status =
      ml_fresh_settings_parse(settings_text, sizeof settings_text - 1, "s", &settings, err);
  if (status == ML_OK) {
    ml_fresh_settings_json(settings, &text);
    if (text.failed) status = ml_error_memory(err);
  }
  ml_buf_release(&text);
  ml_fresh_settings_free(settings);
  return status;
}

static ml_status name_settings(ml_error *err) {
  ml_fresh_settings *settings = NULL;
  ml_status status = ml_fresh_settings_named("comprehensive", &settings, err);
  ml_fresh_settings_free(settings);
  if (status != ML_OK) return status;
  status = ml_fresh_settings_features("mean,quantile, c3", &settings, err);
  if (status == ML_OK) ml_fresh_settings_free(settings);
  return status;
}

static ml_series_set *set; /* what is extracted */

static ml_status extract(ml_error *err) {
  ml_fresh_settings *settings = NULL;
  ml_matrix *matrix = NULL;
  ml_status status =
      ml_fresh_settings_parse(settings_text, sizeof settings_text - 1, "s", &settings, err);
  if (status == ML_OK) status = ml_fresh_extract(set, settings, NULL, NULL, &matrix, err);
  if (status != ML_OK) assert_null(matrix);
  ml_fresh_settings_free(settings);
  ml_matrix_free(matrix);
  return status;
}

static const char *const column_names[] = {"t__c3__lag_1",       "u__mean",
                                           "t__quantile__q_0.5", "p__sum_values",
                                           "t__quantile__q_0.1", "t_absEnergy"};

static ml_status extract_columns(ml_error *err) {
  ml_fresh_settings *settings = NULL;
  ml_matrix *matrix = NULL;
  ml_status status = ml_fresh_settings_from_names(column_names, 6, "s", &settings, err);
  if (status == ML_OK) status = ml_fresh_extract(set, settings, NULL, NULL, &matrix, err);
  if (status != ML_OK) assert_null(matrix);
  ml_fresh_settings_free(settings);
  ml_matrix_free(matrix);
  return status;
}

/* There, and back by what the JSON says or by the names alone, and used. */
static ml_status use_recipe(ml_error *err) {
  static const char by_names[] =
      "{\"columns\": [\"a__mean\", \"a__quantile__q_0.5\"],"
      " \"impute\": {\"min\": [0, 0], \"max\": [1, 1],"
      " \"median\": [0, 0]}, \"compat\": \"modern\"}";
  const char *const names[] = {"t__cwt_coefficients__coeff_1__w_2__widths_(2, 5, 10, 20)",
                               "u__mean"};
  const ml_impute_range ranges[2] = {{0, 1, 0.5}, {0, 1, 0.5}};
  ml_fresh_settings *read = NULL;
  ml_matrix *made = NULL;
  ml_buf text = {0};
  ml_status status = ml_fresh_recipe_of(set, NULL, names, 2, ranges, &text, err);
  if (status == ML_OK) status = ml_fresh_settings_parse(text.data, text.n, "r", &read, err);
  if (status == ML_OK) status = ml_fresh_extract(set, read, NULL, NULL, &made, err);
  ml_fresh_settings_free(read);
  read = NULL;
  if (status == ML_OK)
    status = ml_fresh_settings_parse(by_names, sizeof by_names - 1, "r", &read, err);
  ml_fresh_settings_free(read);
  ml_matrix_free(made);
  ml_buf_release(&text);
  return status;
}

static ml_status make_names_safe(ml_error *err) {
  char **safe = NULL;
  const char *const names[] = {"a b", "a-b", "a_b", "c"};
  ml_status status = ml_safe_names(names, 4, &safe, err);
  if (status == ML_OK) ml_safe_names_free(safe, 4);
  return status;
}

static ml_status extract_everything(ml_error *err) {
  ml_matrix *matrix = NULL;
  ml_status status = ml_fresh_extract(set, NULL, NULL, NULL, &matrix, err);
  ml_matrix_free(matrix);
  return status;
}

static ml_fresh_settings *few; /* settings with what a report tells apart, and no more */

static ml_status extract_with_reports(ml_error *err) {
  ml_matrix *matrix = NULL;
  ml_fresh_costs costs;
  ml_buf text = {0};
  ml_status status = ml_fresh_extract_timed(set, few, NULL, NULL, &costs, &matrix, err);
  if (status == ML_OK) status = ml_fresh_nan_report(set, few, matrix, &text, err);
  ml_fresh_costs_release(&costs);
  ml_buf_release(&text);
  ml_matrix_free(matrix);
  return status;
}

static ml_status read_and_send_value(ml_error *err) {
  static const char json[] = "{\"a\": [1, 2.5, \"text\", {\"b\": null}], \"c\": {}, \"d\": []}";
  ml_arena *arena = ml_arena_new();
  ml_buf bytes = {0}, text = {0};
  ml_value v, copy;
  ml_status status =
      arena ? ml_value_from_json(json, sizeof json - 1, "s", arena, &v, err) : ml_error_memory(err);
  if (status == ML_OK) status = ml_value_encode(&v, NULL, 0, &bytes, err);
  if (arena) ml_arena_reset(arena);
  if (status == ML_OK) status = ml_value_decode(bytes.data, bytes.n, NULL, 0, arena, &v, err);
  if (status == ML_OK && !ml_value_copy(&v, arena, &copy)) status = ml_error_memory(err);
  if (status == ML_OK) status = ml_value_to_json(&copy, &text, err);
  ml_buf_release(&bytes);
  ml_buf_release(&text);
  ml_arena_free(arena);
  return status;
}

/* So many names that they are sorted to be told apart. */
static ml_status send_many_names(ml_error *err) {
  enum { N = 300 };
  static char texts[N][8];
  const char *names[N];
  ml_value v;
  ml_buf bytes = {0};
  ml_arena *arena = ml_arena_new();
  for (size_t i = 0; i < N; i++) {
    snprintf(texts[i], sizeof texts[i], "n%zu", i);
    names[i] = texts[i];
  }
  ml_status status = arena && ml_value_new_dict(arena, names, N, &v) ? ML_OK : ml_error_memory(err);
  if (status == ML_OK) status = ml_value_encode(&v, NULL, 0, &bytes, err);
  if (status == ML_OK) status = ml_value_decode(bytes.data, bytes.n, NULL, 0, arena, &v, err);
  ml_buf_release(&bytes);
  ml_arena_free(arena);
  return status;
}

static ml_status load_and_learn(ml_error *err) {
  static const ml_init commands[] = {{.kind = ML_INIT_LOAD, .what = "fresh"},
                                     {.kind = ML_INIT_LOAD, .what = "xval"}};
  ml_functions *worker = NULL, *central = NULL;
  ml_buf command = {0}, answer = {0};
  ml_status status = ml_functions_new(&worker, err);
  if (status == ML_OK) status = ml_functions_new(&central, err);
  for (size_t i = 0; i < 2 && status == ML_OK; i++) {
    ml_buf_clear(&command);
    ml_buf_clear(&answer);
    status = ml_init_encode(&commands[i], &command, err);
    if (status == ML_OK)
      status = ml_functions_init_encoded(worker, command.data, command.n, &answer, NULL, err);
    if (status == ML_OK) status = ml_functions_learn(central, answer.data, answer.n, err);
  }
  ml_functions_free(worker);
  ml_functions_free(central);
  ml_buf_release(&command);
  ml_buf_release(&answer);
  return status;
}

static ml_status same_again(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)err;
  *out = *x;
  return ML_OK;
}

static bool next_text(void *ctx, size_t i, ml_value *out, ml_error *err) {
  (void)ctx, (void)err;
  *out = ml_value_string("a text that a result has, too");
  return i < 3;
}

static ml_status call_for_each(ml_error *err) {
  static const ml_function function = {.name = "same", .call = same_again};
  const ml_peach_io io = {.n = ML_ITEMS_UNKNOWN, .next = next_text};
  ml_functions *functions = NULL;
  ml_arena *arena = ml_arena_new();
  ml_value in[2] = {ml_value_int(1), ml_value_string("text")}, out[2];
  ml_status status = arena ? ml_functions_new(&functions, err) : ml_error_memory(err);
  if (status == ML_OK) status = ml_functions_add(functions, "m", &function, err);
  const ml_peach_opts opts = {.functions = functions};
  if (status == ML_OK) status = ml_peach(NULL, "same", in, 2, &opts, arena, out, err);
  if (status == ML_OK) status = ml_peach_each(NULL, "same", &io, &opts, err);
  ml_functions_free(functions);
  ml_arena_free(arena);
  return status;
}

static void settings(void **state) {
  (void)state;
  fail_each("read", read_settings, 0);
  fail_each("by name", name_settings, 0);
}

/* Only the first: later on the parser of JSON drops letters in silence when it cannot grow. */
static void settings_parser(void **state) {
  (void)state;
  ml_error err = {0};
  json_set_alloc_funcs(__wrap_malloc, __wrap_free);
  left = 1;
  assert_int_equal(read_settings(&err), ML_ERR_MEMORY);
  assert_int_equal(left, 0);
  json_set_alloc_funcs(__real_malloc, __real_free);
}

static void extraction(void **state) {
  (void)state;
  ml_error err = {0};
  assert_int_equal(ml_series_parse(long_rows, sizeof long_rows - 1, "s", NULL, &set, &err), ML_OK);
  fail_each("some", extract, 0);
  fail_each("columns by name", extract_columns, 0);
  fail_each("safe names", make_names_safe, 0);
  fail_each("recipe", use_recipe, 0);
  ml_series_free(set);
  assert_int_equal(ml_series_parse(short_rows, sizeof short_rows - 1, "s", NULL, &set, &err),
                   ML_OK);
  fail_each("everything", extract_everything, 0);
  assert_int_equal(ml_fresh_settings_features("mean,skewness,variation_coefficient", &few, &err),
                   ML_OK);
  fail_each("with reports", extract_with_reports, 0);
  ml_fresh_settings_free(few);
  ml_series_free(set);
}

static void values(void **state) {
  (void)state;
  fail_each("value", read_and_send_value, 0);
  fail_each("names", send_many_names, 0);
}

static void functions(void **state) {
  (void)state;
  fail_each("load", load_and_learn, 0);
  fail_each("peach", call_for_each, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(settings), cmocka_unit_test(settings_parser), cmocka_unit_test(extraction),
      cmocka_unit_test(values),   cmocka_unit_test(functions),
  };
  return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
