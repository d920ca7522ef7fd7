/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parts of what is still being written: as many whole ids as have come. */
#include <stdlib.h>
#include <string.h>

#include <ml/parts_internal.h>

/* Records from here on stand so in their file, until the next place. */
typedef struct parts_place {
  size_t line; /* of the text */
  parts_origin origin;
} parts_place;

ml_status parts__stream_begin(ml_parts *parts, ml_error *err) {
  parts->next = parts__next_of_stream;
  parts->seen = parts__seen_new(parts->tuning.seen / 2);
  ml_buf_put(&parts->text, parts->head.data, parts->head.n);
  parts->text_lines = parts->head_lines;
  return parts->seen && !parts->text.failed ? ML_OK : ml_error_memory(err);
}

/* ---- collecting ---- */

static ml_status note_place(ml_parts *parts, parts_origin origin, ml_error *err) {
  const size_t line = parts->text_lines + 1;
  if (parts->n_places > 0) {
    const parts_place *last = &parts->places[parts->n_places - 1];
    if (last->origin.file == origin.file && last->origin.line + (line - last->line) == origin.line)
      return ML_OK;
  }
  if (parts->n_places == parts->places_capacity) {
    const size_t capacity = parts->places_capacity ? 2 * parts->places_capacity : 4;
    parts_place *places = reallocarray(parts->places, capacity, sizeof *places);
    if (!places) return ml_error_memory(err);
    parts->places = places;
    parts->places_capacity = capacity;
  }
  parts->places[parts->n_places++] = (parts_place){line, origin};
  return ML_OK;
}

static ml_status take_record(ml_parts *parts, const csv_record *record, ml_error *err) {
  ml_status status = note_place(parts, (parts_origin){parts->csv->file, parts->csv->line}, err);
  if (status != ML_OK) return status;
  ml_buf_put(&parts->text, record->bytes, record->n);
  parts->text_lines += record->n_lines;
  parts->size.rows++;
  const uint64_t n = parts__tally(&parts->survey);
  if (n > parts->id_longest) parts->id_longest = n;
  if (n > parts->size.longest) parts->size.longest = n;
  csv__pass_record(parts->csv, record);
  return parts->text.failed ? ml_error_memory(err) : ML_OK;
}

/* Whole ids that were collected. */
static bool has_whole(const ml_parts *parts) {
  return parts->n_complete > parts->head.n;
}

static ml_status remember(ml_parts *parts, const csv_record *record, ml_error *err) {
  const parts_survey *survey = &parts->survey;
  char shown[CSV_QUOTE_MAX];
  const parts_news news = parts__seen_lately(parts->seen, survey->id_hash);
  if (news == PARTS_AGAIN)
    return ml_error_at(err, ML_ERR_PARSE, parts->paths[parts->csv->file], record->line, 0,
                       "id \"%s\" comes back after other ids: rows of an id have to follow one "
                       "another when they are read as they come",
                       csv__quote(survey->id.data, survey->id.n - 1, shown));
  return news == PARTS_NEW ? ML_OK : ml_error_memory(err);
}

/* The one before is whole. */
static ml_status begin_id(ml_parts *parts, const csv_record *record, ml_error *err) {
  parts->n_complete = parts->text.n;
  parts->complete = parts->size;
  parts->id_longest = 0;
  if (!parts->survey.is_ours) return ML_OK;
  parts->size.ids++;
  parts->size.id_bytes += parts->survey.id.n;
  return remember(parts, record, err);
}

/* The text itself is in memory, too. */
static uint64_t need(const ml_parts *parts) {
  return 2 * parts->text.n +
         parts__need(&parts->shape, &parts->size, parts__n_kinds(&parts->survey));
}

static ml_status check_fit(const ml_parts *parts, const csv_record *record, ml_error *err) {
  const parts_size id = {parts->size.rows - parts->complete.rows, 1, parts->survey.id.n,
                         parts->id_longest};
  if (has_whole(parts) || need(parts) <= parts->tuning.set) return ML_OK;
  return parts__fail_fit(parts, parts->survey.id.data, &id,
                         (parts_origin){parts->csv->file, record->line}, err);
}

/* Is it time to hand out what is whole? */
static bool is_enough(const ml_parts *parts, const series_told *before) {
  if (!has_whole(parts)) return false;
  if (memcmp(before, &parts->survey.told, sizeof *before) != 0) return true;
  return parts->n_complete >= parts->tuning.text || need(parts) > parts->tuning.set;
}

/* Collect until there is a part. @param[out] is_end  no more will come */
static ml_status collect(ml_parts *parts, bool *is_end, ml_error *err) {
  csv_record record;
  for (;;) {
    const series_told before = parts->told = parts->survey.told;
    bool begins;
    if (has_whole(parts) && parts__stream_waits(parts)) return ML_OK;
    ml_status status = csv__peek_record(parts->csv, SIZE_MAX, &parts->fields, &record, err);
    if (status != ML_OK) return status;
    *is_end = record.n == 0;
    if (*is_end) return ML_OK;
    status = parts__look(&parts->survey, parts->csv, &record, &parts->fields, &begins, err);
    if (status == ML_OK && begins && !parts->has_begun) status = begin_id(parts, &record, err);
    parts->has_begun |= begins;
    if (status == ML_OK && is_enough(parts, &before)) return ML_OK;
    if (status == ML_OK && !parts->survey.is_ours)
      csv__pass_record(parts->csv, &record);
    else if (status == ML_OK)
      status = take_record(parts, &record, err);
    parts->has_begun = false;
    if (status == ML_OK) status = check_fit(parts, &record, err);
    if (status != ML_OK) return status;
  }
}

/* ---- reading ---- */

static void place_error(const ml_parts *parts, ml_error *err) {
  if (!err || err->line <= parts->head_lines || parts->n_places == 0) return;
  size_t i = parts->n_places - 1;
  while (i > 0 && parts->places[i].line > err->line) i--;
  const parts_place *place = &parts->places[i];
  const ml_error in_text = *err;
  ml_error_at(err, in_text.status, parts->paths[place->origin.file],
              place->origin.line + (in_text.line - place->line), in_text.column, "%s",
              in_text.message);
}

static ml_status read_text(ml_parts *parts, size_t n, ml_series_set **set, ml_error *err) {
  const ml_csv_opts opts = {.delimiter = parts->series.delimiter};
  ml_series_opts series = parts->series;
  ml_csv *csv;
  ml_status status = ml_csv_open_bytes(parts->text.data, n, parts->paths[0], &opts, &csv, err);
  if (status != ML_OK) return status;
  parts->series.watch = NULL; /* bytes of a part say nothing of how far it is */
  status = parts__read(parts, csv, SIZE_MAX, set, err);
  parts->series = series;
  if (status != ML_OK) place_error(parts, err);
  ml_csv_close(csv);
  return status;
}

/* What was not whole is the beginning of the next part. */
static void keep_rest(ml_parts *parts) {
  const size_t n_head = parts->head.n, n_rest = parts->text.n - parts->n_complete;
  char *text = parts->text.data;
  size_t i = parts->n_places;
  const size_t lines = csv__count_lines(parts->csv, text + n_head, text + parts->n_complete);
  while (i > 0 && parts->places[i - 1].line > parts->head_lines + 1 + lines) i--;
  if (i > 0) i--;
  memmove(parts->places, parts->places + i, (parts->n_places - i) * sizeof *parts->places);
  parts->n_places -= i;
  for (size_t k = 0; k < parts->n_places; k++) {
    parts_place *place = &parts->places[k];
    const size_t first = parts->head_lines + 1 + lines;
    if (place->line < first) {
      place->origin.line += first - place->line;
      place->line = first;
    }
    place->line -= lines;
  }
  memmove(text + n_head, text + parts->n_complete, n_rest);
  parts->text.n = n_head + n_rest;
  parts->text_lines -= lines;
  parts->size =
      (parts_size){parts->size.rows - parts->complete.rows, parts->size.ids - parts->complete.ids,
                   parts->size.id_bytes - parts->complete.id_bytes, parts->id_longest};
  parts->complete = (parts_size){0};
  parts->n_complete = 0;
}

ml_status parts__next_of_stream(ml_parts *parts, ml_series_set **set, ml_error *err) {
  bool is_end = false;
  ml_status status = collect(parts, &is_end, err);
  if (status != ML_OK) return status;
  if (is_end) { /* so is the last id */
    parts->n_complete = parts->text.n;
    parts->complete = parts->size;
    parts->is_done = true;
    if (!has_whole(parts)) return ML_OK;
  }
  status = read_text(parts, parts->n_complete, set, err);
  if (status == ML_OK) keep_rest(parts);
  return status;
}

bool parts__stream_waits(const ml_parts *parts) {
  const ml_csv *csv = parts->csv;
  csv_record unused;
  ml_parts *mutable = (ml_parts *)(uintptr_t)parts; /* room for a record that is looked at */
  if (csv->at_end || csv__has_record(parts->csv, &mutable->fields, &unused)) return false;
  return ml_input_waits_for(csv->source) >= 0;
}

int parts__stream_waits_for(const ml_parts *parts) {
  return !has_whole(parts) && parts__stream_waits(parts) ? ml_input_waits_for(parts->csv->source)
                                                         : -1;
}
