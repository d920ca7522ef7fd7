/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trainings to show. */
#include "train_cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture_cases.h"

/* Two rows of one series have no value of b: it is shorter. */
static const char storms[] =
    "id,time,a,b,y\n"
    "1,0,1,5,no\n1,1,2,5,no\n"
    "2,0,1,,yes\n2,1,3,7,yes\n2,2,5,9,yes\n"
    "3,0,2,6,no\n3,1,2,6,no\n3,2,2,7,no\n3,3,2,7,no\n3,4,2,8,no\n"
    "4,0,9,1,yes\n4,1,8,2,yes\n4,2,9,1,yes\n"
    "5,0,1,5,no\n5,1,1,4,no\n"
    "6,0,7,2,yes\n6,1,9,2,yes\n";

const train_case train_cases[] = {
    {"two", "logistic", "impute=median,select=fdr:0.5,standard", NULL, 80, 10, .n_classes = 2},
    {"three", "random_forest", NULL, NULL, 90, 6, .n_classes = 3},
    {"forty", "knn", "standard", NULL, 400, 5, .n_classes = 40},
    {"numbers", "ridge", "standard", "alpha=0.1,1,10", 60, 8, .n_classes = 0},
    {"one_feature", "ols", NULL, NULL, 30, 1, .n_classes = 0},
    {"many_features", "logistic", "select=k:20", NULL, 60, 800, .n_classes = 2},
    {"permuted", "knn", "impute=mean", NULL, 60, 4, .n_classes = 0, .has_missing = true},
    {"texts", "ridge", "one-hot", NULL, 60, 4, .n_classes = 0, .has_texts = true},
    {"unscored", "knn", NULL, NULL, 20, 3, .n_classes = 2, .is_unscored = true},
    {"by_hand", "gaussian_nb", NULL, NULL, 6, 3, .n_classes = 2, .is_unscored = true,
     .by_hand = true},
    {"small", "knn", "standard", "n_neighbors=1,2", 12, 2, .n_classes = 0, .has_times = true,
     .has_workers = true},
    {"small_classes", "logistic", "impute=mean,select=k:1,standard", NULL, 12, 3, .n_classes = 2},
    {"featureless", "dummy", NULL, NULL, 20, 3, .n_classes = 2},
    {"times", "ridge", NULL, NULL, 30, 3, .n_classes = 0, .has_times = true},
    {"workers", "ridge", NULL, NULL, 30, 3, .n_classes = 0, .has_times = true, .has_workers = true},
    {"hostile", "knn", "standard", "n_neighbors=1,2,3", 60, 13, .n_classes = 4, .is_hostile = true},
    {"series", "logistic", "impute=median", NULL, .series = storms},
    {0}};

struct train_made {
  const train_case *is;
  cli_xval given;
  xval_asked asked;
  ml_dataset made; /* of which data points into `memory` */
  ml_levels *categories;
  ml_dataset *data;
  ml_pipeline *pipeline;
  ml_xval_result *result;
  ml_xval_result nothing;
  struct cli_listed grid;
  xval_shown shown;
  trained t;
  ml_buf pool;
  void *memory[64];
  size_t n_memory;
};

static void *take(train_made *m, size_t size) {
  void *p = calloc(1, size + 1);
  if (!p || m->n_memory == 64) abort();
  m->memory[m->n_memory++] = p;
  return p;
}

static void must(ml_status status, const ml_error *err) {
  if (status == ML_OK) return;
  fprintf(stderr, "%s\n", err->message);
  abort();
}

/* Somewhere in [0, 1), the same for the same numbers. */
static double noise(size_t a, size_t b) {
  uint64_t x = (a + 1) * UINT64_C(0x9E3779B97F4A7C15) + (b + 1) * UINT64_C(0xBF58476D1CE4E5B9);
  x ^= x >> 31;
  x *= UINT64_C(0x94D049BB133111EB);
  return (double)(x >> 40) * 0x1p-24;
}

/* ---- data ----------------------------------------------------------------------------------- */

static char **texts(train_made *m, size_t n, const char *before) {
  char **list = take(m, n * sizeof *list), *room = take(m, n * 32);
  size_t n_hostile = 0;
  while (hostile_names[n_hostile]) n_hostile++;
  for (size_t i = 0; i < n; i++) {
    list[i] = room + i * 32;
    snprintf(list[i], 32, "%s%zu", before, i);
    /* A file of JSON is UTF-8: what is not is refused before there is a page. */
    if (m->is->is_hostile && i < n_hostile && i != 5) list[i] = (char *)(uintptr_t)hostile_names[i];
  }
  return list;
}

/* Feature 0 tells the target, feature 1 a little; feature 2 has two values; the others are noise.
 */
static void make_values(train_made *m, double *x) {
  const train_case *c = m->is;
  for (size_t i = 0; i < c->n_rows; i++)
    for (size_t j = 0; j < c->n_features; j++) {
      double class = c->n_classes ? (double)(i % c->n_classes) : 3 * noise(i, 0);
      double v = noise(i, j + 1);
      x[j * c->n_rows + i] = j == 0   ? class + 0.8 * v
                             : j == 1 ? class + 4 * v
                             : j == 2 ? v > 0.4
                                      : v;
      if (c->has_missing && j == 1 && i % 8 == 0) x[j * c->n_rows + i] = NAN;
    }
}

/* Classes 0 0 0 1 1 1. */
static void make_six(double *x) {
  static const double values[] = {7, 7, 7, 9, 9, 9, 4, 4, 4, 4, 4, 4, 1, 2, 1, 2, 1, 2};
  memcpy(x, values, sizeof values);
}

static void make_texts(train_made *m, double *x) {
  static char *colours[] = {"blue", "green", "red"};
  const train_case *c = m->is;
  m->categories = take(m, c->n_features * sizeof *m->categories);
  m->categories[1] = (ml_levels){.labels = colours, .n = 3};
  for (size_t i = 0; i < c->n_rows; i++) x[c->n_rows + i] = (double)(i % 3);
  m->made.categories = m->categories;
}

static void make_table(train_made *m) {
  const train_case *c = m->is;
  double *x = take(m, c->n_rows * c->n_features * sizeof *x);
  m->made = (ml_dataset){.n_rows = c->n_rows,
                         .n_features = c->n_features,
                         .x = x,
                         .names = texts(m, c->n_features, "feature "),
                         .problem = c->n_classes ? ML_CLASSIFICATION : ML_REGRESSION,
                         .target = texts(m, 1, "y")[0]};
  if (c->by_hand)
    make_six(x);
  else
    make_values(m, x);
  if (c->has_texts) make_texts(m, x);
  m->made.y = take(m, c->n_rows * sizeof *m->made.y);
  m->made.classes.n = c->n_classes;
  m->made.classes.codes = take(m, c->n_rows * sizeof *m->made.classes.codes);
  m->made.classes.labels = texts(m, c->n_classes, "class ");
  for (size_t i = 0; i < c->n_rows; i++) {
    m->made.y[i] = 3 * noise(i, 0) + 0.2 * noise(i, 99);
    if (c->n_classes) m->made.classes.codes[i] = (uint32_t)(c->by_hand ? i / 3 : i % c->n_classes);
  }
  m->data = &m->made;
}

static void make_series(train_made *m) {
  cli_learning *l = &m->asked.learning;
  ml_error err = {0};
  ml_matrix *matrix = NULL;
  const ml_dataset_opts columns = {.target = "y", .takes_infinite = true};
  l->series = (ml_series_opts){.target = "y", .missing = ML_MISSING_DROP};
  must(ml_series_parse(m->is->series, strlen(m->is->series), "storms.csv", &l->series, &l->set,
                       &err),
       &err);
  must(ml_fresh_settings_named("minimal", &l->settings, &err), &err);
  must(ml_dataset_of_series(l->set, &columns, &l->data, &err), &err);
  must(ml_fresh_extract(l->set, l->settings, NULL, NULL, &matrix, &err), &err);
  must(ml_dataset_add_features(l->data, matrix, NULL, &err), &err);
  ml_matrix_free(matrix);
  m->data = l->data;
}

/* ---- the run -------------------------------------------------------------------------------- */

static void validate(train_made *m) {
  static char none[] = "none";
  const train_case *c = m->is;
  ml_error err = {0};
  m->asked.opts = (ml_xval_opts){.cv = c->series ? "stratified:2" : NULL,
                                 .seed = 7,
                                 .prep = m->asked.prep,
                                 .pool_winner = true,
                                 .keep_predictions = true};
  m->nothing = (ml_xval_result){.model = m->asked.model,
                                .data = m->data,
                                .problem = m->data->problem,
                                .cv = none,
                                .seed = 7,
                                .best = SIZE_MAX};
  if (c->is_unscored) return;
  must(ml_xval(m->data, m->asked.model, m->asked.candidates, m->asked.fixed, &m->asked.opts, NULL,
               NULL, &m->result, &err),
       &err);
  m->result->fit_seconds = 0.25; /* the same each time */
  m->result->score_seconds = 0.125;
}

static void ask(train_made *m) {
  const train_case *c = m->is;
  ml_error err = {0};
  m->asked.given = &m->given;
  must(ml_model_find(c->model, NULL, &m->asked.model, &err), &err);
  m->asked.fixed = take(m, (m->asked.model->n_params + 1) * sizeof(double));
  ml_model_defaults(m->asked.model, m->asked.fixed);
  if (c->prep) {
    must(ml_prep_parse(c->prep, &m->asked.prep, &err), &err);
    m->asked.prep_text = ml_prep_text(m->asked.prep);
  }
  if (!c->grid) return;
  m->grid.value = c->grid;
  m->given.grid = (cli_list){&m->grid, 1};
  must(ml_candidates_make(m->asked.model, m->asked.fixed, &c->grid, 1, NULL, &m->asked.candidates,
                          &err),
       &err);
}

static void fit(train_made *m) {
  const ml_xval_result *r = m->result;
  const cli_learning *l = &m->asked.learning;
  ml_error err = {0};
  const ml_pipeline_opts opts = {
      .prep = m->asked.prep,
      .model = m->asked.model,
      .params = r && r->best < r->n_candidates ? r->candidates[r->best].params : m->asked.fixed,
      .seed = 7,
      .set = l->set,
      .settings = l->settings,
      .columns = l->set ? &l->series : NULL,
      .validation = r};
  must(ml_pipeline_fit(m->data, &opts, &m->pipeline, &err), &err);
}

train_made *train_case_make(const char *name) {
  static const train_step steps[] = {
      {"read", 0.125}, {"extract features", 0}, {"cross-validate", 1.5}};
  const train_case *c = train_cases;
  ml_error err = {0};
  while (c->name && strcmp(c->name, name) != 0) c++;
  train_made *m = c->name ? calloc(1, sizeof *m) : NULL;
  if (!m) abort();
  m->is = c;
  ask(m);
  if (c->series)
    make_series(m);
  else
    make_table(m);
  validate(m);
  fit(m);
  must(xval__show(c->is_hostile ? hostile_names[2] : "data.csv", &m->asked,
                  m->result ? m->result : &m->nothing, c->has_times, &m->shown, &err),
       &err);
  ml_buf_puts(&m->pool,
              "{\"workers\":[{\"index\":1,\"items_done\":40,\"mean_seconds\":0.025,"
              "\"losses\":0},{\"index\":2,\"items_done\":0,\"mean_seconds\":null,"
              "\"losses\":3}]}");
  m->t = (trained){.input = "data.csv",
                   .output = "model.json",
                   .shown = &m->shown,
                   .pipeline = m->pipeline,
                   .pool = c->has_workers ? &m->pool : NULL,
                   .steps = steps,
                   .n_steps = 3};
  return m;
}

void train_case_release(train_made *m) {
  ml_buf_release(&m->pool);
  xval__hide(&m->shown);
  ml_pipeline_free(m->pipeline);
  ml_xval_free(m->result);
  ml_prep_free(m->asked.prep);
  ml_candidates_free(m->asked.candidates);
  ml_dataset_free(m->asked.learning.data);
  ml_series_free(m->asked.learning.set);
  ml_fresh_settings_free(m->asked.learning.settings);
  for (size_t i = 0; i < m->n_memory; i++) free(m->memory[i]);
  free(m);
}

const trained *train_case_trained(const train_made *m) {
  return &m->t;
}

char *train_case_page(const char *name) {
  train_made *m = train_case_make(name);
  ml_buf page = {0};
  ml_error err = {0};
  must(train__report(&m->t, &page, &err), &err);
  train_case_release(m);
  ml_buf_put(&page, "", 1);
  if (page.failed) abort();
  return page.data;
}
