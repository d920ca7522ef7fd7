/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that runs out in reading and writing: series, tables, features. */
#include "memory.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

static const char wide_rows[] =
    "id,time,a,\"b\"\nx,2020-01-01,1,2.5\nx,2020-01-02,3,4\ny,2020-01-01,5,6\n";

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

static ml_status read_json_lines(ml_error *err) {
  static const char text[] = "{\"id\": \"a\\n\", \"x\": 1}\n{\"x\": 2, \"id\": \"\\u00e9\"}\n";
  ml_csv *csv = NULL;
  ml_table *table = NULL;
  const ml_csv_want want[] = {{.column = 0, .type = ML_LABEL}, {.column = 1, .type = ML_NUMBER}};
  ml_status status = ml_csv_open_bytes(text, sizeof text - 1, "j", NULL, &csv, err);
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

static void series(void **state) {
  (void)state;
  fail_each("long", read_long, 0);
  fail_each("wide", read_wide, 0);
  fail_each("rows", from_rows, 0);
  fail_each("gaps and windows", read_windows, 0);
  fail_each("long windows", read_long_windows, 0);
  fail_each("pairs", rank_pairs, 0);
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
  fail_each("JSON lines", read_json_lines, 0);
}

static void outputs(void **state) {
  (void)state;
  static const char *const names[] = {"a.csv", "a.csv.gz", "a.json", "a.npy"};
  ml_series_set *set = NULL;
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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(series),  cmocka_unit_test(csv),           cmocka_unit_test(rolls),
      cmocka_unit_test(outputs), cmocka_unit_test(feature_files),
  };
  return cmocka_run_group_tests_name("memory/files", tests, NULL, NULL);
}
