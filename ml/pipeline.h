/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pipelines: features, preprocessing and a model, fitted together, kept in a file, and used on new
 * data. docs/pipelines.md has the file. */
#ifndef ML_PIPELINE_H
#define ML_PIPELINE_H

#include <ml/dataset.h>
#include <ml/fresh.h>
#include <ml/model.h>
#include <ml/prep.h>
#include <ml/series.h>
#include <ml/xval.h>

ML_BEGIN_DECLS

/* Fitted; read-only for callers, and may be used by several threads at once. */
typedef struct ml_pipeline ml_pipeline;

/* ---- fitting ------------------------------------------------------------------------------- */

/* All are borrowed for the call. */
typedef struct ml_pipeline_opts {
  const ml_prep *prep; /* NULL: none */
  const ml_model *model;
  const double *params; /* n_params of the model; NULL: the defaults */
  uint64_t seed;
  bool fit_unweighted; /* do not use the weights of the dataset */

  /* Of series: what ml_dataset_of_matrix() made the dataset of, so that new series get the same
   * features. NULL set: the dataset is a table. */
  const ml_series_set *set;
  const ml_fresh_settings *settings; /* NULL: "comprehensive" */
  const ml_series_opts *columns;     /* how the set was read: new files are read alike */

  const ml_xval_result *validation; /* kept with the model: its folds, metrics and the scores of the
                                       candidate whose parameters these are; NULL: none */
  const ml_watch *watch;            /* may be NULL */
} ml_pipeline_opts;

/**
 * Fit steps and model on all rows of a dataset. Columns of texts that no step takes are left out,
 * as ml_xval() does.
 *
 * @param data      with a target
 * @param[out] out  free it with ml_pipeline_free(). Not written on failure.
 *
 * @retval ML_ERR_USAGE  the model cannot solve the problem, does not know weights, or cannot be
 *                       saved; ml_prep_check()
 * @retval ML_ERR_PARSE, ML_ERR_NUMERIC  values that steps or model do not take
 * @retval ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_pipeline_fit(const ml_dataset *data, const ml_pipeline_opts *opts,
                                               ml_pipeline **out, ml_error *err);

/** NULL is allowed. */
ML_API void ml_pipeline_free(ml_pipeline *pipeline);

/* ---- files --------------------------------------------------------------------------------- */

/**
 * Append a pipeline as JSON; docs/pipelines.md has its schema. Every double is exact: what
 * ml_pipeline_parse() makes of it predicts the same bits.
 *
 * @retval ML_ERR_USAGE   its model has ML_MODEL_PICKLES, for which ml_pipeline_save() makes two
 * files
 * @retval ML_ERR_FUNCTION  its model is a class of Python, and cannot be pickled
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_pipeline_json(const ml_pipeline *pipeline, ml_buf *out,
                                                ml_error *err);

/**
 * The same for a file that the caller writes. Of a model with ML_MODEL_PICKLES the pickle is
 * written now, beside that file and with a digest in its name: what is there is not touched, so
 * that whenever this ends the file that is there has its own pickle. When the file is in its place,
 * or will not be, call ml_pipeline_tidy().
 *
 * @param path  of the file; "-": standard output, which has nothing beside it
 * @retval ML_ERR_USAGE  a pickle has no place, or a name that is not UTF-8
 * @retval ML_ERR_IO, ML_ERR_FUNCTION, ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_pipeline_json_at(const ml_pipeline *pipeline, const char *path,
                                                   ml_buf *out, ml_error *err);

/** Remove the pickles beside a file that it does not name, those of files that had its path before.
 * What cannot be removed stays. */
ML_API void ml_pipeline_tidy(const char *path);

/** All of this to a file, which appears complete or not at all. @param path  "-": standard output
 * @retval ML_ERR_CLOSED, and as ml_pipeline_json_at() */
ML_API ML_MUST_CHECK ml_status ml_pipeline_save(const ml_pipeline *pipeline, const char *path,
                                                ml_error *err);

/**
 * Read a pipeline from JSON. Everything is checked; nothing of the file is trusted.
 *
 * @param source    for messages
 * @param[out] out  free it with ml_pipeline_free(). Not written on failure.
 *
 * @retval ML_ERR_PARSE  no JSON (with line and column), no pipeline, one of a newer schema, or one
 *                       whose parts do not fit together: what is wrong is said
 * @retval ML_ERR_USAGE  the library of its model is not there, as ml_model_find(); it is one of a
 * shared object that is not a plugin of ours, and was not opened yet by ml_model_find(): a file
 * does not open any; it has ML_MODEL_PICKLES, or a function of Python among its steps, which
 * ml_pipeline_load_trusted() loads
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_pipeline_parse(const char *text, size_t n, const char *source,
                                                 ml_pipeline **out, ml_error *err);

/** The same from a file. @retval ML_ERR_IO */
ML_API ML_MUST_CHECK ml_status ml_pipeline_load(const char *path, ml_pipeline **out, ml_error *err);

/**
 * The same where the user trusts the file: the class and functions of Python that it names are
 * imported, and the pickle that it names, beside it, is read. Each may run any code.
 *
 * @retval ML_ERR_IO     the pickle is not there
 * @retval ML_ERR_PARSE  it is not the one that was saved with the file, or of another class
 * @retval ML_ERR_FUNCTION  the module of the class, or of a function, failed when it was imported
 * @retval ML_ERR_USAGE  the file of a function's module has changed since
 */
ML_API ML_MUST_CHECK ml_status ml_pipeline_load_trusted(const char *path, ml_pipeline **out,
                                                        ml_error *err);

/* ---- what it is ---------------------------------------------------------------------------- */

ML_API const ml_model *ml_pipeline_model(const ml_pipeline *pipeline);
ML_API const double *ml_pipeline_params(const ml_pipeline *pipeline); /* n_params of the model */
ML_API ml_problem ml_pipeline_problem(const ml_pipeline *pipeline);

/** Name of what is predicted. */
ML_API const char *ml_pipeline_target(const ml_pipeline *pipeline);

/** Classes, ascending as in ml_dataset. @param[out] n  0: regression */
ML_API const char *const *ml_pipeline_classes(const ml_pipeline *pipeline, size_t *n);

/** The features that it needs, in the order that ml_pipeline_predict() takes them in. */
ML_API const char *const *ml_pipeline_features(const ml_pipeline *pipeline, size_t *n);

/**
 * How much each column counts that the model sees, by what it has learnt: what ml_model.importance
 * said when it was fitted. Files keep it.
 *
 * @param[out] n  columns: ml_pipeline_column() has their names
 * @return finite, and 0 or more; NULL: the model does not say it
 */
ML_API const double *ml_pipeline_importance(const ml_pipeline *pipeline, size_t *n);

/** What the numbers of ml_pipeline_importance() are, as importance_is of the model said then; of a
 * file it may be any text. @return NULL: there are none */
ML_API const char *ml_pipeline_importance_is(const ml_pipeline *pipeline);

/** Categories of feature j in training, ascending. @param[out] n  how many @return NULL: it is a
 * column of numbers */
ML_API const char *const *ml_pipeline_categories(const ml_pipeline *pipeline, size_t j, size_t *n);

/** The text of the steps; NULL: there are none. */
ML_API const char *ml_pipeline_steps(const ml_pipeline *pipeline);

/** Name of column j of those that the model sees: the features, or what the steps make of them.
 * @return NULL behind the last */
ML_API const char *ml_pipeline_column(const ml_pipeline *pipeline, size_t j);

/**
 * What the model has learnt.
 *
 * @param[out] out  as its ml_model.save() makes it, in the arena
 * @return as that
 */
ML_API ML_MUST_CHECK ml_status ml_pipeline_learnt(const ml_pipeline *pipeline, ml_arena *arena,
                                                  ml_value *out, ml_error *err);

/** Column of the ids in the training data; NULL: a table had none, "": it was one series. */
ML_API const char *ml_pipeline_id(const ml_pipeline *pipeline);

/** The settings that give exactly these features; NULL: it learnt from a table. */
ML_API const ml_fresh_settings *ml_pipeline_settings(const ml_pipeline *pipeline);

/** How series are read, as ml_pipeline_opts.columns says; borrowed. All 0 for a table. */
ML_API const ml_series_opts *ml_pipeline_columns(const ml_pipeline *pipeline);

/** What the file says beside what was learnt (versions, training data, cross-validation): the
 * dictionary "about"; borrowed. */
ML_API const ml_value *ml_pipeline_about(const ml_pipeline *pipeline);

/* ---- predictions --------------------------------------------------------------------------- */

/* How new data are read. */
typedef struct ml_pipeline_read_opts {
  const char *id; /* column of the ids; NULL: as in training */
  char delimiter; /* 0: detected */
  const ml_watch *watch;
} ml_pipeline_read_opts;

/**
 * Read new data: series, whose features are extracted, or a table. Columns that are not needed,
 * such as a target, may be there or not.
 *
 * @param opts      NULL for the defaults
 * @param exec      extracts features; NULL for serial use
 * @param[out] out  with the features of ml_pipeline_features(), in their order, and no target. Free
 *                  it with ml_dataset_free(). Not written on failure.
 *
 * @retval ML_ERR_PARSE  a feature or kind that is not there, or of another type: all of them are
 *                       named, up to some; what ml_series_read() and ml_dataset_read() refuse
 * @retval ML_ERR_IO, ML_ERR_MEMORY, ML_ERR_CANCELLED, ML_ERR_WORKER
 */
ML_API ML_MUST_CHECK ml_status ml_pipeline_read(const ml_pipeline *pipeline, const char *path,
                                                const ml_pipeline_read_opts *opts, ml_exec *exec,
                                                ml_dataset **out, ml_error *err);

/**
 * The features of series that are in memory, as ml_pipeline_read() makes them: of those that come
 * one by one, say.
 *
 * @param set       read with ml_pipeline_columns()
 * @param out, exec, watch  as for ml_pipeline_read()
 *
 * @retval ML_ERR_USAGE  the pipeline has learnt from a table
 * @retval ML_ERR_PARSE  a kind that is not there: all of them are named, up to some
 * @retval ML_ERR_MEMORY, ML_ERR_CANCELLED, ML_ERR_WORKER
 */
ML_API ML_MUST_CHECK ml_status ml_pipeline_extract(const ml_pipeline *pipeline,
                                                   const ml_series_set *set, ml_exec *exec,
                                                   const ml_watch *watch, ml_dataset **out,
                                                   ml_error *err);

/* New data that are read as they come: series whose rows follow one another, or rows of a table. */
typedef struct ml_pipeline_stream ml_pipeline_stream;

/**
 * Open new data and read their header.
 *
 * @param pipeline, path  borrowed; "-" is standard input
 * @param opts   NULL for the defaults; its texts and watch are borrowed
 * @param batch  series, or rows, that are read together; 0: as many as are complete when the input
 * has no more for the moment
 * @param[out] out  close it with ml_pipeline_stream_close(). Not written on failure.
 *
 * @retval ML_ERR_PARSE  columns that are not there, as ml_pipeline_read(); no header
 * @retval ML_ERR_IO, ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_pipeline_stream_open(const ml_pipeline *pipeline,
                                                       const char *path,
                                                       const ml_pipeline_read_opts *opts,
                                                       size_t batch, ml_pipeline_stream **out,
                                                       ml_error *err);

/**
 * Wait until the next `batch` series are complete, or the last ones. A series is when the next id
 * begins or the input ends, a row when its line does. Memory does not depend on how many there
 * were.
 *
 * @param[out] is_end  true: there is nothing any more, or there never was
 *
 * @retval ML_ERR_PARSE  an id comes back that other ids have followed (the last 131072 ids are
 *                       remembered, at least); at the end: there were rows, and none of a kind
 * @retval ML_ERR_IO, ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_pipeline_stream_wait(ml_pipeline_stream *stream, bool *is_end,
                                                       ml_error *err);

/**
 * Read what ml_pipeline_stream_wait() has waited for, as ml_pipeline_read() reads a file that has
 * nothing else. A kind that no row of it has may come later: its features have no value.
 *
 * @return as ml_pipeline_read()
 */
ML_API ML_MUST_CHECK ml_status ml_pipeline_stream_read(ml_pipeline_stream *stream, ml_exec *exec,
                                                       ml_dataset **out, ml_error *err);

/** NULL is allowed. */
ML_API void ml_pipeline_stream_close(ml_pipeline_stream *stream);

/**
 * Predict. For the rows it was fitted on these are the bits that its model gave them then.
 *
 * @param data      with the features of ml_pipeline_features(), in their order
 * @param[out] out  regression: n_rows numbers; classification: n_rows x n_classes probabilities, or
 *                  scores of models with ML_MODEL_SCORES, row-major: the class is that of the
 *                  greatest, the first of equals
 *
 * @retval ML_ERR_USAGE  the data have other features
 * @retval ML_ERR_PARSE  missing or infinite values that steps and model do not take: the feature is
 *                       named, with the first id
 * @retval ML_ERR_NUMERIC, ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_pipeline_predict(const ml_pipeline *pipeline,
                                                   const ml_dataset *data, double *out,
                                                   ml_error *err);

/* ---- drift ---------------------------------------------------------------------------------- */

/* How far the values of a feature are from those of the training data. */
typedef struct ml_drift {
  double psi; /* population stability index: the sum of (a - e) log(a / e) over the tenths of the
                 training rows, or the categories, and what is missing or was not there; a: share of
                 the new rows, e: of the training rows, of which none is taken for less than 1e-4.
                 0: the same; by custom, from 0.1 on some, from 0.25 on much has changed */
  double missing, missing_then; /* shares of rows without a value, new and of training */
  double unseen;                /* share of new rows with a category that was not there */
} ml_drift;

/**
 * Hold new data against the training data.
 *
 * @param data      as for ml_pipeline_predict(), with a row at least
 * @param[out] out  one for each feature of ml_pipeline_features()
 *
 * @retval ML_ERR_USAGE  the data have other features
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_pipeline_drift(const ml_pipeline *pipeline,
                                                 const ml_dataset *data, ml_drift *out,
                                                 ml_error *err);

ML_END_DECLS
#endif
