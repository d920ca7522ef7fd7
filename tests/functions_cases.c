/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions by name, new for each test, and files to load. */
#include "functions_cases.h"

#include <stdio.h>
#include <stdlib.h>

ml_arena *arena;
ml_functions *functions;

int set_up(void **state) {
  (void)state;
  arena = ml_arena_new();
  unsetenv("MLTOOL_PLUGINS");
  return !arena || ml_functions_new(&functions, NULL) != ML_OK;
}

int tear_down(void **state) {
  (void)state;
  ml_arena_free(arena);
  ml_functions_free(functions);
  return 0;
}

void load(const char *what) {
  ml_error err = {0};
  if (ml_functions_load(functions, what, NULL, &err) != ML_OK)
    fail_msg("%s: %s", what, err.message);
}

void expect_refused(const char *what, ml_status status, const char *message) {
  ml_error err = {0};
  size_t n = ml_functions_n(functions);
  assert_int_equal(ml_functions_load(functions, what, NULL, &err), status);
  assert_string_equal(err.message, message);
  assert_int_equal(ml_functions_n(functions), n);
}

void write_file(const char *path, const void *bytes, size_t n) {
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, n, f), n);
  assert_int_equal(fclose(f), 0);
}

const char *file_of(const char *name) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", temp_dir(), name);
  return path;
}

void copy_file(const char *from, const char *to) {
  size_t n;
  char *bytes = read_file(from, &n);
  write_file(to, bytes, n);
  free(bytes);
}
