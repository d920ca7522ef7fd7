/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What goes to the workers of a job: which of them gets how much of it, and when. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "run_internal.h"

#define WINDOW_NS   2e6  /* work that waits at a worker while results travel */
#define CHUNK_BELOW 20e3 /* ns: items that are shorter travel in chunks, */
#define CHUNK_NS    5e6  /* of this much work, */
#define CHUNK_LEAST 50e3 /* near the end of the job of less, but of this */
#define CHUNK_GROWS 4    /* times, at most, from one chunk to the next: means may mislead */
#define UNSENT_MAX  ((size_t)1 << 20) /* bytes on their way to one worker */
#define FILES_MAX   8                 /* messages on a lane that nobody has fetched */

/* ---- the job --------------------------------------------------------------------------------- */

static bool has_block(const slot *s, uint64_t id) {
  for (size_t i = 0; i < s->n_blocks; i++)
    if (s->blocks[i] == id) return true;
  return false;
}

static void add_block(open_message *open, int *fds, size_t *n_fds, const slot *s,
                      const ml_block *block, bool is_result) {
  bool is_new = !has_block(s, block->id);
  for (size_t i = 0; i < open->n_blocks; i++)
    if (open->blocks[i].id == block->id) is_new = false;
  if (is_new) fds[(*n_fds)++] = block->fd;
  open->blocks[open->n_blocks++] =
      (open_block){.id = block->id, .size = block->size, .is_new = is_new, .is_result = is_result};
}

/* Tell a worker of the job, and hand over the blocks that it has not mapped. It unmaps those
 * that this job does not name. */
static bool open_job(run *r, slot *s) {
  const ml_job *job = r->job;
  open_message open = {
      .is_timed = r->pool->opts.task_timeout > 0, .args = job->args, .n_args = job->n_args};
  int fds[WIRE_BLOCKS_MAX];
  size_t n_fds = 0;
  snprintf(open.module, sizeof open.module, "%s", job->module->name);
  snprintf(open.task, sizeof open.task, "%s", job->task);
  for (size_t i = 0; i < job->n_inputs; i++)
    add_block(&open, fds, &n_fds, s, job->inputs[i], false);
  if (job->result) add_block(&open, fds, &n_fds, s, job->result, true);
  if (n_fds > 0 && !lane__send(s->lane, "", 1, fds, n_fds)) return false;
  message__put_open(&s->chan.out, r->serial, &open);
  s->n_blocks = open.n_blocks;
  for (size_t i = 0; i < open.n_blocks; i++) s->blocks[i] = open.blocks[i].id;
  status_page *page = s->page->data;
  atomic_store(&page->cancel, PAGE_IDLE); /* of another job */
  s->is_open = true;
  s->mean_ns = 0;
  s->chunk = 0;
  return true;
}

/* ---- frames ---------------------------------------------------------------------------------- */

/* The bytes of a piece that was cut out of a payload: past those of the items before it. */
static const char *bytes_at(const payload *in, size_t item) {
  const char *at = in->bytes.data;
  const uint32_t *lengths = (const uint32_t *)(const void *)in->lengths.data;
  for (size_t i = 0; i < item; i++) at += wire_padded(lengths[i]);
  return at;
}

static void put_inline(slot *s, frame *f, const piece *p) {
  const payload *in = p->in;
  const uint32_t *lengths = (const uint32_t *)(const void *)in->lengths.data;
  if (in->lengths.n == 0) {
    f->payload = in->bytes.data;
    f->n = in->bytes.n;
    frame__put(&s->chan.out, f);
    return;
  }
  f->payload = bytes_at(in, p->in_at);
  if (p->n > 1) {
    chunk__put(&s->chan.out, f, f->payload, lengths + p->in_at);
  } else {
    f->n = lengths[p->in_at];
    frame__put(&s->chan.out, f);
  }
}

/* A worker without a lane has no way for descriptors: what is in a memory file is sent as bytes. */
static bool put_copy(slot *s, frame *f, const payload *in) {
  void *bytes = memfile__map(in->fd, in->size);
  if (!bytes) return false;
  f->payload = bytes;
  f->n = in->size;
  frame__put(&s->chan.out, f);
  munmap(bytes, in->size);
  return true;
}

static bool put_file(slot *s, frame *f, const payload *in) {
  unsigned char size[8];
  if (s->lane < 0) return put_copy(s, f, in);
  if (!lane__send(s->lane, "", 1, &in->fd, 1)) return false;
  message__put_size(size, in->size);
  f->flags |= FRAME_MEMFD;
  f->payload = size;
  f->n = sizeof size;
  frame__put(&s->chan.out, f);
  return true;
}

/* ---- who gets what --------------------------------------------------------------------------- */

bool run__is_last(const run *r, const piece *p) {
  return p->losses > 0 && p->losses + p->is_suspect >= r->pool->opts.retries;
}

static bool is_fresh(const slot *s) {
  return s->n_given == 0;
}

static bool is_too_large(const slot *s, const piece *p) {
  return s->lane < 0 && p->in && p->in->fd >= 0 && p->in->size > FRAME_PAYLOAD_MAX;
}

/* Items that were with a lost worker go before new ones, and a last attempt before all others while
 * there is a fresh worker. */
static piece *take_again(run *r, const slot *s) {
  queue *q = &r->items;
  piece **found = NULL;
  bool fresh = is_fresh(s);
  for (piece **at = &q->again; *at && (*at)->first < r->end; at = &(*at)->next_again) {
    bool last = run__is_last(r, *at);
    if ((last && !fresh) || is_too_large(s, *at)) continue;
    if ((*at)->is_suspect && s->n_in_flight > 0) continue;
    if (!found) found = at;
    if (!fresh) break;
    if (last) {
      found = at;
      break;
    }
  }
  if (!found) return NULL;
  piece *p = queue__pick(q, found, (*found)->is_suspect ? 1 : (*found)->n);
  if (!p) run__fail_memory(r);
  return p;
}

static bool send_piece(run *r, slot *s, piece *p) {
  if (!s->is_open && !open_job(r, s)) return false;
  frame f = {.type = FRAME_ITEM,
             .flags = run__flags(r, p->n),
             .items = (uint16_t)p->n,
             .job = r->serial,
             .item = p->first};
  if (p->in->fd < 0)
    put_inline(s, &f, p);
  else if (!put_file(s, &f, p->in))
    return false;
  if (r->is_own && p->in->fd < 0) queue__give_back(&r->items, p);
  if (s->n_in_flight == 0) s->turned = s->heard = mproc__now();
  p->state = PIECE_SENT;
  s->flight[(s->first_in_flight + s->n_in_flight++) % WINDOW_MAX] = p;
  s->n_given += p->n;
  r->in_flight += p->n;
  return true;
}

/* Items that nobody has. */
static size_t unsent(const run *r) {
  const queue *q = &r->items;
  size_t end = r->end < r->job->n_items ? r->end : r->job->n_items;
  if (r->job->number) end = r->known; /* of the rest others may have more */
  if (end == ML_ITEMS_UNKNOWN) return SIZE_MAX;
  return q->n_again + (end > q->made ? end - q->made : 0);
}

/* Items until it has done its share, and is replaced. */
static uint64_t share_left(const slot *s) {
  uint64_t max = s->is_ours ? s->pool->opts.max_tasks : 0;
  if (max == 0) return UINT64_MAX;
  return max > s->n_given ? max - s->n_given : 0;
}

/* Items for one frame. The nearer the end of the job, the fewer, so that all workers end together.
 */
static size_t chunk(const run *r, const slot *s) {
  const ml_mproc *pool = r->pool;
  size_t fixed = r->job->chunk > 0 ? r->job->chunk : pool->opts.chunk;
  if (fixed > 0) return fixed < FRAME_ITEMS_MAX ? fixed : FRAME_ITEMS_MAX;
  bool is_short = s->mean_ns > 0 && s->mean_ns < CHUNK_BELOW;
  if (r->is_stream || (!r->is_own && !is_short)) return 1;
  double n = s->mean_ns > 0 ? CHUNK_NS / s->mean_ns : 1;
  double share = (double)(unsent(r) / (2 * r->n_serving));
  double least = s->mean_ns > 0 ? CHUNK_LEAST / s->mean_ns : 1;
  if (share < least) share = least;
  if (n > share) n = share;
  if (n > (double)(CHUNK_GROWS * (s->chunk + 1))) n = (double)(CHUNK_GROWS * (s->chunk + 1));
  if (n > FRAME_ITEMS_MAX) n = FRAME_ITEMS_MAX;
  return n > 1 ? (size_t)n : 1;
}

/* Frames that may be with a worker: enough to bridge the way of a result, but near the end of the
 * job no more than its share of what is left. */
static size_t window(const run *r, const slot *s, size_t chunk_n) {
  size_t fixed = r->pool->opts.window;
  if (r->is_stream) return 1;
  if (fixed > 0) return fixed < WINDOW_MAX ? fixed : WINDOW_MAX;
  double frame_ns = s->mean_ns * (double)chunk_n;
  size_t n = frame_ns > 0 ? 2 + (size_t)(WINDOW_NS / frame_ns) : 2;
  size_t share = unsent(r) / (2 * r->n_serving * chunk_n);
  if (n > share) n = share;
  if (n > r->pool->window_max) n = r->pool->window_max;
  return n > 0 ? n : 1;
}

/* Suspects wait for a worker that has nothing, so nobody is given more meanwhile. */
static bool is_held(run *r, const slot *s) {
  if (s->n_in_flight == 0 || !r->has_suspects) return false;
  for (const piece *p = r->items.again; p && p->first < r->end; p = p->next_again)
    if (p->is_suspect && !run__is_last(r, p)) return true;
  r->has_suspects = false;
  return false;
}

static bool is_full(run *r, const slot *s, size_t n) {
  const piece *front = run__front(s);
  if (share_left(s) == 0) return true;
  if (front && (front->is_suspect || run__is_last(r, front))) return true;
  if (is_held(r, s)) return true;
  return s->n_in_flight >= window(r, s, n) || s->chan.out.n - s->chan.out_at >= UNSENT_MAX;
}

/* A lane holds few messages that nobody has fetched, and a worker without one takes no files. */
static bool may_send(const slot *s, const piece *p) {
  size_t n_files = 0;
  if (p->in->fd < 0) return true;
  for (size_t i = 0; i < s->n_in_flight; i++) {
    const payload *in = s->flight[(s->first_in_flight + i) % WINDOW_MAX]->in;
    n_files += in && in->fd >= 0;
  }
  return n_files < FILES_MAX && !is_too_large(s, p);
}

/* What was cut for another worker may be more than this one's share. @return false: no memory */
static bool cut_to_share(run *r, const slot *s, piece *p) {
  uint64_t left = share_left(s);
  if (p->n <= left) return true;
  piece *rest = queue__cut(&r->items, p, (size_t)left);
  if (rest)
    queue__again(&r->items, rest);
  else
    run__fail_memory(r);
  return rest;
}

/* @return NULL: none */
static piece *next_piece(run *r, slot *s, size_t n) {
  uint64_t left = share_left(s);
  piece *p = take_again(r, s);
  if (!p && (p = run__make(r, n < left ? n : (size_t)left))) s->chunk = n;
  return p && cut_to_share(r, s, p) && run__make_again(r, p) ? p : NULL;
}

static void feed(run *r, slot *s) {
  for (;;) {
    size_t n = chunk(r, s);
    if (is_full(r, s, n)) return;
    piece *p = next_piece(r, s, n);
    if (!p) return;
    bool may = may_send(s, p);
    if (may && send_piece(r, s, p)) continue;
    queue__again(&r->items, p);
    if (may) slot__kill(s, CAUSE_HUNG_UP);
    return;
  }
}

/* ---- last attempts --------------------------------------------------------------------------- */

static bool is_awaited(const run *r) {
  for (const piece *p = r->items.again; p && p->first < r->end; p = p->next_again)
    if (run__is_last(r, p)) return true;
  return false;
}

/* When a last attempt waits and no worker is fresh, or will be without us, the one with the least
 * to do is replaced. */
static void freshen(run *r) {
  slot *idlest = NULL;
  if (!r->items.again || !is_awaited(r)) return;
  for (size_t i = 0; i < r->pool->n_slots; i++) {
    slot *s = &r->pool->slots[i];
    if (!s->is_ours) continue;
    if (!slot__takes_items(s) || s->n_given == 0) return;
    if (!idlest || s->n_in_flight < idlest->n_in_flight) idlest = s;
  }
  if (idlest) slot__recycle(idlest);
}

static void count_serving(run *r) {
  r->n_serving = 0;
  for (size_t i = 0; i < r->pool->n_slots; i++)
    r->n_serving += slot__takes_items(&r->pool->slots[i]);
  if (r->n_serving == 0) r->n_serving = 1;
}

/* Blocks go to workers as descriptors. */
static bool may_serve(const run *r, const slot *s) {
  bool has_blocks = r->job->n_inputs > 0 || r->job->result;
  return slot__takes_items(s) && (s->lane >= 0 || !has_blocks);
}

void run__feed(run *r) {
  freshen(r);
  count_serving(r);
  for (size_t i = 0; i < r->pool->n_slots && !run__is_over(r); i++) {
    slot *s = &r->pool->slots[i];
    if (may_serve(r, s)) feed(r, s);
  }
}
