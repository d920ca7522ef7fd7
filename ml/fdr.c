/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The false discovery rate of many tests. */
#include <math.h>
#include <stdlib.h>

#include <ml/stats.h>
#include <ml/stats_internal.h>

typedef struct ranked {
  double p;
  size_t at;
} ranked;

/* Ascending, equal ones as they are given, NaN last. */
static int compare(const void *left, const void *right) {
  const ranked *a = left, *b = right;
  if (isnan(a->p) != isnan(b->p)) return isnan(a->p) ? 1 : -1;
  if (a->p < b->p) return -1;
  if (a->p > b->p) return 1;
  return (a->at > b->at) - (a->at < b->at);
}

/* What the i-th smallest p-value is compared with. Each quotient is rounded as in the reference
 * (statsmodels; the KX toolkit), since p-values that lie on a limit are decided by its last bit. */
static void find_limits(double *limit, size_t n, double level, ml_fdr_method method) {
  double harmonic = 0;
  if (method == ML_FDR_KX) {
    for (size_t i = 1; i <= n; i++) {
      harmonic += 1 / (double)i;
      limit[i - 1] = level * ((double)i / ((double)n * harmonic));
    }
    return;
  }
  for (size_t i = 1; i <= n; i++) limit[i - 1] = 1 / (double)i;
  harmonic = method == ML_FDR_BY ? stats__sum(limit, n) : 1;
  for (size_t i = 1; i <= n; i++) limit[i - 1] = (double)i / (double)n / harmonic * level;
}

/* The largest k with p_(k) <= limit_(k), or 0. */
static size_t step_up(const ranked *order, const double *limit, size_t n) {
  size_t k = n;
  while (k > 0 && !(order[k - 1].p <= limit[k - 1])) k--;
  return k;
}

ml_status ml_fdr(const double *p_values, size_t n, double level, ml_fdr_method method,
                 bool *is_significant, double *threshold, ml_error *err) {
  if (!(level > 0 && level < 1))
    return ml_error_set(err, ML_ERR_USAGE, "the false discovery rate %g is not between 0 and 1",
                        level);
  if (n == 0) return ML_OK;
  ranked *order = reallocarray(NULL, n, sizeof *order);
  double *limit = reallocarray(NULL, n, sizeof *limit);
  ml_status status = order && limit ? ML_OK : ml_error_memory(err);
  if (status == ML_OK) {
    for (size_t i = 0; i < n; i++) order[i] = (ranked){p_values[i], i};
    qsort(order, n, sizeof *order, compare);
    find_limits(limit, n, level, method);
    bool each = method == ML_FDR_KX;
    size_t k = each ? 0 : step_up(order, limit, n);
    for (size_t i = 0; i < n; i++) {
      size_t at = order[i].at;
      is_significant[at] = each ? order[i].p <= limit[i] : i < k;
      if (threshold) threshold[at] = limit[each ? i : k > 0 ? k - 1 : 0];
    }
  }
  free(order);
  free(limit);
  return status;
}
