/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of features, and what is expected of reading them. */
#include "features_cases.h"

#include <stdio.h>
#include <stdlib.h>

const char *in_dir(const char *name) {
  static char paths[4][512];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", temp_dir(), name);
  return path;
}

const char *put_bytes(const char *name, const void *bytes, size_t n) {
  const char *path = in_dir(name);
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, n, f), n);
  assert_int_equal(fclose(f), 0);
  return path;
}

ml_matrix *read_ok(const char *path, const ml_features_opts *opts, ml_target **target) {
  ml_matrix *m = NULL;
  ml_error err = {0};
  char text[1024];
  if (ml_features_read(path, opts, NULL, &m, target, &err) != ML_OK) {
    ml_error_format(&err, text, sizeof text);
    fail_msg("%s", text);
  }
  return m;
}

void expect_matrix(const char *path, const ml_features_opts *opts, const char *want) {
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

void show_error(const ml_error *err, char *buf, size_t size) {
  char line[24] = "", column[24] = "";
  if (err->line) snprintf(line, sizeof line, "%zu:", err->line);
  if (err->column) snprintf(column, sizeof column, "%zu:", err->column);
  snprintf(buf, size, "%s%s%s%s", line, column, *line ? " " : "", err->message);
}

void expect_error_of(const char *path, const ml_features_opts *opts, ml_status status,
                     const char *want) {
  ml_matrix *m = (ml_matrix *)1;
  ml_target *target = NULL;
  ml_error err = {0};
  char got[1024];
  assert_int_equal(ml_features_read(path, opts, NULL, &m, &target, &err), status);
  show_error(&err, got, sizeof got);
  assert_string_equal(got, want);
  assert_ptr_equal(m, (ml_matrix *)1);
  assert_null(target);
}
