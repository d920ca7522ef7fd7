/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of the CSV reader: a window over the bytes, cells, records, numbers. */
#ifndef ML_CSV_INTERNAL_H
#define ML_CSV_INTERNAL_H

#include <ml/buffer.h>
#include <ml/csv.h>
#include <ml/exec.h>
#include <ml/input.h>

/* ---- text that is made ---- */

/* The delimiter of text that is made of another kind of file: a record is a line of that file, or a
 * row, and the header none of it. Errors name the column where others have the byte. */
#define CSV_UNIT '\x1f'

/* Let csv->source make CSV text of what it has, when its first bytes, which are in the window, say
 * that it is something else. @param path  NULL: the bytes are in memory */
ml_status csv__recognise(ml_csv *csv, const char *path, ml_error *err);

/* Open a file, or a query. */
ml_status csv__open_source(ml_csv *csv, const char *path, ml_error *err);

/* Append a cell of such text. */
void csv__put_made(ml_buf *out, const char *text, size_t n);

/* End the record that starts at out->data + start. */
void csv__end_made(ml_buf *out, size_t start);

/* ---- the window ---- */

/* The fields of one record as text: field j is text.data + starts[j], NUL-terminated. */
typedef struct csv_fields {
  ml_buf text;
  size_t *starts;
  size_t n, capacity;
} csv_fields;

/* Why the last cell or record could not be read. Without `what`, the window ends inside it. */
typedef struct csv_trouble {
  const char *what;
  const char *at; /* the place, or the quote that is open; NULL when the record just goes on */
} csv_trouble;

typedef struct csv_jump {
  size_t row, line, file;
} csv_jump;

/* Neighbouring rows with the same label. */
typedef struct csv_run {
  uint32_t code, n;
} csv_run;

/* Columns of numbers that lie one behind another in a block when they are read. */
typedef struct csv_block {
  const ml_exec *exec; /* who will use it; NULL for serial use */
  ml_block *block;     /* the owner's; NULL at first */
  size_t n_columns;
  size_t stride; /* from one column to the next; the number of rows in the end */
} csv_block;

/* Let columns of which n_rows are filled have room for so many. They move. */
ml_status csv__block_resize(csv_block *b, size_t n_rows, size_t n_room, ml_error *err);

/* Close the gaps between the columns, and cut off what is behind them. */
ml_status csv__block_settle(csv_block *b, size_t n_rows, ml_error *err);

/* Open what stands for a file of several. @param[out] out  not written: the file itself is opened
 */
typedef ml_status csv_opener(void *ctx, size_t file, const ml_watch *watch, ml_input **out,
                             ml_error *err);

typedef struct csv_files {
  const char *const *paths; /* n, borrowed */
  size_t n;
  csv_opener *open; /* NULL: nothing stands for any */
  /* Told of each file that was read to its end, before it is closed; NULL: nobody. */
  void (*ended)(void *ctx, size_t file, const ml_input *input);
  void *ctx;
} csv_files;

/* What lines of the window have. */
typedef enum csv_lines { CSV_LINES_UNKNOWN, CSV_LINES_SIMPLE, CSV_LINES_MIXED } csv_lines;

struct ml_csv {
  char *name;           /* of the file that the window is of */
  csv_files files;      /* that are read as one */
  size_t file;          /* which of them is open */
  bool is_copy;         /* something that stands for it is */
  char asked_delimiter; /* 0: each file is looked at */
  const ml_watch *watch;
  ml_input *source;
  char *window; /* capacity bytes, one for the line end that is put after the last record, slack */
  size_t capacity; /* grows with the longest record */
  size_t at, n;    /* window[at .. n) is not consumed; window[at] starts a record */
  bool at_end;     /* no bytes follow window[n - 1] */
  csv_lines lines; /* of what is not consumed: no quotes and no \r, or perhaps some */
  bool was_read;
  size_t max_rows; /* ml_csv_read() stops behind so many; SIZE_MAX: at the end */
  bool is_counted; /* there are so many: room for them is made at once */
  /* What a column of times is: ML_TIME or ML_NUMBER; ML_LABEL: its first cell decides. */
  ml_column_type time_type;
  bool is_live;    /* the file is still being written: do not wait for a full window */
  bool keep_lines; /* note in `jumps` what csv__line_of_row() needs */
  char delimiter;
  size_t line; /* of window[at]; 0: the header of text that is made */
  csv_trouble trouble;
  csv_fields header;
  size_t *by_name;     /* the columns, sorted by their names */
  size_t empty_column; /* unnamed column whose cells must be empty; SIZE_MAX: none */
  /* A column of labels that is kept as runs, as long as these take less memory: its label is NULL
   * then. SIZE_MAX: none. */
  size_t run_column;
  csv_run *runs;
  size_t n_runs, runs_capacity;
  /* Where the cells of the numbers wanted from place block_from on are read to, whose columns in
   * the table have no cells then; NULL: nowhere. Of these, columns of the file that are_texts give
   * codes of labels, NaN where a label says that something is missing; those that turn out to have
   * texts are marked in it, and the file is to be read again. NULL: a text is an error. */
  csv_block *block;
  size_t block_from;
  bool *are_texts;
  size_t loose_column; /* of numbers beside the block that may turn out to have texts; SIZE_MAX */
  size_t n_passed;     /* bytes in front of the window */
  /* Told of each record when its cells have been read: [p, end) with its line end; NULL: nobody.
   * False: memory ran out. */
  bool (*on_record)(void *ctx, const char *p, const char *end);
  void *on_record_ctx;
  /* Rows are left out by their text in a column of labels, which is asked about when it is not that
   * of the row before. NULL: none are. */
  bool (*takes)(void *ctx, const char *text);
  void *takes_ctx;
  size_t takes_column; /* SIZE_MAX: takes_none says it of all rows */
  bool takes_none;
  size_t n_left_out;
  csv_jump *jumps; /* rows whose line is not one more than that of the row before */
  size_t n_jumps, jumps_capacity;
};

/* Bytes behind the window that may be read, and mean nothing. */
#define CSV_SLACK 16

/* ml_csv_open(). @param is_live  as in ml_csv */
ml_status csv__open(const char *path, const ml_csv_opts *opts, bool is_live, ml_csv **out,
                    ml_error *err);

/* Open files that are read as if their records stood in one: they have the same names of columns in
 * the same order. @param files  what it points to is borrowed until ml_csv_close() */
ml_status csv__open_files(const csv_files *files, const ml_csv_opts *opts, bool is_live,
                          ml_csv **out, ml_error *err);

/* Open the input of the file that is next, or first. */
ml_status csv__open_file(ml_csv *csv, ml_error *err);
void csv__close_file(ml_csv *csv);

/* Open what an input gives. @param source  taken, also on failure @param name  for messages */
ml_status csv__open_input(ml_input *source, const char *name, const ml_csv_opts *opts, ml_csv **out,
                          ml_error *err);

/* Go on with the next file when the window has come to the end. @param[out] is_there  false: it was
 * the last one */
ml_status csv__next_file(ml_csv *csv, bool *is_there, ml_error *err);

/* Let ml_csv_read() be called again, for the rows that follow. */
void csv__read_on(ml_csv *csv);

/* Read the header of a file that was just opened: its names are in csv->header. */
ml_status csv__read_header(ml_csv *csv, ml_error *err);

/* Drop what is consumed and read more. A record that is longer than 16 MiB is an error. */
ml_status csv__fill(ml_csv *csv, ml_error *err);

/* Share of the file in front of the record that starts at csv->at; 0: nobody knows. */
double csv__share_passed(const ml_csv *csv);

/* Error at a place in the window, which is in the record that starts at csv->at. */
ml_status csv__fail(const ml_csv *csv, const char *at, ml_error *err, const char *format, ...)
    ML_PRINTF(4, 5);

/* The error that csv->trouble speaks of; only when more bytes cannot help. */
ml_status csv__fail_trouble(const ml_csv *csv, ml_error *err);

/* Line in the file of a row, from 0, and which file that is; keep_lines must have been set before
 * reading. */
size_t csv__line_of_row(const ml_csv *csv, size_t row);
const char *csv__source_of_row(const ml_csv *csv, size_t row);
bool csv__note_jump(ml_csv *csv, size_t row, size_t line);

/* ---- cells and records ---- */

typedef struct csv_cell {
  const char *text; /* without the quotes around it */
  size_t n;
  bool quoted;
  bool doubled; /* has doubled quotes, each of which stands for one */
} csv_cell;

static inline bool csv__is_made(const ml_csv *csv) {
  return csv->delimiter == CSV_UNIT;
}

/* Line ends in [from, to): \n, \r\n, \r; of text that is made those that end a record, and from
 * is where one starts. */
size_t csv__count_lines(const ml_csv *csv, const char *from, const char *to);

/* Read the cell at p. @return its delimiter or line end, or NULL with csv->trouble filled in */
const char *csv__cell(ml_csv *csv, const char *p, const char *end, csv_cell *cell);

/* Skip a line that is empty or blank. @return what follows; p when it is not blank; NULL with
 * csv->trouble when the window ends first. */
const char *csv__skip_blank_line(ml_csv *csv, const char *p, const char *end);

/* Append the text that a cell stands for. */
void csv__unquote(const csv_cell *cell, ml_buf *to);

/* Split the record at p. @return what follows, or NULL with csv->trouble; what NULL and fields'
 * buffer failed means that memory ran out */
const char *csv__split(ml_csv *csv, const char *p, const char *end, csv_fields *fields);
void csv__fields_release(csv_fields *fields);

static inline bool csv__is_blank(const ml_csv *csv, char c) {
  return (c == ' ' || c == '\t') && c != csv->delimiter;
}

static inline bool csv__is_line_end(char c) {
  return c == '\n' || c == '\r';
}

/* What follows a line end, or NULL when the window ends between a \r and what may be its \n. */
static inline const char *csv__after_line(const char *p, const char *end) {
  if (*p == '\n') return p + 1;
  if (p + 1 == end) return NULL;
  return p[1] == '\n' ? p + 2 : p + 1;
}

/* ---- records one by one: csv_records.c ---- */

/* Bytes of a record as they stand, with the blank lines in front of it and its line end, in the
 * window. */
typedef struct csv_record {
  const char *bytes;
  size_t n;         /* 0: there is none any more */
  const char *cell; /* of the column that was asked for, without blanks; NULL: it has none */
  size_t n_cell;
  size_t line;      /* of the record itself */
  const char *text; /* that is behind the blank lines */
  size_t n_lines;   /* in all bytes */
  bool is_plain;    /* no quotes, and one line */
} csv_record;

/* Look at the next record; it waits until it is complete.
 * @param column    SIZE_MAX: none is asked for
 * @param fields    room, which the cell may lie in
 * @param[out] out  valid until the next call */
ml_status csv__peek_record(ml_csv *csv, size_t column, csv_fields *fields, csv_record *out,
                           ml_error *err);

/* Is a complete record in the window? It does not wait. */
bool csv__has_record(ml_csv *csv, csv_fields *fields, csv_record *out);

/* A cell of the record that was looked at, with its blanks. @return NULL: it has none */
const char *csv__record_cell(const ml_csv *csv, const csv_record *record, size_t column,
                             const csv_fields *fields, size_t *n);

/* Look at bytes that are one record, as csv__peek_record() gave them; out->line is not set.
 * @param bytes  n, and one more that is \n @return false: they are not */
bool csv__take_record(ml_csv *csv, const char *bytes, size_t n, csv_fields *fields,
                      csv_record *out);

/* Go on behind the record that was looked at. */
void csv__pass_record(ml_csv *csv, const csv_record *record);

/* ---- names of columns ---- */

/* Trim the names of the header, which is in csv->header, and make them easy to find. */
ml_status csv__take_names(ml_csv *csv, ml_error *err);

/* How many columns have this name. @param[out] column  one of them; not written when there is none
 */
size_t csv__count_named(const ml_csv *csv, const char *name, size_t *column);

/* Open a list of names, separated by commas, as if it were a header.
 * @param option  what it was given with, for messages
 * @param[out] out  not written on failure */
ml_status csv__open_list(const char *names, const char *option, ml_csv **out, ml_error *err);

/* ---- what cells say ---- */

typedef enum csv_number_kind {
  CSV_NUMBER,
  CSV_MISSING,  /* empty, NaN, NA, null, ... */
  CSV_INFINITE, /* inf as a word */
  CSV_TOO_LARGE,
  CSV_NO_NUMBER
} csv_number_kind;

/* Read a whole cell as a number, without the blanks around it. `value` is set unless the answer is
 * CSV_NO_NUMBER. */
csv_number_kind csv__number(const char *text, size_t n, double *value);

/* Read a whole cell as True or False, in any case. @return whether it is one */
bool csv__boolean(const char *text, size_t n, double *value);

/* What pandas takes for a missing cell among texts. */
bool csv__is_missing_text(const char *text, size_t n);

/* The error for a cell that is no (finite) number. @param hint  appended; may be NULL */
ml_status csv__fail_number(const ml_csv *csv, const char *at, csv_number_kind kind,
                           const char *text, size_t n, const char *expected, const char *hint,
                           ml_error *err);

/* A cell as messages show it, cut to about 40 bytes between characters. */
#define CSV_QUOTE_MAX 48
const char *csv__quote(const char *text, size_t n, char *buf);

/* @return the first byte that is not UTF-8, or NULL */
const char *csv__bad_utf8(const char *text, size_t n);

/* [text, text + n) without the blanks (space, tab) at both ends. */
static inline size_t csv__trim(const char **text, size_t n) {
  while (n > 0 && (**text == ' ' || **text == '\t')) (*text)++, n--;
  while (n > 0 && ((*text)[n - 1] == ' ' || (*text)[n - 1] == '\t')) n--;
  return n;
}

/* Column j of a large table has just been freed, or has moved: let the system have its memory
 * before much of the table is there twice. */
void csv__give_back(size_t j, size_t n_columns, size_t n_rows);

#endif
