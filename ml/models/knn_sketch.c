/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sketch of rows in float, which tells for sure which rows are not near to a query. */
#include <math.h>
#include <ml/vector.h>
#include <stdlib.h>

#include "knn_internal.h"

enum { LANES = 16 };
typedef float lanes
    __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef int32_t bits __attribute__((vector_size(LANES * sizeof(int32_t))));
typedef int32_t half_bits __attribute__((vector_size(LANES / 2 * sizeof(int32_t))));
typedef int32_t quarter_bits __attribute__((vector_size(LANES / 4 * sizeof(int32_t))));

/* Let u be a row and v a query, centred and scaled. The sketch of half |u - v|^2 - |v|^2 is
 * h - v u, h = |u|^2 / 2, in float. u, v and h are rounded once, and the sum of p + 1 terms has an
 * error of at most (p + 1) 2^-24 times the sum of their absolutes (to the first order), which is
 * at most |u|^2 / 2 + |u| |v|. So the error of all is below
 *
 *   (p + 4) 2^-24 (|u|^2 / 2 + |u| |v|) + p (1 + |v|) 2^-148
 *
 * where the last is for what is too small for float. Twice as much is added to the bound, which is
 * more than enough for the second order while p 2^-24 < 0.01, and for what the bound itself is
 * rounded. The distances that are compared in the end are sums in double: they are off by a
 * relative (p + 2) 2^-53, and by what underflows, which is below p 2^-274 as scales are limited. */
enum { MOST_COLUMNS = 100000 };

static double relative_error(size_t p) {
  return 2 * (double)(p + 8) * 0x1p-24;
}

/* ---- the rows -------------------------------------------------------------------------------- */

/* The means, which are within the range of values, and the greatest distance from them. */
static double find_centre(const double *x, size_t n, size_t p, double *centre) {
  double most = 0;
  for (size_t j = 0; j < p; j++) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += knn__value(x, p, i, j) / (double)n;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs(knn__value(x, p, i, j) - sum));
    centre[j] = sum;
  }
  return most;
}

/* The tile of rows [first, first + n). */
static void draw(const double *x, size_t first, size_t n, size_t p, knn_sketch *out) {
  double squares[KNN_TILE] = {0}, most = 0;
  float *to = out->x + first * (p + 1);
  for (size_t j = 0; j < p; j++)
    for (size_t i = 0; i < n; i++) {
      double u = (knn__value(x, p, first + i, j) - out->centre[j]) * out->scale;
      to[j * KNN_TILE + i] = (float)u;
      squares[i] += u * u;
    }
  for (size_t i = 0; i < n; i++) {
    to[p * KNN_TILE + i] = (float)(squares[i] / 2);
    most = fmax(most, squares[i]);
  }
  out->reach[first / KNN_TILE] = sqrt(most);
}

ml_status knn__sketch(const double *x, size_t n, size_t p, knn_sketch *out, ml_error *err) {
  size_t n_tiles = (n + KNN_TILE - 1) / KNN_TILE;
  *out = (knn_sketch){0};
  if (p > MOST_COLUMNS) return ML_OK;
  knn_sketch s = {.x = calloc(n_tiles * (p + 1) + 1, KNN_TILE * sizeof *s.x),
                  .centre = calloc(p + 1, sizeof *s.centre),
                  .reach = calloc(n_tiles + 1, sizeof *s.reach)};
  bool has_room = s.x && s.centre && s.reach;
  double most = has_room ? find_centre(x, n, p, s.centre) : 0;
  if (!has_room || !(most > 0x1p-400 && most < 0x1p400)) {
    knn__sketch_release(&s);
    return has_room ? ML_OK : ml_error_memory(err);
  }
  int exponent;
  frexp(most, &exponent);
  s.scale = ldexp(1, -exponent);
  for (size_t i = 0; i < n; i += KNN_TILE) draw(x, i, n - i < KNN_TILE ? n - i : KNN_TILE, p, &s);
  *out = s;
  return ML_OK;
}

void knn__sketch_release(knn_sketch *sketch) {
  free(sketch->x);
  free(sketch->centre);
  free(sketch->reach);
  *sketch = (knn_sketch){0};
}

/* ---- queries --------------------------------------------------------------------------------- */

knn_probe knn__sketch_probe(const knn_sketch *sketch, size_t p, const double *query, float *out) {
  double sum = 0;
  for (size_t j = 0; j < p && sketch->x; j++) {
    double v = (query[j] - sketch->centre[j]) * sketch->scale;
    out[j * KNN_AT_ONCE] = fabs(v) < 0x1p50 ? (float)v : 0;
    sum += v * v;
  }
  return (knn_probe){sqrt(sum), HUGE_VAL};
}

void knn__sketch_narrow(const knn_sketch *sketch, size_t p, double square, knn_probe *probe) {
  if (!sketch->x || !(probe->norm < 0x1p50)) return;
  double far = square * sketch->scale * sketch->scale, norm = probe->norm, own = norm * norm;
  double rounded = (double)(p + 8) * 0x1p-50 * (far + own);
  double small = (double)p * (1 + norm) * 0x1p-140;
  probe->bound = (far - own) / 2 + rounded + small;
}

/* The least float above. */
static float round_up(double x) {
  return (float)(x + fabs(x) * 0x1p-22 + 0x1p-140);
}

/* All bits of a vector, those of its second half one place higher. */
__attribute__((always_inline)) static inline uint8_t join(const bits *b) {
  half_bits low = __builtin_shufflevector(*b, *b, 0, 1, 2, 3, 4, 5, 6, 7);
  half_bits high = __builtin_shufflevector(*b, *b, 8, 9, 10, 11, 12, 13, 14, 15);
  half_bits all = low | high << 1;
  quarter_bits some =
      __builtin_shufflevector(all, all, 0, 1, 2, 3) | __builtin_shufflevector(all, all, 4, 5, 6, 7);
  return (uint8_t)(some[0] | some[1] | some[2] | some[3]);
}

ML_VECTOR_PATHS
static void find_near(const float *tile, size_t p, const float *queries, const float *bounds,
                      uint8_t *groups) {
  bits near[KNN_AT_ONCE] = {{0}};
  for (int32_t i = 0; i < KNN_TILE; i += 2 * LANES) {
    lanes sum[KNN_AT_ONCE][2];
    const float *x = tile + i;
    for (size_t q = 0; q < KNN_AT_ONCE; q++) {
      sum[q][0] = *(const lanes *)(x + p * KNN_TILE);
      sum[q][1] = *(const lanes *)(x + p * KNN_TILE + LANES);
    }
    for (size_t j = 0; j < p; j++) {
      const lanes a = *(const lanes *)(x + j * KNN_TILE);
      const lanes b = *(const lanes *)(x + j * KNN_TILE + LANES);
      for (size_t q = 0; q < KNN_AT_ONCE; q++) {
        sum[q][0] -= a * queries[j * KNN_AT_ONCE + q];
        sum[q][1] -= b * queries[j * KNN_AT_ONCE + q];
      }
    }
    int32_t bit = 1 << i / KNN_GROUP;
    for (size_t q = 0; q < KNN_AT_ONCE; q++)
      near[q] |= ((sum[q][0] < bounds[q]) & bit) | ((sum[q][1] < bounds[q]) & (bit << 2));
  }
  for (size_t q = 0; q < KNN_AT_ONCE; q++) groups[q] = join(&near[q]);
}

void knn__sketch_near(const knn_sketch *sketch, size_t tile, size_t p, const float *queries,
                      const knn_probe probes[KNN_AT_ONCE], uint8_t groups[KNN_AT_ONCE]) {
  float bounds[KNN_AT_ONCE];
  for (size_t q = 0; q < KNN_AT_ONCE; q++) groups[q] = sketch->x ? 0 : 0xff;
  if (!sketch->x) return;
  double reach = sketch->reach[tile], error = relative_error(p) * reach;
  for (size_t q = 0; q < KNN_AT_ONCE; q++)
    bounds[q] = probes[q].bound < HUGE_VAL
                    ? round_up(probes[q].bound + error * (reach / 2 + probes[q].norm))
                    : HUGE_VALF;
  find_near(sketch->x + tile * KNN_TILE * (p + 1), p, queries, bounds, groups);
}
