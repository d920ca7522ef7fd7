/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How parameters take what was written for them. */
#ifndef FRESH_PARAMETERS_H
#define FRESH_PARAMETERS_H

#include "literal.h"
#include "settings.h"

/* What is wrong, to be put behind a place. */
typedef struct fresh_wrong {
  char text[384];
} fresh_wrong;

/* Say what is wrong. @return ML_ERR_PARSE */
ML_PRINTF(2, 3) ml_status fresh__refuse(fresh_wrong *wrong, const char *format, ...);

/**
 * Take a value for a parameter.
 *
 * @param owner     of the items of a list
 * @param[out] out  written on ML_OK
 * @retval ML_ERR_PARSE  it does not fit: wrong says why
 * @retval ML_ERR_MEMORY
 */
ml_status fresh__take_value(const ml_fresh_param *param, const fresh_literal *literal,
                            ml_fresh_settings *owner, ml_param_value *out, fresh_wrong *wrong);

/* Values of a set before any is given. */
void fresh__begin_set(const ml_fresh_feature *info, ml_param_value *values);

/**
 * Complete a set with what is implied, when all that is given is there.
 *
 * @retval ML_ERR_PARSE  a parameter is missing, or they do not go together: wrong says why
 */
ml_status fresh__end_set(const fresh_feature *feature, ml_param_value *values, fresh_wrong *wrong);

/* @return the index of the parameter; info->n_params when there is none, then wrong says so */
size_t fresh__find_param(const ml_fresh_feature *info, const char *name, size_t n,
                         fresh_wrong *wrong);

/* The value of a parameter: its fallback when none was given. */
const ml_param_value *fresh__resolve(const ml_fresh_param *param, const ml_param_value *value);

#endif
