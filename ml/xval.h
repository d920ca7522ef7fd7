/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cross-validation and the search for hyper-parameters. docs/xval.md has the semantics,
 * examples/xval.c shows the use. */
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
  uint64_t seed;  /* of random schemes; each repeat draws anew from it */
} ml_split_opts;

/**
 * Split rows into folds. Schemes, with the defaults of their arguments:
 *
 *   KX's:  kfSplit:5 kfShuff:5 kfStrat:5 tsRolls:5 tsChain:5 pcSplit:0.2 mcSplit:0.2
 *   scikit-learn's:  kfold:5 shuffled:5 stratified:5 group:5 stratified-group:5 loo logo
 *          timeseries:5,gap=0,test=ROWS,max-train=ROWS  predefined (or predefined=COLUMN)
 *   ours:  rolling:train=ROWS,test=ROWS,step=ROWS,gap=0  purged:5,embargo=0
 *
 * The first number may be named: kfold:k=5, pcSplit:pc=0.2. "kfold:5,shuffle" is shuffled:5, and
 * "stratified:5,shuffle" deals the rows of each class at random. docs/splits.md has the rules.
 *
 * @param scheme   one of these texts
 * @param data     n_rows, and as the scheme needs them classes, groups, predefined, start and end;
 *                 features are not read
 * @param members  n_members row numbers, ascending: only these rows are split; NULL: all rows
 * @param opts     NULL for the defaults
 * @param[out] out  free it with ml_folds_free(). Not written on failure.
 *
 * @retval ML_ERR_USAGE  an unknown scheme (the message names the nearest); a wrong argument; data
 *                       without what the scheme needs; repeats of a scheme that draws nothing and
 *                       is not KX's; folds that cannot be: more folds than rows, every class
 *                       smaller than k, one group, no training rows
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_split(const char *scheme, const ml_dataset *data,
                                        const uint32_t *members, size_t n_members,
                                        const ml_split_opts *opts, ml_folds **out, ml_error *err);

/* A scheme of ml_split(), as lists and checks of options need it. */
typedef struct ml_scheme {
  const char *name, *summary;
  const char *arguments; /* what may follow the name: ":K", ":K,gap=ROWS,...", "=COLUMN"; "" */
  bool is_random;        /* always draws; other schemes draw if they are given "shuffle" */
  bool
      trains_rest; /* each fold trains on all rows that it does not test, and each repeat tests no
                      row twice: so one fold number for each row describes a repeat but for order */
  bool needs_classes, needs_groups, needs_predefined, needs_times; /* of the dataset */
} ml_scheme;

/** @return scheme number i; NULL behind the last */
ML_API const ml_scheme *ml_scheme_at(size_t i);

/** Find the scheme that a text such as "kfold:5" names; arguments are not checked.
 * @retval ML_ERR_USAGE  it is unknown; the message names the nearest */
ML_API ML_MUST_CHECK ml_status ml_scheme_find(const char *text, const ml_scheme **out,
                                              ml_error *err);

/** The default scheme: "stratified:5" for classification, else "kfold:5". */
ML_API const char *ml_scheme_default(ml_problem problem);

/**
 * Call a function for each fold, in their order.
 *
 * @param fn   gets views of the training and test rows, borrowed for the call. If it returns
 *             anything but ML_OK no further fold is visited.
 * @param ctx  handed to fn
 * @return what fn returned last; ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_xv_apply(const ml_folds *folds, const ml_dataset *data,
                                           ml_status (*fn)(void *ctx, size_t fold,
                                                           const ml_view *train,
                                                           const ml_view *test, ml_error *err),
                                           void *ctx, ml_error *err);

/** All rows of a dataset as a model sees them; borrowed. */
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
  size_t n; /* RANDOM, SOBOL: number of draws, 0: 16; SOBOL: a power of two */
  uint64_t seed;
  bool kx_rules; /* KX's own rules: bounds of log are exponents of 10, the upper bound of a random
                    integer is not drawn, an integer on a log scale is a power of 10, choices are
                    drawn at random even by SOBOL */
} ml_candidates_opts;

/* Read-only for callers; free it with ml_candidates_free(). */
typedef struct ml_candidates {
  size_t n, n_params;
  double *values; /* n x n_params, row-major */
  size_t *varied; /* n_varied indices of the parameters that the specifications name, in order */
  size_t n_varied;
  size_t n_drawn; /* n before repeated candidates were removed */
} ml_candidates;

/**
 * Make the candidates of a search.
 *
 * @param fixed  n_params of the model: values of the parameters that are not searched
 * @param specs  n texts, each for another parameter
 *   GRID: "alpha=0.1,1,10", "alpha=log:1e-3:1e5:20", "alpha=lin:0:1:11", "depth=int:1:10[:STEP]",
 *         "flag=true,false". Candidates are all combinations; the last parameter varies fastest
 *   RANDOM, SOBOL: "eta=log:1e-3:1", "eta=0.1:1" or "eta=uniform:0.1:1", "depth=int:1:30",
 *         "depth=log:1:1000", "kind=choice:a,b", "flag=bool". Of equal candidates the first stays
 * @param opts  NULL for a grid
 * @param[out] out  free it with ml_candidates_free(). Not written on failure.
 *
 * @retval ML_ERR_USAGE  a malformed specification, an unknown parameter, one that is specified
 *                       twice, a value that it does not take, an upper bound below the lower one; a
 *                       number of Sobol points that is no power of two; more than 1 000 000
 *                       candidates; more than 40 dimensions of Sobol points
 * @retval ML_ERR_MEMORY
 */
ML_API ML_MUST_CHECK ml_status ml_candidates_make(const ml_model *model, const double *fixed,
                                                  const char *const *specs, size_t n,
                                                  const ml_candidates_opts *opts,
                                                  ml_candidates **out, ml_error *err);

/** NULL is allowed. */
ML_API void ml_candidates_free(ml_candidates *candidates);

/* ---- a run --------------------------------------------------------------------------------- */

typedef enum ml_pick {
  ML_PICK_BEST, /* the best mean */
  ML_PICK_1SE   /* the simplest within one standard error of the best mean */
} ml_pick;

/* How candidates are dropped before all of their folds are computed. */
typedef enum ml_early {
  ML_EARLY_NONE,
  ML_EARLY_RACE,   /* after 3 folds and after each further one, drop those that a paired t-test
                      finds worse than the best */
  ML_EARLY_HALVING /* successive halving: try all on few training rows, keep the best third, triple
                      the rows */
} ml_early;

typedef struct ml_xval_opts {
  const char *cv;           /* scheme of ml_split(); NULL: ml_scheme_default(); "gcv": generalised
                               cross-validation, for models that have it */
  size_t repeats;           /* 0: 1 */
  uint64_t seed;            /* of splits, candidates and models */
  const ml_metric *metrics; /* n_metrics, the first decides; NULL: ml_metrics_default() */
  size_t n_metrics;
  const ml_prep *prep;                   /* NULL: none */
  bool fit_unweighted, score_unweighted; /* ignore the weights of the dataset in fits, in scores */
  double zero_division;                  /* as in ml_scored */
  ml_pick pick;
  ml_early early;
  double holdout;       /* in [0, 1): this share of the rows takes no part in the search, and the
                           winner is scored on it; 0: none */
  bool holdout_shuffle; /* these rows are drawn at random; else they are the last */
  const char *nested; /* scheme of the outer folds, each of which has its own search: "kfold:5", or
                         "5" for so many folds of the default scheme; NULL: not nested */
  bool pool_winner;   /* always compute the pooled scores of the winner: if there were too many
                         predictions to keep, its folds are computed once more */
  bool keep_predictions;  /* keep the out-of-fold predictions of the winner */
  const char *checkpoint; /* file to which each finished fit is written; if it is there, what it has
                             is not computed again. NULL: none */
  double time_budget;     /* seconds after which no new fit is begun; 0: no limit */
  size_t shard, n_shards; /* compute only a part of the search, from 0, for a checkpoint: each
                             n_shards-th of what is computed together. The result has no winner
                             then, and no scores but those of single fits. n_shards 0: all */
  bool stop_on_error;     /* the first fit that fails ends the run; else others go on */
} ml_xval_opts;

typedef enum ml_fold_state {
  ML_FOLD_DONE,
  ML_FOLD_FAILED, /* see error */
  ML_FOLD_SKIPPED /* not computed: dropped early, or out of time */
} ml_fold_state;

/* One candidate in one fold. */
typedef struct ml_fold_result {
  ml_fold_state state;
  double *scores;     /* n_metrics; NaN: undefined */
  const char **why;   /* n_metrics: why a score is undefined; "" or NULL if it is not */
  const char *error;  /* FAILED: one line; else NULL */
  bool is_irrelevant; /* the step select found no relevant column in the training rows, and kept the
                         one with the least p-value */
  double fit_seconds, score_seconds;
} ml_fold_result;

typedef struct ml_candidate_result {
  const double *params;  /* n_params of the model */
  ml_fold_result *folds; /* n_folds */
  size_t n_done, n_failed;
  double *mean, *sd; /* n_metrics: mean and population standard deviation of the folds' scores; NaN
                        unless all folds are done and all their scores are defined */
  double *pooled;    /* n_metrics: of all test rows together; NaN: not known or undefined */
  size_t rank;       /* from 1, by the first metric; equal ones share the smallest; 0: none */
} ml_candidate_result;

/* The search within an outer fold, or the holdout: a winner and its scores on rows that the search
 * did not see. */
typedef struct ml_outer_result {
  size_t best;        /* index of the winner; SIZE_MAX: none */
  double *inner_mean; /* n_candidates: means of the first metric in the search; NULL for a
                         holdout */
  size_t n_train, n_test;
  double *scores;   /* n_metrics, of the winner, fitted on all rows of the search; NaN: undefined */
  const char **why; /* as in ml_fold_result */
  const char *error; /* why the winner could not be fitted; NULL: it could */
} ml_outer_result;

/* Out-of-fold predictions: n in all, one for each test row of each fold, in the order of the folds.
 */
typedef struct ml_predicted {
  size_t n;
  uint32_t *row;     /* n row numbers */
  uint32_t *fold;    /* n: numbers of folds from 0, over all repeats */
  double *values;    /* regression: n predicted numbers */
  uint32_t *classes; /* classification: n predicted classes */
  double *scores;    /* classification: n x n_classes, row-major */
} ml_predicted;

/* Read-only for callers; free it with ml_xval_free(). It refers to the model and the dataset, which
 * must outlive it. */
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
  bool ranks_pooled; /* the first metric is undefined for single folds, such as r2 of one row:
                        ranks and the winner go by the pooled scores */
  ml_candidate_result *candidates; /* n_candidates */
  size_t n_candidates;
  size_t *varied, n_varied; /* as in ml_candidates */
  size_t n_drawn;
  size_t best;              /* index of the winner, the first of equals; the only candidate wins
                               if all of its folds are done; SIZE_MAX: none */
  size_t best_by_mean;      /* the winner if pick were ML_PICK_BEST */
  ml_predicted *predicted;  /* of the winner; NULL unless asked for */
  ml_outer_result *holdout; /* NULL unless asked for */
  ml_outer_result *outer;   /* n_outer results of a nested search, whose candidates have no folds */
  size_t n_outer;
  size_t n_done, n_failed, n_skipped; /* fits: of a candidate in a fold */
  size_t n_resumed;                   /* fits that were taken from the checkpoint */
  char **warnings; /* n_warnings lines: risks of leakage, columns that tell nothing */
  size_t n_warnings;
  double fit_seconds, score_seconds; /* sums over all processes */
} ml_xval_result;

/**
 * Cross-validate every candidate and find the best.
 *
 * @param data        with a target; x is copied into shared memory if there are workers, unless it
 *                    lies in data->block
 * @param model       a model for data->problem
 * @param candidates  from ml_candidates_make() for this model; NULL: one candidate, fixed
 * @param fixed       n_params values, used if candidates is NULL; NULL: the defaults
 * @param opts        NULL for the defaults
 * @param exec        NULL: everything in this process. Only times depend on it
 * @param watch       progress and cancelling; may be NULL
 * @param[out] out    free it with ml_xval_free(). Not written on failure. Folds that fail are in
 *                    the result.
 *
 * @retval ML_ERR_USAGE  options that contradict one another or the data; no rows or no target; a
 *                       model for the other problem, or one that ignores weights where there are
 *                       some; a metric, step or scheme that does not fit the data; a checkpoint of
 *                       another run, or one that another process is writing
 * @retval ML_ERR_PARSE  a feature with missing values for a model that takes none (unless a step
 *                       imputes them), or with infinite ones (unless the first step does); a
 *                       malformed checkpoint
 * @retval ML_ERR_NUMERIC  every fit failed: the message has the first error
 * @retval ML_ERR_IO       the checkpoint cannot be read or written
 * @retval ML_ERR_WORKER   the workers cannot be used
 * @retval ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_xval(const ml_dataset *data, const ml_model *model,
                                       const ml_candidates *candidates, const double *fixed,
                                       const ml_xval_opts *opts, ml_exec *exec,
                                       const ml_watch *watch, ml_xval_result **out, ml_error *err);

/** NULL is allowed. */
ML_API void ml_xval_free(ml_xval_result *result);

/**
 * Permutation importance (Breiman 2001): the folds of the first repeat are fitted again with the
 * parameters of the winner, and their test rows predicted as they are and with the values of one
 * feature after another permuted among all of them. Steps are learnt in each fold, so that a
 * feature they drop counts nothing. In this process alone, so that it always is the same; it takes
 * as many predictions as there are wanted features and tested rows.
 *
 * @param result    with folds and a winner
 * @param opts      as ml_xval() had them; NULL for the defaults
 * @param wanted    n_features of the data: which are asked for; NULL: all
 * @param watch     cancelling; may be NULL
 * @param[out] out  n_features: how much worse the first metric of all test rows together becomes,
 * in its own units, positive where the feature helps; NaN: not asked for, a column of texts that no
 * step takes, or the metric is undefined
 *
 * @retval ML_ERR_USAGE  there are no folds, or none has won; what ml_prep_check() says
 * @retval ML_ERR_NUMERIC, ML_ERR_PARSE  steps or model fail
 * @retval ML_ERR_MEMORY, ML_ERR_CANCELLED
 */
ML_API ML_MUST_CHECK ml_status ml_xv_importance(const ml_xval_result *result,
                                                const ml_xval_opts *opts, const bool *wanted,
                                                const ml_watch *watch, double *out, ml_error *err);

/* ---- functions ----------------------------------------------------------------------------- */

/**
 * The built-in module xval: the tasks of ml_xval(), and the splits of the KX toolkit (.ml.xv) as
 * functions for ml_peach() and `mltool peach`. The argument of a split is a dictionary; the value
 * is a list of folds [train, test], two vectors of row numbers from 0:
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
