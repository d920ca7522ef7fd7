/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Redundant columns: by hand, against a slow twin, and the same from every layout. */
#include "fresh/redundancy.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fresh/select.h"
#include "support.h"

enum { KEPT = -1 };

/* Columns of n rows, each together. */
typedef struct columns {
  size_t n, n_columns;
  double *values;
} columns;

static columns new_columns(size_t n, size_t n_columns) {
  return (columns){n, n_columns, calloc(n * n_columns + 1, sizeof(double))};
}

static double *column(const columns *c, size_t j) {
  return c->values + j * c->n;
}

/* The columns as a matrix of either layout. */
static ml_matrix matrix_of(const columns *c, bool by_column) {
  ml_matrix m = {.n_rows = c->n, .n_columns = c->n_columns, .by_column = by_column};
  m.values = malloc((c->n * c->n_columns + 1) * sizeof(double));
  for (size_t j = 0; j < c->n_columns; j++)
    for (size_t i = 0; i < c->n; i++)
      m.values[by_column ? j * c->n + i : i * c->n_columns + j] = column(c, j)[i];
  return m;
}

/* For `order`, n columns; NULL: all as they stand. */
static void find(const columns *c, const size_t *order, size_t n, double limit, size_t *dropped) {
  size_t *all = malloc((n + 1) * sizeof *all), *again = malloc((n + 1) * sizeof *again);
  for (size_t j = 0; j < n; j++) all[j] = order ? order[j] : j;
  for (int by_column = 0; by_column < 2; by_column++) {
    ml_error err = {0};
    ml_matrix m = matrix_of(c, by_column);
    if (select__find_redundant(&m, all, n, limit, NULL, by_column ? again : dropped, &err) != ML_OK)
      fail_msg("%s", err.message);
    free(m.values);
  }
  if (n > 0) assert_memory_equal(dropped, again, n * sizeof *again);
  free(all);
  free(again);
}

/* What is dropped for which column, or KEPT. */
static void expect_found(const columns *c, const size_t *order, double limit, const int *want) {
  size_t dropped[16];
  find(c, order, c->n_columns, limit, dropped);
  for (size_t j = 0; j < c->n_columns; j++)
    if (dropped[j] != (want[j] == KEPT ? SIZE_MAX : (size_t)want[j]))
      fail_msg("at %zu, limit %g: %zd, not %d", j, limit, (ssize_t)dropped[j], want[j]);
}

/* ---- by hand ---- */

/* a = (1, -1, 0, 0), b = (1, 0, -1, 0), c = (0, 1, -1, 0), d = (0, 0, 1, -1): a b 1/2, a c -1/2,
 * b c 1/2, a d 0, b d -1/2, c d -1/2. */
static double four[] = {1, -1, 0, 0, 1, 0, -1, 0, 0, 1, -1, 0, 0, 0, 1, -1};

static void above_is_not_at(void **state) {
  (void)state;
  const columns c = {4, 4, four};
  const int below[] = {KEPT, 0, 0, KEPT}, at[] = {KEPT, KEPT, KEPT, KEPT};
  expect_found(&c, NULL, nextafter(0.5, 0), below);
  expect_found(&c, NULL, 0.5, at);
  expect_found(&c, NULL, nextafter(0.5, 1), at);
}

/* The correlation is 1/sqrt(2) of the first with the second, of the second with the third, and 0 of
 * the first with the third. */
static void the_order_decides(void **state) {
  (void)state;
  double values[] = {1, -1, 0, 0, 1, -1, 1, -1, 0, 0, 1, -1};
  const columns c = {4, 3, values};
  const size_t middle_first[] = {1, 0, 2}, middle_last[] = {2, 0, 1}, backwards[] = {2, 1, 0};
  const int first[] = {KEPT, 0, KEPT}, second[] = {KEPT, 1, 1}, third[] = {KEPT, KEPT, 2},
            last[] = {KEPT, 2, KEPT}, none[] = {KEPT, KEPT, KEPT};
  expect_found(&c, NULL, 0.7, first); /* the third goes with what is dropped, and stays */
  expect_found(&c, middle_first, 0.7, second);
  expect_found(&c, middle_last, 0.7, third); /* for the first that is kept, which is 2 here */
  expect_found(&c, backwards, 0.7, last);
  expect_found(&c, NULL, 0.7072, none);
}

static void equal_columns_are_dropped_for_every_limit(void **state) {
  (void)state;
  uint64_t seed = 5;
  const double factors[] = {1, -1, 4, -0.125, 0x1p600, 0x1p-600};
  for (size_t n = 2; n < 1500; n = n * 3 / 2 + 1) {
    columns c = new_columns(n, 1 + sizeof factors / sizeof *factors);
    for (size_t i = 0; i < n; i++) {
      double x = (double)(int64_t)next_random(&seed) * 0x1.1p-70;
      column(&c, 0)[i] = x;
      for (size_t j = 1; j < c.n_columns; j++) column(&c, j)[i] = factors[j - 1] * x;
    }
    const double limits[] = {0.01, 0.95, 1 - 1e-9, 1 - 2e-9, 1 - 1e-12, 1 - DBL_EPSILON / 2};
    const int want[] = {KEPT, 0, 0, 0, 0, 0, 0};
    for (size_t k = 0; k < sizeof limits / sizeof *limits; k++)
      expect_found(&c, NULL, limits[k], want);
    free(c.values);
  }
}

static void huge_and_tiny_values(void **state) {
  (void)state;
  double values[] = {
      1e300,
      -1e300,
      5e299,
      0, /* */
      DBL_MAX,
      -DBL_MAX,
      DBL_MAX / 2,
      0, /* */
      4 * DBL_TRUE_MIN,
      -4 * DBL_TRUE_MIN,
      2 * DBL_TRUE_MIN,
      0, /* */
      1e-300,
      -1e-300,
      5e-301,
      0, /* */
      1e15 + 0.5,
      1e15 - 0.5,
      1e15 + 0.25,
      1e15, /* */
      0,
      DBL_TRUE_MIN,
      0,
      0, /* */
      DBL_MAX,
      1,
      2,
      3, /* */
  };
  const columns c = {4, 7, values};
  const int want[] = {KEPT, 0, 0, 0, 0, KEPT, KEPT};
  expect_found(&c, NULL, 0.99, want);
}

/* A spread in the last digits of a large mean. */
static void digits_behind_a_large_mean(void **state) {
  (void)state;
  enum { N = 1000 };
  columns c = new_columns(N, 3);
  uint64_t seed = 6;
  for (size_t i = 0; i < N; i++) {
    double x = (double)(next_random(&seed) % 16), y = (double)(next_random(&seed) % 16);
    column(&c, 0)[i] = 0x1p52 + x;
    column(&c, 1)[i] = -3 * x;
    column(&c, 2)[i] = 0x1p52 + y;
  }
  const int want[] = {KEPT, 0, KEPT};
  expect_found(&c, NULL, 1 - 1e-12, want);
  free(c.values);
}

static void without_a_correlation(void **state) {
  (void)state;
  double values[] = {
      1, 2, 3,        /* */
      1, 2, INFINITY, /* */
      1, 2, INFINITY, /* */
      7, 7, 7,        /* */
      7, 7, 7,        /* */
      1, 2, NAN,      /* */
      3, 2, 1,        /* */
  };
  const columns c = {3, 7, values};
  const int want[] = {KEPT, KEPT, KEPT, KEPT, KEPT, KEPT, 0};
  expect_found(&c, NULL, 0.5, want);
  const size_t order[] = {5, 4, 3, 2, 1, 6, 0};
  const int backwards[] = {KEPT, KEPT, KEPT, KEPT, KEPT, KEPT, 6};
  expect_found(&c, order, 0.5, backwards);
}

static void few(void **state) {
  (void)state;
  double values[] = {1, 2};
  const columns one = {2, 1, values}, rows = {1, 2, values}, none = {2, 0, values};
  const int kept[] = {KEPT, KEPT};
  expect_found(&one, NULL, 0.5, kept);
  expect_found(&rows, NULL, 0.5, kept);
  expect_found(&none, NULL, 0.5, kept);
}

/* ---- a slow twin ---- */

static bool is_above(const double *x, const double *y, size_t n, double limit) {
  long double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < n; i++) mx += x[i], my += y[i];
  mx /= (long double)n, my /= (long double)n;
  for (size_t i = 0; i < n; i++) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return fabsl(xy) / sqrtl(xx) / sqrtl(yy) > limit;
}

static size_t find_slowly(const columns *c, const size_t *order, double limit, size_t *dropped) {
  size_t n_dropped = 0;
  for (size_t j = 0; j < c->n_columns; j++) {
    dropped[j] = SIZE_MAX;
    for (size_t i = 0; i < j && dropped[j] == SIZE_MAX; i++)
      if (dropped[i] == SIZE_MAX && is_above(column(c, order[i]), column(c, order[j]), c->n, limit))
        dropped[j] = order[i];
    n_dropped += dropped[j] != SIZE_MAX;
  }
  return n_dropped;
}

/* Columns that share factors, in sizes that differ, so that many are correlated more or less. */
static columns make_correlated(size_t n, size_t n_columns, size_t n_factors, uint64_t seed) {
  columns c = new_columns(n, n_columns);
  double *factors = malloc(n * n_factors * sizeof *factors);
  for (size_t i = 0; i < n * n_factors; i++)
    factors[i] = (double)(int64_t)next_random(&seed) * 0x1p-63;
  for (size_t j = 0; j < n_columns; j++) {
    double share = (double)(next_random(&seed) % 1000) / 1000, size = pow(10, (double)(j % 13));
    size_t factor = next_random(&seed) % n_factors;
    for (size_t i = 0; i < n; i++)
      column(&c, j)[i] = size * (share * (double)(int64_t)next_random(&seed) * 0x1p-63 +
                                 factors[factor * n + i] + 3);
  }
  free(factors);
  return c;
}

static void shuffle(size_t *order, size_t n, uint64_t seed) {
  for (size_t j = 0; j < n; j++) order[j] = j;
  for (size_t j = n; j > 1; j--) {
    size_t k = next_random(&seed) % j, held = order[j - 1];
    order[j - 1] = order[k];
    order[k] = held;
  }
}

/* More columns than are compared at a time, and rows that fill no chunk. */
static void as_the_twin_finds(void **state) {
  (void)state;
  const struct {
    size_t n, n_columns, n_factors;
    double limit;
    bool many_stay;
  } cases[] = {
      {3, 40, 7, 0.9, false},     {17, 300, 5, 0.8, false},   {255, 120, 20, 0.9, false},
      {256, 90, 20, 0.7, false},  {1027, 70, 9, 0.95, false}, {6, 1700, 1000, 0.99, true},
      {30, 600, 400, 0.97, true}, {521, 257, 200, 0.9, true},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    size_t n = cases[k].n_columns, n_dropped;
    columns c = make_correlated(cases[k].n, n, cases[k].n_factors, 30 + k);
    size_t *order = malloc(n * sizeof *order), *got = malloc(n * sizeof *got),
           *want = malloc(n * sizeof *want);
    shuffle(order, n, 40 + k);
    find(&c, order, n, cases[k].limit, got);
    n_dropped = find_slowly(&c, order, cases[k].limit, want);
    assert_memory_equal(got, want, n * sizeof *got);
    assert_in_range(n_dropped, 5, n - 2);
    if (cases[k].many_stay) assert_in_range(n - n_dropped, n / 2, n);
    free(order);
    free(got);
    free(want);
    free(c.values);
  }
}

/* Four of eight rows are higher: correlations are -1, -1/2, 0, 1/2 or 1. */
static void exact_limits(void **state) {
  (void)state;
  enum { ROWS = 8, COLUMNS = 70 };
  columns c = new_columns(ROWS, COLUMNS);
  size_t order[COLUMNS], got[COLUMNS], n_at = 0;
  for (unsigned set = 0, j = 0; set < 1 << ROWS; set++) {
    if (__builtin_popcount(set) != ROWS / 2) continue;
    for (size_t i = 0; i < ROWS; i++) column(&c, j)[i] = j % 7 + (1 + j % 5) * (set >> i & 1);
    j++;
  }
  shuffle(order, COLUMNS, 50);
  find(&c, order, COLUMNS, 0.5, got);
  for (size_t j = 0; j < COLUMNS; j++) {
    const double *y = column(&c, order[j]);
    size_t want = SIZE_MAX;
    for (size_t i = 0; i < j && want == SIZE_MAX; i++) {
      const double *x = column(&c, order[i]);
      int sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
      for (size_t k = 0; k < ROWS; k++) {
        sx += (int)x[k], sy += (int)y[k];
        sxx += (int)(x[k] * x[k]), syy += (int)(y[k] * y[k]), sxy += (int)(x[k] * y[k]);
      }
      int xy = ROWS * sxy - sx * sy, xx = ROWS * sxx - sx * sx, yy = ROWS * syy - sy * sy;
      n_at += got[i] == SIZE_MAX && xx * yy > 0 && 4 * xy * xy == xx * yy;
      if (got[i] == SIZE_MAX && 4 * xy * xy > xx * yy) want = order[i];
    }
    if (got[j] != want) fail_msg("%zu: %zd, not %zd", j, (ssize_t)got[j], (ssize_t)want);
  }
  assert_true(n_at > 100);
  free(c.values);
}

/* ---- as a part of selection ---- */

static void selection_says_what_was_dropped(void **state) {
  (void)state;
  const columns c = {4, 4, four};
  ml_matrix m = matrix_of(&c, true);
  ml_feature_type types[] = {ML_FEATURE_REAL, ML_FEATURE_REAL, ML_FEATURE_REAL, ML_FEATURE_REAL};
  const char *tests[] = {"t", "t", "t", "t"};
  double p[] = {0.003, 0.001, 0.9, 0.002};
  const select_p_values values = {ML_REGRESSION, 4, 1, types, tests, p};
  const ml_target target = {.name = "y"};
  const ml_select_opts opts = {.redundancy = 0.4};
  ml_selection *s = NULL;
  ml_error err = {0};
  assert_int_equal(select__decide(&values, &target, &m, &opts, NULL, &s, &err), ML_OK);
  assert_int_equal(s->n_selected, 1);
  assert_int_equal(s->selected[0], 1);
  const struct {
    size_t column, redundant_with;
    bool is_relevant;
  } want[] = {{1, SIZE_MAX, true}, {3, 1, true}, {0, 1, true}, {2, SIZE_MAX, false}};
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(s->features[i].column, want[i].column);
    assert_int_equal(s->features[i].redundant_with, want[i].redundant_with);
    assert_int_equal(s->features[i].is_relevant, want[i].is_relevant);
  }
  ml_selection_free(s);
  free(m.values);
}

static bool stop_after(void *ctx) {
  size_t *left = ctx;
  return (*left)-- == 0;
}

static void it_can_be_stopped(void **state) {
  (void)state;
  columns c = make_correlated(600, 300, 200, 60);
  ml_matrix m = matrix_of(&c, false);
  size_t all[300], dropped[300], n_stopped = 0;
  for (size_t j = 0; j < 300; j++) all[j] = j;
  for (size_t k = 0;; k++) {
    size_t left = k;
    ml_error err = {0};
    const ml_watch watch = {.cancelled = stop_after, .ctx = &left};
    ml_status status = select__find_redundant(&m, all, 300, 0.9, &watch, dropped, &err);
    if (status == ML_OK) break;
    assert_int_equal(status, ML_ERR_CANCELLED);
    n_stopped++;
  }
  assert_true(n_stopped > 20);
  free(m.values);
  free(c.values);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(above_is_not_at),
      cmocka_unit_test(the_order_decides),
      cmocka_unit_test(equal_columns_are_dropped_for_every_limit),
      cmocka_unit_test(huge_and_tiny_values),
      cmocka_unit_test(digits_behind_a_large_mean),
      cmocka_unit_test(without_a_correlation),
      cmocka_unit_test(few),
      cmocka_unit_test(as_the_twin_finds),
      cmocka_unit_test(exact_limits),
      cmocka_unit_test(selection_says_what_was_dropped),
      cmocka_unit_test(it_can_be_stopped),
  };
  return cmocka_run_group_tests_name("fresh/redundancy", tests, NULL, NULL);
}
