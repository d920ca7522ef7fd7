/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fresh_cases.h"

#include <stdlib.h>
#include <string.h>

#include "fresh/plan.h"

static double first_value(const fresh_list *list, bool is_modern, const double *x, size_t n) {
  fresh_plan plan;
  fresh_scratch scratch = {0};
  ml_error err = {0};
  if (fresh__plan_init(&plan, list, is_modern, false, &err) != ML_OK) fail_msg("%s", err.message);
  /* Exactly n values, so that a read behind them is seen by the sanitizer. */
  double *copy = malloc((n ? n : 1) * sizeof *copy);
  double *out = malloc(plan.n_columns * sizeof *out);
  memcpy(copy, x, n * sizeof *copy);
  assert_int_equal(fresh__plan_run(&plan, &(fresh_input){.x = copy, .n = n}, &scratch, out, &err),
                   ML_OK);
  double value = out[0];
  free(out);
  free(copy);
  fresh__scratch_release(&scratch);
  fresh__plan_release(&plan);
  return value;
}

double feature_value(const char *name, const double *args, const double *x, size_t n) {
  const fresh_feature *feature = (const fresh_feature *)ml_fresh_find(name);
  if (!feature) fail_msg("there is no %s", name);
  ml_param_value values[ML_FRESH_MAX_PARAMS] = {{0}};
  for (size_t k = 0; k < feature->info.n_params; k++) values[k].v = args ? args[k] : 0;
  fresh_setting setting = {.feature = feature, .args = values, .n_args = 1};
  return first_value(&(fresh_list){.settings = &setting, .n = 1}, false, x, n);
}

double feature_by_json(const char *json, bool is_modern, const double *x, size_t n) {
  ml_fresh_settings *settings;
  ml_error err = {0};
  if (ml_fresh_settings_parse(json, strlen(json), json, &settings, &err) != ML_OK)
    fail_msg("%s", err.message);
  double value = first_value(&settings->defaults, is_modern, x, n);
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
