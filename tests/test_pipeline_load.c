/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files that are no pipelines: cut short, edited, newer, or made up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline_cases.h"

/* ---- texts ------------------------------------------------------------------------------------
 */

static char *made, *made_series, *made_nan; /* of a table with texts; of series */

static void expect_ok(ml_status status, const ml_error *err) {
  if (status != ML_OK) fail_msg("%s", err->message);
}

/* @param n  features; the third has a name that JSON has no number for */
static char *make_of_series(size_t n) {
  static const char text[] =
      "id,time,v,w,y\n1,0,1,0,a\n1,1,2,0,a\n2,0,5,1,b\n2,1,6,2,b\n"
      "3,0,2,0,a\n3,1,1,1,a\n4,0,7,3,b\n4,1,4,4,b\n";
  static const char *const names[] = {"v__mean", "w__quantile__q_0.5", "v__value_count__value_nan"};
  const ml_window window = {.rows = 2};
  const ml_series_opts columns = {.target = "y", .window = &window};
  ml_series_set *set;
  ml_fresh_settings *settings;
  ml_matrix *matrix;
  ml_target *target;
  ml_dataset *data;
  ml_pipeline *p;
  const ml_model *model;
  ml_error err = {0};
  expect_ok(ml_series_parse(text, sizeof text - 1, "s.csv", &columns, &set, &err), &err);
  expect_ok(ml_fresh_settings_from_names(names, n, NULL, &settings, &err), &err);
  expect_ok(ml_fresh_extract(set, settings, NULL, NULL, &matrix, &err), &err);
  expect_ok(ml_target_of_series(set, ML_CLASSIFICATION, &target, &err), &err);
  expect_ok(ml_dataset_of_matrix(matrix, target, NULL, &data, &err), &err);
  expect_ok(ml_model_find("decision_tree", NULL, &model, &err), &err);
  const ml_pipeline_opts opts = {
      .model = model, .set = set, .settings = settings, .columns = &columns};
  expect_ok(ml_pipeline_fit(data, &opts, &p, &err), &err);
  char *json = pipeline_json(p, NULL);
  ml_pipeline_free(p);
  ml_dataset_free(data);
  ml_target_free(target);
  ml_matrix_free(matrix);
  ml_fresh_settings_free(settings);
  ml_series_free(set);
  return json;
}

static int make(void **state) {
  (void)state;
  made_series = make_of_series(2);
  made_nan = make_of_series(3);
  const unsigned traits = PIPELINE_TEXTS | PIPELINE_IDS | PIPELINE_MISSING;
  char *text = pipeline_csv(24, traits, 3);
  ml_dataset *data = pipeline_data(pipeline_file("train.csv", text), "kind", traits);
  ml_pipeline *p = pipeline_fit_set(data, "decision_tree", "impute=median,one-hot",
                                    (const char *const[]){"max_depth=3", NULL});
  made = pipeline_json(p, NULL);
  ml_pipeline_free(p);
  ml_dataset_free(data);
  free(text);
  return 0;
}

static int release(void **state) {
  (void)state;
  free(made);
  free(made_series);
  free(made_nan);
  return 0;
}

/* The text with something else in place of what is there once. free() it. */
static char *with(const char *text, const char *what, const char *other) {
  const char *at = strstr(text, what);
  char *out = NULL;
  if (!at) fail_msg("no %s in %s", what, text);
  assert_true(asprintf(&out, "%.*s%s%s", (int)(at - text), text, other, at + strlen(what)) > 0);
  return out;
}

/* From what begins with `what` up to `end`, without it. */
static char *with_range(const char *text, const char *what, const char *end, const char *other) {
  const char *from = strstr(text, what), *to = from ? strstr(from, end) : NULL;
  char *out = NULL;
  if (!to) fail_msg("no %s to %s in %s", what, end, text);
  assert_true(asprintf(&out, "%.*s%s%s", (int)(from - text), text, other, to) > 0);
  return out;
}

static void expect_of(const char *of, const char *what, const char *other, const char *message) {
  char *text = with(of, what, other);
  pipeline_expect_refused(text, ML_ERR_PARSE, message);
  free(text);
}

static void expect(const char *what, const char *other, const char *message) {
  expect_of(made, what, other, message);
}

static void expect_range(const char *what, const char *end, const char *other,
                         const char *message) {
  char *text = with_range(made, what, end, other);
  pipeline_expect_refused(text, ML_ERR_PARSE, message);
  free(text);
}

/* ---- tests ------------------------------------------------------------------------------------
 */

static void no_json(void **state) {
  (void)state;
  pipeline_expect_refused("", ML_ERR_PARSE,
                          "m.json:1:1: not JSON: unexpected token near end of file");
  pipeline_expect_refused("{\"mltool_pipeline\": 1,\n \"mltool_pipeline\": 1}", ML_ERR_PARSE,
                          "m.json:2:18: not JSON: duplicate object key near '\"mltool_pipeline\"'");
  char *deep = calloc(1, 300);
  assert_non_null(deep);
  memcpy(deep, "{\"mltool_pipeline\": ", 20);
  memset(deep + 20, '[', 100);
  memset(deep + 120, ']', 100);
  deep[220] = '}';
  pipeline_expect_refused(deep, ML_ERR_PARSE, "m.json: not JSON: nested deeper than 64");
  free(deep);
}

static void no_pipelines(void **state) {
  (void)state;
  static const char *const texts[] = {"{}",
                                      "[]",
                                      "1",
                                      "{\"columns\": []}",
                                      "{\"mltool_pipeline\": \"1\"}",
                                      "{\"mltool_pipeline\": 0}"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    pipeline_expect_refused(
        texts[i], ML_ERR_PARSE,
        "m.json: no model of mltool: it does not begin with {\"mltool_pipeline\": 1, ...}");
  pipeline_expect_refused(
      "{\"mltool_pipeline\": 2, \"anything\": 0}", ML_ERR_PARSE,
      "m.json: written by a newer mltool (schema 2), and this one reads schema 1");
  pipeline_expect_refused("{\"mltool_pipeline\": 1}", ML_ERR_PARSE, "m.json: about: it is missing");
}

static void members(void **state) {
  (void)state;
  expect("\"about\"", "\"above\"", "m.json: about: it is missing");
  expect("\"mltool_pipeline\": 1,", "\"mltool_pipeline\": 1, \"more\": 2,",
         "m.json: more: nothing is known by this name");
}

static void wrong_members(void **state) {
  (void)state;
  expect("\"rows\":24", "\"rows\":\"24\"",
         "m.json: about.data.rows: expected an integer, found string");
  expect("\"rows\":24", "\"rows\":0", "m.json: about.data.rows: 0 is out of range");
  expect("\"weighted\":false", "\"weighted\":0",
         "m.json: about.data.weighted: expected true or false");
  expect("\"calm\":", "\"calm\":-", "m.json: about.data.classes: 'calm' is no number of rows");
  expect("\"values\":null", "\"values\":{}", "m.json: about.data.values.min: it is missing");
  expect("\"seed\":7", "\"seed\":7.5",
         "m.json: about.seed: expected an integer, or a string with one");
  expect("\"validation\":null", "\"validation\":{\"cv\":1}",
         "m.json: about.validation.seed: it is missing");
  expect("\"kind\":\"table\"", "\"kind\":\"tables\"",
         "m.json: input.kind: expected \"series\" or \"table\"");
  expect("\"kind\":\"table\"", "\"kind\":\"series\"", "m.json: input.sort: it is missing");
  expect("\"recipe\": null", "\"recipe\": {}",
         "m.json: recipe: a table has none, and null stands for it");
  expect("\"id\":\"name\"", "\"id\":1",
         "m.json: input.id: expected a string or null, found integer");
}

/* The 8 columns are those of the steps. */
static void wrong_importance(void **state) {
  (void)state;
  static const char *const values[] = {"-1", "null", "true", "\"inf\"", "[0]", "-1e-300"};
  expect_range("\"importance\":{", ",\"seed\"", "\"importance\":[1]",
               "m.json: about.importance: expected an object, found list");
  expect("\"importance\":{", "\"importance\":{\"of\":1,",
         "m.json: about.importance.of: nothing is known by this name");
  expect("\"importance\":{\"is\":", "\"importance\":{\"was\":",
         "m.json: about.importance.is: it is missing");
  expect_range("\"importance\":{\"is\":", ",\"values\"", "\"importance\":{\"is\":null",
               "m.json: about.importance.is: expected a string, found null");
  expect_range("\"values\":[", ",\"seed\"", "\"values\":null}",
               "m.json: about.importance.values: expected a list, found null");
  expect("\"values\":[", "\"values\":[1,",
         "m.json: about.importance.values: expected 8 entries, found 9");
  expect_range("\"values\":[", "]", "\"values\":[0,0,0,0,0,0,1",
               "m.json: about.importance.values: expected 8 entries, found 7");
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    char list[64];
    snprintf(list, sizeof list, "\"values\":[1,0,%s,0,0,0,0,0", values[i]);
    expect_range("\"values\":[", "]", list,
                 "m.json: about.importance.values: entry 3 is no finite number from 0 on");
  }
  expect_range("\"importance\":{", "\"seed\"", "", "m.json: about.importance: it is missing");
}

static void wrong_features(void **state) {
  (void)state;
  expect("{\"name\":\"b\"", "{\"name\":\"a\"", "m.json: features: 'a' is there twice");
  expect("{\"name\":\"b\"", "{\"name\":3",
         "m.json: features[1].name: expected a string, found integer");
  expect("{\"name\":\"b\",\"type\":\"number\"", "{\"name\":\"b\",\"type\":\"numbers\"",
         "m.json: features[1].type: 'numbers' is none of its words");
  expect("{\"name\":\"b\",\"type\":\"number\"", "{\"name\":\"b\",\"type\":\"text\"",
         "m.json: features[1].categories: it is missing");
  expect_range("\"deciles\":[", "]", "\"deciles\":[1,2",
               "m.json: features[0].deciles: expected 11 entries, found 2");
  expect_range(
      "\"deciles\":[", "]", "\"deciles\":[1,2,3,4,5,6,7,8,9,8,11",
      "m.json: features[0].deciles: entry 10 is no number, or less than the one before it");
  expect_range("\"counts\":[", "]", "\"counts\":[1,2,3,4,5,6,7,8,9",
               "m.json: features[0].counts: expected 10 entries, found 9");
  expect_range("\"counts\":[", "]", "\"counts\":[1,2,3,4,5,6,7,8,9,-1",
               "m.json: features[0].counts: entry 10 is no number of rows");
  expect_range("\"features\": [", "],\n\"prep\"", "\"features\": [",
               "m.json: features: there is none");
}

static void wrong_models(void **state) {
  (void)state;
  char *text = with(made, "\"name\":\"decision_tree\"", "\"name\":\"decision_treee\"");
  pipeline_expect_refused(
      text, ML_ERR_PARSE,
      "m.json: model.name: no model 'decision_treee' (did you mean 'decision_tree'?)");
  free(text);
  expect("\"name\":\"decision_tree\"", "\"name\":\"ols\"",
         "m.json: model.problem: model 'ols' is for regression only");
  expect("\"name\":\"decision_tree\"", "\"name\":\"./evil.so\"",
         "m.json: model.name: './evil.so' is the name of a file");
  for (size_t i = 0; i < 2; i++) { /* no module is looked for */
    text = with(
        made, "\"name\":\"decision_tree\",\"file\":null",
        i ? "\"name\":\"py:no.Such\",\"file\":\"x.so\"" : "\"name\":\"py:no.Such\",\"file\":null");
    pipeline_expect_refused(text, ML_ERR_USAGE,
                            "m.json: its model 'py:no.Such' is in a pickle beside it, and a pickle "
                            "runs any code that was put into it: --trust loads it, if you know who "
                            "made it");
    free(text);
  }
  text = with(made, "\"name\":\"decision_tree\",\"file\":null",
              "\"name\":\"mine\",\"file\":\"mine.so\"");
  pipeline_expect_refused(text, ML_ERR_USAGE,
                          "m.json: its model 'mine' is one of 'mine.so', which is opened only when "
                          "you name it (--model ./mine.so)");
  free(text);
  expect("\"classes\":[\"calm\",\"storm\"", "\"classes\":[\"calm\",\"calm\"",
         "m.json: model.classes: 'calm' is there twice");
  expect(
      "\"max_depth\":3", "\"max_depth\":0",
      "m.json: model.params.max_depth: '0' is no value of 'max_depth', which takes an integer of "
      "at least 1 and at most 2147483647, or none");
  expect("\"max_depth\":3", "\"max_depht\":3", "m.json: model.params.max_depth: it is missing");
  expect("\"steps\":\"impute=median,one-hot\"", "\"steps\":\"impute=medium\"",
         "m.json: prep.steps: impute=medium is neither impute=mean nor impute=median");
  expect("\"columns\":[{\"feature\":0,", "\"columns\":[{\"feature\":6,",
         "m.json: prep.learnt: 'columns[1].feature' is 6, where an integer from 0 to 5 belongs");
  expect("{\"is\":\"deep, blue\"}", "{\"fill\":[0,0,1]}",
         "m.json: prep.learnt: 'columns[6].ops[1].is' is missing");
  expect_range("\"columns\":[", "}},\n\"model\"", "\"columns\":[]",
               "m.json: prep.learnt: no column is left by the steps");
  text = with(made, "\"learnt\":{\"columns\":[{",
              "\"learnt\":{\"functions\":[{\"function\":\"no.such\",\"sha256\":\"\","
              "\"takes\":[{\"feature\":0,\"name\":\"a\",\"ops\":[]}],\"gives\":[\"b\"]}],"
              "\"columns\":[{");
  pipeline_expect_refused(text, ML_ERR_USAGE,
                          "m.json: its step 'py:no.such' is a function of Python, and its module "
                          "runs when it is imported: --trust does it, if you know who made both");
  free(text);
  expect_range("\"prep\": ", ",\n\"model\"", "\"prep\": null",
               "m.json: prep: no step takes the texts of feature 'colour'");
}

static void wrong_series(void **state) {
  (void)state;
  const char *t = made_series;
  expect_of(t, "v__mean", "v__median", "m.json:13:15: recipe: v.mean: this is none of the columns");
  expect_of(t, "\"recipe\": {", "\"recipe\": { \"colums\": 1,",
            "m.json:5:13: recipe: unknown key of a recipe 'colums' (did you mean 'columns'?)");
  expect_of(t, "{\"name\":\"v__mean\"", "{\"name\":\"v__median\"",
            "m.json: recipe: it gives 'v__mean' where 'features' has 'v__median'");
  expect_of(t, "\"recipe\"", "\"r\\u0065cipe\"", "m.json: recipe: its name is spelt otherwise");
  expect_of(t, "\"kind_column\":null", "\"kind_column\":\"k\"",
            "m.json: input.value: it goes together with 'kind_column'");
  expect_of(t, "\"missing\":\"default\"", "\"missing\":\"defect\"",
            "m.json: input.missing: 'defect' is none of its words");
  expect_of(t, "\"rows\":2", "\"rows\":-2", "m.json: input.window.rows: -2 is out of range");
  expect_of(t, "\"kind\":\"series\"", "\"kind\":\"table\"",
            "m.json: input.sort: nothing is known by this name");
}

/* Then the recipe is a text, and places in it are none in the file. */
static void value_without_a_word(void **state) {
  (void)state;
  assert_non_null(strstr(made_nan, "\"recipe\": \"{\\n"));
  expect_of(made_nan, "v__mean", "v__median",
            "m.json: recipe: v.mean: this is none of the columns");
}

/* ---- anything at all --------------------------------------------------------------------------
 */

static void expect_some_error(ml_status status, const ml_error *err) {
  assert_true(status == ML_ERR_PARSE || status == ML_ERR_USAGE);
  assert_int_equal(err->status, status);
  assert_string_equal(err->source, "m.json");
  assert_true(err->message[0] && !strchr(err->message, '\n'));
}

static void cut(const char *text) {
  const size_t n = strlen(text);
  for (size_t i = 0; i + 2 < n; i++) { /* the last two are the brace and the line end */
    ml_pipeline *p = NULL;
    ml_error err = {0};
    char *part = malloc(i + 1); /* exactly as long, for sanitizers */
    assert_non_null(part);
    memcpy(part, text, i);
    const ml_status status = ml_pipeline_parse(part, i, "m.json", &p, &err);
    if (status == ML_OK) fail_msg("%zu of %zu bytes are taken", i, n);
    expect_some_error(status, &err);
    free(part);
  }
}

static void cut_short(void **state) {
  (void)state;
  cut(made);
  cut(made_series);
  cut(made_nan);
}

/* What is taken can be used, whatever it says. */
static void use(const ml_pipeline *p) {
  size_t n_features, n_classes;
  ml_pipeline_features(p, &n_features);
  ml_pipeline_classes(p, &n_classes);
  double *x = calloc(3 * n_features + 1, sizeof *x),
         *out = calloc(3 * (n_classes + 1), sizeof *out);
  ml_error err = {0};
  assert_true(x && out);
  const ml_dataset data = {.n_rows = 3, .n_features = n_features, .x = x};
  const ml_status status = ml_pipeline_predict(p, &data, out, &err);
  assert_true(status == ML_OK || err.message[0]);
  free(x);
  free(out);
  free(pipeline_json(p, NULL));
}

static size_t edit(const char *made_text, size_t rounds) {
  static const char bytes[] = "0123456789-.eE{}[]\",:nulltrue aZ\\\x80";
  uint64_t seed = 12;
  const size_t n = strlen(made_text);
  size_t n_taken = 0;
  char *text = malloc(n + 1);
  assert_non_null(text);
  for (size_t k = 0; k < rounds; k++) {
    ml_pipeline *p = NULL;
    ml_error err = {0};
    memcpy(text, made_text, n);
    for (uint64_t i = next_random(&seed) % 3 + 1; i-- > 0;)
      text[next_random(&seed) % n] = bytes[next_random(&seed) % (sizeof bytes - 1)];
    const ml_status status = ml_pipeline_parse(text, n, "m.json", &p, &err);
    if (status == ML_OK)
      use(p);
    else
      expect_some_error(status, &err);
    n_taken += status == ML_OK;
    ml_pipeline_free(p);
  }
  free(text);
  return n_taken;
}

static void edited(void **state) {
  (void)state;
  enum { ROUNDS = 4000 };
  const char *texts[] = {made, made_series, made_nan};
  for (size_t k = 0; k < 3; k++) {
    const size_t n_taken = edit(texts[k], ROUNDS);
    assert_true(n_taken > 0 && n_taken < ROUNDS);
  }
}

static void files(void **state) {
  (void)state;
  ml_pipeline *p = NULL;
  ml_error err = {0};
  assert_int_equal(ml_pipeline_load(pipeline_path("not_there.json"), &p, &err), ML_ERR_IO);
  const char *path = pipeline_file("model.json", made);
  assert_int_equal(ml_pipeline_load(path, &p, &err), ML_OK);
  char *again = pipeline_json(p, NULL);
  assert_string_equal(again, made);
  free(again);
  assert_int_equal(ml_pipeline_save(p, pipeline_path("model.json.gz"), &err), ML_OK);
  ml_pipeline_free(p);
  assert_int_equal(ml_pipeline_load(pipeline_path("model.json.gz"), &p, &err), ML_OK);
  again = pipeline_json(p, NULL);
  assert_string_equal(again, made);
  free(again);
  const char *full = full_device();
  assert_int_equal(ml_pipeline_save(p, full, &err), ML_ERR_IO);
  ml_pipeline_free(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(no_json),
      cmocka_unit_test(no_pipelines),
      cmocka_unit_test(members),
      cmocka_unit_test(wrong_members),
      cmocka_unit_test(wrong_importance),
      cmocka_unit_test(wrong_features),
      cmocka_unit_test(wrong_models),
      cmocka_unit_test(wrong_series),
      cmocka_unit_test(value_without_a_word),
      cmocka_unit_test(cut_short),
      cmocka_unit_test(edited),
      cmocka_unit_test(files),
  };
  return cmocka_run_group_tests(tests, make, release);
}
