/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What mltool xval writes of results that are made by hand: the table, JSON, CSV, predictions. */
#include "shown_texts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- texts --------------------------------------------------------------------------------- */

static const shown_case *case_of(const char *name) {
  const shown_case *c = shown_cases;
  while (strcmp(c->name, name) != 0) c++;
  return c;
}

/* ---- the table ----------------------------------------------------------------------------- */

static void tables_say_what_was_done(void **state) {
  (void)state;
  static const expected cases[] = {
      {"usual", "model     ridge: alpha=1, fit_intercept=true\n"},
      {"usual", "data      data.csv: 60 rows, 10 features\n"},
      {"usual", "target    y: regression\n"},
      {"usual", "folds     kfold:5; seed 42\n\n  fold  train  test "},
      {"two", "target    y: classification, 2 classes\n"},
      {"repeats", "folds     kfold:5, 3 times; seed 42\n\nrepeat  fold  train  test "},
      {"repeats", "     2    11     45    15  "},
      {"times", "fit s  score s\n"},
      {"times", "fit 1.2500 s, score 0.6250 s\n"}, /* 5 folds of 0.25 s and 0.125 s */
      {"loo", "(20 more folds; --json and --csv have them)\n"},
      {"loo", "\nr2 is undefined: one row (folds 0, 1, 2, 3, 4 and 35 more)\n"},
      {"failures", "     2     48    12   failed\n"},
      {"failures", "  mean                     -\n"},
      {"failures", "\nfailed: the matrix is singular (fold 2)\n"},
      {"grid", "search    grid of alpha=log:1e-3:1e3:13: 13 candidates\n"},
      {"grid", "model     ridge: fit_intercept=true\n"},
      {"grid", "(3 more candidates; --json and --csv have them)\n"},
      {"grid", "\nwinner    alpha=0.1\n"}, /* the best has number 4: 1e-3 * 10^(4 / 2) */
      {"one_se", "winner    alpha=3.16227766016837"},
      {"one_se", ": simplest within one standard error of alpha=0.1\n\n"},
      {"two_params", "holdout   accuracy "},
      {"two_params", "; 15 rows, fitted on the other 45\n"},
      {"failed_search", "alpha=0.1 failed: the matrix is singular (fold 2)\n"},
      {"failed_search", "4/5\n"},
      {"all_fail", "0/3\n"},
      {"nested", "folds     kfold:5, within each of kfold:4; seed 42\n"},
      {"nested", "fold  train  test  alpha  inner r2 "},
      {"nested", "   1     45    15      1   0.37500 "},
      {"undefined_search", "ranked by pooled scores: r2 is undefined for single folds\n"},
  };
  expect_words(cases, sizeof cases / sizeof *cases, xval__table);
}

/* A line that begins with a text; fails when there is none. */
static const char *line_of(const char *table, const char *start) {
  for (const char *at = table; at; at = strchr(at, '\n')) {
    at += *at == '\n';
    if (strncmp(at, start, strlen(start)) == 0) return at;
  }
  fail_msg("no line '%s' in\n%s", start, table ? table : "");
  return NULL;
}

/* Five digits of the largest: r2 is below 1, rmse about 50. */
static void scores_of_folds_have_five_digits(void **state) {
  (void)state;
  const shown_case *c = case_of("usual");
  char *table = shown_text(xval__table, "usual"), start[64], want[64];
  double sums[2] = {0, 0};
  for (size_t f = 0; f < 5; f++) {
    double r2 = shown_case_score(c, 0, f, 0), rmse = shown_case_score(c, 0, f, 1);
    snprintf(start, sizeof start, "%6zu     48    12", f);
    snprintf(want, sizeof want, "  %.5f  %.3f\n", r2, rmse);
    assert_memory_equal(line_of(table, start) + strlen(start), want, strlen(want));
    sums[0] += r2;
    sums[1] += rmse;
  }
  snprintf(want, sizeof want, "  mean               %.5f  %.3f\n", sums[0] / 5, sums[1] / 5);
  line_of(table, want);
  line_of(table, "pooled               0.50000   0.500\n");
  free(table);
}

static void the_winner_is_marked(void **state) {
  (void)state;
  char *table = shown_text(xval__table, "grid");
  assert_int_equal(count_of(table, "\n*  "), 1);
  line_of(table, "*     1  ");
  assert_int_equal(count_of(table, "5/5\n"), 10);
  free(table);
  table = shown_text(xval__table, "one_se"); /* the chosen one may be any of the ranks */
  assert_int_equal(count_of(table, "\n*  "), 1);
  free(table);
}

/* A winner behind the best ten has a row of its own. */
static void a_winner_far_behind_is_shown(void **state) {
  (void)state;
  ml_buf out = {0};
  shown_made *m = shown_case_make("grid");
  for (size_t i = 0; i < m->result.n_candidates; i++)
    if (m->result.candidates[i].rank == m->result.n_candidates) m->result.best = i;
  xval__table(&m->shown, &out);
  ml_buf_put(&out, "", 1);
  line_of(out.data, "*    13  ");
  assert_int_equal(count_of(out.data, "5/5\n"), 11);
  ml_buf_release(&out);
  shown_case_release(m);
}

static void tables_of_all_cases_are_lines_of_text(void **state) {
  (void)state;
  for (const shown_case *c = shown_cases; c->name; c++) {
    char *table = shown_text(xval__table, c->name), *again = shown_text(xval__table, c->name);
    assert_string_equal(table, again);
    for (const char *at = table; *at; at++) {
      if ((unsigned char)*at < ' ' && *at != '\n') fail_msg("%s: control character", c->name);
      if (*at == ' ' && at[1] == '\n') fail_msg("%s: blank at the end of a line", c->name);
    }
    assert_null(strstr(table, "nan"));
    assert_int_equal(table[strlen(table) - 1], '\n');
    free(table);
    free(again);
  }
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static json_t *json_of(const char *name) {
  json_error_t error;
  char *text = shown_text(xval__json, name);
  json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
  if (!json) fail_msg("%s: %d: %s", name, error.line, error.text);
  free(text);
  return json;
}

static const char *string_at(json_t *json, const char *path) {
  const char *text = json_string_value(shown_at(json, path));
  if (!text) fail_msg("%s is no string", path);
  return text;
}

static void json_has_every_score(void **state) {
  (void)state;
  const shown_case *c = case_of("grid");
  json_t *json = json_of("grid");
  char path[64];
  for (size_t i = 0; i < 13; i++)
    for (size_t f = 0; f < 5; f++)
      for (size_t k = 0; k < 2; k++) {
        snprintf(path, sizeof path, "candidates.%zu.folds.%zu.scores.%s", i, f, k ? "rmse" : "r2");
        expect_same(path, json_number_value(shown_at(json, path)), shown_case_score(c, i, f, k));
      }
  assert_int_equal(json_integer_value(shown_at(json, "schema")), 1);
  assert_int_equal(json_integer_value(shown_at(json, "selection.winner")), 4);
  assert_int_equal(json_integer_value(shown_at(json, "candidates.4.rank")), 1);
  assert_string_equal(string_at(json, "metrics.1.best"), "least");
  assert_string_equal(string_at(json, "search.draw"), "grid");
  assert_string_equal(string_at(json, "search.varied.0"), "alpha");
  expect_close("alpha", json_number_value(shown_at(json, "candidates.4.params.alpha")), 0.1, 1e-12,
               0);
  assert_true(json_is_true(shown_at(json, "candidates.4.params.fit_intercept")));
  assert_true(json_is_null(shown_at(json, "holdout")));
  assert_null(json_object_get(shown_at(json, "candidates.0.folds.0"), "fit_seconds"));
  json_decref(json);
}

static void json_says_why_there_is_none(void **state) {
  (void)state;
  json_t *json = json_of("loo");
  assert_true(json_is_null(shown_at(json, "candidates.0.folds.7.scores.r2")));
  assert_string_equal(string_at(json, "candidates.0.folds.7.undefined.r2"), "one row");
  assert_string_equal(string_at(json, "candidates.0.undefined.r2"), "fold 0: one row");
  assert_true(json_is_null(shown_at(json, "candidates.0.mean.r2")));
  assert_true(json_is_number(shown_at(json, "candidates.0.mean.mae")));
  json_decref(json);
  json = json_of("failed_search");
  assert_string_equal(string_at(json, "candidates.1.folds.1.state"), "failed");
  assert_string_equal(string_at(json, "candidates.1.folds.1.error"), "the matrix is singular");
  assert_true(json_is_null(shown_at(json, "candidates.1.rank")));
  assert_string_equal(string_at(json, "candidates.1.undefined.r2"), "fold 1 failed");
  json_decref(json);
  json = json_of("all_fail");
  assert_true(json_is_null(shown_at(json, "selection.winner")));
  assert_int_equal(json_integer_value(shown_at(json, "fits.failed")), 9);
  json_decref(json);
  json = json_of("words");
  assert_string_equal(string_at(json, "candidates.0.params.max_depth"), "none");
  assert_int_equal(json_integer_value(shown_at(json, "candidates.3.params.max_depth")), 2);
  assert_string_equal(string_at(json, "candidates.1.params.max_features"), "sqrt");
  json_decref(json);
}

static void json_of_outer_folds(void **state) {
  (void)state;
  const shown_case *c = case_of("nested");
  json_t *json = json_of("nested");
  double sum = 0;
  for (size_t i = 0; i < 4; i++) sum += shown_case_score(c, i, 99, 0);
  expect_close("mean", json_number_value(shown_at(json, "nested.mean.r2")), sum / 4, 1e-14, 0);
  assert_int_equal(json_integer_value(shown_at(json, "nested.folds.2.winner")), 2);
  expect_same("inner", json_number_value(shown_at(json, "nested.folds.0.inner_mean.2")), 0.5);
  assert_null(json_object_get(json, "selection"));
  json_decref(json);
  json = json_of("times");
  expect_same("fit", json_number_value(shown_at(json, "candidates.0.folds.0.fit_seconds")), 0.25);
  json_decref(json);
}

/* Class i of 40 is that of rows i, i + 40, ...: each of 5 folds of 80 rows has two. */
static void json_tells_the_data(void **state) {
  (void)state;
  json_t *json = json_of("many_classes");
  char path[64];
  for (size_t f = 0; f < 5; f++)
    for (size_t k = 0; k < 40; k++) {
      snprintf(path, sizeof path, "folds.%zu.test_classes.%zu", f, k);
      assert_int_equal(json_integer_value(shown_at(json, path)), 2);
    }
  assert_int_equal(json_integer_value(shown_at(json, "fingerprint.rows")), 400);
  assert_int_equal(json_integer_value(shown_at(json, "fingerprint.columns")), 10);
  assert_int_equal(strlen(string_at(json, "fingerprint.hash")), 64);
  json_decref(json);
  json = json_of("grid");
  assert_null(json_object_get(shown_at(json, "folds.0"), "test_classes"));
  json_decref(json);
}

static void every_case_is_json(void **state) {
  (void)state;
  for (const shown_case *c = shown_cases; c->name; c++) {
    json_t *json = json_of(c->name);
    assert_true(json_is_object(json));
    json_decref(json);
  }
}

/* ---- CSV ----------------------------------------------------------------------------------- */

static void csv_is_named_as_cv_results(void **state) {
  (void)state;
  static const expected cases[] = {
      {"usual",
       "candidate,param_alpha,param_fit_intercept,rank,winner,folds_done,mean_r2,sd_r2,"
       "pooled_r2,split0_r2,split1_r2,split2_r2,split3_r2,split4_r2,mean_rmse,sd_rmse,"
       "pooled_rmse,split0_rmse,split1_rmse,split2_rmse,split3_rmse,split4_rmse,error\n"
       "0,1,true,1,True,5,0."},
      {"times", ",fit_seconds,score_seconds,error\n"},
      {"times", ",1.25,0.625,\n"},
      {"failed_search", ",,,0.5,0."}, /* no mean, no deviation; pooled 0.5 */
      {"failed_search", ",the matrix is singular\n"},
      {"all_fail", "0,0.1,true,,False,0,,,,,,,,,,,,,the matrix is singular\n"},
      {"nested",
       "fold,n_train,n_test,candidate,param_alpha,param_fit_intercept,inner_mean_r2,r2,"
       "rmse,error\n0,45,15,0,0.1,true,0.25,"},
  };
  expect_words(cases, sizeof cases / sizeof *cases, xval__csv);
}

static size_t n_cells(const char *line) {
  size_t n = 1;
  for (bool is_quoted = false; *line && (*line != '\n' || is_quoted); line++) {
    is_quoted ^= *line == '"';
    n += *line == ',' && !is_quoted;
  }
  return n;
}

static const char *next_line(const char *line) {
  for (bool is_quoted = false; *line && (*line != '\n' || is_quoted); line++)
    is_quoted ^= *line == '"';
  return line + (*line == '\n');
}

static void every_row_has_every_cell(void **state) {
  (void)state;
  void (*const puts[])(const xval_shown *, ml_buf *) = {xval__csv, xval__oof};
  for (const shown_case *c = shown_cases; c->name; c++)
    for (size_t k = 0; k < 2; k++) {
      char *text = shown_text(puts[k], c->name);
      size_t n = n_cells(text);
      for (const char *line = text; *line; line = next_line(line))
        if (n_cells(line) != n) fail_msg("%s: %.60s", c->name, line);
      free(text);
    }
}

static void predictions_have_the_columns_of_their_case(void **state) {
  (void)state;
  static const expected cases[] = {
      {"usual", "row,fold,y_true,y_pred\n0,0,"},
      {"repeats", "row,id,fold,repeat,y_true,y_pred\n0,row 0,0,0,"},
      {"repeats", "\n59,row 59,11,2,"},
      {"two", "row,fold,y_true,y_pred,p_class 0,p_class 1\n0,0,class 0,class "},
      {"three", "row,id,fold,y_true,y_pred,p_class 0,p_class 1,p_class 2\n0,row 0,0,class 0,"},
  };
  expect_words(cases, sizeof cases / sizeof *cases, xval__oof);
  char *none = shown_text(xval__oof, "all_fail");
  assert_string_equal(none, "");
  free(none);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tables_say_what_was_done),
      cmocka_unit_test(scores_of_folds_have_five_digits),
      cmocka_unit_test(the_winner_is_marked),
      cmocka_unit_test(a_winner_far_behind_is_shown),
      cmocka_unit_test(tables_of_all_cases_are_lines_of_text),
      cmocka_unit_test(json_has_every_score),
      cmocka_unit_test(json_says_why_there_is_none),
      cmocka_unit_test(json_of_outer_folds),
      cmocka_unit_test(json_tells_the_data),
      cmocka_unit_test(every_case_is_json),
      cmocka_unit_test(csv_is_named_as_cv_results),
      cmocka_unit_test(every_row_has_every_cell),
      cmocka_unit_test(predictions_have_the_columns_of_their_case),
  };
  return cmocka_run_group_tests_name("xval_shown", tests, NULL, NULL);
}
