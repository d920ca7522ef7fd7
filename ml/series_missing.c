/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values that are not there: filled in from their neighbours, or taken out of their series. */
#include <math.h>
#include <stdlib.h>

#include <ml/series_internal.h>

series_gaps series__gaps(ml_missing missing, ml_missing infinite) {
  series_gaps gaps = {missing, infinite};
  if (missing == ML_MISSING_DEFAULT) gaps.missing = ML_MISSING_ERROR;
  if (infinite == ML_MISSING_DEFAULT) gaps.infinite = gaps.missing;
  return gaps;
}

static ml_missing fate(series_gaps gaps, double x) {
  return isfinite(x) ? ML_MISSING_PROPAGATE : isnan(x) ? gaps.missing : gaps.infinite;
}

/* ---- on the line between neighbours ---- */

static double distance(int64_t from, int64_t to, ml_clock clock) {
  if (clock == ML_CLOCK_TIME) return (double)to - (double)from;
  return series__key_to_double(to) - series__key_to_double(from);
}

/* How far row i is on the way from row a to row b, where a < i < b. Rows of equal times are told
 * apart by their order. */
static double share(const int64_t *times, ml_clock clock, size_t a, size_t i, size_t b) {
  double whole = times ? distance(times[a], times[b], clock) : 0;
  if (whole > 0 && isfinite(whole)) return distance(times[a], times[i], clock) / whole;
  return (double)(i - a) / (double)(b - a);
}

/* Fill the rows between a and b, where x is finite; SIZE_MAX stands for an end of the series. */
static void fill(double *x, const int64_t *times, const ml_series_set *set, series_gaps gaps,
                 size_t a, size_t b, size_t n) {
  size_t first = a == SIZE_MAX ? 0 : a + 1, end = b == SIZE_MAX ? n : b;
  if (a == SIZE_MAX && b == SIZE_MAX) return;
  for (size_t i = first; i < end; i++) {
    if (fate(gaps, x[i]) != ML_MISSING_INTERPOLATE) continue;
    if (a == SIZE_MAX || b == SIZE_MAX) {
      x[i] = x[a == SIZE_MAX ? b : a];
      continue;
    }
    double w = share(times, set->clock, a, i, b);
    x[i] = x[a] == x[b] ? x[a] : x[a] * (1 - w) + x[b] * w; /* no overflow on the way */
  }
}

static void interpolate_series(ml_series_set *set, series_span span, series_gaps gaps) {
  double *x = set->values + span.start;
  const int64_t *times = series__times(set, span.start);
  size_t before = SIZE_MAX;
  for (size_t i = 0; i < span.n; i++) {
    if (!isfinite(x[i])) continue;
    if (i > before + 1) fill(x, times, set, gaps, before, i, span.n); /* SIZE_MAX + 1 is 0 */
    before = i;
  }
  if (before != SIZE_MAX) fill(x, times, set, gaps, before, SIZE_MAX, span.n);
}

void series__interpolate(ml_series_set *set, series_gaps gaps) {
  if (!series__gaps_need_times(gaps)) return;
  for (size_t s = 0; s < set->n_ids * set->n_kinds; s++)
    if (set->spans[s].n > 0) interpolate_series(set, set->spans[s], gaps);
}

/* ---- out of their series ---- */

static bool is_dropped(series_gaps gaps, double x) {
  return fate(gaps, x) >= ML_MISSING_DROP;
}

/* For every 64 values: which of them stay, and how many of all values before them do. */
typedef struct stay {
  uint64_t bits;
  size_t before;
} stay;

static stay *mark(const ml_series_set *set, series_gaps gaps) {
  stay *stays = calloc(set->n_values / 64 + 1, sizeof *stays);
  if (!stays) return NULL;
  for (size_t v = 0; v < set->n_values; v++)
    if (!is_dropped(gaps, set->values[v])) stays[v / 64].bits |= UINT64_C(1) << v % 64;
  for (size_t i = 0; i < set->n_values / 64; i++)
    stays[i + 1].before = stays[i].before + (size_t)__builtin_popcountll(stays[i].bits);
  return stays;
}

/* How many of the values before v stay. */
static size_t rank(const stay *stays, size_t v) {
  const stay *of = &stays[v / 64];
  return of->before + (size_t)__builtin_popcountll(of->bits & ((UINT64_C(1) << v % 64) - 1));
}

/* Do the values of a span that stay lie equally far apart? */
static bool stay_regular(const stay *stays, series_span span) {
  size_t last = SIZE_MAX, step = 0;
  size_t n = rank(stays, span.start + span.n) - rank(stays, span.start);
  if (n < 3 || n == span.n) return true;
  for (size_t v = span.start; v < span.start + span.n; v++) {
    if (!(stays[v / 64].bits >> v % 64 & 1)) continue;
    if (last != SIZE_MAX && step == 0) step = v - last;
    if (last != SIZE_MAX && v - last != step) return false;
    last = v;
  }
  return true;
}

/* Series whose steps of time were equal may have unequal ones without what is dropped. */
static void find_irregular(ml_series_set *set, const stay *stays) {
  for (size_t s = 0; set->clock != ML_CLOCK_NONE && s < set->n_ids * set->n_kinds; s++) {
    size_t i = s / set->n_kinds, id = set->parents ? set->parent[i] : i;
    if (id >= set->irregular) return; /* the first one counts */
    if (!stay_regular(stays, set->spans[s])) set->irregular = id;
  }
}

/* Kinds that lose different values cannot share their times any more. */
static bool part_times(ml_series_set *set) {
  if (set->n_times == 0 || set->n_times == set->n_values) return true;
  int64_t *times = reallocarray(set->times, set->n_values, sizeof *times);
  if (!times) return false;
  for (size_t v = set->n_times; v < set->n_values; v++) times[v] = times[v - set->n_times];
  set->times = times;
  set->n_times = set->n_values;
  return true;
}

static void squeeze(ml_series_set *set, const stay *stays) {
  size_t to = 0;
  for (size_t v = 0; v < set->n_values; v++) {
    if (!(stays[v / 64].bits >> v % 64 & 1)) continue;
    set->values[to] = set->values[v];
    if (set->n_times) set->times[to] = set->times[v];
    to++;
  }
  for (size_t s = 0; s < set->n_ids * set->n_kinds; s++) {
    series_span *span = &set->spans[s];
    size_t end = rank(stays, span->start + span->n);
    span->start = rank(stays, span->start);
    span->n = end - span->start;
  }
  set->n_values = to;
  if (set->n_times) set->n_times = to;
}

ml_status series__drop(ml_series_set *set, series_gaps gaps, ml_error *err) {
  size_t v = 0;
  if (gaps.missing < ML_MISSING_DROP && gaps.infinite < ML_MISSING_DROP) return ML_OK;
  while (v < set->n_values && !is_dropped(gaps, set->values[v])) v++;
  if (v == set->n_values) return ML_OK;
  stay *stays = mark(set, gaps);
  bool ok = stays && part_times(set);
  if (ok) find_irregular(set, stays);
  if (ok) squeeze(set, stays);
  free(stays);
  return ok ? ML_OK : ml_error_memory(err);
}
