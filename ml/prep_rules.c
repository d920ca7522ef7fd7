/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rules of the step `select`, as text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ml/csv_internal.h>
#include <ml/nearest.h>
#include <ml/number.h>

#include "prep_internal.h"

/* ---- rules ---- */

enum { N_CHOICES = 3 };

/* A rule is a choice, a number in (0, below) or (0, most], or a count. */
typedef struct rule {
  const char *name, *value; /* as messages show it */
  const char *choices[N_CHOICES];
  int chosen[N_CHOICES];
  double below, most;
  size_t field; /* of ml_select_opts */
} rule;

#define FIELD(name) offsetof(ml_select_opts, name)

enum { FDR, K, PERCENTILE, TEST, METHOD, REDUNDANCY, N_RULES };

static const rule rules[N_RULES] = {
    [FDR] = {"fdr", "LEVEL", .below = 1, .field = FIELD(fdr_level)},
    [K] = {"k", "K", .field = FIELD(k)},
    [PERCENTILE] = {"percentile", "P", .most = 100, .field = FIELD(percentile)},
    [TEST] = {"test", "mann|ks|kx", .choices = {"mann", "ks", "kx"},
              .chosen = {ML_SELECT_MANN, ML_SELECT_KS, ML_SELECT_KX}, .field = FIELD(test)},
    [METHOD] = {"method", "bh|by", .choices = {"bh", "by"}, .chosen = {ML_FDR_BH, ML_FDR_BY},
                .field = FIELD(method)},
    [REDUNDANCY] = {"redundancy", "R", .below = 1, .field = FIELD(redundancy)},
};

_Static_assert(sizeof(ml_select_test) == sizeof(int) && sizeof(ml_fdr_method) == sizeof(int),
               "a choice is written as an int");

static ml_status fail_rule(const char *name, size_t n, ml_error *err) {
  char shown[CSV_QUOTE_MAX];
  char *text = strndup(name, n);
  if (!text) return ml_error_memory(err);
  ml_nearest nearest = ml_nearest_to(text);
  for (size_t i = 0; i < N_RULES; i++)
    ml_nearest_try(&nearest, rules[i].name, strlen(rules[i].name));
  csv__quote(text, n, shown);
  ml_status status =
      nearest.name
          ? ml_error_set(err, ML_ERR_USAGE, "select: no rule \"%s\" (did you mean %.20s?)", shown,
                         nearest.name)
          : ml_error_set(err, ML_ERR_USAGE,
                         "select: no rule \"%s\" (there are fdr, k, percentile, test, method and "
                         "redundancy, with a slash between them)",
                         shown);
  free(text);
  return status;
}

static ml_status fail_value(const rule *r, const char *value, ml_error *err) {
  char shown[CSV_QUOTE_MAX], want[64];
  if (r->choices[0])
    snprintf(want, sizeof want, "is not %s:%s", r->name, r->value);
  else if (r->below > 0)
    snprintf(want, sizeof want, "is no number above 0 and below %g", r->below);
  else if (r->most > 0)
    snprintf(want, sizeof want, "is no number above 0 and up to %g", r->most);
  else
    snprintf(want, sizeof want, "is no number of columns");
  return ml_error_set(err, ML_ERR_USAGE, "select: %s:%s %s", r->name,
                      csv__quote(value, strlen(value), shown), want);
}

static bool take_choice(const rule *r, const char *value, void *field) {
  for (size_t i = 0; i < N_CHOICES && r->choices[i]; i++)
    if (strcmp(r->choices[i], value) == 0) {
      memcpy(field, &r->chosen[i], sizeof r->chosen[i]);
      return true;
    }
  return false;
}

static bool take_real(const rule *r, const char *value, void *field) {
  const char *end = value + strlen(value);
  double x;
  if (ml_number_parse(value, end, &x) != end || !(x > 0) ||
      !(r->most > 0 ? x <= r->most : x < r->below))
    return false;
  memcpy(field, &x, sizeof x);
  return true;
}

bool prep__count(const char *text, size_t *out) {
  char *end;
  errno = 0;
  const unsigned long long k = strtoull(text, &end, 10);
  if (strspn(text, "0123456789") != strlen(text) || errno != 0 || *end || k == 0 || k > SIZE_MAX)
    return false;
  *out = (size_t)k;
  return true;
}

/* @param text  "NAME:VALUE", or with "=" as options have it */
static ml_status parse_rule(const char *text, ml_select_opts *opts, bool *given, ml_error *err) {
  const size_t n = strcspn(text, ":=");
  const rule *r = NULL;
  for (size_t i = 0; !r && i < N_RULES; i++)
    if (strlen(rules[i].name) == n && memcmp(rules[i].name, text, n) == 0) r = &rules[i];
  if (!r) return fail_rule(text, n, err);
  const char *value = text + n + (text[n] != 0);
  if (!*value)
    return ml_error_set(err, ML_ERR_USAGE, "select: rule \"%s\" lacks its value: %s:%s", r->name,
                        r->name, r->value);
  if (given[r - rules])
    return ml_error_set(err, ML_ERR_USAGE, "select: rule \"%s\" is there twice", r->name);
  given[r - rules] = true;
  void *field = (char *)opts + r->field;
  const bool ok = r->choices[0]                 ? take_choice(r, value, field)
                  : r->below > 0 || r->most > 0 ? take_real(r, value, field)
                                                : prep__count(value, field);
  return ok ? ML_OK : fail_value(r, value, err);
}

/* What has no meaning together. */
static ml_status check_rules(const ml_select_opts *opts, const bool *given, ml_error *err) {
  const char *instead = opts->k > 0 ? "k" : opts->percentile > 0 ? "percentile" : NULL;
  if (opts->k > 0 && opts->percentile > 0)
    return ml_error_set(err, ML_ERR_USAGE, "select: k and percentile exclude one another");
  if (instead && (given[FDR] || given[METHOD]))
    return ml_error_set(err, ML_ERR_USAGE,
                        "select: %s is of the false discovery rate, which %s takes the place of",
                        given[FDR] ? "fdr" : "method", instead);
  return ML_OK;
}

ml_status prep__parse_rules(const char *argument, prep_step *step, ml_error *err) {
  bool given[N_RULES] = {false};
  char *text = strdup(argument);
  ml_status status = text ? ML_OK : ml_error_memory(err);
  for (char *at = text, *next; at && status == ML_OK; at = next) {
    next = strchr(at, '/');
    if (next) *next++ = 0;
    status = parse_rule(at, &step->select, given, err);
  }
  free(text);
  return status == ML_OK ? check_rules(&step->select, given, err) : status;
}
