/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps of preprocessing against twins by definition, and their edges. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/xval.h>

#include "prep_cases.h"

/* ---- what is learnt and done ---- */

static void each_step(void **state) {
  (void)state;
  const ml_dataset data = five_rows();
  expect_prepared("impute=mean,one-hot", &data, 4,
                  "a b colour=blue colour=red; 1 -4 0 1; 2 0 1 0; 3 4 0 1; 6 0 0 0; 100 8 0 0");
  expect_prepared("impute=median,one-hot=colour", &data, 4,
                  "a b colour=blue colour=red; 1 -4 0 1; 2 0 1 0; 2 4 0 1; 6 0 0 0; 100 8 0 0");
  expect_prepared(
      "minmax,one-hot", &data, 4,
      "a b colour=blue colour=red; 0 0 0 1; 0.2 0.5 1 0; nan 1 0 1; 1 0.5 0 0; 19.8 1.5 0 0");
  /* learnt from one row: a constant is divided by 1 */
  expect_prepared("minmax,one-hot", &data, 1,
                  "a b colour=red; 0 0 1; 1 4 0; nan 8 1; 5 4 0; 99 12 0");
  expect_prepared(
      "standard,one-hot", &data, 4,
      "a b colour=blue colour=red; -0.92582 -1.41421 0 1; -0.46291 0 1 0; nan 1.41421 0 1; "
      "1.38873 0 0 0; 44.9023 2.82843 0 0");
}

/* What stands behind a step takes what it made. */
static void order_matters(void **state) {
  (void)state;
  const ml_dataset data = five_rows();
  expect_prepared(
      "one-hot,minmax,impute=mean", &data, 4,
      "a b colour=blue colour=red; 0 0 0 1; 0.2 0.5 1 0; 0.4 1 0 1; 1 0.5 0 0; 19.8 1.5 0 0");
  expect_prepared(
      "one-hot,standard,impute=median", &data, 2,
      "a b colour=blue colour=red; -1 -1 -1 1; 1 1 1 -1; 0 3 -1 1; 9 1 -1 -1; 197 5 -1 -1");
  expect_prepared(
      "one-hot=b,one-hot", &data, 4,
      "a b=-4 b=0 b=4 colour=blue colour=red; 1 1 0 0 0 1; 2 0 1 0 1 0; nan 0 0 1 0 1; 6 0 1 0 "
      "0 0; 100 0 0 0 0 0");
  expect_prepared("impute=mean,one-hot=a,one-hot", &data, 4,
                  "b a=1 a=2 a=3 a=6 colour=blue colour=red; -4 1 0 0 0 0 1; 0 0 1 0 0 1 0; "
                  "4 0 0 1 0 0 1; 0 0 0 0 1 0 0; 8 0 0 0 0 0 0");
  double x[15];
  memcpy(x, data.x, sizeof x);
  x[11] = -0.0; /* of b: the same category as 0 */
  ml_dataset negative = data;
  negative.x = x;
  expect_prepared(
      "one-hot=b,one-hot", &negative, 4,
      "a b=-4 b=0 b=4 colour=blue colour=red; 1 1 0 0 0 1; 2 0 1 0 1 0; nan 0 0 1 0 1; 6 0 1 0 "
      "0 0; 100 0 0 0 0 0");
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
    ml_prep *prep = prep_parse(good[i].text);
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
  ml_prep *prep = prep_parse("impute=mean,standard");
  assert_false(ml_prep_rules(prep, &got));
  assert_false(ml_prep_rules(NULL, &got));
  assert_int_equal(got.k, 9);
  ml_prep_free(prep);
  prep = prep_parse("impute=mean,select=fdr:0.1/redundancy:0.9/method:bh/test:ks,select=k:2");
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
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) ml_prep_free(prep_parse(good[i]));
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

static void checking(void **state) {
  (void)state;
  ml_dataset data = five_rows();
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
  expect_prepared("impute=mean,one-hot", &data, 3, "gap text=only; 1 0; 1 1; 1 1");
  expect_prepared("impute=mean,one-hot", &data, 2, "gap text=only; 0 0; 0 1; 0 1");
  expect_prepared("impute=median,standard,one-hot", &data, 2, "gap text=only; 0 0; 0 1; 0 1");
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
  ml_prepared *p = prep_fit("standard", &data, NULL, 0);
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
  expect_prepared("impute=mean", &data, 4, "a b; 1 1; 6 1; 3.5 1; 6 1; 1 2; 100 3");
  expect_prepared("impute=median", &data, 3, "a b; 1 0; 1 0; 1 0; 6 0; 1 0; 100 0");
}

/* ---- numbers that are hard ---- */

static void expect_standard(const char *label, const double *x, size_t n, const double *want) {
  const ml_dataset data = {.n_rows = n, .n_features = 1, .x = x};
  double *out = calloc(n, sizeof *out);
  ml_error err = {0};
  ml_prepared *p = prep_fit("standard", &data, NULL, 0);
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
  expect_prepared("select-corr=2", &data, 4, "far near; 1e+14 1; 1e+14 2; 1e+14 3; 1e+14 4");
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
        prep_fit(median ? "impute=median,standard" : "impute=mean,standard", &data, rows, n);
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

/* Another file may number the same categories otherwise. */
static void another_dataset(void **state) {
  (void)state;
  const ml_dataset data = five_rows();
  static const double x[] = {1, 1, 1, 0, 1, 2, 5, 5, 5};
  static char *labels[] = {"black", "red", "blue"};
  static ml_levels categories[] = {{0}, {.labels = labels, .n = 3}, {0}};
  const ml_dataset other = {.n_rows = 3, .n_features = 3, .x = x, .categories = categories};
  ml_error err = {0};
  double out[12];
  ml_prepared *p = prep_fit("one-hot,impute=mean", &data, NULL, 0);
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
      cmocka_unit_test(parsing),
      cmocka_unit_test(rules),
      cmocka_unit_test(rules_are_told),
      cmocka_unit_test(checking),
      cmocka_unit_test(nothing_to_learn_from),
      cmocka_unit_test(infinite_values),
      cmocka_unit_test(constants_but_for_rounding),
      cmocka_unit_test(hard_numbers),
      cmocka_unit_test(twins),
      cmocka_unit_test(another_dataset),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
