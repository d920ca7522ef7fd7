/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matrices and the files they are written to. */
#include "matrix_cases.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <jansson.h>

static size_t n_entries(void) {
  size_t n = 0;
  DIR *dir = opendir(temp_dir());
  while (readdir(dir)) n++;
  closedir(dir);
  return n - 2;
}

static void begins_as_zeros_without_names(void **state) {
  (void)state;
  ml_matrix *m = NULL;
  assert_int_equal(ml_matrix_new(NULL, 3, 5, &m, NULL), ML_OK);
  for (size_t i = 0; i < 15; i++) expect_same("value", m->values[i], 0);
  for (size_t i = 0; i < 3; i++) assert_null(m->rows[i]);
  for (size_t j = 0; j < 5; j++) assert_null(m->columns[j]);
  assert_string_equal(m->row_label, "id");
  assert_ptr_equal(m->values, m->block->data);
  ml_matrix_free(m);
  ml_matrix_free(NULL);
}

static void too_large_is_an_error(void **state) {
  (void)state;
  ml_matrix *m = (ml_matrix *)1;
  ml_error err = {0};
  assert_int_equal(ml_matrix_new(NULL, SIZE_MAX / 2, 3, &m, &err), ML_ERR_MEMORY);
  assert_int_equal(ml_matrix_new(NULL, SIZE_MAX / 8, 4, &m, &err), ML_ERR_MEMORY);
  assert_int_equal(ml_matrix_new(NULL, (size_t)1 << 30, (size_t)1 << 30, &m, &err), ML_ERR_MEMORY);
  assert_int_equal(ml_matrix_new(NULL, SIZE_MAX, 0, &m, &err), ML_ERR_MEMORY);
  assert_ptr_equal(m, (ml_matrix *)1);
}

static const char nasty_csv[] =
    "id,x__q_0.1,\"x__attr_\"\"real\"\"\"\n1,0.1,NaN\n\"a,b\",inf,-inf\n007,-0,1e300\n";

static void csv(void **state) {
  (void)state;
  ml_matrix *m = nasty();
  write_ok(m, in_dir("m.csv"), ML_FORMAT_AUTO);
  expect_content(in_dir("m.csv"), nasty_csv);
  write_ok(m, in_dir("m.json.txt"), ML_FORMAT_AUTO); /* CSV for any other name */
  expect_content(in_dir("m.json.txt"), nasty_csv);
  write_ok(m, in_dir("m.json"), ML_FORMAT_CSV);
  expect_content(in_dir("m.json"), nasty_csv);

  write_ok(m, in_dir("m.csv.gz"), ML_FORMAT_AUTO);
  char got[200] = "";
  gzFile gz = gzopen(in_dir("m.csv.gz"), "rb");
  assert_int_equal(gzread(gz, got, sizeof got), strlen(nasty_csv));
  assert_false(gzdirect(gz));
  gzclose(gz);
  assert_string_equal(got, nasty_csv);
  ml_matrix_free(m);
}

static void without_rows_or_columns(void **state) {
  (void)state;
  ml_matrix *m = new_matrix(0, 1, NULL, (const char *[]){"a"}, NULL);
  write_ok(m, in_dir("e.csv"), ML_FORMAT_AUTO);
  expect_content(in_dir("e.csv"), "id,a\n");
  write_ok(m, in_dir("e.json"), ML_FORMAT_AUTO);
  expect_content(in_dir("e.json"),
                 "{\"id\": \"id\",\n\"ids\": [],\n\"columns\": [\"a\"],\n\"data\": []}\n");
  ml_matrix_free(m);
  m = new_matrix(1, 0, (const char *[]){"7"}, NULL, NULL);
  write_ok(m, in_dir("e.csv"), ML_FORMAT_AUTO);
  expect_content(in_dir("e.csv"), "id\n7\n");
  write_ok(m, in_dir("e.npy"), ML_FORMAT_AUTO);
  ml_matrix_free(m);
}

static void json(void **state) {
  (void)state;
  ml_matrix *m = nasty();
  free(m->row_label);
  m->row_label = strdup("storm \"id\"");
  write_ok(m, in_dir("m.json"), ML_FORMAT_AUTO);
  expect_content(in_dir("m.json"),
                 "{\"id\": \"storm \\\"id\\\"\",\n\"ids\": [\"1\", \"a,b\", \"007\"],\n"
                 "\"columns\": [\"x__q_0.1\", \"x__attr_\\\"real\\\"\"],\n"
                 "\"data\": [\n[0.1, null],\n[\"inf\", \"-inf\"],\n[-0, 1e300]]}\n");
  json_t *parsed = json_load_file(in_dir("m.json"), 0, NULL);
  assert_non_null(parsed);
  json_decref(parsed);
  ml_matrix_free(m);
}

static void json_ids_are_numbers_where_json_has_them(void **state) {
  (void)state;
  static const char *const ids[] = {"0",   "-1", "1.5", "1e5", "-2.5E-03", "12345678901234567890",
                                    "007", "+1", ".5",  "1.",  "1e",       "nan",
                                    "-",   "",   "1 ",  "1e+", "-01",      "1.e5"};
  enum { N = sizeof ids / sizeof ids[0] };
  ml_matrix *m = new_matrix(N, 0, ids, NULL, NULL);
  m->rows_are_numbers = true;
  write_ok(m, in_dir("ids.json"), ML_FORMAT_AUTO);
  char *text = read_file(in_dir("ids.json"), NULL);
  assert_non_null(strstr(text,
                         "[0, -1, 1.5, 1e5, -2.5E-03, 12345678901234567890, \"007\", \"+1\", "
                         "\".5\", \"1.\", \"1e\", \"nan\", \"-\", \"\", \"1 \", \"1e+\", \"-01\", "
                         "\"1.e5\"]"));
  free(text);
  ml_matrix_free(m);
}

static void npy(void **state) {
  (void)state;
  ml_matrix *m = nasty();
  size_t n;
  write_ok(m, in_dir("m.npy"), ML_FORMAT_AUTO);
  char *got = read_file(in_dir("m.npy"), &n);
  /* 128 bytes: the dictionary does not fit 64. */
  assert_int_equal(n, 128 + 6 * sizeof(double));
  assert_memory_equal(got, "\x93NUMPY\1\0\x76\0", 10);
  static const char dict[] = "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }";
  assert_memory_equal(got + 10, dict, strlen(dict));
  for (size_t i = 10 + strlen(dict); i < 127; i++) assert_int_equal(got[i], ' ');
  assert_int_equal(got[127], '\n');
  assert_memory_equal(got + 128, m->values, 6 * sizeof(double));
  free(got);
  expect_content(in_dir("m.columns.json"),
                 "{\"id\": \"id\",\n\"ids\": [\"1\", \"a,b\", \"007\"],\n"
                 "\"columns\": [\"x__q_0.1\", \"x__attr_\\\"real\\\"\"]}\n");

  write_ok(m, in_dir("other.bin"), ML_FORMAT_NPY);
  assert_int_equal(access(in_dir("other.bin.columns.json"), R_OK), 0);
  ml_matrix_free(m);
}

static void npy_is_refused_on_standard_output(void **state) {
  (void)state;
  ml_matrix *m = nasty();
  ml_error err = {0};
  assert_int_equal(ml_matrix_write(m, "-", ML_FORMAT_NPY, NULL, &err), ML_ERR_USAGE);
  ml_matrix_free(m);
}

static void a_large_csv_reads_back(void **state) {
  (void)state;
  ml_matrix *m = large();
  size_t n;
  write_ok(m, in_dir("large.csv"), ML_FORMAT_AUTO);
  char *text = read_file(in_dir("large.csv"), &n);
  const char *p = strchr(text, '\n') + 1;
  for (size_t i = 0; i < m->n_rows; i++) {
    double value;
    for (size_t j = 0; j <= m->n_columns; j++) {
      p = ml_number_parse(p, text + n, &value);
      assert_non_null(p);
      assert_int_equal(*p, j < m->n_columns ? ',' : '\n');
      p++;
      expect_same("cell", value, j == 0 ? (double)i : m->values[i * m->n_columns + j - 1]);
    }
  }
  assert_ptr_equal(p, text + n);
  free(text);
  ml_matrix_free(m);
}

static void a_large_json_reads_back(void **state) {
  (void)state;
  ml_matrix *m = large();
  write_ok(m, in_dir("large.json"), ML_FORMAT_AUTO);
  json_t *root = json_load_file(in_dir("large.json"), 0, NULL);
  assert_non_null(root);
  json_t *data = json_object_get(root, "data");
  assert_int_equal(json_array_size(json_object_get(root, "columns")), m->n_columns);
  assert_int_equal(json_array_size(data), m->n_rows);
  for (size_t i = 0; i < m->n_rows * m->n_columns; i++) {
    json_t *row = json_array_get(data, i / m->n_columns);
    expect_same("cell", json_number_value(json_array_get(row, i % m->n_columns)), m->values[i]);
  }
  json_decref(root);
  ml_matrix_free(m);
}

typedef struct counter {
  int n, stop_at;
  const char *make_folder; /* when asked first */
} counter;

static bool count(void *ctx) {
  counter *c = ctx;
  if (c->make_folder && c->n == 0) mkdir(c->make_folder, 0777);
  return ++c->n == c->stop_at;
}

static void a_cancelled_write_leaves_nothing(void **state) {
  (void)state;
  static const char *names[] = {"c.csv", "c.csv.gz", "c.json", "c.npy"};
  ml_matrix *m = large();
  size_t n_before = n_entries();
  for (size_t i = 0; i < 4; i++) {
    counter c = {.stop_at = 2};
    ml_watch watch = {.cancelled = count, .ctx = &c};
    ml_error err = {0};
    assert_int_equal(ml_matrix_write(m, in_dir(names[i]), ML_FORMAT_AUTO, &watch, &err),
                     ML_ERR_CANCELLED);
    assert_int_equal(n_entries(), n_before);
  }
  ml_matrix_free(m);
}

static void a_pair_is_complete_or_absent(void **state) {
  (void)state;
  ml_matrix *m = large();
  ml_error err = {0};
  size_t n_before = n_entries();
  /* A folder of that name appears while the file is being written: its rename fails. */
  char path[512];
  snprintf(path, sizeof path, "%s", in_dir("pair.npy"));
  counter c = {.make_folder = path};
  ml_watch watch = {.cancelled = count, .ctx = &c};
  assert_int_equal(ml_matrix_write(m, path, ML_FORMAT_AUTO, &watch, &err), ML_ERR_IO);
  assert_string_equal(err.message, "cannot write: it is a folder");
  assert_int_equal(n_entries(), n_before + 1); /* that folder */
  /* Now it is there from the start. */
  assert_int_equal(ml_matrix_write(m, path, ML_FORMAT_AUTO, NULL, &err), ML_ERR_IO);
  assert_int_equal(n_entries(), n_before + 1);
  ml_matrix_free(m);
}

/* Old values beside new names, or the other way round, would be read as if they belonged together.
 */
static void old_values_never_lie_beside_new_names(void **state) {
  (void)state;
  ml_matrix *m = large(), *old = nasty();
  ml_error err = {0};
  write_ok(old, in_dir("old.npy"), ML_FORMAT_AUTO);
  assert_int_equal(remove(in_dir("old.columns.json")), 0);
  size_t n_before = n_entries();
  /* A folder in the place of the names fails their rename, which comes when the values are gone. */
  char names[512];
  snprintf(names, sizeof names, "%s", in_dir("old.columns.json"));
  counter c = {.make_folder = names};
  ml_watch watch = {.cancelled = count, .ctx = &c};
  assert_int_equal(ml_matrix_write(m, in_dir("old.npy"), ML_FORMAT_AUTO, &watch, &err), ML_ERR_IO);
  assert_int_not_equal(access(in_dir("old.npy"), F_OK), 0);
  assert_int_equal(n_entries(), n_before); /* a folder more, a file less */
  ml_matrix_free(m);
  ml_matrix_free(old);
}

static void only_npy_has_a_file_beside(void **state) {
  (void)state;
  char *beside = (char *)1;
  ml_error err = {0};
  assert_int_equal(ml_matrix_beside("a/x.csv", ML_FORMAT_AUTO, &beside, NULL), ML_OK);
  assert_null(beside);
  assert_int_equal(ml_matrix_beside("a/x.npy", ML_FORMAT_CSV, &beside, NULL), ML_OK);
  assert_null(beside);
  assert_int_equal(ml_matrix_beside("a/x.npy", ML_FORMAT_AUTO, &beside, NULL), ML_OK);
  assert_string_equal(beside, "a/x.columns.json");
  free(beside);
  assert_int_equal(ml_matrix_beside("x.npy.gz", ML_FORMAT_AUTO, &beside, &err), ML_ERR_USAGE);
  assert_null(beside);
}

static void a_full_disk_is_an_error(void **state) {
  (void)state;
  ml_matrix *m = large(), *small = nasty();
  ml_error err = {0};
  assert_int_equal(ml_matrix_write(m, full_device(), ML_FORMAT_CSV, NULL, &err), ML_ERR_IO);
  assert_int_equal(ml_matrix_write(small, full_device(), ML_FORMAT_JSON, NULL, &err), ML_ERR_IO);
  assert_string_equal(err.message, "cannot write: No space left on device");
  ml_matrix_free(m);
  ml_matrix_free(small);
}

static size_t size_of(const char *path) {
  size_t n;
  free(read_file(path, &n));
  return n;
}

/* Rows get their values when those before them are written. */
static void rows_can_come_one_after_another(void **state) {
  (void)state;
  static const char *names[] = {"s.csv", "s.csv.gz", "s.json", "s.npy"};
  static const size_t steps[] = {0, 1, 1, 700, 2999, 3000};
  ml_matrix *whole = large(), *m = large();
  const size_t n = m->n_columns;
  ml_error err = {0};
  for (size_t i = 0; i < 8; i++) {
    bool is_safe = i >= 4;
    char path[512];
    size_t n_want, n_got, done = 0;
    snprintf(path, sizeof path, "%s", in_dir(names[i % 4]));
    assert_int_equal(
        (is_safe ? ml_matrix_write_safe : ml_matrix_write)(whole, path, ML_FORMAT_AUTO, NULL, &err),
        ML_OK);
    char *want = read_file(path, &n_want);
    memset(m->values, 0, m->n_rows * n * sizeof *m->values);
    ml_matrix_writer *w = NULL;
    assert_int_equal(ml_matrix_write_open(m, path, ML_FORMAT_AUTO, is_safe, NULL, &w, &err), ML_OK);
    for (size_t k = 0; k < sizeof steps / sizeof *steps; done = steps[k++]) {
      memcpy(m->values + done * n, whole->values + done * n,
             (steps[k] - done) * n * sizeof *m->values);
      assert_int_equal(ml_matrix_write_rows(w, steps[k], &err), ML_OK);
      assert_int_equal(size_of(path), n_want); /* the old one, until the end */
    }
    assert_int_equal(ml_matrix_write_commit(w, &err), ML_OK);
    char *got = read_file(path, &n_got);
    assert_int_equal(n_got, n_want);
    assert_memory_equal(got, want, n_want);
    free(got);
    free(want);
  }
  ml_matrix_free(whole);
  ml_matrix_free(m);
}

static void a_write_that_is_given_up_leaves_nothing(void **state) {
  (void)state;
  static const char *names[] = {"u.csv", "u.csv.gz", "u.json", "u.npy"};
  ml_matrix *m = large();
  ml_error err = {0};
  size_t n_before = n_entries();
  for (size_t i = 0; i < 8; i++) {
    ml_matrix_writer *w = NULL;
    assert_int_equal(
        ml_matrix_write_open(m, in_dir(names[i % 4]), ML_FORMAT_AUTO, i >= 4, NULL, &w, &err),
        ML_OK);
    assert_int_equal(ml_matrix_write_rows(w, 2000, &err), ML_OK);
    ml_matrix_write_abort(w);
    assert_int_equal(n_entries(), n_before);
  }
  ml_matrix_write_abort(NULL);
  ml_matrix_free(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(begins_as_zeros_without_names),
      cmocka_unit_test(too_large_is_an_error),
      cmocka_unit_test(csv),
      cmocka_unit_test(without_rows_or_columns),
      cmocka_unit_test(json),
      cmocka_unit_test(json_ids_are_numbers_where_json_has_them),
      cmocka_unit_test(npy),
      cmocka_unit_test(npy_is_refused_on_standard_output),
      cmocka_unit_test(a_large_csv_reads_back),
      cmocka_unit_test(a_large_json_reads_back),
      cmocka_unit_test(a_cancelled_write_leaves_nothing),
      cmocka_unit_test(a_pair_is_complete_or_absent),
      cmocka_unit_test(old_values_never_lie_beside_new_names),
      cmocka_unit_test(only_npy_has_a_file_beside),
      cmocka_unit_test(a_full_disk_is_an_error),
      cmocka_unit_test(rows_can_come_one_after_another),
      cmocka_unit_test(a_write_that_is_given_up_leaves_nothing),
  };
  return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}
