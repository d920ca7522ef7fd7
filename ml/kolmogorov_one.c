/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact law of the one-sample two-sided Kolmogorov-Smirnov statistic, in three ways, of which one
 * is right to the last digits wherever another is not. */
#include <complex.h>
#include <math.h>
#include <string.h>

#include <ml/binomial.h>
#include <ml/stats.h>
#include <ml/vector.h>

/* ---- far out: twice the one-sided law ------------------------------------------------------- */

/* Birnbaum and Tingey 1951: P(D+ >= d) = d sum C(n, j) (d + j/n)^(j-1) (1 - d - j/n)^(n-j). A
 * sample can be off on both sides for d < 1/2 only, and is so in e^(-6 n d^2) of the cases. */
static double twice_one_sided(double n, double d) {
  double sum = pow(1.0 - d, n) / d, shape = binomial__log_stirling(n);
  for (double j = 1.0; j < n * (1.0 - d); j++) {
    double rest = n - j, x = (n * d) / j, y = (n * d) / rest;
    double far = j * log1p(x) + rest * log1p(-y);
    double log_choose = shape - binomial__log_stirling(j) - binomial__log_stirling(rest);
    double term = exp(log_choose + far) / (d + j / n);
    sum += term;
    if (term < 1e-20 * sum) break;
  }
  return 2.0 * d * sum;
}

/* ---- few values, or all but sure: a walk in a narrow band ------------------------------------ */

enum {
  WALK_BAND = 14,
  LANES = 8,
  WALK_STATES = 2 * WALK_BAND,
  WALK_BLOCKS = (WALK_STATES + 7) / 8
};

typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));

typedef struct walk {
  lanes step[WALK_STATES][WALK_BLOCKS]; /* rows of H / e, zeros behind */
  size_t n_states;
} walk;

/* H of Marsaglia, Tsang and Wang 2003 (Durbin 1973), where band = n d <= WALK_BAND. */
static void walk_init(walk *w, double band) {
  size_t k = (size_t)ceil(band), m = 2 * k - 1;
  double h = (double)k - band, factorial[WALK_STATES + 1] = {1.0};
  for (size_t i = 1; i <= m; i++) factorial[i] = factorial[i - 1] * (double)i;
  memset(w->step, 0, sizeof w->step);
  w->n_states = m;
  for (size_t i = 0; i < m; i++) {
    for (size_t j = 0; j < m && j <= i + 1; j++) {
      double weight = 1.0;
      if (j == 0) weight -= pow(h, (double)(i + 1));
      if (i == m - 1) weight -= pow(h, (double)(m - j));
      if (j == 0 && i == m - 1 && h > 0.5) weight += pow(2.0 * h - 1.0, (double)m);
      w->step[i][j / LANES][j % LANES] = weight / factorial[i + 1 - j] * 0.367879441171442321596;
    }
  }
}

/* v H, n times. H is zero above its superdiagonal, so a block of columns starts at a row of its
 * own.
 */
ML_VECTOR_PATHS
static void walk_on(const walk *w, uint64_t n, lanes *v) {
  for (; n > 0; n--) {
    lanes next[WALK_BLOCKS];
    for (size_t b = 0; b < WALK_BLOCKS; b++) {
      lanes sum = {0};
      for (size_t i = b == 0 ? 0 : b * LANES - 1; i < w->n_states; i++)
        sum += v[i / LANES][i % LANES] * w->step[i][b];
      next[b] = sum;
    }
    memcpy(v, next, sizeof next);
  }
}

/* P(D < d) = n! / n^n (H^n)_kk. H is the same when turned about its second diagonal, so the second
 * half of the walk is the first one backwards. */
static double stays_inside(uint64_t n, double band) {
  walk w;
  lanes there[WALK_BLOCKS] = {{0}}, back[WALK_BLOCKS];
  double sum = 0.0;
  walk_init(&w, band);
  size_t middle = w.n_states / 2;
  there[middle / LANES][middle % LANES] = 1.0;
  walk_on(&w, n / 2, there);
  memcpy(back, there, sizeof back);
  walk_on(&w, n % 2, back);
  for (size_t i = 0, j = w.n_states - 1; i < w.n_states; i++, j--)
    sum += there[i / LANES][i % LANES] * back[j / LANES][j % LANES];
  return sum * exp(binomial__log_stirling((double)n));
}

/* ---- everything else: a contour integral ----------------------------------------------------- */

/* With c = n d, Durbin's matrix gives
 *   sum_n n^n / n! P(D_n < d) z^n = Q_c(z)^2 / Q_2c(z), Q_c(z) = sum_{i < c} (-z (c - i))^i / i!,
 * and dQ_c / dc = -z Q_{c-1} makes Q_c a sum of e^{c W} / (1 + W) over all branches W of Lambert's
 * function at -z (W e^W = -z; Corless et al. 1996). Two of them, -x and -y, count; the others are
 * smaller by e^{-2 c} or more. On x = t / (e^t - 1), y = x + t both are known without solving
 * anything (x e^-x = y e^-y = z), and Cauchy's integral over z becomes one along a vertical line in
 * t:
 *   P(D_n >= d) = n! / n^n / 2 pi int e^{n (x - ln x)} (1 - x) / t E (2 - (1 + k) E) / (1 - k E^2)
 * with E = e^{-c t}, k = (1 - x) / (y - 1). Through the saddle point it is all but a Gaussian, for
 * which the sum over equal steps is exact to the last digit after a dozen of them. For large n it
 * becomes Kolmogorov's series, whose terms are the powers of E. In the code w = t / 2 and
 * m = w coth w - 1, so that 1 - x = w - m, y - 1 = w + m and x - ln x = 1 + m + ln(sinh w / w). */
typedef struct line {
  double n, band;
  double height; /* logarithm of the integrand, without its slow parts, at its saddle point */
} line;

/* m = w coth w - 1 and ln(sinh w / w): both even, with series in common. */
static double complex both(double complex w, double complex *log_sinh) {
  static const double series[] = {
      0.3333333333333333333,     -0.02222222222222222222,   0.002116402116402116402,
      -0.0002116402116402116402, 0.00002137779915557693335, -2.164404280806397209e-6,
      2.19259478518737778e-7,    -2.221460878997967908e-8,  2.250784651680899285e-9,
      -2.280515120459218287e-10, 2.31064325990026241e-11,   -2.341170681982488396e-12,
      2.37210174002336543e-13,   -2.403441533330770618e-14, 2.435195402918336873e-15,
      -2.467368804517207471e-16, 2.499967277122080898e-17};
  if (creal(w) * creal(w) + cimag(w) * cimag(w) > 1.0) {
    double complex e = cexp(-2.0 * w);
    *log_sinh = w + clog((1.0 - e) / (2.0 * w));
    return w * (1.0 + e) / (1.0 - e) - 1.0;
  }
  double complex square = w * w, power = square, m = 0.0, l = 0.0;
  double first = fabs(creal(square)) + fabs(cimag(square)), size = first;
  for (int i = 0; size * fabs(series[i]) > 1e-18 * first; i++) {
    m += series[i] * power;
    l += series[i] / (2 * i + 2) * power;
    power *= square;
    size = fabs(creal(power)) + fabs(cimag(power));
    if (i + 1 == sizeof series / sizeof series[0]) break;
  }
  *log_sinh = l;
  return m;
}

static double complex integrand(const line *l, double complex w) {
  double complex log_sinh, m = both(w, &log_sinh);
  double complex e = cexp(-2.0 * l->band * w), k = (w - m) / (w + m);
  double complex bulk = cexp(l->n * (m + log_sinh) - 2.0 * l->band * w - l->height);
  return bulk * (w - m) / (2.0 * w) * (2.0 - 2.0 * w / (w + m) * e) / (1.0 - k * e * e);
}

/* The steps were found by trial: half of them changes a result by 1e-13 of it at most. Half way to
 * the pole of the integrand at w = pi i nothing is left of it. */
static double contour(double n, double d) {
  double w0 = 2.0 * d;
  double complex log_sinh, m;
  for (int i = 0; i < 12; i++) {
    m = both(w0, &log_sinh);
    w0 = 2.0 * d + creal(m) * creal(m) / w0;
  }
  w0 = fmax(w0, 1.5 / sqrt(n)); /* away from the poles on the axis */
  m = both(w0, &log_sinh);
  line l = {n, n * d, n * creal(m + log_sinh) - 2.0 * n * d * w0};
  double step = fmin(0.16 * w0, 0.7 / sqrt(n));
  double sum = creal(integrand(&l, w0));
  for (int i = 1; i * step < 1.5707963; i++) {
    double complex g = integrand(&l, w0 + i * step * I);
    sum += 2.0 * creal(g);
    if (cabs(g) < 1e-18 * fabs(sum)) break;
  }
  return sum * 2.0 * step / 6.28318530717958647692 * exp(binomial__log_stirling(n) + l.height);
}

double ml_kolmogorov_sf(uint64_t n, double d) {
  double all = (double)n, band = all * d, square = band * d;
  if (isnan(d)) return d;
  if (d >= 1.0) return 0.0;
  if (2.0 * band <= 1.0 || square < 0.028) return 1.0; /* but for less than 1e-17 */
  if (square > 400.0) return 0.0;                      /* at most 2 e^-800: Massart 1990 */
  /* Where each of the three is right to 3e-11 or better was measured against long arithmetic. */
  if (band <= WALK_BAND && square <= 5.0 && d < 0.5) return 1.0 - stays_inside(n, band);
  bool is_far = n <= 100 ? d >= 0.5 || square > 5.0 : d > 0.6;
  return fmin(is_far ? twice_one_sided(all, d) : contour(all, d), 1.0);
}
