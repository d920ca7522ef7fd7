/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Coefficients of a regression of the series on its last values. */
#include <math.h>

#include "lagged.h"
#include "pinv.h"

enum { COEFF, K };

/* Fewer values leave no more residuals than coefficients. */
static bool has_rows(size_t n, double k) {
  return k < (double)n && n > 2 * (size_t)k + 1;
}

static size_t fast_size(size_t k) {
  return lagged__sums_size(k) + lagged__factor_size(k) + 2 * k;
}

static size_t work_size(size_t n, const fresh_args *args, size_t n_args) {
  size_t most = 0;
  for (size_t i = 0; i < n_args; i++) {
    if (!has_rows(n, args[i].v[K])) continue;
    size_t k = (size_t)args[i].v[K], fast = fast_size(k), slow = fresh__pinv_size(k + 2, n - k);
    size_t size = k + 1 + (fast > slow ? fast : slow);
    if (size > most) most = size;
  }
  return most;
}

/* coefficients[0] is the constant. @return false: the design is too close to a lower rank */
static bool fit_fast(const fresh_series *s, size_t k, double *coefficients, double *memory) {
  lag_sums sums = {.a = s->centered, .m = s->n, .k = k};
  lag_factor factor;
  lagged__sum(&sums, memory);
  memory += lagged__sums_size(k);
  if (!lagged__factor(&sums, k, s->mean, 0, memory, &factor)) return false;
  lag_fit fit = {
      .beta = coefficients + 1, .left = memory + lagged__factor_size(k), .residual = s->work};
  lagged__fit(&sums, &factor, s->centered, factor.q, &fit);
  lagged__refine(&sums, &factor, factor.q, &fit);
  double rest = 1;
  for (size_t j = 0; j < k; j++) rest -= fit.beta[j];
  coefficients[0] = fit.constant + s->mean * rest;
  return true;
}

/* @return false: the decomposition failed */
static bool fit_slow(const fresh_series *s, size_t k, double *coefficients, double *memory) {
  fresh_design design = {
      .y = s->x + k, .lagged = s->x + k, .has_constant = true, .n_lags = k, .n_rows = s->n - k};
  fresh_matrix matrix = fresh__pinv_matrix(&design, memory);
  bool is_solved = fresh__pinv_fit(&matrix, k + 1, 0).is_solved;
  for (size_t j = 0; j <= k; j++) coefficients[j] = matrix.beta[j];
  return is_solved;
}

typedef enum fit_outcome { FITTED, FAILED, UNDEFINED } fit_outcome;

/* Of NaN and infinity among the regressors, and of anything not finite as the last value, nothing
 * is defined; with -infinity the fit fails. */
static fit_outcome judge(const double *x, size_t n) {
  fit_outcome found = FITTED;
  for (size_t i = 0; i < n; i++) {
    if (isfinite(x[i])) continue;
    if (x[i] != -INFINITY || (i + 1 == n && found == FITTED)) return UNDEFINED;
    found = FAILED;
  }
  return found;
}

static fit_outcome fit(const fresh_series *s, double k, double *coefficients) {
  if (!has_rows(s->n, k)) return FAILED;
  fit_outcome found = isfinite(s->sum) ? FITTED : judge(s->x, s->n);
  double *memory = coefficients + (size_t)k + 1;
  if (found == FITTED && !fit_fast(s, (size_t)k, coefficients, memory) &&
      !fit_slow(s, (size_t)k, coefficients, memory))
    return FAILED;
  return found;
}

static double value_of(fit_outcome outcome, const double *coefficients, double coeff, double k) {
  if (coeff > k || outcome == UNDEFINED) return NAN;
  if (outcome == FITTED) return coefficients[(size_t)coeff];
  /* Where the fit fails the reference has a list of k NaN, and 0 for what is behind its end. */
  return coeff < k ? NAN : 0;
}

/* Neighbouring sets with the same k share a fit. */
static void ar_coefficient(const fresh_series *s, const fresh_args *args, size_t n_args,
                           double *out) {
  double *coefficients = s->work + s->n;
  fit_outcome outcome = FAILED;
  for (size_t i = 0; i < n_args; i++) {
    double k = args[i].v[K];
    if (i == 0 || args[i - 1].v[K] != k) outcome = fit(s, k, coefficients);
    out[i] = value_of(outcome, coefficients, args[i].v[COEFF], k);
  }
}

static const ml_fresh_param params[] = {
    {.name = "coeff", .kind = ML_PARAM_INT, .hi = 1e6, .doc = "which coefficient; 0: the constant"},
    {.name = "k", .kind = ML_PARAM_INT, .hi = 1e4, .doc = "number of last values"}};
#define SET(coeff) FRESH_INT(coeff), FRESH_INT(10)
static const ml_param_value grid[] = {SET(0), SET(1), SET(2), SET(3), SET(4), SET(5),
                                      SET(6), SET(7), SET(8), SET(9), SET(10)};
#undef SET

const fresh_feature fresh__ar_coefficient = {
    .info = {.name = "ar_coefficient",
             .summary = "coefficients of an autoregression of order k",
             .formula = "x[t] = b[0] + b[1] x[t-1] + ... + b[k] x[t-k] by least squares, the "
                        "shortest solution where there are several; b[coeff]",
             .nan_rule = "coeff > k; n <= 2 k + 1, where coefficient k is 0",
             .cost = "n k",
             .source = "Yule (1927), Phil. Trans. R. Soc. A 226, 267",
             .assumes_step = true,
             FRESH_PARAMS(params, grid)},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_MEAN | FRESH_SPREAD,
    .n_work = 1,
    .work_size = work_size,
    .values = ar_coefficient};
