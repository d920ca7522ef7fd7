/* SPDX-License-Identifier: GPL-3.0-or-later */
/* k nearest neighbours: a row is like those training rows that are nearest to it. */
#include <math.h>
#include <ml/saved.h>
#include <stdlib.h>
#include <string.h>

#include "knn_internal.h"
#include "models.h"

enum { N_NEIGHBORS, WEIGHTS, METRIC };

typedef struct knn {
  size_t n_neighbors, n_classes;
  bool by_distance;
  knn_metric metric;
  knn_rows rows;
  double *y;         /* regression */
  uint32_t *classes; /* classification */
} knn;

static void release(void *fitted) {
  knn *model = fitted;
  if (!model) return;
  knn__rows_release(&model->rows);
  free(model->y);
  free(model->classes);
  free(model);
}

static void set_params(const double *params, knn *model) {
  model->n_neighbors = (size_t)params[N_NEIGHBORS];
  model->by_distance = params[WEIGHTS] != 0;
  model->metric = params[METRIC] != 0 ? KNN_MANHATTAN : KNN_EUCLIDEAN;
}

static ml_status check_neighbors(double n_neighbors, size_t n_train, ml_error *err) {
  if (n_neighbors <= (double)n_train) return ML_OK;
  return ml_error_set(err, ML_ERR_USAGE,
                      "%.0f neighbours of %zu training rows: n_neighbors is too great", n_neighbors,
                      n_train);
}

static ml_status fit(const double *params, const ml_view *train, uint64_t seed, const void *cancel,
                     void **fitted, ml_error *err) {
  (void)seed, (void)cancel;
  ml_status status = check_neighbors(params[N_NEIGHBORS], train->n, err);
  if (status != ML_OK) return status;
  knn *model = calloc(1, sizeof *model);
  if (!model) return ml_error_memory(err);
  set_params(params, model);
  model->n_classes = train->n_classes;
  if (train->n_classes)
    model->classes = calloc(train->n + 1, sizeof *model->classes);
  else
    model->y = calloc(train->n + 1, sizeof *model->y);
  status = model->classes || model->y ? ML_OK : ml_error_memory(err);
  if (status == ML_OK && model->classes) ml_view_gather_classes(train, model->classes);
  if (status == ML_OK && model->y) ml_view_gather_y(train, model->y);
  if (status == ML_OK) status = knn__rows(train, model->metric, &model->rows, err);
  if (status == ML_OK)
    *fitted = model;
  else
    release(model);
  return status;
}

/* ---- predictions ----------------------------------------------------------------------------- */

static double distance(const knn *model, knn_near near) {
  return model->metric == KNN_EUCLIDEAN ? sqrt(near.far) : near.far;
}

/* Weights of the neighbours of a row. Those at 0 take all the weight, if there are any. */
static void weigh(const knn *model, const knn_near *near, double *w) {
  size_t k = model->n_neighbors;
  bool has_equal = false;
  for (size_t i = 0; i < k; i++) {
    w[i] = model->by_distance ? 1 / distance(model, near[i]) : 1;
    has_equal = has_equal || isinf(w[i]);
  }
  for (size_t i = 0; i < k && has_equal; i++) w[i] = isinf(w[i]);
}

/* @param near  n x stride, of which the first n_neighbors of each row count */
static void vote(const knn *model, const knn_near *near, size_t n, size_t stride, double *w,
                 double *out) {
  size_t n_outputs = model->n_classes ? model->n_classes : 1;
  memset(out, 0, n * n_outputs * sizeof *out);
  for (size_t r = 0; r < n; r++, near += stride, out += n_outputs) {
    double sum = 0;
    weigh(model, near, w);
    for (size_t i = 0; i < model->n_neighbors; i++) {
      sum += w[i];
      if (model->n_classes)
        out[model->classes[near[i].at]] += w[i];
      else
        out[0] += w[i] * model->y[near[i].at];
    }
    for (size_t c = 0; c < n_outputs; c++) out[c] /= sum;
  }
}

static ml_status predict(const void *fitted, const ml_view *rows, double *out, ml_error *err) {
  const knn *model = fitted;
  size_t k = model->n_neighbors, at_once = 256, n_outputs = model->n_classes ? model->n_classes : 1;
  knn_near *near = calloc(at_once * k, sizeof *near);
  double *w = calloc(k, sizeof *w);
  ml_status status = near && w ? ML_OK : ml_error_memory(err);
  for (size_t first = 0, n; first < rows->n && status == ML_OK; first += n) {
    ml_view view = *rows;
    n = rows->n - first < at_once ? rows->n - first : at_once;
    view.n = n;
    if (rows->rows)
      view.rows = rows->rows + first;
    else
      view.x = rows->x + first;
    status = knn__nearest(&model->rows, &view, k, model->metric, NULL, near, err);
    if (status == ML_OK) vote(model, near, n, k, w, out + first * n_outputs);
  }
  free(w);
  free(near);
  return status;
}

/* ---- cross-validation: one list of neighbours for all candidates ----------------------------- */

/* The greatest number of neighbours that the training rows have. */
static size_t most_neighbors(const ml_cv *cv, const size_t *candidates, size_t n, size_t n_train,
                             size_t n_params) {
  size_t most = 0;
  for (size_t i = 0; i < n; i++) {
    double k = cv->candidates[candidates[i] * n_params + N_NEIGHBORS];
    if (k <= (double)n_train && (size_t)k > most) most = (size_t)k;
  }
  return most;
}

typedef struct answers {
  const ml_cv *cv;
  size_t n_test, most;
  knn_near *near; /* n_test x most */
  double *w, *out;
  const ml_error *why; /* the search failed; else NULL */
  ml_take *take;
  void *ctx;
} answers;

static ml_status answer(const answers *a, knn *model, size_t candidate, ml_error *err) {
  const double *params = a->cv->candidates + candidate * models__knn.n_params;
  ml_error why = {0};
  if (check_neighbors(params[N_NEIGHBORS], model->rows.n, &why) != ML_OK)
    return a->take(a->ctx, candidate, NULL, &why, err);
  if (a->why) return a->take(a->ctx, candidate, NULL, a->why, err);
  set_params(params, model);
  vote(model, a->near, a->n_test, a->most, a->w, a->out);
  return a->take(a->ctx, candidate, a->out, NULL, err);
}

static ml_status fold(const ml_cv *cv, const void *shared, size_t fold, const size_t *candidates,
                      size_t n, ml_take *take, void *ctx, ml_error *err) {
  (void)shared;
  size_t n_params = models__knn.n_params, n_train = ml_folds_n_train(cv->folds, fold);
  ml_view test = ml_cv_test(cv, fold);
  answers a = {cv, test.n, most_neighbors(cv, candidates, n, n_train, n_params), .take = take,
               .ctx = ctx};
  size_t n_outputs = test.n_classes ? test.n_classes : 1;
  uint32_t *rows = calloc(n_train + 1, sizeof *rows);
  a.near = calloc(test.n * a.most + 1, sizeof *a.near);
  a.w = calloc(a.most + 1, sizeof *a.w);
  a.out = calloc(test.n * n_outputs + 1, sizeof *a.out);
  void *fitted = NULL;
  ml_status status = rows && a.near && a.w && a.out ? ML_OK : ml_error_memory(err);
  if (status == ML_OK && a.most) {
    ml_view train = ml_cv_train(cv, fold, rows);
    double params[] = {1, 0, cv->candidates[candidates[0] * n_params + METRIC]};
    status = fit(params, &train, 0, cv->cancel, &fitted, err);
    if (status == ML_OK)
      status = knn__nearest(&((knn *)fitted)->rows, &test, a.most, ((knn *)fitted)->metric,
                            cv->cancel, a.near, err);
  }
  ml_error why = {0};
  if (status == ML_ERR_NUMERIC && err) {
    why = *err;
    a.why = &why;
    status = ML_OK;
  }
  knn none = {.rows.n = n_train};
  for (size_t i = 0; i < n && status == ML_OK; i++)
    status = answer(&a, fitted ? fitted : &none, candidates[i], err);
  release(fitted);
  free(a.out);
  free(a.w);
  free(a.near);
  free(rows);
  return status;
}

/* ---- files: the training rows ------------------------------------------------------------------
 */

static ml_status save(const void *fitted, ml_arena *arena, ml_value *out, ml_error *err) {
  const knn *model = fitted;
  size_t n = model->rows.n, p = model->rows.n_columns;
  ml_saver saver = ml_saver_begin(arena, err);
  double *x = ml_saver_new_matrix(&saver, "x", n, p);
  for (size_t i = 0; x && i < n; i++)
    for (size_t j = 0; j < p; j++) x[i * p + j] = knn__value(model->rows.x, p, i, j);
  if (model->y) ml_saver_reals(&saver, "y", model->y, n, ml_saved_finite);
  int64_t *classes = model->classes ? ml_saver_new_ints(&saver, "classes", n) : NULL;
  for (size_t i = 0; classes && i < n; i++) classes[i] = model->classes[i];
  return ml_saver_end(&saver, out);
}

/* Rows as fit() gets them. @param[out] memory  what the view points to: free() it */
static ml_view load_rows(ml_loader *loader, size_t n_columns, size_t n_classes, double **memory) {
  size_t n = ml_loader_length(loader, "x");
  ml_view view = {.n = n, .n_columns = n_columns, .stride = n, .n_classes = n_classes};
  const double *x = ml_loader_matrix(loader, "x", n, n_columns, ml_saved_finite);
  const int64_t *classes =
      n_classes ? ml_loader_ints(loader, "classes", n, 0, (int64_t)n_classes - 1) : NULL;
  view.y = n_classes ? NULL : ml_loader_reals(loader, "y", n, ml_saved_finite);
  *memory = NULL;
  if (loader->status != ML_OK) return view;
  double *columns = *memory = malloc((n * n_columns + n + 1) * sizeof *columns);
  if (!columns) {
    ml_loader_no_memory(loader);
    return view;
  }
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n_columns; j++) columns[j * n + i] = x[i * n_columns + j];
  uint32_t *numbers = (uint32_t *)(columns + n * n_columns);
  for (size_t i = 0; classes && i < n; i++) numbers[i] = (uint32_t)classes[i];
  view.x = columns;
  view.classes = classes ? numbers : NULL;
  return view;
}

static ml_status load(const double *values, const ml_value *saved, size_t n_columns,
                      size_t n_classes, void **fitted, ml_error *err) {
  double *memory;
  ml_loader loader = ml_loader_begin(saved, err);
  ml_view view = load_rows(&loader, n_columns, n_classes, &memory);
  if (values[N_NEIGHBORS] > (double)view.n)
    ml_loader_fail(&loader, "x", "has %zu rows, which are fewer than the neighbours", view.n);
  ml_status status = loader.status;
  if (status == ML_OK) status = fit(values, &view, 0, NULL, fitted, err);
  free(memory);
  ml_status ended = ml_loader_end(&loader);
  return status == ML_OK ? ended : status;
}

static const ml_model_param params[] = {
    [N_NEIGHBORS] = {.name = "n_neighbors",
                     .kind = ML_MODEL_INT,
                     .lo = 1,
                     .hi = UINT32_MAX,
                     .fallback = 5,
                     .is_shared = true,
                     .simpler = 1,
                     .help = "how many training rows vote; of equally far ones the first"},
    [WEIGHTS] = {.name = "weights",
                 .kind = ML_MODEL_CHOICE,
                 .choices = "uniform|distance",
                 .is_shared = true,
                 .help = "of the neighbours: equal, or 1 / distance (those at 0 take all)"},
    [METRIC] = {.name = "metric",
                .kind = ML_MODEL_CHOICE,
                .choices = "euclidean|manhattan",
                .help = "distance: root of the sum of squares, or sum of absolute differences"},
};

const ml_model models__knn = {
    .abi = ML_MODEL_ABI,
    .name = "knn",
    .summary = "k nearest neighbours: the mean, or the vote, of the nearest training rows",
    .source = "Cover and Hart (1967), IEEE Trans. Inf. Theory 13, 21",
    .traits = ML_MODEL_CLASSIFIES | ML_MODEL_REGRESSES | ML_MODEL_SCALES,
    .params = params,
    .n_params = sizeof params / sizeof *params,
    .fit = fit,
    .predict = predict,
    .free = release,
    .fold = fold,
    .save = save,
    .load = load,
};
