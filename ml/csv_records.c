/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records one by one, as they stand, from a file that is still being written. */
#include <string.h>

#include <ml/csv_internal.h>

/* The cell of a column in a line without quotes. */
static const char *find_cell(const ml_csv *csv, const char *p, const char *end, size_t column,
                             size_t *n) {
  while (column > 0 && (p = memchr(p, csv->delimiter, (size_t)(end - p)))) p++, column--;
  if (!p) return NULL;
  const char *stop = memchr(p, csv->delimiter, (size_t)(end - p));
  *n = (size_t)((stop ? stop : end) - p);
  return p;
}

const char *csv__record_cell(const ml_csv *csv, const csv_record *record, size_t column,
                             const csv_fields *fields, size_t *n) {
  if (record->is_plain) {
    const char *end = record->bytes + record->n - 1;
    if (end > record->text && end[-1] == '\r') end--;
    return find_cell(csv, record->text, end, column, n);
  }
  if (column >= fields->n) return NULL;
  const char *cell = fields->text.data + fields->starts[column];
  *n = strlen(cell);
  return cell;
}

/* Has the window neither quotes nor \r? That is asked once. */
static bool is_simple(ml_csv *csv, const char *p, const char *end) {
  if (csv->lines == CSV_LINES_UNKNOWN) {
    const size_t n = (size_t)(end - p);
    csv->lines = memchr(p, '"', n) || memchr(p, '\r', n) ? CSV_LINES_MIXED : CSV_LINES_SIMPLE;
  }
  return csv->lines == CSV_LINES_SIMPLE;
}

/* A line that begins with a cell and has neither quotes nor line ends of another kind: what most
 * are. @return what follows, or NULL when it is none */
static const char *take_line(const char *p, const char *end, bool is_simple_line, csv_record *out) {
  const char *stop = memchr(p, '\n', (size_t)(end - p));
  if (!stop || (unsigned char)*p <= ' ') return NULL;
  const char *last = stop > p && stop[-1] == '\r' ? stop - 1 : stop;
  if (!is_simple_line &&
      (memchr(p, '"', (size_t)(stop - p)) || memchr(p, '\r', (size_t)(last - p))))
    return NULL;
  out->text = p;
  out->n_lines = 1;
  out->is_plain = true;
  return stop + 1;
}

/* Any record, with the blank lines in front of it. @return what follows; NULL with csv->trouble */
static const char *take_any(ml_csv *csv, const char *p, const char *end, csv_fields *fields,
                            csv_record *out) {
  const char *next;
  while ((next = csv__skip_blank_line(csv, p, end)) != p) {
    if (!next || next == end) return NULL;
    p = next;
  }
  next = csv__split(csv, p, end, fields);
  if (!next) return NULL;
  out->text = p;
  out->n_lines = csv__count_lines(csv, out->bytes, next);
  out->line += csv__count_lines(csv, out->bytes, p);
  return next;
}

static const char *take(ml_csv *csv, const char *p, const char *end, csv_fields *fields,
                        bool is_window, csv_record *out) {
  csv->trouble = (csv_trouble){0};
  const bool is_simple_line = is_window && p < end && is_simple(csv, p, end);
  const char *next = p < end ? take_line(p, end, is_simple_line, out) : NULL;
  if (!next && p < end) next = take_any(csv, p, end, fields, out);
  if (next) out->n = (size_t)(next - p);
  return next;
}

bool csv__take_record(ml_csv *csv, const char *bytes, size_t n, csv_fields *fields,
                      csv_record *out) {
  *out = (csv_record){.bytes = bytes};
  return take(csv, bytes, bytes + n, fields, false, out) == bytes + n;
}

bool csv__has_record(ml_csv *csv, csv_fields *fields, csv_record *out) {
  const char *p = csv->window + csv->at, *end = csv->window + csv->n;
  *out = (csv_record){.bytes = p, .line = csv->line};
  return take(csv, p, end, fields, true, out) != NULL;
}

/* Blank lines and nothing else? */
static bool is_blank(ml_csv *csv, const char *p, const char *end) {
  const char *next;
  while (p < end && (next = csv__skip_blank_line(csv, p, end)) && next != p) p = next;
  return p == end;
}

ml_status csv__peek_record(ml_csv *csv, size_t column, csv_fields *fields, csv_record *out,
                           ml_error *err) {
  for (;;) {
    const char *p = csv->window + csv->at, *end = csv->window + csv->n;
    *out = (csv_record){.bytes = p, .line = csv->line};
    if (take(csv, p, end, fields, true, out)) {
      if (column != SIZE_MAX) out->cell = csv__record_cell(csv, out, column, fields, &out->n_cell);
      if (out->cell) out->n_cell = csv__trim(&out->cell, out->n_cell);
      return ML_OK;
    }
    if (fields->text.failed) return ml_error_memory(err);
    if (csv->trouble.what) return csv__fail_trouble(csv, err);
    bool is_there = !csv->at_end;
    if (csv->at_end && !is_blank(csv, p, end)) return csv__fail_trouble(csv, err);
    ml_status status = csv->at_end ? csv__next_file(csv, &is_there, err) : csv__fill(csv, err);
    if (status != ML_OK || !is_there) return status;
  }
}

void csv__pass_record(ml_csv *csv, const csv_record *record) {
  csv->line += record->n_lines;
  csv->at += record->n;
}
