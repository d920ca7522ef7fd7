/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One number of several: what the parameter f_agg of some calculators asks for. */
#ifndef FRESH_AGGREGATE_H
#define FRESH_AGGREGATE_H

#include <ml/base.h>

/* The choices of f_agg, by numpy's names. */
#define FRESH_AGGREGATES "mean|var|std|median|max|min|sum|prod|ptp"
enum { FRESH_LAST_AGGREGATE = 8 };

/* Values, and what was already worked out of them. */
typedef struct fresh_sample {
  const double *values; /* n, at least 1 */
  size_t n;
  bool has_mean; /* false at first */
  double mean;
  double *spare; /* 2 n doubles */
} fresh_sample;

double fresh__aggregate(fresh_sample *sample, size_t choice);

#endif
