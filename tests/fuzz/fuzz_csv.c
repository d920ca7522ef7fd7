/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a CSV file, as text columns and as series: always an answer. */
#include <stdlib.h>
#include <string.h>

#include <ml/ml.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(bool holds) {
  if (!holds) abort();
}

static void check_error(ml_status status, const ml_error *err) {
  check(status == ML_ERR_PARSE || status == ML_ERR_USAGE);
  check(err->status == status && err->message[0]);
  check(err->column == 0 || err->line > 0);
}

static void read_as(ml_column_type type, const uint8_t *bytes, size_t n) {
  ml_csv *csv = NULL;
  ml_table *table = NULL;
  ml_error err = {0};
  ml_status status = ml_csv_open_bytes(bytes, n, "fuzz", NULL, &csv, &err);
  size_t n_columns = status == ML_OK ? ml_csv_n_columns(csv) : 0;
  ml_csv_want *want = calloc(n_columns + 1, sizeof *want);
  if (!want) abort();
  for (size_t j = 0; j < n_columns; j++) want[j] = (ml_csv_want){.column = j, .type = type};
  if (status == ML_OK) status = ml_csv_read(csv, want, n_columns, &table, &err);
  if (status != ML_OK) check_error(status, &err);
  for (size_t j = 0; table && type == ML_LABEL && j < n_columns; j++)
    for (size_t i = 0; i < table->n_rows; i++)
      check(table->columns[j].label[i] < table->columns[j].n_labels);
  ml_table_free(table);
  ml_csv_close(csv);
  free(want);
}

static void read_series(const ml_series_opts *opts, const uint8_t *bytes, size_t n) {
  ml_series_set *set = NULL;
  ml_error err = {0};
  ml_status status = ml_series_parse(bytes, n, "fuzz", opts, &set, &err);
  if (status != ML_OK) {
    check_error(status, &err);
    return;
  }
  size_t sum = 0;
  for (size_t i = 0; i < ml_series_n_ids(set); i++)
    for (size_t k = 0; k < ml_series_n_kinds(set); k++) {
      ml_series s = ml_series_at(set, i, k);
      for (size_t p = 0; p < s.n; p++) check(s.x[p] == s.x[p]);
      sum += s.n;
    }
  check(sum == ml_series_n_rows(set) || sum == ml_series_n_rows(set) * ml_series_n_kinds(set));
  ml_series_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  static const ml_series_opts single = {.id = ""};
  read_as(ML_LABEL, bytes, n);
  read_as(ML_NUMBER, bytes, n);
  read_as(ML_TIME, bytes, n);
  read_series(NULL, bytes, n);
  read_series(&single, bytes, n);
  return 0;
}
