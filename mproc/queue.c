/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The items of a job between put() and take(): a ring that grows, and the list of those to be
 * sent once more. */
#include <stdlib.h>
#include <string.h>

#include "mproc_internal.h"

#define KEEP_CAPACITY 4096 /* bytes that an empty place of the ring may hold on to */

queue_item *queue__at(queue *q, size_t i) {
  return &q->ring[i & (q->capacity - 1)];
}

static bool grow(queue *q) {
  size_t capacity = q->capacity ? 2 * q->capacity : 64;
  queue_item *ring = calloc(capacity, sizeof *ring);
  if (!ring) return false;
  for (size_t i = q->taken; i < q->made; i++) ring[i & (capacity - 1)] = *queue__at(q, i);
  free(q->ring);
  q->ring = ring;
  q->capacity = capacity;
  return true;
}

queue_item *queue__make(queue *q) {
  if (q->made - q->taken == q->capacity && !grow(q)) return NULL;
  queue_item *it = queue__at(q, q->made++);
  ml_buf_clear(&it->bytes);
  it->is_done = false;
  it->losses = 0;
  return it;
}

bool queue__again(queue *q, size_t i) {
  if (q->n_again == q->again_capacity) {
    size_t capacity = q->again_capacity ? 2 * q->again_capacity : 64;
    size_t *again = realloc(q->again, capacity * sizeof *again);
    if (!again) return false;
    q->again = again;
    q->again_capacity = capacity;
  }
  size_t at = q->n_again++;
  for (; at > 0 && q->again[at - 1] < i; at--) q->again[at] = q->again[at - 1];
  q->again[at] = i;
  return true;
}

void queue__drop_first(queue *q) {
  queue_item *it = queue__at(q, q->taken++);
  if (it->bytes.capacity > KEEP_CAPACITY) ml_buf_release(&it->bytes);
}

void queue__release(queue *q) {
  for (size_t i = 0; i < q->capacity; i++) ml_buf_release(&q->ring[i].bytes);
  free(q->ring);
  free(q->again);
  *q = (queue){0};
}
