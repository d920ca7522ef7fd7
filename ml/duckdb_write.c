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

/* What DuckDB gathers before it writes it as one group of rows, and rows in a group. */
enum { GROUP_BYTES = 64 << 20, GROUP_ROWS_MAX = 122880, GROUP_ROWS_MIN = 2048 };

typedef struct rows_writer {
  const duck_api *api;
  const duck_output *output;
  const ml_watch *watch;
  size_t n_done;
  double **columns; /* of the chunk that is filled */
  ml_status status; /* with err, when it is not ML_OK */
  ml_error *err;
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

int duckdb__id_type(int type, const char *id) {
  int64_t whole;
  double real;
  if (type == DUCK_BIGINT && !is_bigint(id, &whole)) type = DUCK_DOUBLE;
  return type == DUCK_DOUBLE && !is_double(id, &real) ? DUCK_VARCHAR : type;
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
  const ml_matrix *head = w->output->head;
  add_column(api, info, head->row_label, w->output->id_type);
  for (size_t j = 0; j < head->n_columns; j++) add_column(api, info, head->columns[j], DUCK_DOUBLE);
}

static void start_rows(duck_handle *info) {
  duckdb__api()->init_set_max_threads(info, 1);
}

static void put_ids(const rows_writer *w, duck_handle *vector, char *const *ids, size_t at,
                    size_t n) {
  void *data = w->api->vector_get_data(vector);
  for (size_t i = 0; i < n; i++) {
    if (w->output->id_type == DUCK_BIGINT)
      is_bigint(ids[i], (int64_t *)data + at + i);
    else if (w->output->id_type == DUCK_DOUBLE)
      is_double(ids[i], (double *)data + at + i);
    else
      w->api->vector_assign_string_element_len(vector, at + i, ids[i], strlen(ids[i]));
  }
}

/* Some rows at a time, so that lines of the cache are used whole on both sides. @param[out] n  rows
 * of the chunk */
static ml_status fill_chunk(rows_writer *w, duck_handle *ids, size_t n_room, size_t *n) {
  enum { ROWS = 8 };
  const matrix_source *rows = w->output->rows;
  const size_t n_columns = w->output->head->n_columns;
  for (*n = 0; *n < n_room;) {
    size_t n_some = n_room - *n < ROWS ? n_room - *n : ROWS;
    char *const *names;
    const double *values;
    ml_status status = rows->next(rows->ctx, &n_some, &names, &values, w->err);
    if (status != ML_OK || n_some == 0) return status;
    put_ids(w, ids, names, *n, n_some);
    for (size_t j = 0; j < n_columns; j++)
      for (size_t i = 0; i < n_some; i++) w->columns[j][*n + i] = values[i * n_columns + j];
    *n += n_some;
  }
  return ML_OK;
}

/* The next rows; none: there are no more. */
static void give_rows(duck_handle *info, duck_handle *chunk) {
  const duck_api *api = duckdb__api();
  rows_writer *w = api->function_get_extra_info(info);
  size_t n = 0;
  for (size_t j = 0; j < w->output->head->n_columns; j++)
    w->columns[j] = api->vector_get_data(api->data_chunk_get_vector(chunk, j + 1));
  if (ml_watch_cancelled(w->watch))
    w->status = ml_error_set(w->err, ML_ERR_CANCELLED, "interrupted");
  if (w->status == ML_OK)
    w->status = fill_chunk(w, api->data_chunk_get_vector(chunk, 0), api->vector_size(), &n);
  if (w->status != ML_OK) {
    api->function_set_error(info, ml_status_text(w->status));
    return;
  }
  api->data_chunk_set_size(chunk, n);
  w->n_done += n;
  ml_watch_progress(w->watch, "write", (double)w->n_done, (double)w->output->head->n_rows);
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

/* What DuckDB takes at most for itself, for each column, and for each byte of a group, as measured;
 * its own limit counts less. */
enum { OF_ALL = 16 << 20, OF_COLUMN = 128 << 10, OF_GROUP = 3 };

static size_t rows_of_group(size_t n_columns) {
  const size_t limit = duckdb__memory_limit(), row = (n_columns + 1) * sizeof(double);
  const size_t fixed = OF_ALL + OF_COLUMN * (n_columns + 1);
  const size_t most = limit > fixed ? (limit - fixed) / OF_GROUP : 0;
  size_t n = (limit && most < GROUP_BYTES ? most : GROUP_BYTES) / row;
  if (n < GROUP_BYTES / row) n = n / GROUP_ROWS_MIN * GROUP_ROWS_MIN;
  return n < GROUP_ROWS_MIN ? GROUP_ROWS_MIN : n > GROUP_ROWS_MAX ? GROUP_ROWS_MAX : n;
}

ml_status ml_duckdb_check_columns(size_t n, ml_error *err) {
  const size_t limit = duckdb__memory_limit();
  const size_t of_rows = GROUP_ROWS_MIN * sizeof(double) * OF_GROUP;
  const size_t need = OF_ALL + (n + 1) * (OF_COLUMN + of_rows);
  if (limit == 0 || need <= limit) return ML_OK;
  return ml_error_set(
      err, ML_ERR_MEMORY,
      "Parquet of %zu columns takes %zu MiB of memory at least, and may take %zu of "
      "the limit: allow more, or write .csv or .npy",
      n, need >> 20, limit >> 20);
}

static ml_status copy_rows(duck_session *s, rows_writer *w, ml_error *err) {
  const duck_output *output = w->output;
  ml_buf sql = {0};
  duck_result result;
  ml_buf_puts(&sql, "COPY (FROM " FUNCTION "()) TO ");
  duckdb__put_quoted(&sql, output->path, strlen(output->path));
  ml_buf_printf(&sql, " (FORMAT parquet, USE_TMP_FILE false, ROW_GROUP_SIZE %zu)",
                rows_of_group(output->head->n_columns));
  ml_buf_put(&sql, "", 1);
  if (sql.failed) {
    ml_buf_release(&sql);
    return ml_error_memory(err);
  }
  ml_status status = ML_OK;
  const bool failed = s->api->query(s->connection, sql.data, &result) != 0;
  if (failed && w->status == ML_OK)
    status = duckdb__fail(err, ML_ERR_IO, output->name, s->api->result_error(&result));
  s->api->destroy_result(&result);
  ml_buf_release(&sql);
  return w->status == ML_OK ? status : w->status;
}

ml_status duckdb__write(const duck_output *output, const ml_watch *watch, ml_error *err) {
  duck_session session = {0};
  rows_writer w = {.output = output, .watch = watch, .err = err};
  ml_status status = ml_duckdb_check_columns(output->head->n_columns, err);
  if (status != ML_OK) return status;
  status = duckdb__begin(&session, "writing Parquet", err);
  w.api = session.api;
  w.columns = calloc(output->head->n_columns + 1, sizeof *w.columns);
  if (status == ML_OK && !w.columns) status = ml_error_memory(err);
  if (status == ML_OK && !add_function(&session, &w))
    status = ml_error_at(err, ML_ERR_IO, output->name, 0, 0, "DuckDB takes no table function");
  if (status == ML_OK) status = copy_rows(&session, &w, err);
  duckdb__end(&session);
  free((void *)w.columns);
  return status;
}
