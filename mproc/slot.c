/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The life of a worker as the central process sees it: started, ready, lost, started again. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mproc_internal.h"

#define READ_MAX       ((size_t)256 << 10)
#define START_LIMIT    (30 * MPROC_SECOND) /* from start to registration */
#define SILENCE_MARGIN (1 * MPROC_SECOND)  /* for the wire and a busy machine */
#define LAST_WORDS     (1 * MPROC_SECOND)  /* from end of stream to end of process */
#define BYE_PATIENCE   (2 * MPROC_SECOND)  /* from BYE to end of process */
#define BACK_OFF_FIRST (MPROC_SECOND / 20)
#define BACK_OFF_MAX   (2 * MPROC_SECOND)
#define FALSE_STARTS   3

void slot__name(const slot *s, char *buf, size_t size) {
  snprintf(buf, size, "worker %zu (pid %ld)", s->index + 1, (long)s->pid);
}

/* ---- ends ------------------------------------------------------------------------------------ */

static const char *exit_meaning(int code) {
  switch (code) {
    case ML_WORKER_NO_CONNECTION:
      return ": it could not connect";
    case ML_WORKER_REFUSED:
      return ": it was refused";
    case ML_WORKER_OTHER_BUILD:
      return ": it is another build";
    default:
      return "";
  }
}

/* How a worker ended, from its exit status unless we know better. */
static obituary write_obituary(const slot *s, const siginfo_t *info) {
  const status_page *page = s->page->data;
  obituary how = {
      .worker = s->index + 1, .pid = (long)s->pid, .memory = atomic_load(&page->rss), .said = ""};
  char name[64], *buf = how.text;
  size_t size = sizeof how.text;
  bool was_killed = info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED;
  if (was_killed) how.signal = info->si_status;
  slot__name(s, name, sizeof name);
  if (s->cause == CAUSE_TIMEOUT)
    snprintf(buf, size, "%s took longer than %g s", name, s->pool->opts.task_timeout);
  else if (s->cause == CAUSE_SILENT)
    snprintf(buf, size, "%s gave no sign of life for %g s", name, s->pool->opts.task_timeout);
  else if (s->cause == CAUSE_PROTOCOL)
    snprintf(buf, size, "%s sent what makes no sense", name);
  else if (s->cause == CAUSE_NOT_REGISTERED)
    snprintf(buf, size, "%s did not register in time", name);
  else if (info->si_code == CLD_EXITED)
    snprintf(buf, size, "%s ended with exit code %d%s", name, info->si_status,
             s->chan.fd < 0 ? exit_meaning(info->si_status) : "");
  else if (was_killed)
    snprintf(buf, size, "%s was killed by signal %d (%s)", name, info->si_status,
             sigdescr_np(info->si_status) ? sigdescr_np(info->si_status) : "unknown");
  else
    snprintf(buf, size, "%s ended", name); /* the host has collected its status */
  return how;
}

static uint64_t back_off(const ml_mproc *pool) {
  unsigned losses = pool->losses > pool->false_starts ? pool->losses : pool->false_starts;
  if (losses < 2) return 0;
  unsigned doublings = losses - 2 < 8 ? losses - 2 : 8;
  uint64_t wait = BACK_OFF_FIRST << doublings;
  return wait < BACK_OFF_MAX ? wait : BACK_OFF_MAX;
}

static size_t losses_max(const ml_mproc *pool) {
  return 2 * pool->n_slots > 5 ? 2 * pool->n_slots : 5;
}

/* A worker that was not told to go is gone. Too many of those end the job or the opening. */
static void count_loss(slot *s, const siginfo_t *info, const char *how) {
  ml_mproc *pool = s->pool;
  bool was_killed = info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED;
  seen__lost(s, info, how);
  pool->stats.workers_lost++;
  pool->losses++;
  if (s->chan.fd < 0) pool->false_starts++;
  if (pool->fault.status != ML_OK) return;
  /* A worker that leaves by itself before it has registered will do so again. One that was killed
   * need not, and while others do the work there is time to see. */
  if (pool->false_starts >= FALSE_STARTS && (!pool->run || !was_killed))
    ml_error_set(&pool->fault, ML_ERR_WORKER, "workers do not start: %s ('%s')", how, pool->exe);
  else if (pool->losses > losses_max(pool))
    ml_error_set(
        &pool->fault, ML_ERR_WORKER,
        "task '%s': %u workers were lost and no item was finished in between; the last: %s",
        pool->run ? run__task(pool->run) : "", pool->losses, how);
}

static void clear(slot *s) {
  io__free(s->pid_io);
  channel__close(&s->chan);
  if (s->pidfd >= 0) close(s->pidfd);
  if (s->lane >= 0) close(s->lane);
  *s = (slot){.pool = s->pool,
              .index = s->index,
              .page = s->page,
              .tally = s->tally,
              .pidfd = -1,
              .lane = -1,
              .chan = {.fd = -1},
              .told_to_end = PAGE_IDLE,
              .when = mproc__now() + back_off(s->pool)};
}

static void read_frames(slot *s) {
  frame f;
  frame_verdict verdict;
  while ((verdict = channel__next(&s->chan, FRAME_PAYLOAD_MAX, &f)) == FRAME_WHOLE)
    if (!s->pool->run || !run__frame(s->pool->run, s, &f)) break;
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

/* The process has exited and nothing of it writes any more. */
static void on_exit_of_process(void *ctx, int events) {
  (void)events;
  slot *s = ctx;
  siginfo_t info = {0};
  bool is_zombie = waitid(P_PIDFD, (id_t)s->pidfd, &info, WEXITED | WNOWAIT) == 0;
  /* libuv has made the descriptor non-blocking, and it may wake us a moment too early: it will
   * again. */
  if (!is_zombie && (errno == EAGAIN || errno == EINTR)) return;
  /* While the worker is a zombie its number, and its group with what it has left behind there, are
   * ours to kill. */
  if (is_zombie) kill(-s->pid, SIGKILL);
  read_last_words(s);
  while (is_zombie && waitpid(s->pid, NULL, 0) < 0 && errno == EINTR) {
  }
  obituary how = write_obituary(s, &info);
  if (s->cause != CAUSE_TOLD) {
    if (s->pool->run) run__lost(s->pool->run, s, &how);
    count_loss(s, &info, how.text);
  }
  clear(s);
}

void slot__kill(slot *s, slot_cause cause) {
  if (s->state == SLOT_EMPTY) return;
  if (s->cause == CAUSE_UNKNOWN) s->cause = cause;
  s->state = SLOT_ENDING;
  s->when = UINT64_MAX;
  kill(-s->pid, SIGKILL);
  kill(s->pid, SIGKILL); /* should it have left its group */
}

void slot__recycle(slot *s) {
  if (s->state == SLOT_READY) s->is_recycled = true;
}

/* What it had has been answered. */
static void say_goodbye(slot *s) {
  frame__put(&s->chan.out, &(frame){.type = FRAME_BYE});
  channel__flush(&s->chan);
  s->cause = CAUSE_TOLD;
  s->state = SLOT_ENDING;
  s->when = mproc__now() + BYE_PATIENCE;
  s->pool->stats.workers_recycled++;
}

void slot__hang_up(slot *s) {
  io__want(s->chan.io, 0);
  s->state = SLOT_ENDING;
  s->when = mproc__now() + LAST_WORDS;
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
  s->state = SLOT_READY;
  s->pool->false_starts = 0;
}

void slot__start(slot *s) {
  ml_mproc *pool = s->pool;
  status_page *page = s->page->data;
  atomic_store(&page->item, PAGE_IDLE);
  atomic_store(&page->cancel, PAGE_IDLE);
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
  char what[256];
  snprintf(what, sizeof what, "worker %zu cannot be started: %s", s->index + 1, strerror(error));
  if (error == ENOENT || error == EACCES || error == ENOEXEC) pool->false_starts = FALSE_STARTS;
  count_loss(s, &(siginfo_t){0}, what);
  clear(s);
}

/* ---- clocks ---------------------------------------------------------------------------------- */

/* What a worker is doing has taken longer than one item may. */
static slot_cause overdue(const slot *s, uint64_t now) {
  double limit = s->pool->opts.task_timeout;
  if (limit <= 0 || s->n_in_flight == 0) return CAUSE_UNKNOWN;
  uint64_t limit_ns = limit < 1e9 ? (uint64_t)(limit * 1e9) : UINT64_MAX / 2;
  status_page *page = s->page->data;
  uint64_t at = atomic_load(&page->item), since = atomic_load(&page->since);
  if (atomic_load(&page->item) != at) return CAUSE_UNKNOWN; /* it goes on while we look */
  if (at != PAGE_IDLE) return now > since && now - since > limit_ns ? CAUSE_TIMEOUT : CAUSE_UNKNOWN;
  bool is_silent = now > s->heard && now - s->heard > limit_ns + SILENCE_MARGIN;
  return is_silent ? CAUSE_SILENT : CAUSE_UNKNOWN;
}

void slot__look(slot *s, uint64_t now) {
  slot_cause cause;
  switch (s->state) {
    case SLOT_EMPTY:
      if (!s->pool->is_closing && now >= s->when) slot__start(s);
      break;
    case SLOT_STARTING:
      if (now > s->when && now - s->when > START_LIMIT) slot__kill(s, CAUSE_NOT_REGISTERED);
      break;
    case SLOT_INITIALISING:
      break;
    case SLOT_READY:
      if (s->is_recycled && s->n_in_flight == 0)
        say_goodbye(s);
      else if ((cause = overdue(s, now)) != CAUSE_UNKNOWN)
        slot__kill(s, cause);
      break;
    case SLOT_ENDING:
      if (now > s->when) slot__kill(s, CAUSE_UNKNOWN);
      break;
  }
}
