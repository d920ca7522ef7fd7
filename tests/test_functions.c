/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions by name: built-in modules, modules in C, and what is refused. */
#include "functions_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void expect_names(const char *want) {
  ml_buf names = {0};
  for (size_t i = 0; i < ml_functions_n(functions); i++) {
    const char *name;
    assert_non_null(ml_functions_at(functions, i, &name)->doc);
    ml_buf_printf(&names, "%s ", name);
  }
  ml_buf_put(&names, "", 1);
  assert_string_equal(names.data, want);
  ml_buf_release(&names);
}

/* ---- modules --------------------------------------------------------------------------------- */

static void built_in_modules_come_alone(void **state) {
  (void)state;
  load("xval");
  expect_names("xval.kfSplit xval.tsRolls xval.tsChain xval.pcSplit ");
  load("xval");
  assert_int_equal(ml_functions_n(functions), 4);
  load("fresh");
  expect_names("xval.kfSplit xval.tsRolls xval.tsChain xval.pcSplit fresh.features fresh.names ");
}

static void module_in_c_is_loaded_and_called(void **state) {
  (void)state;
  const double want[] = {0, 0.75, 1.5, 2.25, 3};
  ml_value out;
  ml_error err = {0};
  load(MODULES "/multip.so");
  load(MODULES "/../modules/multip.so"); /* the same file */
  expect_names("multip.func ");
  ml_init command = {.kind = ML_INIT_CALL, .what = "func", .arg = ml_value_int(3)};
  assert_int_equal(ml_functions_init(functions, &command, arena, &out, NULL, &err), ML_OK);
  ml_value five = ml_value_vector(ML_DTYPE_F64, want, 5);
  assert_true(ml_value_equal(&out, &five));
  assert_int_equal(ml_functions_init(functions, &command, arena, NULL, NULL, &err), ML_OK);
  command.arg = ml_value_string("x");
  assert_int_equal(ml_functions_init(functions, &command, arena, &out, NULL, &err),
                   ML_ERR_FUNCTION);
  assert_string_equal(err.message, "expected a number, found string");
  assert_int_equal(err.status, ML_ERR_FUNCTION);
}

static void modules_that_are_none_are_refused(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"abi", "module '%s' has ABI 1, and this libml takes 2: compile it again"},
      {"name", "'a/b' is no name for a module"},
      {"no_name", "'' is no name for a module"},
      {"function", "module 'm': 'a b' is no name for a function"},
      {"twice", "module 'm' has function 'one' twice"},
      {"no_code", "module 'm': function 'two' has no code"},
      {"no_function", "module 'm' has no table of its functions"},
      {"no_table", "'%s' is no module: it does not export ml_module_table"},
      {"no_symbol", "cannot load module '%s': undefined symbol: module_symbol_of_nobody"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char path[4096], want[4600];
    snprintf(path, sizeof path, MODULES "/%s.so", cases[i][0]);
    const char *mark = strstr(cases[i][1], "%s");
    size_t n = mark ? (size_t)(mark - cases[i][1]) : strlen(cases[i][1]);
    snprintf(want, sizeof want, "%.*s%s%s", (int)n, cases[i][1], mark ? path : "",
             mark ? mark + 2 : "");
    expect_refused(path, ML_ERR_USAGE, want);
  }
}

static void name_of_a_module_is_taken_once(void **state) {
  (void)state;
  char want[4600];
  load(MODULES "/multip.so");
  char *path = realpath(MODULES "/multip.so", NULL);
  snprintf(want, sizeof want, "module 'multip' is loaded already, from '%s'", path);
  free(path);
  expect_refused(MODULES "/other_file.so", ML_ERR_USAGE, want);
  const ml_function function = {.name = "f"};
  ml_error err = {0};
  assert_int_equal(ml_functions_add(functions, "multip", &function, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, want);
}

static void files_that_are_no_modules_are_refused(void **state) {
  (void)state;
  char want[4600];
  expect_refused("./nowhere.so", ML_ERR_IO,
                 "cannot read module './nowhere.so': No such file or directory");
  expect_refused("nowhere.py", ML_ERR_IO,
                 "cannot read module 'nowhere.py': No such file or directory");
  expect_refused("/", ML_ERR_IO, "cannot read module '/': it is a folder");
  expect_refused("/dev/null", ML_ERR_IO, "cannot read module '/dev/null': it is no file");
  const char *path = file_of("text.so");
  write_file(path, "hello", 5);
  snprintf(want, sizeof want, "'%s' is no shared object", path);
  expect_refused(path, ML_ERR_USAGE, want);
  write_file(path, "\177ELF and no more", 16);
  snprintf(want, sizeof want, "cannot load module '%s': file too short", path);
  expect_refused(path, ML_ERR_USAGE, want);
  write_file(path, "", 0);
  snprintf(want, sizeof want, "'%s' is no shared object", path);
  expect_refused(path, ML_ERR_USAGE, want);
  path = file_of("source.c");
  write_file(path, "int x;\n", 7);
  snprintf(want, sizeof want, "'%s' is no shared object; compile it with cc -shared -fPIC", path);
  expect_refused(path, ML_ERR_USAGE, want);
  path = file_of("pipe.so"); /* nobody waits for somebody to write */
  assert_int_equal(mkfifo(path, 0600), 0);
  snprintf(want, sizeof want, "cannot read module '%s': it is no file", path);
  expect_refused(path, ML_ERR_IO, want);
}

static void words_that_are_no_modules_are_refused(void **state) {
  (void)state;
  expect_refused("frehs", ML_ERR_USAGE, "there is no module 'frehs' (did you mean 'fresh'?)");
  expect_refused("multip", ML_ERR_USAGE,
                 "there is no module 'multip': give 'fresh', 'xval', a file ending in .so or .py, "
                 "or py:MODULE");
  expect_refused("", ML_ERR_USAGE,
                 "there is no module '': give 'fresh', 'xval', a file ending in .so or .py, or "
                 "py:MODULE");
  char *here = getcwd(NULL, 0);
  copy_file(MODULES "/multip.so", file_of("multip.so"));
  write_file(file_of("script.py"), "", 0);
  write_file(file_of("source.c"), "", 0);
  assert_int_equal(chdir(temp_dir()), 0);
  expect_refused("multip", ML_ERR_USAGE,
                 "there is no module 'multip' (did you mean './multip.so'?)");
  expect_refused("script", ML_ERR_USAGE, "there is no module 'script' (did you mean 'script.py'?)");
  load("multip.so");
  expect_names("multip.func ");
  assert_int_equal(chdir(here), 0);
  free(here);
}

static void python_needs_its_plugin(void **state) {
  (void)state;
  const char *missing =
      "Python modules need the plugin libml-py.so, which is not installed (build "
      "with libpython3-dev)";
  char want[4600];
  ml_init command = {.kind = ML_INIT_PICKLE, .what = "f", .bytes = "x", .n_bytes = 1};
  ml_error err = {0};
  setenv("MLTOOL_PLUGINS", "python", 1); /* of whatever folder this is */
  expect_refused("py:json", ML_ERR_USAGE,
                 "the folder 'python' in MLTOOL_PLUGINS must be an absolute path");
  setenv("MLTOOL_PLUGINS", temp_dir(), 1);
  expect_refused("py:json", ML_ERR_USAGE, missing);
  write_file(file_of("script.py"), "", 0);
  expect_refused(file_of("script.py"), ML_ERR_USAGE, missing);
  assert_int_equal(ml_functions_init(functions, &command, arena, NULL, NULL, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, missing);
  copy_file(MODULES "/multip.so", file_of("libml-py.so"));
  snprintf(want, sizeof want, "'%s' is no plugin: it does not export ml_plugin_table",
           file_of("libml-py.so"));
  expect_refused("py:json", ML_ERR_USAGE, want);
  assert_int_equal(unlink(file_of("libml-py.so")), 0);
  unsetenv("MLTOOL_PLUGINS");
}

/* ---- finding --------------------------------------------------------------------------------- */

static void expect_missing(const char *name, const char *message) {
  const ml_function *function;
  ml_error err = {0};
  assert_int_equal(ml_functions_find(functions, name, &function, NULL, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, message);
}

static void functions_are_found_by_name(void **state) {
  (void)state;
  const ml_function named = {.name = "func", .doc = NULL}, other = {.name = "other", .doc = "o"};
  const ml_function *function;
  const char *full;
  ml_error err = {0};
  expect_missing("func", "function 'func' is not loaded");
  assert_int_equal(ml_functions_add(functions, "a", &named, &err), ML_OK);
  assert_int_equal(ml_functions_find(functions, "func", &function, &full, &err), ML_OK);
  assert_string_equal(full, "a.func");
  assert_string_equal(function->doc, "");
  assert_int_equal(ml_functions_add(functions, "b.c", &named, &err), ML_OK);
  assert_int_equal(ml_functions_add(functions, "b.c", &other, &err), ML_OK);
  assert_int_equal(ml_functions_find(functions, "b.c.func", &function, &full, &err), ML_OK);
  assert_string_equal(full, "b.c.func");
  assert_int_equal(ml_functions_find(functions, "other", &function, &full, &err), ML_OK);
  assert_string_equal(full, "b.c.other");
  expect_missing("func", "function 'func' is in several modules: 'a.func', 'b.c.func'");
  expect_missing("othre", "function 'othre' is not loaded (did you mean 'b.c.other'?)");
  expect_missing("a.fnc", "function 'a.fnc' is not loaded (did you mean 'a.func'?)");
  expect_missing("zzzzzz",
                 "function 'zzzzzz' is not loaded (loaded: 'a.func', 'b.c.func', 'b.c.other')");
}

static void internal_functions_are_found_but_not_shown(void **state) {
  (void)state;
  const ml_function call = {.name = "call"}, hidden = {.name = "_call"}, shown = {.name = "shown"};
  const ml_function *function;
  ml_error err = {0};
  assert_int_equal(ml_functions_add(functions, "_m", &call, &err), ML_OK);
  assert_int_equal(ml_functions_add(functions, "m", &hidden, &err), ML_OK);
  assert_int_equal(ml_functions_add(functions, "m", &shown, &err), ML_OK);
  assert_int_equal(ml_functions_find(functions, "_m.call", &function, NULL, &err), ML_OK);
  assert_int_equal(ml_functions_find(functions, "m._call", &function, NULL, &err), ML_OK);
  expect_missing("_m.cal", "function '_m.cal' is not loaded (loaded: 'm.shown')");
  expect_missing("zzzzzz", "function 'zzzzzz' is not loaded (loaded: 'm.shown')");
  assert_false(ml_function_is_internal("m.shown_"));
}

static void names_must_be_names(void **state) {
  (void)state;
  static const char *const wrong[] = {"",   "1a", "a b",  "a\n", "a-b",
                                      ".a", "a.", "a..b", "a/b", "caf\xE9"};
  const ml_function good = {.name = "f"}, odd_doc = {.name = "f", .doc = "caf\xE9"};
  ml_error err = {0};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    const ml_function bad = {.name = wrong[i]};
    assert_int_equal(ml_functions_add(functions, wrong[i], &good, &err), ML_ERR_USAGE);
    assert_int_equal(ml_functions_add(functions, "m", &bad, &err), ML_ERR_USAGE);
  }
  assert_int_equal(ml_functions_add(functions, "m", &odd_doc, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "module 'm': the doc of function 'f' is no UTF-8");
  const ml_function point = {.name = "a.b"}, beyond = {.name = "caf\xC3\xA9"};
  assert_int_equal(ml_functions_add(functions, "m", &point, &err), ML_ERR_USAGE);
  assert_int_equal(ml_functions_add(functions, "m.n", &beyond, &err), ML_OK);
  assert_int_equal(ml_functions_n(functions), 1);
}

static ml_status first_result(ml_call *call, const ml_value *x, ml_value *out, ml_error *err) {
  (void)call, (void)x, (void)err;
  *out = ml_value_int(1);
  return ML_OK;
}

static void function_of_the_same_name_is_replaced(void **state) {
  (void)state;
  const ml_function old = {.name = "f", .doc = "old"};
  const ml_function new = {.name = "f", .doc = "new", .call = first_result};
  const ml_function *before, *after;
  assert_int_equal(ml_functions_add(functions, "m", &old, NULL), ML_OK);
  assert_int_equal(ml_functions_find(functions, "f", &before, NULL, NULL), ML_OK);
  assert_int_equal(ml_functions_add(functions, "m", &new, NULL), ML_OK);
  assert_int_equal(ml_functions_find(functions, "f", &after, NULL, NULL), ML_OK);
  assert_int_equal(ml_functions_n(functions), 1);
  assert_ptr_equal(before, after);
  assert_string_equal(after->doc, "new");
  assert_non_null(after->call);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(built_in_modules_come_alone),
      TEST(module_in_c_is_loaded_and_called),
      TEST(modules_that_are_none_are_refused),
      TEST(name_of_a_module_is_taken_once),
      TEST(files_that_are_no_modules_are_refused),
      TEST(words_that_are_no_modules_are_refused),
      TEST(python_needs_its_plugin),
      TEST(functions_are_found_by_name),
      TEST(internal_functions_are_found_but_not_shown),
      TEST(names_must_be_names),
      TEST(function_of_the_same_name_is_replaced),
  };
  return cmocka_run_group_tests_name("functions", tests, NULL, NULL);
}
