/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums over predictions, as searches need them millions of times. */
#include <ml/metrics_internal.h>
#include <ml/vector.h>

/* Lanes are chains of their own, so vector registers give the same bits; sums of blocks keep the
 * chains short. */
enum { LANES = 8, BLOCK = 4096 };

typedef struct lanes {
  double at[LANES];
} lanes;

static inline double add_up(const lanes *l) {
  const double *r = l->at;
  return ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
}

/* ---- errors -------------------------------------------------------------------------------- */

typedef struct error_lanes {
  lanes absolute, plain, squared, spread;
} error_lanes;

static inline void add_row(error_lanes *l, size_t k, double y, double p, double w, double d0,
                           double y0) {
  double d = p - y, c = d - d0, s = y - y0;
  l->absolute.at[k] += w * fabs(d);
  l->plain.at[k] += w * d;
  l->squared.at[k] += w * (c * c);
  l->spread.at[k] += w * (s * s);
}

/* weights: NULL for 1, known where this is inlined */
static inline void add_rows(error_lanes *out, const double *y, const double *p,
                            const double *weights, size_t n, double d0, double y0) {
  error_lanes l = {0};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t k = 0; k < LANES; k++)
      add_row(&l, k, y[i + k], p[i + k], weights ? weights[i + k] : 1, d0, y0);
  for (size_t k = 0; i < n; i++, k++) add_row(&l, k, y[i], p[i], weights ? weights[i] : 1, d0, y0);
  *out = l;
}

ML_VECTOR_PATHS static void add_equal(error_lanes *out, const double *y, const double *p, size_t n,
                                      double d0, double y0) {
  add_rows(out, y, p, NULL, n, d0, y0);
}

ML_VECTOR_PATHS static void add_weighted(error_lanes *out, const double *y, const double *p,
                                         const double *weights, size_t n, double d0, double y0) {
  add_rows(out, y, p, weights, n, d0, y0);
}

metrics_errors metrics__errors(const ml_scored *scored, double d0, double y0) {
  metrics_errors sums = {0};
  const double *y = scored->y, *p = scored->y_pred, *weights = scored->weights;
  for (size_t i = 0; i < scored->n; i += BLOCK) {
    size_t n = scored->n - i < BLOCK ? scored->n - i : BLOCK;
    error_lanes l;
    if (weights) {
      add_weighted(&l, y + i, p + i, weights + i, n, d0, y0);
    } else {
      add_equal(&l, y + i, p + i, n, d0, y0);
    }
    sums.absolute += add_up(&l.absolute);
    sums.plain += add_up(&l.plain);
    sums.squared += add_up(&l.squared);
    sums.spread += add_up(&l.spread);
  }
  return sums;
}

/* ---- means --------------------------------------------------------------------------------- */

static inline void add_shifted(lanes *out, const double *x, const double *weights, size_t n,
                               double x0) {
  lanes l = {{0}};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t k = 0; k < LANES; k++) l.at[k] += (weights ? weights[i + k] : 1) * (x[i + k] - x0);
  for (size_t k = 0; i < n; i++, k++) l.at[k] += (weights ? weights[i] : 1) * (x[i] - x0);
  *out = l;
}

ML_VECTOR_PATHS static void shift_equal(lanes *out, const double *x, size_t n, double x0) {
  add_shifted(out, x, NULL, n, x0);
}

ML_VECTOR_PATHS static void shift_weighted(lanes *out, const double *x, const double *weights,
                                           size_t n, double x0) {
  add_shifted(out, x, weights, n, x0);
}

double metrics__sum_all(const double *x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i += BLOCK) {
    lanes l;
    shift_equal(&l, x + i, n - i < BLOCK ? n - i : BLOCK, 0);
    sum += add_up(&l);
  }
  return sum;
}

/* About a value that is there, so that no rounding makes equal values differ from their mean. */
double metrics__mean(const double *x, const double *weights, size_t n, double total) {
  size_t first = 0;
  while (weights && weights[first] == 0) first++;
  double sum = 0, x0 = x[first];
  for (size_t i = 0; i < n; i += BLOCK) {
    size_t m = n - i < BLOCK ? n - i : BLOCK;
    lanes l;
    if (weights) {
      shift_weighted(&l, x + i, weights + i, m, x0);
    } else {
      shift_equal(&l, x + i, m, x0);
    }
    sum += add_up(&l);
  }
  return x0 + sum / total;
}

/* ---- what is no number --------------------------------------------------------------------- */

/* 0 times a number is 0, times anything else NaN. */
ML_VECTOR_PATHS static void annul(lanes *out, const double *x, size_t n) {
  lanes l = {{0}};
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t k = 0; k < LANES; k++) l.at[k] += x[i + k] * 0;
  for (size_t k = 0; i < n; i++, k++) l.at[k] += x[i] * 0;
  *out = l;
}

bool metrics__all_finite(const double *x, size_t n) {
  lanes l;
  annul(&l, x, n);
  return add_up(&l) == 0;
}
