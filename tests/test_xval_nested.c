/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searches within outer folds: each must be the search of a copy of what the fold trains on. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "xval_cases.h"

static ml_dataset copy_rows(const ml_dataset *d, const uint32_t *rows, size_t n) {
  ml_dataset copy = made_data(n, d->n_features, d->classes.n, 0);
  for (size_t j = 0; j < d->n_features; j++)
    for (size_t i = 0; i < n; i++) ((double *)copy.x)[j * n + i] = d->x[j * d->n_rows + rows[i]];
  for (size_t i = 0; i < n && d->y; i++) copy.y[i] = d->y[rows[i]];
  for (size_t i = 0; i < n && d->classes.n; i++) copy.classes.codes[i] = d->classes.codes[rows[i]];
  return copy;
}

/* The winner of the copy, fitted on it, in its score of the outer test. */
static double score_winner(const ml_dataset *d, const ml_model *model, const double *params,
                           const ml_folds *outer, size_t fold) {
  size_t n = ml_folds_n_train(outer, fold), n_test;
  const uint32_t *test = ml_folds_test(outer, fold, &n_test);
  uint32_t *rows = calloc(n + n_test + 1, sizeof *rows);
  ml_error err = {0};
  ml_folds_train(outer, fold, rows);
  memcpy(rows + n, test, n_test * sizeof *rows);
  ml_dataset both = copy_rows(d, rows, n + n_test);
  ml_xval_result *r = NULL;
  char scheme[40];
  snprintf(scheme, sizeof scheme, "pcSplit:%.17g", ((double)n_test - 0.5) / (double)(n + n_test));
  assert_int_equal(
      ml_xval(&both, model, NULL, params, &(ml_xval_opts){.cv = scheme}, NULL, NULL, &r, &err),
      ML_OK);
  assert_int_equal(r->n_test[0], n_test);
  double score = r->candidates[0].mean[0];
  ml_xval_free(r);
  free_made(&both);
  free(rows);
  return score;
}

static void expect_search_of_copies(const ml_dataset *d, const ml_model *model,
                                    const ml_candidates *candidates, const char *outer_scheme,
                                    const char *inner_scheme) {
  char label[100];
  ml_folds *outer = NULL;
  ml_error err = {0};
  const size_t repeats = strncmp(inner_scheme, "shuffled", 8) == 0 ? 2 : 1; /* of the inner folds */
  const ml_xval_opts within = {.cv = inner_scheme, .seed = 3, .repeats = repeats};
  ml_xval_opts opts = within;
  opts.nested = outer_scheme;
  const ml_split_opts split = {.repeats = 1, .seed = 3};
  assert_int_equal(ml_split(outer_scheme, d, NULL, 0, &split, &outer, &err), ML_OK);
  ml_xval_result *r = run_xval(d, model, candidates, &opts, NULL);
  assert_int_equal(r->n_outer, outer->n);
  for (size_t o = 0; o < outer->n; o++) {
    size_t n = ml_folds_n_train(outer, o);
    uint32_t *rows = calloc(n + 1, sizeof *rows);
    ml_folds_train(outer, o, rows);
    ml_dataset copy = copy_rows(d, rows, n);
    ml_xval_result *inner = run_xval(&copy, model, candidates, &within, NULL);
    snprintf(label, sizeof label, "%s within %s", inner_scheme, outer_scheme);
    for (size_t c = 0; c < candidates->n; c++)
      expect_close(label, r->outer[o].inner_mean[c], inner->candidates[c].mean[0], 1e-9, 1e-9);
    assert_int_equal(r->outer[o].best, inner->best);
    expect_close(label, r->outer[o].scores[0],
                 score_winner(d, model, inner->candidates[inner->best].params, outer, o), 1e-9,
                 1e-9);
    ml_xval_free(inner);
    free_made(&copy);
    free(rows);
  }
  ml_xval_free(r);
  ml_folds_free(outer);
}

/* Rows in whatever order the outer scheme lists them: KX's train on what follows the test first. */
static void all_pairs_of_schemes(void **state) {
  (void)state;
  static const char *const outer[] = {"kfold:4",   "kfSplit:4",   "kfShuff:3",  "tsChain:4",
                                      "tsRolls:4", "mcSplit:0.3", "shuffled:3", "stratified:3"},
                           *const inner[] = {"kfold:3",   "stratified:3", "shuffled:3",
                                             "kfSplit:3", "timeseries:3", "tsChain:4",
                                             "loo"};
  for (size_t is_class = 0; is_class < 2; is_class++) {
    const char *specs[] = {is_class ? "max_depth=1,3,2" : "alpha=100,0.1,1"};
    ml_dataset d = made_data(61, 3, is_class ? 3 : 0, 5);
    const ml_model *model;
    ml_candidates *candidates = NULL;
    ml_error err = {0};
    double fixed[64];
    assert_int_equal(ml_model_find(is_class ? "decision_tree" : "ridge", NULL, &model, &err),
                     ML_OK);
    ml_model_defaults(model, fixed);
    assert_int_equal(ml_candidates_make(model, fixed, specs, 1, NULL, &candidates, &err), ML_OK);
    for (size_t o = 0; o < sizeof outer / sizeof *outer; o++)
      for (size_t i = 0; i < sizeof inner / sizeof *inner; i++) {
        bool wants_class = strstr(outer[o], "strat") || strstr(inner[i], "strat");
        bool says_nothing = strcmp(inner[i], "loo") == 0 && !is_class; /* r2 of one row */
        if (is_class < wants_class || says_nothing) continue;
        expect_search_of_copies(&d, model, candidates, outer[o], inner[i]);
      }
    ml_candidates_free(candidates);
    free_made(&d);
  }
}

/* r2 of one row says nothing, but there is one candidate alone. */
static void one_candidate_wins_without_a_score(void **state) {
  (void)state;
  const ml_model *model;
  ml_error err = {0};
  ml_dataset d = made_data(20, 2, 0, 6);
  assert_int_equal(ml_model_find("ols", NULL, &model, &err), ML_OK);
  ml_xval_result *r =
      run_xval(&d, model, NULL, &(ml_xval_opts){.cv = "loo", .nested = "kfold:2"}, NULL);
  for (size_t o = 0; o < 2; o++) {
    assert_true(isnan(r->outer[o].inner_mean[0]));
    assert_int_equal(r->outer[o].best, 0);
    assert_null(r->outer[o].error);
    assert_true(r->outer[o].scores[0] > 0.5);
  }
  ml_xval_free(r);
  free_made(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_pairs_of_schemes),
      cmocka_unit_test(one_candidate_wins_without_a_score),
  };
  return cmocka_run_group_tests_name("xval/nested", tests, NULL, NULL);
}
