/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every model promises by its table, built in or of a library: on little data, on data without
 * variety, with classes that are absent, with and without chance. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "class_cases.h"

/* Number i of the models that can be used here; those of libraries last. */
static const ml_model *nth(size_t i) {
  const ml_model *model;
  const char *name;
  for (size_t j = 0; (model = ml_model_at(j)); j++)
    if (i-- == 0) return model;
  for (size_t j = 0; (name = ml_model_name_at(j)); j++)
    if (ml_model_find(name, NULL, &model, NULL) == ML_OK && i-- == 0) return model;
  return NULL;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void expect_found(const ml_model *model, const char *ending, bool is_there) {
  char name[80];
  const ml_model *found;
  snprintf(name, sizeof name, "%s%s", model->name, ending);
  ml_status status = ml_model_find(name, NULL, &found, NULL);
  if (status != (is_there ? ML_OK : ML_ERR_USAGE)) fail_msg("%s", name);
  if (is_there) assert_ptr_equal(found, model);
}

static void models_are_found_by_their_names(void **state) {
  (void)state;
  const ml_model *model, *other;
  for (size_t i = 0; (model = nth(i)); i++) {
    expect_found(model, "", true);
    expect_found(model, "_classifier", model->traits & ML_MODEL_CLASSIFIES);
    expect_found(model, "_regressor", model->traits & ML_MODEL_REGRESSES);
    for (size_t j = 0; j < i && (other = nth(j)); j++)
      assert_string_not_equal(model->name, other->name);
  }
}

static void expect_param(const ml_model *model, size_t i) {
  const ml_model_param *param = &model->params[i];
  double value = NAN;
  size_t index;
  ml_buf text = {0};
  ml_error err = {0};
  assert_int_equal(ml_model_find_param(model, param->name, &index, &err), ML_OK);
  if (index != i) fail_msg("%s has two '%s'", model->name, param->name);
  if (!param->help || !*param->help) fail_msg("%s.%s: no help", model->name, param->name);
  if (ml_model_param_check(param, param->fallback, &err) != ML_OK)
    fail_msg("%s: %s", model->name, err.message);
  ml_model_param_format(param, param->fallback, &text);
  ml_buf_put(&text, "", 1);
  assert_int_equal(ml_model_param_parse(param, text.data, &value, &err), ML_OK);
  expect_same(param->name, value, param->fallback);
  assert_true(param->simpler >= -1 && param->simpler <= 1);
  ml_buf_release(&text);
}

static void tables_are_complete(void **state) {
  (void)state;
  const ml_model *model;
  for (size_t i = 0; (model = nth(i)); i++) {
    assert_int_equal(model->abi, ML_MODEL_ABI);
    assert_true(model->summary && *model->summary && model->source && *model->source);
    assert_true(model->fit && model->predict && model->free);
    assert_true(model->traits & (ML_MODEL_CLASSIFIES | ML_MODEL_REGRESSES));
    assert_false((model->traits & ML_MODEL_SCORES) && !(model->traits & ML_MODEL_CLASSIFIES));
    assert_int_equal(!model->share, !model->share_size);
    if (model->share && !model->fold) fail_msg("%s shares what no fold uses", model->name);
    for (size_t j = 0; j < model->n_params; j++) {
      expect_param(model, j);
      if (model->params[j].is_shared && !model->fold)
        fail_msg("%s.%s is shared by no fold", model->name, model->params[j].name);
    }
  }
}

/* ---- data ------------------------------------------------------------------------------------ */

static void expect_sane(const char *label, const ml_model *model, const double *out, size_t n,
                        size_t k) {
  for (size_t i = 0; i < n; i++) {
    double sum = 0;
    for (size_t c = 0; c < (k ? k : 1); c++) {
      double value = out[i * (k ? k : 1) + c];
      if (!isfinite(value)) fail_msg("%s: %s predicts %g", label, model->name, value);
      if (k && !(model->traits & ML_MODEL_SCORES) && !(value >= 0 && value <= 1))
        fail_msg("%s: %s gives the probability %g", label, model->name, value);
      sum += value;
    }
    if (k && !(model->traits & ML_MODEL_SCORES)) expect_close(model->name, sum, 1, 1e-6, 0);
  }
}

/* It learns, or says in a line why it cannot. */
static void expect_learns(const char *label, const ml_model *model, const class_data *train) {
  double *params = calloc(model->n_params + 1, sizeof *params);
  class_data test = class_random(7, train->p, train->k, 99);
  ml_error err = {0};
  ml_model_defaults(model, params);
  double *out = class_fit(model, params, train, &test, &err);
  if (out)
    expect_sane(label, model, out, test.n, train->k);
  else if (!*err.message || strchr(err.message, '\n'))
    fail_msg("%s: %s fails with '%s'", label, model->name, err.message);
  free(out);
  free(params);
  class_release(&test);
}

static size_t classes_of(const ml_model *model, size_t k) {
  return model->traits & ML_MODEL_CLASSIFIES ? k : 0;
}

static void little_data_is_learnt(void **state) {
  (void)state;
  const ml_model *model;
  for (size_t i = 0; (model = nth(i)); i++)
    for (size_t n = 1; n <= 5; n++)
      for (size_t p = 1; p <= 3; p++)
        for (size_t k = 0; k <= 3; k++) {
          char label[64];
          if (k == 1 || !(model->traits & (k ? ML_MODEL_CLASSIFIES : ML_MODEL_REGRESSES))) continue;
          class_data d = class_random(n, p, k, 10 * n + p);
          snprintf(label, sizeof label, "%zu x %zu, %zu classes", n, p, k);
          expect_learns(label, model, &d);
          class_release(&d);
        }
}

static void data_without_variety_is_learnt(void **state) {
  (void)state;
  const ml_model *model;
  for (size_t i = 0; (model = nth(i)); i++) {
    class_data d = class_random(20, 3, classes_of(model, 3), 3);
    for (size_t r = 0; r < 20; r++) d.x[r] = 5;
    expect_learns("a constant column", model, &d);
    for (size_t r = 0; r < 60; r++) d.x[r] = 0;
    expect_learns("nothing but zeros", model, &d);
    for (size_t r = 0; r < 20; r++) d.y[r] = 2, d.classes[r] = 1;
    expect_learns("a constant target", model, &d);
    class_release(&d);
    d = class_random(20, 3, classes_of(model, 3), 4);
    for (size_t r = 0; r < 20; r++) d.classes[r] = d.classes[r] == 1 ? 2 : d.classes[r];
    for (size_t r = 0; r < 20; r++) d.x[r] *= 1e150, d.x[20 + r] *= 1e-150;
    expect_learns("an absent class, huge and tiny values", model, &d);
    class_release(&d);
  }
}

/* A class that is absent is never predicted. */
static void absent_classes_are_never_chosen(void **state) {
  (void)state;
  const ml_model *model;
  for (size_t i = 0; (model = nth(i)); i++) {
    if (!(model->traits & ML_MODEL_CLASSIFIES)) continue;
    class_data d = class_random(40, 3, 4, 5), test = class_random(30, 3, 4, 6);
    double *params = calloc(model->n_params + 1, sizeof *params);
    ml_error err = {0};
    ml_model_defaults(model, params);
    for (size_t r = 0; r < d.n; r++) d.classes[r] = d.classes[r] % 2 * 2 + 1; /* 1 and 3 */
    double *out = class_fit(model, params, &d, &test, &err);
    if (!out) fail_msg("%s: %s", model->name, err.message);
    for (size_t r = 0; r < test.n; r++) {
      size_t best = 0;
      for (size_t c = 1; c < 4; c++)
        if (out[4 * r + c] > out[4 * r + best]) best = c;
      if (best % 2 == 0) fail_msg("%s chooses the absent class %zu", model->name, best);
    }
    free(out);
    free(params);
    class_release(&d);
    class_release(&test);
  }
}

static void missing_values_are_taken_where_said(void **state) {
  (void)state;
  const ml_model *model;
  for (size_t i = 0; (model = nth(i)); i++) {
    if (!(model->traits & ML_MODEL_MISSING)) continue;
    class_data d = class_random(60, 3, classes_of(model, 2), 7);
    for (size_t r = 0; r < d.n * d.p; r += 7) d.x[r] = NAN;
    expect_learns("missing values", model, &d);
    class_release(&d);
  }
}

/* ---- chance and order ------------------------------------------------------------------------ */

static double *fit_with(const ml_model *model, const class_data *d, uint64_t seed) {
  double *params = calloc(model->n_params + 1, sizeof *params);
  double *out = calloc(d->n * (d->k ? d->k : 1), sizeof *out);
  ml_view view = class_view(d);
  void *fitted = NULL;
  ml_error err = {0};
  ml_model_defaults(model, params);
  if (model->fit(params, &view, seed, NULL, &fitted, &err) != ML_OK)
    fail_msg("%s: %s", model->name, err.message);
  assert_int_equal(model->predict(fitted, &view, out, &err), ML_OK);
  model->free(fitted);
  free(params);
  return out;
}

static void same_seed_gives_the_same_bits(void **state) {
  (void)state;
  const ml_model *model;
  for (size_t i = 0; (model = nth(i)); i++) {
    class_data d = class_random(80, 4, classes_of(model, 3), 8);
    size_t size = d.n * (d.k ? d.k : 1) * sizeof(double);
    double *one = fit_with(model, &d, 1), *other = fit_with(model, &d, 2);
    double *again = fit_with(model, &d, 1);
    if (memcmp(one, again, size) != 0)
      fail_msg("%s depends on what was fitted before", model->name);
    if (!(model->traits & ML_MODEL_RANDOM) && memcmp(one, other, size) != 0)
      fail_msg("%s depends on its seed, and does not say so", model->name);
    free(one);
    free(other);
    free(again);
    class_release(&d);
  }
}

/* Not those of chance: which rows it takes may go by their numbers. */
static void views_of_rows_are_followed(void **state) {
  (void)state;
  const ml_model *model;
  for (size_t i = 0; (model = nth(i)); i++) {
    if (model->traits & ML_MODEL_RANDOM) continue;
    class_data d = class_random(60, 3, classes_of(model, 2), 9), some = class_random(30, 3, d.k, 9);
    uint32_t rows[30];
    double *params = calloc(model->n_params + 1, sizeof *params), out[60];
    ml_view view = class_view(&d);
    void *fitted = NULL;
    for (uint32_t r = 0; r < 30; r++) {
      rows[r] = 59 - 2 * r;
      some.y[r] = d.y[rows[r]], some.classes[r] = d.classes[rows[r]];
      for (size_t j = 0; j < 3; j++) some.x[j * 30 + r] = d.x[j * 60 + rows[r]];
    }
    view.rows = rows, view.n = 30;
    ml_model_defaults(model, params);
    assert_int_equal(model->fit(params, &view, 1, NULL, &fitted, NULL), ML_OK);
    assert_int_equal(model->predict(fitted, &view, out, NULL), ML_OK);
    model->free(fitted);
    double *want = fit_with(model, &some, 1);
    for (size_t r = 0; r < 30 * (d.k ? d.k : 1); r++)
      expect_close(model->name, out[r], want[r], 1e-9, 1e-12);
    free(want);
    free(params);
    class_release(&d);
    class_release(&some);
  }
}

/* ---- libraries ------------------------------------------------------------------------------- */

/* Skips the test where the plugin was not built. */
static const ml_model *of_library(const char *name) {
  const ml_model *model;
  ml_error err = {0};
  if (ml_model_find(name, NULL, &model, &err) == ML_OK) return model;
  print_message("%s\n", err.message);
  skip();
  return NULL;
}

/* The greatest number of rounds is neither the first nor the last. */
static void rounds_of_xgboost_are_prefixes(void **state) {
  (void)state;
  static const double rounds[] = {3, 12, 1, 7};
  const ml_model *model = of_library("xgboost");
  double candidates[4 * 64];
  size_t at;
  assert_int_equal(ml_model_find_param(model, "n_estimators", &at, NULL), ML_OK);
  for (size_t i = 0; i < 4; i++) {
    double *params = candidates + i * model->n_params;
    ml_model_defaults(model, params);
    assert_int_equal(ml_model_set(model, "subsample=0.7", params, NULL), ML_OK);
    assert_int_equal(ml_model_set(model, "colsample_bytree=0.6", params, NULL), ML_OK);
    assert_int_equal(ml_model_set(model, "max_depth=3", params, NULL), ML_OK);
    params[at] = rounds[i];
  }
  for (size_t k = 0; k <= 3; k += k ? 1 : 2) {
    class_data d = class_random(60, 4, k, 20 + k);
    class_compare_all(model, &d, candidates, 4);
    for (size_t i = 0; i < d.n * d.p; i += 5) d.x[i] = NAN;
    class_weigh(&d, 3);
    for (size_t i = 0; i < d.n; i++) d.weights[i] += 0.5; /* none is ignored */
    class_compare_all(model, &d, candidates, 4);
    class_release(&d);
  }
}

static void expect_fails(const char *name, const char *setting, const class_data *d,
                         const char *message) {
  const ml_model *model = of_library(name);
  double params[64];
  ml_error err = {0};
  ml_model_defaults(model, params);
  if (setting) assert_int_equal(ml_model_set(model, setting, params, &err), ML_OK);
  assert_null(class_fit(model, params, d, d, &err));
  assert_string_equal(err.message, message);
}

static void one_class_is_no_problem_for_machines(void **state) {
  (void)state;
  class_data d = class_random(20, 2, 3, 30);
  for (size_t i = 0; i < d.n; i++) d.classes[i] = 2;
  expect_fails("svc", NULL, &d, "all training rows are of one class");
  expect_fails("svc", "class_weight=balanced", &d, "all training rows are of one class");
  expect_fails("linear_svc", NULL, &d, "all training rows are of one class");
  expect_fails("linear_svc", "class_weight=balanced", &d, "all training rows are of one class");
  class_release(&d);
}

/* Of rows on a line there is one machine: u = x / 2 - 1.5 with margins at 1 and 5, by hand. */
static void machines_find_the_widest_gap(void **state) {
  (void)state;
  static double x[] = {0, 1, 5, 6};
  static uint32_t classes[] = {0, 0, 1, 1};
  const class_data d = {.n = 4, .p = 1, .k = 2, .x = x, .classes = classes};
  const ml_model *model = of_library("svc");
  double params[64], *out;
  ml_error err = {0};
  ml_model_defaults(model, params);
  assert_int_equal(ml_model_set(model, "kernel=linear", params, &err), ML_OK);
  assert_int_equal(ml_model_set(model, "C=1000", params, &err), ML_OK);
  out = class_fit(model, params, &d, &d, &err);
  assert_non_null(out);
  for (size_t i = 0; i < 4; i++) {
    expect_close("of the second class", out[2 * i + 1], x[i] / 2 - 1.5, 0, 2e-3);
    expect_same("of the first class", out[2 * i], -out[2 * i + 1]);
  }
  free(out);
}

#define TEST(f) cmocka_unit_test(f)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(models_are_found_by_their_names), TEST(tables_are_complete),
      TEST(little_data_is_learnt),           TEST(data_without_variety_is_learnt),
      TEST(absent_classes_are_never_chosen), TEST(missing_values_are_taken_where_said),
      TEST(same_seed_gives_the_same_bits),   TEST(views_of_rows_are_followed),
      TEST(rounds_of_xgboost_are_prefixes),  TEST(one_class_is_no_problem_for_machines),
      TEST(machines_find_the_widest_gap),
  };
  return cmocka_run_group_tests_name("models", tests, NULL, NULL);
}
