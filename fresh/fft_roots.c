/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Roots of unity: an angle in the first eighth of the circle is a coarse and a fine step, whose
 * product in extended precision rounds as the exact value does, at a tenth of a sine's price. */
#include "fft_roots.h"

#include <math.h>
#include <stdlib.h>

typedef struct turn {
  long double cos, sin;
} turn;

struct fresh_roots {
  size_t n, step; /* angles are pi a / (4 n), a = 0..n: coarse holds multiples of step */
  turn *fine, coarse[];
};

static const long double PI = 3.14159265358979323846264338327950288L;

static turn turn_of(size_t a, size_t n) {
  long double angle = PI * (long double)a / (4 * (long double)n);
  return (turn){cosl(angle), sinl(angle)};
}

fresh_roots *fresh__roots_new(size_t n) {
  size_t step = (size_t)sqrt((double)n) + 1, n_coarse = n / step + 1;
  fresh_roots *roots = malloc(sizeof *roots + (n_coarse + step) * sizeof(turn));
  if (!roots) return NULL;
  *roots = (fresh_roots){.n = n, .step = step, .fine = roots->coarse + n_coarse};
  for (size_t i = 0; i < n_coarse; i++) roots->coarse[i] = turn_of(i * step, n);
  for (size_t i = 0; i < step; i++) roots->fine[i] = turn_of(i, n);
  return roots;
}

void fresh__roots_free(fresh_roots *roots) {
  free(roots);
}

fresh_root fresh__root(const fresh_roots *roots, size_t k) {
  size_t n = roots->n, a = 8 * k;
  bool below = a > 4 * n;
  if (below) a = 8 * n - a;
  bool left = a > 2 * n;
  if (left) a = 4 * n - a;
  bool steep = a > n;
  if (steep) a = 2 * n - a;
  turn u = roots->coarse[a / roots->step], v = roots->fine[a % roots->step];
  double x = (double)(u.cos * v.cos - u.sin * v.sin);
  double y = (double)(u.cos * v.sin + u.sin * v.cos);
  fresh_root root = steep ? (fresh_root){y, x} : (fresh_root){x, y};
  if (left) root.cos = -root.cos;
  if (below) root.sin = -root.sin;
  return root;
}
