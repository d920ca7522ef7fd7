/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The linear models against the reference: scores and coefficients of every fold. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linear_cases.h"
#include "ml/models/linear.h"
#include "ml/models/models.h"

/* ---- the reference --------------------------------------------------------------------------- */

static double number_of(const json_t *value) {
  return json_is_string(value) ? NAN : json_number_value(value);
}

static void params_of(const ml_model *model, const json_t *params, double *out) {
  const char *name;
  json_t *value;
  for (size_t j = 0; j < model->n_params; j++) out[j] = model->params[j].fallback;
  json_object_foreach((json_t *)params, name, value) {
    size_t j = 0;
    while (j < model->n_params && strcmp(model->params[j].name, name) != 0) j++;
    if (j == model->n_params) fail_msg("%s has no parameter %s", model->name, name);
    if (json_is_string(value)) { /* strategy: an index of the choices */
      const char *choices = model->params[j].choices, *word = json_string_value(value);
      out[j] = 0;
      for (size_t n = strlen(word);
           strncmp(choices, word, n) != 0 || (choices[n] && choices[n] != '|'); out[j]++)
        choices = strchr(choices, '|') + 1;
    } else {
      out[j] = json_is_boolean(value) ? json_is_true(value) : json_number_value(value);
    }
  }
}

static void expect_scores(const json_t *one, const ml_cv *cv, const linear_predictions *p) {
  const char *name = json_string_value(json_object_get(one, "name"));
  const json_t *folds = json_object_get(one, "folds");
  double tol = json_number_value(json_object_get(one, "rel_tol"));
  for (size_t k = 0; k < p->n; k++) {
    ml_view test = ml_cv_test(cv, k);
    double mse = 0, mae = 0;
    for (size_t i = 0; i < test.n; i++) {
      double e = test.y[ml_view_row(&test, i)] - p->folds[k][i];
      mse += e * e / (double)test.n;
      mae += fabs(e) / (double)test.n;
    }
    double want_mse = number_of(json_array_get(json_object_get(folds, "mse"), k));
    double want_mae = number_of(json_array_get(json_object_get(folds, "mae"), k));
    expect_close(name, mse, want_mse, 0, tol * (1 + want_mse));
    expect_close(name, mae, want_mae, 0, tol * (1 + want_mae));
  }
}

static void expect_coefficients(const json_t *one, const ml_model *model, const ml_cv *cv) {
  const json_t *fit = json_object_get(one, "fold0_fit"), *coef = json_object_get(fit, "coef");
  double tol = json_number_value(json_object_get(one, "rel_tol"));
  ml_error err = {0};
  void *fitted = NULL;
  if (!json_is_array(coef)) return;
  uint32_t *rows = calloc(cv->all.n, sizeof *rows);
  ml_view train = ml_cv_train(cv, 0, rows);
  assert_int_equal(model->fit(cv->candidates, &train, 0, NULL, &fitted, &err), ML_OK);
  const linear_model *m = fitted;
  double intercept = m->constant;
  for (size_t j = 0; j < m->p; j++) {
    double want = json_number_value(json_array_get(coef, j));
    expect_close(json_string_value(json_object_get(one, "name")), m->values[m->p + j], want, 0,
                 tol * (1 + fabs(want)));
    intercept -= m->values[j] * m->values[m->p + j];
  }
  double want = json_number_value(json_object_get(fit, "intercept"));
  expect_close("intercept", intercept, want, 0, tol * (1 + fabs(want)));
  model->free(fitted);
  free(rows);
}

/* @return whether it could be compared */
static bool compare_case(const ml_model *model, const json_t *one) {
  const char *weight = json_string_value(json_object_get(one, "fit_weight"));
  if (json_array_size(json_object_get(one, "preprocess")) ||
      json_string_value(json_object_get(one, "score_weight")))
    return false;
  linear_data data =
      linear_read(json_string_value(json_object_get(one, "dataset")), weight != NULL);
  ml_folds *folds = linear_folds_of(json_object_get(one, "cv"), data.n);
  if (folds) {
    double params[8];
    params_of(model, json_object_get(one, "params"), params);
    ml_cv cv = {.all = linear_view(&data), .folds = folds, .candidates = params, .n_candidates = 1};
    linear_predictions by_fits = linear_by_fits(model, &cv);
    expect_scores(one, &cv, &by_fits);
    if (model->fold) {
      linear_predictions by_folds = linear_by_folds(model, &cv);
      expect_scores(one, &cv, &by_folds);
      linear_predictions_release(&by_folds);
    }
    if (model != &models__dummy) expect_coefficients(one, model, &cv);
    linear_predictions_release(&by_fits);
  }
  ml_folds_free(folds);
  linear_release(&data);
  return folds != NULL;
}

static void compare(const ml_model *model, const char *file, size_t least) {
  char name[100];
  snprintf(name, sizeof name, "xval/scores/%s.json", file);
  json_t *json = golden_json(name), *one;
  size_t i, n = 0;
  json_array_foreach(json_object_get(json, "cases"), i, one) n += compare_case(model, one);
  assert_true(n >= least);
  json_decref(json);
}

static void ols_of_the_reference(void **state) {
  (void)state;
  compare(&models__ols, "ols", 4);
}

static void ridge_of_the_reference(void **state) {
  (void)state;
  compare(&models__ridge, "ridge", 4);
}

static void lasso_of_the_reference(void **state) {
  (void)state;
  compare(&models__lasso, "lasso", 4);
}

static void elastic_net_of_the_reference(void **state) {
  (void)state;
  compare(&models__elastic_net, "elastic_net", 4);
}

static void dummy_of_the_reference(void **state) {
  (void)state;
  compare(&models__dummy, "dummy_regressor", 2);
}

/* ---- dummy ----------------------------------------------------------------------------------- */

static void expect_dummy(const double *params, const ml_view *train, const double *want) {
  ml_error err = {0};
  void *fitted = NULL;
  double out[8];
  size_t n = train->n_classes ? train->n_classes : 1;
  ml_view one = *train;
  one.n = 1;
  assert_int_equal(models__dummy.fit(params, train, 1, NULL, &fitted, &err), ML_OK);
  assert_int_equal(models__dummy.predict(fitted, &one, out, &err), ML_OK);
  for (size_t c = 0; c < n; c++) expect_close("dummy", out[c], want[c], 1e-15, 0);
  models__dummy.free(fitted);
}

static void dummy_by_hand(void **state) {
  (void)state;
  const double y[] = {4, 1, 2, 100, 3}, weights[] = {1, 2, 2, 0, 1};
  const uint32_t classes[] = {2, 0, 2, 0, 3};
  ml_view numbers = {.n = 5, .y = y}, some = {.n = 5, .classes = classes, .n_classes = 4};
  enum { AUTO, PRIOR, MOST_FREQUENT, UNIFORM, STRATIFIED, MEAN, MEDIAN, QUANTILE, CONSTANT };
  expect_dummy((double[]){AUTO, 0, 0}, &numbers, (double[]){22});
  expect_dummy((double[]){MEDIAN, 0, 0}, &numbers, (double[]){3});
  expect_dummy((double[]){QUANTILE, 0.125, 0}, &numbers, (double[]){1.5});
  expect_dummy((double[]){QUANTILE, 1, 0}, &numbers, (double[]){100});
  expect_dummy((double[]){CONSTANT, 0, -7}, &numbers, (double[]){-7});
  numbers.weights = weights;
  expect_dummy((double[]){MEAN, 0, 0}, &numbers, (double[]){13. / 6});
  expect_dummy((double[]){MEDIAN, 0, 0}, &numbers, (double[]){2});
  expect_dummy((double[]){QUANTILE, 0, 0}, &numbers, (double[]){1});
  expect_dummy((double[]){AUTO, 0, 0}, &some, (double[]){.4, 0, .4, .2});
  expect_dummy((double[]){MOST_FREQUENT, 0, 0}, &some, (double[]){1, 0, 0, 0});
  some.weights = weights;
  expect_dummy((double[]){PRIOR, 0, 0}, &some, (double[]){2. / 6, 0, 3. / 6, 1. / 6});
  expect_dummy((double[]){UNIFORM, 0, 0}, &some, (double[]){1. / 3, 0, 1. / 3, 1. / 3});
}

static void dummy_draws_by_row(void **state) {
  (void)state;
  enum { N = 4000, UNIFORM = 3, STRATIFIED = 4 };
  static uint32_t classes[N];
  static double out[N * 3], backwards[N * 3];
  static uint32_t rows[N];
  const double share[2][3] = {{.5, 0, .5}, {.25, 0, .75}};
  for (size_t i = 0; i < N; i++) {
    classes[i] = i % 4 ? 2 : 0;
    rows[i] = (uint32_t)(N - 1 - i);
  }
  ml_view all = {.n = N, .classes = classes, .n_classes = 3}, turned = all;
  turned.rows = rows;
  for (int strategy = UNIFORM; strategy <= STRATIFIED; strategy++) {
    ml_error err = {0};
    void *fitted = NULL;
    double n[3] = {0};
    assert_int_equal(models__dummy.fit((double[]){strategy, 0, 0}, &all, 7, NULL, &fitted, &err),
                     ML_OK);
    assert_int_equal(models__dummy.predict(fitted, &all, out, &err), ML_OK);
    assert_int_equal(models__dummy.predict(fitted, &turned, backwards, &err), ML_OK);
    for (size_t i = 0; i < N; i++) {
      const double *p = &out[3 * i];
      n[p[0] > p[2] ? 0 : 2] += 1. / N;
      for (size_t c = 0; c < 3; c++) assert_true(p[c] == backwards[3 * (N - 1 - i) + c]);
    }
    for (size_t c = 0; c < 3; c++)
      expect_close("share", n[c], share[strategy - UNIFORM][c], 0, 0.03);
    models__dummy.free(fitted);
  }
}

static void dummy_refuses(void **state) {
  (void)state;
  const double y[] = {1, 2}, none[] = {0, 0};
  ml_view view = {.n = 2, .y = y};
  ml_error err = {0};
  void *fitted = NULL;
  assert_int_equal(models__dummy.check((double[]){1, 0, 0}, &view, &err), ML_ERR_USAGE);
  view.weights = none;
  assert_int_equal(models__dummy.fit((double[]){0, 0, 0}, &view, 1, NULL, &fitted, &err),
                   ML_ERR_NUMERIC);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ols_of_the_reference),   cmocka_unit_test(ridge_of_the_reference),
      cmocka_unit_test(lasso_of_the_reference), cmocka_unit_test(elastic_net_of_the_reference),
      cmocka_unit_test(dummy_of_the_reference), cmocka_unit_test(dummy_by_hand),
      cmocka_unit_test(dummy_draws_by_row),     cmocka_unit_test(dummy_refuses),
  };
  return cmocka_run_group_tests_name("models: linear", tests, NULL, NULL);
}
