/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Elastic net: least squares with penalties on the sizes and the squares of the coefficients. */
#include <stdlib.h>

#include "linear_net.h"
#include "linear_params.h"
#include "models.h"

enum { ALPHA, L1_RATIO, FIT_INTERCEPT, MAX_ITER, N_PARAMS };

static const ml_model_param params[] = {
    [ALPHA] =
        LINEAR_ALPHA("weight of the penalty alpha (l1_ratio |b|_1 + (1 - l1_ratio) |b|^2 / 2) "
                     "beside half the mean squared error"),
    [L1_RATIO] = {.name = "l1_ratio",
                  .kind = ML_MODEL_REAL,
                  .hi = 1,
                  .fallback = 0.5,
                  .is_shared = true,
                  .help = "share of the sizes in the penalty; 1 is lasso, 0 ridge regression"},
    [FIT_INTERCEPT] = LINEAR_FIT_INTERCEPT(LINEAR_NOT_PENALISED),
    [MAX_ITER] = LINEAR_MAX_ITER,
};

static const linear_net_names names = {{N_PARAMS, ALPHA, L1_RATIO, FIT_INTERCEPT}, MAX_ITER};

static ml_status fit(const double *values, const ml_view *train, uint64_t seed, const void *cancel,
                     void **fitted, ml_error *err) {
  (void)seed;
  return linear__net_fit(values, &names, train, cancel, fitted, err);
}

static ml_status share_size(const ml_cv *cv, size_t *n_parts, size_t *part_bytes, ml_error *err) {
  return linear__parts_size(cv, &names.names, n_parts, part_bytes, err);
}

static ml_status share(const ml_cv *cv, size_t part, void *out, ml_error *err) {
  return linear__part(cv, &names.names, part, out, err);
}

static ml_status fold(const ml_cv *cv, const void *shared, size_t number, const size_t *candidates,
                      size_t n, ml_take *take, void *ctx, ml_error *err) {
  return linear__net_fold(cv, &names, shared, number, candidates, n, take, ctx, err);
}

const ml_model models__elastic_net = {
    .abi = ML_MODEL_ABI,
    .name = "elastic_net",
    .summary = "least squares with penalties on the sizes and the squares of the coefficients",
    .source = "Zou and Hastie (2005), Journal of the Royal Statistical Society B 67, 301",
    .traits = ML_MODEL_REGRESSES | ML_MODEL_WEIGHTS | ML_MODEL_SQUARES | ML_MODEL_SCALES,
    .params = params,
    .n_params = N_PARAMS,
    .fit = fit,
    .predict = linear__predict,
    .free = free,
    .share_size = share_size,
    .share = share,
    .fold = fold,
    .save = linear__save,
    .load = linear__load,
    .importance_is = LINEAR_IMPORTANCE,
    .importance = linear__importance,
};
