/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Single p-values of the reference: every case of pvalues.csv, with the branch it took. */
#include "golden.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RTOL 1e-8 /* of the expected value, however small */

/* Feature x and target y of one case. */
typedef struct sample {
  const double *x, *y;
  size_t n;
} sample;

/* Columns of pvalues.csv. */
enum { CASE, TEST, NOTE, BRANCH, SIZE, P_VALUE, N_COLUMNS };

/* Values parted by a label of two values: the larger label's first. */
typedef struct parted {
  double *values;
  size_t n1, n2;
  size_t n_labels; /* 3 for all above */
} parted;

static parted part(const double *values, const double *label, size_t n) {
  double least = label[0], most = label[0];
  for (size_t i = 1; i < n; i++) {
    least = fmin(least, label[i]);
    most = fmax(most, label[i]);
  }
  parted p = {.values = calloc(n, sizeof *p.values), .n_labels = least < most ? 2 : 1};
  assert_non_null(p.values);
  for (size_t i = 0; i < n; i++) {
    if (label[i] == most) p.values[p.n1++] = values[i];
    if (label[i] != most && label[i] != least) p.n_labels = 3;
  }
  for (size_t i = 0; i < n; i++)
    if (label[i] == least && least < most) p.values[p.n1 + p.n2++] = values[i];
  return p;
}

/* Tests as they are named in the reference. false: it is no case for the test, but for those who
 * part the samples. */
static bool fisher(const sample *s, ml_test *out, ml_status *status) {
  parted by_x = part(s->y, s->x, s->n), by_y = part(s->x, s->y, s->n);
  bool is_binary = by_x.n_labels < 3 && by_y.n_labels < 3;
  free(by_x.values);
  free(by_y.values);
  double x = -INFINITY, y = -INFINITY;
  for (size_t i = 0; i < s->n; i++) x = fmax(x, s->x[i]), y = fmax(y, s->y[i]);
  uint64_t table[2][2] = {{0}};
  for (size_t i = 0; i < s->n; i++) table[s->y[i] == y][s->x[i] == x]++;
  *out = ml_test_fisher(table[0][0], table[0][1], table[1][0], table[1][1]);
  *status = ML_OK;
  return is_binary;
}

static bool mann(const sample *s, ml_test *out, ml_status *status) {
  parted p = part(s->x, s->y, s->n);
  *status = ml_test_mann_whitney(p.values, p.n1, p.values + p.n1, p.n2, out, NULL);
  free(p.values);
  return p.n_labels < 3;
}

static bool smir(const sample *s, ml_test *out, ml_status *status) {
  parted p = part(s->x, s->y, s->n);
  *status = ml_test_kolmogorov_smirnov(p.values, p.n1, p.values + p.n1, p.n2, ML_RULES_TSFRESH, out,
                                       NULL);
  free(p.values);
  return p.n_labels < 3;
}

static bool ks_real_target(const sample *s, ml_test *out, ml_status *status) {
  return smir(&(sample){.x = s->y, .y = s->x, .n = s->n}, out, status);
}

static bool kendall(const sample *s, ml_test *out, ml_status *status) {
  *status = ml_test_kendall(s->x, s->y, s->n, ML_RULES_TSFRESH, out, NULL);
  return true;
}

static const struct {
  const char *name;
  bool (*run)(const sample *, ml_test *, ml_status *);
} tests_by_name[] = {{"fisher", fisher},
                     {"mann", mann},
                     {"smir", smir},
                     {"ks_real_target", ks_real_target},
                     {"kendall", kendall}};
enum { N_TESTS = sizeof tests_by_name / sizeof *tests_by_name };

/* Samples of n / 2 that differ by one value: what the reference sums for them rounds to 1 or to
 * more, and with more it takes the other law, whatever the file says of the branch. */
static bool may_round_above_1(const char *name, const ml_test *got, size_t n) {
  bool is_distance = strcmp(name, "smir") == 0 || strcmp(name, "ks_real_target") == 0;
  return is_distance && got->statistic == 2. / (double)n;
}

static void check_case(const ml_table *cases, size_t i, const sample *s, size_t compared[N_TESTS]) {
  const char *name = golden_label(cases, i, TEST), *branch = golden_label(cases, i, BRANCH);
  char label[128];
  ml_test got = {0};
  ml_status status;
  size_t k = 0;
  snprintf(label, sizeof label, "case %s, %s, %s", golden_label(cases, i, CASE), name,
           golden_label(cases, i, NOTE));
  while (k < N_TESTS && strcmp(tests_by_name[k].name, name) != 0) k++;
  if (k == N_TESTS) fail_msg("%s: no such test", label);
  if (s->n != (size_t)strtoul(golden_label(cases, i, SIZE), NULL, 10)) fail_msg("%s: n", label);
  bool is_case = tests_by_name[k].run(s, &got, &status);
  compared[k]++;
  if (strcmp(branch, "error") == 0) {
    if (is_case && status != ML_ERR_USAGE) fail_msg("%s: no error", label);
    return;
  }
  if (!is_case || status != ML_OK) fail_msg("%s: an error", label);
  expect_close(label, got.p_value, strtod(golden_label(cases, i, P_VALUE), NULL), RTOL, 0);
  bool is_exact = strcmp(branch, "exact") == 0;
  if (is_exact && may_round_above_1(name, &got, s->n)) return;
  if (got.is_exact != is_exact) fail_msg("%s: not %s", label, branch);
}

static void every_case_is_as_in_the_reference(void **state) {
  (void)state;
  size_t compared[N_TESTS] = {0};
  ml_table *cases = golden_table("select/pvalues.csv", N_COLUMNS);
  ml_table *inputs = golden_table("select/pvalues_inputs.csv", 0);
  assert_non_null(cases);
  assert_non_null(inputs);
  assert_int_equal(cases->n_rows, 348);
  const double *number = inputs->columns[0].number;
  size_t at = 0;
  for (size_t i = 0; i < cases->n_rows; i++) {
    double want = strtod(golden_label(cases, i, CASE), NULL);
    size_t end = at;
    while (end < inputs->n_rows && number[end] == want) end++;
    sample s = {
        .x = inputs->columns[1].number + at, .y = inputs->columns[2].number + at, .n = end - at};
    check_case(cases, i, &s, compared);
    at = end;
  }
  assert_int_equal(at, inputs->n_rows);
  for (size_t k = 0; k < N_TESTS; k++) assert_true(compared[k] >= 30);
  ml_table_free(cases);
  ml_table_free(inputs);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_case_is_as_in_the_reference)};
  return cmocka_run_group_tests_name("pvalues", tests, NULL, NULL);
}
