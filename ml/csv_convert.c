/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One cell of a CSV file into what its column wants, the general way. */
#include <math.h>
#include <string.h>

#include <ml/iso8601.h>

#include "csv_read_internal.h"

/* at is where the cell starts, text what it says. */
typedef ml_status convert(csv_reader *, csv_reader_column *, const char *at, const char *text,
                          size_t n);

static ml_status to_nothing(csv_reader *r, csv_reader_column *c, const char *at, const char *text,
                            size_t n) {
  (void)r, (void)c, (void)at, (void)text, (void)n;
  return ML_OK;
}

static ml_status to_empty(csv_reader *r, csv_reader_column *c, const char *at, const char *text,
                          size_t n) {
  char shown[CSV_QUOTE_MAX];
  (void)c;
  n = csv__trim(&text, n);
  if (n == 0) return ML_OK;
  return csv__fail(r->csv, at, r->err, "\"%s\" is in a column without a name",
                   csv__quote(text, n, shown));
}

static const char *hint_for(const csv_reader_column *c, const char *text, size_t n) {
  int64_t unused;
  n = csv__trim(&text, n);
  bool is_date = c->want->date_hint && !iso8601__parse(text, n, &unused);
  return is_date ? c->want->date_hint : c->want->hint;
}

static ml_status to_number(csv_reader *r, csv_reader_column *c, const char *at, const char *text,
                           size_t n) {
  csv_number_kind kind = csv__number(text, n, &c->number[r->n_rows]);
  bool accepted = kind == CSV_NUMBER || (!c->finite && kind != CSV_NO_NUMBER) ||
                  (kind == CSV_TOO_LARGE && !c->is_time && !c->want->is_known) ||
                  (kind == CSV_MISSING && c->want->takes_missing) ||
                  (kind == CSV_INFINITE && c->want->takes_infinite);
  if (c->is_time) csv__note_point(c, text, n);
  if (accepted) return ML_OK;
  if (c->want->takes_booleans && csv__boolean(text, n, &c->number[r->n_rows])) return ML_OK;
  const bool is_loose = c->in_block || c->want->column == r->csv->loose_column;
  if (kind == CSV_NO_NUMBER && is_loose && r->csv->are_texts) {
    r->csv->are_texts[c->want->column] = true; /* too late: what was read before was no text */
    return ML_OK;
  }
  const char *expected = c->is_time ? "a number, as in the first row" : "a number";
  return csv__fail_number(r->csv, at, kind, text, n, expected, hint_for(c, text, n), r->err);
}

static ml_status fail_utf8(const csv_reader *r, const char *at) {
  return csv__fail(r->csv, at, r->err,
                   "text that is not UTF-8; convert the file, for example: iconv -f "
                   "WINDOWS-1252 -t UTF-8");
}

/* Is the row left out because of this label? It is remembered where rows of its series follow. */
static bool is_left_out(csv_reader *r, csv_reader_column *c, const char *at, const char *text,
                        size_t n) {
  static const char slack[LABELS_SLACK];
  ml_buf_clear(&r->left_out);
  ml_buf_put(&r->left_out, text, n);
  ml_buf_put(&r->left_out, slack, sizeof slack);
  if (r->left_out.failed || r->csv->takes(r->csv->takes_ctx, r->left_out.data)) return false;
  c->last_code = LABELS_FULL;
  c->last = r->left_out.data;
  c->n_last = *at == '"' ? 0 : n;
  return true;
}

/* A label is looked at when it is new. */
static bool is_missing_label(const csv_reader_column *c, const char *text, size_t n) {
  n = csv__trim(&text, n);
  return c->want->is_known && csv__is_missing_text(text, n);
}

static ml_status to_label(csv_reader *r, csv_reader_column *c, const char *at, const char *text,
                          size_t n) {
  if (n == 0 && c->finite)
    return csv__fail(r->csv, at, r->err, "column \"%s\" is empty here",
                     ml_csv_column(r->csv, c->want->column));
  if (c == r->choice && is_left_out(r, c, at, text, n))
    return csv__bad_utf8(text, n) ? fail_utf8(r, at) : ML_OK;
  if (r->left_out.failed) return ml_error_memory(r->err);
  size_t n_before = c->labels.n;
  uint32_t code = labels__put(&c->labels, text, n);
  if (code == LABELS_FULL) return ml_error_memory(r->err);
  if (c->labels.n > n_before && csv__bad_utf8(text, n)) return fail_utf8(r, at);
  if (c->labels.n > n_before && is_missing_label(c, text, n))
    return csv__fail_number(r->csv, at, CSV_MISSING, text, n, "", NULL, r->err);
  c->label[r->n_rows & c->row_mask] = c->last_code = code;
  c->last = labels__text(&c->labels, code);
  c->n_last = *at == '"' ? 0 : n;
  return ML_OK;
}

static ml_status to_category(csv_reader *r, csv_reader_column *c, const char *at, const char *text,
                             size_t n) {
  const size_t n_before = c->labels.n;
  n = csv__trim(&text, n);
  c->number[r->n_rows] = NAN;
  if (csv__is_missing_text(text, n)) return ML_OK;
  const uint32_t code = labels__put(&c->labels, text, n);
  if (code == LABELS_FULL) return ml_error_memory(r->err);
  if (c->labels.n > n_before && csv__bad_utf8(text, n)) return fail_utf8(r, at);
  c->number[r->n_rows] = code;
  return ML_OK;
}

static ml_status to_date(csv_reader *r, csv_reader_column *c, const char *at, const char *text,
                         size_t n) {
  char shown[CSV_QUOTE_MAX];
  double unused;
  n = csv__trim(&text, n);
  const char *why = iso8601__parse(text, n, &c->time[r->n_rows]);
  if (!why) return ML_OK;
  csv_number_kind kind = csv__number(text, n, &unused);
  if (kind == CSV_MISSING) return csv__fail_number(r->csv, at, kind, text, n, "", NULL, r->err);
  csv__quote(text, n, shown);
  if (kind == CSV_NUMBER)
    return csv__fail(r->csv, at, r->err, "expected a date, as in the first row, found \"%s\"",
                     shown);
  return csv__fail(r->csv, at, r->err, "expected an ISO 8601 date, found \"%s\": %s", shown, why);
}

/* What starts like a date is one, perhaps a wrong one. */
static ml_status to_time(csv_reader *r, csv_reader_column *c, const char *at, const char *text,
                         size_t n) {
  double unused;
  csv_number_kind kind = csv__number(text, n, &unused);
  n = csv__trim(&text, n);
  if (kind == CSV_NO_NUMBER && !(n > 4 && text[4] == '-'))
    return csv__fail_number(r->csv, at, kind, text, n, "a number or an ISO 8601 date", NULL,
                            r->err);
  c->action = kind == CSV_NO_NUMBER ? DATE : NUMBER;
  return c->action == DATE ? to_date(r, c, at, text, n) : to_number(r, c, at, text, n);
}

static convert *const converts[] = {
    [SKIP] = to_nothing, [EMPTY] = to_empty,    [NUMBER] = to_number, [CATEGORY] = to_category,
    [LABEL] = to_label,  [UNDECIDED] = to_time, [DATE] = to_date,
};

const char *csv__read_cell(csv_reader *r, csv_reader_column *c, const char *p, const char *end) {
  csv_cell cell;
  const char *stop = csv__cell(r->csv, p, end, &cell);
  if (!stop) return NULL;
  if (cell.quoted && !csv__is_made(r->csv))
    r->record_lines += csv__count_lines(r->csv, cell.text, cell.text + cell.n);
  if (cell.doubled) {
    ml_buf_clear(&r->scratch);
    csv__unquote(&cell, &r->scratch);
    if (r->scratch.failed) {
      r->status = ml_error_memory(r->err);
      return NULL;
    }
    cell.text = r->scratch.data;
    cell.n = r->scratch.n;
  }
  r->status = converts[c->action](r, c, p, cell.text, cell.n);
  return r->status == ML_OK ? stop : NULL;
}
