/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A job on the pool: which worker gets which item, and what becomes of the results. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mproc_internal.h"

#define WINDOW_NS       2e6                /* work that waits at a worker while results travel */
#define UNSENT_MAX      ((size_t)1 << 20)  /* bytes on their way to one worker */
#define TAKES_PER_TURN  256                /* then the sockets come first again */
#define CLOSE_PATIENCE  (1 * MPROC_SECOND) /* for the item that runs when a job is given up */
#define CANCEL_PATIENCE (MPROC_SECOND / 10)

struct run {
  ml_mproc *pool;
  const ml_job *job;
  uint32_t serial;
  queue items;
  size_t end;     /* items from here on are not wanted: n_items, or the lowest that failed */
  ml_error error; /* of item `end` */
};

static void fail_item(run *r, size_t i, const ml_error *error) {
  if (i >= r->end) return;
  r->end = i;
  r->error = *error;
}

/* What ends the job whatever its items do. */
static void fail_job(run *r, const ml_error *error) {
  if (r->pool->fault.status == ML_OK) r->pool->fault = *error;
}

static void fail_memory(run *r) {
  ml_error error = {0};
  ml_error_memory(&error);
  fail_job(r, &error);
}

static bool is_over(const run *r) {
  return r->pool->fault.status != ML_OK || r->items.taken >= r->end;
}

/* ---- to the workers -------------------------------------------------------------------------- */

/* Ask the caller for the argument of the next item. */
static bool make_item(run *r) {
  queue *q = &r->items;
  if (q->made >= r->end || q->bytes > QUEUE_BYTES_MAX) return false;
  size_t i = q->made;
  queue_item *it = queue__make(q);
  if (!it) {
    fail_memory(r);
    return false;
  }
  ml_error error = {0};
  ml_status status = r->job->put ? r->job->put(r->job->ctx, i, &it->bytes, &error) : ML_OK;
  if (status == ML_OK && it->bytes.failed) status = ml_error_memory(&error);
  if (status == ML_OK && it->bytes.n > FRAME_PAYLOAD_MAX)
    status =
        ml_error_set(&error, ML_ERR_USAGE,
                     "item %zu: its argument has %zu bytes, more than %zu: share it as a block", i,
                     it->bytes.n, FRAME_PAYLOAD_MAX);
  error.status = status;
  if (status != ML_OK) fail_item(r, i, &error);
  q->bytes += sizeof *it + it->bytes.n;
  return status == ML_OK;
}

/* Items that were with a lost worker go before new ones. */
static bool next_item(run *r, size_t *i) {
  queue *q = &r->items;
  while (q->n_again > 0) {
    *i = q->again[--q->n_again];
    if (*i < r->end) return true;
  }
  *i = q->made;
  return make_item(r);
}

static bool has_block(const slot *s, uint64_t id) {
  for (size_t i = 0; i < s->n_blocks; i++)
    if (s->blocks[i] == id) return true;
  return false;
}

static void add_block(open_message *open, int *fds, size_t *n_fds, const slot *s,
                      const ml_block *block, bool is_result) {
  bool is_new = !has_block(s, block->id);
  for (size_t i = 0; i < open->n_blocks; i++)
    if (open->blocks[i].id == block->id) is_new = false;
  if (is_new) fds[(*n_fds)++] = block->fd;
  open->blocks[open->n_blocks++] =
      (open_block){.id = block->id, .size = block->size, .is_new = is_new, .is_result = is_result};
}

/* Tell a worker of the job, and hand over the blocks that it has not mapped. It unmaps those
 * that this job does not name. */
static bool open_job(run *r, slot *s) {
  open_message open = {0};
  int fds[WIRE_BLOCKS_MAX];
  size_t n_fds = 0;
  snprintf(open.module, sizeof open.module, "%s", r->job->module->name);
  snprintf(open.task, sizeof open.task, "%s", r->job->task);
  for (size_t i = 0; i < r->job->n_inputs; i++)
    add_block(&open, fds, &n_fds, s, r->job->inputs[i], false);
  if (r->job->result) add_block(&open, fds, &n_fds, s, r->job->result, true);
  if (n_fds > 0 && !lane__send(s->lane, "", 1, fds, n_fds)) return false;
  message__put_open(&s->chan.out, r->serial, &open);
  s->n_blocks = open.n_blocks;
  for (size_t i = 0; i < open.n_blocks; i++) s->blocks[i] = open.blocks[i].id;
  s->is_open = true;
  s->mean_ns = 0;
  return true;
}

static bool send_item(run *r, slot *s, size_t i) {
  if (!s->is_open && !open_job(r, s)) return false;
  queue_item *it = queue__at(&r->items, i);
  frame__put(&s->chan.out, &(frame){.type = FRAME_ITEM,
                                    .job = r->serial,
                                    .item = i,
                                    .payload = it->bytes.data,
                                    .n = it->bytes.n});
  if (s->n_in_flight == 0) s->heard = mproc__now();
  s->flight[(s->first_in_flight + s->n_in_flight++) % WINDOW_MAX] = i;
  return true;
}

/* Items that may be with a worker: enough to bridge the way of a result, but near the end of the
 * job no more than its share of what is left, so that all workers end together. */
static size_t window(const run *r, const slot *s) {
  const queue *q = &r->items;
  size_t unsent = q->n_again + (r->end > q->made ? r->end - q->made : 0);
  size_t share = unsent / (2 * r->pool->n_slots);
  size_t n = s->mean_ns > 0 ? 2 + (size_t)(WINDOW_NS / s->mean_ns) : 2;
  if (n > share) n = share;
  if (n > r->pool->window_max) n = r->pool->window_max;
  return n > 0 ? n : 1;
}

static void feed(run *r, slot *s) {
  size_t i;
  while (s->n_in_flight < window(r, s) && s->chan.out.n - s->chan.out_at < UNSENT_MAX &&
         next_item(r, &i)) {
    if (send_item(r, s, i)) continue;
    if (!queue__again(&r->items, i)) fail_memory(r);
    slot__kill(s, CAUSE_UNKNOWN);
    return;
  }
}

static void feed_all(run *r) {
  for (size_t i = 0; i < r->pool->n_slots && !is_over(r); i++) {
    slot *s = &r->pool->slots[i];
    if (slot__takes_items(s)) feed(r, s);
  }
}

/* ---- from the workers ------------------------------------------------------------------------ */

static bool is_first_in_flight(const slot *s, uint64_t i) {
  return s->n_in_flight > 0 && s->flight[s->first_in_flight] == i;
}

static void land(slot *s) {
  s->first_in_flight = (s->first_in_flight + 1) % WINDOW_MAX;
  s->n_in_flight--;
}

static bool on_result(run *r, slot *s, const frame *f) {
  if (!is_first_in_flight(s, f->item)) return false;
  land(s);
  s->mean_ns += (f->spent_ns + 1.0 - s->mean_ns) / (s->mean_ns > 0 ? 8 : 1);
  queue_item *it = queue__at(&r->items, (size_t)f->item);
  r->items.bytes -= it->bytes.n;
  ml_buf_clear(&it->bytes);
  ml_buf_put(&it->bytes, f->payload, f->n);
  r->items.bytes += it->bytes.n;
  it->is_done = true;
  if (it->bytes.failed) fail_memory(r);
  seen__done(s, 1, f->spent_ns);
  r->pool->losses = 0;
  return true;
}

static bool on_error(run *r, slot *s, const frame *f) {
  ml_error error;
  const char *trace;
  size_t n_trace;
  if (!message__parse_error(f, &error, &trace, &n_trace)) return false;
  if (f->item == FRAME_NO_ITEM) {
    fail_job(r, &error);
    return true;
  }
  if (!is_first_in_flight(s, f->item)) return false;
  land(s);
  fail_item(r, (size_t)f->item, &error);
  return true;
}

bool run__frame(run *r, slot *s, const frame *f) {
  if (f->job != r->serial || !s->is_open) return false;
  switch (f->type) {
    case FRAME_RESULT:
      return on_result(r, s, f);
    case FRAME_ERROR:
      return on_error(r, s, f);
    case FRAME_CLOSED:
      if (!s->is_closing) return false;
      s->n_in_flight = 0;
      s->is_open = false;
      return true;
    default:
      return false;
  }
}

/* ---- losses ---------------------------------------------------------------------------------- */

static void name_item(const run *r, size_t i, char *buf, size_t size) {
  char more[160] = "";
  if (r->job->describe) r->job->describe(r->job->ctx, i, more, sizeof more);
  if (more[0])
    snprintf(buf, size, "item %zu (%s)", i, more);
  else
    snprintf(buf, size, "item %zu", i);
}

/* Only the item that was running is suspected of having done it. */
static void blame(run *r, size_t i, const obituary *how) {
  unsigned losses = ++queue__at(&r->items, i)->losses;
  if (losses <= r->pool->opts.retries) return;
  char name[192];
  ml_error error = {0};
  name_item(r, i, name, sizeof name);
  ml_error_set(&error, ML_ERR_WORKER, "%s: %s, %u attempt%s", name, how->text, losses,
               losses == 1 ? "" : "s");
  fail_item(r, i, &error);
}

const char *run__task(const run *r) {
  return r->job->task;
}

void run__look(const run *r, run_view *out) {
  *out = (run_view){.module = r->job->module->name,
                    .task = r->job->task,
                    .step = r->job->step ? r->job->step : "",
                    .total = r->job->n_items,
                    .made = r->items.made,
                    .bytes = r->items.bytes};
  for (size_t i = 0; i < r->pool->n_slots; i++) out->in_flight += r->pool->slots[i].n_in_flight;
}

void run__lost(run *r, slot *s, const obituary *how) {
  const status_page *page = s->page->data;
  uint64_t running = atomic_load(&page->item);
  for (; s->n_in_flight > 0; land(s)) {
    size_t i = s->flight[s->first_in_flight];
    r->pool->stats.items_retried++;
    if (!queue__again(&r->items, i)) fail_memory(r);
    if (i == running) blame(r, i, how);
  }
}

/* ---- to the caller --------------------------------------------------------------------------- */

/* Hand over results in the order of items. @return there are more */
static bool take_some(run *r) {
  const ml_job *job = r->job;
  queue *q = &r->items;
  size_t n = 0;
  for (; n < TAKES_PER_TURN && !is_over(r) && q->taken < q->made; n++) {
    queue_item *it = queue__at(q, q->taken);
    if (!it->is_done) break;
    ml_error error = {0};
    if (job->take)
      error.status = job->take(job->ctx, q->taken, it->bytes.data, it->bytes.n, &error);
    if (error.status != ML_OK) {
      fail_job(r, &error);
      return false;
    }
    q->bytes -= sizeof *it + it->bytes.n;
    queue__drop_first(q);
  }
  if (n > 0) ml_watch_progress(job->watch, job->step, (double)q->taken, (double)job->n_items);
  return n == TAKES_PER_TURN;
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
  if (!ml_module_find(job->module, job->task))
    return ml_error_set(err, ML_ERR_USAGE, "module '%s' has no task '%s'", module, job->task);
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

static void begin(run *r) {
  ml_mproc *pool = r->pool;
  uint64_t now = mproc__now();
  pool->run = r;
  seen__begin(pool);
  pool->losses = pool->false_starts = 0;
  pool->fault = (ml_error){0};
  for (size_t i = 0; i < pool->n_slots; i++) {
    slot *s = &pool->slots[i];
    /* Nobody listened between the jobs. */
    if (s->state == SLOT_STARTING || s->state == SLOT_EMPTY) s->when = now;
  }
}

static bool is_quiet(const ml_mproc *pool) {
  for (size_t i = 0; i < pool->n_slots; i++) {
    const slot *s = &pool->slots[i];
    if (s->state == SLOT_READY ? s->is_closing && s->is_open : s->state == SLOT_ENDING)
      return false;
  }
  return true;
}

/* When the job is over no worker touches its blocks any more: what still runs is waited for, but
 * not long. */
static void finish(run *r) {
  ml_mproc *pool = r->pool;
  bool is_cancelled = pool->fault.status == ML_ERR_CANCELLED;
  uint64_t deadline = mproc__now() + (is_cancelled ? CANCEL_PATIENCE : CLOSE_PATIENCE);
  for (size_t i = 0; i < pool->n_slots; i++) {
    slot *s = &pool->slots[i];
    if (s->state != SLOT_READY || !s->is_open) continue;
    status_page *page = s->page->data;
    atomic_store(&page->closed, r->serial);
    frame__put(&s->chan.out, &(frame){.type = FRAME_CLOSE, .job = r->serial});
    s->is_closing = true;
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
}

static void run_items(run *r) {
  bool more = false;
  while (!is_over(r)) {
    feed_all(r);
    pool__turn(r->pool, !more && !is_over(r));
    more = take_some(r);
    if (ml_watch_cancelled(r->job->watch)) {
      ml_error error = {0};
      ml_error_set(&error, ML_ERR_CANCELLED, "interrupted");
      fail_job(r, &error);
    }
  }
}

ml_status run__job(ml_exec *exec, const ml_job *job, ml_error *err) {
  ml_mproc *pool = (ml_mproc *)exec;
  if (job->n_items == 0) return ml_exec_run(NULL, job, err);
  ml_status status = check(job, err);
  if (status != ML_OK) return status;
  run r = {.pool = pool, .job = job, .serial = ++pool->serial, .end = job->n_items};
  begin(&r);
  run_items(&r);
  ml_error error = r.end < job->n_items ? r.error : (ml_error){0};
  if (pool->fault.status != ML_OK) error = pool->fault;
  finish(&r);
  queue__release(&r.items);
  if (error.status != ML_OK && err) *err = error;
  return error.status;
}
