/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items over the executor: blocks, arguments, outcomes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "run.h"

/* ---- blocks ---------------------------------------------------------------------------------- */

/* The block of the dataset itself, where workers can map it. */
static ml_status find_x(xval_run *run, ml_error *err) {
  const ml_dataset *d = &run->plan.data;
  const ml_block *block = d->block;
  size_t size = d->n_rows * d->n_features * sizeof *d->x;
  const char *x = (const char *)d->x, *from = block ? block->data : NULL;
  bool is_there = block && x >= from && x + size <= from + block->size;
  bool is_usable = is_there && (!run->exec || !run->exec->shares_memory || block->fd >= 0);
  run->args.x_at = is_usable ? (uint64_t)(x - from) : 0;
  run->x_block = d->block;
  if (is_usable) return ML_OK;
  ml_status status = ml_block_lend(run->exec, d->x, size, &run->x_lent, err);
  run->x_block = run->x_lent;
  return status;
}

static ml_status size_shared(xval_run *run, ml_error *err) {
  xval_plan *plan = &run->plan;
  if (!plan->model->share || !plan->model->share_size || plan->prep || plan->is_gcv) return ML_OK;
  for (size_t s = 0; s < plan->n_scenes; s++) {
    xval_scene *scene = &plan->scenes[s];
    const ml_cv cv = plan__cv(plan, s, NULL);
    size_t stride, size;
    ml_status status = plan->model->share_size(&cv, &scene->n_parts, &scene->part_bytes, err);
    if (status != ML_OK) return status;
    if (__builtin_add_overflow(scene->part_bytes, 63, &stride) ||
        __builtin_mul_overflow(stride / 64 * 64, scene->n_parts, &size) ||
        __builtin_add_overflow(plan->n_shared, size, &size))
      return ml_error_memory(err);
    scene->shared_at = plan->n_shared;
    plan->n_shared = size;
  }
  return ML_OK;
}

/* Other processes must be able to find the model. */
static ml_status find_model(xval_run *run, ml_error *err) {
  if (!run->exec && !run->opts->checkpoint) return ML_OK;
  ml_status status = model__place(run->plan.model, &run->place, err);
  if (status != ML_OK || run->place.name || !run->exec || !run->exec->shares_memory) return status;
  return ml_error_set(err, ML_ERR_USAGE,
                      "model '%s' is known to this process only: workers find models that are "
                      "built in or in a shared object",
                      run->plan.model->name);
}

ml_status job__open(xval_run *run, ml_error *err) {
  ml_status status = find_model(run, err);
  if (status == ML_OK) status = find_x(run, err);
  if (status == ML_OK) status = size_shared(run, err);
  if (status == ML_OK)
    status = plan__pack(&run->plan, run->place.name, run->place.is_file ? run->place.digest : NULL,
                        &run->bytes, err);
  if (status == ML_OK)
    status = ml_block_lend(run->exec, run->bytes.data, run->bytes.n, &run->packed, err);
  if (status == ML_OK) status = ml_block_new(run->exec, run->plan.n_shared, &run->shared, err);
  model__lend(&run->loan, run->plan.model);
  run->args.token = run->loan.token;
  return status;
}

void job__close(xval_run *run) {
  model__take_back(&run->loan);
  model__release_place(&run->place);
  ml_block_free(run->x_lent);
  ml_block_free(run->packed);
  ml_block_free(run->shared);
  ml_block_free(run->kept);
  ml_buf_release(&run->bytes);
  ml_buf_release(&run->aligned);
}

/* ---- progress -------------------------------------------------------------------------------- */

/* A job of ours, seen by those who watch the run. */
typedef struct computing {
  xval_run *run;
  const item_list *list;
  const size_t *pending; /* items of the list, n_pending, that are to be run */
  size_t n_pending;
  ml_block *kept;
  bool counts;
  bool out_of_time;
  double base; /* fits before this job */
} computing;

static bool is_cancelled(void *ctx) {
  const computing *c = ctx;
  return ml_watch_cancelled(c->run->watch);
}

static void show_progress(void *ctx, const char *step, double done, double total) {
  const computing *c = ctx;
  double fits = 0;
  (void)total;
  if (c->list && done > 0 && (size_t)done <= c->n_pending) {
    const xval_item *last = &c->list->items[c->pending[(size_t)done - 1]];
    fits = (double)(last->first + last->n);
  }
  ml_watch_progress(c->run->watch, step, c->base + fits,
                    fmax(c->run->fits_planned, c->base + fits));
}

/* ---- what folds have in common --------------------------------------------------------------- */

static xval_part part_at(const xval_run *run, size_t item) {
  size_t s = 0;
  while (item >= run->plan.scenes[s].n_parts) item -= run->plan.scenes[s++].n_parts;
  return (xval_part){s, item};
}

static ml_status put_part(void *ctx, size_t item, ml_buf *in, ml_error *err) {
  const computing *c = ctx;
  const xval_part part = part_at(c->run, item);
  (void)err;
  ml_buf_put(in, &part, sizeof part);
  return ML_OK;
}

static ml_status take_part(void *ctx, size_t item, const void *out, size_t n_out, ml_error *err) {
  computing *c = ctx;
  double took;
  (void)item;
  if (n_out != sizeof took) return ml_error_set(err, ML_ERR_WORKER, "malformed part of a worker");
  memcpy(&took, out, sizeof took);
  c->run->result->fit_seconds += took;
  return ML_OK;
}

static void describe_part(void *ctx, size_t item, char *buf, size_t size) {
  const computing *c = ctx;
  snprintf(buf, size, "part %zu of what folds share", part_at(c->run, item).part);
}

/* As the task finds it. */
static bool place_part(void *ctx, size_t item, size_t k, ml_span *out) {
  const computing *c = ctx;
  const xval_part part = part_at(c->run, item);
  const xval_scene *scene = &c->run->plan.scenes[part.scene];
  size_t stride = (scene->part_bytes + 63) / 64 * 64;
  *out = (ml_span){(char *)c->run->shared->data + scene->shared_at + part.part * stride,
                   scene->part_bytes};
  return k == 0;
}

ml_status job__share(xval_run *run, ml_error *err) {
  computing c = {.run = run};
  const ml_watch watch = {.cancelled = is_cancelled, .progress = show_progress, .ctx = &c};
  ml_block *const inputs[] = {run->x_block, run->packed};
  ml_job job = {.module = ml_xval_module(),
                .task = "xval-share",
                .args = &run->args,
                .n_args = sizeof run->args,
                .inputs = inputs,
                .n_inputs = XVAL_SHARED,
                .result = run->shared,
                .put = put_part,
                .take = take_part,
                .describe = describe_part,
                .place = place_part,
                .ctx = &c,
                .step = "xval",
                .watch = &watch};
  for (size_t s = 0; s < run->plan.n_scenes; s++) job.n_items += run->plan.scenes[s].n_parts;
  return job.n_items ? ml_exec_run(run->exec, &job, err) : ML_OK;
}

/* ---- outcomes -------------------------------------------------------------------------------- */

/* Texts of undefined scores; those of the candidate before are often the same. */
static const char **keep_why(xval_run *run, const xval_outcome *o) {
  size_t n = run->plan.n_metrics;
  const char *text = o->texts;
  const char **why = NULL;
  if (o->n_texts == 0) return run->no_why;
  bool is_same = run->last_why != NULL;
  for (size_t k = 0; k < n && is_same; k++) {
    if (!isnan(o->scores[k])) continue;
    is_same = strcmp(run->last_why[k], text) == 0;
    text += strlen(text) + 1;
  }
  if (is_same) return run->last_why;
  why = run__alloc(run, n, sizeof *why);
  text = o->texts;
  for (size_t k = 0; k < n && why; k++) {
    why[k] = "";
    if (!isnan(o->scores[k])) continue;
    why[k] = run__text(run, text);
    if (!why[k]) return NULL;
    text += strlen(text) + 1;
  }
  return run->last_why = why;
}

static ml_status keep(computing *c, const xval_item *item, size_t candidate, const xval_outcome *o,
                      ml_error *err) {
  xval_run *run = c->run;
  ml_xval_result *r = run->result;
  r->fit_seconds += o->fit_seconds;
  r->score_seconds += o->score_seconds;
  if (!c->counts) return ML_OK;
  ml_fold_result *fit = run__fit(run, item->scene, candidate, item->fold);
  fit->state = o->state;
  fit->is_irrelevant = o->is_irrelevant;
  fit->fit_seconds = o->fit_seconds;
  fit->score_seconds = o->score_seconds;
  run->fits_done++;
  if (o->state == ML_FOLD_DONE) {
    memcpy(fit->scores, o->scores, run->plan.n_metrics * sizeof *o->scores);
    fit->why = keep_why(run, o);
    r->n_done++;
    return fit->why ? ML_OK : ml_error_memory(err);
  }
  r->n_failed++;
  fit->error = run__text(run, o->texts);
  if (!fit->error) return ml_error_memory(err);
  if (!run->opts->stop_on_error) return ML_OK;
  return ml_error_set(err, ML_ERR_NUMERIC, "fold %zu: %s", item->fold, o->texts);
}

static ml_status take_outcomes(computing *c, size_t i, const void *out, size_t n_out,
                               ml_error *err) {
  xval_run *run = c->run;
  const xval_item *item = &c->list->items[i];
  /* Numbers are read where they lie, which may be anywhere. */
  ml_buf_clear(&run->aligned);
  ml_buf_put(&run->aligned, out, n_out);
  if (run->aligned.failed) return ml_error_memory(err);
  wire in = {.at = run->aligned.data, .left = n_out};
  ml_status status = ML_OK;
  for (size_t k = 0; k < item->n && status == ML_OK; k++) {
    xval_outcome outcome;
    if (!outcome__get(&in, run->plan.n_metrics, &outcome))
      return ml_error_set(err, ML_ERR_WORKER, "malformed scores of a worker");
    status = keep(c, item, c->list->candidates[item->first + k].candidate, &outcome, err);
  }
  if (status == ML_OK && in.left)
    return ml_error_set(err, ML_ERR_WORKER, "malformed scores of a worker");
  return status;
}

static ml_status take(void *ctx, size_t i, const void *out, size_t n_out, ml_error *err) {
  computing *c = ctx;
  const size_t item = c->pending[i];
  ml_status status = take_outcomes(c, item, out, n_out, err);
  if (status != ML_OK || !c->run->journal) return status;
  return journal__add(c->run, c->list, item, c->kept, out, n_out, err);
}

/* A worker that was lost again and again: the candidates of the item have failed. */
static ml_status fail(void *ctx, size_t i, const ml_failure *failure, ml_error *err) {
  computing *c = ctx;
  const xval_item *item = &c->list->items[c->pending[i]];
  ml_status status = failure->error.status;
  if (status != ML_ERR_WORKER && status != ML_ERR_TIMEOUT) {
    if (err) *err = failure->error;
    return status;
  }
  const xval_outcome outcome = {.state = ML_FOLD_FAILED,
                                .texts = failure->error.message,
                                .n_texts = strlen(failure->error.message) + 1};
  for (size_t k = 0; k < item->n; k++) {
    status = keep(c, item, c->list->candidates[item->first + k].candidate, &outcome, err);
    if (status != ML_OK) return status;
  }
  return ML_OK;
}

/* ---- items ----------------------------------------------------------------------------------- */

static ml_status put(void *ctx, size_t i, ml_buf *in, ml_error *err) {
  const computing *c = ctx;
  const xval_item *item = &c->list->items[c->pending[i]];
  const xval_fold_head head = {item->scene, item->fold, item->n};
  (void)err;
  ml_buf_put(in, &head, sizeof head);
  ml_buf_put(in, c->list->candidates + item->first, item->n * sizeof *c->list->candidates);
  return ML_OK;
}

/* Nothing new is begun once the time is up. */
static size_t more(void *ctx, size_t first, size_t max) {
  computing *c = ctx;
  (void)first;
  if (c->out_of_time || xval__seconds() >= c->run->deadline) {
    c->out_of_time = true;
    return 0;
  }
  return max > 0 ? 1 : 0;
}

static void describe(void *ctx, size_t i, char *buf, size_t size) {
  const computing *c = ctx;
  const xval_item *item = &c->list->items[c->pending[i]];
  size_t candidate = c->list->candidates[item->first].candidate;
  if (item->n == 1)
    snprintf(buf, size, "candidate %zu in fold %zu", candidate, item->fold);
  else
    snprintf(buf, size, "%zu candidates from %zu on in fold %zu", item->n, candidate, item->fold);
}

/* Predictions of its candidates, of those that are kept. */
static bool place(void *ctx, size_t i, size_t k, ml_span *out) {
  const computing *c = ctx;
  const xval_item *item = &c->list->items[c->pending[i]];
  const xval_plan *plan = &c->run->plan;
  size_t row = plan__width(plan) * sizeof(double);
  size_t n_test = plan->scenes[item->scene].folds.folds[item->fold].test.n;
  for (size_t j = 0; c->kept && j < item->n; j++) {
    uint64_t at = c->list->candidates[item->first + j].place;
    if (at == XVAL_NO_PLACE || k-- > 0) continue;
    *out = (ml_span){(char *)c->kept->data + at * row, n_test * row};
    return true;
  }
  return false;
}

static ml_status run_job(computing *c, ml_error *err) {
  xval_run *run = c->run;
  const ml_watch watch = {.cancelled = is_cancelled, .progress = show_progress, .ctx = c};
  ml_block *const inputs[] = {run->x_block, run->packed, run->shared};
  const ml_job job = {.module = ml_xval_module(),
                      .task = "xval-fold",
                      .args = &run->args,
                      .n_args = sizeof run->args,
                      .inputs = inputs,
                      .n_inputs = XVAL_N_BLOCKS,
                      .result = c->kept,
                      .n_items = c->n_pending,
                      .more = run->deadline > 0 ? more : NULL,
                      .put = put,
                      .take = take,
                      .fail = fail,
                      .describe = describe,
                      .place = place,
                      .ctx = c,
                      .step = "xval",
                      .watch = &watch};
  c->base = run->fits_done;
  return ml_exec_run(run->exec, &job, err);
}

static bool is_of_shard(const xval_run *run, size_t item) {
  const ml_xval_opts *o = run->opts;
  return o->n_shards == 0 || item % o->n_shards == o->shard;
}

ml_status job__compute(xval_run *run, const item_list *list, ml_block *kept, bool counts,
                       ml_error *err) {
  computing c = {.run = run, .list = list, .kept = kept, .counts = counts};
  size_t *pending = malloc((list->n + 1) * sizeof *pending);
  ml_status status = ML_OK;
  if (!pending) return ml_error_memory(err);
  for (size_t i = 0; i < list->n && status == ML_OK; i++) {
    const void *out;
    size_t n_out;
    if (!is_of_shard(run, i)) continue;
    if (run->journal && journal__find(run, list, i, kept, &out, &n_out)) {
      status = take_outcomes(&c, i, out, n_out, err);
      if (counts) run->result->n_resumed += list->items[i].n;
    } else {
      pending[c.n_pending++] = i;
    }
  }
  c.pending = pending;
  if (status == ML_OK && c.n_pending > 0) status = run_job(&c, err);
  free(pending);
  return status;
}
