/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What steps have learnt, kept as JSON and read again: the same bits; or, when somebody else wrote
 * it, words. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- round trips ---- */

static ml_prepared *fit(const char *text, const ml_dataset *data, const uint32_t *rows, size_t n) {
  ml_prep *prep = NULL;
  ml_prepared *p = NULL;
  ml_error err = {0};
  if (ml_prep_parse(text, &prep, &err) != ML_OK || ml_prep_check(prep, data, &err) != ML_OK ||
      ml_prep_fit(prep, data, rows, n, &p, &err) != ML_OK)
    fail_msg("%s: %s", text, err.message);
  ml_prep_free(prep);
  return p;
}

/* As JSON; free() it. */
static char *save(const ml_prepared *p, const size_t *place) {
  ml_arena *arena = ml_arena_new();
  ml_value value;
  ml_buf text = {0};
  ml_error err = {0};
  assert_non_null(arena);
  if (ml_prepared_save(p, place, arena, &value, &err) != ML_OK) fail_msg("%s", err.message);
  assert_int_equal(ml_value_to_json(&value, &text, &err), ML_OK);
  ml_arena_free(arena);
  ml_buf_put(&text, "", 1);
  assert_false(text.failed);
  return text.data;
}

static ml_status load(const char *text, size_t n_features, const bool *is_text, ml_prepared **out,
                      ml_error *err) {
  ml_arena *arena = ml_arena_new();
  ml_value value;
  assert_non_null(arena);
  if (ml_value_from_json(text, strlen(text), NULL, arena, &value, err) != ML_OK)
    fail_msg("%s: %s", text, err->message);
  const ml_status status = ml_prepared_load(&value, n_features, is_text, out, err);
  ml_arena_free(arena); /* nothing of it is needed any more */
  return status;
}

/* 9 rows of five features: a has gaps and infinite values, colour and size are texts (the third
 * category of colour has a comma), b is huge, code has few values. */
enum { ROWS = 9, FEATURES = 5 };

static ml_dataset table(void) {
  static const double x[FEATURES * ROWS] = {
      0.1, NAN,   2.5,   INFINITY, -7e-300, 0.3, NAN,     -INFINITY, 1e10, /* a */
      1,   0,     1,     NAN,      2,       0,   2,       1,         2,    /* colour */
      0,   1e307, -9e15, 3,        1,       -3,  0x1p-40, 4,         0.7,  /* b */
      0,   1,     0,     1,        0,       1,   0,       1,         0,    /* size */
      -0., 3,     0.5,   3,        0.5,     0,   3,       3,         0     /* code */
  };
  static char *names[] = {"a", "colour", "b", "size", "code"}, *sizes[] = {"0", "zero"},
              *colours[] = {"blue", "inf", "red, \"deep\""};
  static ml_levels categories[] = {
      {0}, {.labels = colours, .n = 3}, {0}, {.labels = sizes, .n = 2}, {0}};
  static double y[] = {1, 2, 3, 4, 5, 4, 3, 1, 7};
  return (ml_dataset){.n_rows = ROWS,
                      .n_features = FEATURES,
                      .x = x,
                      .names = names,
                      .categories = categories,
                      .problem = ML_REGRESSION,
                      .y = y};
}

static const size_t same_place[] = {0, 1, 2, 3, 4};
static const bool texts[] = {false, true, false, true, false};

static void expect_same_bits(const char *label, const ml_prepared *a, const ml_prepared *b,
                             const ml_dataset *data_a, const ml_dataset *data_b) {
  const size_t n = ml_prepared_n_columns(a);
  double *x = calloc(n * ROWS + 1, sizeof *x), *y = calloc(n * ROWS + 1, sizeof *y);
  ml_error err = {0};
  assert_true(x && y);
  assert_int_equal(ml_prepared_n_columns(b), n);
  assert_int_equal(ml_prepared_apply(a, data_a, NULL, ROWS, x, ROWS, &err), ML_OK);
  assert_int_equal(ml_prepared_apply(b, data_b, NULL, ROWS, y, ROWS, &err), ML_OK);
  for (size_t j = 0; j < n; j++)
    assert_string_equal(ml_prepared_name(a, j), ml_prepared_name(b, j));
  for (size_t i = 0; i < n * ROWS; i++) expect_same(label, y[i], x[i]);
  free(x);
  free(y);
}

static const char *const lists[] = {"impute=mean,one-hot",
                                    "impute=median,standard,one-hot",
                                    "one-hot,impute=mean,minmax,standard",
                                    "one-hot=code,one-hot=size,one-hot,impute=median",
                                    "one-hot=a,one-hot",
                                    "impute=mean,one-hot=code,standard,one-hot",
                                    "impute=mean,one-hot,select-corr=3,standard",
                                    "impute=median,select=k:2,one-hot"};
enum { LISTS = sizeof lists / sizeof *lists };

static void round_trips(void **state) {
  (void)state;
  const ml_dataset data = table();
  static const uint32_t rows[] = {0, 1, 2, 4, 5, 7, 8};
  for (size_t i = 0; i < 2 * LISTS; i++) {
    ml_prepared *p = fit(lists[i / 2], &data, i % 2 ? rows : NULL, 7), *again = NULL;
    ml_error err = {0};
    char *text = save(p, same_place);
    if (load(text, FEATURES, texts, &again, &err) != ML_OK)
      fail_msg("%s: %s: %s", lists[i / 2], err.message, text);
    expect_same_bits(lists[i / 2], p, again, &data, &data);
    char *text_again = save(again, same_place);
    assert_string_equal(text_again, text);
    ml_prepared_free(p);
    ml_prepared_free(again);
    free(text);
    free(text_again);
  }
}

/* What is in the file, by hand. */
static void format(void **state) {
  (void)state;
  static const double x[] = {1, NAN, 2, NAN, NAN, NAN, 0, 1, 1};
  static char *names[] = {"a", "gap", "c"}, *labels[] = {"no", "yes"};
  static ml_levels categories[] = {{0}, {0}, {.labels = labels, .n = 2}};
  const ml_dataset data = {
      .n_rows = 3, .n_features = 3, .x = x, .names = names, .categories = categories};
  ml_prepared *p = fit("impute=mean,standard,one-hot", &data, NULL, 0);
  char *text = save(p, (const size_t[]){7, 0, 2});
  assert_string_equal(text,
                      "{\"columns\":[{\"feature\":7,\"name\":\"a\",\"ops\":[{\"fill\":[1.5,1,2]},"
                      "{\"scale\":[1.5,0.408248290463863]}]},"
                      "{\"feature\":0,\"name\":\"gap\",\"ops\":[\"zero\",{\"scale\":[0,1]}]},"
                      "{\"feature\":2,\"name\":\"c=no\",\"ops\":[{\"is\":\"no\"}]},"
                      "{\"feature\":2,\"name\":\"c=yes\",\"ops\":[{\"is\":\"yes\"}]}]}");
  free(text);
  ml_prepared_free(p);
}

/* Without the features that are not needed, and in another place. */
static void fewer_features(void **state) {
  (void)state;
  const ml_dataset data = table();
  bool used[FEATURES];
  ml_error err = {0};
  ml_prepared *p = fit("impute=mean,one-hot=size,select-corr=2,one-hot=colour", &data, NULL, 0),
              *again = NULL;
  ml_prepared_uses(p, used);
  size_t n = 0, place[FEATURES];
  bool is_text[FEATURES] = {false};
  double x[FEATURES * ROWS];
  ml_levels categories[FEATURES] = {{0}};
  assert_true(used[1]); /* it stays whatever is selected */
  for (size_t j = FEATURES; j-- > 0;) {
    place[j] = used[j] ? n : SIZE_MAX;
    if (!used[j]) continue;
    memcpy(x + n * ROWS, data.x + j * ROWS, ROWS * sizeof *x);
    categories[n] = data.categories[j];
    is_text[n++] = texts[j];
  }
  assert_in_range(n, 2, 3);
  const ml_dataset some = {.n_rows = ROWS, .n_features = n, .x = x, .categories = categories};
  char *text = save(p, place);
  if (load(text, n, is_text, &again, &err) != ML_OK) fail_msg("%s: %s", err.message, text);
  expect_same_bits("fewer", p, again, &data, &some);
  free(text);
  ml_prepared_free(p);
  ml_prepared_free(again);
}

/* ---- data that are not what was learnt from ---- */

/* The same categories by other numbers, one of them away, and one that is new. */
static void other_codes(void **state) {
  (void)state;
  const ml_dataset data = table();
  static char *colours[] = {"amber", "inf", "red, \"deep\""};
  ml_levels categories[FEATURES];
  memcpy(categories, data.categories, sizeof categories);
  categories[1] = (ml_levels){.labels = colours, .n = 3};
  ml_dataset other = data;
  other.categories = categories;
  ml_prepared *p = fit("impute=mean,one-hot=colour,one-hot=size", &data, NULL, 0), *again = NULL;
  ml_error err = {0};
  double out[8 * ROWS];
  char *text = save(p, same_place);
  assert_int_equal(load(text, FEATURES, texts, &again, &err), ML_OK);
  assert_int_equal(ml_prepared_n_columns(again), 8);
  assert_string_equal(ml_prepared_name(again, 3), "colour=blue");
  assert_int_equal(ml_prepared_apply(again, &other, NULL, ROWS, out, ROWS, &err), ML_OK);
  for (size_t i = 0; i < ROWS; i++) {
    const double code = data.x[ROWS + i];
    assert_true(out[3 * ROWS + i] == 0); /* there is no blue */
    assert_true(out[4 * ROWS + i] == (code == 1));
    assert_true(out[5 * ROWS + i] == (code == 2));
  }
  free(text);
  ml_prepared_free(p);
  ml_prepared_free(again);
}

static void expect_changed(const ml_prepared *p, const ml_dataset *data, const char *want) {
  double out[16 * ROWS];
  ml_error err = {0};
  assert_int_equal(ml_prepared_apply(p, data, NULL, ROWS, out, ROWS, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, want);
}

static void changed_types(void **state) {
  (void)state;
  const ml_dataset data = table();
  ml_prepared *p = fit("impute=mean,one-hot", &data, NULL, 0), *again = NULL;
  ml_error err = {0};
  char *text = save(p, same_place);
  assert_int_equal(load(text, FEATURES, texts, &again, &err), ML_OK);
  free(text);
  ml_levels categories[FEATURES];
  memcpy(categories, data.categories, sizeof categories);
  categories[2] = data.categories[1];
  ml_dataset other = data;
  other.categories = categories;
  for (int i = 0; i < 2; i++)
    expect_changed(i ? again : p, &other,
                   "feature \"b\" has texts, but the steps have learnt from numbers");
  other.categories = NULL;
  for (int i = 0; i < 2; i++)
    expect_changed(i ? again : p, &other,
                   "feature \"colour\" has numbers, but the steps have learnt from texts");
  /* A column without any value is of neither type; but all rows are asked for that are used. */
  double x[FEATURES * ROWS], out[16 * ROWS];
  memcpy(x, data.x, sizeof x);
  for (size_t i = 1; i < ROWS; i++) x[ROWS + i] = x[3 * ROWS + i] = NAN;
  other.x = x;
  static const uint32_t rows[] = {3, 1};
  assert_int_equal(ml_prepared_apply(again, &other, rows, 2, out, 2, &err), ML_OK);
  for (size_t j = 3; j < ml_prepared_n_columns(again); j++)
    assert_true(out[2 * j] == 0 && out[2 * j + 1] == 0);
  other.names = NULL;
  expect_changed(again, &other, "feature \"x1\" has numbers, but the steps have learnt from texts");
  ml_prepared_free(p);
  ml_prepared_free(again);
}

/* ---- files that somebody else wrote ---- */

static void expect_refused(const char *text, const char *want) {
  ml_prepared *p = (ml_prepared *)1;
  ml_error err = {0};
  const ml_status status = load(text, FEATURES, texts, &p, &err);
  if (status == ML_OK) fail_msg("taken: %s", text);
  assert_string_equal(err.message, want);
  assert_int_equal(status, ML_ERR_PARSE);
  assert_ptr_equal(p, (ml_prepared *)1);
}

/* The entries of a second column. */
static void expect_wrong(const char *entries, const char *want) {
  char text[512];
  snprintf(text, sizeof text,
           "{\"columns\":[{\"feature\":0,\"name\":\"a\",\"ops\":[\"zero\"]},{%s}]}", entries);
  expect_refused(text, want);
}

/* The second thing that is done to a column of numbers. */
static void expect_wrong_op(const char *op, const char *want) {
  char entries[256], path[256];
  snprintf(entries, sizeof entries, "\"feature\":2,\"name\":\"b\",\"ops\":[{\"is\":1.5},%s]", op);
  snprintf(path, sizeof path, "'columns[2].ops[2]%s", want);
  expect_wrong(entries, path);
}

static void hostile_columns(void **state) {
  (void)state;
  expect_refused("[]", "it is of type list, where a dictionary belongs");
  expect_refused("{}", "it has 0 entries, where 1 belongs");
  expect_refused("{\"column\":[]}", "'columns' is missing");
  expect_refused("{\"columns\":[],\"more\":1}", "it has 2 entries, where 1 belongs");
  expect_refused("{\"columns\":{}}", "'columns' is of type dictionary, where a list belongs");
  expect_refused("{\"columns\":[0]}",
                 "'columns[1]' is of type integer, where a dictionary belongs");
  expect_wrong("", "'columns[2]' has 0 entries, where 3 belong");
  expect_wrong("\"feature\":2,\"name\":\"b\",\"opps\":[]", "'columns[2].ops' is missing");
  expect_wrong("\"feature\":2,\"name\":\"b\",\"ops\":[],\"x\":1",
               "'columns[2]' has 4 entries, where 3 belong");
  expect_wrong("\"feature\":5,\"name\":\"b\",\"ops\":[]",
               "'columns[2].feature' is 5, where an integer from 0 to 4 belongs");
  expect_wrong("\"feature\":-1,\"name\":\"b\",\"ops\":[]",
               "'columns[2].feature' is -1, where an integer from 0 to 4 belongs");
  expect_wrong("\"feature\":1.5,\"name\":\"b\",\"ops\":[]",
               "'columns[2].feature' is of type number, where an integer belongs");
  expect_wrong("\"feature\":2,\"name\":null,\"ops\":[]",
               "'columns[2].name' is of type null, where a string belongs");
  expect_wrong("\"feature\":2,\"name\":\"b\",\"ops\":\"zero\"",
               "'columns[2].ops' is of type string, where a list belongs");
  expect_wrong("\"feature\":1,\"name\":\"colour\",\"ops\":[]",
               "'columns[2].ops' is empty, but texts have to become numbers");
}

/* ---- functions of Python ---- */

#define TAKES  "\"takes\":[{\"feature\":0,\"name\":\"a\",\"ops\":[\"zero\"]}]"
#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* They are read without a look at Python, and do nothing before they are trusted. */
static void functions(void **state) {
  (void)state;
  static const char text[] =
      "{\"functions\":[{\"function\":\"m.f\",\"sha256\":\"" DIGEST "\"," TAKES
      ",\"gives\":[\"f_0\",\"f_1\"]},"
      "{\"function\":\"m.g\",\"sha256\":\"\",\"takes\":[{\"function\":0,\"column\":1,"
      "\"name\":\"f_1\",\"ops\":[{\"scale\":[1,2]}]},{\"feature\":1,\"name\":\"colour=inf\","
      "\"ops\":[{\"is\":\"inf\"}]}],\"gives\":[\"g\"]}],"
      "\"columns\":[{\"function\":1,\"column\":0,\"name\":\"g\",\"ops\":[]},"
      "{\"feature\":3,\"name\":\"size=0\",\"ops\":[{\"is\":\"0\"}]}]}";
  const ml_dataset data = table();
  ml_prepared *p = NULL;
  ml_error err = {0};
  bool used[FEATURES];
  double out[2 * ROWS];
  if (load(text, FEATURES, texts, &p, &err) != ML_OK) fail_msg("%s", err.message);
  char *again = save(p, same_place);
  assert_string_equal(again, text);
  free(again);
  assert_string_equal(ml_prepared_function(p), "m.f");
  ml_prepared_uses(p, used);
  assert_true(used[0] && used[1] && !used[2] && used[3] && !used[4]);
  assert_int_equal(ml_prepared_apply(p, &data, NULL, ROWS, out, ROWS, &err), ML_ERR_USAGE);
  assert_string_equal(err.message,
                      "py:m.f is a function of Python, whose module was not imported: "
                      "ml_prepared_trust() does it");
  assert_int_equal(ml_prepared_apply(p, &data, NULL, 0, out, 0, &err), ML_OK);
  assert_int_equal(setenv("MLTOOL_PLUGINS", temp_dir(), 1), 0); /* where none is */
  assert_int_equal(ml_prepared_trust(p, &err), ML_ERR_USAGE);
  assert_string_equal(err.message,
                      "functions of Python need the plugin libml-py.so, which is not installed "
                      "(build with libpython3-dev)");
  assert_int_equal(ml_prepared_apply(p, &data, NULL, ROWS, out, ROWS, &err), ML_ERR_USAGE);
  ml_prepared_free(p);
  ml_prep *prep = NULL;
  assert_int_equal(ml_prep_parse("one-hot,py:m.f,one-hot=f_0", &prep, &err), ML_OK);
  assert_int_equal(ml_prep_check(prep, &data, &err), ML_ERR_USAGE);
  ml_prep_free(prep);
  p = fit("impute=mean,one-hot", &data, NULL, 0);
  assert_null(ml_prepared_function(p));
  assert_int_equal(ml_prepared_trust(p, &err), ML_OK);
  ml_prepared_free(p);
}

/* @param function  its entries */
static void expect_wrong_function(const char *function, const char *columns, const char *want) {
  char text[1024];
  snprintf(text, sizeof text, "{\"functions\":[{%s}],\"columns\":[%s]}", function, columns);
  expect_refused(text, want);
}

static void hostile_functions(void **state) {
  (void)state;
  static const char good[] = "\"function\":\"m.f\",\"sha256\":\"\"," TAKES ",\"gives\":[\"f_0\"]";
  expect_refused("{\"functions\":{},\"columns\":[]}",
                 "'functions' is of type dictionary, where a list belongs");
  expect_wrong_function("", "", "'functions[1]' has 0 entries, where 4 belong");
  expect_wrong_function("\"function\":1,\"sha256\":\"\"," TAKES ",\"gives\":[\"b\"]", "",
                        "'functions[1].function' is of type integer, where a string belongs");
  expect_wrong_function("\"function\":\"m.f\",\"sha256\":\"12\"," TAKES ",\"gives\":[]", "",
                        "'functions[1].sha256' is no digest in hexadecimal digits");
  expect_wrong_function("\"function\":\"m.f\",\"sha256\":\"\",\"takes\":[],\"gives\":[]", "",
                        "'functions[1].takes' has no column");
  expect_wrong_function("\"function\":\"m.f\",\"sha256\":\"\"," TAKES ",\"gives\":[3]", "",
                        "'functions[1].gives' has something else than a name in place 1");
  expect_wrong_function(
      "\"function\":\"m.f\",\"sha256\":\"\",\"takes\":[{\"function\":0,"
      "\"column\":0,\"name\":\"a\",\"ops\":[]}],\"gives\":[\"b\"]",
      "", "'functions[1].takes[1].function' has no function in front of it");
  expect_wrong_function(good, "{\"function\":1,\"column\":0,\"name\":\"a\",\"ops\":[]}",
                        "'columns[1].function' is 1, where an integer from 0 to 0 belongs");
  expect_wrong_function(good, "{\"function\":0,\"column\":1,\"name\":\"a\",\"ops\":[]}",
                        "'columns[1].column' is 1, where an integer from 0 to 0 belongs");
  expect_wrong_function(good, "{\"function\":0,\"name\":\"a\",\"ops\":[]}",
                        "'columns[1]' has 3 entries, where 4 belong");
}

static void hostile_ops(void **state) {
  (void)state;
  expect_wrong_op("{}", "' has 0 entries, where 1 belongs");
  expect_wrong_op("{\"scale\":[0,1],\"fill\":[0,0,1]}", "' has 2 entries, where 1 belongs");
  expect_wrong_op("{\"scal\":[0,1]}", "' is none of fill, zero, scale and is");
  expect_wrong_op("\"zeros\"", "' is of type string, where a dictionary belongs");
  expect_wrong_op("null", "' is of type null, where a dictionary belongs");
  expect_wrong_op("{\"fill\":[0,1]}", ".fill' has 2 elements, where 3 belong");
  expect_wrong_op("{\"fill\":3}", ".fill' is of type integer, where a list belongs");
  expect_wrong_op("{\"fill\":[0,\"inf\",1]}",
                  ".fill' has inf in place 2, where a number from "
                  "-1.79769e+308 to 1.79769e+308 belongs");
  expect_wrong_op("{\"fill\":[null,0,1]}",
                  ".fill' has nan in place 1, where a number from "
                  "-1.79769e+308 to 1.79769e+308 belongs");
  expect_wrong_op("{\"fill\":[0,2,1]}", ".fill' has a least value 2 above the greatest, 1");
  expect_wrong_op("{\"scale\":[0,0]}", ".scale' has a width of 0, which is not above 0");
  expect_wrong_op("{\"scale\":[0,-1]}", ".scale' has a width of -1, which is not above 0");
  expect_wrong_op("{\"scale\":[0,1,2]}", ".scale' has 3 elements, where 2 belong");
  expect_wrong_op("{\"scale\":[0,true]}",
                  ".scale' has a value of type bool in place 2, where a number belongs");
  expect_wrong_op("{\"is\":null}", ".is' is nan, where a number from -inf to inf belongs");
  expect_wrong_op("{\"is\":\"red\"}", ".is' is of type string, where a number belongs");
  /* Of texts: a label first, and none after it. */
  expect_wrong("\"feature\":1,\"name\":\"c\",\"ops\":[{\"is\":1}]",
               "'columns[2].ops[1].is' is of type integer, where a string belongs");
  expect_wrong("\"feature\":1,\"name\":\"c\",\"ops\":[\"zero\"]",
               "'columns[2].ops[1]' is of type string, where a dictionary belongs");
  expect_wrong("\"feature\":1,\"name\":\"c\",\"ops\":[{\"scale\":[0,1]}]",
               "'columns[2].ops[1].is' is missing");
  expect_wrong("\"feature\":1,\"name\":\"c\",\"ops\":[{\"is\":\"red\"},{\"is\":\"red\"}]",
               "'columns[2].ops[2].is' is of type string, where a number belongs");
}

/* Bytes of a file that are others: it is refused with words, or what it says can be done. */
static void edited(void **state) {
  (void)state;
  static const char bytes[] = "0123456789-.eE{}[]\",:nulltrue aZ\\";
  const ml_dataset data = table();
  uint64_t seed = 5;
  size_t n_taken = 0;
  enum { ROUNDS = 3000 };
  for (size_t k = 0; k < LISTS; k++) {
    ml_prepared *p = fit(lists[k], &data, NULL, 0);
    char *text = save(p, same_place);
    const size_t n = strlen(text);
    ml_prepared_free(p);
    for (size_t round = 0; round < ROUNDS / LISTS; round++) {
      ml_arena *arena = ml_arena_new();
      ml_value value;
      ml_error err = {0};
      char *other = strdup(text);
      double out[64 * ROWS];
      assert_true(arena && other);
      for (uint64_t i = next_random(&seed) % 3 + 1; i-- > 0;)
        other[next_random(&seed) % n] = bytes[next_random(&seed) % (sizeof bytes - 1)];
      p = NULL;
      if (ml_value_from_json(other, n, NULL, arena, &value, &err) == ML_OK) {
        if (ml_prepared_load(&value, FEATURES, texts, &p, &err) != ML_OK) {
          assert_true(!p && err.status == ML_ERR_PARSE && err.message[0]);
        } else {
          n_taken++;
          assert_in_range(ml_prepared_n_columns(p), 1, 63);
          const ml_status status = ml_prepared_apply(p, &data, NULL, ROWS, out, ROWS, &err);
          assert_int_equal(status, ML_OK);
        }
      }
      ml_prepared_free(p);
      ml_arena_free(arena);
      free(other);
    }
    free(text);
  }
  assert_in_range(n_taken, 1, ROUNDS - 1);
}

/* What cannot be read again is not saved. */
static void nan_is_not_saved(void **state) {
  (void)state;
  const ml_dataset data = {.n_rows = 2, .n_features = 1, .x = (double[]){INFINITY, -INFINITY}};
  ml_prepared *p = fit("standard", &data, NULL, 0);
  ml_arena *arena = ml_arena_new();
  ml_value value;
  ml_error err = {0};
  assert_int_equal(ml_prepared_save(p, same_place, arena, &value, &err), ML_ERR_NUMERIC);
  assert_non_null(strstr(err.message, "nan in place 1, which cannot be saved"));
  ml_arena_free(arena);
  ml_prepared_free(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(round_trips),       cmocka_unit_test(format),
      cmocka_unit_test(fewer_features),    cmocka_unit_test(other_codes),
      cmocka_unit_test(changed_types),     cmocka_unit_test(hostile_columns),
      cmocka_unit_test(hostile_ops),       cmocka_unit_test(edited),
      cmocka_unit_test(nan_is_not_saved),  cmocka_unit_test(functions),
      cmocka_unit_test(hostile_functions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
