/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kendall's tau-b and its law: by all permutations of few rows, and by closed forms. */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#include <ml/hypothesis.h>

enum { MOST = 8 };

static uint64_t spare[MOST * 8];

static kendall_counts counts_of(const double *x, const double *y, size_t n) {
  uint32_t order[MOST], rank[MOST];
  ranks_target target;
  kendall_counts counts;
  assert_true(ranks__n_spare(n) <= sizeof spare);
  ranks__order(y, n, order, spare);
  ranks__target(y, order, n, rank, &target);
  ranks__pairs(x, &target, &counts, spare);
  return counts;
}

static int sign_of(double a, double b) {
  return (a > b) - (a < b);
}

/* Concordant without discordant pairs. */
static int surplus(const double *x, const double *y, size_t n) {
  int sum = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++) sum += sign_of(x[i], x[j]) * sign_of(y[i], y[j]);
  return sum;
}

/* Call visit for every permutation of y, n! of them whatever is equal (Heap's). */
static void permute(double *y, size_t n, size_t k, void (*visit)(const double *, size_t, void *),
                    void *context) {
  if (k <= 1) {
    visit(y, n, context);
    return;
  }
  for (size_t i = 0; i < k; i++) {
    permute(y, n, k - 1, visit, context);
    size_t j = k % 2 ? 0 : i;
    double swap = y[j];
    y[j] = y[k - 1];
    y[k - 1] = swap;
  }
}

typedef struct tally {
  const double *x;
  uint64_t of_discordant[MOST * MOST / 2], all;
  double squares; /* sum of squares of the surplus */
} tally;

static void count(const double *y, size_t n, void *context) {
  tally *t = context;
  uint64_t discordant = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++)
      discordant += sign_of(t->x[i], t->x[j]) * sign_of(y[i], y[j]) < 0;
  double s = surplus(t->x, y, n);
  t->of_discordant[discordant]++;
  t->all++;
  t->squares += s * s;
}

static void check_exact(const double *y, size_t n, void *context) {
  const tally *t = context;
  bool is_exact = false;
  kendall_counts counts = counts_of(t->x, y, n);
  uint64_t pairs = n * (n - 1) / 2, below = 0;
  uint64_t fewer = counts.discordant;
  if (fewer > pairs - fewer) fewer = pairs - fewer;
  for (uint64_t k = 0; k <= fewer; k++) below += t->of_discordant[k];
  double want = fmin(1, 2 * (double)below / (double)t->all);
  expect_close("p", kendall__p(&counts, ML_RULES_KX, &is_exact), want, 1e-15, 0);
  assert_true(is_exact);
  expect_close("tau", kendall__tau(&counts), (double)surplus(t->x, y, n) / (double)pairs, 1e-15,
               1e-16);
}

static void exact_is_as_by_all_permutations(void **state) {
  (void)state;
  double x[] = {1, 2, 3, 4, 5, 6, 7, 8}, y[] = {3, 1, 4, 1.5, 9, 2, 6, 5};
  for (size_t n = 2; n <= MOST; n++) {
    tally t = {.x = x};
    permute(y, n, n, count, &t);
    permute(y, n, n, check_exact, &t);
  }
}

/* The variance is that of the surplus over all permutations; its mean is 0. */
static void check_normal(const double *x, double *y, size_t n) {
  tally t = {.x = x};
  bool is_exact = true;
  double s = surplus(x, y, n);
  kendall_counts counts = counts_of(x, y, n);
  double got = kendall__p(&counts, ML_RULES_TSFRESH, &is_exact);
  permute(y, n, n, count, &t);
  double variance = t.squares / (double)t.all;
  expect_close("p", got, variance > 0 ? erfc(fabs(s) / sqrt(variance) / sqrt(2)) : NAN, 1e-12, 0);
  assert_false(is_exact);
}

static void normal_has_the_variance_of_all_permutations(void **state) {
  (void)state;
  uint64_t seed = 7;
  double x[MOST], y[MOST];
  for (size_t n = 3; n <= 7; n++)
    for (int k = 0; k < 30; k++) {
      for (size_t i = 0; i < n; i++) {
        x[i] = (double)(next_random(&seed) % (k < 20 ? 3 : 100));
        y[i] = (double)(next_random(&seed) % (k < 10 ? 2 : 50));
      }
      check_normal(x, y, n);
    }
}

static kendall_counts untied(uint64_t n, uint64_t discordant) {
  return (kendall_counts){.n = n, .discordant = discordant};
}

static void exact_has_closed_forms(void **state) {
  (void)state;
  bool is_exact;
  double factorial = 1;
  for (uint64_t n = 2; n <= 170; n++) {
    uint64_t pairs = n * (n - 1) / 2;
    factorial *= (double)n;
    const struct {
      uint64_t discordant;
      double want;
    } cases[] = {{0, fmin(1, 2 / factorial)},
                 {pairs, fmin(1, 2 / factorial)},
                 {1, fmin(1, 2 * (double)n / factorial)},
                 {pairs - 1, fmin(1, 2 * (double)n / factorial)}};
    for (size_t k = 0; k < 4; k++) {
      kendall_counts counts = untied(n, cases[k].discordant);
      is_exact = false;
      expect_close("p", kendall__p(&counts, ML_RULES_KX, &is_exact), cases[k].want, 1e-13, 0);
      assert_true(is_exact);
    }
  }
  /* n values with 2 inversions: C(n, 2) - 1 of them (n > 2) */
  factorial = 2;
  for (uint64_t n = 3; n <= 33; n++) {
    factorial *= (double)n;
    kendall_counts counts = untied(n, 2);
    double ways = 1 + (double)(n - 1) + (double)(n * (n - 1) / 2 - 1);
    double want = n == 3 ? 1 : fmin(1, 2 * ways / factorial);
    expect_close("2", kendall__p(&counts, ML_RULES_KX, &is_exact), want, 1e-14, 0);
  }
  /* In the middle half of all lie on each side: 33 rows have 264 pairs of 528. */
  kendall_counts middle = untied(33, 264), beside = untied(32, 248);
  expect_same("middle", kendall__p(&middle, ML_RULES_KX, &is_exact), 1);
  expect_same("of 32", kendall__p(&beside, ML_RULES_KX, &is_exact), 1);
}

static void branches_are_taken_as_defined(void **state) {
  (void)state;
  bool is_exact;
  double below_all = 2;
  kendall_counts c = untied(34, 2);
  kendall__p(&c, ML_RULES_KX, &is_exact);
  assert_false(is_exact);
  c = untied(33, 2);
  kendall__p(&c, ML_RULES_TSFRESH, &is_exact);
  assert_false(is_exact);
  kendall__p(&c, ML_RULES_KX, &is_exact);
  assert_true(is_exact);
  c.x = (kendall_ties){.pairs = 1, .v0 = 0, .v1 = 18};
  kendall__p(&c, ML_RULES_KX, &is_exact);
  assert_false(is_exact);
  /* Below the least double it is 0, at once. */
  c = untied(UINT32_MAX, 1);
  expect_same("many", kendall__p(&c, ML_RULES_KX, &is_exact), 0);
  assert_true(is_exact);
  c = untied(172, 0);
  for (int i = 2; i <= 172; i++) below_all /= i;
  expect_close("subnormal", kendall__p(&c, ML_RULES_KX, &is_exact), below_all, 0, 1e-320);
}

static void there_is_none_for_constants_and_too_few(void **state) {
  (void)state;
  const double constant[] = {2, 2, 2, 2}, ramp[] = {1, 2, 3, 4};
  bool is_exact;
  for (int rules = ML_RULES_TSFRESH; rules <= ML_RULES_KX; rules++) {
    for (size_t n = 1; n <= 4; n++) {
      kendall_counts of_x = counts_of(constant, ramp, n), of_y = counts_of(ramp, constant, n);
      assert_true(isnan(kendall__p(&of_x, (ml_test_rules)rules, &is_exact)));
      assert_true(isnan(kendall__p(&of_y, (ml_test_rules)rules, &is_exact)));
      assert_true(isnan(kendall__tau(&of_x)) && isnan(kendall__tau(&of_y)));
    }
  }
  kendall_counts two = counts_of(ramp, ramp, 2);
  assert_true(isnan(kendall__p(&two, ML_RULES_TSFRESH, &is_exact)));
  expect_same("two", kendall__p(&two, ML_RULES_KX, &is_exact), 1);
  expect_same("tau", kendall__tau(&two), 1);
}

/* tau-b by hand: x 1 1 2 3, y 1 2 2 3: 4 concordant of sqrt(5 5). */
static void tau_is_as_by_hand(void **state) {
  (void)state;
  const double x[] = {1, 1, 2, 3}, y[] = {1, 2, 2, 3}, down[] = {-1, -2, -2, -3};
  kendall_counts up = counts_of(x, y, 4), back = counts_of(x, down, 4);
  expect_close("tau", kendall__tau(&up), 0.8, 1e-15, 0);
  expect_close("tau", kendall__tau(&back), -0.8, 1e-15, 0);
}

static void perfect_order_is_1(void **state) {
  (void)state;
  for (uint64_t n = 2; n < 3000; n++) {
    kendall_counts up = untied(n, 0), down = untied(n, n * (n - 1) / 2);
    expect_same("up", kendall__tau(&up), 1);
    expect_same("down", kendall__tau(&down), -1);
  }
}

/* The largest counts: 2^32 - 1 rows in perfect order, z = 3 sqrt(n (n - 1) / (2 (2 n + 5))). */
static void counts_do_not_overflow(void **state) {
  (void)state;
  const uint64_t n = UINT32_MAX, pairs = n * (n - 1) / 2;
  bool is_exact;
  kendall_counts up = untied(n, 0), down = untied(n, pairs), nearly = untied(n, pairs / 2);
  expect_same("tau", kendall__tau(&up), 1);
  expect_same("tau", kendall__tau(&down), -1);
  expect_same("p", kendall__p(&up, ML_RULES_TSFRESH, &is_exact), 0);
  expect_same("p", kendall__p(&down, ML_RULES_TSFRESH, &is_exact), 0);
  double z = (double)(pairs % 2) * 3 / sqrt((double)n * (double)(n - 1) * (double)(2 * n + 5) / 2);
  expect_close("p", kendall__p(&nearly, ML_RULES_TSFRESH, &is_exact), erfc(z / sqrt(2)), 1e-12, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exact_is_as_by_all_permutations),
      cmocka_unit_test(normal_has_the_variance_of_all_permutations),
      cmocka_unit_test(exact_has_closed_forms),
      cmocka_unit_test(branches_are_taken_as_defined),
      cmocka_unit_test(there_is_none_for_constants_and_too_few),
      cmocka_unit_test(tau_is_as_by_hand),
      cmocka_unit_test(perfect_order_is_1),
      cmocka_unit_test(counts_do_not_overflow),
  };
  return cmocka_run_group_tests_name("kendall", tests, NULL, NULL);
}
