/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The second thread of a worker: it beats while the process lives, looks at its size, sends
 * results that wait behind a long item, has an item interrupted whose time is up, and ends the
 * process at once when the central process is gone, whatever the main thread is busy with. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mproc_internal.h"

#define BEAT_MS     500
#define LOOK_MS     50 /* while items run: one may be told to end, or keep results waiting */
#define LOOKS_AFTER 10 /* more of these, when nothing runs any more */

/* With all that it has started. Its group is its own, unless it was started by hand. */
static void end_process(const worker *w, int code) {
  atomic_store(&w->page->has_left, 1);
  descendants__kill(getpid());
  if (!w->is_visitor && getpgrp() == getpid()) kill(0, SIGKILL);
  _exit(code);
}

void worker_watch__tell_end(const worker *w) {
  static const char line[] = "mltool worker: the central process is gone\n";
  static atomic_flag told = ATOMIC_FLAG_INIT;
  if (w->is_visitor && !atomic_flag_test_and_set(&told))
    (void)!write(STDERR_FILENO, line, sizeof line - 1);
}

static void look_at_size(status_page *page) {
  char text[128];
  unsigned long long resident;
  int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n <= 0) return;
  text[n] = 0;
  if (sscanf(text, "%*u %llu", &resident) == 1)
    atomic_store_explicit(&page->rss, resident * (uint64_t)sysconf(_SC_PAGESIZE),
                          memory_order_relaxed);
}

static void beat(status_page *page) {
  static uint64_t next;
  uint64_t now = mproc__now();
  if (now < next) return;
  next = now + BEAT_MS * (MPROC_SECOND / 1000);
  atomic_fetch_add_explicit(&page->beat, 1, memory_order_relaxed);
  look_at_size(page);
}

/* Once for each item: what it does about it is its own affair. */
static void interrupt_item(worker *w, uint64_t *interrupted) {
  uint64_t item = atomic_load(&w->page->item);
  if (item != *interrupted) *interrupted = PAGE_IDLE;
  bool is_unwanted = atomic_load(&w->page->cancel) == item ||
                     atomic_load(&w->page->closed) == atomic_load(&w->serial);
  if (item == PAGE_IDLE || item == *interrupted || !is_unwanted) return;
  *interrupted = item;
  ml_functions_interrupt(w->functions);
}

/* How long until the next look. */
static int pause_ms(const status_page *page) {
  static uint64_t before = PAGE_IDLE;
  static int n_idle;
  uint64_t last = atomic_load(&page->last);
  bool is_busy = atomic_load(&page->item) != PAGE_IDLE || last != before;
  before = last;
  if (is_busy)
    n_idle = 0;
  else if (n_idle <= LOOKS_AFTER)
    n_idle++;
  return n_idle > LOOKS_AFTER ? BEAT_MS : LOOK_MS;
}

/* The end of the stream or of the lane is the end of the central process. Bytes that came before it
 * are for nobody then. The kernel frees what is mapped. */
static void *watch(void *ctx) {
  worker *w = ctx;
  uint64_t interrupted = PAGE_IDLE;
  for (;;) {
    struct pollfd fds[] = {{.fd = w->chan.fd, .events = POLLRDHUP},
                           {.fd = w->lane},
                           {.fd = w->wake, .events = POLLIN}};
    beat(w->page);
    interrupt_item(w, &interrupted);
    worker__send_waiting(w);
    int n = poll(fds, 3, w->watch ? LOOK_MS : pause_ms(w->page));
    if (atomic_load(&w->is_over)) return NULL;
    if (ml_watch_cancelled(w->watch)) end_process(w, ML_WORKER_INTERRUPTED);
    if (n < 0 && errno != EINTR) end_process(w, ML_WORKER_DONE);
    if (n <= 0) continue;
    worker_watch__tell_end(w);
    end_process(w, ML_WORKER_DONE);
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
  atomic_store(&w->is_over, true);
  if (write(w->wake, &one, sizeof one) != sizeof one) _exit(ML_WORKER_DONE);
  pthread_join(w->watcher, NULL);
  close(w->wake);
  w->wake = -1;
}
