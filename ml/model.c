/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hyper-parameters: their names and values, by the table of a model. */
#include <math.h>
#include <string.h>

#include <ml/literal.h>
#include <ml/model.h>
#include <ml/nearest.h>
#include <ml/number.h>

/* ---- what a value may be -------------------------------------------------------------------- */

/* Choice i of "a|b|c". @return NULL behind the last */
static const char *choice(const ml_model_param *param, size_t i, size_t *n) {
  const char *at = param->choices;
  for (; at; at = strchr(at, '|')) {
    at += *at == '|';
    *n = strcspn(at, "|");
    if (i-- == 0) return at;
  }
  return NULL;
}

static void put_choices(const ml_model_param *param, const char *before, ml_buf *out) {
  size_t n;
  const char *name;
  for (size_t i = 0; (name = choice(param, i, &n)); i++)
    ml_buf_printf(out, "%s%.*s", i == 0 ? before : ", ", (int)n, name);
}

void ml_model_param_takes(const ml_model_param *param, ml_buf *out) {
  if (param->kind == ML_MODEL_BOOL) {
    ml_buf_puts(out, "true or false");
  } else if (param->kind == ML_MODEL_CHOICE) {
    put_choices(param, "one of ", out);
  } else if (param->kind == ML_MODEL_LITERAL) {
    ml_buf_puts(out, "a literal of Python, or a text");
  } else {
    ml_buf_puts(out, param->kind == ML_MODEL_INT ? "an integer" : "a number");
    if (isfinite(param->lo)) {
      ml_buf_puts(out, param->above_lo ? " above " : " of at least ");
      ml_buf_number(out, param->lo);
    }
    if (isfinite(param->hi)) {
      ml_buf_printf(out, "%s%s", isfinite(param->lo) ? " and" : "",
                    param->below_hi ? " below " : " at most ");
      ml_buf_number(out, param->hi);
    }
    put_choices(param, ", or ", out);
    if (param->none) ml_buf_printf(out, ", or %s", param->none);
  }
}

static ml_status refuse(const ml_model_param *param, const char *text, ml_error *err) {
  ml_buf takes = {0};
  ml_model_param_takes(param, &takes);
  ml_status status =
      ml_error_set(err, ML_ERR_USAGE, "'%.80s' is no value of '%s', which takes %.*s", text,
                   param->name, (int)takes.n, takes.data ? takes.data : "");
  ml_buf_release(&takes);
  return status;
}

/* Word i of a number is -1 - i. */
static bool is_word(const ml_model_param *param, double value) {
  size_t n;
  return param->kind == ML_MODEL_REAL && value < 0 && value > -1000 && value == floor(value) &&
         choice(param, (size_t)(-1 - value), &n) != NULL;
}

static bool is_allowed(const ml_model_param *param, double value) {
  size_t n;
  if (is_word(param, value)) return true;
  switch (param->kind) {
    case ML_MODEL_BOOL:
      return value == 0 || value == 1;
    case ML_MODEL_CHOICE:
      return value >= 0 && value == floor(value) && value < 1000 &&
             choice(param, (size_t)value, &n) != NULL;
    case ML_MODEL_INT:
      if (value != floor(value) || fabs(value) > 0x1p53) /* infinity is no integer, but */
        return param->none && value == INFINITY;
      break;
    case ML_MODEL_REAL:
      if (value == INFINITY) return param->none != NULL;
      break;
    case ML_MODEL_LITERAL:
      return fabs(value) < LITERAL_NUMBERS || literal__text(value);
  }
  return isfinite(value) && (param->above_lo ? value > param->lo : value >= param->lo) &&
         (param->below_hi ? value < param->hi : value <= param->hi);
}

ml_status ml_model_param_check(const ml_model_param *param, double value, ml_error *err) {
  char text[ML_NUMBER_MAX];
  if (is_allowed(param, value)) return ML_OK;
  ml_number_format(value, text);
  return refuse(param, text, err);
}

/* ---- texts ----------------------------------------------------------------------------------- */

static bool parse_choice(const ml_model_param *param, const char *text, double *value) {
  const char *name;
  size_t n;
  for (size_t i = 0; (name = choice(param, i, &n)); i++) {
    *value = (double)i;
    if (strlen(text) == n && memcmp(text, name, n) == 0) return true;
  }
  return false;
}

static bool parse_bool(const char *text, double *value) {
  static const char *const words[] = {"false", "true", "False", "True", "0", "1"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    *value = (double)(i % 2);
    if (strcmp(text, words[i]) == 0) return true;
  }
  return false;
}

static bool parse_number(const ml_model_param *param, const char *text, double *value) {
  const char *end = text + strlen(text);
  if (param->kind == ML_MODEL_REAL && parse_choice(param, text, value)) {
    *value = -1 - *value;
    return true;
  }
  *value = INFINITY;
  if (param->none && strcmp(text, param->none) == 0) return true;
  /* The number that stands for a word is not typed. */
  return ml_number_parse(text, end, value) == end && isfinite(*value) && !is_word(param, *value);
}

/* Digits alone are an integer. A number with a point or an exponent that is whole is not one, and
 * the same goes for those that a double does not hold. */
static bool parse_plain(const char *text, double *value) {
  const char *digits = text + (*text == '-'), *end = text + strlen(text);
  if (ml_number_parse(text, end, value) != end || !isfinite(*value)) return false;
  const bool is_integer = digits < end && digits + strspn(digits, "0123456789") == end;
  if (is_integer && *value == 0) *value = 0; /* -0 */
  return is_integer ? fabs(*value) <= 0x1p53
                    : *value != floor(*value) && fabs(*value) < LITERAL_NUMBERS;
}

static ml_status parse_literal(const ml_model_param *param, const char *text, double *value,
                               ml_error *err) {
  if (!*text) return refuse(param, text, err);
  if (parse_plain(text, value)) return ML_OK;
  if (strcmp(text, "true") == 0) text = "True";
  if (strcmp(text, "false") == 0) text = "False";
  return literal__of(text, value, err);
}

ml_status ml_model_param_parse(const ml_model_param *param, const char *text, double *value,
                               ml_error *err) {
  double v;
  if (param->kind == ML_MODEL_LITERAL) return parse_literal(param, text, value, err);
  bool ok = param->kind == ML_MODEL_CHOICE ? parse_choice(param, text, &v)
            : param->kind == ML_MODEL_BOOL ? parse_bool(text, &v)
                                           : parse_number(param, text, &v);
  if (!ok || !is_allowed(param, v)) return refuse(param, text, err);
  *value = v;
  return ML_OK;
}

double ml_model_param_number(const ml_model_param *param, double value) {
  const char *text = param->kind == ML_MODEL_LITERAL ? literal__text(value) : NULL;
  if (text) {
    const char *end = text + strlen(text);
    return ml_number_parse(text, end, &value) == end && isfinite(value) ? value : NAN;
  }
  return isfinite(value) && !literal__is(value) && !is_word(param, value) ? value : NAN;
}

void ml_model_param_format(const ml_model_param *param, double value, ml_buf *out) {
  size_t n;
  const char *name;
  if (param->kind == ML_MODEL_LITERAL && (name = literal__text(value)))
    ml_buf_puts(out, name);
  else if (param->kind == ML_MODEL_BOOL)
    ml_buf_puts(out, value != 0 ? "true" : "false");
  else if (param->kind == ML_MODEL_CHOICE && (name = choice(param, (size_t)value, &n)))
    ml_buf_put(out, name, n);
  else if (is_word(param, value) && (name = choice(param, (size_t)(-1 - value), &n)))
    ml_buf_put(out, name, n);
  else if (param->none && value == INFINITY)
    ml_buf_puts(out, param->none);
  else
    ml_buf_number(out, value);
}

/* ---- all of a model -------------------------------------------------------------------------- */

void ml_model_defaults(const ml_model *model, double *params) {
  for (size_t i = 0; i < model->n_params; i++) params[i] = model->params[i].fallback;
}

ml_status ml_model_find_param(const ml_model *model, const char *name, size_t *index,
                              ml_error *err) {
  ml_nearest nearest = ml_nearest_to(name);
  for (size_t i = 0; i < model->n_params; i++) {
    const char *known = model->params[i].name;
    *index = i;
    if (strcmp(known, name) == 0) return ML_OK;
    ml_nearest_try(&nearest, known, strlen(known));
  }
  if (nearest.name)
    return ml_error_set(err, ML_ERR_USAGE,
                        "model '%s' has no parameter '%.80s' (did you mean '%s'?)", model->name,
                        name, nearest.name);
  return ml_error_set(err, ML_ERR_USAGE,
                      "model '%s' has no parameter '%.80s'; 'mltool models %s' lists them",
                      model->name, name, model->name);
}

ml_status ml_model_set(const ml_model *model, const char *assignment, double *params,
                       ml_error *err) {
  char name[128];
  size_t n = strcspn(assignment, "="), index;
  if (!assignment[n] || n == 0 || n >= sizeof name)
    return ml_error_set(err, ML_ERR_USAGE, "expected NAME=VALUE, found '%.80s'", assignment);
  memcpy(name, assignment, n);
  name[n] = 0;
  ml_status status = ml_model_find_param(model, name, &index, err);
  if (status != ML_OK) return status;
  return ml_model_param_parse(&model->params[index], assignment + n + 1, &params[index], err);
}

ml_status ml_model_problem(const ml_model *model, ml_problem asked, ml_problem target,
                           ml_problem *out, ml_error *err) {
  const bool classifies = model->traits & ML_MODEL_CLASSIFIES,
             regresses = model->traits & ML_MODEL_REGRESSES;
  ml_problem problem = asked != ML_PROBLEM_AUTO ? asked
                       : !classifies || !regresses
                           ? (classifies ? ML_CLASSIFICATION : ML_REGRESSION)
                           : target;
  bool can = problem == ML_CLASSIFICATION ? classifies : regresses;
  if (!can)
    return ml_error_set(err, ML_ERR_USAGE, "model '%s' is for %s only", model->name,
                        classifies ? "classification" : "regression");
  *out = problem;
  return ML_OK;
}
