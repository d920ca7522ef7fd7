/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression: from a point to optima near by. One factor of a Hessian serves all steps;
 * the changes of the gradient correct it (Nocedal 1980). */
#include <math.h>
#include <ml/exec.h>
#include <stdlib.h>
#include <string.h>

#include "logistic_internal.h"

enum { PAIRS = 6, MOST_PASSES = 30 };

/* One problem on its way. */
typedef struct walker {
  logit_near *near;
  size_t n;         /* parameters */
  double *g, *step; /* at b; to b */
  double *changes;  /* PAIRS changes of b, and PAIRS of g */
  size_t n_pairs;
  double decrement; /* Newton's, of the last step */
  double size;      /* of the last step, in logits */
  logit_steps steps;
  bool is_done;
} walker;

static double dot(const double *a, const double *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

static double *change_of_b(const walker *w, size_t i) {
  return w->changes + i % PAIRS * w->n;
}

static double *change_of_g(const walker *w, size_t i) {
  return w->changes + (PAIRS + i % PAIRS) * w->n;
}

/* The next step from the gradient, by two loops over the pairs. */
static void find_step(walker *w, double *room) {
  double share[PAIRS];
  size_t first = w->n_pairs > PAIRS ? w->n_pairs - PAIRS : 0, n = w->n;
  memcpy(room, w->g, n * sizeof *room);
  for (size_t i = w->n_pairs; i-- > first;) {
    double *s = change_of_b(w, i), *y = change_of_g(w, i);
    share[i % PAIRS] = dot(s, room, n) / dot(s, y, n);
    for (size_t j = 0; j < n; j++) room[j] -= share[i % PAIRS] * y[j];
  }
  logit__solve(w->near->factor, n, room, w->step);
  for (size_t i = first; i < w->n_pairs; i++) {
    double *s = change_of_b(w, i), *y = change_of_g(w, i);
    double more = dot(y, w->step, n) / dot(s, y, n) + share[i % PAIRS];
    for (size_t j = 0; j < n; j++) w->step[j] -= more * s[j];
  }
}

static void go(walker *w) {
  for (size_t i = 0; i < w->n; i++) w->near->b[i] += w->step[i];
  w->decrement = sqrt(fmax(-dot(w->g, w->step, w->n), 0));
}

/* Newton's method from where the walker is. */
static void give_up(walker *w, const logit_limits *limits) {
  w->near->status = logit__minimise(&w->near->problem, limits, w->near->b, &w->near->error);
  w->is_done = true;
}

/* ---- a pass over the rows -------------------------------------------------------------------- */

/* The walkers on their way, side by side. */
typedef struct pass {
  walker **walkers;
  size_t n, n_logits, n_columns;
  bool is_first;    /* steps are measured, too */
  double *b, *sums; /* of all; behind b their steps */
  double *z, *r, *d;
} pass;

/* The greatest change of a logit by the first step, which tells what Newton's decrements mean. */
static void measure(const pass *p) {
  size_t n = p->n_logits * LOGIT_BLOCK;
  for (size_t i = 0; i < p->n; i++)
    for (size_t k = 0; k < n; k++) {
      double size = fabs(p->z[(p->n + i) * n + k]);
      if (!(size <= p->walkers[i]->size)) p->walkers[i]->size = size;
    }
}

static void add_block(const pass *p, size_t block) {
  const logit_rows *rows = p->walkers[0]->near->problem.rows;
  size_t m = p->n_logits;
  logit__products(logit__block(rows, block), p->n_columns, p->b, (p->is_first ? 2 : 1) * p->n * m,
                  p->z);
  if (p->is_first) measure(p);
  for (size_t i = 0; i < p->n; i++) {
    const logit_problem *problem = &p->walkers[i]->near->problem;
    const double *y = problem->y + block * LOGIT_BLOCK, *w = problem->w + block * LOGIT_BLOCK;
    size_t at = i * m * LOGIT_BLOCK;
    if (m == 1)
      logit__binary(p->z + at, y, w, p->r + at, p->d);
    else
      logit__softmax(p->z + at, y, w, m, p->r + at, p->d);
  }
  logit__add_sums(logit__block(rows, block), p->n_columns, p->r, p->n * m, p->sums);
}

/* The gradients of all walkers. */
static void find_gradients(pass *p, double *before) {
  size_t n = p->n_logits * p->n_columns;
  memset(p->sums, 0, p->n * n * LOGIT_LANES * sizeof *p->sums);
  for (size_t i = 0; i < p->n; i++) {
    memcpy(p->b + i * n, p->walkers[i]->near->b, n * sizeof *p->b);
    if (p->is_first) memcpy(p->b + (p->n + i) * n, p->walkers[i]->step, n * sizeof *p->b);
  }
  for (size_t block = 0; block < p->walkers[0]->near->problem.rows->n_blocks; block++)
    add_block(p, block);
  for (size_t i = 0; i < p->n; i++) {
    walker *w = p->walkers[i];
    memcpy(before, w->g, n * sizeof *before);
    logit__end_sums(p->sums + i * n * LOGIT_LANES, n, w->g);
    logit__penalise(&w->near->problem, w->near->b, w->g, NULL);
    memcpy(change_of_b(w, w->n_pairs), w->step, n * sizeof *before);
    for (size_t j = 0; j < n; j++) change_of_g(w, w->n_pairs)[j] = w->g[j] - before[j];
    double curvature = dot(change_of_b(w, w->n_pairs), change_of_g(w, w->n_pairs), n);
    if (curvature > 0.01 * w->decrement * w->decrement) w->n_pairs++;
  }
}

/* ---- the way --------------------------------------------------------------------------------- */

/* After a pass: the next step, and whether it is the last. */
static void advance(walker *w, const logit_limits *limits, double *room) {
  double before = w->decrement;
  find_step(w, room);
  go(w);
  double ratio = w->decrement / before;
  if (!(ratio < 0.5) || !isfinite(ratio)) {
    for (size_t i = 0; i < w->n; i++) w->near->b[i] -= w->step[i];
    give_up(w, limits);
    return;
  }
  w->size *= ratio;
  w->is_done = logit__ends(&w->steps, w->size, limits->tol);
}

static void begin(walker *w, const logit_limits *limits) {
  if (w->size > 2 || !isfinite(w->size)) {
    for (size_t i = 0; i < w->n; i++) w->near->b[i] -= w->step[i];
    give_up(w, limits);
  } else {
    w->is_done = logit__ends(&w->steps, w->size, limits->tol);
  }
}

static size_t drop_done(walker **walkers, size_t n) {
  size_t left = 0;
  for (size_t i = 0; i < n; i++)
    if (!walkers[i]->is_done) walkers[left++] = walkers[i];
  return left;
}

static ml_status walk(pass *p, const logit_limits *limits, double *room, ml_error *err) {
  for (size_t k = 0; p->n && k < MOST_PASSES; k++) {
    if (ml_item_cancelled(limits->cancel))
      return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
    find_gradients(p, room);
    for (size_t i = 0; i < p->n; i++) {
      if (p->is_first) begin(p->walkers[i], limits);
      if (!p->walkers[i]->is_done) advance(p->walkers[i], limits, room);
    }
    p->is_first = false;
    p->n = drop_done(p->walkers, p->n);
  }
  for (size_t i = 0; i < p->n; i++) give_up(p->walkers[i], limits);
  return ML_OK;
}

ml_status logit__approach(logit_near *all, size_t n, const logit_limits *limits, ml_error *err) {
  if (!n) return ML_OK;
  size_t m = all[0].problem.n_logits, q = all[0].problem.rows->n_columns, size = m * q;
  size_t n_own = (2 + 2 * PAIRS) * size, n_cells = (3 * n + 1) * m * LOGIT_BLOCK;
  double *memory =
      calloc(n * n_own + (2 + LOGIT_LANES) * n * size + n_cells + size, sizeof *memory);
  walker *walkers = calloc(n, sizeof *walkers), **places = calloc(n, sizeof *places);
  ml_status status = memory && walkers && places ? ML_OK : ml_error_memory(err);
  if (status == ML_OK) {
    double *at = memory + n * n_own;
    double *cells = at + (2 + LOGIT_LANES) * n * size, *r = cells + 2 * n * m * LOGIT_BLOCK;
    pass p = {places, n, m, q, true, at, at + 2 * n * size, cells, r, r + n * m * LOGIT_BLOCK};
    for (size_t i = 0; i < n; i++) {
      double *own = memory + i * n_own;
      walkers[i] = (walker){
          .near = &all[i], .n = size, .g = own, .step = own + size, .changes = own + 2 * size};
      memcpy(own, all[i].g, size * sizeof *own);
      find_step(&walkers[i], p.d + m * LOGIT_BLOCK);
      go(&walkers[i]);
      places[i] = &walkers[i];
    }
    status = walk(&p, limits, p.d + m * LOGIT_BLOCK, err);
  }
  free(places);
  free(walkers);
  free(memory);
  return status;
}
