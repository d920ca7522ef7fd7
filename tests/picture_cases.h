/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Selections to draw: usual ones, and those that are odd in some way. */
#ifndef TESTS_PICTURE_CASES_H
#define TESTS_PICTURE_CASES_H

#include <ml/cli/selection.h>

typedef struct picture_case {
  const char *name;
  size_t n_rows, n_columns;
  size_t n_classes; /* 0: regression */
  ml_select_opts opts;
  double (*p)(size_t i, size_t n); /* of the feature of rank i, ascending; NaN: none */
  const char *const *names;        /* of the first features; NULL ends them */
  double scale, offset;            /* of values */
  size_t n_constant;               /* of the features, the last */
  bool by_column;
} picture_case;

extern const picture_case picture_cases[]; /* ends with a name of NULL */

/* The names of the case "hostile". */
extern const char *const hostile_names[];

/* The case of that name, made; fails the program when there is none. Release it. */
cli_pictured picture_case_make(const char *name);
void picture_case_release(cli_pictured *p);

#endif
