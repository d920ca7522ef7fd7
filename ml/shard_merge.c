/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of features into one matrix: names are held, values pass through. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "matrix_internal.h"
#include "shard_internal.h"

/* Values that are read ahead of all parts together, and that are written at once. */
enum { AHEAD_BYTES = 64 << 20, PART_BYTES = 1 << 20, TILE_BYTES = 1 << 20 };

/* ---- rows ---------------------------------------------------------------------------------- */

ml_status shard__read_forms(const shard_ledger *ledger, series_forms *out, ml_error *err) {
  const json_t *list = json_object_get(ledger->json, "forms");
  bool *const forms[] = {&out->not_numbers, &out->not_whole, &out->not_pairs,
                         &out->not_first_numbers, &out->not_second_numbers};
  const size_t n = sizeof forms / sizeof *forms;
  if (json_array_size(list) != n) return shard__damaged(ledger, "its forms of ids", err);
  for (size_t i = 0; i < n; i++) *forms[i] = json_integer_value(json_array_get(list, i)) != 0;
  return ML_OK;
}

static const json_t *windows_of(const shard_source *s) {
  return json_object_get(s->ledger->json, "windows");
}

static ml_status count_units(shard_merge *m, ml_error *err) {
  for (size_t p = 0; p < m->n; p++) {
    const shard_source *s = &m->sources[p];
    if (!windows_of(s) != !windows_of(&m->sources[0]))
      return shard__damaged(s->ledger, "its windows", err);
    m->n_units += windows_of(s) ? json_array_size(windows_of(s)) : s->n_rows;
    m->n_rows += s->n_rows;
  }
  if (m->n_units >= UINT32_MAX)
    return ml_error_set(err, ML_ERR_PARSE, "too many rows: %zu", m->n_units);
  m->units = calloc(m->n_units + 1, sizeof *m->units);
  return m->units ? ML_OK : ml_error_memory(err);
}

static ml_status add_windows(const shard_source *s, size_t part, shard_unit **to, ml_error *err) {
  size_t row = 0;
  for (size_t i = 0; i < json_array_size(windows_of(s)); i++) {
    const json_t *window = json_array_get(windows_of(s), i);
    const char *id = json_string_value(json_array_get(window, 0));
    const json_int_t n = json_integer_value(json_array_get(window, 1));
    if (!id || n <= 0 || (uint64_t)n > s->n_rows - row)
      return shard__damaged(s->ledger, "its windows", err);
    *(*to)++ = (shard_unit){id, part, row, (size_t)n};
    row += (size_t)n;
  }
  return row == s->n_rows ? ML_OK : shard__damaged(s->ledger, "its windows", err);
}

static ml_status add_units(shard_merge *m, ml_error *err) {
  shard_unit *to = m->units;
  ml_status status = ML_OK;
  for (size_t p = 0; p < m->n && status == ML_OK; p++) {
    const shard_source *s = &m->sources[p];
    if (windows_of(s)) {
      status = add_windows(s, p, &to, err);
      continue;
    }
    for (size_t i = 0; i < s->n_rows; i++) *to++ = (shard_unit){s->rows[i], p, i, 1};
  }
  for (size_t i = 0; i < m->n_units && status == ML_OK; i++) {
    const shard_ledger *l = m->sources[m->units[i].part].ledger;
    if (ml_shard_of(m->units[i].id, l->n) + 1 != l->number)
      status = ml_error_at(err, ML_ERR_PARSE, l->path, 0, 0,
                           "the part is damaged: id \"%.60s\" is none of its own", m->units[i].id);
  }
  return status;
}

/* Each id once, and those of a part in its order. */
static ml_status check_order(const shard_merge *m, size_t n_ranks, ml_error *err) {
  size_t *next = calloc(m->n + 1, sizeof *next);
  ml_status status = next ? ML_OK : ml_error_memory(err);
  for (size_t i = 0; i < m->n_units && status == ML_OK; i++) {
    const shard_unit *u = &m->units[i];
    if (n_ranks != m->n_units || u->first != next[u->part])
      status = shard__damaged(m->sources[u->part].ledger, "its ids are not in order", err);
    next[u->part] = u->first + u->n;
  }
  free(next);
  return status;
}

static ml_status sort_units(shard_merge *m, ml_error *err) {
  series_forms forms;
  series_ranking ranking = {0};
  ml_status status = shard__read_forms(m->sources[0].ledger, &forms, err);
  if (status != ML_OK) return status;
  char **ids = malloc((m->n_units + 1) * sizeof *ids);
  shard_unit *sorted = calloc(m->n_units + 1, sizeof *sorted);
  bool ok = ids && sorted;
  for (size_t i = 0; ok && i < m->n_units; i++) ids[i] = (char *)(uintptr_t)m->units[i].id;
  ok = ok && series__rank_among(ids, m->n_units, &forms, &ranking);
  for (size_t i = 0; ok && i < ranking.n; i++) sorted[i] = m->units[ranking.first[i]];
  const size_t n_ranks = ranking.n;
  m->are_numbers = ranking.are_numbers && !windows_of(&m->sources[0]);
  series__ranking_release(&ranking);
  free(ids);
  if (!ok) {
    free(sorted);
    return ml_error_memory(err);
  }
  if (n_ranks == m->n_units) {
    free(m->units);
    m->units = sorted;
  } else {
    free(sorted);
  }
  return check_order(m, n_ranks, err);
}

/* ---- the parts ----------------------------------------------------------------------------- */

static ml_status open_sources(shard_merge *m, ml_error *err) {
  const ml_shards *shards = m->shards;
  m->sources = calloc(shards->n + 1, sizeof *m->sources);
  ml_status status = m->sources ? ML_OK : ml_error_memory(err);
  for (size_t i = 0; i < shards->n && status == ML_OK; i++) {
    if (shards->ledgers[i].n_rows == 0) continue;
    status = shard__open_source(&shards->ledgers[i], &m->sources[m->n++], err);
    if (status == ML_OK && strcmp(m->sources[m->n - 1].id, m->sources[0].id) != 0)
      status = shard__damaged(&shards->ledgers[i], "the name of its ids", err);
    if (status == ML_OK && ml_watch_cancelled(m->watch))
      status = ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
  }
  if (status == ML_OK && m->n == 0)
    status = ml_error_at(err, ML_ERR_PARSE, shards->ledgers[0].path, 0, 0, "no part has a row");
  return status;
}

static void release(shard_merge *m) {
  for (size_t i = 0; i < m->n; i++) shard__close_source(&m->sources[i]);
  free(m->sources);
  free(m->units);
  free(m->columns);
}

/* ---- write --------------------------------------------------------------------------------- */

/* @return the next row of the whole; NULL behind the last */
static const char *next_name(shard_merge *m, shard_source **source) {
  if (m->unit < m->n_units && m->within == m->units[m->unit].n) {
    m->unit++;
    m->within = 0;
  }
  if (m->unit == m->n_units) return NULL;
  const shard_unit *u = &m->units[m->unit];
  *source = &m->sources[u->part];
  return (*source)->rows[u->first + m->within++];
}

static void begin_names(shard_merge *m) {
  m->unit = m->within = 0;
}

static ml_status give_name(void *ctx, const char **id, ml_error *err) {
  shard_source *unused;
  (void)err;
  *id = next_name(ctx, &unused);
  if (!*id) begin_names(ctx);
  return ML_OK;
}

/* Some rows of the whole at a time. */
typedef struct tile {
  shard_merge *merge;
  double *values;
  char **names;
  size_t n_most;
  bool has_begun;
} tile;

static ml_status begin_rows(shard_merge *m, ml_error *err) {
  ml_status status = ML_OK;
  size_t size = AHEAD_BYTES / m->n;
  if (size > PART_BYTES) size = PART_BYTES;
  for (size_t p = 0; p < m->n && status == ML_OK; p++)
    status = shard__begin_rows(&m->sources[p], size, err);
  begin_names(m);
  return status;
}

static ml_status end_rows(const shard_merge *m, ml_error *err) {
  ml_status status = ML_OK;
  for (size_t p = 0; p < m->n && status == ML_OK; p++)
    status = shard__check_rows(&m->sources[p], err);
  return status;
}

static ml_status put_row(const shard_merge *m, shard_source *source, double *to, ml_error *err) {
  const double *from;
  ml_status status = shard__next_row(source, &from, err);
  for (size_t j = 0; j < m->n_columns && status == ML_OK; j++)
    to[j] = source->map[j] == SIZE_MAX ? (double)NAN : from[source->map[j]];
  return status;
}

/* A matrix_source. */
static ml_status next_rows(void *ctx, size_t *n, char *const **names, const double **values,
                           ml_error *err) {
  tile *t = ctx;
  shard_merge *m = t->merge;
  shard_source *source;
  const char *name;
  size_t i = 0;
  ml_status status = t->has_begun ? ML_OK : begin_rows(m, err);
  t->has_begun = true;
  for (; status == ML_OK && i < t->n_most && i < *n && (name = next_name(m, &source)); i++) {
    status = put_row(m, source, t->values + i * m->n_columns, err);
    t->names[i] = (char *)(uintptr_t)name;
  }
  *n = i;
  *names = t->names;
  *values = t->values;
  return status == ML_OK && i == 0 ? end_rows(m, err) : status;
}

static ml_status write_whole(shard_merge *m, const char *path, ml_format format, bool safe_names,
                             ml_error *err) {
  tile t = {.merge = m, .n_most = TILE_BYTES / (m->n_columns * sizeof(double) + 1) + 1};
  const ml_matrix head = {.n_rows = m->n_rows,
                          .n_columns = m->n_columns,
                          .columns = m->columns,
                          .row_label = m->sources[0].id,
                          .rows_are_numbers = m->are_numbers};
  const matrix_ids ids = {give_name, m};
  const matrix_source rows = {next_rows, &t};
  t.values = malloc(t.n_most * m->n_columns * sizeof *t.values + 1);
  t.names = malloc(t.n_most * sizeof *t.names);
  ml_status status = t.values && t.names ? ML_OK : ml_error_memory(err);
  if (status == ML_OK)
    status = matrix__write_from(&head, &ids, &rows, path, format, safe_names, m->watch, err);
  free(t.values);
  free(t.names);
  return status;
}

ml_status ml_shards_merge(const ml_shards *shards, const char *path, ml_format format,
                          bool safe_names, const ml_watch *watch, size_t *n_rows, size_t *n_columns,
                          ml_error *err) {
  shard_merge m = {.shards = shards, .watch = watch};
  ml_status status = shard__check_output(shards, path, err);
  if (status == ML_OK) status = open_sources(&m, err);
  if (status == ML_OK) status = shard__make_columns(&m, err);
  if (status == ML_OK) status = count_units(&m, err);
  if (status == ML_OK) status = add_units(&m, err);
  if (status == ML_OK) status = sort_units(&m, err);
  if (status == ML_OK) status = write_whole(&m, path, format, safe_names, err);
  *n_rows = m.n_rows;
  *n_columns = m.n_columns;
  release(&m);
  return status;
}
