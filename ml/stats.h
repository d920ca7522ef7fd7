/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hypothesis tests on two samples, and what many p-values mean together.
 *
 * All tests are two-sided. P-values lie in [0, 1] and are right to 1e-8 relative down to 1e-300.
 * Which branch a test takes is that of tsfresh 0.21 with scipy 1.10; ML_RULES_KX is that of the
 * KX machine-learning toolkit. */
#ifndef ML_STATS_H
#define ML_STATS_H

#include <ml/status.h>

ML_BEGIN_DECLS

typedef struct ml_test {
  double p_value;   /* NaN where the test has none: see each */
  double statistic; /* what the test measures: see each */
  bool is_exact;    /* p_value is that of the exact law, else of the one it tends to */
} ml_test;

typedef enum ml_test_rules { ML_RULES_TSFRESH, ML_RULES_KX } ml_test_rules;

/**
 * Fisher's exact test of independence in the 2 x 2 table {a, b; c, d} (Fisher 1922): the sum of all
 * hypergeometric probabilities with these margins that are not above that of the table, but for
 * rounding. The statistic is the odds ratio ad / bc (NaN where a margin is 0; then p is 1).
 */
ML_API ml_test ml_test_fisher(uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/**
 * Mann-Whitney's U (Mann and Whitney 1947). Exact when one sample has 8 values or fewer and no two
 * of all values are equal; else normal, corrected for continuity and ties. All values equal: p
 * is 1.
 *
 * @param x, y      n1 and n2 numbers, infinities allowed
 * @param[out] out  the statistic is U of x: pairs with x above y, ties counted half
 * @retval ML_ERR_USAGE   a sample is empty, has a NaN, or both have 2^32 values or more
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_test_mann_whitney(const double *x, size_t n1, const double *y,
                                                    size_t n2, ml_test *out, ml_error *err);

/**
 * Two-sample Kolmogorov-Smirnov test. Exact, by counting lattice paths, while both samples have at
 * most 10 000 values; else by the exact one-sample law with n1 n2 / (n1 + n2) values, rounded.
 * ML_RULES_KX: always the latter, rounded up. Ties are as any others. Samples of one size n with
 * D = 1 / n, whose p is 1, take the latter where the reference's sum rounds to more than 1.
 *
 * @param x, y      n1 and n2 numbers, infinities allowed
 * @param[out] out  the statistic is D, the largest distance of the two distribution functions
 * @retval ML_ERR_USAGE   a sample is empty, has a NaN, or both have 2^32 values or more
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_test_kolmogorov_smirnov(const double *x, size_t n1,
                                                          const double *y, size_t n2,
                                                          ml_test_rules rules, ml_test *out,
                                                          ml_error *err);

/**
 * P(D >= d) of the one-sample two-sided Kolmogorov-Smirnov statistic of n values of a continuous
 * law (Kolmogorov 1933). @return 1 for d <= 1/(2n), 0 for d >= 1
 */
ML_API double ml_kolmogorov_sf(uint64_t n, double d);

/**
 * Kendall's tau-b (Kendall 1945) in O(n log n) (Knight 1966). The p-value is normal, with the
 * variance corrected for ties; NaN where x or y is constant, or n < 3. ML_RULES_KX: exact when
 * there are no ties and n <= 33 or at most one pair is discordant or concordant.
 *
 * @param x, y      n numbers each, infinities allowed
 * @param[out] out  the statistic is tau-b; NaN where x or y is constant
 * @retval ML_ERR_USAGE   n is 0 or 2^32 or more, or there is a NaN
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_test_kendall(const double *x, const double *y, size_t n,
                                               ml_test_rules rules, ml_test *out, ml_error *err);

/* ---- many tests ---------------------------------------------------------------------------- */

typedef enum ml_fdr_method {
  ML_FDR_BY, /* Benjamini and Yekutieli 2001: valid under any dependence */
  ML_FDR_BH, /* Benjamini and Hochberg 1995: independent or positively dependent tests */
  ML_FDR_KX  /* the KX toolkit's: every p_(i) <= level i / (n H_i), H_i = 1 + 1/2 + ... + 1/i */
} ml_fdr_method;

/**
 * Decide which of n p-values are significant at a false discovery rate. BY and BH step up: the
 * largest k with p_(k) <= level k / n (BY: / H_n), and all up to it. A NaN counts in n, and is
 * never significant.
 *
 * @param level               in (0, 1)
 * @param[out] is_significant  n of them
 * @param[out] threshold       n of them, or NULL: a p-value is significant if it is at most this,
 *                             the same for all but with ML_FDR_KX. Where none is: level 1 / n
 *                             (BY: / H_n)
 * @retval ML_ERR_USAGE   level is outside (0, 1)
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_fdr(const double *p_values, size_t n, double level,
                                      ml_fdr_method method, bool *is_significant, double *threshold,
                                      ml_error *err);

ML_END_DECLS
#endif
