/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often a query is found in a series. */
#include <math.h>

#include <ml/stats_internal.h>
#include <ml/vector.h>

#include "feature.h"

enum { NORMALIZE, QUERY, THRESHOLD };
enum { SHORTEST = 3, LANES = 8 };

typedef struct window {
  const double *x;
  double mean, deviation;
  bool is_constant, is_finite;
} window;

static window measure(const double *x, size_t n, double *spare) {
  window w = {.x = x, .is_constant = true, .is_finite = true};
  for (size_t i = 0; i < n; i++) {
    w.is_constant &= x[i] == x[0];
    w.is_finite &= isfinite(x[i]) != 0;
  }
  w.mean = stats__sum(x, n) / (double)n;
  w.deviation = sqrt(stats__variance(x, n, w.mean, spare));
  return w;
}

/* Sum of products, or of squares of differences; lanes of their own for vector registers. */
ML_VECTOR_PATHS
static double sum_terms(const double *a, const double *b, size_t n, bool is_product) {
  double sums[LANES] = {0}, d;
  size_t i = 0;
  for (; is_product && i + LANES <= n; i += LANES)
    for (size_t k = 0; k < LANES; k++) sums[k] += a[i + k] * b[i + k];
  for (; !is_product && i + LANES <= n; i += LANES)
    for (size_t k = 0; k < LANES; k++) {
      d = a[i + k] - b[i + k];
      sums[k] += d * d;
    }
  for (; i < n; i++) {
    d = a[i] - b[i];
    sums[i % LANES] += is_product ? a[i] * b[i] : d * d;
  }
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

/* Between the two, each shifted and scaled to mean 0 and deviation 1. */
static double normalized_distance(const window *q, const window *t, size_t m) {
  double n = (double)m;
  if (q->is_constant || t->is_constant) return q->is_constant && t->is_constant ? 0 : sqrt(n);
  double products = sum_terms(q->x, t->x, m, true) - n * q->mean * t->mean;
  double scale = n * q->deviation * t->deviation;
  double rho = products / (scale > 1e-14 ? scale : 1e-14);
  return sqrt(fabs(2 * n * (1 - (rho > 1 ? 1 : rho))));
}

/* A window that is not finite is infinitely far away. */
static double count_similar(const fresh_series *s, const fresh_args *args) {
  size_t m = args->n_list, count = 0;
  double threshold = args->v[THRESHOLD];
  if (!args->list || m < SHORTEST || m > s->n) return NAN;
  window query = measure(args->list, m, s->work);
  for (size_t i = 0; i + m <= s->n; i++) {
    window w = measure(s->x + i, m, s->work);
    double distance = INFINITY;
    if (query.is_finite && w.is_finite)
      distance = args->v[NORMALIZE] != 0 ? normalized_distance(&query, &w, m)
                                         : sqrt(sum_terms(query.x, w.x, m, false));
    count += distance <= threshold;
  }
  return (double)count;
}

static void query_similarity_count(const fresh_series *s, const fresh_args *args, size_t n_args,
                                   double *out) {
  for (size_t k = 0; k < n_args; k++) out[k] = count_similar(s, &args[k]);
}

static const ml_fresh_param params[] = {
    {.name = "normalize",
     .kind = ML_PARAM_BOOL,
     .lo = 0,
     .hi = 1,
     .is_optional = true,
     .fallback = {.v = 1, .form = ML_FORM_BOOL},
     .doc = "shift and scale query and windows to mean 0 and deviation 1"},
    {.name = "query",
     .kind = ML_PARAM_REALS,
     FRESH_ANY,
     .takes_none = true,
     .is_optional = true,
     .fallback = {.v = NAN, .form = ML_FORM_NONE},
     .doc = "values to be found, at least 3"},
    {.name = "threshold",
     .kind = ML_PARAM_REAL,
     FRESH_ANY,
     .is_optional = true,
     .fallback = {.v = 0, .form = ML_FORM_REAL},
     .doc = "largest distance of a window that counts"}};
static const ml_param_value grid[] = {FRESH_ABSENT, FRESH_NONE, FRESH_REAL(0)};

const fresh_feature fresh__query_similarity_count = {
    .info = {.name = "query_similarity_count",
             .summary = "number of windows that are like a query",
             .formula = "#{i : distance(query, x[i..i+m-1]) <= threshold}, Euclidean, "
                        "sqrt(2m(1 - correlation)) when normalized",
             .nan_rule = "no query, one of fewer than 3 values, or one longer than the series",
             .cost = "n m",
             .source = "Mueen et al. (2010), IEEE Int. Conf. Data Mining, 1265",
             FRESH_PARAMS(params, grid),
             .assumes_step = true},
    .presets = FRESH_IN_MOST,
    .n_work = 1,
    .values = query_similarity_count};
