/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory that goes at once: a chain of growing chunks, of which one is kept. */
#include <ml/value.h>

#include <stdlib.h>
#include <string.h>

enum {
  CHUNK_FIRST = 4 << 10,
  CHUNK_MOST = 1 << 20, /* but for what is larger itself */
  CHUNK_KEPT = 4 << 20  /* by a reset */
};

typedef struct chunk {
  struct chunk *older;
  size_t size, used;
  size_t touched; /* bytes from here on are still the zeros of calloc() */
  _Alignas(16) char bytes[];
} chunk;

struct ml_arena {
  chunk *newest;
};

ml_arena *ml_arena_new(void) {
  return calloc(1, sizeof(ml_arena));
}

static chunk *add_chunk(ml_arena *arena, size_t least) {
  size_t size = arena->newest ? 2 * arena->newest->size : CHUNK_FIRST;
  if (size > CHUNK_MOST) size = CHUNK_MOST;
  if (size < least) size = least;
  chunk *made = calloc(1, sizeof *made + size);
  if (!made) return NULL;
  made->size = size;
  made->older = arena->newest;
  return arena->newest = made;
}

void *ml_arena_alloc(ml_arena *arena, size_t n) {
  if (n > SIZE_MAX / 2) return NULL;
  n = n ? (n + 15) / 16 * 16 : 16;
  chunk *c = arena->newest;
  if (!c || n > c->size - c->used) c = add_chunk(arena, n);
  if (!c) return NULL;
  char *at = c->bytes + c->used;
  if (c->used < c->touched) {
    size_t dirty = c->touched - c->used;
    memset(at, 0, dirty < n ? dirty : n);
  }
  c->used += n;
  return at;
}

static void free_chain(chunk *c) {
  while (c) {
    chunk *older = c->older;
    free(c);
    c = older;
  }
}

void ml_arena_reset(ml_arena *arena) {
  chunk *kept = arena->newest;
  if (!kept || kept->used == 0) return;
  free_chain(kept->older);
  kept->older = NULL;
  if (kept->size > CHUNK_KEPT) {
    free(kept);
    arena->newest = NULL;
    return;
  }
  if (kept->used > kept->touched) kept->touched = kept->used;
  kept->used = 0;
}

void ml_arena_free(ml_arena *arena) {
  if (!arena) return;
  free_chain(arena->newest);
  free(arena);
}
