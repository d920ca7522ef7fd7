/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands that every worker does before its first item, and calls that each does once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mproc_internal.h"

#define COMMANDS_MAX UINT32_C(0x10000)
/* A call for all workers is no kept command, and has a number that none of these has. */
#define EVAL_NUMBER (INIT_COMMAND | UINT32_C(0x40000000))

/* A call of ml_mproc_init() or ml_mproc_eval_all(), while it waits. */
struct init {
  uint32_t n_kept; /* commands before it */
  command *eval;   /* NULL for init */
  ml_buf *answers; /* of each new command, or of each place */
  size_t n_answers;
  ml_buf *trace; /* may be NULL */
  ml_error error;
};

/* ---- one worker ------------------------------------------------------------------------------ */

static void send_command(slot *s, const command *c, uint32_t number, uint64_t flags) {
  frame__put(&s->chan.out, &(frame){.type = FRAME_INIT,
                                    .job = number,
                                    .item = flags,
                                    .payload = c->bytes.data,
                                    .n = c->bytes.n});
  s->state = SLOT_INITIALISING;
  s->awaited = number;
  s->when = mproc__now();
}

static uint32_t n_kept(const ml_mproc *pool) {
  return pool->init ? pool->init->n_kept : pool->n_commands;
}

void init__next(slot *s) {
  ml_mproc *pool = s->pool;
  uint32_t k = s->n_commands;
  if (k == pool->n_commands) {
    slot__ready(s);
    return;
  }
  const command *c = &pool->commands[k];
  bool is_replay = k < n_kept(pool) || s->is_visitor;
  uint64_t flags = is_replay ? INIT_REPLAY : c->is_call ? 0 : INIT_WANTED;
  send_command(s, c, INIT_COMMAND | k, flags);
}

/* The first failure is told: others are the same, or follow from it. */
static void fail(init *in, const ml_error *error, const char *trace, size_t n_trace) {
  if (in->error.status != ML_OK) return;
  in->error = *error;
  if (in->trace) ml_buf_put(in->trace, trace, n_trace);
}

static bool is_new_to(const init *in, const slot *s) {
  return s->awaited == EVAL_NUMBER ? in->eval != NULL
                                   : !in->eval && (s->awaited & ~INIT_COMMAND) >= in->n_kept;
}

static void keep_answer(init *in, const slot *s, const frame *f) {
  size_t i = in->eval ? s->index : (s->awaited & ~INIT_COMMAND) - in->n_kept;
  if (i >= in->n_answers || in->answers[i].n > 0) return;
  ml_buf_put(&in->answers[i], f->payload, f->n);
  if (in->answers[i].failed) ml_error_memory(&in->error);
}

static void on_done(slot *s, const frame *f) {
  init *in = s->pool->init;
  if (in && s->is_ours && is_new_to(in, s)) keep_answer(in, s, f);
  if (s->awaited != EVAL_NUMBER) s->n_commands++;
  init__next(s);
}

/* A worker that cannot do what others did goes, with its own words for why. */
static bool on_error(slot *s, const frame *f) {
  init *in = s->pool->init;
  ml_error error;
  const char *trace;
  size_t n_trace;
  if (!message__parse_error(f, &error, &trace, &n_trace)) return false;
  if (in && s->is_ours && is_new_to(in, s)) {
    fail(in, &error, trace, n_trace);
    if (s->awaited == EVAL_NUMBER) init__next(s);
  } else if (s->awaited == EVAL_NUMBER) {
    init__next(s);
  } else {
    uint32_t k = s->awaited & ~INIT_COMMAND;
    snprintf(s->complaint, sizeof s->complaint, "%.90s: %.160s", s->pool->commands[k].name,
             error.message);
  }
  return true;
}

bool init__frame(slot *s, const frame *f) {
  if (s->state != SLOT_INITIALISING || f->job != s->awaited) return s->state == SLOT_ENDING;
  if (f->type == FRAME_ERROR) return on_error(s, f);
  if (f->type != FRAME_DONE) return false;
  on_done(s, f);
  return true;
}

void init__lost(slot *s, const obituary *how) {
  init *in = s->pool->init;
  bool was_at_it = s->awaited != 0 && !slot__takes_items(s);
  if (!in || !s->is_ours || s->cause == CAUSE_TOLD || !was_at_it || !is_new_to(in, s)) return;
  const command *c = in->eval ? in->eval : &s->pool->commands[s->awaited & ~INIT_COMMAND];
  ml_error error = {0};
  ml_error_set(&error, s->cause == CAUSE_INIT_TIMEOUT ? ML_ERR_TIMEOUT : ML_ERR_WORKER, "%s: %s",
               c->name, how->text);
  fail(in, &error, how->said, strlen(how->said));
}

/* ---- all workers ----------------------------------------------------------------------------- */

static void name_command(const ml_init *c, char *buf, size_t size) {
  static const char *const verbs[] = {
      [ML_INIT_LOAD] = "load", [ML_INIT_PICKLE] = "pickle", [ML_INIT_CALL] = "call"};
  snprintf(buf, size, "%s '%s'", verbs[c->kind], c->what);
}

static ml_status make_command(const ml_init *from, command *out, ml_error *err) {
  *out = (command){.is_call = from->kind == ML_INIT_CALL};
  name_command(from, out->name, sizeof out->name);
  ml_status status = ml_init_encode(from, &out->bytes, err);
  if (status == ML_OK && out->bytes.failed) status = ml_error_memory(err);
  if (status == ML_OK && out->bytes.n > FRAME_PAYLOAD_MAX)
    status = ml_error_set(err, ML_ERR_USAGE, "%s: it has %zu bytes, more than %zu", out->name,
                          out->bytes.n, FRAME_PAYLOAD_MAX);
  if (status != ML_OK) ml_buf_release(&out->bytes);
  return status;
}

static void drop_commands(ml_mproc *pool, uint32_t n) {
  while (pool->n_commands > n) ml_buf_release(&pool->commands[--pool->n_commands].bytes);
}

static ml_status add_commands(ml_mproc *pool, const ml_init *commands, size_t n, ml_error *err) {
  uint32_t before = pool->n_commands;
  if (n > COMMANDS_MAX - before)
    return ml_error_set(err, ML_ERR_USAGE, "more than %u commands", COMMANDS_MAX);
  command *all = realloc(pool->commands, (before + n) * sizeof *all);
  if (!all) return ml_error_memory(err);
  pool->commands = all;
  for (size_t i = 0; i < n; i++) {
    ml_status status = make_command(&commands[i], &all[pool->n_commands], err);
    if (status != ML_OK) {
      drop_commands(pool, before);
      return status;
    }
    pool->n_commands++;
  }
  return ML_OK;
}

static ml_status settle(ml_mproc *pool, init *in, ml_error *err) {
  ml_status status = ML_OK;
  while (status == ML_OK && in->error.status == ML_OK && !pool__is_ready(pool)) {
    if (ml_watch_cancelled(&pool->watch)) return ml_error_set(err, ML_ERR_CANCELLED, "interrupted");
    pool__turn(pool, true);
    if (pool->fault.status != ML_OK) status = pool->fault.status;
  }
  ml_error error = in->error.status != ML_OK ? in->error : pool->fault;
  if (error.status != ML_OK && err) *err = error;
  return error.status;
}

/* Those who died since anybody listened have nothing to do with what comes. */
static ml_status gather(ml_mproc *pool, ml_error *err) {
  pool__forgive(pool);
  pool__turn(pool, false);
  return pool__settle(pool, &pool->watch, err);
}

/* They have something of what failed: nobody knows how much of it. */
static void replace_workers(ml_mproc *pool) {
  for (size_t i = 0; i < pool->n_slots; i++) {
    slot *s = &pool->slots[i];
    bool has_begun = s->state == SLOT_INITIALISING || s->n_commands > pool->n_commands;
    if (s->state != SLOT_EMPTY && has_begun) slot__kill(s, CAUSE_TOLD);
  }
}

static ml_status learn(ml_mproc *pool, const init *in, ml_error *err) {
  ml_status status = ML_OK;
  for (size_t i = 0; i < in->n_answers && status == ML_OK; i++)
    if (in->answers[i].n > 0)
      status = ml_functions_learn(pool->functions, in->answers[i].data, in->answers[i].n, err);
  return status;
}

static bool new_answers(init *in, size_t n) {
  in->answers = calloc(n + 1, sizeof *in->answers);
  in->n_answers = n;
  return in->answers;
}

static void free_answers(init *in) {
  for (size_t i = 0; in->answers && i < in->n_answers; i++) ml_buf_release(&in->answers[i]);
  free(in->answers);
}

/* What was submitted comes first. */
static ml_status check_idle(ml_mproc *pool, ml_error *err) {
  ml_status status = pool->init ? ML_OK : future__finish(pool, NULL, err);
  if (status != ML_OK || (!pool->run && !pool->init)) return status;
  return ml_error_set(err, ML_ERR_USAGE, "the pool is busy: commands go between its jobs");
}

/* Those behind n_kept, on all workers. */
static ml_status do_commands(ml_mproc *pool, init *in, ml_error *err) {
  pool->init = in;
  for (size_t i = 0; i < pool->n_slots; i++)
    if (slot__takes_items(&pool->slots[i])) init__next(&pool->slots[i]);
  ml_status status = settle(pool, in, err);
  if (status == ML_OK) status = learn(pool, in, err);
  pool->init = NULL;
  return status;
}

static void take_back(ml_mproc *pool, const init *in) {
  ml_error ignored = {0};
  drop_commands(pool, in->n_kept);
  replace_workers(pool);
  pool__forgive(pool);
  (void)pool__settle(pool, &pool->watch, &ignored); /* the next call tells when they do not start */
}

ml_status ml_mproc_init(ml_mproc *pool, const ml_init *commands, size_t n, ml_buf *trace,
                        ml_error *err) {
  init in = {.n_kept = pool->n_commands, .trace = trace};
  ml_status status = check_idle(pool, err);
  if (status != ML_OK || n == 0) return status;
  if (!new_answers(&in, n)) return ml_error_memory(err);
  status = gather(pool, err);
  if (status == ML_OK) status = add_commands(pool, commands, n, err);
  if (status == ML_OK && (status = do_commands(pool, &in, err)) != ML_OK) take_back(pool, &in);
  free_answers(&in);
  const ml_mproc_extension *more = &pool->extension;
  return status == ML_OK && more->init ? more->init(more->ctx, commands, n, trace, err) : status;
}

/* The answers are decoded where they lie, so they go to the caller's arena. */
static ml_status decode_answers(const init *in, const ml_mproc *pool, ml_arena *arena,
                                ml_value *out, ml_error *err) {
  size_t n = 0;
  for (size_t i = 0; i < pool->n_slots && n < pool->n_workers; i++) {
    const ml_buf *answer = &in->answers[i];
    if (!pool->slots[i].is_ours) continue;
    void *bytes = ml_arena_alloc(arena, answer->n + 1);
    if (!bytes) return ml_error_memory(err);
    memcpy(bytes, answer->data, answer->n);
    ml_status status = ml_value_decode(bytes, answer->n, NULL, 0, arena, &out[n++], err);
    if (status != ML_OK) return status;
  }
  return ML_OK;
}

ml_status ml_mproc_eval_all(ml_mproc *pool, const char *function, const ml_value *arg,
                            ml_arena *arena, ml_value *out, ml_error *err) {
  command eval;
  init in = {.n_kept = pool->n_commands, .eval = &eval};
  ml_init call = {.kind = ML_INIT_CALL, .what = function, .arg = *arg};
  const ml_function *found;
  ml_status status = check_idle(pool, err);
  if (status == ML_OK)
    status = ml_functions_find(pool->functions, function, &found, &call.what, err);
  if (status == ML_OK) status = make_command(&call, &eval, err);
  if (status != ML_OK) return status;
  if (!new_answers(&in, PLACES_MAX)) status = ml_error_memory(err);
  if (status == ML_OK) status = gather(pool, err);
  if (status == ML_OK) {
    pool->init = &in;
    for (size_t i = 0; i < pool->n_slots; i++)
      if (slot__takes_items(&pool->slots[i]))
        send_command(&pool->slots[i], &eval, EVAL_NUMBER, INIT_WANTED);
    status = settle(pool, &in, err);
    pool->init = NULL;
  }
  if (status == ML_OK && out) status = decode_answers(&in, pool, arena, out, err);
  free_answers(&in);
  ml_buf_release(&eval.bytes);
  return status;
}

void init__release(ml_mproc *pool) {
  drop_commands(pool, 0);
  free(pool->commands);
  ml_functions_free(pool->functions);
}
