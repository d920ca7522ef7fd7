/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression with an L2 penalty: two classes, more, or each against the rest. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logistic_internal.h"
#include "models.h"

typedef struct logistic {
  logit_shape shape;
  double *b;
} logistic;

static void release(void *fitted) {
  logistic *model = fitted;
  if (!model) return;
  logit__shape_release(&model->shape);
  free(model->b);
  free(model);
}

static ml_status minimise(const double *params, const logit_task *task, const void *cancel,
                          logistic *model, ml_error *err) {
  const logit_limits limits = logit__limits(params, cancel);
  ml_status status = ML_OK;
  for (size_t i = 0; i < model->shape.n_problems && status == ML_OK; i++) {
    logit_problem problem = logit__problem(task, &model->shape, i, params[LOGIT_C]);
    status = logit__minimise(&problem, &limits, model->b + i * logit__n_params(&problem), err);
  }
  return status;
}

static ml_status fit(const double *params, const ml_view *train, uint64_t seed, const void *cancel,
                     void **fitted, ml_error *err) {
  (void)seed;
  logit_task task = {0};
  logistic *model = calloc(1, sizeof *model);
  if (!model) return ml_error_memory(err);
  ml_status status = logit__shape(params, train, NULL, &model->shape, err);
  if (status == ML_OK) status = logit__task(train, &model->shape, &task, err);
  if (status == ML_OK) {
    model->b = calloc(logit__n_all(&model->shape) + 1, sizeof *model->b);
    status = model->b ? minimise(params, &task, cancel, model, err) : ml_error_memory(err);
  }
  logit__task_release(&task);
  if (status == ML_OK)
    *fitted = model;
  else
    release(model);
  return status;
}

static ml_status predict(const void *fitted, const ml_view *rows, double *out, ml_error *err) {
  const logistic *model = fitted;
  return logit__probabilities(&model->shape, rows, model->b, out, err);
}

static const ml_model_param params[LOGIT_N_PARAMS] = {
    [LOGIT_C] = {.name = "C",
                 .kind = ML_MODEL_REAL,
                 .above_lo = true,
                 .hi = 1e100,
                 .fallback = 1,
                 .is_shared = true,
                 .simpler = -1,
                 .help = "weight of the losses beside |b|^2 / 2"},
    [LOGIT_FIT_INTERCEPT] = {.name = "fit_intercept",
                             .kind = ML_MODEL_BOOL,
                             .fallback = 1,
                             .help = "whether there is an intercept"},
    [LOGIT_PENALIZE_INTERCEPT] = {.name = "penalize_intercept",
                                  .kind = ML_MODEL_BOOL,
                                  .help = "whether it is penalised as the coefficients are"},
    [LOGIT_MULTI_CLASS] = {.name = "multi_class",
                           .kind = ML_MODEL_CHOICE,
                           .choices = "auto|multinomial|ovr",
                           .help = "more than two classes: softmax (auto, multinomial), or each "
                                   "against the rest"},
    [LOGIT_CLASS_WEIGHT] = {.name = "class_weight",
                            .kind = ML_MODEL_CHOICE,
                            .choices = "none|balanced",
                            .help = "balanced: all classes weigh the same"},
    [LOGIT_TOL] = {.name = "tol",
                   .kind = ML_MODEL_REAL,
                   .above_lo = true,
                   .hi = 1,
                   .fallback = 1e-11,
                   .help = "error of the logits at which the fit ends"},
    [LOGIT_MAX_ITER] = {.name = "max_iter",
                        .kind = ML_MODEL_INT,
                        .lo = 1,
                        .hi = 1e9,
                        .fallback = 200,
                        .help = "steps of Newton's method, after which a fit has failed"},
};

const ml_model models__logistic = {
    .abi = ML_MODEL_ABI,
    .name = "logistic",
    .summary = "logistic regression with an L2 penalty, two classes or more",
    .source = "Cox (1958), J. R. Stat. Soc. B 20, 215",
    .traits = ML_MODEL_CLASSIFIES | ML_MODEL_WEIGHTS | ML_MODEL_SCALES,
    .params = params,
    .n_params = LOGIT_N_PARAMS,
    .fit = fit,
    .predict = predict,
    .free = release,
    .share_size = logit__share_size,
    .share = logit__share,
    .fold = logit__fold,
};
