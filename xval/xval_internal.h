/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of cross-validation share: the plan that every process of a run has, items and
 * their outcomes, and the run in the central process. Never installed. */
#ifndef XVAL_INTERNAL_H
#define XVAL_INTERNAL_H

#include <ml/value.h>
#include <ml/xval.h>

/* ---- leaks.c: risks of leakage --------------------------------------------------------------- */

/* Warnings of equal rows and of groups that are split between training and test, and of features
 * that determine the target.
 * @param[out] warnings  n lines; free() each, and the array. Not written on failure. */
ml_status xval__leaks(const ml_dataset *data, const ml_folds *folds, char ***warnings, size_t *n,
                      ml_error *err);

/* ---- wire.c: bytes that mean numbers, texts and arrays --------------------------------------- */

/* Everything begins at a multiple of 8, so that arrays are used where they lie. */

void wire__put(ml_buf *out, const void *bytes, size_t n); /* padded by zeros to a multiple of 8 */
void wire__put_u64(ml_buf *out, uint64_t x);
void wire__put_text(ml_buf *out, const char *text); /* NULL and "" differ */

/* Bytes that are read; `bad` once they ended too early or were malformed. */
typedef struct wire {
  const char *at;
  size_t left;
  bool bad;
} wire;

uint64_t wire__u64(wire *in);
double wire__real(wire *in);
const void *wire__array(wire *in, uint64_t n, size_t size); /* n elements; NULL: bad */
const char *wire__text(wire *in);

/* ---- plan.c: what every process of a run knows ----------------------------------------------- */

/* Some rows and folds of them, whose candidates share work: what a model sees as one ml_cv. */
typedef struct xval_scene {
  ml_folds folds;
  uint64_t seed;
  size_t n_parts, part_bytes; /* of ml_model.share_size() */
  size_t shared_at;           /* offset of the parts in the shared block */
} xval_scene;

typedef struct xval_plan {
  const ml_model *model;
  ml_problem problem;
  ml_dataset data; /* the columns that are used, and all of the target */
  ml_prep *prep;   /* NULL: none */
  ml_metric *metrics;
  size_t n_metrics;
  bool fit_unweighted, score_unweighted, is_gcv;
  double zero_division;
  const double *candidates; /* n_candidates x n_params */
  size_t n_candidates;
  xval_scene *scenes;
  size_t n_scenes;
  size_t n_shared; /* bytes of the shared block */
} xval_plan;

/* Append a plan as bytes, all but the features. @param model  name or path to find it by
 * @param digest  of the file of the model; NULL: it is built in */
ml_status plan__pack(const xval_plan *plan, const char *model, const unsigned char *digest,
                     ml_buf *out, ml_error *err);

/* Append its data: what is there but the values of the features. */
void plan__put_data(const xval_plan *plan, ml_buf *out);

/* Read a plan, which refers to the bytes. Everything in them is checked.
 * @param x  the features
 * @param token  of a model of this process: see model__lend(); 0: none
 * @param[out] out  plan__release() it, after a failure, too */
ml_status plan__unpack(const void *bytes, size_t n, ml_span x, uint64_t token, xval_plan *out,
                       ml_error *err);
void plan__release(xval_plan *plan);

/* Refuse a dataset without rows or target, with classes out of range, or with weights or numbers
 * that are not finite. */
ml_status plan__check_data(const ml_dataset *data, ml_error *err);

/* Do all metrics follow from sums of squared errors, and does the model compute these? */
bool plan__wants_squares(const xval_plan *plan);

/* How many numbers predict a row: 1, or as many as there are classes. */
static inline size_t plan__width(const xval_plan *plan) {
  return plan->problem == ML_CLASSIFICATION ? plan->data.classes.n : 1;
}

/* A scene as its model sees it. @param cancel  may be NULL */
ml_cv plan__cv(const xval_plan *plan, size_t scene, const void *cancel);

/* The seed s with ml_rng_derive(s, 0) == ml_rng_derive(seed, i): with it fold i, when it is the
 * only fold of an ml_cv, has the seed that it has among the others. */
uint64_t plan__seed_of_one(uint64_t seed, size_t i);

/* ---- model.c: the same model in every process ------------------------------------------------ */

/* How other processes find a model. */
typedef struct model_place {
  char *name; /* of ml_model_find(); NULL: only this process has it */
  bool is_file;
  unsigned char digest[32]; /* of the file */
} model_place;

ml_status model__place(const ml_model *model, model_place *out, ml_error *err);
void model__release_place(model_place *place);

/* A model that only this process has: tasks that run in this thread find it by a token, until
 * model__take_back(). */
typedef struct model_loan {
  uint64_t token;
  const ml_model *model;
  struct model_loan *next;
} model_loan;
void model__lend(model_loan *loan, const ml_model *model);
void model__take_back(model_loan *loan);

/* @param digest  of the file that the name means; NULL: it is built in */
ml_status model__find(const char *name, const unsigned char *digest, uint64_t token,
                      const ml_model **out, ml_error *err);

/* ---- task.c: what is run --------------------------------------------------------------------- */

/* A clock that never goes back. */
double xval__seconds(void);

extern const ml_task xval__tasks[];
enum { XVAL_N_TASKS = 2 };

/* Blocks of the job "xval-fold"; "xval-share" has the first two, and writes the third. */
enum { XVAL_X, XVAL_PLAN, XVAL_SHARED, XVAL_N_BLOCKS };

/* Arguments of the jobs. */
typedef struct xval_args {
  uint64_t x_at; /* place of x in its block */
  uint64_t token;
} xval_args;

/* Argument of an item of "xval-share": a part of a scene. The result is the seconds it took. */
typedef struct xval_part {
  uint64_t scene, part;
} xval_part;

/* Argument of an item of "xval-fold": n candidates of one fold. They follow. */
typedef struct xval_fold_head {
  uint64_t scene, fold, n;
} xval_fold_head;

#define XVAL_NO_PLACE UINT64_MAX

typedef struct xval_fold_candidate {
  uint64_t candidate;
  uint64_t place; /* of its predictions in the result, in rows; or XVAL_NO_PLACE */
} xval_fold_candidate;

/* ---- score.c: predictions of a fold ---------------------------------------------------------- */

/* The test rows of a fold, and room for predicted classes. */
typedef struct score_rows {
  ml_scored truth;
  double *y, *weights;
  uint32_t *classes, *predicted;
  size_t room;
} score_rows;

/* @param weights  by row numbers, as in test; NULL: all are 1 */
ml_status score__rows(score_rows *s, const xval_plan *plan, const ml_view *test,
                      const double *weights, ml_error *err);
void score__release(score_rows *s);

/* Compute the metrics. @param are_squares  predictions are one number, their sum of squared errors
 * @param[out] scores  n_metrics @param[out] why  texts of those that are NaN,
 * each with its NUL */
ml_status score__compute(const score_rows *s, const xval_plan *plan, const double *predictions,
                         bool are_squares, double *scores, ml_buf *why, ml_error *err);

/* ---- outcome.c: what becomes of a candidate in a fold ---------------------------------------- */

typedef struct xval_outcome {
  ml_fold_state state;
  bool is_irrelevant; /* as in ml_fold_result */
  double fit_seconds, score_seconds;
  const double *scores; /* n_metrics; DONE */
  const char *texts;    /* n_texts bytes: why, of each score that is NaN; or the error */
  size_t n_texts;
} xval_outcome;

void outcome__put(const xval_outcome *o, size_t n_metrics, ml_buf *out);
bool outcome__get(wire *in, size_t n_metrics, xval_outcome *o);

#endif
