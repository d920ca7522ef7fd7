/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Things with consecutive numbers, of which the first go first, or nearly so. */
#ifndef ML_PLUGIN_MPI_RING_H
#define ML_PLUGIN_MPI_RING_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ring {
  void **at;    /* of number i: at[i % capacity] */
  size_t first; /* the lowest number that may be there */
  size_t end;   /* of the next that is added */
  size_t capacity;
} ring;

/** @return false: no memory */
bool ring__add(ring *r, void *thing);

/** @return NULL: it is gone, or was never there */
void *ring__find(const ring *r, size_t number);

/** Take it out; the caller has it. @return as ring__find() */
void *ring__take(ring *r, size_t number);

/** Free all that are there by a function, and the ring. */
void ring__release(ring *r, void (*free_thing)(void *thing));

#endif
