/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The CSV reader against a slow and obvious one, on many small random texts. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 6000, LONGEST = 48, ROOM = 4 * LONGEST };

/* Records as text: cells end with a tab, records with a bang; neither is in the random texts. */
typedef struct twin {
  char out[ROOM];
  size_t n_out, n_columns, n_records;
} twin;

static bool is_end(const char *p) {
  return *p == 0 || *p == '\n' || *p == '\r';
}

/* One cell to the output. @return what follows, or NULL when the cell is malformed */
static const char *take_cell(twin *t, const char *p) {
  if (*p != '"') {
    while (*p != ',' && !is_end(p)) t->out[t->n_out++] = *p++;
    return p;
  }
  for (p++; *p; p++) {
    if (*p == '"' && p[1] != '"') return p[1] == ',' || is_end(p + 1) ? p + 1 : NULL;
    if (*p == '"') p++;
    t->out[t->n_out++] = *p;
  }
  return NULL;
}

static const char *take_record(twin *t, const char *p) {
  size_t n = 1;
  while ((p = take_cell(t, p)) && *p == ',') {
    t->out[t->n_out++] = '\t';
    n++;
    p++;
  }
  if (!p || (t->n_records > 0 && n != t->n_columns)) return NULL;
  t->n_columns = n;
  t->out[t->n_out++] = '!';
  t->n_records++;
  return p;
}

/* @return false when the text is malformed */
static bool read_slowly(twin *t, const char *p) {
  while (*p) {
    const char *q = p + strspn(p, " ");
    if (!is_end(q)) q = take_record(t, p);
    if (!q) return false;
    p = *q == '\r' && q[1] == '\n' ? q + 2 : *q ? q + 1 : q;
  }
  t->out[t->n_out] = 0;
  return t->n_records > 0;
}

static void put(char *out, size_t *n, const char *text, char end) {
  size_t length = strlen(text);
  memcpy(out + *n, text, length);
  out[*n + length] = end;
  *n += length + 1;
}

static void dump(const ml_csv *csv, const ml_table *table, char *out) {
  size_t n = 0, n_columns = ml_csv_n_columns(csv);
  for (size_t j = 0; j < n_columns; j++)
    put(out, &n, ml_csv_column(csv, j), j + 1 < n_columns ? '\t' : '!');
  for (size_t i = 0; i < table->n_rows; i++)
    for (size_t j = 0; j < n_columns; j++) {
      const ml_column *column = &table->columns[j];
      put(out, &n, column->labels[column->label[i]], j + 1 < n_columns ? '\t' : '!');
    }
  out[n] = 0;
}

static bool read_ours(const char *text, char *out) {
  ml_csv_opts comma = {.delimiter = ','};
  ml_csv_want want[LONGEST + 1] = {0};
  ml_csv *csv = NULL;
  ml_table *table = NULL;
  for (size_t j = 0; j <= LONGEST; j++) want[j] = (ml_csv_want){.column = j, .type = ML_LABEL};
  ml_status status = ml_csv_open_bytes(text, strlen(text), "t", &comma, &csv, NULL);
  if (status == ML_OK) status = ml_csv_read(csv, want, ml_csv_n_columns(csv), &table, NULL);
  if (status == ML_OK) dump(csv, table, out);
  ml_table_free(table);
  ml_csv_close(csv);
  return status == ML_OK;
}

/* Names lose their blanks, so the header has none here. */
static void write_random(uint64_t *seed, char *text) {
  static const char letters[] = "aab,,,\"\"\n\n\r ";
  size_t n_columns = 1 + next_random(seed) % 3, n = 2 * n_columns;
  memcpy(text, "h,h,h", n);
  text[n - 1] = '\n';
  for (size_t end = n + next_random(seed) % (LONGEST - n); n < end; n++)
    text[n] = letters[next_random(seed) % (sizeof letters - 1)];
  text[n] = 0;
}

/* Records of cells that are often the same, so that labels repeat and begin one another. */
static void write_rows(uint64_t *seed, char *text) {
  static const char *const cells[] = {"a",         "ab",  "\"a\"", "\"a,b\"", "\"a\nb\"",
                                      "\"\"\"a\"", "a\"", "",      "b",       " a"};
  size_t n = (size_t)sprintf(text, "h,h\n");
  while (n < LONGEST - 16) {
    const char *a = cells[next_random(seed) % 10], *b = cells[next_random(seed) % 10];
    const char *ends[] = {"\n", "\r\n", "\r"};
    n += (size_t)sprintf(text + n, "%s,%s%s", a, b, ends[next_random(seed) % 3]);
  }
}

static void compare(void (*write)(uint64_t *, char *), uint64_t seed, int *n_accepted) {
  *n_accepted = 0;
  for (int round = 0; round < ROUNDS; round++) {
    char text[LONGEST + 1], ours[ROOM] = "";
    twin t = {0};
    write(&seed, text);
    bool want = read_slowly(&t, text), got = read_ours(text, ours);
    if (want != got || (want && strcmp(ours, t.out) != 0))
      fail_msg("round %d, text <%s>: got %d <%s>, want %d <%s>", round, text, got, ours, want,
               t.out);
    *n_accepted += want;
  }
}

static void random_texts_are_read_as_by_the_twin(void **state) {
  (void)state;
  int n;
  compare(write_random, 11, &n);
  assert_in_range(n, ROUNDS / 20, ROUNDS - ROUNDS / 20);
}

static void random_rows_are_read_as_by_the_twin(void **state) {
  (void)state;
  int n;
  compare(write_rows, 12, &n);
  assert_int_equal(n, ROUNDS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_texts_are_read_as_by_the_twin),
      cmocka_unit_test(random_rows_are_read_as_by_the_twin),
  };
  return cmocka_run_group_tests_name("csv twin", tests, NULL, NULL);
}
