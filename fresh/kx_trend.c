/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KX's straight lines, through the values and through aggregates of chunks. */
#include <math.h>

#include <ml/stats_internal.h>

#include "aggregate.h"
#include "kx.h"

static double or_0(double value) {
  return isnan(value) ? 0 : value;
}

static bool is_constant(const double *y, size_t n) {
  size_t i = 1;
  while (i < n && y[i] == y[0]) i++;
  return i >= n;
}

kx_line fresh__kx_line(const double *y, size_t n, double *spare) {
  double length = (double)n, middle = (length - 1) / 2, mean = stats__sum(y, n) / length;
  if (n == 1) return (kx_line){0};
  if (is_constant(y, n)) return (kx_line){.intercept = or_0(y[0])};
  for (size_t i = 0; i < n; i++) spare[i] = ((double)i - middle) * (y[i] - mean);
  double both = stats__sum(spare, n) / length, of_time = (length * length - 1) / 12;
  double slope = both / of_time, variance = stats__variance(y, n, mean, spare);
  return (kx_line){.rval = or_0(both / (sqrt(of_time) * sqrt(variance))),
                   .intercept = or_0(mean - slope * middle),
                   .slope = or_0(slope)};
}

/* In the order of the choices. */
static double part_of(const kx_line *line, size_t part) {
  return part == 0 ? line->rval : part == 1 ? line->intercept : line->slope;
}

/* ---- linTrend ---- */

static void linTrend(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  kx_line line = fresh__kx_line(s->x, s->n, s->work);
  for (size_t k = 0; k < n_args; k++) out[k] = part_of(&line, (size_t)args[k].v[0]);
}

static const ml_fresh_param line_params[] = {{.name = "key",
                                              .kind = ML_PARAM_ENUM,
                                              .hi = 2,
                                              .choices = "rval|intercept|slope",
                                              .doc = "which of the values"}};
static const ml_param_value line_grid[] = {FRESH_CHOICE(0), FRESH_CHOICE(1), FRESH_CHOICE(2)};

const fresh_feature fresh__kx_linTrend = {
    .info = {KX_TEXTS("kx", linTrend, "straight line through the values",
                      "least squares of x[i] on i; what is not defined is 0", "never", "n"),
             .column = "linTrend_%0", .assumes_step = true, FRESH_PARAMS(line_params, line_grid)},
    .presets = KX_BOTH,
    .is_expanded = true,
    .values = linTrend};

/* ---- aggLinTrend ---- */

enum { N_AGGREGATES = 4 };

/* Nulls of a chunk are passed over, unless there is nothing else. */
static size_t take_chunk(const fresh_series *s, size_t start, size_t length, double *chunk) {
  size_t n = 0;
  for (size_t i = start; i < start + length; i++)
    if (!isnan(s->x[i])) chunk[n++] = s->x[i];
  if (n == 0) chunk[n++] = NAN;
  return n;
}

static kx_line line_of_chunks(const fresh_series *s, size_t length, size_t what) {
  double *y = s->work, *values = s->work + s->n, *spare = s->work + 2 * s->n;
  size_t m = 0;
  for (size_t start = 0; start < s->n; start += length) {
    size_t n = s->n - start < length ? s->n - start : length;
    fresh_sample chunk = {.values = s->x + start, .n = n, .spare = spare};
    if (s->has_nulls) {
      chunk.n = take_chunk(s, start, n, values);
      chunk.values = values;
    }
    y[m++] = fresh__aggregate(&chunk, what);
  }
  return fresh__kx_line(y, m, spare);
}

/* Neighbouring sets with the same chunks share the lines. */
static void aggLinTrend(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  static const unsigned char aggregates[N_AGGREGATES] = {KX_MAX, KX_MIN, KX_VARIANCE, KX_MEAN};
  kx_line lines[N_AGGREGATES];
  for (size_t k = 0; k < n_args; k++) {
    size_t key = (size_t)args[k].v[1];
    if (k == 0 || args[k].v[0] != args[k - 1].v[0])
      for (size_t a = 0; a < N_AGGREGATES; a++)
        lines[a] = line_of_chunks(s, (size_t)args[k].v[0], aggregates[a]);
    out[k] = part_of(&lines[key % N_AGGREGATES], key / N_AGGREGATES);
  }
}

static const ml_fresh_param chunk_params[] = {
    {.name = "chunkLen",
     .kind = ML_PARAM_INT,
     .lo = 1,
     .hi = 1e9,
     .doc = "length of the chunks; the last one may be shorter"},
    {.name = "key",
     .kind = ML_PARAM_ENUM,
     .hi = 11,
     .choices = "rval_max|rval_min|rval_var|rval_avg|intercept_max|intercept_min|intercept_var|"
                "intercept_avg|slope_max|slope_min|slope_var|slope_avg",
     .doc = "which value of the line through which aggregate"}};
#define SET(length, key) FRESH_INT(length), FRESH_CHOICE(key)
#define KEYS(length)                                                                              \
  SET(length, 0), SET(length, 1), SET(length, 2), SET(length, 3), SET(length, 4), SET(length, 5), \
      SET(length, 6), SET(length, 7), SET(length, 8), SET(length, 9), SET(length, 10),            \
      SET(length, 11)
static const ml_param_value chunk_grid[] = {KEYS(5), KEYS(10), KEYS(50)};
#undef KEYS
#undef SET

const fresh_feature fresh__kx_aggLinTrend = {
    .info = {KX_TEXTS("kx", aggLinTrend, "straight line through an aggregate of chunks",
                      "least squares of the aggregates of chunks on 0, 1, ...; what is not "
                      "defined is 0",
                      "never", "n"),
             .column = "aggLinTrend_chunkLen_%0_%1", .assumes_step = true,
             FRESH_PARAMS(chunk_params, chunk_grid)},
    .presets = KX_BOTH,
    .n_work = 3,
    .is_expanded = true,
    .values = aggLinTrend};

/* ---- augFuller ---- */

/* The parameters of the other that are not given are 0: its first choice, Akaike's criterion. */
static void augFuller(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  if (s->min != s->max) {
    fresh__augmented_dickey_fuller.values(s, args, n_args, out);
    return;
  }
  for (size_t k = 0; k < n_args; k++) out[k] = NAN;
}

static size_t size_of_augFuller(size_t n, const fresh_args *args, size_t n_args) {
  const fresh_feature *other = &fresh__augmented_dickey_fuller;
  return fresh__work_size(other, n, args, n_args);
}

static const ml_fresh_param test_params[] = {{.name = "key",
                                              .kind = ML_PARAM_ENUM,
                                              .hi = 2,
                                              .choices = "teststat|pvalue|usedlag",
                                              .doc = "what is asked of the test"}};
static const ml_param_value test_grid[] = {FRESH_CHOICE(0), FRESH_CHOICE(1), FRESH_CHOICE(2)};

const fresh_feature fresh__kx_augFuller = {
    .info = {KX_TEXTS(
                 "kx", augFuller, "test of whether the series is a random walk",
                 "augmented Dickey-Fuller test with a constant; the number of lags by Akaike's "
                 "criterion, the p-value by MacKinnon",
                 "n < 4, all values are equal, or the fit is perfect", "n^1.25"),
             .column = "augFuller_%0", .assumes_step = true, FRESH_PARAMS(test_params, test_grid)},
    .presets = KX_BOTH,
    .needs = FRESH_MEAN | FRESH_SPREAD | FRESH_EXTREMES | FRESH_CHANGES,
    .work_size = size_of_augFuller,
    .is_expanded = true,
    .values = augFuller};
