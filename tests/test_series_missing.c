/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values that are not there, and steps of time that are not equal. */
#include "series_cases.h"

#include <math.h>
#include <string.h>

#define ERROR       ML_MISSING_ERROR
#define PROPAGATE   ML_MISSING_PROPAGATE
#define DROP        ML_MISSING_DROP
#define INTERPOLATE ML_MISSING_INTERPOLATE

static series_case cases[] = {
    {"the first is an error with its place",
     {0},
     "id,time,a,b\n1,0,1,2\n1,1,3,NaN\n",
     "!3:7: missing value (\"NaN\")"},
    {"infinities follow", {0}, "id,a\n1,inf\n", "!2:3: infinite value \"inf\""},
    {"infinities are an error of their own",
     {.missing = DROP, .infinite = ERROR},
     "id,a\n1,\n1,-inf\n",
     "!3:3: infinite value \"-inf\""},
    {"missing is an error, infinite is not",
     {.infinite = DROP},
     "id,a\n1,inf\n1,NA\n",
     "!3:3: missing value (\"NA\")"},
    {"text is no missing value",
     {.missing = DROP, .columns = "a"},
     "id,a\n1,x\n",
     "!2:3: expected a number, found \"x\""},
    {"a time is never missing",
     {.missing = DROP},
     "id,time,a\n1,,1\n",
     "!2:3: missing value (empty)"},
    {"propagate",
     {.missing = PROPAGATE},
     "id,a,b\n1,,1\n1,NA,inf\n1,2,null\n",
     "1 a=nan,nan,2 b=1,inf,nan;"},
    {"propagate NaN, drop infinities",
     {.missing = PROPAGATE, .infinite = DROP},
     "id,a\n1,inf\n1,nan\n1,2\n",
     "1 a=nan,2;"},

    {"drop: of this kind only",
     {.missing = DROP},
     "id,time,a,b\n1,0,,1\n1,1,2,\n1,2,3,4\n2,0,5,nan\n",
     "1 a=2,3 b=1,4;2 a=5 b=;"},
    {"drop, unsorted",
     {.missing = DROP},
     "id,time,a,b\n2,0,5,\n1,2,3,4\n1,1,,2\n1,0,1,inf\n",
     "1 a=1,3 b=2,4;2 a=5 b=;"},
    {"drop, long",
     {.missing = DROP},
     "id,time,kind,value\n1,0,a,1\n1,0,b,\n1,1,a,nan\n1,1,b,4\n",
     "1 a=1 b=4;"},
    {"drop everything", {.missing = DROP}, "id,a\n1,\n1,\n", "1 a=;"},
    {"drop NaN, keep infinities",
     {.missing = DROP, .infinite = PROPAGATE},
     "id,a\n1,-inf\n1,\n1,1\n",
     "1 a=-inf,1;"},

    {"interpolate over the rows",
     {.missing = INTERPOLATE},
     "id,a\n1,1\n1,\n1,\n1,4\n",
     "1 a=1,2,3,4;"},
    {"interpolate over numbers",
     {.missing = INTERPOLATE},
     "id,time,a\n1,10,8\n1,0,0\n1,2.5,\n1,5,nan\n",
     "1 a=0,2,4,8;"},
    {"interpolate over dates",
     {.missing = INTERPOLATE},
     "id,time,a\n1,2020-01-01,0\n1,2020-01-04,\n1,2020-01-05,8\n",
     "1 a=0,6,8;"},
    {"the ends take the nearest",
     {.missing = INTERPOLATE},
     "id,a\n1,\n1,inf\n1,3\n1,\n2,nan\n2,7\n",
     "1 a=3,3,3,3;2 a=7,7;"},
    {"series do not touch",
     {.missing = INTERPOLATE},
     "id,a,b\n1,1,5\n1,2,\n2,,7\n2,3,8\n",
     "1 a=1,2 b=5,5;2 a=3,3 b=7,8;"},
    {"equal times go by their rows",
     {.missing = INTERPOLATE},
     "id,time,a\n1,5,2\n1,5,\n1,5,6\n",
     "1 a=2,4,6;"},
    {"a series without values is empty",
     {.missing = INTERPOLATE},
     "id,a,b\n1,,1\n1,,2\n2,3,\n",
     "1 a= b=1,2;2 a=3 b=;"},
    {"interpolate NaN beside infinities that stay",
     {.missing = INTERPOLATE, .infinite = PROPAGATE},
     "id,a\n1,1\n1,inf\n1,\n1,4\n",
     "1 a=1,inf,3,4;"},
    {"interpolate NaN, drop infinities",
     {.missing = INTERPOLATE, .infinite = DROP},
     "id,a\n1,1\n1,inf\n1,\n1,4\n",
     "1 a=1,3,4;"},
    {"a line between huge values",
     {.missing = INTERPOLATE},
     "id,a\n1,-1e308\n1,\n1,1e308\n",
     "1 a=-1e+308,0,1e+308;"},
};

static ml_series_set *read_series(const char *text, ml_missing missing) {
  const ml_series_opts opts = {.missing = missing};
  ml_error err = {0};
  ml_series_set *set = NULL;
  if (ml_series_parse(text, strlen(text), "s.csv", &opts, &set, &err) != ML_OK)
    fail_msg("%s", err.message);
  return set;
}

static void dates_are_dropped_with_their_values(void **state) {
  (void)state;
  ml_series_set *set = read_series(
      "id,time,a,b\n1,1970-01-01T00:00:01,1,\n1,1970-01-01T00:00:02,,2\n"
      "1,1970-01-01T00:00:03,3,3\n2,1970-01-01T00:00:04,,4\n",
      DROP);
  const int64_t second = 1000000000;
  ml_series a = ml_series_at(set, 0, 0), b = ml_series_at(set, 0, 1), c = ml_series_at(set, 1, 1);
  assert_int_equal(a.n, 2);
  assert_true(a.times[0] == second && a.times[1] == 3 * second);
  assert_int_equal(b.n, 2);
  assert_true(b.times[0] == 2 * second && b.times[1] == 3 * second);
  assert_true(c.n == 1 && c.times[0] == 4 * second);
  ml_series_free(set);
}

/* A series of some words of 64 values, against a copy that leaves out what is missing. */
static void much_is_dropped(void **state) {
  (void)state;
  enum { N = 1000 };
  static double x[2][N], want[2][N];
  static uint32_t id[N];
  size_t n[2][2] = {{0}};
  uint64_t seed = 3;
  for (size_t i = 0; i < N; i++) {
    id[i] = i >= 300;
    for (size_t k = 0; k < 2; k++) {
      x[k][i] = next_random(&seed) % 3 ? (double)i : k ? NAN : INFINITY;
      if (isfinite(x[k][i])) want[k][(i >= 300 ? n[k][0] : 0) + n[k][i >= 300]++] = x[k][i];
    }
  }
  const ml_series_rows rows = {.n_rows = N,
                               .id = id,
                               .ids = (const char *const[]){"1", "2"},
                               .n_ids = 2,
                               .kinds = (const char *const[]){"a", "b"},
                               .values = (const double *const[]){x[0], x[1]},
                               .n_kinds = 2,
                               .missing = DROP};
  ml_series_set *set = NULL;
  assert_int_equal(ml_series_from_rows(&rows, &set, NULL), ML_OK);
  for (size_t k = 0; k < 2; k++)
    for (size_t i = 0; i < 2; i++) {
      ml_series series = ml_series_at(set, i, k);
      assert_int_equal(series.n, n[k][i]);
      assert_memory_equal(series.x, want[k] + (i ? n[k][0] : 0), series.n * sizeof(double));
    }
  ml_series_free(set);
}

static void rows_in_memory_may_have_gaps(void **state) {
  (void)state;
  static const double x[] = {1, NAN, 4, -INFINITY}, time[] = {0, 1, 3, 4};
  ml_series_rows rows = {.n_rows = 4,
                         .time = time,
                         .kinds = (const char *const[]){"a"},
                         .values = (const double *const[]){x},
                         .n_kinds = 1,
                         .missing = INTERPOLATE};
  ml_series_set *set = NULL;
  ml_error err = {0};
  assert_int_equal(ml_series_from_rows(&rows, &set, &err), ML_OK);
  ml_series series = ml_series_at(set, 0, 0);
  const double want[] = {1, 2, 4, 4};
  assert_int_equal(series.n, 4);
  for (size_t i = 0; i < 4; i++) expect_same("value", series.x[i], want[i]);
  assert_null(series.times);
  ml_series_free(set);
  rows.infinite = ERROR;
  assert_int_equal(ml_series_from_rows(&rows, &set, &err), ML_ERR_PARSE);
  assert_int_equal(err.line, 4);
}

/* ---- steps ---- */

static void irregular_steps_are_found(void **state) {
  (void)state;
  static const struct {
    const char *text, *id; /* NULL: all steps are equal */
  } tries[] = {
      {"id,a\n1,1\n1,2\n1,3\n", NULL},
      {"id,time,a\n1,0,1\n1,1,1\n1,3,1\n", "1"},
      {"id,time,a\n1,3,1\n1,5,1\n1,1,1\n2,0,1\n2,1,1\n2,2,1\n", NULL}, /* each has its own step */
      {"id,time,a\n1,0,1\n1,9,1\n2,0,1\n2,1,1\n2,3,1\nb,1,1\nb,3,1\nb,9,1\n", "2"},
      {"id,time,a\n1,0.1,1\n1,0.2,1\n1,0.3,1\n1,0.4,1\n1,1e-1,1\n", "1"},
      {"id,time,a\n1,0.1,1\n1,0.2,1\n1,0.30000000000000004,1\n1,0.4,1\n", NULL},
      {"id,time,a\n1,1000000.1,1\n1,1000000.2,1\n1,1000000.3,1\n", NULL}, /* as far as doubles go */
      {"id,time,a\n1,1,1\n1,2,1\n1,3.00001,1\n", "1"},
      {"id,time,a\n1,2020-01-01,1\n1,2020-01-02,1\n1,2020-01-03,1\n", NULL},
      {"id,time,a\n1,2020-01-01,1\n1,2020-02-01,1\n1,2020-03-01,1\n", "1"},
      {"id,time,a\n1,2020-01-01T00:00:00,1\n1,2020-01-01T00:00:01,1\n"
       "1,2020-01-01T00:00:02.000000001,1\n",
       "1"},
      {"id,time,kind,value\n1,0,u,1\n1,1,u,1\n1,2,u,1\n2,0,u,1\n2,0,v,1\n2,1,v,1\n2,5,v,1\n", "2"},
      {"id,time,kind,value\n1,0,u,1\n1,2,u,1\n1,4,u,1\n1,0,v,1\n1,1,v,1\n1,2,v,1\n", NULL},
  };
  for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
    ml_series_set *set = read_series(tries[i].text, ML_MISSING_DEFAULT);
    const char *id = ml_series_irregular(set);
    if (tries[i].id)
      assert_string_equal(id, tries[i].id);
    else if (id)
      fail_msg("%s: id %s is irregular", tries[i].text, id);
    ml_series_free(set);
  }
}

static void steps_without_what_is_dropped(void **state) {
  (void)state;
  static const struct {
    const char *text, *id;
  } tries[] = {
      {"id,time,a\n1,0,1\n1,1,\n1,2,1\n1,3,1\n", "1"},
      {"id,time,a\n1,0,\n1,1,1\n1,2,1\n1,3,1\n1,4,\n", NULL},
      {"id,time,a\n1,0,1\n1,1,\n1,2,1\n1,3,\n1,4,1\n", NULL}, /* each second one */
      {"id,time,a,b\n1,0,1,1\n1,1,1,1\n1,2,1,1\n2,0,1,1\n2,1,1,\n2,2,1,1\n2,3,1,1\n3,0,1,1\n"
       "3,1,1,1\n3,9,1,1\n",
       "2"},
      {"id,a\n1,1\n1,\n1,1\n1,1\n", NULL}, /* there is no time */
  };
  for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
    ml_series_set *set = read_series(tries[i].text, DROP);
    const char *id = ml_series_irregular(set);
    if (tries[i].id && id)
      assert_string_equal(id, tries[i].id);
    else if (tries[i].id || id)
      fail_msg("%s: id %s is irregular", tries[i].text, id ? id : "none");
    ml_series_free(set);
  }
}

int main(void) {
  enum { N = sizeof cases / sizeof cases[0], OTHERS = 5 };
  struct CMUnitTest tests[OTHERS + N] = {
      cmocka_unit_test(dates_are_dropped_with_their_values), cmocka_unit_test(much_is_dropped),
      cmocka_unit_test(rows_in_memory_may_have_gaps), cmocka_unit_test(irregular_steps_are_found),
      cmocka_unit_test(steps_without_what_is_dropped)};
  for (size_t i = 0; i < N; i++)
    tests[i + OTHERS] = (struct CMUnitTest){
        .name = cases[i].name, .test_func = check_series_case, .initial_state = &cases[i]};
  return cmocka_run_group_tests_name("series/missing", tests, NULL, NULL);
}
