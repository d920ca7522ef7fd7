/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logistic regression: where the shared part keeps what, and where a fold begins with it. */
#include <stdlib.h>
#include <string.h>

#include "logistic_share.h"

/* More numbers than this are not worth their memory. */
enum { MOST_SHARED = 1 << 24 };

/* So few candidates, and their folds are fitted together: they read the rows once for all. */
enum { FEW_CANDIDATES = 2, MOST_TOGETHER = 16 };

bool logit__are_together(const ml_cv *cv) {
  return cv->n_candidates <= FEW_CANDIDATES && cv->folds->n <= MOST_TOGETHER;
}

size_t logit__shared_size(const ml_cv *cv, size_t n_atoms) {
  size_t q = cv->all.n_columns + 1, m = cv->all.n_classes > 2 ? cv->all.n_classes : 1;
  if (!n_atoms || m > LOGIT_DENSE || q > LOGIT_DENSE || m * q > LOGIT_DENSE) return 0;
  size_t n = m * q, size = 1 + q + n + n_atoms * (n + n * (n + 1) / 2);
  if (logit__are_together(cv)) size += cv->folds->n * (1 + n);
  return size * cv->n_candidates <= MOST_SHARED ? size : 0;
}

logit_shared logit__shared_at(const ml_cv *cv, const logit_shape *shape, size_t n_atoms,
                              size_t candidate, const void *shared) {
  double *at = (double *)(uintptr_t)shared + candidate * logit__shared_size(cv, n_atoms);
  size_t n = shape->n_logits * shape->n_columns, n_all = logit__n_all(shape);
  logit_shared s = {.is_there = at, .centre = at + 1, .b = at + 1 + shape->n_columns};
  s.n_all = n_all;
  s.n_triangle = n * (n + 1) / 2;
  s.n_triangles = shape->n_problems * s.n_triangle;
  s.gradients = s.b + n_all;
  s.hessians = s.gradients + n_atoms * n_all;
  s.optima = logit__are_together(cv) ? s.hessians + n_atoms * s.n_triangles : NULL;
  return s;
}

ml_status logit__share_size(const ml_cv *cv, size_t *n_parts, size_t *part_bytes, ml_error *err) {
  atoms set;
  ml_status status = atoms__find(cv->folds, ATOMS_FEW, &set, err);
  size_t size = logit__shared_size(cv, set.n);
  *n_parts = size > 0;
  *part_bytes = size * cv->n_candidates * sizeof(double);
  atoms__release(&set);
  return status;
}

ml_status logit__shared_start(const logit_shape *shape, const logit_shared *shared, size_t n_atoms,
                              const uint32_t *uses, double c, double *b, double *g, double *factors,
                              ml_error *err) {
  size_t n = shape->n_logits * shape->n_columns, n_all = shared->n_all;
  const logit_rows rows = {.n_columns = shape->n_columns};
  const logit_problem problem = {.rows = &rows,
                                 .n_logits = shape->n_logits,
                                 .penalty = 1 / c,
                                 .free_intercept = shape->free_intercept};
  memcpy(b, shared->b, n_all * sizeof *b);
  memset(g, 0, n_all * sizeof *g);
  memset(factors, 0, n_all * n * sizeof *factors);
  for (size_t a = 0; a < n_atoms; a++) {
    const double *triangle = shared->hessians + a * shared->n_triangles;
    const double times = uses[a];
    if (!uses[a]) continue;
    for (size_t i = 0; i < n_all; i++) g[i] += times * shared->gradients[a * n_all + i];
    for (size_t j = 0; j < n_all; j++)
      for (size_t i = j % n; i < n; i++) factors[j * n + i] += times * *triangle++;
  }
  ml_status status = ML_OK;
  for (size_t i = 0; i < shape->n_problems && status == ML_OK; i++) {
    logit__penalise(&problem, b + i * n, g + i * n, factors + i * n * n);
    status = logit__factor(factors + i * n * n, n, err);
  }
  return status;
}
