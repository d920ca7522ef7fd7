/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Values of parameters: which are taken, and words for those that are not. */
#include "parameters.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <ml/number.h>

#include "names.h"

/* From here on an integer may have been rounded to a double. */
#define EXACT_INTEGERS 9007199254740992.0

ml_status fresh__refuse(fresh_wrong *wrong, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(wrong->text, sizeof wrong->text, format, args);
  va_end(args);
  return ML_ERR_PARSE;
}

static ml_status refuse_kind(const ml_fresh_param *param, fresh_wrong *wrong) {
  static const char *const wanted[] = {[ML_PARAM_INT] = "a number",
                                       [ML_PARAM_REAL] = "a number",
                                       [ML_PARAM_BOOL] = "true or false",
                                       [ML_PARAM_INTS] = "a list of integers",
                                       [ML_PARAM_REALS] = "a list of numbers"};
  const char *or_none = param->takes_none ? " or null" : "";
  if (param->kind == ML_PARAM_ENUM)
    return fresh__refuse(wrong, "expected one of %s as a string%s", param->choices, or_none);
  return fresh__refuse(wrong, "expected %s%s", wanted[param->kind], or_none);
}

static ml_status take_choice(const ml_fresh_param *param, const fresh_literal *literal,
                             ml_param_value *out, fresh_wrong *wrong) {
  if (literal->kind != FRESH_LITERAL_TEXT) return refuse_kind(param, wrong);
  char wanted[64]; /* a longer one is near to nothing */
  snprintf(wanted, sizeof wanted, "%.*s", (int)(literal->n < 64 ? literal->n : 64), literal->text);
  ml_nearest nearest = ml_nearest_to(wanted);
  fresh_hint hint;
  const char *choice;
  size_t n;
  for (size_t i = 0; (choice = fresh__choice(param->choices, i, &n)); i++) {
    *out = (ml_param_value){.v = (double)i, .form = ML_FORM_CHOICE};
    if (n == literal->n && memcmp(choice, literal->text, n) == 0) return ML_OK;
    ml_nearest_try(&nearest, choice, n);
  }
  if (nearest.name)
    return fresh__refuse(wrong, "unknown '%s'%s", wanted, fresh__hint(&nearest, &hint));
  return fresh__refuse(wrong, "unknown '%s'; expected one of %s", wanted, param->choices);
}

static ml_status take_truth(const ml_fresh_param *param, const fresh_literal *literal,
                            ml_param_value *out, fresh_wrong *wrong) {
  *out = (ml_param_value){.v = literal->v, .form = ML_FORM_BOOL};
  if (literal->kind == FRESH_LITERAL_BOOL) return ML_OK;
  out->form = ML_FORM_INT; /* as Python takes 0 and 1: the column says 1 */
  bool is_truth = literal->kind == FRESH_LITERAL_INT && (literal->v == 0 || literal->v == 1);
  return is_truth ? ML_OK : refuse_kind(param, wrong);
}

static ml_status take_number(const ml_fresh_param *param, const fresh_literal *literal,
                             ml_param_value *out, fresh_wrong *wrong) {
  bool is_integer = literal->kind == FRESH_LITERAL_INT;
  if (!is_integer && literal->kind != FRESH_LITERAL_REAL) return refuse_kind(param, wrong);
  char value[ML_NUMBER_MAX], lo[ML_NUMBER_MAX], hi[ML_NUMBER_MAX];
  double v = literal->v;
  ml_number_format(v, value);
  ml_number_format(param->lo, lo);
  ml_number_format(param->hi, hi);
  *out = (ml_param_value){.v = v, .form = is_integer ? ML_FORM_INT : ML_FORM_REAL};
  if (is_integer && fabs(v) >= EXACT_INTEGERS)
    return fresh__refuse(wrong, "the integer is too large to be exact");
  if (isnan(v) && param->takes_nan) return ML_OK;
  bool wants_integer = param->kind == ML_PARAM_INT || param->kind == ML_PARAM_INTS;
  if (wants_integer && v != floor(v))
    return fresh__refuse(wrong, "expected an integer, found %s", value);
  if (isnan(v)) return fresh__refuse(wrong, "NaN is not allowed");
  if (!(v >= param->lo && v <= param->hi))
    return fresh__refuse(wrong, "%s is not between %s and %s", value, lo, hi);
  return ML_OK;
}

/* Widths print as a tuple however they were given; so does what was a tuple. */
static ml_status take_list(const ml_fresh_param *param, const fresh_literal *literal,
                           ml_fresh_settings *owner, ml_param_value *out, fresh_wrong *wrong) {
  bool is_tuple = literal->kind == FRESH_LITERAL_TUPLE;
  if (!is_tuple && literal->kind != FRESH_LITERAL_LIST) return refuse_kind(param, wrong);
  if (literal->n_items == 0) return fresh__refuse(wrong, "the list is empty");
  ml_param_value *items = fresh__settings_items(owner, literal->n_items);
  if (!items) return ML_ERR_MEMORY;
  for (size_t i = 0; i < literal->n_items; i++) {
    const fresh_literal *item = &literal->items[i];
    fresh_wrong why = {"expected a number"};
    bool is_number = item->kind == FRESH_LITERAL_INT || item->kind == FRESH_LITERAL_REAL;
    if (!is_number || take_number(param, item, &items[i], &why) != ML_OK)
      return fresh__refuse(wrong, "item %zu: %.300s", i, why.text);
  }
  *out = (ml_param_value){
      .v = NAN,
      .form = is_tuple || param->kind == ML_PARAM_INTS ? ML_FORM_TUPLE : ML_FORM_LIST,
      .items = items,
      .n_items = literal->n_items};
  return ML_OK;
}

/* A column name quotes None where a choice is expected. */
static bool is_none(const ml_fresh_param *param, const fresh_literal *literal) {
  if (!param->takes_none) return false;
  if (literal->kind == FRESH_LITERAL_NONE) return true;
  return param->kind == ML_PARAM_ENUM && literal->kind == FRESH_LITERAL_TEXT && literal->n == 4 &&
         memcmp(literal->text, "None", 4) == 0;
}

ml_status fresh__take_value(const ml_fresh_param *param, const fresh_literal *literal,
                            ml_fresh_settings *owner, ml_param_value *out, fresh_wrong *wrong) {
  if (is_none(param, literal)) {
    *out = (ml_param_value)FRESH_NONE;
    return ML_OK;
  }
  switch (param->kind) {
    case ML_PARAM_ENUM:
      return take_choice(param, literal, out, wrong);
    case ML_PARAM_BOOL:
      return take_truth(param, literal, out, wrong);
    case ML_PARAM_INT:
    case ML_PARAM_REAL:
      return take_number(param, literal, out, wrong);
    default:
      return take_list(param, literal, owner, out, wrong);
  }
}

/* ---- sets ------------------------------------------------------------------------------------ */

const ml_param_value *fresh__resolve(const ml_fresh_param *param, const ml_param_value *value) {
  return value->form == ML_FORM_ABSENT ? &param->fallback : value;
}

void fresh__begin_set(const ml_fresh_feature *info, ml_param_value *values) {
  for (size_t k = 0; k < info->n_params; k++) values[k] = (ml_param_value)FRESH_ABSENT;
}

ml_status fresh__end_set(const fresh_feature *feature, ml_param_value *values, fresh_wrong *wrong) {
  const ml_fresh_feature *info = &feature->info;
  ml_param_value resolved[ML_FRESH_MAX_PARAMS];
  for (size_t k = 0; k < info->n_params; k++) {
    const ml_fresh_param *param = &info->params[k];
    bool is_absent = values[k].form == ML_FORM_ABSENT;
    if (is_absent && !param->is_optional && !param->is_implied)
      return fresh__refuse(wrong, "parameter '%s' is missing", param->name);
    if (is_absent && param->is_implied) values[k] = param->fallback;
    resolved[k] = *fresh__resolve(param, &values[k]);
  }
  const char *why = feature->check ? feature->check(resolved) : NULL;
  return why ? fresh__refuse(wrong, "%s", why) : ML_OK;
}

size_t fresh__find_param(const ml_fresh_feature *info, const char *name, size_t n,
                         fresh_wrong *wrong) {
  char wanted[64]; /* a longer one is near to nothing */
  snprintf(wanted, sizeof wanted, "%.*s", (int)(n < 64 ? n : 64), name);
  ml_nearest nearest = ml_nearest_to(wanted);
  fresh_hint hint;
  for (size_t k = 0; k < info->n_params; k++) {
    const char *param = info->params[k].name;
    if (n == strlen(param) && memcmp(name, param, n) == 0) return k;
    ml_nearest_try(&nearest, param, strlen(param));
  }
  if (info->n_params == 0)
    fresh__refuse(wrong, "takes no parameters, found '%s'", wanted);
  else
    fresh__refuse(wrong, "unknown parameter '%s'%s", wanted, fresh__hint(&nearest, &hint));
  return info->n_params;
}
