/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading in parts gives what reading at once gives, id by id, whatever the order of the rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <ml/parts_internal.h>

#include "support.h"

/* ---- files ---- */

enum { FILES = 3 };

/* How a random file is made. */
typedef struct recipe {
  bool is_wide, is_single, has_dates, has_target, quotes, crlf, blank_lines, packs;
  bool cr;
  int kinds; /* 0: texts, 1: numbers in several spellings, 2: those, and seldom a text */
  int ids;   /* 0: integers, 1: in several spellings, 2: texts, 3: pairs, 4: numbers, late a text */
  int order; /* 0: contiguous, 1: scattered, 2: a few ids come back */
  size_t n_ids, n_rows, n_files;
  bool has_window, has_points, drops;
} recipe;

typedef struct line {
  size_t id, place;
  uint64_t key;
} line;

/* A number in one of several spellings. */
static void put_number(size_t number, bool is_mixed, uint64_t *seed, char *buf) {
  static const char *const before[] = {"", "", "0", "+"}, *const behind[] = {"", ".0", "", "e0"};
  const size_t pick = is_mixed ? (next_random(seed) >> 32) % 4 : 0;
  snprintf(buf, 64, "%s%zu%s", before[pick], number, behind[pick]);
}

static void id_text(const recipe *r, size_t id, uint64_t *seed, char *buf) {
  if (r->ids == 2)
    snprintf(buf, 64, r->quotes && id % 3 == 0 ? "x\n%zu \"" : "id-%zu", id * 7919 % 1000);
  else if (r->ids == 3)
    snprintf(buf, 64,
             id % 3 == 0   ? "('a', %zu)"
             : id % 3 == 1 ? "('b', %zu)"
                           : "(\"a\", %zu.0)",
             id);
  else if (r->ids == 4 && id + 1 == r->n_ids)
    strcpy(buf, "last");
  else
    put_number(r->ids == 4 ? id / 2 : id, r->ids != 0, seed, buf);
}

static int compare_lines(const void *a, const void *b) {
  const line *p = a, *q = b;
  return p->key < q->key ? -1 : p->key > q->key ? 1 : p->place < q->place ? -1 : 1;
}

static line *make_lines(const recipe *r, uint64_t *seed) {
  line *lines = calloc(r->n_rows, sizeof *lines);
  for (size_t i = 0; i < r->n_rows; i++) {
    const size_t id = (next_random(seed) >> 32) % r->n_ids;
    lines[i] = (line){id, i, r->order == 1 ? i : id * 2654435761U % 1024};
    if (r->order == 2 && (next_random(seed) >> 32) % 64 == 0) lines[i].key = 2000;
  }
  qsort(lines, r->n_rows, sizeof *lines, compare_lines);
  return lines;
}

static void put_id(const recipe *r, size_t id, uint64_t *seed, ml_buf *to) {
  char buf[64];
  id_text(r, id, seed, buf);
  const bool has_quotes =
      strpbrk(buf, ",\"\n") || (r->quotes && (next_random(seed) >> 32) % 4 == 0);
  if (!has_quotes) {
    ml_buf_puts(to, buf);
    return;
  }
  ml_buf_puts(to, "\"");
  for (const char *c = buf; *c; c++) ml_buf_put(to, *c == '"' ? "\"\"" : c, 1 + (*c == '"'));
  ml_buf_puts(to, "\"");
}

static const char *kind_text(const recipe *r, unsigned random) {
  static const char *const texts[] = {"one", "two", "10", "9"}, *const numbers[] = {"2", "2.0",
                                                                                    "10", "9"};
  if (r->kinds == 2 && random % 97 == 0) return "seldom";
  return (r->kinds ? numbers : texts)[random % 4];
}

static void put_line(const recipe *r, const line *at, uint64_t *seed, ml_buf *to) {
  const unsigned time = (unsigned)((next_random(seed) >> 32) % 1000);
  const double x = (double)((next_random(seed) >> 32) % 2000) / 8 - 100;
  const bool is_missing = r->drops && (next_random(seed) >> 32) % 16 == 0;
  if (r->blank_lines && (next_random(seed) >> 32) % 8 == 0) ml_buf_puts(to, " \n");
  if (!r->is_single) put_id(r, at->id, seed, to);
  if (!r->is_single) ml_buf_puts(to, ",");
  if (r->has_dates)
    ml_buf_printf(to, "2020-01-%02uT%02u:00,", 1 + time % 28, (unsigned)at->place % 24);
  else
    ml_buf_printf(to, r->has_points && time % 50 == 0 ? "%zu.5," : "%zu,", at->place);
  if (!r->is_wide) ml_buf_printf(to, "%s,", kind_text(r, time));
  if (is_missing)
    ml_buf_puts(to, "NaN");
  else
    ml_buf_number(to, x);
  if (r->is_wide) ml_buf_printf(to, ",%zu", at->place % 10);
  if (r->has_target) ml_buf_printf(to, ",t%zu", at->id % 3);
  ml_buf_puts(to, r->cr ? "\r" : r->crlf ? "\r\n" : "\n");
}

static void put_header(const recipe *r, ml_buf *to) {
  ml_buf_clear(to);
  ml_buf_printf(to, "%stime,%s%s\n", r->is_single ? "" : "id,",
                r->is_wide ? "a,\"b \"\"c\"\"\nd\"" : "kind,value", r->has_target ? ",target" : "");
}

static void write_bytes(const char *path, const ml_buf *bytes, bool packs) {
  if (packs) {
    gzFile f = gzopen(path, "wb1");
    assert_int_equal(gzwrite(f, bytes->data, (unsigned)bytes->n), bytes->n);
    gzclose(f);
    return;
  }
  FILE *f = fopen(path, "wb");
  assert_int_equal(fwrite(bytes->data, 1, bytes->n, f), bytes->n);
  fclose(f);
}

/* The files, and whole.csv with all records. */
static void write_files(const recipe *r, uint64_t *seed, char paths[FILES + 1][512]) {
  line *lines = make_lines(r, seed);
  ml_buf part = {0}, whole = {0};
  put_header(r, &whole);
  for (size_t f = 0, i = 0; f < r->n_files; f++) {
    const size_t end = r->n_rows * (f + 1) / r->n_files;
    put_header(r, &part);
    const size_t n_head = part.n;
    for (; i < end; i++) put_line(r, &lines[i], seed, &part);
    ml_buf_put(&whole, part.data + n_head, part.n - n_head);
    snprintf(paths[f], 512, "%s/part-%zu", temp_dir(), f);
    write_bytes(paths[f], &part, r->packs);
  }
  snprintf(paths[FILES], 512, "%s/whole", temp_dir());
  write_bytes(paths[FILES], &whole, false);
  ml_buf_release(&part);
  ml_buf_release(&whole);
  free(lines);
}

/* ---- comparing ---- */

/* The twin: every id of the whole, and whether it has come. */
typedef struct twin {
  ml_series_set *whole;
  bool *has_come;
} twin;

static size_t find_id(const twin *t, const char *id) {
  size_t i = 0;
  while (i < ml_series_n_ids(t->whole) && strcmp(ml_series_id(t->whole, i), id) != 0) i++;
  return i;
}

static size_t find_kind(const ml_series_set *set, const char *kind) {
  size_t k = 0;
  while (k < ml_series_n_kinds(set) && strcmp(ml_series_kind(set, k), kind) != 0) k++;
  return k;
}

static void compare_series(ml_series got, ml_series want) {
  assert_int_equal(got.n, want.n);
  assert_true(!got.times == !want.times || got.n == 0);
  for (size_t i = 0; i < got.n; i++) {
    expect_same("value", got.x[i], want.x[i]);
    if (got.times) assert_int_equal(got.times[i], want.times[i]);
  }
}

static void compare_id(const twin *t, const ml_series_set *set, size_t i) {
  const char *id = ml_series_id(set, i);
  const size_t j = find_id(t, id);
  if (j == ml_series_n_ids(t->whole)) fail_msg("there is no id %s", id);
  if (t->has_come[j]) fail_msg("id %s has come twice", id);
  t->has_come[j] = true;
  if (ml_series_target(t->whole, j))
    assert_string_equal(ml_series_target(set, i), ml_series_target(t->whole, j));
  assert_string_equal(ml_series_parent(set, i), ml_series_parent(t->whole, j));
  for (size_t k = 0; k < ml_series_n_kinds(t->whole); k++) {
    const size_t here = find_kind(set, ml_series_kind(t->whole, k));
    const ml_series want = ml_series_at(t->whole, j, k);
    if (here == ml_series_n_kinds(set))
      assert_int_equal(want.n, 0);
    else
      compare_series(ml_series_at(set, i, here), want);
  }
}

static void compare_part(const twin *t, const ml_series_set *set) {
  assert_string_equal(ml_series_id_name(set), ml_series_id_name(t->whole));
  assert_int_equal(ml_series_clock(set), ml_series_clock(t->whole));
  for (size_t k = 0; k < ml_series_n_kinds(set); k++)
    assert_true(find_kind(t->whole, ml_series_kind(set, k)) < ml_series_n_kinds(t->whole));
  for (size_t i = 0; i < ml_series_n_ids(set); i++) {
    compare_id(t, set, i);
    if (i > 0) assert_true(find_id(t, ml_series_id(set, i)) > find_id(t, ml_series_id(set, i - 1)));
  }
}

static bool is_asked(const ml_series_opts *opts, const char *id) {
  return opts->n_shards == 0 || ml_shard_of(id, opts->n_shards) == opts->shard;
}

/* What works on a set takes as much again. */
static uint64_t beside(const void *ctx, uint64_t longest) {
  (void)ctx;
  return 40 * longest;
}

static uint64_t longest_of(const ml_series_set *set) {
  uint64_t most = 0;
  for (size_t i = 0; i < ml_series_n_ids(set); i++)
    for (size_t k = 0; k < ml_series_n_kinds(set); k++) {
      const size_t n = ml_series_at(set, i, k).n;
      if (n > most) most = n;
    }
  return most;
}

/* Windows are ids of a set, and an estimate what scattered ids are. */
static void check_size(const ml_parts *parts, const ml_series_set *set) {
  const parts_size size = {.rows = ml_series_n_rows(set),
                           .ids = parts->series.window ? 0 : ml_series_n_ids(set),
                           .longest = longest_of(set)};
  const uint64_t need = parts__need(&parts->shape, &size, 1);
  if (need > parts->tuning.set / 10 * 11) fail_msg("a part takes %llu", (unsigned long long)need);
}

/* @return how many parts there were; 0: an id did not fit */
static size_t check_parts(const recipe *r, const char *const *paths, size_t n,
                          const ml_parts_opts *opts, const parts_tuning *tuning) {
  ml_error err = {0};
  ml_parts *parts = NULL;
  twin t = {0};
  size_t n_parts = 0;
  char whole[512];
  snprintf(whole, sizeof whole, "%s/whole", temp_dir());
  ml_series_opts all = opts->series;
  all.n_shards = 0;
  const ml_status at_once = ml_series_read(whole, &all, &t.whole, &err);
  if (at_once != ML_OK) { /* no window */
    assert_int_equal(at_once, ML_ERR_PARSE);
    return 0;
  }
  t.has_come = calloc(ml_series_n_ids(t.whole), sizeof *t.has_come);
  ml_status status = parts__open(paths, n, opts, tuning, &parts, &err);
  const bool are_one = r->ids == 1 || r->ids == 4; /* ids that may be one are taken for it */
  if (status == ML_OK && r->order == 0 && !are_one && !opts->is_stream)
    assert_true(parts->next == parts__next_planned);
  while (status == ML_OK) {
    ml_series_set *set = NULL;
    status = ml_parts_next(parts, &set, &err);
    if (status != ML_OK || !set) break;
    compare_part(&t, set);
    if (!are_one) check_size(parts, set);
    n_parts++;
    ml_series_free(set);
  }
  if (status == ML_ERR_MEMORY && strstr(err.message, "memory limit"))
    n_parts = 0;
  else if (status != ML_OK)
    fail_msg("%s:%zu: %s", err.source, err.line, err.message);
  for (size_t i = 0; n_parts && i < ml_series_n_ids(t.whole); i++)
    if (t.has_come[i] != is_asked(&opts->series, ml_series_parent(t.whole, i)))
      fail_msg("id %s: %d", ml_series_id(t.whole, i), t.has_come[i]);
  ml_parts_close(parts);
  ml_series_free(t.whole);
  free(t.has_come);
  return n_parts;
}

static recipe random_recipe(uint64_t *seed) {
  uint64_t bits = next_random(seed) >> 16;
  recipe r = {0};
  bool *const flags[] = {&r.is_wide,     &r.has_dates, &r.has_target, &r.quotes,     &r.crlf,
                         &r.blank_lines, &r.packs,     &r.has_window, &r.has_points, &r.drops};
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++, bits >>= 1) *flags[i] = bits & 1;
  r.is_single = bits % 16 == 0;
  r.ids = (int)(bits / 16 % 5);
  r.order = (int)(bits / 128 % 3);
  r.kinds = (int)(bits / 64 % 3);
  r.cr = bits / 4096 % 4 == 0;
  r.n_files = 1 + bits / 512 % FILES;
  r.n_ids = 1 + (next_random(seed) >> 32) % 60;
  r.n_rows = 1 + (next_random(seed) >> 32) % (bits & 8192 ? 2000 : 300);
  if (r.is_single) r.ids = r.order = 0;
  return r;
}

static void random_files(void **state) {
  uint64_t seed = 20240915;
  size_t n_many = 0, n_streams = 0;
  (void)state;
  for (int round = 0; round < 400; round++) {
    const recipe r = random_recipe(&seed);
    const ml_window window = {.rows = 3, .min_rows = 2, .stride = 2};
    const uint64_t random = next_random(&seed) >> 16;
    const parts_tuning tuning = {.set = 2000 + random % 40000,
                                 .seen = 500 + random / 8 % 80000,
                                 .n_shelves = 2 + random / 64 % 5,
                                 .block = 16 + random / 128 % 400,
                                 .text = 100};
    char paths[FILES + 1][512];
    const char *list[FILES];
    write_files(&r, &seed, paths);
    for (size_t i = 0; i < r.n_files; i++) list[i] = paths[i];
    ml_parts_opts opts = {.series = {.id = r.is_single ? "" : NULL,
                                     .target = r.has_target ? "target" : NULL,
                                     .missing = r.drops ? ML_MISSING_DROP : ML_MISSING_ERROR,
                                     .window = r.has_window && !r.has_dates ? &window : NULL},
                          .beside = random / 4096 % 2 ? beside : NULL};
    n_many += check_parts(&r, list, r.n_files, &opts, &tuning) > 1;
    if (round % 4 == 0) {
      opts.series.n_shards = 3;
      for (; opts.series.shard < 3; opts.series.shard++)
        check_parts(&r, list, r.n_files, &opts, &tuning);
      opts.series.n_shards = opts.series.shard = 0;
    }
    if (r.order > 0 || r.ids == 1 || r.ids == 4 || opts.series.window) continue;
    opts.is_stream = true; /* as it comes, nobody knows how ids and kinds will be written */
    if (r.is_wide || r.kinds == 0) check_parts(&r, list, r.n_files, &opts, &tuning);
    n_streams++;
  }
  assert_true(n_streams > 10);
  assert_true(n_many > 150);
}

static int compare_hashes(const void *a, const void *b) {
  const uint64_t p = *(const uint64_t *)a, q = *(const uint64_t *)b;
  return p < q ? -1 : p > q;
}

/* Ids that can be equal in some file have one hash, and no others. */
static void hashes(void **state) {
  enum { N = 60000, FORMS = 6 };
  uint64_t *all = malloc(N * FORMS * sizeof *all);
  (void)state;
  for (unsigned i = 0; i < N; i++) {
    char texts[FORMS][64];
    snprintf(texts[0], 64, "%u", i + 1);
    snprintf(texts[1], 64, "-%u", i + 1);
    snprintf(texts[2], 64, "x%u", i);
    snprintf(texts[3], 64, "%u.%05u1", i % 10, i / 10);
    snprintf(texts[4], 64, "(%u, %u)", i / 100, i % 100);
    snprintf(texts[5], 64, "('a%u', %u)", i % 100, i / 100);
    for (size_t k = 0; k < FORMS; k++) all[i * FORMS + k] = series__id_hash(texts[k], 7);
  }
  qsort(all, N * FORMS, sizeof *all, compare_hashes);
  for (size_t i = 1; i < N * FORMS; i++) assert_true(all[i] != all[i - 1]);
  free(all);
  static const char *const same[][2] = {{"1", "1.0"},
                                        {"10", "1e1"},
                                        {"-0", "0.000"},
                                        {"1.25", "0125e-2"},
                                        {"(1, 3)", "('1.0', 3e0)"},
                                        {"('a', 3)", "(\"a\", 3.0)"},
                                        {"(a, x)", "('a', x)"},
                                        {"007", "+7"}};
  for (size_t i = 0; i < sizeof same / sizeof *same; i++)
    assert_int_equal(series__id_hash(same[i][0], 9), series__id_hash(same[i][1], 9));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hashes),
      cmocka_unit_test(random_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
