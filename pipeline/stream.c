/* SPDX-License-Identifier: GPL-3.0-or-later */
/* New data as they come: records are collected until a series, or so many, are complete; then they
 * are read as a file of their own would be. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/dataset_internal.h>
#include <ml/features_internal.h>
#include <ml/parts_internal.h>
#include <ml/series_internal.h>

#include "stream.h"

enum { PART = 1 << 18 /* bytes that are handed out at once, even if more are there */ };

struct ml_pipeline_stream {
  const ml_pipeline *p;
  ml_pipeline_read_opts opts;
  size_t batch;
  ml_csv *csv;
  csv_fields fields;
  size_t id_column;  /* of the file; SIZE_MAX: none */
  parts_seen *seen;  /* NULL: there are no ids */
  uint64_t seed;     /* of hashes of ids */
  uint64_t id_hash;  /* of the last one */
  ml_buf text;       /* header and records */
  size_t n_head;     /* bytes of the header in it, */
  size_t head_lines; /* and its lines */
  size_t first_line; /* of the records in it, in the file */
  ml_buf id;         /* of the last record as it stands, with its NUL */
  size_t n_whole;    /* bytes of the text that are handed out: the rest is of the next part, */
  size_t rest_line;  /* which begins in this line */
  bool has_id;       /* there was a record */
  bool is_known;     /* the record that comes has been looked at */
  bool *are_there;   /* kinds that have come */
  bool was_any;      /* a part has come */
};

/* ---- opening ----------------------------------------------------------------------------------
 */

static ml_status find_id_of_series(ml_pipeline_stream *s, ml_error *err) {
  series_roles roles = {0};
  ml_series_opts columns = s->p->columns;
  if (s->opts.id) columns.id = s->opts.id;
  ml_status status = series__roles(s->csv, &columns, &roles, err);
  if (status == ML_OK) s->id_column = roles.id;
  series__roles_release(&roles);
  return status;
}

static ml_status find_id_of_table(ml_pipeline_stream *s, ml_error *err) {
  const ml_pipeline *p = s->p;
  const dataset_some some = read__columns(p);
  const ml_dataset_opts opts = read__table_opts(p, &s->opts);
  const features_ask ask = dataset__ask(&opts, &some);
  const size_t n = ml_csv_n_columns(s->csv);
  features_roles roles = {0};
  const char **list = calloc(n + 1, sizeof *list);
  if (!list) return ml_error_memory(err);
  for (size_t j = 0; j < n; j++) list[j] = ml_csv_column(s->csv, j);
  const features_names names = {.names = list, .n = n, .source = ml_csv_source(s->csv)};
  ml_status status = features__roles(&names, &ask, &roles, err);
  if (status == ML_OK) s->id_column = roles.id;
  features__roles_release(&roles);
  free((void *)list);
  return status;
}

/* The header of each part. */
static ml_status put_head(ml_pipeline_stream *s, ml_error *err) {
  for (size_t j = 0; j < ml_csv_n_columns(s->csv); j++) {
    if (j) ml_buf_put(&s->text, &s->csv->delimiter, 1);
    ml_buf_puts(&s->text, "\"");
    for (const char *c = ml_csv_column(s->csv, j); *c; c++)
      ml_buf_put(&s->text, *c == '"' ? "\"\"" : c, 1 + (*c == '"'));
    ml_buf_puts(&s->text, "\"");
  }
  ml_buf_puts(&s->text, "\n");
  if (s->text.failed) return ml_error_memory(err);
  s->n_head = s->text.n;
  if (!csv__is_made(s->csv))
    s->head_lines = csv__count_lines(s->csv, s->text.data, s->text.data + s->text.n);
  return ML_OK;
}

static size_t n_kinds(const ml_pipeline *p) {
  size_t n = 0;
  while (p->is_series && ml_fresh_settings_kind(p->settings, n)) n++;
  return n;
}

static ml_status start(ml_pipeline_stream *s, const char *path, ml_error *err) {
  const ml_csv_opts csv = {.delimiter = s->opts.delimiter, .watch = s->opts.watch};
  s->id_column = SIZE_MAX;
  s->seed = parts__seed();
  s->are_there = calloc(n_kinds(s->p) + 1, sizeof *s->are_there);
  if (!s->are_there) return ml_error_memory(err);
  ml_status status = csv__open(path, &csv, true, &s->csv, err);
  if (status == ML_OK)
    status = s->p->is_series ? find_id_of_series(s, err) : find_id_of_table(s, err);
  if (status == ML_OK) status = put_head(s, err);
  if (status == ML_OK && s->id_column != SIZE_MAX && !(s->seen = parts__seen_new(STREAM_SEEN)))
    status = ml_error_memory(err);
  if (status == ML_OK) s->opts.delimiter = s->csv->delimiter; /* that of each part */
  return status;
}

ml_status ml_pipeline_stream_open(const ml_pipeline *pipeline, const char *path,
                                  const ml_pipeline_read_opts *opts, size_t batch,
                                  ml_pipeline_stream **out, ml_error *err) {
  assert(pipeline && path && out);
  ml_pipeline_stream *s = calloc(1, sizeof *s);
  if (!s) return ml_error_memory(err);
  s->p = pipeline;
  s->batch = batch;
  if (opts) s->opts = *opts;
  ml_status status = start(s, path, err);
  if (status == ML_OK)
    *out = s;
  else
    ml_pipeline_stream_close(s);
  return status;
}

void ml_pipeline_stream_close(ml_pipeline_stream *s) {
  if (!s) return;
  ml_csv_close(s->csv);
  csv__fields_release(&s->fields);
  parts__seen_free(s->seen);
  ml_buf_release(&s->text);
  ml_buf_release(&s->id);
  free(s->are_there);
  free(s);
}

/* ---- collecting -------------------------------------------------------------------------------
 */

static bool is_same(const ml_buf *a, const char *bytes, size_t n) {
  return a->n == n + 1 && memcmp(a->data, bytes, n) == 0;
}

/* Does the record begin another series? A record without the cell is wrong, and will be said to be
 * when it is read. */
static ml_status look_at_id(ml_pipeline_stream *s, const csv_record *record, bool *begins,
                            ml_error *err) {
  *begins = !s->has_id || !s->p->is_series;
  s->has_id = true;
  if (s->id_column == SIZE_MAX) return ML_OK;
  if (!record->cell || (!*begins && is_same(&s->id, record->cell, record->n_cell))) return ML_OK;
  ml_buf_clear(&s->id);
  ml_buf_put(&s->id, record->cell, record->n_cell);
  ml_buf_put(&s->id, "", 1);
  if (s->id.failed) return ml_error_memory(err);
  const uint64_t hash = series__id_hash(s->id.data, s->seed); /* 1 and 1.0 are one */
  *begins |= hash != s->id_hash;
  s->id_hash = hash;
  const parts_news news = *begins ? parts__seen_lately(s->seen, hash) : PARTS_NEW;
  if (news != PARTS_AGAIN) return news == PARTS_NEW ? ML_OK : ml_error_memory(err);
  char shown[CSV_QUOTE_MAX];
  return ml_error_at(err, ML_ERR_PARSE, ml_csv_source(s->csv), record->line, 0,
                     s->p->is_series
                         ? "id \"%s\" comes back after other ids: rows of an id have to follow "
                           "one another when they are read as they come"
                         : "id \"%s\" is there twice",
                     csv__quote(record->cell, record->n_cell, shown));
}

static ml_status take_record(ml_pipeline_stream *s, const csv_record *record, ml_error *err) {
  if (s->text.n == s->n_head) s->first_line = s->csv->line;
  ml_buf_put(&s->text, record->bytes, record->n);
  csv__pass_record(s->csv, record);
  return s->text.failed ? ml_error_memory(err) : ML_OK;
}

/* Not all has come that has to. */
static ml_status check_end(const ml_pipeline_stream *s, ml_error *err) {
  if (!s->was_any || !s->p->is_series) return ML_OK;
  return read__check_kinds(s->p, s->are_there, ml_csv_source(s->csv), err);
}

/* So many series, or rows, whenever they come. */
static ml_status collect_batch(ml_pipeline_stream *s, ml_error *err) {
  csv_record record;
  ml_status status;
  size_t n = s->has_id; /* the record that began a series the last time is still to be read */
  for (;;) {
    bool begins = false;
    status = csv__peek_record(s->csv, s->id_column, &s->fields, &record, err);
    if (status != ML_OK) return status;
    if (record.n == 0) return ML_OK;
    const bool is_known = s->text.n == s->n_head && n == 1;
    if (!is_known) status = look_at_id(s, &record, &begins, err);
    n += begins;
    if (status != ML_OK) return status;
    if (n > s->batch) return ML_OK;
    status = take_record(s, &record, err);
    if (status != ML_OK) return status;
    if (!s->p->is_series && n == s->batch) {
      s->has_id = false;
      return ML_OK;
    }
  }
}

/* Would reading on mean to wait for the input? */
static bool waits(ml_pipeline_stream *s) {
  csv_record unused;
  return !s->csv->at_end && !csv__has_record(s->csv, &s->fields, &unused) &&
         ml_input_waits_for(s->csv->source) >= 0;
}

/* The record stays for the next part when this one is large enough. */
static ml_status look_on(ml_pipeline_stream *s, const csv_record *record, bool *is_enough,
                         ml_error *err) {
  bool begins = false;
  *is_enough = false;
  if (s->is_known) {
    s->is_known = false;
    return ML_OK;
  }
  ml_status status = look_at_id(s, record, &begins, err);
  if (status != ML_OK || !begins) return status;
  s->n_whole = s->text.n;
  s->rest_line = s->csv->line;
  s->is_known = *is_enough = s->n_whole - s->n_head >= PART;
  return ML_OK;
}

/* What is whole when the input has no more for now. */
static ml_status collect_there(ml_pipeline_stream *s, ml_error *err) {
  csv_record record;
  bool is_enough = false;
  for (;;) {
    if (s->n_whole > s->n_head && waits(s)) return ML_OK;
    ml_status status = csv__peek_record(s->csv, s->id_column, &s->fields, &record, err);
    if (status == ML_OK && record.n == 0) s->n_whole = s->text.n;
    if (status != ML_OK || record.n == 0) return status;
    status = look_on(s, &record, &is_enough, err);
    if (status != ML_OK || is_enough) return status;
    status = take_record(s, &record, err);
    if (status != ML_OK) return status;
    if (!s->p->is_series) s->n_whole = s->text.n;
  }
}

/* What was not handed out is the beginning of the next part. */
static void keep_rest(ml_pipeline_stream *s) {
  const size_t n = s->n_whole > 0 ? s->text.n - s->n_whole : 0;
  if (n > 0) memmove(s->text.data + s->n_head, s->text.data + s->n_whole, n);
  s->text.n = s->n_head + n;
  s->n_whole = s->n_head;
  s->first_line = s->rest_line;
}

ml_status ml_pipeline_stream_wait(ml_pipeline_stream *s, bool *is_end, ml_error *err) {
  assert(s && is_end);
  *is_end = false;
  keep_rest(s);
  ml_status status = (s->batch > 0 ? collect_batch : collect_there)(s, err);
  if (status != ML_OK) return status;
  if (s->batch > 0) s->n_whole = s->text.n;
  *is_end = s->n_whole == s->n_head;
  return *is_end ? check_end(s, err) : ML_OK;
}

/* ---- reading ----------------------------------------------------------------------------------
 */

/* Lines of a part into those of the file. */
static void place(const ml_pipeline_stream *s, ml_error *err) {
  if (err && err->line > s->head_lines) err->line += s->first_line - 1 - s->head_lines;
}

ml_status ml_pipeline_stream_read(ml_pipeline_stream *s, ml_exec *exec, ml_dataset **out,
                                  ml_error *err) {
  assert(s && out && s->n_whole > s->n_head);
  const char *source = ml_csv_source(s->csv);
  ml_status status = s->p->is_series ? read__part_of_series(s->p, s->text.data, s->n_whole, source,
                                                            &s->opts, exec, s->are_there, out, err)
                                     : read__part_of_table(s->p, s->text.data, s->n_whole, source,
                                                           &s->opts, exec, out, err);
  s->was_any = true;
  if (status != ML_OK) place(s, err);
  return status;
}
