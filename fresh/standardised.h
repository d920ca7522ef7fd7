/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns of a matrix with mean 0 and length 1, a chunk of rows at a time: the products of two are
 * their correlation. */
#ifndef FRESH_STANDARDISED_H
#define FRESH_STANDARDISED_H

#include <ml/matrix.h>

/* Rows that are read at a time; a multiple of the 8 lanes that sums have. */
enum { SELECT_CHUNK = 256 };

/* A value x is standardised as ((x - centre) * scale - mean) * inverse. The first two steps bring
 * all values into [-1, 1], so that nothing overflows, and so that a small spread about a large mean
 * keeps its digits. */
typedef struct select_column {
  size_t column, place; /* in the matrix; among those that were asked for */
  double centre, scale, mean, inverse;
} select_column;

/**
 * Find what standardises n columns.
 *
 * @param[out] out    room for n: those that are finite and not constant, in the order of columns
 * @param[out] n_out  how many these are
 * @retval ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ml_status select__find_standard(const ml_matrix *matrix, const size_t *columns, size_t n,
                                const ml_watch *watch, select_column *out, size_t *n_out,
                                ml_error *err);

/* The rows from `from` on, at most SELECT_CHUNK, of the n columns at `places`: a column of out has
 * SELECT_CHUNK. @return how many rows */
size_t select__standardise(const ml_matrix *matrix, const select_column *columns,
                           const size_t *places, size_t n, size_t from, double *out);

/* Pearson's correlation, rounded once: 1 for columns that are equal. */
double select__correlation(const ml_matrix *matrix, const select_column *a, const select_column *b);

#endif
