/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fresh_cases.h"

#include <stdlib.h>
#include <string.h>

#include "fresh/plan.h"

/* out has a place for each column, or is NULL. @return the first */
static double run_plan(const fresh_list *list, bool is_modern, const double *x, size_t n,
                       double *out) {
  fresh_plan plan;
  fresh_scratch scratch = {0};
  ml_error err = {0};
  if (fresh__plan_init(&plan, list, is_modern, false, &err) != ML_OK) fail_msg("%s", err.message);
  /* Exactly n values, so that a read behind them is seen by the sanitizer. */
  double *copy = malloc((n ? n : 1) * sizeof *copy);
  double *values = malloc(plan.n_columns * sizeof *values);
  memcpy(copy, x, n * sizeof *copy);
  assert_int_equal(
      fresh__plan_run(&plan, &(fresh_input){.x = copy, .n = n}, &scratch, values, &err), ML_OK);
  double first = values[0];
  if (out) memcpy(out, values, plan.n_columns * sizeof *values);
  free(values);
  free(copy);
  fresh__scratch_release(&scratch);
  fresh__plan_release(&plan);
  return first;
}

static const fresh_feature *find(const char *name) {
  const ml_fresh_feature *found = ml_fresh_find(name);
  if (!found) fail_msg("there is no %s", name);
  return (const fresh_feature *)found;
}

double feature_value(const char *name, const double *args, const double *x, size_t n) {
  const fresh_feature *feature = find(name);
  ml_param_value values[ML_FRESH_MAX_PARAMS] = {{0}};
  for (size_t k = 0; k < feature->info.n_params; k++) values[k].v = args ? args[k] : 0;
  fresh_setting setting = {.feature = feature, .args = values, .n_args = 1};
  return run_plan(&(fresh_list){.settings = &setting, .n = 1}, false, x, n, NULL);
}

void feature_values(const char *name, ml_param_value *values, size_t n_sets, const double *x,
                    size_t n, double *out) {
  fresh_setting setting = {.feature = find(name), .args = values, .n_args = n_sets};
  run_plan(&(fresh_list){.settings = &setting, .n = 1}, false, x, n, out);
}

double feature_by_json(const char *json, bool is_modern, const double *x, size_t n) {
  ml_fresh_settings *settings;
  ml_error err = {0};
  if (ml_fresh_settings_parse(json, strlen(json), json, &settings, &err) != ML_OK)
    fail_msg("%s", err.message);
  double value = run_plan(&settings->defaults, is_modern, x, n, NULL);
  ml_fresh_settings_free(settings);
  return value;
}

static void check(void **state) {
  const feature_case *c = *state;
  expect_close(c->name, feature_value(c->feature, c->args.v, c->x, c->n), c->want, 1e-14, 0);
}

int run_feature_cases(const char *group, feature_case *cases, size_t n) {
  struct CMUnitTest *tests = calloc(n, sizeof *tests);
  for (size_t i = 0; i < n; i++)
    tests[i] =
        (struct CMUnitTest){.name = cases[i].name, .test_func = check, .initial_state = &cases[i]};
  int failed = _cmocka_run_group_tests(group, tests, n, NULL, NULL);
  free(tests);
  return failed;
}
