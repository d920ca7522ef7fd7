/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The items of a job between put() and take(): a list of pieces in the order of items, and among
 * them those to be sent once more. */
#include "queue.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define SPARE_BYTES ((size_t)8 << 20) /* that dropped pieces may hold on to */

/* ---- payloads -------------------------------------------------------------------------------- */

static payload *new_payload(void) {
  payload *in = calloc(1, sizeof *in);
  if (!in) return NULL;
  in->refs = 1;
  in->fd = -1;
  return in;
}

static void free_payload(payload *in) {
  if (in->fd >= 0) close(in->fd);
  ml_buf_release(&in->bytes);
  ml_buf_release(&in->lengths);
  free(in);
}

void queue__count(queue *q, payload *in) {
  q->bytes -= in->size;
  if (in->fd < 0) in->size = in->bytes.n + in->lengths.n;
  q->bytes += in->size;
}

void queue__give_back(queue *q, piece *p) {
  payload *in = p->in;
  p->in = NULL;
  if (!in || --in->refs > 0) return;
  q->bytes -= in->size;
  free_payload(in);
}

bool queue__renew(piece *p) {
  p->in = new_payload();
  p->in_at = 0;
  return p->in;
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static piece *new_piece(queue *q) {
  piece *p = q->spare;
  if (!p) {
    p = calloc(1, sizeof *p);
  } else {
    q->spare = p->next;
    q->spare_bytes -= sizeof *p + p->out.capacity;
    ml_buf out = p->out;
    ml_buf_clear(&out);
    *p = (piece){.out = out};
  }
  if (!p) return NULL;
  q->n_pieces++;
  q->bytes += sizeof *p;
  return p;
}

static void free_failure(piece_failure *f) {
  if (!f) return;
  free(f->trace);
  free(f->output);
  free(f);
}

static void free_piece(queue *q, piece *p) {
  queue__give_back(q, p);
  q->bytes -= sizeof *p + p->out.n + p->n_mapping;
  q->n_pieces--;
  free_failure(p->failed);
  if (p->mapping) munmap(p->mapping, p->n_mapping);
  if (q->spare_bytes + sizeof *p + p->out.capacity > SPARE_BYTES) {
    ml_buf_release(&p->out);
    free(p);
    return;
  }
  p->next = q->spare;
  q->spare = p;
  q->spare_bytes += sizeof *p + p->out.capacity;
}

static void link_behind(queue *q, piece *before, piece *p) {
  p->prev = before;
  p->next = before ? before->next : NULL;
  if (p->next)
    p->next->prev = p;
  else
    q->last = p;
  if (before)
    before->next = p;
  else
    q->first = p;
}

static void unlink_piece(queue *q, piece *p) {
  if (p->prev)
    p->prev->next = p->next;
  else
    q->first = p->next;
  if (p->next)
    p->next->prev = p->prev;
  else
    q->last = p->prev;
}

piece *queue__make(queue *q, size_t n) {
  payload *in = new_payload();
  piece *p = in ? new_piece(q) : NULL;
  if (!p) {
    if (in) free_payload(in);
    return NULL;
  }
  p->in = in;
  p->first = q->made;
  p->n = n;
  link_behind(q, q->last, p);
  q->made += n;
  return p;
}

void queue__unmake(queue *q, piece *p) {
  q->made = p->first;
  unlink_piece(q, p);
  free_piece(q, p);
}

piece *queue__cut(queue *q, piece *p, size_t n) {
  piece *rest = new_piece(q);
  if (!rest) return NULL;
  rest->first = p->first + n;
  rest->n = p->n - n;
  rest->state = p->state;
  rest->losses = p->losses;
  rest->errors = p->errors;
  rest->is_suspect = p->is_suspect;
  rest->in = p->in;
  rest->in_at = p->in_at + n;
  if (p->in) p->in->refs++;
  p->n = n;
  link_behind(q, p, rest);
  return rest;
}

void queue__again(queue *q, piece *p) {
  piece **at = &q->again;
  p->state = PIECE_WAITING;
  while (*at && (*at)->first < p->first) at = &(*at)->next_again;
  p->next_again = *at;
  *at = p;
  q->n_again += p->n;
}

piece *queue__pick(queue *q, piece **at, size_t n) {
  piece *p = *at, *rest = p->n > n ? queue__cut(q, p, n) : NULL;
  if (!rest && p->n > n) return NULL;
  if (rest) rest->next_again = p->next_again;
  *at = rest ? rest : p->next_again;
  q->n_again -= p->n;
  return p;
}

bool queue__keep(queue *q, piece *p, const void *bytes, size_t n) {
  ml_buf_put(&p->out, bytes, n);
  q->bytes += p->out.n;
  return !p->out.failed;
}

void queue__drop_first(queue *q) {
  piece *p = q->first;
  q->taken = p->first + p->n;
  unlink_piece(q, p);
  free_piece(q, p);
}

void queue__release(queue *q) {
  while (q->first) queue__drop_first(q);
  for (piece *p = q->spare; p;) {
    piece *next = p->next;
    ml_buf_release(&p->out);
    free(p);
    p = next;
  }
  *q = (queue){0};
}
