/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matrices to CSV, JSON and NumPy's format. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/buffer.h>
#include <ml/matrix.h>

#include <ml/duckdb_internal.h>

#include "matrix_internal.h"
#include "output_internal.h"

enum { CHUNK = 128 * 1024 };

/* One file that is being written. Text is appended to buf, and goes on to out in chunks. */
typedef struct writer {
  const ml_matrix *matrix;
  const char *path;
  char *const *names; /* of the columns before they were made safe; NULL: they were not */
  const ml_watch *watch;
  ml_output *out;
  ml_buf buf;
  size_t n_rows; /* written, or in buf */
  matrix_rows values;
} writer;

/* How a file is made of its parts; NULL: it has none of these. */
typedef struct form {
  void (*head)(writer *w);
  ml_status (*rows)(writer *w, const double *values, size_t n, ml_error *err); /* the next n */
  void (*tail)(writer *w);
  ml_status (*whole)(writer *w, ml_error *err); /* in place of these */
} form;

static ml_status flush(writer *w, ml_error *err) {
  if (w->buf.failed) return ml_error_memory(err);
  ml_status status = ml_output_write(w->out, w->buf.data, w->buf.n, err);
  ml_buf_clear(&w->buf);
  return status;
}

/* After each row: what has gathered goes out, and the watch hears of it. */
static ml_status row_done(writer *w, ml_error *err) {
  w->n_rows++;
  if (w->buf.n < CHUNK && !w->buf.failed) return ML_OK;
  ml_watch_progress(w->watch, "write", (double)w->n_rows, (double)w->matrix->n_rows);
  if (ml_watch_cancelled(w->watch)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
  return flush(w, err);
}

/* ---- CSV ----------------------------------------------------------------------------------- */

static void put_csv_head(writer *w) {
  const ml_matrix *m = w->matrix;
  ml_buf_csv_cell(&w->buf, m->row_label);
  for (size_t j = 0; j < m->n_columns; j++) {
    ml_buf_put(&w->buf, ",", 1);
    ml_buf_csv_cell(&w->buf, m->columns[j]);
  }
  ml_buf_put(&w->buf, "\n", 1);
}

static ml_status write_csv_rows(writer *w, const double *value, size_t n, ml_error *err) {
  const ml_matrix *m = w->matrix;
  ml_status status = ML_OK;
  for (size_t end = w->n_rows + n; w->n_rows < end && status == ML_OK;) {
    ml_buf_csv_cell(&w->buf, m->rows[w->n_rows]);
    for (size_t j = 0; j < m->n_columns; j++) {
      ml_buf_put(&w->buf, ",", 1);
      ml_buf_number(&w->buf, *value++);
    }
    ml_buf_put(&w->buf, "\n", 1);
    status = row_done(w, err);
  }
  return status;
}

static const form csv_form = {.head = put_csv_head, .rows = write_csv_rows};

/* ---- JSON ---------------------------------------------------------------------------------- */

static void put_json_names(ml_buf *buf, char *const *names, size_t n, bool numbers) {
  ml_buf_puts(buf, "[");
  for (size_t i = 0; i < n; i++) {
    if (i) ml_buf_puts(buf, ", ");
    if (numbers && matrix__is_json_number(names[i], strlen(names[i])))
      ml_buf_puts(buf, names[i]);
    else
      ml_buf_json_string(buf, names[i]);
  }
  ml_buf_puts(buf, "]");
}

/* The id column has any name, so it is a value here and no key. */
static void put_names(writer *w) {
  const ml_matrix *m = w->matrix;
  ml_buf_puts(&w->buf, "{\"id\": ");
  ml_buf_json_string(&w->buf, m->row_label);
  ml_buf_puts(&w->buf, ",\n\"ids\": ");
  put_json_names(&w->buf, m->rows, m->n_rows, m->rows_are_numbers);
  ml_buf_puts(&w->buf, ",\n\"columns\": ");
  put_json_names(&w->buf, m->columns, m->n_columns, false);
}

static void put_json_head(writer *w) {
  put_names(w);
  ml_buf_puts(&w->buf, ",\n\"data\": [");
}

static void put_json_tail(writer *w) {
  ml_buf_puts(&w->buf, "]}\n");
}

static ml_status write_json_rows(writer *w, const double *value, size_t n, ml_error *err) {
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

static const form json_form = {
    .head = put_json_head, .rows = write_json_rows, .tail = put_json_tail};

/* The file beside a .npy: the names, which the format has no place for. */
static void put_names_file(writer *w) {
  put_names(w);
  ml_buf_puts(&w->buf, "}\n");
}

static const form names_form = {.head = put_names_file};

/* The file beside an output with safe names. */
static void put_mapping(writer *w) {
  ml_buf_puts(&w->buf, "safe,name\n");
  for (size_t j = 0; j < w->matrix->n_columns; j++) {
    ml_buf_csv_cell(&w->buf, w->matrix->columns[j]);
    ml_buf_puts(&w->buf, ",");
    ml_buf_csv_cell(&w->buf, w->names[j]);
    ml_buf_puts(&w->buf, "\n");
  }
}

static const form mapping_form = {.head = put_mapping};

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

static void put_npy_head(writer *w) {
  put_npy_header(&w->buf, w->matrix->n_rows, w->matrix->n_columns);
}

static ml_status write_npy_rows(writer *w, const double *values, size_t n, ml_error *err) {
  const ml_matrix *m = w->matrix;
  const size_t block = 1 << 20, row = m->n_columns * sizeof *values;
  const size_t all = m->n_rows * row, before = w->n_rows * row, size = n * row;
  const char *bytes = (const char *)values;
  ml_status status = flush(w, err);
  for (size_t at = 0; at < size && status == ML_OK; at += block) {
    if (ml_watch_cancelled(w->watch)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
    status = ml_output_write(w->out, bytes + at, size - at < block ? size - at : block, err);
    ml_watch_progress(w->watch, "write", (double)(before + at), (double)all);
  }
  w->n_rows += n;
  return status;
}

static const form npy_form = {.head = put_npy_head, .rows = write_npy_rows};

/* ---- Parquet ------------------------------------------------------------------------------- */

static ml_status write_parquet(writer *w, ml_error *err) {
  const char *path = output__temporary(w->out);
  if (!path)
    return ml_error_at(err, ML_ERR_IO, w->path, 0, 0,
                       "Parquet is written to a file, not to a device or a pipe");
  return duckdb__write(w->matrix, &w->values, path, w->path, w->watch, err);
}

static const form parquet_form = {.whole = write_parquet};

/* ---- files --------------------------------------------------------------------------------- */

/* A file of an output, the one with the values last. */
typedef struct part {
  const char *path;
  const form *form;
  writer writer; /* with its output while that is neither of its name nor given up */
} part;

enum { MAX_PARTS = 3 };

struct ml_matrix_writer {
  ml_matrix matrix; /* as the caller's, but perhaps with fewer columns, or safe names */
  char **chosen;    /* names of the columns when not all are written; borrowed but for the array */
  bool has_safe_names;
  char *path, *beside, *names_beside;
  part parts[MAX_PARTS];
  size_t n; /* parts */
};

/* Write rows up to n_rows. */
static ml_status write_rows(part *p, size_t n_rows, ml_error *err) {
  writer *w = &p->writer;
  ml_status status = ML_OK;
  while (p->form->rows && w->n_rows < n_rows && status == ML_OK) {
    size_t n = n_rows - w->n_rows;
    const double *values = matrix__rows(&w->values, w->n_rows, &n);
    status = values ? p->form->rows(w, values, n, err) : ml_error_memory(err);
  }
  return status;
}

static ml_status open_part(part *p, ml_error *err) {
  ml_status status = ml_output_open(p->path, &p->writer.out, err);
  if (status == ML_OK && p->form->head) p->form->head(&p->writer);
  return status;
}

/* Everything up to its rename. */
static ml_status finish_part(part *p, ml_error *err) {
  writer *w = &p->writer;
  ml_status status =
      p->form->whole ? p->form->whole(w, err) : write_rows(p, w->matrix->n_rows, err);
  if (status == ML_OK && p->form->tail) p->form->tail(w);
  if (status == ML_OK) status = flush(w, err);
  ml_buf_release(&w->buf);
  matrix__rows_release(&w->values);
  return status == ML_OK ? ml_output_finish(w->out, err) : status;
}

static ml_status name_parts(ml_matrix_writer *w, const char *path, ml_format format,
                            ml_error *err) {
  ml_status status = ml_matrix_beside(path, format, &w->beside, err);
  if (status == ML_OK && w->has_safe_names)
    status = ml_matrix_names_beside(path, &w->names_beside, err);
  if (status == ML_OK && !(w->path = strdup(path))) status = ml_error_memory(err);
  return status;
}

static const form *const forms[] = {[ML_FORMAT_CSV] = &csv_form,
                                    [ML_FORMAT_NPY] = &npy_form,
                                    [ML_FORMAT_JSON] = &json_form,
                                    [ML_FORMAT_PARQUET] = &parquet_form};

static void add_part(ml_matrix_writer *w, const char *path, const form *how, char *const *names,
                     const ml_watch *watch) {
  w->parts[w->n++] =
      (part){path, how, {.matrix = &w->matrix, .path = path, .names = names, .watch = watch}};
}

static ml_status open_parts(ml_matrix_writer *w, char *const *names, const matrix_rows *values,
                            ml_format format, const ml_watch *watch, ml_error *err) {
  if (format == ML_FORMAT_AUTO) format = matrix__format_of(w->path);
  if (w->names_beside) add_part(w, w->names_beside, &mapping_form, names, watch);
  if (w->beside) add_part(w, w->beside, &names_form, NULL, watch);
  add_part(w, w->path, forms[format], NULL, watch);
  w->parts[w->n - 1].writer.values = *values;
  ml_status status = ML_OK;
  for (size_t i = 0; i < w->n && status == ML_OK; i++) {
    status = open_part(&w->parts[i], err);
    if (status == ML_OK && i + 1 < w->n) status = finish_part(&w->parts[i], err);
  }
  return status;
}

static ml_status choose_columns(ml_matrix_writer *w, const size_t *columns, size_t n,
                                ml_error *err) {
  w->chosen = reallocarray(NULL, n ? n : 1, sizeof *w->chosen);
  if (!w->chosen) return ml_error_memory(err);
  for (size_t j = 0; j < n; j++) {
    assert(columns[j] < w->matrix.n_columns);
    w->chosen[j] = w->matrix.columns[columns[j]];
  }
  w->matrix.columns = w->chosen;
  w->matrix.n_columns = n;
  return ML_OK;
}

/* @param columns  n of them; NULL: all */
static ml_status open_writer(const ml_matrix *matrix, const size_t *columns, size_t n,
                             const char *path, ml_format format, bool safe_names,
                             const ml_watch *watch, ml_matrix_writer **out, ml_error *err) {
  ml_matrix_writer *w = calloc(1, sizeof *w);
  if (!w) return ml_error_memory(err);
  w->matrix = *matrix;
  ml_status status = columns ? choose_columns(w, columns, n, err) : ML_OK;
  char *const *names = w->matrix.columns;
  const matrix_rows values = {.matrix = matrix, .columns = columns, .n = w->matrix.n_columns};
  if (status == ML_OK && safe_names) {
    status =
        ml_safe_names((const char *const *)names, w->matrix.n_columns, &w->matrix.columns, err);
    w->has_safe_names = status == ML_OK;
  }
  if (status == ML_OK) status = name_parts(w, path, format, err);
  if (status == ML_OK) status = open_parts(w, names, &values, format, watch, err);
  if (status == ML_OK)
    *out = w;
  else
    ml_matrix_write_abort(w);
  return status;
}

ml_status ml_matrix_write_open(const ml_matrix *matrix, const char *path, ml_format format,
                               bool safe_names, const ml_watch *watch, ml_matrix_writer **out,
                               ml_error *err) {
  return open_writer(matrix, NULL, 0, path, format, safe_names, watch, out, err);
}

ml_status ml_matrix_write_rows(ml_matrix_writer *w, size_t n_rows, ml_error *err) {
  assert(n_rows <= w->matrix.n_rows);
  return write_rows(&w->parts[w->n - 1], n_rows, err);
}

/* All files are complete on the disk before the first gets its name: then little can go wrong. The
 * old values go first and the new ones come last, so that there is no moment, whatever crashes, at
 * which the names of one matrix lie beside the values of another. */
ml_status ml_matrix_write_commit(ml_matrix_writer *w, ml_error *err) {
  part *parts = w->parts, *values = &parts[w->n - 1];
  ml_status status = finish_part(values, err);
  if (status == ML_OK && w->n > 1) status = output__withdraw(values->writer.out, err);
  size_t n_done = 0;
  for (; n_done < w->n && status == ML_OK; n_done++) {
    status = ml_output_commit(parts[n_done].writer.out, err);
    parts[n_done].writer.out = NULL;
  }
  for (size_t i = 0; status != ML_OK && i + 1 < n_done; i++) remove(parts[i].path);
  ml_matrix_write_abort(w);
  return status;
}

void ml_matrix_write_abort(ml_matrix_writer *w) {
  if (!w) return;
  for (size_t i = 0; i < w->n; i++) {
    ml_output_abort(w->parts[i].writer.out);
    ml_buf_release(&w->parts[i].writer.buf);
    matrix__rows_release(&w->parts[i].writer.values);
  }
  if (w->has_safe_names) ml_safe_names_free(w->matrix.columns, w->matrix.n_columns);
  free(w->chosen);
  free(w->path);
  free(w->beside);
  free(w->names_beside);
  free(w);
}

static ml_status write_matrix(const ml_matrix *matrix, const size_t *columns, size_t n,
                              const char *path, ml_format format, bool safe_names,
                              const ml_watch *watch, ml_error *err) {
  ml_matrix_writer *w = NULL;
  ml_status status = open_writer(matrix, columns, n, path, format, safe_names, watch, &w, err);
  return status == ML_OK ? ml_matrix_write_commit(w, err) : status;
}

ml_status ml_matrix_write(const ml_matrix *matrix, const char *path, ml_format format,
                          const ml_watch *watch, ml_error *err) {
  return write_matrix(matrix, NULL, 0, path, format, false, watch, err);
}

ml_status ml_matrix_write_columns(const ml_matrix *matrix, const size_t *columns, size_t n,
                                  const char *path, ml_format format, bool safe_names,
                                  const ml_watch *watch, ml_error *err) {
  static const size_t none = 0;
  return write_matrix(matrix, n ? columns : &none, n, path, format, safe_names, watch, err);
}

ml_status ml_matrix_write_safe(const ml_matrix *matrix, const char *path, ml_format format,
                               const ml_watch *watch, ml_error *err) {
  return write_matrix(matrix, NULL, 0, path, format, true, watch, err);
}
