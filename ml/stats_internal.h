/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums, quantiles and sorting whose bits are fixed; for libml's own folders, never installed. */
#ifndef ML_STATS_INTERNAL_H
#define ML_STATS_INTERNAL_H

#include <ml/select.h>

/* Sum in the order of numpy's sum(), so that comparisons with a sum go the same way: consecutive
 * blocks of 8192 values, whose sums are added in order; each by halves down to 128 values, which
 * eight accumulators add up. 0 for n = 0. */
double stats__sum(const double *x, size_t n);

/* Population variance about a known mean, sum((x - mean)^2) / n; spare takes n doubles. The squares
 * are summed as everything is: numpy 1.24's var() was asked, for n on both sides of 8192. */
double stats__variance(const double *x, size_t n, double mean, double *spare);

/* Linear quantile q in [0, 1] of n > 0 ascending values: the value at position q (n - 1). The two
 * forms of the interpolation make it monotone in q and exact at both ends. */
double stats__quantile(const double *sorted, size_t n, double q);

/* Middle value of n > 0 ascending values, or the mean of the two in the middle. */
double stats__median(const double *sorted, size_t n);

/* The range of the finite ones of n values; 0, 0, 0 when there is none.
 * @param keys  room for n @return how many are not finite */
size_t stats__range(const double *x, size_t n, uint64_t *keys, ml_impute_range *range);

/* Sort ascending, NaN last; spare takes n doubles. @return how many are NaN */
size_t stats__sort(double *x, size_t n, double *spare);

#endif
