/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small plots of one feature against the target: boxes, shares or a scatter. They hold summaries,
 * so that their size does not grow with the rows. */
#include "select_picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOT_SHOWN UINT32_MAX

struct glimpses {
  const cli_pictured *p;
  size_t n;                             /* rows */
  picture_group groups[PICTURE_GROUPS]; /* of classes */
  size_t n_groups;
  uint32_t *group_of; /* rows: NOT_SHOWN, or which picture_group */
  double *column;     /* rows: values of the feature */
  double *sorted;     /* twice the rows: finite values, by group, each group ascending */
};

/* ---- groups -------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b) {
  const picture_group *x = a, *y = b;
  if (x->n != y->n) return x->n < y->n ? 1 : -1;
  return x->class > y->class ? 1 : -1;
}

static bool is_number(const char *label, double *value) {
  const char *end = label + strlen(label);
  return ml_number_parse(label, end, value) == end && !isnan(*value);
}

/* Numbers as such, and before texts. */
static int by_label(const void *a, const void *b) {
  const picture_group *x = a, *y = b;
  double u, v;
  bool x_is_number = is_number(x->label, &u), y_is_number = is_number(y->label, &v);
  if (x_is_number != y_is_number) return x_is_number ? -1 : 1;
  if (x_is_number && u != v) return u > v ? 1 : -1;
  return strcmp(x->label, y->label);
}

/* The largest classes, as groups in the order of their labels. */
static bool group_classes(glimpses *g) {
  const ml_target *target = g->p->target;
  picture_group *all = calloc(target->n_classes, sizeof *all);
  uint32_t *shown = malloc(target->n_classes * sizeof *shown);
  if (all && shown) {
    for (size_t c = 0; c < target->n_classes; c++)
      all[c] = (picture_group){target->labels[c], (uint32_t)c, 0};
    for (size_t i = 0; i < g->n; i++) all[target->classes[i]].n++;
    qsort(all, target->n_classes, sizeof *all, by_size);
    g->n_groups = target->n_classes < PICTURE_GROUPS ? target->n_classes : PICTURE_GROUPS;
    memcpy(g->groups, all, g->n_groups * sizeof *all);
    qsort(g->groups, g->n_groups, sizeof *all, by_label);
    for (size_t c = 0; c < target->n_classes; c++) shown[c] = NOT_SHOWN;
    for (size_t k = 0; k < g->n_groups; k++) shown[g->groups[k].class] = (uint32_t)k;
    for (size_t i = 0; i < g->n; i++) g->group_of[i] = shown[target->classes[i]];
  }
  bool is_ok = all && shown;
  free(all);
  free(shown);
  return is_ok;
}

ml_status glimpse__new(const cli_pictured *p, glimpses **out, ml_error *err) {
  glimpses *g = calloc(1, sizeof *g);
  size_t n = p->features->n_rows;
  bool is_ok = g != NULL;
  if (is_ok) {
    g->p = p;
    g->n = n;
    g->group_of = malloc((n ? n : 1) * sizeof *g->group_of);
    g->column = malloc((n ? n : 1) * sizeof *g->column);
    g->sorted = malloc((n ? n : 1) * 2 * sizeof *g->sorted);
    is_ok = g->group_of && g->column && g->sorted;
  }
  if (is_ok && p->selection->problem != ML_REGRESSION) is_ok = group_classes(g);
  if (!is_ok) {
    glimpse__free(g);
    return ml_error_memory(err);
  }
  *out = g;
  return ML_OK;
}

void glimpse__free(glimpses *g) {
  if (!g) return;
  free(g->group_of);
  free(g->column);
  free(g->sorted);
  free(g);
}

/* ---- values --------------------------------------------------------------------------------- */

static void read_column(glimpses *g, size_t column) {
  const ml_matrix *m = g->p->features;
  for (size_t i = 0; i < g->n; i++)
    g->column[i] =
        m->by_column ? m->values[column * m->n_rows + i] : m->values[i * m->n_columns + column];
}

/* Of a binary feature: its two values. */
static void find_values(const glimpses *g, double *lo, double *hi) {
  *lo = INFINITY;
  *hi = -INFINITY;
  for (size_t i = 0; i < g->n; i++) {
    *lo = fmin(*lo, g->column[i]);
    *hi = fmax(*hi, g->column[i]);
  }
}

/* ---- regression ---------------------------------------------------------------------------- */

/* Boxes of the target for each of the two values. */
static size_t draw_two_boxes(glimpses *g, double lo, double hi, ml_buf *out) {
  picture_pair labels = picture__pair(lo, hi);
  picture_group groups[2] = {{labels.lo, 0, 0}, {labels.hi, 1, 0}};
  for (size_t i = 0; i < g->n; i++) {
    g->group_of[i] = g->column[i] == hi;
    groups[g->group_of[i]].n++;
  }
  return picture__boxes(&(picture_rows){groups, 2, g->p->target->values, g->group_of, g->n},
                        g->sorted, out);
}

/* @return the points that are marks at the edge */
static size_t draw_scatter(glimpses *g, ml_buf *out) {
  const picture_scatter of = {g->column, g->p->target->values, g->n,
                              "scatter plot: feature across, target upwards", PICTURE_FREE};
  return picture__scatter(&of, "", g->sorted, out);
}

/* ---- all of them --------------------------------------------------------------------------- */

void glimpse__legend(const cli_pictured *p, ml_buf *out) {
  const ml_target *t = p->target;
  if (p->selection->problem == ML_REGRESSION) {
    ml_buf_puts(out, "Feature across, target upwards");
    if (p->features->n_rows > PICTURE_MOST_POINTS)
      ml_buf_printf(out, " (%d of the rows)", PICTURE_MOST_POINTS);
    ml_buf_puts(out, "; of a feature with two values, boxes of the target.");
    return;
  }
  ml_buf_puts(out,
              "Each class with its rows; boxes are quartiles, whiskers reach 1.5 times as "
              "far, points are what lies beyond.");
  if (t->n_classes > PICTURE_GROUPS)
    ml_buf_printf(out, " The %d largest of %zu classes.", PICTURE_GROUPS, t->n_classes);
}

/* ---- one figure ---------------------------------------------------------------------------- */

void glimpse__draw(glimpses *g, const ml_relevance *feature, ml_buf *out) {
  double lo, hi;
  size_t n_beyond = 0;
  ml_buf_puts(out, "<figure><figcaption><b>");
  ml_buf_xml_text(out, g->p->features->columns[feature->column]);
  ml_buf_puts(out, "</b><span>p = ");
  picture__p(out, feature->p_value);
  ml_buf_printf(out, ", %s</span></figcaption>\n", feature->test);
  read_column(g, feature->column);
  find_values(g, &lo, &hi);
  bool is_regression = g->p->selection->problem == ML_REGRESSION;
  bool is_binary = feature->type == ML_FEATURE_BINARY;
  picture_rows rows = {g->groups, g->n_groups, g->column, g->group_of, g->n};
  if (is_regression && is_binary)
    n_beyond = draw_two_boxes(g, lo, hi, out);
  else if (is_regression)
    n_beyond = draw_scatter(g, out);
  else if (is_binary)
    picture__shares(&rows, lo, hi, out);
  else
    n_beyond = picture__boxes(&rows, g->sorted, out);
  if (n_beyond > 0)
    ml_buf_printf(out, "<p class=\"note\">%zu further out: orange, at the edge</p>\n", n_beyond);
  ml_buf_puts(out, "</figure>\n");
}
