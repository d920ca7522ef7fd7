/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --report: one page that needs nothing else. select.html has marks such as @@plot@@, which are
 * replaced here; what it shows without scripts is what its scripts show. */
#include "select_picture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N_GLIMPSES = 12, N_CLASSES = PICTURE_GROUPS };

typedef struct report {
  const cli_pictured *p;
  const ml_selection *s;
  glimpses *glimpses;
  ml_buf *out;
} report;

static bool has_redundancy(const report *r) {
  return r->p->opts->redundancy > 0;
}

/* ---- head ---------------------------------------------------------------------------------- */

static void put_headline(void *ctx) {
  const report *r = ctx;
  picture__headline(r->p, r->out);
}

static void put_input(void *ctx) {
  const report *r = ctx;
  ml_buf_xml_text(r->out, r->p->title);
}

static void put_target(void *ctx) {
  const report *r = ctx;
  ml_buf_xml_text(r->out, r->p->target->name);
}

static void put_version(void *ctx) {
  const report *r = ctx;
  ml_buf_xml_text(r->out, ml_version());
}

/* Labels with how many rows they have, of the first few. */
static void put_classes(const report *r) {
  const ml_target *t = r->p->target;
  size_t counts[N_CLASSES] = {0}, n = t->n_classes < N_CLASSES ? t->n_classes : N_CLASSES;
  for (size_t i = 0; i < t->n; i++)
    if (t->classes[i] < n) counts[t->classes[i]]++;
  picture__begin_fact(r->out, "classes (rows)", true);
  for (size_t c = 0; c < n; c++) {
    ml_buf_puts(r->out, c ? ", <bdi>" : "<bdi>");
    ml_buf_xml_text(r->out, t->labels[c]);
    ml_buf_printf(r->out, "</bdi> (%zu)", counts[c]);
  }
  if (t->n_classes > n) ml_buf_printf(r->out, " and %zu more", t->n_classes - n);
  picture__end_fact(r->out);
}

static void put_tests(const report *r) {
  const char *comma = "";
  picture__begin_fact(r->out, "tests (features)", true);
  for (size_t t = 1; picture__tests[t]; t++) {
    size_t n = 0;
    for (size_t i = 0; i < r->s->n; i++)
      n += strcmp(r->s->features[i].test, picture__tests[t]) == 0;
    if (n == 0) continue;
    ml_buf_printf(r->out, "%s%s (%zu)", comma, picture__tests[t], n);
    comma = ", ";
  }
  if (!*comma) ml_buf_puts(r->out, "none");
  picture__end_fact(r->out);
}

static void put_outcome(const report *r) {
  size_t n_relevant = 0, n_tested = picture__n_tested(r->s);
  for (size_t i = 0; i < r->s->n; i++) n_relevant += r->s->features[i].is_relevant;
  picture__begin_fact(r->out, "selected", false);
  ml_buf_printf(r->out, "%zu of %zu", r->s->n_selected, r->s->n);
  if (has_redundancy(r)) ml_buf_printf(r->out, ", %zu relevant", n_relevant);
  picture__end_fact(r->out);
  picture__begin_fact(r->out, "constant features", false);
  ml_buf_printf(r->out, "%zu", r->s->n_constant);
  picture__end_fact(r->out);
  if (n_tested + r->s->n_constant == r->s->n) return;
  picture__begin_fact(r->out, "without a p-value", false);
  ml_buf_printf(r->out, "%zu", r->s->n - r->s->n_constant - n_tested);
  picture__end_fact(r->out);
}

static void put_facts(void *ctx) {
  const report *r = ctx;
  static const char *const kinds[] = {[ML_TARGET_INTEGER] = "integers",
                                      [ML_TARGET_REAL] = "real numbers",
                                      [ML_TARGET_BOOLEAN] = "booleans",
                                      [ML_TARGET_TEXT] = "texts"};
  picture__begin_fact(r->out, "input", true);
  ml_buf_xml_text(r->out, r->p->title);
  picture__end_fact(r->out);
  picture__begin_fact(r->out, "rows", false);
  ml_buf_printf(r->out, "%zu", r->p->features->n_rows);
  picture__end_fact(r->out);
  picture__begin_fact(r->out, "target", false);
  ml_buf_xml_text(r->out, r->p->target->name);
  ml_buf_printf(r->out, ", %s", kinds[r->p->target->type]);
  picture__end_fact(r->out);
  picture__begin_fact(r->out, "task", false);
  picture__problem(r->p, r->out);
  picture__end_fact(r->out);
  if (r->s->problem != ML_REGRESSION) put_classes(r);
  put_tests(r);
  picture__begin_fact(r->out, "method", true);
  picture__method(r->p, r->out);
  picture__end_fact(r->out);
  put_outcome(r);
  picture__begin_fact(r->out, picture__has_one_threshold(r->s) ? "threshold" : "smallest threshold",
                      false);
  picture__p(r->out, r->s->threshold);
  picture__end_fact(r->out);
}

/* ---- pictures ------------------------------------------------------------------------------ */

static void put_plot(void *ctx) {
  const report *r = ctx;
  picture__plot(r->p, false, r->out);
}

/* How many features have a small plot: of those that are selected; without any, of the best. */
static size_t n_glimpses(const report *r) {
  size_t n = r->s->n_selected > 0 ? r->s->n_selected : picture__n_tested(r->s);
  return n < N_GLIMPSES ? n : N_GLIMPSES;
}

static void put_best_title(void *ctx) {
  const report *r = ctx;
  size_t n = n_glimpses(r);
  if (n == 1)
    ml_buf_puts(r->out, "The best feature against the target");
  else
    ml_buf_printf(r->out, "The best %zu features against the target", n);
}

static void put_best_note(void *ctx) {
  const report *r = ctx;
  if (r->s->n_selected == 0)
    ml_buf_puts(r->out, "None is selected; these have the least p-values. ");
  glimpse__legend(r->p, r->out);
}

static void put_glimpses(void *ctx) {
  const report *r = ctx;
  size_t n = n_glimpses(r);
  for (size_t i = 0, k = 0; k < n && i < r->s->n; i++) {
    const ml_relevance *feature = &r->s->features[i];
    if (r->s->n_selected > 0 && picture__fate(feature) != PICTURE_IS_SELECTED) continue;
    glimpse__draw(r->glimpses, feature, r->out);
    k++;
  }
}

/* ---- table --------------------------------------------------------------------------------- */

static void put_table_heads(void *ctx) {
  const report *r = ctx;
  picture__table_heads(r->p, r->out);
}

static void put_table_rows(void *ctx) {
  const report *r = ctx;
  picture__table_rows(r->p, r->out);
}

static void put_table_data(void *ctx) {
  const report *r = ctx;
  picture__table_data(r->p, r->out);
}

/* ---- all of it ----------------------------------------------------------------------------- */

static const picture_mark marks[] = {
    {"headline", put_headline},   {"input", put_input},       {"target", put_target},
    {"facts", put_facts},         {"plot", put_plot},         {"best-title", put_best_title},
    {"best-note", put_best_note}, {"glimpses", put_glimpses}, {"heads", put_table_heads},
    {"rows", put_table_rows},     {"data", put_table_data},   {"version", put_version}};

ml_status cli__select_report(const cli_pictured *p, ml_buf *out, ml_error *err) {
  report r = {.p = p, .s = p->selection, .out = out};
  ml_status status = glimpse__new(p, &r.glimpses, err);
  if (status != ML_OK) return status;
  picture__fill(select__page, marks, sizeof marks / sizeof *marks, &r, out);
  glimpse__free(r.glimpses);
  return out->failed ? ml_error_memory(err) : ML_OK;
}
