/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --plot: the p-values of all features, sorted, on a log scale, the smallest on top. */
#include "select_plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TINY_P 1e-300 /* smaller ones are not told from 0 */

enum {
  WIDTH = PLOT_WIDTH,
  LEFT = 76, /* of the field of points */
  RIGHT = 560,
  TOP = 96,
  BOTTOM = PLOT_BOTTOM,
  NAMES = 612, /* to the right of it: p-values, then names */
  P_ROOM = 54,
  N_NAMED = 20,
  LINE_HEIGHT = 17, /* of names */
  NAME_SIZE = 11,
  STRIP = 30,   /* above the field, for p-values that are too small for it */
  LOG_FROM = 60 /* ranks that are on a log scale: the best are what matters */
};

/* ---- scales -------------------------------------------------------------------------------- */

static double x_of(const plot *f, double rank) {
  double n = (double)(f->m > 1 ? f->m : 1);
  double share = f->is_log ? (log(rank) + 0.25) / (log(n) + 0.3) : (rank - 0.4) / (n + 0.2);
  return LEFT + share * (RIGHT - LEFT);
}

static double y_of(const plot *f, double p) {
  if (p < TINY_P) return TOP + 10;
  return f->top + (1 + log10(p) / f->decades) * (BOTTOM - f->top);
}

static double harmonic(size_t m) {
  double sum = 0;
  for (size_t i = m; i > 0; i--) sum += 1 / (double)i;
  return sum;
}

/* One threshold for all, as the step-up methods, k best and percentile have it for one target. */
static double common_cut(const plot *f) {
  bool has_cut = f->n > 0 && f->features[0].is_relevant;
  return has_cut && picture__has_one_threshold(f->p->selection) ? f->features[0].threshold : NAN;
}

/* The field ends at a decade below all that is to be seen, but for p-values that are too small. */
static void set_scales(plot *f) {
  double least = 1e-2;
  for (size_t i = 0; i < f->n; i++) {
    f->counts[picture__fate(&f->features[i])]++;
    if (f->features[i].p_value < TINY_P)
      f->has_tiny = true;
    else
      least = fmin(least, f->features[i].p_value);
  }
  f->harmonic = f->p->opts->method == ML_FDR_BY ? harmonic(f->m) : 1;
  if (f->has_line) least = fmin(least, picture__level(f->p->opts) / (double)f->m / f->harmonic);
  f->decades = fmax(ceil(-log10(least) + 0.05), 2);
  f->top = f->has_tiny ? TOP + STRIP : TOP;
  f->is_log = f->m >= LOG_FROM;
}

/* ---- axes ---------------------------------------------------------------------------------- */

static void put_line(const plot *f, const char *how, double x1, double y1, double x2, double y2) {
  ml_buf_printf(f->out, "<path %s d=\"", how);
  picture__point(f->out, 'M', x1, y1);
  picture__point(f->out, 'L', x2, y2);
  ml_buf_puts(f->out, "\"/>\n");
}

static void put_power(const plot *f, double y, int exponent) {
  ml_buf_printf(f->out, "<text " PICTURE_DIM " x=\"%d\" y=\"", LEFT - 8);
  picture__at(f->out, y + 4);
  ml_buf_puts(f->out, "\" text-anchor=\"end\">");
  if (exponent == 0)
    ml_buf_puts(f->out, "1");
  else
    ml_buf_printf(f->out, "10<tspan dy=\"-5\" font-size=\"9\">\xe2\x88\x92%d</tspan>", exponent);
  ml_buf_puts(f->out, "</text>\n");
}

static void put_p_axis(const plot *f) {
  static const int steps[] = {1, 2, 5, 10, 20, 50, 100};
  size_t at = 0;
  while (at + 1 < sizeof steps / sizeof *steps && f->decades / steps[at] > 8) at++;
  for (int e = 0; e <= (int)f->decades; e += steps[at]) {
    double y = f->top + (1 - e / f->decades) * (BOTTOM - f->top);
    put_line(f, PICTURE_GRID, LEFT, y, RIGHT, y);
    put_power(f, y, e);
  }
  if (f->has_tiny) {
    put_line(f, PICTURE_GRID " stroke-dasharray=\"2 3\"", LEFT, TOP + 10, RIGHT, TOP + 10);
    picture__text(f->out, LEFT - 8, TOP + 14, PICTURE_DIM " text-anchor=\"end\"", "< 1e-300");
  }
  ml_buf_printf(f->out,
                "<text " PICTURE_DIM
                " transform=\"translate(18 %d) rotate(-90)\" "
                "text-anchor=\"middle\">p-value, log scale</text>\n",
                (TOP + BOTTOM) / 2);
}

static void put_rank(const plot *f, double rank, const char *label) {
  double x = x_of(f, rank);
  put_line(f, PICTURE_AXIS, x, BOTTOM, x, BOTTOM + 5);
  picture__text(f->out, x, BOTTOM + 19, PICTURE_DIM " text-anchor=\"middle\"", label);
}

static void put_rank_axis(const plot *f) {
  char label[ML_NUMBER_MAX];
  picture_ticks ticks;
  double m = (double)f->m;
  put_line(f, PICTURE_AXIS, LEFT, BOTTOM, RIGHT, BOTTOM);
  picture__text(
      f->out, (LEFT + RIGHT) / 2.0, BOTTOM + 38, PICTURE_DIM " text-anchor=\"middle\"",
      f->is_log ? "rank of the feature by p-value, log scale" : "rank of the feature by p-value");
  if (f->is_log) {
    static const double each[] = {1, 2, 5};
    for (double decade = 1; decade <= m; decade *= 10)
      for (size_t i = 0; i < (m > 1e5 ? 1 : 3) && each[i] * decade <= m; i++) {
        snprintf(label, sizeof label, "%.0f", each[i] * decade);
        put_rank(f, each[i] * decade, label);
      }
    return;
  }
  picture__ticks(1, m, 8, &ticks);
  if (m < 8) ticks.n = 0; /* each has its own */
  for (size_t i = 0; i < ticks.n; i++) put_rank(f, ticks.at[i], ticks.labels[i]);
  for (size_t i = 1; m < 8 && i <= f->m; i++) {
    snprintf(label, sizeof label, "%zu", i);
    put_rank(f, (double)i, label);
  }
}

/* ---- points and lines ---------------------------------------------------------------------- */

static void put_mark(const plot *f, picture_fate fate, bool is_tiny, double x, double y) {
  picture__point(f->out, 'M', x, y);
  ml_buf_puts(f->out, is_tiny                        ? "m-4,3l4,-7 4,7z"
                      : fate == PICTURE_IS_REDUNDANT ? "m0,-4l4,4-4,4-4,-4z"
                                                     : "h0");
}

/* Those of one fate; a point where there is one already is left out. */
static void put_points(const plot *f, picture_fate fate, bool is_tiny, const char *how) {
  double last_x = -1, last_y = -1;
  bool is_open = false;
  for (size_t i = 0; i < f->n; i++) {
    double p = f->features[i].p_value;
    if (picture__fate(&f->features[i]) != fate || (p < TINY_P) != is_tiny) continue;
    double x = round(x_of(f, (double)(i + 1)) * 2) / 2, y = round(y_of(f, p) * 2) / 2;
    if (x == last_x && y == last_y) continue;
    if (!is_open) ml_buf_printf(f->out, "<path %s stroke-linejoin=\"round\" d=\"", how);
    put_mark(f, fate, is_tiny, x, y);
    is_open = true;
    last_x = x;
    last_y = y;
  }
  if (is_open) ml_buf_puts(f->out, "\"/>\n");
}

static void put_all_points(const plot *f) {
  static const struct {
    picture_fate fate;
    const char *how, *tiny;
  } kinds[] = {
      {PICTURE_IS_REST, PICTURE_REST " stroke-width=\"4\" stroke-linecap=\"round\"",
       PICTURE_REST " stroke-width=\"1.5\""},
      {PICTURE_IS_REDUNDANT, PICTURE_REDUNDANT " stroke-width=\"1.5\"",
       PICTURE_REDUNDANT " stroke-width=\"1.5\""},
      {PICTURE_IS_SELECTED, PICTURE_SELECTED " stroke-width=\"5.5\" stroke-linecap=\"round\"",
       PICTURE_SELECTED " stroke-width=\"1.5\""}};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
    put_points(f, kinds[k].fate, false, kinds[k].how);
    put_points(f, kinds[k].fate, true, kinds[k].tiny);
  }
}

/* What the p-value of each rank is compared with. */
static void put_fdr_line(const plot *f) {
  double level = picture__level(f->p->opts), sum = 0, last = -10;
  char letter = 'M';
  if (f->m == 1) { /* a line through one point */
    put_line(f, PICTURE_LINE " stroke-width=\"1.8\"", LEFT, y_of(f, level), RIGHT, y_of(f, level));
    return;
  }
  ml_buf_puts(f->out, "<path " PICTURE_LINE " stroke-width=\"1.8\" d=\"");
  for (size_t i = 1; i <= f->m; i++) {
    sum += 1 / (double)i;
    double x = x_of(f, (double)i), share = f->p->opts->method == ML_FDR_KX ? sum : f->harmonic;
    if (x < last + 3 && i < f->m) continue;
    picture__point(f->out, letter, x, y_of(f, level * (double)i / ((double)f->m * share)));
    letter = 'L';
    last = x;
  }
  ml_buf_puts(f->out, "\"/>\n");
}

/* ---- names --------------------------------------------------------------------------------- */

/* Lines below one another, each as near to its point as the others let it. */
static size_t place_names(const plot *f, double *y) {
  size_t n = f->n < N_NAMED ? f->n : N_NAMED;
  for (size_t i = 0; i < n; i++) {
    y[i] = fmax(y_of(f, f->features[i].p_value), TOP + 10);
    if (i > 0) y[i] = fmax(y[i], y[i - 1] + LINE_HEIGHT);
  }
  for (size_t i = n; i-- > 0;) {
    double most = BOTTOM - 4 - (double)(n - 1 - i) * LINE_HEIGHT;
    y[i] = fmin(y[i], most);
  }
  return n;
}

static void put_leaders(const plot *f, const double *y, size_t n) {
  ml_buf_puts(f->out,
              "<path class=\"leader\" fill=\"none\" stroke=\"#a3abb3\" "
              "stroke-width=\"0.7\" d=\"");
  for (size_t i = 0; i < n; i++) {
    double point = y_of(f, f->features[i].p_value);
    picture__point(f->out, 'M', x_of(f, (double)(i + 1)), point);
    picture__point(f->out, 'L', RIGHT + 4, point);
    picture__point(f->out, 'L', NAMES - 8, y[i]);
    picture__point(f->out, 'L', NAMES - 3, y[i]);
  }
  ml_buf_puts(f->out, "\"/>\n");
}

static void put_names(const plot *f, const double *y, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const ml_relevance *feature = &f->features[i];
    const char *name = f->p->features->columns[feature->column];
    bool is_selected = picture__fate(feature) == PICTURE_IS_SELECTED;
    ml_buf_printf(f->out,
                  "<text " PICTURE_DIM " font-size=\"%d\" text-anchor=\"end\" x=\"%d\" y=\"",
                  NAME_SIZE, NAMES + P_ROOM);
    picture__at(f->out, y[i] + 4);
    ml_buf_puts(f->out, "\">");
    picture__p(f->out, feature->p_value);
    ml_buf_printf(f->out, "</text><text %s font-size=\"%d\" x=\"%d\" y=\"",
                  is_selected ? PICTURE_INK : PICTURE_DIM, NAME_SIZE, NAMES + P_ROOM + 10);
    picture__at(f->out, y[i] + 4);
    ml_buf_puts(f->out, "\"><title>");
    ml_buf_xml_text(f->out, name);
    ml_buf_puts(f->out, "</title>");
    picture__name(f->out, name, WIDTH - 12 - (NAMES + P_ROOM + 10), NAME_SIZE);
    ml_buf_puts(f->out, "</text>\n");
  }
}

/* ---- all of it ----------------------------------------------------------------------------- */

static void put_field(plot *f) {
  double y[N_NAMED];
  size_t n = place_names(f, y);
  put_p_axis(f);
  put_rank_axis(f);
  put_leaders(f, y, n);
  if (!isnan(f->cut))
    put_line(f, PICTURE_LINE " stroke-dasharray=\"5 3\"", LEFT, y_of(f, f->cut), RIGHT,
             y_of(f, f->cut));
  put_all_points(f);
  if (f->has_line) put_fdr_line(f);
  put_names(f, y, n);
}

void picture__plot(const cli_pictured *p, bool has_title, ml_buf *out) {
  const ml_selection *s = p->selection;
  ml_buf body = {0};
  plot f = {.p = p, .features = s->features, .n = picture__n_tested(s), .out = &body};
  f.m = s->n - s->n_constant;
  f.has_line = f.n > 0 && p->opts->k == 0 && !(p->opts->percentile > 0);
  f.cut = common_cut(&f);
  set_scales(&f);
  if (has_title) plot__title(&f);
  if (f.n > 0)
    put_field(&f);
  else
    picture__text(&body, WIDTH / 2.0, (TOP + BOTTOM) / 2.0,
                  PICTURE_DIM " font-size=\"14\" text-anchor=\"middle\"",
                  "There is no p-value to draw.");
  double top = has_title ? 0 : TOP - 16, height = plot__legend(&f) + 18 - top;
  picture__begin(out, "plot", top, WIDTH, height);
  ml_buf_puts(out, " font-size=\"12\" role=\"img\" aria-label=\"p-values of the features\">\n");
  if (has_title) {
    ml_buf_puts(out, "<title>");
    picture__headline(p, out);
    ml_buf_puts(out, "</title>\n");
  }
  ml_buf_printf(out,
                "<rect class=\"paper\" y=\"%.0f\" width=\"%d\" height=\"%.0f\" "
                "fill=\"#fff\"/>\n",
                top, WIDTH, height);
  ml_buf_put(out, body.data, body.n);
  ml_buf_puts(out, "</svg>\n");
  if (body.failed) out->failed = true;
  ml_buf_release(&body);
}

void cli__select_plot(const cli_pictured *p, ml_buf *out) {
  picture__plot(p, true, out);
}
