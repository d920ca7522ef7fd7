/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of the columns of a CSV file, and how one is found. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>

static int compare_columns(const void *a, const void *b, void *csv) {
  return strcmp(ml_csv_column(csv, *(const size_t *)a), ml_csv_column(csv, *(const size_t *)b));
}

ml_status csv__take_names(ml_csv *csv, ml_error *err) {
  const size_t n_columns = csv->header.n;
  csv->by_name = reallocarray(NULL, n_columns, sizeof *csv->by_name);
  if (!csv->by_name) return ml_error_memory(err);
  for (size_t j = 0; j < n_columns; j++) {
    const char *name = csv->header.text.data + csv->header.starts[j];
    size_t n = csv__trim(&name, strlen(name));
    if (csv__bad_utf8(name, n))
      return csv__fail(csv, csv->window + csv->at, err,
                       "the name of column %zu is not UTF-8; convert the file, for example: iconv "
                       "-f WINDOWS-1252 -t UTF-8",
                       j + 1);
    csv->header.starts[j] = (size_t)(name - csv->header.text.data);
    csv->header.text.data[csv->header.starts[j] + n] = 0;
    csv->by_name[j] = j;
  }
  qsort_r(csv->by_name, n_columns, sizeof *csv->by_name, compare_columns, csv);
  return ML_OK;
}

size_t ml_csv_n_columns(const ml_csv *csv) {
  return csv->header.n;
}

const char *ml_csv_column(const ml_csv *csv, size_t j) {
  assert(j < csv->header.n);
  return csv->header.text.data + csv->header.starts[j];
}

size_t csv__count_named(const ml_csv *csv, const char *name, size_t *column) {
  const size_t *sorted = csv->by_name;
  size_t lo = 0, hi = csv->header.n, n = 0;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    if (strcmp(ml_csv_column(csv, sorted[mid]), name) < 0)
      lo = mid + 1;
    else
      hi = mid;
  }
  while (lo + n < csv->header.n && strcmp(ml_csv_column(csv, sorted[lo + n]), name) == 0) n++;
  if (n > 0) *column = sorted[lo];
  return n;
}

size_t ml_csv_find(const ml_csv *csv, const char *name) {
  size_t column;
  return csv__count_named(csv, name, &column) == 1 ? column : SIZE_MAX;
}
