/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What readers of settings in JSON share: places, mistakes, values. */
#ifndef FRESH_SETTINGS_READER_H
#define FRESH_SETTINGS_READER_H

#include <jansson.h>

#include "json_place.h"
#include "parameters.h"

/* kind_to_fc_parameters, kind, calculator, parameter, its value, index in it; and one more, a key
 * that is wrong. */
enum { FRESH_MAX_STEPS = 7 };

typedef struct fresh_reader {
  const char *text, *source;
  size_t n;
  fresh_step steps[FRESH_MAX_STEPS]; /* where in the document we are */
  size_t n_steps;
  bool is_wrapped; /* the first step is kind_to_fc_parameters or its neighbour */
  ml_fresh_settings *settings;
  ml_error *err;
} fresh_reader;

/* Step into the value of a key, or, without one, of an index. */
void fresh__enter(fresh_reader *r, const char *key, size_t index);
void fresh__leave(fresh_reader *r);

/* Say what is wrong with the value we are at. @return ML_ERR_PARSE */
ml_status fresh__fail(const fresh_reader *r, const char *what);

/* The same of a key of the object we are in. */
ml_status fresh__fail_at(const fresh_reader *r, const char *key, const char *what);

/* Bare NaN, Infinity and -Infinity are no JSON, but Python writes them, and KX inf and -inf. Before
 * a text is parsed they become strings of as many bytes, so that every place stays true. */
void fresh__mark_bare(char *text, size_t n);

/* Take the value we are at for a parameter. @retval ML_ERR_PARSE, ML_ERR_MEMORY  with a message */
ml_status fresh__read_value(fresh_reader *r, const ml_fresh_param *param, const json_t *json,
                            ml_param_value *out);

/* Append a set of parameters, unless its column is there already.
 * @param columns  that the setting has; all 0 at first
 * @retval ML_ERR_MEMORY  with a message */
ml_status fresh__keep_set(const fresh_reader *r, const ml_param_value *values,
                          fresh_setting *setting, labels *columns);

/* Take the value we are at, an object, for settings of kinds. */
ml_status fresh__read_kinds(fresh_reader *r, json_t *json);

/* ---- recipe.c ---- */

/* Whether a document is a recipe: exactly these columns, in this order. */
bool fresh__is_recipe(json_t *root);

ml_status fresh__read_recipe(fresh_reader *r, json_t *root);

/* ---- settings_kx.c ---- */

/* Whether an object of calculators has the shape of KX's hyperparameters.json. */
bool fresh__is_kx_shape(json_t *json);

/* Append the calculators of KX with the parameters that it has for them. */
ml_status fresh__read_kx(fresh_reader *r, json_t *json, fresh_list *list);

#endif
