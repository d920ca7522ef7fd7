/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The continuous wavelet transform with the Mexican hat, by a tabulated integral of the wavelet. */
#include <math.h>
#include <stdlib.h>

#include <ml/vector.h>

#include "blas_dot.h"
#include "feature.h"

enum { COEFF, WIDTH, WIDTHS }; /* parameters */

/* The wavelet is tabulated at 2^10 or, by newer releases of the reference, 2^12 points. */
enum { LEGACY_BITS = 10, MODERN_BITS = 12, MOST_POINTS = 1 << MODERN_BITS };

/* What makes the transform of one width: output t is
 *   -sqrt(a) (c[t + 8a] - c[t + 8a - 1]),  c = x convolved with the integral at 16a + 1 points.
 * The difference is folded into the taps, which halves the work. */
typedef struct filter {
  size_t width;
  double gain;      /* -sqrt(a) */
  double mass;      /* sum of |integral| */
  double *integral; /* 16a + 1 taps, last one first */
  double *taps;     /* 16a + 2: differences of the integral, last one first */
} filter;

typedef struct wavelet_state {
  filter *filters; /* one of each width that is asked for */
  size_t n_filters;
  size_t *filter_of; /* of every set of parameters */
} wavelet_state;

/* Running integral of the wavelet over [-8, 8]; operation by operation as in the reference, for
 * rounding is all that some results have. @return the number of points */
static size_t integrate(double *integral, bool is_modern) {
  size_t n = (size_t)1 << (is_modern ? MODERN_BITS : LEGACY_BITS);
  double step = 16 / (double)(n - 1), sum = 0;
  double scale = sqrt(3) * sqrt(sqrt(M_PI)), between = (step - 8) - -8;
  for (size_t i = 0; i < n; i++) {
    double u = i + 1 < n ? -8 + (double)i * step : 8;
    sum += (1 - u * u) * exp(-u * u / 2) * 2 / scale;
    integral[i] = sum * between;
  }
  return n;
}

static bool make_filter(filter *f, size_t width, const double *integral, size_t n) {
  size_t m = 16 * width + 1;
  f->width = width;
  f->gain = -sqrt((double)width);
  f->integral = malloc((2 * m + 1) * sizeof *f->integral);
  if (!f->integral) return false;
  f->taps = f->integral + m;
  for (size_t k = 0; k < m; k++) f->integral[k] = integral[k * (n - 1) / (16 * width)];
  f->mass = 0;
  for (size_t k = 0; k < m; k++) f->mass += fabs(f->integral[k]);
  f->taps[0] = -f->integral[0];
  for (size_t k = 1; k < m; k++) f->taps[k] = f->integral[k - 1] - f->integral[k];
  f->taps[m] = f->integral[m - 1];
  return true;
}

static void wavelet_close(void *opened) {
  wavelet_state *state = opened;
  for (size_t i = 0; i < state->n_filters; i++) free(state->filters[i].integral);
  free(state->filters);
  free(state->filter_of);
  free(state);
}

/* Place of the filter of a width, which is made unless it is there. @return false: no memory */
static bool find_filter(wavelet_state *state, size_t width, const double *integral, size_t n,
                        size_t *at) {
  for (*at = 0; *at < state->n_filters; ++*at)
    if (state->filters[*at].width == width) return true;
  if (!make_filter(&state->filters[*at], width, integral, n)) return false;
  state->n_filters++;
  return true;
}

static ml_status wavelet_open(const fresh_args *args, size_t n_args, bool is_modern, void **opened,
                              ml_error *err) {
  double integral[MOST_POINTS];
  size_t n = integrate(integral, is_modern);
  wavelet_state *state = calloc(1, sizeof *state);
  if (!state) return ml_error_memory(err);
  state->filters = calloc(n_args, sizeof *state->filters);
  state->filter_of = calloc(n_args, sizeof *state->filter_of);
  bool failed = !state->filters || !state->filter_of;
  for (size_t k = 0; k < n_args && !failed; k++)
    failed = !find_filter(state, (size_t)args[k].v[WIDTH], integral, n, &state->filter_of[k]);
  if (failed) {
    wavelet_close(state);
    return ml_error_memory(err);
  }
  *opened = state;
  return ML_OK;
}

/* Eight chains side by side, so that every width of vector registers gives the same bits. */
ML_VECTOR_PATHS
static double dot(const double *x, const double *y, size_t n) {
  double r[8] = {0};
  size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (size_t k = 0; k < 8; k++) r[k] += x[i + k] * y[i + k];
  for (size_t k = 0; i < n; i++, k++) r[k] += x[i] * y[i];
  return ((r[0] + r[4]) + (r[2] + r[6])) + ((r[1] + r[5]) + (r[3] + r[7]));
}

/* Below this fraction of what its terms could make, an output is a difference of two convolved
 * values that rounding has left its mark on, and the reference has that mark. */
#define CANCELLED 1e-6

/* The values that m taps see at place i of the convolution, and where the taps begin. */
typedef struct overlap {
  size_t first, n, tap;
} overlap;

static overlap overlap_at(const fresh_series *s, size_t m, size_t i) {
  size_t first = i + 1 > m ? i + 1 - m : 0, last = i < s->n ? i : s->n - 1;
  overlap o = {.first = first, .n = last + 1 > first ? last + 1 - first : 0};
  o.tap = m - 1 - (i - first);
  return o;
}

/* Value i of the convolution with the integral, in the order of operations of the reference, which
 * goes along the shorter of the two. */
static double convolved(const fresh_series *s, const filter *f, size_t i) {
  size_t m = 16 * f->width + 1;
  overlap o = overlap_at(s, m, i);
  return fresh__blas_dot(s->x + o.first, f->integral + o.tap, o.n, m > s->n);
}

static double coefficient(const fresh_series *s, const filter *f, size_t t) {
  size_t i = t + 8 * f->width;
  overlap o = overlap_at(s, 16 * f->width + 2, i);
  double value = o.n ? dot(s->x + o.first, f->taps + o.tap, o.n) : 0;
  double most = f->mass * fmax(fabs(s->min), fabs(s->max));
  if (isfinite(value) && !(fabs(value) < CANCELLED * most && isfinite(most)))
    return f->gain * value;
  return f->gain * (convolved(s, f, i) - convolved(s, f, i - 1)); /* infinities meet here, too */
}

static void cwt_coefficients(const fresh_series *s, const fresh_args *args, size_t n_args,
                             double *out) {
  const wavelet_state *state = s->state;
  for (size_t k = 0; k < n_args; k++) {
    double t = args[k].v[COEFF];
    const filter *f = &state->filters[state->filter_of[k]];
    out[k] = t < (double)s->n ? coefficient(s, f, (size_t)t) : NAN;
  }
}

static const char *check_width(const ml_param_value *values) {
  for (size_t i = 0; i < values[WIDTHS].n_items; i++)
    if (values[WIDTHS].items[i].v == values[WIDTH].v) return NULL;
  return "w must be one of widths";
}

static const ml_fresh_param wavelet_params[] = {
    {.name = "coeff",
     .kind = ML_PARAM_INT,
     .lo = 0,
     .hi = 1e15,
     .doc = "which value of the transform; NaN from n on"},
    {.name = "w", .kind = ML_PARAM_INT, .lo = 1, .hi = 10000, .doc = "width, one of widths"},
    {.name = "widths",
     .kind = ML_PARAM_INTS,
     .lo = 1,
     .hi = 10000,
     .doc = "widths of the wavelet; only w counts"}};
static const ml_param_value widths[] = {FRESH_INT(2), FRESH_INT(5), FRESH_INT(10), FRESH_INT(20)};
#define ROW(coeff, w) FRESH_INT(coeff), FRESH_INT(w), FRESH_TUPLE(widths)
#define ROWS(coeff)   ROW(coeff, 2), ROW(coeff, 5), ROW(coeff, 10), ROW(coeff, 20)
static const ml_param_value wavelet_grid[] = {ROWS(0),  ROWS(1),  ROWS(2),  ROWS(3),  ROWS(4),
                                              ROWS(5),  ROWS(6),  ROWS(7),  ROWS(8),  ROWS(9),
                                              ROWS(10), ROWS(11), ROWS(12), ROWS(13), ROWS(14)};
#undef ROWS
#undef ROW

const fresh_feature fresh__cwt_coefficients = {
    .info = {.name = "cwt_coefficients",
             .summary = "value of the continuous wavelet transform with the Mexican hat",
             .formula = "-sqrt(w) (c[coeff + 8w] - c[coeff + 8w - 1]), c = x * I, "
                        "I(k) = integral of psi from -8 to k/w - 8, k = 16w .. 0, "
                        "psi(u) = 2 (1 - u^2) exp(-u^2/2) / (sqrt(3) pi^(1/4))",
             .nan_rule = "coeff >= n",
             .cost = "w",
             .source = "Daubechies (1992), Ten Lectures on Wavelets, SIAM; "
                       "Ricker (1953), Geophysics 18, 10",
             .assumes_step = true,
             FRESH_PARAMS(wavelet_params, wavelet_grid)},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_EXTREMES,
    .open = wavelet_open,
    .close = wavelet_close,
    .check = check_width,
    .values = cwt_coefficients};
