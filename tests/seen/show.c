/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pool to look at: prints the port of its page, then works until its input ends. Some workers are
 * lost on the way. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../pool_tasks.h"

enum { ITEMS = 100000 };

/* Nobody waits for us any more. */
static bool is_cancelled(void *ctx) {
  (void)ctx;
  struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
  return poll(&in, 1, 0) > 0;
}

static ml_status run(ml_mproc *pool, ml_error *err) {
  acts a = acts_new(ITEMS);
  ml_block *flags = NULL;
  ml_watch watch = {.cancelled = is_cancelled};
  ml_status status = ml_block_new(ml_mproc_exec(pool), ITEMS, &flags, err);
  for (size_t i = 0; i < ITEMS; i++) {
    a.acts[i].kind = i == 40 || i == 90 ? ACT_SIGNAL_ONCE : ACT_SLEEP;
    a.acts[i].n = i == 40 ? SIGTERM : i == 90 ? SIGKILL : 10 + (long)(i % 7) * 10;
  }
  ml_job job = acts_job(&a);
  job.step = "<b>features</b>"; /* as text, never as a part of the page */
  job.result = flags;
  job.watch = &watch;
  if (status == ML_OK) status = ml_exec_run(ml_mproc_exec(pool), &job, err);
  ml_block_free(flags);
  acts_free(&a);
  return status;
}

int main(void) {
  ml_mproc_opts opts = ml_mproc_opts_default();
  ml_mproc *pool = NULL;
  ml_error err = {0};
  opts.n_workers = 3;
  opts.worker_exe = POOL_WORKER;
  opts.metrics_port = 0;
  ml_status status = ml_mproc_open(&opts, &pool, &err);
  if (status == ML_OK) {
    printf("%d\n", ml_mproc_metrics_port(pool));
    fflush(stdout);
    status = run(pool, &err);
  }
  if (status != ML_ERR_CANCELLED) fprintf(stderr, "%s\n", err.message);
  ml_mproc_close(pool);
  return status == ML_ERR_CANCELLED ? 0 : 1;
}
