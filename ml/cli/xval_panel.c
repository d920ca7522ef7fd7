/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The field of a panel: its axes. */
#include <math.h>
#include <string.h>

#include "xval_picture.h"

void panel__begin(const char *place, const char *label, ml_buf *out) {
  picture__begin(out, "glimpse", 0, PANEL_WIDTH, PANEL_HEIGHT);
  ml_buf_printf(out, "%s role=\"img\" aria-label=\"%s\">\n", place, label);
}

void panel__end(ml_buf *out) {
  ml_buf_puts(out, "</svg>\n");
}

double panel__y(const panel_field *f, double value) {
  double share = picture__share(fmin(fmax(value, f->lo), f->hi), f->lo, f->hi);
  return PANEL_BOTTOM - 8 - share * (PANEL_BOTTOM - PANEL_TOP - 16);
}

void panel__line(const panel_field *f, const char *how, double x1, double y1, double x2,
                 double y2) {
  ml_buf_printf(f->out, "<path %s d=\"", how);
  picture__point(f->out, 'M', x1, y1);
  picture__point(f->out, 'L', x2, y2);
  ml_buf_puts(f->out, "\"/>\n");
}

panel_field panel__field(double lo, double hi, ml_buf *out) {
  panel_field f = {.lo = lo, .hi = hi, .left = PANEL_LEFT, .out = out};
  picture_ticks ticks;
  picture__ticks(lo, hi, 5, &ticks);
  for (size_t i = 0; i < ticks.n; i++)
    panel__line(&f, PICTURE_GRID, f.left, panel__y(&f, ticks.at[i]), PANEL_RIGHT,
                panel__y(&f, ticks.at[i]));
  ml_buf_printf(out, "<path " PICTURE_AXIS " d=\"M%d,%dV%dH%d\"/>\n", PANEL_LEFT, PANEL_TOP,
                PANEL_BOTTOM, PANEL_RIGHT);
  for (size_t i = 0; i < ticks.n; i++)
    picture__text(out, f.left - 6, panel__y(&f, ticks.at[i]) + 3,
                  PICTURE_DIM " font-size=\"10\" text-anchor=\"end\"", ticks.labels[i]);
  if (ticks.n == 0) { /* one value, or too near to one another for round ones */
    char label[ML_NUMBER_MAX];
    snprintf(label, sizeof label, "%.5g", hi);
    picture__text(out, f.left - 6, panel__y(&f, hi) + 3,
                  PICTURE_DIM " font-size=\"10\" text-anchor=\"end\"", label);
  }
  return f;
}

void panel__x_labels(const panel_field *f, const double *at, const char *const *labels, size_t n) {
  enum { SIZE = 10, MOST = 90 };
  double last_end = -1;
  for (size_t i = 0; i < n; i++) {
    double half = fmin(picture__width(labels[i], SIZE), MOST) / 2;
    double x = fmin(at[i], PANEL_WIDTH - half - 1);
    if (x - half < last_end + 4) continue;
    ml_buf_puts(f->out, "<text " PICTURE_DIM " font-size=\"10\" text-anchor=\"middle\" x=\"");
    picture__at(f->out, x);
    ml_buf_printf(f->out, "\" y=\"%d\">", PANEL_BOTTOM + 15);
    picture__name(f->out, labels[i], MOST, SIZE);
    ml_buf_puts(f->out, "</text>\n");
    last_end = x + half;
  }
}
