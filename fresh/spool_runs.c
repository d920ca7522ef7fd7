/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows in a file without a name: appended, read again, and sorted where they lie. */
#include <stdlib.h>
#include <string.h>

#include <ml/temporary.h>

#include "spool.h"

enum { GATHER = 1 << 18 }; /* bytes that are written at once */

/* ---- writing ---- */

static uint64_t end_of(const spool_file *file) {
  return file->size + file->buf.n;
}

ml_status spool__flush(spool_file *file, ml_error *err) {
  if (file->buf.failed) return ml_error_memory(err);
  ml_status status = temporary__write(file->fd, file->buf.data, file->buf.n, file->size, err);
  file->size += file->buf.n;
  ml_buf_clear(&file->buf);
  return status;
}

ml_status spool__begin(spool_file *file, ml_error *err) {
  if (file->n == file->capacity) {
    const size_t capacity = file->capacity ? 2 * file->capacity : 16;
    spool_segment *segments = reallocarray(file->segments, capacity, sizeof *segments);
    if (!segments) return ml_error_memory(err);
    file->segments = segments;
    file->capacity = capacity;
  }
  file->segments[file->n++] =
      (spool_segment){.at = end_of(file), .form = file->form, .by_form = true, .by_text = true};
  return ML_OK;
}

static bool are_same(const series_forms *a, const series_forms *b) {
  return a->not_numbers == b->not_numbers && a->not_pairs == b->not_pairs &&
         a->not_first_numbers == b->not_first_numbers &&
         a->not_second_numbers == b->not_second_numbers;
}

/* The parts of what is no pair do not matter. */
static bool is_in_order(const spool_segment *segment, const series_forms *form) {
  if (form->not_numbers && form->not_pairs && segment->by_text) return true;
  const bool is_number = !form->not_numbers && !segment->form.not_numbers;
  return segment->by_form && (is_number || are_same(&segment->form, form));
}

/* Find the segment that a row with this id belongs to. */
static ml_status place_id(spool_file *file, const char *id, size_t n, ml_error *err) {
  bool by_form = false, by_text = false;
  spool_segment *last = file->n > 0 ? &file->segments[file->n - 1] : NULL;
  if (last && file->last.n > 0) {
    const char *before = file->last.data;
    const bool is_same = strcmp(before, id) == 0;
    by_form = last->by_form && is_in_order(last, &file->form) &&
              (is_same || series__compare_ids(before, id, file->form) <= 0);
    by_text = last->by_text && (is_same || strcmp(before, id) <= 0);
  }
  ml_buf_clear(&file->last);
  ml_buf_put(&file->last, id, n);
  if (file->last.failed) return ml_error_memory(err);
  if (!by_form && !by_text) return spool__begin(file, err);
  last->by_form = by_form;
  last->by_text = by_text;
  return ML_OK;
}

ml_status spool__put(spool_file *file, const spool_head *head, const char *id, const char *time,
                     const double *values, size_t n, ml_error *err) {
  ml_status status = place_id(file, id, head->n_id, err);
  if (status != ML_OK) return status;
  ml_buf_put(&file->buf, head, sizeof *head);
  ml_buf_put(&file->buf, id, head->n_id);
  ml_buf_put(&file->buf, time, head->n_time);
  ml_buf_put(&file->buf, values, n * sizeof *values);
  spool_segment *segment = &file->segments[file->n - 1];
  segment->size = end_of(file) - segment->at;
  return file->buf.n >= GATHER || file->buf.failed ? spool__flush(file, err) : ML_OK;
}

ml_status spool__copy(spool_file *file, const spool_row *row, ml_error *err) {
  ml_buf_put(&file->buf, row->bytes, row->n);
  spool_segment *segment = &file->segments[file->n - 1];
  segment->size = end_of(file) - segment->at;
  return file->buf.n >= GATHER || file->buf.failed ? spool__flush(file, err) : ML_OK;
}

void spool__release_file(spool_file *file) {
  ml_buf_release(&file->buf);
  ml_buf_release(&file->last);
  free(file->segments);
  file->segments = NULL;
  file->n = file->capacity = 0;
}

/* ---- reading ---- */

ml_status spool__read_open(spool_reader *reader, const spool_file *file, const spool_kinds *kinds,
                           size_t segment, size_t room, ml_error *err) {
  const spool_segment *s = &file->segments[segment];
  if (room < sizeof(spool_head)) room = sizeof(spool_head);
  *reader = (spool_reader){.file = file, .kinds = kinds, .at = s->at, .end = s->at + s->size};
  reader->room = room;
  return (reader->buf = malloc(room)) ? ML_OK : ml_error_memory(err);
}

void spool__read_close(spool_reader *reader) {
  free(reader->buf);
  reader->buf = NULL;
}

/* Have n bytes behind those that were read. */
static ml_status need(spool_reader *r, size_t n, ml_error *err) {
  if (r->n - r->next >= n) return ML_OK;
  memmove(r->buf, r->buf + r->next, r->n - r->next);
  r->n -= r->next;
  r->next = 0;
  if (n > r->room) {
    char *buf = realloc(r->buf, n);
    if (!buf) return ml_error_memory(err);
    r->buf = buf;
    r->room = n;
  }
  size_t some = r->room - r->n;
  if (some > r->end - r->at) some = r->end - r->at;
  ml_status status = temporary__read(r->file->fd, r->buf + r->n, some, r->at, err);
  if (status != ML_OK) return status;
  r->at += some;
  r->n += some;
  return r->n >= n ? ML_OK : ml_error_set(err, ML_ERR_IO, "a temporary file was cut short");
}

ml_status spool__read(spool_reader *r, spool_row *row, ml_error *err) {
  *row = (spool_row){0};
  if (r->next == r->n && r->at == r->end) return ML_OK;
  ml_status status = need(r, sizeof row->head, err);
  if (status != ML_OK) return status;
  memcpy(&row->head, r->buf + r->next, sizeof row->head);
  const spool_shape *shape = &r->kinds->shapes[row->head.shape];
  const size_t n_texts = (size_t)row->head.n_id + row->head.n_time;
  row->n = sizeof row->head + n_texts + shape->starts[shape->n_kinds] * sizeof(double);
  if ((status = need(r, row->n, err)) != ML_OK) return status;
  row->bytes = r->buf + r->next;
  row->id = row->bytes + sizeof row->head;
  row->time = row->id + row->head.n_id;
  row->values = row->id + n_texts;
  r->next += row->n;
  return ML_OK;
}

/* ---- sorting ---- */

/* Where a row lies, and its id among the texts of a sorter. */
typedef struct entry {
  uint64_t at;
  size_t n, id;
} entry;

typedef struct sorter {
  spool_file *file;
  ml_buf entries, texts, row;
} sorter;

static int compare_entries(const void *a, const void *b, void *context) {
  const entry *p = a, *q = b;
  const sorter *s = context;
  int order = series__compare_ids(s->texts.data + p->id, s->texts.data + q->id, s->file->form);
  return order ? order : (p->at > q->at) - (p->at < q->at); /* windows of an id are in order */
}

/* Write the rows that have gathered, as a segment. */
static ml_status put_sorted(sorter *s, ml_error *err) {
  const size_t n = s->entries.n / sizeof(entry);
  entry *entries = (entry *)(void *)s->entries.data;
  if (s->entries.failed || s->texts.failed) return ml_error_memory(err);
  if (n == 0) return ML_OK;
  qsort_r(entries, n, sizeof *entries, compare_entries, s);
  ml_status status = spool__begin(s->file, err);
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    ml_buf_clear(&s->row);
    char *to = ml_buf_reserve(&s->row, entries[i].n);
    if (!to) return ml_error_memory(err);
    status = temporary__read(s->file->fd, to, entries[i].n, entries[i].at, err);
    const spool_row row = {.bytes = to, .n = entries[i].n};
    if (status == ML_OK) status = spool__copy(s->file, &row, err);
  }
  ml_buf_clear(&s->entries);
  ml_buf_clear(&s->texts);
  return status == ML_OK ? spool__flush(s->file, err) : status;
}

static ml_status sort_segment(sorter *s, const spool_kinds *kinds, size_t segment, size_t memory,
                              ml_error *err) {
  const spool_segment whole = s->file->segments[segment];
  spool_reader reader;
  spool_row row;
  uint64_t at = whole.at;
  size_t last = 0;
  ml_status status = spool__read_open(&reader, s->file, kinds, segment, GATHER, err);
  while (status == ML_OK) {
    status = spool__read(&reader, &row, err);
    if (status != ML_OK || !row.bytes) break;
    if (s->texts.n > 0 && s->entries.n + s->texts.n >= memory &&
        strcmp(s->texts.data + last, row.id) != 0)
      status = put_sorted(s, err); /* windows of an id stay together */
    last = s->texts.n;
    const entry e = {at, row.n, last};
    at += row.n;
    ml_buf_put(&s->entries, &e, sizeof e);
    ml_buf_put(&s->texts, row.id, row.head.n_id);
  }
  spool__read_close(&reader);
  if (status == ML_OK) status = put_sorted(s, err);
  if (status == ML_OK) temporary__forget(s->file->fd, whole.at, whole.size);
  return status;
}

ml_status spool__sort(spool_file *file, const spool_kinds *kinds, size_t memory, ml_error *err) {
  sorter s = {.file = file};
  const size_t n = file->n;
  size_t n_kept = 0;
  ml_status status = ML_OK;
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    const spool_segment *segment = &file->segments[i];
    if (is_in_order(segment, &file->form))
      file->segments[n_kept++] = *segment;
    else
      status = sort_segment(&s, kinds, i, memory, err);
  }
  if (file->n > n) /* a shard without rows has none at all */
    memmove(file->segments + n_kept, file->segments + n, (file->n - n) * sizeof *file->segments);
  file->n -= n - n_kept;
  ml_buf_release(&s.entries);
  ml_buf_release(&s.texts);
  ml_buf_release(&s.row);
  return status;
}
