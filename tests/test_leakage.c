/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nothing of the rows that a fold tests reaches what is learnt in it: by changing these rows, and
 * by scores of noise, which are those of chance. */
#include "xval_cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double normal(uint64_t *seed) {
  double sum = -6;
  for (int i = 0; i < 12; i++) sum += (double)(next_random(seed) >> 11) * 0x1p-53;
  return sum;
}

static ml_prep *parse(const char *text) {
  ml_prep *prep = NULL;
  ml_error err = {0};
  if (ml_prep_parse(text, &prep, &err) != ML_OK) fail_msg("%s: %s", text, err.message);
  return prep;
}

static const ml_model *find(const char *name) {
  const ml_model *model = NULL;
  ml_error err = {0};
  if (ml_model_find(name, NULL, &model, &err) != ML_OK) fail_msg("%s", err.message);
  return model;
}

/* ---- noise ------------------------------------------------------------------------------------
 *
 * 120 rows of 240 features that have nothing to do with the target, ten times. The accuracy of a
 * guess is 0.5 in the mean, with a deviation of 0.5 / sqrt(1200) = 0.014 over the 1200 rows. The
 * correlation of guessed numbers with the target, within the 24 rows that a fold tests, is 0 in the
 * mean, with a deviation of 1 / sqrt(23), and of 0.03 over the 50 folds. Rows that folds share make
 * them somewhat greater; bounds are 0.07 and 0.15. */

enum { ROWS = 120, FEATURES = 240, DRAWS = 10 };

typedef struct noise {
  ml_dataset data;
  double x[FEATURES * ROWS], y[ROWS];
  uint32_t codes[ROWS];
} noise;

static void draw(noise *d, ml_problem problem, uint64_t seed) {
  static char *labels[] = {"no", "yes"};
  seed = 88172645463325252u + seed;
  for (size_t i = 0; i < FEATURES * ROWS; i++) d->x[i] = normal(&seed);
  for (size_t i = 0; i < ROWS; i++) {
    d->codes[i] = next_random(&seed) % 2;
    d->y[i] = normal(&seed);
  }
  d->data = (ml_dataset){.n_rows = ROWS, .n_features = FEATURES, .x = d->x, .problem = problem};
  if (problem == ML_REGRESSION)
    d->data.y = d->y;
  else
    d->data.classes = (ml_levels){.labels = labels, .n = 2, .codes = d->codes};
}

typedef struct scored {
  double score;        /* mean over draws and folds: accuracy, or correlation with the target */
  double r2;           /* likewise, of numbers */
  size_t n_irrelevant; /* folds */
} scored;

/* Of the predictions of a fold with the target: n of them from the first on. */
static double correlation(const ml_dataset *data, const ml_predicted *p, size_t first, size_t n) {
  double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  for (size_t i = first; i < first + n; i++)
    mx += p->values[i] / (double)n, my += data->y[p->row[i]] / (double)n;
  for (size_t i = first; i < first + n; i++) {
    const double dx = p->values[i] - mx, dy = data->y[p->row[i]] - my;
    xx += dx * dx, yy += dy * dy, xy += dx * dy;
  }
  return xy / sqrt(xx * yy);
}

static void expect_warning(const ml_xval_result *r, size_t n_irrelevant) {
  char want[160];
  assert_int_equal(r->n_warnings, n_irrelevant > 0);
  if (n_irrelevant == 0) return;
  snprintf(want, sizeof want,
           "no feature is relevant in the training rows of %zu of 5 folds: select takes the one "
           "with the least p-value there",
           n_irrelevant);
  assert_string_equal(r->warnings[0], want);
}

static void add_score(const ml_dataset *data, const ml_prep *prep, scored *out) {
  const bool is_real = data->problem == ML_REGRESSION;
  ml_metric metric;
  ml_error err = {0};
  assert_int_equal(ml_metric_parse(is_real ? "r2" : "accuracy", &metric, &err), ML_OK);
  const ml_xval_opts opts = {
      .metrics = &metric, .n_metrics = 1, .prep = prep, .keep_predictions = true};
  ml_xval_result *r = run_xval(data, find(is_real ? "ols" : "gaussian_nb"), NULL, &opts, NULL);
  size_t n_irrelevant = 0, first = 0;
  assert_int_equal(r->n_failed, 0);
  for (size_t f = 0; f < r->n_folds; f++) {
    n_irrelevant += r->candidates[0].folds[f].is_irrelevant;
    if (is_real)
      out->score += correlation(data, r->predicted, first, r->n_test[f]) / (double)(DRAWS * 5);
    first += r->n_test[f];
  }
  expect_warning(r, n_irrelevant);
  out->n_irrelevant += n_irrelevant;
  *(is_real ? &out->r2 : &out->score) += r->candidates[0].mean[0] / DRAWS;
  ml_xval_free(r);
}

/* Folds over what was selected from all rows: what one should not do. */
static void add_score_outside(const ml_dataset *data, const ml_prep *prep, scored *out) {
  ml_prepared *p = NULL;
  ml_error err = {0};
  assert_int_equal(ml_prep_fit(prep, data, NULL, 0, &p, &err), ML_OK);
  const size_t n = ml_prepared_n_columns(p);
  double *x = calloc(n * ROWS, sizeof *x);
  assert_non_null(x);
  assert_int_equal(ml_prepared_apply(p, data, NULL, ROWS, x, ROWS, &err), ML_OK);
  ml_dataset some = *data;
  some.x = x;
  some.n_features = n;
  add_score(&some, NULL, out);
  free(x);
  ml_prepared_free(p);
}

/* @param leaked  what selecting outside scores at least */
static void expect_chance(ml_problem problem, const char *steps, double leaked,
                          size_t least_irrelevant) {
  const double chance = problem == ML_REGRESSION ? 0 : 0.5, bound = chance > 0 ? 0.07 : 0.15;
  ml_prep *prep = parse(steps);
  scored inside = {0}, outside = {0};
  noise *d = malloc(sizeof *d);
  assert_non_null(d);
  for (uint64_t k = 0; k < DRAWS; k++) {
    draw(d, problem, k);
    add_score(&d->data, prep, &inside);
    add_score_outside(&d->data, prep, &outside);
  }
  if (!(fabs(inside.score - chance) <= bound && outside.score >= leaked && leaked > chance + bound))
    fail_msg("%s: inside %g, outside %g", steps, inside.score, outside.score);
  if (!(inside.r2 <= 0)) fail_msg("%s: r2 inside %g, outside %g", steps, inside.r2, outside.r2);
  assert_in_range(inside.n_irrelevant, least_irrelevant, 5 * DRAWS);
  free(d);
  ml_prep_free(prep);
}

static void noise_of_classes(void **state) {
  (void)state;
  expect_chance(ML_CLASSIFICATION, "select=k:10", 0.65, 0);
  expect_chance(ML_CLASSIFICATION, "select=fdr:0.05", 0.6, 40);
  expect_chance(ML_CLASSIFICATION, "select=test:ks/redundancy:0.9", 0.6, 40);
  expect_chance(ML_CLASSIFICATION, "select-corr=10", 0.65, 0);
}

static void noise_of_numbers(void **state) {
  (void)state;
  expect_chance(ML_REGRESSION, "select=k:10", 0.4, 0);
  expect_chance(ML_REGRESSION, "select=fdr:0.05", 0.2, 40);
  expect_chance(ML_REGRESSION, "standard,select-corr=10", 0.4, 0);
}

/* A model of everything is not made of a column that means nothing. */
static void nothing_to_train_on(void **state) {
  (void)state;
  noise *d = malloc(sizeof *d);
  assert_non_null(d);
  for (int is_real = 0; is_real < 2; is_real++) {
    draw(d, is_real ? ML_REGRESSION : ML_CLASSIFICATION, 1);
    ml_prep *prep = parse("standard,select=fdr:0.01");
    ml_pipeline *p = NULL;
    ml_prepared *steps = NULL;
    ml_error err = {0};
    const ml_pipeline_opts opts = {.prep = prep, .model = find(is_real ? "ols" : "gaussian_nb")};
    assert_int_equal(ml_pipeline_fit(&d->data, &opts, &p, &err), ML_ERR_NUMERIC);
    assert_null(p);
    if (!strstr(err.message, "select: none of 240 columns is relevant for the target \"y\""))
      fail_msg("%s", err.message);
    assert_int_equal(ml_prep_fit(prep, &d->data, NULL, 0, &steps, &err), ML_OK);
    assert_int_equal(ml_prepared_n_columns(steps), 1);
    assert_string_equal(ml_prepared_warning(steps), err.message);
    ml_prepared_free(steps);
    ml_prep_free(prep);
    prep = parse("select=k:1");
    assert_int_equal(ml_prep_fit(prep, &d->data, NULL, 0, &steps, &err), ML_OK);
    assert_null(ml_prepared_warning(steps));
    ml_prepared_free(steps);
    ml_prep_free(prep);
  }
  free(d);
}

/* ---- rows that are tested change ---------------------------------------------------------------
 *
 * What a fold learns, and what it predicts for the rows that are as they were, stays the same to
 * the bit; other folds, which train on these rows, see that they are others. */

enum { N = 40, P = 6, FOLDS = 5, FOLD = 2, TESTED = N / FOLDS };

typedef struct table {
  ml_dataset data;
  double x[P * N], y[N];
  uint32_t codes[N];
  ml_levels categories[P];
} table;

static void fill(table *t, ml_problem problem) {
  static char *labels[] = {"no", "yes"}, *colours[] = {"blue", "green", "rare", "red"},
              *names[P] = {"a", "b", "c", "d", "colour", "code"};
  uint64_t seed = 88172645463325252u;
  *t = (table){.categories[4] = {.labels = colours, .n = 4}};
  for (size_t i = 0; i < N; i++) {
    const size_t colour = next_random(&seed) % 3;
    for (size_t j = 0; j < 4; j++) t->x[j * N + i] = normal(&seed);
    t->y[i] = t->x[N + i] - 0.7 * t->x[2 * N + i] + 0.3 * normal(&seed);
    t->codes[i] = t->y[i] > 0;
    if (next_random(&seed) % 6 == 0) t->x[i] = NAN;
    t->x[4 * N + i] = colour == 2 ? 3 : (double)colour;
    t->x[5 * N + i] = (double)(next_random(&seed) % 3);
  }
  t->data = (ml_dataset){.n_rows = N,
                         .n_features = P,
                         .x = t->x,
                         .names = names,
                         .categories = t->categories,
                         .problem = problem};
  if (problem == ML_REGRESSION)
    t->data.y = t->y;
  else
    t->data.classes = (ml_levels){.labels = labels, .n = 2, .codes = t->codes};
}

/* Every other tested row of the fold has other features, all of them another target. */
static void spoil(table *t, const ml_folds *folds) {
  size_t n;
  const uint32_t *test = ml_folds_test(folds, FOLD, &n);
  assert_int_equal(n, TESTED);
  for (size_t k = 0; k < n; k++) {
    const size_t i = test[k];
    t->y[i] = 1e4 * (double)(k + 1);
    t->codes[i] = !t->codes[i];
    if (k % 2) continue;
    t->x[i] = k == 2 ? INFINITY : 500;
    for (size_t j = 1; j < 4; j++) t->x[j * N + i] = k == 4 ? NAN : 1e3 * (double)(j * (k + 1));
    t->x[4 * N + i] = 2;  /* rare, which no other row is */
    t->x[5 * N + i] = 99; /* and so is this code */
  }
}

/* What is learnt in a fold, as JSON; free() it. */
static char *learnt(const ml_prep *prep, const ml_dataset *data, const ml_folds *folds,
                    size_t fold) {
  static const size_t place[P] = {0, 1, 2, 3, 4, 5};
  uint32_t rows[N];
  ml_prepared *p = NULL;
  ml_arena *arena = ml_arena_new();
  ml_value value;
  ml_buf text = {0};
  ml_error err = {0};
  assert_non_null(arena);
  ml_folds_train(folds, fold, rows);
  if (ml_prep_fit(prep, data, rows, ml_folds_n_train(folds, fold), &p, &err) != ML_OK)
    fail_msg("%s", err.message);
  assert_int_equal(ml_prepared_save(p, place, arena, &value, &err), ML_OK);
  assert_int_equal(ml_value_to_json(&value, &text, &err), ML_OK);
  ml_buf_put(&text, "", 1);
  assert_false(text.failed);
  ml_arena_free(arena);
  ml_prepared_free(p);
  return text.data;
}

static void expect_same_learnt(const char *steps, const ml_prep *prep, const table *clean,
                               const table *spoilt, const ml_folds *folds) {
  for (size_t f = 0; f < FOLDS; f++) {
    char *a = learnt(prep, &clean->data, folds, f), *b = learnt(prep, &spoilt->data, folds, f);
    if ((strcmp(a, b) == 0) != (f == FOLD)) fail_msg("%s, fold %zu:\n%s\n%s", steps, f, a, b);
    free(a);
    free(b);
  }
}

static void expect_same_predictions(const char *steps, const ml_prep *prep, const table *clean,
                                    const table *spoilt) {
  const bool is_real = clean->data.problem == ML_REGRESSION;
  const ml_model *model = find("knn"); /* whose rows have nothing in common, such as sums */
  ml_candidates *one = NULL;
  ml_error err = {0};
  double fixed[64];
  ml_model_defaults(model, fixed);
  assert_int_equal(ml_candidates_make(model, fixed, (const char *const[]){"weights=distance"}, 1,
                                      NULL, &one, &err),
                   ML_OK);
  const ml_xval_opts opts = {.cv = "kfold:5", .prep = prep, .keep_predictions = true};
  ml_xval_result *a = run_xval(&clean->data, model, one, &opts, NULL),
                 *b = run_xval(&spoilt->data, model, one, &opts, NULL);
  size_t n_same = 0, n_others = 0;
  assert_int_equal(a->n_failed + b->n_failed, 0);
  for (size_t i = 0; i < a->predicted->n; i++) {
    const ml_predicted *p = a->predicted, *q = b->predicted;
    const double x = is_real ? p->values[i] : p->scores[2 * i],
                 y = is_real ? q->values[i] : q->scores[2 * i];
    assert_int_equal(p->row[i], q->row[i]);
    if (p->fold[i] != FOLD)
      n_others += x != y;
    else if (spoilt->x[4 * N + p->row[i]] != 2) {
      if (x != y) fail_msg("%s: row %u: %.17g and %.17g", steps, p->row[i], x, y);
      n_same++;
    }
  }
  assert_int_equal(n_same, TESTED / 2);
  assert_in_range(n_others, N / 2, N);
  ml_candidates_free(one);
  ml_xval_free(a);
  ml_xval_free(b);
}

static void tested_rows_change(void **state) {
  (void)state;
  static const char *const lists[] = {
      "impute=mean,one-hot",
      "impute=median,one-hot",
      "impute=mean,one-hot,standard",
      "impute=mean,minmax,one-hot=colour",
      "impute=median,one-hot=code,one-hot",
      "impute=median,select-corr=2,one-hot",
      "impute=mean,select=fdr:0.2,one-hot",
      "impute=mean,one-hot,select=k:4/redundancy:0.8",
      "impute=median,select=percentile:50/test:ks,standard,one-hot"};
  table *clean = malloc(sizeof *clean), *spoilt = malloc(sizeof *spoilt);
  assert_true(clean && spoilt);
  for (int is_real = 0; is_real < 2; is_real++) {
    const ml_problem problem = is_real ? ML_REGRESSION : ML_CLASSIFICATION;
    ml_folds *folds = NULL;
    ml_error err = {0};
    fill(clean, problem);
    fill(spoilt, problem);
    assert_int_equal(ml_split("kfold:5", &clean->data, NULL, 0, NULL, &folds, &err), ML_OK);
    spoil(spoilt, folds);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
      const char *steps = lists[i];
      ml_prep *prep = parse(steps);
      expect_same_learnt(steps, prep, clean, spoilt, folds);
      expect_same_predictions(steps, prep, clean, spoilt);
      ml_prep_free(prep);
    }
    ml_folds_free(folds);
  }
  free(clean);
  free(spoilt);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(noise_of_classes),
      cmocka_unit_test(noise_of_numbers),
      cmocka_unit_test(nothing_to_train_on),
      cmocka_unit_test(tested_rows_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
