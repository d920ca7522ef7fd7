/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A straight line through values by least squares, and what is asked of it. */
#include "line.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#include <ml/stats_internal.h>
#include <ml/vector.h>

/* Whether r is exactly 1 when a line is all but perfect, and its errors 0, is a matter of the last
 * bit. So up to MOST_EXACT values the moments are the reference's to the operation: one chain each,
 * fused as in its BLAS (the modern rules were worked out in plain steps), times 1 / n. More values
 * are summed in lanes. */
enum { MOST_EXACT = 256, LANES = 8 };

ML_VECTOR_PATHS static void fused_chain(const double *t, const double *y, size_t n,
                                        double sums[3]) {
  double tt = 0, ty = 0, yy = 0;
  for (size_t i = 0; i < n; i++) {
    tt = fma(t[i], t[i], tt);
    ty = fma(t[i], y[i], ty);
    yy = fma(y[i], y[i], yy);
  }
  sums[0] = tt, sums[1] = ty, sums[2] = yy;
}

static void plain_chain(const double *t, const double *y, size_t n, double sums[3]) {
  sums[0] = sums[1] = sums[2] = 0;
  for (size_t i = 0; i < n; i++) {
    sums[0] += t[i] * t[i];
    sums[1] += t[i] * y[i];
    sums[2] += y[i] * y[i];
  }
}

static double product_sum(const double *a, const double *b, size_t n) {
  double lane[LANES] = {0};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t k = 0; k < LANES; k++) lane[k] += a[i + k] * b[i + k];
  for (size_t k = 0; i < n; i++, k++) lane[k] += a[i] * b[i];
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/* sum (i - middle) y[i], i - middle being exact */
static double index_sum(const double *y, double middle, size_t n) {
  double lane[LANES] = {0}, place[LANES];
  size_t i = 0;
  for (size_t k = 0; k < LANES; k++) place[k] = (double)k - middle;
  for (; i + LANES <= n; i += LANES)
    for (size_t k = 0; k < LANES; k++) {
      lane[k] += place[k] * y[i + k];
      place[k] += LANES;
    }
  for (size_t k = 0; i < n; i++, k++) lane[k] += place[k] * y[i];
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/* Moments from the sums of products of n centred places and values. */
static void set_moments(fresh_line *line, const double *t, const double *y) {
  double share = 1 / (double)line->n, sums[3];
  if (line->n <= MOST_EXACT) {
    (line->is_modern ? plain_chain : fused_chain)(t, y, line->n, sums);
  } else {
    sums[0] = product_sum(t, t, line->n);
    sums[1] = product_sum(t, y, line->n);
    sums[2] = product_sum(y, y, line->n);
  }
  line->tt = sums[0] * share;
  line->ty = sums[1] * share;
  line->yy = sums[2] * share;
}

static double center(const double *x, size_t n, double *centered) {
  double mean = stats__sum(x, n) / (double)n;
  for (size_t i = 0; i < n; i++) centered[i] = x[i] - mean;
  return mean;
}

fresh_line fresh__line_centered(const double *y, const double *centered, double mean, size_t n,
                                bool is_modern) {
  double count = (double)n, share = 1 / count, places[MOST_EXACT];
  fresh_line line = {.n = n,
                     .t_mean = (count - 1) / 2,
                     .y_mean = mean,
                     .ends_equal = y[0] == y[n - 1],
                     .is_modern = is_modern};
  if (n <= MOST_EXACT) {
    for (size_t i = 0; i < n; i++) places[i] = (double)i - line.t_mean;
    set_moments(&line, places, centered);
    return line;
  }
  line.tt = (count * count - 1) / 12;
  line.ty = index_sum(centered, line.t_mean, n) * share;
  line.yy = product_sum(centered, centered, n) * share;
  return line;
}

fresh_line fresh__line_index(const double *y, size_t n, bool is_modern, double *spare) {
  double mean = center(y, n, spare);
  return fresh__line_centered(y, spare, mean, n, is_modern);
}

fresh_line fresh__line_places(const double *t, const double *y, size_t n, bool is_modern,
                              double *spare) {
  fresh_line line = {.n = n, .ends_equal = y[0] == y[n - 1], .is_modern = is_modern};
  line.t_mean = center(t, n, spare);
  line.y_mean = center(y, n, spare + n);
  set_moments(&line, spare, spare + n);
  return line;
}

static double correlation(const fresh_line *line) {
  if (line->tt == 0 || line->yy == 0) return line->is_modern ? NAN : 0;
  double r = line->ty / sqrt(line->tt * line->yy);
  return r > 1 ? 1 : r < -1 ? -1 : r;
}

/* Two-sided probability of Student's t, by the incomplete beta function on the side where its
 * argument is exact. */
static double student(double t, double df) {
  double t2 = t * t;
  if (isnan(t)) return NAN;
  return t2 < df ? gsl_cdf_beta_Q(t2 / (df + t2), 0.5, df / 2)
                 : gsl_cdf_beta_P(df / (df + t2), df / 2, 0.5);
}

static double p_value(const fresh_line *line) {
  if (line->n == 2) return line->is_modern ? NAN : line->ends_equal;
  double r = correlation(line), df = (double)line->n - 2;
  if (line->n < 2) return NAN;
  return student(r * sqrt(df / ((1 - r + 1e-20) * (1 + r + 1e-20))), df);
}

static double slope_error(const fresh_line *line) {
  if (line->n == 2 && !line->is_modern) return 0;
  double r = correlation(line);
  return sqrt((1 - r * r) * line->yy / line->tt / ((double)line->n - 2));
}

static double intercept_error(const fresh_line *line) {
  if (line->n == 2 && !line->is_modern) return 0;
  return slope_error(line) * sqrt(line->tt + line->t_mean * line->t_mean);
}

static double slope(const fresh_line *line) {
  return line->ty / line->tt;
}

static double intercept(const fresh_line *line) {
  return line->y_mean - slope(line) * line->t_mean;
}

double fresh__line_value(const fresh_line *line, size_t choice) {
  static double (*const values[])(const fresh_line *) = {p_value, correlation, intercept,
                                                         slope,   slope_error, intercept_error};
  return values[choice](line);
}
