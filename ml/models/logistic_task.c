/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression: rows, targets and weights of a fit, and the probabilities it gives. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logistic_internal.h"

/* ---- which rows and classes there are -------------------------------------------------------- */

/* The rows with a weight. @param[out] rows  room for all */
static ml_view without_zeros(const ml_view *view, uint32_t *rows) {
  ml_view kept = *view;
  kept.n = 0;
  for (size_t i = 0; i < view->n; i++) {
    size_t row = ml_view_row(view, i);
    if (!view->weights || view->weights[row] > 0) rows[kept.n++] = (uint32_t)row;
  }
  kept.rows = rows;
  return kept;
}

/* Weights of the classes, and which of them there are. */
static ml_status find_classes(const ml_view *view, double *weight, logit_task *task,
                              ml_error *err) {
  for (size_t i = 0; i < view->n; i++) {
    size_t row = ml_view_row(view, i);
    weight[view->classes[row]] += view->weights ? view->weights[row] : 1;
  }
  for (size_t c = 0; c < view->n_classes; c++)
    if (weight[c] > 0) task->present[task->n_present++] = (uint32_t)c;
  if (task->n_present >= 2) return ML_OK;
  return ml_error_set(
      err, ML_ERR_NUMERIC,
      task->n_present ? "all training rows are of one class" : "no training row has a weight");
}

/* Means of the columns. With an intercept that is not penalised they change nothing but rounding:
 * columns far from 0 would lose digits. */
static void find_centre(const ml_view *view, double *centre) {
  for (size_t j = 0; j < view->n_columns; j++) {
    const double *x = view->x + j * view->stride;
    double sum = 0, total = 0;
    for (size_t i = 0; i < view->n; i++) {
      size_t row = ml_view_row(view, i);
      double w = view->weights ? view->weights[row] : 1;
      sum += w * x[row];
      total += w;
    }
    centre[j] = sum / total;
    if (!isfinite(centre[j])) centre[j] = 0;
  }
}

/* ---- targets and weights --------------------------------------------------------------------- */

/* Of problem i: 1 and -1, the rest, or numbers of the classes that are present. */
static double target_of(const logit_task *task, size_t i, size_t number) {
  if (task->n_logits > 1) return (double)number;
  return number == (task->n_problems > 1 ? i : 1) ? 1 : -1;
}

/* So that both sides, or all classes, weigh the same. */
static double balance_of(const logit_task *task, size_t i, size_t number, double total,
                         const double *weight) {
  double own = weight[task->present[number]];
  if (task->n_problems == 1) return total / ((double)task->n_present * own);
  double side = weight[task->present[i]];
  return total / (2 * (number == i ? side : total - side));
}

static void set_targets(const ml_view *view, const double *weight, bool balanced, uint32_t *number,
                        logit_task *task) {
  size_t n_cells = task->rows.n_blocks * LOGIT_BLOCK;
  double total = 0;
  for (size_t c = 0; c < view->n_classes; c++) total += weight[c];
  for (size_t k = 0; k < task->n_present; k++) number[task->present[k]] = (uint32_t)k;
  for (size_t i = 0; i < task->n_problems; i++) {
    double *y = task->y + i * n_cells, *w = task->w + i * n_cells;
    for (size_t r = 0; r < view->n; r++) {
      size_t row = ml_view_row(view, r), k = number[view->classes[row]];
      y[r] = target_of(task, i, k);
      w[r] = view->weights ? view->weights[row] : 1;
      if (balanced) w[r] *= balance_of(task, i, k, total, weight);
    }
  }
}

/* ---- the task -------------------------------------------------------------------------------- */

static ml_status set_centre(const ml_view *view, const double *centre, logit_task *task,
                            ml_error *err) {
  if (!task->free_intercept) return ML_OK;
  task->centre = calloc(view->n_columns + 1, sizeof *task->centre);
  if (!task->centre) return ml_error_memory(err);
  if (centre)
    memcpy(task->centre, centre, view->n_columns * sizeof *centre);
  else
    find_centre(view, task->centre);
  return ML_OK;
}

static ml_status allocate_targets(logit_task *task, ml_error *err) {
  size_t n = task->n_problems * task->rows.n_blocks * LOGIT_BLOCK;
  task->y = calloc(n + 1, sizeof *task->y);
  task->w = calloc(n + 1, sizeof *task->w);
  return task->y && task->w ? ML_OK : ml_error_memory(err);
}

ml_status logit__task(const double *params, const ml_view *train, const double *centre,
                      logit_task *out, ml_error *err) {
  size_t k = train->n_classes;
  *out = (logit_task){.n_classes = k, .has_intercept = params[LOGIT_FIT_INTERCEPT] != 0};
  out->free_intercept = out->has_intercept && params[LOGIT_PENALIZE_INTERCEPT] == 0;
  uint32_t *rows = calloc(train->n + k + 1, sizeof *rows), *number = rows ? rows + train->n : NULL;
  double *weight = calloc(k + 1, sizeof *weight);
  out->present = calloc(k + 1, sizeof *out->present);
  ml_status status = rows && weight && out->present ? ML_OK : ml_error_memory(err);
  if (status == ML_OK) {
    ml_view view = without_zeros(train, rows);
    status = find_classes(&view, weight, out, err);
    bool is_ovr = params[LOGIT_MULTI_CLASS] == 2 && out->n_present > 2;
    out->n_problems = is_ovr ? out->n_present : 1;
    out->n_logits = is_ovr || out->n_present == 2 ? 1 : out->n_present;
    if (status == ML_OK) status = set_centre(&view, centre, out, err);
    if (status == ML_OK)
      status = logit__rows(&view, out->centre, out->has_intercept, &out->rows, err);
    if (status == ML_OK) status = allocate_targets(out, err);
    if (status == ML_OK) set_targets(&view, weight, params[LOGIT_CLASS_WEIGHT] != 0, number, out);
  }
  free(weight);
  free(rows);
  return status;
}

void logit__task_release(logit_task *task) {
  free(task->rows.x);
  free(task->present);
  free(task->y);
  free(task->w);
  free(task->centre);
}

logit_problem logit__problem(const logit_task *task, size_t i, double c) {
  size_t at = i * task->rows.n_blocks * LOGIT_BLOCK;
  return (logit_problem){&task->rows,  task->n_logits, task->y + at,
                         task->w + at, 1 / c,          task->free_intercept};
}

logit_limits logit__limits(const double *params, const void *cancel) {
  double most = params[LOGIT_MAX_ITER];
  return (logit_limits){params[LOGIT_TOL], most < 1e9 ? (size_t)most : 1000000000, cancel};
}

/* ---- probabilities --------------------------------------------------------------------------- */

/* Of the classes that are present, of a block: z of all problems becomes them. @param[out] p  room
 * for as many */
static const double *of_block(const logit_task *task, double *z, double *p) {
  static const double none[LOGIT_BLOCK];
  size_t k = task->n_present;
  if (task->n_logits > 1) {
    logit__softmax(z, none, none, k, z, p);
    return p;
  }
  if (task->n_problems == 1) {
    for (size_t i = 0; i < LOGIT_BLOCK; i++) z[LOGIT_BLOCK + i] = -z[i];
    logit__sigmoid(z, p + LOGIT_BLOCK);
    logit__sigmoid(z + LOGIT_BLOCK, p);
    return p;
  }
  for (size_t c = 0; c < k; c++) logit__sigmoid(z + c * LOGIT_BLOCK, p + c * LOGIT_BLOCK);
  for (size_t i = 0; i < LOGIT_BLOCK; i++) {
    double sum = 0;
    for (size_t c = 0; c < k; c++) sum += p[c * LOGIT_BLOCK + i];
    for (size_t c = 0; c < k; c++) p[c * LOGIT_BLOCK + i] /= sum;
  }
  return p;
}

ml_status logit__probabilities(const logit_task *task, const logit_rows *rows, const double *b,
                               double *out, ml_error *err) {
  size_t k = task->n_present, m = task->n_problems * task->n_logits;
  double *z = malloc(2 * k * LOGIT_BLOCK * sizeof *z);
  if (!z) return ml_error_memory(err);
  memset(out, 0, rows->n * task->n_classes * sizeof *out);
  for (size_t block = 0; block < rows->n_blocks; block++) {
    size_t first = block * LOGIT_BLOCK, left = rows->n - first;
    logit__products(logit__block(rows, block), rows->n_columns, b, m, z);
    const double *p = of_block(task, z, z + k * LOGIT_BLOCK);
    for (size_t c = 0; c < k; c++)
      for (size_t i = 0; i < LOGIT_BLOCK && i < left; i++)
        out[(first + i) * task->n_classes + task->present[c]] = p[c * LOGIT_BLOCK + i];
  }
  free(z);
  return ML_OK;
}
