/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How close the most similar other window is to each window of a series. */
#include <math.h>

#include <ml/stats_internal.h>
#include <ml/vector.h>

#include "feature.h"

enum { FEATURE, THRESHOLD, WINDOWS };
enum { FEWEST = 4, SHORTEST = 8, LANES = 8, ARRAYS = 6 };

/* Windows of w values. What a step along a diagonal of the matrix of covariances adds is change
 * times slope of one window and the reverse; see the source. */
typedef struct profile {
  const double *x;
  size_t n, w, n_windows;
  double *mean, *inverse; /* inverse norm of the deviations from the mean; 0: constant */
  double *change, *slope;
  double *best;  /* largest correlation with another window, at least -1 */
  double *spare; /* n */
} profile;

/* A sum and what its rounding has lost. */
typedef struct exact_sum {
  double rounded, lost;
} exact_sum;

static void add(exact_sum *sum, double x) {
  double next = sum->rounded + x, added = next - sum->rounded;
  sum->lost += (sum->rounded - (next - added)) + (x - added);
  sum->rounded = next;
}

/* Rounded once: covariances along a diagonal grow from the means, whose rounding shows where values
 * change little compared with their size. */
static void find_means(const profile *p) {
  exact_sum sum = {0};
  for (size_t i = 0; i < p->n; i++) {
    if (i >= p->w) add(&sum, -p->x[i - p->w]);
    add(&sum, p->x[i]);
    if (i + 1 >= p->w) p->mean[i + 1 - p->w] = (sum.rounded + sum.lost) / (double)p->w;
  }
}

static void measure_windows(const profile *p) {
  size_t w = p->w, run = 1; /* equal values up to the end of the window */
  find_means(p);
  for (size_t i = 1; i + 1 < w; i++) run = p->x[i] == p->x[i - 1] ? run + 1 : 1;
  for (size_t i = 0; i < p->n_windows; i++) {
    const double *x = p->x + i;
    run = x[w - 1] == x[w - 2] ? run + 1 : 1;
    double variance = stats__variance(x, w, p->mean[i], p->spare);
    p->inverse[i] = run >= w ? 0 : 1 / sqrt(variance * (double)w);
    p->change[i] = i == 0 ? 0 : 0.5 * (x[w - 1] - x[-1]);
    p->slope[i] = i == 0 ? 0 : (x[w - 1] - p->mean[i]) + (x[-1] - p->mean[i - 1]);
  }
}

static double first_covariance(const profile *p, size_t lag) {
  double sum = 0;
  for (size_t i = 0; i < p->w; i++) sum += (p->x[i] - p->mean[0]) * (p->x[i + lag] - p->mean[lag]);
  return sum;
}

static inline double larger(double a, double b) {
  return a > b ? a : b;
}

/* LANES diagonals side by side, as far as all of them go. */
ML_VECTOR_PATHS
static void walk_diagonals(const profile *p, size_t lag, double *covariance) {
  size_t n = p->n_windows - lag - LANES + 1;
  double c[LANES], rho[LANES];
  for (size_t k = 0; k < LANES; k++) c[k] = covariance[k];
  for (size_t i = 0; i < n; i++) {
    const double *inverse = p->inverse + i + lag;
    const double *change = p->change + i + lag, *slope = p->slope + i + lag;
    double *best = p->best + i + lag, mine = p->inverse[i];
    double row_change = p->change[i], row_slope = p->slope[i]; /* 0 in the first row */
    for (size_t k = 0; k < LANES; k++) {
      c[k] = c[k] + row_change * slope[k] + change[k] * row_slope;
      rho[k] = c[k] * mine * inverse[k];
      best[k] = larger(rho[k], best[k]);
    }
    for (size_t k = 0; k < 4; k++) rho[k] = larger(rho[k], rho[k + 4]);
    for (size_t k = 0; k < 2; k++) rho[k] = larger(rho[k], rho[k + 2]);
    p->best[i] = larger(larger(rho[0], rho[1]), p->best[i]);
  }
  for (size_t k = 0; k < LANES; k++) covariance[k] = c[k];
}

/* From its pair `first` to the end. */
static void walk_diagonal(const profile *p, size_t lag, size_t first, double covariance) {
  for (size_t i = first, j = first + lag; j < p->n_windows; i++, j++) {
    if (i > 0) covariance = covariance + p->change[i] * p->slope[j] + p->change[j] * p->slope[i];
    double rho = covariance * p->inverse[i] * p->inverse[j];
    p->best[i] = rho > p->best[i] ? rho : p->best[i];
    p->best[j] = rho > p->best[j] ? rho : p->best[j];
  }
}

/* Windows that overlap by more than three quarters are no pairs. @return the largest correlation */
static double find_best(profile *p, size_t w) {
  p->w = w;
  p->n_windows = p->n - w + 1;
  measure_windows(p);
  for (size_t i = 0; i < p->n_windows; i++) p->best[i] = -1;
  size_t lag = (w + 3) / 4 + 1;
  for (; lag + LANES <= p->n_windows; lag += LANES) {
    double covariance[LANES];
    for (size_t k = 0; k < LANES; k++) covariance[k] = first_covariance(p, lag + k);
    walk_diagonals(p, lag, covariance);
    for (size_t k = 0; k < LANES; k++)
      walk_diagonal(p, lag + k, p->n_windows - lag - LANES + 1, covariance[k]);
  }
  for (; lag < p->n_windows; lag++) walk_diagonal(p, lag, 0, first_covariance(p, lag));
  double most = -1;
  for (size_t i = 0; i < p->n_windows; i++) most = p->best[i] > most ? p->best[i] : most;
  return fmin(most, 1);
}

/* The longest window whose best pair correlates that much: doubling, then in steps of a twentieth
 * up to the one that no longer does. @return whether there is one; the profile is that of the last
 * window that was tried */
static bool search_window(profile *p, double threshold) {
  size_t longest = 0;
  for (size_t w = SHORTEST; w <= p->n / 2; w *= 2) {
    double most = find_best(p, w);
    if (most > threshold) longest = w;
    if (!(most >= threshold)) break;
  }
  if (longest == 0) return false;
  for (int k = 1; k <= 20; k++) {
    size_t w = (size_t)((double)longest * (1 + 0.05 * k));
    if (find_best(p, w + w % 2) < threshold) break;
  }
  return true;
}

/* Whether they are given; a threshold is, otherwise. */
static bool has_windows(const fresh_args *args) {
  return args->v[WINDOWS] >= FEWEST;
}

static bool find_profile(profile *p, const fresh_args *args) {
  if (!has_windows(args)) return search_window(p, args->v[THRESHOLD]);
  if (args->v[WINDOWS] > (double)p->n) return false;
  find_best(p, (size_t)args->v[WINDOWS]);
  return true;
}

static bool is_same_profile(const fresh_args *a, const fresh_args *b) {
  if (has_windows(a) || has_windows(b)) return a->v[WINDOWS] == b->v[WINDOWS];
  return a->v[THRESHOLD] == b->v[THRESHOLD];
}

static void find_distances(const profile *p, double *distances) {
  for (size_t i = 0; i < p->n_windows; i++)
    distances[i] = sqrt(2 * (double)p->w * (1 - fmin(p->best[i], 1)));
  stats__sort(distances, p->n_windows, p->spare);
}

static double feature_of(const double *sorted, size_t n, int feature) {
  switch (feature) {
    case 0:
      return sorted[0];
    case 1:
      return sorted[n - 1];
    case 2:
      return stats__sum(sorted, n) / (double)n;
    case 3:
      return stats__median(sorted, n);
    default:
      return stats__quantile(sorted, n, feature == 4 ? 0.25 : 0.75);
  }
}

static void matrix_profile(const fresh_series *s, const fresh_args *args, size_t n_args,
                           double *out) {
  size_t n = s->n;
  double *work = s->work, *distances = work; /* take the place of the means */
  profile p = {.x = s->x, .n = n, .mean = work, .inverse = work + n};
  p.change = work + 2 * n;
  p.slope = work + 3 * n;
  p.best = work + 4 * n;
  p.spare = work + 5 * n;
  bool is_found = false;
  for (size_t k = 0; k < n_args; k++) {
    if (k == 0 || !is_same_profile(&args[k], &args[k - 1])) {
      is_found = find_profile(&p, &args[k]);
      if (is_found) find_distances(&p, distances);
    }
    out[k] = is_found && p.n_windows > 1
                 ? feature_of(distances, p.n_windows, (int)args[k].v[FEATURE])
                 : NAN;
  }
}

static const char *check(const ml_param_value *values) {
  bool has_threshold = values[THRESHOLD].form != ML_FORM_NONE;
  bool has_windows = values[WINDOWS].form != ML_FORM_NONE;
  return has_threshold == has_windows ? "either threshold or windows must be given" : NULL;
}

static const ml_fresh_param params[] = {
    {.name = "feature",
     .kind = ML_PARAM_ENUM,
     .lo = 0,
     .hi = 5,
     .choices = "min|max|mean|median|25|75",
     .doc = "of the distances; 25 and 75 are percentiles"},
    {.name = "threshold",
     .kind = ML_PARAM_REAL,
     .lo = -1,
     .hi = 1,
     .is_optional = true,
     .fallback = FRESH_NONE,
     .doc =
         "correlation that the best pair of windows must exceed; the longest window is searched"},
    {.name = "windows",
     .kind = ML_PARAM_INT,
     .lo = FEWEST,
     .hi = 1e9,
     .is_optional = true,
     .fallback = FRESH_NONE,
     .doc = "number of values in a window, instead of a threshold"}};
#define SET(k) FRESH_CHOICE(k), FRESH_REAL(0.98), FRESH_ABSENT
static const ml_param_value grid[] = {SET(0), SET(1), SET(2), SET(3), SET(4), SET(5)};
#undef SET

const fresh_feature fresh__matrix_profile = {
    .info = {.name = "matrix_profile",
             .summary = "how similar the windows of the series are to their closest others",
             .formula = "of sqrt(2 w (1 - rho[i])), rho[i]: largest correlation of window i with a "
                        "window more than w / 4 away",
             .nan_rule = "n < windows + 1; no window of 8 to n / 2 values above the threshold",
             .cost = "n^2",
             .source = "Yeh et al. (2016), IEEE Int. Conf. Data Mining, 1317",
             FRESH_PARAMS(params, grid),
             .assumes_step = true},
    .n_work = ARRAYS,
    .check = check,
    .values = matrix_profile};
