/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows into groups, each sorted by its key: one counting sort, then a merge sort where needed. */
#include <stdlib.h>
#include <string.h>

#include <ml/series_internal.h>

/* Rows between two looks at the watch. */
#define WATCH_ROWS 65536

int64_t *series__keys(double *time, size_t n) {
  for (size_t i = 0; i < n; i++) {
    double t = time[i] == 0.0 ? 0.0 : time[i];
    int64_t key;
    memcpy(&key, &t, sizeof key);
    if (key < 0) key ^= INT64_MAX; /* the bits of negative doubles run backwards */
    memcpy(&time[i], &key, sizeof key);
  }
  return (int64_t *)(void *)time;
}

double series__key_to_double(int64_t key) {
  if (key < 0) key ^= INT64_MAX;
  double t;
  memcpy(&t, &key, sizeof t);
  return t;
}

/* Where each group starts. @return whether the rows are in order of group and key as they are */
static bool count_groups(size_t n_rows, const uint32_t *group, size_t n_groups, const int64_t *key,
                         size_t *starts) {
  bool in_order = true;
  for (size_t i = 0; i < n_rows; i++) {
    uint32_t g = group ? group[i] : 0, before = group && i > 0 ? group[i - 1] : 0;
    starts[g + 1]++;
    if (i > 0 && (g < before || (g == before && key && key[i] < key[i - 1]))) in_order = false;
  }
  for (size_t g = 0; g < n_groups; g++) starts[g + 1] += starts[g];
  return in_order;
}

/* Stable: rows of a group stay in the order of the input. Uses starts as cursors and puts them
 * back. */
static void scatter(size_t n_rows, const uint32_t *group, size_t n_groups, size_t *starts,
                    uint32_t *rows) {
  for (size_t i = 0; i < n_rows; i++) rows[starts[group ? group[i] : 0]++] = (uint32_t)i;
  memmove(starts + 1, starts, n_groups * sizeof *starts);
  starts[0] = 0;
}

static void insertion_sort(uint32_t *rows, size_t n, const int64_t *key) {
  for (size_t i = 1; i < n; i++) {
    uint32_t row = rows[i];
    size_t j = i;
    for (; j > 0 && key[rows[j - 1]] > key[row]; j--) rows[j] = rows[j - 1];
    rows[j] = row;
  }
}

/* Stable merge of rows[0 .. middle) and rows[middle .. n); spare has room for the first part. */
static void merge(uint32_t *rows, size_t middle, size_t n, const int64_t *key, uint32_t *spare) {
  memcpy(spare, rows, middle * sizeof *rows);
  size_t a = 0, b = middle, to = 0;
  while (a < middle && b < n) rows[to++] = key[rows[b]] < key[spare[a]] ? rows[b++] : spare[a++];
  memcpy(rows + to, spare + a, (middle - a) * sizeof *rows);
}

/* Stable sort by key, bottom up; spare has room for n rows. */
static void sort_rows(uint32_t *rows, size_t n, const int64_t *key, uint32_t *spare) {
  const size_t run = 16;
  for (size_t at = 0; at < n; at += run)
    insertion_sort(rows + at, n - at < run ? n - at : run, key);
  for (size_t width = run; width < n; width *= 2)
    for (size_t at = 0; n - at > width; at += 2 * width) {
      size_t both = n - at < 2 * width ? n - at : 2 * width;
      if (key[rows[at + width - 1]] > key[rows[at + width]])
        merge(rows + at, width, both, key, spare);
      if (n - at <= 2 * width) break;
    }
}

static bool is_sorted(const uint32_t *rows, size_t n, const int64_t *key) {
  for (size_t i = 1; i < n; i++)
    if (key[rows[i]] < key[rows[i - 1]]) return false;
  return true;
}

static ml_status sort_groups(const series_order *order, size_t n_groups, const int64_t *key,
                             const ml_watch *watch, ml_error *err) {
  size_t longest = 0, since = 0;
  for (size_t g = 0; g < n_groups; g++) {
    size_t n = order->starts[g + 1] - order->starts[g];
    if (n > longest) longest = n;
  }
  uint32_t *spare = malloc((longest ? longest : 1) * sizeof *spare);
  if (!spare) return ml_error_memory(err);
  ml_status status = ML_OK;
  for (size_t g = 0; g < n_groups && status == ML_OK; g++) {
    uint32_t *rows = order->rows + order->starts[g];
    size_t n = order->starts[g + 1] - order->starts[g];
    if (!is_sorted(rows, n, key)) sort_rows(rows, n, key, spare);
    since += n;
    if (since < WATCH_ROWS) continue;
    since = 0;
    if (ml_watch_cancelled(watch)) status = ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
  }
  free(spare);
  return status;
}

ml_status series__order(size_t n_rows, const uint32_t *group, size_t n_groups, const int64_t *key,
                        const ml_watch *watch, series_order *order, ml_error *err) {
  *order = (series_order){.starts = calloc(n_groups + 1, sizeof *order->starts)};
  if (!order->starts) return ml_error_memory(err);
  if (count_groups(n_rows, group, n_groups, key, order->starts)) return ML_OK;
  if (n_rows > UINT32_MAX)
    return ml_error_set(err, ML_ERR_PARSE,
                        "more than %u rows, which are not sorted by id and time: sort the file",
                        UINT32_MAX);
  order->rows = malloc(n_rows * sizeof *order->rows);
  if (!order->rows) return ml_error_memory(err);
  scatter(n_rows, group, n_groups, order->starts, order->rows);
  return key ? sort_groups(order, n_groups, key, watch, err) : ML_OK;
}

void series__order_release(series_order *order) {
  free(order->starts);
  free(order->rows);
  *order = (series_order){0};
}

bool series__append(ml_series_set *set, double *column, size_t n_rows, const series_order *order) {
  if (!set->values && !order->rows) {
    set->values = column;
    set->n_values = n_rows;
    return true;
  }
  double *values = reallocarray(set->values, set->n_values + n_rows + 1, sizeof *values);
  if (values) {
    set->values = values;
    values += set->n_values;
    if (order->rows)
      for (size_t p = 0; p < n_rows; p++) values[p] = column[order->rows[p]];
    else
      memcpy(values, column, n_rows * sizeof *values);
    set->n_values += n_rows;
  }
  free(column);
  return values != NULL;
}

int64_t *series__sorted_keys(const int64_t *key, size_t n_rows, const series_order *order) {
  int64_t *sorted = reallocarray(NULL, n_rows ? n_rows : 1, sizeof *sorted);
  for (size_t p = 0; sorted && p < n_rows; p++) sorted[p] = key[series__row(order, p)];
  return sorted;
}

ml_status series__finish(ml_series_set *set, series_gaps gaps, const ml_window *window,
                         ml_error *err) {
  series__interpolate(set, gaps);
  ml_status status = window ? series__make_windows(set, window, err) : ML_OK;
  if (status == ML_OK) status = series__drop(set, gaps, err);
  if (set->clock == ML_CLOCK_TIME) return status;
  free(set->times);
  set->times = NULL;
  set->n_times = 0;
  return status;
}

void series__wide_spans(ml_series_set *set, const series_order *order) {
  for (size_t i = 0; i < set->n_ids; i++)
    for (size_t k = 0; k < set->n_kinds; k++)
      set->spans[i * set->n_kinds + k] = (series_span){k * set->n_rows + order->starts[i],
                                                       order->starts[i + 1] - order->starts[i]};
}
