/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Early stopping of xgboost against models of each number of rounds on the rows that boost. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/rng.h>

#include "class_cases.h"

/* Skips the test where the plugin was not built. */
static const ml_model *xgboost(void) {
  const ml_model *model;
  ml_error err = {0};
  if (ml_model_find("xgboost", NULL, &model, &err) == ML_OK) return model;
  print_message("%s\n", err.message);
  skip();
  return NULL;
}

/* Losses of the rows held out after each number of rounds, by models of so many rounds each; then
 * the best round before patience ends. */
static size_t best_rounds(const ml_model *model, const double *given, size_t at_rounds,
                          size_t at_patience, const class_data *boost, const class_data *held) {
  double params[64], least = HUGE_VAL;
  size_t best = 0, patience = (size_t)given[at_patience];
  ml_error err = {0};
  memcpy(params, given, model->n_params * sizeof *params);
  params[at_patience] = 0;
  for (size_t m = 1; m <= (size_t)given[at_rounds] && m <= best + patience; m++) {
    double loss = 0, weights = 0;
    params[at_rounds] = (double)m;
    double *p = class_fit(model, params, boost, held, &err);
    assert_non_null(p);
    for (size_t i = 0; i < held->n; i++) {
      const double w = held->weights ? held->weights[i] : 1;
      const double e =
          held->k ? -log(p[i * held->k + held->classes[i]]) : pow(p[i] - held->y[i], 2);
      loss += w * e;
      weights += w;
    }
    free(p);
    if (loss / weights >= least) continue;
    least = loss / weights;
    best = m;
  }
  return best;
}

/* By hand: the first rows of a permutation of those that count. */
static void hold_out(const class_data *d, double share, uint64_t seed, class_data *boost,
                     class_data *held) {
  uint32_t order[256];
  size_t n = 0;
  bool is_held[256] = {0};
  for (uint32_t i = 0; i < d->n; i++)
    if (!d->weights || d->weights[i] > 0) order[n++] = i;
  ml_rng rng = ml_rng_seeded(ml_rng_derive(seed, 1));
  ml_rng_shuffle(&rng, order, n);
  const size_t n_held = (size_t)round(share * (double)n);
  for (size_t i = 0; i < n_held; i++) is_held[order[i]] = true;
  *held = class_random(n_held, d->p, d->k, 1);
  *boost = class_random(d->n - n_held, d->p, d->k, 1);
  if (d->weights) class_weigh(held, 1), class_weigh(boost, 1);
  size_t at[2] = {0};
  for (size_t i = 0; i < d->n; i++) {
    class_data *to = is_held[i] ? held : boost;
    const size_t row = at[is_held[i]]++;
    if (d->k) to->classes[row] = d->classes[i];
    if (!d->k) to->y[row] = d->y[i];
    if (d->weights) to->weights[row] = d->weights[i];
    for (size_t j = 0; j < d->p; j++) to->x[j * to->n + row] = d->x[j * d->n + i];
  }
}

static void expect_same_predictions(const double *a, const double *b, size_t n) {
  for (size_t i = 0; i < n; i++) expect_same("prediction", a[i], b[i]);
}

static void stop_early(const ml_model *model, const class_data *d, const char *more) {
  double params[64];
  size_t rounds, patience, share;
  ml_error err = {0};
  class_data boost, held;
  assert_int_equal(ml_model_find_param(model, "n_estimators", &rounds, NULL), ML_OK);
  assert_int_equal(ml_model_find_param(model, "early_stopping_rounds", &patience, NULL), ML_OK);
  assert_int_equal(ml_model_find_param(model, "validation_fraction", &share, NULL), ML_OK);
  ml_model_defaults(model, params);
  assert_int_equal(ml_model_set(model, more, params, NULL), ML_OK);
  params[rounds] = 60;
  params[patience] = 3;
  params[share] = 0.2;
  double *stopped = class_fit(model, params, d, d, &err);
  double *again = class_fit(model, params, d, d, &err);
  assert_non_null(stopped);
  const size_t n = d->n * (d->k ? d->k : 1);
  expect_same_predictions(stopped, again, n);
  hold_out(d, params[share], 1, &boost, &held);
  const size_t best = best_rounds(model, params, rounds, patience, &boost, &held);
  assert_in_range(best, 1, 56);
  params[patience] = 0;
  double *all = class_fit(model, params, d, d, &err),
         *full = class_fit(model, params, &boost, d, &err);
  params[rounds] = (double)best;
  double *want = class_fit(model, params, &boost, d, &err);
  expect_same_predictions(stopped, want, n);
  assert_memory_not_equal(stopped, full, n * sizeof *full);
  assert_memory_not_equal(stopped, all, n * sizeof *all);
  free(stopped), free(again), free(all), free(full), free(want);
  class_release(&boost);
  class_release(&held);
}

/* What stops must be what a model of the best round on the same rows predicts. */
static void predictions_are_those_of_the_best_round(void **state) {
  (void)state;
  const ml_model *model = xgboost();
  for (size_t k = 0; k <= 3; k += k ? 1 : 2) {
    class_data d = class_random(120, 4, k, 40 + k);
    for (size_t i = 0; i < d.n; i += 3) { /* noise */
      if (k) d.classes[i] = (uint32_t)((d.classes[i] + 1) % k);
      if (!k) d.y[i] = -d.y[i];
    }
    stop_early(model, &d, "max_depth=4");
    stop_early(model, &d, "subsample=0.7");
    class_weigh(&d, 3);
    stop_early(model, &d, "max_depth=3");
    class_release(&d);
  }
}

/* The greatest number of rounds comes second; the patience of all is the same. */
static void candidates_stop_as_they_do_alone(void **state) {
  (void)state;
  static const double rounds[] = {5, 40, 1, 12};
  const ml_model *model = xgboost();
  double candidates[4 * 64];
  size_t at;
  assert_int_equal(ml_model_find_param(model, "n_estimators", &at, NULL), ML_OK);
  for (size_t i = 0; i < 4; i++) {
    double *params = candidates + i * model->n_params;
    ml_model_defaults(model, params);
    assert_int_equal(ml_model_set(model, "early_stopping_rounds=2", params, NULL), ML_OK);
    assert_int_equal(ml_model_set(model, "max_depth=3", params, NULL), ML_OK);
    params[at] = rounds[i];
  }
  for (size_t k = 0; k <= 3; k += k ? 1 : 2) {
    class_data d = class_random(60, 4, k, 20 + k);
    class_compare_all(model, &d, candidates, 4);
    class_release(&d);
  }
}

static void one_row_cannot_be_spared(void **state) {
  (void)state;
  const ml_model *model = xgboost();
  class_data d = class_random(2, 1, 0, 5);
  double params[64], *out;
  ml_error err = {0};
  ml_model_defaults(model, params);
  assert_int_equal(ml_model_set(model, "early_stopping_rounds=1", params, NULL), ML_OK);
  free(out = class_fit(model, params, &d, &d, &err));
  assert_non_null(out);
  d.n = 1;
  assert_null(class_fit(model, params, &d, &d, &err));
  assert_string_equal(err.message, "early_stopping_rounds needs two training rows or more");
  class_release(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(predictions_are_those_of_the_best_round),
      cmocka_unit_test(candidates_stop_as_they_do_alone),
      cmocka_unit_test(one_row_cannot_be_spared),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
