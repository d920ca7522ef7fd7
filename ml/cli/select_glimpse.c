/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small plots of one feature against the target: boxes, shares or a scatter. They hold summaries,
 * so that their size does not grow with the rows. */
#include "picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOT_SHOWN UINT32_MAX
#define SIZE      11 /* of texts */

enum {
  WIDTH = 330,
  LEFT = 92,   /* of the field of boxes; labels are to the left of it, */
  RIGHT = 286, /* counts to the right */
  MOST_GROUPS = 8,
  MOST_POINTS = 1000,
  SCATTER_LEFT = 52,
  SCATTER_BOTTOM = 176
};

typedef struct group {
  const char *label; /* borrowed */
  uint32_t class;
  size_t n; /* rows */
} group;

struct glimpses {
  const cli_pictured *p;
  size_t n;                  /* rows */
  group groups[MOST_GROUPS]; /* of classes */
  size_t n_groups;
  uint32_t *group_of; /* rows: NOT_SHOWN, or which group */
  double *column;     /* rows: values of the feature */
  double *sorted;     /* rows: finite values, by group, each group ascending */
};

/* ---- groups -------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b) {
  const group *x = a, *y = b;
  if (x->n != y->n) return x->n < y->n ? 1 : -1;
  return x->class > y->class ? 1 : -1;
}

static int by_label(const void *a, const void *b) {
  const group *x = a, *y = b;
  double u, v;
  const char *x_end = x->label + strlen(x->label), *y_end = y->label + strlen(y->label);
  bool are_numbers = ml_number_parse(x->label, x_end, &u) == x_end &&
                     ml_number_parse(y->label, y_end, &v) == y_end;
  if (are_numbers && u != v) return u > v ? 1 : -1;
  return strcmp(x->label, y->label);
}

/* The largest classes, as groups in the order of their labels. */
static bool group_classes(glimpses *g) {
  const ml_target *target = g->p->target;
  group *all = calloc(target->n_classes, sizeof *all);
  uint32_t *shown = malloc(target->n_classes * sizeof *shown);
  if (all && shown) {
    for (size_t c = 0; c < target->n_classes; c++)
      all[c] = (group){target->labels[c], (uint32_t)c, 0};
    for (size_t i = 0; i < g->n; i++) all[target->classes[i]].n++;
    qsort(all, target->n_classes, sizeof *all, by_size);
    g->n_groups = target->n_classes < MOST_GROUPS ? target->n_classes : MOST_GROUPS;
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
    g->sorted = malloc((n ? n : 1) * sizeof *g->sorted);
    is_ok = g->group_of && g->column && g->sorted;
  }
  if (is_ok && p->selection->problem != ML_REGRESSION) is_ok = group_classes(g);
  if (!is_ok) {
    glimpse__free(g);
    return ml_error_set(err, ML_ERR_MEMORY, "out of memory");
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

static void read_column(glimpses *g, size_t column) {
  const ml_matrix *m = g->p->features;
  for (size_t i = 0; i < g->n; i++)
    g->column[i] =
        m->by_column ? m->values[column * m->n_rows + i] : m->values[i * m->n_columns + column];
}

/* ---- boxes --------------------------------------------------------------------------------- */

typedef struct box {
  const double *values; /* n, ascending */
  size_t n;
  double low, q1, median, q3, high; /* low, high: the ends of the whiskers */
} box;

typedef struct boxes {
  box list[MOST_GROUPS];
  const group *groups;
  size_t n;
  double lo, hi; /* that is shown; values beyond are marks at the edge */
  size_t n_beyond;
} boxes;

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Linear between the two that are nearest. */
static double quantile(const double *values, size_t n, double share) {
  double at = share * (double)(n - 1);
  size_t i = (size_t)at;
  double t = at - (double)i;
  return i + 1 < n ? values[i] * (1 - t) + values[i + 1] * t : values[n - 1];
}

static box make_box(double *values, size_t n) {
  box b = {.values = values, .n = n};
  if (n == 0) return b;
  qsort(values, n, sizeof *values, by_value);
  b.q1 = quantile(values, n, 0.25);
  b.median = quantile(values, n, 0.5);
  b.q3 = quantile(values, n, 0.75);
  double reach = 1.5 * (b.q3 - b.q1);
  b.low = b.q1;
  b.high = b.q3;
  for (size_t i = 0; i < n; i++) {
    if (values[i] >= b.q1 - reach) b.low = fmin(b.low, values[i]);
    if (values[i] <= b.q3 + reach) b.high = fmax(b.high, values[i]);
  }
  return b;
}

/* Far outliers must not press the boxes flat: beyond three times what all boxes with their whiskers
 * take, they only are marks. */
static void set_range(boxes *b) {
  double low = INFINITY, high = -INFINITY, least = INFINITY, most = -INFINITY;
  for (size_t k = 0; k < b->n; k++) {
    const box *x = &b->list[k];
    if (x->n == 0) continue;
    low = fmin(low, x->low);
    high = fmax(high, x->high);
    least = fmin(least, x->values[0]);
    most = fmax(most, x->values[x->n - 1]);
  }
  double reach = high > low ? 3 * (high - low) : INFINITY;
  b->lo = fmax(least, low - reach);
  b->hi = fmin(most, high + reach);
  b->n_beyond = 0;
  for (size_t k = 0; k < b->n; k++)
    for (size_t i = 0; i < b->list[k].n; i++)
      b->n_beyond += b->list[k].values[i] < b->lo || b->list[k].values[i] > b->hi;
}

/* Boxes of the values of each group. */
static void make_boxes(glimpses *g, const double *values, const group *groups, size_t n,
                       boxes *out) {
  double *at = g->sorted;
  *out = (boxes){.groups = groups, .n = n};
  for (size_t k = 0; k < n; k++) {
    size_t count = 0;
    for (size_t i = 0; i < g->n; i++)
      if (g->group_of[i] == k && isfinite(values[i])) at[count++] = values[i];
    out->list[k] = make_box(at, count);
    at += count;
  }
  set_range(out);
}

/* ---- drawing rows -------------------------------------------------------------------------- */

static double row_height(size_t n_rows) {
  return n_rows <= 3 ? 36 : 22;
}

static void put_head(ml_buf *out, const char *kind, double height) {
  picture__begin(out, "glimpse", WIDTH, height);
  ml_buf_printf(out, " font-size=\"%d\" role=\"img\" aria-label=\"%s\">\n", SIZE, kind);
}

static void put_row_texts(ml_buf *out, const group *row, double y) {
  ml_buf_printf(out, "<text " PICTURE_INK " x=\"%d\" y=\"", LEFT - 8);
  picture__at(out, y + 4);
  ml_buf_puts(out, "\" text-anchor=\"end\"><title>");
  ml_buf_xml_text(out, row->label);
  ml_buf_puts(out, "</title>");
  picture__name(out, row->label, LEFT - 12, SIZE);
  ml_buf_puts(out, "</text>");
  ml_buf_printf(out, "<text " PICTURE_DIM " x=\"%d\" y=\"", RIGHT + 8);
  picture__at(out, y + 4);
  ml_buf_printf(out, "\" font-size=\"10\">%zu</text>\n", row->n);
}

static double x_in(double value, double lo, double hi) {
  return LEFT + 6 + picture__share(value, lo, hi) * (RIGHT - LEFT - 12);
}

static void put_value_axis(ml_buf *out, double lo, double hi, double y) {
  picture_ticks ticks;
  double last_end = -1;
  picture__ticks(lo, hi, 4, &ticks);
  ml_buf_printf(out, "<path " PICTURE_AXIS " d=\"M%d,%.0fH%d", LEFT, y, RIGHT);
  for (size_t i = 0; i < ticks.n; i++) {
    picture__point(out, 'M', x_in(ticks.at[i], lo, hi), y);
    ml_buf_puts(out, "v4");
  }
  ml_buf_puts(out, "\"/>\n");
  for (size_t i = 0; i < ticks.n; i++) {
    double x = x_in(ticks.at[i], lo, hi), half = picture__width(ticks.labels[i], 10) / 2;
    if (x - half < last_end + 4) continue;
    picture__text(out, x, y + 15, PICTURE_DIM " font-size=\"10\" text-anchor=\"middle\"",
                  ticks.labels[i]);
    last_end = x + half;
  }
}

static void put_outliers(ml_buf *out, const boxes *b, const box *x, double y) {
  double last = -1;
  bool is_open = false;
  for (size_t i = 0; i < x->n; i++) {
    double v = x->values[i];
    if ((v >= x->low && v <= x->high) || v < b->lo || v > b->hi) continue;
    double at = round(x_in(v, b->lo, b->hi) * 2) / 2;
    if (at == last) continue;
    if (!is_open)
      ml_buf_puts(out, "<path " PICTURE_SELECTED
                       " stroke-width=\"3.4\" stroke-linecap=\"round\" opacity=\".7\" d=\"");
    picture__point(out, 'M', at, y);
    ml_buf_puts(out, "h0");
    is_open = true;
    last = at;
  }
  if (is_open) ml_buf_puts(out, "\"/>");
  if (x->values[0] < b->lo)
    ml_buf_printf(out, "<path class=\"beyond\" fill=\"#d55e00\" d=\"M%d,%.1fl7,-4v8z\"/>", LEFT - 3,
                  y);
  if (x->values[x->n - 1] > b->hi)
    ml_buf_printf(out, "<path class=\"beyond\" fill=\"#d55e00\" d=\"M%d,%.1fl-7,-4v8z\"/>",
                  RIGHT + 3, y);
  ml_buf_puts(out, "\n");
}

static void put_box(ml_buf *out, const boxes *b, const box *x, double y, double half) {
  double q1 = x_in(x->q1, b->lo, b->hi), q3 = x_in(x->q3, b->lo, b->hi);
  double median = x_in(x->median, b->lo, b->hi);
  ml_buf_puts(out, "<path " PICTURE_SELECTED " stroke-width=\"1.2\" d=\"");
  picture__point(out, 'M', x_in(x->low, b->lo, b->hi), y);
  picture__point(out, 'L', q1, y);
  picture__point(out, 'M', q3, y);
  picture__point(out, 'L', x_in(x->high, b->lo, b->hi), y);
  ml_buf_puts(out, "\"/><rect class=\"box\" fill=\"#cfe3f2\" stroke=\"#0072b2\" x=\"");
  picture__at(out, q1);
  ml_buf_puts(out, "\" y=\"");
  picture__at(out, y - half);
  ml_buf_puts(out, "\" width=\"");
  picture__at(out, fmax(q3 - q1, 0.5));
  ml_buf_puts(out, "\" height=\"");
  picture__at(out, 2 * half);
  ml_buf_puts(out,
              "\"/><path class=\"median\" fill=\"none\" stroke=\"#1c2128\" "
              "stroke-width=\"2.2\" d=\"");
  picture__point(out, 'M', median, y - half);
  picture__point(out, 'L', median, y + half);
  ml_buf_puts(out, "\"/>\n");
  put_outliers(out, b, x, y);
}

/* @return the values that are marks only */
static size_t draw_boxes(const boxes *b, ml_buf *out) {
  double height = row_height(b->n), end = 6 + (double)b->n * height;
  put_head(out, "box plots", end + 22);
  for (size_t k = 0; k < b->n; k++) {
    double y = 6 + ((double)k + 0.5) * height;
    put_row_texts(out, &b->groups[k], y);
    if (b->list[k].n > 0) put_box(out, b, &b->list[k], y, height * 0.3);
  }
  if (b->lo <= b->hi) put_value_axis(out, b->lo, b->hi, end + 2);
  ml_buf_puts(out, "</svg>\n");
  return b->n_beyond;
}

/* ---- shares of a binary feature ------------------------------------------------------------- */

/* @return its two values; both the same when there is one only */
static void find_values(const glimpses *g, double *lo, double *hi) {
  *lo = INFINITY;
  *hi = -INFINITY;
  for (size_t i = 0; i < g->n; i++) {
    *lo = fmin(*lo, g->column[i]);
    *hi = fmax(*hi, g->column[i]);
  }
}

static void put_share(ml_buf *out, double y, double half, double share) {
  double x = LEFT + share * (RIGHT - LEFT);
  char text[ML_NUMBER_MAX];
  ml_buf_printf(out,
                "<rect class=\"other\" fill=\"#e4e8ec\" stroke=\"#83898f\" stroke-width=\".7\" "
                "x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>",
                LEFT, y - half, RIGHT - LEFT, 2 * half);
  ml_buf_printf(out, "<rect class=\"share\" fill=\"#0072b2\" x=\"%d\" y=\"%.1f\" width=\"", LEFT,
                y - half);
  picture__at(out, x - LEFT);
  ml_buf_printf(out, "\" height=\"%.1f\"/>", 2 * half);
  snprintf(text, sizeof text, "%.0f %%", 100 * share);
  if (share >= 0.5)
    picture__text(out, x - 6, y + 4, "class=\"on\" fill=\"#fff\" text-anchor=\"end\"", text);
  else
    picture__text(out, x + 6, y + 4, PICTURE_INK, text);
}

static void put_value_entry(ml_buf *out, double x, double y, const char *mark, double value) {
  char text[ML_NUMBER_MAX + 8];
  snprintf(text, sizeof text, "%.6g", value);
  ml_buf_printf(out, "<rect %s x=\"%.0f\" y=\"%.1f\" width=\"10\" height=\"10\"/>", mark, x, y - 9);
  picture__text(out, x + 15, y, PICTURE_INK, text);
}

static void draw_shares(const glimpses *g, double lo, double hi, ml_buf *out) {
  double height = row_height(g->n_groups), end = 6 + (double)g->n_groups * height;
  size_t n_hi[MOST_GROUPS] = {0};
  for (size_t i = 0; i < g->n; i++)
    if (g->group_of[i] != NOT_SHOWN && g->column[i] == hi) n_hi[g->group_of[i]]++;
  put_head(out, "shares of the two values", end + 22);
  for (size_t k = 0; k < g->n_groups; k++) {
    double y = 6 + ((double)k + 0.5) * height;
    put_row_texts(out, &g->groups[k], y);
    put_share(out, y, height * 0.3, (double)n_hi[k] / (double)g->groups[k].n);
  }
  put_value_entry(out, LEFT, end + 14, "class=\"share\" fill=\"#0072b2\"", hi);
  put_value_entry(out, LEFT + 100, end + 14,
                  "class=\"other\" fill=\"#e4e8ec\" stroke=\"#83898f\" stroke-width=\".7\"", lo);
  ml_buf_puts(out, "</svg>\n");
}

/* ---- regression ---------------------------------------------------------------------------- */

/* Boxes of the target for each of the two values. */
static size_t draw_two_boxes(glimpses *g, double lo, double hi, ml_buf *out) {
  char labels[2][ML_NUMBER_MAX];
  group groups[2] = {{labels[0], 0, 0}, {labels[1], 1, 0}};
  boxes b;
  snprintf(labels[0], sizeof labels[0], "%.6g", lo);
  snprintf(labels[1], sizeof labels[1], "%.6g", hi);
  for (size_t i = 0; i < g->n; i++) {
    g->group_of[i] = g->column[i] == hi;
    groups[g->group_of[i]].n++;
  }
  make_boxes(g, g->p->target->values, groups, 2, &b);
  return draw_boxes(&b, out);
}

typedef struct range {
  double lo, hi;
} range;

/* What is shown of an axis: all, but for values that would press the others flat. */
static range range_of(glimpses *g, const double *values) {
  size_t n = 0;
  for (size_t i = 0; i < g->n; i++)
    if (isfinite(values[i])) g->sorted[n++] = values[i];
  if (n == 0) return (range){0, 0};
  box b = make_box(g->sorted, n);
  double reach = b.q3 > b.q1 ? 4 * (b.q3 - b.q1) : INFINITY;
  return (range){fmax(g->sorted[0], b.q1 - reach), fmin(g->sorted[n - 1], b.q3 + reach)};
}

static double scatter_x(range r, double v) {
  return SCATTER_LEFT + 6 + picture__share(v, r.lo, r.hi) * (WIDTH - SCATTER_LEFT - 22);
}

static double scatter_y(range r, double v) {
  return SCATTER_BOTTOM - 6 - picture__share(v, r.lo, r.hi) * (SCATTER_BOTTOM - 20);
}

static void put_scatter_axes(range x, range y, ml_buf *out) {
  picture_ticks ticks;
  double last_end = -1;
  ml_buf_printf(out, "<path " PICTURE_AXIS " d=\"M%d,8V%dH%d\"/>\n", SCATTER_LEFT, SCATTER_BOTTOM,
                WIDTH - 8);
  picture__ticks(x.lo, x.hi, 4, &ticks);
  for (size_t i = 0; i < ticks.n; i++) {
    double at = scatter_x(x, ticks.at[i]), half = picture__width(ticks.labels[i], 10) / 2;
    if (at - half < last_end + 4) continue;
    picture__text(out, at, SCATTER_BOTTOM + 15,
                  PICTURE_DIM " font-size=\"10\" text-anchor=\"middle\"", ticks.labels[i]);
    last_end = at + half;
  }
  picture__ticks(y.lo, y.hi, 4, &ticks);
  for (size_t i = 0; i < ticks.n; i++)
    picture__text(out, SCATTER_LEFT - 6, scatter_y(y, ticks.at[i]) + 3,
                  PICTURE_DIM " font-size=\"10\" text-anchor=\"end\"", ticks.labels[i]);
}

/* One row out of each of equally long runs of rows. Where in its run is scattered, since rows may
 * have a period; always in the same way, since the same data give the same bytes. */
static size_t sampled_row(size_t i, size_t n_shown, size_t n) {
  size_t from = (size_t)((double)n * (double)i / (double)n_shown);
  size_t to = (size_t)((double)n * (double)(i + 1) / (double)n_shown);
  uint64_t mixed = (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
  return from + (size_t)((mixed ^ mixed >> 29) * UINT64_C(0xBF58476D1CE4E5B9) >> 33) %
                    (to > from ? to - from : 1);
}

/* @return the points that are marks at the edge */
static size_t draw_scatter(glimpses *g, ml_buf *out) {
  const double *y = g->p->target->values;
  size_t n_shown = g->n < MOST_POINTS ? g->n : MOST_POINTS, n_beyond = 0;
  range across = range_of(g, g->column), up = range_of(g, y);
  put_head(out, "scatter plot: feature across, target upwards", SCATTER_BOTTOM + 22);
  put_scatter_axes(across, up, out);
  ml_buf beyond = {0};
  ml_buf_puts(out, "<path " PICTURE_SELECTED
                   " stroke-width=\"4.4\" stroke-linecap=\"round\" opacity=\".55\" d=\"");
  for (size_t i = 0; i < n_shown; i++) {
    size_t row = sampled_row(i, n_shown, g->n);
    double u = g->column[row], v = y[row];
    if (!isfinite(u) || !isfinite(v)) continue;
    double inner_u = fmin(fmax(u, across.lo), across.hi), inner_v = fmin(fmax(v, up.lo), up.hi);
    bool is_inside = inner_u == u && inner_v == v;
    n_beyond += !is_inside;
    picture__point(is_inside ? out : &beyond, 'M', scatter_x(across, inner_u),
                   scatter_y(up, inner_v));
    ml_buf_puts(is_inside ? out : &beyond, "h0");
  }
  ml_buf_puts(out, "\"/>\n");
  if (n_beyond > 0) {
    ml_buf_puts(out, "<path " PICTURE_LINE
                     " stroke-width=\"4.4\" stroke-linecap=\"round\" opacity=\".8\" d=\"");
    ml_buf_put(out, beyond.data, beyond.n);
    ml_buf_puts(out, "\"/>\n");
  }
  if (beyond.failed) out->failed = true;
  ml_buf_release(&beyond);
  ml_buf_puts(out, "</svg>\n");
  return n_beyond;
}

/* ---- one figure ---------------------------------------------------------------------------- */

void glimpse__draw(glimpses *g, const ml_relevance *feature, ml_buf *out) {
  double lo, hi;
  size_t n_beyond = 0;
  boxes b;
  ml_buf_puts(out, "<figure><figcaption><b>");
  ml_buf_xml_text(out, g->p->features->columns[feature->column]);
  ml_buf_puts(out, "</b><span>p = ");
  picture__p(out, feature->p_value);
  ml_buf_printf(out, ", %s</span></figcaption>\n", feature->test);
  read_column(g, feature->column);
  find_values(g, &lo, &hi);
  bool is_regression = g->p->selection->problem == ML_REGRESSION;
  bool is_binary = feature->type == ML_FEATURE_BINARY;
  if (is_regression && is_binary) {
    n_beyond = draw_two_boxes(g, lo, hi, out);
  } else if (is_regression) {
    n_beyond = draw_scatter(g, out);
  } else if (is_binary) {
    draw_shares(g, lo, hi, out);
  } else {
    make_boxes(g, g->column, g->groups, g->n_groups, &b);
    n_beyond = draw_boxes(&b, out);
  }
  if (n_beyond > 0)
    ml_buf_printf(out, "<p class=\"note\">%zu further out: orange, at the edge</p>\n", n_beyond);
  ml_buf_puts(out, "</figure>\n");
}
