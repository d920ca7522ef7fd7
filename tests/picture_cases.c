/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Selections to draw: usual ones, and those that are odd in some way. */
#include "picture_cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- p-values ------------------------------------------------------------------------------ */

static double falling(size_t i, size_t n) {
  return pow(10, -12.0 * (double)(n - i) / (double)(n + 1));
}

static double noise(size_t i, size_t n) {
  return ((double)i + 0.5) / (double)n;
}

static double equal(size_t i, size_t n) {
  (void)i, (void)n;
  return 1;
}

static double zeros(size_t i, size_t n) {
  return i < 3 ? 0 : i < 5 ? 1e-310 : i < 9 ? 1e-200 : falling(i, n);
}

static double with_nan(size_t i, size_t n) {
  return i + 4 < n ? falling(i, n) : NAN;
}

static double only_nan(size_t i, size_t n) {
  (void)i, (void)n;
  return NAN;
}

/* ---- names --------------------------------------------------------------------------------- */

const char *const hostile_names[] = {
    "</script><script>document.title='caught'</script>",
    "<!--<script>",
    "]]>&lt;\"'><img src=x onerror=document.title='caught'>",
    "a\xe2\x80\xa8line\xe2\x80\xa9separators",
    "control\x01\x1f\x7f\xc2\x85 signs",
    "not\xff\xc3( UTF-8\xed\xa0\x80",
    "Gr\xc3\xbc\xc3\x9f"
    "e \xe6\xb8\xac\xe5\xae\x9a \xf0\x9f\x8c\x80 \xef\xbf\xbf",
    "turned \xe2\x80\xae"
    "dnuora",
    "@@plot@@ %s%n {{}} ${1}",
    "tab\tand\nline",
    "__proto__",
    "",
    "very_long__very_long__very_long__very_long__very_long__very_long__very_long__very_long__very_"
    "long__very_long__very_long__very_long__"
    "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4",
    NULL};

#define USUAL .p = falling, .scale = 1

const picture_case picture_cases[] = {
    {"usual", 60, 40, 2, {.method = ML_FDR_BY}, USUAL, .n_constant = 3},
    {"bh", 60, 400, 2, {.method = ML_FDR_BH}, USUAL, .by_column = true},
    {"kx", 60, 400, 2, {.test = ML_SELECT_KX, .method = ML_FDR_KX}, USUAL},
    {"best", 60, 30, 2, {.k = 5}, USUAL},
    {"percentile", 60, 30, 2, {.percentile = 20}, USUAL},
    {"redundant", 60, 200, 2, {.redundancy = 0.9}, USUAL},
    {"regression", 5000, 40, 0, {.fdr_level = 0.01}, USUAL},
    {"multi", 90, 60, 3, {.n_significant = 2, .redundancy = 0.9}, USUAL, .n_constant = 2},
    {"nothing", 60, 100, 2, {.method = ML_FDR_BY}, .p = noise, .scale = 1},
    {"one", 20, 1, 2, {.method = ML_FDR_BY}, USUAL},
    {"two", 3, 2, 3, {.method = ML_FDR_KX}, USUAL},
    {"constant", 20, 5, 2, {.method = ML_FDR_BY}, USUAL, .n_constant = 5},
    {"one_constant", 20, 1, 0, {.percentile = 5}, USUAL, .n_constant = 1},
    {"equal", 20, 30, 2, {.method = ML_FDR_BH}, .p = equal, .scale = 1},
    {"zeros", 20, 80, 2, {.method = ML_FDR_BY}, .p = zeros, .scale = 1},
    {"nan", 20, 30, 0, {.method = ML_FDR_BY}, .p = with_nan, .scale = 1, .n_constant = 2},
    {"only_nan", 20, 30, 0, {.method = ML_FDR_BY}, .p = only_nan, .scale = 1},
    {"single_rows", 6, 30, 6, {.n_significant = 1}, USUAL},
    {"fifty", 200, 100, 50, {.n_significant = 3}, USUAL},
    {"huge", 20, 30, 2, {.method = ML_FDR_BY}, .p = falling, .scale = 1.7e308},
    {"huge_regression", 20, 30, 0, {.method = ML_FDR_BY}, .p = falling, .scale = 1.7e308},
    {"infinite", 20, 30, 2, {.method = ML_FDR_BY}, .p = falling, .scale = INFINITY},
    {"infinite_regression", 20, 30, 0, {.method = ML_FDR_BY}, .p = falling, .scale = INFINITY},
    {"tiny", 20, 30, 2, {.method = ML_FDR_BY}, .p = falling, .scale = 1e-320},
    {"near", 20, 30, 0, {.method = ML_FDR_BY}, .p = falling, .scale = 1e-9, .offset = 1e9},
    {"hostile", 60, 30, 3, {.n_significant = 1, .redundancy = 0.5}, USUAL, .names = hostile_names},
    {"many", 300, 5000, 2, {.method = ML_FDR_BY}, USUAL, .n_constant = 200},
    {"many_classes", 300, 5000, 50, {.n_significant = 1}, USUAL},
    {0}};

/* ---- making them --------------------------------------------------------------------------- */

static void *checked(void *memory) {
  if (memory) return memory;
  fprintf(stderr, "out of memory\n");
  abort();
}

static uint64_t next(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * UINT64_C(2685821657736338717);
}

/* In [-1, 1]; that of row 3 is far out. */
static double value_of(const picture_case *c, size_t row, size_t column, uint64_t *state) {
  double x = (double)(next(state) >> 11) * 0x1p-52 - 1;
  if (column % 4 == 3)
    x = x > 0 ? 1 : -1; /* binary */
  else if (column % 4 == 2)
    x = row == 3 ? 1 : x / 100;
  else if (c->n_classes > 0)
    x = x / 2 + 0.5 * (double)(row % c->n_classes) / (double)c->n_classes;
  return c->offset + c->scale * x;
}

static ml_matrix *make_matrix(const picture_case *c) {
  ml_error err = {0};
  ml_matrix *m = NULL;
  uint64_t state = 7;
  if (ml_matrix_new(NULL, c->n_rows, c->n_columns, &m, &err) != ML_OK) checked(NULL);
  m->by_column = c->by_column;
  for (size_t i = 0; i < c->n_rows; i++)
    for (size_t j = 0; j < c->n_columns; j++)
      m->values[c->by_column ? j * c->n_rows + i : i * c->n_columns + j] =
          value_of(c, i, j, &state);
  bool is_named = c->names != NULL;
  for (size_t j = 0; j < c->n_columns; j++) {
    char name[128];
    is_named = is_named && c->names[j] != NULL;
    snprintf(name, sizeof name,
             "speed__agg_linear_trend__attr_\"slope\"__chunk_len_%zu__f_agg_\"m\"", j);
    m->columns[j] = checked(strdup(is_named ? c->names[j] : name));
  }
  return m;
}

static ml_target *make_target(const picture_case *c) {
  ml_target *t = checked(calloc(1, sizeof *t));
  t->name = checked(strdup(c->names ? c->names[0] : "broken"));
  t->n = c->n_rows;
  t->n_classes = c->n_classes;
  t->problem = c->n_classes ? ML_CLASSIFICATION : ML_REGRESSION;
  t->type = c->n_classes ? ML_TARGET_TEXT : ML_TARGET_REAL;
  uint64_t state = 11;
  if (c->n_classes == 0) {
    t->values = checked(calloc(t->n, sizeof *t->values));
    for (size_t i = 0; i < t->n; i++) t->values[i] = (double)(next(&state) >> 11);
    return t;
  }
  t->classes = checked(calloc(t->n, sizeof *t->classes));
  t->labels = checked(calloc(t->n_classes, sizeof *t->labels));
  for (size_t i = 0; i < t->n; i++) t->classes[i] = (uint32_t)(i % t->n_classes);
  for (size_t k = 0; k < t->n_classes; k++) {
    char label[128];
    snprintf(label, sizeof label, "%s %zu", c->names ? c->names[k] : "class", t->n_classes - k);
    t->labels[k] = checked(strdup(label));
  }
  return t;
}

static const ml_class_relevance *make_classes(size_t n, double p, double threshold) {
  ml_class_relevance *classes = checked(calloc(n, sizeof *classes));
  for (size_t k = 0; k < n; k++) {
    classes[k].p_value = fmin(p * pow(3, (double)k), 1);
    classes[k].threshold = threshold;
    classes[k].is_relevant = classes[k].p_value <= threshold;
  }
  return classes;
}

static ml_selection *make_selection(const picture_case *c) {
  ml_selection *s = checked(calloc(1, sizeof *s));
  s->n = c->n_columns;
  s->n_constant = c->n_constant;
  s->problem = c->n_classes ? ML_CLASSIFICATION : ML_REGRESSION;
  s->n_classes = c->opts.n_significant ? c->n_classes : 0;
  s->features = checked(calloc(s->n, sizeof *s->features));
  s->selected = checked(calloc(s->n, sizeof *s->selected));
  s->threshold = 1e-3;
  size_t m = s->n - s->n_constant, last = SIZE_MAX;
  for (size_t i = 0; i < s->n; i++) {
    ml_relevance *f = &s->features[i];
    bool is_constant = i >= m, is_binary = i % 4 == 3;
    *f = (ml_relevance){.column = i, .redundant_with = SIZE_MAX};
    f->type = is_constant ? ML_FEATURE_CONSTANT : is_binary ? ML_FEATURE_BINARY : ML_FEATURE_REAL;
    f->test = is_constant ? "" : is_binary ? "fisher" : "mann-whitney";
    f->p_value = is_constant ? NAN : c->p(i, m);
    f->threshold = is_constant ? NAN : s->threshold;
    if (c->opts.method == ML_FDR_KX) f->threshold *= (double)(i + 1);
    f->is_relevant = f->p_value <= f->threshold;
    if (s->n_classes > 0) f->classes = make_classes(s->n_classes, f->p_value, s->threshold);
    for (size_t k = 0; k < s->n_classes; k++) f->n_significant += f->classes[k].is_relevant;
    if (!f->is_relevant) continue;
    if (c->opts.redundancy > 0 && i % 3 == 2)
      f->redundant_with = last;
    else
      last = s->selected[s->n_selected++] = i;
  }
  return s;
}

cli_pictured picture_case_make(const char *name) {
  const picture_case *c = picture_cases;
  while (c->name && strcmp(c->name, name) != 0) c++;
  if (!c->name) abort();
  return (cli_pictured){.title = c->names ? c->names[2] : "wind.csv",
                        .features = make_matrix(c),
                        .target = make_target(c),
                        .opts = &c->opts,
                        .selection = make_selection(c)};
}

void picture_case_release(cli_pictured *p) {
  ml_target *t = (ml_target *)p->target;
  ml_selection *s = (ml_selection *)p->selection;
  ml_matrix_free((ml_matrix *)p->features);
  for (size_t k = 0; k < t->n_classes; k++) free(t->labels[k]);
  free(t->labels);
  free(t->classes);
  free(t->values);
  free(t->name);
  free(t);
  for (size_t i = 0; i < s->n; i++) free((void *)s->features[i].classes);
  free(s->features);
  free(s->selected);
  free(s);
}
