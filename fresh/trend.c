/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Straight lines through a series: over its index, its times, and what its chunks amount to. */
#include <math.h>
#include <stdlib.h>

#include <ml/stats_internal.h>

#include "line.h"

static void linear_trend(const fresh_series *s, const fresh_args *args, size_t n_args,
                         double *out) {
  fresh_line line = fresh__line_centered(s->x, s->centered, s->mean, s->n, s->is_modern);
  for (size_t k = 0; k < n_args; k++) out[k] = fresh__line_value(&line, (size_t)args[k].v[0]);
}

/* Places are hours since the first time. */
static void linear_trend_timewise(const fresh_series *s, const fresh_args *args, size_t n_args,
                                  double *out) {
  double *hours = s->work;
  for (size_t i = 0; i < s->n; i++) {
    /* The difference of any two times is exact in 64 bits without a sign. */
    uint64_t passed = (uint64_t)s->times[i] - (uint64_t)s->times[0];
    hours[i] = (double)passed * 1e-9 / 3600;
  }
  fresh_line line = fresh__line_places(hours, s->x, s->n, s->is_modern, s->work + s->n);
  bool no_time_passes = s->n > 1 && s->times[0] == s->times[s->n - 1];
  for (size_t k = 0; k < n_args; k++)
    out[k] = no_time_passes ? NAN : fresh__line_value(&line, (size_t)args[k].v[0]);
}

/* ---- lines through chunks ---- */

enum { ATTR, CHUNK_LEN, F_AGG };

static double chunk_max(const double *x, size_t n, double *spare) {
  (void)spare;
  double max = x[0];
  for (size_t i = 1; i < n; i++) max = x[i] > max || isnan(x[i]) ? x[i] : max;
  return max;
}

static double chunk_min(const double *x, size_t n, double *spare) {
  (void)spare;
  double min = x[0];
  for (size_t i = 1; i < n; i++) min = x[i] < min || isnan(x[i]) ? x[i] : min;
  return min;
}

static double chunk_sum(const double *x, size_t n, double *spare) {
  (void)spare;
  return stats__sum(x, n);
}

static double chunk_mean(const double *x, size_t n, double *spare) {
  (void)spare;
  return stats__sum(x, n) / (double)n;
}

static double chunk_var(const double *x, size_t n, double *spare) {
  return stats__variance(x, n, stats__sum(x, n) / (double)n, spare);
}

static double chunk_std(const double *x, size_t n, double *spare) {
  return sqrt(chunk_var(x, n, spare));
}

static double chunk_prod(const double *x, size_t n, double *spare) {
  (void)spare;
  double product = x[0];
  for (size_t i = 1; i < n; i++) product *= x[i];
  return product;
}

static double chunk_ptp(const double *x, size_t n, double *spare) {
  return chunk_max(x, n, spare) - chunk_min(x, n, spare);
}

/* In the order of the choices of f_agg. */
static double (*const aggregates[])(const double *, size_t, double *) = {
    chunk_max, chunk_min, chunk_mean, chunk_var, chunk_std, chunk_sum, chunk_prod, chunk_ptp};

/* Which line each set of parameters asks about: those that differ in attr share one. */
typedef struct chunk_lines {
  size_t n_lines;
  size_t *line; /* of each set */
  size_t *set;  /* of each line, the first that asks */
} chunk_lines;

static void close_chunks(void *state) {
  chunk_lines *lines = state;
  free(lines->line);
  free(lines->set);
  free(lines);
}

static ml_status open_chunks(const fresh_args *args, size_t n_args, bool is_modern, void **state,
                             ml_error *err) {
  (void)is_modern;
  chunk_lines *lines = calloc(1, sizeof *lines);
  if (!lines) return ml_error_memory(err);
  lines->line = calloc(n_args, sizeof *lines->line);
  lines->set = calloc(n_args, sizeof *lines->set);
  if (!lines->line || !lines->set) {
    close_chunks(lines);
    return ml_error_memory(err);
  }
  for (size_t k = 0; k < n_args; k++) {
    size_t at = 0;
    while (at < lines->n_lines && (args[lines->set[at]].v[CHUNK_LEN] != args[k].v[CHUNK_LEN] ||
                                   args[lines->set[at]].v[F_AGG] != args[k].v[F_AGG]))
      at++;
    if (at == lines->n_lines) lines->set[lines->n_lines++] = k;
    lines->line[k] = at;
  }
  *state = lines;
  return ML_OK;
}

static void agg_linear_trend(const fresh_series *s, const fresh_args *args, size_t n_args,
                             double *out) {
  const chunk_lines *lines = s->state;
  double *values = s->work, *spare = s->work + s->n;
  for (size_t at = 0; at < lines->n_lines; at++) {
    const double *v = args[lines->set[at]].v;
    size_t length = v[CHUNK_LEN] < (double)s->n ? (size_t)v[CHUNK_LEN] : s->n, n_chunks = 0;
    fresh_line line = {0};
    if (length < s->n) {
      for (size_t i = 0; i < s->n; i += length) {
        size_t left = s->n - i;
        values[n_chunks++] =
            aggregates[(size_t)v[F_AGG]](s->x + i, left < length ? left : length, spare);
      }
      line = fresh__line_index(values, n_chunks, s->is_modern, spare);
    }
    for (size_t k = lines->set[at]; k < n_args; k++)
      if (lines->line[k] == at)
        out[k] = n_chunks ? fresh__line_value(&line, (size_t)args[k].v[ATTR]) : NAN;
  }
}

#define ATTR_PARAM                                                           \
  {                                                                          \
    .name = "attr", .kind = ML_PARAM_ENUM, .hi = FRESH_LINE_INTERCEPT_ERROR, \
    .choices = FRESH_LINE_CHOICES, .doc = "what is asked of the line"        \
  }
static const ml_fresh_param trend_params[] = {ATTR_PARAM};
static const ml_param_value trend_grid[] = {
    FRESH_CHOICE(FRESH_LINE_P), FRESH_CHOICE(FRESH_LINE_R), FRESH_CHOICE(FRESH_LINE_INTERCEPT),
    FRESH_CHOICE(FRESH_LINE_SLOPE), FRESH_CHOICE(FRESH_LINE_ERROR)};

const fresh_feature fresh__linear_trend = {
    .info = {.name = "linear_trend",
             .summary = "line through the series over its index",
             .formula = "x[i] = intercept + slope i by least squares; rvalue: correlation of x and "
                        "i; pvalue: two-sided t test of slope 0; stderr: of the slope",
             .nan_rule = "n = 1, but for rvalue",
             .cost = "n",
             .source =
                 "Galton (1886), J. Anthropol. Inst. 15, 246; Student (1908), Biometrika 6, 1",
             .assumes_step = true,
             FRESH_PARAMS(trend_params, trend_grid)},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_MEAN | FRESH_SPREAD,
    .values = linear_trend};

const fresh_feature fresh__linear_trend_timewise = {
    .info = {.name = "linear_trend_timewise",
             .summary = "line through the series over the hours since its first time",
             .formula =
                 "x[i] = intercept + slope t[i] by least squares, t in hours; as linear_trend",
             .nan_rule = "n = 1, but for rvalue; all times are equal",
             .cost = "n",
             .source =
                 "Galton (1886), J. Anthropol. Inst. 15, 246; Student (1908), Biometrika 6, 1",
             .needs_time = true,
             FRESH_PARAMS(trend_params, trend_grid)},
    .presets = FRESH_IN_MOST | FRESH_IN_INDEX | FRESH_IN_TIME,
    .n_work = 3,
    .values = linear_trend_timewise};

static const ml_fresh_param chunk_params[] = {ATTR_PARAM,
                                              {.name = "chunk_len",
                                               .kind = ML_PARAM_INT,
                                               .lo = 1,
                                               .hi = 1e15,
                                               .doc = "consecutive values that are taken together"},
                                              {.name = "f_agg",
                                               .kind = ML_PARAM_ENUM,
                                               .hi = 7,
                                               .choices = "max|min|mean|var|std|sum|prod|ptp",
                                               .doc = "what is taken of a chunk"}};

#define SETS(attr, length)                                                                         \
  FRESH_CHOICE(attr), FRESH_INT(length), FRESH_CHOICE(0), FRESH_CHOICE(attr), FRESH_INT(length),   \
      FRESH_CHOICE(1), FRESH_CHOICE(attr), FRESH_INT(length), FRESH_CHOICE(2), FRESH_CHOICE(attr), \
      FRESH_INT(length), FRESH_CHOICE(3)
#define LENGTHS(attr) SETS(attr, 5), SETS(attr, 10), SETS(attr, 50)
static const ml_param_value chunk_grid[] = {LENGTHS(FRESH_LINE_R), LENGTHS(FRESH_LINE_INTERCEPT),
                                            LENGTHS(FRESH_LINE_SLOPE), LENGTHS(FRESH_LINE_ERROR)};
#undef LENGTHS
#undef SETS

const fresh_feature fresh__agg_linear_trend = {
    .info = {.name = "agg_linear_trend",
             .summary = "line through maxima, means, ... of consecutive chunks",
             .formula = "y[j] = f_agg of x[j chunk_len .. (j + 1) chunk_len - 1], the last chunk "
                        "may be shorter; then as linear_trend of y",
             .nan_rule = "chunk_len >= n",
             .cost = "n",
             .source = "tsfresh",
             .assumes_step = true,
             FRESH_PARAMS(chunk_params, chunk_grid)},
    .presets = FRESH_IN_MOST,
    .n_work = 2,
    .open = open_chunks,
    .close = close_chunks,
    .values = agg_linear_trend};
