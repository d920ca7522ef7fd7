/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is taken of the spectrum. */
#include <ml/vector.h>

#include "feature.h"

enum { ATTR, COEFF };
enum { REAL, IMAG, ABS, ANGLE };

static double degrees(double re, double im) {
  return atan2(im, re) * (180 / M_PI);
}

static void fft_coefficient(const fresh_series *s, const fresh_args *args, size_t n_args,
                            double *out) {
  for (size_t k = 0; k < n_args; k++) {
    if (args[k].v[COEFF] >= (double)s->n_bins) {
      out[k] = NAN;
      continue;
    }
    size_t at = (size_t)args[k].v[COEFF];
    switch ((int)args[k].v[ATTR]) {
      case REAL:
        out[k] = s->re[at];
        break;
      case IMAG:
        out[k] = s->im[at];
        break;
      case ABS:
        out[k] = s->magnitude[at];
        break;
      default:
        out[k] = degrees(s->re[at], s->im[at]);
    }
  }
}

enum { LANES = 8 };

static double fold(const double *lane) {
  return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

/* sums[p] = sum k^p y[k], p = 0..4. */
ML_VECTOR_PATHS
static void sum_powers(const double *y, size_t n, double *sums) {
  double lane[FRESH_MOMENTS][LANES] = {{0}};
  for (size_t i = 0; i < n; i += LANES)
    for (size_t j = 0; j < LANES; j++) {
      double k = (double)(i + j), value = i + j < n ? y[i + j] : 0, square = k * k;
      lane[0][j] += value;
      lane[1][j] += value * k;
      lane[2][j] += value * square;
      lane[3][j] += value * (square * k);
      lane[4][j] += value * (square * square);
    }
  for (size_t p = 0; p < FRESH_MOMENTS; p++) sums[p] = fold(lane[p]);
}

void fresh__spectral_moments(const fresh_series *s, double *moments) {
  sum_powers(s->magnitude, s->n_bins, moments);
  for (size_t p = 1; p < FRESH_MOMENTS; p++) moments[p] /= moments[0];
}

enum { CENTROID, VARIANCE, SKEW, KURTOSIS };

/* Moments of the frequency, weighted with the magnitudes. Of a kurtosis the last term of the
 * numerator should be 3 centroid^4; the reference has 3 centroid. */
static double of_moments(const double *m, double variance, int type) {
  double c = m[1];
  if (type == CENTROID) return c;
  if (type == VARIANCE) return variance;
  if (variance < 0.5) return NAN;
  if (type == SKEW) return (m[3] - 3 * c * variance - c * c * c) / pow(variance, 1.5);
  return (m[4] - 4 * c * m[3] + 6 * m[2] * (c * c) - 3 * c) / (variance * variance);
}

static void fft_aggregated(const fresh_series *s, const fresh_args *args, size_t n_args,
                           double *out) {
  double m[FRESH_MOMENTS];
  fresh__spectral_moments(s, m);
  double variance = m[2] - m[1] * m[1];
  for (size_t k = 0; k < n_args; k++) out[k] = of_moments(m, variance, (int)args[k].v[0]);
}

/* The values that are there go to the first columns, as in the reference, even when the list is not
 * sorted and it is an earlier column whose coefficient does not exist. */
static void spkt_welch_density(const fresh_series *s, const fresh_args *args, size_t n_args,
                               double *out) {
  size_t n = 0;
  for (size_t k = 0; k < n_args; k++)
    if (args[k].v[0] < (double)s->n_density) out[n++] = s->density[(size_t)args[k].v[0]];
  while (n < n_args) out[n++] = NAN;
}

#define COEFFICIENT_PARAM                                      \
  {                                                            \
    .name = "coeff", .kind = ML_PARAM_INT, .lo = 0, .hi = 1e9, \
    .doc = "frequency, as periods within what is transformed"  \
  }

static const ml_fresh_param coefficient_params[] = {{.name = "attr",
                                                     .kind = ML_PARAM_ENUM,
                                                     .hi = ANGLE,
                                                     .choices = "real|imag|abs|angle",
                                                     .doc = "part of the complex coefficient"},
                                                    COEFFICIENT_PARAM};
#define AT(attr, k) FRESH_CHOICE(attr), FRESH_INT(k)
#define TEN(attr, k)                                                                       \
  AT(attr, k), AT(attr, (k) + 1), AT(attr, (k) + 2), AT(attr, (k) + 3), AT(attr, (k) + 4), \
      AT(attr, (k) + 5), AT(attr, (k) + 6), AT(attr, (k) + 7), AT(attr, (k) + 8),          \
      AT(attr, (k) + 9)
#define HUNDRED(attr)                                                                      \
  TEN(attr, 0), TEN(attr, 10), TEN(attr, 20), TEN(attr, 30), TEN(attr, 40), TEN(attr, 50), \
      TEN(attr, 60), TEN(attr, 70), TEN(attr, 80), TEN(attr, 90)
static const ml_param_value coefficient_grid[] = {HUNDRED(REAL), HUNDRED(IMAG), HUNDRED(ABS),
                                                  HUNDRED(ANGLE)};
#undef HUNDRED
#undef TEN
#undef AT

const fresh_feature fresh__fft_coefficient = {
    .info = {.name = "fft_coefficient",
             .summary = "real part, imaginary part, size or angle of a Fourier coefficient",
             .formula = "X[coeff] = sum x[j] exp(-2 pi i j coeff / n); the angle in degrees",
             .nan_rule = "coeff > n / 2",
             .cost = "n log n",
             .source = "Cooley and Tukey (1965), Mathematics of Computation 19, 297",
             FRESH_PARAMS(coefficient_params, coefficient_grid),
             .assumes_step = true},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_SPECTRUM,
    .values = fft_coefficient};

static const ml_fresh_param aggregated_params[] = {{.name = "aggtype",
                                                    .kind = ML_PARAM_ENUM,
                                                    .hi = KURTOSIS,
                                                    .choices = "centroid|variance|skew|kurtosis",
                                                    .doc = "which moment"}};
static const ml_param_value aggregated_grid[] = {FRESH_CHOICE(CENTROID), FRESH_CHOICE(VARIANCE),
                                                 FRESH_CHOICE(SKEW), FRESH_CHOICE(KURTOSIS)};

const fresh_feature fresh__fft_aggregated = {
    .info = {.name = "fft_aggregated",
             .summary = "centroid, variance, skew, kurtosis of the absolute Fourier spectrum",
             .formula = "mp = sum k^p |X[k]| / sum |X[k]|, c = m1, v = m2 - c^2: c; v; (m3 - 3 c v "
                        "- c^3) / v^1.5; (m4 - 4 c m3 + 6 m2 c^2 - 3 c) / v^2",
             .nan_rule = "all values are 0; skew and kurtosis when v < 0.5",
             .cost = "n log n",
             .source = "tsfresh",
             FRESH_PARAMS(aggregated_params, aggregated_grid),
             .assumes_step = true},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_SPECTRUM,
    .values = fft_aggregated};

static const ml_fresh_param density_params[] = {COEFFICIENT_PARAM};
static const ml_param_value density_grid[] = {FRESH_INT(2), FRESH_INT(5), FRESH_INT(8)};

const fresh_feature fresh__spkt_welch_density = {
    .info = {.name = "spkt_welch_density",
             .summary = "power density at a frequency",
             .formula =
                 "mean over segments of l = min(n, 256) values, half overlapping, of |X[k]|^2 "
                 "/ sum w^2, X of the centered segment times w[i] = 0.5 - 0.5 cos(2 pi i / "
                 "l); twice that but for k = 0 and l / 2",
             .nan_rule = "coeff > l / 2",
             .cost = "n",
             .source = "Welch (1967), IEEE Transactions on Audio and Electroacoustics 15, 70",
             FRESH_PARAMS(density_params, density_grid),
             .assumes_step = true},
    .presets = FRESH_IN_MOST,
    .needs = FRESH_WELCH,
    .wants_ascending = true,
    .values = spkt_welch_density};
