/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a matrix looks like as CSV, JSON, JSON lines and in NumPy's format. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <ml/duckdb_internal.h>

#include "matrix_form.h"
#include "output_internal.h"

enum { CHUNK = 128 * 1024 };

ml_status matrix__flush(matrix_file *w, ml_error *err) {
  if (w->buf.failed) return ml_error_memory(err);
  ml_status status = ml_output_write(w->out, w->buf.data, w->buf.n, err);
  ml_buf_clear(&w->buf);
  return status;
}

/* After each row: what has gathered goes out, and the watch hears of it. */
static ml_status row_done(matrix_file *w, ml_error *err) {
  w->n_rows++;
  if (w->buf.n < CHUNK && !w->buf.failed) return ML_OK;
  ml_watch_progress(w->watch, "write", (double)w->n_rows, (double)w->matrix->n_rows);
  if (ml_watch_cancelled(w->watch)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
  return matrix__flush(w, err);
}

static const char *row_name(const matrix_file *w) {
  return w->matrix->rows[w->n_rows - w->first];
}

/* ---- CSV ----------------------------------------------------------------------------------- */

static ml_status put_csv_head(matrix_file *w, ml_error *err) {
  const ml_matrix *m = w->matrix;
  ml_buf_csv_cell(&w->buf, m->row_label);
  for (size_t j = 0; j < m->n_columns; j++) {
    ml_buf_put(&w->buf, ",", 1);
    ml_buf_csv_cell(&w->buf, m->columns[j]);
  }
  ml_buf_put(&w->buf, "\n", 1);
  return w->buf.failed ? ml_error_memory(err) : ML_OK;
}

static ml_status write_csv_rows(matrix_file *w, const double *value, size_t n, ml_error *err) {
  const ml_matrix *m = w->matrix;
  ml_status status = ML_OK;
  for (size_t end = w->n_rows + n; w->n_rows < end && status == ML_OK;) {
    ml_buf_csv_cell(&w->buf, row_name(w));
    for (size_t j = 0; j < m->n_columns; j++) {
      ml_buf_put(&w->buf, ",", 1);
      ml_buf_number(&w->buf, *value++);
    }
    ml_buf_put(&w->buf, "\n", 1);
    status = row_done(w, err);
  }
  return status;
}

static const matrix_form csv_form = {.head = put_csv_head, .rows = write_csv_rows};

/* ---- JSON ---------------------------------------------------------------------------------- */

static void put_json_name(ml_buf *buf, const char *name, bool is_number) {
  if (is_number && matrix__is_json_number(name, strlen(name)))
    ml_buf_puts(buf, name);
  else
    ml_buf_json_string(buf, name);
}

static void put_json_names(ml_buf *buf, char *const *names, size_t n, bool numbers) {
  ml_buf_puts(buf, "[");
  for (size_t i = 0; i < n; i++) {
    if (i) ml_buf_puts(buf, ", ");
    put_json_name(buf, names[i], numbers);
  }
  ml_buf_puts(buf, "]");
}

/* Names of rows that are never all in memory. */
static ml_status put_json_ids(matrix_file *w, ml_error *err) {
  const char *id = NULL;
  ml_buf_puts(&w->buf, "[");
  for (size_t i = 0;; i++) {
    ml_status status = w->ids->next(w->ids->ctx, &id, err);
    if (status == ML_OK && w->buf.n >= CHUNK) status = matrix__flush(w, err);
    if (status != ML_OK) return status;
    if (!id) break;
    if (i) ml_buf_puts(&w->buf, ", ");
    put_json_name(&w->buf, id, w->matrix->rows_are_numbers);
  }
  ml_buf_puts(&w->buf, "]");
  return ML_OK;
}

/* The id column has any name, so it is a value here and no key. */
static ml_status put_names(matrix_file *w, ml_error *err) {
  const ml_matrix *m = w->matrix;
  ml_status status = ML_OK;
  ml_buf_puts(&w->buf, "{\"id\": ");
  ml_buf_json_string(&w->buf, m->row_label);
  ml_buf_puts(&w->buf, ",\n\"ids\": ");
  if (w->ids)
    status = put_json_ids(w, err);
  else
    put_json_names(&w->buf, m->rows, m->n_rows, m->rows_are_numbers);
  ml_buf_puts(&w->buf, ",\n\"columns\": ");
  put_json_names(&w->buf, m->columns, m->n_columns, false);
  return status == ML_OK && w->buf.failed ? ml_error_memory(err) : status;
}

static ml_status put_json_head(matrix_file *w, ml_error *err) {
  ml_status status = put_names(w, err);
  ml_buf_puts(&w->buf, ",\n\"data\": [");
  return status;
}

static void put_json_tail(matrix_file *w) {
  ml_buf_puts(&w->buf, "]}\n");
}

static ml_status write_json_rows(matrix_file *w, const double *value, size_t n, ml_error *err) {
  const ml_matrix *m = w->matrix;
  ml_status status = ML_OK;
  for (size_t end = w->n_rows + n; w->n_rows < end && status == ML_OK;) {
    ml_buf_puts(&w->buf, w->n_rows ? ",\n[" : "\n[");
    for (size_t j = 0; j < m->n_columns; j++) {
      if (j) ml_buf_puts(&w->buf, ", ");
      ml_buf_json_number(&w->buf, *value++);
    }
    ml_buf_puts(&w->buf, "]");
    status = row_done(w, err);
  }
  return status;
}

static const matrix_form json_form = {
    .head = put_json_head, .rows = write_json_rows, .tail = put_json_tail};

/* ---- JSON lines: an object a row ------------------------------------------------------------ */

static ml_status write_jsonl_rows(matrix_file *w, const double *value, size_t n, ml_error *err) {
  const ml_matrix *m = w->matrix;
  ml_status status = ML_OK;
  for (size_t end = w->n_rows + n; w->n_rows < end && status == ML_OK;) {
    ml_buf_puts(&w->buf, "{");
    ml_buf_json_string(&w->buf, m->row_label);
    ml_buf_puts(&w->buf, ": ");
    ml_buf_json_string(&w->buf, row_name(w));
    for (size_t j = 0; j < m->n_columns; j++) {
      ml_buf_puts(&w->buf, ", ");
      ml_buf_json_string(&w->buf, m->columns[j]);
      ml_buf_puts(&w->buf, ": ");
      ml_buf_json_number(&w->buf, *value++);
    }
    ml_buf_puts(&w->buf, "}\n");
    status = row_done(w, err);
  }
  return status;
}

static const matrix_form jsonl_form = {.rows = write_jsonl_rows};

/* ---- names beside the values --------------------------------------------------------------- */

static ml_status put_names_file(matrix_file *w, ml_error *err) {
  ml_status status = put_names(w, err);
  ml_buf_puts(&w->buf, "}\n");
  return status;
}

const matrix_form matrix__names_form = {.head = put_names_file};

static ml_status put_mapping(matrix_file *w, ml_error *err) {
  ml_buf_puts(&w->buf, "safe,name\n");
  for (size_t j = 0; j < w->matrix->n_columns; j++) {
    ml_buf_csv_cell(&w->buf, w->matrix->columns[j]);
    ml_buf_puts(&w->buf, ",");
    ml_buf_csv_cell(&w->buf, w->names[j]);
    ml_buf_puts(&w->buf, "\n");
  }
  return w->buf.failed ? ml_error_memory(err) : ML_OK;
}

const matrix_form matrix__mapping_form = {.head = put_mapping};

/* ---- NumPy --------------------------------------------------------------------------------- */

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "\"<f8\" is written as it lies in memory");

/* Magic, version 1.0, length of the header, and the header: blanks fill it up to a multiple of 64.
 * numpy.lib.format describes it. */
static void put_npy_header(ml_buf *buf, size_t n_rows, size_t n_columns) {
  enum { PREFIX = 10, ALIGN = 64, ROOM = 2 * ALIGN };
  char header[ROOM];
  int n = snprintf(header, sizeof header,
                   "{'descr': '<f8', 'fortran_order': False, 'shape': (%zu, %zu), }", n_rows,
                   n_columns);
  assert(n > 0 && PREFIX + n < ROOM);
  size_t size = PREFIX + n + 1 <= ALIGN ? ALIGN - PREFIX : ROOM - PREFIX;
  memset(header + n, ' ', size - (size_t)n);
  header[size - 1] = '\n';
  const unsigned char prefix[PREFIX] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)size,
                                        0};
  ml_buf_put(buf, prefix, sizeof prefix);
  ml_buf_put(buf, header, size);
}

static ml_status put_npy_head(matrix_file *w, ml_error *err) {
  put_npy_header(&w->buf, w->matrix->n_rows, w->matrix->n_columns);
  return w->buf.failed ? ml_error_memory(err) : ML_OK;
}

static ml_status write_npy_rows(matrix_file *w, const double *values, size_t n, ml_error *err) {
  const ml_matrix *m = w->matrix;
  const size_t block = 1 << 20, row = m->n_columns * sizeof *values;
  const size_t all = m->n_rows * row, before = w->n_rows * row, size = n * row;
  const char *bytes = (const char *)values;
  ml_status status = matrix__flush(w, err);
  for (size_t at = 0; at < size && status == ML_OK; at += block) {
    if (ml_watch_cancelled(w->watch)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
    status = ml_output_write(w->out, bytes + at, size - at < block ? size - at : block, err);
    ml_watch_progress(w->watch, "write", (double)(before + at), (double)all);
  }
  w->n_rows += n;
  return status;
}

static const matrix_form npy_form = {.head = put_npy_head, .rows = write_npy_rows};

/* ---- Parquet ------------------------------------------------------------------------------- */

/* Which type all ids have. */
static ml_status begin_parquet(matrix_file *w, ml_error *err) {
  const ml_matrix *m = w->matrix;
  const char *id = NULL;
  ml_status status = ML_OK;
  w->id_type = m->n_rows > 0 ? DUCK_BIGINT : DUCK_VARCHAR;
  for (size_t i = 0; !w->ids && i < m->n_rows; i++)
    w->id_type = duckdb__id_type(w->id_type, m->rows[i]);
  while (w->ids && (status = w->ids->next(w->ids->ctx, &id, err)) == ML_OK && id)
    w->id_type = duckdb__id_type(w->id_type, id);
  return status;
}

static ml_status next_in_memory(void *ctx, size_t *n, char *const **names, const double **values,
                                ml_error *err) {
  matrix_file *w = ctx;
  const size_t n_left = w->matrix->n_rows - w->n_rows;
  if (*n > n_left) *n = n_left;
  if (*n == 0) return ML_OK;
  *values = matrix__rows(&w->values, w->n_rows, n);
  *names = w->matrix->rows + w->n_rows;
  w->n_rows += *n;
  return *values ? ML_OK : ml_error_memory(err);
}

static ml_status write_parquet(matrix_file *w, ml_error *err) {
  const matrix_source in_memory = {next_in_memory, w};
  const char *path = output__temporary(w->out);
  if (!path)
    return ml_error_at(err, ML_ERR_IO, w->path, 0, 0,
                       "Parquet is written to a file, not to a device or a pipe");
  const duck_output out = {w->matrix, w->id_type, w->source ? w->source : &in_memory, path,
                           w->path};
  return duckdb__write(&out, w->watch, err);
}

static const matrix_form parquet_form = {.head = begin_parquet, .whole = write_parquet};

const matrix_form *matrix__form(ml_format format) {
  static const matrix_form *const forms[] = {[ML_FORMAT_CSV] = &csv_form,
                                             [ML_FORMAT_NPY] = &npy_form,
                                             [ML_FORMAT_JSON] = &json_form,
                                             [ML_FORMAT_JSONL] = &jsonl_form,
                                             [ML_FORMAT_PARQUET] = &parquet_form};
  return forms[format];
}
