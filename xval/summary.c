/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Means over folds, scores of pooled predictions, ranks and the winner. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

#define EQUAL 1e-12 /* means that differ by less, relative to them, are equal: it is rounding */

double summary__mean(const xval_run *run, size_t scene, size_t candidate, size_t metric) {
  size_t n = run->plan.scenes[scene].folds.n;
  double sum = 0;
  for (size_t f = 0; f < n; f++) {
    const ml_fold_result *fit = run__fit(run, scene, candidate, f);
    if (fit->state != ML_FOLD_DONE) return NAN;
    sum += fit->scores[metric];
  }
  return n ? sum / (double)n : NAN;
}

/* Square root of the mean square about the mean; n - 1 in place of n for a sample. */
static double deviation(const xval_run *run, size_t scene, size_t candidate, size_t metric,
                        double mean, bool is_sample) {
  size_t n = run->plan.scenes[scene].folds.n;
  double sum = 0;
  for (size_t f = 0; f < n; f++) {
    double d = run__fit(run, scene, candidate, f)->scores[metric] - mean;
    sum += d * d;
  }
  return sqrt(sum / (double)(n - is_sample));
}

/* How good a score of the metric that decides is: more is better. */
static double goodness(const xval_run *run, double score) {
  return ml_metric_goodness(run->plan.metrics[0].info, score);
}

/* Of two that are not equal within rounding; NaN is worse than anything. */
static bool is_better(double a, double b) {
  if (isnan(a) || isnan(b)) return !isnan(a) && isnan(b);
  return a - b > EQUAL * fmax(fabs(a), fabs(b));
}

/* ---- the winner ------------------------------------------------------------------------------ */

/* Is candidate i a simpler model than j, by the first parameter that tells? */
static bool is_simpler(const xval_run *run, size_t i, size_t j) {
  const ml_model *model = run->plan.model;
  const ml_xval_result *r = run->result;
  for (size_t k = 0; k < r->n_varied; k++) {
    size_t p = r->varied[k];
    double a = run->plan.candidates[i * model->n_params + p];
    double b = run->plan.candidates[j * model->n_params + p];
    int simpler = model->params[p].simpler;
    if (simpler != 0 && a != b) return simpler > 0 ? a > b : a < b;
  }
  return false;
}

/* The simplest of those within one standard error of the best. */
static size_t pick_simplest(const xval_run *run, size_t scene, const double *key, size_t best) {
  size_t n = run->plan.scenes[scene].folds.n, picked = best;
  if (n < 2) return best;
  double limit = deviation(run, scene, best, 0, key[best], true) / sqrt((double)n);
  for (size_t c = 0; c < run->plan.n_candidates; c++) {
    double behind = goodness(run, key[best]) - goodness(run, key[c]);
    if (behind <= limit && is_simpler(run, c, picked)) picked = c;
  }
  return picked;
}

/* The best is found first, and then the first of its equals: whether two are equal must not depend
 * on what lies between them. */
static size_t best_of(const xval_run *run, const double *key) {
  size_t best = SIZE_MAX, n = run->plan.n_candidates;
  for (size_t c = 0; c < n; c++)
    if (!isnan(key[c]) && (best == SIZE_MAX || goodness(run, key[c]) > goodness(run, key[best])))
      best = c;
  for (size_t c = 0; best != SIZE_MAX && c < best; c++)
    if (!isnan(key[c]) && !is_better(goodness(run, key[best]), goodness(run, key[c]))) return c;
  return best;
}

/* Of one candidate there is nothing to choose: it has won without a score, too. */
static bool is_alone(const xval_run *run, size_t scene) {
  if (run->plan.n_candidates != 1) return false;
  for (size_t f = 0; f < run->plan.scenes[scene].folds.n; f++)
    if (run__fit(run, scene, 0, f)->state != ML_FOLD_DONE) return false;
  return true;
}

size_t summary__pick(const xval_run *run, size_t scene, const double *key, bool is_pooled,
                     size_t *best) {
  *best = best_of(run, key);
  if (*best == SIZE_MAX && is_alone(run, scene)) *best = 0;
  if (*best == SIZE_MAX || isnan(key[*best]) || is_pooled || run->opts->pick != ML_PICK_1SE)
    return *best;
  return pick_simplest(run, scene, key, *best);
}

/* ---- ranks ----------------------------------------------------------------------------------- */

/* NaN last. */
static int compare(const void *a, const void *b, void *ctx) {
  const double *good = ctx;
  size_t i = *(const size_t *)a, j = *(const size_t *)b;
  double x = good[i], y = good[j];
  if (isnan(x) || isnan(y)) {
    if (isnan(x) != isnan(y)) return isnan(x) ? 1 : -1;
  } else if (x != y) {
    return x > y ? -1 : 1;
  }
  return i < j ? -1 : i > j;
}

static ml_status rank(xval_run *run, const double *key, ml_error *err) {
  ml_xval_result *result = run->result;
  size_t n = result->n_candidates, *order = malloc((n + 1) * sizeof *order);
  double *good = malloc((n + 1) * sizeof *good);
  ml_status status = order && good ? ML_OK : ml_error_memory(err);
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    order[i] = i;
    good[i] = goodness(run, key[i]);
  }
  if (status == ML_OK) qsort_r(order, n, sizeof *order, compare, good);
  for (size_t i = 0, first = 0; status == ML_OK && i < n && !isnan(good[order[i]]); i++) {
    if (is_better(good[order[first]], good[order[i]])) first = i;
    result->candidates[order[i]].rank = first + 1;
  }
  free(good);
  free(order);
  return status;
}

/* ---- pooled predictions ---------------------------------------------------------------------- */

ml_status summary__pool(xval_run *run, const double *predictions, double *pooled, ml_error *err) {
  const xval_plan *plan = &run->plan;
  const ml_folds *folds = &plan->scenes[run->main].folds;
  size_t n = run->scenes[run->main].tested_at[folds->n];
  ml_view view = ml_dataset_view(&plan->data);
  uint32_t *rows = malloc((n + 1) * sizeof *rows);
  score_rows truth = {0};
  ml_buf why = {0};
  ml_status status = rows ? ML_OK : ml_error_memory(err);
  if (status == ML_OK) {
    for (size_t f = 0, at = 0; f < folds->n; f++) {
      size_t n_test;
      const uint32_t *test = ml_folds_test(folds, f, &n_test);
      memcpy(rows + at, test, n_test * sizeof *rows);
      at += n_test;
    }
    view.rows = rows;
    view.n = n;
    status = score__rows(&truth, plan, &view, plan->data.weights, err);
  }
  if (status == ML_OK) status = score__compute(&truth, plan, predictions, false, pooled, &why, err);
  score__release(&truth);
  ml_buf_release(&why);
  free(rows);
  return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void fill_candidate(xval_run *run, size_t c) {
  ml_candidate_result *r = &run->result->candidates[c];
  size_t n = run->plan.scenes[run->main].folds.n;
  for (size_t f = 0; f < n; f++) {
    r->n_done += r->folds[f].state == ML_FOLD_DONE;
    r->n_failed += r->folds[f].state == ML_FOLD_FAILED;
    run->result->n_skipped += r->folds[f].state == ML_FOLD_SKIPPED;
  }
  for (size_t k = 0; k < run->plan.n_metrics; k++) {
    r->mean[k] = summary__mean(run, run->main, c, k);
    r->sd[k] = isnan(r->mean[k]) ? NAN : deviation(run, run->main, c, k, r->mean[k], false);
  }
}

/* The first metric says nothing of a fold, but of all of them together. */
static bool is_by_pooled(const ml_xval_result *r) {
  bool has_pooled = false;
  for (size_t c = 0; c < r->n_candidates; c++) {
    for (size_t f = 0; f < r->n_folds; f++)
      if (!isnan(r->candidates[c].folds[f].scores[0])) return false;
    has_pooled |= !isnan(r->candidates[c].pooled[0]);
  }
  return has_pooled;
}

ml_status summary__make(xval_run *run, ml_error *err) {
  ml_xval_result *r = run->result;
  const ml_folds *folds = &run->plan.scenes[run->main].folds;
  size_t n_tested = run->scenes[run->main].tested_at[folds->n], width = plan__width(&run->plan);
  double *key = malloc((r->n_candidates + 1) * sizeof *key);
  ml_status status = key ? ML_OK : ml_error_memory(err);
  for (size_t c = 0; c < r->n_candidates && status == ML_OK; c++) {
    ml_candidate_result *candidate = &r->candidates[c];
    fill_candidate(run, c);
    if (run->kept && run->is_once && candidate->n_done == folds->n)
      status = summary__pool(run, (double *)run->kept->data + c * n_tested * width,
                             candidate->pooled, err);
  }
  if (status == ML_OK) {
    r->ranks_pooled = is_by_pooled(r);
    for (size_t c = 0; c < r->n_candidates; c++)
      key[c] = r->ranks_pooled ? r->candidates[c].pooled[0] : r->candidates[c].mean[0];
    r->best = summary__pick(run, run->main, key, r->ranks_pooled, &r->best_by_mean);
    status = rank(run, key, err);
  }
  free(key);
  return status;
}
