/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Windows over series: spans of the values that are there, and a name for each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/iso8601.h>
#include <ml/number.h>
#include <ml/series_internal.h>

static size_t least_rows(const ml_window *window) {
  return window->min_rows ? window->min_rows : window->rows ? window->rows : 1;
}

ml_status series__fail_windows(const ml_window *window, size_t longest, ml_error *err) {
  return ml_error_set(err, ML_ERR_PARSE,
                      "no window: the longest series has %zu row%s, and a window at least %zu",
                      longest, longest == 1 ? "" : "s", least_rows(window));
}

/* ---- where windows begin and end ---- */

ml_status series__check_window(const ml_window *window, ml_clock clock, ml_error *err) {
  bool by_time = window->span > 0 || window->stride_span > 0;
  if ((window->rows > 0) == (window->span > 0) || window->span < 0 || window->stride_span < 0)
    return ml_error_set(err, ML_ERR_USAGE, "a window has a number of rows, or a time");
  if (window->rows && window->min_rows > window->rows)
    return ml_error_set(err, ML_ERR_USAGE,
                        "no window of %zu rows has the %zu rows that it must have at least",
                        window->rows, window->min_rows);
  if (by_time && clock != ML_CLOCK_TIME)
    return ml_error_set(err, ML_ERR_USAGE, "windows of time need a column of dates and times");
  return ML_OK;
}

/* From an earlier time to a later one; no difference of two int64_t is too large for it. */
static uint64_t elapsed(int64_t from, int64_t to) {
  return (uint64_t)to - (uint64_t)from;
}

/* The next end behind `to`, or n + 1. */
static size_t next_end(const ml_window *window, const int64_t *times, size_t n, size_t to) {
  size_t stride = window->stride ? window->stride : 1;
  if (window->stride_span == 0) return stride > n - to ? n + 1 : to + stride;
  size_t end = to + 1;
  while (end <= n && elapsed(times[to - 1], times[end - 1]) < (uint64_t)window->stride_span) end++;
  return end;
}

size_t series__cut(const ml_window *window, const int64_t *times, size_t n, series_cut *cuts) {
  size_t least = least_rows(window), from = 0, n_cuts = 0;
  size_t to = window->stride_span ? 1 : least;
  for (; to <= n; to = next_end(window, times, n, to)) {
    if (window->rows)
      from = to > window->rows ? to - window->rows : 0;
    else
      while (elapsed(times[from], times[to - 1]) >= (uint64_t)window->span) from++;
    if (to - from >= least) cuts[n_cuts++] = (series_cut){from, to};
  }
  return n_cuts;
}

/* ---- windows as ids ---- */

typedef struct found {
  int64_t key; /* of the last row */
  size_t kind;
  series_span span;
} found;

typedef struct cutting {
  ml_series_set *set;
  const ml_window *window;
  series_id_form form;
  series_cut *cuts; /* of one series */
  found *found;     /* of one id */
  size_t n_found;
  ml_buf spans, names, parent; /* of all windows */
  size_t n_windows;
  ml_error *err;
} cutting;

static ml_status fail_twice(const cutting *c, size_t id, int64_t key) {
  char time[ISO8601_MAX > ML_NUMBER_MAX ? ISO8601_MAX : ML_NUMBER_MAX];
  if (c->set->clock == ML_CLOCK_TIME)
    iso8601__format(key, time);
  else
    ml_number_format(series__key_to_double(key), time);
  return ml_error_set(c->err, ML_ERR_PARSE,
                      "time %s occurs twice for id %.60s, and would name two windows", time,
                      c->set->ids[id]);
}

static ml_status cut_series(cutting *c, size_t id, size_t kind) {
  series_span whole = c->set->spans[id * c->set->n_kinds + kind];
  const int64_t *times = series__times(c->set, whole.start);
  size_t n = series__cut(c->window, times, whole.n, c->cuts);
  for (size_t i = 0; i < n; i++) {
    series_cut cut = c->cuts[i];
    int64_t key = times ? times[cut.to - 1] : (int64_t)(cut.to - 1);
    if (i > 0 && c->found[c->n_found - 1].key == key) return fail_twice(c, id, key);
    c->found[c->n_found++] = (found){key, kind, {whole.start + cut.from, cut.to - cut.from}};
  }
  return ML_OK;
}

static int compare_found(const void *a, const void *b) {
  const found *p = a, *q = b;
  if (p->key != q->key) return p->key < q->key ? -1 : 1;
  return (p->kind > q->kind) - (p->kind < q->kind);
}

static void put_name(cutting *c, size_t id, int64_t key) {
  ml_buf_puts(&c->names, "(");
  series__put_id(&c->names, c->set->ids[id], c->form);
  ml_buf_puts(&c->names, ", ");
  series__put_time(&c->names, key, c->set->clock, c->set->times_are_whole);
  ml_buf_put(&c->names, ")", 2); /* with the NUL */
}

/* One window of all kinds: in the wide shape they are cut alike, else each has its own. */
static void add_window(cutting *c, size_t id, const found *at, size_t n) {
  const ml_series_set *set = c->set;
  const uint32_t parent = (uint32_t)id;
  char *to = ml_buf_reserve(&c->spans, set->n_kinds * sizeof(series_span));
  if (to) {
    series_span *spans = (series_span *)(void *)to;
    for (size_t k = 0; k < set->n_kinds; k++) {
      size_t offset =
          set->spans[id * set->n_kinds + k].start - set->spans[id * set->n_kinds + at->kind].start;
      spans[k] =
          set->is_long ? (series_span){0} : (series_span){at->span.start + offset, at->span.n};
    }
    for (size_t i = 0; i < n; i++) spans[at[i].kind] = at[i].span;
    c->spans.n += set->n_kinds * sizeof(series_span);
  }
  ml_buf_put(&c->parent, &parent, sizeof parent);
  put_name(c, id, at->key);
  c->n_windows++;
}

/* A set has a span for each window and kind, which must not take far more than the values do. */
static ml_status check_product(const cutting *c) {
  const ml_series_set *set = c->set;
  if (c->spans.failed || c->names.failed || c->parent.failed) return ml_error_memory(c->err);
  if (c->spans.n / sizeof(series_span) <= ((size_t)1 << 20) + 16 * set->n_values) return ML_OK;
  return ml_error_set(c->err, ML_ERR_PARSE, "more than %zu windows of %zu kinds in %zu values",
                      c->n_windows, set->n_kinds, set->n_values);
}

static ml_status cut_id(cutting *c, size_t id) {
  size_t n_kinds = c->set->is_long ? c->set->n_kinds : 1;
  c->n_found = 0;
  for (size_t k = 0; k < n_kinds; k++) {
    ml_status status = cut_series(c, id, k);
    if (status != ML_OK) return status;
  }
  if (n_kinds > 1) qsort(c->found, c->n_found, sizeof *c->found, compare_found);
  for (size_t i = 0, n; i < c->n_found; i += n) {
    for (n = 1; i + n < c->n_found && c->found[i + n].key == c->found[i].key;) n++;
    add_window(c, id, &c->found[i], n);
    ml_status status = check_product(c);
    if (status != ML_OK) return status;
  }
  return ML_OK;
}

/* Rows of the longest series, and of the id that has most in all. */
static void longest(const ml_series_set *set, size_t *series, size_t *id) {
  *series = *id = 0;
  for (size_t i = 0; i < set->n_ids; i++) {
    size_t sum = 0;
    for (size_t k = 0; k < (set->is_long ? set->n_kinds : 1); k++) {
      size_t n = set->spans[i * set->n_kinds + k].n;
      sum += n;
      if (n > *series) *series = n;
    }
    if (sum > *id) *id = sum;
  }
}

static ml_status cut_all(cutting *c) {
  size_t n_series, n_id;
  longest(c->set, &n_series, &n_id);
  c->set->longest = n_series;
  c->cuts = reallocarray(NULL, n_series + 1, sizeof *c->cuts);
  c->found = reallocarray(NULL, n_id + 1, sizeof *c->found);
  if (!c->cuts || !c->found) return ml_error_memory(c->err);
  for (size_t i = 0; i < c->set->n_ids; i++) {
    ml_status status = cut_id(c, i);
    if (status != ML_OK) return status;
  }
  return c->n_windows > 0 || c->set->is_part ? ML_OK
                                             : series__fail_windows(c->window, n_series, c->err);
}

/* The windows take the place of the ids. */
static ml_status take_place(cutting *c) {
  ml_series_set *set = c->set;
  char **ids = reallocarray(NULL, c->n_windows + 1, sizeof *ids), *at = c->names.data;
  if (!ids) return ml_error_memory(c->err);
  for (size_t i = 0; i < c->n_windows; i++, at += strlen(at) + 1) ids[i] = at;
  free(set->spans);
  set->parents = set->ids;
  set->n_parents = set->n_ids;
  set->parent_text = set->id_text;
  set->parent = (uint32_t *)(void *)c->parent.data;
  set->ids = ids;
  set->id_text = c->names.data;
  set->spans = (series_span *)(void *)c->spans.data;
  set->n_ids = c->n_windows;
  set->ids_are_numbers = false;
  c->spans = c->names = c->parent = (ml_buf){0};
  return ML_OK;
}

ml_status series__make_windows(ml_series_set *set, const ml_window *window, ml_error *err) {
  cutting c = {.set = set,
               .window = window,
               .form = series__id_form(set->ids, set->n_ids, set->ids_are_numbers),
               .err = err};
  ml_status status = series__check_window(window, set->clock, err);
  if (c.form == SERIES_ID_WHOLE && set->forms.not_whole) c.form = SERIES_ID_REAL;
  if (status == ML_OK) status = cut_all(&c);
  if (status == ML_OK) status = take_place(&c);
  free(c.cuts);
  free(c.found);
  ml_buf_release(&c.spans);
  ml_buf_release(&c.names);
  ml_buf_release(&c.parent);
  return status;
}
