/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A job on the pool from its beginning to its end, and what the caller gets of it. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "run_internal.h"

#define TAKES_PER_TURN  256                /* then the sockets come first again */
#define CLOSE_PATIENCE  (1 * MPROC_SECOND) /* for the item that runs when a job is given up */
#define CANCEL_PATIENCE (MPROC_SECOND / 10)

/* ---- what ends it ---------------------------------------------------------------------------- */

void run__fail_item(run *r, size_t i, const ml_error *error) {
  if (i >= r->end) return;
  r->end = i;
  r->error = *error;
}

void run__fail_job(run *r, const ml_error *error) {
  if (r->pool->fault.status == ML_OK) r->pool->fault = *error;
}

void run__fail_memory(run *r) {
  ml_error error = {0};
  ml_error_memory(&error);
  run__fail_job(r, &error);
}

/* ---- to the caller --------------------------------------------------------------------------- */

static ml_status take_table(const ml_job *job, const piece *p, ml_error *err) {
  chunk_table table;
  ml_status status = ML_OK;
  if (!chunk__parse(p->out.data, p->out.n, p->n, &table)) return ml_error_memory(err);
  for (size_t i = 0; i < p->n && status == ML_OK; i++) {
    size_t n;
    const void *out = chunk__next(&table, &n);
    status = job->take(job->ctx, p->first + i, out, n, err);
  }
  return status;
}

static ml_status take_piece(const run *r, const piece *p, ml_error *err) {
  const ml_job *job = r->job;
  const void *out = p->mapping ? p->mapping : p->out.data;
  size_t n_out = p->mapping ? p->n_mapping : p->out.n;
  if (p->failed) return job->fail(job->ctx, p->first, &p->failed->failure, err);
  if (r->is_own)
    return job->take_chunk ? job->take_chunk(job->ctx, p->first, p->n, out, n_out, err) : ML_OK;
  if (!job->take) return ML_OK;
  return p->n > 1 ? take_table(job, p, err) : job->take(job->ctx, p->first, out, n_out, err);
}

/* Hand over results in the order of items. @return there are more */
static bool take_some(run *r) {
  const ml_job *job = r->job;
  queue *q = &r->items;
  size_t before = q->taken;
  while (q->taken - before < TAKES_PER_TURN && !run__is_over(r) && q->first &&
         q->first->state >= PIECE_DONE) {
    ml_error error = {0};
    error.status = take_piece(r, q->first, &error);
    if (error.status != ML_OK) {
      run__fail_job(r, &error);
      return false;
    }
    queue__drop_first(q);
  }
  size_t n = q->taken - before, total = r->end < job->n_items ? r->end : job->n_items;
  if (n > 0)
    ml_watch_progress(job->watch, job->step, (double)q->taken,
                      total == ML_ITEMS_UNKNOWN ? 0 : (double)total);
  return n >= TAKES_PER_TURN;
}

const char *run__task(const run *r) {
  return r->job->task;
}

void run__look(const run *r, run_view *out) {
  *out = (run_view){.module = r->job->module->name,
                    .task = r->job->task,
                    .step = r->job->step ? r->job->step : "",
                    .function = r->job->function,
                    .total = r->end < r->job->n_items ? r->end : r->job->n_items,
                    .made = r->items.made,
                    .in_flight = r->in_flight,
                    .bytes = r->items.bytes};
}

/* ---- the job --------------------------------------------------------------------------------- */

static ml_status check_block(const ml_block *block, bool is_result, ml_error *err) {
  if (block->fd < 0)
    return ml_error_set(err, ML_ERR_USAGE, "a block of private memory cannot go to workers");
  if (is_result && block->sealed)
    return ml_error_set(err, ML_ERR_USAGE, "a sealed block cannot take results");
  return ML_OK;
}

static ml_status check(const ml_job *job, ml_error *err) {
  const char *module = job->module->name;
  const ml_task *task = ml_module_find(job->module, job->task);
  if (!task)
    return ml_error_set(err, ML_ERR_USAGE, "module '%s' has no task '%s'", module, job->task);
  if (job->put_chunk && !task->run_chunk)
    return ml_error_set(err, ML_ERR_USAGE, "task '%s' of module '%s' takes no chunks", job->task,
                        module);
  if (job->n_items == ML_ITEMS_UNKNOWN && !job->more)
    return ml_error_set(err, ML_ERR_USAGE, "a job must know its items, or ask for more");
  if (job->n_args > FRAME_ARGS_MAX)
    return ml_error_set(err, ML_ERR_USAGE,
                        "arguments of a job have at most %zu bytes, not %zu: share them as a block",
                        FRAME_ARGS_MAX, job->n_args);
  if (strlen(module) >= WIRE_NAME_MAX || strlen(job->task) >= WIRE_NAME_MAX)
    return ml_error_set(err, ML_ERR_USAGE, "name of task '%s' is too long", job->task);
  if (job->n_inputs >= WIRE_BLOCKS_MAX)
    return ml_error_set(err, ML_ERR_USAGE, "a job can have %d inputs, not %zu", WIRE_BLOCKS_MAX - 1,
                        job->n_inputs);
  ml_status status = ML_OK;
  for (size_t i = 0; i < job->n_inputs && status == ML_OK; i++)
    status = check_block(job->inputs[i], false, err);
  if (status == ML_OK && job->result) status = check_block(job->result, true, err);
  return status;
}

static double wall_clock(uint64_t now) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9 - (double)now * 1e-9;
}

void run__begin(run *r, ml_mproc *pool, const ml_job *job) {
  uint64_t now = mproc__now();
  pool->serial = pool->serial % (INIT_COMMAND - 1) + 1;
  *r = (run){.pool = pool,
             .job = job,
             .serial = pool->serial,
             .is_own = job->put_chunk != NULL,
             .known = job->more ? 0 : job->n_items,
             .end = job->n_items,
             .wall = wall_clock(now)};
  pool->run = r;
  seen__begin(pool);
  pool__forgive(pool);
}

static bool is_quiet(const ml_mproc *pool) {
  for (size_t i = 0; i < pool->n_slots; i++) {
    const slot *s = &pool->slots[i];
    if (s->state == SLOT_READY ? s->is_closing && s->is_open : s->state == SLOT_ENDING)
      return false;
  }
  return true;
}

/* Items that wait are not begun, and the one that runs may see that nobody wants it. */
static void close_slot(const run *r, slot *s) {
  status_page *page = s->page->data;
  atomic_store(&page->closed, r->serial);
  frame__put(&s->chan.out, &(frame){.type = FRAME_CLOSE, .job = r->serial});
  s->is_closing = true;
}

void run__end(run *r) {
  ml_mproc *pool = r->pool;
  bool is_cancelled = pool->fault.status == ML_ERR_CANCELLED;
  uint64_t deadline = mproc__now() + (is_cancelled ? CANCEL_PATIENCE : CLOSE_PATIENCE);
  for (size_t i = 0; i < pool->n_slots; i++) {
    slot *s = &pool->slots[i];
    if (s->state == SLOT_READY && s->is_open) close_slot(r, s);
  }
  pool->is_closing = true; /* nobody is started for a job that is over */
  while (!is_quiet(pool)) {
    if (mproc__now() > deadline || ml_watch_cancelled(r->job->watch))
      for (size_t i = 0; i < pool->n_slots; i++)
        if (pool->slots[i].is_open) slot__kill(&pool->slots[i], CAUSE_TOLD);
    pool__turn(pool, true);
  }
  pool->is_closing = false;
  for (size_t i = 0; i < pool->n_slots; i++) pool->slots[i].is_closing = false;
  pool->run = NULL;
  run__close_source(r);
  queue__release(&r->items);
}

void run__turn(run *r, bool wait) {
  run__feed(r);
  pool__turn(r->pool, wait && !r->has_more && !run__is_over(r));
  r->has_more = take_some(r);
}

void run__abandon(run *r, slot *s) {
  piece *p = run__front(s);
  run__land(r, s);
  p->state = PIECE_DONE;
  queue__give_back(&r->items, p);
  slot__kill(s, CAUSE_TOLD);
}

static void run_items(run *r) {
  while (!run__is_over(r)) {
    run__turn(r, true);
    if (!ml_watch_cancelled(r->job->watch)) continue;
    ml_error error = {0};
    ml_error_set(&error, ML_ERR_CANCELLED, "interrupted");
    run__fail_job(r, &error);
  }
}

ml_status run__job(ml_exec *exec, const ml_job *job, ml_error *err) {
  ml_mproc *pool = (ml_mproc *)exec;
  ml_status status = check(job, err);
  if (status == ML_OK) status = future__finish(pool, job->watch, err);
  if (status != ML_OK || job->n_items == 0) return status;
  run r;
  run__begin(&r, pool, job);
  run_items(&r);
  ml_error error = pool->fault.status != ML_OK ? pool->fault : r.error;
  run__end(&r);
  if (error.status != ML_OK && err) *err = error;
  return error.status;
}
