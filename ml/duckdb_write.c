/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A matrix to a Parquet file: DuckDB copies the rows of a table function, which has them from us.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/duckdb_internal.h>
#include <ml/number.h>

#define FUNCTION "mltool_rows"

/* Values that DuckDB gathers before it writes them as one group of rows, and rows in a group. */
enum { GROUP_VALUES = 8 << 20, GROUP_ROWS_MAX = 122880, GROUP_ROWS_MIN = 2048 };

typedef struct rows_writer {
  const duck_api *api;
  const ml_matrix *names; /* of rows and columns as they are written */
  matrix_rows *values;
  const ml_watch *watch;
  int id_type;
  size_t n_done;
  double **columns; /* of the chunk that is filled */
  ml_status status;
} rows_writer;

/* ---- the type of the ids ---- */

/* The integer whose text this is, to the byte. */
static bool is_bigint(const char *text, int64_t *value) {
  char *end, again[24];
  const long long v = strtoll(text, &end, 10);
  snprintf(again, sizeof again, "%lld", v);
  *value = v;
  return strcmp(again, text) == 0;
}

static bool is_double(const char *text, double *value) {
  char again[ML_NUMBER_MAX];
  const char *end = text + strlen(text);
  if (ml_number_parse(text, end, value) != end || !isfinite(*value)) return false;
  ml_number_format(*value, again);
  return strcmp(again, text) == 0;
}

/* Ids are numbers where the texts that are read back are those of now. */
static int type_of_ids(const ml_matrix *m) {
  int type = DUCK_BIGINT;
  for (size_t i = 0; i < m->n_rows; i++) {
    int64_t whole;
    double real;
    if (type == DUCK_BIGINT && !is_bigint(m->rows[i], &whole)) type = DUCK_DOUBLE;
    if (type == DUCK_DOUBLE && !is_double(m->rows[i], &real)) return DUCK_VARCHAR;
  }
  return m->n_rows ? type : DUCK_VARCHAR;
}

/* ---- the table function ---- */

static void add_column(const duck_api *api, duck_handle *info, const char *name, int id) {
  duck_handle *type = api->create_logical_type(id);
  api->bind_add_result_column(info, name, type);
  api->destroy_logical_type(&type);
}

static void bind_columns(duck_handle *info) {
  const duck_api *api = duckdb__api();
  const rows_writer *w = api->bind_get_extra_info(info);
  add_column(api, info, w->names->row_label, w->id_type);
  for (size_t j = 0; j < w->names->n_columns; j++)
    add_column(api, info, w->names->columns[j], DUCK_DOUBLE);
}

static void start_rows(duck_handle *info) {
  duckdb__api()->init_set_max_threads(info, 1);
}

static void put_ids(const rows_writer *w, duck_handle *vector, size_t n) {
  void *data = w->api->vector_get_data(vector);
  for (size_t i = 0; i < n; i++) {
    const char *id = w->names->rows[w->n_done + i];
    if (w->id_type == DUCK_BIGINT)
      is_bigint(id, (int64_t *)data + i);
    else if (w->id_type == DUCK_DOUBLE)
      is_double(id, (double *)data + i);
    else
      w->api->vector_assign_string_element_len(vector, i, id, strlen(id));
  }
}

/* Some rows at a time, so that lines of the cache are used whole on both sides. */
static bool put_values(const rows_writer *w, size_t n) {
  enum { ROWS = 8 };
  const size_t n_columns = w->names->n_columns;
  for (size_t at = 0; at < n;) {
    size_t n_some = n - at < ROWS ? n - at : ROWS;
    const double *values = matrix__rows(w->values, w->n_done + at, &n_some);
    if (!values) return false;
    for (size_t j = 0; j < n_columns; j++)
      for (size_t i = 0; i < n_some; i++) w->columns[j][at + i] = values[i * n_columns + j];
    at += n_some;
  }
  return true;
}

/* The next rows; none: there are no more. */
static void give_rows(duck_handle *info, duck_handle *chunk) {
  const duck_api *api = duckdb__api();
  rows_writer *w = api->function_get_extra_info(info);
  const size_t n_left = w->names->n_rows - w->n_done, n_room = api->vector_size();
  const size_t n = n_left < n_room ? n_left : n_room;
  w->status = ml_watch_cancelled(w->watch) ? ML_ERR_CANCELLED : ML_OK;
  for (size_t j = 0; j < w->names->n_columns; j++)
    w->columns[j] = api->vector_get_data(api->data_chunk_get_vector(chunk, j + 1));
  put_ids(w, api->data_chunk_get_vector(chunk, 0), n);
  if (w->status == ML_OK && !put_values(w, n)) w->status = ML_ERR_MEMORY;
  if (w->status != ML_OK) {
    api->function_set_error(info, ml_status_text(w->status));
    return;
  }
  api->data_chunk_set_size(chunk, n);
  w->n_done += n;
  ml_watch_progress(w->watch, "write", (double)w->n_done, (double)w->names->n_rows);
}

static bool add_function(duck_session *s, rows_writer *w) {
  duck_handle *function = s->api->create_table_function();
  s->api->table_function_set_name(function, FUNCTION);
  s->api->table_function_set_extra_info(function, w, NULL);
  s->api->table_function_set_bind(function, bind_columns);
  s->api->table_function_set_init(function, start_rows);
  s->api->table_function_set_function(function, give_rows);
  const bool ok = s->api->register_table_function(s->connection, function) == 0;
  s->api->destroy_table_function(&function);
  return ok;
}

/* ---- the file ---- */

static size_t rows_of_group(size_t n_columns) {
  const size_t n = GROUP_VALUES / (n_columns + 1);
  return n < GROUP_ROWS_MIN ? GROUP_ROWS_MIN : n > GROUP_ROWS_MAX ? GROUP_ROWS_MAX : n;
}

static ml_status copy_rows(duck_session *s, rows_writer *w, const char *path, const char *name,
                           ml_error *err) {
  ml_buf sql = {0};
  duck_result result;
  ml_buf_puts(&sql, "COPY (FROM " FUNCTION "()) TO ");
  duckdb__put_quoted(&sql, path, strlen(path));
  ml_buf_printf(&sql, " (FORMAT parquet, USE_TMP_FILE false, ROW_GROUP_SIZE %zu)",
                rows_of_group(w->names->n_columns));
  ml_buf_put(&sql, "", 1);
  if (sql.failed) {
    ml_buf_release(&sql);
    return ml_error_memory(err);
  }
  ml_status status = ML_OK;
  if (s->api->query(s->connection, sql.data, &result) != 0)
    status = duckdb__fail(err, ML_ERR_IO, name, s->api->result_error(&result));
  s->api->destroy_result(&result);
  ml_buf_release(&sql);
  if (w->status == ML_ERR_CANCELLED) return ml_error_set(err, w->status, "interrupted");
  return w->status == ML_OK ? status : ml_error_memory(err);
}

ml_status duckdb__write(const ml_matrix *names, matrix_rows *values, const char *path,
                        const char *name, const ml_watch *watch, ml_error *err) {
  duck_session session = {0};
  rows_writer w = {.values = values, .names = names, .watch = watch};
  ml_status status = duckdb__begin(&session, "writing Parquet", err);
  w.api = session.api;
  w.id_type = type_of_ids(names);
  w.columns = calloc(names->n_columns + 1, sizeof *w.columns);
  if (status == ML_OK && !w.columns) status = ml_error_memory(err);
  if (status == ML_OK && !add_function(&session, &w))
    status = ml_error_at(err, ML_ERR_IO, name, 0, 0, "DuckDB takes no table function");
  if (status == ML_OK) status = copy_rows(&session, &w, path, name, err);
  duckdb__end(&session);
  free((void *)w.columns);
  return status;
}
