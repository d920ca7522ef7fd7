/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searches that drop candidates early: a race over folds, and successive halving over rows. All is
 * decided here, after the folds of a round and in their order. */
#include "early.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- race ------------------------------------------------------------------------------------ */

enum { RACE_FROM = 3 }; /* folds that are computed before the first decision */
#define RACE_LEVEL 0.05

static double score_of(const xval_run *run, size_t candidate, size_t fold) {
  const ml_fold_result *fit = run__fit(run, run->main, candidate, fold);
  double score = fit->state == ML_FOLD_DONE ? fit->scores[0] : NAN;
  return ml_metric_goodness(run->plan.metrics[0].info, score);
}

/* Mean over the first folds; NaN when any has no score. */
static double mean_so_far(const xval_run *run, size_t candidate, size_t n) {
  double sum = 0;
  for (size_t f = 0; f < n; f++) sum += score_of(run, candidate, f);
  return sum / (double)n;
}

static size_t leader_of(const xval_run *run, const size_t *racing, size_t n_racing, size_t n) {
  size_t leader = SIZE_MAX;
  double best = NAN;
  for (size_t i = 0; i < n_racing; i++) {
    double mean = mean_so_far(run, racing[i], n);
    bool is_first = mean == best && racing[i] < leader;
    if (isnan(mean) || (!isnan(best) && !(mean > best) && !is_first)) continue;
    best = mean;
    leader = racing[i];
  }
  return leader;
}

/* Upper end of an interval for how much better a candidate is than the leader, with the variance of
 * Nadeau and Bengio (2003), for folds share the rows they train on. */
static double upper_bound(const xval_run *run, size_t candidate, size_t leader, size_t n) {
  const ml_xval_result *r = run->result;
  double mean = 0, sum = 0, share = 0;
  for (size_t f = 0; f < n; f++) {
    mean += (score_of(run, candidate, f) - score_of(run, leader, f)) / (double)n;
    share += (double)r->n_test[f] / (double)r->n_train[f] / (double)n;
  }
  for (size_t f = 0; f < n; f++) {
    double d = score_of(run, candidate, f) - score_of(run, leader, f) - mean;
    sum += d * d;
  }
  double sd = sqrt(sum / (double)(n - 1) * (1 / (double)n + share));
  double level = RACE_LEVEL / (double)run->plan.n_candidates;
  return mean + gsl_cdf_tdist_Qinv(level, (double)(n - 1)) * sd;
}

/* Those that failed are out as well, when somebody leads. @return how many are left */
static size_t drop_beaten(const xval_run *run, size_t *racing, size_t n_racing, size_t n) {
  size_t leader = leader_of(run, racing, n_racing, n), n_left = 0;
  if (leader == SIZE_MAX) return n_racing;
  for (size_t i = 0; i < n_racing; i++) {
    size_t c = racing[i];
    if (c == leader || upper_bound(run, c, leader, n) >= 0) racing[n_left++] = c;
  }
  return n_left;
}

ml_status early__race(xval_run *run, size_t *candidates, ml_error *err) {
  const size_t n = run->plan.scenes[run->main].folds.n;
  size_t n_racing = run->plan.n_candidates, done = n < RACE_FROM ? n : RACE_FROM;
  ml_status status = search__folds(run, run->main, 0, done, candidates, n_racing, err);
  for (; done < n && status == ML_OK; done++) {
    n_racing = drop_beaten(run, candidates, n_racing, done);
    status = search__folds(run, run->main, done, 1, candidates, n_racing, err);
  }
  return status;
}

/* ---- successive halving ---------------------------------------------------------------------- */

typedef struct placed {
  size_t candidate;
  double score; /* greater is better; NaN last */
} placed;

static int compare_placed(const void *a, const void *b) {
  const placed *x = a, *y = b;
  if (isnan(x->score) != isnan(y->score)) return isnan(x->score) ? 1 : -1;
  if (x->score > y->score) return -1;
  if (x->score < y->score) return 1;
  return x->candidate < y->candidate ? -1 : 1;
}

/* What failed on few rows has failed. */
static void note_failures(xval_run *run, size_t rung, size_t candidate) {
  for (size_t f = 0; f < run->plan.scenes[rung].folds.n; f++) {
    const ml_fold_result *fit = run__fit(run, rung, candidate, f);
    ml_fold_result *to = run__fit(run, run->main, candidate, f);
    if (fit->state != ML_FOLD_FAILED) continue;
    to->state = ML_FOLD_FAILED;
    to->error = fit->error;
  }
}

/* The best third of them, as they were in order. @return how many */
static size_t keep_third(xval_run *run, size_t rung, size_t *candidates, size_t n, placed *room) {
  const ml_metric_info *metric = run->plan.metrics[0].info;
  size_t n_kept = (n + HALVING_FACTOR - 1) / HALVING_FACTOR;
  for (size_t i = 0; i < n; i++) {
    double mean = summary__mean(run, rung, candidates[i], 0);
    room[i] = (placed){candidates[i], ml_metric_goodness(metric, mean)};
  }
  qsort(room, n, sizeof *room, compare_placed);
  while (n_kept > 0 && isnan(room[n_kept - 1].score)) n_kept--;
  for (size_t i = 0; i < n; i++) {
    if (i >= n_kept) note_failures(run, rung, room[i].candidate);
    if (i < n_kept) candidates[i] = room[i].candidate;
  }
  items__sort(run, candidates, n_kept);
  return n_kept;
}

ml_status early__halve(xval_run *run, size_t *candidates, ml_error *err) {
  size_t n = run->plan.n_candidates;
  placed *room = malloc((n + 1) * sizeof *room);
  ml_status status = room ? ML_OK : ml_error_memory(err);
  for (size_t i = 0; i < run->n_rungs && status == ML_OK; i++) {
    size_t rung = run->rungs + i;
    status = search__folds(run, rung, 0, run->plan.scenes[rung].folds.n, candidates, n, err);
    if (status == ML_OK) n = keep_third(run, rung, candidates, n, room);
  }
  if (status == ML_OK)
    status =
        search__folds(run, run->main, 0, run->plan.scenes[run->main].folds.n, candidates, n, err);
  free(room);
  return status;
}
