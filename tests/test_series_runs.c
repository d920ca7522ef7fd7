/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids whose rows come together are kept as runs while they are read; the series are the same. */
#include <stdlib.h>

#include "support.h"

/* Rows of (id, time) pairs in any order; the value says which it is. */
typedef struct row {
  unsigned id, time;
} row;

static double value_of(row r) {
  return 1000.0 * r.id + r.time;
}

static ml_series_set *read_rows(const row *rows, size_t n, bool is_long) {
  ml_error err = {0};
  ml_buf text = {0};
  ml_series_set *set = NULL;
  ml_buf_puts(&text, is_long ? "id,time,kind,value\n" : "id,time,value\n");
  for (size_t i = 0; i < n; i++)
    ml_buf_printf(&text, is_long ? "%u,%u,k,%.0f\n" : "%u,%u,%.0f\n", rows[i].id, rows[i].time,
                  value_of(rows[i]));
  if (ml_series_parse(text.data, text.n, "rows", NULL, &set, &err) != ML_OK)
    fail_msg("%s", err.message);
  ml_buf_release(&text);
  return set;
}

/* Ids 0 .. n_ids - 1 have the times 0 .. n - 1 each. */
static void check(const row *rows, size_t n_ids, size_t n) {
  for (int is_long = 0; is_long < 2; is_long++) {
    ml_series_set *set = read_rows(rows, n_ids * n, is_long);
    assert_int_equal(ml_series_n_ids(set), n_ids);
    for (size_t i = 0; i < n_ids; i++) {
      ml_series series = ml_series_at(set, i, 0);
      assert_int_equal(strtoul(ml_series_id(set, i), NULL, 10), i);
      assert_int_equal(series.n, n);
      for (size_t t = 0; t < n; t++)
        expect_same("value", series.x[t], value_of((row){(unsigned)i, (unsigned)t}));
    }
    ml_series_free(set);
  }
}

enum { N_IDS = 6000, N = 5 }; /* more runs than are kept without a second thought */

static row *sorted_rows(void) {
  row *rows = malloc(N_IDS * N * sizeof *rows);
  for (unsigned i = 0; i < N_IDS * N; i++) rows[i] = (row){i / N, i % N};
  return rows;
}

static void swap(row *a, row *b) {
  row kept = *a;
  *a = *b;
  *b = kept;
}

static void in_order(void **state) {
  (void)state;
  row *rows = sorted_rows();
  check(rows, N_IDS, N);
  check(rows, 1, 1);
  check(rows, 2, N);
  free(rows);
}

static void ids_out_of_order(void **state) {
  (void)state;
  row *rows = sorted_rows();
  for (size_t t = 0; t < N; t++) swap(&rows[7 * N + t], &rows[5000 * N + t]);
  check(rows, N_IDS, N);
  free(rows);
}

static void times_out_of_order(void **state) {
  (void)state;
  row *rows = sorted_rows();
  swap(&rows[3 * N], &rows[3 * N + N - 1]);
  check(rows, N_IDS, N);
  free(rows);
}

static void an_id_in_two_places(void **state) {
  (void)state;
  row *rows = sorted_rows();
  swap(&rows[0], &rows[N_IDS * N - 1]);
  check(rows, N_IDS, N);
  free(rows);
}

/* By time: each run is one row, at once or after many long ones. */
static void runs_that_are_too_short(void **state) {
  (void)state;
  for (unsigned n_runs = 0; n_runs <= 3000; n_runs += 3000) {
    row *rows = sorted_rows();
    unsigned n_rest = N_IDS - n_runs;
    for (unsigned i = 0; i < n_rest * N; i++)
      rows[n_runs * N + i] = (row){n_runs + i % n_rest, i / n_rest};
    check(rows, N_IDS, N);
    free(rows);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(in_order),
      cmocka_unit_test(ids_out_of_order),
      cmocka_unit_test(times_out_of_order),
      cmocka_unit_test(an_id_in_two_places),
      cmocka_unit_test(runs_that_are_too_short),
  };
  return cmocka_run_group_tests_name("series/runs", tests, NULL, NULL);
}
