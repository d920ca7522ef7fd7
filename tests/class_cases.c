/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Data, folds and comparisons for the tests of classifiers and of nearest neighbours. */
#include "class_cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double class_uniform(uint64_t *state) {
  return (double)(next_random(state) >> 11) * 0x1p-53;
}

double class_normal(uint64_t *state) {
  double sum = -6;
  for (size_t i = 0; i < 12; i++) sum += class_uniform(state);
  return sum;
}

static class_data new_data(size_t n, size_t p, size_t k) {
  return (class_data){.n = n,
                      .p = p,
                      .k = k,
                      .x = calloc(n * p + 1, sizeof(double)),
                      .y = calloc(n + 1, sizeof(double)),
                      .classes = calloc(n + 1, sizeof(uint32_t))};
}

class_data class_random(size_t n, size_t p, size_t k, uint64_t seed) {
  class_data d = new_data(n, p, k);
  uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  for (size_t i = 0; i < n * p; i++) d.x[i] = class_normal(&state);
  for (size_t i = 0; i < n; i++) {
    double tells = class_normal(&state);
    for (size_t j = 0; j < p && j < 3; j++) tells += d.x[j * n + i];
    d.y[i] = tells;
    d.classes[i] = tells < -0.5 || k < 2 ? 0 : (uint32_t)(1 + (k > 2 && tells > 1) % (k - 1));
    if (k > 3 && i % 3 == 0) d.classes[i] = (uint32_t)(next_random(&state) % k);
  }
  return d;
}

void class_weigh(class_data *data, uint64_t seed) {
  uint64_t state = seed + 77;
  data->weights = calloc(data->n + 1, sizeof(double));
  for (size_t i = 0; i < data->n; i++) data->weights[i] = (double)(next_random(&state) % 4);
}

class_data class_repeat(const class_data *data) {
  size_t n = 0, at = 0;
  for (size_t i = 0; i < data->n; i++) n += (size_t)data->weights[i];
  class_data d = new_data(n, data->p, data->k);
  for (size_t i = 0; i < data->n; i++)
    for (size_t times = (size_t)data->weights[i]; times > 0; times--, at++) {
      for (size_t j = 0; j < d.p; j++) d.x[j * n + at] = data->x[j * data->n + i];
      d.y[at] = data->y[i];
      d.classes[at] = data->classes[i];
    }
  return d;
}

void class_release(class_data *data) {
  free(data->x);
  free(data->y);
  free(data->weights);
  free(data->classes);
}

ml_view class_view(const class_data *data) {
  return (ml_view){.n = data->n,
                   .n_columns = data->p,
                   .x = data->x,
                   .stride = data->n,
                   .y = data->k ? NULL : data->y,
                   .classes = data->k ? data->classes : NULL,
                   .n_classes = data->k,
                   .weights = data->weights};
}

ml_folds *class_folds(const class_data *data, const char *scheme, size_t repeats, bool some) {
  char *labels[64];
  ml_dataset set = {.n_rows = data->n, .n_features = data->p, .x = data->x};
  ml_folds *folds = NULL;
  ml_error err = {0};
  uint32_t *members = calloc(data->n + 1, sizeof *members);
  size_t n_members = 0;
  for (size_t i = 0; i < data->n; i++)
    if (i % 5) members[n_members++] = (uint32_t)i;
  for (size_t c = 0; c < data->k; c++) labels[c] = "class";
  set.problem = data->k ? ML_CLASSIFICATION : ML_REGRESSION;
  set.y = data->k ? NULL : data->y;
  if (data->k) set.classes = (ml_levels){labels, data->k, data->classes};
  ml_split_opts opts = {.repeats = repeats, .seed = 5};
  if (ml_split(scheme, &set, some ? members : NULL, some ? n_members : 0, &opts, &folds, &err) !=
      ML_OK)
    fail_msg("%s: %s", scheme, err.message);
  free(members);
  return folds;
}

double *class_fit(const ml_model *model, const double *params, const class_data *train,
                  const class_data *test, ml_error *err) {
  ml_view view = class_view(train), rows = class_view(test);
  void *fitted = NULL;
  if (model->fit(params, &view, 1, NULL, &fitted, err) != ML_OK) return NULL;
  double *out = calloc(test->n * (train->k ? train->k : 1) + 1, sizeof *out);
  assert_int_equal(model->predict(fitted, &rows, out, err), ML_OK);
  model->free(fitted);
  return out;
}

/* ---- folds against fits ---------------------------------------------------------------------- */

typedef struct comparison {
  const char *label;
  const ml_model *model;
  const ml_cv *cv;
  size_t fold, n_compared;
  bool *seen; /* candidates */
} comparison;

static ml_status compare_one(void *ctx, size_t candidate, const double *predictions,
                             const ml_error *error, ml_error *err) {
  comparison *c = ctx;
  (void)err;
  assert_false(c->seen[candidate]);
  c->seen[candidate] = true;
  uint32_t *rows = calloc(ml_folds_n_train(c->cv->folds, c->fold) + 1, sizeof *rows);
  ml_view train = ml_cv_train(c->cv, c->fold, rows), test = ml_cv_test(c->cv, c->fold);
  size_t n = test.n * (test.n_classes ? test.n_classes : 1);
  double *out = calloc(n + 1, sizeof *out);
  void *fitted = NULL;
  ml_error why = {0};
  const double *params = c->cv->candidates + candidate * c->model->n_params;
  if (c->model->fit(params, &train, ml_cv_seed(c->cv, c->fold), NULL, &fitted, &why) != ML_OK) {
    assert_null(predictions);
    assert_string_equal(error->message, why.message);
  } else {
    if (!predictions)
      fail_msg("%s, fold %zu, candidate %zu: %s", c->label, c->fold, candidate, error->message);
    assert_int_equal(c->model->predict(fitted, &test, out, &why), ML_OK);
    for (size_t i = 0; i < n; i++) {
      char label[200];
      snprintf(label, sizeof label, "%s, fold %zu, candidate %zu, output %zu", c->label, c->fold,
               candidate, i);
      expect_close(label, predictions[i], out[i], 1e-9, 1e-15);
    }
    c->n_compared += n;
  }
  c->model->free(fitted);
  free(out);
  free(rows);
  return ML_OK;
}

static char *share_all(const ml_model *model, const ml_cv *cv) {
  size_t n_parts = 0, part_bytes = 0;
  ml_error err = {0};
  if (!model->share_size) return NULL;
  assert_int_equal(model->share_size(cv, &n_parts, &part_bytes, &err), ML_OK);
  size_t stride = (part_bytes + 63) / 64 * 64;
  if (!n_parts) return NULL;
  char *shared = aligned_alloc(64, n_parts * stride);
  memset(shared, 0x7f, n_parts * stride);
  for (size_t i = n_parts; i-- > 0;)
    if (model->share(cv, i, shared + i * stride, &err) != ML_OK) fail_msg("%s", err.message);
  return shared;
}

size_t class_compare(const char *label, const ml_model *model, const class_data *data,
                     const ml_folds *folds, const double *candidates, size_t n_candidates) {
  ml_cv cv = {.all = class_view(data),
              .folds = folds,
              .candidates = candidates,
              .n_candidates = n_candidates};
  ml_error err = {0};
  if (folds->members) {
    cv.all.rows = folds->members;
    cv.all.n = folds->n_members;
  }
  char *shared = share_all(model, &cv);
  size_t *all = calloc(n_candidates, sizeof *all);
  comparison c = {label, model, &cv, 0, 0, calloc(n_candidates, sizeof(bool))};
  for (size_t i = 0; i < n_candidates; i++) all[i] = i;
  for (c.fold = 0; c.fold < folds->n; c.fold++) {
    memset(c.seen, 0, n_candidates * sizeof(bool));
    if (model->fold(&cv, shared, c.fold, all, n_candidates, compare_one, &c, &err) != ML_OK)
      fail_msg("%s, fold %zu: %s", label, c.fold, err.message);
    for (size_t i = 0; i < n_candidates; i++) assert_true(c.seen[i]);
  }
  free(c.seen);
  free(all);
  free(shared);
  return c.n_compared;
}

void class_compare_all(const ml_model *model, const class_data *data, const double *candidates,
                       size_t n_candidates) {
  static const struct {
    const char *scheme;
    size_t repeats;
    bool some;
  } kinds[] = {
      {"kfSplit:5", 1, false},   {"kfShuff:4", 3, true},
      {"tsRolls:4", 1, false},   {"tsChain:4", 1, false},
      {"pcSplit:0.3", 1, false}, {"mcSplit:0.3", 3, true},
      {"kfold:5", 1, true},      {"shuffled:3", 2, false},
      {"timeseries:4", 1, true}, {"rolling:train=30,test=5,step=7", 1, false},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    ml_folds *folds = class_folds(data, kinds[i].scheme, kinds[i].repeats, kinds[i].some);
    assert_true(class_compare(kinds[i].scheme, model, data, folds, candidates, n_candidates) > 0);
    ml_folds_free(folds);
  }
}

const ml_model *class_model(const char *name) {
  for (size_t i = 0; ml_model_at(i); i++)
    if (strcmp(ml_model_at(i)->name, name) == 0) return ml_model_at(i);
  fail_msg("no model '%s'", name);
  return NULL;
}
