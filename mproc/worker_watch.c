/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The second thread of a worker: it beats while the process lives, and ends it at once when the
 * central process is gone, whatever the main thread is busy with. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mproc_internal.h"

#define BEAT_MS 500

/* The end of the stream or of the lane is the end of the central process. Bytes that came before it
 * are for nobody then. The kernel frees what is mapped. */
static void *watch(void *ctx) {
  worker *w = ctx;
  for (;;) {
    struct pollfd fds[] = {{.fd = w->chan.fd, .events = POLLRDHUP},
                           {.fd = LANE_FD},
                           {.fd = w->wake, .events = POLLIN}};
    if (poll(fds, 3, BEAT_MS) < 0 && errno != EINTR) _exit(ML_WORKER_DONE);
    if (fds[2].revents) return NULL;
    if (fds[0].revents || fds[1].revents) _exit(ML_WORKER_DONE);
    atomic_fetch_add_explicit(&w->page->beat, 1, memory_order_relaxed);
  }
}

/* Signals of the process are for the thread that runs the host's code. */
bool worker_watch__start(worker *w) {
  sigset_t all, before;
  w->wake = eventfd(0, EFD_CLOEXEC);
  if (w->wake < 0) return false;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int rc = pthread_create(&w->watcher, NULL, watch, w);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (rc == 0) return true;
  close(w->wake);
  w->wake = -1;
  return false;
}

void worker_watch__stop(worker *w) {
  uint64_t one = 1;
  if (write(w->wake, &one, sizeof one) != sizeof one) _exit(ML_WORKER_DONE);
  pthread_join(w->watcher, NULL);
  close(w->wake);
  w->wake = -1;
}
