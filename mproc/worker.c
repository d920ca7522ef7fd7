/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A worker process: its main thread reads frames and runs items; the other one, of worker_watch.c,
 * only watches. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <sodium.h>

#include <ml/version.h>

#include "mproc_internal.h"

#define READ_MAX   ((size_t)256 << 10)
#define SEND_AT    ((size_t)32 << 10)    /* bytes of results that are worth a send */
#define SEND_AFTER (MPROC_SECOND / 2000) /* and the longest that one waits for company */

/* Run every frame that is here. @return false: it is over */
static bool run_frames(worker *w, worker_job *job) {
  uint64_t sent = worker_job__now(job);
  frame f;
  frame_verdict verdict;
  while ((verdict = channel__next(&w->chan, FRAME_PAYLOAD_MAX, &f)) == FRAME_WHOLE) {
    if (f.type == FRAME_BYE) return false;
    if (!worker_job__frame(job, &f, &w->chan.out)) return false;
    if (w->chan.out.n <= SEND_AT && worker_job__now(job) <= sent + SEND_AFTER) continue;
    if (!worker__send_all(&w->chan)) return false;
    sent = worker_job__now(job);
  }
  return verdict == FRAME_PARTIAL;
}

/* Results go out before it sleeps in the read. */
static void run_all(worker *w, worker_job *job) {
  while (run_frames(w, job) && worker__send_all(&w->chan) && channel__read(&w->chan, READ_MAX)) {
  }
}

static int be_worker(worker *w, const ml_worker_opts *opts, ml_error *err) {
  int code = ML_WORKER_DONE;
  worker_job *job = worker_job__new(opts, w);
  bool can_wait = fcntl(w->chan.fd, F_SETFL, 0) == 0;
  if (job && can_wait && worker_watch__start(w)) {
    run_all(w, job);
    worker_watch__stop(w);
  } else {
    code = worker__fail(err, ML_WORKER_REFUSED, "out of resources");
  }
  worker_job__free(job);
  return code;
}

int ml_worker_run(const ml_worker_opts *opts, ml_error *err) {
  worker w = {.chan = {.fd = -1}, .lane = LANE_FD, .wake = -1};
  ml_own_process();
  (void)prctl(PR_SET_NAME, "mltool-worker");
  if (sodium_init() < 0)
    return worker__fail(err, ML_WORKER_REFUSED, "no random numbers from the system");
  int code = worker__start(&w, opts, err);
  if (code == ML_WORKER_DONE) code = be_worker(&w, opts, err);
  channel__close(&w.chan);
  if (w.page) munmap(w.page, sizeof *w.page);
  return code;
}
