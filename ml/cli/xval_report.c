/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --report: one page that needs nothing else. What it shows without scripts is what its scripts
 * show. */
#include <stdlib.h>

#include "xval_picture.h"

typedef struct report {
  const xval_shown *s;
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

/* ---- parts ---------------------------------------------------------------------------------- */

static void put_facts(void *ctx) {
  const report *r = ctx;
  report__facts(r->s, r->out);
}

static void put_scores(void *ctx) {
  const report *r = ctx;
  report__scores(r->s, r->out);
}

static void put_remarks(void *ctx) {
  const report *r = ctx;
  report__remarks(r->s, r->out);
}

static void put_panels(void *ctx) {
  const report *r = ctx;
  report__panels(r->panels, r->out);
}

/* ---- table ---------------------------------------------------------------------------------- */

static void put_rows_are(void *ctx) {
  const report *r = ctx;
  ml_buf_puts(r->out, report__rows_are(r->s));
}

static void put_heads(void *ctx) {
  const report *r = ctx;
  report__table(r->s, sheet__heads, r->out);
}

static void put_rows(void *ctx) {
  const report *r = ctx;
  report__table(r->s, sheet__rows, r->out);
}

static void put_data(void *ctx) {
  const report *r = ctx;
  report__table(r->s, sheet__data, r->out);
}

static const picture_mark marks[] = {
    {"headline", put_headline}, {"method", put_method}, {"input", put_input},
    {"target", put_target},     {"facts", put_facts},   {"scores", put_scores},
    {"remarks", put_remarks},   {"panels", put_panels}, {"rows-are", put_rows_are},
    {"heads", put_heads},       {"rows", put_rows},     {"data", put_data},
    {"version", put_version}};

ml_status xval__report(const xval_shown *s, ml_buf *out, ml_error *err) {
  report r = {.s = s, .out = out};
  ml_status status = panels__new(s, &r.panels, err);
  if (status != ML_OK) return status;
  picture__fill(xval__page, marks, sizeof marks / sizeof *marks, &r, out);
  panels__free(r.panels);
  return out->failed ? ml_error_memory(err) : ML_OK;
}
