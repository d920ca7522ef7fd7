/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of windows against those of the reference, and what its tables do not show. */
#include "support.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- files ---- */

static const char *golden(const char *name) {
  static char path[2][4096];
  static int turn;
  char *to = path[turn = !turn];
  snprintf(to, sizeof path[0], "roll/%s", name);
  const char *found = reference(to);
  snprintf(to, sizeof path[0], "tests/golden/roll/%s", name);
  if (found) snprintf(to, sizeof path[0], "%s", found);
  return to;
}

static const char *temp(const char *name) {
  static char path[4][512];
  static int turn;
  char *to = path[turn++ % 4];
  snprintf(to, sizeof path[0], "%s/%s", temp_dir(), name);
  return to;
}

static char *read_text(const char *path) {
  static char text[4][1 << 16];
  static int turn;
  char *to = text[turn++ % 4];
  FILE *file = fopen(path, "r");
  if (!file) fail_msg("%s is not there", path);
  size_t n = fread(to, 1, sizeof text[0] - 1, file);
  to[n] = 0;
  fclose(file);
  return to;
}

static int compare_lines(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines below the header, sorted: the order of equal times is not defined. */
static size_t sort_lines(char *text, char **lines) {
  size_t n = 0;
  for (char *at = text, *end; (end = strchr(at, '\n')); at = end + 1) {
    *end = 0;
    lines[n++] = at;
  }
  qsort(lines + 1, n - 1, sizeof *lines, compare_lines);
  return n;
}

static void expect_same_lines(const char *name, const char *got, const char *want) {
  static char *ours[1000], *theirs[1000];
  size_t n = sort_lines(read_text(got), ours), m = sort_lines(read_text(want), theirs);
  for (size_t i = 0; i < n && i < m; i++)
    if (strcmp(ours[i], theirs[i]) != 0) fail_msg("%s: %s, expected %s", name, ours[i], theirs[i]);
  if (n != m) fail_msg("%s: %zu lines, expected %zu", name, n, m);
}

static void roll(const char *input, const ml_roll_opts *opts, const char *output,
                 const char *answers) {
  ml_error err = {0};
  if (ml_roll_csv(input, opts, output, answers, NULL, &err) != ML_OK)
    fail_msg("%s: %s", input, err.message);
}

/* ---- the reference ---- */

static long number(const json_t *params, const char *name, long fallback) {
  const json_t *value = json_object_get(params, name);
  return value ? (long)json_integer_value(value) : fallback;
}

static void windows_of_the_reference(void **state) {
  (void)state;
  json_t *cases = json_load_file(golden("cases.json"), 0, NULL), *c;
  size_t i;
  assert_true(json_array_size(cases) >= 10);
  json_array_foreach(cases, i, c) {
    const char *expected = json_string_value(json_object_get(c, "expected"));
    const json_t *params = json_object_get(c, "params");
    const char *sort = json_string_value(json_object_get(params, "column_sort"));
    const ml_roll_opts opts = {.id = json_string_value(json_object_get(params, "column_id")),
                               .sort = sort ? sort : "",
                               .kind = json_string_value(json_object_get(params, "column_kind")),
                               .direction = number(params, "rolling_direction", 1),
                               .max_shift = (size_t)number(params, "max_timeshift", 0),
                               .min_shift = (size_t)number(params, "min_timeshift", 0)};
    const char *output = temp("rolled.csv");
    roll(golden(json_string_value(json_object_get(c, "input"))), &opts, output, NULL);
    expect_same_lines(expected, output, golden(expected));
  }
  json_decref(cases);
}

static void packages_of_the_reference(void **state) {
  (void)state;
  const ml_roll_opts opts = {.how = ML_ROLL_PACKAGES, .length = 3};
  const char *output = temp("packages.csv");
  roll(golden("wide.input.csv"), &opts, output, NULL);
  expect_same_lines("packages", output, golden("sub_index_len3.csv"));
}

static void forecasts_of_the_reference(void **state) {
  (void)state;
  const ml_roll_opts opts = {
      .how = ML_ROLL_FORECAST, .direction = 1, .max_shift = 3, .kind_name = "price"};
  const char *output = temp("frame.csv"), *answers = temp("frame.y.csv");
  roll(golden("forecasting.input.csv"), &opts, output, answers);
  assert_string_equal(read_text(output), read_text(golden("forecasting.frame.csv")));
  assert_string_equal(read_text(answers), read_text(golden("forecasting.y.csv")));
}

/* What the reference computed of a table of windows, from views. */
static void features_of_windows(void **state) {
  (void)state;
  const char *name = "wide_forward_max3_min1.minimal.csv";
  const ml_window window = {.rows = 4, .min_rows = 2};
  const ml_series_opts opts = {.window = &window};
  ml_fresh_settings *settings = NULL;
  ml_series_set *set = NULL;
  ml_matrix *matrix = NULL;
  ml_csv *csv = NULL;
  ml_table *want = NULL;
  ml_csv_want columns[64];
  assert_int_equal(ml_fresh_settings_named("minimal", &settings, NULL), ML_OK);
  assert_int_equal(ml_series_read(golden("wide.input.csv"), &opts, &set, NULL), ML_OK);
  assert_int_equal(ml_fresh_extract(set, settings, NULL, NULL, &matrix, NULL), ML_OK);
  assert_int_equal(ml_csv_open(golden(name), NULL, &csv, NULL), ML_OK);
  size_t n = ml_csv_n_columns(csv);
  assert_int_equal(n, matrix->n_columns + 1);
  for (size_t j = 0; j < n; j++)
    columns[j] = (ml_csv_want){.column = j, .type = j ? ML_NUMBER : ML_LABEL};
  assert_int_equal(ml_csv_read(csv, columns, n, &want, NULL), ML_OK);
  assert_int_equal(want->n_rows, matrix->n_rows);
  for (size_t i = 0; i < want->n_rows; i++) {
    assert_string_equal(matrix->rows[i], want->columns[0].labels[want->columns[0].label[i]]);
    for (size_t j = 1; j < n; j++) {
      assert_string_equal(matrix->columns[j - 1], want->columns[j].name);
      expect_close(matrix->columns[j - 1], matrix->values[i * (n - 1) + j - 1],
                   want->columns[j].number[i], 1e-9, 1e-15);
    }
  }
  ml_table_free(want);
  ml_csv_close(csv);
  ml_matrix_free(matrix);
  ml_series_free(set);
  ml_fresh_settings_free(settings);
}

/* ---- by hand ---- */

typedef struct roll_case {
  const char *name;
  ml_roll_opts opts;
  const char *text, *want; /* "!" and the message of an error */
} roll_case;

#define SHIFT .direction = 1
#define PAIRS .how = ML_ROLL_WINDOW, .window = {.rows = 2}

static roll_case cases[] = {
    {"other columns are copied as they stand",
     {SHIFT, .max_shift = 1, .min_shift = 1},
     "note,id,time,x\n\" a, b\",7,1,1.50\n\"say \"\"so\"\"\",7,0,1e0\n",
     "note,id,time,x\n\"say \"\"so\"\"\",\"(7, 1)\",0,1e0\n\" a, b\",\"(7, 1)\",1,1.50\n"},
    {"another delimiter, an id that has another name",
     {SHIFT, .id = "unit", .min_shift = 1},
     "time;unit;x\n0;a;1,5\n1;a;\n",
     "time,id,x\n0,\"('a', 1)\",\"1,5\"\n1,\"('a', 1)\",\n"},
    {"a single series",
     {PAIRS, .id = ""},
     "x,target\n1,p\n2,p\n3,p\n",
     "id,x,target\n\"(0, 1)\",1,p\n\"(0, 1)\",2,p\n\"(0, 2)\",2,p\n\"(0, 2)\",3,p\n"},
    {"the place of a row is its time",
     {SHIFT, .max_shift = 1, .min_shift = 1, .sort = ""},
     "id,x\nb,1\na,2\nb,3\n",
     "id,x,sort\n\"('b', 1)\",1,0\n\"('b', 1)\",3,2\n"},
    {"dates",
     {PAIRS},
     "id,time,x\n1,2020-01-02,2\n1,2020-01-01T12:00,1\n",
     "id,time,x\n\"(1, Timestamp('2020-01-02 00:00:00'))\",2020-01-01T12:00,1\n"
     "\"(1, Timestamp('2020-01-02 00:00:00'))\",2020-01-02,2\n"},
    {"windows of time",
     {.how = ML_ROLL_WINDOW, .window = {.span = 60 * INT64_C(1000000000), .min_rows = 2}},
     "id,time,x\n1,2020-01-01T00:00:30,1\n1,2020-01-01T00:01:00,2\n1,2020-01-01T00:02:00,3\n",
     "id,time,x\n\"(1, Timestamp('2020-01-01 00:01:00'))\",2020-01-01T00:00:30,1\n"
     "\"(1, Timestamp('2020-01-01 00:01:00'))\",2020-01-01T00:01:00,2\n"},
    {"kinds meet in one window, in the order of time",
     {SHIFT, .max_shift = 1, .min_shift = 1},
     "id,time,kind,value\n1,0,u,1\n1,2,u,2\n1,1,v,3\n1,2,v,4\n",
     "id,time,kind,value\n\"(1, 2)\",0,u,1\n\"(1, 2)\",1,v,3\n\"(1, 2)\",2,u,2\n\"(1, "
     "2)\",2,v,4\n"},
    {"windows of equal times meet, too",
     {SHIFT, .max_shift = 1, .min_shift = 1},
     "id,time,x\n1,0,a\n1,1,b\n1,1,c\n",
     "id,time,x\n\"(1, 1)\",0,a\n\"(1, 1)\",1,b\n\"(1, 1)\",1,b\n\"(1, 1)\",1,c\n"},
    {"a long step from the end of the longest",
     {.direction = 1000000000},
     "id,time,x\n1,0,a\n1,1,b\n2,0,c\n",
     "id,time,x\n\"(1, 1)\",0,a\n\"(1, 1)\",1,b\n"},
    {"a long step backwards",
     {.direction = -1000000000, .max_shift = 1},
     "id,time,x\n1,0,a\n1,1,b\n1,2,c\n",
     "id,time,x\n\"(1, 0)\",0,a\n\"(1, 0)\",1,b\n"},
    {"no row without a line end is lost",
     {PAIRS},
     "id,time,x\n1,0,a\n1,1,b",
     "id,time,x\n\"(1, 1)\",0,a\n\"(1, 1)\",1,b\n"},

    {"direction 0", {.direction = 0}, "id,x\n", "!a direction of 0 does not roll"},
    {"no rows", {SHIFT}, "id,x\n", "!no rows: there is nothing to roll"},
    {"one row", {SHIFT}, "id,x\n1,2\n", "!one row: there is nothing to roll"},
    {"no id",
     {SHIFT},
     "unit,x\n1,2\n",
     "!no column \"id\" (the file has: unit, x); name it with --id, or give --id \"\" for a single "
     "series"},
    {"no such column",
     {SHIFT, .sort = "t"},
     "id,x\n1,2\n",
     "!no column \"t\" (the file has: id, x)"},
    {"two parts", {SHIFT, .sort = "id"}, "id,x\n1,2\n", "!a column is given two parts"},
    {"a time that is missing", {SHIFT}, "id,time,x\n1,,2\n1,2,2\n", "!missing value (empty)"},
    {"no dates",
     {.how = ML_ROLL_WINDOW, .window = {.span = 5}},
     "id,time,x\n1,1,2\n1,2,2\n",
     "!windows of time need a column of dates and times"},
    {"packages of nothing", {.how = ML_ROLL_PACKAGES}, "id,x\n", "!a package has at least one row"},
};

static void check_case(void **state) {
  const roll_case *c = *state;
  const char *input = temp("case.csv"), *output = temp("case.out.csv");
  FILE *file = fopen(input, "w");
  fputs(c->text, file);
  fclose(file);
  ml_error err = {0};
  remove(output);
  if (ml_roll_csv(input, &c->opts, output, NULL, NULL, &err) == ML_OK) {
    assert_string_equal(read_text(output), c->want);
  } else {
    assert_int_equal(c->want[0], '!');
    assert_string_equal(err.message, c->want + 1);
    assert_null(fopen(output, "r"));
  }
}

/* Rows go through in runs of 64 KiB, records through windows of the reader. */
static void much_is_rolled(void **state) {
  (void)state;
  const char *input = temp("much.csv"), *output = temp("much.out.csv");
  enum { N = 20000 };
  FILE *file = fopen(input, "w");
  fputs("id,time,x\n", file);
  for (int i = 0; i < N; i++) fprintf(file, "%d,%d,\"x, %d\"\n", i % 7, i / 7, i);
  fclose(file);
  const ml_roll_opts opts = {PAIRS};
  ml_roll_counts counts;
  assert_int_equal(ml_roll_csv(input, &opts, output, NULL, &counts, NULL), ML_OK);
  assert_int_equal(counts.n_ids, 7);
  assert_int_equal(counts.n_rows, N);
  assert_int_equal(counts.n_windows, N - 7);
  assert_int_equal(counts.n_out_rows, 2 * (N - 7));
  file = fopen(output, "r");
  char line[100], want[100];
  assert_non_null(fgets(line, sizeof line, file));
  for (int id = 0; id < 7; id++)
    for (int t = 1; id + 7 * t < N; t++)
      for (int row = t - 1; row <= t; row++) {
        snprintf(want, sizeof want, "\"(%d, %d)\",%d,\"x, %d\"\n", id, t, row, id + 7 * row);
        assert_non_null(fgets(line, sizeof line, file));
        assert_string_equal(line, want);
      }
  assert_null(fgets(line, sizeof line, file));
  fclose(file);
}

int main(void) {
  enum { N = sizeof cases / sizeof cases[0], OTHERS = 5 };
  struct CMUnitTest tests[OTHERS + N] = {
      cmocka_unit_test(windows_of_the_reference), cmocka_unit_test(packages_of_the_reference),
      cmocka_unit_test(forecasts_of_the_reference), cmocka_unit_test(much_is_rolled),
      cmocka_unit_test(features_of_windows)};
  for (size_t i = 0; i < N; i++)
    tests[i + OTHERS] = (struct CMUnitTest){
        .name = cases[i].name, .test_func = check_case, .initial_state = &cases[i]};
  return cmocka_run_group_tests_name("roll", tests, NULL, NULL);
}
