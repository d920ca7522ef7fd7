/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs of cross-validation over workers: the same bytes whatever computes them. */
#include <signal.h>
#include <string.h>

#include <ml/mproc.h>

#include "support.h"
#include "xval_cases.h"

/* ---- whatever computes it -------------------------------------------------------------------- */

static ml_mproc *open_workers(size_t n) {
  ml_mproc_opts opts = ml_mproc_opts_default();
  opts.n_workers = n;
  ml_mproc *pool = NULL;
  ml_error err = {0};
  if (ml_mproc_open(&opts, &pool, &err) != ML_OK) fail_msg("cannot open a pool: %s", err.message);
  return pool;
}

static void any_number_of_workers_gives_the_same_bytes(void **state) {
  (void)state;
  const ml_model *model;
  ml_error err = {0};
  ml_dataset d = made_data(200, 5, 0, 3);
  assert_int_equal(ml_model_find("ridge", NULL, &model, &err), ML_OK);
  ml_candidates *candidates = ridge_candidates(model);
  const ml_xval_opts opts = {.cv = "shuffled:5", .repeats = 2, .seed = 7, .keep_predictions = true};
  ml_xval_result *serial = run_xval(&d, model, candidates, &opts, NULL);
  for (size_t n = 1; n <= 4; n *= 2) {
    ml_mproc *pool = open_workers(n);
    ml_xval_result *r = run_xval(&d, model, candidates, &opts, ml_mproc_exec(pool));
    expect_same_result(r, serial);
    ml_xval_free(r);
    ml_mproc_close(pool);
  }
  ml_xval_free(serial);
  ml_candidates_free(candidates);
  free_made(&d);
}

/* Searches of every kind. */
static const ml_xval_opts searches[] = {
    {.cv = "kfold:4", .holdout = 0.2, .holdout_shuffle = true, .pick = ML_PICK_1SE, .seed = 2},
    {.cv = "mcSplit:0.3", .repeats = 3, .seed = 4, .keep_predictions = true},
    {.cv = "shuffled:6", .early = ML_EARLY_RACE, .seed = 5},
    {.cv = "kfold:3", .nested = "4", .keep_predictions = true},
    {.cv = "pcSplit:0.25"},
    {.cv = "loo"},
    {.cv = "gcv"},
};
enum { N_SEARCHES = sizeof searches / sizeof *searches };

static void any_search_over_workers_gives_the_same_bytes(void **state) {
  (void)state;
  const ml_model *model;
  ml_error err = {0};
  ml_dataset d = made_data(120, 4, 0, 8);
  assert_int_equal(ml_model_find("ridge", NULL, &model, &err), ML_OK);
  ml_candidates *candidates = ridge_candidates(model);
  ml_mproc *pool = open_workers(2);
  ml_prep *prep = NULL;
  assert_int_equal(ml_prep_parse("standard,select-corr=3", &prep, &err), ML_OK);
  for (size_t i = 0; i < 2 * N_SEARCHES; i++) {
    ml_xval_opts opts = searches[i / 2];
    if (i % 2) opts.prep = prep;
    ml_xval_result *serial = run_xval(&d, model, candidates, &opts, NULL);
    ml_xval_result *r = run_xval(&d, model, candidates, &opts, ml_mproc_exec(pool));
    expect_same_result(r, serial);
    ml_xval_free(serial);
    ml_xval_free(r);
  }
  ml_prep_free(prep);
  ml_mproc_close(pool);
  ml_candidates_free(candidates);
  free_made(&d);
}

static void order_and_copies_do_not_matter(void **state) {
  (void)state;
  const ml_model *model;
  ml_error err = {0};
  ml_dataset d = made_data(60, 3, 0, 9);
  ml_prep *prep = NULL;
  assert_int_equal(ml_prep_parse("minmax", &prep, &err), ML_OK);
  assert_int_equal(ml_model_find("ridge", NULL, &model, &err), ML_OK);
  ml_candidates *candidates = ridge_candidates(model);
  for (size_t i = 0; i < 2 * N_SEARCHES; i++) {
    ml_xval_opts opts = searches[i / 2];
    if (i % 2) opts.prep = prep;
    ml_xval_result *serial = run_xval(&d, model, candidates, &opts, NULL);
    ml_xval_result *r = run_xval(&d, model, candidates, &opts, &backwards);
    expect_same_result(r, serial);
    ml_xval_free(serial);
    ml_xval_free(r);
  }
  ml_prep_free(prep);
  ml_candidates_free(candidates);
  free_made(&d);
}

/* ---- what fails ------------------------------------------------------------------------------ */

static void a_model_that_ends_its_process_is_a_failed_candidate(void **state) {
  (void)state;
  ml_dataset d = made_data(20, 2, 0, 1);
  const ml_model *model = moody();
  ml_candidates *c = moods(model, "mood=good,aborts");
  ml_mproc *pool = open_workers(2);
  ml_xval_result *r = run_xval(&d, model, c, &(ml_xval_opts){.cv = "kfold:2"}, ml_mproc_exec(pool));
  for (size_t f = 0; f < 2; f++) {
    assert_int_equal(r->candidates[0].folds[f].state, ML_FOLD_DONE);
    assert_int_equal(r->candidates[1].folds[f].state, ML_FOLD_FAILED);
    assert_non_null(strstr(r->candidates[1].folds[f].error, "worker"));
  }
  assert_int_equal(r->best, 0);
  ml_xval_free(r);
  ml_mproc_close(pool);
  ml_candidates_free(c);
  free_made(&d);
}

/* Kill a worker while the run goes on. */
typedef struct killer {
  ml_mproc *pool;
  size_t n_killed;
} killer;

static void kill_one(void *ctx, const char *step, double done, double total) {
  killer *k = ctx;
  long pids[4];
  (void)step, (void)total;
  if (k->n_killed > 0 || done < 1 || ml_mproc_pids(k->pool, pids) == 0) return;
  kill((pid_t)pids[0], SIGKILL);
  k->n_killed++;
}

static void a_worker_that_is_killed_changes_nothing(void **state) {
  (void)state;
  const ml_model *model;
  ml_error err = {0};
  ml_dataset d = made_data(3000, 10, 0, 4);
  assert_int_equal(ml_model_find("decision_tree", NULL, &model, &err), ML_OK);
  const ml_xval_opts opts = {.cv = "shuffled:10", .repeats = 3, .keep_predictions = true};
  ml_xval_result *want = run_xval(&d, model, NULL, &opts, NULL), *r = NULL;
  killer k = {.pool = open_workers(2)};
  const ml_watch watch = {.progress = kill_one, .ctx = &k};
  assert_int_equal(ml_xval(&d, model, NULL, NULL, &opts, ml_mproc_exec(k.pool), &watch, &r, &err),
                   ML_OK);
  assert_int_equal(k.n_killed, 1);
  assert_true(ml_mproc_get_stats(k.pool).workers_lost >= 1);
  expect_same_result(r, want);
  ml_xval_free(r);
  ml_xval_free(want);
  ml_mproc_close(k.pool);
  free_made(&d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_number_of_workers_gives_the_same_bytes),
      cmocka_unit_test(any_search_over_workers_gives_the_same_bytes),
      cmocka_unit_test(order_and_copies_do_not_matter),
      cmocka_unit_test(a_model_that_ends_its_process_is_a_failed_candidate),
      cmocka_unit_test(a_worker_that_is_killed_changes_nothing),
  };
  return cmocka_run_group_tests_name("xval/workers", tests, NULL, NULL);
}
