/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The drift of a series as a polynomial of its state (Langevin equation), and where it is 0. */
#include <float.h>
#include <math.h>
#include <string.h>

#include <ml/stats_internal.h>

#include "feature.h"
#include "least_squares.h"
#include "polynomial.h"

/* Parameters of friedrich_coefficients. */
enum { COEFF, ORDER, BINS };

/* A sum whose rounding errors are carried along (Kahan). */
typedef struct compensated {
  double sum, carry;
} compensated;

/* States of one bin, and the steps that follow them. */
typedef struct bin {
  compensated state, step;
  double n_states, n_steps;
} bin;

enum { BIN_SIZE = sizeof(bin) / sizeof(double) };

static void add(compensated *c, double value) {
  double corrected = value - c->carry, sum = c->sum + corrected;
  c->carry = sum - c->sum - corrected;
  c->sum = sum;
}

/* The sorted series without its last value, for the last value has no step behind it. */
typedef struct states {
  const double *sorted;
  size_t n, without; /* `without` is left out; SIZE_MAX: none of the sorted numbers */
} states;

static states states_of(const fresh_series *s) {
  states all = {s->sorted, s->n - s->n_nan, SIZE_MAX};
  double last = s->x[s->n - 1];
  if (isnan(last)) return all;
  size_t low = 0, high = all.n - 1; /* last is there */
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (all.sorted[middle] < last)
      low = middle + 1;
    else
      high = middle;
  }
  all.without = low;
  all.n--;
  return all;
}

static double state_at(const states *all, size_t i) {
  return all->sorted[i + (i >= all->without)];
}

/* As stats__quantile(), of an array with a gap. */
static double quantile(const states *all, double q) {
  double position = q * (double)(all->n - 1);
  size_t i = (size_t)position;
  if (i >= all->n - 1) return state_at(all, all->n - 1);
  double t = position - (double)i, a = state_at(all, i), b = state_at(all, i + 1);
  return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
}

/* r + 1 quantiles. @return false unless each is above the one before */
static bool find_edges(const fresh_series *s, size_t r, double *edges) {
  states all = states_of(s);
  if (all.n == 0) return false;
  double step = 1 / (double)r;
  for (size_t j = 0; j <= r; j++) {
    edges[j] = quantile(&all, j < r ? (double)j * step : 1);
    if (j > 0 && !(edges[j - 1] < edges[j])) return false;
  }
  return true;
}

/* How many of n ascending edges are below a value; without branches, for nothing predicts them. */
static size_t count_below(const double *edges, size_t n, double value) {
  const double *at = edges;
  for (size_t half; n > 1; n -= half) {
    half = n / 2;
    at += at[half - 1] < value ? half : 0;
  }
  return (size_t)(at - edges) + (n == 1 && *at < value);
}

static void fill_bins(const fresh_series *s, const double *edges, size_t r, bin *bins) {
  memset(bins, 0, r * sizeof *bins);
  for (size_t i = 0; i + 1 < s->n; i++) {
    if (isnan(s->x[i])) continue;
    bin *b = &bins[count_below(edges + 1, r - 1, s->x[i])];
    double step = s->x[i + 1] - s->x[i];
    add(&b->state, s->x[i]);
    b->n_states++;
    if (isnan(step)) continue;
    add(&b->step, step);
    b->n_steps++;
  }
}

/* Means of the bins that have both. @return how many, or 0 when one is not finite */
static size_t take_means(const bin *bins, size_t r, double *x, double *y) {
  size_t n = 0;
  for (size_t j = 0; j < r; j++) {
    if (bins[j].n_steps == 0) continue;
    x[n] = bins[j].state.sum / bins[j].n_states;
    y[n] = bins[j].step.sum / bins[j].n_steps;
    if (!isfinite(x[n]) || !isfinite(y[n])) return 0;
    n++;
  }
  return n;
}

/* Columns x^m ... x^0, each of length 1; of a length that overflows, 0. @return false when that
 * cannot be */
static bool fill_powers(const double *x, size_t n, size_t m, double *columns, double *lengths) {
  for (size_t i = 0; i < n; i++) columns[m * n + i] = 1;
  for (size_t j = m; j-- > 0;)
    for (size_t i = 0; i < n; i++) columns[j * n + i] = columns[(j + 1) * n + i] * x[i];
  bool is_finite = true;
  for (size_t j = 0; j <= m; j++) {
    double square = 0;
    for (size_t i = 0; i < n; i++) square += columns[j * n + i] * columns[j * n + i];
    lengths[j] = sqrt(square);
    for (size_t i = 0; i < n; i++)
      is_finite &= isfinite(columns[j * n + i] /= lengths[j]) != 0; /* 0 / 0, inf / inf */
  }
  return is_finite;
}

/* At most so many bins have values. */
static size_t most_points(size_t n, size_t r) {
  return n < r ? n : r;
}

static size_t fit_size(size_t n, size_t m, size_t r) {
  size_t most = most_points(n, r);
  return r + 1 + BIN_SIZE * r + most * (m + 3) + (m + 1) + fresh__least_squares_size(most, m + 1);
}

/* The m + 1 coefficients, of the highest power first; NaN where there is no fit. */
static void fit(const fresh_series *s, size_t m, size_t r, double *coefficients) {
  size_t most = most_points(s->n, r), n = 0;
  double *edges = s->work + FRESH_MOST_DEGREE + 1, *x = edges + r + 1, *y = x + most;
  double *columns = y + most, *lengths = columns + most * (m + 1), *rest = lengths + m + 1;
  if (find_edges(s, r, edges)) {
    bin *bins = (bin *)rest;
    fill_bins(s, edges, r, bins);
    n = take_means(bins, r, x, y);
  }
  bool fits = n > 0 && fill_powers(x, n, m, columns, lengths);
  if (fits) fresh__least_squares(columns, y, n, m + 1, (double)n * DBL_EPSILON, rest, coefficients);
  for (size_t j = 0; j <= m; j++) coefficients[j] = fits ? coefficients[j] / lengths[j] : NAN;
}

static size_t most_work(size_t n, const fresh_args *args, size_t n_args, size_t order) {
  size_t most = 0;
  for (size_t k = 0; k < n_args; k++) {
    size_t size = fit_size(n, (size_t)args[k].v[order], (size_t)args[k].v[order + 1]);
    if (size > most) most = size;
  }
  return FRESH_MOST_DEGREE + 1 + most;
}

static size_t friedrich_size(size_t n, const fresh_args *args, size_t n_args) {
  return most_work(n, args, n_args, ORDER);
}

static size_t langevin_size(size_t n, const fresh_args *args, size_t n_args) {
  return most_work(n, args, n_args, 0);
}

static void friedrich_coefficients(const fresh_series *s, const fresh_args *args, size_t n_args,
                                   double *out) {
  double *coefficients = s->work;
  for (size_t k = 0; k < n_args; k++) {
    const double *v = args[k].v, *before = k ? args[k - 1].v : NULL;
    if (!before || before[ORDER] != v[ORDER] || before[BINS] != v[BINS])
      fit(s, (size_t)v[ORDER], (size_t)v[BINS], coefficients);
    out[k] = v[COEFF] <= v[ORDER] ? coefficients[(size_t)v[COEFF]] : NAN;
  }
}

static void max_langevin_fixed_point(const fresh_series *s, const fresh_args *args, size_t n_args,
                                     double *out) {
  for (size_t k = 0; k < n_args; k++) {
    size_t m = (size_t)args[k].v[0], r = (size_t)args[k].v[1];
    fit(s, m, r, s->work);
    out[k] = fresh__largest_root(s->work, m + 1);
  }
}

#define ORDER_PARAM                                                      \
  {                                                                      \
    .name = "m", .kind = ML_PARAM_INT, .lo = 0, .hi = FRESH_MOST_DEGREE, \
    .doc = "degree of the polynomial"                                    \
  }
#define BINS_PARAM \
  { .name = "r", .kind = ML_PARAM_INT, .lo = 1, .hi = 10000, .doc = "number of bins" }
#define SOURCE                                            \
  "Friedrich et al. (2000), Physics Letters A 271, 217; " \
  "Gottschall (2009), thesis, University of Oldenburg"
#define FIT                                                                                      \
  "least squares h(u) = sum_c h_c u^(m-c) through (mean x[i], mean x[i+1] - x[i]) of r bins of " \
  "equal count"

static const ml_fresh_param friedrich_params[] = {
    {.name = "coeff",
     .kind = ML_PARAM_INT,
     .lo = 0,
     .hi = 1e15,
     .doc = "which coefficient; 0 is that of the power m"},
    ORDER_PARAM,
    BINS_PARAM};
#define ROW(coeff) FRESH_INT(coeff), FRESH_INT(3), FRESH_INT(30)
static const ml_param_value friedrich_grid[] = {ROW(0), ROW(1), ROW(2), ROW(3)};
#undef ROW

const fresh_feature fresh__friedrich_coefficients = {
    .info = {.name = "friedrich_coefficients",
             .summary = "coefficient of the polynomial that is the drift of the series",
             .formula = FIT "; h_coeff",
             .nan_rule = "coeff > m; two of the r + 1 quantiles are equal; n < 3",
             .cost = "n log n",
             .source = SOURCE,
             .assumes_step = true,
             FRESH_PARAMS(friedrich_params, friedrich_grid)},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_SORTED,
    .min_n = 3,
    .work_size = friedrich_size,
    .values = friedrich_coefficients};

static const ml_fresh_param langevin_params[] = {ORDER_PARAM, BINS_PARAM};
static const ml_param_value langevin_grid[] = {FRESH_INT(3), FRESH_INT(30)};

const fresh_feature fresh__max_langevin_fixed_point = {
    .info = {.name = "max_langevin_fixed_point",
             .summary = "where the drift of the series is 0: the largest fixed point",
             .formula = "largest real part of u with h(u) = 0; " FIT,
             .nan_rule = "two of the r + 1 quantiles are equal; h has no root; n < 3",
             .cost = "n log n",
             .source = SOURCE,
             .assumes_step = true,
             FRESH_PARAMS(langevin_params, langevin_grid)},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_SORTED,
    .min_n = 3,
    .work_size = langevin_size,
    .values = max_langevin_fixed_point};
