/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids that come back: their records are distributed to shelves by a hash of the id, as often as it
 * takes until each shelf fits; then shelves are read, as many at once as fit.
 */
#include <stdlib.h>
#include <string.h>

#include <ml/input_internal.h>
#include <ml/parts_internal.h>

/* ---- distributing ---- */

static uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 32)) * 0x9fb21c651e98df25U;
  x = (x ^ (x >> 35)) * 0x9fb21c651e98df25U;
  return x ^ (x >> 28);
}

static parts_shelf *choose(parts_shelf **shelves, size_t n, uint64_t hash, unsigned level) {
  const uint64_t mixed = mix(hash + level * 0x9e3779b97f4a7c15U);
  return shelves[(size_t)((unsigned __int128)mixed * n >> 64)]; /* n equal shares; no division */
}

static ml_status add_shelves(ml_parts *parts, unsigned level, ml_error *err) {
  const size_t n = parts->n_shelves + parts->tuning.n_shelves;
  parts_shelf **shelves = reallocarray(parts->shelves, n, sizeof(parts_shelf *));
  if (!shelves) return ml_error_memory(err);
  parts->shelves = shelves;
  while (parts->n_shelves < n) {
    parts_shelf *shelf = calloc(1, sizeof *shelf);
    if (!shelf) return ml_error_memory(err);
    shelf->level = level;
    shelves[parts->n_shelves++] = shelf;
  }
  return ML_OK;
}

static ml_status seal_from(ml_parts *parts, size_t first, ml_error *err) {
  for (size_t i = first; i < parts->n_shelves; i++) {
    ml_status status = parts__shelf_seal(&parts->store, parts->shelves[i], err);
    if (status != ML_OK) return status;
  }
  return ML_OK;
}

static ml_status put(ml_parts *parts, size_t first, unsigned level, const parts_entry *entry,
                     ml_error *err) {
  const parts_survey *survey = &parts->survey;
  parts_shelf *shelf =
      choose(parts->shelves + first, parts->tuning.n_shelves, survey->id_hash, level);
  ml_status status = parts__shelf_count(shelf, survey, err);
  return status == ML_OK ? parts__shelf_put(&parts->store, shelf, entry, err) : status;
}

static ml_status put_all(ml_parts *parts, ml_error *err) {
  ml_csv *csv = parts->csv;
  csv_record record;
  bool unused;
  for (;;) {
    ml_status status = csv__peek_record(csv, SIZE_MAX, &parts->fields, &record, err);
    if (status != ML_OK || record.n == 0) return status;
    const parts_entry entry = {{csv->file, csv->line}, record.bytes, record.n};
    status = parts__look(&parts->survey, csv, &record, &parts->fields, &unused, err);
    if (status == ML_OK && parts->survey.is_ours) status = put(parts, 0, 0, &entry, err);
    if (status != ML_OK) return status;
    csv__pass_record(csv, &record);
  }
}

ml_status parts__scatter(ml_parts *parts, ml_error *err) {
  parts->store.block = parts->tuning.block;
  ml_status status = parts__probe_time(parts, err);
  if (status == ML_OK) status = add_shelves(parts, 0, err);
  if (status == ML_OK) status = put_all(parts, err);
  if (status == ML_OK) status = seal_from(parts, 0, err);
  const ml_column_type time_type = parts->told.time_type;
  parts->told = parts->survey.told; /* of all */
  parts->told.time_type = time_type;
  return status;
}

/* ---- what is too large ---- */

static uint64_t need(const ml_parts *parts, const parts_size *size) {
  return parts__need(&parts->shape, size, parts__n_kinds(&parts->survey));
}

/* As csv__take_record() wants it. */
static ml_status end_bytes(ml_buf *bytes, ml_error *err) {
  ml_buf_put(bytes, "\n", 1);
  return bytes->failed ? ml_error_memory(err) : ML_OK;
}

static ml_status put_again(ml_parts *parts, parts_reader *reader, size_t first, unsigned level,
                           ml_error *err) {
  ml_buf bytes = {0};
  parts_entry entry;
  csv_record record;
  bool is_there, unused;
  ml_status status;
  while ((status = parts__reader_next(reader, &bytes, &entry.origin, &is_there, err)) == ML_OK &&
         is_there) {
    entry.n = bytes.n;
    status = end_bytes(&bytes, err);
    entry.bytes = bytes.data;
    if (status == ML_OK &&
        !csv__take_record(parts->csv, bytes.data, entry.n, &parts->fields, &record))
      status = ml_error_set(err, ML_ERR_IO, "a temporary file is damaged");
    if (status == ML_OK)
      status = parts__look(&parts->survey, parts->csv, &record, &parts->fields, &unused, err);
    if (status == ML_OK) status = put(parts, first, level, &entry, err);
    if (status != ML_OK) break;
  }
  ml_buf_release(&bytes);
  return status;
}

/* The id of a shelf that has one only. */
static ml_status fail_single(ml_parts *parts, parts_shelf *shelf, ml_error *err) {
  parts_reader reader;
  parts_origin origin = {0};
  csv_record record;
  ml_buf bytes = {0};
  bool is_there = false, unused;
  ml_status status = parts__reader_open(&reader, &parts->store, &shelf, 1, err);
  if (status == ML_OK) status = parts__reader_next(&reader, &bytes, &origin, &is_there, err);
  if (status == ML_OK) status = end_bytes(&bytes, err);
  if (status == ML_OK && is_there &&
      csv__take_record(parts->csv, bytes.data, bytes.n - 1, &parts->fields, &record))
    status = parts__look(&parts->survey, parts->csv, &record, &parts->fields, &unused, err);
  if (status == ML_OK)
    status = parts__fail_fit(parts, parts->survey.id.data, &shelf->size, origin, err);
  parts__reader_close(&reader);
  ml_buf_release(&bytes);
  return status;
}

/* Distribute a shelf; it is empty then. */
static ml_status split(ml_parts *parts, parts_shelf *shelf, ml_error *err) {
  enum { LEVELS = 32 };
  const size_t first = parts->n_shelves;
  const unsigned level = shelf->level + 1;
  if (!shelf->has_many || level > LEVELS) return fail_single(parts, shelf, err);
  parts_reader reader;
  ml_status status = add_shelves(parts, level, err);
  if (status != ML_OK) return status;
  status = parts__reader_open(&reader, &parts->store, &shelf, 1, err);
  if (status == ML_OK) status = put_again(parts, &reader, first, level, err);
  parts__reader_close(&reader);
  if (status == ML_OK) status = seal_from(parts, first, err);
  parts__shelf_release(&parts->store, shelf);
  return status;
}

/* ---- reading ---- */

/* The text of some shelves, as a file would have it. */
typedef struct shelf_text {
  parts_reader reader;
  ml_buf record;
  const char *bytes; /* n that were not given yet: of the header, then of a record */
  size_t n;
} shelf_text;

static ml_status read_text(void *ctx, char *to, size_t size, size_t *n, ml_error *err) {
  shelf_text *text = ctx;
  parts_origin unused;
  *n = 0;
  while (*n < size) {
    bool is_there = true;
    if (text->n == 0) {
      ml_status status = parts__reader_next(&text->reader, &text->record, &unused, &is_there, err);
      if (status != ML_OK || !is_there) return status;
      text->bytes = text->record.data;
      text->n = text->record.n;
    }
    const size_t take = text->n < size - *n ? text->n : size - *n;
    memcpy(to + *n, text->bytes, take);
    text->bytes += take;
    text->n -= take;
    *n += take;
  }
  return ML_OK;
}

/* An error in a line of the text is one in a line of a file. */
static void place_error(ml_parts *parts, parts_shelf *const *shelves, size_t n, ml_error *err) {
  parts_reader reader;
  parts_origin origin;
  ml_buf bytes = {0};
  bool is_there;
  if (!err || err->line <= parts->head_lines) return;
  size_t line = err->line - parts->head_lines;
  ml_status status = parts__reader_open(&reader, &parts->store, shelves, n, NULL);
  while (status == ML_OK) {
    status = parts__reader_next(&reader, &bytes, &origin, &is_there, NULL);
    if (status != ML_OK || !is_there) break;
    const size_t n_lines = csv__count_lines(parts->csv, bytes.data, bytes.data + bytes.n);
    if (line <= n_lines) {
      const ml_error in_text = *err;
      ml_error_at(err, in_text.status, parts->paths[origin.file], origin.line + line - 1,
                  in_text.column, "%s", in_text.message);
      break;
    }
    line -= n_lines;
  }
  parts__reader_close(&reader);
  ml_buf_release(&bytes);
}

static ml_status read_shelves(ml_parts *parts, size_t n, size_t n_rows, ml_series_set **set,
                              ml_error *err) {
  parts_shelf *const *shelves = parts->shelves + parts->i_shelf;
  shelf_text text = {.bytes = parts->head.data, .n = parts->head.n};
  ml_input *input;
  ml_csv *csv = NULL;
  const ml_csv_opts opts = {.delimiter = parts->series.delimiter, .watch = parts->watch};
  ml_status status = parts__reader_open(&text.reader, &parts->store, shelves, n, err);
  if (status == ML_OK)
    status = input__open_reader(read_text, &text, parts->paths[0], NULL, &input, err);
  if (status == ML_OK) status = csv__open_input(input, parts->paths[0], &opts, &csv, err);
  if (status == ML_OK) {
    status = parts__read(parts, csv, n_rows, set, err);
    if (status != ML_OK) place_error(parts, shelves, n, err);
  }
  ml_csv_close(csv);
  parts__reader_close(&text.reader);
  ml_buf_release(&text.record);
  return status;
}

ml_status parts__next_scattered(ml_parts *parts, ml_series_set **set, ml_error *err) {
  parts_size size = {0};
  size_t n = 0;
  while (parts->i_shelf + n < parts->n_shelves) {
    parts_shelf *shelf = parts->shelves[parts->i_shelf + n];
    const parts_size both = parts__sum(&size, &shelf->size);
    const bool fits = need(parts, &both) <= parts->tuning.set;
    if (!fits && n > 0) break;
    if (!fits) {
      ml_status status = split(parts, shelf, err);
      if (status != ML_OK) return status;
      parts->i_shelf++;
      continue;
    }
    size = both;
    n++;
  }
  ml_status status = size.rows ? read_shelves(parts, n, size.rows, set, err) : ML_OK;
  for (size_t i = 0; i < n; i++)
    parts__shelf_release(&parts->store, parts->shelves[parts->i_shelf + i]);
  parts->i_shelf += n;
  parts->is_done = parts->i_shelf == parts->n_shelves;
  return status;
}
