/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ordinary least squares. */
#include <stdlib.h>

#include "linear_params.h"
#include "linear_parts.h"
#include "models.h"

enum { FIT_INTERCEPT, N_PARAMS };

static const ml_model_param params[] = {
    [FIT_INTERCEPT] =
        LINEAR_FIT_INTERCEPT("add a constant; without it a prediction is 0 where all features "
                             "are"),
};

static ml_status fit(const double *values, const ml_view *train, uint64_t seed, const void *cancel,
                     void **fitted, ml_error *err) {
  (void)seed, (void)cancel;
  return linear__fit_ridge(train, 0, values[FIT_INTERCEPT] != 0, fitted, err);
}

static const linear_names names = {N_PARAMS, SIZE_MAX, SIZE_MAX, FIT_INTERCEPT};

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

const ml_model models__ols = {
    .abi = ML_MODEL_ABI,
    .name = "ols",
    .summary = "least squares; of equally good coefficients those of smallest norm",
    .source = "Golub and Van Loan (2013), Matrix Computations, chapter 5",
    .traits = ML_MODEL_REGRESSES | ML_MODEL_WEIGHTS | ML_MODEL_SQUARES,
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
