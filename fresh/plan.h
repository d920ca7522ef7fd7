/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is computed of the series of one kind, ready to run. */
#ifndef FRESH_PLAN_H
#define FRESH_PLAN_H

#include "settings.h"

/* One call of a calculator: neighbouring columns. */
typedef struct fresh_group {
  const fresh_setting *setting; /* of the settings, which outlive the plan */
  fresh_args *args;             /* setting->n_args */
} fresh_group;

typedef struct fresh_plan {
  fresh_group *groups;
  size_t n_groups, n_columns;
  fresh_args *args; /* of all groups */
  unsigned needs;   /* with all that they build on */
  size_t n_work;
} fresh_plan;

ml_status fresh__plan_init(fresh_plan *plan, const fresh_list *list, ml_error *err);
void fresh__plan_release(fresh_plan *plan);

/* Doubles that a run over n values takes. */
size_t fresh__plan_arena(const fresh_plan *plan, size_t n);

/* Compute n_columns values of a series; of one without values they are all NaN. */
void fresh__plan_run(const fresh_plan *plan, const double *x, size_t n, double *arena, double *out);

/* Names of the columns, from malloc(); names holds n_columns NULLs before. */
ml_status fresh__plan_names(const fresh_plan *plan, const char *kind, char **names, ml_error *err);

#endif
