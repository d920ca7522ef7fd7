/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KX's values of series with missing values: sums and means pass over nulls, which are less than
 * every number and come first when values are sorted. */
#include <math.h>

#include "kx_nulls.h"

kx_numbers fresh__kx_numbers(const fresh_series *s) {
  kx_numbers m = {.min = INFINITY, .max = -INFINITY}; /* of nothing, in q */
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
  return fresh__kx_numbers(s).energy;
}

static double max(const fresh_series *s) {
  return fresh__kx_numbers(s).max;
}

static double mean(const fresh_series *s) {
  return fresh__kx_numbers(s).mean;
}

static double min(const fresh_series *s) {
  return fresh__kx_numbers(s).min;
}

static double sumVal(const fresh_series *s) {
  return fresh__kx_numbers(s).sum;
}

static double var(const fresh_series *s) {
  return fresh__kx_numbers(s).variance;
}

static double stdDev(const fresh_series *s) {
  return sqrt(fresh__kx_numbers(s).variance);
}

static double varAboveStdDev(const fresh_series *s) {
  return fresh__kx_numbers(s).variance > 1;
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

static double countBelowMean(const fresh_series *s) {
  double level = fresh__kx_numbers(s).mean;
  size_t n = 0;
  for (size_t i = 0; i < s->n; i++) n += kx_less(s->x[i], level);
  return (double)n;
}

static double countAboveMean(const fresh_series *s) {
  double level = fresh__kx_numbers(s).mean;
  size_t n = 0;
  for (size_t i = 0; i < s->n; i++) n += s->x[i] > level;
  return (double)n;
}

static double longStrikeBelowMean(const fresh_series *s) {
  double level = fresh__kx_numbers(s).mean;
  size_t run = 0, longest = 0;
  for (size_t i = 0; i < s->n; i++) {
    run = kx_less(s->x[i], level) ? run + 1 : 0;
    longest = run > longest ? run : longest;
  }
  return (double)longest;
}

static double longStrikeAboveMean(const fresh_series *s) {
  double level = fresh__kx_numbers(s).mean;
  size_t run = 0, longest = 0;
  for (size_t i = 0; i < s->n; i++) {
    run = s->x[i] > level ? run + 1 : 0;
    longest = run > longest ? run : longest;
  }
  return (double)longest;
}

/* ---- places ---- */

static double first_of(const fresh_series *s, double value) {
  size_t i = 0;
  while (i < s->n && s->x[i] != value) i++;
  return (double)i / (double)s->n;
}

static double last_of(const fresh_series *s, double value) {
  for (size_t i = s->n; i-- > 0;)
    if (s->x[i] == value) return (double)i / (double)s->n;
  return NAN;
}

static double is_repeated(const fresh_series *s, double value) {
  size_t n = 0;
  for (size_t i = 0; i < s->n; i++) n += s->x[i] == value;
  return n > 1;
}

static double firstMax(const fresh_series *s) {
  return first_of(s, max(s));
}

static double firstMin(const fresh_series *s) {
  return first_of(s, min(s));
}

static double lastMax(const fresh_series *s) {
  return last_of(s, max(s));
}

static double lastMin(const fresh_series *s) {
  return last_of(s, min(s));
}

static double hasDupMax(const fresh_series *s) {
  return is_repeated(s, max(s));
}

static double hasDupMin(const fresh_series *s) {
  return is_repeated(s, min(s));
}

/* ---- values that are there more than once: all nulls are one, which no sum counts ---- */

static double perRecurToAllVal(const fresh_series *s) {
  double n = 0;
  for (size_t i = 0; i < s->n_distinct; i++) n += s->repeats[i] > 1 ? s->repeats[i] : 0;
  return n / (double)s->n;
}

static double sumRecurringDataPoint(const fresh_series *s) {
  double sum = 0;
  for (size_t i = 0; i < s->n_distinct; i++)
    if (s->repeats[i] > 1 && !isnan(s->distinct[i])) sum += s->distinct[i] * s->repeats[i];
  return sum;
}

static double sumRecurringVal(const fresh_series *s) {
  double sum = 0;
  for (size_t i = 0; i < s->n_distinct; i++)
    if (s->repeats[i] > 1 && !isnan(s->distinct[i])) sum += s->distinct[i];
  return sum;
}

/* ---- moments: n counts the nulls, but in the sample variance ---- */

static double power_sum(const fresh_series *s, double mean, int power) {
  double sum = 0;
  for (size_t i = 0; i < s->n; i++) {
    double d = s->x[i] - mean, d2 = d * d;
    if (!isnan(d)) sum += power == 2 ? d2 : power == 3 ? d2 * d : d2 * d2;
  }
  return sum;
}

static double skewness(const fresh_series *s) {
  kx_numbers m = fresh__kx_numbers(s);
  double n = (double)s->n, sample = m.variance * (double)m.n / ((double)m.n - 1);
  if (s->n < 3 || m.n < 2 || m.min == m.max) return NAN;
  return n * power_sum(s, m.mean, 3) / (sample * sqrt(sample) * (n - 1) * (n - 2));
}

static double kurtosis(const fresh_series *s) {
  kx_numbers m = fresh__kx_numbers(s);
  double n = (double)s->n, m2 = power_sum(s, m.mean, 2), m4 = power_sum(s, m.mean, 4);
  if (s->n < 4 || m.n < 2 || m.min == m.max) return NAN;
  return (n - 1) / ((n - 2) * (n - 3)) * (n * (n + 1) * (m4 / (m2 * m2)) - 3 * (n - 1));
}

static double mean2DerCentral(const fresh_series *s) {
  double sum = 0;
  size_t n = 0;
  for (size_t i = 2; i < s->n; i++) {
    double change = .5 * (s->x[i] + s->x[i - 2]) - s->x[i - 1];
    if (isnan(change)) continue;
    sum += change;
    n++;
  }
  return sum / (double)n;
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
    ROW(firstMax),
    ROW(firstMin),
    ROW(hasDupMax),
    ROW(hasDupMin),
    ROW(kurtosis),
    ROW(lastMax),
    ROW(lastMin),
    ROW(longStrikeAboveMean),
    ROW(longStrikeBelowMean),
    ROW(max),
    ROW(mean),
    ROW(mean2DerCentral),
    ROW(meanAbsChange),
    ROW(med),
    ROW(min),
    ROW(perRecurToAllVal),
    ROW(skewness),
    ROW(stdDev),
    ROW(sumRecurringDataPoint),
    ROW(sumRecurringVal),
    ROW(sumVal),
    ROW(var),
    ROW(varAboveStdDev),
#undef ROW
};

static fresh_value *value_of(const fresh_feature *feature) {
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (table[i].feature == feature) return table[i].value;
  return NULL;
}

bool fresh__kx_of_nulls(const fresh_feature *feature, const fresh_series *s, const fresh_args *args,
                        size_t n_args, double *out) {
  fresh_value *value = value_of(feature);
  fresh_values *values = value ? NULL : fresh__kx_values_of_nulls(feature);
  if (value) *out = value(s);
  if (values) values(s, args, n_args, out);
  return value || values;
}
