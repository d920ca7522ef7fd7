/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KX's values of series with missing values: sums and means pass over nulls, which are less than
 * every number and come first when values are sorted. */
#include <math.h>

#include "kx.h"

/* Of the values that are there. */
typedef struct numbers {
  size_t n;
  double sum, energy, mean, variance, min, max;
} numbers;

static numbers numbers_of(const fresh_series *s) {
  numbers m = {.min = INFINITY, .max = -INFINITY}; /* of nothing, in q */
  for (size_t i = 0; i < s->n; i++) {
    double x = s->x[i];
    if (isnan(x)) continue;
    m.n++;
    m.sum += x;
    m.energy += x * x;
    m.min = x < m.min ? x : m.min;
    m.max = x > m.max ? x : m.max;
  }
  m.mean = m.sum / (double)m.n;
  for (size_t i = 0; i < s->n; i++)
    if (!isnan(s->x[i])) m.variance += (s->x[i] - m.mean) * (s->x[i] - m.mean);
  m.variance /= (double)m.n;
  return m;
}

static double absEnergy(const fresh_series *s) {
  return numbers_of(s).energy;
}

static double max(const fresh_series *s) {
  return numbers_of(s).max;
}

static double mean(const fresh_series *s) {
  return numbers_of(s).mean;
}

static double min(const fresh_series *s) {
  return numbers_of(s).min;
}

static double sumVal(const fresh_series *s) {
  return numbers_of(s).sum;
}

static double var(const fresh_series *s) {
  return numbers_of(s).variance;
}

static double stdDev(const fresh_series *s) {
  return sqrt(numbers_of(s).variance);
}

static double varAboveStdDev(const fresh_series *s) {
  return numbers_of(s).variance > 1;
}

/* A change from or to a null is one itself. @return how many are not */
static size_t add_changes(const fresh_series *s, double *sum) {
  size_t n = 0;
  *sum = 0;
  for (size_t i = 0; i + 1 < s->n; i++) {
    double change = fabs(s->x[i + 1] - s->x[i]);
    if (isnan(change)) continue;
    *sum += change;
    n++;
  }
  return n;
}

static double absSumChange(const fresh_series *s) {
  double sum;
  add_changes(s, &sum);
  return sum;
}

static double meanAbsChange(const fresh_series *s) {
  double sum;
  size_t n = add_changes(s, &sum);
  return sum / (double)n;
}

/* The two in the middle; a null has no part in their mean. */
static double med(const fresh_series *s) {
  size_t places[] = {(s->n - 1) / 2, s->n / 2}, n = 0;
  double sum = 0;
  for (size_t k = 0; k < 2; k++) {
    if (places[k] < s->n_nan) continue;
    sum += s->sorted[places[k] - s->n_nan];
    n++;
  }
  return sum / (double)n;
}

static bool is_below(double x, double mean) {
  return x < mean || (isnan(x) && !isnan(mean));
}

static double countBelowMean(const fresh_series *s) {
  double level = numbers_of(s).mean;
  size_t n = 0;
  for (size_t i = 0; i < s->n; i++) n += is_below(s->x[i], level);
  return (double)n;
}

static double countAboveMean(const fresh_series *s) {
  double level = numbers_of(s).mean;
  size_t n = 0;
  for (size_t i = 0; i < s->n; i++) n += s->x[i] > level;
  return (double)n;
}

static double longStrikeBelowMean(const fresh_series *s) {
  double level = numbers_of(s).mean;
  size_t run = 0, longest = 0;
  for (size_t i = 0; i < s->n; i++) {
    run = is_below(s->x[i], level) ? run + 1 : 0;
    longest = run > longest ? run : longest;
  }
  return (double)longest;
}

static double longStrikeAboveMean(const fresh_series *s) {
  double level = numbers_of(s).mean;
  size_t run = 0, longest = 0;
  for (size_t i = 0; i < s->n; i++) {
    run = s->x[i] > level ? run + 1 : 0;
    longest = run > longest ? run : longest;
  }
  return (double)longest;
}

static const struct {
  const fresh_feature *feature;
  fresh_value *value;
} table[] = {
#define ROW(function) \
  { &fresh__kx_##function, function }
    ROW(absEnergy),
    ROW(absSumChange),
    ROW(countAboveMean),
    ROW(countBelowMean),
    ROW(longStrikeAboveMean),
    ROW(longStrikeBelowMean),
    ROW(max),
    ROW(mean),
    ROW(meanAbsChange),
    ROW(med),
    ROW(min),
    ROW(stdDev),
    ROW(sumVal),
    ROW(var),
    ROW(varAboveStdDev),
#undef ROW
};

fresh_value *fresh__kx_of_nulls(const fresh_feature *feature) {
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (table[i].feature == feature) return table[i].value;
  return NULL;
}
