/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The KX toolkit's selection from data to decisions, by hand. */
#include <math.h>
#include <string.h>

#include "support.h"

enum { ROWS = 6 };

/* A target of three classes, which is taken for real numbers. */
static const double three[ROWS] = {0, 0, 1, 1, 2, 2};

enum { CONSTANT, HALVES, TWO_OF_SIX, RISING, TIED, FEATURES };

static const double features[FEATURES][ROWS] = {
    [CONSTANT] = {7, 7, 7, 7, 7, 7},   [HALVES] = {0, 0, 0, 1, 1, 1},
    [TWO_OF_SIX] = {5, 9, 5, 9, 9, 9}, [RISING] = {1, 2, 3, 4, 5, 6},
    [TIED] = {1, 1, 3, 3, 2, 2},
};

static ml_matrix *make_features(void) {
  ml_matrix *m = NULL;
  ml_error err = {0};
  assert_int_equal(ml_matrix_new(NULL, ROWS, FEATURES, &m, &err), ML_OK);
  for (size_t j = 0; j < FEATURES; j++)
    for (size_t i = 0; i < ROWS; i++) m->values[i * FEATURES + j] = features[j][i];
  return m;
}

static ml_selection *select_by(const double *y, const ml_select_opts *opts) {
  ml_error err = {0};
  ml_matrix *m = make_features();
  ml_target *target = NULL;
  ml_selection *s = NULL;
  if (ml_target_from_numbers("y", y, ROWS, ML_CLASSIFICATION, &target, &err) != ML_OK ||
      ml_select(m, target, opts, NULL, NULL, &s, &err) != ML_OK)
    fail_msg("%s", err.message);
  ml_matrix_free(m);
  ml_target_free(target);
  return s;
}

static const ml_relevance *of(const ml_selection *s, size_t column) {
  for (size_t i = 0; i < s->n; i++)
    if (s->features[i].column == column) return &s->features[i];
  fail_msg("no column %zu", column);
  return NULL;
}

static void expect_test(const ml_selection *s, size_t column, const char *test, double p) {
  assert_string_equal(of(s, column)->test, test);
  expect_close(test, of(s, column)->p_value, p, 1e-12, 0);
}

/* Kendall: of the rising feature 12 pairs are concordant and none discordant; y has three ties of
 * two, so V = (30 17 - 3 2 9) / 18. Of the tied one 8 are concordant and 4 discordant; both have
 * such ties, so V = (30 17 - 54 - 54) / 18 + 2 3 3 / 30.
 * Kolmogorov-Smirnov of y: halves have D = 2/3 and 9/6 values, two of six D = 1/2 and 8/6 values:
 * rounded up two, of which P(D >= d) = 2 (1 - d)^2 for d >= 1/2. */
static void three_classes_are_real_numbers(void **state) {
  (void)state;
  const ml_select_opts opts = {.test = ML_SELECT_KX, .method = ML_FDR_KX, .fdr_level = 0.1};
  ml_selection *s = select_by(three, &opts);
  assert_int_equal(s->problem, ML_REGRESSION);
  assert_int_equal(s->n_classes, 0);
  assert_int_equal(s->n_constant, 1);
  expect_test(s, RISING, "kendall", erfc(12 / sqrt(456. / 18) / sqrt(2)));
  expect_test(s, TIED, "kendall", erfc(4 / sqrt(402. / 18 + 18. / 30) / sqrt(2)));
  expect_test(s, HALVES, "kolmogorov-smirnov", 2. / 9);
  expect_test(s, TWO_OF_SIX, "kolmogorov-smirnov", 1. / 2);
  assert_string_equal(of(s, CONSTANT)->test, "");
  const size_t order[] = {RISING, HALVES, TIED, TWO_OF_SIX, CONSTANT};
  for (size_t i = 0; i < FEATURES; i++) assert_int_equal(s->features[i].column, order[i]);
  /* Limits 0.1 i / (4 H_i) with H = 1, 3/2, 11/6, 25/12; the first p-value is 0.017. */
  expect_close("1st", s->features[0].threshold, 0.025, 1e-14, 0);
  expect_close("2nd", s->features[1].threshold, 0.1 / 3, 1e-14, 0);
  expect_close("3rd", s->features[2].threshold, 0.3 * 6 / 44, 1e-14, 0);
  expect_close("4th", s->features[3].threshold, 0.048, 1e-14, 0);
  assert_int_equal(s->n_selected, 1);
  assert_int_equal(s->selected[0], RISING);
  ml_selection_free(s);
}

/* Fisher: halves against halves, all apart: 2 of 20 tables; two of six against the last three: 0
 * and 3 above, of C(6, 2) = 15 three, and as many on the other side. Kolmogorov-Smirnov of the
 * feature with ceil(9/6) values: D = 1 has 0, and 2/3 has 2/9. */
static void two_classes_are_not(void **state) {
  (void)state;
  const double two[ROWS] = {1, 1, 1, 3, 3, 3};
  const ml_select_opts opts = {.test = ML_SELECT_KX, .method = ML_FDR_KX};
  ml_selection *s = select_by(two, &opts);
  assert_int_equal(s->problem, ML_CLASSIFICATION);
  expect_test(s, HALVES, "fisher", 0.1);
  expect_test(s, TWO_OF_SIX, "fisher", 0.4);
  expect_test(s, RISING, "kolmogorov-smirnov", 0);
  expect_test(s, TIED, "kolmogorov-smirnov", 2. / 9);
  assert_int_equal(s->n_selected, 1);
  assert_int_equal(s->selected[0], RISING);
  ml_selection_free(s);
}

/* tsfresh's procedure tests each class instead: of the first against the others the halves have
 * P = 1/5, twice over. */
static void tsfresh_differs(void **state) {
  (void)state;
  const ml_select_opts opts = {.test = ML_SELECT_MANN};
  ml_selection *s = select_by(three, &opts);
  assert_int_equal(s->problem, ML_CLASSIFICATION);
  expect_test(s, HALVES, "fisher", 0.4);
  expect_test(s, RISING, "mann-whitney", 2. / 15);
  ml_selection_free(s);
}

static void texts_of_three_classes_are_refused(void **state) {
  (void)state;
  const char *const cells[ROWS] = {"a", "a", "b", "b", "c", "c"};
  const ml_select_opts opts = {.test = ML_SELECT_KX};
  ml_error err = {0};
  ml_matrix *m = make_features();
  ml_target *target = NULL;
  ml_selection *s = NULL;
  assert_int_equal(
      ml_target_from_texts("y", cells, ROWS, NULL, ML_PROBLEM_AUTO, NULL, &target, &err), ML_OK);
  assert_int_equal(ml_select(m, target, &opts, NULL, NULL, &s, &err), ML_ERR_USAGE);
  assert_non_null(strstr(err.message, "texts"));
  assert_null(s);
  ml_target_free(target);
  ml_matrix_free(m);
}

/* A balanced table of 2 x 2 has p = 1, and so has D = 0: the feature of three values is first. */
static void of_equal_p_values_real_features_are_first(void **state) {
  (void)state;
  const double two[ROWS] = {1, 1, 1, 3, 3, 3};
  double values[2 * ROWS] = {5, 9, 9, 5, 9, 9, 1, 2, 3, 1, 2, 3};
  const ml_matrix m = {.n_rows = ROWS, .n_columns = 2, .values = values, .by_column = true};
  ml_error err = {0};
  ml_target *target = NULL;
  assert_int_equal(ml_target_from_numbers("y", two, ROWS, ML_CLASSIFICATION, &target, &err), ML_OK);
  for (size_t kx = 0; kx < 2; kx++) {
    const ml_select_opts opts = {.test = kx ? ML_SELECT_KX : ML_SELECT_MANN, .k = 1};
    ml_selection *s = NULL;
    assert_int_equal(ml_select(&m, target, &opts, NULL, NULL, &s, &err), ML_OK);
    expect_test(s, 0, "fisher", 1);
    expect_test(s, 1, kx ? "kolmogorov-smirnov" : "mann-whitney", 1);
    assert_int_equal(s->n_selected, 1);
    assert_int_equal(s->selected[0], kx);
    ml_selection_free(s);
  }
  ml_target_free(target);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(three_classes_are_real_numbers),
      cmocka_unit_test(two_classes_are_not),
      cmocka_unit_test(tsfresh_differs),
      cmocka_unit_test(texts_of_three_classes_are_refused),
      cmocka_unit_test(of_equal_p_values_real_features_are_first),
  };
  return cmocka_run_group_tests_name("fresh/select: KX", tests, NULL, NULL);
}
