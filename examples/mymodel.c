/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A model of one's own: nearest centroids, shrunk towards the mean of all rows. Compile and use it:
 *
 *   cc -shared -fPIC $(pkg-config --cflags ml) mymodel.c -o mymodel.so
 *   mltool xval data.csv --target kind --model ./mymodel.so --grid shrink=0,0.2,0.5
 *
 * docs/own-model.md explains each part. */
#include <math.h>
#include <ml/model.h>
#include <ml/saved.h>
#include <stdlib.h>
#include <string.h>

enum { SHRINK, N_PARAMS };

static const ml_model_param params[N_PARAMS] = {
    [SHRINK] = {.name = "shrink",
                .kind = ML_MODEL_REAL,
                .lo = 0,
                .hi = 1,
                .below_hi = true,
                .fallback = 0,
                .simpler = 1,
                .help = "share of the way from a centroid to the mean of all rows"},
};

/* Centroids of the classes: n_columns numbers each. */
typedef struct centroids {
  size_t n_classes, n_columns;
  double *rows; /* of each class, how many there were; 0: it was absent */
  double at[];
} centroids;

static void forget(void *fitted) {
  centroids *c = fitted;
  if (c) free(c->rows);
  free(c);
}

static centroids *new_centroids(size_t n_classes, size_t n_columns) {
  centroids *c = calloc(1, sizeof *c + n_classes * n_columns * sizeof *c->at);
  if (!c) return NULL;
  c->n_classes = n_classes;
  c->n_columns = n_columns;
  c->rows = calloc(n_classes, sizeof *c->rows);
  if (c->rows) return c;
  free(c);
  return NULL;
}

static ml_status fit(const double *values, const ml_view *train, uint64_t seed, const void *cancel,
                     void **fitted, ml_error *err) {
  (void)seed, (void)cancel; /* no chance, and it is quick */
  centroids *c = new_centroids(train->n_classes, train->n_columns);
  if (!c) return ml_error_memory(err);
  for (size_t i = 0; i < train->n; i++) c->rows[train->classes[ml_view_row(train, i)]] += 1;
  for (size_t j = 0; j < train->n_columns; j++) {
    double mean = 0;
    for (size_t i = 0; i < train->n; i++) {
      size_t row = ml_view_row(train, i), k = train->classes[row];
      double x = train->x[j * train->stride + row];
      mean += x / (double)train->n;
      c->at[k * c->n_columns + j] += x / c->rows[k];
    }
    for (size_t k = 0; k < c->n_classes; k++) {
      double *at = &c->at[k * c->n_columns + j];
      *at += values[SHRINK] * (mean - *at);
    }
  }
  *fitted = c;
  return ML_OK;
}

/* Scores: the nearer, the greater. A class that was absent is farther than any. */
static ml_status predict(const void *fitted, const ml_view *rows, double *out, ml_error *err) {
  const centroids *c = fitted;
  (void)err;
  for (size_t i = 0; i < rows->n; i++)
    for (size_t k = 0; k < c->n_classes; k++) {
      double square = 0;
      for (size_t j = 0; j < c->n_columns; j++) {
        double d = rows->x[j * rows->stride + ml_view_row(rows, i)] - c->at[k * c->n_columns + j];
        square += d * d;
      }
      out[i * c->n_classes + k] = c->rows[k] > 0 && square < 1e300 ? -square : -1e300;
    }
  return ML_OK;
}

/* How much each column counts: predictions are by distances, in the units of the columns. */
static ml_status importance(const void *fitted, const ml_view *train, double *out, ml_error *err) {
  const centroids *c = fitted;
  (void)train, (void)err;
  for (size_t j = 0; j < c->n_columns; j++) {
    double least = INFINITY, greatest = -INFINITY;
    for (size_t k = 0; k < c->n_classes; k++) {
      const double at = c->at[k * c->n_columns + j];
      if (c->rows[k] > 0 && at < least) least = at;
      if (c->rows[k] > 0 && at > greatest) greatest = at;
    }
    out[j] = greatest - least;
  }
  return ML_OK;
}

/* What was learnt, for files: numbers by names. */
static ml_status save(const void *fitted, ml_arena *arena, ml_value *out, ml_error *err) {
  const centroids *c = fitted;
  ml_saver saver = ml_saver_begin(arena, err);
  ml_saver_reals(&saver, "rows", c->rows, c->n_classes, ml_saved_finite);
  ml_saver_matrix(&saver, "centroids", c->at, c->n_classes, c->n_columns, ml_saved_finite);
  return ml_saver_end(&saver, out);
}

/* Nothing that a file says is believed: what the loader gives has been checked. */
static ml_status load(const double *values, const ml_value *saved, size_t n_columns,
                      size_t n_classes, void **fitted, ml_error *err) {
  (void)values; /* the centroids are shrunk already */
  ml_loader loader = ml_loader_begin(saved, err);
  const double *rows = ml_loader_reals(&loader, "rows", n_classes, ml_saved_finite);
  const double *at = ml_loader_matrix(&loader, "centroids", n_classes, n_columns, ml_saved_finite);
  centroids *c = loader.status == ML_OK ? new_centroids(n_classes, n_columns) : NULL;
  if (!c) ml_loader_no_memory(&loader);
  if (c) {
    memcpy(c->rows, rows, n_classes * sizeof *rows);
    memcpy(c->at, at, n_classes * n_columns * sizeof *at);
    *fitted = c;
  }
  return ml_loader_end(&loader);
}

ML_API extern const ml_model ml_model_table[];
const ml_model ml_model_table[] = {
    {.abi = ML_MODEL_ABI,
     .name = "centroids",
     .summary = "nearest centroid",
     .source = "an example of libml",
     .traits = ML_MODEL_CLASSIFIES | ML_MODEL_SCORES | ML_MODEL_SCALES,
     .params = params,
     .n_params = N_PARAMS,
     .fit = fit,
     .predict = predict,
     .free = forget,
     .save = save,
     .load = load,
     .importance_is = "distance between the outermost centroids, in units of the column",
     .importance = importance},
    {0}}; /* ends the table */
