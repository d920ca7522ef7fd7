/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at the records of a file before they are read: whether the rows of each id follow one
 * another, and all that a part must know of the whole.
 */
#include <stdlib.h>
#include <string.h>

#include <ml/parts_internal.h>

/* ---- one record ---- */

static bool is_ours(const parts_survey *s, const char *id) {
  return s->n_shards == 0 || ml_shard_of(id, s->n_shards) == s->shard;
}

void parts__survey_begin(parts_survey *s, const series_roles *roles, const ml_series_opts *opts) {
  *s = (parts_survey){.id_column = roles->id, .kind_column = roles->kind};
  s->time_column = opts->window ? roles->sort : SIZE_MAX;
  s->n_shards = opts->n_shards;
  s->shard = opts->shard;
  s->is_ours = is_ours(s, "0"); /* of a file without ids */
  s->told.is_part = true;
  s->told.time_type = ML_LABEL;
  s->seed = parts__seed();
}

void parts__survey_release(parts_survey *s) {
  ml_buf_release(&s->id);
  ml_buf_release(&s->kind);
  labels__release(&s->kinds);
  free(s->tallies);
}

static ml_status make_tallies(parts_survey *s, ml_error *err) {
  if (s->kind_code < s->n_tallies) return ML_OK;
  const size_t n = 2 * (size_t)s->kind_code + 1;
  parts_tally *tallies = reallocarray(s->tallies, n, sizeof *tallies);
  if (!tallies) return ml_error_memory(err);
  memset(tallies + s->n_tallies, 0, (n - s->n_tallies) * sizeof *tallies);
  s->tallies = tallies;
  s->n_tallies = n;
  return ML_OK;
}

uint64_t parts__tally(parts_survey *s) {
  parts_tally *tally = &s->tallies[s->kind_code];
  if (tally->turn != s->turn) *tally = (parts_tally){.turn = s->turn};
  return ++tally->n;
}

/* Is it the text that was kept? */
static bool is_same(const ml_buf *kept, const char *text, size_t n) {
  return kept->n == n + 1 && memcmp(kept->data, text, n) == 0;
}

static void keep(ml_buf *to, const char *text, size_t n) {
  ml_buf_clear(to);
  ml_buf_put(to, text, n);
  ml_buf_put(to, "", 1);
}

/* A record without the cell is wrong, and will be said to be when it is read. */
static ml_status look_at_id(parts_survey *s, const char *cell, size_t n, bool *begins,
                            ml_error *err) {
  *begins = !s->has_id;
  if (!cell || (s->has_id && is_same(&s->id, cell, n))) return ML_OK;
  keep(&s->id, cell, n);
  s->n_texts++;
  if (s->id.failed) return ml_error_memory(err);
  const uint64_t hash = series__id_hash(s->id.data, s->seed);
  *begins |= hash != s->id_hash;
  s->has_id = true;
  s->id_hash = hash;
  series__note_forms(&s->told.ids, s->id.data);
  s->is_ours = is_ours(s, s->id.data);
  return ML_OK;
}

/* A column of numbers that is taken for the kind must not take all memory. */
static ml_status check_kinds(const parts_survey *s, const ml_csv *csv, size_t line, ml_error *err) {
  enum { ENTRY = 48 };
  if (s->kinds.n_text + ENTRY * s->kinds.n <= s->most_kinds) return ML_OK;
  return ml_error_at(err, ML_ERR_PARSE, csv->name, line, 0,
                     "%zu kinds do not fit the memory that reading may take: is \"%.60s\" the "
                     "column of the kinds?",
                     s->kinds.n, ml_csv_column(csv, s->kind_column));
}

static ml_status look_at_kind(parts_survey *s, const char *cell, size_t n, ml_error *err) {
  if (!cell || (s->has_kind && is_same(&s->kind, cell, n))) return ML_OK;
  const size_t n_before = s->kinds.n;
  s->kind_code = labels__put(&s->kinds, cell, n);
  if (s->kind_code == LABELS_FULL) return ml_error_memory(err);
  keep(&s->kind, cell, n);
  if (s->kind.failed) return ml_error_memory(err);
  s->has_kind = true;
  if (s->kinds.n > n_before) series__note_forms(&s->told.kinds, s->kind.data);
  return ML_OK;
}

static void look_at_time(parts_survey *s, const char *cell, size_t n) {
  for (size_t i = 0; cell && i < n && !s->told.times_have_points; i++)
    s->told.times_have_points = cell[i] == '.' || (cell[i] | 32) == 'e';
}

ml_status parts__look(parts_survey *s, const ml_csv *csv, const csv_record *record,
                      const csv_fields *fields, bool *begins, ml_error *err) {
  size_t n = 0;
  const char *cell;
  ml_status status = ML_OK;
  *begins = false;
  if (s->id_column != SIZE_MAX) {
    cell = csv__record_cell(csv, record, s->id_column, fields, &n);
    status = look_at_id(s, cell, n, begins, err);
  }
  if (status == ML_OK && s->kind_column != SIZE_MAX) {
    cell = csv__record_cell(csv, record, s->kind_column, fields, &n);
    status = look_at_kind(s, cell, n, err);
    if (status == ML_OK) status = check_kinds(s, csv, record->line, err);
  }
  if (s->time_column != SIZE_MAX && !s->told.times_have_points) {
    cell = csv__record_cell(csv, record, s->time_column, fields, &n);
    look_at_time(s, cell, n);
  }
  s->turn += *begins;
  return status == ML_OK ? make_tallies(s, err) : status;
}

/* ---- the whole file ---- */

/* The rows of one id that follow one another. */
enum { CLASSES = 4096 };

typedef struct surveying {
  ml_parts *parts;
  parts_seen *seen;
  parts_size all, part, run;
  ml_buf id; /* of the run */
  parts_origin origin;
  bool is_scattered;
  uint64_t *classes; /* rows of each class of series, and of the one that has most */
  uint64_t longest;
  ml_error *err;
} surveying;

static uint64_t need(const surveying *s, const parts_size *size) {
  return parts__need(&s->parts->shape, size, parts__n_kinds(&s->parts->survey));
}

static ml_status push(surveying *s) {
  ml_parts *parts = s->parts;
  if (parts->n_plan == parts->plan_capacity) {
    const size_t capacity = parts->plan_capacity ? 2 * parts->plan_capacity : 16;
    uint64_t *plan = reallocarray(parts->plan, capacity, sizeof *plan);
    if (!plan) return ml_error_memory(s->err);
    parts->plan = plan;
    parts->plan_capacity = capacity;
  }
  parts->plan[parts->n_plan++] = s->part.rows;
  s->part = (parts_size){0};
  return ML_OK;
}

/* The run is complete: it goes into the part, or begins another one. */
static ml_status end_run(surveying *s) {
  const uint64_t most = s->parts->tuning.set;
  const parts_size both = parts__sum(&s->part, &s->run);
  ml_status status = ML_OK;
  if (s->run.rows == 0) return ML_OK;
  if (!s->is_scattered && s->part.rows > 0 && need(s, &both) > most) status = push(s);
  s->part = parts__sum(&s->part, &s->run);
  s->all = parts__sum(&s->all, &s->run);
  if (status == ML_OK && need(s, &s->run) > most)
    return parts__fail_fit(s->parts, s->id.data, &s->run, s->origin, s->err);
  s->run = (parts_size){0};
  return status;
}

static ml_status begin_run(surveying *s, const csv_record *record) {
  const parts_survey *survey = &s->parts->survey;
  ml_status status = end_run(s);
  if (status != ML_OK) return status;
  if (!survey->is_ours) return ML_OK;
  const parts_news news = parts__seen_add(s->seen, survey->id_hash);
  if (news == PARTS_NO_MEMORY) return ml_error_memory(s->err);
  s->is_scattered |= news != PARTS_NEW;
  if (news != PARTS_AGAIN) s->run = (parts_size){.ids = 1, .id_bytes = survey->id.n};
  s->origin = (parts_origin){s->parts->csv->file, record->line};
  ml_buf_clear(&s->id);
  ml_buf_put(&s->id, survey->id.data, survey->id.n);
  return s->id.failed ? ml_error_memory(s->err) : ML_OK;
}

/* Scattered rows that do not fit as they are will be looked at again. */
static bool is_hopeless(const surveying *s) {
  parts_size all = parts__sum(&s->all, &s->run);
  all.longest = s->longest;
  return s->is_scattered && need(s, &all) > s->parts->tuning.set;
}

static void count_row(surveying *s) {
  parts_survey *survey = &s->parts->survey;
  const uint64_t n = parts__tally(survey);
  const uint64_t of_class = ++s->classes[parts__class(survey, CLASSES)];
  if (n > s->run.longest) s->run.longest = n;
  if (of_class > s->longest) s->longest = of_class;
  s->run.rows++;
}

static ml_status look_at_all(surveying *s, bool *is_hopeless_at) {
  ml_parts *parts = s->parts;
  csv_record record;
  for (uint64_t n = 0;; n++) {
    const uint64_t n_texts = parts->survey.n_texts;
    bool begins;
    ml_status status = csv__peek_record(parts->csv, SIZE_MAX, &parts->fields, &record, s->err);
    if (status != ML_OK || record.n == 0) return status;
    status = parts__look(&parts->survey, parts->csv, &record, &parts->fields, &begins, s->err);
    if (status == ML_OK && begins) status = begin_run(s, &record);
    if (status != ML_OK) return status;
    csv__pass_record(parts->csv, &record);
    if (!parts->survey.is_ours) continue;
    if (!begins && parts->survey.n_texts > n_texts) { /* 1.0 behind 1 */
      s->run.ids++;
      s->run.id_bytes += parts->survey.id.n;
    }
    count_row(s);
    *is_hopeless_at = s->is_scattered && n % 256 == 0 && is_hopeless(s);
    if (*is_hopeless_at) return ML_OK;
  }
}

ml_status parts__survey(ml_parts *parts, bool *is_contiguous, ml_error *err) {
  surveying s = {.parts = parts, .err = err};
  bool is_lost = false;
  s.seen = parts__seen_new(parts->tuning.seen);
  s.classes = calloc(CLASSES, sizeof *s.classes);
  ml_status status = s.seen && s.classes ? look_at_all(&s, &is_lost) : ml_error_memory(err);
  is_lost = is_lost || is_hopeless(&s);
  *is_contiguous = !is_lost;
  if (status == ML_OK && !is_lost) status = end_run(&s);
  if (status == ML_OK && !is_lost && s.is_scattered) { /* which fit as they are */
    s.part = s.all;
    parts->n_plan = 0;
  }
  if (status == ML_OK && !is_lost && s.part.rows > 0) status = push(&s);
  parts__seen_free(s.seen);
  free(s.classes);
  ml_buf_release(&s.id);
  return status;
}
