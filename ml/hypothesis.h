/* SPDX-License-Identifier: GPL-3.0-or-later */
/* P-values from counts, and counts from ranks: what ml/stats.h and selection have in common; never
 * installed. Counts are exact integers wherever they fit. */
#ifndef ML_HYPOTHESIS_H
#define ML_HYPOTHESIS_H

#include <ml/stats.h>

/* ---- laws (fisher.c, mann_whitney.c, kolmogorov*.c, kendall.c) ------------------------------- */

double fisher__p(uint64_t a, uint64_t b, uint64_t c, uint64_t d);

/* Of Mann-Whitney's U for samples of n1 and n2. */
typedef struct mann_law {
  uint64_t n1, n2;
  struct mann_exact *exact; /* NULL where the exact law is not asked for */
} mann_law;

/* At most 60 KB and a fraction of a millisecond, whatever n1 and n2. */
ml_status mann__init(mann_law *law, uint64_t n1, uint64_t n2, ml_error *err);
void mann__release(mann_law *law);

/* @param twice_u  2 U of the first sample
 * @param ties     sum of t^3 - t over groups of t equal values; 0: no two are equal */
double mann__p(const mann_law *law, uint64_t twice_u, double ties, bool *is_exact);

/* @param gap    largest |n2 c1 - n1 c2| where c1, c2 of the values are at most x: n1 n2 D
 * @param spare  kolmogorov__n_spare() doubles */
double kolmogorov__p(uint64_t n1, uint64_t n2, uint64_t gap, ml_test_rules rules, double *spare,
                     bool *is_exact);
size_t kolmogorov__n_spare(uint64_t n1, uint64_t n2, ml_test_rules rules);

/* Pairs of n rows (x, y), and what ties of x and y bring to the variance. */
typedef struct kendall_ties {
  uint64_t pairs; /* sum of t (t - 1) / 2 over groups of t equal values */
  double v0, v1;  /* sums of t (t - 1) (t - 2) and of t (t - 1) (2 t + 5) */
} kendall_ties;

typedef struct kendall_counts {
  uint64_t n, discordant;
  uint64_t both; /* pairs tied in x and y */
  kendall_ties x, y;
} kendall_counts;

double kendall__p(const kendall_counts *counts, ml_test_rules rules, bool *is_exact);
double kendall__tau(const kendall_counts *counts);

/* ---- ranks (ranks.c) ----------------------------------------------------------------------- */

#define RANKS_MAX_ROWS UINT32_MAX

/* Bytes of scratch for n rows that the functions below need. */
size_t ranks__n_spare(size_t n);

/* order: the rows 0 .. n - 1 ascending by x, equal ones by row; x has no NaN, n <= RANKS_MAX_ROWS.
 */
void ranks__order(const double *x, size_t n, uint32_t *order, void *spare);

/* What two samples, x of the rows of one class and x of all others, say of one another. */
typedef struct ranks_counts {
  uint64_t n1;      /* rows of the class */
  uint64_t twice_u; /* 2 U of the class against the others */
  uint64_t gap;     /* n1 n2 D */
} ranks_counts;

/* For each of n_classes classes in one pass over the rows in order.
 *
 * @param class_of   class of each row
 * @param[out] out   n_classes; n1 as found
 * @param[out] ties  as mann__p() */
void ranks__classes(const double *x, const uint32_t *order, size_t n, const uint32_t *class_of,
                    size_t n_classes, ranks_counts *out, double *ties);

/* The order of y, found once, for many x. */
typedef struct ranks_target {
  const uint32_t *order; /* rows ascending by y */
  const uint32_t *rank;  /* of row order[i]: how many rows have a smaller y */
  size_t n;
  kendall_ties ties;
} ranks_target;

/* @param rank  n, filled in, borrowed by out */
void ranks__target(const double *y, const uint32_t *order, size_t n, uint32_t *rank,
                   ranks_target *out);

/* Pairs of (x, y). */
void ranks__pairs(const double *x, const ranks_target *y, kendall_counts *out, void *spare);

#endif
