/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many values lie where: above and below a level, in runs, at peaks. */
#include <math.h>

#include <ml/vector.h>

#include "feature.h"

ML_VECTOR_PATHS static double count_above_mean(const fresh_series *s) {
  size_t n = 0;
  for (size_t i = 0; i < s->n; i++) n += s->x[i] > s->mean;
  return (double)n;
}

ML_VECTOR_PATHS static double count_below_mean(const fresh_series *s) {
  size_t n = 0;
  for (size_t i = 0; i < s->n; i++) n += s->x[i] < s->mean;
  return (double)n;
}

static double longest_strike_above_mean(const fresh_series *s) {
  size_t run = 0, longest = 0;
  for (size_t i = 0; i < s->n; i++) {
    run = s->x[i] > s->mean ? run + 1 : 0;
    longest = run > longest ? run : longest;
  }
  return (double)longest;
}

static double longest_strike_below_mean(const fresh_series *s) {
  size_t run = 0, longest = 0;
  for (size_t i = 0; i < s->n; i++) {
    run = s->x[i] < s->mean ? run + 1 : 0;
    longest = run > longest ? run : longest;
  }
  return (double)longest;
}

ML_VECTOR_PATHS static void count_above(const fresh_series *s, const fresh_args *args,
                                        size_t n_args, double *out) {
  for (size_t k = 0; k < n_args; k++) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) n += s->x[i] >= args[k].v[0];
    out[k] = (double)n / (double)s->n;
  }
}

ML_VECTOR_PATHS static void count_below(const fresh_series *s, const fresh_args *args,
                                        size_t n_args, double *out) {
  for (size_t k = 0; k < n_args; k++) {
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) n += s->x[i] <= args[k].v[0];
    out[k] = (double)n / (double)s->n;
  }
}

ML_VECTOR_PATHS static void value_count(const fresh_series *s, const fresh_args *args,
                                        size_t n_args, double *out) {
  for (size_t k = 0; k < n_args; k++) {
    double value = args[k].v[0];
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) n += s->x[i] == value;
    if (isnan(value))
      for (size_t i = 0; i < s->n; i++) n += isnan(s->x[i]) != 0;
    out[k] = (double)n;
  }
}

ML_VECTOR_PATHS static void range_count(const fresh_series *s, const fresh_args *args,
                                        size_t n_args, double *out) {
  for (size_t k = 0; k < n_args; k++) {
    double max = args[k].v[0], min = args[k].v[1];
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++) n += (s->x[i] >= min) & (s->x[i] < max);
    out[k] = (double)n;
  }
}

ML_VECTOR_PATHS static void number_crossing_m(const fresh_series *s, const fresh_args *args,
                                              size_t n_args, double *out) {
  for (size_t k = 0; k < n_args; k++) {
    double m = args[k].v[0];
    size_t n = 0;
    for (size_t i = 0; i + 1 < s->n; i++) n += (s->x[i] > m) != (s->x[i + 1] > m);
    out[k] = (double)n;
  }
}

/* How far x[i] is above its neighbours on both sides, up to `most` of them. Over all i this takes
 * O(n log n) steps, for a wide peak leaves no room for others. */
static size_t support(const fresh_series *s, size_t i, size_t most) {
  size_t left = i, right = s->n - 1 - i;
  if (left < most) most = left;
  if (right < most) most = right;
  size_t j = 1;
  while (j <= most && s->x[i] > s->x[i - j] && s->x[i] > s->x[i + j]) j++;
  return j - 1;
}

static void number_peaks(const fresh_series *s, const fresh_args *args, size_t n_args,
                         double *out) {
  size_t most = 0, n_peaks = 0;
  for (size_t k = 0; k < n_args; k++) {
    size_t n = (size_t)args[k].v[0];
    most = n > most ? n : most;
  }
  for (size_t i = 0; i < s->n; i++) {
    s->work[n_peaks] = (double)support(s, i, most);
    n_peaks += s->work[n_peaks] > 0;
  }
  for (size_t k = 0; k < n_args; k++) {
    size_t n = 0;
    for (size_t p = 0; p < n_peaks; p++) n += s->work[p] >= args[k].v[0];
    out[k] = (double)n;
  }
}

const fresh_feature fresh__count_above_mean = {
    .info = {.name = "count_above_mean",
             .summary = "number of values above the mean",
             .formula = "#{i : x[i] > mean}",
             .nan_rule = "never",
             .cost = "n",
             .source = "elementary",
             FRESH_NO_PARAMS},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_MEAN,
    .value = count_above_mean};

const fresh_feature fresh__count_below_mean = {
    .info = {.name = "count_below_mean",
             .summary = "number of values below the mean",
             .formula = "#{i : x[i] < mean}",
             .nan_rule = "never",
             .cost = "n",
             .source = "elementary",
             FRESH_NO_PARAMS},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_MEAN,
    .value = count_below_mean};

const fresh_feature fresh__longest_strike_above_mean = {
    .info = {.name = "longest_strike_above_mean",
             .summary = "length of the longest run of values above the mean",
             .formula = "longest run of x[i] > mean",
             .nan_rule = "never",
             .cost = "n",
             .source = "elementary",
             FRESH_NO_PARAMS},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_MEAN,
    .value = longest_strike_above_mean};

const fresh_feature fresh__longest_strike_below_mean = {
    .info = {.name = "longest_strike_below_mean",
             .summary = "length of the longest run of values below the mean",
             .formula = "longest run of x[i] < mean",
             .nan_rule = "never",
             .cost = "n",
             .source = "elementary",
             FRESH_NO_PARAMS},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_MEAN,
    .value = longest_strike_below_mean};

static const ml_fresh_param t_params[] = {
    {.name = "t", .kind = ML_PARAM_REAL, FRESH_ANY, .doc = "the level"}};
static const ml_param_value t_grid[] = {FRESH_INT(0)};

const fresh_feature fresh__count_above = {
    .info = {.name = "count_above",
             .summary = "fraction of the values at or above a level",
             .formula = "#{i : x[i] >= t} / n",
             .nan_rule = "never",
             .cost = "n",
             .source = "tsfresh",
             FRESH_PARAMS(t_params, t_grid)},
    .presets = FRESH_IN_MOST,
    .values = count_above};

const fresh_feature fresh__count_below = {
    .info = {.name = "count_below",
             .summary = "fraction of the values at or below a level",
             .formula = "#{i : x[i] <= t} / n",
             .nan_rule = "never",
             .cost = "n",
             .source = "tsfresh",
             FRESH_PARAMS(t_params, t_grid)},
    .presets = FRESH_IN_MOST,
    .values = count_below};

static const ml_fresh_param value_params[] = {{.name = "value",
                                               .kind = ML_PARAM_REAL,
                                               FRESH_ANY,
                                               .takes_nan = true,
                                               .doc = "what is counted; NaN counts the missing"}};
static const ml_param_value value_grid[] = {FRESH_INT(0), FRESH_INT(1), FRESH_INT(-1)};

const fresh_feature fresh__value_count = {.info = {.name = "value_count",
                                                   .summary = "number of values equal to one",
                                                   .formula = "#{i : x[i] = value}",
                                                   .nan_rule = "never",
                                                   .cost = "n",
                                                   .source = "elementary",
                                                   FRESH_PARAMS(value_params, value_grid)},
                                          .presets = FRESH_IN_MOST,
                                          .values = value_count};

static const ml_fresh_param range_params[] = {
    {.name = "max", .kind = ML_PARAM_REAL, FRESH_ANY, .doc = "end of the range, not in it"},
    {.name = "min", .kind = ML_PARAM_REAL, FRESH_ANY, .doc = "start of the range"}};
static const ml_param_value range_grid[] = {FRESH_INT(1),      FRESH_INT(-1),    FRESH_INT(0),
                                            FRESH_REAL(-1e12), FRESH_REAL(1e12), FRESH_INT(0)};

const fresh_feature fresh__range_count = {.info = {.name = "range_count",
                                                   .summary = "number of values in a range",
                                                   .formula = "#{i : min <= x[i] < max}",
                                                   .nan_rule = "never",
                                                   .cost = "n",
                                                   .source = "elementary",
                                                   FRESH_PARAMS(range_params, range_grid)},
                                          .presets = FRESH_IN_MOST,
                                          .values = range_count};

static const ml_fresh_param m_params[] = {
    {.name = "m", .kind = ML_PARAM_REAL, FRESH_ANY, .doc = "the level that is crossed"}};
static const ml_param_value m_grid[] = {FRESH_INT(0), FRESH_INT(-1), FRESH_INT(1)};

const fresh_feature fresh__number_crossing_m = {
    .info = {.name = "number_crossing_m",
             .summary = "how often the series goes above a level or back",
             .formula = "#{i : (x[i] > m) is not (x[i+1] > m)}",
             .nan_rule = "never",
             .cost = "n",
             .source = "elementary",
             FRESH_PARAMS(m_params, m_grid)},
    .presets = FRESH_IN_MOST,
    .values = number_crossing_m};

static const ml_fresh_param support_params[] = {{.name = "n",
                                                 .kind = ML_PARAM_INT,
                                                 .lo = 1,
                                                 .hi = 1e9,
                                                 .doc = "neighbours on each side that are lower"}};
static const ml_param_value support_grid[] = {FRESH_INT(1), FRESH_INT(3), FRESH_INT(5),
                                              FRESH_INT(10), FRESH_INT(50)};

const fresh_feature fresh__number_peaks = {
    .info = {.name = "number_peaks",
             .summary = "number of values higher than their n neighbours on each side",
             .formula = "#{i : x[i] > x[i-j] and x[i] > x[i+j] for j = 1..n}",
             .nan_rule = "never",
             .cost = "n log n",
             .source = "elementary",
             FRESH_PARAMS(support_params, support_grid)},
    .presets = FRESH_IN_MOST,
    .values = number_peaks};
