/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What comes back from the workers of a job. */
#include <sys/mman.h>
#include <unistd.h>

#include "run_internal.h"

void run__land(run *r, slot *s) {
  r->in_flight -= run__front(s)->n;
  s->first_in_flight = (s->first_in_flight + 1) % WINDOW_MAX;
  s->n_in_flight--;
  s->turned = s->heard;
}

void run__report(run *r, const slot *s, const piece *p, size_t i, double seconds, const void *out,
                 size_t n_out) {
  if (!r->job->seen) return;
  const ml_failure *failure = p->failed ? &p->failed->failure : NULL;
  ml_report report = {.item = p->first + i,
                      .started = r->wall + (double)s->heard * 1e-9 - seconds,
                      .seconds = seconds,
                      .worker = s->index + 1,
                      .pid = (long)s->pid,
                      .attempts = piece__attempts(p) + (p->failed ? 0 : 1),
                      .failure = failure,
                      .out = out,
                      .n_out = n_out};
  r->job->seen(r->job->ctx, &report);
}

/* ---- results --------------------------------------------------------------------------------- */

/* The number on the wire is at its end after four seconds. */
static uint64_t time_of(const slot *s, const frame *f) {
  if (f->spent_ns < UINT32_MAX) return f->spent_ns;
  return s->heard > s->turned ? s->heard - s->turned : f->spent_ns;
}

/* Means of many items at once weigh more. */
static void learn(slot *s, uint64_t ns, size_t n) {
  double mean = ((double)ns + 1) / (double)n, weight = n > 1 ? 0.5 : 0.125;
  s->mean_ns = s->mean_ns > 0 ? s->mean_ns + weight * (mean - s->mean_ns) : mean;
}

/* Results of a piece, wherever their bytes are. */
typedef struct results {
  const void *bytes;
  size_t n;
  void *mapping; /* NULL: there is none */
} results;

static bool fetch(slot *s, const frame *f, results *out) {
  uint64_t size;
  char byte;
  int fd;
  *out = (results){.bytes = f->payload, .n = f->n};
  if (!(f->flags & FRAME_MEMFD)) return true;
  if (!message__parse_size(f, &size) || lane__receive_now(s->lane, &byte, 1, &fd, 1) != 1)
    return false;
  out->mapping = memfile__map(fd, size);
  out->bytes = out->mapping;
  out->n = (size_t)size;
  close(fd);
  return out->mapping;
}

static bool is_wanted(const run *r) {
  return r->is_own ? r->job->take_chunk != NULL : r->job->take != NULL;
}

static void keep(run *r, piece *p, const results *res) {
  if (p->first >= r->end || !is_wanted(r)) {
    if (res->mapping) munmap(res->mapping, res->n);
  } else if (res->mapping) {
    p->mapping = res->mapping;
    p->n_mapping = res->n;
    r->items.bytes += res->n;
  } else if (!queue__keep(&r->items, p, res->bytes, res->n)) {
    run__fail_memory(r);
  }
}

static void report_all(run *r, const slot *s, const piece *p, const results *res, chunk_table table,
                       double seconds) {
  bool has_table = !r->is_own && p->n > 1;
  for (size_t i = 0; r->job->seen && i < p->n; i++) {
    size_t n = r->is_own ? 0 : res->n;
    const void *out = r->is_own ? NULL : res->bytes;
    if (has_table) out = chunk__next(&table, &n);
    run__report(r, s, p, i, seconds, out, n);
  }
}

/* Results of a part of what was sent: the rest is still to come. */
static bool cut_in_flight(run *r, slot *s, size_t n) {
  piece *p = run__front(s), *rest = p->n > n ? queue__cut(&r->items, p, n) : NULL;
  if (p->n > n) {
    run__fail_memory(r);
    return false;
  }
  if (!rest) {
    run__land(r, s);
    return true;
  }
  r->in_flight -= n;
  s->flight[s->first_in_flight] = rest;
  s->turned = s->heard;
  return true;
}

static bool on_result(run *r, slot *s, const frame *f) {
  piece *p = run__front(s);
  results res;
  chunk_table table = {0};
  bool has_table = !r->is_own && f->items > 1;
  if (!p || f->item != p->first || f->items == 0 || f->items > p->n) return false;
  if ((f->flags & ~FRAME_MEMFD) != run__flags(r, f->items)) return false;
  if (has_table && (f->flags & FRAME_MEMFD || !chunk__parse(f->payload, f->n, f->items, &table)))
    return false;
  if (!fetch(s, f, &res)) return false;
  uint64_t ns = time_of(s, f);
  if (!cut_in_flight(r, s, f->items)) {
    if (res.mapping) munmap(res.mapping, res.n);
    return true;
  }
  learn(s, ns, f->items);
  clock__answered(s, f->item, f->items);
  seen__done(s, f->items, ns);
  loss__forget(r->pool);
  p->state = PIECE_DONE;
  queue__give_back(&r->items, p);
  report_all(r, s, p, &res, table, (double)ns * 1e-9 / (double)p->n);
  keep(r, p, &res);
  return true;
}

/* ---- errors ---------------------------------------------------------------------------------- */

static bool on_item_error(run *r, slot *s, const frame *f, const ml_error *error, const char *trace,
                          size_t n_trace) {
  piece *p = run__front(s);
  if (!p || f->item != p->first) return false;
  uint64_t ns = time_of(s, f);
  if (!cut_in_flight(r, s, 1)) return true;
  loss__forget(r->pool);
  run__errored(r, s, p, error, trace, n_trace, (double)ns * 1e-9);
  clock__answered(s, f->item, 1);
  return true;
}

static bool on_error(run *r, slot *s, const frame *f) {
  ml_error error;
  const char *trace;
  size_t n_trace;
  if (!message__parse_error(f, &error, &trace, &n_trace)) return false;
  if (f->item != FRAME_NO_ITEM) return on_item_error(r, s, f, &error, trace, n_trace);
  run__fail_job(r, &error);
  return true;
}

static bool on_closed(run *r, slot *s) {
  if (!s->is_closing) return false;
  while (s->n_in_flight > 0) run__land(r, s);
  s->is_open = false;
  return true;
}

bool run__frame(run *r, slot *s, const frame *f) {
  if (f->job != r->serial || !s->is_open) return false;
  switch (f->type) {
    case FRAME_RESULT:
      return on_result(r, s, f);
    case FRAME_ERROR:
      return on_error(r, s, f);
    case FRAME_CLOSED:
      return on_closed(r, s);
    default:
      return false;
  }
}
