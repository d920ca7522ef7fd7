/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The result of cross-validation as CSV: a row for each candidate, named as scikit-learn names its
 * cv_results_; with --nested a row for each outer fold. And the out-of-fold predictions. */
#include <math.h>
#include <stdlib.h>

#include "xval.h"

/* ---- cells --------------------------------------------------------------------------------- */

typedef struct table {
  const xval_shown *s;
  ml_buf *out;
  bool is_header;
  size_t n_cells; /* of this row */
} table;

/* @return whether a value is to follow */
static bool begin_cell(table *t, const char *before, const char *name) {
  if (t->n_cells++) ml_buf_puts(t->out, ",");
  if (!t->is_header) return true;
  ml_buf key = {0};
  ml_buf_puts(&key, before);
  ml_buf_puts(&key, name);
  ml_buf_put(&key, "", 1);
  if (key.failed)
    t->out->failed = true;
  else
    ml_buf_csv_cell(t->out, key.data);
  ml_buf_release(&key);
  return false;
}

static void put_count(table *t, const char *name, size_t n) {
  if (begin_cell(t, "", name)) ml_buf_printf(t->out, "%zu", n);
}

static void put_number(table *t, const char *before, const char *name, double value) {
  if (begin_cell(t, before, name) && !isnan(value)) ml_buf_number(t->out, value);
}

static void put_text(table *t, const char *name, const char *text) {
  if (begin_cell(t, "", name)) ml_buf_csv_cell(t->out, text ? text : "");
}

/* Numbers and words of the model's own table: nothing in them needs quotes. */
static void put_params(table *t, const double *params) {
  const ml_model *model = t->s->result->model;
  for (size_t p = 0; p < model->n_params; p++)
    if (begin_cell(t, "param_", model->params[p].name) && params)
      xval__put_param(t->s, params, p, t->out);
}

static void end_row(table *t) {
  ml_buf_puts(t->out, "\n");
  t->n_cells = 0;
}

/* ---- a candidate --------------------------------------------------------------------------- */

static const char *first_error(const xval_shown *s, const ml_candidate_result *c) {
  for (size_t f = 0; c->folds && f < s->result->n_folds; f++)
    if (c->folds[f].state == ML_FOLD_FAILED) return c->folds[f].error;
  return NULL;
}

static void put_split(table *t, const ml_candidate_result *c, size_t f, size_t m) {
  const ml_fold_result *fold = &c->folds[f];
  char before[40];
  snprintf(before, sizeof before, "split%zu_", f);
  put_number(t, before, t->s->metrics[m], fold->state == ML_FOLD_DONE ? fold->scores[m] : NAN);
}

static void put_times(table *t, const ml_candidate_result *c) {
  double fit = 0, score = 0;
  for (size_t f = 0; f < t->s->result->n_folds; f++) {
    fit += c->folds[f].fit_seconds;
    score += c->folds[f].score_seconds;
  }
  put_number(t, "", "fit_seconds", fit);
  put_number(t, "", "score_seconds", score);
}

static void put_candidate(table *t, size_t i) {
  const ml_xval_result *r = t->s->result;
  const ml_candidate_result *c = &r->candidates[i];
  put_count(t, "candidate", i);
  put_params(t, c->params);
  if (begin_cell(t, "", "rank") && c->rank > 0) ml_buf_printf(t->out, "%zu", c->rank);
  if (begin_cell(t, "", "winner")) ml_buf_puts(t->out, i == r->best ? "True" : "False");
  put_count(t, "folds_done", c->n_done);
  for (size_t m = 0; m < r->n_metrics; m++) {
    const char *name = t->s->metrics[m];
    put_number(t, "mean_", name, c->mean[m]);
    put_number(t, "sd_", name, c->sd[m]);
    put_number(t, "pooled_", name, c->pooled[m]);
    for (size_t f = 0; f < r->n_folds; f++) put_split(t, c, f, m);
  }
  if (t->s->has_times) put_times(t, c);
  put_text(t, "error", first_error(t->s, c));
  end_row(t);
}

/* ---- an outer fold ------------------------------------------------------------------------- */

static void put_outer(table *t, size_t i) {
  const ml_xval_result *r = t->s->result;
  const ml_outer_result *o = &r->outer[i];
  bool has_winner = o->best < r->n_candidates;
  put_count(t, "fold", i);
  put_count(t, "n_train", o->n_train);
  put_count(t, "n_test", o->n_test);
  if (begin_cell(t, "", "candidate") && has_winner) ml_buf_printf(t->out, "%zu", o->best);
  put_params(t, has_winner ? r->candidates[o->best].params : NULL);
  put_number(t, "inner_mean_", t->s->metrics[0],
             has_winner && o->inner_mean ? o->inner_mean[o->best] : NAN);
  for (size_t m = 0; m < r->n_metrics; m++)
    put_number(t, "", t->s->metrics[m], o->scores && !o->error ? o->scores[m] : NAN);
  put_text(t, "error", o->error);
  end_row(t);
}

void xval__csv(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  bool is_nested = r->n_outer > 0;
  void (*put)(table *, size_t) = is_nested ? put_outer : put_candidate;
  size_t n = is_nested ? r->n_outer : r->n_candidates;
  table t = {.s = s, .out = out, .is_header = true};
  if (n > 0) put(&t, 0);
  t.is_header = false;
  for (size_t i = 0; i < n; i++) put(&t, i);
}

/* ---- out-of-fold predictions --------------------------------------------------------------- */

static const char *shown_label(const ml_dataset *data, uint32_t class) {
  return data->classes.labels[class];
}

static void put_class_cells(const xval_shown *s, size_t i, ml_buf *out) {
  const ml_dataset *data = s->result->data;
  const ml_predicted *p = s->result->predicted;
  ml_buf_puts(out, ",");
  ml_buf_csv_cell(out, shown_label(data, data->classes.codes[p->row[i]]));
  ml_buf_puts(out, ",");
  ml_buf_csv_cell(out, shown_label(data, p->classes[i]));
  for (size_t c = 0; p->scores && c < data->classes.n; c++) {
    ml_buf_puts(out, ",");
    ml_buf_number(out, p->scores[i * data->classes.n + c]);
  }
}

static void put_value_cells(const xval_shown *s, size_t i, ml_buf *out) {
  const ml_predicted *p = s->result->predicted;
  ml_buf_puts(out, ",");
  ml_buf_number(out, s->result->data->y[p->row[i]]);
  ml_buf_puts(out, ",");
  ml_buf_number(out, p->values[i]);
}

static void put_oof_header(const xval_shown *s, ml_buf *out) {
  const ml_dataset *data = s->result->data;
  table t = {.s = s, .out = out, .is_header = true};
  begin_cell(&t, "", "row");
  if (data->ids) begin_cell(&t, "", data->id ? data->id : "id");
  begin_cell(&t, "", "fold");
  if (s->result->n_repeats > 1) begin_cell(&t, "", "repeat");
  begin_cell(&t, "", "y_true");
  begin_cell(&t, "", "y_pred");
  bool are_classes = s->result->problem == ML_CLASSIFICATION && s->result->predicted->scores;
  for (size_t c = 0; are_classes && c < data->classes.n; c++)
    begin_cell(&t, "p_", shown_label(data, (uint32_t)c));
  end_row(&t);
}

/* By repeat, then by row: as the rows of the file, whatever order the folds have. */
static int by_row(const void *a, const void *b, void *shown) {
  const xval_shown *s = shown;
  const ml_predicted *p = s->result->predicted;
  size_t i = *(const size_t *)a, j = *(const size_t *)b, each = xval__folds_each(s);
  size_t x = p->fold[i] / each, y = p->fold[j] / each;
  if (x != y) return x < y ? -1 : 1;
  if (p->row[i] != p->row[j]) return p->row[i] < p->row[j] ? -1 : 1;
  return (i > j) - (i < j);
}

static void put_oof_row(const xval_shown *s, size_t i, ml_buf *out) {
  const ml_xval_result *r = s->result;
  const ml_predicted *p = r->predicted;
  ml_buf_printf(out, "%u,", p->row[i]);
  if (r->data->ids) {
    ml_buf_csv_cell(out, r->data->ids[p->row[i]]);
    ml_buf_puts(out, ",");
  }
  ml_buf_printf(out, "%u", p->fold[i]);
  if (r->n_repeats > 1) ml_buf_printf(out, ",%zu", p->fold[i] / xval__folds_each(s));
  if (r->problem == ML_CLASSIFICATION)
    put_class_cells(s, i, out);
  else
    put_value_cells(s, i, out);
  ml_buf_puts(out, "\n");
}

void xval__oof(const xval_shown *s, ml_buf *out) {
  const ml_predicted *p = s->result->predicted;
  if (!p) return;
  size_t *order = malloc((p->n + 1) * sizeof *order);
  if (!order) {
    out->failed = true;
    return;
  }
  for (size_t i = 0; i < p->n; i++) order[i] = i;
  qsort_r(order, p->n, sizeof *order, by_row, (void *)s);
  put_oof_header(s, out);
  for (size_t i = 0; i < p->n; i++) put_oof_row(s, order[i], out);
  free(order);
}
