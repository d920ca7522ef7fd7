/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Changes inside a corridor between two quantiles. */
#include <math.h>

#include <ml/stats_internal.h>

#include "aggregate.h"
#include "feature.h"

enum { F_AGG, ISABS, QH, QL };

/* The changes inside one corridor. */
typedef struct corridor {
  double low, high;
  bool is_absolute;
  double *changes; /* those of the sample, n values */
  fresh_sample sample;
} corridor;

/* Changes between neighbours that both lie in the corridor; the two ends belong to it. */
static void enter(corridor *c, const fresh_series *s) {
  double low = c->low, high = c->high, *kept = c->changes;
  size_t n = 0;
  bool inside = s->x[0] >= low && s->x[0] <= high;
  for (size_t i = 0; i + 1 < s->n; i++) {
    double x = s->x[i + 1];
    bool next = (x >= low) & (x <= high);
    kept[n] = s->changes[i];
    n += inside & next;
    inside = next;
  }
  c->sample.n = n;
  c->is_absolute = c->sample.has_mean = false;
}

static void make_absolute(corridor *c) {
  for (size_t i = 0; i < c->sample.n; i++) c->changes[i] = fabs(c->changes[i]);
  c->is_absolute = true;
  c->sample.has_mean = false;
}

/* Neighbouring sets with the same corridor share its changes. */
static void change_quantiles(const fresh_series *s, const fresh_args *args, size_t n_args,
                             double *out) {
  size_t m = s->n - s->n_nan; /* quantiles are those of the numbers */
  corridor c = {.changes = s->work, .sample = {.values = s->work, .spare = s->work + s->n}};
  for (size_t k = 0; k < n_args; k++) {
    const double *v = args[k].v, *before = k ? args[k - 1].v : NULL;
    if (v[QL] >= v[QH] || m == 0) {
      out[k] = v[QL] >= v[QH] ? 0 : NAN;
      continue;
    }
    bool is_absolute = v[ISABS] != 0;
    bool is_same = before && before[QL] == v[QL] && before[QH] == v[QH];
    if (!is_same || (c.is_absolute && !is_absolute)) {
      c.low = stats__quantile(s->sorted, m, v[QL]);
      c.high = stats__quantile(s->sorted, m, v[QH]);
      enter(&c, s);
    }
    if (is_absolute && !c.is_absolute) make_absolute(&c);
    out[k] = c.sample.n ? fresh__aggregate(&c.sample, (size_t)v[F_AGG]) : 0;
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
    .n_work = 3,
    .presets = FRESH_IN_MOST,
    .values = change_quantiles};
