/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of pages, to sort and search. */
#include "picture_sheet.h"

#include <math.h>

enum { N_ROWS = 50 };

/* By sheet_cell. */
static const char *const classes[] = {
    [SHEET_WORDS] = "", [SHEET_NUMBER] = "n", [SHEET_NAME] = "name"};

static void put_tag(sheet *s, const char *tag, sheet_cell is) {
  ml_buf_printf(s->out, *classes[is] ? "<%s class=\"%s\">" : "<%s>", tag, classes[is]);
}

void sheet__end_cell(sheet *s, const char *before, const char *name, sheet_cell is, double key) {
  const char *comma = s->n_cells++ == 0 ? "" : ",";
  ml_buf_put(&s->text, "", 1);
  if (s->text.failed) {
    s->out->failed = true;
    return;
  }
  switch (s->form) {
    case SHEET_HEADS:
      put_tag(s, "th scope=\"col\"", is);
      ml_buf_printf(s->out, "<span>%s", before);
      ml_buf_xml_text(s->out, name);
      ml_buf_puts(s->out, "</span></th>");
      break;
    case SHEET_HTML:
      put_tag(s, "td", is);
      ml_buf_xml_text(s->out, s->text.data);
      ml_buf_puts(s->out, "</td>");
      break;
    case SHEET_COLUMNS:
      ml_buf_printf(s->out, "%s\"%s\"", comma, classes[is]);
      break;
    case SHEET_TEXTS:
      ml_buf_puts(s->out, comma);
      picture__json_string(s->out, s->text.data);
      break;
    case SHEET_KEYS:
      ml_buf_puts(s->out, comma);
      if (is == SHEET_NUMBER)
        ml_buf_json_number(s->out, isfinite(key) ? key : NAN);
      else
        picture__json_string(s->out, s->text.data);
      break;
  }
  ml_buf_clear(&s->text);
}

void sheet__put_count(sheet *s, const char *name, size_t n) {
  ml_buf_printf(&s->text, "%zu", n);
  sheet__end_cell(s, "", name, SHEET_NUMBER, (double)n);
}

void sheet__put_words(sheet *s, const char *name, sheet_cell is, const char *words) {
  ml_buf_puts(&s->text, words ? words : "");
  sheet__end_cell(s, "", name, is, NAN);
}

/* ---- all of it ----------------------------------------------------------------------------- */

static void put_row(sheet *s, const sheet_rows *rows, size_t i) {
  s->n_cells = 0;
  rows->put(s, rows->ctx, i);
}

static bool is_marked(const sheet_rows *rows, size_t i) {
  return rows->is_marked && rows->is_marked(rows->ctx, i);
}

void sheet__heads(const sheet_rows *rows, ml_buf *out) {
  sheet s = {.out = out, .form = SHEET_HEADS};
  if (rows->n > 0) put_row(&s, rows, 0);
  ml_buf_release(&s.text);
}

void sheet__rows(const sheet_rows *rows, ml_buf *out) {
  sheet s = {.out = out, .form = SHEET_HTML};
  for (size_t i = 0; i < rows->n && i < N_ROWS; i++) {
    ml_buf_puts(out, is_marked(rows, i) ? "<tr class=\"selected\">" : "<tr>");
    put_row(&s, rows, i);
    ml_buf_puts(out, "</tr>\n");
  }
  ml_buf_release(&s.text);
}

static void put_rows(sheet *s, const sheet_rows *rows, const char *key, sheet_form as) {
  s->form = as;
  ml_buf_printf(s->out, "\"%s\":[", key);
  for (size_t i = 0; i < rows->n; i++) {
    ml_buf_puts(s->out, i ? ",\n[" : "[");
    put_row(s, rows, i);
    ml_buf_puts(s->out, "]");
  }
  ml_buf_puts(s->out, "],\n");
}

void sheet__data(const sheet_rows *rows, ml_buf *out) {
  sheet s = {.out = out, .form = SHEET_COLUMNS};
  const char *comma = "";
  ml_buf_puts(out, "{\"columns\":[");
  if (rows->n > 0) put_row(&s, rows, 0);
  ml_buf_puts(out, "],\n");
  put_rows(&s, rows, "texts", SHEET_TEXTS);
  put_rows(&s, rows, "keys", SHEET_KEYS);
  ml_buf_puts(out, "\"marked\":[");
  for (size_t i = 0; i < rows->n; i++)
    if (is_marked(rows, i)) {
      ml_buf_printf(out, "%s%zu", comma, i);
      comma = ",";
    }
  ml_buf_puts(out, "]}");
  ml_buf_release(&s.text);
}
