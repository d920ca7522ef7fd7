/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of pages that are the same of a cross-validation and of a training: facts, scores, remarks,
 * pictures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "xval_picture.h"

enum { MOST_CLASSES = 8 };

/* ---- facts ---------------------------------------------------------------------------------- */

static void put_fact(ml_buf *out, const char *name, bool is_wide, const char *text) {
  if (!text) return;
  picture__begin_fact(out, name, is_wide);
  ml_buf_xml_text(out, text);
  picture__end_fact(out);
}

static void put_classes(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  const ml_levels *classes = &r->data->classes;
  size_t *counts = xval__class_counts(s);
  if (!counts) {
    out->failed = true;
    return;
  }
  picture__begin_fact(out, "classes (rows)", true);
  for (size_t c = 0; c < classes->n && c < MOST_CLASSES; c++) {
    ml_buf_puts(out, c ? ", <bdi>" : "<bdi>");
    ml_buf_xml_text(out, classes->labels[c]);
    ml_buf_printf(out, "</bdi> (%zu)", counts[c]);
  }
  if (classes->n > MOST_CLASSES) ml_buf_printf(out, " and %zu more", classes->n - MOST_CLASSES);
  picture__end_fact(out);
  free(counts);
}

static void put_data_facts(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  static const char *const uses[] = {"fits and scores", "fits alone", "scores alone"};
  const ml_dataset *data = r->data;
  put_fact(out, "input", true, s->input);
  picture__begin_fact(out, "rows, features", false);
  ml_buf_printf(out, "%zu, %zu", data->n_rows, data->n_features);
  picture__end_fact(out);
  picture__begin_fact(out, "target", false);
  ml_buf_xml_text(out, xval__target(s));
  ml_buf_puts(out, r->problem == ML_REGRESSION ? ", regression" : ", classification");
  picture__end_fact(out);
  if (r->problem != ML_REGRESSION) put_classes(s, out);
  if (data->weights) {
    put_fact(out, "weights", false, s->given->learn.weights);
    put_fact(out, "weights are for", false, uses[s->given->weights_for]);
  }
  put_fact(out, "groups", false, s->given->learn.groups);
}

/* All parameters of the winner, or those that are the same for all candidates. */
static void put_model_facts(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  const ml_candidate_result *winner = xval__winner(s);
  const double *params = winner ? winner->params : s->asked->fixed;
  put_fact(out, "model", false, r->model->name);
  picture__begin_fact(out, winner && xval__is_search(s) ? "parameters of the winner" : "parameters",
                      true);
  for (size_t p = 0; p < r->model->n_params; p++) {
    ml_buf_printf(out, "%s%s=", p ? ", " : "", r->model->params[p].name);
    xval__put_param(s, params, p, out); /* of words of the program: nothing to escape */
  }
  picture__end_fact(out);
  if (s->asked->prep_text) put_fact(out, "preparation", true, s->asked->prep_text);
}

static void put_search_facts(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  const cli_xval *g = s->given;
  const cli_list *list = g->grid.n > 0 ? &g->grid : &g->space;
  if (!xval__is_search(s)) return;
  picture__begin_fact(out,
                      g->grid.n > 0    ? "grid"
                      : g->sobol.given ? "Sobol points of"
                                       : "drawn from",
                      true);
  for (size_t i = 0; i < list->n; i++) {
    ml_buf_puts(out, i ? ", " : "");
    ml_buf_xml_text(out, list->items[i].value);
  }
  picture__end_fact(out);
  picture__begin_fact(out, "candidates", false);
  ml_buf_printf(out, "%zu%s", r->n_candidates,
                g->race      ? ", in a race"
                : g->halving ? ", by halving"
                             : "");
  picture__end_fact(out);
  put_fact(out, "winner", false,
           g->pick == ML_PICK_1SE ? "the simplest within one standard error" : "the best mean");
}

static void put_holdout_fact(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  const ml_outer_result *h = r->holdout;
  if (!h) return;
  picture__begin_fact(out, "holdout", true);
  ml_buf_printf(out, "%zu rows: ", h->n_test);
  if (h->error) ml_buf_xml_text(out, h->error);
  for (size_t m = 0; m < r->n_metrics && !h->error; m++) {
    ml_buf_printf(out, "%s%s ", m ? ", " : "", s->metrics[m]);
    xval__put_score(s, m, h->scores[m], out);
  }
  picture__end_fact(out);
}

void report__facts(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  put_data_facts(s, out);
  put_model_facts(s, out);
  put_fact(out, "folds", false, r->cv);
  if (r->n_folds == 0 && r->n_outer == 0) return;
  put_fact(out, "outer folds", false, s->given->nested);
  picture__begin_fact(out, "repeats, seed", false);
  ml_buf_printf(out, "%zu, %llu", r->n_repeats, (unsigned long long)r->seed);
  picture__end_fact(out);
  put_search_facts(s, out);
  put_holdout_fact(s, out);
  picture__begin_fact(out, "fits", false);
  ml_buf_printf(out, "%zu done, %zu failed, %zu skipped", r->n_done, r->n_failed, r->n_skipped);
  picture__end_fact(out);
}

/* ---- scores --------------------------------------------------------------------------------- */

/* Mean, deviation and pooled score of each metric: of the winner, or over the outer folds. */
void report__scores(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  const ml_candidate_result *winner = xval__winner(s);
  bool is_nested = r->n_outer > 0;
  for (size_t m = 0; m < r->n_metrics && (winner || is_nested); m++) {
    double mean, sd;
    if (is_nested)
      xval__outer_mean(s, m, &mean, &sd);
    else
      mean = winner->mean[m], sd = winner->sd[m];
    const double cells[3] = {mean, sd, is_nested ? NAN : winner->pooled[m]};
    ml_buf_printf(out, "<tr><th scope=\"row\">%s</th>", s->metrics[m]);
    for (size_t i = 0; i < 3; i++) {
      ml_buf_puts(out, "<td class=\"n\">");
      if (isnan(cells[i]))
        ml_buf_puts(out, "\xe2\x80\x93");
      else
        xval__put_score(s, m, cells[i], out);
      ml_buf_puts(out, "</td>");
    }
    ml_buf_puts(out, "</tr>\n");
  }
}

void report__remarks(const xval_shown *s, ml_buf *out) {
  ml_buf text = {0};
  xval__put_remarks(s, &text);
  ml_buf_put(&text, "", 1);
  if (text.failed) out->failed = true;
  char *rest = text.failed ? NULL : text.data;
  for (char *line; (line = strsep(&rest, "\n"));) {
    if (!*line) continue;
    ml_buf_puts(out, "<p class=\"note\">");
    ml_buf_xml_text(out, line);
    ml_buf_puts(out, "</p>\n");
  }
  ml_buf_release(&text);
}

void report__panels(const panels *p, ml_buf *out) {
  for (size_t i = 0; i < panels__n(p); i++) {
    ml_buf title = {0};
    panels__title(p, i, &title);
    ml_buf_put(&title, "", 1);
    ml_buf_puts(out, "<figure><figcaption><b>");
    if (title.failed)
      out->failed = true;
    else
      ml_buf_xml_text(out, title.data);
    ml_buf_puts(out, "</b></figcaption>\n");
    panels__draw(p, i, "", out);
    ml_buf_puts(out, "</figure>\n");
    ml_buf_release(&title);
  }
}
