/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which calculators with which parameters, for which kinds. */
#ifndef FRESH_SETTINGS_H
#define FRESH_SETTINGS_H

#include <ml/labels.h>

#include "feature.h"

/* One calculator and its sets of parameters: n_args rows of info.n_params values. */
typedef struct fresh_setting {
  const fresh_feature *feature;
  ml_param_value *args; /* NULL when there are no parameters */
  size_t n_args;        /* 1 when there are no parameters */
} fresh_setting;

/* In the order of the columns. */
typedef struct fresh_list {
  fresh_setting *settings;
  size_t n, capacity;
} fresh_list;

typedef struct fresh_kind_list {
  char *kind;
  fresh_list list;
} fresh_kind_list;

/* Items of lists among the parameters. */
typedef struct fresh_items {
  struct fresh_items *next;
  ml_param_value values[];
} fresh_items;

struct ml_fresh_settings {
  fresh_list defaults;    /* for kinds that have no list of their own; empty: no feature */
  fresh_kind_list *kinds; /* sorted by name */
  size_t n_kinds;
  fresh_items *items;
  labels order; /* names of all columns, in the order that is wanted; none: that of the lists */
  ml_impute_range *ranges; /* of these columns; NULL: nothing is replaced */
  bool is_modern;          /* ML_COMPAT_MODERN */
};

/* Put the lists of kinds in order, when all are there. */
void fresh__sort_kinds(ml_fresh_settings *settings);

/* Where columns are asked for by name each has the value that its name says: put sets of parameters
 * in order whose calculator wants them so. */
void fresh__sort_sets(ml_fresh_settings *settings);

/* What is computed for a kind. */
const fresh_list *fresh__list_of(const ml_fresh_settings *settings, const char *kind);

/* Append the kinds that have lists of their own as a JSON object that stands in the outermost one.
 */
void fresh__write_kinds(const ml_fresh_settings *settings, ml_buf *out);

/* Append a calculator with room for n_args sets of parameters. @return NULL when out of memory */
fresh_setting *fresh__list_add(fresh_list *list, const fresh_feature *feature, size_t n_args);

/* Append a set of parameters to a setting that fresh__list_add() made with room for 1, and whose
 * n_args was 0 then. @return false when out of memory */
bool fresh__setting_add(fresh_setting *setting, const ml_param_value *values);

/* Append a calculator with its default sets. @return false when out of memory */
bool fresh__list_add_grid(fresh_list *list, const fresh_feature *feature);

/* Room for the items of a list, which lives as long as the settings. @return NULL when out of
 * memory */
ml_param_value *fresh__settings_items(ml_fresh_settings *settings, size_t n);

#endif
