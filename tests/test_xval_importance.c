/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Permutation importance against a slow twin, and of data where it can be told by hand; what models
 * say of themselves. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/rng.h>

#include "support.h"

enum { N = 60, P = 4 };

typedef struct table {
  ml_dataset data;
  double x[N * P], y[N], weights[N];
  uint32_t codes[N];
  ml_levels categories[P];
} table;

static char *const names[] = {"a", "b", "c", "d"};
static char *labels[] = {"no", "yes"};
static char *colours[] = {"blue", "green", "red"};

/* y follows a, and b a little; c is noise; d says nothing. @param text  column that has texts; P:
 * none */
static void make(table *t, ml_problem problem, size_t text) {
  uint64_t state = 42;
  memset(t, 0, sizeof *t);
  for (size_t i = 0; i < N * P; i++) t->x[i] = (double)(next_random(&state) >> 40) * 0x1p-24;
  for (size_t i = 0; i < N; i++) {
    t->y[i] = 5 * t->x[i] + t->x[N + i];
    t->codes[i] = t->y[i] > 3;
    t->weights[i] = (double)(1 + i % 3);
    if (text < P) t->x[text * N + i] = (double)(i % 3);
  }
  if (text < P) t->categories[text] = (ml_levels){.labels = colours, .n = 3};
  t->data = (ml_dataset){.n_rows = N,
                         .n_features = P,
                         .x = t->x,
                         .names = (char **)(uintptr_t)names,
                         .categories = text < P ? t->categories : NULL,
                         .problem = problem,
                         .y = problem == ML_REGRESSION ? t->y : NULL};
  if (problem == ML_CLASSIFICATION) t->data.classes = (ml_levels){labels, 2, t->codes};
}

static ml_xval_result *validate(const table *t, const char *model, const char *metric,
                                ml_xval_opts *opts) {
  static ml_metric metrics[1];
  const ml_model *found;
  ml_xval_result *result;
  ml_error err = {0};
  assert_int_equal(ml_model_find(model, NULL, &found, &err), ML_OK);
  assert_int_equal(ml_metric_parse(metric, metrics, &err), ML_OK);
  opts->metrics = metrics;
  opts->n_metrics = 1;
  if (ml_xval(&t->data, found, NULL, NULL, opts, NULL, NULL, &result, &err) != ML_OK)
    fail_msg("%s", err.message);
  return result;
}

/* ---- the twin ------------------------------------------------------------------------------- */

/* Predictions of all test rows of the first repeat, one behind another, of a copy of the data in
 * whose rows column j has been replaced. @param mixed  n numbers; NULL: none is */
static double twin_score(const table *t, const ml_xval_result *r, const ml_xval_opts *opts,
                         size_t j, const double *mixed) {
  double out[2 * N], weights[N], y[N], value;
  uint32_t classes[N], predicted[N];
  size_t n = 0, width = t->data.classes.n ? 2 : 1;
  ml_error err = {0};
  for (size_t f = 0; f < r->folds->n; f++) {
    if (r->folds->folds[f].repeat != 0) continue;
    uint32_t train[N];
    size_t n_train = ml_folds_n_train(r->folds, f), n_test;
    const uint32_t *test = ml_folds_test(r->folds, f, &n_test);
    ml_folds_train(r->folds, f, train);
    ml_prepared *prepared;
    void *fitted;
    assert_int_equal(ml_prep_fit(opts->prep, &t->data, train, n_train, &prepared, &err), ML_OK);
    size_t p = ml_prepared_n_columns(prepared);
    double *x = malloc(N * p * sizeof *x), *seen = malloc(N * p * sizeof *seen);
    assert_int_equal(ml_prepared_apply(prepared, &t->data, NULL, N, x, N, &err), ML_OK);
    ml_view view = ml_dataset_view(&t->data);
    view.x = x;
    view.n_columns = p;
    view.n = n_train;
    view.rows = train;
    assert_int_equal(r->model->fit(r->candidates[r->best].params, &view, ml_rng_derive(r->seed, f),
                                   NULL, &fitted, &err),
                     ML_OK);
    table changed = *t;
    changed.data.x = changed.x;
    for (size_t i = 0; mixed && i < n_test; i++) changed.x[j * N + test[i]] = mixed[n + i];
    assert_int_equal(ml_prepared_apply(prepared, &changed.data, NULL, N, seen, N, &err), ML_OK);
    view = (ml_view){.n = n_test,
                     .n_columns = p,
                     .x = seen,
                     .stride = N,
                     .rows = test,
                     .n_classes = t->data.classes.n};
    assert_int_equal(r->model->predict(fitted, &view, out + n * width, &err), ML_OK);
    for (size_t i = 0; i < n_test; i++) {
      y[n + i] = t->y[test[i]];
      classes[n + i] = t->codes[test[i]];
      weights[n + i] = t->weights[test[i]];
    }
    n += n_test;
    r->model->free(fitted);
    ml_prepared_free(prepared);
    free(x);
    free(seen);
  }
  if (width == 2) ml_predict_classes(out, n, 2, predicted);
  const ml_scored scored = {.problem = t->data.problem,
                            .n = n,
                            .y = y,
                            .y_pred = out,
                            .classes = classes,
                            .predicted = predicted,
                            .scores = out,
                            .are_probabilities = true,
                            .n_classes = t->data.classes.n,
                            .weights = t->data.weights && !opts->score_unweighted ? weights : NULL};
  assert_int_equal(ml_metric_compute(&r->metrics[0], &scored, &value, NULL, &err), ML_OK);
  return ml_metric_goodness(r->metrics[0].info, value);
}

/* @param seen_as  the number of column j without texts that are left out */
static double twin(const table *t, const ml_xval_result *r, const ml_xval_opts *opts, size_t j,
                   size_t seen_as) {
  uint32_t order[N], rows[N];
  double mixed[N];
  size_t n = 0;
  for (size_t f = 0; f < r->folds->n; f++) {
    size_t n_test;
    const uint32_t *test = ml_folds_test(r->folds, f, &n_test);
    for (size_t i = 0; r->folds->folds[f].repeat == 0 && i < n_test; i++) rows[n++] = test[i];
  }
  ml_rng rng = ml_rng_seeded(ml_rng_derive(ml_rng_derive(r->seed, 1), seen_as));
  for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
  ml_rng_shuffle(&rng, order, n);
  for (size_t i = 0; i < n; i++) mixed[i] = t->x[j * N + rows[order[i]]];
  return twin_score(t, r, opts, 0, NULL) - twin_score(t, r, opts, j, mixed);
}

static void expect_twin(const char *label, const table *t, const char *model, const char *metric,
                        ml_xval_opts *opts) {
  ml_xval_result *r = validate(t, model, metric, opts);
  double got[P];
  ml_error err = {0};
  if (ml_xv_importance(r, opts, NULL, NULL, got, &err) != ML_OK) fail_msg("%s", err.message);
  for (size_t j = 0; j < P; j++) expect_close(label, got[j], twin(t, r, opts, j, j), 1e-9, 1e-12);
  assert_true(got[0] > 0 && got[0] > fabs(got[2]));
  ml_xval_free(r);
}

static void as_the_twin(void **state) {
  (void)state;
  static const struct {
    const char *label, *model, *metric, *cv, *prep;
    ml_problem problem;
    size_t repeats;
  } cases[] = {
      {"ridge", "ridge", "r2", "kfold:5", "standard", ML_REGRESSION, 1},
      {"loss", "knn", "rmse", "kfold:3,shuffle", "minmax", ML_REGRESSION, 1},
      {"repeats", "ridge", "mae", "kfold:4,shuffle", "standard", ML_REGRESSION, 3},
      {"one row each", "ols", "rmse", "loo", "standard", ML_REGRESSION, 1},
      {"not all rows", "ridge", "r2", "timeseries:3", "standard", ML_REGRESSION, 1},
      {"classes", "gaussian_nb", "log_loss", "stratified:5", "standard", ML_CLASSIFICATION, 1},
      {"shares", "logistic", "roc_auc", "stratified:5", "select=k:2,standard", ML_CLASSIFICATION,
       1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    table t;
    ml_prep *prep;
    make(&t, cases[i].problem, P);
    assert_int_equal(ml_prep_parse(cases[i].prep, &prep, NULL), ML_OK);
    ml_xval_opts opts = {.cv = cases[i].cv, .seed = 3, .repeats = cases[i].repeats, .prep = prep};
    expect_twin(cases[i].label, &t, cases[i].model, cases[i].metric, &opts);
    t.data.weights = t.weights;
    if (strcmp(cases[i].model, "knn") != 0) {
      opts.score_unweighted = i % 2;
      expect_twin(cases[i].label, &t, cases[i].model, cases[i].metric, &opts);
    }
    ml_prep_free(prep);
  }
}

/* A category counts as a feature; texts that no step takes are none. */
static void texts_count_if_a_step_takes_them(void **state) {
  (void)state;
  for (size_t with_step = 0; with_step < 2; with_step++) {
    table t;
    ml_prep *prep;
    double got[P];
    ml_error err = {0};
    make(&t, ML_REGRESSION, 1);
    for (size_t i = 0; i < N; i++) t.y[i] = t.x[i] + 3 * t.x[N + i];
    assert_int_equal(ml_prep_parse(with_step ? "one-hot" : "standard", &prep, NULL), ML_OK);
    ml_xval_opts opts = {.cv = "kfold:5", .prep = prep};
    ml_xval_result *r = validate(&t, "ridge", "r2", &opts);
    assert_int_equal(ml_xv_importance(r, &opts, NULL, NULL, got, &err), ML_OK);
    assert_true(got[0] > 0 || !with_step);
    if (with_step)
      expect_close("colours", got[1], twin(&t, r, &opts, 1, 1), 1e-9, 0);
    else
      assert_true(isnan(got[1]));
    assert_false(isnan(got[2]) || isnan(got[3]));
    assert_true(!with_step || got[1] > got[0]);
    ml_xval_free(r);
    ml_prep_free(prep);
  }
}

/* A tree of one split asks one column: to mix others changes nothing at all. */
static void what_is_not_asked_counts_nothing(void **state) {
  (void)state;
  table t;
  double got[P];
  const bool wanted[P] = {true, false, true, true};
  ml_xval_opts opts = {.cv = "kfold:5"};
  ml_error err = {0};
  make(&t, ML_REGRESSION, P);
  const ml_model *model;
  size_t depth;
  double params[16];
  ml_metric metric;
  ml_xval_result *r;
  assert_int_equal(ml_model_find("decision_tree", NULL, &model, NULL), ML_OK);
  assert_int_equal(ml_model_find_param(model, "max_depth", &depth, NULL), ML_OK);
  assert_int_equal(ml_metric_parse("mse", &metric, NULL), ML_OK);
  ml_model_defaults(model, params);
  params[depth] = 1;
  opts.metrics = &metric;
  opts.n_metrics = 1;
  assert_int_equal(ml_xval(&t.data, model, NULL, params, &opts, NULL, NULL, &r, &err), ML_OK);
  assert_int_equal(ml_xv_importance(r, &opts, wanted, NULL, got, &err), ML_OK);
  assert_true(got[0] > 0.1);
  assert_true(isnan(got[1]));
  assert_true(got[2] == 0 && got[3] == 0);
  ml_xval_free(r);
}

static void nothing_without_folds(void **state) {
  (void)state;
  table t;
  double got[P];
  ml_error err = {0};
  make(&t, ML_REGRESSION, P);
  ml_xval_opts opts = {.cv = "kfold:3", .nested = "kfold:3"};
  ml_xval_result *r = validate(&t, "ridge", "r2", &opts);
  assert_int_equal(ml_xv_importance(r, &opts, NULL, NULL, got, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "there is no winner that was tested in folds");
  ml_xval_free(r);
  const ml_model *ridge;
  ml_xval_opts gcv = {.cv = "gcv"};
  assert_int_equal(ml_model_find("ridge", NULL, &ridge, &err), ML_OK);
  assert_int_equal(ml_xval(&t.data, ridge, NULL, NULL, &gcv, NULL, NULL, &r, &err), ML_OK);
  assert_int_equal(ml_xv_importance(r, &gcv, NULL, NULL, got, &err), ML_ERR_USAGE);
  ml_xval_free(r);
}

static bool is_cancelled(void *ctx) {
  return ++*(size_t *)ctx > 2;
}

static void it_ends_when_it_is_asked_to(void **state) {
  (void)state;
  table t;
  double got[P];
  size_t n = 0;
  ml_error err = {0};
  const ml_watch watch = {.cancelled = is_cancelled, .ctx = &n};
  make(&t, ML_REGRESSION, P);
  ml_xval_opts opts = {.cv = "kfold:3"};
  ml_xval_result *r = validate(&t, "ridge", "r2", &opts);
  assert_int_equal(ml_xv_importance(r, &opts, NULL, &watch, got, &err), ML_ERR_CANCELLED);
  ml_xval_free(r);
}

/* ---- what models say ------------------------------------------------------------------------ */

/* Of the model itself, fitted on all rows. @return false: there is no such model, or its library is
 * not there */
static bool own(const table *t, const char *name, double *out) {
  const ml_model *model;
  double params[32];
  void *fitted;
  ml_error err = {0};
  if (ml_model_find(name, NULL, &model, &err) != ML_OK) return false;
  const ml_view view = ml_dataset_view(&t->data);
  ml_model_defaults(model, params);
  if (model->fit(params, &view, 1, NULL, &fitted, &err) != ML_OK) fail_msg("%s", err.message);
  assert_true(model->importance && model->importance_is);
  if (model->importance(fitted, &view, out, &err) != ML_OK) fail_msg("%s", err.message);
  model->free(fitted);
  return true;
}

/* y = 5 a + b exactly. */
static void coefficients_times_deviation(void **state) {
  (void)state;
  table t;
  double got[P], sd[2] = {0}, mean[2] = {0}, all = 0;
  for (int weighted = 0; weighted < 2; weighted++) {
    make(&t, ML_REGRESSION, P);
    if (weighted) t.data.weights = t.weights;
    memset(sd, 0, sizeof sd);
    memset(mean, 0, sizeof mean);
    all = 0;
    for (size_t i = 0; i < N; i++) {
      double w = weighted ? t.weights[i] : 1;
      all += w;
      for (size_t j = 0; j < 2; j++) mean[j] += w * t.x[j * N + i];
    }
    for (size_t i = 0; i < N; i++)
      for (size_t j = 0; j < 2; j++) {
        double d = t.x[j * N + i] - mean[j] / all;
        sd[j] += (weighted ? t.weights[i] : 1) * d * d / all;
      }
    assert_true(own(&t, "ols", got));
    expect_close("a", got[0], 5 * sqrt(sd[0]), 1e-9, 0);
    expect_close("b", got[1], sqrt(sd[1]), 1e-9, 0);
    expect_close("c", got[2], 0, 0, 1e-9);
  }
}

/* Far from zero, constant, one row; huge and tiny, of which the deviations are 1 and 2 units. */
static void deviations(void **state) {
  (void)state;
  const double x[] = {1e9 + 1, 1e9 + 2, 1e9 + 3, 4, 4, 4};
  double got[2];
  ml_view view = {.n = 3, .n_columns = 2, .x = x, .stride = 3};
  ml_view_deviations(&view, got);
  expect_close("far", got[0], sqrt(2.0 / 3), 1e-12, 0);
  expect_close("constant", got[1], 0, 0, 0);
  view.n = 1;
  ml_view_deviations(&view, got);
  expect_close("one row", got[0], 0, 0, 0);
  static const double units[] = {1e200, 1e307, 1e-200, 0x1p-1073};
  for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
    const double u = units[k], wide[] = {u, 3 * u, 5 * u, u};
    ml_view_deviations(&(ml_view){.n = 2, .n_columns = 2, .x = wide, .stride = 2}, got);
    expect_close("one unit", got[0] / u, 1, 1e-12, 0);
    expect_close("two units", got[1] / u, 2, 1e-12, 0);
  }
}

/* Six rows, classes 0 0 0 1 1 1: the first split is a < 2, which leaves rows 1 to 5; b then parts
 * the rest. Gini, weights 6: 6 * 0.5 = 3; left: 2 rows of class 0; right: 4 rows, 1 of class 0: 4 *
 * 2 * 0.25 * 0.75 = 1.5. So a has 1.5 of 3, b the other 1.5. */
static void impurity_by_hand(void **state) {
  (void)state;
  static double x[] = {0, 1, 5, 5, 5, 5, 7, 7, 7, 9, 9, 9.5};
  static uint32_t codes[] = {0, 0, 0, 1, 1, 1};
  double got[2], params[32];
  const ml_model *model;
  void *fitted;
  ml_error err = {0};
  assert_int_equal(ml_model_find("decision_tree", NULL, &model, NULL), ML_OK);
  ml_model_defaults(model, params);
  ml_view view = {.n = 6, .n_columns = 2, .x = x, .stride = 6, .classes = codes, .n_classes = 2};
  /* b alone parts all: it takes it all */
  assert_int_equal(model->fit(params, &view, 0, NULL, &fitted, &err), ML_OK);
  assert_int_equal(model->importance(fitted, &view, got, &err), ML_OK);
  expect_close("a", got[0], 0, 0, 0);
  expect_close("b", got[1], 1, 1e-12, 0);
  model->free(fitted);
  /* b parts only what a leaves: rows 0 and 1 have the values of class 1 */
  x[6] = x[7] = 9;
  assert_int_equal(model->fit(params, &view, 0, NULL, &fitted, &err), ML_OK);
  assert_int_equal(model->importance(fitted, &view, got, &err), ML_OK);
  expect_close("a", got[0], 0.5, 1e-12, 0);
  expect_close("b", got[1], 0.5, 1e-12, 0);
  model->free(fitted);
}

/* Each that says it finds what counts. */
static void models_agree_on_what_counts(void **state) {
  (void)state;
  static const struct {
    const char *name;
    ml_problem problem;
    bool is_share;
  } cases[] = {{"ridge", ML_REGRESSION, false},          {"lasso", ML_REGRESSION, false},
               {"elastic_net", ML_REGRESSION, false},    {"logistic", ML_CLASSIFICATION, false},
               {"decision_tree", ML_REGRESSION, true},   {"random_forest", ML_CLASSIFICATION, true},
               {"xgboost", ML_REGRESSION, true},         {"xgboost", ML_CLASSIFICATION, true},
               {"linear_svc", ML_CLASSIFICATION, false}, {"linear_svr", ML_REGRESSION, false}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    table t;
    double got[P], sum = 0;
    make(&t, cases[i].problem, P);
    if (!own(&t, cases[i].name, got)) continue;
    for (size_t j = 0; j < P; j++) {
      sum += got[j];
      if (got[j] < 0 || got[j] > got[0]) fail_msg("%s: %zu", cases[i].name, j);
    }
    if (cases[i].is_share) expect_close(cases[i].name, sum, 1, 1e-6, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(as_the_twin),
      cmocka_unit_test(texts_count_if_a_step_takes_them),
      cmocka_unit_test(what_is_not_asked_counts_nothing),
      cmocka_unit_test(nothing_without_folds),
      cmocka_unit_test(it_ends_when_it_is_asked_to),
      cmocka_unit_test(coefficients_times_deviation),
      cmocka_unit_test(deviations),
      cmocka_unit_test(impurity_by_hand),
      cmocka_unit_test(models_agree_on_what_counts),
  };
  return cmocka_run_group_tests_name("xval_importance", tests, NULL, NULL);
}
