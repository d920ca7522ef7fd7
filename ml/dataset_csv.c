/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datasets from CSV. */
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/series_internal.h>

#include "dataset_internal.h"

/* Columns of the table in front of the features. */
enum { TABLE_ID = DATASET_N_MORE, TABLE_TARGET, TABLE_N };

/* A file while it is read. */
typedef struct reading {
  const ml_dataset_opts *opts;
  const ml_exec *exec;
  ml_csv *csv;
  features_names names;
  features_roles roles;
  ml_csv_want *want; /* room for all columns of the file */
  size_t n_want;
  size_t place[TABLE_N]; /* of each of them in the table; SIZE_MAX: there is none */
  char **hints;          /* of the features */
  ml_table *table;
  ml_dataset *data;
  ml_error *err;
} reading;

/* ---- what is read ---- */

static void want_role(reading *r, size_t k, size_t column, ml_column_type type) {
  r->place[k] = column == SIZE_MAX ? SIZE_MAX : r->n_want;
  if (column == SIZE_MAX) return;
  r->want[r->n_want++] =
      (ml_csv_want){.column = column, .type = type, .finite = true, .is_known = true};
}

static ml_status plan(reading *r) {
  static const ml_column_type types[] = {[DATASET_WEIGHTS] = ML_NUMBER,
                                         [DATASET_GROUPS] = ML_LABEL,
                                         [DATASET_PREDEFINED] = ML_LABEL,
                                         [DATASET_START] = ML_TIME,
                                         [DATASET_END] = ML_TIME};
  const features_roles *roles = &r->roles;
  r->want = calloc(r->names.n, sizeof *r->want);
  r->hints = calloc(roles->n, sizeof *r->hints);
  if (!r->want || !r->hints) return ml_error_memory(r->err);
  for (size_t k = 0; k < DATASET_N_MORE; k++) want_role(r, k, roles->more[k], types[k]);
  want_role(r, TABLE_ID, roles->id, ML_LABEL);
  want_role(r, TABLE_TARGET, roles->target, ML_LABEL);
  for (size_t j = 0; j < roles->n; j++) {
    r->hints[j] = series__hint(r->names.names[roles->columns[j]], NULL);
    if (!r->hints[j]) return ml_error_memory(r->err);
    r->want[r->n_want++] = (ml_csv_want){.column = roles->columns[j],
                                         .type = ML_NUMBER,
                                         .finite = true,
                                         .is_known = true,
                                         .takes_missing = true,
                                         .takes_booleans = true,
                                         .hint = r->hints[j]};
  }
  return ML_OK;
}

static ml_status read_table(reading *r) {
  const features_ask ask = dataset__ask(r->opts);
  ml_status status = features__roles(&r->names, &ask, &r->roles, r->err);
  if (status != ML_OK) return status;
  r->csv->empty_column = r->roles.empty;
  status = plan(r);
  if (status == ML_OK) status = ml_csv_read(r->csv, r->want, r->n_want, &r->table, r->err);
  if (status != ML_OK) return status;
  if (r->table->n_rows > 0 && r->table->n_rows < UINT32_MAX) return ML_OK;
  return ml_error_at(r->err, ML_ERR_PARSE, r->names.source, 0, 0,
                     r->table->n_rows ? "too many rows" : "no rows");
}

/* ---- features ---- */

static ml_status name_features(reading *r) {
  const char **names = calloc(r->roles.n, sizeof *names);
  for (size_t j = 0; names && j < r->roles.n; j++) names[j] = r->names.names[r->roles.columns[j]];
  r->data->names = names ? dataset__copy_texts(names, r->roles.n) : NULL;
  free((void *)names);
  return r->data->names ? ML_OK : ml_error_memory(r->err);
}

static ml_status take_features(reading *r) {
  const size_t n_rows = r->table->n_rows, n = r->roles.n;
  ml_dataset *data = r->data;
  ml_status status = ml_block_new(r->exec, n_rows * n * sizeof(double), &data->block, r->err);
  if (status != ML_OK) return status;
  double *x = data->block->data;
  for (size_t j = 0; j < n; j++) {
    ml_column *column = &r->table->columns[r->n_want - n + j];
    memcpy(x + j * n_rows, column->number, n_rows * sizeof *x);
    free(column->number);
    column->number = NULL;
    csv__give_back(j, n, n_rows);
  }
  data->x = x;
  data->n_rows = n_rows;
  data->n_features = n;
  return name_features(r);
}

/* ---- the other columns ---- */

/* @return false: there is no such column */
static bool get_column(const reading *r, size_t k, dataset_column *out) {
  if (r->place[k] == SIZE_MAX) return false;
  const ml_column *column = &r->table->columns[r->place[k]];
  *out = (dataset_column){.csv = r->csv,
                          .column = {.name = column->name,
                                     .source = r->names.source,
                                     .n = r->table->n_rows,
                                     .ids = r->data->ids}};
  if (column->type == ML_LABEL) {
    out->column.texts = (const char *const *)column->labels;
    out->column.n_texts = column->n_labels;
    out->column.codes = column->label;
  } else if (column->type == ML_NUMBER) {
    out->column.numbers = column->number;
  }
  return true;
}

static ml_status take_ids(reading *r) {
  dataset_column c;
  if (!get_column(r, TABLE_ID, &c)) return ML_OK;
  const target_column *t = &c.column;
  char **ids = calloc(t->n, sizeof *ids);
  if (!ids) return ml_error_memory(r->err);
  for (size_t i = 0; i < t->n; i++) ids[i] = (char *)(uintptr_t)t->texts[t->codes[i]];
  c.column.ids = ids;
  ml_status status = dataset__take_ids(&c, t->name, r->data, r->err);
  free(ids);
  return status;
}

/* Nanoseconds into seconds, or the numbers as they are. */
static double *take_time(reading *r, size_t k) {
  enum { PER_SECOND = 1000000000 };
  ml_column *column = &r->table->columns[r->place[k]];
  double *numbers = column->number;
  if (column->type == ML_TIME) {
    numbers = reallocarray(NULL, r->table->n_rows, sizeof *numbers);
    for (size_t i = 0; numbers && i < r->table->n_rows; i++) {
      const int64_t t = column->time[i], seconds = t / PER_SECOND;
      numbers[i] = (double)seconds + (double)(t - seconds * PER_SECOND) / PER_SECOND;
    }
  } else {
    column->number = NULL;
  }
  return numbers;
}

static ml_status take_times(reading *r) {
  const bool has_start = r->place[DATASET_START] != SIZE_MAX,
             has_end = r->place[DATASET_END] != SIZE_MAX;
  ml_dataset *data = r->data;
  dataset_column start;
  const ml_column *columns = r->table->columns;
  if (has_start && has_end &&
      columns[r->place[DATASET_START]].type != columns[r->place[DATASET_END]].type)
    return ml_error_at(r->err, ML_ERR_PARSE, r->names.source, 0, 0,
                       "one of start \"%.60s\" and end \"%.60s\" has dates, the other numbers",
                       columns[r->place[DATASET_START]].name, columns[r->place[DATASET_END]].name);
  if (has_start || has_end)
    data->are_times = columns[r->place[has_start ? DATASET_START : DATASET_END]].type == ML_TIME;
  if (has_start && !(data->start = take_time(r, DATASET_START))) return ml_error_memory(r->err);
  if (has_end && !(data->end = take_time(r, DATASET_END))) return ml_error_memory(r->err);
  return get_column(r, DATASET_START, &start) ? dataset__check_times(&start, data, r->err) : ML_OK;
}

static ml_status take_rest(reading *r) {
  ml_dataset *data = r->data;
  dataset_column c;
  ml_status status = take_ids(r);
  if (status == ML_OK && get_column(r, TABLE_TARGET, &c))
    status = dataset__take_target(&c, r->opts->problem, data, r->err);
  if (status == ML_OK && get_column(r, DATASET_WEIGHTS, &c))
    status = dataset__take_weights(&c, data, r->err);
  if (status == ML_OK && get_column(r, DATASET_GROUPS, &c))
    status = dataset__take_levels(&c, &data->groups, r->err);
  if (status == ML_OK && get_column(r, DATASET_PREDEFINED, &c))
    status = dataset__take_levels(&c, &data->predefined, r->err);
  return status == ML_OK ? take_times(r) : status;
}

static void release(reading *r) {
  for (size_t j = 0; r->hints && j < r->roles.n; j++) free(r->hints[j]);
  free(r->hints);
  free(r->want);
  ml_table_free(r->table);
  features__roles_release(&r->roles);
  free((void *)r->names.names);
  ml_csv_close(r->csv);
}

ml_status dataset__read_csv(const char *path, const ml_dataset_opts *opts, const ml_exec *exec,
                            ml_dataset *data, ml_error *err) {
  reading r = {.opts = opts, .exec = exec, .data = data, .err = err};
  ml_status status = features__open_csv(path, opts->delimiter, opts->watch, &r.csv, &r.names, err);
  if (status == ML_OK) status = read_table(&r);
  if (status == ML_OK) status = take_features(&r);
  if (status == ML_OK) status = take_rest(&r);
  release(&r);
  return status;
}
