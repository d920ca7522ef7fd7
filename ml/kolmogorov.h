/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact law of the two-sample statistic, by paths in a lattice; never installed. */
#ifndef ML_KOLMOGOROV_H
#define ML_KOLMOGOROV_H

#include <ml/base.h>

/* P(a random lattice path (0, 0) -> (n1, n2) touches |i n2 - j n1| >= gap), all paths being
 * equally likely.
 *
 * @param n1, n2  in 1 .. 2^31 or so; the time is that of a band along n1 + n2 antidiagonals
 * @param gap     in 1 .. n1 n2
 * @param spare   2 (n1 + n2) + 8 doubles */
double kolmogorov__touches(uint64_t n1, uint64_t n2, uint64_t gap, double *spare);

#endif
