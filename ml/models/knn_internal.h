/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The nearest rows of a table. */
#ifndef ML_KNN_INTERNAL_H
#define ML_KNN_INTERNAL_H

#include <ml/model.h>

typedef enum knn_metric { KNN_EUCLIDEAN, KNN_MANHATTAN } knn_metric;

/* Rows among which neighbours are looked for, in tiles of KNN_TILE rows whose columns lie one
 * behind another. */
enum { KNN_TILE = 64 };
typedef struct knn_rows {
  size_t n, n_columns;
  double *x;
} knn_rows;

typedef struct knn_near {
  double far; /* Euclidean: the square of the distance */
  uint32_t at;
} knn_near;

/** @param[out] out  free() its x. @retval ML_ERR_NUMERIC  a value is missing or infinite */
ML_MUST_CHECK ml_status knn__rows(const ml_view *view, knn_rows *out, ml_error *err);

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
