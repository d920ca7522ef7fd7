/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A worker process: two threads. The main one runs items; the other reads the connection into an
 * inbox, and ends the process at once when the central process is gone. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <sodium.h>

#include <ml/version.h>

#include "mproc_internal.h"

#define READ_MAX   ((size_t)256 << 10)
#define SEND_AT    ((size_t)32 << 10)    /* bytes of results that are worth a send */
#define SEND_AFTER (MPROC_SECOND / 2000) /* and the longest that one waits for company */

/* ---- the reader ------------------------------------------------------------------------------ */

/* What must be known before the main thread gets there. */
static void look_at(worker *w, const frame *f) {
  if (f->type == FRAME_CLOSE) atomic_store(&w->closed, f->job);
  if (f->type == FRAME_BYE) w->has_bye = true;
}

/* Move whole frames to the inbox. */
static void deliver(worker *w) {
  const char *first = w->chan.in.data + w->chan.in_at;
  frame f;
  frame_verdict verdict;
  pthread_mutex_lock(&w->lock);
  while ((verdict = channel__next(&w->chan, FRAME_PAYLOAD_MAX, &f)) == FRAME_WHOLE) look_at(w, &f);
  ml_buf_put(&w->inbox, first, (size_t)(w->chan.in.data + w->chan.in_at - first));
  if (verdict == FRAME_BAD || w->inbox.failed) _exit(ML_WORKER_REFUSED);
  pthread_cond_signal(&w->filled);
  pthread_mutex_unlock(&w->lock);
}

/* The end of the stream or of the lane is the end of the central process, and so of this one,
 * whatever the main thread is busy with. The kernel frees what is mapped. */
static void *read_inbox(void *ctx) {
  worker *w = ctx;
  deliver(w); /* what came with the welcome */
  for (;;) {
    struct pollfd fds[] = {
        {.fd = w->chan.fd, .events = POLLIN}, {.fd = LANE_FD}, {.fd = w->wake, .events = POLLIN}};
    if (poll(fds, 3, -1) < 0 && errno != EINTR) _exit(ML_WORKER_DONE);
    if (fds[2].revents) return NULL;
    if (fds[1].revents) _exit(ML_WORKER_DONE);
    if (!fds[0].revents) continue;
    if (!channel__read(&w->chan, READ_MAX)) _exit(ML_WORKER_DONE);
    deliver(w);
  }
}

/* ---- the main thread ------------------------------------------------------------------------- */

/* Swap the inbox for an empty one. */
static bool next_batch(worker *w, ml_buf *batch) {
  ml_buf_clear(batch);
  pthread_mutex_lock(&w->lock);
  bool is_waiting = w->inbox.n == 0;
  pthread_mutex_unlock(&w->lock);
  /* Nothing to do: results go out before we sleep. */
  if (is_waiting && !worker__send_all(&w->chan)) return false;
  pthread_mutex_lock(&w->lock);
  while (w->inbox.n == 0) pthread_cond_wait(&w->filled, &w->lock);
  ml_buf empty = *batch;
  *batch = w->inbox;
  w->inbox = empty;
  bool has_bye = w->has_bye;
  pthread_mutex_unlock(&w->lock);
  return !has_bye;
}

static bool is_stale(worker *w, const frame *f) {
  return f->type == FRAME_ITEM && f->job == atomic_load(&w->closed);
}

static bool run_batch(worker *w, worker_job *job, const ml_buf *batch) {
  uint64_t sent = mproc__now();
  for (size_t at = 0; at < batch->n;) {
    frame f;
    if (frame__parse(batch->data + at, batch->n - at, FRAME_PAYLOAD_MAX, &f) != FRAME_WHOLE)
      return false;
    at += FRAME_HEADER + f.n;
    if (!is_stale(w, &f) && !worker_job__frame(job, &f, &w->chan.out)) return false;
    bool is_due = w->chan.out.n > SEND_AT || worker_job__now(job) > sent + SEND_AFTER;
    if (!is_due) continue;
    if (!worker__send_all(&w->chan)) return false;
    sent = worker_job__now(job);
  }
  return true;
}

/* Signals of the process are for the thread that runs the host's code. */
static bool start_reader(worker *w, pthread_t *reader) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int rc = pthread_create(reader, NULL, read_inbox, w);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return rc == 0;
}

static int run_all(worker *w, const ml_worker_opts *opts, ml_error *err) {
  pthread_t reader;
  ml_buf batch = {0};
  int code = ML_WORKER_DONE;
  uint64_t one = 1;
  worker_job *job = worker_job__new(opts, LANE_FD, w->page);
  w->wake = eventfd(0, EFD_CLOEXEC);
  if (!job || w->wake < 0 || !start_reader(w, &reader)) {
    code = worker__fail(err, ML_WORKER_REFUSED, "out of resources");
  } else {
    while (next_batch(w, &batch) && run_batch(w, job, &batch)) {
    }
    if (write(w->wake, &one, sizeof one) != sizeof one) _exit(ML_WORKER_DONE);
    pthread_join(reader, NULL);
  }
  if (w->wake >= 0) close(w->wake);
  worker_job__free(job);
  ml_buf_release(&batch);
  ml_buf_release(&w->inbox);
  return code;
}

int ml_worker_run(const ml_worker_opts *opts, ml_error *err) {
  worker w = {.chan = {.fd = -1},
              .wake = -1,
              .lock = PTHREAD_MUTEX_INITIALIZER,
              .filled = PTHREAD_COND_INITIALIZER};
  ml_own_process();
  (void)prctl(PR_SET_NAME, "mltool-worker");
  if (sodium_init() < 0)
    return worker__fail(err, ML_WORKER_REFUSED, "no random numbers from the system");
  int code = worker__start(&w, opts, err);
  if (code == ML_WORKER_DONE) code = run_all(&w, opts, err);
  channel__close(&w.chan);
  if (w.page) munmap(w.page, sizeof *w.page);
  return code;
}
