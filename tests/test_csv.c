/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the CSV reader makes of small texts. */
#include "support.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* types, a letter for each column of the file: n number, f finite number, l label, i label that
 * must not be empty, t time, - not read. want: rows in lines, cells between bars; or the error,
 * with
 * "!" in front. */
typedef struct csv_case {
  const char *name;
  char delimiter;
  const char *types, *text;
  size_t n; /* of text; 0: up to its NUL */
  const char *want;
} csv_case;

static csv_case cases[] = {
    /* records */
    {"lf", 0, "nn", "a,b\n1,2\n3,4\n", 0, "1|2\n3|4\n"},
    {"crlf", 0, "nn", "a,b\r\n1,2\r\n3,4\r\n", 0, "1|2\n3|4\n"},
    {"cr", 0, "nn", "a,b\r1,2\r3,4\r", 0, "1|2\n3|4\n"},
    {"mixed line ends", 0, "nn", "a,b\r1,2\n3,4\r\n5,6\n\r7,8", 0, "1|2\n3|4\n5|6\n7|8\n"},
    {"no final line end", 0, "nn", "a,b\n1,2", 0, "1|2\n"},
    {"final CR", 0, "nl", "a,b\n1,x\r", 0, "1|x\n"},
    {"blank lines", 0, "nn", "\n \t\na,b\n\n1,2\n  \n\r\n3,4\n\n", 0, "1|2\n3|4\n"},
    {"a quoted nothing is a record", 0, "l", "a\n\"\"\nx\n", 0, "\nx\n"},
    {"tabs are cells where the tab delimits", '\t', "ll", "a\tb\n\t\nx\ty\n", 0, "|\nx|y\n"},
    {"byte order mark", 0, "n",
     "\xef\xbb\xbf"
     "a\n1\n",
     0, "1\n"},
    {"header only", 0, "nn", "a,b\n", 0, ""},
    {"too many fields", 0, "nn", "a,b\n1,2\n3,4,5,6\n", 0, "!3:5: expected 2 fields, found 4"},
    {"too few fields", 0, "nn", "a,b\n1,2\n3\n", 0, "!3:2: expected 2 fields, found 1"},
    {"too few at the end", 0, "nn", "a,b\n1,2\n3", 0, "!3:2: expected 2 fields, found 1"},
    {"one field", 0, "n", "a\n1,2\n", 0, "!2:3: expected 1 field, found 2"},

    /* quotes */
    {"quoted", 0, "ln", "\"a\",\"b\"\n\"x\",\"1\"\n", 0, "x|1\n"},
    {"doubled quotes", 0, "l", "a\n\"say \"\"hi\"\"\"\n", 0, "say \"hi\"\n"},
    {"only quotes", 0, "l", "a\n\"\"\"\"\n", 0, "\"\n"},
    {"delimiters and line ends in quotes", 0, "ln", "a,b\n\"x,\r\ny\n\",1\n", 0, "x,\r\ny\n|1\n"},
    {"quote inside", 0, "l", "a\nx\"y\"\n", 0, "x\"y\"\n"},
    {"quote after a blank", 0, "l", "a\n \"x\"\n", 0, " \"x\"\n"},
    {"quote not closed", 0, "ln", "a,b\nx,1\n\"y,2\nz,3\n", 0,
     "!3:1: a quote is opened here and not closed"},
    {"quote not closed, second column", 0, "ln", "a,b\nx,\"1\n", 0,
     "!2:3: a quote is opened here and not closed"},
    {"text after a quote", 0, "ln", "a,b\n\"x\"y,1\n", 0,
     "!2:4: text after the closing quote (a quote inside quotes is doubled)"},
    {"blank after a quote", 0, "ln", "a,b\n\"x\" ,1\n", 0,
     "!2:4: text after the closing quote (a quote inside quotes is doubled)"},
    {"quote in the header", 0, "n", "\"a\nb", 0, "!1:1: a quote is opened here and not closed"},
    {"skipped columns have quotes too", 0, "-n", "a,b\n\"x,\n\",1\n", 0, "1\n"},

    /* delimiters */
    {"semicolon", 0, "nn", "a;b\n1;2\n", 0, "1|2\n"},
    {"tab", 0, "nn", "a\tb\n1\t2\n", 0, "1|2\n"},
    {"bar", 0, "nn", "a|b\n1|2\n", 0, "1|2\n"},
    {"comma in a quoted name", 0, "nn", "\"a,b,c\";d\n1;2\n", 0, "1|2\n"},
    {"the one that makes most columns", 0, "nnn", "a,b;c;d\n1;2;3\n", 0, "1|2|3\n"},
    {"forced", ';', "l", "a,b\n1,2\n", 0, "1,2\n"},
    {"blank", ' ', "nn", "a b\n1 2\n", 0, "1|2\n"},
    {"a digit", '1', "n", "a\n1\n", 0, "!'1' cannot be a delimiter"},
    {"a quote", '"', "n", "a\n1\n", 0, "!'\"' cannot be a delimiter"},

    /* numbers */
    {"forms", 0, "n", "a\n+1\n1.\n.5\n1e5\n1E+05\n-.5e1\n00012\n", 0,
     "1\n1\n0.5\n100000\n100000\n-5\n12\n"},
    {"blanks around", 0, "nn", "a,b\n 1.5 ,\t2\n\" 3 \",4 \n", 0, "1.5|2\n3|4\n"},
    {"17 digits", 0, "f", "a\n0.10000000000000001\n-7.0430977058721579\n", 0,
     "0.1\n-7.0430977058721576\n"},
    {"smallest subnormal", 0, "f", "a\n4.9406564584124654e-324\n2.4703282292062327e-324\n", 0,
     "5e-324\n0\n"},
    {"too large", 0, "f", "a\n1e309\n-1e400\n", 0, "inf\n-inf\n"},
    {"missing allowed", 0, "nn", "a,b\nNaN,1\n,1\nNA,1\nnull,1\n-Infinity,1\n", 0,
     "NaN|1\nNaN|1\nNaN|1\nNaN|1\n-inf|1\n"},
    {"empty", 0, "nf", "a,b\n1,\n", 0, "!2:3: missing value (empty)"},
    {"only blanks", 0, "fn", "a,b\n  ,1\n", 0, "!2:1: missing value (empty)"},
    {"NA", 0, "f", "a\n1\nNA\n", 0, "!3:1: missing value (\"NA\")"},
    {"nan", 0, "f", "a\nnan\n", 0, "!2:1: missing value (\"nan\")"},
    {"inf", 0, "f", "a\n-Inf\n", 0, "!2:1: infinite value \"-Inf\""},
    {"text", 0, "f", "a\nn/a!\n", 0, "!2:1: expected a number, found \"n/a!\""},
    {"text where missing is allowed", 0, "n", "a\nn/a!\n", 0,
     "!2:1: expected a number, found \"n/a!\""},
    {"rest after a number", 0, "f", "a\n1.5x\n", 0, "!2:1: expected a number, found \"1.5x\""},
    {"hexadecimal", 0, "f", "a\n-0x1p3\n", 0,
     "!2:1: expected a number, found \"-0x1p3\"; hexadecimal is not read"},
    {"decimal comma", 0, "nf", "a;b\n1;1,5\n", 0,
     "!2:3: expected a number, found \"1,5\"; the decimal sign is a point, not a comma"},
    {"thousands", 0, "nf", "a,b\n1,\"1,234.5\"\n", 0,
     "!2:3: expected a number, found \"1,234.5\"; thousands separators are not read"},
    {"a long cell is cut between characters", 0, "f",
     "a\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\xc3\xbcyyyyyyyyyyy\n", 0,
     "!2:1: expected a number, found \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\""},
    {"line ends in front count", 0, "ln", "a,b\r\n\"\r\n\n\r\",1\r\n\r\nx,y\r\n", 0,
     "!7:3: expected a number, found \"y\""},
    {"line ends in quotes of the same record", 0, "ln", "a,b\n\"x\ny\",z\n", 0,
     "!3:4: expected a number, found \"z\""},

    /* NUL, UTF-8 */
    {"NUL in a number", 0, "f", "a\n1\0\n", 5, "!2:2: NUL byte"},
    {"NUL in a label", 0, "l", "a\nx\0y\n", 6, "!2:2: NUL byte"},
    {"NUL in quotes", 0, "l", "a\n\"\0\"\n", 6, "!2:2: NUL byte"},
    {"NUL after quotes", 0, "l", "a\n\"x\"\0\n", 7, "!2:4: NUL byte"},
    {"NUL in a column that is not read", 0, "-n", "a,b\nx\0y,1\n", 10, "!2:2: NUL byte"},
    {"NUL in the header", 0, "n", "a\0b\n1\n", 6, "!1:2: NUL byte"},
    {"UTF-16", 0, "n",
     "\xff\xfe"
     "a\0",
     4, "!1:1: the file is UTF-16; convert it: iconv -f UTF-16 -t UTF-8"},
    {"labels in UTF-8", 0, "l", "a\nZ\xc3\xbcrich\n\xf0\x9f\x99\x82\n", 0,
     "Z\xc3\xbcrich\n\xf0\x9f\x99\x82\n"},
    {"a label in Latin-1", 0, "l", "a\nok\nZ\xfcrich\n", 0,
     "!3:1: text that is not UTF-8; convert the file, for example: iconv -f WINDOWS-1252 -t "
     "UTF-8"},
    {"an overlong slash", 0, "l", "a\n\xc0\xaf\n", 0,
     "!2:1: text that is not UTF-8; convert the file, for example: iconv -f WINDOWS-1252 -t "
     "UTF-8"},
    {"an overlong letter", 0, "l", "a\n\xe0\x81\x81\n", 0,
     "!2:1: text that is not UTF-8; convert the file, for example: iconv -f WINDOWS-1252 -t "
     "UTF-8"},
    {"a surrogate", 0, "l", "a\n\xed\xa0\x80\n", 0,
     "!2:1: text that is not UTF-8; convert the file, for example: iconv -f WINDOWS-1252 -t "
     "UTF-8"},
    {"beyond Unicode", 0, "l", "a\n\xf4\x90\x80\x80\n", 0,
     "!2:1: text that is not UTF-8; convert the file, for example: iconv -f WINDOWS-1252 -t "
     "UTF-8"},
    {"an overlong smiley", 0, "l", "a\n\xf0\x8f\x98\x80\n", 0,
     "!2:1: text that is not UTF-8; convert the file, for example: iconv -f WINDOWS-1252 -t "
     "UTF-8"},
    {"a sequence that is cut", 0, "l", "a\n\xf0\x9f\x99\n", 0,
     "!2:1: text that is not UTF-8; convert the file, for example: iconv -f WINDOWS-1252 -t "
     "UTF-8"},
    {"a name in Latin-1", 0, "nn", "a,\xfc\n1,2\n", 0,
     "!1:1: the name of column 2 is not UTF-8; convert the file, for example: iconv -f "
     "WINDOWS-1252 -t UTF-8"},

    /* labels */
    {"codes", 0, "l", "a\nx\ny\nx\n x\nx\n", 0, "x\ny\nx\n x\nx\n"},
    {"one begins another", 0, "ln", "a,b\nab,1\nabc,2\nab,3\na,4\n", 0, "ab|1\nabc|2\nab|3\na|4\n"},
    {"long ones", 0, "ln", "a,b\n0123456789,1\n0123456789,2\n012345678,3\n0123456789x,4\n", 0,
     "0123456789|1\n0123456789|2\n012345678|3\n0123456789x|4\n"},
    {"quoted and not", 0, "ln", "a,b\nx,1\n\"x\",2\nx,3\n", 0, "x|1\nx|2\nx|3\n"},
    {"a delimiter in the label before", 0, "lll", "a,b,c\n\"x,y\",1,2\nx,y,z\n\"x,y\",3,4\n", 0,
     "x,y|1|2\nx|y|z\nx,y|3|4\n"},
    {"a line end in the label before", 0, "ll", "a,b\n1,\"x\ny\"\n2,x\ny,z\n", 0,
     "1|x\ny\n2|x\ny|z\n"},
    {"a quote in the label before", 0, "l", "a\n\"\"\"x\"\n\"x\"\n", 0, "\"x\nx\n"},
    {"empty label", 0, "i", "a\nx\n\"\"\n", 0, "!3:1: column \"a\" is empty here"},

    /* times */
    {"numeric time", 0, "t", "a\n3\n1.5\n-7\n123456789012\n", 0, "3\n1.5\n-7\n123456789012\n"},
    {"dates", 0, "t", "a\n1970-01-02\n1970-01-01T00:00:01.5Z\n", 0,
     "@86400000000000\n@1500000000\n"},
    {"date, then number", 0, "tn", "a,b\n2020-01-02,1\n7,1\n", 0,
     "!3:1: expected a date, as in the first row, found \"7\""},
    {"number, then date", 0, "tn", "a,b\n7,1\n2020-01-02,1\n", 0,
     "!3:1: expected a number, as in the first row, found \"2020-01-02\""},
    {"missing time", 0, "tn", "a,b\n,1\n", 0, "!2:1: missing value (empty)"},
    {"missing date", 0, "tn", "a,b\n2020-01-01,1\nNA,1\n", 0, "!3:1: missing value (\"NA\")"},
    {"infinite time", 0, "t", "a\n1e999\n", 0, "!2:1: \"1e999\" is too large for a double"},
    {"neither", 0, "t", "a\nnoon\n", 0,
     "!2:1: expected a number or an ISO 8601 date, found \"noon\""},
    {"no such day", 0, "t", "a\n2021-02-29\n", 0,
     "!2:1: expected an ISO 8601 date, found \"2021-02-29\": no such day"},

    /* nothing */
    {"empty file", 0, "", "", 0, "!no header: the file is empty"},
    {"blank file", 0, "", "\n \r\n", 0, "!no header: the file is empty"},
    {"mark only", 0, "", "\xef\xbb\xbf", 0, "!no header: the file is empty"},
};

static size_t make_wants(const char *types, ml_csv_want *want) {
  size_t n = 0;
  for (size_t j = 0; types[j]; j++) {
    ml_column_type type = strchr("li", types[j]) ? ML_LABEL : types[j] == 't' ? ML_TIME : ML_NUMBER;
    if (types[j] != '-')
      want[n++] = (ml_csv_want){.column = j, .type = type, .finite = strchr("fi", types[j])};
  }
  return n;
}

static void dump(const ml_table *table, ml_buf *out) {
  for (size_t i = 0; i < table->n_rows; i++)
    for (size_t j = 0; j < table->n_columns; j++) {
      const ml_column *c = &table->columns[j];
      if (c->type == ML_NUMBER) ml_buf_number(out, c->number[i]);
      if (c->type == ML_TIME) ml_buf_printf(out, "@%" PRId64, c->time[i]);
      if (c->type == ML_LABEL) ml_buf_puts(out, c->labels[c->label[i]]);
      ml_buf_puts(out, j + 1 < table->n_columns ? "|" : "\n");
    }
}

static void dump_error(ml_error *err, ml_buf *out) {
  char text[1024];
  err->source[0] = 0;
  ml_error_format(err, text, sizeof text);
  ml_buf_printf(out, "!%s", err->line ? strchr(text, ':') + 1 : text);
}

static void run(const csv_case *c, ml_buf *out) {
  ml_csv_opts opts = {.delimiter = c->delimiter};
  ml_csv_want want[8];
  ml_csv *csv = NULL;
  ml_table *table = NULL;
  ml_error err = {0};
  size_t n = c->n ? c->n : strlen(c->text), n_want = make_wants(c->types, want);
  /* A copy of just that size, so that a sanitizer sees a byte too many being read. */
  char *copy = malloc(n ? n : 1);
  assert_non_null(copy);
  memcpy(copy, c->text, n);
  ml_status status = ml_csv_open_bytes(copy, n, "case", &opts, &csv, &err);
  if (status == ML_OK) status = ml_csv_read(csv, want, n_want, &table, &err);
  if (status == ML_OK)
    dump(table, out);
  else
    dump_error(&err, out);
  ml_table_free(table);
  ml_csv_close(csv);
  free(copy);
}

static void check(void **state) {
  const csv_case *c = *state;
  ml_buf out = {0};
  run(c, &out);
  ml_buf_put(&out, "", 1);
  assert_string_equal(out.data, c->want);
  ml_buf_release(&out);
}

static void header_can_be_asked(void **state) {
  (void)state;
  static const char text[] = " id ,\"time\",x,x,\n1,2,3,4,\n";
  ml_csv *csv;
  assert_int_equal(ml_csv_open_bytes(text, strlen(text), "t.csv", NULL, &csv, NULL), ML_OK);
  assert_int_equal(ml_csv_n_columns(csv), 5);
  assert_string_equal(ml_csv_column(csv, 0), "id");
  assert_string_equal(ml_csv_column(csv, 4), "");
  assert_int_equal(ml_csv_find(csv, "time"), 1);
  assert_int_equal(ml_csv_find(csv, "x"), SIZE_MAX);
  assert_int_equal(ml_csv_find(csv, "y"), SIZE_MAX);
  assert_string_equal(ml_csv_source(csv), "t.csv");
  ml_csv_close(csv);
}

static void columns_come_as_wanted(void **state) {
  (void)state;
  static const char text[] = "a,b,c\n1,x,2\n3,x,4\n";
  const ml_csv_want want[] = {{.column = 2, .type = ML_NUMBER}, {.column = 1, .type = ML_LABEL}};
  ml_csv *csv;
  ml_table *table;
  assert_int_equal(ml_csv_open_bytes(text, strlen(text), "t.csv", NULL, &csv, NULL), ML_OK);
  assert_int_equal(ml_csv_read(csv, want, 2, &table, NULL), ML_OK);
  assert_int_equal(ml_table_find(table, "c"), 0);
  assert_int_equal(ml_table_find(table, "b"), 1);
  assert_int_equal(ml_table_find(table, "a"), SIZE_MAX);
  assert_int_equal(table->columns[1].n_labels, 1);
  assert_string_equal(table->source, "t.csv");
  ml_table_free(table);
  ml_csv_close(csv);
}

static void the_hint_is_appended(void **state) {
  (void)state;
  static const char text[] = "a\nx\n";
  const ml_csv_want want = {.type = ML_NUMBER, .hint = "; try harder"};
  ml_csv *csv;
  ml_table *table;
  ml_error err = {0};
  assert_int_equal(ml_csv_open_bytes(text, strlen(text), "t.csv", NULL, &csv, NULL), ML_OK);
  assert_int_equal(ml_csv_read(csv, &want, 1, &table, &err), ML_ERR_PARSE);
  assert_string_equal(err.message, "expected a number, found \"x\"; try harder");
  assert_string_equal(err.source, "t.csv");
  ml_csv_close(csv);
}

static void the_locale_does_not_matter(void **state) {
  (void)state;
  if (!setlocale(LC_ALL, "de_DE.UTF-8")) skip();
  csv_case c = {"locale", 0, "f", "a\n1.5\n", 0, "1.5\n"};
  void *p = &c;
  check(&p);
  setlocale(LC_ALL, "C");
}

int main(void) {
  enum { N = sizeof cases / sizeof cases[0] };
  struct CMUnitTest tests[N + 4] = {
      cmocka_unit_test(header_can_be_asked), cmocka_unit_test(columns_come_as_wanted),
      cmocka_unit_test(the_hint_is_appended), cmocka_unit_test(the_locale_does_not_matter)};
  for (size_t i = 0; i < N; i++)
    tests[i + 4] =
        (struct CMUnitTest){.name = cases[i].name, .test_func = check, .initial_state = &cases[i]};
  return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
