/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of a result of cross-validation, which all of its writers share. */
#include "xval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS = 5, MOST_DECIMALS = 9 };

/* ---- digits -------------------------------------------------------------------------------- */

static double larger(double a, double b) {
  return isfinite(b) && fabs(b) > a ? fabs(b) : a;
}

/* The largest score that people look at: of the winner, or of the outer folds. */
static double scale_of(const xval_shown *s, size_t m) {
  const ml_xval_result *r = s->result;
  const ml_candidate_result *c = xval__winner(s);
  double scale = 0;
  for (size_t f = 0; c && c->folds && f < r->n_folds; f++)
    if (c->folds[f].scores) scale = larger(scale, c->folds[f].scores[m]);
  if (c) scale = larger(scale, c->pooled[m]);
  for (size_t i = 0; i < r->n_outer; i++)
    if (r->outer[i].scores) scale = larger(scale, r->outer[i].scores[m]);
  return scale;
}

static int decimals_for(double scale) {
  if (!(scale > 0)) return DIGITS - 1;
  int decimals = DIGITS - 1 - (int)floor(log10(scale));
  return decimals < 0 ? 0 : decimals > MOST_DECIMALS ? MOST_DECIMALS : decimals;
}

/* ---- making them --------------------------------------------------------------------------- */

static char *name_of(const ml_metric *metric) {
  ml_buf text = {0};
  ml_metric_format(metric, &text);
  ml_buf_put(&text, "", 1);
  if (!text.failed) return text.data;
  ml_buf_release(&text);
  return NULL;
}

ml_status xval__show(const char *input, const xval_asked *asked, const ml_xval_result *result,
                     bool has_times, xval_shown *shown, ml_error *err) {
  *shown = (xval_shown){.input = input,
                        .given = asked->given,
                        .asked = asked,
                        .result = result,
                        .has_times = has_times};
  size_t n = result->n_metrics;
  shown->metrics = calloc(n + 1, sizeof *shown->metrics);
  shown->decimals = calloc(n + 1, sizeof *shown->decimals);
  if (!shown->metrics || !shown->decimals) return ml_error_memory(err);
  for (size_t m = 0; m < n; m++) {
    shown->metrics[m] = name_of(&result->metrics[m]);
    if (!shown->metrics[m]) return ml_error_memory(err);
    shown->decimals[m] = decimals_for(scale_of(shown, m));
  }
  return ML_OK;
}

void xval__hide(xval_shown *shown) {
  for (size_t m = 0; shown->metrics && m < shown->result->n_metrics; m++) free(shown->metrics[m]);
  free(shown->metrics);
  free(shown->decimals);
  *shown = (xval_shown){0};
}

/* ---- candidates ---------------------------------------------------------------------------- */

const ml_candidate_result *xval__winner(const xval_shown *s) {
  const ml_xval_result *r = s->result;
  size_t i = r->best;
  if (i >= r->n_candidates && !xval__is_search(s)) i = 0; /* the only one, with folds that failed */
  return i < r->n_candidates && r->candidates[i].folds ? &r->candidates[i] : NULL;
}

ml_status xval__check_winner(const xval_asked *asked, const ml_xval_result *r, ml_error *err) {
  if (!asked->candidates || r->n_outer > 0 || r->best < r->n_candidates) return ML_OK;
  for (size_t i = 0; i < r->n_candidates; i++)
    for (size_t f = 0; r->candidates[i].folds && f < r->n_folds; f++)
      if (r->candidates[i].folds[f].state == ML_FOLD_FAILED)
        return ml_error_set(err, ML_ERR_NUMERIC, "no candidate is done in all folds; the first: %s",
                            r->candidates[i].folds[f].error);
  return ml_error_set(err, ML_ERR_NUMERIC,
                      r->n_skipped > 0 ? "the time was up before a candidate was done in all folds"
                                       : "no candidate has a score");
}

bool xval__is_search(const xval_shown *s) {
  return s->asked->candidates != NULL;
}

void xval__put_param(const xval_shown *s, const double *params, size_t p, ml_buf *out) {
  ml_model_param_format(&s->result->model->params[p], params[p], out);
}

void xval__put_short_param(const xval_shown *s, const double *params, size_t p, ml_buf *out) {
  const ml_model_param *param = &s->result->model->params[p];
  double value = params[p];
  bool is_word = !isfinite(value) || (param->choices && value < 0);
  if (param->kind == ML_MODEL_REAL && !is_word)
    ml_buf_printf(out, "%.6g", value);
  else
    ml_model_param_format(param, value, out);
}

void xval__put_params(const xval_shown *s, const double *params, ml_buf *out) {
  const ml_xval_result *r = s->result;
  bool is_search = xval__is_search(s);
  size_t n = is_search ? r->n_varied : r->model->n_params;
  for (size_t i = 0; i < n; i++) {
    size_t p = is_search ? r->varied[i] : i;
    ml_buf_printf(out, "%s%s=", i ? ", " : "", r->model->params[p].name);
    xval__put_param(s, params, p, out);
  }
}

static int by_rank(const void *a, const void *b, void *candidates) {
  const ml_candidate_result *of = candidates;
  size_t i = *(const size_t *)a, j = *(const size_t *)b;
  size_t x = of[i].rank - 1, y = of[j].rank - 1; /* none: the largest */
  if (x != y) return x < y ? -1 : 1;
  return (i > j) - (i < j);
}

size_t *xval__by_rank(const xval_shown *s) {
  size_t n = s->result->n_candidates;
  size_t *order = calloc(n + 1, sizeof *order);
  if (!order) return NULL;
  for (size_t i = 0; i < n; i++) order[i] = i;
  qsort_r(order, n, sizeof *order, by_rank, s->result->candidates);
  return order;
}

/* ---- scores -------------------------------------------------------------------------------- */

void xval__put_score(const xval_shown *s, size_t metric, double score, ml_buf *out) {
  if (isnan(score))
    ml_buf_puts(out, "-");
  else if (fabs(score) >= 1e9)
    ml_buf_printf(out, "%.*e", DIGITS - 1, score);
  else
    ml_buf_printf(out, "%.*f", s->decimals[metric], score);
}

void xval__outer_mean(const xval_shown *s, size_t metric, double *mean, double *sd) {
  const ml_xval_result *r = s->result;
  double sum = 0, squares = 0, n = (double)r->n_outer;
  for (size_t i = 0; i < r->n_outer; i++)
    sum += r->outer[i].scores && !r->outer[i].error ? r->outer[i].scores[metric] : NAN;
  *mean = sum / n;
  for (size_t i = 0; i < r->n_outer && !isnan(*mean); i++) {
    double d = r->outer[i].scores[metric] - *mean;
    squares += d * d;
  }
  *sd = isnan(*mean) ? NAN : sqrt(squares / n);
}

void xval__put_mean_why(const xval_shown *s, const ml_candidate_result *c, size_t metric,
                        ml_buf *out) {
  static const char *const states[] = {
      [ML_FOLD_FAILED] = "failed", [ML_FOLD_SKIPPED] = "was not computed"};
  for (size_t f = 0; c->folds && f < s->result->n_folds; f++) {
    const ml_fold_result *fold = &c->folds[f];
    if (fold->state != ML_FOLD_DONE) {
      ml_buf_printf(out, "fold %zu %s", f, states[fold->state]);
      return;
    }
    if (!isnan(fold->scores[metric])) continue;
    const char *why = fold->why ? fold->why[metric] : NULL;
    ml_buf_printf(out, "fold %zu: ", f);
    xval__put_text(why && *why ? why : "undefined", out);
    return;
  }
}

/* ---- words --------------------------------------------------------------------------------- */

void xval__headline(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  const ml_candidate_result *winner = xval__winner(s);
  double mean = NAN, sd = NAN;
  bool is_pooled = winner && r->ranks_pooled;
  ml_buf_puts(out, r->model->name);
  if (winner && xval__is_search(s)) {
    ml_buf_puts(out, " ");
    xval__put_params(s, winner->params, out);
  }
  if (winner) {
    mean = is_pooled ? winner->pooled[0] : winner->mean[0];
    sd = winner->sd[0];
  }
  if (r->n_outer > 0) xval__outer_mean(s, 0, &mean, &sd);
  ml_buf_printf(out, ": %s ", s->metrics[0]);
  if (isnan(mean)) {
    ml_buf_puts(out, "undefined");
    return;
  }
  xval__put_score(s, 0, mean, out);
  if (is_pooled || r->n_folds == 1) return;
  ml_buf_puts(out, " +- ");
  xval__put_score(s, 0, sd, out);
}

bool xval__is_count(const char *scheme) {
  return scheme[strspn(scheme, "0123456789")] == 0;
}

void xval__method(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  ml_buf_puts(out, r->cv);
  if (r->n_repeats > 1) ml_buf_printf(out, ", %zu times", r->n_repeats);
  if (s->given->nested)
    ml_buf_printf(out, ", within each of %s%s", xval__is_count(s->given->nested) ? "kfold:" : "",
                  s->given->nested);
  ml_buf_printf(out, ", seed %llu", (unsigned long long)r->seed);
  if (s->asked->prep_text) ml_buf_printf(out, ", after %s", s->asked->prep_text);
  if (xval__is_search(s))
    ml_buf_printf(out, ", best of %zu candidate%s", r->n_candidates, cli__plural(r->n_candidates));
}

/* ---- data ---------------------------------------------------------------------------------- */

size_t *xval__class_counts(const xval_shown *s) {
  const ml_dataset *data = s->result->data;
  size_t *counts = calloc(data->classes.n + 1, sizeof *counts);
  for (size_t i = 0; counts && data->classes.n && i < data->n_rows; i++)
    counts[data->classes.codes[i]]++;
  return counts;
}

const char *xval__target(const xval_shown *s) {
  return s->result->data->target ? s->result->data->target : "y";
}

void xval__put_text(const char *text, ml_buf *out) {
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    ml_buf_put(out, c < ' ' || c == 0x7F ? "?" : text, 1);
  }
}
