/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random series, whole and in shards. */
#include "shard_cases.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- series -------------------------------------------------------------------------------- */

enum { MOST = 8 };

static const char *const ids[][MOST] = {
    {"1", "2", "10", "20", "1.0", "01", "-5", "2.50"},
    {"a", "b", "1", "1.0", "Z", "10", "\xc3\xa9", "a b"},
    {"\"(1, 3)\"", "\"(1.0, 3)\"", "\"(2, 1)\"", "\"(10, 4)\"", "\"(1, 3.0)\""},
    {"\"('a', 3)\"", "\"(a, 3)\"", "\"('b', 10)\"", "\"('b', 9)\"", "\"(1, 3)\""},
    {"\"(1, 3)\"", "x", "\"(1.0, 3)\""},
    {"7"}};
static const char *const kinds[][MOST] = {
    {"x", "y", "z"}, {"1", "2", "1.0"}, {"1", "a", "10", "9"}, {"a.b", "k__mean", "k"}};
static const char *const settings[] = {"minimal", "kx", "time"};

static size_t below(uint64_t *random, size_t n) {
  return (size_t)(next_random(random) % n);
}

/* One of the first n; fewer where there are fewer. */
static const char *draw(uint64_t *random, const char *const *list, size_t n) {
  while (n > 1 && !list[n - 1]) n--;
  return list[below(random, n)];
}

void draw_case(uint64_t *random, shard_case *c) {
  ml_buf text = {0};
  const size_t shape = below(random, 8), n_rows = 1 + below(random, 40);
  const char *const *some_ids = ids[below(random, sizeof ids / sizeof *ids)];
  const char *const *some_kinds = kinds[below(random, sizeof kinds / sizeof *kinds)];
  const size_t n_ids = 1 + below(random, MOST), n_kinds = 1 + below(random, MOST);
  const bool has_dates = below(random, 3) == 0, is_upward = below(random, 2) == 0;
  *c = (shard_case){.settings = settings[below(random, has_dates ? 3 : 2)],
                    .has_windows = below(random, 3) == 0,
                    .window = {.rows = 1 + below(random, 4)}};
  if (below(random, 2)) c->window.min_rows = 1;
  ml_buf_puts(&text, shape == 0  ? "time,w\n"
                     : shape < 3 ? "id,time,u,w\n"
                                 : "id,time,kind,value\n");
  for (size_t i = 0; i < n_rows; i++) {
    const size_t t = is_upward ? i : n_rows - i;
    if (shape > 0) ml_buf_printf(&text, "%s,", draw(random, some_ids, n_ids));
    ml_buf_printf(&text, has_dates ? "2020-01-01T00:%02zu:00," : "%zu,", t);
    if (shape > 2) ml_buf_printf(&text, "%s,", draw(random, some_kinds, n_kinds));
    if (shape == 1 || shape == 2) ml_buf_printf(&text, "%zu,", below(random, 100));
    ml_buf_printf(&text, "%zu\n", below(random, 100));
  }
  assert_false(text.failed);
  c->text = text.data;
  c->n_text = text.n;
  if (below(random, 2)) {
    const char *line = memchr(text.data + below(random, text.n), '\n', text.n);
    c->n_first = (size_t)(line - text.data) + 1;
  }
  c->tuning = AT_ONCE;
  if (below(random, 3))
    c->tuning = (parts_tuning){.set = 1000 + below(random, 8000),
                               .seen = 500 + below(random, 80000),
                               .n_shelves = 2 + below(random, 5),
                               .block = 16 + below(random, 400),
                               .text = 100};
}

ml_status read_case(const shard_case *c, size_t shard, size_t n_shards, ml_series_set **out,
                    ml_error *err) {
  const ml_series_opts opts = {
      .window = c->has_windows ? &c->window : NULL, .shard = shard, .n_shards = n_shards};
  return ml_series_parse(c->text, c->n_text, "in.csv", &opts, out, err);
}

/* ---- files --------------------------------------------------------------------------------- */

char *new_path(const char *name) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", temp_dir(), name);
  return strdup(path);
}

void remove_files(void) {
  DIR *dir = opendir(temp_dir());
  assert_non_null(dir);
  for (const struct dirent *entry; (entry = readdir(dir));) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    char *path = new_path(entry->d_name);
    assert_int_equal(unlink(path), 0);
    free(path);
  }
  closedir(dir);
}

ml_shard shard_of(size_t number, size_t n) {
  return (ml_shard){.folder = temp_dir(),
                    .number = number,
                    .n = n,
                    .of = "fresh",
                    .options = "{\"command\": \"fresh\", \"params\": \"minimal\"}"};
}

static ml_status fill(ml_parts *parts, ml_spool *spool, ml_error *err) {
  ml_status status = ML_OK;
  while (status == ML_OK) {
    ml_series_set *set = NULL;
    status = ml_parts_next(parts, &set, err);
    if (status != ML_OK || !set) break;
    status = ml_spool_add(spool, set, err);
    ml_series_free(set);
  }
  for (size_t k = 0; status == ML_OK && k < ml_parts_n_kinds(parts); k++)
    status = ml_spool_add_kind(spool, ml_parts_kind(parts, k), err);
  return status == ML_OK ? ml_spool_end(spool, err) : status;
}

static ml_status write_tuned(const shard_case *c, const parts_tuning *tuning, const ml_shard *shard,
                             const char *const *paths, size_t n_paths, ml_error *err) {
  const ml_parts_opts opts = {.series = {.window = c->has_windows ? &c->window : NULL,
                                         .shard = shard->number - 1,
                                         .n_shards = shard->n}};
  ml_spool_opts spool_opts = {.memory = 1 << 16};
  ml_fresh_settings *s = NULL;
  ml_parts *parts = NULL;
  ml_spool *spool = NULL;
  ml_status status = ml_fresh_settings_named(c->settings, &s, err);
  spool_opts.settings = s;
  if (status == ML_OK) status = parts__open(paths, n_paths, &opts, tuning, &parts, err);
  if (status == ML_OK) status = ml_spool_open(&spool_opts, &spool, err);
  if (status == ML_OK) status = fill(parts, spool, err);
  if (status == ML_OK) status = ml_shard_write(shard, spool, 1.5, err);
  ml_spool_close(spool);
  ml_parts_close(parts);
  ml_fresh_settings_free(s);
  return status;
}

ml_status write_part(const shard_case *c, const ml_shard *shard, const char *const *paths,
                     size_t n_paths, ml_error *err) {
  const parts_tuning at_once = AT_ONCE;
  ml_error first = {0};
  ml_status status = write_tuned(c, &c->tuning, shard, paths, n_paths, &first);
  if (status != ML_ERR_MEMORY || !strstr(first.message, "memory limit")) {
    *err = first;
    return status;
  }
  return write_tuned(c, &at_once, shard, paths, n_paths, err); /* an id does not fit */
}

static void write_file(const char *path, const char *head, size_t n_head, const char *text,
                       size_t n) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(head, 1, n_head, file), n_head);
  assert_int_equal(fwrite(text, 1, n, file), n);
  fclose(file);
}

void write_inputs(const shard_case *c) {
  char *const paths[] = {new_path("in-1.csv"), new_path("in-2.csv")};
  const size_t n_first = c->n_first ? c->n_first : c->n_text;
  const size_t n_head = (size_t)((char *)memchr(c->text, '\n', c->n_text) - c->text) + 1;
  write_file(paths[0], "", 0, c->text, n_first);
  write_file(paths[1], c->text, n_head, c->text + n_first, c->n_text - n_first);
  free(paths[0]);
  free(paths[1]);
}

ml_status write_parts(const shard_case *c, size_t n, ml_error *err) {
  ml_status status = ML_OK;
  char first[256], second[256];
  const char *const paths[] = {first, second};
  snprintf(first, sizeof first, "%s/in-1.csv", temp_dir());
  snprintf(second, sizeof second, "%s/in-2.csv", temp_dir());
  for (size_t number = 1; number <= n && status == ML_OK; number++) {
    const ml_shard shard = shard_of(number, n);
    status = write_part(c, &shard, paths, c->n_first ? 2 : 1, err);
  }
  return status;
}

ml_status merge_parts(const char *path, ml_error *err) {
  const char *const folders[] = {temp_dir()};
  ml_shards *shards = NULL;
  size_t n_rows, n_columns;
  ml_status status = ml_shards_open(folders, 1, &shards, err);
  if (status == ML_OK)
    status = ml_shards_merge(shards, path, ML_FORMAT_AUTO, false, NULL, &n_rows, &n_columns, err);
  ml_shards_close(shards);
  return status;
}

void expect_same_files(const char *label, const char *got, const char *want) {
  size_t n, m;
  char *a = read_file(got, &n), *b = read_file(want, &m);
  if (n != m || memcmp(a, b, n) != 0) fail_msg("%s: %s and %s differ", label, got, want);
  free(a);
  free(b);
}
