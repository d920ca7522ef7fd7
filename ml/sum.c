/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums in numpy's order, and the statistics that stand on one. */
#include <string.h>

#include <ml/stats_internal.h>

enum { LANES = 8, LEAF = 128, BLOCK = 8192 };

/* LANES <= n <= LEAF. Each lane is a chain of its own, so vector registers give the same bits. */
static double sum_leaf(const double *x, size_t n) {
  double r[LANES];
  memcpy(r, x, sizeof r);
  size_t i = LANES;
  for (; i + LANES <= n; i += LANES)
    for (size_t k = 0; k < LANES; k++) r[k] += x[i + k];
  double sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
  for (; i < n; i++) sum += x[i];
  return sum;
}

static double sum_pairwise(const double *x, size_t n) {
  if (n > LEAF) {
    size_t half = n / 2 - n / 2 % LANES;
    return sum_pairwise(x, half) + sum_pairwise(x + half, n - half);
  }
  if (n >= LANES) return sum_leaf(x, n);
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i];
  return sum;
}

double stats__sum(const double *x, size_t n) {
  double sum = sum_pairwise(x, n < BLOCK ? n : BLOCK);
  for (size_t i = BLOCK; i < n; i += BLOCK)
    sum += sum_pairwise(x + i, n - i < BLOCK ? n - i : BLOCK);
  return sum;
}

double stats__variance(const double *x, size_t n, double mean, double *spare) {
  for (size_t i = 0; i < n; i++) spare[i] = (x[i] - mean) * (x[i] - mean);
  return stats__sum(spare, n) / (double)n;
}

double stats__quantile(const double *sorted, size_t n, double q) {
  double position = q * (double)(n - 1);
  size_t i = (size_t)position;
  if (i >= n - 1) return sorted[n - 1];
  double t = position - (double)i, a = sorted[i], b = sorted[i + 1];
  return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
}

double stats__median(const double *sorted, size_t n) {
  double middle = sorted[n / 2];
  return n % 2 ? middle : (sorted[n / 2 - 1] + middle) / 2;
}
