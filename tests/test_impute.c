/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values that are not finite, and what replaces them. */
#include "golden.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ml/stats_internal.h"

static ml_matrix *from_table(const ml_table *t, bool by_column) {
  ml_matrix *m = NULL;
  assert_int_equal(ml_matrix_new(NULL, t->n_rows, t->n_columns - 1, &m, NULL), ML_OK);
  m->by_column = by_column;
  for (size_t i = 0; i < m->n_rows; i++)
    for (size_t j = 0; j < m->n_columns; j++)
      m->values[by_column ? j * m->n_rows + i : i * m->n_columns + j] = t->columns[j + 1].number[i];
  return m;
}

static ml_table *table_of(const char *name) {
  char path[64];
  snprintf(path, sizeof path, "impute/%s.csv", name);
  ml_table *t = golden_table(path, 1);
  assert_non_null(t);
  return t;
}

/* Impute `input` and compare with `expected`; ranges are learned from it unless they are given. */
static void check(const char *input, const char *expected, const ml_impute_range *given) {
  ml_table *in = table_of(input), *want = table_of(expected);
  assert_int_equal(in->n_columns, want->n_columns);
  for (int by_column = 0; by_column < 2; by_column++) {
    ml_matrix *m = from_table(in, by_column), *w = from_table(want, by_column);
    ml_impute_range *ranges = calloc(m->n_columns, sizeof *ranges);
    if (given)
      memcpy(ranges, given, m->n_columns * sizeof *ranges);
    else
      assert_int_equal(ml_impute_learn(m, ranges, NULL, NULL, NULL), ML_OK);
    ml_impute(m, ranges);
    for (size_t i = 0; i < m->n_rows * m->n_columns; i++)
      expect_close(expected, m->values[i], w->values[i], 1e-15, 0);
    free(ranges);
    ml_matrix_free(m);
    ml_matrix_free(w);
  }
  ml_table_free(in);
  ml_table_free(want);
}

static void golden_files(void **state) {
  (void)state;
  enum { MAX = 64 };
  ml_impute_range ranges[MAX] = {0};
  check("input", "impute", NULL);
  check("input", "impute_zero", ranges);
  ml_table *values = table_of("range_values"), *in = table_of("input");
  ml_matrix *m = from_table(in, true);
  assert_int_equal(ml_impute_learn(m, ranges, NULL, NULL, NULL), ML_OK);
  assert_int_equal(values->n_rows, m->n_columns);
  for (size_t j = 0; j < m->n_columns; j++) {
    assert_string_equal(golden_label(values, j, 0), in->columns[j + 1].name);
    expect_same("max", ranges[j].max, values->columns[1].number[j]);
    expect_same("min", ranges[j].min, values->columns[2].number[j]);
    expect_close("median", ranges[j].median, values->columns[3].number[j], 1e-15, 0);
  }
  check("input2", "impute_range_from_input", ranges);
  ml_matrix_free(m);
  ml_table_free(values);
  ml_table_free(in);
}

static ml_impute_range learn(const double *x, size_t n, size_t *n_odd) {
  ml_matrix m = {.n_rows = n, .n_columns = 1, .values = (double *)x};
  ml_impute_range range = {-1, -1, -1}, again;
  assert_int_equal(ml_impute_learn(&m, &range, n_odd, NULL, NULL), ML_OK);
  m.by_column = true;
  assert_int_equal(ml_impute_learn(&m, &again, NULL, NULL, NULL), ML_OK);
  expect_same("min", again.min, range.min);
  expect_same("max", again.max, range.max);
  expect_same("median", again.median, range.median);
  return range;
}

static void expect_range(const double *x, size_t n, size_t n_odd, double min, double max,
                         double median) {
  size_t got = 99;
  ml_impute_range r = learn(x, n, &got);
  assert_int_equal(got, n_odd);
  expect_same("min", r.min, min);
  expect_same("max", r.max, max);
  expect_same("median", r.median, median);
}

#define X(...) (double[]){__VA_ARGS__}, sizeof(double[]){__VA_ARGS__} / sizeof(double)

static void edges(void **state) {
  (void)state;
  expect_range(X(7), 0, 7, 7, 7);
  expect_range(X(NAN), 1, 0, 0, 0);
  expect_range(X(INFINITY, -INFINITY, NAN), 3, 0, 0, 0);
  expect_range(X(NAN, 3, INFINITY), 2, 3, 3, 3);
  expect_range(X(2, 1), 0, 1, 2, 1.5);
  expect_range(X(-1, -INFINITY, 5, -3, NAN), 2, -3, 5, -1);
  expect_range(X(DBL_MAX, DBL_MAX, DBL_MAX), 0, DBL_MAX, DBL_MAX, DBL_MAX);
  expect_range(X(DBL_MAX, DBL_MAX), 0, DBL_MAX, DBL_MAX, DBL_MAX);
  expect_range(X(-DBL_MAX, -0x1.8p1023), 0, -DBL_MAX, -0x1.8p1023, -DBL_MAX / 2 - 0x1.8p1022);
  expect_range(X(-DBL_MAX, DBL_MAX), 0, -DBL_MAX, DBL_MAX, 0);
  expect_range(X(0x1p-1074, 0x1p-1074, 0), 0, 0, 0x1p-1074, 0x1p-1074);
  ml_matrix none = {.n_rows = 0, .n_columns = 1};
  ml_impute_range range = {1, 1, 1};
  assert_int_equal(ml_impute_learn(&none, &range, NULL, NULL, NULL), ML_OK);
  expect_same("of nothing", range.median, 0);
}

/* Numbers of every kind that makes the search for the median go another way. */
static double draw(uint64_t *seed, int kind) {
  uint64_t r = next_random(seed);
  double u = (double)(r >> 11) * 0x1p-53;
  if (kind >= 6 && r % 7 == 0) return r % 3 == 0 ? NAN : r % 3 == 1 ? INFINITY : -INFINITY;
  switch (kind % 6) {
    case 0:
      return u;
    case 1:
      return (double)(int)(9 * u) - 4; /* ties, both signs */
    case 2:
      return ldexp(u - 0.5, (int)(r % 2000) - 1000);
    case 3:
      return 1e9 + u;
    case 4:
      return u < 0.6 ? 3 : u; /* the middle is a tie */
    default:
      return nextafter(1, 2) * (u < 0.5 ? 1 : 2);
  }
}

static void as_sorting_has_it(void **state) {
  (void)state;
  enum { MAX = 3000 };
  static double x[MAX], sorted[MAX], spare[MAX];
  uint64_t seed = 11;
  for (int round = 0; round < 1200; round++) {
    size_t n = 1 + next_random(&seed) % (round % 4 ? 90 : MAX), n_finite = 0, n_odd;
    for (size_t i = 0; i < n; i++) {
      x[i] = draw(&seed, round % 12);
      if (isfinite(x[i])) sorted[n_finite++] = x[i];
    }
    stats__sort(sorted, n_finite, spare);
    ml_impute_range r = learn(x, n, &n_odd);
    assert_int_equal(n_odd, n - n_finite);
    expect_same("min", r.min, n_finite ? sorted[0] : 0);
    expect_same("max", r.max, n_finite ? sorted[n_finite - 1] : 0);
    double median = n_finite ? (sorted[(n_finite - 1) / 2] + sorted[n_finite / 2]) / 2 : 0;
    expect_same("median", r.median, median);
  }
}

/* More columns than are taken together, in both layouts. */
static void each_column_has_its_own(void **state) {
  (void)state;
  enum { N = 50, COLUMNS = 21 };
  double values[N * COLUMNS], turned[N * COLUMNS];
  uint64_t seed = 5;
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < COLUMNS; j++)
      turned[j * N + i] = values[i * COLUMNS + j] = draw(&seed, 6 + (int)(j % 6)) * (double)(j + 1);
  ml_matrix rows = {.n_rows = N, .n_columns = COLUMNS, .values = values};
  ml_matrix columns = {.n_rows = N, .n_columns = COLUMNS, .values = turned, .by_column = true};
  ml_impute_range a[COLUMNS], b[COLUMNS];
  size_t n_a[COLUMNS], n_b[COLUMNS];
  assert_int_equal(ml_impute_learn(&rows, a, n_a, NULL, NULL), ML_OK);
  assert_int_equal(ml_impute_learn(&columns, b, n_b, NULL, NULL), ML_OK);
  assert_memory_equal(a, b, sizeof a);
  assert_memory_equal(n_a, n_b, sizeof n_a);
  double before[N * COLUMNS];
  memcpy(before, values, sizeof before);
  ml_impute(&rows, a);
  ml_impute(&columns, b);
  for (size_t i = 0; i < N; i++)
    for (size_t j = 0; j < COLUMNS; j++) {
      double was = before[i * COLUMNS + j], is = values[i * COLUMNS + j];
      expect_same("layout", turned[j * N + i], is);
      expect_same("value", is,
                  isfinite(was) ? was
                  : isnan(was)  ? a[j].median
                  : was > 0     ? a[j].max
                                : a[j].min);
    }
}

static bool is_cancelled(void *ctx) {
  return ++*(size_t *)ctx == 3;
}

static void learning_is_cancelled_between_columns(void **state) {
  (void)state;
  double values[5] = {1, 2, 3, 4, 5};
  size_t n_looks = 0;
  ml_matrix m = {.n_rows = 1, .n_columns = 5, .values = values};
  ml_impute_range ranges[5];
  const ml_watch watch = {.cancelled = is_cancelled, .ctx = &n_looks};
  ml_error err = {0};
  assert_int_equal(ml_impute_learn(&m, ranges, NULL, &watch, &err), ML_ERR_CANCELLED);
  assert_string_equal(err.message, "interrupted");
  assert_int_equal(n_looks, 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(golden_files),
      cmocka_unit_test(edges),
      cmocka_unit_test(as_sorting_has_it),
      cmocka_unit_test(each_column_has_its_own),
      cmocka_unit_test(learning_is_cancelled_between_columns),
  };
  return cmocka_run_group_tests_name("impute", tests, NULL, NULL);
}
