/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values as bytes: the layout by hand, references to shared blocks, and bytes that are none. */
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

/* First words of values. */
#define HEAD(type, detail) ((uint64_t)ML_TYPE_##type | (uint64_t)(detail) << 8)
#define IN_BLOCK(block)    (UINT64_C(1) << 16 | (uint64_t)(block) << 32)

static uint64_t word_of(const char text[8]) {
  uint64_t word;
  memcpy(&word, text, sizeof word);
  return word;
}

static uint64_t bits_of(double d) {
  uint64_t bits;
  memcpy(&bits, &d, sizeof bits);
  return bits;
}

/* The value has these words, and the words give the value. */
static void expect_words(const ml_value *v, const uint64_t *words, size_t n) {
  ml_buf out = {0};
  ml_error err = {0};
  ml_value back;
  assert_int_equal(ml_value_encode(v, NULL, 0, &out, &err), ML_OK);
  assert_int_equal(out.n, n * sizeof *words);
  assert_memory_equal(out.data, words, out.n);
  assert_int_equal(ml_value_decode(words, n * sizeof *words, NULL, 0, arena, &back, &err), ML_OK);
  assert_true(ml_value_equal(v, &back));
  ml_buf_release(&out);
}

#define EXPECT_WORDS(v, ...)                          \
  expect_words(&(v), (const uint64_t[]){__VA_ARGS__}, \
               sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void scalars_are_a_word_or_two(void **state) {
  (void)state;
  static const int64_t edges[] = {0, 1, -1, INT64_MIN, INT64_MAX, 1LL << 53};
  static const uint64_t reals[] = {0,
                                   UINT64_C(1) << 63,
                                   1,
                                   0x7FF0000000000000,
                                   0x7FF8000000000123,
                                   0xFFF0000000000001,
                                   0x3FF0000000000000};
  ml_value v = ml_value_null();
  EXPECT_WORDS(v, HEAD(NULL, 0));
  v = ml_value_bool(true);
  EXPECT_WORDS(v, HEAD(BOOL, 1));
  v = ml_value_bool(false);
  EXPECT_WORDS(v, HEAD(BOOL, 0));
  for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
    v = ml_value_int(edges[i]);
    EXPECT_WORDS(v, HEAD(INT, 0), (uint64_t)edges[i]);
  }
  for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
    memcpy(&v.as.d, &reals[i], sizeof v.as.d);
    v.type = ML_TYPE_REAL;
    EXPECT_WORDS(v, HEAD(REAL, 0), reals[i]);
    ml_value back; /* the payload of a NaN comes through */
    const uint64_t words[] = {HEAD(REAL, 0), reals[i]};
    assert_int_equal(ml_value_decode(words, sizeof words, NULL, 0, arena, &back, NULL), ML_OK);
    assert_memory_equal(&back.as.d, &reals[i], sizeof back.as.d);
  }
}

static void texts_are_padded_behind_their_nul(void **state) {
  (void)state;
  ml_value v = ml_value_string("");
  EXPECT_WORDS(v, HEAD(STRING, 0), 0, 0);
  v = ml_value_string("1234567");
  EXPECT_WORDS(v, HEAD(STRING, 0), 7, word_of("1234567"));
  v = ml_value_string("12345678");
  EXPECT_WORDS(v, HEAD(STRING, 0), 8, word_of("12345678"), 0);
  v.type = ML_TYPE_BYTES;
  EXPECT_WORDS(v, HEAD(BYTES, 0), 8, word_of("12345678"));
  v.as.s.n = 0;
  EXPECT_WORDS(v, HEAD(BYTES, 0), 0);
  v.type = ML_TYPE_OBJECT;
  v.as.s.n = 3;
  EXPECT_WORDS(v, HEAD(OBJECT, 0), 3, word_of("123\0\0\0\0"));
}

static void elements_lie_as_they_are_used(void **state) {
  (void)state;
  const double reals[] = {1, NAN};
  const int32_t ints[] = {-1, 2, 3};
  const uint8_t bools[] = {0, 1};
  ml_value v = ml_value_vector(ML_DTYPE_F64, reals, 2);
  EXPECT_WORDS(v, HEAD(VECTOR, ML_DTYPE_F64), 2, bits_of(1), bits_of(NAN));
  v = ml_value_vector(ML_DTYPE_I32, ints, 3);
  EXPECT_WORDS(v, HEAD(VECTOR, ML_DTYPE_I32), 3, 0x00000002FFFFFFFF, 3);
  v = ml_value_matrix(ML_DTYPE_I32, ints, 1, 3);
  EXPECT_WORDS(v, HEAD(MATRIX, ML_DTYPE_I32), 1, 3, 0x00000002FFFFFFFF, 3);
  v = ml_value_matrix(ML_DTYPE_F32, NULL, 5, 0);
  EXPECT_WORDS(v, HEAD(MATRIX, ML_DTYPE_F32), 5, 0);
  v = ml_value_vector(ML_DTYPE_U8, NULL, 0);
  EXPECT_WORDS(v, HEAD(VECTOR, ML_DTYPE_U8), 0);
  v = ml_value_vector(ML_DTYPE_BOOL, bools, 2);
  EXPECT_WORDS(v, HEAD(VECTOR, ML_DTYPE_BOOL), 2, 0x100);
}

static void lists_hold_values(void **state) {
  (void)state;
  static const char *const names[] = {"b", ""};
  ml_value list, dict, *values = ml_value_new_list(arena, 2, &list);
  values[1] = ml_value_int(7);
  EXPECT_WORDS(list, HEAD(LIST, 0), 2, HEAD(NULL, 0), HEAD(INT, 0), 7);
  ml_value *members = ml_value_new_dict(arena, names, 2, &dict);
  members[0] = list;
  EXPECT_WORDS(dict, HEAD(DICT, 0), 2, 1, word_of("b\0\0\0\0\0\0"), HEAD(LIST, 0), 2, HEAD(NULL, 0),
               HEAD(INT, 0), 7, 0, 0, HEAD(NULL, 0));
  ml_value_new_dict(arena, names, 0, &dict);
  EXPECT_WORDS(dict, HEAD(DICT, 0), 0);
}

static void vectors_in_shared_blocks_are_not_sent(void **state) {
  (void)state;
  _Alignas(64) double first[4] = {1, 2, 3, 4}, second[4] = {5, 6, 7, 8}, there[4] = {0, 0, 9, 0};
  const ml_shared ours[] = {{first, sizeof first}, {second, sizeof second}};
  const ml_shared theirs[] = {{first, sizeof first}, {there, sizeof there}};
  ml_value v = ml_value_vector(ML_DTYPE_F64, second + 2, 2), back;
  const uint64_t want[] = {HEAD(VECTOR, ML_DTYPE_F64) | IN_BLOCK(1), 2, 16};
  ml_buf out = {0};
  assert_int_equal(ml_value_encode(&v, ours, 2, &out, NULL), ML_OK);
  assert_int_equal(out.n, sizeof want);
  assert_memory_equal(out.data, want, sizeof want);
  assert_int_equal(ml_value_decode(out.data, out.n, theirs, 2, arena, &back, NULL), ML_OK);
  assert_ptr_equal(back.as.a.data, there + 2);
  assert_true(((const double *)back.as.a.data)[0] == 9);

  /* One element beyond the block, not aligned, or empty: they go as they are. */
  const ml_value others[] = {
      ml_value_vector(ML_DTYPE_U8, (const char *)(second + 4) - 1,
                      1), /* the last byte does lie in it */
      ml_value_vector(ML_DTYPE_I32, (const char *)second + 2, 1),
      ml_value_vector(ML_DTYPE_F64, second, 0),
  };
  const size_t sizes[] = {24, 24, 16};
  const uint64_t heads[] = {HEAD(VECTOR, ML_DTYPE_U8) | IN_BLOCK(1), HEAD(VECTOR, ML_DTYPE_I32),
                            HEAD(VECTOR, ML_DTYPE_F64)};
  for (size_t i = 0; i < 3; i++) {
    ml_buf_clear(&out);
    assert_int_equal(ml_value_encode(&others[i], ours, 2, &out, NULL), ML_OK);
    assert_int_equal(out.n, sizes[i]);
    assert_memory_equal(out.data, &heads[i], 8);
  }
  const ml_shared half = {second, 3 * sizeof *second};
  ml_buf_clear(&out);
  assert_int_equal(ml_value_encode(&v, &half, 1, &out, NULL), ML_OK);
  assert_int_equal(out.n, 32);
  ml_buf_release(&out);
}

static void expect_refused(const uint64_t *words, size_t n_bytes, const char *reason) {
  _Alignas(64) static double block[4];
  const ml_shared shared = {block, sizeof block};
  ml_error err = {0};
  ml_value v;
  /* Exactly as large: a sanitizer sees one byte too many being read. */
  uint64_t *bytes = malloc(n_bytes ? n_bytes : 1);
  memcpy(bytes, words, n_bytes);
  ml_status status = ml_value_decode(bytes, n_bytes, &shared, 1, arena, &v, &err);
  free(bytes);
  if (status != ML_ERR_PARSE || !strstr(err.message, reason))
    fail_msg("wanted '%s', found status %d, '%s'", reason, status, err.message);
}

#define EXPECT_REFUSED(reason, ...) \
  expect_refused((const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}), reason)

static void bytes_that_are_no_value_are_refused(void **state) {
  (void)state;
  const uint64_t many = UINT64_C(1) << 60;
  expect_refused((const uint64_t[]){0}, 0, "cut short at byte 0");
  expect_refused((const uint64_t[]){0}, 7, "cut short");
  EXPECT_REFUSED("no such type", 11);
  EXPECT_REFUSED("no such type", HEAD(NULL, 1));
  EXPECT_REFUSED("no such type", HEAD(BOOL, 2));
  EXPECT_REFUSED("no such type", HEAD(INT, 0) | IN_BLOCK(0), 1);
  EXPECT_REFUSED("no such type", HEAD(INT, 0) | UINT64_C(1) << 24, 1);
  EXPECT_REFUSED("no such type", HEAD(VECTOR, 0) | UINT64_C(1) << 32, 1, 1);
  EXPECT_REFUSED("no such type", HEAD(VECTOR, 0) | UINT64_C(2) << 16, 1, 1);
  EXPECT_REFUSED("more than one value at byte 8", HEAD(NULL, 0), HEAD(NULL, 0));
  EXPECT_REFUSED("cut short", HEAD(INT, 0));
  EXPECT_REFUSED("cut short", HEAD(REAL, 0));
  EXPECT_REFUSED("cut short", HEAD(STRING, 0));
  EXPECT_REFUSED("wrong length", HEAD(STRING, 0), 0);               /* no NUL */
  EXPECT_REFUSED("wrong length", HEAD(STRING, 0), 8, ~UINT64_C(0)); /* no room for one */
  EXPECT_REFUSED("wrong length", HEAD(STRING, 0), UINT64_MAX, 0);
  EXPECT_REFUSED("wrong length", HEAD(STRING, 0), 1, word_of("ab\0\0\0\0\0"));
  EXPECT_REFUSED("no UTF-8", HEAD(STRING, 0), 3, word_of("a\0b\0\0\0\0"));
  EXPECT_REFUSED("no UTF-8", HEAD(STRING, 0), 1, word_of("\xFF\0\0\0\0\0\0"));
  EXPECT_REFUSED("no UTF-8", HEAD(STRING, 0), 1, word_of("\xC3\0\0\0\0\0\0"));
  EXPECT_REFUSED("wrong length", HEAD(BYTES, 0), 9, 0);
  EXPECT_REFUSED("wrong length", HEAD(BYTES, 0), 1, word_of("a\0\0\0\0\0\1"));
  EXPECT_REFUSED("no such element type", HEAD(VECTOR, 6), 1, 1);
  EXPECT_REFUSED("cut short", HEAD(VECTOR, 0));
  EXPECT_REFUSED("cut short", HEAD(MATRIX, 0), 1);
  EXPECT_REFUSED("elements that are not there", HEAD(VECTOR, 0), 2, 1);
  EXPECT_REFUSED("too many elements", HEAD(VECTOR, 0), many * 8);
  EXPECT_REFUSED("too many elements", HEAD(MATRIX, 0), many, many);
  EXPECT_REFUSED("too many elements", HEAD(MATRIX, 0), (UINT64_C(1) << 16) + 1, 0);
  EXPECT_REFUSED("elements that are not there", HEAD(VECTOR, ML_DTYPE_U8), 1, 0x0100);
  EXPECT_REFUSED("neither 0 nor 1", HEAD(VECTOR, ML_DTYPE_BOOL), 2, 0x0201);
  EXPECT_REFUSED("elements that are not there", HEAD(VECTOR, 0) | IN_BLOCK(1), 1, 0);
  EXPECT_REFUSED("elements that are not there", HEAD(VECTOR, 0) | IN_BLOCK(0), 1, 32);
  EXPECT_REFUSED("elements that are not there", HEAD(VECTOR, 0) | IN_BLOCK(0), 1, 40);
  EXPECT_REFUSED("elements that are not there", HEAD(VECTOR, 0) | IN_BLOCK(0), 5, 0);
  EXPECT_REFUSED("elements that are not there", HEAD(VECTOR, 0) | IN_BLOCK(0), 1, 4);
  EXPECT_REFUSED("elements that are not there", HEAD(VECTOR, 0) | IN_BLOCK(0), 0, 0);
  EXPECT_REFUSED("elements that are not there", HEAD(VECTOR, 0) | IN_BLOCK(0), 1);
  EXPECT_REFUSED("too many values", HEAD(LIST, 0), many);
  EXPECT_REFUSED("too many values", HEAD(LIST, 0), 4, 0); /* three words cannot have four */
  EXPECT_REFUSED("cut short", HEAD(LIST, 0), 1);
  EXPECT_REFUSED("too many values", HEAD(LIST, 0), 3, HEAD(LIST, 0), 3, 0); /* claimed already */
  EXPECT_REFUSED("cut short", HEAD(DICT, 0), 1);
  EXPECT_REFUSED("cut short", HEAD(DICT, 0), 1, 0, 0);
  EXPECT_REFUSED("there twice", HEAD(DICT, 0), 2, 1, 'a', 0, 1, 'a', 0);
}

static void bytes_must_be_aligned(void **state) {
  (void)state;
  const uint64_t words[] = {0, 0};
  ml_value v;
  assert_int_equal(ml_value_decode((const char *)words + 4, 8, NULL, 0, arena, &v, NULL),
                   ML_ERR_PARSE);
}

static void nothing_is_encoded_that_is_not_decoded(void **state) {
  (void)state;
  static const char *const twice[] = {"a", "b", "a"}, *const wild[] = {"\xC0\x80"};
  ml_value dict, list;
  ml_error err = {0};
  ml_buf out = {0};
  ml_value v = ml_value_string("\xE9t\xE9");
  assert_int_equal(ml_value_encode(&v, NULL, 0, &out, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "a string is no UTF-8 text without NUL");
  v = (ml_value){.type = ML_TYPE_STRING, .as.s = {"a\0b", 3}};
  assert_int_equal(ml_value_encode(&v, NULL, 0, &out, &err), ML_ERR_USAGE);
  ml_value_new_dict(arena, twice, 3, &dict);
  assert_int_equal(ml_value_encode(&dict, NULL, 0, &out, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "a dictionary has 'a' twice");
  ml_value_new_dict(arena, wild, 1, &dict);
  assert_int_equal(ml_value_encode(&dict, NULL, 0, &out, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "a name in a dictionary is no UTF-8 text without NUL");
  v = ml_value_matrix(ML_DTYPE_U8, NULL, ((size_t)1 << 16) + 1, 0);
  assert_int_equal(ml_value_encode(&v, NULL, 0, &out, &err), ML_ERR_USAGE);
  v.type = (ml_type)99;
  ml_value_new_list(arena, 1, &list)[0] = v;
  assert_int_equal(ml_value_encode(&list, NULL, 0, &out, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "a value of no known type: 99");
  ml_buf_release(&out);
}

/* What a function in C may leave behind: refused by whoever encodes it, never read. */
static void half_made_values_are_refused(void **state) {
  (void)state;
  static const uint8_t odd[] = {1, 2};
  static const char *const names[] = {NULL};
  const ml_value null = {.type = ML_TYPE_NULL};
  const struct {
    ml_value v;
    const char *message;
  } cases[] = {
      {{.type = ML_TYPE_STRING}, "a string is no UTF-8 text without NUL"},
      {{.type = ML_TYPE_BYTES, .as.s.n = 1}, "bytes that are NULL"},
      {ml_value_vector(ML_DTYPE_F64, NULL, 1), "a vector or matrix whose elements are NULL"},
      {ml_value_vector((ml_dtype)6, odd, 1), "elements of no known type"},
      {ml_value_vector(ML_DTYPE_BOOL, odd, 2),
       "a vector of bools with one that is neither 0 nor 1"},
      {{.type = ML_TYPE_VECTOR, .as.a = {odd, 2, 0}}, "a vector that has not one column"},
      {{.type = ML_TYPE_LIST, .as.l.n = 1}, "a list or dictionary whose values are NULL"},
      {{.type = ML_TYPE_DICT, .as.l = {&null, NULL, 1}}, "a name in a dictionary is NULL"},
      {{.type = ML_TYPE_DICT, .as.l = {&null, names, 1}}, "a name in a dictionary is NULL"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ml_error err = {0};
    ml_buf out = {0};
    assert_int_equal(ml_value_encode(&cases[i].v, NULL, 0, &out, &err), ML_ERR_USAGE);
    assert_string_equal(err.message, cases[i].message);
    ml_buf_release(&out);
  }
  ml_value itself = {.type = ML_TYPE_LIST}, twice[] = {{0}, {0}};
  ml_error err = {0};
  ml_buf out = {0};
  itself.as.l.values = twice, itself.as.l.n = 2;
  twice[0] = twice[1] = itself;
  assert_int_equal(ml_value_encode(&itself, NULL, 0, &out, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "nested deeper than 64");
  ml_buf_release(&out);
  ml_value vast = ml_value_matrix(ML_DTYPE_F64, odd, (size_t)1 << 40, (size_t)1 << 40);
  assert_int_equal(ml_value_encode(&vast, NULL, 0, &out, &err), ML_ERR_MEMORY);
  ml_buf_release(&out);
}

static void many_names_are_told_apart(void **state) {
  (void)state;
  enum { N = 1000 };
  static char texts[N][8];
  const char *names[N];
  ml_value dict;
  ml_buf out = {0};
  for (size_t i = 0; i < N; i++) {
    snprintf(texts[i], sizeof texts[i], "n%zu", i);
    names[i] = texts[i];
  }
  ml_value_new_dict(arena, names, N, &dict);
  assert_int_equal(ml_value_encode(&dict, NULL, 0, &out, NULL), ML_OK);
  names[N - 1] = "n3";
  assert_int_equal(ml_value_encode(&dict, NULL, 0, &out, NULL), ML_ERR_USAGE);
  ml_buf_release(&out);
}

static void copies_outlive_what_they_were_made_of(void **state) {
  (void)state;
  uint64_t words[] = {HEAD(DICT, 0),
                      2,
                      1,
                      word_of("b\0\0\0\0\0\0"),
                      HEAD(VECTOR, ML_DTYPE_F64),
                      1,
                      bits_of(2.5),
                      1,
                      word_of("c\0\0\0\0\0\0"),
                      HEAD(STRING, 0),
                      2,
                      word_of("hi\0\0\0\0\0")};
  ml_value v, copy, null = ml_value_null();
  assert_int_equal(ml_value_decode(words, sizeof words, NULL, 0, arena, &v, NULL), ML_OK);
  assert_true(ml_value_copy(&v, arena, &copy));
  assert_true(ml_value_equal(&v, &copy));
  memset(words, 'x', sizeof words);
  assert_false(ml_value_equal(&v, &copy));
  assert_true(*(const double *)ml_value_find(&copy, "b")->as.a.data == 2.5);
  assert_string_equal(ml_value_find(&copy, "c")->as.s.text, "hi");
  assert_true(ml_value_copy(&null, arena, &copy) && copy.type == ML_TYPE_NULL);
}

static void values_are_compared_by_their_bits(void **state) {
  (void)state;
  const double a[] = {1, 0, NAN}, b[] = {1, 0, -NAN}, c[] = {1, -0.0, NAN};
  ml_value x = ml_value_vector(ML_DTYPE_F64, a, 3), y = ml_value_vector(ML_DTYPE_F64, b, 3);
  assert_true(ml_value_equal(&x, &y));
  y.as.a.data = c;
  assert_false(ml_value_equal(&x, &y));
  y = x;
  y.as.a.n_rows = 2;
  assert_false(ml_value_equal(&x, &y));
  y = ml_value_matrix(ML_DTYPE_F64, a, 3, 1);
  assert_false(ml_value_equal(&x, &y)); /* a vector is no matrix */
  x = ml_value_int(1);
  y = ml_value_real(1);
  assert_false(ml_value_equal(&x, &y));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(scalars_are_a_word_or_two),
      cmocka_unit_test(texts_are_padded_behind_their_nul),
      cmocka_unit_test(elements_lie_as_they_are_used),
      cmocka_unit_test(lists_hold_values),
      cmocka_unit_test(vectors_in_shared_blocks_are_not_sent),
      cmocka_unit_test(bytes_that_are_no_value_are_refused),
      cmocka_unit_test(bytes_must_be_aligned),
      cmocka_unit_test(nothing_is_encoded_that_is_not_decoded),
      cmocka_unit_test(half_made_values_are_refused),
      cmocka_unit_test(many_names_are_told_apart),
      cmocka_unit_test(copies_outlive_what_they_were_made_of),
      cmocka_unit_test(values_are_compared_by_their_bits),
  };
  return cmocka_run_group_tests_name("value_bytes", tests, set_up, tear_down);
}
