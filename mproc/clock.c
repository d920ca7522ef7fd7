/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long an item, a command, or silence may last. Times are those that the loop has seen pass: a
 * host that did something else meanwhile is no fault of the workers. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mproc_internal.h"

#define LOOK_MAX (MPROC_SECOND / 5)     /* that one look at the pulse may count */
#define STALE    (3 * MPROC_SECOND / 2) /* three beats */

static uint64_t in_ns(double seconds) {
  return seconds < 1e9 ? (uint64_t)(seconds * 1e9) : UINT64_MAX / 4;
}

void clock__start(slot *s) {
  status_page *page = s->page->data;
  s->item_clock = (item_clock){.item = PAGE_IDLE};
  s->pulse = (pulse){.beat = atomic_load(&page->beat), .looked = mproc__now()};
}

/* ---- heartbeat ------------------------------------------------------------------------------- */

static void feel_pulse(slot *s, uint64_t now) {
  status_page *page = s->page->data;
  pulse *p = &s->pulse;
  uint64_t beat = atomic_load(&page->beat), step = now - p->looked;
  p->looked = now;
  if (beat == p->beat) {
    p->silent_ns += step < LOOK_MAX ? step : LOOK_MAX;
    return;
  }
  p->beat = beat;
  p->silent_ns = 0;
  p->is_suspect = false;
}

static slot_cause judge_silence(slot *s) {
  const ml_mproc_opts *opts = &s->pool->opts;
  char name[64];
  if (opts->silence_limit > 0 && s->pulse.silent_ns > in_ns(opts->silence_limit))
    return CAUSE_SILENT;
  if (opts->suspect_after > 0 && s->pulse.silent_ns > in_ns(opts->suspect_after) &&
      !s->pulse.is_suspect) {
    s->pulse.is_suspect = true;
    slot__name(s, name, sizeof name);
    pool__note(s->pool, "%s has not moved for %g s", name, opts->suspect_after);
  }
  return CAUSE_UNKNOWN;
}

/* Stopped by a signal or a debugger, as the kernel says. */
static bool is_stopped(pid_t pid) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n <= 0) return false;
  text[n] = 0;
  const char *state = strrchr(text, ')');
  return state && state[1] == ' ' && (state[2] == 'T' || state[2] == 't');
}

/* ---- items ----------------------------------------------------------------------------------- */

/* How long it has been at its item. */
static uint64_t time_in_item(slot *s, uint64_t now) {
  status_page *page = s->page->data;
  item_clock *c = &s->item_clock;
  uint64_t item = atomic_load(&page->item), since = atomic_load(&page->since);
  if (item != c->item || since != c->since) {
    *c = (item_clock){.item = item, .since = since, .seen = now};
  }
  return item == PAGE_IDLE ? 0 : now - c->seen;
}

static slot_cause judge_item(slot *s, uint64_t now) {
  const ml_mproc_opts *opts = &s->pool->opts;
  status_page *page = s->page->data;
  uint64_t spent = time_in_item(s, now);
  if (opts->task_timeout <= 0 || s->n_in_flight == 0) return CAUSE_UNKNOWN;
  if (spent <= in_ns(opts->task_timeout)) return CAUSE_UNKNOWN;
  if (s->told_to_end != s->item_clock.item) {
    s->told_to_end = s->item_clock.item;
    atomic_store(&page->cancel, s->told_to_end);
  }
  if (spent <= in_ns(opts->task_timeout + opts->grace)) return CAUSE_UNKNOWN;
  /* The item is not to blame for a process that did not run. */
  return s->pulse.silent_ns > STALE || is_stopped(s->pid) ? CAUSE_STOPPED : CAUSE_TIMEOUT;
}

void clock__answered(slot *s, uint64_t first, size_t n) {
  status_page *page = s->page->data;
  if (s->told_to_end < first || s->told_to_end - first >= n) return;
  s->told_to_end = PAGE_IDLE;
  atomic_store(&page->cancel, PAGE_IDLE);
}

/* A worker without a lane has no page. All that is known is when it was heard. */
static slot_cause judge_absent(slot *s, uint64_t now) {
  const ml_mproc_opts *opts = &s->pool->opts;
  bool is_overdue = opts->task_timeout > 0 && s->n_in_flight > 0 && now > s->heard &&
                    now - s->heard > in_ns(opts->task_timeout + opts->grace);
  return is_overdue ? CAUSE_TIMEOUT : CAUSE_UNKNOWN;
}

/* ---- shares ---------------------------------------------------------------------------------- */

static void judge_share(slot *s) {
  const ml_mproc_opts *opts = &s->pool->opts;
  const status_page *page = s->page->data;
  bool is_done = opts->max_tasks > 0 && s->n_given >= opts->max_tasks;
  bool is_large = opts->max_rss > 0 && atomic_load(&page->rss) > opts->max_rss;
  if (s->is_ours && (is_done || is_large)) slot__recycle(s);
}

slot_cause clock__look(slot *s, uint64_t now) {
  bool is_late = s->state == SLOT_INITIALISING && s->pool->opts.init_timeout > 0 && now > s->when &&
                 now - s->when > in_ns(s->pool->opts.init_timeout);
  if (is_late) return CAUSE_INIT_TIMEOUT;
  if (s->lane < 0) return s->state == SLOT_READY ? judge_absent(s, now) : CAUSE_UNKNOWN;
  feel_pulse(s, now);
  slot_cause cause = judge_silence(s);
  if (cause == CAUSE_UNKNOWN && s->state == SLOT_READY) {
    cause = judge_item(s, now);
    judge_share(s);
  }
  return cause;
}
