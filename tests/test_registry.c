/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Holds the table of calculators to its word. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fresh/names.h"
#include "fresh/parameters.h"
#include "fresh/transforms.h"
#include "fresh_cases.h"

#define FOR_EACH(feature)                              \
  for (size_t at_ = 0; at_ < fresh__n_features; at_++) \
    for (const fresh_feature *feature = fresh__features[at_], *once_ = feature; once_; once_ = NULL)

static void names_are_unique_and_found(void **state) {
  (void)state;
  size_t n;
  const ml_fresh_feature *const *catalogue = ml_fresh_features(&n);
  FOR_EACH(feature) {
    assert_ptr_equal(ml_fresh_find(feature->info.name), &feature->info);
  }
  for (size_t i = 0; i < n; i++) {
    assert_ptr_equal(catalogue[i], &fresh__features[i]->info);
    assert_null(catalogue[i]->column);
  }
  assert_null(ml_fresh_find("nothing"));
}

/* What settings by name have is what their catalogue has. */
static void catalogues_are_those_of_the_settings(void **state) {
  (void)state;
  static const struct {
    const char *name;
    unsigned preset;
  } sets[] = {{"kx", FRESH_IN_KX}, {"kx-strict", FRESH_IN_KX_STRICT}};
  for (size_t i = 0; i < 2; i++) {
    size_t n, at = 0;
    const ml_fresh_feature *const *catalogue = ml_fresh_catalogue(sets[i].name, &n);
    FOR_EACH(feature) {
      assert_true((feature->info.column != NULL) ==
                  ((feature->presets & (FRESH_IN_KX | FRESH_IN_KX_STRICT)) != 0));
      if (feature->presets & sets[i].preset) assert_ptr_equal(catalogue[at++], &feature->info);
    }
    assert_int_equal(at, n);
  }
  size_t untouched = 7;
  assert_null(ml_fresh_catalogue("minimal", &untouched));
  assert_int_equal(untouched, 7);
}

static void every_entry_is_documented(void **state) {
  (void)state;
  FOR_EACH(feature) {
    const ml_fresh_feature *info = &feature->info;
    const char *texts[] = {info->summary, info->formula, info->nan_rule, info->cost, info->source};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
      if (!texts[i] || !texts[i][0]) fail_msg("%s: text %zu is missing", info->name, i);
    for (size_t k = 0; k < info->n_params; k++) {
      if (!info->params[k].doc) fail_msg("%s: %s says nothing", info->name, info->params[k].name);
    }
    const fresh_feature *worker = fresh__worker(feature);
    assert_null(worker->same_as);
    assert_true((worker->value != NULL) == (info->n_params == 0));
    assert_true((worker->values != NULL) == (info->n_params > 0));
  }
}

static void calculators_without_parameters_come_first(void **state) {
  (void)state;
  bool seen = false;
  FOR_EACH(feature) {
    if (feature->info.column) continue; /* KX has an order of its own */
    if (seen && feature->info.n_params == 0) fail_msg("%s comes too late", feature->info.name);
    seen |= feature->info.n_params > 0;
  }
}

static size_t n_choices(const ml_fresh_param *param) {
  size_t n, count = 0;
  while (fresh__choice(param->choices, count, &n)) count++;
  return count;
}

static void check_value(const ml_fresh_feature *info, const ml_fresh_param *param,
                        ml_param_value value, size_t set) {
  for (size_t i = 0; i < value.n_items; i++) check_value(info, param, value.items[i], set);
  if (value.form == ML_FORM_NONE) assert_true(param->takes_none);
  if (value.form == ML_FORM_ABSENT) assert_true(param->is_optional && !param->is_implied);
  bool is_none = value.form == ML_FORM_NONE || value.form == ML_FORM_ABSENT;
  if (is_none || value.n_items > 0 || (isnan(value.v) && param->takes_nan)) return;
  if (!(value.v >= param->lo && value.v <= param->hi))
    fail_msg("%s: %s of set %zu is outside its range", info->name, param->name, set);
  if (value.form == ML_FORM_INT || (param->kind != ML_PARAM_REAL && param->kind != ML_PARAM_REALS))
    assert_true(value.v == floor(value.v));
}

static void check_param(const ml_fresh_feature *info, size_t k) {
  const ml_fresh_param *param = &info->params[k];
  if (k > 0 && strcmp(info->params[k - 1].name, param->name) >= 0)
    fail_msg("%s: parameters are not in order", info->name);
  assert_true(param->lo <= param->hi);
  if (param->kind == ML_PARAM_ENUM) assert_true(param->hi == (double)n_choices(param) - 1);
  if (param->kind == ML_PARAM_BOOL) assert_true(param->lo == 0 && param->hi == 1);
  for (size_t i = 0; i < info->n_grid; i++)
    check_value(info, param, info->grid[i * info->n_params + k], i);
}

static void grids_are_inside_their_ranges(void **state) {
  (void)state;
  FOR_EACH(feature) {
    const ml_fresh_feature *info = &feature->info;
    assert_true(info->n_params <= ML_FRESH_MAX_PARAMS);
    assert_true(info->n_grid >= 1);
    for (size_t k = 0; k < info->n_params; k++) check_param(info, k);
    for (size_t i = 0; info->n_params > 0 && i < info->n_grid; i++) {
      ml_param_value values[ML_FRESH_MAX_PARAMS];
      fresh_wrong wrong;
      memcpy(values, info->grid + i * info->n_params, info->n_params * sizeof *values);
      if (fresh__end_set(feature, values, &wrong) != ML_OK)
        fail_msg("%s: set %zu: %s", info->name, i, wrong.text);
    }
  }
}

static int by_text(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void no_column_is_there_twice(void **state) {
  (void)state;
  static char *names[2000];
  size_t n = 0;
  FOR_EACH(feature) {
    if (feature->presets == FRESH_IN_KX_STRICT) continue; /* the same column as in kx */
    for (size_t i = 0; i < feature->info.n_grid; i++) {
      ml_buf name = {0};
      ml_fresh_column("x", &feature->info, feature->info.grid + i * feature->info.n_params, &name);
      ml_buf_put(&name, "", 1);
      names[n++] = name.data;
    }
  }
  qsort(names, n, sizeof *names, by_text);
  for (size_t i = 1; i < n; i++)
    if (strcmp(names[i - 1], names[i]) == 0) fail_msg("%s is there twice", names[i]);
  for (size_t i = 0; i < n; i++) free(names[i]);
}

/* ---- every entry runs, and reads only what it says ---- */

enum { MOST = 120, SETS = 400 };

static void fill(double *x, size_t n, int shape) {
  uint64_t seed = 5;
  for (size_t i = 0; i < n; i++) {
    double noise = (double)(next_random(&seed) % 2000) / 100 - 10;
    const double values[] = {noise,
                             2.5,
                             (double)i,
                             (double)(i % 3),
                             1e300 * noise,
                             1e-310 * noise,
                             i % 7 == 2 ? NAN : noise,
                             i % 9 == 3 ? INFINITY : noise};
    x[i] = values[shape];
  }
}

static void run(const fresh_feature *feature, unsigned needs, const double *x, size_t n,
                double *out) {
  static double lists[SETS][8];
  fresh_args args[SETS] = {0};
  const ml_fresh_feature *info = &feature->info;
  assert_true(info->n_grid <= SETS);
  for (size_t i = 0; i < info->n_grid; i++)
    for (size_t k = 0; k < info->n_params; k++) args[i].v[k] = info->grid[i * info->n_params + k].v;
  void *made = NULL;
  for (size_t i = 0; i < info->n_grid; i++)
    for (size_t k = 0; k < info->n_params; k++)
      for (size_t j = 0; j < info->grid[i * info->n_params + k].n_items; j++) {
        lists[i][j] = info->grid[i * info->n_params + k].items[j].v;
        args[i].list = lists[i];
        args[i].n_list = j + 1;
      }
  const fresh_feature *worker = fresh__worker(feature);
  if (worker->open) assert_int_equal(worker->open(args, info->n_grid, false, &made, NULL), ML_OK);
  size_t work_size = fresh__work_size(feature, n, args, info->n_grid);
  double *arena = malloc(fresh__arena_size(needs, work_size, n) * sizeof *arena);
  double *copy = malloc(n * sizeof *copy);
  memcpy(copy, x, n * sizeof *copy);
  static int64_t times[MOST];
  for (size_t i = 0; i < n; i++) times[i] = (int64_t)i * 3600000000000;
  /* What is not asked for is poison: pointers are NULL, numbers and places absurd. */
  fresh_series s = {.x = copy,
                    .n = n,
                    .times = feature->info.needs_time ? times : NULL,
                    .state = made,
                    .sum = 1e77,
                    .mean = 1e77,
                    .variance = 1e77,
                    .deviation = 1e77,
                    .min = 1e77,
                    .max = -1e77,
                    .first_min = 77,
                    .last_min = 78,
                    .first_max = 79,
                    .last_max = 80,
                    .energy = 1e77,
                    .n_nan = 77,
                    .n_distinct = 77,
                    .n_repeated = 77,
                    .n_bins = 77,
                    .n_density = 77,
                    .n_lags = 77};
  fresh_transforms transforms = {0};
  if (needs & FRESH_LAGS) s.n_lags = n < 60 ? n : 60;
  assert_int_equal(fresh__transforms_open(&transforms, needs, &s, NULL), ML_OK);
  fresh__prepare(&s, needs, arena);
  fresh__compute(feature, &s, args, info->n_grid, out);
  assert_memory_equal(copy, x, n * sizeof *copy);
  if (made) worker->close(made);
  fresh__transforms_release(&transforms);
  free(copy);
  free(arena);
}

static void every_entry_reads_only_what_it_needs(void **state) {
  (void)state;
  const size_t sizes[] = {1, 2, 3, 4, 7, 8, 9, 100, MOST};
  const unsigned all = ~0u;
  double x[MOST], alone[SETS], full[SETS];
  for (int shape = 0; shape < 8; shape++)
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
      fill(x, sizes[k], shape);
      FOR_EACH(feature) {
        run(feature, fresh__all_needs(fresh__worker(feature)->needs), x, sizes[k], alone);
        run(feature, all, x, sizes[k], full);
        for (size_t i = 0; i < feature->info.n_grid; i++)
          expect_same(feature->info.name, alone[i], full[i]);
      }
    }
}

static void never_means_never(void **state) {
  (void)state;
  double x[MOST], out[SETS];
  for (int shape = 0; shape < 4; shape++)
    for (size_t n = 1; n < 10; n++) {
      fill(x, n, shape);
      FOR_EACH(feature) {
        run(feature, fresh__all_needs(fresh__worker(feature)->needs), x, n, out);
        bool never = strcmp(feature->info.nan_rule, "never") == 0;
        for (size_t i = 0; never && i < feature->info.n_grid; i++)
          if (!isfinite(out[i])) fail_msg("%s is %g", feature->info.name, out[i]);
      }
    }
}

static void needs_include_what_they_build_on(void **state) {
  (void)state;
  assert_int_equal(fresh__all_needs(FRESH_DISTINCT), FRESH_DISTINCT | FRESH_SORTED);
  assert_int_equal(fresh__all_needs(FRESH_SPREAD), FRESH_SPREAD | FRESH_MEAN);
  assert_int_equal(fresh__all_needs(0), 0);
}

static void nearest_names_are_hints(void **state) {
  (void)state;
  assert_string_equal(ml_fresh_nearest("medain"), "median");
  assert_string_equal(ml_fresh_nearest("number_peak"), "number_peaks");
  assert_string_equal(ml_fresh_nearest("quantiles"), "quantile");
  assert_null(ml_fresh_nearest("xylophone_concerto"));
  assert_null(ml_fresh_nearest(""));
}

static void names_are_those_of_python(void **state) {
  (void)state;
  static const struct {
    const char *feature;
    ml_param_value values[4];
    const char *want;
  } names[] = {
      {"mean", {{.v = 0, .form = ML_FORM_INT}}, "mean"},
      {"quantile", {{.v = 0.1, .form = ML_FORM_REAL}}, "quantile__q_0.1"},
      {"quantile", {{.v = 1, .form = ML_FORM_INT}}, "quantile__q_1"},
      {"quantile", {{.v = 1, .form = ML_FORM_REAL}}, "quantile__q_1.0"},
      {"symmetry_looking",
       {{.v = 3 * 0.05, .form = ML_FORM_REAL}},
       "symmetry_looking__r_0.15000000000000002"},
      {"range_count",
       {{.v = 1e16, .form = ML_FORM_REAL}, {.v = -1e12, .form = ML_FORM_REAL}},
       "range_count__max_1e+16__min_-1000000000000.0"},
      {"cid_ce", {{.v = 1, .form = ML_FORM_BOOL}}, "cid_ce__normalize_True"},
      {"cid_ce", {{.v = 0, .form = ML_FORM_BOOL}}, "cid_ce__normalize_False"},
      {"cid_ce", {{.v = 1, .form = ML_FORM_INT}}, "cid_ce__normalize_1"},
      {"change_quantiles",
       {{.v = 3, .form = ML_FORM_CHOICE},
        {.v = 0, .form = ML_FORM_BOOL},
        {.v = 0.2, .form = ML_FORM_REAL},
        {.v = 0, .form = ML_FORM_REAL}},
       "change_quantiles__f_agg_\"median\"__isabs_False__qh_0.2__ql_0.0"},
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    ml_buf name = {0};
    ml_fresh_name(ml_fresh_find(names[i].feature), names[i].values, &name);
    ml_buf_put(&name, "", 1);
    assert_string_equal(name.data, names[i].want);
    ml_buf_release(&name);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_unique_and_found),
      cmocka_unit_test(catalogues_are_those_of_the_settings),
      cmocka_unit_test(every_entry_is_documented),
      cmocka_unit_test(calculators_without_parameters_come_first),
      cmocka_unit_test(grids_are_inside_their_ranges),
      cmocka_unit_test(no_column_is_there_twice),
      cmocka_unit_test(every_entry_reads_only_what_it_needs),
      cmocka_unit_test(never_means_never),
      cmocka_unit_test(needs_include_what_they_build_on),
      cmocka_unit_test(nearest_names_are_hints),
      cmocka_unit_test(names_are_those_of_python),
  };
  return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
