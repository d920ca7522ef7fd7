/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening a CSV file: the window over its bytes, its delimiter, its header, and places in it. */
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/duckdb_internal.h>

#define WINDOW_SIZE ((size_t)1 << 20)
#define RECORD_MAX  ((size_t)16 << 20)

/* The column of a place in a record of text that is made, whose bytes nobody has seen. */
static const char *column_at(const ml_csv *csv, const char *record, const char *at) {
  size_t j = 0;
  bool is_quoted = false;
  for (const char *p = record; p < at; p++) {
    is_quoted ^= *p == '"';
    j += *p == CSV_UNIT && !is_quoted;
  }
  return csv->line > 0 && j < csv->header.n ? ml_csv_column(csv, j) : NULL;
}

static ml_status fail_made(const ml_csv *csv, const char *at, const char *message, ml_error *err) {
  const char *record = csv->window + csv->at, *column = column_at(csv, record, at);
  char shown[CSV_QUOTE_MAX] = "";
  if (column) csv__quote(column, strlen(column), shown);
  return ml_error_at(err, ML_ERR_PARSE, csv->name, csv->line + csv__count_lines(csv, record, at), 0,
                     "%s%s%s%s", column ? "\"" : "", shown, column ? "\": " : "", message);
}

ml_status csv__fail(const ml_csv *csv, const char *at, ml_error *err, const char *format, ...) {
  char message[ML_ERROR_MESSAGE_MAX];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  if (csv__is_made(csv)) return fail_made(csv, at, message, err);
  const char *record = csv->window + csv->at, *line = at;
  while (line > record && !csv__is_line_end(line[-1])) line--;
  return ml_error_at(err, ML_ERR_PARSE, csv->name, csv->line + csv__count_lines(csv, record, line),
                     (size_t)(at - line) + 1, "%s", message);
}

ml_status csv__fail_trouble(const ml_csv *csv, ml_error *err) {
  const csv_trouble *trouble = &csv->trouble;
  if (trouble->what) return csv__fail(csv, trouble->at, err, "%s", trouble->what);
  if (trouble->at) return csv__fail(csv, trouble->at, err, "a quote is opened here and not closed");
  return csv__fail(csv, csv->window + csv->at, err, "a record longer than %zu MiB starts here",
                   RECORD_MAX >> 20);
}

static ml_status grow_window(ml_csv *csv, ml_error *err) {
  if (csv->capacity >= RECORD_MAX) return csv__fail_trouble(csv, err);
  char *window = realloc(csv->window, 2 * csv->capacity + 1 + CSV_SLACK);
  if (!window) return ml_error_memory(err);
  csv->window = window;
  csv->capacity *= 2;
  return ML_OK;
}

static bool has_line_end(const char *bytes, size_t n) {
  return memchr(bytes, '\n', n) || memchr(bytes, '\r', n);
}

ml_status csv__fill(ml_csv *csv, ml_error *err) {
  if (csv->at == 0 && csv->n == csv->capacity) {
    ml_status status = grow_window(csv, err);
    if (status != ML_OK) return status;
  }
  csv->lines = CSV_LINES_UNKNOWN;
  memmove(csv->window, csv->window + csv->at, csv->n - csv->at);
  csv->n_passed += csv->at;
  csv->n -= csv->at;
  csv->at = 0;
  if (ml_watch_cancelled(csv->watch))
    return ml_error_at(err, ML_ERR_CANCELLED, csv->name, 0, 0, "interrupted");
  /* Until it is full: a pipe that drips would have each record scanned again for each drop. Of a
   * live one, until there is the end of a line. */
  bool is_enough = false;
  const size_t n_kept = csv->n;
  while (csv->n < csv->capacity && !csv->at_end && !is_enough) {
    size_t got;
    ml_status status =
        ml_input_read(csv->source, csv->window + csv->n, csv->capacity - csv->n, &got, err);
    /* What was made before an error may have an error of its own, and is the next to be read. */
    if (status == ML_ERR_PARSE && csv__is_made(csv) && csv->n > n_kept) break;
    if (status != ML_OK) return status;
    is_enough = csv->is_live && has_line_end(csv->window + csv->n, got);
    csv->n += got;
    csv->at_end = got == 0;
  }
  /* A last line end ends the last record, or is one more blank line. */
  if (csv->at_end) csv->window[csv->n++] = '\n';
  memset(csv->window + csv->n, 0, CSV_SLACK);
  return ML_OK;
}

double csv__share_passed(const ml_csv *csv) {
  return ml_input_share(csv->source) * (double)(csv->n_passed + csv->at) /
         (double)(csv->n_passed + csv->n);
}

static bool starts_with(const ml_csv *csv, const char *bytes, size_t n) {
  return csv->n >= n && memcmp(csv->window, bytes, n) == 0;
}

/* What other files begin with, and what to do about them. */
static const struct {
  const char *bytes;
  size_t n;
  const char *words;
} strangers[] = {
    {"\xff\xfe", 2, "the file is UTF-16; convert it: iconv -f UTF-16 -t UTF-8"},
    {"\xfe\xff", 2, "the file is UTF-16; convert it: iconv -f UTF-16 -t UTF-8"},
    {"PK\3\4", 4, "the file is a zip archive or a workbook, not text; unpack it or save it as CSV"},
    {"\xd0\xcf\x11\xe0", 4, "the file is a workbook, not text; save it as CSV"},
    {"\xfd\x37zXZ", 5, "the file is packed by xz, which is not read; unpack it"},
    {"BZh91AY&SY", 10, "the file is packed by bzip2, which is not read; unpack it"},
};

static ml_status skip_mark(ml_csv *csv, ml_error *err) {
  for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++)
    if (starts_with(csv, strangers[i].bytes, strangers[i].n))
      return ml_error_at(err, ML_ERR_PARSE, csv->name, 1, 1, "%s", strangers[i].words);
  if (starts_with(csv, "\xef\xbb\xbf", 3)) csv->at = 3;
  return ML_OK;
}

/* Move csv->at to the first line that is not blank. */
static ml_status skip_blank_lines(ml_csv *csv, ml_error *err) {
  for (;;) {
    const char *p = csv->window + csv->at, *end = csv->window + csv->n;
    const char *next = p < end ? csv__skip_blank_line(csv, p, end) : NULL;
    if (next == p) return ML_OK;
    if (next) {
      csv->at = (size_t)(next - csv->window);
      csv->line++;
      continue;
    }
    if (csv->at_end)
      return ml_error_at(err, ML_ERR_PARSE, csv->name, 0, 0, "no header: the file is empty");
    ml_status status = csv__fill(csv, err);
    if (status != ML_OK) return status;
  }
}

/* Split the header record with csv->delimiter, reading more of the file as needed. */
static ml_status split_header(ml_csv *csv, const char **next, ml_error *err) {
  for (;;) {
    *next = csv__split(csv, csv->window + csv->at, csv->window + csv->n, &csv->header);
    if (*next) return ML_OK;
    if (csv->header.text.failed) return ml_error_memory(err);
    if (csv->trouble.what || csv->at_end) return csv__fail_trouble(csv, err);
    ml_status status = csv__fill(csv, err);
    if (status != ML_OK) return status;
  }
}

/* The delimiter that makes the most columns of the header; a tie goes to the one named first. When
 * none makes two, one whose quotes are wrong is what was meant, and has its error reported. */
static ml_status choose_delimiter(ml_csv *csv, ml_error *err) {
  static const char candidates[] = ",;\t|";
  size_t most = 0;
  char best = candidates[0], broken = 0;
  for (const char *c = candidates; *c; c++) {
    const char *next;
    csv->delimiter = *c;
    ml_status status = split_header(csv, &next, NULL);
    if (status == ML_ERR_PARSE) {
      if (!broken) broken = *c;
      continue;
    }
    if (status != ML_OK)
      return ml_error_at(err, status, csv->name, 0, 0, "%s", ml_status_text(status));
    if (csv->header.n > most) {
      most = csv->header.n;
      best = *c;
    }
  }
  csv->delimiter = most < 2 && broken ? broken : best;
  return ML_OK;
}

ml_status csv__read_header(ml_csv *csv, ml_error *err) {
  const csv_files *files = &csv->files;
  const char *path = files->n > 0 && !csv->is_copy ? files->paths[csv->file] : NULL;
  const char *next = NULL;
  ml_status status = csv__fill(csv, err);
  if (status == ML_OK && !csv->delimiter) status = csv__recognise(csv, path, err);
  const bool detect = !csv->delimiter;
  if (csv__is_made(csv)) csv->line = 0;
  if (status == ML_OK) status = skip_mark(csv, err);
  if (status == ML_OK) status = skip_blank_lines(csv, err);
  if (status == ML_OK && detect) status = choose_delimiter(csv, err);
  if (status == ML_OK) status = split_header(csv, &next, err);
  if (status == ML_OK) status = csv__take_names(csv, err);
  if (status != ML_OK) return status;
  csv->line += csv__count_lines(csv, csv->window + csv->at, next);
  csv->at = (size_t)(next - csv->window);
  return ML_OK;
}

/* Letters, digits and signs would be parts of numbers; a quote or a line end is taken. */
static bool is_delimiter(char c) {
  return c > 0 && c < 127 && !strchr("\"\r\n+-.", c) && !(c >= '0' && c <= '9') &&
         !((c | 32) >= 'a' && (c | 32) <= 'z');
}

static ml_csv *new_csv(const char *name, const ml_csv_opts *opts) {
  ml_csv *csv = calloc(1, sizeof *csv);
  if (!csv) return NULL;
  csv->capacity = WINDOW_SIZE;
  csv->line = 1;
  csv->run_column = SIZE_MAX;
  csv->max_rows = SIZE_MAX;
  csv->time_type = ML_LABEL;
  csv->asked_delimiter = opts ? opts->delimiter : 0;
  csv->empty_column = SIZE_MAX;
  csv->loose_column = SIZE_MAX;
  csv->delimiter = opts ? opts->delimiter : 0;
  csv->watch = opts ? opts->watch : NULL;
  csv->name = strdup(name);
  csv->window = malloc(csv->capacity + 1 + CSV_SLACK);
  if (csv->name && csv->window) return csv;
  ml_csv_close(csv);
  return NULL;
}

/* @param out  of new_csv(); NULL: memory ran out */
static ml_status begin(ml_csv **out, const char *name, const ml_csv_opts *opts, ml_error *err) {
  if (opts && opts->delimiter && !is_delimiter(opts->delimiter))
    return ml_error_set(err, ML_ERR_USAGE, "'%c' cannot be a delimiter", opts->delimiter);
  *out = new_csv(name, opts);
  return *out ? ML_OK : ml_error_memory(err);
}

/* Takes csv. */
static ml_status end(ml_csv *csv, ml_status status, ml_csv **out, ml_error *err) {
  if (status == ML_OK) status = csv__read_header(csv, err);
  if (status == ML_OK)
    *out = csv;
  else
    ml_csv_close(csv);
  return status;
}

ml_status ml_csv_open(const char *path, const ml_csv_opts *opts, ml_csv **out, ml_error *err) {
  return csv__open(path, opts, false, out, err);
}

ml_status csv__open(const char *path, const ml_csv_opts *opts, bool is_live, ml_csv **out,
                    ml_error *err) {
  assert(path && out);
  const csv_files files = {.paths = &path, .n = 1};
  ml_status status = csv__open_files(&files, opts, is_live, out, err);
  if (status == ML_OK) (*out)->files = (csv_files){0}; /* path is the caller's own */
  return status;
}

ml_status csv__open_file(ml_csv *csv, ml_error *err) {
  const csv_files *files = &csv->files;
  if (csv__is_made(csv)) csv->delimiter = 0; /* it is made anew of what the file is */
  ml_status status =
      files->open ? files->open(files->ctx, csv->file, csv->watch, &csv->source, err) : ML_OK;
  csv->is_copy = csv->source != NULL;
  if (status != ML_OK || csv->is_copy) return status;
  return csv__open_source(csv, files->paths[csv->file], err);
}

void csv__close_file(ml_csv *csv) {
  if (csv->source && csv->at_end && csv->files.ended)
    csv->files.ended(csv->files.ctx, csv->file, csv->source);
  ml_input_close(csv->source);
  csv->source = NULL;
}

ml_status csv__open_files(const csv_files *files, const ml_csv_opts *opts, bool is_live,
                          ml_csv **out, ml_error *err) {
  assert(files && files->n > 0 && out);
  ml_csv *csv;
  ml_status status =
      begin(&csv, duckdb__is_query(files->paths[0]) ? "query" : files->paths[0], opts, err);
  if (status != ML_OK) return status;
  csv->is_live = is_live;
  csv->files = *files;
  status = csv__open_file(csv, err);
  return end(csv, status, out, err);
}

ml_status csv__open_input(ml_input *source, const char *name, const ml_csv_opts *opts, ml_csv **out,
                          ml_error *err) {
  ml_csv *csv;
  ml_status status = begin(&csv, name, opts, err);
  if (status != ML_OK) {
    ml_input_close(source);
    return status;
  }
  csv->source = source;
  return end(csv, ML_OK, out, err);
}

ml_status ml_csv_open_bytes(const void *bytes, size_t n, const char *source,
                            const ml_csv_opts *opts, ml_csv **out, ml_error *err) {
  assert((bytes || n == 0) && source && out);
  ml_csv *csv;
  ml_status status = begin(&csv, source, opts, err);
  if (status != ML_OK) return status;
  status = ml_input_open_bytes(bytes, n, csv->name, csv->watch, &csv->source, err);
  return end(csv, status, out, err);
}

const char *ml_csv_source(const ml_csv *csv) {
  return csv->files.n > 1 ? csv->files.paths[0] : csv->name;
}

bool csv__note_jump(ml_csv *csv, size_t row, size_t line) {
  if (csv->n_jumps > 0) {
    csv_jump last = csv->jumps[csv->n_jumps - 1];
    if (last.file == csv->file && line - last.line == row - last.row) return true;
  }
  if (csv->n_jumps == csv->jumps_capacity) {
    size_t capacity = csv->jumps_capacity ? 2 * csv->jumps_capacity : 16;
    csv_jump *jumps = reallocarray(csv->jumps, capacity, sizeof *jumps);
    if (!jumps) return false;
    csv->jumps = jumps;
    csv->jumps_capacity = capacity;
  }
  csv->jumps[csv->n_jumps++] = (csv_jump){row, line, csv->file};
  return true;
}

static const csv_jump *find_jump(const ml_csv *csv, size_t row) {
  size_t lo = 0, hi = csv->n_jumps;
  while (hi - lo > 1) {
    size_t mid = lo + (hi - lo) / 2;
    if (csv->jumps[mid].row <= row)
      lo = mid;
    else
      hi = mid;
  }
  return &csv->jumps[lo];
}

size_t csv__line_of_row(const ml_csv *csv, size_t row) {
  const csv_jump *jump = find_jump(csv, row);
  return jump->line + (row - jump->row);
}

const char *csv__source_of_row(const ml_csv *csv, size_t row) {
  return csv->files.n > 1 ? csv->files.paths[find_jump(csv, row)->file] : csv->name;
}

void ml_csv_close(ml_csv *csv) {
  if (!csv) return;
  csv__close_file(csv);
  csv__fields_release(&csv->header);
  free(csv->by_name);
  free(csv->jumps);
  free(csv->runs);
  free(csv->window);
  free(csv->name);
  free(csv);
}
