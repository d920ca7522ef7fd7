/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows: which rows they have, and what they are called. */
#include "series_cases.h"

#include <math.h>
#include <string.h>

#define SECOND INT64_C(1000000000)
#define WINDOW(...)              \
  .window = &(const ml_window) { \
    __VA_ARGS__                  \
  }

#define DATES                                                                     \
  "id,time,a\n1,2020-01-01T00:00:00,1\n1,2020-01-01T00:00:10,2\n1,2020-01-01T00:" \
  "00:20,3\n1,2020-01-01T00:00:50,4\n"

static series_case cases[] = {
    {"full windows",
     {WINDOW(.rows = 2)},
     "id,time,a\n1,0,1\n1,1,2\n1,2,3\n2,5,4\n2,7,5\n3,1,6\n",
     "(1, 1) a=1,2;(1, 2) a=2,3;(2, 7) a=4,5;"},
    {"windows that grow",
     {WINDOW(.rows = 2, .min_rows = 1)},
     "id,time,a\n1,0,1\n1,1,2\n1,2,3\n",
     "(1, 0) a=1;(1, 1) a=1,2;(1, 2) a=2,3;"},
    {"stride",
     {WINDOW(.rows = 2, .stride = 2)},
     "id,a\n1,1\n1,2\n1,3\n1,4\n1,5\n",
     "(1, 1) a=1,2;(1, 3) a=3,4;"},
    {"gaps between windows",
     {WINDOW(.rows = 1, .stride = 3)},
     "id,a\n1,1\n1,2\n1,3\n1,4\n",
     "(1, 0) a=1;(1, 3) a=4;"},
    {"stride from the least on",
     {WINDOW(.rows = 3, .stride = 2, .min_rows = 2)},
     "id,a\n1,1\n1,2\n1,3\n1,4\n1,5\n",
     "(1, 1) a=1,2;(1, 3) a=2,3,4;"},
    {"a stride beyond the end",
     {WINDOW(.rows = 1, .stride = SIZE_MAX)},
     "id,a\n1,1\n1,2\n",
     "(1, 0) a=1;"},
    {"none fits",
     {WINDOW(.rows = 9)},
     "id,a\n1,1\n1,2\n2,2\n",
     "!no window: the longest series has 2 rows, and a window at least 9"},
    {"least above most",
     {WINDOW(.rows = 2, .min_rows = 3)},
     "id,a\n1,1\n",
     "!no window of 2 rows has the 3 rows that it must have at least"},

    {"wide: kinds are cut alike",
     {WINDOW(.rows = 2)},
     "id,time,a,b\n1,1,2,20\n1,0,1,10\n2,0,5,50\n1,2,3,30\n2,1,6,60\n",
     "(1, 1) a=1,2 b=10,20;(1, 2) a=2,3 b=20,30;(2, 1) a=5,6 b=50,60;"},
    {"long: each kind for itself, one row for one time",
     {WINDOW(.rows = 2)},
     "id,time,kind,value\n1,0,u,1\n1,1,u,2\n1,3,u,3\n1,1,v,10\n1,2,v,20\n1,3,v,30\n2,0,v,7\n2,1,v,"
     "8\n",
     "(1, 1) u=1,2 v=;(1, 2) u= v=10,20;(1, 3) u=2,3 v=20,30;(2, 1) u= v=7,8;"},
    {"what is dropped leaves its windows",
     {WINDOW(.rows = 2), .missing = ML_MISSING_DROP},
     "id,a,b\n1,1,\n1,,2\n1,3,3\n",
     "(1, 1) a=1 b=2;(1, 2) a=3 b=2,3;"},
    {"interpolated over the whole series",
     {WINDOW(.rows = 2, .stride = 2), .missing = ML_MISSING_INTERPOLATE},
     "id,a\n1,0\n1,\n1,\n1,3\n",
     "(1, 1) a=0,1;(1, 3) a=2,3;"},

    {"time: the rows of the last twenty seconds",
     {WINDOW(.span = 20 * SECOND)},
     DATES,
     "(1, Timestamp('2020-01-01 00:00:00')) a=1;(1, Timestamp('2020-01-01 00:00:10')) a=1,2;"
     "(1, Timestamp('2020-01-01 00:00:20')) a=2,3;(1, Timestamp('2020-01-01 00:00:50')) a=4;"},
    {"time: with at least two rows",
     {WINDOW(.span = 20 * SECOND, .min_rows = 2)},
     DATES,
     "(1, Timestamp('2020-01-01 00:00:10')) a=1,2;(1, Timestamp('2020-01-01 00:00:20')) a=2,3;"},
    {"time: a nanosecond more",
     {WINDOW(.span = 20 * SECOND + 1, .min_rows = 3)},
     DATES,
     "(1, Timestamp('2020-01-01 00:00:20')) a=1,2,3;"},
    {"time: ends at least fifteen seconds apart",
     {WINDOW(.span = 15 * SECOND, .stride_span = 15 * SECOND)},
     DATES,
     "(1, Timestamp('2020-01-01 00:00:00')) a=1;(1, Timestamp('2020-01-01 00:00:20')) a=2,3;"
     "(1, Timestamp('2020-01-01 00:00:50')) a=4;"},
    {"time: rows back from such ends",
     {WINDOW(.rows = 2, .stride_span = 20 * SECOND)},
     DATES,
     "(1, Timestamp('2020-01-01 00:00:20')) a=2,3;(1, Timestamp('2020-01-01 00:00:50')) a=3,4;"},
    {"time: no dates",
     {WINDOW(.span = 20 * SECOND)},
     "id,time,a\n1,0,1\n",
     "!windows of time need a column of dates and times"},
    {"a time twice",
     {WINDOW(.rows = 1)},
     "id,time,a\n1,0,1\nb,4,1\nb,4,2\n",
     "!time 4 occurs twice for id b, and would name two windows"},
    {"a date twice",
     {WINDOW(.rows = 1)},
     "id,time,a\n1,2020-01-01,1\n1,2020-01-01,2\n",
     "!time 2020-01-01 occurs twice for id 1, and would name two windows"},

    /* names, as Python prints them */
    {"texts",
     {WINDOW(.rows = 1)},
     "id,a\nb,1\na'b,2\n\"a'\"\"b\",3\n\"q\"\"\",4\n\\,5\n",
     "('\\\\', 0) a=5;('a\\'\"b', 0) a=3;(\"a'b\", 0) a=2;('b', 0) a=1;('q\"', 0) a=4;"},
    {"control characters",
     {WINDOW(.rows = 1)},
     "id,a\n\"a\nb\tc\x01\x7f\",1\n",
     "('a\\nb\\tc\\x01\\x7f', 0) a=1;"},
    {"beyond ASCII",
     {WINDOW(.rows = 1)},
     "id,a\n\xC3\xA9\xC2\xA0\xE2\x82\xAC\xE3\x80\x80\xF0\x9F\x98\x80,1\n",
     "('\xC3\xA9\\xa0\xE2\x82\xAC\\u3000\xF0\x9F\x98\x80', 0) a=1;"},
    {"whole numbers",
     {WINDOW(.rows = 1)},
     "id,time,a\n-007,+3,1\n8,12345678901,2\n-0,2,3\n",
     "(-7, 3) a=1;(0, 2) a=3;(8, 12345678901) a=2;"},
    {"one fraction makes floats",
     {WINDOW(.rows = 1)},
     "id,time,a\n1,3,1\n2.5,4.0,2\n",
     "(1.0, 3.0) a=1;(2.5, 4.0) a=2;"},
    {"so does an exponent",
     {WINDOW(.rows = 1)},
     "id,time,a\n1,1e16,1\n1,-1E-5,1\n",
     "(1, -1e-05) a=1;(1, 1e+16) a=1;"},
    {"one series", {WINDOW(.rows = 1), .id = ""}, "a\n1\n2\n", "(0, 0) a=1;(0, 1) a=2;"},
    {"fractions of a second",
     {WINDOW(.rows = 1)},
     "id,time,a\n1,2020-01-01T00:00:00.5,1\n1,2020-01-01T00:00:00.000000001,2\n",
     "(1, Timestamp('2020-01-01 00:00:00.000000001')) a=2;"
     "(1, Timestamp('2020-01-01 00:00:00.500000')) a=1;"},
};

static void windows_know_their_series(void **state) {
  (void)state;
  static const char text[] =
      "id,time,a\n1,2020-01-01,1\n1,2020-01-02,2\n1,2020-01-03,3\nb,2020-01-01,4\nb,2020-01-02,5\n"
      "b,2020-01-09,6\n";
  const ml_window window = {.rows = 2};
  const ml_series_opts opts = {.window = &window};
  ml_series_set *set = NULL;
  assert_int_equal(ml_series_parse(text, strlen(text), "s", &opts, &set, NULL), ML_OK);
  assert_int_equal(ml_series_n_ids(set), 4);
  for (size_t i = 0; i < 4; i++) assert_string_equal(ml_series_parent(set, i), i < 2 ? "1" : "b");
  assert_string_equal(ml_series_irregular(set), "b");
  assert_false(ml_series_ids_are_numbers(set));
  ml_series first = ml_series_at(set, 0, 0), second = ml_series_at(set, 1, 0);
  assert_ptr_equal(first.x + 1, second.x); /* views, not copies */
  assert_ptr_equal(first.times + 1, second.times);
  ml_series_free(set);

  assert_int_equal(ml_series_parse(text, strlen(text), "s", NULL, &set, NULL), ML_OK);
  assert_string_equal(ml_series_parent(set, 1), "b"); /* without windows, itself */
  ml_series_free(set);
}

/* Windows of random dates against a definition that looks at every row. */
static void windows_of_time_have_their_rows(void **state) {
  (void)state;
  enum { N = 60 };
  uint64_t seed = 9;
  for (int round = 0; round < 50; round++) {
    int64_t date[N], span = 1 + (int64_t)(next_random(&seed) % 40);
    size_t stride = 1 + next_random(&seed) % 4, least = 1 + next_random(&seed) % 3, w = 0;
    double x[N];
    for (size_t i = 0; i < N; i++) {
      date[i] = (i ? date[i - 1] : 0) + 1 + (int64_t)(next_random(&seed) % 20);
      x[i] = (double)i;
    }
    const ml_window window = {.span = span, .stride = stride, .min_rows = least};
    const ml_series_rows rows = {.n_rows = N,
                                 .date = date,
                                 .kinds = (const char *const[]){"a"},
                                 .values = (const double *const[]){x},
                                 .n_kinds = 1,
                                 .window = &window};
    ml_series_set *set = NULL;
    if (ml_series_from_rows(&rows, &set, NULL) != ML_OK) continue; /* none has that many rows */
    for (size_t end = least; end <= N; end += stride) {
      size_t from = 0;
      while (date[from] <= date[end - 1] - span) from++;
      if (end - from < least) continue;
      ml_series series = ml_series_at(set, w++, 0);
      assert_int_equal(series.n, end - from);
      assert_true(series.x[0] == (double)from);
    }
    assert_int_equal(ml_series_n_ids(set), w);
    ml_series_free(set);
  }
}

/* A kind column that is really a number must not take memory for windows times kinds. */
static void too_many_windows_are_refused(void **state) {
  (void)state;
  ml_buf text = {0};
  ml_error err = {0};
  ml_series_set *set;
  const ml_window window = {.rows = 1};
  const ml_series_opts opts = {.window = &window};
  ml_buf_puts(&text, "id,kind,value\n");
  for (int i = 0; i < 20000; i++) ml_buf_printf(&text, "1,k%d,1\n", i % 2000);
  assert_int_equal(ml_series_parse(text.data, text.n, "s.csv", NULL, &set, &err), ML_OK);
  ml_series_free(set);
  ml_buf_release(&text);
  ml_buf_puts(&text, "id,time,kind,value\n");
  for (int i = 0; i < 20000; i++) ml_buf_printf(&text, "1,%d,k%d,1\n", i, i % 2000);
  assert_int_equal(ml_series_parse(text.data, text.n, "s.csv", &opts, &set, &err), ML_ERR_PARSE);
  assert_non_null(strstr(err.message, "windows of 2000 kinds in 20000 values"));
  ml_buf_release(&text);
}

int main(void) {
  enum { N = sizeof cases / sizeof cases[0], OTHERS = 3 };
  struct CMUnitTest tests[OTHERS + N] = {cmocka_unit_test(windows_know_their_series),
                                         cmocka_unit_test(windows_of_time_have_their_rows),
                                         cmocka_unit_test(too_many_windows_are_refused)};
  for (size_t i = 0; i < N; i++)
    tests[i + OTHERS] = (struct CMUnitTest){
        .name = cases[i].name, .test_func = check_series_case, .initial_state = &cases[i]};
  return cmocka_run_group_tests_name("series/window", tests, NULL, NULL);
}
