/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KX's changes inside a corridor between two quantiles. */
#include <math.h>

#include <ml/stats_internal.h>

#include "aggregate.h"
#include "kx_nulls.h"

enum { IS_ABS, KEY, LOWER, UPPER };
enum { N_KEYS = 6 };

/* In the order of the choices of key. */
static const unsigned char aggregates[N_KEYS] = {KX_MAX,      KX_MIN,    KX_MEAN,
                                                 KX_VARIANCE, KX_MEDIAN, KX_STDEV};

static double quantile(const fresh_series *s, double q) {
  return s->n_nan ? fresh__kx_quantile_of_nulls(s, q) : stats__quantile(s->sorted, s->n, q);
}

/* Changes between neighbours that both lie in the corridor, whose ends belong to it. */
static size_t changes_inside(const fresh_series *s, const double *v, double *kept) {
  size_t n = 0;
  double low = quantile(s, v[LOWER]), high = quantile(s, v[UPPER]);
  for (size_t i = 0; i + 1 < s->n; i++) {
    double a = s->x[i], b = s->x[i + 1], change = s->changes[i];
    kept[n] = v[IS_ABS] != 0 ? fabs(change) : change;
    n += (a >= low) & (a <= high) & (b >= low) & (b <= high);
  }
  return n;
}

static bool is_same_corridor(const double *a, const double *b) {
  return a[IS_ABS] == b[IS_ABS] && a[LOWER] == b[LOWER] && a[UPPER] == b[UPPER];
}

/* @param none  for each key, what it is where no change is inside */
static void aggregate_changes(const fresh_series *s, const fresh_args *args, size_t n_args,
                              const double *none, double *out) {
  fresh_sample inside = {.values = s->work, .spare = s->work + s->n};
  for (size_t k = 0; k < n_args; k++) {
    size_t key = (size_t)args[k].v[KEY];
    if (k == 0 || !is_same_corridor(args[k].v, args[k - 1].v)) {
      inside.n = changes_inside(s, args[k].v, s->work);
      inside.has_mean = false;
    }
    out[k] = inside.n ? fresh__aggregate(&inside, aggregates[key]) : none[key];
  }
}

static void changeQuant(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  static const double none[N_KEYS] = {NAN, NAN, NAN, NAN, NAN, NAN};
  aggregate_changes(s, args, n_args, none, out);
}

/* The largest and the smallest of nothing are infinite in q. */
static void strict_changeQuant(const fresh_series *s, const fresh_args *args, size_t n_args,
                               double *out) {
  static const double none[N_KEYS] = {-INFINITY, INFINITY, NAN, NAN, NAN, NAN};
  aggregate_changes(s, args, n_args, none, out);
}

static const ml_fresh_param params[] = {
    {.name = "isAbs", .kind = ML_PARAM_BOOL, .hi = 1, .doc = "take absolute changes"},
    {.name = "key",
     .kind = ML_PARAM_ENUM,
     .hi = N_KEYS - 1,
     .choices = "max|min|mean|variance|median|stdev",
     .doc = "what is taken of the changes"},
    {.name = "lowerQuant", .kind = ML_PARAM_REAL, .lo = 0, .hi = 1, .doc = "lower quantile"},
    {.name = "upperQuant", .kind = ML_PARAM_REAL, .lo = 0, .hi = 1, .doc = "upper quantile"}};
#define SET(lower, upper, is_abs, key) \
  FRESH_BOOL(is_abs), FRESH_CHOICE(key), FRESH_REAL(lower), FRESH_REAL(upper)
#define KEYS(lower, upper, is_abs)                                                          \
  SET(lower, upper, is_abs, 0), SET(lower, upper, is_abs, 1), SET(lower, upper, is_abs, 2), \
      SET(lower, upper, is_abs, 3), SET(lower, upper, is_abs, 4), SET(lower, upper, is_abs, 5)
static const ml_param_value grid[] = {KEYS(.1, .9, 0), KEYS(.1, .9, 1), KEYS(.1, .8, 0),
                                      KEYS(.1, .8, 1), KEYS(.2, .9, 0), KEYS(.2, .9, 1),
                                      KEYS(.2, .8, 0), KEYS(.2, .8, 1)};
#undef KEYS
#undef SET

#define CHANGES(set, prefix, preset, nan)                                                \
  const fresh_feature fresh__##prefix##changeQuant = {                                   \
      .info = {KX_TEXTS(set, changeQuant, "changes inside a corridor of quantiles",      \
                        "key of {x[i+1] - x[i] : x[i] and x[i+1] between the quantiles " \
                        "lowerQuant and upperQuant}",                                    \
                        nan, "n log n"),                                                 \
               .column = "changeQuant_lowerQuant_%2_upperQuant_%3_isAbs_%0_%1",          \
               FRESH_PARAMS(params, grid)},                                              \
      .presets = preset,                                                                 \
      .needs = FRESH_CHANGES | FRESH_SORTED,                                             \
      .n_work = 3,                                                                       \
      .is_expanded = true
CHANGES("kx", kx_, FRESH_IN_KX, "no change is inside"), .values = changeQuant
}
;
CHANGES("kx-strict", kx_strict_, FRESH_IN_KX_STRICT,
        "no change is inside; max is -inf and min is inf then"),
    .values = strict_changeQuant
}
;
