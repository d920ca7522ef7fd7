/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predicted classes against true ones: curves of the rates, and counts. */
#include <math.h>
#include <stdlib.h>

#include "xval_picture.h"

enum { MOST_CLASSES = 8 };

/* ---- what curves of classes have in common --------------------------------------------------- */

const char *panel__curve_colour(const xval_shown *s, size_t class) {
  /* Of Okabe and Ito. */
  static const char *const colours[MOST_CURVES] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                   "#e69f00"};
  return colours[s->result->data->classes.n == 2 ? 0 : class % MOST_CURVES];
}

size_t panel__n_curves(const xval_shown *s) {
  size_t n = s->result->data->classes.n;
  return n < MOST_CURVES ? n : MOST_CURVES;
}

double panel__rate_x(double rate) {
  return PANEL_LEFT + rate * (PANEL_RIGHT - PANEL_LEFT - 8);
}

panel_field panel__begin_rates(const char *place, const char *label, ml_buf *out) {
  static const double at[] = {0, 0.25, 0.5, 0.75, 1};
  static const char *const labels[] = {"0", "0.25", "0.5", "0.75", "1"};
  double places[5];
  panel__begin(place, label, out);
  panel_field f = panel__field(0, 1, out);
  for (size_t i = 0; i < 5; i++) places[i] = panel__rate_x(at[i]);
  panel__x_labels(&f, places, labels, 5);
  panel__line(&f, PICTURE_GRID " stroke-width=\"1.5\"", panel__rate_x(0), panel__y(&f, 0),
              panel__rate_x(1), panel__y(&f, 1));
  return f;
}

static void put_curve_name(const xval_shown *s, size_t class, double x, double y,
                           const panel_field *f) {
  enum { ROOM = 110 };
  ml_buf_printf(f->out,
                "<path class=\"curve\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.8\" "
                "d=\"M%.0f,%.0fh12\"/>",
                panel__curve_colour(s, class), x, y - 4);
  ml_buf_printf(f->out, "<text " PICTURE_INK " font-size=\"10\" x=\"%.0f\" y=\"%.0f\">", x + 16, y);
  picture__name(f->out, s->result->data->classes.labels[class], ROOM, 10);
  ml_buf_puts(f->out, "</text>\n");
}

void panel__curve_names(const xval_shown *s, const panel_field *f, bool is_above) {
  enum { LINE = 14 };
  size_t n = panel__n_curves(s);
  for (size_t c = 0; c < n; c++)
    if (is_above)
      put_curve_name(s, c, PANEL_LEFT + 10, PANEL_TOP + 12 + (double)c * LINE, f);
    else
      put_curve_name(s, c, PANEL_RIGHT - 130, PANEL_BOTTOM - 14 - (double)(n - 1 - c) * LINE, f);
}

/* ---- curves of true and false positive rates ------------------------------------------------ */

typedef struct sorted_by {
  const ml_predicted *predicted;
  size_t class, n_classes;
} sorted_by;

static double score_of(const sorted_by *by, size_t i) {
  return by->predicted->scores[i * by->n_classes + by->class];
}

static int by_score(const void *a, const void *b, void *ctx) {
  size_t i = *(const size_t *)a, j = *(const size_t *)b;
  double x = score_of(ctx, i), y = score_of(ctx, j);
  if (x != y) return x > y ? -1 : 1;
  return (i > j) - (i < j);
}

/* One step for all rows of one score; those too short to be seen are left out. */
static void put_curve(const xval_shown *s, size_t class, size_t *order, const panel_field *f) {
  const ml_predicted *p = s->result->predicted;
  const uint32_t *codes = s->result->data->classes.codes;
  sorted_by by = {p, class, s->result->data->classes.n};
  size_t n_true = 0, hits = 0, misses = 0;
  double last_x = panel__rate_x(0), last_y = panel__y(f, 0);
  for (size_t i = 0; i < p->n; i++) {
    order[i] = i;
    n_true += codes[p->row[i]] == class;
  }
  if (n_true == 0 || n_true == p->n) return;
  qsort_r(order, p->n, sizeof *order, by_score, &by);
  ml_buf_printf(f->out,
                "<path class=\"curve\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.8\" d=\"",
                panel__curve_colour(s, class));
  picture__point(f->out, 'M', last_x, last_y);
  for (size_t i = 0; i < p->n; i++) {
    bool is_true = codes[p->row[order[i]]] == class;
    hits += is_true;
    misses += !is_true;
    if (i + 1 < p->n && score_of(&by, order[i]) == score_of(&by, order[i + 1])) continue;
    double x = panel__rate_x((double)misses / (double)(p->n - n_true));
    double y = panel__y(f, (double)hits / (double)n_true);
    if (i + 1 < p->n && fabs(x - last_x) + fabs(y - last_y) < 0.7) continue;
    picture__point(f->out, 'L', x, y);
    last_x = x;
    last_y = y;
  }
  ml_buf_puts(f->out, "\"/>\n");
}

void panel__roc(const xval_shown *s, size_t *order, const char *place, ml_buf *out) {
  panel_field f =
      panel__begin_rates(place, "true positive rate upwards, false positive rate across", out);
  if (s->result->data->classes.n == 2) {
    put_curve(s, 1, order, &f);
  } else {
    for (size_t c = 0; c < panel__n_curves(s); c++) put_curve(s, c, order, &f);
    panel__curve_names(s, &f, false);
  }
  panel__end(out);
}

/* ---- counts -------------------------------------------------------------------------------- */

typedef struct confusion {
  size_t n;                  /* classes that are shown: the largest */
  uint32_t of[MOST_CLASSES]; /* in their order */
  size_t counts[MOST_CLASSES][MOST_CLASSES];
  size_t rows[MOST_CLASSES]; /* of each true class, whatever was predicted */
} confusion;

static void choose_classes(confusion *c, const size_t *counts, size_t n_classes) {
  for (uint32_t k = 0; k < n_classes; k++) {
    size_t n_larger = 0; /* and equal ones before it */
    for (uint32_t j = 0; j < n_classes; j++)
      n_larger += counts[j] > counts[k] || (counts[j] == counts[k] && j < k);
    if (n_larger < MOST_CLASSES) c->of[c->n++] = k;
  }
}

static size_t place_of(const confusion *c, uint32_t class) {
  size_t k = 0;
  while (k < c->n && c->of[k] != class) k++;
  return k;
}

static bool count_classes(const xval_shown *s, confusion *c) {
  const ml_predicted *p = s->result->predicted;
  const ml_levels *classes = &s->result->data->classes;
  size_t *counts = xval__class_counts(s);
  if (!counts) return false;
  choose_classes(c, counts, classes->n);
  free(counts);
  for (size_t i = 0; i < p->n; i++) {
    size_t truth = place_of(c, classes->codes[p->row[i]]), got = place_of(c, p->classes[i]);
    if (truth < c->n) c->rows[truth]++;
    if (truth < c->n && got < c->n) c->counts[truth][got]++;
  }
  return true;
}

static void put_class_name(const char *label, double x, double y, bool is_row, double room,
                           ml_buf *out) {
  ml_buf_printf(out, "<text " PICTURE_INK " font-size=\"10\" text-anchor=\"%s\" x=\"",
                is_row ? "end" : "middle");
  picture__at(out, x);
  ml_buf_puts(out, "\" y=\"");
  picture__at(out, y);
  ml_buf_puts(out, "\"><title>");
  ml_buf_xml_text(out, label);
  ml_buf_puts(out, "</title>");
  picture__name(out, label, room, 10);
  ml_buf_puts(out, "</text>\n");
}

static void put_count(size_t count, size_t of, double x, double y, double width, double height,
                      ml_buf *out) {
  double share = of > 0 ? (double)count / (double)of : 0;
  char text[24];
  ml_buf_puts(out, "<rect class=\"cell\" fill=\"#0072b2\" x=\"");
  picture__at(out, x + 1);
  ml_buf_puts(out, "\" y=\"");
  picture__at(out, y + 1);
  ml_buf_puts(out, "\" width=\"");
  picture__at(out, width - 2);
  ml_buf_puts(out, "\" height=\"");
  picture__at(out, height - 2);
  ml_buf_printf(out, "\" opacity=\"%.2f\"/>", 0.06 + 0.5 * share);
  snprintf(text, sizeof text, "%zu", count);
  picture__text(out, x + width / 2, y + height / 2 + 4,
                PICTURE_INK " font-size=\"11\" text-anchor=\"middle\"", text);
}

void panel__confusion(const xval_shown *s, const char *place, ml_buf *out) {
  enum { LEFT = 78, TOP = 20 };
  const ml_levels *classes = &s->result->data->classes;
  confusion c = {0};
  if (!count_classes(s, &c)) {
    out->failed = true;
    return;
  }
  panel__begin(place, "true classes downwards, predicted classes across", out);
  double width = (double)(PANEL_WIDTH - LEFT - 4) / (double)c.n;
  double height = (double)(PANEL_HEIGHT - TOP - 4) / (double)c.n;
  for (size_t k = 0; k < c.n; k++) {
    const char *label = classes->labels[c.of[k]];
    put_class_name(label, LEFT + ((double)k + 0.5) * width, TOP - 6, false, width - 4, out);
    put_class_name(label, LEFT - 6, TOP + ((double)k + 0.5) * height + 4, true, LEFT - 8, out);
    for (size_t j = 0; j < c.n; j++)
      put_count(c.counts[k][j], c.rows[k], LEFT + (double)j * width, TOP + (double)k * height,
                width, height, out);
  }
  panel__end(out);
}
