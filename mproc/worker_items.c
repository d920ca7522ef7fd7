/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The items of a frame: one, several, or a chunk in a form that only the task knows. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "worker_internal.h"

#define PART_BYTES    MEMFILE_FROM /* of results of a chunk, that are answered before its end */
#define KEEP_CAPACITY ((size_t)1 << 20)

/* ---- answers --------------------------------------------------------------------------------- */

/* The lane holds few messages; the frames of those that are there must be out, or nobody would
 * fetch them. */
static bool send_file(worker_job *w, int fd) {
  while (!lane__send(w->lane, "", 1, &fd, 1)) {
    struct pollfd lane = {.fd = w->lane, .events = POLLOUT};
    bool is_full = errno == EAGAIN || errno == EWOULDBLOCK;
    if (!is_full || !worker__send_all(&w->worker->chan)) return false;
    if (poll(&lane, 1, -1) < 0 && errno != EINTR) return false;
  }
  return true;
}

static void put_error(worker_job *w, size_t item, uint32_t spent, const ml_error *err,
                      ml_buf *out) {
  frame f = {.job = w->serial, .item = item, .spent_ns = spent};
  message__put_error(out, &f, err, &w->trace);
  ml_buf_clear(&w->trace);
}

static ml_status put_file(worker_job *w, frame *f, ml_buf *out, ml_error *err) {
  unsigned char size[8];
  int fd = memfile__make(f->payload, f->n);
  if (fd < 0)
    return ml_error_set(err, ML_ERR_MEMORY,
                        "item %llu: no shared memory for a result of %zu bytes: %s",
                        (unsigned long long)f->item, f->n, strerror(errno));
  bool is_sent = send_file(w, fd);
  close(fd);
  if (!is_sent) _exit(ML_WORKER_DONE); /* the central process is gone */
  message__put_size(size, f->n);
  f->flags |= FRAME_MEMFD;
  f->payload = size;
  f->n = sizeof size;
  frame__put(out, f);
  return ML_OK;
}

/* One run of bytes, as a frame or as a memory file. */
static ml_status put_bytes(worker_job *w, frame *f, ml_buf *out, ml_error *err) {
  if (f->n > MEMFILE_FROM && w->lane >= 0) return put_file(w, f, out, err);
  if (f->n > FRAME_PAYLOAD_MAX)
    return ml_error_set(err, ML_ERR_USAGE,
                        "item %llu: its result has %zu bytes, more than %zu, and this worker "
                        "shares no memory with the central process",
                        (unsigned long long)f->item, f->n, FRAME_PAYLOAD_MAX);
  frame__put(out, f);
  return ML_OK;
}

/* Since the last answer. */
static uint32_t spent(worker_job *w) {
  w->now = mproc__now();
  uint64_t ns = w->now - w->began;
  w->began = w->now;
  return ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

/* @param bytes  n_bytes: results of n items, padded with a table of lengths, or what one run of a
 *               chunk gave (is_own), or the result of one item */
static void answer(worker_job *w, size_t first, size_t n, bool is_own, const char *bytes,
                   size_t n_bytes, ml_buf *out) {
  ml_error err = {0};
  frame f = {.type = FRAME_RESULT,
             .flags = is_own  ? FRAME_OWN
                      : n > 1 ? FRAME_CHUNK
                              : 0,
             .items = (uint16_t)n,
             .job = w->serial,
             .spent_ns = spent(w),
             .item = first,
             .payload = bytes,
             .n = n_bytes};
  if (n > 1 && !is_own) {
    chunk__put(out, &f, bytes, (const uint32_t *)(const void *)w->lengths.data);
    return;
  }
  err.status = put_bytes(w, &f, out, &err);
  if (err.status == ML_OK) return;
  for (size_t i = 0; i < n; i++) put_error(w, first + i, f.spent_ns, &err, out);
}

/* A result that was large once need not be so again. */
static void forget_results(worker_job *w) {
  if (w->result.capacity > KEEP_CAPACITY) ml_buf_release(&w->result);
  ml_buf_clear(&w->result);
  ml_buf_clear(&w->lengths);
}

/* ---- plain items ----------------------------------------------------------------------------- */

/* What it returned then does not matter. */
static bool was_told_to_end(const worker_job *w, size_t item) {
  return atomic_load_explicit(&w->page->cancel, memory_order_relaxed) == item;
}

static const char too_long[] = "it was told to end, because it took too long";

static ml_status run_task(worker_job *w, size_t item, const void *in, size_t n_in, ml_error *err) {
  ml_item given = {.index = item, .in = in, .n_in = n_in, .trace = &w->trace, .cancel = &w->cancel};
  worker_job__begin(w, item);
  ml_status status = w->task->run(w->state, &w->data, &given, &w->result, err);
  worker_job__idle(w);
  if (w->result.failed) status = ml_error_memory(err);
  if (was_told_to_end(w, item)) status = ml_error_set(err, ML_ERR_TIMEOUT, "%s", too_long);
  err->status = status;
  return status;
}

/* Meanwhile the watcher may send what was answered: per frame, as it costs as much as an item. */
static void let_watcher_send(worker_job *w) {
  pthread_mutex_unlock(&w->worker->sending);
}

static void send_alone(worker_job *w) {
  pthread_mutex_lock(&w->worker->sending);
}

static void run_one(worker_job *w, const frame *f, ml_buf *out) {
  ml_error err = {0};
  size_t item = (size_t)f->item;
  let_watcher_send(w);
  ml_status status = run_task(w, item, f->payload, f->n, &err);
  send_alone(w);
  if (status == ML_OK)
    answer(w, item, 1, false, w->result.data, w->result.n, out);
  else
    put_error(w, item, spent(w), &err, out);
  forget_results(w);
}

/* Results that wait in a chunk: items [first, next). */
typedef struct part {
  size_t first, next;
  uint64_t beat; /* when the last answer went out */
} part;

static void flush_part(worker_job *w, part *p, ml_buf *out) {
  size_t n = p->next - p->first;
  const uint32_t *lengths = (const uint32_t *)(const void *)w->lengths.data;
  if (n > 0) answer(w, p->first, n, false, w->result.data, n > 1 ? w->result.n : lengths[0], out);
  forget_results(w);
  p->first = p->next;
}

/* The result of the item at `at` in the buffer: it joins those that wait, or goes alone when it is
 * large. */
static bool add_result(worker_job *w, part *p, size_t at, ml_buf *out) {
  size_t n = w->result.n - at, padding = wire_padded(n) - n;
  if (n > PART_BYTES) {
    ml_buf large = {0};
    ml_buf_put(&large, w->result.data + at, n);
    if (large.failed) return false;
    w->result.n = at;
    send_alone(w);
    flush_part(w, p, out);
    answer(w, p->next, 1, false, large.data, large.n, out);
    let_watcher_send(w);
    ml_buf_release(&large);
    p->first = ++p->next;
    return true;
  }
  uint32_t length = (uint32_t)n;
  ml_buf_put(&w->lengths, &length, sizeof length);
  ml_buf_put(&w->result, "\0\0\0\0\0\0\0", padding);
  if (w->result.failed || w->lengths.failed) return false;
  p->next++;
  return true;
}

/* A slow item must not hold back what is done: the other thread's beat is a clock that costs
 * nothing. */
static bool is_due(worker_job *w, part *p) {
  uint64_t beat = atomic_load_explicit(&w->page->beat, memory_order_relaxed);
  bool is_late = beat != p->beat;
  p->beat = beat;
  return is_late || w->result.n > PART_BYTES;
}

static void fail_in_part(worker_job *w, part *p, size_t at, const ml_error *err, ml_buf *out) {
  w->result.failed = w->lengths.failed = false;
  w->result.n = at;
  send_alone(w);
  flush_part(w, p, out);
  put_error(w, p->next, spent(w), err, out);
  let_watcher_send(w);
  p->first = ++p->next;
}

static bool run_table(worker_job *w, const frame *f, const void *bytes, size_t n_bytes,
                      ml_buf *out) {
  chunk_table table;
  part p = {.first = (size_t)f->item, .next = (size_t)f->item, .beat = atomic_load(&w->page->beat)};
  if (!chunk__parse(bytes, n_bytes, f->items, &table)) return false;
  bool is_there = true;
  let_watcher_send(w);
  for (size_t i = 0; i < f->items && is_there && !worker_job__is_closed(w); i++) {
    ml_error err = {0};
    size_t n_in, at = w->result.n;
    const void *in = chunk__next(&table, &n_in);
    if (w->is_timed) w->now = mproc__now();
    ml_status status = run_task(w, p.next, in, n_in, &err);
    if (status == ML_OK && !add_result(w, &p, at, out)) status = ml_error_memory(&err);
    if (status != ML_OK) fail_in_part(w, &p, at, &err, out);
    if (!is_due(w, &p)) continue;
    send_alone(w);
    flush_part(w, &p, out);
    is_there = worker__send_all(&w->worker->chan);
    let_watcher_send(w);
  }
  send_alone(w);
  flush_part(w, &p, out);
  return is_there;
}

/* ---- chunks of the caller's own -------------------------------------------------------------- */

typedef struct own_chunk {
  ml_chunk chunk; /* first */
  worker_job *job;
} own_chunk;

static void begin_item(ml_chunk *chunk, size_t i) {
  worker_job *w = ((own_chunk *)(void *)chunk)->job;
  if (w->is_timed) w->now = mproc__now();
  worker_job__begin(w, chunk->first + i);
}

/* One call of run_chunk(): results up to an item that fails, and then that. */
static void run_part(worker_job *w, ml_chunk *c, ml_buf *out) {
  ml_error err = {0};
  size_t from = c->next;
  c->begin(c, from);
  let_watcher_send(w);
  err.status = w->task->run_chunk(w->state, &w->data, c, &w->result, &err);
  send_alone(w);
  worker_job__idle(w);
  bool is_sane = c->next >= from && (err.status == ML_OK ? c->next == c->n : c->next < c->n);
  if (!is_sane || w->result.failed) {
    err.status = w->result.failed
                     ? ml_error_memory(&err)
                     : ml_error_set(&err, ML_ERR_FUNCTION, "task '%s' has lost count of its items",
                                    w->task->name);
    c->next = from;
  }
  if (c->next > from)
    answer(w, c->first + from, c->next - from, true, w->result.data, w->result.n, out);
  if (err.status != ML_OK && was_told_to_end(w, c->first + c->next))
    ml_error_set(&err, ML_ERR_TIMEOUT, "%s", too_long);
  if (err.status != ML_OK) put_error(w, c->first + c->next++, spent(w), &err, out);
  forget_results(w);
}

static bool run_own(worker_job *w, const frame *f, const void *bytes, size_t n_bytes, ml_buf *out) {
  own_chunk own = {.chunk = {.first = (size_t)f->item,
                             .n = f->items,
                             .in = bytes,
                             .n_in = n_bytes,
                             .trace = &w->trace,
                             .cancel = &w->cancel,
                             .begin = begin_item},
                   .job = w};
  while (own.chunk.next < own.chunk.n && !worker_job__is_closed(w)) run_part(w, &own.chunk, out);
  return true;
}

/* ---- frames ---------------------------------------------------------------------------------- */

static bool run_bytes(worker_job *w, const frame *f, ml_buf *out) {
  w->now = w->began = mproc__now();
  if (f->flags & FRAME_OWN) return w->task->run_chunk && run_own(w, f, f->payload, f->n, out);
  if (f->flags & FRAME_CHUNK) return run_table(w, f, f->payload, f->n, out);
  run_one(w, f, out);
  return true;
}

/* The mapping may be pinned by whoever runs, and then outlives this. */
static bool run_file(worker_job *w, const frame *f, bool is_wanted, ml_buf *out) {
  frame whole = *f;
  uint64_t size;
  char byte;
  int fd;
  if (!message__parse_size(f, &size) || lane__receive(w->lane, &byte, 1, &fd, 1) != 1) return false;
  void *data = is_wanted ? memfile__map(fd, size) : NULL;
  close(fd);
  if (!is_wanted) return true;
  if (!data) return false;
  if (!pin__add(data, (size_t)size, 0)) _exit(ML_WORKER_MEMORY);
  whole.payload = data;
  whole.n = (size_t)size;
  bool ok = run_bytes(w, &whole, out);
  pin__remove(data);
  return ok;
}

/* A task that could not be opened was answered already, and items of a job that was given up need
 * not be run. */
bool worker_items__run(worker_job *w, const frame *f, ml_buf *out) {
  bool is_wanted = w->task && !worker_job__is_closed(w);
  if (f->items == 0 || (f->items > 1 && !(f->flags & (FRAME_CHUNK | FRAME_OWN)))) return false;
  if (f->flags & FRAME_MEMFD) return run_file(w, f, is_wanted, out);
  return !is_wanted || run_bytes(w, f, out);
}
