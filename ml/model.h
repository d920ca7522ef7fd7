/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models behind one interface: those of libml, of libraries that are opened at run time, and
 * users' own. docs/models.md has the catalogue and says how to write one. */
#ifndef ML_MODEL_H
#define ML_MODEL_H

#include <ml/buffer.h>
#include <ml/folds.h>
#include <ml/problem.h>
#include <ml/status.h>

ML_BEGIN_DECLS

/* ---- hyper-parameters ---------------------------------------------------------------------- */

typedef enum ml_model_param_kind {
  ML_MODEL_REAL,
  ML_MODEL_INT,
  ML_MODEL_BOOL,
  ML_MODEL_CHOICE
} ml_model_param_kind;

/* The value of a hyper-parameter is a double: an integer as it is, a boolean as 0 or 1, a choice by
 * its index. The word `none` ("no limit") is infinity. Choices of a real number are words that may
 * stand in its place: -1, -2, ... */
typedef struct ml_model_param {
  const char *name; /* as on the command line */
  ml_model_param_kind kind;
  double lo, hi;           /* of numbers: inclusive, unless */
  bool above_lo, below_hi; /* the limit itself is no value */
  const char *choices;     /* "uniform|distance" */
  double fallback;         /* the default */
  const char *none;        /* word for infinity, which is allowed then; NULL: it is not */
  bool is_shared; /* candidates that differ in such parameters alone are computed together: by one
                     call of ml_model.fold */
  int simpler;    /* for the one-standard-error rule: -1, 1: the smaller, the larger value makes the
                     simpler model; 0: neither */
  const char *help;
} ml_model_param;

/* ---- rows as a model sees them ------------------------------------------------------------- */

typedef struct ml_view {
  size_t n, n_columns;
  const double *x; /* value of row r, column j: x[j * stride + r] */
  size_t stride;
  const uint32_t *rows;    /* n row numbers: row i of the view is rows[i] of x, y, classes, weights;
                              NULL: they are 0, 1, ..., n - 1 */
  const double *y;         /* regression; else NULL */
  const uint32_t *classes; /* classification, below n_classes; else NULL */
  size_t n_classes;        /* of the whole dataset: a view may lack some. 0: regression */
  const double *weights;   /* NULL: all are 1 */
} ml_view;

static inline size_t ml_view_row(const ml_view *view, size_t i) {
  return view->rows ? view->rows[i] : i;
}

/** True when the rows lie one behind another, from *first on: then nothing has to be gathered. */
ML_API bool ml_view_is_run(const ml_view *view, size_t *first);

/** Copy the values: n x n_columns, column-major, columns `stride` apart (at least n). */
ML_API void ml_view_gather(const ml_view *view, double *out, size_t stride);

/** Copy y, or the weights (1 where there are none): n numbers. */
ML_API void ml_view_gather_y(const ml_view *view, double *out);
ML_API void ml_view_gather_weights(const ml_view *view, double *out);

/** Classes of the rows: n. */
ML_API void ml_view_gather_classes(const ml_view *view, uint32_t *out);

/* ---- cross-validation as a model sees it --------------------------------------------------- */

typedef struct ml_cv {
  ml_view all;              /* whose rows are those that take part: the members of the folds */
  const ml_folds *folds;    /* row numbers are those of x */
  const double *candidates; /* n_candidates x n_params of the model, row-major */
  size_t n_candidates;
  uint64_t seed;
  bool wants_squares; /* of models with ML_MODEL_SQUARES, of regression without weights: fold()
                         hands over the sum of squared errors of the rows that are tested, one
                         number for each candidate, in place of predictions */
  const void *cancel; /* ml_item_cancelled(), now and then */
} ml_cv;

/* Takes the predictions of one candidate for the rows that its fold tests: n numbers, or n x
 * n_classes, row-major. They are borrowed for the call. NULL: it failed, and error says why. */
typedef ml_status ml_take(void *ctx, size_t candidate, const double *predictions,
                          const ml_error *error, ml_error *err);

/** Views of the rows that a fold trains on and tests.
 * @param rows  room for ml_folds_n_train(); the view keeps it */
ML_API ml_view ml_cv_train(const ml_cv *cv, size_t fold, uint32_t *rows);
ML_API ml_view ml_cv_test(const ml_cv *cv, size_t fold);

/** Seed of what has chance in a fold: the same for all candidates, so that they are compared on
 * equal terms, and whoever computes them. */
ML_API uint64_t ml_cv_seed(const ml_cv *cv, size_t fold);

/* ---- models -------------------------------------------------------------------------------- */

#define ML_MODEL_ABI 1

typedef enum ml_model_traits {
  ML_MODEL_CLASSIFIES = 1,
  ML_MODEL_REGRESSES = 2,
  ML_MODEL_WEIGHTS = 4,       /* knows weights of rows */
  ML_MODEL_MISSING = 8,       /* takes NaN */
  ML_MODEL_SCORES = 16,       /* classes have scores that are no probabilities */
  ML_MODEL_RANDOM = 32,       /* uses its seed */
  ML_MODEL_SQUARES = 128,     /* fold() knows ml_cv.wants_squares */
  ML_MODEL_SCALES = 64,       /* depends on the scale of features: --prep standard may help */
  ML_MODEL_FEATURELESS = 256, /* looks at no feature, and takes data without any */
} ml_model_traits;

/* A kind of model. All functions may be called by several threads and processes at once; they
 * return an ml_status and fill in err, and never print or exit. */
typedef struct ml_model {
  uint32_t abi; /* ML_MODEL_ABI */
  const char *name, *summary;
  const char *source; /* where it comes from: paper, or library */
  unsigned traits;    /* ML_MODEL_* */
  const ml_model_param *params;
  size_t n_params;

  /* What the table of params cannot say: parameters that contradict one another, or the data; such
   * a candidate fails before anything is computed. May be NULL. */
  ml_status (*check)(const double *params, const ml_view *all, ml_error *err);
  /* Learn from rows. @param[out] fitted  for predict(), free() */
  ml_status (*fit)(const double *params, const ml_view *train, uint64_t seed, const void *cancel,
                   void **fitted, ml_error *err);
  /* @param[out] out  n numbers; or n x n_classes probabilities (or scores), row-major: the class is
   * that of the greatest, the first of equals */
  ml_status (*predict)(const void *fitted, const ml_view *rows, double *out, ml_error *err);
  void (*free)(void *fitted);

  /* Optional, for speed: what all folds and candidates of a search have in common is computed once,
   * in parts that may be computed anywhere, and then used by each fold. The results must be those
   * of fit() and predict() up to rounding, and must not depend on which parts or folds are computed
   * in which process. NULL, NULL: nothing is shared.
   * @param[out] n_parts     0: nothing is worth sharing here
   * @param[out] part_bytes  of each part; a part begins at a multiple of 64 bytes */
  ml_status (*share_size)(const ml_cv *cv, size_t *n_parts, size_t *part_bytes, ml_error *err);
  ml_status (*share)(const ml_cv *cv, size_t part, void *out, ml_error *err);
  /* Predictions of some candidates (equal but for shared parameters) in one fold, handed over one
   * by one in any order. A candidate that fails is handed over as such. NULL: fit() and predict()
   * are called for each.
   * @param shared  the parts one behind another, each of part_bytes rounded up to 64; NULL when
   *                n_parts is 0 */
  ml_status (*fold)(const ml_cv *cv, const void *shared, size_t fold, const size_t *candidates,
                    size_t n, ml_take *take, void *ctx, ml_error *err);
  /* Optional: generalised cross-validation (Golub, Heath and Wahba 1979) of each candidate over all
   * rows, in place of folds. @param[out] out  n_candidates numbers */
  ml_status (*gcv)(const ml_cv *cv, double *out, ml_error *err);
} ml_model;

/** @return number i of the models that are built in; NULL behind the last */
ML_API const ml_model *ml_model_at(size_t i);

/** @return name number i of the models of libraries, which ml_model_find() opens; NULL behind the
 * last */
ML_API const char *ml_model_name_at(size_t i);

/**
 * Find a model.
 *
 * @param name  "ridge": one that is built in; "xgboost": one of a library that is opened now;
 *              "./mine.so": a shared object that exports `const ml_model ml_model_table[]`, ended
 * by an entry without a name; "./mine.so:NAME": one of several. What was opened is never closed.
 * The name of a model may end in _classifier or _regressor
 * @param[out] problem  what such an ending says, else ML_PROBLEM_AUTO; may be NULL
 * @param[out] out      lives as long as the process
 *
 * @retval ML_ERR_USAGE  no such model (the nearest is named); its library is not installed (which
 *                       package has it); no models of ours, or another ABI
 * @retval ML_ERR_IO     there is no such file
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_model_find(const char *name, ml_problem *problem,
                                             const ml_model **out, ml_error *err);

/** The problem that a model solves on a target: what was asked for, what the only trait says, or
 * what the target is. @retval ML_ERR_USAGE  it does not solve this */
ML_API ML_MUST_CHECK ml_status ml_model_problem(const ml_model *model, ml_problem asked,
                                                ml_problem target, ml_problem *out, ml_error *err);

/** The defaults. @param[out] params  n_params */
ML_API void ml_model_defaults(const ml_model *model, double *params);

/** @retval ML_ERR_USAGE  no such parameter; the nearest and those there are */
ML_API ML_MUST_CHECK ml_status ml_model_find_param(const ml_model *model, const char *name,
                                                   size_t *index, ml_error *err);

/** Read a value. @retval ML_ERR_USAGE  it is no value of this parameter; what are is said */
ML_API ML_MUST_CHECK ml_status ml_model_param_parse(const ml_model_param *param, const char *text,
                                                    double *value, ml_error *err);

/** Check a value that was computed. @retval ML_ERR_USAGE */
ML_API ML_MUST_CHECK ml_status ml_model_param_check(const ml_model_param *param, double value,
                                                    ml_error *err);

/** Append what a parameter takes, in words: "a number above 0 and at most 1, or none". */
ML_API void ml_model_param_takes(const ml_model_param *param, ml_buf *out);

/** Append a value as it would be typed. */
ML_API void ml_model_param_format(const ml_model_param *param, double value, ml_buf *out);

/** Read "NAME=VALUE" into params. @retval ML_ERR_USAGE  as ml_model_find_param(),
 * ml_model_param_parse() */
ML_API ML_MUST_CHECK ml_status ml_model_set(const ml_model *model, const char *assignment,
                                            double *params, ml_error *err);

ML_END_DECLS
#endif
