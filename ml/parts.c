/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Series of files, a part at a time: opening, and parts whose rows follow one another. */
#include <assert.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ml/parts_internal.h>

/* ---- how memory is shared ---- */

enum {
  LEAST = 8 << 20, /* less is not worth the trouble */
  FIXED = 3 << 20, /* windows over files, what is read ahead, dictionaries of kinds */
  SHELVES = 128,
  BLOCK = 4 << 10,      /* at least, */
  BLOCK_MAX = 64 << 10, /* and at most */
  STREAM_TEXT = 4 << 20,
  SEEN = 64 << 20 /* of a stream, without a limit */
};

static parts_tuning tune(const ml_parts_opts *opts) {
  if (opts->memory == 0)
    return (parts_tuning){.set = UINT64_MAX, .seen = SEEN, .text = STREAM_TEXT};
  const uint64_t left = opts->memory - FIXED;
  uint64_t block = left / 16 / SHELVES / BLOCK * BLOCK;
  if (block < BLOCK) block = BLOCK;
  if (block > BLOCK_MAX) block = BLOCK_MAX;
  return (parts_tuning){.set = left - left / 16,
                        .seen = opts->is_stream ? left / 8 : left / 2,
                        .n_shelves = SHELVES,
                        .block = block,
                        .text = left / 8 < STREAM_TEXT ? left / 8 : STREAM_TEXT};
}

static const char *format_bytes(uint64_t n, char buf[32]) {
  if (n < 10 << 20)
    snprintf(buf, 32, "%.1f MiB", (double)n / (1 << 20));
  else
    snprintf(buf, 32, "%.0f MiB", (double)n / (1 << 20));
  return buf;
}

ml_status parts__fail_fit(const ml_parts *parts, const char *id, const parts_size *size,
                          parts_origin origin, ml_error *err) {
  char shown[CSV_QUOTE_MAX], need[32], most[32];
  const uint64_t bytes = parts__need(&parts->shape, size, parts__n_kinds(&parts->survey));
  const char *what = parts->beside.bytes ? " with what works on them" : "";
  format_bytes(bytes, need);
  format_bytes(parts->tuning.set, most);
  if (!id)
    return ml_error_at(err, ML_ERR_MEMORY, parts->paths[origin.file], 0, 0,
                       "a single series of %llu rows takes %s%s, and may take %s of the memory "
                       "limit",
                       (unsigned long long)size->rows, need, what, most);
  return ml_error_at(err, ML_ERR_MEMORY, parts->paths[origin.file], origin.line, 0,
                     "id \"%s\" has %llu rows, which take %s%s, and may take %s of the memory "
                     "limit",
                     csv__quote(id, strlen(id), shown), (unsigned long long)size->rows, need, what,
                     most);
}

/* ---- opening ---- */

static void note_digest(void *ctx, size_t file, const ml_input *input) {
  parts_digest *digest = &((ml_parts *)ctx)->digests[file];
  digest->n_bytes = ml_input_digest(input, digest->text);
}

ml_status parts__open_csv(ml_parts *parts, bool is_live, ml_error *err) {
  const ml_csv_opts csv = {.delimiter = parts->series.delimiter, .watch = parts->watch};
  ml_csv_close(parts->csv);
  parts->csv = NULL;
  const csv_files files = {.paths = parts->paths,
                           .n = parts->n_paths,
                           .open = parts__open_file,
                           .ended = note_digest,
                           .ctx = parts};
  return csv__open_files(&files, &csv, is_live, &parts->csv, err);
}

ml_status parts__put_head(ml_parts *parts, ml_error *err) {
  const ml_csv *csv = parts->csv;
  ml_buf *head = &parts->head;
  for (size_t j = 0; j < ml_csv_n_columns(csv); j++) {
    if (j) ml_buf_put(head, &csv->delimiter, 1);
    ml_buf_puts(head, "\"");
    for (const char *c = ml_csv_column(csv, j); *c; c++)
      ml_buf_put(head, *c == '"' ? "\"\"" : c, 1 + (*c == '"'));
    ml_buf_puts(head, "\"");
  }
  ml_buf_puts(head, "\n");
  if (head->failed) return ml_error_memory(err);
  if (!csv__is_made(csv))
    parts->head_lines = csv__count_lines(csv, head->data, head->data + head->n);
  return ML_OK;
}

static ml_status next_whole(ml_parts *parts, ml_series_set **set, ml_error *err) {
  parts->is_done = true;
  parts->told = (series_told){.time_type = ML_LABEL};
  return parts__read(parts, parts->csv, SIZE_MAX, set, err);
}

/* Ids are looked at first: what has been handed out cannot be taken back. */
static ml_status prepare(ml_parts *parts, ml_error *err) {
  bool is_contiguous = true;
  ml_status status = parts__survey(parts, &is_contiguous, err);
  (void)malloc_trim(0); /* of the ids that were seen */
  if (status == ML_OK) status = parts__open_csv(parts, false, err);
  if (status != ML_OK) return status;
  parts->told = parts->survey.told;
  parts->next = is_contiguous ? parts__next_planned : parts__next_scattered;
  return is_contiguous ? ML_OK : parts__scatter(parts, err);
}

static ml_status start(ml_parts *parts, const ml_parts_opts *opts, ml_error *err) {
  ml_status status = ML_OK;
  const bool has_limit = parts->tuning.set != UINT64_MAX;
  if (has_limit && !opts->is_stream) status = parts__keep_pipes(parts, err);
  if (status == ML_OK) status = parts__open_csv(parts, opts->is_stream, err);
  if (status == ML_OK) status = series__roles(parts->csv, &parts->series, &parts->roles, err);
  if (status == ML_OK) status = parts__put_head(parts, err);
  if (status != ML_OK) return status;
  parts->series.delimiter = parts->csv->delimiter;
  parts->shape = parts__shape(&parts->roles, &parts->series);
  parts->beside = (parts_beside){.bytes = opts->beside, .ctx = opts->beside_ctx};
  parts->shape.beside = &parts->beside;
  parts__survey_begin(&parts->survey, &parts->roles, &parts->series);
  parts->survey.most_kinds = parts->tuning.set / 4;
  parts->next = next_whole;
  if (opts->is_stream) return parts__stream_begin(parts, err);
  return has_limit ? prepare(parts, err) : ML_OK;
}

ml_status parts__open(const char *const *paths, size_t n, const ml_parts_opts *opts,
                      const parts_tuning *tuning, ml_parts **out, ml_error *err) {
  ml_parts *parts = calloc(1, sizeof *parts);
  if (!parts) return ml_error_memory(err);
  parts->paths = paths;
  parts->n_paths = n;
  parts->series = opts->series;
  parts->watch = opts->series.watch;
  parts->tuning = *tuning;
  parts->store.fd = -1;
  parts->digests = calloc(n, sizeof *parts->digests);
  ml_status status = parts->digests ? start(parts, opts, err) : ml_error_memory(err);
  if (status == ML_OK)
    *out = parts;
  else
    ml_parts_close(parts);
  return status;
}

ml_status ml_parts_open(const char *const *paths, size_t n, const ml_parts_opts *opts,
                        ml_parts **out, ml_error *err) {
  assert(paths && n > 0 && opts && out);
  if (opts->memory > 0 && opts->memory < LEAST)
    return ml_error_set(err, ML_ERR_USAGE, "reading needs %d MiB of memory at least", LEAST >> 20);
  const parts_tuning tuning = tune(opts);
  return parts__open(paths, n, opts, &tuning, out, err);
}

void ml_parts_close(ml_parts *parts) {
  if (!parts) return;
  ml_csv_close(parts->csv);
  csv__fields_release(&parts->fields);
  series__roles_release(&parts->roles);
  parts__survey_release(&parts->survey);
  for (size_t i = 0; i < parts->n_shelves; i++) {
    parts__shelf_release(&parts->store, parts->shelves[i]);
    free(parts->shelves[i]);
  }
  free(parts->shelves);
  parts__store_close(&parts->store);
  parts__seen_free(parts->seen);
  parts__close_copies(parts);
  ml_buf_release(&parts->head);
  ml_buf_release(&parts->text);
  free(parts->places);
  free(parts->plan);
  free(parts->digests);
  free(parts);
}

ml_status parts__probe_time(ml_parts *parts, ml_error *err) {
  const ml_csv_want want = {.column = parts->roles.sort, .type = ML_TIME, .finite = true};
  ml_table *table = NULL;
  if (parts->roles.sort == SIZE_MAX) return ML_OK;
  parts->csv->max_rows = 1;
  ml_status status = ml_csv_read(parts->csv, &want, 1, &table, err);
  if (status != ML_OK) return status;
  parts->told.time_type = parts->csv->time_type;
  ml_table_free(table);
  return parts__open_csv(parts, false, err);
}

/* ---- reading ---- */

ml_status parts__read(ml_parts *parts, ml_csv *csv, size_t n_rows, ml_series_set **set,
                      ml_error *err) {
  csv__read_on(csv);
  csv->max_rows = n_rows;
  csv->is_counted = n_rows != SIZE_MAX;
  ml_status status = series__read_rows(csv, &parts->series, &parts->told, set, err);
  if (status != ML_OK) return status;
  parts->told.time_type = parts->survey.told.time_type = csv->time_type;
  if ((*set)->longest > parts->longest) parts->longest = (*set)->longest;
  status = parts__name_kinds(&parts->survey, *set, err);
  if (status != ML_OK) ml_series_free(*set);
  return status;
}

ml_status parts__next_planned(ml_parts *parts, ml_series_set **set, ml_error *err) {
  const bool is_empty = parts->n_plan == 0;
  const size_t n_rows = is_empty ? SIZE_MAX : parts->plan[parts->i_plan];
  ml_status status = parts__read(parts, parts->csv, n_rows, set, err);
  if (status != ML_OK) return status;
  if (!is_empty && ml_series_n_rows(*set) != n_rows) {
    ml_series_free(*set);
    return ml_error_at(err, ML_ERR_IO, ml_csv_source(parts->csv), 0, 0,
                       "the file was changed while it was read");
  }
  parts->is_done = ++parts->i_plan >= parts->n_plan;
  return ML_OK;
}

/* Windows need not be in each part, but there must be some. */
static ml_status check_end(const ml_parts *parts, ml_error *err) {
  if (parts->was_any || !parts->series.window || parts->series.n_shards) return ML_OK;
  ml_status status = series__fail_windows(parts->series.window, parts->longest, err);
  ml_error_about(err, parts->paths[0]);
  return status;
}

ml_status ml_parts_next(ml_parts *parts, ml_series_set **set, ml_error *err) {
  assert(parts && set);
  while (!parts->is_done) {
    ml_series_set *part = NULL;
    if (parts->tuning.set != UINT64_MAX) (void)malloc_trim(0); /* of the part before */
    ml_status status = parts->next(parts, &part, err);
    if (status != ML_OK) return status;
    if (!part) continue;
    if (ml_series_n_ids(part) > 0) parts->was_any = true;
    *set = part;
    return ML_OK;
  }
  ml_csv_close(parts->csv); /* at its end: the digests are known */
  parts->csv = NULL;
  *set = NULL;
  return check_end(parts, err);
}

bool ml_parts_digest(const ml_parts *parts, size_t file, uint64_t *n_bytes,
                     char out[ML_INPUT_DIGEST_SIZE]) {
  assert(parts && file < parts->n_paths);
  const parts_digest *digest = &parts->digests[file];
  memcpy(out, digest->text, sizeof digest->text);
  if (digest->text[0]) *n_bytes = digest->n_bytes;
  return digest->text[0] != 0;
}

size_t ml_parts_n_kinds(const ml_parts *parts) {
  return parts->survey.kinds.n;
}

const char *ml_parts_kind(const ml_parts *parts, size_t k) {
  assert(k < parts->survey.kinds.n);
  return labels__text(&parts->survey.kinds, (uint32_t)k);
}

int ml_parts_waits_for(const ml_parts *parts) {
  return parts->is_done || parts->next != parts__next_of_stream ? -1
                                                                : parts__stream_waits_for(parts);
}
