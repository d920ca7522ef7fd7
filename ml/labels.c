/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A dictionary of distinct texts: open addressing over one growing text. */
#include <ml/labels.h>

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static bool grow_slots(labels *l) {
  size_t n_slots = l->n_slots ? 2 * l->n_slots : 64;
  uint32_t *slots = calloc(n_slots, sizeof *slots);
  if (!slots) return false;
  for (size_t code = 0; code < l->n; code++) {
    size_t at = l->entries[code].hash & (n_slots - 1);
    while (slots[at]) at = (at + 1) & (n_slots - 1);
    slots[at] = (uint32_t)code + 1;
  }
  free(l->slots);
  l->slots = slots;
  l->n_slots = n_slots;
  return true;
}

static bool make_room(labels *l, size_t n) {
  if (l->n == l->capacity) {
    size_t capacity = l->capacity ? 2 * l->capacity : 32;
    labels_entry *entries = reallocarray(l->entries, capacity, sizeof *entries);
    if (!entries) return false;
    l->entries = entries;
    l->capacity = capacity;
  }
  if (l->text_capacity - l->n_text <= n + LABELS_SLACK) {
    size_t capacity = 2 * l->text_capacity + n + 256;
    char *text = realloc(l->text, capacity);
    if (!text) return false;
    l->text = text;
    l->text_capacity = capacity;
  }
  return true;
}

static uint32_t add(labels *l, const char *text, size_t n, uint32_t hash, size_t at) {
  if (l->n >= LABELS_FULL - 1 || n > UINT32_MAX || !make_room(l, n)) return LABELS_FULL;
  uint32_t code = (uint32_t)l->n++;
  l->entries[code] = (labels_entry){l->n_text, (uint32_t)n, hash};
  if (n > 0) memcpy(l->text + l->n_text, text, n);
  l->text[l->n_text + n] = 0;
  l->n_text += n + 1;
  l->slots[at] = code + 1;
  return code;
}

uint32_t labels__put(labels *l, const char *text, size_t n) {
  if (l->n_slots == 0 && getrandom(&l->seed, sizeof l->seed, GRND_NONBLOCK) < 0)
    l->seed = (uint64_t)(uintptr_t)&l; /* early boot: what the address space's layout gives */
  if (2 * l->n >= l->n_slots && !grow_slots(l)) return LABELS_FULL;
  uint32_t hash = (uint32_t)XXH3_64bits_withSeed(text, n, l->seed);
  size_t at = hash & (l->n_slots - 1);
  for (; l->slots[at]; at = (at + 1) & (l->n_slots - 1)) {
    uint32_t code = l->slots[at] - 1;
    const labels_entry *e = &l->entries[code];
    if (e->hash == hash && e->n == n && memcmp(l->text + e->start, text, n) == 0) return code;
  }
  return add(l, text, n, hash, at);
}

bool labels__take(labels *l, char ***texts, char **storage) {
  char **all = malloc((l->n + 1) * sizeof *all);
  if (!all) return false;
  char *text = l->text ? realloc(l->text, l->n_text) : NULL;
  if (!text) text = l->text;
  for (size_t code = 0; code < l->n; code++) all[code] = text + l->entries[code].start;
  *texts = all;
  *storage = text;
  l->text = NULL;
  labels__release(l);
  return true;
}

void labels__release(labels *l) {
  free(l->slots);
  free(l->entries);
  free(l->text);
  *l = (labels){0};
}
