/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The law of Mann-Whitney's U.
 *
 * The number of ways to have U <= k with samples of m and n is the coefficient of q^k in
 *
 *   (1 - q^(n+1)) ... (1 - q^(n+m)) / ((1 - q) (1 - q) (1 - q^2) ... (1 - q^m)).
 *
 * With m <= 8 the product above has few terms, and those below are as
 * A(q) / (1 - q^L)^(m+1), L being the least common multiple of 1, ..., m and A a polynomial with
 * coefficients >= 0. So a value takes some hundred operations whatever n; the signs of the product
 * above cost less than a digit, for only k <= m n / 2 are asked for. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/hypothesis.h>

enum { FEW = 8, MAX_PERIOD = 840, MAX_SUM = FEW * (FEW + 1) / 2 };

/* Degree of A for m = 8, and 1. */
enum { MAX_TERMS = (FEW + 1) * MAX_PERIOD - MAX_SUM - 1 + 1 };

typedef struct mann_exact {
  uint64_t m, n;                          /* m <= FEW, m <= n */
  uint64_t period, n_terms;               /* L; of A */
  uint32_t subsets[FEW + 1][MAX_SUM + 1]; /* of 1 ... m, by how many and by their sum */
  uint64_t terms[MAX_TERMS];              /* A; the largest is below 2^62 */
} mann_exact;

static void count_subsets(mann_exact *e) {
  e->subsets[0][0] = 1;
  for (uint64_t i = 1; i <= e->m; i++)
    for (uint64_t j = i; j > 0; j--)
      for (uint64_t s = MAX_SUM; s >= i; s--) e->subsets[j][s] += e->subsets[j - 1][s - i];
}

/* A = product of (1 + q^i + q^2i + ... + q^(L-i)) over i = 1, 1, 2, ..., m. */
static void multiply_terms(mann_exact *e) {
  uint64_t *a = e->terms;
  a[0] = 1;
  e->n_terms = 1;
  for (uint64_t i = 0; i <= e->m; i++) {
    uint64_t step = i > 0 ? i : 1;
    e->n_terms += e->period - step;
    for (uint64_t k = step; k < e->n_terms; k++) a[k] += a[k - step];
    for (uint64_t k = e->n_terms; k-- > e->period;) a[k] -= a[k - e->period];
  }
}

ml_status mann__init(mann_law *law, uint64_t n1, uint64_t n2, ml_error *err) {
  static const uint64_t periods[FEW + 1] = {1, 1, 2, 6, 12, 60, 60, 420, MAX_PERIOD};
  *law = (mann_law){.n1 = n1, .n2 = n2};
  uint64_t m = n1 < n2 ? n1 : n2;
  if (m > FEW) return ML_OK;
  law->exact = calloc(1, sizeof *law->exact);
  if (!law->exact) return ml_error_memory(err);
  law->exact->m = m;
  law->exact->n = n1 < n2 ? n2 : n1;
  law->exact->period = periods[m];
  count_subsets(law->exact);
  multiply_terms(law->exact);
  return ML_OK;
}

void mann__release(mann_law *law) {
  free(law->exact);
  law->exact = NULL;
}

/* (w + 1) ... (w + m): m! times the binomial coefficient of w + m over m. */
static long double rising(uint64_t w, uint64_t m) {
  long double product = 1;
  for (uint64_t i = 1; i <= m; i++) product *= (long double)(w + i);
  return product;
}

/* m! times the coefficient of q^k in A(q) / (1 - q^L)^(m+1). */
static long double unlimited(const mann_exact *e, uint64_t k) {
  uint64_t w = k / e->period;
  long double sum = 0;
  for (uint64_t at = k % e->period;; at += e->period, w--) {
    if (at >= e->n_terms) break;
    sum += (long double)e->terms[at] * rising(w, e->m);
    if (w == 0) break;
  }
  return sum;
}

/* P(U <= k). */
static long double lower_tail(const mann_exact *e, uint64_t k) {
  long double sum = 0;
  for (uint64_t j = 0; j <= e->m && j * e->n <= k; j++)
    for (uint64_t s = 0; s <= MAX_SUM && j * e->n + s <= k; s++) {
      if (e->subsets[j][s] == 0) continue;
      long double term = e->subsets[j][s] * unlimited(e, k - j * e->n - s);
      sum += j % 2 ? -term : term;
    }
  return sum / rising(e->n, e->m);
}

double mann__p(const mann_law *law, uint64_t twice_u, double ties, bool *is_exact) {
  uint64_t pairs = law->n1 * law->n2;
  uint64_t twice_other = 2 * pairs - twice_u;
  uint64_t twice_max = twice_u > twice_other ? twice_u : twice_other;
  *is_exact = law->exact && ties == 0;
  if (*is_exact) return fmin(1, (double)(2 * lower_tail(law->exact, pairs - twice_max / 2)));
  double n1 = (double)law->n1, n2 = (double)law->n2, n = n1 + n2;
  double variance = n1 * n2 / 12 * (n + 1 - ties / (n * (n - 1)));
  if (!(variance > 0) || twice_max == pairs) return 1;
  double z = (double)(twice_max - pairs - 1) / 2 / sqrt(variance);
  return fmin(1, erfc(z * M_SQRT1_2));
}
