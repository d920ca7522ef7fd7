/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions of the module fresh that are called by name. */
#ifndef FRESH_FUNCTIONS_H
#define FRESH_FUNCTIONS_H

#include <ml/functions.h>

/* A vector or a list of numbers, or {"x": ..., "params": ...}: a dictionary of features. */
ml_function_call fresh__call_features;

/* null, a name of settings, or settings: the list of names of their features. */
ml_function_call fresh__call_names;

#endif
