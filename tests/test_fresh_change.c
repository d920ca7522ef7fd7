/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include <math.h>

#include "fresh_cases.h"

/* Choices of f_agg. */
enum { MEAN, VAR, STD, MEDIAN, MAX, MIN, SUM };

static feature_case cases[] = {
    {"mean_abs_change: by hand", "mean_abs_change", {{0}}, 4, {0, 2, -1, 3}, 3},
    {"mean_abs_change: one value", "mean_abs_change", {{0}}, 1, {2}, NAN},
    {"absolute_sum_of_changes: by hand", "absolute_sum_of_changes", {{0}}, 4, {0, 2, -1, 3}, 9},
    {"absolute_sum_of_changes: one value", "absolute_sum_of_changes", {{0}}, 1, {2}, 0},
    {"mean_change: by hand", "mean_change", {{0}}, 4, {0, 2, -1, 3}, 1},
    {"mean_change: one value", "mean_change", {{0}}, 1, {2}, NAN},
    {"second derivative: parabola",
     "mean_second_derivative_central",
     {{0}},
     5,
     {0, 1, 4, 9, 16},
     1},
    {"second derivative: two values", "mean_second_derivative_central", {{0}}, 2, {0, 1}, NAN},
    {"second derivative: three values", "mean_second_derivative_central", {{0}}, 3, {0, 1, 0}, -1},
    {"cid_ce: by hand", "cid_ce", {{0}}, 3, {0, 3, -1}, 5},
    {"cid_ce: one value", "cid_ce", {{0}}, 1, {4}, 0},
    /* standard deviation 2: changes of 2 */
    {"cid_ce: normalised", "cid_ce", {{1}}, 4, {1, 5, 1, 5}, 3.4641016151377546},
    {"cid_ce: variance that underflows", "cid_ce", {{1}}, 2, {0, 3e-162}, 0},
    {"cid_ce: normalised constant", "cid_ce", {{1}}, 3, {4, 4, 4}, 0},
    {"time reversal: by hand",
     "time_reversal_asymmetry_statistic",
     {{1}},
     4,
     {1, 2, 3, 5},
     (3 * 3 * 2 - 2 * 1 * 1 + 5 * 5 * 3 - 3 * 2 * 2) / 2.},
    {"time reversal: lag too long", "time_reversal_asymmetry_statistic", {{2}}, 4, {1, 2, 3, 5}, 0},
    {"time reversal: huge lag", "time_reversal_asymmetry_statistic", {{1e9}}, 2, {1, 2}, 0},
    {"c3: lag 1, by hand", "c3", {{1}}, 4, {1, 2, 3, 4}, (1 * 2 * 3 + 2 * 3 * 4) / 2.},
    {"c3: lag 2, by hand", "c3", {{2}}, 5, {1, 7, 3, 7, 4}, 12},
    {"c3: no term at this lag", "c3", {{2}}, 4, {1, 2, 3, 4}, 0},
    {"c3: lag longer than the series", "c3", {{9}}, 4, {1, 2, 3, 4}, 0},
    {"c3: lag 0 is the mean cube", "c3", {{0}}, 3, {1, 2, 3}, 12},
    {"time_reversal: lag 0", "time_reversal_asymmetry_statistic", {{0}}, 3, {1, 2, 4}, 0},
    /* f_agg, isabs, qh, ql. Quantiles of 0..4 at .25 and .75 are 1 and 3. */
    {"change_quantiles: inside are 1 2 3",
     "change_quantiles",
     {{SUM, 0, .75, .25}},
     7,
     {0, 3, 1, 4, 2, 3, 1},
     -2 + 1 + -2},
    {"change_quantiles: mean of absolute changes",
     "change_quantiles",
     {{MEAN, 1, .75, .25}},
     5,
     {4, 1, 3, 2, 0},
     1.5},
    {"change_quantiles: variance", "change_quantiles", {{VAR, 0, 1, 0}}, 4, {0, 1, 4, 3}, 24 / 9.},
    {"change_quantiles: std", "change_quantiles", {{STD, 1, 1, 0}}, 3, {0, 1, 4}, 1},
    {"change_quantiles: median", "change_quantiles", {{MEDIAN, 0, 1, 0}}, 5, {0, 1, 4, 3, 9}, 2},
    {"change_quantiles: max", "change_quantiles", {{MAX, 0, 1, 0}}, 4, {0, 1, 4, 3}, 3},
    {"change_quantiles: min", "change_quantiles", {{MIN, 0, 1, 0}}, 4, {0, 1, 4, 3}, -1},
    {"change_quantiles: min of absolute", "change_quantiles", {{MIN, 1, 1, 0}}, 4, {0, 3, 1, 5}, 2},
    {"change_quantiles: ql above qh", "change_quantiles", {{MEAN, 0, .2, .8}}, 3, {1, 2, 3}, 0},
    {"change_quantiles: ql = qh", "change_quantiles", {{MEAN, 0, .5, .5}}, 3, {1, 2, 3}, 0},
    {"change_quantiles: one value", "change_quantiles", {{MEAN, 0, 1, 0}}, 1, {1}, 0},
    /* The quantiles coincide: inside are the points equal to them, which change by 0; twice. */
    {"change_quantiles: equal quantiles",
     "change_quantiles",
     {{SUM, 1, .8, .2}},
     6,
     {5, 5, 5, 5, 5, 9},
     0},
    {"change_quantiles: equal quantiles are not nothing",
     "change_quantiles",
     {{MAX, 0, .8, .2}},
     6,
     {5, 5, 5, 5, 5, 9},
     0},
};

/* Sets of parameters in one call, in an order that changes corridor and sign back and forth. */
static void many_sets_are_as_single_ones(void **state) {
  (void)state;
  const fresh_feature *feature = &fresh__change_quantiles;
  static const double sets[][ML_FRESH_MAX_PARAMS] = {
      {MEAN, 0, 1, 0},  {VAR, 0, 1, 0},   {MEAN, 1, 1, 0},     {MAX, 1, .8, 0},  {MAX, 0, .8, 0},
      {VAR, 1, .2, .8}, {VAR, 1, .8, .2}, {MEDIAN, 1, .8, .2}, {SUM, 1, .8, .2}, {SUM, 0, .3, .1},
      {VAR, 0, .9, .1}, {SUM, 0, .8, .2}, {MIN, 1, .5, .4},    {SUM, 0, .5, .1}};
  enum { N_ARGS = sizeof sets / sizeof *sets, N = 40 };
  fresh_args args[N_ARGS] = {0};
  for (size_t k = 0; k < N_ARGS; k++) memcpy(args[k].v, sets[k], sizeof sets[k]);
  double x[N], arena[N * 16], out[N_ARGS];
  uint64_t seed = 11;
  for (size_t i = 0; i < N; i++) x[i] = (double)(next_random(&seed) % 50);
  unsigned needs = fresh__all_needs(feature->needs);
  size_t work_size = fresh__work_size(feature, N, args, N_ARGS);
  assert_true(fresh__arena_size(needs, work_size, N) <= N * 16);
  void *requests = NULL;
  assert_int_equal(feature->open(args, N_ARGS, false, &requests, NULL), ML_OK);
  fresh_series s = {.x = x, .n = N, .state = requests};
  fresh__prepare(&s, needs, arena);
  fresh__compute(feature, &s, args, N_ARGS, out);
  feature->close(requests);
  for (size_t k = 0; k < N_ARGS; k++)
    expect_same("set", out[k], feature_value("change_quantiles", args[k].v, x, N));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(many_sets_are_as_single_ones)};
  int failed = cmocka_run_group_tests_name("fresh/change_quantiles", tests, NULL, NULL);
  return failed + run_feature_cases("fresh/change", cases, sizeof cases / sizeof *cases);
}
