/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ridge regression: least squares with a penalty on the squares of the coefficients. */
#include <math.h>
#include <stdlib.h>

#include "linear.h"
#include "models.h"

enum { ALPHA, FIT_INTERCEPT, N_PARAMS };

static const ml_model_param params[] = {
    [ALPHA] = {.name = "alpha",
               .kind = ML_MODEL_REAL,
               .hi = HUGE_VAL,
               .below_hi = true,
               .fallback = 1,
               .is_shared = true,
               .simpler = 1,
               .help = "weight of the penalty alpha |b|^2 beside the sum of squared errors"},
    [FIT_INTERCEPT] = {.name = "fit_intercept",
                       .kind = ML_MODEL_BOOL,
                       .hi = 1,
                       .fallback = 1,
                       .help = "add a constant, which is not penalised"},
};

static ml_status fit(const double *values, const ml_view *train, uint64_t seed, const void *cancel,
                     void **fitted, ml_error *err) {
  (void)seed, (void)cancel;
  return linear__fit_ridge(train, values[ALPHA], values[FIT_INTERCEPT] != 0, fitted, err);
}

const ml_model models__ridge = {
    .abi = ML_MODEL_ABI,
    .name = "ridge",
    .summary = "least squares with a penalty on the squares of the coefficients",
    .source = "Hoerl and Kennard (1970), Technometrics 12, 55",
    .traits = ML_MODEL_REGRESSES | ML_MODEL_WEIGHTS | ML_MODEL_SCALES,
    .params = params,
    .n_params = N_PARAMS,
    .fit = fit,
    .predict = linear__predict,
    .free = free,
};
