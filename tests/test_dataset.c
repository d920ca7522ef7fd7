/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datasets: features of files, texts among them, levels. */
#include "dataset_cases.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const ml_dataset_opts target_y = {.target = "y"};

static void expect_column(const ml_dataset *data, size_t j, const char *name, const double *want) {
  assert_string_equal(data->names[j], name);
  for (size_t i = 0; i < data->n_rows; i++)
    expect_same(name, data->x[j * data->n_rows + i], want[i]);
}

/* ---- features ---- */

static void features(void **state) {
  (void)state;
  ml_dataset *data = read_text("id,a,b,y\nr1,1.5,True,2\nr2,,false,0.5\nr3,NA,1,1e3\n", &target_y);
  assert_int_equal(data->n_rows, 3);
  assert_int_equal(data->n_features, 2);
  expect_column(data, 0, "a", (double[]){1.5, NAN, NAN});
  expect_column(data, 1, "b", (double[]){1, 0, 1});
  assert_string_equal(data->id, "id");
  assert_string_equal(data->ids[2], "r3");
  assert_string_equal(data->target, "y");
  assert_int_equal(data->problem, ML_REGRESSION);
  for (size_t i = 0; i < 3; i++) expect_same("y", data->y[i], (double[]){2, 0.5, 1000}[i]);
  assert_null(data->weights);
  assert_int_equal(data->classes.n, 0);
  assert_true(data->block->data == data->x);
  ml_dataset_free(data);
}

/* The first column is an id by its name only, unlike that of a file of features. */
static void no_ids(void **state) {
  (void)state;
  const ml_dataset_opts none = {.target = "y", .id = ""}, named = {.target = "y", .id = "b"};
  ml_dataset *data = read_text("storm,y\n5,1\n6,2\n", &target_y);
  assert_int_equal(data->n_features, 1);
  assert_null(data->ids);
  ml_dataset_free(data);
  data = read_text("id,b,y\n5,1,1\n6,2,2\n", &none);
  assert_int_equal(data->n_features, 2);
  ml_dataset_free(data);
  data = read_text("id,b,y\n5,x,1\n6,z,2\n", &named);
  assert_string_equal(data->names[0], "id");
  assert_string_equal(data->ids[1], "z");
  ml_dataset_free(data);
  data = read_text("a,b\n5,1\n", NULL);
  assert_int_equal(data->problem, ML_PROBLEM_AUTO);
  assert_null(data->y);
  assert_null(data->target);
  ml_dataset_free(data);
}

static void wrong_features(void **state) {
  (void)state;
  expect_error("a,y\n1,1\n1,2\n2,inf\n", &target_y, ML_ERR_PARSE, "4: target \"y\" is infinite");
  expect_error("a,y\n1,1\n-inf,2\n", &target_y, ML_ERR_PARSE, "3:1: infinite value \"-inf\"");
  ml_dataset *data =
      read_text("a,y\n1,1\n-inf,2\n", &(ml_dataset_opts){.target = "y", .takes_infinite = true});
  assert_true(data->x[1] == -INFINITY);
  ml_dataset_free(data);
  expect_error("a,y\n1,1\n1e999,2\n", &target_y, ML_ERR_PARSE,
               "3:1: \"1e999\" is too large for a double");
  expect_error("a,y\n1,1\n2\n", &target_y, ML_ERR_PARSE, "3:2: expected 2 fields, found 1");
  expect_error("a,y\n", &target_y, ML_ERR_PARSE, " no rows");
  expect_error("y\n1\n2\n", &target_y, ML_ERR_PARSE, " no column of a feature (the file has: y)");
  expect_error("id,a,y\n7,1,1\n8,1,2\n7,1,3\n", &target_y, ML_ERR_PARSE,
               "4: id \"7\" is in line 2 already; --id \"\" says that the column is no id");
  expect_error("id,a,y\n7,1,1\n8,1,2\n7.0,1,3\n", &target_y, ML_ERR_PARSE,
               "4: id \"7.0\" is in line 2 already; --id \"\" says that the column is no id");
  expect_error("alpha,y\n1,1\n", &(ml_dataset_opts){.target = "alpa"}, ML_ERR_USAGE,
               " no column \"alpa\" (did you mean \"alpha\"?)");
  expect_error("a,y\n1,1\n", &(ml_dataset_opts){.target = "y", .weights = "y"}, ML_ERR_USAGE,
               " column \"y\" is given two parts");
}

/* ---- texts ---- */

static void expect_categories(const ml_dataset *data, size_t j, const char *want) {
  char got[256] = "";
  assert_non_null(data->categories);
  for (size_t k = 0; k < data->categories[j].n; k++)
    snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", k ? "," : "",
             data->categories[j].labels[k]);
  assert_string_equal(got, want);
  assert_null(data->categories[j].codes);
}

static void texts(void **state) {
  (void)state;
  ml_dataset *data = read_text(
      "a,c,b,y\n1,red,true,1\n2,,False,2\n3, blue ,true,3\n4,\"red\",x,4\n"
      "5,None,,5\n6,none,1,6\n",
      &(ml_dataset_opts){.target = "y", .problem = ML_REGRESSION});
  expect_column(data, 0, "a", (double[]){1, 2, 3, 4, 5, 6});
  expect_column(data, 1, "c", (double[]){2, NAN, 0, 2, NAN, 1});
  expect_column(data, 2, "b", (double[]){2, 1, 2, 3, NAN, 0});
  expect_categories(data, 1, "blue,none,red");
  expect_categories(data, 2, "1,False,true,x");
  assert_int_equal(data->categories[0].n, 0);
  ml_dataset_free(data);
}

enum { N_LATE = 50000 };

/* Texts in the last rows, long behind where anybody looks at first; as numbers they would have been
 * read: 1.0 and 1 are two texts. */
static char *late_texts(size_t *n) {
  ml_buf text = {0};
  ml_buf_puts(&text, "a,b,c,d,y\n");
  for (int i = 0; i < N_LATE; i++)
    ml_buf_printf(&text, "%d,%s,%s,%d,%d.5\n", i, i % 2 ? "1.0" : "1",
                  i == N_LATE - 2   ? "z"
                  : i == N_LATE / 2 ? ""
                                    : "7",
                  -i, i);
  ml_buf_puts(&text, "1,x,7,2,3\n");
  assert_false(text.failed);
  *n = text.n;
  ml_buf_put(&text, "", 1);
  return text.data;
}

static void check_late(ml_dataset *data) {
  const size_t n = N_LATE + 1;
  assert_int_equal(data->n_rows, n);
  assert_int_equal(data->n_features, 4);
  expect_categories(data, 1, "1,1.0,x");
  expect_categories(data, 2, "7,z");
  assert_int_equal(data->categories[0].n + data->categories[3].n, 0);
  for (size_t i = 0; i < N_LATE; i++) {
    expect_same("a", data->x[i], (double)i);
    expect_same("b", data->x[n + i], i % 2 ? 1 : 0);
    expect_same("c", data->x[2 * n + i], i == N_LATE - 2 ? 1 : i == N_LATE / 2 ? NAN : 0);
    expect_same("d", data->x[3 * n + i], i ? -(double)i : 0);
    expect_same("y", data->y[i], (double)i + 0.5);
  }
  expect_same("last", data->x[n + N_LATE], 2);
  ml_dataset_free(data);
}

static void texts_that_come_late(void **state) {
  (void)state;
  size_t n;
  char *text = late_texts(&n);
  check_late(read_text(text, &target_y));
  free(text);
}

/* A target that looks like numbers for long. */
static void classes_that_come_late(void **state) {
  (void)state;
  ml_buf text = {0};
  ml_buf_puts(&text, "a,y\n");
  for (int i = 0; i < N_LATE; i++) ml_buf_printf(&text, "%d,%d.5\n", i, i % 3);
  ml_buf_puts(&text, "1,x\n");
  ml_buf_put(&text, "", 1);
  ml_dataset *data = read_text(text.data, &target_y);
  assert_int_equal(data->problem, ML_CLASSIFICATION);
  assert_int_equal(data->classes.n, 4);
  assert_string_equal(data->classes.labels[3], "x");
  assert_int_equal(data->classes.codes[1], 1);
  ml_dataset_free(data);
  ml_buf_release(&text);
}

static void texts_of_a_pipe(void **state) {
  (void)state;
  size_t n;
  char *text = late_texts(&n);
  const char *path = in_dir("pipe");
  assert_int_equal(mkfifo(path, 0600), 0);
  const pid_t writer = fork();
  if (writer == 0) {
    FILE *f = fopen(path, "wb");
    _exit(f && fwrite(text, 1, n, f) == n && fclose(f) == 0 ? 0 : 1);
  }
  check_late(read_ok(path, &target_y));
  int status;
  assert_int_equal(waitpid(writer, &status, 0), writer);
  assert_int_equal(status, 0);
  free(text);
}

/* The block of an executor that shares memory is a memfd of exactly that size. */
static void shared_memory(void **state) {
  (void)state;
  size_t n;
  char *text = late_texts(&n);
  const ml_exec exec = {.shares_memory = true};
  ml_dataset *data = NULL;
  ml_error err = {0};
  const char *path = put(text);
  assert_int_equal(ml_dataset_read(path, &target_y, &exec, &data, &err), ML_OK);
  assert_true(data->block->fd >= 0);
  struct stat st;
  assert_int_equal(fstat(data->block->fd, &st), 0);
  assert_int_equal(st.st_size, sizeof(double) * 4 * (N_LATE + 1));
  assert_int_equal(data->block->size, st.st_size);
  const int seals = fcntl(data->block->fd, F_GET_SEALS);
  assert_int_equal(seals & (F_SEAL_SHRINK | F_SEAL_GROW), F_SEAL_SHRINK | F_SEAL_GROW);
  check_late(data);
  free(text);
}

/* ---- .npy ---- */

/* A file with the names beside it: 5 rows of a, y, w, g, s, e. */
static const char *put_npy(bool by_column, double bad_weight, double bad_feature) {
  static const char names[] =
      "{\"id\": \"id\", \"ids\": [\"r1\", \"r2\", \"r3\", \"r4\", \"r5\"], "
      "\"columns\": [\"a\", \"y\", \"w\", \"g\", \"s\", \"b\"]}";
  const double rows[5][6] = {{1, 2, 1, 7, 1, -1},
                             {NAN, 1, 0, -1, 2, -2},
                             {3, 2, bad_weight, 7.5, 3, -3},
                             {bad_feature, 2, 1, 7, 4, -4},
                             {5, 1, 1, -1, 5, -5}};
  char header[128];
  put_as("n.columns.json", names);
  const char *path = in_dir("n.npy");
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  snprintf(header, sizeof header, "{'descr': '<f8', 'fortran_order': %s, 'shape': (5, 6), }",
           by_column ? "True" : "False");
  fprintf(f, "\x93NUMPY");
  fputc(1, f), fputc(0, f), fputc(118, f), fputc(0, f);
  fprintf(f, "%-117s\n", header);
  for (size_t k = 0; k < 30; k++) {
    const double value = by_column ? rows[k % 5][k / 5] : rows[k / 6][k % 6];
    assert_int_equal(fwrite(&value, sizeof value, 1, f), 1);
  }
  assert_int_equal(fclose(f), 0);
  return path;
}

static const ml_dataset_opts npy_opts = {
    .target = "y", .weights = "w", .groups = "g", .start = "s"};

static void npy(void **state) {
  (void)state;
  for (int by_column = 0; by_column < 2; by_column++) {
    ml_dataset *data = read_ok(put_npy(by_column, 0.5, 4), &npy_opts);
    assert_int_equal(data->n_rows, 5);
    assert_int_equal(data->n_features, 2);
    expect_column(data, 0, "a", (double[]){1, NAN, 3, 4, 5});
    expect_column(data, 1, "b", (double[]){-1, -2, -3, -4, -5});
    assert_null(data->categories);
    assert_int_equal(data->problem, ML_CLASSIFICATION);
    expect_levels(&data->classes, 5, "1,2: 1 0 1 1 0");
    expect_levels(&data->groups, 5, "-1,7,7.5: 1 0 2 1 0");
    for (size_t i = 0; i < 5; i++) {
      expect_same("w", data->weights[i], (double[]){1, 0, 0.5, 1, 1}[i]);
      expect_same("s", data->start[i], (double)i + 1);
    }
    assert_string_equal(data->id, "id");
    assert_string_equal(data->ids[4], "r5");
    ml_dataset_free(data);
  }
  ml_dataset *data =
      read_ok(put_npy(false, 1, 1), &(ml_dataset_opts){.id = "", .exclude = "y,w,g,s"});
  assert_int_equal(data->n_features, 2);
  assert_null(data->ids);
  ml_dataset_free(data);
}

static void expect_wrong_npy(const char *path, const ml_dataset_opts *opts, const char *want) {
  ml_dataset *data = NULL;
  ml_error err = {0};
  assert_int_equal(ml_dataset_read(path, opts, NULL, &data, &err), ML_ERR_PARSE);
  assert_string_equal(err.message, want);
}

static void wrong_npy(void **state) {
  (void)state;
  expect_wrong_npy(put_npy(false, -1, 4), &npy_opts, "weight \"w\" is negative for id \"r3\"");
  expect_wrong_npy(put_npy(true, NAN, 4), &npy_opts, "weight \"w\" has no value for id \"r3\"");
  expect_wrong_npy(put_npy(true, 1, -INFINITY), &npy_opts,
                   "feature \"a\" is infinite for id \"r4\"");
  ml_dataset_opts takes_infinite = npy_opts;
  takes_infinite.takes_infinite = true;
  ml_dataset *data = read_ok(put_npy(true, 1, -INFINITY), &takes_infinite);
  assert_true(isinf(data->x[3]));
  ml_dataset_free(data);
  expect_wrong_npy(put_npy(true, 1, 1), &(ml_dataset_opts){.target = "a"},
                   "target \"a\" has no value for id \"r2\"");
}

/* ---- levels ---- */

static void levels(void **state) {
  (void)state;
  ml_levels out;
  ml_error err = {0};
  assert_int_equal(ml_levels_make((const char *[]){"10", "9", "10", "1e1", "-3"}, 5, &out, &err),
                   ML_OK);
  expect_levels(&out, 5, "-3,9,10: 2 1 2 2 0");
  ml_levels_release(&out);
  assert_int_equal(ml_levels_make((const char *[]){"10", "9", "x"}, 3, &out, &err), ML_OK);
  expect_levels(&out, 3, "10,9,x: 0 1 2");
  ml_levels_release(&out);
  assert_int_equal(ml_levels_make(NULL, 0, &out, &err), ML_OK);
  assert_int_equal(out.n, 0);
  ml_levels_release(&out);
  ml_levels_release(NULL);
  ml_dataset_free(NULL);
}

/* ---- of a matrix ------------------------------------------------------------------------------
 */

/* 70 x 40 numbers, in either order, are more than one piece of what is transposed at a time. */
static ml_matrix *make_matrix(size_t n_rows, size_t n_columns, bool by_column) {
  ml_matrix *m;
  char name[32];
  assert_int_equal(ml_matrix_new(NULL, n_rows, n_columns, &m, NULL), ML_OK);
  m->by_column = by_column;
  for (size_t i = 0; i < n_rows; i++) {
    snprintf(name, sizeof name, "r%zu", i);
    m->rows[i] = strdup(name);
    for (size_t j = 0; j < n_columns; j++)
      m->values[by_column ? j * n_rows + i : i * n_columns + j] = (double)(1000 * i + j);
  }
  for (size_t j = 0; j < n_columns; j++) {
    snprintf(name, sizeof name, "c%zu", j);
    m->columns[j] = strdup(name);
  }
  return m;
}

static void of_matrix(void **state) {
  (void)state;
  ml_dataset *data;
  ml_error err = {0};
  for (int k = 0; k < 2; k++) {
    ml_matrix *m = make_matrix(70, 40, k == 1);
    assert_int_equal(ml_dataset_of_matrix(m, NULL, NULL, &data, &err), ML_OK);
    ml_matrix_free(m);
    assert_int_equal(data->n_rows, 70);
    assert_int_equal(data->n_features, 40);
    assert_int_equal(data->problem, ML_PROBLEM_AUTO);
    assert_string_equal(data->names[39], "c39");
    assert_string_equal(data->ids[69], "r69");
    assert_string_equal(data->id, "id");
    for (size_t j = 0; j < 40; j++)
      for (size_t i = 0; i < 70; i++) assert_true(data->x[j * 70 + i] == (double)(1000 * i + j));
    ml_dataset_free(data);
  }
}

static void of_matrix_with_target(void **state) {
  (void)state;
  ml_dataset *data = (ml_dataset *)1;
  ml_target *target;
  ml_error err = {0};
  ml_matrix *m = make_matrix(4, 2, false);
  assert_int_equal(ml_target_from_texts("kind", (const char *[]){"10", "9", "-1", "9"}, 4, NULL,
                                        ML_CLASSIFICATION, NULL, &target, &err),
                   ML_OK);
  assert_int_equal(ml_dataset_of_matrix(m, target, NULL, &data, &err), ML_OK);
  ml_target_free(target);
  assert_int_equal(data->problem, ML_CLASSIFICATION);
  assert_string_equal(data->target, "kind");
  expect_levels(&data->classes, 4, "-1,9,10: 2 1 0 1");
  ml_dataset_free(data);

  assert_int_equal(ml_target_from_numbers("size", (const double[]){0.5, 2, -1, 4}, 4, ML_REGRESSION,
                                          &target, &err),
                   ML_OK);
  assert_int_equal(ml_dataset_of_matrix(m, target, NULL, &data, &err), ML_OK);
  assert_int_equal(data->problem, ML_REGRESSION);
  assert_true(data->y[0] == 0.5 && data->y[2] == -1 && data->y[3] == 4);
  ml_dataset_free(data);
  ml_matrix_free(m);

  data = (ml_dataset *)1;
  m = make_matrix(3, 2, false);
  assert_int_equal(ml_dataset_of_matrix(m, target, NULL, &data, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "3 rows, but the target has 4");
  assert_ptr_equal(data, (ml_dataset *)1);
  ml_target_free(target);
  ml_matrix_free(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(features),
      cmocka_unit_test(no_ids),
      cmocka_unit_test(wrong_features),
      cmocka_unit_test(texts),
      cmocka_unit_test(texts_that_come_late),
      cmocka_unit_test(classes_that_come_late),
      cmocka_unit_test(texts_of_a_pipe),
      cmocka_unit_test(shared_memory),
      cmocka_unit_test(npy),
      cmocka_unit_test(wrong_npy),
      cmocka_unit_test(levels),
      cmocka_unit_test(of_matrix),
      cmocka_unit_test(of_matrix_with_target),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
