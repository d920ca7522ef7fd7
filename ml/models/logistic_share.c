/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression: a point near the optima of all folds, for each candidate, with gradients and
 * Hessians of atoms there. */
#include "logistic_share.h"

#include <math.h>
#include <ml/exec.h>
#include <stdlib.h>
#include <string.h>

/* ---- one set of parameters but C ------------------------------------------------------------- */

/* Rows of the candidates that are now computed. */
typedef struct sharing {
  const ml_cv *cv;
  const atoms *set;
  logit_shape shape;
  logit_task sample; /* some of all rows: enough for a point near the optimum */
  double stride;     /* of how many it has one */
  logit_task all;    /* all rows that are trained on, atom by atom */
  size_t *first;     /* set->n + 1: rows of `all` where atoms begin */
  double *weights;   /* those of `all`, but 0 for the rows of other atoms or folds */
  double *hessian;
  double *at_sample; /* the optimum of the sample */
  double *beside;    /* from there to that of all rows */
  bool knows_beside; /* of the candidate before, whose is about the same */
} sharing;

static void release_rows(sharing *s) {
  logit__shape_release(&s->shape);
  logit__task_release(&s->sample);
  logit__task_release(&s->all);
  free(s->weights);
  s->shape = (logit_shape){0};
  s->sample = s->all = (logit_task){0};
  s->weights = NULL;
}

/* Every stride-th row. */
static ml_view some_rows(const ml_view *all, size_t stride, uint32_t *rows) {
  ml_view some = *all;
  some.n = 0;
  for (size_t i = 0; i < all->n; i += stride) rows[some.n++] = (uint32_t)ml_view_row(all, i);
  some.rows = rows;
  return some;
}

static ml_status make_sample(sharing *s, uint32_t *rows, ml_error *err) {
  size_t enough = 1000 + 64 * s->shape.n_logits * s->shape.n_columns;
  size_t stride = s->cv->all.n / enough;
  ml_view some = some_rows(&s->cv->all, stride ? stride : 1, rows);
  s->stride = (double)s->cv->all.n / (double)some.n;
  return logit__task(&some, &s->shape, &s->sample, err);
}

/* The rows with a weight, atom by atom. */
static size_t sort_by_atom(sharing *s, uint32_t *rows) {
  const double *weights = s->cv->all.weights;
  size_t n = 0;
  for (size_t a = 0; a < s->set->n; a++) {
    size_t end = n + atoms__rows(s->set, a, rows + n);
    s->first[a] = n;
    for (size_t i = n; i < end; i++)
      if (!weights || weights[rows[i]] > 0) rows[n++] = rows[i];
  }
  s->first[s->set->n] = n;
  return n;
}

static ml_status make_rows(sharing *s, const double *params, ml_error *err) {
  ml_view view = s->cv->all;
  uint32_t *rows = calloc(s->cv->folds->n_rows + s->cv->all.n + 1, sizeof *rows);
  if (!rows) return ml_error_memory(err);
  ml_status status = logit__shape(params, &s->cv->all, NULL, &s->shape, err);
  if (status == ML_OK) status = make_sample(s, rows, err);
  if (status == ML_OK) {
    view.n = sort_by_atom(s, rows);
    view.rows = rows;
    status = logit__task(&view, &s->shape, &s->all, err);
  }
  if (status == ML_OK) {
    size_t n_cells = s->all.rows.n_blocks * LOGIT_BLOCK;
    size_t n_sets = logit__are_together(s->cv) ? s->cv->folds->n : 1;
    s->weights = calloc(n_sets * n_cells + 1, sizeof *s->weights);
    if (!s->weights) status = ml_error_memory(err);
  }
  free(rows);
  return status;
}

/* ---- one candidate --------------------------------------------------------------------------- */

static void pack(const double *hessian, size_t n, double *out) {
  for (size_t j = 0; j < n; j++)
    for (size_t i = j; i < n; i++) *out++ = hessian[j * n + i];
}

/* The blocks that have rows of an atom, with the weights of these rows alone. */
static logit_rows blocks_of(sharing *s, size_t a, size_t *cell) {
  size_t first = s->first[a], end = s->first[a + 1], block = first / LOGIT_BLOCK;
  size_t n_blocks = end > first ? (end - 1) / LOGIT_BLOCK + 1 - block : 0, q = s->shape.n_columns;
  *cell = block * LOGIT_BLOCK;
  memset(s->weights + *cell, 0, n_blocks * LOGIT_BLOCK * sizeof *s->weights);
  if (end > first) memcpy(s->weights + first, s->all.w + first, (end - first) * sizeof *s->weights);
  return (logit_rows){end - first, n_blocks, q, s->all.rows.x + *cell * q};
}

static ml_status share_atom(sharing *s, size_t a, logit_shared *out, ml_error *err) {
  size_t n = s->shape.n_logits * s->shape.n_columns, cell;
  logit_rows rows = blocks_of(s, a, &cell);
  size_t n_cells = rows.n_blocks * LOGIT_BLOCK * s->shape.n_logits;
  double *cells = malloc((2 * n_cells + 1) * sizeof *cells);
  ml_status status = cells ? ML_OK : ml_error_memory(err);
  for (size_t i = 0; i < s->shape.n_problems && status == ML_OK; i++) {
    logit_problem problem = logit__problem(&s->all, &s->shape, i, 1);
    logit_point point = {cells, cells + n_cells, out->gradients + a * out->n_all + i * n};
    problem.rows = &rows;
    problem.y += cell;
    problem.w = s->weights + cell;
    problem.penalty = 0;
    status = logit__evaluate(&problem, out->b + i * n, &point, s->hessian, err);
    if (status == ML_OK)
      pack(s->hessian, n, out->hessians + a * out->n_triangles + i * out->n_triangle);
  }
  free(cells);
  return status;
}

/* ---- all folds together ---------------------------------------------------------------------- */

/* Weights of the rows that a fold trains on, times how often; 0 of the others. */
static void weigh(const sharing *s, const uint32_t *uses, double *weights) {
  for (size_t a = 0; a < s->set->n; a++)
    for (size_t i = s->first[a]; i < s->first[a + 1]; i++) weights[i] = uses[a] * s->all.w[i];
}

/* True when rows of all classes have a weight in a problem: else its optimum is far away. */
static bool has_all_classes(const logit_problem *problem) {
  size_t n_classes = problem->n_logits > 1 ? problem->n_logits : 2, n_seen = 0;
  bool seen[LOGIT_DENSE] = {false};
  for (size_t i = 0; i < problem->rows->n_blocks * LOGIT_BLOCK && n_seen < n_classes; i++) {
    size_t c = problem->n_logits > 1 ? (size_t)problem->y[i] : problem->y[i] > 0;
    if (problem->w[i] > 0 && !seen[c]) {
      seen[c] = true;
      n_seen++;
    }
  }
  return n_seen == n_classes;
}

/* Folds whose problems have no optimum have none here. Memory that ran out says nothing of them. */
static ml_status drop_failed(const logit_near *near, size_t n, size_t n_problems, ml_error *err) {
  for (size_t i = 0; i < n; i++) {
    if (near[i].status == ML_OK) continue;
    if (near[i].status != ML_ERR_NUMERIC) {
      if (err) *err = near[i].error;
      return near[i].status;
    }
    near[i - i % n_problems].b[-1] = 0;
  }
  return ML_OK;
}

/* The optima of all folds. A fold that fails here is left to itself, to say why. */
static ml_status share_optima(sharing *s, const double *params, logit_shared *out, ml_error *err) {
  size_t n_folds = s->cv->folds->n, k = s->shape.n_problems, n_all = out->n_all, n = n_all / k;
  size_t n_cells = s->all.rows.n_blocks * LOGIT_BLOCK, n_own = n_all + n_all * n;
  const logit_limits limits = logit__limits(params, s->cv->cancel);
  double *memory = malloc(n_folds * n_own * sizeof *memory);
  logit_near *near = calloc(n_folds * k, sizeof *near);
  size_t n_near = 0;
  ml_status status = memory && near ? ML_OK : ml_error_memory(err);
  if (status == ML_OK) memset(s->weights, 0, n_folds * n_cells * sizeof *s->weights);
  for (size_t f = 0; f < n_folds && status == ML_OK; f++) {
    double *g = memory + f * n_own, *factors = g + n_all, *b = out->optima + f * (1 + n_all) + 1;
    uint32_t uses[ATOMS_FEW];
    atoms__uses(s->set, f, uses);
    weigh(s, uses, s->weights + f * n_cells);
    status =
        logit__shared_start(&s->shape, out, s->set->n, uses, params[LOGIT_C], b, g, factors, err);
    bool is_whole = true;
    for (size_t i = 0; i < k; i++) {
      logit_problem problem = logit__problem(&s->all, &s->shape, i, params[LOGIT_C]);
      problem.w = s->weights + f * n_cells;
      is_whole = is_whole && has_all_classes(&problem);
      near[n_near + i] = (logit_near){
          .problem = problem, .b = b + i * n, .g = g + i * n, .factor = factors + i * n * n};
    }
    b[-1] = is_whole;
    if (is_whole) n_near += k;
  }
  if (status == ML_OK) status = logit__approach(near, n_near, &limits, err);
  if (status == ML_OK) status = drop_failed(near, n_near, k, err);
  free(near);
  free(memory);
  return status;
}

/* ---- the way of a candidate ------------------------------------------------------------------ */

/* One step from the optimum of the sample: the gradient of all rows, the Hessian of the sample. */
static ml_status step_aside(sharing *s, double c, ml_error *err) {
  size_t m = s->shape.n_logits, n = m * s->shape.n_columns;
  size_t n_cells = (s->all.rows.n_blocks + s->sample.rows.n_blocks) * m * LOGIT_BLOCK;
  double *cells = malloc((2 * n_cells + n) * sizeof *cells);
  if (!cells) return ml_error_memory(err);
  logit_point point = {cells, cells + n_cells, cells + 2 * n_cells};
  ml_status status = ML_OK;
  for (size_t i = 0; i < s->shape.n_problems && status == ML_OK; i++) {
    const logit_problem sample = logit__problem(&s->sample, &s->shape, i, c * s->stride);
    const logit_problem all = logit__problem(&s->all, &s->shape, i, c);
    const double *b = s->at_sample + i * n;
    status = logit__evaluate(&sample, b, &point, s->hessian, err);
    if (status == ML_OK) status = logit__factor(s->hessian, n, err);
    if (status == ML_OK) status = logit__evaluate(&all, b, &point, NULL, err);
    if (status != ML_OK) break;
    for (size_t j = 0; j < n; j++) point.g[j] /= s->stride;
    logit__solve(s->hessian, n, point.g, s->beside + i * n);
  }
  free(cells);
  return status;
}

/* One step of Newton's method over all rows, from the sums of the atoms. */
static ml_status find_beside(sharing *s, double c, const logit_shared *out, ml_error *err) {
  size_t n = s->shape.n_logits * s->shape.n_columns;
  double *g = malloc(2 * n * sizeof *g);
  ml_status status = g ? ML_OK : ml_error_memory(err);
  for (size_t i = 0; i < s->shape.n_problems && status == ML_OK; i++) {
    logit_problem problem = logit__problem(&s->sample, &s->shape, i, c);
    memset(g, 0, n * sizeof *g);
    memset(s->hessian, 0, n * n * sizeof *g);
    for (size_t a = 0; a < s->set->n; a++) {
      const double *triangle = out->hessians + a * out->n_triangles + i * out->n_triangle;
      for (size_t j = 0; j < n; j++) {
        g[j] += out->gradients[a * out->n_all + i * n + j];
        for (size_t k = j; k < n; k++) s->hessian[j * n + k] += *triangle++;
      }
    }
    logit__penalise(&problem, out->b + i * n, g, s->hessian);
    status = logit__factor(s->hessian, n, err);
    if (status == ML_OK) logit__solve(s->hessian, n, g, g + n);
    for (size_t j = 0; j < n && status == ML_OK; j++)
      s->beside[i * n + j] = out->b[i * n + j] + g[n + j] - s->at_sample[i * n + j];
  }
  free(g);
  return status;
}

static ml_status share_point(sharing *s, double c, logit_shared *out, ml_error *err) {
  ml_status status = ML_OK;
  for (size_t i = 0; i < out->n_all; i++) out->b[i] = s->at_sample[i] + s->beside[i];
  for (size_t a = 0; a < s->set->n && status == ML_OK; a++) status = share_atom(s, a, out, err);
  return status == ML_OK ? find_beside(s, c, out, err) : status;
}

static void forget(sharing *s) {
  size_t n = logit__n_all(&s->shape);
  memset(s->at_sample, 0, n * sizeof *s->at_sample);
  memset(s->beside, 0, n * sizeof *s->beside);
  s->knows_beside = false;
}

/* A fit that fails here is left to the folds, which say why. */
static ml_status share_candidate(sharing *s, size_t candidate, void *shared, ml_error *err) {
  const double *params = s->cv->candidates + candidate * LOGIT_N_PARAMS;
  logit_shared out = logit__shared_at(s->cv, &s->shape, s->set->n, candidate, shared);
  const logit_limits limits = {0.02, logit__limits(params, NULL).max_iter, s->cv->cancel};
  size_t n = s->shape.n_logits * s->shape.n_columns;
  double c = params[LOGIT_C];
  ml_status status = ML_OK;
  if (s->shape.centre) memcpy(out.centre, s->shape.centre, s->cv->all.n_columns * sizeof(double));
  for (size_t i = 0; i < s->shape.n_problems && status == ML_OK; i++) {
    logit_problem problem = logit__problem(&s->sample, &s->shape, i, c * s->stride);
    status = logit__minimise(&problem, &limits, s->at_sample + i * n, err);
  }
  if (status == ML_OK && !s->knows_beside && s->stride > 1) status = step_aside(s, c, err);
  if (status == ML_OK) status = share_point(s, c, &out, err);
  s->knows_beside = true;
  if (status == ML_OK && out.optima) status = share_optima(s, params, &out, err);
  if (status == ML_OK) *out.is_there = 1;
  if (status != ML_ERR_NUMERIC) return status;
  forget(s);
  return ML_OK;
}

/* ---- all candidates -------------------------------------------------------------------------- */

static bool are_alike(const double *a, const double *b) {
  for (size_t i = 0; i < LOGIT_N_PARAMS; i++)
    if (i != LOGIT_C && a[i] != b[i]) return false;
  return true;
}

/* The candidate of a group that has the least C above that of `last` (or the same C and a greater
 * number); SIZE_MAX: none. */
static size_t next_of_group(const ml_cv *cv, size_t first, size_t last) {
  const double *at = cv->candidates;
  size_t found = SIZE_MAX;
  for (size_t c = 0; c < cv->n_candidates; c++) {
    double own = at[c * LOGIT_N_PARAMS + LOGIT_C];
    if (!are_alike(at + c * LOGIT_N_PARAMS, at + first * LOGIT_N_PARAMS)) continue;
    if (last != SIZE_MAX) {
      double least = at[last * LOGIT_N_PARAMS + LOGIT_C];
      if (own < least || (own == least && c <= last)) continue;
    }
    if (found == SIZE_MAX || own < at[found * LOGIT_N_PARAMS + LOGIT_C]) found = c;
  }
  return found;
}

static bool is_first_of_group(const ml_cv *cv, size_t c) {
  for (size_t i = 0; i < c; i++)
    if (are_alike(cv->candidates + i * LOGIT_N_PARAMS, cv->candidates + c * LOGIT_N_PARAMS))
      return false;
  return true;
}

/* Candidates that differ in C alone, each from that of the one before. Balanced classes
 * weigh otherwise in each fold, and a class may be missing: nothing is shared then. */
static ml_status share_group(sharing *s, size_t first, void *shared, ml_error *err) {
  const double *params = s->cv->candidates + first * LOGIT_N_PARAMS;
  ml_status status = make_rows(s, params, err);
  bool is_shared =
      status == ML_OK && !s->shape.is_balanced && s->shape.n_present == s->cv->all.n_classes;
  if (status == ML_ERR_NUMERIC) status = ML_OK;
  if (is_shared) forget(s);
  for (size_t c = SIZE_MAX; is_shared && status == ML_OK;) {
    c = next_of_group(s->cv, first, c);
    if (c == SIZE_MAX) break;
    status = share_candidate(s, c, shared, err);
    if (ml_item_cancelled(s->cv->cancel))
      status = ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
  }
  release_rows(s);
  return status;
}

ml_status logit__share(const ml_cv *cv, size_t part, void *out, ml_error *err) {
  (void)part;
  atoms set;
  ml_status status = atoms__find(cv->folds, ATOMS_FEW, &set, err);
  size_t q = cv->all.n_columns + 1, n = q * (cv->all.n_classes > 2 ? cv->all.n_classes : 1);
  sharing s = {.cv = cv, .set = &set};
  memset(out, 0, logit__shared_size(cv, set.n) * cv->n_candidates * sizeof(double));
  s.first = calloc(set.n + 1, sizeof *s.first);
  s.hessian = malloc((n * n + 2 * n) * sizeof *s.hessian);
  s.at_sample = s.hessian ? s.hessian + n * n : NULL;
  s.beside = s.hessian ? s.at_sample + n : NULL;
  if (status == ML_OK && !(s.first && s.hessian)) status = ml_error_memory(err);
  for (size_t c = 0; c < cv->n_candidates && status == ML_OK; c++)
    if (is_first_of_group(cv, c)) status = share_group(&s, c, out, err);
  free(s.hessian);
  free(s.first);
  atoms__release(&set);
  return status;
}
