/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features from .npy files with names beside them, and back from every format. */
#include "features_cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ml/features_internal.h"

static double at(const ml_matrix *m, size_t i, size_t j) {
  return m->values[m->by_column ? j * m->n_rows + i : i * m->n_columns + j];
}

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_was_written_reads_back),
      cmocka_unit_test(what_was_extracted_reads_back),
      cmocka_unit_test(npy_in_both_orders),
      cmocka_unit_test(npy_with_columns_left_out),
      cmocka_unit_test(npy_headers_are_checked),
      cmocka_unit_test(names_beside_are_checked),
  };
  return cmocka_run_group_tests_name("features/npy", tests, NULL, NULL);
}
