/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing the rows of windows: a series after the other, a window after the other. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/output.h>
#include <ml/roll_internal.h>

/* A window of one group: places of the order. */
typedef struct found {
  int64_t key; /* second part of its name */
  size_t from, to;
} found;

/* A row of windows that meet under one name. */
typedef struct place {
  int64_t key;
  size_t at;
} place;

typedef struct rolling {
  const roll_rows *rows;
  const ml_roll_opts *opts;
  ml_output *out;
  ml_buf text;       /* not written yet */
  ml_buf name, cell; /* of the window: as it is, and as a CSV cell */
  series_cut *cuts;  /* of one group */
  found *found;      /* of one id */
  size_t n_found;
  place *places;
  size_t places_capacity;
  bool *is_written; /* forecasts: the window of this place has rows */
  ml_roll_counts counts;
  ml_error *err;
} rolling;

/* ---- where windows begin and end ---- */

/* The shifts of the reference: forwards they are counted from the end of the longest series. */
static size_t cut_forwards(const rolling *r, size_t n, series_cut *cuts) {
  size_t step = (size_t)r->opts->direction, longest = r->rows->longest, n_cuts = 0;
  size_t most = r->opts->max_shift ? r->opts->max_shift : longest;
  for (size_t to = (longest - 1) % step + 1; to <= n; to += step) {
    size_t from = to > most + 1 ? to - most - 1 : 0;
    if (to - from > r->opts->min_shift) cuts[n_cuts++] = (series_cut){from, to};
    if (step > n - to) break;
  }
  return n_cuts;
}

static size_t cut_backwards(const rolling *r, size_t n, series_cut *cuts) {
  size_t step = 0 - (size_t)r->opts->direction, n_cuts = 0;
  size_t most = r->opts->max_shift ? r->opts->max_shift : r->rows->longest;
  for (size_t from = 0; from < n; from += step) {
    size_t to = most < n - from ? from + most + 1 : n;
    if (to - from > r->opts->min_shift) cuts[n_cuts++] = (series_cut){from, to};
    if (step > n - from) break;
  }
  return n_cuts;
}

static void cut_group(rolling *r, size_t group) {
  const roll_rows *rows = r->rows;
  size_t start = rows->order.starts[group], n = rows->order.starts[group + 1] - start;
  bool is_backwards = r->opts->how != ML_ROLL_WINDOW && r->opts->direction < 0;
  const int64_t *key = rows->key + start;
  size_t n_cuts = r->opts->how == ML_ROLL_WINDOW ? series__cut(&r->opts->window, key, n, r->cuts)
                  : is_backwards                 ? cut_backwards(r, n, r->cuts)
                                                 : cut_forwards(r, n, r->cuts);
  for (size_t i = 0; i < n_cuts; i++) {
    series_cut cut = r->cuts[i];
    size_t named = is_backwards ? cut.from : cut.to - 1;
    r->found[r->n_found++] = (found){rows->clock == ML_CLOCK_NONE ? (int64_t)named : key[named],
                                     start + cut.from, start + cut.to};
  }
}

static int compare_found(const void *a, const void *b) {
  const found *p = a, *q = b;
  if (p->key != q->key) return p->key < q->key ? -1 : 1;
  return (p->from > q->from) - (p->from < q->from); /* groups lie one behind the other */
}

/* ---- text ---- */

static ml_status flush(rolling *r) {
  if (r->text.failed) return ml_error_memory(r->err);
  ml_status status = ml_output_write(r->out, r->text.data, r->text.n, r->err);
  ml_buf_clear(&r->text);
  if (status == ML_OK && ml_watch_cancelled(r->opts->watch))
    status = ml_error_set(r->err, ML_ERR_CANCELLED, "interrupted");
  return status;
}

static ml_status put_row(rolling *r, size_t at) {
  const roll_rows *rows = r->rows;
  size_t row = series__row(&rows->order, at), split = rows->split[row];
  const char *text = rows->text.data + rows->starts[row];
  size_t n = rows->starts[row + 1] - rows->starts[row];
  ml_buf_put(&r->text, text, split);
  ml_buf_put(&r->text, r->cell.data, r->cell.n);
  ml_buf_put(&r->text, text + split, n - split);
  if (r->counts.is_numbered) ml_buf_printf(&r->text, ",%zu", row);
  ml_buf_puts(&r->text, "\n");
  r->counts.n_out_rows++;
  return r->text.n >= 1 << 16 || r->text.failed ? flush(r) : ML_OK;
}

/* "(1, 3)": the id and a time; for packages their number and the id. */
static ml_status put_name(rolling *r, size_t id, int64_t key) {
  const roll_rows *rows = r->rows;
  ml_buf_clear(&r->name);
  ml_buf_clear(&r->cell);
  if (r->opts->how == ML_ROLL_PACKAGES) {
    ml_buf_printf(&r->name, "(%lld, ", (long long)key);
    series__put_id(&r->name, rows->ids[id], rows->form);
  } else {
    ml_buf_puts(&r->name, "(");
    series__put_id(&r->name, rows->ids[id], rows->form);
    ml_buf_puts(&r->name, ", ");
    series__put_time(&r->name, key, rows->clock, rows->is_whole);
  }
  ml_buf_put(&r->name, ")", 2);
  if (!r->name.failed) ml_buf_csv_cell(&r->cell, r->name.data);
  return r->name.failed || r->cell.failed ? ml_error_memory(r->err) : ML_OK;
}

/* ---- windows ---- */

static ml_status put_window(rolling *r, const found *window) {
  bool is_forecast = r->opts->how == ML_ROLL_FORECAST;
  size_t to = is_forecast ? window->to - 1 : window->to; /* whose last row is what is to be known */
  if (to == window->from) return ML_OK;
  if (is_forecast) r->is_written[r->opts->direction < 0 ? window->from : to] = true;
  r->counts.n_windows++;
  for (size_t at = window->from; at < to; at++) {
    ml_status status = put_row(r, at);
    if (status != ML_OK) return status;
  }
  return ML_OK;
}

static int compare_places(const void *a, const void *b) {
  const place *p = a, *q = b;
  if (p->key != q->key) return p->key < q->key ? -1 : 1;
  return (p->at > q->at) - (p->at < q->at);
}

static bool reserve_places(rolling *r, size_t n) {
  if (n <= r->places_capacity) return true;
  place *places = reallocarray(r->places, n, sizeof *places);
  if (!places) return false;
  r->places = places;
  r->places_capacity = n;
  return true;
}

/* Windows of several kinds, or of equal times, are one: their rows are sorted by time. */
static ml_status put_merged(rolling *r, const found *windows, size_t n_windows) {
  size_t n = 0;
  for (size_t i = 0; i < n_windows; i++) n += windows[i].to - windows[i].from;
  if (!reserve_places(r, n)) return ml_error_memory(r->err);
  n = 0;
  for (size_t i = 0; i < n_windows; i++)
    for (size_t at = windows[i].from; at < windows[i].to; at++)
      r->places[n++] = (place){r->rows->key[at], at};
  qsort(r->places, n, sizeof *r->places, compare_places);
  r->counts.n_windows++;
  for (size_t i = 0; i < n; i++) {
    ml_status status = put_row(r, r->places[i].at);
    if (status != ML_OK) return status;
  }
  return ML_OK;
}

static ml_status roll_id(rolling *r, size_t id) {
  r->n_found = 0;
  for (size_t k = 0; k < r->rows->n_kinds; k++) cut_group(r, id * r->rows->n_kinds + k);
  qsort(r->found, r->n_found, sizeof *r->found, compare_found);
  ml_status status = ML_OK;
  for (size_t i = 0, n; i < r->n_found && status == ML_OK; i += n) {
    for (n = 1; i + n < r->n_found && r->found[i + n].key == r->found[i].key;) n++;
    bool is_alone = n == 1 || r->opts->how == ML_ROLL_FORECAST;
    status = put_name(r, id, r->found[i].key);
    for (size_t j = 0; is_alone && j < n && status == ML_OK; j++)
      status = put_window(r, &r->found[i + j]);
    if (!is_alone && status == ML_OK) status = put_merged(r, &r->found[i], n);
  }
  return status;
}

static ml_status put_package(rolling *r, size_t group, size_t nth) {
  const size_t *starts = r->rows->order.starts;
  size_t at = starts[group] + nth * r->opts->length;
  size_t n = starts[group + 1] - at;
  ml_status status = put_name(r, group / r->rows->n_kinds, (int64_t)nth);
  r->counts.n_windows++;
  for (size_t i = 0; i < n && i < r->opts->length && status == ML_OK; i++)
    status = put_row(r, at + i);
  return status;
}

/* The first package of every group, then the second of those that have one. */
static ml_status put_packages(rolling *r) {
  const size_t *starts = r->rows->order.starts;
  size_t n_groups = r->rows->n_ids * r->rows->n_kinds;
  size_t *left = reallocarray(NULL, n_groups, sizeof *left), n_left = 0;
  if (!left) return ml_error_memory(r->err);
  for (size_t g = 0; g < n_groups; g++)
    if (starts[g + 1] > starts[g]) left[n_left++] = g;
  ml_status status = ML_OK;
  for (size_t nth = 0; n_left > 0 && status == ML_OK; nth++) {
    size_t n = n_left;
    n_left = 0;
    for (size_t i = 0; i < n && status == ML_OK; i++) {
      size_t g = left[i], n_rows = starts[g + 1] - starts[g];
      status = put_package(r, g, nth);
      if (n_rows - nth * r->opts->length > r->opts->length) left[n_left++] = g;
    }
  }
  free(left);
  return status;
}

static ml_status reserve(rolling *r) {
  const roll_rows *rows = r->rows;
  size_t most = 0;
  for (size_t i = 0; i < rows->n_ids; i++) {
    size_t n = rows->order.starts[(i + 1) * rows->n_kinds] - rows->order.starts[i * rows->n_kinds];
    if (n > most) most = n;
  }
  r->cuts = reallocarray(NULL, rows->longest, sizeof *r->cuts);
  r->found = reallocarray(NULL, most, sizeof *r->found);
  if (r->opts->how == ML_ROLL_FORECAST) r->is_written = calloc(rows->n_rows, 1);
  bool ok = r->cuts && r->found && (r->is_written || r->opts->how != ML_ROLL_FORECAST);
  return ok ? ML_OK : ml_error_memory(r->err);
}

static ml_status put_all(rolling *r) {
  r->counts.is_numbered = r->rows->clock == ML_CLOCK_NONE && r->opts->how == ML_ROLL_SHIFT;
  ml_buf_put(&r->text, r->rows->header.data, r->rows->header.n);
  ml_buf_puts(&r->text, r->counts.is_numbered ? ",sort\n" : "\n");
  ml_status status = r->opts->how == ML_ROLL_PACKAGES ? put_packages(r) : ML_OK;
  bool rolls = r->opts->how != ML_ROLL_PACKAGES;
  for (size_t id = 0; rolls && id < r->rows->n_ids && status == ML_OK; id++) {
    status = roll_id(r, id);
    ml_watch_progress(r->opts->watch, "roll", (double)(id + 1), (double)r->rows->n_ids);
  }
  return status == ML_OK ? flush(r) : status;
}

/* ---- what follows the windows of a forecast ---- */

/* The value is the second cell behind the id: ",time,value,kind". */
static void put_value(rolling *r, size_t at) {
  const roll_rows *rows = r->rows;
  size_t row = series__row(&rows->order, at);
  const char *p = rows->text.data + rows->starts[row] + 1;
  for (bool quoted = false; quoted || *p != ','; p++) quoted ^= *p == '"';
  const char *end = ++p;
  for (bool quoted = false; quoted || *end != ','; end++) quoted ^= *end == '"';
  ml_buf_put(&r->text, p, (size_t)(end - p));
}

static ml_status put_answers(rolling *r, const char *path) {
  ml_status status = ml_output_open(path, &r->out, r->err);
  if (status != ML_OK) return status;
  ml_buf_puts(&r->text, "id,y\n");
  for (size_t at = 1; at < r->rows->n_rows && status == ML_OK; at++) {
    if (!r->is_written[at]) continue;
    int64_t key = r->rows->clock == ML_CLOCK_NONE ? (int64_t)at : r->rows->key[at];
    if ((status = put_name(r, 0, key)) != ML_OK) break;
    ml_buf_put(&r->text, r->cell.data, r->cell.n);
    ml_buf_puts(&r->text, ",");
    put_value(r, at);
    ml_buf_puts(&r->text, "\n");
    if (r->text.n >= 1 << 16) status = flush(r);
  }
  if (status == ML_OK) status = flush(r);
  if (status == ML_OK) return ml_output_commit(r->out, r->err);
  ml_output_abort(r->out);
  return status;
}

/* ---- the whole ---- */

static ml_status check(const ml_roll_opts *o, ml_error *err) {
  bool shifts = o->how == ML_ROLL_SHIFT || o->how == ML_ROLL_FORECAST;
  if (shifts && o->direction == 0)
    return ml_error_set(err, ML_ERR_USAGE, "a direction of 0 does not roll");
  if (o->how == ML_ROLL_PACKAGES && o->length == 0)
    return ml_error_set(err, ML_ERR_USAGE, "a package has at least one row");
  return ML_OK;
}

static ml_status write_all(rolling *r, const char *output, const char *answers) {
  ml_status status = reserve(r);
  if (status == ML_OK) status = ml_output_open(output, &r->out, r->err);
  if (status != ML_OK) return status;
  ml_output *rows = r->out;
  status = put_all(r);
  if (status == ML_OK && answers) status = put_answers(r, answers); /* no frame without them */
  if (status == ML_OK) return ml_output_commit(rows, r->err);
  ml_output_abort(rows);
  return status;
}

static void count(rolling *r) {
  const roll_rows *rows = r->rows;
  r->counts.n_ids = rows->n_ids;
  r->counts.n_rows = rows->n_rows;
  if (rows->irregular != SIZE_MAX)
    snprintf(r->counts.irregular, sizeof r->counts.irregular, "%s",
             rows->ids[rows->irregular / rows->n_kinds]);
}

ml_status ml_roll_csv(const char *input, const ml_roll_opts *opts, const char *output,
                      const char *answers, ml_roll_counts *counts, ml_error *err) {
  assert(input && opts && output && (answers != NULL) == (opts->how == ML_ROLL_FORECAST));
  roll_rows rows = {0};
  rolling r = {.rows = &rows, .opts = opts, .err = err};
  ml_status status = check(opts, err);
  if (status == ML_OK) status = roll__read(input, opts, &rows, err);
  if (status == ML_OK && opts->how == ML_ROLL_WINDOW)
    status = series__check_window(&opts->window, rows.clock, err);
  if (status == ML_OK) status = write_all(&r, output, answers);
  if (status == ML_OK) {
    count(&r);
    if (counts) *counts = r.counts;
  }
  free(r.cuts);
  free(r.found);
  free(r.places);
  free(r.is_written);
  ml_buf_release(&r.text);
  ml_buf_release(&r.name);
  ml_buf_release(&r.cell);
  roll__release(&rows);
  return status;
}
