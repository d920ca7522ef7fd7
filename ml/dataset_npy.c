/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datasets from .npy: features go straight into their block, whatever the order in the file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>

#include "dataset_internal.h"

typedef struct reading {
  const ml_dataset_opts *opts;
  const dataset_some *some; /* NULL: all */
  npy_file file;
  features_roles roles;
  double **to;                   /* where each column of the file goes; NULL: nowhere */
  double *other[DATASET_N_MORE]; /* columns that are no features */
  double *target;
  ml_dataset *data;
  ml_error *err;
} reading;

/* ---- where the columns go ---- */

static ml_status make_room(reading *r, size_t column, double **to) {
  if (column == SIZE_MAX) return ML_OK;
  *to = r->to[column] = reallocarray(NULL, r->file.header.n_rows, sizeof **to);
  return *to ? ML_OK : ml_error_memory(r->err);
}

static ml_status plan(reading *r, const ml_exec *exec) {
  const npy_header *h = &r->file.header;
  ml_dataset *data = r->data;
  const features_names names = {(const char *const *)r->file.names.columns, h->n_columns,
                                r->file.beside, true};
  const features_ask ask = dataset__ask(r->opts, r->some);
  ml_status status = features__roles(&names, &ask, &r->roles, r->err);
  if (status != ML_OK) return status;
  r->to = calloc(h->n_columns, sizeof *r->to);
  const char **features = calloc(r->roles.n + 1, sizeof *features);
  for (size_t j = 0; features && j < r->roles.n; j++)
    features[j] = names.names[r->roles.columns[j]];
  data->names = features ? dataset__copy_texts(features, r->roles.n) : NULL;
  free((void *)features);
  if (!r->to || !data->names) return ml_error_memory(r->err);
  data->n_rows = h->n_rows;
  data->n_features = r->roles.n;
  status = ml_block_new(exec, h->n_rows * r->roles.n * sizeof(double), &data->block, r->err);
  if (status != ML_OK) return status;
  data->x = data->block->data;
  for (size_t j = 0; j < r->roles.n; j++)
    r->to[r->roles.columns[j]] = (double *)data->block->data + j * h->n_rows;
  status = make_room(r, r->roles.target, &r->target);
  for (size_t k = 0; k < DATASET_N_MORE && status == ML_OK; k++)
    status = make_room(r, r->roles.more[k], &r->other[k]);
  return status;
}

/* ---- values ---- */

static ml_status read_by_column(reading *r, double *spare) {
  const npy_header *h = &r->file.header;
  ml_status status = ML_OK;
  for (size_t j = 0; j < h->n_columns && status == ML_OK; j++)
    status = npy__read(&r->file, r->to[j] ? r->to[j] : spare, h->n_rows * sizeof *spare, r->err);
  return status;
}

/* Some rows at a time, as many as fit a cache. */
static ml_status read_by_row(reading *r, double *spare, size_t height) {
  const npy_header *h = &r->file.header;
  const size_t width = h->n_columns;
  for (size_t first = 0; first < h->n_rows; first += height) {
    const size_t n = h->n_rows - first < height ? h->n_rows - first : height;
    ml_status status = npy__read(&r->file, spare, n * width * sizeof *spare, r->err);
    if (status != ML_OK) return status;
    for (size_t j = 0; j < width; j++)
      for (size_t i = 0; i < n && r->to[j]; i++) r->to[j][first + i] = spare[i * width + j];
  }
  return ML_OK;
}

static ml_status read_values(reading *r) {
  enum { CELLS = 1 << 14 };
  const npy_header *h = &r->file.header;
  const size_t height = h->n_columns < CELLS ? CELLS / h->n_columns : 1;
  double *spare = h->by_column ? reallocarray(NULL, h->n_rows, sizeof *spare)
                               : reallocarray(NULL, height * h->n_columns, sizeof *spare);
  if (!spare) return ml_error_memory(r->err);
  ml_status status = h->by_column ? read_by_column(r, spare) : read_by_row(r, spare, height);
  free(spare);
  return status;
}

/* ---- what becomes of them ---- */

static dataset_column column_of(const reading *r, size_t column, const double *numbers) {
  return (dataset_column){.column = {.name = r->file.names.columns[column],
                                     .source = r->file.path,
                                     .n = r->data->n_rows,
                                     .numbers = numbers,
                                     .ids = r->file.names.rows}};
}

static ml_status check(const reading *r, const dataset_column *c, const char *what, bool may_lack) {
  char name[CSV_QUOTE_MAX];
  const target_column *t = &c->column;
  for (size_t i = 0; i < t->n; i++)
    if (isinf(t->numbers[i]) || (!may_lack && isnan(t->numbers[i])))
      return dataset__fail_row(c, i, r->err, "%s \"%s\" %s", what,
                               csv__quote(t->name, strlen(t->name), name),
                               isnan(t->numbers[i]) ? "has no value" : "is infinite");
  return ML_OK;
}

static ml_status check_features(const reading *r) {
  ml_status status = ML_OK;
  if (r->opts->takes_infinite) return status;
  for (size_t j = 0; j < r->roles.n && status == ML_OK; j++) {
    const dataset_column c = column_of(r, r->roles.columns[j], r->data->x + j * r->data->n_rows);
    status = check(r, &c, "feature", true);
  }
  return status;
}

static ml_status take_other(reading *r, size_t k) {
  static const char *const what[] = {[DATASET_WEIGHTS] = "weight",
                                     [DATASET_GROUPS] = "group",
                                     [DATASET_PREDEFINED] = "fold",
                                     [DATASET_START] = "start",
                                     [DATASET_END] = "end"};
  ml_dataset *data = r->data;
  if (!r->other[k]) return ML_OK;
  const dataset_column c = column_of(r, r->roles.more[k], r->other[k]);
  ml_status status = check(r, &c, what[k], false);
  if (status != ML_OK) return status;
  if (k == DATASET_WEIGHTS) return dataset__take_weights(&c, data, r->err);
  if (k == DATASET_GROUPS) return dataset__take_levels(&c, &data->groups, r->err);
  if (k == DATASET_PREDEFINED) return dataset__take_levels(&c, &data->predefined, r->err);
  *(k == DATASET_START ? &data->start : &data->end) = r->other[k];
  r->other[k] = NULL;
  return ML_OK;
}

static ml_status take_ids(reading *r) {
  dataset_column c = column_of(r, 0, NULL);
  if (r->opts->id && !*r->opts->id) return ML_OK;
  c.column.source = r->file.beside;
  return dataset__take_ids(&c, r->file.names.id, r->data, r->err);
}

static ml_status take_all(reading *r) {
  ml_status status = check_features(r);
  if (status == ML_OK) status = take_ids(r);
  if (status == ML_OK && r->target) {
    const dataset_column c = column_of(r, r->roles.target, r->target);
    status = dataset__take_target(&c, r->opts->problem, r->data, r->err);
  }
  for (size_t k = 0; k < DATASET_N_MORE && status == ML_OK; k++) status = take_other(r, k);
  if (status != ML_OK || !r->data->start) return status;
  const dataset_column start = column_of(r, r->roles.more[DATASET_START], r->data->start);
  return dataset__check_times(&start, r->data, r->err);
}

ml_status dataset__read_npy(const char *path, const ml_dataset_opts *opts, const dataset_some *some,
                            const ml_exec *exec, ml_dataset *data, ml_error *err) {
  reading r = {.opts = opts, .some = some, .data = data, .err = err};
  ml_status status = npy__open(path, opts->id, opts->watch, &r.file, err);
  if (status == ML_OK) status = plan(&r, exec);
  if (status == ML_OK) status = read_values(&r);
  if (status == ML_OK) status = take_all(&r);
  for (size_t k = 0; k < DATASET_N_MORE; k++) free(r.other[k]);
  free(r.target);
  free(r.to);
  features__roles_release(&r.roles);
  npy__release(&r.file);
  return status;
}
