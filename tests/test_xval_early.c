/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A race against a slow twin, which decides from the scores of all folds. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "support.h"
#include "xval_cases.h"

enum { FOLDS_MOST = 12, CANDIDATES_MOST = 16 };

/* Is candidate c worse than the leader by the paired test over the first n folds? */
static bool is_beaten(const ml_xval_result *all, size_t c, size_t leader, size_t n, double sign) {
  double d[FOLDS_MOST], mean = 0, square = 0, share = 0;
  for (size_t f = 0; f < n; f++) {
    d[f] =
        sign * (all->candidates[c].folds[f].scores[0] - all->candidates[leader].folds[f].scores[0]);
    mean += d[f] / (double)n;
    share += (double)all->n_test[f] / (double)all->n_train[f] / (double)n;
  }
  for (size_t f = 0; f < n; f++) square += pow(d[f] - mean, 2) / (double)(n - 1);
  double t = gsl_cdf_tdist_Pinv(1 - 0.05 / (double)all->n_candidates, (double)n - 1);
  return mean + t * sqrt(square * (1 / (double)n + share)) < 0;
}

/* @return how many fits the twin leaves out */
static size_t expect_race(const ml_xval_result *race, const ml_xval_result *all, double sign) {
  bool is_out[CANDIDATES_MOST] = {false};
  size_t n_left_out = 0;
  for (size_t f = 0; f < all->n_folds; f++) {
    size_t leader = SIZE_MAX;
    double best = -HUGE_VAL;
    for (size_t c = 0; c < all->n_candidates && f >= 3; c++) {
      double mean = 0;
      for (size_t k = 0; k < f; k++) mean += sign * all->candidates[c].folds[k].scores[0];
      if (!is_out[c] && mean > best) best = mean, leader = c;
    }
    for (size_t c = 0; c < all->n_candidates; c++) {
      if (f >= 3 && !is_out[c]) is_out[c] = c != leader && is_beaten(all, c, leader, f, sign);
      n_left_out += is_out[c];
      assert_int_equal(race->candidates[c].folds[f].state,
                       is_out[c] ? ML_FOLD_SKIPPED : ML_FOLD_DONE);
    }
  }
  return n_left_out;
}

static void races_are_those_of_a_slow_twin(void **state) {
  (void)state;
  static const char *const metrics[] = {"r2", "mae"};
  const char *const specs[] = {"max_depth=int:1:5", "min_samples_leaf=1,4,12"};
  size_t n_left_out = 0, n_fits = 0;
  const ml_model *model;
  ml_candidates *candidates = NULL;
  ml_error err = {0};
  double fixed[64];
  assert_int_equal(ml_model_find("decision_tree", NULL, &model, &err), ML_OK);
  ml_model_defaults(model, fixed);
  assert_int_equal(ml_candidates_make(model, fixed, specs, 2, NULL, &candidates, &err), ML_OK);
  assert_true(candidates->n <= CANDIDATES_MOST);
  for (uint64_t seed = 0; seed < 40; seed++) {
    ml_metric metric;
    ml_dataset d = made_data(60 + 5 * seed, 2, 0, seed);
    assert_int_equal(ml_metric_parse(metrics[seed % 2], &metric, &err), ML_OK);
    ml_xval_opts opts = {
        .cv = seed % 3 ? "kfold:8" : "kfold:12", .metrics = &metric, .n_metrics = 1};
    ml_xval_result *all = run_xval(&d, model, candidates, &opts, NULL);
    opts.early = ML_EARLY_RACE;
    ml_xval_result *race = run_xval(&d, model, candidates, &opts, NULL);
    n_left_out += expect_race(race, all, seed % 2 ? -1 : 1);
    n_fits += candidates->n * all->n_folds;
    ml_xval_free(race);
    ml_xval_free(all);
    free_made(&d);
  }
  assert_in_range(n_left_out, n_fits / 20, n_fits * 19 / 20);
  ml_candidates_free(candidates);
}

static ml_candidates *ridges(const ml_model *model, const char *spec) {
  double fixed[64];
  ml_candidates *c = NULL;
  ml_error err = {0};
  ml_model_defaults(model, fixed);
  assert_int_equal(ml_candidates_make(model, fixed, &spec, 1, NULL, &c, &err), ML_OK);
  return c;
}

/* Nine candidates, three, one. The first rows, where nothing is to be learnt, would choose the
 * greatest penalty. */
static void halving_draws_from_all_rows(void **state) {
  (void)state;
  const ml_model *model;
  ml_error err = {0};
  ml_dataset d = made_data(5000, 3, 0, 2), noise = made_data(2400, 3, 0, 7);
  assert_int_equal(ml_model_find("ridge", NULL, &model, &err), ML_OK);
  for (size_t i = 0; i < 2400; i++) d.y[i] = noise.y[i];
  ml_candidates *c = ridges(model, "alpha=log:1e-4:1e12:9");
  const ml_xval_opts opts = {.cv = "kfold:5", .early = ML_EARLY_HALVING, .seed = 3};
  ml_xval_result *r = run_xval(&d, model, c, &opts, NULL);
  assert_int_equal(r->n_done, 5 * (9 + 3 + 1));
  assert_true(r->candidates[r->best].params[0] < 1e4);
  ml_xval_free(r);
  ml_candidates_free(c);
  free_made(&noise);
  free_made(&d);
}

/* Three candidates, one, and of equals the first; errors are best when they are least. */
static void halving_keeps_the_best_third(void **state) {
  (void)state;
  const ml_model *model;
  ml_metric mae;
  ml_error err = {0};
  ml_dataset d = made_data(5000, 3, 0, 2);
  assert_int_equal(ml_model_find("ridge", NULL, &model, &err), ML_OK);
  assert_int_equal(ml_metric_parse("mae", &mae, &err), ML_OK);
  static const struct {
    const char *spec;
    size_t best;
  } cases[] = {{"alpha=1e9,1,1e6", 1}, {"alpha=7,7,7", 0}, {"alpha=1e9,7,7", 1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ml_candidates *c = ridges(model, cases[i].spec);
    const ml_xval_opts opts = {
        .cv = "kfold:5", .metrics = &mae, .n_metrics = 1, .early = ML_EARLY_HALVING};
    ml_xval_result *r = run_xval(&d, model, c, &opts, NULL);
    assert_int_equal(r->n_done, 5 * (3 + 1));
    assert_int_equal(r->best, cases[i].best);
    ml_xval_free(r);
    ml_candidates_free(c);
  }
  free_made(&d);
}

/* Who is as good as the leader is not beaten. */
static void a_race_of_equals_goes_on(void **state) {
  (void)state;
  const ml_model *model;
  ml_error err = {0};
  ml_dataset d = made_data(80, 3, 0, 2);
  assert_int_equal(ml_model_find("ridge", NULL, &model, &err), ML_OK);
  ml_candidates *c = ridges(model, "alpha=7,7,7");
  ml_xval_result *r =
      run_xval(&d, model, c, &(ml_xval_opts){.cv = "kfold:8", .early = ML_EARLY_RACE}, NULL);
  assert_int_equal(r->n_done, 3 * 8);
  ml_xval_free(r);
  ml_candidates_free(c);
  free_made(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(races_are_those_of_a_slow_twin),
      cmocka_unit_test(a_race_of_equals_goes_on),
      cmocka_unit_test(halving_draws_from_all_rows),
      cmocka_unit_test(halving_keeps_the_best_third),
  };
  return cmocka_run_group_tests_name("xval/early", tests, NULL, NULL);
}
