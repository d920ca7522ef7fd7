/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tests of two samples as anyone may call them: checks, ranks, then the law. */
#include <math.h>
#include <stdlib.h>

#include <ml/hypothesis.h>

/* Memory of a test of n values in all. */
typedef struct work {
  double *values;
  uint32_t *order, *label; /* class, or rank */
  void *spare;
} work;

static void release(work *w) {
  free(w->values);
  free(w->order);
  free(w->label);
  free(w->spare);
}

static ml_status acquire(work *w, size_t n, ml_error *err) {
  *w = (work){.values = malloc(n * sizeof *w->values),
              .order = malloc(n * sizeof *w->order),
              .label = malloc(n * sizeof *w->label),
              .spare = malloc(ranks__n_spare(n))};
  if (w->values && w->order && w->label && w->spare) return ML_OK;
  release(w);
  return ml_error_memory(err);
}

static ml_status check_values(const char *name, const double *x, size_t n, ml_error *err) {
  for (size_t i = 0; i < n; i++)
    if (isnan(x[i]))
      return ml_error_set(err, ML_ERR_USAGE, "%s is NaN at %zu of %zu", name, i + 1, n);
  return ML_OK;
}

/* n1 and n2 values, of which n are ranked together. */
static ml_status check(const double *x, size_t n1, const double *y, size_t n2, size_t n,
                       ml_error *err) {
  if (n1 == 0 || n2 == 0)
    return ml_error_set(err, ML_ERR_USAGE, "%s has no values", n1 == 0 ? "x" : "y");
  if (n > RANKS_MAX_ROWS)
    return ml_error_set(err, ML_ERR_USAGE, "%zu values are too many to be ranked, at most %lu are",
                        n, (unsigned long)RANKS_MAX_ROWS);
  ml_status status = check_values("x", x, n1, err);
  return status == ML_OK ? check_values("y", y, n2, err) : status;
}

/* Counts of x (class 1) against y (class 0). */
static ml_status compare(const double *x, size_t n1, const double *y, size_t n2, ranks_counts *out,
                         double *ties, ml_error *err) {
  size_t n = n1 + n2;
  ml_status status = check(x, n1, y, n2, n, err);
  if (status != ML_OK) return status;
  work w;
  status = acquire(&w, n, err);
  if (status != ML_OK) return status;
  for (size_t i = 0; i < n; i++) {
    w.values[i] = i < n1 ? x[i] : y[i - n1];
    w.label[i] = i < n1;
  }
  ranks_counts counts[2];
  ranks__order(w.values, n, w.order, w.spare);
  ranks__classes(w.values, w.order, n, w.label, 2, counts, ties);
  *out = counts[1];
  release(&w);
  return ML_OK;
}

ml_test ml_test_fisher(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
  return (ml_test){.p_value = fisher__p(a, b, c, d),
                   .statistic = (double)a * (double)d / ((double)b * (double)c),
                   .is_exact = true};
}

ml_status ml_test_mann_whitney(const double *x, size_t n1, const double *y, size_t n2, ml_test *out,
                               ml_error *err) {
  ranks_counts counts;
  double ties;
  mann_law law;
  ml_status status = compare(x, n1, y, n2, &counts, &ties, err);
  if (status == ML_OK) status = mann__init(&law, n1, n2, err);
  if (status != ML_OK) return status;
  *out = (ml_test){.statistic = (double)counts.twice_u / 2};
  out->p_value = mann__p(&law, counts.twice_u, ties, &out->is_exact);
  mann__release(&law);
  return ML_OK;
}

ml_status ml_test_kolmogorov_smirnov(const double *x, size_t n1, const double *y, size_t n2,
                                     ml_test_rules rules, ml_test *out, ml_error *err) {
  ranks_counts counts;
  double ties;
  ml_status status = compare(x, n1, y, n2, &counts, &ties, err);
  if (status != ML_OK) return status;
  size_t n_spare = kolmogorov__n_spare(n1, n2, rules);
  double *spare = malloc((n_spare > 0 ? n_spare : 1) * sizeof *spare);
  if (!spare) return ml_error_memory(err);
  *out = (ml_test){.statistic = (double)counts.gap / ((double)n1 * (double)n2)};
  out->p_value = kolmogorov__p(n1, n2, counts.gap, rules, spare, &out->is_exact);
  free(spare);
  return ML_OK;
}

ml_status ml_test_kendall(const double *x, const double *y, size_t n, ml_test_rules rules,
                          ml_test *out, ml_error *err) {
  ml_status status = check(x, n, y, n, n, err);
  if (status != ML_OK) return status;
  work w;
  status = acquire(&w, n, err);
  if (status != ML_OK) return status;
  ranks_target target;
  kendall_counts counts;
  ranks__order(y, n, w.order, w.spare);
  ranks__target(y, w.order, n, w.label, &target);
  ranks__pairs(x, &target, &counts, w.spare);
  release(&w);
  *out = (ml_test){.statistic = kendall__tau(&counts)};
  out->p_value = kendall__p(&counts, rules, &out->is_exact);
  return ML_OK;
}
