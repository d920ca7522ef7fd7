/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hashes of the ids that have come: tables that grow one after another, so that growing never takes
 * much more than they have. 64 bits are taken for the id: of 10^7 ids one run in 400 000 has two
 * that are not told apart, which costs time in a file, and in a stream is an error.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <ml/parts_internal.h>

enum { TABLES = 64, TABLE_BITS = 6, FIRST = 64, LEAST = 64 << 10 };

typedef struct table {
  uint64_t *slots; /* 0: free */
  size_t n_slots, n;
} table;

typedef struct generation {
  table tables[TABLES];
  uint64_t bytes;
} generation;

struct parts_seen {
  generation young, old;
  uint64_t most;
};

uint64_t parts__seed(void) {
  uint64_t seed;
  if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) < 0) seed = (uint64_t)(uintptr_t)&seed;
  return seed;
}

parts_seen *parts__seen_new(uint64_t most) {
  parts_seen *seen = calloc(1, sizeof *seen);
  if (seen) seen->most = most > LEAST ? most : LEAST;
  return seen;
}

static void release(generation *g) {
  for (size_t t = 0; t < TABLES; t++) free(g->tables[t].slots);
  *g = (generation){0};
}

/* Where a hash is, or belongs: its high bits have chosen the table. */
static uint64_t *find(const table *t, uint64_t hash) {
  size_t i = hash & (t->n_slots - 1);
  while (t->slots[i] && t->slots[i] != hash) i = (i + 1) & (t->n_slots - 1);
  return &t->slots[i];
}

static parts_news grow(parts_seen *seen, table *t) {
  const size_t n_slots = t->n_slots ? 2 * t->n_slots : FIRST;
  const uint64_t bytes = n_slots * sizeof *t->slots;
  if (seen->young.bytes + bytes > seen->most) return PARTS_FULL;
  table larger = {calloc(n_slots, sizeof *larger.slots), n_slots, t->n};
  if (!larger.slots) return PARTS_NO_MEMORY;
  for (size_t i = 0; i < t->n_slots; i++)
    if (t->slots[i]) *find(&larger, t->slots[i]) = t->slots[i];
  seen->young.bytes += bytes - t->n_slots * sizeof *t->slots;
  free(t->slots);
  *t = larger;
  return PARTS_NEW;
}

parts_news parts__seen_add(parts_seen *seen, uint64_t hash) {
  const size_t which = hash >> (64 - TABLE_BITS);
  const table *old = &seen->old.tables[which];
  table *t = &seen->young.tables[which];
  if (hash == 0) hash = 1;
  if (old->n_slots && *find(old, hash)) return PARTS_AGAIN;
  if (t->n_slots && *find(t, hash)) return PARTS_AGAIN;
  if (4 * (t->n + 1) > 3 * t->n_slots) {
    const parts_news news = grow(seen, t);
    if (news != PARTS_NEW) return news;
  }
  *find(t, hash) = hash;
  t->n++;
  return PARTS_NEW;
}

parts_news parts__seen_lately(parts_seen *seen, uint64_t hash) {
  const parts_news news = parts__seen_add(seen, hash);
  if (news != PARTS_FULL) return news;
  parts__seen_age(seen);
  return parts__seen_add(seen, hash);
}

void parts__seen_age(parts_seen *seen) {
  release(&seen->old);
  seen->old = seen->young;
  seen->young = (generation){0};
}

void parts__seen_free(parts_seen *seen) {
  if (!seen) return;
  release(&seen->young);
  release(&seen->old);
  free(seen);
}
