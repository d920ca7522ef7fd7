/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON lines are read as the same table in CSV is, and what is wrong is found where it stands. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* types, a letter for each key: n number, f finite number, l label, i label that must not be empty,
 * t time. want: names, and rows, in lines with bars between the cells; or the error, with "!" in
 * front. */
typedef struct json_case {
  const char *name, *types, *text, *want;
} json_case;

static json_case cases[] = {
    /* rows */
    {"one", "ln", "{\"a\": \"x\", \"b\": 1}\n", "a|b\nx|1\n"},
    {"without blanks", "ln", "{\"a\":\"x\",\"b\":1}\n{\"a\":\"y\",\"b\":2}", "a|b\nx|1\ny|2\n"},
    {"blanks everywhere", "ln", " { \"a\"\t: \"x\" , \"b\" : 1 } \r\n", "a|b\nx|1\n"},
    {"blank lines", "n", "\n \t\r\n{\"a\": 1}\n\n{\"a\": 2}\n\n", "a\n1\n2\n"},
    {"byte order mark", "n", "\xef\xbb\xbf{\"a\": 1}\n", "a\n1\n"},
    {"another order", "lnn",
     "{\"a\": \"x\", \"b\": 1, \"c\": 2}\n{\"c\": 3, \"a\": \"y\", \"b\": 4}\n",
     "a|b|c\nx|1|2\ny|4|3\n"},
    {"keys that are lacking", "nnn", "{\"a\": 1, \"b\": 2, \"c\": 3}\n{\"b\": 4}\n{}\n{\"c\": 5}\n",
     "a|b|c\n1|2|3\nnan|4|nan\nnan|nan|nan\nnan|nan|5\n"},
    {"one key that is lacking", "n", "{\"a\": 1}\n{}\n{\"a\": null}\n{\"a\": 2}\n",
     "a\n1\nnan\nnan\n2\n"},
    {"null", "nl", "{\"a\": null, \"b\": null}\n", "a|b\nnan|\n"},
    {"true and false", "ll", "{\"a\": true, \"b\": false}\n", "a|b\ntrue|false\n"},
    {"keys that differ in escapes alone", "nn",
     "{\"a\": 1, \"b\": 2}\n{\"\\u0061\": 3, \"b\": 4}\n", "a|b\n1|2\n3|4\n"},
    {"a key that begins another", "nn", "{\"a\": 1, \"ab\": 2}\n{\"ab\": 3, \"a\": 4}\n",
     "a|ab\n1|2\n4|3\n"},

    /* numbers */
    {"forms", "n", "{\"a\": -0.5e+1}\n{\"a\": 1E2}\n{\"a\": 0}\n{\"a\": 10.25}\n",
     "a\n-5\n100\n0\n10.25\n"},
    {"numbers as texts", "n", "{\"a\": \"1.5\"}\n{\"a\": \" 2 \"}\n", "a\n1.5\n2\n"},
    {"numbers keep their text", "l", "{\"a\": 1.0}\n{\"a\": 9007199254740993}\n{\"a\": 1e400}\n",
     "a\n1.0\n9007199254740993\n1e400\n"},
    {"bare words of other programs", "n", "{\"a\": NaN}\n{\"a\": Infinity}\n{\"a\": -Infinity}\n",
     "a\nnan\ninf\n-inf\n"},
    {"dates", "t", "{\"a\": \"1970-01-01T00:00:01Z\"}\n", "a\n1000000000\n"},

    /* strings */
    {"escapes", "l", "{\"a\": \"\\\"\\\\\\/\\b\\f\\t|\"}\n", "a\n\"\\/\b\f\t|\n"},
    {"commas, bars and units", "ll", "{\"a\": \"x,y\", \"b\": \"\\u001fz\"}\n", "a|b\nx,y|\x1fz\n"},
    {"line ends are escaped", "ll", "{\"a\": \"x\\ny\", \"b\": \"\\r\\n\"}\n", "a|b\nx\ny|\r\n\n"},
    {"UTF-8 of one to four bytes", "l", "{\"a\": \"A\\u00e9\\u20AC\\uD83D\\uDE00\"}\n",
     "a\nA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n"},
    {"blanks in a text", "l", "{\"a\": \" x \"}\n{\"a\": \"  \"}\n", "a\n x \n  \n"},
    {"a quote alone", "l", "{\"a\": \"\\\"\"}\n", "a\n\"\n"},
    {"names with commas, quotes, line ends", "nnn",
     "{\"a,b\": 1, \"c\\\"d\": 2, \"e\\nf\": 3}\n{\"e\\nf\": 4, \"a,b\": 5}\n",
     "a,b|c\"d|e\nf\n1|2|3\n5|nan|4\n"},
    {"an empty name", "nn", "{\"\": 1, \"a\": 2}\n", "|a\n1|2\n"},

    /* what is wrong with a line */
    {"nested object", "n", "{\"a\": 1}\n{\"a\": {\"b\": 1}}\n",
     "!2:7: a nested value is no cell: a string, a number, true, false or null is"},
    {"nested array", "n", "{\"a\": [1]}\n",
     "!1:7: a nested value is no cell: a string, a number, true, false or null is"},
    {"new key", "n", "{\"a\": 1}\n{\"a\": 2, \"b\": 3}\n",
     "!2:10: the key \"b\" is not among those of the first object"},
    {"a key twice", "nn", "{\"a\": 1, \"b\": 1}\n{\"b\": 2, \"b\": 3}\n",
     "!2:10: the key \"b\" is there twice"},
    {"a key twice in the first object", "nn", "{\"a\": 1, \"b\": 2, \"a\": 3, \"b\": 4}\n",
     "!1:18: the key \"a\" is there twice"},
    {"no keys", "n", "{}\n{\"a\": 1}\n", "!1:1: the first object has no keys"},
    {"array", "n", "{\"a\": 1}\n[1]\n", "!2:1: expected an object: { and its members on one line"},
    {"several lines", "n", "{\n  \"a\": 1\n}\n",
     "!1:2: the object does not end on this line: each line has one object"},
    {"cut short", "n", "{\"a\": 1}\n{\"a\": 2",
     "!2:8: the object does not end on this line: each line has one object"},
    {"cut in a string", "l", "{\"a\": \"x\ny\"}\n",
     "!1:7: a string starts here and does not end on this line"},
    {"two objects", "n", "{\"a\": 1} {\"a\": 2}\n",
     "!1:10: text behind the object: each line has one object"},
    {"comma at the end", "n", "{\"a\": 1,}\n", "!1:9: expected a key in quotes"},
    {"no comma", "n", "{\"a\": 1 \"b\": 2}\n", "!1:9: expected a comma or a closing brace"},
    {"no colon", "n", "{\"a\" 1}\n", "!1:6: expected a colon behind the key"},
    {"key without quotes", "n", "{a: 1}\n", "!1:2: expected a key in quotes"},
    {"word", "n", "{\"a\": nul}\n", "!1:7: expected a string, a number, true, false or null"},
    {"longer word", "n", "{\"a\": nulls}\n",
     "!1:7: expected a string, a number, true, false or null"},
    {"no number", "n", "{\"a\": 01}\n", "!1:7: expected a string, a number, true, false or null"},
    {"point without digits", "n", "{\"a\": 1.}\n",
     "!1:7: expected a string, a number, true, false or null"},
    {"plus", "n", "{\"a\": +1}\n", "!1:7: expected a string, a number, true, false or null"},
    {"exponent without digits", "n", "{\"a\": 1e}\n",
     "!1:7: expected a string, a number, true, false or null"},
    {"nothing", "n", "{\"a\": }\n", "!1:7: expected a string, a number, true, false or null"},
    {"unknown escape", "l", "{\"a\": \"\\x\"}\n", "!1:8: unknown escape in a string"},
    {"escape at the end", "l", "{\"a\": \"\\\n", "!1:8: unknown escape in a string"},
    {"no digits", "l", "{\"a\": \"\\u12g4\"}\n", "!1:8: \\u needs four hexadecimal digits"},
    {"NUL", "l", "{\"a\": \"\\u0000\"}\n", "!1:8: NUL character"},
    {"first half", "l", "{\"a\": \"\\ud83dx\"}\n",
     "!1:8: the first half of a surrogate pair without the second"},
    {"first half twice", "l", "{\"a\": \"\\ud83d\\ud83d\"}\n",
     "!1:8: the first half of a surrogate pair without the second"},
    {"second half", "l", "{\"a\": \"\\ude00\"}\n",
     "!1:8: the second half of a surrogate pair without the first"},
    {"control character", "l", "{\"a\": \"x\ty\"}\n",
     "!1:9: control character in a string: JSON has it escaped"},

    /* what is wrong with a cell: the line, and the name of the column */
    {"no number in a cell", "lf", "{\"a\": \"x\", \"b\": 1}\n\n{\"a\": \"y\", \"b\": \"z\"}\n",
     "!3:0: \"b\": expected a number, found \"z\""},
    {"missing", "lf", "{\"a\": \"x\", \"b\": 1}\n{\"a\": \"x\"}\n",
     "!2:0: \"b\": missing value (empty)"},
    {"lines do not count line ends in strings", "lf",
     "{\"a\\n\": \"x\\n\\ny\", \"b\": 1}\n{\"a\\n\": \"\\r\\n\", \"b\": 2}\n{\"a\\n\": \"\\n\", "
     "\"b\": true}\n",
     "!3:0: \"b\": expected a number, found \"true\""},
    {"what comes first is told first", "fn", "{\"a\": \"x\", \"b\": 1}\n{\"c\": 1}\n",
     "!1:0: \"a\": expected a number, found \"x\""},
    {"label that is no UTF-8", "l", "{\"a\": \"\xff\"}\n",
     "!1:0: \"a\": text that is not UTF-8; convert the file, for example: iconv -f WINDOWS-1252 -t "
     "UTF-8"},
};

static void put_cell(ml_buf *out, const ml_column *c, size_t i) {
  if (c->type == ML_LABEL)
    ml_buf_puts(out, c->labels[c->label[i]]);
  else if (c->type == ML_TIME)
    ml_buf_printf(out, "%lld", (long long)c->time[i]);
  else
    ml_buf_printf(out, "%.17g", c->number[i]);
}

static void put_table(ml_buf *out, const ml_table *table) {
  for (size_t j = 0; j < table->n_columns; j++)
    ml_buf_printf(out, "%s%s", j ? "|" : "", table->columns[j].name);
  for (size_t i = 0; i < table->n_rows; i++)
    for (size_t j = 0; j < table->n_columns; j++) {
      ml_buf_puts(out, j ? "|" : "\n");
      put_cell(out, &table->columns[j], i);
    }
  ml_buf_puts(out, "\n");
}

static ml_status read_text(const char *text, size_t n, const char *types, ml_buf *out,
                           ml_error *err) {
  ml_csv *csv = NULL;
  ml_table *table = NULL;
  ml_csv_want want[8] = {0};
  ml_status status = ml_csv_open_bytes(text, n, "t.jsonl", NULL, &csv, err);
  if (status == ML_OK && ml_csv_n_columns(csv) == strlen(types)) {
    for (size_t j = 0; types[j]; j++)
      want[j] = (ml_csv_want){.column = j,
                              .type = strchr("li", types[j]) ? ML_LABEL
                                      : types[j] == 't'      ? ML_TIME
                                                             : ML_NUMBER,
                              .finite = strchr("fi", types[j])};
    status = ml_csv_read(csv, want, strlen(types), &table, err);
    if (status == ML_OK) put_table(out, table);
  }
  ml_table_free(table);
  ml_csv_close(csv);
  return status;
}

static void check(void **state) {
  const json_case *c = *state;
  ml_buf out = {0};
  ml_error err = {0};
  if (read_text(c->text, strlen(c->text), c->types, &out, &err) != ML_OK) {
    assert_int_equal(err.status, ML_ERR_PARSE);
    assert_string_equal(err.source, "t.jsonl");
    ml_buf_printf(&out, "!%zu:%zu: %s", err.line, err.column, err.message);
  }
  ml_buf_put(&out, "", 1);
  assert_string_equal(out.data, c->want);
  ml_buf_release(&out);
}

/* ---- the twin: the same rows in CSV ---- */

/* A text, as CSV and as JSON have it. */
static void put_both(ml_buf *csv, ml_buf *json, const char *text) {
  ml_buf_csv_cell(csv, text);
  ml_buf_json_string(json, text);
}

/* More than a window of rows, lines of any length; keys lack and change places. */
static void equals_csv(void **state) {
  static const char *const texts[] = {"x",          "with, comma", "\"quoted\"",
                                      "two\nlines", "\xc3\xa9",    " "};
  enum { ROWS = 40000, N_TEXTS = sizeof texts / sizeof *texts };
  ml_buf csv = {0}, json = {0}, from_csv = {0}, from_json = {0};
  uint64_t seed = 7;
  (void)state;
  ml_buf_puts(&csv, "label,number,other\n");
  for (size_t i = 0; i < ROWS; i++) {
    const char *text = texts[next_random(&seed) % N_TEXTS];
    const bool is_turned = i > 0 && next_random(&seed) % 4 == 0;
    const bool is_lacking = i > 0 && next_random(&seed) % 8 == 0;
    char number[32];
    snprintf(number, sizeof number, "%.17g", (double)(next_random(&seed) >> 40) / 7.0);
    ml_buf_puts(&json, is_turned ? "{\"number\": " : "{\"label\": ");
    if (is_turned) ml_buf_printf(&json, "%s, \"label\":", number);
    put_both(&csv, &json, text);
    if (!is_turned) ml_buf_printf(&json, ",\"number\":%s", number);
    ml_buf_printf(&csv, ",%s,%s\n", number, is_lacking ? "" : "1");
    ml_buf_puts(&json, is_lacking ? "}\n" : ", \"other\": 1}\n");
  }
  const ml_csv_opts comma = {.delimiter = ','};
  static const ml_csv_want want[] = {{.column = 0, .type = ML_LABEL}, {.column = 1}, {.column = 2}};
  ml_csv *opened;
  ml_table *table;
  assert_int_equal(ml_csv_open_bytes(csv.data, csv.n, "t", &comma, &opened, NULL), ML_OK);
  assert_int_equal(ml_csv_read(opened, want, 3, &table, NULL), ML_OK);
  put_table(&from_csv, table);
  ml_table_free(table);
  ml_csv_close(opened);
  assert_int_equal(read_text(json.data, json.n, "lnn", &from_json, NULL), ML_OK);
  assert_true(json.n > 2U << 20);
  assert_int_equal(from_csv.n, from_json.n);
  assert_memory_equal(from_csv.data, from_json.data, from_csv.n);
  for (ml_buf *b[] = {&csv, &json, &from_csv, &from_json}, **p = b; p < b + 4; p++)
    ml_buf_release(*p);
}

/* ---- what is JSON lines ---- */

static void needs_no_name(void **state) {
  ml_csv *csv;
  const ml_csv_opts comma = {.delimiter = ','};
  (void)state;
  /* A delimiter says that it is CSV, and so does a quote. */
  assert_int_equal(ml_csv_open_bytes("{a},b\n1,2\n", 10, "t", &comma, &csv, NULL), ML_OK);
  assert_string_equal(ml_csv_column(csv, 0), "{a}");
  ml_csv_close(csv);
  assert_int_equal(ml_csv_open_bytes("\"{a}\",b\n1,2\n", 12, "t", NULL, &csv, NULL), ML_OK);
  assert_string_equal(ml_csv_column(csv, 0), "{a}");
  ml_csv_close(csv);
  assert_int_equal(ml_csv_open_bytes("{\"a\": 1}\n", 9, "t", NULL, &csv, NULL), ML_OK);
  assert_string_equal(ml_csv_column(csv, 0), "a");
  ml_csv_close(csv);
}

static void name_is_believed(void **state) {
  ml_csv *csv;
  ml_error err = {0};
  (void)state;
  assert_int_equal(ml_csv_open_bytes("[1]\n", 4, "t.ndjson", NULL, &csv, &err), ML_ERR_PARSE);
  assert_string_equal(err.message, "expected an object: { and its members on one line");
  assert_int_equal(ml_csv_open_bytes("", 0, "t.jsonl", NULL, &csv, &err), ML_ERR_PARSE);
  assert_string_equal(err.message, "no header: the file is empty");
}

static void line_may_be_too_long(void **state) {
  const size_t n = (size_t)20 << 20;
  char *text = malloc(n);
  ml_csv *csv;
  ml_error err = {0};
  (void)state;
  assert_non_null(text);
  memset(text, ' ', n);
  memcpy(text, "{\"a\": 1}\n{\"a\":", 14);
  static const ml_csv_want want[] = {{.column = 0, .type = ML_NUMBER}};
  ml_table *table;
  assert_int_equal(ml_csv_open_bytes(text, n, "t", NULL, &csv, &err), ML_OK);
  assert_int_equal(ml_csv_read(csv, want, 1, &table, &err), ML_ERR_PARSE);
  assert_string_equal(err.message, "a line longer than 16 MiB starts here");
  assert_int_equal(err.line, 2);
  ml_csv_close(csv);
  free(text);
}

int main(void) {
  enum { N_CASES = sizeof cases / sizeof *cases };
  struct CMUnitTest tests[N_CASES + 4] = {{0}};
  for (size_t i = 0; i < N_CASES; i++)
    tests[i] =
        (struct CMUnitTest){.name = cases[i].name, .test_func = check, .initial_state = &cases[i]};
  const struct CMUnitTest more[] = {cmocka_unit_test(equals_csv), cmocka_unit_test(needs_no_name),
                                    cmocka_unit_test(name_is_believed),
                                    cmocka_unit_test(line_may_be_too_long)};
  memcpy(tests + N_CASES, more, sizeof more);
  return cmocka_run_group_tests_name("JSON lines", tests, NULL, NULL);
}
