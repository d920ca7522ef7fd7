/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of ids that come a part at a time: the table has the bytes of one set of all ids. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum { N_PARTS = 7, N_KINDS_MAX = 5 };

/* Records of some ids; each id is in one part. */
typedef struct inputs {
  ml_buf whole, parts[N_PARTS];
  bool has[N_PARTS];
} inputs;

typedef struct shape {
  const char *name, *header;
  bool is_long;
  int n_ids;
  const char *prefix;       /* of most ids, before their number; */
  const char *suffix;       /* and behind it; NULL: nothing */
  const char *odd;          /* of the last id; NULL: as the others */
  const char *const *kinds; /* of an id some of them; long only */
  bool has_fractions;       /* of the time, in the last id */
  size_t window;
} shape;

static const char *const letters[] = {"b", "a", "d", "c", NULL};
static const char *const digits[] = {"10", "9", "1e1x", NULL};

static const shape shapes[] = {
    {.name = "wide, numbers", .header = "id,time,x,y\n", .n_ids = 40, .prefix = ""},
    {.name = "wide, texts", .header = "id,time,x,y\n", .n_ids = 40, .prefix = "s"},
    {.name = "the last id is a text",
     .header = "id,time,x,y\n",
     .n_ids = 40,
     .prefix = "",
     .odd = "n"},
    {.name = "a fraction", .header = "id,time,x,y\n", .n_ids = 30, .prefix = "", .odd = "7.5"},
    {.name = "long",
     .header = "id,time,kind,value\n",
     .is_long = true,
     .n_ids = 40,
     .prefix = "",
     .kinds = letters},
    {.name = "long, texts at the end",
     .header = "id,time,kind,value\n",
     .is_long = true,
     .n_ids = 40,
     .prefix = "",
     .odd = "zz",
     .kinds = letters},
    {.name = "kinds like numbers",
     .header = "id,time,kind,value\n",
     .is_long = true,
     .n_ids = 20,
     .prefix = "",
     .kinds = digits},
    {.name = "windows", .header = "id,time,x,y\n", .n_ids = 20, .prefix = "", .window = 3},
    {.name = "pairs", .header = "id,time,x,y\n", .n_ids = 30, .prefix = "\"(2, ", .suffix = ")\""},
    {.name = "pairs of texts at the end",
     .header = "id,time,kind,value\n",
     .is_long = true,
     .kinds = letters,
     .n_ids = 30,
     .prefix = "\"(2, ",
     .suffix = ")\"",
     .odd = "\"('12', 4)\""},
    {.name = "pairs, and then none",
     .header = "id,time,x,y\n",
     .n_ids = 30,
     .prefix = "\"(2, ",
     .suffix = ")\"",
     .odd = "1"},
    {.name = "windows, a text",
     .header = "id,time,x,y\n",
     .n_ids = 20,
     .prefix = "",
     .odd = "o'k",
     .window = 3},
    {.name = "windows, a fraction",
     .header = "id,time,x,y\n",
     .n_ids = 20,
     .prefix = "",
     .odd = "3.5",
     .window = 2},
    {.name = "windows, times with fractions",
     .header = "id,time,x,y\n",
     .n_ids = 20,
     .prefix = "",
     .has_fractions = true,
     .window = 2},
    {.name = "windows of kinds",
     .header = "id,time,kind,value\n",
     .is_long = true,
     .n_ids = 20,
     .prefix = "",
     .kinds = letters,
     .window = 2},
};

static void put_record(inputs *in, int part, const char *text) {
  ml_buf_puts(&in->whole, text);
  ml_buf_puts(&in->parts[part], text);
  in->has[part] = true;
}

/* Some kinds come late: of the first ids none but the first two are there. */
static const char *random_kind(const shape *s, int i, uint64_t *seed) {
  size_t n = 0;
  while (s->kinds[n]) n++;
  return s->kinds[next_random(seed) % (i < 2 * s->n_ids / 3 ? 2 : n)];
}

static void put_id(const shape *s, inputs *in, int i, int part, uint64_t *seed) {
  char id[32], time[32], record[160];
  const bool is_odd = i == s->n_ids - 1;
  if (is_odd && s->odd)
    snprintf(id, sizeof id, "%s", s->odd);
  else
    snprintf(id, sizeof id, "%s%d%s", s->prefix, i, s->suffix ? s->suffix : "");
  const int n = 4 + (int)(next_random(seed) % 6);
  for (int t = 0; t < n; t++) {
    const double x = (double)(next_random(seed) % 1000) / 8, y = x * x;
    snprintf(time, sizeof time, "%d%s", 100 * i + t, is_odd && s->has_fractions ? ".5" : "");
    if (s->is_long)
      snprintf(record, sizeof record, "%s,%s,%s,%g\n", id, time, random_kind(s, i, seed), x);
    else
      snprintf(record, sizeof record, "%s,%s,%g,%g\n", id, time, x, y);
    put_record(in, part, record);
  }
}

/* Ids of one part after the other, or here and there; not in their order. */
static void make_inputs(const shape *s, inputs *in, bool is_scattered) {
  uint64_t seed = 42;
  *in = (inputs){0};
  ml_buf_puts(&in->whole, s->header);
  for (int p = 0; p < N_PARTS; p++) ml_buf_puts(&in->parts[p], s->header);
  for (int i = 0; i < s->n_ids; i++) {
    const int part = is_scattered ? (int)(next_random(&seed) % N_PARTS) : i * N_PARTS / s->n_ids;
    put_id(s, in, is_scattered ? (i * 7 + 3) % s->n_ids : i, part, &seed);
  }
}

static void release_inputs(inputs *in) {
  ml_buf_release(&in->whole);
  for (int p = 0; p < N_PARTS; p++) ml_buf_release(&in->parts[p]);
}

static ml_series_set *parse(const ml_buf *text, size_t window) {
  const ml_window w = {.rows = window};
  const ml_series_opts opts = {.window = window ? &w : NULL};
  ml_error err = {0};
  ml_series_set *set = NULL;
  if (ml_series_parse(text->data, text->n, "t.csv", &opts, &set, &err) != ML_OK)
    fail_msg("%s", err.message);
  return set;
}

static char *path_of(const char *folder, const char *name) {
  char *path = NULL;
  assert_true(asprintf(&path, "%s/%s.%s", temp_dir(), folder, name) > 0);
  return path;
}

static void write_whole(const inputs *in, const shape *s, const ml_fresh_settings *settings,
                        const char *path, bool is_safe) {
  ml_error err = {0};
  ml_matrix *m = NULL;
  ml_series_set *set = parse(&in->whole, s->window);
  if (ml_fresh_extract(set, settings, NULL, NULL, &m, &err) != ML_OK) fail_msg("%s", err.message);
  assert_int_equal(
      (is_safe ? ml_matrix_write_safe : ml_matrix_write)(m, path, ML_FORMAT_AUTO, NULL, &err),
      ML_OK);
  ml_matrix_free(m);
  ml_series_free(set);
}

static void add_parts(const inputs *in, const shape *s, ml_spool *spool) {
  ml_error err = {0};
  for (int p = N_PARTS; p-- > 0;) {
    if (!in->has[p]) continue;
    ml_series_set *set = parse(&in->parts[p], s->window);
    if (ml_spool_add(spool, set, &err) != ML_OK) fail_msg("%s: %s", s->name, err.message);
    ml_series_free(set);
  }
}

static void write_parts(const inputs *in, const shape *s, const ml_fresh_settings *settings,
                        uint64_t memory, const char *path, bool is_safe) {
  const ml_spool_opts opts = {.settings = settings, .memory = memory};
  ml_error err = {0};
  ml_spool *spool = NULL;
  assert_int_equal(ml_spool_open(&opts, &spool, &err), ML_OK);
  add_parts(in, s, spool);
  if (ml_spool_end(spool, &err) != ML_OK) fail_msg("%s: %s", s->name, err.message);
  if (ml_spool_write(spool, path, ML_FORMAT_AUTO, is_safe, &err) != ML_OK)
    fail_msg("%s: %s", s->name, err.message);
  ml_spool_close(spool);
}

static void expect_same_file(const char *name, const char *a, const char *b) {
  size_t n, m;
  char *want = read_file(a, &n), *got = read_file(b, &m);
  if (n != m || memcmp(want, got, n) != 0) {
    print_error("%s\nwant:\n%.1500s\ngot:\n%.1500s\n", name, want, got);
    fail();
  }
  free(want);
  free(got);
}

static ml_fresh_settings *some_settings(const char *json) {
  ml_fresh_settings *settings = NULL;
  ml_error err = {0};
  if (ml_fresh_settings_parse(json, strlen(json), "t", &settings, &err) != ML_OK)
    fail_msg("%s", err.message);
  return settings;
}

/* Both ways to files of one name, in folders of their own. */
static void compare(const shape *s, const inputs *in, const ml_fresh_settings *settings,
                    uint64_t memory, const char *name, bool is_safe) {
  static const char *const beside[] = {"columns.json", "names.csv"};
  char *want = path_of("want", name), *got = path_of("got", name);
  write_whole(in, s, settings, want, is_safe);
  write_parts(in, s, settings, memory, got, is_safe);
  expect_same_file(s->name, want, got);
  for (size_t i = 0; i < 2; i++) {
    char *want_too = path_of("want", beside[i]), *got_too = path_of("got", beside[i]);
    FILE *there = fopen(want_too, "r");
    if (there) {
      fclose(there);
      expect_same_file(s->name, want_too, got_too);
      remove(want_too);
      remove(got_too);
    }
    free(want_too);
    free(got_too);
  }
  free(want);
  free(got);
}

#define SETTINGS "{\"mean\": null, \"length\": null, \"quantile\": [{\"q\": 0.25}]}"

static void every_shape_has_the_bytes_of_the_whole(void **state) {
  (void)state;
  ml_fresh_settings *settings = some_settings(SETTINGS);
  for (size_t i = 0; i < 2 * sizeof shapes / sizeof *shapes; i++) {
    inputs in;
    const shape *s = &shapes[i / 2];
    make_inputs(s, &in, i % 2);
    compare(s, &in, settings, 0, "csv", false);
    compare(s, &in, settings, 1, "csv", false); /* row by row, and merged some at a time */
    release_inputs(&in);
  }
  ml_fresh_settings_free(settings);
}

static void every_format_has_the_bytes_of_the_whole(void **state) {
  (void)state;
  static const char *const names[] = {"csv.gz", "json", "jsonl", "npy"};
  static const size_t of[] = {0, 4, 5, 11};
  ml_fresh_settings *settings = some_settings(SETTINGS);
  for (size_t i = 0; i < 4 * 4 * 2; i++) {
    inputs in;
    const shape *s = &shapes[of[i / 8]];
    make_inputs(s, &in, true);
    compare(s, &in, settings, 1 << 16, names[i % 4], i / 4 % 2);
    release_inputs(&in);
  }
  ml_fresh_settings_free(settings);
}

/* All features, of which some share values; KX's, whose columns are not kind by kind. */
static void all_features_have_the_bytes_of_the_whole(void **state) {
  (void)state;
  ml_fresh_settings *kx = NULL;
  assert_int_equal(ml_fresh_settings_named("kx", &kx, NULL), ML_OK);
  inputs in;
  make_inputs(&shapes[4], &in, true);
  compare(&shapes[4], &in, NULL, 1 << 16, "csv", false);
  compare(&shapes[4], &in, kx, 1 << 16, "csv", false);
  release_inputs(&in);
  make_inputs(&shapes[0], &in, true);
  compare(&shapes[0], &in, kx, 1 << 16, "csv", false);
  release_inputs(&in);
  ml_fresh_settings_free(kx);
}

/* Columns by name have an order of their own, kinds need not be in each part, and what is not
 * finite is replaced. */
static void columns_by_name_have_their_order(void **state) {
  (void)state;
  static const char *const columns[] = {"d__mean", "a__length", "b__quantile__q_0.25",
                                        "a__mean", "c__mean",   "b__minimum"};
  const ml_impute_range ranges[6] = {{-1, 1, 0.5}, {-2, 2, 0}, {-3, 3, 0},
                                     {-4, 4, 0},   {-5, 5, 1}, {-6, 6, 2}};
  ml_fresh_settings *settings = NULL;
  ml_error err = {0};
  assert_int_equal(ml_fresh_settings_from_names(columns, 6, "t", &settings, &err), ML_OK);
  inputs in;
  make_inputs(&shapes[4], &in, true);
  compare(&shapes[4], &in, settings, 1, "csv", false);
  assert_int_equal(ml_fresh_settings_set_ranges(settings, ranges, 6, &err), ML_OK);
  compare(&shapes[4], &in, settings, 1, "csv", false);
  release_inputs(&in);
  ml_fresh_settings_free(settings);
}

/* Settings for one kind give the other parts no column at all. */
static void parts_without_a_column_have_rows(void **state) {
  (void)state;
  ml_fresh_settings *settings =
      some_settings("{\"kind_to_fc_parameters\": {\"d\": {\"maximum\": null}}}");
  inputs in;
  make_inputs(&shapes[4], &in, false);
  compare(&shapes[4], &in, settings, 0, "csv", false);
  release_inputs(&in);
  ml_fresh_settings_free(settings);
}

/* As numbers 9 comes first, and as texts 10: of kind a in both, but the first is after 11 then. */
static void a_late_text_changes_the_order_of_kinds(void **state) {
  (void)state;
  ml_fresh_settings *settings = some_settings(SETTINGS);
  inputs in = {0};
  ml_buf_puts(&in.whole, shapes[5].header);
  for (int p = 0; p < 2; p++) ml_buf_puts(&in.parts[p], shapes[5].header);
  put_record(&in, 0, "9,1,a,1\n");
  put_record(&in, 0, "10,1,a,1\n");
  put_record(&in, 0, "11,1,b,1\n");
  put_record(&in, 1, "zz,1,b,1\n");
  compare(&shapes[5], &in, settings, 0, "csv", false);
  release_inputs(&in);
  ml_fresh_settings_free(settings);
}

static void it_knows_what_is_known_of_all(void **state) {
  (void)state;
  ml_fresh_settings *settings = some_settings(SETTINGS);
  const ml_spool_opts opts = {.settings = settings};
  ml_error err = {0};
  ml_spool *spool = NULL;
  inputs in;
  make_inputs(&shapes[4], &in, true);
  assert_int_equal(ml_spool_open(&opts, &spool, &err), ML_OK);
  assert_int_equal(ml_spool_end(spool, &err), ML_ERR_PARSE);
  assert_string_equal(err.message, "no rows");
  add_parts(&in, &shapes[4], spool);
  assert_int_equal(ml_spool_end(spool, &err), ML_OK);
  ml_series_set *whole = parse(&in.whole, 0);
  const ml_series_set *all = ml_spool_series(spool);
  assert_int_equal(ml_spool_n_rows(spool), ml_series_n_ids(whole));
  assert_int_equal(ml_spool_n_columns(spool), 3 * ml_series_n_kinds(whole));
  assert_int_equal(ml_series_n_rows(all), ml_series_n_rows(whole));
  assert_int_equal(ml_series_clock(all), ML_CLOCK_NUMBER);
  assert_int_equal(ml_series_n_kinds(all), ml_series_n_kinds(whole));
  assert_string_equal(ml_series_irregular(all), ml_series_irregular(whole));
  assert_true(ml_series_ids_are_numbers(all));
  for (size_t k = 0; k < ml_series_n_kinds(all); k++)
    assert_string_equal(ml_series_kind(all, k), ml_series_kind(whole, k));
  ml_series_free(whole);
  ml_spool_close(spool);
  ml_spool_close(NULL);
  release_inputs(&in);
  ml_fresh_settings_free(settings);
}

static ml_status add_text(ml_spool *spool, const char *text, ml_error *err) {
  const ml_buf buf = {.data = (char *)(uintptr_t)text, .n = strlen(text)};
  ml_series_set *set = parse(&buf, 0);
  ml_status status = ml_spool_add(spool, set, err);
  ml_series_free(set);
  return status;
}

static void failures_are_told(void **state) {
  (void)state;
  ml_fresh_settings *settings =
      some_settings("{\"kind_to_fc_parameters\": {\"q\": {\"mean\": null}}}");
  const ml_spool_opts opts = {.settings = settings};
  ml_error err = {0};
  ml_spool *spool = NULL;
  assert_int_equal(ml_spool_open(&opts, &spool, &err), ML_OK);
  assert_int_equal(add_text(spool, "id,time,x\n1,1,2\n", &err), ML_ERR_USAGE);
  assert_string_equal(err.message, "the settings have no feature for any kind");
  ml_spool_close(spool);

  assert_int_equal(ml_spool_open(&opts, &spool, &err), ML_OK);
  assert_int_equal(add_text(spool, "id,time,kind,value\n1,1,a,2\n", &err), ML_OK);
  assert_int_equal(add_text(spool, "id,time,kind,value\n2,2020-01-01,a,2\n", &err), ML_ERR_PARSE);
  assert_string_equal(err.message, "the parts of the input are not of one shape");
  assert_int_equal(ml_spool_end(spool, &err), ML_ERR_USAGE);
  ml_spool_close(spool);

  assert_int_equal(setenv("TMPDIR", "/nonexistent", 1), 0);
  spool = NULL;
  assert_int_equal(ml_spool_open(&opts, &spool, &err), ML_ERR_IO);
  assert_null(spool);
  assert_non_null(strstr(err.message, "/nonexistent"));
  unsetenv("TMPDIR");
  ml_fresh_settings_free(settings);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_shape_has_the_bytes_of_the_whole),
      cmocka_unit_test(every_format_has_the_bytes_of_the_whole),
      cmocka_unit_test(all_features_have_the_bytes_of_the_whole),
      cmocka_unit_test(columns_by_name_have_their_order),
      cmocka_unit_test(parts_without_a_column_have_rows),
      cmocka_unit_test(a_late_text_changes_the_order_of_kinds),
      cmocka_unit_test(it_knows_what_is_known_of_all),
      cmocka_unit_test(failures_are_told),
  };
  return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
