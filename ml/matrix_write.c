/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matrices to files: one or several that belong together, all at once or some rows at a time. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matrix_form.h"
#include "output_internal.h"

/* ---- files --------------------------------------------------------------------------------- */

/* A file of an output, the one with the values last. */
typedef struct part {
  const char *path;
  const matrix_form *form;
  matrix_file writer; /* with its output while that is neither of its name nor given up */
} part;

enum { MAX_PARTS = 3 };

struct ml_matrix_writer {
  ml_matrix matrix; /* as the caller's, but perhaps with fewer columns, or safe names */
  char **chosen;    /* names of the columns when not all are written; borrowed but for the array */
  const matrix_ids *ids; /* of all rows; used while it is opened */
  bool has_safe_names;
  char *path, *beside, *names_beside;
  part parts[MAX_PARTS];
  size_t n; /* parts */
};

/* Write rows up to n_rows. */
static ml_status write_rows(part *p, size_t n_rows, ml_error *err) {
  matrix_file *w = &p->writer;
  ml_status status = ML_OK;
  while (p->form->rows && w->values.matrix && w->n_rows < n_rows && status == ML_OK) {
    size_t n = n_rows - w->n_rows;
    const double *values = matrix__rows(&w->values, w->n_rows, &n);
    status = values ? p->form->rows(w, values, n, err) : ml_error_memory(err);
  }
  return status;
}

static ml_status open_part(part *p, ml_error *err) {
  ml_status status = ml_output_open(p->path, &p->writer.out, err);
  return status == ML_OK && p->form->head ? p->form->head(&p->writer, err) : status;
}

/* Everything up to its rename. */
static ml_status finish_part(part *p, ml_error *err) {
  matrix_file *w = &p->writer;
  ml_status status =
      p->form->whole ? p->form->whole(w, err) : write_rows(p, w->matrix->n_rows, err);
  if (status == ML_OK && p->form->tail) p->form->tail(w);
  if (status == ML_OK) status = matrix__flush(w, err);
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

static void add_part(ml_matrix_writer *w, const char *path, const matrix_form *how,
                     char *const *names, const ml_watch *watch) {
  w->parts[w->n++] =
      (part){path,
             how,
             {.matrix = &w->matrix, .path = path, .ids = w->ids, .names = names, .watch = watch}};
}

static ml_status open_parts(ml_matrix_writer *w, char *const *names, const matrix_rows *values,
                            ml_format format, const ml_watch *watch, ml_error *err) {
  if (format == ML_FORMAT_AUTO) format = matrix__format_of(w->path);
  if (w->names_beside) add_part(w, w->names_beside, &matrix__mapping_form, names, watch);
  if (w->beside) add_part(w, w->beside, &matrix__names_form, NULL, watch);
  add_part(w, w->path, matrix__form(w->beside ? ML_FORMAT_NPY : format), NULL, watch);
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

/* What is written of a matrix. */
typedef struct extent {
  const size_t *columns; /* n of them; NULL: all */
  size_t n;
  bool is_in_parts; /* rows are handed in later */
  const matrix_ids *ids;
} extent;

static const extent all = {0};

static ml_status open_writer(const ml_matrix *matrix, const extent *what, const char *path,
                             ml_format format, bool safe_names, const ml_watch *watch,
                             ml_matrix_writer **out, ml_error *err) {
  ml_matrix_writer *w = calloc(1, sizeof *w);
  if (!w) return ml_error_memory(err);
  w->matrix = *matrix;
  w->ids = what->ids;
  ml_status status = what->columns ? choose_columns(w, what->columns, what->n, err) : ML_OK;
  char *const *names = w->matrix.columns;
  const matrix_rows values = {.matrix = what->is_in_parts ? NULL : matrix,
                              .columns = what->columns,
                              .n = w->matrix.n_columns};
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
  return open_writer(matrix, &all, path, format, safe_names, watch, out, err);
}

ml_status ml_matrix_write_rows(ml_matrix_writer *w, size_t n_rows, ml_error *err) {
  assert(n_rows <= w->matrix.n_rows);
  return write_rows(&w->parts[w->n - 1], n_rows, err);
}

/* ---- rows that are handed in ---- */

bool matrix__needs_all_names(ml_format format) {
  return format == ML_FORMAT_JSON || format == ML_FORMAT_NPY || format == ML_FORMAT_PARQUET;
}

ml_status matrix__write_open(const ml_matrix *head, const matrix_ids *ids, const char *path,
                             ml_format format, bool safe_names, const ml_watch *watch,
                             ml_matrix_writer **out, ml_error *err) {
  const extent what = {.is_in_parts = true, .ids = ids};
  return open_writer(head, &what, path, format, safe_names, watch, out, err);
}

ml_status matrix__write_rows(ml_matrix_writer *w, char *const *names, const double *values,
                             size_t n, ml_error *err) {
  const part *p = &w->parts[w->n - 1];
  matrix_file *file = &w->parts[w->n - 1].writer;
  w->matrix.rows = (char **)(uintptr_t)names;
  file->first = file->n_rows;
  return n > 0 ? p->form->rows(file, values, n, err) : ML_OK;
}

static ml_status write_source(ml_matrix_writer *w, const matrix_source *rows, ml_error *err) {
  matrix_file *file = &w->parts[w->n - 1].writer;
  if (w->parts[w->n - 1].form->whole) {
    file->source = rows;
    return ML_OK;
  }
  for (;;) {
    char *const *names;
    const double *values;
    size_t n = SIZE_MAX;
    ml_status status = rows->next(rows->ctx, &n, &names, &values, err);
    if (status != ML_OK || n == 0) return status;
    status = matrix__write_rows(w, names, values, n, err);
    if (status == ML_OK && ml_watch_cancelled(file->watch))
      status = ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
    if (status != ML_OK) return status;
  }
}

ml_status matrix__write_from(const ml_matrix *head, const matrix_ids *ids,
                             const matrix_source *rows, const char *path, ml_format format,
                             bool safe_names, const ml_watch *watch, ml_error *err) {
  ml_matrix_writer *w = NULL;
  ml_status status = matrix__write_open(head, ids, path, format, safe_names, watch, &w, err);
  if (status == ML_OK) status = write_source(w, rows, err);
  if (status == ML_OK) return ml_matrix_write_commit(w, err);
  ml_matrix_write_abort(w);
  return status;
}

ml_status matrix__write_flush(ml_matrix_writer *w, ml_error *err) {
  matrix_file *file = &w->parts[w->n - 1].writer;
  ml_status status = matrix__flush(file, err);
  return status == ML_OK ? ml_output_flush(file->out, err) : status;
}

/* ---- the end ---- */

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

static ml_status write_matrix(const ml_matrix *matrix, const extent *what, const char *path,
                              ml_format format, bool safe_names, const ml_watch *watch,
                              ml_error *err) {
  ml_matrix_writer *w = NULL;
  ml_status status = open_writer(matrix, what, path, format, safe_names, watch, &w, err);
  return status == ML_OK ? ml_matrix_write_commit(w, err) : status;
}

ml_status ml_matrix_write(const ml_matrix *matrix, const char *path, ml_format format,
                          const ml_watch *watch, ml_error *err) {
  return write_matrix(matrix, &all, path, format, false, watch, err);
}

ml_status ml_matrix_write_columns(const ml_matrix *matrix, const size_t *columns, size_t n,
                                  const char *path, ml_format format, bool safe_names,
                                  const ml_watch *watch, ml_error *err) {
  static const size_t none = 0;
  const extent what = {.columns = n ? columns : &none, .n = n};
  return write_matrix(matrix, &what, path, format, safe_names, watch, err);
}

ml_status ml_matrix_write_safe(const ml_matrix *matrix, const char *path, ml_format format,
                               const ml_watch *watch, ml_error *err) {
  return write_matrix(matrix, &all, path, format, true, watch, err);
}
