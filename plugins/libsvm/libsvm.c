/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Support vector machines with kernels by LIBSVM. */
#include <libsvm/svm.h>
#include <math.h>
#include <string.h>

#define NODE svm_node
#include "../nodes.h"
#include "../svm_params.h"

enum { COST, KERNEL, GAMMA, DEGREE, COEF0, TOL, SHRINKING, CACHE, N_SHARED };
enum { BALANCED = N_SHARED, N_SVC };
enum { EPSILON = N_SHARED, N_SVR };

#define COMMON_PARAMS                                                                  \
  [COST] = SVM_C("cost of errors against the smoothness of the function"),             \
  [KERNEL] = {.name = "kernel",                                                        \
              .kind = ML_MODEL_CHOICE,                                                 \
              .choices = "rbf|linear|poly|sigmoid",                                    \
              .help =                                                                  \
                  "exp(-gamma |u-v|^2), u'v, (gamma u'v + coef0)^degree, tanh(gamma "  \
                  "u'v + coef0)"},                                                     \
  [GAMMA] = {.name = "gamma",                                                          \
             .kind = ML_MODEL_REAL,                                                    \
             .lo = 0,                                                                  \
             .hi = 1e12,                                                               \
             .above_lo = true,                                                         \
             .none = "scale",                                                          \
             .fallback = INFINITY,                                                     \
             .simpler = -1,                                                            \
             .help = "of the kernel; scale: 1 / (features * variance of all values)"}, \
  [DEGREE] = {.name = "degree",                                                        \
              .kind = ML_MODEL_INT,                                                    \
              .lo = 0,                                                                 \
              .hi = 100,                                                               \
              .fallback = 3,                                                           \
              .simpler = -1,                                                           \
              .help = "of the kernel poly"},                                           \
  [COEF0] = {.name = "coef0",                                                          \
             .kind = ML_MODEL_REAL,                                                    \
             .lo = -1e12,                                                              \
             .hi = 1e12,                                                               \
             .fallback = 0,                                                            \
             .help = "of the kernels poly and sigmoid"},                               \
  [TOL] = SVM_TOL(1e-3),                                                               \
  [SHRINKING] = {.name = "shrinking",                                                  \
                 .kind = ML_MODEL_BOOL,                                                \
                 .fallback = 1,                                                        \
                 .help = "leave rows out that seem to be settled"},                    \
  [CACHE] = {.name = "cache_size",                                                     \
             .kind = ML_MODEL_REAL,                                                    \
             .lo = 1,                                                                  \
             .hi = 1e6,                                                                \
             .fallback = 200,                                                          \
             .help = "megabytes for the kernel"}

static const ml_model_param svc_params[N_SVC] = {
    COMMON_PARAMS,
    [BALANCED] = SVM_CLASS_WEIGHT,
};

static const ml_model_param svr_params[N_SVR] = {
    COMMON_PARAMS,
    [EPSILON] = SVM_EPSILON(0.1),
};

/* The model points into the rows it was trained on. */
typedef struct machine {
  struct svm_model *model;
  nodes x;
  size_t n_classes, n_columns;
} machine;

static void free_machine(void *fitted) {
  machine *m = fitted;
  if (!m) return;
  if (m->model) svm_free_and_destroy_model(&m->model);
  nodes_free(&m->x);
  free(m);
}

/* ---- training -------------------------------------------------------------------------------- */

/* Population variance of all values of the rows. */
static double variance(const ml_view *view) {
  double n = (double)view->n * (double)view->n_columns, mean = 0, sum = 0;
  for (size_t j = 0; j < view->n_columns; j++)
    for (size_t i = 0; i < view->n; i++)
      mean += view->x[j * view->stride + ml_view_row(view, i)] / n;
  for (size_t j = 0; j < view->n_columns; j++)
    for (size_t i = 0; i < view->n; i++) {
      double d = view->x[j * view->stride + ml_view_row(view, i)] - mean;
      sum += d * d / n;
    }
  return sum;
}

static double gamma_of(const double *params, const ml_view *view) {
  if (isfinite(params[GAMMA])) return params[GAMMA];
  double v = variance(view);
  return v > 0 ? 1 / ((double)view->n_columns * v) : 1;
}

static struct svm_parameter parameters(const double *params, double gamma, size_t n_classes) {
  static const int kernels[] = {RBF, LINEAR, POLY, SIGMOID};
  return (struct svm_parameter){.svm_type = n_classes ? C_SVC : EPSILON_SVR,
                                .kernel_type = kernels[(size_t)params[KERNEL]],
                                .degree = (int)params[DEGREE],
                                .gamma = gamma,
                                .coef0 = params[COEF0],
                                .cache_size = params[CACHE],
                                .eps = params[TOL],
                                .C = params[COST],
                                .shrinking = params[SHRINKING] != 0};
}

static ml_status fit(const ml_view *view, const struct svm_parameter *parameter, void **fitted,
                     ml_error *err) {
  machine *m = calloc(1, sizeof *m);
  double *y = nodes_target(view);
  ml_status status = m && y ? nodes_make(view, -1, &m->x, err) : ml_error_memory(err);
  if (status == ML_OK) {
    const struct svm_problem problem = {.l = (int)view->n, .y = y, .x = m->x.rows};
    const char *wrong = svm_check_parameter(&problem, parameter);
    m->n_classes = view->n_classes;
    m->n_columns = view->n_columns;
    svm_set_print_string_function(nodes_quiet);
    if (wrong)
      status = ml_error_set(err, ML_ERR_NUMERIC, "libsvm: %s", wrong);
    else if (!(m->model = svm_train(&problem, parameter)))
      status = ml_error_memory(err);
  }
  free(y);
  if (m && m->model) { /* the arrays are ours */
    m->model->param.nr_weight = 0;
    m->model->param.weight_label = NULL;
    m->model->param.weight = NULL;
  }
  if (status == ML_OK)
    *fitted = m;
  else
    free_machine(m);
  return status;
}

static ml_status fit_svc(const double *params, const ml_view *view, uint64_t seed,
                         const void *cancel, void **fitted, ml_error *err) {
  class_weights w = {0};
  (void)seed, (void)cancel;
  ml_status status = class_weights_init(view, params[BALANCED] != 0, &w, err);
  if (status != ML_OK) return status;
  struct svm_parameter parameter = parameters(params, gamma_of(params, view), view->n_classes);
  parameter.nr_weight = w.n;
  parameter.weight_label = w.labels;
  parameter.weight = w.weights;
  status = fit(view, &parameter, fitted, err);
  class_weights_release(&w);
  return status;
}

static ml_status fit_svr(const double *params, const ml_view *view, uint64_t seed,
                         const void *cancel, void **fitted, ml_error *err) {
  (void)seed, (void)cancel;
  struct svm_parameter parameter = parameters(params, gamma_of(params, view), 0);
  parameter.p = params[EPSILON];
  return fit(view, &parameter, fitted, err);
}

/* ---- predictions ----------------------------------------------------------------------------- */

/* One value for each pair of labels: votes decide, and of equal votes the confidence, whose share
 * is less than half a vote. Of two classes the value itself. */
static void put_scores(const machine *m, const double *values, double *out) {
  const struct svm_model *model = m->model;
  const int n = model->nr_class;
  for (size_t c = 0; c < m->n_classes; c++) out[c] = NODES_ABSENT;
  for (int i = 0; i < n; i++) {
    double votes = 0, confidence = 0;
    for (int j = 0; j < n; j++) {
      if (i == j) continue;
      int a = i < j ? i : j, b = i < j ? j : i;
      double value = values[a * (2 * n - a - 1) / 2 + (b - a - 1)];
      if (i > j) value = -value;
      votes += i < j ? value > 0 : value >= 0;
      confidence += value;
    }
    out[model->label[i]] = n == 2 ? confidence : votes + confidence / (3 * (fabs(confidence) + 1));
  }
}

static ml_status predict_rows(const void *fitted, const ml_view *view, double *out, ml_error *err) {
  const machine *m = fitted;
  nodes x = {0};
  double *values = calloc(m->n_classes * m->n_classes + 1, sizeof *values);
  ml_status status = values ? nodes_make(view, -1, &x, err) : ml_error_memory(err);
  if (status == ML_OK) {
    for (size_t i = 0; i < view->n; i++) {
      svm_predict_values(m->model, x.rows[i], values);
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

/* ---- files ------------------------------------------------------------------------------------
 */

static size_t n_pairs(size_t n) {
  return n * (n - 1) / 2;
}

static ml_status save(const void *fitted, ml_arena *arena, ml_value *out, ml_error *err) {
  const machine *m = fitted;
  const struct svm_model *model = m->model;
  size_t n = (size_t)model->l, k = (size_t)model->nr_class;
  ml_saver saver = ml_saver_begin(arena, err);
  nodes_save_labels(&saver, model->label, m->n_classes ? model->nr_class : 0);
  ml_saver_real(&saver, "gamma", model->param.gamma, ml_saved_finite);
  ml_saver_reals(&saver, "rho", model->rho, n_pairs(k), ml_saved_finite);
  int64_t *counts = m->n_classes ? ml_saver_new_ints(&saver, "counts", k) : NULL;
  for (size_t i = 0; counts && i < k; i++) counts[i] = model->nSV[i];
  double *coef = ml_saver_new_matrix(&saver, "coef", k - 1, n);
  for (size_t i = 0; coef && i < k - 1; i++)
    memcpy(coef + i * n, model->sv_coef[i], n * sizeof *coef);
  double *rows = ml_saver_new_matrix(&saver, "vectors", n, m->n_columns);
  for (size_t i = 0; rows && i < n; i++)
    for (const struct svm_node *node = model->SV[i]; node->index > 0; node++)
      rows[i * m->n_columns + (size_t)node->index - 1] = node->value;
  return ml_saver_end(&saver, out);
}

/* What a file says, checked. */
typedef struct saved_machine {
  size_t n, n_labels; /* vectors; n_labels 0: regression */
  const int64_t *labels, *counts;
  const double *rho, *coef, *vectors;
  double gamma;
} saved_machine;

static saved_machine read_machine(ml_loader *loader, size_t n_columns, size_t n_classes) {
  const ml_saved_range of_gamma = {0, DBL_MAX};
  saved_machine s = {.n = ml_loader_length(loader, "vectors")};
  if (s.n > INT_MAX - 2) ml_loader_fail(loader, "vectors", "has too many rows");
  if (n_columns > INT_MAX - 2) ml_loader_fail(loader, "vectors", "has too many features");
  if (n_classes) s.labels = nodes_load_labels(loader, n_classes, &s.n_labels);
  size_t k = n_classes ? s.n_labels : 2, sum = 0;
  s.gamma = ml_loader_real(loader, "gamma", of_gamma);
  s.rho = ml_loader_reals(loader, "rho", k > 1 ? n_pairs(k) : 0, ml_saved_finite);
  if (n_classes) s.counts = ml_loader_ints(loader, "counts", k, 0, (int64_t)s.n);
  s.coef = ml_loader_matrix(loader, "coef", k > 1 ? k - 1 : 0, s.n, ml_saved_finite);
  s.vectors = ml_loader_matrix(loader, "vectors", s.n, n_columns, ml_saved_finite);
  for (size_t i = 0; s.counts && i < k; i++) sum += (size_t)s.counts[i];
  if (s.counts && sum != s.n)
    ml_loader_fail(loader, "counts", "add up to %zu, and there are %zu vectors", sum, s.n);
  return s;
}

static void *copy(const void *from, size_t n) {
  void *to = malloc(n + 1);
  if (to && n) memcpy(to, from, n);
  return to;
}

/* The arrays of a model, each of its own: svm_free_and_destroy_model() frees them. */
static bool fill_model(const saved_machine *s, const nodes *x, struct svm_model *model) {
  size_t k = s->n_labels ? s->n_labels : 2;
  model->nr_class = (int)k;
  model->l = (int)s->n;
  model->SV = copy(x->rows, s->n * sizeof *x->rows);
  model->rho = copy(s->rho, n_pairs(k) * sizeof *s->rho);
  model->sv_coef = calloc(k, sizeof *model->sv_coef);
  bool ok = model->SV && model->rho && model->sv_coef;
  for (size_t i = 0; ok && i < k - 1; i++) {
    model->sv_coef[i] = copy(s->coef + i * s->n, s->n * sizeof *s->coef);
    ok = model->sv_coef[i] != NULL;
  }
  if (!ok || !s->n_labels) return ok;
  model->label = nodes_labels(s->labels, k);
  model->nSV = nodes_labels(s->counts, k);
  return model->label && model->nSV;
}

/* It is freed by loops over coefficients, which have to be there. */
static void free_part(struct svm_model *model) {
  for (int i = 0; model->sv_coef && i < model->nr_class - 1; i++) free(model->sv_coef[i]);
  free(model->sv_coef);
  free(model->SV);
  free(model->rho);
  free(model->label);
  free(model->nSV);
  free(model);
}

static ml_status build(const double *params, const saved_machine *s, size_t n_columns,
                       size_t n_classes, machine *m, ml_error *err) {
  double *x = malloc((s->n * n_columns + 1) * sizeof *x);
  struct svm_model *model = calloc(1, sizeof *model);
  for (size_t i = 0; x && i < s->n; i++)
    for (size_t j = 0; j < n_columns; j++) x[j * s->n + i] = s->vectors[i * n_columns + j];
  const ml_view view = {
      .n = s->n, .n_columns = n_columns, .x = x, .stride = s->n, .n_classes = n_classes};
  ml_status status = x && model ? nodes_make(&view, -1, &m->x, err) : ml_error_memory(err);
  free(x);
  if (status == ML_OK) {
    model->param = parameters(params, s->gamma, n_classes);
    if (!fill_model(s, &m->x, model)) status = ml_error_memory(err);
  }
  if (status == ML_OK)
    m->model = model;
  else if (model)
    free_part(model);
  return status;
}

static ml_status load(const double *params, const ml_value *saved, size_t n_columns,
                      size_t n_classes, void **fitted, ml_error *err) {
  ml_loader loader = ml_loader_begin(saved, err);
  saved_machine s = read_machine(&loader, n_columns, n_classes);
  machine *m = loader.status == ML_OK ? calloc(1, sizeof *m) : NULL;
  ml_status status = loader.status;
  if (status == ML_OK && !m) status = ml_error_memory(err);
  if (status == ML_OK) {
    m->n_classes = n_classes;
    m->n_columns = n_columns;
    status = build(params, &s, n_columns, n_classes, m, err);
  }
  if (status == ML_OK)
    *fitted = m;
  else
    free_machine(m);
  ml_status ended = ml_loader_end(&loader);
  return status == ML_OK ? ended : status;
}

ML_API const ml_model ml_model_table[] = {
    {.abi = ML_MODEL_ABI,
     .name = "svc",
     .summary = "support vector machine with a kernel",
     .source = "LIBSVM: Chang and Lin (2011), ACM TIST 2, 27",
     .traits = ML_MODEL_CLASSIFIES | ML_MODEL_SCORES | ML_MODEL_SCALES,
     .params = svc_params,
     .n_params = N_SVC,
     .fit = fit_svc,
     .predict = predict_rows,
     .free = free_machine,
     .save = save,
     .load = load},
    {.abi = ML_MODEL_ABI,
     .name = "svr",
     .summary = "support vector regression with a kernel",
     .source = "LIBSVM: Chang and Lin (2011), ACM TIST 2, 27",
     .traits = ML_MODEL_REGRESSES | ML_MODEL_SCALES,
     .params = svr_params,
     .n_params = N_SVR,
     .fit = fit_svr,
     .predict = predict_rows,
     .free = free_machine,
     .save = save,
     .load = load},
    {0}};
