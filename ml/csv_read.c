/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a CSV file into typed columns: one pass, cell by cell, without a copy of the text. */
#include <assert.h>
#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/number.h>
#include <ml/number_internal.h>

#include "csv_read_internal.h"

/* ---- one record ---- */

static inline bool ends_cell(char delimiter, char c) {
  return c == delimiter || csv__is_line_end(c);
}

/* The window has CSV_SLACK zeros behind its end, a label has room for them too: so whole words can
 * be read where memcmp() would cost more than the rest of the row, and the end of the window ends
 * no cell. */
static inline bool is_last_label(const csv_reader_column *c, const char *p) {
  size_t n = c->n_last;
  if (n > 8) return memcmp(p, c->last, n) == 0;
  uint64_t a, b;
  memcpy(&a, p, sizeof a);
  memcpy(&b, c->last, sizeof b);
  return n > 0 && (htole64(a) ^ htole64(b)) << (64 - 8 * n) == 0;
}

/* Whole numbers of up to seven digits, as times mostly are. @return what follows, or NULL */
static inline const char *take_small_integer(const char *p, double *value) {
  uint64_t eight = number__eight(p);
  size_t n = number__n_digits(eight);
  if (n == 0 || n == 8) return NULL;
  *value = (double)(int64_t)number__join(eight << (64 - 8 * n));
  return p + n;
}

/* The same as csv__read_cell(), with a short cut for what most cells are: a plain number with
 * nothing around it, the label of the row before. */
static inline const char *read_cell(csv_reader *r, csv_reader_column *c, char delimiter,
                                    const char *p, const char *end) {
  const char *stop;
  double value;
  if (c->action == NUMBER) {
    if (c->is_time && (stop = take_small_integer(p, &value)) && ends_cell(delimiter, *stop)) {
      c->number[r->n_rows] = value;
      return stop;
    }
    stop = ml_number_parse(p, end, &value);
    if (stop && ends_cell(delimiter, *stop) && isfinite(value)) {
      c->number[r->n_rows] = value;
      if (c->is_time && !c->has_point) csv__note_point(c, p, (size_t)(stop - p));
      return stop;
    }
  } else if (c->action == LABEL && (size_t)(end - p) > c->n_last && is_last_label(c, p) &&
             ends_cell(delimiter, p[c->n_last])) {
    c->label[r->n_rows & c->row_mask] = c->last_code;
    return p + c->n_last;
  }
  return csv__read_cell(r, c, p, end);
}

/* Error for a record of the wrong length, once it is known to be complete. p is the delimiter of
 * the first cell too many, or the line end that came too early. */
static const char *fail_ragged(csv_reader *r, size_t n_fields, const char *p, const char *end) {
  const char *at = p + 1, *stop = p;
  for (; *stop == r->csv->delimiter; n_fields++) {
    csv_cell cell;
    stop = csv__cell(r->csv, stop + 1, end, &cell);
    if (!stop) return NULL;
  }
  if (csv__is_line_end(*p)) at = p;
  r->status = csv__fail(r->csv, at, r->err, "expected %zu field%s, found %zu", r->n_columns,
                        r->n_columns == 1 ? "" : "s", n_fields);
  return NULL;
}

/* @return the next record; NULL with r->status or csv->trouble set: what was stored is then
 * overwritten when the record is read again */
static const char *read_record(csv_reader *r, const char *p, const char *end) {
  const char delimiter = r->csv->delimiter;
  const size_t last = r->n_columns - 1;
  csv_reader_column *columns = r->columns;
  r->record_lines = 0;
  for (size_t j = 0; j < last; j++, p++) {
    p = read_cell(r, &columns[j], delimiter, p, end);
    if (!p) return NULL;
    if (*p != delimiter) return fail_ragged(r, j + 1, p, end);
  }
  p = read_cell(r, &columns[last], delimiter, p, end);
  if (!p) return NULL;
  if (*p == delimiter) return fail_ragged(r, last + 1, p, end);
  p = csv__after_line(p, end);
  if (!p) r->csv->trouble = (csv_trouble){0};
  return p;
}

static bool is_left_out(const csv_reader *r) {
  return r->choice ? r->choice->last_code == LABELS_FULL : r->csv->takes_none;
}

static bool count_row(csv_reader *r, const char *p, const char *next) {
  if (is_left_out(r)) {
    r->csv->n_left_out++;
    r->csv->line += 1 + r->record_lines;
    return true;
  }
  if (r->csv->on_record && !r->csv->on_record(r->csv->on_record_ctx, p, next)) return false;
  if (r->csv->keep_lines && !csv__note_jump(r->csv, r->n_rows, r->csv->line)) return false;
  if (r->run_column && !csv__note_run(r)) return false;
  r->n_rows++;
  r->csv->line += 1 + r->record_lines;
  return r->n_rows < r->capacity || r->n_rows == r->csv->max_rows || csv__more_rows(r);
}

/* All records that are complete in the window. */
static ml_status read_window(csv_reader *r) {
  ml_csv *csv = r->csv;
  const char *p = csv->window + csv->at, *end = csv->window + csv->n;
  while (p < end && r->n_rows < csv->max_rows) {
    const char *next;
    if ((unsigned char)*p <= ' ' && (next = csv__skip_blank_line(csv, p, end)) != p)
      csv->line += next != NULL;
    else if ((next = read_record(r, p, end)) && !count_row(r, p, next))
      return ml_error_memory(r->err);
    if (!next) break;
    p = next;
    csv->at = (size_t)(p - csv->window);
  }
  if (r->status != ML_OK || r->n_rows == csv->max_rows) return r->status;
  if (p < end && (csv->trouble.what || csv->at_end)) return csv__fail_trouble(csv, r->err);
  return ML_OK;
}

static ml_status read_all(csv_reader *r) {
  for (;;) {
    bool is_there = true;
    ml_status status = read_window(r);
    if (status != ML_OK || r->n_rows == r->csv->max_rows) return status;
    status = r->csv->at_end ? csv__next_file(r->csv, &is_there, r->err) : csv__fill(r->csv, r->err);
    if (status != ML_OK || !is_there) return status;
  }
}

/* ---- the whole ---- */

static const char no_label[LABELS_SLACK];

static ml_status plan(csv_reader *r, const ml_csv_want *want, size_t n_want) {
  static const csv_action actions[] = {[ML_NUMBER] = NUMBER, [ML_LABEL] = LABEL};
  r->n_columns = ml_csv_n_columns(r->csv);
  r->columns = calloc(r->n_columns, sizeof *r->columns);
  if (!r->columns) return ml_error_memory(r->err);
  if (r->csv->empty_column < r->n_columns) r->columns[r->csv->empty_column].action = EMPTY;
  for (size_t k = 0; k < n_want; k++) {
    assert(want[k].column < r->n_columns);
    csv_reader_column *c = &r->columns[want[k].column];
    assert(!c->want);
    c->action = want[k].type != ML_TIME          ? actions[want[k].type]
                : r->csv->time_type == ML_TIME   ? DATE
                : r->csv->time_type == ML_NUMBER ? NUMBER
                                                 : UNDECIDED;
    c->is_time = want[k].type == ML_TIME;
    c->finite = want[k].finite || c->is_time;
    c->want = &want[k];
    c->last = no_label;
    c->row_mask = SIZE_MAX;
    c->in_block = r->csv->block && k >= r->csv->block_from;
    assert(!c->in_block || c->action == NUMBER);
    if (c->in_block && r->csv->are_texts && r->csv->are_texts[want[k].column]) c->action = CATEGORY;
  }
  r->want = want;
  r->n_want = n_want;
  if (r->csv->takes && r->csv->takes_column < r->n_columns)
    r->choice = &r->columns[r->csv->takes_column];
  if (r->csv->run_column < r->n_columns) {
    r->run_column = &r->columns[r->csv->run_column];
    r->run_column->row_mask = 0;
    if (!csv__make_room(r->run_column, 1)) return ml_error_memory(r->err);
  }
  return csv__begin_rows(r) ? ML_OK : ml_error_memory(r->err);
}

static bool hand_over(csv_reader *r, csv_reader_column *from, ml_column *to) {
  to->name = strdup(ml_csv_column(r->csv, from->want->column));
  if (!to->name) return false;
  to->type = from->action == DATE                                ? ML_TIME
             : from->action == LABEL || from->action == CATEGORY ? ML_LABEL
                                                                 : ML_NUMBER;
  if (from->is_time) r->csv->time_type = to->type;
  to->is_whole = from->is_time && from->action == NUMBER && !from->has_point;
  to->n_labels = from->labels.n;
  if (to->type == ML_LABEL && !labels__take(&from->labels, &to->labels, &to->label_text))
    return false;
  if (from == r->run_column || from->in_block) return true; /* in the runs, in the block */
  to->number = from->number;
  from->cells = NULL;
  return true;
}

static ml_status make_table(csv_reader *r, const ml_csv_want *want, size_t n_want, ml_table **out) {
  ml_table *table = calloc(1, sizeof *table);
  if (!table) return ml_error_memory(r->err);
  table->columns = calloc(n_want ? n_want : 1, sizeof *table->columns);
  table->source = strdup(ml_csv_source(r->csv));
  bool ok = table->columns && table->source && csv__end_rows(r);
  table->n_columns = table->columns ? n_want : 0;
  table->n_rows = r->n_rows;
  for (size_t k = 0; ok && k < n_want; k++)
    ok = hand_over(r, &r->columns[want[k].column], &table->columns[k]);
  if (!ok) {
    ml_table_free(table);
    return ml_error_memory(r->err);
  }
  *out = table;
  return ML_OK;
}

ml_status ml_csv_read(ml_csv *csv, const ml_csv_want *want, size_t n_want, ml_table **out,
                      ml_error *err) {
  assert(csv && !csv->was_read && (want || n_want == 0) && out);
  csv_reader r = {.csv = csv, .err = err};
  csv->was_read = true;
  ml_status status = plan(&r, want, n_want);
  if (status == ML_OK) status = read_all(&r);
  if (status == ML_OK) status = make_table(&r, want, n_want, out);
  for (size_t j = 0; r.columns && j < r.n_columns; j++) {
    if (!r.columns[j].in_block) free(r.columns[j].cells);
    labels__release(&r.columns[j].labels);
  }
  free(r.columns);
  ml_buf_release(&r.scratch);
  ml_buf_release(&r.left_out);
  return status;
}
