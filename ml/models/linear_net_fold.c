/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fits and folds of lasso and elastic net, along falling penalties. */
#include <stdlib.h>
#include <string.h>

#include "linear_net.h"

typedef struct penalty {
  double l1, l2;
} penalty;

static penalty penalty_of(const double *values, const linear_net_names *names) {
  double alpha = values[names->names.alpha];
  double share = names->names.l1_ratio == SIZE_MAX ? 1 : values[names->names.l1_ratio];
  return (penalty){alpha * share, alpha * (1 - share)};
}

/* Rows that are few are kept as they are. */
static ml_status net_of_rows(const linear_rows *rows, linear_net *net, ml_error *err) {
  linear_normal normal;
  if (rows->n <= rows->p) return linear__net_of_rows(rows, net, err);
  ml_status status = linear__normal_of_rows(rows, &normal, err);
  return status == ML_OK ? linear__net_of_normal(&normal, net, err) : status;
}

/* Without l1 the penalty is that of ridge regression. */
static ml_status solve_smooth(const linear_rows *rows, double l2, linear_model **model,
                              ml_error *err) {
  linear_factor factor;
  ml_status status = linear__factorize(rows, l2 == 0, &factor, err);
  if (status != ML_OK) return status;
  status = linear__factor_solve(&factor, l2 * factor.sum_weights, model, err);
  linear__factor_release(&factor);
  return status;
}

static double constant_of(const linear_net *net, const double *b) {
  double constant = net->shift[net->p] + net->mean[net->p];
  for (size_t j = 0; j < net->p; j++) constant -= net->mean[j] * b[j];
  return constant;
}

static ml_status model_of(const linear_net *net, linear_model **model, ml_error *err) {
  const size_t p = net->p;
  if (!(*model = linear__model_new(p))) return ml_error_memory(err);
  memcpy((*model)->values, net->shift, p * sizeof(double));
  memcpy((*model)->values + p, net->b, p * sizeof(double));
  (*model)->constant = constant_of(net, net->b);
  return ML_OK;
}

ml_status linear__net_fit(const double *values, const linear_net_names *names, const ml_view *train,
                          const void *cancel, void **fitted, ml_error *err) {
  const penalty along = penalty_of(values, names);
  linear_rows rows;
  linear_net net = {0};
  linear_model *model = NULL;
  ml_status status = linear__rows_init(&rows, train, values[names->names.fit_intercept] != 0, err);
  if (status != ML_OK) return status;
  if (along.l1 > 0) {
    status = net_of_rows(&rows, &net, err);
    if (status == ML_OK)
      status = linear__net_solve(&net, along.l1, along.l2, values[names->max_iter], cancel, err);
    if (status == ML_OK) status = model_of(&net, &model, err);
    linear__net_release(&net);
  } else {
    status = solve_smooth(&rows, along.l2, &model, err);
  }
  linear__rows_release(&rows);
  if (status == ML_OK) *fitted = model;
  return status;
}

/* ---- a fold ---------------------------------------------------------------------------------- */

/* Candidates of equal l1_ratio one behind another, by falling alpha. */
typedef struct step {
  size_t candidate;
  double share, alpha;
} step;

static int by_path(const void *a, const void *b) {
  const step *x = a, *y = b;
  if (x->share != y->share) return x->share < y->share ? -1 : 1;
  if (x->alpha != y->alpha) return x->alpha > y->alpha ? -1 : 1;
  return (x->candidate > y->candidate) - (x->candidate < y->candidate);
}

typedef struct path {
  const ml_cv *cv;
  const linear_net_names *names;
  size_t fold;
  bool has_intercept;
  ml_view test;
  ml_take *take;
  void *ctx;
  linear_squares squares; /* when they are wanted */
  linear_net net;
  double *before, l1[2]; /* the last but one solution, p, and where both of them are on the path */
  size_t n_solved;       /* along this path */
  size_t *candidates, n_held, n_room; /* solved, but not handed over */
  double *coef;                       /* n_room x (p + 1) */
} path;

static const double *values_of(const path *s, size_t candidate) {
  return s->cv->candidates + candidate * s->names->names.n_params;
}

/* From the parts, unless a column is nearly constant in this fold: then from its rows. */
static ml_status open_net(path *s, const void *shared, ml_error *err) {
  const linear_names *names = &s->names->names;
  linear_normal normal;
  linear_rows rows;
  uint32_t *numbers;
  ml_status status;
  if (shared) {
    status = linear__normal_of_fold(s->cv, names, shared, s->fold, s->has_intercept, &normal, err);
    if (status != ML_OK || normal.is_sound)
      return status == ML_OK ? linear__net_of_normal(&normal, &s->net, err) : status;
    linear__normal_release(&normal);
  }
  status = linear__rows_of_fold(s->cv, s->fold, s->has_intercept, &numbers, &rows, err);
  if (status != ML_OK) return status;
  status = net_of_rows(&rows, &s->net, err);
  linear__rows_release(&rows);
  free(numbers);
  return status;
}

static ml_status flush(path *s, ml_error *err) {
  const linear_batch batch = {.n = s->n_held,
                              .p = s->net.p,
                              .shift = s->net.shift,
                              .coef = s->coef,
                              .candidates = s->candidates,
                              .squares = s->cv->wants_squares ? &s->squares : NULL};
  s->n_held = 0;
  return batch.n ? linear__batch_take(&s->test, &batch, s->take, s->ctx, err) : ML_OK;
}

static ml_status take_smooth(path *s, size_t candidate, double l2, ml_error *err) {
  linear_rows rows;
  uint32_t *numbers;
  linear_model *model = NULL;
  ml_error why = {0};
  double *out = linear__new(s->test.n, 1);
  if (!out) return ml_error_memory(err);
  ml_status status = linear__rows_of_fold(s->cv, s->fold, s->has_intercept, &numbers, &rows, &why);
  if (status == ML_OK) {
    status = solve_smooth(&rows, l2, &model, &why);
    linear__rows_release(&rows);
    free(numbers);
  }
  if (status == ML_OK) status = linear__predict(model, &s->test, out, &why);
  status =
      s->take(s->ctx, candidate, status == ML_OK ? out : NULL, status == ML_OK ? NULL : &why, err);
  free(model);
  free(out);
  return status;
}

/* Coefficients are lines in l1 as long as no sign changes, nearly so with l2: begin there. */
static void extrapolate(path *s, double l1) {
  double *b = s->net.b, far = s->l1[1] - s->l1[0];
  double reach = s->n_solved > 1 && far != 0 ? (l1 - s->l1[1]) / far : 0;
  for (size_t j = 0; j < s->net.p; j++) {
    double last = b[j], next = last + reach * (last - s->before[j]);
    s->before[j] = last;
    b[j] = next * last > 0 ? next : 0;
  }
  s->l1[0] = s->l1[1];
  s->l1[1] = l1;
  s->n_solved++;
}

static ml_status take_step(path *s, const step *at, ml_error *err) {
  const double *values = values_of(s, at->candidate);
  const penalty along = penalty_of(values, s->names);
  linear_net *net = &s->net;
  ml_error why = {0};
  if (!(along.l1 > 0)) return take_smooth(s, at->candidate, along.l2, err);
  extrapolate(s, along.l1);
  ml_status status =
      linear__net_solve(net, along.l1, along.l2, values[s->names->max_iter], s->cv->cancel, &why);
  if (status != ML_OK) return s->take(s->ctx, at->candidate, NULL, &why, err);
  double *coef = s->coef + s->n_held * (net->p + 1);
  memcpy(coef, net->b, net->p * sizeof *coef);
  coef[net->p] = constant_of(net, net->b);
  s->candidates[s->n_held++] = at->candidate;
  return s->n_held == s->n_room ? flush(s, err) : ML_OK;
}

static ml_status walk(path *s, const step *steps, size_t n, ml_error *err) {
  ml_status status = ML_OK;
  for (size_t i = 0; i < n && status == ML_OK; i++) {
    if (i && steps[i].share != steps[i - 1].share) {
      memset(s->net.b, 0, s->net.p * sizeof *s->net.b);
      s->n_solved = 0;
    }
    status = take_step(s, &steps[i], err);
  }
  return status == ML_OK ? flush(s, err) : status;
}

static ml_status hand_errors(const path *s, const size_t *candidates, size_t n, const ml_error *why,
                             ml_error *err) {
  ml_status status = ML_OK;
  for (size_t c = 0; c < n && status == ML_OK; c++)
    status = s->take(s->ctx, candidates[c], NULL, why, err);
  return status;
}

ml_status linear__net_fold(const ml_cv *cv, const linear_net_names *names, const void *shared,
                           size_t fold, const size_t *candidates, size_t n, ml_take *take,
                           void *ctx, ml_error *err) {
  const linear_names *at = &names->names;
  ml_error why = {0};
  if (!n) return ML_OK;
  path s = {.cv = cv,
            .names = names,
            .fold = fold,
            .has_intercept = linear__param(cv, at, candidates[0], at->fit_intercept, 1) != 0,
            .test = ml_cv_test(cv, fold),
            .take = take,
            .ctx = ctx};
  s.n_room = linear__batch_size(&s.test, n);
  step *steps = calloc(n, sizeof *steps);
  s.candidates = calloc(s.n_room, sizeof *s.candidates);
  s.coef = linear__new(s.n_room, cv->all.n_columns + 1);
  s.before = linear__new(cv->all.n_columns, 1);
  ml_status status = steps && s.candidates && s.coef && s.before ? ML_OK : ml_error_memory(err);
  if (status == ML_OK && cv->wants_squares) {
    status = linear__squares_init(cv, at, shared, fold, s.has_intercept, &s.test, take, ctx,
                                  &s.squares, err);
    s.take = linear__take_squares;
    s.ctx = &s.squares;
  }
  for (size_t c = 0; c < n && status == ML_OK; c++)
    steps[c] = (step){candidates[c], linear__param(cv, at, candidates[c], at->l1_ratio, 1),
                      linear__param(cv, at, candidates[c], at->alpha, 1)};
  if (status == ML_OK) {
    qsort(steps, n, sizeof *steps, by_path);
    status = open_net(&s, shared, &why) == ML_OK ? walk(&s, steps, n, err)
                                                 : hand_errors(&s, candidates, n, &why, err);
  }
  linear__net_release(&s.net);
  free(steps);
  free(s.candidates);
  free(s.coef);
  free(s.before);
  return status;
}
