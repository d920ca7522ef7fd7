/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ordinary least squares. */
#include <stdlib.h>

#include "linear.h"
#include "models.h"

enum { FIT_INTERCEPT, N_PARAMS };

static const ml_model_param params[] = {
    [FIT_INTERCEPT] = {.name = "fit_intercept",
                       .kind = ML_MODEL_BOOL,
                       .hi = 1,
                       .fallback = 1,
                       .help = "add a constant; without it a prediction is 0 where all features "
                               "are"},
};

static ml_status fit(const double *values, const ml_view *train, uint64_t seed, const void *cancel,
                     void **fitted, ml_error *err) {
  (void)seed, (void)cancel;
  return linear__fit_ridge(train, 0, values[FIT_INTERCEPT] != 0, fitted, err);
}

const ml_model models__ols = {
    .abi = ML_MODEL_ABI,
    .name = "ols",
    .summary = "least squares; of equally good coefficients those of smallest norm",
    .source = "Golub and Van Loan (2013), Matrix Computations, chapter 5",
    .traits = ML_MODEL_REGRESSES | ML_MODEL_WEIGHTS,
    .params = params,
    .n_params = N_PARAMS,
    .fit = fit,
    .predict = linear__predict,
    .free = free,
};
