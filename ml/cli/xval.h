/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool xval: its options, and what all of its writers show. */
#ifndef ML_CLI_XVAL_H
#define ML_CLI_XVAL_H

#include "learn.h"
#include "shard.h"

/* ---- xval_options.c: what was asked for ---------------------------------------------------- */

typedef enum cli_weights_for {
  CLI_WEIGHTS_BOTH,
  CLI_WEIGHTS_FIT,
  CLI_WEIGHTS_SCORE
} cli_weights_for;

typedef struct cli_xval {
  cli_learn learn;
  int weights_for; /* cli_weights_for */
  bool weights_for_given;

  const char *model, *prep;
  cli_list set;

  const char *cv, *nested;
  cli_int repeat, seed;
  double holdout;
  bool holdout_shuffle;

  const char *metric;
  int zero_division;

  cli_list grid, space;
  cli_int random, sobol;
  int space_rules; /* 1: KX's */
  bool space_rules_given, halving, race;
  int pick; /* ml_pick */

  const char *checkpoint, *time_budget;
  int on_error; /* 0: stop, 1: continue */

  const char *output, *oof, *plot, *report, *run_dir;
  bool csv, times;
  const char *shard;
} cli_xval;

extern const cli_opt cli__xval_weights_opts[], cli__xval_model_opts[], cli__xval_fold_opts[],
    cli__xval_score_opts[], cli__xval_search_opts[], cli__xval_run_opts[], cli__xval_output_opts[];

/* The options, read: what the library takes. Texts are borrowed from argv. */
typedef struct xval_asked {
  const cli_xval *given;
  const ml_model *model;
  ml_problem problem;        /* of --task, the model's name or its only trait; else AUTO */
  double *fixed;             /* n_params: the defaults and --set */
  ml_candidates *candidates; /* NULL: there is no search */
  ml_prep *prep;             /* NULL: none */
  const char *prep_text;     /* its steps; NULL: none */
  ml_metric *metrics;        /* n_metrics; NULL: the defaults */
  size_t n_metrics;
  char *predefined; /* COLUMN of --cv predefined=COLUMN; NULL */
  ml_xval_opts opts;
  cli_learning learning;
} xval_asked;

/** Check the options against one another and read them; no file but a model's is opened.
 * @param[out] asked  zero-initialised; release it also after an error */
ml_status xval__ask(const cli_xval *given, xval_asked *asked, ml_error *err);
void xval__release(xval_asked *asked);

/* ---- xval_shard.c: one part of a search ---------------------------------------------------- */

/* A part as it is made. Zero-initialise it. */
typedef struct xval_shard {
  ml_shard shard; /* n 0: the whole is computed */
  ml_shard_input input;
  ml_buf options;
  char *checkpoint;
  bool is_done; /* it is there already */
} xval_shard;

/** Check the options of a part, and have it write its checkpoint. */
ml_status xval_shard__prepare(cli_call *cli, const char *input, xval_asked *asked,
                              xval_shard *shard, ml_error *err);

/** All fits are done: write the ledger, and say so. */
ml_status xval_shard__finish(cli_call *cli, const xval_shard *shard, const ml_xval_result *result,
                             double seconds, const ml_watch *watch, ml_error *err);
void xval_shard__release(xval_shard *shard);

/* ---- xval_shown.c: what is shown ----------------------------------------------------------- */

/* A result with its words. Nothing in it depends on how many processes computed it. */
typedef struct xval_shown {
  const char *input; /* name of the data */
  const cli_xval *given;
  const xval_asked *asked;
  const ml_xval_result *result;
  char **metrics; /* their names: result->n_metrics */
  int *decimals;  /* that their scores are shown with: result->n_metrics */
  bool has_times; /* times are shown, too */
} xval_shown;

/** @param[out] shown  release it with xval__hide() also after an error */
ml_status xval__show(const char *input, const xval_asked *asked, const ml_xval_result *result,
                     bool has_times, xval_shown *shown, ml_error *err);
void xval__hide(xval_shown *shown);

/** The winner, or what there is without a search; NULL: there is none, or each outer fold has its
 * own. */
const ml_candidate_result *xval__winner(const xval_shown *s);

/** A search whose candidates have all failed somewhere has found nothing. @retval ML_ERR_NUMERIC */
ml_status xval__check_winner(const xval_asked *asked, const ml_xval_result *result, ml_error *err);

/** Was there more than one candidate to choose from? */
bool xval__is_search(const xval_shown *s);

/** Append the value of parameter p of a candidate, as it would be typed. */
void xval__put_param(const xval_shown *s, const double *params, size_t p, ml_buf *out);

/** The same in at most six digits, for tables. */
void xval__put_short_param(const xval_shown *s, const double *params, size_t p, ml_buf *out);

/** Append "alpha=1, fit_intercept=true"; of a search, the parameters that vary, else all. */
void xval__put_params(const xval_shown *s, const double *params, ml_buf *out);

/** Append a text without what would change a terminal. */
void xval__put_text(const char *text, ml_buf *out);

/** Append a score in the digits of its metric; "-" when it is undefined. */
void xval__put_score(const xval_shown *s, size_t metric, double score, ml_buf *out);

/** Indices of the candidates by rank, those without one last; free() it. NULL: memory ran out. */
size_t *xval__by_rank(const xval_shown *s);

/** Mean and population deviation of the outer folds; NaN unless all of them are defined. */
void xval__outer_mean(const xval_shown *s, size_t metric, double *mean, double *sd);

/** Why a mean is undefined, from the first fold that makes it so: "fold 3: one row". "" when no
 * fold is known to. */
void xval__put_mean_why(const xval_shown *s, const ml_candidate_result *c, size_t metric,
                        ml_buf *out);

/* Row counts of classes: result->data->classes.n of them; free() it. NULL: memory ran out. */
size_t *xval__class_counts(const xval_shown *s);

/** Append "ridge: r2 0.4823 +- 0.0491": the model and its first score; of a search, the winner's.
 */
void xval__headline(const xval_shown *s, ml_buf *out);

/** Append "kfold:5, seed 0, after standard": how it was done. */
void xval__method(const xval_shown *s, ml_buf *out);

/* A number of folds in place of a scheme: it is that of kfold. */
bool xval__is_count(const char *scheme);

/** The name of what is predicted. */
const char *xval__target(const xval_shown *s);

/** Number of folds of one repeat. */
static inline size_t xval__folds_each(const xval_shown *s) {
  size_t n = s->result->n_repeats;
  return n > 1 ? s->result->n_folds / n : s->result->n_folds;
}

/* ---- writers ------------------------------------------------------------------------------- */

/** Append a line of words, broken where it is long; releases them. */
void xval__put_line(const char *key, ml_buf *words, ml_buf *out);

/** What was done: model, data, target, steps, folds and search. */
void xval__put_head(const xval_shown *s, ml_buf *out);

/** Parameters of the winner of a search, which there is. */
void xval__put_winner(const xval_shown *s, ml_buf *out);

/** Scores of the holdout, which there is. */
void xval__put_holdout(const xval_shown *s, ml_buf *out);

/** Append `, "params": {...}`. */
void xval__json_params(const ml_model *model, const double *params, ml_buf *out);

/** The table that people read. */
void xval__table(const xval_shown *s, ml_buf *out);

/** What stands below it, and on the page: what is undefined, failed or skipped, and warnings, each
 * on a line. Appends nothing when there is nothing to say. */
void xval__put_remarks(const xval_shown *s, ml_buf *out);

/** One JSON object, docs/xval.md has its keys. */
void xval__json(const xval_shown *s, ml_buf *out);

/** A row for each candidate; with --nested for each outer fold. */
void xval__csv(const xval_shown *s, ml_buf *out);

/** Out-of-fold predictions, as CSV. */
void xval__oof(const xval_shown *s, ml_buf *out);

/** An SVG document. */
ml_status xval__plot(const xval_shown *s, ml_buf *out, ml_error *err);

/** A self-contained page of HTML. */
ml_status xval__report(const xval_shown *s, ml_buf *out, ml_error *err);

#endif
