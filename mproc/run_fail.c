/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items that fail, and workers that are lost while they have some. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run_internal.h"

static void name_item(const run *r, size_t i, char *buf, size_t size) {
  char more[160] = "";
  if (r->job->describe) r->job->describe(r->job->ctx, i, more, sizeof more);
  if (more[0])
    snprintf(buf, size, "item %zu (%s)", i, more);
  else
    snprintf(buf, size, "item %zu", i);
}

/* The item is over. The texts of the failure are copied: its turn may come late. */
static void give_up(run *r, const slot *s, piece *p, const ml_failure *failure, double seconds) {
  piece_failure *f = calloc(1, sizeof *f);
  p->state = PIECE_FAILED;
  p->failed = f;
  if (f) {
    f->failure = *failure;
    f->trace = strdup(failure->trace);
    f->output = strdup(failure->output);
  }
  if (!f || !f->trace || !f->output) {
    run__fail_memory(r);
    return;
  }
  f->failure.trace = f->trace;
  f->failure.output = f->output;
  f->failure.attempts = p->losses + p->errors;
  r->pool->stats.items_failed++;
  queue__give_back(&r->items, p);
  run__report(r, s, p, 0, seconds, NULL, 0);
  if (!r->job->fail) run__fail_item(r, p->first, &failure->error);
}

/* It has ended when it was told to: in the words of one that had to be killed. */
static const ml_error *tell_late(const run *r, const piece *p, ml_error *late) {
  char name[192];
  name_item(r, p->first, name, sizeof name);
  ml_error_set(late, ML_ERR_TIMEOUT, "%s: it took longer than %g s", name,
               r->pool->opts.task_timeout);
  return late;
}

void run__errored(run *r, slot *s, piece *p, const ml_error *error, const char *trace,
                  size_t n_trace, double seconds) {
  bool is_late = error->status == ML_ERR_TIMEOUT && s->told_to_end == p->first;
  ml_error late = {0};
  if (is_late) error = tell_late(r, p, &late);
  if (++p->errors <= r->pool->opts.retry_errors && !is_late) {
    queue__again(&r->items, p);
    return;
  }
  char *lines = strndup(n_trace ? trace : "", n_trace);
  if (!lines) {
    run__fail_memory(r);
    return;
  }
  const status_page *page = s->page->data;
  ml_failure failure = {.error = *error,
                        .trace = lines,
                        .output = words__last(s->words),
                        .worker = s->index + 1,
                        .pid = (long)s->pid,
                        .memory = atomic_load(&page->rss)};
  give_up(r, s, p, &failure, seconds);
  free(lines);
}

/* ---- losses ---------------------------------------------------------------------------------- */

/* Only the item that was running is suspected of having done it. */
static void blame(run *r, const slot *s, piece *p, const obituary *how) {
  if (++p->losses <= r->pool->opts.retries && !how->timed_out) {
    queue__again(&r->items, p);
    return;
  }
  unsigned attempts = p->losses + p->errors;
  char name[192];
  ml_failure failure = {.trace = "",
                        .output = how->said ? how->said : "",
                        .worker = how->worker,
                        .pid = how->pid,
                        .signal = how->signal,
                        .memory = how->memory};
  name_item(r, p->first, name, sizeof name);
  ml_error_set(&failure.error, how->timed_out ? ML_ERR_TIMEOUT : ML_ERR_WORKER,
               "%s: %s, %u attempt%s", name, how->text, attempts, attempts == 1 ? "" : "s");
  uint64_t now = mproc__now();
  give_up(r, s, p, &failure, now > s->turned ? (double)(now - s->turned) * 1e-9 : 0);
}

/* Cut the item that ran out of its piece. @return its own piece; NULL: no memory */
static piece *isolate(run *r, piece *p, size_t item) {
  queue *q = &r->items;
  piece *suspect = p;
  if (item > p->first) {
    suspect = queue__cut(q, p, item - p->first);
    if (!suspect) return NULL;
    queue__again(q, p);
  }
  if (suspect->n > 1) {
    piece *rest = queue__cut(q, suspect, 1);
    if (!rest) return NULL;
    queue__again(q, rest);
  }
  return suspect;
}

/* One of the items in a piece may have done it: cut, until one is left to be blamed. */
static void suspect_some(run *r, const slot *s, piece *p, const obituary *how) {
  if (p->n == 1) {
    blame(r, s, p, how);
    return;
  }
  piece *rest = queue__cut(&r->items, p, p->n / 2);
  if (!rest) {
    run__fail_memory(r);
    return;
  }
  queue__again(&r->items, rest);
  queue__again(&r->items, p);
}

static void suspect_one(run *r, const slot *s, piece *p, size_t item, const obituary *how) {
  piece *suspect = isolate(r, p, item);
  if (suspect)
    blame(r, s, suspect, how);
  else
    run__fail_memory(r);
}

/* The item that ran is to blame. A worker that ended by itself between two items was spoiled by one
 * whose result it could not send any more, such as one that closes every descriptor. An item that
 * only shared its fate is cleared by its last attempt, which it has alone. */
void run__lost(run *r, slot *s, const obituary *how) {
  const status_page *page = s->page->data;
  uint64_t running = atomic_load(&page->item), last = atomic_load(&page->last);
  bool is_quiet =
      running == PAGE_IDLE && last < PAGE_OPENING && how->signal == 0 && !how->timed_out;
  while (s->n_in_flight > 0) {
    piece *p = run__front(s);
    run__land(r, s);
    size_t first = p->first, n = p->n;
    r->pool->stats.items_retried += n;
    if (running >= p->first && running - p->first < p->n)
      suspect_one(r, s, p, (size_t)running, how);
    else if (is_quiet && p->first <= last)
      suspect_some(r, s, p, how);
    else
      queue__again(&r->items, p);
    if (last >= first && last - first < n) is_quiet = false; /* it came no further */
  }
}
