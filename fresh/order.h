/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns in the order that settings want, which need not be that of the calculators. */
#ifndef FRESH_ORDER_H
#define FRESH_ORDER_H

#include <ml/matrix.h>

#include "settings.h"

/* from[j] is the place of what becomes column j; NULL: all are where they should be. */
typedef struct fresh_order {
  size_t *from;
} fresh_order;

/**
 * Find every column that is wanted.
 *
 * @retval ML_ERR_USAGE  one is not there: its kind is not, or the series have no dates
 * @retval ML_ERR_MEMORY
 */
ml_status fresh__order_find(const ml_fresh_settings *settings, const ml_matrix *matrix,
                            fresh_order *order, ml_error *err);

/* Put the names of the columns in order. @retval ML_ERR_MEMORY */
ml_status fresh__order_names(const fresh_order *order, ml_matrix *matrix, ml_error *err);

/* Put the values of the rows [from, to) in order, once each. @retval ML_ERR_MEMORY */
ml_status fresh__order_rows(const fresh_order *order, ml_matrix *matrix, size_t from, size_t to,
                            ml_error *err);

void fresh__order_release(fresh_order *order);

#endif
