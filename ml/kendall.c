/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kendall's tau-b and its law, from counts of pairs. */
#include <math.h>

#include <ml/hypothesis.h>

/* 33! is the last factorial of use below 2^128. */
enum { EXACT_ROWS = 33, EXACT_PAIRS = EXACT_ROWS * (EXACT_ROWS - 1) / 2 };

static uint64_t all_pairs(uint64_t n) {
  return n % 2 ? n * ((n - 1) / 2) : n / 2 * (n - 1);
}

static bool is_constant(const kendall_counts *c) {
  uint64_t all = all_pairs(c->n);
  return c->x.pairs == all || c->y.pairs == all;
}

/* Concordant pairs without discordant ones; below 2^63 in size, so that it does not matter where
 * the sums pass 2^64. */
static double surplus(const kendall_counts *c) {
  return (double)(int64_t)(all_pairs(c->n) - c->x.pairs - c->y.pairs + c->both - 2 * c->discordant);
}

/* How many permutations of n <= 33 have at most c <= n (n - 1) / 4 inversions: the numbers for
 * j values are the sums of j neighbours of those for j - 1. Exact. */
static unsigned __int128 permutations(uint64_t n, uint64_t c) {
  unsigned __int128 with[EXACT_PAIRS / 2 + 1] = {1}, up_to = 0;
  for (uint64_t j = 2; j <= n; j++) {
    for (uint64_t k = 1; k <= c; k++) with[k] += with[k - 1];
    for (uint64_t k = c; k >= j; k--) with[k] -= with[k - j];
  }
  for (uint64_t k = 0; k <= c; k++) up_to += with[k];
  return up_to;
}

/* 2 P(at most c inversions). */
static double p_exact(uint64_t n, uint64_t c) {
  double p = 2;
  if (n <= EXACT_ROWS) {
    unsigned __int128 all = 1;
    for (uint64_t i = 2; i <= n; i++) all *= i;
    p = 2 * (double)permutations(n, c) / (double)all;
  } else { /* 1 permutation has none, n - 1 have one */
    for (uint64_t i = 2; i < n && p > 0; i++) p /= (double)i;
    if (c == 0) p /= (double)n;
  }
  return fmin(p, 1);
}

/* Kendall (1970), Rank Correlation Methods, 4th edition: variance corrected for ties. */
static double p_normal(const kendall_counts *c) {
  double n = (double)c->n, m = n * (n - 1);
  double variance = (m * (2 * n + 5) - c->x.v1 - c->y.v1) / 18 +
                    2 * (double)c->x.pairs * (double)c->y.pairs / m +
                    c->x.v0 * c->y.v0 / (9 * m * (n - 2));
  return erfc(fabs(surplus(c)) / sqrt(variance) * M_SQRT1_2);
}

double kendall__p(const kendall_counts *c, ml_test_rules rules, bool *is_exact) {
  *is_exact = false;
  if (is_constant(c)) return NAN;
  if (rules == ML_RULES_KX && c->x.pairs == 0 && c->y.pairs == 0) {
    uint64_t concordant = all_pairs(c->n) - c->discordant;
    uint64_t fewer = c->discordant < concordant ? c->discordant : concordant;
    *is_exact = c->n <= EXACT_ROWS || fewer <= 1;
    if (*is_exact) return p_exact(c->n, fewer);
  }
  return p_normal(c);
}

/* Within [-1, 1] however it is rounded: the surplus is at most either number of pairs. */
double kendall__tau(const kendall_counts *c) {
  if (is_constant(c)) return NAN;
  uint64_t all = all_pairs(c->n);
  return surplus(c) / sqrt((double)(all - c->x.pairs) * (double)(all - c->y.pairs));
}
