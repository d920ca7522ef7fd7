/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Selection keeps its promise: on noise, and on signals among noise, of 200 fixed seeds.
 *
 * Bounds are such that a right selection would break one of them once in some hundred choices of
 * the seeds; one that does not correct for the number of tests is far outside. */
#include <math.h>
#include <stdlib.h>

#include "support.h"

enum { RUNS = 200, FEATURES = 50 };

static const double LEVEL = 0.05;

/* ---- noise ---- */

static uint64_t state_of_noise;

static double uniform(void) {
  return ((double)(next_random(&state_of_noise) >> 11) + 0.5) * 0x1p-53;
}

static double normal(void) {
  double r = sqrt(-2 * log(uniform())); /* one after the other: the order of calls is fixed */
  return r * cos(2 * M_PI * uniform());
}

/* Neighbouring seeds must not give similar numbers. */
static void seed_noise(uint64_t seed) {
  state_of_noise = seed * UINT64_C(0x9E3779B97F4A7C15);
  for (int i = 0; i < 20; i++) next_random(&state_of_noise);
}

/* ---- data ---- */

typedef struct family {
  const char *name;
  bool is_binary_target, is_binary_feature;
  ml_select_test test;
  const char *want_test;
  bool is_continuous; /* p-values are uniform but for small steps, and not larger */
} family;

static const family families[] = {
    {"Mann-Whitney", true, false, ML_SELECT_MANN, "mann-whitney", true},
    {"Kolmogorov-Smirnov of the feature", true, false, ML_SELECT_KS, "kolmogorov-smirnov", false},
    {"Fisher", true, true, ML_SELECT_MANN, "fisher", false},
    {"Kendall", false, false, ML_SELECT_MANN, "kendall", true},
    {"Kolmogorov-Smirnov of the target", false, true, ML_SELECT_MANN, "kolmogorov-smirnov", false},
};
enum { FAMILIES = sizeof families / sizeof *families };

typedef struct design {
  size_t n_rows;
  size_t n_signals;    /* the first features know of the target */
  double common_noise; /* variance that the noise of all features shares */
} design;

typedef struct data {
  ml_matrix *features;
  ml_target *target;
} data;

/* A signal is the target, standardised, and noise of the same size; two values are their sign. */
static data make_data(const family *f, const design *d, uint64_t seed) {
  ml_error err = {0};
  data made = {0};
  double *y = malloc(d->n_rows * sizeof *y);
  seed_noise(seed);
  assert_int_equal(ml_matrix_new(NULL, d->n_rows, FEATURES, &made.features, &err), ML_OK);
  for (size_t i = 0; i < d->n_rows; i++) {
    double *x = made.features->values + i * FEATURES, common = normal();
    y[i] = normal();
    if (f->is_binary_target) y[i] = y[i] > 0;
    double known = f->is_binary_target ? 2 * y[i] - 1 : y[i];
    for (size_t j = 0; j < FEATURES; j++) {
      x[j] = sqrt(d->common_noise) * common + sqrt(1 - d->common_noise) * normal();
      if (j < d->n_signals) x[j] = known + (f->is_binary_feature ? 0.6 : 1) * x[j];
      if (f->is_binary_feature) x[j] = x[j] > 0;
    }
  }
  ml_problem problem = f->is_binary_target ? ML_CLASSIFICATION : ML_REGRESSION;
  if (ml_target_from_numbers("y", y, d->n_rows, problem, &made.target, &err) != ML_OK)
    fail_msg("%s", err.message);
  free(y);
  return made;
}

static void release_data(data *d) {
  ml_matrix_free(d->features);
  ml_target_free(d->target);
}

static ml_selection *run(const family *f, const data *d, ml_fdr_method method) {
  ml_error err = {0};
  ml_selection *s = NULL;
  const ml_select_opts opts = {.test = f->test, .method = method, .fdr_level = LEVEL};
  if (ml_select(d->features, d->target, &opts, NULL, NULL, &s, &err) != ML_OK)
    fail_msg("%s: %s", f->name, err.message);
  assert_int_equal(s->n, FEATURES);
  assert_string_equal(s->features[0].test, f->want_test);
  return s;
}

/* ---- noise alone ---- */

static const design noise = {.n_rows = 40};

/* P-values of true hypotheses are not below 0.05 more often than they may, and where they are
 * continuous not less often: of 10 000, the share is within four standard deviations, 0.0087. */
static void p_values_are_uniform(void **state) {
  (void)state;
  for (size_t k = 0; k < FAMILIES; k++) {
    size_t n_below = 0;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
      data d = make_data(&families[k], &noise, seed);
      ml_selection *s = run(&families[k], &d, ML_FDR_BH);
      for (size_t i = 0; i < s->n; i++) n_below += s->features[i].p_value <= 0.05;
      ml_selection_free(s);
      release_data(&d);
    }
    double share = (double)n_below / (RUNS * FEATURES);
    print_message("  %s: %.4f\n", families[k].name, share);
    if (share > 0.0587 || share < (families[k].is_continuous ? 0.0413 : 0.005))
      fail_msg("%s: a share of %g", families[k].name, share);
  }
}

/* Runs with a selection. BH of independent tests has one with a probability of at most 0.05 (Simes
 * 1986): of 200 runs more than 20 have one with a probability below 0.002. BY: at most 0.05 / H_50
 * = 0.0111; more than 8 with a probability below 0.001. KX's limits are never above those of BH. */
static void nothing_is_found_in_noise(void **state) {
  (void)state;
  for (size_t k = 0; k < FAMILIES; k++) {
    size_t n[3] = {0};
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
      data d = make_data(&families[k], &noise, seed);
      for (ml_fdr_method method = ML_FDR_BY; method <= ML_FDR_KX; method++) {
        ml_selection *s = run(&families[k], &d, method);
        n[method] += s->n_selected > 0;
        ml_selection_free(s);
      }
      release_data(&d);
    }
    print_message("  %s: BY %zu, BH %zu, KX %zu\n", families[k].name, n[ML_FDR_BY], n[ML_FDR_BH],
                  n[ML_FDR_KX]);
    if (n[ML_FDR_BH] > 20 || n[ML_FDR_BY] > 8 || n[ML_FDR_KX] > n[ML_FDR_BH])
      fail_msg("%s: selections in noise", families[k].name);
    /* Else it would be no test: there are p-values below 0.05 / 50 now and then. */
    if (families[k].is_continuous) assert_true(n[ML_FDR_BH] > 0);
  }
}

/* BY promises its level under any dependence. Of features that share most of their noise there is
 * one that is selected in at most 0.05 of the runs, as above. */
static void nothing_is_found_in_common_noise(void **state) {
  (void)state;
  const design common = {.n_rows = 40, .common_noise = 0.8};
  for (size_t k = 0; k < FAMILIES; k++) {
    size_t n = 0;
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
      data d = make_data(&families[k], &common, seed);
      ml_selection *s = run(&families[k], &d, ML_FDR_BY);
      n += s->n_selected > 0;
      ml_selection_free(s);
      release_data(&d);
    }
    print_message("  %s: %zu\n", families[k].name, n);
    assert_in_range(n, 0, 20);
  }
}

/* ---- signals among noise ---- */

typedef struct found {
  double false_share, squares; /* sums over runs of what is selected wrongly of all selected */
  size_t n_true;
} found;

static void count_found(const ml_selection *s, size_t n_signals, found *f) {
  size_t n_true = 0;
  for (size_t i = 0; i < s->n_selected; i++) n_true += s->selected[i] < n_signals;
  double share = 0;
  if (s->n_selected > 0) share = (double)(s->n_selected - n_true) / (double)s->n_selected;
  f->false_share += share;
  f->squares += share * share;
  f->n_true += n_true;
}

/* BH of independent tests has a rate of at most 0.05 40 / 50 = 0.04, BY of that by H_50; the mean
 * of the runs has to be below this and three of its standard errors. And the signals are found. */
static void signals_are_found(void **state) {
  (void)state;
  const design planted = {.n_rows = 60, .n_signals = 10};
  double h = 0;
  for (int i = FEATURES; i > 0; i--) h += 1. / i;
  for (size_t k = 0; k < FAMILIES; k++)
    for (ml_fdr_method method = ML_FDR_BY; method <= ML_FDR_BH; method++) {
      found f = {0};
      for (uint64_t seed = 1; seed <= RUNS; seed++) {
        data d = make_data(&families[k], &planted, seed);
        ml_selection *s = run(&families[k], &d, method);
        count_found(s, planted.n_signals, &f);
        ml_selection_free(s);
        release_data(&d);
      }
      double rate = f.false_share / RUNS, variance = f.squares / RUNS - rate * rate;
      double bound = LEVEL * 40 / 50 / (method == ML_FDR_BY ? h : 1) + 3 * sqrt(variance / RUNS);
      double power = (double)f.n_true / (double)(RUNS * planted.n_signals);
      print_message("  %s, %s: false %.4f (at most %.4f), power %.3f\n", families[k].name,
                    method == ML_FDR_BY ? "BY" : "BH", rate, bound, power);
      if (rate > bound || bound > 0.06 || power < 0.9)
        fail_msg("%s: false %g, power %g", families[k].name, rate, power);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(p_values_are_uniform),
      cmocka_unit_test(nothing_is_found_in_noise),
      cmocka_unit_test(nothing_is_found_in_common_noise),
      cmocka_unit_test(signals_are_found),
  };
  return cmocka_run_group_tests_name("fresh/select: statistics", tests, NULL, NULL);
}
