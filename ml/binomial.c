/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Binomial and hypergeometric probabilities in saddle-point form (Loader 2000, Fast and accurate
 * computation of binomial probabilities). Logarithms of factorials all but cancel when they are
 * subtracted from one another; here their large parts cancel on paper. */
#include <ml/binomial.h>

#include <math.h>

#define TWO_PI 6.28318530717958647692

double binomial__log_stirling(double n) {
  static const double small[] = {
      0.0,
      1.0,
      1.306852819440054691,
      1.495922603223725927,
      1.632876385868383144,
      1.740302180611544121,
      1.82869439664177099,
      1.903790317678221164,
      1.969070569306562802,
      2.026806284055495166,
      2.078561643135058455,
      2.125459845091809855,
      2.168334698205882427,
      2.207822206123445317,
      2.244418568125060897,
      2.278518367307740576,
  };
  if (n < 16.0) return small[(int)n];
  double r = 1.0 / (n * n);
  double series = 1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r * (1.0 / 1680 - r / 1188)));
  return 0.5 * log(TWO_PI * n) + series / n;
}

/* (1 + u) ln(1 + u) - u for u >= -1. */
static double excess(double u) {
  if (fabs(u) > 0.1) return u <= -1.0 ? 1.0 : (1.0 + u) * log1p(u) - u;
  double sum = 0.0;
  for (int k = 17; k >= 2; k--) sum = 1.0 / (k * (k - 1)) - u * sum;
  return u * u * sum;
}

/* x ln(x / mean) + mean - x, where x = mean + off: how far a count is from its mean. */
static double deviance(double mean, double off) {
  return mean * excess(off / mean);
}

/* ab - cd, rounded once or twice: the products of large counts are not exact. */
static double difference(double a, double b, double c, double d) {
  double cd = c * d;
  return fma(a, b, -cd) - fma(c, d, -cd);
}

double binomial__p(uint64_t k, uint64_t n, uint64_t n1, uint64_t n2) {
  double x = (double)k, y = (double)(n - k), m1 = (double)n1, m2 = (double)n2;
  double all = x + y;
  if (n == 0) return 1.0;
  double off = difference(x, m2, y, m1) / (m1 + m2);
  double far = deviance(all * m1 / (m1 + m2), off) + deviance(all * m2 / (m1 + m2), -off);
  return exp(binomial__log_stirling(all) - binomial__log_stirling(x) - binomial__log_stirling(y) -
             far);
}

double hypergeometric__log_p(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
  double cell[2][2] = {{(double)a, (double)b}, {(double)c, (double)d}};
  double row[2] = {(double)(a + b), (double)(c + d)},
         column[2] = {(double)(a + c), (double)(b + d)};
  double all = row[0] + row[1];
  double off = difference(cell[0][0], cell[1][1], cell[0][1], cell[1][0]) / all;
  double shape = -binomial__log_stirling(all), far = 0.0;
  for (int i = 0; i < 2; i++) {
    shape += binomial__log_stirling(row[i]) + binomial__log_stirling(column[i]);
    for (int j = 0; j < 2; j++) {
      shape -= binomial__log_stirling(cell[i][j]);
      far += deviance(row[i] / all * column[j], i == j ? off : -off);
    }
  }
  return shape - far;
}
