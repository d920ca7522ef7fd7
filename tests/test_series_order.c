/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Grouping and sorting of rows against a slow twin, and what it may take. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include <ml/labels.h>
#include <ml/series_internal.h>

/* The row that comes next: least group, then key, then row, among those not taken. */
static size_t slow_next(size_t n, const uint32_t *group, const int64_t *key, const bool *taken) {
  size_t best = SIZE_MAX;
  for (size_t i = 0; i < n; i++) {
    if (taken[i]) continue;
    if (best != SIZE_MAX) {
      if (group[i] > group[best]) continue;
      if (group[i] == group[best] && (!key || key[i] >= key[best])) continue;
    }
    best = i;
  }
  return best;
}

static void check_order(size_t n, const uint32_t *group, size_t n_groups, const int64_t *key) {
  series_order order;
  bool *taken = calloc(n ? n : 1, sizeof *taken);
  assert_int_equal(series__order(n, group, n_groups, key, NULL, &order, NULL), ML_OK);
  assert_int_equal(order.starts[0], 0);
  assert_int_equal(order.starts[n_groups], n);
  for (size_t p = 0; p < n; p++) {
    size_t row = series__row(&order, p);
    assert_int_equal(row, slow_next(n, group, key, taken));
    assert_true(order.starts[group[row]] <= p && p < order.starts[group[row] + 1]);
    taken[row] = true;
  }
  series__order_release(&order);
  free(taken);
}

static void random_rows_are_ordered_as_by_the_twin(void **state) {
  (void)state;
  uint64_t seed = 7;
  for (int round = 0; round < 200; round++) {
    size_t n = next_random(&seed) % 150, n_groups = 1 + next_random(&seed) % 5;
    uint64_t n_keys = 1 + next_random(&seed) % (round % 2 ? 4 : 1000);
    uint32_t group[150];
    int64_t key[150];
    for (size_t i = 0; i < n; i++) {
      group[i] = (uint32_t)(next_random(&seed) % n_groups);
      key[i] = (int64_t)(next_random(&seed) % n_keys) - 2;
    }
    check_order(n, group, n_groups, key);
    check_order(n, group, n_groups, NULL);
  }
}

static void rows_in_order_are_left_alone(void **state) {
  (void)state;
  static const uint32_t group[] = {0, 0, 2, 2, 2};
  static const int64_t key[] = {1, 1, 0, 5, 5}, late[] = {1, 0, 0, 5, 5};
  series_order order;
  assert_int_equal(series__order(5, group, 4, key, NULL, &order, NULL), ML_OK);
  assert_null(order.rows);
  assert_int_equal(order.starts[1], 2);
  assert_int_equal(order.starts[2], 2);
  assert_int_equal(order.starts[4], 5);
  series__order_release(&order);
  assert_int_equal(series__order(5, group, 4, late, NULL, &order, NULL), ML_OK);
  assert_non_null(order.rows);
  series__order_release(&order);
}

static void keys_have_the_order_of_the_doubles(void **state) {
  (void)state;
  static const double ascending[] = {
      -1.7976931348623157e308, -1.5, -5e-324, 0.0, 5e-324, 2.2250738585072014e-308, 1.0,
      1.7976931348623157e308};
  double copy[8], zeros[2] = {0.0, -0.0};
  memcpy(copy, ascending, sizeof copy);
  int64_t *key = series__keys(copy, 8);
  for (size_t i = 0; i < 8; i++) {
    if (i > 0) assert_true(key[i - 1] < key[i]);
    expect_same("back", series__key_to_double(key[i]), ascending[i]);
  }
  key = series__keys(zeros, 2);
  assert_true(key[0] == key[1]);
}

/* The dictionary under the ids: against a search through all. */
static void labels_are_coded_by_first_appearance(void **state) {
  (void)state;
  labels l = {0};
  uint64_t seed = 3;
  enum { N = 3000 };
  static char texts[N][8];
  for (size_t i = 0; i < N; i++) {
    size_t n = next_random(&seed) % 4, code = 0;
    for (size_t k = 0; k < n; k++) texts[i][k] = (char)('a' + next_random(&seed) % 20);
    uint32_t got = labels__put(&l, texts[i], n);
    for (; code < l.n; code++)
      if (strcmp(labels__text(&l, (uint32_t)code), texts[i]) == 0) break;
    assert_int_equal(got, code);
  }
  size_t n = l.n;
  char **all, *storage;
  assert_true(n > 1000);
  assert_true(labels__take(&l, &all, &storage));
  assert_string_equal(all[0], texts[0]);
  free(all);
  free(storage);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_rows_are_ordered_as_by_the_twin),
      cmocka_unit_test(rows_in_order_are_left_alone),
      cmocka_unit_test(keys_have_the_order_of_the_doubles),
      cmocka_unit_test(labels_are_coded_by_first_appearance),
  };
  return cmocka_run_group_tests_name("series order", tests, NULL, NULL);
}
