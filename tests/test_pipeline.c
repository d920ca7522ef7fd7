/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pipelines: what is fitted, what is kept of it, and what is refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline_cases.h"

static ml_model found(const char *name) {
  const ml_model *model;
  assert_int_equal(ml_model_find(name, NULL, &model, NULL), ML_OK);
  return *model;
}

static ml_dataset *small(const char *text, const char *target) {
  ml_dataset *data;
  ml_error err = {0};
  const ml_dataset_opts opts = {.target = target, .takes_infinite = true};
  if (ml_dataset_read(pipeline_file("d.csv", text), &opts, NULL, &data, &err) != ML_OK)
    fail_msg("%s", err.message);
  return data;
}

/* ---- the file ---------------------------------------------------------------------------------
 */

/* All but what the model has learnt, which is the model's. Deciles: the k-th is the least value
 * with k tenths of all up to it. Importance of a: 3.5 / (5 + 0.1) times the root of 1.25. */
static void the_file_of_a_table(void **state) {
  (void)state;
  ml_dataset *data = small("id,a,b,y\nr,3,0,1.5\ns,1,,2\nt,2,0,4\nu,4,-0.0,0.5\n", "y");
  free(data->source);
  data->source = strdup("train.csv");
  ml_pipeline *p =
      pipeline_fit_set(data, "ridge", "impute=mean", (const char *const[]){"alpha=0.1", NULL});
  char *text = pipeline_json(p, NULL);
  const char *end = strstr(text, "\"prep\": ");
  static const char want[] =
      "{\n"
      "\"mltool_pipeline\": 1,\n"
      "\"about\": {\"mltool\":\"0.1.0\",\"data\":{\"file\":\"train.csv\",\"rows\":4,"
      "\"features\":2,\"weighted\":false,\"classes\":null,"
      "\"values\":{\"min\":0.5,\"mean\":2,\"max\":4}},\"importance\":{\"is\":\"size of the "
      "coefficient times the standard deviation of the column in the training rows\","
      "\"values\":[0.7672782275734572,0]},\"seed\":7,\"validation\":null},\n"
      "\"input\": {\"kind\":\"table\",\"id\":\"id\"},\n"
      "\"recipe\": null,\n"
      "\"features\": [\n"
      "{\"name\":\"a\",\"type\":\"number\",\"deciles\":[1,1,1,2,2,2,3,3,4,4,4],"
      "\"counts\":[1,0,1,0,0,1,0,1,0,0],\"missing\":0},\n"
      "{\"name\":\"b\",\"type\":\"number\",\"deciles\":[0,0,0,0,0,0,0,0,0,0,0],"
      "\"counts\":[3,0,0,0,0,0,0,0,0,0],\"missing\":1}\n"
      "],\n";
  assert_non_null(end);
  *(char *)(uintptr_t)end = 0;
  assert_string_equal(text, want);
  assert_non_null(strstr(end + 1,
                         "\"name\":\"ridge\",\"file\":null,\"problem\":\"regression\","
                         "\"target\":\"y\",\"classes\":[],\"params\":{\"alpha\":0.1,"));
  free(text);
  ml_pipeline_free(p);
  ml_dataset_free(data);
}

static size_t pipeline_n_columns(const ml_pipeline *p) {
  size_t n = 0;
  while (ml_pipeline_column(p, n)) n++;
  return n;
}

/* A row of coefficients for each class, with one for each column and the intercept. */
static void expect_learnt(const ml_pipeline *p, const ml_pipeline *again) {
  ml_arena *arena = ml_arena_new();
  ml_value a, b;
  assert_int_equal(ml_pipeline_learnt(p, arena, &a, NULL), ML_OK);
  assert_int_equal(ml_pipeline_learnt(again, arena, &b, NULL), ML_OK);
  assert_true(ml_value_equal(&a, &b));
  const ml_value *coef = ml_value_find(&a, "coef");
  assert_non_null(coef);
  assert_int_equal(coef->as.a.n_rows, 3);
  assert_int_equal(coef->as.a.n_cols, pipeline_n_columns(p) + 1);
  ml_arena_free(arena);
}

/* A file gives back the bits. */
static void expect_importance(const ml_pipeline *p, const ml_pipeline *again) {
  size_t n, n_again;
  const double *importance = ml_pipeline_importance(p, &n),
               *loaded = ml_pipeline_importance(again, &n_again);
  assert_true(importance && loaded);
  assert_int_equal(n, pipeline_n_columns(p));
  assert_int_equal(n_again, n);
  assert_memory_equal(loaded, importance, n * sizeof *loaded);
  assert_string_equal(ml_pipeline_importance_is(p), ml_pipeline_model(p)->importance_is);
  assert_string_equal(ml_pipeline_importance_is(again), ml_pipeline_importance_is(p));
}

static void what_it_says(void **state) {
  (void)state;
  const unsigned traits = PIPELINE_TEXTS;
  char *text = pipeline_csv(40, traits, 9);
  ml_dataset *data = pipeline_data(pipeline_file("train.csv", text), "kind", traits);
  ml_pipeline *p = pipeline_fit_set(data, "logistic", "one-hot=colour,standard",
                                    (const char *const[]){"C=0.25", NULL}),
              *again = pipeline_reload(p);
  const ml_model *model = ml_pipeline_model(again);
  size_t n, index;
  assert_string_equal(model->name, "logistic");
  assert_int_equal(ml_model_find_param(model, "C", &index, NULL), ML_OK);
  assert_true(ml_pipeline_params(again)[index] == 0.25);
  assert_int_equal(ml_pipeline_problem(again), ML_CLASSIFICATION);
  assert_string_equal(ml_pipeline_target(again), "kind");
  const char *const *classes = ml_pipeline_classes(again, &n);
  assert_int_equal(n, 3);
  assert_string_equal(classes[2], "worse");
  assert_string_equal(ml_pipeline_features(again, &n)[5], "colour");
  assert_int_equal(n, 6);
  expect_importance(p, again);
  (void)ml_pipeline_importance(p, &n);
  assert_true(n > 6);
  assert_string_equal(ml_pipeline_column(p, 0), "a");
  assert_ptr_equal(strstr(ml_pipeline_column(p, n - 1), "colour="), ml_pipeline_column(p, n - 1));
  assert_string_equal(ml_pipeline_column(again, n - 1), ml_pipeline_column(p, n - 1));
  assert_null(ml_pipeline_settings(again));
  assert_null(ml_pipeline_columns(again)->id);
  assert_string_equal(ml_pipeline_steps(again), "one-hot=colour,standard");
  assert_string_equal(ml_pipeline_column(again, 4), "e");
  assert_memory_equal(ml_pipeline_column(again, 5), "colour=", strlen("colour="));
  expect_learnt(p, again);
  const ml_value *about = ml_pipeline_about(again), *counts;
  counts = ml_value_find(ml_value_find(about, "data"), "classes");
  int64_t sum = 0, count;
  for (size_t k = 0; k < counts->as.l.n; k++) {
    assert_true(ml_value_as_int(&counts->as.l.values[k], &count));
    sum += count;
  }
  assert_int_equal(sum, 40);
  ml_pipeline_free(p);
  ml_pipeline_free(again);
  ml_pipeline_free(NULL);
  ml_dataset_free(data);
  free(text);
}

/* Features that the steps drop are not asked for. */
static void only_what_is_needed(void **state) {
  (void)state;
  char *text = pipeline_csv(60, 0, 2);
  ml_dataset *data = pipeline_data(pipeline_file("train.csv", text), "size", 0);
  ml_pipeline *p = pipeline_fit(data, "ols", "standard,select-corr=2");
  size_t n;
  const char *const *names = ml_pipeline_features(p, &n);
  assert_int_equal(n, 2);
  assert_string_equal(names[0], "a");
  assert_string_equal(names[1], "b");
  const ml_dataset part = {.n_rows = data->n_rows, .n_features = 2, .x = data->x};
  double *got = pipeline_predict(p, &part, NULL);
  for (size_t i = 0; i < data->n_rows; i++) expect_close("size", got[i], data->y[i], 0, 1.5);
  free(got);
  ml_pipeline_free(p);
  ml_dataset_free(data);
  free(text);
}

/* Texts without a step are left out, as in cross-validation. */
static void texts_without_a_step(void **state) {
  (void)state;
  char *text = pipeline_csv(60, PIPELINE_TEXTS, 2);
  ml_dataset *data = pipeline_data(pipeline_file("train.csv", text), "size", PIPELINE_TEXTS);
  ml_pipeline *p = pipeline_fit(data, "ols", NULL);
  size_t n;
  const char *const *names = ml_pipeline_features(p, &n);
  assert_int_equal(n, 5);
  assert_string_equal(names[4], "e");
  ml_pipeline_free(p);
  ml_dataset_free(data);
  free(text);
}

/* The scores of the candidate that was fitted. */
static void validation(void **state) {
  (void)state;
  char *text = pipeline_csv(60, 0, 2);
  ml_dataset *data = pipeline_data(pipeline_file("train.csv", text), "size", 0);
  const ml_model ridge = found("ridge");
  const ml_model *model;
  assert_int_equal(ml_model_find(ridge.name, NULL, &model, NULL), ML_OK);
  double fixed[16], mean;
  ml_candidates *candidates;
  ml_xval_result *r;
  ml_pipeline *p;
  ml_error err = {0};
  ml_metric metric;
  ml_model_defaults(model, fixed);
  assert_int_equal(ml_metric_parse("rmse", &metric, &err), ML_OK);
  assert_int_equal(ml_candidates_make(model, fixed, (const char *const[]){"alpha=100,0.1,10"}, 1,
                                      NULL, &candidates, &err),
                   ML_OK);
  const ml_xval_opts how = {.cv = "kfold:4", .metrics = &metric, .n_metrics = 1};
  assert_int_equal(ml_xval(data, model, candidates, NULL, &how, NULL, NULL, &r, &err), ML_OK);
  const ml_pipeline_opts opts = {
      .model = model, .params = r->candidates[1].params, .seed = UINT64_MAX, .validation = r};
  assert_int_equal(ml_pipeline_fit(data, &opts, &p, &err), ML_OK);
  ml_pipeline *again = pipeline_reload(p);
  const ml_value *about = ml_pipeline_about(again), *said = ml_value_find(about, "validation"),
                 *scores = &ml_value_find(said, "metrics")->as.l.values[0];
  assert_string_equal(ml_value_find(said, "cv")->as.s.text, "kfold:4");
  assert_string_equal(ml_value_find(scores, "name")->as.s.text, "rmse");
  assert_true(ml_value_as_real(ml_value_find(scores, "mean"), &mean));
  expect_same("mean", mean, r->candidates[1].mean[0]);
  assert_string_equal(ml_value_find(about, "seed")->as.s.text, "18446744073709551615");
  ml_pipeline_free(p);
  ml_pipeline_free(again);
  ml_xval_free(r);
  ml_candidates_free(candidates);
  ml_dataset_free(data);
  free(text);
}

/* A shared object is not opened because a file says so; it is in use in this program here. */
static void model_of_a_shared_object(void **state) {
  (void)state;
  char *text = pipeline_csv(30, 0, 2);
  ml_dataset *data = pipeline_data(pipeline_file("train.csv", text), "size", 0);
  ml_pipeline *p = pipeline_fit_set(data, MODULES "/mean_model.so", NULL,
                                    (const char *const[]){"slope=0.3", NULL}),
              *again = pipeline_reload(p);
  char *json = pipeline_json(again, NULL);
  assert_non_null(strstr(json,
                         "\"name\":\"mean\",\"file\":\"mean_model.so\",\"problem\":"
                         "\"regression\",\"target\":\"size\",\"classes\":[],"
                         "\"params\":{\"slope\":0.3},\"learnt\":{\"x\":"));
  assert_ptr_equal(ml_pipeline_model(again), ml_pipeline_model(p));
  pipeline_expect_same("mean", p, again, data);
  char *at = strstr(json, "\"y\":");
  at[1] = 'z';
  pipeline_expect_refused(json, ML_ERR_PARSE, "m.json: model.learnt: expected the numbers x and y");
  free(json);
  ml_pipeline_free(p);
  ml_pipeline_free(again);
  ml_dataset_free(data);
  free(text);
}

/* ---- drift ------------------------------------------------------------------------------------
 */

/* Ten training rows, one in each tenth; of texts five, three and two. */
static ml_pipeline *fit_for_drift(void) {
  ml_dataset *data = small(
      "x,colour,y\n1,red,1.5\n2,red,2\n3,red,4\n4,red,1\n5,red,0\n6,blue,1\n"
      "7,blue,2\n8,blue,3\n9,green,4\n10,green,5.5\n",
      "y");
  ml_pipeline *p = pipeline_fit(data, "ridge", "impute=mean,one-hot"), *again = pipeline_reload(p);
  ml_pipeline_free(p);
  ml_dataset_free(data);
  return again;
}

static double term(double a, double e) {
  return (a - e) * log(a / e);
}

static void drift(void **state) {
  (void)state;
  ml_pipeline *p = fit_for_drift();
  double x[] = {0, 0.5, 10.5, NAN, 0, 1, 2, NAN};
  char *labels[] = {"pink", "red", "green"};
  ml_levels categories[] = {{0}, {.labels = labels, .n = 3}};
  const ml_dataset data = {.n_rows = 4, .n_features = 2, .x = x, .categories = categories};
  ml_drift out[2];
  ml_error err = {0};
  assert_int_equal(ml_pipeline_drift(p, &data, out, &err), ML_OK);
  /* Half below, a quarter above, a quarter missing, and eight tenths without a row. */
  expect_close("psi", out[0].psi,
               term(0.5, 0.1) + term(0.25, 0.1) + term(0.25, 1e-4) + 8 * term(1e-4, 0.1), 1e-12, 0);
  expect_same("missing", out[0].missing, 0.25);
  expect_same("missing then", out[0].missing_then, 0);
  expect_same("unseen", out[0].unseen, 0);
  expect_close(
      "psi", out[1].psi,
      term(0.25, 1e-4) + term(0.25, 0.5) + term(0.25, 0.2) + term(1e-4, 0.3) + term(0.25, 1e-4),
      1e-12, 0);
  expect_same("missing", out[1].missing, 0.25);
  expect_same("unseen", out[1].unseen, 0.25);
  const ml_dataset other = {.n_rows = 4, .n_features = 1, .x = x};
  assert_int_equal(ml_pipeline_drift(p, &other, out, &err), ML_ERR_USAGE);
  ml_pipeline_free(p);
}

static void no_drift(void **state) {
  (void)state;
  char *text = pipeline_csv(200, PIPELINE_TEXTS | PIPELINE_MISSING, 4);
  ml_dataset *data =
      pipeline_data(pipeline_file("train.csv", text), "size", PIPELINE_TEXTS | PIPELINE_MISSING);
  ml_pipeline *p = pipeline_fit(data, "ridge", "impute=mean,one-hot");
  ml_drift out[6];
  ml_error err = {0};
  assert_int_equal(ml_pipeline_drift(p, data, out, &err), ML_OK);
  for (size_t j = 0; j < 6; j++) {
    expect_same("psi", out[j].psi, 0);
    expect_same("missing", out[j].missing, out[j].missing_then);
  }
  assert_true(out[2].missing > 0);
  ml_pipeline_free(p);
  ml_dataset_free(data);
  free(text);
}

/* ---- what is refused --------------------------------------------------------------------------
 */

static void expect_refused(const ml_dataset *data, const ml_pipeline_opts *opts, ml_status status,
                           const char *message) {
  ml_pipeline *p = (ml_pipeline *)1;
  ml_error err = {0};
  const ml_status got = ml_pipeline_fit(data, opts, &p, &err);
  assert_string_equal(err.message, message);
  assert_int_equal(got, status);
  assert_ptr_equal(p, (ml_pipeline *)1);
}

static bool stop(void *ctx) {
  (void)ctx;
  return true;
}

static void what_cannot_be_fitted(void **state) {
  (void)state;
  const ml_model ols = found("ols"), tree = found("decision_tree"), knn = found("knn");
  ml_model mute = tree;
  mute.save = NULL;
  ml_dataset *data = small("a,b,y\n1,2,3\n2,,4\n3,inf,7\n", "y");
  data->problem = ML_REGRESSION;
  expect_refused(data, &(ml_pipeline_opts){.model = &mute}, ML_ERR_USAGE,
                 "model 'decision_tree' cannot be saved");
  ml_dataset_free(data);
  data = small("a,b,y\n1,2,3.5\n2,,4\n3,2,7\n", "y");
  expect_refused(data, &(ml_pipeline_opts){.model = &ols}, ML_ERR_PARSE,
                 "feature 'b' has 1 missing value, which model ols does not take: --prep "
                 "impute=median replaces them");
  double weights[] = {1, 2, 0};
  data->weights = weights;
  expect_refused(data, &(ml_pipeline_opts){.model = &knn}, ML_ERR_USAGE,
                 "model 'knn' does not know weights of rows");
  data->weights = NULL;
  const ml_watch watch = {.cancelled = stop};
  ml_prep *prep;
  assert_int_equal(ml_prep_parse("impute=mean", &prep, NULL), ML_OK);
  expect_refused(data, &(ml_pipeline_opts){.model = &ols, .prep = prep, .watch = &watch},
                 ML_ERR_CANCELLED, "interrupted");
  ml_prep_free(prep);
  data->problem = ML_PROBLEM_AUTO;
  expect_refused(data, &(ml_pipeline_opts){.model = &ols}, ML_ERR_USAGE,
                 "a model learns from data with a target");
  ml_dataset_free(data);
  data = small("colour,y\nred,3\nblue,4.5\n", "y");
  expect_refused(data, &(ml_pipeline_opts){.model = &ols}, ML_ERR_USAGE,
                 "every feature is text: --prep one-hot takes them");
  ml_dataset_free(data);
}

static void expect_unpredicted(const ml_pipeline *p, const ml_dataset *data, ml_status status,
                               const char *message) {
  double out[64];
  ml_error err = {0};
  assert_int_equal(ml_pipeline_predict(p, data, out, &err), status);
  assert_string_equal(err.message, message);
}

static void what_cannot_be_predicted(void **state) {
  (void)state;
  char *text = pipeline_csv(60, 0, 2);
  ml_dataset *train = pipeline_data(pipeline_file("train.csv", text), "size", 0);
  ml_pipeline *p = pipeline_fit(train, "ols", "select-corr=2");
  double x[] = {1, 2, 3, 4};
  char *names[] = {"a", "b"}, *ids[] = {"one", "two"};
  ml_dataset data = {.n_rows = 2, .n_features = 1, .x = x};
  expect_unpredicted(p, &data, ML_ERR_USAGE, "1 features, but the model has learnt from 2");
  data.n_features = 2;
  names[1] = "c";
  data.names = names;
  expect_unpredicted(p, &data, ML_ERR_USAGE, "feature 2 is 'c', but the model has learnt from 'b'");
  names[1] = "b";
  x[3] = NAN;
  expect_unpredicted(p, &data, ML_ERR_PARSE,
                     "feature 'b' is missing for row 2, which model ols does not take: it was "
                     "trained without a step that replaces such values");
  x[2] = -INFINITY;
  data.ids = ids;
  expect_unpredicted(p, &data, ML_ERR_PARSE,
                     "feature 'b' is infinite for id \"one\", which model ols does not take: it "
                     "was trained without a step that replaces such values");
  data.n_rows = 0;
  assert_int_equal(ml_pipeline_predict(p, &data, NULL, NULL), ML_OK);
  ml_pipeline_free(p);
  ml_dataset_free(train);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_file_of_a_table),
      cmocka_unit_test(what_it_says),
      cmocka_unit_test(only_what_is_needed),
      cmocka_unit_test(texts_without_a_step),
      cmocka_unit_test(validation),
      cmocka_unit_test(model_of_a_shared_object),

      cmocka_unit_test(drift),
      cmocka_unit_test(no_drift),
      cmocka_unit_test(what_cannot_be_fitted),
      cmocka_unit_test(what_cannot_be_predicted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
