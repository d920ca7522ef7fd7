/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --report of mltool train: one page of a whole run that needs nothing else. */
#include "train_picture.h"
#include "xval_picture.h"

typedef struct report {
  const trained *t;
  const xval_shown *s;
  ml_buf *out;
} report;

/* ---- sections ------------------------------------------------------------------------------- */

void train__begin_section(ml_buf *out, const char *name, const char *heading) {
  ml_buf_printf(out, "<section aria-labelledby=\"%s\"><h2 id=\"%s\">%s</h2>\n", name, name,
                heading);
}

void train__end_section(ml_buf *out) {
  ml_buf_puts(out, "</section>\n");
}

static void put_tools(ml_buf *out, const char *name, const char *only) {
  ml_buf_printf(out,
                "<div class=\"tools\" hidden id=\"tools-%s\">\n<label>Search <input "
                "type=\"search\" id=\"search-%s\" autocomplete=\"off\" spellcheck=\"false\" "
                "placeholder=\"parts of a row\"></label>\n",
                name, name);
  if (only)
    ml_buf_printf(out, "<label><input type=\"checkbox\" id=\"only-%s\"> %s</label>\n", name, only);
  ml_buf_printf(out, "<p role=\"status\" class=\"dim\" id=\"count-%s\"></p>\n</div>\n", name);
}

void train__put_sheet(ml_buf *out, const char *name, const char *only, const sheet_rows *rows) {
  ml_buf_puts(out,
              "<noscript><p class=\"dim\">Without scripts: the first rows of the table "
              "alone.</p></noscript>\n");
  put_tools(out, name, only);
  ml_buf_printf(out,
                "<div class=\"scroll\" id=\"scroll-%s\" tabindex=\"0\" role=\"region\" "
                "aria-labelledby=\"%s\">\n<table id=\"table-%s\">\n<thead><tr>",
                name, name, name);
  sheet__heads(rows, out);
  ml_buf_printf(out, "</tr></thead>\n<tbody id=\"rows-%s\">\n", name);
  sheet__rows(rows, out);
  ml_buf_printf(out,
                "</tbody>\n</table>\n</div>\n<p class=\"tools\"><button type=\"button\" "
                "id=\"more-%s\" hidden></button></p>\n<script type=\"application/json\" "
                "id=\"data-%s\">",
                name, name);
  sheet__data(rows, out);
  ml_buf_puts(out, "</script>\n");
}

/* ---- cross-validation ----------------------------------------------------------------------- */

static void put_scores(const report *r) {
  train__begin_section(r->out, "scores", "Scores");
  ml_buf_puts(r->out,
              "<table class=\"small\">\n<thead><tr><th scope=\"col\"><span>metric</span></th><th "
              "scope=\"col\" class=\"n\"><span>mean over folds</span></th><th scope=\"col\" "
              "class=\"n\"><span>deviation</span></th><th scope=\"col\" "
              "class=\"n\"><span>pooled</span></th></tr></thead>\n<tbody>\n");
  report__scores(r->s, r->out);
  ml_buf_puts(r->out, "</tbody>\n</table>\n");
  report__remarks(r->s, r->out);
  train__end_section(r->out);
}

static void put_results(const sheet_rows *rows, ml_buf *out) {
  train__put_sheet(out, "results", NULL, rows);
}

static void put_folds(const sheet_rows *rows, ml_buf *out) {
  train__put_sheet(out, "folds", NULL, rows);
}

static ml_status put_validation(const report *r, ml_error *err) {
  panels *p = NULL;
  ml_status status = panels__new(r->s, &p, err);
  if (status != ML_OK) return status;
  put_scores(r);
  train__begin_section(r->out, "pictures", "Predictions of rows that were not seen");
  ml_buf_puts(r->out, "<div class=\"glimpses\">\n");
  report__panels(p, r->out);
  ml_buf_puts(r->out, "</div>");
  train__end_section(r->out);
  panels__free(p);
  train__begin_section(r->out, "results", report__rows_are(r->s));
  report__table(r->s, put_results, r->out);
  train__end_section(r->out);
  if (!xval__is_search(r->s) || !xval__winner(r->s)) return ML_OK;
  train__begin_section(r->out, "folds", "Folds of the winner");
  report__folds(r->s, put_folds, r->out);
  train__end_section(r->out);
  return ML_OK;
}

/* ---- the page ------------------------------------------------------------------------------- */

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

static bool is_scored(const report *r) {
  return r->s->result->n_candidates > 0;
}

static void put_headline(void *ctx) {
  const report *r = ctx;
  size_t n = r->s->result->data->n_rows;
  if (is_scored(r))
    put_escaped(r, xval__headline);
  else
    ml_buf_printf(r->out, "%s, fitted on %zu row%s", r->s->result->model->name, n, cli__plural(n));
}

static void put_method(void *ctx) {
  const report *r = ctx;
  if (is_scored(r))
    put_escaped(r, xval__method);
  else
    ml_buf_puts(r->out, "no cross-validation");
}

static void put_input(void *ctx) {
  const report *r = ctx;
  ml_buf_xml_text(r->out, r->s->input);
}

static void put_target(void *ctx) {
  const report *r = ctx;
  ml_buf_xml_text(r->out, xval__target(r->s));
}

static void put_facts(void *ctx) {
  const report *r = ctx;
  report__facts(r->s, r->out);
}

static void put_version(void *ctx) {
  const report *r = ctx;
  ml_buf_xml_text(r->out, ml_version());
}

/* What can fail is made before the page. */
typedef struct page {
  report r;
  ml_buf sections;
} page;

static void put_sections(void *ctx) {
  const page *p = ctx;
  ml_buf_put(p->r.out, p->sections.data, p->sections.n);
}

static const picture_mark marks[] = {{"headline", put_headline}, {"method", put_method},
                                     {"input", put_input},       {"target", put_target},
                                     {"facts", put_facts},       {"sections", put_sections},
                                     {"version", put_version}};

ml_status train__report(const trained *t, ml_buf *out, ml_error *err) {
  page p = {.r = {.t = t, .s = t->shown, .out = out}};
  const report sections = {.t = t, .s = t->shown, .out = &p.sections};
  train_importance *importance = NULL;
  train_features *features = NULL;
  ml_status status = train__put_data(t, &p.sections, err);
  if (status == ML_OK && is_scored(&sections)) status = put_validation(&sections, err);
  if (status == ML_OK) status = importance__new(t, &importance, err);
  if (status == ML_OK) status = features__new(t, importance, &features, err);
  if (status == ML_OK) status = importance__put(importance, &p.sections, err);
  if (status == ML_OK) status = features__put(features, &p.sections, err);
  if (status == ML_OK && t->shown->has_times) status = train__put_times(t, &p.sections, err);
  features__free(features);
  importance__free(importance);
  if (status == ML_OK && p.sections.failed) status = ml_error_memory(err);
  if (status == ML_OK) picture__fill(train__page, marks, sizeof marks / sizeof *marks, &p, out);
  ml_buf_release(&p.sections);
  if (status == ML_OK && out->failed) status = ml_error_memory(err);
  return status;
}
