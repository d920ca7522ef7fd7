/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a worker as the central process sees it: started, ready, lost, started again. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mproc_internal.h"

#define READ_MAX     ((size_t)256 << 10)
#define START_LIMIT  (30 * MPROC_SECOND) /* from start to registration */
#define LAST_WORDS   (1 * MPROC_SECOND)  /* from end of stream to end of process */
#define BYE_PATIENCE (2 * MPROC_SECOND)  /* from BYE to end of process */

void slot__name(const slot *s, char *buf, size_t size) {
  snprintf(buf, size, "worker %zu (pid %ld)", s->index + 1, (long)s->pid);
}

/* ---- ends ------------------------------------------------------------------------------------ */

/* The place is empty. Nobody is started in a visitor's. */
static void clear(slot *s) {
  io__free(s->pid_io);
  channel__close(&s->chan);
  words__free(s->words);
  if (s->pidfd >= 0) close(s->pidfd);
  if (s->lane >= 0) close(s->lane);
  *s = (slot){.pool = s->pool,
              .index = s->index,
              .page = s->page,
              .tally = s->tally,
              .is_ours = s->is_ours,
              .pidfd = -1,
              .lane = -1,
              .chan = {.fd = -1},
              .told_to_end = PAGE_IDLE,
              .when = mproc__now() + loss__back_off(s->pool)};
}

static bool take_frame(slot *s, const frame *f) {
  if (f->job & INIT_COMMAND) return init__frame(s, f);
  return s->pool->run && run__frame(s->pool->run, s, f);
}

static void read_frames(slot *s) {
  frame f;
  frame_verdict verdict;
  while ((verdict = channel__next(&s->chan, FRAME_PAYLOAD_MAX, &f)) == FRAME_WHOLE)
    if (!take_frame(s, &f)) break;
  if (verdict != FRAME_PARTIAL) slot__kill(s, CAUSE_PROTOCOL);
}

/* What it had finished and sent counts. */
static void read_last_words(slot *s) {
  bool more = s->chan.fd >= 0;
  while (more && s->cause != CAUSE_PROTOCOL) {
    size_t unread = s->chan.in.n - s->chan.in_at;
    more = channel__read(&s->chan, READ_MAX) && s->chan.in.n - s->chan.in_at > unread;
    read_frames(s);
  }
}

static void bury(slot *s, const siginfo_t *info) {
  obituary how = loss__describe(s, info);
  init__lost(s, &how);
  if (s->cause != CAUSE_TOLD) {
    if (s->pool->run) run__lost(s->pool->run, s, &how);
    loss__count(s, info, how.text);
  }
  clear(s);
}

/* What it has started ends with it. One that leaves as it was told has seen to that itself. */
static void end_family(const slot *s, bool is_zombie, const siginfo_t *info) {
  /* While the worker is a zombie its number, and its group with what it has left behind there, are
   * ours to kill. */
  if (is_zombie) kill(-s->pid, SIGKILL);
  bool has_left_by_itself = s->cause == CAUSE_TOLD && info->si_code == CLD_EXITED;
  if (!has_left_by_itself) descendants__kill_marked(s->mark);
}

/* The process has exited and nothing of it writes any more. */
static void on_exit_of_process(void *ctx, int events) {
  (void)events;
  slot *s = ctx;
  siginfo_t info = {0};
  if (s->is_visitor) { /* whose child it may be is not our affair */
    read_last_words(s);
    bury(s, &info);
    return;
  }
  bool is_zombie = waitid(P_PIDFD, (id_t)s->pidfd, &info, WEXITED | WNOWAIT) == 0;
  /* libuv has made the descriptor non-blocking, and it may wake us a moment too early: it will
   * again. */
  if (!is_zombie && (errno == EAGAIN || errno == EINTR)) return;
  end_family(s, is_zombie, &info);
  bool is_told = s->cause == CAUSE_TOLD && info.si_code == CLD_EXITED;
  if (is_told && s->is_ours && info.si_status == ML_WORKER_LIFETIME)
    s->pool->stats.workers_recycled++;
  read_last_words(s);
  while (is_zombie && waitpid(s->pid, NULL, 0) < 0 && errno == EINTR) {
  }
  bury(s, &info);
}

/* A visitor may be of another process group, or of another machine: then hanging up is all that can
 * be done, and slot__look() does it. */
static void kill_visitor(slot *s) {
  if (s->pidfd < 0) {
    s->when = 0;
    return;
  }
  descendants__kill(s->pid);
  (void)pidfd_send_signal(s->pidfd, SIGKILL, NULL, 0);
}

void slot__kill(slot *s, slot_cause cause) {
  if (s->state == SLOT_EMPTY) return;
  bool is_first = s->state != SLOT_ENDING || s->when != UINT64_MAX;
  if (s->cause == CAUSE_UNKNOWN) s->cause = cause;
  s->state = SLOT_ENDING;
  s->when = UINT64_MAX;
  if (s->is_visitor) {
    kill_visitor(s);
    return;
  }
  /* As long as it lives, those who have left its group are still known to be its children. */
  if (is_first) descendants__kill(s->pid);
  kill(-s->pid, SIGKILL);
  kill(s->pid, SIGKILL); /* should it have left its group */
}

void slot__recycle(slot *s) {
  if (s->state == SLOT_READY) s->is_recycled = true;
}

void slot__dismiss(slot *s) {
  uint64_t code = s->is_recycled ? ML_WORKER_LIFETIME : ML_WORKER_DONE;
  frame__put(&s->chan.out, &(frame){.type = FRAME_BYE, .item = code});
  channel__flush(&s->chan);
  s->cause = CAUSE_TOLD;
  s->state = SLOT_ENDING;
  s->when = mproc__now() + BYE_PATIENCE;
}

void slot__hang_up(slot *s) {
  io__want(s->chan.io, 0);
  s->state = SLOT_ENDING;
  s->when = s->pidfd >= 0 ? mproc__now() + LAST_WORDS : 0;
}

/* ---- beginnings ------------------------------------------------------------------------------ */

static void on_frames(void *ctx, int events) {
  slot *s = ctx;
  bool alive = true;
  if (events & UV_WRITABLE) alive = channel__flush(&s->chan);
  if (events & UV_READABLE) {
    alive = alive && channel__read(&s->chan, READ_MAX);
    s->heard = mproc__now();
    read_frames(s);
  }
  if (s->state == SLOT_ENDING)
    io__want(s->chan.io, 0);
  else if (!alive)
    slot__hang_up(s);
}

void slot__register(slot *s, channel *chan) {
  s->chan = *chan;
  *chan = (channel){.fd = -1};
  io__attach(s->chan.io, on_frames, s);
  if (s->pidfd >= 0 && !s->pid_io)
    s->pid_io = io__new(&s->pool->loop, s->pidfd, on_exit_of_process, s);
  clock__start(s);
  init__next(s);
  /* Its welcome cannot wait for the next turn of the loop: the host may do something else first,
   * and a worker waits for answers only so long. */
  (void)channel__flush(&s->chan); /* noticed when it is read */
}

void slot__ready(slot *s) {
  s->state = SLOT_READY;
  s->was_ready = true;
  if (s->is_ours) s->pool->false_starts = 0;
}

void slot__start(slot *s) {
  ml_mproc *pool = s->pool;
  status_page *page = s->page->data;
  atomic_store(&page->item, PAGE_IDLE);
  atomic_store(&page->last, PAGE_IDLE);
  atomic_store(&page->cancel, PAGE_IDLE);
  atomic_store(&page->rss, 0);
  atomic_store(&page->has_left, 0);
  atomic_store(&page->port, 0);
  int error = spawn__worker(s);
  if (error == 0) {
    pool->stats.workers_started++;
    s->state = SLOT_STARTING;
    s->when = mproc__now();
    s->pid_io = io__new(&pool->loop, s->pidfd, on_exit_of_process, s);
    if (s->pid_io) return;
    kill(-s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    error = ENOMEM;
  }
  loss__not_started(s, error);
  clear(s);
}

/* ---- clocks ---------------------------------------------------------------------------------- */

static void look_at_ending(slot *s, uint64_t now) {
  if (now <= s->when) return;
  if (s->pidfd < 0)
    bury(s, &(siginfo_t){0});
  else
    slot__kill(s, CAUSE_HUNG_UP);
}

void slot__look(slot *s, uint64_t now) {
  slot_cause cause;
  words__look(s->words);
  switch (s->state) {
    case SLOT_EMPTY:
      if (s->is_ours && !s->pool->is_closing && now >= s->when) slot__start(s);
      break;
    case SLOT_STARTING:
      if (now > s->when && now - s->when > START_LIMIT) slot__kill(s, CAUSE_NOT_REGISTERED);
      break;
    case SLOT_INITIALISING:
    case SLOT_READY:
      if ((cause = clock__look(s, now)) != CAUSE_UNKNOWN)
        slot__kill(s, cause);
      else if (s->is_recycled && s->n_in_flight == 0)
        slot__dismiss(s); /* it has answered what it was given */
      break;
    case SLOT_ENDING:
      look_at_ending(s, now);
      break;
  }
}
