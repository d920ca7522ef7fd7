/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every split of the reference: folds and rows in their order, sizes, and what cannot be. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"

static const json_t *field(const json_t *one, const char *name) {
  return json_object_get(one, name);
}

static size_t count_of(const json_t *one, const char *name) {
  return (size_t)json_integer_value(field(one, name));
}

static json_t *read_cases(const char *scheme) {
  char name[100];
  snprintf(name, sizeof name, "xval/splits/%s.json", scheme);
  return golden_json(name);
}

/* ---- datasets -------------------------------------------------------------------------------- */

/* Levels of a list of numbers or texts; none when there is no list. */
static ml_levels levels_of(const json_t *list) {
  ml_levels levels = {0};
  size_t n = json_array_size(list);
  char **cells = calloc(n + 1, sizeof *cells);
  assert_non_null(cells);
  for (size_t i = 0; i < n; i++) {
    const json_t *cell = json_array_get(list, i);
    if (json_is_string(cell))
      cells[i] = strdup(json_string_value(cell));
    else
      assert_true(asprintf(&cells[i], "%lld", (long long)json_integer_value(cell)) > 0);
  }
  if (n) assert_int_equal(ml_levels_make((const char *const *)cells, n, &levels, NULL), ML_OK);
  for (size_t i = 0; i < n; i++) free(cells[i]);
  free(cells);
  return levels;
}

static double *numbers_of(const json_t *list) {
  size_t n = json_array_size(list);
  double *x = n ? calloc(n, sizeof *x) : NULL;
  for (size_t i = 0; i < n; i++) x[i] = json_number_value(json_array_get(list, i));
  return x;
}

/* The rows of a case that has its own, by hand. */
static ml_dataset made_by_hand(const json_t *one) {
  ml_dataset data = {.n_rows = count_of(one, "n"),
                     .classes = levels_of(field(one, "y")),
                     .groups = levels_of(field(one, "groups")),
                     .predefined = levels_of(field(one, "test_fold")),
                     .start = numbers_of(field(one, "start")),
                     .end = numbers_of(field(one, "end"))};
  static const char *const lists[] = {"y", "groups", "test_fold", "start"};
  for (size_t i = 0; i < 4 && !data.n_rows; i++)
    data.n_rows = json_array_size(field(one, lists[i]));
  return data;
}

static void release(ml_dataset *data) {
  ml_levels_release(&data->classes);
  ml_levels_release(&data->groups);
  ml_levels_release(&data->predefined);
  free(data->start);
  free(data->end);
}

static ml_dataset *read_dataset(const char *name) {
  char file[100];
  ml_error err = {0};
  ml_dataset *data = NULL;
  snprintf(file, sizeof file, "xval/data/%s.csv", name);
  const char *path = golden_path(file);
  if (!path) return NULL;
  ml_dataset_opts opts = {.target = "y", .problem = ML_CLASSIFICATION};
  ml_csv *csv = NULL;
  assert_int_equal(ml_csv_open(path, NULL, &csv, &err), ML_OK);
  if (ml_csv_find(csv, "grp") != SIZE_MAX) opts.groups = "grp";
  ml_csv_close(csv);
  if (ml_dataset_read(path, &opts, NULL, &data, &err) != ML_OK)
    fail_msg("%s: %s", name, err.message);
  return data;
}

/* ---- requests -------------------------------------------------------------------------------- */

/* Names of the reference, and ours. */
static const struct {
  const char *file, *name;
} schemes[] = {{"KFold", "kfold"},
               {"StratifiedKFold", "stratified"},
               {"GroupKFold", "group"},
               {"StratifiedGroupKFold", "stratified-group"},
               {"LeaveOneOut", "loo"},
               {"LeaveOneGroupOut", "logo"},
               {"TimeSeriesSplit", "timeseries"},
               {"PredefinedSplit", "predefined"},
               {"PurgedKFold", "purged"},
               {"kfSplit", "kfSplit"},
               {"tsRolls", "tsRolls"},
               {"tsChain", "tsChain"},
               {"pcSplit", "pcSplit"}};

static void put_scheme(const char *name, const json_t *one, ml_buf *text) {
  static const char *const args[][2] = {{"k", "k"},
                                        {"pc", "pc"},
                                        {"gap", "gap"},
                                        {"test_size", "test"},
                                        {"max_train_size", "max-train"},
                                        {"embargo", "embargo"}};
  const char *before = ":";
  ml_buf_puts(text, name);
  for (size_t i = 0; i < sizeof args / sizeof *args; i++) {
    const json_t *value = field(one, args[i][0]);
    if (!json_is_number(value)) continue;
    ml_buf_printf(text, "%s%s=", before, args[i][1]);
    ml_buf_number(text, json_number_value(value));
    before = ",";
  }
  ml_buf_put(text, "", 1);
  assert_false(text->failed);
}

static ml_status split_case(const char *name, const json_t *one, ml_folds **folds,
                            ml_dataset **read, ml_error *err) {
  ml_buf text = {0};
  const char *dataset = json_string_value(field(one, "dataset"));
  ml_split_opts opts = {.repeats = count_of(one, "reps"), .seed = 7};
  ml_dataset by_hand = {0};
  put_scheme(name, one, &text);
  *read = dataset ? read_dataset(dataset) : NULL;
  if (!dataset) by_hand = made_by_hand(one);
  assert_true(*read || by_hand.n_rows);
  ml_status status = ml_split(text.data, *read ? *read : &by_hand, NULL, 0, &opts, folds, err);
  release(&by_hand);
  ml_buf_release(&text);
  return status;
}

/* ---- exact folds ----------------------------------------------------------------------------- */

static void expect_rows(const char *where, const uint32_t *rows, size_t n, const json_t *want) {
  if (n != json_array_size(want))
    fail_msg("%s: %zu rows, not %zu", where, n, json_array_size(want));
  for (size_t i = 0; i < n; i++)
    if (rows[i] != json_integer_value(json_array_get(want, i)))
      fail_msg("%s: row %zu is %u, not %lld", where, i, rows[i],
               (long long)json_integer_value(json_array_get(want, i)));
}

static void expect_folds(const char *where, const ml_folds *folds, const json_t *want) {
  uint32_t *train = calloc(folds->n_rows, sizeof *train);
  assert_int_equal(folds->n, json_array_size(want));
  for (size_t f = 0; f < folds->n; f++) {
    size_t n_test;
    const uint32_t *test = ml_folds_test(folds, f, &n_test);
    const json_t *one = json_array_get(want, f);
    expect_rows(where, test, n_test, field(one, "test"));
    ml_folds_train(folds, f, train);
    expect_rows(where, train, ml_folds_n_train(folds, f), field(one, "train"));
  }
  free(train);
}

static void expect_case(const char *name, const json_t *one) {
  char where[200];
  ml_error err = {0};
  ml_folds *folds = NULL;
  ml_dataset *data;
  ml_status status = split_case(name, one, &folds, &data, &err);
  snprintf(where, sizeof where, "%s %s", name, json_string_value(field(one, "name")));
  if (field(one, "expect")) {
    if (status != ML_ERR_USAGE) fail_msg("%s: is not refused", where);
    assert_true(err.message[0]);
  } else {
    if (status != ML_OK) fail_msg("%s: %s", where, err.message);
    if (field(one, "n_train"))
      assert_int_equal(ml_folds_n_train(folds, 0), count_of(one, "n_train"));
    if (json_is_array(field(one, "folds"))) expect_folds(where, folds, field(one, "folds"));
  }
  ml_folds_free(folds);
  ml_dataset_free(data);
}

static void folds_are_those_of_the_reference(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
    json_t *root = read_cases(schemes[i].file), *one;
    size_t at;
    assert_true(json_array_size(field(root, "cases")) > 0);
    json_array_foreach(field(root, "cases"), at, one) expect_case(schemes[i].name, one);
    json_decref(root);
  }
}

/* ---- schemes with chance --------------------------------------------------------------------- */

static void expect_sizes(const ml_folds *folds, const json_t *one) {
  const json_t *test = field(one, "test_sizes"), *train = field(one, "train_sizes");
  assert_int_equal(folds->n, json_array_size(test));
  for (size_t f = 0; f < folds->n; f++) {
    size_t n_test;
    ml_folds_test(folds, f, &n_test);
    assert_int_equal(n_test, json_integer_value(json_array_get(test, f)));
    if (train)
      assert_int_equal(ml_folds_n_train(folds, f), json_integer_value(json_array_get(train, f)));
  }
}

static void expect_class_counts(const ml_folds *folds, const ml_dataset *data, const json_t *one) {
  const char *label;
  json_t *want;
  json_object_foreach((json_t *)field(one, "test_class_counts"), label, want) {
    for (size_t f = 0; f < folds->n; f++) {
      size_t n_test, n = 0;
      const uint32_t *test = ml_folds_test(folds, f, &n_test);
      for (size_t i = 0; i < n_test; i++)
        n += strcmp(data->classes.labels[data->classes.codes[test[i]]], label) == 0;
      assert_int_equal(n, json_integer_value(json_array_get(want, f)));
    }
  }
}

static void sizes_are_those_of_the_reference(void **state) {
  (void)state;
  json_t *root = read_cases("random_sizes"), *one;
  size_t at;
  assert_true(json_array_size(field(root, "cases")) > 10);
  json_array_foreach(field(root, "cases"), at, one) {
    ml_error err = {0};
    ml_folds *folds = NULL;
    ml_dataset *data;
    const char *scheme = json_string_value(field(one, "scheme"));
    if (split_case(scheme, one, &folds, &data, &err) != ML_OK)
      fail_msg("%s: %s", json_string_value(field(one, "name")), err.message);
    expect_sizes(folds, one);
    assert_int_equal(ml_folds_are_partition(folds), strcmp(scheme, "mcSplit") != 0);
    expect_class_counts(folds, data, one);
    ml_folds_free(folds);
    ml_dataset_free(data);
  }
  json_decref(root);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(folds_are_those_of_the_reference),
      cmocka_unit_test(sizes_are_those_of_the_reference),
  };
  return cmocka_run_group_tests_name("golden_split", tests, NULL, NULL);
}
