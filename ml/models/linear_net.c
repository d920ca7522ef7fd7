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
  net->cosines = linear__new(p, 1);
  net->active = calloc(p + 1, sizeof *net->active);
  return net->xy && net->diagonal && net->columns && net->b && net->slope && net->rhs &&
                 net->cosines && net->active
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
  free(net->cosines);
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

/* A slope this much beyond l1, or a correlation this small, is rounding error. */
#define SLACK       1e-11
#define CORRELATION 1e-14

/* Coefficients that are not 0, or must not stay so. @return how many of the latter */
static size_t find_active(linear_net *net, double l1, size_t *n_active) {
  size_t n = 0, n_new = 0;
  for (size_t j = 0; j < net->p; j++) {
    double edge = l1 * (1 + SLACK) + CORRELATION * sqrt(net->diagonal[j] * net->yy);
    bool is_new = net->b[j] == 0 && fabs(net->slope[j]) > edge;
    if (is_new || net->b[j] != 0) net->active[n++] = j;
    n_new += is_new;
  }
  *n_active = n;
  return n_new;
}

/* One pass over active coefficients. @return the greatest change of a prediction, in the root of
 * the mean square over rows; -1: no memory. @param[out] changes  which of them are not 0 */
static double descend(linear_net *net, double l1, double l2, size_t n_active, bool *changes) {
  double most = 0;
  *changes = false;
  for (size_t i = 0; i < n_active; i++) {
    size_t j = net->active[i];
    double old = net->b[j], square = net->diagonal[j];
    double target = net->slope[j] + square * old, beyond = fabs(target) - l1;
    double new = beyond > 0 ? copysign(beyond, target) / (square + l2) : 0;
    if (new == old) continue;
    const double *column = column_of(net, j);
    if (!column) return -1;
    net->b[j] = new;
    *changes |= (new == 0) != (old == 0);
    cblas_daxpy((int)net->p, old - new, column, 1, net->slope, 1);
    most = fmax(most, fabs(new - old) * sqrt(square));
  }
  return most;
}

/* ---- the equations of one sign pattern ------------------------------------------------------- */

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

/* A pivot this much smaller than its square is rounding error. */
#define PIVOT_MIN 1e-13

static bool fill_matrix(linear_net *net, double l2, size_t n) {
  for (size_t k = 0; k < n; k++) {
    const double *column = column_of(net, net->active[k]);
    if (!column) return false;
    for (size_t i = 0; i <= k; i++) net->matrix[k * n + i] = column[net->active[i]];
    net->matrix[k * n + k] += l2;
  }
  return true;
}

/* @return the first active coefficient whose column depends on those before it; n: none */
static size_t factorize(linear_net *net, double l2, size_t n) {
  const int order = (int)n;
  int info = 0;
  dpotrf_("U", &order, net->matrix, &order, &info, 1);
  size_t end = info ? (size_t)info - 1 : n;
  for (size_t k = 0; k < end; k++) {
    double pivot = net->matrix[k * n + k];
    if (!(pivot * pivot > PIVOT_MIN * (net->diagonal[net->active[k]] + l2))) return k;
  }
  return end;
}

/* Where the gradient is 0 while no sign changes: into rhs. */
static void solve_support(linear_net *net, double l1, size_t n, size_t stride) {
  const int order = (int)n, one = 1, ld = (int)stride;
  int info;
  for (size_t k = 0; k < n; k++) {
    size_t j = net->active[k];
    net->rhs[k] = net->xy[j] - copysign(l1, net->b[j]);
  }
  dpotrs_("U", &order, &one, net->matrix, &ld, net->rhs, &order, &info, 1);
}

void linear__net_drop(linear_net *net, size_t n, size_t stride, size_t k) {
  double *sines = net->rhs, r;
  for (size_t j = k; j + 1 < n; j++) {
    double *column = net->matrix + j * stride;
    memcpy(column, column + stride, (j + 2) * sizeof *column);
    for (size_t i = k; i < j; i++) {
      double a = column[i], b = column[i + 1], c = net->cosines[i], s = sines[i];
      column[i] = c * a + s * b;
      column[i + 1] = c * b - s * a;
    }
    r = hypot(column[j], column[j + 1]);
    net->cosines[j] = column[j] / r;
    sines[j] = column[j + 1] / r;
    column[j] = r;
  }
}

/* The combination of active columns that is 0, since column k is one of those before it: into rhs,
 * in the direction in which the sum of sizes falls. */
static bool find_null(linear_net *net, double l2, size_t n, size_t k) {
  const int order = (int)n, before = (int)k, one = 1;
  const double *column = column_of(net, net->active[k]);
  int info;
  double slope = 0;
  if (!fill_matrix(net, l2, n)) return false;
  memset(net->rhs, 0, n * sizeof *net->rhs);
  for (size_t i = 0; i < k; i++) net->rhs[i] = column[net->active[i]];
  if (k) {
    dpotrf_("U", &before, net->matrix, &order, &info, 1);
    dpotrs_("U", &before, &one, net->matrix, &order, net->rhs, &order, &info, 1);
  }
  net->rhs[k] = -1;
  for (size_t i = 0; i < n; i++)
    slope += copysign(net->rhs[i], net->rhs[i] * net->b[net->active[i]]);
  for (size_t i = 0; i < n && slope > 0; i++) net->rhs[i] = -net->rhs[i];
  return true;
}

/* Go towards rhs, which is a change, by as much as `most` of it but through no 0: what gets there
 * first stays there. @return which one; n: none */
static size_t go(linear_net *net, size_t n, double most) {
  double step = most;
  size_t leaves = n;
  for (size_t k = 0; k < n; k++) {
    double b = net->b[net->active[k]], change = net->rhs[k];
    if (b * change >= 0 || !(-b / change < step)) continue;
    step = -b / change;
    leaves = k;
  }
  for (size_t k = 0; k < n && step < INFINITY; k++) net->b[net->active[k]] += step * net->rhs[k];
  if (leaves < n) net->b[net->active[leaves]] = 0;
  return leaves;
}

/* Go to where the equations are solved, as far as no sign changes; what becomes 0 leaves, and so
 * on. The sum that is minimised falls with each step. */
static bool polish(linear_net *net, double l1, double l2) {
  size_t stride = 0, n_factored = 0; /* of the factor that is there */
  for (size_t n; (n = find_support(net)) > 0;) {
    if (n != n_factored) {
      if (!make_room(net, n) || !fill_matrix(net, l2, n)) return false;
      size_t k = factorize(net, l2, n);
      if (k < n) {
        n_factored = 0;
        if (!find_null(net, l2, n, k)) return false;
        if (go(net, n, INFINITY) == n) break;
        continue;
      }
      stride = n;
    }
    solve_support(net, l1, n, stride);
    bool is_within = true;
    for (size_t i = 0; i < n; i++) is_within &= net->rhs[i] * net->b[net->active[i]] > 0;
    if (is_within) {
      for (size_t i = 0; i < n; i++) net->b[net->active[i]] = net->rhs[i];
      break;
    }
    for (size_t i = 0; i < n; i++) net->rhs[i] -= net->b[net->active[i]];
    size_t leaves = go(net, n, 1);
    if (leaves == n) break;
    linear__net_drop(net, n, stride, leaves);
    n_factored = n - 1;
  }
  return update_slope(net);
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Passes before the equations are solved, and how far a pass may still move predictions when they
 * need not be: the rest is a geometric series. */
#define PASSES   16
#define MOVE_MAX 1e-14

/* The equations are solved at once when passes make no better progress than this and no further
 * coefficient must leave 0: a pass costs less than equations of a pattern that does not last. */
#define SLOW 4

static ml_status no_convergence(double max_passes, ml_error *err) {
  return ml_error_set(err, ML_ERR_NUMERIC,
                      "coordinate descent did not converge in %.0f passes (max_iter)", max_passes);
}

/* Passes over the active coefficients. @param[out] has_converged  by itself */
static ml_status descend_some(linear_net *net, double l1, double l2, double max_passes,
                              double *passes, bool *has_converged, ml_error *err) {
  const double small = MOVE_MAX * sqrt(net->yy);
  double before = INFINITY;
  size_t n_active;
  *has_converged = false;
  find_active(net, l1, &n_active);
  for (size_t i = 0; i < PASSES && *passes < max_passes && !*has_converged; i++, *passes += 1) {
    bool changes;
    double move = descend(net, l1, l2, n_active, &changes);
    if (move < 0) return ml_error_memory(err);
    *has_converged = move <= small && move <= before / 2;
    if (!changes && move > before / SLOW && find_active(net, l1, &n_active) == 0) break;
    before = move;
  }
  return ML_OK;
}

ml_status linear__net_solve(linear_net *net, double l1, double l2, double max_passes,
                            const void *cancel, ml_error *err) {
  double passes = 0;
  size_t n_active;
  if (!update_slope(net)) return ml_error_memory(err);
  while (passes < max_passes) {
    bool has_converged;
    ml_status status = descend_some(net, l1, l2, max_passes, &passes, &has_converged, err);
    if (status != ML_OK) return status;
    if (!has_converged && !polish(net, l1, l2)) return ml_error_memory(err);
    if (find_active(net, l1, &n_active) == 0) return ML_OK;
    if (ml_item_cancelled(cancel)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
  }
  return no_convergence(max_passes, err);
}
