/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of metrics share. */
#ifndef TESTS_METRICS_CASES_H
#define TESTS_METRICS_CASES_H

#include "support.h"

/* A metric by its name; fails the test when it cannot be computed, or when it is undefined without
 * a reason. */
double compute(const char *name, const ml_scored *scored);

#endif
