/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recipes: columns that were chosen and imputed come back to the byte, and mistakes have a place.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"

/* ---- there and back -------------------------------------------------------------------------- */

typedef struct trip {
  const char *name;
  const char *input; /* of the reference; NULL: text */
  const char *text;
  const char *params; /* settings by name, or in JSON */
  ml_compat compat;
  bool by_names; /* the names say it all */
  size_t window_rows;
  ml_missing missing;
} trip;

static ml_series_set *read_set(const trip *t) {
  ml_error err = {0};
  ml_series_set *set = NULL;
  const ml_window window = {.rows = t->window_rows, .stride = 5};
  const ml_series_opts opts = {.missing = t->missing, .window = t->window_rows ? &window : NULL};
  const char *path =
      t->input && strncmp(t->input, "data/", 5) != 0 ? golden_path(t->input) : t->input;
  ml_status status = path ? ml_series_read(path, &opts, &set, &err)
                          : ml_series_parse(t->text, strlen(t->text), "t.csv", &opts, &set, &err);
  if (status != ML_OK) fail_msg("%s: %s", t->name, err.message);
  return set;
}

static ml_fresh_settings *parse(const char *text, size_t n) {
  ml_error err = {0};
  ml_fresh_settings *settings = NULL;
  if (ml_fresh_settings_parse(text, n, "recipe.json", &settings, &err) != ML_OK)
    fail_msg("%zu:%zu: %s in %.*s", err.line, err.column, err.message, (int)(n < 2000 ? n : 2000),
             text);
  return settings;
}

static ml_fresh_settings *settings_of(const trip *t) {
  ml_fresh_settings *settings = NULL;
  if (t->params[0] == '{')
    settings = parse(t->params, strlen(t->params));
  else
    assert_int_equal(ml_fresh_settings_named(t->params, &settings, NULL), ML_OK);
  ml_fresh_settings_set_compat(settings, t->compat);
  return settings;
}

static ml_matrix *extract(const ml_series_set *set, const ml_fresh_settings *settings) {
  ml_error err = {0};
  ml_matrix *matrix = NULL;
  if (ml_fresh_extract(set, settings, NULL, NULL, &matrix, &err) != ML_OK)
    fail_msg("%s", err.message);
  return matrix;
}

/* Some of n, in an order of chance. @return how many */
static size_t choose(size_t n, uint64_t *state, size_t *chosen) {
  size_t *all = calloc(n, sizeof *all), n_chosen = n < 8 ? n : 8 + n / 9;
  for (size_t i = 0; i < n; i++) all[i] = i;
  for (size_t i = 0; i < n_chosen; i++) {
    size_t j = i + next_random(state) % (n - i), swap = all[j];
    all[j] = all[i];
    all[i] = chosen[i] = swap;
  }
  free(all);
  return n_chosen;
}

static void expect_same_files(const ml_matrix *matrix, const size_t *columns, size_t n,
                              const ml_matrix *again) {
  static const char *const ends[] = {"csv", "npy", "json"};
  static const char *const others[] = {NULL, "columns.json", NULL};
  for (size_t f = 0; f < 3; f++) {
    char a[512], b[512];
    snprintf(a, sizeof a, "%s/a.%s", temp_dir(), ends[f]);
    snprintf(b, sizeof b, "%s/b.%s", temp_dir(), ends[f]);
    assert_int_equal(
        ml_matrix_write_columns(matrix, columns, n, a, ML_FORMAT_AUTO, false, NULL, NULL), ML_OK);
    assert_int_equal(ml_matrix_write(again, b, ML_FORMAT_AUTO, NULL, NULL), ML_OK);
    for (const char *end = ends[f]; end; end = end == ends[f] ? others[f] : NULL) {
      size_t n_a, n_b;
      snprintf(strrchr(a, '/'), 64, "/a.%s", end);
      snprintf(strrchr(b, '/'), 64, "/b.%s", end);
      char *bytes_a = read_file(a, &n_a), *bytes_b = read_file(b, &n_b);
      assert_int_equal(n_a, n_b);
      assert_memory_equal(bytes_a, bytes_b, n_a);
      free(bytes_a);
      free(bytes_b);
    }
  }
}

static void write_recipe(const trip *t, const ml_series_set *set, const ml_fresh_settings *settings,
                         const ml_matrix *matrix, const size_t *columns, size_t n,
                         const ml_impute_range *all, ml_buf *out) {
  ml_error err = {0};
  const char **names = calloc(n, sizeof *names);
  ml_impute_range *ranges = calloc(n, sizeof *ranges);
  for (size_t j = 0; j < n; j++) {
    names[j] = matrix->columns[columns[j]];
    ranges[j] = all[columns[j]];
  }
  ml_status status = t->by_names ? ml_fresh_recipe(names, n, ranges, t->compat, out, &err)
                                 : ml_fresh_recipe_of(set, settings, names, n, ranges, out, &err);
  if (status != ML_OK) fail_msg("%s: %s", t->name, err.message);
  free(names);
  free(ranges);
}

static void check_trip(void **state) {
  const trip *t = *state;
  uint64_t random = 20261123;
  ml_series_set *set = read_set(t);
  ml_fresh_settings *settings = settings_of(t), *recipe;
  ml_matrix *matrix = extract(set, settings), *again;
  size_t *columns = calloc(matrix->n_columns, sizeof *columns);
  ml_impute_range *ranges = calloc(matrix->n_columns, sizeof *ranges);
  ml_buf text = {0};
  assert_int_equal(ml_impute_learn(matrix, ranges, NULL, NULL, NULL), ML_OK);
  ml_impute(matrix, ranges);
  for (int times = 0; times < 2; times++) {
    size_t n = choose(matrix->n_columns, &random, columns);
    ml_buf_clear(&text);
    write_recipe(t, set, settings, matrix, columns, n, ranges, &text);
    recipe = parse(text.data, text.n);
    assert_int_equal(ml_fresh_settings_compat(recipe), t->compat);
    again = extract(set, recipe);
    expect_same_files(matrix, columns, n, again);
    ml_matrix_free(again);
    ml_fresh_settings_free(recipe);
  }
  ml_buf_release(&text);
  free(ranges);
  free(columns);
  ml_matrix_free(matrix);
  ml_fresh_settings_free(settings);
  ml_series_free(set);
}

/* Kinds as no other program would name them, an id without one of them, one value, and many that
 * are equal. */
static const char odd[] =
    "id,kind,time,value\n"
    "1,a.b,0,1\n1,a.b,1,3\n1,a.b,2,-2\n1,a.b,3,5\n1,a.b,4,3\n1,a.b,5,8\n1,a.b,6,-3\n"
    "1,a__b,0,1\n1,a__b,1,3\n"
    "1,\"x,\"\"y\"\" \\ \xC3\xA9{}\n\",0,4\n1,\"x,\"\"y\"\" \\ \xC3\xA9{}\n\",1,6\n"
    "2,a.b,0,0\n2,mean__maximum,0,4\n2,mean__maximum,1,-0.0\n"
    "3,a.b,0,7\n3,a.b,1,7\n3,a.b,2,7\n3,a__b,0,1e300\n3,a__b,1,-1e300\n3,a__b,2,1e-300\n";

static const char forms[] =
    "{\"default_fc_parameters\": {\"quantile\": [{\"q\": 1}, {\"q\": 1.0}, {\"q\": 0.1}],"
    " \"cid_ce\": [{\"normalize\": true}, {\"normalize\": 0}],"
    " \"cwt_coefficients\": [{\"widths\": [2, 5, 10], \"coeff\": 1, \"w\": 5}],"
    " \"value_count\": [{\"value\": NaN}, {\"value\": -0.0}, {\"value\": Infinity}]},"
    " \"kind_to_fc_parameters\": {\"a.b\": {\"mean\": null, \"kx.mean\": null,"
    " \"kx.quantile\": [{\"quantile\": 0.123456789}, {\"quantile\": 0.5}]}}}";

static trip trips[] = {
    {.name = "storms", .input = "data/storms.csv", .params = "comprehensive"},
    {.name = "storms, by names",
     .input = "data/storms.csv",
     .params = "comprehensive",
     .by_names = true},
    {.name = "storms, kx", .input = "data/storms.csv", .params = "kx"},
    {.name = "storms, kx by names", .input = "data/storms.csv", .params = "kx", .by_names = true},
    {.name = "storms, kx-strict", .input = "data/storms.csv", .params = "kx-strict"},
    {.name = "storms, windows",
     .input = "data/storms.csv",
     .params = "efficient",
     .window_rows = 5},
    {.name = "storms, windows, kx-strict",
     .input = "data/storms.csv",
     .params = "kx-strict",
     .window_rows = 4},
    {.name = "random", .input = "inputs/random.csv", .params = "efficient"},
    {.name = "random, kx-strict", .input = "inputs/random.csv", .params = "kx-strict"},
    {.name = "multikind", .input = "inputs/multikind.csv", .params = "comprehensive"},
    {.name = "multikind, modern",
     .input = "inputs/multikind.csv",
     .params = "efficient",
     .compat = ML_COMPAT_MODERN},
    {.name = "multikind, kx", .input = "inputs/multikind.csv", .params = "kx"},
    {.name = "edge", .input = "inputs/edge.csv", .params = "efficient", .by_names = true},
    {.name = "edge, kx-strict", .input = "inputs/edge.csv", .params = "kx-strict"},
    {.name = "irregular", .input = "inputs/irregular.csv", .params = "comprehensive"},
    {.name = "irregular, dates, by names",
     .input = "inputs/irregular.csv",
     .params = "time",
     .by_names = true},
    {.name = "values that are not finite",
     .input = "inputs/nonfinite.csv",
     .params = "efficient",
     .missing = ML_MISSING_PROPAGATE},
    {.name = "odd kinds", .text = odd, .params = "comprehensive"},
    {.name = "odd kinds, by names", .text = odd, .params = "comprehensive", .by_names = true},
    {.name = "odd kinds, kx", .text = odd, .params = "kx"},
    {.name = "odd kinds, kx-strict", .text = odd, .params = "kx-strict"},
    {.name = "every form of a value", .text = odd, .params = forms},
};

/* ---- what is replaced ------------------------------------------------------------------------ */

static const char simple[] =
    "{\"columns\": [\"a__minimum\", \"a__mean\", \"a__value_count__value_nan\"],"
    " \"impute\": {\"min\": [-7, -1.5, 0], \"max\": [7, 2.5e300, 0], \"median\": [-0.0, 0.1, 0]}}";

static void new_data_get_what_was_learned(void **state) {
  (void)state;
  const trip t = {.name = "new",
                  .missing = ML_MISSING_PROPAGATE,
                  .text = "id,a\n1,3\n2,NaN\n3,inf\n4,-inf\n5,1\n5,2\n"};
  static const double want[5][3] = {
      {3, 3, 0}, {-0.0, 0.1, 1}, {7, 2.5e300, 0}, {-7, -1.5, 0}, {1, 1.5, 0}};
  ml_series_set *set = read_set(&t);
  ml_fresh_settings *settings = parse(simple, strlen(simple));
  ml_matrix *matrix = extract(set, settings);
  assert_int_equal(matrix->n_columns, 3);
  assert_string_equal(matrix->columns[0], "a__minimum");
  for (size_t i = 0; i < 5; i++)
    for (size_t j = 0; j < 3; j++) {
      char label[64];
      snprintf(label, sizeof label, "row %zu, column %zu", i, j);
      expect_same(label, matrix->values[i * 3 + j], want[i][j]);
    }
  assert_true(signbit(matrix->values[3]));
  ml_matrix_free(matrix);

  /* Nothing is replaced without them. */
  size_t n = 9;
  const ml_impute_range *ranges = ml_fresh_settings_ranges(settings, &n);
  assert_int_equal(n, 3);
  expect_same("max", ranges[1].max, 2.5e300);
  assert_int_equal(ml_fresh_settings_set_ranges(settings, NULL, 0, NULL), ML_OK);
  assert_null(ml_fresh_settings_ranges(settings, &n));
  assert_int_equal(n, 0);
  matrix = extract(set, settings);
  assert_true(isnan(matrix->values[3]));
  ml_matrix_free(matrix);
  ml_fresh_settings_free(settings);
  ml_series_free(set);
}

/* The reference gives what there is to the first names of a list, which is right for ascending ones
 * alone: of five values there are coefficients up to 2. */
static void columns_have_their_own_values_in_any_order(void **state) {
  (void)state;
  static const char *const texts[] = {
      "{\"columns\": [\"a__spkt_welch_density__coeff_8\", \"a__spkt_welch_density__coeff_1\"]}",
      "{\"columns\": [\"a__spkt_welch_density__coeff_8\", \"a__spkt_welch_density__coeff_1\"],"
      " \"kind_to_fc_parameters\": {\"a\": {\"spkt_welch_density\": [{\"coeff\": 8}, {\"coeff\": "
      "1}]}}}"};
  const trip t = {.name = "short", .text = "id,a\n1,3\n1,5\n1,4\n1,8\n1,1\n"};
  ml_series_set *set = read_set(&t);
  for (size_t i = 0; i < 2; i++) {
    ml_fresh_settings *settings = parse(texts[i], strlen(texts[i]));
    ml_matrix *matrix = extract(set, settings);
    assert_true(isnan(matrix->values[0]));
    assert_true(matrix->values[1] > 0);
    ml_matrix_free(matrix);
    ml_fresh_settings_free(settings);
  }
  ml_series_free(set);
}

/* Lag 0 is 1 beside other lags, which a recipe may leave out. */
static void columns_do_not_need_others(void **state) {
  (void)state;
  const char *text = "{\"columns\": [\"a__partial_autocorrelation__lag_0\"]}";
  const trip t = {.name = "short", .text = "id,a\n1,3\n1,5\n1,4\n1,8\n2,1\n2,2\n2,5\n"};
  ml_series_set *set = read_set(&t);
  ml_fresh_settings *settings = parse(text, strlen(text));
  ml_matrix *matrix = extract(set, settings);
  expect_same("4 values", matrix->values[0], 1);
  assert_true(isnan(matrix->values[1]));
  ml_matrix_free(matrix);
  ml_fresh_settings_free(settings);
  ml_series_free(set);
}

/* Each alone has the bits that it has among the others, of which some share their sums. */
static void columns_are_the_same_alone(void **state) {
  (void)state;
  static const char custom[] =
      "{\"augmented_dickey_fuller\": [{\"attr\": \"teststat\", \"autolag\": \"AIC\"},"
      " {\"attr\": \"teststat\", \"autolag\": \"BIC\"}, {\"attr\": \"teststat\", \"autolag\": "
      "\"t-stat\"}, {\"attr\": \"teststat\", \"autolag\": null}],"
      " \"ar_coefficient\": [{\"coeff\": 1, \"k\": 2}, {\"coeff\": 1, \"k\": 5}],"
      " \"partial_autocorrelation\": [{\"lag\": 0}, {\"lag\": 1}, {\"lag\": 4}],"
      " \"spkt_welch_density\": [{\"coeff\": 1}, {\"coeff\": 8}]}";
  uint64_t random = 7;
  ml_buf text = {0};
  ml_buf_puts(&text, "id,a\n");
  for (int i = 0; i < 60 * 50; i++)
    ml_buf_printf(&text, "%d,%.17g\n", i / 50, (double)(next_random(&random) >> 11) * 0x1p-53);
  ml_buf_put(&text, "", 1);
  const trip t = {.name = "alone", .text = text.data};
  ml_series_set *set = read_set(&t);
  ml_fresh_settings *settings = parse(custom, sizeof custom - 1);
  ml_matrix *all = extract(set, settings);
  for (size_t j = 0; j < all->n_columns; j++) {
    const char *const name = all->columns[j];
    ml_fresh_settings *one = NULL;
    assert_int_equal(ml_fresh_settings_from_names(&name, 1, NULL, &one, NULL), ML_OK);
    ml_matrix *alone = extract(set, one);
    for (size_t i = 0; i < all->n_rows; i++)
      expect_same(name, alone->values[i], all->values[i * all->n_columns + j]);
    ml_matrix_free(alone);
    ml_fresh_settings_free(one);
  }
  ml_matrix_free(all);
  ml_fresh_settings_free(settings);
  ml_series_free(set);
  ml_buf_release(&text);
}

static void ranges_need_columns_in_order(void **state) {
  (void)state;
  ml_error err = {0};
  ml_impute_range ranges[2] = {{0, 1, 2}, {0, 1, 2}};
  ml_fresh_settings *settings = NULL;
  assert_int_equal(ml_fresh_settings_named("minimal", &settings, NULL), ML_OK);
  assert_int_equal(ml_fresh_settings_set_ranges(settings, ranges, 2, &err), ML_ERR_USAGE);
  ml_fresh_settings_free(settings);
  const char *const names[] = {"a__mean", "a__median"};
  assert_int_equal(ml_fresh_settings_from_names(names, 2, NULL, &settings, NULL), ML_OK);
  assert_int_equal(ml_fresh_settings_set_ranges(settings, ranges, 1, &err), ML_ERR_USAGE);
  ranges[1].median = NAN;
  assert_int_equal(ml_fresh_settings_set_ranges(settings, ranges, 2, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "the range of column 'a__median' is not finite");
  ml_fresh_settings_free(settings);
}

/* ---- what is written ------------------------------------------------------------------------- */

static void a_recipe_is_json_as_promised(void **state) {
  (void)state;
  const char *const names[] = {"b__quantile__q_0.5", "a__mean"};
  const ml_impute_range ranges[] = {{-0.0, 1e300, 0.1}, {1, 2, 1.5}};
  ml_buf out = {0};
  assert_int_equal(ml_fresh_recipe(names, 2, ranges, ML_COMPAT_MODERN, &out, NULL), ML_OK);
  ml_buf_put(&out, "", 1);
  assert_string_equal(out.data,
                      "{\n"
                      "  \"columns\": [\n"
                      "    \"b__quantile__q_0.5\",\n"
                      "    \"a__mean\"\n"
                      "  ],\n"
                      "  \"impute\": {\n"
                      "    \"min\": [-0.0, 1.0],\n"
                      "    \"max\": [1e+300, 2.0],\n"
                      "    \"median\": [0.1, 1.5]\n"
                      "  },\n"
                      "  \"compat\": \"modern\",\n"
                      "  \"kind_to_fc_parameters\": {\n"
                      "    \"a\": {\n"
                      "      \"mean\": null\n"
                      "    },\n"
                      "    \"b\": {\n"
                      "      \"quantile\": [{\"q\": 0.5}]\n"
                      "    }\n"
                      "  }\n"
                      "}\n");
  ml_buf_clear(&out);
  assert_int_equal(ml_fresh_recipe(names, 1, NULL, ML_COMPAT_REFERENCE, &out, NULL), ML_OK);
  ml_buf_put(&out, "", 1);
  assert_null(strstr(out.data, "impute"));
  ml_buf_release(&out);
}

static void what_is_no_feature_makes_no_recipe(void **state) {
  (void)state;
  ml_error err = {0};
  ml_buf out = {0};
  const char *const names[] = {"a__mean", "age"}, *const twice[] = {"a__mean", "a__mean"};
  assert_int_equal(ml_fresh_recipe(names, 2, NULL, ML_COMPAT_REFERENCE, &out, &err), ML_ERR_PARSE);
  assert_non_null(strstr(err.message, "column 'age' is no feature"));
  assert_int_equal(ml_fresh_recipe(twice, 2, NULL, ML_COMPAT_REFERENCE, &out, &err), ML_ERR_PARSE);
  const trip t = {.name = "", .text = "id,a\n1,3\n"};
  ml_series_set *set = read_set(&t);
  const char *const other[] = {"b__mean"};
  assert_int_equal(ml_fresh_recipe_of(set, NULL, other, 1, NULL, &out, &err), ML_ERR_PARSE);
  assert_string_equal(err.message, "column 'b__mean' is none of these settings");
  assert_int_equal(out.n, 0);
  ml_series_free(set);
}

static void a_recipe_of_nothing_is_refused_when_it_is_read(void **state) {
  (void)state;
  ml_error err = {0};
  ml_fresh_settings *settings = NULL;
  ml_buf out = {0};
  assert_int_equal(ml_fresh_recipe(NULL, 0, NULL, ML_COMPAT_REFERENCE, &out, &err), ML_OK);
  assert_int_equal(ml_fresh_settings_parse(out.data, out.n, "r.json", &settings, &err),
                   ML_ERR_PARSE);
  assert_string_equal(err.message,
                      "columns: expected one name at least; a selection of nothing leaves none");
  ml_buf_release(&out);
}

/* ---- mistakes -------------------------------------------------------------------------------- */

static const struct {
  const char *text, *want; /* line:column: message */
} mistakes[] = {
    {"{\"columns\": []}",
     "1:13: columns: expected one name at least; a selection of nothing leaves none"},
    {"{\"columns\": {\"a\": 1}}", "1:13: columns: expected a list of names"},
    {"{\"columns\": [\"a__mean\",\n 3]}", "2:2: columns[1]: expected the name of a column"},
    {"{\"columns\": [\"a__mean\", \"a__mean\"]}",
     "1:25: columns[1]: a column of this name is there already"},
    {"{\"columns\": [\"a__quantile__q_0.1\", \"a__quantile__q_.1\"]}",
     "1:13: columns: a column is there twice, in two spellings"},
    {"{\"columns\": [\"a__mean\",\n  \"a__maen\"]}",
     "2:3: column 'a__maen': unknown feature 'maen' (did you mean 'mean'?)"},
    {"{\"columns\": [\"a__mean\"], \"imput\": null}",
     "1:26: unknown key of a recipe 'imput' (did you mean 'impute'?)"},
    {"{\"columns\": [\"a__mean\"], \"default_fc_parameters\": {}}",
     "1:26: unknown key of a recipe 'default_fc_parameters' (did you mean "
     "'kind_to_fc_parameters'?)"},
    {"{\"columns\": [\"a__mean\"], \"compat\": \"moderm\"}",
     "1:36: compat: unknown compatibility 'moderm' (did you mean 'modern'?)"},
    {"{\"columns\": [\"a__mean\"], \"compat\": 1}",
     "1:36: compat: expected \"reference\" or \"modern\""},
    {"{\"columns\": [\"a__mean\"], \"impute\": []}",
     "1:36: impute: expected an object with min, max and median"},
    {"{\"columns\": [\"a__mean\"], \"impute\": {\"min\": [1], \"max\": [1]}}",
     "1:36: impute: 'median' is missing"},
    {"{\"columns\": [\"a__mean\"], \"impute\": {\"min\": [1], \"max\": [1], \"mean\": [1]}}",
     "1:61: impute: unknown key 'mean'"},
    {"{\"columns\": [\"a__mean\"], \"impute\": {\"min\": [1], \"max\": [1, 2], \"median\": [1]}}",
     "1:56: impute.max: expected a list of 1 number, as there are columns"},
    {"{\"columns\": [\"a__mean\"], \"impute\": {\"min\": [1], \"max\": [1], \"median\": [NaN]}}",
     "1:72: impute.median[0]: expected a finite number"},
    {"{\"columns\": [\"a__mean\"], \"impute\": {\"min\": [\"1\"], \"max\": [1], \"median\": [1]}}",
     "1:45: impute.min[0]: expected a finite number"},
    {"{\"columns\": [\"a__mean\"], \"kind_to_fc_parameters\": 3}",
     "1:51: kind_to_fc_parameters: expected an object of kinds"},
    {"{\"columns\": [\"a__mean\"], \"kind_to_fc_parameters\": {\"a\": {\"maen\": null}}}",
     "1:58: a: unknown feature 'maen' (did you mean 'mean'?)"},
    {"{\"columns\": [\"a__mean\"], \"kind_to_fc_parameters\":\n {\"a\": {\"mean\": null,\n"
     "  \"quantile\": [{\"q\": 0.5}]}}}",
     "3:16: a.quantile[0]: this is none of the columns"},
    {"{\"columns\": [\"a__mean\"], \"kind_to_fc_parameters\": {\"a\": {\"median\": null}}}",
     "1:68: a.median: this is none of the columns"},
    {"{\"columns\": [\"a__mean\", \"b__mean\"], \"kind_to_fc_parameters\": {\"a\": {\"mean\": "
     "null}}}",
     "1:25: columns[1]: nothing in kind_to_fc_parameters computes 'b__mean'; without it the names "
     "say what is meant"},
    {"{\"columns\": [\"a__mean\"], \"kind_to_fc_parameters\": {}}",
     "1:14: columns[0]: nothing in kind_to_fc_parameters computes 'a__mean'; without it the names "
     "say what is meant"},
    {"{\"columns\": [\"a__no_feature_at_all\"], \"kind_to_fc_parameters\": {\"a\": {\"mean\": "
     "null}}}",
     "1:79: a.mean: this is none of the columns"},
};

static void mistakes_have_a_place(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
    ml_error err = {0};
    ml_fresh_settings *settings = NULL;
    char got[ML_ERROR_MESSAGE_MAX + 64];
    const char *text = mistakes[i].text;
    assert_int_equal(ml_fresh_settings_parse(text, strlen(text), "r.json", &settings, &err),
                     ML_ERR_PARSE);
    snprintf(got, sizeof got, "%zu:%zu: %s", err.line, err.column, err.message);
    assert_string_equal(got, mistakes[i].want);
    assert_string_equal(err.source, "r.json");
    assert_int_equal(ml_fresh_settings_parse(text, strlen(text), "r.json", &settings, NULL),
                     ML_ERR_PARSE);
  }
}

static void parts_may_be_left_out(void **state) {
  (void)state;
  static const char *const texts[] = {
      "{\"columns\": [\"a__mean\"]}",
      "{\"columns\": [\"a__mean\"], \"impute\": null, \"compat\": null, \"kind_to_fc_parameters\": "
      "null}",
      "{\"kind_to_fc_parameters\": {\"a\": {\"mean\": null}, \"b\": {}}, \"columns\": "
      "[\"a__mean\"]}"};
  for (size_t i = 0; i < 3; i++) {
    size_t n;
    ml_fresh_settings *settings = parse(texts[i], strlen(texts[i]));
    assert_null(ml_fresh_settings_ranges(settings, &n));
    assert_int_equal(ml_fresh_settings_compat(settings), ML_COMPAT_REFERENCE);
    const trip t = {.name = "", .text = "id,a,b\n1,3,4\n"};
    ml_series_set *set = read_set(&t);
    ml_matrix *matrix = extract(set, settings);
    assert_int_equal(matrix->n_columns, 1);
    ml_matrix_free(matrix);
    ml_series_free(set);
    ml_fresh_settings_free(settings);
  }
}

int main(void) {
  enum { N = sizeof trips / sizeof *trips };
  static const struct CMUnitTest others[] = {
      cmocka_unit_test(new_data_get_what_was_learned),
      cmocka_unit_test(columns_have_their_own_values_in_any_order),
      cmocka_unit_test(columns_do_not_need_others),
      cmocka_unit_test(columns_are_the_same_alone),
      cmocka_unit_test(ranges_need_columns_in_order),
      cmocka_unit_test(a_recipe_is_json_as_promised),
      cmocka_unit_test(what_is_no_feature_makes_no_recipe),
      cmocka_unit_test(a_recipe_of_nothing_is_refused_when_it_is_read),
      cmocka_unit_test(mistakes_have_a_place),
      cmocka_unit_test(parts_may_be_left_out),
  };
  enum { N_OTHERS = sizeof others / sizeof *others };
  struct CMUnitTest tests[N + N_OTHERS];
  for (size_t i = 0; i < N; i++)
    tests[i] = (struct CMUnitTest){
        .name = trips[i].name, .test_func = check_trip, .initial_state = &trips[i]};
  memcpy(tests + N, others, sizeof others);
  return cmocka_run_group_tests_name("recipe", tests, NULL, NULL);
}
