/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linear support vector machines by LIBLINEAR. */
#include <linear.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#include <ml/rng.h>
#include <ml/saved.h>

#define NODE feature_node
#include "../nodes.h"
#include "../svm_params.h"

enum { C, LOSS, INTERCEPT, SCALING, TOL, N_SHARED };
enum { PENALTY = N_SHARED, BALANCED, N_SVC };
enum { EPSILON = N_SHARED, N_SVR };

#define COMMON_PARAMS                                                                      \
  [C] = SVM_C("cost of errors against the size of coefficients"),                          \
  [INTERCEPT] = {.name = "fit_intercept",                                                  \
                 .kind = ML_MODEL_BOOL,                                                    \
                 .fallback = 1,                                                            \
                 .help = "with an intercept, which is penalised as the coefficients are"}, \
  [SCALING] = {.name = "intercept_scaling",                                                \
               .kind = ML_MODEL_REAL,                                                      \
               .lo = 0,                                                                    \
               .hi = 1e12,                                                                 \
               .above_lo = true,                                                           \
               .fallback = 1,                                                              \
               .help =                                                                     \
                   "value of the column of the intercept: the greater, the less it is "    \
                   "penalised"},                                                           \
  [TOL] = SVM_TOL(1e-4)

static const ml_model_param svc_params[N_SVC] = {
    COMMON_PARAMS,
    [LOSS] = {.name = "loss",
              .kind = ML_MODEL_CHOICE,
              .choices = "squared_hinge|hinge",
              .help = "of a row on the wrong side of its margin"},
    [PENALTY] = {.name = "penalty",
                 .kind = ML_MODEL_CHOICE,
                 .choices = "l2|l1",
                 .help = "norm of the coefficients; l1 makes some of them zero"},
    [BALANCED] = SVM_CLASS_WEIGHT,
};

static const ml_model_param svr_params[N_SVR] = {
    COMMON_PARAMS,
    [LOSS] = {.name = "loss",
              .kind = ML_MODEL_CHOICE,
              .choices = "epsilon_insensitive|squared_epsilon_insensitive",
              .help = "of an error larger than epsilon"},
    [EPSILON] = SVM_EPSILON(0),
};

typedef struct machine {
  struct model *model;
  size_t n_classes;
  double bias;
} machine;

static void free_machine(void *fitted) {
  machine *m = fitted;
  if (!m) return;
  if (m->model) free_and_destroy_model(&m->model);
  free(m);
}

/* Which of its solvers: exact ones of the primal where there are any, for those have no chance in
 * them. */
static int svc_solver(const double *params) {
  if (params[PENALTY] != 0) return L1R_L2LOSS_SVC;
  return params[LOSS] != 0 ? L2R_L1LOSS_SVC_DUAL : L2R_L2LOSS_SVC;
}

static int svr_solver(const double *params) {
  return params[LOSS] != 0 ? L2R_L2LOSS_SVR : L2R_L1LOSS_SVR_DUAL;
}

static ml_status check_svc(const double *params, const ml_view *all, ml_error *err) {
  (void)all;
  if (params[PENALTY] != 0 && params[LOSS] != 0)
    return ml_error_set(err, ML_ERR_USAGE, "penalty=l1 needs loss=squared_hinge");
  return ML_OK;
}

/* ---- training -------------------------------------------------------------------------------- */

/* LIBLINEAR draws from rand(), which has one state for the process: it gets one of its own while it
 * runs, seeded, so that results depend on nothing else and nobody else's numbers change. */
static struct model *train_seeded(const struct problem *problem, const struct parameter *parameter,
                                  uint64_t seed) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  char state[256];
  pthread_mutex_lock(&lock);
  set_print_string_function(nodes_quiet);
  char *before = initstate((unsigned)ml_rng_mix(seed), state, sizeof state);
  struct model *model = train(problem, parameter);
  setstate(before);
  pthread_mutex_unlock(&lock);
  return model;
}

static machine *new_machine(const double *params, const ml_view *view) {
  machine *m = calloc(1, sizeof *m);
  if (!m) return NULL;
  m->n_classes = view->n_classes;
  m->bias = params[INTERCEPT] != 0 ? params[SCALING] : -1;
  return m;
}

/* @param parameter  what differs between the two models; the rest is filled in */
static ml_status fit(const double *params, const ml_view *view, struct parameter parameter,
                     uint64_t seed, void **fitted, ml_error *err) {
  machine *m = new_machine(params, view);
  nodes x = {0};
  double *y = nodes_target(view);
  ml_status status = m && y ? nodes_make(view, m->bias, &x, err) : ml_error_memory(err);
  if (status == ML_OK) {
    struct problem problem = {.l = (int)view->n,
                              .n = (int)view->n_columns + (m->bias >= 0),
                              .y = y,
                              .x = x.rows,
                              .bias = m->bias};
    parameter.eps = params[TOL];
    parameter.C = params[C];
    const char *wrong = check_parameter(&problem, &parameter);
    if (wrong)
      status = ml_error_set(err, ML_ERR_NUMERIC, "liblinear: %s", wrong);
    else if (!(m->model = train_seeded(&problem, &parameter, seed)))
      status = ml_error_memory(err);
  }
  nodes_free(&x);
  free(y);
  /* Predictions go by the solver; the arrays are ours. */
  if (m && m->model) m->model->param = (struct parameter){.solver_type = parameter.solver_type};
  if (status == ML_OK)
    *fitted = m;
  else
    free_machine(m);
  return status;
}

static ml_status fit_svc(const double *params, const ml_view *view, uint64_t seed,
                         const void *cancel, void **fitted, ml_error *err) {
  class_weights w = {0};
  (void)cancel;
  ml_status status = class_weights_init(view, params[BALANCED] != 0, &w, err);
  if (status != ML_OK) return status;
  const struct parameter parameter = {.solver_type = svc_solver(params),
                                      .nr_weight = w.n,
                                      .weight_label = w.labels,
                                      .weight = w.weights};
  status = fit(params, view, parameter, seed, fitted, err);
  class_weights_release(&w);
  return status;
}

static ml_status fit_svr(const double *params, const ml_view *view, uint64_t seed,
                         const void *cancel, void **fitted, ml_error *err) {
  (void)cancel;
  const struct parameter parameter = {.solver_type = svr_solver(params), .p = params[EPSILON]};
  return fit(params, view, parameter, seed, fitted, err);
}

/* ---- predictions ----------------------------------------------------------------------------- */

/* One value for two classes, that of the first label; else one for each label. */
static void put_scores(const machine *m, const double *values, double *out) {
  const struct model *model = m->model;
  for (size_t c = 0; c < m->n_classes; c++) out[c] = NODES_ABSENT;
  for (int i = 0; i < model->nr_class; i++)
    out[model->label[i]] = model->nr_class > 2 ? values[i] : i == 0 ? values[0] : -values[0];
}

static ml_status predict_rows(const void *fitted, const ml_view *view, double *out, ml_error *err) {
  const machine *m = fitted;
  nodes x = {0};
  double *values = calloc(m->n_classes + 1, sizeof *values);
  ml_status status = values ? nodes_make(view, m->bias, &x, err) : ml_error_memory(err);
  if (status == ML_OK) {
    for (size_t i = 0; i < view->n; i++) {
      predict_values(m->model, x.rows[i], values);
      if (m->n_classes)
        put_scores(m, values, out + i * m->n_classes);
      else
        out[i] = values[0];
    }
    nodes_free(&x);
  }
  free(values);
  return status;
}

/* ---- importance -------------------------------------------------------------------------------
 */

static size_t n_weights(const struct model *model);

/* Of several classes the mean size. */
static ml_status importance(const void *fitted, const ml_view *train, double *out, ml_error *err) {
  const struct model *model = ((const machine *)fitted)->model;
  size_t n = n_weights(model);
  (void)err;
  ml_view_deviations(train, out);
  for (size_t j = 0; j < train->n_columns; j++) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += fabs(model->w[j * n + i]);
    out[j] *= sum / (double)n;
  }
  return ML_OK;
}

#define IMPORTANCE                                                                  \
  .importance_is =                                                                  \
      "size of the coefficient (of several classes their mean) times the standard " \
      "deviation of the column in the training rows",                               \
  .importance = importance

/* ---- files ------------------------------------------------------------------------------------
 */

/* Of two classes, or in regression, one column of coefficients; else one for each label. */
static size_t n_weights(const struct model *model) {
  return model->nr_class > 2 ? (size_t)model->nr_class : 1;
}

/* A row of coefficients for each feature, that of the intercept last. */
static ml_status save(const void *fitted, ml_arena *arena, ml_value *out, ml_error *err) {
  const machine *m = fitted;
  const struct model *model = m->model;
  ml_saver saver = ml_saver_begin(arena, err);
  nodes_save_labels(&saver, model->label, m->n_classes ? model->nr_class : 0);
  ml_saver_matrix(&saver, "coef", model->w, (size_t)model->nr_feature + (m->bias >= 0),
                  n_weights(model), ml_saved_finite);
  return ml_saver_end(&saver, out);
}

/* @param n_labels  0: regression */
static struct model *new_model(size_t n_labels, const int64_t *labels, const double *coef,
                               size_t n_coef, size_t n_columns, double bias) {
  struct model *model = calloc(1, sizeof *model);
  if (!model) return NULL;
  model->nr_class = n_labels ? (int)n_labels : 2;
  model->nr_feature = (int)n_columns;
  model->bias = bias;
  model->w = malloc((n_coef + 1) * sizeof *model->w);
  if (model->w) memcpy(model->w, coef, n_coef * sizeof *coef);
  if (n_labels) model->label = nodes_labels(labels, n_labels);
  if (!model->w || (n_labels && !model->label)) free_and_destroy_model(&model);
  return model;
}

static ml_status load(const double *params, const ml_value *saved, size_t n_columns,
                      size_t n_classes, int solver, void **fitted, ml_error *err) {
  const ml_view view = {.n_columns = n_columns, .n_classes = n_classes};
  ml_loader loader = ml_loader_begin(saved, err);
  machine *m = new_machine(params, &view);
  size_t n_labels = 0;
  if (!m) ml_loader_no_memory(&loader);
  const int64_t *labels = n_classes ? nodes_load_labels(&loader, n_classes, &n_labels) : NULL;
  size_t n_rows = m ? n_columns + (m->bias >= 0) : 0, n_cols = n_labels > 2 ? n_labels : 1;
  if (n_columns > INT_MAX - 2) ml_loader_fail(&loader, "coef", "has too many features");
  const double *coef = ml_loader_matrix(&loader, "coef", n_rows, n_cols, ml_saved_finite);
  if (loader.status == ML_OK) {
    m->model = new_model(n_labels, labels, coef, n_rows * n_cols, n_columns, m->bias);
    if (m->model)
      m->model->param.solver_type = solver;
    else
      ml_loader_no_memory(&loader);
  }
  if (loader.status == ML_OK)
    *fitted = m;
  else
    free_machine(m);
  return ml_loader_end(&loader);
}

static ml_status load_svc(const double *params, const ml_value *saved, size_t n_columns,
                          size_t n_classes, void **fitted, ml_error *err) {
  return load(params, saved, n_columns, n_classes, svc_solver(params), fitted, err);
}

static ml_status load_svr(const double *params, const ml_value *saved, size_t n_columns,
                          size_t n_classes, void **fitted, ml_error *err) {
  (void)n_classes;
  return load(params, saved, n_columns, 0, svr_solver(params), fitted, err);
}

ML_API const ml_model ml_model_table[] = {
    {.abi = ML_MODEL_ABI,
     .name = "linear_svc",
     .summary = "linear support vector machine",
     .source = "LIBLINEAR: Fan, Chang, Hsieh, Wang and Lin (2008), JMLR 9, 1871",
     .traits = ML_MODEL_CLASSIFIES | ML_MODEL_SCORES | ML_MODEL_RANDOM | ML_MODEL_SCALES,
     .params = svc_params,
     .n_params = N_SVC,
     .check = check_svc,
     .fit = fit_svc,
     .predict = predict_rows,
     .free = free_machine,
     .save = save,
     .load = load_svc,
     IMPORTANCE},
    {.abi = ML_MODEL_ABI,
     .name = "linear_svr",
     .summary = "linear support vector regression",
     .source = "LIBLINEAR: Ho and Lin (2012), JMLR 13, 3323",
     .traits = ML_MODEL_REGRESSES | ML_MODEL_RANDOM | ML_MODEL_SCALES,
     .params = svr_params,
     .n_params = N_SVR,
     .fit = fit_svr,
     .predict = predict_rows,
     .free = free_machine,
     .save = save,
     .load = load_svr,
     IMPORTANCE},
    {0}};
