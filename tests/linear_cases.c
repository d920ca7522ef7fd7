/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data, folds and comparisons for the tests of the linear models. */
#include "linear_cases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- data ------------------------------------------------------------------------------------ */

linear_data linear_read(const char *name, bool with_weights) {
  char file[200];
  linear_data d = {0};
  snprintf(file, sizeof file, "xval/data/%s.csv", name);
  d.table = golden_table(file, 0);
  assert_non_null(d.table);
  d.n = d.table->n_rows;
  d.x = calloc(d.n * d.table->n_columns, sizeof *d.x);
  for (size_t j = 0; j < d.table->n_columns; j++) {
    const ml_column *column = &d.table->columns[j];
    if (strcmp(column->name, "y") == 0)
      d.y = column->number;
    else if (strcmp(column->name, "w") == 0)
      d.weights = with_weights ? column->number : NULL;
    else
      memcpy(d.x + d.n * d.p++, column->number, d.n * sizeof *d.x);
  }
  return d;
}

double linear_next_normal(uint64_t *state) {
  double sum = -6;
  for (size_t i = 0; i < 12; i++) sum += (double)(next_random(state) >> 11) * 0x1p-53;
  return sum;
}

linear_data linear_random(size_t n, size_t p, uint64_t seed) {
  linear_data d = {
      .n = n, .p = p, .x = calloc(n * p + 1, sizeof *d.x), .y = calloc(n, sizeof *d.y)};
  for (size_t i = 0; i < n * p; i++) d.x[i] = linear_next_normal(&seed);
  for (size_t i = 0; i < n; i++) {
    d.y[i] = 3 + linear_next_normal(&seed);
    for (size_t j = 0; j < p; j += 2) d.y[i] += d.x[j * n + i] / (double)(j + 1);
  }
  return d;
}

void linear_release(linear_data *d) {
  if (!d->table) {
    free(d->y);
    free(d->weights);
  }
  ml_table_free(d->table);
  free(d->x);
}

ml_view linear_view(const linear_data *d) {
  return (ml_view){
      .n = d->n, .n_columns = d->p, .x = d->x, .stride = d->n, .y = d->y, .weights = d->weights};
}

/* ---- folds ----------------------------------------------------------------------------------- */

static ml_folds *new_folds(size_t n_rows, size_t n, size_t n_listed, ml_fold **folds,
                           uint32_t **rows) {
  ml_folds *f = calloc(1, sizeof *f);
  char *memory = calloc(1, n * sizeof **folds + n_listed * sizeof **rows + 1);
  *folds = (ml_fold *)(void *)memory;
  *rows = (uint32_t *)(void *)(memory + n * sizeof **folds);
  *f = (ml_folds){.n_rows = n_rows,
                  .n = n,
                  .n_repeats = 1,
                  .folds = *folds,
                  .rows = *rows,
                  .n_listed = n_listed,
                  .memory = memory};
  return f;
}

ml_folds *linear_kfold(size_t n, size_t k, bool lists) {
  ml_fold *folds;
  uint32_t *rows;
  ml_folds *f = new_folds(n, k, n, &folds, &rows);
  for (size_t i = 0; i < n; i++) rows[i] = (uint32_t)i;
  for (size_t j = 0, at = 0; j < k; j++) {
    size_t size = lists ? (j + 1) * n / k - j * n / k : n / k + (j < n % k);
    ml_fold fold = {.test = {at, size}, .trains_others = !lists};
    if (lists) {
      fold.train[0] = (ml_run){at + size, n - at - size};
      fold.train[1] = (ml_run){0, at};
    }
    folds[lists ? k - 1 - j : j] = fold;
    at += size;
  }
  return f;
}

ml_folds *linear_random_folds(size_t n, size_t n_folds, bool with_members, uint64_t seed) {
  ml_fold *folds;
  uint32_t *rows;
  ml_folds *f = new_folds(n, n_folds, 2 * n * n_folds + n, &folds, &rows);
  size_t at = 0;
  for (size_t k = 0; k < n_folds; k++) {
    folds[k].test.first = at;
    folds[k].trains_others = k % 2;
    for (size_t i = 0; i < n; i++)
      if ((!with_members || i % 5) && next_random(&seed) % 4 == 0) rows[at++] = (uint32_t)i;
    folds[k].test.n = at - folds[k].test.first;
    folds[k].train[0].first = at;
    for (size_t i = 0; i < n && k % 2 == 0; i++)
      if ((!with_members || i % 5) && next_random(&seed) % 4 > 0)
        rows[at++] = (uint32_t)(n - 1 - i);
    folds[k].train[0].n = at - folds[k].train[0].first;
  }
  if (with_members) {
    f->members = rows + at;
    for (size_t i = 0; i < n; i++)
      if (i % 5) rows[at + f->n_members++] = (uint32_t)i;
    for (size_t i = 0; i < at; i++)
      if (rows[i] % 5 == 0) rows[i]++; /* descending rows count from the other end */
  }
  f->n_listed = at;
  return f;
}

ml_folds *linear_folds_of(const json_t *cv, size_t n) {
  const char *scheme = json_string_value(json_object_get(cv, "scheme"));
  size_t k = (size_t)json_integer_value(json_object_get(cv, "k"));
  if (strcmp(scheme, "KFold") == 0) return linear_kfold(n, k, false);
  if (strcmp(scheme, "kfSplit") == 0) return linear_kfold(n, k, true);
  if (strcmp(scheme, "LeaveOneOut") == 0) return linear_kfold(n, n, false);
  return NULL;
}

/* ---- predictions ----------------------------------------------------------------------------- */

static linear_predictions new_predictions(const ml_cv *cv) {
  linear_predictions p = {.n = cv->folds->n, .folds = calloc(cv->folds->n, sizeof *p.folds)};
  for (size_t k = 0; k < p.n; k++) {
    size_t n_test = cv->folds->folds[k].test.n;
    p.folds[k] = malloc((n_test * cv->n_candidates + 1) * sizeof(double));
    for (size_t i = 0; i < n_test * cv->n_candidates; i++) p.folds[k][i] = NAN;
  }
  return p;
}

void linear_predictions_release(linear_predictions *p) {
  for (size_t k = 0; k < p->n; k++) free(p->folds[k]);
  free(p->folds);
}

linear_predictions linear_by_fits(const ml_model *model, const ml_cv *cv) {
  linear_predictions p = new_predictions(cv);
  uint32_t *rows = calloc(cv->folds->n_rows * 2, sizeof *rows);
  for (size_t k = 0; k < p.n; k++) {
    ml_view train = ml_cv_train(cv, k, rows), test = ml_cv_test(cv, k);
    for (size_t c = 0; c < cv->n_candidates; c++) {
      ml_error err = {0};
      void *fitted = NULL;
      if (model->fit(cv->candidates + c * model->n_params, &train, ml_cv_seed(cv, k), NULL, &fitted,
                     &err) != ML_OK)
        fail_msg("%s, fold %zu, candidate %zu: %s", model->name, k, c, err.message);
      assert_int_equal(model->predict(fitted, &test, p.folds[k] + c * test.n, &err), ML_OK);
      model->free(fitted);
    }
  }
  free(rows);
  return p;
}

typedef struct taken {
  double *out;
  size_t n_test;
} taken;

static ml_status take(void *ctx, size_t candidate, const double *predictions, const ml_error *error,
                      ml_error *err) {
  taken *t = ctx;
  (void)err;
  if (!predictions) fail_msg("candidate %zu: %s", candidate, error->message);
  memcpy(t->out + candidate * t->n_test, predictions, t->n_test * sizeof *predictions);
  return ML_OK;
}

linear_predictions linear_by_folds(const ml_model *model, const ml_cv *cv) {
  linear_predictions p = new_predictions(cv);
  ml_error err = {0};
  size_t n_parts = 0, part_bytes = 0, *candidates = calloc(cv->n_candidates, sizeof *candidates);
  assert_int_equal(model->share_size(cv, &n_parts, &part_bytes, &err), ML_OK);
  size_t stride = (part_bytes + 63) / 64 * 64;
  char *shared = n_parts ? aligned_alloc(64, n_parts * stride) : NULL;
  for (size_t i = n_parts; i-- > 0;)
    if (model->share(cv, i, shared + i * stride, &err) != ML_OK) fail_msg("%s", err.message);
  for (size_t c = 0; c < cv->n_candidates; c++) candidates[c] = c;
  for (size_t k = 0; k < p.n; k++) {
    taken t = {p.folds[k], cv->folds->folds[k].test.n};
    if (model->fold(cv, shared, k, candidates, cv->n_candidates, take, &t, &err) != ML_OK)
      fail_msg("%s, fold %zu: %s", model->name, k, err.message);
  }
  free(shared);
  free(candidates);
  return p;
}

void linear_expect_equal(const char *label, const ml_cv *cv, const linear_predictions *a,
                         const linear_predictions *b, double rtol) {
  double mean = 0, scale = 0;
  for (size_t i = 0; i < cv->all.n; i++) mean += cv->all.y[i] / (double)cv->all.n;
  for (size_t i = 0; i < cv->all.n; i++) scale += pow(cv->all.y[i] - mean, 2) / (double)cv->all.n;
  for (size_t k = 0; k < a->n; k++)
    for (size_t i = 0; i < cv->folds->folds[k].test.n * cv->n_candidates; i++) {
      char name[200];
      snprintf(name, sizeof name, "%s: fold %zu, number %zu", label, k, i);
      expect_close(name, a->folds[k][i], b->folds[k][i], rtol, rtol * sqrt(scale));
    }
}
