/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands and answers in bytes, as they go to workers and back, and the files that they name. */
#include "functions_cases.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <ml/functions_internal.h>

static ml_status evaluate(const ml_buf *command, ml_buf *answer, ml_error *err) {
  ml_buf_clear(answer);
  return ml_functions_init_encoded(functions, command->data, command->n, answer, NULL, err);
}

static void commands_go_over_a_wire(void **state) {
  (void)state;
  ml_buf command = {0}, answer = {0};
  ml_error err = {0};
  ml_functions *central;
  const ml_function *function;
  const char *name;
  assert_int_equal(ml_functions_new(&central, NULL), ML_OK);
  const ml_init load_it = {.kind = ML_INIT_LOAD, .what = MODULES "/multip.so"};
  assert_int_equal(ml_init_encode(&load_it, &command, &err), ML_OK);
  assert_int_equal(evaluate(&command, &answer, &err), ML_OK);
  for (int i = 0; i < 2; i++) /* each worker gives the same answer */
    assert_int_equal(ml_functions_learn(central, answer.data, answer.n, &err), ML_OK);
  assert_int_equal(ml_functions_n(central), 1);
  function = ml_functions_at(central, 0, &name);
  assert_string_equal(name, "multip.func");
  assert_string_equal(function->doc, "5 evenly spaced numbers between 0 and x");
  assert_null(function->call);
  assert_int_equal(evaluate(&command, &answer, &err), ML_OK); /* once more: nothing new */
  assert_int_equal(answer.n, 16);

  ml_buf_clear(&command);
  const ml_init call_it = {.kind = ML_INIT_CALL, .what = "func", .arg = ml_value_real(4)};
  const double want[] = {0, 1, 2, 3, 4};
  ml_value out, five = ml_value_vector(ML_DTYPE_F64, want, 5);
  assert_int_equal(ml_init_encode(&call_it, &command, &err), ML_OK);
  assert_int_equal(evaluate(&command, &answer, &err), ML_OK);
  assert_int_equal(ml_value_decode(answer.data, answer.n, NULL, 0, arena, &out, &err), ML_OK);
  assert_true(ml_value_equal(&out, &five));
  ml_functions_free(central);
  ml_buf_release(&command);
  ml_buf_release(&answer);
}

static void file_that_was_replaced_is_refused(void **state) {
  (void)state;
  ml_buf command = {0}, answer = {0};
  ml_error err = {0};
  char want[4600];
  const char *path = file_of("replaced.so");
  copy_file(MODULES "/multip.so", path);
  const ml_init load_it = {.kind = ML_INIT_LOAD, .what = path};
  assert_int_equal(ml_init_encode(&load_it, &command, &err), ML_OK);
  assert_int_equal(unlink(path), 0);
  assert_int_equal(evaluate(&command, &answer, &err), ML_ERR_IO);
  copy_file(MODULES "/other_file.so", path);
  assert_int_equal(evaluate(&command, &answer, &err), ML_ERR_WORKER);
  snprintf(want, sizeof want,
           "module '%s' is not the file that the central process has seen: it was replaced", path);
  assert_string_equal(err.message, want);
  assert_int_equal(ml_functions_n(functions), 0);
  copy_file(MODULES "/multip.so", path); /* the same bytes again are the same module */
  assert_int_equal(evaluate(&command, &answer, &err), ML_OK);
  assert_int_equal(ml_functions_n(functions), 1);
  ml_buf_clear(&command);
  const ml_init gone = {.kind = ML_INIT_LOAD, .what = "./gone.so"};
  assert_int_equal(ml_init_encode(&gone, &command, &err), ML_ERR_IO);
  ml_buf_release(&command);
  ml_buf_release(&answer);
}

static void file_that_changed_is_not_taken_for_loaded(void **state) {
  (void)state;
  char want[4600];
  const char *path = file_of("changed.so");
  copy_file(MODULES "/multip.so", path);
  load(path);
  load(path);
  assert_int_equal(unlink(path), 0); /* what is mapped stays as it is */
  copy_file(MODULES "/other_file.so", path);
  snprintf(want, sizeof want,
           "module '%s' was loaded before, and its file has changed since: new code needs new "
           "workers",
           path);
  expect_refused(path, ML_ERR_USAGE, want);
}

/* What a user calls multip.so may be a link to what a packager calls multip.so.1.2. */
static void links_name_modules(void **state) {
  (void)state;
  module_file file;
  ml_error err = {0};
  const char *path = file_of("link.py");
  (void)unlink(path);
  assert_int_equal(symlink(MODULES "/multip.so", path), 0);
  assert_int_equal(module__read_file(path, &file, &err), ML_OK);
  assert_string_equal(strrchr(file.path, '/'), "/link.py");
  assert_true(module__is_same(&file));
  module__release_file(&file);
  assert_int_equal(unlink(path), 0);
}

static void malformed_commands_are_refused(void **state) {
  (void)state;
  /* kind, what, path, digest, data */
  static const char *const wrong[] = {
      "1",
      "[]",
      "[0,\"fresh\",null,null]",
      "[0,\"fresh\",null,null,null,null]",
      "[3,\"fresh\",null,null,null]",
      "[-1,\"fresh\",null,null,null]",
      "[0.0,\"fresh\",null,null,null]",
      "[0,1,null,null,null]",
      "[0,\"fresh\",null,null,1]",
      "[0,\"fresh\",1,null,null]",
      "[0,\"./x.so\",null,null,null]", /* a file without a digest */
      "[0,\"x.py\",null,null,null]",
      "[0,\"x\",\"/x.so\",null,null]",
      "[1,\"f\",null,null,\"text\"]",
  };
  ml_buf command = {0}, answer = {0};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    ml_value v;
    ml_error err = {0};
    assert_int_equal(ml_value_from_json(wrong[i], strlen(wrong[i]), NULL, arena, &v, &err), ML_OK);
    ml_buf_clear(&command);
    assert_int_equal(ml_value_encode(&v, NULL, 0, &command, &err), ML_OK);
    if (evaluate(&command, &answer, &err) != ML_ERR_PARSE) fail_msg("taken: %s", wrong[i]);
    assert_string_equal(err.message, "malformed command");
  }
  /* A digest of the wrong length, and a path that is not absolute. */
  const ml_value digest = {.type = ML_TYPE_BYTES, .as.s = {"0123456789abcdef0123456789abcdef", 32}};
  const ml_value short_digest = {.type = ML_TYPE_BYTES, .as.s = {"0123", 4}};
  const struct {
    const char *path;
    ml_value digest;
  } files[] = {{"x.so", digest}, {"/x.so", short_digest}};
  for (size_t i = 0; i < 2; i++) {
    ml_value list, *parts = ml_value_new_list(arena, 5, &list);
    parts[0] = ml_value_int(0);
    parts[1] = ml_value_string("x.so");
    parts[2] = ml_value_string(files[i].path);
    parts[3] = files[i].digest;
    ml_buf_clear(&command);
    assert_int_equal(ml_value_encode(&list, NULL, 0, &command, NULL), ML_OK);
    assert_int_equal(evaluate(&command, &answer, NULL), ML_ERR_PARSE);
  }
  ml_buf_clear(&command);
  assert_int_equal(evaluate(&command, &answer, NULL), ML_ERR_PARSE);
  assert_int_equal(ml_functions_n(functions), 0);
  ml_buf_release(&command);
  ml_buf_release(&answer);
}

static void malformed_answers_are_refused(void **state) {
  (void)state;
  static const char *const wrong[] = {"1",
                                      "[1]",
                                      "[[\"a.b\"]]",
                                      "[[\"ab\",\"\"]]",
                                      "[[\"a.b\",1]]",
                                      "[[\".b\",\"\"]]",
                                      "[[\"a.\",\"\"]]"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    ml_value v;
    ml_buf bytes = {0};
    assert_int_equal(ml_value_from_json(wrong[i], strlen(wrong[i]), NULL, arena, &v, NULL), ML_OK);
    assert_int_equal(ml_value_encode(&v, NULL, 0, &bytes, NULL), ML_OK);
    if (ml_functions_learn(functions, bytes.data, bytes.n, NULL) == ML_OK)
      fail_msg("taken: %s", wrong[i]);
    ml_buf_release(&bytes);
  }
  assert_int_equal(ml_functions_n(functions), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(commands_go_over_a_wire),
      TEST(file_that_was_replaced_is_refused),
      TEST(file_that_changed_is_not_taken_for_loaded),
      TEST(links_name_modules),
      TEST(malformed_commands_are_refused),
      TEST(malformed_answers_are_refused),
  };
  return cmocka_run_group_tests_name("functions/bytes", tests, NULL, NULL);
}
