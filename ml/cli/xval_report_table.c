/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of --report: candidates by rank, or folds; its heads, its first rows, and all rows as
 * JSON, which its script shows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xval_picture.h"

enum { N_ROWS = 50 };

/* All forms go through the same cells, so that they agree. */
typedef enum form { HEADS, HTML, COLUMNS, TEXTS, KEYS } form;

typedef struct table {
  const xval_shown *s;
  ml_buf *out;
  form form;
  size_t n_cells; /* of this row */
  ml_buf text;    /* of this cell */
} table;

/* ---- cells --------------------------------------------------------------------------------- */

/* A cell whose text has been put into t->text. @param key  what it is sorted by; NaN: its text */
static void end_cell(table *t, const char *before, const char *name, bool is_number, double key) {
  bool is_first = t->n_cells++ == 0;
  ml_buf_put(&t->text, "", 1);
  if (t->text.failed) {
    t->out->failed = true;
    return;
  }
  switch (t->form) {
    case HEADS:
      ml_buf_printf(t->out, "<th scope=\"col\"%s><span>%s", is_number ? " class=\"n\"" : "",
                    before);
      ml_buf_xml_text(t->out, name);
      ml_buf_puts(t->out, "</span></th>");
      break;
    case HTML:
      ml_buf_puts(t->out, is_number ? "<td class=\"n\">" : "<td>");
      ml_buf_xml_text(t->out, t->text.data);
      ml_buf_puts(t->out, "</td>");
      break;
    case COLUMNS:
      ml_buf_puts(t->out, is_first ? "" : ",");
      ml_buf_puts(t->out, is_number ? "\"n\"" : "\"\"");
      break;
    case TEXTS:
      ml_buf_puts(t->out, is_first ? "" : ",");
      picture__json_string(t->out, t->text.data);
      break;
    case KEYS:
      ml_buf_puts(t->out, is_first ? "" : ",");
      if (is_number)
        ml_buf_json_number(t->out, isfinite(key) ? key : NAN);
      else
        picture__json_string(t->out, t->text.data);
      break;
  }
  ml_buf_clear(&t->text);
}

static void put_count(table *t, const char *name, size_t n) {
  ml_buf_printf(&t->text, "%zu", n);
  end_cell(t, "", name, true, (double)n);
}

static void put_score(table *t, const char *before, size_t metric, double score) {
  if (isnan(score))
    ml_buf_puts(&t->text, "\xe2\x80\x93");
  else
    xval__put_score(t->s, metric, score, &t->text);
  end_cell(t, before, t->s->metrics[metric], true, score);
}

static void put_params(table *t, const double *params) {
  const ml_xval_result *r = t->s->result;
  for (size_t v = 0; v < r->n_varied; v++) {
    const ml_model_param *param = &r->model->params[r->varied[v]];
    bool is_number = param->kind == ML_MODEL_REAL || param->kind == ML_MODEL_INT;
    if (params) xval__put_short_param(t->s, params, r->varied[v], &t->text);
    end_cell(t, "", param->name, is_number, params ? params[r->varied[v]] : NAN);
  }
}

static void put_words(table *t, const char *name, const char *words) {
  ml_buf_puts(&t->text, words ? words : "");
  end_cell(t, "", name, false, NAN);
}

/* ---- rows ---------------------------------------------------------------------------------- */

static void put_candidate(table *t, size_t i) {
  const ml_xval_result *r = t->s->result;
  const ml_candidate_result *c = &r->candidates[i];
  const char *error = NULL;
  for (size_t f = 0; f < r->n_folds && !error; f++)
    if (c->folds[f].state == ML_FOLD_FAILED) error = c->folds[f].error;
  if (c->rank > 0)
    ml_buf_printf(&t->text, "%zu", c->rank);
  else
    ml_buf_puts(&t->text, "\xe2\x80\x93");
  end_cell(t, "", "rank", true, c->rank > 0 ? (double)c->rank : NAN);
  put_params(t, c->params);
  for (size_t m = 0; m < r->n_metrics; m++) {
    put_score(t, "", m, c->mean[m]);
    put_score(t, "sd of ", m, c->sd[m]);
    put_score(t, "pooled ", m, c->pooled[m]);
  }
  ml_buf_printf(&t->text, "%zu/%zu", c->n_done, r->n_folds);
  end_cell(t, "", "folds", true, (double)c->n_done);
  put_words(t, "error", error);
}

static void put_fold(table *t, size_t f) {
  const ml_xval_result *r = t->s->result;
  const ml_fold_result *fold = &xval__winner(t->s)->folds[f];
  put_count(t, "fold", f);
  if (r->n_repeats > 1) put_count(t, "repeat", f / xval__folds_each(t->s));
  put_count(t, "trained on", r->n_train[f]);
  put_count(t, "tested", r->n_test[f]);
  for (size_t m = 0; m < r->n_metrics; m++)
    put_score(t, "", m, fold->state == ML_FOLD_DONE ? fold->scores[m] : NAN);
  put_words(t, "error", fold->state == ML_FOLD_SKIPPED ? "skipped" : fold->error);
}

static void put_outer(table *t, size_t i) {
  const ml_xval_result *r = t->s->result;
  const ml_outer_result *o = &r->outer[i];
  bool has_winner = o->best < r->n_candidates;
  put_count(t, "fold", i);
  put_count(t, "trained on", o->n_train);
  put_count(t, "tested", o->n_test);
  put_params(t, has_winner ? r->candidates[o->best].params : NULL);
  put_score(t, "inner ", 0, has_winner && o->inner_mean ? o->inner_mean[o->best] : NAN);
  for (size_t m = 0; m < r->n_metrics; m++) put_score(t, "", m, o->error ? NAN : o->scores[m]);
  put_words(t, "error", o->error);
}

/* ---- all of it ----------------------------------------------------------------------------- */

typedef struct rows {
  const char *are;
  size_t n;
  void (*put)(table *t, size_t i);
  size_t *order; /* NULL: as they are */
} rows;

static rows rows_of(const xval_shown *s) {
  const ml_xval_result *r = s->result;
  if (r->n_outer > 0) return (rows){"Outer folds", r->n_outer, put_outer, NULL};
  if (xval__is_search(s))
    return (rows){"Candidates", r->n_candidates, put_candidate, xval__by_rank(s)};
  return (rows){"Folds", xval__winner(s) ? r->n_folds : 0, put_fold, NULL};
}

const char *report__rows_are(const xval_shown *s) {
  rows of = rows_of(s);
  free(of.order);
  return of.are;
}

static size_t row_of(const rows *of, size_t i) {
  return of->order ? of->order[i] : i;
}

static bool is_marked(const xval_shown *s, const rows *of, size_t i) {
  return of->put == put_candidate && row_of(of, i) == s->result->best;
}

static void put_row(table *t, const rows *of, size_t i) {
  t->n_cells = 0;
  of->put(t, row_of(of, i));
}

static void end_table(table *t, rows *of) {
  ml_buf_release(&t->text);
  if (of->put == put_candidate && !of->order) t->out->failed = true;
  free(of->order);
}

void report__heads(const xval_shown *s, ml_buf *out) {
  table t = {.s = s, .out = out, .form = HEADS};
  rows of = rows_of(s);
  if (of.n > 0) put_row(&t, &of, 0);
  end_table(&t, &of);
}

void report__rows(const xval_shown *s, ml_buf *out) {
  table t = {.s = s, .out = out, .form = HTML};
  rows of = rows_of(s);
  for (size_t i = 0; i < of.n && i < N_ROWS; i++) {
    ml_buf_puts(out, is_marked(s, &of, i) ? "<tr class=\"selected\">" : "<tr>");
    put_row(&t, &of, i);
    ml_buf_puts(out, "</tr>\n");
  }
  end_table(&t, &of);
}

static void put_rows(table *t, const rows *of, const char *key, form as) {
  t->form = as;
  ml_buf_printf(t->out, "\"%s\":[", key);
  for (size_t i = 0; i < of->n; i++) {
    ml_buf_puts(t->out, i ? ",\n[" : "[");
    put_row(t, of, i);
    ml_buf_puts(t->out, "]");
  }
  ml_buf_puts(t->out, "],\n");
}

void report__data(const xval_shown *s, ml_buf *out) {
  table t = {.s = s, .out = out, .form = COLUMNS};
  rows of = rows_of(s);
  size_t marked = 0;
  while (marked < of.n && !is_marked(s, &of, marked)) marked++;
  ml_buf_puts(out, "{\"columns\":[");
  if (of.n > 0) put_row(&t, &of, 0);
  ml_buf_puts(out, "],\n");
  put_rows(&t, &of, "texts", TEXTS);
  put_rows(&t, &of, "keys", KEYS);
  ml_buf_printf(out, "\"marked\":%zu}", marked);
  end_table(&t, &of);
}
