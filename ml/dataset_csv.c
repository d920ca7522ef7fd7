/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Datasets from CSV. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ml/csv_internal.h>
#include <ml/duckdb_internal.h>

#include "dataset_internal.h"

/* Columns of the table in front of the features. */
enum { TABLE_ID = DATASET_N_MORE, TABLE_TARGET, TABLE_N };

/* A file while it is read. */
typedef struct reading {
  const ml_dataset_opts *opts;
  const dataset_some *some; /* NULL: all */
  const ml_exec *exec;
  ml_csv *csv;
  features_names names;
  features_roles roles;
  ml_csv_want *want; /* room for all columns of the file */
  size_t n_want;
  size_t place[TABLE_N]; /* of each of them in the table; SIZE_MAX: there is none */
  csv_block values;      /* of the features */
  bool *are_texts;       /* columns of the file */
  bool target_is_real;   /* as far as the first rows say */
  ml_buf kept;           /* the bytes of what cannot be read twice */
  const char *bytes;     /* of the file, n_bytes: borrowed, or those that are kept; NULL: a file */
  size_t n_bytes;
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
  if (!r->want) return ml_error_memory(r->err);
  for (size_t k = 0; k < DATASET_N_MORE; k++) want_role(r, k, roles->more[k], types[k]);
  want_role(r, TABLE_ID, roles->id, ML_LABEL);
  /* Labels of real numbers, which are all different, would take far more memory than the numbers.
   */
  const bool is_real =
      r->target_is_real && !r->are_texts[roles->target] && r->opts->problem != ML_CLASSIFICATION;
  want_role(r, TABLE_TARGET, roles->target, is_real ? ML_NUMBER : ML_LABEL);
  if (is_real) r->csv->loose_column = roles->target;
  for (size_t j = 0; j < roles->n; j++)
    r->want[r->n_want++] = (ml_csv_want){.column = roles->columns[j],
                                         .type = ML_NUMBER,
                                         .finite = true,
                                         .is_known = true,
                                         .takes_missing = true,
                                         .takes_infinite = r->opts->takes_infinite,
                                         .takes_booleans = true};
  return ML_OK;
}

/* Look for texts in the first rows. What is wrong with them will be told when they are read. */
static ml_status guess_texts(reading *r) {
  enum { ENOUGH = 1 << 17 };
  ml_csv *csv = r->csv;
  csv_fields fields = {0};
  const char *p = csv->window + csv->at, *end = csv->window + csv->n,
             *stop = end - p > ENOUGH ? p + ENOUGH : end;
  double value;
  while (p && p < stop && (p = csv__split(csv, p, end, &fields))) {
    for (size_t j = 0; j < fields.n && j < r->names.n; j++) {
      const char *cell = fields.text.data + fields.starts[j];
      const size_t n = strlen(cell);
      const csv_number_kind kind = csv__number(cell, n, &value);
      if (j == r->roles.target) r->target_is_real |= kind == CSV_NUMBER && value != trunc(value);
      r->are_texts[j] |=
          kind == CSV_NO_NUMBER && (j == r->roles.target || !csv__boolean(cell, n, &value));
    }
  }
  const bool failed = fields.text.failed;
  csv__fields_release(&fields);
  csv->trouble = (csv_trouble){0};
  return failed ? ml_error_memory(r->err) : ML_OK;
}

static size_t count_texts(const reading *r) {
  size_t n = r->roles.target != SIZE_MAX && r->are_texts[r->roles.target];
  for (size_t j = 0; j < r->roles.n; j++) n += r->are_texts[r->roles.columns[j]];
  return n;
}

/* @param[out] again  columns have texts that were read as numbers */
static ml_status read_table(reading *r, bool *again) {
  const features_ask ask = dataset__ask(r->opts, r->some);
  ml_status status = features__roles(&r->names, &ask, &r->roles, r->err);
  if (status != ML_OK) return status;
  ml_csv *csv = r->csv;
  csv->empty_column = r->roles.empty;
  if (!r->are_texts) {
    r->are_texts = calloc(r->names.n, sizeof *r->are_texts);
    status = r->are_texts ? guess_texts(r) : ml_error_memory(r->err);
    for (size_t j = 0; status == ML_OK && r->some && j < r->some->n; j++)
      r->are_texts[r->roles.columns[j]] |= r->some->are_texts[j];
  }
  if (status == ML_OK) status = plan(r);
  if (status != ML_OK) return status;
  const size_t n_texts = count_texts(r);
  r->values = (csv_block){.exec = r->exec, .n_columns = r->roles.n};
  csv->block = &r->values;
  csv->block_from = r->n_want - r->roles.n;
  csv->are_texts = r->are_texts;
  status = ml_csv_read(csv, r->want, r->n_want, &r->table, r->err);
  *again = status == ML_OK && count_texts(r) > n_texts;
  if (status != ML_OK || (r->table->n_rows > 0 && r->table->n_rows < UINT32_MAX)) return status;
  return ml_error_at(r->err, ML_ERR_PARSE, r->names.source, 0, 0,
                     r->table->n_rows ? "too many rows" : "no rows");
}

/* ---- a file that may have to be read twice ---- */

static bool can_be_read_twice(const char *path) {
  struct stat st;
  if (duckdb__is_query(path)) return true;
  return strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* All that a pipe has. */
static ml_status keep_bytes(reading *r, const char *path) {
  enum { STEP = 1 << 20 };
  ml_input *input;
  size_t n = 1;
  ml_status status = ml_input_open(path, r->opts->watch, &input, r->err);
  if (status != ML_OK) return status;
  while (status == ML_OK && n > 0) {
    char *to = ml_buf_reserve(&r->kept, STEP);
    status = to ? ml_input_read(input, to, STEP, &n, r->err) : ml_error_memory(r->err);
    if (status == ML_OK) r->kept.n += n;
  }
  ml_input_close(input);
  r->bytes = r->kept.data;
  r->n_bytes = r->kept.n;
  return status;
}

static ml_status open_file(reading *r, const char *path) {
  const ml_csv_opts opts = {.delimiter = r->opts->delimiter, .watch = r->opts->watch};
  ml_csv *csv;
  if (!r->bytes && can_be_read_twice(path))
    return features__open_csv(path, opts.delimiter, opts.watch, &r->csv, &r->names, r->err);
  ml_status status = r->bytes ? ML_OK : keep_bytes(r, path);
  if (status == ML_OK) status = ml_csv_open_bytes(r->bytes, r->n_bytes, path, &opts, &csv, r->err);
  return status == ML_OK ? features__list_columns(csv, &r->csv, &r->names, r->err) : status;
}

static void close_file(reading *r) {
  ml_table_free(r->table);
  ml_block_free(r->values.block);
  free(r->want);
  features__roles_release(&r->roles);
  free((void *)r->names.names);
  ml_csv_close(r->csv);
  r->table = NULL;
  r->values.block = NULL;
  r->want = NULL;
  r->n_want = 0;
  r->names.names = NULL;
  r->csv = NULL;
}

/* The second time, all texts are known. */
static ml_status read_file(reading *r, const char *path) {
  bool again = true;
  ml_status status = ML_OK;
  while (status == ML_OK && again) {
    close_file(r);
    status = open_file(r, path);
    if (status == ML_OK) status = read_table(r, &again);
  }
  return status;
}

/* ---- features ---- */

static ml_status name_features(reading *r) {
  const char **names = calloc(r->roles.n, sizeof *names);
  for (size_t j = 0; names && j < r->roles.n; j++) names[j] = r->names.names[r->roles.columns[j]];
  r->data->names = names ? dataset__copy_texts(names, r->roles.n) : NULL;
  free((void *)names);
  return r->data->names ? ML_OK : ml_error_memory(r->err);
}

/* Codes of texts as they appear into those of their levels. */
static ml_status take_categories(reading *r, size_t j) {
  ml_dataset *data = r->data;
  const ml_column *column = &r->table->columns[r->n_want - data->n_features + j];
  double *x = (double *)data->block->data + j * data->n_rows;
  uint32_t *rank = reallocarray(NULL, column->n_labels + 1, sizeof *rank);
  for (size_t k = 0; rank && k < column->n_labels; k++) rank[k] = (uint32_t)k;
  ml_levels *levels = &data->categories[j];
  ml_status status =
      rank ? levels__make(column->labels, column->n_labels, rank, column->n_labels, levels, r->err)
           : ml_error_memory(r->err);
  free(rank);
  for (size_t i = 0; i < data->n_rows && status == ML_OK; i++)
    if (!isnan(x[i])) x[i] = levels->codes[(size_t)x[i]];
  free(levels->codes);
  levels->codes = NULL;
  return status;
}

static ml_status take_features(reading *r) {
  ml_dataset *data = r->data;
  data->block = r->values.block;
  r->values.block = NULL;
  data->x = data->block->data;
  data->n_rows = r->table->n_rows;
  data->n_features = r->roles.n;
  ml_status status = name_features(r);
  for (size_t j = 0; j < r->roles.n && status == ML_OK; j++) {
    if (!r->are_texts[r->roles.columns[j]]) continue;
    if (!data->categories) data->categories = calloc(r->roles.n, sizeof *data->categories);
    status = data->categories ? take_categories(r, j) : ml_error_memory(r->err);
  }
  return status;
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
  close_file(r);
  free(r->are_texts);
  ml_buf_release(&r->kept);
}

ml_status dataset__read_csv(const char *path, const ml_dataset_opts *opts, const dataset_some *some,
                            const ml_exec *exec, ml_dataset *data, ml_error *err) {
  return dataset__parse_csv(NULL, 0, path, opts, some, exec, data, err);
}

ml_status dataset__parse_csv(const char *bytes, size_t n, const char *source,
                             const ml_dataset_opts *opts, const dataset_some *some,
                             const ml_exec *exec, ml_dataset *data, ml_error *err) {
  reading r = {.opts = opts,
               .some = some,
               .exec = exec,
               .bytes = bytes,
               .n_bytes = n,
               .data = data,
               .err = err};
  ml_status status = read_file(&r, source);
  if (status == ML_OK) status = take_features(&r);
  if (status == ML_OK) status = take_rest(&r);
  release(&r);
  return status;
}
