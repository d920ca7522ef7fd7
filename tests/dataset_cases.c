/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of datasets share: files, and what is expected of reading them. */
#include "dataset_cases.h"

#include <stdio.h>
#include <string.h>

const char *in_dir(const char *name) {
  static char paths[4][512];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", temp_dir(), name);
  return path;
}

const char *put_as(const char *name, const char *text) {
  const char *path = in_dir(name);
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fputs(text, f) >= 0, 1);
  assert_int_equal(fclose(f), 0);
  return path;
}

const char *put(const char *text) {
  return put_as("d.csv", text);
}

ml_dataset *read_ok(const char *path, const ml_dataset_opts *opts) {
  ml_dataset *data = NULL;
  ml_error err = {0};
  char text[1024];
  if (ml_dataset_read(path, opts, NULL, &data, &err) != ML_OK) {
    ml_error_format(&err, text, sizeof text);
    fail_msg("%s", text);
  }
  return data;
}

ml_dataset *read_text(const char *text, const ml_dataset_opts *opts) {
  return read_ok(put(text), opts);
}

void expect_error_of(const char *path, const ml_dataset_opts *opts, ml_status status,
                     const char *want) {
  ml_dataset *data = (ml_dataset *)1;
  ml_error err = {0};
  char got[1024], text[1024];
  assert_int_equal(ml_dataset_read(path, opts, NULL, &data, &err), status);
  ml_error_format(&err, text, sizeof text);
  snprintf(got, sizeof got, "%s", strstr(text, "csv:") ? strstr(text, "csv:") + 4 : text);
  assert_string_equal(got, want);
  assert_ptr_equal(data, (ml_dataset *)1);
}

void expect_error(const char *text, const ml_dataset_opts *opts, ml_status status,
                  const char *want) {
  expect_error_of(put(text), opts, status, want);
}

void expect_levels(const ml_levels *levels, size_t n_rows, const char *want) {
  char got[1024] = "";
  size_t n = 0;
  for (size_t k = 0; k < levels->n; k++)
    n += (size_t)snprintf(got + n, sizeof got - n, "%s%s", k ? "," : "", levels->labels[k]);
  n += (size_t)snprintf(got + n, sizeof got - n, ":");
  for (size_t i = 0; i < n_rows && levels->codes; i++)
    n += levels->codes[i] == UINT32_MAX
             ? (size_t)snprintf(got + n, sizeof got - n, " -")
             : (size_t)snprintf(got + n, sizeof got - n, " %u", levels->codes[i]);
  assert_string_equal(got, want);
}
