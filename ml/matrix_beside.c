/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which files a matrix is written to: the format by the path's end, and what lies beside. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/duckdb.h>

#include "matrix_internal.h"

static bool ends_with(const char *text, const char *end) {
  size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

ml_format matrix__format_of(const char *path) {
  static const struct {
    const char *end;
    ml_format format;
  } ends[] = {{".npy", ML_FORMAT_NPY},     {".parquet", ML_FORMAT_PARQUET},
              {".json", ML_FORMAT_JSON},   {".json.gz", ML_FORMAT_JSON},
              {".jsonl", ML_FORMAT_JSONL}, {".jsonl.gz", ML_FORMAT_JSONL}};
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
    if (ends_with(path, ends[i].end)) return ends[i].format;
  return ML_FORMAT_CSV;
}

static ml_status check_parquet(const char *path, ml_error *err) {
  if (strcmp(path, "-") == 0)
    return ml_error_set(err, ML_ERR_USAGE,
                        "a Parquet file needs a name: it cannot go to standard output");
  return ml_duckdb_open("writing Parquet", err);
}

ml_status ml_matrix_beside(const char *path, ml_format format, char **beside, ml_error *err) {
  *beside = NULL;
  if (format == ML_FORMAT_AUTO && ends_with(path, ".npy.gz"))
    return ml_error_set(err, ML_ERR_USAGE,
                        "%s: NumPy does not read compressed files; take .npy, or .csv.gz", path);
  if (format == ML_FORMAT_AUTO) format = matrix__format_of(path);
  if (format == ML_FORMAT_PARQUET) return check_parquet(path, err);
  if (format != ML_FORMAT_NPY) return ML_OK;
  if (strcmp(path, "-") == 0)
    return ml_error_set(err, ML_ERR_USAGE,
                        "a .npy file needs a name: it cannot go to standard output");
  int stem = (int)(strlen(path) - (ends_with(path, ".npy") ? strlen(".npy") : 0));
  if (asprintf(beside, "%.*s.columns.json", stem, path) >= 0) return ML_OK;
  *beside = NULL;
  return ml_error_memory(err);
}

ml_status ml_matrix_names_beside(const char *path, char **beside, ml_error *err) {
  static const char *const ends[] = {".csv",     ".csv.gz", ".npy",      ".json",
                                     ".json.gz", ".jsonl",  ".jsonl.gz", ".parquet"};
  *beside = NULL;
  if (strcmp(path, "-") == 0)
    return ml_error_set(err, ML_ERR_USAGE,
                        "safe names need a file to lie beside: they cannot go to standard output");
  int stem = (int)strlen(path);
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    if (ends_with(path, ends[i])) stem = (int)(strlen(path) - strlen(ends[i]));
  if (asprintf(beside, "%.*s.names.csv", stem, path) >= 0) return ML_OK;
  *beside = NULL;
  return ml_error_memory(err);
}
