/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What mltool train keeps in a file predicts for the training data, by mltool predict, the very
 * bits that the model gives right after it was fitted: here without a pipeline or a file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/number.h>

#include "pipeline_cases.h"

/* ---- what has to come out -------------------------------------------------------------------- */

static void expect_ok(ml_status status, const ml_error *err) {
  if (status != ML_OK) fail_msg("%s", err->message);
}

/* The model itself, after the steps. */
static double *predict_directly(const ml_dataset *data, const char *name, const char *steps) {
  const ml_model *model;
  ml_prep *prep = NULL;
  ml_prepared *prepared = NULL;
  ml_view view = ml_dataset_view(data);
  double params[64], *x = NULL;
  void *fitted;
  ml_error err = {0};
  expect_ok(ml_model_find(name, NULL, &model, &err), &err);
  ml_model_defaults(model, params);
  if (steps) {
    expect_ok(ml_prep_parse(steps, &prep, &err), &err);
    expect_ok(ml_prep_fit(prep, data, NULL, 0, &prepared, &err), &err);
    view.n_columns = ml_prepared_n_columns(prepared);
    view.x = x = calloc(view.n * view.n_columns + 1, sizeof *x);
    assert_non_null(x);
    expect_ok(ml_prepared_apply(prepared, data, NULL, view.n, x, view.n, &err), &err);
  }
  double *out = calloc(view.n * (view.n_classes ? view.n_classes : 1) + 1, sizeof *out);
  assert_non_null(out);
  expect_ok(model->fit(params, &view, 0, NULL, &fitted, &err), &err);
  expect_ok(model->predict(fitted, &view, out, &err), &err);
  model->free(fitted);
  ml_prepared_free(prepared);
  ml_prep_free(prep);
  free(x);
  return out;
}

static ml_dataset *read_table(const char *path, const char *target, const char *id) {
  ml_dataset *data;
  ml_error err = {0};
  const ml_dataset_opts opts = {.target = target, .id = id, .takes_infinite = true};
  expect_ok(ml_dataset_read(path, &opts, NULL, &data, &err), &err);
  return data;
}

static ml_dataset *read_series(const char *path, const char *target_file, const char *target) {
  ml_series_set *set;
  ml_fresh_settings *settings;
  ml_matrix *matrix;
  ml_dataset *data;
  ml_error err = {0};
  const ml_dataset_opts opts = {.target = target, .target_file = target_file};
  expect_ok(ml_series_read(path, NULL, &set, &err), &err);
  expect_ok(ml_fresh_settings_named("minimal", &settings, &err), &err);
  expect_ok(ml_dataset_of_series(set, &opts, &data, &err), &err);
  expect_ok(ml_fresh_extract(set, settings, NULL, NULL, &matrix, &err), &err);
  expect_ok(ml_dataset_add_features(data, matrix, NULL, &err), &err);
  ml_matrix_free(matrix);
  ml_fresh_settings_free(settings);
  ml_series_free(set);
  return data;
}

/* ---- what comes out -------------------------------------------------------------------------- */

static void run(const char *format, ...) ML_PRINTF(1, 2);
static void run(const char *format, ...) {
  char command[2048];
  const char *mltool = getenv("MLTOOL");
  va_list args;
  int n = snprintf(command, sizeof command, "%s -q ", mltool ? mltool : "mltool");
  va_start(args, format);
  vsnprintf(command + n, sizeof command - (size_t)n, format, args);
  va_end(args);
  if (system(command) != 0) fail_msg("failed: %s", command);
}

/* The last columns of a line hold a row of the values. */
static void expect_row(const char *label, char *line, const double *want, size_t n) {
  for (size_t c = n; c-- > 0;) {
    char *comma = strrchr(line, ',');
    double got;
    assert_non_null(comma);
    char *end = comma + 1 + strcspn(comma + 1, "\n");
    if (ml_number_parse(comma + 1, end, &got) != end) fail_msg("%s: %s", label, comma);
    if (memcmp(&got, &want[c], sizeof got) != 0 && !(got == 0 && want[c] == 0))
      fail_msg("%s: %.17g, and the model says %.17g", label, got, want[c]);
    *comma = 0;
  }
}

static void expect_file(const char *label, const char *path, const ml_dataset *data,
                        const double *want) {
  const size_t n = data->problem == ML_CLASSIFICATION ? data->classes.n : 1;
  char line[4096];
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  assert_non_null(fgets(line, sizeof line, f));
  for (size_t i = 0; i < data->n_rows; i++) {
    if (!fgets(line, sizeof line, f)) fail_msg("%s: %zu rows", label, i);
    expect_row(label, line, want + i * n, n);
  }
  assert_null(fgets(line, sizeof line, f));
  fclose(f);
}

/* All at once, by workers, and as they come. */
static void expect_trained(const char *model, const char *input, const char *options,
                           const ml_dataset *data, const double *want) {
  static const char *const ways[] = {"", "-s 2 -p 0", "--follow", "--batch 7",
                                     "-s 2 -p 0 --batch 100"};
  static const char *const trains[] = {"", "-s 2 -p 0"};
  const char *proba = data->problem == ML_CLASSIFICATION ? "--proba" : "";
  const char *file = pipeline_path("model.json"), *out = pipeline_path("out.csv");
  char label[256];
  for (size_t t = 0; t < 2; t++) {
    run("train %s %s --model %s --cv none %s -o %s", trains[t], input, model, options, file);
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
      snprintf(label, sizeof label, "%s, train %s, predict %s", model, trains[t], ways[w]);
      run("predict %s %s %s %s -o %s", ways[w], proba, file, input, out);
      expect_file(label, out, data, want);
    }
  }
}

static void expect_table(const char *model, const char *input, const char *steps) {
  ml_dataset *data = read_table(input, "y", "");
  double *want = predict_directly(data, model, steps);
  char options[256];
  snprintf(options, sizeof options, "--target y --id '' %s %s", steps ? "--prep" : "",
           steps ? steps : "");
  expect_trained(model, input, options, data, want);
  free(want);
  ml_dataset_free(data);
}

/* ---- the tests ------------------------------------------------------------------------------- */

static bool is_there(const char *model) {
  const ml_model *found;
  return ml_model_find(model, NULL, &found, NULL) == ML_OK;
}

static void tables(void **state) {
  (void)state;
  static const struct {
    const char *model, *input, *steps;
  } cases[] = {{"logistic", "data/breast_cancer.csv", "standard"},
               {"ridge", "data/diabetes.csv", NULL},
               {"random_forest", "data/breast_cancer.csv", NULL},
               {"random_forest", "data/diabetes.csv", NULL},
               {"knn", "data/breast_cancer.csv", "minmax"},
               {"xgboost", "data/breast_cancer.csv", NULL},
               {"xgboost", "data/diabetes.csv", "select=fdr:0.05"},
               {"svc", "data/breast_cancer.csv", "standard"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (is_there(cases[i].model)) expect_table(cases[i].model, cases[i].input, cases[i].steps);
}

/* Storms, whose ids ascend in the file. */
static void series(void **state) {
  (void)state;
  static const char steps[] = "impute=median,select=fdr:0.05,standard";
  static const char *const models[] = {"logistic", "random_forest", "xgboost"};
  ml_dataset *data = read_series("data/storms.csv", "data/storms_target.csv", "hurricane");
  for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
    if (!is_there(models[m])) continue;
    double *want = predict_directly(data, models[m], steps);
    expect_trained(models[m], "data/storms.csv",
                   "--target-file data/storms_target.csv --target hurricane --fresh minimal "
                   "--select fdr=0.05 --prep standard",
                   data, want);
    free(want);
  }
  ml_dataset_free(data);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(tables), cmocka_unit_test(series)};
  ml_own_process();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
