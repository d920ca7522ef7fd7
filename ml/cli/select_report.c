/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --report: one page that needs nothing else. select.html has marks such as @@plot@@, which are
 * replaced here; what it shows without scripts is what its scripts show. */
#include "picture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N_GLIMPSES = 12, N_ROWS = 50, N_CLASSES = 8 };

typedef struct report {
  const cli_pictured *p;
  const ml_selection *s;
  glimpses *glimpses;
  ml_buf *out;
} report;

static const char *const types[] = {
    [ML_FEATURE_CONSTANT] = "constant", [ML_FEATURE_BINARY] = "binary", [ML_FEATURE_REAL] = "real"};
static const char *const tests[] = {"", "fisher", "mann-whitney", "kolmogorov-smirnov", "kendall"};

enum { N_TESTS = sizeof tests / sizeof *tests };

static size_t test_of(const ml_relevance *feature) {
  size_t at = N_TESTS;
  while (at > 1 && strcmp(tests[at - 1], feature->test) != 0) at--;
  return at - 1;
}

static const char *name_of(const report *r, const ml_relevance *feature) {
  return r->p->features->columns[feature->column];
}

static bool has_redundancy(const report *r) {
  return r->p->opts->redundancy > 0;
}

/* ---- head ---------------------------------------------------------------------------------- */

static void put_headline(report *r) {
  picture__headline(r->p, r->out);
}

static void put_input(report *r) {
  ml_buf_xml_text(r->out, r->p->title);
}

static void put_target(report *r) {
  ml_buf_xml_text(r->out, r->p->target->name);
}

static void put_version(report *r) {
  ml_buf_xml_text(r->out, ml_version());
}

static void begin_fact(report *r, const char *name, bool is_wide) {
  ml_buf_printf(r->out, "<div%s><dt>%s</dt><dd>", is_wide ? " class=\"wide\"" : "", name);
}

static void end_fact(report *r) {
  ml_buf_puts(r->out, "</dd></div>\n");
}

/* Labels with how many rows they have, of the first few. */
static void put_classes(report *r) {
  const ml_target *t = r->p->target;
  size_t counts[N_CLASSES] = {0}, n = t->n_classes < N_CLASSES ? t->n_classes : N_CLASSES;
  for (size_t i = 0; i < t->n; i++)
    if (t->classes[i] < n) counts[t->classes[i]]++;
  begin_fact(r, "classes (rows)", true);
  for (size_t c = 0; c < n; c++) {
    ml_buf_puts(r->out, c ? ", <bdi>" : "<bdi>");
    ml_buf_xml_text(r->out, t->labels[c]);
    ml_buf_printf(r->out, "</bdi> (%zu)", counts[c]);
  }
  if (t->n_classes > n) ml_buf_printf(r->out, " and %zu more", t->n_classes - n);
  end_fact(r);
}

static void put_tests(report *r) {
  size_t counts[N_TESTS] = {0};
  const char *comma = "";
  for (size_t i = 0; i < r->s->n; i++) counts[test_of(&r->s->features[i])]++;
  begin_fact(r, "tests (features)", true);
  for (size_t t = 1; t < N_TESTS; t++) {
    if (counts[t] == 0) continue;
    ml_buf_printf(r->out, "%s%s (%zu)", comma, tests[t], counts[t]);
    comma = ", ";
  }
  if (!*comma) ml_buf_puts(r->out, "none");
  end_fact(r);
}

static void put_outcome(report *r) {
  size_t n_relevant = 0, n_tested = picture__n_tested(r->s);
  for (size_t i = 0; i < r->s->n; i++) n_relevant += r->s->features[i].is_relevant;
  begin_fact(r, "selected", false);
  ml_buf_printf(r->out, "%zu of %zu", r->s->n_selected, r->s->n);
  if (has_redundancy(r)) ml_buf_printf(r->out, ", %zu relevant", n_relevant);
  end_fact(r);
  begin_fact(r, "constant features", false);
  ml_buf_printf(r->out, "%zu", r->s->n_constant);
  end_fact(r);
  if (n_tested + r->s->n_constant == r->s->n) return;
  begin_fact(r, "without a p-value", false);
  ml_buf_printf(r->out, "%zu", r->s->n - r->s->n_constant - n_tested);
  end_fact(r);
}

static void put_facts(report *r) {
  static const char *const kinds[] = {[ML_TARGET_INTEGER] = "integers",
                                      [ML_TARGET_REAL] = "real numbers",
                                      [ML_TARGET_BOOLEAN] = "booleans",
                                      [ML_TARGET_TEXT] = "texts"};
  begin_fact(r, "input", true);
  put_input(r);
  end_fact(r);
  begin_fact(r, "rows", false);
  ml_buf_printf(r->out, "%zu", r->p->features->n_rows);
  end_fact(r);
  begin_fact(r, "target", false);
  put_target(r);
  ml_buf_printf(r->out, ", %s", kinds[r->p->target->type]);
  end_fact(r);
  begin_fact(r, "task", false);
  picture__problem(r->p, r->out);
  end_fact(r);
  if (r->s->problem != ML_REGRESSION) put_classes(r);
  put_tests(r);
  begin_fact(r, "method", true);
  picture__method(r->p, r->out);
  end_fact(r);
  put_outcome(r);
  begin_fact(r, "threshold", false);
  picture__p(r->out, r->s->threshold);
  end_fact(r);
}

/* ---- pictures ------------------------------------------------------------------------------ */

static void put_plot(report *r) {
  picture__plot(r->p, false, r->out);
}

/* How many features have a small plot: of those that are selected; without any, of the best. */
static size_t n_glimpses(const report *r) {
  size_t n = r->s->n_selected > 0 ? r->s->n_selected : picture__n_tested(r->s);
  return n < N_GLIMPSES ? n : N_GLIMPSES;
}

static void put_best_title(report *r) {
  size_t n = n_glimpses(r);
  if (n == 1)
    ml_buf_puts(r->out, "The best feature against the target");
  else
    ml_buf_printf(r->out, "The best %zu features against the target", n);
}

static void put_best_note(report *r) {
  const ml_target *t = r->p->target;
  if (r->s->n_selected == 0)
    ml_buf_puts(r->out, "None is selected; these have the least p-values. ");
  if (r->s->problem == ML_REGRESSION) {
    ml_buf_puts(r->out, "Feature across, target upwards");
    if (r->p->features->n_rows > 1000) ml_buf_puts(r->out, " (1000 of the rows)");
    ml_buf_puts(r->out, "; of a feature with two values, boxes of the target.");
  } else {
    ml_buf_puts(r->out,
                "Each class with its rows; boxes are quartiles, whiskers reach 1.5 times as "
                "far, points are what lies beyond.");
    if (t->n_classes > N_CLASSES)
      ml_buf_printf(r->out, " The %d largest of %zu classes.", N_CLASSES, t->n_classes);
  }
}

static void put_glimpses(report *r) {
  size_t n = n_glimpses(r);
  for (size_t i = 0, k = 0; k < n && i < r->s->n; i++) {
    const ml_relevance *feature = &r->s->features[i];
    if (r->s->n_selected > 0 && picture__fate(feature) != PICTURE_IS_SELECTED) continue;
    glimpse__draw(r->glimpses, feature, r->out);
    k++;
  }
}

/* ---- table --------------------------------------------------------------------------------- */

static void put_head(report *r, const char *how, const char *text) {
  ml_buf_printf(r->out, "<th scope=\"col\"%s><span>", how);
  ml_buf_xml_text(r->out, text);
  ml_buf_puts(r->out, "</span></th>");
}

static void put_heads(report *r) {
  put_head(r, " class=\"n\"", "#");
  put_head(r, " class=\"name\"", "feature");
  put_head(r, "", "type");
  put_head(r, "", "test");
  put_head(r, " class=\"n\"", "p-value");
  put_head(r, " class=\"n\"", "threshold");
  put_head(r, "", "relevant");
  if (has_redundancy(r)) put_head(r, " class=\"name\"", "redundant with");
  if (r->s->n_classes > 0) put_head(r, " class=\"n\"", "classes");
  for (size_t c = 0; c < r->s->n_classes; c++) {
    ml_buf text = {0};
    ml_buf_printf(&text, "p of %s", r->p->target->labels[c]);
    ml_buf_put(&text, "", 1);
    if (text.failed) r->out->failed = true;
    put_head(r, " class=\"n\"", text.failed ? "" : text.data);
    ml_buf_release(&text);
  }
}

static void put_p_cell(report *r, const char *how, double p) {
  ml_buf_printf(r->out, "<td class=\"%s\">", how);
  picture__p(r->out, p);
  ml_buf_puts(r->out, "</td>");
}

static void put_row(report *r, size_t i) {
  const ml_relevance *f = &r->s->features[i];
  picture_fate fate = picture__fate(f);
  ml_buf_puts(r->out, fate == PICTURE_IS_SELECTED ? "<tr class=\"selected\">" : "<tr>");
  ml_buf_printf(r->out, "<td class=\"n\">%zu</td><td class=\"name\">", i + 1);
  ml_buf_xml_text(r->out, name_of(r, f));
  ml_buf_printf(r->out, "</td><td>%s</td><td>%s</td>", types[f->type],
                *f->test ? f->test : "\xe2\x80\x93");
  put_p_cell(r, "n", f->p_value);
  put_p_cell(r, "n", f->threshold);
  ml_buf_puts(r->out, f->is_relevant ? "<td class=\"yes\">yes</td>" : "<td>no</td>");
  if (has_redundancy(r)) {
    ml_buf_puts(r->out, "<td class=\"name\">");
    if (fate == PICTURE_IS_REDUNDANT)
      ml_buf_xml_text(r->out, r->p->features->columns[f->redundant_with]);
    ml_buf_puts(r->out, "</td>");
  }
  if (r->s->n_classes > 0) ml_buf_printf(r->out, "<td class=\"n\">%zu</td>", f->n_significant);
  for (size_t c = 0; c < r->s->n_classes; c++)
    put_p_cell(r, f->classes[c].is_relevant ? "n yes" : "n", f->classes[c].p_value);
  ml_buf_puts(r->out, "</tr>\n");
}

static void put_rows(report *r) {
  for (size_t i = 0; i < r->s->n && i < N_ROWS; i++) put_row(r, i);
}

/* ---- the same as JSON ---------------------------------------------------------------------- */

/* A JSON string in which there is nothing that HTML might read. */
static void put_string(report *r, const char *text) {
  ml_buf json = {0};
  ml_buf_json_string(&json, text);
  for (size_t i = 0; i < json.n; i++) {
    if (json.data[i] == '<' || json.data[i] == '>' || json.data[i] == '&')
      ml_buf_printf(r->out, "\\u%04x", json.data[i]);
    else
      ml_buf_put(r->out, json.data + i, 1);
  }
  if (json.failed) r->out->failed = true;
  ml_buf_release(&json);
}

static void put_strings(report *r, const char *key, const char *const *texts, size_t n) {
  ml_buf_printf(r->out, "\"%s\":[", key);
  for (size_t i = 0; i < n; i++) {
    ml_buf_puts(r->out, i ? "," : "");
    put_string(r, texts[i]);
  }
  ml_buf_puts(r->out, "],\n");
}

/* One list of all features. */
static void put_list(report *r, const char *key, void (*put)(report *, const ml_relevance *)) {
  ml_buf_printf(r->out, "\"%s\":[", key);
  for (size_t i = 0; i < r->s->n; i++) {
    ml_buf_puts(r->out, i ? "," : "");
    put(r, &r->s->features[i]);
  }
  ml_buf_puts(r->out, "],\n");
}

static void put_name(report *r, const ml_relevance *f) {
  put_string(r, name_of(r, f));
}

static void put_type(report *r, const ml_relevance *f) {
  ml_buf_printf(r->out, "%d", (int)f->type);
}

static void put_test(report *r, const ml_relevance *f) {
  ml_buf_printf(r->out, "%zu", test_of(f));
}

static void put_p(report *r, const ml_relevance *f) {
  ml_buf_json_number(r->out, f->p_value);
}

static void put_threshold(report *r, const ml_relevance *f) {
  ml_buf_json_number(r->out, f->threshold);
}

static void put_significant(report *r, const ml_relevance *f) {
  ml_buf_printf(r->out, "%zu", f->n_significant);
}

/* One for all that have a p-value, or a list. */
static void put_thresholds(report *r) {
  for (size_t i = 1; i < r->s->n - r->s->n_constant; i++)
    if (r->s->features[i].threshold != r->s->features[0].threshold) {
      put_list(r, "threshold", put_threshold);
      return;
    }
  ml_buf_puts(r->out, "\"threshold\":");
  ml_buf_json_number(r->out, r->s->n > r->s->n_constant ? r->s->features[0].threshold : NAN);
  ml_buf_puts(r->out, ",\n");
}

static void put_redundant(report *r) {
  const char *comma = "";
  ml_buf_puts(r->out, "\"redundant\":{");
  for (size_t i = 0; i < r->s->n; i++) {
    const ml_relevance *f = &r->s->features[i];
    if (picture__fate(f) != PICTURE_IS_REDUNDANT) continue;
    ml_buf_printf(r->out, "%s\"%zu\":", comma, i);
    put_string(r, r->p->features->columns[f->redundant_with]);
    comma = ",";
  }
  ml_buf_puts(r->out, "},\n");
}

/* In the digits that are shown. */
static void put_short_p(report *r, double p) {
  if (isnan(p))
    ml_buf_puts(r->out, "null");
  else if (p < 1e-300)
    ml_buf_puts(r->out, p > 0 ? "1e-301" : "0");
  else
    picture__p(r->out, p);
}

/* For each class the p-values; there may be many. */
static void put_class_lists(report *r) {
  ml_buf_puts(r->out, "\"class_p\":[");
  for (size_t c = 0; c < r->s->n_classes; c++) {
    ml_buf_puts(r->out, c ? ",\n[" : "[");
    for (size_t i = 0; i < r->s->n; i++) {
      ml_buf_puts(r->out, i ? "," : "");
      put_short_p(r, r->s->features[i].classes[c].p_value);
    }
    ml_buf_puts(r->out, "]");
  }
  ml_buf_puts(r->out, "],\n\"class_relevant\":[");
  for (size_t c = 0; c < r->s->n_classes; c++) {
    ml_buf_puts(r->out, c ? ",\n\"" : "\"");
    for (size_t i = 0; i < r->s->n; i++)
      ml_buf_puts(r->out, r->s->features[i].classes[c].is_relevant ? "1" : "0");
    ml_buf_puts(r->out, "\"");
  }
  ml_buf_puts(r->out, "],\n");
}

static void put_data(report *r) {
  ml_buf_puts(r->out, "{");
  put_strings(r, "types", types, sizeof types / sizeof *types);
  put_strings(r, "tests", tests, N_TESTS);
  put_strings(r, "classes", (const char *const *)r->p->target->labels, r->s->n_classes);
  put_list(r, "name", put_name);
  put_list(r, "type", put_type);
  put_list(r, "test", put_test);
  put_list(r, "p", put_p);
  put_thresholds(r);
  if (has_redundancy(r)) put_redundant(r);
  if (r->s->n_classes > 0) {
    put_list(r, "significant", put_significant);
    put_class_lists(r);
  }
  ml_buf_puts(r->out, "\"fate\":\"");
  for (size_t i = 0; i < r->s->n; i++)
    ml_buf_printf(r->out, "%d", (int)picture__fate(&r->s->features[i]));
  ml_buf_puts(r->out, "\"}");
}

/* ---- all of it ----------------------------------------------------------------------------- */

static const struct {
  const char *name;
  void (*put)(report *r);
} marks[] = {
    {"headline", put_headline},   {"input", put_input},       {"target", put_target},
    {"facts", put_facts},         {"plot", put_plot},         {"best-title", put_best_title},
    {"best-note", put_best_note}, {"glimpses", put_glimpses}, {"heads", put_heads},
    {"rows", put_rows},           {"data", put_data},         {"version", put_version}};

static void put_mark(report *r, const char *name, size_t n) {
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
    if (strlen(marks[i].name) == n && memcmp(marks[i].name, name, n) == 0) marks[i].put(r);
}

ml_status cli__select_report(const cli_pictured *p, ml_buf *out, ml_error *err) {
  report r = {.p = p, .s = p->selection, .out = out};
  ml_status status = glimpse__new(p, &r.glimpses, err);
  if (status != ML_OK) return status;
  const char *at = picture__page;
  for (const char *mark; (mark = strstr(at, "@@"));) {
    const char *end = strstr(mark + 2, "@@");
    ml_buf_put(out, at, (size_t)(mark - at));
    put_mark(&r, mark + 2, (size_t)(end - mark - 2));
    at = end + 2;
  }
  ml_buf_puts(out, at);
  glimpse__free(r.glimpses);
  return out->failed ? ml_error_set(err, ML_ERR_MEMORY, "out of memory") : ML_OK;
}
