/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as JSON lines: always an answer, and rows that are as wide as the header. */
#include <stdlib.h>
#include <string.h>

#include <ml/ml.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check(bool holds) {
  if (!holds) abort();
}

/* The text that is made is never what is wrong. A column may stand before what is, in quotes. */
static bool blames_text(const char *message) {
  for (const char *next; (next = strstr(message, "\": "));) message = next + 3;
  const bool counts =
      strncmp(message, "expected ", 9) == 0 && message[9] >= '0' && message[9] <= '9';
  return counts || strncmp(message, "a quote is opened", 17) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
  ml_csv *csv = NULL;
  ml_table *table = NULL;
  ml_error err = {0};
  ml_status status = ml_csv_open_bytes(bytes, n, "fuzz.jsonl", NULL, &csv, &err);
  size_t n_columns = status == ML_OK ? ml_csv_n_columns(csv) : 0;
  ml_csv_want *want = calloc(n_columns + 1, sizeof *want);
  if (!want) abort();
  for (size_t j = 0; j < n_columns; j++) want[j] = (ml_csv_want){.column = j, .type = ML_LABEL};
  if (status == ML_OK) status = ml_csv_read(csv, want, n_columns, &table, &err);
  if (status != ML_OK) {
    check(status == ML_ERR_PARSE && err.message[0]);
    check(err.column == 0 || err.line > 0);
    check(!blames_text(err.message));
  }
  ml_table_free(table);
  ml_csv_close(csv);
  free(want);
  return 0;
}
