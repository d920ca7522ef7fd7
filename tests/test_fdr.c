/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The false discovery rate: against the reference, by hand, and by the definition. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/stats_internal.h>

#include "golden.h"

enum { MOST = 300 };

static bool got[MOST];
static double threshold[MOST];

static void decide(const double *p, size_t n, double level, ml_fdr_method method) {
  ml_error err = {0};
  if (ml_fdr(p, n, level, method, got, threshold, &err) != ML_OK) fail_msg("%s", err.message);
}

/* "x" for each that is significant, "." for the others. */
static void expect_decided(const double *p, size_t n, double level, ml_fdr_method method,
                           const char *want) {
  char text[MOST + 1] = "";
  decide(p, n, level, method);
  for (size_t i = 0; i < n; i++) text[i] = got[i] ? 'x' : '.';
  assert_string_equal(text, want);
}

/* ---- the reference ---- */

static void the_reference_decides_the_same(void **state) {
  (void)state;
  enum { LEVEL = 1, P_VALUE = 3, BH = 4, BY = 5 };
  ml_table *t = golden_table("select/fdr.csv", 1);
  if (!t) skip();
  size_t n_compared = 0;
  const double *p = t->columns[P_VALUE].number, *level = t->columns[LEVEL].number;
  for (size_t from = 0, to; from < t->n_rows; from = to) {
    to = from;
    while (to < t->n_rows && level[to] == level[from] &&
           strcmp(golden_label(t, to, 0), golden_label(t, from, 0)) == 0)
      to++;
    for (size_t column = BH; column <= BY; column++) {
      decide(p + from, to - from, level[from], column == BH ? ML_FDR_BH : ML_FDR_BY);
      for (size_t i = from; i < to; i++, n_compared++)
        if (got[i - from] != (t->columns[column].number[i] == 1))
          fail_msg("case %s, level %g, p-value %g: %s", golden_label(t, i, 0), level[i], p[i],
                   t->columns[column].name);
    }
  }
  assert_int_equal(n_compared, 2 * 779);
  ml_table_free(t);
}

/* ---- by hand ---- */

/* Limits at a level of 0.05, with H = 1, 3/2, 11/6, 25/12:
 *   BY  0.006    0.012     0.018     0.024
 *   BH  0.0125   0.025     0.0375    0.05
 *   KX  0.0125   0.016667  0.020455  0.024 */
static void the_three_sets_differ(void **state) {
  (void)state;
  const double one[] = {0.010, 0.017, 0.020, 0.030};
  expect_decided(one, 4, 0.05, ML_FDR_BY, "....");
  expect_decided(one, 4, 0.05, ML_FDR_BH, "xxxx");
  expect_decided(one, 4, 0.05, ML_FDR_KX, "x.x.");
  const double other[] = {0.0239, 0.010, 0.019, 0.017};
  expect_decided(other, 4, 0.05, ML_FDR_BY, "xxxx");
  expect_decided(other, 4, 0.05, ML_FDR_KX, "xxx.");
}

static void thresholds_are_told(void **state) {
  (void)state;
  const double p[] = {0.030, 0.010, 0.020, 0.017};
  decide(p, 4, 0.05, ML_FDR_KX);
  expect_close("4th", threshold[0], 0.05 * 4 / (4 * 25. / 12), 1e-15, 0);
  expect_close("1st", threshold[1], 0.05 * 1 / (4 * 1.), 1e-15, 0);
  expect_close("3rd", threshold[2], 0.05 * 3 / (4 * 11. / 6), 1e-15, 0);
  expect_close("2nd", threshold[3], 0.05 * 2 / (4 * 3. / 2), 1e-15, 0);
  decide(p, 4, 0.05, ML_FDR_BH);
  for (size_t i = 0; i < 4; i++) expect_close("all", threshold[i], 0.05, 1e-15, 0);
  decide(p, 4, 0.02, ML_FDR_BH); /* limits 0.005, 0.01, 0.015, 0.02 */
  for (size_t i = 0; i < 4; i++) expect_close("none", threshold[i], 0.005, 1e-15, 0);
  decide(p, 4, 0.05, ML_FDR_BY);
  for (size_t i = 0; i < 4; i++) expect_close("none", threshold[i], 0.006, 1e-15, 0);
  decide(p, 4, 0.06, ML_FDR_BY); /* limits 0.0072, 0.0144, 0.0216, 0.0288 */
  for (size_t i = 0; i < 4; i++) expect_close("three", threshold[i], 0.0216, 1e-15, 0);
  const bool three[] = {false, true, true, true};
  assert_memory_equal(got, three, sizeof three);
}

static void a_nan_counts_and_is_never_significant(void **state) {
  (void)state;
  const double p[] = {NAN, 0.02, 0, NAN};
  expect_decided(p, 4, 0.05, ML_FDR_BH, ".xx."); /* 0.02 <= 0.05 2/4, not 0.05 1/2 */
  expect_decided(p, 4, 0.03, ML_FDR_BH, "..x.");
  expect_decided(p, 4, 0.05, ML_FDR_KX, "..x."); /* 0.016667 for the second */
  expect_decided(p, 4, 0.07, ML_FDR_KX, ".xx.");
  const double none[] = {NAN, NAN};
  expect_decided(none, 2, 0.05, ML_FDR_BY, "..");
  expect_decided(none, 2, 0.05, ML_FDR_KX, "..");
  expect_close("none", threshold[0], 0.025, 1e-15, 0);
}

static void one_and_none(void **state) {
  (void)state;
  const double limit = 0.05, above = 0.0500001, zero = 0, all = 1;
  for (ml_fdr_method method = ML_FDR_BY; method <= ML_FDR_KX; method++) {
    expect_decided(&limit, 1, 0.05, method, "x");
    expect_decided(&above, 1, 0.05, method, ".");
    expect_decided(&zero, 1, 1e-300, method, "x");
    expect_decided(&all, 1, 0.999999, method, ".");
    assert_int_equal(ml_fdr(NULL, 0, 0.05, method, NULL, NULL, NULL), ML_OK);
    assert_int_equal(ml_fdr(&limit, 1, 0.05, method, got, NULL, NULL), ML_OK);
    assert_true(got[0]);
  }
}

/* Of equal p-values at a hole the limits of KX's variant go up in the order they are given. */
static void ties(void **state) {
  (void)state;
  const double p[] = {0.015, 0.015, 0.9, 0.015};
  expect_decided(p, 4, 0.05, ML_FDR_KX, ".x.x");
  expect_decided(p, 4, 0.05, ML_FDR_BH, "xx.x");
  expect_decided(p, 4, 0.05, ML_FDR_BY, "xx.x");
}

static void levels_outside_are_refused(void **state) {
  (void)state;
  const double p = 0.01, levels[] = {0, 1, -0.1, 1.5, NAN, INFINITY};
  for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
    ml_error err = {0};
    assert_int_equal(ml_fdr(&p, 1, levels[i], ML_FDR_BY, got, NULL, &err), ML_ERR_USAGE);
    assert_non_null(strstr(err.message, "is not between 0 and 1"));
  }
}

/* ---- by the definition ---- */

static size_t rank_of(const double *p, size_t n, size_t at) {
  size_t rank = 1;
  for (size_t i = 0; i < n; i++)
    if (p[i] < p[at] || (i < at && p[i] == p[at]) || (!isnan(p[i]) && isnan(p[at])) ||
        (isnan(p[i]) && isnan(p[at]) && i < at))
      rank++;
  return rank;
}

static double limit_of(size_t rank, size_t n, double level, ml_fdr_method method) {
  double terms[MOST];
  size_t n_terms = method == ML_FDR_KX ? rank : n;
  for (size_t i = 0; i < n_terms; i++) terms[i] = 1 / (double)(i + 1);
  double h = method == ML_FDR_BH ? 1 : stats__sum(terms, n_terms);
  return level * (double)rank / ((double)n * h);
}

/* Step up: significant is what has a p-value that reaches its limit at or behind it. */
static bool is_significant(const double *p, size_t n, size_t at, double level,
                           ml_fdr_method method) {
  for (size_t i = 0; i < n; i++) {
    size_t rank = rank_of(p, n, i);
    bool counts = method == ML_FDR_KX ? i == at : rank >= rank_of(p, n, at);
    if (counts && p[i] <= limit_of(rank, n, level, method)) return true;
  }
  return false;
}

static void as_the_definition_has_it(void **state) {
  (void)state;
  uint64_t seed = 20;
  size_t n_significant[3] = {0}, n_all = 0;
  for (size_t run = 0; run < 150; run++) {
    double p[40], level = 0.05 + 0.3 * (double)(run % 3);
    size_t n = 1 + next_random(&seed) % 40;
    for (size_t i = 0; i < n; i++) {
      p[i] = (double)(next_random(&seed) >> 11) * 0x1p-53;
      if (i % 2) p[i] *= 0.05 + 0.1 * (double)(run % 4);
      if (run % 5 == 0) p[i] = round(p[i] * 20) / 20 + 1e-4; /* ties, none on a limit */
      if (run % 7 == 0 && i % 6 == 0) p[i] = NAN;
    }
    for (ml_fdr_method method = ML_FDR_BY; method <= ML_FDR_KX; method++) {
      decide(p, n, level, method);
      for (size_t i = 0; i < n; i++) {
        if (got[i] != is_significant(p, n, i, level, method) || got[i] != (p[i] <= threshold[i]))
          fail_msg("run %zu, method %d: %zu of %zu, %g", run, (int)method, i, n, p[i]);
        n_significant[method] += got[i];
      }
    }
    n_all += n;
  }
  for (size_t i = 0; i < 3; i++) assert_in_range(n_significant[i], n_all / 20, n_all * 19 / 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_reference_decides_the_same),
      cmocka_unit_test(the_three_sets_differ),
      cmocka_unit_test(thresholds_are_told),
      cmocka_unit_test(a_nan_counts_and_is_never_significant),
      cmocka_unit_test(one_and_none),
      cmocka_unit_test(ties),
      cmocka_unit_test(levels_outside_are_refused),
      cmocka_unit_test(as_the_definition_has_it),
  };
  return cmocka_run_group_tests_name("fdr", tests, NULL, NULL);
}
