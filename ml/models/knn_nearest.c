/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The nearest rows of a table: a sketch tells which rows of a tile may be near, their distances are
 * computed, and a heap keeps the nearest of each query. */
#include <math.h>
#include <ml/exec.h>
#include <ml/vector.h>
#include <stdlib.h>
#include <string.h>

#include "knn_internal.h"

enum { MANY = 64 /* queries, for which a tile is read once */ };
typedef double lanes
    __attribute__((vector_size(KNN_GROUP * sizeof(double)), aligned(sizeof(double)), may_alias));
typedef int64_t bits __attribute__((vector_size(KNN_GROUP * sizeof(int64_t))));
typedef int64_t half_bits __attribute__((vector_size(KNN_GROUP / 2 * sizeof(int64_t))));

ml_status knn__rows(const ml_view *view, knn_metric metric, knn_rows *out, ml_error *err) {
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
  knn_sketch sketch = {0};
  if (status == ML_OK && metric == KNN_EUCLIDEAN) status = knn__sketch(x, n, p, &sketch, err);
  if (status == ML_OK)
    *out = (knn_rows){n, p, x, sketch};
  else
    free(x);
  return status;
}

void knn__rows_release(knn_rows *rows) {
  free(rows->x);
  knn__sketch_release(&rows->sketch);
}

/* ---- distances ------------------------------------------------------------------------------- */

/* From a query to some groups of a tile. @return those that have a row nearer than top */
typedef uint8_t distances(const double *tile, size_t p, const double *query, uint8_t groups,
                          double top, double *out);

__attribute__((always_inline)) static inline bool has_any(const bits *b) {
  half_bits half =
      __builtin_shufflevector(*b, *b, 0, 1, 2, 3) | __builtin_shufflevector(*b, *b, 4, 5, 6, 7);
  return (half[0] | half[1] | half[2] | half[3]) != 0;
}

#define KNN_DISTANCES(name, TERM)                                                        \
  ML_VECTOR_PATHS                                                                        \
  static uint8_t name(const double *tile, size_t p, const double *query, uint8_t groups, \
                      double top, double *out) {                                         \
    uint8_t nearer = 0;                                                                  \
    for (size_t g = 0; groups >> g; g++) {                                               \
      if (!(groups >> g & 1)) continue;                                                  \
      lanes sum = {0};                                                                   \
      for (size_t j = 0; j < p; j++) {                                                   \
        lanes d = *(const lanes *)(tile + j * KNN_TILE + g * KNN_GROUP) - query[j];      \
        sum += TERM(d);                                                                  \
      }                                                                                  \
      *(lanes *)(out + g * KNN_GROUP) = sum;                                             \
      bits is_near = sum < top;                                                          \
      if (has_any(&is_near)) nearer |= (uint8_t)(1 << g);                                \
    }                                                                                    \
    return nearer;                                                                       \
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

typedef struct seeker {
  knn_near *heap;
  size_t n_kept;
} seeker;

/* The rows of some groups of a tile. */
static void look_closer(const knn_rows *rows, size_t first, const double *query, uint8_t groups,
                        distances *measure, size_t k, seeker *s, knn_probe *probe) {
  double far[KNN_TILE], top = s->n_kept == k ? s->heap[0].far : HUGE_VAL;
  size_t left = rows->n - first;
  if (s->n_kept == k)
    groups = measure(rows->x + first * rows->n_columns, rows->n_columns, query, groups, top, far);
  else
    measure(rows->x + first * rows->n_columns, rows->n_columns, query, groups, top, far);
  for (size_t g = 0; groups >> g; g++)
    for (size_t i = g * KNN_GROUP; groups >> g & 1 && i < (g + 1) * KNN_GROUP && i < left; i++)
      offer(s->heap, k, &s->n_kept, far[i], first + i);
  if (s->n_kept == k && s->heap[0].far < top)
    knn__sketch_narrow(&rows->sketch, rows->n_columns, s->heap[0].far, probe);
}

/* Room for MANY queries. */
typedef struct search_room {
  double *queries; /* row-major */
  float *sketches; /* KNN_AT_ONCE side by side */
  knn_probe probes[MANY];
  seeker seekers[MANY];
} search_room;

static void search(const knn_rows *rows, search_room *room, size_t n, size_t k, distances *measure,
                   knn_near *out) {
  size_t p = rows->n_columns;
  uint8_t groups[KNN_AT_ONCE];
  for (size_t q = 0; q < n; q++) {
    float *to = room->sketches + (q - q % KNN_AT_ONCE) * p + q % KNN_AT_ONCE;
    room->seekers[q] = (seeker){out + q * k, 0};
    room->probes[q] = knn__sketch_probe(&rows->sketch, p, room->queries + q * p, to);
  }
  for (size_t first = 0; first < rows->n; first += KNN_TILE)
    for (size_t q = 0; q < n; q++) {
      if (q % KNN_AT_ONCE == 0)
        knn__sketch_near(&rows->sketch, first / KNN_TILE, p, room->sketches + q * p,
                         room->probes + q, groups);
      if (groups[q % KNN_AT_ONCE])
        look_closer(rows, first, room->queries + q * p, groups[q % KNN_AT_ONCE], measure, k,
                    &room->seekers[q], &room->probes[q]);
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
  size_t p = rows->n_columns;
  search_room room = {.queries = calloc(MANY * p + 1, sizeof(double)),
                      .sketches = calloc(MANY * p + 1, sizeof(float))};
  ml_status status = room.queries && room.sketches ? ML_OK : ml_error_memory(err);
  for (size_t first = 0; first < queries->n && status == ML_OK; first += MANY) {
    size_t n = queries->n - first < MANY ? queries->n - first : MANY;
    if (ml_item_cancelled(cancel)) {
      status = ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
      break;
    }
    status = gather_queries(queries, first, n, room.queries, err);
    if (status == ML_OK)
      search(rows, &room, n, k, metric == KNN_EUCLIDEAN ? squares : absolutes, out + first * k);
  }
  free(room.sketches);
  free(room.queries);
  return status;
}
