/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Truth and predictions from files, for metrics. */
#ifndef ML_SCORE_H
#define ML_SCORE_H

#include <ml/dataset.h>
#include <ml/metrics.h>
#include <ml/watch.h>

ML_BEGIN_DECLS

/* Names of columns; NULL: they are found by the rules below. */
typedef struct ml_score_opts {
  const char *id;         /* column by which two files are joined. NULL: "id" or "row" if both have
                             it, else row i belongs to row i; "": row i belongs to row i */
  const char *target;     /* NULL: y_true, y, target, or the only column */
  const char *prediction; /* NULL: y_pred, prediction, the name of the target, or the only column */
  const char *weights;    /* looked for in the truth, then in the predictions; NULL: none */
  const char *positive;   /* of two classes the positive one; NULL: the last in order */
  ml_problem problem;     /* ML_PROBLEM_AUTO: classification if there are probabilities or texts,
                             or if truth and predictions are up to ML_CLASSES_MAX different
                             integers; else regression */
  char delimiter;         /* 0: detected */
  const ml_watch *watch;  /* may be NULL */
} ml_score_opts;

/* Read-only for callers; free it with ml_score_free(). */
typedef struct ml_score {
  ml_scored scored;  /* for ml_metric_compute(); refers to the arrays below */
  ml_levels classes; /* those of truth and predictions together; codes are NULL */
  uint32_t *true_classes, *predicted_classes;
  double *y, *y_pred, *probabilities, *weights;
  char *target, *prediction; /* names of the columns; prediction is NULL if there is none, so that
                                the class with the greatest probability is predicted */
  char *joined_by;           /* name of the column; NULL: by the order of rows */
} ml_score;

/**
 * Read truth and predictions from CSV, plain or compressed. Columns `p_CLASS` of the predictions,
 * or else `proba_CLASS`, are probabilities, or margins if any of them is negative; `score_CLASS`
 * are margins. A class without such a column gets 0; of two classes, one column is enough:
 * probabilities sum to 1, margins to 0. If the predictions have a column "row" and the truth has
 * none, it is the number of the row in the truth, from 0.
 *
 * @param truth        path; NULL: the truth is in the file of predictions, as `mltool xval --oof`
 *                     writes it
 * @param predictions  path; "-": standard input
 * @param opts         NULL for the defaults
 * @param[out] out     free it with ml_score_free(). Not written on failure.
 *
 * @retval ML_ERR_USAGE  a column that is not there, or that is named for two purposes; no column of
 *                       the truth or the prediction is found
 * @retval ML_ERR_PARSE  no rows; files of different lengths; an id that is missing in one or there
 *                       twice; a value that is missing, or no number; a probability outside [0, 1];
 *                       a weight that is negative
 * @retval ML_ERR_IO, ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_score_read(const char *truth, const char *predictions,
                                             const ml_score_opts *opts, ml_score **out,
                                             ml_error *err);

/** NULL is allowed. */
ML_API void ml_score_free(ml_score *score);

ML_END_DECLS
#endif
