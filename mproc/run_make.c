/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the caller of a job gives: how many items there are, and their arguments. */
#include <errno.h>
#include <string.h>

#include "run_internal.h"

#define CHUNK_BYTES ((size_t)256 << 10) /* of arguments, from which on a chunk takes no more */
#define ASK_AHEAD   64                  /* items that more() is asked for at least */
#define GAP_WINDOWS 4                   /* pieces for each place of every window, untaken */

/* ---- how many -------------------------------------------------------------------------------- */

/* Memory is bounded however slow the first item is. */
static bool may_make(const run *r) {
  const queue *q = &r->items;
  if (q->bytes > QUEUE_BYTES_MAX) return false;
  return !r->job->more || q->n_pieces < GAP_WINDOWS * r->pool->n_slots * r->pool->window_max;
}

/* The caller may wait for its input there, so what workers can begin with goes out first. */
static void ask(run *r, size_t n) {
  const ml_job *job = r->job;
  for (size_t i = 0; i < r->pool->n_slots; i++) {
    slot *s = &r->pool->slots[i];
    if (s->state == SLOT_READY) (void)channel__flush(&s->chan); /* noticed when it is read */
  }
  size_t max = n < ASK_AHEAD ? ASK_AHEAD : n, left = job->n_items - r->known;
  if (max > left) max = left;
  size_t got = max > 0 ? job->more(job->ctx, r->known, max) : 0;
  if (got == 0 && r->known < r->end) r->end = r->known;
  r->known += got < max ? got : max;
}

/** @return how many of n items there are to be made */
static size_t available(run *r, size_t n) {
  size_t made = r->items.made;
  if (made >= r->known && made < r->end && r->job->more) ask(r, n);
  size_t limit = r->known < r->end ? r->known : r->end;
  size_t left = limit > made ? limit - made : 0;
  return n < left ? n : left;
}

/* ---- arguments ------------------------------------------------------------------------------- */

/* What is large goes into a memory file, so that a lack of memory shows before it is sent. */
static ml_status settle(queue *q, payload *in, size_t item, ml_error *err) {
  if (in->bytes.failed || in->lengths.failed) return ml_error_memory(err);
  size_t n = in->bytes.n;
  if (n > MEMFILE_FROM) {
    in->fd = memfile__make(in->bytes.data, n);
    if (in->fd < 0)
      return ml_error_set(err, ML_ERR_MEMORY,
                          "item %zu: no shared memory for an argument of %zu "
                          "bytes: %s",
                          item, n, strerror(errno));
    ml_buf_release(&in->bytes);
    in->size = n;
    q->bytes += n;
  }
  queue__count(q, in);
  return ML_OK;
}

static ml_status put_own(run *r, piece *p, ml_error *err) {
  p->in->n_own = p->n;
  ml_status status = r->job->put_chunk(r->job->ctx, p->first, p->n, &p->in->bytes, err);
  return status == ML_OK ? settle(&r->items, p->in, p->first, err) : status;
}

/* One argument, and zeros up to where the next begins. @param[out] n  its length without them */
static ml_status put_one(run *r, size_t item, payload *in, size_t *n, ml_error *err) {
  size_t at = in->bytes.n;
  ml_status status = r->job->put ? r->job->put(r->job->ctx, item, &in->bytes, err) : ML_OK;
  if (status == ML_OK && in->bytes.failed) status = ml_error_memory(err);
  *n = in->bytes.n - at;
  char *end = status == ML_OK ? ml_buf_reserve(&in->bytes, 8) : NULL;
  if (status == ML_OK && !end) status = ml_error_memory(err);
  if (status != ML_OK) {
    in->bytes.n = at;
    return status;
  }
  memset(end, 0, 8);
  in->bytes.n = at + wire_padded(*n);
  return ML_OK;
}

/* The last argument is too large for company: it gets a piece of its own, which goes out next. */
static ml_status part(run *r, payload *in, size_t n, ml_error *err) {
  queue *q = &r->items;
  piece *p = queue__make(q, 1);
  if (!p) return ml_error_memory(err);
  in->bytes.n -= wire_padded(n);
  ml_buf_put(&p->in->bytes, in->bytes.data + in->bytes.n, n);
  ml_status status = settle(q, p->in, p->first, err);
  if (status == ML_OK)
    queue__again(q, p);
  else
    queue__unmake(q, p);
  return status;
}

/* @param[in,out] p  keeps as many of its items as there is room for, and arguments were given */
static ml_status put_each(run *r, piece *p, ml_error *err) {
  payload *in = p->in;
  size_t wanted = p->n, n = 0, first_n = 0;
  ml_status status = ML_OK;
  bool is_parted = false;
  for (p->n = 0; p->n < wanted && in->bytes.n < CHUNK_BYTES; p->n++) {
    status = put_one(r, p->first + p->n, in, &n, err);
    is_parted = p->n > 0 && n > CHUNK_BYTES;
    if (status != ML_OK || is_parted) break;
    if (p->n == 0) first_n = n;
    uint32_t length = (uint32_t)n; /* of those that are not alone */
    if (wanted > 1) ml_buf_put(&in->lengths, &length, sizeof length);
  }
  r->items.made = p->first + p->n;
  if (status == ML_OK && is_parted) status = part(r, in, n, err);
  if (p->n == 1) {
    in->bytes.n = first_n;
    ml_buf_clear(&in->lengths);
  }
  ml_error worse = {0};
  if (p->n == 0 || settle(&r->items, in, p->first, &worse) == ML_OK) return status;
  p->n = 0;
  if (err) *err = worse;
  return worse.status;
}

piece *run__make(run *r, size_t n) {
  if (!may_make(r) || (n = available(r, n)) == 0) return NULL;
  piece *p = queue__make(&r->items, n);
  if (!p) {
    run__fail_memory(r);
    return NULL;
  }
  ml_error error = {0};
  error.status = r->is_own ? put_own(r, p, &error) : put_each(r, p, &error);
  if (error.status == ML_OK) return p;
  if (r->is_own) p->n = 0;
  run__fail_item(r, p->first + p->n, &error);
  if (p->n > 0) return p;
  queue__unmake(&r->items, p);
  return NULL;
}

/* Arguments of single items are kept. */
bool run__make_again(run *r, piece *p) {
  if (p->in && r->is_own && p->n != p->in->n_own) queue__give_back(&r->items, p); /* it was cut */
  if (p->in) return true;
  ml_error error = {0};
  error.status = queue__renew(p) ? put_own(r, p, &error) : ml_error_memory(&error);
  if (error.status == ML_OK) return true;
  run__fail_item(r, p->first, &error);
  return false;
}
