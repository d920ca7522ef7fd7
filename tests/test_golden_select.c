/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every relevance table of the reference: types, p-values and decisions. */
#include <jansson.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"

/* ---- what the reference has ------------------------------------------------------------------ */

static const char *text_of(const json_t *one, const char *name) {
  return json_string_value(json_object_get(one, name));
}

/* Where a file of a case is: NULL when it is not there. */
static const char *place_of(const json_t *one, const char *which, char *name, size_t size) {
  static const char extract[] = "../extract/";
  const char *path = text_of(one, which);
  assert_non_null(path);
  bool is_extract = strncmp(path, extract, sizeof extract - 1) == 0;
  snprintf(name, size, "%s%s", is_extract ? "" : "select/",
           is_extract ? path + sizeof extract - 1 : path);
  return golden_path(name);
}

/* Rows of an expected table in the order of their features. */
typedef struct table_rows {
  ml_table *table;
  size_t *rows;
} table_rows;

static const ml_table *sorted;

static int compare_rows(const void *a, const void *b) {
  return strcmp(golden_label(sorted, *(const size_t *)a, 0),
                golden_label(sorted, *(const size_t *)b, 0));
}

static table_rows read_expected(const char *name) {
  table_rows t = {.table = golden_table(name, SIZE_MAX)};
  assert_non_null(t.table);
  t.rows = calloc(t.table->n_rows, sizeof *t.rows);
  for (size_t i = 0; i < t.table->n_rows; i++) t.rows[i] = i;
  sorted = t.table;
  qsort(t.rows, t.table->n_rows, sizeof *t.rows, compare_rows);
  return t;
}

static size_t row_of(const table_rows *t, const char *feature) {
  size_t low = 0, high = t->table->n_rows;
  while (low < high) {
    size_t middle = (low + high) / 2;
    int order = strcmp(golden_label(t->table, t->rows[middle], 0), feature);
    if (order == 0) return t->rows[middle];
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  fail_msg("the reference has no feature '%s'", feature);
  return 0;
}

/* The text of a row in the column "p_value", "p_value_LABEL", and so on. */
static const char *cell(const ml_table *table, size_t row, const char *column, const char *label) {
  char name[128];
  snprintf(name, sizeof name, "%s%s%s", column, label ? "_" : "", label ? label : "");
  for (size_t j = 0; j < table->n_columns; j++)
    if (strcmp(table->columns[j].name, name) == 0) return golden_label(table, row, j);
  fail_msg("the reference has no column '%s'", name);
  return NULL;
}

/* ---- what we have ---------------------------------------------------------------------------- */

static void keep_columns(ml_matrix *m, const char *pattern) {
  regex_t regex;
  size_t n = 0;
  assert_true(m->by_column);
  assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
  for (size_t j = 0; j < m->n_columns; j++) {
    if (regexec(&regex, m->columns[j], 0, NULL, 0) != 0) {
      free(m->columns[j]);
      continue;
    }
    memmove(m->values + n * m->n_rows, m->values + j * m->n_rows, m->n_rows * sizeof *m->values);
    m->columns[n++] = m->columns[j];
  }
  m->n_columns = n;
  regfree(&regex);
}

static ml_matrix *read_features(const json_t *one, const char *path) {
  ml_matrix *m = NULL;
  ml_error err = {0};
  if (ml_features_read(path, NULL, NULL, &m, NULL, &err) != ML_OK)
    fail_msg("%s: %s", path, err.message);
  if (json_is_true(json_object_get(one, "impute_X_first"))) {
    ml_impute_range *ranges = calloc(m->n_columns, sizeof *ranges);
    assert_int_equal(ml_impute_learn(m, ranges, NULL, NULL, &err), ML_OK);
    ml_impute(m, ranges);
    free(ranges);
  }
  const char *pattern = text_of(one, "only_columns");
  if (pattern) keep_columns(m, pattern);
  return m;
}

static ml_target *read_target(const char *path, const char *task, const ml_matrix *m) {
  ml_target_opts opts = {.problem = strcmp(task, "regression") == 0       ? ML_REGRESSION
                                    : strcmp(task, "classification") == 0 ? ML_CLASSIFICATION
                                                                          : ML_PROBLEM_AUTO};
  ml_target *target = NULL;
  ml_error err = {0};
  if (ml_target_read(path, &opts, m, &target, &err) != ML_OK) fail_msg("%s: %s", path, err.message);
  return target;
}

static ml_select_opts opts_of(const json_t *params) {
  const char *test = text_of(params, "test_for_binary_target_real_feature");
  bool is_multiclass = json_is_true(json_object_get(params, "multiclass"));
  json_int_t n = json_integer_value(json_object_get(params, "n_significant"));
  return (ml_select_opts){.test = test && strcmp(test, "smir") == 0 ? ML_SELECT_KS : ML_SELECT_MANN,
                          .method = json_is_true(json_object_get(params, "hypotheses_independent"))
                                        ? ML_FDR_BH
                                        : ML_FDR_BY,
                          .fdr_level = json_number_value(json_object_get(params, "fdr_level")),
                          .n_significant = is_multiclass ? (size_t)n : 0};
}

/* ---- comparison ------------------------------------------------------------------------------ */

static const char *current; /* table */

static void compare_p(const char *feature, double got, const char *text) {
  double want = strtod(text, NULL);
  bool is_close = isnan(want) ? isnan(got) : fabs(got - want) <= 1e-8 * fmax(want, 1e-300);
  if (!is_close) fail_msg("%s: %s: p is %.17g, not %s", current, feature, got, text);
}

static void compare_relevance(const char *feature, bool got, const char *text) {
  assert_true(strcmp(text, "True") == 0 || strcmp(text, "False") == 0);
  if (got != (text[0] == 'T'))
    fail_msg("%s: %s: relevant is %d, not %s", current, feature, got, text);
}

static void compare_row(const ml_table *table, size_t row, const ml_relevance *got,
                        const ml_selection *selection, char **labels) {
  static const char *const types[] = {"constant", "binary", "real"};
  const char *feature = golden_label(table, row, 0);
  assert_string_equal(types[got->type], cell(table, row, "type", NULL));
  compare_relevance(feature, got->is_relevant, cell(table, row, "relevant", NULL));
  if (selection->n_classes == 0) {
    compare_p(feature, got->p_value, cell(table, row, "p_value", NULL));
    return;
  }
  assert_int_equal(got->n_significant, atoi(cell(table, row, "n_significant", NULL)));
  for (size_t k = 0; k < selection->n_classes; k++) {
    const ml_class_relevance *class = &got->classes[k];
    compare_p(feature, class->p_value, cell(table, row, "p_value", labels[k]));
    compare_relevance(feature, class->is_relevant, cell(table, row, "relevant", labels[k]));
  }
}

static void compare(const json_t *one, const ml_matrix *m, const ml_target *target,
                    const ml_selection *got) {
  char name[256];
  size_t n_relevant = 0;
  place_of(one, "expected", name, sizeof name);
  current = name;
  table_rows expected = read_expected(name);
  assert_int_equal(got->n, expected.table->n_rows);
  assert_int_equal(got->n, json_integer_value(json_object_get(one, "n_features")));
  for (size_t i = 0; i < got->n; i++) {
    size_t row = row_of(&expected, m->columns[got->features[i].column]);
    compare_row(expected.table, row, &got->features[i], got, target->labels);
    n_relevant += got->features[i].is_relevant;
  }
  assert_int_equal(got->n_selected, n_relevant);
  assert_int_equal(n_relevant, json_integer_value(json_object_get(one, "n_relevant")));
  ml_table_free(expected.table);
  free(expected.rows);
}

/* @return false when the case is not there */
static bool check_case(const json_t *one) {
  char x_name[256], y_name[256];
  const json_t *params = json_object_get(one, "params");
  const char *path = place_of(one, "X", x_name, sizeof x_name);
  if (!path) return false;
  ml_matrix *m = read_features(one, path);
  path = place_of(one, "y", y_name, sizeof y_name);
  assert_non_null(path);
  ml_target *target = read_target(path, text_of(params, "ml_task"), m);
  const ml_select_opts opts = opts_of(params);
  ml_selection *selection = NULL;
  ml_error err = {0};
  if (ml_select(m, target, &opts, NULL, NULL, &selection, &err) != ML_OK)
    fail_msg("%s: %s", text_of(one, "expected"), err.message);
  compare(one, m, target, selection);
  ml_selection_free(selection);
  ml_target_free(target);
  ml_matrix_free(m);
  return true;
}

static void relevance_tables(void **state) {
  (void)state;
  json_t *cases = golden_json("select/cases.json");
  size_t n = json_array_size(cases), n_skipped = 0;
  assert_int_equal(n, 67);
  for (size_t i = 0; i < n; i++) {
    const json_t *one = json_array_get(cases, i);
    bool is_there = check_case(one);
    n_skipped += !is_there;
    /* What is made for tests is always there. */
    if (!is_there) assert_true(strncmp(text_of(one, "case"), "synth_", 6) != 0);
  }
  print_message("%zu relevance tables are as the reference has them; %zu skipped\n", n - n_skipped,
                n_skipped);
  json_decref(cases);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(relevance_tables)};
  return cmocka_run_group_tests_name("golden/select", tests, NULL, NULL);
}
