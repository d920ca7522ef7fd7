/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that runs out while data are read, prepared and scored, and in cross-validation. */
#include "memory.h"

#include <stdio.h>
#include <string.h>

static char data_path[128];

static ml_status read_dataset(const ml_dataset_opts *opts, ml_dataset **out, ml_error *err) {
  ml_dataset *data = NULL;
  ml_status status = ml_dataset_read(data_path, opts, NULL, &data, err);
  if (status != ML_OK) assert_null(data);
  if (out)
    *out = data;
  else
    ml_dataset_free(data);
  return status;
}

static const ml_dataset_opts for_classes = {
    .target = "kind", .weights = "w", .groups = "g", .exclude = "y"};
static const ml_dataset_opts for_numbers = {
    .target = "y", .exclude = "kind,w,g", .problem = ML_REGRESSION};

static ml_status read_classes(ml_error *err) {
  return read_dataset(&for_classes, NULL, err);
}

static ml_status read_numbers(ml_error *err) {
  return read_dataset(&for_numbers, NULL, err);
}

static ml_dataset *classes, *numbers; /* that were read */

static const char *list_of_steps;
static const ml_dataset *prepared_data;

/* Learnt, to values and back, and applied. */
static ml_status prepare(ml_error *err) {
  static const uint32_t rows[] = {0, 2, 3, 5, 6, 7, 9};
  static const size_t place[] = {0, 1, 2};
  static const bool are_texts[] = {false, false, true};
  double out[7 * 8];
  ml_prep *prep = NULL;
  ml_prepared *steps = NULL, *loaded = NULL;
  ml_value saved;
  ml_arena *arena = ml_arena_new();
  if (!arena) return ml_error_memory(err);
  ml_status status = ml_prep_parse(list_of_steps, &prep, err);
  if (status == ML_OK) status = ml_prep_fit(prep, prepared_data, rows, 7, &steps, err);
  if (status == ML_OK) status = ml_prepared_save(steps, place, arena, &saved, err);
  if (status == ML_OK) status = ml_prepared_load(&saved, 3, are_texts, &loaded, err);
  if (status == ML_OK) {
    assert_true(ml_prepared_n_columns(loaded) <= 8);
    status = ml_prepared_apply(loaded, prepared_data, rows, 7, out, 7, err);
  } else {
    assert_null(loaded);
  }
  ml_arena_free(arena);
  ml_prepared_free(loaded);
  ml_prepared_free(steps);
  ml_prep_free(prep);
  return status;
}

static ml_prepared *learnt;
static size_t filled; /* bytes of the arena, so that each time others are beyond its first chunk */

static ml_status save_learnt(ml_error *err) {
  static const size_t place[] = {0, 1, 2};
  ml_value saved;
  ml_arena *arena = ml_arena_new();
  ml_status status = arena && ml_arena_alloc(arena, filled) ? ML_OK : ml_error_memory(err);
  if (status == ML_OK) status = ml_prepared_save(learnt, place, arena, &saved, err);
  ml_arena_free(arena);
  return status;
}

/* Functions of Python, which are not looked for: read, kept. */
static ml_status keep_functions(ml_error *err) {
  static const char text[] =
      "{\"functions\":[{\"function\":\"m.f\",\"sha256\":\"\",\"takes\":[{\"feature\":0,"
      "\"name\":\"a\",\"ops\":[{\"scale\":[0,2]}]},{\"feature\":2,\"name\":\"c=x\",\"ops\":"
      "[{\"is\":\"x\"}]}],\"gives\":[\"f_0\",\"f_1\"]}],\"columns\":[{\"function\":0,\"column\":1,"
      "\"name\":\"f_1\",\"ops\":[\"zero\"]}]}";
  static const size_t place[] = {0, 1, 2};
  static const bool are_texts[] = {false, false, true};
  ml_prepared *loaded = NULL;
  ml_value value, saved;
  ml_arena *arena = ml_arena_new();
  if (!arena) return ml_error_memory(err);
  ml_status status = ml_value_from_json(text, strlen(text), NULL, arena, &value, err);
  if (status == ML_OK) status = ml_prepared_load(&value, 3, are_texts, &loaded, err);
  if (status == ML_OK) status = ml_prepared_save(loaded, place, arena, &saved, err);
  ml_arena_free(arena);
  ml_prepared_free(loaded);
  return status;
}

static void saved_steps(void **state) {
  (void)state;
  ml_prep *prep = NULL;
  ml_error err = {0};
  assert_int_equal(ml_prep_parse("impute=median,standard,one-hot=b,one-hot,minmax", &prep, &err),
                   ML_OK);
  assert_int_equal(ml_prep_fit(prep, numbers, NULL, 0, &learnt, &err), ML_OK);
  for (filled = 16; filled < 4096; filled += 16) fail_each("save steps", save_learnt, 0);
  fail_each("functions among steps", keep_functions, 0);
  ml_prepared_free(learnt);
  ml_prep_free(prep);
}

static ml_status score_classes(ml_error *err) {
  static const char *const names[] = {"roc_auc",  "average_precision", "f1_macro",         "mcc",
                                      "log_loss", "cohen_kappa",       "balanced_accuracy"};
  static const double p[] = {0.9, 0.1, 0.4, 0.6, 0.3, 0.7, 0.5, 0.5};
  static const uint32_t truth[] = {0, 1, 0, 1}, predicted[] = {0, 1, 1, 0};
  static char *labels[] = {(char *)"a", (char *)"b"};
  const ml_scored scored = {.problem = ML_CLASSIFICATION,
                            .n = 4,
                            .n_classes = 2,
                            .labels = labels,
                            .classes = truth,
                            .predicted = predicted,
                            .scores = p,
                            .are_probabilities = true};
  ml_status status = ML_OK;
  for (size_t i = 0; i < sizeof names / sizeof *names && status == ML_OK; i++) {
    ml_metric metric;
    double value;
    status = ml_metric_parse(names[i], &metric, err);
    if (status == ML_OK) status = ml_metric_compute(&metric, &scored, &value, NULL, err);
  }
  return status;
}

static char truth_path[128], predictions_path[128];

static ml_status read_scores(ml_error *err) {
  ml_score *score = NULL;
  ml_status status = ml_score_read(truth_path, predictions_path, NULL, &score, err);
  if (status != ML_OK) assert_null(score);
  ml_score_free(score);
  return status;
}

/* ---- runs ------------------------------------------------------------------------------------ */

static const char *model_name, *spec, *steps_text;
static ml_xval_opts opts;
static ml_draw draw;

static ml_status cross_validate(ml_error *err) {
  const ml_model *model = NULL;
  ml_candidates *candidates = NULL;
  ml_prep *prep = NULL;
  ml_xval_result *result = NULL;
  double params[32];
  const ml_candidates_opts drawn = {.draw = draw, .n = 2};
  ml_status status = ml_model_find(model_name, NULL, &model, err);
  if (status == ML_OK) {
    ml_model_defaults(model, params);
    status = ml_candidates_make(model, params, &spec, spec != NULL, &drawn, &candidates, err);
  }
  if (status == ML_OK && steps_text) status = ml_prep_parse(steps_text, &prep, err);
  if (status == ML_OK) {
    opts.prep = prep;
    const ml_dataset *data = model->traits & ML_MODEL_REGRESSES ? numbers : classes;
    status = ml_xval(data, model, candidates, NULL, &opts, NULL, NULL, &result, err);
    if (status != ML_OK) assert_null(result);
  }
  ml_xval_free(result);
  ml_prep_free(prep);
  ml_candidates_free(candidates);
  return status;
}

static void fail_runs(const char *name, const char *of_model, const char *of_spec) {
  model_name = of_model;
  spec = of_spec;
  fail_each(name, cross_validate, 0);
}

static void models(void **state) {
  (void)state;
  static const struct {
    const char *name, *spec;
  } cases[] = {{"dummy", "strategy=mean,median"},
               {"ols", "fit_intercept=true,false"},
               {"ridge", "alpha=0,1"},
               {"lasso", "alpha=0.1,1"},
               {"elastic_net", "l1_ratio=0.2,0.5"},
               {"logistic", "C=0.1,1"},
               {"gaussian_nb", "var_smoothing=1e-9,1e-3"},
               {"knn", "n_neighbors=1,2"},
               {"decision_tree", "max_depth=1,2"},
               {"random_forest", "n_estimators=1,2"}};
  opts = (ml_xval_opts){.cv = "kfold:2", .fit_unweighted = true};
  draw = ML_DRAW_GRID;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    steps_text = "impute=mean,one-hot=colour";
    fail_runs(cases[i].name, cases[i].name, cases[i].spec);
    steps_text = NULL; /* texts are left out, parts are shared */
    opts.cv = "kfold:3";
    fail_runs(cases[i].name, cases[i].name, cases[i].spec);
    opts.cv = "kfold:2";
  }
}

static void ways(void **state) {
  (void)state;
  steps_text = NULL;
  draw = ML_DRAW_GRID;
  opts = (ml_xval_opts){.cv = "loo", .keep_predictions = true, .pick = ML_PICK_1SE};
  fail_runs("leave one out", "ridge", "alpha=0.1,1");
  opts = (ml_xval_opts){.cv = "gcv"};
  fail_runs("gcv", "ridge", "alpha=0.1,1");
  opts = (ml_xval_opts){.cv = "kfold:2", .nested = "2", .keep_predictions = true};
  fail_runs("nested", "ridge", "alpha=0.1,1");
  opts = (ml_xval_opts){.cv = "shuffled:2", .repeats = 2, .holdout = 0.3, .holdout_shuffle = true};
  fail_runs("holdout", "ridge", "alpha=0.1,1");
  opts = (ml_xval_opts){.cv = "kfold:4", .early = ML_EARLY_RACE};
  fail_runs("race", "ridge", "alpha=0.1,1");
  opts = (ml_xval_opts){.cv = "kfold:2"};
  steps_text = "one-hot,select=fdr:1e-9"; /* of which no column is relevant */
  fail_runs("select", "ridge", "alpha=0.1,1");
  steps_text = NULL;
  draw = ML_DRAW_SOBOL;
  fail_runs("sobol", "ridge", "alpha=log:0.1:1");
  draw = ML_DRAW_RANDOM;
  fail_runs("random", "ridge", "alpha=log:0.1:1");
}

static const ml_model *kept;
static double kept_params[64];
static void *kept_fitted;

/* What was learnt to JSON and back. */
static ml_status keep(ml_error *err) {
  ml_arena *arena = ml_arena_new();
  ml_buf json = {0};
  ml_value saved;
  void *loaded = NULL;
  if (!arena) return ml_error_memory(err);
  ml_status status = kept->save(kept_fitted, arena, &saved, err);
  if (status == ML_OK) status = ml_value_to_json(&saved, &json, err);
  if (status == ML_OK) status = ml_value_from_json(json.data, json.n, "s", arena, &saved, err);
  size_t k = kept->traits & ML_MODEL_CLASSIFIES ? 2 : 0;
  if (status == ML_OK) status = kept->load(kept_params, &saved, 2, k, &loaded, err);
  kept->free(loaded);
  ml_buf_release(&json);
  ml_arena_free(arena);
  return status;
}

static void kept_models(void **state) {
  (void)state;
  static const double x[] = {1, 2, 3, 4, 5, 6, 2, 1, 5, 3, 4, 0}, y[] = {1, 2, 4, 3, 6, 5};
  static const uint32_t of_rows[] = {0, 0, 1, 0, 1, 1};
  for (size_t i = 0; (kept = ml_model_at(i)); i++) {
    ml_error err = {0};
    bool classifies = kept->traits & ML_MODEL_CLASSIFIES;
    const ml_view view = {.n = 6,
                          .n_columns = 2,
                          .x = x,
                          .stride = 6,
                          .y = classifies ? NULL : y,
                          .classes = classifies ? of_rows : NULL,
                          .n_classes = classifies ? 2 : 0};
    ml_model_defaults(kept, kept_params);
    if (strcmp(kept->name, "random_forest") == 0)
      assert_int_equal(ml_model_set(kept, "n_estimators=2", kept_params, &err), ML_OK);
    assert_int_equal(kept->fit(kept_params, &view, 1, NULL, &kept_fitted, &err), ML_OK);
    fail_each(kept->name, keep, 0);
    kept->free(kept_fitted);
  }
}

static void data(void **state) {
  (void)state;
  fail_each("classes", read_classes, 0);
  fail_each("numbers", read_numbers, 0);
}

static void steps(void **state) {
  (void)state;
  static const char *const lists[] = {"impute=median,one-hot=colour,standard,minmax,select-corr=2",
                                      "impute=mean,one-hot,select=k:2/redundancy:0.9,standard",
                                      "one-hot,select=fdr:1e-9/test:ks", "select=test:kx,one-hot"};
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
    list_of_steps = lists[i];
    prepared_data = numbers;
    fail_each("steps", prepare, 0);
    prepared_data = classes;
    fail_each("steps of classes", prepare, 0);
  }
}

static void scores(void **state) {
  (void)state;
  fail_each("metrics", score_classes, 0);
  fail_each("files of scores", read_scores, 0);
}

static void write_text(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
}

static int setup(void **state) {
  (void)state;
  ml_error err;
  snprintf(data_path, sizeof data_path, "%s/data.csv", temp_dir());
  snprintf(truth_path, sizeof truth_path, "%s/truth.csv", temp_dir());
  snprintf(predictions_path, sizeof predictions_path, "%s/predictions.csv", temp_dir());
  write_text(data_path,
             "id,a,b,colour,w,g,kind,y\n1,1,5,red,1,0,no,1\n2,2,3,blue,1,0,yes,3\n"
             "3,3,8,red,2,1,no,2\n4,4,1,green,1,1,yes,5\n5,5,9,red,1,0,no,4\n"
             "6,6,2,blue,1,1,yes,7\n7,7,7,red,2,0,yes,6\n8,8,4,green,1,1,no,9\n"
             "9,9,6,blue,1,0,no,8\n10,10,0,red,1,1,yes,11\n");
  write_text(truth_path, "id,y\n1,a\n2,b\n3,a\n");
  write_text(predictions_path, "id,p_a,p_b\n2,0.1,0.9\n3,0.5,0.5\n1,0.7,0.3\n");
  if (read_dataset(&for_classes, &classes, &err) != ML_OK ||
      read_dataset(&for_numbers, &numbers, &err) != ML_OK)
    fail_msg("%s", err.message);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  ml_dataset_free(classes);
  ml_dataset_free(numbers);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(data),        cmocka_unit_test(steps),
                                     cmocka_unit_test(saved_steps), cmocka_unit_test(scores),
                                     cmocka_unit_test(models),      cmocka_unit_test(kept_models),
                                     cmocka_unit_test(ways)};
  return cmocka_run_group_tests_name("memory_xval", tests, setup, teardown);
}
