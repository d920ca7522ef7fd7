/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hyper-parameters that the machines of LIBLINEAR and LIBSVM have in common. */
#ifndef PLUGINS_SVM_PARAMS_H
#define PLUGINS_SVM_PARAMS_H

#include <ml/model.h>

#define SVM_C(help_of_c)                                                                      \
  {                                                                                           \
    .name = "C", .kind = ML_MODEL_REAL, .lo = 0, .hi = 1e12, .above_lo = true, .fallback = 1, \
    .simpler = -1, .help = help_of_c                                                          \
  }

#define SVM_TOL(default_tol)                                                  \
  {                                                                           \
    .name = "tol", .kind = ML_MODEL_REAL, .lo = 0, .hi = 1, .above_lo = true, \
    .fallback = default_tol, .help = "where the solver stops"                 \
  }

#define SVM_CLASS_WEIGHT                                                         \
  {                                                                              \
    .name = "class_weight", .kind = ML_MODEL_CHOICE, .choices = "none|balanced", \
    .help = "balanced: classes count the same, however many rows they have"      \
  }

#define SVM_EPSILON(default_epsilon)                                                            \
  {                                                                                             \
    .name = "epsilon", .kind = ML_MODEL_REAL, .lo = 0, .hi = 1e12, .fallback = default_epsilon, \
    .help = "errors up to this cost nothing"                                                    \
  }

#endif
