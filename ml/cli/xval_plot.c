/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --plot: all panels in one picture. */
#include <math.h>

#include "xval_picture.h"

enum { WIDTH = 1060, MARGIN = 18, ACROSS = 3, STEP_X = 345, STEP_Y = PANEL_HEIGHT + 40, TOP = 96 };

static void put_line(double y, const char *how, double size, ml_buf *text, ml_buf *out) {
  ml_buf_put(text, "", 1);
  if (text->failed) {
    out->failed = true;
  } else {
    ml_buf_printf(out, "<text %s font-size=\"%.0f\" x=\"%d\" y=\"%.0f\">", how, size, MARGIN, y);
    picture__name(out, text->data, WIDTH - 2 * MARGIN, size);
    ml_buf_puts(out, "</text>\n");
  }
  ml_buf_release(text);
}

static void put_title(const xval_shown *s, ml_buf *out) {
  const ml_xval_result *r = s->result;
  ml_buf text = {0};
  xval__headline(s, &text);
  put_line(30, PICTURE_INK " font-weight=\"600\"", 19, &text, out);
  ml_buf_printf(&text, "%s, target %s: %zu rows, %zu features", s->input, xval__target(s),
                r->data->n_rows, r->data->n_features);
  put_line(52, PICTURE_DIM, 13, &text, out);
  xval__method(s, &text);
  put_line(71, PICTURE_DIM, 13, &text, out);
}

static void put_panel(const panels *p, size_t i, ml_buf *out) {
  int x = MARGIN + (int)(i % ACROSS) * STEP_X, y = TOP + (int)(i / ACROSS) * STEP_Y;
  char place[48];
  ml_buf title = {0};
  panels__title(p, i, &title);
  ml_buf_put(&title, "", 1);
  if (title.failed) {
    out->failed = true;
    return;
  }
  ml_buf_printf(out,
                "<text " PICTURE_INK " font-size=\"12\" font-weight=\"600\" x=\"%d\" y=\"%d\">",
                x + 8, y + 10);
  picture__name(out, title.data, PANEL_WIDTH - 16, 12);
  ml_buf_puts(out, "</text>\n");
  ml_buf_release(&title);
  snprintf(place, sizeof place, " x=\"%d\" y=\"%d\"", x, y + 18);
  panels__draw(p, i, place, out);
}

ml_status xval__plot(const xval_shown *s, ml_buf *out, ml_error *err) {
  panels *p = NULL;
  ml_status status = panels__new(s, &p, err);
  if (status != ML_OK) return status;
  size_t n = panels__n(p);
  double height = TOP + (double)((n + ACROSS - 1) / ACROSS) * STEP_Y + 4;
  if (n == 0) height += 40;
  picture__begin(out, "plot", 0, WIDTH, height);
  ml_buf_puts(out, " font-size=\"12\" role=\"img\" aria-label=\"cross-validation\">\n<title>");
  ml_buf title = {0};
  xval__headline(s, &title);
  ml_buf_put(&title, "", 1);
  if (title.failed)
    out->failed = true;
  else
    ml_buf_xml_text(out, title.data);
  ml_buf_release(&title);
  ml_buf_printf(out,
                "</title>\n<rect class=\"paper\" width=\"%d\" height=\"%.0f\" fill=\"#fff\"/>\n",
                WIDTH, height);
  put_title(s, out);
  for (size_t i = 0; i < n; i++) put_panel(p, i, out);
  if (n == 0)
    picture__text(out, WIDTH / 2.0, TOP + 20, PICTURE_DIM " text-anchor=\"middle\"",
                  "There is no score to draw.");
  ml_buf_puts(out, "</svg>\n");
  panels__free(p);
  return out->failed ? ml_error_memory(err) : ML_OK;
}
