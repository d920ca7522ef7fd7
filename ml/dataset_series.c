/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datasets of series: what is known of each id, and features that are computed. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/iso8601.h>
#include <ml/series_internal.h>

#include "dataset_internal.h"

enum { TARGET = DATASET_N_MORE, N_COLUMNS };

/* The columns on their way to a dataset. */
typedef struct taking {
  const ml_series_set *set;
  const ml_dataset_opts *opts;
  const char *names[N_COLUMNS]; /* NULL: none */
  target_column columns[N_COLUMNS];
  uint32_t *codes[N_COLUMNS];
  const char *joined[DATASET_N_MORE]; /* names of those of the file of the target */
  size_t places[DATASET_N_MORE], n_joined;
  ml_dataset *data;
} taking;

/* ---- cells into numbers ---- */

static ml_status fail_cell(const dataset_column *c, size_t row, const char *words, ml_error *err) {
  char name[CSV_QUOTE_MAX], cell[CSV_QUOTE_MAX];
  const target_column *t = &c->column;
  const char *text = t->texts[t->codes[row]];
  csv__quote(t->name, strlen(t->name), name);
  csv__quote(text, strlen(text), cell);
  return dataset__fail_row(c, row, err, "\"%s\" is \"%s\", %s", name, cell, words);
}

static ml_status take_weights(const dataset_column *c, ml_dataset *data, ml_error *err) {
  dataset_column numbers = *c;
  const target_column *t = &c->column;
  ml_status status = ML_OK;
  double *values = reallocarray(NULL, t->n + 1, sizeof *values);
  if (!values) return ml_error_memory(err);
  for (size_t i = 0; i < t->n && status == ML_OK; i++) {
    target_cell cell = target__read_cell(t->texts[t->codes[i]]);
    values[i] = cell.kind == TARGET_MISSING ? NAN : cell.value;
    if (cell.kind == TARGET_TEXT) status = fail_cell(c, i, "which is no weight", err);
  }
  numbers.column.numbers = values;
  if (status == ML_OK) status = dataset__take_weights(&numbers, data, err);
  free(values);
  return status;
}

/* ---- columns ---- */

static const series_attribute *find_attribute(const ml_series_set *set, const char *name) {
  for (size_t a = 0; a < set->n_attributes; a++)
    if (set->attributes[a].name && strcmp(set->attributes[a].name, name) == 0)
      return &set->attributes[a];
  return NULL;
}

static ml_status use_attribute(taking *t, size_t k, const series_attribute *from, ml_error *err) {
  const ml_series_set *set = t->set;
  char *const *parents = set->parents ? set->parents : set->ids;
  uint32_t *codes = t->codes[k] = calloc(set->n_ids + 1, sizeof *codes);
  if (!codes) return ml_error_memory(err);
  for (size_t i = 0; i < set->n_ids; i++) {
    const uint32_t parent = set->parents ? set->parent[i] : (uint32_t)i;
    codes[i] = from->is_id ? parent : from->of[parent];
  }
  const size_t n_parents = set->parents ? set->n_parents : set->n_ids;
  t->columns[k] =
      (target_column){.name = from->name,
                      .source = set->source,
                      .n = set->n_ids,
                      .texts = (const char *const *)(from->is_id ? parents : from->texts),
                      .n_texts = from->is_id ? n_parents : from->n_texts,
                      .codes = codes,
                      .ids = set->ids};
  return ML_OK;
}

static ml_status fail_absent(const taking *t, const char *name, ml_error *err) {
  return ml_error_at(err, ML_ERR_USAGE, t->set->source, 0, 0,
                     "the series were read without the column \"%.60s\"", name);
}

/* Those of the series; the others are joined. */
static ml_status find_columns(taking *t, ml_error *err) {
  const ml_series_set *set = t->set;
  const series_attribute ids = {.name = set->id_name, .is_id = true};
  ml_status status = ML_OK;
  for (size_t k = 0; k < DATASET_N_MORE && status == ML_OK; k++) {
    const series_attribute *from = t->names[k] ? find_attribute(set, t->names[k]) : NULL;
    if (!t->names[k] && k == DATASET_GROUPS && set->parents) from = &ids;
    if (from) {
      status = use_attribute(t, k, from, err);
    } else if (t->names[k] && !t->opts->target_file) {
      status = fail_absent(t, t->names[k], err);
    } else if (t->names[k]) {
      t->places[t->n_joined] = k;
      t->joined[t->n_joined++] = t->names[k];
    }
  }
  if (status != ML_OK || t->opts->target_file || !t->opts->target) return status;
  return set->target.of ? use_attribute(t, TARGET, &set->target, err)
                        : fail_absent(t, t->opts->target, err);
}

/* ---- the dataset ---- */

static ml_status take_columns(taking *t, ml_error *err) {
  ml_status status = ML_OK;
  for (size_t k = 0; k < N_COLUMNS && status == ML_OK; k++) {
    const dataset_column c = {.column = t->columns[k]};
    if (!c.column.name) continue;
    if (k == TARGET)
      status = dataset__take_target(&c, t->opts->problem, t->data, err);
    else if (k == DATASET_WEIGHTS)
      status = take_weights(&c, t->data, err);
    else
      status = dataset__take_levels(
          &c, k == DATASET_GROUPS ? &t->data->groups : &t->data->predefined, err);
  }
  return status;
}

static ml_status take_joined(void *ctx, const target_column *columns, ml_error *err) {
  taking *t = ctx;
  t->columns[TARGET] = columns[0];
  for (size_t k = 0; k < t->n_joined; k++) t->columns[t->places[k]] = columns[1 + k];
  return take_columns(t, err);
}

static ml_status join(taking *t, ml_error *err) {
  const ml_series_set *set = t->set;
  const ml_target_opts opts = {
      .name = t->opts->target, .delimiter = t->opts->delimiter, .watch = t->opts->watch};
  const target_over windows = {set->n_ids, set->parent, set->ids};
  const ml_matrix ids = {.n_rows = set->parents ? set->n_parents : set->n_ids,
                         .rows = set->parents ? set->parents : set->ids,
                         .row_label = set->id_name};
  const target_join ask = {.path = t->opts->target_file,
                           .opts = &opts,
                           .more = t->joined,
                           .n_more = t->n_joined,
                           .rows = &ids,
                           .over = set->parents ? &windows : NULL,
                           .n_unused = &t->data->n_unused};
  return target__join(&ask, take_joined, t, err);
}

static ml_status name_rows(const ml_series_set *set, ml_dataset *data, ml_error *err) {
  data->n_rows = set->n_ids;
  data->ids = dataset__copy_texts((const char *const *)set->ids, set->n_ids);
  data->id = strdup(set->id_name);
  data->source = set->source ? strdup(set->source) : NULL;
  bool ok = data->ids && data->id && (data->source || !set->source);
  return ok ? ML_OK : ml_error_memory(err);
}

ml_status ml_dataset_of_series(const ml_series_set *set, const ml_dataset_opts *opts,
                               ml_dataset **out, ml_error *err) {
  static const ml_dataset_opts defaults;
  assert(set && out);
  taking t = {.set = set, .opts = opts ? opts : &defaults};
  t.names[DATASET_WEIGHTS] = t.opts->weights;
  t.names[DATASET_GROUPS] = t.opts->groups;
  t.names[DATASET_PREDEFINED] = t.opts->predefined;
  t.data = calloc(1, sizeof *t.data);
  ml_status status = t.data ? name_rows(set, t.data, err) : ml_error_memory(err);
  if (status == ML_OK) status = find_columns(&t, err);
  if (status == ML_OK) status = t.opts->target_file ? join(&t, err) : take_columns(&t, err);
  for (size_t k = 0; k < N_COLUMNS; k++) free(t.codes[k]);
  if (status == ML_OK)
    *out = t.data;
  else
    ml_dataset_free(t.data);
  return status;
}

ml_status ml_dataset_add_features(ml_dataset *data, const ml_matrix *matrix, const ml_exec *exec,
                                  ml_error *err) {
  assert(data && matrix);
  const size_t n = data->n_rows, width = matrix->n_columns;
  if (data->x || matrix->n_rows != n)
    return ml_error_set(err, ML_ERR_USAGE,
                        data->x ? "the dataset has features already"
                                : "the features have %zu rows, the dataset %zu",
                        matrix->n_rows, n);
  data->names = dataset__copy_texts((const char *const *)matrix->columns, width);
  if (!data->names) return ml_error_memory(err);
  ml_status status =
      ml_block_new(exec, (n * width + 1) * sizeof *matrix->values, &data->block, err);
  if (status != ML_OK) return status;
  double *x = data->block->data;
  for (size_t j = 0; j < width; j++)
    for (size_t i = 0; i < n; i++)
      x[j * n + i] = matrix->values[matrix->by_column ? j * n + i : i * width + j];
  data->x = x;
  data->n_features = width;
  return ML_OK;
}
