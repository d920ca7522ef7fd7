/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values that come again. */
#include <math.h>

#include <ml/stats_internal.h>

#include "feature.h"

/* NaN equals nothing, so it is no duplicate of an extreme. */
static double has_duplicate_max(const fresh_series *s) {
  return !isnan(s->max) && s->first_max != s->last_max;
}

static double has_duplicate_min(const fresh_series *s) {
  return !isnan(s->min) && s->first_min != s->last_min;
}

static double has_duplicate(const fresh_series *s) {
  return s->n_distinct != s->n;
}

static double percentage_of_reoccurring_values_to_all_values(const fresh_series *s) {
  return (double)s->n_repeated / (double)s->n_distinct;
}

static double percentage_of_reoccurring_datapoints_to_all_datapoints(const fresh_series *s) {
  size_t n_points = 0;
  for (size_t i = 0; i < s->n_distinct; i++)
    if (s->repeats[i] > 1 && !isnan(s->distinct[i])) n_points += (size_t)s->repeats[i];
  return (double)n_points / (double)s->n;
}

/* Values that come once take part as 0 times the value, which counts when it is infinite. */
static double sum_of_reoccurring_values(const fresh_series *s) {
  for (size_t i = 0; i < s->n_distinct; i++)
    s->work[i] = s->distinct[i] * (s->repeats[i] > 1 ? 1 : 0);
  return stats__sum(s->work, s->n_distinct);
}

static double sum_of_reoccurring_data_points(const fresh_series *s) {
  for (size_t i = 0; i < s->n_distinct; i++)
    s->work[i] = s->distinct[i] * (s->repeats[i] > 1 ? s->repeats[i] : 0);
  return stats__sum(s->work, s->n_distinct);
}

static double ratio_value_number_to_time_series_length(const fresh_series *s) {
  return (double)s->n_distinct / (double)s->n;
}

#define RECURRENCE(calculator, text, expression, asked, cost_class, also)       \
  const fresh_feature fresh__##calculator = {.info = {.name = #calculator,      \
                                                      .summary = text,          \
                                                      .formula = expression,    \
                                                      .nan_rule = "never",      \
                                                      .cost = cost_class,       \
                                                      .source = "tsfresh",      \
                                                      FRESH_NO_PARAMS},         \
                                             .presets = FRESH_IN_MOST | (also), \
                                             .needs = asked,                    \
                                             .value = calculator}

RECURRENCE(has_duplicate_max, "1 when the largest value is there more than once",
           "#{i : x[i] = max} > 1", FRESH_EXTREMES, "n", 0);
RECURRENCE(has_duplicate_min, "1 when the smallest value is there more than once",
           "#{i : x[i] = min} > 1", FRESH_EXTREMES, "n", 0);
RECURRENCE(has_duplicate, "1 when any value is there more than once", "#distinct < n",
           FRESH_DISTINCT, "n log n", 0);
RECURRENCE(percentage_of_reoccurring_values_to_all_values,
           "fraction of the distinct values that are there more than once",
           "#{distinct values with count > 1} / #distinct", FRESH_DISTINCT, "n log n", 0);
RECURRENCE(percentage_of_reoccurring_datapoints_to_all_datapoints,
           "fraction of the points whose value is there more than once",
           "#{i : count of x[i] > 1} / n", FRESH_DISTINCT, "n log n", FRESH_IN_INDEX);
RECURRENCE(sum_of_reoccurring_values,
           "sum of the values that are there more than once, each taken once",
           "sum of the distinct values with count > 1", FRESH_DISTINCT, "n log n", 0);
RECURRENCE(sum_of_reoccurring_data_points, "sum of the points whose value is there more than once",
           "sum over the distinct values with count > 1 of count times value", FRESH_DISTINCT,
           "n log n", 0);
RECURRENCE(ratio_value_number_to_time_series_length, "fraction of the values that are distinct",
           "#distinct / n", FRESH_DISTINCT, "n log n", 0);
