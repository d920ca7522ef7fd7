/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of --report: candidates by rank, or folds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xval_picture.h"

typedef struct table {
  const xval_shown *s;
  size_t *order; /* of the candidates; NULL: rows are as they are */
} table;

/* ---- cells --------------------------------------------------------------------------------- */

static void put_score(const table *t, sheet *to, const char *before, size_t metric, double score) {
  if (isnan(score))
    ml_buf_puts(&to->text, "\xe2\x80\x93");
  else
    xval__put_score(t->s, metric, score, &to->text);
  sheet__end_cell(to, before, t->s->metrics[metric], SHEET_NUMBER, score);
}

static void put_params(const table *t, sheet *to, const double *params) {
  const ml_xval_result *r = t->s->result;
  for (size_t v = 0; v < r->n_varied; v++) {
    const ml_model_param *param = &r->model->params[r->varied[v]];
    bool is_number = param->kind == ML_MODEL_REAL || param->kind == ML_MODEL_INT;
    if (params) xval__put_short_param(t->s, params, r->varied[v], &to->text);
    sheet__end_cell(to, "", param->name, is_number ? SHEET_NUMBER : SHEET_WORDS,
                    params ? params[r->varied[v]] : NAN);
  }
}

/* ---- rows ---------------------------------------------------------------------------------- */

static void put_candidate(sheet *to, const void *ctx, size_t row) {
  const table *t = ctx;
  const ml_xval_result *r = t->s->result;
  const ml_candidate_result *c = &r->candidates[t->order[row]];
  const char *error = NULL;
  for (size_t f = 0; f < r->n_folds && !error; f++)
    if (c->folds[f].state == ML_FOLD_FAILED) error = c->folds[f].error;
  if (c->rank > 0)
    ml_buf_printf(&to->text, "%zu", c->rank);
  else
    ml_buf_puts(&to->text, "\xe2\x80\x93");
  sheet__end_cell(to, "", "rank", SHEET_NUMBER, c->rank > 0 ? (double)c->rank : NAN);
  put_params(t, to, c->params);
  for (size_t m = 0; m < r->n_metrics; m++) {
    put_score(t, to, "", m, c->mean[m]);
    put_score(t, to, "sd of ", m, c->sd[m]);
    put_score(t, to, "pooled ", m, c->pooled[m]);
  }
  ml_buf_printf(&to->text, "%zu/%zu", c->n_done, r->n_folds);
  sheet__end_cell(to, "", "folds", SHEET_NUMBER, (double)c->n_done);
  sheet__put_words(to, "error", SHEET_WORDS, error);
}

static void put_fold(sheet *to, const void *ctx, size_t f) {
  const table *t = ctx;
  const ml_xval_result *r = t->s->result;
  const ml_fold_result *fold = &xval__winner(t->s)->folds[f];
  sheet__put_count(to, "fold", f);
  if (r->n_repeats > 1) sheet__put_count(to, "repeat", f / xval__folds_each(t->s));
  sheet__put_count(to, "trained on", r->n_train[f]);
  sheet__put_count(to, "tested", r->n_test[f]);
  for (size_t m = 0; m < r->n_metrics; m++)
    put_score(t, to, "", m, fold->state == ML_FOLD_DONE ? fold->scores[m] : NAN);
  sheet__put_words(to, "error", SHEET_WORDS,
                   fold->state == ML_FOLD_SKIPPED ? "skipped" : fold->error);
}

static void put_outer(sheet *to, const void *ctx, size_t i) {
  const table *t = ctx;
  const ml_xval_result *r = t->s->result;
  const ml_outer_result *o = &r->outer[i];
  bool has_winner = o->best < r->n_candidates;
  sheet__put_count(to, "fold", i);
  sheet__put_count(to, "trained on", o->n_train);
  sheet__put_count(to, "tested", o->n_test);
  put_params(t, to, has_winner ? r->candidates[o->best].params : NULL);
  put_score(t, to, "inner ", 0, has_winner && o->inner_mean ? o->inner_mean[o->best] : NAN);
  for (size_t m = 0; m < r->n_metrics; m++) put_score(t, to, "", m, o->error ? NAN : o->scores[m]);
  sheet__put_words(to, "error", SHEET_WORDS, o->error);
}

static bool is_winner(const void *ctx, size_t row) {
  const table *t = ctx;
  return t->order[row] == t->s->result->best;
}

/* ---- all of it ----------------------------------------------------------------------------- */

const char *report__rows_are(const xval_shown *s) {
  return s->result->n_outer > 0 ? "Outer folds" : xval__is_search(s) ? "Candidates" : "Folds";
}

void report__folds(const xval_shown *s, void (*form)(const sheet_rows *, ml_buf *), ml_buf *out) {
  const table t = {.s = s};
  const sheet_rows rows = {
      .n = xval__winner(s) ? s->result->n_folds : 0, .put = put_fold, .ctx = &t};
  form(&rows, out);
}

void report__table(const xval_shown *s, void (*form)(const sheet_rows *, ml_buf *), ml_buf *out) {
  const ml_xval_result *r = s->result;
  table t = {.s = s};
  sheet_rows rows = {.n = r->n_outer, .put = put_outer, .ctx = &t};
  if (r->n_outer == 0 && !xval__is_search(s)) {
    report__folds(s, form, out);
    return;
  }
  if (r->n_outer == 0) {
    t.order = xval__by_rank(s);
    rows = (sheet_rows){t.order ? r->n_candidates : 0, put_candidate, is_winner, &t};
    if (!t.order) out->failed = true;
  }
  form(&rows, out);
  free(t.order);
}
