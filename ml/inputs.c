/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From arguments to a list of files. */
#include <assert.h>
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ml/duckdb.h>
#include <ml/inputs.h>

static bool add(ml_inputs *list, const char *path) {
  char **paths = reallocarray(list->paths, list->n + 1, sizeof *paths);
  if (!paths) return false;
  list->paths = paths;
  paths[list->n] = strdup(path);
  return paths[list->n++] != NULL;
}

static int compare_paths(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static int stop_at_error(const char *path, int code) {
  (void)path;
  return code != ENOENT && code != ENOTDIR;
}

/* The order of the shell depends on the locale; this one is the same everywhere. */
static ml_status add_matches(ml_inputs *list, const char *pattern, ml_error *err) {
  glob_t found = {0};
  const size_t before = list->n;
  const int result = glob(pattern, GLOB_NOSORT, stop_at_error, &found);
  ml_status status = ML_OK;
  if (result == GLOB_NOSPACE)
    status = ml_error_memory(err);
  else if (result == GLOB_ABORTED)
    status = ml_error_at(err, ML_ERR_IO, pattern, 0, 0, "a folder cannot be read");
  else if (result != 0)
    status = ml_error_at(err, ML_ERR_IO, pattern, 0, 0, "no file matches");
  for (size_t i = 0; status == ML_OK && i < found.gl_pathc; i++)
    if (!add(list, found.gl_pathv[i])) status = ml_error_memory(err);
  if (status == ML_OK)
    qsort(list->paths + before, list->n - before, sizeof *list->paths, compare_paths);
  globfree(&found);
  return status;
}

static bool is_pattern(const char *arg) {
  const bool is_query = strncmp(arg, ML_DUCKDB_QUERY, strlen(ML_DUCKDB_QUERY)) == 0;
  return !is_query && strpbrk(arg, "*?[") && access(arg, F_OK) != 0;
}

static ml_status check_twice(const ml_inputs *list, ml_error *err) {
  char **sorted = reallocarray(NULL, list->n + 1, sizeof *sorted);
  ml_status status = sorted ? ML_OK : ml_error_memory(err);
  if (sorted && list->n > 0) memcpy(sorted, list->paths, list->n * sizeof *sorted);
  if (sorted) qsort(sorted, list->n, sizeof *sorted, compare_paths);
  for (size_t i = 1; status == ML_OK && i < list->n; i++)
    if (strcmp(sorted[i - 1], sorted[i]) == 0)
      status = ml_error_at(err, ML_ERR_USAGE, sorted[i], 0, 0, "this input is given twice");
  free(sorted);
  return status;
}

ml_status ml_inputs_list(const char *const *args, size_t n, ml_inputs *out, ml_error *err) {
  assert((args || n == 0) && out);
  ml_inputs list = {0};
  ml_status status = ML_OK;
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    if (is_pattern(args[i]))
      status = add_matches(&list, args[i], err);
    else if (!add(&list, args[i]))
      status = ml_error_memory(err);
  }
  if (status == ML_OK) status = check_twice(&list, err);
  if (status == ML_OK)
    *out = list;
  else
    ml_inputs_release(&list);
  return status;
}

void ml_inputs_release(ml_inputs *inputs) {
  for (size_t i = 0; i < inputs->n; i++) free(inputs->paths[i]);
  free(inputs->paths);
  *inputs = (ml_inputs){0};
}
