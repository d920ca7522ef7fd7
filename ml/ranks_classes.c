/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What ranks of one column say of classes: U, the gap of Kolmogorov and Smirnov, ties. */
#include <string.h>

#include <ml/ranks_internal.h>

/* Of class 1 against class 0, row by row and without a branch on what is equal: where groups are of
 * few values nobody can foretell their ends. A row of class 1 is above the others of earlier
 * groups, and tied with those before it in its own; the k-th of a group of equal values has 3 k (k
 * - 1) of their t^3 - t. */
static void compare_two(const double *x, const uint32_t *order, size_t n, const uint32_t *class_of,
                        ranks_counts *out, double *ties) {
  uint64_t n1 = out->n1, c1 = 0, c2 = 0, start1 = 0, start2 = 0; /* rows so far, before the group */
  uint64_t twice_u = 0;
  int64_t off = 0, most = 0, least = 0;
  unsigned __int128 thirds = 0;
  uint32_t row = order[0];
  double here = x[row];
  for (size_t end = 1; end <= n; end++) {
    uint32_t next = order[end < n ? end : 0];
    double there = x[next];
    uint64_t is_in = -(uint64_t)class_of[row], k = end - start1 - start2;
    twice_u += is_in ? c2 + start2 : c1 - start1;
    thirds += k * (k - 1);
    c1 -= is_in;
    c2 = end - c1;
    off += (int64_t)((n & is_in) - n1);
    bool is_end = there != here; /* behind the last row off is 0 anyway */
    int64_t seen = is_end ? off : 0;
    most = seen > most ? seen : most;
    least = seen < least ? seen : least;
    start1 = is_end ? c1 : start1;
    start2 = is_end ? c2 : start2;
    row = next;
    here = there;
  }
  out->twice_u = twice_u;
  out->gap = (uint64_t)(most > -least ? most : -least);
  *ties = (double)(3 * thirds);
}

static void widen(uint64_t *gap, uint64_t n, uint64_t c, uint64_t n1, uint64_t e) {
  uint64_t a = n * c, b = n1 * e, off = a > b ? a - b : b - a;
  if (off > *gap) *gap = off;
}

/* With n1 of n rows in the class and c of the first e in order, n2 c1 - n1 c2 is n c - n1 e.
 * Between rows of the class it only falls, so it is looked at before and after them. While at work,
 * the upper half of n1 counts the rows so far. */
void ranks__classes(const double *x, const uint32_t *order, size_t n, const uint32_t *class_of,
                    size_t n_classes, ranks_counts *out, double *ties) {
  unsigned __int128 cubes = 0;
  memset(out, 0, n_classes * sizeof *out);
  for (size_t i = 0; i < n; i++) out[class_of[i]].n1++;
  if (n_classes == 2 && n > 0) {
    compare_two(x, order, n, class_of, &out[1], ties);
    out[0].twice_u = 2 * out[0].n1 * out[1].n1 - out[1].twice_u;
    out[0].gap = out[1].gap;
    return;
  }
  for (size_t i = 0, end; i < n; i = end) {
    end = ranks__group_end(x, order, n, i);
    for (size_t k = i; k < end; k++) {
      ranks_counts *c = &out[class_of[order[k]]];
      widen(&c->gap, n, c->n1 >> 32, (uint32_t)c->n1, i);
    }
    for (size_t k = i; k < end; k++) {
      ranks_counts *c = &out[class_of[order[k]]];
      c->n1 += UINT64_C(1) << 32;
      c->twice_u += i + end + 1;
    }
    for (size_t k = i; k < end; k++) {
      ranks_counts *c = &out[class_of[order[k]]];
      widen(&c->gap, n, c->n1 >> 32, (uint32_t)c->n1, end);
    }
    uint64_t t = end - i;
    cubes += (unsigned __int128)t * (t - 1) * (t + 1);
  }
  for (size_t k = 0; k < n_classes; k++) {
    out[k].n1 = (uint32_t)out[k].n1;
    out[k].twice_u -= out[k].n1 * (out[k].n1 + 1);
  }
  *ties = (double)cubes;
}
