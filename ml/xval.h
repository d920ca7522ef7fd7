/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cross-validation and the search of hyper-parameters. docs/xval.md has the semantics. */
#ifndef ML_XVAL_H
#define ML_XVAL_H

#include <ml/dataset.h>
#include <ml/exec.h>
#include <ml/folds.h>
#include <ml/metrics.h>
#include <ml/model.h>
#include <ml/prep.h>

ML_BEGIN_DECLS

/* ---- splits -------------------------------------------------------------------------------- */

typedef struct ml_split_opts {
  size_t repeats; /* 0: 1 */
  uint64_t seed;  /* of the schemes with chance; each repeat draws anew */
} ml_split_opts;

/**
 * Split rows into folds. Schemes, with their defaults:
 *
 *   KX's:  kfSplit:5 kfShuff:5 kfStrat:5 tsRolls:5 tsChain:5 pcSplit:0.2 mcSplit:0.2
 *   scikit-learn's:  kfold:5 shuffled:5 stratified:5 group:5 stratified-group:5 loo logo
 *          timeseries:5,gap=0,test=ROWS,max-train=ROWS  predefined (or predefined=COLUMN)
 *   ours:  rolling:train=ROWS,test=ROWS,step=ROWS,gap=0  purged:5,embargo=0
 *
 * The first number may have its name, kfold:k=5 or pcSplit:pc=0.2; "kfold:5,shuffle" is shuffled:5,
 * and "stratified:5,shuffle" is stratified by chance. docs/splits.md has the rules.
 *
 * @param scheme   as above
 * @param data     of which classes, groups, predefined, start and end are looked at, as the scheme
 *                 needs them; its features are not
 * @param members  n_members row numbers, ascending: split these alone; NULL: all rows
 * @param opts     NULL for the defaults
 * @param[out] out  free it with ml_folds_free(). Not written on failure.
 *
 * @retval ML_ERR_USAGE  no such scheme (the nearest is named); a number that is none; folds that
 *                       cannot be: more of them than rows, every class smaller than k, one group,
 *                       no training rows: the message says which and why
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_split(const char *scheme, const ml_dataset *data,
                                        const uint32_t *members, size_t n_members,
                                        const ml_split_opts *opts, ml_folds **out, ml_error *err);

/* What a scheme looks at, and what it is like. */
typedef struct ml_scheme {
  const char *name, *summary;
  const char *arguments; /* ":K", ":K,gap=ROWS,...", "=COLUMN"; "" */
  bool is_random;        /* always; where the arguments have the word "shuffle", that says it */
  bool trains_rest; /* each fold trains on all rows that it does not test, and each repeat tests
                       no row twice: a number for each row says all but the order */
  bool needs_classes, needs_groups, needs_predefined, needs_times;
} ml_scheme;

/** @return number i of all schemes; NULL behind the last */
ML_API const ml_scheme *ml_scheme_at(size_t i);

/** The scheme that a text begins with. @retval ML_ERR_USAGE  none; the nearest is named */
ML_API ML_MUST_CHECK ml_status ml_scheme_find(const char *text, const ml_scheme **out,
                                              ml_error *err);

/** What is split by unless something is asked for: stratified:5 for classes, else kfold:5. */
ML_API const char *ml_scheme_default(ml_problem problem);

/**
 * Call any function for each fold, one after another.
 *
 * @param fn  gets views of the rows that are trained on and tested; what it returns but ML_OK ends
 *            the call
 * @return what fn returned, or ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_xv_apply(const ml_folds *folds, const ml_dataset *data,
                                           ml_status (*fn)(void *ctx, size_t fold,
                                                           const ml_view *train,
                                                           const ml_view *test, ml_error *err),
                                           void *ctx, ml_error *err);

/** All rows of a dataset as a model sees them. */
ML_API ml_view ml_dataset_view(const ml_dataset *data);

#define ML_DIGEST_SIZE 65

/**
 * What tells a dataset from any other: a digest (BLAKE2b, 256 bits) of its features with their
 * names and categories, of its target and its weights; machines of one byte order agree on it. A
 * checkpoint knows its data by the same bytes.
 *
 * @param data      with a target
 * @param[out] out  64 hexadecimal digits and a zero
 * @retval ML_ERR_USAGE  the dataset has no rows or no target, or they are none
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_dataset_digest(const ml_dataset *data, char out[ML_DIGEST_SIZE],
                                                 ml_error *err);

/* ---- candidates ---------------------------------------------------------------------------- */

typedef enum ml_draw { ML_DRAW_GRID, ML_DRAW_RANDOM, ML_DRAW_SOBOL } ml_draw;

typedef struct ml_candidates_opts {
  ml_draw draw;
  size_t n; /* RANDOM, SOBOL: how many, 0: 16; SOBOL: a power of two */
  uint64_t seed;
  bool kx_rules; /* the bounds of log are exponents, upper ends of random integers are not drawn,
                    an integer on a log scale has an integer exponent, choices are not spread by
                    Sobol points */
} ml_candidates_opts;

/* Read-only for callers; free it with ml_candidates_free(). */
typedef struct ml_candidates {
  size_t n, n_params;
  double *values; /* n x n_params, row-major */
  size_t *varied; /* n_varied parameters that the specifications name, in their order */
  size_t n_varied;
  size_t n_drawn; /* before repeats were removed */
} ml_candidates;

/**
 * Make the candidates of a search.
 *
 * @param fixed  n_params of the model: values of the parameters that nothing is said about
 * @param specs  n texts, each of another parameter.
 *   GRID: "alpha=0.1,1,10", "alpha=log:1e-3:1e5:20", "alpha=lin:0:1:11", "depth=int:1:10[:STEP]",
 *         "flag=true,false": the product, in the order given, the last fastest
 *   RANDOM, SOBOL: "eta=log:1e-3:1", "eta=0.1:1" or "eta=uniform:0.1:1", "depth=int:1:30",
 *         "depth=log:1:1000", "kind=choice:a,b", "flag=bool"; repeats are removed, the first stays
 * @param opts  NULL for a grid
 * @retval ML_ERR_USAGE  a specification that is none, of no parameter, twice of the same, with
 *                       values the parameter does not take, upper below lower bound; no power of
 *                       two; too many
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_candidates_make(const ml_model *model, const double *fixed,
                                                  const char *const *specs, size_t n,
                                                  const ml_candidates_opts *opts,
                                                  ml_candidates **out, ml_error *err);

/** NULL is allowed. */
ML_API void ml_candidates_free(ml_candidates *candidates);

/* ---- a run --------------------------------------------------------------------------------- */

typedef enum ml_pick { ML_PICK_BEST, ML_PICK_1SE } ml_pick;

/* How candidates are dropped before all of their folds are computed. */
typedef enum ml_early {
  ML_EARLY_NONE,
  ML_EARLY_RACE,   /* after 3 folds and each further one: those that a paired test says are worse */
  ML_EARLY_HALVING /* successive halving over growing parts of the training rows */
} ml_early;

typedef struct ml_xval_opts {
  const char *cv;           /* scheme; NULL: ml_scheme_default() */
  size_t repeats;           /* 0: 1 */
  uint64_t seed;            /* of splits, candidates and models */
  const ml_metric *metrics; /* n_metrics, the first decides; NULL: ml_metrics_default() */
  size_t n_metrics;
  const ml_prep *prep;                   /* NULL: none */
  bool fit_unweighted, score_unweighted; /* do not use the weights of the dataset there */
  double zero_division;
  ml_pick pick;
  ml_early early;
  double holdout;       /* in [0, 1): this share of the rows is not searched, but scored at the
                           end; 0: none */
  bool holdout_shuffle; /* the share is drawn; else it is the last rows */
  const char *nested;   /* scheme of the outer folds, a search in each: "5" or "kfold:5"; NULL */
  bool pool_winner; /* the winner's pooled scores are known also where predictions are too many to
                       be kept: its folds are computed once more */
  bool keep_predictions;  /* out-of-fold predictions of the winner */
  const char *checkpoint; /* file to which what is done is written, and from which a run that was
                             ended goes on; NULL: none */
  double time_budget;     /* seconds after which nothing new is begun; 0: none */
  bool stop_on_error;     /* the first failing fold ends the run */
} ml_xval_opts;

typedef enum ml_fold_state {
  ML_FOLD_DONE,
  ML_FOLD_FAILED, /* see error */
  ML_FOLD_SKIPPED /* dropped early, or out of time */
} ml_fold_state;

/* One candidate in one fold. */
typedef struct ml_fold_result {
  ml_fold_state state;
  double *scores;    /* n_metrics; NaN: undefined */
  const char **why;  /* n_metrics: why it is; "" or NULL: it is not */
  const char *error; /* FAILED: one line; else NULL */
  double fit_seconds, score_seconds;
} ml_fold_result;

typedef struct ml_candidate_result {
  const double *params;  /* n_params of the model */
  ml_fold_result *folds; /* n_folds */
  size_t n_done, n_failed;
  double *mean, *sd; /* n_metrics, over folds: plain mean, population deviation; NaN unless all
                        folds are done and defined */
  double *pooled;    /* n_metrics, over all tested rows at once; NaN: not known or undefined */
  size_t rank;       /* from 1 by the first metric, equals share the smaller; 0: none */
} ml_candidate_result;

/* A search within an outer fold, or what the holdout says of the winner. */
typedef struct ml_outer_result {
  size_t best;        /* candidate; SIZE_MAX: none */
  double *inner_mean; /* n_candidates: mean of the first metric; NULL for a holdout */
  size_t n_train, n_test;
  double *scores; /* n_metrics, of the winner that was fitted on all searched rows */
  const char **why;
  const char *error; /* NULL: none */
} ml_outer_result;

/* Out-of-fold predictions: one for each tested row of each repeat, in the order of the folds. */
typedef struct ml_predicted {
  size_t n;
  uint32_t *row;
  uint32_t *fold;    /* from 0, over all repeats */
  double *values;    /* regression: n */
  uint32_t *classes; /* classification: n predicted classes */
  double *scores;    /* n x n_classes, row-major */
} ml_predicted;

/* Read-only for callers; free it with ml_xval_free(). Borrows model and dataset. */
typedef struct ml_xval_result {
  const ml_model *model;
  const ml_dataset *data;
  ml_problem problem;
  char *cv; /* the scheme as it was used */
  uint64_t seed;
  size_t n_folds, n_repeats;
  size_t *n_train, *n_test; /* n_folds */
  ml_folds *folds;          /* n_folds; of a nested search the outer ones */
  ml_metric *metrics;
  size_t n_metrics;
  bool ranks_pooled; /* the first metric is undefined for the folds, such as r2 of one row: ranks
                        and the winner are by the pooled scores */
  ml_candidate_result *candidates; /* n_candidates */
  size_t n_candidates;
  size_t *varied, n_varied; /* parameters that differ */
  size_t n_drawn;
  size_t best;              /* the winner: first of equals, by pick; the only candidate, if it is
                               done in all folds; SIZE_MAX: none */
  size_t best_by_mean;      /* by the mean alone, whatever pick is */
  ml_predicted *predicted;  /* of the winner; NULL unless asked for */
  ml_outer_result *holdout; /* NULL unless asked for */
  ml_outer_result *outer;   /* n_outer, of nested; then candidates have no folds */
  size_t n_outer;
  size_t n_done, n_failed, n_skipped, n_resumed; /* fits; of checkpoints */
  char **warnings;                               /* n_warnings lines: risks of leakage */
  size_t n_warnings;
  double fit_seconds, score_seconds; /* over all processes */
} ml_xval_result;

/**
 * Cross-validate every candidate and find the best.
 *
 * @param data        with a target; the values are put into shared memory once, unless they are
 * @param model       that can solve data->problem
 * @param candidates  from ml_candidates_make(), of this model; NULL: fixed alone
 * @param fixed       n_params; NULL: the defaults
 * @param opts        NULL for the defaults
 * @param exec        NULL for serial; the result does not depend on it, but for the times
 * @param watch       may be NULL
 * @param[out] out    free it with ml_xval_free(). Not written on failure. Folds that fail are in
 *                    the result.
 *
 * @retval ML_ERR_USAGE  options that contradict one another or the data; a model that does not know
 *                       weights; a checkpoint of another run
 * @retval ML_ERR_PARSE  a feature with missing values for a model that takes none (unless a step
 *                       imputes them), or with infinite ones (unless the first step does); a
 *                       checkpoint that is none
 * @retval ML_ERR_NUMERIC  every fold of every candidate failed: the first error
 * @retval ML_ERR_MEMORY, ML_ERR_CANCELLED, ML_ERR_WORKER, ML_ERR_IO
 */
ML_API ML_MUST_CHECK ml_status ml_xval(const ml_dataset *data, const ml_model *model,
                                       const ml_candidates *candidates, const double *fixed,
                                       const ml_xval_opts *opts, ml_exec *exec,
                                       const ml_watch *watch, ml_xval_result **out, ml_error *err);

/** NULL is allowed. */
ML_API void ml_xval_free(ml_xval_result *result);

/* ---- functions ----------------------------------------------------------------------------- */

/**
 * The built-in module xval: the splits of the KX toolkit (.ml.xv) as functions, for ml_peach() and
 * `mltool peach`, and the tasks of the above. The argument of a split is a dictionary; it gives a
 * list of [train, test], two vectors of row numbers from 0 on:
 *
 *   kfSplit {"n", "k"}   k chunks of n rows in order; the last is the first test set, and the rows
 *                        behind a test set are trained on before those in front of it
 *   tsRolls {"n", "k"}   each chunk is trained on, the one behind it tested
 *   tsChain {"n", "k"}   all chunks up to one are trained on, the one behind it tested
 *   pcSplit {"n", "pc"}  the last share pc of the rows is tested
 *
 * Chunk f holds rows floor(f n / k) to floor((f + 1) n / k) - 1. "reps", 1 unless it is given,
 * repeats the folds.
 */
ML_API const ml_module *ml_xval_module(void);

ML_END_DECLS
#endif
