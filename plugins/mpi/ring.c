/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ring.h"

#include <stdlib.h>

static bool grow(ring *r) {
  size_t capacity = r->capacity ? 2 * r->capacity : 64;
  void **at = calloc(capacity, sizeof *at);
  if (!at) return false;
  for (size_t i = r->first; i < r->end; i++) at[i % capacity] = r->at[i % r->capacity];
  free(r->at);
  r->at = at;
  r->capacity = capacity;
  return true;
}

bool ring__add(ring *r, void *thing) {
  if (r->end - r->first == r->capacity && !grow(r)) return false;
  r->at[r->end++ % r->capacity] = thing;
  return true;
}

void *ring__find(const ring *r, size_t number) {
  return number >= r->first && number < r->end ? r->at[number % r->capacity] : NULL;
}

void *ring__take(ring *r, size_t number) {
  void *thing = ring__find(r, number);
  if (!thing) return NULL;
  r->at[number % r->capacity] = NULL;
  while (r->first < r->end && !r->at[r->first % r->capacity]) r->first++;
  return thing;
}

void ring__release(ring *r, void (*free_thing)(void *thing)) {
  for (size_t i = r->first; i < r->end; i++)
    if (r->at[i % r->capacity]) free_thing(r->at[i % r->capacity]);
  free(r->at);
  *r = (ring){0};
}
