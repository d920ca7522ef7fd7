/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who gets which items: a rank is given more when it has little left, as much as bridges the way of
 * a message, and near the end no more than its share. */
#include <math.h>
#include <string.h>

#include "ranks.h"

#define AHEAD_SECONDS 0.02               /* of work that waits at a worker of a rank */
#define LONG_SECONDS  0.2                /* items for which the way of a message is nothing */
#define ITEMS_MAX     65536              /* at one rank */
#define BYTES_MAX     ((size_t)32 << 20) /* of arguments at one rank */
#define RESULTS_MAX   ((size_t)64 << 20) /* bytes that wait for their turn */
#define GAP_MAX       ((size_t)1 << 20)  /* items that wait for their turn */
#define WHAT_MAX      160                /* of the description of an item */

static size_t n_items_left(const dispatch *d) {
  size_t end = d->job->n_items < d->order.end ? d->job->n_items : d->order.end;
  if (end == ML_ITEMS_UNKNOWN) return SIZE_MAX;
  return end > d->order.cells.end ? end - d->order.cells.end : 0;
}

/* Items that a rank should have. */
static size_t target(const dispatch *d, const crew *c) {
  double mean = c->n_done > 0 ? c->seconds / (double)c->n_done : 0, w = (double)c->n_workers;
  double ahead = mean > 0 ? fmax(1, ceil(w * AHEAD_SECONDS / mean)) : w;
  double fair = (double)n_items_left(d) * w / (2.0 * (double)ml_exec_n_workers(&d->mpi->exec));
  if (mean >= LONG_SECONDS) ahead = 0;
  return c->n_workers + (size_t)fmin(fmin(ahead, fair), ITEMS_MAX);
}

static bool is_hungry(const dispatch *d, const crew *c) {
  return !c->is_done && c->bytes_out < BYTES_MAX && c->n_out < target(d, c);
}

/* ---- one item -------------------------------------------------------------------------------- */

/* Where another rank's workers write, as it must send that. */
static void put_places(const dispatch *d, size_t i, ml_buf *out) {
  const ml_job *job = d->job;
  ml_span place;
  for (size_t k = 0; job->result && job->place(job->ctx, i, k, &place); k++)
    share__put_place(out, (size_t)((const char *)place.data - (const char *)job->result->data),
                     place.size);
}

static void put_item(dispatch *d, int rank, size_t i, const char *what) {
  ml_buf *out = rank == 0 ? &d->own_frames : lead__to(d->mpi, rank);
  size_t at = packet__begin(out, FRAME_ITEM);
  share__put_item(out, i, &d->in, what);
  if (rank > 0) put_places(d, i, out);
  packet__end(out, at);
}

/* Rank 0 takes what it has as another would. */
static void give_own(dispatch *d) {
  frame_type type;
  packet body;
  if (d->own_frames.failed) ml_error_memory(&d->fault);
  if (d->fault.status == ML_OK && packet__frame(d->own_frames.data, d->own_frames.n, &type, &body))
    (void)share__give(d->own, &body, &d->fault);
  ml_buf_clear(&d->own_frames);
}

static void give(dispatch *d, int rank) {
  const ml_job *job = d->job;
  crew *c = &d->mpi->crews[rank];
  size_t i = d->order.cells.end;
  char what[WHAT_MAX] = "";
  ml_error error = {0};
  ml_buf_clear(&d->in);
  error.status = job->put ? job->put(job->ctx, i, &d->in, &error) : ML_OK;
  if (error.status == ML_OK && d->in.failed) ml_error_memory(&error);
  if (error.status != ML_OK) {
    order__fail(&d->order, i, &error);
    return;
  }
  if (job->describe) job->describe(job->ctx, i, what, sizeof what);
  if (!order__add(&d->order, rank, d->in.n)) {
    ml_error_memory(&d->fault);
    return;
  }
  c->n_out++;
  c->bytes_out += d->in.n;
  put_item(d, rank, i, what);
  if (rank == 0) give_own(d);
}

/* ---- all ------------------------------------------------------------------------------------- */

/* Memory is bounded however slow the first item is. */
static bool may_give(const dispatch *d) {
  const order *o = &d->order;
  return d->fault.status == ML_OK && o->bytes < RESULTS_MAX &&
         o->cells.end - o->cells.first < GAP_MAX;
}

/* There is another item. */
static bool has_item(dispatch *d, int *fd) {
  const ml_job *job = d->job;
  size_t next = d->order.cells.end;
  if (next >= d->order.end) return false;
  if (next < d->known) return true;
  if (!job->more) return false;
  *fd = job->waits_for ? job->waits_for(job->ctx) : -1;
  if (*fd >= 0) return false;
  size_t got = job->more(job->ctx, next, 1);
  if (got == 0 && next < d->order.end) d->order.end = next;
  d->known += got > 0;
  return got > 0;
}

bool feed__all(dispatch *d, int *fd) {
  bool has_given = false, any = true;
  *fd = -1;
  while (any) {
    any = false;
    for (int rank = 0; rank < d->mpi->mesh.size; rank++) {
      if (!may_give(d) || !is_hungry(d, &d->mpi->crews[rank])) continue;
      if (!has_item(d, fd)) return has_given;
      give(d, rank);
      any = has_given = true;
    }
  }
  return has_given;
}
