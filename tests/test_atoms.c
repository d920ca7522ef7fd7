/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Atoms of folds against the rows that each fold trains on. */
#include <stdlib.h>
#include <string.h>

#include "linear_cases.h"
#include "ml/models/atoms.h"

/* How often each fold trains on each row: n x n_rows. */
static uint32_t *counts_of(const ml_folds *folds) {
  uint32_t *counts = calloc(folds->n * folds->n_rows + 1, sizeof *counts);
  for (size_t k = 0; k < folds->n; k++) {
    size_t n = ml_folds_n_train(folds, k);
    uint32_t *rows = calloc(n + 1, sizeof *rows);
    ml_folds_train(folds, k, rows);
    for (size_t i = 0; i < n; i++) counts[k * folds->n_rows + rows[i]]++;
    free(rows);
  }
  return counts;
}

static bool is_column(const uint32_t *counts, const ml_folds *folds, size_t row, size_t other) {
  for (size_t k = 0; k < folds->n; k++)
    if (counts[k * folds->n_rows + row] != counts[k * folds->n_rows + other]) return false;
  return true;
}

/* Different columns of counts, but that of zeros. */
static size_t n_different(const uint32_t *counts, const ml_folds *folds) {
  size_t n = 0;
  for (size_t r = 0; r < folds->n_rows; r++) {
    bool is_new = false;
    for (size_t k = 0; k < folds->n; k++) is_new |= counts[k * folds->n_rows + r] != 0;
    for (size_t other = 0; other < r && is_new; other++)
      is_new = !is_column(counts, folds, r, other);
    n += is_new;
  }
  return n;
}

/* Each fold trains on the rows of its atoms, as often as it says, and on no other. */
static size_t expect_rows(const ml_folds *folds, const uint32_t *counts, const atoms *set) {
  uint32_t *rows = calloc(folds->n_rows + 1, sizeof *rows),
           *uses = calloc(set->n + 1, sizeof *uses);
  uint32_t *left = calloc(folds->n * folds->n_rows + 1, sizeof *left);
  bool *seen = calloc(folds->n_rows + 1, sizeof *seen);
  size_t n_filled = 0;
  memcpy(left, counts, folds->n * folds->n_rows * sizeof *left);
  for (size_t a = 0; a < set->n; a++) {
    size_t n = atoms__rows(set, a, rows);
    n_filled += n > 0;
    for (size_t i = 0; i < n; i++) {
      assert_true(i == 0 || rows[i - 1] < rows[i]);
      assert_false(seen[rows[i]]);
      seen[rows[i]] = true;
      for (size_t k = 0; k < folds->n; k++) {
        atoms__uses(set, k, uses);
        left[k * folds->n_rows + rows[i]] -= uses[a];
      }
    }
  }
  for (size_t i = 0; i < folds->n * folds->n_rows; i++) assert_int_equal(left[i], 0);
  free(seen);
  free(left);
  free(uses);
  free(rows);
  return n_filled;
}

static void expect_atoms(const ml_folds *folds) {
  uint32_t *counts = counts_of(folds);
  size_t n = n_different(counts, folds);
  atoms set;
  ml_error err = {0};
  assert_int_equal(atoms__find(folds, SIZE_MAX, &set, &err), ML_OK);
  assert_int_equal(expect_rows(folds, counts, &set), n);
  size_t n_found = set.n;
  atoms__release(&set);
  assert_int_equal(atoms__find(folds, n_found, &set, &err), ML_OK);
  assert_int_equal(set.n, n_found);
  atoms__release(&set);
  assert_int_equal(atoms__find(folds, n_found - 1, &set, &err), ML_OK);
  assert_int_equal(set.n, 0);
  atoms__release(&set);
  free(counts);
}

/* Runs, listed runs, overlapping sets, rows that are listed twice, rows that are in no fold. */
static void made_folds(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 20; seed++)
    for (int kind = 0; kind < 4; kind++) {
      size_t n = 5 + seed * 3, k = 2 + seed % 5;
      ml_folds *folds =
          kind < 2 ? linear_kfold(n, k, kind) : linear_random_folds(n, k, kind > 2, seed);
      expect_atoms(folds);
      ml_folds_free(folds);
    }
}

static void leave_one_out(void **state) {
  (void)state;
  ml_folds *folds = linear_kfold(90, 90, false);
  expect_atoms(folds);
  ml_folds_free(folds);
}

/* Two repeats, tests in no order, an empty test; and a fold that trains on a row three times, and
 * on one that is no member. */
static void by_hand(void **state) {
  (void)state;
  const uint32_t rows[] = {4, 5, 0, 1, 2, 0, 2, 4, 1, 5, 3, 3, 6, 3, 1},
                 members[] = {0, 1, 2, 4, 5};
  const ml_fold repeats[] = {
      {.test = {0, 2}, .trains_others = 1},
      {.test = {2, 3}, .trains_others = 1},
      {.test = {5, 3}, .trains_others = 1, .repeat = 1},
      {.test = {8, 2}, .trains_others = 1, .repeat = 1},
  };
  const ml_fold odd[] = {
      {.test = {0, 2}, .trains_others = 1},
      {.test = {2, 0}, .trains_others = 1},
      {.test = {2, 1}, .train = {{10, 3}, {13, 2}}},
  };
  ml_folds folds = {.n_rows = 7,
                    .n = 4,
                    .n_repeats = 2,
                    .folds = repeats,
                    .rows = rows,
                    .n_listed = 15,
                    .members = members,
                    .n_members = 5};
  atoms set;
  ml_error err = {0};
  uint32_t uses[4], of[7];
  expect_atoms(&folds);
  assert_int_equal(atoms__find(&folds, 4, &set, &err), ML_OK);
  assert_int_equal(set.n, 4); /* {0, 2}, {1}, {4}, {5} */
  assert_int_equal(atoms__rows(&set, 0, of), 2);
  assert_int_equal(of[1], 2);
  atoms__uses(&set, 3, uses);
  assert_memory_equal(uses, ((uint32_t[]){1, 0, 1, 0}), sizeof uses);
  atoms__release(&set);
  folds.folds = odd;
  folds.n = 3;
  folds.n_repeats = 1;
  expect_atoms(&folds);
  assert_int_equal(atoms__find(&folds, 5, &set, &err), ML_OK);
  assert_int_equal(set.n, 5); /* {0, 2}, {1}, {3}, {4, 5}, {6} */
  uint32_t last[5];
  atoms__uses(&set, 2, last);
  assert_memory_equal(last, ((uint32_t[]){0, 1, 3, 0, 1}), sizeof last);
  atoms__uses(&set, 0, last);
  assert_memory_equal(last, ((uint32_t[]){1, 1, 0, 0, 0}), sizeof last);
  atoms__release(&set);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(made_folds),
      cmocka_unit_test(leave_one_out),
      cmocka_unit_test(by_hand),
  };
  return cmocka_run_group_tests_name("models: atoms", tests, NULL, NULL);
}
