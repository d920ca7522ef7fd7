/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics of numbers that are sums over all rows, or stand on them. */
#include <ml/metrics_internal.h>

enum { MSE, RMSE, SSE, RSE, MAE, BIAS, R2, ADJUSTED, EXPLAINED };

static double mean_of(const metrics_call *call) {
  const ml_scored *s = call->scored;
  return metrics__mean(s->y, s->weights, s->n, call->total);
}

/* Where squares are all that is known of errors, the truth has its spread all the same. */
static metrics_errors errors_about(const metrics_call *call, double d0, double y0) {
  ml_scored truth = *call->scored;
  if (!truth.squares) return metrics__errors(call->scored, d0, y0);
  truth.y_pred = truth.y;
  metrics_errors e = metrics__errors(&truth, 0, y0);
  e.squared = *truth.squares;
  return e;
}

static ml_status mean_error(const metrics_call *call, double *value) {
  metrics_errors e = errors_about(call, 0, 0);
  switch (call->def->which) {
    case MSE:
      *value = e.squared / call->total;
      break;
    case RMSE:
      *value = sqrt(e.squared / call->total);
      break;
    case SSE:
      *value = e.squared;
      break;
    case MAE:
      *value = e.absolute / call->total;
      break;
    default:
      *value = e.plain / call->total;
  }
  return ML_OK;
}

/* Degrees of freedom that are left; what the model used is the argument, or else what is known of
 * it. */
static double freedom(const metrics_call *call) {
  double used = call->argument > 0 ? call->argument : (double)call->scored->n_features;
  return (double)call->n_rows - used - 1;
}

static bool knows_features(const metrics_call *call) {
  return call->argument > 0 || call->scored->n_features > 0;
}

static ml_status residual_error(const metrics_call *call, double *value) {
  double left = call->argument;
  if (left == 0) {
    if (!knows_features(call))
      return metrics__undefined(call, value, "the degrees of freedom are not known");
    left = freedom(call);
  }
  if (left <= 0)
    return metrics__undefined(call, value, "no more rows (%zu) than features and 1", call->n_rows);
  *value = sqrt(errors_about(call, 0, 0).squared / left);
  return ML_OK;
}

/* 1 - errors / spread, as scikit-learn has it where there is no spread. */
static double share(double errors, double spread) {
  if (spread == 0) return errors == 0 ? 1 : 0;
  return 1 - errors / spread;
}

static ml_status determination(const metrics_call *call, double *value) {
  if (call->n_rows < 2) return metrics__undefined(call, value, "needs two rows");
  double d0 = 0, y0 = mean_of(call);
  if (call->def->which == EXPLAINED) d0 = metrics__errors(call->scored, 0, y0).plain / call->total;
  metrics_errors e = errors_about(call, d0, y0);
  *value = share(e.squared, e.spread);
  if (call->def->which != ADJUSTED) return ML_OK;
  if (!knows_features(call))
    return metrics__undefined(call, value, "the number of features is not known");
  double left = freedom(call);
  if (left <= 0)
    return metrics__undefined(call, value, "no more rows (%zu) than features and 1", call->n_rows);
  *value = 1 - (1 - *value) * ((double)call->n_rows - 1) / left;
  return ML_OK;
}

#define VALUES  .problem = ML_REGRESSION, .needs = ML_METRIC_VALUES
#define SQUARES VALUES, .is_of_squares = true

const metrics_def metrics__of_values[] = {
    {{"r2", "r2_score|r2Score", "share of the variance that is explained; 1 is perfect", SQUARES},
     .compute = determination,
     .which = R2},
    {{"adjusted_r2", "r2AdjScore|adjusted_r2_p#",
      "r2 corrected for the number of features, which are those of the data unless given", SQUARES,
      .argument = "FEATURES", .fallback = 0, .lo = 0, .hi = 1e9},
     .compute = determination,
     .which = ADJUSTED,
     .is_whole = true},
    {{"explained_variance", "explained_variance_score", "r2 that forgives a constant error",
      VALUES},
     .compute = determination,
     .which = EXPLAINED},
    {{"mse", "mean_squared_error", "mean squared error", SQUARES, .is_loss = true},
     .compute = mean_error,
     .which = MSE},
    {{"rmse", "root_mean_squared_error", "root of the mean squared error", SQUARES,
      .is_loss = true},
     .compute = mean_error,
     .which = RMSE},
    {{"sse", "sum_squared_error", "sum of squared errors", SQUARES, .is_loss = true},
     .compute = mean_error,
     .which = SSE},
    {{"rse", "residual_standard_error",
      "root of sse over the degrees of freedom, which are rows - features - 1 unless given",
      SQUARES, .is_loss = true, .argument = "FREEDOM", .fallback = 0, .lo = 0, .hi = 1e15},
     .compute = residual_error,
     .which = RSE},
    {{"mae", "mean_absolute_error", "mean absolute error", VALUES, .is_loss = true},
     .compute = mean_error,
     .which = MAE},
    {{"bias", "mean_error", "mean of prediction - truth; the nearest to 0 is best", VALUES,
      .is_loss = true, .is_signed = true},
     .compute = mean_error,
     .which = BIAS},
    {.compute = NULL}};
