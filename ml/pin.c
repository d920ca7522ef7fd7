/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mappings that outlive their owner while somebody holds a pin. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <ml/exec_internal.h>

typedef struct mapping {
  struct mapping *next;
  char *data;
  size_t size;
  uint64_t block;
  size_t refs; /* pins, and one of the owner */
  bool is_owned;
} mapping;

/* One table for the process: whoever holds memory does not know whose it is. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static mapping *mappings;
static atomic_uint_fast64_t n_removed;

bool pin__add(void *data, size_t size, uint64_t block) {
  mapping *m = malloc(sizeof *m);
  if (!m) return false;
  *m = (mapping){.data = data, .size = size, .block = block, .refs = 1, .is_owned = true};
  pthread_mutex_lock(&lock);
  m->next = mappings;
  mappings = m;
  pthread_mutex_unlock(&lock);
  return true;
}

/* The lock is held. */
static void drop(mapping *m) {
  if (--m->refs > 0) return;
  mapping **at = &mappings;
  while (*at != m) at = &(*at)->next;
  *at = m->next;
  munmap(m->data, m->size);
  free(m);
}

void pin__move(const void *from, void *data, size_t size) {
  pthread_mutex_lock(&lock);
  mapping *m = mappings;
  while (m && !(m->is_owned && m->data == from)) m = m->next;
  if (m) {
    m->data = data;
    m->size = size;
  }
  pthread_mutex_unlock(&lock);
}

void pin__remove(const void *data) {
  pthread_mutex_lock(&lock);
  mapping *m = mappings;
  while (m && !(m->is_owned && m->data == data)) m = m->next;
  if (m) {
    m->is_owned = false;
    if (m->block) atomic_fetch_add(&n_removed, 1);
    drop(m);
  }
  pthread_mutex_unlock(&lock);
}

bool pin__has_block(uint64_t block) {
  pthread_mutex_lock(&lock);
  const mapping *m = mappings;
  while (m && !(m->is_owned && m->block == block)) m = m->next;
  pthread_mutex_unlock(&lock);
  return m;
}

uint64_t pin__n_removed(void) {
  return atomic_load(&n_removed);
}

void *ml_pin(const void *memory) {
  const char *at = memory;
  pthread_mutex_lock(&lock);
  mapping *m = mappings;
  while (m && (at < m->data || at >= m->data + m->size)) m = m->next;
  if (m) m->refs++;
  pthread_mutex_unlock(&lock);
  return m;
}

void ml_unpin(void *pin) {
  if (!pin) return;
  pthread_mutex_lock(&lock);
  drop(pin);
  pthread_mutex_unlock(&lock);
}
