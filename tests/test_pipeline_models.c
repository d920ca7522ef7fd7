/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every model that can be saved predicts the bits that it predicted before. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline_cases.h"

/* Number i of the models that can be used here. */
static const ml_model *nth(size_t i) {
  const ml_model *model;
  const char *name;
  for (size_t j = 0; (model = ml_model_at(j)); j++)
    if (i-- == 0) return model;
  for (size_t j = 0; (name = ml_model_name_at(j)); j++)
    if (ml_model_find(name, NULL, &model, NULL) == ML_OK && i-- == 0) return model;
  return NULL;
}

/* What the model itself says of the rows that it was fitted on. */
static double *predict_directly(const ml_dataset *data, const ml_model *model, const char *steps) {
  ml_prep *prep = NULL;
  ml_prepared *prepared = NULL;
  ml_view view = ml_dataset_view(data);
  double params[64], *x = NULL;
  void *fitted = NULL;
  ml_error err = {0};
  ml_status status = ML_OK;
  ml_model_defaults(model, params);
  if (steps) {
    status = ml_prep_parse(steps, &prep, &err);
    if (status == ML_OK) status = ml_prep_fit(prep, data, NULL, 0, &prepared, &err);
    assert_int_equal(status, ML_OK);
    view.n_columns = ml_prepared_n_columns(prepared);
    view.x = x = calloc(view.n * view.n_columns + 1, sizeof *x);
    assert_non_null(x);
    status = ml_prepared_apply(prepared, data, NULL, view.n, x, view.n, &err);
  }
  double *out = calloc(view.n * (view.n_classes ? view.n_classes : 1) + 1, sizeof *out);
  assert_non_null(out);
  if (status == ML_OK) status = model->fit(params, &view, 7, NULL, &fitted, &err);
  if (status == ML_OK) status = model->predict(fitted, &view, out, &err);
  if (status != ML_OK) fail_msg("%s: %s", model->name, err.message);
  model->free(fitted);
  ml_prepared_free(prepared);
  ml_prep_free(prep);
  free(x);
  return out;
}

static bool is_built_in(const ml_model *model) {
  const ml_model *other;
  size_t i = 0;
  while ((other = ml_model_at(i)) && other != model) i++;
  return other != NULL;
}

/* What is loaded writes the file that it is of. A library may drop what predictions do not need. */
static void expect_same_file(const char *label, const ml_pipeline *p, const ml_pipeline *again) {
  char *json = pipeline_json(p, NULL), *other = pipeline_json(again, NULL);
  size_t i = 0;
  while (json[i] && json[i] == other[i]) i++;
  const size_t from = i > 60 ? i - 60 : 0;
  if (json[i] != other[i])
    fail_msg("%s: byte %zu of the file: %.100s and %.100s", label, i, json + from, other + from);
  free(json);
  free(other);
}

/* One row at a time, as they come in by a pipe. */
static void expect_same_alone(const char *label, const ml_pipeline *p, const ml_dataset *data,
                              const double *want, size_t width) {
  ml_dataset one = *data;
  double *x = calloc(data->n_features + 1, sizeof *x), *got = calloc(width, sizeof *got);
  ml_error err = {0};
  assert_true(x && got);
  one.n_rows = 1;
  one.x = x;
  for (size_t i = 0; i < data->n_rows; i += 7) {
    for (size_t j = 0; j < data->n_features; j++) x[j] = data->x[j * data->n_rows + i];
    if (ml_pipeline_predict(p, &one, got, &err) != ML_OK) fail_msg("%s: %s", label, err.message);
    for (size_t k = 0; k < width; k++)
      expect_close(label, got[k], want[i * width + k], 1e-12, 1e-12);
  }
  free(x);
  free(got);
}

/* Bit for bit; nothing of models that do not say it. */
static void expect_same_importance(const char *label, const ml_pipeline *p,
                                   const ml_pipeline *again) {
  size_t n, n_again;
  const double *importance = ml_pipeline_importance(p, &n),
               *loaded = ml_pipeline_importance(again, &n_again);
  if (!importance != !ml_pipeline_model(p)->importance || !loaded != !importance || n_again != n)
    fail_msg("%s: %zu and %zu numbers of importance", label, n, n_again);
  if (n > 0 && memcmp(loaded, importance, n * sizeof *loaded) != 0)
    fail_msg("%s: another importance", label);
}

static void check(const char *label, const ml_dataset *data, const ml_model *model,
                  const char *steps) {
  size_t n;
  ml_pipeline *p = pipeline_fit(data, model->name, steps), *again = pipeline_reload(p);
  double *want = predict_directly(data, model, steps), *got;
  if (is_built_in(model)) expect_same_file(label, p, again);
  expect_same_importance(label, p, again);
  /* Texts are not asked for by name of a column here: the features are all of the data. */
  size_t n_features;
  ml_pipeline_features(p, &n_features);
  if (n_features == data->n_features) {
    got = pipeline_predict(p, data, &n);
    for (size_t i = 0; i < n; i++)
      if (memcmp(&got[i], &want[i], sizeof *got) != 0)
        fail_msg("%s: prediction %zu is %.17g, and was %.17g", label, i, got[i], want[i]);
    free(got);
    pipeline_expect_same(label, p, again, data);
    expect_same_alone(label, again, data, want, n / data->n_rows);
  }
  free(want);
  ml_pipeline_free(p);
  ml_pipeline_free(again);
}

static bool has(const ml_model *model, unsigned trait) {
  return model->traits & trait;
}

static void check_on(const char *target, ml_model_traits trait, unsigned traits,
                     const char *const *steps) {
  char *text = pipeline_csv(90, traits, 5);
  const char *path = pipeline_file("train.csv", text);
  ml_dataset *data = pipeline_data(path, target, traits);
  const ml_model *model;
  size_t n_checked = 0;
  for (size_t i = 0; (model = nth(i)); i++) {
    if (!has(model, trait) || !model->save) continue;
    if (traits & PIPELINE_WEIGHTS && !has(model, ML_MODEL_WEIGHTS)) continue;
    for (size_t k = 0; steps[k]; k++) {
      char label[160];
      snprintf(label, sizeof label, "%s of %s, --prep '%s', traits %u", model->name, target,
               steps[k], traits);
      check(label, data, model, *steps[k] ? steps[k] : NULL);
      n_checked++;
    }
  }
  assert_true(n_checked > 3);
  ml_dataset_free(data);
  free(text);
}

static void check_both(unsigned traits, const char *const *steps) {
  check_on("kind", ML_MODEL_CLASSIFIES, traits, steps);
  check_on("size", ML_MODEL_REGRESSES, traits, steps);
}

static void plain(void **state) {
  (void)state;
  check_both(0, (const char *const[]){"", "standard", "minmax", NULL});
}

static void with_weights(void **state) {
  (void)state;
  check_both(PIPELINE_WEIGHTS, (const char *const[]){"", "standard", NULL});
}

static void with_texts(void **state) {
  (void)state;
  check_both(PIPELINE_TEXTS | PIPELINE_IDS, (const char *const[]){"one-hot", NULL});
}

static void with_missing_values(void **state) {
  (void)state;
  check_both(PIPELINE_TEXTS | PIPELINE_MISSING | PIPELINE_WEIGHTS,
             (const char *const[]){"impute=median,one-hot,standard", NULL});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plain),
      cmocka_unit_test(with_weights),
      cmocka_unit_test(with_texts),
      cmocka_unit_test(with_missing_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
