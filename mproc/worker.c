/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A worker process: its main thread reads frames and runs items; the other one, of worker_watch.c,
 * only watches. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include <ml/version.h>

#include "mproc_internal.h"

#define READ_MAX   ((size_t)256 << 10)
#define SPINS      60                 /* looks for the next frame, some 40 us, before it sleeps */
#define SEND_AT    ((size_t)32 << 10) /* bytes of results that are worth a send */
#define SEND_AFTER (MPROC_SECOND / 2000) /* and the longest that one waits for company */

/* @return an ml_worker_exit; ML_WORKER_DONE: go on */
static int run_frame(worker *w, worker_job *job, const frame *f, ml_error *err) {
  if (f->type == FRAME_INIT) return worker_init__frame(w->functions, f, &w->chan.out, err);
  if (worker_job__frame(job, f, &w->chan.out)) return ML_WORKER_DONE;
  return worker__fail(err, ML_WORKER_REFUSED, "the central process sent what makes no sense");
}

/* Run every frame that is here. @return false: it is over, with *code */
static bool run_frames(worker *w, worker_job *job, int *code, ml_error *err) {
  uint64_t sent = worker_job__now(job);
  frame f;
  frame_verdict verdict;
  while ((verdict = channel__next(&w->chan, FRAME_PAYLOAD_MAX, &f)) == FRAME_WHOLE) {
    if (f.type == FRAME_BYE) {
      *code = f.item == ML_WORKER_LIFETIME ? ML_WORKER_LIFETIME : ML_WORKER_DONE;
      return false;
    }
    if ((*code = run_frame(w, job, &f, err)) != ML_WORKER_DONE) return false;
    if (w->chan.out.n <= SEND_AT && worker_job__now(job) <= sent + SEND_AFTER) continue;
    if (!worker__send_all(&w->chan)) return false;
    sent = worker_job__now(job);
  }
  return verdict == FRAME_PARTIAL;
}

/* To sleep and to be woken takes longer than a frame needs to come: with one item in flight, most
 * of the time. The central process gets the processor if it is there that it runs. */
static void await_briefly(int fd) {
  char byte;
  for (int i = 0; i < SPINS && recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0; i++) sched_yield();
}

/* Results go out before it sleeps in the read. */
static int run_all(worker *w, worker_job *job, ml_error *err) {
  int code = ML_WORKER_DONE;
  while (run_frames(w, job, &code, err) && worker__send_all(&w->chan)) {
    await_briefly(w->chan.fd);
    if (channel__read(&w->chan, READ_MAX)) continue;
    worker_watch__tell_end(w);
    break;
  }
  (void)worker__send_all(&w->chan); /* why it ends, if there is a reason */
  return code;
}

static int be_worker(worker *w, const ml_worker_opts *opts, ml_error *err) {
  int code;
  pthread_mutex_lock(&w->sending);
  worker_job *job = worker_job__new(opts, w);
  bool can_wait = fcntl(w->chan.fd, F_SETFL, 0) == 0;
  if (job && can_wait && ml_functions_new(&w->functions, err) == ML_OK && worker_watch__start(w)) {
    code = run_all(w, job, err);
    worker_watch__stop(w);
  } else {
    code = worker__fail(err, ML_WORKER_MEMORY, "out of resources");
  }
  pthread_mutex_unlock(&w->sending);
  worker_job__free(job);
  ml_functions_free(w->functions);
  return code;
}

void worker__send_waiting(worker *w) {
  channel *c = &w->chan;
  if (pthread_mutex_trylock(&w->sending) != 0) return;
  size_t left = c->out.n - c->out_at;
  if (left > 0 && !c->out.failed) {
    ssize_t n = send(c->fd, c->out.data + c->out_at, left, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) c->out_at += (size_t)n; /* what went wrong shows in the next look */
  }
  pthread_mutex_unlock(&w->sending);
}

int ml_worker_run(const ml_worker_opts *opts, ml_error *err) {
  worker w = {.chan = {.fd = -1},
              .sending = PTHREAD_MUTEX_INITIALIZER,
              .lane = -1,
              .wake = -1,
              .watch = opts->watch};
  ml_own_process();
  crash__watch();
  (void)prctl(PR_SET_NAME, "mltool-worker");
  (void)prctl(PR_SET_CHILD_SUBREAPER, 1); /* what our children leave behind stays ours to end */
  if (sodium_init() < 0)
    return worker__fail(err, ML_WORKER_REFUSED, "no random numbers from the system");
  int code = worker__start(&w, opts, err);
  if (code == ML_WORKER_DONE) code = be_worker(&w, opts, err);
  /* It ends by itself now. The signal of a parent that is slow to die would only disturb that: a
   * leak checker stops its process at exit, and SIGCONT would let it go on. */
  (void)prctl(PR_SET_PDEATHSIG, 0);
  descendants__kill(getpid());
  channel__close(&w.chan);
  if (w.lane >= 0) close(w.lane);
  if (w.page) munmap(w.page, sizeof *w.page);
  return code;
}
