/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The result of cross-validation as people read it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xval.h"
#include "xval_grid.h"

enum { KEY = 10, BEST = 10, FOLDS_ALL = 30, FOLDS_FIRST = 20 };

/* ---- what was done ------------------------------------------------------------------------- */

static void begin(ml_buf *out, const char *key) {
  ml_buf_printf(out, "%-*s", KEY, key);
}

void xval__put_line(const char *key, ml_buf *words, ml_buf *out) {
  ml_buf_put(words, "", 1);
  begin(out, key);
  if (words->failed)
    out->failed = true;
  else
    cli__wrap(out, words->data, KEY, KEY, 100);
  ml_buf_release(words);
}

static void put_model(const xval_shown *s, ml_buf *out) {
  const ml_model *model = s->result->model;
  ml_buf words = {0};
  ml_buf_puts(&words, model->name);
  const char *comma = ": ";
  for (size_t p = 0; p < model->n_params; p++) {
    bool is_varied = false;
    for (size_t i = 0; i < s->result->n_varied && xval__is_search(s); i++)
      is_varied |= s->result->varied[i] == p;
    if (is_varied) continue;
    ml_buf_printf(&words, "%s%s=", comma, model->params[p].name);
    xval__put_param(s, s->asked->fixed, p, &words);
    comma = ", ";
  }
  xval__put_line("model", &words, out);
}

static void put_data(const xval_shown *s, ml_buf *out) {
  const ml_dataset *data = s->result->data;
  begin(out, "data");
  xval__put_text(s->input, out);
  ml_buf_printf(out, ": %zu row%s, %zu feature%s\n", data->n_rows, cli__plural(data->n_rows),
                data->n_features, cli__plural(data->n_features));
  begin(out, "target");
  xval__put_text(xval__target(s), out);
  if (s->result->problem == ML_REGRESSION)
    ml_buf_puts(out, ": regression\n");
  else
    ml_buf_printf(out, ": classification, %zu classes\n", data->classes.n);
  if (!data->weights) return;
  static const char *const uses[] = {[CLI_WEIGHTS_BOTH] = "fits and scores",
                                     [CLI_WEIGHTS_FIT] = "fits alone",
                                     [CLI_WEIGHTS_SCORE] = "scores alone"};
  begin(out, "weights");
  xval__put_text(s->given->learn.weights, out);
  ml_buf_printf(out, ", for %s\n", uses[s->given->weights_for]);
}

static void put_folds_line(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  begin(out, "folds");
  xval__put_text(r->cv, out);
  if (r->n_repeats > 1) ml_buf_printf(out, ", %zu times", r->n_repeats);
  if (s->given->nested) {
    ml_buf_puts(out, ", within each of ");
    if (xval__is_count(s->given->nested)) ml_buf_puts(out, "kfold:");
    xval__put_text(s->given->nested, out);
  }
  ml_buf_printf(out, "; seed %llu\n", (unsigned long long)r->seed);
}

static void put_search(const xval_shown *s, ml_buf *out) {
  const cli_xval *g = s->given;
  const ml_xval_result *r = s->result;
  const cli_list *list = g->grid.n > 0 ? &g->grid : &g->space;
  ml_buf words = {0};
  ml_buf_puts(&words, g->grid.n > 0 ? "grid" : g->sobol.given ? "Sobol points" : "random");
  if (g->space_rules == 1) ml_buf_puts(&words, " by KX's rules");
  for (size_t i = 0; i < list->n; i++) {
    ml_buf_puts(&words, i ? ", " : " of ");
    xval__put_text(list->items[i].value, &words);
  }
  ml_buf_printf(&words, ": %zu candidate%s", r->n_candidates, cli__plural(r->n_candidates));
  size_t n_repeats = r->n_drawn > r->n_candidates ? r->n_drawn - r->n_candidates : 0;
  if (n_repeats > 0)
    ml_buf_printf(&words, ", %zu repeat%s left out", n_repeats, cli__plural(n_repeats));
  if (g->race) ml_buf_puts(&words, "; race");
  if (g->halving) ml_buf_puts(&words, "; halving");
  xval__put_line("search", &words, out);
}

void xval__put_head(const xval_shown *s, ml_buf *out) {
  put_model(s, out);
  put_data(s, out);
  if (s->asked->prep_text) {
    begin(out, "prep");
    xval__put_text(s->asked->prep_text, out);
    ml_buf_puts(out, "\n");
  }
  put_folds_line(s, out);
  if (xval__is_search(s)) put_search(s, out);
}

/* ---- cells --------------------------------------------------------------------------------- */

static void put_score(const xval_shown *s, size_t m, double score, grid *g) {
  xval__put_score(s, m, score, &g->cells);
  grid__end_cell(g);
}

static void put_pair(const xval_shown *s, size_t m, double mean, double sd, grid *g) {
  xval__put_score(s, m, mean, &g->cells);
  if (!isnan(mean) && s->result->n_folds > 1) {
    ml_buf_puts(&g->cells, " +- ");
    xval__put_score(s, m, sd, &g->cells);
  }
  grid__end_cell(g);
}

static void put_metric_heads(const xval_shown *s, grid *g) {
  for (size_t m = 0; m < s->result->n_metrics; m++) {
    ml_buf_puts(&g->cells, s->metrics[m]);
    grid__end_cell(g);
  }
  if (!s->has_times) return;
  grid__cell(g, "fit s");
  grid__cell(g, "score s");
}

static size_t n_metric_columns(const xval_shown *s) {
  return s->result->n_metrics + (s->has_times ? 2 : 0);
}

static void put_times(const xval_shown *s, double fit, double score, grid *g) {
  if (!s->has_times) return;
  grid__cell(g, "%.4f", fit);
  grid__cell(g, "%.4f", score);
}

static void sum_times(const xval_shown *s, const ml_candidate_result *c, double *fit,
                      double *score) {
  *fit = *score = 0;
  for (size_t f = 0; f < s->result->n_folds; f++) {
    *fit += c->folds[f].fit_seconds;
    *score += c->folds[f].score_seconds;
  }
}

/* ---- folds of one candidate ---------------------------------------------------------------- */

static void put_fold(const xval_shown *s, const ml_candidate_result *c, size_t f, grid *g) {
  static const char *const states[] = {[ML_FOLD_FAILED] = "failed", [ML_FOLD_SKIPPED] = "skipped"};
  const ml_xval_result *r = s->result;
  const ml_fold_result *fold = &c->folds[f];
  if (r->n_repeats > 1) grid__cell(g, "%zu", f / xval__folds_each(s));
  grid__cell(g, "%zu", f);
  grid__cell(g, "%zu", r->n_train[f]);
  grid__cell(g, "%zu", r->n_test[f]);
  for (size_t m = 0; m < r->n_metrics; m++) {
    if (fold->state == ML_FOLD_DONE)
      put_score(s, m, fold->scores[m], g);
    else
      grid__cell(g, "%s", states[fold->state]);
  }
  put_times(s, fold->fit_seconds, fold->score_seconds, g);
}

/* A row with a name in the place of the fold. */
static void put_summary(const xval_shown *s, const char *name, const double *scores, grid *g) {
  grid__cell(g, "%s", name);
  for (size_t i = 0; i < 2 + (size_t)(s->result->n_repeats > 1); i++) grid__cell(g, "%s", "");
  for (size_t m = 0; m < s->result->n_metrics; m++) put_score(s, m, scores[m], g);
  if (!s->has_times) return;
  grid__cell(g, "%s", "");
  grid__cell(g, "%s", "");
}

static void put_folds(const xval_shown *s, const ml_candidate_result *c, ml_buf *out) {
  const ml_xval_result *r = s->result;
  size_t n = r->n_folds > FOLDS_ALL ? FOLDS_FIRST : r->n_folds;
  grid g = {0};
  if (r->n_repeats > 1) grid__cell(&g, "repeat");
  grid__cell(&g, "fold");
  grid__cell(&g, "train");
  grid__cell(&g, "test");
  put_metric_heads(s, &g);
  for (size_t f = 0; f < n; f++) put_fold(s, c, f, &g);
  put_summary(s, "mean", c->mean, &g);
  put_summary(s, "sd", c->sd, &g);
  put_summary(s, "pooled", c->pooled, &g);
  grid__print(&g, 3 + (size_t)(r->n_repeats > 1) + n_metric_columns(s), out);
  if (n < r->n_folds)
    ml_buf_printf(out, "(%zu more folds; --json and --csv have them)\n", r->n_folds - n);
  if (!s->has_times) return;
  double fit, score;
  sum_times(s, c, &fit, &score);
  ml_buf_printf(out, "fit %.4f s, score %.4f s\n", fit, score);
}

/* ---- candidates ---------------------------------------------------------------------------- */

static void put_candidate(const xval_shown *s, size_t i, grid *g) {
  const ml_xval_result *r = s->result;
  const ml_candidate_result *c = &r->candidates[i];
  grid__cell(g, "%s", i == r->best ? "*" : "");
  if (c->rank > 0)
    grid__cell(g, "%zu", c->rank);
  else
    grid__cell(g, "-");
  for (size_t v = 0; v < r->n_varied; v++) {
    xval__put_short_param(s, c->params, r->varied[v], &g->cells);
    grid__end_cell(g);
  }
  for (size_t m = 0; m < r->n_metrics; m++) {
    if (r->ranks_pooled)
      put_score(s, m, c->pooled[m], g);
    else
      put_pair(s, m, c->mean[m], c->sd[m], g);
  }
  if (s->has_times) {
    double fit, score;
    sum_times(s, c, &fit, &score);
    put_times(s, fit, score, g);
  }
  grid__cell(g, "%zu/%zu", c->n_done, r->n_folds);
}

static void put_candidates(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  size_t *order = xval__by_rank(s), n = r->n_candidates < BEST ? r->n_candidates : BEST;
  grid g = {0};
  if (!order) {
    out->failed = true;
    return;
  }
  grid__cell(&g, "%s", "");
  grid__cell(&g, "rank");
  for (size_t v = 0; v < r->n_varied; v++)
    grid__cell(&g, "%s", r->model->params[r->varied[v]].name);
  put_metric_heads(s, &g);
  grid__cell(&g, "folds");
  bool has_best = r->best >= r->n_candidates;
  for (size_t i = 0; i < n; i++) {
    put_candidate(s, order[i], &g);
    has_best |= order[i] == r->best;
  }
  if (!has_best) put_candidate(s, r->best, &g);
  grid__print(&g, 3 + r->n_varied + n_metric_columns(s), out);
  if (n < r->n_candidates)
    ml_buf_printf(out, "(%zu more candidates; --json and --csv have them)\n", r->n_candidates - n);
  if (r->ranks_pooled)
    ml_buf_printf(out, "ranked by pooled scores: %s is undefined for single folds\n",
                  s->metrics[0]);
  free(order);
}

void xval__put_winner(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  ml_buf words = {0};
  xval__put_params(s, r->candidates[r->best].params, &words);
  if (s->given->pick == ML_PICK_1SE && r->best == r->best_by_mean)
    ml_buf_puts(&words, ": none that is simpler is within one standard error");
  if (s->given->pick == ML_PICK_1SE && r->best != r->best_by_mean) {
    ml_buf_puts(&words, ": simplest within one standard error of ");
    xval__put_params(s, r->candidates[r->best_by_mean].params, &words);
  }
  xval__put_line("winner", &words, out);
}

/* ---- outer results ------------------------------------------------------------------------- */

void xval__put_holdout(const xval_shown *s, ml_buf *out) {
  const ml_outer_result *h = s->result->holdout;
  ml_buf words = {0};
  for (size_t m = 0; m < s->result->n_metrics && !h->error; m++) {
    ml_buf_printf(&words, "%s%s ", m ? ", " : "", s->metrics[m]);
    xval__put_score(s, m, h->scores[m], &words);
    if (isnan(h->scores[m]) && h->why && h->why[m]) ml_buf_printf(&words, " (%s)", h->why[m]);
  }
  if (h->error) {
    ml_buf_puts(&words, "failed: ");
    xval__put_text(h->error, &words);
  }
  ml_buf_printf(&words, "; %zu rows, fitted on the other %zu", h->n_test, h->n_train);
  xval__put_line("holdout", &words, out);
}

static void put_outer_row(const xval_shown *s, size_t i, grid *g) {
  const ml_xval_result *r = s->result;
  const ml_outer_result *o = &r->outer[i];
  bool has_winner = o->best < r->n_candidates;
  grid__cell(g, "%zu", i);
  grid__cell(g, "%zu", o->n_train);
  grid__cell(g, "%zu", o->n_test);
  for (size_t v = 0; v < r->n_varied; v++) {
    if (has_winner)
      xval__put_short_param(s, r->candidates[o->best].params, r->varied[v], &g->cells);
    grid__end_cell(g);
  }
  put_score(s, 0, has_winner && o->inner_mean ? o->inner_mean[o->best] : NAN, g);
  for (size_t m = 0; m < r->n_metrics; m++) {
    if (o->error)
      grid__cell(g, "failed");
    else
      put_score(s, m, o->scores[m], g);
  }
}

static void put_nested(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  size_t n_metrics = r->n_metrics;
  grid g = {0};
  grid__cell(&g, "fold");
  grid__cell(&g, "train");
  grid__cell(&g, "test");
  for (size_t v = 0; v < r->n_varied; v++)
    grid__cell(&g, "%s", r->model->params[r->varied[v]].name);
  grid__cell(&g, "inner %s", s->metrics[0]);
  for (size_t m = 0; m < n_metrics; m++) grid__cell(&g, "%s", s->metrics[m]);
  for (size_t i = 0; i < r->n_outer; i++) put_outer_row(s, i, &g);
  for (int is_sd = 0; is_sd < 2; is_sd++) {
    grid__cell(&g, is_sd ? "sd" : "mean");
    for (size_t i = 0; i < 3 + r->n_varied; i++) grid__cell(&g, "%s", "");
    for (size_t m = 0; m < n_metrics; m++) {
      double pair[2];
      xval__outer_mean(s, m, &pair[0], &pair[1]);
      put_score(s, m, pair[is_sd], &g);
    }
  }
  grid__print(&g, 4 + r->n_varied + n_metrics, out);
}

/* ---- all of it ----------------------------------------------------------------------------- */

void xval__table(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  const ml_candidate_result *winner = xval__winner(s);
  xval__put_head(s, out);
  ml_buf_puts(out, "\n");
  if (r->n_outer > 0) {
    put_nested(s, out);
  } else {
    if (xval__is_search(s)) {
      put_candidates(s, out);
      ml_buf_puts(out, winner ? "\n" : "");
      if (winner) xval__put_winner(s, out);
      ml_buf_puts(out, winner ? "\n" : "");
    }
    if (winner) put_folds(s, winner, out);
  }
  if (r->holdout) {
    ml_buf_puts(out, "\n");
    xval__put_holdout(s, out);
  }
  xval__put_remarks(s, out);
}
