/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions of Python modules through ml/functions.h, in one process and without a pool. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>
#include <ml/functions.h>
#include <ml/prep.h>

static ml_functions *functions;
static ml_arena *arena;

static const char *path_of(const char *file) {
  static char path[512];
  snprintf(path, sizeof path, "%s/%s", PYTHON_MODULES, file);
  return path;
}

static int load_odd(void **state) {
  (void)state;
  ml_error err = {0};
  arena = ml_arena_new();
  if (!arena || ml_functions_new(&functions, &err) != ML_OK) return -1;
  ml_status status = ml_functions_load(functions, path_of("odd.py"), NULL, &err);
  if (status != ML_OK) fprintf(stderr, "%s\n", err.message);
  return status == ML_OK ? 0 : -1;
}

static int unload(void **state) {
  (void)state;
  ml_functions_free(functions);
  ml_arena_free(arena);
  return 0;
}

static ml_status call(const char *name, const ml_value *x, ml_value *out, ml_buf *trace,
                      ml_error *err) {
  const ml_function *f;
  assert_int_equal(ml_functions_find(functions, name, &f, NULL, err), ML_OK);
  ml_call context = {.arena = arena, .trace = trace, .ctx = f->ctx};
  *out = ml_value_null();
  return f->call(&context, x, out, err);
}

/* An expression in Python, and the JSON of its value. */
static void assert_makes(const char *expression, const char *json) {
  ml_value in = ml_value_string(expression), out;
  ml_error err = {0};
  ml_buf text = {0};
  if (call("odd.make", &in, &out, NULL, &err) != ML_OK) fail_msg("%s: %s", expression, err.message);
  assert_int_equal(ml_value_to_json(&out, &text, &err), ML_OK);
  ml_buf_put(&text, "", 1);
  assert_string_equal(text.data, json);
  ml_buf_release(&text);
}

static void assert_fails(const char *expression, const char *message) {
  ml_value in = ml_value_string(expression), out;
  ml_error err = {0};
  assert_int_equal(call("odd.make", &in, &out, NULL, &err), ML_ERR_FUNCTION);
  assert_string_equal(err.message, message);
}

/* ---- what is loaded ---- */

static void test_names(void **state) {
  (void)state;
  const ml_function *f;
  const char *full;
  ml_error err = {0};
  assert_int_equal(ml_functions_find(functions, "echo", &f, &full, &err), ML_OK);
  assert_string_equal(full, "odd.echo");
  assert_string_equal(f->doc, "Give back what came.");
  assert_non_null(f->chunk);
  const char *const others[] = {"odd._private", "odd.join", "odd.limit", "odd.started"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    assert_int_equal(ml_functions_find(functions, others[i], &f, &full, &err), ML_ERR_USAGE);
}

static void test_missing_file(void **state) {
  (void)state;
  ml_error err = {0};
  assert_int_equal(ml_functions_load(functions, path_of("none.py"), NULL, &err), ML_ERR_IO);
}

static void test_missing_module(void **state) {
  (void)state;
  ml_error err = {0};
  ml_buf trace = {0};
  assert_int_equal(ml_functions_load(functions, "py:no.such", &trace, &err), ML_ERR_FUNCTION);
  assert_string_equal(err.message, "ModuleNotFoundError: No module named 'no'");
  assert_string_equal(err.source, ""); /* and not a file of Python itself */
  assert_true(trace.n > 0);
  ml_buf_release(&trace);
}

static void test_module_by_name(void **state) {
  (void)state;
  ml_value in = ml_value_string("/a/b.c"), out;
  ml_error err = {0};
  assert_int_equal(ml_functions_load(functions, "py:posixpath", NULL, &err), ML_OK);
  assert_int_equal(call("posixpath.basename", &in, &out, NULL, &err), ML_OK);
  assert_string_equal(out.as.s.text, "b.c");
}

static void test_syntax_error(void **state) {
  (void)state;
  ml_error err = {0};
  ml_buf trace = {0};
  assert_int_equal(ml_functions_load(functions, path_of("wrong.py"), &trace, &err),
                   ML_ERR_FUNCTION);
  assert_string_equal(err.message, "SyntaxError: expected ':'");
  assert_int_equal(err.line, 5);
  assert_non_null(strstr(err.source, "wrong.py"));
  ml_buf_release(&trace);
}

/* ---- values ---- */

static void test_results(void **state) {
  (void)state;
  assert_makes("None", "null");
  assert_makes("True", "true");
  assert_makes("-2**63", "-9223372036854775808");
  assert_makes("0.1", "0.1");
  assert_makes("'\\u00e9\\U0001f600'", "\"\xc3\xa9\xf0\x9f\x98\x80\"");
  assert_makes("b'abc'", "\"YWJj\"");
  assert_makes("bytearray(b'abc')", "\"YWJj\"");
  assert_makes("(1, [2.5, None], {})", "[1,[2.5,null],{}]");
  assert_makes("{'b': 1, 'a': (2,)}", "{\"b\":1,\"a\":[2]}");
  assert_makes("range(3)", "[0,1,2]");
  assert_makes("collections.deque([1, 2])", "[1,2]");
  assert_makes("array.array('d', [1.5, 2])", "[1.5,2]");
  assert_makes("array.array('h', [1, -2])", "[1,-2]");
  assert_makes("memoryview(b'ab')", "[97,98]");
  assert_makes("[]", "[]");
  assert_makes("collections.OrderedDict(x=1)", "{\"x\":1}");
}

static void test_types_of_results(void **state) {
  (void)state;
  ml_value in = ml_value_string("array.array('q', [1, 2, 3])"), out;
  ml_error err = {0};
  assert_int_equal(call("odd.make", &in, &out, NULL, &err), ML_OK);
  const int64_t wanted[] = {1, 2, 3};
  ml_value vector = ml_value_vector(ML_DTYPE_I64, wanted, 3);
  assert_true(ml_value_equal(&out, &vector));
}

static void test_results_without_form(void **state) {
  (void)state;
  assert_fails("2**63", "OverflowError: an integer beyond 64 bits cannot be returned");
  assert_fails("{1, 2}",
               "TypeError: a set has no order and cannot be returned; return a sorted list");
  assert_fails("{1: 2}", "TypeError: a dictionary's key 1 is no string");
  assert_fails(
      "decimal.Decimal(1)",
      "TypeError: a value of type Decimal cannot be returned; return numbers, text, lists, "
      "dictionaries or arrays");
  assert_fails(
      "1j",
      "TypeError: a value of type complex cannot be returned; return numbers, text, lists, "
      "dictionaries or arrays");
}

static void test_endless_result(void **state) {
  (void)state;
  assert_fails("(lambda a: a.append(a) or a)([])",
               "ValueError: the result is nested deeper than 64");
}

static void test_arguments(void **state) {
  (void)state;
  const char *json = "[null,true,-5,0.5,\"\xc3\xa9\",[1,[]],{\"a\":{\"b\":[]}}]";
  ml_value in, out;
  ml_error err = {0};
  ml_buf text = {0};
  assert_int_equal(ml_value_from_json(json, strlen(json), NULL, arena, &in, &err), ML_OK);
  assert_int_equal(call("odd.echo", &in, &out, NULL, &err), ML_OK);
  assert_int_equal(ml_value_to_json(&out, &text, &err), ML_OK);
  assert_int_equal(text.n, strlen(json));
  assert_memory_equal(text.data, json, text.n);
  ml_buf_release(&text);
}

/* With and without numpy the elements are those, and the shape. */
static void test_arrays(void **state) {
  (void)state;
  const double elements[] = {1, 2, 3, 4, 5, 6};
  ml_value vector = ml_value_vector(ML_DTYPE_F64, elements, 6), out;
  ml_value matrix = ml_value_matrix(ML_DTYPE_F64, elements, 2, 3);
  ml_error err = {0};
  assert_int_equal(call("odd.echo", &vector, &out, NULL, &err), ML_OK);
  assert_true(ml_value_equal(&out, &vector));
  assert_int_equal(call("odd.echo", &matrix, &out, NULL, &err), ML_OK);
  assert_true(ml_value_equal(&out, &matrix));
}

static void test_empty_array(void **state) {
  (void)state;
  ml_value vector = ml_value_vector(ML_DTYPE_F32, NULL, 0), out;
  ml_error err = {0};
  assert_int_equal(call("odd.echo", &vector, &out, NULL, &err), ML_OK);
  assert_true(ml_value_equal(&out, &vector));
}

static bool has_numpy(void) {
  ml_error err = {0};
  return ml_functions_load(functions, "py:numpy", NULL, &err) == ML_OK;
}

static void test_numpy_results(void **state) {
  (void)state;
  if (!has_numpy()) skip();
  assert_makes("numpy.float64(2.5)", "2.5");
  assert_makes("numpy.int16(-3)", "-3");
  assert_makes("numpy.bool_(True)", "true");
  assert_makes("numpy.float32(0.5)", "0.5");
  assert_makes("numpy.arange(3)", "[0,1,2]");
  assert_makes("numpy.arange(6).reshape(2, 3).T", "[[0,3],[1,4],[2,5]]");
  assert_makes("numpy.arange(6, dtype='u2')[::2]", "[0,2,4]");
  assert_makes("numpy.array([1.5], dtype='>f8')", "[1.5]");
  assert_makes("numpy.array([1, 2], dtype='u8')", "[1,2]");
  assert_makes("numpy.array(['a', 'bc'])", "[\"a\",\"bc\"]");
  assert_makes("numpy.array([True, False])", "[true,false]");
  assert_makes("numpy.array(7)", "7");
  assert_makes("numpy.str_('x')", "\"x\"");
}

static void test_numpy_without_form(void **state) {
  (void)state;
  if (!has_numpy()) skip();
  assert_fails("numpy.zeros((2, 2, 2))",
               "TypeError: an array of 3 dimensions cannot be returned; 1 and 2 can");
  assert_fails("numpy.array([2**64 - 1], 'u8')",
               "TypeError: an array of uint64 does not fit into int64");
  assert_fails("numpy.array([1j])", "TypeError: an array of dtype complex128 cannot be returned");
  assert_fails("numpy.array(['2020-01-01'], 'M8[D]')",
               "TypeError: an array of dtype datetime64[D] cannot be returned");
}

/* ---- failures ---- */

static void test_exception(void **state) {
  (void)state;
  ml_value in = ml_value_int(3), out;
  ml_error err = {0};
  ml_buf trace = {0};
  assert_int_equal(call("odd.fail", &in, &out, &trace, &err), ML_ERR_FUNCTION);
  assert_string_equal(err.message, "ZeroDivisionError: division by zero");
  assert_non_null(strstr(err.source, "odd.py"));
  assert_int_equal(err.line, 29);
  ml_buf_put(&trace, "", 1);
  const char *first = strstr(trace.data, "in fail\n"), *last = strstr(trace.data, "in inner\n");
  assert_true(first && last && first < last);
  assert_ptr_equal(strstr(trace.data, "Traceback (most recent call last):"), trace.data);
  assert_null(strstr(trace.data, "<mltool>"));
  ml_buf_release(&trace);
}

static void test_exit(void **state) {
  (void)state;
  ml_value in = ml_value_int(7), out;
  ml_error err = {0};
  assert_int_equal(call("odd.leave", &in, &out, NULL, &err), ML_ERR_FUNCTION);
  assert_string_equal(err.message, "SystemExit: 7");
}

static void test_no_argument(void **state) {
  (void)state;
  ml_value in = ml_value_null(), out;
  ml_error err = {0};
  assert_int_equal(call("odd.begin", &in, &out, NULL, &err), ML_OK);
  assert_int_equal(call("odd.begun", &in, &out, NULL, &err), ML_OK);
  assert_int_equal(out.as.i, 1);
}

/* ---- chunks ---- */

static size_t begun[8], n_begun;

static void begin(ml_chunk *chunk, size_t i) {
  (void)chunk;
  begun[n_begun++] = i;
}

/* Protocol 0: the pickle of a list of small integers, in the package's form. */
static void put_chunk(ml_buf *buf, const char *pickle) {
  const uint64_t head[] = {0, strlen(pickle)};
  ml_buf_put(buf, head, sizeof head);
  ml_buf_puts(buf, pickle);
}

static ml_status run_chunk(const char *name, ml_chunk *chunk, ml_buf *out, ml_error *err) {
  const ml_function *f;
  ml_job_data data = {0};
  assert_int_equal(ml_functions_find(functions, name, &f, NULL, err), ML_OK);
  n_begun = 0;
  return f->chunk(f->ctx, &data, chunk, out, err);
}

/* The elements of a pickled list are found as their opcodes: 'K' and the number. */
static void assert_list(const ml_buf *out, const char *opcodes) {
  const char *end = strchr(opcodes, '.');
  assert_non_null(end);
  size_t n = (size_t)(end - opcodes) + 1;
  assert_true(out->n > n);
  assert_memory_equal(out->data + out->n - n, opcodes, n);
}

static void test_chunk(void **state) {
  (void)state;
  ml_buf in = {0}, out = {0};
  ml_error err = {0};
  put_chunk(&in, "(lI5\naI6\naI7\na.");
  ml_chunk chunk = {.first = 10, .n = 3, .in = in.data, .n_in = in.n, .begin = begin};
  assert_int_equal(run_chunk("odd.echo", &chunk, &out, &err), ML_OK);
  assert_int_equal(chunk.next, 3);
  assert_list(&out, "(K\005K\006K\007e.");
  assert_int_equal(n_begun, 3);
  for (size_t i = 0; i < 3; i++) assert_int_equal(begun[i], i);
  ml_buf_release(&in);
  ml_buf_release(&out);
}

static void test_chunk_with_failure(void **state) {
  (void)state;
  ml_buf in = {0}, out = {0}, trace = {0};
  ml_error err = {0};
  put_chunk(&in, "(lI2\naI4\naI3\naI2\na.");
  ml_chunk chunk = {.n = 4, .in = in.data, .n_in = in.n, .begin = begin, .trace = &trace};
  assert_int_equal(run_chunk("odd.fail", &chunk, &out, &err), ML_ERR_FUNCTION);
  assert_string_equal(err.message, "ZeroDivisionError: division by zero");
  assert_int_equal(chunk.next, 2);
  assert_int_equal(n_begun, 3);
  assert_true(trace.n > 0 && out.n > 0);
  chunk.next = 3;
  out.n = 0;
  assert_int_equal(run_chunk("odd.fail", &chunk, &out, &err), ML_OK);
  assert_int_equal(chunk.next, 4);
  assert_int_equal(n_begun, 1);
  assert_int_equal(begun[0], 3);
  ml_buf_release(&in);
  ml_buf_release(&out);
  ml_buf_release(&trace);
}

/* The second of three results is a function that has no name to be found by. */
static void test_chunk_with_odd_result(void **state) {
  (void)state;
  ml_buf in = {0}, out = {0};
  ml_error err = {0};
  put_chunk(&in, "(lVNone\naViter(range(1)) and (i for i in [])\naV1\na.");
  ml_chunk chunk = {.n = 3, .in = in.data, .n_in = in.n, .begin = begin};
  assert_int_equal(run_chunk("odd.make", &chunk, &out, &err), ML_ERR_FUNCTION);
  assert_string_equal(err.message, "TypeError: cannot pickle 'generator' object");
  assert_int_equal(chunk.next, 1);
  assert_list(&out, "Na.");
  ml_buf_release(&in);
  ml_buf_release(&out);
}

static void test_malformed_chunk(void **state) {
  (void)state;
  const uint64_t heads[][2] = {{0, 1000}, {UINT64_MAX, 0}, {1, 0}, {UINT64_MAX - 1, 8}, {0, 0}};
  for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
    ml_buf out = {0};
    ml_error err = {0};
    ml_chunk chunk = {.n = 1, .in = heads[i], .n_in = sizeof heads[i], .begin = begin};
    assert_int_equal(run_chunk("odd.echo", &chunk, &out, &err), ML_ERR_FUNCTION);
    assert_int_equal(n_begun, 0);
    ml_buf_release(&out);
  }
}

/* ---- pickles ---- */

static void test_pickled_callable(void **state) {
  (void)state;
  static const char pickle[] = "cmath\nfactorial\n.";
  ml_init command = {
      .kind = ML_INIT_PICKLE, .what = "fact", .bytes = pickle, .n_bytes = sizeof pickle - 1};
  ml_value in = ml_value_int(5), out;
  ml_error err = {0};
  assert_int_equal(ml_functions_init(functions, &command, arena, NULL, NULL, &err), ML_OK);
  assert_int_equal(call("pickle.fact", &in, &out, NULL, &err), ML_OK);
  assert_int_equal(out.as.i, 120);
}

static void test_pickle_of_something_else(void **state) {
  (void)state;
  ml_init command = {.kind = ML_INIT_PICKLE, .what = "x", .bytes = "I1\n.", .n_bytes = 4};
  ml_error err = {0};
  assert_int_equal(ml_functions_init(functions, &command, arena, NULL, NULL, &err),
                   ML_ERR_FUNCTION);
  assert_string_equal(err.message,
                      "TypeError: the pickle holds no function, but a value of type int");
}

/* ---- steps of preprocessing ---- */

enum { ROWS = 5, FEATURES = 3, MADE = 5 };

static const size_t places[FEATURES] = {0, 1, 2};
static const bool are_texts[FEATURES];

/* As a file has it, and read again. */
static ml_prepared *keep(const ml_prepared *p) {
  ml_value saved, read;
  ml_buf text = {0};
  ml_prepared *again = NULL;
  ml_error err = {0};
  assert_int_equal(ml_prepared_save(p, places, arena, &saved, &err), ML_OK);
  assert_int_equal(ml_value_to_json(&saved, &text, &err), ML_OK);
  assert_int_equal(ml_value_from_json(text.data, text.n, NULL, arena, &read, &err), ML_OK);
  if (ml_prepared_load(&read, FEATURES, are_texts, &again, &err) != ML_OK)
    fail_msg("%s: %.*s", err.message, (int)text.n, text.data);
  ml_buf_release(&text);
  return again;
}

/* squares() of steps.py gives the columns, and the squares of the first two. */
static void test_steps(void **state) {
  (void)state;
  static const double x[FEATURES * ROWS] = {1, 2, 3, 4, 5, -1, 0, 1, 0, 2, 7, 7, 8, 8, 9};
  static char *names[] = {"a", "b", "c"};
  static const uint32_t rows[] = {4, 0, 2};
  const ml_dataset data = {.n_rows = ROWS, .n_features = FEATURES, .x = x, .names = names};
  ml_prep *prep = NULL;
  ml_prepared *p = NULL;
  ml_error err = {0};
  double made[3 * MADE], again[3 * MADE];
  assert_int_equal(ml_prep_parse("py:steps.ratios,minmax,py:steps.squares", &prep, &err), ML_OK);
  if (ml_prep_check(prep, &data, &err) != ML_OK) { /* where numpy is not */
    print_message("%s\n", err.message);
    ml_prep_free(prep);
    skip();
  }
  if (ml_prep_fit(prep, &data, NULL, 0, &p, &err) != ML_OK) fail_msg("%s", err.message);
  ml_prep_free(prep);
  assert_int_equal(ml_prepared_n_columns(p), 4);
  assert_string_equal(ml_prepared_name(p, 3), "squares_3");
  assert_string_equal(ml_prepared_function(p), "steps.ratios");
  assert_int_equal(ml_prepared_apply(p, &data, rows, 3, made, 3, &err), ML_OK);
  /* b / (1 + a) of rows 4, 0, 2: 1/3, -1/2, 1/4, the least -1/2 and the greatest 1/3 of all */
  static const double b[] = {1, 0, 0.9};
  for (size_t i = 0; i < 3; i++) {
    assert_true(fabs(made[i] - b[i]) < 1e-15);
    assert_true(made[2 * 3 + i] == made[i] * made[i]);
    assert_true(made[3 * 3 + i] == made[3 + i] * made[3 + i]);
  }
  ml_prepared *loaded = keep(p);
  assert_int_equal(ml_prepared_apply(loaded, &data, rows, 3, again, 3, &err), ML_ERR_USAGE);
  if (ml_prepared_trust(loaded, &err) != ML_OK) fail_msg("%s", err.message);
  assert_int_equal(ml_prepared_apply(loaded, &data, rows, 3, again, 3, &err), ML_OK);
  assert_memory_equal(made, again, 4 * 3 * sizeof *made);
  ml_prepared_free(loaded);
  ml_prepared_free(p);
}

/* odd() of steps.py does what WHAT says: each time one line, and nothing is left of it. */
static void test_steps_that_fail(void **state) {
  (void)state;
  static const double x[FEATURES * ROWS] = {1, 2, 3, 4, 5, -1, 0, 1, 0, 2, 7, 7, 8, 8, 9};
  static const char *const ways[] = {"none",     "text",  "complex",  "rows",    "columns",
                                     "three",    "names", "no names", "numbers", "twice",
                                     "infinite", "tuple", "writes",   "raises"};
  const ml_dataset data = {.n_rows = ROWS, .n_features = FEATURES, .x = x};
  ml_prep *prep = NULL;
  ml_error err = {0};
  assert_int_equal(ml_prep_parse("standard,py:steps.odd", &prep, &err), ML_OK);
  if (ml_prep_check(prep, &data, &err) != ML_OK ||
      ml_functions_load(functions, "py:steps", NULL, &err) != ML_OK) {
    ml_prep_free(prep);
    skip();
  }
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    ml_prepared *p = NULL;
    ml_value what = ml_value_string(ways[i]), out;
    assert_int_equal(call("steps.set_way", &what, &out, NULL, &err), ML_OK);
    assert_int_equal(ml_prep_fit(prep, &data, NULL, 0, &p, &err), ML_ERR_FUNCTION);
    assert_null(p);
    assert_null(strchr(err.message, '\n'));
    assert_memory_equal(err.message, "step 'py:steps.odd': ", 21);
  }
  ml_prep_free(prep);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_missing_file),
      cmocka_unit_test(test_missing_module),
      cmocka_unit_test(test_module_by_name),
      cmocka_unit_test(test_syntax_error),
      cmocka_unit_test(test_results),
      cmocka_unit_test(test_types_of_results),
      cmocka_unit_test(test_results_without_form),
      cmocka_unit_test(test_endless_result),
      cmocka_unit_test(test_arguments),
      cmocka_unit_test(test_arrays),
      cmocka_unit_test(test_empty_array),
      cmocka_unit_test(test_numpy_results),
      cmocka_unit_test(test_numpy_without_form),
      cmocka_unit_test(test_exception),
      cmocka_unit_test(test_exit),
      cmocka_unit_test(test_no_argument),
      cmocka_unit_test(test_chunk),
      cmocka_unit_test(test_chunk_with_failure),
      cmocka_unit_test(test_chunk_with_odd_result),
      cmocka_unit_test(test_malformed_chunk),
      cmocka_unit_test(test_pickled_callable),
      cmocka_unit_test(test_pickle_of_something_else),
      cmocka_unit_test(test_steps),
      cmocka_unit_test(test_steps_that_fail),
  };
  return cmocka_run_group_tests(tests, load_odd, unload);
}
