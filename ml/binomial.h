/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Single probabilities of binomial and hypergeometric laws, to the last few bits for any counts up
 * to 2^53; never installed. */
#ifndef ML_BINOMIAL_H
#define ML_BINOMIAL_H

#include <ml/base.h>

/* ln(n! / (n^n e^-n)) of a whole number, where 0^0 is 1: ln(2 pi n) / 2 and little more. */
double binomial__log_stirling(double n);

/* P(k of n), each with probability n1 / (n1 + n2); k <= n, and n1, n2 > 0. */
double binomial__p(uint64_t k, uint64_t n, uint64_t n1, uint64_t n2);

/* ln P of the 2 x 2 table {a, b; c, d} given its margins, none of which is 0. Its error is some
 * 1e-16 times the result or 1e-15. */
double hypergeometric__log_p(uint64_t a, uint64_t b, uint64_t c, uint64_t d);

#endif
