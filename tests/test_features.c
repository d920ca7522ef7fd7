/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features from files, and targets that are joined to them. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ml/features_internal.h"

static const char *in_dir(const char *name) {
  static char paths[4][512];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", temp_dir(), name);
  return path;
}

static const char *put_bytes(const char *name, const void *bytes, size_t n) {
  const char *path = in_dir(name);
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, n, f), n);
  assert_int_equal(fclose(f), 0);
  return path;
}

static const char *put(const char *text) {
  return put_bytes("f.csv", text, strlen(text));
}

static double at(const ml_matrix *m, size_t i, size_t j) {
  return m->values[m->by_column ? j * m->n_rows + i : i * m->n_columns + j];
}

static ml_matrix *read_ok(const char *path, const ml_features_opts *opts, ml_target **target) {
  ml_matrix *m = NULL;
  ml_error err = {0};
  char text[1024];
  if (ml_features_read(path, opts, NULL, &m, target, &err) != ML_OK) {
    ml_error_format(&err, text, sizeof text);
    fail_msg("%s", text);
  }
  return m;
}

/* As a CSV of "row: value value" and header, for comparing by eye. */
static void expect_matrix(const char *path, const ml_features_opts *opts, const char *want) {
  ml_target *target = NULL;
  ml_matrix *m = read_ok(path, opts, &target);
  ml_error err = {0};
  assert_int_equal(ml_matrix_write(m, in_dir("shown.csv"), ML_FORMAT_CSV, NULL, &err), ML_OK);
  char *got = read_file(in_dir("shown.csv"), NULL);
  assert_string_equal(got, want);
  free(got);
  ml_matrix_free(m);
  ml_target_free(target);
}

/* "line:column: message", as far as there is a place. */
static void show(const ml_error *err, char *buf, size_t size) {
  char line[24] = "", column[24] = "";
  if (err->line) snprintf(line, sizeof line, "%zu:", err->line);
  if (err->column) snprintf(column, sizeof column, "%zu:", err->column);
  snprintf(buf, size, "%s%s%s%s", line, column, *line ? " " : "", err->message);
}

static void expect_error_of(const char *path, const ml_features_opts *opts, ml_status status,
                            const char *want) {
  ml_matrix *m = (ml_matrix *)1;
  ml_target *target = NULL;
  ml_error err = {0};
  char got[1024];
  assert_int_equal(ml_features_read(path, opts, NULL, &m, &target, &err), status);
  show(&err, got, sizeof got);
  assert_string_equal(got, want);
  assert_ptr_equal(m, (ml_matrix *)1);
  assert_null(target);
}

static void expect_error(const char *text, const ml_features_opts *opts, ml_status status,
                         const char *want) {
  expect_error_of(put(text), opts, status, want);
}

/* ---- CSV ---- */

static void cells(void **state) {
  (void)state;
  ml_matrix *m = read_ok(
      put("id,a,b\n1,,True\n2,NaN,false\n\"x,\"\"y\",nan,inf\n3,-inf,Infinity\n"), NULL, NULL);
  assert_int_equal(m->n_rows, 4);
  assert_int_equal(m->n_columns, 2);
  assert_true(m->by_column);
  assert_false(m->rows_are_numbers);
  assert_string_equal(m->row_label, "id");
  assert_string_equal(m->rows[2], "x,\"y");
  assert_string_equal(m->columns[1], "b");
  static const double want[] = {NAN, NAN, NAN, -INFINITY, 1, 0, INFINITY, INFINITY};
  for (size_t i = 0; i < 8; i++) expect_same("cell", m->values[i], want[i]);
  ml_matrix_free(m);
  expect_error("id,a\n1,yes\n", NULL, ML_ERR_PARSE,
               "2:3: expected a number, found \"yes\"; --exclude a leaves the column out");
  expect_error("id,a,b\n1,2,3\n2,4\n", NULL, ML_ERR_PARSE, "3:4: expected 3 fields, found 2");
  expect_error("id,a\n", NULL, ML_ERR_PARSE, "no rows");
  expect_error("id,a\n,1\n", NULL, ML_ERR_PARSE, "2:1: column \"id\" is empty here");
}

static void which_column_is_the_id(void **state) {
  (void)state;
  const ml_features_opts none = {.id = ""}, named = {.id = "b"};
  expect_matrix(put("a,id,b\n1,x,2\n"), NULL, "id,a,b\nx,1,2\n");
  expect_matrix(put("storm,a,b\nx,1,2\n"), NULL, "storm,a,b\nx,1,2\n");
  expect_matrix(put(",a,b\nx,1,2\n"), NULL, "id,a,b\nx,1,2\n"); /* an index of pandas */
  expect_matrix(put("v__mean,v__max\n7,2\n8,9\n"), NULL, "id,v__mean,v__max\n0,7,2\n1,8,9\n");
  expect_matrix(put("storm,a\n1,2\n"), &none, "id,storm,a\n0,1,2\n");
  expect_matrix(put("id,a,b\n1,2,x\n"), &named, "b,id,a\nx,1,2\n");
  expect_matrix(put("id,a,\n1,2,\n"), NULL, "id,a\n1,2\n"); /* a delimiter too many */
  expect_matrix(put("id,a\n\"(b, 3)\",2\n"), NULL, "id,a\n\"(b, 3)\",2\n");
  const ml_features_opts first = {.target = "y"}, excluded = {.exclude = "storm"};
  expect_matrix(put("y,a\n1,2\n2,4\n"), &first, "id,a\n0,2\n1,4\n");
  expect_matrix(put("storm,a\nx,2\ny,4\n"), &excluded, "id,a\n0,2\n1,4\n");
}

static void columns(void **state) {
  (void)state;
  const ml_features_opts some = {.exclude = "b,\"c,d\""}, lost = {.exclude = "storn"},
                         far = {.id = "what"}, both = {.id = "a", .target = "a"},
                         target = {.target = "hurricanes"}, twice = {.exclude = "a"},
                         empty = {.exclude = " "}, all = {.exclude = "a,storm"},
                         lines = {.exclude = "a\nstorm"};
  expect_matrix(put("id,b,a,\"c,d\"\n1,x,2,y\n"), &some, "id,a\n1,2\n");
  expect_error("id,a,storm\n1,2,3\n", &lost, ML_ERR_USAGE,
               "no column \"storn\" (did you mean \"storm\"?)");
  expect_error("id,a,storm\n1,2,3\n", &far, ML_ERR_USAGE,
               "no column \"what\" (the file has: id, a, storm)");
  expect_error("id,a\n1,2\n", &both, ML_ERR_USAGE, "column \"a\" is given two parts");
  expect_error("id,hurricane\n1,2\n", &target, ML_ERR_USAGE,
               "no column \"hurricanes\" (did you mean \"hurricane\"?)");
  expect_error("id,a,a\n1,2,3\n", &twice, ML_ERR_USAGE, "more than one column \"a\"");
  expect_error("id,a,b,a\n1,2,3,4\n", NULL, ML_ERR_PARSE, "more than one column \"a\"");
  expect_error("id,a,id\n1,2,3\n", NULL, ML_ERR_USAGE, "more than one column \"id\"");
  expect_error("id,,b\n1,2,3\n", NULL, ML_ERR_PARSE,
               "column 2 has no name; --exclude '\"\"' leaves it out");
  expect_error("id,a\n1,2\n", &empty, ML_ERR_USAGE, "--exclude has no names");
  expect_error("id,a\n1,2\n", &lines, ML_ERR_USAGE,
               "--exclude has several lines; commas separate the names");
  expect_error("id,a,storm\n1,2,3\n", &all, ML_ERR_PARSE,
               "no column of a feature (the file has: id, a, storm)");
  expect_error("id\n1\n", NULL, ML_ERR_PARSE, "no column of a feature (the file has: id)");
}

static void ids_are_distinct(void **state) {
  (void)state;
  const ml_features_opts named = {.id = "a"};
  ml_matrix *m = read_ok(put("id,a\n10,1\n007,2\n1e1000,3\n"), NULL, NULL);
  assert_true(m->rows_are_numbers);
  assert_string_equal(m->rows[1], "007");
  ml_matrix_free(m);
  expect_error("id,a\n1,1\n2,2\n\n1,3\n", NULL, ML_ERR_PARSE,
               "5: id \"1\" is in line 2 already; features have one row for each id");
  expect_error("id,a\n3,0\n1,1\n2,2\n1.0,3\n", NULL, ML_ERR_PARSE,
               "5: id \"1.0\" is in line 3 already; features have one row for each id");
  expect_error("id,a\nx,1\nx,2\n", &named, ML_ERR_PARSE,
               "2:1: expected a number, found \"x\"; --exclude id leaves the column out");
  expect_error("b,a\n1,1\n1,2\n", NULL, ML_ERR_PARSE,
               "3: id \"1\" is in line 2 already; --id names the column of the ids, --id \"\" says "
               "that there is none");
}

static void a_column_is_the_target(void **state) {
  (void)state;
  const ml_features_opts opts = {.target = "y"};
  ml_target *t = NULL;
  ml_matrix *m = read_ok(put("id,a,y,b\n10,1,no,2\n9,3,yes,4\n2,5,yes,6\n"), &opts, &t);
  assert_int_equal(m->n_columns, 2);
  assert_string_equal(t->name, "y");
  assert_int_equal(t->type, ML_TARGET_TEXT);
  assert_string_equal(t->labels[0], "yes"); /* of id 2 */
  assert_string_equal(t->labels[1], "no");
  assert_memory_equal(t->classes, ((uint32_t[]){1, 0, 0}), 3 * sizeof(uint32_t));
  ml_matrix_free(m);
  ml_target_free(t);
  expect_error("id,a,y\n1,1,1\n2,2,\n", &opts, ML_ERR_PARSE, "3:5: column \"y\" is empty here");
  expect_error("id,a,y\n1,1,1\n2,2,NaN\n", &opts, ML_ERR_PARSE,
               "target \"y\" has no value for id \"2\"");
  expect_error("id,a,y\n1,1,1\n2,2,1\n", &opts, ML_ERR_PARSE,
               "target \"y\" has only one value, \"1\"");
  const ml_features_opts real = {.target = "y", .id = "", .problem = ML_REGRESSION};
  expect_error("a,y\n1,1\n2,x\n", &real, ML_ERR_PARSE,
               "target \"y\" is to be numbers for a regression, but is \"x\" in row 2");
}

/* ---- .npy ---- */

static ml_matrix *nasty(void) {
  static const char *const rows[] = {"1.50", "12345678901234567890", "-2e-3"};
  static const char *const names[] = {"x__q_0.1", "x__attr_\"real\"", "a,b\\\"[1]", "y"};
  static const double values[] = {0.1,   NAN, INFINITY,  1, -INFINITY, -0.0,
                                  1e300, 2,   0x1p-1074, 3, 4,         1};
  ml_matrix *m = NULL;
  assert_int_equal(ml_matrix_new(NULL, 3, 4, &m, NULL), ML_OK);
  for (size_t i = 0; i < 3; i++) m->rows[i] = strdup(rows[i]);
  for (size_t j = 0; j < 4; j++) m->columns[j] = strdup(names[j]);
  memcpy(m->values, values, sizeof values);
  m->rows_are_numbers = true;
  free(m->row_label);
  m->row_label = strdup("storm \"id\"");
  return m;
}

static void expect_equal(const ml_matrix *got, const ml_matrix *want) {
  assert_int_equal(got->n_rows, want->n_rows);
  assert_int_equal(got->n_columns, want->n_columns);
  assert_string_equal(got->row_label, want->row_label);
  assert_int_equal(got->rows_are_numbers, want->rows_are_numbers);
  for (size_t i = 0; i < want->n_rows; i++) assert_string_equal(got->rows[i], want->rows[i]);
  for (size_t j = 0; j < want->n_columns; j++) {
    assert_string_equal(got->columns[j], want->columns[j]);
    for (size_t i = 0; i < want->n_rows; i++)
      expect_same(want->columns[j], at(got, i, j), at(want, i, j));
  }
}

static void reads_back(const ml_matrix *m, const char *name) {
  char path[512];
  ml_error err = {0};
  snprintf(path, sizeof path, "%s", in_dir(name));
  assert_int_equal(ml_matrix_write(m, path, ML_FORMAT_AUTO, NULL, &err), ML_OK);
  ml_matrix *got = read_ok(path, NULL, NULL);
  assert_int_equal(got->by_column, strstr(name, ".npy") == NULL);
  expect_equal(got, m);
  ml_matrix_free(got);
}

static const char *const formats[] = {"back.csv", "back.csv.gz", "back.npy"};

static void what_was_written_reads_back(void **state) {
  (void)state;
  ml_matrix *m = nasty();
  for (size_t k = 0; k < 3; k++) reads_back(m, formats[k]);
  ml_matrix_free(m);
}

static void what_was_extracted_reads_back(void **state) {
  (void)state;
  static const ml_window window = {.rows = 3};
  for (int windows = 0; windows < 2; windows++) {
    const ml_series_opts opts = {.window = windows ? &window : NULL};
    static const char text[] =
        "id,time,x,y\n"
        "\"a,1\",0,1,5\n\"a,1\",1,4,5\n\"a,1\",2,2,6\n\"a,1\",3,0,1\n"
        "b,0,7,7\nb,1,7,7\nb,2,7,7\nc,0,1e300,-1e300\n";
    ml_series_set *set = NULL;
    ml_matrix *m = NULL;
    ml_error err = {0};
    if (ml_series_parse(text, strlen(text), "s", &opts, &set, &err) != ML_OK ||
        ml_fresh_extract(set, NULL, NULL, NULL, &m, &err) != ML_OK)
      fail_msg("%s", err.message);
    for (size_t k = 0; k < 3; k++) reads_back(m, formats[k]);
    ml_matrix_free(m);
    ml_series_free(set);
  }
}

static void write_npy(const char *dict, const double *values, size_t n, int version) {
  char bytes[512] = "\x93NUMPY", *p = bytes + 6;
  size_t length = strlen(dict) + 1;
  *p++ = (char)version;
  *p++ = 0;
  *p++ = (char)length;
  *p++ = (char)(length >> 8);
  if (version == 2) *p++ = 0, *p++ = 0;
  p += sprintf(p, "%s\n", dict);
  if (n) memcpy(p, values, n * sizeof *values);
  put_bytes("f.npy", bytes, (size_t)(p - bytes) + n * sizeof *values);
}

static void put_names(const char *json) {
  put_bytes("f.columns.json", json, strlen(json));
}

static const double six[] = {1, 2, 3, 4, 5, 6};

static void npy_in_both_orders(void **state) {
  (void)state;
  put_names("{\"id\": \"n\", \"ids\": [10, \"9\", 1e0], \"columns\": [\"a\", \"b\"]}");
  write_npy("{'descr': '<f8', 'fortran_order': True, 'shape': (3, 2), }", six, 6, 1);
  expect_matrix(in_dir("f.npy"), NULL, "n,a,b\n10,1,4\n9,2,5\n1e0,3,6\n");
  write_npy("{\"shape\":(3,2,),\"descr\":\"<f8\",\"fortran_order\":False}", six, 6, 2);
  expect_matrix(in_dir("f.npy"), NULL, "n,a,b\n10,1,2\n9,3,4\n1e0,5,6\n");
  const ml_features_opts named = {.id = "n"}, none = {.id = ""}, other = {.id = "m"};
  expect_matrix(in_dir("f.npy"), &named, "n,a,b\n10,1,2\n9,3,4\n1e0,5,6\n");
  expect_matrix(in_dir("f.npy"), &none, "n,a,b\n10,1,2\n9,3,4\n1e0,5,6\n");
  expect_error_of(in_dir("f.npy"), &other, ML_ERR_USAGE, "the ids are \"n\", not \"m\"");
}

static void npy_with_columns_left_out(void **state) {
  (void)state;
  static const char *const dicts[] = {
      "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }",
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }"};
  static const char *const want[] = {"id,c\n9,5\n10,6\n", "id,c\n9,3\n10,6\n"};
  const ml_features_opts opts = {.target = "b", .exclude = "a", .problem = ML_CLASSIFICATION};
  put_names("{\"id\": \"id\", \"ids\": [\"9\", \"10\"], \"columns\": [\"a\", \"b\", \"c\"]}");
  for (int k = 0; k < 2; k++) {
    write_npy(dicts[k], six, 6, 1);
    expect_matrix(in_dir("f.npy"), &opts, want[k]);
    ml_target *t = NULL;
    ml_matrix *m = read_ok(in_dir("f.npy"), &opts, &t);
    assert_int_equal(t->type, ML_TARGET_REAL);
    assert_string_equal(t->labels[0], k ? "2.0" : "3.0");
    expect_same("target", t->values[1], k ? 5 : 4);
    ml_matrix_free(m);
    ml_target_free(t);
  }
}

static void expect_npy_error(const char *dict, size_t n, const char *want) {
  write_npy(dict, six, n, 1);
  expect_error_of(in_dir("f.npy"), NULL, ML_ERR_PARSE, want);
}

static void npy_headers_are_checked(void **state) {
  (void)state;
  static const char broken[] = "the header is broken";
  static const char good[] = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }";
  put_names("{\"id\": \"id\", \"ids\": [\"9\", \"10\"], \"columns\": [\"a\", \"b\", \"c\"]}");
  expect_npy_error(good, 5, "the file ends too early for 2 x 3 values");
  expect_npy_error("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", 6,
                   "more bytes follow the 2 x 2 values");
  expect_npy_error("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 6,
                   "the values are not 64-bit floats (\"<f8\")");
  expect_npy_error("{'descr': '<f8', 'fortran_order': 0, 'shape': (2, 3), }", 6,
                   "the header's \"fortran_order\" is broken");
  static const char *const shapes[] = {
      "(6,)", "(1, 2, 3)", "(-2, 3)", "6", "(99999999999999999999, 3)", "(2 3)"};
  for (size_t k = 0; k < 6; k++) {
    char dict[128];
    snprintf(dict, sizeof dict, "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }",
             shapes[k]);
    expect_npy_error(dict, 6, "the shape is not that of rows and columns");
  }
  expect_npy_error("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
                   6, "the file ends too early for 4294967296 x 4294967296 values");
  expect_npy_error("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }", 0,
                   "2 ids and 3 columns do not fit the 0 x 3 values of the .npy file");
  expect_npy_error("{'descr': '<f8', 'shape': (2, 3), }", 6, broken);
  expect_npy_error("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}", 6,
                   broken);
  expect_npy_error("{'x': 1, 'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}", 6, broken);
  expect_npy_error("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)", 6, broken);
  expect_npy_error("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)} x", 6, broken);
  expect_npy_error("", 6, broken);
  /* What is in front of the header; and each file that is cut short. */
  char bytes[200];
  size_t n;
  write_npy(good, six, 6, 1);
  char *whole = read_file(in_dir("f.npy"), &n);
  memcpy(bytes, whole, n);
  free(whole);
  npy_header header;
  for (size_t k = 0; k < n; k++)
    assert_int_equal(features__npy_header(bytes, k, k, "f", &header, NULL), ML_ERR_PARSE);
  assert_int_equal(features__npy_header(bytes, n, n, "f", &header, NULL), ML_OK);
  bytes[6] = 3;
  assert_int_equal(features__npy_header(bytes, n, n, "f", &header, NULL), ML_ERR_PARSE);
  bytes[6] = 2; /* the header is said to take gigabytes */
  assert_int_equal(features__npy_header(bytes, n, n, "f", &header, NULL), ML_ERR_PARSE);
}

static void expect_names_error(const char *json, const char *want) {
  put_names(json);
  write_npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }", six, 6, 1);
  expect_error_of(in_dir("f.npy"), NULL, ML_ERR_PARSE, want);
}

static void names_beside_are_checked(void **state) {
  (void)state;
  static const char other[] =
      "expected {\"id\": NAME, \"ids\": [...], \"columns\": [...]}, as is "
      "written beside a .npy file";
  expect_names_error("{\"id\": \"id\", \"ids\": [1], \"columns\": [\"a\", \"b\", \"c\"]}",
                     "1 ids and 3 columns do not fit the 2 x 3 values of the .npy file");
  expect_names_error("{\"id\": \"id\", \"ids\": [1, 1.0], \"columns\": [\"a\", \"b\", \"c\"]}",
                     "id \"1.0\" is there twice");
  expect_names_error("{\"id\": \"id\", \"ids\": [1, 2], \"columns\": [\"a\", \"b\", \"a\"]}",
                     "more than one column \"a\"");
  expect_names_error("{\"id\": \"id\", \"ids\": [1, null], \"columns\": [\"a\", \"b\", \"c\"]}",
                     other);
  expect_names_error("{\"id\": \"id\", \"columns\": [\"a\", \"b\", \"c\"]}", other);
  expect_names_error("[1, 2]", other);
  expect_names_error("{\"id\": \"id\", \"ids\": {\"a\": 1}, \"columns\": [\"a\"]}", other);
  expect_names_error("", "1: not JSON: '[' or '{' expected near end of file");
  put_names("{\"id\": \"id\",\n\"ids\": [01, 2], \"columns\": []}");
  ml_error err = {0};
  ml_matrix *m = NULL;
  assert_int_equal(ml_features_read(in_dir("f.npy"), NULL, NULL, &m, NULL, &err), ML_ERR_PARSE);
  assert_int_equal(err.line, 2);
  remove(in_dir("f.columns.json"));
  assert_int_equal(ml_features_read(in_dir("f.npy"), NULL, NULL, &m, NULL, &err), ML_ERR_IO);
  assert_non_null(strstr(err.source, "f.columns.json"));
  assert_int_equal(ml_features_read(in_dir("none.npy"), NULL, NULL, &m, NULL, &err), ML_ERR_IO);
  assert_int_equal(ml_features_read(temp_dir(), NULL, NULL, &m, NULL, &err), ML_ERR_IO);
  assert_int_equal(ml_features_read("m.json", NULL, NULL, &m, NULL, &err), ML_ERR_PARSE);
}

/* ---- targets in files of their own ---- */

static ml_matrix *rows_of(const char *const *ids, size_t n) {
  ml_matrix *m = NULL;
  assert_int_equal(ml_matrix_new(NULL, n, 0, &m, NULL), ML_OK);
  for (size_t i = 0; i < n; i++) m->rows[i] = strdup(ids[i]);
  return m;
}

static ml_target *join_ok(const char *text, const ml_target_opts *opts, const ml_matrix *m) {
  ml_target *t = NULL;
  ml_error err = {0};
  if (ml_target_read(put_bytes("y.csv", text, strlen(text)), opts, m, &t, &err) != ML_OK)
    fail_msg("%s", err.message);
  return t;
}

static void expect_join_error(const char *text, const ml_target_opts *opts, const ml_matrix *m,
                              ml_status status, const char *want) {
  ml_target *t = (ml_target *)1;
  ml_error err = {0};
  char got[1024];
  assert_int_equal(ml_target_read(put_bytes("y.csv", text, strlen(text)), opts, m, &t, &err),
                   status);
  show(&err, got, sizeof got);
  assert_string_equal(got, want);
  assert_ptr_equal(t, (ml_target *)1);
}

static void joined_by_id(void **state) {
  (void)state;
  ml_matrix *m = rows_of((const char *[]){"10", "9", "1"}, 3);
  ml_target *t = join_ok("id,y\n1.0,5.5\n10,6\n09,7\n", NULL, m);
  assert_memory_equal(t->values, ((double[]){6, 7, 5.5}), 3 * sizeof(double));
  assert_int_equal(t->problem, ML_REGRESSION);
  assert_string_equal(t->name, "y");
  ml_target_free(t);
  t = join_ok("y,id\nb,9\na,10\nc,1\n", NULL, m);
  assert_string_equal(t->labels[0], "c"); /* ascending by id */
  assert_string_equal(t->labels[1], "b");
  assert_memory_equal(t->classes, ((uint32_t[]){2, 1, 0}), 3 * sizeof(uint32_t));
  ml_target_free(t);
  const ml_target_opts opts = {.name = "z", .id = "n"};
  t = join_ok("id,z,n\n0,x,1\n0,x,10\n0,v,9\n", &opts, m);
  assert_memory_equal(t->classes, ((uint32_t[]){0, 1, 0}), 3 * sizeof(uint32_t));
  ml_target_free(t);
  free(m->row_label);
  m->row_label = strdup("storm");
  t = join_ok("id,storm\n1,9\n2,10\n2,1\n", NULL, m); /* the rows' label goes first */
  assert_string_equal(t->name, "id");
  ml_target_free(t);
  t = join_ok("what,y\n1,9\n9,10\n10,1\n", NULL, m); /* the first */
  assert_string_equal(t->name, "y");
  ml_target_free(t);
  ml_matrix_free(m);
  m = rows_of((const char *[]){"(a, 10)", "(a, 9)"}, 2);
  t = join_ok("id,y\n\"(a, 9)\",1\n\"(a, 10)\",2\n", NULL, m);
  assert_memory_equal(t->values, ((double[]){2, 1}), 2 * sizeof(double));
  assert_string_equal(t->labels[0], "1");
  ml_target_free(t);
  ml_matrix_free(m);
}

static void ids_that_do_not_match(void **state) {
  (void)state;
  ml_matrix *m = rows_of((const char *[]){"1", "2", "3"}, 3);
  expect_join_error("id,y\n1,0\n2,1\n1,1\n3,0\n", NULL, m, ML_ERR_PARSE,
                    "4: id \"1\" is in line 2 already");
  expect_join_error("id,y\n1,0\n\n01,1\n", NULL, m, ML_ERR_PARSE,
                    "4: id \"01\" is in line 2 already");
  expect_join_error("id,y\n1,0\n", NULL, m, ML_ERR_PARSE,
                    "2 ids (2, 3) of the features have no target");
  expect_join_error("id,y\n1,0\n2,0\n3,1\n4,1\n", NULL, m, ML_ERR_PARSE,
                    "1 id (4) of column \"id\" is not among the features");
  expect_join_error("id,y\na,0\nb,0\nc,1\nd,1\ne,0\nf,0\n1,1\n2,1\n", NULL, m, ML_ERR_PARSE,
                    "1 id (3) of the features has no target, and 6 ids (a, b, c, d, e, ...) of "
                    "column \"id\" are not among the features");
  ml_matrix_free(m);
}

static void columns_of_the_target_file(void **state) {
  (void)state;
  const ml_target_opts lost = {.name = "hurricanes"}, no_id = {.id = "storn"},
                       both = {.name = "id"};
  ml_matrix *m = rows_of((const char *[]){"1", "2"}, 2);
  expect_join_error("id,y,z\n1,0,0\n2,1,1\n", NULL, m, ML_ERR_USAGE,
                    "several columns beside \"id\" (the file has: id, y, z); --target names the "
                    "one to predict");
  expect_join_error("id\n1\n", NULL, m, ML_ERR_USAGE, "no column beside \"id\" (the file has: id)");
  expect_join_error("id,hurricane\n1,0\n", &lost, m, ML_ERR_USAGE,
                    "no column \"hurricanes\" (did you mean \"hurricane\"?)");
  expect_join_error("storm,y\n1,0\n", &no_id, m, ML_ERR_USAGE,
                    "no column \"storn\" (did you mean \"storm\"?)");
  expect_join_error("id,y\n1,0\n", &both, m, ML_ERR_USAGE,
                    "column \"id\" is both the id and the target");
  expect_join_error("id,y\n1,0\n2,\n", NULL, m, ML_ERR_PARSE, "3:3: column \"y\" is empty here");
  expect_join_error("id,y\n2,0\n1,NA\n", NULL, m, ML_ERR_PARSE,
                    "target \"y\" has no value for id \"1\"");
  expect_join_error("id,y\n2,inf\n1,0\n", NULL, m, ML_ERR_PARSE,
                    "target \"y\" has an infinite value for id \"2\"");
  expect_join_error("id,y\n2,0\n1,0\n", NULL, m, ML_ERR_PARSE,
                    "target \"y\" has only one value, \"0\"");
  ml_matrix_free(m);
}

/* ---- memory ---- */

/* Most bytes that this process has had resident, or has now. */
static double resident(const char *key) {
  char line[256];
  double kilobytes = 0;
  FILE *file = fopen("/proc/self/status", "r");
  assert_non_null(file);
  while (fgets(line, sizeof line, file))
    if (strncmp(line, key, strlen(key)) == 0) kilobytes = strtod(line + strlen(key), NULL);
  assert_int_equal(fclose(file), 0);
  return kilobytes * 1024;
}

/* Columns that grow, and that move into the matrix, leave nothing behind: also where the host has
 * freed a large block before, after which the C library keeps what is freed. */
static void a_matrix_is_in_memory_once(void **state) {
  (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  skip();
#endif
  enum { N_ROWS = 40000, N_COLUMNS = 300 };
  const char *path = in_dir("large.csv");
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  for (size_t j = 0; j <= N_COLUMNS; j++) fprintf(f, j < N_COLUMNS ? "c%zu," : "c%zu\n", j);
  for (size_t i = 0; i < N_ROWS; i++)
    for (size_t j = 0; j <= N_COLUMNS; j++)
      fprintf(f, j < N_COLUMNS ? "%zu," : "%zu\n", j ? i * j % 1000 : i);
  assert_int_equal(fclose(f), 0);
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    void *volatile large = malloc(8 << 20);
    free(large);
    double before = resident("VmRSS:");
    ml_matrix_free(read_ok(path, NULL, NULL));
    double most = resident("VmHWM:") - before;
    _exit(most < 1.3 * N_ROWS * N_COLUMNS * sizeof(double) ? 0 : 1);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cells),
      cmocka_unit_test(which_column_is_the_id),
      cmocka_unit_test(columns),
      cmocka_unit_test(ids_are_distinct),
      cmocka_unit_test(a_column_is_the_target),
      cmocka_unit_test(what_was_written_reads_back),
      cmocka_unit_test(what_was_extracted_reads_back),
      cmocka_unit_test(npy_in_both_orders),
      cmocka_unit_test(npy_with_columns_left_out),
      cmocka_unit_test(npy_headers_are_checked),
      cmocka_unit_test(names_beside_are_checked),
      cmocka_unit_test(joined_by_id),
      cmocka_unit_test(ids_that_do_not_match),
      cmocka_unit_test(columns_of_the_target_file),
      cmocka_unit_test(a_matrix_is_in_memory_once),
  };
  return cmocka_run_group_tests_name("features", tests, NULL, NULL);
}
