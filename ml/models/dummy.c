/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The baseline: predictions that look at no feature. */
#include <math.h>
#include <ml/rng.h>
#include <ml/saved.h>
#include <stdlib.h>
#include <string.h>

#include "models.h"

enum { STRATEGY, QUANTILE, CONSTANT, N_PARAMS };

typedef enum strategy {
  AUTO,
  PRIOR,
  MOST_FREQUENT,
  UNIFORM,
  STRATIFIED,
  MEAN,
  MEDIAN,
  AT_QUANTILE,
  AT_CONSTANT
} strategy;

#define STRATEGIES "auto|prior|most_frequent|uniform|stratified|mean|median|quantile|constant"

static const ml_model_param params[] = {
    [STRATEGY] = {.name = "strategy",
                  .kind = ML_MODEL_CHOICE,
                  .choices = STRATEGIES,
                  .fallback = AUTO,
                  .help = "classes: prior (their shares), most_frequent, uniform or stratified "
                          "(drawn for each row); numbers: mean, median, quantile, constant; auto "
                          "is prior or mean"},
    [QUANTILE] = {.name = "quantile",
                  .kind = ML_MODEL_REAL,
                  .lo = 0,
                  .hi = 1,
                  .fallback = 0.5,
                  .help = "which one is predicted, with strategy=quantile"},
    [CONSTANT] = {.name = "constant",
                  .kind = ML_MODEL_REAL,
                  .lo = -HUGE_VAL,
                  .hi = HUGE_VAL,
                  .above_lo = true,
                  .below_hi = true,
                  .fallback = 0,
                  .help = "the number that is predicted, with strategy=constant"},
};

typedef struct dummy {
  strategy strategy;
  uint64_t seed;
  double value;     /* of numbers */
  size_t n_classes; /* 0: numbers */
  double shares[];  /* n_classes */
} dummy;

static ml_status check(const double *values, const ml_view *all, ml_error *err) {
  strategy s = (strategy)values[STRATEGY];
  bool is_of_classes = s == PRIOR || s == MOST_FREQUENT || s == UNIFORM || s == STRATIFIED;
  if (s == AUTO || is_of_classes == (all->n_classes > 0)) return ML_OK;
  return ml_error_set(err, ML_ERR_USAGE, "this strategy of dummy is for %s",
                      is_of_classes ? "classes" : "numbers");
}

/* ---- numbers --------------------------------------------------------------------------------- */

typedef struct weighted {
  double y, weight;
} weighted;

static int by_y(const void *a, const void *b) {
  double x = ((const weighted *)a)->y, y = ((const weighted *)b)->y;
  return (x > y) - (x < y);
}

/* Rows with a weight above 0. @return how many */
static size_t gather(const ml_view *view, weighted *out) {
  size_t n = 0;
  for (size_t i = 0; i < view->n; i++) {
    size_t row = ml_view_row(view, i);
    double weight = view->weights ? view->weights[row] : 1;
    if (weight > 0) out[n++] = (weighted){view->y[row], weight};
  }
  return n;
}

/* Between two order statistics; with weights, the least value with at least that share of them. */
static double quantile_of(weighted *rows, size_t n, bool has_weights, double q) {
  qsort(rows, n, sizeof *rows, by_y);
  if (!has_weights) {
    double place = q * (double)(n - 1), below = floor(place);
    size_t i = (size_t)below;
    return i + 1 < n ? rows[i].y + (place - below) * (rows[i + 1].y - rows[i].y) : rows[n - 1].y;
  }
  double sum = 0, reached = 0;
  for (size_t i = 0; i < n; i++) sum += rows[i].weight;
  for (size_t i = 0; i < n; i++) {
    reached += rows[i].weight;
    if (reached >= q * sum) return rows[i].y;
  }
  return rows[n - 1].y;
}

static double mean_of(const weighted *rows, size_t n) {
  double sum = 0, weights = 0;
  for (size_t i = 0; i < n; i++) {
    sum += rows[i].weight * (rows[i].y - rows[0].y);
    weights += rows[i].weight;
  }
  return rows[0].y + sum / weights;
}

static ml_status learn_value(dummy *d, const double *values, const ml_view *train, ml_error *err) {
  weighted *rows = calloc(train->n ? train->n : 1, sizeof *rows);
  if (!rows) return ml_error_memory(err);
  size_t n = gather(train, rows);
  ml_status status = ML_OK;
  if (!n)
    status = ml_error_set(err, ML_ERR_NUMERIC, "no row with a weight above 0 to learn from");
  else if (d->strategy == AT_CONSTANT)
    d->value = values[CONSTANT];
  else if (d->strategy == MEAN)
    d->value = mean_of(rows, n);
  else
    d->value = quantile_of(rows, n, train->weights != NULL,
                           d->strategy == MEDIAN ? 0.5 : values[QUANTILE]);
  free(rows);
  return status;
}

/* ---- classes --------------------------------------------------------------------------------- */

static ml_status learn_shares(dummy *d, const ml_view *train, ml_error *err) {
  double sum = 0;
  size_t most = 0, n_present = 0;
  for (size_t i = 0; i < train->n; i++) {
    size_t row = ml_view_row(train, i);
    double weight = train->weights ? train->weights[row] : 1;
    d->shares[train->classes[row]] += weight;
    sum += weight;
  }
  if (!(sum > 0))
    return ml_error_set(err, ML_ERR_NUMERIC, "no row with a weight above 0 to learn from");
  for (size_t c = 0; c < d->n_classes; c++) {
    if (d->shares[c] > d->shares[most]) most = c;
    n_present += d->shares[c] > 0;
  }
  for (size_t c = 0; c < d->n_classes; c++) {
    if (d->strategy == MOST_FREQUENT)
      d->shares[c] = c == most;
    else if (d->strategy == UNIFORM)
      d->shares[c] = d->shares[c] > 0 ? 1 / (double)n_present : 0;
    else
      d->shares[c] /= sum;
  }
  return ML_OK;
}

/* The class of a row depends on its number alone, not on the rows that are predicted with it. */
static size_t drawn_class(const dummy *d, size_t row) {
  ml_rng rng = ml_rng_seeded(ml_rng_derive(d->seed, row));
  double u = ml_rng_real(&rng), reached = 0;
  size_t last = 0;
  for (size_t c = 0; c < d->n_classes; c++) {
    reached += d->shares[c];
    if (d->shares[c] > 0) last = c;
    if (u < reached) return c;
  }
  return last;
}

/* ---- the model ------------------------------------------------------------------------------- */

static dummy *new_dummy(const double *values, size_t n_classes, uint64_t seed) {
  dummy *d = calloc(1, sizeof *d + n_classes * sizeof *d->shares);
  if (!d) return NULL;
  d->strategy = (strategy)values[STRATEGY];
  if (d->strategy == AUTO) d->strategy = n_classes ? PRIOR : MEAN;
  d->seed = seed;
  d->n_classes = n_classes;
  return d;
}

static ml_status fit(const double *values, const ml_view *train, uint64_t seed, const void *cancel,
                     void **fitted, ml_error *err) {
  ml_status status = check(values, train, err);
  (void)cancel;
  if (status != ML_OK) return status;
  dummy *d = new_dummy(values, train->n_classes, seed);
  if (!d) return ml_error_memory(err);
  status = train->n_classes ? learn_shares(d, train, err) : learn_value(d, values, train, err);
  if (status == ML_OK)
    *fitted = d;
  else
    free(d);
  return status;
}

static ml_status predict(const void *fitted, const ml_view *rows, double *out, ml_error *err) {
  const dummy *d = fitted;
  const size_t m = d->n_classes;
  (void)err;
  for (size_t i = 0; i < rows->n; i++) {
    if (!m) {
      out[i] = d->value;
      continue;
    }
    double *share = &out[i * m];
    memcpy(share, d->shares, m * sizeof *share);
    if (d->strategy != UNIFORM && d->strategy != STRATIFIED) continue;
    size_t drawn = drawn_class(d, ml_view_row(rows, i));
    if (d->strategy == STRATIFIED) memset(share, 0, m * sizeof *share);
    /* The probabilities of uniform, as scikit-learn's, are equal; the class that was drawn is
     * predicted, and so has the greatest by rounding. */
    share[drawn] = d->strategy == STRATIFIED ? 1 : nextafter(share[drawn], HUGE_VAL);
  }
  return ML_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

static const ml_saved_range share = {0, 1};

/* JSON has no integers beyond int64_t. */
static ml_status save(const void *fitted, ml_arena *arena, ml_value *out, ml_error *err) {
  const dummy *d = fitted;
  ml_saver saver = ml_saver_begin(arena, err);
  if (d->n_classes)
    ml_saver_reals(&saver, "shares", d->shares, d->n_classes, share);
  else
    ml_saver_real(&saver, "value", d->value, ml_saved_finite);
  ml_saver_put(&saver, "seed", ml_value_int((int64_t)d->seed));
  return ml_saver_end(&saver, out);
}

static ml_status load(const double *values, const ml_value *saved, size_t n_columns,
                      size_t n_classes, void **fitted, ml_error *err) {
  (void)n_columns;
  const ml_view all = {.n_classes = n_classes};
  ml_status status = check(values, &all, err);
  if (status != ML_OK) return status;
  ml_loader loader = ml_loader_begin(saved, err);
  int64_t seed = ml_loader_int(&loader, "seed", INT64_MIN, INT64_MAX);
  const double *shares = n_classes ? ml_loader_reals(&loader, "shares", n_classes, share) : NULL;
  double value = n_classes ? 0 : ml_loader_real(&loader, "value", ml_saved_finite);
  dummy *d = loader.status == ML_OK ? new_dummy(values, n_classes, (uint64_t)seed) : NULL;
  if (!d) ml_loader_no_memory(&loader);
  if (d) {
    if (n_classes) memcpy(d->shares, shares, n_classes * sizeof *shares);
    d->value = value;
    *fitted = d;
  }
  return ml_loader_end(&loader);
}

const ml_model models__dummy = {
    .abi = ML_MODEL_ABI,
    .name = "dummy",
    .summary = "a baseline that looks at no feature: shares of the classes, or one number",
    .source = "the target alone",
    .traits = ML_MODEL_CLASSIFIES | ML_MODEL_REGRESSES | ML_MODEL_WEIGHTS | ML_MODEL_MISSING |
              ML_MODEL_RANDOM | ML_MODEL_FEATURELESS,
    .params = params,
    .n_params = N_PARAMS,
    .check = check,
    .fit = fit,
    .predict = predict,
    .free = free,
    .save = save,
    .load = load,
};
