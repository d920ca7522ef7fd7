/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What decision trees are grown on: rows in a fixed order, columns sorted once for all folds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/order_key.h>

#include "tree.h"

enum { DIGITS = 8, RADIX = 256, FEW = 48 };

/* A row number that is none. */
#define ABSENT UINT32_MAX

/* ---- sorting --------------------------------------------------------------------------------- */

typedef struct item {
  uint64_t key;
  uint32_t row;
} item;

/* -0 is 0; every NaN is last. */
static uint64_t key_of(double x) {
  return x != x ? UINT64_MAX : order_key(x + 0.0);
}

static void insert(item *items, size_t n) {
  for (size_t i = 1; i < n; i++) {
    item moved = items[i];
    size_t j = i;
    for (; j > 0 && items[j - 1].key > moved.key; j--) items[j] = items[j - 1];
    items[j] = moved;
  }
}

/* Least significant byte first, which keeps the order of equals; bytes that all keys share are
 * passed over. @return the sorted one of the two arrays */
static item *sort_bytes(item *items, item *spare, size_t n) {
  size_t counts[DIGITS][RADIX] = {{0}};
  for (size_t i = 0; i < n; i++)
    for (size_t d = 0; d < DIGITS; d++) counts[d][items[i].key >> 8 * d & 0xFF]++;
  for (size_t d = 0; d < DIGITS; d++) {
    size_t *count = counts[d], start = 0;
    if (count[items[0].key >> 8 * d & 0xFF] == n) continue;
    for (size_t b = 0; b < RADIX; b++) {
      size_t here = count[b];
      count[b] = start;
      start += here;
    }
    for (size_t i = 0; i < n; i++) spare[count[items[i].key >> 8 * d & 0xFF]++] = items[i];
    item *swap = items;
    items = spare;
    spare = swap;
  }
  return items;
}

/* Entries of a column: positions among `rows` (NULL: the numbers themselves), which ascend.
 * @param items  room for 2 n */
static void sort_column(const double *x, const uint32_t *rows, bool positions, size_t n,
                        item *items, uint32_t *out) {
  for (size_t i = 0; i < n; i++) {
    uint32_t row = rows ? rows[i] : (uint32_t)i;
    items[i] = (item){key_of(x[row]), positions ? (uint32_t)i : row};
  }
  item *sorted = items;
  if (n < FEW)
    insert(items, n);
  else
    sorted = sort_bytes(items, items + n, n);
  for (size_t i = 0; i < n; i++)
    out[i] = sorted[i].row | (i && sorted[i].key > sorted[i - 1].key ? TREE_STEP : 0);
}

static ml_status new_items(size_t n, item **out, ml_error *err) {
  *out = calloc(n ? n : 1, 2 * sizeof **out);
  return *out ? ML_OK : ml_error_memory(err);
}

static ml_status too_many(size_t n, ml_error *err) {
  return ml_error_set(err, ML_ERR_NUMERIC, "trees take %zu rows at most, not %zu", TREE_MAX_ROWS,
                      n);
}

ml_status tree__share_size(const ml_cv *cv, size_t *n_parts, size_t *part_bytes, ml_error *err) {
  if (cv->folds->n_rows > TREE_MAX_ROWS) return too_many(cv->folds->n_rows, err);
  *n_parts = cv->all.n_columns;
  *part_bytes = cv->all.n * sizeof(uint32_t);
  return ML_OK;
}

ml_status tree__share(const ml_cv *cv, size_t part, void *out, ml_error *err) {
  const ml_view *all = &cv->all;
  item *items;
  ml_status status = new_items(all->n, &items, err);
  if (status) return status;
  sort_column(all->x + part * all->stride, all->rows, false, all->n, items, out);
  free(items);
  return ML_OK;
}

/* ---- targets --------------------------------------------------------------------------------- */

/* Weights that are whole numbers are counted exactly. */
static ml_status take_weights(const ml_view *train, tree_sample *s, ml_error *err) {
  double sum = 0;
  bool are_whole = true;
  for (size_t i = 0; i < s->n; i++) {
    double w = train->weights ? train->weights[s->rows[i]] : 1;
    are_whole = are_whole && w == floor(w);
    sum += w;
  }
  if (are_whole && sum < INT32_MAX) {
    s->counts = malloc(s->n * sizeof *s->counts);
    if (!s->counts) return ml_error_memory(err);
    for (size_t i = 0; i < s->n; i++)
      s->counts[i] = train->weights ? (uint32_t)train->weights[s->rows[i]] : 1;
    return ML_OK;
  }
  s->weights = malloc(s->n * sizeof *s->weights);
  if (!s->weights) return ml_error_memory(err);
  double most = 0;
  for (size_t i = 0; i < s->n; i++) most = fmax(most, train->weights[s->rows[i]]);
  int exponent; /* squares of sums of weights are to be finite */
  frexp(most, &exponent);
  for (size_t i = 0; i < s->n; i++) s->weights[i] = ldexp(train->weights[s->rows[i]], -exponent);
  return ML_OK;
}

/* Of a size whose squares are numbers. */
static ml_status take_y(const ml_view *train, tree_sample *s, ml_error *err) {
  s->y = malloc(s->n * sizeof *s->y);
  if (!s->y) return ml_error_memory(err);
  double most = 0;
  for (size_t i = 0; i < s->n; i++) most = fmax(most, fabs(train->y[s->rows[i]]));
  frexp(most, &s->exponent);
  for (size_t i = 0; i < s->n; i++) s->y[i] = ldexp(train->y[s->rows[i]], -s->exponent);
  return ML_OK;
}

static ml_status take_target(const ml_view *train, tree_sample *s, ml_error *err) {
  ml_status status = take_weights(train, s, err);
  if (status) return status;
  s->n_classes = train->n_classes;
  if (!s->n_classes) return take_y(train, s, err);
  s->classes = malloc(s->n * sizeof *s->classes);
  if (!s->classes) return ml_error_memory(err);
  for (size_t i = 0; i < s->n; i++) s->classes[i] = train->classes[s->rows[i]];
  return ML_OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static int by_number(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* Rows of weight 0 are left out. */
static ml_status take_rows(const ml_view *train, tree_sample *s, ml_error *err) {
  if (train->n > TREE_MAX_ROWS) return too_many(train->n, err);
  s->rows = malloc((train->n ? train->n : 1) * sizeof *s->rows);
  if (!s->rows) return ml_error_memory(err);
  bool ascends = true;
  for (size_t i = 0; i < train->n; i++) {
    size_t row = ml_view_row(train, i);
    if (train->weights && !(train->weights[row] > 0)) continue;
    ascends = ascends && (!s->n || s->rows[s->n - 1] <= row);
    s->rows[s->n++] = (uint32_t)row;
  }
  if (!s->n) return ml_error_set(err, ML_ERR_NUMERIC, "no row of weight above 0 to learn from");
  if (!ascends) qsort(s->rows, s->n, sizeof *s->rows, by_number);
  return ML_OK;
}

static ml_status begin(const ml_view *train, tree_sample *s, ml_error *err) {
  *s = (tree_sample){.n_columns = train->n_columns, .x = train->x, .stride = train->stride};
  ml_status status = take_rows(train, s, err);
  if (status == ML_OK) status = take_target(train, s, err);
  if (status) return status;
  size_t size;
  if (__builtin_mul_overflow(s->n * sizeof *s->order, s->n_columns, &size))
    return ml_error_memory(err);
  s->order = malloc(size ? size : 1);
  return s->order ? ML_OK : ml_error_memory(err);
}

static ml_status sort_columns(tree_sample *s, ml_error *err) {
  item *items;
  ml_status status = new_items(s->n, &items, err);
  if (status) return status;
  for (size_t j = 0; j < s->n_columns; j++)
    sort_column(s->x + j * s->stride, s->rows, true, s->n, items, s->order + j * s->n);
  free(items);
  return ML_OK;
}

static ml_status release_on(ml_status status, tree_sample *s) {
  if (status) tree__sample_release(s);
  return status;
}

ml_status tree__sample(const ml_view *train, tree_sample *out, ml_error *err) {
  ml_status status = begin(train, out, err);
  if (status == ML_OK) status = sort_columns(out, err);
  return release_on(status, out);
}

/* Of a row of the data. */
typedef struct placing {
  uint32_t first; /* place in the sample; ABSENT: none */
  uint32_t seen;  /* the last column that had it, from 1 */
} placing;

/* Keep the entries of rows of the sample, each as often as it is there; a step that is left out
 * is one of the next that is kept. The entries come from another process: what is no row, or is
 * there twice, is not gone by.
 * @return how many are kept; 0: the entries are none */
static size_t filter(const tree_sample *s, placing *rows, size_t n_rows, uint32_t column,
                     bool are_distinct, const uint32_t *sorted, size_t n_sorted, uint32_t *out) {
  size_t n = 0;
  uint32_t step = 0;
  for (size_t i = 0; i < n_sorted; i++) {
    uint32_t row = sorted[i] & TREE_ROW;
    if (row >= n_rows || rows[row].seen == column + 1) return 0;
    rows[row].seen = column + 1;
    uint32_t at = rows[row].first, is_kept = at != ABSENT;
    step |= sorted[i] & TREE_STEP;
    if (n < s->n) out[n] = at | step;
    n += is_kept;
    step &= is_kept - 1;
    while (!are_distinct && is_kept && ++at < s->n && s->rows[at] == row && n < s->n) out[n++] = at;
  }
  return n;
}

static bool find_rows(const tree_sample *s, size_t n_rows, placing *rows) {
  bool are_distinct = true;
  for (size_t i = 0; i < n_rows; i++) rows[i] = (placing){.first = ABSENT};
  for (size_t i = 0; i < s->n; i++) {
    if (rows[s->rows[i]].first == ABSENT)
      rows[s->rows[i]].first = (uint32_t)i;
    else
      are_distinct = false;
  }
  return are_distinct;
}

static ml_status take_sorted(const ml_cv *cv, const void *shared, tree_sample *s, ml_error *err) {
  size_t n_rows = cv->folds->n_rows, n = cv->all.n, bytes = (n * sizeof(uint32_t) + 63) / 64 * 64;
  placing *rows = malloc((n_rows ? n_rows : 1) * sizeof *rows);
  if (!rows) return ml_error_memory(err);
  bool are_distinct = find_rows(s, n_rows, rows), are_members = true;
  for (size_t j = 0; j < s->n_columns && are_members; j++) {
    const void *sorted = (const char *)shared + j * bytes;
    are_members =
        filter(s, rows, n_rows, (uint32_t)j, are_distinct, sorted, n, s->order + j * s->n) == s->n;
  }
  free(rows);
  return are_members ? ML_OK : sort_columns(s, err); /* rows that no member is are not sorted yet */
}

ml_status tree__sample_fold(const ml_cv *cv, const void *shared, size_t fold, tree_sample *out,
                            ml_error *err) {
  size_t n = ml_folds_n_train(cv->folds, fold);
  uint32_t *rows = malloc((n ? n : 1) * sizeof *rows);
  *out = (tree_sample){0};
  if (!rows) return ml_error_memory(err);
  ml_view train = ml_cv_train(cv, fold, rows);
  ml_status status = begin(&train, out, err);
  if (status == ML_OK) status = take_sorted(cv, shared, out, err);
  free(rows);
  return release_on(status, out);
}

void tree__sample_release(tree_sample *sample) {
  free(sample->rows);
  free(sample->order);
  free(sample->classes);
  free(sample->y);
  free(sample->weights);
  free(sample->counts);
  *sample = (tree_sample){0};
}
