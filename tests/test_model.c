/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hyper-parameters by their tables, and models by name: those that are refused, and why. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ml/model_internal.h>

#include "functions_cases.h"

static const ml_model_param params[] = {
    {.name = "share", .kind = ML_MODEL_REAL, .lo = 0, .hi = 1, .above_lo = true, .fallback = 0.5},
    {.name = "depth",
     .kind = ML_MODEL_INT,
     .lo = 1,
     .hi = 99,
     .fallback = INFINITY,
     .none = "none"},
    {.name = "kind", .kind = ML_MODEL_CHOICE, .choices = "near|nearer|far"},
    {.name = "flag", .kind = ML_MODEL_BOOL, .fallback = 1},
    {.name = "width",
     .kind = ML_MODEL_REAL,
     .lo = 0,
     .hi = INFINITY,
     .choices = "sqrt|log2",
     .fallback = -1},
    {.name = "below", .kind = ML_MODEL_REAL, .lo = -INFINITY, .hi = 2, .below_hi = true},
    {.name = "free", .kind = ML_MODEL_REAL, .lo = -INFINITY, .hi = INFINITY, .none = "all"},
};
enum { SHARE, DEPTH, KIND, FLAG, WIDTH, BELOW, FREE, N_PARAMS };
static const ml_model model = {.abi = ML_MODEL_ABI,
                               .name = "made",
                               .traits = ML_MODEL_REGRESSES,
                               .params = params,
                               .n_params = N_PARAMS};

/* ---- hyper-parameters ------------------------------------------------------------------------ */

static void expect_text(const ml_buf *got, const char *want) {
  assert_false(got->failed);
  assert_int_equal(got->n, strlen(want));
  assert_memory_equal(got->data, want, got->n);
}

static void values_are_read_and_written(void **state) {
  (void)state;
  static const struct {
    size_t param;
    const char *text;
    double value;
    const char *written;
  } cases[] = {
      {SHARE, "0.25", 0.25, "0.25"},
      {SHARE, "1", 1, "1"},
      {SHARE, "1e-300", 1e-300, "1e-300"},
      {DEPTH, "7", 7, "7"},
      {DEPTH, "99", 99, "99"},
      {DEPTH, "1e1", 10, "10"},
      {DEPTH, "none", INFINITY, "none"},
      {KIND, "near", 0, "near"},
      {KIND, "nearer", 1, "nearer"},
      {KIND, "far", 2, "far"},
      {FLAG, "true", 1, "true"},
      {FLAG, "False", 0, "false"},
      {FLAG, "0", 0, "false"},
      {FLAG, "1", 1, "true"},
      {WIDTH, "sqrt", -1, "sqrt"},
      {WIDTH, "log2", -2, "log2"},
      {WIDTH, "3", 3, "3"},
      {BELOW, "-1e308", -1e308, "-1e308"},
      {BELOW, "1.5", 1.5, "1.5"},
      {FREE, "-1", -1, "-1"},
      {FREE, "all", INFINITY, "all"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    double value = NAN;
    ml_buf out = {0};
    ml_error err = {0};
    const ml_model_param *param = &params[cases[i].param];
    if (ml_model_param_parse(param, cases[i].text, &value, &err) != ML_OK)
      fail_msg("%s: %s", cases[i].text, err.message);
    expect_same(cases[i].text, value, cases[i].value);
    assert_int_equal(ml_model_param_check(param, value, &err), ML_OK);
    ml_model_param_format(param, value, &out);
    expect_text(&out, cases[i].written);
    ml_buf_release(&out);
  }
}

static void what_is_no_value_is_refused(void **state) {
  (void)state;
  static const struct {
    size_t param;
    const char *texts[12];
    const char *takes;
  } cases[] = {
      {SHARE,
       {"0", "1.1", "-1", "", "x", "nan", "inf", "none", "0.5 ", NULL},
       "a number above 0 and at most 1"},
      {DEPTH,
       {"0", "100", "1.5", "-2", "None", "1e999", "inf", NULL},
       "an integer of at least 1 and at most 99, or none"},
      {KIND, {"nea", "nearest", "", "near|nearer", "0", "|", NULL}, "one of near, nearer, far"},
      {FLAG, {"2", "yes", "", "TRUE", NULL}, "true or false"},
      {WIDTH, {"-1", "-2", "sqrtlog2", "log"}, "a number of at least 0, or sqrt, log2"},
      {BELOW, {"2", "3", NULL}, "a number below 2"},
      {FREE, {"none", "1,5", "0x1g", NULL}, "a number, or all"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (const char *const *text = cases[i].texts; *text; text++) {
      const ml_model_param *param = &params[cases[i].param];
      double value = 42;
      char want[256];
      ml_error err = {0};
      if (ml_model_param_parse(param, *text, &value, &err) != ML_ERR_USAGE)
        fail_msg("'%s' was taken for '%s'", *text, param->name);
      expect_same(*text, value, 42);
      snprintf(want, sizeof want, "'%s' is no value of '%s', which takes %s", *text, param->name,
               cases[i].takes);
      assert_string_equal(err.message, want);
    }
}

static void computed_values_are_checked(void **state) {
  (void)state;
  static const struct {
    size_t param;
    double value;
    bool is_fine;
  } cases[] = {
      {SHARE, 0, false},         {SHARE, 0x1p-1074, true}, {SHARE, 1, true},
      {SHARE, NAN, false},       {DEPTH, INFINITY, true},  {DEPTH, -INFINITY, false},
      {DEPTH, 2.5, false},       {DEPTH, NAN, false},      {DEPTH, 0x1p60, false},
      {KIND, 2, true},           {KIND, 3, false},         {KIND, -1, false},
      {KIND, 0.5, false},        {KIND, 1e300, false},     {KIND, NAN, false},
      {FLAG, 1, true},           {FLAG, 0.5, false},       {FLAG, 2, false},
      {WIDTH, -2, true},         {WIDTH, -3, false},       {WIDTH, -1.5, false},
      {WIDTH, 1e308, true},      {WIDTH, INFINITY, false}, {BELOW, 2, false},
      {BELOW, -INFINITY, false}, {FREE, INFINITY, true},   {FREE, -INFINITY, false},
      {FREE, NAN, false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ml_status status = ml_model_param_check(&params[cases[i].param], cases[i].value, NULL);
    if (status != (cases[i].is_fine ? ML_OK : ML_ERR_USAGE))
      fail_msg("%s = %g", params[cases[i].param].name, cases[i].value);
  }
}

static void assignments_name_a_parameter(void **state) {
  (void)state;
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"share", "expected NAME=VALUE, found 'share'"},
      {"=1", "expected NAME=VALUE, found '=1'"},
      {"", "expected NAME=VALUE, found ''"},
      {"shar=1", "model 'made' has no parameter 'shar' (did you mean 'share'?)"},
      {"elephant=1", "model 'made' has no parameter 'elephant'; 'mltool models made' lists them"},
      {"share=2", "'2' is no value of 'share', which takes a number above 0 and at most 1"},
  };
  double values[N_PARAMS];
  ml_error err = {0};
  ml_model_defaults(&model, values);
  for (size_t i = 0; i < N_PARAMS; i++) expect_same("default", values[i], params[i].fallback);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(ml_model_set(&model, cases[i].text, values, &err), ML_ERR_USAGE);
    assert_string_equal(err.message, cases[i].message);
  }
  for (size_t i = 0; i < N_PARAMS; i++) expect_same("kept", values[i], params[i].fallback);
  assert_int_equal(ml_model_set(&model, "kind=far", values, &err), ML_OK);
  expect_same("kind", values[KIND], 2);
}

/* ---- parameters that take anything ----------------------------------------------------------- */

static const ml_model_param any = {.name = "any", .kind = ML_MODEL_LITERAL};

static double literal(const char *text) {
  double value = 7;
  ml_error err = {0};
  if (ml_model_param_parse(&any, text, &value, &err) != ML_OK) fail_msg("%s", err.message);
  if (ml_model_param_check(&any, value, &err) != ML_OK) fail_msg("%s", err.message);
  return value;
}

static void numbers_are_plain(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double value;
  } cases[] = {{"1", 1},   {"-1", -1},   {"0", 0},
               {"007", 7}, {"0.1", 0.1}, {"-2.5e-3", -0.0025},
               {"-0", 0},  {".5", 0.5},  {"9007199254740992", 0x1p53}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    expect_same(cases[i].text, literal(cases[i].text), cases[i].value);
    expect_same(cases[i].text, ml_model_param_number(&any, cases[i].value), cases[i].value);
  }
}

/* A word is a number that no text says, the same each time, and its text comes back. */
static void words_are_kept(void **state) {
  (void)state;
  static const struct {
    const char *text, *written;
    double number;
  } cases[] = {{"None", "None", NAN},
               {"sqrt", "sqrt", NAN},
               {"1.0", "1.0", 1},
               {"1e3", "1e3", 1000},
               {"-0.0", "-0.0", -0.0},
               {"true", "True", NAN},
               {"false", "False", NAN},
               {"(50, 20)", "(50, 20)", NAN},
               {"nan", "nan", NAN},
               {"inf", "inf", NAN},
               {"1e300", "1e300", 1e300},
               {"9007199254740994", "9007199254740994", 0x1p53 + 2},
               {"+1", "+1", 1},
               {"gr\xc3\xb6\xc3\x9f"
                "er",
                "gr\xc3\xb6\xc3\x9f"
                "er",
                NAN}};
  enum { N = sizeof cases / sizeof *cases };
  double values[N];
  for (size_t i = 0; i < N; i++) {
    ml_buf written = {0};
    values[i] = literal(cases[i].text);
    expect_same("again", literal(cases[i].text), values[i]);
    assert_true(values[i] < -1e300 && isfinite(values[i]));
    for (size_t k = 0; k < i; k++) assert_true(values[k] != values[i]);
    ml_model_param_format(&any, values[i], &written);
    expect_text(&written, cases[i].written);
    ml_buf_release(&written);
    const double number = ml_model_param_number(&any, values[i]);
    if (!(isnan(number) && isnan(cases[i].number))) expect_same("number", number, cases[i].number);
  }
}

static void what_no_word_can_be_is_refused(void **state) {
  (void)state;
  static char text[1100];
  double value;
  ml_error err = {0};
  memset(text, 'a', 1000);
  literal(text);
  memset(text, 'a', 1001);
  assert_int_equal(ml_model_param_parse(&any, text, &value, &err), ML_ERR_USAGE);
  assert_int_equal(ml_model_param_parse(&any, "\xff", &value, &err), ML_ERR_USAGE);
  assert_int_equal(ml_model_param_parse(&any, "", &value, &err), ML_ERR_USAGE);
  assert_string_equal(err.message,
                      "'' is no value of 'any', which takes a literal of Python, or a text");
  /* Of a word that nobody has said only the number is known. */
  assert_int_equal(ml_model_param_check(&any, nextafter(literal("None"), 0), &err), ML_ERR_USAGE);
  assert_int_equal(ml_model_param_check(&any, NAN, &err), ML_ERR_USAGE);
  assert_int_equal(ml_model_param_check(&any, INFINITY, &err), ML_ERR_USAGE);
  assert_int_equal(ml_model_param_check(&any, 1e300, &err), ML_ERR_USAGE);
  assert_true(isnan(ml_model_param_number(&params[WIDTH], -1)));
  expect_same("width", ml_model_param_number(&params[WIDTH], 2), 2);
  assert_true(isnan(ml_model_param_number(&params[DEPTH], INFINITY)));
}

/* ---- names ----------------------------------------------------------------------------------- */

static void expect_no_model(const char *name, ml_status status, const char *message) {
  const ml_model *found;
  ml_error err = {0};
  assert_int_equal(ml_model_find(name, NULL, &found, &err), status);
  assert_string_equal(err.message, message);
}

static void endings_say_the_problem(void **state) {
  (void)state;
  static const struct {
    const char *name, *model;
    ml_problem problem;
  } cases[] = {{"ridge", "ridge", ML_PROBLEM_AUTO},
               {"ridge_regressor", "ridge", ML_REGRESSION},
               {"knn", "knn", ML_PROBLEM_AUTO},
               {"knn_classifier", "knn", ML_CLASSIFICATION},
               {"random_forest_regressor", "random_forest", ML_REGRESSION}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const ml_model *found;
    ml_problem problem = ML_REGRESSION;
    ml_error err = {0};
    assert_int_equal(ml_model_find(cases[i].name, &problem, &found, &err), ML_OK);
    assert_string_equal(found->name, cases[i].model);
    assert_int_equal(problem, cases[i].problem);
  }
  expect_no_model("ridge_classifier", ML_ERR_USAGE, "model 'ridge' is for regression only");
  expect_no_model("logistic_regressor", ML_ERR_USAGE,
                  "model 'logistic' is for classification only");
  expect_no_model("_classifier", ML_ERR_USAGE,
                  "no model '_classifier'; 'mltool models' lists them");
}

static void strangers_are_refused(void **state) {
  (void)state;
  expect_no_model("rige", ML_ERR_USAGE, "no model 'rige' (did you mean 'ridge'?)");
  expect_no_model("xgbost", ML_ERR_USAGE, "no model 'xgbost' (did you mean 'xgboost'?)");
  expect_no_model("", ML_ERR_USAGE, "no model ''; 'mltool models' lists them");
  expect_no_model("aardvark", ML_ERR_USAGE, "no model 'aardvark'; 'mltool models' lists them");
}

static void problem_follows_the_model_and_the_target(void **state) {
  (void)state;
  const ml_model *ridge, *knn;
  ml_problem problem;
  ml_error err = {0};
  assert_int_equal(ml_model_find("ridge", NULL, &ridge, &err), ML_OK);
  assert_int_equal(ml_model_find("knn", NULL, &knn, &err), ML_OK);
  assert_int_equal(ml_model_problem(knn, ML_PROBLEM_AUTO, ML_CLASSIFICATION, &problem, &err),
                   ML_OK);
  assert_int_equal(problem, ML_CLASSIFICATION);
  assert_int_equal(ml_model_problem(knn, ML_REGRESSION, ML_CLASSIFICATION, &problem, &err), ML_OK);
  assert_int_equal(problem, ML_REGRESSION);
  assert_int_equal(ml_model_problem(ridge, ML_PROBLEM_AUTO, ML_CLASSIFICATION, &problem, &err),
                   ML_OK);
  assert_int_equal(problem, ML_REGRESSION);
  assert_int_equal(ml_model_problem(ridge, ML_CLASSIFICATION, ML_REGRESSION, &problem, &err),
                   ML_ERR_USAGE);
}

static void libraries_need_their_plugins(void **state) {
  (void)state;
  char want[512];
  assert_int_equal(setenv("MLTOOL_PLUGINS", temp_dir(), 1), 0);
  expect_no_model("svc", ML_ERR_USAGE,
                  "model 'svc' needs the plugin libml-libsvm.so, which is not installed (build "
                  "with libsvm-dev)");
  expect_no_model("xgboost_classifier", ML_ERR_USAGE,
                  "model 'xgboost' needs the plugin libml-xgboost.so, which is not installed "
                  "(build with libxgboost-dev)");
  expect_no_model("py:sklearn.linear_model.Ridge", ML_ERR_USAGE,
                  "models of Python need the plugin libml-py.so, which is not installed (build "
                  "with libpython3-dev)");
  write_file(file_of("libml-libsvm.so"), "no ELF", 6);
  snprintf(want, sizeof want,
           "model 'svc' cannot be used (Debian's package libsvm3 has its library): cannot open "
           "'%s': %s: file too short",
           file_of("libml-libsvm.so"), file_of("libml-libsvm.so"));
  expect_no_model("svc", ML_ERR_USAGE, want);
  copy_file(MODULES "/models_two.so", file_of("libml-libsvm.so"));
  snprintf(want, sizeof want, "'%s' has no model 'svc'; it has 'first'",
           file_of("libml-libsvm.so"));
  expect_no_model("svc", ML_ERR_USAGE, want);
  assert_int_equal(setenv("MLTOOL_PLUGINS", "here", 1), 0);
  expect_no_model("svr", ML_ERR_USAGE,
                  "the folder 'here' in MLTOOL_PLUGINS must be an absolute path");
  unsetenv("MLTOOL_PLUGINS");
}

/* ---- shared objects -------------------------------------------------------------------------- */

static void shared_objects_without_models_are_refused(void **state) {
  (void)state;
  static const struct {
    const char *file, *message; /* %s: the path */
  } cases[] = {
      {"models_abi.so",
       "model 'first' of '%s' has ABI 1, and this libml takes 2: compile it again"},
      {"models_no_table.so", "'%s' has no models: it does not export ml_model_table"},
      {"multip.so", "'%s' has no models: it does not export ml_model_table"},
      {"models_empty.so", "'%s' has no model"},
      {"models_no_fit.so",
       "model 'first' of '%s' lacks a summary, a source, fit, predict, free, its parameters, or a "
       "trait that says what it is for"},
      {"models_no_trait.so",
       "model 'first' of '%s' lacks a summary, a source, fit, predict, free, its parameters, or a "
       "trait that says what it is for"},
      {"models_no_load.so",
       "model 'first' of '%s' has one of save and load: both or none belong there"},
      {"models_no_words.so",
       "model 'first' of '%s' has one of importance and importance_is: both or none belong there"},
      {"models_no_help.so", "parameter 1 of model 'first' of '%s' lacks a name or help"},
      {"models_default.so",
       "the default of parameter 'size' of model 'first' of '%s' is no value of it"},
      {"models_two.so", "'%1$s' has several models: say which, as in '%1$s:first'"},
      {"models_two.so:frist", "'%s' has no model 'frist'; it has 'first'"},
      {"models_two.so:", "'%s' has no model ''; it has 'first'"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char name[512], path[512], want[1024];
    snprintf(name, sizeof name, "%s/%s", MODULES, cases[i].file);
    snprintf(path, sizeof path, "%.*s", (int)(strstr(name, ".so") + 3 - name), name);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(want, sizeof want, cases[i].message, path);
#pragma GCC diagnostic pop
    expect_no_model(name, ML_ERR_USAGE, want);
  }
}

static void expect_no_model_of(const char *file, ml_status status, const char *part) {
  const ml_model *found;
  ml_error err = {0};
  assert_int_equal(ml_model_find(file, NULL, &found, &err), status);
  if (!strstr(err.message, part)) fail_msg("%s", err.message);
  assert_null(strchr(err.message, '\n'));
}

static void what_cannot_be_opened_is_refused(void **state) {
  (void)state;
  expect_no_model_of(MODULES "/models_no_symbol.so", ML_ERR_USAGE, "model_symbol_of_nobody");
  expect_no_model_of("./nowhere.so", ML_ERR_IO, "./nowhere.so");
  expect_no_model_of("nowhere.so", ML_ERR_IO, "nowhere.so");
  expect_no_model_of("./nowhere.so:first", ML_ERR_IO, "./nowhere.so");
  write_file(file_of("text.so"), "text", 4);
  expect_no_model_of(file_of("text.so"), ML_ERR_USAGE, "cannot open");
  write_file(file_of("empty.so"), "", 0);
  expect_no_model_of(file_of("empty.so"), ML_ERR_USAGE, "empty.so");
  expect_no_model_of(temp_dir(), ML_ERR_IO, temp_dir());
}

static void models_of_a_file_are_found(void **state) {
  (void)state;
  const ml_model *second, *again, *moody;
  const unsigned char *digest = NULL;
  ml_error err = {0};
  assert_int_equal(ml_model_find(MODULES "/models_two.so:second", NULL, &second, &err), ML_OK);
  assert_string_equal(second->name, "second");
  assert_int_equal(ml_model_find(MODULES "/../modules/models_two.so:second", NULL, &again, &err),
                   ML_OK);
  assert_ptr_equal(again, second);
  assert_int_equal(ml_model_find(MODULES "/moody_model.so", NULL, &moody, &err), ML_OK);
  assert_string_equal(moody->name, "moody");
  assert_int_equal(ml_model_find(MODULES "/moody_model.so:moody", NULL, &again, &err), ML_OK);
  assert_ptr_equal(again, moody);
  assert_non_null(model__file(second, &digest));
  assert_non_null(digest);
  assert_int_equal(model__find_same(MODULES "/models_two.so:second", digest, &again, &err), ML_OK);
  assert_null(model__file(ml_model_at(0), &digest));
}

static void a_file_that_was_replaced_is_refused(void **state) {
  (void)state;
  const ml_model *found;
  const unsigned char *digest;
  char want[512];
  ml_error err = {0};
  copy_file(MODULES "/moody_model.so", file_of("mine.so"));
  assert_int_equal(ml_model_find(file_of("mine.so"), NULL, &found, &err), ML_OK);
  assert_non_null(model__file(found, &digest));
  assert_int_equal(unlink(file_of("mine.so")), 0);
  copy_file(MODULES "/models_two.so", file_of("mine.so"));
  snprintf(want, sizeof want, "'%s' was opened before, and its file has changed since",
           file_of("mine.so"));
  expect_no_model(file_of("mine.so"), ML_ERR_USAGE, want);
  assert_int_equal(model__find_same(file_of("mine.so"), digest, &found, &err), ML_ERR_WORKER);
  snprintf(want, sizeof want,
           "'%s' is not the file that the central process has seen: it was replaced",
           file_of("mine.so"));
  assert_string_equal(err.message, want);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(values_are_read_and_written),
      TEST(what_is_no_value_is_refused),
      TEST(computed_values_are_checked),
      TEST(assignments_name_a_parameter),
      TEST(numbers_are_plain),
      TEST(words_are_kept),
      TEST(what_no_word_can_be_is_refused),
      TEST(endings_say_the_problem),
      TEST(strangers_are_refused),
      TEST(problem_follows_the_model_and_the_target),
      TEST(libraries_need_their_plugins),
      TEST(shared_objects_without_models_are_refused),
      TEST(what_cannot_be_opened_is_refused),
      TEST(models_of_a_file_are_found),
      TEST(a_file_that_was_replaced_is_refused),
  };
  return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
