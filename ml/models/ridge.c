/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ridge regression: least squares with a penalty on the squares of the coefficients. */
#include <stdlib.h>

#include "linear_params.h"
#include "linear_parts.h"
#include "models.h"

enum { ALPHA, FIT_INTERCEPT, N_PARAMS };

static const ml_model_param params[] = {
    [ALPHA] = LINEAR_ALPHA("weight of the penalty alpha |b|^2 beside the sum of squared errors"),
    [FIT_INTERCEPT] = LINEAR_FIT_INTERCEPT(LINEAR_NOT_PENALISED),
};

static ml_status fit(const double *values, const ml_view *train, uint64_t seed, const void *cancel,
                     void **fitted, ml_error *err) {
  (void)seed, (void)cancel;
  return linear__fit_ridge(train, values[ALPHA], values[FIT_INTERCEPT] != 0, fitted, err);
}

static const linear_names names = {N_PARAMS, ALPHA, SIZE_MAX, FIT_INTERCEPT};

static ml_status share_size(const ml_cv *cv, size_t *n_parts, size_t *part_bytes, ml_error *err) {
  return linear__ridge_share_size(cv, &names, n_parts, part_bytes, err);
}

static ml_status share(const ml_cv *cv, size_t part, void *out, ml_error *err) {
  return linear__ridge_share(cv, &names, part, out, err);
}

static ml_status fold(const ml_cv *cv, const void *shared, size_t number, const size_t *candidates,
                      size_t n, ml_take *take, void *ctx, ml_error *err) {
  return linear__ridge_fold(cv, &names, shared, number, candidates, n, take, ctx, err);
}

static ml_status gcv(const ml_cv *cv, double *out, ml_error *err) {
  return linear__ridge_gcv(cv, &names, out, err);
}

const ml_model models__ridge = {
    .abi = ML_MODEL_ABI,
    .name = "ridge",
    .summary = "least squares with a penalty on the squares of the coefficients",
    .source = "Hoerl and Kennard (1970), Technometrics 12, 55",
    .traits = ML_MODEL_REGRESSES | ML_MODEL_WEIGHTS | ML_MODEL_SQUARES | ML_MODEL_SCALES,
    .params = params,
    .n_params = N_PARAMS,
    .fit = fit,
    .predict = linear__predict,
    .free = free,
    .share_size = share_size,
    .share = share,
    .fold = fold,
    .gcv = gcv,
    .save = linear__save,
    .load = linear__load,
    .importance_is = LINEAR_IMPORTANCE,
    .importance = linear__importance,
};
