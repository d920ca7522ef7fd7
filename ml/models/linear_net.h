/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lasso and elastic net: least squares with penalties on the sizes and squares of coefficients. */
#ifndef ML_MODELS_LINEAR_NET_H
#define ML_MODELS_LINEAR_NET_H

#include "linear_parts.h"

/* What is minimised: yy / 2 - b'xy + b'Gb / 2 + l1 |b| + l2 |b|^2 / 2, where yy, xy and G are means
 * over the rows. */
typedef struct linear_net {
  size_t p;
  double sum_weights;
  double yy;
  double *xy;       /* p */
  double *diagonal; /* p: of G */
  double **columns; /* p, of G: NULL until they are needed */
  double *gram;     /* what all columns point into; NULL: they are computed from x */
  double *x;        /* n x p, centred; NULL when there is gram */
  size_t n;
  double *shift, *mean; /* p + 1 each */
  /* of the solution, and of the point where the next search begins */
  double *b, *slope;    /* p: coefficients, xy - G b */
  double *matrix, *rhs; /* of the coefficients that are not 0: room for n_room of them */
  double *cosines;      /* p: of rotations */
  size_t *active, n_room;
} linear_net;

/** From normal equations, which it takes over in any case. */
ml_status linear__net_of_normal(linear_normal *normal, linear_net *out, ml_error *err);

/** From rows, few of them: columns of G are computed as they are needed. */
ml_status linear__net_of_rows(const linear_rows *rows, linear_net *out, ml_error *err);
void linear__net_release(linear_net *net);

/**
 * Minimise, beginning at b. Coordinate descent finds which coefficients are not 0, and their
 * equations are then solved: so the result does not depend on where it began.
 *
 * @param l1  above 0
 * @retval ML_ERR_NUMERIC  not in max_passes over the features
 */
ml_status linear__net_solve(linear_net *net, double l1, double l2, double max_passes,
                            const void *cancel, ml_error *err);

/** The factor of the matrix of n coefficients that are not 0, without that of number k, by
 * rotations: rhs is overwritten. @param stride  of the columns of net->matrix */
void linear__net_drop(linear_net *net, size_t n, size_t stride, size_t k);

/* Places of the parameters; l1_ratio is 1 where there is none. */
typedef struct linear_net_names {
  linear_names names;
  size_t max_iter;
} linear_net_names;

ml_status linear__net_fit(const double *values, const linear_net_names *names, const ml_view *train,
                          const void *cancel, void **fitted, ml_error *err);
ml_status linear__net_fold(const ml_cv *cv, const linear_net_names *names, const void *shared,
                           size_t fold, const size_t *candidates, size_t n, ml_take *take,
                           void *ctx, ml_error *err);

#endif
