/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records one by one, as they stand, from a file that is still being written. */
#include <string.h>

#include <ml/csv_internal.h>

/* The cell of a column in a line without quotes. */
static void find_cell(const ml_csv *csv, const char *p, const char *end, size_t column,
                      csv_record *out) {
  while (column > 0 && (p = memchr(p, csv->delimiter, (size_t)(end - p)))) p++, column--;
  out->cell = p;
  if (!p) return;
  const char *stop = memchr(p, csv->delimiter, (size_t)(end - p));
  out->n_cell = csv__trim(&out->cell, (size_t)((stop ? stop : end) - p));
}

/* A line that begins with a cell and has neither quotes nor line ends of another kind: what most
 * are. @return what follows, or NULL when it is none */
static const char *take_line(const ml_csv *csv, const char *p, const char *end, size_t column,
                             csv_record *out) {
  const char *stop = memchr(p, '\n', (size_t)(end - p));
  if (!stop || (unsigned char)*p <= ' ' || memchr(p, '"', (size_t)(stop - p))) return NULL;
  const char *last = stop > p && stop[-1] == '\r' ? stop - 1 : stop;
  if (memchr(p, '\r', (size_t)(last - p))) return NULL;
  find_cell(csv, p, last, column, out);
  return stop + 1;
}

/* Any record, with the blank lines in front of it. @return what follows; NULL with csv->trouble */
static const char *take_any(ml_csv *csv, const char *p, const char *end, size_t column,
                            csv_fields *fields, csv_record *out) {
  const char *next;
  while ((next = csv__skip_blank_line(csv, p, end)) != p) {
    if (!next || next == end) return NULL;
    p = next;
  }
  next = csv__split(csv, p, end, fields);
  if (!next) return NULL;
  out->line += csv__count_lines(csv, out->bytes, p);
  out->cell = column < fields->n ? fields->text.data + fields->starts[column] : NULL;
  if (out->cell) out->n_cell = csv__trim(&out->cell, strlen(out->cell));
  return next;
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
    csv->trouble = (csv_trouble){0};
    const char *next = p < end ? take_line(csv, p, end, column, out) : NULL;
    if (!next && p < end) next = take_any(csv, p, end, column, fields, out);
    if (next) {
      out->n = (size_t)(next - p);
      return ML_OK;
    }
    if (fields->text.failed) return ml_error_memory(err);
    if (csv->trouble.what) return csv__fail_trouble(csv, err);
    if (csv->at_end) return is_blank(csv, p, end) ? ML_OK : csv__fail_trouble(csv, err);
    ml_status status = csv__fill(csv, err);
    if (status != ML_OK) return status;
  }
}

void csv__pass_record(ml_csv *csv, const csv_record *record) {
  csv->line += csv__count_lines(csv, record->bytes, record->bytes + record->n);
  csv->at += record->n;
}
