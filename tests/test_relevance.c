/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Decisions on p-values that were made by hand. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fresh/select.h"
#include "support.h"

enum { MOST = 12 };

/* What a test gives: a letter for the type of each feature ("c", "b", "r"), and p-values of each
 * class in turn. */
typedef struct given {
  const char *types;
  size_t n_passes;
  const double *p;
  ml_select_opts opts;
} given;

static ml_target target_of(size_t n_classes) {
  static double values[] = {0, 1, 2, 3};
  return (ml_target){.name = "y",
                     .type = n_classes > 1 ? ML_TARGET_INTEGER : ML_TARGET_REAL,
                     .problem = n_classes > 1 ? ML_CLASSIFICATION : ML_REGRESSION,
                     .values = values,
                     .n_classes = n_classes > 1 ? n_classes : 0};
}

static ml_status try_to_decide(const given *g, ml_selection **out, ml_error *err) {
  static const char letters[] = "cbr";
  ml_feature_type types[MOST];
  const char *tests[MOST];
  double p[MOST * MOST];
  size_t n = strlen(g->types);
  for (size_t j = 0; j < n; j++) {
    types[j] = (ml_feature_type)(strchr(letters, g->types[j]) - letters);
    tests[j] = types[j] == ML_FEATURE_CONSTANT ? "" : "by hand";
  }
  if (n > 0) memcpy(p, g->p, g->n_passes * n * sizeof *p);
  const select_p_values values = {.problem = g->n_passes > 1 ? ML_CLASSIFICATION : ML_REGRESSION,
                                  .n_columns = n,
                                  .n_passes = g->n_passes,
                                  .type = types,
                                  .test = tests,
                                  .p = p};
  const ml_target target = target_of(g->n_passes);
  const ml_matrix none = {.n_columns = n};
  return select__decide(&values, &target, &none, &g->opts, NULL, out, err);
}

static ml_selection *decide(const given *g) {
  ml_error err = {0};
  ml_selection *s = NULL;
  if (try_to_decide(g, &s, &err) != ML_OK) fail_msg("%s", err.message);
  return s;
}

/* Columns in their order, each with "!" when it is relevant. */
static void expect_order(const ml_selection *s, const char *want) {
  char text[8 * MOST] = "";
  size_t n_relevant = 0;
  for (size_t i = 0; i < s->n; i++) {
    const ml_relevance *f = &s->features[i];
    snprintf(text + strlen(text), 8, "%s%zu%s", i > 0 ? " " : "", f->column,
             f->is_relevant ? "!" : "");
    if (!f->is_relevant) continue;
    assert_int_equal(s->selected[n_relevant++], f->column);
    assert_int_equal(f->redundant_with, SIZE_MAX);
  }
  assert_string_equal(text, want);
  assert_int_equal(s->n_selected, n_relevant);
}

/* ---- one decision ---- */

/* Limits of BH at 0.05 with m = 4: 0.0125, 0.025, 0.0375, 0.05; were the constants counted, m
 * would be 6 and the third 0.025. */
static void constants_are_set_aside(void **state) {
  (void)state;
  const double p[] = {NAN, 0.9, 0.03, NAN, 0.01, 0.02};
  ml_selection *s = decide(&(given){"crrcbr", 1, p, {.method = ML_FDR_BH}});
  expect_order(s, "4! 5! 2! 1 0 3");
  assert_int_equal(s->n, 6);
  assert_int_equal(s->n_constant, 2);
  assert_int_equal(s->n_classes, 0);
  assert_int_equal(s->problem, ML_REGRESSION);
  expect_close("threshold", s->threshold, 0.0375, 1e-15, 0);
  expect_close("of the best", s->features[0].threshold, 0.0375, 1e-15, 0);
  expect_close("of the last", s->features[3].threshold, 0.0375, 1e-15, 0);
  expect_same("of a constant", s->features[4].threshold, NAN);
  expect_same("p of a constant", s->features[4].p_value, NAN);
  assert_int_equal(s->features[4].type, ML_FEATURE_CONSTANT);
  assert_string_equal(s->features[4].test, "");
  assert_string_equal(s->features[0].test, "by hand");
  assert_int_equal(s->features[0].type, ML_FEATURE_BINARY);
  assert_null(s->features[0].classes);
  ml_selection_free(s);
}

/* BH at 0.05 with m = 4: the limit of the first is 0.0125; without the NaN 0.05 / 3 = 0.0167. */
static void a_nan_counts_and_is_behind_all_numbers(void **state) {
  (void)state;
  const double p[] = {NAN, 0.9, 0.015, NAN, 0.8};
  ml_selection *s = decide(&(given){"rrrcr", 1, p, {.method = ML_FDR_BH}});
  expect_order(s, "2 4 1 0 3");
  expect_close("threshold", s->threshold, 0.0125, 1e-15, 0);
  expect_close("of the NaN", s->features[3].threshold, 0.0125, 1e-15, 0);
  ml_selection_free(s);
  const double less[] = {NAN, 0.9, 0.012, NAN, 0.8};
  s = decide(&(given){"rrrcr", 1, less, {.method = ML_FDR_BH}});
  expect_order(s, "2! 4 1 0 3");
  ml_selection_free(s);
}

/* By default BY at 0.05, with H_3 = 11/6: 0.05 / 3 / H = 0.0090909, then twice and three times. */
static void the_default_is_by_at_5_percent(void **state) {
  (void)state;
  const double p[] = {0.0181, 0.0275, 0.0090};
  ml_selection *s = decide(&(given){"rrr", 1, p, {.k = 0}});
  expect_order(s, "2! 0! 1");
  expect_close("threshold", s->threshold, 0.05 * 2 / (3 * 11. / 6), 1e-15, 0);
  ml_selection_free(s);
  s = decide(&(given){"rrr", 1, p, {.fdr_level = 0.06}});
  expect_order(s, "2! 0! 1!");
  ml_selection_free(s);
  s = decide(&(given){"rrr", 1, p, {.fdr_level = 0.01}});
  expect_order(s, "2 0 1");
  expect_close("of none", s->threshold, 0.01 / (3 * 11. / 6), 1e-15, 0);
  ml_selection_free(s);
}

static void equal_p_values_are_by_column(void **state) {
  (void)state;
  const double p[] = {0.5, 0, 0.5, 0, 0.5};
  ml_selection *s = decide(&(given){"rrbbr", 1, p, {.k = 0}});
  expect_order(s, "1! 3! 0 2 4");
  ml_selection_free(s);
}

/* KX's limits at 0.05 with m = 4: 0.0125, 0.016667, 0.020455, 0.024. */
static void kx_leaves_holes(void **state) {
  (void)state;
  const double p[] = {0.03, 0.017, 0.02, 0.01};
  ml_selection *s = decide(&(given){"rrrr", 1, p, {.method = ML_FDR_KX}});
  expect_order(s, "3! 1 2! 0");
  expect_close("what the best has to reach", s->threshold, 0.0125, 1e-15, 0);
  expect_close("2nd", s->features[1].threshold, 0.05 / 3, 1e-15, 0);
  expect_close("4th", s->features[3].threshold, 0.024, 1e-15, 0);
  ml_selection_free(s);
}

/* Its dictionary has features of two values behind the others, so they get the higher limits. */
static void kx_takes_binary_features_last(void **state) {
  (void)state;
  const double p[] = {0.015, 0.9, 0.015, 0.8};
  ml_selection *s = decide(&(given){"brrr", 1, p, {.method = ML_FDR_KX}});
  expect_order(s, "0! 2 3 1");
  ml_selection_free(s);
}

static void all_constant_and_none(void **state) {
  (void)state;
  const double p[] = {NAN, NAN, NAN, NAN};
  for (size_t n_passes = 1; n_passes <= 2; n_passes++)
    for (size_t k = 0; k < 2; k++) {
      ml_selection *s = decide(&(given){"cc", n_passes, p, {.k = k}});
      expect_order(s, "0 1");
      assert_int_equal(s->n_constant, 2);
      expect_same("threshold", s->threshold, NAN);
      ml_selection_free(s);
      s = decide(&(given){"", n_passes, p, {.k = k}});
      assert_int_equal(s->n + s->n_selected + s->n_constant, 0);
      expect_same("threshold", s->threshold, NAN);
      ml_selection_free(s);
    }
}

/* ---- a decision for each class ---- */

/* BH at 0.05 with m = 3: 0.016667, 0.033333, 0.05. Feature 0 is so for class 0 alone, by its
 * second rank; feature 1 has the lesser p for class 2, which it is not relevant for. */
static const double three_classes[] = {
    0.030, 0.031, 0.90, /* up to 0.033333: 0 and 1 */
    0.500, 0.600, 0.70, /* none: 0.016667 */
    0.400, 0.020, 0.95, /* none, though 0.02 is less than 0.031 */
};

static void any_class_is_enough(void **state) {
  (void)state;
  ml_selection *s = decide(&(given){"rrr", 3, three_classes, {.method = ML_FDR_BH}});
  expect_order(s, "1! 0! 2");
  expect_close("least", s->features[0].p_value, 0.020, 0, 0);
  expect_close("class 0 decides", s->features[0].threshold, 0.1 / 3, 1e-15, 0);
  expect_close("class 0 decides", s->features[1].threshold, 0.1 / 3, 1e-15, 0);
  expect_close("of class 1, the least", s->features[2].p_value, 0.70, 0, 0);
  expect_close("of class 1", s->features[2].threshold, 0.05 / 3, 1e-15, 0);
  expect_close("smallest", s->threshold, 0.05 / 3, 1e-15, 0);
  assert_int_equal(s->n_classes, 0);
  assert_int_equal(s->problem, ML_CLASSIFICATION);
  assert_null(s->features[0].classes);
  assert_int_equal(s->features[0].n_significant, 0);
  ml_selection_free(s);
}

static void multi_class_counts(void **state) {
  (void)state;
  const double p[] = {
      0.9, 0.010, NAN, 0.02, /* BH, m = 3: 1 and 3 */
      0.8, 0.001, NAN, 0.70, /* 1 */
      0.7, 0.040, NAN, 0.01, /* 3 alone: 0.04 > 0.033333, 0.7 > 0.05 */
  };
  const size_t relevant[] = {0, 2, 0, 2};
  const char *const want[] = {"1! 3! 0 2", "1! 3! 0 2", "1 3 0 2"};
  for (size_t k = 1; k <= 3; k++) {
    ml_selection *s = decide(&(given){"rrcr", 3, p, {.method = ML_FDR_BH, .n_significant = k}});
    expect_order(s, want[k - 1]);
    assert_int_equal(s->n_classes, 3);
    for (size_t i = 0; i < 4; i++) {
      const ml_relevance *f = &s->features[i];
      assert_int_equal(f->n_significant, relevant[f->column]);
      for (size_t c = 0; c < 3; c++) expect_same("p", f->classes[c].p_value, p[c * 4 + f->column]);
    }
    const ml_relevance *best = &s->features[0];
    expect_close("the least of all", best->p_value, 0.001, 0, 0);
    assert_true(best->classes[0].is_relevant && best->classes[1].is_relevant);
    assert_false(best->classes[2].is_relevant);
    expect_close("class 0", best->classes[0].threshold, 0.1 / 3, 1e-15, 0);
    expect_close("class 1", best->classes[1].threshold, 0.05 / 3, 1e-15, 0);
    expect_close("class 2", best->classes[2].threshold, 0.05 / 3, 1e-15, 0);
    expect_close("class 1 decides", best->threshold, 0.05 / 3, 1e-15, 0);
    expect_same("constant", s->features[3].classes[2].threshold, NAN);
    assert_false(s->features[3].classes[2].is_relevant);
    ml_selection_free(s);
  }
}

static void two_classes_are_one_decision(void **state) {
  (void)state;
  const double p[] = {0.9, 0.01, 0.9, 0.01};
  ml_selection *s = decide(&(given){"rr", 2, p, {.n_significant = 2}});
  expect_order(s, "1! 0");
  assert_int_equal(s->n_classes, 0);
  assert_null(s->features[0].classes);
  ml_selection_free(s);
}

/* ---- by rank ---- */

static void the_k_smallest(void **state) {
  (void)state;
  const double p[] = {0.3, NAN, 0.1, 0.3, 0.2, NAN, 0.3};
  const struct {
    size_t k;
    const char *want;
    double threshold;
  } cases[] = {
      {1, "2! 4 0 3 6 1 5", 0.1},    {2, "2! 4! 0 3 6 1 5", 0.2},    {3, "2! 4! 0! 3 6 1 5", 0.3},
      {4, "2! 4! 0! 3! 6 1 5", 0.3}, {5, "2! 4! 0! 3! 6! 1 5", 0.3}, {9, "2! 4! 0! 3! 6! 1 5", 0.3},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ml_selection *s = decide(&(given){"rrrrbcr", 1, p, {.k = cases[i].k}});
    expect_order(s, cases[i].want);
    expect_same("threshold", s->threshold, cases[i].threshold);
    expect_same("of the NaN", s->features[5].threshold, cases[i].threshold);
    expect_same("of the constant", s->features[6].threshold, NAN);
    ml_selection_free(s);
  }
}

/* Of the numbers 0.1, 0.2, 0.3, 0.4, 0.5: the quantile at c / 100 lies at 4 c / 100. */
static void a_percentile(void **state) {
  (void)state;
  const double p[] = {0.5, NAN, 0.1, 0.4, 0.2, NAN, 0.3};
  const struct {
    double percentile;
    const char *want;
    double threshold;
  } cases[] = {
      {1, "2! 4 6 3 0 1 5", 0.104},     {25, "2! 4! 6 3 0 1 5", 0.2},
      {60, "2! 4! 6! 3 0 1 5", 0.34},   {99.9, "2! 4! 6! 3! 0 1 5", 0.4996},
      {100, "2! 4! 6! 3! 0! 1 5", 0.5},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ml_selection *s = decide(&(given){"rrrrbcr", 1, p, {.percentile = cases[i].percentile}});
    expect_order(s, cases[i].want);
    expect_close("threshold", s->threshold, cases[i].threshold, 1e-15, 0);
    ml_selection_free(s);
  }
}

static void ties_at_a_percentile_are_all_selected(void **state) {
  (void)state;
  const double p[] = {0.3, 0.1, 0.3, 0.3, 0.9};
  ml_selection *s = decide(&(given){"rrrrr", 1, p, {.percentile = 50}});
  expect_order(s, "1! 0! 2! 3! 4");
  ml_selection_free(s);
}

static void ranks_are_of_the_least_p_value(void **state) {
  (void)state;
  ml_selection *s = decide(&(given){"rrr", 3, three_classes, {.k = 1}});
  expect_order(s, "1! 0 2");
  expect_same("threshold", s->threshold, 0.020);
  assert_int_equal(s->n_classes, 0);
  ml_selection_free(s);
  s = decide(&(given){"rrr", 3, three_classes, {.percentile = 50}});
  expect_order(s, "1! 0! 2");
  expect_same("threshold", s->threshold, 0.030);
  ml_selection_free(s);
}

static void nothing_but_nans(void **state) {
  (void)state;
  const double p[] = {NAN, NAN};
  const ml_select_opts opts[] = {{.k = 1}, {.percentile = 100}, {.method = ML_FDR_KX}, {.k = 0}};
  for (size_t i = 0; i < 4; i++) {
    ml_selection *s = decide(&(given){"rb", 1, p, opts[i]});
    expect_order(s, "0 1");
    ml_selection_free(s);
  }
}

/* ---- what makes no sense ---- */

static void refusals(void **state) {
  (void)state;
  double values[] = {0, 1, 2};
  const ml_target real = {.name = "y", .problem = ML_REGRESSION, .values = values};
  const ml_target two = {
      .name = "y", .problem = ML_CLASSIFICATION, .values = values, .n_classes = 2};
  const ml_target three = {
      .name = "y", .problem = ML_CLASSIFICATION, .values = values, .n_classes = 3};
  const ml_target texts = {.name = "y", .problem = ML_CLASSIFICATION, .n_classes = 3};
  const ml_target two_texts = {.name = "y", .problem = ML_CLASSIFICATION, .n_classes = 2};
  const struct {
    const ml_target *target;
    ml_select_opts opts;
    const char *want; /* NULL: it does */
  } cases[] = {
      {&real, {.k = 0}, NULL},
      {&three, {.n_significant = 3}, NULL},
      {&three, {.n_significant = 4}, "relevant for 4 classes: the target \"y\" has 3"},
      {&two, {.n_significant = 2}, NULL},
      {&two, {.n_significant = 3}, "relevant for 3 classes: the target \"y\" has 2"},
      {&real, {.n_significant = 1}, "regression"},
      {&three, {.n_significant = 1, .test = ML_SELECT_KX}, "KX's rules"},
      {&two, {.n_significant = 1, .test = ML_SELECT_KX}, NULL},
      {&three, {.n_significant = 1, .k = 5}, "not by the k smallest"},
      {&three, {.n_significant = 1, .percentile = 5}, "not by a percentile"},
      {&texts, {.test = ML_SELECT_KX}, "3 different values"},
      {&texts, {.test = ML_SELECT_KS}, NULL},
      {&two_texts, {.test = ML_SELECT_KX}, NULL},
      {&two, {.k = 1, .percentile = 5}, "either"},
      {&two, {.fdr_level = 1}, "rate 1 is not"},
      {&two, {.fdr_level = -0.1}, "rate -0.1"},
      {&two, {.fdr_level = NAN}, "rate nan"},
      {&two, {.percentile = 100}, NULL},
      {&two, {.percentile = 100.5}, "percentile 100.5"},
      {&two, {.percentile = -1}, "percentile -1"},
      {&two, {.percentile = NAN}, "percentile nan"},
      {&two, {.redundancy = 0.999}, NULL},
      {&two, {.redundancy = 1}, "redundancy 1"},
      {&two, {.redundancy = NAN}, "redundancy nan"},
      {&two, {.redundancy = -0.5}, "redundancy -0.5"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ml_error err = {0};
    ml_status status = select__check(&cases[i].opts, cases[i].target, &err);
    if (status != (cases[i].want ? ML_ERR_USAGE : ML_OK) ||
        (cases[i].want && !strstr(err.message, cases[i].want)))
      fail_msg("%zu: status %d: %s", i, (int)status, err.message);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(constants_are_set_aside),
      cmocka_unit_test(a_nan_counts_and_is_behind_all_numbers),
      cmocka_unit_test(the_default_is_by_at_5_percent),
      cmocka_unit_test(equal_p_values_are_by_column),
      cmocka_unit_test(kx_leaves_holes),
      cmocka_unit_test(kx_takes_binary_features_last),
      cmocka_unit_test(all_constant_and_none),
      cmocka_unit_test(any_class_is_enough),
      cmocka_unit_test(multi_class_counts),
      cmocka_unit_test(two_classes_are_one_decision),
      cmocka_unit_test(the_k_smallest),
      cmocka_unit_test(a_percentile),
      cmocka_unit_test(ties_at_a_percentile_are_all_selected),
      cmocka_unit_test(ranks_are_of_the_least_p_value),
      cmocka_unit_test(nothing_but_nans),
      cmocka_unit_test(refusals),
  };
  return cmocka_run_group_tests_name("fresh/relevance", tests, NULL, NULL);
}
