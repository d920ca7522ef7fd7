/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a Parquet file or a query, a chunk at a time. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ml/csv_internal.h>
#include <ml/duckdb_internal.h>

enum { MADE_ENOUGH = 256 << 10 };

typedef struct duck_source {
  duck_session session;
  duck_handle *statement, *pending;
  duck_result result;
  bool has_result, at_end;
  duck_column *columns; /* n_columns */
  size_t n_columns;
  size_t row; /* the next, from 1 */
  input_made made;
  const char *name;
  const ml_watch *watch;
} duck_source;

bool duckdb__is_query(const char *path) {
  return strncmp(path, ML_DUCKDB_QUERY, strlen(ML_DUCKDB_QUERY)) == 0;
}

/* ---- the query ---- */

/* One file by its name, whatever is in it: a letter in brackets is that letter, and a name that
 * begins with a folder is no address of the network. */
static void put_file(ml_buf *sql, const char *path) {
  ml_buf name = {0};
  if (*path != '/') ml_buf_puts(&name, "./");
  for (const char *p = path; *p; p++) {
    const bool is_special = strchr("*?[", *p) != NULL;
    if (is_special) ml_buf_puts(&name, "[");
    ml_buf_put(&name, p, 1);
    if (is_special) ml_buf_puts(&name, "]");
  }
  ml_buf_puts(sql, "SELECT * FROM read_parquet(");
  duckdb__put_quoted(sql, name.data, name.n);
  ml_buf_puts(sql, ", hive_partitioning = false)");
  sql->failed |= name.failed;
  ml_buf_release(&name);
}

static ml_status prepare(duck_source *d, const char *path, ml_error *err) {
  const duck_api *api = d->session.api;
  const bool is_query = duckdb__is_query(path);
  ml_buf sql = {0};
  if (is_query)
    ml_buf_puts(&sql, path + strlen(ML_DUCKDB_QUERY));
  else
    put_file(&sql, path);
  ml_buf_put(&sql, "", 1);
  if (sql.failed) {
    ml_buf_release(&sql);
    return ml_error_memory(err);
  }
  ml_status status = ML_OK;
  if (api->prepare(d->session.connection, sql.data, &d->statement) != 0)
    status = duckdb__fail(err, is_query ? ML_ERR_USAGE : ML_ERR_PARSE, d->name,
                          api->prepare_error(d->statement));
  else if (api->prepared_statement_type(d->statement) != DUCK_STATEMENT_SELECT)
    status = ml_error_set(err, ML_ERR_USAGE, "--sql takes a SELECT, which changes nothing");
  ml_buf_release(&sql);
  return status;
}

/* Up to the first rows: a query may sort or join before, and can be interrupted meanwhile. */
static ml_status execute(duck_source *d, ml_error *err) {
  const duck_api *api = d->session.api;
  enum { FAILED = 2, NO_TASK = 3 };
  int state;
  if (api->pending_prepared_streaming(d->statement, &d->pending) != 0)
    return duckdb__fail(err, ML_ERR_PARSE, d->name, api->pending_error(d->pending));
  while (!api->pending_execution_is_finished(state = api->pending_execute_task(d->pending))) {
    if (ml_watch_cancelled(d->watch))
      return ml_error_at(err, ML_ERR_CANCELLED, d->name, 0, 0, "interrupted");
    if (state == NO_TASK) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
  if (state == FAILED)
    return duckdb__fail(err, ML_ERR_PARSE, d->name, api->pending_error(d->pending));
  d->has_result = true;
  if (api->execute_pending(d->pending, &d->result) == 0) return ML_OK;
  return duckdb__fail(err, ML_ERR_PARSE, d->name, api->result_error(&d->result));
}

static ml_status plan(duck_source *d, ml_error *err) {
  const duck_api *api = d->session.api;
  d->n_columns = api->column_count(&d->result);
  ml_status status = duckdb__plan(api, &d->result, d->name, d->n_columns, &d->columns, err);
  if (status != ML_OK) return status;
  const size_t start = d->made.text.n;
  for (size_t j = 0; j < d->n_columns; j++) {
    const char *name = api->column_name(&d->result, j);
    if (j) ml_buf_put(&d->made.text, &(char){CSV_UNIT}, 1);
    csv__put_made(&d->made.text, name, strlen(name));
  }
  csv__end_made(&d->made.text, start);
  return d->made.text.failed ? ml_error_memory(err) : ML_OK;
}

/* ---- the input ---- */

static ml_status make_some(void *ctx, ml_error *err) {
  duck_source *d = ctx;
  const duck_api *api = d->session.api;
  ml_status status = ML_OK;
  while (status == ML_OK && !d->at_end && d->made.text.n < MADE_ENOUGH) {
    if (ml_watch_cancelled(d->watch))
      return ml_error_at(err, ML_ERR_CANCELLED, d->name, 0, 0, "interrupted");
    duck_handle *chunk = api->fetch_chunk(d->result);
    const char *why = chunk ? NULL : api->result_error(&d->result);
    if (why && *why) return duckdb__fail(err, ML_ERR_PARSE, d->name, why);
    d->at_end = !chunk || api->data_chunk_get_size(chunk) == 0;
    if (!d->at_end) {
      status = duckdb__put_rows(api, d->columns, d->n_columns, chunk, d->name, d->row,
                                &d->made.text, err);
      d->row += api->data_chunk_get_size(chunk);
    }
    if (chunk) api->destroy_data_chunk(&chunk);
  }
  return status;
}

static ml_status read_rows(void *ctx, char *to, size_t size, size_t *n, ml_error *err) {
  duck_source *d = ctx;
  return input__hand_out(&d->made, make_some, d, to, size, n, err);
}

static double share(const void *ctx) {
  (void)ctx;
  return 0;
}

static int waits_for(const void *ctx) {
  (void)ctx;
  return -1;
}

static void close_rows(void *ctx) {
  duck_source *d = ctx;
  const duck_api *api = d->session.api;
  if (d->has_result) api->destroy_result(&d->result);
  if (d->pending) api->destroy_pending(&d->pending);
  if (d->statement) api->destroy_prepare(&d->statement);
  duckdb__end(&d->session);
  ml_buf_release(&d->made.text);
  free(d->columns);
  free(d);
}

ml_status duckdb__open_rows(const char *path, const char *name, const ml_watch *watch,
                            ml_input **out, ml_error *err) {
  static const input_maker maker = {
      .read = read_rows, .share = share, .waits_for = waits_for, .close = close_rows};
  duck_source *d = calloc(1, sizeof *d);
  if (!d) return ml_error_memory(err);
  d->name = name;
  d->watch = watch;
  d->row = 1;
  ml_status status =
      duckdb__begin(&d->session, duckdb__is_query(path) ? "a query" : "reading Parquet", err);
  if (status == ML_OK) status = prepare(d, path, err);
  if (status == ML_OK) status = execute(d, err);
  if (status == ML_OK) status = plan(d, err);
  if (status == ML_OK) return input__make(&maker, d, out, err);
  close_rows(d);
  return status;
}
