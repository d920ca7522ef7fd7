/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The nearest rows of a table. */
#ifndef ML_KNN_INTERNAL_H
#define ML_KNN_INTERNAL_H

#include <ml/model.h>

typedef enum knn_metric { KNN_EUCLIDEAN, KNN_MANHATTAN } knn_metric;

/* Tiles of KNN_TILE rows, whose columns lie one behind another; groups of KNN_GROUP rows. */
enum { KNN_TILE = 64, KNN_GROUP = 8, KNN_AT_ONCE = 4 /* queries */ };

/* Of rows in tiles, p columns of them. */
static inline double knn__value(const double *x, size_t p, size_t row, size_t j) {
  return x[(row / KNN_TILE * p + j) * KNN_TILE + row % KNN_TILE];
}

/* ---- a sketch: which rows may be near -------------------------------------------------------- */

/* The rows once more, less exact and twice as fast: centred, scaled into [-1, 1], in float. Behind
 * the columns of a tile half the squares of the norms of its rows. */
typedef struct knn_sketch {
  float *x; /* NULL: there is none, and all rows may be near */
  double *centre, *reach /* of each tile: the greatest norm */, scale;
} knn_sketch;

/* A query beside a sketch. */
typedef struct knn_probe {
  double norm;
  double bound; /* of half the square of a distance, less what is the same for all rows */
} knn_probe;

/** @param x  tiles of n rows of p finite columns. @param[out] out  knn__sketch_release() it */
ML_MUST_CHECK ml_status knn__sketch(const double *x, size_t n, size_t p, knn_sketch *out,
                                    ml_error *err);
void knn__sketch_release(knn_sketch *sketch);

/** @param[out] out  its p values, KNN_AT_ONCE floats apart. @return the probe, to which all rows
 * are near */
knn_probe knn__sketch_probe(const knn_sketch *sketch, size_t p, const double *query, float *out);

/** From now on only rows are near whose distance may be less. @param square  of the distance */
void knn__sketch_narrow(const knn_sketch *sketch, size_t p, double square, knn_probe *probe);

/** @param[out] groups  of each query the groups of a tile that have a row which may be near: bits
 */
void knn__sketch_near(const knn_sketch *sketch, size_t tile, size_t p, const float *queries,
                      const knn_probe probes[KNN_AT_ONCE], uint8_t groups[KNN_AT_ONCE]);

/* ---- the nearest rows ------------------------------------------------------------------------ */

/* Rows among which neighbours are looked for, in tiles. */
typedef struct knn_rows {
  size_t n, n_columns;
  double *x;
  knn_sketch sketch; /* Euclidean distances only */
} knn_rows;

typedef struct knn_near {
  double far; /* Euclidean: the square of the distance */
  uint32_t at;
} knn_near;

/** @param[out] out  knn__rows_release() it
 * @retval ML_ERR_NUMERIC  a value is missing or infinite */
ML_MUST_CHECK ml_status knn__rows(const ml_view *view, knn_metric metric, knn_rows *out,
                                  ml_error *err);
void knn__rows_release(knn_rows *rows);

/**
 * The k nearest rows of each query, nearest first; of equals those that come first. A distance is a
 * sum over the columns in their order: equal rows are at 0.
 *
 * @param k  1 to rows->n
 * @param[out] out  queries->n x k
 * @retval ML_ERR_NUMERIC, ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_MUST_CHECK ml_status knn__nearest(const knn_rows *rows, const ml_view *queries, size_t k,
                                     knn_metric metric, const void *cancel, knn_near *out,
                                     ml_error *err);

#endif
