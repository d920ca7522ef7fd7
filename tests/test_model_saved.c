/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models in files: those that come back predict the same bits, and what was tampered with is
 * refused, or does no harm. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "class_cases.h"

/* Settings that change what is learnt: names before the first space are those of the model. */
static const char *const settings[] = {
    "dummy",
    "dummy strategy=stratified",
    "dummy strategy=median",
    "ols",
    "ridge fit_intercept=false",
    "lasso alpha=0.01",
    "elastic_net alpha=0.1",
    "logistic",
    "logistic multi_class=ovr",
    "logistic fit_intercept=false",
    "logistic penalize_intercept=true",
    "gaussian_nb",
    "knn",
    "knn weights=distance metric=manhattan n_neighbors=3",
    "decision_tree",
    "decision_tree ccp_alpha=0.02",
    "decision_tree max_depth=1",
    "random_forest n_estimators=4",
    "random_forest n_estimators=3 bootstrap=false max_depth=3",
    "xgboost n_estimators=4 max_depth=3",
    "xgboost n_estimators=3 gamma=0.9 subsample=0.7 tree_method=hist",
    "xgboost n_estimators=2 reg_lambda=1e9",
    "xgboost n_estimators=50 early_stopping_rounds=3 validation_fraction=0.3",
    "linear_svc",
    "linear_svc fit_intercept=false penalty=l1",
    "linear_svr epsilon=0.1",
    "svc",
    "svc kernel=linear class_weight=balanced",
    "svc kernel=poly degree=2",
    "svr",
    "svr kernel=sigmoid gamma=0.1",
    MYMODEL " shrink=0.2",
};

enum { N_SETTINGS = sizeof settings / sizeof *settings };

/* @return NULL: the plugin was not built */
static const ml_model *set_up(const char *words, double *params) {
  char text[512], *rest;
  const ml_model *model;
  ml_error err = {0};
  snprintf(text, sizeof text, "%s", words);
  const char *name = strtok_r(text, " ", &rest), *assignment;
  if (ml_model_find(name, NULL, &model, &err) != ML_OK) {
    print_message("%s\n", err.message);
    return NULL;
  }
  ml_model_defaults(model, params);
  while ((assignment = strtok_r(NULL, " ", &rest)))
    if (ml_model_set(model, assignment, params, &err) != ML_OK) fail_msg("%s", err.message);
  return model;
}

static bool solves(const ml_model *model, size_t k) {
  return model->traits & (k ? ML_MODEL_CLASSIFIES : ML_MODEL_REGRESSES);
}

/* ---- the same bits --------------------------------------------------------------------------- */

/* The JSON of what was learnt. */
static ml_buf json_of(const ml_model *model, const void *fitted) {
  ml_arena *arena = ml_arena_new();
  ml_buf json = {0};
  ml_value saved;
  ml_error err = {0};
  if (model->save(fitted, arena, &saved, &err) != ML_OK)
    fail_msg("%s: %s", model->name, err.message);
  assert_int_equal(saved.type, ML_TYPE_DICT);
  assert_int_equal(ml_value_to_json(&saved, &json, &err), ML_OK);
  ml_arena_free(arena);
  return json;
}

static void expect_same_predictions(const char *label, const ml_model *model, const void *a,
                                    const void *b, const class_data *test) {
  size_t n = test->n * (test->k ? test->k : 1);
  double *one = calloc(n + 1, sizeof *one), *other = calloc(n + 1, sizeof *other);
  const ml_view rows = class_view(test);
  assert_int_equal(model->predict(a, &rows, one, NULL), ML_OK);
  assert_int_equal(model->predict(b, &rows, other, NULL), ML_OK);
  if (memcmp(one, other, n * sizeof *one) != 0) fail_msg("%s: other bits", label);
  free(one);
  free(other);
}

/* Kernels of huge values may overflow: what is no number then is said. */
static bool is_no_number(const ml_model *model, const void *fitted, ml_arena *arena) {
  ml_value saved;
  ml_error err = {0};
  if (model->save(fitted, arena, &saved, &err) != ML_ERR_NUMERIC) return false;
  assert_non_null(strstr(err.message, "cannot be saved"));
  return true;
}

static void expect_comes_back(const char *label, const ml_model *model, const double *params,
                              const class_data *train, const class_data *test, bool is_huge) {
  const ml_view view = class_view(train);
  void *fitted = NULL, *loaded = NULL, *direct = NULL;
  ml_arena *arena = ml_arena_new();
  ml_value saved;
  ml_error err = {0};
  if ((model->check && model->check(params, &view, &err) != ML_OK) ||
      model->fit(params, &view, 7, NULL, &fitted, &err) != ML_OK) {
    ml_arena_free(arena);
    return;
  }
  if (is_huge && is_no_number(model, fitted, arena)) {
    model->free(fitted);
    ml_arena_free(arena);
    return;
  }
  ml_buf json = json_of(model, fitted);
  assert_int_equal(ml_value_from_json(json.data, json.n, "json", arena, &saved, &err), ML_OK);
  if (model->load(params, &saved, train->p, train->k, &loaded, &err) != ML_OK)
    fail_msg("%s: %s", label, err.message);
  expect_same_predictions(label, model, fitted, loaded, test);
  ml_buf again = json_of(model, loaded);
  if (strcmp(model->name, "xgboost") != 0) { /* which forgets what no prediction depends on */
    assert_int_equal(again.n, json.n);
    assert_memory_equal(again.data, json.data, json.n);
  }
  assert_int_equal(model->save(fitted, arena, &saved, &err), ML_OK); /* not from JSON */
  assert_int_equal(model->load(params, &saved, train->p, train->k, &direct, &err), ML_OK);
  model->free(fitted);
  expect_same_predictions(label, model, loaded, direct, test);
  model->free(direct);
  model->free(loaded);
  ml_buf_release(&again);
  ml_buf_release(&json);
  ml_arena_free(arena);
}

typedef enum twist { PLAIN, WEIGHTED, ABSENT, MISSING, CONSTANT, HUGE_VALUES, N_TWISTS } twist;

static bool twist_data(const ml_model *model, twist t, class_data *d) {
  if (t == WEIGHTED) {
    if (!(model->traits & ML_MODEL_WEIGHTS)) return false;
    class_weigh(d, 4);
    for (size_t i = 0; i < d->n; i++) d->weights[i] *= 0.3;
    if (strcmp(model->name, "xgboost") == 0)
      for (size_t i = 0; i < d->n; i++) d->weights[i] += 0.1;
  }
  if (t == ABSENT) {
    if (d->k < 3) return false;
    for (size_t i = 0; i < d->n; i++) d->classes[i] += d->classes[i] == 1;
  }
  if (t == MISSING) {
    if (!(model->traits & ML_MODEL_MISSING)) return false;
    for (size_t i = 0; i < d->n * d->p; i += 7) d->x[i] = NAN;
  }
  for (size_t i = 0; t == CONSTANT && i < 2 * d->n; i++) d->x[i] = 1e9 / 3;
  for (size_t i = 0; t == HUGE_VALUES && i < d->n * d->p; i++) d->x[i] *= i < d->n ? 1e30 : 1e-30;
  return true;
}

static void what_is_loaded_predicts_the_same_bits(void **state) {
  (void)state;
  double params[64];
  for (size_t s = 0; s < N_SETTINGS; s++) {
    const ml_model *model = set_up(settings[s], params);
    if (!model) continue;
    for (size_t k = 0; k <= 4; k += k ? 1 : 2)
      for (twist t = PLAIN; t < N_TWISTS; t++) {
        char label[600];
        class_data train = class_random(70, 4, k, 10 + s), test = class_random(90, 4, k, 99);
        snprintf(label, sizeof label, "%s, %zu classes, twist %d", settings[s], k, (int)t);
        if (solves(model, k) && twist_data(model, t, &train)) {
          twist_data(model, t, &test);
          expect_comes_back(label, model, params, &train, &test, t == HUGE_VALUES);
        }
        class_release(&train);
        class_release(&test);
      }
  }
}

static void every_model_can_be_saved(void **state) {
  (void)state;
  const ml_model *model;
  for (size_t i = 0; (model = ml_model_at(i)); i++) {
    bool is_tested = false;
    for (size_t s = 0; s < N_SETTINGS; s++)
      is_tested = is_tested || strcmp(model->name, settings[s]) == 0 ||
                  (strncmp(model->name, settings[s], strlen(model->name)) == 0 &&
                   settings[s][strlen(model->name)] == ' ');
    if (!model->save || !model->load || !is_tested) fail_msg("%s", model->name);
  }
}

/* ---- what was tampered with ------------------------------------------------------------------ */

typedef struct target {
  const ml_model *model;
  const double *params;
  const class_data *test;
  ml_value *saved;
  size_t n_loaded, n_refused;
} target;

/* It is refused with a line that says why, or what it predicts does no harm. */
static void try_to_load(target *t, const char *what) {
  void *fitted = NULL;
  ml_error err = {0};
  const ml_view rows = class_view(t->test);
  size_t n = rows.n * (rows.n_classes ? rows.n_classes : 1);
  double *out = calloc(n + 1, sizeof *out);
  ml_status status = t->model->load(t->params, t->saved, t->test->p, t->test->k, &fitted, &err);
  if (status == ML_OK) {
    t->n_loaded++;
    t->model->predict(fitted, &rows, out, NULL);
    t->model->free(fitted);
  } else {
    t->n_refused++;
    if (status != ML_ERR_PARSE || err.status != status || !err.message[0] ||
        strchr(err.message, '\n'))
      fail_msg("%s, %s: status %d, '%s'", t->model->name, what, (int)status, err.message);
    assert_null(fitted);
  }
  free(out);
}

static void replace(target *t, ml_value *at) {
  static const ml_value none[1];
  const ml_value before = *at;
  ml_value list = ml_value_null(), dict = ml_value_null();
  list.type = ML_TYPE_LIST;
  list.as.l.values = none;
  dict.type = ML_TYPE_DICT;
  dict.as.l.values = none;
  const ml_value values[] = {
      ml_value_null(),
      ml_value_bool(true),
      ml_value_string("x"),
      ml_value_string("inf"),
      ml_value_string("-inf"),
      ml_value_int(-1),
      ml_value_int(0),
      ml_value_int(1),
      ml_value_int(3),
      ml_value_int(INT32_MAX),
      ml_value_int(UINT32_MAX),
      ml_value_int(INT64_MAX),
      ml_value_int(INT64_MIN),
      ml_value_int(-2),
      ml_value_real(0.5),
      ml_value_real(-0.0),
      ml_value_real(1e308),
      ml_value_real(-1e308),
      ml_value_real(5e-324),
      ml_value_real(0.123456789012345),
      ml_value_string("1e400"),
      ml_value_string("5E-1"),
      ml_value_string("-7"),
      list,
      dict,
  };
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    *at = values[i];
    try_to_load(t, "replaced");
  }
  *at = before;
}

/* One element less, one more, the first one twice. */
static void resize(target *t, ml_value *at) {
  const ml_value before = *at;
  size_t n = before.as.l.n;
  ml_value *longer = calloc(n + 1, sizeof *longer);
  if (n) memcpy(longer, before.as.l.values, n * sizeof *longer);
  if (n) longer[n] = longer[0];
  if (n) {
    at->as.l.n = n - 1;
    try_to_load(t, "shorter");
    at->as.l.n = n / 2;
    try_to_load(t, "half");
  }
  if (n && before.type == ML_TYPE_LIST) {
    at->as.l.n = n + 1;
    at->as.l.values = longer;
    try_to_load(t, "longer");
    at->as.l.values = longer + 1;
    at->as.l.n = n;
    try_to_load(t, "moved");
  }
  *at = before;
  free(longer);
}

/* Every entry of dictionaries; of long lists the first, the last and some in between. */
static void tamper(target *t, ml_value *at) {
  replace(t, at);
  if (at->type != ML_TYPE_LIST && at->type != ML_TYPE_DICT) return;
  resize(t, at);
  size_t n = at->as.l.n, step = at->type == ML_TYPE_LIST && n > 4 ? n / 3 : 1;
  ml_value *values = (ml_value *)(uintptr_t)at->as.l.values;
  for (size_t i = 0; i < n; i += i + step >= n && i + 1 < n ? n - 1 - i : step) {
    if (at->type == ML_TYPE_DICT) { /* without this entry */
      const char **names = (const char **)(uintptr_t)at->as.l.names, *name = names[i];
      names[i] = "other";
      try_to_load(t, "removed");
      names[i] = name;
    }
    tamper(t, &values[i]);
  }
}

static void what_was_tampered_with_does_no_harm(void **state) {
  (void)state;
  double params[64];
  for (size_t s = 0; s < N_SETTINGS; s++) {
    const ml_model *model = set_up(settings[s], params);
    for (size_t k = 0; model && k <= 3; k += k ? 1 : 2) {
      class_data train = class_random(24, 3, k, 10 + s), test = class_random(9, 3, k, 99);
      const ml_view view = class_view(&train);
      ml_arena *arena = ml_arena_new();
      ml_value saved;
      target t = {model, params, &test, &saved, 0, 0};
      void *fitted = NULL;
      if (solves(model, k) && (!model->check || model->check(params, &view, NULL) == ML_OK) &&
          model->fit(params, &view, 7, NULL, &fitted, NULL) == ML_OK) {
        ml_buf json = json_of(model, fitted);
        model->free(fitted);
        assert_int_equal(ml_value_from_json(json.data, json.n, "", arena, &saved, NULL), ML_OK);
        try_to_load(&t, "untouched");
        assert_int_equal(t.n_loaded, 1);
        tamper(&t, &saved);
        if (t.n_refused < 50) fail_msg("%s: %zu refused", settings[s], t.n_refused);
        try_to_load(&t, "untouched again");
        ml_buf_release(&json);
      }
      ml_arena_free(arena);
      class_release(&train);
      class_release(&test);
    }
  }
}

/* Sizes that belong to another dataset. */
static void other_sizes_are_refused(void **state) {
  (void)state;
  double params[64];
  for (size_t s = 0; s < N_SETTINGS; s++) {
    const ml_model *model = set_up(settings[s], params);
    size_t k = model && model->traits & ML_MODEL_CLASSIFIES ? 3 : 0;
    class_data train = class_random(40, 4, k, 1), test = class_random(9, 1, 2, 99);
    const ml_view view = class_view(&train);
    void *fitted = NULL;
    if (model && (!model->check || model->check(params, &view, NULL) == ML_OK) &&
        model->fit(params, &view, 7, NULL, &fitted, NULL) == ML_OK) {
      ml_arena *arena = ml_arena_new();
      ml_value saved;
      assert_int_equal(model->save(fitted, arena, &saved, NULL), ML_OK);
      test.k = k ? 2 : 0;
      target t = {model, params, &test, &saved, 0, 0};
      try_to_load(&t, "fewer features and classes");
      model->free(fitted);
      ml_arena_free(arena);
    }
    class_release(&train);
    class_release(&test);
  }
}

/* ---- words ----------------------------------------------------------------------------------- */

static void expect_words(const char *words, size_t k, const char *json, const char *want) {
  double params[64];
  const ml_model *model = set_up(words, params);
  ml_arena *arena = ml_arena_new();
  ml_value saved;
  ml_error err = {0};
  void *fitted = NULL;
  if (model) {
    assert_int_equal(ml_value_from_json(json, strlen(json), "", arena, &saved, &err), ML_OK);
    assert_int_equal(model->load(params, &saved, 2, k, &fitted, &err), ML_ERR_PARSE);
    assert_string_equal(err.message, want);
  }
  ml_arena_free(arena);
}

static void it_is_said_which_entry_is_wrong(void **state) {
  (void)state;
  expect_words("ols", 0, "[]", "it is of type list, where a dictionary belongs");
  expect_words("ols", 0, "{\"constant\":1}", "'shift' is missing");
  expect_words("ols", 0, "{\"constant\":\"1\"}",
               "'constant' is of type string, where a number belongs");
  expect_words("ols", 0, "{\"constant\":1,\"shift\":[0,1],\"coef\":[1]}",
               "'coef' has 1 elements, where 2 belong");
  expect_words("ols", 0, "{\"constant\":1,\"shift\":[0,1],\"coef\":[1,null]}",
               "'coef' has nan in place 2, where a number from -1.79769e+308 to 1.79769e+308 "
               "belongs");
  expect_words("decision_tree", 2, "{\"columns\":[2],\"thresholds\":[],\"values\":[]}",
               "'columns' has 2 in place 1, where an integer from -1 to 1 belongs");
  expect_words("decision_tree", 2, "{\"columns\":[1,-1],\"thresholds\":[1],\"values\":[1,0]}",
               "'columns' ends within tree 1");
  expect_words("decision_tree", 2, "{\"columns\":[-1,-1],\"thresholds\":[],\"values\":[1,0]}",
               "'columns' has 2 trees, where 1 belong");
  expect_words("logistic", 3, "{\"classes\":[1,0]}", "'classes' does not ascend in place 2");
  expect_words("gaussian_nb", 2, "{\"knows_columns\":1}",
               "'knows_columns' is of type integer, where true or false belongs");
  expect_words("knn", 0, "{\"x\":[[1,2]],\"y\":[3]}",
               "'x' has 1 rows, which are fewer than the neighbours");
  expect_words("xgboost", 0,
               "{\"booster\":{\"learner\":{\"objective\":{\"name\":\"reg:squarederror\"},"
               "\"gradient_booster\":{\"name\":\"gbtree\",\"model\":{\"trees\":[]}}}}}",
               "'booster.learner.gradient_booster.model.trees' has 0 trees, where 100 belong");
}

/* A number of trees or classes is no reason to ask for memory. */
static void numbers_are_no_sizes(void **state) {
  (void)state;
  expect_words("random_forest n_estimators=1000000", 2,
               "{\"columns\":[-1],\"thresholds\":[],\"values\":[1,0]}",
               "'columns' has 1 trees, where 1000000 belong");
  expect_words("gaussian_nb", (size_t)1 << 40,
               "{\"knows_columns\":true,\"base\":[0],\"mean\":[],\"rest\":[],\"variance\":[]}",
               "'base' has 1 elements, where 1099511627776 belong");
  expect_words("knn", (size_t)1 << 40, "{\"x\":[[1,2]],\"classes\":[1,1]}",
               "'classes' has 2 elements, where 1 belong");
}

#define TEST(f) cmocka_unit_test(f)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(what_is_loaded_predicts_the_same_bits), TEST(every_model_can_be_saved),
      TEST(what_was_tampered_with_does_no_harm),   TEST(other_sizes_are_refused),
      TEST(it_is_said_which_entry_is_wrong),       TEST(numbers_are_no_sizes),
  };
  setenv("OMP_NUM_THREADS", "1", 1); /* XGBoost's trees are small: its threads only wait */
  return cmocka_run_group_tests_name("model_saved", tests, NULL, NULL);
}
