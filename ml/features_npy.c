/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features from .npy: the values go straight into their block. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ml/csv_internal.h>
#include <ml/input.h>

#include "features_internal.h"
#include "target_internal.h"

typedef struct reading {
  const char *path;
  char *beside;
  const ml_features_opts *opts;
  npy_header header;
  npy_names names;
  features_roles roles;
  ml_matrix *matrix;
  uint32_t *by_id;
  double *target; /* values of that column; NULL: none */
  ml_error *err;
} reading;

/* As many bytes as there are, up to size. */
static ml_status read_up_to(ml_input *input, char *to, size_t size, size_t *n, ml_error *err) {
  size_t got = 1;
  ml_status status = ML_OK;
  for (*n = 0; *n < size && got > 0 && status == ML_OK; *n += status == ML_OK ? got : 0)
    status = ml_input_read(input, to + *n, size - *n, &got, err);
  return status;
}

/* ---- names ---- */

static ml_status read_beside(reading *r) {
  enum { STEP = 1 << 16 };
  ml_input *input = NULL;
  ml_buf json = {0};
  size_t n = STEP;
  ml_status status = ml_matrix_beside(r->path, ML_FORMAT_NPY, &r->beside, r->err);
  if (status == ML_OK) status = ml_input_open(r->beside, NULL, &input, r->err);
  while (status == ML_OK && n == STEP) {
    char *to = ml_buf_reserve(&json, STEP);
    status = to ? read_up_to(input, to, STEP, &n, r->err) : ml_error_memory(r->err);
    if (status == ML_OK) json.n += n;
  }
  ml_input_close(input);
  if (status == ML_OK)
    status = features__npy_names(json.data, json.n, r->beside, &r->names, r->err);
  ml_buf_release(&json);
  return status;
}

static ml_status check_names(const reading *r) {
  const npy_header *h = &r->header;
  const npy_names *names = &r->names;
  if (h->n_rows != names->n_rows || h->n_columns != names->n_columns)
    return ml_error_at(r->err, ML_ERR_PARSE, r->beside, 0, 0,
                       "%zu ids and %zu columns do not fit the %zu x %zu values of the .npy file",
                       names->n_rows, names->n_columns, h->n_rows, h->n_columns);
  if (h->n_rows == 0 || h->n_rows >= UINT32_MAX)
    return ml_error_at(r->err, ML_ERR_PARSE, r->path, 0, 0,
                       h->n_rows ? "too many rows" : "no rows");
  const char *id = r->opts->id;
  if (!id || !*id || strcmp(id, names->id) == 0) return ML_OK;
  char shown[CSV_QUOTE_MAX], has[CSV_QUOTE_MAX];
  return ml_error_at(r->err, ML_ERR_USAGE, r->beside, 0, 0, "the ids are \"%s\", not \"%s\"",
                     csv__quote(names->id, strlen(names->id), has),
                     csv__quote(id, strlen(id), shown));
}

static ml_status deal_roles(reading *r) {
  const features_names names = {(const char *const *)r->names.columns, r->names.n_columns,
                                r->beside, true};
  const features_ask ask = features__ask(r->opts);
  return features__roles(&names, &ask, &r->roles, r->err);
}

static ml_status order_rows(reading *r, bool *are_numbers) {
  size_t twice[2];
  char shown[CSV_QUOTE_MAX];
  ml_status status =
      features__order(r->names.rows, r->names.n_rows, &r->by_id, are_numbers, twice, r->err);
  if (status != ML_OK || twice[0] == SIZE_MAX) return status;
  const char *id = r->names.rows[twice[1]];
  return ml_error_at(r->err, ML_ERR_PARSE, r->beside, 0, 0, "id \"%s\" is there twice",
                     csv__quote(id, strlen(id), shown));
}

/* ---- values ---- */

static ml_status read_values(reading *r, const ml_exec *exec, ml_input *input, const char *head,
                             size_t n_head) {
  const npy_header *h = &r->header;
  ml_status status = ml_matrix_new(exec, h->n_rows, h->n_columns, &r->matrix, r->err);
  if (status != ML_OK) return status;
  r->matrix->by_column = h->by_column;
  const size_t size = h->n_rows * h->n_columns * sizeof(double);
  const size_t n_read = n_head - h->n_bytes < size ? n_head - h->n_bytes : size;
  char *to = (char *)r->matrix->values;
  size_t step = 1 << 22, n;
  memcpy(to, head + h->n_bytes, n_read);
  for (size_t at = n_read; at < size; at += n) {
    if (size - at < step) step = size - at;
    status = read_up_to(input, to + at, step, &n, r->err);
    if (status == ML_OK && ml_watch_cancelled(r->opts->watch))
      status = ml_error_at(r->err, ML_ERR_CANCELLED, r->path, 0, 0, "interrupted");
    if (status == ML_OK && n < step)
      status =
          ml_error_at(r->err, ML_ERR_IO, r->path, 0, 0, "the file was cut short while it was read");
    if (status != ML_OK) return status;
  }
  return ML_OK;
}

static ml_status read_file(reading *r, const ml_exec *exec) {
  ml_input *input = NULL;
  struct stat st;
  size_t n = 0;
  char *head = malloc(NPY_HEADER_MAX);
  bool are_numbers = false;
  ml_status status =
      head ? ml_input_open(r->path, r->opts->watch, &input, r->err) : ml_error_memory(r->err);
  if (status == ML_OK && (stat(r->path, &st) != 0 || !S_ISREG(st.st_mode)))
    status = ml_error_at(r->err, ML_ERR_IO, r->path, 0, 0, "not a file");
  if (status == ML_OK) status = read_up_to(input, head, NPY_HEADER_MAX, &n, r->err);
  if (status == ML_OK)
    status = features__npy_header(head, n, (uint64_t)st.st_size, r->path, &r->header, r->err);
  if (status == ML_OK) status = read_beside(r);
  if (status == ML_OK) status = check_names(r);
  if (status == ML_OK) status = deal_roles(r);
  if (status == ML_OK) status = order_rows(r, &are_numbers);
  if (status == ML_OK) status = read_values(r, exec, input, head, n);
  if (status == ML_OK) r->matrix->rows_are_numbers = are_numbers;
  ml_input_close(input);
  free(head);
  return status;
}

/* ---- what becomes of them ---- */

static ml_status take_target(reading *r, ml_target **target) {
  const ml_matrix *m = r->matrix;
  const size_t j = r->roles.target, n = m->n_rows;
  double *values = reallocarray(NULL, n, sizeof *values);
  if (!values) return ml_error_memory(r->err);
  for (size_t i = 0; i < n; i++)
    values[i] = m->values[m->by_column ? j * n + i : i * m->n_columns + j];
  const target_column column = {.name = r->names.columns[j],
                                .source = r->path,
                                .n = n,
                                .numbers = values,
                                .by_id = r->by_id,
                                .ids = r->names.rows};
  ml_status status = target__make(&column, r->opts->problem, target, r->err);
  free(values);
  return status;
}

/* Close the gaps of the columns that are no features, in place: everything moves to the front. */
static void keep_features(reading *r) {
  ml_matrix *m = r->matrix;
  const size_t n = m->n_columns, n_kept = r->roles.n, *columns = r->roles.columns;
  for (size_t i = 0; i < m->n_rows && !m->by_column && n_kept < n; i++)
    for (size_t k = 0; k < n_kept; k++) m->values[i * n_kept + k] = m->values[i * n + columns[k]];
  for (size_t k = 0; k < n_kept && m->by_column; k++)
    if (columns[k] != k)
      memmove(m->values + k * m->n_rows, m->values + columns[k] * m->n_rows,
              m->n_rows * sizeof *m->values);
  m->n_columns = n_kept;
}

/* The names move to the matrix. */
static void take_names(reading *r) {
  ml_matrix *m = r->matrix;
  npy_names *names = &r->names;
  for (size_t i = 0; i < m->n_rows; i++) {
    m->rows[i] = names->rows[i];
    names->rows[i] = NULL;
  }
  for (size_t k = 0; k < m->n_columns; k++) {
    m->columns[k] = names->columns[r->roles.columns[k]];
    names->columns[r->roles.columns[k]] = NULL;
  }
  free(m->row_label);
  m->row_label = names->id;
  names->id = NULL;
}

ml_status features__read_npy(const char *path, const ml_features_opts *opts, const ml_exec *exec,
                             ml_matrix **out, ml_target **target, ml_error *err) {
  reading r = {.path = path, .opts = opts, .err = err};
  ml_status status = read_file(&r, exec);
  if (status == ML_OK && r.roles.target != SIZE_MAX) status = take_target(&r, target);
  if (status == ML_OK) {
    keep_features(&r);
    take_names(&r);
    *out = r.matrix;
  } else {
    ml_matrix_free(r.matrix);
  }
  features__npy_names_release(&r.names);
  features__roles_release(&r.roles);
  free(r.by_id);
  free(r.beside);
  return status;
}
