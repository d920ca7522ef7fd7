/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact law of the two-sample Kolmogorov-Smirnov statistic: random lattice paths that touch the
 * border of a band around the diagonal. */
#include <math.h>
#include <string.h>

#include <ml/binomial.h>
#include <ml/kolmogorov.h>
#include <ml/vector.h>

/* Both samples in order are a path from (0, 0) to (n1, n2): a step along i for a value of the first
 * sample, along j for one of the second. Under the null hypothesis all paths are equally likely,
 * and n1 n2 D is the largest |i n2 - j n1| on the path (Hodges 1958, The significance probability
 * of the Smirnov two-sample test). So are the paths that end there when each step goes along i with
 * probability p1 = n1 / (n1 + n2), else along j; the probability of that end divides at last.
 *
 * t(i, j) is the probability to come to (i, j) and to have touched the border by then. On
 * antidiagonals s = i + j, from the cells of the border on, where t is known (whoever comes there
 * has touched: binomial), t(i, j) = p1 t(i - 1, j) + p2 t(i, j - 1). Nothing is ever subtracted. A
 * path and the same one backwards touch alike, so half the antidiagonals are enough: the two halves
 * of a path meet on the middle one. */
typedef struct lattice {
  int64_t n1, n2, gap;
  double p1, p2;
} lattice;

/* All values of t are this much larger, so that what makes up 1e-300 is not lost in underflow. */
#define LIFT 0x1p900

/* Below this part of the result a cell is left out; there are less than 1e5 of them at the edge. */
static const double NEGLIGIBLE = 1e-22;

static lattice turned(const lattice *l) {
  return (lattice){l->n2, l->n1, l->gap, l->p2, l->p1};
}

static int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b) {
  return a > b ? a : b;
}

/* ---- the border ------------------------------------------------------------------------------ */

/* The first cell of antidiagonal s that touches, counted along i, and its t, which is binomial.
 * value 2^(512 scale) is LIFT t: far from the diagonal doubles end. */
typedef struct border {
  int64_t s, i;
  double value;
  int64_t scale;
} border;

static void border_rescale(border *b) {
  if (b->value < 0x1p-512) {
    b->value *= 0x1p512;
    b->scale--;
  } else if (b->value > 1.0 && b->scale < 0) {
    b->value *= 0x1p-512;
    b->scale++;
  }
}

/* On the first antidiagonal that has one: straight along i. */
static border border_start(const lattice *l) {
  int64_t far = (l->gap + l->n2 - 1) / l->n2;
  border b = {far, far, LIFT, 0};
  for (int64_t i = 0; i < far; i++) {
    b.value *= l->p1;
    border_rescale(&b);
  }
  return b;
}

static bool border_moves(const border *b, const lattice *l) {
  return l->gap + (b->s + 1) * l->n1 > b->i * (l->n1 + l->n2);
}

static void border_step(border *b, const lattice *l) {
  double s = (double)b->s, i = (double)b->i;
  if (border_moves(b, l)) {
    b->value *= l->p1 * (s + 1.0) / (i + 1.0);
    b->i++;
  } else {
    b->value *= l->p2 * (s + 1.0) / (s + 1.0 - i);
  }
  b->s++;
  border_rescale(b);
}

static double border_value(const border *b) {
  return b->scale < 0 ? 0.0 : b->value;
}

/* ---- the band -------------------------------------------------------------------------------- */

/* t on antidiagonal s, t(i, s - i) at t[n1 - i], so that a step reads ahead only. */
typedef struct front {
  const lattice *l;
  double *t; /* n1 + 2 of them: the last is always 0 */
  int64_t s;
  int64_t low, high; /* cells i inside; t is 0 below them, and above all is touched */
} front;

ML_VECTOR_PATHS
static void step_cells(double *t, size_t n, double p1, double p2) {
  for (size_t k = 0; k < n; k++) t[k] = p2 * t[k] + p1 * t[k + 1];
}

static void put_value(front *f, int64_t i, double value) {
  if (i >= 0 && i <= f->l->n1) f->t[f->l->n1 - i] = value;
}

static void front_step(front *f, int64_t low, int64_t high) {
  const lattice *l = f->l;
  f->s++;
  f->low = low;
  f->high = least(high, least(f->s, l->n1));
  if (f->low <= f->high)
    step_cells(f->t + (l->n1 - f->high), (size_t)(f->high - f->low + 1), l->p1, l->p2);
}

/* Touches on either side, up to antidiagonal end; before gets t of the one before. */
static void touch_both(const lattice *l, int64_t end, double *t, double *before) {
  border above = border_start(l);
  lattice other = turned(l);
  border below = border_start(&other);
  size_t n_bytes = ((size_t)l->n1 + 2) * sizeof *t;
  front f = {l, t, least(least(above.s, below.s), end), 0, -1};
  memset(t, 0, n_bytes);
  memset(before, 0, n_bytes);
  while (f.s < end) {
    int64_t low = 0, high = f.s + 1;
    if (f.s == end - 1) memcpy(before, t, n_bytes);
    if (above.s == f.s) {
      put_value(&f, above.i, border_value(&above));
      border_step(&above, l);
    }
    if (below.s == f.s) {
      put_value(&f, f.s - below.i, border_value(&below));
      border_step(&below, &other);
    }
    if (above.s == f.s + 1) high = above.i - 1;
    if (below.s == f.s + 1) low = most(0, f.s + 2 - below.i);
    front_step(&f, low, high);
  }
}

/* Leave out cells through which next to no path comes to the end that touches. */
static void prune(front *f, double floor) {
  const lattice *l = f->l;
  int64_t rest = l->n1 + l->n2 - f->s;
  if (f->low > f->high || f->high - f->low > rest) return;
  double p =
      binomial__p((uint64_t)(l->n1 - f->low), (uint64_t)rest, (uint64_t)l->n1, (uint64_t)l->n2);
  while (f->low <= f->high && f->t[l->n1 - f->low] * p < floor) {
    double k = (double)(l->n1 - f->low);
    f->t[l->n1 - f->low] = 0.0;
    p *= k * l->p2 / (((double)rest - k + 1.0) * l->p1);
    f->low++;
  }
}

/* Touches on the side of the larger i, up to antidiagonal end. Far out, only cells near the border
 * matter. */
static front touch_above(const lattice *l, int64_t end, double floor, double *t) {
  enum { PRUNE_EVERY = 32 };
  border above = border_start(l);
  front f = {l, t, least(above.s, end), above.i, above.i - 1};
  memset(t, 0, ((size_t)l->n1 + 2) * sizeof *t);
  while (f.s < end) {
    put_value(&f, above.i, border_value(&above));
    border_step(&above, l);
    front_step(&f, f.low, above.i - 1);
    if (f.s % PRUNE_EVERY == 0) prune(&f, floor);
  }
  return f;
}

/* ---- the middle ------------------------------------------------------------------------------ */

/* Where a path's first half, of s steps, meets its second half, of rest steps taken backwards. The
 * cells of the fronts are t1[-i] and t2[turn i]. */
typedef struct middle {
  const lattice *l;
  int64_t s, rest;
  const double *t1, *t2;
  int64_t turn;
  bool is_one_sided;
} middle;

typedef struct place {
  int64_t i;
  double first, second; /* binomial probabilities of the halves */
} place;

static bool touches(const middle *m, int64_t i) {
  int64_t off = i * m->l->n2 - (m->s - i) * m->l->n1;
  return off >= m->l->gap || (!m->is_one_sided && off <= -m->l->gap);
}

/* LIFT P(a path comes by and touches), but for a factor. */
static double share(const middle *m, const place *p) {
  if (touches(m, p->i)) return LIFT * p->first * p->second;
  double t1 = m->t1[-p->i], t2 = m->t2[m->turn * p->i];
  return p->second * t1 + t2 * (p->first - t1 / LIFT);
}

static void go_up(const middle *m, place *p) {
  double i = (double)p->i, odds = m->l->p1 / m->l->p2;
  p->first *= ((double)m->s - i) / (i + 1.0) * odds;
  p->second *= ((double)m->l->n1 - i) / ((double)(m->rest - m->l->n1) + i + 1.0) / odds;
  p->i++;
}

static void go_down(const middle *m, place *p) {
  double i = (double)p->i, odds = m->l->p1 / m->l->p2;
  p->first *= i / ((double)m->s - i + 1.0) / odds;
  p->second *= ((double)(m->rest - m->l->n1) + i) / ((double)m->l->n1 - i + 1.0) * odds;
  p->i--;
}

/* Over cells low and above; from the diagonal outwards, so that binomials are exact where they are
 * large, until only touching ones are left that nobody comes by. */
static double meet(const middle *m, int64_t low) {
  const lattice *l = m->l;
  uint64_t n1 = (uint64_t)l->n1, n2 = (uint64_t)l->n2;
  int64_t at = m->s * l->n1 / (l->n1 + l->n2), high = least(m->s, l->n1);
  place centre = {at, binomial__p((uint64_t)at, (uint64_t)m->s, n1, n2),
                  binomial__p((uint64_t)(l->n1 - at), (uint64_t)m->rest, n1, n2)};
  double sum = 0.0;
  low = most(low, most(0, m->s - l->n2));
  for (place p = centre; p.i <= high; go_up(m, &p)) {
    double more = share(m, &p);
    sum += more;
    if (more < 1e-20 * sum && touches(m, p.i)) break;
  }
  for (place p = centre; p.i > low;) {
    go_down(m, &p);
    double more = share(m, &p);
    sum += more;
    if (more < 1e-20 * sum && touches(m, p.i)) break;
  }
  return sum / LIFT / binomial__p(n1, n1 + n2, n1, n2);
}

static double both_sides(const lattice *l, double *spare) {
  int64_t rest = (l->n1 + l->n2 + 1) / 2, s = l->n1 + l->n2 - rest;
  double *before = spare + l->n1 + 2;
  touch_both(l, rest, spare, before);
  middle m = {l, s, rest, (s == rest ? spare : before) + l->n1, spare, 1, false};
  return meet(&m, 0);
}

/* P(paths touch at the border's cell of the middle), in the terms of prune(). */
static double least_share(const lattice *l, int64_t s) {
  int64_t n = l->n1 + l->n2, i = (l->gap + s * l->n1 + n - 1) / n, j = s - i;
  if (i > l->n1 || j < 0) return 0.0;
  double first = binomial__p((uint64_t)i, (uint64_t)s, (uint64_t)l->n1, (uint64_t)l->n2);
  double second =
      binomial__p((uint64_t)(l->n1 - i), (uint64_t)(n - s), (uint64_t)l->n1, (uint64_t)l->n2);
  return LIFT * first * second;
}

static double one_side(const lattice *l, double *spare) {
  int64_t rest = (l->n1 + l->n2 + 1) / 2, s = l->n1 + l->n2 - rest;
  double *second = spare + l->n1 + 2, floor = NEGLIGIBLE * least_share(l, s);
  lattice other = turned(l);
  front up = touch_above(l, s, floor, spare);
  front back = touch_above(&other, rest, floor, second);
  middle m = {l, s, rest, spare + l->n1, second + s, -1, true};
  return meet(&m, least(up.low, back.low - l->n2 + s));
}

/* Reflections count the paths if the border is a line of cells (Gnedenko and Korolyuk 1951):
 * 2 sum (-1)^(k-1) C(2n, n - kh) / C(2n, n). */
static double equal_sizes(int64_t n, int64_t h) {
  double part = 1.0, sum = 0.0, first = 0.0;
  for (int64_t i = 0, k = 0; i < n; i++) {
    part *= (double)(n - i) / (double)(n + 1 + i);
    if ((i + 1) % h != 0) continue;
    sum += k++ % 2 == 0 ? part : -part;
    if (k == 1) first = part;
    if (part <= 1e-18 * first) break;
  }
  return 2.0 * sum;
}

double kolmogorov__touches(uint64_t n1, uint64_t n2, uint64_t gap, double *spare) {
  double m1 = (double)n1, m2 = (double)n2, size = (double)gap;
  lattice l = {(int64_t)n1, (int64_t)n2, (int64_t)gap, m1 / (m1 + m2), m2 / (m1 + m2)};
  double p;
  if (gap > n1 * n2) return 0.0;
  if (n1 == n2)
    p = equal_sizes(l.n1, (l.gap + l.n1 - 1) / l.n1);
  else if (size * size > 8.0 * m1 * m2 * (m1 + m2)) /* on both sides: 1e-20 of that at most */
    p = 2.0 * one_side(&l, spare);
  else
    p = both_sides(&l, spare);
  return fmin(p, 1.0);
}
