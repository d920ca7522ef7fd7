/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Leading digits, and how they compare with the law of Newcomb and Benford. */
#include <math.h>
#include <string.h>

#include <ml/number.h>
#include <ml/stats_internal.h>

#include "feature.h"

/* Doubles nearest to 1, 2, ... 9 times a power of ten. */
#define UP(k)   1e##k, 2e##k, 3e##k, 4e##k, 5e##k, 6e##k, 7e##k, 8e##k, 9e##k
#define DOWN(k) 1e-##k, 2e-##k, 3e-##k, 4e-##k, 5e-##k, 6e-##k, 7e-##k, 8e-##k, 9e-##k
static const double decades[] = {DOWN(12), DOWN(11), DOWN(10), DOWN(9), DOWN(8), DOWN(7), DOWN(6),
                                 DOWN(5),  DOWN(4),  DOWN(3),  DOWN(2), DOWN(1), UP(0),   UP(1),
                                 UP(2),    UP(3),    UP(4),    UP(5),   UP(6),   UP(7),   UP(8),
                                 UP(9),    UP(10),   UP(11),   UP(12)};
/* One over each. */
static const double units[] = {1e12, 1e11, 1e10, 1e9,  1e8,   1e7,   1e6,  1e5,  1e4,
                               1e3,  1e2,  1e1,  1e0,  1e-1,  1e-2,  1e-3, 1e-4, 1e-5,
                               1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12};
enum { N_DECADES = sizeof decades / sizeof *decades / 9, UNITS = 12 };

static unsigned printed_digit(double x) {
  char text[ML_NUMBER_MAX];
  ml_number_repr(x, text);
  return (unsigned)(text[strspn(text, "0.")] - '0') % 10;
}

/* The first digit of the shortest decimal that reads back to x > 0. It differs from the first digit
 * of x itself only when a one-digit decimal reads back to x, and then x is the double nearest to
 * that decimal: so comparing with those doubles gives it without printing x. */
static inline unsigned leading_digit(double x) {
  if (!(x >= decades[0] && x < decades[9 * (N_DECADES - 1)])) return printed_digit(x);
  /* 1233 / 4096 is log10(2), near enough for these exponents: it gives the decade of the largest
   * power of two up to x, which is that of x or the one before it. */
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  int at = ((((int)(bits >> 52) - 1023) * 1233) >> 12) + UNITS;
  at += x >= decades[9 * (at + 1)];
  /* The quotient is right but for its rounding, which can move it across one whole number. */
  int digit = (int)(x * units[at]);
  if (digit > 9) digit = 9;
  if (digit < 1) digit = 1;
  const double *next = decades + 9 * at + digit; /* behind 9 there is 1 of the next decade */
  return (unsigned)(digit - (x < next[-1]) + (x >= next[0]));
}

static void count_digits(const fresh_series *s, size_t counts[10]) {
  for (size_t i = 0; i < s->n; i++) {
    double x = fabs(s->x[i]);
    if (isinf(x))
      counts[1]++; /* as the largest double, 1.797e308 */
    else
      counts[x > 0 ? leading_digit(x) : 0]++;
  }
}

static double benford_correlation(const fresh_series *s) {
  size_t counts[10] = {0};
  double law[9], share[9], both = 0, law2 = 0, share2 = 0;
  count_digits(s, counts);
  for (size_t d = 0; d < 9; d++) {
    law[d] = log10(1 + 1 / (double)(d + 1));
    share[d] = (double)counts[d + 1] / (double)s->n;
  }
  /* Equal shares give 0 / 0, or about 0 where their mean is rounded away from them: the mean is
   * summed as numpy sums it, so that this is so for the same n. */
  double law_mean = stats__sum(law, 9) / 9, share_mean = stats__sum(share, 9) / 9;
  for (size_t d = 0; d < 9; d++) {
    both += (law[d] - law_mean) * (share[d] - share_mean);
    law2 += (law[d] - law_mean) * (law[d] - law_mean);
    share2 += (share[d] - share_mean) * (share[d] - share_mean);
  }
  return both / sqrt(law2 * share2);
}

const fresh_feature fresh__benford_correlation = {
    .info = {.name = "benford_correlation",
             .summary = "correlation of the leading digits with the Newcomb-Benford law",
             .formula =
                 "Pearson correlation over d = 1..9 of log10(1 + 1/d) and the share of values "
                 "whose shortest decimal begins with d",
             .nan_rule = "all digits are equally frequent (all values are 0)",
             .cost = "n",
             .source = "Hill (1995), Statist. Sci. 10, 354",
             FRESH_NO_PARAMS},
    .presets = FRESH_IN_MOST,
    .value = benford_correlation};
