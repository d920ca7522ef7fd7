/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs of cross-validation: a slow twin, what fails and what is refused, special folds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "xval_cases.h"

/* ---- a slow twin ----------------------------------------------------------------------------- */

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

/* ---- what fails ------------------------------------------------------------------------------ */

static void expect_moody(const ml_xval_result *r) {
  static const char *const words[] = {NULL, "it does not want to", NULL, "not with this"};
  assert_int_equal(r->n_candidates, 4);
  for (size_t f = 0; f < r->n_folds; f++) {
    assert_int_equal(r->candidates[0].folds[f].state, ML_FOLD_DONE);
    for (size_t c = 1; c < 4; c++) {
      assert_int_equal(r->candidates[c].folds[f].state, ML_FOLD_FAILED);
      assert_true(r->candidates[c].folds[f].error[0] != 0);
      if (words[c]) assert_string_equal(r->candidates[c].folds[f].error, words[c]);
    }
  }
  assert_int_equal(r->best, 0);
  assert_int_equal(r->candidates[0].rank, 1);
  assert_int_equal(r->candidates[1].rank, 0);
  assert_true(isnan(r->candidates[1].mean[0]));
  assert_int_equal(r->n_done, r->n_folds);
  assert_int_equal(r->n_failed, 3 * r->n_folds);
}

static void a_failing_candidate_does_not_end_the_rest(void **state) {
  (void)state;
  ml_dataset d = made_data(20, 2, 0, 1);
  const ml_model *model = moody();
  ml_candidates *c = moods(model, "mood=good,fails,nan,refuses");
  ml_xval_opts opts = {.cv = "kfold:3"};
  ml_xval_result *r = run_xval(&d, model, c, &opts, NULL);
  expect_moody(r);
  ml_xval_free(r);
  ml_candidates_free(c);
  c = moods(model, "mood=fails,nan");
  expect_no_xval(&d, model, c, &opts, ML_ERR_NUMERIC, "it does not want to");
  ml_candidates_free(c);
  c = moods(model, "mood=good,fails");
  opts.stop_on_error = true;
  expect_no_xval(&d, model, c, &opts, ML_ERR_NUMERIC, "fold 0: it does not want to");
  ml_candidates_free(c);
  free_made(&d);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void what_cannot_be_is_refused(void **state) {
  (void)state;
  ml_dataset d = made_data(20, 2, 0, 1);
  const ml_model *model = moody(), *trees, *ridge;
  ml_error err = {0};
  assert_int_equal(ml_model_find("decision_tree", NULL, &trees, &err), ML_OK);
  assert_int_equal(ml_model_find("ridge", NULL, &ridge, &err), ML_OK);
  double *x = (double *)d.x, weights[20], kept = x[3];
  for (size_t i = 0; i < 20; i++) weights[i] = 1 + (double)(i % 3);
  expect_no_xval(&d, model, NULL, &(ml_xval_opts){.holdout = 1}, ML_ERR_USAGE, "holdout");
  expect_no_xval(&d, model, NULL, &(ml_xval_opts){.holdout = 0.97}, ML_ERR_USAGE, "leaves 0 of 20");
  expect_no_xval(&d, model, NULL, &(ml_xval_opts){.holdout = 0.2, .nested = "3"}, ML_ERR_USAGE,
                 "nested");
  expect_no_xval(&d, model, NULL, &(ml_xval_opts){.early = ML_EARLY_HALVING}, ML_ERR_USAGE,
                 "a race does without");
  expect_no_xval(&d, model, NULL, &(ml_xval_opts){.cv = "gcv"}, ML_ERR_USAGE, "moody");
  expect_no_xval(&d, model, NULL, &(ml_xval_opts){.cv = "kfold:21"}, ML_ERR_USAGE, "21");
  d.weights = weights;
  expect_no_xval(&d, model, NULL, NULL, ML_ERR_USAGE, "does not know weights");
  ml_xval_free(run_xval(&d, model, NULL, &(ml_xval_opts){.fit_unweighted = true}, NULL));
  d.weights = NULL;
  x[3] = NAN;
  expect_no_xval(&d, ridge, NULL, NULL, ML_ERR_PARSE,
                 "feature 'x0' has 1 missing value, which model ridge does not take: --prep "
                 "impute=median");
  ml_prep *prep = NULL;
  assert_int_equal(ml_prep_parse("impute=mean", &prep, &err), ML_OK);
  ml_xval_free(run_xval(&d, ridge, NULL, &(ml_xval_opts){.prep = prep}, NULL));
  x[3] = INFINITY;
  ml_xval_free(run_xval(&d, ridge, NULL, &(ml_xval_opts){.prep = prep}, NULL));
  ml_prep_free(prep);
  expect_no_xval(&d, ridge, NULL, NULL, ML_ERR_PARSE, "feature 'x0' has 1 infinite value");
  x[3] = kept;
  free_made(&d);
}

static void columns_of_text_are_left_out_and_named(void **state) {
  (void)state;
  ml_dataset d = made_data(30, 3, 0, 1);
  const ml_model *model;
  ml_error err = {0};
  char *names[] = {"a", "colour", "b"}, *labels[] = {"blue", "red"};
  ml_levels categories[3] = {{0}, {.labels = labels, .n = 2}, {0}};
  double *x = (double *)d.x;
  for (size_t i = 0; i < 30; i++) x[30 + i] = (double)(i % 2);
  assert_int_equal(ml_model_find("ridge", NULL, &model, &err), ML_OK);
  d.names = names;
  d.categories = categories;
  ml_xval_result *without = run_xval(&d, model, NULL, NULL, NULL);
  assert_int_equal(without->n_warnings >= 1, 1);
  assert_string_equal(without->warnings[0],
                      "column 'colour' is text and left out: --prep one-hot=colour takes it");
  /* The same as data that never had it. */
  ml_dataset bare = d;
  double two[60];
  memcpy(two, x, 30 * sizeof *x);
  memcpy(two + 30, x + 60, 30 * sizeof *x);
  bare.x = two;
  bare.n_features = 2;
  bare.names = NULL;
  bare.categories = NULL;
  ml_xval_result *never = run_xval(&bare, model, NULL, NULL, NULL);
  expect_same("mean", without->candidates[0].mean[0], never->candidates[0].mean[0]);
  ml_prep *prep = NULL;
  assert_int_equal(ml_prep_parse("one-hot=colour", &prep, &err), ML_OK);
  ml_xval_result *with = run_xval(&d, model, NULL, &(ml_xval_opts){.prep = prep}, NULL);
  assert_true(with->candidates[0].mean[0] != without->candidates[0].mean[0]);
  for (size_t i = 0; i < with->n_warnings; i++) assert_null(strstr(with->warnings[i], "left out"));
  ml_prep_free(prep);
  ml_xval_free(with);
  ml_xval_free(never);
  ml_xval_free(without);
  free_made(&d);
}

/* ---- special folds --------------------------------------------------------------------------- */

static void leave_one_out_ranks_by_the_pooled_score(void **state) {
  (void)state;
  const ml_model *model;
  ml_error err = {0};
  ml_dataset d = made_data(25, 2, 0, 6);
  assert_int_equal(ml_model_find("ridge", NULL, &model, &err), ML_OK);
  ml_candidates *candidates = ridge_candidates(model);
  ml_xval_result *r = run_xval(&d, model, candidates, &(ml_xval_opts){.cv = "loo"}, NULL);
  assert_string_equal(r->metrics[0].info->name, "r2");
  assert_true(r->ranks_pooled);
  assert_true(r->best < r->n_candidates);
  for (size_t c = 0; c < r->n_candidates; c++) {
    assert_true(isnan(r->candidates[c].mean[0]));
    assert_true(isnan(r->candidates[c].folds[0].scores[0]));
    assert_true(r->candidates[c].folds[0].why[0][0] != 0);
    assert_true(r->candidates[c].pooled[0] <= r->candidates[r->best].pooled[0] + 1e-12);
  }
  assert_int_equal(r->candidates[r->best].rank, 1);
  ml_xval_free(r);
  ml_candidates_free(candidates);
  free_made(&d);
}

/* Of one candidate there is nothing to choose: what it predicts is there, whatever its score is. */
static void one_candidate_has_predictions_without_a_score(void **state) {
  (void)state;
  const ml_model *model;
  ml_error err = {0};
  ml_dataset d = made_data(25, 2, 2, 6);
  ml_metric auc;
  const ml_xval_opts opts = {
      .cv = "kfold:3", .metrics = &auc, .n_metrics = 1, .keep_predictions = true};
  assert_int_equal(ml_metric_parse("roc_auc", &auc, &err), ML_OK);
  assert_int_equal(ml_model_find("gaussian_nb", NULL, &model, &err), ML_OK);
  for (size_t i = 0; i < 25; i++) d.classes.codes[i] = i < 13; /* the first test has one class */
  ml_xval_result *r = run_xval(&d, model, NULL, &opts, NULL);
  assert_true(isnan(r->candidates[0].mean[0]));
  assert_false(r->ranks_pooled);
  assert_int_equal(r->best, 0);
  assert_int_equal(r->candidates[0].rank, 0);
  assert_non_null(r->predicted);
  assert_int_equal(r->predicted->n, 25);
  ml_xval_free(r);
  free_made(&d);
}

/* Time is up before anything is begun. */
static void what_is_not_begun_in_time_is_skipped(void **state) {
  (void)state;
  ml_dataset d = made_data(20, 2, 0, 1);
  ml_xval_result *r =
      run_xval(&d, moody(), NULL, &(ml_xval_opts){.cv = "kfold:4", .time_budget = 1e-9}, NULL);
  assert_int_equal(r->n_done, 0);
  assert_int_equal(r->n_skipped, 4);
  assert_int_equal(r->best, SIZE_MAX);
  assert_true(isnan(r->candidates[0].mean[0]));
  ml_xval_free(r);
  free_made(&d);
}

static bool always(void *ctx) {
  (void)ctx;
  return true;
}

static void a_run_can_be_stopped(void **state) {
  (void)state;
  ml_dataset d = made_data(20, 2, 0, 1);
  ml_xval_result *r = NULL;
  ml_error err = {0};
  const ml_watch watch = {.cancelled = always};
  assert_int_equal(ml_xval(&d, moody(), NULL, NULL, NULL, NULL, &watch, &r, &err),
                   ML_ERR_CANCELLED);
  assert_null(r);
  free_made(&d);
}

/* A race drops what is clearly worse, and ends with the winner of the whole. */
static void a_race_drops_the_hopeless(void **state) {
  (void)state;
  const ml_model *model;
  ml_error err = {0};
  ml_dataset d = made_data(200, 3, 0, 2);
  const char *const specs[] = {"alpha=0.001,1e6,1e7"};
  double fixed[64];
  ml_candidates *c = NULL;
  assert_int_equal(ml_model_find("ridge", NULL, &model, &err), ML_OK);
  ml_model_defaults(model, fixed);
  assert_int_equal(ml_candidates_make(model, fixed, specs, 1, NULL, &c, &err), ML_OK);
  ml_xval_result *r =
      run_xval(&d, model, c, &(ml_xval_opts){.cv = "kfold:10", .early = ML_EARLY_RACE}, NULL);
  assert_int_equal(r->best, 0);
  assert_int_equal(r->candidates[0].n_done, 10);
  for (size_t i = 1; i < 3; i++) {
    assert_true(r->candidates[i].n_done >= 3 && r->candidates[i].n_done < 10);
    assert_int_equal(r->candidates[i].folds[9].state, ML_FOLD_SKIPPED);
    assert_int_equal(r->candidates[i].rank, 0);
  }
  ml_xval_free(r);
  ml_candidates_free(c);
  free_made(&d);
}

static void halving_computes_all_rows_for_few(void **state) {
  (void)state;
  const ml_model *model;
  ml_error err = {0};
  ml_dataset d = made_data(5000, 3, 0, 2);
  assert_int_equal(ml_model_find("ridge", NULL, &model, &err), ML_OK);
  ml_candidates *c = ridge_candidates(model);
  const ml_xval_opts opts = {.cv = "kfold:5", .early = ML_EARLY_HALVING, .seed = 3};
  ml_xval_result *r = run_xval(&d, model, c, &opts, NULL);
  size_t n_whole = 0;
  for (size_t i = 0; i < r->n_candidates; i++) n_whole += r->candidates[i].n_done == 5;
  assert_int_equal(r->n_candidates, 14);
  assert_int_equal(n_whole, 2); /* 14, 5, 2 */
  assert_int_equal(r->n_done, 5 * (14 + 5 + 2));
  assert_int_equal(r->candidates[r->best].n_done, 5);
  ml_xval_result *again = run_xval(&d, model, c, &opts, &backwards);
  expect_same_result(again, r);
  ml_xval_free(again);
  ml_xval_free(r);
  ml_candidates_free(c);
  free_made(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scores_are_those_of_a_slow_twin),
      cmocka_unit_test(a_failing_candidate_does_not_end_the_rest),
      cmocka_unit_test(what_cannot_be_is_refused),
      cmocka_unit_test(columns_of_text_are_left_out_and_named),
      cmocka_unit_test(leave_one_out_ranks_by_the_pooled_score),
      cmocka_unit_test(one_candidate_has_predictions_without_a_score),
      cmocka_unit_test(what_is_not_begun_in_time_is_skipped),
      cmocka_unit_test(a_run_can_be_stopped),
      cmocka_unit_test(a_race_drops_the_hopeless),
      cmocka_unit_test(halving_computes_all_rows_for_few),
  };
  return cmocka_run_group_tests_name("xval/run", tests, NULL, NULL);
}
