/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The column of the target in files of series. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "series_cases.h"

/* want: as in series_cases.h, then " | name 1=yes 2=no" */

static ml_window two_rows = {.rows = 2};
static ml_window three_rows = {.rows = 3};

static series_case cases[] = {
    {"wide",
     {.target = "y"},
     "id,time,y,a\n1,0,yes,5\n1,1,yes,6\n2,0,no,7\n",
     "1 a=5,6;2 a=7; | y 1=yes 2=no"},
    {"wide, no target asked for", {0}, "id,time,y,a\n1,0,3,5\n", "1 y=3 a=5;"},
    {"long",
     {.target = "y"},
     "id,time,kind,value,y\n1,0,b,5,0\n1,1,a,6,0\n2,0,b,7,1\n",
     "1 a=6 b=5;2 a= b=7; | y 1=0 2=1"},
    {"long, the one column that remains",
     {.kind = "k", .target = "y"},
     "y,id,k,time,v\nt,1,a,0,5\n",
     "1 a=5; | y 1=t"},
    {"one series", {.target = "y"}, "time,a,y\n0,5,u\n1,6,u\n", "0 a=5,6; | y 0=u"},
    {"one series, only values", {.target = "y"}, "value,y\n5,u\n6,u\n", "0 value=5,6; | y 0=u"},
    {"rows that are not sorted",
     {.target = "y"},
     "id,time,y,a\n2,1,b,1\n10,0,c,2\n2,0,b,3\n1,0,a,4\n10,1,c,5\n",
     "1 a=4;2 a=3,1;10 a=2,5; | y 1=a 2=b 10=c"},
    {"ids that are one number",
     {.target = "y"},
     "id,y,a\n1,x,5\n1.0,x,6\n01,x,7\n",
     "1 a=5,6,7; | y 1=x"},
    {"text is kept byte for byte",
     {.target = "y"},
     "id,y,a\n1,\" a,\"\"b \",5\n2,1e-3,6\n",
     "1 a=5;2 a=6; | y 1= a,\"b  2=1e-3"},
    {"a usual name: it has no other part",
     {.target = "value"},
     "id,time,value,a\n1,0,t,5\n",
     "1 a=5; | value 1=t"},
    {"the name of the time",
     {.target = "time"},
     "id,time,a\n1,9,5\n1,9,4\n",
     "1 a=5,4; | time 1=9"},
    {"excluded besides",
     {.target = "y", .exclude = "y,b"},
     "id,y,a,b\n1,t,5,q\n",
     "1 a=5; | y 1=t"},
    {"windows",
     {.target = "y", .window = &two_rows},
     "id,time,y,a\n1,0,p,5\n1,1,p,6\n1,2,p,7\n2,0,q,8\n2,1,q,9\n",
     "(1, 1) a=5,6;(1, 2) a=6,7;(2, 1) a=8,9; | y (1, 1)=p (1, 2)=p (2, 1)=q"},
    {"windows of the long shape",
     {.target = "y", .window = &two_rows},
     "id,time,kind,value,y\n1,0,a,5,p\n1,1,a,6,p\n2,0,a,8,q\n2,1,a,9,q\n",
     "(1, 1) a=5,6;(2, 1) a=8,9; | y (1, 1)=p (2, 1)=q"},
    {"an id without windows takes its target with it",
     {.target = "y", .window = &three_rows},
     "id,time,y,a\n1,0,p,5\n1,1,p,6\n2,0,q,1\n2,1,q,2\n2,2,q,3\n",
     "(2, 2) a=1,2,3; | y (2, 2)=q"},
    {"rows that are dropped",
     {.target = "y", .missing = ML_MISSING_DROP},
     "id,time,y,a\n1,0,p,\n1,1,p,6\n2,0,q,NaN\n",
     "1 a=6;2 a=; | y 1=p 2=q"},
    {"delimiter at the end", {.target = "y"}, "id,y,a,\n1,t,5,\n", "1 a=5; | y 1=t"},

    /* elsewhere */
    {"elsewhere: left out",
     {.target = "y", .target_is_elsewhere = true},
     "id,y,a\n1,t,5\n1,u,6\n2,,7\n",
     "1 a=5,6;2 a=7; | y"},
    {"elsewhere: not there", {.target = "y", .target_is_elsewhere = true}, "id,a\n1,5\n", "1 a=5;"},
    {"elsewhere: near is not the same",
     {.target = "yes", .target_is_elsewhere = true},
     "id,yess\n1,5\n",
     "1 yess=5;"},

    /* mistakes */
    {"not constant",
     {.target = "y"},
     "id,y,a\n1,p,5\n\n2,q,6\n1,q,7\n",
     "!5: the target \"y\" of id 1 is \"q\" here, and \"p\" before; there must be one value for "
     "each id"},
    {"compared as text",
     {.target = "y"},
     "id,y,a\n7,1,5\n7,1.0,6\n",
     "!3: the target \"y\" of id 7 is \"1.0\" here, and \"1\" before; there must be one value for "
     "each id"},
    {"not constant, one series",
     {.target = "y"},
     "value,y\n5,u\n6,v\n",
     "!3: the target \"y\" of id 0 is \"v\" here, and \"u\" before; there must be one value for "
     "each id"},
    {"not constant over kinds",
     {.target = "y"},
     "id,time,kind,value,y\nx,0,a,1,p\nx,0,b,2,\"p\n\"\n",
     "!3: the target \"y\" of id x is \"p?\" here, and \"p\" before; there must be one value for "
     "each id"},
    {"empty", {.target = "y"}, "id,y,a\n1,p,5\n2,,6\n", "!3:3: column \"y\" is empty here"},
    {"what is missing is the business of the target",
     {.target = "y"},
     "id,y,a\n1,NaN,5\n2,none,6\n",
     "1 a=5;2 a=6; | y 1=NaN 2=none"},
    {"unknown",
     {.target = "hurricane"},
     "id,huricane,a\n1,0,5\n",
     "!no column \"hurricane\" (the file has: id, huricane, a); did you mean \"huricane\"?"},
    {"unknown, and nothing is near",
     {.target = "hurricane"},
     "id,a\n1,5\n",
     "!no column \"hurricane\" (the file has: id, a)"},
    {"two of its name",
     {.target = "y"},
     "id,y,y,a\n1,0,0,5\n",
     "!more than one column \"y\" (the file has: id, y, y, a)"},
    {"also an id",
     {.target = "id", .id = "id"},
     "id,a\n1,5\n",
     "!column \"id\" is given two parts"},
    {"also a value",
     {.target = "v", .value = "v"},
     "id,v\n1,5\n",
     "!column \"v\" is given two parts"},
    {"also a kind of the wide shape",
     {.target = "v", .columns = "a,v"},
     "id,v,a\n1,5,1\n",
     "!column \"v\" is given two parts"},
    {"nothing but the target",
     {.target = "y"},
     "id,y\n1,5\n",
     "!no column of values beside the target \"y\" (the file has: id, y)"},
};

static void check(void **state) {
  const series_case *c = *state;
  ml_series_set *set = NULL;
  ml_error err = {0};
  ml_buf out = {0};
  if (ml_series_parse(c->text, strlen(c->text), "s.csv", &c->opts, &set, &err) != ML_OK) {
    dump_series_error(&err, &out);
  } else {
    dump_series(set, &out);
    if (ml_series_target_name(set)) ml_buf_printf(&out, " | %s", ml_series_target_name(set));
    for (size_t i = 0; i < ml_series_n_ids(set); i++)
      if (ml_series_target(set, i))
        ml_buf_printf(&out, " %s=%s", ml_series_id(set, i), ml_series_target(set, i));
  }
  ml_buf_put(&out, "", 1);
  assert_string_equal(out.data, c->want);
  ml_buf_release(&out);
  ml_series_free(set);
}

/* Every id has many runs, so that labels of ids are kept as runs, and then not any more. */
static void many_rows_of_many_ids(void **state) {
  (void)state;
  for (size_t run = 1; run <= 64; run *= 8) {
    enum { N_IDS = 3000, N_ROWS = 60000 };
    ml_buf text = {0};
    ml_series_set *set = NULL;
    const ml_series_opts opts = {.target = "y", .sort = ""};
    ml_buf_puts(&text, "a,y,id\n");
    for (size_t i = 0; i < N_ROWS; i++) {
      size_t id = i / run * 7919 % N_IDS;
      ml_buf_printf(&text, "%zu,t%zu,%zu\n", i, id % 11, id);
    }
    assert_int_equal(ml_series_parse(text.data, text.n, "m.csv", &opts, &set, NULL), ML_OK);
    for (size_t i = 0; i < ml_series_n_ids(set); i++) {
      char want[16];
      snprintf(want, sizeof want, "t%d", atoi(ml_series_id(set, i)) % 11);
      assert_string_equal(ml_series_target(set, i), want);
    }
    ml_series_free(set);
    ml_buf_release(&text);
  }
}

static void rows_in_memory_have_none(void **state) {
  (void)state;
  const double x[] = {1, 2};
  const double *values[] = {x};
  const char *kinds[] = {"a"};
  const ml_series_rows rows = {.n_rows = 2, .kinds = kinds, .values = values, .n_kinds = 1};
  ml_series_set *set = NULL;
  assert_int_equal(ml_series_from_rows(&rows, &set, NULL), ML_OK);
  assert_null(ml_series_target(set, 0));
  assert_null(ml_series_target_name(set));
  ml_target *target = NULL;
  ml_error err = {0};
  assert_int_equal(ml_target_of_series(set, ML_PROBLEM_AUTO, &target, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "the series were read without a target");
  assert_null(target);
  ml_series_free(set);
}

/* ---- as a target ---- */

static ml_status make_target(const char *text, const ml_window *window, ml_problem problem,
                             ml_target **out, ml_error *err) {
  const ml_series_opts opts = {.target = "y", .window = window};
  ml_series_set *set = NULL;
  assert_int_equal(ml_series_parse(text, strlen(text), "s.csv", &opts, &set, err), ML_OK);
  ml_status status = ml_target_of_series(set, problem, out, err);
  ml_series_free(set);
  return status;
}

static void rows_of_a_target_ascend_by_id(void **state) {
  (void)state;
  ml_target *t = NULL;
  assert_int_equal(
      make_target("id,y,a\n10,2.5,1\n2,3,1\n1,-1,2\n", NULL, ML_PROBLEM_AUTO, &t, NULL), ML_OK);
  assert_string_equal(t->name, "y");
  assert_int_equal(t->n, 3);
  assert_int_equal(t->problem, ML_REGRESSION);
  expect_same("1", t->values[0], -1);
  expect_same("2", t->values[1], 3);
  expect_same("10", t->values[2], 2.5);
  ml_target_free(t);
}

/* The first id has no window: neither its class nor its place in the order of the classes stays. */
static void windows_have_the_target_of_their_series(void **state) {
  (void)state;
  ml_target *t = NULL;
  const char *text = "id,y,a\nu,gone,1\nv,q,1\nv,q,2\nv,q,3\nw,p,4\nw,p,5\n";
  assert_int_equal(make_target(text, &two_rows, ML_PROBLEM_AUTO, &t, NULL), ML_OK);
  assert_int_equal(t->n, 3);
  assert_int_equal(t->n_classes, 2);
  assert_string_equal(t->labels[0], "q");
  assert_string_equal(t->labels[1], "p");
  const uint32_t want[] = {0, 0, 1};
  assert_memory_equal(t->classes, want, sizeof want);
  ml_target_free(t);
}

static void mistakes_of_a_target_name_file_and_id(void **state) {
  (void)state;
  static const struct {
    const char *text, *want;
  } mistakes[] = {
      {"id,y,a\nu,1,1\nv,1,1\n", "target \"y\" has only one value, \"1\""},
      {"id,y,a\nu,1,1\n", "target \"y\" has fewer than two rows"},
      {"id,y,a\nu,1,1\nw,NaN,1\nv,2,1\n", "target \"y\" has no value for id \"w\""},
  };
  for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
    ml_target *t = NULL;
    ml_error err = {0};
    assert_int_equal(make_target(mistakes[i].text, NULL, ML_PROBLEM_AUTO, &t, &err), ML_ERR_PARSE);
    assert_string_equal(err.message, mistakes[i].want);
    assert_string_equal(err.source, "s.csv");
  }
}

/* ---- of a file of its own ---- */

static ml_status join_target(const char *data, const ml_window *window, const char *file,
                             ml_target **out, ml_error *err) {
  char path[512];
  const ml_series_opts opts = {.window = window};
  ml_series_set *set = NULL;
  snprintf(path, sizeof path, "%s/y.csv", temp_dir());
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  assert_true(fputs(file, f) >= 0 && fclose(f) == 0);
  assert_int_equal(ml_series_parse(data, strlen(data), "s.csv", &opts, &set, err), ML_OK);
  ml_status status = ml_target_read_series(path, NULL, set, out, err);
  ml_series_free(set);
  return status;
}

static void a_file_is_joined_by_id(void **state) {
  (void)state;
  ml_target *t = NULL;
  assert_int_equal(
      join_target("id,a\n10,1\n2,1\n1,2\n", NULL, "id,z\n2.0,q\n1,p\n10,q\n", &t, NULL), ML_OK);
  assert_string_equal(t->name, "z");
  assert_int_equal(t->n, 3);
  assert_string_equal(t->labels[0], "p");
  const uint32_t want[] = {0, 1, 1};
  assert_memory_equal(t->classes, want, sizeof want);
  ml_target_free(t);
}

/* "u" has no window, and must be in the file all the same: it is an id of the data. */
static void windows_are_joined_by_the_ids_of_their_series(void **state) {
  (void)state;
  const char *data = "id,a\nu,1\nv,1\nv,2\nv,3\nw,4\nw,5\n";
  ml_target *t = NULL;
  ml_error err = {0};
  assert_int_equal(join_target(data, &two_rows, "id,z\nw,p\nv,q\nu,gone\n", &t, NULL), ML_OK);
  assert_int_equal(t->n, 3);
  assert_int_equal(t->n_classes, 2);
  assert_string_equal(t->labels[0], "q");
  const uint32_t want[] = {0, 0, 1};
  assert_memory_equal(t->classes, want, sizeof want);
  ml_target_free(t);
  assert_int_equal(join_target(data, &two_rows, "id,z\nw,p\nv,q\n", &t, &err), ML_ERR_PARSE);
  assert_string_equal(err.message, "1 id (u) of the features has no target");
  assert_int_equal(join_target(data, &two_rows, "id,z\nu,p\nw,q\nv,q\n", &t, &err), ML_ERR_PARSE);
  assert_string_equal(err.message, "target \"z\" has only one value, \"q\"");
}

int main(void) {
  enum { N = sizeof cases / sizeof *cases };
  struct CMUnitTest tests[N + 7];
  for (size_t i = 0; i < N; i++)
    tests[i] =
        (struct CMUnitTest){.name = cases[i].name, .test_func = check, .initial_state = &cases[i]};
  tests[N] = (struct CMUnitTest)cmocka_unit_test(many_rows_of_many_ids);
  tests[N + 1] = (struct CMUnitTest)cmocka_unit_test(rows_in_memory_have_none);
  tests[N + 2] = (struct CMUnitTest)cmocka_unit_test(rows_of_a_target_ascend_by_id);
  tests[N + 3] = (struct CMUnitTest)cmocka_unit_test(windows_have_the_target_of_their_series);
  tests[N + 4] = (struct CMUnitTest)cmocka_unit_test(mistakes_of_a_target_name_file_and_id);
  tests[N + 5] = (struct CMUnitTest)cmocka_unit_test(a_file_is_joined_by_id);
  tests[N + 6] = (struct CMUnitTest)cmocka_unit_test(windows_are_joined_by_the_ids_of_their_series);
  return cmocka_run_group_tests_name("series_target", tests, NULL, NULL);
}
