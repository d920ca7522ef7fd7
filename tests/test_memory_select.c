/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that runs out in tests of samples and in the selection of features. */
#include "memory.h"

#include <math.h>

#include "fresh/select.h"

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
      cmocka_unit_test(decisions),
      cmocka_unit_test(selection),
      cmocka_unit_test(samples),
  };
  return cmocka_run_group_tests_name("memory/select", tests, NULL, NULL);
}
