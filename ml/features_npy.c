/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Features from .npy: the values go straight into their block. */
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>

#include "features_internal.h"
#include "target_internal.h"

typedef struct reading {
  npy_file file;
  const ml_features_opts *opts;
  features_roles roles;
  ml_matrix *matrix;
  uint32_t *by_id;
  ml_error *err;
} reading;

static ml_status deal_roles(reading *r) {
  const features_names names = {(const char *const *)r->file.names.columns, r->file.names.n_columns,
                                r->file.beside, true};
  const features_ask ask = features__ask(r->opts);
  return features__roles(&names, &ask, &r->roles, r->err);
}

static ml_status order_rows(reading *r, bool *are_numbers) {
  const npy_names *names = &r->file.names;
  size_t twice[2];
  char shown[CSV_QUOTE_MAX];
  ml_status status =
      features__order(names->rows, names->n_rows, &r->by_id, are_numbers, twice, r->err);
  if (status != ML_OK || twice[0] == SIZE_MAX) return status;
  const char *id = names->rows[twice[1]];
  return ml_error_at(r->err, ML_ERR_PARSE, r->file.beside, 0, 0, "id \"%s\" is there twice",
                     csv__quote(id, strlen(id), shown));
}

static ml_status read_file(reading *r, const char *path, const ml_exec *exec) {
  const npy_header *h = &r->file.header;
  bool are_numbers = false;
  ml_status status = npy__open(path, r->opts->id, r->opts->watch, &r->file, r->err);
  if (status == ML_OK) status = deal_roles(r);
  if (status == ML_OK) status = order_rows(r, &are_numbers);
  if (status == ML_OK) status = ml_matrix_new(exec, h->n_rows, h->n_columns, &r->matrix, r->err);
  if (status != ML_OK) return status;
  r->matrix->by_column = h->by_column;
  r->matrix->rows_are_numbers = are_numbers;
  return npy__read(&r->file, r->matrix->values, h->n_rows * h->n_columns * sizeof(double), r->err);
}

/* ---- what becomes of them ---- */

static ml_status take_target(reading *r, ml_target **target) {
  const ml_matrix *m = r->matrix;
  const size_t j = r->roles.target, n = m->n_rows;
  double *values = reallocarray(NULL, n, sizeof *values);
  if (!values) return ml_error_memory(r->err);
  for (size_t i = 0; i < n; i++)
    values[i] = m->values[m->by_column ? j * n + i : i * m->n_columns + j];
  const target_column column = {.name = r->file.names.columns[j],
                                .source = r->file.path,
                                .n = n,
                                .numbers = values,
                                .by_id = r->by_id,
                                .ids = r->file.names.rows};
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
  npy_names *names = &r->file.names;
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
  reading r = {.opts = opts, .err = err};
  ml_status status = read_file(&r, path, exec);
  if (status == ML_OK && r.roles.target != SIZE_MAX) status = take_target(&r, target);
  if (status == ML_OK) {
    keep_features(&r);
    take_names(&r);
    *out = r.matrix;
  } else {
    ml_matrix_free(r.matrix);
  }
  npy__release(&r.file);
  features__roles_release(&r.roles);
  free(r.by_id);
  return status;
}
