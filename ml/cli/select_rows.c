/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small plots with a row for each group: box plots, and shares of two values. */
#include "select_picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SIZE 11 /* of texts */

enum {
  WIDTH = PICTURE_GLIMPSE,
  RIGHT = WIDTH - 44, /* of the field; counts are to the right of it, labels to the left */
  MOST_LABEL = 84
};

/* ---- rows ---------------------------------------------------------------------------------- */

typedef struct rows {
  const picture_group *groups;
  double left;        /* of the field */
  double height, end; /* of a row, of all */
  ml_buf *out;
} rows;

static rows begin_rows(const picture_rows *of, const char *kind, ml_buf *out) {
  size_t n = of->n_groups;
  rows r = {.groups = of->groups, .height = n <= 3 ? 36 : 22, .out = out};
  for (size_t k = 0; k < n; k++) r.left = fmax(r.left, picture__width(of->groups[k].label, SIZE));
  r.left = fmin(r.left, MOST_LABEL) + 10;
  r.end = 6 + (double)n * r.height;
  picture__begin(out, "glimpse", 0, WIDTH, r.end + 22);
  ml_buf_printf(out, " font-size=\"%d\" role=\"img\" aria-label=\"%s\">\n", SIZE, kind);
  return r;
}

/* @return the middle of the row */
static double begin_row(const rows *r, size_t k) {
  double y = 6 + ((double)k + 0.5) * r->height;
  ml_buf_puts(r->out, "<text " PICTURE_INK " x=\"");
  picture__at(r->out, r->left - 7);
  ml_buf_puts(r->out, "\" y=\"");
  picture__at(r->out, y + 4);
  ml_buf_puts(r->out, "\" text-anchor=\"end\"><title>");
  ml_buf_xml_text(r->out, r->groups[k].label);
  ml_buf_puts(r->out, "</title>");
  picture__name(r->out, r->groups[k].label, MOST_LABEL, SIZE);
  ml_buf_printf(r->out, "</text><text " PICTURE_DIM " x=\"%d\" y=\"", RIGHT + 8);
  picture__at(r->out, y + 4);
  ml_buf_printf(r->out, "\" font-size=\"10\">%zu</text>\n", r->groups[k].n);
  return y;
}

/* ---- boxes --------------------------------------------------------------------------------- */

typedef struct box {
  const double *values; /* n, ascending */
  size_t n;
  double low, q1, median, q3, high; /* low, high: the ends of the whiskers */
} box;

typedef struct boxes {
  box list[PICTURE_GROUPS];
  size_t n;
  double lo, hi; /* that is shown; values beyond are marks at the edge */
  size_t n_beyond;
} boxes;

static box make_box(double *values, size_t n) {
  box b = {.values = values, .n = n};
  if (n == 0) return b;
  picture__sort(values, n);
  b.q1 = picture__quantile(values, n, 0.25);
  b.median = picture__quantile(values, n, 0.5);
  b.q3 = picture__quantile(values, n, 0.75);
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
static boxes make_boxes(const picture_rows *of, double *room) {
  boxes b = {.n = of->n_groups};
  for (size_t k = 0; k < b.n; k++) {
    size_t count = 0;
    for (size_t i = 0; i < of->n; i++)
      if (of->group_of[i] == k && isfinite(of->values[i])) room[count++] = of->values[i];
    b.list[k] = make_box(room, count);
    room += count;
  }
  set_range(&b);
  return b;
}

/* ---- drawing boxes ------------------------------------------------------------------------- */

static double x_in(const rows *r, const boxes *b, double value) {
  return r->left + 6 + picture__share(value, b->lo, b->hi) * (RIGHT - r->left - 12);
}

static void put_value_axis(const rows *r, const boxes *b) {
  picture_ticks ticks;
  double y = r->end + 2, last_end = -1;
  picture__ticks(b->lo, b->hi, 5, &ticks);
  ml_buf_puts(r->out, "<path " PICTURE_AXIS " d=\"");
  picture__point(r->out, 'M', r->left, y);
  picture__point(r->out, 'L', RIGHT, y);
  for (size_t i = 0; i < ticks.n; i++) {
    picture__point(r->out, 'M', x_in(r, b, ticks.at[i]), y);
    ml_buf_puts(r->out, "v4");
  }
  ml_buf_puts(r->out, "\"/>\n");
  for (size_t i = 0; i < ticks.n; i++) {
    double x = x_in(r, b, ticks.at[i]), half = picture__width(ticks.labels[i], 10) / 2;
    if (x - half < last_end + 4) continue;
    picture__text(r->out, x, y + 15, PICTURE_DIM " font-size=\"10\" text-anchor=\"middle\"",
                  ticks.labels[i]);
    last_end = x + half;
  }
}

static void put_beyond(const rows *r, double x, double y, const char *arrow) {
  ml_buf_puts(r->out, "<path class=\"beyond\" fill=\"#d55e00\" d=\"");
  picture__point(r->out, 'M', x, y);
  ml_buf_printf(r->out, "%sv8z\"/>", arrow);
}

static void put_outliers(const rows *r, const boxes *b, const box *x, double y) {
  double last = -1;
  bool is_open = false;
  for (size_t i = 0; i < x->n; i++) {
    double v = x->values[i];
    if ((v >= x->low && v <= x->high) || v < b->lo || v > b->hi) continue;
    double at = round(x_in(r, b, v) * 2) / 2;
    if (at == last) continue;
    if (!is_open)
      ml_buf_puts(r->out, "<path " PICTURE_SELECTED
                          " stroke-width=\"3.4\" stroke-linecap=\"round\" opacity=\".7\" d=\"");
    picture__point(r->out, 'M', at, y);
    ml_buf_puts(r->out, "h0");
    is_open = true;
    last = at;
  }
  if (is_open) ml_buf_puts(r->out, "\"/>");
  if (x->values[0] < b->lo) put_beyond(r, r->left - 3, y, "l7,-4");
  if (x->values[x->n - 1] > b->hi) put_beyond(r, RIGHT + 3, y, "l-7,-4");
  ml_buf_puts(r->out, "\n");
}

static void put_segment(const rows *r, double x1, double y1, double x2, double y2) {
  picture__point(r->out, 'M', x1, y1);
  picture__point(r->out, 'L', x2, y2);
}

static void put_rect(const rows *r, const char *how, double x, double y, double width,
                     double height) {
  ml_buf_printf(r->out, "<rect %s x=\"", how);
  picture__at(r->out, x);
  ml_buf_puts(r->out, "\" y=\"");
  picture__at(r->out, y);
  ml_buf_puts(r->out, "\" width=\"");
  picture__at(r->out, width);
  ml_buf_puts(r->out, "\" height=\"");
  picture__at(r->out, height);
  ml_buf_puts(r->out, "\"/>");
}

static void put_box(const rows *r, const boxes *b, const box *x, double y) {
  double q1 = x_in(r, b, x->q1), q3 = x_in(r, b, x->q3), half = r->height * 0.3;
  double median = x_in(r, b, x->median);
  ml_buf_puts(r->out, "<path " PICTURE_SELECTED " stroke-width=\"1.2\" d=\"");
  put_segment(r, x_in(r, b, x->low), y, q1, y);
  put_segment(r, q3, y, x_in(r, b, x->high), y);
  ml_buf_puts(r->out, "\"/>");
  put_rect(r, "class=\"box\" fill=\"#cfe3f2\" stroke=\"#0072b2\"", q1, y - half, fmax(q3 - q1, 0.5),
           2 * half);
  ml_buf_puts(r->out,
              "<path class=\"median\" fill=\"none\" stroke=\"#1c2128\" stroke-width=\"2.2\" d=\"");
  put_segment(r, median, y - half, median, y + half);
  ml_buf_puts(r->out, "\"/>\n");
  put_outliers(r, b, x, y);
}

size_t picture__boxes(const picture_rows *of, double *room, ml_buf *out) {
  boxes b = make_boxes(of, room);
  rows r = begin_rows(of, "box plots", out);
  for (size_t k = 0; k < b.n; k++) {
    double y = begin_row(&r, k);
    if (b.list[k].n > 0) put_box(&r, &b, &b.list[k], y);
  }
  if (b.lo <= b.hi) put_value_axis(&r, &b);
  ml_buf_puts(out, "</svg>\n");
  return b.n_beyond;
}

/* ---- shares of two values ------------------------------------------------------------------- */

#define SHARE "class=\"share\" fill=\"#0072b2\""
#define OTHER "class=\"other\" fill=\"#e4e8ec\" stroke=\"#83898f\" stroke-width=\".7\""

static void put_share(const rows *r, double y, double share) {
  double half = r->height * 0.3, width = RIGHT - r->left, x = r->left + share * width;
  char text[ML_NUMBER_MAX];
  put_rect(r, OTHER, r->left, y - half, width, 2 * half);
  put_rect(r, SHARE, r->left, y - half, x - r->left, 2 * half);
  snprintf(text, sizeof text, "%.0f %%", 100 * share);
  if (share >= 0.5)
    picture__text(r->out, x - 6, y + 4, "class=\"on\" fill=\"#fff\" text-anchor=\"end\"", text);
  else
    picture__text(r->out, x + 6, y + 4, PICTURE_INK, text);
}

/* @return where it ends */
static double put_value_entry(const rows *r, double x, const char *mark, const char *text) {
  put_rect(r, mark, x, r->end + 5, 10, 10);
  picture__text(r->out, x + 15, r->end + 14, PICTURE_INK, text);
  return x + 15 + picture__width(text, SIZE) + 16;
}

void picture__shares(const picture_rows *of, double lo, double hi, ml_buf *out) {
  picture_pair labels = picture__pair(lo, hi);
  size_t n_hi[PICTURE_GROUPS] = {0};
  for (size_t i = 0; i < of->n; i++)
    if (of->group_of[i] < of->n_groups && of->values[i] == hi) n_hi[of->group_of[i]]++;
  rows r = begin_rows(of, "shares of the two values", out);
  for (size_t k = 0; k < of->n_groups; k++)
    put_share(&r, begin_row(&r, k), (double)n_hi[k] / (double)of->groups[k].n);
  put_value_entry(&r, put_value_entry(&r, r.left, SHARE, labels.hi), OTHER, labels.lo);
  ml_buf_puts(out, "</svg>\n");
}
