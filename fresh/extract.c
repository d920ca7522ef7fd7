/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Extraction: from a set of series to a matrix of features, over any executor. */
#include "extract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/series_internal.h>

#include "layout.h"

/* An item is some milliseconds of work, and each worker gets several, so that the last one to end
 * keeps nobody waiting for long. */
enum { ITEM_VALUES = 1 << 14, ITEMS_PER_WORKER = 8 };

typedef struct extraction {
  const ml_series_set *set;
  size_t *starts; /* item i is the ids from starts[i] to starts[i + 1] */
  size_t n_items;
  ml_block *blocks[FRESH_N_BLOCKS];
  ml_matrix *matrix;
  double *seconds; /* of each shared step and calculator; NULL: nobody wants to know */
  fresh_layout layout;
  size_t first, n; /* the rows of the result are those of n ids from the first on */
  size_t n_ready;  /* rows that are as they will be */
  bool is_raw;     /* rows stay kind by kind, as the calculators give them */
  const ml_fresh_rows *rows;
} extraction;

static bool has_times(const ml_series_set *set) {
  return set->clock == ML_CLOCK_TIME;
}

static size_t n_values_of(const ml_series_set *set, size_t id) {
  size_t n = 0;
  for (size_t k = 0; k < set->n_kinds; k++) n += set->spans[id * set->n_kinds + k].n;
  return n;
}

static ml_status split(extraction *e, size_t n_workers, ml_error *err) {
  const ml_series_set *set = e->set;
  size_t n_all = 0, n_values = 0;
  const size_t end = e->first + e->n;
  for (size_t id = e->first; id < end; id++) n_all += n_values_of(set, id); /* windows overlap */
  size_t item_values = n_all / (ITEMS_PER_WORKER * n_workers);
  if (item_values > ITEM_VALUES) item_values = ITEM_VALUES;
  if (!(e->starts = calloc(e->n + 1, sizeof *e->starts))) return ml_error_memory(err);
  e->starts[0] = e->first;
  for (size_t id = e->first; id < end; id++) {
    n_values += n_values_of(set, id);
    if (n_values < item_values && id + 1 < end) continue;
    e->starts[++e->n_items] = id + 1;
    n_values = 0;
  }
  return ML_OK;
}

static ml_status put_item(void *ctx, size_t i, ml_buf *in, ml_error *err) {
  const extraction *e = ctx;
  fresh_item item = {e->starts[i], e->starts[i + 1] - e->starts[i]};
  (void)err;
  ml_buf_put(in, &item, sizeof item);
  return ML_OK;
}

/* Its rows, which lie one behind the other. */
static bool place_item(void *ctx, size_t i, size_t k, ml_span *out) {
  const extraction *e = ctx;
  size_t stride = e->matrix->n_columns * sizeof(double);
  *out = (ml_span){(char *)e->matrix->values + e->starts[i] * stride,
                   (e->starts[i + 1] - e->starts[i]) * stride};
  return k == 0;
}

/* Items are taken in order: all rows up to n have their values. */
static ml_status make_ready(extraction *e, size_t n, ml_error *err) {
  if (e->is_raw || n == e->n_ready) return ML_OK;
  const ml_fresh_settings *settings = e->layout.settings;
  ml_matrix rows = *e->matrix;
  rows.values += e->n_ready * rows.n_columns;
  rows.n_rows = n - e->n_ready;
  ml_status status = fresh__order_rows(&e->layout.order, &rows, 0, rows.n_rows, err);
  if (status != ML_OK) return status;
  if (settings->ranges) ml_impute(&rows, settings->ranges);
  e->n_ready = n;
  return e->rows && e->rows->ready ? e->rows->ready(e->rows->ctx, e->matrix, n, err) : ML_OK;
}

static ml_status take_item(void *ctx, size_t item, const void *out, size_t n_out, ml_error *err) {
  extraction *e = ctx;
  const double *seconds = out;
  if (n_out != (e->seconds ? fresh__n_costs() * sizeof *seconds : 0))
    return ml_error_set(err, ML_ERR_WORKER, "malformed times of a worker");
  for (size_t i = 0; e->seconds && i < fresh__n_costs(); i++) e->seconds[i] += seconds[i];
  return make_ready(e, e->starts[item + 1] - e->first, err);
}

static void describe_item(void *ctx, size_t i, char *buf, size_t size) {
  const extraction *e = ctx;
  const char *first = e->set->ids[e->starts[i]], *last = e->set->ids[e->starts[i + 1] - 1];
  if (e->starts[i + 1] - e->starts[i] == 1)
    snprintf(buf, size, "id %s", first);
  else
    snprintf(buf, size, "ids %s to %s", first, last);
}

static ml_status make_request(extraction *e, const ml_fresh_settings *settings, const ml_exec *exec,
                              ml_error *err) {
  const ml_series_set *set = e->set;
  const fresh_request head = {.n_kinds = set->n_kinds,
                              .first = e->first,
                              .n = e->n,
                              .is_modern = settings->is_modern,
                              .has_times = has_times(set),
                              .is_by_name = settings->order.n > 0,
                              .is_timed = e->seconds != NULL,
                              .is_raw = e->is_raw};
  ml_buf request = {0};
  ml_buf_put(&request, &head, sizeof head);
  for (size_t k = 0; k < set->n_kinds; k++)
    ml_buf_put(&request, set->kinds[k], strlen(set->kinds[k]) + 1);
  ml_fresh_settings_json(settings, &request);
  ml_status status = request.failed ? ml_error_memory(err) : ML_OK;
  if (status == ML_OK)
    status = ml_block_copy(exec, request.data, request.n, &e->blocks[FRESH_REQUEST], err);
  ml_buf_release(&request);
  return status;
}

/* What is the same for all rows of the set. */
static ml_status lend_set(extraction *e, const ml_exec *exec, ml_error *err) {
  const ml_series_set *set = e->set;
  ml_status status = ml_block_lend(exec, set->values, set->n_values * sizeof *set->values,
                                   &e->blocks[FRESH_VALUES], err);
  if (status == ML_OK)
    status = ml_block_lend(exec, set->spans, set->n_ids * set->n_kinds * sizeof *set->spans,
                           &e->blocks[FRESH_SPANS], err);
  if (status == ML_OK)
    status = ml_block_lend(exec, set->times, has_times(set) ? set->n_times * sizeof *set->times : 0,
                           &e->blocks[FRESH_TIMES], err);
  return status;
}

static ml_status name_rows(extraction *e, ml_error *err) {
  ml_matrix *matrix = e->matrix;
  char *label = strdup(e->set->id_name);
  if (!label) return ml_error_memory(err);
  free(matrix->row_label);
  matrix->row_label = label;
  matrix->rows_are_numbers = e->set->ids_are_numbers;
  for (size_t i = 0; i < e->set->n_ids; i++)
    if (!(matrix->rows[i] = strdup(e->set->ids[i]))) return ml_error_memory(err);
  return ML_OK;
}

/* The result, with all its names. */
static ml_status make_matrix(extraction *e, const ml_fresh_settings *settings, const ml_exec *exec,
                             ml_error *err) {
  const ml_series_set *set = e->set;
  ml_status status =
      fresh__layout_init(&e->layout, settings, set->kinds, set->n_kinds, has_times(set), err);
  if (status == ML_OK)
    status = ml_matrix_new(exec, set->n_ids, e->layout.n_columns, &e->matrix, err);
  if (status != ML_OK) return status;
  memcpy(e->matrix->columns, e->layout.names, e->layout.n_columns * sizeof *e->layout.names);
  memset(e->layout.names, 0, e->layout.n_columns * sizeof *e->layout.names);
  return name_rows(e, err);
}

static ml_status run(extraction *e, ml_exec *exec, const ml_watch *watch, ml_error *err) {
  const ml_job job = {.module = ml_fresh_module(),
                      .task = "extract",
                      .inputs = e->blocks,
                      .n_inputs = FRESH_N_BLOCKS,
                      .result = e->matrix->block,
                      .n_items = e->n_items,
                      .put = put_item,
                      .take = take_item,
                      .describe = describe_item,
                      .place = place_item,
                      .ctx = e,
                      .step = "extract",
                      .watch = watch};
  return ml_exec_run(exec, &job, err);
}

/* ---- the whole ---- */

ml_status ml_fresh_extract(const ml_series_set *set, const ml_fresh_settings *settings,
                           ml_exec *exec, const ml_watch *watch, ml_matrix **out, ml_error *err) {
  return ml_fresh_extract_timed(set, settings, exec, watch, NULL, out, err);
}

ml_status ml_fresh_extract_timed(const ml_series_set *set, const ml_fresh_settings *settings,
                                 ml_exec *exec, const ml_watch *watch, ml_fresh_costs *costs,
                                 ml_matrix **out, ml_error *err) {
  return ml_fresh_extract_rows(set, settings, exec, watch, costs, NULL, out, err);
}

static ml_status extract(extraction *e, const ml_fresh_settings *settings, ml_exec *exec,
                         const ml_watch *watch, ml_error *err) {
  e->n = e->set->n_ids;
  ml_status status = make_matrix(e, settings, exec, err);
  if (status == ML_OK) status = split(e, ml_exec_n_workers(exec), err);
  if (status == ML_OK) status = lend_set(e, exec, err);
  if (status == ML_OK) status = make_request(e, settings, exec, err);
  if (status == ML_OK) status = run(e, exec, watch, err);
  return status == ML_OK ? make_ready(e, e->n, err) : status;
}

static void release(extraction *e) {
  fresh__layout_release(&e->layout);
  ml_matrix_free(e->matrix);
  for (size_t i = 0; i < FRESH_N_BLOCKS; i++) ml_block_free(e->blocks[i]);
  free(e->starts);
}

ml_status ml_fresh_extract_rows(const ml_series_set *set, const ml_fresh_settings *settings,
                                ml_exec *exec, const ml_watch *watch, ml_fresh_costs *costs,
                                const ml_fresh_rows *rows, ml_matrix **out, ml_error *err) {
  extraction e = {.set = set, .rows = rows};
  if (costs) *costs = (ml_fresh_costs){0};
  ml_fresh_settings *own = NULL;
  ml_status status = ML_OK;
  if (!settings) status = ml_fresh_settings_named("comprehensive", &own, err);
  if (status == ML_OK && costs) status = fresh__costs_begin(&e.seconds, err);
  if (status == ML_OK) status = extract(&e, settings ? settings : own, exec, watch, err);
  if (status == ML_OK && costs)
    status = fresh__costs_list(e.seconds, fresh__n_series(set), costs, err);
  if (status == ML_OK) {
    *out = e.matrix;
    e.matrix = NULL;
  } else if (rows && rows->failed) {
    rows->failed(rows->ctx);
  }
  free(e.seconds);
  release(&e);
  ml_fresh_settings_free(own);
  return status;
}

/* ---- some rows at a time ---- */

static void forget_slice(extraction *e) {
  ml_matrix_free(e->matrix);
  ml_block_free(e->blocks[FRESH_REQUEST]);
  free(e->starts);
  e->matrix = NULL;
  e->blocks[FRESH_REQUEST] = NULL;
  e->starts = NULL;
  e->n_items = 0;
}

static ml_status extract_slice(extraction *e, const ml_fresh_settings *settings, size_t n_columns,
                               ml_exec *exec, const ml_watch *watch, ml_error *err) {
  ml_status status = ml_matrix_new(exec, e->n, n_columns, &e->matrix, err);
  if (status == ML_OK) status = split(e, ml_exec_n_workers(exec), err);
  if (status == ML_OK) status = make_request(e, settings, exec, err);
  return status == ML_OK ? run(e, exec, watch, err) : status;
}

ml_status fresh__extract_slices(const ml_series_set *set, const ml_fresh_settings *settings,
                                size_t n_columns, size_t memory, ml_exec *exec,
                                const ml_watch *watch, const fresh_slices *to, double *seconds,
                                ml_error *err) {
  extraction e = {.set = set, .seconds = seconds, .is_raw = true};
  const size_t row = n_columns * sizeof(double), most = row ? memory / row : set->n_ids;
  ml_status status = row ? lend_set(&e, exec, err) : ML_OK;
  for (size_t id = 0; id < set->n_ids && status == ML_OK; id += e.n) {
    e.first = id;
    e.n = set->n_ids - id;
    if (e.n > most) e.n = most ? most : 1;
    if (row) status = extract_slice(&e, settings, n_columns, exec, watch, err);
    if (status == ML_OK) status = to->take(to->ctx, id, e.n, row ? e.matrix->values : NULL, err);
    forget_slice(&e);
  }
  release(&e);
  return status;
}
