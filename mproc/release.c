/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workers keep blocks mapped between jobs, but not those that the central process has freed. */
#include <ml/exec_internal.h>

#include "mproc_internal.h"

static void tell(slot *s) {
  uint64_t gone[WIRE_BLOCKS_MAX];
  size_t n_gone = 0, n = 0;
  for (size_t i = 0; i < s->n_blocks; i++) {
    if (pin__has_block(s->blocks[i]))
      s->blocks[n++] = s->blocks[i];
    else
      gone[n_gone++] = s->blocks[i];
  }
  s->n_blocks = n;
  if (n_gone > 0) message__put_release(&s->chan.out, gone, n_gone);
}

/* A worker with an open job is told when that is over. */
void release__look(ml_mproc *pool) {
  uint64_t n_removed = pin__n_removed();
  bool is_open = false;
  if (n_removed == pool->n_removed) return;
  for (size_t i = 0; i < pool->n_slots; i++) {
    slot *s = &pool->slots[i];
    if (s->is_open)
      is_open = true;
    else if (s->state == SLOT_READY)
      tell(s);
  }
  if (!is_open) pool->n_removed = n_removed;
}
