/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two-sample Kolmogorov-Smirnov: which law is asked. */
#include <math.h>

#include <ml/hypothesis.h>
#include <ml/kolmogorov.h>

enum { MOST_EXACT = 10000 };

static bool takes_paths(uint64_t n1, uint64_t n2, ml_test_rules rules) {
  return rules == ML_RULES_TSFRESH && n1 <= MOST_EXACT && n2 <= MOST_EXACT;
}

/* Two samples of n values differ by 1 / n somewhere, whatever they are: p is 1. The reference sums
 * a series for it, and where that rounds to more than 1 it takes the one-sample law instead; so do
 * we, or p-values near 1 would not be those of the reference. */
static bool is_above_one(uint64_t n) {
  double p = 0.0;
  for (uint64_t k = n + 1; k-- > 0;) p = (double)(n - k) / (double)(n + k + 1) * (1.0 - p);
  return 2.0 * p > 1.0;
}

size_t kolmogorov__n_spare(uint64_t n1, uint64_t n2, ml_test_rules rules) {
  return takes_paths(n1, n2, rules) ? 2 * (n1 + n2) + 8 : 0;
}

double kolmogorov__p(uint64_t n1, uint64_t n2, uint64_t gap, ml_test_rules rules, double *spare,
                     bool *is_exact) {
  *is_exact = takes_paths(n1, n2, rules);
  if (gap == 0) return 1.0;
  if (*is_exact && n1 == n2 && gap == n1) *is_exact = !is_above_one(n1);
  if (*is_exact) return kolmogorov__touches(n1, n2, gap, spare);
  double m1 = (double)n1, m2 = (double)n2;
  double n = m1 * m2 / (m1 + m2); /* rint: half to even, as the reference rounds */
  return ml_kolmogorov_sf((uint64_t)(rules == ML_RULES_KX ? ceil(n) : rint(n)),
                          (double)gap / m1 / m2);
}
