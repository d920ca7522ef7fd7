/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nasty CSV files of others, and ours, against what two oracles say of them.
 *
 * Where the oracles differ, tests/csv_verdicts.csv has what we do, and docs/csv.md shows it. */
#include "support.h"

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct text_table {
  ml_csv *csv;
  ml_table *table;
} text_table;

static void close_texts(text_table *t) {
  ml_table_free(t->table);
  ml_csv_close(t->csv);
}

/* All columns as text. */
static ml_status open_texts(const char *path, char delimiter, text_table *t, ml_error *err) {
  ml_csv_opts opts = {.delimiter = delimiter};
  *t = (text_table){0};
  ml_status status = ml_csv_open(path, &opts, &t->csv, err);
  if (status != ML_OK) return status;
  size_t n = ml_csv_n_columns(t->csv);
  ml_csv_want *want = calloc(n, sizeof *want);
  assert_non_null(want);
  for (size_t j = 0; j < n; j++) want[j] = (ml_csv_want){.column = j, .type = ML_LABEL};
  status = ml_csv_read(t->csv, want, n, &t->table, err);
  free(want);
  return status;
}

static const char *text_at(const text_table *t, size_t i, size_t j) {
  const ml_column *column = &t->table->columns[j];
  return column->labels[column->label[i]];
}

/* ---- the oracles ---- */

static json_t *load(const char *path) {
  json_error_t error;
  json_t *json = json_load_file(path, JSON_ALLOW_NUL, &error);
  if (!json) fail_msg("%s: %s", path, error.text);
  return json;
}

static bool is_ok(const json_t *oracle) {
  const json_t *status = json_object_get(oracle, "status");
  return status && strcmp(json_string_value(status), "ok") == 0;
}

/* Records without those of blank lines. */
static json_t *records(const json_t *strict) {
  json_t *all = json_object_get(strict, "rows"), *kept = json_array();
  for (size_t i = 0; i < json_array_size(all); i++)
    if (json_array_size(json_array_get(all, i)) > 0)
      json_array_append(kept, json_array_get(all, i));
  return kept;
}

/* pandas gives names to columns that have none, and new ones to those that have the same. */
static bool is_renamed(const json_t *name, const json_t *from) {
  const char *text = json_string_value(name);
  size_t n = json_string_length(from);
  if (json_equal(name, from)) return true;
  if (n == 0) return strncmp(text, "Unnamed: ", 9) == 0;
  return json_string_length(name) > n && memcmp(text, json_string_value(from), n) == 0 &&
         text[n] == '.';
}

static bool same_records(const json_t *pandas, const json_t *kept) {
  const json_t *columns = json_object_get(pandas, "columns");
  const json_t *header = json_array_get(kept, 0), *rows = json_object_get(pandas, "rows");
  size_t n_rows = (size_t)json_integer_value(json_object_get(pandas, "nrows"));
  if (json_is_true(json_object_get(pandas, "index_used"))) return false;
  if (json_array_size(columns) != json_array_size(header)) return false;
  if (json_array_size(kept) != n_rows + 1) return false;
  for (size_t j = 0; j < json_array_size(header); j++)
    if (!is_renamed(json_array_get(columns, j), json_array_get(header, j))) return false;
  for (size_t i = 0; i < json_array_size(rows); i++)
    if (!json_equal(json_array_get(rows, i), json_array_get(kept, i + 1))) return false;
  return true;
}

static bool agree(const json_t *strict, const json_t *pandas) {
  if (!is_ok(strict) || !is_ok(pandas)) return is_ok(strict) == is_ok(pandas);
  json_t *kept = records(strict);
  bool same = json_array_size(kept) > 0 && same_records(pandas, kept);
  json_decref(kept);
  return same;
}

/* ---- verdicts where they do not ---- */

static text_table verdicts;

static void open_verdicts(void) {
  ml_error err = {0};
  if (open_texts("tests/csv_verdicts.csv", ',', &verdicts, &err) != ML_OK)
    fail_msg("%zu: %s", err.line, err.message);
}

/* Row of a file, or SIZE_MAX. Columns: file, verdict, message, why. */
static size_t find_verdict(const char *file) {
  for (size_t i = 0; i < verdicts.table->n_rows; i++)
    if (strcmp(text_at(&verdicts, i, 0), file) == 0) return i;
  return SIZE_MAX;
}

/* "3:7: message" without the name of the file. */
static void describe(const ml_error *err, char *text, size_t size) {
  ml_error copy = *err;
  char all[1024];
  strcpy(copy.source, "f");
  ml_error_format(&copy, all, sizeof all);
  snprintf(text, size, "%s", all + (err->line ? 2 : 3));
}

static void expect_verdict(const char *file, ml_status status, const ml_error *err) {
  char got[700] = "";
  size_t i = find_verdict(file);
  if (i == SIZE_MAX) fail_msg("%s: no verdict in tests/csv_verdicts.csv", file);
  if (status != ML_OK) describe(err, got, sizeof got);
  const char *verdict = status == ML_OK ? "accept" : "reject";
  if (strcmp(verdict, text_at(&verdicts, i, 1)) != 0 || strcmp(got, text_at(&verdicts, i, 2)) != 0)
    fail_msg("%s: %s \"%s\", want %s \"%s\"", file, verdict, got, text_at(&verdicts, i, 1),
             text_at(&verdicts, i, 2));
}

/* ---- the folders ---- */

typedef void check_file(const char *folder, const char *name);

static int is_csv(const struct dirent *entry) {
  const char *dot = strrchr(entry->d_name, '.');
  return dot && strcmp(dot, ".csv") == 0;
}

/* @return how many files there were */
static int each_file(const char *folder, check_file *check) {
  struct dirent **entries;
  int n = scandir(folder, &entries, is_csv, alphasort);
  for (int i = 0; i < n; i++) {
    check(folder, entries[i]->d_name);
    free(entries[i]);
  }
  if (n >= 0) free(entries);
  return n;
}

static const char *join(const char *folder, const char *name, const char *ending) {
  static char path[4096];
  const char *dot = strrchr(name, '.');
  snprintf(path, sizeof path, "%s/%.*s%s", folder, (int)(dot - name), name, ending);
  return path;
}

static void expect_text(const char *label, size_t i, const char *got, const json_t *want) {
  if (strcmp(got, json_string_value(want)) != 0)
    fail_msg("%s, record %zu: got \"%s\", want \"%s\"", label, i, got, json_string_value(want));
}

/* Our header loses the blanks around names. */
static void expect_name(const char *label, const char *got, const json_t *want) {
  const char *name = json_string_value(want);
  name += strspn(name, " \t");
  size_t n = strlen(got);
  if (strncmp(got, name, n) != 0 || strspn(name + n, " \t") != strlen(name + n))
    fail_msg("%s: got name \"%s\", want \"%s\"", label, got, name);
}

static void expect_records(const char *name, const text_table *t, const json_t *strict) {
  json_t *kept = records(strict);
  if (t->table->n_rows + 1 != json_array_size(kept))
    fail_msg("%s: %zu rows, want %zu", name, t->table->n_rows, json_array_size(kept) - 1);
  for (size_t i = 0; i < json_array_size(kept); i++) {
    const json_t *record = json_array_get(kept, i);
    if (json_array_size(record) != ml_csv_n_columns(t->csv)) fail_msg("%s: ragged", name);
    for (size_t j = 0; j < json_array_size(record); j++)
      if (i == 0)
        expect_name(name, ml_csv_column(t->csv, j), json_array_get(record, j));
      else
        expect_text(name, i, text_at(t, i - 1, j), json_array_get(record, j));
  }
  json_decref(kept);
}

static int n_agreed;

static void check_oracles(const char *folder, const char *name) {
  json_t *said = load(join(folder, name, ".json"));
  const json_t *strict = json_object_get(said, "rfc4180_strict");
  text_table t;
  ml_error err = {0};
  ml_status status = open_texts(join(folder, name, ".csv"), ',', &t, &err);
  bool agreed = agree(strict, json_object_get(said, "pandas"));
  n_agreed += agreed;
  if (!agreed)
    expect_verdict(name, status, &err);
  else if ((status == ML_OK) != is_ok(strict))
    fail_msg("%s: %s", name, status == ML_OK ? "accepted" : err.message);
  if (status == ML_OK) expect_records(name, &t, strict);
  close_texts(&t);
  json_decref(said);
}

static void check_spectrum(const char *folder, const char *name) {
  json_t *want = load(join(folder, name, ".json"));
  text_table t;
  ml_error err = {0};
  if (open_texts(join(folder, name, ".csv"), 0, &t, &err) != ML_OK)
    fail_msg("%s: %s", name, err.message);
  assert_int_equal(t.table->n_rows, json_array_size(want));
  for (size_t i = 0; i < t.table->n_rows; i++) {
    const json_t *record = json_array_get(want, i);
    assert_int_equal(json_object_size(record), ml_csv_n_columns(t.csv));
    for (size_t j = 0; j < ml_csv_n_columns(t.csv); j++)
      expect_text(name, i, text_at(&t, i, j), json_object_get(record, ml_csv_column(t.csv, j)));
  }
  close_texts(&t);
  json_decref(want);
}

/* Any answer, but an answer: read or refused with a message, never worse. */
static void check_fuzz_seed(const char *folder, const char *name) {
  text_table t;
  ml_error err = {0};
  ml_series_set *set = NULL;
  ml_status status = open_texts(join(folder, name, ".csv"), 0, &t, &err);
  assert_true(status == ML_OK || (status == ML_ERR_PARSE && err.message[0]));
  close_texts(&t);
  status = ml_series_read(join(folder, name, ".csv"), NULL, &set, &err);
  assert_true(status == ML_OK || (status == ML_ERR_PARSE && err.message[0]));
  ml_series_free(set);
}

static void spectrum_is_read_exactly(void **state) {
  (void)state;
  const char *folder = reference("csv/spectrum");
  if (!folder) skip();
  assert_int_equal(each_file(strdupa(folder), check_spectrum), 8);
}

static void oracles_are_followed_where_they_agree(void **state) {
  (void)state;
  const char *folder = reference("csv/duckdb");
  if (!folder) skip();
  assert_int_equal(each_file(strdupa(folder), check_oracles), 76);
  assert_int_equal(each_file(strdupa(reference("csv/commons-csv")), check_oracles), 6);
  assert_int_equal(n_agreed, 41);
}

static void fuzz_seeds_get_an_answer(void **state) {
  (void)state;
  const char *folder = reference("csv/fuzz-seeds");
  if (!folder) skip();
  assert_int_equal(each_file(strdupa(folder), check_fuzz_seed), 126);
}

/* ---- our own files, which are shipped ---- */

static double value_of(const json_t *cell) {
  return json_is_string(cell) ? strtod(json_string_value(cell), NULL) : json_number_value(cell);
}

static size_t column_of(const json_t *columns, const char *name) {
  for (size_t j = 0; j < json_array_size(columns); j++)
    if (strcmp(json_string_value(json_array_get(columns, j)), name) == 0) return j;
  return SIZE_MAX;
}

/* Earlier in the order of the time column: numbers, or ISO dates of one width. */
static bool is_earlier(const char *a, const char *b) {
  char *end;
  double x = strtod(a, &end);
  return *end ? strcmp(a, b) < 0 : x < strtod(b, NULL);
}

/* The next row of an id and kind in time, after `last` rows of it have been seen: the slow way. */
static size_t next_row(const json_t *texts, const size_t *at, const char *id, const char *kind,
                       bool *used) {
  size_t best = SIZE_MAX;
  const char *best_time = "";
  for (size_t i = 1; i < json_array_size(texts); i++) {
    const json_t *row = json_array_get(texts, i);
    const char *time = json_string_value(json_array_get(row, at[1]));
    if (used[i] || strcmp(json_string_value(json_array_get(row, at[0])), id) != 0) continue;
    if (at[2] != SIZE_MAX && strcmp(json_string_value(json_array_get(row, at[2])), kind) != 0)
      continue;
    if (best != SIZE_MAX && !is_earlier(time, best_time)) continue;
    best = i;
    best_time = time;
  }
  if (best != SIZE_MAX) used[best] = true;
  return best;
}

static void expect_values(const char *name, const ml_series_set *set, const json_t *said) {
  const json_t *exact = json_object_get(said, "pandas_round_trip");
  const json_t *columns = json_object_get(exact, "columns"), *rows = json_object_get(exact, "rows");
  const json_t *texts = json_object_get(json_object_get(said, "rfc4180_strict"), "rows");
  if (!texts) return; /* long_field has no rows in its json */
  size_t at[] = {column_of(columns, "id"), column_of(columns, "time"), column_of(columns, "kind")};
  size_t value = column_of(columns, "value"), n = 0;
  if (value == SIZE_MAX) value = json_array_size(columns) - 1;
  bool *used = calloc(json_array_size(texts), sizeof *used);
  for (size_t i = 0; i < ml_series_n_ids(set); i++)
    for (size_t k = 0; k < ml_series_n_kinds(set); k++) {
      ml_series s = ml_series_at(set, i, k);
      for (size_t p = 0; p < s.n; p++, n++) {
        size_t row = next_row(texts, at, ml_series_id(set, i), ml_series_kind(set, k), used);
        if (row == SIZE_MAX) fail_msg("%s: too many rows", name);
        expect_same(name, s.x[p], value_of(json_array_get(json_array_get(rows, row - 1), value)));
      }
    }
  free(used);
  assert_int_equal(n, json_array_size(rows));
}

static void check_own(const char *folder, const char *name) {
  json_t *said = load(join(folder, name, ".json"));
  const char *proposed = json_string_value(json_object_get(said, "proposed"));
  size_t n;
  char *bytes = read_file(join(folder, name, ".csv"), &n);
  ml_series_set *set = NULL;
  ml_error err = {0};
  ml_status status = ml_series_parse(bytes, n, name, NULL, &set, &err);
  if (strncmp(proposed, "either", 6) == 0)
    expect_verdict(name, status, &err);
  else if ((status == ML_OK) != (strcmp(proposed, "accept") == 0))
    fail_msg("%s: want %s, got %s", name, proposed, status == ML_OK ? "accept" : err.message);
  else if (status == ML_OK)
    expect_values(name, set, said);
  ml_series_free(set);
  free(bytes);
  json_decref(said);
}

static void own_verdicts_and_values_are_exact(void **state) {
  (void)state;
  assert_int_equal(each_file("tests/golden/csv/own", check_own), 53);
}

/* ---- numbers ---- */

/* "3C00 3F800000 3FF0000000000000 1": the text is put into a CSV file with one column. */
static void check_numbers(const char *path) {
  size_t n;
  char *lines = read_file(path, &n), *save = NULL;
  ml_buf file = {0};
  uint64_t *want = malloc(n * sizeof *want);
  size_t n_want = 0;
  ml_buf_puts(&file, "v\n");
  for (char *line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
    want[n_want++] = strtoull(line + 14, NULL, 16);
    ml_buf_printf(&file, "%s\n", line + 31);
  }
  ml_csv *csv;
  ml_table *table;
  ml_error err = {0};
  ml_csv_want column = {.type = ML_NUMBER};
  assert_int_equal(ml_csv_open_bytes(file.data, file.n, path, NULL, &csv, &err), ML_OK);
  if (ml_csv_read(csv, &column, 1, &table, &err) != ML_OK)
    fail_msg("%zu: %s", err.line, err.message);
  assert_int_equal(table->n_rows, n_want);
  for (size_t i = 0; i < n_want; i++) {
    double bits;
    memcpy(&bits, &want[i], sizeof bits);
    expect_same(path, table->columns[0].number[i], bits);
  }
  ml_table_free(table);
  ml_csv_close(csv);
  ml_buf_release(&file);
  free(want);
  free(lines);
}

static void numbers_are_exact_to_the_last_bit(void **state) {
  (void)state;
  static const char *const names[] = {"freetype-2-7", "lemire-fast-float", "more-test-cases"};
  for (size_t i = 0; i < 3; i++) {
    char path[64];
    snprintf(path, sizeof path, "csv/numbers/%s.txt", names[i]);
    const char *full = reference(path);
    if (!full) skip();
    check_numbers(strdupa(full));
  }
}

/* ---- the manual ---- */

static void the_manual_shows_every_verdict(void **state) {
  (void)state;
  char *manual = read_file("docs/csv.md", NULL);
  for (size_t i = 0; i < verdicts.table->n_rows; i++) {
    char row[1024];
    snprintf(row, sizeof row, "| %s | %s | %s |", text_at(&verdicts, i, 0),
             text_at(&verdicts, i, 1), text_at(&verdicts, i, 3));
    if (!strstr(manual, row)) fail_msg("docs/csv.md lacks: %s", row);
  }
  free(manual);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(spectrum_is_read_exactly),
      cmocka_unit_test(oracles_are_followed_where_they_agree),
      cmocka_unit_test(own_verdicts_and_values_are_exact),
      cmocka_unit_test(fuzz_seeds_get_an_answer),
      cmocka_unit_test(numbers_are_exact_to_the_last_bit),
      cmocka_unit_test(the_manual_shows_every_verdict),
  };
  open_verdicts();
  int failed = cmocka_run_group_tests_name("csv reference", tests, NULL, NULL);
  close_texts(&verdicts);
  return failed;
}
