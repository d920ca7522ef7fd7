/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scores that follow from sums of squared errors are those of predictions. */
#include <math.h>
#include <ml/rng.h>
#include <ml/xval.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum { N = 20000, P = 4, N_ALPHAS = 80 }; /* so many predictions that they are not kept */

static double x[N * P], y[N];

/* Features far from 0; noise: of y, beside its slope on the features. */
static ml_dataset make_data(double offset, double noise) {
  ml_rng rng = ml_rng_seeded(17);
  for (size_t i = 0; i < N; i++) {
    y[i] = 3 * offset;
    for (size_t j = 0; j < P; j++) {
      double value = ml_rng_real(&rng) - 0.5;
      x[j * N + i] = offset + value;
      y[i] += (double)(j + 1) * value;
    }
    y[i] += noise * (ml_rng_real(&rng) - 0.5);
  }
  return (ml_dataset){.n_rows = N, .n_features = P, .x = x, .problem = ML_REGRESSION, .y = y};
}

static void expect_ok(ml_status status, const ml_error *err) {
  if (status != ML_OK) fail_msg("%s", err->message);
}

static ml_xval_result *run(const ml_dataset *data, const char *name, const char *cv,
                           const char *const *metrics, size_t n) {
  const ml_model *model;
  ml_candidates *candidates = NULL;
  ml_xval_result *result;
  ml_metric parsed[4];
  ml_error err = {0};
  double fixed[16];
  const char *const alphas[] = {"alpha=log:1e-6:1e-1:80"};
  for (size_t i = 0; i < n; i++) expect_ok(ml_metric_parse(metrics[i], &parsed[i], &err), &err);
  expect_ok(ml_model_find(name, NULL, &model, &err), &err);
  ml_model_defaults(model, fixed);
  expect_ok(ml_candidates_make(model, fixed, alphas, 1, NULL, &candidates, &err), &err);
  assert_int_equal(candidates->n, N_ALPHAS);
  const ml_xval_opts opts = {.cv = cv, .metrics = parsed, .n_metrics = n};
  expect_ok(ml_xval(data, model, candidates, NULL, &opts, NULL, NULL, &result, &err), &err);
  ml_candidates_free(candidates);
  return result;
}

/* With a metric that needs predictions, and without. */
static void compare(double offset, double noise, const char *model, const char *cv) {
  static const char *const metrics[] = {"sse", "r2", "rmse", "mae"};
  const ml_dataset data = make_data(offset, noise);
  ml_xval_result *squares = run(&data, model, cv, metrics, 3),
                 *predicted = run(&data, model, cv, metrics, 4);
  assert_int_equal(squares->n_folds, predicted->n_folds);
  for (size_t c = 0; c < N_ALPHAS; c++)
    for (size_t f = 0; f < squares->n_folds; f++)
      for (size_t k = 0; k < 3; k++)
        expect_close(metrics[k], squares->candidates[c].folds[f].scores[k],
                     predicted->candidates[c].folds[f].scores[k], 1e-9, 1e-9 * (k == 1));
  assert_int_equal(squares->best, predicted->best);
  assert_true(isnan(squares->candidates[0].pooled[0]));
  ml_xval_free(squares);
  ml_xval_free(predicted);
}

static void ridge(void **state) {
  (void)state;
  compare(0, 1, "ridge", "kfold:5");
  compare(0, 1, "ridge", "kfSplit:3");
  compare(0, 1, "ridge", "shuffled:4");
  compare(0, 1, "ridge", "timeseries:3");
}

static void nets(void **state) {
  (void)state;
  compare(0, 1, "lasso", "kfold:5");
  compare(100, 1, "elastic_net", "kfold:3");
}

/* Sums of products have nothing left to say of errors that are small beside them. */
static void digits_are_not_lost(void **state) {
  (void)state;
  compare(1e6, 1, "ridge", "kfold:4");
  compare(0, 1e-5, "ridge", "kfold:4");
  compare(1e3, 1e-8, "ridge", "kfold:4");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(ridge), cmocka_unit_test(nets),
                                     cmocka_unit_test(digits_are_not_lost)};
  return cmocka_run_group_tests_name("xval/squares", tests, NULL, NULL);
}
