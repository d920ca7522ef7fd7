/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The splits of module xval: by hand, and all golden cases when the reference is there. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static ml_arena *arena;
static ml_functions *functions;

static int set_up(void **state) {
  (void)state;
  arena = ml_arena_new();
  return !arena || ml_functions_new(&functions, NULL) != ML_OK ||
         ml_functions_load(functions, "xval", NULL, NULL) != ML_OK;
}

static int tear_down(void **state) {
  (void)state;
  ml_arena_free(arena);
  ml_functions_free(functions);
  return 0;
}

static ml_status call(const char *name, const char *arg, ml_value *out, ml_error *err) {
  return call_function(functions, arena, name, arg, out, err);
}

static void expect_json(const char *name, const char *arg, const char *want) {
  expect_result(functions, arena, name, arg, want);
}

static void folds_by_hand(void **state) {
  (void)state;
  expect_json("kfSplit", "{\"n\":3,\"k\":3}", "[[[0,1],[2]],[[2,0],[1]],[[1,2],[0]]]");
  expect_json("kfSplit", "{\"n\":5,\"k\":2}", "[[[0,1],[2,3,4]],[[2,3,4],[0,1]]]");
  expect_json("tsRolls", "{\"n\":5,\"k\":3}", "[[[0],[1,2]],[[1,2],[3,4]]]");
  expect_json("tsChain", "{\"n\":5,\"k\":3}", "[[[0],[1,2]],[[0,1,2],[3,4]]]");
  expect_json("pcSplit", "{\"n\":4,\"pc\":0.25}", "[[[0,1,2],[3]]]");
  expect_json("xval.pcSplit", "{\"n\":2,\"pc\":0.5,\"reps\":2}", "[[[0],[1]],[[0],[1]]]");
}

static void wrong_requests_are_told(void **state) {
  (void)state;
  static const char *const cases[][3] = {
      {"kfSplit", "{\"n\":10,\"k\":1}", "'k' must be an integer from 2 to 10"},
      {"kfSplit", "{\"n\":4,\"k\":5}", "'k' must be an integer from 2 to 4"},
      {"kfSplit", "{\"n\":10}", "'k' is missing"},
      {"kfSplit", "{\"k\":10}", "'n' is missing"},
      {"kfSplit", "{\"n\":1.5,\"k\":2}", "'n' must be an integer from 2 to 268435456"},
      {"kfSplit", "{\"n\":10,\"k\":2,\"m\":1}", "takes 'n', 'k' and 'reps' only"},
      {"kfSplit", "10", "expected a dictionary such as {\"n\":10,\"k\":3}"},
      {"kfSplit", "{\"n\":268435456,\"k\":2}", "more than 268435456 row numbers in all"},
      {"kfSplit", "{\"n\":9,\"k\":2,\"reps\":0}", "'reps' must be an integer from 1 to 268435456"},
      {"pcSplit", "{\"n\":10,\"pc\":0.9}", "no row of 10 is left to train on"},
      {"pcSplit", "{\"n\":10,\"pc\":1}", "'pc' must be between 0 and 1"},
      {"pcSplit", "{\"n\":10,\"pc\":null}", "'pc' must be between 0 and 1"},
      {"pcSplit", "{\"n\":10,\"k\":2}", "takes 'n', 'pc' and 'reps' only"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ml_value out;
    ml_error err = {0};
    assert_int_equal(call(cases[i][0], cases[i][1], &out, &err), ML_ERR_FUNCTION);
    assert_string_equal(err.message, cases[i][2]);
  }
}

/* ---- golden cases ---- */

static void expect_rows(const ml_value *v, const json_t *want) {
  assert_true(v->type == ML_TYPE_VECTOR && v->dtype == ML_DTYPE_I64);
  assert_int_equal(v->as.a.n_rows, json_array_size(want));
  for (size_t i = 0; i < v->as.a.n_rows; i++)
    assert_int_equal(((const int64_t *)v->as.a.data)[i],
                     json_integer_value(json_array_get(want, i)));
}

static void expect_case(const char *scheme, json_t *golden) {
  char arg[100];
  ml_value out;
  ml_error err = {0};
  const json_t *folds = json_object_get(golden, "folds");
  long long n = json_integer_value(json_object_get(golden, "n"));
  long long reps = json_integer_value(json_object_get(golden, "reps"));
  json_t *pc = json_object_get(golden, "pc");
  if (pc)
    snprintf(arg, sizeof arg, "{\"n\":%lld,\"pc\":%.17g,\"reps\":%lld}", n, json_real_value(pc),
             reps);
  else
    snprintf(arg, sizeof arg, "{\"n\":%lld,\"k\":%lld,\"reps\":%lld}", n,
             json_integer_value(json_object_get(golden, "k")), reps);
  ml_status status = call(scheme, arg, &out, &err);
  if (json_object_get(golden, "expect")) {
    assert_int_equal(status, ML_ERR_FUNCTION);
    return;
  }
  if (status != ML_OK) fail_msg("%s %s: %s", scheme, arg, err.message);
  if (pc) {
    const ml_value *pair = out.as.l.values[0].as.l.values;
    assert_int_equal(pair[0].as.a.n_rows, json_integer_value(json_object_get(golden, "n_train")));
  }
  if (json_array_size(folds) == 0) return; /* only the numbers of rows are given */
  assert_int_equal(out.as.l.n, json_array_size(folds));
  for (size_t i = 0; i < out.as.l.n; i++) {
    const ml_value *pair = out.as.l.values[i].as.l.values;
    expect_rows(&pair[0], json_object_get(json_array_get(folds, i), "train"));
    expect_rows(&pair[1], json_object_get(json_array_get(folds, i), "test"));
  }
}

static void folds_are_those_of_the_reference(void **state) {
  (void)state;
  static const char *const schemes[] = {"kfSplit", "tsRolls", "tsChain", "pcSplit"};
  for (size_t s = 0; s < sizeof schemes / sizeof *schemes; s++) {
    char name[64];
    json_t *golden;
    size_t i;
    snprintf(name, sizeof name, "xval/splits/%s.json", schemes[s]);
    const char *path = reference(name);
    if (!path) skip();
    json_t *root = json_load_file(path, 0, NULL);
    assert_non_null(root);
    assert_true(json_array_size(json_object_get(root, "cases")) > 5);
    json_array_foreach(json_object_get(root, "cases"), i, golden) expect_case(schemes[s], golden);
    json_decref(root);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(folds_by_hand),
      cmocka_unit_test(wrong_requests_are_told),
      cmocka_unit_test(folds_are_those_of_the_reference),
  };
  return cmocka_run_group_tests_name("xval", tests, set_up, tear_down);
}
