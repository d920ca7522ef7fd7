/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bars: a row for each of some names, or a histogram. */
#include "picture_bars.h"

#include <math.h>
#include <stdio.h>

#define BAR "class=\"share\" fill=\"#0072b2\""

static void put_rect(ml_buf *out, double x, double y, double width, double height) {
  ml_buf_puts(out, "<rect " BAR " x=\"");
  picture__at(out, x);
  ml_buf_puts(out, "\" y=\"");
  picture__at(out, y);
  ml_buf_puts(out, "\" width=\"");
  picture__at(out, width);
  ml_buf_puts(out, "\" height=\"");
  picture__at(out, height);
  ml_buf_puts(out, "\"/>\n");
}

/* ---- a row for each name -------------------------------------------------------------------- */

enum { SIZE = 11, ROW = 20 };

typedef struct scale {
  double left, right; /* of the field */
  double lo, hi;      /* with 0 in it */
} scale;

static double x_of(const scale *s, double value) {
  return s->left + picture__share(value, s->lo, s->hi) * (s->right - s->left);
}

static scale make_scale(const picture_bar *bars, size_t n, double width, double room) {
  scale s = {0};
  double name = 0, text = 0;
  for (size_t i = 0; i < n; i++) {
    s.lo = fmin(s.lo, bars[i].value);
    s.hi = fmax(s.hi, bars[i].value);
    name = fmax(name, picture__width(bars[i].name, SIZE));
    text = fmax(text, picture__width(bars[i].text, SIZE - 1));
  }
  if (s.lo == s.hi) s.hi = 1; /* all are 0 */
  s.left = fmin(name, room) + 10;
  s.right = width - text - 8;
  return s;
}

static void put_bar(const scale *s, const picture_bar *bar, double y, double room, ml_buf *out) {
  double zero = x_of(s, 0), end = x_of(s, bar->value);
  ml_buf_puts(out, "<text " PICTURE_INK " x=\"");
  picture__at(out, s->left - 8);
  ml_buf_puts(out, "\" y=\"");
  picture__at(out, y + 4);
  ml_buf_puts(out, "\" text-anchor=\"end\"><title>");
  ml_buf_xml_text(out, bar->name);
  ml_buf_puts(out, "</title>");
  picture__name(out, bar->name, room, SIZE);
  ml_buf_puts(out, "</text>");
  put_rect(out, fmin(zero, end), y - 6, fmax(fabs(end - zero), 0.5), 12);
  picture__text(out, fmax(zero, end) + 6, y + 4, PICTURE_DIM " font-size=\"10\"", bar->text);
}

void picture__bars(const picture_bar *bars, size_t n, double width, double room, const char *label,
                   ml_buf *out) {
  scale s = make_scale(bars, n, width, room);
  picture__begin(out, "bars", 0, width, 8 + (double)n * ROW);
  ml_buf_printf(out, " font-size=\"%d\" role=\"img\" aria-label=\"%s\">\n", SIZE, label);
  for (size_t i = 0; i < n; i++) put_bar(&s, &bars[i], 4 + ((double)i + 0.5) * ROW, room, out);
  ml_buf_puts(out, "<path " PICTURE_AXIS " d=\"");
  picture__point(out, 'M', x_of(&s, 0), 2);
  picture__point(out, 'L', x_of(&s, 0), 6 + (double)n * ROW);
  ml_buf_puts(out, "\"/>\n</svg>\n");
}

/* ---- histograms ----------------------------------------------------------------------------- */

enum {
  WIDTH = PICTURE_GLIMPSE,
  LEFT = 52, /* of the field */
  RIGHT = WIDTH - 10,
  TOP = 8,
  BOTTOM = 176,
  MOST_BINS = 24
};

static double bin_x(double share) {
  return LEFT + 4 + share * (RIGHT - LEFT - 8);
}

static double count_y(double count, double most) {
  return BOTTOM - count / most * (BOTTOM - TOP - 8);
}

static void put_count_axis(double most, ml_buf *out) {
  picture_ticks ticks;
  picture__ticks(0, most, 4, &ticks);
  for (size_t i = 0; i < ticks.n; i++) {
    double y = count_y(ticks.at[i], most);
    if (ticks.at[i] != floor(ticks.at[i])) continue; /* rows are whole */
    ml_buf_puts(out, "<path " PICTURE_GRID " d=\"");
    picture__point(out, 'M', LEFT, y);
    picture__point(out, 'L', RIGHT, y);
    ml_buf_puts(out, "\"/>\n");
    picture__text(out, LEFT - 6, y + 3, PICTURE_DIM " font-size=\"10\" text-anchor=\"end\"",
                  ticks.labels[i]);
  }
  ml_buf_printf(out, "<path " PICTURE_AXIS " d=\"M%d,%dV%dH%d\"/>\n", LEFT, TOP, BOTTOM, RIGHT);
}

/* @param lo, hi  where the bins begin and end */
static void put_value_axis(picture_range range, double lo, double hi, ml_buf *out) {
  picture_ticks ticks;
  double last_end = -1;
  picture__ticks(range.lo, range.hi, 5, &ticks);
  if (ticks.n == 0) { /* one value, or too near to one another for round ones */
    ticks.at[0] = range.lo;
    snprintf(ticks.labels[ticks.n++], ML_NUMBER_MAX, "%.6g", range.lo);
  }
  for (size_t i = 0; i < ticks.n; i++) {
    double x = bin_x(picture__share(ticks.at[i], lo, hi));
    double half = picture__width(ticks.labels[i], 10) / 2;
    if (x - half < last_end + 4) continue;
    picture__text(out, fmin(x, WIDTH - half - 1), BOTTOM + 15,
                  PICTURE_DIM " font-size=\"10\" text-anchor=\"middle\"", ticks.labels[i]);
    last_end = x + half;
  }
}

typedef struct bins {
  double lo, hi; /* where they begin and end */
  size_t n;
} bins;

static bool are_whole(const double *values, size_t n) {
  bool are = true;
  for (size_t i = 0; i < n; i++) are &= values[i] == rint(values[i]);
  return are;
}

/* Of whole numbers all bins have as many. */
static bins make_bins(const double *values, size_t n, picture_range range) {
  double span = range.hi - range.lo + 1;
  if (!are_whole(values, n) || !(span < 1e9)) return (bins){range.lo, range.hi, MOST_BINS};
  double width = ceil(span / MOST_BINS), count = ceil(span / width);
  return (bins){range.lo - 0.5, range.lo - 0.5 + count * width, (size_t)count};
}

size_t picture__histogram(double *values, size_t n, const char *label, ml_buf *out) {
  picture_range range = picture__range(values, n);
  bins all = make_bins(values, n, range);
  size_t counts[MOST_BINS] = {0}, most = 1, n_beyond = 0;
  for (size_t i = 0; i < n; i++) {
    double share = picture__share(fmin(fmax(values[i], range.lo), range.hi), all.lo, all.hi);
    size_t bin = (size_t)(share * (double)all.n);
    n_beyond += values[i] < range.lo || values[i] > range.hi;
    counts[bin < all.n ? bin : all.n - 1]++;
  }
  for (size_t b = 0; b < all.n; b++) most = counts[b] > most ? counts[b] : most;
  picture__begin(out, "glimpse", 0, WIDTH, BOTTOM + 22);
  ml_buf_printf(out, " role=\"img\" aria-label=\"%s\">\n", label);
  put_count_axis((double)most, out);
  double width = bin_x(1.0 / (double)all.n) - bin_x(0);
  for (size_t b = 0; b < all.n; b++) {
    double y = count_y((double)counts[b], (double)most);
    double x = bin_x((double)b / (double)all.n);
    if (counts[b] > 0) put_rect(out, x + 0.5, y, width - 1, BOTTOM - y);
  }
  if (n > 0) put_value_axis(range, all.lo, all.hi, out);
  ml_buf_puts(out, "</svg>\n");
  return n_beyond;
}
