/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two-sample Kolmogorov-Smirnov: which law is asked. */
#include <math.h>

#include <ml/hypothesis.h>
#include <ml/kolmogorov.h>

enum { MOST_EXACT = 10000 };

static bool takes_paths(uint64_t n1, uint64_t n2, ml_test_rules rules) {
  return rules == ML_RULES_TSFRESH && n1 <= MOST_EXACT && n2 <= MOST_EXACT;
}

size_t kolmogorov__n_spare(uint64_t n1, uint64_t n2, ml_test_rules rules) {
  return takes_paths(n1, n2, rules) ? 2 * (n1 + n2) + 8 : 0;
}

double kolmogorov__p(uint64_t n1, uint64_t n2, uint64_t gap, ml_test_rules rules, double *spare,
                     bool *is_exact) {
  *is_exact = takes_paths(n1, n2, rules);
  if (gap == 0) return 1.0;
  if (*is_exact) return kolmogorov__touches(n1, n2, gap, spare);
  double m1 = (double)n1, m2 = (double)n2;
  double n = m1 * m2 / (m1 + m2); /* rint: half to even, as the reference rounds */
  return ml_kolmogorov_sf((uint64_t)(rules == ML_RULES_KX ? ceil(n) : rint(n)),
                          (double)gap / m1 / m2);
}
