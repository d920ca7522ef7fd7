/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Squared errors of the rows that a fold tests, from the products that folds share: no row is read
 * again. */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include <ml/metrics_internal.h>

#include "linear_parts.h"

/* Of the terms of a sum: what is left is known to 1e-9 of itself even if every term has an error of
 * a thousand units in the last place. */
#define SHARE_LEFT 1e-4

ml_status linear__squares_init(const ml_cv *cv, const linear_names *names, const void *shared,
                               size_t fold, bool has_intercept, const ml_view *test, ml_take *take,
                               void *ctx, linear_squares *out, ml_error *err) {
  const double *at;
  *out = (linear_squares){.take = take, .ctx = ctx, .test = test};
  ml_status status = linear__part_of_test(cv, names, shared, fold, has_intercept, &at, err);
  if (status != ML_OK || !at) return status;
  out->shift = at;
  out->gram = at + cv->all.n_columns + 1;
  return ML_OK;
}

/* An error is y - constant - sum of coef (x - shift): a row times v. */
bool linear__squares_known(const linear_squares *s, size_t p, const double *coef, double *squares) {
  const size_t q = p + 2;
  double sum = 0, terms = 0;
  if (!s->gram) return false;
  for (size_t j = 0; j < q; j++) {
    const double *column = s->gram + j * q;
    const double vj = j == 0 ? s->shift[p] - coef[p] : j <= p ? -coef[j - 1] : 1;
    double products = 0, sizes = 0;
    if (vj == 0) continue;
    for (size_t i = 0; i <= j; i++) {
      const double vi = i == 0 ? s->shift[p] - coef[p] : i <= p ? -coef[i - 1] : 1;
      const double product = (i == j ? 1 : 2) * vi * column[i];
      products += product;
      sizes += fabs(product);
    }
    sum += vj * products;
    terms += fabs(vj) * sizes;
  }
  *squares = sum;
  return sum > SHARE_LEFT * terms;
}

ml_status linear__take_squares(void *ctx, size_t candidate, const double *predictions,
                               const ml_error *error, ml_error *err) {
  const linear_squares *s = ctx;
  if (!predictions) return s->take(s->ctx, candidate, NULL, error, err);
  double *y = reallocarray(NULL, s->test->n + 1, sizeof *y);
  if (!y) return ml_error_memory(err);
  ml_view_gather_y(s->test, y);
  const ml_scored scored = {.n = s->test->n, .y = y, .y_pred = predictions};
  const double squares = metrics__errors(&scored, 0, 0).squared;
  free(y);
  return s->take(s->ctx, candidate, &squares, NULL, err);
}
