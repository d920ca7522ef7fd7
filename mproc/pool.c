/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pool: opening and closing it, and one turn of its loop. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sodium.h>

#include "mproc_internal.h"

#define TICK_MS     50                 /* the longest time until a watch or a clock is looked at */
#define GUEST_TIME  (5 * MPROC_SECOND) /* to prove the token */
#define CLOSE_GRACE (2 * MPROC_SECOND)

/* Those of ours, and the visitors that are here now. */
static size_t n_workers(const ml_exec *exec) {
  const ml_mproc *pool = (const ml_mproc *)exec;
  size_t n = pool->n_workers;
  for (size_t i = 0; i < pool->n_slots; i++)
    if (pool->slots[i].is_visitor && slot__takes_items(&pool->slots[i])) n++;
  return n;
}

static const ml_functions *functions(const ml_exec *exec) {
  return ((const ml_mproc *)exec)->functions;
}

static const ml_exec_vtable vtable = {
    .n_workers = n_workers, .run = run__job, .functions = functions};

ml_exec *ml_mproc_exec(ml_mproc *pool) {
  if (!pool) return NULL;
  return pool->extension.exec ? pool->extension.exec : &pool->exec;
}

void ml_mproc_extend(ml_mproc *pool, const ml_mproc_extension *extension) {
  pool->extension = *extension;
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
    bool is_alive =
        s->state == SLOT_STARTING || s->state == SLOT_INITIALISING || slot__takes_items(s);
    if (s->is_ours && is_alive && n < pool->n_workers) pids[n++] = (long)s->pid;
  }
  return n;
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void on_tick(uv_timer_t *tick) {
  (void)tick;
}

void pool__turn(ml_mproc *pool, bool wait) {
  release__look(pool);
  for (size_t i = 0; i < pool->n_slots; i++) {
    slot *s = &pool->slots[i];
    bool is_open = s->state == SLOT_READY || s->state == SLOT_INITIALISING;
    if (is_open && !channel__flush(&s->chan)) slot__hang_up(s);
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

void ml_mproc_poll(ml_mproc *pool) {
  future__poll(pool);
}

bool pool__is_ready(const ml_mproc *pool) {
  for (size_t i = 0; i < pool->n_slots; i++)
    if (pool->slots[i].is_ours && pool->slots[i].state != SLOT_READY) return false;
  return true;
}

void pool__forgive(ml_mproc *pool) {
  uint64_t now = mproc__now();
  pool->losses = pool->n_given_up = pool->false_starts = 0;
  pool->fault = (ml_error){0};
  for (size_t i = 0; i < pool->n_slots; i++) {
    slot *s = &pool->slots[i];
    /* Nobody listened meanwhile. */
    if (s->state == SLOT_STARTING || s->state == SLOT_EMPTY || s->state == SLOT_INITIALISING)
      s->when = now;
  }
}

ml_status pool__settle(ml_mproc *pool, const ml_watch *watch, ml_error *err) {
  for (size_t i = 0; i < pool->n_slots; i++) slot__look(&pool->slots[i], mproc__now());
  while (!pool__is_ready(pool) && pool->fault.status == ML_OK) {
    if (ml_watch_cancelled(watch)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
    pool__turn(pool, true);
  }
  if (pool->fault.status != ML_OK && err) *err = pool->fault;
  return pool->fault.status;
}

void pool__note(const ml_mproc *pool, const char *format, ...) {
  char line[ML_ERROR_MESSAGE_MAX];
  va_list args;
  if (!pool->opts.note) return;
  va_start(args, format);
  vsnprintf(line, sizeof line, format, args);
  va_end(args);
  pool->opts.note(pool->opts.ctx, line);
}

static bool is_empty(const ml_mproc *pool) {
  for (size_t i = 0; i < pool->n_slots; i++)
    if (pool->slots[i].state != SLOT_EMPTY) return false;
  return true;
}

/* ---- open ------------------------------------------------------------------------------------ */

/* Each worker costs a handful of descriptors. */
static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static ml_status make_tokens(ml_mproc *pool, ml_error *err) {
  const char *path = pool->opts.token_file;
  if (sodium_init() < 0 || getrandom(pool->token, WIRE_TOKEN, 0) != WIRE_TOKEN)
    return ml_error_set(err, ML_ERR_IO, "no random numbers from the system");
  pool->has_file_token = path != NULL;
  return path ? token__read(path, true, pool->file_token, err) : ML_OK;
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

ml_status ml_mproc_open(const ml_mproc_opts *opts, ml_mproc **out, ml_error *err) {
  ml_status status = options__check(opts, err);
  if (status != ML_OK) return status;
  ml_mproc *pool = calloc(1, sizeof *pool);
  if (!pool) return ml_error_memory(err);
  pool->exec = (ml_exec){.vtable = &vtable, .shares_memory = true};
  pool->opts = *opts;
  pool->n_workers = opts->n_workers;
  if (opts->watch) pool->watch = *opts->watch;
  pool->has_stderr = fcntl(STDERR_FILENO, F_GETFD) >= 0;
  pool->listener = pool->viewer_listener = pool->metrics_port = -1;
  pool->window_max = WINDOW_MAX;
  pool->guest_time = GUEST_TIME;
  pool->seen.opened = mproc__now();
  pool->oom_kills = oom__kills_of_this_process();

  raise_descriptor_limit();
  status = exe__find(opts->worker_exe, pool->exe, err);
  if (status == ML_OK) status = make_tokens(pool, err);
  if (status == ML_OK) status = ml_functions_new(&pool->functions, err);
  if (status == ML_OK) status = make_loop(pool, err);
  if (status == ML_OK) status = guest__listen(pool, err);
  if (status == ML_OK) status = viewer__listen(pool, err);
  if (status == ML_OK) status = places__make(pool, err);
  if (status == ML_OK) status = pool__settle(pool, &pool->watch, err);
  /* Borrowed for this call alone. */
  pool->opts.worker_exe = pool->opts.bind = pool->opts.token_file = NULL;
  pool->opts.watch = NULL;
  if (status == ML_OK)
    *out = pool;
  else
    ml_mproc_close(pool);
  return status;
}

/* ---- close ----------------------------------------------------------------------------------- */

static void say_goodbye(slot *s) {
  if (s->state == SLOT_READY)
    slot__dismiss(s);
  else
    slot__kill(s, CAUSE_TOLD);
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
  future__close(pool);
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
  init__release(pool);
  sodium_memzero(pool->token, sizeof pool->token);
  sodium_memzero(pool->file_token, sizeof pool->file_token);
  free(pool);
}
