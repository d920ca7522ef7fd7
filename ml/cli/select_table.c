/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of --report: its heads, its first rows, and all rows as JSON, which its script shows.
 */
#include "select_picture.h"

#include <math.h>
#include <string.h>

enum { N_ROWS = 50 };

typedef struct table {
  const cli_pictured *p;
  const ml_selection *s;
  ml_buf *out;
} table;

const char *const picture__tests[] = {"",        "fisher", "mann-whitney", "kolmogorov-smirnov",
                                      "kendall", NULL};

enum { N_TESTS = sizeof picture__tests / sizeof *picture__tests - 1 };

static size_t test_of(const ml_relevance *feature) {
  size_t at = N_TESTS;
  while (at > 1 && strcmp(picture__tests[at - 1], feature->test) != 0) at--;
  return at - 1;
}

static const char *name_of(const table *t, const ml_relevance *feature) {
  return t->p->features->columns[feature->column];
}

static bool has_redundancy(const table *t) {
  return t->p->opts->redundancy > 0;
}

/* ---- rows ---------------------------------------------------------------------------------- */

static void put_head(table *t, const char *how, const char *text) {
  ml_buf_printf(t->out, "<th scope=\"col\"%s><span>", how);
  ml_buf_xml_text(t->out, text);
  ml_buf_puts(t->out, "</span></th>");
}

void picture__table_heads(const cli_pictured *p, ml_buf *out) {
  table t = {p, p->selection, out};
  put_head(&t, " class=\"n\"", "#");
  put_head(&t, " class=\"name\"", "feature");
  put_head(&t, "", "type");
  put_head(&t, "", "test");
  put_head(&t, " class=\"n\"", "p-value");
  put_head(&t, " class=\"n\"", "threshold");
  put_head(&t, "", "relevant");
  if (has_redundancy(&t)) put_head(&t, " class=\"name\"", "redundant with");
  if (t.s->n_classes > 0) put_head(&t, " class=\"n\"", "classes");
  for (size_t c = 0; c < t.s->n_classes; c++) {
    ml_buf text = {0};
    ml_buf_printf(&text, "p of %s", t.p->target->labels[c]);
    ml_buf_put(&text, "", 1);
    if (text.failed) t.out->failed = true;
    put_head(&t, " class=\"n\"", text.failed ? "" : text.data);
    ml_buf_release(&text);
  }
}

static void put_p_cell(table *t, const char *how, double p) {
  ml_buf_printf(t->out, "<td class=\"%s\">", how);
  picture__p(t->out, p);
  ml_buf_puts(t->out, "</td>");
}

static void put_row(table *t, size_t i) {
  const ml_relevance *f = &t->s->features[i];
  picture_fate fate = picture__fate(f);
  ml_buf_puts(t->out, fate == PICTURE_IS_SELECTED ? "<tr class=\"selected\">" : "<tr>");
  ml_buf_printf(t->out, "<td class=\"n\">%zu</td><td class=\"name\">", i + 1);
  ml_buf_xml_text(t->out, name_of(t, f));
  ml_buf_printf(t->out, "</td><td>%s</td><td>%s</td>", picture__types[f->type],
                *f->test ? f->test : "\xe2\x80\x93");
  put_p_cell(t, "n", f->p_value);
  put_p_cell(t, "n", f->threshold);
  ml_buf_puts(t->out, f->is_relevant ? "<td class=\"yes\">yes</td>" : "<td>no</td>");
  if (has_redundancy(t)) {
    ml_buf_puts(t->out, "<td class=\"name\">");
    if (fate == PICTURE_IS_REDUNDANT)
      ml_buf_xml_text(t->out, t->p->features->columns[f->redundant_with]);
    ml_buf_puts(t->out, "</td>");
  }
  if (t->s->n_classes > 0) ml_buf_printf(t->out, "<td class=\"n\">%zu</td>", f->n_significant);
  for (size_t c = 0; c < t->s->n_classes; c++)
    put_p_cell(t, f->classes[c].is_relevant ? "n yes" : "n", f->classes[c].p_value);
  ml_buf_puts(t->out, "</tr>\n");
}

void picture__table_rows(const cli_pictured *p, ml_buf *out) {
  table t = {p, p->selection, out};
  for (size_t i = 0; i < t.s->n && i < N_ROWS; i++) put_row(&t, i);
}

/* ---- the same as JSON ---------------------------------------------------------------------- */

static void put_strings(table *t, const char *key, const char *const *texts, size_t n) {
  ml_buf_printf(t->out, "\"%s\":[", key);
  for (size_t i = 0; i < n; i++) {
    ml_buf_puts(t->out, i ? "," : "");
    picture__json_string(t->out, texts[i]);
  }
  ml_buf_puts(t->out, "],\n");
}

/* One list of all features. */
static void put_list(table *t, const char *key, void (*put)(table *, const ml_relevance *)) {
  ml_buf_printf(t->out, "\"%s\":[", key);
  for (size_t i = 0; i < t->s->n; i++) {
    ml_buf_puts(t->out, i ? "," : "");
    put(t, &t->s->features[i]);
  }
  ml_buf_puts(t->out, "],\n");
}

static void put_name(table *t, const ml_relevance *f) {
  picture__json_string(t->out, name_of(t, f));
}

static void put_type(table *t, const ml_relevance *f) {
  ml_buf_printf(t->out, "%d", (int)f->type);
}

static void put_test(table *t, const ml_relevance *f) {
  ml_buf_printf(t->out, "%zu", test_of(f));
}

static void put_p(table *t, const ml_relevance *f) {
  ml_buf_json_number(t->out, f->p_value);
}

static void put_threshold(table *t, const ml_relevance *f) {
  ml_buf_json_number(t->out, f->threshold);
}

static void put_significant(table *t, const ml_relevance *f) {
  ml_buf_printf(t->out, "%zu", f->n_significant);
}

/* One for all that have a p-value, or a list. */
static void put_thresholds(table *t) {
  if (!picture__has_one_threshold(t->s)) {
    put_list(t, "threshold", put_threshold);
    return;
  }
  ml_buf_puts(t->out, "\"threshold\":");
  ml_buf_json_number(t->out, t->s->n > t->s->n_constant ? t->s->features[0].threshold : NAN);
  ml_buf_puts(t->out, ",\n");
}

static void put_redundant(table *t) {
  const char *comma = "";
  ml_buf_puts(t->out, "\"redundant\":{");
  for (size_t i = 0; i < t->s->n; i++) {
    const ml_relevance *f = &t->s->features[i];
    if (picture__fate(f) != PICTURE_IS_REDUNDANT) continue;
    ml_buf_printf(t->out, "%s\"%zu\":", comma, i);
    picture__json_string(t->out, t->p->features->columns[f->redundant_with]);
    comma = ",";
  }
  ml_buf_puts(t->out, "},\n");
}

/* In the digits that are shown. */
static void put_short_p(table *t, double p) {
  if (isnan(p))
    ml_buf_puts(t->out, "null");
  else if (p < 1e-300)
    ml_buf_puts(t->out, p > 0 ? "1e-301" : "0");
  else
    picture__p(t->out, p);
}

/* For each class the p-values; there may be many. */
static void put_class_lists(table *t) {
  ml_buf_puts(t->out, "\"class_p\":[");
  for (size_t c = 0; c < t->s->n_classes; c++) {
    ml_buf_puts(t->out, c ? ",\n[" : "[");
    for (size_t i = 0; i < t->s->n; i++) {
      ml_buf_puts(t->out, i ? "," : "");
      put_short_p(t, t->s->features[i].classes[c].p_value);
    }
    ml_buf_puts(t->out, "]");
  }
  ml_buf_puts(t->out, "],\n\"class_relevant\":[");
  for (size_t c = 0; c < t->s->n_classes; c++) {
    ml_buf_puts(t->out, c ? ",\n\"" : "\"");
    for (size_t i = 0; i < t->s->n; i++)
      ml_buf_puts(t->out, t->s->features[i].classes[c].is_relevant ? "1" : "0");
    ml_buf_puts(t->out, "\"");
  }
  ml_buf_puts(t->out, "],\n");
}

void picture__table_data(const cli_pictured *p, ml_buf *out) {
  table t = {p, p->selection, out};
  ml_buf_puts(t.out, "{");
  put_strings(&t, "types", picture__types, ML_FEATURE_REAL + 1);
  put_strings(&t, "tests", picture__tests, N_TESTS);
  put_strings(&t, "classes", (const char *const *)t.p->target->labels, t.s->n_classes);
  put_list(&t, "name", put_name);
  put_list(&t, "type", put_type);
  put_list(&t, "test", put_test);
  put_list(&t, "p", put_p);
  put_thresholds(&t);
  if (has_redundancy(&t)) put_redundant(&t);
  if (t.s->n_classes > 0) {
    put_list(&t, "significant", put_significant);
    put_class_lists(&t);
  }
  ml_buf_puts(t.out, "\"fate\":\"");
  for (size_t i = 0; i < t.s->n; i++)
    ml_buf_printf(t.out, "%d", (int)picture__fate(&t.s->features[i]));
  ml_buf_puts(t.out, "\"}");
}
