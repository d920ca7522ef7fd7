/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings that are put together column by column. */
#ifndef FRESH_SETTINGS_BUILD_H
#define FRESH_SETTINGS_BUILD_H

#include "settings.h"

typedef struct fresh_builder {
  ml_fresh_settings *settings; /* theirs is the order in which columns come */
  labels kinds;                /* by code: the index in settings->kinds, until they are sorted */
} fresh_builder;

/* One column. */
typedef struct fresh_column {
  const char *kind; /* n_kind bytes of it */
  size_t n_kind;
  const fresh_feature *feature;
  ml_param_value values[ML_FRESH_MAX_PARAMS];
} fresh_column;

/* @return false when memory ran out */
bool fresh__build_begin(fresh_builder *b);

/* Append a column, unless one of its name is there. @return false when memory ran out */
bool fresh__build_add(fresh_builder *b, const fresh_column *column);

/* @param status  of what was done; ML_OK: hand over the settings */
ml_status fresh__build_end(fresh_builder *b, ml_status status, ml_fresh_settings **out);

/**
 * ml_fresh_settings_from_names().
 *
 * @param[out] wrong  the name that an error is about; may be NULL
 */
ml_status fresh__settings_from_names(const char *const *names, size_t n, const char *source,
                                     size_t *wrong, ml_fresh_settings **out, ml_error *err);

/**
 * The part of settings that gives exactly some of the columns which they give for a set. Other than
 * names, it knows calculators and kinds of equal names apart.
 *
 * @param[out] out  borrows lists of numbers from the settings
 * @retval ML_ERR_PARSE  a column is none of theirs
 */
ml_status fresh__settings_part(const ml_fresh_settings *settings, const ml_series_set *set,
                               const char *const *names, size_t n, ml_fresh_settings **out,
                               ml_error *err);

#endif
