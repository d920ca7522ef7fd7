/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a shift, a change of scale or a reversal of a series must do to its features. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fresh/plan.h"
#include "support.h"

enum { MOST = 300, ROUNDS = 20 };

/* What happens to every column of a calculator with its default parameters. */
typedef enum effect {
  ANY,    /* nothing is known */
  SAME,   /* it stays */
  TIMES,  /* it is multiplied as the values are */
  SQUARE, /* by the square of that */
  PLUS    /* what is added to the values is added to it */
} effect;

enum { SHIFT, SCALE, REVERSAL, N_CHANGES };

/* By the calculator, or by the start of the name of a column with parameters. The first that
 * matches. */
static const struct {
  const char *name;
  effect effects[N_CHANGES];
} rows[] = {
    {"abs_energy", {ANY, SQUARE, SAME}},
    {"absolute_maximum", {ANY, TIMES, SAME}},
    {"absolute_sum_of_changes", {SAME, TIMES, SAME}},
    {"agg_autocorrelation", {SAME, SAME, SAME}},
    {"agg_linear_trend__attr_\"intercept\"__chunk_len_5__f_agg_\"var\"", {SAME, SQUARE, ANY}},
    {"agg_linear_trend__attr_\"intercept\"__chunk_len_5__f_agg_\"mean\"", {PLUS, TIMES, ANY}},
    {"agg_linear_trend__attr_\"rvalue\"", {SAME, SAME, ANY}},
    {"agg_linear_trend__attr_\"slope\"__chunk_len_10__f_agg_\"max\"", {SAME, TIMES, ANY}},
    {"approximate_entropy", {SAME, SAME, ANY}},
    {"ar_coefficient__coeff_1__", {SAME, SAME, ANY}},
    {"augmented_dickey_fuller", {SAME, SAME, ANY}},
    {"autocorrelation", {SAME, SAME, SAME}},
    {"benford_correlation", {ANY, ANY, SAME}},
    {"binned_entropy", {ANY, SAME, SAME}},
    {"c3", {ANY, ANY, SAME}},
    {"change_quantiles__f_agg_\"mean\"__isabs_True", {SAME, TIMES, SAME}},
    {"change_quantiles__f_agg_\"var\"__isabs_True", {SAME, SQUARE, SAME}},
    {"cid_ce__normalize_False", {SAME, TIMES, SAME}},
    {"cid_ce__normalize_True", {SAME, SAME, SAME}},
    {"count_above__", {ANY, SAME, SAME}},
    {"count_above_mean", {SAME, SAME, SAME}},
    {"count_below__", {ANY, SAME, SAME}},
    {"count_below_mean", {SAME, SAME, SAME}},
    {"cwt_coefficients", {ANY, TIMES, ANY}},
    {"energy_ratio_by_chunks", {ANY, SAME, ANY}},
    {"fft_aggregated", {ANY, SAME, ANY}},
    {"fft_coefficient__attr_\"abs\"__coeff_0", {ANY, TIMES, SAME}},
    {"fft_coefficient__attr_\"abs\"", {SAME, TIMES, SAME}},
    {"fft_coefficient__attr_\"real\"", {ANY, TIMES, ANY}},
    {"first_location_of_maximum", {SAME, SAME, ANY}},
    {"fourier_entropy", {SAME, SAME, ANY}},
    {"has_duplicate", {SAME, SAME, SAME}},
    {"has_duplicate_max", {SAME, SAME, SAME}},
    {"has_duplicate_min", {SAME, SAME, SAME}},
    {"index_mass_quantile", {ANY, SAME, ANY}},
    {"kurtosis", {SAME, SAME, SAME}},
    {"large_standard_deviation", {SAME, SAME, SAME}},
    {"last_location_of_minimum", {SAME, SAME, ANY}},
    {"lempel_ziv_complexity", {ANY, SAME, ANY}},
    {"length", {SAME, SAME, SAME}},
    {"linear_trend__attr_\"intercept\"", {PLUS, TIMES, ANY}},
    {"linear_trend__attr_\"pvalue\"", {SAME, SAME, SAME}},
    {"linear_trend__attr_\"rvalue\"", {SAME, SAME, ANY}},
    {"linear_trend__attr_\"slope\"", {SAME, TIMES, ANY}},
    {"linear_trend__attr_\"stderr\"", {SAME, TIMES, SAME}},
    {"longest_strike_above_mean", {SAME, SAME, SAME}},
    {"longest_strike_below_mean", {SAME, SAME, SAME}},
    {"maximum", {PLUS, TIMES, SAME}},
    {"mean_abs_change", {SAME, TIMES, SAME}},
    {"mean_change", {SAME, TIMES, ANY}},
    {"mean_n_absolute_max", {ANY, TIMES, SAME}},
    {"mean_second_derivative_central", {SAME, TIMES, SAME}},
    {"mean", {PLUS, TIMES, SAME}},
    {"median", {PLUS, TIMES, SAME}},
    {"minimum", {PLUS, TIMES, SAME}},
    {"number_crossing_m__m_0", {ANY, SAME, SAME}},
    {"number_cwt_peaks", {ANY, SAME, ANY}},
    {"number_peaks", {SAME, SAME, SAME}},
    {"partial_autocorrelation", {SAME, SAME, SAME}},
    {"percentage_of_reoccurring_datapoints_to_all_datapoints", {SAME, SAME, SAME}},
    {"percentage_of_reoccurring_values_to_all_values", {SAME, SAME, SAME}},
    {"permutation_entropy", {SAME, SAME, ANY}},
    {"quantile", {PLUS, TIMES, SAME}},
    {"ratio_beyond_r_sigma", {SAME, SAME, SAME}},
    {"ratio_value_number_to_time_series_length", {SAME, SAME, SAME}},
    {"root_mean_square", {ANY, TIMES, SAME}},
    {"sample_entropy", {SAME, SAME, ANY}},
    {"skewness", {SAME, SAME, SAME}},
    {"spkt_welch_density", {ANY, SQUARE, ANY}},
    {"standard_deviation", {SAME, TIMES, SAME}},
    {"sum_of_reoccurring_data_points", {ANY, TIMES, SAME}},
    {"sum_of_reoccurring_values", {ANY, TIMES, SAME}},
    {"sum_values", {ANY, TIMES, SAME}},
    {"symmetry_looking", {SAME, SAME, SAME}},
    {"value_count__value_0", {ANY, SAME, SAME}},
    {"variance", {SAME, SQUARE, SAME}},
    {"variation_coefficient", {ANY, SAME, SAME}},
};
enum { N_ROWS = sizeof rows / sizeof *rows };

/* Settings whose calculators are all in the table, and names of their columns. */
typedef struct suite {
  ml_fresh_settings *settings;
  fresh_plan plan;
  fresh_scratch scratch;
  char **names;
  size_t *row; /* of each column; N_ROWS: none */
} suite;

static bool is_row(size_t k, const char *name) {
  size_t n = strlen(rows[k].name);
  if (strncmp(name, rows[k].name, n) != 0) return false;
  return !name[n] || strncmp(name + n, "__", 2) == 0 || strstr(rows[k].name, "__");
}

static size_t row_of(const char *name) {
  size_t k = 0;
  while (k < N_ROWS && !is_row(k, name)) k++;
  return k;
}

static void open_suite(suite *s) {
  ml_error err = {0};
  *s = (suite){0};
  assert_int_equal(ml_fresh_settings_named("comprehensive", &s->settings, &err), ML_OK);
  assert_int_equal(fresh__plan_init(&s->plan, &s->settings->defaults, false, false, &err), ML_OK);
  s->names = calloc(s->plan.n_columns, sizeof *s->names);
  s->row = calloc(s->plan.n_columns, sizeof *s->row);
  assert_int_equal(fresh__plan_names(&s->plan, "v", s->names, &err), ML_OK);
  for (size_t j = 0; j < s->plan.n_columns; j++) s->row[j] = row_of(s->names[j] + strlen("v__"));
}

static void close_suite(suite *s) {
  for (size_t j = 0; j < s->plan.n_columns; j++) free(s->names[j]);
  free(s->names);
  free(s->row);
  fresh__scratch_release(&s->scratch);
  fresh__plan_release(&s->plan);
  ml_fresh_settings_free(s->settings);
}

static double *features_of(suite *s, const double *x, size_t n) {
  double *out = calloc(s->plan.n_columns, sizeof *out);
  const fresh_input input = {.x = x, .n = n};
  assert_int_equal(fresh__plan_run(&s->plan, &input, &s->scratch, out, NULL), ML_OK);
  return out;
}

/* Noise, a walk, or few distinct values; all of them multiples of 2^-10, so that a shift and sums
 * of differences are exact. */
static size_t random_series(double *x, int round) {
  static uint64_t seed = 77;
  size_t n = 40 + next_random(&seed) % (MOST - 40);
  double walk = 0;
  for (size_t i = 0; i < n; i++) {
    double step = (double)(int64_t)(next_random(&seed) % 8192) / 1024 - 4;
    walk += step / 4;
    x[i] = round % 3 == 0 ? step : round % 3 == 1 ? floor(walk * 1024) / 1024 : floor(step) / 2;
  }
  return n;
}

static void compare(suite *s, const char *what, const double *before, const double *after,
                    size_t change, double amount) {
  for (size_t j = 0; j < s->plan.n_columns; j++) {
    if (s->row[j] == N_ROWS) continue;
    char label[256];
    double want = before[j];
    switch (rows[s->row[j]].effects[change]) {
      case ANY:
        continue;
      case SAME:
        break;
      case TIMES:
        want *= amount;
        break;
      case SQUARE:
        want *= amount * amount;
        break;
      case PLUS:
        want += amount;
        break;
    }
    snprintf(label, sizeof label, "%s: %s", what, s->names[j]);
    expect_close(label, after[j], want, 1e-8, 1e-9 * fmax(1, fabs(amount)));
  }
}

static void transformed(void **state) {
  (void)state;
  suite s;
  double x[MOST], y[MOST];
  open_suite(&s);
  for (int round = 0; round < ROUNDS; round++) {
    size_t n = random_series(x, round);
    double *plain = features_of(&s, x, n);
    for (size_t i = 0; i < n; i++) y[i] = x[i] + 32;
    double *shifted = features_of(&s, y, n);
    for (size_t i = 0; i < n; i++) y[i] = 4 * x[i];
    double *scaled = features_of(&s, y, n);
    for (size_t i = 0; i < n; i++) y[i] = x[n - 1 - i];
    double *reversed = features_of(&s, y, n);
    compare(&s, "shift", plain, shifted, SHIFT, 32);
    compare(&s, "scale", plain, scaled, SCALE, 4);
    compare(&s, "reversal", plain, reversed, REVERSAL, 1);
    free(plain), free(shifted), free(scaled), free(reversed);
  }
  close_suite(&s);
}

/* A row that no column matches is a slip in the table above. */
static void every_row_is_used(void **state) {
  (void)state;
  suite s;
  bool used[N_ROWS] = {false};
  open_suite(&s);
  for (size_t j = 0; j < s.plan.n_columns; j++)
    if (s.row[j] < N_ROWS) used[s.row[j]] = true;
  for (size_t k = 0; k < N_ROWS; k++) {
    char calculator[64];
    snprintf(calculator, sizeof calculator, "%.*s", (int)strcspn(rows[k].name, "\""), rows[k].name);
    char *end = strstr(calculator, "__");
    if (end) *end = 0;
    if (!used[k] && ml_fresh_find(calculator)) fail_msg("no column begins with %s", rows[k].name);
  }
  close_suite(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(transformed),
      cmocka_unit_test(every_row_is_used),
  };
  return cmocka_run_group_tests_name("fresh/properties", tests, NULL, NULL);
}
