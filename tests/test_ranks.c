/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Orders, classes and pairs against their definitions. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/hypothesis.h>

enum { MOST = 20000, MOST_CLASSES = 6, N_KINDS = 9 };

static double x[MOST], y[MOST];
static uint32_t order[MOST], y_order[MOST], rank[MOST], class_of[MOST];
static void *spare;

static double uniform(uint64_t *seed) {
  return (double)(next_random(seed) >> 11) * 0x1p-53;
}

/* Columns of all sorts: what a sort by leading bits could trip over, too. */
static double value_of_kind(int kind, size_t i, uint64_t *seed) {
  static const double odd[] = {0, -0., INFINITY, -INFINITY, 5e-324, -5e-324, 1e308, -1e308, 1, -1};
  uint64_t r = next_random(seed);
  double bits;
  switch (kind) {
    case 0:
      return uniform(seed) - 0.5;
    case 1:
      return (double)(int64_t)(r % 5) - 2;
    case 2:
      return odd[r % 10];
    case 3: /* far apart and close together: leading bits tell hardly any apart */
      return (r % 2 ? -1e300 : 1e-3) * (1 + (double)(r / 2 % 100) * 1e-15);
    case 4:
      return i == 7 ? INFINITY : 1 + (double)(r % 100000) * 1e-15;
    case 5:
      return -(double)i;
    case 6:
      return r % 50 == 0 ? uniform(seed) : -0.;
    case 7:
      return 3;
    default:
      r = next_random(seed);
      memcpy(&bits, &r, sizeof bits);
      return isnan(bits) ? 1 : bits;
  }
}

static void fill(double *v, size_t n, int kind, uint64_t *seed) {
  for (size_t i = 0; i < n; i++) v[i] = value_of_kind(kind, i, seed);
}

/* Every size where another way of sorting begins, and beyond. */
static const size_t sizes[] = {0,   1,   2,   3,    4,    7,    8,    9,    15,   16,   17,
                               31,  32,  33,  63,   64,   65,   88,   127,  128,  129,  200,
                               255, 256, 257, 1000, 2047, 2048, 4095, 4096, 5000, 20000};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

static void orders_ascend_and_are_stable(void **state) {
  (void)state;
  uint64_t seed = 1;
  for (size_t k = 0; k < N_SIZES; k++)
    for (int kind = 0; kind < N_KINDS; kind++) {
      size_t n = sizes[k];
      bool seen[MOST] = {false};
      fill(x, n, kind, &seed);
      ranks__order(x, n, order, spare);
      for (size_t i = 0; i < n; i++) {
        assert_true(order[i] < n && !seen[order[i]]);
        seen[order[i]] = true;
        if (i == 0) continue;
        double before = x[order[i - 1]], here = x[order[i]];
        if (!(before < here || (before == here && order[i - 1] < order[i])))
          fail_msg("kind %d, n %zu, position %zu", kind, n, i);
      }
    }
}

/* By all pairs of rows, and all rows for each value: the definitions. */
static ranks_counts counts_by_definition(size_t n, uint32_t class) {
  ranks_counts c = {0};
  for (size_t i = 0; i < n; i++) c.n1 += class_of[i] == class;
  uint64_t n2 = n - c.n1;
  for (size_t i = 0; i < n; i++) {
    uint64_t in = 0, out = 0;
    for (size_t j = 0; j < n; j++) {
      if (class_of[i] == class && class_of[j] != class)
        c.twice_u += x[i] > x[j] ? 2 : x[i] == x[j] ? 1 : 0;
      if (x[j] <= x[i]) *(class_of[j] == class ? &in : &out) += 1;
    }
    uint64_t gap = n2 * in > c.n1 * out ? n2 * in - c.n1 * out : c.n1 * out - n2 * in;
    if (gap > c.gap) c.gap = gap;
  }
  return c;
}

static double ties_by_definition(size_t n) {
  double ties = 0;
  for (size_t i = 0; i < n; i++) {
    uint64_t t = 0;
    for (size_t j = 0; j < n; j++) t += x[j] == x[i];
    ties += (double)(t * t - 1); /* t such rows make t^3 - t */
  }
  return ties;
}

static void check_classes(size_t n, size_t n_classes, int kind) {
  ranks_counts got[MOST_CLASSES];
  double ties;
  ranks__order(x, n, order, spare);
  ranks__classes(x, order, n, class_of, n_classes, got, &ties);
  if (ties != ties_by_definition(n)) fail_msg("ties of kind %d, n %zu: %.17g", kind, n, ties);
  for (uint32_t k = 0; k < n_classes; k++) {
    ranks_counts want = counts_by_definition(n, k);
    if (got[k].n1 != want.n1 || got[k].twice_u != want.twice_u || got[k].gap != want.gap)
      fail_msg("class %u of %zu, kind %d, n %zu: %lu %lu %lu, not %lu %lu %lu", k, n_classes, kind,
               n, got[k].n1, got[k].twice_u, got[k].gap, want.n1, want.twice_u, want.gap);
  }
}

static void classes_are_counted_as_defined(void **state) {
  (void)state;
  uint64_t seed = 2;
  for (size_t n = 1; n <= 300; n += n < 40 ? 1 : 26)
    for (int kind = 0; kind < N_KINDS; kind++)
      for (size_t n_classes = 1; n_classes <= MOST_CLASSES; n_classes++) {
        fill(x, n, kind, &seed);
        for (size_t i = 0; i < n; i++) class_of[i] = (uint32_t)(next_random(&seed) % n_classes);
        check_classes(n, n_classes, kind);
      }
  for (int kind = 0; kind < N_KINDS; kind += 3) {
    fill(x, 5000, kind, &seed);
    for (size_t i = 0; i < 5000; i++) class_of[i] = next_random(&seed) % 10 == 0;
    check_classes(5000, 2, kind);
  }
}

/* Rows of the class all below the others, or all above: the largest counts there are. */
static void parted_classes_have_the_largest_counts(void **state) {
  (void)state;
  const size_t n = MOST, n1 = 6000;
  ranks_counts got[2];
  double ties;
  for (int is_above = 0; is_above < 2; is_above++) {
    for (size_t i = 0; i < n; i++) {
      class_of[i] = i < n1;
      x[i] = i < n1 ? (is_above ? 2e9 : -2e9) + (double)i : (double)i;
    }
    ranks__order(x, n, order, spare);
    ranks__classes(x, order, n, class_of, 2, got, &ties);
    assert_int_equal(got[1].n1, n1);
    assert_int_equal(got[1].twice_u, is_above ? 2 * n1 * (n - n1) : 0);
    assert_int_equal(got[0].twice_u, is_above ? 0 : 2 * n1 * (n - n1));
    assert_int_equal(got[1].gap, n1 * (n - n1));
    assert_int_equal(got[0].gap, n1 * (n - n1));
    assert_true(ties == 0);
  }
}

static int sign_of(double a, double b) {
  return (a > b) - (a < b);
}

static kendall_counts pairs_by_definition(size_t n) {
  kendall_counts c = {.n = n};
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++) {
      int in_x = sign_of(x[i], x[j]), in_y = sign_of(y[i], y[j]);
      c.x.pairs += in_x == 0;
      c.y.pairs += in_y == 0;
      c.both += in_x == 0 && in_y == 0;
      c.discordant += in_x * in_y < 0;
    }
  return c;
}

/* A group of t rows gives each of them a share. */
static void variance_terms(const double *v, size_t n, kendall_ties *out) {
  double v0 = 0, v1 = 0;
  for (size_t i = 0; i < n; i++) {
    double t = 0;
    for (size_t j = 0; j < n; j++) t += v[j] == v[i];
    v0 += (t - 1) * (t - 2);
    v1 += (t - 1) * (2 * t + 5);
  }
  out->v0 = v0;
  out->v1 = v1;
}

static bool same_ties(const kendall_ties *a, const kendall_ties *b) {
  return a->pairs == b->pairs && a->v0 == b->v0 && a->v1 == b->v1;
}

static void check_pairs(size_t n, int x_kind, int y_kind) {
  ranks_target target;
  kendall_counts got, want = pairs_by_definition(n);
  variance_terms(x, n, &want.x);
  variance_terms(y, n, &want.y);
  ranks__order(y, n, y_order, spare);
  ranks__target(y, y_order, n, rank, &target);
  ranks__pairs(x, &target, &got, spare);
  if (got.n != n || got.discordant != want.discordant || got.both != want.both ||
      !same_ties(&got.x, &want.x) || !same_ties(&got.y, &want.y))
    fail_msg("kinds %d, %d, n %zu: discordant %lu, both %lu, not %lu, %lu", x_kind, y_kind, n,
             got.discordant, got.both, want.discordant, want.both);
}

static void pairs_are_counted_as_defined(void **state) {
  (void)state;
  uint64_t seed = 3;
  const size_t at_digits[] = {16, 17, 255, 256, 257, 260, 272, 273, 4096, 4105};
  for (size_t k = 0; k < sizeof at_digits / sizeof *at_digits; k++) {
    size_t n = at_digits[k];
    fill(x, n, 0, &seed);
    fill(y, n, 0, &seed);
    check_pairs(n, 0, 0);
  }
  for (size_t n = 0; n <= 300; n += n < 40 ? 1 : 43)
    for (int x_kind = 0; x_kind < N_KINDS; x_kind++)
      for (int y_kind = 0; y_kind < N_KINDS; y_kind++) {
        fill(x, n, x_kind, &seed);
        fill(y, n, y_kind, &seed);
        check_pairs(n, x_kind, y_kind);
      }
  for (int kind = 0; kind < 3; kind++) {
    fill(x, 5000, kind, &seed);
    fill(y, 5000, (kind + 1) % 3, &seed);
    check_pairs(5000, kind, (kind + 1) % 3);
  }
}

/* Every pair discordant, or none. */
static void sorted_rows_have_all_pairs_or_none(void **state) {
  (void)state;
  ranks_target target;
  kendall_counts got;
  for (size_t n = 1; n <= MOST; n += n / 2 + 1) {
    for (size_t i = 0; i < n; i++) x[i] = (double)i, y[i] = -3.5 * (double)i;
    ranks__order(y, n, y_order, spare);
    ranks__target(y, y_order, n, rank, &target);
    ranks__pairs(x, &target, &got, spare);
    assert_int_equal(got.discordant, n * (n - 1) / 2);
    ranks__pairs(y, &target, &got, spare);
    assert_int_equal(got.discordant, 0);
    assert_int_equal(got.x.pairs + got.y.pairs + got.both, 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(orders_ascend_and_are_stable),
      cmocka_unit_test(classes_are_counted_as_defined),
      cmocka_unit_test(parted_classes_have_the_largest_counts),
      cmocka_unit_test(pairs_are_counted_as_defined),
      cmocka_unit_test(sorted_rows_have_all_pairs_or_none),
  };
  spare = malloc(ranks__n_spare(MOST));
  int n_failed = spare ? cmocka_run_group_tests_name("ranks", tests, NULL, NULL) : 1;
  free(spare);
  return n_failed;
}
