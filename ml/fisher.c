/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fisher's exact test: both tails of a hypergeometric law, from the table outwards. */
#include <math.h>

#include <ml/binomial.h>
#include <ml/hypothesis.h>

/* Logarithms that differ by less are of equal probabilities: ours are off by 1e-12 at most, and
 * two that are this near without being equal are one chance in a million millions. */
static const double ROUNDING = 1e-11;

typedef struct table {
  uint64_t a, b, c, d;
} table;

/* The table with the same margins whose a is this; unsigned arithmetic comes round. */
static table with(const table *t, uint64_t a) {
  uint64_t more = a - t->a;
  return (table){a, t->b - more, t->c - more, t->d + more};
}

static double log_p(const table *t) {
  return hypergeometric__log_p(t->a, t->b, t->c, t->d);
}

/* P(table with a - 1) / P(table). The neighbour above is the table with its columns swapped. */
static double ratio_below(double a, double b, double c, double d) {
  return a * d / ((b + 1.0) * (c + 1.0));
}

/* Sum of P over all tables with a no larger, in units of P of this one. */
static double tail_below(const table *t) {
  double a = (double)t->a, b = (double)t->b, c = (double)t->c, d = (double)t->d;
  double term = 1.0, sum = 1.0;
  while (term > 1e-22 * sum) {
    term *= ratio_below(a, b, c, d);
    sum += term;
    a -= 1.0, b += 1.0, c += 1.0, d -= 1.0;
  }
  return sum;
}

static table swap_columns(const table *t) {
  return (table){t->b, t->a, t->d, t->c};
}

/* On the other side of the mode: the least a >= mode at which P is not above that of t; a + 1 of
 * the largest if there is none. */
static uint64_t other_side(const table *t, uint64_t mode) {
  if (t->a + t->b == t->c + t->d) return t->c; /* P(a) = P(a + c - a) by symmetry */
  if (t->a + t->c == t->b + t->d) return t->b;
  uint64_t low = mode, high = t->a + (t->b < t->c ? t->b : t->c) + 1;
  double most = log_p(t) + ROUNDING;
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    table there = with(t, middle);
    if (log_p(&there) <= most)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

/* With columns swapped if need be so that a lies below the mode; false: it is there. */
static bool turn(table *t, uint64_t *mode) {
  for (int turns = 0; turns < 2; turns++) {
    double here = ratio_below((double)t->b, (double)t->a, (double)t->d, (double)t->c);
    if (here > 1.0) {
      double top = ((double)(t->a + t->b) + 1.0) * ((double)(t->a + t->c) + 1.0);
      *mode = (uint64_t)(top / ((double)(t->a + t->b) + (double)(t->c + t->d) + 2.0));
      return true;
    }
    *t = swap_columns(t);
  }
  return false;
}

double fisher__p(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
  table t = {a, b, c, d};
  uint64_t mode;
  if (a + b == 0 || c + d == 0 || a + c == 0 || b + d == 0) return 1.0;
  if (!turn(&t, &mode)) return 1.0;
  double p = exp(log_p(&t)) * tail_below(&t);
  uint64_t other = other_side(&t, mode);
  if (other == t.a + 1) return 1.0;
  if (other <= t.a + (t.b < t.c ? t.b : t.c)) {
    table there = with(&t, other), turned = swap_columns(&there);
    p += exp(log_p(&there)) * tail_below(&turned);
  }
  return p < 1.0 ? p : 1.0;
}
