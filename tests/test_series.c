/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shapes of series in CSV, and which column is what. */
#include "series_cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* want: for each id "id kind=v,v kind=v;" in order; or the error with "!" in front. */

static series_case cases[] = {
    /* shapes */
    {"long, one kind",
     {0},
     "id,time,value\n1,0,1.5\n1,1,2.5\n2,0,-3\n",
     "1 value=1.5,2.5;2 value=-3;"},
    {"long, kinds",
     {0},
     "id,time,kind,value\n1,0,a,1\n1,0,b,10\n1,1,a,2\n1,1,b,20\n2,0,a,3\n",
     "1 a=1,2 b=10,20;2 a=3 b=;"},
    {"long, other columns are ignored", {0}, "x,id,time,y,value\nq,1,0,r,5\n", "1 value=5;"},
    {"wide", {0}, "id,time,a,b\n1,1,3,4\n1,0,1,2\n2,0,5,6\n", "1 a=1,3 b=2,4;2 a=5 b=6;"},
    {"wide, order of the file", {.sort = ""}, "id,a\n1,3\n1,1\n", "1 a=3,1;"},
    {"wide, no time", {0}, "id,a\n1,3\n1,1\n", "1 a=3,1;"},
    {"delimiter at the end", {0}, "id,time,a,\n1,0,1,\n1,1,2,\n", "1 a=1,2;"},
    {"delimiter at the end, long", {0}, "id,time,value,\n1,0,1,x\n", "1 value=1;"},

    /* columns by name */
    {"names given",
     {.id = "k", .sort = "t", .kind = "what", .value = "v"},
     "v,what,t,k\n1,a,1,z\n2,a,0,z\n",
     "z a=2,1;"},
    {"columns", {.columns = "b,a"}, "id,time,a,b,c\n1,0,1,2,x\n", "1 b=2 a=1;"},
    {"columns, quoted", {.columns = "\"b,b\""}, "id,\"b,b\",c\n1,2,x\n", "1 b,b=2;"},
    {"exclude", {.exclude = "name, note"}, "id,name,a,note\n1,x,2,y\n", "1 a=2;"},
    {"exclude a usual name", {.exclude = "time"}, "id,time,a\n1,x,2\n1,w,1\n", "1 a=2,1;"},
    {"kind given, one column left", {.kind = "k"}, "id,time,k,reading\n1,0,a,5\n", "1 a=5;"},
    {"kind without a value column is a kind", {0}, "id,kind,a\n1,7,5\n", "1 kind=7 a=5;"},
    {"no kind", {.kind = ""}, "id,time,kind,value\n1,0,a,5\n1,1,b,6\n", "1 value=5,6;"},

    /* one series */
    {"only values", {0}, "value\n1\n2\n", "0 value=1,2;"},
    {"time and value", {0}, "time,value\n2,1\n1,2\n", "0 value=2,1;"},
    {"time and columns", {0}, "time,a,b\n2,1,5\n1,2,6\n", "0 a=2,1 b=6,5;"},
    {"said to be one", {.id = ""}, "id,a\n1,5\n2,6\n", "0 id=1,2 a=5,6;"},
    {"said to be one, with kinds",
     {.id = ""},
     "kind,value,x\nb,1,q\na,2,q\nb,3,q\n",
     "0 a=2 b=1,3;"},
    {"columns say so", {.columns = "a,b"}, "a,b\n1,2\n", "0 a=1 b=2;"},
    {"times repeat",
     {0},
     "time,a\n\n3,1\n\"4\",2\n\n3,3\n",
     "!6: time 3 occurs twice: is there an id column? name it with --id"},
    {"dates repeat",
     {0},
     "time,a\n2020-01-02,1\n2020-01-02,2\n",
     "!3: time 2020-01-02 occurs twice: is there an id column? name it with --id"},
    {"no id",
     {0},
     "patient,day,bp\n1,2,3\n",
     "!no column \"id\" (the file has: patient, day, bp); name it with --id, or give --id \"\" for "
     "a single series"},
    {"no id, but a value",
     {0},
     "patient,time,value\n1,2,3\n",
     "!no column \"id\" (the file has: patient, time, value); name it with --id, or give --id \"\" "
     "for a single series"},

    /* columns that are not there */
    {"no such id", {.id = "x"}, "id,a\n1,2\n", "!no column \"x\" (the file has: id, a)"},
    {"no such time", {.sort = "x"}, "id,a\n1,2\n", "!no column \"x\" (the file has: id, a)"},
    {"no such value", {.value = "x"}, "id,a\n1,2\n", "!no column \"x\" (the file has: id, a)"},
    {"no such columns",
     {.columns = "a,x"},
     "id,a\n1,2\n",
     "!no column \"x\" (the file has: id, a)"},
    {"nothing to exclude",
     {.exclude = "x"},
     "id,a\n1,2\n",
     "!no column \"x\" (the file has: id, a)"},
    {"two of a name",
     {0},
     "id,id,a\n1,1,2\n",
     "!more than one column \"id\" (the file has: id, id, a)"},
    {"two kinds of a name",
     {0},
     "id,a,a\n1,1,2\n",
     "!more than one column \"a\" (the file has: id, a, a)"},
    {"two of a name that nobody needs", {0}, "id,value,x,x\n1,1,2,3\n", "1 value=1;"},
    {"no value to a kind",
     {.kind = "k"},
     "id,k,a,b\n1,x,2,3\n",
     "!no column \"value\" (the file has: id, k, a, b); name it with --value"},
    {"no values", {0}, "id,time\n1,2\n", "!no column of values (the file has: id, time)"},
    {"one column twice", {.id = "a", .value = "a"}, "a\n1\n", "!column \"a\" is given two parts"},
    {"two shapes",
     {.columns = "a", .value = "b"},
     "id,a,b\n1,2,3\n",
     "!--columns is for the wide format, --kind and --value for the long one"},
    {"a column without a name",
     {0},
     ",id,a\n0,1,2\n",
     "!column 1 has no name; --exclude '\"\"' leaves it out, or choose the value columns with "
     "--columns"},
    {"an unnamed last column is not empty",
     {0},
     "id,a,\n1,2,\n1,3,x\n",
     "!3:5: \"x\" is in a column without a name"},
    {"no rows", {0}, "id,time,value\n", "!no rows"},
    {"text that may be the id",
     {0},
     "time,name,a\n1,bob,2\n",
     "!2:3: expected a number, found \"bob\"; --id name if it tells the series apart, --exclude "
     "name leaves it out"},
    {"text where there is no id",
     {.id = ""},
     "time,name,a\n1,bob,2\n",
     "!2:3: expected a number, found \"bob\"; --exclude name leaves the column out"},
    {"a date that may be the time",
     {0},
     "id,the day,a\n1,2020-01-02,2\n",
     "!2:3: expected a number, found \"2020-01-02\"; --sort 'the day' if it is the time, --exclude "
     "'the day' leaves it out"},
    {"a date where there is no time",
     {.sort = ""},
     "id,day,a\n1,2020-01-02,2\n",
     "!2:3: expected a number, found \"2020-01-02\"; --exclude day leaves the column out"},
    {"names with commas and without letters",
     {.id = "x"},
     "id,\"a,b\",\n1,2,3\n",
     "!no column \"x\" (the file has: id, \"a,b\", \"\")"},
    {"a list of nothing", {.columns = " "}, "id,a\n1,2\n", "!--columns has no names"},
    {"a list of lines",
     {.exclude = "a\nb"},
     "id,a,b\n1,2,3\n",
     "!--exclude has several lines; commas separate the names"},
    {"a list with an open quote",
     {.columns = "\"a"},
     "id,a\n1,2\n",
     "!--columns is not a list of names: a quote is opened here and not closed"},
    {"a list with a line end", {.columns = "a\n"}, "id,a,b\n1,2,x\n", "1 a=2;"},
    {"text",
     {0},
     "id,a,name\n1,2,bob\n",
     "!2:5: expected a number, found \"bob\"; --exclude name leaves the column out"},
    {"text where values were named",
     {.value = "name"},
     "id,name\n1,bob\n",
     "!2:3: expected a number, found \"bob\""},
    {"missing", {0}, "id,a\n1,\n", "!2:3: missing value (empty)"},
    {"empty id", {0}, "id,a\n,1\n", "!2:1: column \"id\" is empty here"},
    {"empty kind", {0}, "id,kind,value\n1,,1\n", "!2:3: column \"kind\" is empty here"},

    /* order of ids */
    {"numbers",
     {0},
     "id,value\n10,1\n9,2\n-1,3\n1e1,4\n0.5,5\n",
     "-1 value=3;0.5 value=5;9 value=2;10 value=1,4;"},
    {"one number in many forms",
     {0},
     "id,value\n1.0,1\n1,2\n01,3\n+1,4\n10e-1,5\n.1e1,6\n1.,7\n0.10e+01,8\n",
     "1.0 value=1,2,3,4,5,6,7,8;"},
    {"the point does not matter",
     {0},
     "id,value\n15e-1,1\n1.5,2\n1.45,3\n1.55,4\n.15e1,5\n12.5,6\n",
     "1.45 value=3;15e-1 value=1,2,5;1.55 value=4;12.5 value=6;"},
    {"zeros", {0}, "id,value\n-0,1\n0,2\n0.00,3\n0e5,4\n", "-0 value=1,2,3,4;"},
    {"integers beyond 2^53",
     {0},
     "id,value\n9007199254740993,1\n9007199254740992,2\n9007199254740992.0,3\n",
     "9007199254740992 value=2,3;9007199254740993 value=1;"},
    {"integers beyond any double",
     {0},
     "id,value\n100000000000000000000000000000000000002,1\n"
     "100000000000000000000000000000000000001,2\n-100000000000000000000000000000000000003,3\n",
     "-100000000000000000000000000000000000003 value=3;"
     "100000000000000000000000000000000000001 value=2;"
     "100000000000000000000000000000000000002 value=1;"},
    {"one text makes all texts",
     {0},
     "id,value\n10,1\n9,2\n1,3\n1.0,4\nx,5\n",
     "1 value=3;1.0 value=4;10 value=1;9 value=2;x value=5;"},
    {"an exponent without bounds is text",
     {0},
     "id,value\n1e9999999999,1\n2,2\n10,3\n",
     "10 value=3;1e9999999999 value=1;2 value=2;"},
    {"bytes, not letters",
     {0},
     "id,value\nb,1\nB,2\n\xc3\xa4,3\na,4\n",
     "B value=2;a value=4;b value=1;\xc3\xa4 value=3;"},

    /* order of kinds: of first appearance over ascending ids, sorted within one */
    {"kinds",
     {0},
     "id,kind,value\n2,a,1\n1,z,2\n1,m,3\n3,b,4\n",
     "1 m=3 z=2 a= b=;2 m= z= a=1 b=;3 m= z= a= b=4;"},

    {"names of windows: by id, then by time",
     {0},
     "id,a\n\"(10, 1)\",1\n\"(9, 10)\",2\n\"(9, 9.5)\",3\n\"(9.0, 10)\",4\n",
     "(9, 9.5) a=3;(9, 10) a=2,4;(10, 1) a=1;"},
    {"names of windows: texts and dates",
     {0},
     "id,a\n\"('b', Timestamp('2020-01-02 00:00:00.500000'))\",1\n\"('b', Timestamp('2020-01-02 "
     "00:00:00'))\",2\n\"(\"\"a'b, \"\", Timestamp('2020-01-03 00:00:00'))\",3\n",
     "(\"a'b, \", Timestamp('2020-01-03 00:00:00')) a=3;('b', Timestamp('2020-01-02 00:00:00')) "
     "a=2;"
     "('b', Timestamp('2020-01-02 00:00:00.500000')) a=1;"},
    {"what is no pair is text",
     {0},
     "id,a\n\"(9, 1)\",1\n\"(10, 1\",2\n('a,3\n(,4\n\"(, )\",5\n('\\,6\n",
     "( a=4;('\\ a=6;('a a=3;(, ) a=5;(10, 1 a=2;(9, 1) a=1;"},

    /* order of rows */
    {"equal times keep the order of the file",
     {0},
     "id,time,value\n1,2,1\n1,1,2\n1,2,3\n1,1,4\n1,-0.0,5\n1,0,6\n",
     "1 value=5,6,2,4,1,3;"},
    {"negative times",
     {0},
     "id,time,value\n1,1.5,1\n1,-2,2\n1,-3e300,3\n1,1e-310,4\n1,0,5\n",
     "1 value=3,2,5,4,1;"},
    {"dates",
     {0},
     "id,time,value\n1,2020-01-02,2\n1,2020-01-01T23:00-02:00,3\n1,2020-01-01,1\n",
     "1 value=1,2,3;"},
};

static ml_series_set *parse(const char *text, const ml_series_opts *opts) {
  ml_series_set *set;
  assert_int_equal(ml_series_parse(text, strlen(text), "s.csv", opts, &set, NULL), ML_OK);
  return set;
}

static void a_set_says_what_it_is(void **state) {
  (void)state;
  ml_series_opts opts = {.id = "unit"};
  ml_series_set *set = parse("unit,time,value\na,2020-01-01,1\na,2020-01-02,2\n", &opts);
  assert_string_equal(ml_series_id_name(set), "unit");
  assert_int_equal(ml_series_clock(set), ML_CLOCK_TIME);
  assert_false(ml_series_ids_are_numbers(set));
  assert_int_equal(ml_series_n_rows(set), 2);
  assert_false(ml_series_is_single(set));
  ml_series_free(set);
  set = parse("time,value\n1,1\n", NULL);
  assert_string_equal(ml_series_id_name(set), "id");
  assert_int_equal(ml_series_clock(set), ML_CLOCK_NUMBER);
  assert_true(ml_series_ids_are_numbers(set));
  assert_true(ml_series_is_single(set));
  ml_series_free(set);
  set = parse("id,time,value\n0,1,1\n", NULL); /* looks like it, and is not */
  assert_string_equal(ml_series_id(set, 0), "0");
  assert_false(ml_series_is_single(set));
  ml_series_free(set);
  set = parse("id,value\n1,1\n", NULL);
  assert_int_equal(ml_series_clock(set), ML_CLOCK_NONE);
  ml_series_free(set);
  ml_series_free(NULL);
}

/* A kind column that is really a number must not take memory for ids times kinds. */
static void too_many_kinds_are_refused(void **state) {
  (void)state;
  ml_buf text = {0};
  ml_error err = {0};
  ml_series_set *set;
  ml_buf_puts(&text, "id,kind,value\n");
  for (int i = 0; i < 20000; i++) ml_buf_printf(&text, "%d,k%d,1\n", i, i);
  assert_int_equal(ml_series_parse(text.data, text.n, "s.csv", NULL, &set, &err), ML_ERR_PARSE);
  assert_string_equal(err.message,
                      "20000 ids and 20000 kinds in 20000 rows: is \"kind\" the column of the "
                      "kinds?");
  ml_buf_release(&text);
}

static void long_lists_of_columns_are_cut(void **state) {
  (void)state;
  ml_buf text = {0};
  ml_error err = {0};
  ml_series_set *set;
  for (int j = 0; j < 2000; j++) ml_buf_printf(&text, "%scolumn%d", j ? "," : "", j);
  ml_buf_puts(&text, "\n");
  assert_int_equal(ml_series_parse(text.data, text.n, "s.csv", NULL, &set, &err), ML_ERR_PARSE);
  assert_non_null(strstr(err.message, ", ...); name it with --id"));
  ml_buf_release(&text);
  /* One long name and many without: the list may end at any byte. */
  for (int n = 1; n < 400; n++) {
    for (int i = 0; i < n; i++) ml_buf_puts(&text, "x");
    for (int i = 0; i < 200; i++) ml_buf_puts(&text, ",");
    ml_buf_puts(&text, "\n");
    assert_int_equal(ml_series_parse(text.data, text.n, "s.csv", NULL, &set, &err), ML_ERR_PARSE);
    assert_non_null(strstr(err.message, "...); name it with --id"));
    ml_buf_clear(&text);
  }
  ml_buf_release(&text);
}

static void a_long_name_is_no_hint(void **state) {
  (void)state;
  char text[200];
  ml_error err = {0};
  ml_series_set *set;
  for (int n = 59; n < 63; n++) {
    snprintf(text, sizeof text, "id,time,%0*d\n1,1,bob\n", n, 7);
    assert_int_equal(ml_series_parse(text, strlen(text), "s.csv", NULL, &set, &err), ML_ERR_PARSE);
    assert_int_equal(strstr(err.message, "--exclude") != NULL, n <= 60);
  }
}

/* ---- rows in memory ---- */

static const uint32_t codes[] = {1, 0, 1, 0, 1};
static const char *const ids[] = {"10", "9"};
static const double times[] = {3, 1, 1, 0, 1}, a[] = {1, 2, 3, 4, 5}, b[] = {6, 7, 8, 9, 10};
static const char *const kinds[] = {"a", "b"};
static const double *const columns[] = {a, b};
static const ml_series_rows rows = {.n_rows = 5,
                                    .id = codes,
                                    .ids = ids,
                                    .n_ids = 2,
                                    .time = times,
                                    .kinds = kinds,
                                    .values = columns,
                                    .n_kinds = 2};

static void expect_rows(const ml_series_rows *in, const char *want) {
  ml_series_set *set = NULL;
  ml_error err = {0};
  ml_buf out = {0};
  if (ml_series_from_rows(in, &set, &err) == ML_OK)
    dump_series(set, &out);
  else
    dump_series_error(&err, &out);
  ml_buf_put(&out, "", 1);
  assert_string_equal(out.data, want);
  ml_buf_release(&out);
  ml_series_free(set);
}

static void rows_in_memory_are_grouped(void **state) {
  (void)state;
  expect_rows(&rows, "9 a=3,5,1 b=8,10,6;10 a=4,2 b=9,7;");
  ml_series_rows in = rows;
  in.time = NULL;
  expect_rows(&in, "9 a=1,3,5 b=6,8,10;10 a=2,4 b=7,9;");
  in.id = NULL;
  in.n_kinds = 1;
  expect_rows(&in, "0 a=1,2,3,4,5;");
  for (size_t i = 0; i < 2; i++) {
    ml_series_set *set;
    in.id = i ? codes : NULL;
    assert_int_equal(ml_series_from_rows(&in, &set, NULL), ML_OK);
    assert_int_equal(ml_series_is_single(set), i == 0);
    ml_series_free(set);
  }
}

static void bad_rows_are_refused(void **state) {
  (void)state;
  static const double bad[] = {1, 2, NAN, 4, 5};
  static const double *const bad_columns[] = {a, bad};
  static const uint32_t bad_codes[] = {0, 0, 0, 0, 2};
  ml_series_rows in = rows;
  in.values = bad_columns;
  expect_rows(&in, "!3: value not finite: b");
  in = rows;
  in.time = bad;
  expect_rows(&in, "!3: time not finite");
  in = rows;
  in.id = bad_codes;
  expect_rows(&in, "!5: id code out of range");
  in.n_rows = 0;
  expect_rows(&in, "!no rows");
}

/* ---- times ---- */

#define DAY INT64_C(86400000000000)

static void expect_times(const ml_series_set *set, size_t i, size_t k, const int64_t *want,
                         size_t n) {
  ml_series series = ml_series_at(set, i, k);
  assert_int_equal(series.n, n);
  if (!want) assert_null(series.times);
  for (size_t j = 0; want && j < n; j++) assert_true(series.times[j] == want[j]);
}

static ml_series_set *parse_with(const char *text, const ml_series_opts *opts) {
  ml_error err = {0};
  ml_series_set *set = NULL;
  if (ml_series_parse(text, strlen(text), "s.csv", opts, &set, &err) != ML_OK)
    fail_msg("%s", err.message);
  return set;
}

static void dates_stay_with_their_values(void **state) {
  (void)state;
  static const char long_order[] =
      "id,time,kind,value\n1,1970-01-02,a,1\n1,1970-01-04,b,4\n1,1970-01-02,b,2\n"
      "1,1970-01-04,a,3\n2,1970-01-03,b,6\n2,1970-01-03,a,5\n";
  static const char *const orders[] = {
      "id,time,a,b\n1,1970-01-02,1,2\n1,1970-01-04,3,4\n2,1970-01-03,5,6\n",
      "id,time,a,b\n2,1970-01-03,5,6\n1,1970-01-04,3,4\n1,1970-01-02,1,2\n", long_order};
  for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
    ml_series_set *set = parse_with(orders[i], NULL);
    for (size_t k = 0; k < 2; k++) {
      expect_times(set, 0, k, (const int64_t[]){DAY, 3 * DAY}, 2);
      expect_times(set, 1, k, (const int64_t[]){2 * DAY}, 1);
    }
    ml_series_free(set);
  }
  ml_series_set *set = parse_with("id,time,a\n1,1,1\n", NULL);
  expect_times(set, 0, 0, NULL, 1); /* numbers are no dates */
  ml_series_free(set);
}

static void dates_in_memory_are_kept(void **state) {
  (void)state;
  static const int64_t date[] = {3 * DAY, DAY, DAY, 0, 2 * DAY};
  ml_series_rows in = rows;
  ml_series_set *set;
  in.time = NULL;
  in.date = date;
  assert_int_equal(ml_series_from_rows(&in, &set, NULL), ML_OK);
  assert_int_equal(ml_series_clock(set), ML_CLOCK_TIME);
  for (size_t k = 0; k < 2; k++) {
    expect_times(set, 0, k, (const int64_t[]){DAY, 2 * DAY, 3 * DAY}, 3);
    expect_times(set, 1, k, (const int64_t[]){0, DAY}, 2);
  }
  assert_true(ml_series_at(set, 1, 0).x[0] == 4);
  ml_series_free(set);
}

int main(void) {
  enum { N = sizeof cases / sizeof cases[0], OTHERS = 8 };
  struct CMUnitTest tests[OTHERS + N] = {
      cmocka_unit_test(a_set_says_what_it_is),         cmocka_unit_test(too_many_kinds_are_refused),
      cmocka_unit_test(long_lists_of_columns_are_cut), cmocka_unit_test(rows_in_memory_are_grouped),
      cmocka_unit_test(bad_rows_are_refused),          cmocka_unit_test(a_long_name_is_no_hint),
      cmocka_unit_test(dates_stay_with_their_values),  cmocka_unit_test(dates_in_memory_are_kept)};
  for (size_t i = 0; i < N; i++)
    tests[i + OTHERS] = (struct CMUnitTest){
        .name = cases[i].name, .test_func = check_series_case, .initial_state = &cases[i]};
  return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
