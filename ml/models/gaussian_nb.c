/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gaussian naive Bayes: features are normal and independent within a class. */
#include <float.h>
#include <math.h>
#include <ml/saved.h>
#include <stdlib.h>
#include <string.h>

#include "atoms.h"
#include "models.h"

/* What rows of each group are like: of each class, and behind those all rows with a weight above 0,
 * which count 1 there, for smoothing, as in scikit-learn, ignores weights. Sums of squares are
 * about the mean of their group, and those of parts are put together about the common mean (Chan,
 * Golub and LeVeque 1979): nothing cancels. */
typedef struct group_sums {
  size_t n_classes, n_columns;
  double *weight; /* n_classes + 1 */
  /* n_classes + 1 x n_columns, row-major. A mean is the sum of two numbers: else columns far from 0
   * would lose digits. */
  double *mean, *rest, *square;
} group_sums;

static size_t n_sums(size_t n_classes, size_t n_columns) {
  return (n_classes + 1) * (1 + 3 * n_columns);
}

static group_sums sums_at(const ml_view *view, double *memory) {
  size_t k = view->n_classes, n = (k + 1) * view->n_columns;
  double *mean = memory + k + 1;
  return (group_sums){k, view->n_columns, memory, mean, mean + n, mean + 2 * n};
}

static inline void add_square(double x, double weight, size_t at, group_sums *sums) {
  double d = x - sums->mean[at], wd = weight * d;
  sums->rest[at] += wd;
  sums->square[at] += wd * d;
}

/* Sums of one column; those of the first pass make the means that the second starts from. */
static void sum_column(const double *x, const double *w, const uint32_t *classes, size_t n,
                       size_t j, group_sums *sums) {
  size_t k = sums->n_classes, p = sums->n_columns, all = k * p + j;
  for (size_t i = 0; i < n; i++) {
    if (w[i] == 0) continue;
    sums->mean[classes[i] * p + j] += w[i] * x[i];
    sums->mean[all] += x[i];
  }
  for (size_t c = 0; c <= k; c++)
    if (sums->weight[c] > 0) sums->mean[c * p + j] /= sums->weight[c];
  for (size_t i = 0; i < n; i++) {
    if (w[i] == 0) continue;
    add_square(x[i], w[i], classes[i] * p + j, sums);
    add_square(x[i], 1, all, sums);
  }
  for (size_t c = 0; c <= k; c++) {
    size_t at = c * p + j;
    if (sums->weight[c] == 0) continue;
    double rest = sums->rest[at];
    sums->rest[at] = rest / sums->weight[c];
    sums->square[at] = fmax(sums->square[at] - rest * sums->rest[at], 0);
  }
}

/* Sums of the rows of a view, into zeros. */
static ml_status sum_rows(const ml_view *view, group_sums *sums, ml_error *err) {
  size_t n = view->n;
  double *x = calloc(2 * n + 1, sizeof *x);
  uint32_t *classes = calloc(n + 1, sizeof *classes);
  ml_status status = x && classes ? ML_OK : ml_error_memory(err);
  if (status == ML_OK) {
    double *w = x + n;
    ml_view_gather_weights(view, w);
    ml_view_gather_classes(view, classes);
    for (size_t i = 0; i < n; i++) {
      sums->weight[classes[i]] += w[i];
      sums->weight[sums->n_classes] += w[i] > 0;
    }
    for (size_t j = 0; j < view->n_columns; j++) {
      ml_view column = *view;
      column.x = view->x + j * view->stride;
      column.n_columns = 1;
      ml_view_gather(&column, x, n);
      sum_column(x, w, classes, n, j, sums);
    }
  }
  free(classes);
  free(x);
  return status;
}

static void add_sums(const group_sums *more, group_sums *sums) {
  size_t p = sums->n_columns;
  for (size_t c = 0; c <= sums->n_classes; c++) {
    double a = sums->weight[c], b = more->weight[c], both = a + b;
    if (b == 0) continue;
    for (size_t j = c * p; j < (c + 1) * p; j++) {
      double d = (more->mean[j] - sums->mean[j]) + (more->rest[j] - sums->rest[j]);
      if (a == 0) {
        d = 0;
        sums->mean[j] = more->mean[j];
        sums->rest[j] = more->rest[j];
      }
      double before = sums->mean[j], rest = sums->rest[j] + d * (b / both);
      sums->mean[j] = before + rest;
      sums->rest[j] = rest - (sums->mean[j] - before);
      sums->square[j] += more->square[j] + d * d * (a * b / both);
    }
    sums->weight[c] = both;
  }
}

/* ---- the model ------------------------------------------------------------------------------- */

typedef struct gaussian_nb {
  size_t n_classes, n_columns;
  bool knows_columns; /* else all columns were constant, and the priors are all there is */
  double *base; /* n_classes: logarithm of all that does not depend on the row; -inf: no row */
  double *mean, *rest, *variance; /* n_classes x n_columns; as those of group_sums */
  double memory[];
} gaussian_nb;

/* Of a column, over all classes; not finite when one is not. What rounding makes of a constant
 * column is 0. */
static double greatest_variance(const group_sums *sums) {
  double greatest = 0, n = sums->weight[sums->n_classes];
  size_t all = sums->n_classes * sums->n_columns;
  for (size_t j = 0; j < sums->n_columns; j++) {
    double variance = sums->square[all + j] / n, least = 4 * DBL_EPSILON * sums->mean[all + j];
    if (!isfinite(variance)) return variance;
    if (variance > least * least) greatest = fmax(greatest, variance);
  }
  return greatest;
}

static ml_status set_class(const group_sums *sums, size_t c, double total, double more,
                           gaussian_nb *nb, ml_error *err) {
  double weight = sums->weight[c];
  nb->base[c] = weight > 0 ? log(weight / total) : -HUGE_VAL;
  for (size_t j = 0; j < nb->n_columns && weight > 0 && nb->knows_columns; j++) {
    size_t at = c * nb->n_columns + j;
    nb->mean[at] = sums->mean[at];
    nb->rest[at] = sums->rest[at];
    nb->variance[at] = sums->square[at] / weight + more;
    if (!(nb->variance[at] > 0))
      return ml_error_set(err, ML_ERR_NUMERIC,
                          "column %zu is constant within a class: var_smoothing must be greater",
                          j + 1);
    nb->base[c] -= log(2 * M_PI * nb->variance[at]) / 2;
  }
  return ML_OK;
}

static gaussian_nb *new_model(size_t k, size_t p, bool knows_columns) {
  gaussian_nb *nb = calloc(1, sizeof *nb + k * (1 + 3 * p) * sizeof(double));
  if (!nb) return NULL;
  double *mean = nb->memory + k;
  *nb = (gaussian_nb){k, p, knows_columns, nb->memory, mean, mean + k * p, mean + 2 * k * p};
  return nb;
}

static ml_status make(const group_sums *sums, double var_smoothing, gaussian_nb **out,
                      ml_error *err) {
  size_t k = sums->n_classes, p = sums->n_columns;
  double total = 0, greatest;
  for (size_t c = 0; c < k; c++) total += sums->weight[c];
  if (!(total > 0)) return ml_error_set(err, ML_ERR_NUMERIC, "no training row has a weight");
  greatest = greatest_variance(sums);
  if (!isfinite(greatest))
    return ml_error_set(err, ML_ERR_NUMERIC, "variances of columns are too great for numbers");
  gaussian_nb *nb = new_model(k, p, greatest > 0);
  if (!nb) return ml_error_memory(err);
  ml_status status = ML_OK;
  for (size_t c = 0; c < k && status == ML_OK; c++)
    status = set_class(sums, c, total, var_smoothing * greatest, nb, err);
  if (status == ML_OK)
    *out = nb;
  else
    free(nb);
  return status;
}

static ml_status fit(const double *params, const ml_view *train, uint64_t seed, const void *cancel,
                     void **fitted, ml_error *err) {
  (void)seed, (void)cancel;
  double *memory = calloc(n_sums(train->n_classes, train->n_columns), sizeof *memory);
  if (!memory) return ml_error_memory(err);
  group_sums sums = sums_at(train, memory);
  gaussian_nb *nb = NULL;
  ml_status status = sum_rows(train, &sums, err);
  if (status == ML_OK) status = make(&sums, params[0], &nb, err);
  *fitted = nb;
  free(memory);
  return status;
}

/* Logarithms of densities to probabilities; the greatest is subtracted, so that none overflows. */
static void normalise(double *out, size_t k) {
  double greatest = -HUGE_VAL, sum = 0;
  for (size_t c = 0; c < k; c++)
    if (out[c] > greatest) greatest = out[c];
  for (size_t c = 0; c < k; c++) {
    out[c] = out[c] == greatest ? 1 : exp(out[c] - greatest); /* also where all are -inf */
    sum += out[c];
  }
  for (size_t c = 0; c < k; c++) out[c] /= sum;
}

static ml_status predict(const void *fitted, const ml_view *rows, double *out, ml_error *err) {
  const gaussian_nb *nb = fitted;
  size_t k = nb->n_classes, n = rows->n;
  double *x = calloc(n + 1, sizeof *x);
  if (!x) return ml_error_memory(err);
  for (size_t i = 0; i < n * k; i++) out[i] = nb->base[i % k];
  for (size_t j = 0; j < nb->n_columns && nb->knows_columns; j++) {
    ml_view column = *rows;
    column.x = rows->x + j * rows->stride;
    column.n_columns = 1;
    ml_view_gather(&column, x, n);
    for (size_t c = 0; c < k; c++) {
      size_t at = c * nb->n_columns + j;
      if (nb->base[c] == -HUGE_VAL) continue;
      for (size_t i = 0; i < n; i++) {
        double d = (x[i] - nb->mean[at]) - nb->rest[at];
        out[i * k + c] -= d * d / nb->variance[at] / 2;
      }
    }
  }
  for (size_t i = 0; i < n; i++) normalise(out + i * k, k);
  free(x);
  return ML_OK;
}

/* ---- cross-validation: sums of atoms are put together ---------------------------------------- */

static size_t part_size(const ml_cv *cv) {
  return n_sums(cv->all.n_classes, cv->all.n_columns) * sizeof(double);
}

static ml_status share_size(const ml_cv *cv, size_t *n_parts, size_t *part_bytes, ml_error *err) {
  atoms set;
  ml_status status = atoms__find(cv->folds, ATOMS_FEW, &set, err);
  *n_parts = set.n;
  *part_bytes = part_size(cv);
  atoms__release(&set);
  return status;
}

static ml_status share(const ml_cv *cv, size_t part, void *out, ml_error *err) {
  atoms set;
  ml_view view = cv->all;
  uint32_t *rows = calloc(cv->folds->n_rows + 1, sizeof *rows);
  ml_status status = atoms__find(cv->folds, ATOMS_FEW, &set, err);
  if (status == ML_OK && !rows) status = ml_error_memory(err);
  if (status == ML_OK) {
    memset(out, 0, part_size(cv));
    view.n = atoms__rows(&set, part, rows);
    view.rows = rows;
    group_sums sums = sums_at(&cv->all, out);
    status = sum_rows(&view, &sums, err);
  }
  atoms__release(&set);
  free(rows);
  return status;
}

static ml_status sum_fold(const ml_cv *cv, const char *shared, size_t fold, group_sums *sums,
                          ml_error *err) {
  size_t stride = (part_size(cv) + 63) / 64 * 64;
  atoms set;
  ml_status status = atoms__find(cv->folds, ATOMS_FEW, &set, err);
  uint32_t uses[ATOMS_FEW];
  if (status == ML_OK) atoms__uses(&set, fold, uses);
  for (size_t a = 0; a < set.n && status == ML_OK; a++) {
    group_sums part = sums_at(&cv->all, (double *)(void *)(uintptr_t)(shared + a * stride));
    for (uint32_t i = 0; i < uses[a]; i++) add_sums(&part, sums);
  }
  atoms__release(&set);
  return status;
}

static ml_status sum_training(const ml_cv *cv, size_t fold, group_sums *sums, ml_error *err) {
  uint32_t *rows = calloc(ml_folds_n_train(cv->folds, fold) + 1, sizeof *rows);
  if (!rows) return ml_error_memory(err);
  ml_view train = ml_cv_train(cv, fold, rows);
  ml_status status = sum_rows(&train, sums, err);
  free(rows);
  return status;
}

static ml_status fold(const ml_cv *cv, const void *shared, size_t fold, const size_t *candidates,
                      size_t n, ml_take *take, void *ctx, ml_error *err) {
  ml_view test = ml_cv_test(cv, fold);
  size_t k = test.n_classes;
  double *memory = calloc(n_sums(k, test.n_columns) + test.n * k, sizeof *memory);
  if (!memory) return ml_error_memory(err);
  double *out = memory + n_sums(k, test.n_columns);
  group_sums sums = sums_at(&test, memory);
  ml_status status =
      shared ? sum_fold(cv, shared, fold, &sums, err) : sum_training(cv, fold, &sums, err);
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    gaussian_nb *nb = NULL;
    ml_error why = {0};
    ml_status made = make(&sums, cv->candidates[candidates[i]], &nb, &why);
    if (made == ML_OK) made = predict(nb, &test, out, &why);
    status = take(ctx, candidates[i], made == ML_OK ? out : NULL, made == ML_OK ? NULL : &why, err);
    free(nb);
  }
  free(memory);
  return status;
}

/* ---- files ----------------------------------------------------------------------------------- */

static const ml_saved_range of_base = {-HUGE_VAL, DBL_MAX}, of_variance = {0, DBL_MAX};

static ml_status save(const void *fitted, ml_arena *arena, ml_value *out, ml_error *err) {
  const gaussian_nb *nb = fitted;
  size_t k = nb->n_classes, p = nb->n_columns;
  ml_saver saver = ml_saver_begin(arena, err);
  ml_saver_put(&saver, "knows_columns", ml_value_bool(nb->knows_columns));
  ml_saver_reals(&saver, "base", nb->base, k, of_base);
  ml_saver_matrix(&saver, "mean", nb->mean, k, p, ml_saved_finite);
  ml_saver_matrix(&saver, "rest", nb->rest, k, p, ml_saved_finite);
  ml_saver_matrix(&saver, "variance", nb->variance, k, p, of_variance);
  return ml_saver_end(&saver, out);
}

/* The classes that have rows are divided by their variances. */
static void check_variances(ml_loader *loader, const double *base, const double *variance, size_t k,
                            size_t p) {
  for (size_t i = 0; loader->status == ML_OK && i < k * p; i++)
    if (base[i / p] > -HUGE_VAL && variance[i] == 0)
      ml_loader_fail(loader, "variance", "is 0 in place %zu, of a class that has rows", i + 1);
}

static ml_status load(const double *values, const ml_value *saved, size_t p, size_t k,
                      void **fitted, ml_error *err) {
  (void)values;
  ml_loader loader = ml_loader_begin(saved, err);
  bool knows_columns = ml_loader_bool(&loader, "knows_columns");
  const double *base = ml_loader_reals(&loader, "base", k, of_base);
  const double *mean = ml_loader_matrix(&loader, "mean", k, p, ml_saved_finite);
  const double *rest = ml_loader_matrix(&loader, "rest", k, p, ml_saved_finite);
  const double *variance = ml_loader_matrix(&loader, "variance", k, p, of_variance);
  if (knows_columns) check_variances(&loader, base, variance, k, p);
  gaussian_nb *nb = loader.status == ML_OK ? new_model(k, p, knows_columns) : NULL;
  if (!nb) ml_loader_no_memory(&loader);
  if (nb) {
    memcpy(nb->base, base, k * sizeof *base);
    memcpy(nb->mean, mean, k * p * sizeof *mean);
    memcpy(nb->rest, rest, k * p * sizeof *rest);
    memcpy(nb->variance, variance, k * p * sizeof *variance);
    *fitted = nb;
  }
  return ml_loader_end(&loader);
}

static const ml_model_param params[] = {
    {.name = "var_smoothing",
     .kind = ML_MODEL_REAL,
     .hi = HUGE_VAL,
     .fallback = 1e-9,
     .is_shared = true,
     .simpler = 1,
     .help = "share of the greatest variance of a column that is added to all variances"},
};

const ml_model models__gaussian_nb = {
    .abi = ML_MODEL_ABI,
    .name = "gaussian_nb",
    .summary = "naive Bayes: features normal and independent within each class",
    .source = "Zhang (2004), The optimality of naive Bayes",
    .traits = ML_MODEL_CLASSIFIES | ML_MODEL_WEIGHTS,
    .params = params,
    .n_params = sizeof params / sizeof *params,
    .fit = fit,
    .predict = predict,
    .free = free,
    .share_size = share_size,
    .share = share,
    .fold = fold,
    .save = save,
    .load = load,
};
