/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tasks: parts that folds share, and candidates in a fold, in whatever process. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "task.h"

ml_status task__malformed(ml_error *err) {
  return ml_error_set(err, ML_ERR_PARSE, "malformed request for a cross-validation");
}

double xval__seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- open ------------------------------------------------------------------------------------ */

static void close_task(void *closed) {
  xval_state *s = closed;
  plan__release(&s->plan);
  score__release(&s->rows);
  prepared__release(&s->prepared);
  ml_buf_release(&s->why);
  free(s->train);
  free(s->out);
  free(s->params);
  free(s->slots);
  free(s->scores);
  free(s->candidates);
  free(s);
}

static ml_status read_plan(xval_state *s, const ml_job_data *data, size_t n_blocks, ml_error *err) {
  xval_args args;
  if (data->n_inputs != n_blocks || data->args.size != sizeof args) return task__malformed(err);
  memcpy(&args, data->args.data, sizeof args);
  ml_span x = data->inputs[XVAL_X], plan = data->inputs[XVAL_PLAN];
  if (args.x_at > x.size || args.x_at % sizeof(double)) return task__malformed(err);
  x.data = (char *)x.data + args.x_at;
  x.size -= args.x_at;
  return plan__unpack(plan.data, plan.size, x, args.token, &s->plan, err);
}

static ml_status open_task(const ml_job_data *data, size_t n_blocks, void **out, ml_error *err) {
  xval_state *s = calloc(1, sizeof *s);
  if (!s) return ml_error_memory(err);
  ml_status status = read_plan(s, data, n_blocks, err);
  if (status == ML_OK)
    *out = s;
  else
    close_task(s);
  return status;
}

static ml_status open_share(const ml_job_data *data, void **out, ml_error *err) {
  return open_task(data, XVAL_SHARED, out, err);
}

static ml_status open_fold(const ml_job_data *data, void **out, ml_error *err) {
  return open_task(data, XVAL_N_BLOCKS, out, err);
}

/* ---- parts that are shared ------------------------------------------------------------------- */

static ml_status run_share(void *ran, const ml_job_data *data, const ml_item *item, ml_buf *out,
                           ml_error *err) {
  xval_state *s = ran;
  xval_part part;
  if (item->n_in != sizeof part) return task__malformed(err);
  memcpy(&part, item->in, sizeof part);
  const xval_plan *plan = &s->plan;
  if (part.scene >= plan->n_scenes || data->result.size < plan->n_shared)
    return task__malformed(err);
  const xval_scene *scene = &plan->scenes[part.scene];
  if (part.part >= scene->n_parts || !plan->model->share) return task__malformed(err);
  double start = xval__seconds();
  ml_cv cv = plan__cv(plan, part.scene, item->cancel);
  size_t stride = (scene->part_bytes + 63) / 64 * 64;
  ml_status status = plan->model->share(
      &cv, part.part, (char *)data->result.data + scene->shared_at + part.part * stride, err);
  double took = xval__seconds() - start;
  ml_buf_put(out, &took, sizeof took);
  return status;
}

/* ---- candidates in a fold -------------------------------------------------------------------- */

/* Room for n of a size that grows; what was in it is lost. */
static bool grow(void *at, size_t *room, size_t n, size_t size) {
  void **memory = at;
  if (n <= *room && *memory) return true;
  free(*memory);
  *memory = NULL;
  size_t bytes;
  if (!__builtin_mul_overflow(n + 1, size, &bytes)) *memory = calloc(1, bytes);
  *room = *memory ? n : 0;
  return *memory;
}

static ml_status read_item(xval_state *s, const ml_job_data *data, const ml_item *item,
                           fold_run *run, ml_error *err) {
  xval_fold_head head;
  const xval_plan *plan = &s->plan;
  if (item->n_in < sizeof head) return task__malformed(err);
  memcpy(&head, item->in, sizeof head);
  size_t left = item->n_in - sizeof head;
  if (head.scene >= plan->n_scenes || head.fold >= plan->scenes[head.scene].folds.n ||
      head.n == 0 || left % sizeof(xval_fold_candidate) ||
      left / sizeof(xval_fold_candidate) != head.n ||
      data->inputs[XVAL_SHARED].size < plan->n_shared)
    return task__malformed(err);
  if (!grow(&s->slots, &s->n_slots, head.n, sizeof *s->slots) ||
      !grow(&s->scores, &s->n_scores, head.n * plan->n_metrics, sizeof *s->scores) ||
      !grow(&s->candidates, &s->n_candidates, head.n, sizeof *s->candidates))
    return ml_error_memory(err);
  *run = (fold_run){
      .s = s,
      .scene = head.scene,
      .fold = head.fold,
      .n = head.n,
      .n_asked = head.n,
      .result = data->result,
      .shared = (const char *)data->inputs[XVAL_SHARED].data + plan->scenes[head.scene].shared_at,
      .cancel = item->cancel};
  size_t n_test = plan->scenes[head.scene].folds.folds[head.fold].test.n;
  size_t room = data->result.size / (plan__width(plan) * sizeof(double));
  for (size_t i = 0; i < head.n; i++) {
    xval_fold_candidate c;
    memcpy(&c, (const char *)item->in + sizeof head + i * sizeof c, sizeof c);
    if (c.candidate >= plan->n_candidates ||
        (c.place != XVAL_NO_PLACE && (c.place > room || n_test > room - c.place)))
      return task__malformed(err);
    s->candidates[i] = c.candidate;
    s->slots[i] = (fold_slot){.candidate = c.candidate, .place = c.place};
  }
  return ML_OK;
}

/* What is said of a candidate that failed. */
void task__fail(fold_run *run, fold_slot *slot, const ml_error *error) {
  ml_buf *why = &run->s->why;
  const char *words = error->message[0] ? error->message : ml_status_text(error->status);
  slot->state = ML_FOLD_FAILED;
  slot->is_taken = true;
  slot->text_at = why->n;
  ml_buf_puts(why, words);
  ml_buf_put(why, "", 1);
  slot->n_text = why->n - slot->text_at;
}

void task__fail_all(fold_run *run, const ml_error *error) {
  for (size_t i = 0; i < run->n; i++)
    if (!run->s->slots[i].is_taken) task__fail(run, &run->s->slots[i], error);
}

/* Memory that runs out says nothing of a candidate: it ends the run. */
static ml_status out_of_memory(fold_run *run, ml_error *err) {
  return run->failed = ml_error_memory(err);
}

static ml_status take_failed(fold_run *run, fold_slot *slot, const ml_error *error, ml_error *err) {
  static const ml_error no_words = {.status = ML_ERR_NUMERIC,
                                    .message = "the model gave no predictions"};
  if (error && error->status == ML_ERR_MEMORY) return out_of_memory(run, err);
  task__fail(run, slot, error ? error : &no_words);
  return ML_OK;
}

static fold_slot *slot_of(fold_run *run, size_t candidate) {
  for (size_t i = 0; i < run->n; i++)
    if (run->s->slots[i].candidate == candidate && !run->s->slots[i].is_taken)
      return &run->s->slots[i];
  return NULL;
}

static ml_status take(void *ctx, size_t candidate, const double *predictions, const ml_error *error,
                      ml_error *err) {
  fold_run *run = ctx;
  xval_state *s = run->s;
  const xval_plan *plan = &s->plan;
  fold_slot *slot = slot_of(run, candidate);
  if (!slot)
    return ml_error_set(err, ML_ERR_NUMERIC, "model '%s' gave predictions that nobody asked for",
                        plan->model->name);
  if (!predictions) return take_failed(run, slot, error, err);
  double start = xval__seconds();
  ml_error why = {0};
  slot->scores = s->scores + (size_t)(slot - s->slots) * plan->n_metrics;
  slot->text_at = s->why.n;
  ml_status status =
      score__compute(&s->rows, plan, predictions, run->wants_squares, slot->scores, &s->why, &why);
  if (status == ML_ERR_MEMORY) return out_of_memory(run, err);
  if (status != ML_OK) {
    s->why.n = slot->text_at;
    task__fail(run, slot, &why);
  } else {
    slot->is_taken = true;
    slot->n_text = s->why.n - slot->text_at;
    if (slot->place != XVAL_NO_PLACE) {
      size_t width = plan__width(plan);
      memcpy((double *)run->result.data + slot->place * width, predictions,
             s->rows.truth.n * width * sizeof *predictions);
    }
  }
  slot->score_seconds = xval__seconds() - start;
  run->score_seconds += slot->score_seconds;
  return ML_OK;
}

/* One candidate on its own. */
static ml_status fit_and_predict(fold_run *run, const ml_cv *cv, const ml_view *train,
                                 const ml_view *test, size_t candidate, ml_error *err) {
  xval_state *s = run->s;
  const ml_model *model = s->plan.model;
  const double *params = cv->candidates + candidate * model->n_params;
  fold_slot *slot = slot_of(run, candidate);
  void *fitted = NULL;
  ml_error error = {0};
  double start = xval__seconds();
  ml_status status =
      model->fit(params, train, ml_cv_seed(cv, run->cv_fold), run->cancel, &fitted, &error);
  double fitted_at = xval__seconds();
  slot->fit_seconds = fitted_at - start;
  if (status == ML_OK) status = model->predict(fitted, test, s->out, &error);
  double predicted_at = xval__seconds();
  if (fitted) model->free(fitted);
  if (error.status == ML_OK) error.status = status;
  status = take(run, candidate, status == ML_OK ? s->out : NULL, &error, err);
  slot->score_seconds += predicted_at - fitted_at;
  return status;
}

static ml_status fit_each(fold_run *run, const ml_cv *cv, ml_error *err) {
  xval_state *s = run->s;
  size_t n_train = ml_folds_n_train(cv->folds, run->cv_fold);
  const ml_view test = ml_cv_test(cv, run->cv_fold);
  size_t n_out;
  if (__builtin_mul_overflow(test.n, plan__width(&s->plan), &n_out) ||
      !grow(&s->train, &s->n_train, n_train, sizeof *s->train) ||
      !grow(&s->out, &s->n_out, n_out, sizeof *s->out))
    return ml_error_memory(err);
  const ml_view train = ml_cv_train(cv, run->cv_fold, s->train);
  ml_status status = ML_OK;
  for (size_t i = 0; i < run->n_asked && status == ML_OK; i++) {
    if (ml_item_cancelled(run->cancel)) return ML_OK;
    status = fit_and_predict(run, cv, &train, &test, s->candidates[i], err);
  }
  return status;
}

/* All at once: what is not scoring is fitting, in equal shares. */
static ml_status fit_together(fold_run *run, const ml_cv *cv, const void *shared, ml_error *err) {
  xval_state *s = run->s;
  ml_error error = {0};
  double start = xval__seconds();
  ml_status status =
      s->plan.model->fold(cv, shared, run->cv_fold, s->candidates, run->n_asked, take, run, &error);
  if (run->failed != ML_OK || status == ML_ERR_MEMORY) return out_of_memory(run, err);
  if (status == ML_OK) ml_error_set(&error, ML_ERR_NUMERIC, "the model gave no predictions");
  if (error.status == ML_OK) error.status = status;
  task__fail_all(run, &error);
  double each = (xval__seconds() - start - run->score_seconds) / (double)run->n_asked;
  for (size_t i = 0; i < run->n; i++) s->slots[i].fit_seconds = each > 0 ? each : 0;
  return ML_OK;
}

/* Generalised cross-validation of the candidates that are asked for. */
static ml_status run_gcv(fold_run *run, ml_cv *cv, ml_error *err) {
  xval_state *s = run->s;
  static const char undefined[] = "no degrees of freedom are left";
  const size_t n = run->n_asked, n_params = s->plan.model->n_params;
  double start = xval__seconds();
  ml_error error = {0};
  if (!grow(&s->params, &s->n_params, n * n_params, sizeof *s->params) ||
      !grow(&s->out, &s->n_out, n, sizeof *s->out))
    return ml_error_memory(err);
  for (size_t i = 0; i < n; i++)
    memcpy(s->params + i * n_params, cv->candidates + s->candidates[i] * n_params,
           n_params * sizeof *s->params);
  cv->candidates = s->params;
  cv->n_candidates = n;
  ml_status status = s->plan.model->gcv(cv, s->out, &error);
  if (status == ML_ERR_MEMORY) return out_of_memory(run, err);
  if (error.status == ML_OK) error.status = status;
  if (status != ML_OK) {
    task__fail_all(run, &error);
    return ML_OK;
  }
  double each = (xval__seconds() - start) / (double)n;
  for (size_t i = 0; i < n; i++) {
    fold_slot *slot = slot_of(run, s->candidates[i]);
    slot->is_taken = true;
    slot->fit_seconds = each;
    slot->scores = s->scores + (slot - s->slots);
    *slot->scores = s->out[i];
    slot->text_at = s->why.n;
    if (s->out[i] != s->out[i]) ml_buf_put(&s->why, undefined, sizeof undefined);
    slot->n_text = s->why.n - slot->text_at;
  }
  return ML_OK;
}

ml_status task__run_cv(fold_run *run, ml_cv *cv, const void *shared, ml_error *err) {
  xval_state *s = run->s;
  if (s->plan.is_gcv) return run_gcv(run, cv, err);
  const ml_view test = ml_cv_test(cv, run->cv_fold);
  ml_status status = score__rows(&s->rows, &s->plan, &test, run->weights, err);
  if (status != ML_OK) return status;
  return s->plan.model->fold ? fit_together(run, cv, shared, err) : fit_each(run, cv, err);
}

static void put_outcomes(const fold_run *run, ml_buf *out) {
  const xval_state *s = run->s;
  for (size_t i = 0; i < run->n; i++) {
    const fold_slot *slot = &s->slots[i];
    const xval_outcome outcome = {.state = slot->state,
                                  .is_irrelevant = s->plan.prep && s->prepared.is_irrelevant,
                                  .fit_seconds = slot->fit_seconds,
                                  .score_seconds = slot->score_seconds,
                                  .scores = slot->scores,
                                  .texts = slot->n_text ? s->why.data + slot->text_at : NULL,
                                  .n_texts = slot->n_text};
    outcome__put(&outcome, s->plan.n_metrics, out);
  }
}

static bool keeps_nothing(const fold_run *run) {
  for (size_t i = 0; i < run->n; i++)
    if (run->s->slots[i].place != XVAL_NO_PLACE) return false;
  return true;
}

static ml_status run_fold(void *ran, const ml_job_data *data, const ml_item *item, ml_buf *out,
                          ml_error *err) {
  xval_state *s = ran;
  fold_run run;
  ml_buf_clear(&s->why);
  ml_status status = read_item(s, data, item, &run, err);
  if (status != ML_OK) return status;
  if (s->plan.prep) {
    status = prepared__run(&run, err);
  } else {
    ml_cv cv = plan__cv(&s->plan, run.scene, item->cancel);
    run.cv_fold = run.fold;
    run.weights = s->plan.data.weights;
    cv.wants_squares = run.wants_squares = plan__wants_squares(&s->plan) && keeps_nothing(&run);
    status = task__run_cv(&run, &cv, s->plan.scenes[run.scene].n_parts ? run.shared : NULL, err);
  }
  if (status != ML_OK) return status;
  if (ml_item_cancelled(item->cancel)) return ML_OK; /* nobody wants what there is */
  if (s->why.failed) return ml_error_memory(err);
  put_outcomes(&run, out);
  return ML_OK;
}

const ml_task xval__tasks[XVAL_N_TASKS] = {
    {.name = "xval-share",
     .summary = "what the folds of a cross-validation have in common",
     .open = open_share,
     .run = run_share,
     .close = close_task},
    {.name = "xval-fold",
     .summary = "candidates in a fold",
     .open = open_fold,
     .run = run_fold,
     .close = close_task},
};
