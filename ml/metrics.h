/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics: how good predictions are. Names are scikit-learn's and the KX toolkit's. */
#ifndef ML_METRICS_H
#define ML_METRICS_H

#include <ml/buffer.h>
#include <ml/problem.h>
#include <ml/status.h>

ML_BEGIN_DECLS

/* Truth and predictions of n rows. */
typedef struct ml_scored {
  ml_problem problem;
  size_t n;
  const double *y, *y_pred;  /* regression */
  const double *squares;     /* in place of y_pred, for metrics that are of squares: one number, the
                                sum of w (y_pred - y)^2; NULL: y_pred is known */
  const uint32_t *classes;   /* classification: below n_classes */
  const uint32_t *predicted; /* below n_classes, too */
  const double *scores;      /* n x n_classes, row-major; NULL: only classes are known */
  bool are_probabilities;    /* scores are */
  size_t n_classes;          /* of the whole dataset */
  char *const *labels;       /* n_classes; for reasons */
  const double *weights;     /* NULL: all are 1 */
  size_t n_features;         /* regressors, for adjusted_r2; 0: not known */
  double zero_division;      /* value of a share whose denominator is zero: 0 or 1 */
} ml_scored;

/* What a metric needs beside the truth. */
typedef enum ml_metric_needs {
  ML_METRIC_VALUES,       /* y_pred */
  ML_METRIC_CLASSES,      /* predicted */
  ML_METRIC_SCORES,       /* scores of any kind */
  ML_METRIC_PROBABILITIES /* scores that are probabilities */
} ml_metric_needs;

typedef struct ml_metric_info {
  const char *name;    /* "rmse" */
  const char *aliases; /* others, separated by |: "root_mean_squared_error" */
  const char *summary;
  ml_problem problem;
  ml_metric_needs needs;
  bool is_loss;            /* the least is best */
  bool is_of_squares;      /* of the truth and the sum of squared errors alone */
  bool is_signed;          /* a loss on both sides of 0: the nearest to it is best */
  bool is_binary;          /* for two classes only; the last one is positive */
  const char *argument;    /* what follows "=": "beta"; NULL: nothing */
  double fallback, lo, hi; /* of the argument: its default (NaN: it must be given) and range */
} ml_metric_info;

/* A metric with its argument. */
typedef struct ml_metric {
  const ml_metric_info *info;
  double argument;
  char asked[40]; /* as it was asked for, by one of its names; "": by info->name */
} ml_metric;

/** @return number i of all metrics; NULL behind the last */
ML_API const ml_metric_info *ml_metric_at(size_t i);

/**
 * Read the name of a metric: "f1_macro", "fbeta=0.5", "neg_mean_squared_error" (which is mse: it
 * knows its direction).
 *
 * @retval ML_ERR_USAGE  no such metric (the nearest is named), or a wrong argument
 */
ML_API ML_MUST_CHECK ml_status ml_metric_parse(const char *text, ml_metric *out, ml_error *err);

/** Append the name with its argument as it was asked for, so that results are found under it. */
ML_API void ml_metric_format(const ml_metric *metric, ml_buf *out);

/** Can it be computed for such a target? @retval ML_ERR_USAGE  no, and why: the other problem, more
 * than two classes, a model without probabilities */
ML_API ML_MUST_CHECK ml_status ml_metric_check(const ml_metric *metric, ml_problem problem,
                                               size_t n_classes, bool has_scores,
                                               bool has_probabilities, ml_error *err);

/** What is shown unless something is asked for: r2, rmse, mae; accuracy, balanced_accuracy, f1 and
 * roc_auc (two classes) or f1_macro (more), log_loss where there are probabilities.
 * @param[out] out  room for ML_METRICS_DEFAULT_MAX. @return how many */
enum { ML_METRICS_DEFAULT_MAX = 8 };
ML_API size_t ml_metrics_default(ml_problem problem, size_t n_classes, bool has_probabilities,
                                 ml_metric *out);

#define ML_WHY_MAX 120

/**
 * Compute a metric.
 *
 * @param[out] value  NaN when it is undefined
 * @param[out] why    then says why, in a few words; else "". May be NULL
 * @retval ML_ERR_NUMERIC  a prediction that is NaN or infinite
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_metric_compute(const ml_metric *metric, const ml_scored *scored,
                                                 double *value, char why[ML_WHY_MAX],
                                                 ml_error *err);

/** Which value is best, in words: "greatest", "least", "nearest to 0". */
ML_API const char *ml_metric_best(const ml_metric_info *info);

/** The value of a metric as a number of which the greatest is best. */
ML_API double ml_metric_goodness(const ml_metric_info *info, double value);

/** Classes by their greatest score, the first of equals. @param[out] out  n */
ML_API void ml_predict_classes(const double *scores, size_t n, size_t n_classes, uint32_t *out);

/** Rows are true, columns predicted classes. @param[out] out  n_classes x n_classes sums of
 * weights, row-major */
ML_API void ml_confusion_matrix(const ml_scored *scored, double *out);

/** f1, precision or recall ("precision_per_class", ...) of each class.
 * @param[out] precision, recall, f1, support  n_classes each; may be NULL */
ML_API void ml_class_scores(const ml_scored *scored, double *precision, double *recall, double *f1,
                            double *support);

ML_END_DECLS
#endif
