/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every feature against what the reference computed, by its strict rule. Public data sets are not
 * kept here: they come from the reference folder, when it is there. */
#include "golden.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "fresh/plan.h"

/* ---- settings ---- */

/* A part of the custom settings as text; free() it. */
static char *custom_settings(const char *name, const char *part, const char *also) {
  const char *path = golden_path(name);
  gzFile file = path ? gzopen(path, "rb") : NULL; /* reads plain files, too */
  static char text[1 << 20];
  if (!file) return NULL;
  int n = gzread(file, text, sizeof text);
  gzclose(file);
  json_t *root = json_loadb(text, n > 0 ? (size_t)n : 0, 0, NULL), *out = json_object();
  assert_non_null(root);
  json_object_set(out, part, json_object_get(root, part));
  if (also) json_object_set_new(out, "default_fc_parameters", json_loads(also, 0, NULL));
  char *dump = json_dumps(out, 0);
  json_decref(out), json_decref(root);
  return dump;
}

/* ---- whole matrices ---- */

/* Our columns are those of the reference, in the same order. */
static size_t *match_columns(const ml_table *expected, const ml_matrix *matrix) {
  size_t *of = calloc(matrix->n_columns, sizeof *of), m = 0;
  for (size_t j = 1; j < expected->n_columns; j++) {
    const char *column = expected->columns[j].name;
    if (m == matrix->n_columns) fail_msg("%s is missing", column);
    if (strcmp(column, matrix->columns[m]) != 0)
      fail_msg("column %zu is %s, expected %s", m, matrix->columns[m], column);
    of[m++] = j;
  }
  if (m < matrix->n_columns) fail_msg("%s is not in the reference", matrix->columns[m]);
  return of;
}

static void compare_matrix(golden_comparison *c, const ml_table *expected,
                           const ml_matrix *matrix) {
  size_t *of = match_columns(expected, matrix);
  for (size_t i = 0; i < expected->n_rows; i++) {
    const char *id = golden_label(expected, i, 0);
    size_t row = 0;
    while (row < matrix->n_rows && strcmp(matrix->rows[row], id) != 0) row++;
    if (row == matrix->n_rows) fail_msg("there is no row of id %s", id);
    for (size_t j = 0; j < matrix->n_columns; j++)
      golden_compare(c, id, matrix->columns[j], expected->columns[of[j]].number[i],
                     matrix->values[row * matrix->n_columns + j]);
  }
  free(of);
}

typedef struct golden_set {
  const char *input, *expected, *tolerance;
  const char *named;    /* settings by name; NULL: comprehensive */
  const char *params;   /* settings in JSON */
  const char *part;     /* part of the custom settings; NULL: none */
  const char *defaults; /* beside it */
  double rtol;          /* 0: 1e-9 */
  bool is_modern;       /* by the rules of newer dependencies: what differs is in these */
  const char *wavelets, *wavelet_tolerance, *overrides;
} golden_set;

#define DEFAULTS "default_fc_parameters"
#define BY_KIND  "kind_to_fc_parameters"

#define COMPREHENSIVE(set)                                             \
  .input = "inputs/" set ".csv", .expected = set ".comprehensive.csv", \
  .tolerance = set ".tolerance.csv"
#define MODERN(set)                                                              \
  COMPREHENSIVE(set), .is_modern = true, .wavelets = set ".cwt_precision12.csv", \
                      .overrides = set ".modern_overrides.csv",                  \
                      .wavelet_tolerance = set ".cwt_precision12.tolerance.csv"

#define PROFILE(key)                                                 \
  "{\"feature\": \"min\", " key "}, {\"feature\": \"max\", " key     \
  "}, "                                                              \
  "{\"feature\": \"mean\", " key "}, {\"feature\": \"median\", " key \
  "}, "                                                              \
  "{\"feature\": \"25\", " key "}, {\"feature\": \"75\", " key "}"
#define THRESHOLD(value) PROFILE("\"threshold\": " value)
#define WINDOW(value)    PROFILE("\"windows\": " value)

static golden_set sets[] = {
    {COMPREHENSIVE("arrowhead")},
    {COMPREHENSIVE("covid3month")},
    {COMPREHENSIVE("edge")},
    {COMPREHENSIVE("gunpoint")},
    {COMPREHENSIVE("irregular")},
    {COMPREHENSIVE("multikind")},
    {COMPREHENSIVE("random")},
    {COMPREHENSIVE("robot_lp1")},
    {MODERN("arrowhead")},
    {MODERN("covid3month")},
    {MODERN("edge")},
    {MODERN("gunpoint")},
    {MODERN("irregular")},
    {MODERN("multikind")},
    {MODERN("random")},
    {MODERN("robot_lp1")},
    {"inputs/edge.csv", "edge.custom.csv", "edge.custom.tolerance.csv", .part = DEFAULTS},
    {"inputs/edge.csv", "edge.matrix_profile.csv", .rtol = 1e-6,
     .params = "{\"matrix_profile\": [" THRESHOLD("0.98") "]}"},
    {"inputs/multikind.csv", "multikind.custom_kind_only.csv", .part = BY_KIND},
    {"inputs/multikind.csv", "multikind.custom_kind_with_default.csv", .part = BY_KIND,
     .defaults = "{\"variance\": null, \"count_above_mean\": null}"},
    {"inputs/random.csv", "random.custom.csv", "random.custom.tolerance.csv", .part = DEFAULTS},
    {"inputs/random.csv", "random.matrix_profile.csv", .rtol = 1e-6,
     .params = "{\"matrix_profile\": [" THRESHOLD("0.98") ", " WINDOW("8") ", " WINDOW(
         "16") ", " THRESHOLD("0.7") ", " THRESHOLD("0.9") "]}"},
    {"inputs/robot_lp1.csv", "robot_lp1.minimal.csv", .named = "minimal"},
};

static ml_fresh_settings *settings_of(const golden_set *set) {
  ml_error err = {0};
  ml_fresh_settings *settings = NULL;
  char *text = set->part ? custom_settings("settings_custom.json", set->part, set->defaults) : NULL;
  const char *params = text ? text : set->params;
  ml_status status =
      params ? ml_fresh_settings_parse(params, strlen(params), "custom", &settings, &err)
             : ml_fresh_settings_named(set->named ? set->named : "comprehensive", &settings, &err);
  if (status != ML_OK) fail_msg("settings: %s", err.message);
  settings->is_modern = set->is_modern;
  free(text);
  return settings;
}

static ml_matrix *extract(const char *input, const ml_fresh_settings *settings) {
  ml_error err = {0};
  ml_series_set *series = NULL;
  ml_matrix *matrix = NULL;
  if (ml_series_read(golden_path(input), NULL, &series, &err) != ML_OK)
    fail_msg("%s: %s", input, err.message);
  if (ml_fresh_extract(series, settings, NULL, NULL, &matrix, &err) != ML_OK)
    fail_msg("%s: %s", input, err.message);
  ml_series_free(series);
  return matrix;
}

static size_t column_of(const ml_table *table, const char *name) {
  size_t j = 0;
  while (j < table->n_columns && strcmp(table->columns[j].name, name) != 0) j++;
  return j;
}

static size_t row_of(const ml_table *table, const char *id) {
  size_t i = 0;
  while (i < table->n_rows && strcmp(golden_label(table, i, 0), id) != 0) i++;
  return i;
}

/* Put the columns of another table in place of those of the same names. */
static void replace_columns(ml_table *expected, const ml_table *other) {
  for (size_t k = 1; k < other->n_columns; k++) {
    size_t j = column_of(expected, other->columns[k].name);
    assert_in_range(j, 1, expected->n_columns - 1);
    for (size_t i = 0; i < expected->n_rows; i++) {
      size_t row = row_of(other, golden_label(expected, i, 0));
      assert_in_range(row, 0, other->n_rows - 1);
      expected->columns[j].number[i] = other->columns[k].number[row];
    }
  }
}

/* Put single cells in place: id, feature, value. */
static void replace_cells(ml_table *expected, const ml_table *cells) {
  for (size_t k = 0; k < cells->n_rows; k++) {
    size_t i = row_of(expected, golden_label(cells, k, 0));
    size_t j = column_of(expected, golden_label(cells, k, 1));
    assert_in_range(i, 0, expected->n_rows - 1);
    assert_in_range(j, 1, expected->n_columns - 1);
    expected->columns[j].number[i] = cells->columns[2].number[k];
  }
}

static void make_modern(ml_table *expected, const golden_set *set) {
  ml_table *wavelets = golden_table(set->wavelets, 1), *cells = golden_table(set->overrides, 2);
  replace_columns(expected, wavelets);
  replace_cells(expected, cells);
  ml_table_free(wavelets);
  ml_table_free(cells);
}

static void check_set(void **state) {
  const golden_set *set = *state;
  if (!golden_path(set->input) || !golden_path(set->expected)) {
    print_message("%s: the reference is not there\n", set->expected);
    skip();
  }
  ml_table *expected = golden_table(set->expected, 1);
  ml_table *tolerance = set->tolerance ? golden_table(set->tolerance, 2) : NULL;
  ml_table *wavelets = set->is_modern ? golden_table(set->wavelet_tolerance, 2) : NULL;
  ml_fresh_settings *settings = settings_of(set);
  ml_matrix *matrix = extract(set->input, settings);
  golden_comparison c = {.tolerance = tolerance, .wavelet_tolerance = wavelets, .rtol = set->rtol};
  if (set->is_modern) make_modern(expected, set);
  compare_matrix(&c, expected, matrix);
  golden_conclude(set->expected, &c);
  ml_matrix_free(matrix);
  ml_fresh_settings_free(settings);
  ml_table_free(tolerance);
  ml_table_free(wavelets);
  ml_table_free(expected);
}

/* ---- one value a line: id, feature, value, error ---- */

static void compare_lines(golden_comparison *c, const ml_table *lines, const ml_matrix *matrix) {
  for (size_t i = 0; i < lines->n_rows; i++) {
    const char *id = golden_label(lines, i, 0), *column = golden_label(lines, i, 1);
    size_t row = 0, j = 0;
    if (strcmp(golden_label(lines, i, 2), "error") == 0) continue;
    while (row < matrix->n_rows && strcmp(matrix->rows[row], id) != 0) row++;
    while (j < matrix->n_columns && strcmp(matrix->columns[j], column) != 0) j++;
    if (row == matrix->n_rows || j == matrix->n_columns) fail_msg("no %s of %s", column, id);
    golden_compare(c, id, column, strtod(golden_label(lines, i, 2), NULL),
                   matrix->values[row * matrix->n_columns + j]);
  }
}

/* Ids on which the reference as a whole fails; its single calculators do not. */
static void ids_that_raise(void **state) {
  (void)state;
  ml_table *lines = golden_table("edge.raising.csv", 4);
  ml_matrix *matrix = extract("inputs/edge.csv", NULL);
  golden_comparison c = {0};
  compare_lines(&c, lines, matrix);
  golden_conclude("edge.raising.csv", &c);
  ml_matrix_free(matrix);
  ml_table_free(lines);
}

/* Rows of a set that the input check refuses: the plan is run on each id as it is. */
static ml_matrix *extract_unchecked(const ml_table *rows) {
  ml_error err = {0};
  ml_fresh_settings *settings = NULL;
  ml_matrix *matrix = NULL;
  fresh_plan plan;
  fresh_scratch scratch = {0};
  assert_int_equal(ml_fresh_settings_named("comprehensive", &settings, &err), ML_OK);
  assert_int_equal(fresh__plan_init(&plan, &settings->defaults, false, false, &err), ML_OK);
  size_t n_ids = rows->columns[0].n_labels, at = 0;
  assert_int_equal(ml_matrix_new(NULL, n_ids, plan.n_columns, &matrix, &err), ML_OK);
  assert_int_equal(fresh__plan_names(&plan, "value", matrix->columns, &err), ML_OK);
  for (size_t i = 0; i < n_ids; i++) {
    size_t n = 0;
    while (at + n < rows->n_rows && rows->columns[0].label[at + n] == i) n++;
    matrix->rows[i] = strdup(rows->columns[0].labels[i]);
    const fresh_input input = {.x = rows->columns[2].number + at, .n = n};
    double *row = matrix->values + i * plan.n_columns;
    assert_int_equal(fresh__plan_run(&plan, &input, &scratch, row, &err), ML_OK);
    at += n;
  }
  fresh__scratch_release(&scratch);
  fresh__plan_release(&plan);
  ml_fresh_settings_free(settings);
  return matrix;
}

static void nan_and_infinities(void **state) {
  (void)state;
  ml_table *lines = golden_table("nonfinite.outcomes.csv", 4);
  ml_table *rows = golden_table("inputs/nonfinite.csv", 1);
  ml_matrix *matrix = extract_unchecked(rows);
  golden_comparison c = {0};
  compare_lines(&c, lines, matrix);
  golden_conclude("nonfinite.outcomes.csv", &c);
  ml_matrix_free(matrix);
  ml_table_free(rows);
  ml_table_free(lines);
}

int main(void) {
  enum { N_SETS = sizeof sets / sizeof *sets };
  struct CMUnitTest tests[N_SETS + 2] = {
      {.name = "ids that raise", .test_func = ids_that_raise},
      {.name = "NaN and infinities", .test_func = nan_and_infinities}};
  for (size_t i = 0; i < N_SETS; i++)
    tests[i + 2] =
        (struct CMUnitTest){.name = sets[i].is_modern ? sets[i].overrides : sets[i].expected,
                            .test_func = check_set,
                            .initial_state = &sets[i]};
  return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
