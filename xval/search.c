/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which candidates are computed in which folds, and what is said of the winner. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "early.h"

/* Predictions of all candidates are kept when they take no more than this, or a quarter of what the
 * features take: then pooled scores are known of all, and those of the winner are there. */
enum { KEPT_MOST = 8 << 20 };

/* ---- predictions ----------------------------------------------------------------------------- */

/* Bytes of predictions for some rows. @return false: more than can be counted */
static bool size_predictions(const xval_run *run, size_t n_rows, size_t n_candidates,
                             size_t *size) {
  return !__builtin_mul_overflow(n_rows, plan__width(&run->plan), size) &&
         !__builtin_mul_overflow(*size, n_candidates, size) &&
         !__builtin_mul_overflow(*size, sizeof(double), size);
}

static ml_status new_predictions(const xval_run *run, size_t n_rows, ml_block **out,
                                 ml_error *err) {
  size_t size;
  if (!size_predictions(run, n_rows, 1, &size)) return ml_error_memory(err);
  return ml_block_new(run->exec, size, out, err);
}

static ml_status tests_once(const ml_folds *folds, bool *is_once, ml_error *err) {
  bool *seen = calloc(folds->n_rows + 1, sizeof *seen), once = true;
  if (!seen) return ml_error_memory(err);
  for (size_t f = 0; f < folds->n && once; f++) {
    size_t n;
    const uint32_t *test = ml_folds_test(folds, f, &n);
    for (size_t i = 0; i < n && once; i++) {
      once = !seen[test[i]];
      seen[test[i]] = true;
    }
  }
  free(seen);
  *is_once = once;
  return ML_OK;
}

/* Most scores are undefined for one row: then only the pooled ones tell. */
static bool tests_one_row(const ml_folds *folds) {
  for (size_t f = 0; f < folds->n; f++)
    if (folds->folds[f].test.n > 1) return false;
  return true;
}

/* A rule of the data alone, so that the result is the same wherever it is computed. */
static ml_status keep_predictions(xval_run *run, ml_error *err) {
  const xval_plan *plan = &run->plan;
  const ml_folds *folds = &plan->scenes[run->main].folds;
  if (plan->is_gcv) return ML_OK;
  ml_status status = tests_once(folds, &run->is_once, err);
  if (status != ML_OK) return status;
  if (!run->is_once && !run->opts->keep_predictions) return ML_OK;
  size_t n_tested = run->scenes[run->main].tested_at[folds->n], size;
  size_t x_bytes = plan->data.n_rows * plan->data.n_features * sizeof(double);
  if (!size_predictions(run, n_tested, plan->n_candidates, &size)) return ML_OK;
  if (plan->n_candidates > 1 && size > KEPT_MOST && size > x_bytes / 4 && !tests_one_row(folds))
    return ML_OK;
  return ml_block_new(run->exec, size, &run->kept, err);
}

/* ---- the main scene -------------------------------------------------------------------------- */

ml_status search__folds(xval_run *run, size_t scene, size_t first, size_t n,
                        const size_t *candidates, size_t n_candidates, ml_error *err) {
  item_list list = {0};
  bool is_kept = run->kept && scene == run->main;
  const size_t *tested_at = run->scenes[scene].tested_at;
  size_t n_tested = tested_at[run->plan.scenes[scene].folds.n];
  ml_status status = ML_OK;
  for (size_t f = first; f < first + n && status == ML_OK; f++)
    status = items__add(run, &list, scene, f, candidates, n_candidates,
                        is_kept ? tested_at[f] : XVAL_NO_PLACE, n_tested, err);
  if (status == ML_OK) status = job__compute(run, &list, is_kept ? run->kept : NULL, true, err);
  items__release(&list);
  return status;
}

/* All candidates, in the order of their groups. */
static size_t *all_candidates(xval_run *run) {
  size_t n = run->plan.n_candidates, *all = malloc((n + 1) * sizeof *all);
  for (size_t c = 0; all && c < n; c++) all[c] = c;
  if (all) items__sort(run, all, n);
  return all;
}

static ml_status search_main(xval_run *run, ml_error *err) {
  size_t *all = all_candidates(run);
  if (!all) return ml_error_memory(err);
  ml_status status = ML_OK;
  if (run->opts->early == ML_EARLY_RACE)
    status = early__race(run, all, err);
  else if (run->opts->early == ML_EARLY_HALVING)
    status = early__halve(run, all, err);
  else
    status = search__folds(run, run->main, 0, run->plan.scenes[run->main].folds.n, all,
                           run->plan.n_candidates, err);
  free(all);
  return status;
}

/* ---- predictions of winners ------------------------------------------------------------------ */

static ml_status take_predictions(xval_run *run, size_t scene, const double *values,
                                  ml_error *err) {
  const ml_folds *folds = &run->plan.scenes[scene].folds;
  size_t n = run->scenes[scene].tested_at[folds->n], width = plan__width(&run->plan);
  bool is_class = run->plan.problem == ML_CLASSIFICATION;
  ml_predicted *p = run__alloc(run, 1, sizeof *p);
  if (!p) return ml_error_memory(err);
  *p = (ml_predicted){.n = n,
                      .row = run__alloc(run, n, sizeof *p->row),
                      .fold = run__alloc(run, n, sizeof *p->fold)};
  double *copy = run__alloc(run, n * width, sizeof *copy);
  if (is_class) p->classes = run__alloc(run, n, sizeof *p->classes);
  if (!p->row || !p->fold || !copy || (is_class && !p->classes)) return ml_error_memory(err);
  if (n) memcpy(copy, values, n * width * sizeof *copy);
  for (size_t f = 0, at = 0; f < folds->n; f++) {
    size_t n_test;
    const uint32_t *test = ml_folds_test(folds, f, &n_test);
    for (size_t i = 0; i < n_test; i++, at++) {
      p->row[at] = test[i];
      p->fold[at] = (uint32_t)f;
    }
  }
  if (is_class) ml_predict_classes(copy, n, width, p->classes);
  *(is_class ? &p->scores : &p->values) = copy;
  run->result->predicted = p;
  return ML_OK;
}

/* What was not kept is computed once more, for the winner alone. */
static ml_status predict_winner(xval_run *run, ml_error *err) {
  ml_xval_result *r = run->result;
  const ml_folds *folds = &run->plan.scenes[run->main].folds;
  ml_block *block = NULL;
  item_list list = {0};
  ml_status status = new_predictions(run, run->scenes[run->main].tested_at[folds->n], &block, err);
  for (size_t f = 0; f < folds->n && status == ML_OK; f++)
    status = items__add(run, &list, run->main, f, &r->best, 1, run->scenes[run->main].tested_at[f],
                        0, err);
  double deadline = run->deadline;
  run->deadline = 0; /* the winner is known: what remains is little */
  if (status == ML_OK) status = job__compute(run, &list, block, false, err);
  run->deadline = deadline;
  if (status == ML_OK && run->is_once)
    status = summary__pool(run, block->data, r->candidates[r->best].pooled, err);
  if (status == ML_OK && run->opts->keep_predictions)
    status = take_predictions(run, run->main, block->data, err);
  items__release(&list);
  ml_block_free(block);
  return status;
}

static ml_status finish_main(xval_run *run, ml_error *err) {
  ml_xval_result *r = run->result;
  if (run->opts->n_shards > 0) return ML_OK;
  ml_status status = summary__make(run, err);
  if (status != ML_OK || r->best == SIZE_MAX || run->plan.is_gcv) return status;
  size_t n_tested = run->scenes[run->main].tested_at[run->plan.scenes[run->main].folds.n];
  bool wants_pooled = run->is_once && run->opts->pool_winner;
  if (!run->kept)
    return wants_pooled || run->opts->keep_predictions ? predict_winner(run, err) : ML_OK;
  if (!run->opts->keep_predictions) return ML_OK;
  const double *values = run->kept->data;
  return take_predictions(run, run->main, values + r->best * n_tested * plan__width(&run->plan),
                          err);
}

/* ---- winners on rows that were not searched -------------------------------------------------- */

static void fill_outer(const xval_run *run, size_t fold, ml_outer_result *o) {
  const ml_folds *folds = &run->plan.scenes[run->final].folds;
  o->n_train = ml_folds_n_train(folds, fold);
  o->n_test = folds->folds[fold].test.n;
  o->error = "no candidate has a score";
  if (o->best == SIZE_MAX) return;
  const ml_fold_result *fit = run__fit(run, run->final, o->best, fold);
  memcpy(o->scores, fit->scores, run->plan.n_metrics * sizeof *o->scores);
  o->why = fit->why;
  o->error = fit->state == ML_FOLD_DONE      ? NULL
             : fit->state == ML_FOLD_SKIPPED ? "out of time"
                                             : fit->error;
}

static ml_status make_outer(xval_run *run, size_t n, ml_outer_result **out, ml_error *err) {
  ml_outer_result *outer = run__alloc(run, n, sizeof *outer);
  if (!outer) return ml_error_memory(err);
  for (size_t i = 0; i < n; i++) {
    outer[i].best = SIZE_MAX;
    outer[i].why = run->no_why;
    outer[i].scores = run__alloc(run, run->plan.n_metrics, sizeof *outer[i].scores);
    if (!outer[i].scores) return ml_error_memory(err);
    for (size_t k = 0; k < run->plan.n_metrics; k++) outer[i].scores[k] = NAN;
  }
  *out = outer;
  return ML_OK;
}

/* Refit the winner of each fold on all rows that were searched, and score it on the others. */
static ml_status score_winners(xval_run *run, ml_outer_result *outer, bool keeps, ml_error *err) {
  const size_t n = run->plan.scenes[run->final].folds.n;
  const size_t *tested_at = run->scenes[run->final].tested_at;
  item_list list = {0};
  ml_block *block = NULL;
  ml_status status = ML_OK;
  if (keeps) status = new_predictions(run, tested_at[n], &block, err);
  for (size_t f = 0; f < n && status == ML_OK; f++)
    if (outer[f].best != SIZE_MAX)
      status = items__add(run, &list, run->final, f, &outer[f].best, 1,
                          keeps ? tested_at[f] : XVAL_NO_PLACE, 0, err);
  if (status == ML_OK) status = job__compute(run, &list, block, true, err);
  bool is_whole = true;
  for (size_t f = 0; f < n && status == ML_OK; f++) {
    fill_outer(run, f, &outer[f]);
    is_whole = is_whole && !outer[f].error;
  }
  if (status == ML_OK && keeps && is_whole)
    status = take_predictions(run, run->final, block->data, err);
  items__release(&list);
  ml_block_free(block);
  return status;
}

static ml_status hold_out(xval_run *run, ml_error *err) {
  ml_outer_result *outer = NULL;
  ml_status status = make_outer(run, 1, &outer, err);
  if (status != ML_OK) return status;
  outer->best = run->result->best;
  run->result->holdout = outer;
  return score_winners(run, outer, false, err);
}

/* A search within each outer fold; all of them are in flight together. */
static ml_status search_nested(xval_run *run, ml_error *err) {
  ml_xval_result *r = run->result;
  const size_t n_outer = run->plan.scenes[run->final].folds.n, m = run->plan.n_candidates;
  item_list list = {0};
  size_t *all = all_candidates(run);
  ml_status status = all ? make_outer(run, n_outer, &r->outer, err) : ml_error_memory(err);
  for (size_t o = 0; o < n_outer && status == ML_OK; o++)
    for (size_t f = 0; f < run->plan.scenes[o].folds.n && status == ML_OK; f++)
      status = items__add(run, &list, o, f, all, m, XVAL_NO_PLACE, 0, err);
  if (status == ML_OK) status = job__compute(run, &list, NULL, true, err);
  const bool is_part = run->opts->n_shards > 0;
  for (size_t o = 0; o < n_outer && status == ML_OK && !is_part; o++) {
    size_t by_mean;
    ml_outer_result *outer = &r->outer[o];
    outer->inner_mean = run__alloc(run, m, sizeof *outer->inner_mean);
    if (!outer->inner_mean) status = ml_error_memory(err);
    for (size_t c = 0; c < m && status == ML_OK; c++)
      outer->inner_mean[c] = summary__mean(run, o, c, 0);
    if (status == ML_OK) outer->best = summary__pick(run, o, outer->inner_mean, false, &by_mean);
  }
  r->n_outer = n_outer;
  if (status == ML_OK && !is_part)
    status = score_winners(run, r->outer, run->opts->keep_predictions, err);
  items__release(&list);
  free(all);
  return status;
}

ml_status search__run(xval_run *run, ml_error *err) {
  ml_status status = ML_OK;
  if (run->main != SIZE_MAX) status = keep_predictions(run, err);
  if (status == ML_OK) status = job__share(run, err);
  if (status != ML_OK) return status;
  if (run->main == SIZE_MAX) return search_nested(run, err);
  status = search_main(run, err);
  if (status == ML_OK) status = finish_main(run, err);
  const bool has_holdout = run->final != SIZE_MAX && run->opts->n_shards == 0;
  return status == ML_OK && has_holdout ? hold_out(run, err) : status;
}
