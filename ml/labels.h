/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A dictionary of distinct texts, coded in order of first appearance; never installed. */
#ifndef ML_LABELS_H
#define ML_LABELS_H

#include <ml/base.h>

typedef struct labels_entry {
  size_t start; /* in text */
  uint32_t n;   /* bytes, without the NUL that follows */
  uint32_t hash;
} labels_entry;

/* Zero-initialise it; it costs nothing until the first text. */
typedef struct labels {
  uint64_t seed;   /* random, so that nobody can choose texts that collide */
  uint32_t *slots; /* code + 1; 0: free. A power of two, at most half full. */
  size_t n_slots;
  labels_entry *entries; /* by code */
  size_t n, capacity;
  char *text;
  size_t n_text, text_capacity;
} labels;

#define LABELS_FULL UINT32_MAX

/* Bytes behind the last text that may be read, and mean nothing. */
#define LABELS_SLACK 8

/* Code of a text without NUL bytes, shorter than 4 GiB, which is kept if it is new (then l->n
 * has grown). @return LABELS_FULL when memory or codes ran out */
uint32_t labels__put(labels *l, const char *text, size_t n);

/* Hand over the texts: *texts points to n strings, which lie in *storage. free() both. @return
 * false when memory ran out; then nothing was handed over */
bool labels__take(labels *l, char ***texts, char **storage);

static inline const char *labels__text(const labels *l, uint32_t code) {
  return l->text + l->entries[code].start;
}

void labels__release(labels *l);

#endif
