/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is computed of the series of one kind, ready to run. */
#ifndef FRESH_PLAN_H
#define FRESH_PLAN_H

#include "settings.h"
#include "transforms.h"

/* One call of a calculator: neighbouring columns. */
typedef struct fresh_group {
  const fresh_setting *setting; /* of the settings, which outlive the plan */
  fresh_args *args;             /* setting->n_args */
  void *state;                  /* from the calculator's open() */
  size_t number;                /* of the calculator in fresh__features */
} fresh_group;

typedef struct fresh_plan {
  fresh_group *groups;
  size_t n_groups, n_columns;
  size_t n_head;    /* columns before those of expanded functions, which stand behind */
  fresh_args *args; /* of all groups */
  double *numbers;  /* that args->list point into */
  size_t n_numbers;
  unsigned needs; /* with all that they build on */
  size_t n_lags;  /* that calculators ask for */
  bool is_modern;
  bool is_by_name; /* set it before fresh__plan_run() where the settings have an order of columns */
} fresh_plan;

/* What a plan is run on. */
typedef struct fresh_input {
  const double *x;
  size_t n;
  const int64_t *times; /* NULL: there are none */
} fresh_input;

/* Memory that is kept from series to series; all 0 at first. One thread at a time. */
typedef struct fresh_scratch {
  double *arena;
  size_t arena_size; /* doubles */
  /* Of each shared step, then of each calculator, by number: the time they take is added there.
   * Borrowed; NULL: nobody wants to know. */
  double *seconds;
  fresh_transforms transforms;
} fresh_scratch;

void fresh__scratch_release(fresh_scratch *scratch);

/* @param has_times  the series have dates: without them the calculators that need_time are left out
 */
ml_status fresh__plan_init(fresh_plan *plan, const fresh_list *list, bool is_modern, bool has_times,
                           ml_error *err);
void fresh__plan_release(fresh_plan *plan);

/* Compute n_columns values of a series; of one without values they are all NaN.
 * @retval ML_ERR_MEMORY */
ml_status fresh__plan_run(const fresh_plan *plan, const fresh_input *input, fresh_scratch *scratch,
                          double *out, ml_error *err);

/* Doubles of scratch that a series of n values takes, with the transforms of others. */
size_t fresh__plan_scratch(const fresh_plan *plan, size_t n);

/* How many times there are in fresh_scratch.seconds. */
size_t fresh__n_costs(void);
/* Over several kinds, KX has the heads of all kinds before the tails of all. From cells (8 bytes
 * each: values, or pointers to names) plan by plan, put them in that order; spare has room for them
 * all. */
void fresh__heads_first(const fresh_plan *plans, size_t n_plans, void *cells, void *spare);

/* Names of the columns, from malloc(); names holds n_columns NULLs before. */
ml_status fresh__plan_names(const fresh_plan *plan, const char *kind, char **names, ml_error *err);

#endif
