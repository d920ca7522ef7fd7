/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cases of calculators: one row, one named test. */
#ifndef TESTS_FRESH_CASES_H
#define TESTS_FRESH_CASES_H

#include "fresh/feature.h"
#include "support.h"

enum { CASE_VALUES = 16 };

typedef struct feature_case {
  const char *name; /* "c3: lag 1, by hand" */
  const char *feature;
  struct {
    double v[ML_FRESH_MAX_PARAMS];
  } args; /* in the order of the table, names ascending */
  size_t n;
  double x[CASE_VALUES];
  double want;
} feature_case;

/* One value of a calculator, as a plan computes it. */
double feature_value(const char *feature, const double *args, const double *x, size_t n);

/* The values of n_sets sets of parameters in one call, each in the order of the table. */
void feature_values(const char *name, ml_param_value *values, size_t n_sets, const double *x,
                    size_t n, double *out);

/* The first column of settings in tsfresh's shape, such as {"quantile": [{"q": 0.5}]}. */
double feature_by_json(const char *json, bool is_modern, const double *x, size_t n);

/* Run each case as a test of its own; 1e-14 relative. */
int run_feature_cases(const char *group, feature_case *cases, size_t n);

#endif
