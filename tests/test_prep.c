/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps of preprocessing against twins by definition, and their edges. */
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/xval.h>

/* ---- what is learnt and done, as text ---- */

static ml_prep *parse(const char *text) {
  ml_prep *prep = NULL;
  ml_error err = {0};
  if (ml_prep_parse(text, &prep, &err) != ML_OK) fail_msg("%s: %s", text, err.message);
  return prep;
}

static ml_prepared *fit(const char *text, const ml_dataset *data, const uint32_t *rows, size_t n) {
  ml_prep *prep = parse(text);
  ml_prepared *prepared = NULL;
  ml_error err = {0};
  if (ml_prep_check(prep, data, &err) != ML_OK || ml_prep_fit(prep, data, rows, n, &prepared, &err))
    fail_msg("%s: %s", text, err.message);
  ml_prep_free(prep);
  return prepared;
}

/* Learn from the first n rows, do all of them, and show names and rows. */
static void expect(const char *text, const ml_dataset *data, size_t n, const char *want) {
  char got[2048] = "";
  ml_error err = {0};
  uint32_t rows[64];
  for (size_t i = 0; i < n; i++) rows[i] = (uint32_t)i;
  ml_prepared *p = fit(text, data, rows, n);
  const size_t n_columns = ml_prepared_n_columns(p), stride = data->n_rows + 3;
  double *out = calloc(n_columns * stride, sizeof *out);
  assert_int_equal(ml_prepared_apply(p, data, NULL, data->n_rows, out, stride, &err), ML_OK);
  for (size_t j = 0; j < n_columns; j++)
    snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", j ? " " : "",
             ml_prepared_name(p, j));
  for (size_t i = 0; i < data->n_rows; i++)
    for (size_t j = 0; j < n_columns; j++)
      snprintf(got + strlen(got), sizeof got - strlen(got), "%s%.6g", j ? " " : "; ",
               out[j * stride + i]);
  assert_string_equal(got, want);
  free(out);
  ml_prepared_free(p);
}

/* 4 rows of learning, and one behind them. */
static ml_dataset five(void) {
  static const double x[] = {1,  2, NAN, 6,   100, /* a */
                             1,  0, 1,   NAN, 2,   /* colour */
                             -4, 0, 4,   0,   8};  /* b */
  static char *names[] = {"a", "colour", "b"}, *labels[] = {"blue", "red", "white"};
  static ml_levels categories[] = {{0}, {.labels = labels, .n = 3}, {0}};
  static double y[] = {1, 2, 3, 4, 5};
  return (ml_dataset){.n_rows = 5,
                      .n_features = 3,
                      .x = x,
                      .names = names,
                      .categories = categories,
                      .problem = ML_REGRESSION,
                      .y = y};
}

static void each_step(void **state) {
  (void)state;
  const ml_dataset data = five();
  expect("impute=mean,one-hot", &data, 4,
         "a b colour=blue colour=red; 1 -4 0 1; 2 0 1 0; 3 4 0 1; 6 0 0 0; 100 8 0 0");
  expect("impute=median,one-hot=colour", &data, 4,
         "a b colour=blue colour=red; 1 -4 0 1; 2 0 1 0; 2 4 0 1; 6 0 0 0; 100 8 0 0");
  expect("minmax,one-hot", &data, 4,
         "a b colour=blue colour=red; 0 0 0 1; 0.2 0.5 1 0; nan 1 0 1; 1 0.5 0 0; 19.8 1.5 0 0");
  /* learnt from one row: a constant is divided by 1 */
  expect("minmax,one-hot", &data, 1, "a b colour=red; 0 0 1; 1 4 0; nan 8 1; 5 4 0; 99 12 0");
  expect("standard,one-hot", &data, 4,
         "a b colour=blue colour=red; -0.92582 -1.41421 0 1; -0.46291 0 1 0; nan 1.41421 0 1; "
         "1.38873 0 0 0; 44.9023 2.82843 0 0");
}

/* What stands behind a step takes what it made. */
static void order_matters(void **state) {
  (void)state;
  const ml_dataset data = five();
  expect("one-hot,minmax,impute=mean", &data, 4,
         "a b colour=blue colour=red; 0 0 0 1; 0.2 0.5 1 0; 0.4 1 0 1; 1 0.5 0 0; 19.8 1.5 0 0");
  expect("one-hot,standard,impute=median", &data, 2,
         "a b colour=blue colour=red; -1 -1 -1 1; 1 1 1 -1; 0 3 -1 1; 9 1 -1 -1; 197 5 -1 -1");
  expect("one-hot=b,one-hot", &data, 4,
         "a b=-4 b=0 b=4 colour=blue colour=red; 1 1 0 0 0 1; 2 0 1 0 1 0; nan 0 0 1 0 1; 6 0 1 0 "
         "0 0; 100 0 0 0 0 0");
  expect("impute=mean,one-hot=a,one-hot", &data, 4,
         "b a=1 a=2 a=3 a=6 colour=blue colour=red; -4 1 0 0 0 0 1; 0 0 1 0 0 1 0; "
         "4 0 0 1 0 0 1; 0 0 0 0 1 0 0; 8 0 0 0 0 0 0");
  double x[15];
  memcpy(x, data.x, sizeof x);
  x[11] = -0.0; /* of b: the same category as 0 */
  ml_dataset negative = data;
  negative.x = x;
  expect("one-hot=b,one-hot", &negative, 4,
         "a b=-4 b=0 b=4 colour=blue colour=red; 1 1 0 0 0 1; 2 0 1 0 1 0; nan 0 0 1 0 1; 6 0 1 0 "
         "0 0; 100 0 0 0 0 0");
}

static void select_corr(void **state) {
  (void)state;
  ml_dataset data = five();
  expect("select-corr=1,one-hot", &data, 4,
         "a colour=blue colour=red; 1 0 1; 2 1 0; nan 0 1; 6 0 0; 100 0 0");
  expect("impute=mean,one-hot,select-corr=2", &data, 4, "a b; 1 -4; 2 0; 3 4; 6 0; 100 8");
  /* b, its double and its negative are equally good: the first */
  static const double x[] = {5, 5, 5, 5, 5, -1, 0, 1, 0, 2, 1, 0, -1, 0, -2, -2, 0, 2, 0, 4};
  static char *names[] = {"constant", "b", "minus", "twice"};
  data = (ml_dataset){.n_rows = 5,
                      .n_features = 4,
                      .x = x,
                      .names = names,
                      .problem = ML_REGRESSION,
                      .y = (double[]){1, 2, 3, 2, 9}};
  expect("select-corr=1", &data, 4, "b; -1; 0; 1; 0; 2");
  expect("select-corr=4", &data, 4,
         "constant b minus twice; 5 -1 1 -2; 5 0 0 0; 5 1 -1 2; 5 0 0 0; 5 2 -2 4");
  data.problem = ML_CLASSIFICATION;
  data.y = NULL;
  data.classes = (ml_levels){.n = 3, .codes = (uint32_t[]){0, 1, 2, 1, 0}};
  expect("select-corr=2", &data, 4, "b minus; -1 1; 0 0; 1 -1; 0 0; 2 -2");
}

/* ---- texts of steps ---- */

static void expect_wrong(const char *text, const char *want) {
  ml_prep *prep = (ml_prep *)1;
  ml_error err = {0};
  assert_int_equal(ml_prep_parse(text, &prep, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, want);
  assert_ptr_equal(prep, (ml_prep *)1);
}

static void parsing(void **state) {
  (void)state;
  static const struct {
    const char *text, *shortest;
  } good[] = {{"", ""},
              {" ", ""},
              {" impute=median ,\tstandard", "impute=median,standard"},
              {"one-hot=a=b", "one-hot=a=b"},
              {"\"one-hot=a,b\",minmax", "\"one-hot=a,b\",minmax"},
              {"select-corr=007", "select-corr=007"},
              {"impute=mean, py:package.module.logs", "impute=mean,py:package.module.logs"}};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    ml_prep *prep = parse(good[i].text);
    assert_string_equal(ml_prep_text(prep), good[i].shortest);
    ml_prep_free(prep);
  }
  ml_prep_free(NULL);
  expect_wrong("onehot", "no step \"onehot\" (did you mean one-hot?)");
  expect_wrong("zzzzzzzzz",
               "no step \"zzzzzzzzz\" (there are impute, standard, minmax, one-hot, "
               "select-corr, select, py:)");
  expect_wrong("standard,,minmax",
               "no step \"\" (there are impute, standard, minmax, one-hot, "
               "select-corr, select, py:)");
  expect_wrong("impute", "step \"impute\" lacks its argument: impute=mean|median");
  expect_wrong("impute=", "step \"impute\" lacks its argument: impute=mean|median");
  expect_wrong("impute=max", "impute=max is neither impute=mean nor impute=median");
  expect_wrong("standard=1", "step \"standard\" has no argument, but \"1\" is given");
  expect_wrong("one-hot=", "step \"one-hot\" lacks its argument: one-hot=COLUMN");
  expect_wrong("py:", "step \"py:\" lacks its argument: py:MODULE.FUNCTION");
  static const char *const no_functions[] = {"logs", ".logs", "module.", "module.logs(x)", "a b.c"};
  for (size_t i = 0; i < sizeof no_functions / sizeof *no_functions; i++) {
    char text[64], want[200];
    snprintf(text, sizeof text, "py:%s", no_functions[i]);
    snprintf(want, sizeof want,
             "%s names no function: a function of Python is named with its module, as in "
             "py:mymodule.logs",
             text);
    expect_wrong(text, want);
  }
  expect_wrong("select-corr", "step \"select-corr\" lacks its argument: select-corr=K");
  static const char *const numbers[] = {"0", "-1", "1.5", "1e3", " 2", "99999999999999999999999"};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    char text[64], want[128];
    snprintf(text, sizeof text, "select-corr=%s", numbers[i]);
    snprintf(want, sizeof want, "%s is no number of columns", text);
    expect_wrong(text, want);
  }
}

static void rules_are_told(void **state) {
  (void)state;
  ml_select_opts got = {.k = 9};
  ml_prep *prep = parse("impute=mean,standard");
  assert_false(ml_prep_rules(prep, &got));
  assert_false(ml_prep_rules(NULL, &got));
  assert_int_equal(got.k, 9);
  ml_prep_free(prep);
  prep = parse("impute=mean,select=fdr:0.1/redundancy:0.9/method:bh/test:ks,select=k:2");
  assert_true(ml_prep_rules(prep, &got));
  assert_true(got.fdr_level == 0.1 && got.redundancy == 0.9 && got.k == 0);
  assert_int_equal(got.method, ML_FDR_BH);
  assert_int_equal(got.test, ML_SELECT_KS);
  ml_prep_free(prep);
}

static void rules(void **state) {
  (void)state;
  static const char *const good[] = {"select", "select=fdr:0.1/redundancy:0.9/method:bh/test:ks",
                                     "select=k:3/test:kx", "select=percentile=100"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) ml_prep_free(parse(good[i]));
  expect_wrong("select=", "step \"select\" lacks its argument: select=RULES");
  expect_wrong("select=fdx:1", "select: no rule \"fdx\" (did you mean fdr?)");
  expect_wrong("select=fdr:0.1/",
               "select: no rule \"\" (there are fdr, k, percentile, test, method "
               "and redundancy, with a slash between them)");
  expect_wrong("select=k", "select: rule \"k\" lacks its value: k:K");
  expect_wrong("select=k:1/k:2", "select: rule \"k\" is there twice");
  expect_wrong("select=k:0", "select: k:0 is no number of columns");
  expect_wrong("select=fdr:1", "select: fdr:1 is no number above 0 and below 1");
  expect_wrong("select=fdr:nan", "select: fdr:nan is no number above 0 and below 1");
  expect_wrong("select=percentile:101",
               "select: percentile:101 is no number above 0 and up to 100");
  expect_wrong("select=redundancy:0", "select: redundancy:0 is no number above 0 and below 1");
  expect_wrong("select=test:mean", "select: test:mean is not test:mann|ks|kx");
  expect_wrong("select=method:b", "select: method:b is not method:bh|by");
  expect_wrong("select=k:1/percentile:5", "select: k and percentile exclude one another");
  expect_wrong("select=k:1/fdr:0.1",
               "select: fdr is of the false discovery rate, which k takes the place of");
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
    ml_prepared *p = fit("select", &data, rows, n);
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

static void expect_unfit(const char *text, const ml_dataset *data, const char *want) {
  ml_prep *prep = parse(text);
  ml_error err = {0};
  assert_int_equal(ml_prep_check(prep, data, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, want);
  ml_prep_free(prep);
}

static void checking(void **state) {
  (void)state;
  ml_dataset data = five();
  expect_unfit("standard", &data,
               "feature \"colour\" has texts, such as \"blue\"; the step one-hot makes numbers of "
               "them, --exclude leaves the column out");
  expect_unfit("one-hot=b", &data,
               "feature \"colour\" has texts, such as \"blue\"; the step one-hot makes numbers of "
               "them, --exclude leaves the column out");
  expect_unfit("one-hot=color", &data, "one-hot: no feature \"color\" (did you mean \"colour\"?)");
  expect_unfit("one-hot=zebra", &data, "one-hot: no feature \"zebra\"");
  expect_unfit("select-corr=3,one-hot", &data,
               "select-corr=3 asks for more than the 2 columns of numbers there are");
  expect_unfit("one-hot,select-corr=6", &data,
               "select-corr=6 asks for more than the 5 columns of numbers there can be");
  expect_unfit("one-hot,select-corr=2,standard,select-corr=3", &data,
               "select-corr=3 asks for more than the 2 columns of numbers there are");
  expect_unfit("one-hot=a,select-corr=12,one-hot", &data,
               "select-corr=12 asks for more than the 7 columns of numbers there can be");
  data.problem = ML_PROBLEM_AUTO;
  expect_unfit("one-hot,select-corr=1", &data,
               "select-corr needs a target to correlate features with");
}

static void expect_no_fit(const char *text, const ml_dataset *data, size_t n, const char *want) {
  static const uint32_t rows[] = {0, 1, 2, 3, 4};
  ml_prep *prep = parse(text);
  ml_prepared *p = (ml_prepared *)1;
  ml_error err = {0};
  assert_int_equal(ml_prep_fit(prep, data, rows, n, &p, &err), ML_ERR_NUMERIC);
  assert_string_equal(err.message, want);
  assert_ptr_equal(p, (ml_prepared *)1);
  ml_prep_free(prep);
}

static void nothing_to_learn_from(void **state) {
  (void)state;
  static const double x[] = {NAN, NAN, 1, NAN, 0, 0};
  static char *labels[] = {"only"}, *names[] = {"gap", "text"};
  static ml_levels categories[] = {{0}, {.labels = labels, .n = 1}};
  const ml_dataset data = {.n_rows = 3,
                           .n_features = 2,
                           .x = x,
                           .names = names,
                           .categories = categories,
                           .problem = ML_REGRESSION,
                           .y = (double[]){1, 2, 3}};
  expect_no_fit("standard", &data, 2,
                "standard: column \"gap\" has no value in the rows that are trained on");
  expect_no_fit("minmax", &data, 0,
                "minmax: column \"gap\" has no value in the rows that are trained on");
  expect_no_fit("one-hot", &data, 1,
                "one-hot: column \"text\" has no value in the rows that are trained on");
  expect_no_fit("select-corr=2", &data, 3,
                "select-corr=2 asks for more than the 1 column of numbers there is");
  expect("impute=mean,one-hot", &data, 3, "gap text=only; 1 0; 1 1; 1 1");
  expect("impute=mean,one-hot", &data, 2, "gap text=only; 0 0; 0 1; 0 1");
  expect("impute=median,standard,one-hot", &data, 2, "gap text=only; 0 0; 0 1; 0 1");
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
  ml_prepared *p = fit(text, data, NULL, 0);
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

static void constants_but_for_rounding(void **state) {
  (void)state;
  const double eps = 0x1p-52;
  const double x[] = {1, 1 + eps, 1, 1, 1, 1 + 64 * eps, 1, 1};
  static char *names[] = {"rounded", "small"};
  const ml_dataset data = {.n_rows = 4,
                           .n_features = 2,
                           .x = x,
                           .names = names,
                           .problem = ML_REGRESSION,
                           .y = (double[]){1, 2, 3, 4}};
  double out[8];
  ml_error err = {0};
  ml_prepared *p = fit("standard", &data, NULL, 0);
  assert_int_equal(ml_prepared_apply(p, &data, NULL, 4, out, 4, &err), ML_OK);
  for (size_t i = 0; i < 4; i++) assert_true(fabs(out[i]) <= eps);
  /* 3 a and -a of deviation sqrt(3) a */
  assert_float_equal(out[4 + 1], sqrt(3), 0.05);
  ml_prepared_free(p);
}

/* Infinite values become bounds of the finite ones that were learnt from, also of other rows. */
static void infinite_values(void **state) {
  (void)state;
  static const double x[] = {1,        INFINITY,  NAN, 6, -INFINITY, 100,
                             INFINITY, -INFINITY, NAN, 1, 2,         3};
  static char *names[] = {"a", "b"};
  const ml_dataset data = {.n_rows = 6,
                           .n_features = 2,
                           .x = x,
                           .names = names,
                           .problem = ML_REGRESSION,
                           .y = (double[]){1, 2, 3, 4, 5, 6}};
  expect("impute=mean", &data, 4, "a b; 1 1; 6 1; 3.5 1; 6 1; 1 2; 100 3");
  expect("impute=median", &data, 3, "a b; 1 0; 1 0; 1 0; 6 0; 1 0; 100 0");
}

/* ---- numbers that are hard ---- */

static void expect_standard(const char *label, const double *x, size_t n, const double *want) {
  const ml_dataset data = {.n_rows = n, .n_features = 1, .x = x};
  double *out = calloc(n, sizeof *out);
  ml_error err = {0};
  ml_prepared *p = fit("standard", &data, NULL, 0);
  assert_string_equal(ml_prepared_name(p, 0), "x0");
  assert_int_equal(ml_prepared_apply(p, &data, NULL, n, out, n, &err), ML_OK);
  for (size_t i = 0; i < n; i++) expect_close(label, out[i], want[i], 1e-12, 0);
  ml_prepared_free(p);
  free(out);
}

static void hard_numbers(void **state) {
  (void)state;
  const double r = sqrt(1.5);
  expect_standard("offset", (double[]){1e15, 1e15 + 1, 1e15 + 2}, 3, (double[]){-r, 0, r});
  expect_standard("huge", (double[]){-1e308, 0, 1e308}, 3, (double[]){-r, 0, r});
  expect_standard("tiny", (double[]){-1e-300, 0, 1e-300}, 3, (double[]){-r, 0, r});
  expect_standard("constant", (double[]){0.1, 0.1, 0.1}, 3, (double[]){0, 0, 0});
  expect_standard("one row", (double[]){7}, 1, (double[]){0});
  /* Correlations of columns far from 0: 0.5 exactly and 1. */
  static const double x[] = {1e14 + 1, 1e14 + 2, 1e14 + 3, 1e14 + 4, 3, 1, 4, 2, 1, 2, 3, 4};
  static char *names[] = {"far", "mixed", "near"};
  const ml_dataset data = {.n_rows = 4,
                           .n_features = 3,
                           .x = x,
                           .names = names,
                           .problem = ML_REGRESSION,
                           .y = (double[]){1e14, 2e14, 3e14, 4e14}};
  expect("select-corr=2", &data, 4, "far near; 1e+14 1; 1e+14 2; 1e+14 3; 1e+14 4");
}

/* ---- twins ---- */

enum { N = 90, P = 7 };

static double next_normal(uint64_t *seed) {
  double sum = -6;
  for (int i = 0; i < 12; i++) sum += (double)(next_random(seed) >> 11) * 0x1p-53;
  return sum;
}

static int compare_doubles(const void *a, const void *b) {
  return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

/* Missing values by the mean or median, then standardised: by definition. */
static void twin(const double *x, const uint32_t *rows, size_t n, bool median, double *fill,
                 double *mean, double *sd) {
  double known[N];
  long double sum = 0, squares = 0;
  size_t m = 0;
  for (size_t i = 0; i < n; i++)
    if (!isnan(x[rows[i]])) known[m++] = x[rows[i]];
  for (size_t i = 0; i < m; i++) sum += known[i];
  qsort(known, m, sizeof *known, compare_doubles);
  *fill = median ? (known[(m - 1) / 2] + known[m / 2]) / 2 : (double)(sum / (long double)m);
  sum = 0;
  for (size_t i = 0; i < n; i++) sum += isnan(x[rows[i]]) ? *fill : x[rows[i]];
  const long double middle = sum / (long double)n;
  for (size_t i = 0; i < n; i++) {
    const long double d = (isnan(x[rows[i]]) ? *fill : x[rows[i]]) - middle;
    squares += d * d;
  }
  *mean = (double)middle;
  *sd = (double)sqrtl(squares / (long double)n);
}

static void twins(void **state) {
  (void)state;
  uint64_t seed = 5;
  for (int round = 0; round < 50; round++) {
    double x[P * N], out[P * N];
    uint32_t rows[N];
    size_t n = 0;
    for (size_t i = 0; i < N; i++)
      if (next_random(&seed) % 3) rows[n++] = (uint32_t)(next_random(&seed) % N);
    for (size_t k = 0; k < P * N; k++)
      x[k] = next_random(&seed) % 10 ? (double)(k / N + 1) * (100 + next_normal(&seed)) : NAN;
    for (size_t j = 0; j < P; j++) x[j * N + rows[0]] = 1; /* there is a value */
    const ml_dataset data = {.n_rows = N, .n_features = P, .x = x};
    const bool median = round % 2;
    ml_error err = {0};
    ml_prepared *p =
        fit(median ? "impute=median,standard" : "impute=mean,standard", &data, rows, n);
    assert_int_equal(ml_prepared_apply(p, &data, NULL, N, out, N, &err), ML_OK);
    for (size_t j = 0; j < P; j++) {
      double fill, mean, sd;
      twin(x + j * N, rows, n, median, &fill, &mean, &sd);
      for (size_t i = 0; i < N; i++) {
        const double value = isnan(x[j * N + i]) ? fill : x[j * N + i];
        expect_close("cell", out[j * N + i], (value - mean) / sd, 1e-9, 1e-12);
      }
    }
    ml_prepared_free(p);
  }
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
    ml_prepared *p = fit("select-corr=10", data, rows, n);
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

/* Another file may number the same categories otherwise. */
static void another_dataset(void **state) {
  (void)state;
  const ml_dataset data = five();
  static const double x[] = {1, 1, 1, 0, 1, 2, 5, 5, 5};
  static char *labels[] = {"black", "red", "blue"};
  static ml_levels categories[] = {{0}, {.labels = labels, .n = 3}, {0}};
  const ml_dataset other = {.n_rows = 3, .n_features = 3, .x = x, .categories = categories};
  ml_error err = {0};
  double out[12];
  ml_prepared *p = fit("one-hot,impute=mean", &data, NULL, 0);
  assert_int_equal(ml_prepared_n_columns(p), 5); /* a, b, blue, red, white */
  assert_int_equal(ml_prepared_apply(p, &other, (uint32_t[]){2, 0}, 2, out, 2, &err), ML_OK);
  static const double want[] = {1, 1, 5, 5, 1, 0, 0, 0, 0, 0};
  for (size_t i = 0; i < 10; i++) expect_same("cell", out[i], want[i]);
  const ml_dataset narrow = {.n_rows = 3, .n_features = 2, .x = x};
  assert_int_equal(ml_prepared_apply(p, &narrow, NULL, 3, out, 3, &err), ML_ERR_USAGE);
  ml_prepared_free(p);
  ml_prepared_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_step),
      cmocka_unit_test(order_matters),
      cmocka_unit_test(select_corr),
      cmocka_unit_test(parsing),
      cmocka_unit_test(rules),
      cmocka_unit_test(rules_are_told),
      cmocka_unit_test(relevant_columns),
      cmocka_unit_test(checking),
      cmocka_unit_test(nothing_to_learn_from),
      cmocka_unit_test(nothing_is_relevant),
      cmocka_unit_test(nothing_to_select_from),
      cmocka_unit_test(infinite_values),
      cmocka_unit_test(constants_but_for_rounding),
      cmocka_unit_test(hard_numbers),
      cmocka_unit_test(twins),
      cmocka_unit_test(selection_inside_folds),
      cmocka_unit_test(another_dataset),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
