/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps that choose columns: select, and select-corr. */
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/xval.h>

#include "prep_cases.h"

static void select_corr(void **state) {
  (void)state;
  ml_dataset data = five_rows();
  expect_prepared("select-corr=1,one-hot", &data, 4,
                  "a colour=blue colour=red; 1 0 1; 2 1 0; nan 0 1; 6 0 0; 100 0 0");
  expect_prepared("impute=mean,one-hot,select-corr=2", &data, 4, "a b; 1 -4; 2 0; 3 4; 6 0; 100 8");
  /* b, its double and its negative are equally good: the first */
  static const double x[] = {5, 5, 5, 5, 5, -1, 0, 1, 0, 2, 1, 0, -1, 0, -2, -2, 0, 2, 0, 4};
  static char *names[] = {"constant", "b", "minus", "twice"};
  data = (ml_dataset){.n_rows = 5,
                      .n_features = 4,
                      .x = x,
                      .names = names,
                      .problem = ML_REGRESSION,
                      .y = (double[]){1, 2, 3, 2, 9}};
  expect_prepared("select-corr=1", &data, 4, "b; -1; 0; 1; 0; 2");
  expect_prepared("select-corr=4", &data, 4,
                  "constant b minus twice; 5 -1 1 -2; 5 0 0 0; 5 1 -1 2; 5 0 0 0; 5 2 -2 4");
  data.problem = ML_CLASSIFICATION;
  data.y = NULL;
  data.classes = (ml_levels){.n = 3, .codes = (uint32_t[]){0, 1, 2, 1, 0}};
  expect_prepared("select-corr=2", &data, 4, "b minus; -1 1; 0 0; 1 -1; 0 0; 2 -2");
}

/* Against ml_select() on the training rows of folds, of classes and of numbers. */
static void relevant_columns(void **state) {
  (void)state;
  enum { ROWS = 90, COLUMNS = 40 };
  static double x[ROWS * COLUMNS], y[ROWS], part[ROWS * COLUMNS], part_y[ROWS];
  static char *labels[] = {"b", "a", "c"};
  uint32_t codes[ROWS], rows[ROWS];
  uint64_t seed = 11;
  for (size_t i = 0; i < ROWS * COLUMNS; i++) x[i] = (double)(next_random(&seed) >> 40);
  for (size_t i = 0; i < ROWS; i++) {
    codes[i] = (uint32_t)(next_random(&seed) % 3);
    y[i] = codes[i] + (double)(next_random(&seed) % 1000) / 1e4;
    x[i] = 7; /* a constant */
    for (size_t j = 1; j < 6; j++) x[j * ROWS + i] += codes[i] * 0x1p23;
  }
  ml_dataset data = {.n_rows = ROWS, .n_features = COLUMNS, .x = x, .y = y};
  data.classes = (ml_levels){.labels = labels, .n = 3, .codes = codes};
  for (size_t round = 0; round < 10; round++) {
    const bool is_real = round % 2;
    size_t n = 0;
    ml_target *target = NULL;
    ml_selection *want = NULL;
    ml_error err = {0};
    const char *cells[ROWS];
    data.problem = is_real ? ML_REGRESSION : ML_CLASSIFICATION;
    for (size_t i = 0; i < ROWS; i++)
      if (i % 5 != round / 2) rows[n++] = (uint32_t)i;
    for (size_t i = 0; i < n; i++) {
      cells[i] = labels[codes[rows[i]]];
      part_y[i] = y[rows[i]];
      for (size_t j = 0; j < COLUMNS; j++) part[j * n + i] = x[j * ROWS + rows[i]];
    }
    const ml_matrix m = {.n_rows = n, .n_columns = COLUMNS, .values = part, .by_column = true};
    assert_int_equal(
        is_real ? ml_target_from_numbers("y", part_y, n, ML_REGRESSION, &target, &err)
                : ml_target_from_texts("y", cells, n, NULL, ML_CLASSIFICATION, NULL, &target, &err),
        ML_OK);
    assert_int_equal(ml_select(&m, target, NULL, NULL, NULL, &want, &err), ML_OK);
    bool is_selected[COLUMNS] = {false};
    for (size_t k = 0; k < want->n_selected; k++) is_selected[want->selected[k]] = true;
    ml_prepared *p = prep_fit("select", &data, rows, n);
    assert_true(want->n_selected >= 5 && !is_selected[0]);
    assert_int_equal(ml_prepared_n_columns(p), want->n_selected);
    for (size_t j = 0, k = 0; j < COLUMNS; j++) {
      char name[16];
      snprintf(name, sizeof name, "x%zu", j);
      if (is_selected[j]) assert_string_equal(ml_prepared_name(p, k++), name);
    }
    ml_prepared_free(p);
    ml_selection_free(want);
    ml_target_free(target);
  }
}

/* Nothing goes with y; a best of all: y of its 1 is 1, 2, 5, of its 2 is 3, 4, 6, and 12 of the 20
 * ways to part six numbers have ranks as far apart, so that p is 0.6 (Kolmogorov-Smirnov). */
static ml_dataset irrelevant(void) {
  static const double x[] = {1, 2, 1, 2, 1, 2, 3, 5, 4, 6, 1, 2, 0, 1, 0, 1, 0, 1};
  static char *names[] = {"a", "b", "colour"}, *labels[] = {"blue", "red"};
  static ml_levels categories[] = {{0}, {0}, {.labels = labels, .n = 2}};
  static double y[] = {1, 3, 2, 4, 5, 6};
  return (ml_dataset){.n_rows = 6,
                      .n_features = 3,
                      .x = x,
                      .names = names,
                      .categories = categories,
                      .problem = ML_REGRESSION,
                      .y = y};
}

static void expect_warned(const char *text, const ml_dataset *data, const char *names,
                          const char *want) {
  ml_prepared *p = prep_fit(text, data, NULL, 0);
  const char *warning = ml_prepared_warning(p);
  char got[64] = "";
  for (size_t j = 0; j < ml_prepared_n_columns(p); j++)
    snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", j ? " " : "",
             ml_prepared_name(p, j));
  assert_string_equal(got, names);
  assert_string_equal(warning ? warning : "", want);
  ml_prepared_free(p);
}

static void nothing_is_relevant(void **state) {
  (void)state;
  ml_dataset data = irrelevant();
  const char *none =
      "select: none of 4 columns is relevant for the target \"y\": the least p-value "
      "is 0.6, above 0.006; select=k:K takes the best K";
  expect_warned("one-hot,select", &data, "a", none);
  expect_warned("one-hot,select,standard,select=fdr:0.01", &data, "a",
                none); /* the first says so */
  expect_warned("one-hot,select=k:1", &data, "a", "");
  expect_warned("select,one-hot", &data, "colour=blue colour=red", ""); /* texts are left */
  data.categories = NULL;
  data.n_features = 2;
  data.target = "a \"b\"\n";
  expect_warned("select=fdr:0.03", &data, "a",
                "select: none of 2 columns is relevant for the target \"a \"b\"?\": the least "
                "p-value is 0.6, above 0.01; select=k:K takes the best K");
}

static void nothing_to_select_from(void **state) {
  (void)state;
  ml_dataset data = irrelevant();
  double x[18], y[] = {1, 1, 1, 1, 1, 2};
  data.categories = NULL;
  data.n_features = 2;
  memcpy(x, data.x, sizeof x);
  x[7] = NAN;
  data.x = x;
  expect_no_fit("select", &data, 5,
                "select: column \"b\" has missing values: impute them first, such as "
                "impute=median,select");
  for (size_t i = 0; i < 5; i++) x[i] = 3, x[6 + i] = 4;
  expect_no_fit("select", &data, 5,
                "select: every column is constant in the rows that are trained on");
  x[0] = x[6] = 7;
  data.y = y;
  expect_no_fit("select", &data, 5,
                "select: the target \"y\" has only one value in the rows that are trained on");
  data.problem = ML_CLASSIFICATION;
  data.classes = (ml_levels){
      .labels = (char *[]){"no", "yes", "ja"}, .n = 3, .codes = (uint32_t[]){1, 1, 1, 1, 1, 2}};
  expect_no_fit("select", &data, 5,
                "select: the target \"y\" has only one class in the rows that are trained on");
  expect_unfit("select=test:kx", &data,
               "select: test:kx takes a target of 3 classes for real numbers, and \"y\" has texts, "
               "such as \"no\"");
}

/* |Pearson| by definition. */
static long double pearson(const double *x, const double *y, const uint32_t *rows, size_t n) {
  long double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < n; i++) mx += x[rows[i]], my += y[rows[i]];
  mx /= (long double)n, my /= (long double)n;
  for (size_t i = 0; i < n; i++) {
    const long double dx = x[rows[i]] - mx, dy = y[rows[i]] - my;
    xx += dx * dx, yy += dy * dy, xy += dx * dy;
  }
  return fabsl(xy) / sqrtl(xx * yy);
}

/* The columns that the golden leakage cases select: chosen from training rows they differ from fold
 * to fold, and from those of all rows. */
static void selection_inside_folds(void **state) {
  (void)state;
  const char *path = golden_path("xval/data/synnoise.csv");
  if (!path) skip();
  ml_dataset *data = NULL;
  ml_folds *folds = NULL;
  ml_error err = {0};
  assert_int_equal(ml_dataset_read(path, &(ml_dataset_opts){.target = "y"}, NULL, &data, &err),
                   ML_OK);
  assert_int_equal(data->n_features, 300);
  assert_int_equal(ml_split("kfold:5", data, NULL, 0, NULL, &folds, &err), ML_OK);
  for (size_t f = 0; f < folds->n; f++) {
    uint32_t rows[128];
    long double r[300];
    const size_t n = ml_folds_n_train(folds, f);
    ml_folds_train(folds, f, rows);
    ml_prepared *p = prep_fit("select-corr=10", data, rows, n);
    assert_int_equal(ml_prepared_n_columns(p), 10);
    for (size_t j = 0; j < data->n_features; j++)
      r[j] = pearson(data->x + j * data->n_rows, data->y, rows, n);
    for (size_t j = 0, k = 0; j < data->n_features; j++) {
      size_t n_better = 0;
      for (size_t i = 0; i < data->n_features; i++) n_better += r[i] > r[j];
      if (n_better < 10) assert_string_equal(ml_prepared_name(p, k++), data->names[j]);
    }
    ml_prepared_free(p);
  }
  ml_folds_free(folds);
  ml_dataset_free(data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(select_corr),
      cmocka_unit_test(relevant_columns),
      cmocka_unit_test(nothing_is_relevant),
      cmocka_unit_test(nothing_to_select_from),
      cmocka_unit_test(selection_inside_folds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
