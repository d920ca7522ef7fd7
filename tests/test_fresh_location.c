/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "fresh_cases.h"

static feature_case cases[] = {
    {"sum_values: by hand", "sum_values", {{0}}, 3, {1, 2, 4}, 7},
    {"sum_values: one value", "sum_values", {{0}}, 1, {-3}, -3},
    {"mean: by hand", "mean", {{0}}, 4, {1, 2, 4, 5}, 3},
    {"mean: subnormal", "mean", {{0}}, 2, {5e-324, 5e-324}, 5e-324},
    {"mean: the sum may overflow", "mean", {{0}}, 2, {1e308, 1e308}, INFINITY},
    {"median: odd", "median", {{0}}, 3, {9, 1, 2}, 2},
    {"median: even", "median", {{0}}, 4, {9, 1, 2, 5}, 3.5},
    {"median: one value", "median", {{0}}, 1, {7}, 7},
    {"length", "length", {{0}}, 5, {0}, 5},
    {"minimum: last", "minimum", {{0}}, 3, {3, 2, 1}, 1},
    {"minimum: longer than a register", "minimum", {{0}}, 11, {5, 4, 6, 7, 8, 9, 5, 5, 5, 3, 5}, 3},
    {"maximum: first", "maximum", {{0}}, 3, {3, 2, 1}, 3},
    {"maximum: in the ninth", "maximum", {{0}}, 9, {5, 4, 6, 7, 8, 9, 5, 5, 10}, 10},
    {"absolute_maximum: negative", "absolute_maximum", {{0}}, 3, {-4, 2, 3}, 4},
    {"absolute_maximum: positive", "absolute_maximum", {{0}}, 3, {-4, 2, 5}, 5},
    {"abs_energy: by hand", "abs_energy", {{0}}, 3, {1, -2, 3}, 14},
    {"root_mean_square: by hand", "root_mean_square", {{0}}, 4, {1, -1, 7, 7}, 5},
    {"quantile: between two values", "quantile", {{0.25}}, 3, {30, 10, 20}, 15},
    {"quantile: nearer to the upper one", "quantile", {{0.4}}, 3, {30, 10, 20}, 18},
    {"quantile: 0", "quantile", {{0}}, 3, {30, 10, 20}, 10},
    {"quantile: 1", "quantile", {{1}}, 3, {30, 10, 20}, 30},
    {"quantile: one value", "quantile", {{0.3}}, 1, {4}, 4},
    {"mean_n_absolute_max: by hand", "mean_n_absolute_max", {{3}}, 5, {-9, 1, 6, -2, 3}, 6},
    {"mean_n_absolute_max: as many as values", "mean_n_absolute_max", {{2}}, 2, {1, 2}, NAN},
    {"mean_n_absolute_max: more than values", "mean_n_absolute_max", {{7}}, 2, {1, 2}, NAN},
    {"mean_n_absolute_max: all but one", "mean_n_absolute_max", {{2}}, 3, {-1, -2, -4}, 3},
};

int main(void) {
  return run_feature_cases("fresh/location", cases, sizeof cases / sizeof *cases);
}
