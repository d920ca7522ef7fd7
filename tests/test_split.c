/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Splits: chance and seeds, the table of schemes, large inputs, and what callers get wrong. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

static ml_folds *split_rows(const char *scheme, const ml_dataset *data, size_t repeats,
                            uint64_t seed) {
  ml_folds *folds = NULL;
  ml_error err = {0};
  const ml_split_opts opts = {.repeats = repeats, .seed = seed};
  if (ml_split(scheme, data, NULL, 0, &opts, &folds, &err) != ML_OK) fail_msg("%s", err.message);
  return folds;
}

static void expect_error(const char *scheme, const ml_dataset *data, size_t repeats,
                         const char *want) {
  ml_folds *folds = NULL;
  ml_error err = {0};
  const ml_split_opts opts = {.repeats = repeats};
  assert_int_equal(ml_split(scheme, data, NULL, 0, &opts, &folds, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, want);
  assert_null(folds);
}

/* Rows 0 to n - 1 of two classes: the first third, and the rest. */
enum { N = 60 };
static char *labels[] = {"a", "b"};
static uint32_t codes[N];

static ml_dataset two_classes(size_t n) {
  for (size_t i = 0; i < n; i++) codes[i] = i >= n / 3;
  return (ml_dataset){.n_rows = n, .classes = {.labels = labels, .n = 2, .codes = codes}};
}

static const char *const drawn[] = {"shuffled:4", "kfold:4,shuffle", "stratified:4,shuffle",
                                    "kfShuff:4",  "kfStrat:4",       "mcSplit:0.3"};
enum { N_DRAWN = sizeof drawn / sizeof *drawn };

/* ---- chance ---------------------------------------------------------------------------------- */

static bool are_same(const ml_folds *a, const ml_folds *b) {
  size_t n = ml_folds_packed_size(a);
  if (n != ml_folds_packed_size(b)) return false;
  char *x = malloc(n), *y = malloc(n);
  ml_folds_pack(a, x);
  ml_folds_pack(b, y);
  bool are = memcmp(x, y, n) == 0;
  free(x);
  free(y);
  return are;
}

static void seeds_decide(void **state) {
  (void)state;
  const ml_dataset data = two_classes(N);
  for (size_t i = 0; i < N_DRAWN; i++) {
    ml_folds *one = split_rows(drawn[i], &data, 2, 7), *same = split_rows(drawn[i], &data, 2, 7),
             *other = split_rows(drawn[i], &data, 2, 8);
    assert_true(are_same(one, same));
    assert_false(are_same(one, other));
    ml_folds_free(one);
    ml_folds_free(same);
    ml_folds_free(other);
  }
}

/* Each repeat is another draw, and the first is the same however many there are. */
static void repeats_draw_anew(void **state) {
  (void)state;
  const ml_dataset data = two_classes(N);
  for (size_t i = 0; i < N_DRAWN; i++) {
    ml_folds *three = split_rows(drawn[i], &data, 3, 1), *one = split_rows(drawn[i], &data, 1, 1);
    assert_int_equal(three->n, 3 * one->n);
    for (size_t f = 0; f < one->n; f++) {
      size_t n, n_one;
      const uint32_t *first = ml_folds_test(three, f, &n), *alone = ml_folds_test(one, f, &n_one);
      assert_int_equal(n, n_one);
      assert_memory_equal(first, alone, n * sizeof *first);
      const uint32_t *second = ml_folds_test(three, one->n + f, &n),
                     *third = ml_folds_test(three, 2 * one->n + f, &n_one);
      assert_int_equal(three->folds[one->n + f].repeat, 1);
      assert_true(memcmp(first, second, n * sizeof *first) != 0);
      assert_true(memcmp(second, third, n * sizeof *first) != 0);
    }
    ml_folds_free(three);
    ml_folds_free(one);
  }
}

/* Every row is tested once and trained on whenever it is not; folds are as large, and have as many
 * of a class, as without chance. */
static void draws_are_partitions(void **state) {
  (void)state;
  static const char *const pairs[][2] = {{"shuffled:7", "kfold:7"},
                                         {"stratified:7,shuffle", "stratified:7"},
                                         {"kfShuff:7", "kfSplit:7"}};
  const ml_dataset data = two_classes(N - 1);
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    ml_folds *random = split_rows(pairs[i][0], &data, 2, 3),
             *plain = split_rows(pairs[i][1], &data, 1, 3);
    assert_true(ml_folds_are_partition(random));
    for (size_t f = 0; f < random->n; f++) {
      size_t n, n_plain, n_class[2] = {0};
      const uint32_t *test = ml_folds_test(random, f, &n),
                     *like = ml_folds_test(plain, f % 7, &n_plain);
      assert_int_equal(n, n_plain);
      for (size_t j = 0; j < n; j++) {
        n_class[0] += data.classes.codes[test[j]];
        n_class[1] += data.classes.codes[like[j]];
        if (i < 2 && j > 0) assert_true(test[j - 1] < test[j]);
      }
      if (i == 1) assert_int_equal(n_class[0], n_class[1]);
    }
    ml_folds_free(random);
    ml_folds_free(plain);
  }
}

/* A number for the outcome of a scheme on four rows: the order of all its tests. */
static size_t outcome_of(const ml_folds *folds) {
  size_t outcome = 0;
  for (size_t f = 0; f < folds->n; f++) {
    size_t n;
    const uint32_t *test = ml_folds_test(folds, f, &n);
    for (size_t i = 0; i < n; i++) outcome = 4 * outcome + test[i];
  }
  return outcome;
}

/* All outcomes are there, each as likely as any other: chi-square with a fixed seed, below its
 * 99.9 % quantile. */
static void draws_are_uniform(void **state) {
  (void)state;
  static const struct {
    const char *scheme;
    size_t n_outcomes;
    double limit;
  } cases[] = {{"shuffled:2", 6, 20.52},
               {"stratified:2,shuffle", 4, 16.27},
               {"kfShuff:2", 24, 49.73},
               {"kfStrat:2", 16, 37.70},
               {"mcSplit:0.25", 4, 16.27}};
  enum { DRAWS = 24000 };
  ml_dataset data = two_classes(4);
  codes[1] = 0;
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    size_t counts[256] = {0}, n_seen = 0;
    double expected = (double)DRAWS / (double)cases[c].n_outcomes, chi = 0;
    ml_folds *folds = split_rows(cases[c].scheme, &data, DRAWS, 11);
    size_t each = folds->n / DRAWS;
    for (size_t d = 0; d < DRAWS; d++) {
      ml_folds one = *folds;
      one.folds += d * each;
      one.n = each;
      counts[outcome_of(&one)]++;
    }
    for (size_t i = 0; i < 256; i++) {
      if (!counts[i]) continue;
      n_seen++;
      chi += pow((double)counts[i] - expected, 2) / expected;
    }
    assert_int_equal(n_seen, cases[c].n_outcomes);
    if (chi > cases[c].limit) fail_msg("%s: chi-square is %g", cases[c].scheme, chi);
    ml_folds_free(folds);
  }
}

/* ---- the table ------------------------------------------------------------------------------- */

static void every_scheme_is_found(void **state) {
  (void)state;
  const ml_scheme *scheme, *found;
  ml_error err = {0};
  size_t n = 0;
  for (; (scheme = ml_scheme_at(n)); n++) {
    char text[100];
    for (size_t i = 0; i < n; i++) assert_string_not_equal(scheme->name, ml_scheme_at(i)->name);
    assert_true(strlen(scheme->summary) > 10 && strlen(scheme->summary) < 79);
    snprintf(text, sizeof text, "%s:7", scheme->name);
    assert_int_equal(ml_scheme_find(text, &found, &err), ML_OK);
    assert_ptr_equal(found, scheme);
    assert_int_equal(ml_scheme_find(scheme->name, &found, &err), ML_OK);
    assert_ptr_equal(found, scheme);
  }
  assert_int_equal(n, 18);
  assert_int_equal(ml_scheme_find("kfolds:5", &found, &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "no scheme of splits 'kfolds' (did you mean 'kfold'?)");
  assert_int_equal(ml_scheme_find("", &found, &err), ML_ERR_USAGE);
  assert_string_equal(ml_scheme_default(ML_CLASSIFICATION), "stratified:5");
  assert_string_equal(ml_scheme_default(ML_REGRESSION), "kfold:5");
  assert_string_equal(ml_scheme_default(ML_PROBLEM_AUTO), "kfold:5");
}

/* What the table shows is what is read: each word of the arguments is one that is taken. */
static void arguments_are_what_is_shown(void **state) {
  (void)state;
  const ml_scheme *scheme;
  const ml_dataset data = {.n_rows = 1};
  size_t n_words = 0;
  for (size_t s = 0; (scheme = ml_scheme_at(s)); s++) {
    const char *at = scheme->arguments;
    if (*at != ':') continue;
    while (*at) {
      size_t n = strcspn(at + 1, ",");
      const char *equals = memchr(at + 1, '=', n);
      char text[100];
      ml_error err = {0};
      ml_folds *folds;
      bool is_word = !equals && at[1] >= 'a';
      if (equals)
        snprintf(text, sizeof text, "%s:%.*s=2", scheme->name, (int)(equals - at - 1), at + 1);
      else
        snprintf(text, sizeof text, "%s:%.*s", scheme->name, is_word ? (int)n : 3,
                 is_word ? at + 1 : "0.5");
      assert_int_equal(ml_split(text, &data, NULL, 0, NULL, &folds, &err), ML_ERR_USAGE);
      assert_null(strstr(err.message, "does not take"));
      n_words++;
      at += n + 1;
    }
  }
  assert_true(n_words > 20);
}

static void the_word_shuffle_is_shuffled(void **state) {
  (void)state;
  const ml_dataset data = {.n_rows = 23};
  ml_folds *word = split_rows("kfold:k=4,shuffle", &data, 2, 5),
           *name = split_rows("shuffled:4", &data, 2, 5);
  assert_true(are_same(word, name));
  ml_folds_free(word);
  ml_folds_free(name);
}

static void repeats_of_kx_are_the_same(void **state) {
  (void)state;
  const ml_dataset data = {.n_rows = 11};
  static const char *const schemes[] = {"kfSplit:3", "tsRolls:3", "tsChain:3", "pcSplit:0.4"};
  for (size_t s = 0; s < 4; s++) {
    ml_folds *folds = split_rows(schemes[s], &data, 3, 0);
    size_t each = folds->n / 3;
    assert_int_equal(folds->n_listed, 11); /* the rows are there once */
    for (size_t f = 0; f < folds->n; f++) {
      assert_int_equal(folds->folds[f].repeat, f / each);
      assert_int_equal(folds->folds[f].test.first, folds->folds[f % each].test.first);
    }
    ml_folds_free(folds);
  }
}

/* ---- sizes ----------------------------------------------------------------------------------- */

static void a_million_rows_are_left_out_one_by_one(void **state) {
  (void)state;
  enum { ROWS = 1000000 };
  const ml_dataset data = {.n_rows = ROWS};
  ml_folds *folds = split_rows("loo", &data, 1, 0);
  assert_int_equal(folds->n, ROWS);
  assert_true(ml_folds_packed_size(folds) <= 60 * (size_t)ROWS + 100);
  assert_true(ml_folds_are_partition(folds));
  assert_int_equal(ml_folds_n_train(folds, 12345), ROWS - 1);
  ml_folds_free(folds);
}

/* Labels that end within a day or so leave one run in front of each test: nothing is listed for
 * each fold. */
static void purged_folds_share_their_rows(void **state) {
  (void)state;
  enum { ROWS = 10000 };
  double *start = calloc(2 * ROWS, sizeof *start), *end = start + ROWS;
  for (size_t i = 0; i < ROWS; i++) {
    start[i] = (double)i;
    end[i] = (double)i + 2;
  }
  const ml_dataset data = {.n_rows = ROWS, .start = start, .end = end};
  ml_folds *folds = split_rows("purged:1000,embargo=3", &data, 1, 0);
  assert_int_equal(folds->n_listed, ROWS);
  assert_int_equal(ml_folds_n_train(folds, 0), ROWS - 10 - 2 - 3);
  assert_int_equal(ml_folds_n_train(folds, 500), ROWS - 10 - 2 - 2 - 3);
  ml_folds_free(folds);
  free(start);
}

static void what_cannot_be_is_said(void **state) {
  (void)state;
  const ml_dataset plain = {.n_rows = 10}, classes = two_classes(12), huge = {.n_rows = UINT32_MAX},
                   empty = {0};
  double y[10] = {0};
  const ml_dataset numbers = {.n_rows = 10, .y = y, .problem = ML_REGRESSION};
  expect_error("kfold:5", &empty, 1, "kfold:5: there are no rows");
  expect_error("kfold:5", &huge, 1, "kfold:5: more than 4294967294 rows or repeats");
  expect_error("stratified", &plain, 1, "stratified: the rows have no classes");
  expect_error("kfStrat", &numbers, 1, "kfStrat: the rows have no classes: the target is a number");
  expect_error("group", &plain, 1, "group: the rows have no groups");
  expect_error("purged", &plain, 1, "purged: the rows have no starts and ends");
  expect_error("predefined", &plain, 1, "predefined: the rows have no given folds");
  expect_error("predefined:x", &plain, 1, "predefined:x: name a column, as in predefined=fold");
  expect_error(
      "stratified:9", &classes, 1,
      "stratified:9: every class has fewer than 9 rows, the largest 8; take fewer folds or "
      "'kfold'");
  expect_error("kfold:2", &plain, 2,
               "kfold:2: every repeat would be the same; repeat 'shuffled', which draws anew");
  expect_error("kfold:99999999999", &plain, 1,
               "kfold:99999999999: 'k' must be an integer from 1 on, not '99999999999'");
  expect_error("rolling:train=4294967295,test=4294967295,gap=4294967295", &plain, 1,
               "rolling:train=4294967295,test=4294967295,gap=4294967295: needs 12884901885 rows, "
               "and there are 10");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(seeds_decide),
      cmocka_unit_test(repeats_draw_anew),
      cmocka_unit_test(draws_are_partitions),
      cmocka_unit_test(draws_are_uniform),
      cmocka_unit_test(every_scheme_is_found),
      cmocka_unit_test(arguments_are_what_is_shown),
      cmocka_unit_test(the_word_shuffle_is_shuffled),
      cmocka_unit_test(repeats_of_kx_are_the_same),
      cmocka_unit_test(a_million_rows_are_left_out_one_by_one),
      cmocka_unit_test(purged_folds_share_their_rows),
      cmocka_unit_test(what_cannot_be_is_said),
  };
  return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}
