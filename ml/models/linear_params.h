/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hyper-parameters that linear models have in common; never installed. */
#ifndef ML_MODELS_LINEAR_PARAMS_H
#define ML_MODELS_LINEAR_PARAMS_H

#include <math.h>

#include <ml/model.h>

#define LINEAR_ALPHA(help_of_alpha)                                                          \
  {                                                                                          \
    .name = "alpha", .kind = ML_MODEL_REAL, .hi = HUGE_VAL, .below_hi = true, .fallback = 1, \
    .is_shared = true, .simpler = 1, .help = help_of_alpha                                   \
  }

#define LINEAR_FIT_INTERCEPT(help_of_intercept)                             \
  {                                                                         \
    .name = "fit_intercept", .kind = ML_MODEL_BOOL, .hi = 1, .fallback = 1, \
    .help = help_of_intercept                                               \
  }

#define LINEAR_NOT_PENALISED "add a constant, which is not penalised"

#define LINEAR_MAX_ITER                                                                    \
  {                                                                                        \
    .name = "max_iter", .kind = ML_MODEL_INT, .lo = 1, .hi = 1e9, .fallback = 100000,      \
    .help =                                                                                \
        "passes over the features after which a fit has failed; it ends when the minimum " \
        "is reached to rounding error"                                                     \
  }

#endif
