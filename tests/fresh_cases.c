/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fresh_cases.h"

#include <stdlib.h>
#include <string.h>

double feature_value(const char *name, const double *args, const double *x, size_t n) {
  const fresh_feature *feature = (const fresh_feature *)ml_fresh_find(name);
  if (!feature) fail_msg("there is no %s", name);
  unsigned needs = fresh__all_needs(feature->needs);
  double *arena = malloc((fresh__arena_size(needs, feature->n_work, n) + 1) * sizeof *arena);
  /* Exactly n values, so that a read behind them is seen by the sanitizer. */
  double *copy = malloc(n * sizeof *copy), value;
  fresh_series s = {.x = copy, .n = n};
  fresh_args set = {{0}};
  memcpy(copy, x, n * sizeof *copy);
  if (args) memcpy(set.v, args, feature->info.n_params * sizeof *args);
  fresh__prepare(&s, needs, arena);
  fresh__compute(feature, &s, &set, 1, &value);
  free(copy);
  free(arena);
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
