/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression with an L2 penalty: two classes, more, or each against the rest. */
#include <math.h>
#include <ml/saved.h>
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

/* ---- files: of each problem and logit a row of coefficients, that of the intercept last --------
 */

static ml_status save(const void *fitted, ml_arena *arena, ml_value *out, ml_error *err) {
  const logistic *model = fitted;
  const logit_shape *shape = &model->shape;
  ml_saver saver = ml_saver_begin(arena, err);
  int64_t *classes = ml_saver_new_ints(&saver, "classes", shape->n_present);
  for (size_t c = 0; classes && c < shape->n_present; c++) classes[c] = shape->present[c];
  if (shape->centre)
    ml_saver_reals(&saver, "centre", shape->centre, shape->n_columns - shape->has_intercept,
                   ml_saved_finite);
  ml_saver_matrix(&saver, "coef", model->b, shape->n_problems * shape->n_logits, shape->n_columns,
                  ml_saved_finite);
  return ml_saver_end(&saver, out);
}

/* Those that rows had: at least two, ascending. */
static const int64_t *load_classes(ml_loader *loader, size_t n_classes, size_t *n) {
  *n = ml_loader_length(loader, "classes");
  const int64_t *classes = ml_loader_ints(loader, "classes", *n, 0, (int64_t)n_classes - 1);
  if (*n < 2) ml_loader_fail(loader, "classes", "has %zu elements, where two or more belong", *n);
  for (size_t c = 1; loader->status == ML_OK && c < *n; c++)
    if (classes[c] <= classes[c - 1])
      ml_loader_fail(loader, "classes", "does not ascend in place %zu", c + 1);
  return loader->status == ML_OK ? classes : NULL;
}

static void load_coefficients(ml_loader *loader, logistic *model) {
  const logit_shape *shape = &model->shape;
  size_t n_rows = shape->n_problems * shape->n_logits;
  const double *coef = ml_loader_matrix(loader, "coef", n_rows, shape->n_columns, ml_saved_finite);
  if (!coef) return;
  model->b = calloc(logit__n_all(shape) + 1, sizeof *model->b);
  if (model->b)
    memcpy(model->b, coef, logit__n_all(shape) * sizeof *coef);
  else
    ml_loader_no_memory(loader);
}

static ml_status load(const double *params, const ml_value *saved, size_t n_columns,
                      size_t n_classes, void **fitted, ml_error *err) {
  const ml_view view = {.n_columns = n_columns, .n_classes = n_classes};
  bool has_centre = params[LOGIT_FIT_INTERCEPT] != 0 && params[LOGIT_PENALIZE_INTERCEPT] == 0;
  size_t n_present;
  ml_loader loader = ml_loader_begin(saved, err);
  const int64_t *present = load_classes(&loader, n_classes, &n_present);
  const double *centre =
      has_centre ? ml_loader_reals(&loader, "centre", n_columns, ml_saved_finite) : NULL;
  logistic *model = loader.status == ML_OK ? calloc(1, sizeof *model) : NULL;
  if (!model || logit__shape_saved(params, &view, present, n_present, centre, &model->shape, err))
    ml_loader_no_memory(&loader);
  if (loader.status == ML_OK) load_coefficients(&loader, model);
  if (loader.status == ML_OK)
    *fitted = model;
  else
    release(model);
  return ml_loader_end(&loader);
}

/* Of several logits the mean size. */
static ml_status importance(const void *fitted, const ml_view *train, double *out, ml_error *err) {
  const logistic *model = fitted;
  const logit_shape *shape = &model->shape;
  size_t n_rows = shape->n_problems * shape->n_logits;
  (void)err;
  ml_view_deviations(train, out);
  for (size_t j = 0; j < train->n_columns; j++) {
    double sum = 0;
    for (size_t i = 0; i < n_rows; i++) sum += fabs(model->b[i * shape->n_columns + j]);
    out[j] *= sum / (double)n_rows;
  }
  return ML_OK;
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
    .save = save,
    .load = load,
    .importance_is =
        "size of the coefficient (of several classes their mean) times the standard "
        "deviation of the column in the training rows",
    .importance = importance,
};
