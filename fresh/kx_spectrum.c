/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KX's moments of the spectrum. */
#include <math.h>

#include <ml/stats_internal.h>

#include "kx.h"

enum { N_MOMENTS = 5 };

/* Of the frequencies 0, 1, ..., each as heavy as its magnitude. */
static void find_moments(const fresh_series *s, double *moments) {
  double total = stats__sum(s->magnitude, s->n_bins);
  for (size_t i = 0; i < s->n_bins; i++) s->work[i] = s->magnitude[i];
  for (size_t p = 1; p < N_MOMENTS; p++) {
    for (size_t i = 0; i < s->n_bins; i++) s->work[i] *= (double)i;
    moments[p] = stats__sum(s->work, s->n_bins) / total;
  }
}

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
  double moments[N_MOMENTS];
  find_moments(s, moments);
  for (size_t k = 0; k < n_args; k++) out[k] = aggregate(moments, (size_t)args[k].v[0], false);
}

static void strict_fftAggreg(const fresh_series *s, const fresh_args *args, size_t n_args,
                             double *out) {
  double moments[N_MOMENTS];
  find_moments(s, moments);
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
