/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Spectra and the entropies of histograms: cases by hand. */
#include <math.h>

#include "fresh_cases.h"

enum { REAL, IMAG, ABS, ANGLE };
enum { CENTROID, VARIANCE, SKEW, KURTOSIS };

#define POWERS \
  { 1, 2, 4, 8 } /* spectrum: 15, -3 + 6i, -5 */

static feature_case cases[] = {
    {"fft_coefficient: the sum", "fft_coefficient", {{REAL, 0}}, 4, POWERS, 15},
    {"fft_coefficient: real", "fft_coefficient", {{REAL, 1}}, 4, POWERS, -3},
    {"fft_coefficient: imag", "fft_coefficient", {{IMAG, 1}}, 4, POWERS, 6},
    {"fft_coefficient: abs", "fft_coefficient", {{ABS, 1}}, 4, POWERS, 6.708203932499369},
    {"fft_coefficient: angle in degrees",
     "fft_coefficient",
     {{ANGLE, 1}},
     4,
     POWERS,
     116.56505117707799},
    {"fft_coefficient: angle of the sum", "fft_coefficient", {{ANGLE, 0}}, 4, POWERS, 0},
    {"fft_coefficient: angle of n / 2", "fft_coefficient", {{ANGLE, 2}}, 4, POWERS, 180},
    {"fft_coefficient: n / 2 has no imag", "fft_coefficient", {{IMAG, 2}}, 4, POWERS, 0},
    {"fft_coefficient: beyond n / 2", "fft_coefficient", {{REAL, 3}}, 4, POWERS, NAN},
    {"fft_coefficient: far beyond", "fft_coefficient", {{ABS, 1e9}}, 4, POWERS, NAN},
    {"fft_coefficient: one value", "fft_coefficient", {{ANGLE, 0}}, 1, {-3}, 180},
    {"fft_coefficient: a quarter turn", "fft_coefficient", {{ANGLE, 1}}, 4, {0, 1, 0, 0}, -90},
    {"fft_coefficient: n = 3", "fft_coefficient", {{REAL, 1}}, 3, {1, 2, 4}, -2},
    {"fft_coefficient: a constant is no noise",
     "fft_coefficient",
     {{ABS, 3}},
     7,
     {.1, .1, .1, .1, .1, .1, .1},
     0},
    {"fft_coefficient: huge", "fft_coefficient", {{ABS, 1}}, 3, {1e200, 1e200, -2e200}, 3e200},
    {"fft_coefficient: tiny", "fft_coefficient", {{ABS, 1}}, 2, {1e-200, -1e-200}, 2e-200},
    {"fft_coefficient: NaN", "fft_coefficient", {{ABS, 1}}, 3, {1, NAN, 2}, NAN},

    /* A pulse has the spectrum 1, 1, 1, 1, 1: the moments of 0..4 are 2, 6, 20, 354 / 5. */
    {"fft_aggregated: centroid", "fft_aggregated", {{CENTROID}}, 8, {1}, 2},
    {"fft_aggregated: variance", "fft_aggregated", {{VARIANCE}}, 8, {1}, 2},
    {"fft_aggregated: skew", "fft_aggregated", {{SKEW}}, 8, {1}, 0},
    {"fft_aggregated: kurtosis, as the reference has it",
     "fft_aggregated",
     {{KURTOSIS}},
     8,
     {1},
     (70.8 - 160 + 144 - 6) / 4},
    {"fft_aggregated: too narrow for skew", "fft_aggregated", {{SKEW}}, 2, {1}, NAN},
    {"fft_aggregated: too narrow for kurtosis", "fft_aggregated", {{KURTOSIS}}, 2, {1}, NAN},
    {"fft_aggregated: two frequencies", "fft_aggregated", {{VARIANCE}}, 2, {1}, .25},
    {"fft_aggregated: a constant", "fft_aggregated", {{VARIANCE}}, 5, {3, 3, 3, 3, 3}, 0},
    {"fft_aggregated: zeros", "fft_aggregated", {{CENTROID}}, 3, {0}, NAN},
    {"fft_aggregated: one value", "fft_aggregated", {{CENTROID}}, 1, {4}, 0},

    /* l = 3: the window is 0, 3/4, 3/4, its energy 9/8; what is transformed 0, -1/4, 5/4. */
    {"spkt_welch_density: 0", "spkt_welch_density", {{0}}, 3, {1, 2, 4}, 8. / 9},
    {"spkt_welch_density: 1", "spkt_welch_density", {{1}}, 3, {1, 2, 4}, 31. / 9},
    {"spkt_welch_density: none", "spkt_welch_density", {{2}}, 3, {1, 2, 4}, NAN},
    {"spkt_welch_density: n / 2 is not doubled", "spkt_welch_density", {{1}}, 2, {1, -1}, 1},
    {"spkt_welch_density: one value", "spkt_welch_density", {{0}}, 1, {5}, 0},

    {"binned_entropy: two halves", "binned_entropy", {{2}}, 4, {0, 1, 2, 3}, 0.6931471805599453},
    {"binned_entropy: one of four", "binned_entropy", {{2}}, 4, {0, 0, 0, 1}, 0.5623351446188083},
    {"binned_entropy: empty bins", "binned_entropy", {{1000}}, 2, {5, 6}, 0.6931471805599453},
    {"binned_entropy: the last bin is closed",
     "binned_entropy",
     {{2}},
     4,
     {0, 1, 2, 2},
     0.5623351446188083},
    /* 3 * 0.1 > 0.3: the quotient says bin 3, the edge bin 2, where .25 is. */
    {"binned_entropy: the edge has the last word",
     "binned_entropy",
     {{10}},
     4,
     {0, .25, .3, 1},
     1.0397207708399179},
    {"binned_entropy: infinite", "binned_entropy", {{10}}, 3, {0, 1, INFINITY}, NAN},
    {"binned_entropy: NaN", "binned_entropy", {{10}}, 3, {0, 1, NAN}, NAN},
    {"binned_entropy: no room for bins", "binned_entropy", {{10}}, 2, {0, 5e-324}, NAN},
    {"binned_entropy: a range without end", "binned_entropy", {{10}}, 2, {-1.7e308, 1.7e308}, NAN},
    {"binned_entropy: a constant so large that 0.5 is lost",
     "binned_entropy",
     {{10}},
     2,
     {1e20, 1e20},
     NAN},

    {"fourier_entropy: a constant", "fourier_entropy", {{5}}, 4, {2, 2, 2, 2}, NAN},
    {"fourier_entropy: one value", "fourier_entropy", {{5}}, 1, {2}, NAN},
    {"fourier_entropy: densities 8 and 31",
     "fourier_entropy",
     {{2}},
     3,
     {1, 2, 4},
     0.6931471805599453},
};

static void one_bin_is_minus_zero(void **state) {
  (void)state;
  const double bins = 5;
  expect_same("constant", feature_value("binned_entropy", &bins, (double[]){3, 3}, 2), -0.0);
  expect_same("flat", feature_value("fourier_entropy", &bins, (double[]){1, -1}, 2), -0.0);
}

/* The quirk of an unsorted list: the first names have the values that are there. */
static void densities_fill_the_first_columns(void **state) {
  (void)state;
  const double x[] = {1, 2, 4};
  const char *json = "{\"spkt_welch_density\": [{\"coeff\": 9}, {\"coeff\": 1}]}";
  expect_close("coeff 9", feature_by_json(json, false, x, 3), 31. / 9, 1e-14, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_bin_is_minus_zero),
      cmocka_unit_test(densities_fill_the_first_columns),
  };
  return run_feature_cases("fresh/spectral", cases, sizeof cases / sizeof *cases) +
         cmocka_run_group_tests_name("fresh/spectral quirks", tests, NULL, NULL);
}
