/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Coordinate descent on sums of squares and products (Friedman, Hastie and Tibshirani 2010, Journal
 * of Statistical Software 33), with steps to the solution of the equations of one sign pattern
 * (Lee, Battle, Raina and Ng 2006). */
#include "linear_net.h"

#include <cblas.h>
#include <math.h>
#include <ml/exec.h>
#include <stdlib.h>
#include <string.h>

#include "lapack.h"

/* ---- the sums -------------------------------------------------------------------------------- */

static ml_status allocate(linear_net *net, ml_error *err) {
  const size_t p = net->p;
  net->xy = linear__new(p, 1);
  net->diagonal = linear__new(p, 1);
  net->columns = calloc(p + 1, sizeof *net->columns);
  net->b = linear__new(p, 1);
  net->slope = linear__new(p, 1);
  net->rhs = linear__new(p, 1);
  net->active = calloc(p + 1, sizeof *net->active);
  return net->xy && net->diagonal && net->columns && net->b && net->slope && net->rhs && net->active
             ? ML_OK
             : ml_error_memory(err);
}

static bool are_finite(const double *x, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!isfinite(x[i])) return false;
  return true;
}

/* The last step of both: what is not finite shows in the squares of its column. */
static ml_status conclude(linear_net *net, ml_status status, linear_net *out, ml_error *err) {
  if (status == ML_OK &&
      !(are_finite(net->diagonal, net->p) && are_finite(net->xy, net->p) && isfinite(net->yy)))
    status = ml_error_set(err, ML_ERR_NUMERIC,
                          "values of the features or the target that are not finite, or too great");
  if (status == ML_OK)
    *out = *net;
  else
    linear__net_release(net);
  return status;
}

ml_status linear__net_of_normal(linear_normal *normal, linear_net *out, ml_error *err) {
  linear_net net = {.p = normal->p,
                    .sum_weights = normal->sum_weights,
                    .yy = normal->yy / normal->sum_weights,
                    .gram = normal->gram,
                    .shift = normal->shift,
                    .mean = normal->mean};
  const size_t p = net.p;
  ml_status status = allocate(&net, err);
  for (size_t j = 0; j < p && status == ML_OK; j++) {
    net.columns[j] = net.gram + j * p;
    net.xy[j] = normal->xy[j] / normal->sum_weights;
    for (size_t i = 0; i < p; i++) net.columns[j][i] /= normal->sum_weights;
    net.diagonal[j] = net.columns[j][j];
  }
  normal->gram = normal->shift = normal->mean = NULL;
  linear__normal_release(normal);
  return conclude(&net, status, out, err);
}

ml_status linear__net_of_rows(const linear_rows *rows, linear_net *out, ml_error *err) {
  const size_t n = rows->n, p = rows->p;
  linear_net net = {.p = p,
                    .n = n,
                    .sum_weights = linear__sum_of_weights(rows),
                    .shift = linear__new(p + 1, 1),
                    .mean = linear__new(p + 1, 1),
                    .x = linear__new(n, p + 2)};
  ml_status status = allocate(&net, err);
  if (status == ML_OK && !(net.shift && net.mean && net.x)) status = ml_error_memory(err);
  if (status == ML_OK) {
    memcpy(net.shift, rows->shift, (p + 1) * sizeof *net.shift);
    linear__centred(rows, net.sum_weights, net.x, net.mean);
    const double *y = net.x + n * p;
    net.yy = cblas_ddot((int)n, y, 1, y, 1) / net.sum_weights;
    for (size_t j = 0; j < p; j++) {
      const double *x = net.x + j * n;
      net.diagonal[j] = cblas_ddot((int)n, x, 1, x, 1) / net.sum_weights;
      net.xy[j] = cblas_ddot((int)n, x, 1, y, 1) / net.sum_weights;
    }
  }
  return conclude(&net, status, out, err);
}

void linear__net_release(linear_net *net) {
  for (size_t j = 0; !net->gram && net->columns && j < net->p; j++) free(net->columns[j]);
  free(net->xy);
  free(net->diagonal);
  free(net->columns);
  free(net->gram);
  free(net->x);
  free(net->shift);
  free(net->mean);
  free(net->b);
  free(net->slope);
  free(net->matrix);
  free(net->rhs);
  free(net->active);
  *net = (linear_net){0};
}

/* NULL: no memory. */
static const double *column_of(linear_net *net, size_t j) {
  if (!net->columns[j] && (net->columns[j] = linear__new(net->p, 1)))
    cblas_dgemv(CblasColMajor, CblasTrans, (int)net->n, (int)net->p, 1 / net->sum_weights, net->x,
                (int)net->n, net->x + j * net->n, 1, 0, net->columns[j], 1);
  return net->columns[j];
}

/* Anew, so that rounding errors of many steps do not add up. */
static bool update_slope(linear_net *net) {
  memcpy(net->slope, net->xy, net->p * sizeof *net->slope);
  for (size_t j = 0; j < net->p; j++) {
    const double *column = net->b[j] != 0 ? column_of(net, j) : NULL;
    if (net->b[j] != 0 && !column) return false;
    if (column) cblas_daxpy((int)net->p, -net->b[j], column, 1, net->slope, 1);
  }
  return true;
}

/* ---- coordinate descent ---------------------------------------------------------------------- */

/* A slope this much beyond l1 is rounding error. */
#define SLACK 1e-11

/* Coefficients that are not 0, or must not stay so. @return how many of the latter */
static size_t find_active(linear_net *net, double l1, size_t *n_active) {
  size_t n = 0, n_new = 0;
  for (size_t j = 0; j < net->p; j++) {
    bool is_new = net->b[j] == 0 && net->diagonal[j] > 0 && fabs(net->slope[j]) > l1 * (1 + SLACK);
    if (is_new || net->b[j] != 0) net->active[n++] = j;
    n_new += is_new;
  }
  *n_active = n;
  return n_new;
}

/* One pass over active coefficients. @return the greatest change of a prediction, in the root of
 * the mean square over rows; -1: no memory */
static double descend(linear_net *net, double l1, double l2, size_t n_active) {
  double most = 0;
  for (size_t i = 0; i < n_active; i++) {
    size_t j = net->active[i];
    double old = net->b[j], square = net->diagonal[j];
    double target = net->slope[j] + square * old, beyond = fabs(target) - l1;
    double new = beyond > 0 ? copysign(beyond, target) / (square + l2) : 0;
    if (new == old) continue;
    const double *column = column_of(net, j);
    if (!column) return -1;
    net->b[j] = new;
    cblas_daxpy((int)net->p, old - new, column, 1, net->slope, 1);
    most = fmax(most, fabs(new - old) * sqrt(square));
  }
  return most;
}

/* ---- the equations of one sign pattern ------------------------------------------------------- */

typedef enum polished { SOLVED, SINGULAR, NO_MEMORY } polished;

static size_t find_support(linear_net *net) {
  size_t n = 0;
  for (size_t j = 0; j < net->p; j++)
    if (net->b[j] != 0) net->active[n++] = j;
  return n;
}

static bool make_room(linear_net *net, size_t n) {
  if (n <= net->n_room) return true;
  free(net->matrix);
  net->n_room = 0;
  if ((net->matrix = linear__new(n, n))) net->n_room = n;
  return net->n_room >= n;
}

/* A pivot this much smaller than its square has no digits left. */
#define PIVOT_MIN 1e-12

/* Where the gradient is 0 while no sign changes: into rhs. */
static polished solve_support(linear_net *net, double l1, double l2, size_t n_active) {
  const int n = (int)n_active, one = 1;
  int info = 0;
  if (!make_room(net, n_active)) return NO_MEMORY;
  for (size_t k = 0; k < n_active; k++) {
    size_t j = net->active[k];
    const double *column = column_of(net, j);
    if (!column) return NO_MEMORY;
    for (size_t i = 0; i <= k; i++) net->matrix[k * n_active + i] = column[net->active[i]];
    net->matrix[k * n_active + k] += l2;
    net->rhs[k] = net->xy[j] - copysign(l1, net->b[j]);
  }
  dpotrf_("U", &n, net->matrix, &n, &info, 1);
  if (info) return SINGULAR;
  for (size_t k = 0; k < n_active; k++) {
    double pivot = net->matrix[k * n_active + k];
    if (!(pivot * pivot > PIVOT_MIN * (net->diagonal[net->active[k]] + l2))) return SINGULAR;
  }
  dpotrs_("U", &n, &one, net->matrix, &n, net->rhs, &n, &info, 1);
  return SOLVED;
}

/* Go there, as far as no sign changes; what becomes 0 first leaves, and so on. The sum that is
 * minimised falls with each step. */
static polished polish(linear_net *net, double l1, double l2) {
  for (size_t n; (n = find_support(net)) > 0;) {
    polished result = solve_support(net, l1, l2, n);
    if (result != SOLVED) return result;
    double step = 1;
    size_t leaves = n;
    for (size_t k = 0; k < n; k++) {
      double b = net->b[net->active[k]], new = net->rhs[k];
      if ((b > 0) == (new > 0) && new != 0) continue;
      if (leaves == n || b / (b - new) < step) {
        step = b / (b - new);
        leaves = k;
      }
    }
    for (size_t k = 0; k < n; k++) {
      double *b = &net->b[net->active[k]];
      *b = leaves == n ? net->rhs[k] : *b + step * (net->rhs[k] - *b);
    }
    if (leaves == n) break;
    net->b[net->active[leaves]] = 0;
  }
  return update_slope(net) ? SOLVED : NO_MEMORY;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Passes before the equations are solved, and how far a pass may still move predictions when they
 * need not be: the rest is a geometric series. */
#define PASSES_FIRST 8
#define MOVE_MAX     1e-14

static ml_status no_convergence(double max_passes, ml_error *err) {
  return ml_error_set(err, ML_ERR_NUMERIC,
                      "coordinate descent did not converge in %.0f passes (max_iter)", max_passes);
}

/* Passes over the active coefficients. @param[out] has_converged  by itself */
static ml_status descend_some(linear_net *net, double l1, double l2, size_t n_passes,
                              double *passes, bool *has_converged, ml_error *err) {
  const double small = MOVE_MAX * sqrt(net->yy);
  double before = INFINITY;
  size_t n_active;
  *has_converged = false;
  find_active(net, l1, &n_active);
  for (size_t i = 0; i < n_passes && !*has_converged; i++, *passes += 1) {
    double move = descend(net, l1, l2, n_active);
    if (move < 0) return ml_error_memory(err);
    *has_converged = move <= small && move <= before / 2;
    before = move;
  }
  return ML_OK;
}

ml_status linear__net_solve(linear_net *net, double l1, double l2, double max_passes,
                            const void *cancel, ml_error *err) {
  double passes = 0;
  size_t n_passes = PASSES_FIRST, n_active;
  if (!update_slope(net)) return ml_error_memory(err);
  while (passes < max_passes) {
    bool has_converged;
    ml_status status = descend_some(net, l1, l2, n_passes, &passes, &has_converged, err);
    if (status != ML_OK) return status;
    bool is_exact = has_converged;
    if (!has_converged) {
      polished result = polish(net, l1, l2);
      if (result == NO_MEMORY) return ml_error_memory(err);
      is_exact = result == SOLVED;
    }
    if (find_active(net, l1, &n_active) == 0 && is_exact) return ML_OK;
    if (!is_exact && n_passes < 1000) n_passes *= 2;
    if (ml_item_cancelled(cancel)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
  }
  return no_convergence(max_passes, err);
}
