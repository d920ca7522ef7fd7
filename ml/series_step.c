/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Is the time from row to row of a series always the same? */
#include <float.h>
#include <math.h>

#include <ml/series_internal.h>

/* Of a step between numbers: what is written with ten digits is still regular. */
static const double tolerance = 1e-9;

static bool numbers_are_regular(const int64_t *key, const series_order *order, size_t at,
                                size_t n) {
  double first = series__key_to_double(key[series__row(order, at)]);
  double last = series__key_to_double(key[series__row(order, at + n - 1)]);
  double step = (last - first) / (double)(n - 1);
  double off = tolerance * step + 4 * DBL_EPSILON * fmax(fabs(first), fabs(last));
  for (size_t i = 1; i < n; i++) {
    double a = series__key_to_double(key[series__row(order, at + i - 1)]);
    double b = series__key_to_double(key[series__row(order, at + i)]);
    if (!(fabs(b - a - step) <= off)) return false;
  }
  return true;
}

static bool dates_are_regular(const int64_t *key, const series_order *order, size_t at, size_t n) {
  uint64_t step = 0;
  for (size_t i = 1; i < n; i++) {
    uint64_t a = (uint64_t)key[series__row(order, at + i - 1)];
    uint64_t b = (uint64_t)key[series__row(order, at + i)];
    if (i == 1) step = b - a;
    if (b - a != step) return false;
  }
  return true;
}

size_t series__find_irregular(const int64_t *key, const series_order *order, size_t n_groups,
                              ml_clock clock) {
  for (size_t g = 0; key && g < n_groups; g++) {
    size_t at = order->starts[g], n = order->starts[g + 1] - at;
    bool is_date = clock == ML_CLOCK_TIME;
    if (n < 3) continue;
    if (!(is_date ? dates_are_regular : numbers_are_regular)(key, order, at, n)) return g;
  }
  return SIZE_MAX;
}
