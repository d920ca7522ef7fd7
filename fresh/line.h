/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A straight line through values by least squares, and what is asked of it. */
#ifndef FRESH_LINE_H
#define FRESH_LINE_H

#include "feature.h"

/* Moments of n values y at the places t: means, and means of the products of what is around them.
 */
typedef struct fresh_line {
  size_t n;
  double t_mean, y_mean;
  double tt, ty, yy;
  bool ends_equal; /* the first and the last y */
  bool is_modern;
} fresh_line;

/* What is asked, in the order of FRESH_LINE_CHOICES. */
#define FRESH_LINE_CHOICES "pvalue|rvalue|intercept|slope|stderr|intercept_stderr"
enum {
  FRESH_LINE_P,
  FRESH_LINE_R,
  FRESH_LINE_INTERCEPT,
  FRESH_LINE_SLOPE,
  FRESH_LINE_ERROR,
  FRESH_LINE_INTERCEPT_ERROR
};

/* At the places 0, 1, ..., n - 1. spare takes n doubles. */
fresh_line fresh__line_index(const double *y, size_t n, bool is_modern, double *spare);

/* The same of values around their mean, which is known. */
fresh_line fresh__line_centered(const double *y, const double *centered, double mean, size_t n,
                                bool is_modern);

/* At any places. spare takes 2 n doubles. */
fresh_line fresh__line_places(const double *t, const double *y, size_t n, bool is_modern,
                              double *spare);

double fresh__line_value(const fresh_line *line, size_t choice);

#endif
