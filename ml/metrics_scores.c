/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics of the scores of classes, row by row. */
#include <float.h>
#include <stdlib.h>

#include <ml/metrics_internal.h>

static const double *row_of(const ml_scored *s, size_t i) {
  return s->scores + i * s->n_classes;
}

/* ---- losses of a row ----------------------------------------------------------------------- */

static double clip(double p) {
  return fmax(DBL_EPSILON, fmin(1 - DBL_EPSILON, p));
}

/* scikit-learn's: clipped, and then divided by what the row sums to. */
static double log_loss(const double *p, size_t n, uint32_t class) {
  double sum = 0;
  for (size_t c = 0; c < n; c++) sum += clip(p[c]);
  return -log(clip(p[class]) / sum);
}

static double cross_entropy(const double *p, size_t n, uint32_t class) {
  (void)n;
  return -log(fmax(DBL_EPSILON, p[class]));
}

static double brier(const double *p, size_t n, uint32_t class) {
  double d = p[n - 1] - (class == n - 1);
  return d * d;
}

enum { LOG_LOSS, CROSS_ENTROPY, BRIER };

static double (*const losses[])(const double *, size_t, uint32_t) = {
    [LOG_LOSS] = log_loss, [CROSS_ENTROPY] = cross_entropy, [BRIER] = brier};

static ml_status mean_loss(const metrics_call *call, double *value) {
  const ml_scored *s = call->scored;
  metrics_sum sum = {0};
  for (size_t i = 0; i < s->n; i++) {
    double w = metrics__weight(s, i);
    if (w > 0)
      metrics__add(&sum, w * losses[call->def->which](row_of(s, i), s->n_classes, s->classes[i]));
  }
  *value = metrics__total(&sum) / call->total;
  return ML_OK;
}

/* ---- the k best ---------------------------------------------------------------------------- */

/* Equal scores as scikit-learn has them: of two classes the first is ahead, of more the last. */
static bool is_ahead(const double *scores, size_t n, size_t a, size_t b) {
  if (scores[a] != scores[b]) return scores[a] > scores[b];
  return n == 2 ? a < b : a > b;
}

static ml_status top_k(const metrics_call *call, double *value) {
  const ml_scored *s = call->scored;
  metrics_sum sum = {0};
  for (size_t i = 0; i < s->n; i++) {
    size_t n_ahead = 0;
    for (size_t c = 0; c < s->n_classes; c++)
      n_ahead += c != s->classes[i] && is_ahead(row_of(s, i), s->n_classes, c, s->classes[i]);
    if ((double)n_ahead < call->argument) metrics__add(&sum, metrics__weight(s, i));
  }
  *value = metrics__total(&sum) / call->total;
  return ML_OK;
}

/* ---- calibration --------------------------------------------------------------------------- */

/* Rows are put into equal bins by the greatest probability, (0, 1/k], ..., ((k-1)/k, 1]; the mean
 * of |share of hits - mean probability| of the bins by their weight (Naeini, Cooper and Hauskrecht
 * 2015). */
static ml_status calibration(const metrics_call *call, double *value) {
  const ml_scored *s = call->scored;
  size_t n_bins = (size_t)call->argument;
  metrics_sum *gaps = calloc(n_bins, sizeof *gaps), sum = {0};
  if (!gaps) return ml_error_memory(call->err);
  for (size_t i = 0; i < s->n; i++) {
    uint32_t best;
    ml_predict_classes(row_of(s, i), 1, s->n_classes, &best);
    double p = row_of(s, i)[best], bin = ceil(p * (double)n_bins) - 1;
    size_t at = bin < 0 ? 0 : bin >= (double)n_bins ? n_bins - 1 : (size_t)bin;
    metrics__add(&gaps[at], metrics__weight(s, i) * ((best == s->classes[i]) - p));
  }
  for (size_t b = 0; b < n_bins; b++) metrics__add(&sum, fabs(metrics__total(&gaps[b])));
  *value = metrics__total(&sum) / call->total;
  free(gaps);
  return ML_OK;
}

void ml_predict_classes(const double *scores, size_t n, size_t n_classes, uint32_t *out) {
  for (size_t i = 0; i < n; i++) {
    const double *row = scores + i * n_classes;
    size_t best = 0;
    for (size_t c = 1; c < n_classes; c++)
      if (row[c] > row[best]) best = c;
    out[i] = (uint32_t)best;
  }
}

/* ---- the table ----------------------------------------------------------------------------- */

#define PROBABILITIES \
  .problem = ML_CLASSIFICATION, .needs = ML_METRIC_PROBABILITIES, .is_loss = true

const metrics_def metrics__of_scores[] = {
    {{"log_loss", "neg_log_likelihood",
      "mean of -log(probability of the true class), which are clipped to [2^-52, 1 - 2^-52] and "
      "sum to 1",
      PROBABILITIES},
     .compute = mean_loss,
     .which = LOG_LOSS},
    {{"cross_entropy", "crossEntropy|logLoss|log_loss_kx",
      "the same as the KX toolkit has it: at least 2^-52, not made to sum to 1", PROBABILITIES},
     .compute = mean_loss,
     .which = CROSS_ENTROPY},
    {{"brier", "brier_score|brier_score_loss",
      "mean squared error of the probability of the positive (last) class", PROBABILITIES,
      .is_binary = true},
     .compute = mean_loss,
     .which = BRIER},
    {{"ece", "expected_calibration_error",
      "mean distance of probability and share of hits over bins of the greatest probability",
      PROBABILITIES, .argument = "BINS", .fallback = 10, .lo = 1, .hi = 1e6},
     .compute = calibration,
     .is_whole = true},
    {{"top_k_accuracy", "top_k_accuracy_score|top_#_accuracy",
      "share of rows whose class is among the K of the greatest scores",
      .problem = ML_CLASSIFICATION, .needs = ML_METRIC_SCORES, .argument = "K", .fallback = 2,
      .lo = 1, .hi = 1e6},
     .compute = top_k,
     .is_whole = true},
    {.compute = NULL}};
