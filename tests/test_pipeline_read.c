/* SPDX-License-Identifier: GPL-3.0-or-later */
/* New data for a pipeline: series and tables, in other orders, with more or less than there was. */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline_cases.h"

/* ---- reading ----------------------------------------------------------------------------------
 */

static ml_dataset *read_opts(const ml_pipeline *p, const char *path,
                             const ml_pipeline_read_opts *opts) {
  ml_dataset *data = NULL;
  ml_error err = {0};
  char shown[1024];
  if (ml_pipeline_read(p, path, opts, NULL, &data, &err) != ML_OK) {
    ml_error_format(&err, shown, sizeof shown);
    fail_msg("%s", shown);
  }
  size_t n;
  const char *const *names = ml_pipeline_features(p, &n);
  assert_int_equal(data->n_features, n);
  assert_int_equal(data->problem, ML_PROBLEM_AUTO);
  for (size_t j = 0; j < n; j++) assert_string_equal(data->names[j], names[j]);
  return data;
}

static ml_dataset *read_new(const ml_pipeline *p, const char *path) {
  return read_opts(p, path, NULL);
}

static void expect_error(const ml_pipeline *p, const char *text, const char *message) {
  const char *path = pipeline_file("wrong.csv", text);
  ml_dataset *data = (ml_dataset *)1;
  ml_error err = {0};
  char shown[1024];
  const ml_status status = ml_pipeline_read(p, path, NULL, NULL, &data, &err);
  ml_error_format(&err, shown, sizeof shown);
  if (status == ML_OK) fail_msg("not refused: %s", message);
  const char *said = strstr(shown, "wrong.csv:");
  assert_string_equal(said ? said + strlen("wrong.csv:") : shown, message);
  assert_int_equal(status, ML_ERR_PARSE);
  assert_ptr_equal(data, (ml_dataset *)1);
}

/* ---- tables -----------------------------------------------------------------------------------
 */

static ml_pipeline *fit_table(const char **path, const char *steps, unsigned traits) {
  char *text = pipeline_csv(60, traits, 3);
  *path = pipeline_file("train.csv", text);
  free(text);
  ml_dataset *data = pipeline_data(*path, "kind", traits);
  ml_pipeline *p = pipeline_fit(data, "decision_tree", steps), *again = pipeline_reload(p);
  ml_dataset_free(data);
  ml_pipeline_free(p);
  return again;
}

static void the_training_file_gives_the_same(void **state) {
  (void)state;
  const unsigned traits = PIPELINE_TEXTS | PIPELINE_IDS | PIPELINE_MISSING;
  const char *path;
  ml_pipeline *p = fit_table(&path, "impute=median,one-hot", traits);
  ml_dataset *train = pipeline_data(path, "kind", traits), *data = read_new(p, path);
  size_t n, m;
  double *want = pipeline_predict(p, train, &n), *got = pipeline_predict(p, data, &m);
  assert_int_equal(n, m);
  assert_memory_equal(want, got, n * sizeof *got);
  assert_string_equal(data->id, "name");
  assert_string_equal(data->ids[59], "row 59");
  ml_dataset_free(train);
  ml_dataset_free(data);
  ml_pipeline_free(p);
  free(want);
  free(got);
}

/* `colour` is text also where all of its cells look like numbers, and what was not seen is told
 * from what is missing. */
static void columns_are_found_by_name(void **state) {
  (void)state;
  const char *path;
  ml_pipeline *p = fit_table(&path, "impute=median,one-hot", PIPELINE_TEXTS | PIPELINE_IDS);
  path = pipeline_file("new.csv",
                       "junk,colour,e,d,c,b,a,junk,,mine\n"
                       "inf,green,5,4,3,2,1,x,,m 1\n"
                       ",7,-5,-4,-3,-2,-1,x,y,m 2\n"
                       "?,,0,0,0,0,0,x,,m 3\n");
  ml_dataset *data = read_new(p, path);
  static const double want[] = {1, -1, 0, 2, -2, 0, 3, -3, 0, 4, -4, 0, 5, -5, 0, 1, 3, NAN};
  for (size_t i = 0; i < 18; i++) expect_same("cell", data->x[i], want[i]);
  static const char *const labels[] = {"deep, blue", "green", "red", "7"};
  assert_int_equal(data->categories[5].n, 4);
  for (size_t k = 0; k < 4; k++) assert_string_equal(data->categories[5].labels[k], labels[k]);
  assert_null(data->ids);
  free(pipeline_predict(p, data, NULL));
  ml_dataset_free(data);
  data = read_opts(p, path, &(ml_pipeline_read_opts){.id = "mine"});
  assert_string_equal(data->ids[1], "m 2");
  ml_dataset_free(data);
  ml_error err = {0};
  assert_int_equal(
      ml_pipeline_read(p, path, &(ml_pipeline_read_opts){.id = "a"}, NULL, &data, &err),
      ML_ERR_USAGE);
  assert_string_equal(err.message, "column \"a\" is given two parts");
  ml_pipeline_free(p);
}

static void wrong_tables(void **state) {
  (void)state;
  const char *path;
  ml_pipeline *p = fit_table(&path, "impute=median,one-hot", PIPELINE_TEXTS | PIPELINE_IDS);
  expect_error(p, "x\n1\n", " no columns \"a\", \"b\", \"c\", \"d\", \"e\" and 1 more");
  expect_error(p, "colour,a,b,c,d\nred,1,2,3,4\n",
               " no column \"e\" (the file has: colour, a, b, c, d)");
  expect_error(p, "colour,a,b,c\nred,1,2,3\n",
               " no columns \"d\", \"e\" (the file has: colour, a, b, c)");
  expect_error(p, "colour,a,b,c,d,e\nred,1,x,3,y,4\n",
               " the model has numbers in \"b\", \"d\", and here are texts, such as \"x\"");
  expect_error(p, "colour,a,a,b,c,d,e\nred,1,1,2,3,4,5\n", " more than one column \"a\"");
  expect_error(p, "colour,a,b,c,d,e\n", " no rows");
  ml_pipeline_free(p);
}

/* ---- series -----------------------------------------------------------------------------------
 */

typedef struct storms {
  ml_series_set *set;
  ml_fresh_settings *settings;
  ml_dataset *data;
  ml_series_opts columns;
} storms;

static void expect_ok(ml_status status, const ml_error *err) {
  char shown[1024];
  ml_error_format(err, shown, sizeof shown);
  if (status != ML_OK) fail_msg("%s", shown);
}

static storms extract(const char *path, const ml_series_opts *opts, const char *settings,
                      const char *target_file, const char *target_name) {
  storms s = {.columns = opts ? *opts : (ml_series_opts){0}};
  ml_matrix *matrix;
  ml_target *target = NULL;
  ml_error err = {0};
  const ml_target_opts target_opts = {.name = target_name, .problem = ML_CLASSIFICATION};
  expect_ok(ml_series_read(path, opts, &s.set, &err), &err);
  expect_ok(ml_fresh_settings_named(settings, &s.settings, &err), &err);
  expect_ok(ml_fresh_extract(s.set, s.settings, NULL, NULL, &matrix, &err), &err);
  if (target_file)
    expect_ok(ml_target_read_series(target_file, &target_opts, s.set, &target, &err), &err);
  else
    expect_ok(ml_target_of_series(s.set, ML_CLASSIFICATION, &target, &err), &err);
  expect_ok(ml_dataset_of_matrix(matrix, target, NULL, &s.data, &err), &err);
  ml_target_free(target);
  ml_matrix_free(matrix);
  return s;
}

static void storms_release(storms *s) {
  ml_dataset_free(s->data);
  ml_series_free(s->set);
  ml_fresh_settings_free(s->settings);
}

static ml_pipeline *fit_series(const storms *s, const char *name, const char *steps) {
  const ml_model *model;
  ml_prep *prep = NULL;
  ml_pipeline *p;
  ml_error err = {0};
  expect_ok(ml_model_find(name, NULL, &model, &err), &err);
  if (steps) expect_ok(ml_prep_parse(steps, &prep, &err), &err);
  const ml_pipeline_opts opts = {.prep = prep,
                                 .model = model,
                                 .seed = 1,
                                 .set = s->set,
                                 .settings = s->settings,
                                 .columns = &s->columns};
  expect_ok(ml_pipeline_fit(s->data, &opts, &p, &err), &err);
  ml_prep_free(prep);
  return p;
}

/* Predictions of a file are those of the dataset it was trained on, to the bit. */
static void expect_predicts(const ml_pipeline *p, const char *path, const storms *s) {
  ml_dataset *data = read_new(p, path), *reduced;
  ml_matrix *matrix;
  ml_error err = {0};
  size_t n, m;
  assert_int_equal(data->n_rows, s->data->n_rows);
  for (size_t i = 0; i < data->n_rows; i++) assert_string_equal(data->ids[i], s->data->ids[i]);
  expect_ok(ml_fresh_extract(s->set, ml_pipeline_settings(p), NULL, NULL, &matrix, &err), &err);
  expect_ok(ml_dataset_of_matrix(matrix, NULL, NULL, &reduced, &err), &err);
  ml_matrix_free(matrix);
  double *got = pipeline_predict(p, data, &n), *want = pipeline_predict(p, reduced, &m);
  assert_int_equal(n, m);
  assert_memory_equal(got, want, n * sizeof *got);
  /* The features are those that were learnt from. */
  for (size_t j = 0; j < data->n_features; j++) {
    size_t k = 0;
    while (strcmp(s->data->names[k], data->names[j]) != 0) k++;
    assert_memory_equal(data->x + j * data->n_rows, s->data->x + k * data->n_rows,
                        data->n_rows * sizeof *data->x);
  }
  free(got);
  free(want);
  ml_dataset_free(data);
  ml_dataset_free(reduced);
}

static void storms_through_files(void **state) {
  (void)state;
  storms s = extract("data/storms.csv", NULL, "efficient", "data/storms_target.csv", "hurricane");
  ml_pipeline *p = fit_series(&s, "random_forest", "impute=median,select-corr=12"), *again;
  ml_error err = {0};
  size_t n;
  ml_pipeline_features(p, &n);
  assert_int_equal(n, 12);
  const char *path = pipeline_path("storms.json");
  expect_ok(ml_pipeline_save(p, path, &err), &err);
  expect_ok(ml_pipeline_load(path, &again, &err), &err);
  expect_predicts(p, "data/storms.csv", &s);
  expect_predicts(again, "data/storms.csv", &s);
  ml_pipeline_free(p);
  ml_pipeline_free(again);
  storms_release(&s);
}

/* Series that come one by one. */
static void one_by_one(void **state) {
  (void)state;
  storms s = extract("data/storms.csv", NULL, "minimal", "data/storms_target.csv", "hurricane");
  ml_pipeline *p = fit_series(&s, "decision_tree", NULL);
  ml_dataset *all = read_new(p, "data/storms.csv"), *one = NULL;
  ml_series_set *set;
  ml_buf text = {0};
  ml_error err = {0};
  for (size_t i = 0; i < 10; i++) {
    ml_buf_clear(&text);
    ml_buf_puts(&text, "id,time,lat,long,wind,pressure\n");
    const ml_series lat = ml_series_at(s.set, i, 0), lon = ml_series_at(s.set, i, 1),
                    wind = ml_series_at(s.set, i, 2), pressure = ml_series_at(s.set, i, 3);
    for (size_t t = 0; t < lat.n; t++)
      ml_buf_printf(&text, "%s,%zu,%.17g,%.17g,%.17g,%.17g\n", ml_series_id(s.set, i), t, lat.x[t],
                    lon.x[t], wind.x[t], pressure.x[t]);
    expect_ok(ml_series_parse(text.data, text.n, "one", ml_pipeline_columns(p), &set, &err), &err);
    expect_ok(ml_pipeline_extract(p, set, NULL, NULL, &one, &err), &err);
    assert_int_equal(one->n_rows, 1);
    for (size_t j = 0; j < all->n_features; j++)
      expect_same(all->names[j], one->x[j], all->x[j * all->n_rows + i]);
    ml_dataset_free(one);
    ml_series_free(set);
  }
  ml_buf_release(&text);
  ml_dataset_free(all);
  ml_pipeline_free(p);
  const char *path;
  p = fit_table(&path, NULL, 0);
  assert_int_equal(ml_pipeline_extract(p, s.set, NULL, NULL, &one, &err), ML_ERR_USAGE);
  ml_pipeline_free(p);
  storms_release(&s);
}

/* Ids 0 to 5 with kinds up and down; odd ids are steep. */
static char *make_series(bool is_long, bool with_target, bool shuffled) {
  ml_buf out = {0};
  ml_buf_puts(&out, is_long ? "unit,at,what,x" : "unit,at,up,down");
  ml_buf_puts(&out, with_target ? ",class\n" : "\n");
  for (int r = 0; r < 6 * 9; r++) {
    const int i = shuffled ? (r * 7 + 3) % 54 : r, id = i / 9, at = i % 9;
    const double up = at * (id % 2 ? 5.25 : 0.5) + (at * at) % 5, down = -up - id;
    const char *tail = !with_target ? "" : id % 2 ? ",steep" : ",flat";
    if (is_long) {
      ml_buf_printf(&out, "u%d,%d,up,%.17g%s\n", id, at, up, tail);
      ml_buf_printf(&out, "u%d,%d,down,%.17g%s\n", id, at, down, tail);
    } else {
      ml_buf_printf(&out, "u%d,%d,%.17g,%.17g%s\n", id, at, up, down, tail);
    }
  }
  ml_buf_put(&out, "", 1);
  assert_false(out.failed);
  return out.data;
}

static const ml_series_opts long_columns = {.id = "unit",
                                            .sort = "at",
                                            .kind = "what",
                                            .value = "x",
                                            .target = "class"},
                            wide_columns = {.id = "unit", .sort = "at", .target = "class"};

static storms extract_made(bool is_long, const ml_window *window) {
  ml_series_opts columns = is_long ? long_columns : wide_columns;
  char *text = make_series(is_long, true, false);
  columns.window = window;
  storms s = extract(pipeline_file("series.csv", text), &columns, "minimal", NULL, NULL);
  free(text);
  return s;
}

/* With a target or without, rows in any order, more columns. */
static void both_shapes(void **state) {
  (void)state;
  for (int k = 0; k < 4; k++) {
    const bool is_long = k % 2, has_window = k / 2;
    const ml_window window = {.rows = 4, .stride = 2};
    storms s = extract_made(is_long, has_window ? &window : NULL);
    ml_pipeline *p = fit_series(&s, "decision_tree", NULL), *again = pipeline_reload(p);
    for (int j = 0; j < 4; j++) {
      char *text = make_series(is_long, j % 2, j / 2);
      expect_predicts(again, pipeline_file("new.csv", text), &s);
      free(text);
    }
    const ml_series_opts *columns = ml_pipeline_columns(again);
    assert_string_equal(columns->id, "unit");
    assert_string_equal(columns->sort, "at");
    assert_int_equal(columns->window != NULL, has_window);
    ml_pipeline_free(p);
    ml_pipeline_free(again);
    storms_release(&s);
  }
}

static void wrong_series(void **state) {
  (void)state;
  storms s = extract_made(false, NULL);
  ml_pipeline *p = fit_series(&s, "decision_tree", NULL);
  expect_error(p, "unit,at,x\nu,1,2\n", " no columns \"down\", \"up\" (the file has: unit, at, x)");
  expect_error(p, "unit,at,up\nu,1,2\n", " no column \"down\" (the file has: unit, at, up)");
  expect_error(p, "unit,up,down\nu,1,2\n", " no column \"at\" (the file has: unit, up, down)");
  expect_error(p, "unit,at,up,down\nu,1,2,x\n", "2:7: expected a number, found \"x\"");
  ml_pipeline_free(p);
  storms_release(&s);
  s = extract_made(true, NULL);
  p = fit_series(&s, "decision_tree", NULL);
  expect_error(p, "unit,at,what,x\nu,1,left,2\n", " no row has the kinds \"down\", \"up\"");
  expect_error(p, "unit,at,what,x\nu,1,up,2\n", " no row has the kind \"down\"");
  ml_pipeline_free(p);
  storms_release(&s);
}

/* ---- threads ----------------------------------------------------------------------------------
 */

typedef struct asked {
  const ml_pipeline *p;
  const ml_dataset *data;
  const double *want;
  size_t n;
  bool same;
} asked;

static void *ask(void *ctx) {
  asked *a = ctx;
  double *got = calloc(a->n + 1, sizeof *got);
  a->same = got != NULL;
  for (int k = 0; k < 20 && a->same; k++)
    a->same = ml_pipeline_predict(a->p, a->data, got, NULL) == ML_OK &&
              memcmp(got, a->want, a->n * sizeof *got) == 0;
  free(got);
  return NULL;
}

static void threads_share_a_pipeline(void **state) {
  (void)state;
  enum { N = 4 };
  const unsigned traits = PIPELINE_TEXTS | PIPELINE_MISSING;
  char *text = pipeline_csv(300, traits, 11);
  ml_dataset *data = pipeline_data(pipeline_file("train.csv", text), "kind", traits);
  static const char *const models[] = {"logistic", "random_forest", "knn"};
  free(text);
  for (size_t m = 0; m < 3; m++) {
    ml_pipeline *p = pipeline_fit(data, models[m], "impute=mean,one-hot,standard");
    pthread_t threads[N];
    asked a[N];
    size_t n;
    double *want = pipeline_predict(p, data, &n);
    for (size_t i = 0; i < N; i++) {
      a[i] = (asked){p, data, want, n, false};
      assert_int_equal(pthread_create(&threads[i], NULL, ask, &a[i]), 0);
    }
    for (size_t i = 0; i < N; i++) {
      assert_int_equal(pthread_join(threads[i], NULL), 0);
      assert_true(a[i].same);
    }
    free(want);
    ml_pipeline_free(p);
  }
  ml_dataset_free(data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_training_file_gives_the_same),
      cmocka_unit_test(columns_are_found_by_name),
      cmocka_unit_test(wrong_tables),
      cmocka_unit_test(storms_through_files),
      cmocka_unit_test(one_by_one),
      cmocka_unit_test(both_shapes),
      cmocka_unit_test(wrong_series),
      cmocka_unit_test(threads_share_a_pipeline),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
