/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns that say what better ones say already. */
#ifndef FRESH_REDUNDANCY_H
#define FRESH_REDUNDANCY_H

#include <ml/matrix.h>

/**
 * Go through columns, the best first, and drop each whose correlation (Pearson's) with one that is
 * kept has an absolute value above a limit. It is above when it is so once it is rounded to double:
 * equal columns have 1. Constant columns, and those with a value that is not finite, have no
 * correlation and are kept.
 *
 * The decisions depend on the values alone: not on the layout of the matrix, or on the rounding of
 * the BLAS. Needs some megabytes, and 6 doubles a column.
 *
 * @param columns       n of them, each once
 * @param limit         in (0, 1)
 * @param watch         may be NULL
 * @param[out] dropped_for  n: the first column that is kept and correlated so with it; SIZE_MAX
 *                          where it is kept itself
 * @retval ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ml_status select__find_redundant(const ml_matrix *matrix, const size_t *columns, size_t n,
                                 double limit, const ml_watch *watch, size_t *dropped_for,
                                 ml_error *err);

#endif
