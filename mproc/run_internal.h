/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the files of a run: run.c drives it, run_send.c gives out items, run_receive.c takes
 * what comes back, run_fail.c what does not. */
#ifndef MPROC_RUN_INTERNAL_H
#define MPROC_RUN_INTERNAL_H

#include "mproc_internal.h"

struct run {
  ml_mproc *pool;
  const ml_job *job;
  uint32_t serial;
  bool is_own;    /* chunks in the caller's own form: put_chunk(), take_chunk() */
  bool is_stream; /* of futures: items come one by one, and there is no end */
  bool has_more;  /* results that can be taken */
  queue items;
  size_t known;   /* items that are known to exist: all, or as many as more() gave */
  size_t end;     /* items from here on are not wanted: the number of items, or the lowest failed */
  ml_error error; /* of item `end`; ML_OK: it is the end */
  size_t in_flight;  /* items */
  size_t n_serving;  /* workers that take items, at least 1 */
  bool has_suspects; /* among what is to be sent once more there may be some */
  double wall;       /* what is added to CLOCK_MONOTONIC for seconds since 1970 */
};

/* ---- run.c ----------------------------------------------------------------------------------- */

void run__begin(run *r, ml_mproc *pool, const ml_job *job);
/** One turn: give out, wait (or not) for something, hand over. */
void run__turn(run *r, bool wait);
/** When it is over no worker touches the blocks of its job any more: what still runs is waited for,
 * but not long. */
void run__end(run *r);
/** The item that runs is over without a result, and its worker goes: no loss. */
void run__abandon(run *r, slot *s);

/** What ends the job whatever its items do. */
void run__fail_job(run *r, const ml_error *error);
void run__fail_memory(run *r);

/** Items from i on are not wanted, because of this. */
void run__fail_item(run *r, size_t i, const ml_error *error);

static inline bool run__is_over(const run *r) {
  return r->pool->fault.status != ML_OK || r->items.taken >= r->end;
}

/* ---- run_make.c, run_send.c ------------------------------------------------------------------ */

/** Ask the caller for the arguments of at most n items. @return NULL: there are none now */
piece *run__make(run *r, size_t n);

/** Make the arguments of a piece again that were given back when it was sent. */
bool run__make_again(run *r, piece *p);

/** Give every worker what it can take. */
void run__feed(run *r);

/** Only the last attempt is left: it runs on a fresh worker, with nothing else there. */
bool run__is_last(const run *r, const piece *p);

/** Of a frame with n items. */
static inline uint8_t run__flags(const run *r, size_t n) {
  return r->is_own ? FRAME_OWN : n > 1 ? FRAME_CHUNK : 0;
}

/* ---- run_receive.c, run_fail.c --------------------------------------------------------------- */

static inline piece *run__front(const slot *s) {
  return s->n_in_flight > 0 ? s->flight[s->first_in_flight] : NULL;
}

/** The first piece in flight is over. */
void run__land(run *r, slot *s);

/** The function failed for the item of a piece: it is tried again, or over. */
void run__errored(run *r, slot *s, piece *p, const ml_error *error, const char *trace,
                  size_t n_trace, double seconds);

/** Tell the caller at once. @param out  NULL: none, or it failed */
void run__report(run *r, const slot *s, const piece *p, size_t i, double seconds, const void *out,
                 size_t n_out);

#endif
