/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs of cross-validation: a slow twin, and the same bytes whatever computes them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/mproc.h>
#include <ml/rng.h>

#include "support.h"
#include "xval_cases.h"

/* ---- a slow twin -------------------------------------------------------------------------------
 */

typedef struct twin {
  const ml_model *model;
  const double *params;
  const ml_metric *metric;
  const ml_dataset *data;
  double *scores;
} twin;

/* Fit, predict, score: one candidate in one fold. */
static ml_status fit_and_score(void *ctx, size_t fold, const ml_view *train, const ml_view *test,
                               ml_error *err) {
  twin *t = ctx;
  void *fitted = NULL;
  size_t width = test->n_classes ? test->n_classes : 1;
  double *out = calloc(test->n * width, sizeof *out), *y = calloc(test->n, sizeof *y);
  double *weights = calloc(test->n, sizeof *weights);
  uint32_t *classes = calloc(test->n, sizeof *classes), *got = calloc(test->n, sizeof *got);
  assert_int_equal(t->model->fit(t->params, train, 0, NULL, &fitted, err), ML_OK);
  assert_int_equal(t->model->predict(fitted, test, out, err), ML_OK);
  t->model->free(fitted);
  ml_scored scored = {.problem = t->data->problem,
                      .n = test->n,
                      .n_classes = test->n_classes,
                      .labels = t->data->classes.labels,
                      .are_probabilities = true,
                      .n_features = test->n_columns};
  if (test->n_classes) {
    ml_view_gather_classes(test, classes);
    ml_predict_classes(out, test->n, width, got);
    scored.classes = classes;
    scored.predicted = got;
    scored.scores = out;
  } else {
    ml_view_gather_y(test, y);
    scored.y = y;
    scored.y_pred = out;
  }
  ml_view_gather_weights(test, weights);
  if (t->data->weights) scored.weights = weights;
  assert_int_equal(ml_metric_compute(t->metric, &scored, &t->scores[fold], NULL, err), ML_OK);
  free(out);
  free(y);
  free(weights);
  free(classes);
  free(got);
  return ML_OK;
}

static void expect_twin(const ml_xval_result *r, const ml_folds *folds) {
  double *scores = calloc(folds->n, sizeof *scores);
  ml_error err = {0};
  assert_int_equal(r->n_folds, folds->n);
  for (size_t c = 0; c < r->n_candidates; c++)
    for (size_t k = 0; k < r->n_metrics; k++) {
      double sum = 0, square = 0;
      twin t = {r->model, r->candidates[c].params, &r->metrics[k], r->data, scores};
      assert_int_equal(ml_xv_apply(folds, r->data, fit_and_score, &t, &err), ML_OK);
      for (size_t f = 0; f < folds->n; f++) {
        assert_int_equal(r->candidates[c].folds[f].state, ML_FOLD_DONE);
        expect_close("score", r->candidates[c].folds[f].scores[k], scores[f], 1e-9, 1e-9);
        sum += scores[f];
      }
      for (size_t f = 0; f < folds->n; f++)
        square += (scores[f] - sum / (double)folds->n) * (scores[f] - sum / (double)folds->n);
      expect_close("mean", r->candidates[c].mean[k], sum / (double)folds->n, 1e-9, 1e-9);
      expect_close("sd", r->candidates[c].sd[k], sqrt(square / (double)folds->n), 1e-7, 1e-9);
    }
  free(scores);
}

static void scores_are_those_of_a_slow_twin(void **state) {
  (void)state;
  static const char *const models[] = {"dummy", "ols", "ridge", "decision_tree"};
  ml_error err = {0};
  for (size_t i = 0; i < 2 * sizeof models / sizeof *models; i++) {
    bool is_class = i % 2;
    const ml_model *model;
    ml_folds *folds = NULL;
    ml_dataset d = made_data(90, 4, is_class ? 3 : 0, i);
    assert_int_equal(ml_model_find(models[i / 2], NULL, &model, &err), ML_OK);
    if (model->traits & (is_class ? ML_MODEL_CLASSIFIES : ML_MODEL_REGRESSES)) {
      assert_int_equal(ml_split("kfold:4", &d, NULL, 0, NULL, &folds, &err), ML_OK);
      ml_xval_result *r = run_xval(&d, model, NULL, &(ml_xval_opts){.cv = "kfold:4"}, NULL);
      expect_twin(r, folds);
      ml_xval_free(r);
      ml_folds_free(folds);
    }
    free_made(&d);
  }
}

/* ---- whatever computes it ----------------------------------------------------------------------
 */

static ml_mproc *open_workers(size_t n) {
  ml_mproc_opts opts = ml_mproc_opts_default();
  opts.n_workers = n;
  ml_mproc *pool = NULL;
  ml_error err = {0};
  if (ml_mproc_open(&opts, &pool, &err) != ML_OK) fail_msg("cannot open a pool: %s", err.message);
  return pool;
}

static ml_candidates *ridge_candidates(const ml_model *model) {
  const char *const specs[] = {"fit_intercept=true,false", "alpha=log:1e-3:1e3:7"};
  double fixed[64];
  ml_candidates *c = NULL;
  ml_error err = {0};
  ml_model_defaults(model, fixed);
  if (ml_candidates_make(model, fixed, specs, 2, NULL, &c, &err) != ML_OK)
    fail_msg("%s", err.message);
  return c;
}

static void any_number_of_workers_gives_the_same_bytes(void **state) {
  (void)state;
  const ml_model *model;
  ml_error err = {0};
  ml_dataset d = made_data(200, 5, 0, 3);
  assert_int_equal(ml_model_find("ridge", NULL, &model, &err), ML_OK);
  ml_candidates *candidates = ridge_candidates(model);
  const ml_xval_opts opts = {.cv = "shuffled:5", .repeats = 2, .seed = 7, .keep_predictions = true};
  ml_xval_result *serial = run_xval(&d, model, candidates, &opts, NULL);
  for (size_t n = 1; n <= 4; n *= 2) {
    ml_mproc *pool = open_workers(n);
    ml_xval_result *r = run_xval(&d, model, candidates, &opts, ml_mproc_exec(pool));
    expect_same_result(r, serial);
    ml_xval_free(r);
    ml_mproc_close(pool);
  }
  ml_xval_free(serial);
  ml_candidates_free(candidates);
  free_made(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scores_are_those_of_a_slow_twin),
      cmocka_unit_test(any_number_of_workers_gives_the_same_bytes),
  };
  return cmocka_run_group_tests_name("xval/run", tests, NULL, NULL);
}
