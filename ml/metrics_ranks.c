/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics by order: areas under curves, correlations. */
#include <stdlib.h>

#include <ml/hypothesis.h>
#include <ml/metrics_internal.h>
#include <ml/ranks_internal.h>

/* Rows that are compared, in the order of a number. */
typedef struct ranked {
  double *x;
  double *weight;
  bool *is_positive;
  uint32_t *order;
  void *spare;
  size_t n;
  double positive, negative; /* sums of weights */
} ranked;

static void release(ranked *r) {
  free(r->x);
  free(r->weight);
  free(r->is_positive);
  free(r->order);
  free(r->spare);
}

static ml_status reserve(const metrics_call *call, ranked *r) {
  size_t n = call->scored->n;
  if (n > RANKS_MAX_ROWS)
    return ml_error_set(call->err, ML_ERR_USAGE, "too many rows to rank: %zu", n);
  *r = (ranked){.x = reallocarray(NULL, n, sizeof *r->x),
                .weight = reallocarray(NULL, n, sizeof *r->weight),
                .is_positive = reallocarray(NULL, n, sizeof *r->is_positive),
                .order = reallocarray(NULL, n, sizeof *r->order),
                .spare = malloc(ranks__n_spare(n))};
  if (r->x && r->weight && r->is_positive && r->order && r->spare) return ML_OK;
  release(r);
  *r = (ranked){0};
  return ml_error_memory(call->err);
}

/* ---- two classes --------------------------------------------------------------------------- */

enum { ALL_OTHERS = -1 };

/* Rows of a class and of another one, or of all others, from the highest score of the first down.
 */
static void rank_classes(const ml_scored *s, size_t positive, long other, ranked *r) {
  size_t n = 0;
  r->positive = r->negative = 0;
  for (size_t i = 0; i < s->n; i++) {
    bool is_positive = s->classes[i] == positive;
    double w = metrics__weight(s, i);
    if (w == 0 || (!is_positive && other != ALL_OTHERS && s->classes[i] != (size_t)other)) continue;
    r->x[n] = -s->scores[i * s->n_classes + positive];
    r->weight[n] = w;
    r->is_positive[n++] = is_positive;
    *(is_positive ? &r->positive : &r->negative) += w;
  }
  r->n = n;
  if (n > 0) ranks__order(r->x, n, r->order, r->spare);
}

/* Weights of the rows from position i on that have the same score. @return the end of them */
static size_t take_group(const ranked *r, size_t i, double *positive, double *negative) {
  size_t end = ranks__group_end(r->x, r->order, r->n, i);
  *positive = *negative = 0;
  for (; i < end; i++)
    *(r->is_positive[r->order[i]] ? positive : negative) += r->weight[r->order[i]];
  return end;
}

/* Share of pairs whose positive row has the higher score; equal ones count half. */
static double area(const ranked *r) {
  metrics_sum pairs = {0};
  double above = 0, positive, negative;
  for (size_t i = 0; i < r->n;) {
    i = take_group(r, i, &positive, &negative);
    metrics__add(&pairs, negative * (above + positive / 2));
    above += positive;
  }
  return metrics__total(&pairs) / r->positive / r->negative;
}

/* Sum of precision times the growth of recall from one score to the next, equal ones together. */
static double mean_precision(const ranked *r) {
  metrics_sum sum = {0};
  double right = 0, wrong = 0, positive, negative;
  for (size_t i = 0; i < r->n;) {
    i = take_group(r, i, &positive, &negative);
    right += positive;
    wrong += negative;
    metrics__add(&sum, positive * (right / (right + wrong)));
  }
  return metrics__total(&sum) / r->positive;
}

/* Classes have labels only where a caller knows them. */
static ml_status lacks(const metrics_call *call, double *value, size_t class) {
  const ml_scored *s = call->scored;
  if (s->labels)
    return metrics__undefined(call, value, "no row is of class '%.60s'", s->labels[class]);
  return metrics__undefined(call, value, "no row is of class %zu", class);
}

static ml_status binary_area(const metrics_call *call, double *value) {
  ranked r;
  ml_status status = reserve(call, &r);
  if (status != ML_OK) return status;
  rank_classes(call->scored, 1, ALL_OTHERS, &r);
  if (r.positive > 0 && r.negative > 0) {
    *value = area(&r);
  } else {
    status = lacks(call, value, r.negative > 0);
  }
  release(&r);
  return status;
}

static ml_status average_precision(const metrics_call *call, double *value) {
  ranked r;
  ml_status status = reserve(call, &r);
  if (status != ML_OK) return status;
  rank_classes(call->scored, 1, ALL_OTHERS, &r);
  if (r.positive > 0) {
    *value = mean_precision(&r);
  } else {
    status = lacks(call, value, 1);
  }
  release(&r);
  return status;
}

/* ---- more classes -------------------------------------------------------------------------- */

/* A mean of areas; without any, of one that lacks a class. */
typedef struct mean_area {
  double sum, weight;
  size_t lacking; /* SIZE_MAX: none */
} mean_area;

static void each_against_all(const metrics_call *call, ranked *r, mean_area *out) {
  const ml_scored *s = call->scored;
  for (size_t c = 0; c < s->n_classes && out->lacking == SIZE_MAX; c++) {
    rank_classes(s, c, ALL_OTHERS, r);
    double weight = call->def->average == METRICS_WEIGHTED ? r->positive : 1;
    if (!(r->positive > 0)) out->lacking = c;
    if (!(r->negative > 0)) out->lacking = c == 0;
    if (out->lacking != SIZE_MAX) return;
    out->sum += weight * area(r);
    out->weight += weight;
  }
}

/* Hand and Till 2001: the mean of both directions of each pair. */
static void each_against_each(const metrics_call *call, ranked *r, mean_area *out) {
  const ml_scored *s = call->scored;
  for (size_t a = 0; a < s->n_classes; a++)
    for (size_t b = a + 1; b < s->n_classes; b++) {
      rank_classes(s, a, (long)b, r);
      double weight = call->def->average == METRICS_WEIGHTED ? r->positive + r->negative : 1;
      out->lacking = !(r->positive > 0) ? a : !(r->negative > 0) ? b : SIZE_MAX;
      if (out->lacking != SIZE_MAX) return;
      double forth = area(r);
      rank_classes(s, b, (long)a, r);
      out->sum += weight * (forth + area(r)) / 2;
      out->weight += weight;
    }
}

enum { OVR, OVO };

static ml_status average_area(const metrics_call *call, double *value) {
  ranked r;
  if (call->scored->n_classes < 2)
    return metrics__undefined(call, value, "there is one class only");
  ml_status status = reserve(call, &r);
  if (status != ML_OK) return status;
  mean_area mean = {.lacking = SIZE_MAX};
  (call->def->which == OVR ? each_against_all : each_against_each)(call, &r, &mean);
  *value = mean.sum / mean.weight;
  if (mean.lacking != SIZE_MAX) status = lacks(call, value, mean.lacking);
  release(&r);
  return status;
}

/* ---- correlations -------------------------------------------------------------------------- */

#define ROUNDING 1e-13 /* deviation beside the mean: equal values that were computed have less */

/* Of a and b with the weights of the rows; NaN where one is constant. */
static double correlate(const metrics_call *call, const double *a, const double *b) {
  const ml_scored *s = call->scored;
  double a0 = metrics__mean(a, s->weights, s->n, call->total);
  double b0 = metrics__mean(b, s->weights, s->n, call->total);
  metrics_sum aa = {0}, bb = {0}, ab = {0};
  for (size_t i = 0; i < s->n; i++) {
    double w = metrics__weight(s, i), da = a[i] - a0, db = b[i] - b0;
    metrics__add(&aa, w * da * da);
    metrics__add(&bb, w * db * db);
    metrics__add(&ab, w * da * db);
  }
  double scale = sqrt(metrics__total(&aa)) * sqrt(metrics__total(&bb));
  return scale > 0 ? fmax(-1, fmin(1, metrics__total(&ab) / scale)) : NAN;
}

/* Weight below a value and half of that at it: means of ranks, but for a constant. */
static void find_ranks(const ml_scored *s, const double *x, ranked *r, double *out) {
  double below = 0;
  ranks__order(x, s->n, r->order, r->spare);
  for (size_t i = 0; i < s->n;) {
    size_t end = ranks__group_end(x, r->order, s->n, i);
    double here = 0;
    for (size_t j = i; j < end; j++) here += metrics__weight(s, r->order[j]);
    for (; i < end; i++) out[r->order[i]] = below + here / 2;
    below += here;
  }
}

static ml_status constant(const metrics_call *call, double *value) {
  return metrics__undefined(call, value, "the truth or the predictions are constant");
}

/* Or nearly: means of the same neighbours or leaves, added up in another order, are no less equal.
 */
static bool is_constant(const metrics_call *call, const double *x) {
  const ml_scored *s = call->scored;
  double mean = metrics__mean(x, s->weights, s->n, call->total);
  metrics_sum squares = {0};
  for (size_t i = 0; i < s->n; i++) {
    double d = x[i] - mean;
    metrics__add(&squares, metrics__weight(s, i) * d * d);
  }
  return !(sqrt(metrics__total(&squares) / call->total) > ROUNDING * fabs(mean));
}

static bool has_constant(const metrics_call *call) {
  return is_constant(call, call->scored->y) || is_constant(call, call->scored->y_pred);
}

static ml_status pearson(const metrics_call *call, double *value) {
  if (has_constant(call)) return constant(call, value);
  *value = correlate(call, call->scored->y, call->scored->y_pred);
  return isnan(*value) ? constant(call, value) : ML_OK;
}

static ml_status spearman(const metrics_call *call, double *value) {
  ranked r;
  if (has_constant(call)) return constant(call, value);
  ml_status status = reserve(call, &r);
  if (status != ML_OK) return status;
  find_ranks(call->scored, call->scored->y, &r, r.x);
  find_ranks(call->scored, call->scored->y_pred, &r, r.weight);
  *value = correlate(call, r.x, r.weight);
  release(&r);
  return isnan(*value) ? constant(call, value) : ML_OK;
}

/* ---- the table ----------------------------------------------------------------------------- */

#define VALUES .problem = ML_REGRESSION, .needs = ML_METRIC_VALUES
#define SCORES .problem = ML_CLASSIFICATION, .needs = ML_METRIC_SCORES

const metrics_def metrics__of_ranks[] = {
    {{"pearson", "", "correlation of truth and prediction", VALUES}, .compute = pearson},
    {{"spearman", "", "the same of their ranks", VALUES}, .compute = spearman},
    {{"roc_auc", "auc|roc_auc_score|rocAucScore",
      "area under the ROC curve: share of pairs of a positive and a negative row in order", SCORES,
      .is_binary = true},
     .compute = binary_area},
    {{"roc_auc_ovr", "roc_auc_ovr_macro", "mean area of each class against all others", SCORES},
     .compute = average_area,
     .which = OVR,
     .average = METRICS_MACRO},
    {{"roc_auc_ovr_weighted", "", "the same, by the rows of the classes", SCORES},
     .compute = average_area,
     .which = OVR,
     .average = METRICS_WEIGHTED},
    {{"roc_auc_ovo", "roc_auc_ovo_macro", "mean area of all pairs of classes", SCORES},
     .compute = average_area,
     .which = OVO,
     .average = METRICS_MACRO},
    {{"roc_auc_ovo_weighted", "", "the same, by the rows of the pairs", SCORES},
     .compute = average_area,
     .which = OVO,
     .average = METRICS_WEIGHTED},
    {{"average_precision", "ap|average_precision_score",
      "area under the curve of precision and recall, as a sum of steps", SCORES, .is_binary = true},
     .compute = average_precision},
    {.compute = NULL}};
