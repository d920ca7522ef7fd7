/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions on workers: the same results as in this process, and what a worker says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static ml_arena *arena;
static ml_mproc *pool;

static int set_up(void **state) {
  (void)state;
  ml_mproc_opts opts = ml_mproc_opts_default();
  opts.n_workers = 2;
  arena = ml_arena_new();
  return !arena || ml_mproc_open(&opts, &pool, NULL) != ML_OK;
}

static int tear_down(void **state) {
  (void)state;
  ml_mproc_close(pool);
  ml_arena_free(arena);
  return 0;
}

static void load(const char *what) {
  const ml_init command = {.kind = ML_INIT_LOAD, .what = what};
  ml_error err = {0};
  if (ml_mproc_init(pool, &command, 1, NULL, &err) != ML_OK) fail_msg("%s: %s", what, err.message);
}

/* ml_peach() with and without workers. */
static void expect_same_as_here(const char *module, const char *function, const ml_value *in,
                                size_t n, const ml_peach_opts *opts) {
  ml_value *here = calloc(n, sizeof *here), *there = calloc(n, sizeof *there);
  ml_peach_opts local = *opts;
  ml_error err = {0};
  assert_int_equal(ml_functions_new(&local.functions, &err), ML_OK);
  assert_int_equal(ml_functions_load(local.functions, module, NULL, &err), ML_OK);
  assert_int_equal(ml_peach(NULL, function, in, n, &local, arena, here, &err), ML_OK);
  if (ml_peach(ml_mproc_exec(pool), function, in, n, opts, arena, there, &err) != ML_OK)
    fail_msg("%s: %s", function, err.message);
  for (size_t i = 0; i < n; i++) assert_true(ml_value_equal(&here[i], &there[i]));
  ml_functions_free(local.functions);
  free(here);
  free(there);
}

static void results_are_the_same_as_without_workers(void **state) {
  (void)state;
  enum { N = 3000 };
  static ml_value in[N];
  const ml_peach_opts opts = {.seed = 3};
  load(MODULES "/multip.so");
  for (size_t i = 0; i < N; i++)
    in[i] = i % 2 ? ml_value_int((int64_t)i) : ml_value_real((double)i / 8);
  expect_same_as_here(MODULES "/multip.so", "func", in, N, &opts);
}

static void missing_function_is_told_before_anything(void **state) {
  (void)state;
  ml_value in = ml_value_int(1), out;
  ml_error err = {0};
  assert_int_equal(ml_peach(ml_mproc_exec(pool), "func", &in, 1, NULL, arena, &out, &err),
                   ML_ERR_USAGE);
  assert_string_equal(err.message,
                      "function 'func' is not loaded on the workers; load its module with --load");
}

static void workers_have_what_was_loaded_alone(void **state) {
  (void)state;
  const char *name;
  load("xval");
  const ml_functions *functions = ml_exec_functions(ml_mproc_exec(pool));
  assert_int_equal(ml_functions_n(functions), 4);
  assert_string_equal(ml_functions_at(functions, 0, &name)->doc,
                      "k folds of n rows in order, the last tested first");
  assert_string_equal(name, "xval.kfSplit");
  load("fresh");
  assert_int_equal(ml_functions_n(functions), 6);
}

static void failures_name_what_the_function_says(void **state) {
  (void)state;
  ml_value in[] = {ml_value_int(1), ml_value_string("x"), ml_value_int(3)}, out[3];
  ml_error err = {0};
  load(MODULES "/multip.so");
  assert_int_equal(ml_peach(ml_mproc_exec(pool), "func", in, 3, NULL, arena, out, &err),
                   ML_ERR_FUNCTION);
  assert_non_null(strstr(err.message, "expected a number, found string"));
}

static void module_that_is_none_is_told_by_the_worker(void **state) {
  (void)state;
  const ml_init commands[] = {{.kind = ML_INIT_LOAD, .what = MODULES "/multip.so"},
                              {.kind = ML_INIT_LOAD, .what = MODULES "/no_table.so"}};
  ml_error err = {0};
  assert_int_equal(ml_mproc_init(pool, commands, 2, NULL, &err), ML_ERR_USAGE);
  assert_non_null(strstr(err.message, "is no module: it does not export ml_module_table"));
  assert_int_equal(ml_functions_n(ml_exec_functions(ml_mproc_exec(pool))), 0);
}

static void vectors_of_shared_blocks_are_references(void **state) {
  (void)state;
  enum { N = 20, SIZE = 500 };
  static ml_value in[N];
  ml_block *block;
  ml_error err = {0};
  load("fresh");
  assert_int_equal(ml_block_new(ml_mproc_exec(pool), N * SIZE * sizeof(double), &block, &err),
                   ML_OK);
  double *x = block->data;
  for (size_t i = 0; i < (size_t)N * SIZE; i++) x[i] = (double)(i * 7919 % 1009);
  for (size_t i = 0; i < N; i++) in[i] = ml_value_vector(ML_DTYPE_F64, x + i * SIZE, SIZE);
  const ml_peach_opts opts = {.shared = &block, .n_shared = 1};
  expect_same_as_here("fresh", "fresh.features", in, N, &opts);
  ml_block_free(block);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(results_are_the_same_as_without_workers),
      TEST(missing_function_is_told_before_anything),
      TEST(workers_have_what_was_loaded_alone),
      TEST(failures_name_what_the_function_says),
      TEST(module_that_is_none_is_told_by_the_worker),
      TEST(vectors_of_shared_blocks_are_references),
  };
  return cmocka_run_group_tests_name("pool_peach", tests, NULL, NULL);
}
