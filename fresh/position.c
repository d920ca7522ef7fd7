/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where in time: places of extremes, of mass and of energy. */
#include <math.h>

#include <ml/stats_internal.h>

#include "feature.h"

static double first_location_of_maximum(const fresh_series *s) {
  return (double)s->first_max / (double)s->n;
}

static double first_location_of_minimum(const fresh_series *s) {
  return (double)s->first_min / (double)s->n;
}

/* (last + 1) / n, rounded as the reference rounds it. */
static double end_of(const fresh_series *s, size_t last) {
  return 1 - (double)(s->n - 1 - last) / (double)s->n;
}

static double last_location_of_maximum(const fresh_series *s) {
  return end_of(s, s->last_max);
}

static double last_location_of_minimum(const fresh_series *s) {
  return end_of(s, s->last_min);
}

/* First i with running[i] / total >= q, or 0 when there is none. The quotients ascend; those of a
 * total that is not finite are 0 or NaN, and reach nothing. */
static size_t first_reaching(const double *running, size_t n, double total, double q) {
  size_t low = 0, high = n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (running[middle] / total >= q)
      high = middle;
    else
      low = middle + 1;
  }
  return low < n ? low : 0;
}

static void index_mass_quantile(const fresh_series *s, const fresh_args *args, size_t n_args,
                                double *out) {
  for (size_t i = 0; i < s->n; i++) s->work[i] = fabs(s->x[i]);
  double total = stats__sum(s->work, s->n), running = 0;
  for (size_t i = 0; i < s->n; i++) s->work[i] = running += s->work[i];
  for (size_t k = 0; k < n_args; k++) {
    size_t i = first_reaching(s->work, s->n, total, args[k].v[0]);
    out[k] = total == 0 ? NAN : (double)(i + 1) / (double)s->n;
  }
}

static void energy_ratio_by_chunks(const fresh_series *s, const fresh_args *args, size_t n_args,
                                   double *out) {
  for (size_t k = 0; k < n_args; k++) {
    size_t n_chunks = (size_t)args[k].v[0], at = (size_t)args[k].v[1];
    size_t length = s->n / n_chunks, n_longer = s->n % n_chunks;
    size_t start = at * length + (at < n_longer ? at : n_longer);
    double part = stats__sum(s->squares + start, length + (at < n_longer));
    out[k] = s->energy == 0 ? NAN : part / s->energy;
  }
}

static const char *check_focus(const ml_param_value *values) {
  return values[1].v < values[0].v ? NULL : "segment_focus must be less than num_segments";
}

#define LOCATION(which, what, text, expression)               \
  const fresh_feature fresh__##which##_location_of_##what = { \
      .info = {.name = #which "_location_of_" #what,          \
               .summary = text,                               \
               .formula = expression,                         \
               .nan_rule = "never",                           \
               .cost = "n",                                   \
               .source = "tsfresh",                           \
               FRESH_NO_PARAMS},                              \
      .presets = FRESH_IN_MOST,                               \
      .needs = FRESH_EXTREMES,                                \
      .value = which##_location_of_##what}

LOCATION(first, maximum, "relative place of the first largest value", "argmax(x) / n");
LOCATION(first, minimum, "relative place of the first smallest value", "argmin(x) / n");
LOCATION(last, maximum, "relative place just behind the last largest value",
         "1 - argmax(x backwards) / n");
LOCATION(last, minimum, "relative place just behind the last smallest value",
         "1 - argmin(x backwards) / n");

static const ml_fresh_param mass_params[] = {
    {.name = "q", .kind = ML_PARAM_REAL, .lo = 0, .hi = 1, .doc = "fraction of the mass"}};
static const ml_param_value mass_grid[] = {FRESH_REAL(.1), FRESH_REAL(.2), FRESH_REAL(.3),
                                           FRESH_REAL(.4), FRESH_REAL(.6), FRESH_REAL(.7),
                                           FRESH_REAL(.8), FRESH_REAL(.9)};

const fresh_feature fresh__index_mass_quantile = {
    .info = {.name = "index_mass_quantile",
             .summary = "relative place up to which a fraction q of the mass lies",
             .formula = "(i + 1) / n, i the first with sum |x[0..i]| / sum |x| >= q; 1 / n when "
                        "none is",
             .nan_rule = "all values are 0",
             .cost = "n",
             .source = "tsfresh",
             FRESH_PARAMS(mass_params, mass_grid)},
    .presets = FRESH_IN_MOST,
    .values = index_mass_quantile};

static const ml_fresh_param chunk_params[] = {{.name = "num_segments",
                                               .kind = ML_PARAM_INT,
                                               .lo = 1,
                                               .hi = 1e9,
                                               .doc = "number of consecutive pieces"},
                                              {.name = "segment_focus",
                                               .kind = ML_PARAM_INT,
                                               .lo = 0,
                                               .hi = 1e9,
                                               .doc = "which piece, from 0"}};
#define CHUNK(k) FRESH_INT(10), FRESH_INT(k)
static const ml_param_value chunk_grid[] = {CHUNK(0), CHUNK(1), CHUNK(2), CHUNK(3), CHUNK(4),
                                            CHUNK(5), CHUNK(6), CHUNK(7), CHUNK(8), CHUNK(9)};
#undef CHUNK

const fresh_feature fresh__energy_ratio_by_chunks = {
    .info = {.name = "energy_ratio_by_chunks",
             .summary = "share of the energy that lies in one piece of the series",
             .formula = "sum of squares of the piece / sum of all squares; the first n mod "
                        "num_segments pieces are one longer",
             .nan_rule = "all squares are 0",
             .cost = "n",
             .source = "tsfresh",
             FRESH_PARAMS(chunk_params, chunk_grid)},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_SQUARES,
    .check = check_focus,
    .values = energy_ratio_by_chunks};
