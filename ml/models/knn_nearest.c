/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The nearest rows of a table: every distance is computed, a tile of rows and a few queries at a
 * time, and a heap keeps the nearest of each query. */
#include <math.h>
#include <ml/exec.h>
#include <ml/vector.h>
#include <stdlib.h>
#include <string.h>

#include "knn_internal.h"

enum { LANES = 8, AT_ONCE = 4 /* queries */ };
typedef double lanes
    __attribute__((vector_size(LANES * sizeof(double)), aligned(sizeof(double)), may_alias));
typedef int64_t bits __attribute__((vector_size(LANES * sizeof(int64_t))));

ml_status knn__rows(const ml_view *view, knn_rows *out, ml_error *err) {
  size_t n = view->n, p = view->n_columns, n_tiles = (n + KNN_TILE - 1) / KNN_TILE;
  double *x = calloc(n_tiles * p + 1, KNN_TILE * sizeof *x), *column = calloc(n + 1, sizeof *x);
  ml_status status = x && column ? ML_OK : ml_error_memory(err);
  for (size_t j = 0; j < p && status == ML_OK; j++) {
    ml_view one = *view;
    one.x = view->x + j * view->stride;
    one.n_columns = 1;
    ml_view_gather(&one, column, n);
    for (size_t i = 0; i < n && status == ML_OK; i++) {
      if (!isfinite(column[i]))
        status = ml_error_set(err, ML_ERR_NUMERIC,
                              "column %zu has a value that is missing or infinite", j + 1);
      x[(i / KNN_TILE * p + j) * KNN_TILE + i % KNN_TILE] = column[i];
    }
  }
  free(column);
  if (status == ML_OK)
    *out = (knn_rows){n, p, x};
  else
    free(x);
  return status;
}

/* ---- distances ------------------------------------------------------------------------------- */

/* Of all rows of a tile to AT_ONCE queries (of p values each), and the least of each query. */
typedef void distances(const double *tile, size_t p, const double *queries,
                       double out[AT_ONCE][KNN_TILE], double least[AT_ONCE]);

#define KNN_DISTANCES(name, TERM)                                                                \
  ML_VECTOR_PATHS                                                                                \
  static void name(const double *tile, size_t p, const double *queries,                          \
                   double out[AT_ONCE][KNN_TILE], double least[AT_ONCE]) {                       \
    lanes low[AT_ONCE];                                                                          \
    for (size_t q = 0; q < AT_ONCE; q++) low[q] = (lanes){0} + HUGE_VAL;                         \
    for (size_t i = 0; i < KNN_TILE; i += LANES) {                                               \
      lanes sum[AT_ONCE] = {{0}};                                                                \
      for (size_t j = 0; j < p; j++) {                                                           \
        const lanes x = *(const lanes *)(tile + j * KNN_TILE + i);                               \
        for (size_t q = 0; q < AT_ONCE; q++) {                                                   \
          lanes d = x - queries[q * p + j];                                                      \
          sum[q] += TERM(d);                                                                     \
        }                                                                                        \
      }                                                                                          \
      for (size_t q = 0; q < AT_ONCE; q++) {                                                     \
        *(lanes *)(out[q] + i) = sum[q];                                                         \
        bits is_less = sum[q] < low[q];                                                          \
        low[q] = (lanes)((is_less & (bits)sum[q]) | (~is_less & (bits)low[q]));                  \
      }                                                                                          \
    }                                                                                            \
    for (size_t q = 0; q < AT_ONCE; q++) {                                                       \
      least[q] = low[q][0];                                                                      \
      for (size_t l = 1; l < LANES; l++) least[q] = low[q][l] < least[q] ? low[q][l] : least[q]; \
    }                                                                                            \
  }

#define SQUARE(d)   ((d) * (d))
#define ABSOLUTE(d) ((lanes)((bits)(d)&INT64_MAX))
KNN_DISTANCES(squares, SQUARE)
KNN_DISTANCES(absolutes, ABSOLUTE)

/* ---- the nearest of one query ---------------------------------------------------------------- */

static bool is_further(knn_near a, knn_near b) {
  return a.far > b.far || (a.far == b.far && a.at > b.at);
}

/* The furthest is on top. */
static void sift_down(knn_near *heap, size_t n, size_t i) {
  knn_near x = heap[i];
  for (size_t child; (child = 2 * i + 1) < n; i = child) {
    if (child + 1 < n && is_further(heap[child + 1], heap[child])) child++;
    if (!is_further(heap[child], x)) break;
    heap[i] = heap[child];
  }
  heap[i] = x;
}

static void sort_heap(knn_near *heap, size_t n) {
  for (size_t left = n; left > 1; left--) {
    knn_near x = heap[left - 1];
    heap[left - 1] = heap[0];
    heap[0] = x;
    sift_down(heap, left - 1, 0);
  }
}

/* Rows come in their order, so that of equals the first are in the heap already. */
static void offer(knn_near *heap, size_t k, size_t *n_kept, double far, size_t at) {
  if (*n_kept < k) {
    heap[(*n_kept)++] = (knn_near){far, (uint32_t)at};
    for (size_t i = k / 2; *n_kept == k && i-- > 0;) sift_down(heap, k, i);
  } else if (far < heap[0].far) {
    heap[0] = (knn_near){far, (uint32_t)at};
    sift_down(heap, k, 0);
  }
}

/* AT_ONCE queries, of which n count. */
static void search(const knn_rows *rows, const double *queries, size_t n, size_t k,
                   distances *measure, knn_near *out) {
  double far[AT_ONCE][KNN_TILE], least[AT_ONCE];
  size_t p = rows->n_columns, n_kept[AT_ONCE] = {0};
  for (size_t first = 0; first < rows->n; first += KNN_TILE) {
    size_t n_rows = rows->n - first < KNN_TILE ? rows->n - first : KNN_TILE;
    measure(rows->x + first * p, p, queries, far, least);
    for (size_t q = 0; q < n; q++) {
      knn_near *heap = out + q * k;
      if (n_kept[q] == k && least[q] >= heap[0].far) continue;
      for (size_t i = 0; i < n_rows; i++) offer(heap, k, &n_kept[q], far[q][i], first + i);
    }
  }
  for (size_t q = 0; q < n; q++) sort_heap(out + q * k, k);
}

/* Values of n queries, row-major. */
static ml_status gather_queries(const ml_view *view, size_t first, size_t n, double *out,
                                ml_error *err) {
  for (size_t j = 0; j < view->n_columns; j++) {
    const double *x = view->x + j * view->stride;
    for (size_t i = 0; i < n; i++) {
      double value = x[ml_view_row(view, first + i)];
      if (!isfinite(value))
        return ml_error_set(err, ML_ERR_NUMERIC,
                            "column %zu has a value that is missing or infinite", j + 1);
      out[i * view->n_columns + j] = value;
    }
  }
  return ML_OK;
}

ml_status knn__nearest(const knn_rows *rows, const ml_view *queries, size_t k, knn_metric metric,
                       const void *cancel, knn_near *out, ml_error *err) {
  double *x = calloc(AT_ONCE * rows->n_columns + 1, sizeof *x);
  ml_status status = x ? ML_OK : ml_error_memory(err);
  for (size_t first = 0; first < queries->n && status == ML_OK; first += AT_ONCE) {
    size_t n = queries->n - first < AT_ONCE ? queries->n - first : AT_ONCE;
    if (ml_item_cancelled(cancel)) {
      status = ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
      break;
    }
    status = gather_queries(queries, first, n, x, err);
    if (status == ML_OK)
      search(rows, x, n, k, metric == KNN_EUCLIDEAN ? squares : absolutes, out + first * k);
  }
  free(x);
  return status;
}
