/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of pages, to sort and search: heads and first rows as HTML, all rows as JSON, which
 * sheet() of page.js shows. All forms go through the same cells, so that they agree. */
#ifndef ML_CLI_PICTURE_SHEET_H
#define ML_CLI_PICTURE_SHEET_H

#include "picture.h"

typedef enum sheet_form {
  SHEET_HEADS,
  SHEET_HTML,
  SHEET_COLUMNS,
  SHEET_TEXTS,
  SHEET_KEYS
} sheet_form;

/* A row that is being written: the text of a cell goes to `text`, then sheet__end_cell() ends it.
 */
typedef struct sheet {
  ml_buf *out;
  sheet_form form;
  size_t n_cells; /* of this row */
  ml_buf text;    /* of this cell */
} sheet;

/* How a cell is set. */
typedef enum sheet_cell { SHEET_WORDS, SHEET_NUMBER, SHEET_NAME } sheet_cell;

/** End a cell. @param before, name  the head of its column, two texts in one
 * @param key  what it is sorted by, of numbers; NaN: nothing is known */
void sheet__end_cell(sheet *s, const char *before, const char *name, sheet_cell is, double key);

/** A cell that is a count, a text. */
void sheet__put_count(sheet *s, const char *name, size_t n);
void sheet__put_words(sheet *s, const char *name, sheet_cell is, const char *words);

typedef struct sheet_rows {
  size_t n;
  void (*put)(sheet *s, const void *ctx, size_t row);
  bool (*is_marked)(const void *ctx, size_t row); /* NULL: none is */
  const void *ctx;
} sheet_rows;

void sheet__heads(const sheet_rows *rows, ml_buf *out);

/** Append the first rows. */
void sheet__rows(const sheet_rows *rows, ml_buf *out);

/** Append all rows as JSON, in which nothing is HTML. */
void sheet__data(const sheet_rows *rows, ml_buf *out);

#endif
