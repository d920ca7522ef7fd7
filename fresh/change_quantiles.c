/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes inside a corridor between two quantiles. */
#include <math.h>
#include <stdlib.h>

#include <ml/stats_internal.h>

#include "aggregate.h"
#include "feature.h"

enum { F_AGG, ISABS, QH, QL };

/* ---- what is asked for, in the order that makes it cheap ---- */

typedef struct request {
  double ql, qh;
  bool is_absolute;
  size_t aggregate, column;
} request;

/* The lower end ascends, and for each of them the upper end descends: so corridors shrink, and each
 * takes its changes out of those of a wider one. */
static int compare_requests(const void *a, const void *b) {
  const request *p = a, *q = b;
  if (p->ql != q->ql) return p->ql < q->ql ? -1 : 1;
  if (p->qh != q->qh) return p->qh > q->qh ? -1 : 1;
  return (int)p->is_absolute - (int)q->is_absolute;
}

static ml_status open_requests(const fresh_args *args, size_t n_args, bool is_modern, void **state,
                               ml_error *err) {
  request *requests = calloc(n_args, sizeof *requests);
  (void)is_modern;
  if (!requests) return ml_error_memory(err);
  for (size_t k = 0; k < n_args; k++) {
    const double *v = args[k].v;
    requests[k] = (request){v[QL], v[QH], v[ISABS] != 0, (size_t)v[F_AGG], k};
  }
  qsort(requests, n_args, sizeof *requests, compare_requests);
  *state = requests;
  return ML_OK;
}

/* ---- corridors ---- */

/* Changes between neighbours, and where these lie. */
typedef struct funnel {
  double *change, *low, *high; /* above the lower end: n changes, with the two values in order */
  size_t n;
  double *inner, *inner_high;       /* room for those below the upper end */
  const double *found, *found_high; /* where these are: there, or still in change */
  size_t n_found;
  double *absolute;
  double *spare;
  double min, max; /* of the series */
} funnel;

/* All changes between two numbers. */
static funnel make_funnel(const fresh_series *s, size_t m) {
  size_t n = s->n;
  double *w = s->work;
  funnel f = {.change = w,
              .low = w + n,
              .high = w + 2 * n,
              .inner = w + 3 * n,
              .inner_high = w + 4 * n,
              .absolute = w + 5 * n,
              .spare = w + 6 * n,
              .min = s->sorted[0],
              .max = s->sorted[m - 1]};
  for (size_t i = 0; i + 1 < n; i++) {
    double x = s->x[i], y = s->x[i + 1];
    f.change[f.n] = s->changes[i];
    f.low[f.n] = x < y ? x : y;
    f.high[f.n] = x < y ? y : x;
    f.n += (x < y) | (x >= y); /* neither of them is NaN */
  }
  return f;
}

/* The two ends of a corridor belong to it. */
static size_t keep_above(funnel *f, double low) {
  size_t n = 0;
  for (size_t i = 0; i < f->n; i++) {
    double at = f->low[i];
    f->change[n] = f->change[i];
    f->high[n] = f->high[i];
    f->low[n] = at;
    n += at >= low;
  }
  return n;
}

static void raise_low(funnel *f, double low) {
  if (low > f->min) f->n = keep_above(f, low);
  f->found = f->change;
  f->found_high = f->high;
  f->n_found = f->n;
}

static void lower_high(funnel *f, double high) {
  if (high >= f->max) return;
  size_t n = 0;
  for (size_t i = 0; i < f->n_found; i++) {
    double at = f->found_high[i];
    f->inner[n] = f->found[i];
    f->inner_high[n] = at;
    n += at <= high;
  }
  f->found = f->inner;
  f->found_high = f->inner_high;
  f->n_found = n;
}

/* Nothing lies in a corridor with an end that is NaN, as between infinite values; later ones are as
 * they were. */
static fresh_sample take_inside(funnel *f, double low, double high) {
  if (isnan(low) || isnan(high)) return (fresh_sample){0};
  lower_high(f, high);
  return (fresh_sample){.values = f->found, .n = f->n_found, .spare = f->spare};
}

static fresh_sample take_absolute(const funnel *f) {
  for (size_t i = 0; i < f->n_found; i++) f->absolute[i] = fabs(f->found[i]);
  return (fresh_sample){.values = f->absolute, .n = f->n_found, .spare = f->spare};
}

static void change_quantiles(const fresh_series *s, const fresh_args *args, size_t n_args,
                             double *out) {
  size_t m = s->n - s->n_nan; /* quantiles are those of the numbers */
  funnel f = {0};
  fresh_sample c = {0};
  const request *before = NULL;
  double low = NAN;
  (void)args;
  if (m > 0) f = make_funnel(s, m);
  for (const request *r = s->state, *end = r + n_args; r < end; r++) {
    if (r->ql >= r->qh || m == 0) {
      out[r->column] = r->ql >= r->qh ? 0 : NAN;
      continue;
    }
    bool same_low = before && before->ql == r->ql, same = same_low && before->qh == r->qh;
    if (!same_low) low = stats__quantile(s->sorted, m, r->ql);
    if (!same_low && !isnan(low)) raise_low(&f, low);
    if (!same) c = take_inside(&f, low, stats__quantile(s->sorted, m, r->qh));
    if (r->is_absolute && !(same && before->is_absolute) && c.n > 0) c = take_absolute(&f);
    out[r->column] = c.n ? fresh__aggregate(&c, r->aggregate) : 0;
    before = r;
  }
}

static const ml_fresh_param params[] = {
    {.name = "f_agg",
     .kind = ML_PARAM_ENUM,
     .hi = FRESH_LAST_AGGREGATE,
     .choices = FRESH_AGGREGATES,
     .doc = "what is taken of the changes"},
    {.name = "isabs", .kind = ML_PARAM_BOOL, .hi = 1, .doc = "take absolute changes"},
    {.name = "qh", .kind = ML_PARAM_REAL, .lo = 0, .hi = 1, .doc = "upper quantile"},
    {.name = "ql", .kind = ML_PARAM_REAL, .lo = 0, .hi = 1, .doc = "lower quantile"}};

#define SET(f_agg, isabs, ql, qh) \
  FRESH_CHOICE(f_agg), FRESH_BOOL(isabs), FRESH_REAL(qh), FRESH_REAL(ql)
#define CORRIDOR(ql, qh) SET(0, 0, ql, qh), SET(1, 0, ql, qh), SET(0, 1, ql, qh), SET(1, 1, ql, qh)
static const ml_param_value grid[] = {
    CORRIDOR(.0, .2), CORRIDOR(.0, .4), CORRIDOR(.0, .6), CORRIDOR(.0, .8), CORRIDOR(.0, 1.),
    CORRIDOR(.2, .4), CORRIDOR(.2, .6), CORRIDOR(.2, .8), CORRIDOR(.2, 1.), CORRIDOR(.4, .6),
    CORRIDOR(.4, .8), CORRIDOR(.4, 1.), CORRIDOR(.6, .8), CORRIDOR(.6, 1.), CORRIDOR(.8, 1.)};
#undef CORRIDOR
#undef SET

const fresh_feature fresh__change_quantiles = {
    .info = {.name = "change_quantiles",
             .summary = "mean, variance, ... of the changes inside a corridor of quantiles",
             .formula = "f_agg of {x[i+1] - x[i] : x[i] and x[i+1] between the quantiles ql and "
                        "qh}; 0 when there are none or ql >= qh",
             .nan_rule = "never",
             .cost = "n log n",
             .source = "tsfresh",
             FRESH_PARAMS(params, grid)},
    .needs = FRESH_CHANGES | FRESH_SORTED,
    .n_work = 8,
    .presets = FRESH_IN_MOST,
    .open = open_requests,
    .close = free,
    .values = change_quantiles};
