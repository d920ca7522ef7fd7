/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells in columns. */
#include "xval_grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void grid__end_cell(grid *g) {
  ml_buf_put(&g->cells, "", 1);
}

void grid__cell(grid *g, const char *format, ...) {
  char text[128];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  ml_buf_put(&g->cells, text, strlen(text) + 1);
}

/* Signs of a UTF-8 text. */
static size_t width_of(const char *text) {
  size_t n = 0;
  for (; *text; text++) n += ((unsigned char)*text & 0xC0) != 0x80;
  return n;
}

static void print_row(const char **at, const size_t *widths, size_t n_columns, ml_buf *out) {
  size_t gap = 0; /* blanks that are due: none stand at the end of a line */
  for (size_t j = 0; j < n_columns; j++, *at += strlen(*at) + 1) {
    size_t width = width_of(*at);
    gap += widths[j] - width;
    if (width > 0) {
      ml_buf_printf(out, "%*s%s", (int)gap, "", *at);
      gap = 0;
    } else {
      gap += width;
    }
    if (widths[j] > 0) gap += 2;
  }
  ml_buf_puts(out, "\n");
}

void grid__print(grid *g, size_t n_columns, ml_buf *out) {
  size_t *widths = calloc(n_columns + 1, sizeof *widths), j = 0;
  if (!widths || g->cells.failed) {
    out->failed = true;
  } else {
    const char *end = g->cells.data + g->cells.n;
    for (const char *at = g->cells.data; at < end; at += strlen(at) + 1, j = (j + 1) % n_columns) {
      size_t width = width_of(at);
      if (width > widths[j]) widths[j] = width;
    }
    for (const char *at = g->cells.data; at < end;) print_row(&at, widths, n_columns, out);
  }
  free(widths);
  ml_buf_release(&g->cells);
}
