/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of a spool: rows are merged, put together and written, some at a time. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/matrix_internal.h>
#include <ml/number.h>

#include "spool.h"

enum { CHUNK_MAX = 1 << 22 /* bytes of rows that are put together at once */ };

/* Rows on their way out. */
typedef struct writing {
  ml_spool *spool;
  spool_merge *merge;
  series_id_form form; /* of ids in the names of windows */
  ml_buf name;         /* of one row */
  double *values;      /* room for n_room rows */
  ml_buf names;        /* of n rows, each with its NUL */
  char **rows;
  size_t n, n_room;
  bool is_open; /* the merge is that of the rows, and not that of the names */
} writing;

/* ---- names ---- */

/* The time of a window as a set of all ids would have it: one time with a fraction gives all one.
 */
static void put_time(writing *w, const spool_row *row) {
  const ml_spool *s = w->spool;
  double value;
  char text[ML_NUMBER_MAX];
  if (s->all.clock != ML_CLOCK_NUMBER || !row->head.is_whole || s->times_are_whole ||
      !ml_number_parse(row->time, row->time + strlen(row->time), &value)) {
    ml_buf_puts(&w->name, row->time);
    return;
  }
  ml_number_repr(value, text);
  ml_buf_printf(&w->name, "%s)", text);
}

/* @return NULL when memory ran out */
static const char *name_of(writing *w, const spool_row *row) {
  if (row->head.n_time == 0) return row->id;
  ml_buf_clear(&w->name);
  ml_buf_puts(&w->name, "(");
  series__put_id(&w->name, row->id, w->form);
  ml_buf_puts(&w->name, ", ");
  put_time(w, row);
  ml_buf_put(&w->name, "", 1);
  return w->name.failed ? NULL : w->name.data;
}

/* All names before any values, for formats that want them so. */
static ml_status next_name(void *ctx, const char **id, ml_error *err) {
  writing *w = ctx;
  spool_row row;
  ml_status status = spool__merge_next(w->merge, &row, err);
  *id = NULL;
  if (status != ML_OK || !row.bytes) return status;
  *id = name_of(w, &row);
  return *id ? ML_OK : ml_error_memory(err);
}

/* ---- rows ---- */

/* Kind by kind, in the order of all kinds. */
static void spread(const ml_spool *s, const spool_row *row, double *to) {
  const spool_shape *shape = &s->kinds.shapes[row->head.shape];
  const fresh_layout *layout = &s->layout;
  for (size_t j = 0; j < layout->n_columns; j++) to[j] = NAN;
  for (size_t k = 0; k < shape->n_kinds; k++)
    memcpy(to + layout->starts[s->kinds.place[shape->kinds[k]]],
           row->values + shape->starts[k] * sizeof *to,
           (shape->starts[k + 1] - shape->starts[k]) * sizeof *to);
}

static ml_status put_row(writing *w, const spool_row *row, ml_error *err) {
  const char *name = name_of(w, row);
  if (name) ml_buf_put(&w->names, name, strlen(name) + 1);
  spread(w->spool, row, w->values + w->n++ * w->spool->layout.n_columns);
  return name && !w->names.failed ? ML_OK : ml_error_memory(err);
}

static ml_status open_merge(writing *w, ml_error *err) {
  ml_spool *s = w->spool;
  spool__merge_close(w->merge);
  w->merge = NULL;
  return spool__merge_open(&s->file, &s->kinds, (size_t)(s->opts.memory / 2), &w->merge, err);
}

/* A matrix_source. */
static ml_status next_rows(void *ctx, size_t *n, char *const **names, const double **values,
                           ml_error *err) {
  writing *w = ctx;
  spool_row row;
  ml_status status = w->is_open ? ML_OK : open_merge(w, err); /* the names have gone through it */
  w->is_open = true;
  w->n = 0;
  ml_buf_clear(&w->names);
  while (status == ML_OK && w->n < w->n_room && w->n < *n) {
    status = spool__merge_next(w->merge, &row, err);
    if (status != ML_OK || !row.bytes) break;
    status = put_row(w, &row, err);
  }
  if (status != ML_OK) return status;
  char *at = w->names.data;
  for (size_t i = 0; i < w->n; i++, at += strlen(at) + 1) w->rows[i] = at;
  *n = w->n;
  *names = w->rows;
  *values = w->values;
  return fresh__layout_rows(&w->spool->layout, w->values, w->n, err);
}

static ml_status make_room(writing *w, ml_error *err) {
  const size_t row = w->spool->layout.n_columns * sizeof *w->values;
  size_t share = (size_t)(w->spool->opts.memory / 4);
  if (share > CHUNK_MAX) share = CHUNK_MAX;
  w->n_room = share > row ? share / row : 1;
  w->values = reallocarray(NULL, w->n_room, row);
  w->rows = reallocarray(NULL, w->n_room, sizeof *w->rows);
  return w->values && w->rows ? ML_OK : ml_error_memory(err);
}

static ml_status write_table(writing *w, const char *path, ml_format format, bool safe_names,
                             ml_error *err) {
  ml_spool *s = w->spool;
  const matrix_ids ids = {next_name, w};
  const ml_matrix head = {.n_rows = s->n_rows,
                          .n_columns = s->layout.n_columns,
                          .columns = s->layout.names,
                          .row_label = s->all.id_name,
                          .rows_are_numbers = s->all.ids_are_numbers};
  const matrix_source rows = {next_rows, w};
  ml_status status = open_merge(w, err);
  return status == ML_OK
             ? matrix__write_from(&head, &ids, &rows, path, format, safe_names, s->opts.watch, err)
             : status;
}

ml_status ml_spool_write(ml_spool *s, const char *path, ml_format format, bool safe_names,
                         ml_error *err) {
  assert(s && s->has_layout && path);
  writing w = {.spool = s,
               .form = s->file.form.not_numbers ? SERIES_ID_TEXT
                       : s->file.form.not_whole ? SERIES_ID_REAL
                                                : SERIES_ID_WHOLE};
  ml_status status = make_room(&w, err);
  if (status == ML_OK) status = write_table(&w, path, format, safe_names, err);
  spool__merge_close(w.merge);
  ml_buf_release(&w.name);
  ml_buf_release(&w.names);
  free(w.values);
  free(w.rows);
  return status;
}
