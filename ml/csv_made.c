/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files of other kinds, of which the text of a CSV file is made, so that all that reads CSV reads
 * them. */
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/json_lines.h>

/* ---- making text ---- */

static bool needs_quotes(const char *text, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (text[i] == '"' || text[i] == CSV_UNIT || csv__is_line_end(text[i])) return true;
  return false;
}

void csv__put_made(ml_buf *out, const char *text, size_t n) {
  if (!needs_quotes(text, n)) {
    ml_buf_put(out, text, n);
    return;
  }
  char *to = ml_buf_reserve(out, 2 * n + 2);
  if (!to) return;
  *to++ = '"';
  for (size_t i = 0; i < n; i++) {
    if (text[i] == '"') *to++ = '"';
    *to++ = text[i];
  }
  *to++ = '"';
  out->n = (size_t)(to - out->data);
}

static bool is_blank_text(const char *text, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (text[i] != ' ' && text[i] != '\t') return false;
  return true;
}

void csv__end_made(ml_buf *out, size_t start) {
  if (out->failed) return;
  const char *record = out->data + start;
  const size_t n = out->n - start;
  /* One cell of blanks would be a blank line. */
  if (is_blank_text(record, n)) {
    char *to = ml_buf_reserve(out, 2);
    if (!to) return;
    memmove(out->data + start + 1, out->data + start, n);
    out->data[start] = '"';
    out->data[start + 1 + n] = '"';
    out->n += 2;
  }
  ml_buf_put(out, "\n", 1);
}

/* ---- recognising ---- */

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || csv__is_line_end(c);
}

/* Where the text begins; csv->n: nowhere in the window. */
static size_t first_byte(const ml_csv *csv) {
  size_t at = csv->n >= 3 && memcmp(csv->window, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
  while (at < csv->n && is_blank(csv->window[at])) at++;
  return at;
}

static bool ends_in(const char *text, const char *end) {
  const size_t n = strlen(text), m = strlen(end);
  return n >= m && strcmp(text + n - m, end) == 0;
}

static bool is_called_json_lines(const char *name) {
  static const char *const ends[] = {".jsonl",  ".jsonl.gz",  ".jsonl.zst",
                                     ".ndjson", ".ndjson.gz", ".ndjson.zst"};
  for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
    if (ends_in(name, ends[i])) return true;
  return false;
}

/* Start anew with what the source makes. */
static ml_status take_source(ml_csv *csv, ml_input *source, ml_error *err) {
  csv->source = source;
  csv->delimiter = CSV_UNIT;
  csv->at = csv->n = csv->n_passed = 0;
  csv->at_end = false;
  return csv__fill(csv, err);
}

static ml_status read_json_lines(ml_csv *csv, ml_error *err) {
  const size_t mark = csv->n >= 3 && memcmp(csv->window, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
  const size_t n = csv->n - csv->at_end; /* without the line end that was put behind it */
  ml_input *source, *input = csv->source;
  csv->source = NULL;
  ml_status status =
      json_lines__open(input, csv->window + mark, n - mark, csv->at_end, csv->name, &source, err);
  return status == ML_OK ? take_source(csv, source, err) : status;
}

ml_status csv__recognise(ml_csv *csv, const char *path, ml_error *err) {
  (void)path;
  size_t at;
  while ((at = first_byte(csv)) == csv->n && !csv->at_end && csv->n < csv->capacity) {
    ml_status status = csv__fill(csv, err);
    if (status != ML_OK) return status;
  }
  if ((at < csv->n && csv->window[at] == '{') || (at < csv->n && is_called_json_lines(csv->name)))
    return read_json_lines(csv, err);
  return ML_OK;
}
