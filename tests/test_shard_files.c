/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts that are missing, foreign, damaged, or there already. */
#include "shard_cases.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static const char some_ids[] =
    "id,time,kind,value\na,1,x,1\nb,1,y,2\nc,1,x,3\nd,1,x,4\na,2,y,5\nd,2,y,6\ne,1,x,1\nf,1,y,2\ng,"
    "1,x,7\nh,1,x,8\n";

static shard_case some(void) {
  return (shard_case){.text = (char *)(uintptr_t)some_ids,
                      .n_text = strlen(some_ids),
                      .settings = "minimal",
                      .tuning = AT_ONCE};
}

static void begin(size_t n) {
  const shard_case c = some();
  ml_error err = {0};
  remove_files();
  write_inputs(&c);
  if (write_parts(&c, n, &err) != ML_OK) fail_msg("%s", err.message);
}

static void expect_merge(ml_status want, const char *words) {
  char *path = new_path("merged.csv");
  ml_error err = {0};
  const ml_status got = merge_parts(path, &err);
  if (got != want || !strstr(err.message, words))
    fail_msg("%d, not %d: %s %s, not %s", got, want, err.source, err.message, words);
  assert_int_equal(access(path, F_OK) == 0, want == ML_OK);
  free(path);
}

static void replace(const char *name, const void *bytes, size_t n) {
  char *path = new_path(name);
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, n, file), n);
  fclose(file);
  free(path);
}

static char *content(const char *name, size_t *n) {
  char *path = new_path(name), *bytes = read_file(path, n);
  free(path);
  return bytes;
}

/* Make the check at the end of a ledger right again. */
static void sign(char *bytes, size_t n) {
  enum { TAIL = 31, DIGITS = 16 };
  char digits[DIGITS + 1];
  if (n < TAIL) return;
  snprintf(digits, sizeof digits, "%016llx", (unsigned long long)XXH3_64bits(bytes, n - TAIL));
  memcpy(bytes + n - DIGITS - 3, digits, DIGITS);
}

/* Put `by` in place of a text of the same length. */
static void edit(const char *name, const char *text, const char *by) {
  size_t n;
  char *bytes = content(name, &n), *at = memmem(bytes, n, text, strlen(text));
  assert_non_null(at);
  assert_int_equal(strlen(text), strlen(by));
  memcpy(at, by, strlen(by));
  if (memmem(bytes, n, "mltool_part", 11)) sign(bytes, n);
  replace(name, bytes, n);
  free(bytes);
}

static void remove_file(const char *name) {
  char *path = new_path(name);
  assert_int_equal(unlink(path), 0);
  free(path);
}

/* A part that has rows. */
static const char *part_of(const char *id, size_t n, const char *end) {
  static char name[64];
  snprintf(name, sizeof name, "part-%zu-of-%zu%s", ml_shard_of(id, n) + 1, n, end);
  return name;
}

/* ---- what is there ------------------------------------------------------------------------- */

static void missing_parts_are_named(void **state) {
  (void)state;
  begin(7);
  expect_merge(ML_OK, "");
  remove_file("merged.csv");
  remove_file("part-2-of-7.json");
  expect_merge(ML_ERR_PARSE, "1 of 7 parts is missing: 2");
  remove_file("part-3-of-7.json");
  remove_file("part-5-of-7.json");
  remove_file("part-6-of-7.json");
  remove_file("part-7-of-7.json");
  expect_merge(ML_ERR_PARSE, "5 of 7 parts are missing: 2, 3, 5 to 7");
  remove_files();
  expect_merge(ML_ERR_PARSE, "no part is there");
}

static void other_numbers_of_shards_do_not_mix(void **state) {
  const shard_case c = some();
  ml_error err = {0};
  (void)state;
  begin(2);
  assert_int_equal(write_parts(&c, 3, &err), ML_OK);
  expect_merge(ML_ERR_PARSE, "the parts are of 2 shards, and of 3");
}

static void all_options_and_inputs_are_the_same(void **state) {
  (void)state;
  begin(2);
  edit("part-2-of-2.json", "\"minimal\"", "\"maximal\"");
  expect_merge(ML_ERR_PARSE, "with --params \"maximal\", and not with --params \"minimal\"");
  begin(2);
  edit("part-1-of-2.json", "\"fresh\"", "\"other\"");
  expect_merge(ML_ERR_PARSE, "of mltool fresh, and not of mltool other");
  begin(2);
  edit("part-2-of-2.json", "\"version\": \"0", "\"version\": \"9");
  expect_merge(ML_ERR_PARSE, "and not 0.");
}

static void a_part_of_another_name_is_found_out(void **state) {
  size_t n;
  (void)state;
  begin(2);
  char *first = content("part-1-of-2.json", &n);
  replace("part-2-of-2.json", first, n);
  expect_merge(ML_ERR_PARSE, "the ledger is that of another part");
  free(first);
}

/* ---- damage -------------------------------------------------------------------------------- */

static void values_are_checked(void **state) {
  size_t n;
  (void)state;
  begin(2);
  char *bytes = content(part_of("a", 2, ".npy"), &n);
  replace(part_of("a", 2, ".npy"), bytes, n - 8);
  expect_merge(ML_ERR_PARSE, "the file ends too early");
  bytes[n - 1] ^= 1;
  replace(part_of("a", 2, ".npy"), bytes, n);
  expect_merge(ML_ERR_PARSE, "its values are not those that were written");
  replace(part_of("a", 2, ".npy"), "", 0);
  expect_merge(ML_ERR_PARSE, "not a .npy file");
  free(bytes);
  remove_file(part_of("a", 2, ".npy"));
  expect_merge(ML_ERR_IO, "cannot read");
}

static void names_are_checked(void **state) {
  (void)state;
  begin(2);
  edit(part_of("a", 2, ".columns.json"), "\"a\"", "\"q\"");
  expect_merge(ML_ERR_PARSE,
               ml_shard_of("a", 2) == ml_shard_of("q", 2) ? "not in order" : "is none of its own");
  begin(2);
  edit(part_of("a", 2, ".columns.json"), "__mean\"", "__maen\"");
  expect_merge(ML_ERR_PARSE, "other columns");
  remove_file(part_of("a", 2, ".columns.json"));
  expect_merge(ML_ERR_IO, "cannot open");
}

/* Whatever is in a ledger, it is refused, or something is written. */
static ml_status try_ledger(const char *bytes, size_t n) {
  char *path = new_path("merged.csv");
  ml_error err = {0};
  replace("part-1-of-2.json", bytes, n);
  const ml_status status = merge_parts(path, &err);
  if (status != ML_OK) assert_true(err.message[0]);
  assert_int_equal(access(path, F_OK) == 0, status == ML_OK);
  unlink(path);
  free(path);
  return status;
}

static void damaged_ledgers_are_refused(void **state) {
  static const char marks[] = "0123456789-{}[],\":e null";
  uint64_t random = 5;
  size_t n, n_fine = 0;
  (void)state;
  begin(2);
  char *ledger = content("part-1-of-2.json", &n);
  for (size_t i = 0; i < n; i += 3) assert_int_not_equal(try_ledger(ledger, i), ML_OK);
  for (size_t i = 0; i < 300; i++) {
    const size_t at = next_random(&random) % n;
    const char old = ledger[at];
    ledger[at] = marks[next_random(&random) % (sizeof marks - 1)];
    if (ledger[at] != old) assert_int_not_equal(try_ledger(ledger, n), ML_OK);
    ledger[at] = old;
  }
  for (size_t i = 0; i < 300; i++) { /* with a right check */
    const size_t at = next_random(&random) % n;
    char *bad = malloc(n);
    memcpy(bad, ledger, n);
    bad[at] = marks[next_random(&random) % (sizeof marks - 1)];
    sign(bad, n);
    n_fine += try_ledger(bad, n) == ML_OK;
    free(bad);
  }
  assert_true(n_fine > 0); /* such as another name of the input */
  free(ledger);
}

static void hostile_ledgers_are_refused(void **state) {
  static const char *const ledgers[] = {"",
                                        "null",
                                        "[]",
                                        "{}",
                                        "{\"mltool_part\": 2}",
                                        "{\"mltool_part\": \"x\"}",
                                        "{\"mltool_part\": 1, \"mltool_part\": 1}"};
  ml_buf deep = {0};
  (void)state;
  begin(2);
  for (size_t i = 0; i < sizeof ledgers / sizeof *ledgers; i++) {
    replace("part-1-of-2.json", ledgers[i], strlen(ledgers[i]));
    expect_merge(ML_ERR_PARSE, "ledger");
  }
  for (size_t i = 0; i < 100000; i++) ml_buf_puts(&deep, "[");
  replace("part-1-of-2.json", deep.data, deep.n);
  expect_merge(ML_ERR_PARSE, "ledger");
  ml_buf_release(&deep);
}

/* ---- a part that is there ------------------------------------------------------------------ */

static const char input_text[] = "id,time,value\na,1,1\nb,1,2\n";

/* A part of an input that is a file. */
static ml_shard part_of_file(ml_shard_input *input, const char *path) {
  ml_shard shard = shard_of(1, 1);
  ml_error err = {0};
  if (ml_shard_input_find(path, input, &err) != ML_OK) fail_msg("%s", err.message);
  shard.inputs = input;
  shard.n_inputs = 1;
  return shard;
}

static void expect_done(const ml_shard *shard, ml_status want, bool want_done, const char *words) {
  bool is_done = !want_done;
  ml_error err = {0};
  const ml_status got = ml_shard_is_done(shard, NULL, &is_done, &err);
  if (got != want || !strstr(err.message, words))
    fail_msg("%d: %s, not %s", got, err.message, words);
  if (want == ML_OK) assert_int_equal(is_done, want_done);
}

static void write_part_of(const char *path) {
  ml_shard_input input;
  ml_shard shard = part_of_file(&input, path);
  const shard_case c = some();
  ml_error err = {0};
  expect_done(&shard, ML_OK, false, "");
  assert_int_equal(ml_shard_input_read(&input, NULL, &err), ML_OK);
  assert_int_equal(input.n_bytes, strlen(input_text));
  assert_int_equal(write_part(&c, &shard, &path, 1, &err), ML_OK);
  expect_done(&shard, ML_OK, true, "");
}

static void set_time(const char *path, time_t seconds) {
  const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
  assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void what_is_there_is_not_done_again(void **state) {
  char *path = new_path("in.csv");
  ml_shard_input input;
  (void)state;
  remove_files();
  replace("in.csv", input_text, strlen(input_text));
  set_time(path, 1000);
  write_part_of(path);
  set_time(path, 2000); /* it is read, and is the same */
  ml_shard shard = part_of_file(&input, path);
  expect_done(&shard, ML_OK, true, "");
  shard.options = "{\"command\": \"fresh\", \"params\": \"kx\", \"id\": \"x\"}";
  expect_done(&shard, ML_ERR_USAGE, false, "without --id, and not with --id \"x\"");
  edit("in.csv", "b,1,2", "b,1,3");
  set_time(path, 3000);
  shard = part_of_file(&input, path);
  expect_done(&shard, ML_ERR_USAGE, false, "of another input");
  set_time(path, 1000); /* nobody sees that: docs/shards.md says so */
  shard = part_of_file(&input, path);
  expect_done(&shard, ML_OK, true, "");
  remove_file("part-1-of-1.npy");
  expect_done(&shard, ML_OK, false, "");
  free(path);
}

static void no_part_counts_without_its_ledger(void **state) {
  (void)state;
  begin(2);
  remove_file(part_of("a", 2, ".json"));
  expect_merge(ML_ERR_PARSE, "1 of 2 parts is missing");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(missing_parts_are_named),
      cmocka_unit_test(other_numbers_of_shards_do_not_mix),
      cmocka_unit_test(all_options_and_inputs_are_the_same),
      cmocka_unit_test(a_part_of_another_name_is_found_out),
      cmocka_unit_test(values_are_checked),
      cmocka_unit_test(names_are_checked),
      cmocka_unit_test(damaged_ledgers_are_refused),
      cmocka_unit_test(hostile_ledgers_are_refused),
      cmocka_unit_test(what_is_there_is_not_done_again),
      cmocka_unit_test(no_part_counts_without_its_ledger),
  };
  return cmocka_run_group_tests_name("ml/shard files", tests, NULL, NULL);
}
