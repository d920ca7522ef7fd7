/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics of numbers that are means of a loss of each row, and those by order of the errors. */
#include <float.h>
#include <stdlib.h>

#include <ml/hypothesis.h>
#include <ml/metrics_internal.h>
#include <ml/stats_internal.h>

/* ---- losses of a row ----------------------------------------------------------------------- */

static double percentage(double y, double p, double unused) {
  (void)unused;
  return fabs(p - y) / fmax(fabs(y), DBL_EPSILON);
}

/* NaN where both are 0: such rows are left out, as null is from the means of q. */
static double symmetric(double y, double p, double unused) {
  (void)unused;
  return fabs(p - y) / (fabs(p) + fabs(y));
}

static double log_squared(double y, double p, double unused) {
  (void)unused;
  double d = log1p(p) - log1p(y);
  return d * d;
}

static double pinball(double y, double p, double alpha) {
  return y >= p ? alpha * (y - p) : (1 - alpha) * (p - y);
}

/* Deviances in r = (y - p) / p, whose terms do not cancel where y and p are large and near. */
static double poisson(double y, double p, double unused) {
  (void)unused;
  double r = (y - p) / p;
  return 2 * p * (y == 0 ? 1 : (1 + r) * log1p(r) - r);
}

static double gamma_loss(double y, double p, double unused) {
  (void)unused;
  double r = (y - p) / p;
  return 2 * (r - log1p(r));
}

/* Of power < 0 the truth may be negative; then it counts as 0 in y^(2 - power). */
static double tweedie(double y, double p, double power) {
  if (power == 0) return (y - p) * (y - p);
  if (power == 1) return poisson(y, p, 0);
  if (power == 2) return gamma_loss(y, p, 0);
  double r = (y - p) / p, a = 2 - power;
  double grown = y > 0 ? expm1(a * log1p(r)) : -1;
  return 2 * pow(p, a) * (grown - a * r) / ((1 - power) * a);
}

/* ---- their means --------------------------------------------------------------------------- */

enum { MAPE, MAPE_KX, SMAPE, MSLE, RMSLE, PINBALL, POISSON, GAMMA, TWEEDIE };

static const struct {
  double (*loss)(double y, double p, double argument);
  double factor;
} losses[] = {[MAPE] = {percentage, 1},  [MAPE_KX] = {percentage, 100}, [SMAPE] = {symmetric, 100},
              [MSLE] = {log_squared, 1}, [RMSLE] = {log_squared, 1},    [PINBALL] = {pinball, 1},
              [POISSON] = {poisson, 1},  [GAMMA] = {gamma_loss, 1},     [TWEEDIE] = {tweedie, 1}};

/* What a value must be for the loss to exist. */
typedef enum domain { ANY, NOT_NEGATIVE, POSITIVE } domain;

static const char *const domain_words[] = {"", "negative", "not above 0"};

typedef struct domains {
  domain y, p;
} domains;

static domains domains_of(int which, double power) {
  if (which == MSLE || which == RMSLE) return (domains){NOT_NEGATIVE, NOT_NEGATIVE};
  if (which == GAMMA) return (domains){POSITIVE, POSITIVE};
  if (which == POISSON) return (domains){NOT_NEGATIVE, POSITIVE};
  if (which != TWEEDIE || power == 0) return (domains){ANY, ANY};
  return (domains){power < 1 ? ANY : power < 2 ? NOT_NEGATIVE : POSITIVE, POSITIVE};
}

static bool is_in(domain of, double x) {
  return of == ANY || (of == POSITIVE ? x > 0 : x >= 0);
}

/* @return whether all rows are where the loss exists; else value is undefined */
static bool check_domains(const metrics_call *call, double *value) {
  const ml_scored *s = call->scored;
  const domains in = domains_of(call->def->which, call->argument);
  if (in.y == ANY && in.p == ANY) return true;
  for (size_t i = 0; i < s->n; i++) {
    if (metrics__weight(s, i) == 0) continue;
    bool is_truth = !is_in(in.y, s->y[i]);
    if (!is_truth && is_in(in.p, s->y_pred[i])) continue;
    (void)metrics__undefined(call, value, "a %s is %s: %g", is_truth ? "true value" : "prediction",
                             domain_words[is_truth ? in.y : in.p],
                             is_truth ? s->y[i] : s->y_pred[i]);
    return false;
  }
  return true;
}

static ml_status mean_loss(const metrics_call *call, double *value) {
  const ml_scored *s = call->scored;
  int which = call->def->which;
  metrics_sum sum = {0}, left_out = {0};
  if (!check_domains(call, value)) return ML_OK;
  for (size_t i = 0; i < s->n; i++) {
    double w = metrics__weight(s, i);
    if (w == 0) continue;
    double loss = losses[which].loss(s->y[i], s->y_pred[i], call->argument);
    if (isnan(loss)) {
      metrics__add(&left_out, w);
    } else {
      metrics__add(&sum, w * loss);
    }
  }
  double total = call->total - metrics__total(&left_out);
  if (total <= 0) return metrics__undefined(call, value, "all values and predictions are 0");
  *value = losses[which].factor * (metrics__total(&sum) / total);
  if (which == RMSLE) *value = sqrt(*value);
  return ML_OK;
}

static ml_status greatest_error(const metrics_call *call, double *value) {
  const ml_scored *s = call->scored;
  *value = 0;
  for (size_t i = 0; i < s->n; i++)
    if (metrics__weight(s, i) != 0) *value = fmax(*value, fabs(s->y_pred[i] - s->y[i]));
  return ML_OK;
}

/* ---- medians ------------------------------------------------------------------------------- */

/* Smallest value at which half of the weight is reached, as scikit-learn has it with weights. */
static ml_status lower_median(const double *x, const double *weights, size_t n, double *median,
                              ml_error *err) {
  uint32_t *order = reallocarray(NULL, n, sizeof *order);
  void *spare = malloc(ranks__n_spare(n));
  double total = 0, reached = 0;
  if (order && spare) {
    ranks__order(x, n, order, spare);
    for (size_t i = 0; i < n; i++) total += weights[order[i]];
    size_t at = 0;
    while (at + 1 < n && (reached += weights[order[at]]) < 0.5 * total) at++;
    *median = x[order[at]];
  }
  ml_status status = order && spare ? ML_OK : ml_error_memory(err);
  free(order);
  free(spare);
  return status;
}

/* x is sorted where there are no weights. */
static ml_status find_median(double *x, const ml_scored *s, double *median, ml_error *err) {
  if (s->weights) return lower_median(x, s->weights, s->n, median, err);
  double *spare = reallocarray(NULL, s->n, sizeof *spare);
  if (!spare) return ml_error_memory(err);
  stats__sort(x, s->n, spare);
  *median = stats__median(x, s->n);
  free(spare);
  return ML_OK;
}

static ml_status median_error(const metrics_call *call, double *value) {
  const ml_scored *s = call->scored;
  double *errors = reallocarray(NULL, s->n, sizeof *errors);
  if (!errors) return ml_error_memory(call->err);
  for (size_t i = 0; i < s->n; i++) errors[i] = fabs(s->y_pred[i] - s->y[i]);
  ml_status status = find_median(errors, s, value, call->err);
  free(errors);
  return status;
}

/* r2 of absolute errors: those of the median are compared with. */
static ml_status absolute_share(const metrics_call *call, double *value) {
  const ml_scored *s = call->scored;
  if (call->n_rows < 2) return metrics__undefined(call, value, "needs two rows");
  double *y = reallocarray(NULL, s->n, sizeof *y), median = 0, errors, spread;
  if (!y) return ml_error_memory(call->err);
  for (size_t i = 0; i < s->n; i++) y[i] = s->y[i];
  ml_status status = find_median(y, s, &median, call->err);
  for (size_t i = 0; i < s->n; i++) y[i] = median;
  ml_scored of_median = *s;
  of_median.y_pred = y;
  errors = metrics__errors(s, 0, 0).absolute;
  spread = metrics__errors(&of_median, 0, 0).absolute;
  free(y);
  *value = errors == 0 ? 1 : spread == 0 ? 0 : 1 - errors / spread;
  return status;
}

/* ---- the table ----------------------------------------------------------------------------- */

/* Tweedie's law does not exist for powers between 0 and 1. */
static bool is_power(double power) {
  return power <= 0 || power >= 1;
}

#define LOSS .problem = ML_REGRESSION, .needs = ML_METRIC_VALUES, .is_loss = true

const metrics_def metrics__of_rows[] = {
    {{"medae", "median_absolute_error", "median absolute error", LOSS}, .compute = median_error},
    {{"max_error", "", "greatest absolute error", LOSS}, .compute = greatest_error},
    {{"mape", "mean_absolute_percentage_error", "mean of |error / truth|, as a fraction", LOSS},
     .compute = mean_loss,
     .which = MAPE},
    {{"mape_kx", "", "mape in percent, as the KX toolkit has it", LOSS},
     .compute = mean_loss,
     .which = MAPE_KX},
    {{"smape", "smape_kx", "mean of |error| / (|truth| + |prediction|), in percent: 0 to 100",
      LOSS},
     .compute = mean_loss,
     .which = SMAPE},
    {{"msle", "mean_squared_log_error|mean_squared_logarithmic_error",
      "mean squared error of log(1 + value)", LOSS},
     .compute = mean_loss,
     .which = MSLE},
    {{"rmsle", "root_mean_squared_log_error", "root of msle", LOSS},
     .compute = mean_loss,
     .which = RMSLE},
    {{"pinball", "mean_pinball_loss|pinball_#", "mean pinball loss of the quantile ALPHA", LOSS,
      .argument = "ALPHA", .fallback = 0.5, .lo = 0, .hi = 1},
     .compute = mean_loss,
     .which = PINBALL},
    {{"poisson_deviance", "mean_poisson_deviance", "mean deviance of a Poisson law", LOSS},
     .compute = mean_loss,
     .which = POISSON},
    {{"gamma_deviance", "mean_gamma_deviance", "mean deviance of a gamma law", LOSS},
     .compute = mean_loss,
     .which = GAMMA},
    {{"tweedie_deviance", "mean_tweedie_deviance|tweedie_#",
      "mean deviance of Tweedie's law of this power: 0 normal, 1 Poisson, 2 gamma", LOSS,
      .argument = "POWER", .fallback = 0, .lo = -100, .hi = 100},
     .compute = mean_loss,
     .which = TWEEDIE,
     .takes = is_power},
    {{"d2_absolute_error", "d2_absolute_error_score",
      "share of the absolute error of the median that is saved; 1 is perfect",
      .problem = ML_REGRESSION, .needs = ML_METRIC_VALUES},
     .compute = absolute_share},
    {.compute = NULL}};
