/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls that are submitted one by one: items of a job that has no end, until another one begins. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ml/functions.h>

#include "run_internal.h"

struct ml_future {
  ml_mproc *pool; /* NULL: it is over */
  size_t item;
  ml_buf arg; /* then the result */
  bool is_done;
  bool is_orphan;  /* freed by its owner before it was over */
  uint64_t killed; /* when its worker is, having been asked to end early; 0: it was not */
  ml_error error;
};

/* Futures [low, high) are not over, but for holes. */
struct future_stream {
  run run;
  ml_job job;
  ml_future **ring; /* capacity is a power of two */
  size_t capacity, low, high, n_open;
};

/* ---- what workers run ------------------------------------------------------------------------ */

static ml_status open_calls(const ml_job_data *data, void **state, ml_error *err) {
  (void)data;
  *state = ml_arena_new();
  return *state ? ML_OK : ml_error_memory(err);
}

static void close_calls(void *state) {
  ml_arena_free(state);
}

/* The argument is a function's name, padded with zeros, and an encoded value. One that was
 * cancelled in time is empty. */
static ml_status run_call(void *state, const ml_job_data *data, const ml_item *item, ml_buf *out,
                          ml_error *err) {
  const char *name = item->in;
  const ml_function *function;
  ml_value x, result = ml_value_null();
  if (item->n_in == 0) return ML_OK;
  size_t n = strnlen(name, item->n_in), at = wire_padded(n + 1);
  if (at > item->n_in) return ml_error_set(err, ML_ERR_PARSE, "malformed call of a function");
  ml_arena_reset(state);
  ml_status status = ml_value_decode(name + at, item->n_in - at, NULL, 0, state, &x, err);
  if (status == ML_OK) status = ml_functions_find(data->functions, name, &function, NULL, err);
  if (status != ML_OK) return status;
  ml_call call = {.arena = state,
                  .item = item->index,
                  .trace = item->trace,
                  .cancel = item->cancel,
                  .ctx = function->ctx};
  status = function->call(&call, &x, &result, err);
  return status == ML_OK ? ml_value_encode(&result, NULL, 0, out, err) : status;
}

const ml_module *future__module(void) {
  static const ml_task tasks[] = {{.name = "call",
                                   .summary = "one call of a function",
                                   .open = open_calls,
                                   .run = run_call,
                                   .close = close_calls}};
  static const ml_module module = {
      .abi = ML_MODULE_ABI, .name = "future", .version = ML_VERSION, .tasks = tasks, .n_tasks = 1};
  return &module;
}

/* ---- the job --------------------------------------------------------------------------------- */

static ml_future **place(const future_stream *st, size_t item) {
  return &st->ring[item & (st->capacity - 1)];
}

static void release(ml_future *f) {
  ml_buf_release(&f->arg);
  free(f);
}

/* Nothing more comes for it. */
static void settle(future_stream *st, ml_future *f) {
  *place(st, f->item) = NULL;
  st->n_open--;
  while (st->low < st->high && !*place(st, st->low)) st->low++;
  f->pool = NULL;
  f->is_done = true;
  if (f->is_orphan) release(f);
}

static ml_status put(void *ctx, size_t item, ml_buf *in, ml_error *err) {
  (void)err;
  const ml_future *f = *place(ctx, item);
  if (!f->is_done) ml_buf_put(in, f->arg.data, f->arg.n);
  return ML_OK;
}

static void complete(void *ctx, const ml_report *report) {
  ml_future *f = *place(ctx, report->item);
  if (!f->is_done) {
    ml_buf_clear(&f->arg);
    ml_buf_put(&f->arg, report->out, report->n_out);
    if (report->failure)
      f->error = report->failure->error;
    else if (f->arg.failed)
      ml_error_memory(&f->error);
  }
  settle(ctx, f);
}

static ml_status go_on(void *ctx, size_t item, const ml_failure *failure, ml_error *err) {
  (void)ctx, (void)item, (void)failure, (void)err;
  return ML_OK;
}

static ml_status open_stream(ml_mproc *pool, ml_error *err) {
  future_stream *st = calloc(1, sizeof *st);
  if (!st) return ml_error_memory(err);
  st->job = (ml_job){.module = future__module(),
                     .task = "call",
                     .n_items = ML_ITEMS_UNKNOWN,
                     .put = put,
                     .fail = go_on,
                     .seen = complete,
                     .ctx = st,
                     .step = "futures"};
  run__begin(&st->run, pool, &st->job);
  st->run.is_stream = true;
  st->run.known = 0;
  pool->futures = st;
  return ML_OK;
}

/* What is not over fails with the fault of the pool, or because the pool is closed. */
static void close_stream(ml_mproc *pool) {
  future_stream *st = pool->futures;
  ml_error fault = pool->fault;
  if (fault.status == ML_OK) ml_error_set(&fault, ML_ERR_CANCELLED, "the pool was closed");
  run__end(&st->run);
  for (size_t i = st->low; i < st->high; i++) {
    ml_future *f = *place(st, i);
    if (!f) continue;
    if (!f->is_done) f->error = fault;
    settle(st, f);
  }
  free(st->ring);
  free(st);
  pool->futures = NULL;
}

/* ---- turns ----------------------------------------------------------------------------------- */

/* Those that were asked to end and do not. No loss: it was our wish. */
static void kill_stubborn(future_stream *st) {
  ml_mproc *pool = st->run.pool;
  uint64_t now = mproc__now();
  for (size_t i = 0; i < pool->n_slots; i++) {
    slot *s = &pool->slots[i];
    piece *p = s->is_open && s->state == SLOT_READY ? run__front(s) : NULL;
    ml_future *f = p ? *place(st, p->first) : NULL;
    if (!f || f->killed == 0 || now < f->killed) continue;
    run__abandon(&st->run, s);
    settle(st, f);
  }
}

/* Of those that wait, also once more after the loss of their worker, none is begun when nobody
 * wants it any more: its argument is nothing then. */
static void empty_cancelled(future_stream *st) {
  queue *q = &st->run.items;
  for (piece *p = q->again; p; p = p->next_again) {
    if (!(*place(st, p->first))->is_done || p->in->bytes.n + p->in->size == 0) continue;
    if (p->in->fd >= 0) close(p->in->fd);
    p->in->fd = -1;
    ml_buf_clear(&p->in->bytes);
    queue__count(q, p->in);
  }
}

static void turn(ml_mproc *pool, bool wait) {
  empty_cancelled(pool->futures);
  run__turn(&pool->futures->run, wait);
  kill_stubborn(pool->futures);
  if (pool->fault.status != ML_OK) close_stream(pool);
}

void future__poll(ml_mproc *pool) {
  if (pool->futures)
    turn(pool, false);
  else
    pool__turn(pool, false);
}

ml_status future__finish(ml_mproc *pool, const ml_watch *watch, ml_error *err) {
  while (pool->futures && pool->futures->n_open > 0) {
    if (ml_watch_cancelled(watch)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
    turn(pool, true);
  }
  if (pool->futures) close_stream(pool);
  return ML_OK;
}

void future__close(ml_mproc *pool) {
  if (pool->futures) close_stream(pool);
}

/* ---- for the caller -------------------------------------------------------------------------- */

static bool reserve(future_stream *st) {
  if (st->high - st->low < st->capacity) return true;
  size_t capacity = st->capacity ? 2 * st->capacity : 64;
  ml_future **ring = calloc(capacity, sizeof(ml_future *));
  if (!ring) return false;
  for (size_t i = st->low; i < st->high; i++) ring[i & (capacity - 1)] = *place(st, i);
  free(st->ring);
  st->ring = ring;
  st->capacity = capacity;
  return true;
}

static ml_status encode(const char *name, const ml_value *arg, ml_buf *out, ml_error *err) {
  size_t n = strlen(name) + 1;
  ml_buf_put(out, name, n);
  ml_buf_put(out, "\0\0\0\0\0\0\0", wire_padded(n) - n);
  ml_status status = ml_value_encode(arg, NULL, 0, out, err);
  return status == ML_OK && out->failed ? ml_error_memory(err) : status;
}

static ml_status add(ml_mproc *pool, ml_future *f, ml_error *err) {
  ml_status status = pool->futures ? ML_OK : open_stream(pool, err);
  if (status != ML_OK) return status;
  future_stream *st = pool->futures;
  if (!reserve(st)) return ml_error_memory(err);
  if (st->n_open == 0) pool__forgive(pool); /* nobody may have looked for long */
  f->item = st->high++;
  *place(st, f->item) = f;
  st->n_open++;
  st->run.known = st->high;
  return ML_OK;
}

ml_status ml_mproc_submit(ml_mproc *pool, const char *function, const ml_value *arg,
                          ml_future **out, ml_error *err) {
  const char *full;
  const ml_function *found;
  if (pool->run && !pool->futures)
    return ml_error_set(err, ML_ERR_USAGE, "a job runs: nothing can be submitted");
  ml_status status =
      ml_functions_find(ml_exec_functions(&pool->exec), function, &found, &full, err);
  if (status != ML_OK) return status;
  ml_future *f = calloc(1, sizeof *f);
  if (!f) return ml_error_memory(err);
  f->pool = pool;
  status = encode(full, arg, &f->arg, err);
  if (status == ML_OK) status = add(pool, f, err);
  if (status != ML_OK) {
    release(f);
    return status;
  }
  *out = f;
  turn(pool, false);
  return ML_OK;
}

bool ml_future_is_done(const ml_future *future) {
  return future->is_done;
}

ml_status ml_future_wait(ml_future *f, double timeout, ml_arena *arena, ml_value *out,
                         ml_error *err) {
  uint64_t start = mproc__now();
  while (!f->is_done) {
    if (timeout >= 0 && (double)(mproc__now() - start) * 1e-9 >= timeout && timeout > 0)
      return ml_error_set(err, ML_ERR_TIMEOUT, "the result is not there yet");
    turn(f->pool, timeout != 0);
    if (timeout == 0 && !f->is_done)
      return ml_error_set(err, ML_ERR_TIMEOUT, "the result is not there yet");
  }
  if (f->error.status != ML_OK) {
    if (err) *err = f->error;
    return f->error.status;
  }
  void *bytes = ml_arena_alloc(arena, f->arg.n); /* which the value borrows */
  if (!bytes) return ml_error_memory(err);
  memcpy(bytes, f->arg.data, f->arg.n);
  return ml_value_decode(bytes, f->arg.n, NULL, 0, arena, out, err);
}

/* Ask the item that runs to end early. */
static void call_off(ml_future *f) {
  ml_mproc *pool = f->pool;
  f->killed = mproc__now() + (uint64_t)(pool->opts.grace * 1e9);
  for (size_t i = 0; i < pool->n_slots; i++) {
    const slot *s = &pool->slots[i];
    const piece *p = s->is_open ? run__front(s) : NULL;
    if (!p || p->first != f->item) continue;
    status_page *page = s->page->data;
    atomic_store(&page->cancel, f->item);
  }
}

void ml_future_cancel(ml_future *f) {
  if (f->is_done) return;
  ml_error_set(&f->error, ML_ERR_CANCELLED, "it was cancelled");
  f->is_done = true;
  call_off(f);
}

void ml_future_free(ml_future *f) {
  if (!f) return;
  ml_future_cancel(f);
  if (f->pool)
    f->is_orphan = true;
  else
    release(f);
}
