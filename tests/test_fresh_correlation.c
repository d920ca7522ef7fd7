/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The autocorrelation family: cases by hand. */
#include <math.h>

#include "fresh_cases.h"

enum { MEAN, VAR, STD, MEDIAN, MAX, MIN, SUM, PROD, PTP };

#define RAMP \
  { 1, 2, 3, 4 } /* autocovariances 5/4, 5/12, -3/4, -9/4; autocorrelations 1/3, -.6, -1.8 */

static feature_case cases[] = {
    {"autocorrelation: 0", "autocorrelation", {{0}}, 4, RAMP, 1},
    {"autocorrelation: 1", "autocorrelation", {{1}}, 4, RAMP, 1. / 3},
    {"autocorrelation: last", "autocorrelation", {{3}}, 4, RAMP, -1.8},
    {"autocorrelation: no term", "autocorrelation", {{4}}, 4, RAMP, NAN},
    {"autocorrelation: far beyond", "autocorrelation", {{1e9}}, 4, RAMP, NAN},
    {"autocorrelation: variance 1e-8",
     "autocorrelation",
     {{1}},
     4,
     {1e-4, -1e-4, 1e-4, -1e-4},
     NAN},
    {"autocorrelation: variance above",
     "autocorrelation",
     {{1}},
     4,
     {2e-4, -2e-4, 2e-4, -2e-4},
     -1},
    {"autocorrelation: one value", "autocorrelation", {{0}}, 1, {5}, NAN},
    {"autocorrelation: NaN", "autocorrelation", {{1}}, 3, {1, NAN, 2}, NAN},

    {"agg_autocorrelation: mean", "agg_autocorrelation", {{MEAN, 40}}, 4, RAMP, -31. / 45},
    {"agg_autocorrelation: median", "agg_autocorrelation", {{MEDIAN, 40}}, 4, RAMP, -.6},
    {"agg_autocorrelation: var of two", "agg_autocorrelation", {{VAR, 2}}, 4, RAMP, 49. / 225},
    {"agg_autocorrelation: std of two", "agg_autocorrelation", {{STD, 2}}, 4, RAMP, 7. / 15},
    {"agg_autocorrelation: max", "agg_autocorrelation", {{MAX, 40}}, 4, RAMP, 1. / 3},
    {"agg_autocorrelation: min", "agg_autocorrelation", {{MIN, 40}}, 4, RAMP, -1.8},
    {"agg_autocorrelation: sum", "agg_autocorrelation", {{SUM, 40}}, 4, RAMP, -31. / 15},
    {"agg_autocorrelation: prod", "agg_autocorrelation", {{PROD, 40}}, 4, RAMP, .36},
    {"agg_autocorrelation: ptp", "agg_autocorrelation", {{PTP, 40}}, 4, RAMP, 32. / 15},
    {"agg_autocorrelation: one lag", "agg_autocorrelation", {{MEAN, 1}}, 4, RAMP, 1. / 3},
    {"agg_autocorrelation: two values", "agg_autocorrelation", {{MEAN, 40}}, 2, {1, 2}, -1},
    {"agg_autocorrelation: one value", "agg_autocorrelation", {{MEAN, 40}}, 1, {5}, 0},
    {"agg_autocorrelation: constant", "agg_autocorrelation", {{MIN, 40}}, 3, {5, 5, 5}, 0},
    {"agg_autocorrelation: variance below 1e-10",
     "agg_autocorrelation",
     {{MIN, 1}},
     2,
     {0, 1.9e-5},
     0},
    {"agg_autocorrelation: variance above", "agg_autocorrelation", {{MIN, 1}}, 2, {0, 2.1e-5}, -1},
    {"agg_autocorrelation: NaN", "agg_autocorrelation", {{MAX, 40}}, 3, {1, NAN, 2}, NAN},

    {"partial_autocorrelation: 1", "partial_autocorrelation", {{1}}, 4, RAMP, 1. / 3},
    {"partial_autocorrelation: 2 needs n >= 6", "partial_autocorrelation", {{2}}, 4, RAMP, NAN},
    /* (r2 - r1^2) / (1 - r1^2), r1 = 3/5, r2 = 3/35 */
    {"partial_autocorrelation: 2",
     "partial_autocorrelation",
     {{2}},
     6,
     {1, 2, 3, 4, 5, 6},
     -3. / 7},
    {"partial_autocorrelation: 0 alone", "partial_autocorrelation", {{0}}, 4, RAMP, NAN},
    {"partial_autocorrelation: constant", "partial_autocorrelation", {{1}}, 4, {5, 5, 5, 5}, NAN},
    {"partial_autocorrelation: one value", "partial_autocorrelation", {{1}}, 1, {5}, NAN},
};

/* The greatest lag asked for decides what is computed at all. */
static void lag_0_has_company(void **state) {
  (void)state;
  const double ramp[] = RAMP, constant[] = {5, 5, 5, 5}, pair[] = {1, 2};
  const char *json = "{\"partial_autocorrelation\": [{\"lag\": 0}, {\"lag\": 9}]}";
  expect_same("ramp", feature_by_json(json, false, ramp, 4), 1);
  expect_same("constant", feature_by_json(json, false, constant, 4), 1);
  expect_same("too short", feature_by_json(json, false, pair, 2), NAN);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(lag_0_has_company)};
  return run_feature_cases("fresh/correlation", cases, sizeof cases / sizeof *cases) +
         cmocka_run_group_tests_name("fresh/correlation quirks", tests, NULL, NULL);
}
