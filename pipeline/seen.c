/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which ids have come already: two generations of hashes, of which the older one is forgotten when
 * the younger one is full, so that memory does not grow with the number of ids. 64 bits of hash are
 * taken for the id: of a billion ids one in a hundred million runs has two that are not told apart.
 */
#include <stdlib.h>
#include <string.h>

#include "stream.h"

enum { SLOTS = 2 * STREAM_IDS };

struct stream_seen {
  uint64_t *young, *old; /* SLOTS each; 0: free */
  size_t n;              /* of young */
};

stream_seen *seen__new(void) {
  stream_seen *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  s->young = calloc(SLOTS, sizeof *s->young);
  s->old = calloc(SLOTS, sizeof *s->old);
  if (s->young && s->old) return s;
  seen__free(s);
  return NULL;
}

void seen__free(stream_seen *s) {
  if (!s) return;
  free(s->young);
  free(s->old);
  free(s);
}

static uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

static uint64_t hash(const char *bytes, size_t n) {
  uint64_t h = mix(n + 0x9e3779b97f4a7c15U), word;
  for (; n >= sizeof word; n -= sizeof word, bytes += sizeof word) {
    memcpy(&word, bytes, sizeof word);
    h = mix(h ^ word) + 0x9e3779b97f4a7c15U;
  }
  word = 0;
  if (n > 0) memcpy(&word, bytes, n);
  h = mix(h ^ word);
  return h ? h : 1;
}

/* Where a hash is, or belongs. */
static uint64_t *find(uint64_t *slots, uint64_t h) {
  size_t i = h % SLOTS;
  while (slots[i] && slots[i] != h) i = (i + 1) % SLOTS;
  return &slots[i];
}

bool seen__add(stream_seen *s, const char *id, size_t n) {
  const uint64_t h = hash(id, n);
  if (*find(s->young, h) || *find(s->old, h)) return false;
  if (s->n == STREAM_IDS) {
    uint64_t *empty = s->old;
    memset(empty, 0, SLOTS * sizeof *empty);
    s->old = s->young;
    s->young = empty;
    s->n = 0;
  }
  *find(s->young, h) = h;
  s->n++;
  return true;
}
