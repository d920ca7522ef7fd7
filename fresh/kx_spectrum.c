/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KX's spectra: coefficients, moments, density of the power. */
#include <math.h>

#include "kx.h"

/* In the order of the choices of key. The spread of a spectrum that is nearly a line is rounding,
 * so that it has no shape. */
static double aggregate(const double *m, size_t key, bool is_strict) {
  double m1 = m[1], m2 = m[2], m3 = m[3], variance = m2 - m1 * m1;
  if (key == 0) return m1;
  if (key == 1) return variance;
  if (!(variance >= .5)) return NAN;
  if (key == 2) return (m3 - 3 * m1 * variance - m1 * m1 * m1) / (variance * sqrt(variance));
  double last = is_strict ? 12 * m1 * m1 : -3 * m1 * m1 * m1 * m1;
  return (m[4] - 4 * m1 * m3 + 6 * m2 * m1 * m1 + last) / (variance * variance);
}

static void fftAggreg(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  double moments[FRESH_MOMENTS];
  fresh__spectral_moments(s, moments);
  for (size_t k = 0; k < n_args; k++) out[k] = aggregate(moments, (size_t)args[k].v[0], false);
}

static void strict_fftAggreg(const fresh_series *s, const fresh_args *args, size_t n_args,
                             double *out) {
  double moments[FRESH_MOMENTS];
  fresh__spectral_moments(s, moments);
  for (size_t k = 0; k < n_args; k++) out[k] = aggregate(moments, (size_t)args[k].v[0], true);
}

static const ml_fresh_param params[] = {{.name = "key",
                                         .kind = ML_PARAM_ENUM,
                                         .hi = 3,
                                         .choices = "centroid|variance|skew|kurtosis",
                                         .doc = "which moment"}};
static const ml_param_value grid[] = {FRESH_CHOICE(0), FRESH_CHOICE(1), FRESH_CHOICE(2),
                                      FRESH_CHOICE(3)};

#define MOMENTS(set, prefix, preset, kurtosis)                                              \
  const fresh_feature fresh__##prefix##fftAggreg = {                                        \
      .info = {KX_TEXTS(set, fftAggreg, "moments of the spectrum",                          \
                        "M1; V = M2 - M1^2; (M3 - 3 M1 V - M1^3) / V^1.5; " kurtosis        \
                        "; Mp = sum i^p |F[i]| / sum |F[i]|",                               \
                        "all values are 0; skew and kurtosis when V < 0.5", "n log n"),     \
               .column = "fftAggreg_%0", .assumes_step = true, FRESH_PARAMS(params, grid)}, \
      .presets = preset,                                                                    \
      .needs = FRESH_SPECTRUM,                                                              \
      .is_expanded = true
MOMENTS("kx", kx_, FRESH_IN_KX, "(M4 - 4 M1 M3 + 6 M2 M1^2 - 3 M1^4) / V^2"), .values = fftAggreg
}
;
MOMENTS("kx-strict", kx_strict_, FRESH_IN_KX_STRICT, "(M4 - 4 M1 M3 + 6 M2 M1^2 + 12 M1^2) / V^2"),
    .values = strict_fftAggreg
}
;

/* ---- fftCoeff ---- */

static const char *check_bin(const ml_param_value *values) {
  return values[1].v < values[2].v ? NULL : "bin must be less than coeff";
}

/* The choices of attr are those of fft_coefficient. */
enum { REAL, IMAG, ABS, ANGLE };
static const ml_fresh_param coefficient_params[] = {
    {.name = "attr",
     .kind = ML_PARAM_ENUM,
     .hi = ANGLE,
     .choices = "real|imag|abs|angle",
     .doc = "part of the complex coefficient"},
    {.name = "bin", .kind = ML_PARAM_INT, .lo = 0, .hi = 1e9, .doc = "which coefficient, from 0"},
    {.name = "coeff", .kind = ML_PARAM_INT, .lo = 1, .hi = 1e9, .doc = "how many there are"}};
#define SET(attr, bin) FRESH_CHOICE(attr), FRESH_INT(bin), FRESH_INT(10)
#define BINS(attr)                                                                    \
  SET(attr, 0), SET(attr, 1), SET(attr, 2), SET(attr, 3), SET(attr, 4), SET(attr, 5), \
      SET(attr, 6), SET(attr, 7), SET(attr, 8), SET(attr, 9)
static const ml_param_value coefficient_grid[] = {BINS(ANGLE), BINS(REAL), BINS(IMAG), BINS(ABS)};
#undef BINS
#undef SET

const fresh_feature fresh__kx_fftCoeff = {
    .info = {KX_TEXTS("kx", fftCoeff, "Fourier coefficients",
                      "X[bin] = sum x[j] exp(-2 pi i j bin / n); the angle in degrees",
                      "bin > n / 2", "n log n"),
             .column = "fftCoeff_coeff_%2_coeff_%1_%0", .assumes_step = true,
             FRESH_PARAMS(coefficient_params, coefficient_grid)},
    .presets = KX_BOTH,
    .same_as = &fresh__fft_coefficient,
    .check = check_bin,
    .is_expanded = true};

/* ---- spktWelch ---- */

static void spktWelch(const fresh_series *s, const fresh_args *args, size_t n_args, double *out) {
  for (size_t k = 0; k < n_args; k++)
    out[k] = args[k].v[0] < (double)s->n_density ? s->density[(size_t)args[k].v[0]] : NAN;
}

static const ml_fresh_param density_params[] = {{.name = "coeff",
                                                 .kind = ML_PARAM_INT,
                                                 .lo = 0,
                                                 .hi = 1e9,
                                                 .doc = "frequency, as periods within a segment"}};
static const ml_param_value density_grid[] = {FRESH_INT(2), FRESH_INT(5), FRESH_INT(7)};

const fresh_feature fresh__kx_spktWelch = {
    .info = {KX_TEXTS("kx", spktWelch, "density of the power, by Welch's method",
                      "mean over segments of min(256, n) values, half overlapping, each less its "
                      "mean and with a Hann window, of |X[coeff]|^2 / sum w^2, twice but at both "
                      "ends",
                      "coeff > min(256, n) / 2", "n"),
             .column = "spktWelch_coeff_%0", .assumes_step = true,
             FRESH_PARAMS(density_params, density_grid)},
    .presets = KX_BOTH,
    .needs = FRESH_WELCH,
    .values = spktWelch};
