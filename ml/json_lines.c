/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of JSON into records of CSV: cells go by their keys, and lines stay lines. */
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/json_lines.h>
#include <ml/json_scan.h>

enum { READ_SIZE = 256 << 10, MADE_ENOUGH = 256 << 10, LINE_MAX = 16 << 20 };

/* A key of the first object. */
typedef struct json_key {
  char *name;
  size_t n;
  char *raw; /* n_raw bytes, as it stood, with its quotes */
  size_t n_raw;
  size_t at; /* of raw in the line */
} json_key;

typedef struct json_cell {
  json_text text;
  size_t line; /* that it was set in */
} json_cell;

typedef struct json_lines {
  ml_input *input;
  const char *name; /* borrowed */
  ml_buf raw;       /* from `at` on not made yet */
  size_t at;
  bool at_end; /* of input */
  ml_buf made; /* from made_at on not handed out yet */
  size_t made_at;
  size_t line;    /* of raw.data + at */
  size_t n_blank; /* lines before the first object */
  json_key *keys; /* n_keys; 0: the first object has not come */
  size_t n_keys, capacity;
  const json_key **by_name;
  json_cell *cells;
  json_scan scan;
  ml_status status; /* that reading ended in, once what was made before is handed out */
  ml_error why;
} json_lines;

/* ---- errors ---- */

static ml_status fail_at(json_lines *j, const char *line, ml_error *err) {
  const json_scan *s = &j->scan;
  if (!s->what) return ml_error_memory(err);
  return ml_error_at(err, ML_ERR_PARSE, j->name, j->line, (size_t)(s->where - line) + 1, "%s",
                     s->what);
}

static ml_status fail_key(json_lines *j, const char *line, const char *where, const char *key,
                          size_t n, const char *what, ml_error *err) {
  char shown[CSV_QUOTE_MAX];
  return ml_error_at(err, ML_ERR_PARSE, j->name, j->line, (size_t)(where - line) + 1,
                     "the key \"%s\" %s", csv__quote(key, n, shown), what);
}

/* ---- the keys of the first object ---- */

static int compare_bytes(const char *a, size_t n_a, const char *b, size_t n_b) {
  const int order = memcmp(a, b, n_a < n_b ? n_a : n_b);
  return order ? order : (n_a > n_b) - (n_a < n_b);
}

static int compare_keys(const void *a, const void *b) {
  const json_key *x = *(const json_key *const *)a, *y = *(const json_key *const *)b;
  const int order = compare_bytes(x->name, x->n, y->name, y->n);
  return order ? order : (x->at > y->at) - (x->at < y->at);
}

static bool add_key(json_lines *j, const json_text *key, const char *line, const char *raw,
                    size_t n_raw) {
  if (j->n_keys == j->capacity) {
    const size_t capacity = j->capacity ? 2 * j->capacity : 16;
    json_key *keys = reallocarray(j->keys, capacity, sizeof *keys);
    if (!keys) return false;
    j->keys = keys;
    j->capacity = capacity;
  }
  json_key *k = &j->keys[j->n_keys];
  *k = (json_key){.n = key->n, .n_raw = n_raw, .at = (size_t)(raw - line)};
  k->name = malloc(key->n + 1);
  k->raw = malloc(n_raw);
  if (!k->name || !k->raw) {
    free(k->name);
    free(k->raw);
    return false;
  }
  memcpy(k->name, json__text(&j->scan, key), key->n);
  memcpy(k->raw, raw, n_raw);
  j->n_keys++;
  return true;
}

/* The colon, with blanks around it. @return what follows, or NULL */
static const char *pass_colon(json_scan *s, const char *p) {
  p = json__skip_blanks(p);
  if (*p != ':') return json__fail(s, p, "expected a colon behind the key");
  return json__skip_blanks(p + 1);
}

/* What separates members. @return the next key or the closing brace, or NULL */
static const char *pass_comma(json_scan *s, const char *p) {
  p = json__skip_blanks(p);
  if (*p == '}') return p;
  if (*p == '\n')
    return json__fail(s, p, "the object does not end on this line: each line has one object");
  if (*p != ',') return json__fail(s, p, "expected a comma or a closing brace");
  p = json__skip_blanks(p + 1);
  return *p == '"' ? p : json__fail(s, p, "expected a key in quotes");
}

/* The first key behind the opening brace at p, or the closing brace. */
static const char *open_object(json_scan *s, const char *p) {
  if (*p != '{') return json__fail(s, p, "expected an object: { and its members on one line");
  p = json__skip_blanks(p + 1);
  if (*p == '"' || *p == '}') return p;
  if (*p == '\n')
    return json__fail(s, p, "the object does not end on this line: each line has one object");
  return json__fail(s, p, "expected a key in quotes");
}

static ml_status collect_keys(json_lines *j, const char *line, const char *p, ml_error *err) {
  json_scan *s = &j->scan;
  const char *brace = p;
  json_text key, value;
  p = open_object(s, p);
  while (p && *p != '}') {
    const char *raw = p;
    p = json__string(s, p, &key);
    if (p && !add_key(j, &key, line, raw, (size_t)(p - raw))) return ml_error_memory(err);
    if (p) p = pass_colon(s, p);
    if (p) p = json__cell(s, p, &value);
    if (p) p = pass_comma(s, p);
  }
  if (p && j->n_keys == 0) p = json__fail(s, brace, "the first object has no keys");
  return p ? ML_OK : fail_at(j, line, err);
}

static ml_status sort_keys(json_lines *j, const char *line, ml_error *err) {
  j->by_name = (const json_key **)calloc(j->n_keys, sizeof *j->by_name);
  j->cells = calloc(j->n_keys, sizeof *j->cells);
  if (!j->by_name || !j->cells) return ml_error_memory(err);
  for (size_t k = 0; k < j->n_keys; k++) j->by_name[k] = &j->keys[k];
  qsort((void *)j->by_name, j->n_keys, sizeof *j->by_name, compare_keys);
  const json_key *twice = NULL;
  for (size_t k = 1; k < j->n_keys; k++) {
    const json_key *a = j->by_name[k - 1], *b = j->by_name[k];
    if (compare_bytes(a->name, a->n, b->name, b->n) == 0 && (!twice || b->at < twice->at))
      twice = b;
  }
  if (!twice) return ML_OK;
  return fail_key(j, line, line + twice->at, twice->name, twice->n, "is there twice", err);
}

static ml_status make_header(json_lines *j, const char *line, const char *p, ml_error *err) {
  ml_status status = collect_keys(j, line, p, err);
  if (status == ML_OK) status = sort_keys(j, line, err);
  if (status != ML_OK) return status;
  for (size_t k = 0; k < j->n_keys; k++) {
    if (k) ml_buf_put(&j->made, &(char){CSV_UNIT}, 1);
    csv__put_made(&j->made, j->keys[k].name, j->keys[k].n);
  }
  ml_buf_puts(&j->made, j->n_keys == 1 && j->keys[0].n == 0 ? "\"\"\n" : "\n");
  for (size_t i = 0; i < j->n_blank; i++) ml_buf_puts(&j->made, "\n");
  return ML_OK;
}

/* ---- rows ---- */

static size_t find_key(const json_lines *j, const char *name, size_t n) {
  size_t lo = 0, hi = j->n_keys;
  while (lo < hi) {
    const size_t mid = lo + (hi - lo) / 2;
    const json_key *k = j->by_name[mid];
    const int order = compare_bytes(name, n, k->name, k->n);
    if (order == 0) return (size_t)(k - j->keys);
    if (order < 0)
      hi = mid;
    else
      lo = mid + 1;
  }
  return SIZE_MAX;
}

/* Most lines have the keys of the first, in its order and spelling. Bytes up to the line's end and
 * CSV_SLACK may be read. */
static bool is_next_key(const json_lines *j, size_t column, const char *p, const char *end) {
  if (column >= j->n_keys) return false;
  const json_key *k = &j->keys[column];
  return (size_t)(end - p) > k->n_raw && memcmp(p, k->raw, k->n_raw) == 0;
}

/* The key at p. @param[in,out] column  the one that is expected; that of the key
 * @return what follows, or NULL with the status set */
static const char *read_key(json_lines *j, const char *line, const char *p, const char *end,
                            size_t *column, ml_status *status, ml_error *err) {
  const char *start = p;
  json_text key;
  if (is_next_key(j, *column, p, end)) {
    p += j->keys[*column].n_raw;
  } else {
    p = json__string(&j->scan, p, &key);
    if (!p) return NULL;
    *column = find_key(j, json__text(&j->scan, &key), key.n);
    if (*column == SIZE_MAX) {
      *status = fail_key(j, line, start, json__text(&j->scan, &key), key.n,
                         "is not among those of the first object", err);
      return NULL;
    }
  }
  if (j->cells[*column].line != j->line) return p;
  const json_key *k = &j->keys[*column];
  *status = fail_key(j, line, start, k->name, k->n, "is there twice", err);
  return NULL;
}

/* The members of the object at p. @return what follows it, or NULL with the status or `scan` set */
static const char *read_members(json_lines *j, const char *line, const char *p, const char *end,
                                ml_status *status, ml_error *err) {
  json_scan *s = &j->scan;
  p = open_object(s, p);
  for (size_t column = 0; p && *p != '}'; column++) {
    p = read_key(j, line, p, end, &column, status, err);
    if (p) p = pass_colon(s, p);
    if (p) p = json__cell(s, p, &j->cells[column].text);
    if (!p) return NULL;
    j->cells[column].line = j->line;
    p = pass_comma(s, p);
  }
  return p ? p + 1 : NULL;
}

/* Cells with escapes may have what has to be quoted. */
static void put_row(json_lines *j) {
  const size_t start = j->made.n;
  for (size_t k = 0; k < j->n_keys; k++) {
    const json_cell *c = &j->cells[k];
    if (k) ml_buf_put(&j->made, &(char){CSV_UNIT}, 1);
    if (c->line != j->line) continue;
    if (c->text.text)
      ml_buf_put(&j->made, c->text.text, c->text.n);
    else
      csv__put_made(&j->made, json__text(&j->scan, &c->text), c->text.n);
  }
  csv__end_made(&j->made, start);
}

/* One line: [line, end), and the line feed at end. */
static ml_status make_line(json_lines *j, const char *line, const char *end, ml_error *err) {
  ml_status status = ML_ERR_PARSE;
  const char *p = json__skip_blanks(line);
  if (p == end) {
    if (j->n_keys == 0)
      j->n_blank++;
    else
      ml_buf_puts(&j->made, "\n");
    return ML_OK;
  }
  ml_buf_clear(&j->scan.decoded);
  if (j->n_keys == 0 && (status = make_header(j, line, p, err)) != ML_OK) return status;
  j->scan.what = NULL;
  j->scan.where = NULL;
  status = ML_OK;
  p = read_members(j, line, p, end, &status, err);
  if (status != ML_OK) return status;
  if (p && json__skip_blanks(p) != end)
    p = json__fail(&j->scan, json__skip_blanks(p),
                   "text behind the object: each line has one object");
  if (!p) return fail_at(j, line, err);
  put_row(j);
  return j->made.failed ? ml_error_memory(err) : ML_OK;
}

/* ---- the input ---- */

/* All lines that are complete. @param[out] n  how many */
static ml_status make_lines(json_lines *j, size_t *n, ml_error *err) {
  ml_status status = ML_OK;
  for (*n = 0; status == ML_OK && j->made.n < MADE_ENOUGH; ++*n) {
    const char *line = j->raw.data + j->at, *stop = j->raw.data + j->raw.n;
    const char *end = j->at < j->raw.n ? memchr(line, '\n', (size_t)(stop - line)) : NULL;
    if (!end) break;
    status = make_line(j, line, end, err);
    j->at += (size_t)(end + 1 - line);
    j->line++;
  }
  return status;
}

static ml_status read_more(json_lines *j, ml_error *err) {
  if (j->at > 0) memmove(j->raw.data, j->raw.data + j->at, j->raw.n - j->at);
  j->raw.n -= j->at;
  j->at = 0;
  if (j->raw.n > LINE_MAX)
    return ml_error_at(err, ML_ERR_PARSE, j->name, j->line, 1,
                       "a line longer than %d MiB starts here", LINE_MAX >> 20);
  size_t got = 0;
  char *to = ml_buf_reserve(&j->raw, READ_SIZE + 1);
  ml_status status = to ? ml_input_read(j->input, to, READ_SIZE, &got, err) : ml_error_memory(err);
  if (status != ML_OK) return status;
  j->raw.n += got;
  j->at_end = got == 0;
  if (j->at_end && j->raw.n > 0) ml_buf_put(&j->raw, "\n", 1); /* the last line may lack it */
  return ML_OK;
}

/* Until there is something to hand out. */
static ml_status make_some(json_lines *j, ml_error *err) {
  ml_buf_clear(&j->made);
  j->made_at = 0;
  for (;;) {
    size_t n;
    ml_status status = make_lines(j, &n, err);
    if (status != ML_OK || j->made.n > 0 || j->at_end) return status;
    status = read_more(j, err);
    if (status != ML_OK) return status;
  }
}

static ml_status read_made(void *ctx, char *to, size_t size, size_t *n, ml_error *err) {
  json_lines *j = ctx;
  *n = 0;
  if (j->made_at == j->made.n && j->status == ML_OK) j->status = make_some(j, &j->why);
  if (j->made_at == j->made.n && j->status != ML_OK) {
    if (err) *err = j->why;
    return j->status;
  }
  *n = j->made.n - j->made_at < size ? j->made.n - j->made_at : size;
  if (*n > 0) memcpy(to, j->made.data + j->made_at, *n);
  j->made_at += *n;
  return ML_OK;
}

static double share(const void *ctx) {
  return ml_input_share(((const json_lines *)ctx)->input);
}

static int waits_for(const void *ctx) {
  const json_lines *j = ctx;
  const bool has_some = j->made_at < j->made.n || j->status != ML_OK ||
                        (j->at < j->raw.n && memchr(j->raw.data + j->at, '\n', j->raw.n - j->at));
  return has_some ? -1 : ml_input_waits_for(j->input);
}

static const ml_input *inner(const void *ctx) {
  return ((const json_lines *)ctx)->input;
}

static void close_lines(void *ctx) {
  json_lines *j = ctx;
  ml_input_close(j->input);
  for (size_t k = 0; k < j->n_keys; k++) {
    free(j->keys[k].name);
    free(j->keys[k].raw);
  }
  free(j->keys);
  free((void *)j->by_name);
  free(j->cells);
  ml_buf_release(&j->raw);
  ml_buf_release(&j->made);
  ml_buf_release(&j->scan.decoded);
  free(j);
}

ml_status json_lines__open(ml_input *input, const char *head, size_t n, bool at_end,
                           const char *name, ml_input **out, ml_error *err) {
  static const input_maker maker = {read_made, share, waits_for, inner, close_lines};
  json_lines *j = calloc(1, sizeof *j);
  if (!j) {
    ml_input_close(input);
    return ml_error_memory(err);
  }
  j->input = input;
  j->name = name;
  j->line = 1;
  j->at_end = at_end;
  ml_buf_put(&j->raw, head, n);
  if (at_end) ml_buf_put(&j->raw, "\n", 1);
  if (j->raw.failed) {
    close_lines(j);
    return ml_error_memory(err);
  }
  return input__make(&maker, j, out, err);
}
