/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions of the module fresh that are called by name. */
#ifndef FRESH_FUNCTIONS_H
#define FRESH_FUNCTIONS_H

#include <ml/functions.h>

/* A vector or a list of numbers, or {"x": ..., "params": ..., "compat": ...}: a dictionary of
 * features. */
ml_function_call fresh__call_features;

/* null, a name of settings, or settings: the list of names of their features. */
ml_function_call fresh__call_names;

/* Append settings in tsfresh's shape as the text that ml_fresh_settings_parse() takes, every number
 * as it was given. @retval ML_ERR_USAGE  it has what no settings have */
ml_status fresh__params_json(const ml_value *params, ml_arena *arena, ml_buf *out, ml_error *err);

#endif
