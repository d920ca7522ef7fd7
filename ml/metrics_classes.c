/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics of predicted classes: all of them count true, predicted and right rows of each class. */
#include <stdlib.h>
#include <string.h>

#include <ml/metrics_internal.h>

/* Weights of the rows of a class. */
typedef struct tally {
  double right, predicted, support;
} tally;

enum { FEW = 32 };

/* Of the n classes from `first` on. */
static void count(const ml_scored *s, size_t first, size_t n, tally *out) {
  memset(out, 0, n * sizeof *out);
  for (size_t i = 0; i < s->n; i++) {
    double w = metrics__weight(s, i);
    size_t t = s->classes[i] - first, p = s->predicted[i] - first; /* below it: huge */
    if (t < n) out[t].support += w;
    if (p < n) out[p].predicted += w;
    if (t < n && t == p) out[t].right += w;
  }
}

/* Scores of one class; those without a denominator are `zero`. */
typedef enum share { PRECISION, RECALL, FBETA, JACCARD } share;

static double share_of(const tally *t, share which, double beta, double zero) {
  double b2 = beta * beta, above = t->right, below;
  switch (which) {
    case PRECISION:
      below = t->predicted;
      break;
    case RECALL:
      below = t->support;
      break;
    case JACCARD:
      below = t->support + t->predicted - t->right;
      break;
    default:
      above = (1 + b2) * t->right;
      below = b2 * t->support + t->predicted;
  }
  return below > 0 ? above / below : zero;
}

/* ---- what the metrics have in common ------------------------------------------------------- */

/* All classes counted; the few of most problems need no memory. */
typedef struct tallies {
  tally few[FEW], *at;
  size_t n;
  size_t n_true, n_used; /* classes that the truth has; that it or the predictions have */
} tallies;

static ml_status count_all(const metrics_call *call, tallies *out) {
  size_t n = call->scored->n_classes;
  out->n = n;
  out->n_true = out->n_used = 0;
  out->at = n <= FEW ? out->few : reallocarray(NULL, n, sizeof *out->at);
  if (!out->at) return ml_error_memory(call->err);
  count(call->scored, 0, n, out->at);
  for (size_t c = 0; c < n; c++) {
    out->n_true += out->at[c].support > 0;
    out->n_used += out->at[c].support > 0 || out->at[c].predicted > 0;
  }
  return ML_OK;
}

static void release(tallies *t) {
  if (t->at != t->few) free(t->at);
}

/* ---- shares of rows ------------------------------------------------------------------------ */

static double right_rows(const ml_scored *s) {
  size_t n = 0;
  metrics_sum right = {0};
  if (!s->weights) {
    for (size_t i = 0; i < s->n; i++) n += s->classes[i] == s->predicted[i];
    return (double)n;
  }
  for (size_t i = 0; i < s->n; i++)
    if (s->classes[i] == s->predicted[i]) metrics__add(&right, s->weights[i]);
  return metrics__total(&right);
}

enum { ACCURACY, ZERO_ONE };

static ml_status hits(const metrics_call *call, double *value) {
  double right = right_rows(call->scored) / call->total;
  *value = call->def->which == ACCURACY ? right : 1 - right;
  return ML_OK;
}

/* Mean recall of the classes that there are. */
static ml_status balanced(const metrics_call *call, double *value) {
  tallies t;
  ml_status status = count_all(call, &t);
  if (status != ML_OK) return status;
  double sum = 0;
  for (size_t c = 0; c < t.n; c++)
    if (t.at[c].support > 0) sum += share_of(&t.at[c], RECALL, 1, 0);
  *value = sum / (double)t.n_true;
  if (t.n_true < 2) status = metrics__undefined(call, value, "all rows are of one class");
  release(&t);
  return status;
}

/* ---- precision, recall, F, Jaccard --------------------------------------------------------- */

static double average(const metrics_call *call, const tallies *t) {
  share which = (share)call->def->which;
  double beta = call->def->info.argument ? call->argument : 1, zero = call->scored->zero_division;
  tally all = {0};
  double sum = 0;
  for (size_t c = 0; c < t->n; c++) {
    const tally *one = &t->at[c];
    double weight = call->def->average == METRICS_WEIGHTED ? one->support : 1;
    sum += weight * share_of(one, which, beta, zero);
    all.right += one->right;
    all.predicted += one->predicted;
    all.support += one->support;
  }
  switch (call->def->average) {
    case METRICS_PLAIN:
      return share_of(&t->at[t->n - 1], which, beta, zero);
    case METRICS_MICRO:
      return share_of(&all, which, beta, zero);
    case METRICS_MACRO:
      return sum / (double)t->n;
    default:
      return sum / all.support;
  }
}

static ml_status shares(const metrics_call *call, double *value) {
  tallies t;
  ml_status status = count_all(call, &t);
  if (status != ML_OK) return status;
  *value = average(call, &t);
  release(&t);
  return ML_OK;
}

/* Recall of the first of two classes. */
static ml_status specificity(const metrics_call *call, double *value) {
  tally negative;
  count(call->scored, 0, 1, &negative);
  *value = share_of(&negative, RECALL, 1, call->scored->zero_division);
  return ML_OK;
}

/* ---- agreement ----------------------------------------------------------------------------- */

/* Correlation of the two as indicators of classes (Gorodkin 2004). 0 where one of them is
 * constant: it says nothing of the other. */
static ml_status correlation(const metrics_call *call, double *value) {
  tallies t;
  ml_status status = count_all(call, &t);
  if (status != ML_OK) return status;
  double n = call->total, both = 0, of_truth = 0, of_predicted = 0; /* exact for counts */
  size_t n_predicted = 0;
  for (size_t c = 0; c < t.n; c++) {
    const tally *one = &t.at[c];
    both += n * one->right - one->support * one->predicted;
    of_truth += one->support * (n - one->support);
    of_predicted += one->predicted * (n - one->predicted);
    n_predicted += one->predicted > 0;
  }
  bool is_constant = t.n_true < 2 || n_predicted < 2;
  *value = is_constant ? 0 : both / sqrt(of_truth) / sqrt(of_predicted);
  *value = fmax(-1, fmin(1, *value));
  release(&t);
  return ML_OK;
}

enum { UNWEIGHTED, LINEAR, QUADRATIC };

static double distance(int which, size_t a, size_t b) {
  double d = a > b ? (double)(a - b) : (double)(b - a);
  return which == UNWEIGHTED ? a != b : which == LINEAR ? d : d * d;
}

/* 1 - disagreement / what chance would give (Cohen 1968). */
static ml_status kappa(const metrics_call *call, double *value) {
  const ml_scored *s = call->scored;
  int which = call->def->which;
  tallies t;
  ml_status status = count_all(call, &t);
  if (status != ML_OK) return status;
  metrics_sum apart = {0}, chance = {0};
  for (size_t i = 0; i < s->n; i++)
    if (s->classes[i] != s->predicted[i])
      metrics__add(&apart, metrics__weight(s, i) * distance(which, s->classes[i], s->predicted[i]));
  for (size_t a = 0; a < t.n; a++)
    for (size_t b = 0; b < t.n && t.at[a].support > 0; b++)
      metrics__add(&chance,
                   distance(which, a, b) * t.at[a].support * (t.at[b].predicted / call->total));
  *value = 1 - metrics__total(&apart) / metrics__total(&chance);
  if (t.n_used < 2)
    status = metrics__undefined(call, value, "all rows are and are predicted of one class");
  release(&t);
  return status;
}

/* ---- whole tables -------------------------------------------------------------------------- */

void ml_confusion_matrix(const ml_scored *scored, double *out) {
  size_t n = scored->n_classes;
  memset(out, 0, n * n * sizeof *out);
  for (size_t i = 0; i < scored->n; i++)
    out[scored->classes[i] * n + scored->predicted[i]] += metrics__weight(scored, i);
}

void ml_class_scores(const ml_scored *scored, double *precision, double *recall, double *f1,
                     double *support) {
  tally some[FEW];
  double zero = scored->zero_division;
  for (size_t first = 0; first < scored->n_classes; first += FEW) {
    size_t n = scored->n_classes - first < FEW ? scored->n_classes - first : FEW;
    count(scored, first, n, some);
    for (size_t c = 0; c < n; c++) {
      if (precision) precision[first + c] = share_of(&some[c], PRECISION, 1, zero);
      if (recall) recall[first + c] = share_of(&some[c], RECALL, 1, zero);
      if (f1) f1[first + c] = share_of(&some[c], FBETA, 1, zero);
      if (support) support[first + c] = some[c].support;
    }
  }
}

/* ---- the table ----------------------------------------------------------------------------- */

#define CLASSES .problem = ML_CLASSIFICATION, .needs = ML_METRIC_CLASSES
#define BETA    .argument = "BETA", .fallback = NAN, .lo = 0, .hi = 1e6

/* A share of one class and its three averages. */
#define SHARES(name, aliases, kind, summary, ...)                                              \
  {{name, aliases, summary " of the positive (last) class", CLASSES, .is_binary = true,        \
    __VA_ARGS__},                                                                              \
   .compute = shares,                                                                          \
   .which = kind,                                                                              \
   .average = METRICS_PLAIN},                                                                  \
      {{name "_macro", "", summary ", mean over all classes", CLASSES, __VA_ARGS__},           \
       .compute = shares,                                                                      \
       .which = kind,                                                                          \
       .average = METRICS_MACRO},                                                              \
      {{name "_micro", "", summary " of all classes' rows together", CLASSES, __VA_ARGS__},    \
       .compute = shares,                                                                      \
       .which = kind,                                                                          \
       .average = METRICS_MICRO},                                                              \
  {                                                                                            \
    {name "_weighted", "", summary ", mean over classes by their rows", CLASSES, __VA_ARGS__}, \
        .compute = shares, .which = kind, .average = METRICS_WEIGHTED                          \
  }

const metrics_def metrics__of_classes[] = {
    {{"accuracy", "accuracy_score", "share of rows with the right class", CLASSES},
     .compute = hits,
     .which = ACCURACY},
    {{"balanced_accuracy", "balanced_accuracy_score", "mean recall of the classes that there are",
      CLASSES},
     .compute = balanced},
    {{"zero_one_loss", "", "share of rows with a wrong class", CLASSES, .is_loss = true},
     .compute = hits,
     .which = ZERO_ONE},
    SHARES("precision", "precision_score", PRECISION, "right among the predicted", ),
    SHARES("recall", "recall_score|sensitivity", RECALL, "right among the true", ),
    SHARES("f1", "f1_score|f1Score", FBETA, "harmonic mean of precision and recall", ),
    SHARES("fbeta", "fbeta_score|fBetaScore|fbeta#", FBETA, "F score, recall weighs BETA squared",
           BETA),
    SHARES("jaccard", "jaccard_score", JACCARD, "right among the true or predicted", ),
    {{"specificity", "", "share of the negative (first) class that is right", CLASSES,
      .is_binary = true},
     .compute = specificity},
    {{"mcc", "matthews_corrcoef|matthewCorr", "correlation of true and predicted classes", CLASSES},
     .compute = correlation},
    {{"cohen_kappa", "cohen_kappa_score", "agreement beyond chance", CLASSES},
     .compute = kappa,
     .which = UNWEIGHTED},
    {{"cohen_kappa_linear", "", "the same, a miss counts by its distance in the order of classes",
      CLASSES},
     .compute = kappa,
     .which = LINEAR},
    {{"cohen_kappa_quadratic", "", "the same, by the square of the distance", CLASSES},
     .compute = kappa,
     .which = QUADRATIC},
    {.compute = NULL}};
