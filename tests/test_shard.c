/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shards: whose the ids are, and that the parts are the whole. */
#include "shard_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* XXH64 of canonical ids, computed by another program: signs and digits, and the exponent in 8
 * bytes; "'" and the bytes of other texts; both parts of pairs. It must never change. */
static void hash_is_fixed(void **state) {
  static const struct {
    const char *id;
    uint64_t hash;
  } cases[] = {
      {"abc", 0x82d8d2bdbeb50975},    {"1", 0x15fbde5ec5faa945},
      {"0", 0x633457081244afec},      {"-2.50", 0xda4cb2f7e23723ec},
      {"1e-7", 0x60f42ce38fc83eab},   {"12345678901234567890", 0x5c9c7ccf9e61a11c},
      {"(1, 3)", 0x7133533ec5ac6aeb}, {"('a', Timestamp('2020-01-02'))", 0x97dbe7f22506eb57},
      {"", 0xb589561b799fa198}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(ml_shard_of(cases[i].id, 1000000007), cases[i].hash % 1000000007);
    assert_int_equal(ml_shard_of(cases[i].id, 1), 0);
  }
}

/* Texts of some length, alone and as the first part of a pair; by another program, too. */
static void hash_of_long_ids_is_fixed(void **state) {
  static const struct {
    int n;
    bool is_pair;
    uint64_t hash;
  } cases[] = {{254, false, 0xebd6d9a5a097c963}, {255, false, 0xf31759080c3df4b2},
               {256, false, 0x664ce14b7e07efc8}, {257, false, 0xdb74ec09fa0634c6},
               {600, false, 0xd1582d1fd4116ebd}, {254, true, 0x103bdc3599c09e99},
               {255, true, 0xfec1249b151e4dda},  {300, true, 0xeab83efb21833ed7}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[601] = "", id[640];
    for (int k = 0; k < cases[i].n; k++) text[k] = (char)('a' + k % 26);
    snprintf(id, sizeof id, cases[i].is_pair ? "('%s', 7)" : "%s", text);
    assert_int_equal(ml_shard_of(id, 1000000007), cases[i].hash % 1000000007);
  }
}

static void equal_ids_are_together(void **state) {
  static const char *const same[][5] = {
      {"1", "1.0", "01", "+1", "10e-1"},
      {"0", "-0", "0.0", "000", "0e9"},
      {"(1, 3)", "(1.0, 3)", "(1, 3.0)", "('1', 3)", "(\"1\", 03)"},
      {"('a', 3)", "(a, 3)", "(\"a\", 3)", "('a', 3.0)", "('a', 3)"},
      {"12345678901234567890", "12345678901234567890.0", "1234567890123456789e1",
       "0012345678901234567890", "+12345678901234567890"}};
  (void)state;
  for (size_t i = 0; i < sizeof same / sizeof *same; i++)
    for (size_t j = 1; j < 5; j++)
      assert_int_equal(ml_shard_of(same[i][j], 1000000007), ml_shard_of(same[i][0], 1000000007));
  assert_int_not_equal(ml_shard_of("12345678901234567890", 1000000007),
                       ml_shard_of("12345678901234567891", 1000000007));
}

/* ---- reading ------------------------------------------------------------------------------- */

static void expect_same_series(const ml_series_set *a, size_t i, const ml_series_set *b, size_t j) {
  assert_string_equal(ml_series_id(a, i), ml_series_id(b, j));
  for (size_t k = 0; k < ml_series_n_kinds(a); k++) {
    size_t other = 0;
    while (strcmp(ml_series_kind(b, other), ml_series_kind(a, k)) != 0) other++;
    const ml_series x = ml_series_at(a, i, k), y = ml_series_at(b, j, other);
    assert_int_equal(x.n, y.n);
    assert_int_equal(x.times != NULL, y.times != NULL);
    if (x.n > 0) assert_memory_equal(x.x, y.x, x.n * sizeof *x.x);
    if (x.n > 0 && x.times) assert_memory_equal(x.times, y.times, x.n * sizeof *x.times);
  }
}

/* Each id of the whole is in its shard, in the same order, with the same series. */
static void check_shards(const shard_case *c, size_t n) {
  ml_series_set *whole = NULL;
  ml_error err = {0};
  size_t n_ids = 0;
  if (read_case(c, 0, 0, &whole, &err) != ML_OK) return; /* such as no window */
  for (size_t shard = 0; shard < n; shard++) {
    ml_series_set *set = NULL;
    assert_int_equal(read_case(c, shard, n, &set, &err), ML_OK);
    size_t i = 0;
    for (size_t j = 0; j < ml_series_n_ids(whole); j++) {
      if (ml_shard_of(ml_series_parent(whole, j), n) != shard) continue;
      assert_true(i < ml_series_n_ids(set));
      expect_same_series(whole, j, set, i++);
    }
    assert_int_equal(i, ml_series_n_ids(set));
    assert_int_equal(ml_series_n_kinds(set), ml_series_n_kinds(whole));
    assert_int_equal(ml_series_clock(set), ml_series_clock(whole));
    if (i > 0) assert_int_equal(ml_series_ids_are_numbers(set), ml_series_ids_are_numbers(whole));
    n_ids += i;
    ml_series_free(set);
  }
  assert_int_equal(n_ids, ml_series_n_ids(whole));
  ml_series_free(whole);
}

static void shards_are_the_whole(void **state) {
  uint64_t random = 8;
  (void)state;
  for (size_t i = 0; i < 300; i++) {
    shard_case c;
    draw_case(&random, &c);
    check_shards(&c, 1 + i % 7);
    free(c.text);
  }
}

/* What is wrong in a row is wrong in all shards. */
static void all_rows_are_checked(void **state) {
  static const char text[] = "id,time,value\na,1,1\nb,2,2\nc,3,x\nd,4,4\n";
  (void)state;
  for (size_t shard = 0; shard < 5; shard++) {
    const ml_series_opts opts = {.shard = shard, .n_shards = 5};
    ml_series_set *set = NULL;
    ml_error err = {0};
    assert_int_equal(ml_series_parse(text, strlen(text), "x.csv", &opts, &set, &err), ML_ERR_PARSE);
    assert_int_equal(err.line, 4);
  }
}

/* ---- merging ------------------------------------------------------------------------------- */

static void write_whole(const shard_case *c, const char *path, ml_status *status) {
  ml_series_set *set = NULL;
  ml_matrix *matrix = NULL;
  ml_fresh_settings *s = NULL;
  ml_error err = {0};
  *status = read_case(c, 0, 0, &set, &err);
  if (*status == ML_OK) *status = ml_fresh_settings_named(c->settings, &s, &err);
  if (*status == ML_OK) *status = ml_fresh_extract(set, s, NULL, NULL, &matrix, &err);
  if (*status == ML_OK) *status = ml_matrix_write(matrix, path, ML_FORMAT_AUTO, NULL, &err);
  ml_fresh_settings_free(s);
  ml_matrix_free(matrix);
  ml_series_free(set);
}

static void check_merge(const shard_case *c, size_t n, const char *end) {
  char whole[16], merged[16];
  snprintf(whole, sizeof whole, "whole%s", end);
  snprintf(merged, sizeof merged, "merged%s", end);
  char *want = new_path(whole), *got = new_path(merged);
  ml_status status;
  ml_error err = {0};
  write_whole(c, want, &status);
  write_inputs(c);
  if (status == ML_OK && (write_parts(c, n, &err) != ML_OK || merge_parts(got, &err) != ML_OK))
    fail_msg("%s, %s of %zu shards: %s", c->text, c->settings, n, err.message);
  if (status == ML_OK) expect_same_files(c->text, got, want);
  if (status == ML_OK && strcmp(end, ".npy") == 0) {
    char *a = new_path("merged.columns.json"), *b = new_path("whole.columns.json");
    expect_same_files(c->text, a, b);
    free(a);
    free(b);
  }
  free(want);
  free(got);
  remove_files();
}

static void merged_parts_are_the_whole(void **state) {
  static const char *const ends[] = {".csv", ".npy", ".json", ".csv.gz"};
  static const size_t shards[] = {1, 2, 3, 9};
  uint64_t random = 88;
  (void)state;
  for (size_t i = 0; i < 400; i++) {
    shard_case c;
    draw_case(&random, &c);
    check_merge(&c, shards[i % 4], ends[i / 4 % 4]);
    free(c.text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hash_is_fixed),          cmocka_unit_test(hash_of_long_ids_is_fixed),
      cmocka_unit_test(equal_ids_are_together), cmocka_unit_test(shards_are_the_whole),
      cmocka_unit_test(all_rows_are_checked),   cmocka_unit_test(merged_parts_are_the_whole),
  };
  return cmocka_run_group_tests_name("ml/shard", tests, NULL, NULL);
}
