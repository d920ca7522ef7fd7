/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What LIBLINEAR and LIBSVM have in common: rows as a run of {index, value} each, without zeros,
 * and weights of classes. Include their header and define NODE, the struct of a value, before this.
 */
#ifndef PLUGINS_NODES_H
#define PLUGINS_NODES_H

#include <limits.h>
#include <stdlib.h>

#include <ml/model.h>
#include <ml/saved.h>

typedef struct nodes {
  struct NODE **rows; /* n */
  struct NODE *all;
} nodes;

static inline void nodes_free(nodes *x) {
  free(x->rows);
  free(x->all);
  *x = (nodes){0};
}

static inline size_t nodes_count(const ml_view *view) {
  size_t n = 0;
  for (size_t j = 0; j < view->n_columns; j++)
    for (size_t i = 0; i < view->n; i++) n += view->x[j * view->stride + ml_view_row(view, i)] != 0;
  return n;
}

/* @param bias  value of one more column; negative: there is none */
static inline ml_status nodes_make(const ml_view *view, double bias, nodes *out, ml_error *err) {
  nodes x = {0};
  if (view->n > INT_MAX - 2 || view->n_columns > INT_MAX - 2)
    return ml_error_set(err, ML_ERR_USAGE, "too many rows or columns for this library");
  x.all = calloc(nodes_count(view) + 2 * view->n + 1, sizeof *x.all);
  x.rows = calloc(view->n + 1, sizeof *x.rows);
  if (!x.all || !x.rows) {
    nodes_free(&x);
    return ml_error_memory(err);
  }
  struct NODE *at = x.all;
  for (size_t i = 0; i < view->n; i++) {
    const double *row = view->x + ml_view_row(view, i);
    x.rows[i] = at;
    for (size_t j = 0; j < view->n_columns; j++) {
      double value = row[j * view->stride];
      if (value != 0) *at++ = (struct NODE){(int)j + 1, value};
    }
    if (bias >= 0) *at++ = (struct NODE){(int)view->n_columns + 1, bias};
    *at++ = (struct NODE){-1, 0};
  }
  *out = x;
  return ML_OK;
}

/* Class numbers, or values of the target. @return NULL: no memory */
static inline double *nodes_target(const ml_view *view) {
  double *y = malloc(view->n * sizeof *y + 1);
  for (size_t i = 0; y && i < view->n; i++) {
    size_t row = ml_view_row(view, i);
    y[i] = view->n_classes ? (double)view->classes[row] : view->y[row];
  }
  return y;
}

/* Weights of the classes, as both libraries take them; n is 0 when all classes weigh 1. */
typedef struct class_weights {
  int n;
  int *labels;
  double *weights;
} class_weights;

static inline void class_weights_release(class_weights *w) {
  free(w->labels);
  free(w->weights);
  *w = (class_weights){0};
}

/* Weights that make classes count the same: rows / (classes that have rows * rows of the class), so
 * that the mean weight of a row is 1.
 * @param is_balanced  false: all classes weigh 1
 * @retval ML_ERR_NUMERIC  fewer than two classes have rows */
static inline ml_status class_weights_init(const ml_view *view, bool is_balanced,
                                           class_weights *out, ml_error *err) {
  const size_t n = view->n_classes;
  class_weights w = {.n = is_balanced ? (int)n : 0};
  size_t n_there = 0;
  w.labels = calloc(n + 1, sizeof *w.labels);
  w.weights = calloc(n + 1, sizeof *w.weights);
  if (!w.labels || !w.weights) {
    class_weights_release(&w);
    return ml_error_memory(err);
  }
  for (size_t i = 0; i < view->n; i++) w.weights[view->classes[ml_view_row(view, i)]] += 1;
  for (size_t c = 0; c < n; c++) n_there += w.weights[c] > 0;
  if (n_there < 2) {
    class_weights_release(&w);
    return ml_error_set(err, ML_ERR_NUMERIC, "all training rows are of one class");
  }
  for (size_t c = 0; c < n; c++) {
    w.labels[c] = (int)c;
    w.weights[c] = w.weights[c] > 0 ? (double)view->n / ((double)n_there * w.weights[c]) : 1;
  }
  *out = w;
  return ML_OK;
}

/* ---- files: the classes that a machine knows, in its order ------------------------------------
 */

/* @param n  0: regression */
static inline void nodes_save_labels(ml_saver *saver, const int *labels, int n) {
  int64_t *out = n ? ml_saver_new_ints(saver, "labels", (size_t)n) : NULL;
  for (int i = 0; out && i < n; i++) out[i] = labels[i];
}

/* Two or more, each once. */
static inline const int64_t *nodes_load_labels(ml_loader *loader, size_t n_classes, size_t *n) {
  *n = ml_loader_length(loader, "labels");
  if (*n < 2 || *n > n_classes || n_classes > INT_MAX)
    ml_loader_fail(loader, "labels", "has %zu classes, where 2 to %zu belong", *n, n_classes);
  const int64_t *labels = ml_loader_ints(loader, "labels", *n, 0, (int64_t)n_classes - 1);
  bool *seen = labels ? calloc(n_classes, sizeof *seen) : NULL;
  if (!seen) ml_loader_no_memory(loader);
  for (size_t i = 0; loader->status == ML_OK && i < *n; i++) {
    if (seen[labels[i]]) ml_loader_fail(loader, "labels", "has a class twice, in place %zu", i + 1);
    seen[labels[i]] = true;
  }
  free(seen);
  return loader->status == ML_OK ? labels : NULL;
}

/* As the libraries want them. @return NULL: no memory */
static inline int *nodes_labels(const int64_t *labels, size_t n) {
  int *out = malloc(n * sizeof *out);
  for (size_t i = 0; out && i < n; i++) out[i] = (int)labels[i];
  return out;
}

/* A class that was not there to be learnt is never chosen. */
#define NODES_ABSENT (-1e300)

static inline void nodes_quiet(const char *words) {
  (void)words;
}

#endif
