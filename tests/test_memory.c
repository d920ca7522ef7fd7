/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that runs out: each allocation of a step fails in turn, and the step ends with a clean
 * error that leaves nothing behind. The linker leads our calls to the wrappers below. */
#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>

#include "fresh/select.h"
#include "support.h"

/* ---- allocations that fail on demand ---- */

static size_t left;   /* allocations up to the one that fails; 0: none fails */
static long n_blocks; /* of memory from the wrappers that was not freed yet */

static bool is_due(void) {
  if (left == 0 || --left > 0) return false;
  errno = ENOMEM;
  return true;
}

static void *counted(void *block) {
  n_blocks += block != NULL;
  return block;
}

/* What the linker calls instead of NAME, and what it calls for __real_NAME. */
#define WRAP(type, name, ...)      \
  type __real_##name(__VA_ARGS__); \
  type __wrap_##name(__VA_ARGS__); \
  type __wrap_##name(__VA_ARGS__)

WRAP(void *, malloc, size_t size) {
  return is_due() ? NULL : counted(__real_malloc(size));
}

WRAP(void *, calloc, size_t n, size_t size) {
  return is_due() ? NULL : counted(__real_calloc(n, size));
}

WRAP(void *, realloc, void *block, size_t size) {
  bool shrinks = block && size <= malloc_usable_size(block); /* which does not fail */
  if (!shrinks && is_due()) return NULL;
  return block ? __real_realloc(block, size) : counted(__real_realloc(NULL, size));
}

WRAP(void *, reallocarray, void *block, size_t n, size_t size) {
  if (is_due()) return NULL;
  return block ? __real_reallocarray(block, n, size) : counted(__real_reallocarray(NULL, n, size));
}

WRAP(void *, aligned_alloc, size_t alignment, size_t size) {
  return is_due() ? NULL : counted(__real_aligned_alloc(alignment, size));
}

WRAP(char *, strdup, const char *text) {
  return is_due() ? NULL : counted(__real_strdup(text));
}

WRAP(char *, strndup, const char *text, size_t n) {
  return is_due() ? NULL : counted(__real_strndup(text, n));
}

ML_PRINTF(2, 0) static int print(char **out, const char *format, va_list args) {
  int n = is_due() ? -1 : vasprintf(out, format, args);
  if (n >= 0) n_blocks++;
  return n;
}

ML_PRINTF(2, 3) int __wrap_asprintf(char **out, const char *format, ...);
int __wrap_asprintf(char **out, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = print(out, format, args);
  va_end(args);
  return n;
}

/* What asprintf() is in a build with checks. */
ML_PRINTF(3, 4) int __wrap___asprintf_chk(char **out, int flag, const char *format, ...);
int __wrap___asprintf_chk(char **out, int flag, const char *format, ...) {
  va_list args;
  (void)flag;
  va_start(args, format);
  int n = print(out, format, args);
  va_end(args);
  return n;
}

WRAP(void, free, void *block) {
  n_blocks -= block != NULL;
  __real_free(block);
}

WRAP(void *, mmap, void *at, size_t size, int protection, int flags, int fd, off_t offset) {
  return is_due() ? MAP_FAILED : counted(__real_mmap(at, size, protection, flags, fd, offset));
}

WRAP(int, munmap, void *at, size_t size) {
  n_blocks--;
  return __real_munmap(at, size);
}

/* Run a step once for each of its allocations, and once without a failure. @param n_spare how many
 * of them it can do without */
static void fail_each(const char *name, ml_status (*step)(ml_error *err), size_t n_spare) {
  size_t k = 0, n_done = 0;
  for (bool failed = true; failed;) {
    ml_error err = {0};
    long before = n_blocks;
    left = ++k;
    ml_status status = step(&err);
    failed = left == 0;
    left = 0;
    n_done += failed && status == ML_OK;
    if (status != ML_OK && (status != ML_ERR_MEMORY || !failed || !err.message[0]))
      fail_msg("%s: allocation %zu: status %d: %s", name, k, status, err.message);
    if (n_blocks != before)
      fail_msg("%s: allocation %zu: %ld blocks are left", name, k, n_blocks - before);
  }
  assert_true(k > 1);
  assert_int_equal(n_done, n_spare);
}

/* ---- the steps ---- */

static const char long_rows[] =
    "id,time,kind,value\n9,1,t,1\n9,2,t,5\n9,1,p,7\n10,2,t,3\n10,1,t,8\nlast,1,u,2\n";
static const char wide_rows[] =
    "id,time,a,\"b\"\nx,2020-01-01,1,2.5\nx,2020-01-02,3,4\ny,2020-01-01,5,6\n";

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

static ml_status read_long(ml_error *err) {
  ml_series_set *read = NULL;
  ml_status status = ml_series_parse(long_rows, sizeof long_rows - 1, "s", NULL, &read, err);
  ml_series_free(read);
  return status;
}

static ml_status read_wide(ml_error *err) {
  ml_series_set *read = NULL;
  ml_status status = ml_series_parse(wide_rows, sizeof wide_rows - 1, "s", NULL, &read, err);
  ml_series_free(read);
  return status;
}

/* Gaps and windows, where kinds that lose different values part their times. */
static ml_status read_windows(ml_error *err) {
  static const char text[] =
      "id,time,a,b\n'x,2020-01-01,1,2.5\n'x,2020-01-03,,4\n'x,2020-01-02,3,inf\ny,2020-01-02,5,6\n";
  const ml_window window = {.span = INT64_C(172800000000000), .min_rows = 1};
  const ml_series_opts opts = {
      .missing = ML_MISSING_INTERPOLATE, .infinite = ML_MISSING_DROP, .window = &window};
  ml_series_set *read = NULL;
  ml_status status = ml_series_parse(text, sizeof text - 1, "s", &opts, &read, err);
  ml_series_free(read);
  return status;
}

static ml_status read_long_windows(ml_error *err) {
  const ml_window window = {.rows = 2, .min_rows = 1};
  const ml_series_opts opts = {.window = &window};
  ml_series_set *read = NULL;
  ml_status status = ml_series_parse(long_rows, sizeof long_rows - 1, "s", &opts, &read, err);
  ml_series_free(read);
  return status;
}

/* With windows, so that the ids of series and of rows are not the same. */
static ml_status read_target(ml_error *err) {
  static const char text[] = "id,time,y,a\n1,0,p,5\n1,1,p,6\n1,2,p,7\n2,0,q,8\n2,1,q,9\n";
  const ml_window two = {.rows = 2};
  const ml_series_opts opts = {.target = "y", .window = &two};
  ml_series_set *read = NULL;
  ml_target *target_read = NULL;
  ml_status status = ml_series_parse(text, sizeof text - 1, "s", &opts, &read, err);
  if (status == ML_OK) status = ml_target_of_series(read, ML_PROBLEM_AUTO, &target_read, err);
  ml_target_free(target_read);
  target_read = NULL;
  char path[256];
  snprintf(path, sizeof path, "%s/of.csv", temp_dir());
  if (status == ML_OK) status = ml_target_read_series(path, NULL, read, &target_read, err);
  ml_target_free(target_read);
  ml_series_free(read);
  return status;
}

static ml_status rank_pairs(ml_error *err) {
  static const char text[] = "id,a\n\"('x', 10)\",1\n\"('x', 9)\",2\n";
  ml_series_set *read = NULL;
  ml_status status = ml_series_parse(text, sizeof text - 1, "s", NULL, &read, err);
  ml_series_free(read);
  return status;
}

static char csv_path[128];

static ml_status read_csv(ml_error *err) {
  ml_csv *csv = NULL;
  ml_table *table = NULL;
  const ml_csv_want want[] = {{.column = 0, .type = ML_LABEL}, {.column = 1, .type = ML_NUMBER}};
  ml_status status = ml_csv_open(csv_path, NULL, &csv, err);
  if (status == ML_OK) status = ml_csv_read(csv, want, 2, &table, err);
  ml_table_free(table);
  ml_csv_close(csv);
  return status;
}

static ml_status from_rows(ml_error *err) {
  static const uint32_t id[] = {1, 0, 1};
  static const double time[] = {3, 2, 1}, value[] = {1, 2, 3};
  const ml_series_rows rows = {.n_rows = 3,
                               .id = id,
                               .ids = (const char *const[]){"a", "b"},
                               .n_ids = 2,
                               .time = time,
                               .kinds = (const char *const[]){"v"},
                               .values = (const double *const[]){value},
                               .n_kinds = 1};
  ml_series_set *made = NULL;
  ml_status status = ml_series_from_rows(&rows, &made, err);
  ml_series_free(made);
  return status;
}

static ml_matrix *matrix; /* what is written */
static const char *output_name;

static ml_status write_matrix(ml_error *err) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", temp_dir(), output_name);
  ml_status status = ml_matrix_write(matrix, path, ML_FORMAT_AUTO, NULL, err);
  bool is_there = remove(path) == 0;
  if (is_there != (status == ML_OK)) fail_msg("%s: a file, or none, after %d", path, status);
  return status;
}

static ml_status write_safe(ml_error *err) {
  char path[256], beside[256];
  snprintf(path, sizeof path, "%s/x.csv", temp_dir());
  snprintf(beside, sizeof beside, "%s/x.names.csv", temp_dir());
  ml_status status = ml_matrix_write_safe(matrix, path, ML_FORMAT_AUTO, NULL, err);
  bool is_there = remove(path) == 0, names_are = remove(beside) == 0;
  if (is_there != (status == ML_OK) || names_are != is_there)
    fail_msg("%d and %d files after %d", is_there, names_are, status);
  return status;
}

static const char *features_name;

static ml_status read_features(ml_error *err) {
  const ml_features_opts opts = {.target = "y", .exclude = "b", .problem = ML_CLASSIFICATION};
  char path[256];
  ml_matrix *m = NULL;
  ml_target *own = NULL, *joined = NULL;
  ml_impute_range ranges[2];
  snprintf(path, sizeof path, "%s/%s", temp_dir(), features_name);
  ml_status status = ml_features_read(path, &opts, NULL, &m, &own, err);
  if (status == ML_OK) status = ml_impute_learn(m, ranges, NULL, NULL, err);
  if (status == ML_OK) ml_impute(m, ranges);
  snprintf(path, sizeof path, "%s/y.csv", temp_dir());
  if (status == ML_OK) status = ml_target_read(path, NULL, m, &joined, err);
  ml_target_free(own);
  ml_target_free(joined);
  ml_matrix_free(m);
  return status;
}

static ml_status write_columns(ml_error *err) {
  const size_t columns[] = {2, 0};
  char path[256];
  snprintf(path, sizeof path, "%s/c.json", temp_dir());
  return ml_matrix_write_columns(matrix, columns, 2, path, ML_FORMAT_AUTO, false, NULL, err);
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

/* What is selected from: constants, binary and real features. */
static double features[6 * 5];
static const ml_target *target;
static ml_select_opts select_opts;

static ml_status select_features(ml_error *err) {
  char *names[] = {(char *)"a", (char *)"b", (char *)"c", (char *)"d", (char *)"e"};
  const ml_matrix m = {.n_rows = 6, .n_columns = 5, .values = features, .columns = names};
  ml_selection *selection = NULL;
  ml_status status = ml_select(&m, target, &select_opts, NULL, NULL, &selection, err);
  if (status != ML_OK) assert_null(selection);
  ml_selection_free(selection);
  return status;
}

static ml_status select_with_missing(ml_error *err) {
  features[7] = features[8] = NAN;
  ml_status status = select_features(err);
  features[7] = features[8] = 1;
  return status == ML_ERR_PARSE ? ML_OK : status;
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

static ml_select_opts decision_opts;
static size_t n_select_passes;

/* More features than redundancy looks at together, each like one of the first five. */
static ml_status decide(ml_error *err) {
  enum { N = 300, ROWS = 7 };
  static double values[N * ROWS], p[3 * N];
  static ml_feature_type types[N];
  static const char *tests[N];
  const ml_target y = {.name = "y", .n_classes = n_select_passes > 1 ? n_select_passes : 0};
  const ml_matrix m = {.n_rows = ROWS, .n_columns = N, .values = values, .by_column = true};
  const select_p_values given = {
      .n_columns = N, .n_passes = n_select_passes, .type = types, .test = tests, .p = p};
  for (size_t j = 0; j < N; j++) {
    types[j] = ML_FEATURE_REAL;
    for (size_t i = 0; i < ROWS; i++) values[j * ROWS + i] = (double)((i * i + j % 5 * i) % 7);
  }
  ml_selection *s = NULL;
  ml_status status = select__decide(&given, &y, &m, &decision_opts, NULL, &s, err);
  if (status != ML_OK) assert_null(s);
  ml_selection_free(s);
  return status;
}

/* ---- tests ---- */

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

static void series(void **state) {
  (void)state;
  fail_each("long", read_long, 0);
  fail_each("wide", read_wide, 0);
  fail_each("rows", from_rows, 0);
  fail_each("gaps and windows", read_windows, 0);
  fail_each("long windows", read_long_windows, 0);
  fail_each("pairs", rank_pairs, 0);
}

static const char *roll_input; /* in the temporary folder */
static ml_roll_opts roll_opts;

static ml_status roll_file(ml_error *err) {
  char input[256], output[256], answers[256];
  snprintf(input, sizeof input, "%s/%s", temp_dir(), roll_input);
  snprintf(output, sizeof output, "%s/rolled.csv", temp_dir());
  snprintf(answers, sizeof answers, "%s/rolled.y.csv", temp_dir());
  const char *second = roll_opts.how == ML_ROLL_FORECAST ? answers : NULL;
  ml_status status = ml_roll_csv(input, &roll_opts, output, second, NULL, err);
  bool is_there = remove(output) == 0, is_second = remove(answers) == 0;
  if (status == ML_OK && (!is_there || is_second != (second != NULL)))
    fail_msg("%s: files %d, %d", roll_input, is_there, is_second);
  return status;
}

static void put_file(const char *name, const char *text) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", temp_dir(), name);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void rolls(void **state) {
  (void)state;
  put_file("long.csv", long_rows);
  put_file("wide.csv", wide_rows);
  put_file("one.csv", "time,value\n1,\"2,5\"\n0,3\n2,4\n");
  roll_input = "long.csv";
  roll_opts = (ml_roll_opts){.direction = 1};
  fail_each("shifts", roll_file, 1); /* to sync the folder */
  roll_opts = (ml_roll_opts){.how = ML_ROLL_PACKAGES, .length = 2};
  fail_each("packages", roll_file, 1);
  roll_input = "wide.csv";
  roll_opts = (ml_roll_opts){.how = ML_ROLL_WINDOW, .window = {.rows = 2}};
  fail_each("windows", roll_file, 1);
  roll_input = "one.csv";
  roll_opts = (ml_roll_opts){.how = ML_ROLL_FORECAST, .direction = -1};
  fail_each("forecast", roll_file, 2);
}

/* More cells than fit at first, of many distinct labels, so that everything has to grow. */
static void csv(void **state) {
  (void)state;
  static const char *const modes[] = {"wT", "wb"}; /* plain, gzip */
  for (size_t m = 0; m < 2; m++) {
    snprintf(csv_path, sizeof csv_path, "%s/%zu.csv", temp_dir(), m);
    gzFile file = gzopen(csv_path, modes[m]);
    assert_non_null(file);
    gzprintf(file, "label,number\n");
    for (int i = 0; i < 5000; i++) gzprintf(file, "row%d,%d\n", i, i);
    assert_int_equal(gzclose(file), Z_OK);
    fail_each(modes[m], read_csv, 0);
  }
}

static void outputs(void **state) {
  (void)state;
  static const char *const names[] = {"a.csv", "a.csv.gz", "a.json", "a.npy"};
  ml_error err = {0};
  assert_int_equal(ml_series_parse(long_rows, sizeof long_rows - 1, "s", NULL, &set, &err), ML_OK);
  assert_int_equal(ml_fresh_extract(set, NULL, NULL, NULL, &matrix, &err), ML_OK);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    output_name = names[i];
    fail_each(names[i], write_matrix, strstr(names[i], "npy") ? 2 : 1); /* to sync a folder */
  }
  fail_each("safe names and values", write_safe, 2);
  ml_matrix_free(matrix);
  ml_series_free(set);
}

static void feature_files(void **state) {
  (void)state;
  char npy[256];
  ml_error err = {0};
  put_file("f.csv", "id,a,y,b,c\n1,2,0,x,NaN\n2,3,1,y,4\n3,,1,z,5\n");
  put_file("plain.csv", "id,a,y,b,c\n1,2,0,7,NaN\n2,3,1,8,4\n3,,1,9,5\n");
  put_file("y.csv", "id,z\n3,1.5\n1,2.5\n2,3\n");
  put_file("of.csv", "id,z\n2,1\n1,0\n");
  fail_each("targets of series", read_target, 0);
  features_name = "f.csv";
  fail_each("features as CSV", read_features, 0);
  char path[256];
  snprintf(path, sizeof path, "%s/plain.csv", temp_dir());
  snprintf(npy, sizeof npy, "%s/f.npy", temp_dir());
  assert_int_equal(ml_features_read(path, NULL, NULL, &matrix, NULL, &err), ML_OK);
  fail_each("columns", write_columns, 1); /* to sync a folder */
  assert_int_equal(ml_matrix_write(matrix, npy, ML_FORMAT_AUTO, NULL, &err), ML_OK);
  features_name = "f.npy";
  fail_each("features as .npy", read_features, 0);
  ml_matrix_free(matrix);
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

static ml_status compare_samples(ml_error *err) {
  const double x[] = {1, 2, 3, 4}, y[] = {2.5, 1, 7, 7.5};
  ml_test t;
  ml_status status = ml_test_mann_whitney(x, 4, y, 4, &t, err);
  if (status == ML_OK) status = ml_test_mann_whitney(x, 4, y + 2, 2, &t, err); /* exact */
  if (status == ML_OK) status = ml_test_kolmogorov_smirnov(x, 4, y, 4, ML_RULES_TSFRESH, &t, err);
  if (status == ML_OK) status = ml_test_kendall(x, y, 4, ML_RULES_KX, &t, err);
  return status;
}

static void samples(void **state) {
  (void)state;
  fail_each("tests of samples", compare_samples, 0);
}

static void decisions(void **state) {
  (void)state;
  n_select_passes = 1;
  fail_each("one", decide, 0);
  decision_opts.redundancy = 0.9;
  fail_each("redundancy", decide, 0);
  decision_opts.k = 299;
  fail_each("by rank", decide, 0);
  n_select_passes = 3;
  decision_opts = (ml_select_opts){.n_significant = 1};
  fail_each("multi-class", decide, 0);
}

static void selection(void **state) {
  (void)state;
  double y[] = {1, 0, 2, 0, 1, 2};
  uint32_t class_of[] = {1, 0, 2, 0, 1, 2}, halves[] = {0, 0, 0, 1, 1, 1};
  const ml_target targets[] = {
      {(char *)"y", ML_TARGET_REAL, ML_REGRESSION, 6, y, NULL, NULL, 0},
      {(char *)"y", ML_TARGET_INTEGER, ML_CLASSIFICATION, 6, y, halves, NULL, 2},
      {(char *)"y", ML_TARGET_INTEGER, ML_CLASSIFICATION, 6, y, class_of, NULL, 3}};
  for (size_t i = 0; i < 6 * 5; i++)
    features[i] = i % 5 < 3 ? (double)(i * 7 % 11) : i % 5 == 3 ? (double)(i % 2) : 1;
  for (size_t t = 0; t < 3; t++) {
    target = &targets[t];
    for (ml_select_test test = ML_SELECT_MANN; test <= ML_SELECT_KX; test++) {
      select_opts = (ml_select_opts){.test = test};
      fail_each("selection", select_features, 0);
    }
  }
  select_opts = (ml_select_opts){.n_significant = 2};
  fail_each("of classes", select_features, 0);
  select_opts = (ml_select_opts){.k = 4, .redundancy = 0.5};
  fail_each("of k", select_features, 0);
  fail_each("missing values", select_with_missing, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(settings),   cmocka_unit_test(settings_parser),
      cmocka_unit_test(extraction), cmocka_unit_test(series),
      cmocka_unit_test(csv),        cmocka_unit_test(rolls),
      cmocka_unit_test(outputs),    cmocka_unit_test(values),
      cmocka_unit_test(functions),  cmocka_unit_test(decisions),
      cmocka_unit_test(selection),  cmocka_unit_test(feature_files),
      cmocka_unit_test(samples),
  };
  return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
