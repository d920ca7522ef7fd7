/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that runs out while parts are made and merged. */
#include "memory.h"
#include "shard_cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What can be done without: to look for what was left of three files, to sync a folder. */
enum { SWEPT = 3 * 2, SYNC = 1 };

static shard_case some = {.text = (char *)(uintptr_t)long_rows,
                          .n_text = sizeof long_rows - 1,
                          .settings = "minimal",
                          .tuning = AT_ONCE};

static ml_status read_shard(ml_error *err) {
  ml_series_set *set = NULL;
  ml_status status = read_case(&some, 1, 2, &set, err);
  ml_series_free(set);
  return status;
}

static ml_status write_all(ml_error *err) {
  return write_parts(&some, 2, err);
}

static ml_status merge(ml_error *err) {
  char path[256];
  snprintf(path, sizeof path, "%s/merged.json", temp_dir());
  (void)unlink(path);
  return merge_parts(path, err);
}

static ml_status is_done(ml_error *err) {
  const ml_shard shard = shard_of(1, 2);
  bool done = false;
  return ml_shard_is_done(&shard, NULL, &done, err);
}

static void features(void **state) {
  (void)state;
  fail_each("reading a shard", read_shard, 0);
  write_inputs(&some);
  fail_each("writing parts", write_all, 2 * (SWEPT + 3 * SYNC));
  fail_each("merging", merge, SYNC);
  fail_each("looking for a part", is_done, 2); /* files that cannot be looked for are not there */
  some.has_windows = true;
  some.window = (ml_window){.rows = 2, .min_rows = 1};
  remove_files();
  write_inputs(&some);
  fail_each("windows", write_all, 2 * (SWEPT + 3 * SYNC));
  fail_each("merging windows", merge, SYNC);
}

static void put_checkpoint(size_t number) {
  char path[256];
  snprintf(path, sizeof path, "%s/part-%zu-of-2.checkpoint", temp_dir(), number);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fprintf(file, "{\"format\":\"mltool-xval/1\",\"run\":\"x\"}\n{%zu}\n", number);
  fclose(file);
}

static ml_status write_fits(ml_error *err) {
  ml_status status = ML_OK;
  for (size_t number = 1; number <= 2 && status == ML_OK; number++) {
    ml_shard shard = shard_of(number, 2);
    shard.of = "xval";
    status = ml_shard_write_fits(&shard, 1, 0, NULL, err);
  }
  return status;
}

static ml_status join(ml_error *err) {
  const char *const folders[] = {temp_dir()};
  char path[256];
  size_t n_fits = 0;
  ml_shards *shards = NULL;
  snprintf(path, sizeof path, "%s/joined", temp_dir());
  (void)unlink(path);
  ml_status status = ml_shards_open(folders, 1, &shards, err);
  if (status == ML_OK) status = ml_shards_join(shards, path, NULL, &n_fits, err);
  ml_shards_close(shards);
  return status;
}

static void searches(void **state) {
  size_t n;
  (void)state;
  remove_files();
  put_checkpoint(1);
  put_checkpoint(2);
  fail_each("ledgers of a search", write_fits, 2 * (SWEPT + SYNC));
  fail_each("joining", join, SYNC);
  char *path = new_path("joined"), *joined = read_file(path, &n);
  assert_string_equal(joined, "{\"format\":\"mltool-xval/1\",\"run\":\"x\"}\n{1}\n{2}\n");
  free(joined);
  free(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(features), cmocka_unit_test(searches)};
  return cmocka_run_group_tests_name("memory/shards", tests, NULL, NULL);
}
