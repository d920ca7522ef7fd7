/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs that are killed and go on: the journal cut at every length, damaged, of another run. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "support.h"
#include "xval_cases.h"

static const ml_model *ridge;
static ml_dataset data;
static ml_candidates *candidates;
static char path[200];

static int set_up(void **state) {
  (void)state;
  const char *const specs[] = {"fit_intercept=true,false", "alpha=0.1,10"};
  double fixed[64];
  ml_error err = {0};
  assert_int_equal(ml_model_find("ridge", NULL, &ridge, &err), ML_OK);
  ml_model_defaults(ridge, fixed);
  assert_int_equal(ml_candidates_make(ridge, fixed, specs, 2, NULL, &candidates, &err), ML_OK);
  data = made_data(13, 2, 0, 5);
  snprintf(path, sizeof path, "%s/run.jsonl", temp_dir());
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  ml_candidates_free(candidates);
  free_made(&data);
  return 0;
}

static void write_bytes(const char *bytes, size_t n) {
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(fwrite(bytes, 1, n, f), n);
  fclose(f);
}

/* A journal cut anywhere gives the same result, and is then as long as it was. */
static void cut_anywhere(const ml_xval_opts *asked) {
  ml_xval_opts opts = *asked;
  opts.seed = 3;
  ml_xval_result *want = run_xval(&data, ridge, candidates, &opts, NULL);
  opts.checkpoint = path;
  unlink(path);
  ml_xval_result *first = run_xval(&data, ridge, candidates, &opts, NULL);
  expect_same_result(first, want);
  assert_int_equal(first->n_resumed, 0);
  size_t n, n_now;
  char *whole = read_file(path, &n);
  for (size_t cut = 0; cut <= n; cut++) {
    write_bytes(whole, cut);
    ml_xval_result *r = run_xval(&data, ridge, candidates, &opts, NULL);
    expect_same_result(r, want);
    if (cut == n) assert_int_equal(r->n_resumed, r->n_done + r->n_failed);
    ml_xval_free(r);
    if (cut % 64 && cut < n) continue;
    char *now = read_file(path, &n_now);
    assert_true(n_now + 200 > n); /* times have other lengths */
    free(now);
    r = run_xval(&data, ridge, candidates, &opts, NULL); /* nothing torn is left in it */
    expect_same_result(r, want);
    assert_int_equal(r->n_resumed, r->n_done + r->n_failed);
    ml_xval_free(r);
  }
  free(whole);
  ml_xval_free(first);
  ml_xval_free(want);
}

static void a_search_goes_on(void **state) {
  (void)state;
  cut_anywhere(&(ml_xval_opts){.cv = "shuffled:3", .keep_predictions = true});
}

static void undefined_scores_and_a_holdout_go_on(void **state) {
  (void)state;
  cut_anywhere(&(ml_xval_opts){.cv = "loo", .holdout = 0.6});
}

static void a_nested_search_goes_on(void **state) {
  (void)state;
  cut_anywhere(&(ml_xval_opts){.cv = "kfold:2", .nested = "2", .keep_predictions = true});
}

static void folds_without_a_relevant_feature_go_on(void **state) {
  (void)state;
  ml_prep *prep = NULL;
  ml_error err = {0};
  assert_int_equal(ml_prep_parse("select=fdr:1e-9", &prep, &err), ML_OK);
  ml_xval_opts opts = {.cv = "kfold:2", .nested = "2", .prep = prep};
  ml_xval_result *r = run_xval(&data, ridge, candidates, &opts, NULL);
  assert_int_equal(r->n_warnings, 1);
  assert_string_equal(r->warnings[0],
                      "no feature is relevant in the training rows of 6 of 6 folds: select takes "
                      "the one with the least p-value there");
  size_t n;
  opts.checkpoint = path;
  unlink(path);
  ml_xval_free(run_xval(&data, ridge, candidates, &opts, NULL));
  char *whole = read_file(path, &n);
  for (size_t tenth = 0; tenth <= 10; tenth++) {
    write_bytes(whole, n * tenth / 10);
    ml_xval_result *again = run_xval(&data, ridge, candidates, &opts, NULL);
    expect_same_result(again, r);
    ml_xval_free(again);
  }
  free(whole);
  ml_xval_free(r);
  ml_prep_free(prep);
}

static void other_files_are_left_alone(void **state) {
  (void)state;
  const ml_xval_opts opts = {.cv = "kfold:3", .checkpoint = path};
  const char other[] = "something else\n";
  size_t n;
  write_bytes(other, sizeof other - 1);
  expect_no_xval(&data, ridge, candidates, &opts, ML_ERR_PARSE, "is no checkpoint");
  write_bytes(other, 9);
  expect_no_xval(&data, ridge, candidates, &opts, ML_ERR_PARSE, "is no checkpoint");
  char *left = read_file(path, &n);
  assert_int_equal(n, 9);
  free(left);
  unlink(path);
  ml_xval_free(run_xval(&data, ridge, candidates, &opts, NULL));
  ml_xval_opts changed = opts;
  changed.cv = "kfold:4";
  expect_no_xval(&data, ridge, candidates, &changed, ML_ERR_USAGE, "of another run");
  changed = opts;
  changed.seed = 1;
  expect_no_xval(&data, ridge, candidates, &changed, ML_ERR_USAGE, "of another run");
  changed = opts;
  changed.early = ML_EARLY_RACE;
  expect_no_xval(&data, ridge, candidates, &changed, ML_ERR_USAGE, "of another run");
  expect_no_xval(&data, ridge, NULL, &opts, ML_ERR_USAGE, "of another run");
  data.y[0] += 1e-9;
  expect_no_xval(&data, ridge, candidates, &opts, ML_ERR_USAGE, "of another run");
  data.y[0] -= 1e-9;
  double *x = (double *)data.x;
  double kept = x[5];
  x[5] += 1e-9;
  expect_no_xval(&data, ridge, candidates, &opts, ML_ERR_USAGE, "of another run");
  x[5] = kept;
}

static void damage_is_seen(void **state) {
  (void)state;
  const ml_xval_opts opts = {.cv = "kfold:3", .checkpoint = path};
  size_t n;
  unlink(path);
  ml_xval_free(run_xval(&data, ridge, candidates, &opts, NULL));
  char *whole = read_file(path, &n);
  char *line = strchr(whole, '\n') + 1;
  line[20] ^= 1; /* the second line is not the last */
  write_bytes(whole, n);
  expect_no_xval(&data, ridge, candidates, &opts, ML_ERR_PARSE, "is damaged");
  free(whole);
}

static void two_runs_do_not_share_a_journal(void **state) {
  (void)state;
  const ml_xval_opts opts = {.cv = "kfold:3", .checkpoint = path};
  unlink(path);
  int fd = open(path, O_RDWR | O_CREAT, 0600);
  assert_true(fd >= 0);
  assert_int_equal(flock(fd, LOCK_EX), 0);
  expect_no_xval(&data, ridge, candidates, &opts, ML_ERR_USAGE, "in use");
  close(fd);
  ml_xval_free(run_xval(&data, ridge, candidates, &opts, NULL));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_search_goes_on),
      cmocka_unit_test(undefined_scores_and_a_holdout_go_on),
      cmocka_unit_test(a_nested_search_goes_on),
      cmocka_unit_test(folds_without_a_relevant_feature_go_on),
      cmocka_unit_test(other_files_are_left_alone),
      cmocka_unit_test(damage_is_seen),
      cmocka_unit_test(two_runs_do_not_share_a_journal),
  };
  return cmocka_run_group_tests_name("xval/checkpoint", tests, set_up, tear_down);
}
