/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions by name: built-in modules, modules in C, commands in bytes, and what is refused. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ml/functions_internal.h>

#include "support.h"

static ml_arena *arena;
static ml_functions *functions;

static int set_up(void **state) {
  (void)state;
  arena = ml_arena_new();
  unsetenv("MLTOOL_PLUGINS");
  return !arena || ml_functions_new(&functions, NULL) != ML_OK;
}

static int tear_down(void **state) {
  (void)state;
  ml_arena_free(arena);
  ml_functions_free(functions);
  return 0;
}

static void load(const char *what) {
  ml_error err = {0};
  if (ml_functions_load(functions, what, NULL, &err) != ML_OK)
    fail_msg("%s: %s", what, err.message);
}

static void expect_refused(const char *what, ml_status status, const char *message) {
  ml_error err = {0};
  size_t n = ml_functions_n(functions);
  assert_int_equal(ml_functions_load(functions, what, NULL, &err), status);
  assert_string_equal(err.message, message);
  assert_int_equal(ml_functions_n(functions), n);
}

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

static void write_file(const char *path, const void *bytes, size_t n) {
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, n, f), n);
  assert_int_equal(fclose(f), 0);
}

/* A file of a new folder. */
static const char *file_of(const char *name) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", temp_dir(), name);
  return path;
}

static void copy_file(const char *from, const char *to) {
  size_t n;
  char *bytes = read_file(from, &n);
  write_file(to, bytes, n);
  free(bytes);
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

/* ---- commands in bytes ----------------------------------------------------------------------- */

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

/* ---- the module fresh ------------------------------------------------------------------------ */

static ml_status call(const char *name, const char *arg, ml_value *out, ml_error *err) {
  return call_function(functions, arena, name, arg, out, err);
}

static void expect_json(const char *name, const char *arg, const char *want) {
  expect_result(functions, arena, name, arg, want);
}

static void features_of_a_series(void **state) {
  (void)state;
  load("fresh");
  expect_json("features", "{\"x\":[1,2,3,6],\"params\":{\"mean\":null,\"quantile\":[{\"q\":0.5}]}}",
              "{\"mean\":3,\"quantile__q_0.5\":2.5}");
  expect_json("fresh.features", "{\"x\":[1,2.5],\"params\":{\"sum_values\":null}}",
              "{\"sum_values\":3.5}");
  expect_json("fresh.features", "{\"x\":[],\"params\":{\"mean\":null}}", "{\"mean\":null}");
  expect_json("fresh.names", "{\"quantile\":[{\"q\":0.1},{\"q\":0.2}],\"mean\":null}",
              "[\"quantile__q_0.1\",\"quantile__q_0.2\",\"mean\"]");
}

static void features_are_those_of_the_extraction(void **state) {
  (void)state;
  static const char csv[] = "id,value\n1,1\n1,4\n1,-2\n1,4\n1,0.5\n";
  ml_value out, names;
  ml_error err = {0};
  ml_series_set *set;
  ml_matrix *matrix;
  load("fresh");
  assert_int_equal(call("fresh.features", "[1,4,-2,4,0.5]", &out, &err), ML_OK);
  assert_int_equal(call("fresh.names", "null", &names, &err), ML_OK);
  assert_int_equal(ml_series_parse(csv, strlen(csv), "csv", NULL, &set, &err), ML_OK);
  assert_int_equal(ml_fresh_extract(set, NULL, NULL, NULL, &matrix, &err), ML_OK);
  assert_int_equal(out.as.l.n, matrix->n_columns);
  assert_int_equal(names.as.l.n, matrix->n_columns);
  for (size_t i = 0; i < matrix->n_columns; i++) {
    assert_string_equal(out.as.l.names[i], matrix->columns[i] + strlen("value__"));
    assert_string_equal(names.as.l.values[i].as.s.text, out.as.l.names[i]);
    expect_same(matrix->columns[i], out.as.l.values[i].as.d, matrix->values[i]);
  }
  ml_matrix_free(matrix);
  ml_series_free(set);
}

/* 1 and 1.0 are two columns; NaN and infinities are values. */
static void numbers_in_params_keep_their_form(void **state) {
  (void)state;
  const double q[] = {1.0, 0.25}, odd[] = {NAN, -INFINITY};
  static const char *const want[] = {"quantile__q_1.0", "quantile__q_0.25", "quantile__q_1",
                                     "value_count__value_nan", "value_count__value_-inf"};
  static const char *const name_q[] = {"q"}, *const name_value[] = {"value"};
  static const char *const features[] = {"quantile", "value_count"};
  ml_value sets[3], odd_sets[2], params, out;
  ml_value values[5] = {ml_value_real(q[0]), ml_value_real(q[1]), ml_value_int(1),
                        ml_value_real(odd[0]), ml_value_real(odd[1])};
  for (size_t i = 0; i < 5; i++) {
    ml_value *set = i < 3 ? &sets[i] : &odd_sets[i - 3];
    ml_value *value = ml_value_new_dict(arena, i < 3 ? name_q : name_value, 1, set);
    assert_non_null(value);
    *value = values[i];
  }
  ml_value *lists = ml_value_new_dict(arena, features, 2, &params);
  assert_non_null(lists);
  memcpy(ml_value_new_list(arena, 3, &lists[0]), sets, sizeof sets);
  memcpy(ml_value_new_list(arena, 2, &lists[1]), odd_sets, sizeof odd_sets);
  ml_error err = {0};
  load("fresh");
  const ml_init command = {.kind = ML_INIT_CALL, .what = "fresh.names", .arg = params};
  assert_int_equal(ml_functions_init(functions, &command, arena, &out, NULL, &err), ML_OK);
  assert_int_equal(out.as.l.n, 5);
  for (size_t i = 0; i < 5; i++) assert_string_equal(out.as.l.values[i].as.s.text, want[i]);
}

static void wrong_arguments_of_features_are_told(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"1", "expected a vector or a list of numbers, found integer"},
      {"{\"y\":[1]}", "'x' is missing"},
      {"{\"x\":[1],\"parms\":1}", "takes 'x', 'params' and 'compat' only"},
      {"{\"x\":[1],\"compat\":\"modem\"}", "'compat' must be \"reference\" or \"modern\""},
      {"{\"x\":[1],\"compat\":1}", "'compat' must be \"reference\" or \"modern\""},
      {"{\"x\":[1],\"params\":1}", "'params' must be a name or an object of features"},
      {"{\"x\":[1,\"a\"]}", "expected numbers, found string in place 2 of the list"},
      {"{\"x\":[1],\"params\":{\"maen\":null}}", "unknown feature 'maen' (did you mean 'mean'?)"},
  };
  load("fresh");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ml_value out;
    ml_error err = {0};
    assert_int_equal(call("features", cases[i][0], &out, &err), ML_ERR_FUNCTION);
    assert_string_equal(err.message, cases[i][1]);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

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
      TEST(commands_go_over_a_wire),
      TEST(file_that_was_replaced_is_refused),
      TEST(file_that_changed_is_not_taken_for_loaded),
      TEST(links_name_modules),
      TEST(malformed_commands_are_refused),
      TEST(malformed_answers_are_refused),
      TEST(features_of_a_series),
      TEST(features_are_those_of_the_extraction),
      TEST(numbers_in_params_keep_their_form),
      TEST(wrong_arguments_of_features_are_told),
  };
  return cmocka_run_group_tests_name("functions", tests, NULL, NULL);
}
