/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Roots of polynomials, all at once: the iteration of Ehrlich (1967) and Aberth (1973), started
 * from the radii of Bini (1996), Numerical Algorithms 13, 179. */
#include "polynomial.h"

#include <complex.h>
#include <float.h>
#include <limits.h>
#include <math.h>

enum { MOST_ROUNDS = 200 };

/* a[0] + a[1] z + ... + a[degree] z^degree, both ends of which are not 0 */
typedef struct polynomial {
  double a[FRESH_MOST_DEGREE + 1];
  size_t degree;
} polynomial;

/* Bring the roots around 1, by powers of two. @return the exponent that was taken out of the roots,
 * or INT_MIN when that is beyond the doubles */
static int scale(polynomial *p) {
  size_t n = p->degree;
  int low, high, most = INT_MIN;
  frexp(p->a[0], &low);
  frexp(p->a[n], &high);
  int by = (low - high) / (int)n;
  for (size_t k = 0; k <= n; k++) {
    int exponent;
    frexp(p->a[k], &exponent);
    if (p->a[k] != 0 && exponent + by * (int)k > most) most = exponent + by * (int)k;
  }
  for (size_t k = 0; k <= n; k++) p->a[k] = ldexp(p->a[k], by * (int)k - most);
  return p->a[0] == 0 || p->a[n] == 0 ? INT_MIN : by;
}

/* Circles on which roots are likely: slopes of the upper hull of the points (k, log |a[k]|). */
static void start(const polynomial *p, double complex *z) {
  size_t n = p->degree;
  for (size_t from = 0, to; from < n; from = to) {
    double radius = INFINITY;
    to = n;
    for (size_t k = from + 1; k <= n; k++) {
      if (p->a[k] == 0) continue;
      double r = pow(fabs(p->a[from] / p->a[k]), 1 / (double)(k - from));
      if (r <= radius) radius = r, to = k;
    }
    for (size_t k = from; k < to; k++) /* 0.7: no symmetry that the roots may have */
      z[k] = radius * cexp(I * (2 * M_PI * (double)(k - from) / (double)(to - from) +
                                2 * M_PI * (double)from / (double)n + 0.7));
  }
}

/* p'(z) / p(z). @return false when p(z) is 0 within what rounding makes of it */
static bool evaluate(const polynomial *p, double complex z, double complex *ratio) {
  size_t n = p->degree;
  bool is_outside = cabs(z) > 1; /* the reversed polynomial at 1/z cannot overflow */
  double complex at = is_outside ? 1 / z : z, value = 0, slope = 0;
  double size = 0, radius = cabs(at);
  for (size_t i = 0; i <= n; i++) {
    double a = p->a[is_outside ? i : n - i];
    slope = slope * at + value;
    value = value * at + a;
    size = size * radius + fabs(a);
  }
  if (cabs(value) <= DBL_EPSILON * size) return false;
  *ratio = slope / value;
  if (is_outside) *ratio = ((double)n - *ratio * at) * at;
  return true;
}

static void iterate(const polynomial *p, double complex *z) {
  size_t n = p->degree, n_done = 0;
  bool done[FRESH_MOST_DEGREE] = {0};
  for (int round = 0; round < MOST_ROUNDS && n_done < n; round++)
    for (size_t k = 0; k < n; k++) {
      double complex ratio, repulsion = 0;
      if (done[k]) continue;
      done[k] = !evaluate(p, z[k], &ratio);
      if (!done[k]) {
        for (size_t j = 0; j < n; j++)
          if (z[j] != z[k]) repulsion += 1 / (z[k] - z[j]);
        double complex step = 1 / (ratio - repulsion);
        if (isfinite(creal(step)) && isfinite(cimag(step))) z[k] -= step;
        done[k] = cabs(step) <= DBL_EPSILON * cabs(z[k]);
      }
      n_done += done[k];
    }
}

double fresh__largest_root(const double *coefficients, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!isfinite(coefficients[i])) return NAN;
  size_t first = 0, last = n;
  while (first < n && coefficients[first] == 0) first++;
  while (last > first && coefficients[last - 1] == 0) last--;
  double largest = last < n && first < n ? 0 : -INFINITY; /* zeros at the end are roots 0 */
  if (last - first < 2) return largest == 0 ? 0 : NAN;
  polynomial p = {.degree = last - first - 1};
  for (size_t k = 0; k <= p.degree; k++) p.a[k] = coefficients[last - 1 - k];
  int exponent = scale(&p);
  if (exponent == INT_MIN) return NAN;
  double complex z[FRESH_MOST_DEGREE];
  start(&p, z);
  iterate(&p, z);
  for (size_t k = 0; k < p.degree; k++) largest = fmax(largest, ldexp(creal(z[k]), exponent));
  return largest;
}
