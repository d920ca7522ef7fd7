/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where cells and records of a CSV file begin and end. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>

#define EACH_BYTE(c) (0x0101010101010101U * (unsigned char)(c))

/* The lowest byte of x that equals that of the pattern has its high bit set in the result; bytes
 * above it may have theirs set wrongly, by the borrow. */
static inline uint64_t mark_equal(uint64_t x, uint64_t pattern) {
  x ^= pattern;
  return (x - EACH_BYTE(1)) & ~x & EACH_BYTE(0x80);
}

/* The first of four bytes in [p, end), or end. */
static inline const char *find_any(const char *p, const char *end, char a, char b, char c, char d) {
  for (; end - p >= 8; p += 8) {
    uint64_t x;
    memcpy(&x, p, sizeof x);
    x = le64toh(x);
    uint64_t marks = mark_equal(x, EACH_BYTE(a)) | mark_equal(x, EACH_BYTE(b)) |
                     mark_equal(x, EACH_BYTE(c)) | mark_equal(x, EACH_BYTE(d));
    if (marks) return p + (__builtin_ctzll(marks) >> 3);
  }
  while (p < end && *p != a && *p != b && *p != c && *p != d) p++;
  return p;
}

static size_t count_records(const char *from, const char *to) {
  size_t n = 0;
  bool is_quoted = false;
  for (const char *p = from; p < to; p++) {
    is_quoted ^= *p == '"';
    n += *p == '\n' && !is_quoted;
  }
  return n;
}

size_t csv__count_lines(const ml_csv *csv, const char *from, const char *to) {
  size_t n = 0;
  if (csv__is_made(csv)) return count_records(from, to);
  for (const char *p = from; p < to; p++)
    n += *p == '\n' || (*p == '\r' && !(p + 1 < to && p[1] == '\n'));
  return n;
}

static const char *stop_at(ml_csv *csv, const char *what, const char *at) {
  csv->trouble = (csv_trouble){what, at};
  return NULL;
}

/* p is behind the opening quote. */
static const char *quoted_cell(ml_csv *csv, const char *p, const char *end, csv_cell *cell) {
  *cell = (csv_cell){.text = p, .quoted = true};
  for (;; p += 2) {
    p = find_any(p, end, '"', 0, '"', 0);
    if (p == end || (*p == '"' && p + 1 == end)) return stop_at(csv, NULL, cell->text - 1);
    if (*p == 0) return stop_at(csv, "NUL byte", p);
    if (p[1] != '"') break;
    cell->doubled = true;
  }
  cell->n = (size_t)(p - cell->text);
  p++;
  if (*p != csv->delimiter && !csv__is_line_end(*p))
    return stop_at(
        csv, *p ? "text after the closing quote (a quote inside quotes is doubled)" : "NUL byte",
        p);
  return p;
}

const char *csv__cell(ml_csv *csv, const char *p, const char *end, csv_cell *cell) {
  if (p < end && *p == '"') return quoted_cell(csv, p + 1, end, cell);
  const char *stop = find_any(p, end, csv->delimiter, '\n', '\r', 0);
  if (stop == end) return stop_at(csv, NULL, NULL);
  if (*stop == 0) return stop_at(csv, "NUL byte", stop);
  *cell = (csv_cell){.text = p, .n = (size_t)(stop - p)};
  return stop;
}

const char *csv__skip_blank_line(ml_csv *csv, const char *p, const char *end) {
  const char *q = p;
  while (q < end && csv__is_blank(csv, *q)) q++;
  if (q < end && !csv__is_line_end(*q)) return p;
  q = q < end ? csv__after_line(q, end) : NULL;
  return q ? q : stop_at(csv, NULL, NULL);
}

void csv__unquote(const csv_cell *cell, ml_buf *to) {
  const char *p = cell->text, *end = p + cell->n, *quote;
  while (cell->doubled && (quote = memchr(p, '"', (size_t)(end - p)))) {
    ml_buf_put(to, p, (size_t)(quote + 1 - p));
    p = quote + 2;
  }
  ml_buf_put(to, p, (size_t)(end - p));
}

static void add_field(csv_fields *fields, const csv_cell *cell) {
  if (fields->n == fields->capacity) {
    size_t capacity = fields->capacity ? 2 * fields->capacity : 16;
    size_t *starts = reallocarray(fields->starts, capacity, sizeof *starts);
    if (!starts) {
      fields->text.failed = true;
      return;
    }
    fields->starts = starts;
    fields->capacity = capacity;
  }
  fields->starts[fields->n++] = fields->text.n;
  csv__unquote(cell, &fields->text);
  ml_buf_put(&fields->text, "", 1);
}

const char *csv__split(ml_csv *csv, const char *p, const char *end, csv_fields *fields) {
  ml_buf_clear(&fields->text);
  fields->n = 0;
  for (;; p++) {
    csv_cell cell;
    p = csv__cell(csv, p, end, &cell);
    if (!p) return NULL;
    add_field(fields, &cell);
    if (fields->text.failed) return stop_at(csv, NULL, NULL);
    if (*p == csv->delimiter) continue;
    const char *next = csv__after_line(p, end);
    return next ? next : stop_at(csv, NULL, NULL);
  }
}

void csv__fields_release(csv_fields *fields) {
  ml_buf_release(&fields->text);
  free(fields->starts);
  *fields = (csv_fields){0};
}
