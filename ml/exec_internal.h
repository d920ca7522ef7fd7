/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What executors share beneath ml/exec.h: how an item asks whether to end, and what can be pinned.
 */
#ifndef ML_EXEC_INTERNAL_H
#define ML_EXEC_INTERNAL_H

#include <ml/exec.h>

/* Behind ml_item.cancel. */
typedef struct exec_cancel exec_cancel;
struct exec_cancel {
  bool (*asks)(const exec_cancel *cancel); /* the item that runs to end */
};

/* ---- pin.c: mappings of this process ----------------------------------------------------------
 */

/** A mapping that ml_pin() may keep from now on. @param block  ml_block.id in the process that made
 * it; 0: none. @return false: no memory */
bool pin__add(void *data, size_t size, uint64_t block);

/** The owner needs it no more: it is unmapped now, or with its last pin. */
void pin__remove(const void *data);

/** Its owner has it still. */
bool pin__has_block(uint64_t block);

/** Blocks whose owners needed them no more so far: tells whether it is worth to look. */
uint64_t pin__n_removed(void);

#endif
