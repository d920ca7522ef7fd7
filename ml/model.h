/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models behind one interface: those of libml, those of libraries that are opened at run time, and
 * users' own. docs/models.md has the catalogue, docs/own-model.md says how to write one. */
#ifndef ML_MODEL_H
#define ML_MODEL_H

#include <ml/buffer.h>
#include <ml/folds.h>
#include <ml/problem.h>
#include <ml/status.h>
#include <ml/value.h>

ML_BEGIN_DECLS

/* ---- hyper-parameters ---------------------------------------------------------------------- */

typedef enum ml_model_param_kind {
  ML_MODEL_REAL,
  ML_MODEL_INT,
  ML_MODEL_BOOL,
  ML_MODEL_CHOICE,
  ML_MODEL_LITERAL
} ml_model_param_kind;

/* The value of a hyper-parameter is a double: an integer as it is, a boolean as 0 or 1, a choice as
 * its index from 0. The word in `none` ("no limit") is infinity. If a REAL has choices, these words
 * may stand in place of a number; their values are -1, -2, ...
 *
 * A LITERAL takes anything that a text can say, for models of other languages: of a number its
 * value, of anything else (None, sqrt, 1.0, "[1, 2]") a number below -1e300 that the text
 * determines. A whole value is an integer; 1.0, which is none, is such a text. */
typedef struct ml_model_param {
  const char *name; /* as on the command line */
  ml_model_param_kind kind;
  double lo, hi;           /* of REAL and INT: limits, inclusive unless */
  bool above_lo, below_hi; /* the limit itself is excluded */
  const char *choices;     /* "uniform|distance" */
  double fallback;         /* the default */
  const char *none;        /* word for infinity; NULL: infinity is not allowed */
  bool is_shared; /* candidates that differ in such parameters only are computed by one call of
                     ml_model.fold */
  int simpler;    /* for the one-standard-error rule: 1: a larger value makes a simpler model, -1: a
                     smaller one, 0: neither */
  const char *help; /* one line: what it does */
} ml_model_param;

/* ---- rows as a model sees them ------------------------------------------------------------- */

/* Some rows of a table with their target; all pointers are borrowed. */
typedef struct ml_view {
  size_t n, n_columns;
  const double *x; /* value of row r, column j: x[j * stride + r] */
  size_t stride;
  const uint32_t *rows;    /* n row numbers: row i of the view is row rows[i] of x, y, classes and
                              weights; NULL: row i */
  const double *y;         /* regression: numbers; else NULL */
  const uint32_t *classes; /* classification: below n_classes; else NULL */
  size_t n_classes;        /* of the whole dataset: these rows may lack some; 0: regression */
  const double *weights;   /* NULL: all are 1 */
} ml_view;

/** The number of row i of the view, in x, y, classes and weights. */
static inline size_t ml_view_row(const ml_view *view, size_t i) {
  return view->rows ? view->rows[i] : i;
}

/** True if the rows are *first, *first + 1, ...: then they can be read in place. */
ML_API bool ml_view_is_run(const ml_view *view, size_t *first);

/** Copy the values. @param[out] out  n x n_columns, column-major, columns `stride` numbers apart (n
 * or more) */
ML_API void ml_view_gather(const ml_view *view, double *out, size_t stride);

/** Copy y, or the weights (1 if there are none). @param[out] out  n numbers */
ML_API void ml_view_gather_y(const ml_view *view, double *out);
ML_API void ml_view_gather_weights(const ml_view *view, double *out);

/** Copy the classes. @param[out] out  n numbers */
ML_API void ml_view_gather_classes(const ml_view *view, uint32_t *out);

/** Population standard deviation of each column, with the weights: what makes coefficients of
 * columns of different units comparable. @param[out] out  n_columns; 0 of a constant, NaN if values
 * are missing */
ML_API void ml_view_deviations(const ml_view *view, double *out);

/* ---- cross-validation as a model sees it --------------------------------------------------- */

typedef struct ml_cv {
  ml_view all;              /* the rows that take part: the members of the folds */
  const ml_folds *folds;    /* their row numbers are those of all.x */
  const double *candidates; /* n_candidates x n_params of the model, row-major */
  size_t n_candidates;
  uint64_t seed;
  bool wants_squares; /* only for models with ML_MODEL_SQUARES, and regression without weights:
                         fold() hands over one number for each candidate in place of predictions,
                         the sum of squared errors over the test rows */
  const void *cancel; /* for ml_item_cancelled(), which long loops call now and then */
} ml_cv;

/* Called by fold() with the predictions of one candidate for the test rows: n numbers, or n x
 * n_classes, row-major, borrowed for the call. NULL: the candidate failed, and error says why. What
 * it returns but ML_OK ends fold(), which returns it. */
typedef ml_status ml_take(void *ctx, size_t candidate, const double *predictions,
                          const ml_error *error, ml_error *err);

/** Views of the rows that a fold trains on, and of those that it tests.
 * @param rows  room for ml_folds_n_train() numbers; the view refers to it */
ML_API ml_view ml_cv_train(const ml_cv *cv, size_t fold, uint32_t *rows);
ML_API ml_view ml_cv_test(const ml_cv *cv, size_t fold);

/** The seed of a fold. It is the same for all candidates, so that they are compared on equal terms,
 * and in all processes. */
ML_API uint64_t ml_cv_seed(const ml_cv *cv, size_t fold);

/* ---- models -------------------------------------------------------------------------------- */

#define ML_MODEL_ABI 2 /* of ml_model and all that it refers to */

typedef enum ml_model_traits {
  ML_MODEL_CLASSIFIES = 1,
  ML_MODEL_REGRESSES = 2,
  ML_MODEL_WEIGHTS = 4,       /* uses weights of rows; weight 0 is as if the row were not there */
  ML_MODEL_MISSING = 8,       /* accepts NaN in features */
  ML_MODEL_SCORES = 16,       /* predicts scores of classes that are not probabilities */
  ML_MODEL_RANDOM = 32,       /* uses its seed */
  ML_MODEL_SCALES = 64,       /* depends on the scale of features: --prep standard may help */
  ML_MODEL_SQUARES = 128,     /* fold() honours ml_cv.wants_squares */
  ML_MODEL_FEATURELESS = 256, /* uses no feature, and accepts data without any */
  ML_MODEL_PICKLES = 512, /* save() puts bytes among the rest that run code when they are loaded: a
                             pipeline keeps them beside its file, and loads only what is trusted */
} ml_model_traits;

/* A kind of model: what it is called, its hyper-parameters, its functions. Functions may be called
 * by several threads and processes at once; they return an ml_status, fill in err if they fail, and
 * never print or exit. `params` are n_params values that the table of parameters allows. */
typedef struct ml_model {
  uint32_t abi; /* ML_MODEL_ABI */
  const char *name, *summary;
  const char *source; /* paper, book or library */
  unsigned traits;    /* ML_MODEL_* */
  const ml_model_param *params;
  size_t n_params;

  /* Refuse parameters that contradict one another or the data, which the table cannot say. Such a
   * candidate fails before anything is computed. May be NULL: nothing is refused. */
  ml_status (*check)(const double *params, const ml_view *all, ml_error *err);
  /* Learn from rows. @param[out] fitted  the model's own data, for predict() and free() */
  ml_status (*fit)(const double *params, const ml_view *train, uint64_t seed, const void *cancel,
                   void **fitted, ml_error *err);
  /* Predict. @param[out] out  n numbers; or n x n_classes probabilities or scores, row-major: the
   * class with the greatest is predicted, the first of equals */
  ml_status (*predict)(const void *fitted, const ml_view *rows, double *out, ml_error *err);
  /* Free what fit() made. NULL is allowed. */
  void (*free)(void *fitted);

  /* Optional, for speed. share_size() and share(): compute once what all folds and candidates have
   * in common, in parts. Any process may compute any part; all folds read all parts. Both NULL:
   * nothing is shared.
   * @param[out] n_parts     0: nothing is worth sharing for these folds
   * @param[out] part_bytes  size of each part; out is part_bytes long and aligned to 64 bytes */
  ml_status (*share_size)(const ml_cv *cv, size_t *n_parts, size_t *part_bytes, ml_error *err);
  ml_status (*share)(const ml_cv *cv, size_t part, void *out, ml_error *err);
  /* Optional, for speed: fit and predict n candidates in one fold, which differ only in parameters
   * with is_shared. Hand over each once by take(), in any order, a candidate that fails with its
   * error. The results must be those of fit() and predict() up to rounding, and must not depend on
   * which process computes what. NULL: fit() and predict() are called for each candidate.
   * @param shared  the parts one behind another, each of part_bytes rounded up to a multiple of 64;
   *                NULL if n_parts is 0 */
  ml_status (*fold)(const ml_cv *cv, const void *shared, size_t fold, const size_t *candidates,
                    size_t n, ml_take *take, void *ctx, ml_error *err);
  /* Optional: the score of each candidate by generalised cross-validation (Golub, Heath and Wahba
   * 1979), which takes all rows and no folds. @param[out] out  n_candidates numbers */
  ml_status (*gcv)(const ml_cv *cv, double *out, ml_error *err);

  /* Optional: what was learnt, to be kept in a file. Both or none.
   * @param[out] out  a dictionary in the arena, of plain data that have a JSON form: what load()
   *                  makes of that JSON predicts the same bits. With ML_MODEL_PICKLES "pickle" is
   * of type ML_TYPE_BYTES, here and for load() */
  ml_status (*save)(const void *fitted, ml_arena *arena, ml_value *out, ml_error *err);
  /* @param saved      from a file: everything has to be checked, so that predict() cannot go wrong.
   *                   Numbers of vectors are lists there
   * @param n_columns  of the rows that predict() gets
   * @param n_classes  0: regression
   * @retval ML_ERR_PARSE  it is not what save() made: what is wrong is said */
  ml_status (*load)(const double *params, const ml_value *saved, size_t n_columns, size_t n_classes,
                    void **fitted, ml_error *err);

  /* Optional: how much each column counts, by what the model has learnt. Both or none.
   * importance_is says what the numbers are: "share of the gain that splits of the column have".
   * @param train     the rows that it was fitted on
   * @param[out] out  n_columns finite numbers, 0 or more; with any other the model does not say it
   */
  const char *importance_is;
  ml_status (*importance)(const void *fitted, const ml_view *train, double *out, ml_error *err);
} ml_model;

/** @return built-in model number i; NULL behind the last */
ML_API const ml_model *ml_model_at(size_t i);

/** @return name number i of the models of libraries, whether the library is installed or not; NULL
 * behind the last */
ML_API const char *ml_model_name_at(size_t i);

/**
 * Find a model.
 *
 * @param name  "ridge": a built-in model; "xgboost": a model of a library, whose plugin is opened
 *              now; "./mine.so": a shared object that exports `const ml_model ml_model_table[]`,
 *              ended by an entry without a name; "./mine.so:NAME": one of several models in it;
 *              "py:sklearn.linear_model.Ridge": a class of Python, which is imported now, with the
 *              working directory in front of its search path. What was opened is never closed. The
 *              name of a model in C may end in _classifier or _regressor.
 * @param[out] problem  what that ending says, else ML_PROBLEM_AUTO; may be NULL
 * @param[out] out      lives as long as the process
 *
 * @retval ML_ERR_USAGE  an unknown model (the message names the nearest); its library is not
 *                       installed (the message names the package); the file has no table of models,
 *                       or a malformed one, or one of another ABI, or has changed since it was
 *                       opened; no such module or class of Python, or one that is no estimator
 * @retval ML_ERR_FUNCTION  a module of Python failed when it was imported
 * @retval ML_ERR_IO     there is no such file
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_model_find(const char *name, ml_problem *problem,
                                             const ml_model **out, ml_error *err);

/** What the model of Python that failed last in this process had to say beyond its one line: append
 * its traceback. Nothing when none has failed. */
ML_API void ml_model_trace(ml_buf *out);

/** Which problem a model solves: what was asked for, else the only one that the model solves, else
 * what the target is.
 * @param asked   ML_PROBLEM_AUTO: nothing was asked for
 * @retval ML_ERR_USAGE  the model does not solve it */
ML_API ML_MUST_CHECK ml_status ml_model_problem(const ml_model *model, ml_problem asked,
                                                ml_problem target, ml_problem *out, ml_error *err);

/** The default values. @param[out] params  n_params */
ML_API void ml_model_defaults(const ml_model *model, double *params);

/** Find a parameter by its name. @param[out] index  of it in model->params
 * @retval ML_ERR_USAGE  it is unknown; the message names the nearest, or says where all are listed
 */
ML_API ML_MUST_CHECK ml_status ml_model_find_param(const ml_model *model, const char *name,
                                                   size_t *index, ml_error *err);

/** Read a value. @retval ML_ERR_USAGE  the parameter does not take it; the message says what it
 * takes */
ML_API ML_MUST_CHECK ml_status ml_model_param_parse(const ml_model_param *param, const char *text,
                                                    double *value, ml_error *err);

/** Check a value. @retval ML_ERR_USAGE  the parameter does not take it */
ML_API ML_MUST_CHECK ml_status ml_model_param_check(const ml_model_param *param, double value,
                                                    ml_error *err);

/** Append which values a parameter takes: "a number above 0 and at most 1, or none". */
ML_API void ml_model_param_takes(const ml_model_param *param, ml_buf *out);

/** A value on a scale: of a LITERAL such as 1.0 the number that it says. @return NaN: it is a word
 */
ML_API double ml_model_param_number(const ml_model_param *param, double value);

/** Append a value as ml_model_param_parse() reads it. */
ML_API void ml_model_param_format(const ml_model_param *param, double value, ml_buf *out);

/** Read "NAME=VALUE". @param[in,out] params  n_params, of which one is set
 * @retval ML_ERR_USAGE  no such parameter, or not a value of it, or no "=" */
ML_API ML_MUST_CHECK ml_status ml_model_set(const ml_model *model, const char *assignment,
                                            double *params, ml_error *err);

ML_END_DECLS
#endif
