/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scatter plots. They hold summaries, so that their size does not grow with the rows. */
#include "picture.h"

#include <math.h>

enum {
  WIDTH = PICTURE_GLIMPSE,
  LEFT = 52, /* of the field */
  BOTTOM = 176
};

typedef picture_range range;

static size_t copy_finite(const double *values, size_t n, double *out) {
  size_t count = 0;
  for (size_t i = 0; i < n; i++)
    if (isfinite(values[i])) out[count++] = values[i];
  return count;
}

static void set_ranges(const picture_scatter *of, double *room, range *x, range *y) {
  size_t n = copy_finite(of->x, of->n, room);
  if (of->kind == PICTURE_SQUARE) {
    n += copy_finite(of->y, of->n, room + n);
    *x = *y = picture__range(room, n);
    return;
  }
  *x = picture__range(room, n);
  *y = picture__range(room, copy_finite(of->y, of->n, room));
}

static double scatter_x(range r, double v) {
  return LEFT + 6 + picture__share(v, r.lo, r.hi) * (WIDTH - LEFT - 22);
}

static double scatter_y(range r, double v) {
  return BOTTOM - 6 - picture__share(v, r.lo, r.hi) * (BOTTOM - 20);
}

static void put_axes(range x, range y, ml_buf *out) {
  picture_ticks ticks;
  double last_end = -1;
  ml_buf_printf(out, "<path " PICTURE_AXIS " d=\"M%d,8V%dH%d\"/>\n", LEFT, BOTTOM, WIDTH - 8);
  picture__ticks(x.lo, x.hi, 5, &ticks);
  for (size_t i = 0; i < ticks.n; i++) {
    double at = scatter_x(x, ticks.at[i]), half = picture__width(ticks.labels[i], 10) / 2;
    if (at - half < last_end + 4) continue;
    picture__text(out, at, BOTTOM + 15, PICTURE_DIM " font-size=\"10\" text-anchor=\"middle\"",
                  ticks.labels[i]);
    last_end = at + half;
  }
  picture__ticks(y.lo, y.hi, 5, &ticks);
  for (size_t i = 0; i < ticks.n; i++)
    picture__text(out, LEFT - 6, scatter_y(y, ticks.at[i]) + 3,
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

/* Where the points would lie at best. */
static void put_best(const picture_scatter *of, range x, range y, ml_buf *out) {
  bool is_square = of->kind == PICTURE_SQUARE;
  if (!is_square && (of->kind != PICTURE_RESIDUAL || y.lo > 0 || y.hi < 0)) return;
  ml_buf_puts(out, "<path " PICTURE_GRID " stroke-width=\"1.5\" d=\"");
  picture__point(out, 'M', scatter_x(x, x.lo), scatter_y(y, is_square ? x.lo : 0));
  picture__point(out, 'L', scatter_x(x, x.hi), scatter_y(y, is_square ? x.hi : 0));
  ml_buf_puts(out, "\"/>\n");
}

/* @param[out] beyond  marks of those that lie outside. @return how many they are */
static size_t put_points(const picture_scatter *of, range across, range up, double size,
                         ml_buf *beyond, ml_buf *out) {
  size_t n_shown = of->n < PICTURE_MOST_POINTS ? of->n : PICTURE_MOST_POINTS, n_beyond = 0;
  ml_buf_printf(out,
                "<path " PICTURE_SELECTED
                " stroke-width=\"%.1f\" stroke-linecap=\"round\" opacity=\".65\" d=\"",
                size);
  for (size_t i = 0; i < n_shown; i++) {
    size_t row = sampled_row(i, n_shown, of->n);
    double u = of->x[row], v = of->y[row];
    if (!isfinite(u) || !isfinite(v)) continue;
    double inner_u = fmin(fmax(u, across.lo), across.hi), inner_v = fmin(fmax(v, up.lo), up.hi);
    bool is_inside = inner_u == u && inner_v == v;
    n_beyond += !is_inside;
    picture__point(is_inside ? out : beyond, 'M', scatter_x(across, inner_u),
                   scatter_y(up, inner_v));
    ml_buf_puts(is_inside ? out : beyond, "h0");
  }
  ml_buf_puts(out, "\"/>\n");
  return n_beyond;
}

size_t picture__scatter(const picture_scatter *of, const char *place, double *room, ml_buf *out) {
  double size = of->n <= 200 ? 4.4 : 2.6;
  range across, up;
  ml_buf beyond = {0};
  set_ranges(of, room, &across, &up);
  picture__begin(out, "glimpse", 0, WIDTH, BOTTOM + 22);
  ml_buf_printf(out, "%s role=\"img\" aria-label=\"%s\">\n", place, of->label);
  put_axes(across, up, out);
  put_best(of, across, up, out);
  size_t n_beyond = put_points(of, across, up, size, &beyond, out);
  if (n_beyond > 0) {
    ml_buf_printf(out,
                  "<path " PICTURE_LINE
                  " stroke-width=\"%.1f\" stroke-linecap=\"round\" opacity=\".8\" d=\"",
                  size);
    ml_buf_put(out, beyond.data, beyond.n);
    ml_buf_puts(out, "\"/>\n");
  }
  if (beyond.failed) out->failed = true;
  ml_buf_release(&beyond);
  ml_buf_puts(out, "</svg>\n");
  return n_beyond;
}
