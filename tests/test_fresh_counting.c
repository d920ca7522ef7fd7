/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts, places and recurrence. */
#include <math.h>

#include "fresh_cases.h"

static feature_case cases[] = {
    {"count_above_mean: equal is not above", "count_above_mean", {{0}}, 5, {1, 2, 3, 4, 5}, 2},
    {"count_below_mean: equal is not below", "count_below_mean", {{0}}, 5, {1, 2, 3, 4, 5}, 2},
    {"longest_strike_above_mean", "longest_strike_above_mean", {{0}}, 7, {9, 0, 9, 9, 0, 0, 0}, 2},
    {"longest_strike_below_mean", "longest_strike_below_mean", {{0}}, 7, {9, 0, 9, 9, 0, 0, 0}, 3},
    {"longest_strike: constant", "longest_strike_above_mean", {{0}}, 3, {5, 5, 5}, 0},
    {"count_above: equal counts", "count_above", {{2}}, 4, {1, 2, 3, 0}, .5},
    {"count_below: equal counts", "count_below", {{2}}, 4, {1, 2, 3, 0}, .75},
    {"value_count: by hand", "value_count", {{2}}, 4, {2, 1, 2, 3}, 2},
    {"value_count: -0 equals 0", "value_count", {{0}}, 3, {0., -0., 1}, 2},
    {"value_count: NaN counts NaN", "value_count", {{NAN}}, 3, {NAN, 1, NAN}, 2},
    {"range_count: max is outside", "range_count", {{3, 1}}, 5, {0, 1, 2, 3, 4}, 2},
    {"range_count: empty", "range_count", {{1, 3}}, 5, {0, 1, 2, 3, 4}, 0},
    {"number_crossing_m: m itself is not above", "number_crossing_m", {{1}}, 5, {0, 1, 2, 1, 0}, 2},
    {"number_crossing_m: one value", "number_crossing_m", {{1}}, 1, {0}, 0},
    {"number_peaks: support 1", "number_peaks", {{1}}, 7, {0, 2, 0, 3, 0, 1, 0}, 3},
    {"number_peaks: support 2", "number_peaks", {{2}}, 7, {0, 2, 0, 3, 0, 1, 0}, 1},
    {"number_peaks: support 3", "number_peaks", {{3}}, 7, {0, 2, 0, 3, 0, 1, 0}, 1},
    {"number_peaks: support 4 has no room", "number_peaks", {{4}}, 7, {0, 2, 0, 3, 0, 1, 0}, 0},
    {"number_peaks: ends are none", "number_peaks", {{1}}, 4, {9, 0, 0, 9}, 0},
    {"number_peaks: a plateau is none", "number_peaks", {{1}}, 4, {0, 2, 2, 0}, 0},
    {"first maximum", "first_location_of_maximum", {{0}}, 5, {0, 3, 1, 3, 0}, .2},
    {"last maximum", "last_location_of_maximum", {{0}}, 5, {0, 3, 1, 3, 0}, .8},
    {"first minimum", "first_location_of_minimum", {{0}}, 5, {1, 0, 1, 0, 2}, .2},
    {"last minimum", "last_location_of_minimum", {{0}}, 5, {1, 0, 1, 0, 2}, .8},
    {"last maximum: at the end", "last_location_of_maximum", {{0}}, 3, {0, 1, 2}, 1},
    {"first maximum: NaN is the largest",
     "first_location_of_maximum",
     {{0}},
     4,
     {0, NAN, 9, 0},
     .25},
    {"last minimum: NaN is the smallest",
     "last_location_of_minimum",
     {{0}},
     4,
     {0, NAN, 9, -1},
     .5},
    {"index_mass_quantile: half", "index_mass_quantile", {{.5}}, 4, {1, -1, 1, 1}, .5},
    {"index_mass_quantile: a bit more", "index_mass_quantile", {{.51}}, 4, {1, -1, 1, 1}, .75},
    {"index_mass_quantile: 1", "index_mass_quantile", {{1}}, 4, {1, -1, 1, 0}, .75},
    {"index_mass_quantile: 0", "index_mass_quantile", {{0}}, 4, {1, -1, 1, 1}, .25},
    {"index_mass_quantile: no mass", "index_mass_quantile", {{.5}}, 2, {0, 0}, NAN},
    {"index_mass_quantile: infinite mass",
     "index_mass_quantile",
     {{.5}},
     4,
     {1, INFINITY, 1, 1},
     .25},
    /* num_segments, segment_focus: pieces {1, 2} {3} {1}, energy 15 */
    {"energy_ratio: first pieces are longer",
     "energy_ratio_by_chunks",
     {{3, 0}},
     4,
     {1, 2, 3, 1},
     5 / 15.},
    {"energy_ratio: second piece", "energy_ratio_by_chunks", {{3, 1}}, 4, {1, 2, 3, 1}, 9 / 15.},
    {"energy_ratio: last piece", "energy_ratio_by_chunks", {{3, 2}}, 4, {1, 2, 3, 1}, 1 / 15.},
    {"energy_ratio: empty piece", "energy_ratio_by_chunks", {{10, 9}}, 2, {1, 2}, 0},
    {"energy_ratio: no energy", "energy_ratio_by_chunks", {{10, 0}}, 2, {0, 0}, NAN},
    {"has_duplicate_max: yes", "has_duplicate_max", {{0}}, 3, {2, 1, 2}, 1},
    {"has_duplicate_max: no", "has_duplicate_max", {{0}}, 3, {1, 1, 2}, 0},
    {"has_duplicate_min: yes", "has_duplicate_min", {{0}}, 3, {1, 1, 2}, 1},
    {"has_duplicate_min: -0 and 0", "has_duplicate_min", {{0}}, 3, {0., 5, -0.}, 1},
    {"has_duplicate: no", "has_duplicate", {{0}}, 3, {1, 3, 2}, 0},
    {"has_duplicate: yes", "has_duplicate", {{0}}, 3, {1, 3, 1}, 1},
    {"has_duplicate: NaN is one value", "has_duplicate", {{0}}, 3, {NAN, 3, NAN}, 1},
    {"reoccurring values: 2 of 3",
     "percentage_of_reoccurring_values_to_all_values",
     {{0}},
     6,
     {1, 1, 2, 3, 3, 3},
     2 / 3.},
    {"reoccurring points: 5 of 6",
     "percentage_of_reoccurring_datapoints_to_all_datapoints",
     {{0}},
     6,
     {1, 1, 2, 3, 3, 3},
     5 / 6.},
    {"sum of values: each once", "sum_of_reoccurring_values", {{0}}, 6, {1, 1, 2, 3, 3, 3}, 4},
    {"sum of points: all", "sum_of_reoccurring_data_points", {{0}}, 6, {1, 1, 2, 3, 3, 3}, 11},
    {"sum of values: none", "sum_of_reoccurring_values", {{0}}, 2, {1, 2}, 0},
    {"sum of values: 0 times infinity", "sum_of_reoccurring_values", {{0}}, 2, {1, INFINITY}, NAN},
    {"distinct: 3 of 6",
     "ratio_value_number_to_time_series_length",
     {{0}},
     6,
     {1, 1, 2, 3, 3, 3},
     .5},
};

/* Peaks against the definition, word for word. */
static void peaks_are_those_of_the_definition(void **state) {
  (void)state;
  enum { N = 60 };
  double x[N];
  uint64_t seed = 3;
  for (int round = 0; round < 200; round++) {
    size_t n = 1 + next_random(&seed) % N;
    for (size_t i = 0; i < n; i++) x[i] = (double)(next_random(&seed) % (round < 100 ? 5 : 1000));
    for (size_t support = 1; support < 9; support++) {
      double want = 0, arg = (double)support;
      for (size_t i = support; i + support < n; i++) {
        bool is_peak = true;
        for (size_t j = 1; j <= support; j++)
          is_peak = is_peak && x[i] > x[i - j] && x[i] > x[i + j];
        want += is_peak;
      }
      expect_same("number_peaks", feature_value("number_peaks", &arg, x, n), want);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(peaks_are_those_of_the_definition)};
  int failed = cmocka_run_group_tests_name("fresh/peaks", tests, NULL, NULL);
  return failed + run_feature_cases("fresh/counting", cases, sizeof cases / sizeof *cases);
}
