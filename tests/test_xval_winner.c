/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who wins among equals, and what chance keeps apart. */
#include <math.h>
#include <stdlib.h>

#include "support.h"
#include "xval_cases.h"

static ml_xval_result *search(const ml_dataset *d, const char *name, const char *spec,
                              const ml_xval_opts *opts) {
  const ml_model *model;
  ml_candidates *c = NULL;
  ml_error err = {0};
  double fixed[64];
  assert_int_equal(ml_model_find(name, NULL, &model, &err), ML_OK);
  ml_model_defaults(model, fixed);
  assert_int_equal(ml_candidates_make(model, fixed, &spec, 1, NULL, &c, &err), ML_OK);
  ml_xval_result *r = run_xval(d, model, c, opts, NULL);
  ml_candidates_free(c);
  return r;
}

/* Means that differ by rounding are equal, whichever is the greater. */
static void the_first_of_equals_wins(void **state) {
  (void)state;
  static const char *const specs[] = {"alpha=100,100.00000000002", "alpha=100.00000000002,100"};
  ml_dataset d = made_data(60, 3, 0, 4);
  bool later_is_greater = false;
  for (size_t i = 0; i < 2; i++) {
    ml_xval_result *r = search(&d, "ridge", specs[i], &(ml_xval_opts){.cv = "kfold:4"});
    assert_int_equal(r->best, 0);
    for (size_t c = 0; c < 2; c++) assert_int_equal(r->candidates[c].rank, 1);
    later_is_greater |= r->candidates[1].mean[0] > r->candidates[0].mean[0];
    ml_xval_free(r);
  }
  assert_true(later_is_greater);
  free_made(&d);
}

/* All are right in all folds: within a standard error of 0 are the equals, of which the tree with
 * the fewest splits is the simplest. */
static void the_simplest_of_equals_is_picked(void **state) {
  (void)state;
  ml_metric accuracy;
  ml_error err = {0};
  ml_dataset d = made_data(60, 1, 2, 4);
  assert_int_equal(ml_metric_parse("accuracy", &accuracy, &err), ML_OK);
  for (size_t i = 0; i < 60; i++) {
    ((double *)d.x)[i] = (double)(i % 2);
    d.classes.codes[i] = i % 2;
  }
  ml_xval_opts opts = {.cv = "kfold:4", .metrics = &accuracy, .n_metrics = 1, .pick = ML_PICK_1SE};
  ml_xval_result *r = search(&d, "decision_tree", "max_depth=9,2,5", &opts);
  for (size_t c = 0; c < 3; c++) expect_same("accuracy", r->candidates[c].mean[0], 1);
  assert_int_equal(r->best, 1);
  assert_int_equal(r->best_by_mean, 0);
  ml_xval_free(r);
  free_made(&d);
}

/* The greatest penalty within a standard error of the best, of n_folds - less degrees. */
static size_t slow_pick(const ml_xval_result *r, size_t less) {
  size_t best = 0, n = r->n_folds;
  double square = 0;
  for (size_t c = 0; c < r->n_candidates; c++)
    if (r->candidates[c].mean[0] > r->candidates[best].mean[0]) best = c;
  for (size_t f = 0; f < n; f++)
    square += pow(r->candidates[best].folds[f].scores[0] - r->candidates[best].mean[0], 2);
  double limit = r->candidates[best].mean[0] - sqrt(square / (double)(n - less) / (double)n);
  size_t picked = best;
  for (size_t c = 0; c < r->n_candidates; c++) /* penalties ascend */
    if (r->candidates[c].mean[0] >= limit) picked = c > picked ? c : picked;
  return picked;
}

static void one_standard_error_is_of_a_sample(void **state) {
  (void)state;
  size_t n_told = 0;
  for (uint64_t seed = 0; seed < 10; seed++) {
    ml_dataset d = made_data(40, 3, 0, seed);
    ml_xval_result *r = search(&d, "ridge", "alpha=log:1e-2:1e3:100",
                               &(ml_xval_opts){.cv = "kfold:4", .pick = ML_PICK_1SE});
    assert_int_equal(r->best, slow_pick(r, 1));
    n_told += slow_pick(r, 1) != slow_pick(r, 0);
    ml_xval_free(r);
    free_made(&d);
  }
  assert_true(n_told > 2);
}

/* The holdout is the last rows, or drawn ones: other seeds draw others. */
static void the_seed_draws_the_holdout(void **state) {
  (void)state;
  ml_dataset d = made_data(60, 3, 0, 4);
  double scores[3], last[2];
  for (uint64_t i = 0; i < 3; i++) {
    ml_xval_opts opts = {.cv = "kfold:4", .holdout = 0.3, .holdout_shuffle = true, .seed = i % 2};
    ml_xval_result *r = search(&d, "ridge", "alpha=1,10", &opts);
    scores[i] = r->holdout->scores[0];
    ml_xval_free(r);
  }
  for (uint64_t i = 0; i < 2; i++) {
    ml_xval_opts opts = {.cv = "kfold:4", .holdout = 0.3, .seed = i};
    ml_xval_result *r = search(&d, "ridge", "alpha=1,10", &opts);
    last[i] = r->holdout->scores[0];
    ml_xval_free(r);
  }
  expect_same("the same seed", scores[2], scores[0]);
  assert_true(scores[1] != scores[0]);
  expect_same("the last rows", last[1], last[0]);
  assert_true(last[0] != scores[0] && last[0] != scores[1]);
  free_made(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_first_of_equals_wins),
      cmocka_unit_test(the_simplest_of_equals_is_picked),
      cmocka_unit_test(one_standard_error_is_of_a_sample),
      cmocka_unit_test(the_seed_draws_the_holdout),
  };
  return cmocka_run_group_tests_name("xval/winner", tests, NULL, NULL);
}
