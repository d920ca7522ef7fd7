/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FRESH: features of time series by name, with tsfresh's names, parameters and numbers. */
#ifndef ML_FRESH_H
#define ML_FRESH_H

#include <ml/buffer.h>
#include <ml/exec.h>
#include <ml/matrix.h>
#include <ml/select.h>
#include <ml/series.h>
#include <ml/status.h>

ML_BEGIN_DECLS

/* ---- the catalogue ------------------------------------------------------------------------- */

typedef enum ml_param_kind {
  ML_PARAM_INT,
  ML_PARAM_REAL,
  ML_PARAM_BOOL,
  ML_PARAM_ENUM,
  ML_PARAM_INTS, /* some integers: widths */
  ML_PARAM_REALS /* some numbers: a query */
} ml_param_kind;

/* How a value was given: 1, 1.0 and true are equal but print differently. */
typedef enum ml_param_form {
  ML_FORM_REAL,
  ML_FORM_INT,
  ML_FORM_BOOL,
  ML_FORM_CHOICE, /* of an enumeration: "mean" */
  ML_FORM_NONE,   /* None, null */
  ML_FORM_TUPLE,  /* (2, 5) */
  ML_FORM_LIST,   /* [2, 5] */
  ML_FORM_ABSENT  /* was not given: the fallback of the parameter holds, the name has no part of it
                   */
} ml_param_form;

/* A value of a parameter. */
typedef struct ml_param_value {
  double v; /* number; 0 or 1 for a boolean; index of the choice; NaN for None and lists */
  ml_param_form form;
  const struct ml_param_value *items; /* tuple, list: n_items numbers; borrowed */
  size_t n_items;
} ml_param_value;

typedef struct ml_fresh_param {
  const char *name; /* as in column names, JSON and help */
  ml_param_kind kind;
  double lo, hi;       /* inclusive, of each number; NaN is allowed where takes_nan */
  const char *choices; /* ML_PARAM_ENUM only: "mean|var|std" */
  const char *doc;
  bool takes_nan, takes_none;
  bool is_optional;        /* need not be given: `fallback` holds then */
  bool is_implied;         /* optional, and the column has its part as if it had been given */
  ml_param_value fallback; /* of an optional parameter */
} ml_fresh_param;

#define ML_FRESH_MAX_PARAMS 4

/* What the catalogue says of one calculator. */
typedef struct ml_fresh_feature {
  const char *name;    /* "change_quantiles" */
  const char *summary; /* one line */
  const char *formula;
  const char *nan_rule;         /* when the value is NaN; "never" */
  const char *cost;             /* "n", "n log n" */
  const char *source;           /* where the formula comes from: the paper, if there is one */
  const ml_fresh_param *params; /* ascending by name */
  size_t n_params;
  const ml_param_value *grid; /* default settings: n_grid rows of n_params values */
  size_t n_grid;              /* 1 for a calculator without parameters */
  bool assumes_step;          /* that the time from value to value is constant */
  bool needs_time;            /* exists for series with dates and times alone */
  /* How the KX toolkit names a column, with %0, %1, ... where values belong; NULL: as tsfresh. */
  const char *column;
} ml_fresh_feature;

/** All calculators of tsfresh, in the order of their columns. @param[out] n  how many */
ML_API const ml_fresh_feature *const *ml_fresh_features(size_t *n);

/**
 * The calculators of "tsfresh", "kx" or "kx-strict".
 *
 * @param[out] n  how many; not written on failure
 * @return NULL when there is no catalogue of that name
 */
ML_API const ml_fresh_feature *const *ml_fresh_catalogue(const char *name, size_t *n);

/** @return the calculator of that name, or NULL */
ML_API const ml_fresh_feature *ml_fresh_find(const char *name);

/** @return the name of a calculator that is closest to a misspelt one, or NULL when none is close
 */
ML_API const char *ml_fresh_nearest(const char *name);

/** Append the name of a column: `temp__quantile__q_0.1`, or `temp_quantile_quantile_0o1` in KX's
 * way, which writes every point as the letter o, that in the name of the kind, too. */
ML_API void ml_fresh_column(const char *kind, const ml_fresh_feature *feature,
                            const ml_param_value *values, ml_buf *out);

/** Append the part of a column name that follows the kind: `quantile__q_0.1`. */
ML_API void ml_fresh_name(const ml_fresh_feature *feature, const ml_param_value *values,
                          ml_buf *out);

/* ---- settings: what is to be computed ------------------------------------------------------ */

typedef struct ml_fresh_settings ml_fresh_settings;

/**
 * Settings by name: "comprehensive" (every calculator with its grid), "efficient" (without the two
 * that are quadratic in time and memory in the reference), "minimal", "index", "time", "kx" (the
 * functions, columns and names of the KX toolkit), "kx-strict" (the same with its mistakes).
 *
 * @retval ML_ERR_USAGE  no such settings; the message lists them
 */
ML_API ML_MUST_CHECK ml_status ml_fresh_settings_named(const char *name, ml_fresh_settings **out,
                                                       ml_error *err);

/**
 * Settings as JSON in tsfresh's shape: {"quantile": [{"q": 0.1}], "mean": null}, or
 * {"default_fc_parameters": {...}, "kind_to_fc_parameters": {"temp": {...}}}.
 *
 * Or in that of KX's hyperparameters.json: {"c3": {"lag": {"value": [1, 2], "type": "long"}}},
 * which stands for all functions of the settings kx without parameters and those of the document
 * with every combination of its values.
 *
 * Or a recipe of ml_fresh_recipe(): a document with "columns". What else it has may be left out;
 * kind_to_fc_parameters must give these columns and no others.
 *
 * @retval ML_ERR_PARSE  bad JSON (with line and column), an unknown calculator, parameter or value
 */
ML_API ML_MUST_CHECK ml_status ml_fresh_settings_parse(const char *text, size_t n,
                                                       const char *source, ml_fresh_settings **out,
                                                       ml_error *err);

/** The same from a file. */
ML_API ML_MUST_CHECK ml_status ml_fresh_settings_read(const char *path, ml_fresh_settings **out,
                                                      ml_error *err);

/**
 * The named calculators with their default grids, in catalogue order.
 *
 * @param names  separated by commas
 * @retval ML_ERR_USAGE  an unknown name; the message has the nearest
 */
ML_API ML_MUST_CHECK ml_status ml_fresh_settings_features(const char *names,
                                                          ml_fresh_settings **out, ml_error *err);

/**
 * The settings that give exactly the columns of these names, `kind__calculator__param_value`.
 * ml_fresh_extract() gives them in this order, each once; kinds and values may be
 * whatever it writes itself. Only what these columns need is computed.
 *
 * @param names   n of them
 * @param source  where they are from, for messages; may be NULL
 * @retval ML_ERR_PARSE  a name is no feature, of an unknown calculator, has a parameter or value
 * that it does not take: the message has the nearest; or n is 0
 */
ML_API ML_MUST_CHECK ml_status ml_fresh_settings_from_names(const char *const *names, size_t n,
                                                            const char *source,
                                                            ml_fresh_settings **out, ml_error *err);

/* Whose numbers, where newer releases of what the reference is built on give others. */
typedef enum ml_compat {
  ML_COMPAT_REFERENCE, /* scipy 1.10, statsmodels 0.13, pandas 1.5, PyWavelets 1.1 */
  ML_COMPAT_MODERN     /* scipy 1.18, statsmodels 0.14, pandas 3, PyWavelets 1.9 */
} ml_compat;

/** ML_COMPAT_REFERENCE unless this is called, or a recipe says otherwise. The names of columns are
 * the same. */
ML_API void ml_fresh_settings_set_compat(ml_fresh_settings *settings, ml_compat compat);

ML_API ml_compat ml_fresh_settings_compat(const ml_fresh_settings *settings);

/**
 * Say what replaces values that are not finite, when ml_fresh_extract() has made them: as
 * ml_impute() does.
 *
 * @param settings  of ml_fresh_settings_from_names(), or of a recipe
 * @param ranges    of its n columns, copied; NULL: nothing is replaced
 * @retval ML_ERR_USAGE  settings without an order of their columns, or of another number of them; a
 * range that is not finite
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_fresh_settings_set_ranges(ml_fresh_settings *settings,
                                                            const ml_impute_range *ranges, size_t n,
                                                            ml_error *err);

/** What replaces values that are not finite; borrowed. @param[out] n  columns @return NULL when
 * nothing does */
ML_API const ml_impute_range *ml_fresh_settings_ranges(const ml_fresh_settings *settings,
                                                       size_t *n);

/**
 * Append the settings as JSON, in the shape that ml_fresh_settings_parse() reads. Tuples become
 * lists; NaN and infinities are bare words, as Python's json writes them. The order of columns that
 * ml_fresh_settings_from_names() keeps, what replaces values that are not finite, and compatibility
 * are not part of it: ml_fresh_recipe() has them all.
 */
ML_API void ml_fresh_settings_json(const ml_fresh_settings *settings, ml_buf *out);

/**
 * Append a recipe: settings as JSON that give exactly these columns, in this order, with what
 * replaces values that are not finite. ml_fresh_settings_parse() reads it, and ml_fresh_extract()
 * then does all of it:
 *
 *     {"columns": [NAME, ...], "impute": {"min": [...], "max": [...], "median": [...]},
 *      "compat": "reference", "kind_to_fc_parameters": {...}}
 *
 * @param names   n columns of features; a recipe of none says so, and is refused when it is read
 * @param ranges  n of them; NULL: nothing is replaced
 * @retval ML_ERR_PARSE  a name is that of no feature, or there twice
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_fresh_recipe(const char *const *names, size_t n,
                                               const ml_impute_range *ranges, ml_compat compat,
                                               ml_buf *out, ml_error *err);

/**
 * ml_fresh_recipe() of columns of which more is known than their names, which do not tell kx from
 * kx-strict, have seven digits of a number and no point of a kind in KX's way.
 *
 * @param set       of which ml_fresh_extract() has made the columns
 * @param settings  with which it has; NULL for "comprehensive". Compatibility is theirs.
 * @retval ML_ERR_PARSE  a column is none of those
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_fresh_recipe_of(const ml_series_set *set,
                                                  const ml_fresh_settings *settings,
                                                  const char *const *names, size_t n,
                                                  const ml_impute_range *ranges, ml_buf *out,
                                                  ml_error *err);

/** True when a calculator is computed for some kind. @param settings  NULL for "comprehensive" */
ML_API bool ml_fresh_settings_uses(const ml_fresh_settings *settings,
                                   const ml_fresh_feature *feature);

/** The kinds that have settings of their own, ascending. @return the i-th; NULL when there is none
 */
ML_API const char *ml_fresh_settings_kind(const ml_fresh_settings *settings, size_t i);

/** NULL is allowed. */
ML_API void ml_fresh_settings_free(ml_fresh_settings *settings);

/* ---- extraction ---------------------------------------------------------------------------- */

/**
 * Compute the features of every id. One row an id, ascending as in the set; columns
 * `kind__calculator__param_value` in tsfresh's order. A feature of a kind that an id does not have
 * is NaN. The numbers do not depend on exec.
 *
 * @param settings  NULL for "comprehensive"
 * @param exec      NULL for serial
 * @param[out] out  free it with ml_matrix_free(). Not written on failure.
 *
 * @retval ML_ERR_USAGE   the settings give no feature for any kind of the set, or a column that was
 * asked for by name cannot be there
 * @retval ML_ERR_MEMORY, ML_ERR_CANCELLED, ML_ERR_WORKER
 */
ML_API ML_MUST_CHECK ml_status ml_fresh_extract(const ml_series_set *set,
                                                const ml_fresh_settings *settings, ml_exec *exec,
                                                const ml_watch *watch, ml_matrix **out,
                                                ml_error *err);

/**
 * The memory in bytes that a process takes at most to compute the features of series of up to n
 * values, beside the series and their features.
 *
 * @param settings  NULL for "comprehensive"
 * @return 0 when memory ran out
 */
ML_API uint64_t ml_fresh_scratch(const ml_fresh_settings *settings, size_t n);

/* The time that one calculator, or one of the steps that they share, has taken. */
typedef struct ml_fresh_cost {
  const char *name; /* of the calculator; of the step: "sorted" */
  bool is_shared;   /* it is a step */
  double seconds;   /* of all processes together */
} ml_fresh_cost;

typedef struct ml_fresh_costs {
  ml_fresh_cost *list; /* n, the longest first; what was not called is not there */
  size_t n, n_series;
  double seconds; /* all of them together */
} ml_fresh_costs;

/**
 * ml_fresh_extract(), with the time that each calculator takes on these series. Taking the times
 * costs some 30 ns for each of them and series.
 *
 * @param[out] costs  NULL: no times are taken. Else free it with ml_fresh_costs_release(); all 0 on
 *                    failure.
 * @return as ml_fresh_extract()
 */
ML_API ML_MUST_CHECK ml_status ml_fresh_extract_timed(const ml_series_set *set,
                                                      const ml_fresh_settings *settings,
                                                      ml_exec *exec, const ml_watch *watch,
                                                      ml_fresh_costs *costs, ml_matrix **out,
                                                      ml_error *err);

/* Told of rows as they are made, in the thread of the caller. */
typedef struct ml_fresh_rows {
  /* The first n_rows of the matrix, which has all its names, are as they will be; n_rows only
   * grows. What it returns other than ML_OK ends the extraction. */
  ml_status (*ready)(void *ctx, const ml_matrix *matrix, size_t n_rows, ml_error *err);
  void (*failed)(void *ctx); /* the matrix is about to go, as the extraction fails; may be NULL */
  void *ctx;
} ml_fresh_rows;

/**
 * ml_fresh_extract_timed(), with something done to the rows while later ones are still computed by
 * the workers; such as to write them: ml_matrix_write_open().
 *
 * @param rows  may be NULL
 * @return as ml_fresh_extract(), or what rows->ready() returned
 */
ML_API ML_MUST_CHECK ml_status ml_fresh_extract_rows(const ml_series_set *set,
                                                     const ml_fresh_settings *settings,
                                                     ml_exec *exec, const ml_watch *watch,
                                                     ml_fresh_costs *costs,
                                                     const ml_fresh_rows *rows, ml_matrix **out,
                                                     ml_error *err);

/** All 0 is allowed. */
ML_API void ml_fresh_costs_release(ml_fresh_costs *costs);

/**
 * Say why features are NaN; as JSON, one object for each column that has any:
 *
 *     {"rows": 383, "columns": [{"name": "wind__skewness", "nan": 3, "why": {"absent": 1,
 *      "not_finite": 0, "short": 2, "constant": 0, "rule": 0}, "nan_rule": "n < 3"}]}
 *
 * `why` counts each NaN once, by the first that holds: the id has no values of this kind, the
 * series has missing or infinite values, it has too few values, it is constant, or the calculator's
 * own rule, which stands in nan_rule.
 *
 * @param settings  with which ml_fresh_extract() has made the matrix of the set
 * @param out       the text is appended
 *
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_fresh_nan_report(const ml_series_set *set,
                                                   const ml_fresh_settings *settings,
                                                   const ml_matrix *matrix, ml_buf *out,
                                                   ml_error *err);

/** The tasks of this folder, for workers. */
ML_API const ml_module *ml_fresh_module(void);

ML_END_DECLS
#endif
