/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cases of reading series: one row, one named test. */
#ifndef TESTS_SERIES_CASES_H
#define TESTS_SERIES_CASES_H

#include "support.h"

typedef struct series_case {
  const char *name;
  ml_series_opts opts;
  const char *text, *want;
} series_case;

/* "1 a=1,2 b=3;2 a=;" */
void dump_series(const ml_series_set *set, ml_buf *out);

/* "!line:column: message" */
void dump_series_error(const ml_error *err, ml_buf *out);

/* A test whose state is a series_case. */
void check_series_case(void **state);

#endif
