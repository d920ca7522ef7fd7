/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every feature against what the reference computed, by its strict rule. Sets that are too large
 * to be kept here come from the reference folder, when it is there. */
#include "support.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "fresh/plan.h"

#define RTOL  1e-9
#define FLOOR 1e-6 /* of the expected value, so that RTOL * FLOOR is the absolute tolerance */

/* ---- files ---- */

/* Path of a file of the reference or of the copy beside this test; NULL when it is in neither. */
static const char *golden_path(const char *name) {
  static char path[4096];
  char in_reference[256];
  snprintf(in_reference, sizeof in_reference, "extract/%s", name);
  if (reference(in_reference)) return reference(in_reference);
  snprintf(path, sizeof path, "tests/golden/%s.gz", name);
  return access(path, R_OK) == 0 ? path : NULL;
}

/* Columns of a CSV file: the first n_labels of them as texts, the others as numbers. */
static ml_table *read_table(const char *name, size_t n_labels) {
  ml_error err = {0};
  ml_csv *csv = NULL;
  ml_table *table = NULL;
  const char *path = golden_path(name);
  if (!path) return NULL;
  if (ml_csv_open(path, NULL, &csv, &err) != ML_OK) fail_msg("%s: %s", name, err.message);
  size_t n = ml_csv_n_columns(csv);
  ml_csv_want *want = calloc(n, sizeof *want);
  for (size_t j = 0; j < n; j++)
    want[j] = (ml_csv_want){.column = j, .type = j < n_labels ? ML_LABEL : ML_NUMBER};
  if (ml_csv_read(csv, want, n, &table, &err) != ML_OK)
    fail_msg("%s:%zu:%zu: %s", name, err.line, err.column, err.message);
  free(want);
  ml_csv_close(csv);
  return table;
}

static const char *label(const ml_table *table, size_t i, size_t j) {
  return table->columns[j].labels[table->columns[j].label[i]];
}

/* The custom settings with the calculators that exist so far, as text; free() it. */
static char *custom_settings(const char *name, const char *part, const char *also) {
  const char *path = golden_path(name);
  gzFile file = path ? gzopen(path, "rb") : NULL; /* reads plain files, too */
  static char text[1 << 20];
  if (!file) return NULL;
  int n = gzread(file, text, sizeof text);
  gzclose(file);
  json_t *root = json_loadb(text, n > 0 ? (size_t)n : 0, 0, NULL), *list, *sets;
  assert_non_null(root);
  json_t *kept = json_object(), *lists = json_object();
  const char *key, *calculator;
  json_t *whole = json_object_get(root, part);
  bool by_kind = strcmp(part, "kind_to_fc_parameters") == 0;
  if (!by_kind) json_object_set(lists, "all", whole);
  json_object_foreach(by_kind ? whole : lists, key, list) {
    json_t *filtered = json_object();
    json_object_foreach(list, calculator, sets) if (ml_fresh_find(calculator))
        json_object_set(filtered, calculator, sets);
    json_object_set_new(kept, key, filtered);
  }
  json_t *out = json_object();
  json_object_set(out, part, by_kind ? kept : json_object_get(kept, "all"));
  if (also) json_object_set_new(out, "default_fc_parameters", json_loads(also, 0, NULL));
  char *dump = json_dumps(out, 0);
  json_decref(out), json_decref(kept), json_decref(lists), json_decref(root);
  return dump;
}

/* ---- comparison ---- */

typedef struct miss {
  double score, expected, got;
  char id[64], column[200];
} miss;

typedef struct comparison {
  const ml_table *tolerance; /* id, feature, atol; may be NULL */
  size_t n_compared, n_wrong, n_worst;
  miss worst[10];
} comparison;

static double tolerance_of(const ml_table *table, const char *id, const char *column) {
  for (size_t i = 0; table && i < table->n_rows; i++)
    if (strcmp(label(table, i, 1), column) == 0 && strcmp(label(table, i, 0), id) == 0)
      return table->columns[2].number[i];
  return 0;
}

static void keep_worst(comparison *c, const miss *m) {
  size_t at = c->n_worst < 10 ? c->n_worst++ : 10;
  if (at == 10) {
    at = 0;
    for (size_t i = 1; i < 10; i++)
      if (c->worst[i].score < c->worst[at].score) at = i;
    if (m->score <= c->worst[at].score) return;
  }
  c->worst[at] = *m;
}

static void compare_cell(comparison *c, const char *id, const char *column, double expected,
                         double got) {
  c->n_compared++;
  if ((isnan(expected) && isnan(got)) || expected == got) return;
  double off = fabs(got - expected), scale = fmax(FLOOR, fabs(expected));
  bool finite = isfinite(expected) && isfinite(got);
  if (finite && off <= RTOL * scale) return;
  double atol = tolerance_of(c->tolerance, id, column);
  if (isinf(atol) || (finite && off <= atol)) return;
  miss m = {.score = finite ? off / scale : INFINITY, .expected = expected, .got = got};
  snprintf(m.id, sizeof m.id, "%s", id);
  snprintf(m.column, sizeof m.column, "%s", column);
  c->n_wrong++;
  keep_worst(c, &m);
}

static void conclude(const char *name, const comparison *c) {
  for (size_t i = 0; i < c->n_worst; i++) {
    const miss *m = &c->worst[i];
    print_message("  %s %s: expected %.17g, got %.17g (%.3g)\n", m->id, m->column, m->expected,
                  m->got, m->score);
  }
  if (c->n_wrong > 0) fail_msg("%s: %zu of %zu cells are wrong", name, c->n_wrong, c->n_compared);
  if (c->n_compared == 0) fail_msg("%s: nothing was compared", name);
  print_message("%s: %zu cells\n", name, c->n_compared);
}

/* ---- whole matrices ---- */

static bool is_ours(const char *column) {
  char name[128];
  const char *start = strstr(column, "__") + 2, *end = strstr(start, "__");
  snprintf(name, sizeof name, "%.*s", end ? (int)(end - start) : (int)strlen(start), start);
  return ml_fresh_find(name) != NULL;
}

/* Our columns are those of the reference whose calculator exists here, in the same order. */
static size_t *match_columns(const ml_table *expected, const ml_matrix *matrix) {
  size_t *of = calloc(matrix->n_columns, sizeof *of), m = 0;
  for (size_t j = 1; j < expected->n_columns; j++) {
    const char *column = expected->columns[j].name;
    if (!is_ours(column)) continue;
    if (m == matrix->n_columns) fail_msg("%s is missing", column);
    if (strcmp(column, matrix->columns[m]) != 0)
      fail_msg("column %zu is %s, expected %s", m, matrix->columns[m], column);
    of[m++] = j;
  }
  if (m < matrix->n_columns) fail_msg("%s is not in the reference", matrix->columns[m]);
  return of;
}

static void compare_matrix(comparison *c, const ml_table *expected, const ml_matrix *matrix) {
  size_t *of = match_columns(expected, matrix);
  for (size_t i = 0; i < expected->n_rows; i++) {
    const char *id = label(expected, i, 0);
    size_t row = 0;
    while (row < matrix->n_rows && strcmp(matrix->rows[row], id) != 0) row++;
    if (row == matrix->n_rows) fail_msg("there is no row of id %s", id);
    for (size_t j = 0; j < matrix->n_columns; j++)
      compare_cell(c, id, matrix->columns[j], expected->columns[of[j]].number[i],
                   matrix->values[row * matrix->n_columns + j]);
  }
  free(of);
}

typedef struct golden_set {
  const char *input, *expected, *tolerance;
  const char *named;    /* settings by name; NULL: comprehensive */
  const char *part;     /* part of the custom settings; NULL: none */
  const char *defaults; /* beside it */
} golden_set;

#define DEFAULTS "default_fc_parameters"
#define BY_KIND  "kind_to_fc_parameters"

static golden_set sets[] = {
    {"inputs/arrowhead.csv", "arrowhead.comprehensive.csv", "arrowhead.tolerance.csv", 0, 0, 0},
    {"inputs/covid3month.csv", "covid3month.comprehensive.csv", "covid3month.tolerance.csv", 0, 0,
     0},
    {"inputs/edge.csv", "edge.comprehensive.csv", "edge.tolerance.csv", 0, 0, 0},
    {"inputs/edge.csv", "edge.custom.csv", "edge.custom.tolerance.csv", 0, DEFAULTS, 0},
    {"inputs/gunpoint.csv", "gunpoint.comprehensive.csv", "gunpoint.tolerance.csv", 0, 0, 0},
    {"inputs/irregular.csv", "irregular.comprehensive.csv", "irregular.tolerance.csv", 0, 0, 0},
    {"inputs/multikind.csv", "multikind.comprehensive.csv", "multikind.tolerance.csv", 0, 0, 0},
    {"inputs/multikind.csv", "multikind.custom_kind_only.csv", NULL, 0, BY_KIND, 0},
    {"inputs/multikind.csv", "multikind.custom_kind_with_default.csv", NULL, 0, BY_KIND,
     "{\"variance\": null, \"count_above_mean\": null}"},
    {"inputs/random.csv", "random.comprehensive.csv", "random.tolerance.csv", 0, 0, 0},
    {"inputs/random.csv", "random.custom.csv", "random.custom.tolerance.csv", 0, DEFAULTS, 0},
    {"inputs/robot_lp1.csv", "robot_lp1.comprehensive.csv", "robot_lp1.tolerance.csv", 0, 0, 0},
    {"inputs/robot_lp1.csv", "robot_lp1.minimal.csv", NULL, "minimal", 0, 0},
};

static ml_fresh_settings *settings_of(const golden_set *set) {
  ml_error err = {0};
  ml_fresh_settings *settings = NULL;
  if (set->named) assert_int_equal(ml_fresh_settings_named(set->named, &settings, &err), ML_OK);
  if (!set->part) return settings;
  char *text = custom_settings("settings_custom.json", set->part, set->defaults);
  assert_non_null(text);
  if (ml_fresh_settings_parse(text, strlen(text), "custom", &settings, &err) != ML_OK)
    fail_msg("custom settings: %s", err.message);
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

static void check_set(void **state) {
  const golden_set *set = *state;
  if (!golden_path(set->input) || !golden_path(set->expected)) {
    print_message("%s: the reference is not there\n", set->expected);
    skip();
  }
  ml_table *expected = read_table(set->expected, 1);
  ml_table *tolerance = set->tolerance ? read_table(set->tolerance, 2) : NULL;
  ml_fresh_settings *settings = settings_of(set);
  ml_matrix *matrix = extract(set->input, settings);
  comparison c = {.tolerance = tolerance};
  compare_matrix(&c, expected, matrix);
  conclude(set->expected, &c);
  ml_matrix_free(matrix);
  ml_fresh_settings_free(settings);
  ml_table_free(tolerance);
  ml_table_free(expected);
}

/* ---- one value a line: id, feature, value, error ---- */

static void compare_lines(comparison *c, const ml_table *lines, const ml_matrix *matrix) {
  for (size_t i = 0; i < lines->n_rows; i++) {
    const char *id = label(lines, i, 0), *column = label(lines, i, 1);
    size_t row = 0, j = 0;
    if (strcmp(label(lines, i, 2), "error") == 0 || !is_ours(column)) continue;
    while (row < matrix->n_rows && strcmp(matrix->rows[row], id) != 0) row++;
    while (j < matrix->n_columns && strcmp(matrix->columns[j], column) != 0) j++;
    if (row == matrix->n_rows || j == matrix->n_columns) fail_msg("no %s of %s", column, id);
    compare_cell(c, id, column, strtod(label(lines, i, 2), NULL),
                 matrix->values[row * matrix->n_columns + j]);
  }
}

/* Ids on which the reference as a whole fails; its single calculators do not. */
static void ids_that_raise(void **state) {
  (void)state;
  ml_table *lines = read_table("edge.raising.csv", 4);
  ml_matrix *matrix = extract("inputs/edge.csv", NULL);
  comparison c = {0};
  compare_lines(&c, lines, matrix);
  conclude("edge.raising.csv", &c);
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
  ml_table *lines = read_table("nonfinite.outcomes.csv", 4);
  ml_table *rows = read_table("inputs/nonfinite.csv", 1);
  ml_matrix *matrix = extract_unchecked(rows);
  comparison c = {0};
  compare_lines(&c, lines, matrix);
  conclude("nonfinite.outcomes.csv", &c);
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
    tests[i + 2] = (struct CMUnitTest){
        .name = sets[i].expected, .test_func = check_set, .initial_state = &sets[i]};
  return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
