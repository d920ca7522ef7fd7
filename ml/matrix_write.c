/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matrices to CSV, JSON and NumPy's format. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/buffer.h>
#include <ml/matrix.h>

#include "output_internal.h"

enum { CHUNK = 128 * 1024 };

/* One file that is being written. Text is appended to buf, and goes on to out in chunks. */
typedef struct writer {
  const ml_matrix *matrix;
  char *const *names; /* of the columns before they were made safe; NULL: they were not */
  const ml_watch *watch;
  ml_output *out;
  ml_buf buf;
} writer;

static ml_status flush(writer *w, ml_error *err) {
  if (w->buf.failed) return ml_error_memory(err);
  ml_status status = ml_output_write(w->out, w->buf.data, w->buf.n, err);
  ml_buf_clear(&w->buf);
  return status;
}

/* After each row: what has gathered goes out, and the watch hears of it. */
static ml_status row_done(writer *w, size_t n_done, ml_error *err) {
  if (w->buf.n < CHUNK && !w->buf.failed) return ML_OK;
  ml_watch_progress(w->watch, "write", (double)n_done, (double)w->matrix->n_rows);
  if (ml_watch_cancelled(w->watch)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
  return flush(w, err);
}

/* ---- CSV ----------------------------------------------------------------------------------- */

static ml_status write_csv(writer *w, ml_error *err) {
  const ml_matrix *m = w->matrix;
  ml_buf_csv_cell(&w->buf, m->row_label);
  for (size_t j = 0; j < m->n_columns; j++) {
    ml_buf_put(&w->buf, ",", 1);
    ml_buf_csv_cell(&w->buf, m->columns[j]);
  }
  ml_buf_put(&w->buf, "\n", 1);

  ml_status status = ML_OK;
  const double *value = m->values;
  for (size_t i = 0; i < m->n_rows && status == ML_OK; i++) {
    ml_buf_csv_cell(&w->buf, m->rows[i]);
    for (size_t j = 0; j < m->n_columns; j++) {
      ml_buf_put(&w->buf, ",", 1);
      ml_buf_number(&w->buf, *value++);
    }
    ml_buf_put(&w->buf, "\n", 1);
    status = row_done(w, i + 1, err);
  }
  return status == ML_OK ? flush(w, err) : status;
}

/* ---- JSON ---------------------------------------------------------------------------------- */

static const char *skip_digits(const char *p) {
  while (*p >= '0' && *p <= '9') p++;
  return p;
}

/* As JSON has it: no plus, no leading zeros, digits on both sides of the point. */
static bool is_json_number(const char *text) {
  const char *p = text + (*text == '-'), *end = skip_digits(p);
  if (end == p || (*p == '0' && end > p + 1)) return false;
  if (*end == '.') {
    p = end + 1;
    end = skip_digits(p);
    if (end == p) return false;
  }
  if (*end == 'e' || *end == 'E') {
    p = end + 1 + (end[1] == '-' || end[1] == '+');
    end = skip_digits(p);
    if (end == p) return false;
  }
  return *end == 0;
}

static void put_json_names(ml_buf *buf, char *const *names, size_t n, bool numbers) {
  ml_buf_puts(buf, "[");
  for (size_t i = 0; i < n; i++) {
    if (i) ml_buf_puts(buf, ", ");
    if (numbers && is_json_number(names[i]))
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

static ml_status write_json(writer *w, ml_error *err) {
  const ml_matrix *m = w->matrix;
  put_names(w);
  ml_buf_puts(&w->buf, ",\n\"data\": [");

  ml_status status = ML_OK;
  const double *value = m->values;
  for (size_t i = 0; i < m->n_rows && status == ML_OK; i++) {
    ml_buf_puts(&w->buf, i ? ",\n[" : "\n[");
    for (size_t j = 0; j < m->n_columns; j++) {
      if (j) ml_buf_puts(&w->buf, ", ");
      ml_buf_json_number(&w->buf, *value++);
    }
    ml_buf_puts(&w->buf, "]");
    status = row_done(w, i + 1, err);
  }
  ml_buf_puts(&w->buf, "]}\n");
  return status == ML_OK ? flush(w, err) : status;
}

/* The file beside a .npy: the names, which the format has no place for. */
static ml_status write_names(writer *w, ml_error *err) {
  put_names(w);
  ml_buf_puts(&w->buf, "}\n");
  return flush(w, err);
}

/* The file beside an output with safe names. */
static ml_status write_mapping(writer *w, ml_error *err) {
  ml_buf_puts(&w->buf, "safe,name\n");
  for (size_t j = 0; j < w->matrix->n_columns; j++) {
    ml_buf_csv_cell(&w->buf, w->matrix->columns[j]);
    ml_buf_puts(&w->buf, ",");
    ml_buf_csv_cell(&w->buf, w->names[j]);
    ml_buf_puts(&w->buf, "\n");
  }
  return flush(w, err);
}

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

static ml_status write_npy(writer *w, ml_error *err) {
  const ml_matrix *m = w->matrix;
  const size_t block = 1 << 20, size = m->n_rows * m->n_columns * sizeof *m->values;
  const char *bytes = (const char *)m->values;
  put_npy_header(&w->buf, m->n_rows, m->n_columns);
  ml_status status = flush(w, err);
  for (size_t at = 0; at < size && status == ML_OK; at += block) {
    if (ml_watch_cancelled(w->watch)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
    status = ml_output_write(w->out, bytes + at, size - at < block ? size - at : block, err);
    ml_watch_progress(w->watch, "write", (double)at, (double)size);
  }
  return status;
}

/* ---- files --------------------------------------------------------------------------------- */

typedef ml_status write_fn(writer *w, ml_error *err);

/* A file of an output, the one with the values last. */
typedef struct part {
  const char *path;
  write_fn *write;
  const ml_matrix *matrix;
  char *const *names; /* of the columns before they were made safe */
  ml_output *out;     /* in full, but not yet of its name; NULL before and after */
} part;

enum { MAX_PARTS = 3 };

/* Write a file in full, up to its rename. On failure no file is left. */
static ml_status prepare(part *p, const ml_watch *watch, ml_error *err) {
  writer w = {.matrix = p->matrix, .names = p->names, .watch = watch};
  ml_status status = ml_output_open(p->path, &w.out, err);
  if (status != ML_OK) return status;
  status = p->write(&w, err);
  ml_buf_release(&w.buf);
  if (status == ML_OK) status = output__finish(w.out, err);
  if (status == ML_OK)
    p->out = w.out;
  else
    ml_output_abort(w.out);
  return status;
}

static void abort_parts(part *parts, size_t n) {
  for (size_t i = 0; i < n; i++) ml_output_abort(parts[i].out);
}

static bool ends_with(const char *text, const char *end) {
  size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

/* All files are complete on the disk before the first gets its name: then little can go wrong. The
 * old values go first and the new ones come last, so that there is no moment, whatever crashes, at
 * which the names of one matrix lie beside the values of another. */
static ml_status write_parts(part *parts, size_t n, const ml_watch *watch, ml_error *err) {
  ml_status status = ML_OK;
  size_t last = n - 1;
  for (size_t i = 0; i < n && status == ML_OK; i++) status = prepare(&parts[i], watch, err);
  if (status == ML_OK && n > 1) status = output__withdraw(parts[last].out, err);
  size_t n_done = 0;
  for (; n_done < n && status == ML_OK; n_done++) {
    status = ml_output_commit(parts[n_done].out, err);
    parts[n_done].out = NULL;
  }
  if (status == ML_OK) return ML_OK;
  abort_parts(parts, n);
  for (size_t i = 0; i + 1 < n_done; i++) remove(parts[i].path);
  return status;
}

static ml_format format_of(const char *path) {
  static const struct {
    const char *end;
    ml_format format;
  } ends[] = {{".npy", ML_FORMAT_NPY}, {".json", ML_FORMAT_JSON}, {".json.gz", ML_FORMAT_JSON}};
  for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
    if (ends_with(path, ends[i].end)) return ends[i].format;
  return ML_FORMAT_CSV;
}

ml_status ml_matrix_beside(const char *path, ml_format format, char **beside, ml_error *err) {
  *beside = NULL;
  if (format == ML_FORMAT_AUTO && ends_with(path, ".npy.gz"))
    return ml_error_set(err, ML_ERR_USAGE,
                        "%s: NumPy does not read compressed files; take .npy, or .csv.gz", path);
  if ((format == ML_FORMAT_AUTO ? format_of(path) : format) != ML_FORMAT_NPY) return ML_OK;
  if (strcmp(path, "-") == 0)
    return ml_error_set(err, ML_ERR_USAGE,
                        "a .npy file needs a name: it cannot go to standard output");
  int stem = (int)(strlen(path) - (ends_with(path, ".npy") ? strlen(".npy") : 0));
  if (asprintf(beside, "%.*s.columns.json", stem, path) >= 0) return ML_OK;
  *beside = NULL;
  return ml_error_memory(err);
}

/* names: of the columns before they were made safe; NULL: they were not */
static ml_status write_matrix(const ml_matrix *matrix, char *const *names, const char *path,
                              ml_format format, const ml_watch *watch, ml_error *err) {
  char *beside = NULL, *names_beside = NULL;
  part parts[MAX_PARTS];
  size_t n = 0;
  ml_status status = ml_matrix_beside(path, format, &beside, err);
  if (status == ML_OK && names) status = ml_matrix_names_beside(path, &names_beside, err);
  if (format == ML_FORMAT_AUTO) format = format_of(path);
  if (names_beside) parts[n++] = (part){names_beside, write_mapping, matrix, names, NULL};
  if (beside) parts[n++] = (part){beside, write_names, matrix, NULL, NULL};
  write_fn *write = beside ? write_npy : format == ML_FORMAT_JSON ? write_json : write_csv;
  parts[n++] = (part){path, write, matrix, NULL, NULL};
  if (status == ML_OK) status = write_parts(parts, n, watch, err);
  free(beside);
  free(names_beside);
  return status;
}

ml_status ml_matrix_write(const ml_matrix *matrix, const char *path, ml_format format,
                          const ml_watch *watch, ml_error *err) {
  return write_matrix(matrix, NULL, path, format, watch, err);
}

ml_status ml_matrix_names_beside(const char *path, char **beside, ml_error *err) {
  static const char *const ends[] = {".csv", ".csv.gz", ".npy", ".json", ".json.gz"};
  *beside = NULL;
  if (strcmp(path, "-") == 0)
    return ml_error_set(err, ML_ERR_USAGE,
                        "safe names need a file to lie beside: they cannot go to standard output");
  int stem = (int)strlen(path);
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    if (ends_with(path, ends[i])) stem = (int)(strlen(path) - strlen(ends[i]));
  if (asprintf(beside, "%.*s.names.csv", stem, path) >= 0) return ML_OK;
  *beside = NULL;
  return ml_error_memory(err);
}

ml_status ml_matrix_write_safe(const ml_matrix *matrix, const char *path, ml_format format,
                               const ml_watch *watch, ml_error *err) {
  ml_matrix safe = *matrix;
  ml_status status =
      ml_safe_names((const char *const *)matrix->columns, matrix->n_columns, &safe.columns, err);
  if (status != ML_OK) return status;
  status = write_matrix(&safe, matrix->columns, path, format, watch, err);
  ml_safe_names_free(safe.columns, matrix->n_columns);
  return status;
}
