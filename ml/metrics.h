/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics: how good predictions are, under the names of scikit-learn and the KX toolkit.
 * docs/metrics.md has the definitions. */
#ifndef ML_METRICS_H
#define ML_METRICS_H

#include <ml/buffer.h>
#include <ml/problem.h>
#include <ml/status.h>

ML_BEGIN_DECLS

/* Truth and predictions of n rows; all pointers are borrowed. */
typedef struct ml_scored {
  ml_problem problem;
  size_t n;
  const double *y, *y_pred;  /* regression: n true and n predicted numbers */
  const double *squares;     /* one number that stands for y_pred, where all metrics are
                                is_of_squares: the sum of w (y_pred - y)^2. NULL: y_pred is there */
  const uint32_t *classes;   /* classification: n true classes, below n_classes */
  const uint32_t *predicted; /* n predicted classes, below n_classes */
  const double *scores;      /* n x n_classes, row-major; NULL: only classes are predicted */
  bool are_probabilities;    /* scores are probabilities */
  size_t n_classes;          /* of the whole dataset; these rows may lack some */
  char *const *labels;       /* n_classes names of classes, for messages; may be NULL */
  const double *weights;     /* n, not negative; NULL: all are 1 */
  size_t n_features;         /* of the model, for adjusted_r2 and rse; 0: not known */
  double zero_division;      /* value of a ratio whose denominator is 0: 0 or 1 */
} ml_scored;

/* What a metric is computed from, besides the truth. */
typedef enum ml_metric_needs {
  ML_METRIC_VALUES,       /* y_pred */
  ML_METRIC_CLASSES,      /* predicted */
  ML_METRIC_SCORES,       /* scores of any kind */
  ML_METRIC_PROBABILITIES /* scores that are probabilities */
} ml_metric_needs;

typedef struct ml_metric_info {
  const char *name;    /* "rmse" */
  const char *aliases; /* other names, separated by |: "root_mean_squared_error"; "": none */
  const char *summary;
  ml_problem problem;
  ml_metric_needs needs;
  bool is_loss;            /* the least value is best; else the greatest */
  bool is_of_squares;      /* follows from the truth and the sum of squared errors */
  bool is_signed;          /* a loss that may be negative: the value nearest to 0 is best */
  bool is_binary;          /* for two classes only; the last one is positive */
  const char *argument;    /* name of what follows "=": "beta"; NULL: it takes no argument */
  double fallback, lo, hi; /* of the argument: the default (NaN: it must be given), the range */
} ml_metric_info;

/* A metric with its argument. */
typedef struct ml_metric {
  const ml_metric_info *info;
  double argument;
  char asked[40]; /* the name and argument as they were asked for; "": info->name */
} ml_metric;

/** @return number i of all metrics; NULL behind the last */
ML_API const ml_metric_info *ml_metric_at(size_t i);

/**
 * Read the name of a metric: "f1_macro", "fbeta=0.5". In front of a loss "neg_" is ignored:
 * "neg_mean_squared_error" is mse, which knows that the least is best.
 *
 * @retval ML_ERR_USAGE  an unknown metric (the message names the nearest), or a missing, needless
 * or wrong argument
 */
ML_API ML_MUST_CHECK ml_status ml_metric_parse(const char *text, ml_metric *out, ml_error *err);

/** Append the name with its argument as it was asked for, so that results are found under it. */
ML_API void ml_metric_format(const ml_metric *metric, ml_buf *out);

/** Check that a metric can be computed for such a target and such predictions.
 * @retval ML_ERR_USAGE  it is for the other problem, for two classes only, or needs scores or
 *                       probabilities that are not predicted */
ML_API ML_MUST_CHECK ml_status ml_metric_check(const ml_metric *metric, ml_problem problem,
                                               size_t n_classes, bool has_scores,
                                               bool has_probabilities, ml_error *err);

/** The default metrics. Regression: r2, rmse, mae. Classification: accuracy, balanced_accuracy, f1
 * and roc_auc (two classes) or f1_macro (more), log_loss if there are probabilities.
 * @param[out] out  room for ML_METRICS_DEFAULT_MAX. @return how many */
enum { ML_METRICS_DEFAULT_MAX = 8 };
ML_API size_t ml_metrics_default(ml_problem problem, size_t n_classes, bool has_probabilities,
                                 ml_metric *out);

#define ML_WHY_MAX 120 /* bytes of a reason, with its end */

/**
 * Compute a metric.
 *
 * @param metric      must have passed ml_metric_check() for these rows
 * @param[out] value  NaN if the metric is undefined for these rows
 * @param[out] why    the reason if it is, in a few words; else "". May be NULL
 * @retval ML_ERR_NUMERIC  a prediction or score is NaN or infinite
 * @retval ML_ERR_USAGE    more rows than can be ranked (2^32)
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_metric_compute(const ml_metric *metric, const ml_scored *scored,
                                                 double *value, char why[ML_WHY_MAX],
                                                 ml_error *err);

/** Which value is best, in words: "greatest", "least", "nearest to 0". */
ML_API const char *ml_metric_best(const ml_metric_info *info);

/** A value turned so that the greatest is best: value, -value for a loss, -|value| if signed. */
ML_API double ml_metric_goodness(const ml_metric_info *info, double value);

/** The class with the greatest score in each row, the first of equals.
 * @param scores    n x n_classes, row-major. @param[out] out  n classes */
ML_API void ml_predict_classes(const double *scores, size_t n, size_t n_classes, uint32_t *out);

/** The confusion matrix. @param[out] out  n_classes x n_classes sums of weights, row-major: rows
 * are true classes, columns are predicted ones */
ML_API void ml_confusion_matrix(const ml_scored *scored, double *out);

/** Precision, recall, f1 and support (sum of weights of the true class) of each class.
 * @param[out] precision, recall, f1, support  n_classes numbers each; may be NULL */
ML_API void ml_class_scores(const ml_scored *scored, double *precision, double *recall, double *f1,
                            double *support);

ML_END_DECLS
#endif
