/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of a CSV file into typed columns: one pass, cell by cell, without a copy of the text. */
#include <assert.h>
#include <endian.h>
#include <malloc.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/iso8601.h>
#include <ml/labels.h>
#include <ml/number.h>
#include <ml/number_internal.h>

/* What is done with the cells of a column of the file. */
typedef enum action {
  SKIP,
  EMPTY, /* checked to be empty */
  NUMBER,
  PROBABILITY,
  LABEL,
  UNDECIDED, /* a time, before the first row */
  DATE
} action;

typedef struct reader_column {
  action action;
  bool finite;
  bool is_time;
  bool has_point; /* a time that has a point or an exponent */
  const ml_csv_want *want;
  union {
    double *number;
    int64_t *time;
    uint32_t *label;
    void *cells;
  };
  labels labels;
  const char *last; /* the label of the row before: rows of one id mostly come together */
  size_t n_last;    /* 0: there is none, or it was quoted and may hold what ends a cell */
  uint32_t last_code;
  size_t row_mask; /* of the rows that have a cell: all, or none but one when runs are kept */
} reader_column;

typedef struct reader {
  ml_csv *csv;
  reader_column *columns;    /* one for each column of the file */
  reader_column *run_column; /* that is kept as runs; NULL: none */
  size_t n_columns, n_rows, capacity;
  size_t record_lines; /* line ends inside the quotes of the current record */
  ml_buf scratch;
  ml_status status;
  ml_error *err;
} reader;

static size_t cell_size(const reader_column *c) {
  return c->action == LABEL ? sizeof(uint32_t) : sizeof(double);
}

static bool make_room(reader_column *c, size_t capacity) {
  void *cells = reallocarray(c->cells, capacity, cell_size(c));
  if (cells) c->cells = cells;
  return cells != NULL;
}

/* Memory of columns that were freed, or moved, stays with the process while others lie behind it.
 */
void csv__give_back(size_t j, size_t n_columns, size_t n_rows) {
  enum { MANY_CELLS = 1 << 20, TIMES = 16 };
  if (n_columns * n_rows > MANY_CELLS && j % (n_columns / TIMES + 1) == 0) (void)malloc_trim(0);
}

static bool set_capacity(reader *r, size_t capacity) {
  for (size_t j = 0; j < r->n_columns; j++) {
    reader_column *c = &r->columns[j];
    if (c->action > EMPTY && c != r->run_column && !make_room(c, capacity)) return false;
    csv__give_back(j, r->n_columns, capacity);
  }
  r->capacity = capacity;
  return true;
}

/* ---- labels as runs ---- */

/* Fewer runs than this are not worth a thought, and one run takes the memory of two labels. */
enum { FEW_RUNS = 4096, ROWS_PER_RUN = 4 };

/* The runs are too short: from now on each row has its label. */
static bool leave_runs(reader *r) {
  reader_column *c = r->run_column;
  ml_csv *csv = r->csv;
  uint32_t last = c->label[0];
  if (!make_room(c, r->capacity)) return false;
  for (size_t k = 0, i = 0; k < csv->n_runs; k++)
    for (size_t end = i + csv->runs[k].n; i < end; i++) c->label[i] = csv->runs[k].code;
  c->label[r->n_rows] = last;
  c->row_mask = SIZE_MAX;
  r->run_column = NULL;
  free(csv->runs);
  csv->runs = NULL;
  csv->n_runs = csv->runs_capacity = 0;
  return true;
}

/* The label of a row that is complete. */
static bool note_run(reader *r) {
  ml_csv *csv = r->csv;
  uint32_t code = r->run_column->label[0];
  csv_run *last = csv->n_runs ? &csv->runs[csv->n_runs - 1] : NULL;
  if (last && last->code == code && last->n < UINT32_MAX) return last->n++, true;
  if (csv->n_runs > FEW_RUNS && csv->n_runs > r->n_rows / ROWS_PER_RUN) return leave_runs(r);
  if (csv->n_runs == csv->runs_capacity) {
    size_t capacity = csv->runs_capacity ? 2 * csv->runs_capacity : 64;
    csv_run *runs = reallocarray(csv->runs, capacity, sizeof *runs);
    if (!runs) return false;
    csv->runs = runs;
    csv->runs_capacity = capacity;
  }
  csv->runs[csv->n_runs++] = (csv_run){code, 1};
  return true;
}

/* ---- one cell, the general way: at is where it starts, text what it says ---- */

typedef ml_status convert(reader *, reader_column *, const char *at, const char *text, size_t n);

static ml_status to_nothing(reader *r, reader_column *c, const char *at, const char *text,
                            size_t n) {
  (void)r, (void)c, (void)at, (void)text, (void)n;
  return ML_OK;
}

static ml_status to_empty(reader *r, reader_column *c, const char *at, const char *text, size_t n) {
  char shown[CSV_QUOTE_MAX];
  (void)c;
  n = csv__trim(&text, n);
  if (n == 0) return ML_OK;
  return csv__fail(r->csv, at, r->err, "\"%s\" is in a column without a name",
                   csv__quote(text, n, shown));
}

static const char *hint_for(const reader_column *c, const char *text, size_t n) {
  int64_t unused;
  n = csv__trim(&text, n);
  bool is_date = c->want->date_hint && !iso8601__parse(text, n, &unused);
  return is_date ? c->want->date_hint : c->want->hint;
}

static void note_point(reader_column *c, const char *text, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (text[i] == '.' || (text[i] | 32) == 'e') c->has_point = true;
}

static ml_status to_number(reader *r, reader_column *c, const char *at, const char *text,
                           size_t n) {
  csv_number_kind kind = csv__number(text, n, &c->number[r->n_rows]);
  bool accepted = kind == CSV_NUMBER || (!c->finite && kind != CSV_NO_NUMBER) ||
                  (kind == CSV_TOO_LARGE && !c->is_time && !c->want->is_known) ||
                  (kind == CSV_MISSING && c->want->takes_missing) ||
                  (kind == CSV_INFINITE && c->want->takes_infinite);
  if (c->is_time) note_point(c, text, n);
  if (accepted) return ML_OK;
  if (c->want->takes_booleans && csv__boolean(text, n, &c->number[r->n_rows])) return ML_OK;
  const char *expected = c->is_time ? "a number, as in the first row" : "a number";
  return csv__fail_number(r->csv, at, kind, text, n, expected, hint_for(c, text, n), r->err);
}

static ml_status to_probability(reader *r, reader_column *c, const char *at, const char *text,
                                size_t n) {
  char shown[CSV_QUOTE_MAX];
  ml_status status = to_number(r, c, at, text, n);
  double p = c->number[r->n_rows];
  if (status != ML_OK || (p >= 0 && p <= 1)) return status;
  n = csv__trim(&text, n);
  return csv__fail(r->csv, at, r->err, "probability \"%s\" is not between 0 and 1",
                   csv__quote(text, n, shown));
}

/* A label is looked at when it is new. */
static bool is_missing_label(const reader_column *c, const char *text, size_t n) {
  n = csv__trim(&text, n);
  return c->want->is_known && csv__is_missing_text(text, n);
}

static ml_status to_label(reader *r, reader_column *c, const char *at, const char *text, size_t n) {
  if (n == 0 && c->finite)
    return csv__fail(r->csv, at, r->err, "column \"%s\" is empty here",
                     ml_csv_column(r->csv, c->want->column));
  size_t n_before = c->labels.n;
  uint32_t code = labels__put(&c->labels, text, n);
  if (code == LABELS_FULL) return ml_error_memory(r->err);
  if (c->labels.n > n_before && csv__bad_utf8(text, n))
    return csv__fail(r->csv, at, r->err,
                     "text that is not UTF-8; convert the file, for example: iconv -f "
                     "WINDOWS-1252 -t UTF-8");
  if (c->labels.n > n_before && is_missing_label(c, text, n))
    return csv__fail_number(r->csv, at, CSV_MISSING, text, n, "", NULL, r->err);
  c->label[r->n_rows & c->row_mask] = c->last_code = code;
  c->last = labels__text(&c->labels, code);
  c->n_last = *at == '"' ? 0 : n;
  return ML_OK;
}

static ml_status to_date(reader *r, reader_column *c, const char *at, const char *text, size_t n) {
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
static ml_status to_time(reader *r, reader_column *c, const char *at, const char *text, size_t n) {
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
    [SKIP] = to_nothing,  [EMPTY] = to_empty,
    [NUMBER] = to_number, [PROBABILITY] = to_probability,
    [LABEL] = to_label,   [UNDECIDED] = to_time,
    [DATE] = to_date,
};

/* @return the delimiter or line end behind the cell; NULL with r->status or csv->trouble set */
static const char *general_cell(reader *r, reader_column *c, const char *p, const char *end) {
  csv_cell cell;
  const char *stop = csv__cell(r->csv, p, end, &cell);
  if (!stop) return NULL;
  if (cell.quoted) r->record_lines += csv__count_lines(cell.text, cell.text + cell.n);
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

/* ---- one record ---- */

static inline bool ends_cell(char delimiter, char c) {
  return c == delimiter || csv__is_line_end(c);
}

/* The window has CSV_SLACK zeros behind its end, a label has room for them too: so whole words can
 * be read where memcmp() would cost more than the rest of the row, and the end of the window ends
 * no cell. */
static inline bool is_last_label(const reader_column *c, const char *p) {
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

/* The same as general_cell(), with a short cut for what most cells are: a plain number with nothing
 * around it, the label of the row before. */
static inline const char *read_cell(reader *r, reader_column *c, char delimiter, const char *p,
                                    const char *end) {
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
      if (c->is_time && !c->has_point) note_point(c, p, (size_t)(stop - p));
      return stop;
    }
  } else if (c->action == LABEL && (size_t)(end - p) > c->n_last && is_last_label(c, p) &&
             ends_cell(delimiter, p[c->n_last])) {
    c->label[r->n_rows & c->row_mask] = c->last_code;
    return p + c->n_last;
  }
  return general_cell(r, c, p, end);
}

/* Error for a record of the wrong length, once it is known to be complete. p is the delimiter of
 * the first cell too many, or the line end that came too early. */
static const char *fail_ragged(reader *r, size_t n_fields, const char *p, const char *end) {
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
static const char *read_record(reader *r, const char *p, const char *end) {
  const char delimiter = r->csv->delimiter;
  const size_t last = r->n_columns - 1;
  reader_column *columns = r->columns;
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

static bool count_row(reader *r, const char *p, const char *next) {
  if (r->csv->on_record && !r->csv->on_record(r->csv->on_record_ctx, p, next)) return false;
  if (r->csv->keep_lines && !csv__note_jump(r->csv, r->n_rows, r->csv->line)) return false;
  if (r->run_column && !note_run(r)) return false;
  r->n_rows++;
  r->csv->line += 1 + r->record_lines;
  return r->n_rows < r->capacity || set_capacity(r, r->capacity + r->capacity / 2);
}

/* All records that are complete in the window. */
static ml_status read_window(reader *r) {
  ml_csv *csv = r->csv;
  const char *p = csv->window + csv->at, *end = csv->window + csv->n;
  while (p < end) {
    const char *next;
    if ((unsigned char)*p <= ' ' && (next = csv__skip_blank_line(csv, p, end)) != p)
      csv->line += next != NULL;
    else if ((next = read_record(r, p, end)) && !count_row(r, p, next))
      return ml_error_memory(r->err);
    if (!next) break;
    p = next;
    csv->at = (size_t)(p - csv->window);
  }
  if (r->status != ML_OK) return r->status;
  if (p < end && (csv->trouble.what || csv->at_end)) return csv__fail_trouble(csv, r->err);
  return ML_OK;
}

static ml_status read_all(reader *r) {
  for (;;) {
    ml_status status = read_window(r);
    if (status != ML_OK) return status;
    if (r->csv->at_end) return ML_OK;
    status = csv__fill(r->csv, r->err);
    if (status != ML_OK) return status;
  }
}

/* ---- the whole ---- */

static const char no_label[LABELS_SLACK];

static ml_status plan(reader *r, const ml_csv_want *want, size_t n_want) {
  static const action actions[] = {[ML_NUMBER] = NUMBER, [ML_TIME] = UNDECIDED, [ML_LABEL] = LABEL};
  r->n_columns = ml_csv_n_columns(r->csv);
  r->columns = calloc(r->n_columns, sizeof *r->columns);
  if (!r->columns) return ml_error_memory(r->err);
  if (r->csv->empty_column < r->n_columns) r->columns[r->csv->empty_column].action = EMPTY;
  for (size_t k = 0; k < n_want; k++) {
    assert(want[k].column < r->n_columns);
    reader_column *c = &r->columns[want[k].column];
    assert(!c->want);
    c->action = actions[want[k].type];
    c->is_time = want[k].type == ML_TIME;
    c->finite = want[k].finite || want[k].is_probability || c->is_time;
    if (want[k].is_probability) c->action = PROBABILITY;
    c->want = &want[k];
    c->last = no_label;
    c->row_mask = SIZE_MAX;
  }
  if (r->csv->run_column < r->n_columns) {
    r->run_column = &r->columns[r->csv->run_column];
    r->run_column->row_mask = 0;
    if (!make_room(r->run_column, 1)) return ml_error_memory(r->err);
  }
  /* 4096 rows are one page of labels and two of numbers. */
  return set_capacity(r, 4096) ? ML_OK : ml_error_memory(r->err);
}

static bool hand_over(reader *r, reader_column *from, ml_column *to) {
  to->name = strdup(ml_csv_column(r->csv, from->want->column));
  if (!to->name) return false;
  to->type = from->action == DATE ? ML_TIME : from->action == LABEL ? ML_LABEL : ML_NUMBER;
  to->is_whole = from->is_time && from->action == NUMBER && !from->has_point;
  to->n_labels = from->labels.n;
  if (to->type == ML_LABEL && !labels__take(&from->labels, &to->labels, &to->label_text))
    return false;
  if (from == r->run_column) return true; /* its labels are in the runs */
  to->number = from->number;
  from->cells = NULL;
  return true;
}

static ml_status make_table(reader *r, const ml_csv_want *want, size_t n_want, ml_table **out) {
  ml_table *table = calloc(1, sizeof *table);
  if (!table) return ml_error_memory(r->err);
  table->columns = calloc(n_want ? n_want : 1, sizeof *table->columns);
  table->source = strdup(r->csv->name);
  bool ok = table->columns && table->source && set_capacity(r, r->n_rows ? r->n_rows : 1);
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
  reader r = {.csv = csv, .err = err};
  csv->was_read = true;
  ml_status status = plan(&r, want, n_want);
  if (status == ML_OK) status = read_all(&r);
  if (status == ML_OK) status = make_table(&r, want, n_want, out);
  for (size_t j = 0; r.columns && j < r.n_columns; j++) {
    free(r.columns[j].cells);
    labels__release(&r.columns[j].labels);
  }
  free(r.columns);
  ml_buf_release(&r.scratch);
  return status;
}
