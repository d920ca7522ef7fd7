/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression: rows, targets and weights of a fit, and the probabilities it gives. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "logistic_internal.h"

/* ---- the shape: which classes there are ------------------------------------------------------ */

static double weight_of(const ml_view *view, size_t row) {
  return view->weights ? view->weights[row] : 1;
}

static void add_weights(const ml_view *view, double *weight) {
  for (size_t i = 0; i < view->n; i++) {
    size_t row = ml_view_row(view, i);
    weight[view->classes[row]] += weight_of(view, row);
  }
}

static ml_status find_classes(const ml_view *view, logit_shape *shape, ml_error *err) {
  double *weight = calloc(view->n_classes + 1, sizeof *weight);
  shape->present = calloc(view->n_classes + 1, sizeof *shape->present);
  if (!weight || !shape->present) {
    free(weight);
    return ml_error_memory(err);
  }
  add_weights(view, weight);
  for (size_t c = 0; c < view->n_classes; c++)
    if (weight[c] > 0) shape->present[shape->n_present++] = (uint32_t)c;
  free(weight);
  if (shape->n_present >= 2) return ML_OK;
  return ml_error_set(
      err, ML_ERR_NUMERIC,
      shape->n_present ? "all training rows are of one class" : "no training row has a weight");
}

/* About the means of the columns, from some of the rows. With an intercept that is not penalised
 * they change nothing but rounding: columns far from 0 would lose digits. */
static void find_centre(const ml_view *view, double *centre) {
  enum { ENOUGH = 4096 };
  size_t stride = 1 + view->n / ENOUGH;
  for (size_t j = 0; j < view->n_columns; j++) {
    const double *x = view->x + j * view->stride;
    double sum = 0, total = 0;
    for (size_t i = 0; i < view->n; i += stride) {
      size_t row = ml_view_row(view, i);
      double w = weight_of(view, row);
      if (w > 0) sum += w * x[row];
      total += w;
    }
    centre[j] = sum / total;
    if (!isfinite(centre[j])) centre[j] = 0;
  }
}

/* All but which classes are present. */
static ml_status find_form(const double *params, const ml_view *train, const double *centre,
                           logit_shape *out, ml_error *err) {
  bool is_ovr = params[LOGIT_MULTI_CLASS] == 2 && out->n_present > 2;
  out->n_classes = train->n_classes;
  out->has_intercept = params[LOGIT_FIT_INTERCEPT] != 0;
  out->n_columns = train->n_columns + out->has_intercept;
  out->free_intercept = out->has_intercept && params[LOGIT_PENALIZE_INTERCEPT] == 0;
  out->is_balanced = params[LOGIT_CLASS_WEIGHT] != 0;
  out->n_problems = is_ovr ? out->n_present : 1;
  out->n_logits = is_ovr || out->n_present == 2 ? 1 : out->n_present;
  if (!out->free_intercept) return ML_OK;
  out->centre = calloc(train->n_columns + 1, sizeof *out->centre);
  if (!out->centre) return ml_error_memory(err);
  if (centre)
    memcpy(out->centre, centre, train->n_columns * sizeof *centre);
  else
    find_centre(train, out->centre);
  return ML_OK;
}

ml_status logit__shape(const double *params, const ml_view *train, const double *centre,
                       logit_shape *out, ml_error *err) {
  *out = (logit_shape){0};
  ml_status status = find_classes(train, out, err);
  return status == ML_OK ? find_form(params, train, centre, out, err) : status;
}

ml_status logit__shape_whole(const double *params, const ml_view *view, const double *centre,
                             logit_shape *out, ml_error *err) {
  *out = (logit_shape){.n_present = view->n_classes,
                       .present = calloc(view->n_classes + 1, sizeof *out->present)};
  if (!out->present) return ml_error_memory(err);
  for (size_t c = 0; c < view->n_classes; c++) out->present[c] = (uint32_t)c;
  return find_form(params, view, centre, out, err);
}

ml_status logit__shape_saved(const double *params, const ml_view *view, const int64_t *present,
                             size_t n_present, const double *centre, logit_shape *out,
                             ml_error *err) {
  *out =
      (logit_shape){.n_present = n_present, .present = calloc(n_present + 1, sizeof *out->present)};
  if (!out->present) return ml_error_memory(err);
  for (size_t c = 0; c < n_present; c++) out->present[c] = (uint32_t)present[c];
  return find_form(params, view, centre, out, err);
}

void logit__shape_release(logit_shape *shape) {
  free(shape->present);
  free(shape->centre);
}

/* ---- the task: targets and weights ----------------------------------------------------------- */

/* The rows with a weight. @param[out] rows  room for all */
static ml_view without_zeros(const ml_view *view, uint32_t *rows) {
  ml_view kept = *view;
  kept.n = 0;
  for (size_t i = 0; i < view->n; i++) {
    size_t row = ml_view_row(view, i);
    if (weight_of(view, row) > 0) rows[kept.n++] = (uint32_t)row;
  }
  kept.rows = rows;
  return kept;
}

/* Of problem i: 1 and -1, the rest, or numbers of the classes that are present. */
static double target_of(const logit_shape *shape, size_t i, size_t number) {
  if (shape->n_logits > 1) return (double)number;
  return number == (shape->n_problems > 1 ? i : 1) ? 1 : -1;
}

/* So that both sides, or all classes, weigh the same. */
static double balance_of(const logit_shape *shape, size_t i, size_t number, double total,
                         const double *weight) {
  double own = weight[shape->present[number]];
  if (shape->n_problems == 1) return total / ((double)shape->n_present * own);
  double side = weight[shape->present[i]];
  return total / (2 * (number == i ? side : total - side));
}

static void set_targets(const ml_view *view, const logit_shape *shape, const double *weight,
                        const uint32_t *number, logit_task *task) {
  size_t n_cells = task->rows.n_blocks * LOGIT_BLOCK;
  double total = 0;
  for (size_t c = 0; c < view->n_classes; c++) total += weight[c];
  for (size_t i = 0; i < shape->n_problems; i++) {
    double *y = task->y + i * n_cells, *w = task->w + i * n_cells;
    for (size_t r = 0; r < view->n; r++) {
      size_t row = ml_view_row(view, r), k = number[view->classes[row]];
      y[r] = target_of(shape, i, k);
      w[r] = weight_of(view, row);
      if (shape->is_balanced) w[r] *= balance_of(shape, i, k, total, weight);
    }
  }
}

static ml_status fill(const ml_view *view, const logit_shape *shape, logit_task *task,
                      ml_error *err) {
  ml_status status = logit__rows(view, shape->centre, shape->has_intercept, &task->rows, err);
  if (status != ML_OK) return status;
  size_t n_cells = shape->n_problems * task->rows.n_blocks * LOGIT_BLOCK;
  double *weight = calloc(view->n_classes + 1, sizeof *weight);
  uint32_t *number = calloc(view->n_classes + 1, sizeof *number);
  task->y = calloc(n_cells + 1, sizeof *task->y);
  task->w = calloc(n_cells + 1, sizeof *task->w);
  status = weight && number && task->y && task->w ? ML_OK : ml_error_memory(err);
  if (status == ML_OK) {
    add_weights(view, weight);
    for (size_t k = 0; k < shape->n_present; k++) number[shape->present[k]] = (uint32_t)k;
    set_targets(view, shape, weight, number, task);
  }
  free(number);
  free(weight);
  return status;
}

ml_status logit__task(const ml_view *train, const logit_shape *shape, logit_task *out,
                      ml_error *err) {
  *out = (logit_task){0};
  uint32_t *rows = calloc(train->n + 1, sizeof *rows);
  if (!rows) return ml_error_memory(err);
  ml_view view = without_zeros(train, rows);
  ml_status status = fill(&view, shape, out, err);
  free(rows);
  return status;
}

void logit__task_release(logit_task *task) {
  free(task->rows.x);
  free(task->y);
  free(task->w);
}

logit_problem logit__problem(const logit_task *task, const logit_shape *shape, size_t i, double c) {
  size_t at = i * task->rows.n_blocks * LOGIT_BLOCK;
  return (logit_problem){&task->rows,  shape->n_logits, task->y + at,
                         task->w + at, 1 / c,           shape->free_intercept};
}

logit_limits logit__limits(const double *params, const void *cancel) {
  double most = params[LOGIT_MAX_ITER];
  return (logit_limits){params[LOGIT_TOL], most < 1e9 ? (size_t)most : 1000000000, cancel};
}

/* ---- probabilities --------------------------------------------------------------------------- */

/* Of the classes that are present, of a block: z of all problems becomes them. @param[out] p  room
 * for as many */
static const double *of_block(const logit_shape *shape, double *z, double *p) {
  static const double none[LOGIT_BLOCK];
  size_t k = shape->n_present;
  if (shape->n_logits > 1) {
    logit__softmax(z, none, none, k, z, p);
    return p;
  }
  if (shape->n_problems == 1) {
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

ml_status logit__probabilities_of(const logit_shape *shape, const logit_rows *rows, const double *b,
                                  double *out, ml_error *err) {
  size_t k = shape->n_present, m = shape->n_problems * shape->n_logits;
  double *room = malloc(2 * k * LOGIT_BLOCK * sizeof *room);
  if (!room) return ml_error_memory(err);
  memset(out, 0, rows->n * shape->n_classes * sizeof *out);
  for (size_t block = 0; block < rows->n_blocks; block++) {
    size_t first = block * LOGIT_BLOCK, left = rows->n - first;
    logit__products(logit__block(rows, block), rows->n_columns, b, m, room);
    const double *p = of_block(shape, room, room + k * LOGIT_BLOCK);
    for (size_t c = 0; c < k; c++)
      for (size_t i = 0; i < LOGIT_BLOCK && i < left; i++)
        out[(first + i) * shape->n_classes + shape->present[c]] = p[c * LOGIT_BLOCK + i];
  }
  free(room);
  return ML_OK;
}

/* n rows from `first` on. */
static ml_view part_of(const ml_view *rows, size_t first, size_t n) {
  ml_view part = *rows;
  part.n = n;
  if (rows->rows)
    part.rows += first;
  else
    part.x += first;
  return part;
}

ml_status logit__probabilities(const logit_shape *shape, const ml_view *rows, const double *b,
                               double *out, ml_error *err) {
  enum { AT_A_TIME = 16 * LOGIT_BLOCK };
  ml_status status = ML_OK;
  for (size_t first = 0; first < rows->n && status == ML_OK; first += AT_A_TIME) {
    size_t left = rows->n - first;
    const ml_view part = part_of(rows, first, left < AT_A_TIME ? left : AT_A_TIME);
    logit_rows blocks = {0};
    status = logit__rows(&part, shape->centre, shape->has_intercept, &blocks, err);
    if (status == ML_OK)
      status = logit__probabilities_of(shape, &blocks, b, out + first * shape->n_classes, err);
    free(blocks.x);
  }
  return status;
}
