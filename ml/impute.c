/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What replaces values that are not finite: the range of each column. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/matrix_internal.h>
#include <ml/order_key.h>
#include <ml/stats_internal.h>

/* The median is searched by the leading bits of the values: they are counted in so many buckets,
 * and the search goes on in the bucket that has the middle, until few are left to be sorted. */
enum { BUCKET_BITS = 11, N_BUCKETS = 1 << BUCKET_BITS, FEW = 32 };

/* Columns of a row-major matrix that are taken together: what lies in one cache line. */
enum { TILE = 8 };

#define EXPONENT (UINT64_C(0x7FF) << 52)

static inline bool is_odd(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return (bits & EXPONENT) == EXPONENT;
}

/* The keys in the middle: lower and upper, which are one when there is an odd number of them. */
typedef struct middle {
  uint64_t lower, upper;
} middle;

/* Count the keys, from min, in buckets, and find the one with the key that is k-th from 0.
 * @param[in,out] k  then of that bucket @return the bucket */
static size_t find_bucket(const uint64_t *keys, size_t n, uint64_t min, int shift, size_t *k) {
  size_t counts[N_BUCKETS] = {0}, b = 0;
  for (size_t i = 0; i < n; i++) counts[(keys[i] - min) >> shift]++;
  for (; counts[b] <= *k; b++) *k -= counts[b];
  return b;
}

/* The k-th key from 0 of n in [min, max], and the one that would follow it if they were sorted;
 * the keys are used up. */
static middle find_middle(uint64_t *keys, size_t n, uint64_t min, uint64_t max, size_t k) {
  uint64_t above = UINT64_MAX; /* least of those that were behind the bucket */
  while (n > FEW && min < max) {
    int shift = 64 - BUCKET_BITS - __builtin_clzll(max - min);
    if (shift < 0) shift = 0;
    const size_t b = find_bucket(keys, n, min, shift, &k);
    const uint64_t from = min + ((uint64_t)b << shift), width = UINT64_C(1) << shift;
    size_t n_kept = 0;
    min = UINT64_MAX;
    max = 0;
    for (size_t i = 0; i < n; i++) {
      uint64_t key = keys[i];
      bool is_in = key - from < width, is_above = key >= from && !is_in;
      keys[n_kept] = key;
      n_kept += is_in;
      min = is_in && key < min ? key : min;
      max = is_in && key > max ? key : max;
      above = is_above && key < above ? key : above;
    }
    n = n_kept;
  }
  if (n > FEW) return (middle){min, k + 1 < n ? min : above};
  order_keys_insert(keys, n);
  return (middle){keys[k], k + 1 < n ? keys[k + 1] : above};
}

/* The mean of two numbers, whose sum may be too large for a double. */
static double mean_of_two(double a, double b) {
  double sum = a + b;
  return is_odd(sum) ? a / 2 + b / 2 : sum / 2;
}

size_t stats__range(const double *x, size_t n, uint64_t *keys, ml_impute_range *range) {
  size_t n_finite = 0;
  uint64_t min = UINT64_MAX, max = 0;
  for (size_t i = 0; i < n; i++) {
    uint64_t key = order_key(x[i]);
    bool finite = !is_odd(x[i]);
    keys[n_finite] = key;
    n_finite += finite;
    min = finite && key < min ? key : min;
    max = finite && key > max ? key : max;
  }
  *range = (ml_impute_range){0};
  if (n_finite == 0) return n;
  range->min = order_key_value(min);
  range->max = order_key_value(max);
  middle m = find_middle(keys, n_finite, min, max, (n_finite - 1) / 2);
  range->median = n_finite % 2 ? order_key_value(m.lower)
                               : mean_of_two(order_key_value(m.lower), order_key_value(m.upper));
  return n - n_finite;
}

ml_status ml_impute_learn(const ml_matrix *m, ml_impute_range *ranges, size_t *n_odd,
                          const ml_watch *watch, ml_error *err) {
  const size_t n = m->n_rows, n_tile = m->by_column ? 0 : TILE;
  uint64_t *keys = reallocarray(NULL, n ? n : 1, sizeof *keys);
  double *tile = reallocarray(NULL, n ? n : 1, (n_tile ? n_tile : 1) * sizeof *tile);
  ml_status status = keys && tile ? ML_OK : ml_error_memory(err);
  for (size_t j = 0; status == ML_OK && j < m->n_columns; j++) {
    const double *column = m->values + j * n;
    if (!m->by_column) {
      if (j % TILE == 0)
        matrix__columns(m->values + j, n, m->n_columns, NULL,
                        m->n_columns - j < TILE ? m->n_columns - j : TILE, tile, n);
      column = tile + j % TILE * n;
    }
    size_t odd = stats__range(column, n, keys, &ranges[j]);
    if (n_odd) n_odd[j] = odd;
    if (ml_watch_cancelled(watch)) status = ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
  }
  free(tile);
  free(keys);
  return status;
}

static double replacement(double x, const ml_impute_range *range) {
  return isnan(x) ? range->median : x > 0 ? range->max : range->min;
}

/* Nothing is written where nothing is to be: pages stay as they are. */
void ml_impute(ml_matrix *m, const ml_impute_range *ranges) {
  const size_t n_lines = m->by_column ? m->n_columns : m->n_rows;
  const size_t n = m->by_column ? m->n_rows : m->n_columns;
  for (size_t k = 0; k < n_lines; k++) {
    double *line = m->values + k * n;
    for (size_t i = 0; i < n; i++)
      if (is_odd(line[i])) line[i] = replacement(line[i], &ranges[m->by_column ? k : i]);
  }
}
