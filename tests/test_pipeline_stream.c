/* SPDX-License-Identifier: GPL-3.0-or-later */
/* New data as they come: part by part the same as the whole file, whatever its lines look like. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ml/parts_internal.h>
#include <pipeline/stream.h>

#include "pipeline_cases.h"

/* ---- pipelines ------------------------------------------------------------------------------- */

static const char *const wide_features[] = {"a__mean", "b__maximum", "a__length", "b__c3__lag_1"};

static ml_pipeline *fit_series(const char *text, const char *const *names, size_t n,
                               const ml_series_opts *columns) {
  const char *of_kind[64];
  ml_series_set *set;
  ml_fresh_settings *settings;
  ml_matrix *matrix;
  ml_target *target;
  ml_dataset *data;
  ml_pipeline *p;
  const ml_model *model;
  ml_error err = {0};
  assert_int_equal(ml_series_parse(text, strlen(text), "t", columns, &set, &err), ML_OK);
  const size_t n_ids = ml_series_n_ids(set);
  for (size_t i = 0; i < n_ids; i++) of_kind[i] = i % 2 ? "odd" : "even";
  assert_int_equal(ml_fresh_settings_from_names(names, n, NULL, &settings, &err), ML_OK);
  assert_int_equal(ml_fresh_extract(set, settings, NULL, NULL, &matrix, &err), ML_OK);
  assert_int_equal(
      ml_target_from_texts("kind", of_kind, n_ids, NULL, ML_CLASSIFICATION, NULL, &target, &err),
      ML_OK);
  assert_int_equal(ml_dataset_of_matrix(matrix, target, NULL, &data, &err), ML_OK);
  assert_int_equal(ml_model_find("dummy", NULL, &model, &err), ML_OK);
  const ml_pipeline_opts opts = {
      .model = model, .set = set, .settings = settings, .columns = columns};
  ml_prep *prep;
  assert_int_equal(ml_prep_parse("impute=median", &prep, &err), ML_OK);
  ml_pipeline_opts with = opts;
  with.prep = prep;
  if (ml_pipeline_fit(data, &with, &p, &err) != ML_OK) fail_msg("%s", err.message);
  ml_prep_free(prep);
  ml_dataset_free(data);
  ml_target_free(target);
  ml_matrix_free(matrix);
  ml_fresh_settings_free(settings);
  ml_series_free(set);
  return p;
}

static ml_pipeline *fit_wide(void) {
  return fit_series("id,time,a,b\n1,0,1,2\n1,1,2,3\n2,0,1,1\n2,1,5,5\n", wide_features, 4, NULL);
}

static ml_pipeline *fit_long(void) {
  return fit_series("id,time,kind,value\n1,0,a,2\n1,1,b,3\n2,0,a,1\n2,1,b,5\n", wide_features, 4,
                    NULL);
}

static ml_pipeline *fit_table(unsigned traits) {
  char *text = pipeline_csv(60, traits, 3);
  const char *path = pipeline_file("train.csv", text);
  free(text);
  ml_dataset *data = pipeline_data(path, "kind", traits);
  ml_pipeline *p =
      pipeline_fit(data, "decision_tree", traits & PIPELINE_TEXTS ? "one-hot=colour" : NULL);
  ml_dataset_free(data);
  return p;
}

/* ---- the same as a file ---------------------------------------------------------------------- */

static void expect_rows(const ml_dataset *whole, size_t at, const ml_dataset *part) {
  assert_true(at + part->n_rows <= whole->n_rows);
  assert_int_equal(part->n_features, whole->n_features);
  for (size_t i = 0; i < part->n_rows; i++) {
    if (whole->ids) assert_string_equal(part->ids[i], whole->ids[at + i]);
    for (size_t j = 0; j < part->n_features; j++)
      expect_same(part->names[j], part->x[j * part->n_rows + i],
                  whole->x[j * whole->n_rows + at + i]);
  }
}

/* What is said of texts, too: codes of categories that are new may differ. */
static void expect_predictions(const ml_pipeline *p, const ml_dataset *whole, size_t at,
                               const ml_dataset *part) {
  size_t n;
  double *a = pipeline_predict(p, whole, &n), *b = pipeline_predict(p, part, &n);
  size_t n_classes;
  (void)ml_pipeline_classes(p, &n_classes);
  for (size_t i = 0; i < part->n_rows * n_classes; i++)
    expect_same("prediction", b[i], a[at * n_classes + i]);
  free(a);
  free(b);
}

static void expect_as_file(const ml_pipeline *p, const char *text, size_t batch, bool has_texts) {
  const char *path = pipeline_file("new.csv", text);
  ml_dataset *whole, *part;
  ml_pipeline_stream *s;
  ml_error err = {0};
  size_t at = 0;
  bool is_end;
  if (ml_pipeline_read(p, path, NULL, NULL, &whole, &err) != ML_OK) fail_msg("%s", err.message);
  assert_int_equal(ml_pipeline_stream_open(p, path, NULL, batch, &s, &err), ML_OK);
  for (;;) {
    if (ml_pipeline_stream_wait(s, &is_end, &err) != ML_OK) fail_msg("wait: %s", err.message);
    if (is_end) break;
    if (ml_pipeline_stream_read(s, NULL, &part, &err) != ML_OK) fail_msg("read: %s", err.message);
    assert_true(batch == 0 || part->n_rows <= batch);
    assert_true(batch == 0 || part->n_rows == batch || at + part->n_rows == whole->n_rows);
    if (!has_texts) expect_rows(whole, at, part);
    expect_predictions(p, whole, at, part);
    at += part->n_rows;
    ml_dataset_free(part);
  }
  assert_int_equal(at, whole->n_rows);
  ml_pipeline_stream_close(s);
  ml_dataset_free(whole);
}

static const char *pick(const char *const *of, size_t n, uint64_t *seed) {
  return of[next_random(seed) % n];
}

/* Series of 1 to 9 rows, in lines of all kinds. */
static char *random_series(bool is_long, uint64_t *seed) {
  static const char *const ends[] = {"\n", "\r\n", "\n\n", " \n", "\r\n \r\n"};
  static const char *const quotes[] = {"", "", "\""};
  const size_t n_ids = next_random(seed) % 12 + 1;
  ml_buf out = {0};
  ml_buf_puts(&out, is_long ? "\xef\xbb\xbfnote;time;kind;\"id\";value\n"
                            : "\n a ,time,\"no\nte\",id,b\r\n");
  for (size_t i = 0; i < n_ids; i++) {
    const size_t n = next_random(seed) % 9 + 1;
    for (size_t t = 0; t < n; t++) {
      const char *q = pick(quotes, 3, seed), *end = pick(ends, 5, seed);
      const double x = (double)(int)(next_random(seed) % 1000) / 8;
      const size_t first = i == 0 && t < 2 ? t : next_random(seed) % 2;
      if (is_long)
        ml_buf_printf(&out, "%sx%s;%zu;%s;%s%zu%s;%g%s", q, q, t, first ? "a" : "b", q, 5 + i, q, x,
                      end);
      else
        ml_buf_printf(&out, "%g,%zu,%s,%s%zu%s,%g%s", x, t,
                      q[0] ? "\"li\nne, \"\"two\"\"\"" : "plain", q, 5 + i, q, x * x, end);
    }
  }
  if (next_random(seed) % 2) out.n--; /* the last line has no end */
  ml_buf_put(&out, "", 1);
  assert_false(out.failed);
  return out.data;
}

static void series_as_a_file(void **state) {
  (void)state;
  static const size_t batches[] = {0, 1, 2, 5, 100};
  uint64_t seed = 5;
  for (size_t round = 0; round < 60; round++) {
    const bool is_long = round % 2;
    ml_pipeline *p = is_long ? fit_long() : fit_wide();
    char *text = random_series(is_long, &seed);
    /* Both kinds have to be there; more lines would be needed. */
    if (!is_long || (strstr(text, ";a;") && strstr(text, ";b;")))
      for (size_t b = 0; b < 5; b++) expect_as_file(p, text, batches[b], false);
    free(text);
    ml_pipeline_free(p);
  }
}

static void tables_as_a_file(void **state) {
  (void)state;
  static const size_t batches[] = {0, 1, 7, 1000};
  static const unsigned traits[] = {0, PIPELINE_IDS, PIPELINE_IDS | PIPELINE_TEXTS};
  for (size_t t = 0; t < 3; t++) {
    ml_pipeline *p = fit_table(traits[t]);
    char *text = pipeline_csv(90, traits[t], 8);
    for (size_t b = 0; b < 4; b++) expect_as_file(p, text, batches[b], traits[t] & PIPELINE_TEXTS);
    free(text);
    ml_pipeline_free(p);
  }
}

/* A number is one id however it is written. */
static void equal_ids(void **state) {
  (void)state;
  ml_pipeline *p = fit_wide();
  expect_as_file(p, "id,time,a,b\n1,0,1,2\n1.0,1,3,4\n01,2,3,4\n1e0,3,1,1\n2,0,1,2\n+2,1,3,4\n", 1,
                 false);
  ml_pipeline_free(p);
}

/* ---- what is refused ------------------------------------------------------------------------- */

/* @return how many rows came before */
static size_t expect_error(const ml_pipeline *p, const char *text, size_t batch, size_t line,
                           const char *message) {
  const char *path = pipeline_file("new.csv", text);
  ml_pipeline_stream *s = NULL;
  ml_dataset *part;
  ml_error err = {0};
  bool is_end = false;
  size_t n = 0;
  ml_status status = ml_pipeline_stream_open(p, path, NULL, batch, &s, &err);
  while (status == ML_OK && !is_end) {
    status = ml_pipeline_stream_wait(s, &is_end, &err);
    if (status != ML_OK || is_end) break;
    status = ml_pipeline_stream_read(s, NULL, &part, &err);
    if (status != ML_OK) break;
    n += part->n_rows;
    ml_dataset_free(part);
  }
  ml_pipeline_stream_close(s);
  assert_int_equal(status, ML_ERR_PARSE);
  if (!strstr(err.message, message)) fail_msg("%s, and not %s", err.message, message);
  assert_int_equal(err.line, line);
  return n;
}

static void ids_that_come_back(void **state) {
  (void)state;
  static const char text[] = "id,time,a,b\n1,0,1,2\n2,0,1,2\n\n3,0,1,2\n2,1,1,2\n";
  ml_pipeline *p = fit_wide();
  assert_int_equal(expect_error(p, text, 1, 6, "id \"2\" comes back after other ids"), 2);
  assert_int_equal(expect_error(p, text, 3, 6, "id \"2\" comes back after other ids"), 0);
  expect_error(p, "id,time,a,b\n1,0,1,2\n2,0,1,2\n1.0,0,1,2\n", 1, 4, "id \"1.0\" comes back");
  ml_pipeline_free(p);
  p = fit_table(PIPELINE_IDS);
  assert_int_equal(
      expect_error(p, "name,a,b,c,d,e\nx,1,1,1,1,1\nx,1,1,1,1,1\n", 1, 3, "\"x\" is there twice"),
      1);
  expect_error(p, "name,a,b,c,d,e\nx,1,1,1,1,1\ny,1,1,1,1,1\nx,1,1,1,1,1\n", 9, 4,
               "\"x\" is there twice");
  ml_pipeline_free(p);
}

static void places_of_errors(void **state) {
  (void)state;
  ml_pipeline *p = fit_wide();
  expect_error(p, "id,\"ti\nme\",time,a,b\n1,,0,1,2\n\n\n2,,0,1,2\n3,,0,1,bad\n", 1, 7,
               "expected a number");
  expect_error(p, "id,time,a,b\n1,0,1,2\n2,0,1,2\n3,0,1\n4,0,1,2\n", 2, 4,
               "expected 4 fields, found 3");
  expect_error(p, "id,time,a,b\n1,0,1,2\n,0,1,2\n", 1, 3, "id");
  expect_error(p, "id,time,a,b\n1,0,1,2\n\"2,0,1,2\n", 1, 3, "a quote is opened here");
  expect_error(p, "id,time,a\n1,0,1\n", 1, 0, "\"b\"");
  expect_error(p, "name,time,a,b\n1,0,1,2\n", 1, 0, "\"id\"");
  ml_pipeline_free(p);
  p = fit_table(0);
  assert_int_equal(expect_error(p, "a,b,c,d,e\n1,1,1,1,1\n1,1,x,1,1\n", 1, 0, "\"c\""), 1);
  expect_error(p, "a,b,c,d,e\n1,1,1,1,1\n1,1,1,1\n", 1, 3, "expected 5 fields, found 4");
  expect_error(p, "a,b,c,d\n1,1,1,1\n", 1, 0, "\"e\"");
  ml_pipeline_free(p);
}

/* One series may lack a kind; a file may not. */
static void kinds(void **state) {
  (void)state;
  ml_pipeline *p = fit_long();
  expect_as_file(p, "id,time,kind,value\n1,0,a,1\n2,0,b,4\n3,0,c,4\n3,1,a,2\n", 1, false);
  assert_int_equal(
      expect_error(p, "id,time,kind,value\n1,0,a,1\n2,0,c,4\n", 1, 0, "no row has the kind \"b\""),
      2);
  ml_pipeline_free(p);
}

/* ---- what it remembers ----------------------------------------------------------------------- */

static void remembers_ids(void **state) {
  (void)state;
  enum { IDS = 1 << 17 };
  parts_seen *seen = parts__seen_new(STREAM_SEEN);
  char id[32];
  assert_non_null(seen);
  for (size_t i = 0; i < 5 * IDS; i++) {
    snprintf(id, sizeof id, "number %zu", i);
    if (parts__seen_lately(seen, series__id_hash(id, 3)) != PARTS_NEW) fail_msg("%s is new", id);
    if (i < IDS || i % 1000) continue;
    snprintf(id, sizeof id, "number %zu", i - IDS + 1);
    if (parts__seen_lately(seen, series__id_hash(id, 3)) != PARTS_AGAIN)
      fail_msg("%s was there", id);
  }
  parts__seen_free(seen);
}

/* ---- at once --------------------------------------------------------------------------------- */

static void put(int fd, const char *text) {
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void expect_part(ml_pipeline_stream *s, const char *first, size_t n) {
  ml_dataset *part;
  bool is_end;
  assert_int_equal(ml_pipeline_stream_wait(s, &is_end, NULL), ML_OK);
  assert_false(is_end);
  assert_int_equal(ml_pipeline_stream_read(s, NULL, &part, NULL), ML_OK);
  assert_int_equal(part->n_rows, n);
  if (first) assert_string_equal(part->ids[0], first);
  ml_dataset_free(part);
}

/* What waits for more than it has to waits for ever. */
static void at_once(void **state) {
  (void)state;
  ml_pipeline *p = fit_wide(), *q = fit_table(0);
  ml_pipeline_stream *s;
  int fds[2];
  char path[32];
  alarm(60);
  assert_int_equal(pipe(fds), 0);
  snprintf(path, sizeof path, "/dev/fd/%d", fds[0]);
  put(fds[1], "id,time,a,b\n");
  assert_int_equal(ml_pipeline_stream_open(p, path, NULL, 1, &s, NULL), ML_OK);
  put(fds[1], "7,0,1,2\n7,1,2");
  put(fds[1], ",3\n8,0,1,1\n");
  expect_part(s, "7", 1);
  put(fds[1], "9,0,1,1\n");
  expect_part(s, "8", 1);
  ml_pipeline_stream_close(s);
  put(fds[1], "a,b,c,d,e\n");
  assert_int_equal(ml_pipeline_stream_open(q, path, NULL, 2, &s, NULL), ML_OK);
  put(fds[1], "1,2,3,4,5\n1,2,3,4,5\n");
  expect_part(s, NULL, 2);
  ml_pipeline_stream_close(s);
  close(fds[0]);
  close(fds[1]);
  alarm(0);
  ml_pipeline_free(p);
  ml_pipeline_free(q);
}

/* A slice of a stream may be empty. */
static void headers_alone(void **state) {
  static const char *const texts[] = {"id,time,a,b\n", "id,time,kind,value\n", "a,b,c,d,e\n"};
  ml_pipeline *const pipelines[] = {fit_wide(), fit_long(), fit_table(0)};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    ml_pipeline_stream *s;
    bool is_end = false;
    const char *path = pipeline_file("new.csv", texts[i]);
    assert_int_equal(ml_pipeline_stream_open(pipelines[i], path, NULL, 0, &s, NULL), ML_OK);
    assert_int_equal(ml_pipeline_stream_wait(s, &is_end, NULL), ML_OK);
    assert_true(is_end);
    ml_pipeline_stream_close(s);
    ml_pipeline_free(pipelines[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(series_as_a_file), cmocka_unit_test(tables_as_a_file),
      cmocka_unit_test(equal_ids),        cmocka_unit_test(ids_that_come_back),
      cmocka_unit_test(places_of_errors), cmocka_unit_test(kinds),
      cmocka_unit_test(remembers_ids),    cmocka_unit_test(at_once),
      cmocka_unit_test(headers_alone)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
