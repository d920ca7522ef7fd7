/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of metrics share. */
#include "metrics_cases.h"

#include <math.h>

double compute(const char *name, const ml_scored *scored) {
  ml_metric metric;
  ml_error err = {0};
  char why[ML_WHY_MAX];
  double value;
  if (ml_metric_parse(name, &metric, &err) != ML_OK) fail_msg("%s", err.message);
  if (ml_metric_compute(&metric, scored, &value, why, &err) != ML_OK) fail_msg("%s", err.message);
  assert_int_equal(isnan(value), why[0] != '\0');
  return value;
}
