/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pool: opening and closing it, and one turn of its loop. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <sodium.h>

#include "mproc_internal.h"

#define WORKERS_MAX 1024
#define TICK_MS     50                 /* the longest time until a watch or a clock is looked at */
#define GUEST_TIME  (5 * MPROC_SECOND) /* to prove the token */
#define CLOSE_GRACE (2 * MPROC_SECOND)

static size_t n_workers(const ml_exec *exec) {
  return ((const ml_mproc *)exec)->n_slots;
}

static const ml_exec_vtable vtable = {.n_workers = n_workers, .run = run__job};

ml_mproc_opts ml_mproc_opts_default(void) {
  return (ml_mproc_opts){.retries = 2,
                         .grace = 2,
                         .init_timeout = 60,
                         .suspect_after = 10,
                         .silence_limit = 30,
                         .threads = 1,
                         .metrics_port = -1};
}

ml_exec *ml_mproc_exec(ml_mproc *pool) {
  return &pool->exec;
}

int ml_mproc_port(const ml_mproc *pool) {
  return pool->port;
}

ml_mproc_stats ml_mproc_get_stats(const ml_mproc *pool) {
  return pool->stats;
}

size_t ml_mproc_pids(const ml_mproc *pool, long *pids) {
  size_t n = 0;
  for (size_t i = 0; i < pool->n_slots; i++) {
    const slot *s = &pool->slots[i];
    if (s->state == SLOT_STARTING || s->state == SLOT_READY) pids[n++] = (long)s->pid;
  }
  return n;
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void on_tick(uv_timer_t *tick) {
  (void)tick;
}

void pool__turn(ml_mproc *pool, bool wait) {
  for (size_t i = 0; i < pool->n_slots; i++) {
    slot *s = &pool->slots[i];
    if (s->state == SLOT_READY && !channel__flush(&s->chan)) slot__hang_up(s);
  }
  uv_run(&pool->loop, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
  /* Clocks come after the sockets: an answer that was there in time counts, however long the
   * caller had us wait. */
  uint64_t now = mproc__now();
  seen__look(pool, now);
  viewer__expire(pool, now);
  if (pool->listener_io) guest__expire(pool, now);
  for (size_t i = 0; i < pool->n_slots; i++) slot__look(&pool->slots[i], now);
}

static bool is_ready(const ml_mproc *pool) {
  for (size_t i = 0; i < pool->n_slots; i++)
    if (pool->slots[i].state != SLOT_READY) return false;
  return true;
}

static bool is_empty(const ml_mproc *pool) {
  for (size_t i = 0; i < pool->n_slots; i++)
    if (pool->slots[i].state != SLOT_EMPTY) return false;
  return true;
}

/* ---- open ------------------------------------------------------------------------------------ */

static ml_status check(const ml_mproc_opts *opts, ml_error *err) {
  if (opts->n_workers == 0 || opts->n_workers > WORKERS_MAX)
    return ml_error_set(err, ML_ERR_USAGE, "number of workers must be 1 to %d, not %zu",
                        WORKERS_MAX, opts->n_workers);
  if (opts->port < 0 || opts->port > 65535)
    return ml_error_set(err, ML_ERR_USAGE, "port must be 0 to 65535, not %d", opts->port);
  if (opts->metrics_port < -1 || opts->metrics_port > 65535)
    return ml_error_set(err, ML_ERR_USAGE, "port for metrics must be 0 to 65535, not %d",
                        opts->metrics_port);
  return ML_OK;
}

static ml_status make_slots(ml_mproc *pool, ml_error *err) {
  pool->slots = calloc(pool->opts.n_workers, sizeof *pool->slots);
  if (!pool->slots) return ml_error_memory(err);
  for (size_t i = 0; i < pool->opts.n_workers; i++) {
    slot *s = &pool->slots[i];
    *s = (slot){.pool = pool, .index = i, .pidfd = -1, .lane = -1, .chan = {.fd = -1}};
    s->told_to_end = PAGE_IDLE;
    ml_status status = ml_block_new(&pool->exec, sizeof(status_page), &s->page, err);
    if (status != ML_OK) return status;
    pool->n_slots = i + 1;
  }
  return ML_OK;
}

static ml_status make_loop(ml_mproc *pool, ml_error *err) {
  int rc = uv_loop_init(&pool->loop);
  if (rc != 0)
    return ml_error_set(err, ML_ERR_WORKER, "cannot make an event loop: %s", uv_strerror(rc));
  pool->has_loop = true;
  uv_timer_init(&pool->loop, &pool->tick);
  uv_timer_start(&pool->tick, on_tick, TICK_MS, TICK_MS);
  return ML_OK;
}

static ml_status start_workers(ml_mproc *pool, ml_error *err) {
  for (size_t i = 0; i < pool->n_slots; i++) slot__look(&pool->slots[i], mproc__now());
  while (!is_ready(pool) && pool->fault.status == ML_OK) {
    if (ml_watch_cancelled(pool->opts.watch))
      return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
    pool__turn(pool, true);
  }
  if (pool->fault.status == ML_OK) return ML_OK;
  if (err) *err = pool->fault;
  return pool->fault.status;
}

ml_status ml_mproc_open(const ml_mproc_opts *opts, ml_mproc **out, ml_error *err) {
  ml_status status = check(opts, err);
  if (status != ML_OK) return status;
  ml_mproc *pool = calloc(1, sizeof *pool);
  if (!pool) return ml_error_memory(err);
  pool->exec = (ml_exec){.vtable = &vtable, .shares_memory = true};
  pool->opts = *opts;
  pool->listener = pool->viewer_listener = pool->metrics_port = -1;
  pool->window_max = WINDOW_MAX;
  pool->guest_time = GUEST_TIME;
  pool->seen.opened = mproc__now();

  status = exe__find(opts->worker_exe, pool->exe, err);
  if (status == ML_OK && (sodium_init() < 0 || getrandom(pool->token, WIRE_TOKEN, 0) != WIRE_TOKEN))
    status = ml_error_set(err, ML_ERR_IO, "no random numbers from the system");
  if (status == ML_OK) status = make_loop(pool, err);
  if (status == ML_OK) status = guest__listen(pool, err);
  if (status == ML_OK) status = viewer__listen(pool, err);
  if (status == ML_OK) status = make_slots(pool, err);
  if (status == ML_OK) status = start_workers(pool, err);
  pool->opts.worker_exe = NULL; /* borrowed for this call alone, as is the watch */
  pool->opts.watch = NULL;
  if (status == ML_OK)
    *out = pool;
  else
    ml_mproc_close(pool);
  return status;
}

/* ---- close ----------------------------------------------------------------------------------- */

static void say_goodbye(slot *s) {
  if (s->state == SLOT_READY) {
    frame__put(&s->chan.out, &(frame){.type = FRAME_BYE});
    channel__flush(&s->chan);
    s->cause = CAUSE_TOLD;
  } else {
    slot__kill(s, CAUSE_TOLD);
  }
}

static void end_workers(ml_mproc *pool) {
  uint64_t deadline = mproc__now() + CLOSE_GRACE;
  for (size_t i = 0; i < pool->n_slots; i++) say_goodbye(&pool->slots[i]);
  while (!is_empty(pool) && mproc__now() < deadline) pool__turn(pool, true);
  for (size_t i = 0; i < pool->n_slots; i++) slot__kill(&pool->slots[i], CAUSE_TOLD);
  while (!is_empty(pool)) pool__turn(pool, true);
}

void ml_mproc_close(ml_mproc *pool) {
  if (!pool) return;
  pool->is_closing = true;
  if (pool->has_loop) {
    guest__close_all(pool);
    viewer__close_all(pool);
    end_workers(pool);
    uv_close((uv_handle_t *)&pool->tick, NULL);
    uv_run(&pool->loop, UV_RUN_DEFAULT); /* lets the closed handles go */
    uv_loop_close(&pool->loop);
  }
  for (size_t i = 0; i < pool->n_slots; i++) ml_block_free(pool->slots[i].page);
  free(pool->slots);
  sodium_memzero(pool->token, sizeof pool->token);
  free(pool);
}
