/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Peaks as ridges through the rows of a wavelet transform with ever narrower wavelets. */
#include "cwt_peaks.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include <ml/vector.h>

#include "blas_dot.h"
#include "feature.h"

/* The reference convolves with up to so many points without BLAS. */
enum { MOST_BY_HAND = 11 };

enum { RICKER_POINTS = 10, AT_ONCE = 10 };

#define NONE SIZE_MAX

/* Maxima of neighbouring rows, one below the other. */
typedef struct ridge {
  size_t end;    /* column of the last point */
  size_t width;  /* of the row of the last point */
  size_t n;      /* points */
  size_t column; /* of the point that is held against the noise, */
  double value;  /* and the value there */
} ridge;

typedef struct search {
  size_t n, n_open, found;
  const double *series; /* zeros are around it */
  double *first;        /* row of width 1 */
  double *row, *weights, *levels;
  size_t *columns; /* of the maxima of a row */
  size_t *owners;  /* ridge whose end is nearest to each of them */
  size_t *ends;    /* which open ridge ends at a column, or NONE */
  ridge *open;     /* in the order in which they began */
  bool is_modern;
  double most; /* largest absolute value of the series */
  size_t min_points;
} search;

/* ---- rows ---- */

/* out[i] += w[0] x[i] + ... + w[9] x[i + 9], one after the other */
ML_VECTOR_PATHS
static void add_taps(double *restrict out, const double *x, const double *taps, size_t n) {
  double w[AT_ONCE];
  memcpy(w, taps, sizeof w);
  for (size_t i = 0; i < n; i++) {
    double sum = out[i];
    for (size_t k = 0; k < AT_ONCE; k++) sum += w[k] * x[i + k];
    out[i] = sum;
  }
}

/* Ricker's wavelet of a width, a distance q from its centre. */
static double ricker(double width, double q) {
  double scale = 2 / (sqrt(3 * width) * pow(M_PI, 0.25)), square = width * width;
  return scale * (1 - q * q / square) * exp(-q * q / (2 * square));
}

/* The wavelet that makes a row; the size of the values that it can make, and what of that may be
 * rounding. */
typedef struct wavelet {
  size_t points;
  double *weights; /* symmetric */
  double rounding;
} wavelet;

static wavelet make_wavelet(const search *p, size_t width) {
  wavelet w = {.points = RICKER_POINTS * width < p->n ? RICKER_POINTS * width : p->n,
               .weights = p->weights};
  double mass = 0;
  for (size_t k = 0; k < (w.points + 1) / 2; k++) {
    double q = (double)k - ((double)w.points - 1) / 2, value = ricker((double)width, q);
    w.weights[k] = w.weights[w.points - 1 - k] = value;
    mass += 2 * fabs(value);
  }
  w.rounding = 32 * DBL_EPSILON * mass * p->most;
  return w;
}

/* A value of a row in the order of operations of the reference: by hand for short wavelets, with
 * BLAS otherwise. */
static double value_at(const search *p, const wavelet *w, size_t i, double by_hand) {
  size_t half = w->points / 2, first = i > half ? i - half : 0, end = i + w->points - half;
  bool is_whole = i >= half && end <= p->n;
  if (is_whole && w->points <= MOST_BY_HAND) return by_hand;
  if (end > p->n) end = p->n;
  return fresh__blas_dot(p->series + first, w->weights + (first + half - i), end - first, false);
}

/* The same value over all that the wavelets of two neighbouring places see. */
static bool is_constant(const search *p, const wavelet *w, size_t i) {
  size_t half = w->points / 2;
  const double *x = p->series + i - half;
  for (size_t k = 1; k <= w->points; k++)
    if (x[k] != x[0]) return false;
  return true;
}

/* Where neighbours are equal up to rounding, as where the series is symmetric, the last bit decides
 * whether there is a maximum. */
static void settle_ties(const search *p, const wavelet *w, double *row) {
  size_t settled = 0; /* places up to this one are */
  for (size_t i = 0; i + 1 < p->n; i++) {
    if (!(fabs(row[i + 1] - row[i]) <= w->rounding) || is_constant(p, w, i)) continue;
    if (settled < i + 1) row[i] = value_at(p, w, i, row[i]);
    row[i + 1] = value_at(p, w, i + 1, row[i + 1]);
    settled = i + 2;
  }
}

/* The series convolved with the wavelet, products added from left to right. */
static void convolve(const search *p, size_t width, double *row) {
  wavelet w = make_wavelet(p, width);
  const double *x = p->series - w.points / 2;
  size_t n = p->n, j = 0;
  memset(row, 0, n * sizeof *row);
  for (; j + AT_ONCE <= w.points; j += AT_ONCE) add_taps(row, x + j, w.weights + j, n);
  for (; j < w.points; j++)
    for (size_t i = 0; i < n; i++) row[i] += w.weights[j] * x[i + j];
  settle_ties(p, &w, row);
}

/* Columns that are above both neighbours. @return how many */
static size_t find_maxima(const double *row, size_t n, size_t *columns) {
  size_t m = 0;
  for (size_t i = 1; i + 1 < n; i++) {
    columns[m] = i;
    m += (row[i] > row[i - 1]) & (row[i] > row[i + 1]);
  }
  return m;
}

/* ---- ridges ---- */

static size_t earlier(size_t a, size_t b) {
  return a < b ? a : b;
}

/* The open ridge whose end is nearest to a column; of two, the one that began first. */
static size_t nearest(const search *p, size_t column, size_t reach) {
  for (size_t d = 0; d <= reach; d++) {
    size_t left = column >= d ? p->ends[column - d] : NONE;
    size_t right = column + d < p->n ? p->ends[column + d] : NONE;
    if (left != NONE || right != NONE) return earlier(left, right);
  }
  return NONE;
}

static void extend(const search *p, ridge *r, size_t width, size_t column, double value) {
  bool is_lower = r->n == 0 || r->width != width;
  r->end = column;
  r->width = width;
  r->n++;
  /* Of two points in the last row the first one should count. An inverted sort in the reference
   * has long taken the last one. */
  if (p->is_modern && !is_lower) return;
  r->column = column;
  r->value = value;
}

static void finish(search *p, const ridge *r) {
  bool is_noise = fabs(r->value / p->levels[r->column]) < 1; /* 0 / 0 is none */
  p->found += r->n >= p->min_points && !is_noise;
}

/* Close the ridges that have passed over two rows. */
static void close_ridges(search *p, size_t width) {
  size_t n = 0;
  for (size_t k = 0; k < p->n_open; k++) {
    const ridge r = p->open[k];
    if (r.width > width + 1) {
      finish(p, &r);
      continue;
    }
    p->ends[r.end] = n;
    p->open[n++] = r;
  }
  p->n_open = n;
}

/* Join the maxima of a row to the ridges. Ends of open ridges are never equal: a maximum at the end
 * of one belongs to it. So there are at most n. */
static void link_row(search *p, const double *row, size_t width) {
  size_t m = find_maxima(row, p->n, p->columns);
  for (size_t k = 0; k < m; k++) p->owners[k] = nearest(p, p->columns[k], width / 4);
  for (size_t k = 0; k < p->n_open; k++) p->ends[p->open[k].end] = NONE;
  for (size_t k = 0; k < m; k++) {
    size_t owner = p->owners[k] == NONE ? p->n_open++ : p->owners[k];
    if (p->owners[k] == NONE) p->open[owner].n = 0;
    extend(p, &p->open[owner], width, p->columns[k], row[p->columns[k]]);
  }
  close_ridges(p, width);
}

static double count_ridges(search *p, size_t widest) {
  p->n_open = p->found = 0;
  p->min_points = (widest + 3) / 4;
  for (size_t i = 0; i < p->n; i++) p->ends[i] = NONE;
  for (size_t width = widest; width > 1; width--) {
    convolve(p, width, p->row);
    link_row(p, p->row, width);
  }
  link_row(p, p->first, 1);
  for (size_t k = 0; k < p->n_open; k++) finish(p, &p->open[k]);
  return (double)p->found;
}

/* ---- the calculator ---- */

/* Zeros that the widest wavelet sees on either side. */
static size_t margin(size_t n, size_t widest) {
  return (RICKER_POINTS * widest < n ? RICKER_POINTS * widest : n) / 2;
}

static size_t widest_of(const fresh_args *args, size_t n_args) {
  double widest = 1;
  for (size_t k = 0; k < n_args; k++) widest = fmax(widest, args[k].v[0]);
  return (size_t)widest;
}

static size_t larger(size_t a, size_t b) {
  return a > b ? a : b;
}

/* Series, rows and levels; then what either the levels or the ridges need. */
static size_t peaks_size(size_t n, const fresh_args *args, size_t n_args) {
  size_t ridges = 3 * n + n * (sizeof(ridge) / sizeof(double));
  return 4 * n + 4 * (margin(n, widest_of(args, n_args)) + 1) +
         larger(fresh__noise_levels_size(n), ridges);
}

static void number_cwt_peaks(const fresh_series *s, const fresh_args *args, size_t n_args,
                             double *out) {
  size_t n = s->n, zeros = margin(n, widest_of(args, n_args));
  double *series = s->work + zeros, *end = series + n + zeros;
  search p = {.n = n, .series = series, .is_modern = s->is_modern};
  p.most = fmax(fabs(s->min), fabs(s->max));
  memset(s->work, 0, zeros * sizeof *series);
  memcpy(series, s->x, n * sizeof *series);
  memset(series + n, 0, zeros * sizeof *series);
  p.weights = end;
  p.first = p.weights + 2 * zeros + 1;
  p.row = p.first + n;
  p.levels = p.row + n;
  double *rest = p.levels + n;
  convolve(&p, 1, p.first);
  fresh__noise_levels(p.first, n, rest, p.levels);
  p.columns = (size_t *)rest;
  p.owners = p.columns + n;
  p.ends = p.owners + n;
  p.open = (ridge *)(p.ends + n);
  for (size_t k = 0; k < n_args; k++) out[k] = count_ridges(&p, (size_t)args[k].v[0]);
}

static const ml_fresh_param peaks_params[] = {
    {.name = "n", .kind = ML_PARAM_INT, .lo = 1, .hi = 1000, .doc = "width of the widest wavelet"}};
static const ml_param_value peaks_grid[] = {FRESH_INT(1), FRESH_INT(5)};

const fresh_feature fresh__number_cwt_peaks = {
    .info = {.name = "number_cwt_peaks",
             .summary = "peaks that are seen at many widths of a wavelet and stand above the noise",
             .formula =
                 "#{ridges of maxima through the rows x * ricker(a), a = n .. 1, of at least "
                 "n/4 points, |value| >= 10th percentile of the row of width 1 nearby}",
             .nan_rule = "never",
             .cost = "n log n",
             .source = "Du, Kibbe and Lin (2006), Bioinformatics 22, 2059",
             .assumes_step = true,
             FRESH_PARAMS(peaks_params, peaks_grid)},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_EXTREMES,
    .work_size = peaks_size,
    .values = number_cwt_peaks};
