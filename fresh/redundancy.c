/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns that say what better ones say already: products of standardised columns by the BLAS, and
 * exact correlations where rounding could decide. */
#include "redundancy.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include "standardised.h"

enum {
  PANEL = 256, /* candidates that are looked at together */
  KEPT = 1024  /* columns that they are compared with at a time */
};

/* Far more than products of standardised columns are wrong by. */
static const double DOUBT = 1e-9;

typedef struct search {
  const ml_matrix *matrix;
  const select_column *columns; /* those that have correlations, the best first */
  double limit;
  const ml_watch *watch;
  double *left, *right;   /* KEPT and PANEL columns of a chunk */
  double *products;       /* KEPT x PANEL */
  size_t *kept, n_kept;   /* places in columns */
  size_t *alive, n_alive; /* candidates: places in columns */
  size_t *dropped_for;    /* of each column the place of another, or SIZE_MAX */
} search;

/* The products of the standardised columns at `a` with the candidates; of the candidates among
 * themselves, upper triangle, where a is NULL. Column-major, n_a in a column. */
static ml_status multiply(search *s, const size_t *a, size_t n_a, ml_error *err) {
  const ml_matrix *m = s->matrix;
  int n_left = (int)n_a, n_right = (int)s->n_alive, stride = SELECT_CHUNK;
  for (size_t from = 0; from < m->n_rows; from += SELECT_CHUNK) {
    if (ml_watch_cancelled(s->watch)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
    double beta = from > 0 ? 1 : 0;
    int n = (int)select__standardise(m, s->columns, s->alive, s->n_alive, from, s->right);
    if (!a) {
      cblas_dsyrk(CblasColMajor, CblasUpper, CblasTrans, n_right, n, 1, s->right, stride, beta,
                  s->products, n_right);
      continue;
    }
    select__standardise(m, s->columns, a, n_a, from, s->left);
    cblas_dgemm(CblasColMajor, CblasTrans, CblasNoTrans, n_left, n_right, n, 1, s->left, stride,
                s->right, stride, beta, s->products, n_left);
  }
  return ML_OK;
}

/* @param r  the correlation, but for rounding */
static bool is_above(const search *s, size_t i, size_t j, double r) {
  if (fabs(fabs(r) - s->limit) > DOUBT) return fabs(r) > s->limit;
  return fabs(select__correlation(s->matrix, &s->columns[i], &s->columns[j])) > s->limit;
}

/* Drop candidates for what is kept already. */
static ml_status compare_with_kept(search *s, ml_error *err) {
  for (size_t from = 0; from < s->n_kept && s->n_alive > 0; from += KEPT) {
    const size_t *kept = s->kept + from;
    size_t n = s->n_kept - from < KEPT ? s->n_kept - from : KEPT, n_alive = 0;
    ml_status status = multiply(s, kept, n, err);
    if (status != ML_OK) return status;
    for (size_t j = 0; j < s->n_alive; j++) {
      size_t candidate = s->alive[j], i = 0;
      while (i < n && !is_above(s, kept[i], candidate, s->products[j * n + i])) i++;
      if (i < n)
        s->dropped_for[candidate] = kept[i];
      else
        s->alive[n_alive++] = candidate;
    }
    s->n_alive = n_alive;
  }
  return ML_OK;
}

/* Keep candidates, but for those to be dropped for one before them. */
static ml_status compare_candidates(search *s, ml_error *err) {
  if (s->n_alive == 0) return ML_OK;
  ml_status status = multiply(s, NULL, 0, err);
  if (status != ML_OK) return status;
  for (size_t j = 0; j < s->n_alive; j++) {
    size_t candidate = s->alive[j], i = 0;
    while (i < j && (s->dropped_for[s->alive[i]] != SIZE_MAX ||
                     !is_above(s, s->alive[i], candidate, s->products[j * s->n_alive + i])))
      i++;
    if (i < j)
      s->dropped_for[candidate] = s->alive[i];
    else
      s->kept[s->n_kept++] = candidate;
  }
  return ML_OK;
}

static ml_status look_at_all(search *s, size_t n, ml_error *err) {
  ml_status status = ML_OK;
  for (size_t from = 0; from < n && status == ML_OK; from += PANEL) {
    ml_watch_progress(s->watch, "compare", (double)from, (double)n);
    s->n_alive = n - from < PANEL ? n - from : PANEL;
    for (size_t j = 0; j < s->n_alive; j++) s->alive[j] = from + j;
    status = compare_with_kept(s, err);
    if (status == ML_OK) status = compare_candidates(s, err);
  }
  if (status == ML_OK) ml_watch_progress(s->watch, "compare", (double)n, (double)n);
  return status;
}

static ml_status search_all(search *s, size_t n, ml_error *err) {
  size_t n_left = n < KEPT ? n : KEPT, n_right = n < PANEL ? n : PANEL;
  if (n > PANEL) s->left = reallocarray(NULL, n_left * SELECT_CHUNK, sizeof(double));
  s->right = reallocarray(NULL, n_right * SELECT_CHUNK, sizeof(double));
  s->products = reallocarray(NULL, n_left * n_right, sizeof(double));
  s->kept = reallocarray(NULL, n, sizeof *s->kept);
  s->alive = reallocarray(NULL, n_right, sizeof *s->alive);
  bool is_there = (s->left || n <= PANEL) && s->right && s->products && s->kept && s->alive;
  ml_status status = is_there ? look_at_all(s, n, err) : ml_error_memory(err);
  free(s->left);
  free(s->right);
  free(s->products);
  free(s->kept);
  free(s->alive);
  return status;
}

ml_status select__find_redundant(const ml_matrix *matrix, const size_t *columns, size_t n,
                                 double limit, const ml_watch *watch, size_t *dropped_for,
                                 ml_error *err) {
  for (size_t i = 0; i < n; i++) dropped_for[i] = SIZE_MAX;
  if (n < 2) return ML_OK;
  select_column *standard = reallocarray(NULL, n, sizeof *standard);
  size_t *dropped = reallocarray(NULL, n, sizeof *dropped), n_standard = 0;
  ml_status status = standard && dropped ? ML_OK : ml_error_memory(err);
  if (status == ML_OK)
    status = select__find_standard(matrix, columns, n, watch, standard, &n_standard, err);
  search s = {.matrix = matrix,
              .columns = standard,
              .limit = limit,
              .watch = watch,
              .dropped_for = dropped};
  for (size_t i = 0; i < n_standard; i++) dropped[i] = SIZE_MAX;
  if (status == ML_OK && n_standard > 1) status = search_all(&s, n_standard, err);
  for (size_t i = 0; i < n_standard && status == ML_OK; i++)
    if (dropped[i] != SIZE_MAX) dropped_for[standard[i].place] = standard[dropped[i]].column;
  free(standard);
  free(dropped);
  return status;
}
