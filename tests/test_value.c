/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values: making, reading, comparing, their bytes and their JSON. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static ml_arena *arena;

static int set_up(void **state) {
  (void)state;
  arena = ml_arena_new();
  return arena == NULL;
}

static int tear_down(void **state) {
  (void)state;
  ml_arena_free(arena);
  return 0;
}

/* ---- arenas ---------------------------------------------------------------------------------- */

static void arena_gives_aligned_zeros_again_and_again(void **state) {
  (void)state;
  for (int round = 0; round < 4; round++) {
    char *last = NULL;
    for (size_t n = 0; n < 300; n++) {
      size_t size = n * (size_t)(round + 1);
      char *at = ml_arena_alloc(arena, size);
      assert_non_null(at);
      assert_true((uintptr_t)at % 16 == 0 && at != last);
      for (size_t i = 0; i < size; i++) assert_int_equal(at[i], 0);
      memset(at, 0xAB, size);
      last = at;
    }
    ml_arena_reset(arena);
  }
}

static void arena_keeps_some_memory(void **state) {
  (void)state;
  void *first = ml_arena_alloc(arena, 100);
  ml_arena_reset(arena);
  assert_ptr_equal(ml_arena_alloc(arena, 50), first);
  char *large = ml_arena_alloc(arena, 64 << 20);
  large[0] = large[(64 << 20) - 1] = 1;
  ml_arena_reset(arena);
  ml_arena_reset(arena);
  assert_non_null(ml_arena_alloc(arena, 1));
}

static void arena_refuses_what_no_memory_has(void **state) {
  (void)state;
  ml_value v = ml_value_int(3);
  assert_null(ml_arena_alloc(arena, SIZE_MAX));
  assert_null(ml_arena_alloc(arena, SIZE_MAX - 8));
  assert_null(ml_value_new_matrix(arena, ML_DTYPE_F64, SIZE_MAX / 8, 3, &v));
  assert_null(ml_value_new_vector(arena, ML_DTYPE_F64, SIZE_MAX / 8 + 1, &v));
  assert_null(ml_value_new_list(arena, SIZE_MAX / 16, &v));
  assert_int_equal(v.as.i, 3);
  ml_arena_free(NULL);
}

/* ---- making and reading ---------------------------------------------------------------------- */

static void numbers_are_read_as_what_they_are(void **state) {
  (void)state;
  static const struct {
    double d;
    bool is_int;
    int64_t i;
  } cases[] = {{2.0, true, 2},
               {-0.0, true, 0},
               {0.5, false, 0},
               {0x1p63, false, 0},
               {-0x1p63, true, INT64_MIN},
               {0x1p53, true, 1LL << 53},
               {NAN, false, 0},
               {INFINITY, false, 0},
               {0x1.fffffffffffffp62, true, INT64_MAX - 1023}};
  double d;
  int64_t i;
  ml_value v;
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    v = ml_value_real(cases[k].d);
    assert_int_equal(ml_value_as_int(&v, &i), cases[k].is_int);
    if (cases[k].is_int) assert_true(i == cases[k].i);
    assert_true(ml_value_as_real(&v, &d));
    expect_same("real", d, cases[k].d);
  }
  v = ml_value_int(INT64_MAX);
  assert_true(ml_value_as_int(&v, &i) && i == INT64_MAX);
  assert_true(ml_value_as_real(&v, &d) && d == 0x1p63);
  v = ml_value_bool(true);
  assert_true(ml_value_as_real(&v, &d) && d == 1);
  assert_false(ml_value_as_int(&v, &i));
  v = ml_value_string("1");
  assert_false(ml_value_as_real(&v, &d) || ml_value_as_int(&v, &i));
}

static void vectors_and_lists_are_read_as_doubles(void **state) {
  (void)state;
  const double reals[] = {1, NAN};
  const float singles[] = {0.5F, -1};
  const int64_t longs[] = {INT64_MIN, 7};
  const int32_t ints[] = {-3, 4};
  const uint8_t bytes[] = {0, 255}, bools[] = {0, 1};
  const struct {
    ml_dtype dtype;
    const void *data;
    double first, second;
  } cases[] = {{ML_DTYPE_F64, reals, 1, NAN},     {ML_DTYPE_F32, singles, 0.5, -1},
               {ML_DTYPE_I64, longs, -0x1p63, 7}, {ML_DTYPE_I32, ints, -3, 4},
               {ML_DTYPE_U8, bytes, 0, 255},      {ML_DTYPE_BOOL, bools, 0, 1}};
  ml_error err = {0};
  size_t n;
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    ml_value v = ml_value_vector(cases[k].dtype, cases[k].data, 2);
    const double *x = ml_value_as_reals(&v, arena, &n, &err);
    assert_non_null(x);
    assert_int_equal(n, 2);
    expect_same("first", x[0], cases[k].first);
    expect_same("second", x[1], cases[k].second);
    assert_int_equal(x == reals, k == 0); /* doubles are not copied */
  }
  ml_value list, *values = ml_value_new_list(arena, 3, &list);
  values[0] = ml_value_int(2);
  values[1] = ml_value_bool(true);
  values[2] = ml_value_real(0.25);
  const double *x = ml_value_as_reals(&list, arena, &n, &err);
  assert_true(n == 3 && x[0] == 2 && x[1] == 1 && x[2] == 0.25);
  values[1] = ml_value_null();
  assert_null(ml_value_as_reals(&list, arena, &n, &err));
  assert_string_equal(err.message, "expected numbers, found null in place 2 of the list");
  ml_value matrix = ml_value_matrix(ML_DTYPE_F64, reals, 1, 2);
  assert_null(ml_value_as_reals(&matrix, arena, &n, &err));
  assert_string_equal(err.message,
                      "expected a vector or a list of numbers, found matrix of float64");
  ml_value empty = ml_value_vector(ML_DTYPE_F64, NULL, 0);
  assert_non_null(ml_value_as_reals(&empty, arena, &n, &err));
  assert_int_equal(n, 0);
}

static void types_have_names(void **state) {
  (void)state;
  static const char *const names[] = {"null",   "bool",       "integer",         "number",
                                      "string", "bytes",      "vector of int32", "matrix of int32",
                                      "list",   "dictionary", "object"};
  char text[64], short_text[4];
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    ml_value v = {.type = (ml_type)i, .dtype = ML_DTYPE_I32};
    assert_string_equal(ml_value_describe(&v, text, sizeof text), names[i]);
  }
  ml_value v = ml_value_string("");
  assert_string_equal(ml_value_describe(&v, short_text, sizeof short_text), "str");
  assert_int_equal(ml_dtype_size(ML_DTYPE_F32), 4);
  assert_string_equal(ml_dtype_name(ML_DTYPE_BOOL), "bool");
}

static void dictionaries_are_searched_by_name(void **state) {
  (void)state;
  static const char *const names[] = {"a", "b"};
  ml_value dict, *values = ml_value_new_dict(arena, names, 2, &dict);
  values[1] = ml_value_int(5);
  assert_int_equal(ml_value_find(&dict, "a")->type, ML_TYPE_NULL);
  assert_int_equal(ml_value_find(&dict, "b")->as.i, 5);
  assert_null(ml_value_find(&dict, "c"));
  assert_null(ml_value_find(&values[1], "b"));
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static ml_value parsed(const char *json) {
  ml_value v = ml_value_null();
  ml_error err = {0};
  if (ml_value_from_json(json, strlen(json), "text", arena, &v, &err) != ML_OK)
    fail_msg("%s: %s", json, err.message);
  return v;
}

static void expect_json(const ml_value *v, const char *want) {
  ml_buf out = {0};
  assert_int_equal(ml_value_to_json(v, &out, NULL), ML_OK);
  ml_buf_put(&out, "", 1);
  assert_string_equal(out.data, want);
  ml_buf_release(&out);
}

static void json_is_written_compactly(void **state) {
  (void)state;
  const double reals[] = {0, 0.25, 0.5, 0.75, 1, NAN, INFINITY, -INFINITY};
  const int64_t longs[] = {INT64_MIN, INT64_MAX};
  const uint8_t bytes[] = {255, 0, 1};
  const float singles[] = {0.5F};
  const int32_t ints[] = {-2147483647 - 1};
  ml_value v = ml_value_vector(ML_DTYPE_F64, reals, 5);
  expect_json(&v, "[0,0.25,0.5,0.75,1]");
  v = ml_value_matrix(ML_DTYPE_F64, reals, 2, 4);
  expect_json(&v, "[[0,0.25,0.5,0.75],[1,null,\"inf\",\"-inf\"]]");
  v = ml_value_matrix(ML_DTYPE_F64, reals, 2, 0);
  expect_json(&v, "[[],[]]");
  v = ml_value_vector(ML_DTYPE_I64, longs, 2);
  expect_json(&v, "[-9223372036854775808,9223372036854775807]");
  v = ml_value_vector(ML_DTYPE_U8, bytes, 3);
  expect_json(&v, "[255,0,1]");
  v = ml_value_vector(ML_DTYPE_BOOL, bytes + 1, 2);
  expect_json(&v, "[false,true]");
  v = ml_value_vector(ML_DTYPE_F32, singles, 1);
  expect_json(&v, "[0.5]");
  v = ml_value_vector(ML_DTYPE_I32, ints, 1);
  expect_json(&v, "[-2147483648]");
  v = ml_value_vector(ML_DTYPE_F64, NULL, 0);
  expect_json(&v, "[]");
  v = (ml_value){.type = ML_TYPE_BYTES, .as.s = {(const char *)bytes, 2}};
  expect_json(&v, "\"/wA=\""); /* RFC 4648: 11111111 00000000 */
  v.as.s.n = 0;
  expect_json(&v, "\"\"");
  v = ml_value_real(1e21);
  expect_json(&v, "1e21");
  v.type = ML_TYPE_OBJECT;
  ml_buf out = {0};
  assert_int_equal(ml_value_to_json(&v, &out, NULL), ML_ERR_USAGE);
  ml_buf_release(&out);
}

static void json_comes_back_as_it_was(void **state) {
  (void)state;
  static const char *const texts[][2] = {
      {"null", NULL},
      {" true\n", "true"},
      {"false", NULL},
      {"0", NULL},
      {"-0", "0"},
      {"-0.0", "-0.0"},
      {"9223372036854775807", NULL},
      {"-9223372036854775808", NULL},
      {"9223372036854775808", "9223372036854776000.0"}, /* the fewest digits of 2^63 */
      {"[1,9223372036854775808]", "[1,9223372036854776000.0]"},
      {"[9223372036854775807,10000000000000000000.0]", NULL}, /* its integer is one still */
      {"9007199254740993", NULL},                             /* 2^53 + 1: no double */
      {"0.1", NULL},
      {"1E2", "100"},
      {"1e-8", NULL},
      {"-2.50", "-2.5"},
      {"5e-324", NULL},
      {"1e-400", "0"},
      {"\"\"", NULL},
      {"\"a\\n\\u00e9\\ud83d\\ude00\\/\\\\\"", "\"a\\n\xC3\xA9\xF0\x9F\x98\x80/\\\\\""},
      {"\"\\u20AC\\u007f\"", "\"\xE2\x82\xAC\\u007f\""},
      {"[]", NULL},
      {"[ 1 , [ ] , {} ]", "[1,[],{}]"},
      {"{\"b\":1,\"a\":[{\"\":null}]}", NULL},
      {"\xEF\xBB\xBF[1]", "[1]"},
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    ml_value v = parsed(texts[i][0]);
    expect_json(&v, texts[i][1] ? texts[i][1] : texts[i][0]);
  }
  assert_int_equal(parsed("[1,9223372036854775808]").as.l.values[0].type, ML_TYPE_REAL);
  assert_int_equal(parsed("9223372036854775807").type, ML_TYPE_INT);
  assert_int_equal(parsed("-9223372036854775809").type, ML_TYPE_REAL);
  assert_int_equal(parsed("1.0").type, ML_TYPE_REAL);
}

static void json_mistakes_have_a_place(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t line, column;
    const char *message;
  } cases[] = {
      {"", 1, 1, "unexpected token near end of file"},
      {"[1,\n 2 3]", 2, 4, "']' expected near '3'"},
      {"{\"a\":1,}", 1, 8, "string or '}' expected near '}'"},
      {"{\"a\":1", 1, 6, "'}' expected near end of file"},
      {" {\"a\":1,\"a\":2}", 1, 11, "duplicate object key near '\"a\"'"},
      {"1 2", 1, 3, "end of file expected near '2'"},
      {"func", 1, 4, "invalid token near 'func'"},
      {"[NaN]", 1, 4, "invalid token near 'NaN'"},
      {"Infinity", 1, 8, "invalid token near 'Infinity'"},
      {"01", 1, 1, "invalid token near '0'"},
      {"[\"\u00e9\",nul]", 1, 8, "invalid token near 'nul'"},
      {"1e999", 1, 5, "real number overflow near '1e999'"},
      {"\"abc", 1, 4, "premature end of input near '\"abc'"},
      {"\"\\ud83d\"", 1, 8, "invalid Unicode '\\uD83D' near '\"\\ud83d\"'"},
      {"\"\\u0000\"", 1, 8, "\\u0000 is not allowed without JSON_ALLOW_NUL near '\"\\u0000\"'"},
      {"\"a\tb\"", 1, 2, "control character 0x9 near '\"a'"},
      {"[\"\xFF\"]", 1, 2, "unable to decode byte 0xff near '\"'"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ml_error err = {0};
    ml_value v;
    /* Exactly as long as the text: a sanitizer sees one byte too many being read. */
    size_t n = strlen(cases[i].text);
    char *text = malloc(n ? n : 1), want[128];
    memcpy(text, cases[i].text, n);
    assert_int_equal(ml_value_from_json(text, n, "args", arena, &v, &err), ML_ERR_PARSE);
    snprintf(want, sizeof want, "not JSON: %s", cases[i].message);
    assert_string_equal(err.message, want);
    assert_string_equal(err.source, "args");
    if (err.line != cases[i].line || err.column != cases[i].column)
      fail_msg("%s: at %zu:%zu", cases[i].text, err.line, err.column);
    free(text);
  }
  ml_value v;
  assert_int_equal(ml_value_from_json("[1\0]", 4, NULL, arena, &v, NULL), ML_ERR_PARSE);
}

/* An escape by number is left to jansson, and all around it. */
static void usual_json_is_read_as_unusual(void **state) {
  (void)state;
  static const char *const texts[] = {
      "0",
      "-0",
      "-0.0",
      "1.5e3",
      "1E-400",
      "4.9e-324",
      "1.7976931348623157e308",
      "0.1000000000000000055511151231257827",
      "999999999999999999",
      "9223372036854775807",
      "-9223372036854775808",
      "18446744073709551616",
      "[]",
      "{}",
      " [ 1 , 2.0 , [ ] , { } , null , true , false ] ",
      "{\"a\":1,\"b\":{\"a\":[1,2,{\"c\":\"d\"}]},\"\":[]}",
      "\"\\\" \\\\ \\/ \\b\\f\\n\\r\\t\"",
      "\"\u00e9\u20ac\U0001F600\x7f\"",
      "{\"value__attr_\\\"slope\\\"\":\"inf\"}",
      "\r\n\t{\"x\" : [ -1 ] }\n",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    char slow[300];
    snprintf(slow, sizeof slow, "[\"\\u0061\",%s]", texts[i]);
    ml_value one = parsed(texts[i]), other = parsed(slow);
    if (!ml_value_equal(&one, &other.as.l.values[1])) fail_msg("%s", texts[i]);
  }
}

static void nesting_has_an_end(void **state) {
  (void)state;
  char text[200];
  ml_value v;
  ml_error err = {0};
  ml_buf out = {0};
  for (size_t depth = 64; depth <= 65; depth++) {
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    ml_status status = ml_value_from_json(text, 2 * depth, NULL, arena, &v, &err);
    assert_int_equal(status, depth == 64 ? ML_OK : ML_ERR_PARSE);
  }
  assert_string_equal(err.message, "not JSON: nested deeper than 64");
  memset(text, '[', 64), memset(text + 64, ']', 64);
  assert_int_equal(ml_value_from_json(text, 128, NULL, arena, &v, NULL), ML_OK);
  assert_int_equal(ml_value_encode(&v, NULL, 0, &out, &err), ML_OK);
  assert_int_equal(ml_value_decode(out.data, out.n, NULL, 0, arena, &v, &err), ML_OK);
  ml_value outer, *values = ml_value_new_list(arena, 1, &outer);
  values[0] = v;
  assert_int_equal(ml_value_encode(&outer, NULL, 0, &out, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "nested deeper than 64");
  assert_int_equal(ml_value_to_json(&outer, &out, &err), ML_ERR_USAGE);
  ml_buf_release(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arena_gives_aligned_zeros_again_and_again),
      cmocka_unit_test(arena_keeps_some_memory),
      cmocka_unit_test(arena_refuses_what_no_memory_has),
      cmocka_unit_test(numbers_are_read_as_what_they_are),
      cmocka_unit_test(vectors_and_lists_are_read_as_doubles),
      cmocka_unit_test(types_have_names),
      cmocka_unit_test(dictionaries_are_searched_by_name),
      cmocka_unit_test(json_is_written_compactly),
      cmocka_unit_test(json_comes_back_as_it_was),
      cmocka_unit_test(json_mistakes_have_a_place),
      cmocka_unit_test(usual_json_is_read_as_unusual),
      cmocka_unit_test(nesting_has_an_end),
  };
  return cmocka_run_group_tests_name("value", tests, set_up, tear_down);
}
