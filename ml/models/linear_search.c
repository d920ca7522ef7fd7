/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searches of ridge regression: normal equations where they keep enough digits, else the rows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lapack.h"
#include "linear_parts.h"

/* Normal equations of a greater condition would leave less than 1e-9 of the predictions. */
#define CONDITION_MAX 1e8

static double alpha_of(const ml_cv *cv, const linear_names *names, size_t candidate) {
  return linear__param(cv, names, candidate, names->alpha, 0);
}

static bool has_intercept(const ml_cv *cv, const linear_names *names, size_t candidate) {
  return linear__param(cv, names, candidate, names->fit_intercept, 1) != 0;
}

/* ---- one penalty ----------------------------------------------------------------------------- */

typedef struct solver {
  const linear_normal *normal;
  double *a, *scale, *work;
  int *numbers;
  double sound_from; /* a penalty that is well conditioned: so are all that are larger */
} solver;

/* The normal equations with columns brought to the same length, which is the best a change of scale
 * can do for their condition (van der Sluis 1969). */
static double fill_scaled(const solver *s, double alpha) {
  const linear_normal *n = s->normal;
  double norm = 0;
  for (size_t j = 0; j < n->p; j++) {
    double square = n->gram[j * n->p + j] + alpha;
    if (!(square > 0) || !isfinite(square)) return -1;
    s->scale[j] = 1 / sqrt(square);
  }
  for (size_t j = 0; j < n->p; j++) {
    double sum = 0;
    for (size_t i = 0; i < n->p; i++) {
      double value = i == j ? 1 : n->gram[j * n->p + i] * s->scale[i] * s->scale[j];
      s->a[j * n->p + i] = value;
      sum += fabs(value);
    }
    norm = fmax(norm, sum);
  }
  return norm;
}

/* @return false: too ill-conditioned. @param[out] coef  p, and the constant */
static bool solve(solver *s, double alpha, double *coef) {
  const linear_normal *n = s->normal;
  const int p = (int)n->p, one = 1;
  int info = 0;
  double rcond = 0, norm;
  if (!n->is_sound) return false;
  if (p) {
    norm = fill_scaled(s, alpha);
    if (norm < 0) return false;
    dpotrf_("U", &p, s->a, &p, &info, 1);
    if (info) return false;
    if (alpha < s->sound_from) {
      dpocon_("U", &p, s->a, &p, &norm, &rcond, s->work, s->numbers, &info, 1);
      if (!(rcond * CONDITION_MAX > 1)) return false;
      s->sound_from = alpha;
    }
    for (size_t j = 0; j < n->p; j++) coef[j] = n->xy[j] * s->scale[j];
    dpotrs_("U", &p, &one, s->a, &p, coef, &p, &info, 1);
    for (size_t j = 0; j < n->p; j++) coef[j] *= s->scale[j];
  }
  coef[n->p] = linear__normal_constant(n, coef);
  return true;
}

static ml_status solver_init(solver *s, const linear_normal *normal, ml_error *err) {
  const size_t p = normal->p;
  *s = (solver){.normal = normal,
                .sound_from = INFINITY,
                .a = linear__new(p, p),
                .scale = linear__new(p, 1),
                .work = linear__new(p, 3),
                .numbers = calloc(p + 1, sizeof *s->numbers)};
  return s->a && s->scale && s->work && s->numbers ? ML_OK : ml_error_memory(err);
}

static void solver_release(solver *s) {
  free(s->a);
  free(s->scale);
  free(s->work);
  free(s->numbers);
}

/* ---- a fold ---------------------------------------------------------------------------------- */

/* What the candidates of a fold have in common. */
typedef struct search {
  const ml_cv *cv;
  const linear_names *names;
  size_t fold;
  bool has_intercept;
  ml_view test;
  ml_take *take;
  void *ctx;
  linear_squares squares;   /* when they are wanted */
  linear_factor factors[2]; /* of the rows, when they are needed; the second scales */
  bool has_factor[2];
} search;

static ml_status hand_error(const search *s, size_t candidate, const ml_error *why, ml_error *err) {
  return s->take(s->ctx, candidate, NULL, why, err);
}

static ml_status factorize(search *s, bool scales, ml_error *err) {
  linear_rows rows;
  uint32_t *numbers;
  if (s->has_factor[scales]) return ML_OK;
  ml_status status = linear__rows_of_fold(s->cv, s->fold, s->has_intercept, &numbers, &rows, err);
  if (status != ML_OK) return status;
  status = linear__factorize(&rows, scales, &s->factors[scales], err);
  s->has_factor[scales] = status == ML_OK;
  linear__rows_release(&rows);
  free(numbers);
  return status;
}

/* One candidate from the rows themselves. */
static ml_status take_from_rows(search *s, size_t candidate, ml_error *err) {
  double alpha = alpha_of(s->cv, s->names, candidate);
  linear_model *model = NULL;
  ml_error why = {0};
  double *out = linear__new(s->test.n, 1);
  ml_status status = out ? factorize(s, alpha == 0, &why) : ml_error_memory(&why);
  if (status == ML_OK) status = linear__factor_solve(&s->factors[alpha == 0], alpha, &model, &why);
  if (status == ML_OK) {
    status = linear__predict(model, &s->test, out, &why);
    status = s->take(s->ctx, candidate, out, NULL, err);
  } else {
    status = hand_error(s, candidate, &why, err);
  }
  free(model);
  free(out);
  return status;
}

static ml_status take_some(search *s, const linear_normal *normal, const size_t *candidates,
                           size_t n, ml_error *err) {
  const size_t q = normal->p + 1;
  solver one;
  size_t n_solved = 0, *solved = calloc(n, sizeof *solved);
  double *coef = linear__new(q, n);
  ml_status status = solver_init(&one, normal, err);
  if (status == ML_OK && (!solved || !coef)) status = ml_error_memory(err);
  for (size_t c = 0; c < n && status == ML_OK; c++) {
    if (solve(&one, alpha_of(s->cv, s->names, candidates[c]), coef + n_solved * q))
      solved[n_solved++] = candidates[c];
    else
      status = take_from_rows(s, candidates[c], err);
  }
  const linear_batch batch = {.n = n_solved,
                              .p = normal->p,
                              .shift = normal->shift,
                              .coef = coef,
                              .candidates = solved,
                              .squares = s->cv->wants_squares ? &s->squares : NULL};
  if (status == ML_OK && n_solved)
    status = linear__batch_take(&s->test, &batch, s->take, s->ctx, err);
  solver_release(&one);
  free(solved);
  free(coef);
  return status;
}

static ml_status take_all(search *s, const void *shared, const size_t *candidates, size_t n,
                          ml_error *err) {
  linear_normal normal;
  ml_error why = {0};
  size_t n_train = ml_folds_n_train(s->cv->folds, s->fold), step = linear__batch_size(&s->test, n);
  ml_status status = ML_OK;
  if (s->cv->all.n_columns >= n_train) { /* few rows: their factorization is the cheapest */
    for (size_t c = 0; c < n && status == ML_OK; c++)
      status = take_from_rows(s, candidates[c], err);
    return status;
  }
  status =
      linear__normal_of_fold(s->cv, s->names, shared, s->fold, s->has_intercept, &normal, &why);
  if (status != ML_OK) {
    for (size_t c = 0; c < n && (!c || status == ML_OK); c++)
      status = hand_error(s, candidates[c], &why, err);
    return status;
  }
  for (size_t c = 0; c < n && status == ML_OK; c += step)
    status = take_some(s, &normal, candidates + c, n - c < step ? n - c : step, err);
  linear__normal_release(&normal);
  return status;
}

/* One row without which the others predict it. */
static ml_status take_left_out(search *s, const void *shared, const size_t *candidates, size_t n,
                               ml_error *err) {
  ml_status status = ML_OK;
  for (size_t c = 0; c < n && status == ML_OK; c++) {
    double prediction;
    bool is_known;
    status = linear__loo_predict(s->cv, shared, s->has_intercept,
                                 alpha_of(s->cv, s->names, candidates[c]), s->fold, &prediction,
                                 &is_known, err);
    if (status == ML_OK)
      status = is_known ? s->take(s->ctx, candidates[c], &prediction, NULL, err)
                        : take_from_rows(s, candidates[c], err);
  }
  return status;
}

/* Which intercepts the candidates have, and whether none has a penalty. */
static void look_at(const ml_cv *cv, const linear_names *names, bool kinds[2], bool *is_free) {
  kinds[0] = kinds[1] = false;
  *is_free = true;
  for (size_t c = 0; c < cv->n_candidates; c++) {
    kinds[has_intercept(cv, names, c)] = true;
    if (alpha_of(cv, names, c) != 0) *is_free = false;
  }
}

ml_status linear__ridge_fold(const ml_cv *cv, const linear_names *names, const void *shared,
                             size_t fold, const size_t *candidates, size_t n, ml_take *take,
                             void *ctx, ml_error *err) {
  if (!n) return ML_OK;
  search s = {.cv = cv,
              .names = names,
              .fold = fold,
              .has_intercept = has_intercept(cv, names, candidates[0]),
              .test = ml_cv_test(cv, fold),
              .take = take,
              .ctx = ctx};
  ml_status status = ML_OK;
  if (cv->wants_squares) {
    status = linear__squares_init(cv, names, shared, fold, s.has_intercept, &s.test, take, ctx,
                                  &s.squares, err);
    s.take = linear__take_squares;
    s.ctx = &s.squares;
  }
  if (status != ML_OK) return status;
  if (shared && linear__are_as_many(cv)) {
    bool kinds[2], is_free;
    look_at(cv, names, kinds, &is_free);
    size_t bytes = (linear__loo_bytes(cv) + 63) / 64 * 64;
    bool is_second = kinds[true] && !s.has_intercept;
    status = take_left_out(&s, (const char *)shared + is_second * bytes, candidates, n, err);
  } else {
    status = take_all(&s, shared, candidates, n, err);
  }
  for (size_t i = 0; i < 2; i++)
    if (s.has_factor[i]) linear__factor_release(&s.factors[i]);
  return status;
}

/* ---- parts ----------------------------------------------------------------------------------- */

ml_status linear__ridge_share_size(const ml_cv *cv, const linear_names *names, size_t *n_parts,
                                   size_t *part_bytes, ml_error *err) {
  bool kinds[2], is_free;
  if (!linear__leaves_one_out(cv)) return linear__parts_size(cv, names, n_parts, part_bytes, err);
  look_at(cv, names, kinds, &is_free);
  *n_parts = (size_t)kinds[0] + kinds[1];
  *part_bytes = linear__loo_bytes(cv);
  return ML_OK;
}

ml_status linear__ridge_share(const ml_cv *cv, const linear_names *names, size_t part, void *out,
                              ml_error *err) {
  bool kinds[2], is_free;
  if (!linear__leaves_one_out(cv)) return linear__part(cv, names, part, out, err);
  look_at(cv, names, kinds, &is_free);
  return linear__loo_part(cv, part == 0 && kinds[true], is_free, out, err);
}

/* ---- generalised cross-validation ------------------------------------------------------------ */

/* n RSS / (n - degrees of freedom)^2; undefined when no degree is left. */
static double gcv_of(const linear_factor *f, bool with_constant, double alpha) {
  double rss = f->rss, left = (double)f->n - with_constant - (double)f->rank;
  for (size_t k = 0; k < f->rank; k++) {
    double kept = alpha / (f->d[k] + alpha);
    if (alpha > 0) rss += kept * kept * f->t[k] * f->t[k] / f->d[k];
    left += kept;
  }
  return left > 1e-9 * (double)f->n ? (double)f->n * rss / (left * left) : NAN;
}

ml_status linear__ridge_gcv(const ml_cv *cv, const linear_names *names, double *out,
                            ml_error *err) {
  bool kinds[2], is_free;
  ml_status status = ML_OK;
  look_at(cv, names, kinds, &is_free);
  for (int kind = 0; kind < 2 && status == ML_OK; kind++) {
    linear_rows rows;
    linear_factor factor;
    if (!kinds[kind]) continue;
    status = linear__rows_init(&rows, &cv->all, kind, err);
    if (status != ML_OK) break;
    status = linear__factorize(&rows, is_free, &factor, err);
    linear__rows_release(&rows);
    if (status != ML_OK) break;
    for (size_t c = 0; c < cv->n_candidates; c++)
      if (has_intercept(cv, names, c) == kind)
        out[c] = gcv_of(&factor, kind, alpha_of(cv, names, c));
    linear__factor_release(&factor);
  }
  return status;
}
