/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sorted columns of the nodes of a tree: those that are divided, and those that are sorted
 * anew, against sorting by value and row. */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#include <ml/models/models.h>
#include <ml/models/tree_columns.h>
#include <ml/rng.h>

enum { MAX_ROWS = 9000, P = 3 };

static double x[P * MAX_ROWS], y[MAX_ROWS];
static size_t sorted_by; /* column */

static int by_value(const void *a, const void *b) {
  uint32_t row = *(const uint32_t *)a, other = *(const uint32_t *)b;
  double v = x[sorted_by * MAX_ROWS + row], w = x[sorted_by * MAX_ROWS + other];
  return v != w ? (v > w) - (v < w) : (row > other) - (row < other);
}

/* A node: places [first, first + n), and its rows. */
static void check_node(tree_columns *c, size_t first, const uint32_t *rows, size_t n) {
  uint32_t *want = malloc(n * sizeof *want);
  assert_non_null(want);
  for (uint32_t j = 0; j < P; j++) {
    for (size_t i = 0; i < n; i++) want[i] = rows[i];
    sorted_by = j;
    qsort(want, n, sizeof *want, by_value);
    const uint32_t *entries = tree__columns_entries(c, j, first, n);
    if (j == 1) tree__columns_keep(c);
    for (size_t i = 0; i < n; i++) {
      const double *column = x + j * MAX_ROWS;
      assert_int_equal(entries[i] & TREE_ROW, want[i]);
      if (i) assert_int_equal(entries[i] >> 31, column[want[i]] > column[want[i - 1]]);
    }
  }
  free(want);
}

/* Divide nodes at random places of random columns, down to single rows. */
static void divide(tree_columns *c, ml_rng *rng, size_t first, const uint32_t *rows, size_t n) {
  check_node(c, first, rows, n);
  if (n < 2) return;
  uint32_t column = (uint32_t)ml_rng_below(rng, P), *parts = malloc(n * sizeof *parts);
  size_t n_left = n < 100 ? 1 + ml_rng_below(rng, n - 1) : n / 2 + ml_rng_below(rng, n / 4);
  assert_non_null(parts);
  const uint32_t *entries = tree__columns_entries(c, column, first, n);
  for (size_t i = 0; i < n; i++) parts[i] = entries[i] & TREE_ROW;
  tree__columns_divide(c, column, first, n, n_left);
  divide(c, rng, first, parts, n_left);
  divide(c, rng, first + n_left, parts + n_left, n - n_left);
  free(parts);
}

static void check(size_t n, size_t n_values, size_t n_drawn, bool draws_rows) {
  ml_rng rng = ml_rng_seeded(n + n_values);
  uint32_t *times = calloc(n, sizeof *times), *rows = malloc(n * sizeof *rows);
  tree_sample sample;
  tree_columns columns;
  ml_view view = {.n = n, .n_columns = P, .x = x, .stride = MAX_ROWS, .y = y};
  assert_true(times && rows);
  for (size_t i = 0; i < P * MAX_ROWS; i++) x[i] = (double)ml_rng_below(&rng, n_values) - 3;
  for (size_t i = 0; i < n; i++) times[ml_rng_below(&rng, n)]++;
  assert_int_equal(tree__sample(&view, &sample, NULL), ML_OK);
  assert_int_equal(tree__columns_init(&columns, &sample, n_drawn, false, NULL), ML_OK);
  for (size_t k = 0; k < 2; k++) { /* one after another in the same memory */
    size_t n_there = 0;
    for (uint32_t i = 0; i < n; i++)
      if (!draws_rows || times[i]) rows[n_there++] = i;
    tree__columns_begin(&columns, draws_rows ? times : NULL);
    divide(&columns, &rng, 0, rows, n_there);
  }
  tree__columns_release(&columns);
  tree__sample_release(&sample);
  free(times);
  free(rows);
}

static void check_columns(void **state) {
  (void)state;
  static const size_t sizes[] = {1, 2, 13, 64, 65, 700, MAX_ROWS};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (size_t k = 0; k < 8; k++) check(sizes[i], k & 1 ? 5 : 1 << 30, k & 2 ? 1 : P, k & 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(check_columns)};
  return cmocka_run_group_tests_name("tree_columns", tests, NULL, NULL);
}
