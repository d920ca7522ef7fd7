/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Items that fail, and workers that are lost while they have some. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run_internal.h"

static void name_item(const run *r, size_t i, char *buf, size_t size) {
  char more[160] = "";
  size_t number = r->job->number ? r->job->number(r->job->ctx, i) : i;
  if (r->job->describe) r->job->describe(r->job->ctx, i, more, sizeof more);
  if (more[0])
    snprintf(buf, size, "item %zu (%s)", number, more);
  else
    snprintf(buf, size, "item %zu", number);
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
  f->failure.attempts = piece__attempts(p);
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

/* It was this item. */
static void blame(run *r, const slot *s, piece *p, const obituary *how) {
  if (++p->losses + p->is_suspect <= r->pool->opts.retries && !how->timed_out) {
    queue__again(&r->items, p);
    return;
  }
  unsigned attempts = piece__attempts(p);
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
  loss__give_up(r->pool);
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

static void blame_one(run *r, const slot *s, piece *p, size_t item, const obituary *how) {
  piece *suspect = isolate(r, p, item);
  if (suspect)
    blame(r, s, suspect, how);
  else
    run__fail_memory(r);
}

/* One of the first n items of a piece may have done it. */
static void suspect(run *r, piece *p, size_t n) {
  piece *rest = p->n > n ? queue__cut(&r->items, p, n) : NULL;
  if (!rest && p->n > n) {
    run__fail_memory(r);
    return;
  }
  if (rest) queue__again(&r->items, rest);
  p->is_suspect = r->has_suspects = true;
  queue__again(&r->items, p);
}

static bool has_item(const piece *p, uint64_t item) {
  return item >= p->first && item - p->first < p->n;
}

/* What a worker left behind, as far as it tells who did it. */
typedef struct evidence {
  uint64_t item;   /* it ended in the middle of this one, which did it; PAGE_IDLE: not so */
  size_t n_pieces; /* else one of the items in so many pieces may have spoiled it, */
  size_t n_last;   /* of the last of which it had begun so many items */
} evidence;

/* It runs what it has in the order in which it got it. */
static void find_begun(const slot *s, uint64_t last, evidence *e) {
  for (size_t i = 0; i < s->n_in_flight; i++) {
    const piece *p = s->flight[(s->first_in_flight + i) % WINDOW_MAX];
    if (!has_item(p, last)) continue;
    e->n_pieces = i + 1;
    e->n_last = (size_t)(last - p->first) + 1;
  }
}

/* Without a status page: one of all that it had; the first when that took too long. */
static evidence guess(const slot *s, const obituary *how) {
  evidence e = {.item = PAGE_IDLE, .n_pieces = s->n_in_flight};
  if (how->timed_out && e.n_pieces > 1) e.n_pieces = 1;
  if (e.n_pieces > 0) e.n_last = s->flight[(s->first_in_flight + e.n_pieces - 1) % WINDOW_MAX]->n;
  return e;
}

/* Nonsense on the connection, or its end, may be the work of an item that is long over, and so may
 * the end of a worker between two items; but a signal that came there is nobody's. */
static evidence find_evidence(const slot *s, const obituary *how) {
  const status_page *page = s->page->data;
  evidence e = {.item = atomic_load(&page->item)};
  uint64_t last = atomic_load(&page->last);
  bool is_spoiled =
      s->cause == CAUSE_PROTOCOL || s->cause == CAUSE_HUNG_UP || atomic_load(&page->has_left);
  if (s->lane < 0) return guess(s, how);
  if (e.item == PAGE_IDLE && how->signal == 0 && !how->timed_out) is_spoiled = true;
  /* It ended in time after all, and the next has begun before the signal came. */
  if (how->timed_out && e.item != s->told_to_end) e.item = PAGE_IDLE;
  if (!is_spoiled) return e;
  e.item = PAGE_IDLE;
  find_begun(s, last, &e);
  return e;
}

/* A visitor may have left for reasons of its own. */
static bool is_sure(const slot *s, const piece *p, const evidence *e, const obituary *how) {
  bool is_alone = e->n_pieces == 1 && e->n_last == 1;
  return is_alone && (!s->is_visitor || p->is_suspect || how->timed_out);
}

/* When it is not certain which item did it, all that may have are run again, each alone: then it
 * is.
 */
void run__lost(run *r, slot *s, const obituary *how) {
  evidence e = find_evidence(s, how);
  for (size_t i = 0; s->n_in_flight > 0; i++) {
    piece *p = run__front(s);
    bool is_guilty = has_item(p, e.item);
    run__land(r, s);
    r->pool->stats.items_retried += p->n;
    /* Those before it were finished, though their results are lost. */
    if (is_guilty && (i > 0 || e.item > p->first)) loss__forget(r->pool);
    if (is_guilty)
      blame_one(r, s, p, (size_t)e.item, how);
    else if (i < e.n_pieces && is_sure(s, p, &e, how))
      blame_one(r, s, p, p->first, how);
    else if (i < e.n_pieces)
      suspect(r, p, i + 1 < e.n_pieces ? p->n : e.n_last);
    else
      queue__again(&r->items, p);
  }
}
