/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Growing runs of bytes and what is appended to them. */
#include "support.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <jansson.h>

static void expect_text(ml_buf *buf, const char *want) {
  assert_false(buf->failed);
  ml_buf_put(buf, "", 1);
  assert_string_equal(buf->data, want);
  assert_int_equal(buf->n, strlen(want) + 1);
  ml_buf_clear(buf);
}

static void grows_and_keeps_what_it_has(void **state) {
  (void)state;
  ml_buf buf = {0};
  unsigned char bytes[1000];
  size_t n = 0;
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * 7);
  for (size_t step = 0; step < sizeof bytes; n += step++) ml_buf_put(&buf, bytes, step);
  assert_int_equal(buf.n, n);
  assert_true(buf.capacity >= n);
  size_t at = 0;
  for (size_t step = 0; step < sizeof bytes; at += step++)
    assert_memory_equal(buf.data + at, bytes, step);
  ml_buf_release(&buf);
  assert_null(buf.data);
  assert_int_equal(buf.capacity, 0);
}

static void reserve_makes_room_without_using_it(void **state) {
  (void)state;
  ml_buf buf = {0};
  ml_buf_puts(&buf, "ab");
  char *at = ml_buf_reserve(&buf, 100000);
  assert_ptr_equal(at, buf.data + 2);
  memset(at, 'x', 100000);
  assert_int_equal(buf.n, 2);
  assert_ptr_equal(ml_buf_reserve(&buf, 100000), at); /* the same room */
  expect_text(&buf, "ab");
  ml_buf_release(&buf);
}

static void too_much_sets_the_flag_and_keeps_the_bytes(void **state) {
  (void)state;
  ml_buf buf = {0};
  ml_buf_puts(&buf, "kept");
  assert_null(ml_buf_reserve(&buf, SIZE_MAX));
  assert_true(buf.failed);
  ml_buf_puts(&buf, "more");
  ml_buf_printf(&buf, "%d", 1);
  ml_buf_number(&buf, 1);
  ml_buf_json_string(&buf, "x");
  ml_buf_csv_cell(&buf, "a,b");
  assert_null(ml_buf_reserve(&buf, 1));
  assert_int_equal(buf.n, 4);
  assert_memory_equal(buf.data, "kept", 4);
  ml_buf_clear(&buf);
  ml_buf_puts(&buf, "again");
  expect_text(&buf, "again");
  assert_null(ml_buf_reserve(&buf, SIZE_MAX - 3)); /* no sum wraps round */
  ml_buf_release(&buf);
  assert_false(buf.failed);
  assert_null(ml_buf_reserve(&buf, SIZE_MAX / 2 + 2));
  ml_buf_release(&buf);
}

static void printf_of_any_length(void **state) {
  (void)state;
  ml_buf buf = {0};
  char text[3000];
  memset(text, 'y', sizeof text - 1);
  text[sizeof text - 1] = 0;
  ml_buf_printf(&buf, "%d %s", 7, "seven");
  expect_text(&buf, "7 seven");
  ml_buf_printf(&buf, "%s", text);
  expect_text(&buf, text);
  ml_buf_printf(&buf, "%s", "");
  expect_text(&buf, "");
  ml_buf_release(&buf);
}

static void csv_cells(void **state) {
  (void)state;
  static const struct {
    const char *text, *want;
  } cases[] = {{"", ""},
               {"plain text", "plain text"},
               {"semi;colon\ttab", "semi;colon\ttab"},
               {"a,b", "\"a,b\""},
               {"\"", "\"\"\"\""},
               {"say \"hi\" twice \"ho\"", "\"say \"\"hi\"\" twice \"\"ho\"\"\""},
               {"x__agg_\"mean\"__q_0.1", "\"x__agg_\"\"mean\"\"__q_0.1\""},
               {"two\nlines", "\"two\nlines\""},
               {"cr\r", "\"cr\r\""},
               {"\xc3\xa4", "\xc3\xa4"}};
  ml_buf buf = {0};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    ml_buf_csv_cell(&buf, cases[i].text);
    expect_text(&buf, cases[i].want);
  }
  ml_buf_release(&buf);
}

static void json_strings(void **state) {
  (void)state;
  static const struct {
    const char *text, *want;
  } cases[] = {
      {"", "\"\""},
      {"a \"b\" \\ /", "\"a \\\"b\\\" \\\\ /\""},
      {"\n\t\r\b\f\x01\x1f\x7f", "\"\\n\\t\\r\\b\\f\\u0001\\u001f\\u007f\""},
      {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x8c\x80", "\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x8c\x80\""},
      {"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", "\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\""},
      {"a\x80z", "\"a\\ufffdz\""},                   /* a byte from the middle */
      {"\xc3", "\"\\ufffd\""},                       /* cut short by the end */
      {"\xe2\x82", "\"\\ufffd\\ufffd\""},            /* the same */
      {"\xf0\x9f\x8c", "\"\\ufffd\\ufffd\\ufffd\""}, /* the same */
      {"\xc3(", "\"\\ufffd(\""},                     /* cut short by a letter */
      {"\xc0\x80", "\"\\ufffd\\ufffd\""},            /* overlong, in 2, 3 and 4 bytes */
      {"\xe0\x9f\xbf", "\"\\ufffd\\ufffd\\ufffd\""},
      {"\xf0\x8f\xbf\xbf", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
      {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},            /* a surrogate */
      {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""}, /* beyond U+10FFFF */
      {"\xff\xfe", "\"\\ufffd\\ufffd\""},
  };
  ml_buf buf = {0};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    ml_buf_json_string(&buf, cases[i].text);
    expect_text(&buf, cases[i].want);
  }
  ml_buf_release(&buf);
}

/* Whatever the bytes, a strict reader takes them; and when they are UTF-8, it gives them back. */
static void random_json_strings_are_valid(void **state) {
  (void)state;
  static const unsigned char often[] = {0xC2, 0xE0, 0xED, 0xF0, 0xF4, 0x80, 0x9F, 0xA0, 0xBF, '"'};
  uint64_t seed = 11;
  ml_buf buf = {0};
  for (int i = 0; i < 20000; i++) {
    char text[13] = "";
    for (size_t k = 0; k < 12; k++) {
      uint64_t r = next_random(&seed);
      text[k] = (char)(r % 2 ? often[r / 2 % sizeof often] : r >> 8);
    }
    ml_buf_clear(&buf);
    ml_buf_json_string(&buf, text);
    json_error_t error;
    json_t *json = json_loadb(buf.data, buf.n, JSON_DECODE_ANY, &error);
    if (!json) fail_msg("%.*s: %s", (int)buf.n, buf.data, error.text);
    json_t *valid = json_string(text); /* NULL when it is not UTF-8 */
    if (valid) assert_string_equal(json_string_value(json), text);
    assert_int_equal(!valid, strstr(json_string_value(json), "\xef\xbf\xbd") != NULL);
    json_decref(json);
    json_decref(valid);
  }
  ml_buf_release(&buf);
}

static void xml_texts(void **state) {
  (void)state;
  static const struct {
    const char *text, *want;
  } cases[] = {
      {"", ""},
      {"plain text", "plain text"},
      {"<b a=\"1\" c='2'>&amp;</b>", "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;&lt;/b&gt;"},
      {"a\tb\nc\r", "a&#9;b&#10;c&#13;"},
      {"\x01\x1f\x7f", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
      {"\xc2\x80\xc2\x9f\xc2\xa0", "\xef\xbf\xbd\xef\xbf\xbd\xc2\xa0"}, /* C1 controls */
      {"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x8c\x80", "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x8c\x80"},
      {"\xef\xbf\xbe\xef\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbd"}, /* U+FFFE, U+FFFF */
      {"a\x80z\xc3", "a\xef\xbf\xbdz\xef\xbf\xbd"},             /* not UTF-8 */
      {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* a surrogate */
      {"\xc3<", "\xef\xbf\xbd&lt;"},                            /* which hides no markup */
  };
  ml_buf buf = {0};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    ml_buf_xml_text(&buf, cases[i].text);
    expect_text(&buf, cases[i].want);
  }
  ml_buf_release(&buf);
}

static void numbers(void **state) {
  (void)state;
  ml_buf buf = {0};
  ml_buf_number(&buf, -2.5);
  ml_buf_number(&buf, NAN);
  expect_text(&buf, "-2.5NaN");
  ml_buf_json_number(&buf, 0.1);
  ml_buf_puts(&buf, " ");
  ml_buf_json_number(&buf, NAN);
  ml_buf_puts(&buf, " ");
  ml_buf_json_number(&buf, INFINITY);
  ml_buf_puts(&buf, " ");
  ml_buf_json_number(&buf, -INFINITY);
  ml_buf_puts(&buf, " ");
  ml_buf_json_number(&buf, 1e300);
  expect_text(&buf, "0.1 null \"inf\" \"-inf\" 1e300");
  ml_buf_release(&buf);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(grows_and_keeps_what_it_has),
      cmocka_unit_test(reserve_makes_room_without_using_it),
      cmocka_unit_test(too_much_sets_the_flag_and_keeps_the_bytes),
      cmocka_unit_test(printf_of_any_length),
      cmocka_unit_test(csv_cells),
      cmocka_unit_test(json_strings),
      cmocka_unit_test(random_json_strings_are_valid),
      cmocka_unit_test(xml_texts),
      cmocka_unit_test(numbers),
  };
  return cmocka_run_group_tests_name("buffer", tests, NULL, NULL);
}
