/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Truth and predictions from files, for metrics. */
#ifndef ML_SCORE_H
#define ML_SCORE_H

#include <ml/dataset.h>
#include <ml/metrics.h>
#include <ml/watch.h>

ML_BEGIN_DECLS

/* Names of columns; NULL: found by themselves. */
typedef struct ml_score_opts {
  const char *id;     /* what two files are joined by; NULL: "id" or "row", if both have it, else
                         the order of their rows; "": that order */
  const char *target; /* NULL: y_true, y, target, or the only column */
  const char *prediction; /* NULL: y_pred, prediction, the name of the target, or the only column */
  const char *weights;    /* of the truth, or else of the predictions; NULL: none */
  const char *positive;   /* class that comes last in place of the greatest of two; NULL: none */
  ml_problem problem;     /* ML_PROBLEM_AUTO: classes where there are probabilities or texts, and
                             where truth and predictions are whole numbers, up to ML_CLASSES_MAX of
                             them; else numbers */
  char delimiter;         /* 0: detected */
  const ml_watch *watch;  /* may be NULL */
} ml_score_opts;

/* Read-only for callers; free it with ml_score_free(). */
typedef struct ml_score {
  ml_scored scored;  /* borrows from here */
  ml_levels classes; /* of truth and predictions; codes are NULL */
  uint32_t *true_classes, *predicted_classes;
  double *y, *y_pred, *probabilities, *weights;
  char *target, *prediction; /* names of the columns; prediction is NULL when classes are those of
                                the greatest probability */
  char *joined_by;           /* NULL: the order of rows */
} ml_score;

/**
 * Read truth and predictions: CSV, also packed. Columns `p_CLASS` of the predictions, or else
 * `proba_CLASS`, are probabilities, or margins where some are negative; `score_CLASS` are margins;
 * classes that have none are given 0, but for two classes, whose probabilities sum to 1 and margins
 * to 0. A file that has the column "row" where the truth has none is joined by the number of the
 * row, from 0.
 *
 * @param truth        NULL: it is in the file of the predictions, as `mltool xval --oof` writes it
 * @param opts         NULL for the defaults
 * @param[out] out     not written on failure
 *
 * @retval ML_ERR_USAGE  a column that is not there, or named for two things; no column for the
 * truth or the prediction
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
