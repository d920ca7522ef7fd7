/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Specifications of parameters in a search: "alpha=log:1e-3:1e5:20", "depth=int:1:30". */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <ml/literal.h>
#include <ml/number.h>

#include "candidates.h"

enum { VALUES_MOST = 1000000 };

void spec__release(spec *s) {
  free(s->values);
  s->values = NULL;
}

static ml_status refuse(const spec *s, const char *why, ml_error *err) {
  return ml_error_set(err, ML_ERR_USAGE, "'%s': %s", s->text, why);
}

/* ---- values ---------------------------------------------------------------------------------- */

static ml_status add_value(spec *s, double value, ml_error *err) {
  ml_error why = {0};
  if (s->n >= VALUES_MOST) return refuse(s, "too many values", err);
  if (ml_model_param_check(s->of, value, &why) != ML_OK) return refuse(s, why.message, err);
  if ((s->n & (s->n - 1)) == 0) {
    double *grown = reallocarray(s->values, s->n ? 2 * s->n : 1, sizeof *grown);
    if (!grown) return ml_error_memory(err);
    s->values = grown;
  }
  s->values[s->n++] = value;
  return ML_OK;
}

/* Where a value ends: at a comma, but of a parameter that takes lists not within their brackets. */
static size_t value_length(const spec *s, const char *at) {
  size_t depth = 0, n = 0;
  char quote = 0;
  if (s->of->kind != ML_MODEL_LITERAL) return strcspn(at, ",");
  for (; at[n] && (at[n] != ',' || depth > 0 || quote); n++) {
    const char c = at[n];
    if (quote)
      quote = c == quote ? 0 : quote;
    else if (c == '"' || c == '\'')
      quote = c;
    else if (strchr("([{", c))
      depth++;
    else if (strchr(")]}", c) && depth > 0)
      depth--;
  }
  return n;
}

/* Values with commas between them. */
static ml_status read_list(spec *s, const char *at, ml_error *err) {
  ml_status status = ML_OK;
  for (;;) {
    double value;
    ml_error why = {0};
    size_t n = value_length(s, at);
    char *text = strndup(at, n);
    if (!text) return ml_error_memory(err);
    if (ml_model_param_parse(s->of, text, &value, &why) != ML_OK)
      status = refuse(s, why.message, err);
    free(text);
    if (status == ML_OK) status = add_value(s, value, err);
    if (status != ML_OK || !at[n]) return status;
    at += n + 1;
  }
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* Numbers with colons between them. @return how many, or `most` + 1 when they are none or more */
static size_t read_numbers(const char *text, double *out, size_t most) {
  size_t n = 0;
  for (const char *at = text;; at++) {
    const char *end = at + strcspn(at, ":");
    if (n == most || at == end || ml_number_parse(at, end, &out[n]) != end || !isfinite(out[n]))
      return most + 1;
    n++;
    at = end;
    if (!*at) return n;
  }
}

static bool is_whole(double x) {
  return x == floor(x) && fabs(x) <= 0x1p53;
}

/* ---- ranges of a grid ------------------------------------------------------------------------ */

static double between(const spec *s, double share, bool kx_rules) {
  if (s->kind == SPEC_LINEAR) return s->lo + (s->hi - s->lo) * share;
  if (kx_rules) return pow(10, s->lo + (s->hi - s->lo) * share);
  if (share <= 0) return s->lo;
  if (share >= 1) return s->hi;
  double lo = log10(s->lo), hi = log10(s->hi);
  return pow(10, lo + (hi - lo) * share);
}

/* A range is of reals: a whole value among them is no integer. */
static ml_status as_real(const spec *s, double *value, ml_error *err) {
  char text[ML_NUMBER_MAX];
  if (s->of->kind != ML_MODEL_LITERAL || s->is_integer || *value != floor(*value)) return ML_OK;
  ml_number_repr(*value, text);
  return literal__of(text, value, err);
}

/* n values from lo to hi; those that are rounded to the same integer are one. */
static ml_status spread(spec *s, double n, bool kx_rules, ml_error *err) {
  ml_status status = ML_OK;
  if (!is_whole(n) || n < 1 || n > VALUES_MOST)
    return refuse(s, "the number of values must be an integer from 1 to 1000000", err);
  for (size_t i = 0; (double)i < n && status == ML_OK; i++) {
    double value = between(s, n > 1 ? (double)i / (n - 1) : 0, kx_rules);
    if (s->is_integer) value = floor(value + 0.5);
    if (s->is_integer && s->n > 0 && s->values[s->n - 1] == value) continue;
    status = as_real(s, &value, err);
    if (status == ML_OK) status = add_value(s, value, err);
  }
  return status;
}

static ml_status step(spec *s, double by, ml_error *err) {
  ml_status status = ML_OK;
  if (!is_whole(by) || by < 1) return refuse(s, "the step must be an integer from 1 on", err);
  for (double x = s->lo; x <= s->hi && status == ML_OK; x += by) status = add_value(s, x, err);
  return status;
}

/* ---- ranges ---------------------------------------------------------------------------------- */

static ml_status check_range(spec *s, bool is_log, bool kx_rules, ml_error *err) {
  ml_error why = {0};
  if (s->hi < s->lo) return refuse(s, "the upper bound is below the lower", err);
  if (is_log && !kx_rules && !(s->lo > 0))
    return refuse(s, "the bounds of log must be above 0", err);
  if (s->is_integer && !(is_log && !kx_rules) && (!is_whole(s->lo) || !is_whole(s->hi)))
    return refuse(s, "the bounds must be integers", err);
  double ends[2] = {s->lo, s->hi};
  for (size_t i = 0; i < 2; i++) {
    double end = is_log && kx_rules ? pow(10, ends[i]) : ends[i];
    /* A bound that is no value itself may be one: chance does not draw it. */
    if (s->is_integer && is_log) end = floor(end + 0.5);
    if (ml_model_param_check(s->of, end, &why) != ML_OK) return refuse(s, why.message, err);
  }
  return ML_OK;
}

typedef struct form {
  const char *word; /* with its colon */
  spec_kind kind;
  bool is_integer;
  size_t least, most; /* numbers behind it: in a grid */
  size_t drawn;       /* the same where values are drawn; 0: not there */
  const char *grid, *draws;
} form;

static const form forms[] = {
    {"log:", SPEC_LOG, false, 3, 3, 2, "log:LOW:HIGH:COUNT", "log:LOW:HIGH"},
    {"lin:", SPEC_LINEAR, false, 3, 3, 0, "lin:LOW:HIGH:COUNT", ""},
    {"int:", SPEC_LINEAR, true, 2, 3, 2, "int:LOW:HIGH[:STEP]", "int:LOW:HIGH"},
    {"uniform:", SPEC_LINEAR, false, 0, 0, 2, "", "uniform:LOW:HIGH"},
};

/* Of what may be either the default says which, and the bounds. */
static bool is_of_integers(const spec *s) {
  return s->of->kind == ML_MODEL_LITERAL && is_whole(s->of->fallback) && is_whole(s->lo) &&
         is_whole(s->hi);
}

static ml_status read_range(spec *s, const form *f, const char *text, const ml_candidates_opts *o,
                            ml_error *err) {
  double numbers[3];
  bool is_grid = o->draw == ML_DRAW_GRID;
  size_t least = is_grid ? f->least : f->drawn, most = is_grid ? f->most : f->drawn;
  size_t n = most ? read_numbers(text, numbers, most) : 0;
  char why[64] = "expected ";
  if (s->of->kind == ML_MODEL_BOOL || s->of->kind == ML_MODEL_CHOICE)
    return refuse(s, "this parameter has no range", err);
  if (most == 0) return refuse(s, is_grid ? "no form of a grid" : "no form of a space", err);
  if (n < least || n > most) return refuse(s, strcat(why, is_grid ? f->grid : f->draws), err);
  s->kind = f->kind;
  s->lo = numbers[0];
  s->hi = numbers[1];
  s->is_integer = f->is_integer || s->of->kind == ML_MODEL_INT || is_of_integers(s);
  ml_status status = check_range(s, f->kind == SPEC_LOG, o->kx_rules, err);
  if (status != ML_OK || !is_grid) return status;
  status = f->is_integer ? step(s, n == 3 ? numbers[2] : 1, err)
                         : spread(s, numbers[2], o->kx_rules, err);
  s->kind = SPEC_LIST;
  return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static ml_status read_drawn(spec *s, const char *text, ml_error *err) {
  static const form plain = {"", SPEC_LINEAR, false, 0, 0, 2, "", "LOW:HIGH"};
  const ml_candidates_opts draws = {.draw = ML_DRAW_RANDOM};
  if (strncmp(text, "choice:", 7) == 0) return read_list(s, text + 7, err);
  if (strcmp(text, "bool") == 0) {
    if (s->of->kind != ML_MODEL_BOOL) return refuse(s, "this parameter is no boolean", err);
    return read_list(s, "false,true", err);
  }
  double numbers[2];
  if (read_numbers(text, numbers, 2) == 2) return read_range(s, &plain, text, &draws, err);
  return refuse(s, "expected LOW:HIGH, log:LOW:HIGH, int:LOW:HIGH, choice:A,B or bool", err);
}

ml_status spec__parse(const ml_model *model, const char *text, const ml_candidates_opts *opts,
                      spec *s, ml_error *err) {
  *s = (spec){.text = text, .kind = SPEC_LIST};
  const char *equals = strchr(text, '=');
  if (!equals || equals == text || !equals[1])
    return ml_error_set(err, ML_ERR_USAGE, "expected NAME=VALUES, found '%s'", text);
  char *name = strndup(text, (size_t)(equals - text));
  if (!name) return ml_error_memory(err);
  ml_status status = ml_model_find_param(model, name, &s->param, err);
  free(name);
  if (status != ML_OK) return status;
  s->of = &model->params[s->param];
  const char *value = equals + 1;
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    size_t n = strlen(forms[i].word);
    if (strncmp(value, forms[i].word, n) == 0)
      return read_range(s, &forms[i], value + n, opts, err);
  }
  return opts->draw == ML_DRAW_GRID ? read_list(s, value, err) : read_drawn(s, value, err);
}

/* ---- places ---------------------------------------------------------------------------------- */

static double whole(double lo, double hi, double u, bool rounds, bool has_upper) {
  if (rounds) return floor(lo + (hi - lo) * u + 0.5);
  double x = lo + floor(u * (hi - lo + has_upper));
  return fmin(x, hi);
}

double spec__value(const spec *s, double u, bool rounds, bool kx_rules) {
  if (s->kind == SPEC_LIST) return s->values[(size_t)(u * (double)s->n)];
  bool is_log = s->kind == SPEC_LOG;
  if (!s->is_integer) return between(s, u, kx_rules);
  if (!is_log) return whole(s->lo, s->hi, u, rounds, !kx_rules);
  if (kx_rules) return pow(10, whole(s->lo, s->hi, u, rounds, false));
  /* Nobody is drawn that the bounds do not have. */
  return fmin(fmax(floor(between(s, u, false) + 0.5), ceil(s->lo)), floor(s->hi));
}
