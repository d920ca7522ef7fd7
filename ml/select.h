/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feature selection: each feature is tested against a target, and the false discovery rate is
 * controlled over all of them (FRESH: Christ, Kempa-Liehr and Feindt 2016), as in tsfresh. */
#ifndef ML_SELECT_H
#define ML_SELECT_H

#include <ml/exec.h>
#include <ml/matrix.h>
#include <ml/problem.h>
#include <ml/series.h>
#include <ml/stats.h>

ML_BEGIN_DECLS

/* ---- the target ---------------------------------------------------------------------------- */

/* What the cells of a target are; decides the problem where it is ML_PROBLEM_AUTO: real numbers
 * (and integers beyond 63 bits) are regression, all else is classification. */
typedef enum ml_target_type {
  ML_TARGET_INTEGER,
  ML_TARGET_REAL,
  ML_TARGET_BOOLEAN,
  ML_TARGET_TEXT
} ml_target_type;

/* Read-only for callers; free it with ml_target_free(). Has two different values at least. */
typedef struct ml_target {
  char *name;
  ml_target_type type;
  ml_problem problem; /* ML_CLASSIFICATION or ML_REGRESSION */
  size_t n;           /* rows */
  double *values;     /* n finite numbers, booleans 0 and 1; NULL for texts */
  uint32_t *classes;  /* n, each below n_classes; NULL when there are more than two different
                         values and the problem is regression */
  char **labels;      /* of the classes, in order of first appearance when rows ascend by id; as
                         pandas prints them: "1", "1.0", "True" */
  size_t n_classes;   /* 0 without classes */
} ml_target;

/**
 * Make a target from the texts of its cells. They are integers, real numbers, booleans or texts,
 * whichever fits all of them, by pandas' rules of reading a CSV file.
 *
 * @param name     of the target, copied
 * @param cells    n texts
 * @param by_id    the rows ascending by id, n of them; NULL: they do already
 * @param source   file they are from, for messages; may be NULL
 * @param[out] out  free it with ml_target_free(). Not written on failure.
 *
 * @retval ML_ERR_PARSE  fewer than two rows or two different values; a cell is empty, missing or
 * infinite; texts for a regression
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_target_from_texts(const char *name, const char *const *cells,
                                                    size_t n, const uint32_t *by_id,
                                                    ml_problem problem, const char *source,
                                                    ml_target **out, ml_error *err);

/** The same from n numbers, which are ML_TARGET_REAL. */
ML_API ML_MUST_CHECK ml_status ml_target_from_numbers(const char *name, const double *values,
                                                      size_t n, ml_problem problem, ml_target **out,
                                                      ml_error *err);

typedef struct ml_target_opts {
  const char *name; /* column of the target; NULL: the only one beside the id */
  const char *id;   /* column of the ids; NULL: one of the name that the rows' label has, "id", or
                       the first */
  ml_problem problem;
  char delimiter;        /* 0: detected */
  const ml_watch *watch; /* may be NULL */
} ml_target_opts;

/**
 * Read a target from a file of its own, joined by id to the rows of a matrix. Ids that are numbers
 * in both are compared as numbers.
 *
 * @param opts  may be NULL
 * @retval ML_ERR_USAGE  no such column, or several may be meant; the message has those there are
 * @retval ML_ERR_PARSE  an id that is there twice, is missing there or in the matrix (the message
 * has some of them, and how many); as ml_target_from_texts()
 * @retval ML_ERR_IO, ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_target_read(const char *path, const ml_target_opts *opts,
                                              const ml_matrix *rows, ml_target **out,
                                              ml_error *err);

/**
 * The target of a set that was read with ml_series_opts.target: a row an id, windows with that of
 * their series.
 *
 * @retval ML_ERR_USAGE  the set has none
 * @return else as ml_target_from_texts()
 */
ML_API ML_MUST_CHECK ml_status ml_target_of_series(const ml_series_set *set, ml_problem problem,
                                                   ml_target **out, ml_error *err);

/** ml_target_read() for a set: a row an id, windows with that of their series, by whose ids the
 * file is joined. @return as ml_target_read() */
ML_API ML_MUST_CHECK ml_status ml_target_read_series(const char *path, const ml_target_opts *opts,
                                                     const ml_series_set *set, ml_target **out,
                                                     ml_error *err);

/** NULL is allowed. */
ML_API void ml_target_free(ml_target *target);

/* ---- features from a file ------------------------------------------------------------------ */

typedef struct ml_features_opts {
  const char *id;      /* column of the ids; "": there is none, and rows are numbered from 0; NULL:
                          "id", or else the first column unless its name is one of a feature */
  const char *target;  /* column of the target; NULL: the file has none */
  const char *exclude; /* columns to leave out, separated by commas */
  ml_problem problem;  /* of the target */
  char delimiter;      /* 0: detected */
  const ml_watch *watch; /* may be NULL */
} ml_features_opts;

/**
 * Read a matrix of features: CSV (also packed), a row an id, as ml_matrix_write() writes it, or
 * .npy with its .columns.json beside it. Missing and infinite cells become NaN and infinities.
 *
 * A CSV file gives a matrix by_column, in as much memory as its values take.
 *
 * @param exec         who will use it; NULL for serial use
 * @param[out] out     free it with ml_matrix_free(). Not written on failure.
 * @param[out] target  set to NULL unless opts->target is given; free it with ml_target_free(). May
 *                     be NULL without it
 *
 * @retval ML_ERR_USAGE  no such column; the message has the nearest
 * @retval ML_ERR_PARSE  a cell that is no number, an id that is there twice, no feature; as
 * ml_target_from_texts()
 * @retval ML_ERR_IO, ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_features_read(const char *path, const ml_features_opts *opts,
                                                const ml_exec *exec, ml_matrix **out,
                                                ml_target **target, ml_error *err);

/* ---- missing values ------------------------------------------------------------------------ */

/* What replaces the odd values of one column: -infinity, infinity and NaN. All finite. */
typedef struct ml_impute_range {
  double min, max, median;
} ml_impute_range;

/**
 * Find the range of each column: min, max and median of its finite values (the mean of the two in
 * the middle); 0, 0, 0 where there is none.
 *
 * @param[out] ranges  n_columns of them
 * @param[out] n_odd   n_columns: how many values of the column are not finite; may be NULL
 * @param      watch   may be NULL: it is never cancelled then
 * @retval ML_ERR_MEMORY
 * @retval ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_impute_learn(const ml_matrix *matrix, ml_impute_range *ranges,
                                               size_t *n_odd, const ml_watch *watch, ml_error *err);

/** Replace the values that are not finite, in place; n_columns ranges. With ranges of 0, 0, 0: by
 * zeros. */
ML_API void ml_impute(ml_matrix *matrix, const ml_impute_range *ranges);

/* ---- selection ----------------------------------------------------------------------------- */

/* Which tests are taken: by the type of target and feature. */
typedef enum ml_select_test {
  ML_SELECT_MANN, /* tsfresh: classes against real features by Mann-Whitney */
  ML_SELECT_KS,   /* tsfresh's "smir": those by Kolmogorov-Smirnov */
  ML_SELECT_KX    /* the KX toolkit's table of tests, with ML_RULES_KX: a target of more than two
                     values is real, whatever its type */
} ml_select_test;

/* All 0 is tsfresh's default. */
typedef struct ml_select_opts {
  ml_select_test test;
  ml_fdr_method method;
  double fdr_level;     /* in (0, 1); 0: 0.05 */
  size_t k;             /* in place of the FDR: the k smallest p-values; 0: not */
  double percentile;    /* in place of the FDR: p-values up to this percentile of all, in (0, 100];
                           0: not */
  size_t n_significant; /* multi-class: a feature is relevant that is so for this many classes; 0:
                           not multi-class: one class is enough, and a feature has one p-value, the
                           least. Two classes are one decision: n_classes of the result is 0 */
  double redundancy;    /* in (0, 1): of two selected features whose correlation, as a double, has
                           a larger absolute value (that of equal ones is 1), the one with the
                           larger p-value is dropped; 0: none is */
} ml_select_opts;

typedef enum ml_feature_type {
  ML_FEATURE_CONSTANT,
  ML_FEATURE_BINARY, /* two different values */
  ML_FEATURE_REAL
} ml_feature_type;

typedef struct ml_class_relevance {
  double p_value, threshold;
  bool is_relevant;
} ml_class_relevance;

typedef struct ml_relevance {
  size_t column; /* of the matrix */
  ml_feature_type type;
  const char
      *test;      /* "fisher", "mann-whitney", "kolmogorov-smirnov", "kendall"; "" for a constant */
  double p_value; /* of several classes the least; NaN for a constant, or where there is none */
  double threshold;     /* relevant features are those with p_value <= threshold, but for ties at
                           the k-th and for n_significant; of several classes that of the class which
                           decides. NaN for a constant */
  bool is_relevant;     /* for the target */
  size_t n_significant; /* classes for which it is relevant; multi-class only */
  const ml_class_relevance *classes; /* n_classes; NULL unless multi-class */
  size_t redundant_with; /* relevant, but dropped for this column; SIZE_MAX: not dropped */
} ml_relevance;

/* Read-only for callers; free it with ml_selection_free(). */
typedef struct ml_selection {
  ml_relevance *features; /* n: ascending by p_value, equal ones by column, with ML_SELECT_KX real
                             before binary ones; then those with NaN, constants last */
  size_t n, n_constant;
  size_t *selected; /* n_selected columns: relevant and not dropped, in the order of features */
  size_t n_selected;
  size_t n_classes;   /* multi-class only, else 0; labels are the target's */
  ml_problem problem; /* that was tested: as the target's, but with ML_SELECT_KX by its values */
  double threshold;   /* smallest of all features that are no constants: what the best would
                         have to reach; NaN when there are none */
} ml_selection;

/**
 * Test every feature against the target and select.
 *
 * @param features  without NaN
 * @param target    of the same rows
 * @param opts      NULL for the defaults
 * @param exec      NULL for serial; the result does not depend on it
 * @param watch     may be NULL
 * @param[out] out  free it with ml_selection_free(). Not written on failure.
 *
 * @retval ML_ERR_USAGE  a number of the options is out of its range; options that contradict one
 * another or the target (multi-class for a regression, n_significant above the number of classes,
 * texts of three classes with ML_SELECT_KX); features and target have not as many rows, or 2^32 and
 * more; a target made by hand that cannot be
 * @retval ML_ERR_PARSE  a feature has a NaN; the message names some, and how many there are
 * @retval ML_ERR_MEMORY, ML_ERR_CANCELLED, ML_ERR_WORKER
 */
ML_API ML_MUST_CHECK ml_status ml_select(const ml_matrix *features, const ml_target *target,
                                         const ml_select_opts *opts, ml_exec *exec,
                                         const ml_watch *watch, ml_selection **out, ml_error *err);

/** NULL is allowed. */
ML_API void ml_selection_free(ml_selection *selection);

ML_END_DECLS
#endif
