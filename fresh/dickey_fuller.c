/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The augmented Dickey-Fuller test: is the series a random walk? */
#include <math.h>
#include <stddef.h>

#include "lag_kernels.h"
#include "lagged.h"
#include "pinv.h"

enum { ATTR, AUTOLAG };
enum { TESTSTAT, PVALUE, USEDLAG };
enum { MOST_CONDITION = 1000000 };
enum { AIC, BIC, T_STAT, ALL_LAGS, N_METHODS }; /* ALL_LAGS: None */

/* Regressions of d[t] = x[t + 1] - x[t] on 1, x[t] (the level), d[t - 1], ..., d[t - p]. */
typedef struct test {
  const double *x, *d;
  size_t n, max_lag;
  double mean, mean_change; /* of x, of d */
  lag_sums sums;            /* of d and x around their means */
  double *ssr, *t, *rank,
      *error;                   /* of p = 0, ..., max_lag on the same rows: sum of squared
                                   residuals, |t| of the last lag, bound of ssr's relative error */
  double *fits, *factor, *slow; /* memory */
  double *residuals[2];
} test;

/* The rule of Schwert (1989), but for short series. @return false: the series is too short */
static bool find_max_lag(size_t n, size_t *max_lag) {
  double rule = ceil(12 * pow((double)n / 100, 0.25));
  if (n / 2 < 2) return false;
  *max_lag = rule < (double)(n / 2 - 2) ? (size_t)rule : n / 2 - 2;
  return true;
}

static size_t n_rows(const test *a, size_t p) {
  return a->n - 1 - p;
}

/* ---- by the pseudo-inverse ---- */

static bool is_constant(const double *x, size_t n) {
  if (x[0] == 0) return false;
  for (size_t i = 1; i < n; i++)
    if (x[i] != x[0]) return false;
  return true;
}

/* The constant is left out when a regressor is one already. */
static fresh_design design_of(const test *a, size_t p) {
  fresh_design design = {
      .y = a->d + p, .lagged = a->d + p, .other = a->x + p, .n_lags = p, .n_rows = n_rows(a, p)};
  bool has_one = is_constant(design.other, design.n_rows);
  for (size_t j = 1; j <= p && !has_one; j++)
    has_one = is_constant(design.lagged - j, design.n_rows);
  design.has_constant = !has_one;
  return design;
}

/* t value of coefficient `of` in a fit. */
static double t_value(const fresh_matrix *matrix, const fresh_fit *fit, size_t n_rows, size_t of) {
  double scale = fit->ssr / ((double)n_rows - (double)fit->rank);
  return matrix->beta[of] / sqrt(scale * fit->variance);
}

/* @return false: a decomposition failed */
static bool search_slow(test *a) {
  fresh_design design = design_of(a, a->max_lag);
  fresh_matrix matrix = fresh__pinv_matrix(&design, a->slow);
  for (size_t p = 0; p <= a->max_lag; p++) {
    size_t k = design.has_constant + 1 + p;
    fresh_fit fit = fresh__pinv_fit(&matrix, k, k - 1);
    if (!fit.is_solved) return false;
    a->ssr[p] = fit.ssr;
    a->rank[p] = (double)fit.rank;
    a->t[p] = fabs(t_value(&matrix, &fit, design.n_rows, k - 1));
    a->error[p] = 0;
  }
  return true;
}

static double statistic_slow(test *a, size_t p) {
  fresh_design design = design_of(a, p);
  design.is_constant_last = true;
  fresh_matrix matrix = fresh__pinv_matrix(&design, a->slow);
  fresh_fit fit = fresh__pinv_fit(&matrix, design.has_constant + 1 + p, 0);
  return fit.is_solved ? t_value(&matrix, &fit, design.n_rows, 0) : NAN;
}

/* ---- by sums of products ---- */

/* The reference's pseudo-inverse leaves residuals of the size of its condition times an ulp, even
 * of a perfect fit. @return the sum of their squares, at most */
static double their_error(const test *a, const lag_factor *f) {
  double relative = 1e-15 * f->condition;
  return relative * relative * (a->sums.cross[0] + f->n * a->mean_change * a->mean_change);
}

/* Relative errors of the sums of squared residuals, ours and the reference's. Ours are those of the
 * sums of products, about an ulp of the lengths of both, times the coefficients; slopes[p] are
 * those of the level. @return false: there is no bound */
static bool bound_errors(test *a, const lag_factor *f, const double *slopes) {
  const lag_sums *sums = &a->sums;
  size_t ld = sums->k + 2, top = a->max_lag;
  const double *level = f->l + top * (f->q + 1), *change = level + f->q + 1;
  double *of_change = a->fits, *of_level = of_change + top, *length = of_level + top;
  double theirs = their_error(a, f);
  for (size_t p = 0; p <= top; p++) {
    double sum = sqrt(sums->cross[0]) + fabs(slopes[p]) * sqrt(sums->cross[ld * ld - 1]);
    if (p > 0) {
      const double *row = f->inverse + (p - 1) * f->q;
      length[p - 1] = sqrt(sums->cross[p * (ld + 1)]);
      of_change[p - 1] = of_level[p - 1] = 0;
      for (size_t c = 0; c < p; c++) {
        of_change[c] += row[c] * change[p - 1];
        of_level[c] += row[c] * level[p - 1];
        sum += fabs(of_change[c] - slopes[p] * of_level[c]) * length[c];
      }
    }
    a->error[p] = (2e-15 * sum * sum + theirs) / a->ssr[p];
    if (!(a->ssr[p] > 0 && a->error[p] < 1)) return false;
  }
  return true;
}

/* One factor has the nested models: with lags 1, ..., p out of them, what is left of level and
 * change are the elements of their rows from p on. */
static bool search_fast(test *a) {
  lag_factor f;
  size_t top = a->max_lag;
  if (!lagged__factor(&a->sums, top, a->mean_change, a->mean, a->factor, &f)) return false;
  const double *level = f.l + top * (f.q + 1), *change = level + f.q + 1;
  double ll = 0, ly = 0, yy = change[f.q] * change[f.q];
  for (size_t p = top + 1; p-- > 0;) {
    ll += level[p] * level[p];
    ly += level[p] * change[p];
    yy += change[p] * change[p];
    a->ssr[p] = p == top ? change[f.q] * change[f.q] : yy - ly * ly / ll;
    a->rank[p] = (double)p + 2;
    a->t[p] = ly / ll;
  }
  if (!bound_errors(a, &f, a->t)) return false;
  for (size_t p = 1; p <= top; p++)
    a->t[p] = sqrt((a->ssr[p - 1] - a->ssr[p]) * (f.n - a->rank[p]) / a->ssr[p]);
  return true;
}

static double product(const lag_fit *u, const lag_fit *v, const lag_factor *f) {
  double sum;
  lagged__dots(u->residual, v->residual, (size_t)f->n, 1, &sum);
  sum -= u->sum * v->sum / f->n;
  for (size_t c = 0; c < f->p; c++) sum -= u->left[c] * v->left[c];
  return sum;
}

/* Change and level, both without the lags; then the one on the other. */
static bool statistic_fast(test *a, size_t p, double *statistic) {
  lag_factor f;
  lagged__add_rows(&a->sums, p);
  if (!lagged__factor(&a->sums, p, a->mean_change, a->mean, a->factor, &f)) return false;
  /* Beyond, the reference's errors can be seen in its statistic, and are the same for any data of
   * such a scale: they come from its columns of ones beside columns of small or shifted values. */
  if (f.condition > MOST_CONDITION) return false;
  lag_fit change = {.beta = a->fits, .left = a->fits + p, .residual = a->residuals[0]};
  lag_fit level = {.beta = a->fits, .left = a->fits + 2 * p, .residual = a->residuals[1]};
  lagged__fit(&a->sums, &f, a->sums.a, f.q, &change);
  lagged__fit(&a->sums, &f, a->sums.other, f.p, &level);
  double ll = product(&level, &level, &f), slope = product(&level, &change, &f) / ll;
  /* The residual as such, and not as a difference of squares. */
  change.sum -= slope * level.sum;
  for (size_t i = 0; i < (size_t)f.n; i++) change.residual[i] -= slope * level.residual[i];
  for (size_t c = 0; c < p; c++) change.left[c] -= slope * level.left[c];
  double ssr = product(&change, &change, &f);
  /* What the reference makes of a fit that is perfect, or next to its own errors, is rounding. */
  if (!(ssr > 1e-20 * a->sums.cross[0] && ssr > 1e10 * their_error(a, &f))) return false;
  *statistic = slope * sqrt(ll) / sqrt(ssr / (f.n - (double)p - 2));
  return true;
}

/* ---- the choice of a lag ---- */

enum { UNDECIDED = -1 };

/* Step by step as the reference, since equal fits are told apart by rounding. */
static double criterion(const test *a, size_t p, int method) {
  double n = (double)n_rows(a, a->max_lag), half = n / 2;
  double likelihood = -half * log(2 * M_PI) - half * log(a->ssr[p] / n) - half;
  return -2 * likelihood + (method == AIC ? 2 : log(n)) * a->rank[p];
}

static ptrdiff_t least_criterion(const test *a, int method) {
  double n = (double)n_rows(a, a->max_lag), least = criterion(a, 0, method);
  size_t best = 0;
  for (size_t p = 1; p <= a->max_lag; p++) {
    double value = criterion(a, p, method);
    if (!(value < least)) continue;
    least = value;
    best = p;
  }
  for (size_t p = 0; p <= a->max_lag; p++)
    if (p != best && criterion(a, p, method) - least < n * (a->error[p] + a->error[best]))
      return UNDECIDED;
  return (ptrdiff_t)best;
}

/* The most lags of which the last is significant, at 5 % of one side. */
static ptrdiff_t last_significant(const test *a) {
  const double limit = 1.6448536269514722;
  double n = (double)n_rows(a, a->max_lag);
  for (size_t p = a->max_lag; p > 0; p--) {
    double above = a->t[p] * a->t[p] - limit * limit;
    if (fabs(above) < n * (a->error[p - 1] + a->error[p])) return UNDECIDED;
    if (a->t[p] >= limit) return (ptrdiff_t)p;
  }
  return 0;
}

static ptrdiff_t choose_lag(const test *a, int method) {
  if (method == ALL_LAGS) return (ptrdiff_t)a->max_lag;
  return method == T_STAT ? last_significant(a) : least_criterion(a, method);
}

/* ---- the test ---- */

/* MacKinnon (1994): of the statistic with a constant and no trend. */
static double p_value(double s) {
  if (isnan(s)) return NAN;
  if (s > 2.74) return 1;
  if (s < -18.83) return 0;
  double z = s <= -1.61 ? 2.1659 + s * (1.4412 + s * 0.038269)
                        : 1.7339 + s * (0.93202 + s * (-0.12745 + s * -0.010368));
  return 0.5 * erfc(-z * M_SQRT1_2);
}

enum { SUMS, SEARCH, FITS, FACTOR, SLOW, N_PARTS };

/* Where the parts of the memory begin. @return the size of all */
static size_t lay_out(size_t n, size_t max_lag, size_t begin[N_PARTS]) {
  const size_t sizes[N_PARTS] = {[SUMS] = lagged__sums_size(max_lag),
                                 [SEARCH] = 4 * (max_lag + 1),
                                 [FITS] = 3 * max_lag,
                                 [FACTOR] = lagged__factor_size(max_lag + 1),
                                 [SLOW] = fresh__pinv_size(max_lag + 3, n - 1 - max_lag)};
  size_t size = 0;
  for (size_t i = 0; i < N_PARTS; i++) {
    begin[i] = size;
    size += sizes[i];
  }
  return size;
}

static size_t work_size(size_t n, const fresh_args *args, size_t n_args) {
  size_t max_lag, begin[N_PARTS];
  (void)args;
  (void)n_args;
  return find_max_lag(n, &max_lag) ? lay_out(n, max_lag, begin) : 0;
}

static test new_test(const fresh_series *s, size_t max_lag) {
  size_t begin[N_PARTS], n_changes = s->n - 1;
  double *changes = s->work, *memory = s->work + 3 * s->n;
  lay_out(s->n, max_lag, begin);
  test a = {.x = s->x,
            .d = s->changes,
            .n = s->n,
            .max_lag = max_lag,
            .mean = s->mean,
            .mean_change = (s->x[s->n - 1] - s->x[0]) / (double)n_changes,
            .ssr = memory + begin[SEARCH],
            .fits = memory + begin[FITS],
            .factor = memory + begin[FACTOR],
            .slow = memory + begin[SLOW],
            .residuals = {s->work + s->n, s->work + 2 * s->n}};
  a.t = a.ssr + max_lag + 1;
  a.rank = a.t + max_lag + 1;
  a.error = a.rank + max_lag + 1;
  for (size_t i = 0; i < n_changes; i++) changes[i] = s->changes[i] - a.mean_change;
  a.sums = (lag_sums){.a = changes, .other = s->centered, .m = n_changes, .k = max_lag};
  lagged__sum(&a.sums, memory + begin[SUMS]);
  return a;
}

static bool is_finite(const double *x, size_t n) {
  size_t i = 0;
  while (i < n && isfinite(x[i])) i++;
  return i == n;
}

/* The lags that the methods choose; those that the fast way cannot tell apart, the slow one does.
 * @return false: a decomposition failed */
static bool choose_lags(test *a, const bool *wanted, ptrdiff_t *lags) {
  bool is_decided = search_fast(a);
  for (int method = 0; method < N_METHODS && is_decided; method++)
    if (wanted[method]) is_decided = (lags[method] = choose_lag(a, method)) != UNDECIDED;
  if (is_decided) return true;
  if (!isfinite(a->mean) && !is_finite(a->x, a->n)) return false;
  if (!search_slow(a)) return false;
  for (int method = 0; method < N_METHODS; method++) lags[method] = choose_lag(a, method);
  return true;
}

/* Statistics of the methods. Fewer lags have more rows: they are taken in as the lags go down. */
static bool run(test *a, const bool *wanted, ptrdiff_t *lags, double *statistics) {
  if (!choose_lags(a, wanted, lags)) return false;
  for (ptrdiff_t p = (ptrdiff_t)a->max_lag; p >= 0; p--) {
    double statistic = 0;
    bool is_there = false;
    for (int method = 0; method < N_METHODS; method++) {
      if (!wanted[method] || lags[method] != p) continue;
      if (!is_there && !statistic_fast(a, (size_t)p, &statistic))
        statistic = statistic_slow(a, (size_t)p);
      is_there = true;
      statistics[method] = statistic;
    }
  }
  return true;
}

static int method_of(const fresh_args *args) {
  return isnan(args->v[AUTOLAG]) ? ALL_LAGS : (int)args->v[AUTOLAG];
}

/* With a last value that is not finite, no fit is better than that without lags.
 * @return false: it is not the last one alone */
static bool run_without_end(const test *a, ptrdiff_t *lags, double *statistics) {
  if (!is_finite(a->x, a->n - 1)) return false;
  for (int method = 0; method < N_METHODS; method++) {
    lags[method] = method == ALL_LAGS ? (ptrdiff_t)a->max_lag : 0;
    statistics[method] = NAN;
  }
  return true;
}

static void augmented_dickey_fuller(const fresh_series *s, const fresh_args *args, size_t n_args,
                                    double *out) {
  bool wanted[N_METHODS] = {false};
  ptrdiff_t lags[N_METHODS];
  double statistics[N_METHODS];
  size_t max_lag;
  for (size_t k = 0; k < n_args; k++) wanted[method_of(&args[k])] = true;
  bool is_done = find_max_lag(s->n, &max_lag) && !(s->is_modern && s->min == s->max);
  if (is_done) {
    test a = new_test(s, max_lag);
    is_done = isfinite(s->x[s->n - 1]) ? run(&a, wanted, lags, statistics)
                                       : run_without_end(&a, lags, statistics);
  }
  for (size_t k = 0; k < n_args; k++) {
    int method = method_of(&args[k]);
    size_t attr = (size_t)args[k].v[ATTR];
    if (!is_done)
      out[k] = NAN;
    else if (attr == USEDLAG)
      out[k] = (double)lags[method];
    else
      out[k] = attr == PVALUE ? p_value(statistics[method]) : statistics[method];
  }
}

static const ml_fresh_param params[] = {
    {.name = "attr",
     .kind = ML_PARAM_ENUM,
     .hi = 2,
     .choices = "teststat|pvalue|usedlag",
     .doc = "what is asked of the test"},
    {.name = "autolag",
     .kind = ML_PARAM_ENUM,
     .hi = 2,
     .choices = "AIC|BIC|t-stat",
     .takes_none = true,
     .is_optional = true,
     .is_implied = true,
     .fallback = FRESH_CHOICE(AIC),
     .doc = "how the number of lags is chosen; None takes the most"}};
#define SET(attr) FRESH_CHOICE(attr), FRESH_CHOICE(AIC)
static const ml_param_value grid[] = {SET(TESTSTAT), SET(PVALUE), SET(USEDLAG)};
#undef SET

const fresh_feature fresh__augmented_dickey_fuller = {
    .info = {.name = "augmented_dickey_fuller",
             .summary = "test of whether the series is a random walk",
             .formula = "t value of c in x[t+1] - x[t] = a + c x[t] + sum b[j] (x[t+1-j] - "
                        "x[t-j]), j = 1 .. usedlag <= 12 (n / 100)^(1/4)",
             .nan_rule = "n < 4; teststat and pvalue: the fit is perfect",
             .cost = "n^1.25",
             .source = "Dickey and Fuller (1979), J. Am. Stat. Assoc. 74, 427; MacKinnon (1994), "
                       "J. Bus. Econ. Stat. 12, 167",
             .assumes_step = true,
             FRESH_PARAMS(params, grid)},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_MEAN | FRESH_SPREAD | FRESH_EXTREMES | FRESH_CHANGES,
    .n_work = 3,
    .work_size = work_size,
    .values = augmented_dickey_fuller};
