/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reading a file that is rolled: its rows are kept as text, and put in order. */
#include <stdlib.h>
#include <string.h>

#include <ml/roll_internal.h>

typedef struct reading {
  ml_csv *csv;
  const ml_roll_opts *opts;
  roll_rows *rows;
  size_t id, sort, kind, value; /* columns of the file; SIZE_MAX: none */
  csv_fields fields;            /* of one record */
  ml_error *err;
} reading;

/* ---- which column is what ---- */

static size_t count_named(const reading *r, const char *name) {
  size_t unused;
  return csv__count_named(r->csv, name, &unused);
}

static ml_status fail(const reading *r, const char *what, const char *name, const char *tail) {
  char list[SERIES_LIST_MAX];
  return ml_error_at(r->err, ML_ERR_PARSE, ml_csv_source(r->csv), 0, 0,
                     "%s column \"%.60s\" (the file has: %s)%s", what, name,
                     series__list_columns(r->csv, list), tail);
}

static ml_status find(const reading *r, const char *name, size_t *column) {
  *column = ml_csv_find(r->csv, name);
  if (*column != SIZE_MAX) return ML_OK;
  return fail(r, count_named(r, name) > 0 ? "more than one" : "no", name, "");
}

/* A column that the user named, or the usual one if it is there. */
static ml_status find_role(const reading *r, const char *given, const char *usual, size_t *column) {
  *column = SIZE_MAX;
  if (given) return *given ? find(r, given, column) : ML_OK;
  *column = usual ? ml_csv_find(r->csv, usual) : SIZE_MAX;
  return ML_OK;
}

static ml_status check_roles(const reading *r) {
  bool twice = (r->id != SIZE_MAX && (r->id == r->sort || r->id == r->kind)) ||
               (r->sort != SIZE_MAX && r->sort == r->kind);
  if (twice) return ml_error_set(r->err, ML_ERR_USAGE, "a column is given two parts");
  if (r->id != SIZE_MAX || r->opts->id) return ML_OK;
  return fail(r, count_named(r, "id") > 0 ? "more than one" : "no", "id",
              "; name it with --id, or give --id \"\" for a single series");
}

/* What is written beside the columns of the file must not be called as one of them is. */
static ml_status check_names(const reading *r) {
  const char *source = ml_csv_source(r->csv);
  bool is_id = r->id != SIZE_MAX && strcmp(ml_csv_column(r->csv, r->id), "id") == 0;
  if (count_named(r, "id") > (size_t)is_id)
    return ml_error_at(r->err, ML_ERR_PARSE, source, 0, 0,
                       "column \"id\" would be there twice: the ids of windows are called so");
  if (r->opts->how == ML_ROLL_SHIFT && r->sort == SIZE_MAX && count_named(r, "sort") > 0)
    return ml_error_at(r->err, ML_ERR_PARSE, source, 0, 0,
                       "column \"sort\" would be there twice: without a time it numbers the rows; "
                       "--sort sort takes it for the time");
  return ML_OK;
}

static ml_status find_value(reading *r) {
  ml_status status = find_role(r, r->opts->value, "value", &r->value);
  if (status != ML_OK || r->value != SIZE_MAX) return status;
  size_t n = ml_csv_n_columns(r->csv);
  if (n == 1 + (size_t)(r->sort != SIZE_MAX)) r->value = r->sort == 0 ? 1 : 0;
  if (r->value != SIZE_MAX) return ML_OK;
  return fail(r, "no", "value", "; name it with --value");
}

static ml_status find_columns(reading *r) {
  const ml_roll_opts *o = r->opts;
  bool is_forecast = o->how == ML_ROLL_FORECAST;
  r->id = r->kind = r->value = SIZE_MAX;
  ml_status status = find_role(r, o->sort, "time", &r->sort);
  if (status == ML_OK && is_forecast) {
    if (r->sort == SIZE_MAX && !o->sort) r->sort = ml_csv_find(r->csv, "index");
    return find_value(r);
  }
  bool is_long = ml_csv_find(r->csv, "value") != SIZE_MAX;
  if (status == ML_OK) status = find_role(r, o->id, "id", &r->id);
  if (status == ML_OK) status = find_role(r, o->kind, is_long ? "kind" : NULL, &r->kind);
  if (status == ML_OK) status = check_roles(r);
  return status == ML_OK ? check_names(r) : status;
}

/* ---- rows as text ---- */

static const char *field(const reading *r, const csv_fields *fields, size_t j) {
  (void)r;
  return fields->text.data + fields->starts[j];
}

/* Cells before the id and behind it; without an id column it comes first. */
static void put_cells(const reading *r, ml_buf *to, const char *id, size_t *split) {
  size_t n = ml_csv_n_columns(r->csv), start = to->n;
  if (r->id == SIZE_MAX) {
    *split = 0;
    if (id) ml_buf_puts(to, id);
  }
  for (size_t j = 0; j < n; j++) {
    if (j > 0 || r->id == SIZE_MAX) ml_buf_puts(to, ",");
    if (j == r->id) {
      *split = to->n - start;
      if (id) ml_buf_puts(to, id);
    } else {
      ml_buf_csv_cell(to, id ? ml_csv_column(r->csv, j) : field(r, &r->fields, j));
    }
  }
}

/* A row of a forecasting frame behind its id: time, value, kind. */
static void put_forecast(const reading *r, ml_buf *to) {
  const char *kind = r->opts->kind_name;
  ml_buf_puts(to, ",");
  if (r->sort == SIZE_MAX)
    ml_buf_printf(to, "%zu", r->rows->n_rows);
  else
    ml_buf_csv_cell(to, field(r, &r->fields, r->sort));
  ml_buf_puts(to, ",");
  ml_buf_csv_cell(to, field(r, &r->fields, r->value));
  ml_buf_puts(to, ",");
  ml_buf_csv_cell(to, kind ? kind : ml_csv_column(r->csv, r->value));
}

static bool reserve_row(roll_rows *rows) {
  if (rows->n_rows + 1 < rows->capacity) return true;
  size_t capacity = rows->capacity ? 2 * rows->capacity : 1024;
  size_t *starts = reallocarray(rows->starts, capacity, sizeof *starts);
  if (starts) rows->starts = starts;
  uint32_t *split = reallocarray(rows->split, capacity, sizeof *split);
  if (split) rows->split = split;
  if (!starts || !split) return false;
  rows->capacity = capacity;
  return true;
}

/* Keep the record [p, end). @return false when memory ran out */
static bool keep_record(void *ctx, const char *p, const char *end) {
  reading *r = ctx;
  roll_rows *rows = r->rows;
  size_t split = 0;
  if (!reserve_row(rows) || !csv__split(r->csv, p, end, &r->fields)) return false;
  if (rows->n_rows == 0) rows->starts[0] = 0;
  if (r->opts->how == ML_ROLL_FORECAST)
    put_forecast(r, &rows->text);
  else
    put_cells(r, &rows->text, NULL, &split);
  rows->split[rows->n_rows++] = (uint32_t)split; /* a record is shorter than 16 MiB */
  rows->starts[rows->n_rows] = rows->text.n;
  return !rows->text.failed;
}

static ml_status read_rows(reading *r) {
  ml_csv_want want[3];
  size_t n = 0, unused;
  if (r->id != SIZE_MAX)
    want[n++] = (ml_csv_want){.column = r->id, .type = ML_LABEL, .finite = true};
  if (r->sort != SIZE_MAX)
    want[n++] = (ml_csv_want){.column = r->sort, .type = ML_TIME, .finite = true};
  if (r->kind != SIZE_MAX)
    want[n++] = (ml_csv_want){.column = r->kind, .type = ML_LABEL, .finite = true};
  r->csv->on_record = keep_record;
  r->csv->on_record_ctx = r;
  ml_status status = ml_csv_read(r->csv, want, n, &r->rows->table, r->err);
  if (status != ML_OK) return status;
  if (r->opts->how == ML_ROLL_FORECAST)
    ml_buf_puts(&r->rows->header, "id,time,value,kind");
  else
    put_cells(r, &r->rows->header, "id", &unused);
  if (r->rows->header.failed) return ml_error_memory(r->err);
  if (r->rows->n_rows > 1) return ML_OK;
  return ml_error_at(r->err, ML_ERR_PARSE, ml_csv_source(r->csv), 0, 0,
                     "%s: there is nothing to roll", r->rows->n_rows ? "one row" : "no rows");
}

/* ---- the order ---- */

/* Ranks of a column in place of its codes. */
static ml_status rank_labels(const reading *r, ml_column *column, series_ranking *ranking) {
  if (!series__rank(column->labels, column->n_labels, ranking)) return ml_error_memory(r->err);
  for (size_t i = 0; i < r->rows->n_rows; i++) column->label[i] = ranking->rank[column->label[i]];
  return ML_OK;
}

static ml_status name_ids(const reading *r, const ml_column *column,
                          const series_ranking *ranking) {
  static char forecast[] = "id", single[] = "0";
  roll_rows *rows = r->rows;
  rows->n_ids = column ? ranking->n : 1;
  rows->ids = malloc(rows->n_ids * sizeof *rows->ids);
  if (!rows->ids) return ml_error_memory(r->err);
  if (!column) rows->ids[0] = r->opts->how == ML_ROLL_FORECAST ? forecast : single;
  for (size_t i = 0; column && i < rows->n_ids; i++)
    rows->ids[i] = column->labels[ranking->first[i]];
  rows->form = series__id_form(rows->ids, rows->n_ids,
                               column ? ranking->are_numbers : rows->ids[0] == single);
  return ML_OK;
}

static ml_status check_product(const reading *r) {
  const roll_rows *rows = r->rows;
  size_t limit = ((size_t)1 << 20) + 16 * rows->n_rows;
  if (rows->n_ids <= limit / rows->n_kinds && rows->n_ids <= UINT32_MAX / rows->n_kinds)
    return ML_OK;
  return ml_error_at(r->err, ML_ERR_PARSE, ml_csv_source(r->csv), 0, 0,
                     "%zu ids and %zu kinds in %zu rows: is \"%.60s\" the column of the kinds?",
                     rows->n_ids, rows->n_kinds, rows->n_rows, ml_csv_column(r->csv, r->kind));
}

/* Ids and kinds as one group for each pair. @param[out] group  in the table; NULL: one group */
static ml_status make_groups(const reading *r, ml_column *id, ml_column *kind, uint32_t **group) {
  series_ranking ids = {0}, kinds = {0};
  ml_status status = id ? rank_labels(r, id, &ids) : ML_OK;
  if (status == ML_OK) status = name_ids(r, id, &ids);
  if (status == ML_OK && kind) status = rank_labels(r, kind, &kinds);
  r->rows->n_kinds = kind ? kinds.n : 1;
  if (status == ML_OK) status = check_product(r);
  *group = id ? id->label : kind ? kind->label : NULL;
  for (size_t i = 0; status == ML_OK && id && kind && i < r->rows->n_rows; i++)
    id->label[i] = id->label[i] * (uint32_t)kinds.n + kind->label[i];
  series__ranking_release(&ids);
  series__ranking_release(&kinds);
  return status;
}

/* The time of each place, or else its row. */
static ml_status keep_keys(const reading *r, const int64_t *key) {
  roll_rows *rows = r->rows;
  if (key) {
    rows->key = series__sorted_keys(key, rows->n_rows, &rows->order);
  } else {
    rows->key = malloc(rows->n_rows * sizeof *rows->key);
    for (size_t p = 0; rows->key && p < rows->n_rows; p++)
      rows->key[p] = (int64_t)series__row(&rows->order, p);
  }
  return rows->key ? ML_OK : ml_error_memory(r->err);
}

static ml_status put_in_order(const reading *r) {
  roll_rows *rows = r->rows;
  ml_column *next = rows->table->columns;
  ml_column *id = r->id == SIZE_MAX ? NULL : next++;
  ml_column *sort = r->sort == SIZE_MAX ? NULL : next++;
  ml_column *kind = r->kind == SIZE_MAX ? NULL : next;
  const int64_t *key = NULL;
  uint32_t *group;
  if (sort) {
    rows->clock = sort->type == ML_TIME ? ML_CLOCK_TIME : ML_CLOCK_NUMBER;
    rows->is_whole = sort->is_whole;
    key = sort->type == ML_TIME ? sort->time : series__keys(sort->number, rows->n_rows);
  }
  ml_status status = make_groups(r, id, kind, &group);
  if (status != ML_OK) return status;
  size_t n_groups = rows->n_ids * rows->n_kinds;
  status = series__order(rows->n_rows, group, n_groups, key, r->opts->watch, &rows->order, r->err);
  if (status != ML_OK) return status;
  rows->irregular = series__find_irregular(key, &rows->order, n_groups, rows->clock);
  for (size_t g = 0; g < n_groups; g++) {
    size_t n = rows->order.starts[g + 1] - rows->order.starts[g];
    if (n > rows->longest) rows->longest = n;
  }
  return keep_keys(r, key);
}

ml_status roll__read(const char *input, const ml_roll_opts *opts, roll_rows *rows, ml_error *err) {
  const ml_csv_opts csv_opts = {.delimiter = opts->delimiter, .watch = opts->watch};
  reading r = {.opts = opts, .rows = rows, .err = err};
  ml_status status = ml_csv_open(input, &csv_opts, &r.csv, err);
  if (status != ML_OK) return status;
  status = find_columns(&r);
  rows->value = r.value;
  if (status == ML_OK) status = read_rows(&r);
  if (status == ML_OK) status = put_in_order(&r);
  csv__fields_release(&r.fields);
  ml_csv_close(r.csv);
  return status;
}

void roll__release(roll_rows *rows) {
  ml_buf_release(&rows->text);
  ml_buf_release(&rows->header);
  free(rows->starts);
  free(rows->split);
  free(rows->ids);
  free(rows->key);
  ml_table_free(rows->table);
  series__order_release(&rows->order);
}
