/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics by their names, and the computation of one. */
#include <math.h>
#include <ml/metrics.h>

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <ml/metrics_internal.h>
#include <ml/nearest.h>
#include <ml/number.h>

static const metrics_def *const tables[] = {metrics__of_values, metrics__of_rows,
                                            metrics__of_classes, metrics__of_ranks,
                                            metrics__of_scores};

const ml_metric_info *ml_metric_at(size_t i) {
  for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
    for (const metrics_def *def = tables[t]; def->info.name; def++)
      if (i-- == 0) return &def->info;
  return NULL;
}

static const metrics_def *def_of(const ml_metric_info *info) {
  return (const metrics_def *)info;
}

/* ---- names --------------------------------------------------------------------------------- */

/* One name among those of a text "a|b|c". */
typedef struct alias {
  const char *text;
  size_t n;
} alias;

/* @return whether there is a further one behind *a; start with the text and n = 0 */
static bool next_alias(alias *a) {
  a->text += a->n;
  if (a->n > 0 && *a->text) a->text++;
  a->n = strcspn(a->text, "|");
  return a->n > 0;
}

/* An alias such as "pinball_#" has the argument where the # is. */
static bool matches(const alias *a, const char *text, size_t n, double *argument) {
  const char *hole = memchr(a->text, '#', a->n), *end;
  if (!hole) return a->n == n && memcmp(a->text, text, n) == 0;
  size_t before = (size_t)(hole - a->text), after = a->n - before - 1;
  if (n <= before + after || memcmp(a->text, text, before) != 0) return false;
  end = text + n - after;
  return memcmp(hole + 1, end, after) == 0 && ml_number_parse(text + before, end, argument) == end;
}

static const ml_metric_info *find(const char *text, size_t n, double *argument) {
  const ml_metric_info *info;
  for (size_t i = 0; (info = ml_metric_at(i)); i++) {
    if (strlen(info->name) == n && memcmp(info->name, text, n) == 0) return info;
    for (alias a = {info->aliases, 0}; next_alias(&a);)
      if (matches(&a, text, n, argument)) return info;
  }
  return NULL;
}

static ml_status unknown(const char *text, size_t n, ml_error *err) {
  char wanted[80];
  snprintf(wanted, sizeof wanted, "%.*s", n < 70 ? (int)n : 70, text);
  ml_nearest nearest = ml_nearest_to(wanted);
  const ml_metric_info *info;
  for (size_t i = 0; (info = ml_metric_at(i)); i++) {
    ml_nearest_try(&nearest, info->name, strlen(info->name));
    for (alias a = {info->aliases, 0}; next_alias(&a);) ml_nearest_try(&nearest, a.text, a.n);
  }
  if (!nearest.name) return ml_error_set(err, ML_ERR_USAGE, "no metric '%s'", wanted);
  return ml_error_set(err, ML_ERR_USAGE, "no metric '%s' (did you mean '%.*s'?)", wanted,
                      (int)nearest.n, nearest.name);
}

/* ---- arguments ----------------------------------------------------------------------------- */

static ml_status check_argument(const ml_metric_info *info, double x, const char *text,
                                ml_error *err) {
  const metrics_def *def = def_of(info);
  bool is_one = x >= info->lo && x <= info->hi && (!def->is_whole || x == floor(x)) &&
                (!def->takes || def->takes(x));
  if (is_one) return ML_OK;
  ml_buf range = {0};
  ml_buf_number(&range, info->lo);
  ml_buf_puts(&range, " to ");
  ml_buf_number(&range, info->hi);
  ml_status status = ml_error_set(
      err, ML_ERR_USAGE, "metric '%s' takes %s=%s, %s from %.*s%s, not '%.60s'", info->name,
      info->name, info->argument, def->is_whole ? "a whole number" : "a number", (int)range.n,
      range.data ? range.data : "", def->takes ? " but not between 0 and 1" : "", text);
  ml_buf_release(&range);
  return status;
}

ml_status ml_metric_parse(const char *text, ml_metric *out, ml_error *err) {
  const char *equals = strchr(text, '=');
  size_t n = equals ? (size_t)(equals - text) : strlen(text);
  double argument = NAN;
  const ml_metric_info *info = find(text, n, &argument);
  bool is_negated = !info && strncmp(text, "neg_", 4) == 0;
  if (is_negated) {
    info = find(text + 4, n - 4, &argument);
    if (info && !info->is_loss) info = NULL;
  }
  if (!info) return unknown(text, n, err);
  if (equals && (!info->argument || !isnan(argument)))
    return ml_error_set(err, ML_ERR_USAGE, "metric '%.*s' takes no argument, as in '%.60s'",
                        n < 70 ? (int)n : 70, text, text);
  if (equals) {
    const char *end = text + strlen(text);
    double x;
    if (ml_number_parse(equals + 1, end, &x) != end) x = NAN;
    argument = x;
  } else if (info->argument && isnan(argument)) {
    if (isnan(info->fallback))
      return ml_error_set(err, ML_ERR_USAGE, "metric '%s' needs its argument: %s=%s", info->name,
                          info->name, info->argument);
    argument = info->fallback;
  }
  if (info->argument) {
    ml_status status = check_argument(info, argument, equals ? equals + 1 : text, err);
    if (status != ML_OK) return status;
  }
  *out = (ml_metric){info, info->argument ? argument : 0, ""};
  if (!is_negated && strlen(text) < sizeof out->asked) strcpy(out->asked, text);
  return ML_OK;
}

void ml_metric_format(const ml_metric *metric, ml_buf *out) {
  if (metric->asked[0]) {
    ml_buf_puts(out, metric->asked);
    return;
  }
  ml_buf_puts(out, metric->info->name);
  if (!metric->info->argument || metric->argument == metric->info->fallback) return;
  ml_buf_puts(out, "=");
  ml_buf_number(out, metric->argument);
}

/* ---- what can be computed ------------------------------------------------------------------ */

/* The name of a metric of two classes with an ending that makes it one of more. */
static bool has_sibling(const char *name, const char *ending) {
  char text[64];
  double unused;
  int n = snprintf(text, sizeof text, "%s%s", name, ending);
  return n > 0 && (size_t)n < sizeof text && find(text, (size_t)n, &unused);
}

static ml_status check_classes(const ml_metric_info *info, size_t n_classes, ml_error *err) {
  if (!info->is_binary || n_classes == 2) return ML_OK;
  const char *ending = has_sibling(info->name, "_macro") ? "_macro"
                       : has_sibling(info->name, "_ovr") ? "_ovr"
                                                         : NULL;
  if (n_classes < 2 || !ending)
    return ml_error_set(err, ML_ERR_USAGE, "metric '%s' is for two classes, not %zu", info->name,
                        n_classes);
  return ml_error_set(err, ML_ERR_USAGE,
                      "metric '%s' is for two classes, not %zu (did you mean '%s%s'?)", info->name,
                      n_classes, info->name, ending);
}

ml_status ml_metric_check(const ml_metric *metric, ml_problem problem, size_t n_classes,
                          bool has_scores, bool has_probabilities, ml_error *err) {
  const ml_metric_info *info = metric->info;
  if (info->problem != problem)
    return ml_error_set(err, ML_ERR_USAGE, "metric '%s' is for %s", info->name,
                        problem == ML_REGRESSION ? "classes, and the target is numbers"
                                                 : "numbers, and the target is classes");
  if (problem == ML_REGRESSION) return ML_OK;
  if (info->needs == ML_METRIC_SCORES && !has_scores)
    return ml_error_set(err, ML_ERR_USAGE, "metric '%s' needs scores of the classes", info->name);
  if (info->needs == ML_METRIC_PROBABILITIES && !has_probabilities)
    return ml_error_set(err, ML_ERR_USAGE, "metric '%s' needs probabilities of the classes",
                        info->name);
  return check_classes(info, n_classes, err);
}

size_t ml_metrics_default(ml_problem problem, size_t n_classes, bool has_probabilities,
                          ml_metric *out) {
  static const char *const values[] = {"r2", "rmse", "mae", NULL};
  static const char *const binary[] = {"accuracy", "balanced_accuracy", "f1",
                                       "roc_auc",  "log_loss",          NULL};
  static const char *const more[] = {"accuracy", "balanced_accuracy", "f1_macro", "log_loss", NULL};
  const char *const *names = problem == ML_REGRESSION ? values : n_classes == 2 ? binary : more;
  size_t n = 0;
  double unused;
  for (; *names; names++) {
    const ml_metric_info *info = find(*names, strlen(*names), &unused);
    if (info->needs != ML_METRIC_PROBABILITIES || has_probabilities)
      out[n++] = (ml_metric){.info = info};
  }
  return n;
}

/* ---- computation --------------------------------------------------------------------------- */

ml_status metrics__undefined(const metrics_call *call, double *value, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(call->why, ML_WHY_MAX, format, args);
  va_end(args);
  *value = NAN;
  return ML_OK;
}

static ml_status check_finite(const double *x, size_t n, size_t width, const char *what,
                              ml_error *err) {
  if (metrics__all_finite(x, n * width)) return ML_OK;
  size_t i = 0;
  while (isfinite(x[i])) i++;
  return ml_error_set(err, ML_ERR_NUMERIC, "%s of row %zu is %s", what, i / width,
                      isnan(x[i]) ? "NaN" : "infinite");
}

static ml_status check_input(const ml_metric_info *info, const ml_scored *s, ml_error *err) {
  if (info->needs == ML_METRIC_VALUES && s->squares)
    return check_finite(s->squares, 1, 1, "the sum of squared errors", err);
  if (info->needs == ML_METRIC_VALUES)
    return check_finite(s->y_pred, s->n, 1, "the prediction", err);
  if (info->needs == ML_METRIC_CLASSES) return ML_OK;
  return check_finite(s->scores, s->n, s->n_classes, "a score", err);
}

static void weigh(metrics_call *call) {
  const ml_scored *s = call->scored;
  call->total = (double)s->n;
  call->n_rows = s->n;
  if (!s->weights) return;
  call->total = metrics__sum_all(s->weights, s->n);
  call->n_rows = 0;
  for (size_t i = 0; i < s->n; i++) call->n_rows += s->weights[i] > 0;
}

ml_status ml_metric_compute(const ml_metric *metric, const ml_scored *scored, double *value,
                            char why[ML_WHY_MAX], ml_error *err) {
  char unused[ML_WHY_MAX];
  metrics_call call = {.scored = scored,
                       .def = def_of(metric->info),
                       .argument = metric->argument,
                       .why = why ? why : unused,
                       .err = err};
  assert(metric->info->problem == scored->problem);
  assert(!scored->squares || metric->info->is_of_squares);
  call.why[0] = '\0';
  *value = NAN;
  ml_status status = check_input(metric->info, scored, err);
  if (status != ML_OK) return status;
  weigh(&call);
  if (call.n_rows == 0)
    return metrics__undefined(&call, value, scored->n ? "all weights are 0" : "there are no rows");
  status = call.def->compute(&call, value);
  if (status == ML_OK && !isfinite(*value) && !call.why[0])
    return metrics__undefined(&call, value, "the numbers are too large");
  return status;
}

const char *ml_metric_best(const ml_metric_info *info) {
  return info->is_signed ? "nearest to 0" : info->is_loss ? "least" : "greatest";
}

double ml_metric_goodness(const ml_metric_info *info, double value) {
  if (info->is_signed) return -fabs(value);
  return info->is_loss ? -value : value;
}
