/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What follows the name of a scheme: numbers, shares, spans and words. */
#include <math.h>
#include <string.h>

#include <ml/nearest.h>
#include <ml/number.h>
#include "split_internal.h"

/* Counts stay exact as doubles and below any number of rows that can be split. */
#define COUNT_MAX 4294967295.0

/* A part between commas. */
typedef struct part {
  const char *name, *value; /* name: NULL when it has none */
  size_t n_name, n_value;
} part;

static part cut_part(const char *from, const char *end) {
  const char *equals = memchr(from, '=', (size_t)(end - from));
  if (!equals) return (part){NULL, from, 0, (size_t)(end - from)};
  return (part){from, equals + 1, (size_t)(equals - from), (size_t)(end - equals - 1)};
}

static bool is_called(const split_param *param, const char *name, size_t n) {
  return strlen(param->name) == n && memcmp(param->name, name, n) == 0;
}

/* The parameter that a part is for: by its name, a word by itself, the first by its place. */
static const split_param *find_param(const split_param *params, const part *p, bool is_first) {
  const char *name = p->name ? p->name : p->value;
  size_t n = p->name ? p->n_name : p->n_value;
  for (const split_param *param = params; param && param->name; param++)
    if ((p->name || param->kind == SPLIT_WORD) && is_called(param, name, n)) return param;
  return !p->name && is_first && params && params->kind != SPLIT_WORD ? params : NULL;
}

static ml_status unknown_part(const char *text, const split_param *params, const part *p,
                              ml_error *err) {
  const char *name = p->name ? p->name : p->value;
  int n = (int)(p->name ? p->n_name : p->n_value);
  char wanted[64];
  if (!params) return ml_error_set(err, ML_ERR_USAGE, "%s: nothing follows the name", text);
  if (n >= (int)sizeof wanted) n = (int)sizeof wanted - 1;
  memcpy(wanted, name, (size_t)n);
  wanted[n] = '\0';
  ml_nearest nearest = ml_nearest_to(wanted);
  for (const split_param *param = params; param->name && n > 1; param++)
    ml_nearest_try(&nearest, param->name, strlen(param->name));
  if (nearest.name)
    return ml_error_set(err, ML_ERR_USAGE, "%s: does not take '%s' (did you mean '%s'?)", text,
                        wanted, nearest.name);
  return ml_error_set(err, ML_ERR_USAGE, "%s: does not take '%s'", text, wanted);
}

static ml_status read_count(const char *text, const split_param *param, const part *p, size_t *out,
                            ml_error *err) {
  double low = param->kind == SPLIT_COUNT ? 1 : 0, v;
  const char *end = p->value + p->n_value;
  if (ml_number_parse(p->value, end, &v) != end || !(v >= low && v <= COUNT_MAX) || v != floor(v))
    return ml_error_set(err, ML_ERR_USAGE, "%s: '%s' must be an integer from %g on, not '%.*s'",
                        text, param->name, low, (int)p->n_value, p->value);
  *out = (size_t)v;
  return ML_OK;
}

static ml_status read_share(const char *text, const split_param *param, const part *p, double *out,
                            ml_error *err) {
  const char *end = p->value + p->n_value;
  double v;
  if (ml_number_parse(p->value, end, &v) != end || !(v > 0 && v < 1))
    return ml_error_set(err, ML_ERR_USAGE, "%s: '%s' must be a share between 0 and 1, not '%.*s'",
                        text, param->name, (int)p->n_value, p->value);
  *out = v;
  return ML_OK;
}

/* Seconds in a unit of time, 1 without a unit; 0: it is none. @param[out] unit  its letter */
static double unit_seconds(const char *unit, size_t n, char *letter) {
  static const struct {
    const char *name;
    double seconds;
  } units[] = {{"", 1},     {"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1},
               {"min", 60}, {"h", 3600},  {"d", 86400}, {"w", 604800}};
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (strlen(units[i].name) == n && memcmp(units[i].name, unit, n) == 0) {
      *letter = *units[i].name;
      return units[i].seconds;
    }
  return 0;
}

static ml_status read_span(const char *text, const split_param *param, const part *p,
                           split_args *out, ml_error *err) {
  const char *end = p->value + p->n_value;
  double v, seconds = 0;
  const char *unit = ml_number_parse(p->value, end, &v);
  if (unit) seconds = unit_seconds(unit, (size_t)(end - unit), &out->unit);
  if (seconds == 0 || !(v >= 0 && isfinite(v)))
    return ml_error_set(err, ML_ERR_USAGE,
                        "%s: '%s' must be a number from 0 on or a time such as 3d, 12h, 30min or "
                        "90s, not '%.*s'",
                        text, param->name, (int)p->n_value, p->value);
  *(double *)(void *)((char *)out + param->offset) = v * seconds;
  return ML_OK;
}

static ml_status read_part(const char *text, const split_param *param, const part *p,
                           split_args *out, ml_error *err) {
  char *field = (char *)out + param->offset;
  switch (param->kind) {
    case SPLIT_COUNT:
    case SPLIT_ROWS:
      return read_count(text, param, p, (size_t *)(void *)field, err);
    case SPLIT_SHARE:
      return read_share(text, param, p, (double *)(void *)field, err);
    case SPLIT_SPAN:
      return read_span(text, param, p, out, err);
    case SPLIT_WORD:
      break;
  }
  if (p->name) return ml_error_set(err, ML_ERR_USAGE, "%s: '%s' takes no value", text, param->name);
  *(bool *)(void *)field = true;
  return ML_OK;
}

ml_status split__read_args(const char *text, const char *rest, const split_param *params,
                           split_args *out, ml_error *err) {
  unsigned seen = 0;
  if (*rest == '=') return ml_error_set(err, ML_ERR_USAGE, "%s: arguments follow a colon", text);
  while (*rest) { /* at the colon, then at commas */
    const char *end = rest + 1 + strcspn(rest + 1, ",");
    part p = cut_part(rest + 1, end);
    const split_param *param = find_param(params, &p, *rest == ':');
    if (!param) return unknown_part(text, params, &p, err);
    unsigned bit = 1u << (param - params);
    if (seen & bit)
      return ml_error_set(err, ML_ERR_USAGE, "%s: '%s' is given twice", text, param->name);
    seen |= bit;
    ml_status status = read_part(text, param, &p, out, err);
    if (status != ML_OK) return status;
    rest = end;
  }
  return ML_OK;
}
