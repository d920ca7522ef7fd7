/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --report: one page that needs nothing else. What it shows without scripts is what its scripts
 * show. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xval_picture.h"

enum { MOST_CLASSES = 8 };

typedef struct report {
  const xval_shown *s;
  const ml_xval_result *r;
  panels *panels;
  ml_buf *out;
} report;

/* ---- plain texts ---------------------------------------------------------------------------- */

/* What a function appends, escaped. */
static void put_escaped(const report *r, void (*put)(const xval_shown *s, ml_buf *out)) {
  ml_buf text = {0};
  put(r->s, &text);
  ml_buf_put(&text, "", 1);
  if (text.failed)
    r->out->failed = true;
  else
    ml_buf_xml_text(r->out, text.data);
  ml_buf_release(&text);
}

static void put_headline(void *ctx) {
  put_escaped(ctx, xval__headline);
}

static void put_method(void *ctx) {
  put_escaped(ctx, xval__method);
}

static void put_input(void *ctx) {
  const report *r = ctx;
  ml_buf_xml_text(r->out, r->s->input);
}

static void put_target(void *ctx) {
  const report *r = ctx;
  ml_buf_xml_text(r->out, xval__target(r->s));
}

static void put_version(void *ctx) {
  const report *r = ctx;
  ml_buf_xml_text(r->out, ml_version());
}

/* ---- facts ---------------------------------------------------------------------------------- */

static void put_fact(const report *r, const char *name, bool is_wide, const char *text) {
  if (!text) return;
  picture__begin_fact(r->out, name, is_wide);
  ml_buf_xml_text(r->out, text);
  picture__end_fact(r->out);
}

static void put_classes(const report *r) {
  const ml_levels *classes = &r->r->data->classes;
  size_t *counts = xval__class_counts(r->s);
  if (!counts) {
    r->out->failed = true;
    return;
  }
  picture__begin_fact(r->out, "classes (rows)", true);
  for (size_t c = 0; c < classes->n && c < MOST_CLASSES; c++) {
    ml_buf_puts(r->out, c ? ", <bdi>" : "<bdi>");
    ml_buf_xml_text(r->out, classes->labels[c]);
    ml_buf_printf(r->out, "</bdi> (%zu)", counts[c]);
  }
  if (classes->n > MOST_CLASSES) ml_buf_printf(r->out, " and %zu more", classes->n - MOST_CLASSES);
  picture__end_fact(r->out);
  free(counts);
}

static void put_data_facts(const report *r) {
  static const char *const uses[] = {"fits and scores", "fits alone", "scores alone"};
  const ml_dataset *data = r->r->data;
  put_fact(r, "input", true, r->s->input);
  picture__begin_fact(r->out, "rows, features", false);
  ml_buf_printf(r->out, "%zu, %zu", data->n_rows, data->n_features);
  picture__end_fact(r->out);
  picture__begin_fact(r->out, "target", false);
  ml_buf_xml_text(r->out, xval__target(r->s));
  ml_buf_puts(r->out, r->r->problem == ML_REGRESSION ? ", regression" : ", classification");
  picture__end_fact(r->out);
  if (r->r->problem != ML_REGRESSION) put_classes(r);
  if (data->weights) {
    put_fact(r, "weights", false, r->s->given->learn.weights);
    put_fact(r, "weights are for", false, uses[r->s->given->weights_for]);
  }
  put_fact(r, "groups", false, r->s->given->learn.groups);
}

/* All parameters of the winner, or those that are the same for all candidates. */
static void put_model_facts(const report *r) {
  const ml_candidate_result *winner = xval__winner(r->s);
  const double *params = winner ? winner->params : r->s->asked->fixed;
  put_fact(r, "model", false, r->r->model->name);
  picture__begin_fact(
      r->out, winner && xval__is_search(r->s) ? "parameters of the winner" : "parameters", true);
  for (size_t p = 0; p < r->r->model->n_params; p++) {
    ml_buf_printf(r->out, "%s%s=", p ? ", " : "", r->r->model->params[p].name);
    xval__put_param(r->s, params, p, r->out); /* of words of the program: nothing to escape */
  }
  picture__end_fact(r->out);
  if (r->s->asked->prep_text) put_fact(r, "preparation", true, r->s->asked->prep_text);
}

static void put_search_facts(const report *r) {
  const cli_xval *g = r->s->given;
  const cli_list *list = g->grid.n > 0 ? &g->grid : &g->space;
  if (!xval__is_search(r->s)) return;
  picture__begin_fact(r->out,
                      g->grid.n > 0    ? "grid"
                      : g->sobol.given ? "Sobol points of"
                                       : "drawn from",
                      true);
  for (size_t i = 0; i < list->n; i++) {
    ml_buf_puts(r->out, i ? ", " : "");
    ml_buf_xml_text(r->out, list->items[i].value);
  }
  picture__end_fact(r->out);
  picture__begin_fact(r->out, "candidates", false);
  ml_buf_printf(r->out, "%zu%s", r->r->n_candidates,
                g->race      ? ", in a race"
                : g->halving ? ", by halving"
                             : "");
  picture__end_fact(r->out);
  put_fact(r, "winner", false,
           g->pick == ML_PICK_1SE ? "the simplest within one standard error" : "the best mean");
}

static void put_holdout_fact(const report *r) {
  const ml_outer_result *h = r->r->holdout;
  if (!h) return;
  picture__begin_fact(r->out, "holdout", true);
  ml_buf_printf(r->out, "%zu rows: ", h->n_test);
  if (h->error) ml_buf_xml_text(r->out, h->error);
  for (size_t m = 0; m < r->r->n_metrics && !h->error; m++) {
    ml_buf_printf(r->out, "%s%s ", m ? ", " : "", r->s->metrics[m]);
    xval__put_score(r->s, m, h->scores[m], r->out);
  }
  picture__end_fact(r->out);
}

static void put_facts(void *ctx) {
  const report *r = ctx;
  put_data_facts(r);
  put_model_facts(r);
  put_fact(r, "folds", false, r->r->cv);
  put_fact(r, "outer folds", false, r->s->given->nested);
  picture__begin_fact(r->out, "repeats, seed", false);
  ml_buf_printf(r->out, "%zu, %llu", r->r->n_repeats, (unsigned long long)r->r->seed);
  picture__end_fact(r->out);
  put_search_facts(r);
  put_holdout_fact(r);
  picture__begin_fact(r->out, "fits", false);
  ml_buf_printf(r->out, "%zu done, %zu failed, %zu skipped", r->r->n_done, r->r->n_failed,
                r->r->n_skipped);
  picture__end_fact(r->out);
}

/* ---- scores --------------------------------------------------------------------------------- */

/* Mean, deviation and pooled score of each metric: of the winner, or over the outer folds. */
static void put_scores(void *ctx) {
  const report *r = ctx;
  const ml_candidate_result *winner = xval__winner(r->s);
  bool is_nested = r->r->n_outer > 0;
  for (size_t m = 0; m < r->r->n_metrics && (winner || is_nested); m++) {
    double mean, sd;
    if (is_nested)
      xval__outer_mean(r->s, m, &mean, &sd);
    else
      mean = winner->mean[m], sd = winner->sd[m];
    const double cells[3] = {mean, sd, is_nested ? NAN : winner->pooled[m]};
    ml_buf_printf(r->out, "<tr><th scope=\"row\">%s</th>", r->s->metrics[m]);
    for (size_t i = 0; i < 3; i++) {
      ml_buf_puts(r->out, "<td class=\"n\">");
      if (isnan(cells[i]))
        ml_buf_puts(r->out, "\xe2\x80\x93");
      else
        xval__put_score(r->s, m, cells[i], r->out);
      ml_buf_puts(r->out, "</td>");
    }
    ml_buf_puts(r->out, "</tr>\n");
  }
}

static void put_remarks(void *ctx) {
  const report *r = ctx;
  ml_buf text = {0};
  xval__put_remarks(r->s, &text);
  ml_buf_put(&text, "", 1);
  if (text.failed) r->out->failed = true;
  char *rest = text.failed ? NULL : text.data;
  for (char *line; (line = strsep(&rest, "\n"));) {
    if (!*line) continue;
    ml_buf_puts(r->out, "<p class=\"note\">");
    ml_buf_xml_text(r->out, line);
    ml_buf_puts(r->out, "</p>\n");
  }
  ml_buf_release(&text);
}

static void put_panels(void *ctx) {
  const report *r = ctx;
  for (size_t i = 0; i < panels__n(r->panels); i++) {
    ml_buf title = {0};
    panels__title(r->panels, i, &title);
    ml_buf_put(&title, "", 1);
    ml_buf_puts(r->out, "<figure><figcaption><b>");
    if (title.failed)
      r->out->failed = true;
    else
      ml_buf_xml_text(r->out, title.data);
    ml_buf_puts(r->out, "</b></figcaption>\n");
    panels__draw(r->panels, i, "", r->out);
    ml_buf_puts(r->out, "</figure>\n");
    ml_buf_release(&title);
  }
}

/* ---- table ---------------------------------------------------------------------------------- */

static void put_rows_are(void *ctx) {
  const report *r = ctx;
  ml_buf_puts(r->out, report__rows_are(r->s));
}

static void put_heads(void *ctx) {
  const report *r = ctx;
  report__heads(r->s, r->out);
}

static void put_rows(void *ctx) {
  const report *r = ctx;
  report__rows(r->s, r->out);
}

static void put_data(void *ctx) {
  const report *r = ctx;
  report__data(r->s, r->out);
}

static const picture_mark marks[] = {
    {"headline", put_headline}, {"method", put_method}, {"input", put_input},
    {"target", put_target},     {"facts", put_facts},   {"scores", put_scores},
    {"remarks", put_remarks},   {"panels", put_panels}, {"rows-are", put_rows_are},
    {"heads", put_heads},       {"rows", put_rows},     {"data", put_data},
    {"version", put_version}};

ml_status xval__report(const xval_shown *s, ml_buf *out, ml_error *err) {
  report r = {.s = s, .r = s->result, .out = out};
  ml_status status = panels__new(s, &r.panels, err);
  if (status != ML_OK) return status;
  picture__fill(xval__page, marks, sizeof marks / sizeof *marks, &r, out);
  panels__free(r.panels);
  return out->failed ? ml_error_memory(err) : ML_OK;
}
