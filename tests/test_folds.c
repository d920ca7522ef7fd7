/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Folds: their rows, partitions, and bytes that mean them or nothing. */
#include <stdlib.h>
#include <string.h>

#include "support.h"

/* Six rows, of which 0, 2, 3, 5 take part; two repeats of two folds. */
static const uint32_t rows[] = {0, 3, 2, 5, 5, 0, 2, 3}, members[] = {0, 2, 3, 5};
static const ml_fold all_folds[] = {
    {.test = {0, 2}, .trains_others = 1},
    {.test = {2, 2}, .train = {{1, 1}, {0, 1}}},
    {.test = {4, 2}, .train = {{6, 2}, {0, 0}}, .repeat = 1},
    {.test = {6, 2}, .trains_others = 7, .repeat = 1},
};
static const ml_folds example = {.n_rows = 6,
                                 .n = 4,
                                 .n_repeats = 2,
                                 .folds = all_folds,
                                 .rows = rows,
                                 .n_listed = 8,
                                 .members = members,
                                 .n_members = 4};

static void expect_train(const ml_folds *folds, size_t i, const uint32_t *want, size_t n) {
  uint32_t got[6];
  assert_int_equal(ml_folds_n_train(folds, i), n);
  ml_folds_train(folds, i, got);
  assert_memory_equal(got, want, n * sizeof *got);
}

#define EXPECT_TRAIN(folds, i, ...)                       \
  expect_train(folds, i, (const uint32_t[]){__VA_ARGS__}, \
               sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static void expect_example(const ml_folds *folds) {
  size_t n;
  EXPECT_TRAIN(folds, 0, 2, 5);
  EXPECT_TRAIN(folds, 1, 3, 0); /* in the order of the runs */
  EXPECT_TRAIN(folds, 2, 2, 3);
  EXPECT_TRAIN(folds, 3, 0, 5);
  assert_int_equal(ml_folds_test(folds, 2, &n)[0], 5);
  assert_int_equal(n, 2);
}

static void rows_of_folds(void **state) {
  (void)state;
  expect_example(&example);
  const ml_fold one = {.test = {0, 2}, .trains_others = 1};
  const ml_folds without_members = {
      .n_rows = 6, .n = 1, .n_repeats = 1, .folds = &one, .rows = rows, .n_listed = 2};
  EXPECT_TRAIN(&without_members, 0, 1, 2, 4, 5);
}

static void partitions(void **state) {
  (void)state;
  ml_folds folds = example;
  ml_fold some[4];
  assert_true(ml_folds_are_partition(&folds));
  memcpy(some, all_folds, sizeof some);
  folds.folds = some;
  some[3].test = (ml_run){4, 2}; /* rows twice in a repeat */
  assert_false(ml_folds_are_partition(&folds));
  some[3].test = (ml_run){6, 1}; /* a row is never tested */
  assert_false(ml_folds_are_partition(&folds));
  folds.n = 2; /* a good repeat alone */
  folds.n_repeats = 1;
  assert_true(ml_folds_are_partition(&folds));
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* @param[out] n  bytes; free() them */
static char *pack(const ml_folds *folds, size_t *n) {
  *n = ml_folds_packed_size(folds);
  char *bytes = malloc(*n);
  assert_non_null(bytes);
  ml_folds_pack(folds, bytes);
  return bytes;
}

static void bytes_are_the_folds(void **state) {
  (void)state;
  ml_error err = {0};
  ml_folds back;
  size_t n;
  char *bytes = pack(&example, &n);
  assert_int_equal(ml_folds_unpack(bytes, n, &back, &err), ML_OK);
  assert_int_equal(back.n_rows, 6);
  assert_int_equal(back.n, 4);
  assert_int_equal(back.n_repeats, 2);
  expect_example(&back);
  free(bytes);
}

static void expect_refused(const ml_folds *folds) {
  ml_error err = {0};
  ml_folds back = {0};
  size_t n;
  char *bytes = pack(folds, &n);
  assert_int_equal(ml_folds_unpack(bytes, n, &back, &err), ML_ERR_PARSE);
  assert_string_equal(err.message, "no folds of ours");
  assert_null(back.folds);
  free(bytes);
}

/* Every field that could send a reader astray. */
static void folds_that_are_none_are_refused(void **state) {
  (void)state;
  for (int how = 0; how < 17; how++) {
    ml_folds folds = example;
    ml_fold some[4];
    uint32_t numbers[8], few[4];
    memcpy(some, all_folds, sizeof some);
    memcpy(numbers, rows, sizeof numbers);
    memcpy(few, members, sizeof few);
    folds.folds = some;
    folds.rows = numbers;
    folds.members = few;
    switch (how) {
      case 0:
        some[1].test.n = 7;
        break;
      case 1:
        some[1].test.first = SIZE_MAX;
        break;
      case 2:
        some[1].train[0].n = SIZE_MAX;
        break;
      case 3:
        some[1].train[1].first = 9;
        break;
      case 4:
        some[1].repeat = 1;
        break;
      case 5:
        some[2].repeat = 0;
        break;
      case 6:
        numbers[7] = 6;
        break;
      case 7:
        few[3] = 6;
        break;
      case 8:
        few[1] = 0;
        break;
      case 9:
        some[0].train[0].n = 1;
        break; /* beside all others */
      case 10:
        some[0].test = (ml_run){4, 2};
        break; /* does not ascend */
      case 11:
        numbers[0] = 3;
        break; /* twice */
      case 12:
        numbers[0] = 1;
        break; /* no member */
      case 13:
        folds.n_repeats = 3;
        break;
      case 14:
        folds.n_repeats = 0;
        break;
      case 15:
        folds.n_rows = (size_t)UINT32_MAX + 1;
        break;
      default:
        folds.n_rows = 5;
        break;
    }
    expect_refused(&folds);
  }
}

static void bytes_that_are_cut_or_long_are_refused(void **state) {
  (void)state;
  ml_error err = {0};
  ml_folds back;
  size_t n;
  char *bytes = pack(&example, &n), *more = malloc(n + 8);
  for (size_t m = 0; m <= n + 8; m++) {
    memset(more, 0, n + 8);
    memcpy(more, bytes, m < n ? m : n);
    ml_status status = ml_folds_unpack(more, m, &back, &err);
    assert_int_equal(status, m == n ? ML_OK : ML_ERR_PARSE);
  }
  free(more);
  free(bytes);
}

/* Whatever single bytes are changed to: what is taken can be used. */
static void changed_bytes_do_no_harm(void **state) {
  (void)state;
  ml_error err = {0};
  ml_folds back;
  size_t n, n_taken = 0;
  uint64_t random = 1;
  char *bytes = pack(&example, &n);
  for (size_t i = 0; i < 40 * n; i++) {
    char *at = bytes + i % n, was = *at;
    *at = (char)(next_random(&random) >> 32);
    if (ml_folds_unpack(bytes, n, &back, &err) == ML_OK) {
      n_taken++;
      for (size_t f = 0; f < back.n; f++) {
        uint32_t *train = malloc((ml_folds_n_train(&back, f) + 1) * sizeof *train);
        train[ml_folds_n_train(&back, f)] = 77;
        ml_folds_train(&back, f, train);
        for (size_t k = 0; k < ml_folds_n_train(&back, f); k++) assert_true(train[k] < back.n_rows);
        assert_int_equal(train[ml_folds_n_train(&back, f)], 77);
        free(train);
      }
    }
    *at = was;
  }
  assert_true(n_taken > 10);
  free(bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_of_folds),
      cmocka_unit_test(partitions),
      cmocka_unit_test(bytes_are_the_folds),
      cmocka_unit_test(folds_that_are_none_are_refused),
      cmocka_unit_test(bytes_that_are_cut_or_long_are_refused),
      cmocka_unit_test(changed_bytes_do_no_harm),
  };
  return cmocka_run_group_tests_name("folds", tests, NULL, NULL);
}
