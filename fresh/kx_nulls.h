/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What KX's functions of series with missing values have in common. */
#ifndef FRESH_KX_NULLS_H
#define FRESH_KX_NULLS_H

#include "kx.h"

/* Of the values that are there; min is inf and max -inf when there is none, as in q. */
typedef struct kx_numbers {
  size_t n;
  double sum, energy, mean, variance, min, max;
} kx_numbers;

kx_numbers fresh__kx_numbers(const fresh_series *s);

/* A null is less than every number, and no less than a null. */
static inline bool kx_less(double a, double b) {
  return a < b || (isnan(a) && !isnan(b));
}

/* ---- kx_nulls_sets.c: functions with parameters ---- */

/* Of n values with the nulls first. A null that a quantile lies at is 0, and so is the way to the
 * next value. Needs sorted. */
double fresh__kx_quantile_of_nulls(const fresh_series *s, double q);

/* NULL: it is computed as elsewhere. */
fresh_values *fresh__kx_values_of_nulls(const fresh_feature *feature);

#endif
