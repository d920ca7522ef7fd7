/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Several files as one, and a file some rows at a time. */
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>

/* ---- the next file ---- */

static ml_status fail_column(const ml_csv *csv, const ml_csv *first, size_t j, ml_error *err) {
  char here[CSV_QUOTE_MAX], there[CSV_QUOTE_MAX];
  const char *a = ml_csv_column(csv, j), *b = ml_csv_column(first, j);
  return ml_error_at(err, ML_ERR_PARSE, csv->name, 0, 0,
                     "column %zu is \"%s\", and \"%s\" in %.100s: files that are read as one have "
                     "the same columns in the same order",
                     j + 1, csv__quote(a, strlen(a), here), csv__quote(b, strlen(b), there),
                     first->files.paths[0]);
}

/* @param first  with the header of the first file */
static ml_status check_header(const ml_csv *csv, const ml_csv *first, ml_error *err) {
  const size_t n = ml_csv_n_columns(first);
  const size_t least = ml_csv_n_columns(csv) < n ? ml_csv_n_columns(csv) : n;
  for (size_t j = 0; j < least; j++)
    if (strcmp(ml_csv_column(csv, j), ml_csv_column(first, j)) != 0)
      return fail_column(csv, first, j, err);
  if (ml_csv_n_columns(csv) != n)
    return ml_error_at(err, ML_ERR_PARSE, csv->name, 0, 0,
                       "%zu column%s, and %zu in %.100s: files that are read as one have the same "
                       "columns in the same order",
                       ml_csv_n_columns(csv), ml_csv_n_columns(csv) == 1 ? "" : "s", n,
                       first->files.paths[0]);
  if (csv->delimiter != first->delimiter)
    return csv__is_made(csv) || csv__is_made(first)
               ? ml_error_at(err, ML_ERR_PARSE, csv->name, 0, 0,
                             "it is not of the same kind as %.100s: one is text of CSV",
                             first->files.paths[0])
               : ml_error_at(err, ML_ERR_PARSE, csv->name, 0, 0,
                             "the delimiter is '%c', and '%c' in %.100s", csv->delimiter,
                             first->delimiter, first->files.paths[0]);
  return ML_OK;
}

static ml_status open_next(ml_csv *csv, ml_error *err) {
  const char *path = csv->files.paths[csv->file + 1];
  char *name = strdup(path);
  if (!name) return ml_error_memory(err);
  free(csv->name);
  csv->name = name;
  csv__close_file(csv);
  csv->file++;
  csv->line = 1;
  csv->at = csv->n = csv->n_passed = 0;
  csv->at_end = false;
  csv->lines = CSV_LINES_UNKNOWN;
  csv->delimiter = csv->asked_delimiter;
  return csv__open_file(csv, err);
}

ml_status csv__next_file(ml_csv *csv, bool *is_there, ml_error *err) {
  const ml_csv first = *csv;
  *is_there = csv->file + 1 < csv->files.n;
  if (!*is_there) return ML_OK;
  csv->header = (csv_fields){0};
  csv->by_name = NULL;
  ml_status status = open_next(csv, err);
  if (status == ML_OK) status = csv__read_header(csv, err);
  if (status == ML_OK) status = check_header(csv, &first, err);
  csv__fields_release(&csv->header);
  free(csv->by_name);
  csv->header = first.header;
  csv->by_name = first.by_name;
  return status;
}

/* ---- some rows at a time ---- */

void csv__read_on(ml_csv *csv) {
  csv->was_read = false;
  free(csv->runs);
  csv->runs = NULL;
  csv->n_runs = csv->runs_capacity = csv->n_jumps = 0;
}
